/* SPDX-License-Identifier: Apache-2.0 */
/* The courier and what clients did not send along, by hand: what is read, from where, and what comes back of it. */
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

static void gather(const char *client, const char *bearer, const char *first, const char *second, int64_t deadline_ms)
{
	struct gather_read reads[] = { { .key = text_lit("coverage"), .query = text_of(first) }, { .key = text_lit("medications"), .query = text_of(second) } };
	struct gather all = { .family = text_lit("cds"), .request = text_lit("request"), .client = text_of(client), .bearer = text_of(bearer), .reads = reads,
		.reads_n = 2 };
	struct envelope envelope = { .trace = text_lit(TRACE), .edge = text_lit("edge.0"), .slot = 7, .received_ms = now.wall_ms };
	struct buffer packed;

	buffer_init(&packed, &arena, 0);
	record_pack(&gather_record, &all, &packed);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_GATHER, .peer = { ROLE_WORKER, 0 }, .envelope = &envelope, .deadline_ms = deadline_ms,
		.payload = buffer_text(&packed) });
}

/* What came back; NULL: nothing yet. */
static struct gather *back(void)
{
	struct gather *all = arena_new(&arena, struct gather);
	struct fault fault;

	for (size_t i = 0; i < outbox.n; i++) {
		const struct out *out = &outbox.outs[i];

		if (out->kind != OUT_SEND)
			continue;
		cr_assert(out->type == TYPE_GATHERED && out->peer.kind == ROLE_WORKER && out->envelope.slot == 7);
		cr_assert(text_is(out->envelope.family, "cds") && text_is(out->envelope.trace, TRACE) && text_is(out->envelope.edge, "edge.0"));
		cr_assert(record_unpack(&gather_record, all, &arena, arena_text(&arena, out->payload), &fault));
		cr_assert(text_is(all->request, "request") && !all->bearer.n && all->reads_n == 2);
		return all;
	}
	return NULL;
}

static void answer(uint64_t call, int status, struct text body)
{
	step(&(struct input){ .kind = IN_ANSWER, .call = call, .status = status, .payload = body });
}

CASE(courier_gather, both_are_read_at_once_and_come_back_together)
{
	const struct gather *all;
	uint64_t calls[2];

	begin();
	gather("ehr", "abc.DEF", "Coverage?patient=EX0001&status=active", "Medication/m1", now.mono_ms + 4000);
	cr_assert_eq(outbox.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct out *out = &outbox.outs[i];

		calls[i] = out->call;
		cr_expect(out->kind == OUT_CALL && strcmp(out->method, "GET") == 0 && out->payload.n == 0 && strstr(out->extra, "Authorization: Bearer abc.DEF\n"));
		cr_expect(out->deadline_ms > now.mono_ms && out->deadline_ms <= now.mono_ms + 3300);
	}
	cr_expect(text_is(outbox.outs[0].url, "https://ehr.example/r4/Coverage?patient=EX0001&status=active"));
	cr_expect(text_is(outbox.outs[1].url, "https://ehr.example/r4/Medication/m1"));
	answer(calls[1], 200, text_lit("{}"));
	cr_expect_null(back());
	answer(calls[0], 404, text_lit("nothing"));
	all = back();
	cr_assert(all);
	cr_expect(all->reads[0].status == 404 && !all->reads[0].body.n && all->reads[1].status == 200 && text_is(all->reads[1].body, "{}"));
	end();
}

CASE(courier_gather, nothing_is_read_elsewhere)
{
	static const struct {
		const char *client, *bearer, *query;
		int64_t left_ms;
		size_t calls; /* the second read is always a good one */
	} rows[] = {
		{ "ehr", "t", "Medication/m1", 4000, 2 },
		{ "ehr", "", "Medication/m1", 4000, 2 },
		{ "other", "t", "Medication/m1", 4000, 0 },
		{ "nobody", "t", "Medication/m1", 4000, 0 },
		{ "ehr", "t\r\nHost: x", "Medication/m1", 4000, 0 },
		{ "ehr", "t", "Medication/../../admin", 4000, 1 },
		{ "ehr", "t", "/etc", 4000, 1 },
		{ "ehr", "t", "x//evil.example", 4000, 1 },
		{ "ehr", "t", "http:evil.example", 4000, 1 },
		{ "ehr", "t", "@evil.example", 4000, 1 },
		{ "ehr", "t", "Medication/m1#x", 4000, 1 },
		{ "ehr", "t", "Medication/m1", 600, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t calls = 0;

		begin();
		gather(rows[i].client, rows[i].bearer, rows[i].query, "Coverage?patient=EX0001", now.mono_ms + rows[i].left_ms);
		for (size_t k = 0; k < outbox.n; k++)
			calls += outbox.outs[k].kind == OUT_CALL;
		cr_expect_eq(calls, rows[i].calls, "%zu: %zu", i, calls);
		cr_expect((back() != NULL) == (calls == 0), "%zu", i);
		end();
	}
}

CASE(courier_gather, what_is_late_or_too_large_was_not_read)
{
	const struct gather *all;
	struct buffer large;
	uint64_t calls[2];

	begin();
	gather("ehr", "t", "Coverage?patient=EX0001", "Medication/m1", now.mono_ms + 4000);
	calls[0] = outbox.outs[0].call;
	calls[1] = outbox.outs[1].call;
	buffer_init(&large, &arena, 300 << 10);
	for (size_t i = 0; i < 300 << 10; i++)
		buffer_add_char(&large, ' ');
	answer(calls[0], 200, buffer_text(&large));
	answer(calls[1], 0, TEXT_NONE);
	all = back();
	cr_assert(all);
	cr_expect(!all->reads[0].status && !all->reads[1].status && !all->reads[0].body.n && !all->reads[1].body.n);
	answer(calls[1], 200, text_lit("late"));
	cr_expect(outbox.n == 0, "it is gone");
	end();
}

CASE(courier_gather, what_was_given_up_is_not_begun)
{
	struct envelope envelope = { .trace = text_lit(TRACE), .edge = text_lit("edge.0"), .slot = 7 };

	begin();
	gather("ehr", "t", "Coverage?patient=EX0001", "Medication/m1", now.mono_ms - 1);
	cr_expect(outbox.n == 0);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_GATHER, .envelope = &envelope, .payload = text_lit("\xC1") });
	cr_expect(outbox.n == 0 && outbox.idle);
	end();
}
