/* SPDX-License-Identifier: Apache-2.0 */
/* What is written as PDex resources and loaded again gives the same answers, whatever it came from; what it cannot say is counted. */
#include "formulary/pdex/pdex_write.h"

#include "base/json.h"
#include "formulary/builder.h"
#include "test/case.h"
#include "test/formulary/pdex_file.h"

#include <stdlib.h>

enum { PRODUCTS = 9, PLANS = 4, FORMULARIES = 3, ROUNDS = 16 };

/* -- any formulary -- */

static const char *const keys[PRODUCTS] = { "N99999000101", "N99999000102", "N99999000201", "R9990001", "R9990002", "R9990003", "DMD:EX 1", "DMD:EX-2",
	"DFD:a very long reference number: \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 end" };
static const char *const plans[PLANS] = { "EXPLAN1", "H9990-001-000", "PLAN WITH SPACES, AND A NAME THAT IS LONGER THAN AN ID OF FHIR MAY BE", "\xc3\x84" };
static const char *const formularies[FORMULARIES] = { "EXFORM1", "F 2", "EXFORM3" };
static const char *const rules[] = { "EXFORM1", "CLI1", "CLI2" };
static const char *const tiers[] = { "PREFERRED-GENERIC", "brand", "OUR OWN", NULL };

struct gen {
	uint64_t state;
	struct builder *builder;
};

/* splitmix64 */
static uint64_t below(struct gen *gen, uint64_t n)
{
	uint64_t z = gen->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % n;
}

static bool chance(struct gen *gen, unsigned in)
{
	return below(gen, in) == 0;
}

static uint32_t list_of(struct gen *gen, const char *kind, const char *subtype, const char *id)
{
	struct formulary_list list = { .kind = text_of(kind), .subtype = text_of(subtype), .list_id = text_of(id) };
	struct fault fault;
	uint32_t number = 0;

	if (chance(gen, 4)) {
		list.effective_date = text_lit("20260101");
		list.expiration_date = text_lit("20261231");
	}
	if (!builder_list(gen->builder, &list, BUILDER_FULL, &number, &fault))
		abort();
	return number;
}

static void put(struct gen *gen, uint32_t list, const char *kind, const char *owner, const char *body, const char *apart, const struct record *record,
	const void *rec)
{
	struct builder_row row = { .list = list, .class = ROW_PRODUCT, .owner_kind = text_of(kind), .owner = text_of(owner), .body = text_of(body),
		.apart = text_of(apart), .record = record, .rec = rec };
	struct fault fault;

	if (!builder_row(gen->builder, &row, &fault))
		abort();
}

static void put_status(struct gen *gen, uint32_t list, const char *formulary, const char *product)
{
	static const char *const statuses[] = { "0", "1", "2", "3", "50", "U", NULL, NULL };
	struct limits limits = { .prior_authorization = chance(gen, 3), .step_therapy = chance(gen, 3) };
	struct status_row row = { .status = text_of(statuses[below(gen, 8)]), .tier_name = text_of(tiers[below(gen, 4)]),
		.limits = chance(gen, 3) ? NULL : &limits };
	struct text types[2] = { text_lit("1-month-in-retail"), text_lit("by drone") };

	if (chance(gen, 3))
		row.tier = 1 + (int64_t)below(gen, 6);
	if (chance(gen, 4)) {
		limits.quantity_days = 1 + (int64_t)below(gen, 90);
		limits.quantity_e4 = 10000 * (1 + (int64_t)below(gen, 1000)) + (limits.quantity_days == 1 ? 5000 : 0);
	}
	if (chance(gen, 3)) {
		row.pharmacy_types = types;
		row.pharmacy_types_n = 1 + below(gen, 2);
	}
	if (chance(gen, 3))
		row.description = text_lit("example \"5\" MG");
	if (limits.prior_authorization && chance(gen, 2))
		row.prior_authorization_new_starts = 1;
	put(gen, list, "STATUS", formulary, product, NULL, &status_row_record, &row);
}

static void put_rule(struct gen *gen, const char *owner, const char *product)
{
	static const char *const types[] = { "QL", "PA", "ST", "TM", "DE", "QL" };
	const char *type = types[below(gen, 6)];
	struct coverage_row row = { .type = text_of(type) };

	if (strcmp(type, "DE") == 0 && !chance(gen, 4))
		return;
	if (strcmp(type, "TM") == 0)
		row.message = text_lit("ask your pharmacist");
	if (strcmp(type, "QL") == 0 && !chance(gen, 3)) {
		row.amount_unit = text_lit("QY");
		row.period = text_lit("DY");
		row.period_units = 1 + (int64_t)below(gen, 60);
		row.amount_e4 = 10000 * (1 + (int64_t)below(gen, 90));
	}
	put(gen, list_of(gen, "COVERAGE", type, owner), "COVERAGE", owner, product, NULL, &coverage_row_record, &row);
}

static void put_copays(struct gen *gen, const char *owner)
{
	static const int64_t days[] = { 30, 90, 60, 0 };
	static const char *const networks[] = { "STANDARD", "OUT", "PREFERRED", NULL }, *const pharmacies[] = { "R", "M", "S", NULL },
				 *const deductibles[] = { "AFTER", "NONE", NULL, "BEFORE" };
	uint32_t list = list_of(gen, "COPAY", "SL", owner);

	for (uint64_t i = below(gen, 6); i > 0; i--) {
		struct copay_row row = { .offered = 1, .tier_name = text_of(tiers[below(gen, 4)]), .days_supply = days[below(gen, 4)],
			.network = text_of(networks[below(gen, 4)]), .pharmacy = text_of(pharmacies[below(gen, 4)]) };
		char apart[8];

		if (!row.tier_name.n)
			row.tier = (int64_t)below(gen, 6);
		if (chance(gen, 2)) {
			row.flat_cents = (int64_t)below(gen, 10000);
			row.first = text_lit("FLAT");
			row.deductible = text_of(deductibles[below(gen, 4)]);
		} else {
			row.rate_e4 = (int64_t)below(gen, 10001);
			row.first = text_lit("RATE");
			row.deductible = text_of(deductibles[below(gen, 3)]);
		}
		if (chance(gen, 8))
			row.phase = text_lit("INITIAL");
		snprintf(apart, sizeof(apart), "%d", (int)i);
		put(gen, list, "COPAY", owner, "S", apart, &copay_row_record, &row);
	}
}

static void put_link(struct gen *gen, uint32_t list, const char *a, const char *b)
{
	struct link_row link = { .product = text_of(b) };
	struct builder_row row = { .list = list, .class = ROW_LINK, .body = text_of(a), .apart = text_of(b), .record = &link_row_record, .rec = &link };
	struct fault fault;

	if (!builder_row(gen->builder, &row, &fault))
		abort();
}

static void put_plan(struct gen *gen, const char *name)
{
	struct text coverage[2] = { text_of(rules[below(gen, 3)]), text_of(rules[below(gen, 3)]) };
	struct text copay = text_of(name);
	struct plan_row plan = { .plan = text_of(name), .source = text_lit("EXAMPLE"), .formulary = text_of(formularies[below(gen, FORMULARIES)]),
		.coverage = coverage, .coverage_n = below(gen, 3), .copay = &copay, .copay_n = 1 };
	struct builder_row row = { .list = list_of(gen, "PLAN", NULL, "plans"), .class = ROW_PLAN, .body = text_of(name), .record = &plan_row_record, .rec = &plan };
	struct fault fault;

	if (chance(gen, 3))
		plan.additions = text_of(formularies[below(gen, FORMULARIES)]);
	if (!builder_row(gen->builder, &row, &fault))
		abort();
	put_copays(gen, name);
}

static void make_any(const char *directory, uint64_t seed)
{
	struct builder_setup setup = { .directory = directory, .action = BUILDER_FULL,
		.source = { .source = text_lit("EXAMPLE"), .format = text_lit("FB"), .loaded_ms = PDEX_DAY } };
	struct gen gen = { .state = seed };
	struct load_report report;
	struct fault fault;
	uint32_t links;
	int64_t line;

	if (!builder_begin(&setup, &gen.builder, &fault))
		abort();
	for (size_t i = 0; i < FORMULARIES; i++) {
		uint32_t list = list_of(&gen, "STATUS", NULL, formularies[i]);

		put_status(&gen, list, formularies[i], keys[below(&gen, PRODUCTS)]); /* none is empty */
		for (size_t k = 0; k < PRODUCTS; k++)
			if (chance(&gen, 2))
				put_status(&gen, list, formularies[i], keys[k]);
	}
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < PRODUCTS; k++)
			if (chance(&gen, 3))
				put_rule(&gen, rules[i], keys[k]);
	links = list_of(&gen, "LINK", NULL, "links");
	for (size_t k = 0; k < 3; k++)
		if (chance(&gen, 2)) {
			put_link(&gen, links, keys[k], keys[3 + k]);
			put_link(&gen, links, keys[3 + k], keys[k]);
		}
	for (size_t i = 0; i < PLANS; i++)
		put_plan(&gen, plans[i]);
	if (!builder_finish(gen.builder, NULL, NULL, &report, &line, &fault))
		abort();
}

/* -- the same answers -- */

static struct product_name name_of(const char *key)
{
	struct text rest = text_of(key + 1);
	struct product_name name = { 0 };

	if (key[0] == 'N') {
		name.ndc = rest;
	} else if (key[0] == 'R') {
		name.rxcui = rest;
	} else {
		name.qualifier = text_cut(&rest, ':');
		name.reference = rest;
	}
	return name;
}

static bool on_formulary(const struct product_answer *answer)
{
	int64_t level;

	if (!answer->status || answer->excluded)
		return false;
	if (text_to_int(answer->status->status, &level))
		return level > 1;
	return answer->status->tier || answer->status->tier_name.n;
}

static int64_t flag(const struct limits *limits, size_t which)
{
	return !limits ? 0 : which == 0 ? limits->prior_authorization : limits->step_therapy;
}

static bool sayable(const struct copay_row *copay)
{
	return !copay->phase.n;
}

static bool copay_same(const struct copay_row *a, const struct copay_row *b)
{
	return a->tier == b->tier && text_equal_nocase(a->tier_name, b->tier_name) && a->days_supply == b->days_supply &&
	       text_equal(a->network, b->network) && text_equal(a->pharmacy, b->pharmacy) && a->flat_cents == b->flat_cents &&
	       a->rate_e4 == b->rate_e4 && text_equal(a->first, b->first) && text_equal(a->deductible, b->deductible);
}

static bool copays_same(const struct product_answer *a, const struct product_answer *b)
{
	size_t sayables = 0;

	for (size_t i = 0; i < a->copays_n; i++) {
		bool found = false;

		if (!sayable(a->copays[i].copay))
			continue;
		sayables++;
		for (size_t k = 0; k < b->copays_n && !found; k++)
			found = copay_same(a->copays[i].copay, b->copays[k].copay);
		if (!found)
			return false;
	}
	return b->copays_n <= sayables;
}

/* Rules of limits that QuantityLimitDetail holds one of: several of a product are more than it can say. */
static size_t amounts(const struct product_answer *answer)
{
	size_t n = 0;

	for (size_t i = 0; i < answer->rules_n; i++)
		n += text_is(answer->rules[i].rule->type, "QL") && answer->rules[i].rule->amount_e4;
	return n + (answer->status && answer->status->limits && answer->status->limits->quantity_e4);
}

static void compare(const struct pdex_file *was, const struct pdex_file *is, uint64_t seed)
{
	for (size_t p = 0; p < PLANS; p++)
		for (size_t k = 0; k < PRODUCTS; k++) {
			struct pdex_asked before PDEX_ASKED = pdex_ask(was, plans[p], name_of(keys[k]), PDEX_DAY);
			struct pdex_asked after PDEX_ASKED = pdex_ask(is, plans[p], name_of(keys[k]), PDEX_DAY);
			const struct status_row *a = before.answer.status, *b = after.answer.status;
			const char *of = keys[k];

			/* that it is not on the formulary is said by leaving it out: then its concept, or what the plan adds, may be seen */
			if (!on_formulary(&before.answer) && (before.answer.status || before.answer.excluded))
				continue;
			cr_assert_eq(on_formulary(&before.answer), b != NULL, "seed %llu plan %zu %s", (unsigned long long)seed, p, of);
			if (!b)
				continue;
			cr_assert(text_is(after.coverage.status, "COVERED"));
			cr_assert_eq(a->tier, b->tier, "seed %llu plan %zu %s", (unsigned long long)seed, p, of);
			cr_assert(text_equal_nocase(a->tier_name, b->tier_name), "seed %llu plan %zu %s", (unsigned long long)seed, p, of);
			cr_assert(text_equal(a->status, b->status));
			cr_assert_eq(a->pharmacy_types_n, b->pharmacy_types_n);
			cr_assert_eq(a->prior_authorization_new_starts, b->prior_authorization_new_starts);
			cr_assert(copays_same(&before.answer, &after.answer), "seed %llu plan %zu %s", (unsigned long long)seed, p, of);
			/* rules about an NDC whose status is that of its concept are in no item */
			if (!text_is(before.answer.status_from->product, of))
				continue;
			for (size_t i = 0; i < 2; i++)
				cr_assert_eq(flag(before.coverage.limits, i), flag(after.coverage.limits, i), "seed %llu plan %zu %s flag %zu",
					(unsigned long long)seed, p, of, i);
			if (amounts(&before.answer) <= 1 && before.coverage.limits) {
				cr_assert_eq(before.coverage.limits->quantity_e4, after.coverage.limits->quantity_e4, "seed %llu plan %zu %s",
					(unsigned long long)seed, p, of);
				cr_assert_eq(before.coverage.limits->quantity_days, after.coverage.limits->quantity_days);
			}
		}
}

static void write_out(const struct pdex_file *from, const char *into, struct pdex_written *written)
{
	struct formulary *formulary;
	struct fault fault;

	cr_assert(formulary_open(from->into, &formulary, &fault));
	formulary_day(formulary, PDEX_DAY);
	cr_assert(pdex_write(formulary, into, written, &fault), "%s at %s", fault_row(fault.code)->name, fault.path);
	formulary_free(formulary);
}

CASE(pdex_write, any_formulary_written_and_loaded_answers_the_same)
{
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		struct pdex_file was PDEX_FILE, is PDEX_FILE;
		struct pdex_written written;

		make_any(was.into, seed);
		write_out(&was, is.from, &written);
		if (!written.items)
			continue; /* nothing of it is on a formulary */
		cr_assert(pdex_take(&is), "seed %llu: %s at %s", (unsigned long long)seed, fault_row(is.fault.code)->name, is.fault.path);
		cr_assert_eq(is.report.refused, 0, "seed %llu: %s %s at %s", (unsigned long long)seed, is.report.first[0].resource,
			fault_row(is.report.first[0].fault.code)->name, is.report.first[0].fault.path);
		cr_assert_eq(is.report.items, written.items, "seed %llu: %lld items of %lld", (unsigned long long)seed, (long long)is.report.items,
			(long long)written.items);
		cr_assert_eq(is.report.plans, written.plans);
		cr_assert_eq(is.report.unknown, 0);
		compare(&was, &is, seed);
	}
}

/* Written once more, it is the same but for the ids that the other directory's numbers give. */
CASE(pdex_write, what_is_lost_is_counted)
{
	struct pdex_file was PDEX_FILE, is PDEX_FILE;
	struct pdex_written written;

	make_any(was.into, 7);
	write_out(&was, is.from, &written);
	cr_assert_gt(written.losses.times[LOSS_UNLISTED], 0);
	cr_assert_gt(written.losses.times[LOSS_NO_CONCEPT], 0);
	cr_assert(pdex_take(&is));
	write_out(&is, was.from, &written);
	cr_assert_eq(written.losses.times[LOSS_UNLISTED], 0);
	cr_assert_eq(written.items, is.report.items);
}

/* Ids are made of names of any length and letters, and each leads back to what it was made of. */
CASE(pdex_write, ids_lead_back)
{
	struct pdex_file was PDEX_FILE;
	struct formulary *formulary;
	struct pdex_view *view;
	struct arena arena;
	struct fault fault;
	char id[PDEX_ID_MAX + 1];
	size_t items = 0, drugs = 0, made = 0;
	bool there;

	make_any(was.into, 3);
	arena_init(&arena, 8 << 20);
	cr_assert(formulary_open(was.into, &formulary, &fault));
	formulary_day(formulary, PDEX_DAY);
	cr_assert(pdex_view_new(formulary, &view, &fault));
	for (size_t i = 0; i < pdex_view_formularies(view); i++) {
		const struct pdex_formulary_of *of = pdex_view_formulary(view, i);
		struct pdex_item item = { 0 };

		cr_assert_eq(pdex_view_place(view, text_of(of->name), &there), i);
		cr_assert(there);
		for (;;) {
			struct text product;

			cr_assert(pdex_view_item_next(view, of, item.product, &arena, &item, &there, &fault));
			if (!there)
				break;
			cr_assert(pdex_view_item_of(view, of, pdex_id_write(item.product, PDEX_PRODUCT_ROOM, id), &arena, &product, &fault));
			cr_assert(text_equal(product, item.product), "%.*s", TEXT_ARGS(item.product));
			items++;
		}
	}
	for (struct pdex_drug_of drug = { 0 }, again;; drugs++) {
		cr_assert(pdex_view_drug_next(view, drug.product, &arena, &drug, &there, &fault));
		if (!there)
			break;
		cr_assert(pdex_view_drug_of(view, pdex_id_write(drug.product, PDEX_ID_MAX, id), &arena, &again, &there, &fault));
		cr_assert(there && text_equal(again.product, drug.product));
	}
	cr_assert_gt(items, 5);
	cr_assert_gt(drugs, 5);
	cr_assert_leq(drugs, PRODUCTS);
	for (struct pdex_plan_of plan = { 0 }, again;; made++) {
		cr_assert(pdex_view_plan_next(view, plan.row.plan, false, &arena, &plan, &there, &fault));
		if (!there)
			break;
		cr_assert(pdex_view_plan(view, pdex_id_write(plan.row.plan, PDEX_PLAN_ROOM, id), &arena, &again, &there, &fault));
		cr_assert(there && text_equal(again.row.plan, plan.row.plan), "%.*s", TEXT_ARGS(plan.row.plan));
	}
	cr_assert_gt(made, 0);
	cr_assert(pdex_view_plan(view, text_lit("NONE"), &arena, &(struct pdex_plan_of){ 0 }, &there, &fault));
	cr_assert_not(there);
	pdex_view_free(view);
	formulary_free(formulary);
	arena_done(&arena);
}
