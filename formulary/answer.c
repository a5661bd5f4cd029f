/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the lists that a plan names, row by row, and puts together what they say of a product. */
#include "formulary/answer.h"

#include "formulary/asking.h"
#include "formulary/ndc.h"

#include <stdlib.h>
#include <string.h>

bool asking_next_row(const struct reading *reading, struct table_walk *walk, struct found *found)
{
	while (table_walk_next(walk, &found->key, &found->value)) {
		uint32_t number = key_list(found->key);

		found->list = index_list(&reading->index, number);
		if (found->list && reading->counts[number])
			return true;
	}
	return false;
}

bool asking_too_large(struct asking *asking)
{
	return fault_set(asking->fault, FAULT_TOO_LARGE, "");
}

void asking_come_from(const struct found *found, int64_t line, struct text product, struct answer_from *from)
{
	from->source = found->list->source;
	from->list_id = found->list->list_id;
	from->effective_date = found->list->effective_date;
	from->file = found->list->file;
	from->line = line;
	from->product = product;
}

/* -- by which names -- */

static bool add_key(struct asking *asking, struct text key)
{
	if (!text_there(key) || asking->keys_n == KEYS_MAX)
		return true;
	for (size_t i = 0; i < asking->keys_n; i++)
		if (text_equal(asking->keys[i], key))
			return true;
	key = arena_text(asking->arena, key);
	if (!text_there(key))
		return asking_too_large(asking);
	asking->keys[asking->keys_n++] = key;
	return true;
}

/* What files link a name to: kinds are the first letters of product keys. */
static bool add_links(struct asking *asking, struct text key, const char *kinds)
{
	const struct reading *reading = asking->reading;
	struct formulary_key body;
	struct table_walk walk;
	struct found found;
	bool ok = true;

	key_body(&body, ROW_LINK, 0, key);
	table_walk(reading->table, key_text(&body), TEXT_NONE, &walk);
	while (ok && asking_next_row(reading, &walk, &found)) {
		struct text apart = { found.key.at + body.n, found.key.n - body.n - KEY_LIST_BYTES };
		struct formulary_key next = body;
		struct link_row link = { 0 };

		ok = record_unpack(&link_row_record, &link, asking->arena, found.value, asking->fault) &&
		     (!link.product.n || !strchr(kinds, link.product.at[0]) || add_key(asking, link.product));
		/* Every list that names the product by both says so again: on to the next name, behind any number of a list. */
		_Static_assert(INDEX_LISTS_MAX < 1 << 24, "the first byte of a number is 0");
		key_add(&next, apart);
		key_add(&next, text_lit("\001"));
		if (ok && !table_walk_end(&walk, asking->fault))
			return false;
		table_walk(reading->table, key_text(&body), key_text(&next), &walk);
	}
	return table_walk_end(&walk, ok ? asking->fault : &(struct fault){ 0 }) && ok;
}

bool asking_name_product(struct asking *asking, const struct product_name *name)
{
	char digits[NDC_DIGITS + 1], ndc[PRODUCT_KEY_MAX], other[PRODUCT_KEY_MAX];
	struct text key = ndc_normal(name->ndc, digits) ? product_ndc(text_of(digits), ndc) : TEXT_NONE;

	/* concepts that its files link an NDC to; a concept known by its reference number may stand under the NDC that represents it */
	if (!add_key(asking, key) || (text_there(key) && !add_links(asking, key, "RD")) || !add_key(asking, product_rxcui(name->rxcui, other)))
		return false;
	key = product_reference(name->qualifier, name->reference, other);
	return add_key(asking, key) && (!text_there(key) || add_links(asking, key, "NR"));
}

/* -- the plan -- */

bool asking_find_plan(struct asking *asking, struct text plan, bool *found_one)
{
	const struct reading *reading = asking->reading;
	struct formulary_key key;
	struct table_walk walk;
	struct found found;

	key_body(&key, ROW_PLAN, 0, plan);
	*found_one = false;
	if (!key.fits)
		return true;
	table_walk(reading->table, key_text(&key), TEXT_NONE, &walk);
	*found_one = asking_next_row(reading, &walk, &found);
	if (!table_walk_end(&walk, asking->fault))
		return false;
	return !*found_one || record_unpack(&plan_row_record, &asking->plan, asking->arena, found.value, asking->fault);
}

/* -- rows of one owner and product -- */

bool asking_walk_product(struct asking *asking, const char *kind, struct text owner, struct text product, struct table_walk *walk)
{
	uint32_t number = index_owner(&asking->reading->index, asking->plan.source, text_of(kind), owner);
	struct formulary_key key;

	if (!number || !index_owner_under(&asking->reading->index, number, product.at[0]))
		return false;
	key_body(&key, ROW_PRODUCT, number, product);
	table_walk(asking->reading->table, key.fits ? key_text(&key) : text_lit("\377"), TEXT_NONE, walk);
	return true;
}

bool asking_status(struct asking *asking, struct text formulary, struct text product, struct status_row *status,
	struct answer_from *from, bool *there)
{
	struct table_walk walk;
	struct found found;

	*there = false;
	if (!formulary.n || !asking_walk_product(asking, "STATUS", formulary, product, &walk))
		return true;
	*there = asking_next_row(asking->reading, &walk, &found);
	if (!table_walk_end(&walk, asking->fault))
		return false;
	if (!*there)
		return true;
	if (!record_unpack(&status_row_record, status, asking->arena, found.value, asking->fault))
		return false;
	if (from)
		asking_come_from(&found, status->line, product, from);
	return true;
}

/* What the header says of all that is not listed: only where it says the same of brands and generics, of prescription and of free sale,
   since a row that is not there cannot tell which of them the product is. */
static bool default_status(struct asking *asking)
{
	const struct index *index = &asking->reading->index;
	const struct formulary_list like = { .source = asking->plan.source, .kind = text_lit("STATUS"), .list_id = asking->plan.formulary };
	struct product_answer *out = asking->out;

	for (uint32_t i = index_alike(index, &like, 0); i; i = index_alike(index, &like, i)) {
		const struct formulary_list *list = &index->lists[i];

		if (!asking->reading->counts[i] || !list->brand_rx.n)
			continue;
		if (!text_equal(list->brand_rx, list->generic_rx) || !text_equal(list->brand_rx, list->brand_otc) ||
			!text_equal(list->brand_rx, list->generic_otc))
			return true;
		out->status = arena_new(asking->arena, struct status_row);
		out->status_from = arena_new(asking->arena, struct answer_from);
		if (!out->status || !out->status_from)
			return asking_too_large(asking);
		out->status->status = list->brand_rx;
		asking_come_from(&(struct found){ .list = list }, list->line, TEXT_NONE, out->status_from);
		out->defaulted = true;
		return true;
	}
	return true;
}

static bool find_status(struct asking *asking)
{
	struct answer_from *from = arena_new(asking->arena, struct answer_from);
	struct status_row *status = arena_new(asking->arena, struct status_row);
	bool there = false;

	if (!from || !status)
		return asking_too_large(asking);
	for (size_t i = 0; i < asking->keys_n && !there; i++)
		if (!asking_status(asking, asking->plan.formulary, asking->keys[i], status, from, &there))
			return false;
	for (size_t i = 0; i < asking->keys_n && !there; i++)
		if (!asking_status(asking, asking->plan.additions, asking->keys[i], status, from, &there))
			return false;
	if (!there)
		return default_status(asking);
	asking->out->status = status;
	asking->out->status_from = from;
	return true;
}

static bool add_rule(struct asking *asking, const struct found *found, struct text product)
{
	struct product_answer *out = asking->out;
	struct answer_rule *item = arena_push(asking->arena, (void **)&out->rules, &out->rules_n, sizeof(*item));

	if (!item || !(item->rule = arena_new(asking->arena, struct coverage_row)) ||
		!(item->from = arena_new(asking->arena, struct answer_from)))
		return asking_too_large(asking);
	if (!record_unpack(&coverage_row_record, item->rule, asking->arena, found->value, asking->fault))
		return false;
	asking_come_from(found, item->rule->line, product, item->from);
	out->excluded |= text_is(item->rule->type, "DE");
	return true;
}

static bool add_copay(struct asking *asking, const struct found *found, struct text product)
{
	struct product_answer *out = asking->out;
	const struct status_row *status = out->status;
	struct answer_copay *item;
	struct copay_row copay = { 0 };

	if (!record_unpack(&copay_row_record, &copay, asking->arena, found->value, asking->fault))
		return false;
	/* A summary row is for one status, one tier, or for all. */
	if (text_equal(product, PRODUCT_ALL) &&
		((copay.status.n && !(status && text_equal(status->status, copay.status))) ||
			(copay.tier_name.n && !(status && text_equal_nocase(status->tier_name, copay.tier_name))) ||
			(!copay.status.n && !copay.tier_name.n && copay.tier && !(status && status->tier == copay.tier))))
		return true;
	item = arena_push(asking->arena, (void **)&out->copays, &out->copays_n, sizeof(*item));
	if (!item || !(item->copay = arena_new(asking->arena, struct copay_row)) ||
		!(item->from = arena_new(asking->arena, struct answer_from)))
		return asking_too_large(asking);
	*item->copay = copay;
	asking_come_from(found, copay.line, product, item->from);
	return true;
}

static bool add_alternative(struct asking *asking, const struct found *found, struct text product)
{
	struct product_answer *out = asking->out;
	struct alternative_row row = { 0 };
	struct answer_alternative *item;

	if (!record_unpack(&alternative_row_record, &row, asking->arena, found->value, asking->fault))
		return false;
	item = arena_push(asking->arena, (void **)&out->alternatives, &out->alternatives_n, sizeof(*item));
	if (!item || !(item->from = arena_new(asking->arena, struct answer_from)))
		return asking_too_large(asking);
	item->product = row.product;
	item->preference = row.preference;
	asking_come_from(found, row.line, product, item->from);
	return true;
}

/* Every row of an owner under one name, each given to `add`. */
static bool each_row(struct asking *asking, const char *kind, struct text owner, struct text product,
	bool (*add)(struct asking *, const struct found *, struct text))
{
	struct table_walk walk;
	struct found found;
	bool ok = true;

	if (!asking_walk_product(asking, kind, owner, product, &walk))
		return true;
	while (ok && asking_next_row(asking->reading, &walk, &found))
		ok = add(asking, &found, product);
	return table_walk_end(&walk, ok ? asking->fault : &(struct fault){ 0 }) && ok;
}

static bool find_rules(struct asking *asking)
{
	for (size_t i = 0; i < asking->plan.coverage_n; i++)
		for (size_t k = 0; k < asking->keys_n; k++)
			if (!each_row(asking, "COVERAGE", asking->plan.coverage[i], asking->keys[k], add_rule))
				return false;
	return true;
}

static bool find_copays(struct asking *asking)
{
	for (size_t k = 0; k <= asking->keys_n && !asking->out->copays_n; k++)
		for (size_t i = 0; i < asking->plan.copay_n; i++)
			if (!each_row(asking, "COPAY", asking->plan.copay[i],
				    k < asking->keys_n ? asking->keys[k] : PRODUCT_ALL, add_copay))
				return false;
	return true;
}

static int more_preferred(const void *a, const void *b)
{
	const struct answer_alternative *left = a, *right = b;
	int order = (left->preference < right->preference) - (left->preference > right->preference);

	return order ? order : text_compare(left->product, right->product);
}

static bool find_alternatives(struct asking *asking)
{
	struct product_answer *out = asking->out;
	struct text owner = asking->plan.alternative;

	for (size_t k = 0; k < asking->keys_n && owner.n && !out->alternatives_n; k++)
		if (!each_row(asking, "ALTERNATIVE", owner, asking->keys[k], add_alternative))
			return false;
	if (out->alternatives_n)
		qsort(out->alternatives, out->alternatives_n, sizeof(*out->alternatives), more_preferred);
	for (size_t i = 0; i < out->alternatives_n; i++) {
		struct status_row *status = arena_new(asking->arena, struct status_row);
		bool there;

		if (!status)
			return asking_too_large(asking);
		if (!asking_status(asking, asking->plan.formulary, out->alternatives[i].product, status, NULL, &there))
			return false;
		out->alternatives[i].status = there ? status : NULL;
	}
	return true;
}

/* Everything that the lists in asking->plan say of the product. */
static bool answer(struct asking *asking, const struct formulary *formulary, const struct product_name *name, bool *found)
{
	struct product_answer *out = asking->out;

	if (!asking_name_product(asking, name))
		return false;
	*found = asking->keys_n > 0;
	if (!*found)
		return true;
	out->plan = asking->plan.plan;
	out->product = arena_text(asking->arena, asking->keys[0]);
	out->day = text_of(formulary->now.day);
	out->generation = formulary_generation(formulary);
	out->programme = asking->plan.programme;
	out->deductible_cents = asking->plan.deductible_cents;
	out->year = asking->plan.year;
	if (!find_status(asking) || !find_rules(asking) || !find_copays(asking) || (!name->alone && !find_alternatives(asking)) ||
		!asking_prices(asking))
		return false;
	*found = out->status || out->rules_n || out->copays_n || out->alternatives_n || out->prices_n;
	return true;
}

bool formulary_answer(const struct formulary *formulary, struct text plan, const struct product_name *name, struct arena *arena,
	struct product_answer *out, bool *found, struct fault *fault)
{
	struct asking asking = { .reading = &formulary->now, .arena = arena, .out = out, .fault = fault };

	*out = (struct product_answer){ 0 };
	if (!asking_find_plan(&asking, plan, found))
		return false;
	return !*found || answer(&asking, formulary, name, found);
}

bool formulary_answer_lists(const struct formulary *formulary, const struct list_ids *lists, const struct product_name *name,
	struct arena *arena, struct product_answer *out, bool *found, struct fault *fault)
{
	struct asking asking = { .reading = &formulary->now, .arena = arena, .out = out, .fault = fault };

	*out = (struct product_answer){ 0 };
	asking.plan = (struct plan_row){ .source = lists->source, .formulary = lists->formulary, .alternative = lists->alternative,
		.coverage = (struct text *)lists->coverage, .coverage_n = lists->coverage_n, .copay = (struct text *)lists->copay,
		.copay_n = lists->copay_n };
	return answer(&asking, formulary, name, found);
}
