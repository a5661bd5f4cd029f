/* SPDX-License-Identifier: Apache-2.0 */
/* What the law of Medicare Part D fixes anew for each year, from a text table that its operator can correct. */
#pragma once

#include "adjudication/records.h"
#include "base/fault.h"
#include "base/text.h"

struct part_d_years;

/* Cents; rates of 10000. */
struct part_d_year {
	int64_t year;
	int64_t deductible_cents;      /* no plan's deductible is higher */
	int64_t out_of_pocket_cents;   /* from here on a member pays nothing */
	int64_t insulin_month_cents;   /* most for a month's supply of insulin */
	int64_t insulin_rate_e4;       /* or this rate of its price, where that is less; 0: the amount alone */
	int64_t month_days;            /* days in a month's supply */
};

/* Reads the table: lines of `year | what | amount | status | basis | comment`. A line that cannot be used refuses all of it: *line says which, the
   fault's path which column. A year must be whole. The text is copied. */
bool part_d_read(struct text table, struct part_d_years **out, int *line, struct fault *fault) fault_check;
void part_d_free(struct part_d_years *years);
/* NULL: the table does not have the year. */
const struct part_d_year *part_d_of(const struct part_d_years *years, int64_t year);
size_t part_d_n(const struct part_d_years *years);
