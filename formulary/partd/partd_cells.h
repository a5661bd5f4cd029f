/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of one row of a Part D file, and the ways in which they say a number, a yes or nothing. */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "formulary/partd/partd_files.h"

struct partd_cells {
	enum partd_kind kind;
	struct text at[PARTD_COLUMNS_MAX]; /* trimmed; TEXT_NONE for nothing, a blank and "." */
};

/* Every failure's path is the name of the column. Outputs are set in any case; a number that is not there is 0. */

/* FAULT_RULE: not as many cells as columns. */
bool partd_split(enum partd_kind kind, struct text line, struct partd_cells *cells, struct fault *fault) fault_check;
/* FAULT_MISSING; FAULT_TOO_LONG past `most` bytes; FAULT_BAD_TEXT for anything but visible ASCII. */
bool partd_name(const struct partd_cells *cells, size_t column, size_t most, struct text *out, struct fault *fault) fault_check;
/* UTF-8 for people, made from Windows-1252 where it is not already, cut to `most` characters. TEXT_NONE when it is not there. FAULT_BAD_TEXT. */
bool partd_words(const struct partd_cells *cells, size_t column, size_t most, struct arena *arena, struct text *out,
	struct fault *fault) fault_check;
/* A whole number from low to high. FAULT_MISSING when `need`. */
bool partd_number(const struct partd_cells *cells, size_t column, bool need, int64_t low, int64_t high, int64_t *out,
	struct fault *fault) fault_check;
/* An amount in units of 10^-places; digits past them must be 0. */
bool partd_amount(const struct partd_cells *cells, size_t column, int places, int64_t *out, struct fault *fault) fault_check;
/* The same, rounded half up. */
bool partd_amount_half_up(const struct partd_cells *cells, size_t column, int places, int64_t *out, struct fault *fault) fault_check;
/* Y or 1, N or 0. FAULT_MISSING, FAULT_BAD_CODE. */
bool partd_yes(const struct partd_cells *cells, size_t column, int64_t *out, struct fault *fault) fault_check;
/* False, with the column's name. */
bool partd_bad(const struct partd_cells *cells, size_t column, enum fault_code code, struct fault *fault);
