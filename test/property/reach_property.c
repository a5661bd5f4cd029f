/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of every table of the two standards, reached from the message down: the least message that holds it is checked, written, read
   and the same, at each bound and with each code of the row, and one step beyond a bound is refused, here and as it comes in. */
#include "base/xml.h"
#include "ncpdp/records.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

enum {
	TABLES_MAX = 300, /* of one standard */
	DEEP = 30,        /* records on the way to one */
	ITEMS_MAX = 2000, /* items; a list that may have more is tried with a few */
};

/* How a record is reached: the row of another that holds it. */
struct reached {
	const struct record *record;
	int from; /* index of the other; -1: the message itself */
	const struct field *by;
};

struct reach {
	struct reached records[TABLES_MAX];
	size_t n;
	const char *root; /* XML root element */
	struct xml_reader *reader;
	struct arena arena;
	size_t rows, good, bad; /* rows reached; messages accepted and refused */
};

/* Breadth first, so that each is reached by its shortest way. */
static void reach_all(struct reach *reach, const struct record *message)
{
	reach->records[reach->n++] = (struct reached){ message, -1, NULL };
	for (size_t i = 0; i < reach->n; i++)
		for (size_t f = 0; f < reach->records[i].record->n; f++) {
			const struct field *field = &reach->records[i].record->fields[f];
			size_t known = 0;

			while (field->of && known < reach->n && reach->records[known].record != field->of)
				known++;
			if (!field->of || known < reach->n)
				continue;
			cr_assert_lt(reach->n, TABLES_MAX);
			reach->records[reach->n++] = (struct reached){ field->of, (int)i, field };
		}
}

/* -- the least that is good -- */

static struct text repeated(struct arena *arena, const char *unit, size_t n)
{
	size_t size = strlen(unit);
	char *at = arena_alloc(arena, n * size + 1);

	cr_assert(at);
	for (size_t i = 0; i < n; i++)
		memcpy(at + i * size, unit, size);
	return (struct text){ at, n * size };
}

static struct text first_code(const struct field *field)
{
	struct text rest = text_of(field->codes);

	return field->codes ? text_cut(&rest, ' ') : text_lit("x");
}

static struct text least_text(const struct field *field, struct arena *arena)
{
	char *raw;
	int n;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_TEXTS:
		return text_lit("x");
	case FIELD_CODE:
	case FIELD_CODES:
		return first_code(field);
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
		return text_lit("0");
	case FIELD_DATE:
		return text_lit("2026-01-07");
	case FIELD_TIME:
		return text_lit("2026-01-07T09:30:00Z");
	case FIELD_RAW:
		raw = arena_alloc(arena, 200);
		cr_assert(raw);
		n = snprintf(raw, 200, "<%.*s><Part a=\"b\">c</Part></%.*s>", TEXT_ARGS(field_name(field)), TEXT_ARGS(field_name(field)));
		return (struct text){ raw, (size_t)n };
	case FIELD_FLAG:
	case FIELD_COUNT:
	case FIELD_GROUP:
	case FIELD_LIST:
		break;
	}
	__builtin_unreachable();
}

static void least(const struct record *record, void *rec, const struct field *besides, struct arena *arena);

static size_t item_size(const struct field *field)
{
	return field->of ? field->of->size : sizeof(struct text);
}

static void least_items(const struct field *field, void *rec, size_t n, struct arena *arena)
{
	char *items = arena_alloc(arena, (n ? n : 1) * item_size(field));

	cr_assert(items);
	*(void **)field_at(field, rec) = items;
	*field_count_at(field, rec) = n;
	for (size_t i = 0; i < n; i++)
		if (field->of)
			least(field->of, items + i * item_size(field), NULL, arena);
		else
			*(struct text *)(void *)(items + i * item_size(field)) = least_text(field, arena);
}

static void least_field(const struct field *field, void *rec, struct arena *arena)
{
	void *at = field_at(field, rec);

	switch (field->kind) {
	case FIELD_FLAG:
		*(int64_t *)at = 1;
		return;
	case FIELD_COUNT:
		*(int64_t *)at = field->low ? field->low : field->high;
		return;
	case FIELD_GROUP:
		*(void **)at = arena_alloc(arena, field->of->size);
		cr_assert(*(void **)at);
		least(field->of, *(void **)at, NULL, arena);
		return;
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		least_items(field, rec, field->min ? field->min : 1, arena);
		return;
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		*(struct text *)at = least_text(field, arena);
		return;
	}
}

/* What the record needs, and one row besides. */
static void least(const struct record *record, void *rec, const struct field *besides, struct arena *arena)
{
	if (record->shape == SHAPE_CHOICE) {
		least_field(besides ? besides : &record->fields[0], rec, arena);
		return;
	}
	for (size_t i = 0; i < record->n; i++)
		if (record->fields[i].need || record->fields[i].min || &record->fields[i] == besides)
			least_field(&record->fields[i], rec, arena);
}

/* -- a message that holds one row -- */

struct holding {
	const struct record *message;
	void *whole;   /* the message */
	void *rec;     /* the record of the row */
	const struct field *way[DEEP]; /* from the record up to the message */
	size_t way_n;
};

static struct holding holding_of(struct reach *reach, size_t index, const struct field *row)
{
	const struct reached *way[DEEP];
	struct holding holding = { .message = reach->records[0].record };
	size_t n = 0;

	for (int at = (int)index; at >= 0; at = reach->records[at].from) {
		cr_assert_lt(n, DEEP);
		way[n++] = &reach->records[at];
	}
	holding.rec = holding.whole = arena_alloc(&reach->arena, holding.message->size);
	cr_assert(holding.whole);
	for (size_t i = n; i-- > 0;) {
		memset(holding.rec, 0, way[i]->record->size); /* as its parent made it, it may be another branch */
		least(way[i]->record, holding.rec, i ? way[i - 1]->by : row, &reach->arena);
		if (i)
			holding.rec = *(void **)field_at(way[i - 1]->by, holding.rec); /* a list's items begin like a group */
	}
	for (size_t i = 0; i + 1 < n; i++)
		holding.way[holding.way_n++] = way[i]->by;
	return holding;
}

static struct text written(struct reach *reach, const struct holding *holding)
{
	struct buffer out;

	buffer_init(&out, &reach->arena, 0);
	xml_write(holding->message, holding->whole, reach->root, "", &out);
	return buffer_text(&out);
}

#define SAY "%s.%s: %s at %s"
#define WHICH record->name, row->member, fault_row(fault.code)->name, fault.path

static void accepted(struct reach *reach, const struct record *record, const struct field *row, const struct holding *holding)
{
	void *back = arena_alloc(&reach->arena, holding->message->size);
	struct text body = written(reach, holding), root;
	struct xml_notes notes;
	struct fault fault = { 0 };

	cr_assert(back && field_there(row, holding->rec), SAY, WHICH);
	cr_assert(record_check(holding->message, holding->whole, &fault), SAY, WHICH);
	cr_assert(xml_read(reach->reader, holding->message, back, body, &root, &reach->arena, &notes, &fault), SAY, WHICH);
	cr_assert(notes.unknown == 0 && record_equal(holding->message, holding->whole, back), SAY " comes back as another", WHICH);
	cr_assert(record_check(holding->message, back, &fault), SAY, WHICH);
	reach->good++;
}

/* Refused as it stands, and as it comes in. item: the path goes on to it, -1 none; of_row: the path names the row. */
static void refused(struct reach *reach, const struct record *record, const struct field *row, const struct holding *holding,
	enum fault_code code, bool of_row, int item)
{
	void *back = arena_alloc(&reach->arena, holding->message->size);
	struct text body = written(reach, holding), root;
	struct fault fault = { 0 }, wanted = { 0 };

	if (of_row && row->place != PLACE_CONTENT)
		fault_set(&wanted, code, ""), fault_under(&wanted, field_name(row), item);
	for (size_t i = 0; i < holding->way_n; i++)
		fault_under(&wanted, field_name(holding->way[i]), holding->way[i]->kind == FIELD_LIST ? 0 : -1);
	cr_assert(back && !record_check(holding->message, holding->whole, &fault), "%s.%s: %s was not found", record->name, row->member,
		fault_row(code)->name);
	cr_assert(fault.code == code && strcmp(fault.path, wanted.path) == 0, SAY " and not %s at %s", WHICH, fault_row(code)->name,
		wanted.path);
	fault = (struct fault){ 0 };
	cr_assert(!xml_read(reach->reader, holding->message, back, body, &root, &reach->arena, NULL, &fault) ||
			  !record_check(holding->message, back, &fault), "%s.%s: %s came in", record->name, row->member,
		fault_row(code)->name);
	cr_assert(fault.code == code && strcmp(fault.path, wanted.path) == 0, SAY " as it comes in, and not %s at %s", WHICH,
		fault_row(code)->name, wanted.path);
	reach->bad++;
}

/* -- the bounds of a row -- */

struct row {
	struct reach *reach;
	size_t index;
	const struct record *record;
	const struct field *field;
};

/* One value of the row; FAULT_NONE: it is good. */
static void value(const struct row *row, struct text text, enum fault_code code)
{
	struct holding holding = holding_of(row->reach, row->index, row->field);
	bool item = row->field->kind == FIELD_TEXTS || row->field->kind == FIELD_CODES;
	void *at = field_at(row->field, holding.rec);

	if (item)
		at = *(void **)at;
	*(struct text *)at = text;
	if (code == FAULT_NONE)
		accepted(row->reach, row->record, row->field, &holding);
	else
		refused(row->reach, row->record, row->field, &holding, code, true, item ? 0 : -1);
	arena_reset(&row->reach->arena);
}

/* Texts of a unit, as long as they may be and one longer. */
static void lengths(const struct row *row, const char *unit, uint32_t max)
{
	struct arena units;

	arena_init(&units, 1 << 20);
	value(row, repeated(&units, unit, 1), FAULT_NONE);
	value(row, repeated(&units, unit, max ? max : 5000), FAULT_NONE);
	if (max)
		value(row, repeated(&units, unit, max + 1), FAULT_TOO_LONG);
	arena_done(&units);
}

static void codes(const struct row *row)
{
	struct text rest = text_of(row->field->codes);

	if (!row->field->codes) {
		lengths(row, "9", 0);
		return;
	}
	while (text_there(rest))
		value(row, text_cut(&rest, ' '), FAULT_NONE);
	value(row, text_lit("no-such-code"), FAULT_BAD_CODE);
}

static void decimals(const struct row *row)
{
	uint32_t max = row->field->max;
	struct arena units;
	struct buffer out;

	lengths(row, "7", max);
	value(row, text_lit("1e9"), FAULT_BAD_NUMBER);
	value(row, text_lit("+.5"), FAULT_NONE);
	if (max < 2)
		return;
	arena_init(&units, 1 << 12); /* neither sign nor point is a digit */
	buffer_init(&out, &units, 64);
	buffer_lit(&out, "-0.");
	buffer_add(&out, repeated(&units, "1", max - 1));
	value(row, buffer_text(&out), FAULT_NONE);
	arena_done(&units);
}

static void number(const struct row *row, int64_t number)
{
	struct holding holding = holding_of(row->reach, row->index, row->field);

	*(int64_t *)field_at(row->field, holding.rec) = number;
	if (field_there(row->field, holding.rec))
		accepted(row->reach, row->record, row->field, &holding);
	arena_reset(&row->reach->arena);
}

static void values(const struct row *row)
{
	const struct field *field = row->field;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_TEXTS:
		lengths(row, "x", field->kind == FIELD_TEXTS ? field->item_max : field->max);
		lengths(row, "\xF0\x9F\x92\x8A", field->kind == FIELD_TEXTS ? field->item_max : field->max); /* characters, not bytes */
		value(row, text_lit("\x7F"), FAULT_BAD_TEXT);
		return;
	case FIELD_CODE:
	case FIELD_CODES:
		codes(row);
		return;
	case FIELD_DIGITS:
		lengths(row, "7", field->max);
		value(row, text_lit("-"), FAULT_BAD_NUMBER);
		return;
	case FIELD_DECIMAL:
		decimals(row);
		return;
	case FIELD_DATE:
		value(row, text_lit("2024-02-29"), FAULT_NONE);
		value(row, text_lit("2026-02-29"), FAULT_BAD_DATE);
		value(row, text_lit("2026-01-07T09:30:00Z"), FAULT_BAD_DATE);
		return;
	case FIELD_TIME:
		value(row, text_lit("2026-01-07T23:59:59.999-11:30"), FAULT_NONE);
		value(row, text_lit("2026-01-07T24:00:01Z"), FAULT_BAD_DATE);
		value(row, text_lit("2026-01-07"), FAULT_BAD_DATE);
		return;
	case FIELD_COUNT:
		number(row, field->low);
		number(row, field->high);
		return;
	case FIELD_FLAG:
	case FIELD_RAW:
	case FIELD_GROUP:
	case FIELD_LIST:
		return;
	}
}

/* So many items. */
static void items(const struct row *row, size_t n, enum fault_code code)
{
	struct holding holding = holding_of(row->reach, row->index, row->field);

	least_items(row->field, holding.rec, n, &row->reach->arena);
	if (code == FAULT_NONE)
		accepted(row->reach, row->record, row->field, &holding);
	else
		refused(row->reach, row->record, row->field, &holding, code, true, -1);
	arena_reset(&row->reach->arena);
}

static void absent(const struct row *row)
{
	struct holding holding = holding_of(row->reach, row->index, row->field);

	if (row->field->kind == FIELD_COUNT || row->field->kind == FIELD_FLAG)
		return; /* absent reads as 0 */
	if (row->field->kind == FIELD_GROUP)
		*(void **)field_at(row->field, holding.rec) = NULL;
	else
		*(struct text *)field_at(row->field, holding.rec) = TEXT_NONE;
	refused(row->reach, row->record, row->field, &holding, FAULT_MISSING, true, -1);
	arena_reset(&row->reach->arena);
}

/* An element that may stand once stands twice: found while reading, from its own record down. */
static void twice(const struct row *row)
{
	struct record one = { .name = "one", .shape = SHAPE_SEQUENCE, .fields = row->field, .n = 1, .size = row->record->size };
	struct arena *arena = &row->reach->arena;
	void *rec = arena_alloc(arena, row->record->size), *back = arena_alloc(arena, row->record->size);
	struct buffer whole, part, out;
	struct text root, element;
	struct fault fault = { 0 };
	const char *from;

	cr_assert(rec && back);
	least(row->record, rec, row->field, arena);
	buffer_init(&whole, arena, 0);
	buffer_init(&part, arena, 0);
	buffer_init(&out, arena, 0);
	xml_write(row->record, rec, "R", "", &whole);
	xml_write(&one, rec, "R", "", &part);
	from = memmem(part.at, part.n, "<R>", 3);
	cr_assert(from, "%s.%s", row->record->name, row->field->member);
	element = (struct text){ from + 3, (size_t)(part.at + part.n - from - 3) };
	element.n = (size_t)((const char *)memmem(element.at, element.n, "</R>", 4) - element.at);
	buffer_add(&out, (struct text){ whole.at, whole.n });
	while (out.n && out.at[out.n - 1] != '<')
		out.n--;
	out.n--;
	buffer_add(&out, element);
	buffer_lit(&out, "</R>");
	cr_assert(!xml_read(row->reach->reader, row->record, back, buffer_text(&out), &root, arena, NULL, &fault),
		"%s.%s came in twice", row->record->name, row->field->member);
	cr_assert(fault.code == FAULT_REPEATED && text_equal(text_of(fault.path), field_name(row->field)), "%s.%s twice: %s at %s",
		row->record->name, row->field->member, fault_row(fault.code)->name, fault.path);
	row->reach->bad++;
	arena_reset(arena);
}

static void bounds(const struct row *row)
{
	const struct field *field = row->field;
	struct holding holding = holding_of(row->reach, row->index, field);

	accepted(row->reach, row->record, field, &holding);
	arena_reset(&row->reach->arena);
	row->reach->rows++;
	values(row);
	if (field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES) {
		if (field->min)
			items(row, field->min - 1, FAULT_MISSING);
		items(row, field->max && field->max <= ITEMS_MAX ? field->max : field->min + 3, FAULT_NONE);
		if (field->max && field->max <= ITEMS_MAX)
			items(row, field->max + 1, FAULT_REPEATED);
		return;
	}
	if (field->need)
		absent(row);
	if (field->place == PLACE_ELEMENT)
		twice(row);
}

/* None of a choice, and each of it with its neighbour. */
static void choices(struct reach *reach, size_t index)
{
	const struct record *record = reach->records[index].record;

	for (size_t i = 0; i <= record->n; i++) {
		const struct field *row = &record->fields[i < record->n ? i : 0];
		struct holding holding = holding_of(reach, index, row);

		if (i == record->n)
			memset(holding.rec, 0, record->size);
		else if (record->n > 1)
			least_field(&record->fields[(i + 1) % record->n], holding.rec, &reach->arena);
		if (i == record->n || record->n > 1)
			refused(reach, record, row, &holding, FAULT_CHOICE, false, -1);
		arena_reset(&reach->arena);
	}
}

static void every_row(const struct record *message, const char *root, size_t least_rows)
{
	struct reach reach = { .root = root, .reader = xml_reader_new() };
	size_t rows = 0;

	arena_init(&reach.arena, 64 << 20);
	reach_all(&reach, message);
	for (size_t i = 0; i < reach.n; i++) {
		const struct record *record = reach.records[i].record;

		rows += record->n;
		for (size_t f = 0; f < record->n; f++)
			bounds(&(struct row){ &reach, i, record, &record->fields[f] });
		if (record->shape == SHAPE_CHOICE)
			choices(&reach, i);
	}
	cr_expect_eq(reach.rows, rows);
	cr_expect(rows >= least_rows && reach.good > rows && reach.bad > rows / 2, "%zu rows in %zu tables", rows, reach.n);
	printf("# %s: %zu rows in %zu tables, %zu messages accepted, %zu refused\n", root, rows, reach.n, reach.good, reach.bad);
	arena_done(&reach.arena);
	xml_reader_free(reach.reader);
}

CASE(reach, every_row_of_script)
{
	every_row(&script_message_record, "Message", 600);
}

CASE(reach, every_row_of_rtpb)
{
	every_row(&rtpb_message_record, "RTPBMessage", 150);
}
