/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer's CDS service (Da Vinci CRD) said of an order that it was asked about. */
#pragma once

#include "fhir-bridge/crd/coverage_info.h"

/* Texts that are not said are absent. */
struct coverage_said {
	struct text covered;      /* covered, not-covered, conditional, indeterminate */
	struct text pa_needed;    /* no-auth, auth-needed, satisfied, conditional, indeterminate */
	struct text info_needed;  /* performer, location, timeframe, ... */
	struct text reason;       /* in words, or the guide's code for it */
	struct text date;         /* YYYY-MM-DD */
	struct text assertion_id;
	bool other_benefit;       /* conditional, with instructions to ask the pharmacy benefit by NCPDP: no code of the guide says so (docs/coverage-discovery.md) */
};

/* Reads a CDS Hooks response: the coverage-information in the first system action that carries one. PEER_ANSWER: it has none, or says something else of
   coverage than the guide knows. NOT_JSON and so on as json_read. Texts live in the arena or in `body`. */
bool coverage_info_read(struct text body, struct arena *arena, struct coverage_said *out, struct fault *fault) fault_check;
