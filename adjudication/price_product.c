/* SPDX-License-Identifier: Apache-2.0 */
/* What one product costs this member at each pharmacy and in each way of dispensing, or why it is not paid there. */
#include "adjudication/closing.h"
#include "adjudication/cost.h"
#include "adjudication/payer.h"
#include "adjudication/pricing.h"

#include <string.h>

enum { LONG_SUPPLY_DAYS = 90 };

const char pricing_ways[] = "RDMS";

/* -- one price -- */

void pricing_say_quantity(struct pricing *p, int64_t quantity_e4, struct rtpb_quantity **out)
{
	*out = make_new(&p->make, struct rtpb_quantity);
	(*out)->value = make_e4(&p->make, quantity_e4);
	(*out)->code_list_qualifier = text_lit("QP");
	if (text_there(p->unit)) {
		(*out)->unit = make_new(&p->make, struct nci_code);
		(*out)->unit->code = p->unit;
	}
}

static void say_component(struct pricing *p, const char *qualifier, int64_t cents, struct pricing_and_coverage *out)
{
	struct patient_pay_component *component;

	if (!cents)
		return;
	component = make_push(&p->make, out->patient_pay_components, out->patient_pay_components_n);
	component->qualifier = text_of(qualifier);
	component->amount = make_dollars(&p->make, cents);
}

static void say_share(struct pricing *p, const struct cost_share *share, struct pricing_and_coverage *out)
{
	out->patient_pays = make_dollars(&p->make, share->total);
	say_component(p, "01", share->deductible, out);
	say_component(p, "05", share->copay, out);
	say_component(p, "07", share->coinsurance, out);
	if (!p->plan->deductible_cents)
		return;
	out->accumulated_deductible = make_dollars(&p->make, p->member->deductible_met_cents);
	out->remaining_deductible = make_dollars(&p->make, cost_deductible_left(p->plan, p->member));
}

static const struct pharmacy_price *price_at(const struct product *product, struct text pharmacy)
{
	for (size_t i = 0; i < product->prices_n; i++)
		if (text_equal(product->prices[i].pharmacy, pharmacy))
			return &product->prices[i];
	return NULL;
}

/* Whether a pharmacy is one that the plan pays for this member. */
enum standing { PAID, OUTSIDE_NETWORK, LOCKED_OUT };

static void say_plan_cost(struct pricing *p, const struct product *product, size_t way, struct pricing_and_coverage *out)
{
	int64_t cost = product->priced[way].cost_cents;

	if (!p->plan->tells_plan_cost)
		return;
	out->net_plan_cost = make_dollars(&p->make, cost - product->priced[way].pays_cents);
	if (product->instead_of && product->instead_of->priced[way].is && product->instead_of->priced[way].cost_cents > cost)
		out->combined_savings = make_dollars(&p->make, product->instead_of->priced[way].cost_cents - cost);
}

/* False when the pharmacy is not paid; *out says so. */
static bool is_paid(struct pricing *p, enum standing standing, struct pricing_and_coverage *out)
{
	switch (standing) {
	case PAID:
		return true;
	case OUTSIDE_NETWORK:
		out->coverage_status_code = text_lit("PF");
		restrict_by(&p->make, "40", &out->restrictions, &out->restrictions_n);
		return false;
	case LOCKED_OUT:
		out->coverage_status_code = text_lit("NC");
		restrict_by(&p->make, "980", &out->restrictions, &out->restrictions_n);
		return false;
	}
	return false;
}

/* The price of a product dispensed in one way. False: it is not covered or not dispensed in that way; *out says so. */
static bool price_one(struct pricing *p, struct product *product, enum standing standing, struct text indicator,
	struct pricing_and_coverage *out)
{
	const char *way = strchr(pricing_ways, indicator.at[0]);
	bool specialty_elsewhere =
		product->limits && product->limits->specialty_only && !text_is(indicator, "S");
	bool longer = text_is(indicator, "D") && p->asked.days < LONG_SUPPLY_DAYS;
	int64_t days = longer ? LONG_SUPPLY_DAYS : p->asked.days, cents = 0;
	int64_t quantity_e4 = longer ? (p->asked.quantity_e4 * LONG_SUPPLY_DAYS + p->asked.days / 2) / p->asked.days
				     : p->asked.quantity_e4;
	const struct pharmacy_price *price = price_at(product, indicator);
	const struct house_tier *tier = payer_tier(p->plan, product->tier, indicator);
	struct cost_share share;

	out->indicator = indicator;
	pricing_say_quantity(p, quantity_e4, &out->quantity);
	out->days_supply = make_number(&p->make, days);
	for (size_t i = 0; i < product->restricted.list_n; i++)
		*make_push(&p->make, out->restrictions, out->restrictions_n) = product->restricted.list[i];
	for (size_t i = 0; i < product->safety_n; i++)
		*make_push(&p->make, out->drug_use_evaluations, out->drug_use_evaluations_n) = product->safety[i];
	if (!product->restricted.covered) {
		out->coverage_status_code = text_lit("NC");
		return false;
	}
	if (!is_paid(p, standing, out))
		return false;
	if (specialty_elsewhere)
		restrict_by(&p->make, "4W", &out->restrictions, &out->restrictions_n);
	if (specialty_elsewhere || !way || !price || !tier || !cost_of_fill(price, quantity_e4, &cents)) {
		out->coverage_status_code = text_lit("PT");
		return false;
	}
	out->coverage_status_code = product->restricted.list_n ? text_lit("CR") : text_lit("CC");
	share = cost_share_of(p->plan, tier, p->member, cents, days);
	say_share(p, &share, out);
	product->priced[way - pricing_ways].is = true;
	product->priced[way - pricing_ways].cost_cents = cents;
	product->priced[way - pricing_ways].pays_cents = share.total;
	say_plan_cost(p, product, (size_t)(way - pricing_ways), out);
	return true;
}

/* -- at which pharmacies -- */

/* How a pharmacy of each type dispenses: the first way is always answered, the second when it has a price. */
static const struct dispensing {
	const char *type;
	const char *first, *second;
} dispensings[] = {
	{ "R", "R", "D" }, { "A", "R", "D" }, { "M", "M", NULL }, { "S", "S", NULL }, { "L", "L", NULL },
};

static const struct dispensing *dispensing_of(const struct rtpb_pharmacy *pharmacy)
{
	for (size_t i = 0; i < sizeof(dispensings) / sizeof(dispensings[0]); i++)
		if (text_is(pharmacy->pharmacy_type, dispensings[i].type))
			return &dispensings[i];
	return &dispensings[0]; /* not stated, or a type that is not known here: a retail pharmacy is what most are */
}

bool pricing_same_place(const struct rtpb_pharmacy_id *id, struct text ncpdp_id, struct text npi)
{
	return id && ((text_there(ncpdp_id) && text_equal(id->ncpdp_id, ncpdp_id)) || (text_there(npi) && text_equal(id->npi, npi)));
}

/* The payer's own pharmacies belong to every network. */
static enum standing standing_of(const struct pricing *p, const struct rtpb_pharmacy_id *id)
{
	const struct house_place *locked = p->member->pharmacy;

	if (locked && !pricing_same_place(id, locked->ncpdp_id, locked->npi))
		return LOCKED_OUT;
	for (size_t i = 0; i < p->house->file.pharmacies_n; i++)
		if (pricing_same_place(id, p->house->file.pharmacies[i].ncpdp_id, p->house->file.pharmacies[i].npi))
			return PAID;
	if (p->plan->network_n && !(id && (payer_in_network(p->house, p->plan, id->ncpdp_id) || payer_in_network(p->house, p->plan, id->npi))))
		return OUTSIDE_NETWORK;
	return PAID;
}

static bool price_at_requested(struct pricing *p, struct product *product, struct rtpb_pharmacy *pharmacy,
	struct response_product *out)
{
	struct pricing_at_pharmacy *at = make_push(&p->make, out->at_pharmacies, out->at_pharmacies_n);
	const struct dispensing *dispensing = dispensing_of(pharmacy);
	enum standing standing = standing_of(p, pharmacy->identification);
	struct pricing_and_coverage second = { 0 };
	bool priced;

	at->pharmacy = pharmacy;
	priced = price_one(p, product, standing, text_of(dispensing->first), make_push(&p->make, at->pricings, at->pricings_n));
	if (dispensing->second && price_one(p, product, standing, text_of(dispensing->second), &second)) {
		*make_push(&p->make, at->pricings, at->pricings_n) = second;
		priced = true;
	}
	return priced;
}

static struct rtpb_pharmacy *own_pharmacy(struct pricing *p, const struct house_pharmacy *own)
{
	struct rtpb_pharmacy *pharmacy = make_new(&p->make, struct rtpb_pharmacy);

	pharmacy->pharmacy_type = own->type;
	pharmacy->business_name = own->name;
	pharmacy->primary_telephone_number = own->telephone;
	if (text_there(own->ncpdp_id) || text_there(own->npi)) {
		pharmacy->identification = make_new(&p->make, struct rtpb_pharmacy_id);
		pharmacy->identification->ncpdp_id = own->ncpdp_id;
		pharmacy->identification->npi = own->npi;
	}
	return pharmacy;
}

static bool asked_for_type(const struct pricing *p, struct text type)
{
	for (size_t i = 0; i < p->request->pharmacies_n; i++)
		if (text_equal(p->request->pharmacies[i].pharmacy_type, type))
			return true;
	return false;
}

bool pricing_epa(const struct pricing *p, const struct product *product)
{
	return product->limits && product->limits->prior_authorization && payer_policy(p->house, product->policy);
}

static bool is_authorized(const struct pricing *p, const struct product *product)
{
	const struct house_authorization *on_file = closing_on_file(p->member, product->policy, p->about->wall_ms);

	return on_file && text_is(on_file->status, "APPROVED");
}

bool pricing_product(struct pricing *p, struct product *product, struct response_product *out)
{
	bool priced = false;

	product->restricted = restrict_product(&p->make, p->about, product->coverage, product->limits, is_authorized(p, product),
		&p->asked);
	if (product->coverage)
		pricing_safety(p, product->coverage->drug_class, (struct drug_use_evaluation **)&product->safety, &product->safety_n);

	for (size_t i = 0; i < p->request->pharmacies_n; i++)
		priced |= price_at_requested(p, product, &p->request->pharmacies[i], out);
	for (size_t i = 0; i < p->house->file.pharmacies_n; i++) {
		const struct house_pharmacy *own = &p->house->file.pharmacies[i];
		struct pricing_and_coverage pricing = { 0 };
		struct rtpb_pharmacy *pharmacy = own_pharmacy(p, own);
		struct pricing_at_pharmacy *at;

		if (asked_for_type(p, own->type) ||
			!price_one(p, product, standing_of(p, pharmacy->identification), own->type, &pricing))
			continue;
		at = make_push(&p->make, out->at_pharmacies, out->at_pharmacies_n);
		at->pharmacy = pharmacy;
		*make_push(&p->make, at->pricings, at->pricings_n) = pricing;
		priced = true;
	}
	return priced;
}
