/* SPDX-License-Identifier: Apache-2.0 */
/* From what a reader sees, element by element, to a filled record. */
#include "base/record_build.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static struct build_frame *top(struct build *build)
{
	assert(build->depth > 0);
	return &build->frames[build->depth - 1];
}

static void push(struct build *build, const struct field *field, const struct record *record, void *rec, int index)
{
	struct build_frame *frame = &build->frames[build->depth++];

	frame->record = record;
	frame->rec = rec;
	frame->field = field;
	frame->index = index;
	if (!record)
		return; /* a scalar has no rows */
	assert(record->n <= BUILD_FIELDS);
	memset(frame->seen, 0, sizeof(frame->seen));
	frame->next = 0;
}

void build_init(struct build *build, const struct record *record, void *rec, struct arena *arena, struct fault *fault)
{
	build->arena = arena;
	build->fault = fault;
	build->depth = 0;
	build->skipping = 0;
	build->unknown = 0;
	build->unknown_at[0] = '\0';
	push(build, NULL, record, rec, -1);
}

/* The path of the open frames, from the top down so that the part nearest the root is written first. */
static void path_here(const struct build *build, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 1; i < build->depth && n < size; i++) {
		const struct build_frame *frame = &build->frames[i];
		struct text name = field_name(frame->field);

		n += (size_t)snprintf(out + n, size - n, "%s%.*s", i > 1 ? "/" : "", TEXT_ARGS(name));
		if (frame->index >= 0 && n < size)
			n += (size_t)snprintf(out + n, size - n, "[%d]", frame->index);
	}
}

bool build_fault(struct build *build, enum fault_code code)
{
	fault_set(build->fault, code, "");
	path_here(build, build->fault->path, sizeof(build->fault->path));
	return false;
}

static enum build_open failed(struct build *build, enum fault_code code, const struct field *field)
{
	if (build->depth < BUILD_DEPTH)
		push(build, field, NULL, NULL, -1); /* so that the path names it; nothing is read after a failure */
	build_fault(build, code);
	return BUILD_FAILED;
}

static void count_unknown(struct build *build)
{
	if (build->unknown++ == 0)
		path_here(build, build->unknown_at, sizeof(build->unknown_at));
}

static bool holds_many(const struct field *field)
{
	return field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES;
}

/* Asked of several rows for each element, so most are told apart by their length and first letter. `name` is not empty. */
static inline bool matches(const struct field *field, enum field_place place, struct text name)
{
	if (field->several_names)
		return field->place == place && field_named(field, name);
	return field->wire.n == name.n && field->wire.at[0] == name.at[0] && field->place == place && text_same_bytes(field->wire.at, name.at, name.n);
}

/* The row of this name, looked for where it is in a message in order: the list that is going on (or the row just peeked
   at), then the rows after it, then the ones before. */
static inline const struct field *find(struct build_frame *frame, enum field_place place, struct text name)
{
	const struct field *fields = frame->record->fields;
	size_t n = frame->record->n, next = frame->next;

	if (next > 0 && matches(&fields[next - 1], place, name))
		return &fields[next - 1];
	for (size_t i = next; i < n; i++)
		if (matches(&fields[i], place, name)) {
			frame->next = i + 1;
			return &fields[i];
		}
	for (size_t i = 0; i < next; i++)
		if (matches(&fields[i], place, name)) {
			frame->next = i + 1;
			return &fields[i];
		}
	return NULL;
}

/* Marks the row as seen; false when it was before. */
static bool first_time(struct build_frame *frame, const struct field *field)
{
	size_t row = (size_t)(field - frame->record->fields);
	uint64_t bit = (uint64_t)1 << row % 64;
	bool first = !(frame->seen[row / 64] & bit);

	frame->seen[row / 64] |= bit;
	return first;
}

static enum build_open open_record(struct build *build, const struct field *field, void *rec, int index)
{
	if (!rec)
		return failed(build, FAULT_TOO_LARGE, field);
	push(build, field, field->of, rec, index);
	return BUILD_RECORD;
}

static enum build_open open_many(struct build *build, const struct field *field, void *rec)
{
	size_t *n = field_count_at(field, rec);
	void **items = field_at(field, rec);

	if (field->max && *n >= field->max)
		return failed(build, FAULT_REPEATED, field);
	if (field->of) {
		void *item = arena_push(build->arena, items, n, field->of->size);

		return open_record(build, field, item, (int)*n - 1);
	}
	push(build, field, NULL, rec, (int)*n);
	return BUILD_VALUE;
}

const struct field *build_peek(struct build *build, struct text name)
{
	struct build_frame *frame = top(build);

	return build->skipping || !frame->record ? NULL : find(frame, PLACE_ELEMENT, name);
}

enum build_open build_open(struct build *build, struct text name)
{
	struct build_frame *frame = top(build);
	const struct field *field;

	if (build->skipping) {
		build->skipping++;
		return BUILD_SKIP;
	}
	field = frame->record ? find(frame, PLACE_ELEMENT, name) : NULL;
	if (!field) {
		count_unknown(build);
		build->skipping = 1;
		return BUILD_SKIP;
	}
	return build_open_row(build, field);
}

enum build_open build_open_row(struct build *build, const struct field *field)
{
	struct build_frame *frame = top(build);
	void *rec = frame->rec;

	assert(!build->skipping && field >= frame->record->fields && field < frame->record->fields + frame->record->n);
	if (build->depth == BUILD_DEPTH) {
		build_fault(build, FAULT_TOO_DEEP);
		return BUILD_FAILED;
	}
	if (holds_many(field))
		return open_many(build, field, rec);
	if (!first_time(frame, field))
		return failed(build, FAULT_REPEATED, field);
	if (field->kind == FIELD_GROUP) {
		void *group = arena_alloc(build->arena, field->of->size);

		*(void **)field_at(field, rec) = group;
		return open_record(build, field, group, -1);
	}
	push(build, field, NULL, rec, -1);
	return field->kind == FIELD_RAW ? BUILD_RAW : BUILD_VALUE;
}

static bool put(struct build *build, const struct field *field, void *rec, struct text value)
{
	void *at = field_at(field, rec);

	if (field->kind != FIELD_RAW)
		value = text_trim(value);
	if (value.n == 0)
		return true;
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		*(struct text *)at = value;
		return true;
	case FIELD_FLAG:
	case FIELD_COUNT:
		if (!field_parse_number(field, value, at, build->fault))
			return build_fault(build, build->fault->code);
		return true;
	case FIELD_TEXTS:
	case FIELD_CODES: {
		struct text *item = arena_push(build->arena, at, field_count_at(field, rec), sizeof(*item));

		if (!item)
			return build_fault(build, FAULT_TOO_LARGE);
		*item = value;
		return true;
	}
	case FIELD_GROUP:
	case FIELD_LIST:
		break;
	}
	__builtin_unreachable();
}

bool build_value(struct build *build, struct text value)
{
	struct build_frame *frame = top(build);

	if (build->skipping)
		return true;
	if (!frame->record)
		return put(build, frame->field, frame->rec, value);
	if (text_trim(value).n == 0)
		return true; /* the line breaks between elements */
	for (size_t i = 0; i < frame->record->n; i++)
		if (frame->record->fields[i].place == PLACE_CONTENT)
			return put(build, &frame->record->fields[i], frame->rec, value);
	count_unknown(build);
	return true;
}

bool build_attribute(struct build *build, struct text name, struct text value)
{
	struct build_frame *frame = top(build);
	size_t next = frame->next;
	const struct field *field;

	if (build->skipping)
		return true;
	field = frame->record ? find(frame, PLACE_ATTRIBUTE, name) : NULL;
	frame->next = next; /* elements go on where they were */
	if (!field) {
		count_unknown(build);
		return true;
	}
	if (!first_time(frame, field)) {
		failed(build, FAULT_REPEATED, field);
		return false;
	}
	return put(build, field, frame->rec, value);
}

void build_close(struct build *build)
{
	assert(build->depth > 0);
	if (build->skipping)
		build->skipping--;
	else
		build->depth--;
}
