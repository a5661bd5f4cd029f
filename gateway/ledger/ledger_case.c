/* SPDX-License-Identifier: Apache-2.0 */
/* What a prescriber's message does to its case: opens it, answers its questions, appeals, takes it back, or tells the backend
   something. */
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_move.h"
#include "gateway/ledger/ledger_pas.h"
#include "gateway/ledger/ledger_script.h"
#include "gateway/config/route.h"

#include "base/log.h"

#include <assert.h>

/* -- which case -- */

struct found_case {
	struct pa_case at;
	bool there;
	const char *unknown; /* identifier that leads nowhere, or elsewhere than another one does; NULL: none */
};

static bool read_case(const struct event *event, struct text case_id, struct found_case *out)
{
	if (!case_store_read(&event->ledger->cases, case_key(case_id, event->arena), &pa_case_record, &out->at, event->arena,
		    &out->there, event->fault))
		return false;
	out->there = out->there && text_equal(out->at.partner, event->message.partner);
	return true;
}

/* A Claim of PAS names the case it changes by our number of it, or by the identifier of an earlier Claim: the last one that had it, because
   that is a number of the patient's event, and a further request for the same event is a case of its own. What is no change opens one. */
static bool find_pas_case(const struct event *event, struct found_case *out)
{
	const struct case_message *message = &event->message;
	struct text by_reference = TEXT_NONE, by_number = message->pa_case_id.n ? message->pa_case_id : TEXT_NONE;

	if (text_is(message->event, "SUBMIT"))
		return true;
	if (!text_there(by_number) && message->pa_reference_id.n && !case_store_find(&event->ledger->cases, message->partner, message->pa_reference_id,
						  event->arena, &by_reference, event->fault))
		return false;
	if (!text_there(by_reference) && !text_there(by_number))
		return true;
	if (text_there(by_number) && !ledger_pas_number(event->ledger, message->partner, by_number, event->arena, &by_number, event->fault))
		return false;
	if (!read_case(event, text_there(by_number) ? by_number : by_reference, out))
		return false;
	if (!out->there)
		out->unknown = text_there(by_number) ? "administrationReferenceNumber" : "Claim.related.claim";
	return true;
}

/* By the payer's key, ours or the one a remote backend gave, else by the prescriber's. Keys that lead to different cases are a mistake
   that must not go through: the answer would be about another patient. */
static bool find_case(const struct event *event, struct found_case *out)
{
	const struct case_message *message = &event->message;
	bool opens = text_is(message->event, "INITIATE");
	struct text by_reference = TEXT_NONE;

	*out = (struct found_case){ .unknown = NULL };
	if (event->pas)
		return find_pas_case(event, out);
	if (message->pa_reference_id.n && !case_store_find(&event->ledger->cases, message->partner, message->pa_reference_id,
						  event->arena, &by_reference, event->fault))
		return false;
	if (message->pa_case_id.n && !opens) {
		if (!read_case(event, message->pa_case_id, out))
			return false;
		if (out->there && message->pa_reference_id.n && out->at.pa_reference_id.n &&
			!text_equal(out->at.pa_reference_id, message->pa_reference_id))
			out->unknown = "PAReferenceID";
		if (out->there)
			return true;
		if (text_there(by_reference) && !read_case(event, by_reference, out))
			return false;
		if (!out->there || !text_equal(out->at.backend_case_id, message->pa_case_id))
			out->unknown = "PACaseID";
		return true;
	}
	if (!text_there(by_reference))
		return true;
	if (!read_case(event, by_reference, out))
		return false;
	if (!out->there)
		out->unknown = "PAReferenceID";
	return true;
}

/* -- what it does -- */

static struct text joined_party(const struct event *event)
{
	const struct ncpdp_sender *sender = &event->sender;
	struct buffer name;

	buffer_init(&name, event->arena, sender->to.n + sender->to_qualifier.n + 1);
	if (sender->to_qualifier.n) {
		buffer_add(&name, sender->to_qualifier);
		buffer_add_char(&name, ':');
	}
	buffer_add(&name, sender->to);
	return buffer_text(&name);
}

static void open_case(const struct event *event, struct pa_case *at)
{
	const struct case_message *message = &event->message;

	at->case_id = event_id(event, "PA-", "");
	at->partner = message->partner;
	at->pa_reference_id = message->pa_reference_id.n ? message->pa_reference_id : TEXT_NONE;
	at->opened_ms = message->received_ms;
	at->standard = message->standard;
}

/* A track that PBM or payer named for the member. */
static bool was_told(const struct route_decision *decision)
{
	for (size_t i = 0; decision->question && i < decision->question->said_n; i++)
		if (text_is(decision->question->said[i].member, "told"))
			return true;
	return false;
}

/* What PBM or payer said when they were asked holds for the case: a later message of the same drug, about which they were silent, takes nothing of
   it away. */
static bool knew_more(const struct event *event, struct text before, struct text now)
{
	struct route_decision was = { 0 }, is = { 0 };
	struct fault fault;

	return before.n && record_unpack(&route_decision_record, &was, event->arena, before, &fault) && was_told(&was) &&
		record_unpack(&route_decision_record, &is, event->arena, now, &fault) && is.question && !was_told(&is) &&
		text_equal(was.question->ndc, is.question->ndc);
}

/* What the message newly says of the order and its coverage. */
static void take_over(const struct event *event, const struct case_step *step, const struct script_plan *script, struct pa_case *at)
{
	const struct case_message *message = &event->message;

	if (text_there(message->priority))
		at->priority = message->priority;
	if (text_there(message->plan))
		at->plan = message->plan;
	if (text_there(message->medical_backend))
		at->medical_backend = message->medical_backend;
	if (text_there(message->policy))
		at->policy = message->policy;
	/* where a case went that came to the wrong backend, there it stays: the worker does not know of that */
	if (text_there(message->decision) && !at->misses_n && !knew_more(event, at->decision, message->decision))
		at->decision = message->decision;
	/* a second choice that has the case keeps it when the prescriber begins anew */
	if ((step->in == CASE_NEW || step->when == CASE_EVENT_INITIATE || script->anew || script->drop) && text_there(message->backend) && !at->misses_n &&
		!text_equal(at->backend, message->backend) && !backend_stands_in(event->ledger->config, message->backend, at->backend)) {
		at->backend = message->backend;
		at->backend_case_id = TEXT_NONE; /* the other one's name of it */
	}
	at->addressed = joined_party(event);
}

static void fill_case(const struct event *event, const struct case_step *step, const struct script_plan *script, struct pa_case *at)
{
	if (step->in == CASE_NEW)
		open_case(event, at);
	at->state = text_of(case_state_name(step->next));
	at->version++;
	at->changed_ms = event->now.wall_ms;
	at->rows++;
	take_over(event, step, script, at);
	if (step->next == step->in && step->when != CASE_EVENT_UPDATE)
		return; /* the request for a decision stands as it was */
	at->told_id = event->pas ? event->message.message_id : TEXT_NONE;
	at->reply_by_ms = 0;
	at->decided_ms = 0;
	at->asked_id = event->message.message_id;
	at->asked_event = script->script ? text_of(script->event) : event->message.event;
	if (step->in == CASE_NEW || case_state_decided(step->in) || script->anew || script->drop)
		at->begun_id = at->asked_id;
}

/* The row for the backend, and for a remote one what it will be known by. */
struct for_backend {
	struct outbox_row row;
	struct sent_question sent;
	struct case_item items[PAS_ITEMS_MOST]; /* with what a PAS submission adds to it */
	size_t items_n;
	struct pas_items pas;
	struct script_plan script; /* what it is in SCRIPT, when a PAS case is asked so */
	enum ledger_list list;
};

static void put_question(const struct event *event, const struct pa_case *before, struct pa_case *at, struct for_backend *out)
{
	const struct case_message *message = &event->message;
	int64_t due_ms = event->now.wall_ms;
	bool remote = !ledger_is_house(at->backend), script = out->script.script;

	out->row = (struct outbox_row){ .kind = text_lit("WORK"), .case_id = at->case_id, .partner = message->partner,
		.created_ms = due_ms, .due_ms = due_ms, .event = script ? text_of(out->script.event) : message->event,
		.request = script ? out->script.request : message->request, .plan = at->plan,
		.policy = at->policy, .decision = at->decision, .received_ms = message->received_ms, .trace = message->trace,
		.reply_id = event_id(event, "", ".1"), .backend = at->backend, .body = remote || event->pas ? message->body : TEXT_NONE,
		.standard = message->standard, .pas_version = message->pas_version, .asked_id = event->pas ? message->message_id : TEXT_NONE,
		.backend_case_id = at->backend_case_id, .state = before->state, .reply_by_ms = before->reply_by_ms };
	out->list = ledger_list_of(&out->row);
	out->items[out->items_n++] = (struct case_item){ case_row_key(due_ms, at->case_id, at->rows, event->arena),
		&outbox_row_record, &out->row };
	if (!remote)
		return;
	out->sent = (struct sent_question){ at->case_id, out->row.event, message->message_id, at->begun_id };
	out->items[out->items_n++] = (struct case_item){ case_question_key(out->row.reply_id, event->arena), &sent_question_record,
		&out->sent };
}

static bool store_step(const struct event *event, const struct case_step *step, struct pa_case *at, int64_t seen_version,
	const struct for_backend *question)
{
	const struct case_message *message = &event->message;
	struct case_item items[PAS_ITEMS_MOST + CLOCK_ITEMS];
	struct case_change change = { .put = at, .expected_version = seen_version, .items = items, .reply.case_id = at->case_id };
	struct clock_change clock;
	bool stored;

	for (size_t i = 0; i < question->items_n; i++)
		items[change.items_n++] = question->items[i];
	if (!ledger_clock_follow(event->ledger, at, step->in, step->when, message, event->script, event->now, &clock, event->fault))
		return false;
	for (size_t i = 0; i < clock.items_n; i++)
		items[change.items_n++] = clock.items[i];

	change.audit = (struct audit_entry){ .what = text_lit("MESSAGE"), .event = message->event, .case_id = at->case_id,
		.before = step->in == CASE_NEW ? TEXT_NONE : text_of(case_state_name(step->in)), .after = at->state,
		.version = at->version };
	if (!event_store(event, &change, message->accepted, FAULT_NONE, &stored))
		return false;
	if (!stored)
		return true;
	event_pas_stored(event, &question->pas);
	if (question->items_n)
		ledger_later(event->ledger, (struct later){ question->list, question->items[0].key, false, question->row.due_ms,
			question->row.due_ms });
	if (!ledger_clock_stored(event->ledger, &clock, event->now, event->fault))
		return false;
	event->ledger->counters.cases += step->in == CASE_NEW;
	log_event(LEVEL_INFO, "case.event", log_id("trace", message->trace), log_id("case", at->case_id),
		log_word("event", case_event_name(step->when)), log_word("before", case_state_name(step->in)),
		log_word("after", case_state_name(step->next)));
	return true;
}

/* By which an inquiry or a pre-flight finds it. */
static void add_keys(const struct event *event, const struct pa_case *at, struct for_backend *out)
{
	const struct case_message *message = &event->message;
	struct arena *arena = event->arena;

	for (size_t i = 0; i < message->inquiry_keys_n; i++)
		out->items[out->items_n++] = (struct case_item){ .key = case_inquiry_key(message->inquiry_keys[i], at->case_id, arena), .value = at->case_id };
	for (size_t i = 0; i < message->drug_keys_n; i++)
		out->items[out->items_n++] = (struct case_item){ .key = case_inquiry_key(message->drug_keys[i], at->case_id, arena), .value = at->case_id };
}

/* What is kept with a case that is asked in SCRIPT. */
static void put_script(const struct event *event, const struct pa_case *at, struct for_backend *question)
{
	struct case_item item = { .key = case_script_key(at->case_id, event->arena) };

	if (text_there(question->script.put.reference)) {
		item.record = &pa_script_record;
		item.rec = &question->script.put;
	} else if (!question->script.drop) {
		return;
	}
	question->items[question->items_n++] = item;
}

static bool ask(const struct event *event, const struct case_step *step, struct pa_case *at)
{
	struct for_backend question = { .items_n = 0 };
	struct pa_case before = *at;

	if (event->pas && !event_script_plan(event, at, step->in == CASE_NEW, &question.script))
		return false;
	if (question.script.why.code != FAULT_NONE)
		return event_refuse(event, question.script.why.code, question.script.why.path, before.case_id);
	fill_case(event, step, &question.script, at);
	if (step->in == CASE_NEW && !event_earlier(event, at))
		return false;
	put_question(event, &before, at, &question);
	put_script(event, at, &question);
	if (step->when == CASE_EVENT_CANCEL)
		at->cancel_row = question.items[0].key;
	else
		at->work_row = question.items[0].key;
	add_keys(event, at, &question);
	if (event->pas && !event_pas_items(event, &before, at, question.items, &question.items_n, &question.pas))
		return false;
	return store_step(event, step, at, before.version, &question);
}

/* The house payer has nothing to do about a notification: it is on record. */
static bool forward(const struct event *event, const struct case_step *step, struct pa_case *at)
{
	struct for_backend question = { .items_n = 0 };
	struct pa_case before = *at;

	fill_case(event, step, &question.script, at);
	if (!ledger_is_house(at->backend))
		put_question(event, &before, at, &question);
	return store_step(event, step, at, before.version, &question);
}

/* -- whether it may -- */

struct objection {
	enum fault_code code; /* FAULT_NONE: none */
	const char *path;
};

static struct objection to_appeal(const struct event *event, const struct pa_case *at)
{
	const struct case_message *message = &event->message;

	if (message->appeal_case_id.n && at->appeal_case_id.n && !text_equal(message->appeal_case_id, at->appeal_case_id))
		return (struct objection){ FAULT_UNKNOWN_CASE, "AppealCaseID" };
	if (text_is(at->e_appeal, "N"))
		return (struct objection){ FAULT_APPEAL_BY_OTHER_MEANS, "" };
	/* only the denial opens and closes the window; questions within an appeal have their own deadline */
	if (at->appeal_by_ms && message->received_ms > at->appeal_by_ms)
		return (struct objection){ FAULT_APPEAL_LATE, "" };
	return (struct objection){ FAULT_NONE, "" };
}

/* Beyond what the table says of the state. False: the store cannot be read. */
static bool object(const struct event *event, const struct case_step *step, const struct pa_case *at, struct objection *out)
{
	struct outbox_row row;
	bool found = false;

	*out = (struct objection){ FAULT_NONE, "" };
	if (step->act == ACT_REFUSE)
		*out = (struct objection){ FAULT_CASE_STATE, case_state_name(step->in) };
	else if (step->when == CASE_EVENT_APPEAL)
		*out = to_appeal(event, at);
	else if (step->when == CASE_EVENT_CANCEL && text_there(at->cancel_row)) {
		if (!case_store_read(&event->ledger->cases, at->cancel_row, &outbox_row_record, &row, event->arena, &found,
			    event->fault))
			return false;
		if (found) /* the backend is being asked already */
			*out = (struct objection){ FAULT_CASE_STATE, "PACancelRequest" };
	}
	return true;
}

bool event_case(const struct event *event)
{
	enum case_state state = CASE_NEW;
	const struct case_step *step;
	struct objection objection;
	struct found_case found;
	enum case_event when;

	if (text_is(event->message.event, "NOTIFY") && text_there(event->message.backend))
		return event_answer(event); /* a backend's */
	if (!case_event_of(event->message.event, &when))
		return fault_set(event->fault, FAULT_INTERNAL, "event");
	if (!find_case(event, &found))
		return false;
	if (!found.unknown && !found.there && when != CASE_EVENT_INITIATE && when != CASE_EVENT_SUBMIT)
		found.unknown = event->pas ? "Claim.related.claim" : "PAReferenceID";
	if (found.unknown)
		return event_refuse(event, FAULT_UNKNOWN_CASE, found.unknown, TEXT_NONE);
	if (found.there && !case_state_of(found.at.state, &state))
		return fault_set(event->fault, FAULT_STORE_CORRUPT, "pa_case");
	step = case_step(state, when);
	if (!object(event, step, &found.at, &objection))
		return false;
	if (objection.code != FAULT_NONE)
		return event_refuse(event, objection.code, objection.path, found.at.case_id);
	switch (step->act) {
	case ACT_ASK:
		return ask(event, step, &found.at);
	case ACT_FORWARD:
		return forward(event, step, &found.at);
	case ACT_REFUSE:
	case ACT_DELIVER:
	case ACT_DEFER:
	case ACT_WAIT:
	case ACT_IGNORE:
		break;
	}
	assert(!"a prescriber's event is asked, passed on or refused"); /* case_test.c holds the table to it */
	return false;
}
