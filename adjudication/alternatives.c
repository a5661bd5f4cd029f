/* SPDX-License-Identifier: Apache-2.0 */
/* Which other products are offered, and in which order: none that is dearer for the patient unless less stands in its way. */
#include "adjudication/payer.h"
#include "adjudication/pricing.h"

enum { ALTERNATIVES_MAX = 5 }; /* as networks show them */

struct offer {
	struct product product;
	struct response_product said;
	bool named_first; /* the policy wants it tried first */
	int64_t pays_cents;
};

/* The first way of dispensing in which both have a price; -1: none. */
static int common_way(const struct product *a, const struct product *b)
{
	for (int i = 0; i < PRICED_WAYS; i++)
		if (a->priced[i].is && b->priced[i].is)
			return i;
	return -1;
}

/* What costs the same is offered where somebody has listed it as an alternative, and not for its class alone. */
static bool is_better(const struct product *offer, const struct product *instead_of, bool listed)
{
	int way = common_way(offer, instead_of);
	bool nothing_else = true;

	for (int i = 0; i < PRICED_WAYS; i++)
		nothing_else &= !instead_of->priced[i].is;
	if (nothing_else || offer->restricted.burdens < instead_of->restricted.burdens)
		return true;
	if (way < 0)
		return false;
	return offer->priced[way].pays_cents < instead_of->priced[way].pays_cents ||
	       (listed && offer->priced[way].pays_cents == instead_of->priced[way].pays_cents);
}

static bool named_first(const struct pricing *p, const struct product *instead_of, struct text ndc)
{
	const struct house_policy *policy = payer_policy(p->house, instead_of->policy);

	for (size_t i = 0; policy && i < policy->first_n; i++)
		if (text_equal(policy->first[i].ndc, ndc))
			return true;
	return false;
}

/* False: it is not to be offered. */
static bool price_offer(struct pricing *p, const struct alternative *alternative, const struct product *instead_of, struct offer *offer)
{
	offer->product = (struct product){ .ndc = alternative->ndc, .rxcui = alternative->rxcui, .limits = alternative->limits,
		.policy = alternative->policy, .tier = alternative->tier, .prices = alternative->prices, .prices_n = alternative->prices_n,
		.copays = alternative->copays, .copays_n = alternative->copays_n, .unit_prices = alternative->unit_prices,
		.unit_prices_n = alternative->unit_prices_n, .outside_part_d = alternative->outside_part_d, .instead_of = instead_of };
	offer->said = (struct response_product){ 0 };
	/* The quantity asked for says nothing about a product that is counted in another unit. */
	if (text_there(alternative->unit) && text_there(p->unit) && !text_equal(alternative->unit, p->unit))
		return false;
	if (text_there(alternative->status) && !text_is(alternative->status, "COVERED"))
		return false;
	offer->named_first = alternative->try_first || named_first(p, instead_of, alternative->ndc);
	if (!pricing_product(p, &offer->product, &offer->said) ||
		!(offer->named_first || is_better(&offer->product, instead_of, !alternative->same_class)))
		return false;
	for (int i = PRICED_WAYS; i-- > 0;)
		if (offer->product.priced[i].is)
			offer->pays_cents = offer->product.priced[i].pays_cents;
	offer->said.product = make_new(&p->make, struct rtpb_product);
	offer->said.product->drug_coded = make_new(&p->make, struct rtpb_drug);
	offer->said.product->drug_coded->ndc = alternative->ndc;
	offer->said.drug_description = alternative->description;
	offer->said.epa_enabled = pricing_epa(p, &offer->product);
	pricing_say_quantity(p, p->asked.quantity_e4, &offer->said.quantity);
	return true;
}

/* What is to be tried first, then what has less in its way, then what costs the patient less; else as the plan prefers. */
static bool goes_before(const struct offer *a, const struct offer *b)
{
	if (a->named_first != b->named_first)
		return a->named_first;
	if (a->product.restricted.burdens != b->product.restricted.burdens)
		return a->product.restricted.burdens < b->product.restricted.burdens;
	return a->pays_cents < b->pays_cents;
}

void pricing_alternatives(struct pricing *p, const struct product *instead_of, struct rtpb_response *response)
{
	const struct coverage *coverage = instead_of->coverage;
	struct offer offers[ALTERNATIVES_MAX + 1]; /* the last one falls off */
	size_t n = 0;

	for (size_t i = 0; i < coverage->alternatives_n; i++) {
		struct offer offer;
		size_t place = n;
		bool open = p->left_open;

		if (text_equal(coverage->alternatives[i].ndc, coverage->ndc) ||
			!price_offer(p, &coverage->alternatives[i], instead_of, &offer)) {
			p->left_open = open;
			continue;
		}
		for (; place > 0 && goes_before(&offer, &offers[place - 1]); place--)
			offers[place] = offers[place - 1];
		offers[place] = offer;
		n += n < ALTERNATIVES_MAX;
	}
	for (size_t i = 0; i < n; i++)
		*make_push(&p->make, response->alternatives, response->alternatives_n) = offers[i].said;
}
