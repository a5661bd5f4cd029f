/* SPDX-License-Identifier: Apache-2.0 */
/* One load of a release of RxNorm, line by line: first what concepts are called, then what hangs on them. */
#include "base/clock.h"
#include "formulary/builder.h"
#include "formulary/lines.h"
#include "formulary/describe.h"
#include "formulary/folder.h"
#include "formulary/names.h"
#include "formulary/rxnorm/rxnorm.h"
#include "formulary/rxnorm/rxnorm_rows.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	LINE_MOST = 64 << 10,    /* bytes; values of attributes have at most 4000 characters */
	NAMES_MAX = 128 << 20,   /* bytes: a release names some 50000 drugs and packs */
	NAME_BYTES = 120,
	PROGRESS_LINES = 100000,
};

struct rxnorm_loading {
	struct rxnorm_report *report;
	struct builder *builder;
	struct names types; /* term type of each concept */
	void (*tell)(const struct load_progress *, void *);
	void *tell_arg;
	int64_t before, total; /* bytes of the files read, of all */
	char path[RXNORM_KINDS][RXNORM_PATH]; /* "": not there */
	struct text file;      /* without its folders */
	int64_t line;
	uint32_t links, codes; /* lists; 0: not begun */
};

/* By its first line. */
static enum rxnorm_kind look(const char *path)
{
	enum rxnorm_kind kind = RXNORM_KINDS;
	struct fault ignored;
	struct stat about;
	struct lines *lines;
	struct text line;
	bool there;

	if (stat(path, &about) || !S_ISREG(about.st_mode) || !lines_open(path, LINE_MOST, &lines, &ignored))
		return RXNORM_KINDS;
	if (lines_next(lines, &line, &there, &ignored) && there)
		kind = rxnorm_kind_of(line);
	lines_close(lines);
	return kind;
}

static bool note_file(const char *path, void *arg, struct fault *fault)
{
	struct rxnorm_loading *load = arg;
	enum rxnorm_kind kind = look(path);

	load->report->skipped += kind == RXNORM_KINDS;
	if (kind == RXNORM_KINDS)
		return true;
	if (load->path[kind][0])
		return fault_set(fault, FAULT_REPEATED, kind == RXNORM_NAMES ? "RXNCONSO" : "RXNSAT");
	snprintf(load->path[kind], sizeof(load->path[kind]), "%s", path);
	return true;
}

static bool find_files(struct rxnorm_loading *load, const char *directory, struct fault *fault)
{
	return folder_each(directory, note_file, load, fault) &&
	       (load->path[RXNORM_ATTRIBUTES][0] || fault_set(fault, FAULT_MISSING, "RXNSAT"));
}

/* -- rows -- */

static bool begin_list(struct rxnorm_loading *load, const char *kind, const char *id, uint32_t *number, struct fault *fault)
{
	struct formulary_list list = { .kind = text_of(kind), .list_id = text_of(id), .file = load->file };

	return *number || builder_list(load->builder, &list, BUILDER_FULL, number, fault);
}

static bool put_link(struct rxnorm_loading *load, const char *from, const char *to, struct text type, struct fault *fault)
{
	struct link_row link = { .product = text_of(to), .term_type = type, .line = load->line };
	struct builder_row row = { .list = load->links, .class = ROW_LINK, .body = text_of(from), .apart = text_of(to), .record = &link_row_record,
		.rec = &link, .line = load->line };

	return builder_row(load->builder, &row, fault);
}

static bool put_code(struct rxnorm_loading *load, const char *from, const char *to, struct fault *fault)
{
	struct hcpcs_row hcpcs = { .other = text_of(to), .line = load->line };
	struct builder_row row = { .list = load->codes, .class = ROW_HCPCS, .body = text_of(from), .apart = text_of(to), .record = &hcpcs_row_record,
		.rec = &hcpcs, .line = load->line };

	return builder_row(load->builder, &row, fault);
}

static bool take_name(struct rxnorm_loading *load, const struct rxnorm_row *row, struct fault *fault)
{
	bool fresh;

	if (!names_add(&load->types, text_of(row->concept), row->term_type, &fresh))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	load->report->concepts += fresh;
	return builder_describe(load->builder, text_of(row->concept), row->name, fault);
}

static bool take_link(struct rxnorm_loading *load, const struct rxnorm_row *row, struct fault *fault)
{
	const struct name *known = names_find(&load->types, text_of(row->concept));
	struct text type = known ? known->about : TEXT_NONE;

	load->report->links++;
	return begin_list(load, "LINK", "rxnorm-ndc", &load->links, fault) && put_link(load, row->other, row->concept, type, fault) &&
	       put_link(load, row->concept, row->other, type, fault);
}

static bool take_code(struct rxnorm_loading *load, const struct rxnorm_row *row, struct fault *fault)
{
	load->report->hcpcs++;
	return begin_list(load, "HCPCS", "rxnorm-hcpcs", &load->codes, fault) && put_code(load, row->concept, row->other, fault) &&
	       put_code(load, row->other, row->concept, fault);
}

static void refuse(struct rxnorm_loading *load)
{
	if (load->report->refused++)
		return;
	text_to_z(load->file, load->report->refused_file, sizeof(load->report->refused_file));
	load->report->refused_line = load->line;
}

static bool take_line(struct rxnorm_loading *load, enum rxnorm_kind kind, struct text line, struct fault *fault)
{
	struct rxnorm_row row;
	enum rxnorm_said said;

	if (!rxnorm_row_read(kind, line, &row, &said, fault))
		return false;
	switch (said) {
	case RXNORM_NOTHING:
		return true;
	case RXNORM_NAME:
		return take_name(load, &row, fault);
	case RXNORM_NDC:
		return take_link(load, &row, fault);
	case RXNORM_HCPCS:
		return take_code(load, &row, fault);
	case RXNORM_CPT:
		load->report->cpt++;
		return true;
	case RXNORM_SUPPRESSED:
		load->report->suppressed++;
		return true;
	case RXNORM_REFUSED:
		refuse(load);
		return true;
	}
	return true;
}

static bool take_lines(struct rxnorm_loading *load, enum rxnorm_kind kind, struct lines *lines, struct fault *fault)
{
	struct text line;
	bool there;

	for (;;) {
		bool read = lines_next(lines, &line, &there, fault);

		load->line = lines_number(lines);
		if (!read && fault->code != FAULT_TOO_LARGE)
			return false;
		if (read && !there)
			return true;
		load->report->lines++;
		if (!read)
			refuse(load);
		else if (line.n && !take_line(load, kind, line, fault))
			return false;
		if (load->tell && load->line % PROGRESS_LINES == 0)
			load->tell(&(struct load_progress){ load->before + lines_bytes_read(lines), load->total, builder_rows(load->builder) },
				load->tell_arg);
	}
}

static bool take_file(struct rxnorm_loading *load, enum rxnorm_kind kind, struct fault *fault)
{
	const char *path = load->path[kind];
	struct lines *lines;
	bool ok;

	if (!path[0])
		return true;
	memcpy(load->report->file, path, strlen(path) + 1);
	load->file = folder_name(path, NAME_BYTES);
	if (!lines_open(path, LINE_MOST, &lines, fault))
		return false;
	ok = take_lines(load, kind, lines, fault);
	load->report->line = ok ? 0 : load->line;
	load->before += lines_bytes_total(lines);
	lines_close(lines);
	if (ok)
		load->report->file[0] = '\0';
	return ok;
}

static void note_repeat(const struct builder_repeat *repeat, void *arg)
{
	struct rxnorm_report *report = arg;

	(void)repeat;
	report->repeated++;
}

bool rxnorm_load(const char *directory, const char *into, void (*progress)(const struct load_progress *, void *), void *progress_arg,
	struct rxnorm_report *report, struct fault *fault)
{
	struct rxnorm_loading load = { .report = report, .tell = progress, .tell_arg = progress_arg };
	struct builder_setup setup = { .directory = into, .action = BUILDER_FULL,
		.source = { .source = RXNORM_SOURCE, .format = text_lit("RXNORM"), .file = folder_name(directory, NAME_BYTES), .loaded_ms = clock_now().wall_ms } };
	int64_t line;
	bool ok;

	*report = (struct rxnorm_report){ 0 };
	if (!find_files(&load, directory, fault))
		return false;
	for (int i = 0; i < RXNORM_KINDS; i++) {
		struct stat about;

		if (load.path[i][0] && !stat(load.path[i], &about))
			load.total += about.st_size;
	}
	if (!builder_begin(&setup, &load.builder, fault))
		return false;
	names_init(&load.types, NAMES_MAX);
	ok = take_file(&load, RXNORM_NAMES, fault) && take_file(&load, RXNORM_ATTRIBUTES, fault) &&
	     (report->links || fault_set(fault, FAULT_MISSING, "NDC"));
	if (ok)
		ok = builder_finish(load.builder, note_repeat, report, &report->load, &line, fault);
	else
		builder_free(load.builder);
	names_done(&load.types);
	return ok;
}

static bool is_ours(const char *path)
{
	return look(path) != RXNORM_KINDS;
}

bool rxnorm_directory(const char *directory)
{
	return folder_has(directory, is_ours);
}
