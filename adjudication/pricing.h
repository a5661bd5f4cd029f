/* SPDX-License-Identifier: Apache-2.0 */
/* What pricing one request is made from, and the steps of it: one product, its alternatives, its safety notes. */
#pragma once

#include "adjudication/copays.h"
#include "adjudication/house.h"
#include "adjudication/make.h"
#include "adjudication/part_d.h"
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
	/* of plan and year: pricing_plan */
	int64_t deductible_cents, out_of_pocket_max_cents; /* 0: none */
	const struct part_d_year *part_d;                  /* NULL: not a plan of Part D priced from lists */
	bool no_year;                                      /* it is one, of a year that the table does not have */
	/* found on the way */
	bool left_open; /* somewhere there is no amount, because it depends on what is not known */
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
	struct text ndc, rxcui;
	const struct copay_row *copays;   /* of lists */
	size_t copays_n;
	const struct price_row *unit_prices;
	size_t unit_prices_n;
	bool outside_part_d;
	const struct product *instead_of; /* an alternative: what savings are reckoned against */
	const struct drug_use_evaluation *safety;
	size_t safety_n;
	/* what pricing found */
	struct restricted restricted;
	struct {
		bool is;
		int64_t cost_cents, pays_cents; /* cost -1: not known */
	} priced[PRICED_WAYS];
};

/* A pharmacy as plan and member are concerned. */
struct place {
	bool locked_out;                           /* the member may go to another one only */
	enum standing retail, mail;
	const struct pharmacy_standing *published; /* its fees; NULL: not known */
};
/* id NULL: unnamed, which is outside where there is a network. */
struct place pricing_place(const struct pricing *p, const struct rtpb_pharmacy_id *id);

/* What the plan and its year say that a price needs. */
void pricing_plan(struct pricing *p);
/* The price of a product dispensed in one way at one place. False: there is no amount; *out says why as far as it has words for it. */
bool pricing_one(struct pricing *p, struct product *product, const struct place *place, struct text indicator, struct pricing_and_coverage *out);

/* Finds the restrictions, then prices it at every pharmacy asked for, and at the payer's own mail and specialty pharmacy when it has a
   price there. False: it has no price anywhere; *out says why. */
bool pricing_product(struct pricing *p, struct product *product, struct response_product *out);
/* Whether prior authorization of it can be asked for electronically. */
bool pricing_epa(const struct pricing *p, const struct product *product);
void pricing_say_quantity(struct pricing *p, int64_t quantity_e4, struct rtpb_quantity **out);

/* The alternatives of the product, with the best first, at most five. One that costs the patient more is there only if fewer
   restrictions stand in its way, or it is what must be tried first. */
void pricing_alternatives(struct pricing *p, const struct product *instead_of, struct rtpb_response *response);

/* What is said of a drug of this class because of drugs that the member still has. Lives in the answer's arena. */
void pricing_safety(struct pricing *p, struct text drug_class, struct drug_use_evaluation **list, size_t *list_n);

/* Whether this is the pharmacy meant: by either of its ids. */
bool pricing_same_place(const struct rtpb_pharmacy_id *id, struct text ncpdp_id, struct text npi);
