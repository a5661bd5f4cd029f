/* SPDX-License-Identifier: Apache-2.0 */
/* A case that a payer decides which is asked in FHIR: what came as a PAS bundle goes on as it came under an identifier of ours, and the answer goes
   back as it came, once it is held to its profile and known to be about this case. What was pended is inquired after when it is due. */
#include "gateway/courier/courier_fhir.h"

#include "base/log.h"
#include "gateway/ledger/pas_say.h"
#include "routing/not_mine.h"
#include "routing/routing.h"

#include <stdio.h>

bool fhir_asked(const struct case_work *work, const struct backend *backend, struct arena *arena)
{
	struct route_decision route = { 0 };
	struct fault ignored;

	if (!backend || !backend->fhir.n || work->records) /* what came as PAS and is asked in SCRIPT is for a PBM */
		return false;
	if (text_is(work->standard, "PAS") || !backend->script.n)
		return true;
	return text_there(work->decision) && record_unpack(&route_decision_record, &route, arena, work->decision, &ignored) &&
		text_is(route.track, "MEDICAL");
}

static bool is_pas(const struct job *job)
{
	return text_is(job->work.standard, "PAS");
}

static bool is_cancel(const struct job *job)
{
	return text_is(job->work.event, "CANCEL");
}

/* A cancellation that was taken is asked for again, as the same bundle: how the request stands says nothing of it. */
static bool inquires(const struct job *job)
{
	return job->work.awaited && !is_cancel(job);
}

const char *fhir_operation(const struct job *job)
{
	return inquires(job) ? "/Claim/$inquire" : "/Claim/$submit";
}

static enum pas_version version_of(const struct backend *backend)
{
	return text_is(backend->fhir_version, "2.0.1") ? PAS_2_0_1 : PAS_2_2_1;
}

/* -- what is asked -- */

/* The request as the payer was given it, as far as references and identifiers of parties go. */
static bool read_request(struct courier *courier, const struct job *job, struct fhir_bundle **out, struct fault *fault)
{
	struct loss ignored = { .n = 0 };

	if (!is_pas(job))
		return fhir_script_claim(courier, job, out, &ignored, fault);
	if (!fhir_read(job->work.body, &courier->arena, out, fault))
		return false;
	return ((*out)->entry_n && (*out)->entry[0].resource->claim) || fault_set(fault, FAULT_UNKNOWN_MESSAGE, "WORK/body");
}

static struct text inquiry(struct courier *courier, const struct job *job, struct fault *fault)
{
	struct fhir_bundle *request, *bundle;
	struct buffer identifier, json;

	if (!read_request(courier, job, &request, fault))
		return TEXT_NONE;
	buffer_init(&identifier, &courier->arena, 80);
	buffer_add(&identifier, job->work.reply_id);
	buffer_format(&identifier, ".i%llx", (unsigned long long)courier->last_call + 1);
	bundle = pas_inquiry_of(request, buffer_text(&identifier), job->work.backend_case_id, job->work.received_ms, &courier->arena);
	if (!bundle) {
		fault_set(fault, FAULT_TOO_LARGE, "");
		return TEXT_NONE;
	}
	buffer_init(&json, &courier->arena, 8192);
	fhir_write(bundle, &json);
	return buffer_text(&json);
}

static struct text made(struct courier *courier, const struct job *job, struct fault *fault)
{
	struct fhir_bundle *claim;
	struct loss ignored = { .n = 0 }; /* what has no place is told with the answer */
	struct buffer json;

	if (!fhir_script_claim(courier, job, &claim, &ignored, fault))
		return TEXT_NONE;
	buffer_init(&json, &courier->arena, 8192);
	fhir_write(claim, &json);
	return buffer_text(&json);
}

struct text fhir_payload(struct courier *courier, struct job *job, const struct backend *backend, struct fault *fault)
{
	const struct pas_forward how = { .identifier = job->message_id, .ours = job->work.case_id,
		.theirs = job->work.backend_case_id.n ? job->work.backend_case_id : TEXT_NONE };
	struct text out;

	if (is_pas(job) && pas_version_of(job->work.pas_version) != version_of(backend)) { /* the worker lets none through; the configuration may have changed */
		fault_set(fault, FAULT_VERSION, "");
		return TEXT_NONE;
	}
	if (inquires(job))
		return inquiry(courier, job, fault);
	if (!is_pas(job))
		return made(courier, job, fault);
	return pas_forward(job->work.body, &how, &courier->arena, &out, fault) ? out : TEXT_NONE;
}

/* -- what is heard -- */

enum fhir_heard {
	FHIR_NOTHING,   /* no answer: it may have arrived */
	FHIR_TAKEN,     /* it has it under that identifier, whatever it thinks of these bytes: how it stands is inquired after */
	FHIR_ANSWER,
	FHIR_NO_REASON, /* a denial without a reason: the ledger counts it and asks again */
	FHIR_NOT_KNOWN, /* an inquiry that found nothing */
	FHIR_LATER,     /* it did not take it, or somebody has to mend the way there */
	FHIR_NEVER,     /* it will not take it */
	FHIR_UNUSABLE,  /* it said something, but what: it may have taken it */
};
static const char *const heard_names[] = { "nothing", "taken", "answer", "no_reason", "not_known", "later", "never", "unusable" };

static bool read_answer(struct courier *courier, const struct job *job, enum pas_version version, struct text body, struct fhir_bundle **out,
	struct fhir_hearing *hearing)
{
	if (!pas_read(body, PAS_SUBMIT_ANSWER, version, &courier->arena, out, &hearing->fault))
		return false;
	hearing->message = body;
	(void)job;
	return true;
}

/* Of the answers that an inquiry gave, the one about this case. *n: how many there were. */
static bool find_answer(struct courier *courier, const struct fhir_bundle *request, enum pas_version version, struct text body,
	struct fhir_bundle **out, size_t *n, struct fhir_hearing *hearing)
{
	struct fhir_bundle **bundles;

	*out = NULL;
	if (!pas_read_inquiry_answer(body, version, &courier->arena, &bundles, n, &hearing->fault))
		return false;
	for (size_t i = 0; i < *n && !*out; i++)
		if (pas_is_about(request, bundles[i])) {
			hearing->message = pas_inquired(body, i, &courier->arena);
			*out = bundles[i];
		}
	return text_there(hearing->message) || !*out || fault_set(&hearing->fault, FAULT_TOO_LARGE, "");
}

static enum fhir_heard hear_bundle(struct courier *courier, const struct job *job, const struct backend *backend, struct text body,
	struct fhir_hearing *hearing)
{
	struct fhir_bundle *request, *answer = NULL;
	size_t n = 1;

	if (!read_request(courier, job, &request, &hearing->fault))
		return FHIR_UNUSABLE;
	if (!(inquires(job) ? find_answer(courier, request, version_of(backend), body, &answer, &n, hearing) :
			      read_answer(courier, job, version_of(backend), body, &answer, hearing)))
		return FHIR_UNUSABLE;
	hearing->claim_key = pas_claim_key(request->entry[0].full_url, &courier->arena);
	if (!answer && !n)
		return FHIR_NOT_KNOWN;
	if (!answer || !pas_is_about(request, answer)) {
		fault_set(&hearing->fault, FAULT_PEER_ANSWER, "ClaimResponse.request");
		return FHIR_UNUSABLE;
	}
	hearing->answer = answer;
	if (pas_heard_of(answer, is_cancel(job), &courier->arena, &hearing->said, &hearing->fault))
		return FHIR_ANSWER;
	return hearing->fault.code == FAULT_NO_REASON ? FHIR_NO_REASON : FHIR_UNUSABLE;
}

static enum fhir_heard hear(struct courier *courier, const struct job *job, const struct backend *backend, const struct input *input,
	struct fhir_hearing *hearing)
{
	if (input->status == 0)
		return FHIR_NOTHING;
	if (input->status >= 200 && input->status < 300)
		return backend ? hear_bundle(courier, job, backend, text_trim(input->payload), hearing) : FHIR_LATER;
	/* the number of the case may have become known since the first post, and then the bytes differ */
	if (input->status == 409 && job->in_doubt && !inquires(job))
		return FHIR_TAKEN;
	/* an inquiry that is refused says nothing of the request */
	return courier_final_status(input->status) && !inquires(job) ? FHIR_NEVER : FHIR_LATER;
}

/* -- what the ledger is told -- */

void fhir_not_mine(struct courier *courier, const struct fhir_hearing *hearing, struct case_decision *decision)
{
	if (text_is(decision->outcome, "CLOSED") && not_mine_code(NOT_MINE_PAS, hearing->said.action))
		decision->said_n = not_mine_said(text_lit("MEDICAL"), &courier->arena, &decision->said);
}

static void pass_on(struct courier *courier, struct job *job, const struct fhir_hearing *hearing, struct now now, struct outbox *out)
{
	struct case_decision decision = { .outcome = text_of(hearing->said.outcome), .reason = hearing->said.reason,
		.message = hearing->message, .backend_case_id = hearing->said.number,
		.claim_key = hearing->claim_key };
	const struct backend *backend = job_backend(courier, job);

	if (text_is(decision.outcome, "IN_PROCESS") && is_cancel(job)) { /* whether it can be cancelled is not decided */
		case_tell(courier, job, "ACCEPTED", out);
		return;
	}
	if (!is_pas(job)) {
		fhir_script_pass_on(courier, job, hearing->answer, hearing, now, out);
		return;
	}
	if (text_is(decision.outcome, "IN_PROCESS") && backend)
		decision.again_ms = backend->answer_ms;
	fhir_not_mine(courier, hearing, &decision);
	case_decide(courier, job, &decision, out);
}

/* Refused for good: the submitter hears so, as a business error that names the system and what it said. */
static void fail(struct courier *courier, struct job *job, struct text body, int status, struct now now, struct outbox *out)
{
	struct case_decision decision = { .outcome = text_lit("FAILED") };
	struct text words = pas_refusal_words(body, &courier->arena);
	struct pas_error error = { .trouble = PAS_TROUBLE_INPUT };
	struct pas_answer answer = { .identifier = job->work.answer_id.n ? job->work.answer_id : job->work.reply_id, .wall_ms = now.wall_ms,
		.errors = &error, .errors_n = 1 };
	struct fhir_bundle *request;
	struct buffer why;
	struct fault fault;

	log_event(LEVEL_ERROR, "remote.refused", log_id("trace", job->envelope.trace), log_id("case", job->work.case_id),
		log_id("backend", text_of(job->backend)), log_number("status", status));
	buffer_init(&why, &courier->arena, 500);
	buffer_format(&why, "The system of the payer (%s) refused this request (HTTP %d", job->backend, status);
	if (words.n) {
		buffer_lit(&why, ", ");
		buffer_add(&why, words);
	}
	buffer_lit(&why, "). Nothing was decided: please send a corrected request under a new identifier, or contact the payer.");
	error.words = buffer_text(&why);
	if (!is_pas(job)) {
		case_fail(courier, job, error.words, now, out);
		return;
	}
	if (read_request(courier, job, &request, &fault))
		decision.message = pas_say(request, &answer, pas_version_of(job->work.pas_version), &courier->arena);
	if (!text_there(decision.message)) {
		case_give_up(courier, job, out);
		return;
	}
	decision.reason = text_lit("refused by the system of the payer");
	case_decide(courier, job, &decision, out);
}

void fhir_answered(struct courier *courier, struct job *job, const struct input *input, struct now now, struct outbox *out)
{
	const struct backend *backend = job_backend(courier, job);
	struct fhir_hearing hearing = { .message = TEXT_NONE };
	enum fhir_heard heard;

	if (input->status == 401 && backend && backend->client_id.n && !job->renewed) {
		token_spent(lane_of(courier, backend, now), job->token); /* once: it may have ended early */
		job->renewed = true;
		job->state = JOB_WAITS;
		job->wait_until_ms = now.mono_ms + COURIER_WAIT_MS;
		return;
	}
	heard = hear(courier, job, backend, input, &hearing);
	log_event(heard == FHIR_ANSWER ? LEVEL_INFO : LEVEL_WARN, "remote.heard", log_id("trace", job->envelope.trace),
		log_id("backend", text_of(job->backend)), log_word("heard", heard_names[heard]), log_number("status", input->status),
		log_word("fault", fault_row(hearing.fault.code)->name), log_path("path", hearing.fault.path));
	switch (heard) {
	case FHIR_ANSWER:
		pass_on(courier, job, &hearing, now, out);
		return;
	case FHIR_NEVER:
		fail(courier, job, input->payload, input->status, now, out);
		return;
	case FHIR_NO_REASON:
		case_decide(courier, job, &(struct case_decision){ .outcome = text_of(hearing.said.outcome) }, out);
		return;
	case FHIR_TAKEN:
	case FHIR_NOT_KNOWN:
		case_tell(courier, job, "ACCEPTED", out);
		return;
	case FHIR_UNUSABLE:
		if (backend)
			lane_counts(courier, lane_of(courier, backend, now))->unusable++;
		job->in_doubt = true;
		break;
	case FHIR_NOTHING:
		job->in_doubt = true;
		break;
	case FHIR_LATER:
		break;
	}
	case_not_taken(courier, job, now, out);
}
