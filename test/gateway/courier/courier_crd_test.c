/* SPDX-License-Identifier: Apache-2.0 */
/* The courier and a payer's CDS service: the order as a hook that says all that is needed, and the answer as it came, or that there is none. */
#include "base/jose.h"
#include "fhir-bridge/crd/cds.h"
#include "fhir-bridge/crd/coverage_read.h"
#include "gateway/access/client_keys.h"
#include "gateway/bus/role.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TRACE "0123456789abcdef0123456789abcdef"
#define SERVICE "https://payer.example/cds-services/order-sign"

static void *state;
static struct arena arena;
static struct outbox outbox;
static struct now now;
static struct backend backend;
static struct config config;
static char folder[40], key_file[60];

static void begin(bool signing)
{
	char failed[CLIENT_KEYS_NAME_MAX];
	struct fault fault;

	arena_init(&arena, 64 << 20);
	backend = (struct backend){ .name = text_lit("payer"), .id = text_lit("PY:PAYER"), .our_id = text_lit("ZZZ:US"),
		.cds = text_lit("https://payer.example/cds-services/"), .at_once = 4, .retries = 10 };
	config = (struct config){ .backends = &backend, .backends_n = 1 };
	snprintf(folder, sizeof(folder), "/tmp/dt-crd.XXXXXX");
	cr_assert(mkdtemp(folder));
	snprintf(key_file, sizeof(key_file), "%s/us", folder);
	if (signing) {
		cr_assert(client_keys_make(key_file, CRYPTO_ES384, failed));
		snprintf(key_file, sizeof(key_file), "%s/us.pem", folder);
		backend.client_id = text_lit("us");
		config.signing_key = text_of(key_file);
	}
	state = calloc(1, courier_role.size);
	now = (struct now){ 100000, 1790000000000 };
	cr_assert(courier_role.start(state, &(struct role_setup){ .self = { ROLE_COURIER, 0 }, .config = &config }, now, &fault));
}

static void end(void)
{
	char file[80];

	courier_role.stop(state);
	free(state);
	arena_done(&arena);
	unlink(key_file);
	snprintf(file, sizeof(file), "%s/us.jwks.json", folder);
	unlink(file);
	rmdir(folder);
}

static void step(const struct input *input)
{
	outbox = (struct outbox){ .arena = &arena };
	courier_role.step(state, input, now, &outbox);
}

static struct text diagnoses[] = { { "M0579", 5 }, { "C50", 3 } };
static struct asked_order whole = { .last_name = { "TESTPATIENT", 11 }, .first_name = { "ALMA", 4 }, .birth = { "1950-01-31", 10 },
	.gender = { "F", 1 }, .member_id = { "EX0001", 6 }, .bin = { "999999", 6 }, .pcn = { "EXPCN", 5 }, .group = { "EXGRP", 5 },
	.payer_id = { "urn:example|PAYER1", 18 }, .plan = { "EXAMPLE", 7 }, .ndc = { "99999020201", 11 }, .rxcui = { "999", 3 },
	.description = { "IN\"FUSAMAB\n", 11 }, .quantity = { "6", 1 }, .days = { "28", 2 }, .diagnosis = diagnoses, .diagnosis_n = 2 };

static void ask(struct asked_order *order, int64_t deadline_ms)
{
	struct remote_question question = { .kind = text_lit("CRD"), .family = text_lit("fhir"), .backend = text_lit("payer"), .order = order };
	struct envelope envelope = { .trace = text_lit(TRACE), .edge = text_lit("worker.1"), .slot = 7, .received_ms = now.wall_ms };
	struct buffer packed;

	buffer_init(&packed, &arena, 0);
	record_pack(&remote_question_record, &question, &packed);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_ASK, .peer = { ROLE_WORKER, 1 }, .envelope = &envelope,
		.deadline_ms = deadline_ms, .payload = buffer_text(&packed) });
}

static const struct out *the(enum out_kind kind)
{
	cr_assert(outbox.n == 1 && outbox.outs[0].kind == kind, "%zu", outbox.n);
	return &outbox.outs[0];
}

static void answer(uint64_t call, int status, struct text body)
{
	step(&(struct input){ .kind = IN_ANSWER, .call = call, .status = status, .payload = body });
}

CASE(courier_crd, the_hook_needs_nothing_that_it_does_not_bring)
{
	struct asked_order bare = { .bin = text_lit("999999"), .ndc = text_lit("99999020201") };
	struct asked_order *const orders[] = { &whole, &bare };

	for (size_t i = 0; i < 2; i++) {
		struct cds_question question;
		const struct out *call;
		struct fault fault;
		int status;

		begin(false);
		ask(orders[i], now.mono_ms + 1500);
		call = the(OUT_CALL);
		cr_expect(text_is(call->url, SERVICE));
		cr_expect_str_eq(call->media, "application/json");
		cr_expect(call->deadline_ms < now.mono_ms + 1500 && call->deadline_ms > now.mono_ms + 1000);
		cr_expect(!strstr(call->extra, "Authorization"));
		cr_assert(cds_read(call->payload, CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault), "%d at %s", status, fault.path);
		cr_assert_eq(question.orders_n, 1);
		cr_expect(text_is(question.coverage_reference, "Coverage/coverage"));
		cr_expect_eq(question.coverage->classes_n, i ? 1 : 5);
		end();
	}
}

CASE(courier_crd, what_is_ordered_is_said_in_every_code_that_is_known)
{
	struct cds_question question;
	struct text body;
	struct fault fault;
	bool known;
	int status;

	begin(false);
	ask(&whole, now.mono_ms + 1500);
	body = the(OUT_CALL)->payload;
	cr_assert(cds_read(body, CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault), "%s", fault.path);
	cr_assert_eq(cds_ordered(&question, question.orders[0])->coding_n, 2);
	cr_expect(text_is(cds_ordered(&question, question.orders[0])->coding[1].code, "99999020201"));
	cr_expect(cds_payer_is(&question, text_lit("urn:example|PAYER1"), &known) && known);
	cr_expect(memmem(body.at, body.n, "\"M05.79\"", 8) && memmem(body.at, body.n, "\"C50\"", 5));
	end();
}

CASE(courier_crd, a_route_says_who_pays_where_the_order_does_not)
{
	static struct route route = { .benefit = { "MEDICAL", 7 }, .payer = { "urn:example|PAYER2", 18 }, .backend = { "payer", 5 } };
	struct asked_order bare = { .bin = text_lit("999999"), .ndc = text_lit("99999020201") };
	struct cds_question question;
	struct fault fault;
	bool known;
	int status;

	begin(false);
	config.routes = &route;
	config.routes_n = 1;
	ask(&bare, now.mono_ms + 1500);
	cr_assert(cds_read(the(OUT_CALL)->payload, CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault), "%s", fault.path);
	cr_expect(cds_payer_is(&question, text_lit("urn:example|PAYER2"), &known) && known);
	end();
}

CASE(courier_crd, it_is_signed_for_the_service_that_is_called)
{
	struct jose_token token;
	struct text line, value;
	struct fault fault;

	begin(true);
	ask(&whole, now.mono_ms + 1500);
	line = text_of(strstr(the(OUT_CALL)->extra, "Authorization: Bearer "));
	cr_assert(text_there(line));
	value = text_cut(&line, '\n');
	value.at += 22;
	value.n -= 22;
	cr_assert(jose_token_read(value, &arena, &token, &fault), "%s", fault.path);
	cr_expect(text_is(token.claims.iss, "us") && !token.claims.sub.n && jose_audience(token.claims.aud, text_lit(SERVICE), &arena));
	end();
}

CASE(courier_crd, the_answer_goes_to_the_worker_as_it_came)
{
	static const struct {
		int status;
		const char *body;
		bool passed;
	} rows[] = { { 200, "{\"cards\":[]}", true }, { 200, "", false }, { 412, "{}", false }, { 500, "{}", false }, { 0, "", false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct out *out;

		begin(false);
		ask(&whole, now.mono_ms + 1500);
		answer(the(OUT_CALL)->call, rows[i].status, text_of(rows[i].body));
		out = the(OUT_SEND);
		cr_expect(out->type == TYPE_REPLY && out->peer.kind == ROLE_WORKER && out->peer.index == 1, "row %zu", i);
		cr_expect_eq(!text_there(out->envelope.fault), rows[i].passed, "row %zu", i);
		cr_expect_eq(text_is(out->payload, rows[i].body) && out->payload.n > 0, rows[i].passed, "row %zu", i);
		cr_expect(outbox.idle, "row %zu", i);
		end();
	}
}

CASE(courier_crd, who_has_no_service_is_not_asked)
{
	begin(false);
	backend.cds = TEXT_NONE;
	ask(&whole, now.mono_ms + 1500);
	cr_expect(the(OUT_SEND)->type == TYPE_REPLY && text_there(the(OUT_SEND)->envelope.fault));
	end();
}
