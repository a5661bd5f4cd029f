/* SPDX-License-Identifier: Apache-2.0 */
/* At which pharmacies and in which ways of dispensing one product is priced. */
#include "adjudication/closing.h"
#include "adjudication/payer.h"
#include "adjudication/pricing.h"

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

static bool price_at_requested(struct pricing *p, struct product *product, struct rtpb_pharmacy *pharmacy,
	struct response_product *out)
{
	struct pricing_at_pharmacy *at = make_push(&p->make, out->at_pharmacies, out->at_pharmacies_n);
	const struct dispensing *dispensing = dispensing_of(pharmacy);
	struct place place = pricing_place(p, pharmacy->identification);
	struct pricing_and_coverage second = { 0 };
	bool priced;

	at->pharmacy = pharmacy;
	priced = pricing_one(p, product, &place, text_of(dispensing->first), make_push(&p->make, at->pricings, at->pricings_n));
	if (dispensing->second && pricing_one(p, product, &place, text_of(dispensing->second), &second)) {
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
		struct place place = pricing_place(p, pharmacy->identification);
		struct pricing_at_pharmacy *at;

		if (asked_for_type(p, own->type) || !pricing_one(p, product, &place, own->type, &pricing))
			continue;
		at = make_push(&p->make, out->at_pharmacies, out->at_pharmacies_n);
		at->pharmacy = pharmacy;
		*make_push(&p->make, at->pricings, at->pricings_n) = pricing;
		priced = true;
	}
	return priced;
}
