/* SPDX-License-Identifier: Apache-2.0 */
/* What one value may look like: its characters, its length, its code list, its form as a number or a date. */
#include "base/clock.h"
#include "base/record.h"

#include <string.h>

/* True when all bytes are printable ASCII: what nearly every value is. Eight at a time (the usual test for a byte below
   n or above 127 in a word), since this runs over every value of every message. */
static bool plain(struct text t)
{
	const uint64_t ones = 0x0101010101010101, high = ones * 0x80;
	uint64_t odd = 0, word;

	for (size_t i = 0; i < t.n; i += 8) {
		if (t.n < 8)
			word = text_few_bytes(t.at, t.n);
		else
			memcpy(&word, t.at + (i + 8 <= t.n ? i : t.n - 8), 8);
		odd |= (word | (word - ones * 0x20) | ((word ^ ones * 0x7F) - ones)) & high;
	}
	return odd == 0;
}

/* UTF-8 without control characters other than the white space that people type into notes, and without U+FFFE and
   U+FFFF: JSON can carry those two, XML cannot (XML 1.0 2.2), and a message may leave in either. */
static bool readable(struct text t)
{
	if (memmem(t.at, t.n, "\xEF\xBF\xBE", 3) || memmem(t.at, t.n, "\xEF\xBF\xBF", 3))
		return false;
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.at[i];

		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
			return false;
	}
	return text_utf8(t);
}

static bool check_text(struct text value, uint32_t max, struct fault *fault)
{
	if (plain(value))
		return !max || value.n <= max || fault_set(fault, FAULT_TOO_LONG, "");
	if (!readable(value))
		return fault_set(fault, FAULT_BAD_TEXT, "");
	return !max || value.n <= max || text_characters(value) <= max || fault_set(fault, FAULT_TOO_LONG, "");
}

static bool check_code(const struct field *field, struct text value, struct fault *fault)
{
	if (!field->codes)
		return check_text(value, 0, fault);
	return text_in_list(value, field->codes) || fault_set(fault, FAULT_BAD_CODE, "");
}

static size_t count_digits(struct text value, size_t from)
{
	size_t i = from;

	while (i < value.n && value.at[i] >= '0' && value.at[i] <= '9')
		i++;
	return i - from;
}

static bool check_digits(const struct field *field, struct text value, struct fault *fault)
{
	if (!value.n || count_digits(value, 0) != value.n)
		return fault_set(fault, FAULT_BAD_NUMBER, "");
	return !field->max || value.n <= field->max || fault_set(fault, FAULT_TOO_LONG, "");
}

/* An optional sign, digits and at most one point; no exponent: "1e9" has never been a dose. */
static bool check_decimal(const struct field *field, struct text value, struct fault *fault)
{
	size_t at = value.n && (value.at[0] == '-' || value.at[0] == '+');
	size_t whole = count_digits(value, at), part = 0;

	at += whole;
	if (at < value.n && value.at[at] == '.') {
		part = count_digits(value, at + 1);
		at += 1 + part;
	}
	if (at != value.n || whole + part == 0)
		return fault_set(fault, FAULT_BAD_NUMBER, "");
	return !field->max || whole + part <= field->max || fault_set(fault, FAULT_TOO_LONG, "");
}

bool field_check_text(const struct field *field, struct text value, struct fault *fault)
{
	int64_t number;

	switch (field->kind) {
	case FIELD_TEXT:
		return check_text(value, field->max, fault);
	case FIELD_TEXTS:
		return check_text(value, field->item_max, fault);
	case FIELD_CODE:
	case FIELD_CODES:
		return check_code(field, value, fault);
	case FIELD_DIGITS:
		return check_digits(field, value, fault);
	case FIELD_DECIMAL:
		return check_decimal(field, value, fault);
	case FIELD_DATE:
	case FIELD_TIME:
		if ((value.n == 10) != (field->kind == FIELD_DATE))
			return fault_set(fault, FAULT_BAD_DATE, "");
		return clock_parse(value, &number, fault);
	case FIELD_FLAG:
	case FIELD_COUNT:
		return field_parse_number(field, value, &number, fault);
	case FIELD_RAW: /* passed through as it stood; its reader has seen to its form */
	case FIELD_GROUP:
	case FIELD_LIST:
		return true;
	}
	__builtin_unreachable();
}

bool field_parse_number(const struct field *field, struct text value, int64_t *out, struct fault *fault)
{
	if (field->kind == FIELD_FLAG) { /* XML Schema part 2, 3.2.2: 1 and 0 are booleans too */
		*out = text_is(value, "true") || text_is(value, "1");
		return *out || text_is(value, "false") || text_is(value, "0") || fault_set(fault, FAULT_BAD_CODE, "");
	}
	if (!text_to_int(value, out) || *out < field->low || *out > field->high)
		return fault_set(fault, FAULT_BAD_NUMBER, "");
	return true;
}

bool record_read_cells(const struct record *record, struct text line, void *rec, struct fault *fault)
{
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];
		struct text cell = text_trim(text_cut(&line, '|'));

		if (!cell.n && field->need)
			return fault_set(fault, FAULT_MISSING, field->member);
		if (cell.n && !field_check_text(field, cell, fault))
			return fault_under(fault, text_of(field->member), -1);
		*(struct text *)field_at(field, rec) = cell.n ? cell : TEXT_NONE;
	}
	return !text_there(line) || fault_set(fault, FAULT_UNKNOWN_ELEMENT, "comment");
}
