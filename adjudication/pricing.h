/* SPDX-License-Identifier: Apache-2.0 */
/* What pricing one request is made from, and the steps of it: one product, its alternatives, its safety notes. */
#pragma once

#include "adjudication/house.h"
#include "adjudication/make.h"
#include "adjudication/restrict.h"

/* Everything an answer is made from. */
struct pricing {
	struct make make;
	const struct house *house;
	const struct house_case *about;
	const struct rtpb_request *request;
	const struct rtpb_drug *drug;
	const struct house_plan *plan;
	const struct house_member *member;
	struct asked asked;
	struct text unit; /* of the quantity */
};

/* In how many ways a product can be dispensed: the places of the next two tables. */
enum { PRICED_WAYS = 4 };
extern const char pricing_ways[PRICED_WAYS + 1]; /* "RDMS": PricingAndCoverageIndicator */

/* A product to be priced: the one asked about, or an alternative. */
struct product {
	const struct coverage *coverage; /* NULL: an alternative */
	const struct limits *limits;
	struct text policy;
	int64_t tier;
	const struct pharmacy_price *prices;
	size_t prices_n;
	const struct product *instead_of; /* an alternative: what savings are reckoned against */
	const struct drug_use_evaluation *safety;
	size_t safety_n;
	/* what pricing found */
	struct restricted restricted;
	struct {
		bool is;
		int64_t cost_cents, pays_cents;
	} priced[PRICED_WAYS];
};

/* Finds the restrictions, then prices it at every pharmacy asked for, and at the payer's own mail and specialty pharmacy when it has a
   price there. False: it has no price anywhere; *out says why. */
bool pricing_product(struct pricing *p, struct product *product, struct response_product *out);
/* Whether prior authorization of it can be asked for electronically. */
bool pricing_epa(const struct pricing *p, const struct product *product);
void pricing_say_quantity(struct pricing *p, int64_t quantity_e4, struct rtpb_quantity **out);

/* The alternatives of the product, with the best first, at most five. One that costs the patient more is there only if fewer
   restrictions stand in its way. */
void pricing_alternatives(struct pricing *p, const struct product *instead_of, struct rtpb_response *response);

/* What is said of a drug of this class because of drugs that the member still has. Lives in the answer's arena. */
void pricing_safety(struct pricing *p, struct text drug_class, struct drug_use_evaluation **list, size_t *list_n);

/* Whether this is the pharmacy meant: by either of its ids. */
bool pricing_same_place(const struct rtpb_pharmacy_id *id, struct text ncpdp_id, struct text npi);
