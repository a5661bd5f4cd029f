/* SPDX-License-Identifier: Apache-2.0 */
/* Says what a plan's lists say of a product as a plan file would: the one shape that router and payer go by. */
#include "formulary/answer.h"

#include "formulary/keys.h"
#include "formulary/reading.h"

enum { CANDIDATES_MAX = 20 }; /* as many as a coverage has room for; a payer offers at most five of them */

static struct text status_of(const struct product_answer *answer)
{
	struct text status = answer->status ? answer->status->status : TEXT_NONE;
	int64_t level;

	if (answer->excluded)
		return text_lit("EXCLUDED");
	if (text_to_int(status, &level))
		return level == 0 ? text_lit("EXCLUDED") : level == 1 ? text_lit("NOT_COVERED") : text_lit("COVERED");
	return answer->status && (answer->status->tier || answer->status->tier_name.n) ? text_lit("COVERED") : TEXT_NONE;
}

static void add_age(const struct coverage_row *rule, struct limits *limits)
{
	bool days = text_is(rule->age_min_unit, "D") || text_is(rule->age_max_unit, "D");
	bool years = text_is(rule->age_min_unit, "Y") || text_is(rule->age_max_unit, "Y");

	if (days && years) /* from so many days to so many years: one unit cannot say both, and the years are the wider one */
		days = false;
	if (rule->age_min && text_is(rule->age_min_unit, "D") == days)
		limits->age_min = rule->age_min;
	if (rule->age_max && text_is(rule->age_max_unit, "D") == days)
		limits->age_max = rule->age_max;
	if (days)
		limits->age_unit = text_lit("D");
}

static void add_quantity(const struct coverage_row *rule, struct limits *limits)
{
	if (text_is(rule->amount_unit, "QY") && text_is(rule->period, "DY") && rule->period_units) {
		limits->quantity_e4 = rule->amount_e4;
		limits->quantity_days = rule->period_units;
	}
	if (text_is(rule->amount_unit, "DS") && text_is(rule->period, "PD"))
		limits->days_max = rule->amount_e4 / 10000;
}

static void add_limit(const struct coverage_row *rule, struct limits *limits)
{
	limits->prior_authorization |= text_is(rule->type, "PA");
	limits->step_therapy |= text_is(rule->type, "ST") || text_is(rule->type, "SM");
	if (text_is(rule->type, "AL"))
		add_age(rule, limits);
	if (text_is(rule->type, "GL"))
		limits->sex = rule->sex;
	if (text_is(rule->type, "QL"))
		add_quantity(rule, limits);
}

static bool add_limits(const struct product_answer *answer, struct arena *arena, struct coverage *out)
{
	struct limits *limits = arena_new(arena, struct limits);

	if (!limits)
		return false;
	if (answer->status && answer->status->limits)
		*limits = *answer->status->limits;
	for (size_t i = 0; i < answer->rules_n; i++)
		add_limit(answer->rules[i].rule, limits);
	out->limits = limits;
	return true;
}

static bool add_copays(const struct product_answer *answer, struct arena *arena, struct coverage *out)
{
	for (size_t i = 0; i < answer->copays_n; i++) {
		struct copay_row *copay = arena_push(arena, (void **)&out->copays, &out->copays_n, sizeof(*copay));

		if (!copay)
			return false;
		*copay = *answer->copays[i].copay;
	}
	return true;
}

static bool add_prices(const struct product_answer *answer, struct arena *arena, struct coverage *out)
{
	for (size_t i = 0; i < answer->prices_n; i++) {
		struct price_row *price = arena_push(arena, (void **)&out->unit_prices, &out->unit_prices_n, sizeof(*price));

		if (!price)
			return false;
		*price = *answer->prices[i].price;
	}
	return true;
}

/* The NDC in a product key; TEXT_NONE when it names something else. */
static struct text key_ndc(struct text key)
{
	return key.n == 12 && key.at[0] == 'N' ? (struct text){ key.at + 1, 11 } : TEXT_NONE;
}

static struct text key_rxcui(struct text key)
{
	return key.n > 1 && key.at[0] == 'R' ? (struct text){ key.at + 1, key.n - 1 } : TEXT_NONE;
}

bool formulary_coverage_of(const struct product_answer *answer, const struct product_name *name, struct arena *arena,
	struct coverage *out, bool *says, struct fault *fault)
{
	const struct status_row *status = answer->status;

	*out = (struct coverage){ .plan = answer->plan, .ndc = name->ndc, .rxcui = name->rxcui, .status = status_of(answer), .of_lists = 1,
		.programme = answer->programme, .deductible_cents = answer->deductible_cents, .year = answer->year };
	*says = text_there(out->status);
	if (status) {
		out->tier = status->tier;
		out->benefit = status->benefit;
		out->description = status->description;
		out->selected = status->selected;
		out->outside_part_d = status->excluded_part_d;
	}
	if (answer->status_from) {
		out->source = answer->status_from->file;
		out->line = answer->status_from->line;
		if (!text_there(out->rxcui))
			out->rxcui = key_rxcui(answer->status_from->product);
	}
	return (add_limits(answer, arena, out) && add_copays(answer, arena, out) && add_prices(answer, arena, out)) ||
	       fault_set(fault, FAULT_TOO_LARGE, "");
}

/* -- alternatives -- */

/* Product keys to look at, what is to be tried first in front. */
struct candidates {
	const struct product_answer *answer;
	struct text at[CANDIDATES_MAX];
	size_t n, first_n;
};

static void add_candidate(struct candidates *candidates, struct text key)
{
	if (!text_there(key) || candidates->n == CANDIDATES_MAX || text_equal(key, candidates->answer->product))
		return;
	for (size_t i = 0; i < candidates->n; i++)
		if (text_equal(candidates->at[i], key))
			return;
	candidates->at[candidates->n++] = key;
}

static struct product_name name_of_key(struct text key)
{
	struct product_name name = { .ndc = key_ndc(key), .rxcui = key_rxcui(key), .alone = true };

	if (key.n > 1 && key.at[0] == 'D') {
		struct text rest = { key.at + 1, key.n - 1 };

		name.qualifier = text_cut(&rest, ':');
		name.reference = rest;
	}
	return name;
}

/* An NDC that files link the concept to: the first there is. */
static bool linked_ndc(const struct formulary *formulary, struct text key, struct arena *arena, struct text *ndc, struct fault *fault)
{
	const struct reading *reading = &formulary->now;
	struct formulary_key body;
	struct table_walk walk;
	struct text at, value;
	bool ok = true;

	key_body(&body, ROW_LINK, 0, key);
	table_walk(reading->table, key_text(&body), TEXT_NONE, &walk);
	while (ok && !text_there(*ndc) && table_walk_next(&walk, &at, &value)) {
		uint32_t number = key_list(at);
		struct link_row link = { 0 };

		if (!index_list(&reading->index, number) || !reading->counts[number])
			continue;
		ok = record_unpack(&link_row_record, &link, arena, value, fault);
		if (ok)
			*ndc = key_ndc(link.product);
	}
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

/* False in *fits when it cannot be offered: nobody could ask for it, or the lists do not know it. */
static bool look_at(const struct formulary *formulary, const struct candidates *candidates, size_t i, struct arena *arena,
	struct alternative *out, bool *fits, struct fault *fault)
{
	struct product_name name = name_of_key(candidates->at[i]);
	struct product_answer answer;
	struct coverage coverage;
	struct text ndc = name.ndc;

	if (!formulary_answer(formulary, candidates->answer->plan, &name, arena, &answer, fits, fault))
		return false;
	if (!*fits)
		return true;
	if (!text_there(ndc) && answer.status)
		ndc = answer.status->ndc;
	if (!text_there(ndc) && !linked_ndc(formulary, candidates->at[i], arena, &ndc, fault))
		return false;
	if (!formulary_coverage_of(&answer, &name, arena, &coverage, fits, fault))
		return false;
	*fits = *fits && text_there(ndc);
	*out = (struct alternative){ .ndc = ndc, .description = coverage.description, .tier = coverage.tier, .limits = coverage.limits,
		.status = coverage.status, .rxcui = coverage.rxcui, .copays = coverage.copays, .copays_n = coverage.copays_n,
		.unit_prices = coverage.unit_prices, .unit_prices_n = coverage.unit_prices_n, .outside_part_d = coverage.outside_part_d,
		.try_first = i < candidates->first_n };
	return true;
}

bool formulary_candidates(const struct formulary *formulary, const struct product_answer *answer, struct arena *arena, struct coverage *out,
	struct fault *fault)
{
	struct candidates candidates = { .answer = answer };

	for (size_t i = 0; i < answer->rules_n; i++)
		add_candidate(&candidates, answer->rules[i].rule->step_product);
	candidates.first_n = candidates.n;
	for (size_t i = 0; i < answer->alternatives_n; i++)
		add_candidate(&candidates, answer->alternatives[i].product);
	for (size_t i = 0; i < candidates.n; i++) {
		struct alternative one, *to;
		bool fits;

		if (!look_at(formulary, &candidates, i, arena, &one, &fits, fault))
			return false;
		if (!fits || text_equal(one.ndc, out->ndc))
			continue;
		to = arena_push(arena, (void **)&out->alternatives, &out->alternatives_n, sizeof(*to));
		if (!to)
			return fault_set(fault, FAULT_TOO_LARGE, "");
		*to = one;
	}
	return true;
}
