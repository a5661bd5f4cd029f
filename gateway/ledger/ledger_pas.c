/* SPDX-License-Identifier: Apache-2.0 */
/* Submissions of PAS in the ledger: who waits for which decision, and what each of them is answered. */
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_move.h"
#include "gateway/ledger/pas_say.h"

#include "base/log.h"
#include "fhir-bridge/outcome.h"

#include <assert.h>

/* ms before the edge's deadline at which a client hears that it is pended: a commit, and the way back */
enum { PAS_MARGIN_MS = 250 };

bool case_is_pas(const struct pa_case *at)
{
	return text_is(at->standard, "PAS");
}

bool ledger_asked_in_script(const struct outbox_row *row)
{
	return text_is(row->standard, "PAS") && row->request.n;
}

static struct text reply_key(struct ledger *ledger, struct text partner, struct text message_id)
{
	return case_dedupe_key(partner, message_id, &ledger->batch);
}

static bool read_reply(struct ledger *ledger, struct text partner, struct text message_id, struct stored_reply *out, bool *found,
	struct fault *fault)
{
	*out = (struct stored_reply){ 0 };
	return case_store_read(&ledger->cases, reply_key(ledger, partner, message_id), &stored_reply_record, out, &ledger->batch, found,
		fault);
}

/* The case of this submitter that the backend calls so. */
static bool find_number(struct ledger *ledger, const struct backend *backend, struct text partner, struct text number, struct arena *arena, struct text *case_id,
	struct fault *fault)
{
	struct pa_case at = { 0 };
	struct store_row row;
	bool found = false;

	*case_id = TEXT_NONE;
	if (!store_get(ledger->store, case_backend_key(backend->name, number, arena), arena, &row, fault) ||
		(row.found && !case_store_read(&ledger->cases, case_key(row.value, arena), &pa_case_record, &at, arena, &found, fault)))
		return false;
	if (found && text_equal(at.partner, partner))
		*case_id = at.case_id;
	return true;
}

bool ledger_pas_number(struct ledger *ledger, struct text partner, struct text number, struct arena *arena, struct text *case_id, struct fault *fault)
{
	const struct config *config = ledger->config;
	struct text theirs = TEXT_NONE;
	struct store_row row;

	*case_id = number;
	if (!store_get(ledger->store, case_key(number, arena), arena, &row, fault))
		return false;
	for (size_t i = 0; i < config->backends_n && !row.found; i++) {
		struct text one;

		if (!config->backends[i].fhir.n)
			continue;
		if (!find_number(ledger, &config->backends[i], partner, number, arena, &one, fault))
			return false;
		if (text_there(one) && text_there(theirs) && !text_equal(one, theirs))
			return true; /* of two payers: it would be a guess which patient is meant */
		theirs = text_there(one) ? one : theirs;
	}
	if (text_there(theirs))
		*case_id = theirs;
	return true;
}

/* -- messages -- */

bool event_pas_reads(const struct case_message *message)
{
	return text_in_list(message->event, "INQUIRE SUBSCRIPTION QUESTIONS NEXT_QUESTION NEWS");
}

void event_pas_held(const struct event *event, struct held *held)
{
	const struct case_message *message = &event->message;

	held->pas = true;
	held->status = held->fault != FAULT_NONE ? fault_row(held->fault)->http_status : 200;
	if (held->fault != FAULT_NONE)
		return;
	if (text_is(message->event, "SUBSCRIBE") && !text_there(message->subscription)) {
		held->status = 201;
		held->location = arena_text(event->arena, event_id(event, "/fhir/Subscription/", ""));
	} else if (!held->body.n && !event_pas_reads(message)) {
		held->wait_partner = arena_text(event->arena, message->partner);
		held->wait_id = arena_text(event->arena, message->message_id);
	}
}

static void add_item(struct case_item *items, size_t *n, struct case_item item)
{
	assert(*n < PAS_ITEMS_MOST);
	items[(*n)++] = item;
}

/* The case is known by the identifier of each of its Claims; of several cases that have one, by the last. */
static void add_reference(const struct event *event, const struct pa_case *at, struct case_item *items, size_t *n)
{
	const struct case_message *message = &event->message;

	if (message->further_reference.n)
		add_item(items, n, (struct case_item){ .key = case_reference_key(message->partner, message->further_reference,
			event->arena), .value = at->case_id });
}

/* Whoever waits for the decision about the request as it was hears that it is pended. */
static bool settle_old(const struct event *event, const struct pa_case *before, struct case_item *items, size_t *n,
	struct pas_items *out)
{
	struct ledger *ledger = event->ledger;
	struct outbox_row row;
	bool found;

	if (!text_is(event->message.event, "UPDATE") || !text_there(before->work_row))
		return true;
	if (!case_store_read(&ledger->cases, before->work_row, &outbox_row_record, &row, event->arena, &found, event->fault))
		return false;
	if (!found)
		return fault_set(event->fault, FAULT_STORE_CORRUPT, "pa_case/work_row");
	out->dropped_row = before->work_row;
	out->dropped_list = ledger_list_of(&row);
	add_item(items, n, (struct case_item){ .key = before->work_row });
	if (!read_reply(ledger, before->partner, row.asked_id, &out->told, &found, event->fault))
		return false;
	if (!found || out->told.reply.n)
		return true;
	out->told.reply = pas_say_pended(row.body, before->case_id, event_id(event, "", ".p"), event->now.wall_ms,
		pas_version_of(row.pas_version), event->arena);
	if (!text_there(out->told.reply))
		return fault_set(event->fault, FAULT_INTERNAL, "ClaimResponse");
	out->told_id = row.asked_id;
	add_item(items, n, (struct case_item){ reply_key(ledger, before->partner, row.asked_id), &stored_reply_record, &out->told });
	return true;
}

bool event_pas_items(const struct event *event, const struct pa_case *before, const struct pa_case *at, struct case_item *items,
	size_t *n, struct pas_items *out)
{
	add_reference(event, at, items, n);
	return settle_old(event, before, items, n, out);
}

/* -- waiting -- */

static void answer_one(struct ledger *ledger, const struct waiting_one *one, struct text body, enum fault_code fault)
{
	struct envelope envelope = { .trace = text_of(one->trace), .edge = text_of(one->edge), .slot = one->slot,
		.received_ms = one->received_ms };
	struct input of = { .kind = IN_MESSAGE, .type = TYPE_EVENT, .envelope = &envelope, .deadline_ms = one->deadline_ms };
	struct ncpdp_sender nobody = { 0 };
	struct held *held = ledger_hold(ledger, &of, envelope.trace, &nobody, body, fault);

	held->pas = true;
	held->status = fault != FAULT_NONE ? fault_row(fault)->http_status : 200;
}

/* Everybody who waits for this submission is told, also who began to in this very batch. */
static void wake(struct ledger *ledger, struct text partner, struct text message_id, struct text body)
{
	struct waiting_one one;

	for (size_t i = 0; i < ledger->held_n; i++) {
		struct held *held = &ledger->held[i];

		if (text_there(held->wait_id) && text_equal(held->wait_id, message_id) && text_equal(held->wait_partner, partner)) {
			held->wait_id = TEXT_NONE;
			held->body = arena_text(&ledger->batch, body);
		}
	}
	while (waiting_take(&ledger->waiting, partner, message_id, &one))
		answer_one(ledger, &one, body, FAULT_NONE);
}

void event_pas_stored(const struct event *event, const struct pas_items *items)
{
	if (text_there(items->dropped_row))
		ledger_later(event->ledger, (struct later){ items->dropped_list, items->dropped_row, true, 0, 0 });
	if (text_there(items->told_id))
		wake(event->ledger, event->message.partner, items->told_id, items->told.reply);
}

void ledger_pas_wait(struct ledger *ledger, const struct held *held, struct now now)
{
	int64_t wait_ms = ledger->config->pas_wait_ms ? ledger->config->pas_wait_ms : PAS_WAIT_MS;
	struct waiting_one one = { .slot = held->envelope.slot, .received_ms = held->envelope.received_ms,
		.deadline_ms = held->of.deadline_ms, .until_ms = now.mono_ms + wait_ms };

	if (one.deadline_ms && one.until_ms > one.deadline_ms - PAS_MARGIN_MS)
		one.until_ms = one.deadline_ms - PAS_MARGIN_MS;
	if (one.until_ms < now.mono_ms || ledger->stopping || waiting_full(&ledger->waiting))
		one.until_ms = now.mono_ms; /* it is told in the next step */
	text_to_z(held->envelope.edge, one.edge, sizeof(one.edge));
	text_to_z(held->envelope.trace, one.trace, sizeof(one.trace));
	text_to_z(held->wait_partner, one.partner, sizeof(one.partner));
	text_to_z(held->wait_id, one.message_id, sizeof(one.message_id));
	waiting_add(&ledger->waiting, &one);
}

/* -- that it is pended -- */

/* The row that asks the payer for the answer to this submission. */
static bool find_question(struct ledger *ledger, const struct pa_case *at, struct text message_id, struct outbox_row *row, bool *found,
	struct fault *fault)
{
	const struct text rows[] = { at->work_row, at->cancel_row };

	*found = false;
	for (size_t i = 0; i < 2 && !*found; i++) {
		if (!text_there(rows[i]))
			continue;
		if (!case_store_read(&ledger->cases, rows[i], &outbox_row_record, row, &ledger->batch, found, fault))
			return false;
		*found = *found && text_equal(row->asked_id, message_id);
	}
	return true;
}

static struct text later_id(struct text trace, const char *after, struct arena *arena)
{
	struct buffer id;

	buffer_init(&id, arena, trace.n + 4);
	buffer_add(&id, trace);
	buffer_add(&id, text_of(after));
	return buffer_text(&id);
}

/* `keep`: it is stored, and whoever waits hears of it. */
static bool say_pended(struct ledger *ledger, struct text partner, struct text message_id, bool keep, struct stored_reply *reply,
	struct now now, struct fault *fault)
{
	struct arena *arena = &ledger->batch;
	struct outbox_row row = { 0 };
	struct pa_case at = { 0 };
	struct case_item item = { reply_key(ledger, partner, message_id), &stored_reply_record, reply, TEXT_NONE };
	struct case_change change = { .items = &item, .items_n = 1 };
	struct stored_reply none;
	bool found;

	if (!case_store_read(&ledger->cases, case_key(reply->case_id, arena), &pa_case_record, &at, arena, &found, fault))
		return false;
	if (!found)
		return fault_set(fault, FAULT_STORE_CORRUPT, "stored_reply/case_id");
	if (!find_question(ledger, &at, message_id, &row, &found, fault))
		return false;
	if (!found)
		return fault_set(fault, FAULT_STORE_CORRUPT, "stored_reply");
	reply->reply = pas_say_pended(row.body, at.case_id, later_id(row.trace, ".p", arena), now.wall_ms, pas_version_of(row.pas_version),
		arena);
	if (!text_there(reply->reply)) {
		log_event(LEVEL_ERROR, "pas.pended", log_id("case", at.case_id), log_word("fault", fault_row(FAULT_INTERNAL)->name));
		return true;
	}
	if (!keep)
		return true;
	change.audit = (struct audit_entry){ .at_ms = now.wall_ms, .what = text_lit("PENDED"), .partner = partner,
		.message_id = message_id, .case_id = at.case_id, .trace = row.trace };
	if (case_store_change(&ledger->cases, &change, arena, &none, fault) != STORED_OK)
		return false;
	ledger_touch(ledger, now);
	log_event(LEVEL_INFO, "case.pended", log_id("trace", row.trace), log_id("case", at.case_id));
	wake(ledger, partner, message_id, reply->reply);
	return true;
}

bool ledger_pas_answer(struct ledger *ledger, struct text partner, struct text message_id, bool keep, struct now now,
	struct text *body, struct fault *fault)
{
	struct stored_reply reply;
	bool found;

	if (!read_reply(ledger, partner, message_id, &reply, &found, fault))
		return false;
	if (!found)
		return fault_set(fault, FAULT_STORE_CORRUPT, "stored_reply");
	if (!reply.reply.n && !say_pended(ledger, partner, message_id, keep, &reply, now, fault))
		return false;
	*body = reply.reply;
	return true;
}

static struct text cannot_say(struct arena *arena)
{
	struct buffer body;
	struct fault why;

	fault_set(&why, FAULT_INTERNAL, "");
	buffer_init(&body, arena, 256);
	fhir_outcome_write(&why, &body);
	return buffer_text(&body);
}

bool ledger_pas_act(struct ledger *ledger, struct now now, struct fault *fault)
{
	int64_t until_ms = ledger->stopping ? INT64_MAX : now.mono_ms;
	struct waiting_one one;
	struct text body;

	while (waiting_take_due(&ledger->waiting, until_ms, &one)) {
		struct text partner = arena_text(&ledger->batch, text_of(one.partner));
		struct text message_id = arena_text(&ledger->batch, text_of(one.message_id));

		if (!ledger_pas_answer(ledger, partner, message_id, true, now, &body, fault))
			return false;
		answer_one(ledger, &one, text_there(body) ? body : cannot_say(&ledger->batch), text_there(body) ? FAULT_NONE : FAULT_INTERNAL);
		ledger_touch(ledger, now); /* it leaves with a commit, also when nothing is new in it */
	}
	return true;
}

/* -- decisions -- */

bool ledger_pas_tell(struct ledger_move *move, struct fault *fault)
{
	struct pas_told *told = &move->pas;
	struct ledger *ledger = move->ledger;
	struct pa_case *at = &move->at;
	bool found, before;

	assert(text_there(move->message)); /* the caller looked whether the step has one */
	told->asked_id = text_there(move->of.asked_id) ? move->of.asked_id : at->told_id;
	if (!read_reply(ledger, at->partner, told->asked_id, &told->reply, &found, fault))
		return false;
	if (!found)
		return fault_set(fault, FAULT_STORE_CORRUPT, "stored_reply");
	before = told->reply.reply.n > 0;
	told->reply.reply = move->message;
	ledger_move_item(move, (struct case_item){ reply_key(ledger, at->partner, told->asked_id), &stored_reply_record, &told->reply,
		TEXT_NONE });
	if (move->event == CASE_EVENT_CANCEL_AGREED)
		at->told_id = told->asked_id;
	/* who was told before that it is pended hears of the change; who waits is answered */
	return !before || ledger_pas_notify(move, fault);
}

bool ledger_pas_lapsed(struct ledger_move *move, struct text *message, struct fault *fault)
{
	struct ledger *ledger = move->ledger;
	struct stored_reply reply;
	bool found;

	if (!read_reply(ledger, move->at.partner, move->at.told_id, &reply, &found, fault))
		return false;
	*message = found && reply.reply.n ? pas_say_ended(reply.reply, text_lit("The time to answer ended without an answer. A new request "
		"is possible."), move->message_id, move->now.wall_ms, &ledger->batch) : TEXT_NONE;
	return true;
}

void ledger_pas_told(const struct ledger_move *move)
{
	if (text_there(move->pas.asked_id))
		wake(move->ledger, move->at.partner, move->pas.asked_id, move->pas.reply.reply);
}
