/* SPDX-License-Identifier: Apache-2.0 */
/* The courier and what clients did not send along, by hand: what is read, from where, and what is told of it. */
#include "gateway/bus/role.h"
#include "test/case.h"

#include <stdlib.h>
#include <string.h>

#define TRACE "0123456789abcdef0123456789abcdef"

static void *state;
static struct arena arena;
static struct outbox outbox;
static struct now now;
static struct api_client clients[2];
static struct config config;

static void begin(void)
{
	struct fault fault;

	arena_init(&arena, 16 << 20);
	clients[0] = (struct api_client){ .id = text_lit("ehr"), .fhir_server = text_lit("https://ehr.example/r4/") };
	clients[1] = (struct api_client){ .id = text_lit("other") };
	config = (struct config){ .clients = clients, .clients_n = 2 };
	state = calloc(1, courier_role.size);
	now = (struct now){ 100000, 1790000000000 };
	cr_assert(courier_role.start(state, &(struct role_setup){ .self = { ROLE_COURIER, 0 }, .config = &config }, now, &fault));
}

static void end(void)
{
	courier_role.stop(state);
	free(state);
	arena_done(&arena);
}

static void step(const struct input *input)
{
	outbox = (struct outbox){ .arena = &arena };
	courier_role.step(state, input, now, &outbox);
}

static void ask(const char *client, const char *bearer, const char *query, int64_t deadline_ms)
{
	struct remote_read read = { .client = text_of(client), .bearer = text_of(bearer), .query = text_of(query) };
	struct envelope envelope = { .trace = text_lit(TRACE), .edge = text_lit("worker.1"), .slot = 7, .received_ms = now.wall_ms };
	struct buffer packed;

	buffer_init(&packed, &arena, 0);
	record_pack(&remote_read_record, &read, &packed);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_READ, .peer = { ROLE_WORKER, 1 }, .envelope = &envelope, .deadline_ms = deadline_ms,
		.payload = buffer_text(&packed) });
}

/* The answer to the worker; NULL: none yet. */
static const struct out *told(void)
{
	if (!outbox.n || outbox.outs[0].kind != OUT_SEND)
		return NULL;
	cr_assert(outbox.n == 1 && outbox.outs[0].type == TYPE_REPLY && outbox.outs[0].peer.kind == ROLE_WORKER && outbox.outs[0].peer.index == 1);
	cr_assert(outbox.outs[0].envelope.slot == 7 && text_is(outbox.outs[0].envelope.trace, TRACE));
	return &outbox.outs[0];
}

static void answer(uint64_t call, int status, struct text body)
{
	step(&(struct input){ .kind = IN_ANSWER, .call = call, .status = status, .payload = body });
}

CASE(courier_read, what_the_server_says_is_told)
{
	static const struct {
		int status;
		const char *body;
		int64_t told;
		const char *holds;
	} rows[] = { { 200, "{}", 200, "{}" }, { 404, "nothing", 404, "" }, { 302, "moved", 302, "" }, { 0, "", 504, "" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *call;
		uint64_t number;

		begin();
		ask("ehr", "abc.DEF", "Coverage?patient=EX0001&status=active", now.mono_ms + 2000);
		cr_assert(outbox.n == 1);
		call = &outbox.outs[0];
		cr_expect(call->kind == OUT_CALL && strcmp(call->method, "GET") == 0 && call->payload.n == 0);
		cr_expect(strstr(call->extra, "Authorization: Bearer abc.DEF\n") && text_is(call->url, "https://ehr.example/r4/Coverage?patient=EX0001&status=active"));
		cr_expect(call->deadline_ms > now.mono_ms && call->deadline_ms < now.mono_ms + 2000);
		number = call->call;
		answer(number, rows[i].status, text_of(rows[i].body));
		cr_assert(told());
		cr_expect(told()->envelope.status == rows[i].told && text_is(told()->payload, rows[i].holds), "%zu", i);
		answer(number, 200, text_lit("again"));
		cr_expect(outbox.n == 0, "it is gone");
		end();
	}
}

CASE(courier_read, nothing_is_read_elsewhere)
{
	static const struct {
		const char *client, *bearer, *query;
		bool read;
	} rows[] = {
		{ "ehr", "t", "Medication/m1", true },
		{ "ehr", "", "Medication/m1", true },
		{ "other", "t", "Medication/m1", false },
		{ "nobody", "t", "Medication/m1", false },
		{ "ehr", "t\r\nHost: x", "Medication/m1", false },
		{ "ehr", "t", "Medication/../../admin", false },
		{ "ehr", "t", "/etc", false },
		{ "ehr", "t", "x//evil.example", false },
		{ "ehr", "t", "http:evil.example", false },
		{ "ehr", "t", "@evil.example", false },
		{ "ehr", "t", "Medication/m1#x", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin();
		ask(rows[i].client, rows[i].bearer, rows[i].query, now.mono_ms + 2000);
		cr_expect(outbox.n == 1 && (outbox.outs[0].kind == OUT_CALL) == rows[i].read, "%zu", i);
		cr_expect(rows[i].read || told()->envelope.status == 403, "%zu", i);
		end();
	}
}

CASE(courier_read, what_is_too_large_was_not_read)
{
	struct buffer large;

	begin();
	ask("ehr", "t", "Medication/m1", now.mono_ms + 2000);
	buffer_init(&large, &arena, 300 << 10);
	for (size_t i = 0; i < 300 << 10; i++)
		buffer_add_char(&large, ' ');
	answer(outbox.outs[0].call, 200, buffer_text(&large));
	cr_assert(told());
	cr_expect(told()->payload.n == 0 && text_is(told()->envelope.fault, "PEER_ANSWER"));
	end();
}

CASE(courier_read, what_was_given_up_is_not_begun)
{
	struct envelope envelope = { .trace = text_lit(TRACE), .edge = text_lit("worker.1"), .slot = 7 };

	begin();
	ask("ehr", "t", "Medication/m1", now.mono_ms - 1);
	cr_expect(outbox.n == 0);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_READ, .envelope = &envelope, .payload = text_lit("\xC1") });
	cr_expect(told() && told()->envelope.status == 403 && outbox.idle);
	end();
}
