/* SPDX-License-Identifier: Apache-2.0 */
/* The edge and requests that have their question in method, path and query. */
#include "gateway/edge/address.h"
#include "gateway/bus/role.h"
#include "test/case.h"

#include <stdlib.h>
#include <string.h>

#define TRACE "0123456789abcdef0123456789abcdef"

struct world {
	void *state;
	struct config config;
	struct arena arena, kept;
	struct outbox outbox;
	int64_t ms;
};

static struct now at(int64_t ms)
{
	return (struct now){ .mono_ms = 50000 + ms, .wall_ms = 1700000000000 + ms };
}

static void step(struct world *world, const struct input *input)
{
	arena_reset(&world->arena);
	world->outbox = (struct outbox){ .arena = &world->arena };
	edge_role.step(world->state, input, at(world->ms), &world->outbox);
}

static void peer(struct world *world, enum input_kind kind, enum role_kind role, int index)
{
	step(world, &(struct input){ .kind = kind, .peer = { role, index } });
}

static void world_open(struct world *world, struct config config, int workers)
{
	struct role_setup setup = { .self = { ROLE_EDGE, 0 }, .config = &world->config };
	struct fault fault;

	*world = (struct world){ .state = calloc(1, edge_role.size), .config = config };
	arena_init(&world->arena, 64 << 20);
	arena_init(&world->kept, 64 << 20);
	world->config.open = true;
	cr_assert(edge_role.start(world->state, &setup, at(0), &fault));
	for (int i = 0; i < workers; i++)
		peer(world, IN_PEER_UP, ROLE_WORKER, i);
}

static void world_close(struct world *world)
{
	edge_role.stop(world->state);
	free(world->state);
	arena_done(&world->arena);
	arena_done(&world->kept);
}

static void ask(struct world *world, const char *method, const char *path, const char *query, const char *body)
{
	struct http_request request = { .method = text_of(method), .target = text_of(path), .query = text_of(query), .body = text_of(body),
		.headers = { { text_lit("Accept"), text_lit("application/json") }, { text_lit("Content-Type"), text_lit("application/fhir+json") },
			{ text_lit("accept"), text_lit("text/html;q=0.1") }, { text_lit("If-None-Match"), text_lit("\"1\"") },
			{ text_lit("Authorization"), text_lit("Bearer secret") } },
		.headers_n = strncmp(path, "/fhir", 5) == 0 ? 4 : 5 }; /* what lets somebody in at /fhir has its own test */

	step(world, &(struct input){ .kind = IN_REQUEST, .id = text_lit(TRACE), .connection = 7, .request = &request });
}

static const struct out *only(const struct world *world, enum out_kind kind)
{
	return world->outbox.n == 1 && world->outbox.outs[0].kind == kind ? &world->outbox.outs[0] : NULL;
}

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.n, part, strlen(part)) != NULL;
}

/* The web_request that went to a worker. */
static struct web_request sent(struct world *world, const char *family)
{
	const struct out *out = only(world, OUT_SEND);
	struct web_request request = { 0 };
	struct fault fault;

	cr_assert(out && out->type == TYPE_REQUEST && out->peer.kind == ROLE_WORKER);
	cr_expect(text_is(out->envelope.family, family));
	cr_assert(record_unpack(&web_request_record, &request, &world->kept, arena_text(&world->kept, out->payload), &fault));
	return request;
}

CASE(edge_web, a_question_goes_to_a_worker_whole)
{
	struct world world;
	struct web_request request;

	world_open(&world, (struct config){ 0 }, 1);
	ask(&world, "GET", "/formulary/v1/plans/EX%2F1", "q=a%20b&day=20260101", "");
	request = sent(&world, "formulary");
	cr_expect(text_is(request.method, "GET") && text_is(request.path, "/formulary/v1/plans/EX%2F1"));
	cr_expect(text_is(request.query, "q=a%20b&day=20260101"));
	cr_expect(text_is(request.accept, "application/json, text/html;q=0.1"));
	cr_expect(text_is(request.if_none_match, "\"1\""));
	cr_expect(!request.client.n && !request.scopes.n, "nobody in particular");
	world_close(&world);
}

CASE(edge_web, head_is_asked_as_get)
{
	struct world world;

	world_open(&world, (struct config){ 0 }, 1);
	ask(&world, "HEAD", "/formulary/v1", NULL, "");
	cr_expect(text_is(sent(&world, "formulary").method, "GET"));
	world_close(&world);
}

CASE(edge_web, fhir_takes_a_body)
{
	struct world world;
	struct web_request request;

	world_open(&world, (struct config){ 0 }, 1);
	ask(&world, "POST", "/fhir/Claim/$submit", NULL, "{}");
	request = sent(&world, "fhir");
	cr_expect(text_is(request.method, "POST") && text_is(request.body, "{}") && text_is(request.content_type, "application/fhir+json"));
	world_close(&world);
}

CASE(edge_web, only_what_is_below_an_address_is_at_it)
{
	static const struct {
		const char *path;
		enum address address;
	} rows[] = {
		{ "/formulary/v1", ADDRESS_FORMULARY },
		{ "/formulary/v1/", ADDRESS_FORMULARY },
		{ "/formulary/v1/coverage", ADDRESS_FORMULARY },
		{ "/formulary/v11", ADDRESS_NONE },
		{ "/formulary", ADDRESS_NONE },
		{ "/fhir", ADDRESS_FHIR },
		{ "/fhir/metadata", ADDRESS_FHIR },
		{ "/fhirx", ADDRESS_NONE },
		{ "/fhir-notify/key", ADDRESS_NOTIFY },
		{ "/cds-services", ADDRESS_CDS },
		{ "/cds-services/order-sign", ADDRESS_CDS },
		{ "/crd/2.0/cds-services/order-sign", ADDRESS_CDS_2_0 },
		{ "/crd/2.0", ADDRESS_NONE },
		{ "/cds-servicesx", ADDRESS_NONE },
		{ "/route", ADDRESS_ROUTE },
		{ "/route/preflight", ADDRESS_ROUTE },
		{ "/router", ADDRESS_NONE },
		{ "/fhi", ADDRESS_NONE },
		{ "/ncpdp/rtpb", ADDRESS_RTPB },
		{ "/ncpdp/rtpb/", ADDRESS_NONE },
		{ "/healthz/x", ADDRESS_NONE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_eq(address_of(text_of(rows[i].path)), rows[i].address, "%s", rows[i].path);
	cr_expect_eq(address_guess(text_lit("GET /fhir/Claim?x=1 HTTP/1.1\r\n")), ADDRESS_FHIR);
}

CASE(edge_web, refusals_are_in_the_form_their_clients_know)
{
	struct world world;
	const struct out *out;

	world_open(&world, (struct config){ 0 }, 1);
	ask(&world, "PATCH", "/formulary/v1/coverage", NULL, "");
	out = only(&world, OUT_REPLY);
	cr_assert(out && out->status == 405 && strcmp(out->media, "application/problem+json") == 0);
	cr_expect(holds(out->payload, "\"status\":405") && holds(out->payload, "\"code\":\"METHOD\"") && holds(out->payload, TRACE));
	cr_expect(strstr(out->extra, "Allow: GET, HEAD, POST, PUT, DELETE\r\n") && strstr(out->extra, "Cache-Control: no-store\r\n"));
	ask(&world, "PATCH", "/fhir/Claim", NULL, "");
	out = only(&world, OUT_REPLY);
	cr_assert(out && out->status == 405 && strcmp(out->media, "application/fhir+json") == 0);
	cr_expect(holds(out->payload, "\"OperationOutcome\"") && holds(out->payload, "\"not-supported\""));
	world_close(&world);
}

CASE(edge_web, a_closed_formulary_is_not_there)
{
	struct world world;
	const struct out *out;

	world_open(&world, (struct config){ .formulary_closed = true }, 1);
	ask(&world, "GET", "/formulary/v1", NULL, "");
	out = only(&world, OUT_REPLY);
	cr_expect(out && out->status == 404);
	ask(&world, "GET", "/fhir/metadata", NULL, "");
	cr_expect(only(&world, OUT_SEND) != NULL);
	world_close(&world);
}

CASE(edge_web, closed_fhir_formularies_are_not_there)
{
	static const char *const asked[][2] = { { "GET", "/fhir/InsurancePlan" }, { "HEAD", "/fhir/Basic" }, { "GET", "/fhir/MedicationKnowledge/R1" },
		{ "POST", "/fhir/Basic/_search" }, { "PUT", "/fhir/InsurancePlan/F.1" } };
	struct world world;

	world_open(&world, (struct config){ .pdex_closed = true }, 1);
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		const struct out *out;

		ask(&world, asked[i][0], asked[i][1], NULL, "");
		out = only(&world, OUT_REPLY);
		cr_expect(out && out->status == 404 && strcmp(out->media, "application/fhir+json") == 0, "%s", asked[i][1]);
	}
	ask(&world, "GET", "/fhir/metadata", NULL, "");
	cr_expect(only(&world, OUT_SEND) != NULL);
	ask(&world, "GET", "/formulary/v1", NULL, "");
	cr_expect(only(&world, OUT_SEND) != NULL);
	world_close(&world);
	world_open(&world, (struct config){ .formulary_closed = true }, 1);
	ask(&world, "GET", "/fhir/InsurancePlan", NULL, "");
	cr_expect(only(&world, OUT_SEND) != NULL);
	world_close(&world);
}

CASE(edge_web, deadlines_are_their_own)
{
	struct world world;
	const struct out *out;

	world_open(&world, (struct config){ .formulary_ms = 400, .fhir_ms = 900, .cds_ms = 600 }, 0);
	ask(&world, "GET", "/formulary/v1", NULL, "");
	ask(&world, "GET", "/fhir/metadata", NULL, "");
	ask(&world, "GET", "/cds-services", NULL, "");
	world.ms = 400;
	step(&world, &(struct input){ .kind = IN_TICK });
	out = only(&world, OUT_REPLY);
	cr_assert(out && out->status == 504 && strcmp(out->media, "application/problem+json") == 0);
	world.ms = 600;
	step(&world, &(struct input){ .kind = IN_TICK });
	out = only(&world, OUT_REPLY);
	cr_assert(out && out->status == 504 && strcmp(out->media, "application/fhir+json") == 0);
	world.ms = 900;
	step(&world, &(struct input){ .kind = IN_TICK });
	out = only(&world, OUT_REPLY);
	cr_assert(out && out->status == 504 && strcmp(out->media, "application/fhir+json") == 0);
	world_close(&world);
}

CASE(edge_web, a_query_that_stops_two_workers_is_quarantined)
{
	struct world world;
	const struct out *out;

	world_open(&world, (struct config){ 0 }, 3);
	ask(&world, "GET", "/formulary/v1/products", "q=poison", "");
	peer(&world, IN_PEER_GONE, ROLE_WORKER, 0);
	cr_assert(only(&world, OUT_SEND), "sent to another");
	peer(&world, IN_PEER_GONE, ROLE_WORKER, 1);
	out = only(&world, OUT_REPLY);
	cr_assert(out && out->status == 422 && holds(out->payload, "QUARANTINED"));
	ask(&world, "GET", "/formulary/v1/products", "q=poison", "");
	out = only(&world, OUT_REPLY);
	cr_expect(out && out->status == 422);
	ask(&world, "GET", "/formulary/v1/products", "q=poisons", "");
	cr_expect(only(&world, OUT_SEND) != NULL, "another question");
	world_close(&world);
}

CASE(edge_web, a_question_whose_client_left_is_not_sent_but_an_event_is)
{
	static const struct {
		const char *path;
		bool sent;
	} rows[] = { { "/formulary/v1", false }, { "/fhir/Claim/$submit", true } };

	for (size_t i = 0; i < 2; i++) {
		struct world world;

		world_open(&world, (struct config){ 0 }, 0);
		ask(&world, "POST", rows[i].path, NULL, "");
		step(&world, &(struct input){ .kind = IN_HANGUP, .connection = 7 });
		peer(&world, IN_PEER_UP, ROLE_WORKER, 0);
		cr_expect_eq(only(&world, OUT_SEND) != NULL, rows[i].sent, "%s", rows[i].path);
		world_close(&world);
	}
}

static const struct out *reply(struct world *world, const char *path, struct envelope envelope)
{
	const struct out *out;

	ask(world, "GET", path, NULL, "");
	out = only(world, OUT_SEND);
	cr_assert_not_null(out);
	envelope.trace = text_lit(TRACE);
	envelope.slot = out->envelope.slot;
	envelope.media = text_lit("application/json");
	step(world, &(struct input){ .kind = IN_MESSAGE, .type = TYPE_REPLY, .peer = { ROLE_WORKER, 0 }, .envelope = &envelope,
			    .payload = text_lit("{}") });
	out = only(world, OUT_REPLY);
	cr_assert_not_null(out);
	return out;
}

CASE(edge_web, headers_of_answers)
{
	struct world world;
	const struct out *out;

	world_open(&world, (struct config){ 0 }, 1);
	out = reply(&world, "/formulary/v1", (struct envelope){ .etag = text_lit("1-2"), .cache_s = 60 });
	cr_expect(strstr(out->extra, "ETag: \"1-2\"\r\n") && strstr(out->extra, "Cache-Control: public, max-age=60\r\n"));
	cr_expect(out->status == 200 && strcmp(out->media, "application/json") == 0);
	out = reply(&world, "/fhir/Patient", (struct envelope){ .status = 201, .location = text_lit("/fhir/Claim/1") });
	cr_expect(strstr(out->extra, "Location: /fhir/Claim/1\r\n") && strstr(out->extra, "Cache-Control: no-store\r\n"));
	cr_expect(!strstr(out->extra, "ETag") && !strstr(out->extra, "Allow"));
	out = reply(&world, "/fhir/x", (struct envelope){ .status = 405, .allow = text_lit("GET, HEAD") });
	cr_expect(strstr(out->extra, "Allow: GET, HEAD\r\n") && strstr(out->extra, "Allow") == strstr(out->extra, "Allow: GET, HEAD"));
	out = reply(&world, "/formulary/v1", (struct envelope){ .status = 304, .etag = text_lit("1-2"), .cache_s = 60 });
	cr_expect(out->status == 304 && !out->media && strstr(out->extra, "ETag"));
	out = reply(&world, "/fhir/x", (struct envelope){ .location = text_lit("/a\r\nX: y"), .etag = text_lit("a\"b") });
	cr_expect(!strstr(out->extra, "Location") && !strstr(out->extra, "ETag"), "no header is made of what is none");
	world_close(&world);
}

CASE(edge_web, without_a_token_fhir_says_what_is_needed_and_formulary_does_not_ask)
{
	const struct config asking = { 0 };
	struct world world;
	const struct out *out;

	world_open(&world, (struct config){ 0 }, 1);
	step(&world, &(struct input){ .kind = IN_CONFIG, .config = &asking });
	cr_expect(!world.outbox.kept);
	ask(&world, "GET", "/fhir/Claim/1", NULL, "");
	out = only(&world, OUT_REPLY);
	cr_assert(out && out->status == 401 && strcmp(out->media, "application/fhir+json") == 0);
	cr_expect(strstr(out->extra, "WWW-Authenticate: Bearer realm=\"dualtrack\"\r\n") && strstr(out->extra, "X-Trace-ID: " TRACE));
	cr_expect(holds(out->payload, "\"code\":\"login\""));
	ask(&world, "GET", "/fhir/Nothing", NULL, ""); /* what is not there is not said to a stranger */
	out = only(&world, OUT_REPLY);
	cr_expect(out && out->status == 401);
	ask(&world, "GET", "/formulary/v1", NULL, "");
	cr_expect(only(&world, OUT_SEND));
	world_close(&world);
}
