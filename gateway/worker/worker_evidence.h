/* SPDX-License-Identifier: Apache-2.0 */
/* Asking those that can tell which benefit pays, where what is known does not settle it: the member's PBM with a real-time benefit request, and the
   payer of the medical benefit with a CRD hook, side by side. What they say is evidence, and is remembered for a while. */
#pragma once

#include "gateway/worker/worker.h"

enum {
	EVIDENCE_MS = 1500,         /* how long a request waits for them, unless the configuration says otherwise; never beyond two thirds of its time */
	EVIDENCE_KEEP_S = 8 * 3600, /* how long an answer is good for the same member and drug: a working day. Coverage changes at midnight, prices by the
	                               hour, and which benefit a drug is under hardly ever */
	EVIDENCE_SAID_MAX = 16,     /* things that one answer says */
	EVIDENCE_ASKS_MAX = 8,      /* questions on behalf of one request: a hook may have hundreds of orders */
};

/* What was said before of this member and drug, or was answered just now, added to question->said. */
bool evidence_known(struct work *work, const struct worker_order *order, struct route_question *question, struct fault *fault) fault_check;
/* Asks, when the decision is thin and somebody can tell who was not asked yet. True: the request pauses for them. */
bool evidence_ask(struct work *work, const struct worker_order *order);

/* -- evidence_rtpb.c -- */

/* The order as an RTPB request; TEXT_NONE when something is not known that one must have. */
struct text evidence_rtpb_request(const struct asked_order *order, struct text trace, int64_t wall_ms, struct arena *arena);
/* What an RTPB response says about which benefit pays; each kind once. False when it cannot be read. */
bool evidence_of_rtpb(struct xml_reader *reader, struct text body, struct text day, struct arena *arena, struct route_question *out) fault_check;

/* -- evidence_crd.c -- */

/* Likewise the answer of a CDS service (Da Vinci CRD). */
bool evidence_of_crd(struct text body, struct text day, struct arena *arena, struct route_question *out) fault_check;

/* -- evidence_memory.c -- */

enum { EVIDENCE_KEY_BYTES = 32, EVIDENCE_SETS = 1024, EVIDENCE_WAYS = 4 };

/* Answers by a hash of who was asked, the member and the drug: nothing else is kept of them. At most EVIDENCE_SETS * EVIDENCE_WAYS; the one that ends
   first gives way. */
struct evidence_memory;
struct evidence_memory *evidence_memory_new(void);
void evidence_memory_free(struct evidence_memory *memory);
void evidence_memory_forget(struct evidence_memory *memory); /* all of it */
/* Keeps answer->said until then; what is too large to be kept is not. */
void evidence_remember(struct evidence_memory *memory, const unsigned char key[EVIDENCE_KEY_BYTES], const struct route_question *answer, int64_t until_ms);
/* The answer, if one is still good: its texts are the arena's. *out is untouched else. */
bool evidence_recall(const struct evidence_memory *memory, const unsigned char key[EVIDENCE_KEY_BYTES], int64_t now_ms, struct arena *arena,
	struct route_question *out);
