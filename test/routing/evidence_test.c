/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence: which source holds, what becomes of the others, and that neither the order in which it comes nor one voice more of the same
   opinion changes a decision. */
#include "routing/evidence.h"
#include "test/case.h"
#include "test/routing/tables.h"

#include <stdlib.h>

enum { MEMORY = 4 << 20 };

static struct route_decision decide(const struct rules *rules, const char *words, struct arena *arena)
{
	struct route_question question = question_of_words(words, arena);
	struct route_decision decision;
	struct fault fault;

	route_decide(rules, &question, arena, &decision);
	cr_assert(record_check(&route_decision_record, &decision, &fault), "%s: %s", words, fault.path);
	return decision;
}

static const struct {
	const char *words, *track, *rule, *confidence;
	bool conflict;
} weighed[] = {
	/* an answer for the member holds against the plan's file, the plan's file against a hint */
	{ "benefit=PHARMACY RTPB_817", "MEDICAL", "told-medical", "HIGH", true },
	{ "benefit=MEDICAL RTPB_817", "MEDICAL", "told-medical", "HIGH", false },
	{ "benefit=PHARMACY RTPB_816", "PHARMACY", "plan-pharmacy", "HIGH", true },
	{ "RTPB_816", "MEDICAL", "hint-medical", "LOW", false },
	{ "CRD_NOT_COVERED", "PHARMACY", "hint-pharmacy", "LOW", false },
	{ "RTPB_70", "UNDETERMINED", "unknown", "NONE", false },
	/* of two that are as strong the later holds; as late: neither */
	{ "CRD_COVERED@2026-03-01 CRD_OTHER_BENEFIT@2026-03-02", "PHARMACY", "told-pharmacy", "MEDIUM", true },
	{ "CRD_COVERED@2026-03-02 CRD_OTHER_BENEFIT@2026-03-01", "MEDICAL", "told-medical", "MEDIUM", true },
	{ "CRD_COVERED@2026-03-01 CRD_OTHER_BENEFIT@2026-03-01", "UNDETERMINED", "unknown", "NONE", true },
	{ "CRD_COVERED CRD_OTHER_BENEFIT benefit=MEDICAL", "MEDICAL", "plan-medical", "MEDIUM", true },
	{ "CRD_COVERED CRD_OTHER_BENEFIT RTPB_817", "MEDICAL", "told-medical", "HIGH", true },
	/* the stronger holds however old it is; what has expired counts for nothing */
	{ "RTPB_817@2020-01-01 CRD_OTHER_BENEFIT@2026-03-01", "MEDICAL", "told-medical", "HIGH", true },
	{ "date=2026-03-02 RTPB_817~2026-03-01", "UNDETERMINED", "unknown", "NONE", false },
	{ "date=2026-03-01 RTPB_817~2026-03-01", "MEDICAL", "told-medical", "HIGH", false },
	/* a fact from a source of its own */
	{ "listed=YES COMPENDIUM:administered_by=SELF", "PHARMACY", "self", "LOW", false },
	{ "listed=YES administered_by=SELF COMPENDIUM:administered_by=PROVIDER", "PHARMACY", "self", "HIGH", true },
	{ "listed=YES administered_by=SELF ORDER:administered_by=PROVIDER place_of_service=11", "MEDICAL", "provider-clinic", "HIGH", true },
	{ "listed=NO CROSSWALK:hcpcs=J3490", "UNDETERMINED", "unlisted-billable", "NONE", false },
};

CASE(evidence, the_stronger_then_the_later_holds)
{
	struct arena arena;
	struct rules *rules;

	arena_init(&arena, MEMORY);
	rules = rules_of_file(RULES_FILE, &arena);
	for (size_t i = 0; i < sizeof(weighed) / sizeof(*weighed); i++) {
		struct route_decision decision = decide(rules, weighed[i].words, &arena);

		cr_expect(text_is(decision.track, weighed[i].track), "%s: %.*s", weighed[i].words, TEXT_ARGS(decision.track));
		cr_expect(text_is(decision.rule, weighed[i].rule), "%s: %.*s", weighed[i].words, TEXT_ARGS(decision.rule));
		cr_expect(text_is(decision.confidence, weighed[i].confidence), "%s: %.*s", weighed[i].words, TEXT_ARGS(decision.confidence));
		cr_expect_eq(decision.conflict, weighed[i].conflict, "%s", weighed[i].words);
	}
	rules_free(rules);
	arena_done(&arena);
}

static struct text outcome_of(const struct route_decision *decision, const char *source)
{
	for (size_t i = 0; i < decision->evidence_n; i++)
		if (text_is(decision->evidence[i].source, source))
			return decision->evidence[i].outcome;
	return TEXT_NONE;
}

CASE(evidence, says_what_became_of_each)
{
	struct arena arena;
	struct rules *rules;
	struct route_decision decision;

	arena_init(&arena, MEMORY);
	rules = rules_of_file(RULES_FILE, &arena);
	decision = decide(rules, "date=2026-05-01 benefit=PHARMACY RTPB_817 CRD_COVERED CRD_OTHER_BENEFIT RTPB_816 RTPB_620~2026-01-01 CROSSWALK:hcpcs=J3490",
		&arena);
	cr_expect(text_is(outcome_of(&decision, "formulary"), "OVERRULED"));
	cr_expect(text_is(outcome_of(&decision, "RTPB 817"), "USED"));
	cr_expect(text_is(outcome_of(&decision, "CRD covered"), "AGREES"));
	cr_expect(text_is(outcome_of(&decision, "CRD other benefit"), "OVERRULED"));
	cr_expect(text_is(outcome_of(&decision, "RTPB 816"), "AGREES"));
	cr_expect(text_is(outcome_of(&decision, "RTPB 620"), "EXPIRED"));
	cr_expect(text_is(outcome_of(&decision, "NDC-HCPCS crosswalk"), "CONTEXT"));
	cr_expect(text_is(outcome_of(&decision, "order"), "CONTEXT"));
	cr_expect_eq(decision.evidence_n, 8);
	decision = decide(rules, "CRD_COVERED CRD_OTHER_BENEFIT", &arena);
	cr_expect(text_is(outcome_of(&decision, "CRD covered"), "CONFLICT") && text_is(outcome_of(&decision, "CRD other benefit"), "CONFLICT"));
	decision = decide(rules, "listed=YES administered_by=PROVIDER", &arena);
	cr_expect(text_is(decision.ask, "place_of_service"), "%.*s", TEXT_ARGS(decision.ask));
	rules_free(rules);
	arena_done(&arena);
}

/* A question with members and sources by lot, of the words that the built-in rules know. */
static struct route_question any_question(struct arena *arena, unsigned *seed)
{
	static const char *const words[] = { "listed=YES", "listed=NO", "status=COVERED", "status=EXCLUDED", "status=NOT_COVERED", "benefit=MEDICAL",
		"benefit=PHARMACY", "benefit=BOTH", "administered_by=SELF", "administered_by=PROVIDER", "route=ORAL", "route=INFUSION", "route=INJECTION",
		"hcpcs=J3490", "payer_type=B", "payer_type=D", "place_of_service=11", "place_of_service=12", "place_of_service=99", "backend=remote", "plan=DEMO",
		"told=MEDICAL", "told=PHARMACY", "told=NOT_COVERED", "hint=MEDICAL", "hint=PHARMACY", "law_class=INSULIN", "law_class=ESA", "dialysis=YES",
		"dialysis=NO", "device=INFUSION_PUMP", "device=NEBULIZER", "residence=HOME", "residence=NURSING_FACILITY", "hospice=RELATED",
		"hospice=UNRELATED", "programme=part_d", "programme=ma_part_b", "programme=medicaid_managed_care", "programme=qhp_ffe", "carve_out=PHARMACY",
		"self_listed=YES", "diagnosis=C50911", "diagnosis=E119", "transplant=COVERED", "medicare=BOTH", "supply=WHITE_BAG", "supply=BROWN_BAG" };
	struct route_question question = { 0 };
	size_t n = (size_t)rand_r(seed) % 12;

	for (size_t i = 0; i < n; i++) {
		const char *word = words[(size_t)rand_r(seed) % (sizeof(words) / sizeof(*words))];
		char line[200];
		struct fault fault;
		struct route_question before = question;

		if (rand_r(seed) % 2)
			snprintf(line, sizeof(line), "%s:%s@2026-0%d-01", evidence_row((enum evidence_kind)((unsigned)rand_r(seed) % EVIDENCE_KINDS_N))->name,
				word, 1 + rand_r(seed) % 3);
		else
			snprintf(line, sizeof(line), "%s", word);
		if (!route_words_read(arena_text(arena, text_of(line)), arena, &question, &fault))
			question = before; /* the member was there already */
	}
	return question;
}

CASE(evidence, order_does_not_matter)
{
	struct arena arena;
	struct rules *rules;
	unsigned seed = 4711;

	arena_init(&arena, MEMORY);
	rules = rules_of_file(RULES_FILE, &arena);
	for (int round = 0; round < 5000; round++) {
		struct arena one;
		struct route_question question, turned;
		struct route_decision first, second;

		arena_init(&one, MEMORY);
		turned = question = any_question(&one, &seed);
		turned.said = arena_alloc(&one, (question.said_n + 1) * sizeof(*turned.said));
		for (size_t i = 0; i < question.said_n; i++)
			turned.said[i] = question.said[question.said_n - 1 - i];
		for (size_t i = question.said_n; i > 1; i--) {
			size_t k = (size_t)rand_r(&seed) % i;
			struct route_said moved = turned.said[i - 1];

			turned.said[i - 1] = turned.said[k];
			turned.said[k] = moved;
		}
		route_decide(rules, &question, &one, &first);
		route_decide(rules, &turned, &one, &second);
		second.question = first.question; /* as it was asked: that one keeps its order */
		cr_assert(record_equal(&route_decision_record, &first, &second), "round %d", round);
		arena_done(&one);
	}
	rules_free(rules);
	arena_done(&arena);
}

/* Whoever agrees with a decision may say so, as strongly or weakly and as late as they like. */
CASE(evidence, who_agrees_changes_nothing)
{
	static const enum evidence_kind answers[] = { EVIDENCE_EARLIER, EVIDENCE_CRD_COVERED, EVIDENCE_RTPB_817, EVIDENCE_RTPB_COVERED };
	struct arena arena;
	struct rules *rules;
	unsigned seed = 815, decided = 0;

	arena_init(&arena, MEMORY);
	rules = rules_of_file(RULES_FILE, &arena);
	for (int round = 0; round < 5000; round++) {
		struct arena one;
		struct route_question question;
		struct route_decision first, second;
		struct route_said *more;

		arena_init(&one, MEMORY);
		question = any_question(&one, &seed);
		route_decide(rules, &question, &one, &first);
		if (!text_is(first.track, "UNDETERMINED") && !text_is(first.track, "BOTH_BY_SITE")) {
			more = arena_push(&one, (void **)&question.said, &question.said_n, sizeof(*more));
			*more = (struct route_said){ .kind = text_of(evidence_row(answers[round % 4])->name), .member = text_lit("told"),
				.value = first.track, .date = round % 3 ? text_lit("2026-02-01") : TEXT_NONE };
			route_decide(rules, &question, &one, &second);
			cr_assert(text_equal(first.track, second.track), "round %d: %.*s %.*s", round, TEXT_ARGS(first.rule), TEXT_ARGS(second.rule));
			decided++;
		}
		arena_done(&one);
	}
	cr_expect_gt(decided, 1000);
	rules_free(rules);
	arena_done(&arena);
}

static const struct {
	const char *words;
	enum fault_code code;
} refused[] = {
	{ "colour=RED", FAULT_UNKNOWN_ELEMENT },
	{ "plan=", FAULT_MISSING },
	{ "plan=A plan=B", FAULT_REPEATED },
	{ "benefit=DENTAL", FAULT_BAD_CODE },
	{ "prior_authorization=false", FAULT_BAD_CODE },
	{ "date=2026-02-30", FAULT_BAD_DATE },
	{ "diagnosis=C50911,,C", FAULT_MISSING },
	{ "GOSSIP:told=MEDICAL", FAULT_BAD_CODE },
	{ "EARLIER", FAULT_MISSING },
	{ "EARLIER:told=DENTAL", FAULT_BAD_CODE },
	{ "EARLIER:colour=RED", FAULT_UNKNOWN_ELEMENT },
	{ "EARLIER:told=MEDICAL@yesterday", FAULT_BAD_DATE },
	{ "EARLIER:diagnosis=C50911C50911", FAULT_TOO_LONG },
};

CASE(evidence, words_that_are_refused)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct route_question question = { 0 };
		struct fault fault;

		cr_assert(!route_words_read(text_of(refused[i].words), &arena, &question, &fault), "%s", refused[i].words);
		cr_expect_eq(fault.code, refused[i].code, "%s: %s at %s", refused[i].words, fault_row(fault.code)->name, fault.path);
	}
	arena_done(&arena);
}

CASE(evidence, words_and_back)
{
	static const char line[] = "plan=A prior_authorization=true diagnosis=C50911,D0511 dialysis=NO RTPB_817:told=MEDICAL@2026-03-01~2026-04-01 SAD_LIST:self_listed=YES";
	struct arena arena;
	struct buffer out;
	struct route_question question;

	arena_init(&arena, MEMORY);
	question = question_of_words(line, &arena);
	buffer_init(&out, &arena, 100);
	route_words_write(&question, &out);
	cr_expect(text_is(buffer_text(&out), line), "%.*s", TEXT_ARGS(buffer_text(&out)));
	arena_done(&arena);
}
