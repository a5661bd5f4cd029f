/* SPDX-License-Identifier: Apache-2.0 */
/* What a fill costs and how much of it the member pays: whole cents, nothing else. */
#pragma once

#include "adjudication/records.h"
#include "formulary/records.h"

#define COST_MAX_CENTS INT64_C(1000000000000) /* ten billion dollars: what is above is a mistake in a file or a message */

/* Ingredient cost (rounded half up to a cent) and dispensing fee of quantity_e4 / 10000 units. False above COST_MAX_CENTS. */
bool cost_of_fill(const struct pharmacy_price *price, int64_t quantity_e4, int64_t *cents);

/* By which terms a cost is shared, wherever they come from. Cents; rates of 10000. */
struct cost_terms {
	bool deductible_applies;
	int64_t deductible_left;
	int64_t flat_cents, rate_e4;
	bool flat_at_once, rate_at_once; /* taken before the deductible, which has the rest */
	bool rate_first;
	bool lesser;                     /* flat or rate, whichever is less, and not both */
	int64_t min_cents, max_cents;    /* of both together; 0: none */
	bool capped;                     /* by law, whatever min_cents says: */
	int64_t cap_cents, cap_rate_e4;  /* the less of an amount and a rate of the cost; rate 0: the amount alone */
	bool limited;                    /* there is an out-of-pocket maximum: */
	int64_t out_of_pocket_left;      /* at least 0 */
};

/* What the member pays of a cost, part by part. Each part is at least 0; together they are `total`, which is never more than the cost, nor than
   what is left of the member's out-of-pocket maximum. */
struct cost_share {
	int64_t deductible, copay, coinsurance, total; /* cents */
};
/* What is taken at once, then the deductible, then copay and coinsurance of the rest in their order, held between minimum and maximum and to
   the cap, then all of it to the out-of-pocket maximum. Every percentage is rounded half up to a cent, once, by itself. */
struct cost_share cost_share_by(const struct cost_terms *terms, int64_t cost_cents);
/* The same where the cost is not known: false when the share depends on it. A copay is then not held to the cost. */
bool cost_share_unknown(const struct cost_terms *terms, struct cost_share *share);

/* By the terms of a payer file's tier. */
struct cost_share cost_share_of(const struct house_plan *plan, const struct house_tier *tier,
	const struct house_member *member, int64_t cost_cents, int64_t days);

/* How many periods of so many days are begun in a supply; 1 when there are no periods. */
int64_t cost_periods(int64_t days, int64_t period_days);
