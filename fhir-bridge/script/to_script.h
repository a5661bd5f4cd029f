/* SPDX-License-Identifier: Apache-2.0 */
/* A PAS request for a drug that the pharmacy benefit pays, as the SCRIPT messages that ask its payer the same: PAInitiationRequest, then
   PARequest with the answers, PACancelRequest. And what the payer answers, as an answer of PAS. */
#pragma once

#include "fhir-bridge/pas/pas_answer.h"
#include "fhir-bridge/dtr/questionnaire.h"

enum script_step { SCRIPT_INITIATE, SCRIPT_SUBMIT, SCRIPT_CANCEL };

/* What the message says beside the request itself. Texts are borrowed. */
struct script_asking {
	enum script_step step;
	enum ncpdp_version version;   /* NCPDP_NO_VERSION: as the stamp says */
	struct text stamp;            /* of the version attributes, "" for none */
	struct text to, from;         /* qualifier:id; whoever passes the message on may give it another head */
	struct text message_id;
	struct text pa_reference_id;  /* our name of the case, at most 35 characters, the same in all its messages */
	struct text pa_case_id;       /* SUBMIT, CANCEL: the payer's */
	int64_t wall_ms;              /* of SentTime */
	/* SUBMIT: the questions, as they were asked, with form->deadline the DeadlineForReply, and the answers */
	const struct question_form *form;
	const struct form_answers *answers;
};

/* *out is a message that ncpdp_write takes; it lives in the arena and points into the bundle, which pas_read accepted. What SCRIPT has no place
   for is named in *loss, FHIR paths without values ("MedicationRequest.dosageInstruction").
   Faults: MISSING with the FHIRPath of what SCRIPT must have and the request does not say; RULE at "Bundle.entry.resource.ofType(Claim).item"
   when the items are about several drugs, which are a message each; TOO_LARGE; and what the rules of SCRIPT say, with the path there. */
bool script_request_of(const struct fhir_bundle *pas, const struct script_asking *asking, struct arena *arena, struct script_message **out,
	struct loss *loss, struct fault *fault) fault_check;

/* The answers to this set that the request has with it: those of the QuestionnaireResponse that names form->url, or questions of ours in the very version that is
   asked. *whole: they lead to the end of the set. out->n at 0: there are none. False, with the FHIRPath, when an answer does not fit its question. */
bool script_answers_in(const struct fhir_bundle *pas, const struct question_form *form, struct make *make, struct form_answers *out, bool *whole,
	struct loss *loss, struct fault *fault) fault_check;

/* The questions that a PAInitiationResponse or PAResponse asks; false when it asks none. url and optional are left as they are. */
bool script_questions_of(const struct script_message *answer, struct question_form *out);

/* What the payer's answer is in PAS: a line for each item that is not cancelled, or an error. `about`: identifier, wall_ms and
   number of the answer to be made. *out and all of it live in the arena. What PAS has no place for is named in *loss. False when `answer` is none of the
   answers to those three messages, or the arena is full. */
struct script_about {
	struct text identifier; /* of the answer */
	struct text case_id;    /* our number of the case, for what is pended */
	int64_t wall_ms;
};
bool script_answer_as_pas(const struct script_message *answer, const struct fhir_bundle *request, const struct script_about *about, struct arena *arena,
	struct pas_answer *out, struct loss *loss);
