/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan's lists say of a product, and from where: lists are built row by row, as a parser would. */
#include "formulary/answer.h"

#include "formulary/builder.h"
#include "formulary/reading.h"
#include "test/case.h"
#include "test/scratch.h"

#include <string.h>

#define DAY_MS INT64_C(1767225600000) /* 2026-01-01 */
#define DAYS(n) ((n) * INT64_C(86400000))

static struct arena arena;
static struct fault fault;

struct lists {
	struct scratch scratch;
	struct builder *builder;
	struct load_report report;
};

static void begin(struct lists *lists, enum builder_action action)
{
	struct builder_setup setup = { .directory = lists->scratch.at, .action = action,
		.source = { .source = text_lit("PBM"), .format = text_lit("FB"), .file = text_lit("x.frm"), .loaded_ms = DAY_MS } };

	cr_assert(builder_begin(&setup, &lists->builder, &fault), "%s", fault_row(fault.code)->name);
}

static void finish(struct lists *lists)
{
	int64_t line;

	cr_assert(builder_finish(lists->builder, NULL, NULL, &lists->report, &line, &fault), "%s at %s", fault_row(fault.code)->name,
		fault.path);
}

static uint32_t list(struct lists *lists, const char *kind, const char *subtype, const char *id, const char *date, enum builder_action action)
{
	struct formulary_list header = { .kind = text_of(kind), .subtype = text_of(subtype), .list_id = text_of(id),
		.effective_date = text_of(date), .file = text_lit("x.frm"), .line = 1, .brand_rx = text_lit("1"),
		.generic_rx = text_lit("1"), .brand_otc = text_lit("1"), .generic_otc = text_lit("1") };
	uint32_t number;

	cr_assert(builder_list(lists->builder, &header, action, &number, &fault));
	return number;
}

static void put(struct lists *lists, uint32_t number, const char *kind, const char *owner, const char *product, const char *apart,
	const struct record *record, const void *rec)
{
	struct builder_row row = { .list = number, .class = ROW_PRODUCT, .owner_kind = text_of(kind), .owner = text_of(owner),
		.body = text_of(product), .apart = text_of(apart), .record = record, .rec = rec, .line = 7 };

	cr_assert(builder_row(lists->builder, &row, &fault));
}

static void put_status(struct lists *lists, uint32_t number, const char *product, const char *status)
{
	put(lists, number, "STATUS", "F1", product, "", &status_row_record,
		&(struct status_row){ .status = text_of(status), .description = text_lit("EXAMPLE 10 MG"), .line = 7 });
}

static void put_rule(struct lists *lists, uint32_t number, const char *product, struct coverage_row rule)
{
	put(lists, number, "COVERAGE", "C1", product, "", &coverage_row_record, &rule);
}

/* Plan PLAN with formulary F1, alternatives A1, coverage C1, copays P1. */
static void put_plan(struct lists *lists)
{
	struct text coverage = text_lit("C1"), copay = text_lit("P1");
	struct plan_row plan = { .plan = text_lit("PLAN"), .source = text_lit("PBM"), .formulary = text_lit("F1"),
		.alternative = text_lit("A1"), .coverage = &coverage, .coverage_n = 1, .copay = &copay, .copay_n = 1 };
	struct builder_row row = { .list = list(lists, "PLAN", NULL, "plans", NULL, BUILDER_FULL), .class = ROW_PLAN, .body = plan.plan,
		.record = &plan_row_record, .rec = &plan };

	cr_assert(builder_row(lists->builder, &row, &fault));
}

static struct formulary *opened(const struct lists *lists, int64_t wall_ms)
{
	struct formulary *formulary;

	arena_init(&arena, 16 << 20);
	cr_assert(formulary_open(lists->scratch.at, &formulary, &fault), "%s", fault_row(fault.code)->name);
	formulary_day(formulary, wall_ms);
	return formulary;
}

static void closed(struct formulary *formulary)
{
	formulary_free(formulary);
	arena_done(&arena);
}

static bool ask(const struct formulary *formulary, const char *ndc, struct product_answer *answer)
{
	struct product_name name = { .ndc = text_of(ndc) };
	bool found;

	cr_assert(formulary_answer(formulary, text_lit("PLAN"), &name, &arena, answer, &found, &fault), "%s",
		fault_row(fault.code)->name);
	return found;
}

static bool covered(const struct formulary *formulary, const char *ndc, struct coverage *coverage)
{
	bool found;

	cr_assert(formulary_lookup(formulary, text_lit("PLAN"), text_of(ndc), &arena, coverage, &found, &fault));
	return found;
}

CASE(formulary_answer, says_status_rules_copays_and_alternatives_with_where_they_come_from)
{
	struct lists lists = { .scratch = scratch_new() };
	struct product_answer answer;
	struct coverage coverage;
	struct formulary *formulary;
	uint32_t number;

	begin(&lists, BUILDER_FULL);
	put_plan(&lists);
	number = list(&lists, "STATUS", NULL, "F1", "20250101", BUILDER_FULL);
	put_status(&lists, number, "N99999000001", "3");
	put_status(&lists, number, "N99999000002", "5");
	put_status(&lists, number, "N99999000009", "4");
	put_rule(&lists, list(&lists, "COVERAGE", "PA", "LPA", "20250101", BUILDER_FULL), "N99999000001",
		(struct coverage_row){ .type = text_lit("PA"), .line = 11 });
	put_rule(&lists, list(&lists, "COVERAGE", "QL", "LQL", "20250101", BUILDER_FULL), "N99999000001",
		(struct coverage_row){ .type = text_lit("QL"), .amount_e4 = 300000, .amount_unit = text_lit("QY"), .period = text_lit("DY"), .period_units = 30 });
	put_rule(&lists, list(&lists, "COVERAGE", "DE", "LDE", "20250101", BUILDER_FULL), "N99999000009",
		(struct coverage_row){ .type = text_lit("DE") });
	number = list(&lists, "COPAY", "DS", "LDS", "20250101", BUILDER_FULL);
	put(&lists, number, "COPAY", "P1", "N99999000001", "R", &copay_row_record, &(struct copay_row){ .pharmacy = text_lit("R"), .flat_cents = 1000, .offered = 1 });
	number = list(&lists, "COPAY", "SL", "LSL", "20250101", BUILDER_FULL);
	put(&lists, number, "COPAY", "P1", "S", "5R", &copay_row_record, &(struct copay_row){ .status = text_lit("5"), .pharmacy = text_lit("R"), .flat_cents = 500, .offered = 1 });
	put(&lists, number, "COPAY", "P1", "S", "3R", &copay_row_record, &(struct copay_row){ .status = text_lit("3"), .pharmacy = text_lit("R"), .flat_cents = 3000, .offered = 1 });
	number = list(&lists, "ALTERNATIVE", NULL, "A1", "20250101", BUILDER_FULL);
	put(&lists, number, "ALTERNATIVE", "A1", "N99999000001", "a", &alternative_row_record, &(struct alternative_row){ .product = text_lit("N99999000003"), .preference = 1 });
	put(&lists, number, "ALTERNATIVE", "A1", "N99999000001", "b", &alternative_row_record, &(struct alternative_row){ .product = text_lit("N99999000002"), .preference = 9 });
	finish(&lists);

	formulary = opened(&lists, DAY_MS);
	cr_assert(ask(formulary, "99999000001", &answer));
	cr_expect(text_is(answer.status->status, "3") && text_is(answer.status_from->list_id, "F1") && answer.status_from->line == 7);
	cr_expect(text_is(answer.generation, "000001") && text_is(answer.day, "20260101") && !answer.defaulted && !answer.excluded);
	cr_expect_eq(answer.rules_n, 2);
	cr_assert_eq(answer.copays_n, 1, "the product's own copay, not its status's");
	cr_expect_eq(answer.copays[0].copay->flat_cents, 1000);
	cr_assert_eq(answer.alternatives_n, 2);
	cr_expect(text_is(answer.alternatives[0].product, "N99999000002") && text_is(answer.alternatives[0].status->status, "5"));
	cr_expect_null(answer.alternatives[1].status, "an alternative that the formulary does not list");
	cr_assert(covered(formulary, "99999000001", &coverage));
	cr_expect(text_is(coverage.status, "COVERED") && coverage.limits->prior_authorization && coverage.limits->quantity_e4 == 300000 &&
		  coverage.limits->quantity_days == 30 && coverage.alternatives_n == 2);

	cr_expect(coverage.of_lists && coverage.copays_n == 1 && coverage.copays[0].flat_cents == 1000);
	cr_expect(text_is(coverage.alternatives[0].ndc, "99999000002") && text_is(coverage.alternatives[0].status, "COVERED") &&
			  coverage.alternatives[0].copays_n == 1 && coverage.alternatives[0].copays[0].flat_cents == 500,
		"an alternative comes with what is paid for it");

	cr_assert(ask(formulary, "99999000002", &answer));
	cr_assert_eq(answer.copays_n, 1, "the copay of its status");
	cr_expect_eq(answer.copays[0].copay->flat_cents, 500);
	cr_expect_eq(answer.rules_n, 0);

	cr_assert(ask(formulary, "99999000009", &answer));
	cr_expect(answer.excluded);
	cr_assert(covered(formulary, "99999000009", &coverage));
	cr_expect(text_is(coverage.status, "EXCLUDED"), "an exclusion overrides the status");

	cr_assert(ask(formulary, "99999000777", &answer));
	cr_expect(answer.defaulted && text_is(answer.status->status, "1"), "the header's status for what is not listed");
	cr_assert(covered(formulary, "99999000777", &coverage));
	cr_expect(text_is(coverage.status, "NOT_COVERED"));
	closed(formulary);
	scratch_done(&lists.scratch);
}

CASE(formulary_answer, a_list_waits_for_its_day_and_then_takes_the_place_of_the_one_before)
{
	struct lists lists = { .scratch = scratch_new() };
	struct product_answer answer;
	struct formulary *formulary;

	begin(&lists, BUILDER_FULL);
	put_plan(&lists);
	put_status(&lists, list(&lists, "STATUS", NULL, "F1", "20250101", BUILDER_FULL), "N99999000001", "3");
	put_status(&lists, list(&lists, "STATUS", NULL, "F1", "20260201", BUILDER_FULL), "N99999000001", "2");
	finish(&lists);
	formulary = opened(&lists, DAY_MS);
	cr_assert(ask(formulary, "99999000001", &answer));
	cr_expect(text_is(answer.status->status, "3"));
	formulary_day(formulary, DAY_MS + DAYS(30));
	cr_assert(ask(formulary, "99999000001", &answer));
	cr_expect(text_is(answer.status->status, "3"), "31 January");
	formulary_day(formulary, DAY_MS + DAYS(31));
	cr_assert(ask(formulary, "99999000001", &answer));
	cr_expect(text_is(answer.status->status, "2"), "1 February");
	closed(formulary);
	scratch_done(&lists.scratch);
}

CASE(formulary_answer, a_concept_stands_for_the_ndc_that_is_linked_to_it)
{
	struct lists lists = { .scratch = scratch_new() };
	struct builder_row link = { .class = ROW_LINK, .body = text_lit("N99999000001"), .record = &link_row_record,
		.rec = &(struct link_row){ .product = text_lit("R12345") } };
	struct product_answer answer;
	struct formulary *formulary;

	begin(&lists, BUILDER_FULL);
	put_plan(&lists);
	put_status(&lists, list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_FULL), "R12345", "3");
	link.list = list(&lists, "LINK", NULL, "rxnorm", NULL, BUILDER_FULL);
	cr_assert(builder_row(lists.builder, &link, &fault));
	finish(&lists);
	formulary = opened(&lists, DAY_MS);
	cr_assert(ask(formulary, "99999000001", &answer));
	cr_expect(!answer.defaulted && text_is(answer.status->status, "3") && text_is(answer.status_from->product, "R12345"));
	closed(formulary);
	scratch_done(&lists.scratch);
}

CASE(formulary_answer, a_reference_number_leads_to_the_ndc_that_represents_its_concept_and_back)
{
	static const char *const links[][2] = { { "DFDB:7001", "N99999000001" }, { "N99999000001", "DFDB:7001" }, { "N99999000002", "DFDB:7001" },
		{ "N99999000003", "DFDB:7002" } };
	struct lists lists = { .scratch = scratch_new() };
	struct product_name name = { .qualifier = text_lit("FDB"), .reference = text_lit("7001") };
	struct product_answer answer;
	struct formulary *formulary;
	uint32_t number;
	bool found;

	begin(&lists, BUILDER_FULL);
	put_plan(&lists);
	number = list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_FULL);
	put_status(&lists, number, "N99999000001", "3");
	put_status(&lists, number, "DFDB:7002", "5");
	number = list(&lists, "LINK", NULL, "numbers", NULL, BUILDER_FULL);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct link_row link = { .product = text_of(links[i][1]) };

		cr_assert(builder_row(lists.builder, &(struct builder_row){ .list = number, .class = ROW_LINK, .body = text_of(links[i][0]),
			.apart = link.product, .record = &link_row_record, .rec = &link }, &fault));
	}
	finish(&lists);
	formulary = opened(&lists, DAY_MS);
	cr_assert(formulary_answer(formulary, text_lit("PLAN"), &name, &arena, &answer, &found, &fault) && found);
	cr_expect(text_is(answer.status->status, "3") && text_is(answer.status_from->product, "N99999000001"));
	cr_assert(ask(formulary, "99999000003", &answer));
	cr_expect(text_is(answer.status->status, "5") && text_is(answer.status_from->product, "DFDB:7002"));
	cr_expect(ask(formulary, "99999000002", &answer) && answer.defaulted, "what is said of one NDC is not said of another of its number");
	closed(formulary);
	scratch_done(&lists.scratch);
}

CASE(formulary_answer, an_update_changes_single_rows_and_a_refused_list_changes_nothing)
{
	struct lists lists = { .scratch = scratch_new() };
	struct product_answer answer;
	struct formulary *formulary;
	struct builder_row gone = { .class = ROW_PRODUCT, .owner_kind = text_lit("STATUS"), .owner = text_lit("F1"),
		.body = text_lit("N99999000003"), .remove = true };
	uint32_t number;

	begin(&lists, BUILDER_FULL);
	put_plan(&lists);
	number = list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_FULL);
	put_status(&lists, number, "N99999000001", "3");
	put_status(&lists, number, "N99999000002", "3");
	put_status(&lists, number, "N99999000003", "3");
	put_rule(&lists, list(&lists, "COVERAGE", "PA", "LPA", NULL, BUILDER_FULL), "N99999000001", (struct coverage_row){ .type = text_lit("PA") });
	finish(&lists);

	begin(&lists, BUILDER_UPDATE);
	gone.list = number = list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_UPDATE);
	put_status(&lists, number, "N99999000002", "2");
	put_status(&lists, number, "N99999000002", "5");
	cr_assert(builder_row(lists.builder, &gone, &fault));
	number = list(&lists, "COVERAGE", "PA", "LPA", NULL, BUILDER_FULL); /* full, and then refused: the old rule stays */
	builder_refuse(lists.builder, number);
	finish(&lists);
	cr_expect_eq(lists.report.changed, 1);
	cr_expect_eq(lists.report.removed, 1);
	cr_expect_eq(lists.report.tier_moved, 1);
	cr_expect_eq(lists.report.lists_refused, 1);

	formulary = opened(&lists, DAY_MS);
	cr_assert(ask(formulary, "99999000001", &answer));
	cr_expect(text_is(answer.status->status, "3") && answer.rules_n == 1);
	cr_assert(ask(formulary, "99999000002", &answer));
	cr_expect(text_is(answer.status->status, "5"), "the last of an update counts");
	cr_assert(ask(formulary, "99999000003", &answer));
	cr_expect(answer.defaulted, "it is not listed any more");
	closed(formulary);
	scratch_done(&lists.scratch);
}

CASE(formulary_answer, a_full_load_removes_what_it_leaves_out_and_an_update_does_not)
{
	for (int full = 0; full < 2; full++) {
		struct lists lists = { .scratch = scratch_new() };
		struct product_answer answer;
		struct formulary *formulary;

		begin(&lists, BUILDER_FULL);
		put_plan(&lists);
		put_status(&lists, list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_FULL), "N99999000001", "3");
		put_rule(&lists, list(&lists, "COVERAGE", "PA", "LPA", NULL, BUILDER_FULL), "N99999000001", (struct coverage_row){ .type = text_lit("PA") });
		finish(&lists);
		begin(&lists, full ? BUILDER_FULL : BUILDER_UPDATE);
		put_plan(&lists);
		put_status(&lists, list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_FULL), "N99999000001", "4");
		finish(&lists);
		formulary = opened(&lists, DAY_MS);
		cr_assert(ask(formulary, "99999000001", &answer));
		cr_expect(text_is(answer.status->status, "4"));
		cr_expect_eq(answer.rules_n, full ? 0 : 1);
		closed(formulary);
		scratch_done(&lists.scratch);
	}
}

CASE(formulary_answer, a_plan_without_lists_and_a_product_without_a_name_are_not_found)
{
	struct lists lists = { .scratch = scratch_new() };
	struct product_name none = { 0 }, one = { .ndc = text_lit("99999000001") };
	struct product_answer answer;
	struct formulary *formulary;
	bool found;

	begin(&lists, BUILDER_FULL);
	put_plan(&lists);
	finish(&lists);
	formulary = opened(&lists, DAY_MS);
	cr_assert(formulary_answer(formulary, text_lit("PLAN"), &none, &arena, &answer, &found, &fault));
	cr_expect_not(found);
	cr_assert(formulary_answer(formulary, text_lit("OTHER"), &one, &arena, &answer, &found, &fault));
	cr_expect_not(found);
	closed(formulary);
	scratch_done(&lists.scratch);
}

CASE(formulary_builder, a_publisher_has_lists_of_one_format)
{
	struct lists lists = { .scratch = scratch_new() };
	struct builder_setup other = { .directory = lists.scratch.at, .action = BUILDER_FULL,
		.source = { .source = text_lit("PBM"), .format = text_lit("QHP"), .loaded_ms = DAY_MS } };
	struct builder *builder;
	struct formulary *formulary;
	struct product_answer answer;

	begin(&lists, BUILDER_FULL);
	put_plan(&lists);
	put_status(&lists, list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_FULL), "N99999000001", "3");
	finish(&lists);
	cr_assert(!builder_begin(&other, &builder, &fault));
	cr_expect(fault.code == FAULT_RULE && !strcmp(fault.path, "source (its lists came in the format FB)"), "%s at %s", fault_row(fault.code)->name,
		fault.path);
	formulary = opened(&lists, DAY_MS);
	cr_expect(ask(formulary, "99999000001", &answer), "nothing has changed");
	closed(formulary);
	/* another publisher's name is free, and so is this one once it has no lists any more */
	other.source.source = text_lit("OTHER");
	cr_assert(builder_begin(&other, &builder, &fault));
	builder_free(builder);
	begin(&lists, BUILDER_FULL);
	finish(&lists);
	other.source.source = text_lit("PBM");
	cr_assert(builder_begin(&other, &builder, &fault));
	builder_free(builder);
	scratch_done(&lists.scratch);
}

CASE(formulary_answer, what_must_be_tried_first_is_an_alternative_too)
{
	struct lists lists = { .scratch = scratch_new() };
	struct formulary *formulary;
	struct coverage coverage;
	uint32_t number;

	begin(&lists, BUILDER_FULL);
	put_plan(&lists);
	number = list(&lists, "STATUS", NULL, "F1", "20250101", BUILDER_FULL);
	put_status(&lists, number, "N99999000001", "3");
	put_status(&lists, number, "N99999000002", "5");
	put_status(&lists, number, "R9990003", "4");
	put_status(&lists, number, "R9990004", "4");
	number = list(&lists, "COVERAGE", "SM", "C1", "20250101", BUILDER_FULL);
	put_rule(&lists, number, "N99999000001", (struct coverage_row){ .type = text_lit("SM"), .step_product = text_lit("R9990003"), .step_count = 1 });
	number = list(&lists, "LINK", NULL, "links", "20250101", BUILDER_FULL);
	cr_assert(builder_row(lists.builder, &(struct builder_row){ .list = number, .class = ROW_LINK, .body = text_lit("R9990003"),
		.apart = text_lit("N99999000003"), .record = &link_row_record, .rec = &(struct link_row){ .product = text_lit("N99999000003") } }, &fault));
	number = list(&lists, "ALTERNATIVE", NULL, "A1", "20250101", BUILDER_FULL);
	put(&lists, number, "ALTERNATIVE", "A1", "N99999000001", "a", &alternative_row_record, &(struct alternative_row){ .product = text_lit("R9990004"), .preference = 9 });
	put(&lists, number, "ALTERNATIVE", "A1", "N99999000001", "b", &alternative_row_record, &(struct alternative_row){ .product = text_lit("N99999000002"), .preference = 8 });
	put(&lists, number, "ALTERNATIVE", "A1", "N99999000001", "c", &alternative_row_record, &(struct alternative_row){ .product = text_lit("N99999000001"), .preference = 7 });
	finish(&lists);

	formulary = opened(&lists, DAY_MS);
	cr_assert(covered(formulary, "99999000001", &coverage));
	cr_assert_eq(coverage.alternatives_n, 2, "one concept has no NDC by which it could be asked for, and one is the product itself");
	cr_expect(coverage.alternatives[0].try_first && text_is(coverage.alternatives[0].ndc, "99999000003"), "a step, by the NDC that its concept is linked to");
	cr_expect(!coverage.alternatives[1].try_first && text_is(coverage.alternatives[1].ndc, "99999000002"));
	cr_expect(coverage.limits->step_therapy);
	closed(formulary);
	scratch_done(&lists.scratch);
}

/* -- under which names an owner has rows -- */

static void owner_names(const struct lists *lists, const char *kind, const char *id, const char *names)
{
	struct formulary *formulary = opened(lists, DAY_MS);
	const struct index *index = &formulary->now.index;
	uint32_t owner = index_owner(index, text_lit("PBM"), text_of(kind), text_of(id));

	cr_assert(owner);
	cr_expect(text_is(index->owners[owner].names, names), "%s: %.*s, not %s", id, TEXT_ARGS(index->owners[owner].names), names);
	for (const char *letter = "DNPRS"; *letter; letter++)
		cr_expect_eq(index_owner_under(index, owner, *letter), strchr(names, *letter) != NULL, "%s %c", id, *letter);
	closed(formulary);
}

CASE(formulary_answer, an_owner_knows_under_which_names_its_rows_are)
{
	struct lists lists = { .scratch = scratch_new() };
	struct product_answer answer;
	struct formulary *formulary;
	uint32_t number;

	begin(&lists, BUILDER_FULL);
	put_plan(&lists);
	number = list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_FULL);
	put_status(&lists, number, "N99999000001", "3");
	put_status(&lists, number, "N99999000002", "3");
	number = list(&lists, "COPAY", "SL", "LSL", NULL, BUILDER_FULL);
	put(&lists, number, "COPAY", "P1", "S", "3R", &copay_row_record, &(struct copay_row){ .status = text_lit("3"), .pharmacy = text_lit("R"), .flat_cents = 3000, .offered = 1 });
	finish(&lists);
	owner_names(&lists, "STATUS", "F1", "N");
	owner_names(&lists, "COPAY", "P1", "S");

	begin(&lists, BUILDER_UPDATE); /* rows that stay and rows that come */
	number = list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_UPDATE);
	put_status(&lists, number, "R100", "4");
	put_status(&lists, number, "DFDB:7", "5");
	finish(&lists);
	owner_names(&lists, "STATUS", "F1", "DNR");
	owner_names(&lists, "COPAY", "P1", "S");
	formulary = opened(&lists, DAY_MS);
	cr_assert(formulary_answer(formulary, text_lit("PLAN"), &(struct product_name){ .rxcui = text_lit("100") }, &arena, &answer, &(bool){ false }, &fault));
	cr_expect(answer.status && text_is(answer.status->status, "4") && answer.copays_n == 0);
	cr_expect(ask(formulary, "99999000002", &answer) && answer.status && answer.copays_n == 1);
	closed(formulary);

	begin(&lists, BUILDER_UPDATE); /* rows that go */
	put_status(&lists, list(&lists, "STATUS", NULL, "F1", NULL, BUILDER_FULL), "R100", "4");
	finish(&lists);
	owner_names(&lists, "STATUS", "F1", "R");
	scratch_done(&lists.scratch);
}
