/* SPDX-License-Identifier: Apache-2.0 */
/* Part D files of a made-up contract: what each of them says is found again, and what is wrong in them refuses the load where it stands. */
#include "formulary/partd/partd.h"

#include "formulary/reading.h"
#include "test/formulary/folder.h"

#define DAY_MS INT64_C(1767225600000) /* 2026-01-01 */
#define N "\r\n"

#define BASIC_HEAD "FORMULARY_ID|FORMULARY_VERSION|CONTRACT_YEAR|RXCUI|NDC|TIER_LEVEL_VALUE|QUANTITY_LIMIT_YN|QUANTITY_LIMIT_AMOUNT|" \
	"QUANTITY_LIMIT_DAYS|PRIOR_AUTHORIZATION_YN|STEP_THERAPY_YN|SELECTED_DRUG_YN" N
#define PLAN_HEAD "CONTRACT_ID|PLAN_ID|SEGMENT_ID|CONTRACT_NAME|PLAN_NAME|FORMULARY_ID|PREMIUM|DEDUCTIBLE|MA_REGION_CODE|PDP_REGION_CODE|STATE|" \
	"COUNTY_CODE|SNP|PLAN_SUPPRESSED_YN" N
#define EXCLUDED_HEAD "CONTRACT_ID|PLAN_ID|RXCUI|TIER|QUANTITY_LIMIT_YN|QUANTITY_LIMIT_AMOUNT|QUANTITY_LIMIT_DAYS|PRIOR_AUTH_YN|STEP_THERAPY_YN|" \
	"CAPPED_BENEFIT_YN" N
#define DISEASE_HEAD "CONTRACT_ID|PLAN_ID|RXCUI|DISEASE" N
#define COST(c) "COST_TYPE_" c "|COST_AMT_" c "|COST_MIN_AMT_" c "|COST_MAX_AMT_" c "|"
#define COST_HEAD "CONTRACT_ID|PLAN_ID|SEGMENT_ID|COVERAGE_LEVEL|TIER|DAYS_SUPPLY|" COST("PREF") COST("NONPREF") COST("MAIL_PREF") \
	COST("MAIL_NONPREF") "TIER_SPECIALTY_YN|DED_APPLIES_YN" N
#define INSULIN_HEAD "CONTRACT_ID|PLAN_ID|SEGMENT_ID|TIER|DAYS_SUPPLY|copay_amt_pref_insln|copay_amt_nonpref_insln|copay_amt_mail_pref_insln|" \
	"copay_amt_mail_nonpref_insln|coin_amt_pref_insln|coin_amt_nonpref_insln|coin_amt_mail_pref_insln|coin_amt_mail_nonpref_insln" N
#define LOCATOR_HEAD "COUNTY_CODE|STATENAME|COUNTY|MA_REGION_CODE|MA_REGION|PDP_REGION_CODE|PDP_REGION" N
#define PRICE_HEAD "CONTRACT_ID|PLAN_ID|SEGMENT_ID|NDC|DAYS_SUPPLY|UNIT_COST" N
#define NETWORK_HEAD "CONTRACT_ID|PLAN_ID|SEGMENT_ID|PHARMACY_NUMBER|PHARMACY_ZIPCODE|PREFERRED_STATUS_RETAIL|PREFERRED_STATUS_MAIL|PHARMACY_RETAIL|" \
	"PHARMACY_MAIL|IN_AREA_FLAG|BRAND_DISPENSING_FEE_30|BRAND_DISPENSING_FEE_60|BRAND_DISPENSING_FEE_90|GENERIC_DISPENSING_FEE_30|" \
	"GENERIC_DISPENSING_FEE_60|GENERIC_DISPENSING_FEE_90" N

#define BASIC_ROWS                                                        \
	"00099901|7|2026|9990001|99999000101|1|Y|12.5|30|N|N|N" N         \
	"00099901|7|2026|9990002|99999000202|3|N| |.|Y|Y|Y" N             \
	"00099902|3|2026|9990001|99999000101|2|N|||N|N|N" N
#define PLAN_ROWS                                                                              \
	"H9990|001|000|EXAMPLE HMO|Example Sant\xe9 \x96 Plus|00099901|35.60|615| | |NE|28100|2|N" N \
	"H9990|001|000|EXAMPLE HMO|Example Sant\xe9 \x96 Plus|00099901|35.60|615| | |NE|28110|2|N" N \
	"S9991|004|000|EXAMPLE PDP|Example Basic|00099903|12.30|.| |22| | |0|Y" N
#define NOTHING "|0|0|0|0"

struct files {
	struct folder folder;
	struct partd_options options;
	struct partd_report report;
	struct fault fault;
};

static void done(struct files *files)
{
	folder_done(&files->folder);
}
#define FILES __attribute__((cleanup(done))) = files_new()

/* A folder with the two files that must be there, under names that say nothing. */
static struct files files_new(void)
{
	struct files files = { .folder = folder_new("from") };

	folder_put(&files.folder, "basic drugs formulary file  PPUF.txt", BASIC_HEAD BASIC_ROWS);
	folder_put(&files.folder, "1.txt", PLAN_HEAD PLAN_ROWS);
	folder_put(&files.folder, "readme.md", "# nothing of interest\n");
	return files;
}

static bool load(struct files *files)
{
	return partd_load(files->folder.from, files->folder.into, &files->options, NULL, NULL, &files->report, &files->fault);
}

/* True when the load is refused so: code, place, file, line. */
static bool refused(struct files *files, enum fault_code code, const char *path, const char *file, int64_t line)
{
	bool as = !load(files) && files->fault.code == code && strcmp(files->fault.path, path) == 0 && strstr(files->report.file, file) &&
		  files->report.line == line;

	if (!as)
		fprintf(stderr, "%s at %s in %s:%lld\n", fault_row(files->fault.code)->name, files->fault.path, files->report.file,
			(long long)files->report.line);
	return as;
}

static struct asked ask(const struct files *files, const char *plan, const char *ndc, const char *concept)
{
	return folder_ask(&files->folder, plan, ndc, concept, DAY_MS);
}

CASE(partd, a_drug_of_the_plans_formulary_is_found_by_concept_and_by_its_proxy_ndc)
{
	struct files files FILES;

	cr_assert(load(&files), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect_eq(files.report.plans, 2);
	cr_expect_eq(files.report.formularies, 2);
	cr_expect_eq(files.report.plans_without_formulary, 1, "S9991 names a formulary of which there are no drugs");
	cr_expect_eq(files.report.rows[PARTD_BASIC], 3);
	cr_expect_eq(files.report.repeated, 0, "a plan has a row for each county");
	cr_expect_eq(files.report.skipped, 1);
	for (int by_ndc = 0; by_ndc < 2; by_ndc++) {
		struct asked asked ASKED = ask(&files, "H9990-001-000", by_ndc ? "99999000101" : NULL, by_ndc ? NULL : "9990001");

		cr_assert(asked.found && asked.says);
		cr_expect_eq(asked.answer.status->tier, 1, "not that of the other formulary");
		cr_expect(text_is(asked.answer.status_from->list_id, "00099901") && text_is(asked.answer.status_from->source, "CMS-PARTD") &&
			  text_is(asked.answer.status_from->file, "basic drugs formulary file  PPUF.txt") && asked.answer.status_from->line == 2);
		cr_expect(text_is(asked.coverage.status, "COVERED"));
		cr_expect_eq(asked.coverage.limits->quantity_e4, 125000);
		cr_expect_eq(asked.coverage.limits->quantity_days, 30);
		cr_expect_not(asked.coverage.limits->prior_authorization);
	}
	struct asked other ASKED = ask(&files, "H9990-001-000", NULL, "9990002");
	cr_assert(other.found);
	cr_expect(other.coverage.limits->prior_authorization && other.coverage.limits->step_therapy && other.answer.status->selected);
	cr_expect_eq(other.coverage.limits->quantity_e4, 0);
	struct asked none ASKED = ask(&files, "H9990-001-000", "99999000999", NULL);
	cr_expect_not(none.found, "only one NDC stands for a concept: another may well be covered");
}

/* The row of a plan, as it stands in the generation. */
static struct plan_row plan_of(const struct asked *asked, struct arena *arena, const char *plan)
{
	struct formulary_key key;
	struct table_walk walk;
	struct plan_row row = { 0 };
	struct text at, value;
	struct fault fault;

	key_body(&key, ROW_PLAN, 0, text_of(plan));
	table_walk(asked->formulary->now.table, key_text(&key), TEXT_NONE, &walk);
	cr_assert(table_walk_next(&walk, &at, &value) && record_unpack(&plan_row_record, &row, arena, value, &fault));
	cr_expect(table_walk_end(&walk, &fault));
	return row;
}

CASE(partd, a_plan_has_its_name_in_utf_8_and_what_its_row_says)
{
	struct files files FILES;

	cr_assert(load(&files));
	struct asked asked ASKED = ask(&files, "H9990-001-000", NULL, "9990001");
	struct plan_row plan = plan_of(&asked, &asked.arena, "H9990-001-000");
	cr_expect(text_is(plan.name, "Example Sant\xc3\xa9 \xe2\x80\x93 Plus"));
	cr_expect(plan.deductible_cents == 61500 && plan.year == 2026 && !plan.suppressed && text_is(plan.programme, "part_d"));
	plan = plan_of(&asked, &asked.arena, "S9991-004-000");
	cr_expect(plan.suppressed && plan.deductible_cents == 0 && text_is(plan.formulary, "00099903"));
	folder_put(&files.folder, "1.txt", PLAN_HEAD "H9990|001|000|X|Sant\xc3\xa9|00099901|1|0| | |NE|28100|2|N" N);
	cr_assert(load(&files));
	struct asked again ASKED = ask(&files, "H9990-001-000", NULL, "9990001");
	plan = plan_of(&again, &again.arena, "H9990-001-000");
	cr_expect(text_is(plan.name, "Sant\xc3\xa9"), "a file that someone made UTF-8 stays so");
}

CASE(partd, what_a_plan_adds_and_covers_for_one_disease_only)
{
	struct files files FILES;

	folder_put(&files.folder, "e.txt", EXCLUDED_HEAD "H9990|001|9990009|2|1|6|30|N|0|Y" N "H9999|001|9990009|2|0|||N|N|N" N);
	folder_put(&files.folder, "d.txt", DISEASE_HEAD "H9990|001|9990002|ASTHMA" N "H9990|001|9990002|GOUT" N "H9990|001|9990002|GOUT" N);
	cr_assert(load(&files), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect_eq(files.report.rows_without_plan, 1);
	cr_expect_eq(files.report.repeated, 1);
	cr_expect(strcmp(files.report.repeat_file, "d.txt") == 0 && files.report.repeat_line == 4 && files.report.repeat_first == 3);
	struct asked added ASKED = ask(&files, "H9990-001-000", NULL, "9990009");
	cr_assert(added.found && added.says);
	cr_expect(added.answer.status->excluded_part_d && added.answer.status->capped && added.answer.status->tier == 2);
	cr_expect_eq(added.coverage.limits->quantity_e4, 60000);
	struct asked disease ASKED = ask(&files, "H9990-001-000", "99999000202", NULL);
	cr_assert_eq(disease.answer.rules_n, 2);
	cr_expect(text_is(disease.answer.rules[0].rule->type, "INDICATION") && text_is(disease.answer.rules[0].rule->diagnosis, "ASTHMA"));
	struct asked elsewhere ASKED = ask(&files, "S9991-004-000", NULL, "9990009");
	cr_expect_not(elsewhere.found, "another plan does not add it");
}

CASE(partd, what_members_pay)
{
	struct files files FILES;

	folder_put(&files.folder, "c.txt", COST_HEAD "H9990|001|000|1|1|1|1|5|0|0|2|.29|1|50|0|0|0|0|1|0|0|0|N|Y" N
		"H9990|001|000|0|3|3" NOTHING NOTHING NOTHING "|2|1|0|0|Y|Y" N "H9990|001|000|3|3|4" NOTHING NOTHING NOTHING NOTHING "|N|N" N);
	folder_put(&files.folder, "i.txt", INSULIN_HEAD "H9990|001|000|1|2| |0.00|10.00|.|.25| |0.25| " N "H9990|001|000| |1|35.00| | | | | | | " N);
	cr_assert(load(&files), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	struct asked asked ASKED = ask(&files, "H9990-001-000", NULL, "9990001");
	cr_assert_eq(asked.answer.copays_n, 8, "four of its tier, three for insulin in its tier and one in any");
	for (size_t i = 0, insulin = 0; i < 8; i++) {
		const struct copay_row *copay = asked.answer.copays[i].copay;

		if (copay->insulin) {
			cr_expect(copay->offered && (copay->tier == 1 ? copay->days_supply == 90 : copay->tier == 0 && copay->flat_cents == 3500));
			cr_expect_eq(text_there(copay->first), !(copay->flat_cents == 1000 && copay->rate_e4 == 2500), "both are given");
			insulin++;
			continue;
		}
		cr_expect(copay->tier == 1 && copay->days_supply == 30 && text_is(copay->phase, "INITIAL") && text_is(copay->deductible, "AFTER"));
		if (text_is(copay->pharmacy, "R") && text_is(copay->network, "PREFERRED"))
			cr_expect(text_is(copay->first, "FLAT") && copay->flat_cents == 500 && !copay->max_cents && copay->offered);
		if (text_is(copay->pharmacy, "R") && text_is(copay->network, "STANDARD"))
			cr_expect(text_is(copay->first, "RATE") && copay->rate_e4 == 2900 && copay->min_cents == 100 && copay->max_cents == 5000);
		if (text_is(copay->pharmacy, "M") && text_is(copay->network, "PREFERRED"))
			cr_expect(!copay->offered && !text_there(copay->first));
		if (text_is(copay->pharmacy, "M") && text_is(copay->network, "STANDARD"))
			cr_expect(copay->offered && copay->flat_cents == 0 && text_is(copay->first, "FLAT"), "nothing to pay is an offer");
	}
	struct asked third ASKED = ask(&files, "H9990-001-000", NULL, "9990002");
	size_t other = 0, sixty = 0;
	for (size_t i = 0; i < third.answer.copays_n; i++) {
		other += third.answer.copays[i].copay->days_other && third.answer.copays[i].copay->specialty_tier;
		sixty += third.answer.copays[i].copay->days_supply == 60 && text_is(third.answer.copays[i].copay->phase, "CATASTROPHIC");
	}
	cr_expect(other == 4 && sixty == 4);
}

/* One row of one file is wrong: the whole load is refused with its place, and what was loaded before stays. */
CASE(partd, a_wrong_row_refuses_the_load_where_it_stands)
{
	static const struct {
		const char *rows;
		enum fault_code code;
		const char *path;
	} basic[] = {
		{ "00099901|7|2026|9990003|9999900101|1|N|||N|N|N", FAULT_BAD_NUMBER, "NDC" },
		{ "00099901|7|2026|99900X3|99999000303|1|N|||N|N|N", FAULT_BAD_NUMBER, "RXCUI" },
		{ "00099901|7|2026| | |1|N|||N|N|N", FAULT_MISSING, "RXCUI" },
		{ "00099901|7|2026|9990003|99999000303|0|N|||N|N|N", FAULT_BAD_NUMBER, "TIER_LEVEL_VALUE" },
		{ "00099901|7|2026|9990003|99999000303|1|Y| |30|N|N|N", FAULT_MISSING, "QUANTITY_LIMIT_AMOUNT" },
		{ "00099901|7|2026|9990003|99999000303|1|Y|9|.|N|N|N", FAULT_MISSING, "QUANTITY_LIMIT_DAYS" },
		{ "00099901|7|2026|9990003|99999000303|1|N|9|30|N|N|N", FAULT_RULE, "QUANTITY_LIMIT_YN" },
		{ "00099901|7|2026|9990003|99999000303|1|Y|1e3|30|N|N|N", FAULT_BAD_NUMBER, "QUANTITY_LIMIT_AMOUNT" },
		{ "00099901|7|2026|9990003|99999000303|1|Y|1.00001|30|N|N|N", FAULT_BAD_NUMBER, "QUANTITY_LIMIT_AMOUNT" },
		{ "00099901|7|2026|9990003|99999000303|1|N|||y|N|N", FAULT_BAD_CODE, "PRIOR_AUTHORIZATION_YN" },
		{ "00099901|7|2026|9990003|99999000303|1|N|||N| |N", FAULT_MISSING, "STEP_THERAPY_YN" },
		{ "00099901|8|2026|9990003|99999000303|1|N|||N|N|N", FAULT_RULE, "FORMULARY_VERSION" },
		{ "00099901|7|2027|9990003|99999000303|1|N|||N|N|N", FAULT_RULE, "CONTRACT_YEAR" },
		{ "00099901|7|2026|9990003|99999000303|1|N|||N|N", FAULT_RULE, "columns" },
		{ "00099901|7|2026|9990003|99999000303|1|N|||N|N|N|", FAULT_RULE, "columns" },
		{ "0009 901|7|2026|9990003|99999000303|1|N|||N|N|N", FAULT_BAD_TEXT, "FORMULARY_ID" },
	};
	struct files files FILES;

	cr_assert(load(&files));
	for (size_t i = 0; i < sizeof(basic) / sizeof(*basic); i++) {
		char bytes[2000];

		snprintf(bytes, sizeof(bytes), "%s%s%s" N, BASIC_HEAD, BASIC_ROWS, basic[i].rows);
		folder_put(&files.folder, "basic drugs formulary file  PPUF.txt", bytes);
		cr_expect(refused(&files, basic[i].code, basic[i].path, "PPUF.txt", 5), "%s", basic[i].rows);
	}
	struct asked asked ASKED = ask(&files, "H9990-001-000", NULL, "9990001");
	cr_expect(text_is(asked.answer.generation, "000001") && asked.found);
}

CASE(partd, a_wrong_row_of_the_other_files_too)
{
	static const struct {
		const char *head, *row;
		enum fault_code code;
		const char *path;
	} rows[] = {
		{ EXCLUDED_HEAD, "H9990|001|9990009|2|2|6|30|N|N|Y", FAULT_BAD_CODE, "QUANTITY_LIMIT_YN" },
		{ EXCLUDED_HEAD, "H9990| |9990009|2|0|||N|N|Y", FAULT_MISSING, "PLAN_ID" },
		{ DISEASE_HEAD, "H9990|001|9990002| ", FAULT_MISSING, "DISEASE" },
		{ DISEASE_HEAD, "H9990|001|9990002|GO\x81T", FAULT_BAD_TEXT, "DISEASE" },
		{ COST_HEAD, "H9990|001|000|2|3|4" NOTHING NOTHING NOTHING NOTHING "|N|N", FAULT_BAD_CODE, "COVERAGE_LEVEL" },
		{ COST_HEAD, "H9990|001|000|1|3|5" NOTHING NOTHING NOTHING NOTHING "|N|N", FAULT_BAD_NUMBER, "DAYS_SUPPLY" },
		{ COST_HEAD, "H9990|001|000|1|3|1|2|25|0|0" NOTHING NOTHING NOTHING "|N|N", FAULT_BAD_NUMBER, "COST_AMT_PREF" },
		{ COST_HEAD, "H9990|001|000|1|3|1" NOTHING "|3|25|0|0" NOTHING NOTHING "|N|N", FAULT_BAD_NUMBER, "COST_TYPE_NONPREF" },
		{ COST_HEAD, "H9990|001|000|1|3|1" NOTHING NOTHING NOTHING "|1| |0|0|N|N", FAULT_MISSING, "COST_AMT_MAIL_NONPREF" },
		{ PRICE_HEAD, "H9990|001|000|9999900101|30|0.1", FAULT_BAD_NUMBER, "NDC" },
		{ PRICE_HEAD, "H9990|001|000| |30|0.1", FAULT_MISSING, "NDC" },
		{ PRICE_HEAD, "H9990|001|000|99999000101|45|0.1", FAULT_BAD_NUMBER, "DAYS_SUPPLY" },
		{ PRICE_HEAD, "H9990|001|000|99999000101|30|-0.1", FAULT_BAD_NUMBER, "UNIT_COST" },
		{ PRICE_HEAD, "H9990|001|000|99999000101|30|.", FAULT_MISSING, "UNIT_COST" },
		{ NETWORK_HEAD, "H9990|001|000|101234567893|00000|Y|N|Z|N|1|0|0|0|0|0|0", FAULT_BAD_CODE, "PHARMACY_RETAIL" },
		{ NETWORK_HEAD, "H9990|001|000|101234567893|00000| |N|Y|N|1|0|0|0|0|0|0", FAULT_MISSING, "PREFERRED_STATUS_RETAIL" },
		{ NETWORK_HEAD, "H9990|001|000|101234567893|00000|Y|N|Y|N| |0|0|0|0|0|0", FAULT_MISSING, "IN_AREA_FLAG" },
		{ NETWORK_HEAD, "H9990|001|000| |00000|Y|N|Y|N|1|0|0|0|0|0|0", FAULT_MISSING, "PHARMACY_NUMBER" },
		{ NETWORK_HEAD, "H9990|001|000|101234567893|00000|Y|N|Y|N|1|0|0|0|0|0|free", FAULT_BAD_NUMBER, "GENERIC_DISPENSING_FEE_90" },
		{ LOCATOR_HEAD, " |Nebraska|Douglas|1|x|2|y", FAULT_MISSING, "COUNTY_CODE" },
		{ LOCATOR_HEAD, "28100|Nebraska|Douglas|1|x\x81|2|y", FAULT_BAD_TEXT, "MA_REGION" },
		{ INSULIN_HEAD, "H9990|001|000|1|1|35.005| | | | | | | ", FAULT_BAD_NUMBER, "COPAY_AMT_PREF_INSLN" },
		{ INSULIN_HEAD, "H9990|001|000|1|1| | | | | | | |25", FAULT_BAD_NUMBER, "COIN_AMT_MAIL_NONPREF_INSLN" },
	};
	struct files files FILES;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char bytes[2000];

		snprintf(bytes, sizeof(bytes), "%s%s" N, rows[i].head, rows[i].row);
		folder_put(&files.folder, "x.txt", bytes);
		cr_expect(refused(&files, rows[i].code, rows[i].path, "x.txt", 2), "%s", rows[i].row);
	}
}

CASE(partd, files_are_told_apart_by_their_headers)
{
	struct files files FILES;

	cr_expect(partd_directory(files.folder.from));
	cr_expect_not(partd_directory(files.folder.into));
	folder_put(&files.folder, "g.txt", LOCATOR_HEAD "28100|Nebraska|Douglas|1|x|2|y" N);
	cr_expect(load(&files) && files.report.skipped == 1);
	folder_put(&files.folder, "2.txt", PLAN_HEAD);
	cr_expect(!load(&files) && files.fault.code == FAULT_REPEATED && strcmp(files.fault.path, "plan information") == 0);
	folder_put(&files.folder, "2.txt", "CONTRACT_ID|PLAN_ID|RXCUI|DISEASE|SINCE" N);
	cr_expect(refused(&files, FAULT_VERSION, "columns", "2.txt", 0));
	folder_put(&files.folder, "2.txt", "");
	cr_expect(load(&files));
	folder_put(&files.folder, "1.txt", PLAN_HEAD);
	cr_expect(refused(&files, FAULT_MISSING, "plan information", "1.txt", 0));
	folder_put(&files.folder, "1.txt", "");
	cr_expect(refused(&files, FAULT_MISSING, "plan information", "", 0));
	folder_put(&files.folder, "1.txt", PLAN_HEAD PLAN_ROWS "H9990|001|000|EXAMPLE HMO|Example|00099902|1|1| | |NE|28111|2|N" N);
	cr_expect(refused(&files, FAULT_RULE, "FORMULARY_ID", "1.txt", 5));
	folder_put(&files.folder, "1.txt", PLAN_HEAD "H9990|001|000|EXAMPLE HMO|Ex\x9dmple|00099902|1|1| | |NE|28111|2|N" N);
	cr_expect(refused(&files, FAULT_BAD_TEXT, "PLAN_NAME", "1.txt", 2));
}

CASE(partd, prices_by_length_of_supply)
{
	struct files files FILES;

	folder_put(&files.folder, "p.txt", PRICE_HEAD "H9990|001|000|99999000101|30|0.11235" N "H9990|001|000|99999-0001-01|90|.112349" N
		"H9990|001|000|99999000303|60|12" N "H9999|001|000|99999000101|30|1" N);
	cr_assert(load(&files), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect(files.report.rows[PARTD_PRICING] == 4 && files.report.rows_without_plan == 1);
	struct asked asked ASKED = ask(&files, "H9990-001-000", "99999000101", NULL);
	cr_assert_eq(asked.answer.prices_n, 2);
	cr_expect(asked.answer.prices[0].price->days_supply == 30 && asked.answer.prices[0].price->unit_cost_e4 == 1124, "half goes up");
	cr_expect(asked.answer.prices[1].price->days_supply == 90 && asked.answer.prices[1].price->unit_cost_e4 == 1123);
	cr_expect(text_is(asked.answer.prices[0].from->file, "p.txt") && asked.answer.prices[0].from->line == 2);
	struct asked concept ASKED = ask(&files, "H9990-001-000", NULL, "9990001");
	cr_assert_eq(concept.answer.prices_n, 2);
	cr_expect(text_is(concept.answer.prices[0].from->product, "N99999000101"));
	struct asked other ASKED = ask(&files, "S9991-004-000", "99999000101", NULL);
	cr_expect_not(other.found);
	files.options.without_prices = true;
	cr_assert(load(&files) && files.report.left_out == 1 && files.report.rows[PARTD_PRICING] == 0);
	struct asked without ASKED = ask(&files, "H9990-001-000", "99999000101", NULL);
	cr_expect(without.found && !without.answer.prices_n, "what is left out is gone");
}

/* Standing of a pharmacy as two letters, retail and mail; "" when nothing is known. */
static const char *standing(const struct files *files, const char *plan, const char *npi, struct network_row *row)
{
	static char letters[3];
	struct formulary *formulary;
	struct answer_from from;
	struct arena arena;
	struct fault fault;
	bool found;

	arena_init(&arena, 1 << 20);
	cr_assert(formulary_open(files->folder.into, &formulary, &fault));
	formulary_day(formulary, DAY_MS);
	cr_assert(formulary_network(formulary, text_of(plan), text_of(npi), &arena, row, &from, &found, &fault));
	snprintf(letters, sizeof(letters), "%.1s%.1s", found ? row->retail.at : "", found ? row->mail.at : "");
	formulary_free(formulary);
	arena_done(&arena);
	return letters;
}

CASE(partd, pharmacies_of_a_network_in_several_parts)
{
	struct files files FILES;
	struct network_row row;

	folder_put(&files.folder, "n1.txt", NETWORK_HEAD "H9990|001|000|101234567893|00000|Y| |Y|N|1|0.50|0.75|1.005|0.40|.|10.0049" N
		"H9990|001|000|009999999000|00000|Y|N|Y|N|1|0|0|0|0|0|0" N);
	folder_put(&files.folder, "n2.txt", NETWORK_HEAD "H9990|001|000|101999999984|00000|N|Y|Y|Y|0|0|0|0|0|0|0" N
		"S9991|004|000|101999999984|00000|Y|N|N|N|0|0|0|0|0|0|0" N);
	cr_assert(load(&files), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect(files.report.rows[PARTD_NETWORKS] == 4 && files.report.pharmacies_unknown == 1, "a pharmacy without an NPI is left out");
	cr_expect_str_eq(standing(&files, "H9990-001-000", "1234567893", &row), "PO");
	cr_expect(row.in_area && row.brand_30_cents == 50 && row.brand_90_cents == 101 && row.generic_60_cents == 0 && row.generic_90_cents == 1000);
	cr_expect_eq(row.line, 2);
	cr_expect_str_eq(standing(&files, "H9990-001-000", "1999999984", &row), "SP", "from the second part");
	cr_expect_not(row.in_area);
	cr_expect_str_eq(standing(&files, "S9991-004-000", "1999999984", &row), "OO", "it is preferred as what it is not");
	cr_expect_str_eq(standing(&files, "S9991-004-000", "1234567893", &row), "OO");
	files.options.without_networks = true;
	cr_assert(load(&files) && files.report.left_out == 2);
	cr_expect_str_eq(standing(&files, "H9990-001-000", "1999999992", &row), "", "nothing is known any more, and nobody is outside");
}

CASE(partd, counties_are_checked_and_regions_named)
{
	struct files files FILES;

	folder_put(&files.folder, "1.txt", PLAN_HEAD PLAN_ROWS "H9990|001|000|EXAMPLE HMO|Example|00099901|1|1| | |NE|28990|2|N" N
		"H9990|001|000|EXAMPLE HMO|Example|00099901|1|1| | |NE|28990|2|N" N);
	cr_assert(load(&files) && files.report.unknown_counties == 0, "without a locator there is nothing to check against");
	folder_put(&files.folder, "g.txt", LOCATOR_HEAD "28100|Nebraska|Douglas|1|Midwest|22|Upper Midwest Sant\xe9" N "28110|Nebraska|Dundy|.| |22|x" N);
	cr_assert(load(&files), "%s %s", fault_row(files.fault.code)->name, files.fault.path);
	cr_expect(files.report.unknown_counties == 1 && strcmp(files.report.unknown_county, "28990") == 0, "counted once, and the plan is taken");
	cr_expect_eq(files.report.plans, 2);
	struct asked asked ASKED = ask(&files, "H9990-001-000", NULL, "9990001");
	cr_expect(text_is(plan_of(&asked, &asked.arena, "S9991-004-000").region, "Upper Midwest Sant\xc3\xa9"));
	cr_expect_not(text_there(plan_of(&asked, &asked.arena, "H9990-001-000").region), "the plan names no region");
}
