/* SPDX-License-Identifier: Apache-2.0 */
/* Plans with what their tiers cost, and drugs with every plan that has them; year by year where the files say years. */
#include "formulary/qhp/qhp_rows.h"

#include "base/json.h"
#include "formulary/amount.h"
#include "formulary/describe.h"
#include "formulary/items.h"

#include <stdio.h>

enum { NAME_MAX_CHARACTERS = 105 };

/* Reads an object and holds it to its table: what must be there is. */
static bool read_object(struct qhp_rows *rows, const struct record *record, void *rec, struct text item, struct fault *fault)
{
	return json_read(record, rec, item, &rows->arena, NULL, fault) && record_check(record, rec, fault);
}

struct years {
	int64_t at[QHP_YEARS_MAX]; /* one 0 when the file says none */
	size_t n;
};

/* "[2025, 2026]". The specification does not have them, the files do. */
static bool read_years(struct text raw, struct years *years, struct fault *fault)
{
	struct text rest = text_trim(raw);

	*years = (struct years){ .n = 1 };
	if (!text_there(raw))
		return true;
	if (rest.n < 2 || rest.at[0] != '[')
		return fault_set(fault, FAULT_BAD_NUMBER, "years");
	rest = text_trim((struct text){ rest.at + 1, rest.n - 2 });
	if (!rest.n)
		return true;
	for (years->n = 0; text_there(rest); years->n++) {
		int64_t *year = &years->at[years->n];

		if (years->n == QHP_YEARS_MAX)
			return fault_set(fault, FAULT_TOO_LONG, "years");
		if (!text_to_int(text_trim(text_cut(&rest, ',')), year) || *year < 2014 || *year > 2100)
			return fault_set(fault, FAULT_BAD_NUMBER, "years");
	}
	return true;
}

/* The list of rows of one kind and year: it counts from the first to the last day of that year. */
static bool list_of(struct qhp_rows *rows, const char *kind, const char *subtype, const char *id, int64_t year, uint32_t *number, struct fault *fault)
{
	struct formulary_list list = { .kind = text_of(kind), .subtype = text_of(subtype), .file = rows->file };
	char name[40], from[16], to[16];

	snprintf(name, sizeof(name), year ? "%s-%lld" : "%s", id, (long long)year);
	list.list_id = text_of(name);
	if (year) {
		snprintf(from, sizeof(from), "%04lld0101", (long long)year);
		snprintf(to, sizeof(to), "%04lld1231", (long long)year);
		list.effective_date = text_of(from);
		list.expiration_date = text_of(to);
	}
	return builder_list(rows->builder, &list, BUILDER_FULL, number, fault);
}

/* HIOS: five digits of the issuer, two letters of the state, seven digits. */
static bool check_plan_id(struct text id, struct fault *fault)
{
	bool good = id.n == 14;

	for (size_t i = 0; good && i < id.n; i++)
		good = i == 5 || i == 6 ? id.at[i] >= 'A' && id.at[i] <= 'Z' : id.at[i] >= '0' && id.at[i] <= '9';
	return good || fault_set(fault, FAULT_BAD_TEXT, "plan_id");
}

static struct text shortened(struct text t, size_t most)
{
	while (text_characters(t) > most)
		do
			t.n--;
		while (t.n && ((unsigned char)t.at[t.n] & 0xc0) == 0x80);
	return t;
}

/* -- what a tier costs -- */

static bool put_copay(struct qhp_rows *rows, struct text plan, const struct years *years, const struct copay_row *copay, const char *apart,
	struct fault *fault)
{
	struct builder_row row = { .class = ROW_PRODUCT, .owner_kind = text_lit("COPAY"), .owner = plan, .body = PRODUCT_ALL, .apart = text_of(apart),
		.record = &copay_row_record, .rec = copay, .line = rows->item };

	for (size_t i = 0; i < years->n; i++)
		if (!list_of(rows, "COPAY", "TIER", "costs", years->at[i], &row.list, fault) || !builder_row(rows->builder, &row, fault))
			return false;
	return true;
}

/* When it counts; NO-CHARGE is nothing to pay, whatever amount stands beside it. */
static void counts(struct copay_row *copay, struct text when)
{
	bool free = text_starts(when, "NO-CHARGE");

	copay->offered = 1;
	if (free)
		copay->flat_cents = copay->rate_e4 = 0;
	if (text_is(when, "BEFORE-DEDUCTIBLE"))
		copay->deductible = text_lit("BEFORE");
	else if (text_is(when, "NO-CHARGE"))
		copay->deductible = text_lit("NONE");
	else if (text_there(when))
		copay->deductible = text_lit("AFTER");
}

/* Copay and coinsurance become rows of their own, since each has its own word on the deductible. A zero without such a word says nothing. */
static bool take_cost(struct qhp_rows *rows, struct text plan, const struct years *years, const struct qhp_tier *tier, struct text item,
	struct fault *fault)
{
	struct qhp_cost cost = { 0 };
	struct copay_row same = { .tier_name = tier->drug_tier, .line = rows->item }, copay, rate;
	char apart[160];

	if (!read_object(rows, &qhp_cost_record, &cost, item, fault))
		return false;
	same.days_supply = cost.pharmacy_type.at[0] == '1' ? 30 : 90;
	same.network = text_starts((struct text){ cost.pharmacy_type.at + 8, cost.pharmacy_type.n - 8 }, "OUT") ? text_lit("OUT") : text_lit("STANDARD");
	same.pharmacy = cost.pharmacy_type.at[cost.pharmacy_type.n - 1] == 'L' && cost.pharmacy_type.at[cost.pharmacy_type.n - 4] == 'M' ?
				text_lit("M") : text_lit("R");
	copay = rate = same;
	copay.first = text_lit("FLAT");
	rate.first = text_lit("RATE");
	if (text_there(cost.copay_amount) && !amount_read(cost.copay_amount, 2, &copay.flat_cents))
		return fault_set(fault, FAULT_BAD_NUMBER, "copay_amount");
	if (text_there(cost.coinsurance_rate) && (!amount_read(cost.coinsurance_rate, 4, &rate.rate_e4) || rate.rate_e4 > 10000))
		return fault_set(fault, FAULT_BAD_NUMBER, "coinsurance_rate");
	if (copay.flat_cents || text_there(cost.copay_opt)) {
		counts(&copay, cost.copay_opt);
		snprintf(apart, sizeof(apart), "%.*s %.*s copay", TEXT_ARGS(tier->drug_tier), TEXT_ARGS(cost.pharmacy_type));
		if (!put_copay(rows, plan, years, &copay, apart, fault))
			return false;
	}
	if (!rate.rate_e4 && !text_there(cost.coinsurance_opt))
		return true;
	counts(&rate, cost.coinsurance_opt);
	snprintf(apart, sizeof(apart), "%.*s %.*s coinsurance", TEXT_ARGS(tier->drug_tier), TEXT_ARGS(cost.pharmacy_type));
	return put_copay(rows, plan, years, &rate, apart, fault);
}

/* An array of objects, or one object as some files have it. */
static bool many(struct text raw, const char *name, struct fault *fault)
{
	struct text t = text_trim(raw);

	return !text_there(raw) || (t.n && (t.at[0] == '{' || t.at[0] == '[')) || fault_set(fault, FAULT_BAD_TEXT, name);
}

static bool take_tier(struct qhp_rows *rows, struct plan_row *plan, const struct years *years, struct text item, struct fault *fault)
{
	struct qhp_tier tier = { 0 };
	struct text rest, cost;
	int index = 0;

	if (!read_object(rows, &qhp_tier_record, &tier, item, fault) || !many(tier.cost_sharing, "cost_sharing", fault))
		return false;
	plan->mail_order |= tier.mail_order;
	rest = tier.cost_sharing;
	for (; text_there(rest) && items_cut(&rest, &cost); index++)
		if (!take_cost(rows, plan->plan, years, &tier, cost, fault))
			return fault_under(fault, text_lit("cost_sharing"), index);
	return true;
}

/* -- plans -- */

bool qhp_plan_row(struct qhp_rows *rows, struct text item, struct fault *fault)
{
	struct qhp_plan from = { 0 };
	struct plan_row plan = { .source = rows->source, .coverage_n = 1, .copay_n = 1, .programme = text_lit("qhp_ffe"), .line = rows->item };
	struct builder_row row = { .class = ROW_PLAN, .record = &plan_row_record, .rec = &plan, .line = rows->item };
	struct years years;
	struct text rest, tier;
	bool fresh;
	int index = 0;

	arena_reset(&rows->arena);
	if (!read_object(rows, &qhp_plan_record, &from, item, fault) || !check_plan_id(from.plan_id, fault) ||
		!read_years(from.years, &years, fault) || !many(from.formulary, "formulary", fault))
		return false;
	if (!names_add(&rows->plans, from.plan_id, TEXT_NONE, &fresh))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	rows->report->plans += fresh;
	plan.plan = plan.formulary = row.body = from.plan_id;
	plan.coverage = plan.copay = &from.plan_id;
	plan.name = shortened(from.marketing_name, NAME_MAX_CHARACTERS);
	rest = from.formulary;
	for (; text_there(rest) && items_cut(&rest, &tier); index++)
		if (!take_tier(rows, &plan, &years, tier, fault))
			return fault_under(fault, text_lit("formulary"), index);
	for (size_t i = 0; i < years.n; i++) {
		plan.year = years.at[i];
		if (!list_of(rows, "PLAN", NULL, "plans", years.at[i], &row.list, fault) || !builder_row(rows->builder, &row, fault))
			return false;
	}
	return true;
}

/* -- drugs -- */

/* That there is a limit is a rule of its own: the files do not say how much. */
static bool put_limit(struct qhp_rows *rows, struct builder_row row, int64_t year, struct fault *fault)
{
	struct coverage_row rule = { .type = text_lit("QL"), .line = rows->item };

	row.owner_kind = text_lit("COVERAGE");
	row.record = &coverage_row_record;
	row.rec = &rule;
	return list_of(rows, "COVERAGE", "QL", "limits", year, &row.list, fault) && builder_row(rows->builder, &row, fault);
}

static bool drug_in_plan(struct qhp_rows *rows, const struct qhp_drug *drug, const struct qhp_drug_plan *in, struct fault *fault)
{
	struct limits limits = { .prior_authorization = in->prior_authorization, .step_therapy = in->step_therapy };
	struct status_row status = { .tier_name = in->drug_tier, .limits = &limits, .line = rows->item,
		.description = shortened(drug->drug_name, NAME_MAX_CHARACTERS),
		.benefit = text_is(in->drug_tier, "MEDICAL-SERVICE") ? text_lit("MEDICAL") : TEXT_NONE };
	char product[PRODUCT_KEY_MAX];
	struct builder_row row = { .class = ROW_PRODUCT, .owner_kind = text_lit("STATUS"), .owner = in->plan_id,
		.body = product_rxcui(drug->rxnorm_id, product), .record = &status_row_record, .rec = &status, .line = rows->item };
	struct years years;

	if (!check_plan_id(in->plan_id, fault) || !read_years(in->years, &years, fault))
		return false;
	if (!names_find(&rows->plans, in->plan_id)) {
		rows->report->rows_without_plan++;
		return true;
	}
	rows->report->drug_rows++;
	for (size_t i = 0; i < years.n; i++) {
		if (!list_of(rows, "STATUS", NULL, "drugs", years.at[i], &row.list, fault) || !builder_row(rows->builder, &row, fault))
			return false;
		if (in->quantity_limit && !put_limit(rows, row, years.at[i], fault))
			return false;
	}
	return true;
}

bool qhp_drug_row(struct qhp_rows *rows, struct text item, struct fault *fault)
{
	struct qhp_drug drug = { 0 };
	char product[PRODUCT_KEY_MAX];
	int64_t concept;

	arena_reset(&rows->arena);
	if (!read_object(rows, &qhp_drug_record, &drug, item, fault))
		return false;
	if (drug.rxnorm_id.at[0] < '1' || drug.rxnorm_id.at[0] > '9' || !text_to_int(drug.rxnorm_id, &concept))
		return fault_set(fault, FAULT_BAD_NUMBER, "rxnorm_id");
	rows->report->drugs++;
	if (!builder_describe(rows->builder, product_rxcui(drug.rxnorm_id, product), drug.drug_name, fault))
		return false;
	for (size_t i = 0; i < drug.plans_n; i++)
		if (!drug_in_plan(rows, &drug, &drug.plans[i], fault))
			return fault_under(fault, text_lit("plans"), (int)i);
	return true;
}
