/* SPDX-License-Identifier: Apache-2.0 */
/* What the house payer would say to a request for prior authorization if it came now: nothing is needed, one is on file, it would be closed, or
   these questions would be asked. */
#include "gateway/payer/payer.h"

#include "adjudication/payer.h"

/* What the reason for which a request would be closed is to whoever only wants to know. */
static const struct {
	const char *code; /* SCRIPT reason code, as the house has it */
	const char *authorization;
} closings[] = {
	{ "CC", "NOT_NEEDED" },
	{ "FN", "NOT_NEEDED" },
	{ "FQ", "ON_FILE" },
	{ "CF", "ON_FILE" },
};

static bool add(struct order_preflight *out, struct arena *arena, struct order_missing missing)
{
	struct order_missing *item = arena_push(arena, (void **)&out->missing, &out->missing_n, sizeof(*item));

	if (item)
		*item = missing;
	return item != NULL;
}

static bool say_questions(const struct house *house, const struct house_policy *policy, const struct house_stage *stage, struct arena *arena,
	struct order_preflight *out)
{
	for (size_t i = 0; i < stage->questions_n; i++)
		if (!add(out, arena, (struct order_missing){ text_lit("QUESTION"), stage->questions[i].id, stage->questions[i].text,
			    stage->questions[i].optional }))
			return false;
	if (text_there(stage->attachment) &&
		!add(out, arena, (struct order_missing){ text_lit("DOCUMENT"), stage->id, stage->attachment, 0 }))
		return false;
	out->questionnaire = payer_canonical(house, policy, stage, arena);
	return text_there(out->questionnaire);
}

static void say_closed(const struct house_decision *decision, struct order_preflight *out)
{
	out->authorization = text_lit("CLOSED");
	for (size_t i = 0; i < sizeof(closings) / sizeof(*closings); i++)
		if (text_is(decision->reason_code, closings[i].code))
			out->authorization = text_of(closings[i].authorization);
	out->code = decision->reason_code;
	out->reason = decision->note;
}

/* Without a member it is only known what the policy would ask. */
static bool look(const struct house *house, const struct house_case *about, struct text found, struct arena *arena, struct order_preflight *out)
{
	struct house_decision decision = { .policy = payer_policy(house, about->policy) };

	if (text_is(found, "NOT_LISTED")) {
		out->reason = text_lit("The plan or the drug is not known here, so it is not known whether prior authorization is needed.");
		return true;
	}
	if (about->cardholder_id.n) {
		house_initiate(house, about, arena, &decision);
	} else if (!decision.policy) {
		out->authorization = text_lit("NOT_NEEDED");
		return true;
	} else {
		decision.outcome = HOUSE_OPEN;
		decision.stage = &decision.policy->stages[0];
	}
	if (decision.outcome != HOUSE_OPEN) {
		say_closed(&decision, out);
		return true;
	}
	out->authorization = text_lit("NEEDED");
	return say_questions(house, decision.policy, decision.stage, arena, out);
}

bool payer_preflight(const struct house *house, const struct form_question *question, struct now now, struct arena *arena, struct buffer *event,
	struct fault *fault)
{
	const struct form_order *order = question->orders;
	struct case_message message = { 0 };
	struct order_answer answer = { 0 };
	struct house_case about = { .plan = question->plan, .wall_ms = now.wall_ms, .received_ms = now.wall_ms, .cardholder_id = question->member_id,
		.prescriber_npi = question->prescriber_npi };
	struct buffer body;

	if (!record_unpack(&case_message_record, &message, arena, question->body, fault) ||
		!record_unpack(&order_answer_record, &answer, arena, message.answer, fault))
		return fault_under(fault, text_lit("FORM"), -1);
	if (!question->orders_n || !answer.preflight)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "FORM");
	about.track = answer.track;
	about.sentence = answer.sentence;
	about.policy = order->policy;
	if (!look(house, &about, order->found, arena, answer.preflight))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	buffer_init(&body, arena, message.answer.n + 4096);
	record_pack(&order_answer_record, &answer, &body);
	message.answer = buffer_text(&body);
	record_pack(&case_message_record, &message, event);
	return (!body.failed && !event->failed) || fault_set(fault, FAULT_TOO_LARGE, "");
}
