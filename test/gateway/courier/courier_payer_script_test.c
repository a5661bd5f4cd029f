/* SPDX-License-Identifier: Apache-2.0 */
/* Cases that came in SCRIPT and are asked in FHIR: the Claim that goes out, and the message that the prescriber gets. */
#include "fhir-bridge/pas/pas_answer.h"
#include "gateway/bus/role.h"
#include "ncpdp/ncpdp.h"
#include "test/case.h"
#include "test/gateway/pas_sample.h"
#include "test/ncpdp/fixtures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACE "0123456789abcdef0123456789abcdef"
#define ASKED_AS TRACE ".1"
#define SUBMIT "https://payer.example/fhir/Claim/$submit"
#define INQUIRE "https://payer.example/fhir/Claim/$inquire"

static void *state;
static struct arena arena;
static struct outbox outbox;
static struct now now;
static struct backend backend;
static struct config config;
static struct reading reading;

static void begin(void)
{
	struct fault fault;

	arena_init(&arena, 64 << 20);
	reading_init(&reading);
	backend = (struct backend){ .name = text_lit("payer"), .id = text_lit("PY:PAYER"), .our_id = text_lit("ZZZ:US"),
		.fhir = text_lit("https://payer.example/fhir"), .at_once = 4, .retries = 10, .answer_ms = 60000 };
	config = (struct config){ .backends = &backend, .backends_n = 1 };
	state = calloc(1, courier_role.size);
	now = (struct now){ 100000, 1790000000000 };
	cr_assert(courier_role.start(state, &(struct role_setup){ .self = { ROLE_COURIER, 0 }, .config = &config }, now, &fault));
}

static void end(void)
{
	courier_role.stop(state);
	free(state);
	reading_done(&reading);
	arena_done(&arena);
}

static void step(const struct input *input)
{
	outbox = (struct outbox){ .arena = &arena };
	courier_role.step(state, input, now, &outbox);
}

/* The message of docs/examples. */
static struct text example(const char *name)
{
	char path[200], *bytes = arena_alloc(&arena, 64 << 10);
	struct text body = { bytes, 0 };
	FILE *in;

	snprintf(path, sizeof(path), EXAMPLES "/%s.xml", name);
	in = fopen(path, "re");
	cr_assert(in && bytes, "%s", path);
	body.n = fread(bytes, 1, 64 << 10, in);
	fclose(in);
	return body;
}

static const char *first_asked; /* of a case that another backend had before; NULL: none had */

static void work(const char *name, const char *event, bool awaited)
{
	struct case_work work = { .row = text_lit("row"), .case_id = text_lit("PA-" TRACE), .event = text_of(event), .received_ms = now.wall_ms,
		.reply_id = text_of(strcmp(event, "CANCEL") == 0 ? "cancelled.1" : ASKED_AS), .backend = text_lit("payer"), .body = example(name), .awaited = awaited,
		.first_asked = text_of(first_asked) };
	struct envelope envelope = { .trace = text_lit(TRACE) };
	struct buffer packed, request;

	cr_assert(reading_of(&reading, NCPDP_SCRIPT, work.body), "%s", reading.fault.path);
	buffer_init(&request, &arena, 0);
	record_pack(&script_message_record, reading.message.script, &request);
	work.request = buffer_text(&request);
	if (strcmp(event, "CANCEL") == 0 || strcmp(event, "APPEAL") == 0)
		work.state = text_lit("DENIED");
	buffer_init(&packed, &arena, 0);
	record_pack(&case_work_record, &work, &packed);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_WORK, .peer = { ROLE_LEDGER, 0 }, .envelope = &envelope,
		.payload = buffer_text(&packed) });
}

static const struct out *the_call(const char *url)
{
	cr_assert(outbox.n == 1 && outbox.outs[0].kind == OUT_CALL, "%zu", outbox.n);
	cr_assert(text_is(outbox.outs[0].url, url), "%.*s", TEXT_ARGS(outbox.outs[0].url));
	return &outbox.outs[0];
}

static void answer(const struct out *call, int status, struct text body)
{
	step(&(struct input){ .kind = IN_ANSWER, .call = call->call, .status = status, .payload = body });
}

/* The DECISION in the outbox; the message that it has for the prescriber is in `reading`. */
static struct case_decision decision(void)
{
	struct case_decision said = { 0 };
	struct fault fault;

	for (size_t i = 0; i < outbox.n; i++)
		if (outbox.outs[i].kind == OUT_SEND && outbox.outs[i].type == TYPE_DECISION) {
			cr_assert(record_unpack(&case_decision_record, &said, &arena, outbox.outs[i].payload, &fault));
			cr_assert(record_check(&case_decision_record, &said, &fault), "%s", fault.path);
		}
	if (said.message.n)
		cr_assert(reading_of(&reading, NCPDP_SCRIPT, said.message), "%s at %s", fault_row(reading.fault.code)->name, reading.fault.path);
	return said;
}

CASE(courier_payer_script, a_request_becomes_a_claim)
{
	struct fhir_bundle *sent;
	struct text first;
	struct fault fault = { 0 };

	begin();
	work("pa-request-medical", "SUBMIT", false);
	first = the_call(SUBMIT)->payload;
	cr_assert(pas_read(first, PAS_SUBMIT, PAS_2_2_1, &arena, &sent, &fault), "%s", fault.path);
	cr_expect(text_is(sent->identifier->value, ASKED_AS));
	answer(the_call(SUBMIT), 503, text_lit(""));
	cr_expect(text_is(decision().outcome, "RETRY"));
	work("pa-request-medical", "SUBMIT", false);
	cr_expect(text_equal(the_call(SUBMIT)->payload, first), "a repetition is the same bytes");
	answer(the_call(SUBMIT), 0, text_lit(""));
	work("pa-request-medical", "SUBMIT", true);
	cr_assert(pas_read(the_call(INQUIRE)->payload, PAS_INQUIRE, PAS_2_2_1, &arena, &sent, &fault), "%s", fault.path);
	end();
}

CASE(courier_payer_script, an_answer_becomes_a_message)
{
	static const struct {
		const char *action, *reason, *outcome;
	} rows[] = { { "A1", NULL, "APPROVED" }, { "A3", "Not tried first.", "DENIED" }, { "A4", NULL, "IN_PROCESS" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct case_decision said;
		struct text sent;

		begin();
		work("pa-request-medical", "SUBMIT", false);
		sent = the_call(SUBMIT)->payload;
		answer(the_call(SUBMIT), 200, pas_sample_answer(sent, rows[i].action, rows[i].reason, &arena));
		said = decision();
		cr_expect(text_is(said.outcome, rows[i].outcome), "%s: %.*s", rows[i].action, TEXT_ARGS(said.outcome));
		cr_assert_eq(reading.message.kind, NCPDP_PA_RESPONSE, "%s", rows[i].action);
		cr_expect(text_is(reading.message.script->header->message_id, ASKED_AS));
		cr_expect(said.claim_key.n == 35);
		end();
	}
}

/* A pended answer, with or without a question about it. */
static struct text pended(struct text request, bool asks)
{
	static const struct pas_line line = { .action = { "A4", 2 }, .reference = { "THEIRS-7", 8 } };
	static const struct pas_question question = { .loinc = { LOINC_QUESTIONNAIRE, sizeof(LOINC_QUESTIONNAIRE) - 1 } };
	const struct pas_answer said = { .identifier = text_lit("A"), .wall_ms = now.wall_ms, .lines = &line, .lines_n = 1, .questions = &question,
		.questions_n = asks };
	struct fhir_bundle *bundle;
	struct buffer json;
	struct fault fault;

	cr_assert(fhir_read(request, &arena, &bundle, &fault));
	bundle = pas_answer_of(bundle, &said, PAS_2_2_1, &arena);
	cr_assert(bundle);
	buffer_init(&json, &arena, 8192);
	fhir_write(bundle, &json);
	return buffer_text(&json);
}

CASE(courier_payer_script, an_initiation_whose_questions_cannot_be_had_is_not_left_waiting)
{
	for (int asks = 0; asks < 2; asks++) {
		struct case_decision said;

		begin();
		work("pa-initiation-request", "INITIATE", false);
		answer(the_call(SUBMIT), 200, pended(the_call(SUBMIT)->payload, asks));
		said = decision();
		cr_expect(text_is(said.outcome, asks ? "FAILED" : "ACCEPTED"), "%d: %.*s", asks, TEXT_ARGS(said.outcome));
		if (asks)
			cr_expect(reading.message.kind == NCPDP_PA_INITIATION_RESPONSE && memmem(said.message.at, said.message.n, "THEIRS-7", 8));
		end();
	}
}

CASE(courier_payer_script, a_refusal_is_told_to_the_prescriber)
{
	begin();
	work("pa-request-medical", "SUBMIT", false);
	answer(the_call(SUBMIT), 422, text_lit("no"));
	cr_expect(text_is(decision().outcome, "FAILED"));
	cr_assert_eq(reading.message.kind, NCPDP_PA_RESPONSE);
	cr_expect(reading.message.script->body->pa_response->response->response_status->closed != NULL);
	end();
}

CASE(courier_payer_script, a_cancellation_is_an_update)
{
	struct fhir_bundle *sent;
	struct pas_request request;
	struct fault fault = { 0 };

	begin();
	work("pa-cancel-request", "CANCEL", false);
	cr_assert(pas_read(the_call(SUBMIT)->payload, PAS_SUBMIT, PAS_2_2_1, &arena, &sent, &fault), "%s", fault.path);
	pas_request_of(sent, &request);
	cr_expect_eq(request.intent, PAS_CANCEL);
	answer(the_call(SUBMIT), 200, pas_sample_answer(the_call(SUBMIT)->payload, "C", NULL, &arena));
	cr_expect(text_is(decision().outcome, "CANCELLED"), "%.*s", TEXT_ARGS(decision().outcome));
	end();
}

CASE(courier_payer_script, an_update_names_the_first_claim_that_this_payer_had)
{
	begin();
	work("pa-cancel-request", "CANCEL", false);
	cr_expect(pas_holds(the_call(SUBMIT)->payload, "\"" ASKED_AS "\""));
	end();
	begin();
	first_asked = "later.2";
	work("pa-cancel-request", "CANCEL", false);
	first_asked = NULL;
	cr_expect(pas_holds(the_call(SUBMIT)->payload, "\"later.2\"") && !pas_holds(the_call(SUBMIT)->payload, ASKED_AS));
	end();
}

CASE(courier_payer_script, what_pas_has_no_words_for_is_said_at_once)
{
	begin();
	work("pa-appeal-request", "APPEAL", false);
	cr_expect(text_is(decision().outcome, "FAILED"));
	cr_expect_eq(reading.message.kind, NCPDP_PA_APPEAL_RESPONSE);
	cr_expect(outbox.idle);
	end();
}
