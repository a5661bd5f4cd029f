/* SPDX-License-Identifier: Apache-2.0 */
/* Formularies, items and drugs. A resource claims its profile only where it keeps it: what a publisher does not say is not made up. */
#include "formulary/pdex/pdex_make.h"

#include "formulary/pdex/pdex_codes.h"

static const char *const losses[] = {
	[LOSS_UNLISTED] = "products left out: they are not on the formulary (not covered, excluded or unknown), which is said by leaving them out",
	[LOSS_RULE] = "coverage rules only in words",
	[LOSS_LIMIT] = "limits of age, sex, pharmacy or supply only in words",
	[LOSS_QUANTITY] = "quantity limits only in words",
	[LOSS_PLAN_FILE] = "products of a plan file whose prices, policy or alternatives are left out",
	[LOSS_COPAY] = "copays left out: phase, bounds, kind of product or days that the guide has no element for, or not offered",
	[LOSS_AGAIN] = "copays that are due again for each period of a longer supply, which is not said",
	[LOSS_BOTH] = "rows with copay and coinsurance written as two costs: which comes first is not said",
	[LOSS_DEDUCTIBLE] = "coinsurances before the deductible written as deductible waived",
	[LOSS_PRODUCT_COPAY] = "plans whose copays of single products are left out",
	[LOSS_PLAN] = "plans whose deductible or alternatives are left out",
	[LOSS_NO_CONCEPT] = "drugs without RxNorm concept: outside the profile",
	[LOSS_NO_COST] = "plans without costs: outside the profile",
	[LOSS_NO_FORMULARY] = "plans left out: their formulary has no rows",
};

const char *pdex_loss_sentence(enum pdex_loss loss)
{
	return losses[loss];
}

static struct pdex_resource *resource_of(struct make *make)
{
	return make_new(make, struct pdex_resource);
}

/* -- formularies -- */

const struct pdex_resource *pdex_make_formulary(struct make *make, const struct pdex_view *view, const struct pdex_formulary_of *formulary,
	const struct formulary_list *header)
{
	struct pdex_resource *resource = resource_of(make);
	struct pdex_insurance_plan *to = make_new(make, struct pdex_insurance_plan);

	resource->insurance_plan = to;
	to->id = pdex_formulary_id(make, formulary);
	to->meta = pdex_meta_of(make, view, PDEX_PROFILE "usdf-Formulary");
	/* a formulary with other rules is another one, and is called otherwise */
	make_push(make, to->identifier, to->identifier_n)->value = !formulary->rules ? formulary->id :
		text_characters(formulary->id) > 80 - PDEX_FORMULARY_NAME ? to->id :
		make_text(make, formulary->id, text_lit(" "), text_of(formulary->name));
	to->status = text_lit("active");
	*make_push(make, to->type, to->type_n) = *pdex_concept_of(make, PDEX_ACT_CODES, text_lit("DRUGPOL"), NULL);
	to->name = header->name.n ? header->name : formulary->id;
	to->period = pdex_period_of(make, header);
	return resource;
}

/* -- items -- */

static struct pdex_extension *extend(struct make *make, struct pdex_basic *to, const char *url)
{
	struct pdex_extension *extension = make_push(make, to->extension, to->extension_n);

	extension->url = text_of(url);
	return extension;
}

static void add_flag(struct make *make, struct pdex_basic *to, const char *url, bool yes)
{
	extend(make, to, url)->boolean = yes ? text_lit("true") : text_lit("false");
}

static void add_types(struct make *make, struct pdex_basic *to, const struct status_row *status)
{
	for (size_t i = 0; i < status->pharmacy_types_n; i++) {
		struct text type = status->pharmacy_types[i];
		const char *display = pdex_pharmacy_display(type);
		struct pdex_extension *extension = extend(make, to, PDEX_EXTENSION("PharmacyBenefitType"));

		if (display) {
			extension->concept = pdex_concept_of(make, PDEX_PHARMACIES PDEX_TRIAL, type, display);
		} else {
			extension->concept = make_new(make, struct pdex_concept);
			extension->concept->text = type;
		}
	}
	if (!status->pharmacy_types_n)
		extend(make, to, PDEX_EXTENSION("PharmacyBenefitType"))->concept =
			pdex_concept_of(make, PDEX_OUR_PHARMACY, text_lit("0-ANY-ANY"), "any pharmacy");
}

/* The parts of QuantityLimitDetail, of each at most one. */
struct quantity {
	bool limited;
	struct text words;
	struct pdex_quantity *daily;
	struct pdex_timing *rolling, *days;
};

static struct pdex_timing *timing_of(struct make *make, struct text count, struct text period)
{
	struct pdex_timing *timing = make_new(make, struct pdex_timing);

	timing->repeat = make_new(make, struct pdex_repeat);
	timing->repeat->count = count;
	timing->repeat->period = period;
	timing->repeat->period_unit = text_lit("d");
	return timing;
}

/* So many units in so many days. */
static bool add_units(struct make *make, struct quantity *quantity, int64_t amount_e4, int64_t days)
{
	if (days == 1 && !quantity->daily) {
		quantity->daily = make_new(make, struct pdex_quantity);
		quantity->daily->value = pdex_number(make, amount_e4, 4);
		return true;
	}
	if (days == 1 || amount_e4 % 10000 || quantity->rolling)
		return false;
	quantity->rolling = timing_of(make, pdex_number(make, amount_e4, 4), pdex_number(make, days, 0));
	return true;
}

static bool add_days(struct make *make, struct quantity *quantity, const struct coverage_row *rule)
{
	if (quantity->days || rule->amount_e4 % 10000)
		return false;
	quantity->days = timing_of(make, text_lit("1"), pdex_number(make, rule->amount_e4, 4));
	quantity->days->repeat->bounds = make_new(make, struct pdex_quantity);
	quantity->days->repeat->bounds->value = pdex_number(make, rule->period_units, 0);
	quantity->days->repeat->bounds->system = text_lit(PDEX_UCUM);
	quantity->days->repeat->bounds->code = text_lit("d");
	return true;
}

static bool has_units(const struct pdex_item *item)
{
	for (size_t i = 0; i < item->rules_n; i++)
		if (text_is(item->rules[i].type, "QL") && text_is(item->rules[i].amount_unit, "QY") && text_is(item->rules[i].period, "DY") &&
			item->rules[i].amount_e4)
			return true;
	return false;
}

static void find_quantity(struct make *make, const struct pdex_item *item, struct quantity *quantity, struct pdex_losses *lost)
{
	const struct limits *limits = item->status->limits;

	if (limits && limits->quantity_e4 && !has_units(item)) { /* a rule's amount overrides that of the status, as in answers */
		quantity->limited = true;
		if (limits->quantity_days && !add_units(make, quantity, limits->quantity_e4, limits->quantity_days)) {
			struct buffer words;

			buffer_init(&words, make->arena, 64);
			buffer_lit(&words, "at most ");
			buffer_add(&words, pdex_number(make, limits->quantity_e4, 4));
			buffer_format(&words, " units in %lld days", (long long)limits->quantity_days);
			quantity->words = make_written(make, &words);
			lost->times[LOSS_QUANTITY]++;
		}
	}
	for (size_t i = 0; i < item->rules_n; i++) {
		const struct coverage_row *rule = &item->rules[i];
		bool said = true;

		if (!text_is(rule->type, "QL"))
			continue;
		quantity->limited = true;
		if (rule->message_long.n && !quantity->words.n)
			quantity->words = rule->message_long;
		if (!rule->amount_e4 || !text_is(rule->period, "DY") || !rule->period_units)
			continue; /* says how much in words, or not at all */
		if (text_is(rule->amount_unit, "QY"))
			said = add_units(make, quantity, rule->amount_e4, rule->period_units);
		else if (text_is(rule->amount_unit, "DS"))
			said = add_days(make, quantity, rule);
		lost->times[LOSS_QUANTITY] += !said;
	}
}

static void add_quantity(struct make *make, struct pdex_basic *to, const struct pdex_item *item, struct pdex_losses *lost)
{
	struct quantity quantity = { 0 };
	struct pdex_extension *detail, *part;

	find_quantity(make, item, &quantity, lost);
	add_flag(make, to, PDEX_EXTENSION("QuantityLimit"), quantity.limited);
	if (!quantity.words.n && !quantity.daily && !quantity.rolling && !quantity.days)
		return;
	detail = extend(make, to, PDEX_EXTENSION("QuantityLimitDetail"));
	if (quantity.words.n) {
		part = make_push(make, detail->extension, detail->extension_n);
		part->url = text_lit("Description");
		part->string = quantity.words;
	}
	if (quantity.rolling) {
		part = make_push(make, detail->extension, detail->extension_n);
		part->url = text_lit("Rolling");
		part->timing = quantity.rolling;
	}
	if (quantity.daily) {
		part = make_push(make, detail->extension, detail->extension_n);
		part->url = text_lit("MaximumDaily");
		part->quantity = quantity.daily;
	}
	if (quantity.days) {
		part = make_push(make, detail->extension, detail->extension_n);
		part->url = text_lit("DaysSupply");
		part->timing = quantity.days;
	}
}

static bool has_rule(const struct pdex_item *item, const char *types)
{
	for (size_t i = 0; i < item->rules_n; i++)
		if (text_in_list(item->rules[i].type, types))
			return true;
	return false;
}

static void add_flags(struct make *make, struct pdex_basic *to, const struct pdex_item *item)
{
	const struct limits *limits = item->status->limits;
	bool authorization = (limits && limits->prior_authorization) || has_rule(item, "PA");
	bool step = (limits && limits->step_therapy) || has_rule(item, "ST SM");

	add_flag(make, to, PDEX_EXTENSION("PriorAuthorization"), authorization);
	if (item->status->prior_authorization_new_starts)
		add_flag(make, to, PDEX_EXTENSION("PriorAuthorizationNewStartsOnly"), true);
	add_flag(make, to, PDEX_EXTENSION("StepTherapyLimit"), step);
	if (item->status->step_therapy_new_starts)
		add_flag(make, to, PDEX_EXTENSION("StepTherapyLimitNewStartsOnly"), true);
}

const struct pdex_resource *pdex_make_item(struct make *make, const struct pdex_view *view, const struct pdex_item *item, struct pdex_losses *lost)
{
	const struct status_row *status = item->status;
	const struct coverage *coverage = item->coverage;
	struct pdex_resource *resource;
	struct pdex_basic *to;
	struct text words;
	char product[PDEX_ID_MAX + 1];

	if (!item->listed) {
		lost->times[LOSS_UNLISTED]++;
		return NULL;
	}
	resource = resource_of(make);
	to = resource->basic = make_new(make, struct pdex_basic);
	to->id = make_text(make, text_of(item->formulary->name), text_lit("."), pdex_id_write(item->product, PDEX_PRODUCT_ROOM, product));
	to->meta = pdex_meta_of(make, view, PDEX_PROFILE "usdf-FormularyItem");
	extend(make, to, PDEX_EXTENSION("FormularyReference"))->reference =
		pdex_reference_of(make, "InsurancePlan", pdex_formulary_id(make, item->formulary));
	extend(make, to, PDEX_EXTENSION("AvailabilityStatus"))->code = text_lit("active");
	if (pdex_period_of(make, item->list))
		extend(make, to, PDEX_EXTENSION("AvailabilityPeriod"))->period = pdex_period_of(make, item->list);
	add_types(make, to, status);
	extend(make, to, PDEX_EXTENSION("DrugTierID"))->concept = pdex_tier_concept(make, status->tier_name, status->tier,
		coverage ? text_lit("2") : status->status, text_is(status->benefit, "MEDICAL"));
	add_flags(make, to, item);
	add_quantity(make, to, item, lost);
	words = pdex_words(make, item, lost);
	if (words.n)
		extend(make, to, PDEX_EXTENSION("AdditionalCoverageInformation"))->markdown = words;
	to->code = pdex_concept_of(make, PDEX_ITEM_TYPES, text_lit("formulary-item"), "Formulary Item");
	to->subject = pdex_reference_of(make, "MedicationKnowledge", pdex_drug_id(make, item->product));
	lost->times[LOSS_PLAN_FILE] += coverage && (coverage->prices_n || coverage->policy.n || coverage->alternatives_n);
	return resource;
}

/* -- drugs -- */

static void code_it(struct make *make, struct pdex_concept *code, const char *system, struct text value, struct text display)
{
	struct pdex_coding *coding = make_push(make, code->coding, code->coding_n);

	coding->system = text_of(system);
	coding->code = make_text(make, value, TEXT_NONE, TEXT_NONE);
	coding->display = display.n ? display : TEXT_NONE;
}

/* A product key as a coding; what is no concept and no NDC is ours. */
static void add_code(struct make *make, struct pdex_concept *code, struct text product, struct text display, bool concepts)
{
	struct text value = { product.at + 1, product.n - 1 };

	if (product.at[0] == 'R' && concepts)
		code_it(make, code, PDEX_RXNORM, value, display);
	else if (product.at[0] == 'N' && !concepts)
		code_it(make, code, PDEX_NDC, value, display);
}

const struct pdex_resource *pdex_make_drug(struct make *make, const struct pdex_view *view, const struct pdex_drug_of *drug, struct pdex_losses *lost)
{
	struct pdex_resource *resource = resource_of(make);
	struct pdex_drug *to = make_new(make, struct pdex_drug);
	bool concept = false;

	resource->drug = to;
	to->id = pdex_drug_id(make, drug->product);
	to->code = make_new(make, struct pdex_concept);
	for (int concepts = 1; concepts >= 0; concepts--) {
		add_code(make, to->code, drug->product, drug->description, concepts);
		for (size_t i = 0; i < drug->links_n; i++)
			add_code(make, to->code, drug->links[i], TEXT_NONE, concepts);
		if (concepts)
			concept = to->code->coding_n > 0;
	}
	if (drug->product.at[0] != 'R')
		code_it(make, to->code, PDEX_OUR_PRODUCT, drug->product, drug->description);
	if (drug->description.n)
		to->code->text = drug->description;
	to->status = text_lit("active");
	to->meta = pdex_meta_of(make, view, concept ? PDEX_PROFILE "usdf-FormularyDrug" : NULL);
	lost->times[LOSS_NO_CONCEPT] += !concept;
	return resource;
}
