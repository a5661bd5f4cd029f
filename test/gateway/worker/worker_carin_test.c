/* SPDX-License-Identifier: Apache-2.0 */
/* $process-message from worker to payer and back: what a benefit check costs is what RTPB says it costs, at the house and at a remote payer. */
#include "fhir-bridge/fhir.h"
#include "gateway/worker/worker_pause.h"
#include "test/case.h"
#include "test/gateway/carin_sample.h"
#include "test/gateway/way.h"

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
