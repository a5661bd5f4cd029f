/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of cost sharing. */
#include "adjudication/cost.h"

#include <assert.h>

enum {
	E4_PER_CENT = 1000000, /* unit cost is in 1/10000 dollar and quantity in 1/10000 unit: their product in 1/1000000 cent */
	RATE_WHOLE = 10000,
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

int64_t cost_periods(int64_t days, int64_t period_days)
{
	return !period_days || days <= period_days ? 1 : (days + period_days - 1) / period_days;
}

static int64_t rate_of(int64_t rate_e4, int64_t cents)
{
	return (cents * rate_e4 + RATE_WHOLE / 2) / RATE_WHOLE;
}

/* Takes up to `excess` off a part; returns what is left to take off elsewhere. */
static int64_t take_off(int64_t *part, int64_t excess)
{
	int64_t taken = least(*part, at_least_nothing(excess));

	*part -= taken;
	return at_least_nothing(excess) - taken;
}

/* Copay and coinsurance that are taken at this moment, in their order, of what is left. */
static void take_parts(const struct cost_terms *terms, bool at_once, int64_t *left, struct cost_share *share)
{
	for (int turn = 0; turn < 2; turn++) {
		bool rate = (turn == 0) == terms->rate_first;
		int64_t part = rate ? rate_of(terms->rate_e4, *left) : least(*left, terms->flat_cents);

		if ((rate ? terms->rate_at_once : terms->flat_at_once) != at_once)
			continue;
		*(rate ? &share->coinsurance : &share->copay) = part;
		*left -= part;
	}
}

/* Whichever is less stays; the same stays a copay. */
static void keep_lesser(const struct cost_terms *terms, int64_t cost_cents, struct cost_share *share)
{
	share->copay = least(cost_cents, terms->flat_cents);
	share->coinsurance = rate_of(terms->rate_e4, cost_cents);
	if (share->coinsurance < share->copay)
		share->copay = 0;
	else
		share->coinsurance = 0;
}

/* `available`: what of the cost is not the deductible. */
static void hold(const struct cost_terms *terms, int64_t cost_cents, int64_t available, int64_t *first, int64_t *second, struct cost_share *share)
{
	int64_t excess, cap = terms->cap_cents;

	if (terms->max_cents) {
		excess = take_off(second, share->copay + share->coinsurance - terms->max_cents);
		take_off(first, excess);
	}
	if (share->copay + share->coinsurance < least(terms->min_cents, available))
		/* a minimum belongs to the percentage when there is one */
		*(terms->rate_e4 ? &share->coinsurance : &share->copay) +=
			least(terms->min_cents, available) - share->copay - share->coinsurance;
	if (terms->capped) {
		if (terms->cap_rate_e4)
			cap = least(cap, rate_of(terms->cap_rate_e4, cost_cents));
		excess = take_off(second, share->copay + share->coinsurance - cap);
		take_off(first, excess);
	}
}

struct cost_share cost_share_by(const struct cost_terms *terms, int64_t cost_cents)
{
	struct cost_share share = { 0 };
	int64_t *first = terms->rate_first ? &share.coinsurance : &share.copay;
	int64_t *second = terms->rate_first ? &share.copay : &share.coinsurance;
	int64_t left = cost_cents, excess;

	assert(cost_cents >= 0 && cost_cents <= COST_MAX_CENTS);
	if (terms->lesser) {
		keep_lesser(terms, cost_cents, &share);
	} else {
		take_parts(terms, true, &left, &share);
		if (terms->deductible_applies) {
			share.deductible = least(left, terms->deductible_left);
			left -= share.deductible;
		}
		take_parts(terms, false, &left, &share);
	}
	hold(terms, cost_cents, cost_cents - share.deductible, first, second, &share);
	if (terms->limited) {
		/* what was taken last is given back first */
		excess = share.deductible + share.copay + share.coinsurance - terms->out_of_pocket_left;
		excess = take_off(second, excess);
		excess = take_off(first, excess);
		take_off(&share.deductible, excess);
	}
	share.total = share.deductible + share.copay + share.coinsurance;
	assert(share.total >= 0 && share.total <= cost_cents);
	return share;
}

bool cost_share_unknown(const struct cost_terms *terms, struct cost_share *share)
{
	*share = (struct cost_share){ 0 };
	if (terms->limited && !terms->out_of_pocket_left)
		return true; /* nothing is paid of any cost */
	if (terms->rate_e4 || (terms->deductible_applies && terms->deductible_left))
		return false;
	if (terms->capped && terms->cap_rate_e4 && (terms->flat_cents || terms->min_cents))
		return false; /* that rate of the cost may be less */
	*share = cost_share_by(terms, COST_MAX_CENTS);
	return true;
}

struct cost_share cost_share_of(const struct house_plan *plan, const struct house_tier *tier,
	const struct house_member *member, int64_t cost_cents, int64_t days)
{
	const struct cost_terms terms = {
		.deductible_applies = tier->deductible_applies,
		.deductible_left = at_least_nothing(plan->deductible_cents - member->deductible_met_cents),
		.flat_cents = tier->copay_cents * cost_periods(days, tier->days_per_copay),
		.rate_e4 = tier->coinsurance_bp,
		.rate_first = !text_is(plan->order, "COPAY_FIRST"),
		.min_cents = tier->min_cents,
		.max_cents = tier->max_cents,
		.limited = plan->out_of_pocket_max_cents > 0,
		.out_of_pocket_left = at_least_nothing(plan->out_of_pocket_max_cents - member->out_of_pocket_met_cents),
	};

	assert(days >= 0);
	return cost_share_by(&terms, cost_cents);
}
