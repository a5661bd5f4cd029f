/* SPDX-License-Identifier: Apache-2.0 */
/* The guide's own extensions: which value each holds, of which parts the complex ones are made. */
#include "fhir-bridge/forms.h"

#include "fhir-bridge/systems.h"

#include <stdio.h>

struct extension_row {
	struct text url, part; /* part at NULL: the extension itself */
	size_t min, max;       /* of a part; max 0: any number */
	const char *member, *system;
};
enum { DAY_LENGTH = 10 }; /* YYYY-MM-DD; that it is a date at all is checked with the other forms */

static const struct extension_row rows[] = {
#define EXTENSION(url, member, system) { { "" url, sizeof(url) - 1 }, { NULL, 0 }, 0, 0, member, system },
#define PART(url, part, min, max, member, system) { { "" url, sizeof(url) - 1 }, { "" part, sizeof(part) - 1 }, min, max, member, system },
#include "fhir-bridge/def/extensions.def"
#undef PART
#undef EXTENSION
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

static bool is_value(const struct field *field)
{
	return text_starts(field->wire, "value");
}

static bool is_day(struct text date)
{
	return !date.n || date.n == DAY_LENGTH;
}

/* FullDateRule, of a date or both ends of a period. */
static bool whole_days(const struct field *field, const struct fhir_extension *extension)
{
	if (field->of == &fhir_period_record)
		return is_day(extension->period->start) && is_day(extension->period->end);
	return is_day(extension->date);
}

/* The extension has the one value that its row names and no other. */
static bool has_value(const struct fhir_extension *extension, const struct extension_row *row, const struct where *where, struct fault *fault)
{
	struct text wanted = text_of(row->member), first = text_cut(&wanted, '|');
	bool found = false;

	for (size_t i = 0; i < fhir_extension_record.n; i++) {
		const struct field *field = &fhir_extension_record.fields[i];

		if (!is_value(field) || !field_there(field, extension))
			continue;
		if (found || (!text_equal(field->wire, first) && !text_equal(field->wire, wanted)))
			return where_fault(where, field->wire, FAULT_RULE, fault);
		found = true;
		if (text_is(text_of(row->system), "day") && !whole_days(field, extension))
			return where_fault(where, field->wire, FAULT_BAD_DATE, fault);
		if (row->system[0] && field->of == &fhir_concept_record) {
			const struct fhir_concept *concept = *(void *const *)field_at(field, extension);
			bool coded = false;

			for (size_t k = 0; k < concept->coding_n; k++)
				coded |= concept->coding[k].code.n && text_is(concept->coding[k].system, row->system);
			if (!coded)
				return where_fault(where, field->wire, FAULT_BAD_CODE, fault);
		}
	}
	return found || where_fault(where, first, FAULT_MISSING, fault);
}

static bool part_holds(const struct fhir_extension *extension, const struct extension_row *row, const struct where *where, struct fault *fault)
{
	size_t n = 0;

	for (size_t i = 0; i < extension->extension_n; i++) {
		struct where here = *where;

		if (!text_equal(extension->extension[i].url, row->part))
			continue;
		n++;
		where_down(&here, text_lit("extension"), (int)i);
		if (!has_value(&extension->extension[i], row, &here, fault))
			return false;
	}
	if (n < row->min || (row->max && n > row->max)) {
		char name[160]; /* the longest part in the table has 90 */

		snprintf(name, sizeof(name), "extension('%.*s')", TEXT_ARGS(row->part));
		return where_fault(where, text_of(name), n < row->min ? FAULT_MISSING : FAULT_REPEATED, fault);
	}
	return true;
}

bool extension_check(const struct fhir_extension *extension, const struct where *where, struct fault *fault)
{
	struct text name = extension->url;

	if (!text_starts(name, PAS))
		return true;
	name = (struct text){ name.at + sizeof(PAS) - 1, name.n - (sizeof(PAS) - 1) };
	for (size_t i = 0; i < ROWS; i++) {
		const struct extension_row *row = &rows[i];

		if (!text_equal(row->url, name))
			continue;
		if (text_there(row->part) ? !part_holds(extension, row, where, fault) : row->member[0] && !has_value(extension, row, where, fault))
			return false;
	}
	return true;
}
