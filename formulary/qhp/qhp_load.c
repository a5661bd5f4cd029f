/* SPDX-License-Identifier: Apache-2.0 */
/* One load of a folder of a marketplace issuer's files: first the plans, then the drugs, object by object. */
#include "base/clock.h"
#include "base/json.h"
#include "formulary/folder.h"
#include "formulary/items.h"
#include "formulary/qhp/qhp_rows.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	ARENA_MAX = 64 << 20, /* bytes: one object, read */
	NAMES_MAX = 64 << 20,
	FILE_BYTES = 120,
	SOURCE_BYTES = 56,
	PROGRESS_ITEMS = 1000,
};

enum qhp_kind { QHP_PLANS, QHP_DRUGS, QHP_OTHER };

/* What the first object of a file is. A file whose first object cannot be read is not one of ours. */
static enum qhp_kind kind_of(const char *path)
{
	enum qhp_kind kind = QHP_OTHER;
	struct qhp_probe probe = { 0 };
	struct items *items;
	struct arena arena;
	struct fault fault;
	struct text item;
	struct stat about;
	bool there;

	if (stat(path, &about) || !S_ISREG(about.st_mode) || !items_open(path, JSON_BODY_MAX, &items, &fault))
		return QHP_OTHER;
	arena_init(&arena, ARENA_MAX);
	if (items_next(items, &item, &there, &fault) && there && json_read(&qhp_probe_record, &probe, item, &arena, NULL, &fault) &&
		!text_there(probe.npi))
		kind = text_there(probe.rxnorm_id) ? QHP_DRUGS : text_there(probe.plan_id) ? QHP_PLANS : QHP_OTHER;
	arena_done(&arena);
	items_close(items);
	return kind;
}

struct qhp_loading {
	struct qhp_rows rows;
	void (*tell)(const struct load_progress *, void *);
	void *tell_arg;
	int64_t before;
	enum qhp_kind kind; /* of which the files are taken */
	int files[QHP_OTHER + 1];
};

static bool take_items(struct qhp_loading *load, enum qhp_kind kind, struct items *items, struct fault *fault)
{
	struct text item;
	bool there;

	for (;;) {
		if (!items_next(items, &item, &there, fault))
			return false;
		if (!there)
			return true;
		load->rows.item = items_number(items);
		if (!(kind == QHP_PLANS ? qhp_plan_row(&load->rows, item, fault) : qhp_drug_row(&load->rows, item, fault)))
			return false;
		if (load->tell && items_number(items) % PROGRESS_ITEMS == 0)
			load->tell(&(struct load_progress){ load->before + items_bytes_read(items), 0, builder_rows(load->rows.builder) },
				load->tell_arg);
	}
}

static bool take_file(struct qhp_loading *load, enum qhp_kind kind, const char *path, struct fault *fault)
{
	struct qhp_report *report = load->rows.report;
	struct items *items;
	bool ok;

	memcpy(report->file, path, strlen(path) + 1);
	load->rows.file = folder_name(path, FILE_BYTES);
	if (!items_open(path, JSON_BODY_MAX, &items, fault))
		return false;
	ok = take_items(load, kind, items, fault);
	report->item = ok ? 0 : items_number(items);
	load->before += items_bytes_read(items);
	items_close(items);
	if (ok)
		report->file[0] = '\0';
	return ok;
}

static bool take_if(const char *path, void *arg, struct fault *fault)
{
	struct qhp_loading *load = arg;
	enum qhp_kind found = kind_of(path);

	load->rows.report->skipped += found == QHP_OTHER && load->kind == QHP_PLANS;
	if (found != load->kind)
		return true;
	load->files[found]++;
	return take_file(load, found, path, fault);
}

/* All files of one kind. */
static bool take_kind(struct qhp_loading *load, enum qhp_kind kind, const char *directory, struct fault *fault)
{
	load->kind = kind;
	return folder_each(directory, take_if, load, fault) &&
	       (load->files[kind] || fault_set(fault, FAULT_MISSING, kind == QHP_PLANS ? "plans" : "drugs"));
}

static void note_repeat(const struct builder_repeat *repeat, void *arg)
{
	struct qhp_report *report = arg;

	(void)repeat;
	report->repeated++;
}

bool qhp_load(const char *directory, const char *into, void (*progress)(const struct load_progress *, void *), void *progress_arg,
	struct qhp_report *report, struct fault *fault)
{
	struct qhp_loading load = { .rows.report = report, .tell = progress, .tell_arg = progress_arg };
	struct builder_setup setup = { .directory = into, .action = BUILDER_FULL };
	struct text folder = folder_name(directory, SOURCE_BYTES);
	char source[SOURCE_BYTES + 5];
	int64_t line;
	bool ok;

	*report = (struct qhp_report){ 0 };
	snprintf(source, sizeof(source), "QHP %.*s", TEXT_ARGS(folder));
	load.rows.source = text_of(source);
	setup.source = (struct formulary_source){ .source = load.rows.source, .format = text_lit("QHP"), .file = folder,
		.loaded_ms = clock_now().wall_ms };
	if (!builder_begin(&setup, &load.rows.builder, fault))
		return false;
	arena_init(&load.rows.arena, ARENA_MAX);
	names_init(&load.rows.plans, NAMES_MAX);
	ok = take_kind(&load, QHP_PLANS, directory, fault) && take_kind(&load, QHP_DRUGS, directory, fault);
	if (ok)
		ok = builder_finish(load.rows.builder, note_repeat, report, &report->load, &line, fault);
	else
		builder_free(load.rows.builder);
	names_done(&load.rows.plans);
	arena_done(&load.rows.arena);
	return ok;
}

static bool is_ours(const char *path)
{
	return kind_of(path) != QHP_OTHER;
}

bool qhp_directory(const char *directory)
{
	return folder_has(directory, is_ours);
}
