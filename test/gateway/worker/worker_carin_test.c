/* SPDX-License-Identifier: Apache-2.0 */
/* $process-message from worker to payer and back: what a benefit check costs is what RTPB says it costs, at the house and at a remote payer. */
#include "fhir-bridge/fhir.h"
#include "gateway/worker/worker_pause.h"
#include "test/case.h"
#include "test/gateway/carin_sample.h"
#include "test/gateway/way.h"

#include <stdio.h>
#include <stdlib.h>

static struct fhir_bundle *bundle_of(struct way *way, const struct out *out)
{
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };

	cr_assert_eq(out->envelope.status, 200, "%.*s", TEXT_ARGS(out->payload));
	cr_assert(text_is(out->envelope.media, "application/fhir+json"));
	cr_assert(fhir_read(out->payload, &way->arena, &bundle, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return bundle;
}

static const struct fhir_claim_response *priced(struct way *way, struct text body)
{
	carin_post(way, body);
	way_to_payer(way, ROLE_WORKER, TYPE_PRICE, way_only(way, TYPE_PRICE, ROLE_PAYER)->payload);
	return bundle_of(way, way_only(way, TYPE_REPLY, ROLE_EDGE))->entry[1].resource->claim_response;
}

CASE(worker_carin, the_house_prices_it)
{
	const struct fhir_claim_response *response;
	struct way way;

	way_start(&way, NULL);
	response = priced(&way, carin_body(&way, &(struct carin_about){ 0 }));
	cr_expect(text_is(response->outcome, "complete"));
	cr_assert_eq(response->item_n, 1);
	cr_expect(text_is(carin_amount(response->item[0].adjudication, response->item[0].adjudication_n, "total"), "60.00"));
	cr_expect_gt(response->add_item_n, 5);
	way_stop(&way);
}

/* What the member still has to meet of the deductible is told as it will be once this is filled. */
CASE(worker_carin, the_deductible_is_that_after_this_fill)
{
	const struct fhir_claim_response *response;
	struct carin_about about = { .cardholder = "EX0002", .birth = "1985-09-09", .person = "01", .ndc = "99999000303" };
	struct text paid, met, left;
	struct way way;

	way_start(&way, NULL);
	response = priced(&way, carin_body(&way, &about));
	cr_assert_eq(response->item_n, 1);
	paid = carin_amount(response->item[0].adjudication, response->item[0].adjudication_n, "deductible");
	met = carin_amount(response->item[0].adjudication, response->item[0].adjudication_n, "accumulated-deductible");
	left = carin_amount(response->item[0].adjudication, response->item[0].adjudication_n, "remaining-deductible");
	cr_expect(paid.n && text_equal(paid, met), "nothing was met before: %.*s, %.*s", TEXT_ARGS(paid), TEXT_ARGS(met));
	cr_expect(left.n && !text_is(left, "500.00"), "%.*s", TEXT_ARGS(left));
	way_stop(&way);
}

CASE(worker_carin, what_is_wrong_is_told_in_fhir)
{
	static const struct {
		struct carin_about about;
		const char *code;
	} rows[] = {
		{ { .bin = "999998" }, "51" }, { { .cardholder = "EX9999" }, "52" }, { { .birth = "1950-02-01" }, "09" }, { { .ndc = "99999999999" }, "54" },
		{ { .quantity = "0" }, "R8" }, { { .unit = "mL" }, "26" }, { { .unit = "{Spoon}" }, "26" }, { { .days = "0" }, "19" },
	};
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct fhir_claim_response *response;

		carin_post(&way, carin_body(&way, &rows[i].about));
		if (way.out.outs[0].type == TYPE_PRICE)
			way_to_payer(&way, ROLE_WORKER, TYPE_PRICE, way_only(&way, TYPE_PRICE, ROLE_PAYER)->payload);
		response = bundle_of(&way, way_only(&way, TYPE_REPLY, ROLE_EDGE))->entry[1].resource->claim_response;
		cr_expect(text_is(response->outcome, "error") && response->item_n == 0, "%zu", i);
		cr_assert_eq(response->error_n, 1);
		cr_expect(text_is(response->error[0].code->coding[0].code, rows[i].code), "%zu: %.*s", i, TEXT_ARGS(response->error[0].code->coding[0].code));
	}
	carin_post(&way, text_lit("{\"resourceType\":\"Bundle\",\"type\":\"collection\"}"));
	cr_expect_eq(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status, 422);
	cr_expect(memmem(way.out.outs[0].payload.at, way.out.outs[0].payload.n, "\"Bundle.type\"", 13) != NULL);
	way_stop(&way);
}

/* -- the same question in both standards -- */

static const struct carin_about members[] = {
	{ .cardholder = "EX0001", .birth = "1950-01-31" },
	{ .cardholder = "EX0001", .person = "02", .birth = "2015-06-15" },
	{ .cardholder = "EX0002", .birth = "1985-09-09" },
	{ .cardholder = "EX0003", .birth = "1972-03-03" },
	{ .pcn = "EXMCD", .cardholder = "EX0004", .birth = "1990-12-24" },
	{ .pcn = "EXPTD", .cardholder = "EX0005", .birth = "1948-07-04" },
	{ .pcn = "EXPTD", .cardholder = "EX0006", .birth = "1955-05-05" },
	{ .cardholder = "EX0008", .birth = "1977-07-07" },
	{ .cardholder = "EX0009", .birth = "1966-06-06" },
};
static const char *const drugs[] = { "99999000303", "99999000310", "99999000313", "99999010101", "99999010110", "99999020201", "99999070701",
	"99999090911", "99999090913", "99999090915", "99999090916" };
static const char *const quantities[] = { "1", "2", "15", "30", "60", "90", "2.5" }, *const supplies[] = { "7", "14", "28", "30", "60", "90" };
static const char *const units[] = { "{Each}", "{Each}", "{Each}", "g", "mL" }, *const types[] = { "R", "A", "M", "S" };
static const char *const pharmacies[] = { "9999999", "9999998", "9999997" };

#define PICK(list) ((list)[rand_r(&seed) % (sizeof(list) / sizeof((list)[0]))])

/* The pricing that the item is to tell: at the pharmacy asked about, which is named first, for the days asked about. */
static const struct pricing_and_coverage *pricing_asked(const struct rtpb_response *said, const char *days)
{
	const struct pricing_at_pharmacy *at = &said->response_product->at_pharmacies[0];

	for (size_t i = 0; i < at->pricings_n; i++)
		if (text_is(at->pricings[i].days_supply, days))
			return &at->pricings[i];
	return &at->pricings[0];
}

static int64_t cents(struct text dollars)
{
	int64_t whole = 0, part = 0;
	struct text rest = dollars, before = text_cut(&rest, '.');

	cr_assert(text_to_int(before, &whole) && (!rest.n || (rest.n == 2 && text_to_int(rest, &part))), "%.*s", TEXT_ARGS(dollars));
	return whole * 100 + part;
}

static int64_t component(const struct pricing_and_coverage *pricing, const char *qualifier)
{
	for (size_t i = 0; i < pricing->patient_pay_components_n; i++)
		if (text_is(pricing->patient_pay_components[i].qualifier, qualifier))
			return cents(pricing->patient_pay_components[i].amount);
	return 0;
}

static bool same_amount(const struct fhir_adjudication *list, size_t n, const char *category, int64_t wanted)
{
	struct text amount = carin_amount(list, n, category);

	return amount.n ? cents(amount) == wanted : wanted == 0;
}

/* Every amount that both standards have; true when there was a price at all. */
static bool same_price(const struct pricing_and_coverage *pricing, const struct fhir_adjudication *list, size_t n)
{
	int64_t paid = component(pricing, "01");

	if (!pricing->patient_pays.n) {
		cr_expect(!text_there(carin_amount(list, n, "total")) || !carin_amount(list, n, "total").n);
		return false;
	}
	cr_expect_eq(cents(carin_amount(list, n, "total")), cents(pricing->patient_pays));
	cr_expect(same_amount(list, n, "deductible", paid) && same_amount(list, n, "copay", component(pricing, "05")) &&
		  same_amount(list, n, "coinsurance", component(pricing, "07")));
	if (pricing->accumulated_deductible.n) {
		int64_t left = cents(pricing->remaining_deductible);

		cr_expect_eq(cents(carin_amount(list, n, "accumulated-deductible")), cents(pricing->accumulated_deductible) + paid);
		cr_expect_eq(cents(carin_amount(list, n, "remaining-deductible")), left > paid ? left - paid : 0);
	}
	return true;
}

static size_t same_answer(const struct rtpb_response *said, const struct fhir_claim_response *response, const char *days)
{
	const struct pricing_and_coverage *item;
	size_t other = 0, priced = 0;

	if (said->response->not_processed) {
		cr_assert(text_is(response->outcome, "error"));
		cr_expect(text_equal(response->error[0].code->coding[0].code, said->response->not_processed->reject_codes[0]));
		return 0;
	}
	cr_assert(text_is(response->outcome, "complete") && response->item_n == 1);
	item = pricing_asked(said, days);
	priced += same_price(item, response->item[0].adjudication, response->item[0].adjudication_n);
	for (size_t p = 0; p <= said->alternatives_n; p++) {
		const struct response_product *product = p ? &said->alternatives[p - 1] : said->response_product;

		for (size_t i = 0; i < product->at_pharmacies_n; i++)
			for (size_t k = 0; k < product->at_pharmacies[i].pricings_n; k++) {
				const struct pricing_and_coverage *pricing = &product->at_pharmacies[i].pricings[k];

				if (pricing == item)
					continue;
				cr_assert(other < response->add_item_n);
				priced += same_price(pricing, response->add_item[other].adjudication, response->add_item[other].adjudication_n);
				other++;
			}
	}
	cr_expect_eq(other, response->add_item_n);
	return priced;
}

CASE(worker_carin, the_same_question_costs_the_same_in_both_standards)
{
	enum { ROUNDS = 1000 };
	unsigned seed = 20261122;
	size_t prices = 0;
	struct way way;

	way_start(&way, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		struct carin_about about = PICK(members);
		const struct rtpb_response *said;
		struct ncpdp_message message;

		about.ndc = PICK(drugs);
		about.quantity = PICK(quantities);
		about.days = PICK(supplies);
		about.unit = PICK(units);
		about.pharmacy_type = PICK(types);
		about.ncpdp_id = PICK(pharmacies);
		way_request(&way, "rtpb", carin_rtpb(&way, &about));
		way_to_payer(&way, ROLE_WORKER, TYPE_PRICE, way_only(&way, TYPE_PRICE, ROLE_PAYER)->payload);
		message = way_reply(&way, NCPDP_RTPB);
		said = message.rtpb->body->response;
		prices += same_answer(said, priced(&way, carin_body(&way, &about)), about.days);
		arena_reset(&way.arena);
	}
	cr_log_info("%zu prices", prices);
	cr_expect_gt(prices, ROUNDS);
	way_stop(&way);
}

/* -- a remote payer -- */

static void with_remote(struct config *config)
{
	static struct backend remote;
	static struct route way_there;

	remote = (struct backend){ .name = text_lit("remote"), .id = text_lit("PY:REMOTE"), .our_id = text_lit("D:DUALTRACK"),
		.rtpb = text_lit("http://127.0.0.1:1/rtpb"), .script = text_lit("http://127.0.0.1:1/script") };
	way_there = (struct route){ .bin = text_lit("999998"), .backend = text_lit("remote") };
	config->backends = &remote;
	config->backends_n = 1;
	config->routes = &way_there;
	config->routes_n = 1;
}

/* The ASK, as the courier reads it. */
static struct remote_question asked(struct way *way)
{
	struct remote_question question = { 0 };
	struct fault fault;

	cr_assert(record_unpack(&remote_question_record, &question, &way->arena, arena_text(&way->arena, way_only(way, TYPE_ASK, ROLE_COURIER)->payload),
		&fault));
	cr_assert(record_check(&remote_question_record, &question, &fault), "%s", fault.path);
	return question;
}

static void reply(struct way *way, int64_t slot, struct text payload, const char *fault)
{
	struct envelope envelope = { .trace = text_lit(WAY_TRACE), .edge = text_lit("worker.0"), .slot = slot, .status = 200,
		.fault = fault ? text_of(fault) : TEXT_NONE };

	way_to_worker(way, ROLE_COURIER, TYPE_REPLY, &envelope, payload);
}

CASE(worker_carin, a_remote_payer_is_asked_in_rtpb)
{
	struct carin_about about = { .bin = "999998" };
	const struct fhir_claim_response *response;
	struct remote_question question;
	struct ncpdp_message message;
	struct fault fault = { 0 };
	int64_t slot;
	struct way way;

	way_start(&way, with_remote);
	carin_post(&way, carin_body(&way, &about));
	question = asked(&way);
	slot = way.out.outs[0].envelope.slot;
	cr_expect(text_is(question.kind, "PRICE") && text_is(question.family, "rtpb") && text_is(question.backend, "remote"));
	cr_assert(ncpdp_read(way.reader, NCPDP_RTPB, question.body, true, &way.arena, &message, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	cr_expect(text_is(message.rtpb->body->request->requested_product->product->drug_coded->ndc, "99999000303"));
	/* what the remote payer says is, for this once, what the house would */
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ 0 }));
	way_to_payer(&way, ROLE_WORKER, TYPE_PRICE, way_only(&way, TYPE_PRICE, ROLE_PAYER)->payload);
	reply(&way, slot, way_only(&way, TYPE_REPLY, ROLE_EDGE)->payload, NULL);
	response = bundle_of(&way, way_only(&way, TYPE_REPLY, ROLE_EDGE))->entry[1].resource->claim_response;
	cr_expect(text_is(response->outcome, "complete"));
	cr_expect(text_is(carin_amount(response->item[0].adjudication, response->item[0].adjudication_n, "total"), "60.00"));
	way_stop(&way);
}

CASE(worker_carin, a_remote_payer_that_does_not_answer_is_a_failure_of_ours)
{
	static const struct {
		const char *body, *fault;
		int status;
	} rows[] = { { "<x/>", "PEER_DOWN", 502 }, { "<x/>", NULL, 502 }, { "<x/>", "TIMEOUT", 504 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct way way;

		way_start(&way, with_remote);
		carin_post(&way, carin_body(&way, &(struct carin_about){ .bin = "999998" }));
		(void)asked(&way);
		reply(&way, way.out.outs[0].envelope.slot, text_of(rows[i].body), rows[i].fault);
		cr_expect_eq(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status, rows[i].status, "%zu", i);
		cr_expect(memmem(way.out.outs[0].payload.at, way.out.outs[0].payload.n, "OperationOutcome", 16) != NULL);
		way_stop(&way);
	}
}

static char own_says[200];

/* A list has a billing code for the drug, so that which benefit pays is a presumption, and there is a medical payer to ask. */
static void with_medical_payer(struct config *config)
{
	static struct backend payer;
	static struct route way_there;
	FILE *out;

	payer = (struct backend){ .name = text_lit("payer"), .id = text_lit("PY:PAYER"), .our_id = text_lit("ZZZ:US"),
		.fhir = text_lit("https://p.example/fhir"), .cds = text_lit("https://p.example/cds-services") };
	way_there = (struct route){ .benefit = text_lit("MEDICAL"), .backend = text_lit("payer") };
	config->backends = &payer;
	config->backends_n = 1;
	config->routes = &way_there;
	config->routes_n = 1;
	snprintf(own_says, sizeof(own_says), "%.*s/says.txt", TEXT_ARGS(config->formulary));
	out = fopen(own_says, "we");
	cr_assert(out && fputs("code | ndc=99999010101 | COMPENDIUM:hcpcs=J9990 | x\n", out) >= 0 && fclose(out) == 0);
	config->says = text_of(own_says);
}

CASE(worker_carin, who_knows_which_benefit_pays_is_asked_before_it_is_priced)
{
	struct way way;

	way_start(&way, with_medical_payer);
	carin_post(&way, carin_body(&way, &(struct carin_about){ .bin = "999998", .ndc = "99999010101" }));
	cr_expect(text_is(asked(&way).kind, "CRD"));
	reply(&way, way.out.outs[0].envelope.slot, text_lit("{}"), "PEER_DOWN");
	way_to_payer(&way, ROLE_WORKER, TYPE_PRICE, way_only(&way, TYPE_PRICE, ROLE_PAYER)->payload);
	cr_expect(bundle_of(&way, way_only(&way, TYPE_REPLY, ROLE_EDGE))->entry[1].resource->claim_response->error_n, "nobody here has the plan");
	way_stop(&way);
}
