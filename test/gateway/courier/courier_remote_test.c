/* SPDX-License-Identifier: Apache-2.0 */
/* The courier and remote backends by hand: what becomes of a case and of a price by what is heard, in which order backends and mailboxes
   are asked, and how often. */
#include "test/gateway/courier/courier_steps.h"

CASE(courier_remote, a_case_is_asked_under_our_head)
{
	struct reading asked;
	struct text first;

	begin();
	reading_init(&asked);
	work("row", "INITIATE", 0, false);
	cr_assert(the_call() && text_is(the_call()->url, "https://first.example/script"));
	first = the_call()->payload;
	cr_assert(reading_of(&asked, NCPDP_SCRIPT, first), "%s", asked.fault.path);
	cr_expect(text_is(asked.message.script->header->to->id, "FIRST") && text_is(asked.message.script->header->from->id, "US"));
	cr_expect(text_is(asked.message.script->header->message_id, ASKED_AS));
	cr_expect(record_equal(&script_body_record, asked.message.script->body, reading.message.script->body));
	answer_to(the_call()->call, 503, text_lit(""));
	cr_expect(text_is(decision().outcome, "RETRY"));
	work("row", "INITIATE", 1, false);
	cr_assert(the_call());
	cr_expect(text_equal(the_call()->payload, first), "a repetition is the same bytes");
	reading_done(&asked);
	end();
}

CASE(courier_remote, what_is_heard_decides_what_the_ledger_is_told)
{
	static const struct {
		int status;
		const char *body, *outcome;
		int attempt;
	} rows[] = {
		{ 200, HEAD(OURS) STATUS TAIL, "ACCEPTED", 0 },
		{ 200, HEAD("") STATUS TAIL, "ACCEPTED", 0 },
		{ 200, HEAD(OURS) "<Verify><VerifyStatus><Code>010</Code></VerifyStatus></Verify>" TAIL, "ACCEPTED", 0 },
		{ 202, "", "ACCEPTED", 0 },
		{ 200, HEAD("<RelatesToMessageID>somebody</RelatesToMessageID>") STATUS TAIL, "RETRY", 0 },
		{ 200, HEAD(OURS) ERROR("600", "later") TAIL, "RETRY", 0 },
		{ 200, HEAD(OURS) ERROR("602", "later") TAIL, "RETRY", 0 },
		{ 200, HEAD(OURS) ERROR("900", "no") TAIL, "FAILED", 0 },
		{ 400, HEAD(OURS) ERROR("900", "no") TAIL, "FAILED", 0 },
		{ 422, "no", "FAILED", 0 },
		{ 401, "who", "RETRY", 0 },
		{ 404, "", "RETRY", 0 },
		{ 500, HEAD(OURS) STATUS TAIL, "RETRY", 0 },
		{ 0, "", "RETRY", 0 },
		{ 200, "<html>welcome</html>", "RETRY", 0 },
		{ 200, HEAD(OURS) "<NewRx/>" TAIL, "RETRY", 0 },
		{ 200, HEAD(OURS) ERROR("900", "Duplicate MessageID") TAIL, "FAILED", 0 },
		{ 200, HEAD(OURS) ERROR("900", "Duplicate MessageID") TAIL, "ACCEPTED", 1 },
		{ 200, HEAD(OURS) ERROR("900", "this MessageID was used before with another body") TAIL, "ACCEPTED", 2 },
		{ 200, HEAD(OURS) ERROR("900", "no such patient") TAIL, "FAILED", 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct case_decision said;

		begin();
		work("row", "INITIATE", rows[i].attempt, false);
		cr_assert(the_call(), "row %zu", i);
		answer_to(the_call()->call, rows[i].status, text_of(rows[i].body));
		said = decision();
		cr_expect(text_is(said.outcome, rows[i].outcome), "row %zu: %.*s", i, TEXT_ARGS(said.outcome));
		cr_expect_eq(said.message.n > 0, strcmp(rows[i].outcome, "FAILED") == 0, "row %zu", i);
		if (text_is(said.outcome, "ACCEPTED"))
			cr_expect_eq(said.again_ms, 60000);
		cr_expect(outbox.idle, "row %zu", i);
		end();
	}
}

CASE(courier_remote, an_answer_at_once_is_passed_on)
{
	struct case_decision said;
	struct reading told;

	begin();
	reading_init(&told);
	work("row", "INITIATE", 0, false);
	answer_to(the_call()->call, 200, answer_body("pa_initiation_response_open"));
	said = decision();
	cr_assert(text_is(said.outcome, "OPEN"), "%.*s", TEXT_ARGS(said.outcome));
	cr_expect(said.reply_by_ms > 0 && said.backend_case_id.n);
	cr_assert(reading_of(&told, NCPDP_SCRIPT, said.message));
	cr_expect(text_equal(told.message.script->header->to->id, reading.message.script->header->from->id));
	cr_expect(text_equal(told.message.script->header->relates_to_message_id, reading.message.script->header->message_id));
	cr_expect(text_is(told.message.script->header->message_id, ASKED_AS));
	/* a decision is no answer to an initiation */
	work("row2", "INITIATE", 0, false);
	answer_to(the_call()->call, 200, answer_body("pa_response_approved"));
	cr_expect(text_is(decision().outcome, "RETRY"));
	reading_done(&told);
	end();
}

CASE(courier_remote, a_denial_passes_with_its_reason_only)
{
	struct case_decision said;
	struct text body;
	struct buffer silent;
	const char *from, *to;

	begin();
	work("row", "SUBMIT", 0, false);
	body = answer_body("pa_response_denied");
	answer_to(the_call()->call, 200, body);
	said = decision();
	cr_expect(text_is(said.outcome, "DENIED") && said.reason.n && said.message.n && text_is(said.e_appeal, "Y"));
	from = memmem(body.at, body.n, "<PANote>Example", 15);
	cr_assert(from);
	to = strstr(from, "</PANote>");
	buffer_init(&silent, &reading.arena, 0);
	buffer_add(&silent, (struct text){ body.at, (size_t)(from - body.at) });
	buffer_lit(&silent, "<PANote> ");
	buffer_add(&silent, (struct text){ to, body.n - (size_t)(to - body.at) });
	work("row2", "SUBMIT", 0, false);
	answer_to(the_call()->call, 200, buffer_text(&silent));
	said = decision();
	cr_expect(text_is(said.outcome, "DENIED") && !said.reason.n && !said.message.n, "the ledger refuses and counts it; nothing is passed on");
	end();
}

CASE(courier_remote, the_second_is_asked_when_the_first_is_not_heard)
{
	begin();
	backends[0].second = text_lit("other");
	work("row", "INITIATE", 0, false);
	answer_to(the_call()->call, 0, text_lit(""));
	cr_assert(the_call() && text_is(the_call()->url, "https://other.example/script"));
	cr_expect(!text_there(decision().outcome));
	answer_to(the_call()->call, 200, text_lit(HEAD(OURS) STATUS TAIL));
	cr_expect(text_is(decision().outcome, "ACCEPTED") && text_is(decision().backend, "other"), "the ledger hears who has it");
	/* a refusal is an answer: nobody else is asked */
	work("row2", "INITIATE", 0, false);
	answer_to(the_call()->call, 200, text_lit(HEAD(OURS) ERROR("900", "no") TAIL));
	cr_expect(!the_call() && text_is(decision().outcome, "FAILED"));
	end();
}

/* Two payers would decide one case. */
CASE(courier_remote, what_a_backend_has_is_not_asked_of_the_second)
{
	static const struct {
		const char *state;
		bool awaited, same;
		const char *outcome; /* NULL: the second is asked */
	} rows[] = {
		{ NULL, true, false, "ACCEPTED" },
		{ "OPEN", false, false, "RETRY" },
		{ "OPEN", false, true, NULL },
		{ NULL, true, true, NULL },
		{ NULL, false, false, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin();
		backends[0].second = text_lit("other");
		if (rows[i].same)
			backends[1].id = backends[0].id;
		state_before = rows[i].state;
		work("row", "INITIATE", 0, rows[i].awaited);
		answer_to(the_call()->call, 503, text_lit(""));
		cr_expect_eq(the_call() != NULL, rows[i].outcome == NULL, "row %zu", i);
		cr_expect(text_is(decision().outcome, rows[i].outcome ? rows[i].outcome : ""), "row %zu", i);
		state_before = NULL;
		end();
	}
}

CASE(courier_remote, an_answer_about_another_case_is_not_passed_on)
{
	struct text body;
	struct buffer other;
	const char *at;

	begin();
	work("row", "INITIATE", 0, false);
	body = answer_body("pa_initiation_response_open");
	at = memmem(body.at, body.n, "PAREF0001", 9);
	cr_assert(at);
	buffer_init(&other, &reading.arena, 0);
	buffer_add(&other, (struct text){ body.at, (size_t)(at - body.at) });
	buffer_lit(&other, "PAREF0009");
	buffer_add(&other, (struct text){ at + 9, body.n - (size_t)(at + 9 - body.at) });
	answer_to(the_call()->call, 200, buffer_text(&other));
	cr_expect(text_is(decision().outcome, "RETRY") && !decision().message.n, "it would be about another patient");
	end();
}

CASE(courier_remote, a_breaker_opens_tries_one_and_closes)
{
	begin();
	for (int i = 0; i < BREAKER_FAILURES; i++) {
		work("row", "INITIATE", 0, false);
		cr_assert(the_call(), "%d", i);
		answer_to(the_call()->call, 0, text_lit(""));
	}
	work("row", "INITIATE", 0, false);
	cr_expect(!the_call() && text_is(decision().outcome, "RETRY"), "open: not asked");
	ask("PRICE", "rtpb", price, now.mono_ms + 3000);
	cr_assert(the_call(), "another address of it has a breaker of its own");
	answer_to(the_call()->call, 500, text_lit(""));
	tick(BREAKER_FIRST_MS);
	work("row", "INITIATE", 0, false);
	cr_assert(the_call(), "half open: one is tried");
	answer_to(the_call()->call, 200, text_lit(HEAD(OURS) STATUS TAIL));
	work("row2", "INITIATE", 0, false);
	cr_expect(the_call(), "closed");
	end();
}

CASE(courier_remote, so_many_at_once)
{
	uint64_t first;

	begin();
	work("row1", "INITIATE", 0, false);
	first = the_call()->call;
	work("row1", "INITIATE", 0, false);
	cr_expect(!the_call(), "the same row is under way");
	work("row2", "INITIATE", 0, false);
	cr_expect(the_call());
	work("row3", "INITIATE", 0, false);
	cr_expect(!the_call(), "both places are taken");
	answer_to(first, 200, text_lit(HEAD(OURS) STATUS TAIL));
	cr_expect(the_call(), "one is free");
	work("row4", "INITIATE", 0, false);
	tick(10000);
	cr_expect(text_is(decision().outcome, "RETRY"), "it waited long enough");
	end();
}

/* Without new questions the repeats run out, and come back slowly. */
CASE(courier_remote, repeats_are_a_part_of_what_is_asked)
{
	int made = 0, held = 0;

	begin();
	for (int i = 0; i < 60; i++) {
		work("row", "INITIATE", 1, false);
		if (the_call()) {
			made++;
			answer_to(the_call()->call, 503, text_lit(""));
		} else {
			held++;
			cr_expect(text_is(decision().outcome, "RETRY"));
		}
	}
	cr_expect(made == 10 && held == 50, "%d made, %d held back", made, held);
	tick(5000);
	work("row", "INITIATE", 1, false);
	cr_assert(the_call(), "one for free after a while");
	answer_to(the_call()->call, 503, text_lit(""));
	for (int i = 0; i < 10; i++) {
		work("row", "INITIATE", 0, false);
		cr_assert(the_call(), "first posts are not held back");
		answer_to(the_call()->call, 200, text_lit(HEAD(OURS) STATUS TAIL));
	}
	work("row", "INITIATE", 1, false);
	cr_expect(the_call(), "ten of them earned one");
	end();
}

/* -- prices, and what is forwarded -- */

static struct text reply(const char **fault)
{
	static char name[40];

	for (size_t i = 0; i < outbox.n; i++)
		if (outbox.outs[i].kind == OUT_SEND && outbox.outs[i].type == TYPE_REPLY) {
			cr_expect(outbox.outs[i].peer.kind == ROLE_EDGE && outbox.outs[i].envelope.slot == 7);
			*fault = text_to_z(outbox.outs[i].envelope.fault, name, sizeof(name));
			return outbox.outs[i].payload;
		}
	*fault = "none said";
	return TEXT_NONE;
}

static struct text price_answer(const char *relates)
{
	struct text whole = fixture("good/rtpb", "response", "xml", &reading.arena);
	struct buffer out;
	const char *from = memmem(whole.at, whole.n, "<RelatesToMessageID>", 20), *to;

	cr_assert(from);
	from += 20;
	to = strchr(from, '<');
	buffer_init(&out, &reading.arena, whole.n);
	buffer_add(&out, (struct text){ whole.at, (size_t)(from - whole.at) });
	buffer_add(&out, text_of(relates));
	buffer_add(&out, (struct text){ to, whole.n - (size_t)(to - whole.at) });
	return buffer_text(&out);
}

CASE(courier_remote, a_price_goes_and_comes_under_the_right_heads)
{
	struct reading asked, got;
	const char *fault;

	begin();
	reading_init(&asked);
	reading_init(&got);
	ask("PRICE", "rtpb", price, now.mono_ms + 3000);
	cr_assert(the_call() && text_is(the_call()->url, "https://first.example/rtpb"));
	cr_expect(the_call()->deadline_ms <= now.mono_ms + 2700);
	cr_assert(reading_of(&asked, NCPDP_RTPB, the_call()->payload));
	cr_expect(text_is(asked.message.rtpb->header->message_id, ASKED_AS));
	cr_expect(text_is(asked.message.rtpb->header->from->primary->identification, "US"));
	answer_to(the_call()->call, 200, price_answer(ASKED_AS));
	cr_assert(reading_of(&got, NCPDP_RTPB, reply(&fault)));
	cr_expect_str_eq(fault, "");
	cr_expect(text_is(got.message.rtpb->header->relates_to_message_id, "0F0E0D0C0B0A09080706050403020100"));
	cr_expect(text_is(got.message.rtpb->header->message_id, TRACE ".0"));
	reading_done(&asked);
	reading_done(&got);
	end();
}

CASE(courier_remote, a_price_that_cannot_be_had_is_refused_in_time)
{
	static const struct {
		int status;
		const char *body; /* NULL: a price for somebody else */
	} rows[] = { { 0, "" }, { 500, "" }, { 200, "" }, { 200, "<html/>" }, { 404, "no" }, { 200, NULL } };
	const char *fault;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct reading got;

		begin();
		reading_init(&got);
		backends[0].second = text_lit("other");
		ask("PRICE", "rtpb", price, now.mono_ms + 3000);
		cr_expect(the_call()->deadline_ms <= now.mono_ms + 1500, "half of the time is for the second");
		answer_to(the_call()->call, rows[i].status, rows[i].body ? text_of(rows[i].body) : price_answer("other"));
		cr_assert(the_call() && text_is(the_call()->url, "https://other.example/rtpb"), "row %zu", i);
		answer_to(the_call()->call, rows[i].status, rows[i].body ? text_of(rows[i].body) : price_answer("other"));
		cr_assert(reading_of(&got, NCPDP_RTPB, reply(&fault)), "row %zu", i);
		cr_expect(got.message.kind == NCPDP_RTPB_RESPONSE);
		cr_expect_str_eq(fault, "PEER_DOWN");
		reading_done(&got);
		end();
	}
	begin();
	ask("PRICE", "rtpb", price, now.mono_ms - 1);
	cr_expect_eq(outbox.n, 0, "too late for anybody to wait");
	end();
}

CASE(courier_remote, a_forwarded_message_is_not_touched)
{
	static const char body[] = HEAD("") "<NewRx><Any thing='1'/><!-- kept --></NewRx>" TAIL;
	const char *fault;

	begin();
	backends[0].second = text_lit("other");
	ask("FORWARD", "script", text_of(body), now.mono_ms + 10000);
	cr_assert(the_call() && text_is(the_call()->payload, body));
	answer_to(the_call()->call, 200, text_lit("<!-- whatever --><x/>"));
	cr_expect(text_is(reply(&fault), "<!-- whatever --><x/>") && *fault == '\0');
	ask("FORWARD", "script", text_of(body), now.mono_ms + 10000);
	answer_to(the_call()->call, 0, text_lit(""));
	cr_expect(!the_call(), "it may have arrived: not to the second too");
	reply(&fault);
	cr_expect_str_eq(fault, "PEER_DOWN");
	end();
}

CASE(courier_remote, stop_gives_back_what_waits)
{
	const char *fault;

	begin();
	work("row1", "INITIATE", 0, false);
	work("row2", "INITIATE", 0, false);
	work("row3", "INITIATE", 0, false);
	step(&(struct input){ .kind = IN_STOP });
	cr_expect(text_is(decision().outcome, "RETRY") && !outbox.idle);
	ask("PRICE", "rtpb", price, now.mono_ms + 3000);
	reply(&fault);
	cr_expect_str_eq(fault, "BUSY");
	end();
}

CASE(courier_remote, counts_are_there_for_the_metrics)
{
	struct counters counters = { 0 };

	begin();
	work("row", "INITIATE", 0, false);
	courier_role.count(state, &counters);
	cr_assert_eq(counters.backends_n, 1);
	cr_expect(text_is(counters.backends[0].name, "first") && counters.backends[0].posts == 1 && counters.backends[0].in_flight == 1);
	answer_to(the_call()->call, 0, text_lit(""));
	courier_role.count(state, &counters);
	cr_expect(counters.backends[0].unheard == 1 && counters.backends[0].in_flight == 0);
	end();
}
