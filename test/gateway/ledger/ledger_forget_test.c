/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that only serve a repetition are forgotten in their time, the others never. */
#include "test/gateway/ledger/ledger_steps.h"

/* -- forgetting answers -- */

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* Lets `days` pass, and everything be done that is then due. */
static void pass_days(int days)
{
	bench_pass(&bench, (int64_t)days * DAY_MS);
	for (int i = 0; i < 6; i++) {
		bench_tick(&bench);
		bench_drain(&bench);
		bench_pass(&bench, 20);
	}
}

static size_t stored(const char *prefix)
{
	struct store_walk *walk = store_walk_new(bench.store, text_of(prefix), TEXT_NONE);
	struct text key, value;
	struct fault why;
	size_t n = 0;

	while (store_walk_next(walk, &key, &value))
		n++;
	cr_assert(store_walk_free(walk, &why));
	return n;
}

ON_BENCH(ledger_forget, an_answer_is_kept_for_a_week_and_that_of_a_case_as_long_as_the_case)
{
	struct pa_case at;

	asked(FETCHER);
	fetch("f1", NULL);
	bench_event(&bench, (struct event_of){ "NOTE", FETCHER, "n1" });
	initiate(FETCHER, "m2", "ref1"); /* refused: out of turn */
	bench_drain(&bench);
	cr_expect_eq(stored("d/"), 4);
	pass_days(7);
	cr_expect_eq(stored("d/"), 4);
	bench_event(&bench, (struct event_of){ "NOTE", FETCHER, "n1", "otherhash" });
	bench_drain(&bench);
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "REUSED_ID");
	pass_days(2);
	cr_expect_eq(stored("d/"), 1);
	cr_expect_eq(stored("e/"), 0);
	bench_check(&bench);
	cr_assert(bench_case(&bench, FETCHER, "ref1", &at)); /* its clock has moved its version meanwhile */
	initiate(FETCHER, "m1", "ref1");
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED, "what opened a case never opens another");
	cr_expect_str_eq(fault, "");
	expect_state(FETCHER, "INITIATED", at.version);
	bench_event(&bench, (struct event_of){ "NOTE", FETCHER, "n1", "otherhash" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED, "an id that was forgotten is new again");
	bench_check(&bench);
}

ON_BENCH(ledger_forget, many_answers_are_forgotten_some_at_a_time_and_a_full_store_keeps_them)
{
	for (int i = 0; i < 600; i++) {
		char id[16];

		snprintf(id, sizeof(id), "n%d", i);
		bench_event(&bench, (struct event_of){ "NOTE", FETCHER, id });
	}
	bench_drain(&bench);
	bench_pass(&bench, 9 * (int64_t)DAY_MS);
	bench_tick(&bench); /* as much as is due at once goes into the batch */
	store_memory_fail(bench.store, FAULT_STORE_FULL, false);
	bench_drain(&bench);
	cr_expect_eq(stored("d/"), 600);
	for (size_t left = 600; left; ) {
		bench_pass(&bench, 20);
		bench_tick(&bench);
		bench_drain(&bench);
		cr_assert_leq(left - stored("d/"), 256);
		cr_assert_lt(stored("d/"), left);
		left = stored("d/");
		bench_check(&bench);
	}
	bench_crash(&bench);
	cr_expect_eq(stored("e/"), 0);
}

ON_BENCH(ledger_forget, a_steady_stream_is_committed_without_a_pause)
{
	size_t replies = 0;

	for (int i = 0; i < 200; i++) {
		char id[24];

		snprintf(id, sizeof(id), "m%d", i);
		initiate(FETCHER, id, id);
		replies += bench_sent(&bench, TYPE_REPLY);
	}
	cr_expect_geq(replies, 128);
	initiate(FETCHER, "last", "last");
	bench_pass(&bench, 10);
	bench_tick(&bench);
	cr_expect_gt(bench_sent(&bench, TYPE_REPLY), 0);
}

ON_BENCH(ledger_forget, what_is_no_case_message_is_answered_with_an_error)
{
	struct envelope envelope = { .edge = text_lit("edge.0"), .slot = 5 };

	bench_step(&bench, &(struct input){ .kind = IN_MESSAGE, .peer = { ROLE_WORKER, 0 }, .type = TYPE_EVENT,
		.envelope = &envelope, .payload = text_lit("\xc1rubbish") });
	bench_drain(&bench);
	cr_expect(strstr(bench_reply(&bench, &fault), "<Error>"));
	cr_expect_str_eq(fault, "INTERNAL");
}

ON_BENCH(ledger_forget, a_note_is_kept_and_answered)
{
	bench_event(&bench, (struct event_of){ "NOTE", FETCHER, "m1" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), ACCEPTED);
}
