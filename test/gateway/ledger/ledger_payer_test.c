/* SPDX-License-Identifier: Apache-2.0 */
/* PAS cases that a remote payer decides, in the ledger: their answers, the names that the payer has for them, and its news. */
#include "test/gateway/ledger/ledger_steps.h"
#include "test/gateway/pas_sample.h"

#define CLIENT "FHIR:ehr"
#define OTHER "FHIR:other"

static struct backend backends[] = {
	{ .name = { "payer", 5 }, .id = { "PY:PAYER", 8 }, .our_id = { "ZZZ:US", 6 }, .fhir = { "https://p.example/fhir", 22 }, .answer_ms = 3600000 },
	{ .name = { "elsewhere", 9 }, .id = { "PY:ELSE", 7 }, .our_id = { "ZZZ:US", 6 }, .fhir = { "https://e.example/fhir", 22 } },
};
static const struct config config = { .backends = backends, .backends_n = 2 };

#define AT_PAYER(name)                             \
	static void on_bench_##name(void);         \
	CASE(ledger_payer, name)                   \
	{                                          \
		bench_open_with(&bench, &config);  \
		bench_peer(&bench, ROLE_COURIER, true); \
		on_bench_##name();                 \
		bench_close(&bench);               \
	}                                          \
	static void on_bench_##name(void)

static struct case_work submitted(const char *message_id, const char *reference)
{
	bench_event(&bench, (struct event_of){ "SUBMIT", CLIENT, message_id, .body = message_id, .reference = reference, .backend = "payer",
		.json = pas_sample(message_id, &bench.arena), .key = "key1", .deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	cr_assert_eq(bench_sent(&bench, TYPE_WORK), 1);
	cr_assert_eq(bench_out(&bench, TYPE_WORK, 0)->peer.kind, ROLE_COURIER);
	return bench_work(&bench, 0);
}

static struct text decided(const struct case_work *work, const char *outcome, const char *action, const char *number, const char *claim_key)
{
	struct text answer = pas_sample_answer(work->body, action, strcmp(outcome, "DENIED") == 0 ? "why" : NULL, &bench.arena);

	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = work->row, .case_id = work->case_id, .outcome = text_of(outcome),
		.message = answer, .backend = text_lit("payer"), .backend_case_id = text_of(number), .claim_key = text_of(claim_key),
		.reason = strcmp(outcome, "DENIED") == 0 ? text_lit("why") : TEXT_NONE, .again_ms = 3600000 });
	bench_drain(&bench);
	return answer;
}

static struct case_work asked_about;

/* How many cases are asked about at once; the last of them is in asked_about. */
static size_t news(const char *backend, const char *number, const char *claim_key)
{
	size_t n;

	bench_event(&bench, (struct event_of){ "NEWS", "NEWS:x", "n1", .case_id = number, .relates_to = claim_key, .backend = backend,
		.json = text_lit("{}") });
	n = bench_sent(&bench, TYPE_WORK);
	if (n)
		asked_about = bench_work(&bench, n - 1);
	bench_drain(&bench);
	return n + bench_sent(&bench, TYPE_WORK);
}

AT_PAYER(the_payers_answer_is_the_submitters)
{
	struct case_work work = submitted("b1", "ref1");
	struct text answer;
	int64_t status;

	cr_expect(text_is(work.standard, "PAS") && text_is(work.backend, "payer") && pas_holds(work.body, "\"Claim\""));
	answer = decided(&work, "APPROVED", "A1", "THEIRS-1", "U1");
	cr_assert_eq(bench_sent(&bench, TYPE_REPLY), 1);
	cr_expect(text_equal(bench_answer(&bench, 0, &status), answer));
	cr_expect_eq(status, 200);
	expect_state(CLIENT, "APPROVED", 2);
}

AT_PAYER(what_is_pended_is_asked_about_when_there_is_news)
{
	static const struct {
		const char *backend, *number, *claim_key;
		size_t asked;
	} rows[] = {
		{ "payer", "THEIRS-9", "U9", 0 },
		{ "elsewhere", "THEIRS-1", "U1", 0 },
		{ "payer", NULL, NULL, 0 },
		{ "payer", "THEIRS-1", NULL, 1 },
	};
	struct case_work work = submitted("b1", "ref1");

	decided(&work, "IN_PROCESS", "A4", "THEIRS-1", "U1");
	expect_state(CLIENT, "IN_PROCESS", 2);
	cr_assert_eq(bench_sent(&bench, TYPE_WORK), 0, "not before it is due");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cr_expect_eq(news(rows[i].backend, rows[i].number, rows[i].claim_key), rows[i].asked, "row %zu", i);
		cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 1, "row %zu: it is taken all the same", i);
	}
	work = asked_about;
	cr_expect(work.awaited && text_is(work.backend_case_id, "THEIRS-1"));
	cr_expect_eq(news("payer", "THEIRS-1", NULL), 0, "it is being asked about already");
	decided(&work, "IN_PROCESS", "A4", "THEIRS-1", "U1");
	expect_state(CLIENT, "IN_PROCESS", 2);
	cr_assert_eq(news("payer", NULL, "U1"), 1, "by the Claim it was given");
	work = asked_about;
	decided(&work, "DENIED", "A3", NULL, "U1");
	expect_state(CLIENT, "DENIED", 3);
	cr_expect_eq(news("payer", "THEIRS-1", NULL), 0, "it is decided");
}

AT_PAYER(the_payers_number_is_as_good_as_ours)
{
	struct case_work work = submitted("b1", "ref1");
	struct pa_case at;
	int64_t status;

	decided(&work, "APPROVED", "A1", "THEIRS-1", "U1");
	bench_event(&bench, (struct event_of){ "INQUIRE", CLIENT, "q1", .case_id = "THEIRS-1", .json = text_lit("{}") });
	bench_drain(&bench);
	cr_expect(pas_holds(bench_answer(&bench, 0, &status), "\"ClaimResponse\""));
	bench_event(&bench, (struct event_of){ "INQUIRE", OTHER, "q2", .case_id = "THEIRS-1", .json = text_lit("{}") });
	bench_drain(&bench);
	cr_expect(!pas_holds(bench_answer(&bench, 0, &status), "\"ClaimResponse\""), "whose it is not");
	bench_event(&bench, (struct event_of){ "CANCEL", CLIENT, "c1", .case_id = "THEIRS-1", .json = pas_sample("c1", &bench.arena),
		.deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	cr_assert_eq(bench_sent(&bench, TYPE_WORK), 1);
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.event, "CANCEL") && text_is(work.backend_case_id, "THEIRS-1"));
	decided(&work, "CANCELLED", "C", NULL, NULL);
	cr_assert(bench_case(&bench, CLIENT, "ref1", &at));
	cr_expect(text_is(at.state, "CANCELLED"));
}

static void numbered(const char *client, const char *message_id, const char *backend, const char *number)
{
	struct case_work work;

	bench_event(&bench, (struct event_of){ "SUBMIT", client, message_id, .body = message_id, .reference = message_id, .backend = backend,
		.json = pas_sample(message_id, &bench.arena), .deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = work.row, .case_id = work.case_id, .outcome = text_lit("IN_PROCESS"),
		.message = pas_sample_answer(work.body, "A4", NULL, &bench.arena), .backend = text_of(backend), .backend_case_id = text_of(number),
		.again_ms = 3600000 });
	bench_drain(&bench);
}

static bool found_by(const char *client, const char *message_id, const char *number)
{
	int64_t status;

	bench_event(&bench, (struct event_of){ "INQUIRE", client, message_id, .case_id = number, .json = text_lit("{}") });
	bench_drain(&bench);
	return pas_holds(bench_answer(&bench, 0, &status), "\"ClaimResponse\"");
}

AT_PAYER(two_payers_may_give_one_number)
{
	int64_t status;

	numbered(OTHER, "b1", "payer", "SAME-1");
	numbered(CLIENT, "b2", "elsewhere", "SAME-1");
	cr_expect(found_by(CLIENT, "q1", "SAME-1") && found_by(OTHER, "q2", "SAME-1"), "each finds its own");
	numbered(CLIENT, "b3", "payer", "SAME-2");
	numbered(CLIENT, "b4", "elsewhere", "SAME-2");
	cr_expect(!found_by(CLIENT, "q3", "SAME-2"), "it may be about either patient");
	bench_event(&bench, (struct event_of){ "CANCEL", CLIENT, "c1", .case_id = "SAME-2", .json = pas_sample("c1", &bench.arena),
		.deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	bench_answer(&bench, 0, &status);
	cr_expect(status >= 400, "%d", (int)status);
}

AT_PAYER(a_denial_without_a_reason_goes_no_further)
{
	struct case_work work = submitted("b1", "ref1");

	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = work.row, .case_id = work.case_id, .outcome = text_lit("DENIED"),
		.backend = text_lit("payer") });
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0);
	expect_state(CLIENT, "SUBMITTED", 1);
	cr_expect_eq(bench_audited(&bench, "REFUSED", "NO_REASON"), 1);
}

AT_PAYER(what_was_sent_is_sent_again_after_a_crash)
{
	struct case_work first = submitted("b1", "ref1"), again;

	bench_crash(&bench);
	bench_peer(&bench, ROLE_COURIER, true);
	cr_assert_eq(bench_sent(&bench, TYPE_WORK), 1);
	again = bench_work(&bench, 0);
	cr_expect(text_equal(again.reply_id, first.reply_id) && text_equal(again.body, first.body), "the payer knows it again");
	decided(&again, "APPROVED", "A1", NULL, "U1");
	expect_state(CLIENT, "APPROVED", 2);
}

AT_PAYER(two_cases_may_be_pended)
{
	struct case_work first = submitted("b1", "ref1"), second;

	decided(&first, "IN_PROCESS", "A4", "THEIRS-1", "U1");
	second = submitted("b2", "ref2");
	decided(&second, "IN_PROCESS", "A4", "THEIRS-2", "U2");
	expect_state(CLIENT, "IN_PROCESS", 2);
}
