/* SPDX-License-Identifier: Apache-2.0 */
/* A record as XML: its rows in the order of the table, escaped so that a reader gets the same texts back. */
#include "base/xml.h"

#include <string.h>

/* Characters that cannot stand for themselves in both places: content and attribute values. */
enum { CONTENT = 1, VALUE = 2 };

/* clang-format off */
static const unsigned char special[256] = {
	3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 3, 3, 3, 3, 3, /* tab and LF are kept in content, turned to spaces in values (XML 1.0 3.3.3) */
	3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
	['"'] = VALUE, ['&'] = CONTENT | VALUE, ['<'] = CONTENT | VALUE, ['>'] = CONTENT | VALUE,
};
/* clang-format on */

static struct text escape_of(unsigned char c)
{
	switch (c) {
	case '&':
		return text_lit("&amp;");
	case '<':
		return text_lit("&lt;");
	case '>': /* "]]>" may not stand in content (XML 1.0 2.4) */
		return text_lit("&gt;");
	case '"':
		return text_lit("&quot;");
	case '\t':
		return text_lit("&#9;");
	case '\n':
		return text_lit("&#10;");
	case '\r': /* a reader turns a bare one into LF (XML 1.0 2.11) */
		return text_lit("&#13;");
	default:
		return text_lit("\xEF\xBF\xBD");
	}
}

/* How many bytes from the front need no escape. Eight at a time: content is nearly always all of it. */
static size_t plain(struct text t, unsigned char place)
{
	static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	size_t i = 0;

	for (; i + 8 <= t.n; i += 8) {
		uint64_t word, hit;

		memcpy(&word, t.at + i, 8);
		/* A byte below 0x3F that is a control, '"', '&', '<' or '>'; the last two differ in one bit. */
		hit = (word - ones * 0x20) & ~word;
#define LOOK_FOR(c) (((word ^ ones * (c)) - ones) & ~(word ^ ones * (c)))
		hit |= LOOK_FOR('&') | LOOK_FOR('"');
		hit |= (((word | ones * 2) ^ ones * '>') - ones) & ~((word | ones * 2) ^ ones * '>');
#undef LOOK_FOR
		if (hit & tops)
			break;
	}
	while (i < t.n && !(special[(unsigned char)t.at[i]] & place))
		i++;
	return i;
}

static void put_escaped(struct text t, unsigned char place, struct buffer *out)
{
	for (;;) {
		size_t n = plain(t, place);

		buffer_add(out, (struct text){ t.at, n });
		if (n == t.n)
			return;
		buffer_add(out, escape_of((unsigned char)t.at[n]));
		t.at += n + 1;
		t.n -= n + 1;
	}
}

/* <name>, </name>, <name/> */
static void put_tag(struct text before, struct text name, struct text after, struct buffer *out)
{
	char *to = buffer_grow(out, before.n + name.n + after.n);

	if (!to)
		return;
	memcpy(to, before.at, before.n);
	memcpy(to + before.n, name.at, name.n);
	memcpy(to + before.n + name.n, after.at, after.n);
}

static void put_element(struct text name, struct text value, struct buffer *out)
{
	put_tag(text_lit("<"), name, text_lit(">"), out);
	put_escaped(value, CONTENT, out);
	put_tag(text_lit("</"), name, text_lit(">"), out);
}

/* The text of a field that has just one; `digits` is where a number is put. */
static struct text scalar(const struct field *field, const void *rec, char digits[24])
{
	int64_t value;
	char *at = digits + 24;
	uint64_t rest;

	if (field->kind != FIELD_FLAG && field->kind != FIELD_COUNT)
		return *(const struct text *)field_at(field, rec);
	value = *(const int64_t *)field_at(field, rec);
	if (field->kind == FIELD_FLAG)
		return value ? text_lit("true") : text_lit("false");
	rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--at = '-';
	return (struct text){ at, (size_t)(digits + 24 - at) };
}

static void put_attributes(const struct record *record, const void *rec, struct buffer *out)
{
	char digits[24];

	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (field->place != PLACE_ATTRIBUTE || !field_there(field, rec))
			continue;
		put_tag(text_lit(" "), field_name(field), text_lit("=\""), out);
		put_escaped(scalar(field, rec, digits), VALUE, out);
		buffer_add_char(out, '"');
	}
}

static void put_record(const struct record *record, const void *rec, struct text name, struct text attributes,
	struct buffer *out);

static void put_field(const struct field *field, const void *rec, struct buffer *out)
{
	struct text name = field_name(field);
	char digits[24];

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_FLAG:
	case FIELD_COUNT:
		if (field->place == PLACE_CONTENT)
			put_escaped(scalar(field, rec, digits), CONTENT, out);
		else
			put_element(name, scalar(field, rec, digits), out);
		return;
	case FIELD_GROUP:
		put_record(field->of, *(void *const *)field_at(field, rec), name, TEXT_NONE, out);
		return;
	case FIELD_LIST:
		for (size_t i = 0; i < *field_count_at(field, rec); i++)
			put_record(field->of, *(char *const *)field_at(field, rec) + i * field->of->size, name,
				TEXT_NONE, out);
		return;
	case FIELD_TEXTS:
	case FIELD_CODES:
		for (size_t i = 0; i < *field_count_at(field, rec); i++)
			put_element(name, (*(const struct text *const *)field_at(field, rec))[i], out);
		return;
	case FIELD_RAW:
		buffer_add(out, *(const struct text *)field_at(field, rec));
		return;
	}
}

static void put_record(const struct record *record, const void *rec, struct text name, struct text attributes,
	struct buffer *out)
{
	size_t begun;

	put_tag(text_lit("<"), name, text_lit(""), out);
	if (attributes.n) {
		if (attributes.at[0] != ' ')
			buffer_add_char(out, ' ');
		buffer_add(out, attributes);
	}
	put_attributes(record, rec, out);
	begun = out->n;
	buffer_add_char(out, '>');
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (field->place != PLACE_ATTRIBUTE && field_there(field, rec))
			put_field(field, rec, out);
	}
	if (!out->failed && out->n == begun + 1) {
		out->n = begun;
		buffer_lit(out, "/>");
	} else {
		put_tag(text_lit("</"), name, text_lit(">"), out);
	}
}

void xml_write(const struct record *record, const void *rec, const char *root, const char *attributes,
	struct buffer *out)
{
	buffer_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	put_record(record, rec, text_of(root), text_of(attributes), out);
}
