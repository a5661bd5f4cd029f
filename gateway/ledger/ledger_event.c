/* SPDX-License-Identifier: Apache-2.0 */
/* A message that comes in: whether it came before, what it does to its case, and what it is answered. Whatever is answered is stored
   with it, so that the same message is answered the same way for ever. */
#include "gateway/ledger/ledger_event.h"

#include "base/log.h"
#include "fhir-bridge/outcome.h"
#include "gateway/edge/problem.h"
#include "gateway/ledger/ledger_pas.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { TRACE_MAX = 32 }; /* so that "PA-" and it fit a PACaseID of 35, and it with ".zz" a MessageID of 35 */

static struct text refusal(const struct event *event, const struct fault *why)
{
	struct buffer reply_id, body;

	buffer_init(&body, event->arena, 1024);
	if (event->pas) {
		fhir_outcome_write(why, &body);
		return buffer_text(&body);
	}
	if (event->plain) {
		problem_write(why, fault_row(why->code)->http_status, event->message.trace, false, &body);
		return buffer_text(&body);
	}
	buffer_init(&reply_id, event->arena, 40);
	buffer_add(&reply_id, event->message.trace);
	buffer_lit(&reply_id, ".0");
	ncpdp_write_refusal(NCPDP_SCRIPT, &event->sender, buffer_text(&reply_id), event->now.wall_ms, why, &body);
	assert(!body.failed);
	return buffer_text(&body);
}

void event_answer_with(const struct event *event, struct text body, enum fault_code fault)
{
	struct held *held = ledger_hold(event->ledger, event->input, event->message.trace, &event->sender, body, fault);

	held->plain = event->plain;
	if (event->pas)
		event_pas_held(event, held);
}

/* A refusal that is not remembered: the message may come again and do better. */
static void refuse_for_now(const struct event *event, const struct fault *why)
{
	log_event(fault_row(why->code)->level, "case.refused", log_id("trace", event->message.trace),
		log_word("fault", fault_row(why->code)->name), log_path("at", why->path));
	event_answer_with(event, refusal(event, why), why->code);
}

void event_refuse_now(const struct event *event, enum fault_code code, const char *path)
{
	struct fault why;

	fault_set(&why, code, path);
	refuse_for_now(event, &why);
}

bool event_store(const struct event *event, struct case_change *change, struct text body, enum fault_code code, bool *stored)
{
	const struct case_message *message = &event->message;
	struct stored_reply before;

	change->partner = message->partner;
	change->message_id = message->message_id;
	change->reply.body_sha256 = message->body_sha256;
	change->reply.reply = body;
	change->reply.received_ms = message->received_ms;
	if (code != FAULT_NONE)
		change->reply.fault = text_of(fault_row(code)->name);
	change->audit.at_ms = event->now.wall_ms;
	change->audit.partner = message->partner;
	change->audit.message_id = message->message_id;
	change->audit.trace = message->trace;
	change->audit.fault = change->reply.fault;
	*stored = false;
	switch (case_store_change(&event->ledger->cases, change, event->arena, &before, event->fault)) {
	case STORED_OK:
		*stored = true;
		ledger_touch(event->ledger, event->now);
		event_answer_with(event, body, code);
		return true;
	case STORED_CONFLICT:
		refuse_for_now(event, event->fault);
		return true;
	case STORED_DUPLICATE: /* seen() was asked first */
	case STORED_REUSED:
	case STORED_FULL:
	case STORED_UNKNOWN:
	case STORED_CORRUPT:
		break;
	}
	return false;
}

bool event_refuse(const struct event *event, enum fault_code code, const char *path, struct text case_id)
{
	struct case_change change = { .reply.case_id = case_id,
		.audit = { .what = text_lit("REFUSED"), .event = event->message.event, .case_id = case_id } };
	struct fault why;
	bool stored;

	fault_set(&why, code, path);
	log_event(fault_row(code)->level, "case.refused", log_id("trace", event->message.trace), log_id("case", case_id),
		log_word("fault", fault_row(code)->name), log_path("at", why.path));
	return event_store(event, &change, refusal(event, &why), code, &stored);
}

struct text event_id(const struct event *event, const char *before, const char *after)
{
	struct buffer out;

	buffer_init(&out, event->arena, event->message.trace.n + 8);
	buffer_add(&out, text_of(before));
	buffer_add(&out, event->message.trace);
	buffer_add(&out, text_of(after));
	return buffer_text(&out);
}

static bool take_fetch(const struct event *event)
{
	const struct case_message *message = &event->message;
	struct ledger *ledger = event->ledger;
	struct mailbox_found found;
	struct case_item gone = { 0 };
	struct case_change change = { .audit = { .what = text_lit("FETCHED"), .event = message->event } };
	bool stored;

	if (!mailbox_find(&ledger->mailbox, &ledger->cases, message->partner,
		    message->acknowledged.n ? message->acknowledged : TEXT_NONE, event->now.mono_ms, event->arena, &found,
		    event->fault))
		return false;
	if (text_there(found.acknowledged)) {
		gone.key = found.acknowledged;
		change.items = &gone;
		change.items_n = 1;
		change.audit.row = case_mailbox_name(found.acknowledged);
		change.audit.case_id = found.acknowledged_case;
	}
	if (!event_store(event, &change, text_there(found.key) ? found.item.message : message->accepted, FAULT_NONE, &stored))
		return false;
	if (stored && text_there(found.key))
		mailbox_lease(&ledger->mailbox, found.key, event->now.mono_ms);
	if (stored)
		log_event(LEVEL_INFO, "mailbox.fetch", log_id("trace", message->trace),
			log_number("given", text_there(found.key)), log_number("acknowledged", text_there(found.acknowledged)));
	return true;
}

bool event_note(const struct event *event)
{
	struct case_change change = { .audit = { .what = text_lit("MESSAGE"), .event = event->message.event } };
	bool stored;

	return event_store(event, &change, event->message.accepted, FAULT_NONE, &stored);
}

static const struct {
	const char *event;
	bool (*take)(const struct event *event);
} kinds[] = {
	{ "INITIATE", event_case },
	{ "SUBMIT", event_case },
	{ "UPDATE", event_case },
	{ "APPEAL", event_case },
	{ "CANCEL", event_case },
	{ "NOTIFY", event_case },
	{ "ANSWER", event_answer },
	{ "FETCH", take_fetch },
	{ "NOTE", event_note },
	{ "INQUIRE", event_pas_inquire },
	{ "QUESTIONS", event_pas_questions },
	{ "NEXT_QUESTION", event_pas_questions },
	{ "SUBSCRIBE", event_pas_subscribe },
	{ "UNSUBSCRIBE", event_pas_unsubscribe },
	{ "SUBSCRIPTION", event_pas_subscription },
	{ "NEWS", event_pas_news },
	{ "PREFLIGHT", event_preflight },
};

/* True when the message came before and is answered as it was then. */
static bool seen_before(const struct event *event, bool *seen)
{
	const struct case_message *message = &event->message;
	struct stored_reply before;
	const struct fault_row *row;

	*seen = true;
	switch (case_store_seen(&event->ledger->cases, message->partner, message->message_id, message->body_sha256,
		event->arena, &before, event->fault)) {
	case STORED_OK:
		*seen = false;
		return true;
	case STORED_DUPLICATE:
		row = NULL;
		if (text_there(before.fault)) {
			char name[40];

			row = fault_find(text_to_z(before.fault, name, sizeof(name)));
		}
		log_event(LEVEL_INFO, "case.again", log_id("trace", message->trace), log_id("case", before.case_id));
		event_answer_with(event, before.reply, row ? row->code : FAULT_NONE);
		return true;
	case STORED_REUSED:
		if (event->pas)
			fault_set(event->fault, FAULT_REUSED_ID, "Bundle.identifier");
		refuse_for_now(event, event->fault);
		return true;
	case STORED_CONFLICT:
	case STORED_FULL:
	case STORED_UNKNOWN:
	case STORED_CORRUPT:
		break;
	}
	return false;
}

/* Who is to be answered. The worker checked the message; what cannot be unpacked still leaves the raw body to look in. */
static void find_sender(struct event *event)
{
	struct ncpdp_message message = { .family = NCPDP_SCRIPT };
	struct script_message *script = arena_new(event->arena, struct script_message);
	struct fault fault;

	assert(script);
	if (text_there(event->message.request) &&
		record_unpack(&script_message_record, script, event->arena, event->message.request, &fault))
		message.script = script;
	event->script = message.script;
	ncpdp_sender(&message, event->message.body, &event->sender);
}

bool ledger_event(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault)
{
	struct event event = { .ledger = ledger, .input = input, .now = now, .arena = &ledger->batch, .fault = fault };
	struct fault why;
	bool seen = false;

	if (!record_unpack(&case_message_record, &event.message, event.arena, input->payload, &why) ||
		!record_check(&case_message_record, &event.message, &why) || event.message.trace.n > TRACE_MAX) {
		log_event(LEVEL_ERROR, "ledger.event", log_word("fault", fault_row(FAULT_INTERNAL)->name));
		ncpdp_sender(&(struct ncpdp_message){ .family = NCPDP_SCRIPT }, event.message.body, &event.sender);
		fault_set(&why, FAULT_INTERNAL, "");
		refuse_for_now(&event, &why);
		return true;
	}
	event.pas = text_is(event.message.standard, "PAS");
	event.plain = text_is(event.message.event, "PREFLIGHT");
	if (!event.pas && !event.plain)
		find_sender(&event);
	if (input->deadline_ms && now.mono_ms + LEDGER_COMMIT_MS > input->deadline_ms) {
		ledger->counters.late++;
		fault_set(&why, FAULT_TIMEOUT, "");
		refuse_for_now(&event, &why);
		return true;
	}
	/* what only asks may be asked again and again, and hears how it is now */
	if (!event.plain && !event_pas_reads(&event.message) && !seen_before(&event, &seen))
		return false;
	if (seen)
		return true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text_is(event.message.event, kinds[i].event))
			return kinds[i].take(&event);
	return fault_set(fault, FAULT_INTERNAL, "event"); /* record_check let none other through */
}
