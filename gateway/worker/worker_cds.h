/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's part in Da Vinci CRD: what a plan says of an order while it is being written. Shared by the files that serve it. */
#pragma once

#include "fhir-bridge/crd/cds.h"
#include "fhir-bridge/crd/coverage_info.h"
#include "gateway/worker/cds_convention.h"
#include "gateway/worker/cds_ids.h"
#include "gateway/worker/worker_web.h"

/* One request in hand. */
struct cds_asked {
	struct web *web;
	struct cds_question question;
	struct text day; /* YYYY-MM-DD */
	enum fault_code trouble; /* ours: what an answer of reason "technical" stands for */
	const struct standing *payer, *ledger; /* what is known of the member; NULL: nothing */
};

/* One order of it with what was found out. */
struct cds_answer {
	const struct cds_held *order;
	struct work *work;  /* plan, coverage and decision of the router; all empty when it was not asked */
	struct text rxcui;  /* of the drug, as the order has it */
	struct coverage_info info;
};

/* -- cds_drug.c -- */

struct cds_drug {
	struct text ndc, rxcui, hcpcs;
};
/* Of the concept, and of the other codes that the provider may bill it under. */
void cds_read_codes(const struct cds_concept *concept, struct arena *arena, struct cds_drug *drug);
/* -- cds_standing.c: what the house payer and the ledger know of the member -- */

/* Asks them, once for each question: true, and it pauses for a moment. False: nothing is to be asked, or they were asked. */
bool cds_ask_standing(struct cds_asked *asked, const struct cds_answer *answers, size_t n);
/* What they said; *payer NULL, *ledger NULL: nothing, or not in time. */
void cds_read_standing(struct cds_asked *asked);
/* The policy's part of it; NULL: nothing is known. */
const struct standing_policy *cds_policy_standing(const struct cds_asked *asked, struct text policy);
/* What is approved already for this order; false: nothing is known to be. */
bool cds_approved(const struct cds_asked *asked, const struct cds_answer *answer, struct text *number, struct text *until);

/* -- cds_answer.c -- */

/* Finds out what is said of the order. False: what the request as a whole is refused with. */
bool cds_answer_order(struct cds_asked *asked, const struct cds_held *order, struct cds_answer *out, struct fault *fault) fault_check;
/* Is the plan of the coverage known here, and in force? NULL, or the guide's reason why not. */
bool cds_check_coverage(struct cds_asked *asked, const char **reason, struct fault *fault) fault_check;

/* Appends the cards, with commas between them: of the answers, and of a coverage that is not known (`reason`, NULL: it is). */
bool cds_write_cards(struct cds_asked *asked, const struct cds_answer *answers, size_t n, const char *reason, struct buffer *out, struct fault *fault)
	fault_check;

/* -- cds_fetch.c -- */

/* Has what is missing read, where that can be had: true, and the question pauses. Else it is answered or refused with what there is. */
bool cds_fetch(struct cds_asked *asked);
/* What came of it, in the arena; 0: nothing was asked. */
size_t cds_fetched(const struct web *web, struct cds_later **out);

/* The answer to GET /cds-services, and to GET /crd/2.0/cds-services. */
void cds_discovery_write(enum cds_version version, struct buffer *out);
