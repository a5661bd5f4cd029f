/* SPDX-License-Identifier: Apache-2.0 */
/* From one item, plan or drug to the next. */
#include "formulary/pdex/pdex_reading.h"

#include <stdlib.h>

static bool too_large(struct fault *fault)
{
	return fault_set(fault, FAULT_TOO_LARGE, "");
}

void pdex_reading_prefix(uint32_t owner, struct formulary_key *key)
{
	key_start(key, ROW_PRODUCT);
	key_add_number(key, owner);
}

bool pdex_reading_next(const struct reading *reading, struct table_walk *walk, struct text *key, struct text *value)
{
	while (table_walk_next(walk, key, value)) {
		uint32_t number = key_list(*key);

		if (index_list(&reading->index, number) && reading->counts[number])
			return true;
	}
	return false;
}

/* What stands in a key behind `head` bytes, up to the end of that part. */
static struct text part_of(struct text key, size_t head)
{
	const char *end = memchr(key.at + head, 0x1f, key.n - head);

	return end ? (struct text){ key.at + head, (size_t)(end - key.at) - head } : TEXT_NONE;
}

/* The first key behind all rows of one body. */
static void pass_by(struct formulary_key *key, struct text body)
{
	key_add(key, body);
	key_add(key, text_lit("\040")); /* 0x1f ends a body */
}

/* Appends the rows that one list has of one product, as records of this kind. */
static bool add_rows(const struct pdex_view *view, uint32_t owner, struct text product, const struct record *record, void **rows, size_t *n,
	struct arena *arena, struct fault *fault)
{
	struct formulary_key body;
	struct table_walk walk;
	struct text key, value;
	bool ok = true;

	key_body(&body, ROW_PRODUCT, owner, product);
	table_walk_apart(view->reading->table, key_text(&body), TEXT_NONE, &walk);
	while (ok && pdex_reading_next(view->reading, &walk, &key, &value)) {
		void *row = arena_push(arena, rows, n, record->size);

		ok = row ? record_unpack(record, row, arena, value, fault) : too_large(fault);
	}
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

/* -- items -- */

static bool add_rules(const struct pdex_view *view, struct text owner_id, struct text product, struct arena *arena, struct pdex_item *item,
	struct fault *fault)
{
	uint32_t owner = index_owner(&view->reading->index, item->formulary->source, text_lit("COVERAGE"), owner_id);
	size_t known = item->rules_n;

	if (!owner)
		return true;
	if (!add_rows(view, owner, product, &coverage_row_record, (void **)&item->rules, &item->rules_n, arena, fault))
		return false;
	for (size_t i = known; i < item->rules_n; i++)
		if (text_is(item->rules[i].type, "DE"))
			item->listed = false;
	return true;
}

/* The rules of the product, and of the concepts that an NDC is linked to, as answers have them. */
static bool find_rules(const struct pdex_view *view, struct arena *arena, struct pdex_item *item, struct fault *fault)
{
	const struct pdex_formulary_of *formulary = item->formulary;
	struct pdex_drug_of drug = { .product = item->product };
	const struct text *coverage = formulary->rules ? formulary->coverage : &formulary->id;
	size_t n = formulary->rules ? formulary->coverage_n : 1;

	if (item->product.at[0] == 'N' && !pdex_view_links(view, &drug, arena, fault))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!add_rules(view, coverage[i], item->product, arena, item, fault))
			return false;
		for (size_t k = 0; k < drug.links_n; k++)
			if (drug.links[k].at[0] == 'R' && !add_rules(view, coverage[i], drug.links[k], arena, item, fault))
				return false;
	}
	return true;
}

static bool is_listed(const struct status_row *status)
{
	int64_t level;

	if (text_to_int(status->status, &level))
		return level > 1;
	return status->tier || status->tier_name.n;
}

/* A row of a plan file as a status. */
static bool read_coverage(struct pdex_item *item, struct text value, struct arena *arena, struct fault *fault)
{
	struct coverage *coverage = arena_new(arena, struct coverage);

	if (!coverage)
		return too_large(fault);
	if (!record_unpack(&coverage_record, coverage, arena, value, fault))
		return false;
	item->coverage = coverage;
	item->status->tier = coverage->tier;
	item->status->limits = coverage->limits;
	item->status->benefit = coverage->benefit;
	item->status->description = coverage->description;
	item->listed = text_is(coverage->status, "COVERED");
	return true;
}

static bool read_item(const struct pdex_view *view, struct text key, struct text value, struct arena *arena, struct pdex_item *out,
	struct fault *fault)
{
	enum { HEAD = 5 }; /* class, owner */

	out->product = part_of(key, HEAD);
	out->list = index_list(&view->reading->index, key_list(key));
	out->status = arena_new(arena, struct status_row);
	if (!out->status)
		return too_large(fault);
	if (out->formulary->plan_file)
		return read_coverage(out, value, arena, fault);
	if (!record_unpack(&status_row_record, out->status, arena, value, fault))
		return false;
	out->listed = is_listed(out->status);
	return find_rules(view, arena, out, fault);
}

bool pdex_view_item_next(const struct pdex_view *view, const struct pdex_formulary_of *formulary, struct text after, struct arena *arena,
	struct pdex_item *out, bool *there, struct fault *fault)
{
	struct formulary_key prefix, from;
	struct table_walk walk;
	struct text key, value;
	bool ok = true;

	*out = (struct pdex_item){ .formulary = formulary };
	pdex_reading_prefix(formulary->owner, &prefix);
	from = prefix;
	if (after.n)
		pass_by(&from, after);
	table_walk_apart(view->reading->table, key_text(&prefix), after.n ? key_text(&from) : TEXT_NONE, &walk);
	*there = pdex_reading_next(view->reading, &walk, &key, &value);
	if (*there)
		ok = read_item(view, key, value, arena, out, fault);
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

bool pdex_view_item(const struct pdex_view *view, const struct pdex_formulary_of *formulary, struct text product, struct arena *arena,
	struct pdex_item *out, bool *there, struct fault *fault)
{
	struct formulary_key body;
	struct table_walk walk;
	struct text key, value;
	bool ok = true;

	*out = (struct pdex_item){ .formulary = formulary };
	*there = false;
	key_body(&body, ROW_PRODUCT, formulary->owner, product);
	if (!body.fits)
		return true;
	table_walk_apart(view->reading->table, key_text(&body), TEXT_NONE, &walk);
	*there = pdex_reading_next(view->reading, &walk, &key, &value);
	if (*there)
		ok = read_item(view, key, value, arena, out, fault);
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

/* Among the bodies that begin as an id says, the one that it was made of. */
static bool find_body(const struct pdex_view *view, const struct formulary_key *prefix, size_t head, struct text id, size_t room, struct arena *arena,
	struct text *out, struct fault *fault)
{
	struct table_walk walk;
	struct text key, value;

	table_walk_apart(view->reading->table, key_text(prefix), TEXT_NONE, &walk);
	*out = TEXT_NONE;
	while (!out->n && table_walk_next(&walk, &key, &value)) {
		struct text body = (unsigned char)key.at[0] == ROW_DRUG ? (struct text){ key.at + head, key.n - head } : part_of(key, head);

		if (body.n && pdex_id_is(id, body, room))
			*out = arena_text(arena, body);
	}
	return table_walk_end(&walk, fault);
}

static bool body_of(const struct pdex_view *view, struct formulary_key *prefix, struct text id, size_t room, struct arena *arena, struct text *out,
	struct fault *fault)
{
	struct pdex_id read;
	size_t head = prefix->n;

	*out = TEXT_NONE;
	if (!id.n || !pdex_id_read(id, &read) || memchr(read.at, 0x1f, read.n))
		return true;
	if (read.whole) {
		*out = arena_text(arena, (struct text){ read.at, read.n });
		return true;
	}
	key_add(prefix, (struct text){ read.at, read.n });
	return find_body(view, prefix, head, id, room, arena, out, fault);
}

bool pdex_view_item_of(const struct pdex_view *view, const struct pdex_formulary_of *formulary, struct text id, struct arena *arena,
	struct text *product, struct fault *fault)
{
	struct formulary_key prefix;

	pdex_reading_prefix(formulary->owner, &prefix);
	return body_of(view, &prefix, id, PDEX_PRODUCT_ROOM, arena, product, fault);
}

/* -- plans -- */

static bool add_copays(const struct pdex_view *view, struct text owner_id, struct arena *arena, struct pdex_plan_of *plan, struct fault *fault)
{
	uint32_t owner = index_owner(&view->reading->index, plan->row.source, text_lit("COPAY"), owner_id);
	struct formulary_key body;
	struct table_walk walk;
	struct text key, value;

	if (!owner)
		return true;
	if (!add_rows(view, owner, PRODUCT_ALL, &copay_row_record, (void **)&plan->copays, &plan->copays_n, arena, fault))
		return false;
	pdex_reading_prefix(owner, &body);
	table_walk_apart(view->reading->table, key_text(&body), TEXT_NONE, &walk);
	if (pdex_reading_next(view->reading, &walk, &key, &value) && !text_equal(part_of(key, body.n), PRODUCT_ALL))
		plan->copays_of_products++; /* that there are some; how many would be a walk over all */
	return table_walk_end(&walk, fault);
}

static bool read_plan(const struct pdex_view *view, struct text key, struct text value, struct arena *arena, struct pdex_plan_of *out,
	struct fault *fault)
{
	*out = (struct pdex_plan_of){ .list = index_list(&view->reading->index, key_list(key)) };
	if (!record_unpack(&plan_row_record, &out->row, arena, value, fault))
		return false;
	for (size_t i = 0; i < out->row.copay_n; i++)
		if (!add_copays(view, out->row.copay[i], arena, out, fault))
			return false;
	return true;
}

static void plan_of_file(const struct owner_row *owner, struct pdex_plan_of *out)
{
	*out = (struct pdex_plan_of){ .row = { .plan = owner->id, .source = owner->source, .formulary = owner->id } };
}

bool pdex_view_plan_next(const struct pdex_view *view, struct text after, bool after_plan_file, struct arena *arena, struct pdex_plan_of *out,
	bool *there, struct fault *fault)
{
	const struct index *index = &view->reading->index;
	uint32_t last = 0;

	*there = false;
	if (!after_plan_file) {
		char class = (char)ROW_PLAN;
		struct formulary_key from;
		struct table_walk walk;
		struct text key, value;
		bool ok = true;

		key_start(&from, ROW_PLAN);
		if (after.n)
			pass_by(&from, after);
		table_walk_apart(view->reading->table, (struct text){ &class, 1 }, after.n ? key_text(&from) : TEXT_NONE, &walk);
		*there = pdex_reading_next(view->reading, &walk, &key, &value);
		if (*there)
			ok = read_plan(view, key, value, arena, out, fault);
		if (!table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) || !ok)
			return false;
	} else if (after.n) {
		last = index_owner(index, text_lit("plan-file"), text_lit("PRODUCT"), after);
	}
	for (size_t i = 0; !*there && i < view->n; i++) {
		*there = view->formularies[i].plan_file && view->formularies[i].owner > last;
		if (*there)
			plan_of_file(&index->owners[view->formularies[i].owner], out);
	}
	return true;
}

bool pdex_view_plan(const struct pdex_view *view, struct text id, struct arena *arena, struct pdex_plan_of *out, bool *there,
	struct fault *fault)
{
	struct formulary_key prefix;
	struct table_walk walk;
	struct text key, value, plan;
	uint32_t owner;
	bool ok = true;

	*there = false;
	key_start(&prefix, ROW_PLAN);
	if (!body_of(view, &prefix, id, PDEX_PLAN_ROOM, arena, &plan, fault))
		return false;
	if (!plan.n)
		return true;
	key_body(&prefix, ROW_PLAN, 0, plan);
	if (!prefix.fits)
		return true;
	table_walk_apart(view->reading->table, key_text(&prefix), TEXT_NONE, &walk);
	*there = pdex_reading_next(view->reading, &walk, &key, &value);
	if (*there)
		ok = read_plan(view, key, value, arena, out, fault);
	if (!table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) || !ok)
		return false;
	owner = *there ? 0 : index_owner(&view->reading->index, text_lit("plan-file"), text_lit("PRODUCT"), plan);
	if (owner) {
		*there = true;
		plan_of_file(&view->reading->index.owners[owner], out);
	}
	return true;
}

/* -- drugs -- */

bool pdex_view_links(const struct pdex_view *view, struct pdex_drug_of *drug, struct arena *arena, struct fault *fault)
{
	struct formulary_key body;
	struct table_walk walk;
	struct text key, value;
	bool ok = true;

	key_body(&body, ROW_LINK, 0, drug->product);
	table_walk_apart(view->reading->table, key_text(&body), TEXT_NONE, &walk);
	while (ok && drug->links_n < 100 && pdex_reading_next(view->reading, &walk, &key, &value)) {
		struct link_row link = { 0 };
		struct text *to;

		ok = record_unpack(&link_row_record, &link, arena, value, fault);
		if (!ok || !link.product.n)
			continue;
		for (size_t i = 0; i < drug->links_n && link.product.n; i++)
			if (text_equal(drug->links[i], link.product))
				link.product.n = 0;
		if (!link.product.n)
			continue;
		to = arena_push(arena, (void **)&drug->links, &drug->links_n, sizeof(*to));
		ok = to || too_large(fault);
		if (to)
			*to = link.product;
	}
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

static bool read_drug(const struct pdex_view *view, struct text product, struct text value, struct arena *arena, struct pdex_drug_of *out,
	struct fault *fault)
{
	struct name_row name = { 0 };

	*out = (struct pdex_drug_of){ .product = product };
	if (!record_unpack(&name_row_record, &name, arena, value, fault))
		return false;
	out->description = name.description;
	return pdex_view_links(view, out, arena, fault);
}

bool pdex_view_drug_next(const struct pdex_view *view, struct text after, struct arena *arena, struct pdex_drug_of *out, bool *there,
	struct fault *fault)
{
	char class = (char)ROW_DRUG;
	struct formulary_key from;
	struct table_walk walk;
	struct text key, value;
	bool ok = true;

	key_start(&from, ROW_DRUG);
	key_add(&from, after);
	key_add(&from, text_lit("\001")); /* the first key that is greater */
	table_walk_apart(view->reading->table, (struct text){ &class, 1 }, after.n ? key_text(&from) : TEXT_NONE, &walk);
	*there = table_walk_next(&walk, &key, &value);
	if (*there)
		ok = read_drug(view, (struct text){ key.at + 1, key.n - 1 }, value, arena, out, fault);
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

bool pdex_view_drug(const struct pdex_view *view, struct text product, struct arena *arena, struct pdex_drug_of *out, bool *there,
	struct fault *fault)
{
	struct formulary_key key;
	struct text value;

	*there = false;
	key_start(&key, ROW_DRUG);
	key_add(&key, product);
	if (!key.fits)
		return true;
	if (!table_get(view->reading->table, key_text(&key), &value, fault))
		return false;
	*there = text_there(value);
	return !*there || read_drug(view, product, value, arena, out, fault);
}

bool pdex_view_drug_of(const struct pdex_view *view, struct text id, struct arena *arena, struct pdex_drug_of *out, bool *there,
	struct fault *fault)
{
	struct formulary_key prefix;
	struct text product;

	*there = false;
	key_start(&prefix, ROW_DRUG);
	if (!body_of(view, &prefix, id, PDEX_ID_MAX, arena, &product, fault))
		return false;
	return !product.n || pdex_view_drug(view, product, arena, out, there, fault);
}
