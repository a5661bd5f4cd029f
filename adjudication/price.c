/* SPDX-License-Identifier: Apache-2.0 */
/* Answers a real-time benefit request: finds the member, has the product and its alternatives priced, or says with a reject code why
   that cannot be done. */
#include "adjudication/payer.h"
#include "adjudication/pricing.h"

#include "base/clock.h"

#define DAY_MS INT64_C(86400000)
#define QUANTITY_MAX_E4 INT64_C(1000000000000) /* a hundred million units */
enum {
	DAYS_MAX = 999, /* n1..3 */
	PHARMACIES_MAX = 20,  /* each is priced for up to six products in two ways; senders name one or a few */
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

static bool not_yet_covered(struct pricing *p)
{
	return !payer_within_days(p->member->covered_from, TEXT_NONE, p->about->wall_ms);
}

static bool coverage_ended(struct pricing *p)
{
	return !payer_within_days(TEXT_NONE, p->member->covered_to, p->about->wall_ms);
}

static bool no_product(struct pricing *p)
{
	p->drug = drug_of(p->request->requested_product);
	return !p->drug || (!text_there(p->drug->ndc) && !p->drug->product_code);
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

/* Pharmacies bill in grams, in milliliters, and by count, whatever it is that is counted. */
static bool is_each_of(struct text unit, struct text listed)
{
	return text_is(unit, "C64933") && !text_in_list(listed, "C48155 C28254");
}

static bool other_unit(struct pricing *p)
{
	const struct nci_code *unit = p->request->requested_product->quantity->unit;
	struct text listed = p->about->coverage->unit;

	p->unit = unit && !(text_there(listed) && is_each_of(unit->code, listed)) ? unit->code : listed;
	return text_there(p->unit) && text_there(listed) && !text_equal(p->unit, listed);
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
	{ not_yet_covered, "65", "The coverage of this member has not begun." },
	{ coverage_ended, "65", "The coverage of this member has ended." },
	{ no_product, "21", "The product has neither an NDC nor an RxNorm concept." },
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

/* -- the answer -- */

static struct rtpb_telephone *telephone(struct make *make, struct text number, struct text extension)
{
	struct rtpb_telephone *out;

	if (!text_there(number))
		return NULL;
	out = make_new(make, struct rtpb_telephone);
	out->number = number;
	out->extension = extension;
	return out;
}

static void say_desk(struct make *make, const struct house_desk *from, struct help_desk *out)
{
	out->unit_type = from->type;
	out->numbers = make_new(make, struct help_desk_numbers);
	out->numbers->telephone = telephone(make, from->telephone, from->extension);
	out->numbers->fax = telephone(make, from->fax, TEXT_NONE);
	out->numbers->url = from->url;
	out->numbers->other_telephone = telephone(make, from->other_telephone, TEXT_NONE);
}

static void say_help_desks(struct make *make, const struct house *house, struct text *support, struct help_desk **list, size_t *list_n)
{
	const struct house_file *file = &house->file;
	const struct house_desk only = { .type = text_lit("2"), .telephone = file->telephone };

	*support = text_lit("2"); /* prescribers */
	for (size_t i = 0; i < file->help_desks_n; i++)
		say_desk(make, &file->help_desks[i], make_push(make, *list, *list_n));
	if (!file->help_desks_n)
		say_desk(make, &only, make_push(make, *list, *list_n));
}

/* CoverageRestriction has a code for step therapy and no place for the drugs: they are named here. */
static void note_first(struct pricing *p, const struct product *product, struct buffer *out)
{
	const struct house_policy *policy = payer_policy(p->house, product->policy);

	if (!policy || !policy->first_n || !product->limits || !product->limits->step_therapy)
		return;
	buffer_add(out, out->n ? text_lit(" To be tried first: ") : text_lit("To be tried first: "));
	for (size_t i = 0; i < policy->first_n; i++) {
		buffer_add(out, i ? text_lit(", ") : text_lit(""));
		buffer_add(out, policy->first[i].name);
	}
	buffer_add_char(out, '.');
}

/* No amount is better than a wrong one; the prescriber is told why there is none. */
static void note_open(const struct pricing *p, struct buffer *out)
{
	if (!p->left_open)
		return;
	if (out->n)
		buffer_add_char(out, ' ');
	buffer_add(out, p->no_year ? text_lit("What Medicare fixes for the year of this plan is not known here, so no amount is given.")
				   : text_lit("Where no amount is given, it depends on a cost that the plan has not published."));
}

static struct text note_of(struct pricing *p, const struct product *product)
{
	struct buffer out;

	buffer_init(&out, p->make.arena, 256);
	if (text_there(p->about->sentence))
		buffer_add(&out, p->about->sentence);
	note_first(p, product, &out);
	note_open(p, &out);
	return out.n ? make_written(&p->make, &out) : p->about->sentence;
}

/* Said whenever a member is locked in, also to the prescriber who may. */
static struct restricted_prescriber *locked_in_to(struct pricing *p)
{
	const struct house_prescriber *only = p->member->prescriber;
	struct restricted_prescriber *out;

	if (!only)
		return NULL;
	out = make_new(&p->make, struct restricted_prescriber);
	out->identification = make_new(&p->make, struct rtpb_prescriber_id);
	out->identification->npi = only->npi;
	if (text_there(only->last_name)) {
		out->name = make_new(&p->make, struct rtpb_name);
		out->name->last_name = only->last_name;
		out->name->first_name = only->first_name;
	}
	out->facility_name = only->facility_name;
	if (text_there(only->telephone)) {
		out->numbers = make_new(&p->make, struct help_desk_numbers);
		out->numbers->telephone = telephone(&p->make, only->telephone, TEXT_NONE);
	}
	return out;
}

static void say_processed(struct pricing *p, struct rtpb_response *response)
{
	const struct coverage *coverage = p->about->coverage;
	struct product product = { .coverage = coverage, .ndc = coverage->ndc, .rxcui = coverage->rxcui, .limits = coverage->limits,
		.policy = coverage->policy, .tier = coverage->tier, .prices = coverage->prices, .prices_n = coverage->prices_n,
		.copays = coverage->copays, .copays_n = coverage->copays_n, .unit_prices = coverage->unit_prices,
		.unit_prices_n = coverage->unit_prices_n, .outside_part_d = coverage->outside_part_d };
	struct rtpb_processed *processed = make_new(&p->make, struct rtpb_processed);
	struct response_product *out = make_new(&p->make, struct response_product);

	response->response->processed = processed;
	say_help_desks(&p->make, p->house, &processed->help_desk_support_type, &processed->help_desks,
		&processed->help_desks_n);
	out->product = p->request->requested_product->product;
	out->drug_coded = p->request->requested_product->drug_coded;
	out->non_drug_coded = p->request->requested_product->non_drug_coded;
	out->drug_description = coverage->description;
	out->quantity = p->request->requested_product->quantity;
	out->epa_enabled = pricing_epa(p, &product);
	pricing_plan(p);
	pricing_product(p, &product, out);
	response->response_product = out;
	pricing_alternatives(p, &product, response);
	processed->note = note_of(p, &product);
	response->restricted_prescriber = locked_in_to(p);
}

static void say_rejected(struct pricing *p, const struct rejection *rejection, struct rtpb_response *response)
{
	struct rtpb_not_processed *refusal = make_new(&p->make, struct rtpb_not_processed);

	response->response->not_processed = refusal;
	*make_push(&p->make, refusal->reject_codes, refusal->reject_codes_n) = text_of(rejection->code);
	refusal->note = text_of(rejection->note);
	say_help_desks(&p->make, p->house, &refusal->help_desk_support_type, &refusal->help_desks, &refusal->help_desks_n);
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

static struct text sex_of(const struct rtpb_patient *patient)
{
	const struct sex_and_gender *said = patient->sex_and_gender;
	const struct text given[] = { said ? said->sex_assigned_at_birth : TEXT_NONE, said ? said->administrative_gender : TEXT_NONE,
		patient->gender };

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (text_in_list(given[i], "F M"))
			return given[i];
	return TEXT_NONE;
}

static void ask_of_member(struct pricing *p, struct arena *arena)
{
	const struct house_prescriber *only = p->member->prescriber;

	p->asked.age = years_between(p->member->date_of_birth, clock_format_date(p->about->wall_ms, arena));
	p->asked.age_days = (p->about->wall_ms - payer_day_ms(p->member->date_of_birth, p->about->wall_ms)) / DAY_MS;
	p->asked.sex = sex_of(p->request->patient);
	p->asked.other_prescriber = only && !text_equal(only->npi, p->request->prescriber->identification->npi);
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
		ask_of_member(&p, arena);
		say_processed(&p, response);
	}
	return make_done(&p.make) ? answer : NULL;
}
