/* SPDX-License-Identifier: Apache-2.0 */
/* Answers a real-time benefit request: finds the member, prices the product and its alternatives at each pharmacy, or says with a reject code
   why that cannot be done. */
#include "adjudication/cost.h"
#include "adjudication/house.h"
#include "adjudication/make.h"
#include "adjudication/payer.h"
#include "adjudication/restrict.h"

#include "base/clock.h"

#define QUANTITY_MAX_E4 INT64_C(1000000000000) /* a hundred million units */
enum {
	DAYS_MAX = 999, /* n1..3 */
	LONG_SUPPLY_DAYS = 90,
	ALTERNATIVES_MAX = 5, /* as networks show them */
	PHARMACIES_MAX = 20,  /* each is priced for up to six products in two ways; senders name one or a few */
};

/* Everything an answer is made from. */
struct pricing {
	struct make make;
	const struct house *house;
	const struct house_case *about;
	const struct rtpb_request *request;
	const struct rtpb_drug *drug;
	const struct house_plan *plan;
	const struct house_member *member;
	struct asked asked;
	struct text unit; /* of the quantity */
};

/* -- can it be answered -- */

static const struct rtpb_drug *drug_of(const struct requested_product *asked)
{
	const struct rtpb_product *product = asked->product;

	if (product)
		return product->drug_coded ? product->drug_coded : product->non_drug_coded;
	return asked->drug_coded ? asked->drug_coded : asked->non_drug_coded;
}

static bool no_plan(struct pricing *p)
{
	return !text_there(p->about->plan);
}

static bool not_our_plan(struct pricing *p)
{
	return !(p->plan = payer_plan(p->house, p->about->plan));
}

static bool no_cardholder(struct pricing *p)
{
	return !text_there(p->request->benefits_coordination->cardholder_id);
}

static bool unknown_cardholder(struct pricing *p)
{
	return !payer_member(p->house, p->plan->name, p->request->benefits_coordination->cardholder_id, 0);
}

/* A member without person code is meant whatever the message says; a message without one means the only person there is. */
static bool unknown_person(struct pricing *p)
{
	const struct rtpb_benefits *benefits = p->request->benefits_coordination;
	const struct house_member *member, *found = NULL;
	size_t alike = 0;

	for (size_t i = 0; (member = payer_member(p->house, p->plan->name, benefits->cardholder_id, i)); i++)
		if (!text_there(member->person_code) || !text_there(benefits->person_code) ||
			text_equal(member->person_code, benefits->person_code)) {
			/* several under one card: the date of birth tells which */
			if (!found || text_equal(member->date_of_birth, p->request->patient->date_of_birth))
				found = member;
			alike++;
		}
	p->member = found;
	return alike == 0;
}

static bool other_birth(struct pricing *p)
{
	return !text_equal(p->member->date_of_birth, p->request->patient->date_of_birth);
}

static bool no_product(struct pricing *p)
{
	p->drug = drug_of(p->request->requested_product);
	return !p->drug || !text_there(p->drug->ndc);
}

static bool not_listed(struct pricing *p)
{
	return !p->about->coverage;
}

static bool bad_quantity(struct pricing *p)
{
	return !payer_e4(p->request->requested_product->quantity->value, &p->asked.quantity_e4) ||
	       p->asked.quantity_e4 <= 0 || p->asked.quantity_e4 > QUANTITY_MAX_E4;
}

static bool bad_days(struct pricing *p)
{
	int64_t e4;

	if (!payer_e4(p->request->requested_product->days_supply, &e4) || e4 % 10000)
		return true;
	p->asked.days = e4 / 10000;
	return p->asked.days < 1 || p->asked.days > DAYS_MAX;
}

static bool many_pharmacies(struct pricing *p)
{
	return p->request->pharmacies_n > PHARMACIES_MAX;
}

static bool other_unit(struct pricing *p)
{
	const struct nci_code *unit = p->request->requested_product->quantity->unit;

	p->unit = unit ? unit->code : p->about->coverage->unit;
	return text_there(p->unit) && text_there(p->about->coverage->unit) &&
	       !text_equal(p->unit, p->about->coverage->unit);
}

/* In this order: a later row may rely on what an earlier one found. Reject codes as public code shows them. */
static const struct rejection {
	bool (*holds)(struct pricing *p);
	const char *code, *note;
} rejections[] = {
	{ no_plan, "51", "No plan is known for this BIN, PCN and group." },
	{ not_our_plan, "92", "The plan is not priced here at the moment." },
	{ no_cardholder, "07", "The cardholder id is missing." },
	{ unknown_cardholder, "52", "No member of the plan has this cardholder id." },
	{ unknown_person, "53", "No person with this person code is on this card." },
	{ other_birth, "09", "The date of birth is not that of the member." },
	{ no_product, "21", "The product has no NDC." },
	{ not_listed, "54", "The plan does not list this product." },
	{ bad_quantity, "R8", "The quantity is not a positive number of units." },
	{ bad_days, "19", "The days of supply are not a whole number from 1 to 999." },
	{ many_pharmacies, "R9", "More pharmacies are named than are priced at once." },
	{ other_unit, "26", "The quantity is not in the unit in which the product is priced." },
};

static const struct rejection *rejected(struct pricing *p)
{
	for (size_t i = 0; i < sizeof(rejections) / sizeof(rejections[0]); i++)
		if (rejections[i].holds(p))
			return &rejections[i];
	return NULL;
}

/* -- one price -- */

/* A product to be priced: the one asked about, or an alternative. */
struct product {
	const struct coverage *coverage; /* NULL: an alternative */
	const struct limits *limits;
	int64_t tier;
	const struct pharmacy_price *prices;
	size_t prices_n;
	struct coverage_restriction *restrictions;
	size_t restrictions_n;
	bool covered;
};

static void say_quantity(struct pricing *p, int64_t quantity_e4, struct rtpb_quantity **out)
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

/* The price of a product dispensed in one way. False: it is not covered or not dispensed in that way; *out says so. */
static bool price_one(struct pricing *p, const struct product *product, struct text indicator,
	struct pricing_and_coverage *out)
{
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
	say_quantity(p, quantity_e4, &out->quantity);
	out->days_supply = make_number(&p->make, days);
	for (size_t i = 0; i < product->restrictions_n; i++)
		*make_push(&p->make, out->restrictions, out->restrictions_n) = product->restrictions[i];
	if (!product->covered) {
		out->coverage_status_code = text_lit("NC");
		return false;
	}
	if (specialty_elsewhere)
		restrict_specialty(&p->make, &out->restrictions, &out->restrictions_n);
	if (specialty_elsewhere || !price || !tier || !cost_of_fill(price, quantity_e4, &cents)) {
		out->coverage_status_code = text_lit("PT");
		return false;
	}
	out->coverage_status_code = product->restrictions_n ? text_lit("CR") : text_lit("CC");
	share = cost_share_of(p->plan, tier, p->member, cents, days);
	say_share(p, &share, out);
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

static bool price_at_requested(struct pricing *p, const struct product *product, struct rtpb_pharmacy *pharmacy,
	struct response_product *out)
{
	struct pricing_at_pharmacy *at = make_push(&p->make, out->at_pharmacies, out->at_pharmacies_n);
	const struct dispensing *dispensing = dispensing_of(pharmacy);
	struct pricing_and_coverage second = { 0 };
	bool priced;

	at->pharmacy = pharmacy;
	priced = price_one(p, product, text_of(dispensing->first), make_push(&p->make, at->pricings, at->pricings_n));
	if (dispensing->second && price_one(p, product, text_of(dispensing->second), &second)) {
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

/* Prices at every pharmacy asked for, and at the payer's own mail and specialty pharmacy when the product has a price there. */
static bool price_product(struct pricing *p, const struct product *product, struct response_product *out)
{
	bool priced = false;

	for (size_t i = 0; i < p->request->pharmacies_n; i++)
		priced |= price_at_requested(p, product, &p->request->pharmacies[i], out);
	for (size_t i = 0; i < p->house->file.pharmacies_n; i++) {
		const struct house_pharmacy *own = &p->house->file.pharmacies[i];
		struct pricing_and_coverage pricing = { 0 };
		struct pricing_at_pharmacy *at;

		if (asked_for_type(p, own->type) || !price_one(p, product, own->type, &pricing))
			continue;
		at = make_push(&p->make, out->at_pharmacies, out->at_pharmacies_n);
		at->pharmacy = own_pharmacy(p, own);
		*make_push(&p->make, at->pricings, at->pricings_n) = pricing;
		priced = true;
	}
	return priced;
}

/* -- the answer -- */

static void say_alternative(struct pricing *p, const struct alternative *alternative, struct rtpb_response *response)
{
	struct product product = { .limits = alternative->limits,
		.tier = alternative->tier,
		.prices = alternative->prices,
		.prices_n = alternative->prices_n };
	struct response_product out = { 0 };

	/* The quantity asked for says nothing about a product that is counted in another unit. */
	if (response->alternatives_n == ALTERNATIVES_MAX ||
		(text_there(alternative->unit) && text_there(p->unit) && !text_equal(alternative->unit, p->unit)))
		return;
	product.covered = restrict_product(&p->make, p->about, NULL, product.limits, &p->asked,
		&product.restrictions, &product.restrictions_n);
	if (!product.covered || !price_product(p, &product, &out))
		return;
	out.product = make_new(&p->make, struct rtpb_product);
	out.product->drug_coded = make_new(&p->make, struct rtpb_drug);
	out.product->drug_coded->ndc = alternative->ndc;
	out.drug_description = alternative->description;
	say_quantity(p, p->asked.quantity_e4, &out.quantity);
	*make_push(&p->make, response->alternatives, response->alternatives_n) = out;
}

static void say_help_desk(struct make *make, const struct house *house, struct text *support, struct help_desk **list,
	size_t *list_n)
{
	struct help_desk *desk = make_push(make, *list, *list_n);

	*support = text_lit("2"); /* prescribers */
	desk->unit_type = text_lit("2"); /* clinical and prior authorization */
	desk->numbers = make_new(make, struct help_desk_numbers);
	desk->numbers->telephone = make_new(make, struct rtpb_telephone);
	desk->numbers->telephone->number = house->file.telephone;
}

static void say_processed(struct pricing *p, struct rtpb_response *response)
{
	const struct coverage *coverage = p->about->coverage;
	struct product product = { .coverage = coverage,
		.limits = coverage->limits,
		.tier = coverage->tier,
		.prices = coverage->prices,
		.prices_n = coverage->prices_n };
	struct rtpb_processed *processed = make_new(&p->make, struct rtpb_processed);
	struct response_product *out = make_new(&p->make, struct response_product);

	response->response->processed = processed;
	processed->note = p->about->sentence;
	say_help_desk(&p->make, p->house, &processed->help_desk_support_type, &processed->help_desks,
		&processed->help_desks_n);
	product.covered = restrict_product(&p->make, p->about, coverage, product.limits, &p->asked,
		&product.restrictions, &product.restrictions_n);
	out->product = p->request->requested_product->product;
	out->drug_coded = p->request->requested_product->drug_coded;
	out->non_drug_coded = p->request->requested_product->non_drug_coded;
	out->drug_description = coverage->description;
	out->quantity = p->request->requested_product->quantity;
	out->epa_enabled = product.limits && product.limits->prior_authorization &&
			   payer_policy(p->house, coverage->policy);
	price_product(p, &product, out);
	response->response_product = out;
	for (size_t i = 0; i < coverage->alternatives_n; i++)
		say_alternative(p, &coverage->alternatives[i], response);
}

static void say_rejected(struct pricing *p, const struct rejection *rejection, struct rtpb_response *response)
{
	struct rtpb_not_processed *refusal = make_new(&p->make, struct rtpb_not_processed);

	response->response->not_processed = refusal;
	*make_push(&p->make, refusal->reject_codes, refusal->reject_codes_n) = text_of(rejection->code);
	refusal->note = text_of(rejection->note);
	say_help_desk(&p->make, p->house, &refusal->help_desk_support_type, &refusal->help_desks, &refusal->help_desks_n);
}

/* Whole years between two days written YYYY-MM-DD. */
static int64_t years_between(struct text born, struct text day)
{
	int64_t from = 0, to = 0;

	if (born.n < 10 || day.n < 10 || !text_to_int((struct text){ born.at, 4 }, &from) ||
		!text_to_int((struct text){ day.at, 4 }, &to))
		return 0;
	return to - from - (text_compare((struct text){ day.at + 5, 5 }, (struct text){ born.at + 5, 5 }) < 0);
}

struct rtpb_message *house_price(const struct house *house, const struct rtpb_message *request,
	const struct house_case *about, struct arena *arena)
{
	struct pricing p = { .house = house, .about = about, .request = request->body->request };
	struct rtpb_message *answer = ncpdp_rtpb_answer(request, about->reply_id, about->wall_ms, arena);
	const struct rejection *rejection = rejected(&p);
	struct rtpb_response *response;

	if (!answer)
		return NULL;
	make_init(&p.make, arena);
	response = answer->body->response;
	response->response = make_new(&p.make, struct rtpb_outcome);
	if (rejection) {
		say_rejected(&p, rejection, response);
	} else {
		p.asked.age = years_between(p.member->date_of_birth, clock_format_date(about->wall_ms, arena));
		say_processed(&p, response);
	}
	return make_done(&p.make) ? answer : NULL;
}
