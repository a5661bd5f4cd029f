/* SPDX-License-Identifier: Apache-2.0 */
/* Plans whose cost sharing comes from published lists: what the payer says of them in an answer, and what their rows in its file and in the table of
   years must be. */
#include "adjudication/part_d.h"
#include "test/adjudication/asking.h"

#define NPI "1999999102"
#define HEAD "{\"name\":\"EXAMPLE PAYER\",\"bin\":\"999999\",\"telephone\":\"5555550100\","
#define MEMBERS(more) "\"members\":[{\"plan\":\"EXAMPLE-COMMERCIAL\",\"cardholder_id\":\"EX0001\",\"person_code\":\"01\",\"date_of_birth\":\"1950-01-31\"" more "}]"
#define PLAN(more) "\"plans\":[{\"name\":\"EXAMPLE-COMMERCIAL\",\"cost_sharing\":\"LISTS\"" more "}],"
#define FILE_OF(plan, member, more) HEAD PLAN(plan) MEMBERS(member) more "}"
#define T(word) { word, sizeof(word) - 1 }
#define RETAIL .pharmacy = T("R"), .days_supply = 30, .offered = 1

/* A retail pharmacy: 5.00 at a preferred one, 25 % after the deductible elsewhere. */
static struct copay_row copays[] = {
	{ RETAIL, .network = T("PREFERRED"), .first = T("FLAT"), .flat_cents = 500, .phase = T("INITIAL"), .deductible = T("NONE") },
	{ RETAIL, .network = T("STANDARD"), .first = T("RATE"), .rate_e4 = 2500, .phase = T("INITIAL"), .deductible = T("AFTER") },
};
/* 30 x 10.00 */
static struct price_row ten_dollars = { .days_supply = 30, .unit_cost_e4 = 100000 };

static struct house *house_of(const char *file)
{
	char bytes[32768];
	FILE *in = fopen(PART_D_FILE, "re");
	size_t n = in ? fread(bytes, 1, sizeof(bytes), in) : 0;
	struct house *house;
	struct fault fault;
	int line;

	cr_assert(n && fclose(in) == 0);
	cr_assert(house_read(text_of(file), &house, &fault), "%s at %s", fault_row(fault.code)->name, fault.path);
	cr_assert(house_read_part_d(house, (struct text){ bytes, n }, &line, &fault));
	return house;
}

static const struct coverage of_lists = { .status = T("COVERED"), .of_lists = 1, .programme = T("part_d"), .year = 2026, .deductible_cents = 61500,
	.copays = copays, .copays_n = 2, .unit_prices = &ten_dollars, .unit_prices_n = 1, .ndc = T("99999000303"), .rxcui = T("9990001") };

/* What is answered about the usual product where the payer's file is this and the lists say that. */
static const struct rtpb_response *answer(struct sandbox *sandbox, const char *file, const struct coverage *coverage,
	const struct pharmacy_standing *standing)
{
	struct asking asking;
	const struct rtpb_response *response;
	struct house *usual_house = sandbox->house;

	asking_of(sandbox, &(struct ask){ .pharmacy_type = "R" }, &asking);
	asking.coverage = *coverage;
	asking.about.coverage = &asking.coverage;
	asking.about.standings = standing;
	asking.about.standings_n = standing != NULL;
	asking.message.rtpb->body->request->pharmacies[0].identification->npi = text_lit(NPI);
	sandbox->house = house_of(file);
	response = priced(sandbox, &asking);
	house_free(sandbox->house);
	sandbox->house = usual_house;
	return response;
}

static void expect(struct sandbox *sandbox, const char *what, const struct rtpb_response *response, const char *shows)
{
	struct text said;

	cr_assert_not_null(response->response_product, "%s: it is priced", what);
	said = shown(response->response_product, &sandbox->arena);
	cr_expect(text_is(said, shows), "%s: %.*s", what, TEXT_ARGS(said));
}

static bool says(struct text note, const char *words)
{
	return text_there(note) && memmem(note.at, note.n, words, strlen(words));
}

CASE(list_price, deductible_and_threshold_are_those_of_the_law)
{
	struct coverage coverage = of_lists;
	const struct rtpb_response *response;
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	response = answer(&sandbox, FILE_OF("", "", ""), &coverage, NULL);
	expect(&sandbox, "nothing met yet", response, "R CC 300.00 01=300.00");
	cr_expect(text_is(response->response_product->at_pharmacies[0].pricings[0].remaining_deductible, "615.00"));
	coverage.deductible_cents = 70000;
	response = answer(&sandbox, FILE_OF("", ",\"deductible_met_cents\":51500", ""), &coverage, NULL);
	expect(&sandbox, "a file cannot have a higher one: 100.00 left of 615.00, 25 % of 200.00", response, "R CC 150.00 01=100.00 07=50.00");
	response = answer(&sandbox, FILE_OF("", ",\"deductible_met_cents\":61500,\"out_of_pocket_met_cents\":208000", ""), &coverage, NULL);
	expect(&sandbox, "20.00 to the threshold", response, "R CC 20.00 07=20.00");
	response = answer(&sandbox, FILE_OF(",\"out_of_pocket_max_cents\":150000", ",\"deductible_met_cents\":61500,\"out_of_pocket_met_cents\":149900", ""),
		&coverage, NULL);
	expect(&sandbox, "the plan's own threshold is lower", response, "R CC 1.00 07=1.00");
	response = answer(&sandbox, FILE_OF(",\"out_of_pocket_max_cents\":900000", ",\"deductible_met_cents\":61500,\"out_of_pocket_met_cents\":209900", ""),
		&coverage, NULL);
	expect(&sandbox, "and cannot be higher", response, "R CC 1.00 07=1.00");
	coverage.outside_part_d = 1;
	response = answer(&sandbox, FILE_OF("", ",\"out_of_pocket_met_cents\":210000", ""), &coverage, NULL);
	expect(&sandbox, "what is outside Part D has neither", response, "R CC 75.00 07=75.00");
	coverage = of_lists;
	coverage.programme = text_lit("other");
	response = answer(&sandbox, FILE_OF("", ",\"deductible_met_cents\":61500,\"out_of_pocket_met_cents\":210000", ""), &coverage, NULL);
	expect(&sandbox, "nor has another programme a threshold of this kind", response, "R CC 75.00 07=75.00");
	sandbox_close(&sandbox);
}

CASE(list_price, insulin_and_vaccines_are_what_the_payer_says_is_one)
{
	struct coverage coverage = of_lists;
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	expect(&sandbox, "by its concept: 25 % of 300.00, at most 35.00",
		answer(&sandbox, FILE_OF("", "", ",\"special\":[{\"rxcui\":\"9990001\",\"kind\":\"INSULIN\"}]"), &coverage, NULL), "R CC 35.00 07=35.00");
	expect(&sandbox, "by its NDC", answer(&sandbox, FILE_OF("", "", ",\"special\":[{\"ndc\":\"99999000303\",\"kind\":\"VACCINE\"}]"), &coverage, NULL),
		"R CC 0.00");
	expect(&sandbox, "another drug",
		answer(&sandbox, FILE_OF("", "", ",\"special\":[{\"ndc\":\"99999000304\",\"rxcui\":\"9990002\",\"kind\":\"VACCINE\"}]"), &coverage, NULL),
		"R CC 300.00 01=300.00");
	sandbox_close(&sandbox);
}

CASE(list_price, what_is_not_known_has_no_amount_and_a_reason)
{
	struct coverage coverage = of_lists;
	const struct rtpb_response *response;
	struct sandbox sandbox;
	struct text note;

	sandbox_open(&sandbox);
	coverage.unit_prices_n = 0;
	response = answer(&sandbox, FILE_OF("", "", ""), &coverage, NULL);
	expect(&sandbox, "no cost", response, "R CC");
	note = response->response->processed->note;
	cr_expect(says(note, "depends on a cost that the plan has not published"), "%.*s", TEXT_ARGS(note));
	response = answer(&sandbox, FILE_OF("", ",\"out_of_pocket_met_cents\":210000", ""), &coverage, NULL);
	expect(&sandbox, "nothing is paid of any cost", response, "R CC 0.00");
	note = response->response->processed->note;
	cr_expect(!text_there(note), "and then there is nothing to explain: %.*s", TEXT_ARGS(note));
	coverage = of_lists;
	coverage.year = 2031;
	response = answer(&sandbox, FILE_OF("", "", ""), &coverage, NULL);
	expect(&sandbox, "a year that nobody knows", response, "R CC");
	note = response->response->processed->note;
	cr_expect(says(note, "for the year of this plan"), "%.*s", TEXT_ARGS(note));
	coverage = of_lists;
	coverage.copays_n = 0;
	expect(&sandbox, "no copay for this way", answer(&sandbox, FILE_OF("", "", ""), &coverage, NULL), "R PT");
	sandbox_close(&sandbox);
}

CASE(list_price, a_pharmacy_stands_where_lists_or_the_payer_put_it)
{
	struct pharmacy_standing standing = { .npi = text_lit(NPI), .retail = text_lit("PREFERRED"), .mail = text_lit("OUT"), .fee_30_cents = 125 };
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	expect(&sandbox, "preferred, as published", answer(&sandbox, FILE_OF("", "", ""), &of_lists, &standing), "R CC 5.00 05=5.00");
	standing.retail = text_lit("STANDARD");
	expect(&sandbox, "standard, with its fee", answer(&sandbox, FILE_OF("", "", ""), &of_lists, &standing), "R CC 301.25 01=301.25");
	standing.retail = text_lit("OUT");
	expect(&sandbox, "outside", answer(&sandbox, FILE_OF("", "", ""), &of_lists, &standing), "R PF !40");
	standing.npi = text_lit("1999999109");
	expect(&sandbox, "that of another pharmacy", answer(&sandbox, FILE_OF("", "", ""), &of_lists, &standing), "R CC 300.00 01=300.00");
	expect(&sandbox, "preferred, as the payer says", answer(&sandbox, FILE_OF(",\"network\":[{\"npi\":\"" NPI "\",\"preferred\":true}]", "", ""), &of_lists, NULL),
		"R CC 5.00 05=5.00");
	expect(&sandbox, "not preferred", answer(&sandbox, FILE_OF(",\"network\":[{\"npi\":\"" NPI "\"}]", "", ""), &of_lists, NULL), "R CC 300.00 01=300.00");
	standing = (struct pharmacy_standing){ .npi = text_lit(NPI), .retail = text_lit("PREFERRED"), .mail = text_lit("OUT") };
	expect(&sandbox, "the payer's own list comes before the published one",
		answer(&sandbox, FILE_OF(",\"network\":[{\"npi\":\"1999999109\"}]", "", ""), &of_lists, &standing), "R PF !40");
	sandbox_close(&sandbox);
}

static const struct {
	const char *file;
	enum fault_code code;
	const char *path;
} files[] = {
	{ FILE_OF("", "", ""), FAULT_NONE, "" },
	{ FILE_OF(",\"order\":\"COINSURANCE_FIRST\",\"deductible_where_unsaid\":true", "", ""), FAULT_NONE, "" },
	{ FILE_OF(",\"tiers\":[{\"tier\":1,\"pharmacy\":\"R\"}]", "", ""), FAULT_RULE, "plans[0]/tiers" },
	{ HEAD "\"plans\":[{\"name\":\"P\",\"order\":\"COPAY_FIRST\",\"tiers\":[{\"tier\":1,\"pharmacy\":\"R\"}]}]}", FAULT_NONE, "" },
	{ HEAD "\"plans\":[{\"name\":\"P\",\"cost_sharing\":\"TIERS\",\"order\":\"COPAY_FIRST\",\"tiers\":[{\"tier\":1,\"pharmacy\":\"R\"}]}]}", FAULT_NONE, "" },
	{ HEAD "\"plans\":[{\"name\":\"P\",\"order\":\"COPAY_FIRST\"}]}", FAULT_MISSING, "plans[0]/tiers" },
	{ HEAD "\"plans\":[{\"name\":\"P\",\"tiers\":[{\"tier\":1,\"pharmacy\":\"R\"}]}]}", FAULT_MISSING, "plans[0]/order" },
	{ HEAD "\"plans\":[{\"name\":\"P\",\"order\":\"COPAY_FIRST\",\"deductible_where_unsaid\":true,\"tiers\":[{\"tier\":1,\"pharmacy\":\"R\"}]}]}", FAULT_RULE,
		"plans[0]/deductible_where_unsaid" },
	{ FILE_OF("", "", ",\"special\":[{\"kind\":\"INSULIN\"}]"), FAULT_MISSING, "special[0]/ndc" },
	{ FILE_OF("", "", ",\"special\":[{\"ndc\":\"9999900030\",\"kind\":\"INSULIN\"}]"), FAULT_BAD_NUMBER, "special[0]/ndc" },
	{ FILE_OF("", "", ",\"special\":[{\"rxcui\":\"9990001\",\"kind\":\"INSULIN\"},{\"rxcui\":\"9990001\",\"kind\":\"VACCINE\"}]"), FAULT_REPEATED, "special" },
	{ FILE_OF("", "", ",\"special\":[{\"rxcui\":\"9990001\",\"kind\":\"INSULIN\"},{\"rxcui\":\"9990002\",\"kind\":\"VACCINE\"}]"), FAULT_NONE, "" },
};

CASE(list_price, takes_good_files_and_refuses_each_bad_one_where_it_is)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct house *house = NULL;
		struct fault fault = { 0 };
		bool good = house_read(text_of(files[i].file), &house, &fault);

		cr_expect_eq(good, files[i].code == FAULT_NONE, "row %zu: %s at %s", i, good ? "taken" : fault_row(fault.code)->name, good ? "" : fault.path);
		if (good)
			house_free(house);
		else
			cr_expect(fault.code == files[i].code && strcmp(fault.path, files[i].path) == 0, "row %zu: %s at %s", i, fault_row(fault.code)->name,
				fault.path);
	}
}

#define YEAR_OF(deductible, threshold, month, rate, days)                                                                      \
	"2026|deductible|" deductible "|LAW|x\n2026|out_of_pocket|" threshold "|LAW|x\n\n# a comment\n2026|insulin_month|" month "|LAW|x|y\n" \
	"2026 | insulin_rate | " rate " | LAW | x\n2026|month_days|" days "|HOUSE|x\n"
#define GOOD YEAR_OF("615.00", "2100", "35", "25", "31")

static const struct {
	const char *table;
	enum fault_code code;
	const char *path;
	int line;
} tables[] = {
	{ GOOD, FAULT_NONE, "", 0 },
	{ "", FAULT_NONE, "", 0 }, /* no year is priced */
	{ YEAR_OF("615.005", "2100", "35", "25", "31"), FAULT_BAD_NUMBER, "amount", 1 },
	{ YEAR_OF("-1", "2100", "35", "25", "31"), FAULT_BAD_NUMBER, "amount", 1 },
	{ YEAR_OF("615", "0", "35", "25", "31"), FAULT_BAD_NUMBER, "amount", 2 },
	{ YEAR_OF("615", "2100", "35", "100.01", "31"), FAULT_BAD_NUMBER, "amount", 6 },
	{ YEAR_OF("615", "2100", "35", "12.5", "31"), FAULT_NONE, "", 0 },
	{ YEAR_OF("615", "2100", "35", "25", "0"), FAULT_BAD_NUMBER, "amount", 7 },
	{ YEAR_OF("615", "2100", "35", "25", "30.5"), FAULT_BAD_NUMBER, "amount", 7 },
	{ GOOD "2026|deductible|615|LAW|x\n", FAULT_REPEATED, "what", 8 },
	{ GOOD "2027|deductible|615|LAW|x\n", FAULT_MISSING, "out_of_pocket", 8 },
	{ GOOD "2024|deductible|545|LAW|x\n", FAULT_BAD_NUMBER, "year", 8 },
	{ GOOD "2027|premium|1|LAW|x\n", FAULT_BAD_CODE, "what", 8 },
	{ GOOD "2027|deductible|615|RUMOUR|x\n", FAULT_BAD_CODE, "status", 8 },
	{ GOOD "2027|deductible|615|LAW\n", FAULT_MISSING, "basis", 8 },
	{ GOOD "2027|deductible|615|LAW|x|y|z\n", FAULT_UNKNOWN_ELEMENT, "comment", 8 },
};

CASE(part_d, takes_good_tables_and_refuses_each_bad_one_at_its_line)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct part_d_years *years = NULL;
		struct fault fault = { 0 };
		int line = -1;
		bool good = part_d_read(text_of(tables[i].table), &years, &line, &fault);

		cr_expect_eq(good, tables[i].code == FAULT_NONE, "row %zu: %s at %s", i, good ? "taken" : fault_row(fault.code)->name, good ? "" : fault.path);
		if (good)
			part_d_free(years);
		else
			cr_expect(fault.code == tables[i].code && strcmp(fault.path, tables[i].path) == 0 && line == tables[i].line, "row %zu: %s at %s in %d",
				i, fault_row(fault.code)->name, fault.path, line);
	}
}
