/* SPDX-License-Identifier: Apache-2.0 */
/* Reads cells between bars: no quoting, nothing is a blank or a point, Y and 1 are yes, ".25" is a number. */
#include "formulary/partd/partd_cells.h"

#include "formulary/amount.h"
#include "formulary/words.h"

bool partd_bad(const struct partd_cells *cells, size_t column, enum fault_code code, struct fault *fault)
{
	char name[40];

	return fault_set(fault, code, partd_column(cells->kind, column, name));
}

bool partd_split(enum partd_kind kind, struct text line, struct partd_cells *cells, struct fault *fault)
{
	size_t columns = partd_columns(kind), n = 0;

	*cells = (struct partd_cells){ .kind = kind };
	while (text_there(line) && n < columns) {
		struct text cell = text_trim(text_cut(&line, '|'));

		cells->at[n++] = cell.n && !text_is(cell, ".") ? cell : TEXT_NONE;
	}
	return (n == columns && !text_there(line)) || fault_set(fault, FAULT_RULE, "columns");
}

bool partd_name(const struct partd_cells *cells, size_t column, size_t most, struct text *out, struct fault *fault)
{
	*out = cells->at[column];
	if (!text_there(*out))
		return partd_bad(cells, column, FAULT_MISSING, fault);
	if (out->n > most)
		return partd_bad(cells, column, FAULT_TOO_LONG, fault);
	for (size_t i = 0; i < out->n; i++)
		if (out->at[i] <= ' ' || out->at[i] >= 0x7f)
			return partd_bad(cells, column, FAULT_BAD_TEXT, fault);
	return true;
}

bool partd_words(const struct partd_cells *cells, size_t column, size_t most, struct arena *arena, struct text *out, struct fault *fault)
{
	enum fault_code wrong;

	return words_read(cells->at[column], most, arena, out, &wrong) || partd_bad(cells, column, wrong, fault);
}

bool partd_number(const struct partd_cells *cells, size_t column, bool need, int64_t low, int64_t high, int64_t *out, struct fault *fault)
{
	struct text cell = cells->at[column];

	*out = 0;
	if (!text_there(cell))
		return !need || partd_bad(cells, column, FAULT_MISSING, fault);
	if (cell.at[0] == '+' || cell.at[0] == '-' || !text_to_int(cell, out) || *out < low || *out > high)
		return partd_bad(cells, column, FAULT_BAD_NUMBER, fault);
	return true;
}

bool partd_amount(const struct partd_cells *cells, size_t column, int places, int64_t *out, struct fault *fault)
{
	*out = 0;
	return !text_there(cells->at[column]) || amount_read(cells->at[column], places, out) ||
	       partd_bad(cells, column, FAULT_BAD_NUMBER, fault);
}

bool partd_amount_half_up(const struct partd_cells *cells, size_t column, int places, int64_t *out, struct fault *fault)
{
	*out = 0;
	return !text_there(cells->at[column]) || amount_read_half_up(cells->at[column], places, out) ||
	       partd_bad(cells, column, FAULT_BAD_NUMBER, fault);
}

bool partd_yes(const struct partd_cells *cells, size_t column, int64_t *out, struct fault *fault)
{
	struct text cell = cells->at[column];

	*out = text_is(cell, "Y") || text_is(cell, "1");
	if (!text_there(cell))
		return partd_bad(cells, column, FAULT_MISSING, fault);
	return *out || text_is(cell, "N") || text_is(cell, "0") || partd_bad(cells, column, FAULT_BAD_CODE, fault);
}
