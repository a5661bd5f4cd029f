/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of ours as an XML Schema, and the ways in which one can be made to differ from them. */
#include "test/property/xsd_of.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RECORDS_MAX = 512, PARTS_MAX = 160 };

/* A record and where it is met first, from the root down and in the order of rows: as a comparison meets it. */
struct place {
	const struct record *record;
	char path[300];
};

struct places {
	struct place items[RECORDS_MAX];
	size_t n;
};

static void walk(const struct record *record, const char *path, struct places *places)
{
	struct place *place = &places->items[places->n];

	for (size_t i = 0; i < places->n; i++)
		if (places->items[i].record == record)
			return;
	assert(places->n < RECORDS_MAX);
	place->record = record;
	snprintf(place->path, sizeof(place->path), "%s", path);
	places->n++;
	for (size_t i = 0; i < record->n; i++) {
		char below[300];

		if (!record->fields[i].of)
			continue;
		snprintf(below, sizeof(below), "%s%s%.*s", path, *path ? "/" : "", TEXT_ARGS(field_name(&record->fields[i])));
		walk(record->fields[i].of, below, places);
	}
}

static size_t elements_of(const struct record *record)
{
	size_t n = 0;

	for (size_t i = 0; i < record->n; i++)
		n += record->fields[i].place == PLACE_ELEMENT;
	return n;
}

static bool many(const struct field *field)
{
	return field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES;
}

static bool text_like(const struct field *field)
{
	return field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS;
}

/* Where an element goes when it is moved: two places on or back, so that no other one could as well have been moved. n: nowhere. */
static size_t moved_to(size_t at, size_t n)
{
	return at + 2 < n ? at + 2 : at >= 2 ? at - 2 : n;
}

static size_t place_of(const struct record *record, const struct field *field)
{
	size_t at = 0;

	for (const struct field *f = record->fields; f < field; f++)
		at += f->place == PLACE_ELEMENT;
	return at;
}

/* True when this change can be made to this row so that exactly one difference follows. */
static bool fits(enum xsd_what what, const struct record *record, const struct field *field)
{
	bool element = field->place == PLACE_ELEMENT, choice = record->shape == SHAPE_CHOICE;
	size_t n = elements_of(record);

	switch (what) {
	case CHANGE_DROP:
		return field->place == PLACE_ATTRIBUTE || (element && (!choice || n > 2));
	case CHANGE_ADD:
		return element && (!choice || n > 1);
	case CHANGE_LEAST:
		return field->place == PLACE_ATTRIBUTE || (element && !choice);
	case CHANGE_MOST:
		return element;
	case CHANGE_MOVE:
		return element && !choice && moved_to(place_of(record, field), n) < n;
	case CHANGE_LENGTH:
		return text_like(field) || field->kind == FIELD_DIGITS || field->kind == FIELD_DECIMAL;
	case CHANGE_CODE_MORE:
	case CHANGE_OPEN:
		return field->codes != NULL;
	case CHANGE_CODE_LESS:
		return field->codes && strchr(field->codes, ' ');
	case CHANGE_CLOSED:
		return text_like(field);
	case CHANGE_KIND:
		return !field->of && field->kind != FIELD_RAW;
	case CHANGE_SHAPE:
	case CHANGES:
		return false;
	}
	__builtin_unreachable();
}

size_t xsd_changes(const struct record *root, struct xsd_change *out, size_t max)
{
	static const enum xsd_kind kinds[CHANGES] = { [CHANGE_DROP] = XSD_MISSING_THERE, [CHANGE_ADD] = XSD_MISSING_HERE, [CHANGE_LEAST] = XSD_LEAST,
		[CHANGE_MOST] = XSD_MOST, [CHANGE_MOVE] = XSD_ORDER, [CHANGE_SHAPE] = XSD_SHAPE, [CHANGE_LENGTH] = XSD_LENGTH,
		[CHANGE_CODE_MORE] = XSD_VALUES, [CHANGE_CODE_LESS] = XSD_VALUES, [CHANGE_OPEN] = XSD_VALUES, [CHANGE_CLOSED] = XSD_VALUES,
		[CHANGE_KIND] = XSD_KIND };
	static struct places places;
	size_t n = 0;

	places.n = 0;
	walk(root, "", &places);
	for (size_t p = 0; p < places.n; p++) {
		const struct record *record = places.items[p].record;
		const char *path = places.items[p].path;

		if (elements_of(record) > 1 && n++ < max) {
			out[n - 1] = (struct xsd_change){ CHANGE_SHAPE, record, NULL, XSD_SHAPE, "" };
			snprintf(out[n - 1].path, sizeof(out->path), "%s", path);
		}
		for (size_t i = 0; i < record->n; i++)
			for (int what = 0; what < CHANGES; what++) {
				const struct field *field = &record->fields[i];
				struct text name = what == CHANGE_ADD ? text_lit("Zusatz") : field_name(field);
				bool own = field->place == PLACE_CONTENT;

				if (!fits((enum xsd_what)what, record, field) || n++ >= max)
					continue;
				out[n - 1] = (struct xsd_change){ (enum xsd_what)what, record, field, kinds[what], "" };
				snprintf(out[n - 1].path, sizeof(out->path), "%s%s%s%.*s", path, *path && !own ? "/" : "",
					field->place == PLACE_ATTRIBUTE ? "@" : "", own ? 0 : (int)name.n, name.at);
			}
	}
	return n;
}

/* -- writing -- */

struct out {
	struct buffer *types, *simple; /* transport.xsd and datatypes.xsd */
	uint64_t style;
	const struct xsd_change *change;
};

static bool changed(const struct out *o, enum xsd_what what, const struct record *record, const struct field *field)
{
	return o->change && o->change->what == what && o->change->record == record && o->change->field == field;
}

/* A choice among n that the style makes, the same one each time for the same thing. */
static uint64_t pick(const struct out *o, const void *what, uint64_t n)
{
	struct { uint64_t style; const void *what; } key = { o->style, what };

	return o->style ? text_hash((struct text){ (const char *)&key, sizeof(key) }) % n : 0;
}

static void facet(struct buffer *b, const char *name, int64_t value)
{
	buffer_format(b, "<xs:%s value=\"%" PRId64 "\"/>", name, value);
}

static const char *base_of(const struct field *field, bool other)
{
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_TEXTS:
	case FIELD_CODE:
	case FIELD_CODES:
		return other ? "xs:date" : "xs:string";
	case FIELD_DIGITS:
		return other ? "xs:boolean" : "xs:string";
	case FIELD_DECIMAL:
		return other ? "xs:dateTime" : "xs:decimal";
	case FIELD_DATE:
		return other ? "xs:string" : "xs:date";
	case FIELD_TIME:
		return other ? "xs:date" : "xs:dateTime";
	case FIELD_FLAG:
		return other ? "xs:string" : "xs:boolean";
	case FIELD_COUNT:
		return other ? "xs:string" : "xs:integer";
	case FIELD_GROUP:
	case FIELD_LIST:
	case FIELD_RAW:
		break;
	}
	assert(!"a value");
	return NULL;
}

static void put_codes(const struct out *o, struct buffer *b, const struct record *record, const struct field *field)
{
	struct text rest = text_of(field->codes);

	if (changed(o, CHANGE_OPEN, record, field))
		return;
	if (changed(o, CHANGE_CODE_LESS, record, field))
		text_cut(&rest, ' ');
	while (text_there(rest)) {
		struct text code = text_cut(&rest, ' ');

		buffer_format(b, "<xs:enumeration value=\"%.*s\"/>", TEXT_ARGS(code));
	}
	if (changed(o, CHANGE_CODE_MORE, record, field))
		buffer_lit(b, "<xs:enumeration value=\"ZUSATZ\"/>");
}

static void put_facets(const struct out *o, struct buffer *b, const struct record *record, const struct field *field)
{
	uint32_t max = field->kind == FIELD_TEXTS ? field->item_max : field->max;

	if (changed(o, CHANGE_LENGTH, record, field))
		max += 7;
	if (changed(o, CHANGE_CLOSED, record, field)) {
		buffer_lit(b, "<xs:enumeration value=\"ZUSATZ\"/>");
	} else if (text_like(field)) {
		facet(b, "minLength", 1);
		if (max)
			facet(b, "maxLength", max);
	} else if (field->kind == FIELD_DIGITS) {
		buffer_lit(b, "<xs:pattern value=\"[0-9]");
		if (max)
			buffer_format(b, "{1,%u}", max);
		else
			buffer_lit(b, "+");
		buffer_lit(b, "\"/>");
	} else if (field->kind == FIELD_DECIMAL && max) {
		facet(b, "totalDigits", max);
	} else if (field->kind == FIELD_COUNT) {
		if (field->low != INT64_MIN)
			facet(b, "minInclusive", field->low);
		if (field->high != INT64_MAX)
			facet(b, "maxInclusive", field->high);
	} else if (field->codes) {
		put_codes(o, b, record, field);
	}
}

/* The simple type of a row; in the end named `name`, or without a name where it stands. */
static void put_simple(const struct out *o, struct buffer *b, const struct record *record, const struct field *field, const char *name)
{
	bool other = changed(o, CHANGE_KIND, record, field), chain = pick(o, field, 3) == 2 && !other;

	buffer_lit(b, "<xs:simpleType");
	if (name)
		buffer_format(b, " name=\"%s\"", name);
	buffer_lit(b, "><xs:annotation><xs:documentation>a value</xs:documentation></xs:annotation><xs:restriction");
	if (chain) /* made from one that is made from another */
		buffer_format(b, "><xs:simpleType><xs:restriction base=\"%s\"/></xs:simpleType>", base_of(field, false));
	else
		buffer_format(b, " base=\"%s\">", base_of(field, other));
	if (!other)
		put_facets(o, b, record, field);
	buffer_lit(b, "</xs:restriction></xs:simpleType>\n");
}

/* The type of a row: named in the other file, or in place. Appends what comes after the name of an element or attribute. */
static void put_type(const struct out *o, struct buffer *b, const struct record *record, const struct field *field, const char *tag)
{
	char name[160];

	snprintf(name, sizeof(name), "%s.%s", record->name, field->member);
	if (field->kind == FIELD_RAW) {
		buffer_lit(b, "/>\n");
	} else if (field->of) {
		buffer_format(b, " type=\"%s\"/>\n", field->of->name);
	} else if (field->place != PLACE_CONTENT && pick(o, field, 2)) {
		buffer_lit(b, ">");
		put_simple(o, b, record, field, NULL);
		buffer_format(b, "</xs:%s>\n", tag);
	} else {
		buffer_format(b, " type=\"%s\"/>\n", name);
		put_simple(o, o->simple, record, field, name);
	}
}

static void put_element(const struct out *o, struct buffer *b, const struct record *record, const struct field *field)
{
	bool choice = record->shape == SHAPE_CHOICE;
	uint32_t min = choice ? 1 : many(field) ? field->min : field->need, max = many(field) ? field->max : 1;

	if (changed(o, CHANGE_LEAST, record, field))
		min = !min;
	if (changed(o, CHANGE_MOST, record, field))
		max = max == 1 ? 0 : max ? max + 3 : 7;
	buffer_format(b, "<xs:element name=\"%.*s\" minOccurs=\"%u\"", TEXT_ARGS(field_name(field)), min);
	if (max)
		buffer_format(b, " maxOccurs=\"%u\"", max);
	else
		buffer_lit(b, " maxOccurs=\"unbounded\"");
	put_type(o, b, record, field, "element");
}

static void put_attributes(const struct out *o, struct buffer *b, const struct record *record)
{
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (field->place != PLACE_ATTRIBUTE || changed(o, CHANGE_DROP, record, field))
			continue;
		buffer_format(b, "<xs:attribute name=\"%.*s\" use=\"%s\"", TEXT_ARGS(field_name(field)),
			field->need != changed(o, CHANGE_LEAST, record, field) ? "required" : "optional");
		put_type(o, b, record, field, "attribute");
	}
}

/* The elements in the order in which they are written; NULL stands for the one that is added. */
static size_t ordered(const struct out *o, const struct record *record, const struct field **parts)
{
	size_t n = 0, from, to;

	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (field->place != PLACE_ELEMENT)
			continue;
		assert(n + 2 < PARTS_MAX);
		if (!changed(o, CHANGE_DROP, record, field))
			parts[n++] = field;
		if (changed(o, CHANGE_ADD, record, field))
			parts[n++] = NULL;
	}
	if (o->change && o->change->what == CHANGE_MOVE && o->change->record == record) {
		from = place_of(record, o->change->field);
		to = moved_to(from, n);
		if (to > from)
			memmove(&parts[from], &parts[from + 1], (to - from) * sizeof(*parts));
		else
			memmove(&parts[to + 1], &parts[to], (from - to) * sizeof(*parts));
		parts[to] = o->change->field;
	}
	return n;
}

static void put_parts(const struct out *o, struct buffer *b, const struct record *record, const struct field **parts, size_t n)
{
	bool choice = (record->shape == SHAPE_CHOICE) != changed(o, CHANGE_SHAPE, record, NULL);

	buffer_format(b, "<xs:%s>\n", choice ? "choice" : "sequence");
	for (size_t i = 0; i < n; i++)
		if (parts[i])
			put_element(o, b, record, parts[i]);
		else
			buffer_lit(b, "<xs:element name=\"Zusatz\" type=\"xs:string\" minOccurs=\"1\"/>\n");
	buffer_format(b, "</xs:%s>\n", choice ? "choice" : "sequence");
}

static void put_record(const struct out *o, const struct record *record)
{
	enum { PLAIN, NESTED, IN_GROUP, EXTENDED };
	const struct field *parts[PARTS_MAX];
	size_t n = ordered(o, record, parts), half = n / 2;
	uint64_t style = pick(o, record, 4);
	struct buffer *b = o->types;

	if (style == EXTENDED && (record->shape == SHAPE_CHOICE || changed(o, CHANGE_SHAPE, record, NULL)))
		style = NESTED;
	if (style == IN_GROUP && n) {
		buffer_format(b, "<xs:group name=\"%s.group\">", record->name);
		put_parts(o, b, record, parts, n);
		buffer_lit(b, "</xs:group>\n");
	}
	if (style == EXTENDED && n) {
		buffer_format(b, "<xs:complexType name=\"%s.base\">", record->name);
		put_parts(o, b, record, parts, half);
		buffer_lit(b, "</xs:complexType>\n");
	}
	buffer_format(b, "<xs:complexType name=\"%s\">\n", record->name);
	for (size_t i = 0; i < record->n; i++)
		if (record->fields[i].place == PLACE_CONTENT) {
			char name[160];

			snprintf(name, sizeof(name), "%s.content", record->name);
			put_simple(o, o->simple, record, &record->fields[i], name);
			buffer_format(b, "<xs:simpleContent><xs:extension base=\"%s\">\n", name);
			put_attributes(o, b, record);
			buffer_lit(b, "</xs:extension></xs:simpleContent></xs:complexType>\n");
			return;
		}
	if (style == EXTENDED && n)
		buffer_format(b, "<xs:complexContent><xs:extension base=\"%s.base\">", record->name);
	if (style == NESTED && n)
		buffer_lit(b, "<xs:sequence>");
	if (style == IN_GROUP && n)
		buffer_format(b, "<xs:group ref=\"%s.group\"/>", record->name);
	else if (n)
		put_parts(o, b, record, parts + (style == EXTENDED ? half : 0), n - (style == EXTENDED ? half : 0));
	if (style == NESTED && n)
		buffer_lit(b, "</xs:sequence>");
	put_attributes(o, b, record);
	buffer_add(b, style == EXTENDED && n ? text_lit("</xs:extension></xs:complexContent></xs:complexType>\n") : text_lit("</xs:complexType>\n"));
}

void xsd_of(const struct record *root, const char *name, uint64_t style, const struct xsd_change *change, struct buffer *transport,
	struct buffer *datatypes)
{
	static const char head[] = "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">\n", tail[] = "</xs:schema>\n";
	struct out o = { transport, datatypes, style, change };
	static struct places places;

	places.n = 0;
	walk(root, "", &places);
	buffer_add(transport, text_of(head));
	buffer_add(datatypes, text_of(head));
	buffer_format(transport, "<xs:include schemaLocation=\"datatypes.xsd\"/>\n<xs:element name=\"%s\" type=\"%s\"/>\n", name, root->name);
	for (size_t i = 0; i < places.n; i++)
		put_record(&o, places.items[i].record);
	buffer_add(transport, text_of(tail));
	buffer_add(datatypes, text_of(tail));
}
