/* SPDX-License-Identifier: Apache-2.0 */
/* The medical track: FHIR R4 resources as Da Vinci PAS 2.2.1 shapes them, and the translation from and to SCRIPT. */
#pragma once

#include "base/json.h"
#include "fhir-bridge/records.h"
#include "ncpdp/ncpdp.h"

/* A SCRIPT PARequest or PAInitiationRequest as a PAS request bundle (profile-pas-request-bundle): Claim (use preauthorization), Patient,
   Coverage, Practitioner, insurer Organization, MedicationRequest, and a QuestionnaireResponse for the answers. Patient, prescriber and
   drug keep every identifier; what has no place is listed in *loss (paths, never values). identifier: becomes Claim.identifier and
   Bundle.identifier, the same on every repetition. hcpcs TEXT_NONE: the item is named by its NDC. NULL when the arena is full, or the
   patient or prescriber is not one for people. */
struct fhir_loss {
	const char *paths[32]; /* from our tables */
	size_t n;
};
struct fhir_bundle *fhir_claim_of(const struct script_message *request, struct text identifier, struct text hcpcs,
	int64_t wall_ms, struct arena *arena, struct fhir_loss *loss);

/* What a payer needs of a Claim bundle, wherever it stands in it. FAULT_MISSING with the FHIRPath when the bundle is not a PAS request. */
struct fhir_claim_view {
	const struct fhir_claim *claim;
	const struct fhir_patient *patient;
	const struct fhir_coverage *coverage;
	const struct fhir_questionnaire_response *answers; /* NULL: none */
	struct text cardholder_id;
	struct text ndc; /* 11 digits, in the arena; TEXT_NONE when the drug is only named by another code */
};
/* The NDC that an item asks for, as view.ndc. */
struct text fhir_item_ndc(const struct fhir_bundle *bundle, const struct fhir_item *item, struct arena *arena);
bool fhir_claim_read(const struct fhir_bundle *bundle, struct arena *arena, struct fhir_claim_view *out,
	struct fault *fault) fault_check;

/* The payer's decision as a PAS response bundle with a ClaimResponse. action is an X12 306 code: A1 certified in total, A2 certified
   partial, A3 not certified, A4 pended, A6 modified, C cancelled. The reason travels as the process note that the item points to, the
   note as one that nothing points to. NULL when `request` is not a PAS request or the arena is full. */
struct fhir_decision {
	struct text action, reason, preauth_ref, effective_date, expiration_date, note;
};
struct fhir_bundle *fhir_response_of(const struct fhir_bundle *request, const struct fhir_decision *decision,
	struct text identifier, int64_t wall_ms, struct arena *arena);

/* The ClaimResponse of a response bundle read back: the same decision, of all items together. FAULT_PEER_ANSWER, or FAULT_NO_REASON for a denial without
   one (it is not passed on). */
bool fhir_response_read(const struct fhir_bundle *response, struct arena *arena, struct fhir_decision *out,
	struct fault *fault) fault_check;

/* A bundle from JSON, checked against its tables. Resources of kinds that are not in them are passed over. FAULT_PEER_ANSWER when an
   OperationOutcome stands in its place. */
bool fhir_read(struct text body, struct arena *arena, struct fhir_bundle **out, struct fault *fault) fault_check;
/* The bundle as JSON, resourceType first. */
void fhir_write(const struct fhir_bundle *bundle, struct buffer *out);
