/* SPDX-License-Identifier: Apache-2.0 */
/* Questions for a remote backend: handed to the courier under one MessageID, awaited, asked again, or given up. */
#include "test/gateway/ledger/ledger_steps.h"

enum { HOUR_MS = 60 * 60 * 1000 };

/* A case that FAR decides; its WORK as the courier got it. */
static struct case_work asked_far(void)
{
	bench_peer(&bench, ROLE_COURIER, true);
	expect_answer((struct event_of){ "INITIATE", FETCHER, "m1", .reference = "ref1", .backend = FAR }, "");
	return bench_work(&bench, 0);
}

static void courier_says(const struct case_work *work, const char *outcome, int64_t again_ms, const char *text)
{
	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = work->row, .case_id = work->case_id,
		.outcome = text_of(outcome), .message = text_of(text), .again_ms = again_ms, .reason = text_of(NULL) });
	bench_drain(&bench);
}

static size_t out_after(int64_t ms)
{
	bench_pass(&bench, ms);
	bench_tick(&bench);
	return bench_sent(&bench, TYPE_WORK);
}

ON_BENCH(ledger_remote, a_question_goes_to_the_courier_with_the_message_as_it_came)
{
	struct case_work work;

	bench_peer(&bench, ROLE_PAYER, true);
	expect_answer((struct event_of){ "INITIATE", FETCHER, "m1", .reference = "ref1", .backend = FAR }, "");
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0, "no courier, and the house is not asked instead");
	bench_peer(&bench, ROLE_COURIER, true);
	work = bench_work(&bench, 0);
	cr_expect_eq((int)bench_out(&bench, TYPE_WORK, 0)->peer.kind, ROLE_COURIER);
	cr_expect(text_is(work.backend, FAR));
	cr_expect(strstr(text_to_z(work.body, (char[1000]){ 0 }, 1000), "as m1 wrote it"));
	cr_expect(!work.awaited);
	expect_answer((struct event_of){ "INITIATE", FETCHER, "m2", .reference = "ref2", .backend = "house" }, "");
	cr_expect_eq((int)bench_out(&bench, TYPE_WORK, 0)->peer.kind, ROLE_PAYER);
	cr_expect(!bench_work(&bench, 0).body.n);
}

ON_BENCH(ledger_remote, what_was_accepted_is_awaited_and_then_inquired_about_under_the_same_id)
{
	struct case_work work = asked_far(), again;

	courier_says(&work, "ACCEPTED", HOUR_MS, NULL);
	expect_state(FETCHER, "INITIATED", 1);
	cr_expect_eq(out_after(HOUR_MS - 1), 0);
	bench_crash(&bench);
	bench_peer(&bench, ROLE_COURIER, true);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0, "it still waits");
	cr_expect_eq(out_after(1), 1);
	again = bench_work(&bench, 0);
	cr_expect(again.awaited);
	cr_expect(text_equal(again.row, work.row) && text_equal(again.reply_id, work.reply_id));
	courier_says(&again, "ACCEPTED", 0, NULL); /* without a time: as the configuration says, an hour */
	cr_expect_eq(out_after(HOUR_MS - 1), 0);
	cr_expect_eq(out_after(1), 1);
}

ON_BENCH(ledger_remote, what_was_not_taken_is_asked_again_when_it_was_told)
{
	struct case_work work = asked_far();

	courier_says(&work, "RETRY", 5000, NULL);
	cr_expect_eq(out_after(4999), 0);
	cr_expect_eq(out_after(1), 1);
	cr_expect(!bench_work(&bench, 0).awaited);
	cr_expect(text_equal(bench_work(&bench, 0).reply_id, work.reply_id));
	courier_says(&work, "RETRY", 0, NULL);
	cr_expect_eq(out_after(4000), 1, "without a time: after a while, longer each time");
}

ON_BENCH(ledger_remote, a_refusal_for_good_closes_the_case_and_is_told)
{
	struct case_work work = asked_far();

	courier_says(&work, "FAILED", 0, NULL); /* and nothing to tell: that cannot be */
	expect_state(FETCHER, "INITIATED", 1);
	cr_assert_eq(out_after(HOUR_MS), 1);
	courier_says(&work, "FAILED", 0, "<Message>closed</Message>");
	expect_state(FETCHER, "CLOSED", 2);
	cr_expect_str_eq(fetch("f1", NULL), "<Message>closed</Message>");
}

ON_BENCH(ledger_remote, an_answer_in_the_response_is_taken_like_the_house_s)
{
	struct case_work work = asked_far();
	struct pa_case at;

	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("OPEN"), .message = text_lit(DECIDED), .backend_case_id = text_lit("FAR-7") });
	bench_drain(&bench);
	expect_state(FETCHER, "OPEN", 2);
	cr_assert(bench_case(&bench, FETCHER, "ref1", &at));
	cr_expect(text_is(at.backend_case_id, "FAR-7"));
	/* the prescriber knows the case by the key in that answer, which was passed on as it was */
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m2", .reference = "ref1", .case_id = "FAR-8" }, "UNKNOWN_CASE");
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m3", .reference = "ref1", .case_id = "FAR-7" }, "");
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.backend_case_id, "FAR-7"));
	courier_says(&work, "DENIED", 0, DECIDED); /* without a reason */
	expect_state(FETCHER, "SUBMITTED", 3);
}

ON_BENCH(ledger_remote, in_process_in_the_response_is_told_once_and_awaited)
{
	struct case_work work = asked_far();

	courier_says(&work, "IN_PROCESS", HOUR_MS, DECIDED);
	expect_state(FETCHER, "IN_PROCESS", 2);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	cr_assert_eq(out_after(HOUR_MS), 1);
	cr_expect(bench_work(&bench, 0).awaited);
	courier_says(&work, "IN_PROCESS", HOUR_MS, DECIDED); /* the same once more, to the inquiry */
	expect_state(FETCHER, "IN_PROCESS", 2);
	cr_expect_str_eq(fetch("f2", "00000000000000000000000000000001.1"), ACCEPTED);
	cr_assert_eq(out_after(HOUR_MS), 1);
	courier_says(&work, "APPROVED", 0, DECIDED);
	expect_state(FETCHER, "APPROVED", 3);
	cr_expect_eq(out_after(24 * HOUR_MS), 0);
}

/* A backend that calls it a repetition has taken it then, and has not refused it. */
ON_BENCH(ledger_remote, what_may_have_been_sent_before_says_so)
{
	asked_far();
	cr_expect_eq(bench_out(&bench, TYPE_WORK, 0)->envelope.attempt, 0);
	bench_peer(&bench, ROLE_COURIER, false); /* it may have posted it */
	bench_peer(&bench, ROLE_COURIER, true);
	cr_assert_eq(bench_sent(&bench, TYPE_WORK), 1);
	cr_expect_gt(bench_out(&bench, TYPE_WORK, 0)->envelope.attempt, 0);
	bench_crash(&bench);
	bench_peer(&bench, ROLE_COURIER, true);
	cr_assert_eq(bench_sent(&bench, TYPE_WORK), 1);
	cr_expect_gt(bench_out(&bench, TYPE_WORK, 0)->envelope.attempt, 0);
}

ON_BENCH(ledger_remote, in_process_after_a_mere_status_is_news)
{
	struct case_work work = asked_far();

	courier_says(&work, "ACCEPTED", HOUR_MS, NULL);
	cr_assert_eq(out_after(HOUR_MS), 1);
	courier_says(&work, "IN_PROCESS", HOUR_MS, DECIDED);
	expect_state(FETCHER, "IN_PROCESS", 2);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	cr_expect_eq(out_after(HOUR_MS), 1, "and it is still awaited");
}

ON_BENCH(ledger_remote, each_answer_to_one_question_has_a_message_id_of_its_own)
{
	struct case_work work, again;
	struct text first;

	bench_peer(&bench, ROLE_COURIER, true);
	expect_answer((struct event_of){ "INITIATE", CALLER, "m1", .reference = "ref1", .backend = FAR }, "");
	work = bench_work(&bench, 0);
	courier_says(&work, "IN_PROCESS", HOUR_MS, DECIDED);
	first = bench_delivery(&bench, 0).message_id;
	cr_expect(text_equal(first, work.answer_id));
	bench_delivered(&bench, bench_delivery(&bench, 0).row, "TAKEN");
	bench_drain(&bench);
	cr_assert_eq(out_after(HOUR_MS), 1);
	again = bench_work(&bench, 0);
	cr_expect(text_equal(again.reply_id, work.reply_id), "the backend knows it under one");
	courier_says(&again, "APPROVED", 0, DECIDED);
	cr_expect(text_equal(bench_delivery(&bench, 0).message_id, again.answer_id));
	cr_expect(!text_equal(first, again.answer_id), "%.*s", TEXT_ARGS(again.answer_id));
}

ON_BENCH(ledger_remote, a_second_choice_that_took_it_has_the_case)
{
	struct case_work work = asked_far();
	struct pa_case at;

	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("ACCEPTED"), .again_ms = HOUR_MS, .backend = text_lit(FAR_SECOND) });
	bench_drain(&bench);
	cr_assert_eq(out_after(HOUR_MS), 1);
	work = bench_work(&bench, 0);
	cr_expect(work.awaited && text_is(work.backend, FAR_SECOND), "who took it is who is asked about it");
	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("OPEN"), .message = text_lit(DECIDED), .backend_case_id = text_lit("S-1"), .backend = text_lit(FAR_SECOND) });
	bench_drain(&bench);
	cr_assert(bench_case(&bench, FETCHER, "ref1", &at));
	cr_expect(text_is(at.backend, FAR_SECOND) && text_is(at.backend_case_id, "S-1"));
	expect_answer((struct event_of){ "ANSWER", "PY:FAR", "a1", .body = "a1", .backend = FAR, .kind = "PAInitiationResponse",
		.outcome = "CLOSED", .relates_to = "00000000000000000000000000000001.1" }, "UNKNOWN_CASE");
	expect_answer((struct event_of){ "INITIATE", FETCHER, "m2", .reference = "ref1", .backend = FAR }, "");
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.backend, FAR_SECOND) && text_is(work.backend_case_id, "S-1"), "beginning anew does not take it away");
	courier_says(&work, "OPEN", 0, DECIDED);
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m3", .reference = "ref1", .case_id = "S-1" }, "");
	cr_expect(text_is(bench_work(&bench, 0).backend, FAR_SECOND));
	/* with another coverage it is another payer's */
	courier_says(&(struct case_work){ .row = bench_work(&bench, 0).row, .case_id = work.case_id }, "MORE_INFORMATION", 0, DECIDED);
	expect_answer((struct event_of){ "INITIATE", FETCHER, "m4", .reference = "ref1", .backend = ELSEWHERE }, "");
	cr_expect(text_is(bench_work(&bench, 0).backend, ELSEWHERE) && !bench_work(&bench, 0).backend_case_id.n);
}

ON_BENCH(ledger_remote, a_cancellation_goes_the_same_way_and_ends_the_waiting)
{
	struct case_work work = asked_far(), to_cancel;

	courier_says(&work, "ACCEPTED", HOUR_MS, NULL);
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m2", .reference = "ref1" }, "");
	to_cancel = bench_work(&bench, 0);
	cr_expect(text_is(to_cancel.event, "CANCEL") && text_is(to_cancel.backend, FAR));
	courier_says(&to_cancel, "ACCEPTED", HOUR_MS, NULL);
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m3", .reference = "ref1" }, "CASE_STATE");
	cr_assert_eq(out_after(HOUR_MS), 2);
	courier_says(&to_cancel, "CANCELLED", 0, DECIDED);
	expect_state(FETCHER, "CANCELLED", 3);
	cr_expect_eq(out_after(24 * HOUR_MS), 0);
}

ON_BENCH(ledger_remote, a_cancellation_the_backend_does_not_take_leaves_the_case)
{
	struct case_work work = asked_far(), to_cancel;

	courier_says(&work, "ACCEPTED", HOUR_MS, NULL);
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m2", .reference = "ref1" }, "");
	to_cancel = bench_work(&bench, 0);
	courier_says(&to_cancel, "FAILED", 0, DECIDED);
	expect_state(FETCHER, "INITIATED", 3);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	cr_expect_eq(out_after(HOUR_MS), 1, "the request itself is still awaited");
}

ON_BENCH(ledger_remote, a_notification_is_passed_on_until_it_is_taken)
{
	struct case_work work = asked_far(), notice;
	static const char *const ends[] = { "ACCEPTED", "FAILED" };

	courier_says(&work, "ACCEPTED", 100 * (int64_t)HOUR_MS, NULL);
	for (int i = 0; i < 2; i++) {
		char id[8] = { 'n', (char)('0' + i), 0 };

		expect_answer((struct event_of){ "NOTIFY", FETCHER, id, .reference = "ref1" }, "");
		notice = bench_work(&bench, 0);
		cr_expect(text_is(notice.event, "NOTIFY"));
		courier_says(&notice, "APPROVED", 0, DECIDED); /* no answer to that */
		cr_assert_eq(out_after(HOUR_MS), 1);
		courier_says(&notice, ends[i], 0, NULL);
		cr_expect_eq(out_after(HOUR_MS), 0);
		expect_state(FETCHER, "INITIATED", 2 + i);
	}
}

ON_BENCH(ledger_remote, both_kinds_of_posts_share_what_room_the_courier_has)
{
	size_t window = (size_t)link_window(ROLE_LEDGER, ROLE_COURIER);

	bench_peer(&bench, ROLE_PAYER, true);
	bench_peer(&bench, ROLE_COURIER, true);
	for (size_t i = 0; i < window - 1; i++) {
		char id[24];

		snprintf(id, sizeof(id), "m%zu", i);
		bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, id, .reference = id, .backend = FAR });
		bench_drain(&bench);
		cr_expect_eq(bench_sent(&bench, TYPE_WORK), 1);
	}
	for (int i = 0; i < 2; i++) {
		char id[24];
		struct case_work work;

		snprintf(id, sizeof(id), "d%d", i);
		initiate(CALLER, id, id);
		bench_drain(&bench);
		work = bench_work(&bench, 0);
		bench_decide(&bench, &work, "OPEN", NULL);
		bench_drain(&bench);
		cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), (size_t)(i == 0));
	}
}
