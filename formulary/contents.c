/* SPDX-License-Identifier: Apache-2.0 */
/* Walks what stands beside the rows of a generation. */
#include "formulary/contents.h"

#include "formulary/asking.h"

#include <stdlib.h>

#define PLAN_FILE text_lit("plan-file") /* the source of all plan files */

/* -- publishers -- */

static void count_lists(const struct index *index, struct source_contents *contents)
{
	for (uint32_t i = 1; i < index->lists_n; i++)
		if (index->lists[i].number && text_equal(index->lists[i].source, contents->source->source)) {
			contents->lists++;
			contents->rows += index->lists[i].rows;
		}
}

static bool read_report(const struct reading *reading, struct arena *arena, struct load_report *report, struct fault *fault)
{
	struct formulary_key key;
	struct text packed;

	key_start(&key, ROW_REPORT);
	return table_get(reading->table, key_text(&key), &packed, fault) &&
	       record_unpack(&load_report_record, report, arena, packed, fault);
}

bool formulary_contents_of(const struct formulary *formulary, struct arena *arena, struct formulary_contents *out, struct fault *fault)
{
	const struct reading *reading = &formulary->now;
	char prefix = (char)ROW_SOURCE;
	struct table_walk walk;
	struct text key, value;
	bool ok = true;

	*out = (struct formulary_contents){ .generation = formulary_generation(formulary), .report = arena_new(arena, struct load_report) };
	if (!out->report)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!read_report(reading, arena, out->report, fault))
		return false;
	table_walk(reading->table, (struct text){ &prefix, 1 }, TEXT_NONE, &walk);
	while (ok && table_walk_next(&walk, &key, &value)) {
		struct source_contents *item = arena_push(arena, (void **)&out->sources, &out->sources_n, sizeof(*item));

		if (!item || !(item->source = arena_new(arena, struct formulary_source))) {
			ok = fault_set(fault, FAULT_TOO_LARGE, "");
			break;
		}
		ok = record_unpack(&formulary_source_record, item->source, arena, value, fault);
		if (ok)
			count_lists(&reading->index, item);
	}
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

/* -- lists -- */

bool formulary_lists_of(const struct formulary *formulary, struct text source, struct text kind, int64_t after, struct arena *arena,
	struct list_page *out, struct fault *fault)
{
	const struct index *index = &formulary->now.index;
	struct buffer next;

	*out = (struct list_page){ .generation = formulary_generation(formulary) };
	for (uint32_t i = after < 0 || after >= UINT32_MAX ? 1 : (uint32_t)after + 1; i < index->lists_n; i++) {
		const struct formulary_list *list = &index->lists[i];
		struct formulary_list *item;

		if (!list->number || (source.n && !text_equal(list->source, source)) || (kind.n && !text_equal(list->kind, kind)))
			continue;
		if (out->lists_n == CONTENTS_PAGE) {
			buffer_init(&next, arena, 12);
			buffer_add_int(&next, out->lists[out->lists_n - 1].number);
			out->more = true;
			out->next = buffer_text(&next);
			return true;
		}
		item = arena_push(arena, (void **)&out->lists, &out->lists_n, sizeof(*item));
		if (!item)
			return fault_set(fault, FAULT_TOO_LARGE, "");
		*item = *list;
	}
	return true;
}

/* -- plans -- */

static bool add_plan(struct plan_page *out, const struct plan_row *plan, struct arena *arena, struct fault *fault)
{
	struct plan_row *item = arena_push(arena, (void **)&out->plans, &out->plans_n, sizeof(*item));

	if (!item)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	*item = *plan;
	return true;
}

/* Those of lists, which are rows in the order of their names: one more than a page, to know whether there are more. */
static bool plans_of_lists(const struct reading *reading, struct text source, struct text after, struct arena *arena, struct plan_page *out,
	struct fault *fault)
{
	struct formulary_key prefix, from;
	struct table_walk walk;
	struct found found;
	bool ok = true;

	key_start(&prefix, ROW_PLAN);
	key_start(&from, ROW_PLAN);
	key_add(&from, after);
	table_walk(reading->table, key_text(&prefix), key_text(&from), &walk);
	while (ok && out->plans_n <= CONTENTS_PAGE && asking_next_row(reading, &walk, &found)) {
		struct plan_row plan = { 0 };

		ok = record_unpack(&plan_row_record, &plan, arena, found.value, fault);
		if (ok && text_compare(plan.plan, after) > 0 && (!source.n || text_equal(plan.source, source)) &&
			!(out->plans_n && text_equal(out->plans[out->plans_n - 1].plan, plan.plan)))
			ok = add_plan(out, &plan, arena, fault);
	}
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

/* Those of plan files, which are lists. */
static bool plans_of_files(const struct index *index, struct text source, struct text after, struct arena *arena, struct plan_page *out,
	struct fault *fault)
{
	if (source.n && !text_equal(source, PLAN_FILE))
		return true;
	for (uint32_t i = 1; i < index->lists_n; i++) {
		const struct formulary_list *list = &index->lists[i];
		struct plan_row plan = { .plan = list->list_id, .source = list->source, .line = list->line };

		if (list->number && text_is(list->kind, "PRODUCT") && text_compare(list->list_id, after) > 0 &&
			!add_plan(out, &plan, arena, fault))
			return false;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return text_compare(((const struct plan_row *)a)->plan, ((const struct plan_row *)b)->plan);
}

bool formulary_plans_of(const struct formulary *formulary, struct text source, struct text after, struct arena *arena, struct plan_page *out,
	struct fault *fault)
{
	const struct reading *reading = &formulary->now;

	*out = (struct plan_page){ .generation = formulary_generation(formulary) };
	if (!plans_of_lists(reading, source, after, arena, out, fault) ||
		!plans_of_files(&reading->index, source, after, arena, out, fault))
		return false;
	if (out->plans_n)
		qsort(out->plans, out->plans_n, sizeof(*out->plans), by_name);
	if (out->plans_n > CONTENTS_PAGE) {
		out->plans_n = CONTENTS_PAGE;
		out->more = true;
		out->next = out->plans[CONTENTS_PAGE - 1].plan;
	}
	return true;
}

/* -- one plan -- */

static bool holds(const struct text *ids, size_t n, struct text id)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal(ids[i], id))
			return true;
	return false;
}

/* Whether the plan names this list. */
static bool names(const struct plan_row *plan, const struct formulary_list *list)
{
	const struct {
		const char *kind;
		bool named;
	} rows[] = {
		{ "PRODUCT", text_equal(list->list_id, plan->plan) },
		{ "STATUS", text_equal(list->list_id, plan->formulary) || (plan->additions.n && text_equal(list->list_id, plan->additions)) },
		{ "ALTERNATIVE", text_equal(list->list_id, plan->alternative) },
		{ "COVERAGE", holds(plan->coverage, plan->coverage_n, list->list_id) },
		{ "COPAY", holds(plan->copay, plan->copay_n, list->list_id) },
	};

	for (size_t i = 0; text_equal(list->source, plan->source) && i < sizeof(rows) / sizeof(*rows); i++)
		if (text_is(list->kind, rows[i].kind))
			return rows[i].named;
	return false;
}

static bool add_lists(const struct reading *reading, struct arena *arena, struct plan_contents *out, struct fault *fault)
{
	for (uint32_t i = 1; i < reading->index.lists_n; i++) {
		const struct formulary_list *list = &reading->index.lists[i];
		struct formulary_list *item;

		if (!list->number || !reading->counts[i] || !names(out->plan, list))
			continue;
		item = arena_push(arena, (void **)&out->lists, &out->lists_n, sizeof(*item));
		if (!item)
			return fault_set(fault, FAULT_TOO_LARGE, "");
		*item = *list;
	}
	return true;
}

static bool add_bins(const struct reading *reading, struct arena *arena, struct plan_contents *out, struct fault *fault)
{
	struct formulary_key key;
	struct table_walk walk;
	struct found found;
	bool ok = true;

	key_start(&key, ROW_BIN);
	table_walk(reading->table, key_text(&key), TEXT_NONE, &walk);
	while (ok && asking_next_row(reading, &walk, &found)) {
		struct bin_line bin = { 0 }, *item;

		ok = record_unpack(&bin_line_record, &bin, arena, found.value, fault);
		if (!ok || !text_equal(bin.plan, out->plan->plan))
			continue;
		item = arena_push(arena, (void **)&out->bins, &out->bins_n, sizeof(*item));
		if (!item)
			ok = fault_set(fault, FAULT_TOO_LARGE, "");
		else
			*item = bin;
	}
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

bool formulary_plan_of(const struct formulary *formulary, struct text plan, struct arena *arena, struct plan_contents *out, bool *found,
	struct fault *fault)
{
	const struct reading *reading = &formulary->now;
	struct asking asking = { .reading = reading, .arena = arena, .fault = fault };

	*out = (struct plan_contents){ .generation = formulary_generation(formulary), .day = text_of(reading->day),
		.plan = arena_new(arena, struct plan_row) };
	if (!out->plan)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (index_same_list(&reading->index, &(struct formulary_list){ .source = PLAN_FILE, .kind = text_lit("PRODUCT"), .list_id = plan }))
		asking.plan = (struct plan_row){ .plan = plan, .source = PLAN_FILE };
	else if (!asking_find_plan(&asking, plan, found))
		return false;
	*found = asking.plan.plan.n > 0;
	if (!*found)
		return true;
	*out->plan = asking.plan;
	return add_lists(reading, arena, out, fault) && add_bins(reading, arena, out, fault);
}
