/* SPDX-License-Identifier: Apache-2.0 */
/* Formulary and benefit files written and loaded for a test, and what is in a generation as sorted lines of text. */
#pragma once

#include "base/table.h"
#include "formulary/fb/fb.h"
#include "formulary/generation.h"
#include "formulary/index.h"
#include "formulary/keys.h"
#include "test/scratch.h"

#include <string.h>

enum { FB_TEXT = 1 << 16 };

struct fb_try {
	struct scratch scratch;
	char file[128], directory[128], response[128];
	struct fb_layout *layout;
	struct fb_report report;
	int64_t line;
	struct fault fault;
	bool take_test;
};

static inline char *fb_slurp(const char *file)
{
	FILE *in = fopen(file, "rbe");
	char *bytes = calloc(1, 8 << 20);
	size_t n = in && bytes ? fread(bytes, 1, (8 << 20) - 1, in) : 0;

	if (!in || fclose(in))
		abort();
	bytes[n] = '\0';
	return bytes;
}

static inline struct fb_layout *fb_layout_of(const char *file)
{
	char *bytes = fb_slurp(file);
	struct fb_layout *layout;
	struct fault fault;
	int line;

	if (!fb_layout_read(text_of(bytes), &layout, &line, &fault)) {
		fprintf(stderr, "%s:%d: %s at %s\n", file, line, fault_row(fault.code)->name, fault.path);
		abort();
	}
	free(bytes);
	return layout;
}

static inline struct fb_try fb_try_new(void)
{
	struct fb_try out = { .scratch = scratch_new(), .layout = fb_layout_of(FB30) };

	snprintf(out.file, sizeof(out.file), "%s/test.frm", out.scratch.at);
	snprintf(out.directory, sizeof(out.directory), "%s/formulary", out.scratch.at);
	snprintf(out.response, sizeof(out.response), "%s/test.response", out.scratch.at);
	return out;
}

static inline void fb_try_done(struct fb_try *try)
{
	fb_layout_free(try->layout);
	scratch_done(&try->scratch);
}
#define FB_TRY __attribute__((cleanup(fb_try_done))) = fb_try_new()

/* Writes the file; each @ becomes the number of records since the list's header, or in TRL since the beginning. */
static inline void fb_write_counted(const char *file, const char *text)
{
	FILE *out = fopen(file, "wbe");
	long all = 0, list = 0;

	for (const char *line = text; out && *line;) {
		const char *end = strchr(line, '\n');
		size_t n = end ? (size_t)(end - line) + 1 : strlen(line);

		all++;
		list = n > 3 && !strncmp(line + 1, "HD|", 3) ? 1 : list + 1;
		for (size_t i = 0; i < n; i++)
			if (line[i] == '@')
				fprintf(out, "%ld", !strncmp(line, "TRL", 3) ? all : list);
			else
				fputc(line[i], out);
		line += n;
	}
	if (!out || fclose(out))
		abort();
}

static inline bool fb_load_file(struct fb_try *try, const char *file)
{
	struct fb_load load = { .file = file, .directory = try->directory, .layout = try->layout, .response = try->response,
		.take_test = try->take_test };

	return fb_load(&load, &try->report, &try->line, &try->fault);
}

static inline bool fb_load_text(struct fb_try *try, const char *text)
{
	fb_write_counted(try->file, text);
	return fb_load_file(try, try->file);
}

#define FB_FULL "HDR|30|EXPBM|||EXAMPLE PBM|0000001000|20260101|12000000|FRM|F|20251231|P\n"
#define FB_UPDATE "HDR|30|EXPBM|||EXAMPLE PBM|0000001001|20260102|12000000|FRM|U|20251231|P\n"
#define FB_END "TRL|@\n"

/* -- what is in a generation -- */

struct fb_dump {
	struct table *table;
	struct index index;
	struct arena arena;
	char **lines;
	size_t n;
};

static inline int fb_dump_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void fb_dump_record(const struct record *record, struct text value, struct arena *arena, FILE *out)
{
	char *rec = arena_alloc(arena, record->size);
	struct fault fault;

	if (!rec || !record_unpack(record, rec, arena, value, &fault))
		abort();
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];

		if (!field_there(field, rec) || !strcmp(field->member, "line") || !strcmp(field->member, "file") ||
			!strcmp(field->member, "number") || !strcmp(field->member, "source"))
			continue;
		if (field->kind == FIELD_COUNT || field->kind == FIELD_FLAG)
			fprintf(out, " %s=%lld", field->member, (long long)*(int64_t *)field_at(field, rec));
		else if (field->kind == FIELD_TEXTS)
			for (size_t k = 0; k < *field_count_at(field, rec); k++)
				fprintf(out, " %s=%.*s", field->member, TEXT_ARGS((*(struct text **)field_at(field, rec))[k]));
		else if (field->kind != FIELD_GROUP && field->kind != FIELD_LIST)
			fprintf(out, " %s=%.*s", field->member, TEXT_ARGS(*(struct text *)field_at(field, rec)));
	}
}

static inline const struct record *fb_dump_kind(struct text kind)
{
	static const struct {
		const char *kind;
		const struct record *record;
	} kinds[] = { { "STATUS", &status_row_record }, { "ALTERNATIVE", &alternative_row_record }, { "COVERAGE", &coverage_row_record },
		{ "COPAY", &copay_row_record }, { "LINK", &link_row_record }, { "PLAN", &plan_row_record }, { "BIN", &bin_line_record } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text_is(kind, kinds[i].kind))
			return kinds[i].record;
	abort();
}

static inline void fb_dump_row(struct fb_dump *dump, struct text key, struct text value, FILE *out)
{
	unsigned char class = (unsigned char)key.at[0];
	struct text rest = { key.at + 1, key.n - 1 };
	const struct formulary_list *list;

	if (class == ROW_LIST) {
		fputs("LIST", out);
		fb_dump_record(&formulary_list_record, value, &dump->arena, out);
		return;
	}
	list = index_list(&dump->index, key_list(key));
	fprintf(out, "%.*s %.*s %.*s %.*s |", TEXT_ARGS(list->kind), TEXT_ARGS(list->subtype), TEXT_ARGS(list->list_id),
		TEXT_ARGS(list->effective_date));
	if (class == ROW_PRODUCT) {
		fprintf(out, " %.*s", TEXT_ARGS(dump->index.owners[key_number_at(key, 1)].id));
		rest = (struct text){ key.at + 5, key.n - 5 };
	}
	rest = text_cut(&rest, '\037');
	fprintf(out, " %.*s |", TEXT_ARGS(rest));
	fb_dump_record(fb_dump_kind(list->kind), value, &dump->arena, out);
}

/* The rows and list headers of the generation in use, a line each, in order, without source, file and line. To be freed. */
static inline char *fb_dump_of(const char *directory)
{
	char path[GENERATION_PATH], file[GENERATION_PATH + 16], *all, **lines = NULL;
	struct fb_dump dump = { 0 };
	struct table_walk walk;
	struct text key, value;
	struct fault fault;
	size_t n = 0, size;
	FILE *out;
	int number;

	if (!generation_current(directory, &number, &fault) || !generation_path(directory, number, path, &fault))
		abort();
	snprintf(file, sizeof(file), "%s/%s", path, GENERATION_FILE);
	index_init(&dump.index);
	arena_init(&dump.arena, (size_t)1 << 30);
	if (!table_open(file, &dump.table, &fault) || !index_load(&dump.index, dump.table, &fault))
		abort();
	table_walk_apart(dump.table, TEXT_NONE, TEXT_NONE, &walk);
	while (table_walk_next(&walk, &key, &value)) {
		unsigned char class = (unsigned char)key.at[0];
		char *line = NULL;

		if (class >= ROW_DRUG && class != ROW_LIST)
			continue;
		out = open_memstream(&line, &size);
		fb_dump_row(&dump, key, value, out);
		fputc('\n', out);
		fclose(out);
		lines = reallocarray(lines, n + 1, sizeof(*lines));
		lines[n++] = line;
	}
	if (!table_walk_end(&walk, &fault))
		abort();
	qsort(lines, n, sizeof(*lines), fb_dump_order);
	out = open_memstream(&all, &size);
	for (size_t i = 0; i < n; i++) {
		fputs(lines[i], out);
		free(lines[i]);
	}
	fclose(out);
	free(lines);
	arena_done(&dump.arena);
	index_done(&dump.index);
	table_free(dump.table);
	return all;
}
