/* SPDX-License-Identifier: Apache-2.0 */
/* A case that came in SCRIPT and is asked in FHIR: its message becomes a Claim of PAS, and the payer's answer the message that tells the prescriber. */
#include "gateway/courier/courier_fhir.h"

#include "base/log.h"
#include "fhir-bridge/script/response_script.h"
#include "gateway/courier/remote_answer.h"
#include "ncpdp/catalogue.h"
#include "routing/routing.h"

static bool unpack(struct courier *courier, const struct job *job, struct script_message **out, struct fault *fault)
{
	*out = arena_new(&courier->arena, struct script_message);
	return *out ? record_unpack(&script_message_record, *out, &courier->arena, job->work.request, fault) : fault_set(fault, FAULT_TOO_LARGE, "");
}

/* What the payer's first claim of the case was called: the trace of the message that opened the case is in its number, unless another backend had the case
   before. */
static struct text first_claim(struct courier *courier, const struct job *job)
{
	struct text id = job->work.case_id;
	struct buffer name;

	if (!text_there(job->work.state) || !text_starts(id, "PA-"))
		return TEXT_NONE; /* this one opens it */
	if (job->work.first_asked.n)
		return job->work.first_asked;
	buffer_init(&name, &courier->arena, id.n + 2);
	buffer_add(&name, (struct text){ id.at + 3, id.n - 3 });
	buffer_lit(&name, ".1");
	return buffer_text(&name);
}

bool fhir_script_claim(struct courier *courier, const struct job *job, struct fhir_bundle **out, struct loss *loss, struct fault *fault)
{
	struct route_decision route = { 0 };
	struct claim_about about = { .identifier = job->work.reply_id, .before = first_claim(courier, job), .before_ms = job->work.received_ms,
		.received_ms = job->work.received_ms };
	struct script_message *request;

	if (text_there(job->work.decision) && record_unpack(&route_decision_record, &route, &courier->arena, job->work.decision, fault))
		about.hcpcs = route.hcpcs.n ? route.hcpcs : TEXT_NONE;
	return unpack(courier, job, &request, fault) && fhir_claim_of(request, &about, &courier->arena, out, loss, fault);
}

/* Words for the prescriber; the fault's path holds names of our tables only. */
static struct text why_not(const struct fault *fault, struct arena *arena)
{
	struct buffer note;

	buffer_init(&note, arena, 300);
	buffer_lit(&note, "The payer is asked by Da Vinci PAS, which cannot say this message");
	if (fault && fault->code != FAULT_NONE) {
		buffer_lit(&note, ": at ");
		buffer_add(&note, text_of(fault->path));
		buffer_lit(&note, ", ");
		buffer_add(&note, text_of(fault_row(fault->code)->sentence));
	}
	buffer_lit(&note, ". Nothing was decided; please contact the payer.");
	return buffer_text(&note);
}

bool fhir_script_begin(struct courier *courier, struct job *job, struct now now, struct outbox *out)
{
	struct fault fault = { .code = FAULT_NONE };
	struct loss loss = { .n = 0 };
	struct fhir_bundle *claim;

	if (text_is(job->work.standard, "PAS"))
		return true;
	if (text_in_list(job->work.event, "INITIATE SUBMIT CANCEL")) {
		if (fhir_script_claim(courier, job, &claim, &loss, &fault) || fault_row(fault.code)->mend != MEND_SENDER)
			return true;
	}
	if (text_is(job->work.event, "NOTIFY"))
		log_event(LEVEL_WARN, "remote.no_words", log_id("trace", job->envelope.trace), log_id("backend", text_of(job->backend)));
	case_fail(courier, job, why_not(&fault, &courier->arena), now, out);
	return false;
}

static bool asks_questions(const struct fhir_bundle *answer)
{
	for (size_t i = 0; i < answer->entry_n; i++)
		if (answer->entry[i].resource->claim_response)
			return answer->entry[i].resource->claim_response->communication_request_n > 0;
	return false;
}

/* An initiation asks for questions, and those of the payer are not fetched from it (Da Vinci DTR): better that than silence. */
static struct text cannot_be_asked(struct text number, struct arena *arena)
{
	struct buffer note;

	buffer_init(&note, arena, 400);
	buffer_lit(&note, "The payer wants answers to questions of its own before it decides, and they cannot be had here.");
	if (number.n) {
		buffer_lit(&note, " It keeps this request under number ");
		buffer_add(&note, number);
		buffer_lit(&note, ".");
	}
	buffer_lit(&note, " Nothing was decided: please send a PARequest with the clinical information under a new PAReferenceID, or contact the payer.");
	return buffer_text(&note);
}

void fhir_script_pass_on(struct courier *courier, struct job *job, const struct fhir_bundle *answer, const struct fhir_hearing *hearing, struct now now,
	struct outbox *out)
{
	const struct response_about about = { .reply_id = job->work.answer_id.n ? job->work.answer_id : job->work.reply_id,
		.case_id = job->work.case_id, .wall_ms = now.wall_ms };
	struct case_decision decision = { .backend_case_id = hearing->said.number, .claim_key = hearing->claim_key };
	struct ncpdp_message message = { .family = NCPDP_SCRIPT };
	const struct backend *backend = job_backend(courier, job);
	struct ncpdp_outcome outcome = { .said = NCPDP_SAID_NOTHING };
	struct script_message *request, *told = NULL;
	struct loss loss = { .n = 0 };
	struct fhir_bundle *claim;
	struct buffer body;
	struct fault fault = { .code = FAULT_NONE };

	/* the claim once more, for what it had no place for */
	if (!unpack(courier, job, &request, &fault) || !fhir_script_claim(courier, job, &claim, &loss, &fault) ||
		!fhir_response_script(answer, request, &about, &courier->arena, &told, &loss, &fault)) {
		log_event(LEVEL_WARN, "remote.no_words", log_id("trace", job->envelope.trace), log_word("fault", fault_row(fault.code)->name),
			log_path("path", fault.path));
		case_give_up(courier, job, out);
		return;
	}
	if (!told && asks_questions(answer)) {
		case_fail(courier, job, cannot_be_asked(hearing->said.number, &courier->arena), now, out);
		return;
	}
	if (!told) { /* it is only pended, for which there is no word: the answer is the later one */
		case_tell(courier, job, "ACCEPTED", out);
		return;
	}
	message.script = told;
	message.kind = ncpdp_kind_in(NCPDP_SCRIPT, &script_body_record, told->body);
	buffer_init(&body, &courier->arena, 8192);
	if (!remote_outcome(&message, &outcome, &fault) || !ncpdp_write(&message, TEXT_NONE, &body, &fault)) {
		log_event(LEVEL_WARN, "remote.no_words", log_id("trace", job->envelope.trace), log_word("fault", fault_row(fault.code)->name),
			log_path("path", fault.path));
		case_give_up(courier, job, out);
		return;
	}
	decision.outcome = text_of(ncpdp_said_name(outcome.said));
	decision.reason = outcome.reason;
	decision.message = buffer_text(&body);
	decision.losses = loss.paths;
	decision.losses_n = loss.n < 100 ? loss.n : 100;
	decision.reply_by_ms = outcome.reply_by_ms;
	decision.appeal_by_ms = outcome.appeal_by_ms;
	decision.e_appeal = remote_e_appeal(&outcome);
	if (outcome.said == NCPDP_SAID_IN_PROCESS && backend)
		decision.again_ms = backend->answer_ms;
	fhir_not_mine(courier, hearing, &decision);
	case_decide(courier, job, &decision, out);
}
