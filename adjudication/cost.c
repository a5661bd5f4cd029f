/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of cost sharing. */
#include "adjudication/cost.h"

#include <assert.h>

enum {
	E4_PER_CENT = 1000000, /* unit cost is in 1/10000 dollar and quantity in 1/10000 unit: their product in 1/1000000 cent */
	BASIS_POINTS = 10000,
};

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t at_least_nothing(int64_t cents)
{
	return cents > 0 ? cents : 0;
}

bool cost_of_fill(const struct pharmacy_price *price, int64_t quantity_e4, int64_t *cents)
{
	int64_t product;

	if (quantity_e4 < 0 || __builtin_mul_overflow(price->unit_cost_e4, quantity_e4, &product) ||
		product > INT64_MAX - E4_PER_CENT)
		return false;
	*cents = (product + E4_PER_CENT / 2) / E4_PER_CENT + price->fee_cents;
	return *cents <= COST_MAX_CENTS;
}

int64_t cost_deductible_left(const struct house_plan *plan, const struct house_member *member)
{
	return at_least_nothing(plan->deductible_cents - member->deductible_met_cents);
}

/* Copays for the days, as far as they were stated to be for a number of days. */
static int64_t copay_for(const struct house_tier *tier, int64_t days)
{
	if (!tier->days_per_copay || days <= tier->days_per_copay)
		return tier->copay_cents;
	return tier->copay_cents * ((days + tier->days_per_copay - 1) / tier->days_per_copay);
}

static int64_t coinsurance_of(const struct house_tier *tier, int64_t cents)
{
	return (cents * tier->coinsurance_bp + BASIS_POINTS / 2) / BASIS_POINTS;
}

/* Takes up to `excess` off a part; returns what is left to take off elsewhere. */
static int64_t take_off(int64_t *part, int64_t excess)
{
	int64_t taken = least(*part, at_least_nothing(excess));

	*part -= taken;
	return at_least_nothing(excess) - taken;
}

struct cost_share cost_share_of(const struct house_plan *plan, const struct house_tier *tier,
	const struct house_member *member, int64_t cost_cents, int64_t days)
{
	struct cost_share share = { 0 };
	bool copay_first = text_is(plan->order, "COPAY_FIRST");
	int64_t *first = copay_first ? &share.copay : &share.coinsurance;
	int64_t *second = copay_first ? &share.coinsurance : &share.copay;
	int64_t left = cost_cents, excess;

	assert(cost_cents >= 0 && cost_cents <= COST_MAX_CENTS && days >= 0);
	if (tier->deductible_applies) {
		share.deductible = least(left, cost_deductible_left(plan, member));
		left -= share.deductible;
	}
	if (copay_first) {
		share.copay = least(left, copay_for(tier, days));
		share.coinsurance = coinsurance_of(tier, left - share.copay);
	} else {
		share.coinsurance = coinsurance_of(tier, left);
		share.copay = least(left - share.coinsurance, copay_for(tier, days));
	}
	if (tier->max_cents) {
		excess = take_off(second, share.copay + share.coinsurance - tier->max_cents);
		take_off(first, excess);
	}
	if (share.copay + share.coinsurance < least(tier->min_cents, left))
		/* a minimum belongs to the percentage when there is one */
		*(tier->coinsurance_bp ? &share.coinsurance : &share.copay) +=
			least(tier->min_cents, left) - share.copay - share.coinsurance;
	share.total = share.deductible + share.copay + share.coinsurance;
	if (plan->out_of_pocket_max_cents) {
		/* what was taken last is given back first */
		excess = share.total -
			 at_least_nothing(plan->out_of_pocket_max_cents - member->out_of_pocket_met_cents);
		excess = take_off(second, excess);
		excess = take_off(first, excess);
		take_off(&share.deductible, excess);
		share.total = share.deductible + share.copay + share.coinsurance;
	}
	assert(share.total >= 0 && share.total <= cost_cents);
	return share;
}
