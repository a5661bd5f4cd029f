/* SPDX-License-Identifier: Apache-2.0 */
/* Reads cells between bars: no quoting, nothing is a blank or a point, Y and 1 are yes, ".25" is a number. */
#include "formulary/partd_cells.h"

#include "base/buffer.h"
#include "formulary/amount.h"

/* Windows-1252 from 0x80 to 0x9f; 0 where it has no character. */
static const uint16_t windows[32] = { 0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
	0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178 };

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

/* Code point of a byte; 0 for none. */
static uint32_t character(unsigned char c)
{
	if (c < 0x20 || c == 0x7f)
		return 0;
	return c >= 0x80 && c < 0xa0 ? windows[c - 0x80] : c;
}

bool partd_words(const struct partd_cells *cells, size_t column, size_t most, struct arena *arena, struct text *out, struct fault *fault)
{
	struct text from = cells->at[column];
	bool utf8 = text_utf8(from);
	struct buffer to;
	size_t characters = 0;

	*out = TEXT_NONE;
	if (!text_there(from))
		return true;
	buffer_init(&to, arena, from.n * 3 + 1);
	for (size_t i = 0; i < from.n; i++) {
		unsigned char c = (unsigned char)from.at[i];
		uint32_t code = utf8 && c >= 0x80 ? 1 : character(c);
		char bytes[4];

		if (!code)
			return partd_bad(cells, column, FAULT_BAD_TEXT, fault);
		if ((!utf8 || (c & 0xc0) != 0x80) && ++characters > most)
			break;
		if (utf8)
			buffer_add(&to, (struct text){ from.at + i, 1 });
		else
			buffer_add(&to, (struct text){ bytes, text_put_utf8(bytes, code) });
	}
	*out = buffer_text(&to);
	return text_there(*out) || fault_set(fault, FAULT_TOO_LARGE, "");
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
