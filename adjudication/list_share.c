/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the terms of one fill from the rows that are for it. */
#include "adjudication/list_share.h"

static int64_t at_least_nothing(int64_t cents)
{
	return cents > 0 ? cents : 0;
}

static int64_t less(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Before the deductible, or never subject to it; else after it, said or not. */
static bool at_once(const struct list_fill *fill, const struct copay_row *row)
{
	if (text_there(row->deductible))
		return !text_is(row->deductible, "AFTER");
	return !fill->deductible_where_unsaid;
}

/* What the rows themselves say. */
static void add_row(const struct list_fill *fill, const struct copay_row *row, struct cost_terms *terms)
{
	bool now = at_once(fill, row);
	int64_t flat = less(row->flat_cents, COST_MAX_CENTS), most;

	if (row->per_copay)
		flat = __builtin_mul_overflow(flat, cost_periods(fill->days, row->days_supply), &most) ? COST_MAX_CENTS : less(most, COST_MAX_CENTS);
	if (flat || !row->rate_e4) {
		terms->flat_cents = flat;
		terms->flat_at_once = now;
	}
	if (row->rate_e4) {
		terms->rate_e4 = row->rate_e4;
		terms->rate_at_once = now;
	}
	terms->deductible_applies |= !now;
	terms->rate_first = text_there(row->first) && flat && row->rate_e4 ? text_is(row->first, "RATE") : fill->rate_first;
	terms->min_cents = row->min_cents;
	terms->max_cents = row->max_cents;
	/* An insulin row with both: the applicable cost sharing is the lesser (SSA 1860D-2(b)(9)(D)). */
	terms->lesser = row->insulin && flat && row->rate_e4 && !text_there(row->first);
}

static struct cost_terms terms_of(const struct list_fill *fill, const struct copay_row *row, const struct copay_row *rate)
{
	struct cost_terms terms = { .deductible_left = at_least_nothing(fill->deductible - fill->deductible_met),
		.limited = fill->out_of_pocket_max > 0,
		.out_of_pocket_left = at_least_nothing(fill->out_of_pocket_max - fill->out_of_pocket_met) };

	add_row(fill, row, &terms);
	if (rate) {
		terms.rate_e4 = rate->rate_e4;
		terms.rate_at_once = at_once(fill, rate);
		terms.deductible_applies |= !terms.rate_at_once;
	}
	return terms;
}

/* The law for insulin in Part D: no deductible (SSA 1860D-2(b)(9)(A)), and no more than so much for each month begun, or a rate of the price. */
static void cap_insulin(const struct list_fill *fill, struct cost_terms *terms)
{
	if (!fill->part_d || !fill->insulin)
		return;
	terms->deductible_applies = false;
	terms->capped = true;
	terms->cap_cents = fill->part_d->insulin_month_cents * cost_periods(fill->days, fill->part_d->month_days);
	terms->cap_rate_e4 = fill->part_d->insulin_rate_e4;
}

/* In the deductible a Part D plan may name a cost of its own: then the whole fill that begins there is at that cost. One of all the cost is what a
   deductible is anyway. */
static bool has_own_deductible_cost(const struct list_fill *fill, const struct copay_asked *asked, const struct cost_terms *terms,
	const struct copay_row **row, const struct copay_row **rate)
{
	struct copay_asked before = *asked;

	if (!fill->part_d || fill->insulin || !terms->deductible_applies || !terms->deductible_left)
		return false;
	before.phase = "DEDUCTIBLE";
	return copays_choose(fill->copays, fill->copays_n, &before, row, rate) == COPAY_FOUND && text_there((*row)->phase) &&
	       !((*row)->rate_e4 == 10000 && !(*row)->flat_cents);
}

enum list_share list_share_of(const struct list_fill *fill, struct cost_share *share)
{
	const struct copay_asked asked = { .way = fill->way, .standing = fill->standing, .days = fill->days,
		.out_of_pocket_cents = fill->out_of_pocket_met, .insulin = fill->insulin, .phase = "INITIAL" };
	const struct copay_row *row, *rate, *own_row, *own_rate;
	enum copay_found found = copays_choose(fill->copays, fill->copays_n, &asked, &row, &rate);
	struct cost_terms terms;

	if (found == COPAY_NONE || found == COPAY_NOT_OFFERED)
		return LIST_SHARE_NOT_OFFERED;
	/* Vaccines of adults that ACIP recommends cost a member of Part D nothing (SSA 1860D-2(b)(8)). */
	if (fill->part_d && fill->vaccine) {
		*share = (struct cost_share){ 0 };
		return LIST_SHARE_KNOWN;
	}
	if (found == COPAY_UNSAID)
		return LIST_SHARE_OPEN;
	terms = terms_of(fill, row, rate);
	if (has_own_deductible_cost(fill, &asked, &terms, &own_row, &own_rate)) {
		terms = terms_of(fill, own_row, own_rate);
		terms.deductible_applies = false;
	}
	cap_insulin(fill, &terms);
	if (fill->cost_cents < 0)
		return cost_share_unknown(&terms, share) ? LIST_SHARE_KNOWN : LIST_SHARE_OPEN;
	*share = cost_share_by(&terms, fill->cost_cents);
	return LIST_SHARE_KNOWN;
}
