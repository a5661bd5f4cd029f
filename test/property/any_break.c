/* SPDX-License-Identifier: Apache-2.0 */
/* Spoiling a valid record in one place: every rule that a table states is a place where it can be broken. */
#include "test/property/any.h"

#include <assert.h>
#include <string.h>

/* Where the walk is, from the place up to the root. */
struct place {
	const struct place *up;
	struct text name; /* empty: adds nothing to the path */
	int index;
};

/* The walk runs twice: it counts the places, then breaks the one that was picked. */
struct walk {
	struct any *any;
	size_t at, picked;
	bool breaking;
	struct any_broken *out;
};

/* True when this is the place to break; says what will be found there. */
static bool here(struct walk *walk, enum fault_code code, const struct place *place)
{
	struct fault fault;

	if (!walk->breaking || walk->at++ != walk->picked) {
		walk->at += !walk->breaking;
		return false;
	}
	fault_set(&fault, code, "");
	for (; place; place = place->up)
		if (place->name.n)
			fault_under(&fault, place->name, place->index);
	walk->out->code = code;
	memcpy(walk->out->path, fault.path, sizeof(fault.path));
	return true;
}

static struct text longer(struct walk *walk, size_t characters)
{
	char *at = arena_alloc(walk->any->arena, characters + 1);

	assert(at);
	memset(at, '1', characters + 1);
	return (struct text){ at, characters + 1 };
}

/* One value: each rule of its kind. */
static void break_text(struct walk *walk, const struct field *field, struct text *value, const struct place *place)
{
	uint32_t max = field->kind == FIELD_TEXTS ? field->item_max : field->max;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_TEXTS:
		if (max && here(walk, FAULT_TOO_LONG, place))
			*value = longer(walk, max);
		if (here(walk, FAULT_BAD_TEXT, place))
			*value = text_lit("\x01");
		if (here(walk, FAULT_BAD_TEXT, place))
			*value = text_lit("\xFF");
		return;
	case FIELD_CODE:
	case FIELD_CODES:
		if (field->codes && here(walk, FAULT_BAD_CODE, place))
			*value = text_lit("no such code");
		return;
	case FIELD_DIGITS:
		if (max && here(walk, FAULT_TOO_LONG, place))
			*value = longer(walk, max);
		if (here(walk, FAULT_BAD_NUMBER, place))
			*value = text_lit("1a");
		return;
	case FIELD_DECIMAL:
		if (max && here(walk, FAULT_TOO_LONG, place))
			*value = longer(walk, max);
		if (here(walk, FAULT_BAD_NUMBER, place))
			*value = text_lit("1.2.3");
		return;
	case FIELD_DATE:
		if (here(walk, FAULT_BAD_DATE, place))
			*value = text_lit("2023-02-29");
		return;
	case FIELD_TIME:
		if (here(walk, FAULT_BAD_DATE, place))
			*value = text_lit("2023-02-28T24:00:00Z");
		return;
	case FIELD_RAW:
	case FIELD_FLAG:
	case FIELD_COUNT:
	case FIELD_GROUP:
	case FIELD_LIST:
		return;
	}
}

static void break_count(struct walk *walk, const struct field *field, int64_t *value, const struct place *place)
{
	/* an optional count of 0 is absent, so it is no number out of range */
	if (field->high < INT64_MAX && (field->need || field->high != -1) && here(walk, FAULT_BAD_NUMBER, place))
		*value = field->high + 1;
	if (field->low > INT64_MIN && (field->need || field->low != 1) && here(walk, FAULT_BAD_NUMBER, place))
		*value = field->low - 1;
}

static void break_record(struct walk *walk, const struct record *record, void *rec, const struct place *place);

static void break_items(struct walk *walk, const struct field *field, void *rec, const struct place *place)
{
	enum { COPIES_MAX = 2000 }; /* items; to overfill a longer list is not worth the memory */
	size_t size = field->of ? field->of->size : sizeof(struct text), *n = field_count_at(field, rec);
	char *items = *(char **)field_at(field, rec);

	if (field->max && field->max < COPIES_MAX && here(walk, FAULT_REPEATED, place)) {
		char *more = arena_alloc(walk->any->arena, (field->max + 1) * size);

		assert(more);
		for (size_t i = 0; i <= field->max; i++)
			memcpy(more + i * size, items, size);
		*(void **)field_at(field, rec) = more;
		*n = field->max + 1;
		return;
	}
	for (size_t i = 0; i < *n; i++) {
		struct place item = { place->up, place->name, (int)i };

		if (field->of)
			break_record(walk, field->of, items + i * size, &item);
		else
			break_text(walk, field, (struct text *)(void *)(items + i * size), &item);
	}
}

static void break_field(struct walk *walk, const struct field *field, void *rec, const struct place *place)
{
	void *at = field_at(field, rec);

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		if (field->need && here(walk, FAULT_MISSING, place))
			*(struct text *)at = TEXT_NONE;
		else
			break_text(walk, field, at, place);
		return;
	case FIELD_FLAG:
		if (here(walk, FAULT_BAD_CODE, place))
			*(int64_t *)at = 2;
		return;
	case FIELD_COUNT:
		break_count(walk, field, at, place);
		return;
	case FIELD_GROUP:
		if (field->need && here(walk, FAULT_MISSING, place))
			*(void **)at = NULL;
		else
			break_record(walk, field->of, *(void **)at, place);
		return;
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		if (field->min && here(walk, FAULT_MISSING, place))
			*field_count_at(field, rec) = field->min - 1;
		else
			break_items(walk, field, rec, place);
		return;
	}
}

/* A second of "exactly one": any other row that can be filled without more. */
static void add_another(struct walk *walk, const struct record *record, void *rec)
{
	struct any *any = walk->any;

	for (size_t i = 0; i < record->n; i++)
		if (!field_there(&record->fields[i], rec)) {
			struct record one = { .name = "one", .shape = SHAPE_CHOICE, .fields = &record->fields[i], .n = 1,
				.size = record->size };
			void *other = any_record(any, &one);
			const struct field *field = &record->fields[i];

			switch (field->kind) {
			case FIELD_TEXT:
			case FIELD_CODE:
			case FIELD_DIGITS:
			case FIELD_DECIMAL:
			case FIELD_DATE:
			case FIELD_TIME:
			case FIELD_RAW:
				*(struct text *)field_at(field, rec) = *(struct text *)field_at(field, other);
				return;
			case FIELD_FLAG:
			case FIELD_COUNT:
				*(int64_t *)field_at(field, rec) = *(int64_t *)field_at(field, other);
				return;
			case FIELD_LIST:
			case FIELD_TEXTS:
			case FIELD_CODES:
				*field_count_at(field, rec) = *field_count_at(field, other);
				*(void **)field_at(field, rec) = *(void **)field_at(field, other);
				return;
			case FIELD_GROUP:
				*(void **)field_at(field, rec) = *(void **)field_at(field, other);
				return;
			}
		}
}

static void break_record(struct walk *walk, const struct record *record, void *rec, const struct place *place)
{
	if (record->shape == SHAPE_CHOICE) {
		if (here(walk, FAULT_CHOICE, place)) {
			memset(rec, 0, record->size);
			return;
		}
		if (record->n > 1 && here(walk, FAULT_CHOICE, place)) {
			add_another(walk, record, rec);
			return;
		}
	}
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];
		struct place below = { place, field->place == PLACE_CONTENT ? TEXT_NONE : field_name(field), -1 };

		if (field_there(field, rec))
			break_field(walk, field, rec, &below);
	}
}

bool any_break(struct any *any, const struct record *record, void *rec, struct any_broken *out)
{
	struct walk walk = { .any = any, .out = out };

	break_record(&walk, record, rec, NULL);
	if (walk.at == 0)
		return false;
	walk.picked = any_below(any, walk.at);
	walk.at = 0;
	walk.breaking = true;
	out->code = FAULT_NONE;
	break_record(&walk, record, rec, NULL);
	assert(out->code != FAULT_NONE);
	return true;
}
