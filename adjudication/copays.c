/* SPDX-License-Identifier: Apache-2.0 */
/* Weighs copay rows: each thing that decides is a number, the first one that differs decides. */
#include "adjudication/copays.h"

enum {
	LONG_SUPPLY_DAYS = 84, /* from here on a row of a retail pharmacy is one for long supplies: 12 weeks, three months */
	WEIGHTS = 5,
};

struct weight {
	int64_t at[WEIGHTS]; /* -1 in any: the row is not for this fill */
};

/* -- what decides, each at least 0 when it fits -- */

static int64_t by_insulin(const struct copay_row *row, const struct copay_asked *asked)
{
	return row->insulin ? (asked->insulin ? 1 : -1) : 0;
}

static int64_t by_network(const struct copay_row *row, const struct copay_asked *asked)
{
	if (!text_there(row->network))
		return asked->standing == STANDING_OUT ? -1 : 0;
	if (text_is(row->network, "OUT"))
		return asked->standing == STANDING_OUT ? 2 : -1;
	if (text_is(row->network, "PREFERRED"))
		return asked->standing == STANDING_PREFERRED ? 2 : -1;
	return asked->standing == STANDING_OUT ? -1 : 1;
}

static bool for_long_supplies(const struct copay_row *row)
{
	return text_is(row->pharmacy, "R") && row->days_supply >= LONG_SUPPLY_DAYS && !row->per_copay;
}

static int64_t by_pharmacy(const struct copay_row *row, const struct copay_asked *asked)
{
	if (row->pharmacy.n == 1 && row->pharmacy.at[0] == asked->way)
		return 2;
	if (asked->way == 'D')
		return for_long_supplies(row) ? 1 : -1;
	return text_there(row->pharmacy) && !text_is(row->pharmacy, "A") ? -1 : 0;
}

/* The shortest period that has room for the supply; else the longest that is paid several times; else a row that does not say. */
static int64_t by_days(const struct copay_row *row, const struct copay_asked *asked)
{
	if (row->days_other)
		return -1;
	if (!row->days_supply)
		return 0;
	if (asked->days <= row->days_supply)
		return 2000 - row->days_supply;
	return row->per_copay ? row->days_supply : -1;
}

static int64_t by_spending(const struct copay_row *row, const struct copay_asked *asked)
{
	if (asked->out_of_pocket_cents < row->oop_from_cents || (row->oop_to_cents && asked->out_of_pocket_cents > row->oop_to_cents))
		return -1;
	return row->oop_from_cents;
}

static int64_t (*const deciding[WEIGHTS])(const struct copay_row *, const struct copay_asked *) = {
	by_insulin, by_network, by_pharmacy, by_days, by_spending,
};

static bool weigh(const struct copay_row *row, const struct copay_asked *asked, struct weight *weight)
{
	if (text_there(row->phase) && !text_is(row->phase, asked->phase))
		return false;
	if (text_there(row->product_type) && !text_is(row->product_type, "A")) /* A: any */
		return false;
	for (size_t i = 0; i < WEIGHTS; i++)
		if ((weight->at[i] = deciding[i](row, asked)) < 0)
			return false;
	return true;
}

static int compare(const struct weight *a, const struct weight *b)
{
	for (size_t i = 0; i < WEIGHTS; i++)
		if (a->at[i] != b->at[i])
			return a->at[i] < b->at[i] ? -1 : 1;
	return 0;
}

/* Publishers that say before or after the deductible give copay and coinsurance in two rows, each with its own word on it. */
static bool is_rate_beside(const struct copay_row *row, const struct copay_row *other)
{
	bool two_words = (text_there(row->tier_name) || text_there(row->deductible)) && text_equal(row->tier_name, other->tier_name) &&
			 row->tier == other->tier && !text_there(row->phase) && !text_there(other->phase) &&
			 !row->per_copay && !other->per_copay;

	return two_words && !text_is(row->first, "RATE") && !row->rate_e4 && other->offered && !other->flat_cents &&
	       (text_is(other->first, "RATE") || other->rate_e4);
}

static enum copay_found choose(const struct copay_row *rows, size_t n, const struct copay_asked *asked, const struct copay_row **row,
	const struct copay_row **rate)
{
	struct weight best, weight;

	*row = *rate = NULL;
	for (size_t i = 0; i < n; i++)
		if (weigh(&rows[i], asked, &weight) && (!*row || compare(&weight, &best) > 0)) {
			*row = &rows[i];
			best = weight;
		}
	if (!*row)
		return COPAY_NONE;
	if (!(*row)->offered)
		return (*row)->unsaid ? COPAY_UNSAID : COPAY_NOT_OFFERED;
	for (size_t i = 0; i < n && !*rate; i++)
		if (weigh(&rows[i], asked, &weight) && compare(&weight, &best) == 0) {
			if (is_rate_beside(*row, &rows[i])) {
				*rate = &rows[i];
			} else if (is_rate_beside(&rows[i], *row) && rows[i].offered) {
				*rate = *row;
				*row = &rows[i];
			}
		}
	return COPAY_FOUND;
}

enum copay_found copays_choose(const struct copay_row *rows, size_t n, const struct copay_asked *asked, const struct copay_row **row,
	const struct copay_row **rate)
{
	enum copay_found found = choose(rows, n, asked, row, rate);

	/* A plan without a preferred part of its network does not offer it, and means its standard one. */
	if (found == COPAY_NOT_OFFERED && asked->standing == STANDING_PREFERRED) {
		struct copay_asked standard = *asked;

		standard.standing = STANDING_STANDARD;
		found = choose(rows, n, &standard, row, rate);
	}
	return found;
}
