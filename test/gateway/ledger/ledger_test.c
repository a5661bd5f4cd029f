/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger takes messages in, one promise at a time: what is answered is kept, whatever fails. */
#include "test/gateway/ledger/ledger_steps.h"

/* -- taking messages in -- */

ON_BENCH(ledger, nothing_leaves_before_the_commit)
{
	bench_peer(&bench, ROLE_PAYER, true);
	initiate(FETCHER, "m1", "ref1");
	cr_expect_eq(bench.outbox.n, 0);
	initiate(FETCHER, "m2", "ref2");
	cr_expect_eq(bench.outbox.n, 0);
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 2);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 2);
	cr_expect(text_is(bench_out(&bench, TYPE_REPLY, 0)->payload, ACCEPTED));
	cr_expect_eq(bench_out(&bench, TYPE_REPLY, 0)->envelope.slot, 1);
	cr_expect_eq(bench_out(&bench, TYPE_REPLY, 1)->envelope.slot, 2);
	cr_expect(text_is(bench_work(&bench, 0).reply_id, "00000000000000000000000000000001.1"));
	cr_expect(text_is(bench_work(&bench, 0).case_id, "PA-00000000000000000000000000000001"));
	expect_state(FETCHER, "INITIATED", 1);
}

ON_BENCH(ledger, what_was_not_committed_when_the_power_went_never_happened)
{
	struct pa_case at;

	initiate(FETCHER, "m1", "ref1");
	bench_crash(&bench);
	cr_expect(!bench_case(&bench, FETCHER, "ref1", &at));
	initiate(FETCHER, "m1", "ref1"); /* the edge sends it again */
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), ACCEPTED);
	expect_state(FETCHER, "INITIATED", 1);
}

ON_BENCH(ledger, a_repeated_message_gets_the_same_answer_and_opens_nothing)
{
	asked(FETCHER);
	initiate(FETCHER, "m1", "ref1");
	cr_expect_eq(bench.outbox.n, 0);
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED);
	cr_expect_str_eq(fault, "");
	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	initiate(FETCHER, "m1", "ref1");
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), ACCEPTED);
	expect_state(FETCHER, "INITIATED", 1);
}

ON_BENCH(ledger, a_repetition_in_the_same_batch_is_one_message)
{
	bench_peer(&bench, ROLE_PAYER, true);
	initiate(FETCHER, "m1", "ref1");
	initiate(FETCHER, "m1", "ref1");
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 2);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 1);
}

ON_BENCH(ledger, a_used_message_id_with_another_body_is_refused)
{
	asked(FETCHER);
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m1", "otherhash", "ref2" });
	bench_drain(&bench);
	cr_expect(strstr(bench_reply(&bench, &fault), "<Error>"));
	cr_expect_str_eq(fault, "REUSED_ID");
	/* the same id of another partner is another message */
	bench_event(&bench, (struct event_of){ "INITIATE", CALLER, "m1", "otherhash", "ref2" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED);
}

ON_BENCH(ledger, a_message_out_of_turn_is_refused_and_stays_refused)
{
	struct case_work work = asked(FETCHER);

	initiate(FETCHER, "m2", "ref1");
	bench_drain(&bench);
	cr_expect(strstr(bench_reply(&bench, &fault), "<Error>"));
	cr_expect_str_eq(fault, "CASE_STATE");
	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	initiate(FETCHER, "m2", "ref1"); /* would now make sense, but was answered */
	bench_drain(&bench);
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "CASE_STATE");
	initiate(FETCHER, "m3", "ref1"); /* a new one is taken on its merits */
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED);
	expect_state(FETCHER, "INITIATED", 3);
}

ON_BENCH(ledger, a_case_id_that_is_unknown_or_of_another_is_refused)
{
	struct case_work work = asked(FETCHER);
	char id[40];

	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "m2", .case_id = "PA-0" });
	bench_drain(&bench);
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "UNKNOWN_CASE");
	bench_decide(&bench, &work, "OPEN", NULL);
	text_to_z(work.case_id, id, sizeof(id));
	bench_event(&bench, (struct event_of){ "SUBMIT", CALLER, "m2", .case_id = id });
	bench_drain(&bench);
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "UNKNOWN_CASE");
	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "m3", .case_id = id });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED);
	expect_state(FETCHER, "SUBMITTED", 3);
	cr_expect(text_is(bench_work(&bench, 0).event, "SUBMIT"));
}

ON_BENCH(ledger, a_request_nobody_asked_for_opens_a_case)
{
	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "m1", .reference = "ref1" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED);
	expect_state(FETCHER, "SUBMITTED", 1);
}

ON_BENCH(ledger, a_message_past_its_deadline_is_refused_and_not_stored)
{
	struct pa_case at;

	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m1", .reference = "ref1", .deadline_ms = bench.now.mono_ms });
	bench_drain(&bench);
	cr_expect(strstr(bench_reply(&bench, &fault), "<Error>"));
	cr_expect_str_eq(fault, "TIMEOUT");
	cr_expect(!bench_case(&bench, FETCHER, "ref1", &at));
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m1", .reference = "ref1",
		.deadline_ms = bench.now.mono_ms + LEDGER_COMMIT_MS - 1 }); /* it could pass before the commit */
	bench_drain(&bench);
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "TIMEOUT");
	cr_expect(!bench_case(&bench, FETCHER, "ref1", &at));
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m1", .reference = "ref1",
		.deadline_ms = bench.now.mono_ms + LEDGER_COMMIT_MS });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), ACCEPTED);
}

static int64_t late(void)
{
	struct counters counters = { 0 };

	ledger_role.count(bench.state, &counters);
	return counters.late;
}

ON_BENCH(ledger, a_commit_that_comes_too_late_stands_and_its_answer_is_only_late)
{
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m1", .reference = "ref1",
		.deadline_ms = bench.now.mono_ms + LEDGER_COMMIT_MS });
	bench_pass(&bench, LEDGER_COMMIT_MS - 1);
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), ACCEPTED);
	cr_expect_eq(late(), 0);
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m2", .reference = "ref2",
		.deadline_ms = bench.now.mono_ms + LEDGER_COMMIT_MS });
	bench_pass(&bench, 10 * LEDGER_COMMIT_MS); /* the disk takes its time */
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED);
	cr_expect_str_eq(fault, "");
	cr_expect_eq(late(), 1);
	initiate(FETCHER, "m2", "ref2"); /* its sender was told to try again */
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), ACCEPTED);
	expect_state(FETCHER, "INITIATED", 1);
}

/* -- when the store fails -- */

ON_BENCH(ledger, a_full_store_refuses_each_waiting_message_and_takes_them_later)
{
	struct pa_case at;

	initiate(FETCHER, "m1", "ref1");
	initiate(FETCHER, "m2", "ref2");
	store_memory_fail(bench.store, FAULT_STORE_FULL, false);
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 2);
	for (size_t i = 0; i < 2; i++) {
		cr_expect(text_is(bench_out(&bench, TYPE_REPLY, i)->envelope.fault, "STORE_FULL"));
		cr_expect(strstr(bench_out(&bench, TYPE_REPLY, i)->payload.at, "<Error>"));
	}
	cr_expect(!bench_case(&bench, FETCHER, "ref1", &at));
	initiate(FETCHER, "m1", "ref1");
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), ACCEPTED);
}

ON_BENCH(ledger, a_full_store_loses_no_decision)
{
	struct case_work work = asked(FETCHER);

	bench_decide(&bench, &work, "OPEN", NULL);
	store_memory_fail(bench.store, FAULT_STORE_FULL, false);
	bench_drain(&bench);
	expect_state(FETCHER, "INITIATED", 1);
	bench_pass(&bench, 10001);
	bench_tick(&bench);
	work = bench_work(&bench, 0);
	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	expect_state(FETCHER, "OPEN", 2);
}

ON_BENCH(ledger, after_an_unknown_commit_nothing_leaves_and_the_process_ends)
{
	for (int applied = 0; applied < 2; applied++) {
		char id[8] = { 'm', (char)('0' + applied), 0 };

		initiate(FETCHER, id, id);
		store_memory_fail(bench.store, FAULT_STORE_UNKNOWN, applied);
		bench_drain(&bench);
		cr_expect(bench.outbox.ended);
		cr_expect_eq(bench.outbox.n, 0);
		initiate(FETCHER, "m9", "ref9");
		cr_expect(bench.outbox.ended);
		bench_crash(&bench);
		initiate(FETCHER, id, id);
		bench_drain(&bench);
		cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED);
		cr_expect_str_eq(fault, "");
	}
}

/* -- ending -- */

ON_BENCH(ledger, stopping_commits_what_is_in_hand)
{
	initiate(FETCHER, "m1", "ref1");
	bench_step(&bench, &(struct input){ .kind = IN_STOP });
	cr_expect_str_eq(bench_reply(&bench, NULL), ACCEPTED);
	cr_expect(bench.outbox.idle);
}
