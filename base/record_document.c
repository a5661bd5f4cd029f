/* SPDX-License-Identifier: Apache-2.0 */
/* The manual of the records, and a record laid out for a person to read. */
#include "base/record.h"

/* Any text that a table cell can hold: bars and line breaks would end it. */
static void cell(struct buffer *out, struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] == '|')
			buffer_lit(out, "\\|");
		else
			buffer_add_char(out, t.at[i] == '\n' || t.at[i] == '\r' ? ' ' : t.at[i]);
}

static void joined(struct buffer *out, struct text list, char separator, const char *between)
{
	for (bool first = true; text_there(list); first = false) {
		if (!first)
			buffer_add(out, text_of(between));
		cell(out, text_cut(&list, separator));
	}
}

static void up_to(struct buffer *out, uint32_t max, const char *unit)
{
	if (max)
		buffer_format(out, ", at most %u %s", max, unit);
}

static void link_to(struct buffer *out, const struct record *record)
{
	buffer_format(out, "[%s](#%s)", record->name, record->name);
}

static void form(struct buffer *out, const struct field *field)
{
	switch (field->kind) {
	case FIELD_TEXT:
		buffer_lit(out, "text");
		up_to(out, field->max, "characters");
		break;
	case FIELD_DIGITS:
		buffer_lit(out, "digits");
		up_to(out, field->max, "of them");
		break;
	case FIELD_DECIMAL:
		buffer_lit(out, "number");
		up_to(out, field->max, "digits");
		break;
	case FIELD_CODE:
	case FIELD_CODES:
		if (field->codes)
			buffer_lit(out, "one of "), joined(out, text_of(field->codes), ' ', ", ");
		else
			buffer_lit(out, "text");
		break;
	case FIELD_DATE:
		buffer_lit(out, "date, YYYY-MM-DD");
		break;
	case FIELD_TIME:
		buffer_lit(out, "date and time");
		break;
	case FIELD_FLAG:
		buffer_lit(out, "true or false");
		break;
	case FIELD_COUNT:
		buffer_lit(out, "whole number");
		if (field->low != INT64_MIN)
			buffer_format(out, " from %lld", (long long)field->low);
		if (field->high != INT64_MAX)
			buffer_format(out, " to %lld", (long long)field->high);
		break;
	case FIELD_GROUP:
	case FIELD_LIST:
		link_to(out, field->of);
		break;
	case FIELD_TEXTS:
		buffer_lit(out, "text");
		up_to(out, field->item_max, "characters");
		break;
	case FIELD_RAW:
		buffer_lit(out, "passed through untouched");
		break;
	}
}

static void how_often(struct buffer *out, const struct field *field)
{
	bool many = field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES;

	if (!many)
		buffer_add(out, field->need ? text_lit("1") : text_lit("0..1"));
	else if (field->max)
		buffer_format(out, "%u..%u", field->min, field->max);
	else
		buffer_format(out, "%u..*", field->min);
}

static const struct field *field_of_step(const struct record *record, struct text step)
{
	struct text name = text_cut(&step, '['); /* Name[2] is the second Name */

	for (size_t i = 0; record && i < record->n; i++)
		if (field_named(&record->fields[i], name))
			return &record->fields[i];
	return NULL;
}

/* False when the path leads nowhere. *field is NULL, and *record stays, for the empty path. */
static bool follow(const struct record **record, const char *path, const struct field **field)
{
	*field = NULL;
	for (struct text rest = text_of(path); text_there(rest) && rest.n;) {
		*field = field_of_step(*record, text_cut(&rest, '/'));
		if (!*field)
			return false;
		*record = (*field)->of;
	}
	return true;
}

bool record_expected(const struct record *record, const char *path, struct buffer *out)
{
	const struct field *field;

	if (!follow(&record, path, &field) || !field)
		return false;
	if (!field->of) {
		form(out, field);
		buffer_lit(out, ": ");
	}
	cell(out, text_of(field->doc));
	return true;
}

bool record_names(const struct record *record, const char *path, struct buffer *out)
{
	const struct field *field;

	if (!follow(&record, path, &field) || !record)
		return false;
	for (size_t i = 0; i < record->n; i++) {
		if (i)
			buffer_lit(out, ", ");
		buffer_add(out, field_name(&record->fields[i]));
	}
	return true;
}

void record_document(const struct record *record, struct buffer *out)
{
	buffer_format(out, "### %s\n\n", record->name);
	cell(out, text_of(record->doc));
	buffer_add(out, record->shape == SHAPE_CHOICE ? text_lit(" (exactly one of these)\n\n") : text_lit("\n\n"));
	buffer_lit(out, "| name | times | form | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		buffer_lit(out, "| ");
		if (field->place == PLACE_CONTENT)
			buffer_lit(out, "(its text)");
		if (field->place == PLACE_ATTRIBUTE)
			buffer_lit(out, "@");
		joined(out, field->wire, '|', " or ");
		buffer_lit(out, " | ");
		how_often(out, field);
		buffer_lit(out, " | ");
		form(out, field);
		buffer_lit(out, " | ");
		cell(out, text_of(field->doc));
		buffer_lit(out, " |\n");
	}
	buffer_add_char(out, '\n');
}

/* -- outline -- */

static void margin(struct buffer *out, int indent, const struct field *field)
{
	for (int i = 0; i < indent; i++)
		buffer_lit(out, "  ");
	buffer_add(out, field->place == PLACE_CONTENT ? text_lit("(text)") : field_name(field));
}

/* Control characters could drive the terminal: they are shown as '.', line breaks as " / ". */
static void line(struct buffer *out, int indent, const struct field *field, struct text value)
{
	margin(out, indent, field);
	buffer_lit(out, ": ");
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if (c == '\n')
			buffer_lit(out, " / ");
		else if (c != '\r')
			buffer_add_char(out, c < 0x20 || c == 0x7F ? '.' : value.at[i]);
	}
	buffer_add_char(out, '\n');
}

static void part(struct buffer *out, int indent, const struct field *field, const void *rec)
{
	margin(out, indent, field);
	buffer_add_char(out, '\n');
	record_outline(field->of, rec, indent + 1, out);
}

static void outline_field(const struct field *field, const void *rec, int indent, struct buffer *out)
{
	const void *at = field_at(field, rec);
	const char *items;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		line(out, indent, field, *(const struct text *)at);
		return;
	case FIELD_FLAG:
		line(out, indent, field, *(const int64_t *)at ? text_lit("true") : text_lit("false"));
		return;
	case FIELD_COUNT:
		margin(out, indent, field);
		buffer_lit(out, ": ");
		buffer_add_int(out, *(const int64_t *)at);
		buffer_add_char(out, '\n');
		return;
	case FIELD_GROUP:
		part(out, indent, field, *(void *const *)at);
		return;
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		items = *(const char *const *)at;
		for (size_t i = 0; i < *field_count_at(field, rec); i++)
			if (field->of)
				part(out, indent, field, items + i * field->of->size);
			else
				line(out, indent, field, ((const struct text *)(const void *)items)[i]);
		return;
	}
	__builtin_unreachable();
}

void record_outline(const struct record *record, const void *rec, int indent, struct buffer *out)
{
	for (size_t i = 0; i < record->n; i++)
		if (field_there(&record->fields[i], rec))
			outline_field(&record->fields[i], rec, indent, out);
}
