/* SPDX-License-Identifier: Apache-2.0 */
/* The later life of a case: further questions, appeals, cancellations and notifications, each beside what is refused. */
#include "test/gateway/ledger/ledger_steps.h"

#include "gateway/ledger/ledger_move.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static void submit(const char *message_id)
{
	expect_answer((struct event_of){ "SUBMIT", FETCHER, message_id, .reference = "ref1" }, "");
}

static struct event_of appeal(const char *message_id)
{
	return (struct event_of){ "APPEAL", FETCHER, message_id, .reference = "ref1" };
}

static struct event_of cancel(const char *message_id)
{
	return (struct event_of){ "CANCEL", FETCHER, message_id, .reference = "ref1" };
}

static void decide(const struct case_work *work, const char *outcome, const char *reason)
{
	bench_decide(&bench, work, outcome, reason);
	bench_drain(&bench);
}

/* A denied case, with this last day to appeal and word on whether that can be done so; returns how long from now. */
static void denied(int64_t appeal_in_ms, const char *e_appeal)
{
	struct case_work work = asked(FETCHER);

	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("DENIED"), .reason = text_lit("step therapy was not tried"), .message = text_lit(DECIDED),
		.appeal_by_ms = appeal_in_ms ? bench.now.wall_ms + appeal_in_ms : 0, .e_appeal = text_of(e_appeal) });
	bench_drain(&bench);
	expect_state(FETCHER, "DENIED", 2);
}

static struct pa_case the_case(void)
{
	struct pa_case at;

	cr_assert(bench_case(&bench, FETCHER, "ref1", &at));
	return at;
}

/* -- what the backend is told of the case -- */

ON_BENCH(ledger_life, the_backend_hears_how_the_case_stood_before_the_message)
{
	struct case_work work = asked(FETCHER);
	int64_t by_ms = bench.now.wall_ms + DAY_MS;

	cr_expect(!work.state.n && !work.reply_by_ms, "it opened the case");
	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("OPEN"), .message = text_lit(DECIDED), .reply_by_ms = by_ms });
	submit("m2");
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.state, "OPEN"));
	cr_expect_eq(work.reply_by_ms, by_ms, "what it was asked for");
	expect_answer(cancel("m3"), "");
	cr_expect(text_is(bench_work(&bench, 0).state, "SUBMITTED"));
	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("DENIED"), .reason = text_lit("because"), .message = text_lit(DECIDED), .appeal_by_ms = by_ms });
	bench_drain(&bench);
	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	cr_expect(text_is(bench_work(&bench, 0).state, "DENIED"), "a decision came before the cancellation was looked at");
	expect_answer(appeal("m4"), "");
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.state, "DENIED"));
	cr_expect_eq(work.appeal_by_ms, by_ms);
}

/* -- the track -- */

static struct text track_of(const struct case_work *work)
{
	struct route_decision decision = { 0 };
	struct fault why;

	cr_assert(record_unpack(&route_decision_record, &decision, &bench.arena, work->decision, &why));
	return decision.track;
}

ON_BENCH(ledger_life, what_a_payer_said_of_the_member_holds_for_the_case)
{
	static const struct {
		const char *then, *now, *track;
	} rows[] = {
		{ "ndc=99999010101 RTPB_817", "ndc=99999010101", "MEDICAL" },
		{ "ndc=99999010101", "ndc=99999010101", "PHARMACY" },                       /* nobody said anything then */
		{ "ndc=99999010101 RTPB_817", "ndc=99999010102", "PHARMACY" },              /* it was another drug */
		{ "ndc=99999010101 RTPB_817", "ndc=99999010101 RTPB_COVERED", "PHARMACY" }, /* they say otherwise now */
	};
	struct case_work work;

	bench_peer(&bench, ROLE_PAYER, true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char first[8], second[8], reference[8];

		snprintf(first, sizeof(first), "a%zu", i);
		snprintf(second, sizeof(second), "b%zu", i);
		snprintf(reference, sizeof(reference), "r%zu", i);
		bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, first, .reference = reference, .track = "MEDICAL", .words = rows[i].then });
		bench_drain(&bench);
		work = bench_work(&bench, 0);
		bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id, .outcome = text_lit("OPEN"), .message = text_lit(DECIDED) });
		bench_drain(&bench);
		bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, second, .reference = reference, .track = "PHARMACY", .words = rows[i].now });
		bench_drain(&bench);
		work = bench_work(&bench, 0);
		cr_expect(text_is(track_of(&work), rows[i].track), "%zu: %.*s", i, TEXT_ARGS(track_of(&work)));
	}
}

/* -- rounds of questions -- */

ON_BENCH(ledger_life, later_questions_are_told_from_the_first_ones)
{
	struct case_work work = asked(FETCHER);

	decide(&work, "OPEN", NULL);
	expect_state(FETCHER, "OPEN", 2);
	submit("m2");
	work = bench_work(&bench, 0);
	decide(&work, "MORE_INFORMATION", NULL);
	expect_state(FETCHER, "MORE_INFORMATION", 4);
	submit("m3");
	work = bench_work(&bench, 0);
	decide(&work, "APPROVED", NULL);
	expect_state(FETCHER, "APPROVED", 6);
	cr_expect_eq(the_case().decided_ms, bench.now.wall_ms);
	cr_expect(!text_there(the_case().work_row));
}

ON_BENCH(ledger_life, keys_that_lead_to_different_cases_are_refused)
{
	struct case_work first = asked(FETCHER), second;
	char id[40];

	initiate(FETCHER, "m2", "ref2");
	bench_drain(&bench);
	second = bench_work(&bench, 0);
	decide(&first, "OPEN", NULL);
	decide(&second, "OPEN", NULL);
	text_to_z(second.case_id, id, sizeof(id));
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m3", .reference = "ref1", .case_id = id }, "UNKNOWN_CASE");
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m4", .reference = "ref1", .case_id = "PA-of-nobody" }, "UNKNOWN_CASE");
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m5", .reference = "ref1", .case_id = id }, "UNKNOWN_CASE");
	expect_state(FETCHER, "OPEN", 2);
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m6", .reference = "ref2", .case_id = id }, "");
}

/* -- appeals -- */

ON_BENCH(ledger_life, a_denial_is_appealed_and_decided_again)
{
	struct case_work work;

	denied(30 * (int64_t)DAY_MS, "Y");
	cr_expect_gt(the_case().decided_ms, 0);
	expect_answer(appeal("m2"), "");
	expect_state(FETCHER, "APPEALED", 3);
	cr_expect_eq(the_case().decided_ms, 0);
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.event, "APPEAL"));
	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("MORE_INFORMATION"), .message = text_lit(DECIDED), .appeal_case_id = text_lit("AP-1"),
		.reply_by_ms = bench.now.wall_ms + DAY_MS });
	bench_drain(&bench);
	expect_state(FETCHER, "APPEAL_OPEN", 4);
	cr_expect_eq(the_case().reply_by_ms, bench.now.wall_ms + DAY_MS);
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m3", .reference = "ref1" }, "CASE_STATE");
	expect_answer((struct event_of){ "APPEAL", FETCHER, "m4", .reference = "ref1", .appeal_case_id = "AP-2" }, "UNKNOWN_CASE");
	expect_answer((struct event_of){ "APPEAL", FETCHER, "m5", .reference = "ref1", .appeal_case_id = "AP-1" }, "");
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.appeal_case_id, "AP-1"));
	decide(&work, "APPROVED", NULL);
	expect_state(FETCHER, "APPROVED", 6);
	expect_answer(appeal("m6"), "CASE_STATE");
}

ON_BENCH(ledger_life, a_second_appeal_while_one_is_being_decided_is_refused)
{
	struct case_work work;

	denied(0, NULL); /* the backend named no window: it will say so itself when it is too late */
	expect_answer(appeal("m2"), "");
	work = bench_work(&bench, 0);
	expect_answer(appeal("m3"), "CASE_STATE");
	decide(&work, "DENIED", "still not tried");
	expect_state(FETCHER, "DENIED", 4);
	expect_answer(appeal("m4"), "");
	expect_state(FETCHER, "APPEALED", 5);
}

ON_BENCH(ledger_life, an_appeal_is_taken_until_the_last_moment_and_not_after)
{
	denied(DAY_MS, "Y");
	bench_pass(&bench, DAY_MS + 1);
	expect_answer(appeal("m2"), "APPEAL_LATE");
	expect_state(FETCHER, "DENIED", 2);
	bench_pass(&bench, -1); /* a clock that was set right */
	expect_answer(appeal("m3"), "");
	expect_state(FETCHER, "APPEALED", 3);
}

ON_BENCH(ledger_life, an_appeal_the_payer_does_not_take_this_way_is_refused)
{
	denied(DAY_MS, "N");
	expect_answer(appeal("m2"), "APPEAL_BY_OTHER_MEANS");
	expect_state(FETCHER, "DENIED", 2);
}

ON_BENCH(ledger_life, only_a_denial_is_appealed)
{
	struct case_work work = asked(FETCHER);

	expect_answer(appeal("m2"), "CASE_STATE");
	expect_answer((struct event_of){ "APPEAL", FETCHER, "m3", .reference = "ref-unknown" }, "UNKNOWN_CASE");
	decide(&work, "PARTIALLY_DENIED", "half the quantity");
	expect_answer(appeal("m4"), "");
	expect_state(FETCHER, "APPEALED", 3);
}

ON_BENCH(ledger_life, an_appeal_that_takes_longer_tells_nobody_and_is_asked_again)
{
	struct case_work work, again;

	denied(0, NULL);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	expect_answer(appeal("m2"), "");
	work = bench_work(&bench, 0);
	bench_decide_with(&bench, &work, "IN_PROCESS", NULL, 5000, TEXT_NONE);
	bench_drain(&bench);
	expect_state(FETCHER, "APPEALED", 4);
	cr_expect_str_eq(fetch("f2", "00000000000000000000000000000001.1"), ACCEPTED);
	bench_pass(&bench, 5000);
	bench_tick(&bench);
	again = bench_work(&bench, 0);
	cr_expect(text_is(again.event, "APPEAL"));
	cr_expect_eq(again.round, 1);
	decide(&again, "DENIED", "still not tried");
	expect_state(FETCHER, "DENIED", 5);
	cr_expect_str_eq(fetch("f3", NULL), DECIDED);
}

/* -- cancellations -- */

ON_BENCH(ledger_life, a_cancelled_request_is_asked_about_no_more)
{
	struct case_work work = asked(FETCHER), to_cancel;

	expect_answer(cancel("m2"), "");
	expect_state(FETCHER, "INITIATED", 2);
	to_cancel = bench_work(&bench, 0);
	cr_expect(text_is(to_cancel.event, "CANCEL"));
	expect_answer(cancel("m3"), "CASE_STATE"); /* that is being asked */
	decide(&to_cancel, "CANCELLED", NULL);
	expect_state(FETCHER, "CANCELLED", 3);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	decide(&work, "APPROVED", NULL); /* crossed it */
	expect_state(FETCHER, "CANCELLED", 3);
	bench_pass(&bench, 3600000);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	expect_answer(cancel("m4"), "CASE_STATE");
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m5", .reference = "ref1" }, "CASE_STATE");
}

ON_BENCH(ledger_life, a_cancellation_that_is_denied_leaves_the_request_as_it_was)
{
	struct case_work work = asked(FETCHER), to_cancel;

	expect_answer(cancel("m2"), "");
	to_cancel = bench_work(&bench, 0);
	decide(&to_cancel, "CANCEL_REFUSED", NULL);
	expect_state(FETCHER, "INITIATED", 3);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	expect_answer(cancel("m3"), ""); /* may be asked anew */
	decide(&work, "APPROVED", NULL);
	expect_state(FETCHER, "APPROVED", 5);
}

ON_BENCH(ledger_life, a_decision_that_overtakes_the_cancellation_stands_until_that_is_agreed)
{
	struct case_work work = asked(FETCHER), to_cancel;

	expect_answer(cancel("m2"), "");
	to_cancel = bench_work(&bench, 0);
	decide(&work, "APPROVED", NULL);
	expect_state(FETCHER, "APPROVED", 3);
	cr_expect(text_there(the_case().cancel_row));
	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	to_cancel = bench_work(&bench, 0);
	cr_expect(text_is(to_cancel.event, "CANCEL"));
	decide(&to_cancel, "CANCEL_REFUSED", NULL);
	expect_state(FETCHER, "APPROVED", 4);
	cr_expect(!text_there(the_case().cancel_row));
	expect_answer(cancel("m3"), "");
	to_cancel = bench_work(&bench, 0);
	decide(&to_cancel, "CANCELLED", NULL);
	expect_state(FETCHER, "CANCELLED", 6);
}

ON_BENCH(ledger_life, a_decision_is_no_answer_to_a_cancellation_nor_the_other_way_round)
{
	struct case_work work = asked(FETCHER), to_cancel;

	expect_answer(cancel("m2"), "");
	to_cancel = bench_work(&bench, 0);
	decide(&to_cancel, "APPROVED", NULL);
	decide(&work, "CANCELLED", NULL);
	expect_state(FETCHER, "INITIATED", 2);
}

ON_BENCH(ledger_life, what_never_was_cannot_be_cancelled)
{
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m1", .reference = "ref1" }, "UNKNOWN_CASE");
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m2", .reference = "ref1", .case_id = "PA-1" }, "UNKNOWN_CASE");
}

/* -- notifications -- */

ON_BENCH(ledger_life, a_notification_to_the_house_is_kept_and_changes_nothing)
{
	asked(FETCHER);
	expect_answer((struct event_of){ "NOTIFY", FETCHER, "m2", .reference = "ref1" }, "");
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	expect_state(FETCHER, "INITIATED", 2);
	expect_answer((struct event_of){ "NOTIFY", FETCHER, "m3", .reference = "ref-unknown" }, "UNKNOWN_CASE");
	expect_answer((struct event_of){ "NOTIFY", CALLER, "m3", .reference = "ref1" }, "UNKNOWN_CASE");
}

/* -- deadlines -- */

/* What the clock does when a deadline passes. */
static bool lapse(struct ledger *ledger)
{
	struct ledger_move move = { .ledger = ledger, .now = bench.now, .at = the_case(), .event = CASE_EVENT_LAPSE,
		.trace = text_lit("0000000000000000000000000000000c"), .message = text_lit("<Message>lapsed</Message>"),
		.message_id = text_lit("0000000000000000000000000000000c.1") };
	struct fault why;
	bool taken;

	cr_assert(ledger_move(&move, "LAPSED", &taken, &why));
	cr_assert(taken);
	bench_drain(&bench);
	return move.step->act != ACT_IGNORE;
}

ON_BENCH(ledger_life, a_deadline_that_lapses_ends_what_waits_for_the_prescriber_and_nothing_else)
{
	struct case_work work = asked(FETCHER);

	cr_expect(!lapse(bench.state));
	expect_state(FETCHER, "INITIATED", 1);
	decide(&work, "OPEN", NULL);
	cr_expect(lapse(bench.state));
	expect_state(FETCHER, "EXPIRED", 3);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	cr_expect_str_eq(fetch("f2", "00000000000000000000000000000001.1"), "<Message>lapsed</Message>");
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m2", .reference = "ref1" }, "CASE_STATE");
}
