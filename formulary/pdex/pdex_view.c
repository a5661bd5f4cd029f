/* SPDX-License-Identifier: Apache-2.0 */
/* The formularies of a generation, known by walking its plans once, and the walks from one resource to the next. */
#include "formulary/pdex/pdex_view.h"

#include "formulary/pdex/pdex_reading.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	VIEW_BYTES = 1 << 30, /* of all plans' formularies with the ids of their rules: some 300 each */
	PLAN_BYTES = 1 << 20,
};

static bool too_large(struct fault *fault)
{
	return fault_set(fault, FAULT_TOO_LARGE, "");
}

/* -- which formularies there are -- */

/* Rules that nobody has loaded make no difference. */
static bool has_rules(const struct pdex_view *view, const struct plan_row *plan, struct text id)
{
	return index_owner(&view->reading->index, plan->source, text_lit("COVERAGE"), id) != 0;
}

/* Which rules a plan applies to a formulary: 0 when they are those of the formulary's own name, and no others. */
static uint64_t rules_of(const struct pdex_view *view, const struct plan_row *plan, struct text formulary)
{
	bool own = false, other = false;
	uint64_t hash = 1;

	for (size_t i = 0; i < plan->coverage_n; i++) {
		if (!has_rules(view, plan, plan->coverage[i]))
			continue;
		own |= text_equal(plan->coverage[i], formulary);
		other |= !text_equal(plan->coverage[i], formulary);
		hash = (hash ^ text_hash(plan->coverage[i])) * UINT64_C(0x9e3779b97f4a7c15);
	}
	if (!other && own == has_rules(view, plan, formulary))
		return 0;
	return hash ? hash : 1;
}

static void name_it(struct pdex_formulary_of *formulary)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	size_t n = (size_t)snprintf(formulary->name, sizeof(formulary->name), "%u", formulary->owner);
	uint64_t rules = formulary->rules;

	if (!rules)
		return;
	formulary->name[n++] = 'h';
	for (int i = 0; i < 12; i++, rules >>= 5)
		formulary->name[n++] = letters[rules & 31];
	formulary->name[n] = '\0';
}

static struct pdex_formulary_of *push(struct pdex_view *view, uint32_t owner, uint64_t rules)
{
	const struct owner_row *row = &view->reading->index.owners[owner];
	struct pdex_formulary_of *formulary;

	if (view->n == PDEX_FORMULARIES_MAX)
		return NULL;
	if (view->n == view->room) {
		view->room = view->room ? 2 * view->room : 64;
		view->formularies = reallocarray(view->formularies, view->room, sizeof(*view->formularies));
		if (!view->formularies)
			abort();
	}
	formulary = &view->formularies[view->n++];
	*formulary = (struct pdex_formulary_of){ .owner = owner, .rules = rules, .source = row->source, .id = row->id,
		.plan_file = text_is(row->kind, "PRODUCT") };
	name_it(formulary);
	return formulary;
}

static bool has_one(struct pdex_view *view, uint32_t owner, uint64_t rules)
{
	for (size_t i = view->n; i-- > 0 && view->formularies[i].owner == owner;)
		if (view->formularies[i].rules == rules)
			return true;
	return false;
}

static bool add_named(struct pdex_view *view, const struct plan_row *plan, struct text id, struct fault *fault)
{
	uint32_t owner = id.n ? index_owner(&view->reading->index, plan->source, text_lit("STATUS"), id) : 0;
	struct pdex_formulary_of *formulary;
	uint64_t rules = rules_of(view, plan, id);

	if (!owner || has_one(view, owner, rules))
		return true;
	formulary = push(view, owner, rules);
	if (!formulary)
		return too_large(fault);
	formulary->coverage = arena_alloc(&view->arena, (plan->coverage_n + 1) * sizeof(*formulary->coverage));
	if (!formulary->coverage)
		return too_large(fault);
	for (size_t i = 0; i < plan->coverage_n; i++)
		formulary->coverage[formulary->coverage_n++] = plan->coverage[i]; /* in the mapping */
	return true;
}

static bool add_plans(struct pdex_view *view, struct fault *fault)
{
	char prefix = (char)ROW_PLAN;
	struct text key, value;
	struct table_walk walk;
	struct arena arena;
	bool ok = true;

	arena_init(&arena, PLAN_BYTES);
	table_walk_apart(view->reading->table, (struct text){ &prefix, 1 }, TEXT_NONE, &walk);
	while (ok && table_walk_next(&walk, &key, &value)) {
		struct plan_row plan = { 0 };

		if (!view->reading->counts[key_list(key)])
			continue;
		arena_reset(&arena);
		ok = record_unpack(&plan_row_record, &plan, &arena, value, fault) && add_named(view, &plan, plan.formulary, fault) &&
		     add_named(view, &plan, plan.additions, fault);
	}
	arena_done(&arena);
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

static int by_place(const void *a, const void *b)
{
	const struct pdex_formulary_of *left = a, *right = b;

	if (left->owner != right->owner)
		return left->owner < right->owner ? -1 : 1;
	return (left->rules > right->rules) - (left->rules < right->rules);
}

static bool has_rows(struct pdex_view *view, uint32_t owner, bool *rows, struct fault *fault)
{
	struct formulary_key prefix;
	struct table_walk walk;
	struct text key, value;

	pdex_reading_prefix(owner, &prefix);
	table_walk_apart(view->reading->table, key_text(&prefix), TEXT_NONE, &walk);
	*rows = pdex_reading_next(view->reading, &walk, &key, &value);
	return table_walk_end(&walk, fault);
}

/* Formularies that no plan names, and plans of plan files. A number once given stays, so an owner may have nothing left. */
static bool add_unnamed(struct pdex_view *view, struct fault *fault)
{
	const struct index *index = &view->reading->index;
	size_t named = view->n, at = 0;
	bool rows;

	for (uint32_t owner = 1; owner < index->owners_n; owner++) {
		const struct owner_row *row = &index->owners[owner];

		while (at < named && view->formularies[at].owner < owner)
			at++;
		if (!row->number || (at < named && view->formularies[at].owner == owner) ||
			(!text_is(row->kind, "STATUS") && !text_is(row->kind, "PRODUCT")))
			continue;
		if (!has_rows(view, owner, &rows, fault))
			return false;
		if (rows && !push(view, owner, 0))
			return too_large(fault);
	}
	return true;
}

static void sort_them(struct pdex_view *view)
{
	size_t kept = 0;

	if (!view->n)
		return;
	qsort(view->formularies, view->n, sizeof(*view->formularies), by_place);
	for (size_t i = 1; i < view->n; i++)
		if (by_place(&view->formularies[kept], &view->formularies[i]) != 0)
			view->formularies[++kept] = view->formularies[i];
	view->n = kept + 1;
}

static bool find_loaded(struct pdex_view *view, struct fault *fault)
{
	char class = (char)ROW_SOURCE;
	struct text key, value;
	struct table_walk walk;
	struct arena arena;
	bool ok = true;

	arena_init(&arena, PLAN_BYTES);
	table_walk_apart(view->reading->table, (struct text){ &class, 1 }, TEXT_NONE, &walk);
	while (ok && table_walk_next(&walk, &key, &value)) {
		struct formulary_source source = { 0 };

		ok = record_unpack(&formulary_source_record, &source, &arena, value, fault);
		if (source.loaded_ms > view->loaded_ms)
			view->loaded_ms = source.loaded_ms;
	}
	arena_done(&arena);
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

bool pdex_view_new(const struct formulary *formulary, struct pdex_view **out, struct fault *fault)
{
	struct pdex_view *view = calloc(1, sizeof(*view));

	if (!view)
		abort();
	view->reading = &formulary->now;
	view->number = formulary->now.number;
	memcpy(view->day, formulary->now.day, sizeof(view->day));
	arena_init(&view->arena, VIEW_BYTES);
	if (find_loaded(view, fault) && add_plans(view, fault)) {
		sort_them(view);
		if (add_unnamed(view, fault)) {
			sort_them(view);
			*out = view;
			return true;
		}
	}
	pdex_view_free(view);
	return false;
}

void pdex_view_free(struct pdex_view *view)
{
	if (!view)
		return;
	arena_done(&view->arena);
	free(view->formularies);
	free(view);
}

bool pdex_view_current(const struct pdex_view *view, const struct formulary *formulary)
{
	return view->reading == &formulary->now && view->number == formulary->now.number && strcmp(view->day, formulary->now.day) == 0;
}

size_t pdex_view_formularies(const struct pdex_view *view)
{
	return view->n;
}

const struct pdex_formulary_of *pdex_view_formulary(const struct pdex_view *view, size_t i)
{
	return &view->formularies[i];
}

/* "12", "12habc...": the owner's number, then the rules. */
size_t pdex_view_place(const struct pdex_view *view, struct text name, bool *same)
{
	size_t low = 0, high = view->n;
	uint64_t owner = 0;
	size_t i = 0;

	for (; i < name.n && name.at[i] >= '0' && name.at[i] <= '9' && owner <= UINT32_MAX; i++)
		owner = owner * 10 + (uint64_t)(name.at[i] - '0');
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (view->formularies[middle].owner < owner)
			low = middle + 1;
		else
			high = middle;
	}
	*same = false;
	for (size_t k = low; k < view->n && view->formularies[k].owner == owner; k++)
		if (text_is(name, view->formularies[k].name)) {
			*same = true;
			return k;
		}
	return low;
}

const struct pdex_formulary_of *pdex_view_of_plan(const struct pdex_view *view, const struct plan_row *plan, bool additions)
{
	struct text id = additions ? plan->additions : plan->formulary;
	struct pdex_formulary_of like = { .rules = rules_of(view, plan, id) };

	like.owner = id.n ? index_owner(&view->reading->index, plan->source, text_lit("STATUS"), id) : 0;
	if (!like.owner && !additions && text_is(plan->source, "plan-file")) {
		like.owner = index_owner(&view->reading->index, plan->source, text_lit("PRODUCT"), plan->plan);
		like.rules = 0;
	}
	return like.owner && view->n ? bsearch(&like, view->formularies, view->n, sizeof(like), by_place) : NULL;
}

bool pdex_view_header(const struct pdex_view *view, const struct pdex_formulary_of *formulary, struct formulary_list *out, struct fault *fault)
{
	struct formulary_list like = { .source = formulary->source, .kind = text_lit("STATUS"), .list_id = formulary->id };
	const struct index *index = &view->reading->index;
	struct formulary_key prefix;
	struct table_walk walk;
	struct text key, value;

	*out = (struct formulary_list){ .source = formulary->source, .list_id = formulary->id };
	for (uint32_t k = index_alike(index, &like, 0); k; k = index_alike(index, &like, k))
		if (view->reading->counts[k]) {
			*out = *index_list(index, k);
			return true;
		}
	/* no list has the formulary's name: what its first row is in says when it counts */
	pdex_reading_prefix(formulary->owner, &prefix);
	table_walk_apart(view->reading->table, key_text(&prefix), TEXT_NONE, &walk);
	if (pdex_reading_next(view->reading, &walk, &key, &value)) {
		const struct formulary_list *list = index_list(index, key_list(key));

		out->effective_date = list->effective_date;
		out->expiration_date = list->expiration_date;
	}
	return table_walk_end(&walk, fault);
}

int64_t pdex_view_loaded(const struct pdex_view *view)
{
	return view->loaded_ms;
}
