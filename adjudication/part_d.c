/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the years of Part D: a year is what its lines say together, and one that lacks a line is refused. */
#include "adjudication/part_d.h"

#include "adjudication/payer.h"

#include <stdlib.h>
#include <string.h>

enum {
	TABLE_MAX = 1 << 18, /* bytes; a thousand lines */
	YEARS_MAX = 100,
};

/* What an amount is counted in, and the most of it. */
static const struct amount {
	const char *what;
	size_t offset;
	int64_t per_e4; /* an amount in 1/10000 is this much of ours */
	int64_t least, most;
} amounts[] = {
	{ "deductible", offsetof(struct part_d_year, deductible_cents), 100, 0, 100000000 },
	{ "out_of_pocket", offsetof(struct part_d_year, out_of_pocket_cents), 100, 1, 100000000 },
	{ "insulin_month", offsetof(struct part_d_year, insulin_month_cents), 100, 0, 100000000 },
	{ "insulin_rate", offsetof(struct part_d_year, insulin_rate_e4), 100, 0, 10000 },
	{ "month_days", offsetof(struct part_d_year, month_days), 10000, 1, 400 },
};
enum { AMOUNTS = sizeof(amounts) / sizeof(*amounts) };

struct part_d_years {
	struct part_d_year at[YEARS_MAX];
	bool said[YEARS_MAX][AMOUNTS];
	int line[YEARS_MAX]; /* at which the year begins */
	size_t n;
};

static size_t year_at(struct part_d_years *years, int64_t year, int line)
{
	size_t i = 0;

	while (i < years->n && years->at[i].year != year)
		i++;
	if (i == years->n && i < YEARS_MAX) {
		years->at[i].year = year;
		years->line[i] = line;
		years->n++;
	}
	return i;
}

static bool read_row(struct part_d_years *years, struct text line, int number, struct fault *fault)
{
	struct part_d_row row = { 0 };
	int64_t year, amount;
	size_t at, what = 0;

	if (!record_read_cells(&part_d_row_record, line, &row, fault))
		return false;
	if (!text_to_int(row.year, &year) || year < 2025 || year > 2100)
		return fault_set(fault, FAULT_BAD_NUMBER, "year"); /* before 2025 the benefit had other phases */
	at = year_at(years, year, number);
	if (at == YEARS_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "year");
	while (!text_is(row.what, amounts[what].what))
		what++; /* the code list of the table has these words only */
	if (years->said[at][what])
		return fault_set(fault, FAULT_REPEATED, "what");
	if (!payer_e4(row.amount, &amount) || amount % amounts[what].per_e4)
		return fault_set(fault, FAULT_BAD_NUMBER, "amount");
	amount /= amounts[what].per_e4;
	if (amount < amounts[what].least || amount > amounts[what].most)
		return fault_set(fault, FAULT_BAD_NUMBER, "amount");
	*(int64_t *)(void *)((char *)&years->at[at] + amounts[what].offset) = amount;
	years->said[at][what] = true;
	return true;
}

static bool all_said(const struct part_d_years *years, int *line, struct fault *fault)
{
	for (size_t i = 0; i < years->n; i++)
		for (size_t k = 0; k < AMOUNTS; k++)
			if (!years->said[i][k]) {
				*line = years->line[i];
				return fault_set(fault, FAULT_MISSING, amounts[k].what);
			}
	return true;
}

bool part_d_read(struct text table, struct part_d_years **out, int *line, struct fault *fault)
{
	struct part_d_years *years = calloc(1, sizeof(*years));
	struct text rest = table;

	if (!years)
		abort();
	*out = years;
	*line = 0;
	if (table.n > TABLE_MAX) {
		part_d_free(years);
		return fault_set(fault, FAULT_TOO_LARGE, "part_d");
	}
	while (text_there(rest)) {
		struct text row = text_trim(text_cut(&rest, '\n'));

		++*line;
		if (row.n && row.at[0] != '#' && !read_row(years, row, *line, fault)) {
			part_d_free(years);
			return false;
		}
	}
	*line = 0;
	if (!all_said(years, line, fault)) {
		part_d_free(years);
		return false;
	}
	return true;
}

void part_d_free(struct part_d_years *years)
{
	free(years);
}

const struct part_d_year *part_d_of(const struct part_d_years *years, int64_t year)
{
	for (size_t i = 0; years && i < years->n; i++)
		if (years->at[i].year == year)
			return &years->at[i];
	return NULL;
}

size_t part_d_n(const struct part_d_years *years)
{
	return years->n;
}
