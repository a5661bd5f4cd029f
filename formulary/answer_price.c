/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan publishes of a product's price, and how a pharmacy stands in its network. */
#include "formulary/asking.h"

static bool add_price(struct asking *asking, const struct found *found, struct text product)
{
	struct product_answer *out = asking->out;
	struct answer_price *item = arena_push(asking->arena, (void **)&out->prices, &out->prices_n, sizeof(*item));

	if (!item || !(item->price = arena_new(asking->arena, struct price_row)) ||
		!(item->from = arena_new(asking->arena, struct answer_from)))
		return asking_too_large(asking);
	if (!record_unpack(&price_row_record, item->price, asking->arena, found->value, asking->fault))
		return false;
	asking_come_from(found, item->price->line, product, item->from);
	return true;
}

static bool prices_under(struct asking *asking, struct text product)
{
	struct table_walk walk;
	struct found found;
	bool ok = true;

	if (!asking_walk_product(asking, "PRICE", asking->plan.plan, product, &walk))
		return true;
	while (ok && asking_next_row(asking->reading, &walk, &found))
		ok = add_price(asking, &found, product);
	return table_walk_end(&walk, ok ? asking->fault : &(struct fault){ 0 }) && ok;
}

/* A price is published for one NDC of a concept: that which stands for it in the formulary. */
bool asking_prices(struct asking *asking)
{
	const struct status_row *status = asking->out->status;
	char ndc[PRODUCT_KEY_MAX];
	struct text stands;

	for (size_t i = 0; i < asking->keys_n && !asking->out->prices_n; i++)
		if (!prices_under(asking, asking->keys[i]))
			return false;
	if (asking->out->prices_n || !status || !status->ndc.n)
		return true;
	stands = arena_text(asking->arena, product_ndc(status->ndc, ndc));
	return !text_there(stands) ? asking_too_large(asking) : prices_under(asking, stands);
}

/* True when there is a row of the plan's network that counts today. */
static bool has_network(struct asking *asking, struct text plan, bool *has)
{
	struct table_walk walk;
	struct formulary_key key;
	struct found found;
	uint32_t owner = index_owner(&asking->reading->index, asking->plan.source, text_lit("NETWORK"), plan);

	*has = false;
	if (!owner)
		return true;
	key_start(&key, ROW_PRODUCT);
	key_add_number(&key, owner);
	table_walk(asking->reading->table, key_text(&key), TEXT_NONE, &walk);
	*has = asking_next_row(asking->reading, &walk, &found);
	return table_walk_end(&walk, asking->fault);
}

bool formulary_network(const struct formulary *formulary, struct text plan, struct text npi, struct arena *arena, struct network_row *out,
	struct answer_from *from, bool *found, struct fault *fault)
{
	struct asking asking = { .reading = &formulary->now, .arena = arena, .fault = fault };
	char body[PRODUCT_KEY_MAX];
	struct table_walk walk;
	struct found row;
	struct text pharmacy = product_pharmacy(npi, body);
	bool there;

	*out = (struct network_row){ 0 };
	*from = (struct answer_from){ 0 };
	*found = false;
	if (!text_there(pharmacy))
		return true;
	if (!asking_find_plan(&asking, plan, &there))
		return false;
	if (!there || !asking_walk_product(&asking, "NETWORK", plan, pharmacy, &walk))
		return true;
	there = asking_next_row(asking.reading, &walk, &row);
	if (!table_walk_end(&walk, fault))
		return false;
	*found = true;
	if (there) {
		if (!record_unpack(&network_row_record, out, arena, row.value, fault))
			return false;
		asking_come_from(&row, out->line, TEXT_NONE, from);
		return true;
	}
	out->retail = out->mail = text_lit("OUT");
	return has_network(&asking, plan, found);
}
