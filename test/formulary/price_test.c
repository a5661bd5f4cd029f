/* SPDX-License-Identifier: Apache-2.0 */
/* Published prices, networks and HCPCS codes are found where they stand, and what is not said stays unsaid. Rows are put as a loader would. */
#include "formulary/hcpcs.h"

#include "formulary/builder.h"
#include "test/case.h"
#include "test/scratch.h"

#define DAY_MS INT64_C(1767225600000) /* 2026-01-01 */

static struct fault fault;

struct rows {
	struct scratch scratch;
	struct builder *builder;
	struct arena arena;
	struct formulary *formulary;
};

static void done(struct rows *rows)
{
	formulary_free(rows->formulary);
	arena_done(&rows->arena);
	scratch_done(&rows->scratch);
}
#define ROWS __attribute__((cleanup(done))) = rows_new()

static uint32_t list(const struct rows *rows, const char *kind, const char *id)
{
	struct formulary_list header = { .kind = text_of(kind), .list_id = text_of(id), .file = text_of(id) };
	uint32_t number;

	cr_assert(builder_list(rows->builder, &header, BUILDER_FULL, &number, &fault));
	return number;
}

static void put(const struct rows *rows, uint32_t number, const char *kind, const char *owner, const char *body, const char *apart,
	const struct record *record, const void *rec)
{
	static const struct {
		const char *kind;
		enum row_class class;
	} classes[] = { { "PLAN", ROW_PLAN }, { "LINK", ROW_LINK }, { "HCPCS", ROW_HCPCS } };
	struct builder_row row = { .list = number, .class = ROW_PRODUCT, .owner_kind = text_of(kind), .owner = text_of(owner),
		.body = text_of(body), .apart = text_of(apart), .record = record, .rec = rec, .line = 7 };

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (text_is(row.owner_kind, classes[i].kind))
			row.class = classes[i].class;
	cr_assert(builder_row(rows->builder, &row, &fault));
}

static void put_price(const struct rows *rows, uint32_t number, const char *ndc, int64_t days, int64_t cost, const char *apart)
{
	put(rows, number, "PRICE", "PLAN", ndc, apart, &price_row_record,
		&(struct price_row){ .days_supply = days, .unit_cost_e4 = cost, .line = days });
}

static void put_link(const struct rows *rows, uint32_t number, const char *from, const char *to)
{
	put(rows, number, "LINK", NULL, from, to, &link_row_record, &(struct link_row){ .product = text_of(to) });
}

static void put_hcpcs(const struct rows *rows, uint32_t number, const char *from, const char *to, int64_t limit)
{
	put(rows, number, "HCPCS", NULL, from, to, &hcpcs_row_record,
		&(struct hcpcs_row){ .other = text_of(to), .limit_e4 = limit, .line = 9 });
}

/* Two plans, one without a network and prices. */
static struct rows rows_new(void)
{
	struct rows rows = { .scratch = scratch_new() };
	struct builder_setup setup = { .directory = rows.scratch.at, .action = BUILDER_FULL,
		.source = { .source = text_lit("CMS"), .format = text_lit("PARTD"), .loaded_ms = DAY_MS } };
	struct load_report report;
	uint32_t number;
	int64_t line;

	arena_init(&rows.arena, 16 << 20);
	cr_assert(builder_begin(&setup, &rows.builder, &fault));
	number = list(&rows, "PLAN", "plans");
	put(&rows, number, "PLAN", NULL, "PLAN", NULL, &plan_row_record,
		&(struct plan_row){ .plan = text_lit("PLAN"), .source = text_lit("CMS"), .formulary = text_lit("F1") });
	put(&rows, number, "PLAN", NULL, "BARE", NULL, &plan_row_record,
		&(struct plan_row){ .plan = text_lit("BARE"), .source = text_lit("CMS"), .formulary = text_lit("F1") });
	put(&rows, list(&rows, "STATUS", "F1"), "STATUS", "F1", "R9990001", NULL, &status_row_record,
		&(struct status_row){ .tier = 1, .ndc = text_lit("99999000101") });
	number = list(&rows, "LINK", "links");
	put_link(&rows, number, "N99999000101", "R9990001");
	put_link(&rows, number, "N99999000102", "R9990001");
	number = list(&rows, "PRICE", "pricing");
	put_price(&rows, number, "N99999000101", 30, 1123, "030");
	put_price(&rows, number, "N99999000101", 90, 987, "090");
	put_price(&rows, number, "N99999000303", 30, 50000, "030");
	put(&rows, list(&rows, "NETWORK", "pharmacies"), "NETWORK", "PLAN", "P1234567893", NULL, &network_row_record,
		&(struct network_row){ .retail = text_lit("PREFERRED"), .mail = text_lit("OUT"), .in_area = 1, .brand_30_cents = 50, .line = 3 });
	number = list(&rows, "HCPCS", "asp-crosswalk");
	put_hcpcs(&rows, number, "N99999000101", "HJ9990", 0);
	put_hcpcs(&rows, number, "HJ9990", "N99999000101", 0);
	put_hcpcs(&rows, number, "N99999000101", "HJ9991", 0);
	put_hcpcs(&rows, number, "R9990001", "HJ9992", 0);
	number = list(&rows, "HCPCS", "asp-payment-limits");
	put_hcpcs(&rows, number, "HJ9990", "HJ9990", 32980);
	put_hcpcs(&rows, number, "HJ9993", "HJ9993", 1);
	cr_assert(builder_finish(rows.builder, NULL, NULL, &report, &line, &fault));
	cr_assert(formulary_open(rows.scratch.at, &rows.formulary, &fault));
	formulary_day(rows.formulary, DAY_MS);
	return rows;
}

static bool ask(struct rows *rows, const char *plan, const char *ndc, struct product_answer *answer)
{
	struct product_name name = { .ndc = text_of(ndc) };
	bool found;

	cr_assert(formulary_answer(rows->formulary, text_of(plan), &name, &rows->arena, answer, &found, &fault));
	return found;
}

CASE(price, of_the_product_or_of_the_ndc_that_stands_for_its_concept)
{
	struct rows rows ROWS;
	struct product_answer answer;

	cr_assert(ask(&rows, "PLAN", "99999000101", &answer));
	cr_assert_eq(answer.prices_n, 2);
	cr_expect(answer.prices[0].price->days_supply == 30 && answer.prices[0].price->unit_cost_e4 == 1123);
	cr_expect(answer.prices[1].price->days_supply == 90 && answer.prices[1].price->unit_cost_e4 == 987);
	cr_expect(text_is(answer.prices[0].from->list_id, "pricing") && answer.prices[0].from->line == 30);
	cr_assert(ask(&rows, "PLAN", "99999000102", &answer));
	cr_assert_eq(answer.prices_n, 2);
	cr_expect(text_is(answer.prices[0].from->product, "N99999000101"), "the answer tells whose price it is");
	cr_expect(ask(&rows, "PLAN", "99999000303", &answer) && !answer.status && answer.prices_n == 1, "a price does not say that it is covered");
	cr_expect(ask(&rows, "BARE", "99999000101", &answer) && !answer.prices_n, "prices are a plan's own");
	cr_expect_not(ask(&rows, "PLAN", "99999000404", &answer));
}

CASE(price, a_pharmacy_in_the_network_outside_of_it_and_of_a_network_that_is_not_known)
{
	struct rows rows ROWS;
	struct network_row row;
	struct answer_from from;
	bool found;

	cr_assert(formulary_network(rows.formulary, text_lit("PLAN"), text_lit("1234567893"), &rows.arena, &row, &from, &found, &fault) && found);
	cr_expect(text_is(row.retail, "PREFERRED") && text_is(row.mail, "OUT") && row.in_area && row.brand_30_cents == 50);
	cr_expect(text_is(from.list_id, "pharmacies") && from.line == 3);
	cr_assert(formulary_network(rows.formulary, text_lit("PLAN"), text_lit("1999999984"), &rows.arena, &row, &from, &found, &fault) && found);
	cr_expect(text_is(row.retail, "OUT") && text_is(row.mail, "OUT") && !row.line && !text_there(from.source));
	cr_assert(formulary_network(rows.formulary, text_lit("BARE"), text_lit("1234567893"), &rows.arena, &row, &from, &found, &fault));
	cr_expect_not(found, "no network of the plan is known: nobody is outside of it");
	cr_assert(formulary_network(rows.formulary, text_lit("NONE"), text_lit("1234567893"), &rows.arena, &row, &from, &found, &fault));
	cr_expect_not(found);
	cr_assert(formulary_network(rows.formulary, text_lit("PLAN"), text_lit("101234567893"), &rows.arena, &row, &from, &found, &fault));
	cr_expect_not(found, "that is not an NPI");
}

CASE(price, codes_of_a_product_with_their_limits)
{
	struct product_name name = { .ndc = text_lit("99999000101") };
	struct rows rows ROWS;
	struct hcpcs_answer answer;
	bool found;

	cr_assert(formulary_hcpcs(rows.formulary, &name, &rows.arena, &answer, &found, &fault) && found);
	cr_assert(answer.hcpcs_n == 2 && answer.limits_n == 1, "%zu %zu", answer.hcpcs_n, answer.limits_n);
	cr_expect(text_is(answer.hcpcs[0].row->other, "HJ9990") && text_is(answer.hcpcs[1].row->other, "HJ9991"));
	cr_expect(text_is(answer.hcpcs[0].from->list_id, "asp-crosswalk") && text_is(answer.limits[0].from->list_id, "asp-payment-limits"));
	cr_expect(answer.limits[0].row->limit_e4 == 32980 && text_is(answer.asked, "N99999000101"));
	name.ndc = text_lit("99999000102");
	cr_assert(formulary_hcpcs(rows.formulary, &name, &rows.arena, &answer, &found, &fault) && found);
	cr_expect(answer.hcpcs_n == 1 && text_is(answer.hcpcs[0].row->other, "HJ9992") && text_is(answer.hcpcs[0].from->product, "R9990001"),
		"that of its concept");
	name.ndc = text_lit("99999000303");
	cr_assert(formulary_hcpcs(rows.formulary, &name, &rows.arena, &answer, &found, &fault));
	cr_expect_not(found);
}

CASE(price, products_of_a_code)
{
	struct rows rows ROWS;
	struct hcpcs_answer answer;
	bool found;

	cr_assert(formulary_hcpcs_products(rows.formulary, text_lit("J9990"), &rows.arena, &answer, &found, &fault) && found);
	cr_expect(answer.hcpcs_n == 1 && answer.limits_n == 1 && text_is(answer.hcpcs[0].row->other, "N99999000101"));
	cr_assert(formulary_hcpcs_products(rows.formulary, text_lit("J9993"), &rows.arena, &answer, &found, &fault) && found);
	cr_expect(answer.hcpcs_n == 0 && answer.limits_n == 1);
	cr_assert(formulary_hcpcs_products(rows.formulary, text_lit("99990"), &rows.arena, &answer, &found, &fault));
	cr_expect_not(found, "five digits are not a HCPCS Level II code");
}
