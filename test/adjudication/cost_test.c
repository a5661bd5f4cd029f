/* SPDX-License-Identifier: Apache-2.0 */
#include "adjudication/cost.h"

#include "test/case.h"

/* Worked by hand; the reckoning is beside each row. All in cents. */
static const struct {
	int64_t deductible, deductible_met, most, most_met;
	char order; /* c: copay first, i: coinsurance first */
	bool applies;
	int64_t copay, per_days, basis_points, min, max;
	int64_t cost, days;
	int64_t pays_deductible, pays_copay, pays_coinsurance;
} rows[] = {
	/* copay alone */
	{ 0, 0, 0, 0, 'c', false, 1000, 0, 0, 0, 0, /**/ 4500, 30, /**/ 0, 1000, 0 },
	/* never more than the cost: 7.50 < 10.00 */
	{ 0, 0, 0, 0, 'c', false, 1000, 0, 0, 0, 0, /**/ 750, 30, /**/ 0, 750, 0 },
	{ 0, 0, 0, 0, 'c', false, 1000, 0, 0, 0, 0, /**/ 0, 30, /**/ 0, 0, 0 },
	/* a copay for each 30 days begun: 90 -> 3, 31 -> 2, 30 -> 1, 1 -> 1 */
	{ 0, 0, 0, 0, 'c', false, 1000, 30, 0, 0, 0, /**/ 9900, 90, /**/ 0, 3000, 0 },
	{ 0, 0, 0, 0, 'c', false, 1000, 30, 0, 0, 0, /**/ 9900, 31, /**/ 0, 2000, 0 },
	{ 0, 0, 0, 0, 'c', false, 1000, 30, 0, 0, 0, /**/ 9900, 30, /**/ 0, 1000, 0 },
	{ 0, 0, 0, 0, 'c', false, 1000, 30, 0, 0, 0, /**/ 9900, 1, /**/ 0, 1000, 0 },
	/* coinsurance alone: 20 % of 123.45 = 24.69; of 123.48 = 24.696 -> 24.70; of 0.12 = 0.024 -> 0.02; 25 % of 0.02 = 0.005 -> 0.01 */
	{ 0, 0, 0, 0, 'c', false, 0, 0, 2000, 0, 0, /**/ 12345, 30, /**/ 0, 0, 2469 },
	{ 0, 0, 0, 0, 'c', false, 0, 0, 2000, 0, 0, /**/ 12348, 30, /**/ 0, 0, 2470 },
	{ 0, 0, 0, 0, 'c', false, 0, 0, 2000, 0, 0, /**/ 12, 30, /**/ 0, 0, 2 },
	{ 0, 0, 0, 0, 'c', false, 0, 0, 2500, 0, 0, /**/ 2, 30, /**/ 0, 0, 1 },
	/* 100 % is all of it */
	{ 0, 0, 0, 0, 'c', false, 0, 0, 10000, 0, 0, /**/ 777, 30, /**/ 0, 0, 777 },
	/* both, copay first: 10.00, then 20 % of the 90.00 left = 18.00 */
	{ 0, 0, 0, 0, 'c', false, 1000, 0, 2000, 0, 0, /**/ 10000, 30, /**/ 0, 1000, 1800 },
	/* both, coinsurance first: 20 % of 100.00 = 20.00, then 10.00 */
	{ 0, 0, 0, 0, 'i', false, 1000, 0, 2000, 0, 0, /**/ 10000, 30, /**/ 0, 1000, 2000 },
	/* coinsurance first leaves too little for the copay: 90 % of 10.00 = 9.00, 1.00 left */
	{ 0, 0, 0, 0, 'i', false, 500, 0, 9000, 0, 0, /**/ 1000, 30, /**/ 0, 100, 900 },
	/* deductible not met: all of it, nothing left to share */
	{ 50000, 0, 0, 0, 'c', true, 1000, 0, 0, 0, 0, /**/ 4500, 30, /**/ 4500, 0, 0 },
	/* deductible partly met: 500.00 - 480.00 = 20.00, then copay 10.00 of the 25.00 left */
	{ 50000, 48000, 0, 0, 'c', true, 1000, 0, 0, 0, 0, /**/ 4500, 30, /**/ 2000, 1000, 0 },
	/* ... or coinsurance: 25 % of 25.00 = 6.25 */
	{ 50000, 48000, 0, 0, 'c', true, 0, 0, 2500, 0, 0, /**/ 4500, 30, /**/ 2000, 0, 625 },
	/* deductible met, more than met, and not for this tier */
	{ 50000, 50000, 0, 0, 'c', true, 1000, 0, 0, 0, 0, /**/ 4500, 30, /**/ 0, 1000, 0 },
	{ 50000, 60000, 0, 0, 'c', true, 1000, 0, 0, 0, 0, /**/ 4500, 30, /**/ 0, 1000, 0 },
	{ 50000, 0, 0, 0, 'c', false, 1000, 0, 0, 0, 0, /**/ 4500, 30, /**/ 0, 1000, 0 },
	/* minimum: 20 % of 100.00 = 20.00, at least 50.00; it belongs to the coinsurance */
	{ 0, 0, 0, 0, 'c', false, 0, 0, 2000, 5000, 0, /**/ 10000, 30, /**/ 0, 0, 5000 },
	/* minimum of a tier without coinsurance belongs to the copay */
	{ 0, 0, 0, 0, 'c', false, 1000, 0, 0, 1500, 0, /**/ 10000, 30, /**/ 0, 1500, 0 },
	/* minimum above what is left is what is left */
	{ 0, 0, 0, 0, 'c', false, 0, 0, 2000, 5000, 0, /**/ 3000, 30, /**/ 0, 0, 3000 },
	/* ... after the deductible: 30.00 - 20.00 = 10.00 */
	{ 2000, 0, 0, 0, 'c', true, 0, 0, 2000, 5000, 0, /**/ 3000, 30, /**/ 2000, 0, 1000 },
	/* maximum: 20 % of 2,800.00 = 560.00, at most 250.00 */
	{ 0, 0, 0, 0, 'c', false, 0, 0, 2000, 10000, 25000, /**/ 280000, 28, /**/ 0, 0, 25000 },
	/* maximum takes the second one down first: 10.00 + 18.00 > 15.00, so 10.00 + 5.00 */
	{ 0, 0, 0, 0, 'c', false, 1000, 0, 2000, 0, 1500, /**/ 10000, 30, /**/ 0, 1000, 500 },
	/* ... and then the first: 10.00 alone > 8.00 */
	{ 0, 0, 0, 0, 'c', false, 1000, 0, 2000, 0, 800, /**/ 10000, 30, /**/ 0, 800, 0 },
	/* ... in the other order: 20.00 + 10.00 > 15.00: copay gone, 15.00 */
	{ 0, 0, 0, 0, 'i', false, 1000, 0, 2000, 0, 1500, /**/ 10000, 30, /**/ 0, 0, 1500 },
	/* the maximum does not hold the deductible down: 500.00 + 250.00 */
	{ 50000, 0, 0, 0, 'c', true, 0, 0, 2000, 10000, 25000, /**/ 280000, 28, /**/ 50000, 0, 25000 },
	/* out of pocket: 20.00 left of 5,000.00; reached; passed */
	{ 50000, 50000, 500000, 498000, 'c', true, 6000, 0, 0, 0, 0, /**/ 13675, 30, /**/ 0, 2000, 0 },
	{ 50000, 50000, 500000, 500000, 'c', true, 6000, 0, 0, 0, 0, /**/ 13675, 30, /**/ 0, 0, 0 },
	{ 50000, 50000, 500000, 510000, 'c', true, 6000, 0, 0, 0, 0, /**/ 13675, 30, /**/ 0, 0, 0 },
	/* it holds the deductible too: 30.00 left in all, so the copay goes, then 470.00 of the deductible */
	{ 50000, 0, 3000, 0, 'c', true, 6000, 0, 0, 0, 0, /**/ 70000, 30, /**/ 3000, 0, 0 },
	/* last taken, first given back: 20.00 + 10.00 + 50 % of 10.00 = 35.00, 32.00 allowed: 3.00 off the coinsurance */
	{ 2000, 0, 3200, 0, 'c', true, 1000, 0, 5000, 0, 0, /**/ 4000, 30, /**/ 2000, 1000, 200 },
	/* the out-of-pocket maximum is stronger than the tier's minimum */
	{ 0, 0, 500000, 499900, 'c', false, 0, 0, 2000, 5000, 0, /**/ 10000, 30, /**/ 0, 0, 100 },
};

CASE(cost, shares_worked_by_hand)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct house_plan plan = { .deductible_cents = rows[i].deductible,
			.out_of_pocket_max_cents = rows[i].most,
			.order = rows[i].order == 'c' ? text_lit("COPAY_FIRST") : text_lit("COINSURANCE_FIRST") };
		const struct house_member member = { .deductible_met_cents = rows[i].deductible_met,
			.out_of_pocket_met_cents = rows[i].most_met };
		const struct house_tier tier = { .copay_cents = rows[i].copay,
			.days_per_copay = rows[i].per_days,
			.coinsurance_bp = rows[i].basis_points,
			.min_cents = rows[i].min,
			.max_cents = rows[i].max,
			.deductible_applies = rows[i].applies };
		struct cost_share share = cost_share_of(&plan, &tier, &member, rows[i].cost, rows[i].days);

		cr_expect(share.deductible == rows[i].pays_deductible && share.copay == rows[i].pays_copay &&
				  share.coinsurance == rows[i].pays_coinsurance,
			"row %zu: %lld %lld %lld", i, (long long)share.deductible, (long long)share.copay,
			(long long)share.coinsurance);
		cr_expect_eq(share.total, rows[i].pays_deductible + rows[i].pays_copay + rows[i].pays_coinsurance,
			"row %zu", i);
	}
}

CASE(cost, a_fill_is_ingredient_and_fee)
{
	static const struct {
		int64_t unit_e4, fee, quantity_e4, cents; /* cents -1: refused */
	} fills[] = {
		{ 45000, 175, 300000, 13675 },           /* 30 at 4.50 + 1.75 */
		{ 900, 175, 300000, 445 },               /* 30 at 0.09 + 1.75 */
		{ 64000, 0, 25000, 1600 },               /* 2.5 at 6.40 */
		{ 333, 0, 10000, 3 },                    /* 0.0333 -> 0.03 */
		{ 350, 0, 10000, 4 },                    /* 0.0350 -> 0.04, half up */
		{ 0, 99, 10000, 99 },
		{ 1000000000000, 0, 1000000000000, -1 }, /* does not fit */
		{ 1000000000000, 0, 1000010000, -1 },    /* fits, and is above what a fill can cost */
		{ 100, 0, -1, -1 },
	};

	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		const struct pharmacy_price price = { .unit_cost_e4 = fills[i].unit_e4, .fee_cents = fills[i].fee };
		int64_t cents = -1;
		bool good = cost_of_fill(&price, fills[i].quantity_e4, &cents);

		cr_expect_eq(good, fills[i].cents >= 0, "row %zu", i);
		if (good)
			cr_expect_eq(cents, fills[i].cents, "row %zu: %lld", i, (long long)cents);
	}
}

/* splitmix64: the same rows for the same seed. */
static uint64_t any(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static int64_t up_to(uint64_t *seed, int64_t most)
{
	/* half of them near nothing, where the edges are */
	return (int64_t)(any(seed) % (uint64_t)((any(seed) & 1 ? most : most / 1000 + 2) + 1));
}

CASE(cost, any_share_is_within_the_cost_and_what_is_left_out_of_pocket)
{
	uint64_t seed = 20260107;

	for (int i = 0; i < 200000; i++) {
		const struct house_plan plan = { .deductible_cents = up_to(&seed, 100000),
			.out_of_pocket_max_cents = up_to(&seed, 1000000),
			.order = any(&seed) & 1 ? text_lit("COPAY_FIRST") : text_lit("COINSURANCE_FIRST") };
		const struct house_member member = { .deductible_met_cents = up_to(&seed, 120000),
			.out_of_pocket_met_cents = up_to(&seed, 1200000) };
		int64_t max = up_to(&seed, 50000);
		const struct house_tier tier = { .copay_cents = up_to(&seed, 20000),
			.days_per_copay = up_to(&seed, 90),
			.coinsurance_bp = (int64_t)(any(&seed) % 10001),
			.max_cents = max,
			.min_cents = (int64_t)(any(&seed) % (uint64_t)((max ? max : 5000) + 1)),
			.deductible_applies = (int64_t)(any(&seed) & 1) };
		int64_t cost = up_to(&seed, any(&seed) & 1 ? 1000000 : COST_MAX_CENTS);
		struct cost_share share = cost_share_of(&plan, &tier, &member, cost, (int64_t)(1 + any(&seed) % 999));
		int64_t left = plan.out_of_pocket_max_cents - member.out_of_pocket_met_cents;
		int64_t unmet = plan.deductible_cents - member.deductible_met_cents;

		cr_assert(share.deductible >= 0 && share.copay >= 0 && share.coinsurance >= 0, "row %d", i);
		cr_assert_eq(share.deductible + share.copay + share.coinsurance, share.total, "row %d", i);
		cr_assert(share.total <= cost, "row %d", i);
		cr_assert(!plan.out_of_pocket_max_cents || share.total <= (left > 0 ? left : 0), "row %d", i);
		cr_assert(share.deductible <= (unmet > 0 ? unmet : 0), "row %d", i);
		cr_assert(!tier.max_cents || share.copay + share.coinsurance <= tier.max_cents, "row %d", i);
		cr_assert(tier.deductible_applies || share.deductible == 0, "row %d", i);
	}
}
