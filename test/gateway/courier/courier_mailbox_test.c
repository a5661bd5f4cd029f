/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in the mailboxes of remote backends: looked for before a repeat, and taken out only when it is safe. */
#include "test/gateway/courier/courier_steps.h"

static struct case_message told(uint64_t *slot)
{
	struct case_message event = { 0 };
	struct fault fault;

	for (size_t i = 0; i < outbox.n; i++)
		if (outbox.outs[i].kind == OUT_SEND && outbox.outs[i].type == TYPE_EVENT) {
			cr_assert(record_unpack(&case_message_record, &event, &reading.arena, outbox.outs[i].payload, &fault));
			cr_assert(record_check(&case_message_record, &event, &fault), "%s", fault.path);
			*slot = (uint64_t)outbox.outs[i].envelope.slot;
			cr_expect(text_is(outbox.outs[i].envelope.edge, "courier.0"));
		}
	return event;
}

static void ledger_has_it(uint64_t slot, struct text trace, const char *fault)
{
	struct envelope envelope = { .trace = trace, .slot = (int64_t)slot, .status = 200, .fault = text_of(fault) };

	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_REPLY, .peer = { ROLE_LEDGER, 0 }, .envelope = &envelope });
}

static bool gets_mail(const char *acknowledges)
{
	struct reading get;
	bool good;

	reading_init(&get);
	good = the_call() && reading_of(&get, NCPDP_SCRIPT, the_call()->payload) && get.message.kind == NCPDP_GET_MESSAGE;
	if (good && acknowledges)
		good = get.message.script->header->mailbox &&
			text_is(get.message.script->header->mailbox->acknowledgement_id, acknowledges);
	else if (good)
		good = !get.message.script->header->mailbox;
	reading_done(&get);
	return good;
}

CASE(courier_mailbox, the_mailbox_is_looked_through_before_a_repeat)
{
	struct case_message event;
	uint64_t slot = 0;

	begin();
	backends[0].mailbox = 1;
	work("row", "INITIATE", 0, false);
	answer_to(the_call()->call, 0, text_lit("")); /* it may have arrived */
	cr_assert(gets_mail(NULL));
	answer_to(the_call()->call, 200, answer_body("pa_initiation_response_open"));
	event = told(&slot);
	cr_assert(text_is(event.event, "ANSWER") && text_is(event.outcome, "OPEN") && text_is(event.relates_to, ASKED_AS));
	cr_expect(text_is(event.backend, "first") && !the_call(), "nothing is acknowledged before the ledger has it");
	ledger_has_it(slot, event.trace, NULL);
	cr_assert(gets_mail("theirs"));
	answer_to(the_call()->call, 200, text_lit(HEAD("") STATUS TAIL));
	cr_expect(!the_call() && text_is(decision().outcome, "ACCEPTED"), "its answer was there: it is not sent again");
	/* an empty mailbox: the same message again */
	work("row2", "INITIATE", 1, false);
	cr_assert(gets_mail(NULL));
	answer_to(the_call()->call, 200, text_lit(HEAD("") STATUS TAIL));
	cr_assert(the_call() && !gets_mail(NULL), "posted again");
	answer_to(the_call()->call, 200, text_lit(HEAD(OURS) STATUS TAIL));
	cr_expect(text_is(decision().outcome, "ACCEPTED"));
	end();
}

CASE(courier_mailbox, what_is_awaited_is_looked_for_and_not_sent_again)
{
	begin();
	backends[0].mailbox = 1;
	work("row", "INITIATE", 0, true);
	cr_assert(gets_mail(NULL));
	answer_to(the_call()->call, 200, text_lit(HEAD("") STATUS TAIL));
	cr_expect(!the_call() && text_is(decision().outcome, "ACCEPTED"));
	backends[0].mailbox = 0;
	work("row", "INITIATE", 0, true);
	cr_expect(the_call() && !gets_mail(NULL), "without a mailbox the question is repeated");
	end();
}

CASE(courier_mailbox, a_refused_item_does_not_come_for_ever)
{
	struct case_message event;
	uint64_t slot = 0;

	begin();
	backends[0].mailbox = 1;
	work("row", "INITIATE", 0, true);
	answer_to(the_call()->call, 200, answer_body("pa_response_approved"));
	event = told(&slot);
	ledger_has_it(slot, event.trace, "UNKNOWN_CASE");
	cr_expect(gets_mail("theirs"), "refused for good: it is taken out");
	answer_to(the_call()->call, 200, text_lit(HEAD("") STATUS TAIL));
	work("row", "INITIATE", 0, true);
	answer_to(the_call()->call, 200, answer_body("pa_initiation_response_open"));
	event = told(&slot);
	ledger_has_it(slot, event.trace, "STORE_FULL");
	cr_expect(gets_mail(NULL), "one that the ledger could not take stays");
	end();
}

/* What lies behind it would never be seen. */
CASE(courier_mailbox, a_denial_without_a_reason_does_not_stop_the_mailbox)
{
	struct case_message event;
	uint64_t slot = 0;

	begin();
	backends[0].mailbox = 1;
	work("row", "INITIATE", 0, true);
	answer_to(the_call()->call, 200, answer_body("pa_response_denied"));
	event = told(&slot);
	ledger_has_it(slot, event.trace, "NO_REASON");
	cr_expect(gets_mail("theirs"), "the ledger has it on record, and will say the same next time");
	end();
}

CASE(courier_mailbox, a_notification_in_the_mailbox_is_told_like_one_that_was_posted)
{
	struct case_message event;
	uint64_t slot = 0;

	begin();
	backends[0].mailbox = 1;
	work("row", "INITIATE", 0, true);
	answer_to(the_call()->call, 200, fixture("good/script", "v2023011_pa_notification", "xml", &reading.arena));
	event = told(&slot);
	cr_assert(text_is(event.event, "NOTIFY"), "%.*s", TEXT_ARGS(event.event));
	cr_expect(text_is(event.backend, "first") && text_is(event.pa_reference_id, "PAREF0001"));
	cr_expect(event.body.n > 0);
	end();
}

CASE(courier_mailbox, what_is_not_understood_stays_in_the_mailbox)
{
	static const char *const items[] = { "<html/>", HEAD("") "<NewRx/>" TAIL };

	for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++) {
		begin();
		backends[0].mailbox = 1;
		work("row", "INITIATE", 0, true);
		answer_to(the_call()->call, 200, text_of(items[i]));
		cr_expect(!the_call() && text_is(decision().outcome, "ACCEPTED"), "item %zu", i);
		work("row", "INITIATE", 0, true);
		cr_expect(gets_mail(NULL), "item %zu was not acknowledged", i);
		end();
	}
}
