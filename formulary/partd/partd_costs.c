/* SPDX-License-Identifier: Apache-2.0 */
/* What members of a Part D plan pay: for each tier, phase and length of supply, at the four kinds of pharmacy. */
#include "formulary/partd/partd_rows.h"

#include <stdio.h>

enum { CHANNELS = 4 };

static const struct {
	const char *pharmacy, *network;
} channels[CHANNELS] = { { "R", "PREFERRED" }, { "R", "STANDARD" }, { "M", "PREFERRED" }, { "M", "STANDARD" } };

/* DAYS_SUPPLY 1 to 4. */
static const struct {
	int64_t days, other;
} supplies[5] = { [1] = { 30, 0 }, [2] = { 90, 0 }, [3] = { 0, 1 }, [4] = { 60, 0 } };

static const char *const phases[4] = { "DEDUCTIBLE", "INITIAL", NULL, "CATASTROPHIC" };

/* A member pays so for all products of a tier (product key S). */
static bool put(struct partd_rows *rows, const char *plan, const struct copay_row *copay, const char *apart, struct fault *fault)
{
	struct builder_row row = { .list = rows->list, .class = ROW_PRODUCT, .owner_kind = text_lit("COPAY"), .owner = text_of(plan),
		.body = PRODUCT_ALL, .apart = text_of(apart), .record = &copay_row_record, .rec = copay, .line = rows->line };

	return builder_row(rows->builder, &row, fault);
}

/* Type, amount, least and most at `at`. */
static bool cost_at(const struct partd_cells *cells, size_t at, struct copay_row *copay, struct fault *fault)
{
	int64_t type;

	if (!partd_number(cells, at, false, 0, 2, &type, fault) || !partd_amount(cells, at + 2, 2, &copay->min_cents, fault) ||
		!partd_amount(cells, at + 3, 2, &copay->max_cents, fault))
		return false;
	copay->offered = type != 0;
	copay->first = type == 1 ? text_lit("FLAT") : type == 2 ? text_lit("RATE") : TEXT_NONE;
	if (type && !text_there(cells->at[at + 1]))
		return partd_bad(cells, at + 1, FAULT_MISSING, fault);
	/* A greatest amount of 0 fills the column where there is none: in our rows too 0 means none, so it is no cap of nothing. */
	if (type == 1)
		return partd_amount(cells, at + 1, 2, &copay->flat_cents, fault);
	if (type == 2 && !partd_amount(cells, at + 1, 4, &copay->rate_e4, fault))
		return false;
	return copay->rate_e4 <= 10000 || partd_bad(cells, at + 1, FAULT_BAD_NUMBER, fault);
}

bool partd_cost_row(struct partd_rows *rows, const struct partd_cells *cells, const char *plan, struct fault *fault)
{
	struct copay_row same = { .line = rows->line };
	int64_t level, supply, deductible = 0;

	/* Plans without tiers leave the tier out: it is then for all of them. */
	if (!partd_number(cells, 3, true, 0, 3, &level, fault) || !partd_number(cells, 4, false, 1, 99, &same.tier, fault) ||
		!partd_number(cells, 5, true, 1, 4, &supply, fault) ||
		(text_there(cells->at[22]) && !partd_yes(cells, 22, &same.specialty_tier, fault)) ||
		(text_there(cells->at[23]) && !partd_yes(cells, 23, &deductible, fault)))
		return false;
	if (!phases[level])
		return partd_bad(cells, 3, FAULT_BAD_CODE, fault);
	same.phase = text_of(phases[level]);
	same.days_supply = supplies[supply].days;
	same.days_other = supplies[supply].other;
	if (text_there(cells->at[23]))
		same.deductible = !deductible ? text_lit("NONE") : level == 0 ? text_lit("BEFORE") : text_lit("AFTER");
	for (size_t i = 0; i < CHANNELS; i++) {
		struct copay_row copay = same;
		char apart[60];

		if (!text_there(cells->at[6 + 4 * i]))
			continue; /* not said, which is not the same as not offered */
		copay.pharmacy = text_of(channels[i].pharmacy);
		copay.network = text_of(channels[i].network);
		if (!cost_at(cells, 6 + 4 * i, &copay, fault))
			return false;
		snprintf(apart, sizeof(apart), "%02lld-%lld-%lld-%zu", (long long)copay.tier, (long long)level, (long long)supply, i);
		if (!put(rows, plan, &copay, apart, fault))
			return false;
	}
	return true;
}

bool partd_insulin_row(struct partd_rows *rows, const struct partd_cells *cells, const char *plan, struct fault *fault)
{
	struct copay_row same = { .line = rows->line, .insulin = 1, .offered = 1 };
	int64_t supply;

	if (!partd_number(cells, 3, false, 1, 99, &same.tier, fault) || !partd_number(cells, 4, true, 1, 4, &supply, fault))
		return false;
	same.days_supply = supplies[supply].days;
	same.days_other = supplies[supply].other;
	for (size_t i = 0; i < CHANNELS; i++) {
		struct copay_row copay = same;
		bool flat = text_there(cells->at[5 + i]), rate = text_there(cells->at[9 + i]);
		char apart[60];

		if (!flat && !rate)
			continue;
		copay.pharmacy = text_of(channels[i].pharmacy);
		copay.network = text_of(channels[i].network);
		copay.first = flat && rate ? TEXT_NONE : flat ? text_lit("FLAT") : text_lit("RATE");
		if (!partd_amount(cells, 5 + i, 2, &copay.flat_cents, fault) || !partd_amount(cells, 9 + i, 4, &copay.rate_e4, fault))
			return false;
		if (copay.rate_e4 > 10000)
			return partd_bad(cells, 9 + i, FAULT_BAD_NUMBER, fault);
		snprintf(apart, sizeof(apart), "%02lld-I-%lld-%zu", (long long)copay.tier, (long long)supply, i);
		if (!put(rows, plan, &copay, apart, fault))
			return false;
	}
	return true;
}
