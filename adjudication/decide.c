/* SPDX-License-Identifier: Apache-2.0 */
/* Decides on a prior authorization and on its appeal: what to ask, what the answers amount to, and whether it can still be taken back. */
#include "adjudication/closing.h"
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
		[HOUSE_CANCELLED] = "CANCELLED",
		[HOUSE_CANCEL_REFUSED] = "CANCEL_REFUSED",
	};

	assert((size_t)outcome < sizeof(names) / sizeof(names[0]));
	return names[outcome];
}

/* One case on its way to a decision: by the stages for a request, or by those for its appeal. */
struct deciding {
	const struct house_case *about;
	const struct house_stage *stages;
	size_t stages_n;
	struct arena *arena;
	struct house_decision *out;
};

static void ask(const struct deciding *d, const struct house_stage *stage, enum house_outcome outcome, struct text note)
{
	const struct house_case *about = d->about;

	d->out->outcome = outcome;
	d->out->stage = stage;
	d->out->note = note;
	d->out->reply_by_ms = (outcome == HOUSE_OPEN ? about->received_ms : about->wall_ms) + d->out->policy->reply_days * DAY_MS;
}

void house_initiate(const struct house *house, const struct house_case *about, struct arena *arena, struct house_decision *out)
{
	struct deciding d = { .about = about, .arena = arena, .out = out };

	*out = (struct house_decision){ 0 };
	if (!closing(house, about, CLOSING_INITIATION, out))
		ask(&d, &out->policy->stages[0], HOUSE_OPEN, TEXT_NONE);
}

/* -- what the answers amount to -- */

/* The stage whose questions were answered; the first one when none was. */
static const struct house_stage *stage_of(const struct deciding *d, const struct house_answer *answers, size_t answers_n)
{
	for (size_t a = 0; a < answers_n; a++)
		for (size_t i = 0; i < d->stages_n; i++)
			for (size_t k = 0; k < d->stages[i].questions_n; k++)
				if (text_equal(d->stages[i].questions[k].id, answers[a].question_id))
					return &d->stages[i];
	return &d->stages[0];
}

static void approve(const struct deciding *d, int64_t days)
{
	struct buffer number;

	/* The same for every repetition of the work, and short enough to be put on a prescription (an1..35). */
	buffer_init(&number, d->arena, 32);
	buffer_format(&number, "HP%016llX", (unsigned long long)text_hash(d->about->case_id));
	d->out->authorization_number = buffer_text(&number);
	d->out->effective_date = clock_format_date(d->about->wall_ms, d->arena);
	d->out->expiration_date = clock_format_date(d->about->wall_ms + days * DAY_MS, d->arena);
}

static const struct house_stage *stage_named(const struct deciding *d, struct text id)
{
	for (size_t i = 0; i < d->stages_n; i++)
		if (text_equal(d->stages[i].id, id))
			return &d->stages[i];
	return NULL;
}

static const struct {
	const char *name;
	enum house_outcome outcome;
	bool decides; /* and so can be appealed */
} outcomes[] = {
	{ "APPROVE", HOUSE_APPROVED, true },
	{ "DENY", HOUSE_DENIED, true },
	{ "PARTLY", HOUSE_PARTIALLY_DENIED, true },
	{ "PEND", HOUSE_IN_PROCESS, false },
	{ "MORE_INFORMATION", HOUSE_MORE_INFORMATION, false },
	{ "CLOSE", HOUSE_CLOSED, false },
};

/* The last day on which an appeal is taken is counted whole, as it ends in UTC. */
static int64_t appeal_by_ms(const struct deciding *d)
{
	return ((d->about->wall_ms + d->out->policy->appeal_days * DAY_MS) / DAY_MS + 1) * DAY_MS - 1;
}

static void apply(const struct deciding *d, const struct house_rule *rule)
{
	struct house_decision *out = d->out;
	size_t i = 0;

	while (!text_is(rule->outcome, outcomes[i].name))
		i++; /* the code list of the table has these words only */
	out->outcome = outcomes[i].outcome;
	out->reason = text_trim(rule->reason);
	out->reason_code = rule->code;
	out->note = rule->note;
	out->again_ms = rule->again_ms;
	/* one appeal is decided here: what follows it is not electronic */
	if (outcomes[i].decides && !text_there(out->appeal_case_id))
		out->appeal_by_ms = appeal_by_ms(d);
	if (rule->days)
		approve(d, rule->days);
	if (text_there(rule->ask))
		ask(d, stage_named(d, rule->ask), HOUSE_MORE_INFORMATION, rule->note);
}

/* The first rule that holds, after as many PENDs as the case has waited through. The last one holds always. */
static const struct house_rule *rule_of(const struct house_stage *stage, const struct walk *walk, const struct house_case *about)
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

/* `what` is of the payer's own file. */
static struct text with_word(const char *sentence, struct text what, struct arena *arena)
{
	struct buffer note;

	buffer_init(&note, arena, 128);
	buffer_format(&note, "%s ", sentence);
	buffer_add(&note, what);
	return buffer_text(&note);
}

static void decide(const struct deciding *d, const struct house_answer *answers, size_t answers_n)
{
	const struct house_stage *stage = stage_of(d, answers, answers_n);
	struct text last;
	struct walk walk;

	if (!walk_questions(stage, answers, answers_n, d->arena, &walk)) {
		closing_say(d->out, "CN", text_lit("The answers are more than can be worked on."));
		return;
	}
	last = walk.steps[walk.n - 1].question->id;
	switch (walk.end) {
	case WALK_UNANSWERED:
		ask(d, stage, HOUSE_MORE_INFORMATION, with_word("An answer is needed to question", last, d->arena));
		return;
	case WALK_INCONSISTENT:
		closing_say(d->out, "CN", with_word("The answer does not fit question", last, d->arena));
		return;
	case WALK_WHOLE:
		if (text_there(stage->attachment) && !d->about->attachments_n)
			ask(d, stage, HOUSE_MORE_INFORMATION,
				with_word("A document must come with the answers:", stage->attachment, d->arena));
		else
			apply(d, rule_of(stage, &walk, d->about));
		return;
	}
}

void house_decide(const struct house *house, const struct house_case *about, const struct house_answer *answers, size_t answers_n,
	struct arena *arena, struct house_decision *out)
{
	struct deciding d = { .about = about, .arena = arena, .out = out };

	*out = (struct house_decision){ 0 };
	if (closing(house, about, CLOSING_REQUEST, out))
		return;
	d.stages = out->policy->stages;
	d.stages_n = out->policy->stages_n;
	decide(&d, answers, answers_n);
}

/* -- appeal -- */

/* One case has one appeal here, so its key follows from that of the case, however often the work is repeated. */
static struct text appeal_case_id(const struct house_case *about, struct arena *arena)
{
	struct buffer id;

	if (text_there(about->appeal_case_id))
		return about->appeal_case_id;
	buffer_init(&id, arena, 32);
	buffer_format(&id, "HA%016llX", (unsigned long long)text_hash(about->case_id));
	return buffer_text(&id);
}

void house_appeal(const struct house *house, const struct house_case *about, const struct house_answer *answers, size_t answers_n,
	struct arena *arena, struct house_decision *out)
{
	struct deciding d = { .about = about, .arena = arena, .out = out };

	*out = (struct house_decision){ 0 };
	out->appeal_case_id = appeal_case_id(about, arena);
	if (closing(house, about, CLOSING_APPEAL, out))
		return;
	d.stages = out->policy->appeal_stages;
	d.stages_n = out->policy->appeal_stages_n;
	assert(d.stages_n); /* payer_check_policy: e_appeal has them */
	decide(&d, answers, answers_n);
}

/* -- cancellation -- */

static bool other_case(const struct house *house, const struct house_case *about)
{
	return text_there(about->named_case_id) && !text_equal(about->named_case_id, about->case_id);
}

static bool other_member(const struct house *house, const struct house_case *about)
{
	return !payer_member(house, about->plan, about->cardholder_id, 0);
}

static bool decided(const struct house *house, const struct house_case *about)
{
	return text_in_list(about->state, "APPROVED PARTIALLY_DENIED DENIED CLOSED CANCELLED EXPIRED");
}

/* Why a case cannot be taken back; the first that holds. Codes are SCRIPT reason codes. */
static const struct {
	bool (*holds)(const struct house *house, const struct house_case *about);
	const char *code, *note;
} refusals[] = {
	{ other_case, "BZ", "The PACaseID is not that of this case." },
	{ other_member, "CA", "No member of the plan has this cardholder id." },
	{ decided, "CB", "The case is over: what is decided cannot be cancelled." },
};

void house_cancel(const struct house *house, const struct house_case *about, struct house_decision *out)
{
	*out = (struct house_decision){ .outcome = HOUSE_CANCELLED };
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].holds(house, about)) {
			out->outcome = HOUSE_CANCEL_REFUSED;
			out->reason_code = text_of(refusals[i].code);
			out->note = text_of(refusals[i].note);
			return;
		}
	out->note = text_in_list(about->state, "APPEALED APPEAL_OPEN") ?
		text_lit("The appeal is withdrawn; the decision that was appealed stands.") :
		text_lit("The request is withdrawn; nothing was decided.");
}
