/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that somebody waits for: a price, asked under our head and answered under the one it came with, and messages that are
   nobody's business here and go there and back as they are. */
#include "gateway/courier/courier.h"

#include "base/log.h"
#include "ncpdp/envelope.h"

static const char media[] = "application/xml; charset=utf-8";

static struct text with_suffix(struct text trace, const char *suffix, struct arena *arena)
{
	struct buffer id;

	buffer_init(&id, arena, trace.n + 3);
	buffer_add(&id, trace);
	buffer_add(&id, text_of(suffix));
	return buffer_text(&id);
}

static enum ncpdp_family family_of(const struct job *job)
{
	return text_is(job->question.family, "rtpb") ? NCPDP_RTPB : NCPDP_SCRIPT;
}

static void log_done(const struct job *job, enum fault_code code, struct now now)
{
	log_event(code == FAULT_NONE ? LEVEL_INFO : fault_row(code)->level, "ask.done", log_id("trace", job->envelope.trace),
		log_id("backend", text_of(job->backend)), log_word("fault", fault_row(code)->name),
		log_number("ms", now.wall_ms - job->envelope.received_ms));
}

void ask_refuse(struct courier *courier, struct job *job, enum fault_code code, struct now now, struct outbox *out)
{
	struct fault why;
	struct ncpdp_sender sender;
	struct buffer body;

	fault_set(&why, code, "");
	ncpdp_sender(&job->asked, job->question.body, &sender);
	buffer_init(&body, out->arena, 2048);
	ncpdp_write_refusal(family_of(job), &sender, with_suffix(job->envelope.trace, ".0", out->arena), now.wall_ms, &why, &body);
	outbox_answer(out, &job->of, 200, media, buffer_text(&body), code);
	courier->counters.faults++;
	log_done(job, code, now);
	job->state = JOB_OVER;
}

static void reply(struct job *job, int status, struct text body, struct now now, struct outbox *out)
{
	outbox_answer(out, &job->of, status, media, body, FAULT_NONE);
	log_done(job, FAULT_NONE, now);
	job->state = JOB_OVER;
}

void ask_take(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	struct job *job;
	struct fault fault;

	if (input->deadline_ms && now.mono_ms >= input->deadline_ms) {
		courier->counters.late++; /* the edge has answered by now */
		return;
	}
	job = job_new(courier, JOB_PRICE, input, now);
	if (!record_unpack(&remote_question_record, &job->question, &job->arena, arena_text(&job->arena, input->payload), &fault) ||
		!record_check(&remote_question_record, &job->question, &fault)) {
		log_event(LEVEL_ERROR, "courier.damaged", log_path("path", fault.path));
		job->state = JOB_OVER; /* the edge refuses it at its deadline */
		return;
	}
	if (text_is(job->question.kind, "FORWARD"))
		job->kind = JOB_FORWARD;
	text_to_z(job->question.backend, job->backend, sizeof(job->backend));
	if (text_is(job->question.kind, "CRD")) {
		job->kind = JOB_CRD;
		if (courier->jobs_n > COURIER_JOBS_MAX || courier->stopping || !job->question.order)
			crd_refuse(courier, job, job->question.order ? FAULT_BUSY : FAULT_INTERNAL, out);
		return;
	}
	job->message_id = with_suffix(job->envelope.trace, ".1", &job->arena);
	/* the worker has read it before; of what is forwarded only the head can be */
	if (!ncpdp_read(courier->reader, family_of(job), job->question.body, false, &job->arena, &job->asked, &fault) &&
		job->kind == JOB_PRICE)
		ask_refuse(courier, job, fault.code, now, out);
	else if (courier->jobs_n > COURIER_JOBS_MAX || courier->stopping)
		ask_refuse(courier, job, FAULT_BUSY, now, out);
}

struct text ask_payload(struct courier *courier, struct job *job, const struct backend *backend, struct now now, struct fault *fault)
{
	struct rtpb_header *head;
	struct buffer out;

	if (job->kind == JOB_FORWARD)
		return job->question.body;
	buffer_init(&out, &courier->arena, job->question.body.n + 1024);
	head = envelope_rtpb_question(job->asked.rtpb->header, backend->id, backend->our_id, job->message_id, now.wall_ms, &courier->arena);
	if (!head)
		fault_set(fault, FAULT_TOO_LARGE, "");
	return head && envelope_write(NCPDP_RTPB, job->question.body, head, &out, fault) ? buffer_text(&out) : TEXT_NONE;
}

void ask_not_taken(struct courier *courier, struct job *job, struct now now, struct outbox *out)
{
	bool late = job->deadline_ms && now.mono_ms >= job->deadline_ms;

	/* A prescription that may have arrived must not arrive elsewhere too: its sender decides whether to send it again. */
	if (late || (job->kind == JOB_FORWARD && job->in_doubt) || !job_to_second(courier, job, now))
		ask_refuse(courier, job, late ? FAULT_TIMEOUT : FAULT_PEER_DOWN, now, out);
}

/* The answer under the head of the question; false when it cannot be used. */
static bool price_answered(struct courier *courier, struct job *job, const struct input *input, struct now now, struct outbox *out)
{
	struct ncpdp_message answer;
	struct rtpb_header *head;
	struct buffer body;
	struct fault fault;

	if (!ncpdp_read(courier->reader, NCPDP_RTPB, input->payload, false, &courier->arena, &answer, &fault)) {
		log_event(LEVEL_WARN, "ask.unusable", log_id("trace", job->envelope.trace), log_word("fault", fault_row(fault.code)->name),
			log_path("path", fault.path));
		return false;
	}
	if (answer.kind != NCPDP_RTPB_RESPONSE || !courier_relates(&answer, job->message_id)) {
		log_event(LEVEL_WARN, "ask.other_answer", log_id("trace", job->envelope.trace));
		return false;
	}
	buffer_init(&body, out->arena, input->payload.n + 1024);
	head = envelope_rtpb_answer(job->asked.rtpb->header, with_suffix(job->envelope.trace, ".0", &courier->arena), now.wall_ms,
		&courier->arena);
	if (!head || !envelope_write(NCPDP_RTPB, input->payload, head, &body, &fault))
		return false;
	reply(job, 200, buffer_text(&body), now, out);
	return true;
}

void ask_answered(struct courier *courier, struct job *job, const struct input *input, struct now now, struct outbox *out)
{
	const struct backend *backend = job_backend(courier, job);
	bool good = input->status >= 200 && input->status < 300 && text_trim(input->payload).n > 0;

	job->in_doubt = true;
	if (good && job->kind == JOB_FORWARD) {
		reply(job, input->status, arena_text(out->arena, input->payload), now, out);
		return;
	}
	if (good && price_answered(courier, job, input, now, out))
		return;
	if (backend && input->status)
		lane_counts(courier, lane_of(courier, backend, now))->unusable++;
	ask_not_taken(courier, job, now, out);
	if (job->state == JOB_OVER)
		return;
	log_event(LEVEL_WARN, "ask.second", log_id("trace", job->envelope.trace), log_id("backend", text_of(job->backend)));
}
