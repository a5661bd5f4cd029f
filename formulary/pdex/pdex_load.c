/* SPDX-License-Identifier: Apache-2.0 */
/* One load of PDex resources: a pass for what others refer to, and one for what refers to it, since files have no order. */
#include "base/clock.h"
#include "formulary/folder.h"
#include "formulary/pdex/pdex_rows.h"
#include "formulary/pdex/pdex_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	ARENA_MAX = 64 << 20, /* bytes: one resource, read */
	KNOWN_MAX = 1 << 30,  /* of all ids of drugs and formularies with what is remembered of them: some 200 each */
	FILE_BYTES = 120,
	SOURCE_BYTES = 55,
	PROGRESS_ITEMS = 1000,
	FILES_MAX = 10000,
};

struct loading {
	struct pdex_rows rows;
	bool second;
	void (*tell)(const struct load_progress *, void *);
	void *tell_arg;
	int64_t before, total;
};

void pdex_refuse(struct pdex_rows *rows, const char *type, struct text id, const struct fault *fault)
{
	struct pdex_report *report = rows->report;
	struct pdex_refused *refused;

	if (report->refused++ >= PDEX_REFUSED_EACH)
		return;
	refused = &report->first[report->refused - 1];
	text_to_z(rows->file, refused->file, sizeof(refused->file));
	snprintf(refused->resource, sizeof(refused->resource), "%s/%.*s", type, TEXT_ARGS(id));
	for (char *c = refused->resource; *c; c++) /* an id that is none may hold anything */
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
	refused->item = rows->item;
	refused->fault = *fault;
}

/* -- one resource -- */

/* What is known and has no home, by the name it has in the table. */
static void count_homeless(struct pdex_rows *rows, const char *type, const struct record *record, const void *rec)
{
	char where[64];

	for (size_t i = 0; i < record->n; i++)
		if (record->fields[i].kind == FIELD_RAW && field_there(&record->fields[i], rec)) {
			snprintf(where, sizeof(where), "%s.%.*s", type, TEXT_ARGS(field_name(&record->fields[i])));
			pdex_without_home(rows->report, where);
		}
}

static struct text id_of(const struct pdex_resource *resource, const char **type)
{
	*type = resource->drug ? "MedicationKnowledge" : resource->basic ? "Basic" : "InsurancePlan";
	return resource->drug ? resource->drug->id : resource->basic ? resource->basic->id : resource->insurance_plan ? resource->insurance_plan->id : TEXT_NONE;
}

static void count_elements(struct pdex_rows *rows, const struct pdex_resource *resource, const struct json_notes *notes)
{
	rows->report->unknown += notes->unknown > 0;
	if (resource->drug)
		count_homeless(rows, "MedicationKnowledge", &pdex_drug_record, resource->drug);
	if (resource->basic)
		count_homeless(rows, "Basic", &pdex_basic_record, resource->basic);
	if (resource->insurance_plan)
		count_homeless(rows, "InsurancePlan", &pdex_insurance_plan_record, resource->insurance_plan);
}

/* False for what refuses the whole load; a resource that does not fit its tables is refused alone. */
static bool take_resource(struct loading *load, struct text object, struct text full_url, struct fault *fault)
{
	struct pdex_rows *rows = &load->rows;
	struct pdex_resource resource = { 0 };
	struct pdex_head head = { 0 };
	struct json_notes notes = { 0 };
	const char *type;
	struct text id;
	struct fault why;

	if (!json_read(&pdex_head_record, &head, object, &rows->arena, NULL, fault))
		return false;
	if (!text_in_list(head.resource_type, "InsurancePlan Basic MedicationKnowledge")) {
		rows->report->other += !load->second;
		return true;
	}
	if (!json_read(&pdex_resource_record, &resource, object, &rows->arena, &notes, &why)) {
		if (why.code == FAULT_NOT_JSON || why.code == FAULT_TOO_LARGE || why.code == FAULT_TOO_DEEP) {
			*fault = why;
			return false;
		}
	} else if (record_check(&pdex_resource_record, &resource, &why)) {
		if (!load->second)
			count_elements(rows, &resource, &notes);
		if (load->second ? pdex_second(rows, &resource, &why) : pdex_first(rows, &resource, full_url, &why))
			return true;
	}
	if (why.code == FAULT_STORE_FULL || why.code == FAULT_FILE || why.code == FAULT_TOO_LARGE) {
		*fault = why;
		return false;
	}
	id = id_of(&resource, &type);
	/* what is refused by its tables is so in both passes */
	if (!load->second || resource.basic || (resource.insurance_plan && !pdex_is_formulary(resource.insurance_plan)))
		pdex_refuse(rows, type, id, &why);
	return true;
}

static bool take_entry(struct loading *load, struct text object, struct fault *fault)
{
	struct pdex_entry entry = { 0 };

	if (!json_read(&pdex_entry_record, &entry, object, &load->rows.arena, NULL, fault))
		return false;
	if (text_there(entry.resource) && entry.resource.n && entry.resource.at[0] == '{')
		return take_resource(load, entry.resource, entry.full_url, fault);
	load->rows.report->other += !load->second;
	return true;
}

/* What stood around the entries that have been taken is a Bundle, else they were none of ours. */
static bool check_bundle(struct loading *load, struct text object, struct fault *fault)
{
	struct pdex_head head = { 0 };

	return json_read(&pdex_head_record, &head, object, &load->rows.arena, NULL, fault) &&
	       (text_is(head.resource_type, "Bundle") || fault_set(fault, FAULT_RULE, "resourceType"));
}

static bool take_part(struct loading *load, enum pdex_part part, struct text object, struct fault *fault)
{
	arena_reset(&load->rows.arena);
	switch (part) {
	case PDEX_RESOURCE:
		return take_resource(load, object, TEXT_NONE, fault);
	case PDEX_ENTRY:
		return take_entry(load, object, fault);
	case PDEX_BUNDLE:
		return check_bundle(load, object, fault);
	}
	__builtin_unreachable();
}

/* -- files -- */

static bool take_stream(struct loading *load, struct pdex_stream *stream, struct fault *fault)
{
	enum pdex_part part;
	struct text object;
	bool there;

	for (;;) {
		if (!pdex_stream_next(stream, &part, &object, &there, fault))
			return false;
		if (!there)
			return true;
		load->rows.item = pdex_stream_number(stream);
		if (!take_part(load, part, object, fault))
			return false;
		if (load->tell && pdex_stream_number(stream) % PROGRESS_ITEMS == 0)
			load->tell(&(struct load_progress){ load->before + pdex_stream_bytes(stream), load->total, builder_rows(load->rows.builder) },
				load->tell_arg);
	}
}

static bool take_file(struct loading *load, const char *path, struct fault *fault)
{
	struct pdex_report *report = load->rows.report;
	struct pdex_stream *stream;
	bool ok;

	text_to_z(text_of(path), report->file, sizeof(report->file));
	load->rows.file = folder_name(path, FILE_BYTES);
	if (!pdex_stream_open(path, JSON_BODY_MAX, &stream, fault))
		return false;
	ok = take_stream(load, stream, fault);
	report->item = ok ? 0 : pdex_stream_number(stream);
	load->before += pdex_stream_bytes(stream);
	pdex_stream_close(stream);
	if (ok)
		report->file[0] = '\0';
	return ok;
}

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), e = strlen(end);

	return n >= e && strcmp(path + n - e, end) == 0;
}

/* A file is one of ours when its first object is a resource of these, or a Bundle with entries. */
static bool is_ours(const char *path)
{
	static const char kinds[] = "InsurancePlan Basic MedicationKnowledge Location Organization Bundle";
	struct pdex_stream *stream;
	struct pdex_entry entry = { 0 };
	struct pdex_head head = { 0 };
	enum pdex_part part;
	struct arena arena;
	struct fault fault;
	struct text object;
	struct stat about;
	bool there, ours = false;

	if (stat(path, &about) || !S_ISREG(about.st_mode) || !pdex_stream_open(path, JSON_BODY_MAX, &stream, &fault))
		return false;
	arena_init(&arena, ARENA_MAX);
	if (pdex_stream_next(stream, &part, &object, &there, &fault) && there) {
		if (part == PDEX_ENTRY)
			ours = json_read(&pdex_entry_record, &entry, object, &arena, NULL, &fault) && text_there(entry.resource);
		else
			ours = json_read(&pdex_head_record, &head, object, &arena, NULL, &fault) && text_in_list(head.resource_type, kinds);
	}
	arena_done(&arena);
	pdex_stream_close(stream);
	return ours;
}

/* The paths to load, in the order of their names, so that of two resources with one id it is always the same that counts. */
struct paths {
	char **at;
	size_t n;
	bool ours; /* one of them at least */
	int skipped;
	int64_t bytes;
};

static void paths_done(struct paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		free(paths->at[i]);
	free(paths->at);
}

static bool add_path(const char *path, void *arg, struct fault *fault)
{
	struct paths *paths = arg;
	struct stat about;
	bool ours = is_ours(path);

	paths->ours |= ours;
	/* what is called as bulk export calls its files is one of these: a torn one refuses the load */
	if (!ours && !ends_with(path, ".ndjson")) {
		paths->skipped++;
		return true;
	}
	if (paths->n == FILES_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	paths->at = reallocarray(paths->at, paths->n + 1, sizeof(*paths->at));
	if (!paths->at || !(paths->at[paths->n] = strdup(path)))
		abort();
	paths->n++;
	paths->bytes += stat(path, &about) ? 0 : about.st_size;
	return true;
}

static bool find_paths(const char *from, struct paths *paths, struct fault *fault)
{
	return folder_is_file(from) ? add_path(from, paths, fault) : folder_each(from, add_path, paths, fault);
}

static void note_repeat(const struct builder_repeat *repeat, void *arg)
{
	struct pdex_rows *rows = arg;
	const struct formulary_list *list = index_list(builder_index(rows->builder), repeat->list);

	if (!list || text_is(list->kind, "LINK"))
		return; /* each of two drugs may name the other */
	rows->report->repeated++;
	rows->report->items -= text_is(list->kind, "STATUS");
}

static bool load_paths(struct loading *load, const struct paths *paths, struct fault *fault)
{
	const struct pdex_report *report = load->rows.report;

	load->total = 2 * paths->bytes;
	for (int pass = 0; pass < 2; pass++) {
		load->second = pass;
		for (size_t i = 0; i < paths->n; i++)
			if (!take_file(load, paths->at[i], fault))
				return false;
	}
	return (report->formularies && report->items) || fault_set(fault, FAULT_MISSING, report->formularies ? "Basic" : "InsurancePlan");
}

bool pdex_load(const char *from, const char *into, void (*progress)(const struct load_progress *, void *), void *progress_arg,
	struct pdex_report *report, struct fault *fault)
{
	struct loading load = { .rows.report = report, .tell = progress, .tell_arg = progress_arg };
	struct builder_setup setup = { .directory = into, .action = BUILDER_FULL };
	struct paths paths = { 0 };
	char source[SOURCE_BYTES + 8];
	int64_t line;
	bool ok;

	*report = (struct pdex_report){ 0 };
	snprintf(source, sizeof(source), "PDEX %.*s", TEXT_ARGS(folder_name(from, SOURCE_BYTES)));
	load.rows.source = text_of(source);
	setup.source = (struct formulary_source){ .source = load.rows.source, .format = text_lit("PDEX"), .file = folder_name(from, SOURCE_BYTES),
		.loaded_ms = clock_now().wall_ms };
	if (!find_paths(from, &paths, fault) || !builder_begin(&setup, &load.rows.builder, fault)) {
		paths_done(&paths);
		return false;
	}
	report->skipped = paths.skipped;
	arena_init(&load.rows.arena, ARENA_MAX);
	names_init(&load.rows.known, KNOWN_MAX);
	names_init(&load.rows.named, KNOWN_MAX);
	ok = load_paths(&load, &paths, fault);
	if (ok)
		ok = builder_finish(load.rows.builder, note_repeat, &load.rows, &report->load, &line, fault);
	else
		builder_free(load.rows.builder);
	names_done(&load.rows.named);
	names_done(&load.rows.known);
	arena_done(&load.rows.arena);
	paths_done(&paths);
	return ok;
}

bool pdex_is(const char *from)
{
	struct paths paths = { 0 };
	struct fault fault;
	bool is = find_paths(from, &paths, &fault) && paths.ours;

	paths_done(&paths);
	return is;
}
