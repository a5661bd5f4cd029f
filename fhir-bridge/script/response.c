/* SPDX-License-Identifier: Apache-2.0 */
/* One decision on all that a request asks for, as the payer's PAS 2.2.1 answer. */
#include "fhir-bridge/fhir.h"
#include "fhir-bridge/pas/pas_answer.h"

struct fhir_bundle *fhir_response_of(const struct fhir_bundle *request, const struct fhir_decision *decision,
	struct text identifier, int64_t wall_ms, struct arena *arena)
{
	/* a pended item has no authorization yet, only the payer's number of the case (PAS 2.2.1, A4) */
	bool pended = text_is(decision->action, "A4");
	struct pas_line every = { .action = decision->action, .number = pended ? TEXT_NONE : decision->preauth_ref,
		.reference = pended ? decision->preauth_ref : TEXT_NONE, .reason = decision->reason, .effective_date = decision->effective_date,
		.expiration_date = decision->expiration_date };
	struct pas_answer answer = { .identifier = identifier, .wall_ms = wall_ms, .lines = &every, .lines_n = 1, .note = decision->note };
	struct fhir_claim_view view;
	struct fault fault;

	if (!fhir_claim_read(request, arena, &view, &fault))
		return NULL;
	return pas_answer_of(request, &answer, PAS_2_2_1, arena);
}
