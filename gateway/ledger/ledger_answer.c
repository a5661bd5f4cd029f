/* SPDX-License-Identifier: Apache-2.0 */
/* What a remote backend says later than in its HTTP response: an answer to a question we passed on, or a notification. It is held
   against the question it relates to and the state of the case; what fits moves the case like any decision and goes to the prescriber
   with its body untouched, under a head of ours. What is late or repeated is taken and changes nothing; what contradicts a decision,
   lacks the reason of a denial, or is about a case that is not the backend's, is refused. */
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_move.h"
#include "gateway/ledger/ledger_script.h"
#include "gateway/ledger/ledger_reroute.h"

#include "base/log.h"
#include "gateway/config/route.h"
#include "ncpdp/envelope.h"

#include <assert.h>
#include <string.h>

/* -- whose case -- */

struct about {
	struct pa_case at;
	struct sent_question sent; /* the question it relates to; zeroed when it names none that we sent */
	struct sent_question cancel; /* the cancellation that is waited for; zeroed when none is */
	bool there;
	struct text reference; /* PAReferenceID of a PAS case that is asked in SCRIPT */
};

static bool read_case(const struct event *event, struct text case_id, struct about *out)
{
	return case_store_read(&event->ledger->cases, case_key(case_id, event->arena), &pa_case_record, &out->at, event->arena,
		&out->there, event->fault);
}

/* By the name this backend has for it, at whichever of its addresses it was asked. What another calls so is another case. */
static bool find_by_backend(const struct event *event, struct about *out)
{
	const struct case_message *message = &event->message;
	const struct config *config = event->ledger->config;
	const struct backend *says = backend_find(config, message->backend);

	for (size_t i = 0; says && i < config->backends_n && message->pa_case_id.n && !out->there; i++) {
		struct text asked = config->backends[i].name;
		struct store_row row;

		if (!text_equal(config->backends[i].id, says->id))
			continue;
		if (!store_get(event->ledger->store, case_backend_key(asked, message->pa_case_id, event->arena), event->arena, &row,
			    event->fault) ||
			(row.found && !read_case(event, row.value, out)))
			return false;
	}
	return true;
}

/* The one way in which all that identifies the case must agree. */
static bool is_theirs(const struct event *event, const struct about *about)
{
	const struct case_message *message = &event->message;
	const struct pa_case *at = &about->at;

	struct text reference = case_is_pas(at) ? about->reference : at->pa_reference_id;

	return about->there && backend_stands_in(event->ledger->config, at->backend, message->backend) &&
		(!message->pa_reference_id.n || !reference.n || text_equal(message->pa_reference_id, reference));
}

static bool answers_cancellation(const struct event *event)
{
	struct ledger_outcome outcome;

	return ledger_outcome(event->message.outcome, &outcome) && outcome.to_cancel;
}

/* The cancellation that is waited for. An answer that does not say to which one it is can only mean that. */
static bool find_cancellation(const struct event *event, struct about *out)
{
	struct case_store *cases = &event->ledger->cases;
	struct outbox_row row = { 0 };
	bool found;

	if (!text_there(out->at.cancel_row))
		return true;
	if (!case_store_read(cases, out->at.cancel_row, &outbox_row_record, &row, event->arena, &found, event->fault))
		return false;
	if (found && !case_store_read(cases, case_question_key(row.reply_id, event->arena), &sent_question_record, &out->cancel,
			     event->arena, &found, event->fault))
		return false;
	if (found && answers_cancellation(event) && !text_is(out->sent.event, "CANCEL"))
		out->sent = out->cancel;
	return true;
}

/* A PAS case is called after its Claim; what a backend is asked under is another name. */
static bool read_reference(const struct event *event, struct about *out)
{
	struct pa_script script = { .reference = TEXT_NONE };
	bool found;

	if (!case_store_read(&event->ledger->cases, case_script_key(out->at.case_id, event->arena), &pa_script_record, &script, event->arena,
		    &found, event->fault))
		return false;
	out->reference = script.reference;
	return true;
}

static bool find_case(const struct event *event, struct about *out)
{
	const struct case_message *message = &event->message;
	bool asked = false;

	*out = (struct about){ .there = false };
	if (message->relates_to.n &&
		!case_store_read(&event->ledger->cases, case_question_key(message->relates_to, event->arena), &sent_question_record,
			&out->sent, event->arena, &asked, event->fault))
		return false;
	if (asked ? !read_case(event, out->sent.case_id, out) : !find_by_backend(event, out))
		return false;
	if (!asked)
		out->sent = (struct sent_question){ .case_id = TEXT_NONE };
	if (out->there && case_is_pas(&out->at) && !read_reference(event, out))
		return false;
	out->there = is_theirs(event, out);
	return !out->there || find_cancellation(event, out);
}

/* -- does it fit -- */

enum fit { FITS, LATE, CONTRADICTS };

static bool answers_appeal(const struct event *event)
{
	return event->script && event->script->body->pa_appeal_response;
}

/* It names a question of a request or an appeal that was decided since. */
static bool is_about_before(const struct about *about)
{
	return text_there(about->sent.begun_id) && text_there(about->at.begun_id) &&
		!text_equal(about->sent.begun_id, about->at.begun_id);
}

/* Questions and "in process" are about the latest message only. A decision also counts when it relates to an earlier one of the same
   request or appeal: a payer may decide while the next answers are on their way. An appeal is decided by a PAAppealResponse alone, and
   that decides nothing else. */
static bool in_turn(const struct event *event, const struct about *about, enum case_event when)
{
	const struct pa_case *at = &about->at;
	bool latest = !text_there(about->sent.asked_id) || text_equal(about->sent.asked_id, at->asked_id);
	bool initiation = event->script && event->script->body->pa_initiation_response;

	if (answers_appeal(event) != text_is(at->asked_event, "APPEAL"))
		return false;
	if ((initiation && !text_is(at->asked_event, "INITIATE")) || is_about_before(about))
		return false;
	return latest || when == CASE_EVENT_APPROVE || when == CASE_EVENT_PARTLY || when == CASE_EVENT_DENY || when == CASE_EVENT_CLOSE;
}

/* The cancellation it names is the one that is waited for, and not one that was answered before. */
static bool is_to_cancellation(const struct about *about)
{
	return text_there(about->at.cancel_row) && text_equal(about->sent.asked_id, about->cancel.asked_id);
}

/* The state that says what this event says. */
static enum case_state said_state(enum case_event when)
{
	return case_step(CASE_SUBMITTED, when)->next;
}

static enum fit fit(const struct event *event, const struct about *about, enum case_state state, enum case_event when)
{
	const struct case_step *step = case_step(state, when);
	bool decision = case_state_decided(said_state(when)) || when == CASE_EVENT_CANCEL_DENIED;

	if (when == CASE_EVENT_CANCEL_AGREED || when == CASE_EVENT_CANCEL_DENIED) {
		if (is_to_cancellation(about))
			return step->act == ACT_IGNORE ? LATE : FITS;
		return when == CASE_EVENT_CANCEL_AGREED && state == CASE_CANCELLED ? LATE : CONTRADICTS;
	}
	if (step->act != ACT_IGNORE && in_turn(event, about, when))
		return FITS;
	/* what was decided stays decided: the backend is told when it says otherwise, and what it says next is a PANotification */
	return decision && step->act == ACT_IGNORE && said_state(when) != state ? CONTRADICTS : LATE;
}

/* -- what becomes of it -- */

static bool not_passed_on(const struct event *event, const struct about *about, enum case_event when, enum fit fits)
{
	struct case_change change = { .audit = { .what = text_lit("IGNORED"), .event = text_of(case_event_name(when)),
		.case_id = about->at.case_id } };
	bool stored;

	if (fits == CONTRADICTS) {
		event->ledger->counters.contradictions++;
		return event_refuse(event, FAULT_CASE_STATE, case_event_name(when), about->at.case_id);
	}
	log_event(LEVEL_INFO, "case.ignored", log_id("trace", event->message.trace), log_id("case", about->at.case_id),
		log_word("event", case_event_name(when)));
	return event_store(event, &change, event->message.accepted, FAULT_NONE, &stored);
}

static struct script_address *address_of(struct text qualified, struct arena *arena)
{
	struct envelope_party party = envelope_party(qualified);
	struct script_address *address = arena_new(arena, struct script_address);

	assert(address);
	address->qualifier = party.qualifier;
	address->id = party.id;
	return address;
}

/* The body as the backend wrote it, under the head of an answer to the prescriber's own message. */
static bool rehead(const struct event *event, const struct about *about, struct ledger_move *move, struct fault *why)
{
	struct arena *arena = event->arena;
	const struct pa_case *at = &about->at;
	struct script_header asked = { .to = address_of(at->addressed, arena), .from = address_of(at->partner, arena),
		.message_id = text_there(about->sent.asked_id) ? about->sent.asked_id : at->asked_id };
	struct script_header *head;
	struct buffer message;

	if (event->script && event->script->header)
		asked.test_message = event->script->header->test_message;
	move->message_id = event_id(event, "", ".1");
	head = envelope_script_answer(&asked, move->message_id, event->now.wall_ms, arena);
	if (head && move->event == CASE_EVENT_NOTIFY)
		head->relates_to_message_id = TEXT_NONE; /* it answers nothing */
	buffer_init(&message, arena, event->message.body.n + 1024);
	if (!head || !envelope_write(NCPDP_SCRIPT, event->message.body, head, &message, why))
		return false;
	move->message = buffer_text(&message);
	return true;
}

/* It may say that the case is not the backend's: of the question that still waits, as that holds all that goes on. */
static bool note_missed(const struct event *event, const struct about *about, struct ledger_move *move)
{
	const struct not_mine why = { event->message.said, event->message.said_n, event->message.reason };
	bool found;

	if (!why.said_n || move->event == CASE_EVENT_NOTIFY || !text_there(about->at.work_row))
		return true;
	return case_store_read(&event->ledger->cases, about->at.work_row, &outbox_row_record, &move->of, event->arena, &found, event->fault) &&
	       (!found || ledger_missed(move, &why, event->fault));
}

/* Like a decision, and in one change with the message that brought it. */
static bool apply(const struct event *event, const struct about *about, enum case_event when, const char *what)
{
	const struct case_message *message = &event->message;
	struct ledger_move move = { .ledger = event->ledger, .now = event->now, .at = about->at, .event = when,
		.trace = message->trace, .reason = message->reason, .backend_case_id = message->pa_case_id,
		.appeal_case_id = message->appeal_case_id, .e_appeal = message->e_appeal, .reply_by_ms = message->reply_by_ms,
		.appeal_by_ms = message->appeal_by_ms, .backend = message->backend };
	const struct script_beside beside = { .form_url = TEXT_NONE };
	struct case_change change;
	struct fault why;
	bool stored, sayable = true;

	if (!note_missed(event, about, &move))
		return false;
	if (move.goes) {
		move.message_id = TEXT_NONE;
	} else if (case_is_pas(&about->at)) {
		move.message_id = event_id(event, "", ".1");
		if (!ledger_script_say(&move, event->script, &beside, &sayable, event->fault))
			return false;
		if (!sayable || (!text_there(move.message) && !text_there(move.follow)))
			return event_refuse(event, FAULT_PEER_ANSWER, "Body", about->at.case_id);
	} else if (!rehead(event, about, &move, &why)) {
		return event_refuse(event, why.code, "", about->at.case_id);
	}
	ledger_say_nobody(&move);
	if (!ledger_move_plan(&move, what, &change, event->fault))
		return false;
	change.reply.case_id = about->at.case_id;
	if (!event_store(event, &change, message->accepted, FAULT_NONE, &stored))
		return false;
	return !stored || ledger_moved(&move, event->fault);
}

/* An Error that comes by itself: when it is about what we wait for, and is not of the kind that passes, that is the answer. */
static bool take_refusal(const struct event *event, const struct about *about, enum case_state state)
{
	const struct script_error *error = event->script->body->error;
	bool passing = text_is(error->code, "600") || text_is(error->code, "602");
	bool cancel = text_is(about->sent.event, "CANCEL");
	enum case_event when = cancel ? CASE_EVENT_CANCEL_DENIED : CASE_EVENT_CLOSE;
	bool awaited = cancel ? is_to_cancellation(about) :
		case_state_turn(state) == TURN_BACKEND && text_equal(about->sent.asked_id, about->at.asked_id);

	if (passing || !awaited || text_is(about->sent.event, "NOTIFY"))
		return not_passed_on(event, about, when, LATE);
	return apply(event, about, when, "ANSWERED");
}

static bool take_outcome(const struct event *event, const struct about *about, const struct ledger_outcome *outcome,
	enum case_state state)
{
	enum fit fits = fit(event, about, state, outcome->event);

	if (outcome->reason_needed && !text_trim(event->message.reason).n) {
		event->ledger->counters.no_reason++;
		return event_refuse(event, FAULT_NO_REASON, "PANote", about->at.case_id);
	}
	if (fits != FITS)
		return not_passed_on(event, about, outcome->event, fits);
	return apply(event, about, outcome->event, "ANSWERED");
}

bool event_answer(const struct event *event)
{
	const struct case_message *message = &event->message;
	bool notice = text_is(message->event, "NOTIFY"), refused = event->script && event->script->body->error;
	struct ledger_outcome outcome;
	enum case_state state;
	struct about about;

	if (!notice && !refused && !text_there(message->outcome))
		return event_note(event); /* a Status or Verify of its own: nothing waits for that */
	if (!find_case(event, &about))
		return false;
	if (!about.there && refused)
		return event_note(event); /* about something else than a case */
	if (!about.there) {
		event->ledger->counters.contradictions++;
		return event_refuse(event, FAULT_UNKNOWN_CASE, "PACaseID", TEXT_NONE);
	}
	if (!case_state_of(about.at.state, &state))
		return fault_set(event->fault, FAULT_STORE_CORRUPT, "pa_case");
	if (notice && case_is_pas(&about.at))
		return event_note(event); /* there is nothing in PAS that says it */
	if (notice)
		return apply(event, &about, CASE_EVENT_NOTIFY, "NOTIFIED");
	if (refused)
		return take_refusal(event, &about, state);
	if (!ledger_outcome(message->outcome, &outcome))
		return event_refuse(event, FAULT_PEER_ANSWER, "", about.at.case_id);
	return take_outcome(event, &about, &outcome, state);
}
