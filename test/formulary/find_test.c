/* SPDX-License-Identifier: Apache-2.0 */
/* Products by words of their descriptions; lists by their own ids; another day than today. Rows are put as a parser would. */
#include "formulary/find.h"

#include "formulary/answer.h"
#include "formulary/describe.h"
#include "formulary/terms.h"
#include "test/case.h"
#include "test/formulary/plan_file.h"
#include "test/scratch.h"

#include <string.h>

#define DAY_MS INT64_C(1767225600000) /* 2026-01-01 */

struct shelf {
	struct scratch scratch;
	struct builder *builder;
	struct formulary *formulary;
	struct arena arena;
	struct fault fault;
	struct load_report report;
};

static void begin(struct shelf *shelf, const char *source)
{
	struct builder_setup setup = { .directory = shelf->scratch.at, .action = BUILDER_FULL,
		.source = { .source = text_of(source), .format = text_lit("QHP"), .file = text_lit("x"), .loaded_ms = DAY_MS } };

	cr_assert(builder_begin(&setup, &shelf->builder, &shelf->fault));
}

static void describe(struct shelf *shelf, const char *product, const char *description)
{
	cr_assert(builder_describe(shelf->builder, text_of(product), text_of(description), &shelf->fault));
}

static void finish(struct shelf *shelf)
{
	int64_t line;

	cr_assert(builder_finish(shelf->builder, NULL, NULL, &shelf->report, &line, &shelf->fault), "%s", fault_row(shelf->fault.code)->name);
}

static struct shelf shelf_new(void)
{
	struct shelf shelf = { .scratch = scratch_new() };

	arena_init(&shelf.arena, 16 << 20);
	return shelf;
}

static void open_it(struct shelf *shelf)
{
	cr_assert(formulary_open(shelf->scratch.at, &shelf->formulary, &shelf->fault));
	formulary_day(shelf->formulary, DAY_MS);
}

static void shelf_done(struct shelf *shelf)
{
	formulary_free(shelf->formulary);
	arena_done(&shelf->arena);
	scratch_done(&shelf->scratch);
}

static struct product_matches search_from(struct shelf *shelf, const char *words, const char *plan, size_t from)
{
	struct find find = { .words = text_of(words), .plan = text_of(plan), .from = from };
	struct product_matches out;

	cr_assert(formulary_find(shelf->formulary, &find, &shelf->arena, &out, &shelf->fault), "%s", words);
	return out;
}

static struct product_matches search(struct shelf *shelf, const char *words, const char *plan)
{
	return search_from(shelf, words, plan, 0);
}

/* "product product": what was found, in order. */
static const char *found(struct shelf *shelf, const char *words, const char *plan)
{
	struct product_matches matches = search(shelf, words, plan);
	struct buffer text;

	buffer_init(&text, &shelf->arena, 64);
	for (size_t i = 0; i < matches.matches_n; i++)
		buffer_format(&text, "%s%.*s", i ? " " : "", TEXT_ARGS(matches.matches[i].product));
	buffer_add_char(&text, '\0');
	return text.at;
}

CASE(terms, are_cut_as_people_write_them)
{
	struct terms words;
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "", "" },
		{ "  , ", "" },
		{ "Metformin HCl 500 MG Oral Tablet", "metformin hcl 500 mg oral tablet" },
		{ "insulin glargine-yfgn 100 UNT/ML", "insulin glargine yfgn 100 unt ml" },
		{ "24 HR x 2.5 MG, 3. (Y)", "24 hr x 2.5 mg 3 y" },
		{ "Ex\303\251mple", "ex\303\251mple" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[200] = "";

		terms_of(text_of(rows[i].text), &words);
		for (size_t k = 0; k < words.count; k++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s", k ? " " : "", TEXT_ARGS(terms_at(&words, k)));
		cr_expect_str_eq(text, rows[i].words);
	}
	cr_expect(terms_stored(text_lit("metformin")) && terms_stored(text_lit("hcl")));
	cr_expect(!terms_stored(text_lit("tablet")) && !terms_stored(text_lit("500")) && !terms_stored(text_lit("mg")));
}

CASE(find, all_words_and_the_beginning_of_the_last)
{
	struct shelf shelf = shelf_new();

	begin(&shelf, "A");
	describe(&shelf, "R1", "metformin hydrochloride 500 MG Oral Tablet");
	describe(&shelf, "R2", "metformin hydrochloride 1000 MG Oral Tablet");
	describe(&shelf, "R3", "sitagliptin 50 MG / metformin hydrochloride 500 MG Oral Tablet");
	describe(&shelf, "R4", "metoprolol tartrate 50 MG Oral Tablet");
	describe(&shelf, "N99999000101", "METFORMIN TABLETS");
	finish(&shelf);
	open_it(&shelf);
	cr_expect_str_eq(found(&shelf, "metformin 500", NULL), "R1 R3");
	cr_expect_str_eq(found(&shelf, "500 metformin", NULL), "R1 R3");
	cr_expect_str_eq(found(&shelf, "METFORMIN", NULL), "N99999000101 R1 R2 R3");
	cr_expect_str_eq(found(&shelf, "met", NULL), "N99999000101 R4 R1 R2 R3");
	cr_expect_str_eq(found(&shelf, "metformin tab", NULL), "N99999000101 R1 R2 R3");
	cr_expect_str_eq(found(&shelf, "metform 500", NULL), "", "only the last may be a beginning");
	cr_expect_str_eq(found(&shelf, "hydrochloride sit", NULL), "R3");
	cr_expect_str_eq(found(&shelf, "aspirin", NULL), "");
	shelf_done(&shelf);
}

CASE(find, needs_a_word_of_the_name)
{
	static const char *const rows[] = { "", " ", "500", "m", "tablet 500", "mg 1" };
	struct shelf shelf = shelf_new();

	begin(&shelf, "A");
	describe(&shelf, "R1", "metformin 500 MG Oral Tablet");
	finish(&shelf);
	open_it(&shelf);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct find find = { .words = text_of(rows[i]) };
		struct product_matches out;

		cr_expect(!formulary_find(shelf.formulary, &find, &shelf.arena, &out, &shelf.fault) && shelf.fault.code == FAULT_MISSING, "%s",
			rows[i]);
	}
	shelf_done(&shelf);
}

CASE(find, a_product_of_two_publishers_comes_once)
{
	struct shelf shelf = shelf_new();
	struct product_matches matches;

	begin(&shelf, "A");
	describe(&shelf, "R1", "examplin 10 MG");
	describe(&shelf, "R1", "examplin 10 MG");
	describe(&shelf, "R1", "examplin ten");
	finish(&shelf);
	cr_expect_eq(shelf.report.added, 0, "names are not the publisher's rows");
	begin(&shelf, "B");
	describe(&shelf, "R1", "EXAMPLIN 10 MG");
	describe(&shelf, "R2", "");
	finish(&shelf);
	open_it(&shelf);
	matches = search(&shelf, "examplin", NULL);
	cr_expect(matches.matches_n == 1 && text_is(matches.matches[0].source, "A") && text_is(matches.matches[0].rxcui, "1"));
	cr_expect(!matches.more && text_is(matches.generation, "000002"));
	shelf_done(&shelf);
}

CASE(find, what_a_publisher_no_longer_has_is_not_found)
{
	struct shelf shelf = shelf_new();

	begin(&shelf, "A");
	describe(&shelf, "R1", "examplin 10 MG");
	finish(&shelf);
	begin(&shelf, "A");
	describe(&shelf, "R2", "examplin 20 MG");
	finish(&shelf);
	open_it(&shelf);
	cr_expect_str_eq(found(&shelf, "examplin", NULL), "R2");
	shelf_done(&shelf);
}

CASE(find, pages_follow_each_other)
{
	struct shelf shelf = shelf_new();
	struct product_matches page;
	size_t seen = 0;

	begin(&shelf, "A");
	for (int i = 0; i < 120; i++) {
		char product[20], description[40];

		snprintf(product, sizeof(product), "R%d", 1000 + i);
		snprintf(description, sizeof(description), "examplin %d MG", 1000 + i);
		describe(&shelf, product, description);
	}
	finish(&shelf);
	open_it(&shelf);
	for (size_t from = 0;; from = (size_t)page.next) {
		page = search_from(&shelf, "exa", NULL, from);
		for (size_t i = 0; i < page.matches_n; i++) {
			char product[20];

			snprintf(product, sizeof(product), "R%zu", 1000 + seen++);
			cr_expect(text_is(page.matches[i].product, product), "%s", product);
		}
		cr_expect_eq(page.more, seen < 120);
		if (!page.more)
			break;
		cr_assert_eq(page.matches_n, FIND_PAGE);
	}
	cr_expect_eq(seen, 120);
	cr_expect_eq(search_from(&shelf, "exa", NULL, 500).matches_n, 0);
	shelf_done(&shelf);
}

#define DESCRIBED(plan, ndc, tier, description)                                                                                     \
	"{\"resourceType\":\"coverage\",\"plan\":\"" plan "\",\"ndc\":\"" ndc "\",\"status\":\"COVERED\",\"tier\":" #tier ",\"description\":\"" \
	description "\"}\n"

CASE(find, in_a_plan_of_a_plan_file)
{
	struct plan_file file PLAN_FILE;
	struct shelf shelf = { .scratch = scratch_new() };
	struct product_matches matches;

	arena_init(&shelf.arena, 16 << 20);
	cr_assert(plan_file_load(&file, DESCRIBED("P", "99999000101", 2, "examplin 10 MG") DESCRIBED("P", "99999000102", 1, "examplin 20 MG")
			DESCRIBED("Q", "99999000101", 3, "examplin 10 MG") DESCRIBED("Q", "99999000109", 3, "otherin")));
	cr_expect_eq(file.report.rows, 4);
	cr_assert(formulary_open(file.directory, &shelf.formulary, &shelf.fault));
	cr_expect_str_eq(found(&shelf, "examplin", NULL), "N99999000101 N99999000102");
	matches = search(&shelf, "examplin", "Q");
	cr_assert_eq(matches.matches_n, 1);
	cr_expect(text_is(matches.matches[0].status, "COVERED") && matches.matches[0].tier == 3 &&
		  text_is(matches.matches[0].ndc, "99999000101") && text_is(matches.matches[0].listed_as, "N99999000101"));
	cr_expect_str_eq(found(&shelf, "otherin", "P"), "");
	cr_expect_str_eq(found(&shelf, "otherin", "NOBODY"), "");
	shelf_done(&shelf);
}

/* -- lists: formulary F1 and F2 of publisher PBM, F2 from 2026-02-01 with another status; one NDC linked to one concept -- */

static uint32_t list(struct shelf *shelf, const char *kind, const char *id, const char *date)
{
	struct formulary_list header = { .kind = text_of(kind), .list_id = text_of(id), .effective_date = text_of(date), .file = text_lit("x"),
		.line = 1 };
	uint32_t number;

	cr_assert(builder_list(shelf->builder, &header, BUILDER_FULL, &number, &shelf->fault));
	return number;
}

static void put(struct shelf *shelf, uint32_t number, enum row_class class, const char *kind, const char *owner, const char *body,
	const struct record *record, const void *rec)
{
	struct builder_row row = { .list = number, .class = class, .owner_kind = text_of(kind), .owner = text_of(owner), .body = text_of(body),
		.record = record, .rec = rec, .line = 7 };

	cr_assert(builder_row(shelf->builder, &row, &shelf->fault));
}

static struct shelf with_lists(void)
{
	struct shelf shelf = shelf_new();
	struct plan_row plan = { .plan = text_lit("PLAN"), .source = text_lit("PBM"), .formulary = text_lit("F1") };

	begin(&shelf, "PBM");
	put(&shelf, list(&shelf, "STATUS", "F1", "20250101"), ROW_PRODUCT, "STATUS", "F1", "N99999000101", &status_row_record,
		&(struct status_row){ .status = text_lit("2"), .line = 7 });
	put(&shelf, list(&shelf, "STATUS", "F1", "20260201"), ROW_PRODUCT, "STATUS", "F1", "N99999000101", &status_row_record,
		&(struct status_row){ .status = text_lit("5"), .line = 8 });
	put(&shelf, list(&shelf, "STATUS", "F2", NULL), ROW_PRODUCT, "STATUS", "F2", "N99999000101", &status_row_record,
		&(struct status_row){ .status = text_lit("0"), .line = 9 });
	put(&shelf, list(&shelf, "COVERAGE", "C1", NULL), ROW_PRODUCT, "COVERAGE", "C1", "N99999000101", &coverage_row_record,
		&(struct coverage_row){ .type = text_lit("PA"), .line = 10 });
	put(&shelf, list(&shelf, "LINK", "links", NULL), ROW_LINK, NULL, NULL, "R4711", &link_row_record,
		&(struct link_row){ .product = text_lit("N99999000101") });
	put(&shelf, list(&shelf, "PLAN", "plans", NULL), ROW_PLAN, NULL, NULL, "PLAN", &plan_row_record, &plan);
	describe(&shelf, "R4711", "examplin 10 MG");
	describe(&shelf, "R4712", "examplin 20 MG");
	finish(&shelf);
	open_it(&shelf);
	return shelf;
}

CASE(find, in_a_plan_that_lists_ndcs_by_the_name_of_their_concept)
{
	struct shelf shelf = with_lists();
	struct product_matches matches = search(&shelf, "examplin", "PLAN");

	cr_assert_eq(matches.matches_n, 1);
	cr_expect(text_is(matches.matches[0].product, "R4711") && text_is(matches.matches[0].listed_as, "N99999000101") &&
		  text_is(matches.matches[0].status, "2"));
	shelf_done(&shelf);
}

static struct product_answer ask_lists(struct shelf *shelf, const struct list_ids *lists, const struct formulary *formulary, bool *there)
{
	struct product_name name = { .ndc = text_lit("99999000101") };
	struct product_answer answer;

	cr_assert(formulary_answer_lists(formulary, lists, &name, &shelf->arena, &answer, there, &shelf->fault));
	return answer;
}

CASE(answer_lists, by_the_ids_that_an_eligibility_answer_names)
{
	struct shelf shelf = with_lists();
	struct text coverage = text_lit("C1");
	struct product_answer answer;
	bool there;

	answer = ask_lists(&shelf, &(struct list_ids){ .source = text_lit("PBM"), .formulary = text_lit("F2"), .coverage = &coverage,
		.coverage_n = 1 }, shelf.formulary, &there);
	cr_assert(there && answer.status && text_is(answer.status->status, "0") && answer.status_from->line == 9);
	cr_expect(answer.rules_n == 1 && text_is(answer.rules[0].rule->type, "PA") && text_is(answer.rules[0].from->list_id, "C1"));
	cr_expect(!answer.plan.n, "no plan was named");
	answer = ask_lists(&shelf, &(struct list_ids){ .source = text_lit("PBM"), .formulary = text_lit("F9") }, shelf.formulary, &there);
	cr_expect(!there, "no such list");
	answer = ask_lists(&shelf, &(struct list_ids){ .source = text_lit("OTHER"), .formulary = text_lit("F2") }, shelf.formulary, &there);
	cr_expect(!there, "not of this publisher");
	shelf_done(&shelf);
}

CASE(formulary_on, another_day_has_other_lists_and_today_stays)
{
	struct shelf shelf = with_lists();
	const struct list_ids lists = { .source = text_lit("PBM"), .formulary = text_lit("F1") };
	const struct formulary *then = formulary_on(shelf.formulary, text_lit("20260301"), &shelf.arena);
	struct product_answer answer;
	bool there;

	cr_assert_not_null(then);
	answer = ask_lists(&shelf, &lists, then, &there);
	cr_expect(there && text_is(answer.status->status, "5") && text_is(answer.day, "20260301"));
	answer = ask_lists(&shelf, &lists, shelf.formulary, &there);
	cr_expect(there && text_is(answer.status->status, "2") && text_is(answer.day, "20260101"));
	answer = ask_lists(&shelf, &lists, formulary_on(shelf.formulary, text_lit("20240101"), &shelf.arena), &there);
	cr_expect(!there, "before it began");
	cr_expect_eq(formulary_on(shelf.formulary, text_lit("20260101"), &shelf.arena), shelf.formulary);
	shelf_done(&shelf);
}
