/* SPDX-License-Identifier: Apache-2.0 */
/* One load of a folder of Part D files: file by file in the order in which they refer to each other. */
#include "base/clock.h"
#include "formulary/folder.h"
#include "formulary/lines.h"
#include "formulary/partd/partd_rows.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PROGRESS_ROWS = 10000, NAME_BYTES = 120 };

struct partd_loading {
	struct partd_rows rows;
	struct partd_files files;
	void (*tell)(const struct load_progress *, void *);
	void *tell_arg;
	int64_t before, total; /* bytes of the files read, of all */
};

static void tell(struct partd_loading *load, const struct lines *lines)
{
	struct load_progress progress = { load->before + lines_bytes_read(lines), load->total, builder_rows(load->rows.builder) };

	if (load->tell)
		load->tell(&progress, load->tell_arg);
}

static bool take_lines(struct partd_loading *load, enum partd_kind kind, struct lines *lines, struct fault *fault)
{
	struct partd_cells cells;
	struct text line;
	bool there;

	for (;;) {
		if (!lines_next(lines, &line, &there, fault))
			return false;
		if (!there)
			break;
		load->rows.line = lines_number(lines);
		if (load->rows.line == 1 || !text_trim(line).n)
			continue; /* the header row told which file this is */
		if (!partd_split(kind, line, &cells, fault) || !partd_row(&load->rows, &cells, fault))
			return false;
		if (++load->rows.report->rows[kind] % PROGRESS_ROWS == 0)
			tell(load, lines);
	}
	tell(load, lines);
	return true;
}

static bool take_file(struct partd_loading *load, const struct partd_file *file, struct fault *fault)
{
	const char *path = file->path;
	enum partd_kind kind = file->kind;
	struct partd_report *report = load->rows.report;
	struct lines *lines;
	bool ok;

	memcpy(report->file, path, strlen(path) + 1);
	report->line = 0;
	if (!lines_open(path, PARTD_LINE_MOST, &lines, fault))
		return false;
	partd_rows_file(&load->rows, folder_name(path, NAME_BYTES));
	ok = take_lines(load, kind, lines, fault);
	if (!ok)
		report->line = lines_number(lines);
	load->before += lines_bytes_total(lines);
	lines_close(lines);
	if (ok && (kind == PARTD_BASIC || kind == PARTD_PLANS) && !report->rows[kind])
		return fault_set(fault, FAULT_MISSING, partd_kind_name(kind));
	if (ok)
		report->file[0] = '\0';
	return ok;
}

static void note_repeat(const struct builder_repeat *repeat, void *arg)
{
	struct partd_loading *load = arg;
	struct partd_report *report = load->rows.report;
	const struct formulary_list *list = index_list(builder_index(load->rows.builder), repeat->list);

	if (report->repeated++)
		return;
	text_to_z(list ? list->file : TEXT_NONE, report->repeat_file, sizeof(report->repeat_file));
	report->repeat_line = repeat->line;
	report->repeat_first = repeat->first_line;
}

static bool take(struct partd_loading *load, const char *directory, const char *into, struct fault *fault)
{
	struct partd_report *report = load->rows.report;
	struct builder_setup setup = { .directory = into, .action = BUILDER_FULL,
		.source = { .source = PARTD_SOURCE, .format = text_lit("PARTD"), .file = folder_name(directory, NAME_BYTES), .loaded_ms = clock_now().wall_ms } };
	struct builder *builder;
	bool ok = builder_begin(&setup, &builder, fault);

	if (!ok)
		return false;
	partd_rows_init(&load->rows, builder, report);
	for (size_t i = 0; ok && i < load->files.n; i++)
		ok = take_file(load, &load->files.file[i], fault);
	if (ok)
		ok = builder_finish(builder, note_repeat, load, &report->load, &report->line, fault);
	else
		builder_free(builder);
	partd_rows_done(&load->rows);
	return ok;
}

bool partd_load(const char *directory, const char *into, const struct partd_options *options,
	void (*progress)(const struct load_progress *, void *), void *progress_arg, struct partd_report *report, struct fault *fault)
{
	struct partd_loading load = { .rows.report = report, .tell = progress, .tell_arg = progress_arg };

	*report = (struct partd_report){ 0 };
	if (!partd_files(directory, options, &load.files, report->file, fault))
		return false;
	report->skipped = load.files.skipped;
	report->left_out = load.files.left_out;
	for (size_t i = 0; i < load.files.n; i++) {
		struct stat about;

		if (!stat(load.files.file[i].path, &about))
			load.total += about.st_size;
	}
	return take(&load, directory, into, fault);
}
