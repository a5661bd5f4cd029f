/* SPDX-License-Identifier: Apache-2.0 */
/* Holding a whole record to its table: required, repeated, choice, and every value. */
#include "base/record.h"

static bool under(struct fault *fault, const struct field *field, int index)
{
	/* CONTENT has no name of its own: the path ends at the element whose text it is. */
	return field->place == PLACE_CONTENT ? false : fault_under(fault, field_name(field), index);
}

static bool check_items(const struct field *field, const void *rec, struct fault *fault)
{
	const char *items = *(const char *const *)field_at(field, rec);
	size_t n = *field_count_at(field, rec);

	if (n < field->min) {
		fault_set(fault, FAULT_MISSING, "");
		return under(fault, field, -1);
	}
	if (field->max && n > field->max) {
		fault_set(fault, FAULT_REPEATED, "");
		return under(fault, field, -1);
	}
	for (size_t i = 0; i < n; i++)
		if (field->of ? !record_check(field->of, items + i * field->of->size, fault)
			      : !field_check_text(field, ((const struct text *)(const void *)items)[i], fault))
			return under(fault, field, (int)i);
	return true;
}

static bool check_field(const struct field *field, const void *rec, struct fault *fault)
{
	const void *at = field_at(field, rec);
	bool good = true;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		good = field_check_text(field, *(const struct text *)at, fault);
		break;
	case FIELD_FLAG:
		good = *(const int64_t *)at == 1 || *(const int64_t *)at == 0 || fault_set(fault, FAULT_BAD_CODE, "");
		break;
	case FIELD_COUNT:
		good = (*(const int64_t *)at >= field->low && *(const int64_t *)at <= field->high) ||
		       fault_set(fault, FAULT_BAD_NUMBER, "");
		break;
	case FIELD_GROUP:
		good = record_check(field->of, *(void *const *)at, fault);
		break;
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		return check_items(field, rec, fault);
	}
	return good || under(fault, field, -1);
}

bool record_check(const struct record *record, const void *rec, struct fault *fault)
{
	size_t there = 0;

	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (!field_there(field, rec)) {
			if (!field->need)
				continue;
			fault_set(fault, FAULT_MISSING, "");
			return under(fault, field, -1);
		}
		there++;
		if (!check_field(field, rec, fault))
			return false;
	}
	if (record->shape == SHAPE_CHOICE && there != 1)
		return fault_set(fault, FAULT_CHOICE, "");
	return true;
}
