/* SPDX-License-Identifier: Apache-2.0 */
/* PAS bundles for tests: a SCRIPT request of docs/examples as a Claim. */
#pragma once

#include "fhir-bridge/fhir.h"

/* The request for an infused drug under this Bundle.identifier, as JSON. */
struct text pas_sample(const char *identifier, struct arena *arena);
/* The request for a drug of the pharmacy benefit; items: of a QuestionnaireResponse to this Questionnaire that comes with it, NULL: none does. */
struct text pas_sample_pharmacy(const char *identifier, const char *questionnaire, const char *items, struct arena *arena);
/* The answer to it with this X12 306 action, as a payer makes it. */
struct text pas_sample_answer(struct text request, const char *action, const char *reason, struct arena *arena);
bool pas_holds(struct text bytes, const char *find);
