/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger, one promise at a time. Every case ends with a sound store (bench_close). */
#include "test/gateway/ledger_bench.h"

#include "gateway/ledger.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

static struct ledger_bench bench;
static const char *fault;

#define ON_BENCH(name)                          \
	static void on_bench_##name(void);      \
	CASE(ledger, name)                      \
	{                                       \
		bench_open(&bench);             \
		on_bench_##name();              \
		bench_close(&bench);            \
	}                                       \
	static void on_bench_##name(void)

static const char accepted[] = "<Status>accepted</Status>";
static const char decided[] = "<Message>decided</Message>";

static void initiate(const char *partner, const char *message_id, const char *reference)
{
	bench_event(&bench, (struct event_of){ "INITIATE", partner, message_id, .reference = reference });
}

/* A case of `partner` whose first WORK is with the payer. */
static struct case_work asked(const char *partner)
{
	bench_peer(&bench, ROLE_PAYER, true);
	initiate(partner, "m1", "ref1");
	bench_drain(&bench);
	return bench_work(&bench, 0);
}

static void expect_state(const char *partner, const char *state, int64_t version)
{
	struct pa_case at;

	cr_assert(bench_case(&bench, partner, "ref1", &at));
	cr_expect(text_is(at.state, state), "%.*s", TEXT_ARGS(at.state));
	cr_expect_eq(at.version, version);
}

static const char *fetch(const char *message_id, const char *acknowledged)
{
	bench_event(&bench, (struct event_of){ "FETCH", FETCHER, message_id, .acknowledged = acknowledged });
	bench_drain(&bench);
	return bench_reply(&bench, &fault);
}

/* -- taking messages in -- */

ON_BENCH(nothing_leaves_before_the_commit)
{
	bench_peer(&bench, ROLE_PAYER, true);
	initiate(FETCHER, "m1", "ref1");
	cr_expect_eq(bench.outbox.n, 0);
	initiate(FETCHER, "m2", "ref2");
	cr_expect_eq(bench.outbox.n, 0);
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 2);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 2);
	cr_expect(text_is(bench_out(&bench, TYPE_REPLY, 0)->payload, accepted));
	cr_expect_eq(bench_out(&bench, TYPE_REPLY, 0)->envelope.slot, 1);
	cr_expect_eq(bench_out(&bench, TYPE_REPLY, 1)->envelope.slot, 2);
	cr_expect(text_is(bench_work(&bench, 0).reply_id, "00000000000000000000000000000001.1"));
	cr_expect(text_is(bench_work(&bench, 0).case_id, "PA-00000000000000000000000000000001"));
	expect_state(FETCHER, "INITIATED", 1);
}

ON_BENCH(what_was_not_committed_when_the_power_went_never_happened)
{
	struct pa_case at;

	initiate(FETCHER, "m1", "ref1");
	bench_crash(&bench);
	cr_expect(!bench_case(&bench, FETCHER, "ref1", &at));
	initiate(FETCHER, "m1", "ref1"); /* the edge sends it again */
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), accepted);
	expect_state(FETCHER, "INITIATED", 1);
}

ON_BENCH(a_repeated_message_gets_the_same_answer_and_opens_nothing)
{
	asked(FETCHER);
	initiate(FETCHER, "m1", "ref1");
	cr_expect_eq(bench.outbox.n, 0);
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), accepted);
	cr_expect_str_eq(fault, "");
	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	initiate(FETCHER, "m1", "ref1");
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), accepted);
	expect_state(FETCHER, "INITIATED", 1);
}

ON_BENCH(a_repetition_in_the_same_batch_is_one_message)
{
	bench_peer(&bench, ROLE_PAYER, true);
	initiate(FETCHER, "m1", "ref1");
	initiate(FETCHER, "m1", "ref1");
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 2);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 1);
}

ON_BENCH(a_used_message_id_with_another_body_is_refused)
{
	asked(FETCHER);
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m1", "otherhash", "ref2" });
	bench_drain(&bench);
	cr_expect(strstr(bench_reply(&bench, &fault), "<Error>"));
	cr_expect_str_eq(fault, "REUSED_ID");
	/* the same id of another partner is another message */
	bench_event(&bench, (struct event_of){ "INITIATE", CALLER, "m1", "otherhash", "ref2" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), accepted);
}

ON_BENCH(a_message_out_of_turn_is_refused_and_stays_refused)
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
	cr_expect_str_eq(bench_reply(&bench, &fault), accepted);
	expect_state(FETCHER, "INITIATED", 3);
}

ON_BENCH(a_case_id_that_is_unknown_or_of_another_is_refused)
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
	cr_expect_str_eq(bench_reply(&bench, &fault), accepted);
	expect_state(FETCHER, "SUBMITTED", 3);
	cr_expect(text_is(bench_work(&bench, 0).event, "SUBMIT"));
}

ON_BENCH(a_request_nobody_asked_for_opens_a_case)
{
	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "m1", .reference = "ref1" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), accepted);
	expect_state(FETCHER, "SUBMITTED", 1);
}

ON_BENCH(a_message_past_its_deadline_is_refused_and_not_stored)
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
	cr_expect_str_eq(bench_reply(&bench, NULL), accepted);
}

static int64_t late(void)
{
	struct counters counters = { 0 };

	ledger_role.count(bench.state, &counters);
	return counters.late;
}

ON_BENCH(a_commit_that_comes_too_late_stands_and_its_answer_is_only_late)
{
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m1", .reference = "ref1",
		.deadline_ms = bench.now.mono_ms + LEDGER_COMMIT_MS });
	bench_pass(&bench, LEDGER_COMMIT_MS - 1);
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), accepted);
	cr_expect_eq(late(), 0);
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m2", .reference = "ref2",
		.deadline_ms = bench.now.mono_ms + LEDGER_COMMIT_MS });
	bench_pass(&bench, 10 * LEDGER_COMMIT_MS); /* the disk takes its time */
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), accepted);
	cr_expect_str_eq(fault, "");
	cr_expect_eq(late(), 1);
	initiate(FETCHER, "m2", "ref2"); /* its sender was told to try again */
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), accepted);
	expect_state(FETCHER, "INITIATED", 1);
}

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

ON_BENCH(an_answer_is_kept_for_a_week_and_that_of_a_case_as_long_as_the_case)
{
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
	initiate(FETCHER, "m1", "ref1");
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), accepted, "what opened a case never opens another");
	cr_expect_str_eq(fault, "");
	expect_state(FETCHER, "INITIATED", 1);
	bench_event(&bench, (struct event_of){ "NOTE", FETCHER, "n1", "otherhash" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), accepted, "an id that was forgotten is new again");
	bench_check(&bench);
}

ON_BENCH(many_answers_are_forgotten_some_at_a_time_and_a_full_store_keeps_them)
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

ON_BENCH(a_steady_stream_is_committed_without_a_pause)
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

ON_BENCH(what_is_no_case_message_is_answered_with_an_error)
{
	struct envelope envelope = { .edge = text_lit("edge.0"), .slot = 5 };

	bench_step(&bench, &(struct input){ .kind = IN_MESSAGE, .peer = { ROLE_WORKER, 0 }, .type = TYPE_EVENT,
		.envelope = &envelope, .payload = text_lit("\xc1rubbish") });
	bench_drain(&bench);
	cr_expect(strstr(bench_reply(&bench, &fault), "<Error>"));
	cr_expect_str_eq(fault, "INTERNAL");
}

ON_BENCH(a_note_is_kept_and_answered)
{
	bench_event(&bench, (struct event_of){ "NOTE", FETCHER, "m1" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), accepted);
}

/* -- when the store fails -- */

ON_BENCH(a_full_store_refuses_each_waiting_message_and_takes_them_later)
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
	cr_expect_str_eq(bench_reply(&bench, NULL), accepted);
}

ON_BENCH(a_full_store_loses_no_decision)
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

ON_BENCH(after_an_unknown_commit_nothing_leaves_and_the_process_ends)
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
		cr_expect_str_eq(bench_reply(&bench, &fault), accepted);
		cr_expect_str_eq(fault, "");
	}
}

/* -- work and decisions -- */

ON_BENCH(work_waits_for_a_payer_and_is_sent_again_when_it_is_lost)
{
	struct case_work first;

	initiate(FETCHER, "m1", "ref1");
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	bench_peer(&bench, ROLE_PAYER, true);
	first = bench_work(&bench, 0);
	cr_expect_eq(bench_out(&bench, TYPE_WORK, 0)->envelope.received_ms, bench.now.wall_ms, "for how long it took");
	bench_peer(&bench, ROLE_PAYER, false);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	bench_peer(&bench, ROLE_PAYER, true); /* at once, not after the lease */
	cr_expect(text_equal(bench_work(&bench, 0).row, first.row));
	bench_pass(&bench, 9999);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	bench_pass(&bench, 1);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0, "lost twice: it may be what stops the payer");
	bench_pass(&bench, 1000);
	bench_tick(&bench);
	cr_expect(text_equal(bench_work(&bench, 0).row, first.row));
	cr_expect(text_equal(bench_work(&bench, 0).reply_id, first.reply_id));
	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	cr_expect(text_equal(bench_work(&bench, 0).row, first.row));
}

ON_BENCH(no_more_work_is_out_than_the_payer_has_room_for)
{
	size_t out = 0, window = (size_t)link_window(ROLE_LEDGER, ROLE_PAYER);
	struct case_work work = { 0 };

	bench_peer(&bench, ROLE_PAYER, true);
	for (size_t i = 0; i < window + 10; i++) {
		char id[24];

		snprintf(id, sizeof(id), "m%zu", i);
		initiate(FETCHER, id, id);
		bench_drain(&bench);
		out += bench_sent(&bench, TYPE_WORK);
		if (i == 0)
			work = bench_work(&bench, 0);
	}
	cr_expect_eq(out, window);
	bench_decide(&bench, &work, "CLOSED", NULL);
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 1);
	bench_pass(&bench, 10000); /* all leases end: the first ones go out again though others wait */
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), window);
}

ON_BENCH(a_decision_is_taken_once)
{
	struct case_work work = asked(FETCHER);

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	bench_decide(&bench, &work, "APPROVED", NULL);
	bench_drain(&bench);
	bench_crash(&bench);
	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	expect_state(FETCHER, "OPEN", 2);
	cr_expect_str_eq(fetch("f1", NULL), decided);
	cr_expect_str_eq(fetch("f2", NULL), accepted);
}

ON_BENCH(a_denial_without_a_reason_goes_nowhere_and_is_asked_again)
{
	struct case_work work = asked(FETCHER);
	static const char *const without[] = { NULL, "", "  " };

	for (size_t i = 0; i < 3; i++) {
		bench_decide(&bench, &work, i ? "DENIED" : "PARTIALLY_DENIED", without[i]);
		bench_drain(&bench);
		expect_state(FETCHER, "INITIATED", 1);
		cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
		bench_pass(&bench, 60000);
		bench_tick(&bench);
		work = bench_work(&bench, 0);
	}
	bench_decide(&bench, &work, "DENIED", "not covered for this diagnosis");
	bench_drain(&bench);
	expect_state(FETCHER, "DENIED", 2);
}

ON_BENCH(a_decision_about_another_case_or_of_no_kind_is_not_taken)
{
	struct case_work work = asked(FETCHER), other = work;

	other.case_id = text_lit("PA-0");
	bench_decide(&bench, &other, "APPROVED", NULL);
	bench_decide(&bench, &work, "PERHAPS", NULL);
	other = work;
	other.row = text_lit("c/PA-00000000000000000000000000000001");
	bench_decide(&bench, &other, "APPROVED", NULL);
	bench_drain(&bench);
	expect_state(FETCHER, "INITIATED", 1);
}

ON_BENCH(what_takes_longer_is_told_and_asked_again_when_due)
{
	struct case_work work = asked(FETCHER), again;

	bench_decide_again(&bench, &work, 5000);
	bench_drain(&bench);
	expect_state(FETCHER, "IN_PROCESS", 2);
	cr_expect_str_eq(fetch("f1", NULL), decided);
	bench_crash(&bench); /* the time it is due is kept */
	bench_peer(&bench, ROLE_PAYER, true);
	bench_pass(&bench, 4999);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	bench_pass(&bench, 1);
	bench_tick(&bench);
	again = bench_work(&bench, 0);
	cr_expect_eq(again.round, 1);
	cr_expect(text_is(again.reply_id, "00000000000000000000000000000001.2"));
	bench_decide(&bench, &again, "APPROVED", NULL);
	bench_drain(&bench);
	expect_state(FETCHER, "APPROVED", 3);
}

/* -- the mailbox -- */

ON_BENCH(a_fetched_item_is_lent_until_it_is_acknowledged)
{
	struct case_work work = asked(FETCHER);
	static const char answer_id[] = "00000000000000000000000000000001.1";

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	cr_expect_str_eq(fetch("f1", NULL), decided);
	cr_expect_str_eq(fetch("f1", NULL), decided, "the same question has the same answer");
	cr_expect_str_eq(fetch("f2", NULL), accepted);
	bench_pass(&bench, 5 * 60 * 1000);
	cr_expect_str_eq(fetch("f3", "no-such-id"), decided, "it was never acknowledged");
	cr_expect_str_eq(fetch("f4", answer_id), accepted);
	bench_pass(&bench, 5 * 60 * 1000);
	cr_expect_str_eq(fetch("f5", NULL), accepted);
	cr_expect_str_eq(fetch("f6", answer_id), accepted);
}

ON_BENCH(items_come_oldest_first_and_only_to_their_own_partner)
{
	struct case_work work = asked(FETCHER);

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ "FETCH", CALLER, "f1" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), accepted);
	cr_expect_str_eq(fetch("f2", NULL), decided);
}

ON_BENCH(two_fetches_in_one_batch_get_different_items_and_a_failed_batch_lends_nothing)
{
	struct case_work work = asked(FETCHER);

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ "FETCH", FETCHER, "f1" });
	store_memory_fail(bench.store, FAULT_STORE_FULL, false);
	bench_drain(&bench);
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "STORE_FULL");
	bench_event(&bench, (struct event_of){ "FETCH", FETCHER, "f2" });
	bench_event(&bench, (struct event_of){ "FETCH", FETCHER, "f3" });
	bench_drain(&bench);
	cr_expect(text_is(bench_out(&bench, TYPE_REPLY, 0)->payload, decided));
	cr_expect(text_is(bench_out(&bench, TYPE_REPLY, 1)->payload, accepted));
}

/* -- delivery -- */

static struct delivery to_deliver(void)
{
	struct case_work work = asked(CALLER);

	bench_peer(&bench, ROLE_COURIER, true);
	bench_decide(&bench, &work, "OPEN", NULL);
	cr_assert_eq(bench_sent(&bench, TYPE_DELIVER), 0);
	bench_drain(&bench);
	return bench_delivery(&bench, 0);
}

ON_BENCH(a_partner_with_a_callback_is_called_until_it_has_taken_the_answer)
{
	struct delivery delivery = to_deliver(), again;
	int64_t waited = 0;

	cr_expect(text_is(delivery.url, "https://ehr.example/script"));
	cr_expect(text_is(delivery.message, decided));
	cr_expect(text_is(delivery.message_id, "00000000000000000000000000000001.1"));
	for (int attempt = 1; attempt < 6; attempt++) {
		bench_delivered(&bench, delivery.row, "RETRY");
		for (waited = 0; !bench_sent(&bench, TYPE_DELIVER); waited += 50) {
			bench_pass(&bench, 50);
			bench_tick(&bench);
		}
		cr_expect_leq(waited, (1000 << (attempt - 1)) + 50);
		cr_expect_geq(waited, 750 << (attempt - 1));
		again = bench_delivery(&bench, 0);
		cr_expect(text_equal(again.row, delivery.row) && text_equal(again.message_id, delivery.message_id));
	}
	bench_delivered(&bench, delivery.row, "TAKEN");
	bench_drain(&bench);
	bench_delivered(&bench, delivery.row, "TAKEN");
	bench_drain(&bench);
	bench_pass(&bench, 3600000);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0);
}

ON_BENCH(a_delivery_survives_a_restart_and_a_silent_courier)
{
	struct delivery delivery = to_deliver();

	bench_crash(&bench);
	bench_peer(&bench, ROLE_COURIER, true);
	cr_expect(text_equal(bench_delivery(&bench, 0).row, delivery.row));
	bench_pass(&bench, 30000);
	bench_tick(&bench);
	cr_expect(text_equal(bench_delivery(&bench, 0).row, delivery.row));
}

static void expect_in_mailbox(struct text row)
{
	bench_drain(&bench);
	bench_pass(&bench, 3600000);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0);
	bench_event(&bench, (struct event_of){ "FETCH", CALLER, "f1" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), decided);
}

ON_BENCH(a_refused_delivery_waits_in_the_mailbox)
{
	struct delivery delivery = to_deliver();

	bench_delivered(&bench, delivery.row, "REFUSED");
	expect_in_mailbox(delivery.row);
}

ON_BENCH(after_seven_days_a_delivery_waits_in_the_mailbox)
{
	struct delivery delivery = to_deliver();

	bench_pass(&bench, 7 * 24 * 3600 * 1000LL - 1);
	bench_delivered(&bench, delivery.row, "RETRY");
	bench_drain(&bench);
	bench_pass(&bench, 1000000);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 1);
	bench_delivered(&bench, delivery.row, "RETRY");
	expect_in_mailbox(delivery.row);
}

/* -- ending -- */

ON_BENCH(stopping_commits_what_is_in_hand)
{
	initiate(FETCHER, "m1", "ref1");
	bench_step(&bench, &(struct input){ .kind = IN_STOP });
	cr_expect_str_eq(bench_reply(&bench, NULL), accepted);
	cr_expect(bench.outbox.idle);
}
