/* SPDX-License-Identifier: Apache-2.0 */
/* Da Vinci PAS as a server or client speaks it: strict reading of what the operations take and give, held to the profiles.

   Elements that nobody here knows are passed over (PAS 2.2.1 spec-25), modifier extensions that nobody here knows are not. A fault's path is
   FHIRPath from "Bundle", "Parameters" or "Subscription" on, of names in our tables; fhir_outcome_write takes it as it is. */
#pragma once

#include "fhir-bridge/fhir.h"

/* The two versions that rules are in force for (45 CFR 170.215; PAS 2.2.1 conf-1: each has its own base URL). */
enum pas_version { PAS_2_0_1 = 1, PAS_2_2_1 = 2 };

enum pas_kind {
	PAS_SUBMIT,          /* Claim/$submit: a new request, an update or a cancellation */
	PAS_INQUIRE,         /* Claim/$inquire */
	PAS_SUBMIT_ANSWER,   /* what $submit gives */
	PAS_INQUIRE_ANSWER,  /* one bundle of what $inquire gives */
};

/* A bundle from JSON: strict about form, structure, profiles, references and the guide's rules. *out and all of it live in the arena and point
   into body. Faults: NOT_JSON, UNKNOWN_MESSAGE (no Bundle), MISSING, REPEATED, CHOICE, BAD_*, RULE (elements contradict each other, a
   modifier extension is unknown), TOO_*; PEER_ANSWER when an OperationOutcome stands in its place. */
bool pas_read(struct text body, enum pas_kind kind, enum pas_version version, struct arena *arena, struct fhir_bundle **out,
	struct fault *fault) fault_check;

/* The same rules for a bundle that was made here; and all of an answer's references lead somewhere, which is not asked of other people's
   answers (the guide's own examples leave some out). */
bool pas_check(const struct fhir_bundle *bundle, enum pas_kind kind, enum pas_version version, struct arena *arena, struct fault *fault)
	fault_check;

/* What $inquire gives in 2.2.1: Parameters with a bundle each; the name "responseBundle" of the guide's own example is read as well.
   *bundles gets the bundles, each checked. */
bool pas_read_inquiry_answer(struct text body, enum pas_version version, struct arena *arena, struct fhir_bundle ***bundles, size_t *n,
	struct fault *fault) fault_check;

/* A Subscription as a client sends it. *organization gets what its filter asks for: "org-identifier=" or, as older texts have it,
   "orgIdentifier=", a comma list; the rest is in *out. */
bool pas_read_subscription(struct text body, enum pas_version version, struct arena *arena, struct fhir_subscription **out,
	struct text *organization, struct fault *fault) fault_check;

/* A 2.2.1 notification bundle (type history) as a client gets it: its status parameters and the answers it carries, each checked. */
struct pas_notification {
	struct text type;         /* handshake, heartbeat or event-notification */
	struct text subscription; /* reference */
	int64_t event_number;     /* the last one told; 0: none */
	struct fhir_bundle **answers;
	size_t answers_n;
};
bool pas_read_notification(struct text body, struct arena *arena, struct pas_notification *out, struct fault *fault) fault_check;

/* -- what a request says, for whoever decides about it -- */

enum pas_intent { PAS_NEW, PAS_CHANGE, PAS_CANCEL };
struct pas_request {
	const struct fhir_claim *claim, *before; /* before: the claim that is changed, NULL when it is not in the bundle or there is none */
	struct text claim_url, before_url;       /* fullUrl; before_url is what related.claim says */
	enum pas_intent intent;                  /* PAS_CANCEL: an update that cancels every item, or the claim as a whole */
	bool expedited;                          /* priority stat, or level of service urgent */
	const struct fhir_patient *patient;
	const struct fhir_coverage *coverage;    /* the focal one */
	struct text member_id;                   /* TEXT_NONE: none is said */
	struct text sender, receiver;            /* TransmissionIdentifiers application codes, TEXT_NONE: none */
	struct text organization;                /* interchangeSenderID, else the provider's first identifier: whom subscriptions go by */
	struct text npi[8];                      /* of provider, careTeam and orders' requesters */
	size_t npi_n;
	struct text reference_number;            /* administrationReferenceNumber of the claim or its first item; TEXT_NONE: none */
};
/* Looks up what a request that pas_read accepted says: patient and coverage are there. */
void pas_request_of(const struct fhir_bundle *bundle, struct pas_request *out);
/* True when the claim's item is a cancelled one (infoCancelled, or certification type 3). */
bool pas_item_cancelled(const struct fhir_item *item);

/* The manual of all that is checked, in Markdown. */
void pas_document(struct buffer *out);
