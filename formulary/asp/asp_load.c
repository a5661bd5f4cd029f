/* SPDX-License-Identifier: Apache-2.0 */
/* One load of Part B drug files: each becomes a list of its own, both directions of a crosswalk in it. */
#include "base/clock.h"
#include "formulary/asp/asp.h"
#include "formulary/asp/asp_file.h"
#include "formulary/builder.h"
#include "formulary/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 32, ROW_ARENA_MAX = 4 << 20, NAME_BYTES = 120, PROGRESS_ROWS = 1000 };

struct asp_loading {
	struct asp_report *report;
	struct builder *builder;
	struct arena arena;
	void (*tell)(const struct load_progress *, void *);
	void *tell_arg;
	char paths[FILES_MAX][ASP_PATH];
	int paths_n;
	struct text file; /* without its folders */
};

static bool note_file(const char *path, void *arg, struct fault *fault)
{
	struct asp_loading *load = arg;

	if (load->paths_n == FILES_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "files");
	snprintf(load->paths[load->paths_n++], ASP_PATH, "%s", path);
	return true;
}

/* The file itself, or the files of the folder by name. */
static bool find_files(struct asp_loading *load, const char *from, struct fault *fault)
{
	if (folder_is_file(from) && strlen(from) < ASP_PATH)
		return note_file(from, load, fault);
	return folder_each(from, note_file, load, fault);
}

static bool put(struct asp_loading *load, uint32_t list, const char *body, const char *other, struct hcpcs_row *hcpcs, struct fault *fault)
{
	struct builder_row row = { .list = list, .class = ROW_HCPCS, .body = text_of(body), .apart = text_of(other), .record = &hcpcs_row_record,
		.rec = hcpcs, .line = hcpcs->line };

	hcpcs->other = text_of(other);
	return builder_row(load->builder, &row, fault);
}

static void refuse(struct asp_loading *load, const struct csv_row *cells, enum asp_column column)
{
	struct asp_report *report = load->report;

	if (report->refused++)
		return;
	text_to_z(load->file, report->refused_file, sizeof(report->refused_file));
	report->refused_line = cells->line;
	snprintf(report->refused_column, sizeof(report->refused_column), "%s", asp_column_name(column));
}

static bool take_row(struct asp_loading *load, const struct asp_file *file, const struct csv_row *cells, uint32_t list, struct fault *fault)
{
	struct asp_row row;
	enum asp_column wrong;

	arena_reset(&load->arena);
	switch (asp_row_read(file, cells, &load->arena, &row, &wrong)) {
	case ASP_NOTHING:
		return true;
	case ASP_SHORT:
		load->report->line = cells->line;
		return fault_set(fault, FAULT_RULE, "columns");
	case ASP_CPT:
		load->report->cpt++;
		return true;
	case ASP_REFUSED:
		refuse(load, cells, wrong);
		return true;
	case ASP_PAIR:
		break;
	}
	if (file->kind == ASP_LIMITS) {
		load->report->limits++;
		return put(load, list, row.code, row.code, &row.row, fault);
	}
	load->report->pairs++;
	return put(load, list, row.product, row.code, &row.row, fault) && put(load, list, row.code, row.product, &row.row, fault);
}

static bool take_rows(struct asp_loading *load, const struct asp_file *file, uint32_t list, struct fault *fault)
{
	struct csv_row cells;
	bool there;

	for (;;) {
		if (!csv_next(file->csv, &cells, &there, fault)) {
			load->report->line = cells.line;
			return false;
		}
		if (!there)
			return true;
		if (!take_row(load, file, &cells, list, fault))
			return false;
		if (load->tell && cells.line % PROGRESS_ROWS == 0)
			load->tell(&(struct load_progress){ csv_bytes_read(file->csv), csv_bytes_total(file->csv), builder_rows(load->builder) },
				load->tell_arg);
	}
}

/* One without a row would take the place of a list that has some. */
static bool take_list(struct asp_loading *load, const struct asp_file *file, struct fault *fault)
{
	int64_t before = load->report->pairs + load->report->limits;
	char id[40];
	struct formulary_list list = { .kind = text_lit("HCPCS"), .subtype = text_of(file->family), .file = load->file };
	uint32_t number;

	snprintf(id, sizeof(id), "%s-%s", file->family, file->kind == ASP_LIMITS ? "payment-limits" : "crosswalk");
	list.list_id = text_of(id);
	if (file->from[0])
		list.effective_date = text_of(file->from);
	if (file->to[0])
		list.expiration_date = text_of(file->to);
	if (builder_brought(load->builder, &list))
		return fault_set(fault, FAULT_REPEATED, id);
	load->report->files++;
	return builder_list(load->builder, &list, BUILDER_FULL, &number, fault) && take_rows(load, file, number, fault) &&
	       (load->report->pairs + load->report->limits > before || fault_set(fault, FAULT_MISSING, "rows"));
}

static bool take_file(struct asp_loading *load, const char *path, struct fault *fault)
{
	struct asp_file file;
	bool is, ok;

	memcpy(load->report->file, path, strlen(path) + 1);
	load->file = folder_name(path, NAME_BYTES);
	if (!asp_file_open(path, &file, &is, fault))
		return false;
	load->report->skipped += !is;
	ok = !is || take_list(load, &file, fault);
	if (is)
		asp_file_close(&file);
	if (ok)
		load->report->file[0] = '\0';
	return ok;
}

static void note_repeat(const struct builder_repeat *repeat, void *arg)
{
	struct asp_report *report = arg;

	(void)repeat;
	report->repeated++;
}

static bool take_all(struct asp_loading *load, struct fault *fault)
{
	for (int i = 0; i < load->paths_n; i++)
		if (!take_file(load, load->paths[i], fault))
			return false;
	return load->report->files || fault_set(fault, FAULT_MISSING, "crosswalk");
}

bool asp_load(const char *from, const char *into, void (*progress)(const struct load_progress *, void *), void *progress_arg,
	struct asp_report *report, struct fault *fault)
{
	struct asp_loading load = { .report = report, .tell = progress, .tell_arg = progress_arg };
	struct builder_setup setup = { .directory = into, .action = BUILDER_UPDATE, /* other quarters and families stay */
		.source = { .source = ASP_SOURCE, .format = text_lit("CROSSWALK"), .file = folder_name(from, NAME_BYTES), .loaded_ms = clock_now().wall_ms } };
	int64_t line;
	bool ok;

	*report = (struct asp_report){ 0 };
	if (!find_files(&load, from, fault) || !builder_begin(&setup, &load.builder, fault))
		return false;
	arena_init(&load.arena, ROW_ARENA_MAX);
	ok = take_all(&load, fault);
	if (ok)
		ok = builder_finish(load.builder, note_repeat, report, &report->load, &line, fault);
	else
		builder_free(load.builder);
	arena_done(&load.arena);
	return ok;
}

bool asp_files(const char *from)
{
	struct asp_loading load = { .report = NULL };
	struct fault ignored;
	bool found = false;

	if (!find_files(&load, from, &ignored))
		return false;
	for (int i = 0; i < load.paths_n && !found; i++) {
		struct asp_file file;
		bool is;

		/* one whose columns changed is one of these all the same: its load says so */
		if (!asp_file_open(load.paths[i], &file, &is, &ignored))
			found = ignored.code == FAULT_VERSION;
		else if ((found = is))
			asp_file_close(&file);
	}
	return found;
}
