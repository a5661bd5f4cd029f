/* SPDX-License-Identifier: Apache-2.0 */
/* Columns to members and back, by the layout. */
#include "formulary/fb/fb_cells.h"

#include "base/clock.h"

#include <assert.h>
#include <string.h>

static const int64_t powers[] = { 1, 10, 100, 1000, 10000 };

/* "12.5" with 2 places is 1250. No sign, no exponent, and no digit is lost. */
static bool scaled(struct text t, int places, int64_t *out)
{
	int64_t value = 0;
	int after = -1;
	size_t digits = 0;

	for (size_t i = 0; i < t.n; i++) {
		if (t.at[i] == '.' && after < 0) {
			after = 0;
			continue;
		}
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
		digits++;
		if (after == places) {
			if (t.at[i] != '0')
				return false;
			continue;
		}
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, t.at[i] - '0', &value))
			return false;
		after += after >= 0;
	}
	return digits > 0 && !__builtin_mul_overflow(value, powers[places - (after < 0 ? 0 : after)], out);
}

static bool day_there_is(struct text t)
{
	char day[] = "CCYY-MM-DD";
	struct fault ignored;
	int64_t ms;

	if (t.n != 8)
		return false;
	memcpy(day, t.at, 4);
	memcpy(day + 5, t.at + 4, 2);
	memcpy(day + 8, t.at + 6, 2);
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return clock_parse((struct text){ day, sizeof(day) - 1 }, &ms, &ignored);
}

static bool read_code(const struct fb_cell *cell, struct text value, struct text *out)
{
	for (size_t i = 0; i < cell->codes_n; i++)
		if (text_equal(cell->wire[i], value)) {
			*out = cell->code[i];
			return true;
		}
	return false;
}

static bool read_cell(const struct fb_cell *cell, struct text value, void *rec, struct fault *fault)
{
	const struct field *field = cell->field;
	struct text *to;
	int64_t number = 0;

	if (cell->writing->number) {
		if (!scaled(value, cell->writing->places, &number) || (field && (number < field->low || number > field->high)))
			return fault_set(fault, FAULT_BAD_NUMBER, "");
		if (cell->most && value.n > cell->most)
			return fault_set(fault, FAULT_TOO_LONG, "");
		if (field)
			*(int64_t *)field_at(field, rec) = number;
		return true;
	}
	if (!field_check_text(&cell->plain, value, fault))
		return false;
	if (cell->date && !day_there_is(value))
		return fault_set(fault, FAULT_BAD_DATE, "");
	if (cell->codes_n && !read_code(cell, value, &value))
		return fault_set(fault, FAULT_BAD_CODE, "");
	if (!field)
		return true;
	if (field->max && value.n > field->max && text_characters(value) > field->max)
		return fault_set(fault, FAULT_TOO_LONG, "");
	to = field_at(field, rec);
	*to = value;
	return true;
}

static bool at_column(const struct fb_shape *shape, size_t column, struct fault *fault)
{
	const struct fb_cell *cell = column < shape->n ? &shape->cells[column] : NULL;

	fault_under(fault, text_of(cell && cell->field ? cell->field->member : "columns"), -1);
	return fault_under(fault, text_of(shape->type), -1);
}

/* Nothing escapes a control character in these files, so a value has none: XML's white space, which a table's text may hold, included. */
static bool writable(struct text value)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.at[i] == '|' || (unsigned char)value.at[i] < 0x20)
			return false;
	return true;
}

bool fb_cells_read(const struct fb_shape *shape, struct text columns, void *rec, uint64_t *given, struct fault *fault)
{
	memset(rec, 0, fb_record_of(shape->kind, shape->part)->size);
	*given = 0;
	for (size_t i = 0; i < shape->n || text_there(columns); i++) {
		struct text value = text_trim(text_cut(&columns, '|'));

		if (i >= shape->n) {
			if (!value.n)
				continue;
			/* more columns than there are: most likely a | in a value, which moves all that follows */
			fault_set(fault, FAULT_UNKNOWN_ELEMENT, "");
			return at_column(shape, i, fault);
		}
		if (!value.n && shape->cells[i].need) {
			fault_set(fault, FAULT_MISSING, "");
			return at_column(shape, i, fault);
		}
		if (!value.n)
			continue;
		if (!writable(value)) {
			fault_set(fault, FAULT_BAD_TEXT, "");
			return at_column(shape, i, fault);
		}
		if (!read_cell(&shape->cells[i], value, rec, fault))
			return at_column(shape, i, fault);
		*given |= shape->cells[i].bit;
	}
	return true;
}

/* -- writing -- */

static void write_number(const struct fb_cell *cell, int64_t value, struct buffer *out)
{
	int64_t unit = powers[cell->writing->places];
	char digits[8];
	int n = cell->writing->places;

	buffer_add_int(out, value / unit);
	if (!n)
		return;
	value %= unit;
	for (int i = n - 1; i >= 0; i--, value /= 10)
		digits[i] = (char)('0' + value % 10);
	while (n > 0 && digits[n - 1] == '0' && strcmp(cell->writing->name, "MONEY")) /* money keeps its cents */
		n--;
	if (!n)
		return;
	buffer_add_char(out, '.');
	buffer_add(out, (struct text){ digits, (size_t)n });
}

static bool write_text(const struct fb_cell *cell, struct text value, struct buffer *out, struct fault *fault)
{
	for (size_t i = 0; i < cell->codes_n; i++)
		if (text_equal(cell->code[i], value)) {
			buffer_add(out, cell->wire[i]);
			return true;
		}
	if (cell->codes_n || (cell->most && text_characters(value) > cell->most))
		return fault_set(fault, FAULT_RULE, "");
	if (!writable(value))
		return fault_set(fault, FAULT_RULE, "");
	buffer_add(out, value);
	return true;
}

/* What has no column would be left out in silence. A trailer is not asked: it says again what its header said. */
static bool all_have_columns(const struct fb_shape *shape, const void *rec, struct fault *fault)
{
	const struct record *record = fb_record_of(shape->kind, shape->part);
	uint64_t columns = 0;

	for (size_t i = 0; i < shape->n; i++)
		columns |= shape->cells[i].bit;
	for (size_t i = 0; i < record->n && shape->part != FB_TRAILER; i++)
		if (!(columns >> i & 1) && field_there(&record->fields[i], rec)) {
			fault_set(fault, FAULT_RULE, record->fields[i].member);
			return fault_under(fault, text_of(shape->type), -1);
		}
	return true;
}

bool fb_cells_write(const struct fb_shape *shape, const void *rec, uint64_t given, struct buffer *out, struct fault *fault)
{
	size_t end;

	if (!all_have_columns(shape, rec, fault))
		return false;
	buffer_add(out, text_of(shape->type));
	end = out->n;
	for (size_t i = 0; i < shape->n; i++) {
		const struct fb_cell *cell = &shape->cells[i];
		size_t before;

		buffer_add_char(out, '|');
		before = out->n;
		if (cell->field && cell->writing->number) {
			int64_t value = *(const int64_t *)field_at(cell->field, rec);

			if (value || cell->need || given & cell->bit)
				write_number(cell, value, out);
		} else if (cell->field) {
			struct text value = *(const struct text *)field_at(cell->field, rec);

			if (value.n && !write_text(cell, value, out, fault))
				return at_column(shape, i, fault);
		}
		if (out->n > before)
			end = out->n;
		else if (cell->need) {
			fault_set(fault, FAULT_MISSING, "");
			return at_column(shape, i, fault);
		}
	}
	out->n = end; /* empty columns at the end are left out */
	buffer_add_char(out, '\n');
	return true;
}

uint64_t fb_detail_bit(const char *member)
{
	const struct field *field = record_field(&fb_detail_record, member);

	assert(field);
	return UINT64_C(1) << (field - fb_detail_record.fields);
}
