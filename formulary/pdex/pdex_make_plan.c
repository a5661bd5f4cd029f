/* SPDX-License-Identifier: Apache-2.0 */
/* Payers' plans with what their tiers cost. */
#include "formulary/pdex/pdex_codes.h"
#include "formulary/pdex/pdex_make.h"

/* What of a copay the guide has elements for: a row that says more is left out. */
static const char said[] = "status tier_name tier pharmacy network days_supply deductible offered flat_cents rate_e4 first line per_copay";

static bool can_say(const struct copay_row *copay)
{
	for (size_t i = 0; i < copay_row_record.n; i++) {
		const struct field *field = &copay_row_record.fields[i];

		if (field_there(field, copay) && !text_in_list(text_of(field->member), said))
			return false;
	}
	return copay->offered;
}

static struct pdex_concept *category_of(struct make *make, const struct copay_row *copay)
{
	struct pdex_pharmacy pharmacy = { copay->days_supply, copay->network, copay->pharmacy };
	struct text code = pdex_pharmacy_of(&pharmacy);
	struct buffer ours;

	if (code.n)
		return pdex_concept_of(make, PDEX_PHARMACIES PDEX_TRIAL, code, pdex_pharmacy_display(code));
	buffer_init(&ours, make->arena, 32);
	buffer_format(&ours, "%lld-", (long long)copay->days_supply);
	buffer_add(&ours, copay->network.n ? copay->network : text_lit("ANY"));
	buffer_lit(&ours, "-");
	buffer_add(&ours, copay->pharmacy.n ? copay->pharmacy : text_lit("ANY"));
	return pdex_concept_of(make, PDEX_OUR_PHARMACY, make_written(make, &ours), NULL);
}

static bool same_category(const struct copay_row *a, const struct copay_row *b)
{
	return a->days_supply == b->days_supply && text_equal(a->network, b->network) && text_equal(a->pharmacy, b->pharmacy);
}

static bool same_tier(const struct copay_row *a, const struct copay_row *b)
{
	return a->tier == b->tier && text_equal(a->tier_name, b->tier_name) && text_equal(a->status, b->status);
}

static void add_cost(struct make *make, struct pdex_cost_benefit *to, const struct copay_row *copay, bool coinsurance, struct pdex_losses *lost)
{
	const struct pdex_option *option = pdex_option_of(copay, coinsurance);
	struct pdex_cost *cost = make_push(make, to->cost, to->cost_n);

	if (!option) { /* a coinsurance has no word for "before": what the deductible has nothing to do with comes nearest */
		option = pdex_option_read(text_lit("deductible-waived"));
		lost->times[LOSS_DEDUCTIBLE]++;
	}
	cost->type = pdex_concept_of(make, PDEX_COST_TYPES PDEX_TRIAL, coinsurance ? text_lit("coinsurance") : text_lit("copay"),
		coinsurance ? "Coinsurance" : "Copay");
	*make_push(make, cost->qualifiers, cost->qualifiers_n) =
		*pdex_concept_of(make, PDEX_OPTIONS PDEX_TRIAL, text_of(option->code), option->display);
	cost->value = make_new(make, struct pdex_quantity);
	cost->value->value = pdex_number(make, coinsurance ? copay->rate_e4 : copay->flat_cents, 2);
	cost->value->unit = coinsurance ? text_lit("%") : text_lit("$");
	cost->value->system = coinsurance ? text_lit(PDEX_UCUM) : text_lit(PDEX_CURRENCIES);
	cost->value->code = coinsurance ? text_lit("%") : text_lit("USD");
}

/* A row that says one of the two says the other not at all, but for a copay of nothing. */
static void add_costs(struct make *make, struct pdex_cost_benefit *to, const struct copay_row *copay, struct pdex_losses *lost)
{
	bool rate = copay->rate_e4 || text_is(copay->first, "RATE");
	bool flat = copay->flat_cents || !rate;

	lost->times[LOSS_BOTH] += rate && flat;
	if (flat)
		add_cost(make, to, copay, false, lost);
	if (rate)
		add_cost(make, to, copay, true, lost);
}

static void add_specific(struct make *make, struct pdex_plan *to, const struct pdex_plan_of *plan, size_t first, bool *done, struct pdex_losses *lost)
{
	const struct copay_row *of = &plan->copays[first];
	struct pdex_specific_cost *specific = make_push(make, to->specific_cost, to->specific_cost_n);

	specific->category = category_of(make, of);
	for (size_t i = first; i < plan->copays_n; i++) {
		const struct copay_row *tier = &plan->copays[i];
		struct pdex_cost_benefit *benefit;

		if (done[i] || !same_category(of, tier))
			continue;
		benefit = make_push(make, specific->benefit, specific->benefit_n);
		benefit->type = pdex_tier_concept(make, tier->tier_name, tier->tier, tier->status, false);
		if (!benefit->type->coding_n && !benefit->type->text.n)
			benefit->type = pdex_concept_of(make, PDEX_OUR_TIER, text_lit("0"), "any tier");
		for (size_t k = i; k < plan->copays_n; k++)
			if (!done[k] && same_category(of, &plan->copays[k]) && same_tier(tier, &plan->copays[k])) {
				done[k] = true;
				add_costs(make, benefit, &plan->copays[k], lost);
			}
	}
}

static bool add_plan(struct make *make, struct pdex_insurance_plan *to, const struct pdex_plan_of *plan, struct pdex_losses *lost)
{
	bool *done = make_bytes(make, plan->copays_n + 1), any = false;
	struct pdex_plan *costs = make_push(make, to->plan, to->plan_n);

	costs->type = pdex_concept_of(make, PDEX_PLAN_TYPES, text_lit("drug"), "Drug");
	for (size_t i = 0; i < plan->copays_n; i++) {
		done[i] = !can_say(&plan->copays[i]);
		lost->times[LOSS_COPAY] += done[i];
		lost->times[LOSS_AGAIN] += !done[i] && plan->copays[i].per_copay;
	}
	for (size_t i = 0; i < plan->copays_n; i++)
		if (!done[i]) {
			add_specific(make, costs, plan, i, done, lost);
			any = true;
		}
	return any;
}

static void add_formulary(struct make *make, struct pdex_coverage *to, const struct pdex_formulary_of *formulary)
{
	struct pdex_extension *extension;

	if (!formulary)
		return;
	extension = make_push(make, to->extension, to->extension_n);
	extension->url = text_lit(PDEX_EXTENSION("FormularyReference"));
	extension->reference = pdex_reference_of(make, "InsurancePlan", pdex_formulary_id(make, formulary));
}

static struct pdex_concept *type_of(struct make *make, struct text programme)
{
	struct pdex_concept *concept;

	if (text_is(programme, "qhp_ffe"))
		return pdex_concept_of(make, PDEX_PRODUCT_TYPES, text_lit("qhp"), NULL);
	if (programme.n)
		return pdex_concept_of(make, PDEX_OUR_PROGRAMME, programme, NULL);
	concept = make_new(make, struct pdex_concept);
	concept->text = text_lit("not said");
	return concept;
}

const struct pdex_resource *pdex_make_plan(struct make *make, const struct pdex_view *view, const struct pdex_plan_of *plan, struct pdex_losses *lost)
{
	const struct pdex_formulary_of *formulary = pdex_view_of_plan(view, &plan->row, false);
	struct pdex_resource *resource = make_new(make, struct pdex_resource);
	struct pdex_insurance_plan *to = make_new(make, struct pdex_insurance_plan);
	char id[PDEX_ID_MAX + 1];
	struct pdex_coverage *coverage;
	bool costs;

	if (!formulary) {
		lost->times[LOSS_NO_FORMULARY]++;
		return NULL;
	}
	resource->insurance_plan = to;
	to->id = make_text(make, text_lit("P."), pdex_id_write(plan->row.plan, PDEX_PLAN_ROOM, id), TEXT_NONE);
	make_push(make, to->identifier, to->identifier_n)->value = plan->row.plan;
	to->status = plan->row.suppressed ? text_lit("retired") : text_lit("active");
	*make_push(make, to->type, to->type_n) = *type_of(make, plan->row.programme);
	to->name = plan->row.name.n ? plan->row.name : plan->row.plan;
	to->period = pdex_period_of(make, plan->list);
	coverage = make_push(make, to->coverage, to->coverage_n);
	coverage->type = pdex_concept_of(make, PDEX_ACT_CODES, text_lit("DRUGPOL"), NULL);
	make_push(make, coverage->benefit, coverage->benefit_n)->type = pdex_concept_of(make, PDEX_PLAN_TYPES, text_lit("drug"), "Drug");
	add_formulary(make, coverage, formulary);
	add_formulary(make, coverage, pdex_view_of_plan(view, &plan->row, true));
	costs = add_plan(make, to, plan, lost);
	to->meta = pdex_meta_of(make, view, costs ? PDEX_PROFILE "usdf-PayerInsurancePlan" : NULL);
	lost->times[LOSS_NO_COST] += !costs;
	lost->times[LOSS_PRODUCT_COPAY] += plan->copays_of_products > 0;
	lost->times[LOSS_PLAN] += plan->row.deductible_cents || plan->row.alternative.n;
	return resource;
}
