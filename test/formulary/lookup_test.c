/* SPDX-License-Identifier: Apache-2.0 */
#include "test/formulary/plan_file.h"

#include "test/case.h"

#define BIN(bin, rest, plan) "{\"resourceType\":\"bin\",\"bin\":\"" bin "\"" rest ",\"plan\":\"" plan "\"}\n"
#define PLAN(plan) "{\"resourceType\":\"coverage\",\"plan\":\"" plan "\",\"ndc\":\"99999000001\",\"status\":\"COVERED\"}\n"

static struct formulary *open_plan(struct plan_file *plan, const char *bytes)
{
	struct formulary *formulary;

	cr_assert(plan_file_load(plan, bytes), "line %lld: %s at %s", (long long)plan->line,
		fault_row(plan->fault.code)->name, plan->fault.path);
	cr_assert(formulary_open(plan->directory, &formulary, &plan->fault));
	return formulary;
}

CASE(formulary, the_most_specific_bin_line_wins)
{
	static const struct {
		const char *bin, *pcn, *group, *plan; /* plan NULL: none */
	} rows[] = {
		{ "999999", "A", "G", "BOTH" },
		{ "999999", "B", "G", "GROUP" }, /* the group before the PCN */
		{ "999999", NULL, "G", "GROUP" },
		{ "999999", "A", "H", "PCN" },
		{ "999999", "A", NULL, "PCN" },
		{ "999999", "A", "", "PCN" },
		{ "999999", "B", "H", "ALONE" },
		{ "999999", NULL, NULL, "ALONE" },
		{ "999998", "A", "G", "ONLY" },
		{ "999998", "A", NULL, NULL },
		{ "999998", NULL, NULL, NULL },
		{ "999997", "A", "G", NULL },
		{ "99999", "A", "G", NULL },
		{ NULL, "A", "G", NULL },
	};
	struct plan_file plan PLAN_FILE;
	struct formulary *formulary = open_plan(&plan,
		BIN("999999", "", "ALONE") BIN("999999", ",\"pcn\":\"A\"", "PCN")
			BIN("999999", ",\"pcn\":\"A\",\"group\":\"G\"", "BOTH") BIN("999999", ",\"group\":\"G\"", "GROUP")
				BIN("999998", ",\"pcn\":\"A\",\"group\":\"G\"", "ONLY") PLAN("ALONE") PLAN("PCN")
					PLAN("BOTH") PLAN("GROUP") PLAN("ONLY"));

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text found = formulary_plan(formulary, text_of(rows[i].bin), text_of(rows[i].pcn), text_of(rows[i].group));

		cr_expect(text_equal(found, text_of(rows[i].plan)) && text_there(found) == !!rows[i].plan,
			"row %zu: %.*s", i, TEXT_ARGS(found));
	}
	formulary_free(formulary);
}

CASE(formulary, the_programme_is_that_of_the_same_line)
{
	struct plan_file plan PLAN_FILE;
	struct formulary *formulary = open_plan(&plan,
		BIN("999999", "", "ALONE") BIN("999999", ",\"programme\":\"part_d\",\"pcn\":\"A\"", "PCN")
			BIN("999998", ",\"programme\":\"medicaid_ffs\"", "ALONE") PLAN("ALONE") PLAN("PCN"));

	cr_expect(text_is(formulary_programme(formulary, text_lit("999999"), text_lit("A"), TEXT_NONE), "part_d"));
	cr_expect(text_is(formulary_programme(formulary, text_lit("999998"), text_lit("A"), text_lit("G")), "medicaid_ffs"));
	cr_expect(!text_there(formulary_programme(formulary, text_lit("999999"), TEXT_NONE, TEXT_NONE)), "the line does not say");
	cr_expect(!text_there(formulary_programme(formulary, text_lit("999997"), TEXT_NONE, TEXT_NONE)), "there is no line");
	formulary_free(formulary);
}

CASE(formulary, a_lookup_gives_all_that_the_line_said)
{
	struct plan_file plan PLAN_FILE;
	struct formulary *formulary = open_plan(&plan,
		"{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"99999000001\",\"description\":\"EXAMPLE 1 MG\",\"status\":\"COVERED\","
		"\"tier\":2,\"limits\":{\"prior_authorization\":true,\"age_min\":12},\"prices\":[{\"pharmacy\":\"R\",\"unit_cost_e4\":45000,\"fee_cents\":175}],"
		"\"alternatives\":[{\"ndc\":\"99999000002\",\"tier\":1,\"prices\":[{\"pharmacy\":\"M\",\"unit_cost_e4\":7}]}]}\n");
	struct coverage coverage;
	struct arena arena;
	bool found;

	arena_init(&arena, 1 << 20);
	cr_assert(formulary_lookup(formulary, text_lit("P"), text_lit("99999000001"), &arena, &coverage, &found, &plan.fault));
	cr_assert(found);
	cr_expect(text_is(coverage.description, "EXAMPLE 1 MG"));
	cr_expect_eq(coverage.tier, 2);
	cr_assert_not_null(coverage.limits);
	cr_expect(coverage.limits->prior_authorization == 1 && coverage.limits->age_min == 12);
	cr_assert_eq(coverage.prices_n, 1);
	cr_expect(coverage.prices[0].unit_cost_e4 == 45000 && coverage.prices[0].fee_cents == 175);
	cr_assert_eq(coverage.alternatives_n, 1);
	cr_expect(text_is(coverage.alternatives[0].ndc, "99999000002"));
	cr_expect_eq(coverage.alternatives[0].prices[0].unit_cost_e4, 7);
	cr_expect(text_is(coverage.source, "plan.jsonl"));
	cr_expect_eq(coverage.line, 1);
	arena_done(&arena);
	formulary_free(formulary);
}

CASE(formulary, an_ndc_is_found_however_it_is_written_and_never_guessed)
{
	static const struct {
		const char *ndc;
		bool found;
	} rows[] = { { "99999000001", true }, { "99999-0000-01", true }, { "99999-000-01", true }, { "99999-0000-1", true }, { "9999900001", false },
		{ "99999-00001", false }, { "9999-0000-01", false }, { "99999-0000-02", true }, { "99999000002", true } };
	struct plan_file plan PLAN_FILE;
	struct formulary *formulary = open_plan(&plan, PRODUCT("99999000001", 1) PRODUCT("99999-000-02", 1));
	struct coverage coverage;
	struct arena arena;
	bool found;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert(formulary_lookup(formulary, text_lit("P"), text_of(rows[i].ndc), &arena, &coverage, &found, &plan.fault));
		cr_expect_eq(found, rows[i].found, "%s", rows[i].ndc);
		cr_expect(!found || coverage.ndc.n == 11, "%s", rows[i].ndc);
	}
	arena_done(&arena);
	formulary_free(formulary);
}

#define IN_CLASS(ndc, status, tier, more) \
	"{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"" ndc "\",\"drug_class\":\"STATIN\",\"status\":\"" status "\",\"tier\":" #tier more "}\n"

/* NDCs of the alternatives of a product, one after the other. */
static void candidates(struct formulary *formulary, const char *ndc, char out[400])
{
	struct coverage coverage;
	struct arena arena;
	struct fault fault;
	bool found;

	arena_init(&arena, 4 << 20);
	cr_assert(formulary_lookup_to_price(formulary, text_lit("P"), text_of(ndc), TEXT_NONE, &arena, &coverage, &found, &fault) && found);
	*out = '\0';
	for (size_t i = 0; i < coverage.alternatives_n; i++) {
		const struct alternative *one = &coverage.alternatives[i];

		snprintf(out + strlen(out), 400 - strlen(out), "%.*s%s ", TEXT_ARGS(one->ndc), one->same_class ? "" : "!");
	}
	arena_done(&arena);
}

CASE(formulary, a_product_without_alternatives_gets_covered_ones_of_its_class)
{
	struct plan_file plan PLAN_FILE;
	struct formulary *formulary = open_plan(&plan, IN_CLASS("99999000001", "COVERED", 3, "") IN_CLASS("99999000002", "COVERED", 2, "")
		IN_CLASS("99999000003", "COVERED", 1, "") IN_CLASS("99999000004", "NOT_COVERED", 1, "")
		IN_CLASS("99999000005", "COVERED", 1, ",\"alternatives\":[{\"ndc\":\"99999000009\"}]") PRODUCT("99999000006", 1));
	char said[400];

	candidates(formulary, "99999000001", said);
	cr_expect_str_eq(said, "99999000003 99999000005 99999000002 ", "the lowest tier first, and not itself");
	candidates(formulary, "99999000004", said);
	cr_expect_str_eq(said, "99999000003 99999000005 99999000002 99999000001 ", "also for one that is not covered");
	candidates(formulary, "99999000005", said);
	cr_expect_str_eq(said, "99999000009! ", "what is listed is what counts");
	candidates(formulary, "99999000006", said);
	cr_expect_str_eq(said, "", "no class");
	formulary_free(formulary);
}

CASE(formulary, no_more_of_a_class_are_looked_at_than_there_is_room_for)
{
	static char file[16384], said[400];
	struct plan_file plan PLAN_FILE;
	struct formulary *formulary;

	for (int i = 0; i < 60; i++)
		snprintf(file + strlen(file), sizeof(file) - strlen(file),
			"{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"999990001%02d\",\"drug_class\":\"STATIN\",\"status\":\"COVERED\",\"tier\":%d}\n", i, 1 + i % 3);
	formulary = open_plan(&plan, file);
	candidates(formulary, "99999000100", said);
	cr_expect_eq(strlen(said), 20 * strlen("99999000100 "), "%s", said);
	formulary_free(formulary);
}

CASE(formulary, what_no_line_said_is_not_found)
{
	static const struct {
		const char *plan, *ndc;
	} rows[] = { { "P", "99999000003" }, { "Q", "99999000001" }, { "", "99999000001" }, { "P", "" }, { "P\037", "99999000001" },
		{ "P", "99999000001x" }, { "\001p", "P" } };
	struct plan_file plan PLAN_FILE;
	struct formulary *formulary = open_plan(&plan, PRODUCT("99999000001", 1));
	char longest[1000];
	struct coverage coverage;
	struct arena arena;
	bool found = true;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert(formulary_lookup(formulary, text_of(rows[i].plan), text_of(rows[i].ndc), &arena, &coverage, &found,
			&plan.fault));
		cr_expect(!found, "row %zu", i);
	}
	memset(longest, 'P', sizeof(longest));
	cr_assert(formulary_lookup(formulary, (struct text){ longest, sizeof(longest) }, text_lit("99999000001"), &arena, &coverage,
		&found, &plan.fault));
	cr_expect(!found);
	arena_done(&arena);
	formulary_free(formulary);
}

CASE(formulary, without_a_generation_there_is_none_to_open)
{
	struct plan_file plan PLAN_FILE;
	struct formulary *formulary;
	char path[256];
	FILE *out;

	cr_expect(!formulary_open(plan.directory, &formulary, &plan.fault));
	cr_expect_eq(plan.fault.code, FAULT_NO_FORMULARY);
	cr_assert(plan_file_load(&plan, PRODUCT("99999000001", 1)));
	snprintf(path, sizeof(path), "%s/CURRENT", plan.directory);
	cr_assert_not_null(out = fopen(path, "we"));
	fputs("latest\n", out);
	fclose(out);
	cr_expect(!formulary_open(plan.directory, &formulary, &plan.fault));
	cr_expect_eq(plan.fault.code, FAULT_FILE);
}
