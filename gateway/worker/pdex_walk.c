/* SPDX-License-Identifier: Apache-2.0 */
/* Steps through formularies, plans, items or drugs. A query that names ids, a formulary or a drug's code looks only there. */
#include "gateway/worker/worker_pdex.h"

#include "formulary/keys.h"
#include "formulary/pdex/pdex_codes.h"

#include <stdlib.h>
#include <string.h>

static bool done(struct pdex_walk *walk, struct fault *fault)
{
	return make_done(&walk->make) || fault_set(fault, FAULT_TOO_LARGE, "");
}

/* -- one by its id -- */

static bool read_formulary(struct pdex_walk *walk, const struct pdex_formulary_of *formulary, struct pdex_candidate *out, struct fault *fault)
{
	struct formulary_list header;

	if (!pdex_view_header(walk->view, formulary, &header, fault))
		return false;
	make_init(&walk->make, walk->arena);
	out->resource = pdex_make_formulary(&walk->make, walk->view, formulary, &header);
	if (!done(walk, fault))
		return false;
	out->id = out->resource->insurance_plan->id;
	return true;
}

static bool take_plan(struct pdex_walk *walk, const struct pdex_plan_of *plan, struct pdex_candidate *out, struct fault *fault)
{
	char id[PDEX_ID_MAX + 1];

	make_init(&walk->make, walk->arena);
	out->resource = pdex_make_plan(&walk->make, walk->view, plan, &walk->losses);
	out->id = make_text(&walk->make, text_lit("P."), pdex_id_write(plan->row.plan, PDEX_PLAN_ROOM, id), TEXT_NONE);
	out->formulary = pdex_view_of_plan(walk->view, &plan->row, false);
	return done(walk, fault);
}

static bool take_item(struct pdex_walk *walk, const struct pdex_item *item, struct pdex_candidate *out, struct fault *fault)
{
	char id[PDEX_ID_MAX + 1];

	make_init(&walk->make, walk->arena);
	out->resource = pdex_make_item(&walk->make, walk->view, item, &walk->losses);
	out->id = make_text(&walk->make, text_of(item->formulary->name), text_lit("."), pdex_id_write(item->product, PDEX_PRODUCT_ROOM, id));
	out->formulary = item->formulary;
	out->product = item->product;
	out->name = item->status->description;
	return done(walk, fault);
}

static bool take_drug(struct pdex_walk *walk, const struct pdex_drug_of *drug, struct pdex_candidate *out, struct fault *fault)
{
	make_init(&walk->make, walk->arena);
	out->resource = pdex_make_drug(&walk->make, walk->view, drug, &walk->losses);
	if (!done(walk, fault))
		return false;
	out->id = out->resource->drug->id;
	out->name = drug->description;
	out->product = drug->product;
	return true;
}

static bool read_plan(struct pdex_walk *walk, struct text id, struct pdex_candidate *out, struct fault *fault)
{
	struct text name = { id.at + 2, id.n - 2 };
	struct pdex_plan_of plan;
	bool same, there;
	size_t place;

	if (text_starts(id, "F.")) {
		place = pdex_view_place(walk->view, name, &same);
		return !same || read_formulary(walk, pdex_view_formulary(walk->view, place), out, fault);
	}
	if (!text_starts(id, "P.") || !name.n)
		return true;
	return pdex_view_plan(walk->view, name, walk->arena, &plan, &there, fault) && (!there || take_plan(walk, &plan, out, fault));
}

/* "12.R1000091": formulary and product. */
static bool find_item(struct pdex_walk *walk, struct text id, const struct pdex_formulary_of **formulary, struct text *product, struct fault *fault)
{
	struct text rest = id, name = text_cut(&rest, '.');
	bool same = false;
	size_t place = pdex_view_place(walk->view, name, &same);

	*formulary = same ? pdex_view_formulary(walk->view, place) : NULL;
	*product = TEXT_NONE;
	return !same || pdex_view_item_of(walk->view, *formulary, rest, walk->arena, product, fault);
}

bool pdex_walk_read(struct pdex_walk *walk, struct text id, struct pdex_candidate *out, struct fault *fault)
{
	const struct pdex_formulary_of *formulary;
	struct pdex_drug_of drug;
	struct pdex_item item;
	struct text product;
	bool there = false;

	*out = (struct pdex_candidate){ 0 };
	switch (walk->kind) {
	case PDEX_PLANS:
		return read_plan(walk, id, out, fault);
	case PDEX_ITEMS:
		if (!find_item(walk, id, &formulary, &product, fault))
			return false;
		if (!product.n)
			return true;
		return pdex_view_item(walk->view, formulary, product, walk->arena, &item, &there, fault) &&
		       (!there || take_item(walk, &item, out, fault));
	case PDEX_DRUGS:
	case PDEX_KINDS:
		return pdex_view_drug_of(walk->view, id, walk->arena, &drug, &there, fault) && (!there || take_drug(walk, &drug, out, fault));
	}
	__builtin_unreachable();
}

/* -- where to look -- */

static bool add_product(struct pdex_walk *walk, struct text product)
{
	if (!product.n || walk->products_n == PDEX_PRODUCTS_MAX)
		return true;
	for (size_t i = 0; i < walk->products_n; i++)
		if (text_equal(walk->products[i], product))
			return true;
	walk->products[walk->products_n] = arena_text(walk->arena, product);
	return walk->products[walk->products_n++].n > 0;
}

/* A code of a drug: the product itself, and those that lists link to it. */
static bool add_code(struct pdex_walk *walk, struct text value, struct fault *fault)
{
	static const struct {
		const char *system;
		char kind;
	} systems[] = { { PDEX_RXNORM, 'R' }, { PDEX_NDC, 'N' } };
	const char *bar = memchr(value.at ? value.at : "", '|', value.n);
	struct text code = bar ? (struct text){ bar + 1, value.n - (size_t)(bar + 1 - value.at) } : value;

	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		char key[PRODUCT_KEY_MAX];
		struct pdex_drug_of drug = { 0 };

		if (!code.n || !pdex_token_fits(value, text_of(systems[i].system), code))
			continue;
		drug.product = systems[i].kind == 'R' ? product_rxcui(code, key) : product_ndc(code, key);
		if (!drug.product.n)
			continue;
		if (!add_product(walk, drug.product))
			return fault_set(fault, FAULT_TOO_LARGE, "");
		if (!pdex_view_links(walk->view, &drug, walk->arena, fault))
			return false;
		for (size_t k = 0; k < drug.links_n; k++)
			if (!add_product(walk, drug.links[k]))
				return fault_set(fault, FAULT_TOO_LARGE, "");
	}
	return true;
}

static int by_key(const void *a, const void *b)
{
	return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Only the first parameter of a name leads: the others are compared with what is found. */
static bool find_products(struct pdex_walk *walk, struct fault *fault)
{
	struct text codes = query_of(walk->query, walk->kind == PDEX_ITEMS ? "subject:MedicationKnowledge.code" : "code");
	struct text subjects = walk->kind == PDEX_ITEMS ? query_of(walk->query, "subject") : TEXT_NONE;

	walk->by_product = walk->kind != PDEX_PLANS && (text_there(codes) || text_there(subjects));
	while (walk->by_product && text_there(codes))
		if (!add_code(walk, pdex_value(&codes), fault))
			return false;
	while (text_there(subjects) && !query_count(walk->query, "subject:MedicationKnowledge.code")) {
		struct text id = pdex_id_in(pdex_value(&subjects), "MedicationKnowledge");
		struct pdex_drug_of drug;
		bool there;

		if (!pdex_view_drug_of(walk->view, id, walk->arena, &drug, &there, fault))
			return false;
		if (there && !add_product(walk, drug.product))
			return fault_set(fault, FAULT_TOO_LARGE, "");
	}
	if (walk->products_n)
		qsort(walk->products, walk->products_n, sizeof(*walk->products), by_key);
	return true;
}

/* Goes on behind the resource with this id. */
static bool begin_behind(struct pdex_walk *walk, struct text cursor, struct fault *fault)
{
	const struct pdex_formulary_of *formulary;
	struct pdex_candidate last;
	struct text name = { cursor.at + 2, cursor.n < 2 ? 0 : cursor.n - 2 };
	struct pdex_plan_of plan;
	bool there = false, same;

	switch (walk->kind) {
	case PDEX_PLANS:
		if (text_starts(cursor, "F.")) {
			walk->place = pdex_view_place(walk->view, name, &same);
			walk->place += same;
			return true;
		}
		if (text_starts(cursor, "P.") && !pdex_view_plan(walk->view, name, walk->arena, &plan, &there, fault))
			return false;
		if (!there)
			return fault_set(fault, FAULT_BAD_TEXT, "_cursor");
		walk->plans = true;
		walk->after = plan.row.plan;
		walk->plan_files = !plan.list;
		return true;
	case PDEX_ITEMS:
		if (!find_item(walk, cursor, &formulary, &walk->after, fault))
			return false;
		if (!formulary)
			return fault_set(fault, FAULT_BAD_TEXT, "_cursor");
		walk->place = pdex_view_place(walk->view, text_of(formulary->name), &there);
		walk->place += !walk->after.n; /* its end */
		return true;
	case PDEX_DRUGS:
	case PDEX_KINDS:
		if (!pdex_walk_read(walk, cursor, &last, fault))
			return false;
		walk->after = last.product;
		return last.resource || fault_set(fault, FAULT_BAD_TEXT, "_cursor");
	}
	__builtin_unreachable();
}

bool pdex_walk_begin(struct pdex_walk *walk, const struct pdex_view *view, enum pdex_kind kind, const struct query *query, struct text cursor,
	struct arena *arena, struct fault *fault)
{
	*walk = (struct pdex_walk){ .view = view, .query = query, .arena = arena, .kind = kind };
	if (!query)
		return true;
	walk->ids = query_of(query, "_id");
	walk->by_id = text_there(walk->ids);
	walk->formularies = kind == PDEX_ITEMS ? query_of(query, "formulary") : TEXT_NONE;
	walk->by_formulary = text_there(walk->formularies);
	if (!find_products(walk, fault))
		return false;
	return !text_there(cursor) || walk->by_id || begin_behind(walk, cursor, fault);
}

/* -- steps -- */

static bool next_formulary_or_plan(struct pdex_walk *walk, struct pdex_candidate *out, bool *there, struct fault *fault)
{
	struct pdex_plan_of plan;

	if (!walk->plans && walk->place < pdex_view_formularies(walk->view)) {
		*there = true;
		return read_formulary(walk, pdex_view_formulary(walk->view, walk->place++), out, fault);
	}
	walk->plans = true;
	if (!pdex_view_plan_next(walk->view, walk->after, walk->plan_files, walk->arena, &plan, there, fault))
		return false;
	if (!*there)
		return true;
	walk->after = plan.row.plan;
	walk->plan_files = !plan.list;
	return take_plan(walk, &plan, out, fault);
}

/* The formularies that the query names are looked at in the order of all, so that a cursor knows where it is. */
static bool is_asked(struct pdex_walk *walk, const struct pdex_formulary_of *formulary)
{
	struct text rest = walk->formularies;

	if (!walk->by_formulary)
		return true;
	while (text_there(rest)) {
		struct text id = pdex_id_in(pdex_value(&rest), "InsurancePlan");

		if (text_starts(id, "F.") && text_is((struct text){ id.at + 2, id.n - 2 }, formulary->name))
			return true;
	}
	return false;
}

/* With one formulary alone there is nothing to pass by on the way to it. */
static void pass_formularies(struct pdex_walk *walk)
{
	size_t n = pdex_view_formularies(walk->view);
	struct text rest = walk->formularies;
	size_t nearest = n;

	if (!walk->by_formulary)
		return;
	while (text_there(rest)) {
		struct text id = pdex_id_in(pdex_value(&rest), "InsurancePlan");
		bool same = false;
		size_t place;

		if (!text_starts(id, "F."))
			continue;
		place = pdex_view_place(walk->view, (struct text){ id.at + 2, id.n - 2 }, &same);
		if (same && place >= walk->place && place < nearest)
			nearest = place;
	}
	if (nearest != walk->place) {
		walk->place = nearest;
		walk->after = TEXT_NONE;
		walk->product = 0;
	}
}

static bool step_item(struct pdex_walk *walk, struct pdex_item *item, bool *there, struct fault *fault)
{
	const struct pdex_formulary_of *formulary = pdex_view_formulary(walk->view, walk->place);

	*there = false;
	if (!walk->by_product)
		return pdex_view_item_next(walk->view, formulary, walk->after, walk->arena, item, there, fault);
	while (walk->product < walk->products_n && walk->after.n && text_compare(walk->products[walk->product], walk->after) <= 0)
		walk->product++;
	while (!*there && walk->product < walk->products_n)
		if (!pdex_view_item(walk->view, formulary, walk->products[walk->product++], walk->arena, item, there, fault))
			return false;
	return true;
}

/* A formulary at whose end nothing was found is a step, too: the page's reads are counted by them. */
static bool next_item(struct pdex_walk *walk, struct pdex_candidate *out, bool *there, struct fault *fault)
{
	struct pdex_item item;
	bool found;

	pass_formularies(walk);
	*there = walk->place < pdex_view_formularies(walk->view);
	if (!*there)
		return true;
	if (is_asked(walk, pdex_view_formulary(walk->view, walk->place))) {
		if (!step_item(walk, &item, &found, fault))
			return false;
		if (found) {
			walk->after = item.product;
			return take_item(walk, &item, out, fault);
		}
	}
	make_init(&walk->make, walk->arena);
	out->id = make_text(&walk->make, text_of(pdex_view_formulary(walk->view, walk->place)->name), text_lit("."), TEXT_NONE);
	walk->place++;
	walk->after = TEXT_NONE;
	walk->product = 0;
	return done(walk, fault);
}

static bool next_drug(struct pdex_walk *walk, struct pdex_candidate *out, bool *there, struct fault *fault)
{
	struct pdex_drug_of drug;
	bool found;

	if (!walk->by_product) {
		if (!pdex_view_drug_next(walk->view, walk->after, walk->arena, &drug, there, fault))
			return false;
		if (!*there)
			return true;
		walk->after = drug.product;
		return take_drug(walk, &drug, out, fault);
	}
	while (walk->product < walk->products_n && walk->after.n && text_compare(walk->products[walk->product], walk->after) <= 0)
		walk->product++;
	*there = walk->product < walk->products_n;
	if (!*there)
		return true;
	walk->after = walk->products[walk->product++];
	return pdex_view_drug(walk->view, walk->after, walk->arena, &drug, &found, fault) && (!found || take_drug(walk, &drug, out, fault));
}

bool pdex_walk_next(struct pdex_walk *walk, struct pdex_candidate *out, bool *there, struct fault *fault)
{
	*out = (struct pdex_candidate){ 0 };
	if (walk->by_id) {
		*there = text_there(walk->ids);
		return !*there || pdex_walk_read(walk, pdex_value(&walk->ids), out, fault);
	}
	switch (walk->kind) {
	case PDEX_PLANS:
		return next_formulary_or_plan(walk, out, there, fault);
	case PDEX_ITEMS:
		return next_item(walk, out, there, fault);
	case PDEX_DRUGS:
	case PDEX_KINDS:
		return next_drug(walk, out, there, fault);
	}
	__builtin_unreachable();
}
