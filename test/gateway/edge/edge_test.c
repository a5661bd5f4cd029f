/* SPDX-License-Identifier: Apache-2.0 */
/* The edge step by step: inputs made by hand, the outbox looked at. No socket and no clock. */
#include "gateway/edge/address.h"
#include "base/xml.h"
#include "gateway/bus/role.h"
#include "ncpdp/ncpdp.h"
#include "test/case.h"

#include <stdlib.h>
#include <string.h>

#define TRACE "0123456789abcdef0123456789abcdef"
#define BODY "<Message><Header><MessageID>m-1</MessageID></Header></Message>"

struct world {
	void *state;
	struct config config;
	struct arena arena;
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
	step(world, &(struct input){ .kind = kind, .peer = { role, index }, .credit = 1 });
}

/* An edge with everyone there. */
static void world_open(struct world *world, int workers)
{
	struct role_setup setup = { .self = { ROLE_EDGE, 0 }, .config = &world->config };
	struct fault fault;

	*world = (struct world){ .state = calloc(1, edge_role.size) };
	arena_init(&world->arena, 64 << 20);
	cr_assert(edge_role.start(world->state, &setup, at(0), &fault));
	for (int i = 0; i < workers; i++)
		peer(world, IN_PEER_UP, ROLE_WORKER, i);
	peer(world, IN_PEER_UP, ROLE_LEDGER, 0);
	peer(world, IN_PEER_UP, ROLE_PAYER, 0);
}

static void world_close(struct world *world)
{
	edge_role.stop(world->state);
	free(world->state);
	arena_done(&world->arena);
}

static struct http_request request_of(const char *method, const char *target, const char *media, const char *body)
{
	struct http_request request = { .method = text_of(method), .target = text_of(target), .body = text_of(body) };

	if (media)
		request.headers[request.headers_n++] = (struct http_header){ text_lit("Content-Type"), text_of(media) };
	return request;
}

static void ask(struct world *world, const char *method, const char *target, const char *media, const char *body,
	uint64_t connection)
{
	struct http_request request = request_of(method, target, media, body);

	step(world, &(struct input){ .kind = IN_REQUEST, .id = text_lit(TRACE), .connection = connection, .request = &request });
}

static void post(struct world *world, const char *target, uint64_t connection)
{
	ask(world, "POST", target, "application/xml; charset=utf-8", BODY, connection);
}

/* The only thing in the outbox, or NULL. */
static const struct out *only(const struct world *world, enum out_kind kind)
{
	return world->outbox.n == 1 && world->outbox.outs[0].kind == kind ? &world->outbox.outs[0] : NULL;
}

static const struct out *sent_to(const struct world *world, int worker)
{
	const struct out *out = only(world, OUT_SEND);

	return out && out->peer.kind == ROLE_WORKER && out->peer.index == worker && out->type == TYPE_REQUEST ? out : NULL;
}

static void reply(struct world *world, int64_t slot, const char *trace, const char *fault, int status)
{
	struct envelope envelope = { .trace = text_of(trace), .slot = slot, .status = status, .media = text_lit("application/xml"),
		.fault = text_of(fault) };

	step(world, &(struct input){ .kind = IN_MESSAGE, .type = TYPE_REPLY, .peer = { ROLE_WORKER, 0 }, .envelope = &envelope,
			    .payload = text_lit("<answer/>") });
}

static void tick(struct world *world, int64_t ms)
{
	world->ms = ms;
	step(world, &(struct input){ .kind = IN_TICK });
}

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.n, part, strlen(part)) != NULL;
}

static bool script_error(const struct out *out, int status, const char *code)
{
	return out && out->status == status && text_is(xml_peek(out->payload, "Code", 10), code)
		&& holds(out->payload, "Error>") && text_is(xml_peek(out->payload, "RelatesToMessageID", 35), "m-1");
}

static bool rtpb_reject(const struct out *out, int status, const char *code)
{
	return out && out->status == status && text_is(xml_peek(out->payload, "RejectCode", 10), code)
		&& holds(out->payload, "RTPBResponse");
}

static bool metric(struct world *world, const char *line)
{
	const struct out *out;

	ask(world, "GET", "/metrics", NULL, "", 99);
	out = only(world, OUT_REPLY);
	return out && holds(out->payload, line);
}

CASE(edge, a_message_goes_to_a_worker_and_its_answer_back)
{
	struct world world;
	const struct out *out;
	int64_t slot;

	world_open(&world, 2);
	post(&world, "/ncpdp/script", 7);
	out = sent_to(&world, 0);
	cr_assert_not_null(out);
	cr_expect(text_is(out->payload, BODY) && text_is(out->envelope.trace, TRACE) && text_is(out->envelope.edge, "edge.0"));
	cr_expect(text_is(out->envelope.family, "script") && out->envelope.attempt == 0);
	cr_expect_eq(out->envelope.received_ms, at(0).wall_ms);
	cr_expect_eq(out->deadline_ms, at(10000).mono_ms);
	slot = out->envelope.slot;
	world.ms = 4;
	reply(&world, slot, TRACE, NULL, 0);
	out = only(&world, OUT_REPLY);
	cr_assert_not_null(out);
	cr_expect(out->connection == 7 && out->status == 200 && text_is(out->payload, "<answer/>"));
	cr_expect_str_eq(out->media, "application/xml");
	cr_expect_not_null(strstr(out->extra, "X-Trace-ID: " TRACE "\r\n"));
	reply(&world, slot, TRACE, NULL, 0);
	cr_expect_eq(world.outbox.n, 0, "a second answer is for nobody");
	cr_expect(metric(&world, "dualtrack_requests_total{family=\"script\",result=\"answered\"} 1\n"));
	cr_expect(metric(&world, "dualtrack_request_seconds_bucket{family=\"script\",le=\"0.002\"} 0\n"));
	cr_expect(metric(&world, "dualtrack_request_seconds_bucket{family=\"script\",le=\"0.005\"} 1\n"));
	cr_expect(metric(&world, "dualtrack_request_seconds_sum{family=\"script\"} 0.004\n"));
	cr_expect(metric(&world, "dualtrack_late_replies_total 1\n"));
	cr_expect(metric(&world, "dualtrack_in_flight 0\n"));
	world_close(&world);
}

CASE(edge, deadlines_come_from_the_configuration)
{
	struct world world = { .state = calloc(1, edge_role.size), .config = { .rtpb_ms = 700, .script_ms = 900 } };
	struct role_setup setup = { .self = { ROLE_EDGE, 0 }, .config = &world.config };
	struct fault fault;

	arena_init(&world.arena, 64 << 20);
	cr_assert(edge_role.start(world.state, &setup, at(0), &fault));
	peer(&world, IN_PEER_UP, ROLE_WORKER, 0);
	post(&world, "/ncpdp/rtpb", 1);
	cr_expect_eq(sent_to(&world, 0)->deadline_ms, at(700).mono_ms);
	post(&world, "/ncpdp/script", 2);
	cr_expect_eq(sent_to(&world, 0)->deadline_ms, at(900).mono_ms);
	world_close(&world);
}

CASE(edge, what_a_worker_refuses_is_counted_by_fault)
{
	struct world world;

	world_open(&world, 1);
	post(&world, "/ncpdp/rtpb", 7);
	reply(&world, sent_to(&world, 0)->envelope.slot, TRACE, "MISSING", 200);
	cr_expect_not_null(only(&world, OUT_REPLY));
	cr_expect(metric(&world, "dualtrack_faults_total{fault=\"MISSING\"} 1\n"));
	cr_expect(metric(&world, "dualtrack_requests_total{family=\"rtpb\",result=\"refused\"} 1\n"));
	world_close(&world);
}

CASE(edge, a_reply_must_name_slot_and_trace)
{
	struct world world;
	int64_t slot;

	world_open(&world, 1);
	post(&world, "/ncpdp/script", 7);
	slot = sent_to(&world, 0)->envelope.slot;
	reply(&world, slot, "another", NULL, 0);
	cr_expect_eq(world.outbox.n, 0);
	reply(&world, slot + 1, TRACE, NULL, 0);
	cr_expect_eq(world.outbox.n, 0);
	reply(&world, slot, TRACE, NULL, 0);
	cr_expect_eq(world.outbox.n, 1);
	world_close(&world);
}

CASE(edge, a_worker_dies_and_another_gets_the_request)
{
	struct world world;
	const struct out *out;

	world_open(&world, 2);
	post(&world, "/ncpdp/script", 7);
	cr_assert_not_null(sent_to(&world, 0));
	peer(&world, IN_PEER_GONE, ROLE_WORKER, 0);
	out = sent_to(&world, 1);
	cr_assert_not_null(out);
	cr_expect(out->envelope.attempt == 1 && text_is(out->payload, BODY));
	cr_expect_eq(out->deadline_ms, at(10000).mono_ms, "the deadline stays");
	reply(&world, out->envelope.slot, TRACE, NULL, 0);
	cr_expect_not_null(only(&world, OUT_REPLY));
	cr_expect(metric(&world, "dualtrack_redelivered_total 1\n"));
	cr_expect(metric(&world, "dualtrack_peer_up{peer=\"worker.0\"} 0\n"));
	world_close(&world);
}

CASE(edge, a_body_that_stops_two_workers_is_quarantined)
{
	static const char *const targets[] = { "/ncpdp/script", "/ncpdp/rtpb" };

	for (int i = 0; i < 2; i++) {
		struct world world;
		const struct out *out;

		world_open(&world, 3);
		post(&world, targets[i], 7);
		peer(&world, IN_PEER_GONE, ROLE_WORKER, 0);
		cr_assert_not_null(sent_to(&world, 1));
		peer(&world, IN_PEER_GONE, ROLE_WORKER, 1);
		out = only(&world, OUT_REPLY);
		cr_expect(i ? rtpb_reject(out, 200, "R8") : script_error(out, 200, "601"), "%s", targets[i]);
		cr_assert_eq(out->connection, 7);
		post(&world, targets[i], 8);
		out = only(&world, OUT_REPLY);
		cr_expect(i ? rtpb_reject(out, 200, "R8") : script_error(out, 200, "601"), "sent to nobody again");
		ask(&world, "POST", targets[i], NULL, "<another/>", 9);
		cr_expect_not_null(sent_to(&world, 2));
		cr_expect(metric(&world, "dualtrack_quarantined 1\n"));
		world_close(&world);
	}
}

CASE(edge, no_answer_by_the_deadline_is_a_refusal_in_the_senders_standard)
{
	struct world world;

	world_open(&world, 1);
	post(&world, "/ncpdp/rtpb", 7);
	post(&world, "/ncpdp/script", 8);
	cr_expect_eq(world.outbox.wake_ms, at(1000).mono_ms, "the price is to be sent again first");
	tick(&world, 2999);
	cr_expect(!world.outbox.n || world.outbox.outs[0].kind == OUT_SEND);
	tick(&world, 3000);
	cr_expect(rtpb_reject(only(&world, OUT_REPLY), 503, "95"));
	cr_expect_not_null(strstr(world.outbox.outs[0].extra, "Retry-After: "));
	tick(&world, 10000);
	cr_expect(script_error(only(&world, OUT_REPLY), 503, "602"));
	cr_expect_eq(world.outbox.outs[0].connection, 8);
	cr_expect(metric(&world, "dualtrack_requests_total{family=\"rtpb\",result=\"timeout\"} 1\n"));
	world_close(&world);
}

CASE(edge, no_answer_for_a_third_of_the_deadline_sends_it_again)
{
	struct world world;
	int64_t slot;

	world_open(&world, 2);
	post(&world, "/ncpdp/rtpb", 7);
	slot = sent_to(&world, 0)->envelope.slot;
	tick(&world, 999);
	cr_expect_eq(world.outbox.n, 0);
	tick(&world, 1000);
	cr_assert_not_null(sent_to(&world, 1));
	reply(&world, slot, TRACE, NULL, 0);
	cr_expect_not_null(only(&world, OUT_REPLY), "either answer will do");
	tick(&world, 2000);
	cr_expect(world.outbox.n == 0 && world.outbox.wake_ms == 0);
	world_close(&world);
}

CASE(edge, sheds_at_once_when_all_wait_too_long)
{
	struct world world;

	uint64_t window = (uint64_t)link_window(ROLE_EDGE, ROLE_WORKER);

	world_open(&world, 1);
	for (uint64_t connection = 1; connection <= window; connection++) {
		post(&world, "/ncpdp/rtpb", connection);
		cr_expect_not_null(sent_to(&world, 0));
	}
	post(&world, "/ncpdp/rtpb", window + 1);
	cr_expect_eq(world.outbox.n, 0, "one more waits for credit");
	world.ms = 376; /* more than 3000 / 8 */
	post(&world, "/ncpdp/rtpb", window + 2);
	cr_expect(rtpb_reject(only(&world, OUT_REPLY), 503, "92"));
	post(&world, "/ncpdp/script", window + 3);
	cr_expect(script_error(only(&world, OUT_REPLY), 503, "602"));
	peer(&world, IN_CREDIT, ROLE_WORKER, 0);
	cr_expect_not_null(sent_to(&world, 0));
	post(&world, "/ncpdp/rtpb", window + 4);
	cr_expect_eq(world.outbox.n, 0, "taken again");
	cr_expect(metric(&world, "dualtrack_requests_total{family=\"rtpb\",result=\"busy\"} 1\n"));
	world_close(&world);
}

CASE(edge, a_client_that_leaves_gets_no_answer_but_its_case_goes_on)
{
	struct world world;
	int64_t slot;

	world_open(&world, 2);
	post(&world, "/ncpdp/script", 7);
	slot = sent_to(&world, 0)->envelope.slot;
	step(&world, &(struct input){ .kind = IN_HANGUP, .connection = 7 });
	peer(&world, IN_PEER_GONE, ROLE_WORKER, 0);
	cr_expect_not_null(sent_to(&world, 1), "still redelivered");
	reply(&world, slot, TRACE, NULL, 0);
	cr_expect_eq(world.outbox.n, 0);
	cr_expect(metric(&world, "dualtrack_in_flight 0\n"));
	world_close(&world);
}

CASE(edge, a_ledger_that_comes_back_gets_what_it_may_have_lost)
{
	struct world world;

	world_open(&world, 2);
	post(&world, "/ncpdp/script", 7);
	peer(&world, IN_CREDIT, ROLE_WORKER, 0); /* the worker has handed it on */
	post(&world, "/ncpdp/rtpb", 8);
	peer(&world, IN_CREDIT, ROLE_WORKER, 0);
	peer(&world, IN_PEER_GONE, ROLE_LEDGER, 0);
	cr_expect_eq(world.outbox.n, 0);
	peer(&world, IN_PEER_UP, ROLE_LEDGER, 0);
	cr_assert_eq(world.outbox.n, 1);
	cr_expect(text_is(world.outbox.outs[0].envelope.family, "script") && world.outbox.outs[0].envelope.attempt == 1);
	peer(&world, IN_PEER_UP, ROLE_PAYER, 0);
	cr_expect_eq(world.outbox.n, 0, "the payer was never lost");
	peer(&world, IN_PEER_GONE, ROLE_PAYER, 0);
	peer(&world, IN_PEER_UP, ROLE_PAYER, 0);
	cr_assert_eq(world.outbox.n, 1);
	cr_expect(text_is(world.outbox.outs[0].envelope.family, "rtpb"));
	world_close(&world);
}

CASE(edge, other_addresses)
{
	static const struct {
		const char *method, *target;
		int status;
		const char *part;
	} rows[] = {
		{ "GET", "/healthz", 200, "ok" },
		{ "HEAD", "/healthz", 200, "ok" },
		{ "POST", "/healthz", 405, "{\"code\":\"METHOD\",\"message\":\"" },
		{ "GET", "/readyz", 200, "worker up\nledger up\npayer up\ncourier down\n" },
		{ "GET", "/", 404, "{\"code\":\"NOT_FOUND\",\"message\":\"" },
		{ "POST", "/ncpdp/script/", 404, "NOT_FOUND" },
		{ "GET", "/metrics", 200, "# TYPE dualtrack_requests_total counter\n" },
	};
	struct world world;

	world_open(&world, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *out;

		ask(&world, rows[i].method, rows[i].target, NULL, "", 5);
		out = only(&world, OUT_REPLY);
		cr_assert_not_null(out);
		cr_expect_eq(out->status, rows[i].status, "%s %s", rows[i].method, rows[i].target);
		cr_expect(holds(out->payload, rows[i].part), "%s %s", rows[i].method, rows[i].target);
		cr_expect_not_null(strstr(out->extra, "X-Trace-ID: " TRACE "\r\n"));
		cr_expect_eq(out->connection, 5);
	}
	ask(&world, "DELETE", "/metrics", NULL, "", 5);
	cr_expect_not_null(strstr(only(&world, OUT_REPLY)->extra, "Allow: GET, HEAD\r\n"));
	world_close(&world);
}

CASE(edge, what_http_itself_refused_is_counted_too)
{
	struct world world;

	world_open(&world, 1);
	cr_expect(metric(&world, "dualtrack_faults_total{fault=\"HTTP\"} 0\n"));
	step(&world, &(struct input){ .kind = IN_REFUSED, .address = ADDRESS_SCRIPT, .fault = FAULT_HTTP, .count = 3 });
	cr_expect_eq(world.outbox.n, 0, "it was answered already");
	step(&world, &(struct input){ .kind = IN_REFUSED, .address = ADDRESS_NONE, .fault = FAULT_HTTP, .count = 2 });
	step(&world, &(struct input){ .kind = IN_REFUSED, .address = ADDRESS_RTPB, .fault = FAULT_BUSY, .count = 1 });
	cr_expect(metric(&world, "dualtrack_faults_total{fault=\"HTTP\"} 5\n"));
	cr_expect(metric(&world, "dualtrack_requests_total{family=\"script\",result=\"refused\"} 3\n"));
	cr_expect(metric(&world, "dualtrack_requests_total{family=\"rtpb\",result=\"busy\"} 1\n"));
	world_close(&world);
}

CASE(edge, message_addresses_refuse_in_their_standard)
{
	struct world world;
	const struct out *out;

	world_open(&world, 1);
	ask(&world, "GET", "/ncpdp/script", NULL, BODY, 5);
	out = only(&world, OUT_REPLY);
	cr_expect(script_error(out, 405, "601"));
	cr_expect_not_null(strstr(out->extra, "Allow: POST\r\n"));
	ask(&world, "PUT", "/ncpdp/rtpb", NULL, BODY, 5);
	cr_expect(rtpb_reject(only(&world, OUT_REPLY), 405, "R8"));
	ask(&world, "POST", "/ncpdp/script", "application/json", BODY, 5);
	cr_expect(script_error(only(&world, OUT_REPLY), 415, "900"));
	ask(&world, "POST", "/ncpdp/script", "TEXT/XML;charset=UTF-8", BODY, 5);
	cr_expect_not_null(sent_to(&world, 0));
	ask(&world, "POST", "/ncpdp/script", NULL, "", 6);
	cr_expect_not_null(sent_to(&world, 0), "what an empty body means is the worker's to say");
	world_close(&world);
}

CASE(edge, is_ready_when_worker_ledger_and_payer_are)
{
	static const enum role_kind needed[] = { ROLE_WORKER, ROLE_LEDGER, ROLE_PAYER };
	struct world world;

	world_open(&world, 1);
	for (size_t i = 0; i < 3; i++) {
		peer(&world, IN_PEER_GONE, needed[i], 0);
		ask(&world, "GET", "/readyz", NULL, "", 5);
		cr_expect_eq(only(&world, OUT_REPLY)->status, 503);
		peer(&world, IN_PEER_UP, needed[i], 0);
		ask(&world, "GET", "/readyz", NULL, "", 5);
		cr_expect_eq(only(&world, OUT_REPLY)->status, 200);
	}
	world_close(&world);
}

CASE(edge, stops_when_nothing_is_in_hand)
{
	struct world world;
	int64_t slot;

	world_open(&world, 1);
	post(&world, "/ncpdp/script", 7);
	slot = sent_to(&world, 0)->envelope.slot;
	cr_expect_not(world.outbox.idle);
	step(&world, &(struct input){ .kind = IN_STOP });
	cr_expect_not(world.outbox.idle);
	post(&world, "/ncpdp/script", 8);
	cr_expect(script_error(only(&world, OUT_REPLY), 503, "602"), "no new work");
	ask(&world, "GET", "/readyz", NULL, "", 5);
	cr_expect_eq(only(&world, OUT_REPLY)->status, 503);
	reply(&world, slot, TRACE, NULL, 0);
	cr_expect(world.outbox.idle && only(&world, OUT_REPLY));
	world_close(&world);
}

CASE(edge, shows_what_the_others_count)
{
	struct counters counters = { .steps = 12, .commits = 34, .rss_bytes = 5600 };
	struct world world;
	struct arena arena;
	struct buffer packed;

	arena_init(&arena, 1 << 16);
	buffer_init(&packed, &arena, 0);
	record_pack(&counters_record, &counters, &packed);
	world_open(&world, 1);
	step(&world, &(struct input){ .kind = IN_MESSAGE, .type = TYPE_PING, .peer = { ROLE_LEDGER, 0 },
			     .payload = buffer_text(&packed) });
	cr_expect(metric(&world, "dualtrack_peer_commits{peer=\"ledger.0\"} 34\n"));
	cr_expect(metric(&world, "dualtrack_peer_rss_bytes{peer=\"ledger.0\"} 5600\n"));
	step(&world, &(struct input){ .kind = IN_MESSAGE, .type = TYPE_PING, .peer = { ROLE_LEDGER, 0 },
			     .payload = text_lit("\xc1 damaged") });
	cr_expect(metric(&world, "dualtrack_peer_commits{peer=\"ledger.0\"} 34\n"));
	arena_done(&arena);
	world_close(&world);
}

CASE(edge, a_media_type_with_a_line_end_in_it_reaches_no_header)
{
	struct envelope envelope = { .trace = text_lit(TRACE), .media = text_lit("text/xml\r\nX: y") };
	struct world world;

	world_open(&world, 1);
	post(&world, "/ncpdp/script", 7);
	envelope.slot = sent_to(&world, 0)->envelope.slot;
	step(&world, &(struct input){ .kind = IN_MESSAGE, .type = TYPE_REPLY, .peer = { ROLE_WORKER, 0 }, .envelope = &envelope,
			    .payload = text_lit("<a/>") });
	cr_expect_null(strchr(only(&world, OUT_REPLY)->media, '\n'));
	world_close(&world);
}
