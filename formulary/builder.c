/* SPDX-License-Identifier: Apache-2.0 */
/* Takes lists and rows of a load and has them sorted; formulary/merge.c makes the generation of them. */
#include "formulary/builder.h"

#include "formulary/merge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SORT_MEMORY = 192 << 20, /* bytes of rows held before a run is written */
	ROW_ARENA = 16 << 20,    /* bytes: one row, packed */
	LINE_BYTES = 8,
};

static void today(int64_t wall_ms, char day[9])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(day, 9, "%Y%m%d", &tm);
}

/* What another format put under this name would be changed by rules that are not its own. */
static bool format_good(const struct builder *builder, const struct builder_setup *setup, struct fault *fault)
{
	const struct index *index = &builder->index;
	struct formulary_source known = { 0 };
	struct formulary_key key;
	struct text packed;
	struct arena arena;
	char where[FAULT_PATH_MAX];
	bool has_lists = false, ok;

	for (size_t i = 1; i < index->lists_n && !has_lists; i++)
		has_lists = index->lists[i].number && text_equal(index->lists[i].source, setup->source.source);
	if (!has_lists)
		return true;
	key_start(&key, ROW_SOURCE);
	key_add(&key, setup->source.source);
	if (!table_get(builder->previous, key_text(&key), &packed, fault))
		return false;
	if (!text_there(packed))
		return true;
	arena_init(&arena, ROW_ARENA);
	ok = record_unpack(&formulary_source_record, &known, &arena, packed, fault);
	if (ok && !text_equal(known.format, setup->source.format)) {
		snprintf(where, sizeof(where), "source (its lists came in the format %.*s)", TEXT_ARGS(known.format));
		ok = fault_set(fault, FAULT_RULE, where);
	}
	arena_done(&arena);
	return ok;
}

bool builder_begin(const struct builder_setup *setup, struct builder **out, struct fault *fault)
{
	struct builder *builder = calloc(1, sizeof(*builder));

	if (!builder)
		abort();
	builder->generation.lock = -1;
	builder->action = setup->action;
	builder->whole = setup->whole;
	arena_init(&builder->arena, ROW_ARENA);
	index_init(&builder->index);
	if (!merge_begin(builder, setup->directory, fault) || !format_good(builder, setup, fault)) {
		builder_free(builder);
		return false;
	}
	builder->source = setup->source;
	builder->source.source = arena_text(&builder->index.arena, setup->source.source);
	builder->source.format = arena_text(&builder->index.arena, setup->source.format);
	builder->source.file = arena_text(&builder->index.arena, setup->source.file);
	builder->source.extract_date = arena_text(&builder->index.arena, setup->source.extract_date);
	builder->source.control = arena_text(&builder->index.arena, setup->source.control);
	today(setup->source.loaded_ms, builder->day);
	builder->sort = sort_new(builder->generation.path, SORT_MEMORY);
	*out = builder;
	return true;
}

void builder_free(struct builder *builder)
{
	if (!builder)
		return;
	sort_free(builder->sort);
	table_free(builder->previous);
	index_done(&builder->index);
	arena_done(&builder->arena);
	free(builder->plans);
	free(builder->described);
	generation_end(&builder->generation);
	free(builder);
}

/* What is to become of a list; the array follows the index. */
static struct list_plan *plan_of(struct builder *builder, uint32_t number)
{
	if (number >= builder->plans_n) {
		size_t wanted = builder->plans_n ? builder->plans_n : 64;

		while (wanted <= number)
			wanted *= 2;
		builder->plans = reallocarray(builder->plans, wanted, sizeof(*builder->plans));
		if (!builder->plans)
			abort();
		memset(builder->plans + builder->plans_n, 0, (wanted - builder->plans_n) * sizeof(*builder->plans));
		builder->plans_n = wanted;
	}
	return &builder->plans[number];
}

/* The header of this load takes the place of the one before once it is known that the list is taken. */
static bool keep_header(struct builder *builder, struct list_plan *plan, const struct formulary_list *list)
{
	struct buffer packed;

	buffer_init(&packed, &builder->index.arena, 256);
	record_pack(&formulary_list_record, list, &packed);
	plan->header = buffer_text(&packed);
	return !packed.failed;
}

bool builder_list(struct builder *builder, const struct formulary_list *list, enum builder_action action, uint32_t *number,
	struct fault *fault)
{
	struct formulary_list header = *list;
	struct formulary_list *known;
	struct list_plan *plan;
	bool fresh;

	header.source = builder->source.source;
	known = index_same_list(&builder->index, &header);
	fresh = !known;
	if (fresh && !(known = index_add_list(&builder->index, &header)))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	*number = (uint32_t)known->number;
	header.number = known->number;
	plan = plan_of(builder, *number);
	if (plan->brought)
		return true; /* it goes on */
	plan->brought = true;
	plan->removed = false;
	plan->fresh = fresh;
	plan->full = action == BUILDER_FULL;
	return keep_header(builder, plan, &header) || fault_set(fault, FAULT_TOO_LARGE, "");
}

void builder_refuse(struct builder *builder, uint32_t number)
{
	plan_of(builder, number)->refused = true;
}

bool builder_there(const struct builder *builder, uint32_t number)
{
	const struct list_plan *plan = number < builder->plans_n ? &builder->plans[number] : NULL;

	return index_list(&builder->index, number) && !(plan && (plan->removed || (plan->fresh && plan->refused)));
}

void builder_keep(struct builder *builder, uint32_t number)
{
	plan_of(builder, number)->kept = true;
}

void builder_remove(struct builder *builder, uint32_t number)
{
	plan_of(builder, number)->removed = true;
}

/* In front of the packed row: what is to be done with it, and its line. */
static struct text packed(struct builder *builder, const struct builder_row *row)
{
	struct buffer buffer;
	char *head;

	arena_reset(&builder->arena);
	buffer_init(&buffer, &builder->arena, 512);
	head = buffer_grow(&buffer, MERGE_HEAD);
	if (head) {
		head[0] = row->remove ? 'D' : 'A';
		memcpy(head + 1, &row->line, LINE_BYTES);
	}
	if (!row->remove)
		record_pack(row->record, row->rec, &buffer);
	return buffer_text(&buffer);
}

static bool add(struct builder *builder, const struct builder_row *row, struct formulary_key *key, struct fault *fault)
{
	struct text value = packed(builder, row);

	key_add(key, row->apart);
	key_add_number(key, row->list);
	if (!key->fits)
		return fault_set(fault, FAULT_TOO_LONG, "");
	if (!text_there(value))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	builder->rows++;
	return sort_add(builder->sort, key_text(key), value, fault);
}

bool builder_row(struct builder *builder, const struct builder_row *row, struct fault *fault)
{
	struct formulary_key key;
	uint32_t owner = 0;

	assert(row->class != ROW_BIN && row->class < ROW_DRUG);
	if (row->class == ROW_PRODUCT || row->class == ROW_CLASS) {
		owner = index_add_owner(&builder->index, builder->source.source, row->owner_kind, row->owner);
		if (!owner)
			return fault_set(fault, FAULT_TOO_LARGE, "");
	}
	key_body(&key, row->class, owner, row->body);
	return add(builder, row, &key, fault);
}

bool builder_bin(struct builder *builder, uint32_t list, const struct bin_line *bin, struct fault *fault)
{
	struct builder_row row = { .list = list, .class = ROW_BIN, .record = &bin_line_record, .rec = bin, .line = bin->line };
	struct formulary_key key;

	key_bin(&key, bin->bin, bin->pcn, bin->group);
	return add(builder, &row, &key, fault);
}

bool builder_bin_remove(struct builder *builder, uint32_t list, const struct bin_line *bin, int64_t line, struct fault *fault)
{
	struct builder_row row = { .list = list, .class = ROW_BIN, .remove = true, .line = line };
	struct formulary_key key;

	key_bin(&key, bin->bin, bin->pcn, bin->group);
	return add(builder, &row, &key, fault);
}

bool builder_brought(const struct builder *builder, const struct formulary_list *like)
{
	struct formulary_list own = *like;
	const struct formulary_list *list;

	own.source = builder->source.source;
	list = index_same_list(&builder->index, &own);
	return list && (size_t)list->number < builder->plans_n && builder->plans[list->number].brought;
}

bool builder_knows_plan(const struct builder *builder, struct text plan, bool *knows, struct fault *fault)
{
	struct formulary_key key;
	struct table_walk walk;
	struct text at, value;

	key_body(&key, ROW_PLAN, 0, plan);
	*knows = false;
	if (!builder->previous || !key.fits)
		return true;
	table_walk(builder->previous, key_text(&key), TEXT_NONE, &walk);
	*knows = table_walk_next(&walk, &at, &value);
	return table_walk_end(&walk, fault);
}

int64_t builder_rows(const struct builder *builder)
{
	return builder->rows;
}

const struct index *builder_index(const struct builder *builder)
{
	return &builder->index;
}
