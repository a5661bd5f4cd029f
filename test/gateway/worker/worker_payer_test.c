/* SPDX-License-Identifier: Apache-2.0 */
/* The worker and payers that are asked in FHIR: whose requests go there, and in which version. */
#include "fhir-bridge/pas/pas_ask.h"
#include "gateway/ledger/pas_say.h"
#include "test/gateway/pas_sample.h"
#include "test/gateway/way.h"

#include <string.h>

static struct backend backends[2];
static struct route routes[2];
static const char *plan;

/* The payer of everything medical, or of one plan. */
static void one_payer(struct config *config)
{
	backends[0] = (struct backend){ .name = text_lit("payer"), .id = text_lit("PY:PAYER"), .our_id = text_lit("ZZZ:US"),
		.fhir = text_lit("https://p.example/fhir") };
	routes[0] = (struct route){ .benefit = text_lit("MEDICAL"), .plan = text_of(plan), .backend = text_lit("payer") };
	config->backends = backends;
	config->backends_n = 1;
	config->routes = routes;
	config->routes_n = 1;
}

static void older(struct config *config)
{
	one_payer(config);
	backends[0].fhir_version = text_lit("2.0.1");
}

static void by_number(struct config *config)
{
	one_payer(config);
	routes[0].payer = text_lit("urn:example|PAYER1");
}

static void post(struct way *way, const char *path, struct text body)
{
	struct web_request request = { .method = text_lit("POST"), .path = text_of(path), .client = text_lit("ehr"), .body = body };
	struct buffer packed;

	buffer_init(&packed, &way->arena, 1024);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, "fhir", buffer_text(&packed));
}

static struct text decider(struct way *way)
{
	const struct out *out = way_only(way, TYPE_EVENT, ROLE_LEDGER);
	struct route_decision decision = { 0 };
	struct case_message event = { 0 };
	struct fault fault = { 0 };

	cr_assert(record_unpack(&case_message_record, &event, &way->arena, arena_text(&way->arena, out->payload), &fault), "%s", fault.path);
	cr_assert(record_check(&case_message_record, &event, &fault), "%s", fault.path);
	cr_assert(record_unpack(&route_decision_record, &decision, &way->arena, event.decision, &fault));
	cr_expect(text_equal(decision.backend, event.backend), "the decision on record says so too");
	return event.backend;
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

CASE(worker_payer, the_medical_benefit_of_a_plan_is_the_payers)
{
	struct way way;

	plan = "EXAMPLE-COMMERCIAL";
	way_start(&way, one_payer);
	post(&way, "/fhir/Claim/$submit", pas_sample("b1", &way.arena));
	cr_expect(text_is(decider(&way), "payer"));
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ 0 }));
	cr_expect(text_is(decider(&way), "house"), "the pharmacy benefit stays here");
	way_stop(&way);
	plan = "EXAMPLE-OTHER";
	way_start(&way, one_payer);
	post(&way, "/fhir/Claim/$submit", pas_sample("b1", &way.arena));
	cr_expect(text_is(decider(&way), "house"));
	way_stop(&way);
	plan = NULL;
}

CASE(worker_payer, what_the_rules_cannot_tell_is_the_payers_when_it_came_as_pas)
{
	struct text unknown;
	struct way way;

	plan = NULL;
	way_start(&way, one_payer);
	unknown = replaced(&way, pas_sample("b1", &way.arena), "999999", "999997"); /* the name of the insurer */
	unknown = replaced(&way, unknown, "\"999999\"", "\"999997\"");
	post(&way, "/fhir/Claim/$submit", unknown);
	cr_expect(text_is(decider(&way), "payer"), "a plan that is not known here");
	way_stop(&way);
}

static struct text programme_of(struct way *way)
{
	const struct out *out = way_only(way, TYPE_EVENT, ROLE_LEDGER);
	struct case_message event = { 0 };
	struct fault fault = { 0 };

	cr_assert(record_unpack(&case_message_record, &event, &way->arena, arena_text(&way->arena, out->payload), &fault), "%s", fault.path);
	return event.programme;
}

CASE(worker_payer, the_kind_of_coverage_tells_the_programme_of_a_plan_that_is_not_known)
{
	struct text known, unknown;
	struct way way;

	plan = NULL;
	way_start(&way, one_payer);
	known = replaced(&way, pas_sample("b1", &way.arena), "\"code\": \"5\"", "\"code\": \"122\"");
	unknown = replaced(&way, replaced(&way, known, "999999", "999997"), "\"999999\"", "\"999997\"");
	post(&way, "/fhir/Claim/$submit", unknown);
	cr_expect(text_is(programme_of(&way), "part_d"), "%.*s", TEXT_ARGS(programme_of(&way)));
	post(&way, "/fhir/Claim/$submit", known);
	cr_expect(!text_is(programme_of(&way), "part_d"), "what is known of the card's plan counts before it: %.*s", TEXT_ARGS(programme_of(&way)));
	way_stop(&way);
}

CASE(worker_payer, a_payer_is_known_by_its_number)
{
	static const char number[] = "\"name\": \"999999\", \"identifier\": [{\"system\": \"urn:example\", \"value\": \"PAYER1\"}]";
	struct way way;

	plan = NULL;
	way_start(&way, by_number);
	post(&way, "/fhir/Claim/$submit", pas_sample("b1", &way.arena));
	cr_expect(text_is(decider(&way), "house"));
	post(&way, "/fhir/Claim/$submit", replaced(&way, pas_sample("b2", &way.arena), "\"name\": \"999999\"", number));
	cr_expect(text_is(decider(&way), "payer"));
	way_stop(&way);
}

CASE(worker_payer, nothing_is_translated_between_versions)
{
	static const struct {
		void (*change)(struct config *config);
		const char *path;
		bool taken;
	} rows[] = {
		{ one_payer, "/fhir/Claim/$submit", true },
		{ one_payer, "/fhir/2.0/Claim/$submit", false },
		{ older, "/fhir/2.0/Claim/$submit", true },
		{ older, "/fhir/Claim/$submit", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *out;
		struct way way;

		plan = NULL;
		way_start(&way, rows[i].change);
		post(&way, rows[i].path, pas_sample("b1", &way.arena));
		if (rows[i].taken) {
			cr_expect(text_is(decider(&way), "payer"), "row %zu", i);
		} else {
			out = way_only(&way, TYPE_REPLY, ROLE_EDGE);
			cr_expect(out->envelope.status >= 400 && pas_holds(out->payload, "OperationOutcome"), "row %zu", i);
		}
		way_stop(&way);
	}
}

/* -- news -- */

#define KEY "abcdefghijklmnopqrstuv"

static void notifying(struct config *config)
{
	one_payer(config);
	backends[0].notify_key = text_lit(KEY);
	backends[1] = backends[0];
	backends[1].name = text_lit("other");
	backends[1].notify_key = text_lit("ABCDEFGHIJKLMNOPQRSTUV");
	config->backends_n = 2;
}

static const struct pa_subscription subscription = { .id = { "s1", 2 }, .state = { "active", 6 }, .events = 3 };

CASE(worker_payer, a_notification_is_news_of_a_case_and_no_decision)
{
	const struct out *out;
	struct case_message event = { 0 };
	struct fhir_bundle *request;
	struct text body;
	struct fault fault;
	struct way way;

	plan = NULL;
	way_start(&way, notifying);
	body = pas_sample("b1", &way.arena);
	cr_assert(fhir_read(body, &way.arena, &request, &fault));
	body = pas_sample_answer(body, "A1", NULL, &way.arena);
	post(&way, "/fhir-notify/" KEY, pas_say_event(&subscription, text_lit("e1"), body, WAY_WALL_MS, &way.arena));
	out = way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	cr_assert(record_unpack(&case_message_record, &event, &way.arena, arena_text(&way.arena, out->payload), &fault));
	cr_assert(record_check(&case_message_record, &event, &fault), "%s", fault.path);
	cr_expect(text_is(event.event, "NEWS") && text_is(event.backend, "payer") && !event.outcome.n && !event.body.n);
	cr_expect(text_equal(event.relates_to, pas_claim_key(request->entry[0].full_url, &way.arena)));
	way_stop(&way);
}

CASE(worker_payer, who_does_not_know_the_key_is_nobody)
{
	static const struct {
		const char *path;
		bool handshake;
		int64_t status;
	} rows[] = {
		{ "/fhir-notify/" KEY, true, 200 },
		{ "/fhir-notify/ABCDEFGHIJKLMNOPQRSTUV", true, 200 },
		{ "/fhir-notify/abcdefghijklmnopqrstuw", true, 404 },
		{ "/fhir-notify/abcdefghijklmnopqrstu", true, 404 },
		{ "/fhir-notify/" KEY, false, 422 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *out;
		struct way way;

		plan = NULL;
		way_start(&way, notifying);
		post(&way, rows[i].path, rows[i].handshake ? pas_say_handshake(&subscription, text_lit("h1"), WAY_WALL_MS, &way.arena) : text_lit("{}"));
		out = way_only(&way, TYPE_REPLY, ROLE_EDGE);
		cr_expect_eq(out->envelope.status, rows[i].status, "row %zu: %lld", i, (long long)out->envelope.status);
		way_stop(&way);
	}
}
