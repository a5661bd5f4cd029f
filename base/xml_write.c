/* SPDX-License-Identifier: Apache-2.0 */
/* A record as XML: its rows in the order of the table, escaped so that a reader gets the same texts back. */
#include "base/xml.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
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

/* Names and values have 5 to 30 bytes: words of eight, the last one overlapping, beat a call for each. */
enum { WORD = 8 };

static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;

static inline uint64_t word_at(const char *at)
{
	uint64_t word;

	memcpy(&word, at, WORD);
	return word;
}

/* The usual test for a zero byte, here for one that is c: exact in whether there is one. */
static inline uint64_t has(uint64_t word, unsigned char c)
{
	word ^= ones * c;
	return (word - ones) & ~word & tops;
}

/* A control, '"', '&', '<' or '>' (those two differ in one bit) among eight bytes. */
static inline uint64_t has_special(uint64_t word)
{
	return ((word - ones * 0x20) & ~word & tops) | has(word, '"') | has(word, '&') | has(word | ones * 2, '>');
}

/* How many bytes from the front need no escape. */
static inline size_t plain(struct text t, unsigned char place)
{
	size_t i = 0;

	if (t.n >= WORD) {
		while (i + WORD <= t.n && !has_special(word_at(t.at + i)))
			i += WORD;
		if (i + WORD > t.n && !has_special(word_at(t.at + t.n - WORD)))
			return t.n;
	}
	while (i < t.n && !(special[(unsigned char)t.at[i]] & place))
		i++;
	return i;
}

static inline char *put(char *to, struct text t)
{
	size_t i = 0;

	if (t.n > 4 * WORD)
		return (char *)mempcpy(to, t.at, t.n);
	if (t.n >= WORD) {
		for (; i + WORD < t.n; i += WORD)
			memcpy(to + i, t.at + i, WORD);
		memcpy(to + t.n - WORD, t.at + t.n - WORD, WORD);
		return to + t.n;
	}
	for (; i < t.n; i++)
		to[i] = t.at[i];
	return to + t.n;
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

static void put_three(struct text a, struct text b, struct text c, struct buffer *out)
{
	char *to = buffer_grow(out, a.n + b.n + c.n);

	if (to)
		put(put(put(to, a), b), c);
}

/* <name>value</name> */
static void put_element(struct text name, struct text value, struct buffer *out)
{
	char *to;

	if (plain(value, CONTENT) < value.n) {
		put_three(text_lit("<"), name, text_lit(">"), out);
		put_escaped(value, CONTENT, out);
		put_three(text_lit("</"), name, text_lit(">"), out);
		return;
	}
	to = buffer_grow(out, 2 * name.n + value.n + 5);
	if (!to)
		return;
	*to++ = '<';
	to = put(to, name);
	*to++ = '>';
	to = put(to, value);
	*to++ = '<';
	*to++ = '/';
	to = put(to, name);
	*to = '>';
}

/* field_name, quick to see that there is no '|': few rows have one. */
static inline struct text name_of(const struct field *field)
{
	struct text wire = field->wire;
	uint64_t bar = 0;
	size_t i = 0;

	if (wire.n < WORD)
		return field_name(field);
	for (; i + WORD < wire.n; i += WORD)
		bar |= has(word_at(wire.at + i), '|');
	bar |= has(word_at(wire.at + wire.n - WORD), '|');
	return bar ? field_name(field) : wire;
}

/* Text or number, where its row says. */
static void put_scalar(const struct field *field, struct text value, struct buffer *out)
{
	switch (field->place) {
	case PLACE_ELEMENT:
		put_element(name_of(field), value, out);
		return;
	case PLACE_ATTRIBUTE:
		put_three(text_lit(" "), name_of(field), text_lit("=\""), out);
		put_escaped(value, VALUE, out);
		buffer_add_char(out, '"');
		return;
	case PLACE_CONTENT:
		put_escaped(value, CONTENT, out);
		return;
	}
}

static void put_number(const struct field *field, int64_t value, struct buffer *out)
{
	char digits[24];

	if (field->kind == FIELD_FLAG)
		put_scalar(field, value ? text_lit("true") : text_lit("false"), out);
	else
		put_scalar(field, (struct text){ digits, (size_t)sprintf(digits, "%" PRId64, value) }, out);
}

static void put_record(const struct record *record, const void *rec, struct text name, struct text attributes,
	struct buffer *out);

/* A field, or nothing when it is absent: most rows of a table are, in most messages. */
static void put_field(const struct field *field, const void *rec, struct buffer *out)
{
	const void *at = field_at(field, rec);
	size_t n;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
		if (((const struct text *)at)->n)
			put_scalar(field, *(const struct text *)at, out);
		return;
	case FIELD_FLAG:
	case FIELD_COUNT:
		if (*(const int64_t *)at || field->need)
			put_number(field, *(const int64_t *)at, out);
		return;
	case FIELD_GROUP:
		if (*(void *const *)at)
			put_record(field->of, *(void *const *)at, name_of(field), TEXT_NONE, out);
		return;
	case FIELD_LIST:
		n = *field_count_at(field, rec);
		for (size_t i = 0; i < n; i++)
			put_record(field->of, *(char *const *)at + i * field->of->size, name_of(field), TEXT_NONE,
				out);
		return;
	case FIELD_TEXTS:
	case FIELD_CODES:
		n = *field_count_at(field, rec);
		for (size_t i = 0; i < n; i++)
			put_element(name_of(field), (*(const struct text *const *)at)[i], out);
		return;
	case FIELD_RAW:
		buffer_add(out, *(const struct text *)at);
		return;
	}
}

static void put_record(const struct record *record, const void *rec, struct text name, struct text attributes,
	struct buffer *out)
{
	const struct field *field = record->fields, *end = field + record->n;
	size_t begun;

	put_three(text_lit("<"), name, attributes.n && attributes.at[0] != ' ' ? text_lit(" ") : text_lit(""), out);
	buffer_add(out, attributes);
	for (; field < end && field->place == PLACE_ATTRIBUTE; field++)
		put_field(field, rec, out);
	begun = out->n;
	buffer_add_char(out, '>');
	for (; field < end; field++) {
		assert(field->place != PLACE_ATTRIBUTE); /* a table names them first */
		put_field(field, rec, out);
	}
	if (!out->failed && out->n == begun + 1) {
		out->n = begun;
		buffer_lit(out, "/>");
	} else {
		put_three(text_lit("</"), name, text_lit(">"), out);
	}
}

void xml_write(const struct record *record, const void *rec, const char *root, const char *attributes,
	struct buffer *out)
{
	buffer_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	put_record(record, rec, text_of(root), text_of(attributes), out);
}
