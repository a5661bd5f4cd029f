/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON, in table order and without white space. */
#include "base/json.h"

#include <assert.h>
#include <string.h>

/* RFC 8259 7: the quote, the backslash and the control characters must be escaped; nothing else is. */
static void add_string(struct buffer *out, struct text t)
{
	static const char hex[] = "0123456789abcdef", shorts[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	size_t from = 0;

	buffer_add_char(out, '"');
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.at[i];
		const char *known;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buffer_add(out, (struct text){ t.at + from, i - from });
		from = i + 1;
		buffer_add_char(out, '\\');
		known = c ? strchr(shorts, c) : NULL;
		if (known) {
			buffer_add_char(out, letters[known - shorts]);
			continue;
		}
		buffer_lit(out, "u00");
		buffer_add_char(out, hex[c >> 4]);
		buffer_add_char(out, hex[c & 15]);
	}
	buffer_add(out, (struct text){ t.at + from, t.n - from });
	buffer_add_char(out, '"');
}

/* A number of ours (sign, digits, at most one point) as JSON wants it: no plus, no zeros before the first digit, a digit on both sides of
   the point. The value stays what it was. */
static void add_decimal(struct buffer *out, struct text t)
{
	bool minus = t.n && t.at[0] == '-';
	struct text rest = t;

	if (minus || (t.n && t.at[0] == '+'))
		rest.at++, rest.n--;
	while (rest.n > 1 && rest.at[0] == '0' && rest.at[1] != '.')
		rest.at++, rest.n--;
	if (minus)
		buffer_add_char(out, '-');
	if (!rest.n || rest.at[0] == '.')
		buffer_add_char(out, '0');
	if (rest.n && rest.at[rest.n - 1] == '.')
		rest.n--;
	buffer_add(out, rest);
}

static void add_members(const struct record *record, const void *rec, bool first, struct buffer *out);

static void add_choice(const struct record *record, const void *rec, struct buffer *out)
{
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (!field_there(field, rec))
			continue;
		assert(field->kind == FIELD_GROUP); /* a resource is an object */
		if (text_is(field->wire, "*")) { /* its own record says what it is */
			add_members(field->of, *(void *const *)field_at(field, rec), true, out);
			return;
		}
		buffer_lit(out, "\"resourceType\":");
		add_string(out, field_name(field));
		add_members(field->of, *(void *const *)field_at(field, rec), false, out);
		return;
	}
}

static void add_record(const struct record *record, const void *rec, struct buffer *out)
{
	buffer_add_char(out, '{');
	if (record->shape == SHAPE_CHOICE)
		add_choice(record, rec, out);
	else
		add_members(record, rec, true, out);
	buffer_add_char(out, '}');
}

static void add_items(const struct field *field, const void *rec, struct buffer *out)
{
	const char *items = *(const char *const *)field_at(field, rec);

	buffer_add_char(out, '[');
	for (size_t i = 0; i < *field_count_at(field, rec); i++) {
		if (i)
			buffer_add_char(out, ',');
		if (field->of)
			add_record(field->of, items + i * field->of->size, out);
		else
			add_string(out, ((const struct text *)(const void *)items)[i]);
	}
	buffer_add_char(out, ']');
}

static void add_value(const struct field *field, const void *rec, struct buffer *out)
{
	const void *at = field_at(field, rec);

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DATE:
	case FIELD_TIME:
		add_string(out, *(const struct text *)at);
		return;
	case FIELD_DECIMAL:
		add_decimal(out, *(const struct text *)at);
		return;
	case FIELD_RAW: /* JSON text as it was read */
		buffer_add(out, *(const struct text *)at);
		return;
	case FIELD_FLAG:
		buffer_add(out, *(const int64_t *)at ? text_lit("true") : text_lit("false"));
		return;
	case FIELD_COUNT:
		buffer_add_int(out, *(const int64_t *)at);
		return;
	case FIELD_GROUP:
		add_record(field->of, *(void *const *)at, out);
		return;
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		add_items(field, rec, out);
		return;
	}
	__builtin_unreachable();
}

static void add_members(const struct record *record, const void *rec, bool first, struct buffer *out)
{
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (!field_there(field, rec))
			continue;
		if (!first)
			buffer_add_char(out, ',');
		first = false;
		add_string(out, field_name(field));
		buffer_add_char(out, ':');
		add_value(field, rec, out);
	}
}

void json_write(const struct record *record, const void *rec, struct buffer *out)
{
	add_record(record, rec, out);
}
