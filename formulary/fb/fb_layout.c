/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a layout table and holds it against what the loader knows: each member in at most one column of a record, columns without gaps,
   codes that mean something, and for each list a header, details and a trailer. */
#include "formulary/fb/fb_layout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	MEMORY = 8 << 20, /* bytes of a table once read */
	SHAPES_MAX = 200, /* records of one version, each subtype counted */
};

struct fb_layout {
	struct arena arena;
	struct text versions;
	struct fb_shape *shapes;
	size_t n, rows;
};

static const char *const kinds[] = { "FILE", "STATUS", "ALTERNATIVE", "COVERAGE", "COPAY", "CROSS" };
static const char *const parts[] = { "HEADER", "DETAIL", "TRAILER" };

static const struct fb_writing writings[] = {
	{ "TEXT", false, 0 }, { "DIGITS", false, 0 }, { "DATE", false, 0 }, { "CODE", false, 0 },
	{ "COUNT", true, 0 }, { "MONEY", true, 2 }, { "CENTS", true, 0 }, { "AMOUNT", true, 4 }, { "FRACTION", true, 4 }, { "PERCENT", true, 2 },
};

/* Which writings a number of ours may have, by the end of its name. */
static const struct {
	const char *end, *writings;
} units[] = {
	{ "_cents", "MONEY CENTS" },
	{ "rate_e4", "FRACTION PERCENT" },
	{ "_e4", "AMOUNT" },
	{ "", "COUNT" },
};

const struct record *fb_record_of(enum fb_kind kind, enum fb_part part)
{
	if (kind == FB_FILE)
		return &fb_file_record;
	return part == FB_DETAIL ? &fb_detail_record : &fb_list_record;
}

const char *fb_kind_name(enum fb_kind kind)
{
	return kinds[kind];
}

static int word_of(const char *const *words, size_t n, struct text word)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(word, words[i]))
			return (int)i;
	return -1;
}

static bool ends(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n >= k && !strcmp(name + n - k, end);
}

/* -- one row -- */

static bool read_cells(struct text line, struct fb_column *row, struct fault *fault)
{
	for (size_t i = 0; i < fb_column_record.n; i++) {
		const struct field *field = &fb_column_record.fields[i];
		struct text cell = text_trim(text_cut(&line, '|'));

		if (!cell.n && field->need)
			return fault_set(fault, FAULT_MISSING, field->member);
		if (cell.n && !field_check_text(field, cell, fault))
			return fault_under(fault, text_of(field->member), -1);
		*(struct text *)field_at(field, row) = cell.n ? cell : TEXT_NONE;
	}
	return !text_there(line) || fault_set(fault, FAULT_UNKNOWN_ELEMENT, "basis");
}

static bool read_codes(struct text codes, struct fb_cell *cell, struct fault *fault)
{
	while (text_there(codes)) {
		struct text word = text_cut(&codes, ' '), wire;

		if (!word.n)
			continue;
		if (cell->codes_n == FB_CODES)
			return fault_set(fault, FAULT_TOO_LARGE, "codes");
		wire = text_cut(&word, '=');
		cell->wire[cell->codes_n] = wire;
		cell->code[cell->codes_n] = text_there(word) ? word : wire;
		if (!wire.n || (cell->field && cell->field->codes && !text_in_list(cell->code[cell->codes_n], cell->field->codes)))
			return fault_set(fault, FAULT_BAD_CODE, "codes");
		for (size_t i = 0; i < cell->codes_n; i++)
			if (text_equal(cell->wire[i], wire))
				return fault_set(fault, FAULT_REPEATED, "codes");
		cell->codes_n++;
	}
	return true;
}

/* The kind must be one that the member can be read from. */
static bool kind_fits(const struct fb_column *row, const struct fb_cell *cell)
{
	size_t i = 0;

	if (!cell->field)
		return true;
	if (cell->field->kind != FIELD_COUNT)
		return !cell->writing->number && (!cell->field->codes || text_is(row->kind, "CODE"));
	while (!ends(cell->field->member, units[i].end))
		i++;
	return text_in_list(row->kind, units[i].writings);
}

static bool make_cell(const struct fb_column *row, const struct record *record, struct fb_cell *cell, struct fault *fault)
{
	int64_t most = 0;
	size_t i = 0;
	char name[64];

	*cell = (struct fb_cell){ .need = text_is(row->need, "yes"), .date = text_is(row->kind, "DATE"),
		.plain = { .kind = text_is(row->kind, "DIGITS") ? FIELD_DIGITS : FIELD_TEXT } };
	if (row->field.n) {
		cell->field = record_field(record, text_to_z(row->field, name, sizeof(name)));
		if (!cell->field)
			return fault_set(fault, FAULT_UNKNOWN_ELEMENT, "field");
		cell->bit = UINT64_C(1) << (cell->field - record->fields);
	}
	while (!text_is(row->kind, writings[i].name))
		i++;
	cell->writing = &writings[i];
	if (!kind_fits(row, cell))
		return fault_set(fault, FAULT_RULE, "kind");
	if (row->most.n && (!text_to_int(row->most, &most) || most < 1))
		return fault_set(fault, FAULT_BAD_NUMBER, "most");
	cell->most = cell->plain.max = (uint32_t)most;
	if (text_is(row->kind, "CODE") != text_there(row->codes))
		return fault_set(fault, text_there(row->codes) ? FAULT_RULE : FAULT_MISSING, "codes");
	return read_codes(row->codes, cell, fault);
}

/* -- records -- */

/* The record that this row is a column of, begun when it is the first. */
static struct fb_shape *shape_of(struct fb_layout *layout, const struct fb_column *row, struct text subtype, struct fault *fault)
{
	enum fb_kind kind = (enum fb_kind)word_of(kinds, FB_KINDS, row->list);
	enum fb_part part = (enum fb_part)word_of(parts, FB_PARTS, row->part);
	struct fb_shape *shape;

	for (size_t i = 0; i < layout->n; i++) {
		bool same;

		shape = &layout->shapes[i];
		same = text_is(row->record, shape->type);
		if (same && (shape->kind != kind || shape->part != part)) {
			fault_set(fault, FAULT_REPEATED, "record");
			return NULL;
		}
		if (shape->kind == kind && shape->part == part && !same) {
			fault_set(fault, FAULT_RULE, "record");
			return NULL;
		}
		if (same && text_equal(shape->subtype, subtype))
			return shape;
	}
	shape = layout->n < SHAPES_MAX ? arena_push(&layout->arena, (void **)&layout->shapes, &layout->n, sizeof(*shape)) : NULL;
	if (!shape) {
		fault_set(fault, FAULT_TOO_LARGE, "record");
		return NULL;
	}
	*shape = (struct fb_shape){ .kind = kind, .part = part, .subtype = subtype };
	text_to_z(row->record, shape->type, sizeof(shape->type));
	return shape;
}

static bool add_cell(struct fb_layout *layout, const struct fb_column *row, struct text subtype, struct fault *fault)
{
	struct fb_shape *shape = shape_of(layout, row, subtype, fault);
	struct fb_cell cell, *kept;
	int64_t column;

	if (!shape || !make_cell(row, fb_record_of(shape->kind, shape->part), &cell, fault))
		return false;
	if (!text_to_int(row->column, &column) || column != (int64_t)shape->n + 2)
		return fault_set(fault, FAULT_BAD_NUMBER, "column");
	for (size_t i = 0; i < shape->n; i++)
		if (cell.field && shape->cells[i].field == cell.field)
			return fault_set(fault, FAULT_REPEATED, "field");
	kept = arena_push(&layout->arena, (void **)&shape->cells, &shape->n, sizeof(*kept));
	if (!kept)
		return fault_set(fault, FAULT_TOO_LARGE, "column");
	*kept = cell;
	return true;
}

static bool read_row(struct fb_layout *layout, struct text line, struct fault *fault)
{
	struct fb_column row = { 0 };
	struct text subtypes;

	if (!read_cells(line, &row, fault))
		return false;
	if (row.record.n != FB_RECORD_TYPE)
		return fault_set(fault, FAULT_BAD_CODE, "record");
	layout->rows++;
	subtypes = row.subtypes;
	if (!subtypes.n)
		return add_cell(layout, &row, TEXT_NONE, fault);
	if (!text_is(row.part, "DETAIL"))
		return fault_set(fault, FAULT_RULE, "subtypes");
	while (text_there(subtypes)) {
		struct text subtype = text_cut(&subtypes, ' ');

		if (subtype.n && !add_cell(layout, &row, subtype, fault))
			return false;
	}
	return true;
}

/* -- the table as a whole -- */

static bool has(const struct fb_shape *shape, const char *member)
{
	for (size_t i = 0; i < shape->n; i++)
		if (shape->cells[i].field && !strcmp(shape->cells[i].field->member, member))
			return true;
	return false;
}

static bool has_each(const struct fb_shape *shape, const char *members)
{
	struct text rest = text_of(members);
	char name[64];

	while (text_there(rest))
		if (!has(shape, text_to_z(text_cut(&rest, ' '), name, sizeof(name))))
			return false;
	return true;
}

/* Without these members the record says nothing that could be loaded. */
static const struct {
	enum fb_kind kind;
	enum fb_part part;
	const char *members;
} needs[] = {
	{ FB_FILE, FB_HEADER, "version sender action" },
	{ FB_FILE, FB_TRAILER, "records" },
	{ FB_STATUS, FB_HEADER, "list_id action" },
	{ FB_STATUS, FB_DETAIL, "change product_id product_qualifier status" },
	{ FB_STATUS, FB_TRAILER, "records" },
	{ FB_ALTERNATIVE, FB_HEADER, "list_id action" },
	{ FB_ALTERNATIVE, FB_DETAIL, "change product_id product_qualifier other_id other_qualifier" },
	{ FB_ALTERNATIVE, FB_TRAILER, "records" },
	{ FB_COVERAGE, FB_HEADER, "list_id action subtype" },
	{ FB_COVERAGE, FB_DETAIL, "change owner" },
	{ FB_COVERAGE, FB_TRAILER, "records" },
	{ FB_COPAY, FB_HEADER, "list_id action subtype" },
	{ FB_COPAY, FB_DETAIL, "change owner" },
	{ FB_COPAY, FB_TRAILER, "records" },
	{ FB_CROSS, FB_HEADER, "list_id action" },
	{ FB_CROSS, FB_DETAIL, "change bin" },
	{ FB_CROSS, FB_TRAILER, "records" },
};

/* Each list that the table has must be whole. */
static bool check_whole(const struct fb_layout *layout, struct fault *fault)
{
	bool there[FB_KINDS][FB_PARTS] = { { false } };

	for (size_t i = 0; i < layout->n; i++) {
		const struct fb_shape *shape = &layout->shapes[i];

		there[shape->kind][shape->part] = true;
		for (size_t k = 0; k < sizeof(needs) / sizeof(*needs); k++)
			if (needs[k].kind == shape->kind && needs[k].part == shape->part && !has_each(shape, needs[k].members)) {
				fault_set(fault, FAULT_MISSING, "field");
				return fault_under(fault, text_of(shape->type), -1);
			}
	}
	for (int kind = 0; kind < FB_KINDS && layout->n; kind++) {
		const bool *part = there[kind];
		bool any = part[FB_HEADER] || part[FB_DETAIL] || part[FB_TRAILER];
		bool all = part[FB_HEADER] && part[FB_TRAILER] && part[FB_DETAIL] == (kind != FB_FILE);

		if (kind == FB_FILE ? !all : any && !all) {
			fault_set(fault, FAULT_MISSING, "part");
			return fault_under(fault, text_of(kinds[kind]), -1);
		}
	}
	return true;
}

static bool read_version(struct fb_layout *layout, struct text names, struct fault *fault)
{
	if (text_there(layout->versions))
		return fault_set(fault, FAULT_REPEATED, "version");
	layout->versions = text_trim(names);
	return layout->versions.n || fault_set(fault, FAULT_MISSING, "version");
}

static bool read_lines(struct fb_layout *layout, struct text file, int *line, struct fault *fault)
{
	struct text rest = arena_text(&layout->arena, file);

	if (file.n && !text_there(rest))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	while (text_there(rest)) {
		struct text row = text_trim(text_cut(&rest, '\n')), after = row;

		++*line;
		if (!row.n || row.at[0] == '#')
			continue;
		if (text_is(text_trim(text_cut(&after, '|')), "version") ? !read_version(layout, after, fault) : !read_row(layout, row, fault))
			return false;
	}
	*line = 0;
	return text_there(layout->versions) ? check_whole(layout, fault) : fault_set(fault, FAULT_MISSING, "version");
}

bool fb_layout_read(struct text file, struct fb_layout **out, int *line, struct fault *fault)
{
	struct fb_layout *layout;

	assert(fb_detail_record.n <= 64 && fb_list_record.n <= 64 && fb_file_record.n <= 64); /* bits of fb_cell */
	*out = NULL;
	*line = 0;
	if (file.n > FB_LAYOUT_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!text_utf8(file))
		return fault_set(fault, FAULT_BAD_TEXT, "");
	layout = calloc(1, sizeof(*layout));
	if (!layout)
		abort();
	arena_init(&layout->arena, MEMORY);
	if (!read_lines(layout, file, line, fault)) {
		fb_layout_free(layout);
		return false;
	}
	*out = layout;
	return true;
}

void fb_layout_free(struct fb_layout *layout)
{
	if (!layout)
		return;
	arena_done(&layout->arena);
	free(layout);
}

bool fb_layout_is(const struct fb_layout *layout, struct text version)
{
	struct text rest = layout->versions;

	while (version.n && text_there(rest))
		if (text_equal(text_cut(&rest, ' '), version))
			return true;
	return false;
}

struct text fb_layout_version(const struct fb_layout *layout)
{
	struct text rest = layout->versions;

	return text_cut(&rest, ' ');
}

size_t fb_layout_rows(const struct fb_layout *layout)
{
	return layout->rows;
}

const struct fb_shape *fb_layout_shape(const struct fb_layout *layout, struct text type, struct text subtype)
{
	for (size_t i = 0; type.n == FB_RECORD_TYPE && i < layout->n; i++) {
		const struct fb_shape *shape = &layout->shapes[i];

		if (!memcmp(shape->type, type.at, FB_RECORD_TYPE) && (!shape->subtype.n || text_equal(shape->subtype, subtype)))
			return shape;
	}
	return NULL;
}

const struct fb_shape *fb_layout_part(const struct fb_layout *layout, enum fb_kind kind, enum fb_part part, struct text subtype)
{
	for (size_t i = 0; i < layout->n; i++) {
		const struct fb_shape *shape = &layout->shapes[i];

		if (shape->kind == kind && shape->part == part && (!shape->subtype.n || text_equal(shape->subtype, subtype)))
			return shape;
	}
	return NULL;
}

bool fb_layout_knows(const struct fb_layout *layout, struct text type)
{
	for (size_t i = 0; i < layout->n; i++)
		if (text_is(type, layout->shapes[i].type))
			return true;
	return false;
}
