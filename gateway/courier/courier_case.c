/* SPDX-License-Identifier: Apache-2.0 */
/* A case that a remote backend decides: the question goes out under our head with its body untouched, and what the HTTP response says
   becomes a DECISION. Which it is says the table of what can be heard; an answer that comes later is the worker's or the mailbox's. */
#include "gateway/courier/courier_fhir.h"

#include "base/log.h"
#include "ncpdp/envelope.h"
#include "routing/case_store.h"

#include <stdio.h>
#include <string.h>

/* -- what was heard -- */

enum heard {
	HEARD_NOTHING,  /* no answer: it may have arrived */
	HEARD_TAKEN,    /* it has it and answers later */
	HEARD_ANSWER,   /* it answered at once */
	HEARD_NO_REASON, /* a denial without a reason: the ledger counts it and asks again */
	HEARD_LATER,    /* it did not take it and asks for it again later: Error 600, 602, HTTP 5xx */
	HEARD_NEVER,    /* it will not take it */
	HEARD_UNUSABLE, /* it said something, but what: it may have taken it */
};
static const char *const heard_names[] = { "nothing", "taken", "answer", "no_reason", "later", "never", "unusable" };

/* What each message may be answered with at once. */
static const struct {
	const char *event;
	enum ncpdp_kind answer;
} answers[] = {
	{ "INITIATE", NCPDP_PA_INITIATION_RESPONSE },
	{ "SUBMIT", NCPDP_PA_RESPONSE },
	{ "APPEAL", NCPDP_PA_APPEAL_RESPONSE },
	{ "CANCEL", NCPDP_PA_CANCEL_RESPONSE },
};

static bool fits(const struct job *job, enum ncpdp_kind kind)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (answers[i].answer == kind)
			return text_is(job->work.event, answers[i].event);
	return false;
}

/* There is no public code for a MessageID that was used before, so the words decide; only of something that was posted before. */
static bool says_repeated(const struct script_error *error)
{
	static const char *const words[] = { "duplicate", "used before", "already used", "already received", "already been", "repeated" };
	struct text said = error->description;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (size_t at = 0; at + strlen(words[i]) <= said.n; at++)
			if (text_equal_nocase((struct text){ said.at + at, strlen(words[i]) }, text_of(words[i])))
				return true;
	return false;
}

static enum heard of_error(const struct job *job, const struct script_error *error)
{
	if (!text_is(error->code, "900") && !text_is(error->code, "601"))
		return HEARD_LATER; /* 600, 602 */
	return job->in_doubt && says_repeated(error) ? HEARD_TAKEN : HEARD_NEVER;
}

static bool unpack_request(struct courier *courier, const struct job *job, struct script_message **out, struct fault *fault)
{
	*out = arena_new(&courier->arena, struct script_message);
	return *out ? record_unpack(&script_message_record, *out, &courier->arena, job->work.request, fault) :
		      fault_set(fault, FAULT_TOO_LARGE, "");
}

/* An answer about another case must not reach this one's prescriber: it would be about another patient. */
static bool about_this_case(struct courier *courier, const struct job *job, const struct ncpdp_outcome *outcome)
{
	struct ncpdp_message request = { .family = NCPDP_SCRIPT };
	struct ncpdp_keys keys;
	struct fault fault;

	if (!unpack_request(courier, job, &request.script, &fault))
		return false;
	ncpdp_keys(&request, &keys);
	return !keys.pa_reference_id.n || !outcome->pa_reference_id.n || text_equal(keys.pa_reference_id, outcome->pa_reference_id);
}

static enum heard of_script(struct courier *courier, const struct job *job, struct text body, bool good, struct ncpdp_message *message,
	struct ncpdp_outcome *outcome)
{
	struct fault fault;

	if (!ncpdp_read(courier->reader, NCPDP_SCRIPT, body, false, &courier->arena, message, &fault))
		return HEARD_UNUSABLE;
	if (!courier_relates(message, job->message_id))
		return HEARD_UNUSABLE; /* an answer to something else */
	if (message->kind == NCPDP_ERROR)
		return of_error(job, message->script->body->error);
	if (!good)
		return HEARD_UNUSABLE;
	if (message->kind == NCPDP_STATUS || message->kind == NCPDP_VERIFY)
		return HEARD_TAKEN;
	if (!fits(job, message->kind))
		return HEARD_UNUSABLE;
	if (remote_outcome(message, outcome, &fault))
		return about_this_case(courier, job, outcome) ? HEARD_ANSWER : HEARD_UNUSABLE;
	return fault.code == FAULT_NO_REASON ? HEARD_NO_REASON : HEARD_UNUSABLE;
}

static enum heard hear(struct courier *courier, const struct job *job, const struct input *input, struct ncpdp_message *message,
	struct ncpdp_outcome *outcome)
{
	bool good = input->status >= 200 && input->status < 300;
	struct text body = text_trim(input->payload);
	enum heard heard;

	if (input->status == 0)
		return HEARD_NOTHING;
	if (input->status >= 500)
		return HEARD_LATER;
	if (good && !body.n)
		return HEARD_TAKEN;
	heard = body.n ? of_script(courier, job, body, good, message, outcome) : HEARD_UNUSABLE;
	if (good || (heard != HEARD_UNUSABLE && heard != HEARD_LATER))
		return heard;
	return heard == HEARD_UNUSABLE && courier_final_status(input->status) ? HEARD_NEVER : HEARD_LATER;
}

/* -- what the ledger is told -- */

void case_decide(struct courier *courier, struct job *job, struct case_decision *decision, struct outbox *out)
{
	struct buffer packed;
	struct out *send;

	decision->row = job->work.row;
	decision->case_id = job->work.case_id;
	decision->backend = text_of(job->backend);
	buffer_init(&packed, out->arena, decision->message.n + 512);
	record_pack(&case_decision_record, decision, &packed);
	job->state = JOB_OVER;
	if (packed.failed)
		return; /* the row is sent again when its lease ends */
	send = outbox_send(out, job->ledger, TYPE_DECISION, NULL, buffer_text(&packed));
	send->envelope.trace = arena_text(out->arena, job->envelope.trace);
	courier->counters.faults += text_is(decision->outcome, "RETRY") || text_is(decision->outcome, "FAILED");
	log_event(LEVEL_INFO, "remote.done", log_id("trace", job->envelope.trace), log_id("case", job->work.case_id),
		log_id("backend", text_of(job->backend)), log_id("outcome", decision->outcome));
}

void case_tell(struct courier *courier, struct job *job, const char *outcome, struct outbox *out)
{
	const struct backend *backend = job_backend(courier, job);
	struct case_decision decision = { .outcome = text_of(outcome) };

	if (strcmp(outcome, "ACCEPTED") == 0 && backend)
		decision.again_ms = backend->answer_ms;
	case_decide(courier, job, &decision, out); /* RETRY with 0: the ledger waits longer each time */
}

void case_give_up(struct courier *courier, struct job *job, struct outbox *out)
{
	case_tell(courier, job, job->work.awaited ? "ACCEPTED" : "RETRY", out);
}

static struct text answer_id(const struct job *job)
{
	return job->work.answer_id.n ? job->work.answer_id : job->work.reply_id;
}

/* The answer as records, when they are wanted beside the message. False: they do not fit. */
static bool add_records(struct courier *courier, const struct job *job, const struct script_message *script, struct case_decision *decision)
{
	struct buffer packed;

	if (!job->work.records)
		return true;
	buffer_init(&packed, &courier->arena, 8192);
	record_pack(&script_message_record, script, &packed);
	decision->answer = buffer_text(&packed);
	return !packed.failed;
}

static void pass_on(struct courier *courier, struct job *job, struct text body, const struct script_message *said, const struct ncpdp_outcome *outcome,
	struct now now, struct outbox *out)
{
	struct case_decision decision = { .outcome = text_of(ncpdp_said_name(outcome->said)), .reason = outcome->reason,
		.reply_by_ms = outcome->reply_by_ms, .backend_case_id = outcome->pa_case_id, .appeal_case_id = outcome->appeal_case_id,
		.appeal_by_ms = outcome->appeal_by_ms, .e_appeal = remote_e_appeal(outcome) };
	const struct backend *backend = job_backend(courier, job);
	struct script_message *request;
	struct script_header *head;
	struct buffer message;
	struct fault fault;

	if (outcome->said == NCPDP_SAID_IN_PROCESS && backend)
		decision.again_ms = backend->answer_ms;
	buffer_init(&message, &courier->arena, body.n + 1024);
	if (!unpack_request(courier, job, &request, &fault)) {
		case_give_up(courier, job, out);
		return;
	}
	head = envelope_script_answer(request->header, answer_id(job), now.wall_ms, &courier->arena);
	if (!head || !envelope_write(NCPDP_SCRIPT, body, head, &message, &fault) || !add_records(courier, job, said, &decision)) {
		case_give_up(courier, job, out);
		return;
	}
	decision.message = buffer_text(&message);
	decision.said_n = remote_not_mine(outcome, &courier->arena, &decision.said);
	case_decide(courier, job, &decision, out);
}

/* -- a refusal for good, in words for the prescriber -- */

static struct text refusal_note(const struct job *job, const struct ncpdp_message *message, struct arena *arena)
{
	struct buffer note;

	buffer_init(&note, arena, 200);
	buffer_lit(&note, "The system of the payer (");
	buffer_add(&note, text_of(job->backend));
	buffer_lit(&note, ") refused this message");
	if (message && message->kind == NCPDP_ERROR) {
		buffer_lit(&note, " with Error ");
		buffer_add(&note, message->script->body->error->code);
	}
	buffer_lit(&note, ". Nothing was decided; please contact the payer or send a corrected message under a new MessageID.");
	return buffer_text(&note);
}

/* Closed with BY, "other", or for a cancellation Denied with BY. */
static bool fill_refusal(struct script_body *body, struct text case_id, struct text note, struct arena *arena)
{
	struct text *by = arena_new(arena, struct text);
	struct pa_closed *closed = arena_new(arena, struct pa_closed);
	bool good = by && closed;

	if (!good)
		return false;
	*by = text_lit("BY");
	*closed = (struct pa_closed){ .pa_case_id = case_id, .reason_codes = by, .reason_codes_n = 1, .pa_note = note };
	if (body->pa_initiation_response) {
		struct pa_initiation_answer *answer = arena_new(arena, struct pa_initiation_answer);
		struct pa_initiation_status *status = arena_new(arena, struct pa_initiation_status);
		struct pa_initiation_closed *early = arena_new(arena, struct pa_initiation_closed);

		if (!answer || !status || !early)
			return false;
		*early = (struct pa_initiation_closed){ .pa_case_id = case_id, .reason_codes = by, .reason_codes_n = 1, .pa_note = note };
		status->closed = early;
		answer->response_status = status;
		body->pa_initiation_response->response = answer;
	} else if (body->pa_response) {
		struct pa_answer *answer = arena_new(arena, struct pa_answer);
		struct pa_response_status *status = arena_new(arena, struct pa_response_status);

		if (!answer || !status)
			return false;
		status->closed = closed;
		answer->response_status = status;
		body->pa_response->response = answer;
	} else if (body->pa_appeal_response) {
		struct pa_appeal_answer *answer = arena_new(arena, struct pa_appeal_answer);
		struct pa_appeal_status *status = arena_new(arena, struct pa_appeal_status);
		struct pa_appeal_closed *ended = arena_new(arena, struct pa_appeal_closed);

		if (!answer || !status || !ended)
			return false;
		*ended = (struct pa_appeal_closed){ .pa_case_id = case_id, .reason_codes = by, .reason_codes_n = 1, .pa_note = note };
		status->closed = ended;
		answer->response_status = status;
		body->pa_appeal_response->response = answer;
	} else if (body->pa_cancel_response) {
		struct pa_cancel_answer *answer = arena_new(arena, struct pa_cancel_answer);
		struct pa_cancel_status *status = arena_new(arena, struct pa_cancel_status);
		struct pa_cancel_denied *denied = arena_new(arena, struct pa_cancel_denied);

		if (!answer || !status || !denied)
			return false;
		*denied = (struct pa_cancel_denied){ .reason_code = *by, .pa_note = note };
		status->denied = denied;
		answer->pa_case_id = case_id;
		answer->response_status = status;
		body->pa_cancel_response->response = answer;
	}
	return true;
}

/* Nobody is told of a notification that failed. */
void case_fail(struct courier *courier, struct job *job, struct text note, struct now now, struct outbox *out)
{
	struct case_decision decision = { .outcome = text_lit("FAILED") };
	struct ncpdp_message message = { .family = NCPDP_SCRIPT };
	struct text case_id = job->work.backend_case_id.n ? job->work.backend_case_id : job->work.case_id;
	struct arena *arena = &courier->arena;
	struct script_message *request;
	struct buffer body;
	struct fault fault;

	log_event(LEVEL_ERROR, "remote.refused", log_id("trace", job->envelope.trace), log_id("case", job->work.case_id),
		log_id("backend", text_of(job->backend)));
	buffer_init(&body, arena, 4096);
	if (!text_is(job->work.event, "NOTIFY")) {
		if (!unpack_request(courier, job, &request, &fault)) {
			case_give_up(courier, job, out);
			return;
		}
		message.script = ncpdp_script_answer(request, answer_id(job), now.wall_ms, arena);
		if (!message.script || !fill_refusal(message.script->body, case_id, note, arena) ||
			!ncpdp_write(&message, TEXT_NONE, &body, &fault) || !add_records(courier, job, message.script, &decision)) {
			case_give_up(courier, job, out);
			return;
		}
		decision.message = buffer_text(&body);
		decision.reason = note;
	}
	case_decide(courier, job, &decision, out);
}

/* -- the way of a job -- */

static bool in_hand(const struct courier *courier, struct text row)
{
	for (const struct job *job = courier->jobs; job; job = job->next)
		if ((job->kind == JOB_CASE || job->kind == JOB_FHIR) && job->state != JOB_OVER && text_equal(job->work.row, row))
			return true;
	return false;
}

/* Mailboxes are looked into before anything is sent whose fate is not known, and when an answer is awaited. */
static bool look_first(struct courier *courier, struct job *job, struct now now)
{
	const struct backend *backend = job_backend(courier, job);

	if (!backend || job->kind != JOB_CASE || !backend->mailbox || job->fetched || courier->stopping || !(job->in_doubt || job->work.awaited))
		return false;
	job->state = JOB_FETCHES;
	fetch_want(courier, backend, now);
	return true;
}

void case_take(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	struct case_work work = { 0 };
	struct job *job;
	struct fault fault;

	if (!record_unpack(&case_work_record, &work, &courier->arena, input->payload, &fault) ||
		!record_check(&case_work_record, &work, &fault)) {
		log_event(LEVEL_ERROR, "courier.damaged", log_path("path", fault.path));
		return;
	}
	if (in_hand(courier, work.row))
		return; /* sent again while the first is under way: that one answers for both */
	job = job_new(courier, JOB_CASE, input, now);
	job->deadline_ms = 0;
	job->ledger = input->peer;
	if (!record_unpack(&case_work_record, &job->work, &job->arena, arena_text(&job->arena, input->payload), &fault)) {
		job->state = JOB_OVER;
		return;
	}
	text_to_z(job->work.backend, job->backend, sizeof(job->backend));
	if (fhir_asked(&job->work, job_backend(courier, job), &courier->arena))
		job->kind = JOB_FHIR;
	job->message_id = job->work.reply_id;
	job->in_doubt = input->envelope->attempt > 0 || job->work.awaited;
	job->repeat = job->in_doubt;
	if (courier->jobs_n > COURIER_JOBS_MAX || courier->stopping)
		case_give_up(courier, job, out);
	else if (job->kind == JOB_CASE || fhir_script_begin(courier, job, now, out))
		look_first(courier, job, now);
}

/* A message that nobody wrote before: its case came in another standard. The same records are the same bytes. */
static struct text own_payload(struct script_message *request, struct script_header *head, struct buffer *out, struct fault *fault)
{
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .script = request };

	request->header = head;
	return ncpdp_write(&message, TEXT_NONE, out, fault) ? buffer_text(out) : TEXT_NONE;
}

/* SentTime is when the message came to us: a repetition must be the same bytes, or the backend would take it for another message under a
   MessageID that was used. */
struct text case_payload(struct courier *courier, struct job *job, const struct backend *backend, struct fault *fault)
{
	struct script_message *request;
	struct script_header *head;
	struct buffer out;

	buffer_init(&out, &courier->arena, job->work.body.n + 1024);
	if (!unpack_request(courier, job, &request, fault))
		return TEXT_NONE;
	head = envelope_script_question(request->header, backend->id, backend->our_id, job->message_id, job->work.received_ms,
		&courier->arena);
	if (!head)
		fault_set(fault, FAULT_TOO_LARGE, "");
	if (head && !job->work.body.n)
		return own_payload(request, head, &out, fault);
	return head && envelope_write(NCPDP_SCRIPT, job->work.body, head, &out, fault) ? buffer_text(&out) : TEXT_NONE;
}

void case_not_taken(struct courier *courier, struct job *job, struct now now, struct outbox *out)
{
	if (!look_first(courier, job, now) && !job_to_second(courier, job, now))
		case_give_up(courier, job, out);
}

void case_answered(struct courier *courier, struct job *job, const struct input *input, struct now now, struct outbox *out)
{
	const struct backend *backend = job_backend(courier, job);
	struct ncpdp_message message = { .family = NCPDP_SCRIPT };
	struct ncpdp_outcome outcome = { .said = NCPDP_SAID_NOTHING };
	enum heard heard = hear(courier, job, input, &message, &outcome);

	log_event(heard == HEARD_TAKEN || heard == HEARD_ANSWER ? LEVEL_INFO : LEVEL_WARN, "remote.heard",
		log_id("trace", job->envelope.trace), log_id("backend", text_of(job->backend)), log_word("heard", heard_names[heard]),
		log_number("status", input->status));
	switch (heard) {
	case HEARD_TAKEN:
		case_tell(courier, job, "ACCEPTED", out);
		return;
	case HEARD_ANSWER:
		pass_on(courier, job, text_trim(input->payload), message.script, &outcome, now, out);
		return;
	case HEARD_NEVER:
		case_fail(courier, job, refusal_note(job, message.script ? &message : NULL, &courier->arena), now, out);
		return;
	case HEARD_NO_REASON:
		case_decide(courier, job, &(struct case_decision){ .outcome = text_of(ncpdp_said_name(outcome.said)) }, out);
		return;
	case HEARD_UNUSABLE:
		if (backend)
			lane_counts(courier, lane_of(courier, backend, now))->unusable++;
		job->in_doubt = true;
		break;
	case HEARD_NOTHING:
		job->in_doubt = true;
		break;
	case HEARD_LATER:
		break;
	}
	job->fetched = false;
	case_not_taken(courier, job, now, out);
}

/* An answer that was in it is with the ledger by now. What is awaited goes on being so; what is in doubt is posted again, under the same
   MessageID. */
void case_fetched(struct courier *courier, struct job *job, struct now now, struct outbox *out)
{
	job->fetched = true;
	if (job->answered || job->work.awaited) {
		case_tell(courier, job, "ACCEPTED", out);
	} else if (courier->stopping) {
		case_give_up(courier, job, out);
	} else {
		job->state = JOB_WAITS;
		job->repeat = true;
		job->wait_until_ms = now.mono_ms + COURIER_WAIT_MS;
	}
}
