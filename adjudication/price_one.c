/* SPDX-License-Identifier: Apache-2.0 */
/* What one product costs this member at one pharmacy in one way of dispensing: by the tiers of the payer file or by published lists. */
#include "adjudication/cost.h"
#include "adjudication/list_share.h"
#include "adjudication/payer.h"
#include "adjudication/pricing.h"

#include "base/clock.h"

#include <string.h>

enum { LONG_SUPPLY_DAYS = 90 };

const char pricing_ways[] = "RDMS";

/* -- plan and year -- */

static int64_t year_of(const struct pricing *p)
{
	struct text day = clock_format_date(p->about->wall_ms, p->make.arena);
	int64_t year = p->about->coverage->year;

	if (!year && day.n >= 4 && !text_to_int((struct text){ day.at, 4 }, &year))
		year = 0;
	return year;
}

void pricing_plan(struct pricing *p)
{
	const struct coverage *coverage = p->about->coverage;

	p->deductible_cents = p->plan->deductible_cents;
	p->out_of_pocket_max_cents = p->plan->out_of_pocket_max_cents;
	if (!payer_by_lists(p->plan))
		return;
	if (!p->deductible_cents)
		p->deductible_cents = coverage->deductible_cents;
	if (!text_is(coverage->programme, "part_d"))
		return;
	p->part_d = part_d_of(p->house->part_d, year_of(p));
	p->no_year = !p->part_d;
	if (!p->part_d)
		return;
	if (p->deductible_cents > p->part_d->deductible_cents)
		p->deductible_cents = p->part_d->deductible_cents;
	if (!p->out_of_pocket_max_cents || p->out_of_pocket_max_cents > p->part_d->out_of_pocket_cents)
		p->out_of_pocket_max_cents = p->part_d->out_of_pocket_cents;
}

/* -- what the fill costs -- */

static const struct pharmacy_price *price_at(const struct product *product, struct text pharmacy)
{
	for (size_t i = 0; i < product->prices_n; i++)
		if (text_equal(product->prices[i].pharmacy, pharmacy))
			return &product->prices[i];
	return NULL;
}

/* Of the shortest supply that this one fits in, else of the longest. */
static const struct price_row *unit_price_for(const struct product *product, int64_t days)
{
	const struct price_row *best = NULL;

	for (size_t i = 0; i < product->unit_prices_n; i++) {
		const struct price_row *row = &product->unit_prices[i];
		bool fits = row->days_supply >= days;

		if (!best || (fits && (best->days_supply < days || row->days_supply < best->days_supply)) ||
			(!fits && best->days_supply < days && row->days_supply > best->days_supply))
			best = row;
	}
	return best;
}

static int64_t fee_at(const struct place *place, int64_t days)
{
	const struct pharmacy_standing *published = place->published;
	int64_t fee;

	if (!published)
		return 0;
	fee = days <= 30 ? published->fee_30_cents : days <= 60 ? published->fee_60_cents : published->fee_90_cents;
	return fee > COST_MAX_CENTS ? COST_MAX_CENTS : fee;
}

/* -1: not known. A published cost is that of retail pharmacies, and says nothing of others. */
static int64_t cost_at(const struct product *product, const struct place *place, struct text indicator, int64_t quantity_e4, int64_t days)
{
	const struct pharmacy_price *price = price_at(product, indicator);
	const struct price_row *unit = text_in_list(indicator, "R D") ? unit_price_for(product, days) : NULL;
	struct pharmacy_price published;
	int64_t cents;

	if (!price && unit) {
		published = (struct pharmacy_price){ .unit_cost_e4 = unit->unit_cost_e4, .fee_cents = fee_at(place, days) };
		price = &published;
	}
	return price && cost_of_fill(price, quantity_e4, &cents) ? cents : -1;
}

/* -- what the member pays -- */

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
	int64_t met = p->member->deductible_met_cents + (p->about->after_fill ? share->deductible : 0), left = p->deductible_cents - met;

	out->patient_pays = make_dollars(&p->make, share->total);
	say_component(p, "01", share->deductible, out);
	say_component(p, "05", share->copay, out);
	say_component(p, "07", share->coinsurance, out);
	if (!p->deductible_cents)
		return;
	out->accumulated_deductible = make_dollars(&p->make, met);
	out->remaining_deductible = make_dollars(&p->make, left > 0 ? left : 0);
}

static void say_plan_cost(struct pricing *p, const struct product *product, size_t way, struct pricing_and_coverage *out)
{
	int64_t cost = product->priced[way].cost_cents;

	if (!p->plan->tells_plan_cost || cost < 0)
		return;
	out->net_plan_cost = make_dollars(&p->make, cost - product->priced[way].pays_cents);
	if (product->instead_of && product->instead_of->priced[way].is && product->instead_of->priced[way].cost_cents > cost)
		out->combined_savings = make_dollars(&p->make, product->instead_of->priced[way].cost_cents - cost);
}

/* A fill in one way, as far as its share is concerned. */
struct fill {
	char way;
	int64_t days, cost_cents;
	enum standing standing;
};

static enum list_share share_by_tiers(const struct pricing *p, const struct product *product, const struct fill *fill, struct text indicator,
	struct cost_share *share)
{
	const struct house_tier *tier = payer_tier(p->plan, product->tier, indicator);

	if (!tier || fill->cost_cents < 0 || fill->standing == STANDING_OUT)
		return LIST_SHARE_NOT_OFFERED;
	*share = cost_share_of(p->plan, tier, p->member, fill->cost_cents, fill->days);
	return LIST_SHARE_KNOWN;
}

static enum list_share share_by_lists(const struct pricing *p, const struct product *product, const struct fill *fill, struct cost_share *share)
{
	struct text special = payer_special(p->house, product->ndc, product->rxcui);
	struct list_fill list = { .copays = product->copays, .copays_n = product->copays_n, .way = fill->way, .standing = fill->standing,
		.days = fill->days, .cost_cents = fill->cost_cents, .deductible = p->deductible_cents,
		.deductible_met = p->member->deductible_met_cents, .out_of_pocket_max = p->out_of_pocket_max_cents,
		.out_of_pocket_met = p->member->out_of_pocket_met_cents, .deductible_where_unsaid = p->plan->deductible_where_unsaid,
		.rate_first = text_is(p->plan->order, "COINSURANCE_FIRST"), .part_d = p->part_d, .insulin = text_is(special, "INSULIN"),
		.vaccine = text_is(special, "VACCINE") };

	if (p->no_year)
		return LIST_SHARE_OPEN;
	if (p->part_d && product->outside_part_d) {
		/* what a plan adds from outside Part D counts towards no deductible and no threshold */
		list.part_d = NULL;
		list.deductible = 0;
		list.out_of_pocket_max = 0;
	}
	return list_share_of(&list, share);
}

static bool not_paid(struct pricing *p, const char *status, const char *restriction, struct pricing_and_coverage *out)
{
	out->coverage_status_code = text_of(status);
	if (restriction)
		restrict_by(&p->make, restriction, &out->restrictions, &out->restrictions_n);
	return false;
}

static void say_fill(struct pricing *p, const struct product *product, int64_t quantity_e4, int64_t days, struct pricing_and_coverage *out)
{
	pricing_say_quantity(p, quantity_e4, &out->quantity);
	out->days_supply = make_number(&p->make, days);
	for (size_t i = 0; i < product->restricted.list_n; i++)
		*make_push(&p->make, out->restrictions, out->restrictions_n) = product->restricted.list[i];
	for (size_t i = 0; i < product->safety_n; i++)
		*make_push(&p->make, out->drug_use_evaluations, out->drug_use_evaluations_n) = product->safety[i];
}

bool pricing_one(struct pricing *p, struct product *product, const struct place *place, struct text indicator, struct pricing_and_coverage *out)
{
	const char *way = strchr(pricing_ways, indicator.at[0]);
	bool longer = text_is(indicator, "D") && p->asked.days < LONG_SUPPLY_DAYS, lists = payer_by_lists(p->plan);
	int64_t quantity_e4 = longer ? (p->asked.quantity_e4 * LONG_SUPPLY_DAYS + p->asked.days / 2) / p->asked.days : p->asked.quantity_e4;
	struct fill fill = { .way = indicator.at[0], .days = longer ? LONG_SUPPLY_DAYS : p->asked.days,
		.standing = text_is(indicator, "M") ? place->mail : place->retail };
	enum list_share found = LIST_SHARE_NOT_OFFERED;
	struct cost_share share;

	out->indicator = indicator;
	say_fill(p, product, quantity_e4, fill.days, out);
	if (!product->restricted.covered)
		return not_paid(p, "NC", NULL, out);
	if (place->locked_out)
		return not_paid(p, "NC", "980", out);
	if (!lists && fill.standing == STANDING_OUT)
		return not_paid(p, "PF", "40", out);
	if (product->limits && product->limits->specialty_only && !text_is(indicator, "S"))
		return not_paid(p, "PT", "4W", out);
	fill.cost_cents = cost_at(product, place, indicator, quantity_e4, fill.days);
	if (way)
		found = lists ? share_by_lists(p, product, &fill, &share) : share_by_tiers(p, product, &fill, indicator, &share);
	if (found == LIST_SHARE_NOT_OFFERED)
		return fill.standing == STANDING_OUT ? not_paid(p, "PF", "40", out) : not_paid(p, "PT", NULL, out);
	out->coverage_status_code = product->restricted.list_n ? text_lit("CR") : text_lit("CC");
	if (found == LIST_SHARE_OPEN) {
		p->left_open = true;
		return false;
	}
	say_share(p, &share, out);
	product->priced[way - pricing_ways].is = true;
	product->priced[way - pricing_ways].cost_cents = fill.cost_cents;
	product->priced[way - pricing_ways].pays_cents = share.total;
	say_plan_cost(p, product, (size_t)(way - pricing_ways), out);
	return true;
}
