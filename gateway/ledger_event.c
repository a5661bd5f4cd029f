/* SPDX-License-Identifier: Apache-2.0 */
/* What a prescriber's message does to its case: opens it, moves it on, fetches from the mailbox, or is just noted. Whatever is
   answered is stored with it, so that the same message is answered the same way for ever. */
#include "gateway/ledger.h"

#include "base/log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { TRACE_MAX = 32 }; /* so that "PA-" and it fit a PACaseID of 35, and it with ".zz" a MessageID of 35 */

/* One message on its way into the batch. */
struct event {
	struct ledger *ledger;
	const struct input *input;
	struct case_message message;
	struct ncpdp_sender sender;
	struct now now;
	struct arena *arena;
	struct fault *fault; /* of a store that cannot be read */
};

static struct text refusal(const struct event *event, const struct fault *why)
{
	struct buffer reply_id, body;

	buffer_init(&reply_id, event->arena, 40);
	buffer_add(&reply_id, event->message.trace);
	buffer_lit(&reply_id, ".0");
	buffer_init(&body, event->arena, 1024);
	ncpdp_write_refusal(NCPDP_SCRIPT, &event->sender, buffer_text(&reply_id), event->now.wall_ms, why, &body);
	assert(!body.failed);
	return buffer_text(&body);
}

static void answer(const struct event *event, struct text body, enum fault_code fault)
{
	ledger_hold(event->ledger, event->input, event->message.trace, &event->sender, body, fault);
}

/* A refusal that is not remembered: the message may come again and do better. */
static void refuse_for_now(const struct event *event, const struct fault *why)
{
	log_event(fault_row(why->code)->level, "case.refused", log_id("trace", event->message.trace),
		log_word("fault", fault_row(why->code)->name), log_path("at", why->path));
	answer(event, refusal(event, why), why->code);
}

/* Puts the change into the batch with its answer. True also when the message turns out to be old or refused: only a store that
   cannot be read is false. */
static bool store_change(const struct event *event, struct case_change *change, struct text body, enum fault_code code,
	bool *stored)
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
		answer(event, body, code);
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

/* A refusal that is: the same message gets the same one. */
static bool refuse(const struct event *event, enum fault_code code, const char *path, struct text case_id)
{
	struct case_change change = { .reply.case_id = case_id,
		.audit = { .what = text_lit("REFUSED"), .event = event->message.event, .case_id = case_id } };
	struct fault why;
	bool stored;

	fault_set(&why, code, path);
	log_event(fault_row(code)->level, "case.refused", log_id("trace", event->message.trace), log_id("case", case_id),
		log_word("fault", fault_row(code)->name), log_path("at", why.path));
	return store_change(event, &change, refusal(event, &why), code, &stored);
}

/* The case a message means: by the payer's key, else by the prescriber's. *found false: none yet. An unknown payer's key, or one of
   another prescriber's case, is *known false. */
static bool find_case(const struct event *event, struct pa_case *at, bool *found, bool *known)
{
	const struct case_message *message = &event->message;
	struct case_store *cases = &event->ledger->cases;
	bool by_case_id = text_is(message->event, "SUBMIT") && message->pa_case_id.n;
	struct text case_id = TEXT_NONE;

	*found = false;
	*known = true;
	if (by_case_id)
		case_id = message->pa_case_id;
	else if (message->pa_reference_id.n &&
		!case_store_find(cases, message->partner, message->pa_reference_id, event->arena, &case_id, event->fault))
		return false;
	if (!text_there(case_id))
		return true;
	if (!case_store_read(cases, case_key(case_id, event->arena), &pa_case_record, at, event->arena, found, event->fault))
		return false;
	if (*found && !text_equal(at->partner, message->partner))
		*found = false;
	*known = *found;
	return true;
}

static struct text joined(struct arena *arena, const char *before, struct text trace, const char *after)
{
	struct buffer out;

	buffer_init(&out, arena, trace.n + 8);
	buffer_add(&out, text_of(before));
	buffer_add(&out, trace);
	buffer_add(&out, text_of(after));
	return buffer_text(&out);
}

static void fill_case(const struct event *event, const struct case_step *step, struct pa_case *at)
{
	const struct case_message *message = &event->message;

	if (step->in == CASE_NEW) {
		at->case_id = joined(event->arena, "PA-", message->trace, "");
		at->partner = message->partner;
		at->pa_reference_id = message->pa_reference_id.n ? message->pa_reference_id : TEXT_NONE;
		at->opened_ms = message->received_ms;
	}
	at->state = text_of(case_state_name(step->next));
	at->version++;
	at->changed_ms = event->now.wall_ms;
	at->rows++;
	at->reply_by_ms = 0;
	if (text_there(message->priority))
		at->priority = message->priority;
	if (text_there(message->plan))
		at->plan = message->plan;
	if (text_there(message->policy))
		at->policy = message->policy;
	if (text_there(message->decision))
		at->decision = message->decision;
}

static bool ask(const struct event *event, const struct case_step *step, struct pa_case *at)
{
	const struct case_message *message = &event->message;
	int64_t seen_version = at->version, due_ms = event->now.wall_ms;
	struct outbox_row row = { .kind = text_lit("WORK"), .partner = message->partner, .created_ms = due_ms,
		.due_ms = due_ms, .event = message->event, .request = message->request, .received_ms = message->received_ms,
		.trace = message->trace, .reply_id = joined(event->arena, "", message->trace, ".1") };
	struct case_item item = { .record = &outbox_row_record, .rec = &row };
	struct case_change change = { .put = at, .expected_version = seen_version, .items = &item, .items_n = 1 };
	bool stored;

	fill_case(event, step, at);
	row.case_id = at->case_id;
	row.plan = at->plan;
	row.policy = at->policy;
	row.decision = at->decision;
	item.key = case_row_key(due_ms, at->case_id, at->rows, event->arena);
	change.reply.case_id = at->case_id;
	change.audit = (struct audit_entry){ .what = text_lit("MESSAGE"), .event = message->event, .case_id = at->case_id,
		.before = step->in == CASE_NEW ? TEXT_NONE : text_of(case_state_name(step->in)), .after = at->state,
		.version = at->version };
	if (!store_change(event, &change, message->accepted, FAULT_NONE, &stored))
		return false;
	if (!stored)
		return true;
	ledger_later(event->ledger, (struct later){ LIST_WORK, item.key, false, due_ms, due_ms });
	event->ledger->counters.cases += step->in == CASE_NEW;
	log_event(LEVEL_INFO, "case.event", log_id("trace", message->trace), log_id("case", at->case_id),
		log_word("event", case_event_name(step->when)), log_word("before", case_state_name(step->in)),
		log_word("after", case_state_name(step->next)));
	return true;
}

static bool take_case_event(const struct event *event)
{
	const struct case_message *message = &event->message;
	enum case_state state = CASE_NEW;
	const struct case_step *step;
	struct pa_case at = { 0 };
	enum case_event when;
	bool found, known;

	if (!case_event_of(message->event, &when))
		return fault_set(event->fault, FAULT_INTERNAL, "event");
	if (!find_case(event, &at, &found, &known))
		return false;
	if (!known)
		return refuse(event, FAULT_UNKNOWN_CASE, "PACaseID", TEXT_NONE);
	if (found && !case_state_of(at.state, &state))
		return fault_set(event->fault, FAULT_STORE_CORRUPT, "pa_case");
	step = case_step(state, when);
	switch (step->act) {
	case ACT_ASK:
		return ask(event, step, &at);
	case ACT_REFUSE:
		return refuse(event, FAULT_CASE_STATE, case_state_name(state), at.case_id);
	case ACT_DELIVER:
	case ACT_DEFER:
	case ACT_WAIT:
	case ACT_FORWARD:
	case ACT_IGNORE:
		break;
	}
	assert(!"a prescriber's event is asked or refused"); /* case_test.c holds the table to it */
	return false;
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
	if (!store_change(event, &change, text_there(found.key) ? found.item.message : message->accepted, FAULT_NONE, &stored))
		return false;
	if (stored && text_there(found.key))
		mailbox_lease(&ledger->mailbox, found.key, event->now.mono_ms);
	if (stored)
		log_event(LEVEL_INFO, "mailbox.fetch", log_id("trace", message->trace),
			log_number("given", text_there(found.key)), log_number("acknowledged", text_there(found.acknowledged)));
	return true;
}

static bool take_note(const struct event *event)
{
	struct case_change change = { .audit = { .what = text_lit("MESSAGE"), .event = event->message.event } };
	bool stored;

	return store_change(event, &change, event->message.accepted, FAULT_NONE, &stored);
}

static const struct {
	const char *event;
	bool (*take)(const struct event *event);
} kinds[] = {
	{ "INITIATE", take_case_event },
	{ "SUBMIT", take_case_event },
	{ "FETCH", take_fetch },
	{ "NOTE", take_note },
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
		answer(event, before.reply, row ? row->code : FAULT_NONE);
		return true;
	case STORED_REUSED:
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
	ncpdp_sender(&message, event->message.body, &event->sender);
}

bool ledger_event(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault)
{
	struct event event = { .ledger = ledger, .input = input, .now = now, .arena = &ledger->batch, .fault = fault };
	struct fault why;
	bool seen;

	if (!record_unpack(&case_message_record, &event.message, event.arena, input->payload, &why) ||
		!record_check(&case_message_record, &event.message, &why) || event.message.trace.n > TRACE_MAX) {
		log_event(LEVEL_ERROR, "ledger.event", log_word("fault", fault_row(FAULT_INTERNAL)->name));
		ncpdp_sender(&(struct ncpdp_message){ .family = NCPDP_SCRIPT }, event.message.body, &event.sender);
		fault_set(&why, FAULT_INTERNAL, "");
		refuse_for_now(&event, &why);
		return true;
	}
	find_sender(&event);
	if (input->deadline_ms && now.mono_ms + LEDGER_COMMIT_MS > input->deadline_ms) {
		ledger->counters.late++;
		fault_set(&why, FAULT_TIMEOUT, "");
		refuse_for_now(&event, &why);
		return true;
	}
	if (!seen_before(&event, &seen))
		return false;
	if (seen)
		return true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text_is(event.message.event, kinds[i].event))
			return kinds[i].take(&event);
	return fault_set(fault, FAULT_INTERNAL, "event"); /* record_check let none other through */
}
