/* SPDX-License-Identifier: Apache-2.0 */
/* The courier and payers that are asked in FHIR: tokens, what goes out, and what becomes of a case by what is heard. */
#include "base/jose.h"
#include "fhir-bridge/pas/pas_answer.h"
#include "fhir-bridge/pas/pas_ask.h"
#include "gateway/access/client_keys.h"
#include "gateway/bus/role.h"
#include "test/case.h"
#include "test/gateway/pas_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACE "0123456789abcdef0123456789abcdef"
#define ASKED_AS TRACE ".1"
#define CASE_ID "PA-" TRACE
#define SMART "https://payer.example/fhir/.well-known/smart-configuration"
#define SUBMIT "https://payer.example/fhir/Claim/$submit"
#define INQUIRE "https://payer.example/fhir/Claim/$inquire"
#define FOUND "{\"token_endpoint\":\"https://payer.example/token\",\"other\":1}"
#define GIVEN(token, seconds) "{\"access_token\":\"" token "\",\"token_type\":\"Bearer\",\"expires_in\":" seconds "}"

static void *state;
static struct arena arena;
static struct outbox outbox;
static struct now now;
static struct backend backends[2];
static struct config config;
static struct text request;
static char folder[] = "/tmp/dt-payer.XXXXXX", key_file[80];

static void begin(bool tokens)
{
	char failed[CLIENT_KEYS_NAME_MAX];
	struct fault fault;

	arena_init(&arena, 64 << 20);
	request = pas_sample("EXAMPLE-1", &arena);
	backends[0] = (struct backend){ .name = text_lit("payer"), .id = text_lit("PY:PAYER"), .our_id = text_lit("ZZZ:US"),
		.fhir = text_lit("https://payer.example/fhir/"), .at_once = 4, .retries = 10, .answer_ms = 60000 };
	backends[1] = backends[0];
	backends[1].name = text_lit("other");
	backends[1].id = text_lit("PY:OTHER");
	backends[1].fhir = text_lit("https://other.example/fhir");
	config = (struct config){ .backends = backends, .backends_n = 2 };
	if (tokens) {
		text_to_z(text_lit("/tmp/dt-payer.XXXXXX"), folder, sizeof(folder));
		cr_assert(mkdtemp(folder));
		snprintf(key_file, sizeof(key_file), "%s/us", folder);
		cr_assert(client_keys_make(key_file, CRYPTO_ES384, failed));
		snprintf(key_file, sizeof(key_file), "%s/us.pem", folder);
		backends[0].client_id = text_lit("us");
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
	if (config.signing_key.n) {
		unlink(key_file);
		snprintf(file, sizeof(file), "%s/us.jwks.json", folder);
		unlink(file);
		rmdir(folder);
	}
}

static void step(const struct input *input)
{
	outbox = (struct outbox){ .arena = &arena };
	courier_role.step(state, input, now, &outbox);
}

static void tick(int64_t ms)
{
	now.mono_ms += ms;
	now.wall_ms += ms;
	step(&(struct input){ .kind = IN_TICK });
}

static struct case_work asked = { .row = { "row", 3 } };
static int attempt;

static void work(const char *row, const char *event, bool awaited)
{
	struct case_work work = { .row = text_of(row), .case_id = text_lit(CASE_ID), .event = text_of(event), .received_ms = now.wall_ms,
		.reply_id = text_lit(ASKED_AS), .backend = text_lit("payer"), .body = request, .awaited = awaited, .standard = text_lit("PAS"),
		.backend_case_id = asked.backend_case_id, .pas_version = asked.pas_version };
	struct envelope envelope = { .trace = text_lit(TRACE), .attempt = attempt };
	struct buffer packed;

	buffer_init(&packed, &arena, 0);
	record_pack(&case_work_record, &work, &packed);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_WORK, .peer = { ROLE_LEDGER, 0 }, .envelope = &envelope,
		.payload = buffer_text(&packed) });
}

static size_t calls(void)
{
	size_t n = 0;

	for (size_t i = 0; i < outbox.n; i++)
		n += outbox.outs[i].kind == OUT_CALL;
	return n;
}

/* The only call, to this address. */
static struct out *the_call(const char *url)
{
	for (size_t i = 0; i < outbox.n; i++)
		if (outbox.outs[i].kind == OUT_CALL) {
			cr_assert(text_is(outbox.outs[i].url, url), "%.*s", TEXT_ARGS(outbox.outs[i].url));
			cr_assert_eq(calls(), 1);
			return &outbox.outs[i];
		}
	cr_assert(false, "no call, but one to %s was expected", url);
	return NULL;
}

static void answer(const struct out *call, int status, struct text body)
{
	step(&(struct input){ .kind = IN_ANSWER, .call = call->call, .status = status, .payload = body });
}

static struct case_decision decision(void)
{
	struct case_decision said = { 0 };
	struct fault fault;

	for (size_t i = 0; i < outbox.n; i++)
		if (outbox.outs[i].kind == OUT_SEND && outbox.outs[i].type == TYPE_DECISION) {
			cr_assert(record_unpack(&case_decision_record, &said, &arena, outbox.outs[i].payload, &fault));
			cr_assert(record_check(&case_decision_record, &said, &fault) || fault.code == FAULT_MISSING, "%s", fault.path);
			cr_expect(text_is(said.case_id, CASE_ID));
		}
	return said;
}

static bool has_line(const struct out *call, const char *line)
{
	return call->extra && strstr(call->extra, line);
}

static struct text answered(const char *action, const char *reason)
{
	return pas_sample_answer(request, action, reason, &arena);
}

/* What $inquire gives: these answers. */
static struct text inquired(struct text one)
{
	struct fhir_bundle *bundle;
	struct fhir_parameters *parameters;
	struct buffer json;
	struct fault fault;

	cr_assert(!text_there(one) || fhir_read(one, &arena, &bundle, &fault));
	parameters = pas_inquiry_answer_of(&bundle, text_there(one), &arena);
	cr_assert(parameters);
	buffer_init(&json, &arena, 0);
	pas_write_parameters(parameters, &json);
	return buffer_text(&json);
}

/* -- tokens -- */

CASE(courier_payer, a_token_is_found_out_asked_for_once_and_kept_until_shortly_before_its_end)
{
	struct out *call;
	struct fault fault;
	struct jose_token token;
	struct text form, assertion;
	const char *at;

	begin(true);
	work("row", "SUBMIT", false);
	call = the_call(SMART);
	cr_expect_str_eq(call->method, "GET");
	work("row2", "SUBMIT", false);
	cr_expect_eq(calls(), 0, "one request for a token at a time");
	answer(call, 200, text_lit(FOUND));
	call = the_call("https://payer.example/token");
	cr_expect(!call->method);
	cr_expect_str_eq(call->media, "application/x-www-form-urlencoded");
	form = call->payload;
	cr_expect(pas_holds(form, "grant_type=client_credentials") && pas_holds(form, "&scope=system%2FClaim.cru%20system%2FSubscription.cr"));
	at = memmem(form.at, form.n, "client_assertion=", 17);
	cr_assert(at);
	assertion = (struct text){ at + 17, form.n - (size_t)(at + 17 - form.at) };
	assertion = text_cut(&assertion, '&');
	cr_assert(jose_token_read(assertion, &arena, &token, &fault), "%s", fault.path);
	cr_expect(text_is(token.claims.iss, "us") && text_is(token.claims.sub, "us"));
	cr_expect(jose_audience(token.claims.aud, text_lit("https://payer.example/token"), &arena));
	answer(call, 200, text_lit(GIVEN("first", "300")));
	cr_assert_eq(calls(), 2, "both go");
	for (size_t i = 0; i < outbox.n; i++)
		cr_expect(has_line(&outbox.outs[i], "Authorization: Bearer first\n") && text_is(outbox.outs[i].url, SUBMIT));
	tick(284000);
	work("row3", "SUBMIT", false);
	cr_expect(has_line(the_call(SUBMIT), "Bearer first\n"));
	tick(1500);
	work("row4", "SUBMIT", false);
	answer(the_call("https://payer.example/token"), 200, text_lit(GIVEN("second", "300")));
	cr_expect(has_line(the_call(SUBMIT), "Bearer second\n"));
	end();
}

CASE(courier_payer, a_token_that_is_refused_is_renewed_once)
{
	begin(true);
	backends[0].token = text_lit("https://payer.example/oauth");
	work("row", "SUBMIT", false);
	answer(the_call("https://payer.example/oauth"), 200, text_lit(GIVEN("first", "300")));
	answer(the_call(SUBMIT), 401, text_lit(""));
	answer(the_call("https://payer.example/oauth"), 200, text_lit(GIVEN("second", "300")));
	cr_expect(has_line(the_call(SUBMIT), "Bearer second\n"));
	answer(the_call(SUBMIT), 401, text_lit(""));
	cr_expect(text_is(decision().outcome, "RETRY"), "%.*s", TEXT_ARGS(decision().outcome));
	end();
}

CASE(courier_payer, without_a_token_nothing_is_posted)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {
		{ 400, "{\"error\":\"invalid_client\"}" },
		{ 200, "{}" },
		{ 200, "<html>" },
		{ 200, "{\"access_token\":\"a\\r\\nX-Evil: 1\"}" },
		{ 200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}" },
		{ 0, "" },
		{ 500, GIVEN("first", "300") },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin(true);
		backends[0].token = text_lit("https://payer.example/oauth");
		work("row", "SUBMIT", false);
		answer(the_call("https://payer.example/oauth"), rows[i].status, text_of(rows[i].body));
		cr_expect_eq(calls(), 0, "row %zu", i);
		cr_expect(text_is(decision().outcome, "RETRY"), "row %zu", i);
		work("row", "SUBMIT", false);
		cr_expect_eq(calls(), 0, "row %zu: not before a pause", i);
		tick(1001);
		work("row", "SUBMIT", false);
		cr_expect_eq(calls(), 1, "row %zu", i);
		end();
	}
}

CASE(courier_payer, a_token_address_that_leads_astray_is_not_used)
{
	static const char *const rows[] = { "{}", "{\"token_endpoint\":\"http://payer.example/token\"}", "{\"token_endpoint\":\"https://a@b.example/\"}",
		"{\"token_endpoint\":\"https://b.example/\\\"\"}", "{\"token_endpoint\":\"file:///etc/passwd\"}" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin(true);
		work("row", "SUBMIT", false);
		answer(the_call(SMART), 200, text_of(rows[i]));
		cr_expect_eq(calls(), 0, "row %zu", i);
		cr_expect(text_is(decision().outcome, "RETRY"), "row %zu", i);
		end();
	}
}

CASE(courier_payer, another_payer_is_asked_while_there_is_no_token)
{
	begin(true);
	backends[0].second = text_lit("other");
	backends[0].token = text_lit("https://payer.example/oauth");
	work("row", "SUBMIT", false);
	answer(the_call("https://payer.example/oauth"), 503, text_lit(""));
	answer(the_call("https://other.example/fhir/Claim/$submit"), 200, answered("A1", NULL));
	cr_expect(text_is(decision().outcome, "APPROVED") && text_is(decision().backend, "other"));
	end();
}

/* -- cases -- */

CASE(courier_payer, a_request_goes_on_under_an_identifier_of_ours)
{
	struct fhir_bundle *sent;
	struct fault fault = { 0 };
	struct text first;

	begin(false);
	work("row", "SUBMIT", false);
	cr_expect_str_eq(the_call(SUBMIT)->media, "application/fhir+json");
	cr_expect(has_line(the_call(SUBMIT), "Accept: application/fhir+json\n") && !has_line(the_call(SUBMIT), "Authorization"));
	first = the_call(SUBMIT)->payload;
	cr_assert(pas_read(first, PAS_SUBMIT, PAS_2_2_1, &arena, &sent, &fault), "%s", fault.path);
	cr_expect(text_is(sent->identifier->value, ASKED_AS));
	answer(the_call(SUBMIT), 503, text_lit(""));
	cr_expect(text_is(decision().outcome, "RETRY"));
	work("row", "SUBMIT", false);
	cr_expect(text_equal(the_call(SUBMIT)->payload, first), "a repetition is the same bytes: the payer knows it again");
	end();
}

CASE(courier_payer, what_is_heard_decides_what_the_ledger_is_told)
{
	static const struct {
		int status;
		const char *action, *reason, *body, *outcome; /* action: the answer to it; else body */
	} rows[] = {
		{ 200, "A1", NULL, NULL, "APPROVED" },
		{ 201, "A1", NULL, NULL, "APPROVED" },
		{ 200, "A6", "less", NULL, "PARTIALLY_DENIED" },
		{ 200, "A3", "because", NULL, "DENIED" },
		{ 200, "A3", NULL, NULL, "DENIED" }, /* without a message: the ledger refuses it */
		{ 200, "A4", NULL, NULL, "IN_PROCESS" },
		{ 400, NULL, NULL, "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"invalid\"}]}", "FAILED" },
		{ 422, NULL, NULL, "no", "FAILED" },
		{ 403, NULL, NULL, "", "RETRY" },
		{ 404, NULL, NULL, "", "RETRY" },
		{ 429, NULL, NULL, "", "RETRY" },
		{ 500, "A1", NULL, NULL, "RETRY" },
		{ 0, NULL, NULL, "", "RETRY" },
		{ 200, NULL, NULL, "", "RETRY" },
		{ 200, NULL, NULL, "<html>welcome</html>", "RETRY" },
		{ 200, NULL, NULL, "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"invalid\"}]}", "RETRY" },
		{ 200, NULL, NULL, "{\"resourceType\":\"Bundle\",\"type\":\"collection\"}", "RETRY" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct case_decision said;
		bool denial = rows[i].action && strcmp(rows[i].action, "A3") == 0 && !rows[i].reason;

		begin(false);
		work("row", "SUBMIT", false);
		answer(the_call(SUBMIT), rows[i].status, rows[i].action ? answered(rows[i].action, rows[i].reason) : text_of(rows[i].body));
		said = decision();
		cr_expect(text_is(said.outcome, rows[i].outcome), "row %zu: %.*s", i, TEXT_ARGS(said.outcome));
		cr_expect_eq(said.message.n > 0, strcmp(rows[i].outcome, "RETRY") != 0 && !denial, "row %zu", i);
		if (rows[i].action && said.message.n)
			cr_expect(text_equal(said.message, answered(rows[i].action, rows[i].reason)), "row %zu: it goes back as it came", i);
		if (text_is(said.outcome, "IN_PROCESS"))
			cr_expect_eq(said.again_ms, 60000);
		cr_expect(outbox.idle, "row %zu", i);
		end();
	}
}

CASE(courier_payer, a_refusal_says_who_refused_and_why)
{
	struct fhir_bundle *told;
	struct case_decision said;
	struct fault fault = { 0 };

	begin(false);
	work("row", "SUBMIT", false);
	answer(the_call(SUBMIT), 422, text_lit("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"required\","
		"\"expression\":[\"Bundle.entry[0].resource.item[0].quantity\"]}]}"));
	said = decision();
	cr_assert(pas_read(said.message, PAS_SUBMIT_ANSWER, PAS_2_2_1, &arena, &told, &fault), "%s", fault.path);
	cr_expect(text_is(told->entry[0].resource->claim_response->outcome, "error"));
	cr_expect(pas_holds(said.message, "(payer) refused this request (HTTP 422, required at Bundle.entry[0].resource.item[0].quantity)"));
	end();
}

CASE(courier_payer, an_identifier_that_the_payer_has_is_inquired_after)
{
	static const char *const outcomes[] = { "RETRY", "ACCEPTED" };

	for (attempt = 0; attempt < 2; attempt++) {
		begin(false);
		work("row", "SUBMIT", false);
		answer(the_call(SUBMIT), 409, text_lit(""));
		cr_expect(text_is(decision().outcome, outcomes[attempt]), "%d: %.*s", attempt, TEXT_ARGS(decision().outcome));
		end();
	}
	attempt = 0;
}

CASE(courier_payer, an_answer_about_somebody_else_goes_nowhere)
{
	struct text other;

	begin(false);
	work("row", "SUBMIT", false);
	other = request;
	request = pas_sample("EXAMPLE-2", &arena);
	{
		struct fhir_bundle *bundle;
		struct fault fault;
		struct buffer json;

		cr_assert(fhir_read(answered("A1", NULL), &arena, &bundle, &fault));
		for (size_t i = 0; i < bundle->entry_n; i++)
			if (bundle->entry[i].resource->patient)
				bundle->entry[i].resource->patient->identifier[0].value = text_lit("EX0009");
		buffer_init(&json, &arena, 0);
		fhir_write(bundle, &json);
		answer(the_call(SUBMIT), 200, buffer_text(&json));
	}
	cr_expect(text_is(decision().outcome, "RETRY"));
	request = other;
	end();
}

CASE(courier_payer, what_was_pended_is_inquired_after)
{
	static const struct {
		int status;
		const char *action, *outcome;
	} rows[] = { { 200, "A1", "APPROVED" }, { 200, "A4", "IN_PROCESS" }, { 200, NULL, "ACCEPTED" }, { 503, "A1", "ACCEPTED" }, { 422, "A1", "ACCEPTED" },
		{ 0, "A1", "ACCEPTED" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fhir_bundle *sent, *told;
		struct case_decision said;
		struct fault fault = { 0 };

		begin(false);
		asked.backend_case_id = text_lit("THEIRS-7");
		work("row", "SUBMIT", true);
		asked.backend_case_id = TEXT_NONE;
		cr_assert(pas_read(the_call(INQUIRE)->payload, PAS_INQUIRE, PAS_2_2_1, &arena, &sent, &fault), "%s", fault.path);
		cr_expect(pas_holds(the_call(INQUIRE)->payload, "THEIRS-7"));
		answer(the_call(INQUIRE), rows[i].status, inquired(rows[i].action ? answered(rows[i].action, NULL) : TEXT_NONE));
		said = decision();
		cr_expect(text_is(said.outcome, rows[i].outcome), "row %zu: %.*s", i, TEXT_ARGS(said.outcome));
		if (said.message.n)
			cr_expect(pas_read(said.message, PAS_SUBMIT_ANSWER, PAS_2_2_1, &arena, &told, &fault), "row %zu: %s", i, fault.path);
		end();
	}
}

CASE(courier_payer, a_cancellation_that_waits_is_asked_for_again)
{
	begin(false);
	work("row", "CANCEL", false);
	answer(the_call(SUBMIT), 200, answered("A4", NULL));
	cr_expect(text_is(decision().outcome, "ACCEPTED"));
	work("row", "CANCEL", true);
	answer(the_call(SUBMIT), 200, answered("C", NULL));
	cr_expect(text_is(decision().outcome, "CANCELLED"));
	work("row", "CANCEL", false);
	answer(the_call(SUBMIT), 200, answered("A1", NULL));
	cr_expect(text_is(decision().outcome, "CANCEL_REFUSED"));
	end();
}

CASE(courier_payer, nothing_is_posted_in_another_version)
{
	begin(false);
	asked.pas_version = PAS_2_0_1;
	work("row", "SUBMIT", false);
	asked.pas_version = 0;
	cr_expect_eq(calls(), 0);
	cr_expect(text_is(decision().outcome, "RETRY"));
	end();
}

CASE(courier_payer, a_key_that_cannot_be_read_keeps_the_configuration)
{
	static const struct config worse = { .signing_key = { "/nowhere", 8 } };

	begin(false);
	step(&(struct input){ .kind = IN_CONFIG, .config = &worse });
	cr_expect(outbox.kept);
	step(&(struct input){ .kind = IN_CONFIG, .config = &config });
	cr_expect(!outbox.kept);
	end();
}

/* -- being notified -- */

CASE(courier_payer, it_is_asked_to_notify_us_once_it_was_asked_anything)
{
	struct fhir_subscription *wanted;
	struct text organization;
	struct out *call = NULL;
	struct fault fault = { 0 };

	begin(false);
	config.public_url = text_lit("https://us.example");
	backends[0].notify_key = text_lit("abcdefghijklmnopqrstuv");
	backends[0].organizations = text_lit("1999999001,1999999002");
	tick(1);
	cr_expect_eq(calls(), 0);
	work("row", "SUBMIT", false);
	cr_assert_eq(calls(), 2);
	for (size_t i = 0; i < outbox.n; i++)
		if (text_is(outbox.outs[i].url, "https://payer.example/fhir/Subscription"))
			call = &outbox.outs[i];
	cr_assert(call);
	cr_expect(has_line(call, "If-None-Exist: url=https://us.example/fhir-notify/abcdefghijklmnopqrstuv\n"));
	cr_assert(pas_read_subscription(call->payload, PAS_2_2_1, &arena, &wanted, &organization, &fault), "%s", fault.path);
	cr_expect(text_is(organization, "1999999001,1999999002"));
	cr_expect(text_is(wanted->channel->endpoint, "https://us.example/fhir-notify/abcdefghijklmnopqrstuv"));
	answer(call, 503, text_lit(""));
	tick(59000);
	cr_expect_eq(calls(), 0);
	tick(1000);
	call = the_call("https://payer.example/fhir/Subscription");
	answer(call, 201, text_lit("{}"));
	tick(3600000);
	cr_expect_eq(calls(), 0, "it is there");
	end();
}

/* A time of waking that has passed is a process that never sleeps. */
static void expect_sleep(const char *when)
{
	cr_expect(!outbox.wake_ms || outbox.wake_ms > now.mono_ms, "%s: woken %lld ms ago", when, (long long)(now.mono_ms - outbox.wake_ms));
}

CASE(courier_payer, it_sleeps_while_a_subscription_cannot_be_asked_for)
{
	begin(true);
	config.public_url = text_lit("https://us.example");
	backends[0].notify_key = text_lit("abcdefghijklmnopqrstuv");
	backends[0].organizations = text_lit("1999999001");
	work("row", "SUBMIT", false);
	answer(the_call(SMART), 200, text_lit(FOUND));
	answer(the_call("https://payer.example/token"), 200, text_lit(GIVEN("t1", "300")));
	cr_assert_eq(calls(), 2);
	for (size_t i = 0, n = outbox.n; i < n; i++)
		if (text_is(outbox.outs[i].url, "https://payer.example/fhir/Subscription")) {
			answer(&outbox.outs[i], 201, text_lit("{}"));
			break;
		}
	expect_sleep("it is there");
	tick(13 * 3600000); /* it is asked for anew, and the token has ended */
	expect_sleep("a token is on its way");
	answer(the_call("https://payer.example/token"), 500, text_lit(""));
	expect_sleep("there is no token");
	backends[0].notify_key = text_lit("");
	tick(3600000);
	expect_sleep("it is not wanted any more");
	end();
}
