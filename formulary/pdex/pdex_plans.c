/* SPDX-License-Identifier: Apache-2.0 */
/* Payers' plans: the lists that are their own, and what each tier costs. */
#include "formulary/amount.h"
#include "formulary/pdex/pdex_rows.h"

#include <stdio.h>

/* A plan on its way. */
struct plan {
	struct plan_row row;
	struct pdex_formulary days; /* identity and days of the plan, as pdex_list wants them */
	struct text coverage[2];
};

/* The first reference is the plan's formulary, a second one what it adds to it. */
static bool take_formularies(struct pdex_rows *rows, const struct pdex_insurance_plan *from, struct plan *plan, bool *drugs, struct fault *fault)
{
	*drugs = false;
	for (size_t i = 0; i < from->coverage_n; i++) {
		const struct pdex_coverage *coverage = &from->coverage[i];

		for (size_t k = 0; k < coverage->extension_n; k++) {
			struct pdex_formulary formulary;

			if (!text_is(coverage->extension[k].url, PDEX_EXTENSION("FormularyReference")))
				continue;
			*drugs = true;
			if (!pdex_formulary_at(rows, coverage->extension[k].reference, &formulary, fault))
				return fault_under(fault, text_lit("coverage/extension"), -1);
			if (plan->row.coverage_n == 2) {
				pdex_without_home(rows->report, "InsurancePlan.coverage (a third formulary)");
				continue;
			}
			if (plan->row.coverage_n == 0)
				plan->row.formulary = formulary.identity;
			else
				plan->row.additions = formulary.identity;
			plan->coverage[plan->row.coverage_n++] = formulary.identity;
		}
	}
	plan->row.coverage = plan->coverage;
	return true;
}

static struct text programme_of(const struct pdex_insurance_plan *from)
{
	for (size_t i = 0; i < from->type_n; i++) {
		struct text ours = pdex_code(&from->type[i], PDEX_OUR_PROGRAMME);

		if (ours.n && text_in_list(ours, record_field(&plan_row_record, "programme")->codes))
			return ours;
		if (text_is(pdex_code(&from->type[i], PDEX_PRODUCT_TYPES), "qhp"))
			return text_lit("qhp_ffe");
	}
	return TEXT_NONE;
}

/* -- costs -- */

/* Which tiers or status a cost is for. */
static bool take_tier(const struct pdex_concept *tier, struct copay_row *copay, struct fault *fault)
{
	struct text number = pdex_code(tier, PDEX_OUR_TIER);

	copay->tier_name = pdex_code(tier, PDEX_TIERS);
	copay->status = pdex_code(tier, PDEX_OUR_STATUS);
	if (number.n && (!text_to_int(number, &copay->tier) || copay->tier < 0 || copay->tier > 99))
		return fault_set(fault, FAULT_BAD_NUMBER, "type/coding/code");
	if (!copay->tier_name.n && tier)
		copay->tier_name = tier->text.n || number.n || copay->status.n ? tier->text : pdex_code(tier, "");
	if (copay->status.n > 2 || text_characters(copay->tier_name) > 60)
		return fault_set(fault, FAULT_TOO_LONG, "type");
	return true;
}

static bool take_value(const struct pdex_cost *cost, bool coinsurance, struct copay_row *copay, struct fault *fault)
{
	const struct pdex_quantity *value = cost->value;

	if (!value || !value->value.n)
		return fault_set(fault, FAULT_MISSING, "value");
	if (coinsurance) {
		copay->first = text_lit("RATE");
		if (!amount_read(value->value, 2, &copay->rate_e4) || copay->rate_e4 > 10000)
			return fault_set(fault, FAULT_BAD_NUMBER, "value");
		return !value->code.n || text_is(value->code, "%") || fault_set(fault, FAULT_BAD_CODE, "value/code");
	}
	copay->first = text_lit("FLAT");
	if (!amount_read(value->value, 2, &copay->flat_cents))
		return fault_set(fault, FAULT_BAD_NUMBER, "value");
	return !value->code.n || text_is(value->code, "USD") || fault_set(fault, FAULT_BAD_CODE, "value/code");
}

static bool take_cost(struct pdex_rows *rows, const struct plan *plan, struct copay_row copay, const struct pdex_cost *cost, struct fault *fault)
{
	struct text kind = pdex_code(cost->type, PDEX_COST_TYPES), option = TEXT_NONE;
	bool coinsurance = text_is(kind, "coinsurance");
	const struct pdex_option *means;
	char apart[320];
	struct builder_row row = { .class = ROW_PRODUCT, .owner_kind = text_lit("COPAY"), .owner = plan->row.plan, .body = PRODUCT_ALL,
		.record = &copay_row_record, .rec = &copay, .line = rows->item };

	if (!coinsurance && !text_is(kind, "copay"))
		return fault_set(fault, FAULT_BAD_CODE, "type");
	for (size_t i = 0; i < cost->qualifiers_n && !option.n; i++)
		option = pdex_code(&cost->qualifiers[i], PDEX_OPTIONS);
	means = pdex_option_read(option);
	if (!means)
		return fault_set(fault, option.n ? FAULT_BAD_CODE : FAULT_MISSING, "qualifiers");
	if (means->none)
		return true;
	if (!take_value(cost, coinsurance, &copay, fault))
		return false;
	if (means->free)
		copay.flat_cents = copay.rate_e4 = 0;
	copay.deductible = text_of(means->deductible);
	copay.offered = 1;
	copay.line = rows->item;
	snprintf(apart, sizeof(apart), "%lld %.*s %.*s %lld %.*s %.*s %.*s", (long long)copay.tier, TEXT_ARGS(copay.tier_name), TEXT_ARGS(copay.status),
		(long long)copay.days_supply, TEXT_ARGS(copay.network), TEXT_ARGS(copay.pharmacy), TEXT_ARGS(kind));
	row.apart = text_of(apart);
	return pdex_list(rows, "COPAY", "TIER", &plan->days, &plan->days.days, &row.list, fault) && builder_row(rows->builder, &row, fault);
}

static bool take_benefit(struct pdex_rows *rows, const struct plan *plan, struct copay_row copay, const struct pdex_cost_benefit *benefit,
	struct fault *fault)
{
	if (!take_tier(benefit->type, &copay, fault))
		return false;
	for (size_t i = 0; i < benefit->cost_n; i++)
		if (!take_cost(rows, plan, copay, &benefit->cost[i], fault))
			return fault_under(fault, text_lit("cost"), (int)i);
	return true;
}

static bool take_specific(struct pdex_rows *rows, struct plan *plan, const struct pdex_specific_cost *specific, struct fault *fault)
{
	struct pdex_pharmacy pharmacy;

	/* a cost at a kind of pharmacy that is not known here would count at every one */
	if (!pdex_pharmacy_read(specific->category, &pharmacy))
		return fault_set(fault, FAULT_BAD_CODE, "category");
	plan->row.mail_order |= text_is(pharmacy.pharmacy, "M");
	for (size_t i = 0; i < specific->benefit_n; i++)
		if (!take_benefit(rows, plan,
			    (struct copay_row){ .days_supply = pharmacy.days, .network = pharmacy.network, .pharmacy = pharmacy.pharmacy },
			    &specific->benefit[i], fault))
			return fault_under(fault, text_lit("benefit"), (int)i);
	return true;
}

/* What a kind of pharmacy costs is refused alone: the plan is still the plan. */
static void take_costs(struct pdex_rows *rows, struct plan *plan, const struct pdex_insurance_plan *from)
{
	for (size_t i = 0; i < from->plan_n; i++) {
		const struct pdex_plan *of = &from->plan[i];

		if (text_there(of->general_cost))
			pdex_without_home(rows->report, "InsurancePlan.plan.generalCost");
		for (size_t k = 0; k < of->specific_cost_n; k++) {
			struct fault fault;

			if (!take_specific(rows, plan, &of->specific_cost[k], &fault)) {
				fault_under(&fault, text_lit("specificCost"), (int)k);
				fault_under(&fault, text_lit("plan"), (int)i);
				pdex_refuse(rows, "InsurancePlan", from->id, &fault);
			}
		}
	}
}

bool pdex_plan(struct pdex_rows *rows, const struct pdex_insurance_plan *from, struct fault *fault)
{
	struct plan plan = { .row = { .source = rows->source, .copay_n = 1, .line = rows->item } };
	struct builder_row row = { .class = ROW_PLAN, .record = &plan_row_record, .rec = &plan.row, .line = rows->item };
	char name[PDEX_ID_BYTES * 4];
	bool drugs, fresh;

	if (!pdex_identity(from, &plan.row.plan, fault) || !take_formularies(rows, from, &plan, &drugs, fault))
		return false;
	if (!drugs) {
		rows->report->other++;
		return true;
	}
	if (!pdex_days(from->period, &plan.days.days, fault))
		return fault_under(fault, text_lit("period"), -1);
	snprintf(name, sizeof(name), "P%.*s\037%s\037%s", TEXT_ARGS(plan.row.plan), plan.days.days.from, plan.days.days.to);
	if (!names_add(&rows->named, text_of(name), TEXT_NONE, &fresh))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!fresh) {
		rows->report->repeated++;
		return true;
	}
	snprintf(name, sizeof(name), "plans-%s-%s", plan.days.days.from, plan.days.days.to);
	plan.days.identity = text_of(name);
	plan.row.copay = &plan.row.plan;
	plan.row.name = pdex_shortened(from->name, 120);
	plan.row.programme = programme_of(from);
	plan.row.year = plan.days.days.from[0] && strncmp(plan.days.days.from, plan.days.days.to, 4) == 0 ?
				(plan.days.days.from[0] - '0') * 1000 + (plan.days.days.from[1] - '0') * 100 + (plan.days.days.from[2] - '0') * 10 +
					(plan.days.days.from[3] - '0') : 0;
	plan.row.suppressed = !text_is(from->status, "active");
	take_costs(rows, &plan, from);
	row.body = plan.row.plan;
	if (!pdex_list(rows, "PLAN", "", &plan.days, &plan.days.days, &row.list, fault) || !builder_row(rows->builder, &row, fault))
		return false;
	rows->report->plans++;
	return true;
}
