/* SPDX-License-Identifier: Apache-2.0 */
/* POST /route over the sandbox's formulary and rules: an order and its track, and beside each good body a bad twin that is refused for one
   reason, which the pointer names. */
#include "base/json.h"
#include "gateway/worker/worker_route.h"
#include "test/gateway/way.h"

#include <stdlib.h>
#include <string.h>

static struct way way;

static void begin(void)
{
	way_start(&way, NULL);
}

static void send(const char *path, const char *query, const char *body)
{
	struct web_request request = { .method = text_lit("POST"), .path = text_of(path), .query = text_of(query), .body = text_of(body),
		.content_type = text_lit("application/json; charset=utf-8"), .client = text_lit("vendor") };
	struct buffer packed;

	buffer_init(&packed, &way.arena, 256);
	record_pack(&web_request_record, &request, &packed);
	way_request(&way, "route", buffer_text(&packed));
}

static const struct out *post(const char *path, const char *query, const char *body)
{
	send(path, query, body);
	return way_only(&way, TYPE_REPLY, ROLE_EDGE);
}

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.n, part, strlen(part)) != NULL;
}

static struct order_answer answer_to(const char *query, const char *body)
{
	const struct out *out = post("/route", query, body);
	struct order_answer answer = { 0 };
	struct json_notes notes = { 0 };
	struct fault fault;

	cr_assert_eq(out->envelope.status, 200, "%s: %.*s", body, TEXT_ARGS(out->payload));
	cr_assert(json_read(&order_answer_record, &answer, arena_text(&way.arena, out->payload), &way.arena, &notes, &fault), "%s: %s", body, fault.path);
	cr_assert(record_check(&order_answer_record, &answer, &fault), "%s: %s", body, fault.path);
	cr_expect(!notes.unknown && text_is(out->envelope.media, "application/json") && !out->envelope.cache_s);
	return answer;
}

#define CARD "{\"coverage\":{\"pharmacy\":{\"bin\":\"999999\",\"pcn\":\"EXPCN\",\"group\":\"EXGRP\"}},"

TestSuite(worker_route, .init = begin);

CASE(worker_route, an_order_gets_its_track)
{
	static const struct {
		const char *body, *track, *rule;
		bool authorization;
	} rows[] = {
		{ CARD "\"order\":{\"ndc\":\"99999010101\"}}", "PHARMACY", "self", true },
		{ CARD "\"order\":{\"ndc\":\"99999-0101-01\"}}", "PHARMACY", "self", true },
		{ CARD "\"drug\":\"examplumab 40\",\"order\":{}}", "PHARMACY", "self", true },
		{ CARD "\"order\":{\"ndc\":\"99999010101\"},\"evidence\":[{\"kind\":\"RTPB_817\"}]}", "MEDICAL", "told-medical", true },
		{ CARD "\"order\":{\"ndc\":\"99999010101\"},\"evidence\":[{\"kind\":\"PLAN_RULE\",\"member\":\"benefit\",\"value\":\"MEDICAL\"}]}", "MEDICAL", "plan-medical", true },
		{ "{\"coverage\":{\"pharmacy\":{\"plan\":\"EXAMPLE-COMMERCIAL\"}},\"order\":{\"ndc\":\"99999010101\"}}", "PHARMACY", "self", true },
		{ "{\"coverage\":{\"medical\":{\"plan\":\"EXAMPLE-COMMERCIAL\"}},\"order\":{\"ndc\":\"99999010101\"}}", "PHARMACY", "self", true },
		/* what the law asks is the order's to say */
		{ "{\"coverage\":{\"medical\":{\"programme\":\"ma_part_b\"}},\"order\":{\"law_class\":\"IMMUNOSUPPRESSANT\",\"transplant\":\"COVERED\"}}", "MEDICAL", "transplant-b", false },
		{ "{\"coverage\":{\"medical\":{\"programme\":\"ma_part_b\"}},\"order\":{\"law_class\":\"IMMUNOSUPPRESSANT\"}}", "UNDETERMINED", "transplant-ask", false },
		/* a day decides which rules are in force */
		{ "{\"coverage\":{\"medical\":{\"programme\":\"part_d\"}},\"order\":{\"law_class\":\"PHOSPHATE_BINDER\",\"dialysis\":\"YES\",\"date\":\"2024-06-01\"}}", "PHARMACY", "binder-before", false },
		{ "{\"coverage\":{\"medical\":{\"programme\":\"part_d\"}},\"order\":{\"law_class\":\"PHOSPHATE_BINDER\",\"dialysis\":\"YES\",\"date\":\"2025-06-01\"}}", "MEDICAL", "binder-bundle", false },
		{ "{\"coverage\":{\"pharmacy\":{\"bin\":\"000000\"}},\"order\":{}}", "UNDETERMINED", NULL, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct order_answer answer = answer_to(NULL, rows[i].body);

		cr_expect(text_is(answer.track, rows[i].track) && (!rows[i].rule || text_is(answer.rule, rows[i].rule)), "%s: %.*s by %.*s", rows[i].body,
			TEXT_ARGS(answer.track), TEXT_ARGS(answer.rule));
		cr_expect_eq(answer.prior_authorization, rows[i].authorization, "%s", rows[i].body);
		cr_expect(!answer.trace && !answer.preflight && answer.version.n == 16 && answer.sentence.n);
		cr_expect(!text_is(answer.track, "UNDETERMINED") || text_is(answer.confidence, "NONE"));
	}
}

CASE(worker_route, what_would_settle_it_is_asked_for)
{
	struct order_answer answer = answer_to(NULL, "{\"coverage\":{\"medical\":{\"programme\":\"ma_part_b\"}},\"order\":{\"law_class\":\"IMMUNOSUPPRESSANT\"}}");

	cr_expect(text_is(answer.ask, "transplant"), "%.*s", TEXT_ARGS(answer.ask));
	answer = answer_to(NULL, CARD "\"order\":{\"ndc\":\"99999010101\"}}");
	cr_expect(!answer.ask.n, "nothing is asked where it is settled");
}

CASE(worker_route, words_that_fit_several_products_name_none)
{
	struct order_answer answer = answer_to(NULL, CARD "\"drug\":\"samplastatin\",\"order\":{}}");

	cr_expect(answer.candidates_n == 2 && !answer.ndc.n && text_is(answer.track, "UNDETERMINED"));
	answer = answer_to(NULL, CARD "\"drug\":\"samplastatin 20\",\"order\":{}}");
	cr_expect(answer.candidates_n == 0 && text_is(answer.ndc, "99999000311"), "%zu %.*s", answer.candidates_n, TEXT_ARGS(answer.ndc));
	answer = answer_to(NULL, CARD "\"drug\":\"nothing of that name\",\"order\":{}}");
	cr_expect(answer.candidates_n == 0 && !answer.ndc.n && text_is(answer.track, "UNDETERMINED"));
}

CASE(worker_route, a_trace_tells_each_row_up_to_the_one_that_decided)
{
	struct order_answer answer = answer_to("trace=1", CARD "\"order\":{\"ndc\":\"99999010101\",\"administered_by\":\"PROVIDER\"}}");
	const struct route_trace *trace = answer.trace;

	cr_assert(trace && trace->tried_n > 3);
	for (size_t i = 0; i + 1 < trace->tried_n; i++)
		cr_expect(!text_is(trace->tried[i].verdict, "DECIDES") && trace->tried[i].member.n, "row %zu says why it did not", i);
	cr_expect(text_is(trace->tried[trace->tried_n - 1].verdict, "DECIDES") && text_equal(trace->tried[trace->tried_n - 1].rule, answer.rule));
	cr_expect(text_is(trace->question->ndc, "99999010101") && trace->question->said_n == 1 && answer.conflict,
		"that the order says otherwise than the list is weighed and shown");
	cr_expect_null(answer_to("trace=0", CARD "\"order\":{}}").trace);
}

CASE(worker_route, the_same_order_gets_the_same_answer)
{
	static const char body[] = CARD "\"order\":{\"ndc\":\"99999010101\",\"diagnosis\":[\"M0579\",\"L400\"]},\"evidence\":[{\"kind\":\"RTPB_816\"}]}";
	struct text first = arena_text(&way.arena, post("/route", "trace=1", body)->payload);

	cr_expect(text_equal(first, post("/route", "trace=1", body)->payload));
}

CASE(worker_route, what_is_refused_and_where)
{
	static const struct {
		const char *query, *body, *code, *pointer;
		int status;
	} rows[] = {
		{ NULL, "", "NOT_JSON", "#", 400 },
		{ NULL, "[]", "NOT_JSON", "#", 400 },
		{ NULL, CARD "\"order\":{},\"order\":{}}", "REPEATED", NULL, 422 },
		{ NULL, CARD "\"order\":{\"ndc\":1}}", "BAD_TEXT", "#/order/ndc", 422 },
		{ NULL, CARD "\"order\":{\"ndc\":\"9999901010\"}}", "BAD_CODE", "#/order/ndc", 422 },
		{ NULL, CARD "\"order\":{\"quantity\":\"2\"}}", "BAD_TEXT", "#/order/quantity", 422 },
		{ NULL, CARD "\"order\":{\"quantity\":-1e}}", "NOT_JSON", "#", 400 },
		{ NULL, CARD "\"order\":{\"device\":\"SPOON\"}}", "BAD_CODE", "#/order/device", 422 },
		{ NULL, CARD "\"order\":{\"date\":\"2026-02-30\"}}", "BAD_DATE", "#/order/date", 422 },
		{ NULL, CARD "\"order\":{\"diagnosis\":[\"M0579\",\"M05.7901234\"]}}", "TOO_LONG", "#/order/diagnosis/1", 422 },
		{ NULL, CARD "\"order\":{\"benefit\":\"MEDICAL\"}}", "UNKNOWN_ELEMENT", "#/order/benefit", 422 },
		{ NULL, CARD "\"order\":{\"backend\":\"pbm\"}}", "UNKNOWN_ELEMENT", "#/order/backend", 422 },
		{ NULL, CARD "\"order\":{\"colour\":\"red\"}}", "UNKNOWN_ELEMENT", "#/order", 422 },
		{ NULL, CARD "\"order\":{},\"evidence\":[{\"kind\":\"RTPB_817\"},{\"kind\":\"HEARSAY\",\"member\":\"benefit\",\"value\":\"MEDICAL\"}]}", "BAD_CODE", "#/evidence/1/kind", 422 },
		{ NULL, CARD "\"order\":{},\"evidence\":[{\"kind\":\"ORDER\",\"member\":\"benefit\",\"value\":\"DENTAL\"}]}", "BAD_CODE", "#/evidence/0/value", 422 },
		{ NULL, CARD "\"order\":{},\"evidence\":[{\"kind\":\"ORDER\",\"member\":\"colour\",\"value\":\"red\"}]}", "UNKNOWN_ELEMENT", "#/evidence/0/member", 422 },
		{ NULL, CARD "\"order\":{},\"evidence\":[{\"kind\":\"CONFIGURATION\",\"member\":\"backend\",\"value\":\"pbm\"}]}", "UNKNOWN_ELEMENT", "#/evidence/0/member", 422 },
		{ NULL, CARD "\"order\":{},\"evidence\":[{\"kind\":\"ORDER\"}]}", "MISSING", "#/evidence/0/member", 422 },
		{ NULL, "{\"coverage\":{},\"order\":{}}", "MISSING", "#/coverage", 422 },
		{ NULL, "{\"coverage\":{\"pharmacy\":{\"bin\":\"999999\",\"plan\":\"A\"}},\"order\":{}}", "CHOICE", "#/coverage/pharmacy", 422 },
		{ NULL, "{\"order\":{}}", "MISSING", "#/coverage", 422 },
		{ NULL, "{\"coverage\":{\"pharmacy\":{\"bin\":\"999999\"}}}", "MISSING", "#/order", 422 },
		{ "trace=2", CARD "\"order\":{}}", "BAD_CODE", NULL, 422 },
		{ "trace=1&trace=1", CARD "\"order\":{}}", "REPEATED", NULL, 422 },
		{ "depth=1", CARD "\"order\":{}}", "UNKNOWN_ELEMENT", NULL, 422 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *out = post("/route", rows[i].query, rows[i].body);
		char pointer[100];

		snprintf(pointer, sizeof(pointer), "\"pointer\":\"%s\"", rows[i].pointer ? rows[i].pointer : "");
		cr_expect(out->envelope.status == rows[i].status && text_is(out->envelope.fault, rows[i].code), "%s: %.*s", rows[i].body,
			TEXT_ARGS(out->payload));
		cr_expect(text_is(out->envelope.media, "application/problem+json") && !holds(out->payload, "SPOON"));
		cr_expect(!rows[i].pointer || holds(out->payload, pointer), "%s: %.*s", rows[i].body, TEXT_ARGS(out->payload));
	}
}

CASE(worker_route, only_posts_and_only_json)
{
	struct web_request request = { .method = text_lit("GET"), .path = text_lit("/route") };
	struct buffer packed;

	buffer_init(&packed, &way.arena, 256);
	record_pack(&web_request_record, &request, &packed);
	way_request(&way, "route", buffer_text(&packed));
	cr_expect(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status == 405 && text_is(way.out.outs[0].envelope.allow, "POST"));
	request = (struct web_request){ .method = text_lit("POST"), .path = text_lit("/route"), .content_type = text_lit("text/xml"), .body = text_lit("{}") };
	packed.n = 0;
	record_pack(&web_request_record, &request, &packed);
	way_request(&way, "route", buffer_text(&packed));
	cr_expect_eq(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status, 415);
}

CASE(worker_route, nobody_asks_without_a_scope)
{
	for (size_t i = 0; i < route_routes_n; i++)
		cr_expect(route_routes[i].need && strcmp(route_routes[i].need, WEB_OPEN) != 0, "%s", route_routes[i].path);
}

/* -- pre-flight -- */

/* What the ledger would be told, through the payer when it is asked. */
static struct order_answer ahead(const char *body, struct case_message *event)
{
	const struct out *out;
	struct order_answer answer = { 0 };
	struct fault fault;

	send("/route/preflight", NULL, body);
	cr_assert_eq(way.out.n, 1);
	out = &way.out.outs[0];
	if (out->type == TYPE_FORM)
		way_to_payer(&way, ROLE_WORKER, TYPE_FORM, arena_text(&way.arena, out->payload));
	out = way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	cr_assert(record_unpack(&case_message_record, event, &way.arena, arena_text(&way.arena, out->payload), &fault) &&
		record_check(&case_message_record, event, &fault), "%s", fault.path);
	cr_assert(record_unpack(&order_answer_record, &answer, &way.arena, event->answer, &fault) && answer.preflight, "%s", fault.path);
	cr_assert(record_check(&order_answer_record, &answer, &fault), "%s: %s", body, fault.path);
	cr_expect(text_is(event->event, "PREFLIGHT") && text_is(event->partner, "FHIR:vendor"));
	return answer;
}

#define WHO ",\"member_id\":\"EX0001\",\"prescriber_npi\":\"1999999001\"}"

CASE(worker_route, what_a_request_would_come_to)
{
	static const struct {
		const char *body, *authorization, *code, *first;
		size_t keys;
	} rows[] = {
		{ CARD "\"order\":{\"ndc\":\"99999010101\"}" WHO, "NEEDED", NULL, "QUESTION", 1 },
		{ CARD "\"order\":{\"ndc\":\"99999010101\",\"rxcui\":\"4711\"}" WHO, "NEEDED", NULL, "QUESTION", 2 },
		{ CARD "\"order\":{\"ndc\":\"99999010101\"}}", "NEEDED", NULL, "QUESTION", 0 },
		{ CARD "\"order\":{\"ndc\":\"99999000303\"}" WHO, "NOT_NEEDED", "CC", NULL, 1 },
		{ CARD "\"order\":{\"ndc\":\"99999000303\"}}", "NOT_NEEDED", NULL, NULL, 0 },
		{ CARD "\"order\":{\"ndc\":\"99999010101\"},\"member_id\":\"EX9999\"}", "CLOSED", "CD", NULL, 1 },
		{ CARD "\"order\":{\"ndc\":\"99999999999\"}" WHO, "CLOSED", NULL, NULL, 1 },
		{ CARD "\"order\":{}" WHO, "UNKNOWN", NULL, "ORDER", 0 },
		{ CARD "\"order\":{\"ndc\":\"99999010101\"},\"evidence\":[{\"kind\":\"PLAN_RULE\",\"member\":\"status\",\"value\":\"EXCLUDED\"}]" WHO, "CLOSED", NULL, NULL, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct case_message event = { 0 };
		struct order_preflight *said = ahead(rows[i].body, &event).preflight;

		cr_expect(text_is(said->authorization, rows[i].authorization), "%s: %.*s", rows[i].body, TEXT_ARGS(said->authorization));
		cr_expect(rows[i].code ? text_is(said->code, rows[i].code) : !said->code.n, "%s", rows[i].body);
		cr_expect_eq(event.drug_keys_n, rows[i].keys, "%s", rows[i].body);
		cr_expect(text_is(said->looked, rows[i].keys ? "YES" : "NO"));
		cr_expect(rows[i].first && text_is(text_of(rows[i].first), "QUESTION") ? said->questionnaire.n > 0 : !said->questionnaire.n, "%s", rows[i].body);
		cr_expect(said->missing_n ? rows[i].first && text_is(said->missing[0].kind, rows[i].first) : !rows[i].first || text_is(text_of(rows[i].first), "ORDER"),
			"%s: %zu missing", rows[i].body, said->missing_n);
		cr_expect(!said->cases_n, "cases are the ledger's to say");
	}
}

CASE(worker_route, a_key_is_of_a_member_and_a_drug_whatever_its_package)
{
	static const char *const bodies[] = { CARD "\"order\":{\"ndc\":\"99999010101\"}" WHO, CARD "\"order\":{\"ndc\":\"99999010102\"}" WHO,
		CARD "\"order\":{\"ndc\":\"99999010201\"}" WHO, CARD "\"order\":{\"ndc\":\"99999010101\"},\"member_id\":\"EX0002\",\"prescriber_npi\":\"1999999001\"}" };
	struct case_message events[4] = { 0 };

	for (size_t i = 0; i < 4; i++)
		ahead(bodies[i], &events[i]);
	cr_expect(text_equal(events[0].drug_keys[0], events[1].drug_keys[0]), "another package");
	cr_expect(!text_equal(events[0].drug_keys[0], events[2].drug_keys[0]), "another product");
	cr_expect(!text_equal(events[0].drug_keys[0], events[3].drug_keys[0]), "another member");
	cr_expect(events[0].inquiry_keys_n == 1 && text_equal(events[0].inquiry_keys[0], events[2].inquiry_keys[0]));
	cr_expect(!holds(events[0].drug_keys[0], "EX0001") && events[0].drug_keys[0].n == 35);
}

CASE(worker_route, a_script_request_and_a_preflight_have_the_same_keys)
{
	struct case_message asked = { 0 }, opened = { 0 };
	struct fault fault;

	ahead(CARD "\"order\":{\"ndc\":\"99999010101\"},\"member_id\":\"EX0001\",\"prescriber_npi\":\"1234567893\"}", &asked);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ 0 }));
	cr_assert(record_unpack(&case_message_record, &opened, &way.arena, arena_text(&way.arena, way_only(&way, TYPE_EVENT, ROLE_LEDGER)->payload), &fault));
	cr_assert(opened.drug_keys_n == 1 && opened.inquiry_keys_n == 1);
	cr_expect(text_equal(opened.drug_keys[0], asked.drug_keys[0]) && text_equal(opened.inquiry_keys[0], asked.inquiry_keys[0]));
}
