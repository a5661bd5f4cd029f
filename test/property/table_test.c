/* SPDX-License-Identifier: Apache-2.0 */
/* Are the tables themselves in order? A bad table is our bug, and this is where it is found. */
#include "base/record_build.h"
#include "test/case.h"
#include "test/property/records.h"

#include <stdlib.h>

enum { TABLES_MAX = 1000 };

struct seen {
	const struct record *records[TABLES_MAX];
	size_t n;
};

static bool first_time(struct seen *seen, const struct record *record)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->records[i] == record)
			return false;
	cr_assert_lt(seen->n, TABLES_MAX);
	seen->records[seen->n++] = record;
	return true;
}

static bool any_name_shared(const struct field *a, const struct field *b)
{
	struct text rest = a->wire;

	while (text_there(rest))
		if (field_named(b, text_cut(&rest, '|')))
			return true;
	return false;
}

static void field_in_order(const struct record *record, const struct field *field)
{
	bool many = field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES;
	const char *name = field->member;

	cr_expect((field->wire.n == 0) == (field->place == PLACE_CONTENT), "%s.%s has no wire name", record->name, name);
	cr_expect(field->doc && *field->doc, "%s.%s has no meaning", record->name, name);
	cr_expect((field->of != NULL) == (field->kind == FIELD_GROUP || field->kind == FIELD_LIST), "%s.%s", record->name, name);
	cr_expect(!field->codes || *field->codes, "%s.%s has an empty code list", record->name, name);
	cr_expect(!many || !field->max || field->min <= field->max, "%s.%s: min above max", record->name, name);
	cr_expect(field->kind != FIELD_COUNT || field->low <= field->high, "%s.%s: low above high", record->name, name);
	cr_expect(record->shape != SHAPE_CHOICE || !field->need, "%s.%s: a choice cannot need a row", record->name, name);
	cr_expect(field->offset < record->size && field->count_offset < record->size, "%s.%s", record->name, name);
}

static void record_in_order(struct seen *seen, const struct record *record)
{
	if (!first_time(seen, record))
		return;
	cr_expect(record->n > 0 && record->n <= BUILD_FIELDS, "%s has %zu rows", record->name, record->n);
	cr_expect(*record->doc, "%s has no meaning", record->name);
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		field_in_order(record, field);
		cr_expect(record_field(record, field->member) == field, "%s.%s stands twice", record->name, field->member);
		for (size_t j = 0; j < i; j++)
			cr_expect(record->fields[j].place != field->place || !any_name_shared(field, &record->fields[j]),
				"%s: %s and %s share a name", record->name, field->member, record->fields[j].member);
		if (field->of)
			record_in_order(seen, field->of);
	}
}

CASE(tables, are_in_order)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	for (size_t i = 0; i < known_records_n; i++)
		record_in_order(seen, known_records[i].record);
	cr_expect_gt(seen->n, known_records_n);
	free(seen);
}
