/* SPDX-License-Identifier: Apache-2.0 */
/* The second pass: a scanned JSON body becomes a record. Its form is known to be good; what is asked here is whether each
   value is of the kind its row wants. */
#include "base/json_scan.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	const char *start, *at, *end;
	struct json_types types;
	struct build build;
	size_t quoted; /* numbers written as strings */
	char quoted_at[FAULT_PATH_MAX];
};

static void white(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')
		r->at++;
}

/* Takes the opening quote's string; r->at is then behind the closing one. */
static struct text take_string(struct reader *r, bool *escaped)
{
	const char *from = r->at + 1;

	r->at = json_string_end(from, r->end, escaped);
	return (struct text){ from, (size_t)(r->at++ - from) };
}

/* Passes over one value and returns its text. */
static struct text take_raw(struct reader *r)
{
	const char *from = r->at;
	bool escaped;
	int open = 0;

	do {
		switch (*r->at) {
		case '"':
			take_string(r, &escaped);
			break;
		case '{':
		case '[':
			open++;
			r->at++;
			break;
		case '}':
		case ']':
			open--;
			r->at++;
			break;
		case ',':
		case ':':
		case ' ':
		case '\n':
		case '\r':
		case '\t':
			r->at++;
			break;
		default: /* a number or a word, to the next byte of structure or the body's end */
			while (r->at < r->end && !strchr(",]} \n\r\t", *r->at))
				r->at++;
		}
	} while (open);
	return (struct text){ from, (size_t)(r->at - from) };
}

static int compare_object(const void *key, const void *type)
{
	size_t object = *(const size_t *)key, other = ((const struct json_type *)type)->object;

	return (object > other) - (object < other);
}

/* The resourceType of the object at the cursor; TEXT_NONE when it has none. */
static struct text type_here(const struct reader *r)
{
	size_t object = (size_t)(r->at - r->start);
	const struct json_type *type = r->types.n ? bsearch(&object, r->types.at, r->types.n, sizeof(*type), compare_object) : NULL;

	return type ? type->name : TEXT_NONE;
}

/* The row that a resource of this type fills: the one of its name, else the one named "*"; TEXT_NONE when there is neither. */
static struct text row_for(const struct record *record, struct text type)
{
	struct text any = TEXT_NONE;

	for (size_t i = 0; i < record->n; i++) {
		if (record->fields[i].kind == FIELD_GROUP && field_named(&record->fields[i], type))
			return type;
		if (type.n && text_is(record->fields[i].wire, "*"))
			any = record->fields[i].wire;
	}
	return any;
}

static bool skip(struct reader *r, struct text name)
{
	build_open(&r->build, name);
	take_raw(r);
	build_close(&r->build);
	return true;
}

static bool read_member(struct reader *r);

/* The members of an object into the record just opened. */
static bool read_members(struct reader *r)
{
	r->at++;
	for (white(r); *r->at != '}'; white(r)) {
		if (*r->at == ',') {
			r->at++;
			continue;
		}
		if (!read_member(r))
			return false;
	}
	r->at++;
	return true;
}

/* An object into the record at the top: a CHOICE goes by the object's resourceType. */
static bool read_object(struct reader *r)
{
	const struct record *record = r->build.frames[r->build.depth - 1].record;
	enum build_open opened;

	if (record->shape == SHAPE_SEQUENCE)
		return read_members(r);
	opened = build_open(&r->build, row_for(record, type_here(r)));
	if (opened == BUILD_FAILED)
		return false;
	if (!read_members(r))
		return false;
	build_close(&r->build);
	return true;
}

static void note_quoted(struct reader *r)
{
	if (r->quoted++)
		return;
	build_fault(&r->build, FAULT_BAD_TEXT); /* for its path; the fault is set again by whoever fails */
	memcpy(r->quoted_at, r->build.fault->path, sizeof(r->quoted_at));
}

/* FHIR R4 lets a decimal have an exponent, which nothing behind this reader knows: "1.5e-3" becomes 0.0015. TEXT_NONE: it would be too long. */
static struct text without_exponent(struct text number, struct arena *arena)
{
	enum { ZEROS_MAX = 40 }; /* R4: 18 digits are enough for anything */
	struct text exponent = number, rest = text_cut(&exponent, memchr(number.at, 'e', number.n) ? 'e' : 'E'), whole;
	struct buffer digits, out;
	int64_t point;
	size_t at = 0;

	if (exponent.n && exponent.at[0] == '+')
		exponent.at++, exponent.n--;
	if (exponent.n > 3 || !text_to_int(exponent, &point) || point > ZEROS_MAX || point < -ZEROS_MAX)
		return TEXT_NONE;
	buffer_init(&digits, arena, number.n);
	buffer_init(&out, arena, number.n + ZEROS_MAX + 2);
	if (rest.at[0] == '-') {
		buffer_add_char(&out, '-');
		rest.at++, rest.n--;
	}
	whole = text_cut(&rest, '.');
	buffer_add(&digits, whole);
	buffer_add(&digits, rest.n ? rest : text_lit(""));
	point += (int64_t)whole.n;
	if (point <= 0)
		buffer_lit(&out, "0.");
	for (int64_t zeros = point; zeros < 0; zeros++)
		buffer_add_char(&out, '0');
	for (; at < digits.n; at++) {
		if ((int64_t)at == point && at)
			buffer_add_char(&out, '.');
		buffer_add_char(&out, digits.at[at]);
	}
	for (; (int64_t)at < point; at++)
		buffer_add_char(&out, '0');
	return digits.failed ? TEXT_NONE : buffer_text(&out);
}

static bool read_number(struct reader *r, const struct field *field)
{
	struct text value = take_raw(r);

	if (field->kind == FIELD_DECIMAL && (memchr(value.at, 'e', value.n) || memchr(value.at, 'E', value.n)))
		value = without_exponent(value, r->build.arena);
	return text_there(value) ? build_value(&r->build, value) : build_fault(&r->build, FAULT_BAD_NUMBER);
}

static bool read_scalar(struct reader *r, const struct field *field)
{
	bool escaped, word = *r->at == 't' || *r->at == 'f', number = *r->at == '-' || (*r->at >= '0' && *r->at <= '9');
	struct text value;

	if (*r->at == '"' && field->kind != FIELD_FLAG) {
		if (field->kind == FIELD_DECIMAL || field->kind == FIELD_COUNT)
			note_quoted(r);
		value = take_string(r, &escaped);
		if (escaped)
			value = json_unescape(value, r->build.arena);
		if (!text_there(value))
			return build_fault(&r->build, FAULT_TOO_LARGE);
		return build_value(&r->build, value);
	}
	if ((word && field->kind == FIELD_FLAG) || (number && (field->kind == FIELD_COUNT || field->kind == FIELD_DECIMAL)))
		return read_number(r, field);
	return build_fault(&r->build, FAULT_BAD_TEXT);
}

/* One value of a row: the whole value, or one item of its array. */
static bool read_one(struct reader *r, const struct field *field)
{
	bool good = false;

	if (*r->at == 'n') { /* null is as absent, in an array too */
		take_raw(r);
		return true;
	}
	if (field->of && field->of->shape == SHAPE_CHOICE && *r->at == '{' && !text_there(row_for(field->of, type_here(r))))
		return skip(r, TEXT_NONE); /* a resource nobody here knows is an unknown element, not a wrong choice */
	switch (build_open_row(&r->build, field)) {
	case BUILD_RECORD:
		good = *r->at == '{' ? read_object(r) : build_fault(&r->build, FAULT_BAD_TEXT);
		break;
	case BUILD_VALUE:
		good = read_scalar(r, field);
		break;
	case BUILD_RAW:
		good = build_value(&r->build, take_raw(r));
		break;
	case BUILD_SKIP:
		take_raw(r);
		good = true;
		break;
	case BUILD_FAILED:
		break;
	}
	if (good)
		build_close(&r->build);
	return good;
}

/* A single value where an array belongs. */
static bool wrong_kind(struct reader *r, const struct field *field)
{
	return build_open_row(&r->build, field) != BUILD_FAILED && build_fault(&r->build, FAULT_BAD_TEXT);
}

static bool read_items(struct reader *r, const struct field *field)
{
	r->at++;
	for (white(r); *r->at != ']'; white(r)) {
		if (*r->at == ',') {
			r->at++;
			continue;
		}
		if (!read_one(r, field))
			return false;
	}
	r->at++;
	return true;
}

static bool read_member(struct reader *r)
{
	bool escaped, many;
	struct text name = take_string(r, &escaped);
	const struct field *field;

	if (escaped)
		name = json_unescape(name, r->build.arena);
	white(r);
	r->at++; /* the colon */
	white(r);
	if (r->build.depth > 1 && r->build.frames[r->build.depth - 2].record->shape == SHAPE_CHOICE &&
		text_is(name, "resourceType") && !build_peek(&r->build, name)) {
		take_raw(r);
		return true;
	}
	field = build_peek(&r->build, name);
	if (!field)
		return skip(r, name);
	many = field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES;
	if (many && *r->at == '[')
		return read_items(r, field);
	if (many && *r->at != 'n')
		return wrong_kind(r, field);
	return read_one(r, field);
}

bool json_read(const struct record *record, void *rec, struct text body, struct arena *arena, struct json_notes *notes,
	struct fault *fault)
{
	struct reader r;
	bool good;

	if (!json_scan(body, arena, &r.types, fault))
		return false;
	r.start = r.at = body.at;
	r.end = body.at + body.n;
	r.quoted = 0;
	r.quoted_at[0] = '\0';
	build_init(&r.build, record, rec, arena, fault);
	white(&r);
	if (record->shape == SHAPE_CHOICE && !text_there(type_here(&r)))
		return fault_set(fault, FAULT_MISSING, "resourceType");
	if (record->shape == SHAPE_CHOICE && !text_there(row_for(record, type_here(&r))))
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "resourceType");
	good = read_object(&r);
	if (notes) {
		notes->unknown = r.build.unknown;
		notes->quoted = r.quoted;
		memcpy(notes->quoted_at, r.quoted_at, sizeof(notes->quoted_at));
		memcpy(notes->unknown_at, r.build.unknown_at, sizeof(notes->unknown_at));
	}
	return good;
}
