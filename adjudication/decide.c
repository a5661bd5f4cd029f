/* SPDX-License-Identifier: Apache-2.0 */
/* Decides on a prior authorization: whether one is needed at all, what to ask, and what the answers amount to. */
#include "adjudication/house.h"
#include "adjudication/payer.h"
#include "adjudication/walk.h"

#include "base/clock.h"

#include <assert.h>

#define DAY_MS INT64_C(86400000)

const char *house_outcome_name(enum house_outcome outcome)
{
	static const char *const names[] = {
		[HOUSE_OPEN] = "OPEN",
		[HOUSE_APPROVED] = "APPROVED",
		[HOUSE_DENIED] = "DENIED",
		[HOUSE_PARTIALLY_DENIED] = "PARTIALLY_DENIED",
		[HOUSE_IN_PROCESS] = "IN_PROCESS",
		[HOUSE_MORE_INFORMATION] = "MORE_INFORMATION",
		[HOUSE_CLOSED] = "CLOSED",
	};

	assert((size_t)outcome < sizeof(names) / sizeof(names[0]));
	return names[outcome];
}

/* -- is there anything to decide -- */

static bool not_covered(const struct house *house, const struct house_case *about, struct text cardholder_id)
{
	return text_is(about->track, "NOT_COVERED") ||
	       (about->coverage && !text_is(about->coverage->status, "COVERED") && !text_is(about->track, "MEDICAL"));
}

static bool not_our_plan(const struct house *house, const struct house_case *about, struct text cardholder_id)
{
	return !payer_plan(house, about->plan);
}

static bool not_our_member(const struct house *house, const struct house_case *about, struct text cardholder_id)
{
	return !payer_member(house, about->plan, cardholder_id, 0);
}

static bool within_limits(const struct house *house, const struct house_case *about, struct text cardholder_id)
{
	return !text_there(about->policy) && about->coverage && about->coverage->limits &&
	       about->coverage->limits->quantity_e4 > 0;
}

static bool not_needed(const struct house *house, const struct house_case *about, struct text cardholder_id)
{
	return !text_there(about->policy);
}

static bool not_our_policy(const struct house *house, const struct house_case *about, struct text cardholder_id)
{
	return !payer_policy(house, about->policy);
}

/* When a case is closed without a decision; the first that holds. Codes are SCRIPT reason codes. */
static const struct closing {
	bool (*holds)(const struct house *house, const struct house_case *about, struct text cardholder_id);
	const char *code, *note;
} closings[] = {
	{ not_our_plan, "CP", "This payer does not process prior authorizations for the plan of this patient." },
	{ not_our_member, "CD", "No member of the plan has this cardholder id." },
	{ not_covered, "FM", "The plan does not cover this product, and prior authorization cannot change that." },
	{ within_limits, "FN", "No prior authorization is needed within the limits of the plan." },
	{ not_needed, "CC", "No prior authorization is needed for this product in the plan of this patient." },
	{ not_our_policy, "CP", "The policy that applies to this product is not decided by this payer." },
};

static void close_case(struct house_decision *out, const char *code, struct text note)
{
	out->outcome = HOUSE_CLOSED;
	out->reason_code = text_of(code);
	out->note = note;
}

static bool closed(const struct house *house, const struct house_case *about, struct text cardholder_id,
	struct house_decision *out)
{
	for (size_t i = 0; i < sizeof(closings) / sizeof(closings[0]); i++)
		if (closings[i].holds(house, about, cardholder_id)) {
			close_case(out, closings[i].code, text_of(closings[i].note));
			return true;
		}
	out->policy = payer_policy(house, about->policy);
	return false;
}

static void ask(const struct house_case *about, const struct house_stage *stage, enum house_outcome outcome,
	struct text note, struct house_decision *out)
{
	out->outcome = outcome;
	out->stage = stage;
	out->note = note;
	out->reply_by_ms = (outcome == HOUSE_OPEN ? about->received_ms : about->wall_ms) + out->policy->reply_days * DAY_MS;
}

void house_initiate(const struct house *house, const struct house_case *about, struct text cardholder_id,
	struct arena *arena, struct house_decision *out)
{
	*out = (struct house_decision){ 0 };
	if (!closed(house, about, cardholder_id, out))
		ask(about, &out->policy->stages[0], HOUSE_OPEN, TEXT_NONE, out);
}

/* -- what the answers amount to -- */

/* The stage whose questions were answered; the first one when none was. */
static const struct house_stage *stage_of(const struct house_policy *policy, const struct house_answer *answers,
	size_t answers_n)
{
	for (size_t a = 0; a < answers_n; a++)
		for (size_t i = 0; i < policy->stages_n; i++)
			for (size_t k = 0; k < policy->stages[i].questions_n; k++)
				if (text_equal(policy->stages[i].questions[k].id, answers[a].question_id))
					return &policy->stages[i];
	return &policy->stages[0];
}

static void approve(const struct house_case *about, const struct house_rule *rule, struct arena *arena,
	struct house_decision *out)
{
	struct buffer number;

	/* The same for every repetition of the work, and short enough to be put on a prescription (an1..35). */
	buffer_init(&number, arena, 32);
	buffer_format(&number, "HP%016llX", (unsigned long long)text_hash(about->case_id));
	out->authorization_number = buffer_text(&number);
	out->effective_date = clock_format_date(about->wall_ms, arena);
	out->expiration_date = clock_format_date(about->wall_ms + rule->days * DAY_MS, arena);
}

static const struct house_stage *stage_named(const struct house_policy *policy, struct text id)
{
	for (size_t i = 0; i < policy->stages_n; i++)
		if (text_equal(policy->stages[i].id, id))
			return &policy->stages[i];
	return NULL;
}

static void apply(const struct house_case *about, const struct house_rule *rule, struct arena *arena,
	struct house_decision *out)
{
	static const struct {
		const char *name;
		enum house_outcome outcome;
	} outcomes[] = {
		{ "APPROVE", HOUSE_APPROVED },
		{ "DENY", HOUSE_DENIED },
		{ "PARTLY", HOUSE_PARTIALLY_DENIED },
		{ "PEND", HOUSE_IN_PROCESS },
		{ "MORE_INFORMATION", HOUSE_MORE_INFORMATION },
	};
	size_t i = 0;

	while (!text_is(rule->outcome, outcomes[i].name))
		i++; /* the code list of the table has these words only */
	out->outcome = outcomes[i].outcome;
	out->reason = text_trim(rule->reason);
	out->note = rule->note;
	out->again_ms = rule->again_ms;
	if (rule->days)
		approve(about, rule, arena, out);
	if (text_there(rule->ask))
		ask(about, stage_named(out->policy, rule->ask), HOUSE_MORE_INFORMATION, rule->note, out);
}

/* The first rule that holds, after as many PENDs as the case has waited through. The last one holds always. */
static const struct house_rule *rule_of(const struct house_stage *stage, const struct walk *walk,
	const struct house_case *about)
{
	int64_t waited = about->round;

	for (size_t i = 0; i < stage->rules_n; i++) {
		const struct house_rule *rule = &stage->rules[i];
		bool holds = true;

		for (size_t k = 0; k < rule->conditions_n && holds; k++)
			holds = walk_holds(walk, &rule->conditions[k], about->wall_ms);
		if (!holds || (text_is(rule->outcome, "PEND") && waited-- > 0))
			continue;
		return rule;
	}
	return &stage->rules[stage->rules_n - 1];
}

static struct text about_question(const char *sentence, const struct walk *walk, struct arena *arena)
{
	struct buffer note;

	buffer_init(&note, arena, 128);
	buffer_format(&note, "%s ", sentence);
	buffer_add(&note, walk->steps[walk->n - 1].question->id); /* of the payer's own file */
	return buffer_text(&note);
}

void house_decide(const struct house *house, const struct house_case *about, struct text cardholder_id,
	const struct house_answer *answers, size_t answers_n, struct arena *arena, struct house_decision *out)
{
	const struct house_stage *stage;
	struct walk walk;

	*out = (struct house_decision){ 0 };
	if (closed(house, about, cardholder_id, out))
		return;
	stage = stage_of(out->policy, answers, answers_n);
	if (!walk_questions(stage, answers, answers_n, arena, &walk)) {
		close_case(out, "CN", text_lit("The answers are more than can be worked on."));
		return;
	}
	switch (walk.end) {
	case WALK_UNANSWERED:
		ask(about, stage, HOUSE_MORE_INFORMATION,
			about_question("An answer is needed to question", &walk, arena), out);
		return;
	case WALK_INCONSISTENT:
		close_case(out, "CN", about_question("The answer does not fit question", &walk, arena));
		return;
	case WALK_WHOLE:
		apply(about, rule_of(stage, &walk, about), arena, out);
		return;
	}
}
