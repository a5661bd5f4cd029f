/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker answers provider systems at /cds-services, by the drug and the coverage they name. */
#include "gateway/worker/worker_web.h"
#include "fhir-bridge/records.h"
#include "test/gateway/pas_sample.h"
#include "test/gateway/way.h"

#include <stdio.h>
#include <string.h>

enum { EXAMPLE_MAX = 64 << 10 };

#define INFUSION "99999020201"
#define COVERED_STATUS "\"status\": \"active\""

static struct text example(struct way *way)
{
	FILE *in = fopen(EXAMPLES "/crd-order-sign.json", "re");
	char *bytes = arena_alloc(&way->arena, EXAMPLE_MAX);
	size_t n;

	cr_assert(in && bytes);
	n = fread(bytes, 1, EXAMPLE_MAX, in);
	fclose(in);
	return (struct text){ bytes, n };
}

static struct text replaced(struct way *way, struct text bytes, const char *find, const char *with)
{
	const char *at = memmem(bytes.at, bytes.n, find, strlen(find));
	struct buffer out;

	cr_assert(at, "%s", find);
	buffer_init(&out, &way->arena, bytes.n + strlen(with));
	buffer_add(&out, (struct text){ bytes.at, (size_t)(at - bytes.at) });
	buffer_add(&out, text_of(with));
	buffer_add(&out, (struct text){ at + strlen(find), bytes.n - (size_t)(at - bytes.at) - strlen(find) });
	return buffer_text(&out);
}

static void ask_once(struct way *way, const char *method, const char *path, struct text body)
{
	struct web_request request = { .method = text_of(method), .path = text_of(path), .content_type = text_lit("application/json"),
		.client = text_lit("ehr"), .body = body };
	struct buffer packed;

	buffer_init(&packed, &way->arena, 1024);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, "cds", buffer_text(&packed));
}

static const struct out *ask(struct way *way, const char *method, const char *path, struct text body)
{
	ask_once(way, method, path, body);
	way_settle(way, NULL);
	return way_only(way, TYPE_REPLY, ROLE_EDGE);
}

/* The response must be one: read strictly, as a client would. */
static struct cds_response *answered(struct way *way, const struct out *out)
{
	struct cds_response *response = arena_new(&way->arena, struct cds_response);
	struct json_notes notes;
	struct fault fault = { 0 };

	cr_assert(out->envelope.status == 200, "%lld: %.*s", (long long)out->envelope.status, TEXT_ARGS(out->payload));
	cr_assert(json_read(&cds_response_record, response, arena_text(&way->arena, out->payload), &way->arena, &notes, &fault), "%s", fault.path);
	cr_assert(record_check(&cds_response_record, response, &fault), "%s", fault.path);
	cr_assert(notes.unknown == 0 && pas_holds(out->payload, "\"cards\":["));
	return response;
}

CASE(worker_cds, each_drug_has_its_answer)
{
	static const struct {
		const char *find, *with;      /* what is changed in the example */
		const char *holds[4], *never; /* of the first order's action */
	} rows[] = {
		{ INFUSION, INFUSION, { "\"covered\",\"valueCode\":\"covered\"", "\"auth-needed\"", "\"withpa\"", "\"J3590\"" }, "NCPDP" },
		{ INFUSION, "99999010101", { "\"covered\",\"valueCode\":\"conditional\"", "\"auth-needed\"", "\"OTH\"", "NCPDP SCRIPT ePA" }, "withpa" },
		{ INFUSION, "99999000303", { "\"covered\",\"valueCode\":\"conditional\"", "\"no-auth\"", "real-time benefit", "BIN 999999" }, "ePA" },
		{ INFUSION, "99999030301", { "\"covered\",\"valueCode\":\"not-covered\"", "excludes this drug", NULL }, "pa-needed" },
		{ INFUSION, "99999030302", { "\"covered\",\"valueCode\":\"not-covered\"", "\"reason\"", NULL }, "pa-needed" },
		{ INFUSION, "99999070701", { "\"info-needed\",\"valueCode\":\"location\"", "\"pa-needed\",\"valueCode\":\"conditional\"", "home", NULL }, "withpa" },
		{ INFUSION, "99999040401", { "allowed-quantity", "{\"value\":60}", "units in 30 days", NULL }, "step" },
		{ INFUSION, "99999060601", { "cat-decisional", "tried first", "auth-needed", NULL }, "allowed-quantity" },
		{ INFUSION, "99999080801", { "for patients up to 17 years", NULL }, "older" },
		{ INFUSION, "99999080802", { "for patients of 12 years and older", NULL }, "up to" },
		{ INFUSION, "9999902020", { "detail-code", "no NDC, RxNorm", NULL }, "pa-needed" },
		{ "http://hl7.org/fhir/sid/ndc", "http://snomed.info/sct", { "detail-code", "\"conditional\"", NULL }, "pa-needed" },
		{ "\"resourceType\": \"MedicationRequest\"", "\"resourceType\": \"DeviceRequest\"", { "\"indeterminate\"", "Only drugs", NULL }, "pa-needed" },
		{ "\"value\": \"999999\"", "\"value\": \"998877\"", { "coverage-not-found", "\"not-covered\"", NULL }, "pa-needed" },
		{ COVERED_STATUS, "\"status\": \"cancelled\"", { "no-active-coverage", "\"not-covered\"", NULL }, "pa-needed" },
		{ "\"start\": \"2026-01-01\"", "\"start\": \"2025-01-01\", \"end\": \"2026-11-21\"", { "no-active-coverage", NULL }, "pa-needed" },
		{ "\"start\": \"2026-01-01\"", "\"start\": \"2027-01-01\"", { "no-active-coverage", NULL }, "pa-needed" },
		{ "\"start\": \"2026-01-01\"", "\"start\": \"2025-01-01\", \"end\": \"2026-11-22\"", { "\"auth-needed\"", NULL }, "no-active" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cds_response *response;
		struct way way;

		way_start(&way, NULL);
		response = answered(&way, ask(&way, "POST", "/cds-services/order-sign", replaced(&way, example(&way), rows[i].find, rows[i].with)));
		cr_assert(response->actions_n == 2, "%zu", i);
		for (size_t k = 0; k < 4 && rows[i].holds[k]; k++)
			cr_expect(pas_holds(response->actions[0].resource, rows[i].holds[k]), "%zu: %s in %.*s", i, rows[i].holds[k],
				TEXT_ARGS(response->actions[0].resource));
		cr_expect(!pas_holds(response->actions[0].resource, rows[i].never), "%zu: %.*s", i, TEXT_ARGS(response->actions[0].resource));
		way_stop(&way);
	}
}

/* The order alone, as it comes back. */
static struct text order_of(struct way *way, struct text body)
{
	return arena_text(&way->arena, answered(way, ask(way, "POST", "/cds-services/order-sign", body))->actions[0].resource);
}

static struct text assertion_of(struct text order)
{
	static const char name[] = "\"coverage-assertion-id\",\"valueString\":\"";
	const char *at = memmem(order.at, order.n, name, sizeof(name) - 1);

	const char *end = at ? memchr(at + sizeof(name) - 1, '"', (size_t)(order.at + order.n - at) - sizeof(name) + 1) : NULL;

	cr_assert(end);
	return (struct text){ at + sizeof(name) - 1, (size_t)(end - at) - sizeof(name) + 1 };
}

/* A drug that either benefit pays, by where it is given. */
#define BOTH "99999070701"
#define VISIT(reference, class) \
	"\"prefetch\": {\"encounter\":{\"resourceType\":\"Encounter\",\"id\":\"E1\",\"status\":\"planned\",\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\"," \
	"\"code\":\"" class "\"},\"location\":[{\"location\":{\"reference\":\"Location/" reference "\"}}]},\"locations\":{\"resourceType\":\"Location\",\"id\":\"L1\",\"type\":[{\"coding\":" \
	"[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",\"code\":\"PC\"}]}]},"

CASE(worker_cds, the_visit_tells_where)
{
	static const struct {
		const char *context, *prefetch, *holds, *never;
	} rows[] = {
		{ "\"encounterId\": \"E1\", \"patientId\"", VISIT("none", "HH"), "NCPDP", "location" }, /* home health: the pharmacy benefit */
		{ "\"encounterId\": \"E1\", \"patientId\"", VISIT("L1", "AMB"), "\"covered\",\"valueCode\":\"covered\"", "NCPDP" }, /* at a clinic */
		{ "\"encounterId\": \"E1\", \"patientId\"", VISIT("none", "AMB"), "\"info-needed\",\"valueCode\":\"location\"", "NCPDP" }, /* of either kind */
		{ "\"encounterId\": \"E2\", \"patientId\"", VISIT("L1", "HH"), "\"info-needed\",\"valueCode\":\"location\"", "NCPDP" }, /* of another visit */
		{ "\"patientId\"", VISIT("L1", "HH"), "\"info-needed\",\"valueCode\":\"location\"", "NCPDP" }, /* of no visit */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct way way;
		struct text body, action;

		way_start(&way, NULL);
		body = replaced(&way, replaced(&way, example(&way), INFUSION, BOTH), "\"patientId\"", rows[i].context);
		body = replaced(&way, body, "\"prefetch\": {", rows[i].prefetch);
		action = answered(&way, ask(&way, "POST", "/cds-services/order-sign", body))->actions[0].resource;
		cr_expect(pas_holds(action, rows[i].holds) && !pas_holds(action, rows[i].never), "%zu: %.*s", i, TEXT_ARGS(action));
		way_stop(&way);
	}
}

CASE(worker_cds, the_same_answer_has_the_same_id_and_is_not_given_twice)
{
	static const char before[] = "\"context\": {";
	struct text first, other, order;
	struct cds_response *again;
	struct buffer second;
	struct way way;

	way_start(&way, NULL);
	order = order_of(&way, example(&way));
	first = assertion_of(order);
	cr_expect(text_equal(first, assertion_of(order_of(&way, example(&way)))));
	other = assertion_of(order_of(&way, replaced(&way, example(&way), INFUSION, "99999020202")));
	cr_expect(!text_equal(first, other));
	/* What came back is signed again: nothing is new for the order that says so, and the other one is answered. */
	buffer_init(&second, &way.arena, 8192);
	buffer_lit(&second, "\"context\": {\"userId\":\"Practitioner/EX1\",\"patientId\":\"EX0001\",\"draftOrders\":{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":");
	buffer_add(&second, order);
	buffer_lit(&second, "}]}}, \"contextBefore\": {");
	buffer_add_char(&second, '\0');
	again = answered(&way, ask(&way, "POST", "/cds-services/order-sign", replaced(&way, example(&way), before, second.at)));
	cr_expect_eq(again->actions_n, 0);
	/* And what is no longer so gives way. */
	order = replaced(&way, buffer_text(&second), INFUSION, "99999000303");
	again = answered(&way, ask(&way, "POST", "/cds-services/order-sign", replaced(&way, example(&way), before, order.at)));
	cr_assert_eq(again->actions_n, 1);
	cr_expect(!pas_holds(again->actions[0].resource, "withpa") && pas_holds(again->actions[0].resource, "no-auth"));
	way_stop(&way);
}

CASE(worker_cds, options_switch_answers_off)
{
	static const struct {
		const char *with;
		size_t cards, actions;
	} rows[] = {
		{ "\"x\": 1", 2, 2 },
		{ "\"davinci-crd.configuration\": {\"coverage-info\": false}", 2, 0 },
		{ "\"davinci-crd.configuration\": {\"coverage-info\": \"x\"}", 2, 2 },
		{ "\"davinci-crd.configuration\": {\"therapy-alternatives-opt\": false}", 1, 2 },
		{ "\"davinci-crd.configuration\": {\"therapy-alternatives-opt\": false, \"guideline\": false}", 0, 2 },
		{ "\"davinci-crd.configuration\": {\"max-cards\": 0}", 0, 2 },
		{ "\"davinci-crd.configuration\": {\"max-cards\": 1, \"nobody-knows\": true}", 1, 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cds_response *response;
		struct way way;

		way_start(&way, NULL);
		response = answered(&way, ask(&way, "POST", "/cds-services/order-sign",
			replaced(&way, example(&way), "\"davinci-crd.requestedVersion\": \"2.2\"", rows[i].with)));
		cr_expect(response->cards_n == rows[i].cards && response->actions_n == rows[i].actions, "%zu: %zu cards, %zu actions", i,
			response->cards_n, response->actions_n);
		way_stop(&way);
	}
}

CASE(worker_cds, who_is_still_choosing_is_asked_for_no_documents)
{
	const struct cds_response *response;
	struct text body;
	struct way way;

	way_start(&way, NULL);
	body = replaced(&way, example(&way), "\"hook\": \"order-sign\"", "\"hook\": \"order-select\"");
	body = replaced(&way, body, "\"userId\"", "\"selections\": [\"MedicationRequest/infusion\"], \"userId\"");
	response = answered(&way, ask(&way, "POST", "/cds-services/order-select", body));
	cr_assert_eq(response->actions_n, 1);
	cr_expect(pas_holds(response->actions[0].resource, "auth-needed") && !pas_holds(response->actions[0].resource, "doc-needed"));
	way_stop(&way);
}

/* What is named as the reason is looked for among all that was sent: thousands of either cost no more than some. */
CASE(worker_cds, thousands_of_reasons_are_not_all_followed)
{
	enum { REASONS = 3000, CONDITIONS = 490 };
	struct buffer reasons, conditions;
	struct text body;
	struct way way;

	way_start(&way, NULL);
	buffer_init(&reasons, &way.arena, 1 << 17);
	buffer_init(&conditions, &way.arena, 1 << 17);
	buffer_lit(&reasons, "\"reasonReference\": [{\"reference\": \"Condition/c\"}");
	for (size_t i = 1; i < REASONS; i++)
		buffer_lit(&reasons, ", {\"reference\": \"Condition/c\"}");
	buffer_add(&reasons, (struct text){ "], \"dispenseRequest\"", sizeof("], \"dispenseRequest\"") });
	buffer_lit(&conditions, "\"prefetch\": {\"conditions\": {\"resourceType\": \"Bundle\", \"type\": \"searchset\", \"entry\": [");
	for (size_t i = 0; i < CONDITIONS; i++)
		buffer_format(&conditions, "%s{\"resource\": {\"resourceType\": \"Condition\", \"id\": \"z%zu\"}}", i ? ", " : "", i);
	buffer_add(&conditions, (struct text){ "]}, ", sizeof("]}, ") });
	body = replaced(&way, replaced(&way, example(&way), "\"dispenseRequest\"", buffer_text(&reasons).at), "\"prefetch\": {", buffer_text(&conditions).at);
	cr_expect_eq(answered(&way, ask(&way, "POST", "/cds-services/order-sign", body))->actions_n, 2);
	way_stop(&way);
}

CASE(worker_cds, an_order_that_is_selected_twice_is_answered_once)
{
	struct text body;
	struct way way;

	way_start(&way, NULL);
	body = replaced(&way, replaced(&way, example(&way), "\"order-sign\"", "\"order-select\""), "\"draftOrders\"",
		"\"selections\": [\"MedicationRequest/pen\", \"MedicationRequest/pen\"], \"draftOrders\"");
	cr_expect_eq(answered(&way, ask(&way, "POST", "/cds-services/order-select", body))->actions_n, 1);
	way_stop(&way);
}

CASE(worker_cds, a_visit_hears_of_a_coverage_that_is_not_known)
{
	static const struct {
		const char *find, *with;
		size_t cards;
	} rows[] = {
		{ "\"value\": \"999999\"", "\"value\": \"999999\"", 0 },
		{ "\"value\": \"999999\"", "\"value\": \"998877\"", 1 },
		{ COVERED_STATUS, "\"status\": \"cancelled\"", 1 },
		{ "\"prefetch\"", "\"prefetched\"", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cds_response *response;
		struct text body;
		struct way way;

		way_start(&way, NULL);
		body = replaced(&way, example(&way), "\"hook\": \"order-sign\"", "\"hook\": \"encounter-start\"");
		body = replaced(&way, body, "\"userId\"", "\"encounterId\": \"e1\", \"userId\"");
		response = answered(&way, ask(&way, "POST", "/cds-services/encounter-start", replaced(&way, body, rows[i].find, rows[i].with)));
		cr_expect(response->cards_n == rows[i].cards && response->actions_n == 0, "%zu", i);
		way_stop(&way);
	}
}

static void with_payer(struct config *config)
{
	static struct text ids[] = { { "urn:payer|12345", 15 } };

	config->payer_ids = ids;
	config->payer_ids_n = 1;
}

CASE(worker_cds, a_coverage_of_another_payer_is_refused)
{
	static const struct {
		const char *payer;
		int64_t status;
	} rows[] = { { "\"reference\": \"Organization/payer\"", 200 }, { "\"identifier\": {\"system\": \"urn:payer\", \"value\": \"12345\"}", 200 },
		{ "\"identifier\": {\"system\": \"urn:payer\", \"value\": \"12346\"}", 400 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *out;
		struct way way;

		way_start(&way, with_payer);
		out = ask(&way, "POST", "/cds-services/order-sign", replaced(&way, example(&way), "\"reference\": \"Organization/payer\"", rows[i].payer));
		cr_expect_eq(out->envelope.status, rows[i].status, "%zu: %lld", i, (long long)out->envelope.status);
		way_stop(&way);
	}
}

CASE(worker_cds, what_is_no_request_is_refused_with_an_outcome)
{
	static const struct {
		const char *method, *path, *find, *with;
		int64_t status;
	} rows[] = {
		{ "POST", "/cds-services/order-sign", "{", "", 400 },
		{ "POST", "/cds-services/order-select", "{", "{", 400 },
		{ "POST", "/cds-services/order-sing", "{", "{", 404 },
		{ "DELETE", "/cds-services/order-sign", "{", "{", 405 },
		{ "POST", "/cds-services/order-sign", "\"prefetch\"", "\"none\"", 412 },
		{ "POST", "/cds-services/order-sign", "\"id\": \"pen\",", "", 422 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *out;
		struct way way;

		way_start(&way, NULL);
		out = ask(&way, rows[i].method, rows[i].path, replaced(&way, example(&way), rows[i].find, rows[i].with));
		cr_expect_eq(out->envelope.status, rows[i].status, "%zu: %lld", i, (long long)out->envelope.status);
		cr_expect(text_is(out->envelope.media, "application/fhir+json") && pas_holds(out->payload, "\"OperationOutcome\""), "%zu", i);
		way_stop(&way);
	}
}

static struct api_client ehr = { .id = { "ehr", 3 }, .fhir_server = { "https://ehr.example/fhir", 24 } };

static void with_server(struct config *config)
{
	config->clients = &ehr;
	config->clients_n = 1;
	config->cds_ms = 4500;
}

/* The example without its coverage, asked by somebody whose FHIR server is at this address. */
static void ask_without_coverage(struct way *way, const char *server)
{
	struct web_request request = { .method = text_lit("POST"), .path = text_lit("/cds-services/order-sign"), .content_type = text_lit("application/json"),
		.client = text_lit("ehr") };
	struct text body = replaced(way, example(way), "\"prefetch\"", "\"prefetched\"");
	struct buffer packed, where;

	buffer_init(&where, &way->arena, 300);
	buffer_format(&where, "\"fhirServer\": \"%s\", \"fhirAuthorization\": {\"access_token\": \"secret-token\", \"token_type\": \"Bearer\", \"expires_in\": 30, "
			     "\"scope\": \"patient/Coverage.r\", \"subject\": \"x\"}, \"hook\"", server);
	buffer_add_char(&where, '\0');
	request.body = replaced(way, body, "\"hook\"", where.at);
	buffer_init(&packed, &way->arena, 1024);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, "cds", buffer_text(&packed));
}

/* The READ in the outbox. */
static const struct out *reading(struct way *way, const char *query)
{
	const struct out *out = way_only(way, TYPE_READ, ROLE_COURIER);
	struct remote_read read;
	struct fault fault;

	cr_assert(record_unpack(&remote_read_record, &read, &way->arena, arena_text(&way->arena, out->payload), &fault));
	cr_expect(text_is(read.client, "ehr") && text_is(read.query, query), "%.*s", TEXT_ARGS(read.query));
	return out;
}

/* Its answer; body TEXT_NONE: it could not be read. */
static const struct out *come_back(struct way *way, const struct out *asked, struct text body)
{
	struct envelope envelope = asked->envelope;

	envelope.status = text_there(body) ? 200 : 504;
	way_to_worker(way, ROLE_COURIER, TYPE_REPLY, &envelope, body);
	way_settle(way, NULL);
	return way_only(way, TYPE_REPLY, ROLE_EDGE);
}

CASE(worker_cds, what_was_not_sent_along_is_read_where_the_client_is_registered)
{
	static const char before[] = "\"coverage\": ", after[] = "\n }";
	const struct cds_response *response;
	const struct out *out;
	struct text coverage;
	const char *end;
	struct way way;

	way_start(&way, with_server);
	coverage = example(&way);
	coverage = (struct text){ memmem(coverage.at, coverage.n, before, sizeof(before) - 1), coverage.n };
	coverage.at += sizeof(before) - 1;
	end = memmem(coverage.at, 4000, after, sizeof(after) - 1);
	cr_assert(end);
	coverage.n = (size_t)(end - coverage.at);
	ask_without_coverage(&way, "https://ehr.example/fhir/");
	response = answered(&way, come_back(&way, reading(&way, "Coverage?patient=EX0001&status=active"), coverage));
	cr_expect(response->actions_n == 2 && pas_holds(response->actions[0].resource, "auth-needed"));
	/* what could not be read is not asked for again */
	ask_without_coverage(&way, "https://ehr.example/fhir");
	out = come_back(&way, reading(&way, "Coverage?patient=EX0001&status=active"), TEXT_NONE);
	cr_expect(out->type == TYPE_REPLY && out->envelope.status == 412 && !pas_holds(out->payload, "secret"));
	/* another address is not read */
	ask_without_coverage(&way, "https://elsewhere.example/fhir");
	cr_expect_eq(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status, 412);
	way_stop(&way);
}

/* The example, whose first drug is only referred to; its client is waited for so long, or its answer comes at once. */
static const struct cds_response *ask_by_reference(struct way *way, int64_t wait_ms, struct text medication)
{
	static const char reference[] = "\"medicationReference\": {\"reference\": \"Medication/m1\"}, \"x\": {";
	struct text body = replaced(way, example(way), "\"medicationCodeableConcept\": {", reference);
	const struct out *asked;

	ask_once(way, "POST", "/cds-services/order-sign", replaced(way, body, "\"hook\"", "\"fhirServer\": \"https://ehr.example/fhir\", \"hook\""));
	asked = reading(way, "Medication/m1");
	if (!wait_ms)
		return answered(way, come_back(way, asked, medication));
	way->now.mono_ms += wait_ms;
	way_tick(way);
	way_settle(way, NULL);
	return answered(way, way_only(way, TYPE_REPLY, ROLE_EDGE));
}

CASE(worker_cds, a_drug_that_cannot_be_read_in_time_is_said_to_be_missing)
{
	static const char drug[] = "{\"resourceType\":\"Medication\",\"id\":\"m1\",\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/ndc\","
				   "\"code\":\"99999020201\"}]}}";
	static const struct {
		int64_t wait_ms;
		const char *medication, *holds;
	} rows[] = {
		{ 0, drug, "\"auth-needed\"" },
		{ 0, "<html>", "\"detail-code\"" },
		{ 0, "{\"resourceType\":\"OperationOutcome\"}", "\"detail-code\"" },
		{ 2500, NULL, "\"detail-code\"" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cds_response *response;
		struct way way;

		way_start(&way, with_server);
		response = ask_by_reference(&way, rows[i].wait_ms, text_of(rows[i].medication));
		cr_assert_eq(response->actions_n, 2, "%zu", i);
		cr_expect(pas_holds(response->actions[0].resource, rows[i].holds), "%zu: %.*s", i, TEXT_ARGS(response->actions[0].resource));
		cr_expect(pas_holds(response->actions[1].resource, "NCPDP SCRIPT ePA"), "%zu: and the other order is answered", i);
		way_stop(&way);
	}
}

CASE(worker_cds, our_services_are_found)
{
	const struct out *out;
	struct way way;

	way_start(&way, NULL);
	out = ask(&way, "GET", "/cds-services", text_lit(""));
	cr_expect_eq(out->envelope.status, 200);
	cr_expect(pas_holds(out->payload, "\"id\":\"order-sign\"") && pas_holds(out->payload, "\"id\":\"encounter-discharge\"") &&
		  pas_holds(out->payload, "\"davinci-crd.version\":[\"2.0\",\"2.2\"]"));
	way_stop(&way);
}

/* The example for another member. */
static struct text of_member(struct way *way, const char *number)
{
	char identifier[60], subscriber[60];

	snprintf(identifier, sizeof(identifier), "\"value\": \"%s\"", number);
	snprintf(subscriber, sizeof(subscriber), "\"subscriberId\": \"%s\"", number);
	return replaced(way, replaced(way, example(way), "\"value\": \"EX0001\"", identifier), "\"subscriberId\": \"EX0001\"", subscriber);
}

CASE(worker_cds, what_is_known_of_the_member_is_said)
{
	static const struct {
		const char *member, *found; /* found: what the ledger has approved of the first drug */
		size_t order;
		const char *holds[5], *never;
	} rows[] = {
		{ "EX0001", NULL, 0, { "\"auth-needed\"", "\"withpa\"", "\"questionnaire\",\"valueCanonical\":\"urn:", "\"phone\",\"value\":\"5555550100\"", "\"valueUrl\":\"https://payer.example/policies/infusions\"" }, "satisfied" },
		{ "EX0001", "HP42", 0, { "\"pa-needed\",\"valueCode\":\"satisfied\"", "\"satisfied-pa-id\",\"valueString\":\"HP42\"", "\"expiry-date\",\"valueDate\":\"2027-01-31\"", "\"covered\"" },
			"withpa" },
		{ "EX0009", NULL, 1, { "\"satisfied\"", "\"HPEXAMPLE\"", "\"2099-12-31\"", "with the number of the authorization; BIN 999999" }, "auth-needed" },
		{ "EX0009", NULL, 0, { "\"auth-needed\"", "\"withpa\"" }, "satisfied" },
		{ "EX7777", NULL, 0, { "no-member-found", "\"not-covered\"", "no member of this number" }, "pa-needed" },
		{ "EX7777", NULL, 1, { "no-member-found", "\"not-covered\"" }, "instructions" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cds_response *response;
		struct text order;
		struct way way;

		way_start(&way, NULL);
		ask_once(&way, "POST", "/cds-services/order-sign", of_member(&way, rows[i].member));
		way_settle(&way, rows[i].found);
		response = answered(&way, way_only(&way, TYPE_REPLY, ROLE_EDGE));
		cr_assert(response->actions_n == 2);
		order = response->actions[rows[i].order].resource;
		for (size_t k = 0; k < 5 && rows[i].holds[k]; k++)
			cr_expect(pas_holds(order, rows[i].holds[k]), "%zu: %s in %.*s", i, rows[i].holds[k], TEXT_ARGS(order));
		cr_expect(!pas_holds(order, rows[i].never), "%zu: %.*s", i, TEXT_ARGS(order));
		way_stop(&way);
	}
}

CASE(worker_cds, a_payer_that_says_nothing_holds_nothing_up)
{
	for (int gone = 0; gone < 2; gone++) {
		const struct cds_response *response;
		struct way way;

		way_start(&way, NULL);
		if (gone) {
			way_peer(&way, ROLE_PAYER, false);
			way_peer(&way, ROLE_LEDGER, false);
		}
		ask_once(&way, "POST", "/cds-services/order-sign", example(&way));
		if (!gone) {
			cr_expect(way.out.n == 2 && way.out.outs[0].type == TYPE_STANDING && way.out.outs[1].type == TYPE_STANDING);
			way.now.mono_ms += 799;
			way_tick(&way);
			cr_expect(way.out.n == 0 && way.out.wake_ms == way.now.mono_ms + 1);
			way.now.mono_ms += 1;
			way_tick(&way);
		}
		response = answered(&way, way_only(&way, TYPE_REPLY, ROLE_EDGE));
		cr_assert(response->actions_n == 2);
		cr_expect(pas_holds(response->actions[0].resource, "auth-needed") && pas_holds(response->actions[0].resource, "withpa") &&
			  !pas_holds(response->actions[0].resource, "valueCanonical"));
		way_stop(&way);
	}
}

static void with_convention(struct config *config)
{
	static struct crd_answer answers[] = {
		{ .when = { "PHARMACY_AUTHORIZATION", 22 }, .covered = { "not-covered", 11 }, .reason_system = { "https://payer.example/codes", 27 }, .reason_code = { "rx", 2 },
			.instructions = { "Ask the pharmacy benefit[ at BIN {BIN}][, group {GRP} of {PCN}]", 63 } },
	};

	config->crd_answers = answers;
	config->crd_answers_n = 1;
}

CASE(worker_cds, the_words_for_another_benefit_are_the_operators)
{
	static const char *const holds[] = { "\"covered\",\"valueCode\":\"not-covered\"", "\"https://payer.example/codes\",\"code\":\"rx\"",
		"Ask the pharmacy benefit at BIN 999999, group {GRP} of EXPCN" };
	const struct cds_response *response;
	struct way way;

	way_start(&way, with_convention);
	response = answered(&way, ask(&way, "POST", "/cds-services/order-sign", example(&way)));
	cr_assert(response->actions_n == 2);
	for (size_t i = 0; i < 3; i++)
		cr_expect(pas_holds(response->actions[1].resource, holds[i]), "%s in %.*s", holds[i], TEXT_ARGS(response->actions[1].resource));
	cr_expect(!pas_holds(response->actions[1].resource, "pa-needed") && !pas_holds(response->actions[1].resource, "info-needed"));
	cr_expect(pas_holds(response->actions[0].resource, "\"withpa\""), "the medical benefit has the guide's own codes");
	way_stop(&way);
}

CASE(worker_cds, crd_2_0_1_has_fewer_words)
{
	static const struct {
		const char *path, *version, *find, *with, *holds[4], *never;
	} rows[] = {
		{ "/crd/2.0/cds-services/order-sign", "x", INFUSION, INFUSION, { "\"auth-needed\"", "valueContactPoint", "valueCanonical", "{\"text\":\"instructions\"}" }, "category" },
		{ "/cds-services/order-sign", "2.0", INFUSION, INFUSION, { "\"auth-needed\"", "valueContactPoint" }, "valueContactDetail" },
		{ "/cds-services/order-sign", "2.2", INFUSION, INFUSION, { "\"auth-needed\"", "valueContactDetail", "category" }, "valueContactPoint" },
		{ "/crd/2.0/cds-services/order-sign", "x", "http://hl7.org/fhir/sid/ndc", "http://snomed.info/sct",
			{ "\"pa-needed\",\"valueCode\":\"conditional\"", "\"OTH\"", "is known here" }, "detail-code" },
		{ "/crd/2.0/cds-services/order-sign", "x", "\"resourceType\": \"MedicationRequest\"", "\"resourceType\": \"DeviceRequest\"",
			{ "\"covered\",\"valueCode\":\"conditional\"", "Only drugs" }, "indeterminate" },
		{ "/crd/2.0/cds-services/order-sign", "x", COVERED_STATUS, "\"status\": \"cancelled\"", { "not in force", "\"not-covered\"" }, "no-active-coverage" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cds_response *response;
		struct text body;
		char version[60];
		struct way way;

		way_start(&way, NULL);
		snprintf(version, sizeof(version), "\"davinci-crd.requestedVersion\": \"%s\"", rows[i].version);
		body = replaced(&way, example(&way), "\"davinci-crd.requestedVersion\": \"2.2\"", *rows[i].version == 'x' ? "\"x\": 1" : version);
		response = answered(&way, ask(&way, "POST", rows[i].path, replaced(&way, body, rows[i].find, rows[i].with)));
		cr_assert(response->actions_n == 2);
		for (size_t k = 0; k < 4 && rows[i].holds[k]; k++)
			cr_expect(pas_holds(response->actions[0].resource, rows[i].holds[k]), "%zu: %s in %.*s", i, rows[i].holds[k],
				TEXT_ARGS(response->actions[0].resource));
		cr_expect(!pas_holds(response->actions[0].resource, rows[i].never), "%zu: %.*s", i, TEXT_ARGS(response->actions[0].resource));
		way_stop(&way);
	}
}

CASE(worker_cds, the_base_of_2_0_1_takes_no_other)
{
	const struct out *out;
	struct way way;

	way_start(&way, NULL);
	out = ask(&way, "POST", "/crd/2.0/cds-services/order-sign", example(&way));
	cr_expect_eq(out->envelope.status, 400);
	out = ask(&way, "GET", "/crd/2.0/cds-services", text_lit(""));
	cr_expect(out->envelope.status == 200 && pas_holds(out->payload, "\"davinci-crd.version\":[\"2.0\"]") && !pas_holds(out->payload, "resolve()"));
	way_stop(&way);
}

#define PAS_COVERAGE "urn:uuid:edc1533b-fcaf-8db5-9b40-d1d5062b0d26" /* of docs/examples/pas-submit.json: a bundle's references lead to what is in it */

/* The decision on a PAS request whose order has what was answered to the CRD request. */
static struct route_decision submitted(struct way *way, struct text answered_order)
{
	static const char begin[] = "\"extension\":[", finish[] = "ext-coverage-information\"}],", order[] = "\"resourceType\": \"MedicationRequest\",";
	struct web_request request = { .method = text_lit("POST"), .path = text_lit("/fhir/Claim/$submit"), .content_type = text_lit("application/fhir+json"),
		.client = text_lit("ehr") };
	struct route_decision decision = { .track = TEXT_NONE };
	struct case_message event;
	struct buffer with, packed;
	struct fault fault;
	const char *at, *end;

	answered_order = replaced(way, answered_order, "Coverage/cov1", PAS_COVERAGE);
	at = memmem(answered_order.at, answered_order.n, begin, sizeof(begin) - 1);
	cr_assert(at);
	end = memmem(at, (size_t)(answered_order.at + answered_order.n - at), finish, sizeof(finish) - 1);
	cr_assert(end);
	buffer_init(&with, &way->arena, 8192);
	buffer_add(&with, text_of(order));
	buffer_add(&with, (struct text){ at, (size_t)(end - at) + sizeof(finish) - 1 });
	buffer_add_char(&with, '\0');
	request.body = replaced(way, pas_sample("b1", &way->arena), order, with.at);
	buffer_init(&packed, &way->arena, 1024);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, "fhir", buffer_text(&packed));
	cr_assert(record_unpack(&case_message_record, &event, &way->arena, arena_text(&way->arena, way_only(way, TYPE_EVENT, ROLE_LEDGER)->payload), &fault));
	cr_assert(record_unpack(&route_decision_record, &decision, &way->arena, event.decision, &fault));
	return decision;
}

static const struct route_evidence *recalled(const struct route_decision *decision)
{
	for (size_t i = 0; i < decision->evidence_n; i++)
		if (decision->evidence[i].citation.n && pas_holds(decision->evidence[i].citation, "coverage-information"))
			return &decision->evidence[i];
	return NULL;
}

CASE(worker_cds, what_was_said_is_recalled_when_authorization_is_asked_for)
{
	struct route_decision decision;
	struct text order;
	struct way way;

	way_start(&way, NULL);
	order = order_of(&way, example(&way));
	decision = submitted(&way, order);
	cr_assert(recalled(&decision));
	cr_expect(text_is(recalled(&decision)->says, "hint MEDICAL") && text_is(recalled(&decision)->date, "2026-11-22") && text_is(decision.track, "MEDICAL"), "%.*s of %.*s: %.*s",
		TEXT_ARGS(recalled(&decision)->says), TEXT_ARGS(recalled(&decision)->date), TEXT_ARGS(decision.track));
	/* of another drug, of another member, or by somebody else it was not said */
	decision = submitted(&way, order_of(&way, replaced(&way, example(&way), INFUSION, "99999020202")));
	cr_expect_null(recalled(&decision));
	decision = submitted(&way, order_of(&way, of_member(&way, "EX0002")));
	cr_expect_null(recalled(&decision));
	decision = submitted(&way, replaced(&way, order, "\"coverage-assertion-id\",\"valueString\":\"", "\"coverage-assertion-id\",\"valueString\":\"A"));
	cr_expect_null(recalled(&decision));
	way_stop(&way);
}

/* $questionnaire-package with nothing but the coverage and what CRD called its answer. */
static void ask_questions(struct way *way, struct text id, const char *pcn)
{
	struct web_request request = { .method = text_lit("POST"), .path = text_lit("/fhir/Questionnaire/$questionnaire-package"),
		.content_type = text_lit("application/fhir+json"), .client = text_lit("dtr") };
	struct buffer body, packed;

	buffer_init(&body, &way->arena, 4096);
	buffer_lit(&body, "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"coverage\",\"resource\":{\"resourceType\":\"Coverage\",\"id\":\"cov1\","
			  "\"status\":\"active\",\"beneficiary\":{\"reference\":\"Patient/EX0001\"},\"payor\":[{\"display\":\"EXAMPLE\"}],"
			  "\"relationship\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/subscriber-relationship\",\"code\":\"self\"}]},\"class\":[");
	buffer_format(&body, "{\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/coverage-class\",\"code\":\"rxbin\"}]},\"value\":\"999999\"},"
			     "{\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/coverage-class\",\"code\":\"rxpcn\"}]},\"value\":\"%s\"}]}},"
			     "{\"name\":\"context\",\"valueString\":\"%.*s\"}]}", pcn, TEXT_ARGS(id));
	request.body = buffer_text(&body);
	buffer_init(&packed, &way->arena, 4096);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, "fhir", buffer_text(&packed));
	way_to_payer(way, ROLE_WORKER, TYPE_FORM, arena_text(&way->arena, way_only(way, TYPE_FORM, ROLE_PAYER)->payload));
}

CASE(worker_cds, dtr_finds_the_questions_by_the_id_of_the_answer)
{
	static const struct {
		const char *drug, *pcn;
		bool change; /* one character of the id */
		int64_t status;
		const char *holds;
	} rows[] = {
		{ INFUSION, "EXPCN", false, 200, "\"Questionnaire\"" },
		{ "99999000303", "EXPCN", false, 200, "No questions are asked" },
		{ "9999900030", "EXPCN", false, 200, "No questions are asked" },
		{ INFUSION, "EXPCN", true, 404, "context" },
		{ INFUSION, "EXMCD", false, 404, "context" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *out;
		struct way way;
		struct text id;

		way_start(&way, NULL);
		id = assertion_of(order_of(&way, replaced(&way, example(&way), INFUSION, rows[i].drug)));
		if (rows[i].change)
			id = replaced(&way, id, (char[]){ id.at[40], '\0' }, id.at[40] == 'a' ? "b" : "a");
		ask_questions(&way, id, rows[i].pcn);
		out = way_only(&way, TYPE_REPLY, ROLE_EDGE);
		cr_expect(out->envelope.status == rows[i].status && pas_holds(out->payload, rows[i].holds), "%zu: %lld %.*s", i,
			(long long)out->envelope.status, TEXT_ARGS(out->payload));
		way_stop(&way);
	}
}
