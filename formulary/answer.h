/* SPDX-License-Identifier: Apache-2.0 */
/* What the lists of a plan say of a product: status, every rule, copays and alternatives, each with where it comes from. */
#pragma once

#include "formulary/formulary.h"

/* By whom the product is named: one or more of them. */
struct product_name {
	struct text ndc;   /* 11 digits, or with dashes: formulary/ndc.h; what may be several products names none */
	struct text rxcui;
	struct text qualifier, reference; /* DrugReferenceQualifier and number of F&B */
	bool alone;        /* its alternatives are not asked for */
};

/* Finds, as consumers of formulary files do: the NDC's own row, else that of the RxNorm concept it is linked to, else the reference number;
   else the default of the formulary's header for unlisted products where it is the same for all of them. An exclusion overrides a status. All
   coverage rules count. Copays of the product come before those of its status or tier; prices of the product before those of the NDC that stands for its concept. The day is that of formulary_day. *found false: the plan has
   no lists, or they say nothing of the product. Texts live as long as the generation; the rest in the arena. FAULT_STORE_CORRUPT,
   FAULT_TOO_LARGE past the arena. */
bool formulary_answer(const struct formulary *formulary, struct text plan, const struct product_name *name, struct arena *arena,
	struct product_answer *out, bool *found, struct fault *fault) fault_check;

/* A publisher's lists, one by one, as an eligibility answer (X12 271) names them for a member: formulary (FO), alternatives (ALS), coverage (CLI) and
   copay (IG) ids. What is absent is not asked. */
struct list_ids {
	struct text source, formulary, alternative;
	const struct text *coverage, *copay;
	size_t coverage_n, copay_n;
};
/* The same of these lists instead of those of a plan. *found false: none of them says anything of the product; an id that no list has
   says nothing either. */
bool formulary_answer_lists(const struct formulary *formulary, const struct list_ids *lists, const struct product_name *name,
	struct arena *arena, struct product_answer *out, bool *found, struct fault *fault) fault_check;

/* How the pharmacy with this NPI stands in the network of the plan. *found false: no network of the plan is known. Where one is and does not
   have the pharmacy, it is OUT and *from says nothing. FAULT_STORE_CORRUPT, FAULT_TOO_LARGE. */
bool formulary_network(const struct formulary *formulary, struct text plan, struct text npi, struct arena *arena, struct network_row *out,
	struct answer_from *from, bool *found, struct fault *fault) fault_check;

/* The same as a plan file would say it: what router and payer go by, with all that a price needs. Its alternatives have what the answer says
   of them; see formulary_candidates. *says false: neither a status nor an exclusion is known. Shares the answer's texts. FAULT_TOO_LARGE. */
bool formulary_coverage_of(const struct product_answer *answer, const struct product_name *name, struct arena *arena,
	struct coverage *out, bool *says, struct fault *fault) fault_check;

/* Gives the coverage its alternatives, at most 20: what a step rule wants tried first, then what the publisher prefers, each looked up by
   itself. What has no NDC by which it could be asked for is left out, as is the product itself. Faults as formulary_answer. */
bool formulary_candidates(const struct formulary *formulary, const struct product_answer *answer, struct arena *arena, struct coverage *out,
	struct fault *fault) fault_check;
