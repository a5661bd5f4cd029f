/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files share that ask cases in FHIR: of those that came so, and of those that came in SCRIPT. */
#pragma once

#include "fhir-bridge/script/loss.h"
#include "fhir-bridge/pas/pas_ask.h"
#include "gateway/courier/courier.h"


/* What was heard of a payer. */
struct fhir_hearing {
	struct pas_heard said;
	struct text claim_key;
	struct fhir_bundle *answer; /* read and checked */
	struct text message;        /* the answer bundle, as it goes on */
	struct fault fault;
};

/* The Claim that the job's SCRIPT message becomes: the same whenever it is made. */
bool fhir_script_claim(struct courier *courier, const struct job *job, struct fhir_bundle **out, struct loss *loss, struct fault *fault) fault_check;
/* False when PAS cannot say the message at all: then that is told, and the job is over. */
bool fhir_script_begin(struct courier *courier, struct job *job, struct now now, struct outbox *out);
/* Closed because the payer does not decide it here: what that says of the track. */
void fhir_not_mine(struct courier *courier, const struct fhir_hearing *hearing, struct case_decision *decision);
void fhir_script_pass_on(struct courier *courier, struct job *job, const struct fhir_bundle *answer, const struct fhir_hearing *hearing, struct now now,
	struct outbox *out);
