/* SPDX-License-Identifier: Apache-2.0 */
/* One resource after the other, each in an arena that is then forgotten. */
#include "formulary/pdex/pdex_write.h"

#include "base/json.h"
#include "formulary/reading.h"

#include <stdio.h>

enum { ARENA_MAX = 64 << 20 }; /* bytes: one plan with all its costs */

struct writing {
	const struct pdex_view *view;
	struct pdex_written *out;
	struct arena arena;
	FILE *file;
};

static bool begin(struct writing *writing, const char *into, const char *name, struct fault *fault)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s.ndjson", into, name);

	writing->file = n > 0 && (size_t)n < sizeof(path) ? fopen(path, "we") : NULL;
	return writing->file || fault_set(fault, FAULT_FILE, name);
}

static bool end(struct writing *writing, const char *name, bool ok, struct fault *fault)
{
	bool bad = ferror(writing->file);

	if (fclose(writing->file))
		bad = true;
	return ok && (!bad || fault_set(fault, FAULT_FILE, name));
}

/* resource NULL: there is none to write. */
static bool put(struct writing *writing, struct make *make, const struct pdex_resource *resource, int64_t *count, struct fault *fault)
{
	struct buffer line;

	if (!make_done(make))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!resource)
		return true;
	buffer_init(&line, &writing->arena, 1024);
	json_write(&pdex_resource_record, resource, &line);
	buffer_lit(&line, "\n");
	if (line.failed)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	++*count;
	fwrite(line.at, 1, line.n, writing->file);
	return true;
}

static bool put_formularies(struct writing *writing, struct fault *fault)
{
	for (size_t i = 0; i < pdex_view_formularies(writing->view); i++) {
		const struct pdex_formulary_of *formulary = pdex_view_formulary(writing->view, i);
		struct formulary_list header;
		struct make make;

		arena_reset(&writing->arena);
		make_init(&make, &writing->arena);
		if (!pdex_view_header(writing->view, formulary, &header, fault) ||
			!put(writing, &make, pdex_make_formulary(&make, writing->view, formulary, &header), &writing->out->formularies, fault))
			return false;
	}
	return true;
}

static bool put_plans(struct writing *writing, struct fault *fault)
{
	char last[KEY_MAX];
	struct text after = TEXT_NONE;
	bool of_file = false, there;

	for (;;) {
		struct pdex_plan_of plan;
		struct make make;

		arena_reset(&writing->arena);
		make_init(&make, &writing->arena);
		if (!pdex_view_plan_next(writing->view, after, of_file, &writing->arena, &plan, &there, fault))
			return false;
		if (!there)
			return true;
		after = (struct text){ last, plan.row.plan.n < sizeof(last) ? plan.row.plan.n : sizeof(last) };
		memcpy(last, plan.row.plan.at, after.n);
		of_file = !plan.list;
		if (!put(writing, &make, pdex_make_plan(&make, writing->view, &plan, &writing->out->losses), &writing->out->plans, fault))
			return false;
	}
}

static bool put_items(struct writing *writing, const struct pdex_formulary_of *formulary, struct fault *fault)
{
	struct text after = TEXT_NONE;
	bool there;

	for (;;) {
		struct pdex_item item;
		struct make make;

		arena_reset(&writing->arena);
		make_init(&make, &writing->arena);
		if (!pdex_view_item_next(writing->view, formulary, after, &writing->arena, &item, &there, fault))
			return false;
		if (!there)
			return true;
		after = item.product; /* in the mapping */
		if (!put(writing, &make, pdex_make_item(&make, writing->view, &item, &writing->out->losses), &writing->out->items, fault))
			return false;
	}
}

static bool put_all_items(struct writing *writing, struct fault *fault)
{
	for (size_t i = 0; i < pdex_view_formularies(writing->view); i++)
		if (!put_items(writing, pdex_view_formulary(writing->view, i), fault))
			return false;
	return true;
}

static bool put_drugs(struct writing *writing, struct fault *fault)
{
	struct text after = TEXT_NONE;
	bool there;

	for (;;) {
		struct pdex_drug_of drug;
		struct make make;

		arena_reset(&writing->arena);
		make_init(&make, &writing->arena);
		if (!pdex_view_drug_next(writing->view, after, &writing->arena, &drug, &there, fault))
			return false;
		if (!there)
			return true;
		after = drug.product;
		if (!put(writing, &make, pdex_make_drug(&make, writing->view, &drug, &writing->out->losses), &writing->out->drugs, fault))
			return false;
	}
}

/* What these resources have no place for at all. */
static void count_others(const struct formulary *formulary, struct pdex_written *out)
{
	static const char with_place[] = "PRODUCT STATUS COVERAGE COPAY PLAN LINK NAME";
	const struct index *index = &formulary->now.index;

	for (uint32_t i = 1; i < index->lists_n; i++) {
		struct text kind = index->lists[i].kind;

		if (!index->lists[i].number || !formulary->now.counts[i] || text_in_list(kind, with_place))
			continue;
		for (size_t k = 0; k < sizeof(out->other) / sizeof(out->other[0]); k++) {
			if (!out->other[k].lists)
				text_to_z(kind, out->other[k].kind, sizeof(out->other[k].kind));
			if (!text_is(kind, out->other[k].kind))
				continue;
			out->other[k].lists++;
			break;
		}
	}
}

static bool write_files(struct writing *writing, const char *into, struct fault *fault)
{
	return begin(writing, into, "InsurancePlan", fault) &&
	       end(writing, "InsurancePlan", put_formularies(writing, fault) && put_plans(writing, fault), fault) &&
	       begin(writing, into, "MedicationKnowledge", fault) && end(writing, "MedicationKnowledge", put_drugs(writing, fault), fault) &&
	       begin(writing, into, "Basic", fault) && end(writing, "Basic", put_all_items(writing, fault), fault);
}

bool pdex_write(const struct formulary *formulary, const char *into, struct pdex_written *out, struct fault *fault)
{
	struct writing writing = { .out = out };
	struct pdex_view *view;
	bool ok;

	*out = (struct pdex_written){ 0 };
	if (!pdex_view_new(formulary, &view, fault))
		return false;
	writing.view = view;
	arena_init(&writing.arena, ARENA_MAX);
	count_others(formulary, out);
	ok = write_files(&writing, into, fault);
	arena_done(&writing.arena);
	pdex_view_free(view);
	return ok;
}
