/* SPDX-License-Identifier: Apache-2.0 */
/* What whoever asked is told of the benefit, and which answers of a backend mean that a case is not its to decide. */
#include "routing/evidence.h"
#include "routing/not_mine.h"
#include "routing/tell.h"
#include "test/case.h"

#include <string.h>

static bool holds(struct text t, const char *part)
{
	return t.n && memmem(t.at, t.n, part, strlen(part)) != NULL;
}

CASE(route_tell, the_other_benefit_is_named_and_the_expected_one_is_not)
{
	static const struct {
		enum tell_standard standard;
		const char *track;
		bool rerouted;
		const char *begins, *has; /* NULL: the sentence alone */
	} rows[] = {
		{ TELL_SCRIPT, "PHARMACY", false, "Why.", NULL },
		{ TELL_SCRIPT, "MEDICAL", false, "This drug is on the medical benefit", NULL },
		{ TELL_SCRIPT, "MEDICAL", true, "This drug is on the medical benefit", "Another benefit was asked first" },
		{ TELL_PAS, "MEDICAL", false, "Why.", NULL },
		{ TELL_PAS, "PHARMACY", false, "This drug is on the pharmacy benefit", NULL },
		{ TELL_PAS, "PHARMACY", true, "This drug is on the pharmacy benefit", "Another benefit was asked first" },
		{ TELL_PAS, "BOTH_BY_SITE", false, "Either benefit may pay", NULL },
		{ TELL_SCRIPT, "UNDETERMINED", false, "Why.", NULL },
	};
	struct arena arena;

	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct route_decision decision = { .track = text_of(rows[i].track), .rule = text_lit("a-rule"), .version = text_lit("0123"),
			.sentence = text_lit("Why.") };
		struct text said = tell_track(rows[i].standard, &decision, rows[i].rerouted, &arena);

		cr_expect(text_starts(said, rows[i].begins) && holds(said, "Why."), "row %zu: %.*s", i, TEXT_ARGS(said));
		cr_expect(!rows[i].has || holds(said, rows[i].has), "row %zu: %.*s", i, TEXT_ARGS(said));
		cr_expect(!holds(said, "a-rule") && !holds(said, "0123"), "nothing of the rules is told");
	}
	arena_done(&arena);
}

CASE(route_tell, not_mine_says_the_other_track)
{
	static const struct {
		const char *track, *kind, *value;
	} rows[] = { { "PHARMACY", "NOT_PHARMACY", "MEDICAL" }, { "MEDICAL", "NOT_MEDICAL", "PHARMACY" } };
	struct route_said *said;
	struct arena arena;

	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(not_mine_said(text_of(rows[i].track), &arena, &said), 1);
		cr_expect(text_is(said->kind, rows[i].kind) && text_is(said->member, "told") && text_is(said->value, rows[i].value));
	}
	cr_expect_eq(not_mine_said(text_lit("UNDETERMINED"), &arena, &said), 0);
	cr_expect(not_mine_code(NOT_MINE_SCRIPT, text_lit("CP")) && not_mine_code(NOT_MINE_SCRIPT, text_lit("CO")) && not_mine_code(NOT_MINE_PAS, text_lit("CT")));
	cr_expect(!not_mine_code(NOT_MINE_PAS, text_lit("CP")) && !not_mine_code(NOT_MINE_SCRIPT, text_lit("FM")) && !not_mine_code(NOT_MINE_SCRIPT, TEXT_NONE));
	arena_done(&arena);
}

CASE(route_tell, whoever_was_asked_knows_best_that_it_is_not_theirs)
{
	for (int kind = 0; kind < EVIDENCE_KINDS_N; kind++)
		cr_expect(evidence_row((enum evidence_kind)kind)->strength < evidence_row(EVIDENCE_NOT_PHARMACY)->strength ||
				kind == EVIDENCE_NOT_PHARMACY || kind == EVIDENCE_NOT_MEDICAL, "%s", evidence_row((enum evidence_kind)kind)->name);
	cr_expect_eq(evidence_row(EVIDENCE_NOT_PHARMACY)->strength, evidence_row(EVIDENCE_NOT_MEDICAL)->strength);
}
