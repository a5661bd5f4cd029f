/* SPDX-License-Identifier: Apache-2.0 */
/* What of a message is not carried over: all that is set in it, held against the rows of a map. */
#include "fhir-bridge/script/map.h"

#include "fhir-bridge/systems.h"
#include "fhir-bridge/walk.h"

#include <assert.h>
#include <string.h>

#define MAP(how, from, to, note) { MAP_##how, from, to, note },
static const struct map_row to_pas_rows[] = {
#include "fhir-bridge/def/map_to_pas.def"
};
static const struct map_row to_script_rows[] = {
#include "fhir-bridge/def/map_to_script.def"
};
static const struct map_row answer_rows[] = {
#include "fhir-bridge/def/map_answer.def"
};
#undef MAP

const struct map map_answer = { answer_rows, sizeof(answer_rows) / sizeof(*answer_rows) };
const struct map map_to_pas = { to_pas_rows, sizeof(to_pas_rows) / sizeof(*to_pas_rows) };
const struct map map_to_script = { to_script_rows, sizeof(to_script_rows) / sizeof(*to_script_rows) };

enum {
	DEPTH_MAX = 24,      /* steps; extensions and items of a questionnaire nest, and what is deeper has long been told */
	PATH_BYTES_MAX = 400,
	ROWS_MAX = 300,
};

/* Rows that lead to a place of the way, or on from there. */
struct level {
	const struct map_row *best; /* the longest row that leads here or to what is around it */
	struct text named;          /* the step of a row that leads here, when it has brackets */
	size_t n;                   /* rows that lead on */
	uint16_t row[ROWS_MAX], at[ROWS_MAX]; /* which, and where the rest of its path begins */
};

/* On the way down a message. */
struct descent {
	const struct map *map;
	const struct map_judge *judge;
	struct make *make;
	struct loss *loss;
	struct text prefix;
	char separator;
	struct level *levels; /* of DEPTH_MAX + 1 */
	int depth;
	char path[PATH_BYTES_MAX];
	size_t n;
};

static void begin(struct descent *d)
{
	d->levels = make_bytes(d->make, (DEPTH_MAX + 1) * sizeof(*d->levels));
	assert(d->map->n <= ROWS_MAX);
	for (d->levels->n = 0; d->levels->n < d->map->n; d->levels->n++)
		d->levels->row[d->levels->n] = (uint16_t)d->levels->n;
}

/* The rows that led to the parent, and lead to this. */
static const struct level *step_down(struct descent *d, const struct field *field, const void *item)
{
	const struct level *from = &d->levels[d->depth];
	struct level *to = &d->levels[++d->depth];

	to->best = from->best;
	to->named = TEXT_NONE;
	to->n = 0;
	for (size_t i = 0; i < from->n; i++) {
		const struct map_row *row = &d->map->rows[from->row[i]];
		struct text rest = text_of(row->from + from->at[i]), step = walk_cut(&rest, d->separator);

		if (!walk_means(field, item, step))
			continue;
		if (memchr(step.at, '(', step.n) || memchr(step.at, '{', step.n))
			to->named = step;
		if (text_there(rest)) {
			to->row[to->n] = from->row[i];
			to->at[to->n++] = (uint16_t)(rest.at - row->from);
		} else {
			to->best = row;
		}
	}
	return to;
}

static void add_to_path(struct descent *d, struct text name)
{
	size_t room = sizeof(d->path) - d->n;

	if (name.n + 1 >= room)
		name.n = room > 1 ? room - 2 : 0;
	if (d->n)
		d->path[d->n++] = d->separator;
	memcpy(d->path + d->n, name.at, name.n);
	d->n += name.n;
}

static void lose(struct descent *d)
{
	char separator[] = { d->separator, '\0' };
	struct text path = { d->path, d->n };

	loss_once(d->loss, d->make, d->prefix.n ? make_text(d->make, d->prefix, text_of(separator), path) : path);
}

static void go_through(struct descent *d, const struct record *record, const void *rec);

static void look_at(struct descent *d, const struct field *field, const void *item, const void *in)
{
	bool parts = field->kind == FIELD_GROUP || field->kind == FIELD_LIST;
	enum map_fate fate = MAP_BY_ROW;
	const struct level *level;
	size_t length = d->n;

	if (d->depth == DEPTH_MAX)
		return;
	level = step_down(d, field, item);
	add_to_path(d, level->named.n ? level->named : field_name(field));
	if (d->judge)
		fate = d->judge->fate(d->judge->context, (struct text){ d->path, d->n }, field, item, in);
	if (parts && (fate == MAP_LOOK_IN || (fate == MAP_BY_ROW && level->n)))
		go_through(d, field->of, item);
	else if (fate == MAP_NOT_CARRIED || (fate == MAP_BY_ROW && (!level->best || level->best->how == MAP_LOST)))
		lose(d);
	d->depth--;
	d->n = length;
}

static void look_at_each(struct descent *d, const struct field *field, const void *rec)
{
	const char *at = *(char *const *)field_at(field, rec);
	size_t size = field->kind == FIELD_LIST ? field->of->size : sizeof(struct text);

	for (size_t i = 0; i < *field_count_at(field, rec); i++)
		look_at(d, field, at + i * size, rec);
}

static void go_through(struct descent *d, const struct record *record, const void *rec)
{
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (!field_there(field, rec) || (record == &fhir_extension_record && field_at(field, rec) == &((const struct fhir_extension *)rec)->url))
			continue; /* an extension's URL is its name */
		switch (field->kind) {
		case FIELD_LIST:
		case FIELD_TEXTS:
		case FIELD_CODES:
			look_at_each(d, field, rec);
			break;
		case FIELD_GROUP:
			look_at(d, field, *(void *const *)field_at(field, rec), rec);
			break;
		case FIELD_TEXT:
		case FIELD_CODE:
		case FIELD_DIGITS:
		case FIELD_DECIMAL:
		case FIELD_DATE:
		case FIELD_TIME:
		case FIELD_FLAG:
		case FIELD_COUNT:
		case FIELD_RAW:
			look_at(d, field, field_at(field, rec), rec);
			break;
		}
	}
}

void map_losses(const struct map *map, const struct record *record, const void *rec, struct text prefix, char separator,
	const struct map_judge *judge, struct make *make, struct loss *loss)
{
	struct descent d = { .map = map, .judge = judge, .make = make, .loss = loss, .prefix = prefix, .separator = separator };

	begin(&d);
	go_through(&d, record, rec);
}
