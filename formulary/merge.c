/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a generation: walks the rows of the one before and the sorted rows of the load side by side, and writes what is to be there. */
#include "formulary/merge.h"

#include "formulary/merge_drugs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PAIR_ARENA = 32 << 20 }; /* bytes: one row, unpacked as it was and as it is */

struct merge {
	struct builder *builder;
	struct table_build *out;
	struct load_report *report;
	void (*repeat)(const struct builder_repeat *, void *);
	void *repeat_arg;
	int64_t *line;
	/* the load's rows, one ahead: a copy, as the sort's text lives until its next one */
	char *key, *value;
	size_t key_n, value_n, key_room, value_room;
	bool there;
	struct merge_drugs *drugs;
	struct arena arena;
};

static bool file_of(const char *directory, char path[GENERATION_PATH], struct fault *fault)
{
	int n = snprintf(path, GENERATION_PATH, "%s/%s", directory, GENERATION_FILE);

	return (n >= 0 && n < GENERATION_PATH) || fault_set(fault, FAULT_FILE, "formulary");
}

bool merge_begin(struct builder *builder, const char *directory, struct fault *fault)
{
	char path[GENERATION_PATH], file[GENERATION_PATH];

	if (!generation_begin(&builder->generation, directory, fault))
		return false;
	if (mkdir(builder->generation.path, 0755))
		return fault_set(fault, FAULT_FILE, "formulary");
	if (!builder->generation.previous)
		return true;
	return generation_path(directory, builder->generation.previous, path, fault) && file_of(path, file, fault) &&
	       table_open(file, &builder->previous, fault) && index_load(&builder->index, builder->previous, fault);
}

/* -- what becomes of each list -- */

static struct list_plan *plan_at(struct builder *builder, uint32_t number)
{
	static struct list_plan none;

	if (number < builder->plans_n)
		return &builder->plans[number];
	none = (struct list_plan){ 0 };
	return &none;
}

/* True: rows of the generation before stay. */
static bool old_rows_stay(struct builder *builder, uint32_t number)
{
	const struct list_plan *plan = plan_at(builder, number);

	if (plan->removed)
		return false;
	return !plan->brought || plan->refused || !plan->full;
}

static bool new_rows_count(struct builder *builder, uint32_t number)
{
	const struct list_plan *plan = plan_at(builder, number);

	return plan->brought && !plan->refused && !plan->removed;
}

/* True: the load brings the list from a day ahead, and until then this one, which is in force, goes on. */
static bool goes_on(struct builder *builder, const struct formulary_list *list)
{
	const struct index *index = &builder->index;
	struct text day = text_of(builder->day);
	bool ahead = false;

	if (!index_list_begun(list, day))
		return false;
	for (uint32_t k = index_alike(index, list, 0); k; k = index_alike(index, list, k)) {
		const struct formulary_list *other = &index->lists[k];

		if (new_rows_count(builder, k) && text_compare(other->effective_date, day) > 0)
			ahead = true;
		else if (index_list_begun(other, day) && !plan_at(builder, k)->fresh &&
			 text_compare(other->effective_date, list->effective_date) > 0)
			return false; /* it is that one that is in force */
	}
	return ahead;
}

/* Lists that the load leaves out of a full file, and lists that a newer one of the same kind has taken the place of, go. */
static void settle_lists(struct builder *builder)
{
	struct index *index = &builder->index;

	/* plans must reach every list, as some are changed below */
	while (builder->plans_n < index->lists_n) {
		size_t wanted = index->lists_n + 64;

		builder->plans = reallocarray(builder->plans, wanted, sizeof(*builder->plans));
		if (!builder->plans)
			abort();
		memset(builder->plans + builder->plans_n, 0, (wanted - builder->plans_n) * sizeof(*builder->plans));
		builder->plans_n = wanted;
	}
	for (uint32_t i = 1; i < index->lists_n; i++) {
		struct formulary_list *list = &index->lists[i];
		struct list_plan *plan = &builder->plans[i];

		if (list->number && !plan->brought && !plan->kept && builder->action == BUILDER_FULL &&
			text_equal(list->source, builder->source.source) && !goes_on(builder, list))
			plan->removed = true;
	}
}

/* A list of an earlier date that a taken one of today or before replaces. Found through those that the load brings, so that the cost
   follows the load. */
static void settle_dates(struct builder *builder)
{
	struct index *index = &builder->index;
	struct text day = text_of(builder->day);

	for (uint32_t i = 1; i < index->lists_n; i++) {
		const struct formulary_list *list = &index->lists[i];

		if (!list->number || !new_rows_count(builder, i) || !index_list_begun(list, day))
			continue;
		for (uint32_t k = index_alike(index, list, 0); k; k = index_alike(index, list, k))
			if (k != i && text_compare(index->lists[k].effective_date, list->effective_date) < 0)
				builder->plans[k].removed = true;
	}
}

/* -- rows -- */

static void set(char **at, size_t *n, size_t *room, struct text t)
{
	if (t.n > *room) {
		*room = 2 * t.n;
		*at = realloc(*at, *room);
		if (!*at)
			abort();
	}
	if (t.n)
		memcpy(*at, t.at, t.n);
	*n = t.n;
}

static struct text row_key(const struct merge *merge)
{
	return (struct text){ merge->key, merge->key_n };
}

static int64_t row_line(const struct merge *merge)
{
	int64_t line;

	memcpy(&line, merge->value + 1, sizeof(line));
	return line;
}

static struct text row_value(const struct merge *merge)
{
	return (struct text){ merge->value + MERGE_HEAD, merge->value_n - MERGE_HEAD };
}

/* Rows that are made here so that something can be searched for; the report is about what the publisher says. */
static bool is_name(struct text key)
{
	return (unsigned char)key.at[0] == ROW_NAME;
}

static bool note_repeat(struct merge *merge, struct text again, uint32_t list, struct fault *fault)
{
	struct builder_repeat repeat = { .list = list, .first_line = row_line(merge) };
	char where[FAULT_PATH_MAX];

	if (is_name(row_key(merge)))
		return true; /* ours, made of what was described twice: the first counts */
	memcpy(&repeat.line, again.at + 1, sizeof(repeat.line));
	merge->report->rows_refused++;
	if (merge->repeat)
		merge->repeat(&repeat, merge->repeat_arg);
	if (!merge->builder->whole)
		return true;
	*merge->line = repeat.line;
	snprintf(where, sizeof(where), "%s (first on line %lld)", merge->key[0] == ROW_BIN ? "bin/bin" : "coverage/ndc",
		(long long)repeat.first_line);
	return fault_set(fault, FAULT_REPEATED, where);
}

/* The next row of the load that counts. Of rows with one key the first counts in a full list, the last in an update. */
static bool next_row(struct merge *merge, struct text *ahead_key, struct text *ahead_value, bool *ahead, struct fault *fault)
{
	struct sort *sort = merge->builder->sort;

	merge->there = false;
	while (*ahead) {
		uint32_t list = key_list(*ahead_key);
		bool counts = new_rows_count(merge->builder, list), full = plan_at(merge->builder, list)->full;

		if (!counts) {
			if (!sort_next(sort, ahead_key, ahead_value, ahead, fault))
				return false;
			continue;
		}
		merge->there = true;
		set(&merge->key, &merge->key_n, &merge->key_room, *ahead_key);
		set(&merge->value, &merge->value_n, &merge->value_room, *ahead_value);
		for (;;) {
			if (!sort_next(sort, ahead_key, ahead_value, ahead, fault))
				return false;
			if (!*ahead || !text_equal(*ahead_key, row_key(merge)))
				return true;
			if (!full)
				set(&merge->value, &merge->value_n, &merge->value_room, *ahead_value);
			else if (!note_repeat(merge, *ahead_value, list, fault))
				return false;
		}
	}
	return true;
}

/* What a row is, by its class and the kind of its list. */
static const struct record *record_of(struct text key, const struct formulary_list *list)
{
	static const struct {
		enum row_class class;
		const char *kind; /* NULL: any */
		const struct record *record;
	} rows[] = {
		{ ROW_PRODUCT, "PRODUCT", &coverage_record },
		{ ROW_PRODUCT, "STATUS", &status_row_record },
		{ ROW_PRODUCT, "ALTERNATIVE", &alternative_row_record },
		{ ROW_PRODUCT, "COVERAGE", &coverage_row_record },
		{ ROW_PRODUCT, "COPAY", &copay_row_record },
		{ ROW_PRODUCT, "PRICE", &price_row_record },
		{ ROW_PRODUCT, "NETWORK", &network_row_record },
		{ ROW_PLAN, NULL, &plan_row_record },
		{ ROW_BIN, NULL, &bin_line_record },
		{ ROW_LINK, NULL, &link_row_record },
		{ ROW_HCPCS, NULL, &hcpcs_row_record },
		{ ROW_NAME, NULL, &name_row_record },
		{ ROW_CLASS, NULL, &alternative_row_record },
	};

	for (size_t i = 0; list && i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((unsigned char)key.at[0] == rows[i].class && (!rows[i].kind || text_is(list->kind, rows[i].kind)))
			return rows[i].record;
	return NULL;
}

/* A row without its place in the file: a line further down does not make it another. */
static void *unplaced(struct merge *merge, const struct record *record, struct text packed, struct fault *fault)
{
	static const char *const places[] = { "line", "source" };
	void *rec = arena_alloc(&merge->arena, record->size);

	if (!rec || !record_unpack(record, rec, &merge->arena, packed, fault))
		return NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct field *field = record_field(record, places[i]);

		if (field)
			memset(field_at(field, rec), 0, field->kind == FIELD_COUNT ? sizeof(int64_t) : sizeof(struct text));
	}
	return rec;
}

static bool needs_authorization(const struct limits *limits)
{
	return limits && limits->prior_authorization;
}

static void note_moves(struct load_report *report, const struct record *record, const void *was, const void *is)
{
	if (record == &coverage_record) {
		const struct coverage *before = was, *after = is;

		report->tier_moved += before->tier != after->tier || !text_equal(before->status, after->status);
		report->prior_authorization_added += needs_authorization(after->limits) && !needs_authorization(before->limits);
	} else if (record == &status_row_record) {
		const struct status_row *before = was, *after = is;

		report->tier_moved += before->tier != after->tier || !text_equal(before->status, after->status) ||
				      !text_equal(before->tier_name, after->tier_name);
		report->prior_authorization_added += needs_authorization(after->limits) && !needs_authorization(before->limits);
	}
}

/* What a person wants to know of a row that is not the same bytes: does it say something else, and is it the tier? */
static bool compare_rows(struct merge *merge, struct text key, struct text was, struct text is, struct fault *fault)
{
	const struct record *record = record_of(key, index_list(&merge->builder->index, key_list(key)));
	void *before, *after;

	arena_reset(&merge->arena);
	fault_set(fault, FAULT_TOO_LARGE, ""); /* unless the rows say better why they cannot be read */
	if (!record || !(before = unplaced(merge, record, was, fault)) || !(after = unplaced(merge, record, is, fault)))
		return false;
	if (record_equal(record, before, after))
		return true;
	merge->report->changed++;
	note_moves(merge->report, record, before, after);
	return true;
}

static bool put(struct merge *merge, struct text key, struct text value, struct fault *fault)
{
	struct builder *builder = merge->builder;
	uint32_t list = key_list(key);

	plan_at(builder, list)->rows++;
	merge->report->rows += !is_name(key);
	if ((unsigned char)key.at[0] == ROW_PRODUCT && !index_owner_note(&builder->index, key_number_at(key, 1), key.at[5]))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if ((unsigned char)key.at[0] == ROW_PRODUCT && index_list(&builder->index, list) &&
		!merge_drugs_note(merge->drugs, index_list(&builder->index, list)->kind, key, value, fault))
		return false;
	return table_build_put(merge->out, key, value, fault);
}

/* A row that the load says something of: `was` is what stood there, TEXT_NONE nothing. */
static bool put_new(struct merge *merge, struct text was, struct fault *fault)
{
	struct text key = row_key(merge), is = row_value(merge);

	if (is_name(key))
		return merge->value[0] == 'D' || put(merge, key, is, fault);
	if (merge->value[0] == 'D') {
		merge->report->removed += text_there(was);
		return true;
	}
	merge->report->products += (unsigned char)key.at[0] == ROW_PRODUCT;
	merge->report->bins += (unsigned char)key.at[0] == ROW_BIN;
	merge->report->plans += (unsigned char)key.at[0] == ROW_PLAN;
	if (!text_there(was)) {
		merge->report->added++;
	} else if (!text_equal(was, is) && !compare_rows(merge, key, was, is, fault)) {
		return false;
	}
	return put(merge, key, is, fault);
}

static bool put_old(struct merge *merge, struct text key, struct text value, struct fault *fault)
{
	if (old_rows_stay(merge->builder, key_list(key)))
		return put(merge, key, value, fault);
	merge->report->removed += !is_name(key);
	return true;
}

static bool merge_rows(struct merge *merge, struct fault *fault)
{
	struct text ahead_key, ahead_value, key = TEXT_NONE, value = TEXT_NONE;
	struct table_walk walk;
	bool ahead, old, ok = true;

	if (!sort_next(merge->builder->sort, &ahead_key, &ahead_value, &ahead, fault) ||
		!next_row(merge, &ahead_key, &ahead_value, &ahead, fault))
		return false;
	if (merge->builder->previous) {
		table_walk(merge->builder->previous, TEXT_NONE, TEXT_NONE, &walk);
		table_walk_forgets(&walk);
	}
	old = merge->builder->previous && table_walk_next(&walk, &key, &value) && (unsigned char)key.at[0] < ROW_DRUG;
	while (ok && (old || merge->there)) {
		int order = !old ? 1 : !merge->there ? -1 : text_compare(key, row_key(merge));

		if (order < 0)
			ok = put_old(merge, key, value, fault);
		else
			ok = put_new(merge, order == 0 ? value : TEXT_NONE, fault);
		if (ok && order <= 0)
			old = table_walk_next(&walk, &key, &value) && (unsigned char)key.at[0] < ROW_DRUG;
		if (ok && order >= 0)
			ok = next_row(merge, &ahead_key, &ahead_value, &ahead, fault);
	}
	if (merge->builder->previous) {
		struct fault ignored;

		if (!table_walk_end(&walk, ok ? fault : &ignored))
			ok = false;
	}
	return ok;
}

/* -- what stands after the rows -- */

static bool put_record(struct merge *merge, enum row_class class, struct text body, const struct record *record, const void *rec,
	struct fault *fault)
{
	struct formulary_key key;
	struct buffer packed;

	arena_reset(&merge->arena);
	key_start(&key, class);
	key_add(&key, body);
	buffer_init(&packed, &merge->arena, 512);
	record_pack(record, rec, &packed);
	if (packed.failed || !key.fits)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	return table_build_put(merge->out, key_text(&key), buffer_text(&packed), fault);
}

/* The source of this load in its place among the others. */
static bool put_sources(struct merge *merge, struct fault *fault)
{
	struct formulary_source *own = &merge->builder->source;
	char prefix = (char)ROW_SOURCE;
	struct table_walk walk;
	struct text key, value;
	bool put_own = false, ok = true;

	if (merge->builder->previous) {
		table_walk(merge->builder->previous, (struct text){ &prefix, 1 }, TEXT_NONE, &walk);
		while (ok && table_walk_next(&walk, &key, &value)) {
			struct text name = { key.at + 1, key.n - 1 };
			int order = text_compare(name, own->source);

			if (order >= 0 && !put_own) {
				put_own = true;
				ok = put_record(merge, ROW_SOURCE, own->source, &formulary_source_record, own, fault);
			}
			if (ok && order != 0)
				ok = table_build_put(merge->out, key, value, fault);
		}
		if (!table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }))
			ok = false;
	}
	return ok && (put_own || put_record(merge, ROW_SOURCE, own->source, &formulary_source_record, own, fault));
}

static bool put_lists(struct merge *merge, struct fault *fault)
{
	struct builder *builder = merge->builder;

	for (uint32_t i = 1; i < builder->index.lists_n; i++) {
		struct list_plan *plan = &builder->plans[i];
		struct formulary_list list = builder->index.lists[i];
		struct formulary_key key;

		merge->report->lists += list.number && new_rows_count(builder, i) && !text_is(list.kind, "NAME");
		merge->report->plans += list.number && new_rows_count(builder, i) && text_is(list.kind, "PRODUCT");
		merge->report->lists_refused += list.number && plan->brought && plan->refused;
		if (!list.number || plan->removed || (plan->fresh && plan->refused))
			continue;
		arena_reset(&merge->arena);
		if (new_rows_count(builder, i)) {
			list = (struct formulary_list){ 0 };
			if (!record_unpack(&formulary_list_record, &list, &builder->index.arena, plan->header, fault))
				return false;
		}
		list.rows = plan->rows;
		key_start(&key, ROW_LIST);
		key_add_number(&key, i);
		if (!put_record(merge, ROW_LIST, (struct text){ key.at + 1, key.n - 1 }, &formulary_list_record, &list, fault))
			return false;
	}
	return true;
}

static bool put_owners(struct merge *merge, struct fault *fault)
{
	const struct index *index = &merge->builder->index;

	for (uint32_t i = 1; i < index->owners_n; i++) {
		struct formulary_key key;

		if (!index->owners[i].number)
			continue;
		key_start(&key, ROW_OWNER);
		key_add_number(&key, i);
		if (!put_record(merge, ROW_OWNER, (struct text){ key.at + 1, key.n - 1 }, &owner_row_record, &index->owners[i], fault))
			return false;
	}
	return true;
}

/* What lies on the disk now is read back whole. */
static bool read_back(const char *file, int64_t rows, struct fault *fault)
{
	struct table *table;
	bool ok;

	if (!table_open(file, &table, fault))
		return false;
	ok = table_verify(table, fault) && (table_rows(table) >= rows || fault_set(fault, FAULT_STORE_CORRUPT, "formulary"));
	table_free(table);
	return ok;
}

static bool write_all(struct merge *merge, struct fault *fault)
{
	for (size_t i = 0; i < merge->builder->index.owners_n; i++)
		merge->builder->index.owners[i].names = TEXT_NONE; /* rows may have gone: those that are written say it anew */
	settle_lists(merge->builder);
	settle_dates(merge->builder);
	return merge_rows(merge, fault) && merge_drugs_put(merge->drugs, merge->out, fault) && put_sources(merge, fault) && put_lists(merge, fault) && put_owners(merge, fault) &&
	       put_record(merge, ROW_REPORT, TEXT_NONE, &load_report_record, merge->report, fault);
}

bool builder_finish(struct builder *builder, void (*repeat)(const struct builder_repeat *, void *), void *repeat_arg,
	struct load_report *report, int64_t *line, struct fault *fault)
{
	static char name[16]; /* formulary.h promises it until the next load */
	static char source[256];
	struct merge merge = { .builder = builder, .report = report, .repeat = repeat, .repeat_arg = repeat_arg, .line = line };
	char file[GENERATION_PATH];
	bool ok;

	*report = (struct load_report){ .source = text_of(text_to_z(builder->source.source, source, sizeof(source))) };
	snprintf(name, sizeof(name), "%0*d", GENERATION_DIGITS, builder->generation.number);
	report->generation = text_of(name);
	arena_init(&merge.arena, PAIR_ARENA);
	merge.drugs = merge_drugs_new(builder->generation.path);
	ok = file_of(builder->generation.path, file, fault) && table_build_new(file, &merge.out, fault);
	if (ok) {
		ok = write_all(&merge, fault);
		if (ok)
			ok = table_build_finish(merge.out, fault);
		else
			table_build_drop(merge.out);
	}
	ok = ok && read_back(file, report->rows, fault);
	if (ok)
		report->bytes = generation_bytes(&builder->generation);
	ok = ok && generation_publish(&builder->generation, fault);
	merge_drugs_free(merge.drugs);
	free(merge.key);
	free(merge.value);
	arena_done(&merge.arena);
	builder_free(builder);
	return ok;
}
