/* SPDX-License-Identifier: Apache-2.0 */
/* What a price says beside the amount, each rule beside its twin, and what holds of any answer. */
#include "test/adjudication/asking.h"

#include "adjudication/payer.h"
#include "adjudication/pricing.h"

#include <stdlib.h>
#include <string.h>

/* The first price of an answer as a line. */
static struct text first_of(const struct rtpb_response *response, struct arena *arena)
{
	struct text all = shown(response->response_product, arena);
	const char *end = memchr(all.at, ';', all.n);

	return end ? (struct text){ all.at, (size_t)(end - all.at) } : all;
}

static const struct {
	const char *what;
	struct limits limits;
	const char *days, *sex, *born;
	const char *shows;
} limited[] = {
	{ "no limit", { 0 }, "30", "", "1950-01-31", "R CC 60.00 05=60.00" },
	{ "as many days as may be", { .days_max = 30 }, "30", "", "1950-01-31", "R CR 60.00 05=60.00 !AC1" },
	{ "one day more", { .days_max = 30 }, "31", "", "1950-01-31", "R CR 120.00 05=120.00 !AG" },
	{ "the sex it is for", { .sex = { "F", 1 } }, "30", "F", "1950-01-31", "R CC 60.00 05=60.00" },
	{ "the other sex", { .sex = { "F", 1 } }, "30", "M", "1950-01-31", "R NC !61" },
	{ "sex not said", { .sex = { "F", 1 } }, "30", "", "1950-01-31", "R CR 60.00 05=60.00 !61" },
	{ "sex said otherwise", { .sex = { "F", 1 } }, "30", "U", "1950-01-31", "R CR 60.00 05=60.00 !61" },
	/* 1950-01-31 to 2026-01-07 are 27735 days */
	{ "old enough, to the day", { .age_min = 27735, .age_unit = { "D", 1 } }, "30", "", "1950-01-31", "R CC 60.00 05=60.00" },
	{ "a day too young", { .age_min = 27736, .age_unit = { "D", 1 } }, "30", "", "1950-01-31", "R NC !60" },
	{ "young enough, to the day", { .age_max = 27735, .age_unit = { "D", 1 } }, "30", "", "1950-01-31", "R CC 60.00 05=60.00" },
	{ "a day too old", { .age_max = 27734, .age_unit = { "D", 1 } }, "30", "", "1950-01-31", "R NC !66" },
	{ "in years: 75", { .age_max = 75, .age_unit = { "Y", 1 } }, "30", "", "1950-01-31", "R CC 60.00 05=60.00" },
	{ "in years: too old", { .age_max = 74 }, "30", "", "1950-01-31", "R NC !66" },
};

CASE(house_rules, each_limit_beside_its_twin)
{
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	for (size_t i = 0; i < sizeof(limited) / sizeof(limited[0]); i++) {
		struct limits limits = limited[i].limits;
		struct asking asking;

		asking_of(&sandbox, &(struct ask){ .days = limited[i].days, .sex = limited[i].sex, .born = limited[i].born }, &asking);
		asking.coverage.limits = &limits;
		cr_expect(text_is(first_of(priced(&sandbox, &asking), &sandbox.arena), limited[i].shows), "%s: %.*s", limited[i].what,
			TEXT_ARGS(first_of(priced(&sandbox, &asking), &sandbox.arena)));
		arena_reset(&sandbox.arena);
	}
	sandbox_close(&sandbox);
}

CASE(house_rules, a_limit_says_how_much_and_of_what)
{
	struct limits limits = { .days_max = 30, .sex = text_lit("M"), .age_max = 3, .age_unit = text_lit("D") };
	const struct coverage_restriction *said;
	struct sandbox sandbox;
	struct asking asking;

	sandbox_open(&sandbox);
	asking_of(&sandbox, &(struct ask){ .sex = "F" }, &asking);
	asking.coverage.limits = &limits;
	said = priced(&sandbox, &asking)->response_product->at_pharmacies[0].pricings[0].restrictions;
	cr_expect(text_is(said[0].maximum_age->qualifier, "D") && text_is(said[0].maximum_age->value, "3"));
	cr_expect(text_is(said[1].sex_and_gender->sex_assigned_at_birth, "M"));
	cr_expect(text_is(said[2].maximum_amounts[0].amount->qualifier, "DS"));
	cr_expect(text_is(said[2].maximum_amounts[0].amount->amount, "30"));
	sandbox_close(&sandbox);
}

/* The sandbox's payer file with one member changed by hand: its memory is the test's own. */
static struct house_member *member_of(struct sandbox *sandbox)
{
	return (struct house_member *)payer_member(sandbox->house, text_lit("EXAMPLE-COMMERCIAL"), text_lit("EX0001"), 0);
}

CASE(house_rules, networks_and_lock_in)
{
	static struct house_place elsewhere = { .ncpdp_id = { "9999998", 7 } }, here = { .ncpdp_id = { "9999999", 7 } };
	static struct house_prescriber other = { .npi = { "1999999002", 10 }, .last_name = { "EXAMPLE", 7 } };
	static struct house_prescriber same = { .npi = { "1234567893", 10 } };
	static const struct {
		struct house_place *pharmacy;
		struct house_prescriber *prescriber;
		const char *shows;
		bool prescriber_said;
	} rows[] = {
		{ NULL, NULL, "R CC 60.00 05=60.00; D CC 160.00 05=160.00; M CC 55.00 05=55.00", false },
		/* at the one pharmacy; the payer's own by mail is not it */
		{ &here, NULL, "R CC 60.00 05=60.00; D CC 160.00 05=160.00", false },
		{ &elsewhere, NULL, "R NC !980", false },
		{ NULL, &same, "R CC 60.00 05=60.00; D CC 160.00 05=160.00; M CC 55.00 05=55.00", true },
		{ NULL, &other, "R NC !979", true },
	};
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rtpb_response *response;

		member_of(&sandbox)->pharmacy = rows[i].pharmacy;
		member_of(&sandbox)->prescriber = rows[i].prescriber;
		response = price(&sandbox, &usual);
		cr_expect(text_is(shown(response->response_product, &sandbox.arena), rows[i].shows), "row %zu: %.*s", i,
			TEXT_ARGS(shown(response->response_product, &sandbox.arena)));
		cr_assert_eq(response->restricted_prescriber != NULL, rows[i].prescriber_said, "row %zu", i);
		if (rows[i].prescriber_said)
			cr_expect(text_equal(response->restricted_prescriber->identification->npi, rows[i].prescriber->npi));
		if (rows[i].prescriber == &other)
			cr_expect_eq(response->alternatives_n, 0, "what another prescriber orders is not covered either");
	}
	sandbox_close(&sandbox);
}

#define NETWORK_FILE                                                                                                                \
	"{\"name\":\"EXAMPLE\",\"bin\":\"999999\",\"telephone\":\"5555550100\",\"help_desks\":[{\"type\":\"2\",\"telephone\":\"5555550100\"," \
	"\"extension\":\"7\",\"fax\":\"5555550103\",\"url\":\"https://payer.example/pa\",\"other_telephone\":\"5555550104\"},"          \
	"{\"type\":\"4\",\"telephone\":\"5555550105\"}],\"plans\":[{\"name\":\"EXAMPLE-COMMERCIAL\",\"order\":\"COPAY_FIRST\","          \
	"\"tells_plan_cost\":true,\"network\":[{\"ncpdp_id\":\"9999997\",\"npi\":\"1999999007\"},{\"npi\":\"1999999008\"}],"             \
	"\"tiers\":[{\"tier\":3,\"pharmacy\":\"R\",\"copay_cents\":6000},{\"tier\":1,\"pharmacy\":\"R\",\"copay_cents\":1000}]}],"       \
	"\"members\":[{\"plan\":\"EXAMPLE-COMMERCIAL\",\"cardholder_id\":\"EX0001\",\"date_of_birth\":\"1950-01-31\"}]}"

static void take_house(struct sandbox *sandbox, const char *file)
{
	struct fault fault;

	house_free(sandbox->house);
	cr_assert(house_read(text_of(file), &sandbox->house, &fault), "%s at %s", fault_row(fault.code)->name, fault.path);
}

CASE(house_rules, a_pharmacy_outside_the_network_is_not_found)
{
	const struct rtpb_response *response;
	const struct help_desk *desks;
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	take_house(&sandbox, NETWORK_FILE);
	cr_expect(text_is(first_of(price(&sandbox, &(struct ask){ .ncpdp_id = "9999999" }), &sandbox.arena), "R PF !40"));
	response = price(&sandbox, &(struct ask){ .ncpdp_id = "9999997" });
	cr_expect(text_is(first_of(response, &sandbox.arena), "R CC 60.00 05=60.00"));
	/* 136.75 in all; the alternative costs 4.45, all of it the member's */
	cr_expect(text_is(response->response_product->at_pharmacies[0].pricings[0].net_plan_cost, "76.75"));
	cr_expect(!text_there(response->response_product->at_pharmacies[0].pricings[0].combined_savings));
	cr_assert(response->alternatives_n > 0);
	cr_expect(text_is(response->alternatives[0].at_pharmacies[0].pricings[0].net_plan_cost, "0.00"));
	cr_expect(text_is(response->alternatives[0].at_pharmacies[0].pricings[0].combined_savings, "132.30"));
	desks = response->response->processed->help_desks;
	cr_assert_eq(response->response->processed->help_desks_n, 2);
	cr_expect(text_is(desks[0].numbers->telephone->extension, "7") && text_is(desks[0].numbers->fax->number, "5555550103"));
	cr_expect(text_is(desks[0].numbers->url, "https://payer.example/pa") && text_is(desks[0].numbers->other_telephone->number, "5555550104"));
	cr_expect(text_is(desks[1].unit_type, "4"));
	sandbox_close(&sandbox);
}

CASE(house_rules, coverage_from_its_first_day_to_its_last)
{
	static const struct {
		const char *from, *to;
		bool priced;
	} rows[] = {
		{ NULL, NULL, true },
		{ "2026-01-07", "2026-01-07", true },
		{ "2026-01-08", NULL, false },
		{ NULL, "2026-01-06", false },
	};
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rtpb_outcome *outcome;

		member_of(&sandbox)->covered_from = text_of(rows[i].from);
		member_of(&sandbox)->covered_to = text_of(rows[i].to);
		outcome = price(&sandbox, &usual)->response;
		cr_expect_eq(outcome->processed != NULL, rows[i].priced, "row %zu", i);
		if (outcome->not_processed)
			cr_expect(text_is(outcome->not_processed->reject_codes[0], "65"), "row %zu", i);
	}
	sandbox_close(&sandbox);
}

CASE(house_rules, an_authorization_on_file_is_said_and_no_burden)
{
	static struct house_authorization on_file = { .policy = { "EXAMPLUMAB-PA", 13 }, .status = { "APPROVED", 8 }, .expires = { "2026-01-07", 10 } };
	static const struct ask pens = { .ndc = "99999010101", .quantity = "2", .unit = "C64933", .days = "28" };
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	member_of(&sandbox)->authorizations = &on_file;
	member_of(&sandbox)->authorizations_n = 1;
	cr_expect(text_is(first_of(price(&sandbox, &pens), &sandbox.arena), "R CR 1680.53 07=1680.53 !AB8 !AB9"));
	on_file.expires = text_lit("2026-01-06");
	cr_expect(text_is(first_of(price(&sandbox, &pens), &sandbox.arena), "R CR 1680.53 07=1680.53 !75 !AB9"));
	on_file.expires = text_lit("2026-01-07");
	on_file.status = text_lit("DENIED");
	cr_expect(text_is(first_of(price(&sandbox, &pens), &sandbox.arena), "R CR 1680.53 07=1680.53 !75 !AB9"));
	sandbox_close(&sandbox);
}

CASE(house_rules, step_therapy_names_its_drugs)
{
	const struct rtpb_response *response;
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	response = price(&sandbox, &(struct ask){ .ndc = "99999060601" });
	cr_expect(text_is(response->response->processed->note, "To be tried first: METEXAMPLE 500 MG TABLET."), "%.*s",
		TEXT_ARGS(response->response->processed->note));
	cr_assert(response->alternatives_n > 0);
	cr_expect(text_is(response->alternatives[0].product->drug_coded->ndc, "99999060610"));
	cr_expect(!text_there(price(&sandbox, &usual)->response->processed->note));
	sandbox_close(&sandbox);
}

CASE(house_rules, a_safety_note_while_the_other_drug_lasts)
{
	static struct house_place place = { .ncpdp_id = { "9999998", 7 }, .name = { "EXAMPLE", 7 } };
	static struct house_fill fill = { .ndc = { "99999090911", 11 }, .drug_class = { "ANTICOAGULANT", 13 }, .days = 30, .quantity = { "60", 2 },
		.unit = { "C48542", 6 }, .prescriber_npi = { "1999999002", 10 }, .pharmacy = &place };
	static struct house_alert alert = { .drug_class = { "STATIN", 6 }, .with = { "ANTICOAGULANT", 13 }, .reason = { "DD", 2 },
		.significance = { "2", 1 }, .note = { "Watch for bleeding.", 19 } };
	static const struct {
		const char *filled, *ndc;
		bool said;
	} rows[] = {
		/* 30 days from 2025-12-09 end with 2026-01-07 */
		{ "2025-12-09", "99999090911", true },
		{ "2025-12-08", "99999090911", false },
		{ "2026-01-07", "99999090911", true },
		{ "2026-01-08", "99999090911", false },
		{ "2025-12-09", "99999000303", false }, /* the same drug: a refill */
	};
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	sandbox.house->file.alerts = &alert;
	sandbox.house->file.alerts_n = 1;
	member_of(&sandbox)->history = &fill;
	member_of(&sandbox)->history_n = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct pricing_and_coverage *pricing;

		fill.filled = text_of(rows[i].filled);
		fill.ndc = text_of(rows[i].ndc);
		pricing = &price(&sandbox, &usual)->response_product->at_pharmacies[0].pricings[0];
		cr_assert_eq(pricing->drug_use_evaluations_n, rows[i].said, "row %zu", i);
		if (!rows[i].said)
			continue;
		cr_expect(text_is(pricing->drug_use_evaluations[0].service_reason_code, "DD"));
		cr_expect(text_is(pricing->drug_use_evaluations[0].co_agent->code, "99999090911"));
		cr_expect(text_is(pricing->drug_use_evaluations[0].quantity->code_list_qualifier, "PD"));
		cr_expect(text_is(pricing->drug_use_evaluations[0].dispensing_pharmacy->identification->ncpdp_id, "9999998"));
		cr_expect(text_is(pricing->drug_use_evaluations[0].prescriber->identification->npi, "1999999002"));
		cr_expect(text_is(pricing->drug_use_evaluations[0].note, "Watch for bleeding."));
	}
	alert.drug_class = text_lit("OPIOID");
	fill.filled = text_lit("2025-12-09");
	fill.ndc = text_lit("99999090911");
	cr_expect_eq(price(&sandbox, &usual)->response_product->at_pharmacies[0].pricings[0].drug_use_evaluations_n, 0);
	sandbox_close(&sandbox);
}

/* -- what holds of any answer -- */

static uint64_t any(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* "12.05" as cents. */
static int64_t cents_of(struct text dollars)
{
	int64_t e4 = -1;

	cr_assert(payer_e4(dollars, &e4) && e4 % 100 == 0, "%.*s", TEXT_ARGS(dollars));
	return e4 / 100;
}

static int burdens_of(const struct pricing_and_coverage *pricing)
{
	int n = 0;

	for (size_t i = 0; i < pricing->restrictions_n; i++)
		n += !text_in_list(pricing->restrictions[i].code, "AB8 AB9 AC1");
	return n;
}

static void check_sums(const struct response_product *product)
{
	for (size_t i = 0; i < product->at_pharmacies_n; i++)
		for (size_t k = 0; k < product->at_pharmacies[i].pricings_n; k++) {
			const struct pricing_and_coverage *pricing = &product->at_pharmacies[i].pricings[k];
			int64_t sum = 0;

			for (size_t c = 0; c < pricing->patient_pay_components_n; c++)
				sum += cents_of(pricing->patient_pay_components[c].amount);
			cr_assert_eq(text_there(pricing->patient_pays), text_in_list(pricing->coverage_status_code, "CC CR"));
			if (text_there(pricing->patient_pays))
				cr_assert_eq(sum, cents_of(pricing->patient_pays));
		}
}

/* The first price in the order of pricing_ways; NULL: none. */
static const struct pricing_and_coverage *price_in(const struct response_product *product, char way)
{
	for (size_t i = 0; i < product->at_pharmacies_n; i++)
		for (size_t k = 0; k < product->at_pharmacies[i].pricings_n; k++) {
			const struct pricing_and_coverage *pricing = &product->at_pharmacies[i].pricings[k];

			if (pricing->indicator.at[0] == way && text_there(pricing->patient_pays))
				return pricing;
		}
	return NULL;
}

static const struct alternative *listed_as(const struct coverage *coverage, const struct response_product *said)
{
	for (size_t i = 0; i < coverage->alternatives_n; i++)
		if (text_equal(coverage->alternatives[i].ndc, said->product->drug_coded->ndc))
			return &coverage->alternatives[i];
	return NULL;
}

static void check_alternative(const struct coverage *coverage, const struct response_product *product, const struct response_product *alternative,
	int round)
{
	const struct alternative *listed = listed_as(coverage, alternative);
	bool product_priced = false;

	cr_assert(listed && !text_equal(listed->ndc, coverage->ndc), "round %d: it is one of those, and not the product itself", round);
	cr_assert(!text_there(listed->status) || text_is(listed->status, "COVERED"), "round %d", round);
	if (listed->try_first)
		return;

	for (const char *way = pricing_ways; *way; way++) {
		const struct pricing_and_coverage *a = price_in(product, *way), *b = price_in(alternative, *way);

		product_priced |= a != NULL;
		if (!a || !b)
			continue;
		cr_assert(cents_of(b->patient_pays) < cents_of(a->patient_pays) + !listed->same_class || burdens_of(b) < burdens_of(a),
			"round %d: %.*s for %.*s", round, TEXT_ARGS(b->patient_pays), TEXT_ARGS(a->patient_pays));
		return;
	}
	cr_assert(!product_priced || burdens_of(&alternative->at_pharmacies[0].pricings[0]) < burdens_of(&product->at_pharmacies[0].pricings[0]));
}

static void vary(struct limits *limits, uint64_t *seed)
{
	*limits = (struct limits){ .prior_authorization = any(seed) % 3 == 0, .step_therapy = any(seed) % 4 == 0,
		.days_max = (int64_t)(any(seed) % 60), .quantity_days = 30, .quantity_e4 = (int64_t)(any(seed) % 90) * 10000 };
}

enum { CANDIDATES = 20 };

/* Up to twenty candidates, made of the five that are listed. */
static void vary_candidates(struct asking *asking, struct alternative *into, struct pharmacy_price *prices, struct limits *limits, struct arena *arena,
	uint64_t *seed)
{
	size_t n = any(seed) % (CANDIDATES + 1), listed = asking->coverage.alternatives_n;

	for (size_t i = 0; i < n; i++) {
		char ndc[12];

		into[i] = asking->coverage.alternatives[i % listed];
		vary(&limits[i], seed);
		into[i].limits = &limits[i];
		into[i].tier = (int64_t[]){ 1, 2, 3, 5 }[any(seed) % 4];
		into[i].try_first = any(seed) % 16 == 0;
		into[i].same_class = any(seed) % 4 == 0;
		into[i].status = any(seed) % 4 ? TEXT_NONE : any(seed) % 2 ? text_lit("COVERED") : text_lit("NOT_COVERED");
		snprintf(ndc, sizeof(ndc), "999991%05zu", i);
		into[i].ndc = any(seed) % 16 ? arena_text(arena, text_of(ndc)) : asking->coverage.ndc;
		memcpy(&prices[8 * i], into[i].prices, into[i].prices_n * sizeof(*prices));
		into[i].prices = &prices[8 * i];
		for (size_t k = 0; k < into[i].prices_n; k++)
			into[i].prices[k].unit_cost_e4 = (int64_t)(any(seed) % 90000);
	}
	asking->coverage.alternatives = into;
	asking->coverage.alternatives_n = n;
}

CASE(house_rules, any_price_is_the_sum_of_its_parts_and_any_alternative_is_better)
{
	static const char *const members[][2] = { { "EX0001", "1950-01-31" }, { "EX0002", "1985-09-09" }, { "EX0003", "1972-03-03" } };
	static const char *const types[] = { "R", "M", "S", "A", "" };
	size_t offered = 0, held_back = 0;
	uint64_t seed = 20261122;
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	for (int round = 0; round < 3000; round++) {
		size_t who = any(&seed) % 3;
		const struct ask ask = { .cardholder = members[who][0], .born = members[who][1], .pharmacy_type = types[any(&seed) % 5] };
		const struct rtpb_response *response;
		struct limits limits[CANDIDATES + 1];
		struct alternative candidates[CANDIDATES];
		struct pharmacy_price prices[8 * CANDIDATES];
		struct asking asking;

		asking_of(&sandbox, &ask, &asking);
		vary(&limits[CANDIDATES], &seed);
		asking.coverage.limits = &limits[CANDIDATES];
		asking.coverage.tier = (int64_t[]){ 1, 2, 3, 5 }[any(&seed) % 4];
		vary_candidates(&asking, candidates, prices, limits, &sandbox.arena, &seed);
		response = priced(&sandbox, &asking);
		cr_assert(response->alternatives_n <= 5);
		check_sums(response->response_product);
		for (size_t i = 0; i < response->alternatives_n; i++) {
			check_sums(&response->alternatives[i]);
			check_alternative(&asking.coverage, response->response_product, &response->alternatives[i], round);
		}
		offered += response->alternatives_n;
		held_back += asking.coverage.alternatives_n - response->alternatives_n;
		arena_reset(&sandbox.arena);
	}
	cr_expect(offered > 100 && held_back > 100, "%zu %zu", offered, held_back);
	sandbox_close(&sandbox);
}
