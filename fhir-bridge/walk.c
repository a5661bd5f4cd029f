/* SPDX-License-Identifier: Apache-2.0 */
/* Following a path of element names through a resource. The paths are our own (def/profiles.def): a name that leads nowhere is our
   mistake. */
#include "fhir-bridge/walk.h"

#include "fhir-bridge/systems.h"

#include <assert.h>
#include <stdio.h>

/* A step taken apart: name, and what stands in its brackets. */
struct step {
	struct text name, member, code, url;
	bool begins; /* name[x] */
};

static struct text before_last(struct text t)
{
	return (struct text){ t.at, t.n - 1 };
}

static struct step step_of(struct text text)
{
	struct step step = { .name = text };
	struct text rest = text;

	if (memchr(text.at, '(', text.n)) {
		step.name = text_cut(&rest, '(');
		step.url = before_last(rest);
	} else if (memchr(text.at, '{', text.n)) {
		step.name = text_cut(&rest, '{');
		step.member = text_cut(&rest, ':');
		step.code = before_last(rest);
	} else if (text.n > 3 && memcmp(text.at + text.n - 3, "[x]", 3) == 0) {
		step.name.n -= 3;
		step.begins = true;
	}
	return step;
}

/* The guide's own extensions go by the last part of their URL. */
static bool has_url(struct text url, struct text wanted)
{
	static const char guide[] = PAS;
	const size_t n = sizeof(guide) - 1;

	if (!text_starts(wanted, "extension-") && !text_starts(wanted, "modifierextension-"))
		return text_equal(url, wanted);
	return url.n == n + wanted.n && memcmp(url.at, guide, n) == 0 && memcmp(url.at + n, wanted.at, wanted.n) == 0;
}

static bool has_code(const struct record *record, const void *item, const struct step *step)
{
	char name[32];
	const struct field *field = record_field(record, text_to_z(step->member, name, sizeof(name)));
	const struct fhir_concept *concept;

	assert(field && (field->of == &fhir_concept_record || field->kind == FIELD_TEXT));
	if (field->kind == FIELD_TEXT)
		return text_equal(*(const struct text *)field_at(field, item), step->code);
	concept = *(void *const *)field_at(field, item);
	for (size_t i = 0; concept && i < concept->coding_n; i++)
		if (text_equal(concept->coding[i].code, step->code))
			return true;
	return false;
}

static bool means(const struct field *field, const void *item, const struct step *step)
{
	if (step->url.n)
		return has_url(((const struct fhir_extension *)item)->url, step->url);
	return !step->member.n || has_code(field->of, item, step);
}

bool walk_means(const struct field *field, const void *item, struct text text)
{
	struct step step = step_of(text);

	return field_named(field, step.name) && (!step.url.n || field->of == &fhir_extension_record) && means(field, item, &step);
}

static bool row_fits(const struct field *field, const struct step *step)
{
	struct text wire = field->wire;

	if (step->begins)
		return wire.n > step->name.n && memcmp(wire.at, step->name.at, step->name.n) == 0;
	return wire.n == step->name.n && wire.at[0] == step->name.at[0] && text_same_bytes(wire.at, step->name.at, wire.n);
}

/* What a row holds, one thing after another. */
static size_t things(const struct field *field, const void *rec)
{
	if (!field_there(field, rec))
		return 0;
	return field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES ? *field_count_at(field, rec) : 1;
}

static const void *thing(const struct field *field, const void *rec, size_t i)
{
	const void *at = field_at(field, rec);

	switch (field->kind) {
	case FIELD_GROUP:
		return *(void *const *)at;
	case FIELD_LIST:
		return *(const char *const *)at + i * field->of->size;
	case FIELD_TEXTS:
	case FIELD_CODES:
		return *(const struct text *const *)at + i;
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_FLAG:
	case FIELD_COUNT:
	case FIELD_RAW:
		return at;
	}
	__builtin_unreachable();
}

static int index_of(const struct field *field, size_t i)
{
	return field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES ? (int)i : -1;
}

struct text walk_cut(struct text *path, char separator)
{
	struct text step = *path;
	int open = 0;

	for (size_t i = 0; i < path->n; i++) {
		open += path->at[i] == '(';
		open -= path->at[i] == ')';
		if (path->at[i] == separator && !open) {
			step.n = i;
			*path = (struct text){ path->at + i + 1, path->n - i - 1 };
			return step;
		}
	}
	*path = TEXT_NONE;
	return step;
}

bool walk(const struct record *record, const void *rec, struct text path, struct where *where,
	bool (*at)(void *context, const struct walk_place *place), void *context)
{
	struct text text = walk_cut(&path, '.');
	struct step step;
	bool known = false;

	if (!text_there(path)) {
		struct walk_place place = { record, rec, text };

		return at(context, &place);
	}
	step = step_of(text);
	for (size_t r = 0; r < record->n; r++) {
		const struct field *field = &record->fields[r];

		if (!row_fits(field, &step))
			continue;
		known = true;
		assert(field->of);
		for (size_t i = 0; i < things(field, rec); i++) {
			const void *item = thing(field, rec, i);
			size_t before;
			bool good;

			if (!means(field, item, &step))
				continue;
			before = where_down(where, field->wire, index_of(field, i));
			good = walk(field->of, item, path, where, at, context);
			where_back(where, before);
			if (!good)
				return false;
		}
	}
	assert(known);
	(void)known;
	return true;
}

size_t walk_count(const struct walk_place *place)
{
	struct step step = step_of(place->step);
	bool known = false;
	size_t sum = 0;

	for (size_t r = 0; r < place->record->n; r++) {
		const struct field *field = &place->record->fields[r];

		if (!row_fits(field, &step))
			continue;
		known = true;
		if (field->kind == FIELD_RAW && field_there(field, place->rec) && ((const struct text *)field_at(field, place->rec))->at[0] == '[') {
			struct text numbers = *(const struct text *)field_at(field, place->rec);

			while (text_there(fhir_next_number(&numbers)))
				sum++;
			continue;
		}
		for (size_t i = 0; i < things(field, place->rec); i++)
			sum += means(field, thing(field, place->rec, i), &step);
	}
	assert(known);
	(void)known;
	return sum;
}

struct text walk_name(const struct walk_place *place, char room[WALK_NAME_MAX])
{
	struct step step = step_of(place->step);
	bool guide = text_starts(step.url, "extension-") || text_starts(step.url, "modifierextension-");

	if (!step.url.n)
		return step.name;
	snprintf(room, WALK_NAME_MAX, "%.*s('%s%.*s')", TEXT_ARGS(step.name), guide ? PAS : "", TEXT_ARGS(step.url));
	return text_of(room);
}

bool walk_items(const struct walk_place *place, struct where *where, bool (*holds)(void *context, const struct walk_item *item), void *context)
{
	struct step step = step_of(place->step);
	bool known = false;

	for (size_t r = 0; r < place->record->n; r++) {
		const struct field *field = &place->record->fields[r];

		if (!row_fits(field, &step))
			continue;
		known = true;
		for (size_t i = 0; i < things(field, place->rec); i++) {
			struct walk_item item = { field, thing(field, place->rec, i) };
			size_t before;
			bool good;

			if (!means(field, item.at, &step))
				continue;
			before = where_down(where, field->wire, index_of(field, i));
			good = holds(context, &item);
			where_back(where, before);
			if (!good)
				return false;
		}
	}
	assert(known);
	(void)known;
	return true;
}

static const struct field *list_named(const struct record *record, struct text name)
{
	for (size_t r = 0; r < record->n; r++)
		if (record->fields[r].kind == FIELD_LIST && text_equal(record->fields[r].wire, name))
			return &record->fields[r];
	assert(!"a list that is not in the table");
	__builtin_unreachable();
}

static const struct field *row_named(const struct record *record, const char *name)
{
	for (size_t r = 0; r < record->n; r++)
		if (text_is(record->fields[r].wire, name))
			return &record->fields[r];
	assert(!"a row that is not in the table");
	__builtin_unreachable();
}

size_t walk_twice(const struct walk_place *place, const char *member)
{
	const struct field *list = list_named(place->record, place->step), *row = row_named(list->of, member);
	size_t n = things(list, place->rec);

	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct text *one = field_at(row, thing(list, place->rec, i)), *other = field_at(row, thing(list, place->rec, k));

			if (one->n && text_equal(*one, *other))
				return i;
		}
	return 0;
}

bool walk_has_sequence(const struct record *record, const void *rec, const char *list, struct text number)
{
	const struct field *field = list_named(record, text_of(list));
	const struct field *row = row_named(field->of, text_is(text_of(list), "processNote") ? "number" : "sequence");

	for (size_t i = 0; i < things(field, rec); i++)
		if (text_equal(*(const struct text *)field_at(row, thing(field, rec, i)), number))
			return true;
	return false;
}

struct text fhir_next_number(struct text *array)
{
	size_t from = 0, to;

	while (from < array->n && (array->at[from] < '0' || array->at[from] > '9'))
		from++;
	for (to = from; to < array->n && array->at[to] >= '0' && array->at[to] <= '9';)
		to++;
	if (from == to)
		return TEXT_NONE;
	*array = (struct text){ array->at + to, array->n - to };
	return (struct text){ array->at - (to - from), to - from };
}
