/* SPDX-License-Identifier: Apache-2.0 */
/* What a fill costs and how much of it the member pays: whole cents, nothing else. */
#pragma once

#include "adjudication/records.h"
#include "formulary/records.h"

#define COST_MAX_CENTS INT64_C(1000000000000) /* ten billion dollars: what is above is a mistake in a file or a message */

/* Ingredient cost (rounded half up to a cent) and dispensing fee of quantity_e4 / 10000 units. False above COST_MAX_CENTS. */
bool cost_of_fill(const struct pharmacy_price *price, int64_t quantity_e4, int64_t *cents);

/* What the member pays of a cost, part by part. Each part is at least 0; together they are `total`, which is never more than the cost, nor than
   what is left of the member's out-of-pocket maximum. */
struct cost_share {
	int64_t deductible, copay, coinsurance, total; /* cents */
};
/* The deductible first (if the tier has it), then copay and coinsurance of the rest in the plan's order, held between the tier's minimum and
   maximum, then all of it to the out-of-pocket maximum. */
struct cost_share cost_share_of(const struct house_plan *plan, const struct house_tier *tier,
	const struct house_member *member, int64_t cost_cents, int64_t days);

/* What is left of the member's deductible. */
int64_t cost_deductible_left(const struct house_plan *plan, const struct house_member *member);
