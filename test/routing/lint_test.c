/* SPDX-License-Identifier: Apache-2.0 */
/* Lint: what it says of tables of a few lines, that its examples are true, and that it finds each fault planted in a thousand tables. */
#include "routing/lint.h"
#include "routing/rules.h"
#include "test/routing/tables.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY = 64 << 20, TABLES = 1000, ROWS_MAX = 40, LINE = 300 };

#define LAST "z | * | UNDETERMINED | house | no | | what?"

static const struct {
	const char *file;
	size_t never, overlap, gap;
	const char *rule, *other, *example; /* of the first finding */
} tables[] = {
	{ "a | plan=A | PHARMACY | house | no | | why\n" LAST, 0, 0, 0, NULL, NULL, NULL },
	{ "a | plan=A | PHARMACY | house | no | | why\nb | plan=A place_of_service=11 | MEDICAL | house | no | | why\n" LAST, 1, 0, 0, "b", "a", "plan=A place_of_service=11" },
	{ "a | plan=A place_of_service=11 | MEDICAL | house | no | | why\nb | plan=A | PHARMACY | house | no | | why\n" LAST, 0, 0, 0, NULL, NULL, NULL },
	/* by several together */
	{ "a | phase=INDUCTION | PHARMACY | house | no | | why\nb | phase=MAINTENANCE | MEDICAL | house | no | | why\nc | phase=* plan=A | MEDICAL | house | no | | why\n" LAST, 1, 0, 0, "c", "", "plan=A phase=INDUCTION" },
	{ "a | phase=INDUCTION | PHARMACY | house | no | | why\nb | phase=MAINTENANCE | MEDICAL | house | no | | why\nc | plan=A | MEDICAL | house | no | | why\n" LAST, 0, 1, 0, "a", "c", "plan=A phase=INDUCTION" },
	/* what begins so */
	{ "a | diagnosis=C* | MEDICAL | house | no | | why\nb | diagnosis=C50* | PHARMACY | house | no | | why\n" LAST, 1, 0, 0, "b", "a", "diagnosis=C509" },
	{ "a | diagnosis=C50* | MEDICAL | house | no | | why\nb | diagnosis=C* | PHARMACY | house | no | | why\n" LAST, 0, 0, 0, NULL, NULL, NULL },
	/* dates */
	{ "a | plan=A from=2025-01-01 | MEDICAL | house | no | | why\nb | plan=A from=2026-01-01 | PHARMACY | house | no | | why\n" LAST, 1, 0, 0, "b", "a", "plan=A date=2026-01-01" },
	{ "a | plan=A from=2025-01-01 until=2025-12-31 | MEDICAL | house | no | | why\nb | plan=A from=2026-01-01 | PHARMACY | house | no | | why\n" LAST, 0, 0, 0, NULL, NULL, NULL },
	{ "a | plan=A from=2025-01-01 until=2026-01-01 | MEDICAL | house | no | | why\nb | plan=A from=2026-01-01 | PHARMACY | house | no | | why\n" LAST, 0, 1, 0, "a", "b", "plan=A date=2026-01-01" },
	/* order decides */
	{ "a | plan=A | MEDICAL | house | no | | why\nb | place_of_service=11 | PHARMACY | house | no | | why\n" LAST, 0, 1, 0, "a", "b", "plan=A place_of_service=11" },
	{ "a | plan=A | MEDICAL | house | no | | why\nb | place_of_service=11 | MEDICAL | house | no | | why\n" LAST, 0, 0, 0, NULL, NULL, NULL },
	{ "a | plan=A | MEDICAL | house | no | | why\nb | place_of_service=11 | UNDETERMINED | house | no | | why?\n" LAST, 0, 0, 0, NULL, NULL, NULL },
	/* dead end */
	{ "a | benefit=MEDICAL | MEDICAL | house | no | | why\nb | benefit=PHARMACY | PHARMACY | house | no | | why\n" LAST, 0, 0, 1, "a", "", "benefit=BOTH" },
	{ "a | benefit=MEDICAL | MEDICAL | house | no | | why\nb | benefit=PHARMACY,BOTH | PHARMACY | house | no | | why\n" LAST, 0, 0, 0, NULL, NULL, NULL },
	/* no dead end: the place settles it */
	{ "a | benefit=MEDICAL,PHARMACY | MEDICAL | house | no | | why\nb | benefit=BOTH place_of_service=11 | MEDICAL | house | no | | why\n" LAST, 0, 0, 0, NULL, NULL, NULL },
};

CASE(lint, says_what_is_wrong)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		struct rules *rules = rules_of_text(text_of(tables[i].file));
		struct lint_report report;
		struct arena arena;
		struct fault fault;

		arena_init(&arena, MEMORY);
		cr_assert(route_lint(rules, &arena, &report, &fault));
		cr_expect(report.never == tables[i].never && report.overlap == tables[i].overlap && report.gap == tables[i].gap, "%zu: %zu %zu %zu", i,
			report.never, report.overlap, report.gap);
		if (tables[i].rule && report.n) {
			cr_expect(text_is(report.at->rule, tables[i].rule), "%zu: %.*s", i, TEXT_ARGS(report.at->rule));
			cr_expect(text_equal(report.at->other, text_of(tables[i].other)) || !report.at->other.n, "%zu: %.*s", i, TEXT_ARGS(report.at->other));
			cr_expect(text_is(report.at->example, tables[i].example), "%zu: %.*s", i, TEXT_ARGS(report.at->example));
		}
		rules_free(rules);
		arena_done(&arena);
	}
}

/* What is shown is true: an overlap's example is decided by the first row, and by the second without it; a gap's by the last. */
static void examples_hold(const struct rules *rules, const struct lint_report *report, struct arena *arena)
{
	for (size_t i = 0; i < report->n; i++) {
		struct route_question question = { 0 };
		struct route_explanation explanation;
		struct fault fault;

		if (text_is(report->at[i].example, "*"))
			continue;
		cr_assert(route_words_read(report->at[i].example, arena, &question, &fault), "%.*s: %s", TEXT_ARGS(report->at[i].example), fault.path);
		route_explain(rules, &question, arena, &explanation);
		switch (report->at[i].kind) {
		case LINT_NEVER:
			cr_expect(!text_equal(explanation.decision->rule, report->at[i].rule));
			break;
		case LINT_OVERLAP:
			cr_expect(text_equal(explanation.decision->rule, report->at[i].rule), "%.*s", TEXT_ARGS(report->at[i].example));
			cr_expect(text_equal(explanation.otherwise, report->at[i].other), "%.*s", TEXT_ARGS(report->at[i].example));
			break;
		case LINT_GAP:
			cr_expect_eq(explanation.tried_n, rules->n);
			break;
		}
	}
}

CASE(lint, built_in_rules_have_no_row_that_never_decides)
{
	struct rules *rules;
	struct lint_report report;
	struct arena arena;
	struct fault fault;

	arena_init(&arena, MEMORY);
	rules = rules_of_file(RULES_FILE, &arena);
	cr_assert(route_lint(rules, &arena, &report, &fault));
	for (size_t i = 0; i < report.n; i++)
		cr_expect(report.at[i].kind != LINT_NEVER, "%.*s never decides", TEXT_ARGS(report.at[i].rule));
	cr_expect(!report.tired);
	examples_hold(rules, &report, &arena);
	rules_free(rules);
	arena_done(&arena);
}

/* -- planted faults -- */

static const struct {
	const char *member;
	const char *values[4];
} axes[] = {
	{ "benefit", { "PHARMACY", "MEDICAL", "BOTH" } },
	{ "administered_by", { "SELF", "PROVIDER" } },
	{ "phase", { "INDUCTION", "MAINTENANCE" } },
	{ "dialysis", { "YES", "NO" } },
	{ "listed", { "YES", "NO" } },
};

struct table {
	char lines[ROWS_MAX][LINE];
	bool medical[ROWS_MAX];
	size_t n;
	size_t axes[3], axes_n;
};

/* Rows for every combination of a few codes, in any order: nothing is wrong with it. */
static void sound_table(struct table *table, unsigned *seed)
{
	size_t rows = 1;

	table->axes_n = 2 + (size_t)rand_r(seed) % 2;
	table->axes[0] = (size_t)rand_r(seed) % 2;
	for (size_t i = 1; i < table->axes_n; i++)
		table->axes[i] = table->axes[i - 1] + 1 + (size_t)rand_r(seed) % (i == 1 && table->axes_n == 3 ? 2 : 1);
	for (size_t i = 0; i < table->axes_n; i++)
		rows *= axes[table->axes[i]].values[2] ? 3 : 2;
	table->n = rows;
	for (size_t row = 0; row < rows; row++) {
		size_t left = row;
		int at = snprintf(table->lines[row], LINE, "r%zu |", row);

		for (size_t i = 0; i < table->axes_n; i++) {
			size_t n = axes[table->axes[i]].values[2] ? 3 : 2;

			at += snprintf(table->lines[row] + at, (size_t)(LINE - at), " %s=%s", axes[table->axes[i]].member, axes[table->axes[i]].values[left % n]);
			left /= n;
		}
		table->medical[row] = rand_r(seed) % 2;
	}
	for (size_t i = rows; i > 1; i--) {
		size_t k = (size_t)rand_r(seed) % i;
		char moved[LINE];

		memcpy(moved, table->lines[i - 1], LINE);
		memcpy(table->lines[i - 1], table->lines[k], LINE);
		memcpy(table->lines[k], moved, LINE);
	}
}

static void insert(struct table *table, size_t at, const char *line, bool medical)
{
	memmove(&table->lines[at + 1], &table->lines[at], (table->n - at) * LINE);
	memmove(&table->medical[at + 1], &table->medical[at], (table->n - at) * sizeof(bool));
	snprintf(table->lines[at], LINE, "%s", line);
	table->medical[at] = medical;
	table->n++;
}

static struct lint_report lint(const struct table *table, struct rules **rules, struct arena *arena)
{
	struct lint_report report;
	struct buffer file;
	struct fault fault;

	buffer_init(&file, arena, 4096);
	for (size_t i = 0; i < table->n; i++)
		buffer_format(&file, "%s | %s | house | no | | why\n", table->lines[i], table->medical[i] ? "MEDICAL" : "PHARMACY");
	buffer_lit(&file, LAST "\n");
	*rules = rules_of_text(buffer_text(&file));
	cr_assert(route_lint(*rules, arena, &report, &fault));
	examples_hold(*rules, &report, arena);
	return report;
}

static bool found(const struct lint_report *report, enum lint_kind kind, const char *rule)
{
	for (size_t i = 0; i < report->n; i++)
		if (report->at[i].kind == kind && (!rule || text_is(report->at[i].rule, rule)))
			return true;
	return false;
}

/* Puts one fault of that kind in; the rule that must be named, or NULL. */
static const char *plant(struct table *table, enum lint_kind kind, unsigned *seed)
{
	size_t row = (size_t)rand_r(seed) % table->n;
	char line[LINE];
	int at;

	switch (kind) {
	case LINT_NEVER:
		if (rand_r(seed) % 2) { /* what one row takes */
			snprintf(line, sizeof(line), "planted |%s plan=A", strchr(table->lines[row], '|') + 1);
		} else { /* what several take together */
			at = snprintf(line, sizeof(line), "planted |");
			for (size_t i = 0; i < table->axes_n; i++)
				at += snprintf(line + at, sizeof(line) - (size_t)at, " %s=*", axes[table->axes[i]].member);
			row = table->n - 1;
		}
		insert(table, row + 1 + (size_t)rand_r(seed) % (table->n - row), line, rand_r(seed) % 2);
		return "planted";
	case LINT_OVERLAP:
		insert(table, row, rand_r(seed) % 2 ? "planted | plan=A,B" : "planted | prior_therapy=X*", !table->medical[row]);
		return "planted";
	case LINT_GAP:
		memmove(&table->lines[row], &table->lines[row + 1], (table->n - row - 1) * LINE);
		memmove(&table->medical[row], &table->medical[row + 1], (table->n - row - 1) * sizeof(bool));
		table->n--;
		return NULL;
	}
	__builtin_unreachable();
}

CASE(lint, finds_every_planted_fault)
{
	unsigned seed = 99;

	for (int i = 0; i < TABLES; i++) {
		enum lint_kind kind = (enum lint_kind)(i % 3);
		struct table table;
		struct lint_report report;
		struct rules *rules;
		struct arena arena;
		const char *rule;

		arena_init(&arena, MEMORY);
		sound_table(&table, &seed);
		report = lint(&table, &rules, &arena);
		cr_assert_eq(report.n, 0, "table %d: %s %.*s", i, lint_kind_name(report.at->kind), TEXT_ARGS(report.at->example));
		rules_free(rules);
		rule = plant(&table, kind, &seed);
		report = lint(&table, &rules, &arena);
		cr_assert(found(&report, kind, rule), "table %d: %s", i, lint_kind_name(kind));
		rules_free(rules);
		arena_done(&arena);
	}
}
