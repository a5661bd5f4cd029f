/* SPDX-License-Identifier: Apache-2.0 */
/* The labelled cases against the rules that come with the program; and files of cases that are refused. */
#include "routing/labels.h"
#include "test/routing/tables.h"

enum { MEMORY = 8 << 20 };

static void hold(const char *name, size_t at_least)
{
	struct arena arena;
	struct route_labels labels;
	struct route_score scores[ROUTE_SCORES_MAX] = { 0 };
	struct rules *rules;
	struct fault fault = { 0 };
	char path[400];
	int line;

	arena_init(&arena, MEMORY);
	rules = rules_of_file(RULES_FILE, &arena);
	snprintf(path, sizeof(path), CASES "/%s.txt", name);
	cr_assert(route_labels_read(table_bytes(path, &arena), &arena, &labels, &line, &fault), "%s:%d: %s at %s", name, line,
		fault_row(fault.code)->name, fault.path);
	cr_expect_geq(labels.n, at_least);
	for (size_t i = 0; i < labels.n; i++) {
		const struct route_label *label = &labels.at[i];
		struct route_decision decision;
		bool good = route_label_holds(label, rules, &arena, &decision);

		cr_expect(good, "%s:%d %.*s: %.*s by %.*s", name, label->line, TEXT_ARGS(label->id), TEXT_ARGS(decision.track), TEXT_ARGS(decision.rule));
		cr_expect(record_check(&route_decision_record, &decision, &fault), "%.*s: %s", TEXT_ARGS(label->id), fault.path);
		for (size_t k = 0; k < i; k++)
			cr_expect(!text_equal(labels.at[k].id, label->id), "%.*s is there twice", TEXT_ARGS(label->id));
		route_score_add(scores, label, good);
	}
	for (size_t i = 0; i < ROUTE_SCORES_MAX && scores[i].all; i++)
		printf("# %s %.*s: %zu of %zu\n", name, TEXT_ARGS(scores[i].programme), scores[i].good, scores[i].all);
	rules_free(rules);
	arena_done(&arena);
}

CASE(labels, medicare)
{
	hold("medicare", 180);
}

CASE(labels, medicaid)
{
	hold("medicaid", 45);
}

CASE(labels, qhp)
{
	hold("qhp", 25);
}

CASE(labels, either_benefit_by_site)
{
	hold("site", 25);
}

CASE(labels, missing_and_contradicting)
{
	hold("evidence", 45);
}

static const struct {
	const char *file;
	int line;
	enum fault_code code;
	const char *path;
} refused[] = {
	{ "a | plan=X | PHARMACY | | why\n\nb | plan=X | DENTAL | | why", 3, FAULT_BAD_CODE, "track" },
	{ "a | plan=X | PHARMACY | | ", 1, FAULT_MISSING, "citation" },
	{ "a | | PHARMACY | | why", 1, FAULT_MISSING, "words" },
	{ "a | plan=X | PHARMACY | | why | more", 1, FAULT_UNKNOWN_ELEMENT, "citation" },
	{ "a | benefit=X | PHARMACY | | why", 1, FAULT_BAD_CODE, "words/benefit" },
};

CASE(labels, wrong_files_are_refused)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct arena arena;
		struct route_labels labels;
		struct fault fault = { 0 };
		int line;

		arena_init(&arena, MEMORY);
		cr_assert(!route_labels_read(text_of(refused[i].file), &arena, &labels, &line, &fault), "%s", refused[i].file);
		cr_expect_eq(line, refused[i].line);
		cr_expect_eq(fault.code, refused[i].code);
		cr_expect_str_eq(fault.path, refused[i].path);
		arena_done(&arena);
	}
}
