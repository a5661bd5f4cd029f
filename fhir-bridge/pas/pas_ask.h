/* SPDX-License-Identifier: Apache-2.0 */
/* Being a client of a payer's PAS interface on behalf of somebody else: what is sent on, what is asked later, and what an answer means. */
#pragma once

#include "fhir-bridge/pas/pas.h"

/* -- what is sent -- */

struct pas_forward {
	struct text identifier;   /* of the bundle, in our own namespace: the same on every repetition */
	struct text ours, theirs; /* a number of the case as our submitter knows it, and as the payer does; TEXT_NONE: none is exchanged */
};
/* A request bundle as it came, every byte of it but Bundle.identifier, which becomes ours (of two submitters that use the same one the payer would
   take the second for a repetition of the first), and the number of the case. `body` is one that pas_read accepts. TOO_LARGE past the
   arena. */
bool pas_forward(struct text body, const struct pas_forward *how, struct arena *arena, struct text *out, struct fault *fault) fault_check;

/* The inquiry after a request: its parties, coverage, claim and items, without what was sent to be decided by. number: the payer's own number
   of the case, TEXT_NONE: it gave none. NULL when the arena is full or `request` is none. Parts of the request are shared. */
struct fhir_bundle *pas_inquiry_of(const struct fhir_bundle *request, struct text identifier, struct text number, int64_t wall_ms,
	struct arena *arena);

/* -- what is answered -- */

/* False when the answer says that it is about another request, or another patient. */
bool pas_is_about(const struct fhir_bundle *request, const struct fhir_bundle *answer);

struct pas_heard {
	const char *outcome;   /* as in case_decision: APPROVED PARTIALLY_DENIED DENIED IN_PROCESS CLOSED CANCELLED CANCEL_REFUSED */
	struct text reason;    /* of a denial */
	struct text action;    /* CLOSED: the review action of the first item (X12 306), such as CT; TEXT_NONE: none */
	struct text number;    /* the payer's number of the case (administrationReferenceNumber); TEXT_NONE: none, or longer than 35 */
};
/* What an answer that was read says. `cancel`: it answers a cancellation. An answer of outcome "error", that no authorization is needed (NA) or that
   the payer wants a call (CT) close the case. NO_REASON: a denial without one (42 CFR 438.210(c), 422.568(e)); PEER_ANSWER: it says nothing. */
bool pas_heard_of(const struct fhir_bundle *answer, bool cancel, struct arena *arena, struct pas_heard *out, struct fault *fault) fault_check;

/* The i-th answer that $inquire gave, as it came, said to be what $submit gives: that is how it goes on. Both texts as they were read; TEXT_NONE past
   the arena. */
struct text pas_inquired(struct text body, size_t i, struct arena *arena);

/* The address of a Claim as a name of at most 35 characters, by which notifications are known; TEXT_NONE past the arena. */
struct text pas_claim_key(struct text full_url, struct arena *arena);

/* What an OperationOutcome says, in one line of at most 300 bytes: "invalid at Claim.item[0]: ..."; TEXT_NONE: it is none. */
struct text pas_refusal_words(struct text body, struct arena *arena);
