/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer answers in PAS, as the SCRIPT message that tells the prescriber: PAInitiationResponse, PAResponse, PACancelResponse. */
#pragma once

#include "fhir-bridge/fhir.h"
#include "fhir-bridge/dtr/questionnaire.h"

/* What the message says beside the answer. Texts are borrowed. */
struct response_about {
	struct text reply_id; /* its MessageID */
	struct text case_id;  /* PACaseID, as the prescriber knows the case */
	int64_t wall_ms;      /* of SentTime */
	/* what a pended answer asks for, with its deadline; NULL: not at hand, so that it only takes longer and a note says that more is wanted */
	const struct question_form *questions;
};

/* `answer` is one that pas_read accepted, `request` the PAInitiationRequest, PARequest or PACancelRequest that its claim was made of. *out shares texts
   with both and lives in the arena; NULL when an initiation or a cancellation is only pended, for which SCRIPT has
   no word: its answer is the later one. What SCRIPT has no
   place for is added to *loss, FHIR paths without values.
   Faults: NO_REASON a denial, or a partial one, without a reason, which is not passed on (42 CFR 438.210(c), 422.568(e)); PEER_ANSWER it says nothing that
   is known; UNKNOWN_MESSAGE `request` is another message; TOO_LARGE. */
bool fhir_response_script(const struct fhir_bundle *answer, const struct script_message *request, const struct response_about *about, struct arena *arena,
	struct script_message **out, struct loss *loss, struct fault *fault) fault_check;
