/* SPDX-License-Identifier: Apache-2.0 */
/* Finding one's way in a table: what a field is called, where it is, whether it holds something. */
#include "base/record.h"

#include <string.h>

struct text field_name(const struct field *field)
{
	struct text rest = field->wire;

	return field->several_names ? text_cut(&rest, '|') : rest;
}

bool field_named(const struct field *field, struct text name)
{
	struct text wire = field->wire;

	if (!field->several_names)
		return wire.n == name.n && name.n && memcmp(wire.at, name.at, name.n) == 0;
	while (text_there(wire)) {
		struct text one = text_cut(&wire, '|');

		if (one.n == name.n && name.n && memcmp(one.at, name.at, name.n) == 0)
			return true;
	}
	return false;
}

const struct field *record_field(const struct record *record, const char *member)
{
	for (size_t i = 0; i < record->n; i++)
		if (strcmp(record->fields[i].member, member) == 0)
			return &record->fields[i];
	return NULL;
}

static bool field_equal(const struct field *field, const void *a, const void *b)
{
	const void *in_a = field_at(field, a), *in_b = field_at(field, b);
	size_t n;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		return text_equal(*(const struct text *)in_a, *(const struct text *)in_b);
	case FIELD_FLAG:
	case FIELD_COUNT:
		return *(const int64_t *)in_a == *(const int64_t *)in_b;
	case FIELD_GROUP:
		in_a = *(void *const *)in_a;
		in_b = *(void *const *)in_b;
		return !in_a || !in_b ? in_a == in_b : record_equal(field->of, in_a, in_b);
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		n = *field_count_at(field, a);
		if (n != *field_count_at(field, b))
			return false;
		in_a = *(void *const *)in_a;
		in_b = *(void *const *)in_b;
		for (size_t i = 0; i < n; i++)
			if (field->of ? !record_equal(field->of, (const char *)in_a + i * field->of->size,
						(const char *)in_b + i * field->of->size)
				      : !text_equal(((const struct text *)in_a)[i], ((const struct text *)in_b)[i]))
				return false;
		return true;
	}
	__builtin_unreachable();
}

bool record_equal(const struct record *record, const void *a, const void *b)
{
	for (size_t i = 0; i < record->n; i++)
		if (!field_equal(&record->fields[i], a, b))
			return false;
	return true;
}
