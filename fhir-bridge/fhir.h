/* SPDX-License-Identifier: Apache-2.0 */
/* The medical track: FHIR R4 resources as Da Vinci PAS 2.2.1 shapes them, and the translation from and to SCRIPT. */
#pragma once

#include "base/json.h"
#include "fhir-bridge/script/loss.h"
#include "fhir-bridge/records.h"
#include "ncpdp/ncpdp.h"

/* What a claim says that its SCRIPT message does not. */
struct claim_about {
	struct text identifier; /* of the claim and its bundle: the same on every repetition, another for every claim */
	struct text before;     /* identifier of the claim that this one changes or cancels; TEXT_NONE: it is the first about its case, which a PACancelRequest never is */
	int64_t before_ms;      /* its received_ms */
	struct text hcpcs;      /* of the drug; TEXT_NONE: not known, the item is named by its NDC */
	int64_t received_ms;    /* Unix time at which the message came: when the claim was made */
};
/* A SCRIPT PAInitiationRequest, PARequest or PACancelRequest as a PAS request bundle: Claim (use preauthorization), Patient, Coverage, prescriber, insurer Organization,
   MedicationRequest, and a QuestionnaireResponse for the answers. What has no place is in *loss, in the arena. Faults name the element of SCRIPT
   that is in the way: MISSING what PAS needs, UNKNOWN_MESSAGE a patient or prescriber that is not one for people, TOO_LARGE. */
bool fhir_claim_of(const struct script_message *request, const struct claim_about *about, struct arena *arena, struct fhir_bundle **out,
	struct loss *loss, struct fault *fault) fault_check;

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

/* CancelReasonCode of a free text that is one of ours; TEXT_NONE: it is not. */
struct text fhir_cancel_reason(struct text words);
/* A MIME type as SCRIPT names it: "application/jpeg" for "image/jpeg". */
struct text fhir_media_of_script(struct text fhir);

/* The payer's decision as a PAS response bundle with a ClaimResponse. action is an X12 306 code: A1 certified in total, A2 certified
   partial, A3 not certified, A4 pended, A6 modified, C cancelled. The reason travels as the process note that the item points to, the
   note as one that nothing points to. NULL when `request` is not a PAS request or the arena is full. */
struct fhir_decision {
	struct text action, reason, preauth_ref, effective_date, expiration_date, note;
	struct text number; /* read: of the authorization alone; preauth_ref is the payer's number of the case where there is none */
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
