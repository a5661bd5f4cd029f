/* SPDX-License-Identifier: Apache-2.0 */
/* The courier by hand: what it posts, what it makes of answers, whom it leaves alone. */
#include "base/log.h"
#include "gateway/courier/breaker.h"
#include "gateway/bus/role.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *state;
static struct arena arena;
static struct outbox outbox;
static struct now now;

static const struct config config;

static void begin(void)
{
	struct fault fault;

	arena_init(&arena, 64 << 20);
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

static void deliver_this(struct delivery delivery)
{
	struct envelope envelope = { .trace = text_lit("t1") };
	struct buffer packed;

	buffer_init(&packed, &arena, 0);
	record_pack(&delivery_record, &delivery, &packed);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_DELIVER, .peer = { ROLE_LEDGER, 0 }, .envelope = &envelope,
		.payload = buffer_text(&packed) });
}

/* One DELIVER with this row for this partner. */
static void deliver(const char *row, const char *partner)
{
	deliver_this((struct delivery){ .row = text_of(row), .partner = text_of(partner), .url = text_lit("https://partner.example/in"),
		.message = text_lit("<Message/>"), .message_id = text_lit("m1") });
}

/* Answers the call and returns the result told to the ledger, "" when none was. */
static const char *answer(uint64_t call, int status, const char *body)
{
	static char result[20];
	struct delivered delivered = { 0 };
	struct fault fault;

	step(&(struct input){ .kind = IN_ANSWER, .call = call, .status = status, .payload = text_of(body) });
	for (size_t i = 0; i < outbox.n; i++)
		if (outbox.outs[i].kind == OUT_SEND && outbox.outs[i].type == TYPE_DELIVERED) {
			cr_assert(record_unpack(&delivered_record, &delivered, &arena, outbox.outs[i].payload, &fault));
			cr_expect_eq(delivered.status, status);
			return text_to_z(delivered.result, result, sizeof(result));
		}
	return "";
}

#define HEAD                                                                                                              \
	"<Message DatatypesVersion=\"20170715\" TransportVersion=\"20170715\" TransactionDomain=\"SCRIPT\" "               \
	"TransactionVersion=\"20170715\" StructuresVersion=\"20170715\" ECLVersion=\"20170715\"><Header>"                   \
	"<To Qualifier=\"PY\">X</To><From Qualifier=\"D\">1999999001</From><MessageID>a</MessageID>"                        \
	"<RelatesToMessageID>m1</RelatesToMessageID><SentTime>2026-01-01T00:00:00Z</SentTime><SenderSoftware>"              \
	"<SenderSoftwareDeveloper>E</SenderSoftwareDeveloper><SenderSoftwareProduct>E</SenderSoftwareProduct>"              \
	"<SenderSoftwareVersionRelease>1</SenderSoftwareVersionRelease></SenderSoftware></Header><Body>"
#define ERROR_WITH(code) HEAD "<Error><Code>" code "</Code></Error></Body></Message>"

CASE(courier, what_an_answer_means)
{
	static const struct {
		int status;
		const char *body, *result;
	} rows[] = {
		{ 200, "", "TAKEN" },
		{ 204, " \r\n", "TAKEN" },
		{ 200, HEAD "<Status><Code>010</Code></Status></Body></Message>", "TAKEN" },
		{ 200, HEAD "<Verify><VerifyStatus><Code>010</Code></VerifyStatus></Verify></Body></Message>", "TAKEN" },
		{ 200, ERROR_WITH("900"), "REFUSED" },
		{ 200, ERROR_WITH("601"), "REFUSED" },
		{ 200, ERROR_WITH("600"), "RETRY" },
		{ 200, ERROR_WITH("602"), "RETRY" },
		{ 200, "<html>welcome</html>", "RETRY" },
		{ 400, ERROR_WITH("900"), "REFUSED" },
		{ 400, ERROR_WITH("602"), "RETRY" },
		{ 400, "no", "REFUSED" },
		{ 404, "", "RETRY" },
		{ 302, "", "RETRY" },
		{ 503, ERROR_WITH("900"), "RETRY" },
		{ 500, HEAD "<Status><Code>010</Code></Status></Body></Message>", "RETRY" },
		{ 0, "", "RETRY" },
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		deliver("row", "D:1999999001");
		cr_assert(outbox.n == 1 && outbox.outs[0].kind == OUT_CALL, "row %zu", i);
		cr_expect(text_is(outbox.outs[0].url, "https://partner.example/in") && text_is(outbox.outs[0].payload, "<Message/>"));
		cr_expect_str_eq(answer(outbox.outs[0].call, rows[i].status, rows[i].body), rows[i].result, "row %zu", i);
		cr_expect(outbox.idle);
	}
	end();
}

CASE(courier, a_notification_goes_as_fhir_with_the_lines_its_subscriber_asked_for)
{
	static struct text headers[] = { { "Authorization: Bearer EXAMPLE", 29 }, { "X-Tenant: 1", 11 } };
	static const struct {
		int status;
		const char *body, *result;
	} rows[] = {
		{ 200, "", "TAKEN" },
		{ 201, "{}", "TAKEN" },
		{ 204, "", "TAKEN" },
		{ 200, ERROR_WITH("900"), "TAKEN" }, /* what it says in words is nothing to us */
		{ 302, "", "RETRY" },
		{ 400, "", "REFUSED" },
		{ 401, "", "RETRY" },
		{ 410, "", "REFUSED" },
		{ 422, "", "REFUSED" },
		{ 503, "", "RETRY" },
		{ 0, "", "RETRY" },
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		deliver_this((struct delivery){ .row = text_lit("row"), .partner = text_lit("FHIR:ehr"), .url = text_lit("https://ehr.example/told"),
			.message = text_lit("{}"), .message_id = text_lit("m1"), .standard = text_lit("PAS"), .headers = headers, .headers_n = 2 });
		cr_assert(outbox.n == 1 && outbox.outs[0].kind == OUT_CALL, "row %zu", i);
		cr_expect_str_eq(outbox.outs[0].media, "application/fhir+json");
		cr_expect_str_eq(outbox.outs[0].extra, "Authorization: Bearer EXAMPLE\nX-Tenant: 1\n");
		cr_expect_str_eq(answer(outbox.outs[0].call, rows[i].status, rows[i].body), rows[i].result, "row %zu", i);
	}
	deliver("row", "D:1999999001");
	cr_expect(!outbox.outs[0].media && !outbox.outs[0].extra);
	end();
}

CASE(courier, a_log_line_names_the_row)
{
	begin();
	deliver("o/1795339800000/PA-0123456789abcdef0123456789abcdef/12", "D:1999999001");
	answer(outbox.outs[0].call, 200, "");
	cr_expect(strstr(log_last(), " row=o:1795339800000:PA-0123456789abcdef0123456789abcdef:12 "), "%s", log_last());
	end();
}

CASE(courier, a_row_sent_again_is_posted_once)
{
	uint64_t call;

	begin();
	deliver("row", "D:1999999001");
	call = outbox.outs[0].call;
	deliver("row", "D:1999999001");
	cr_expect_eq(outbox.n, 0);
	cr_expect_str_eq(answer(call, 200, ""), "TAKEN");
	cr_expect_str_eq(answer(call, 200, ""), "", "an answer to nothing");
	end();
}

CASE(courier, eight_at_a_time_for_one_partner)
{
	uint64_t first = 0;
	int calls = 0;
	char row[20];

	begin();
	for (int i = 0; i < 10; i++) {
		snprintf(row, sizeof(row), "row%d", i);
		deliver(row, "D:1999999001");
		if (i == 0)
			first = outbox.outs[0].call;
		calls += outbox.n > 0;
	}
	cr_expect_eq(calls, 8);
	deliver("other", "D:1999999002");
	cr_expect_eq(outbox.n, 1, "another partner does not wait");
	cr_expect_str_eq(answer(first, 200, ""), "TAKEN");
	cr_expect(outbox.n == 2 && outbox.outs[1].kind == OUT_CALL, "the ninth goes");
	now.mono_ms += 20000;
	step(&(struct input){ .kind = IN_TICK });
	cr_assert_eq(outbox.n, 1, "the tenth waited too long");
	cr_expect_eq(outbox.outs[0].type, TYPE_DELIVERED);
	end();
}

CASE(courier, a_partner_out_of_reach_is_left_alone)
{
	begin();
	for (int i = 0; i < BREAKER_FAILURES; i++) {
		deliver("row", "D:1999999001");
		cr_assert(outbox.outs[0].kind == OUT_CALL);
		cr_expect_str_eq(answer(outbox.outs[0].call, 0, ""), "RETRY");
	}
	deliver("row", "D:1999999001");
	cr_expect(outbox.n == 1 && outbox.outs[0].kind == OUT_SEND, "sent back at once");
	deliver("row", "D:1999999002");
	cr_expect_eq(outbox.outs[0].kind, OUT_CALL);
	now.mono_ms += BREAKER_FIRST_MS;
	deliver("row2", "D:1999999001");
	cr_assert_eq(outbox.outs[0].kind, OUT_CALL);
	cr_expect_str_eq(answer(outbox.outs[0].call, 0, ""), "RETRY");
	now.mono_ms += BREAKER_FIRST_MS;
	deliver("row2", "D:1999999001");
	cr_expect_eq(outbox.outs[0].kind, OUT_SEND, "the second pause is longer");
	now.mono_ms += BREAKER_FIRST_MS;
	deliver("row2", "D:1999999001");
	cr_assert_eq(outbox.outs[0].kind, OUT_CALL);
	cr_expect_str_eq(answer(outbox.outs[0].call, 500, ""), "RETRY");
	deliver("row3", "D:1999999001");
	cr_expect_eq(outbox.outs[0].kind, OUT_CALL, "any answer closes it");
	end();
}

CASE(courier, stop_sends_back_what_waits)
{
	char row[20];

	begin();
	for (int i = 0; i < 9; i++) {
		snprintf(row, sizeof(row), "row%d", i);
		deliver(row, "D:1999999001");
	}
	step(&(struct input){ .kind = IN_STOP });
	cr_expect(outbox.n == 1 && outbox.outs[0].type == TYPE_DELIVERED && !outbox.idle);
	deliver("late", "D:1999999001");
	cr_expect(outbox.n == 1 && outbox.outs[0].type == TYPE_DELIVERED);
	end();
}
