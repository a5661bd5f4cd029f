/* SPDX-License-Identifier: Apache-2.0 */
/* What a remote backend says on its own time: late, repeated, out of order, contradictory, or about somebody else's case. */
#include "test/gateway/ledger/ledger_steps.h"

enum { HOUR_MS = 60 * 60 * 1000 };

#define FIRST_ID "00000000000000000000000000000001.1" /* under which the first message was passed on */

/* A case with FAR, whose question that has taken; the prescriber is `partner`. */
static struct case_work awaited(const char *partner)
{
	struct case_work work;

	bench_peer(&bench, ROLE_COURIER, true);
	expect_answer((struct event_of){ "INITIATE", partner, "m1", .reference = "ref1", .backend = FAR,
		.kind = "PAInitiationRequest" }, "");
	work = bench_work(&bench, 0);
	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("ACCEPTED"), .again_ms = HOUR_MS });
	bench_drain(&bench);
	return work;
}

static struct event_of answer(const char *message_id, const char *kind, const char *outcome)
{
	return (struct event_of){ "ANSWER", "PY:FAR", message_id, .body = message_id, .backend = FAR, .kind = kind,
		.outcome = outcome, .relates_to = FIRST_ID, .case_id = "FAR-7", .reference = "ref1" };
}

static struct event_of to(struct event_of event, const char *relates_to)
{
	event.relates_to = relates_to;
	return event;
}

static struct event_of because(struct event_of event, const char *reason)
{
	event.reason = reason;
	return event;
}

/* A case for which FAR has asked its questions and got the answers; the PARequest went on as the third message's ".1". */
#define SECOND_ID "00000000000000000000000000000003.1"
static void submitted(void)
{
	awaited(FETCHER);
	expect_answer(answer("a1", "PAInitiationResponse", "OPEN"), "");
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m2", .reference = "ref1", .case_id = "FAR-7" }, "");
	expect_state(FETCHER, "SUBMITTED", 3);
	cr_expect(text_is(bench_work(&bench, 0).reply_id, SECOND_ID));
}

static const char *fetched(const char *message_id, const char *acknowledged)
{
	return fetch(message_id, acknowledged);
}

/* -- what fits -- */

ON_BENCH(ledger_answer, a_key_of_one_backend_means_nothing_from_another)
{
	struct event_of event = to(because(answer("a2", "PAResponse", "DENIED"), "not tried"), NULL);

	submitted();
	event.backend = FAR_SECOND;
	event.partner = "PY:FAR-SECOND";
	expect_answer(event, "UNKNOWN_CASE"); /* its own FAR-7 is another patient's */
	expect_state(FETCHER, "SUBMITTED", 3);
	event = to(because(answer("a3", "PAResponse", "DENIED"), "not tried"), NULL);
	expect_answer(event, "");
	expect_state(FETCHER, "DENIED", 4);
}

ON_BENCH(ledger_answer, an_answer_moves_the_case_and_reaches_the_prescriber_with_its_body_as_it_was)
{
	const char *told;

	awaited(FETCHER);
	expect_answer(answer("a1", "PAInitiationResponse", "OPEN"), "");
	expect_state(FETCHER, "OPEN", 2);
	told = fetched("f1", NULL);
	cr_expect(strstr(told, "<PAInitiationResponse><!-- as a1 wrote it --></PAInitiationResponse>"), "%s", told);
	cr_expect(strstr(told, "<RelatesToMessageID>m1</RelatesToMessageID>"));
	cr_expect(strstr(told, "<MessageID>00000000000000000000000000000002.1</MessageID>"));
	cr_expect(strstr(told, "<To Qualifier=\"D\">1999999002</To>"));
	cr_expect(strstr(told, "<From Qualifier=\"PY\">DUALTRACK</From>"));
	bench_pass(&bench, 24 * HOUR_MS);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0, "nothing is awaited any more");
}

ON_BENCH(ledger_answer, a_prescriber_with_a_callback_is_called)
{
	awaited(CALLER);
	expect_answer(answer("a1", "PAInitiationResponse", "OPEN"), "");
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 1);
	cr_expect(text_is(bench_delivery(&bench, 0).message_id, "00000000000000000000000000000002.1"));
}

ON_BENCH(ledger_answer, its_status_leaves_after_the_commit_and_a_crash_before_that_loses_nothing)
{
	awaited(FETCHER);
	bench_event(&bench, answer("a1", "PAInitiationResponse", "OPEN"));
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0);
	bench_crash(&bench);
	expect_state(FETCHER, "INITIATED", 1);
	expect_answer(answer("a1", "PAInitiationResponse", "OPEN"), "");
	expect_answer(answer("a1", "PAInitiationResponse", "OPEN"), ""); /* its sender did not hear that */
	expect_state(FETCHER, "OPEN", 2);
	cr_expect(strstr(fetched("f1", NULL), "as a1"));
	cr_expect_str_eq(fetched("f2", NULL), ACCEPTED, "once");
}

ON_BENCH(ledger_answer, an_answer_that_relates_to_nothing_is_known_by_its_case)
{
	awaited(FETCHER);
	expect_answer(to(answer("a1", "PAInitiationResponse", "OPEN"), NULL), "UNKNOWN_CASE"); /* its key is not known yet */
	expect_answer(answer("a2", "PAInitiationResponse", "OPEN"), "");
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m2", .reference = "ref1", .case_id = "FAR-7" }, "");
	expect_answer(to(answer("a3", "PAResponse", "APPROVED"), "no-such-id"), "");
	expect_state(FETCHER, "APPROVED", 4);
}

ON_BENCH(ledger_answer, several_responses_to_one_request_are_normal)
{
	submitted();
	expect_answer(to(answer("a2", "PAResponse", "IN_PROCESS"), SECOND_ID), "");
	expect_state(FETCHER, "IN_PROCESS", 4);
	expect_answer(to(answer("a3", "PAResponse", "IN_PROCESS"), SECOND_ID), "");
	expect_state(FETCHER, "IN_PROCESS", 5);
	bench_pass(&bench, HOUR_MS - 1); /* the wait begins anew with each */
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	bench_pass(&bench, 1);
	bench_tick(&bench);
	cr_expect(bench_work(&bench, 0).awaited);
	expect_answer(because(to(answer("a4", "PAResponse", "DENIED"), SECOND_ID), "not tried"), "");
	expect_state(FETCHER, "DENIED", 6);
	bench_pass(&bench, 24 * HOUR_MS);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
}

ON_BENCH(ledger_answer, a_second_choice_answers_for_the_one_that_was_asked)
{
	struct event_of event = answer("a1", "PAInitiationResponse", "OPEN");

	awaited(FETCHER);
	event.backend = FAR_SECOND;
	event.partner = "PY:FAR-SECOND";
	expect_answer(event, "");
	expect_state(FETCHER, "OPEN", 2);
	/* it asked, so it gets the answers */
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m2", .reference = "ref1", .case_id = "FAR-7" }, "");
	cr_expect(text_is(bench_work(&bench, 0).backend, FAR_SECOND) && text_is(bench_work(&bench, 0).backend_case_id, "FAR-7"));
}

ON_BENCH(ledger_answer, a_decision_may_come_before_the_answers_to_the_questions)
{
	awaited(FETCHER);
	expect_answer(answer("a1", "PAInitiationResponse", "OPEN"), "");
	expect_answer(answer("a2", "PAResponse", "IN_PROCESS"), "");
	expect_state(FETCHER, "OPEN", 2); /* that was late: it is the prescriber's turn */
	expect_answer(answer("a3", "PAResponse", "APPROVED"), "");
	expect_state(FETCHER, "APPROVED", 3);
	expect_answer((struct event_of){ "SUBMIT", FETCHER, "m2", .reference = "ref1" }, "CASE_STATE");
}

/* -- what does not -- */

ON_BENCH(ledger_answer, a_backend_that_does_not_own_the_case_is_refused)
{
	struct event_of event = answer("a1", "PAInitiationResponse", "OPEN");

	awaited(FETCHER);
	event.backend = ELSEWHERE;
	event.partner = "PY:ELSEWHERE";
	expect_answer(event, "UNKNOWN_CASE");
	event.relates_to = NULL;
	event.message_id = event.body = "a2";
	expect_answer(event, "UNKNOWN_CASE");
	expect_state(FETCHER, "INITIATED", 1);
	expect_answer(answer("a3", "PAInitiationResponse", "OPEN"), "");
	expect_answer(event, "UNKNOWN_CASE");
	event.message_id = event.body = "a4"; /* now that the key is known, it is still not theirs */
	expect_answer(event, "UNKNOWN_CASE");
	expect_state(FETCHER, "OPEN", 2);
}

ON_BENCH(ledger_answer, an_answer_for_an_unknown_case_or_under_another_reference_is_refused)
{
	struct event_of event = answer("a1", "PAResponse", "APPROVED");

	expect_answer(event, "UNKNOWN_CASE");
	awaited(FETCHER);
	event = answer("a2", "PAResponse", "APPROVED");
	event.relates_to = "00000000000000000000000000000002.1";
	event.reference = "ref-of-somebody-else";
	expect_answer(event, "UNKNOWN_CASE");
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0);
}

ON_BENCH(ledger_answer, a_denial_without_a_reason_is_refused_at_the_door)
{
	static const char *const without[] = { NULL, "", "  " };
	static const char *const outcomes[] = { "DENIED", "PARTIALLY_DENIED", "DENIED" };
	struct counters counters = { 0 };

	submitted();
	for (int i = 0; i < 3; i++) {
		char id[8] = { 'd', (char)('0' + i), 0 };

		expect_answer(because(to(answer(id, "PAResponse", outcomes[i]), SECOND_ID), without[i]), "NO_REASON");
		expect_answer(because(to(answer(id, "PAResponse", outcomes[i]), SECOND_ID), without[i]), "NO_REASON");
		expect_state(FETCHER, "SUBMITTED", 3);
	}
	ledger_role.count(bench.state, &counters);
	cr_expect_eq(counters.no_reason, 3);
	cr_expect_eq(bench_audited(&bench, "REFUSED", "NO_REASON"), 3);
	/* the refusal is on record and stays the same: a backend that is told to come again later does so for ever */
	cr_expect(!fault_row(FAULT_NO_REASON)->retry && strcmp(fault_row(FAULT_NO_REASON)->script_code, "900") == 0);
	expect_answer(because(to(answer("d9", "PAResponse", "DENIED"), SECOND_ID), "not tried"), "");
	expect_state(FETCHER, "DENIED", 4);
}

ON_BENCH(ledger_answer, what_is_decided_stays_decided_and_who_says_otherwise_is_told)
{
	struct counters counters = { 0 };

	submitted();
	expect_answer(because(to(answer("a2", "PAResponse", "DENIED"), SECOND_ID), "not tried"), "");
	expect_answer(because(to(answer("a3", "PAResponse", "DENIED"), SECOND_ID), "not tried"), ""); /* once more */
	expect_answer(to(answer("a4", "PAResponse", "IN_PROCESS"), SECOND_ID), ""); /* overtaken */
	expect_answer(to(answer("a5", "PAResponse", "APPROVED"), SECOND_ID), "CASE_STATE");
	expect_answer(to(answer("a6", "PAResponse", "CLOSED"), SECOND_ID), "CASE_STATE");
	expect_state(FETCHER, "DENIED", 4);
	ledger_role.count(bench.state, &counters);
	cr_expect_eq(counters.contradictions, 2);
}

ON_BENCH(ledger_answer, questions_that_come_again_late_do_not_open_the_case_again)
{
	submitted();
	expect_answer(answer("a2", "PAInitiationResponse", "OPEN"), ""); /* relates to the first message */
	expect_state(FETCHER, "SUBMITTED", 3);
	expect_answer(to(answer("a3", "PAInitiationResponse", "OPEN"), NULL), "");
	expect_state(FETCHER, "SUBMITTED", 3);
	expect_answer(to(answer("a4", "PAResponse", "MORE_INFORMATION"), SECOND_ID), "");
	expect_state(FETCHER, "MORE_INFORMATION", 4);
}

ON_BENCH(ledger_answer, only_an_appeal_response_decides_an_appeal)
{
	submitted();
	expect_answer(because(to(answer("a2", "PAResponse", "DENIED"), SECOND_ID), "not tried"), "");
	expect_answer(to(answer("a3", "PAAppealResponse", "APPROVED"), SECOND_ID), "CASE_STATE"); /* there is no appeal */
	expect_answer((struct event_of){ "APPEAL", FETCHER, "m3", .reference = "ref1", .case_id = "FAR-7" }, "");
	expect_state(FETCHER, "APPEALED", 5);
	/* the denial once more: taken for a decision on the appeal it would end that */
	expect_answer(because(to(answer("a4", "PAResponse", "DENIED"), SECOND_ID), "not tried"), "");
	expect_answer(because(to(answer("a5", "PAResponse", "DENIED"), NULL), "not tried"), "");
	expect_state(FETCHER, "APPEALED", 5);
	expect_answer(to(answer("a6", "PAAppealResponse", "APPROVED"), NULL), "");
	expect_state(FETCHER, "APPROVED", 6);
}

/* FAR has denied the request and the appeal against that; a second appeal is with it. */
#define FIRST_APPEAL_ID "00000000000000000000000000000005.1"
#define SECOND_APPEAL_ID "00000000000000000000000000000007.1"
static void appealed_twice(void)
{
	submitted();
	expect_answer(because(to(answer("a2", "PAResponse", "DENIED"), SECOND_ID), "not tried"), "");
	expect_answer((struct event_of){ "APPEAL", FETCHER, "m3", .reference = "ref1", .case_id = "FAR-7" }, "");
	expect_answer(because(to(answer("a3", "PAAppealResponse", "DENIED"), FIRST_APPEAL_ID), "still not tried"), "");
	expect_answer((struct event_of){ "APPEAL", FETCHER, "m4", .reference = "ref1", .case_id = "FAR-7" }, "");
	cr_expect(text_is(bench_work(&bench, 0).reply_id, SECOND_APPEAL_ID));
	expect_state(FETCHER, "APPEALED", 7);
}

ON_BENCH(ledger_answer, a_repeated_answer_to_an_earlier_appeal_does_not_decide_the_present_one)
{
	appealed_twice();
	expect_answer(because(to(answer("a4", "PAAppealResponse", "DENIED"), FIRST_APPEAL_ID), "still not tried"), "");
	expect_answer(to(answer("a5", "PAAppealResponse", "APPROVED"), FIRST_APPEAL_ID), "");
	expect_answer(to(answer("a6", "PAAppealResponse", "CLOSED"), FIRST_APPEAL_ID), "");
	expect_state(FETCHER, "APPEALED", 7);
	expect_answer(to(answer("a7", "PAAppealResponse", "APPROVED"), SECOND_APPEAL_ID), "");
	expect_state(FETCHER, "APPROVED", 8);
}

ON_BENCH(ledger_answer, an_appeal_may_be_decided_while_its_further_answers_are_on_their_way)
{
	appealed_twice();
	expect_answer(to(answer("a4", "PAAppealResponse", "MORE_INFORMATION"), SECOND_APPEAL_ID), "");
	expect_state(FETCHER, "APPEAL_OPEN", 8);
	expect_answer((struct event_of){ "APPEAL", FETCHER, "m5", .reference = "ref1", .case_id = "FAR-7" }, "");
	expect_state(FETCHER, "APPEALED", 9);
	expect_answer(to(answer("a5", "PAAppealResponse", "APPROVED"), FIRST_APPEAL_ID), "");
	expect_state(FETCHER, "APPEALED", 9);
	expect_answer(to(answer("a6", "PAAppealResponse", "APPROVED"), SECOND_APPEAL_ID), "");
	expect_state(FETCHER, "APPROVED", 10);
}

/* -- cancellations -- */

/* FAR would not cancel once; the prescriber asks again. */
#define FIRST_CANCEL_ID "00000000000000000000000000000004.1"
#define SECOND_CANCEL_ID "00000000000000000000000000000006.1"
static void cancelling_twice(void)
{
	submitted();
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m3", .reference = "ref1", .case_id = "FAR-7" }, "");
	expect_answer(to(answer("a2", "PACancelResponse", "CANCEL_REFUSED"), FIRST_CANCEL_ID), "");
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m4", .reference = "ref1", .case_id = "FAR-7" }, "");
	expect_state(FETCHER, "SUBMITTED", 6);
}

ON_BENCH(ledger_answer, what_is_said_of_an_earlier_cancellation_does_not_answer_the_present_one)
{
	struct event_of error = to(answer("a5", "Error", NULL), FIRST_CANCEL_ID);

	cancelling_twice();
	expect_answer(to(answer("a3", "PACancelResponse", "CANCEL_REFUSED"), FIRST_CANCEL_ID), "CASE_STATE");
	expect_answer(to(answer("a4", "PACancelResponse", "CANCELLED"), FIRST_CANCEL_ID), "CASE_STATE");
	error.error_code = "900";
	expect_answer(error, "");
	expect_state(FETCHER, "SUBMITTED", 6);
	expect_answer(to(answer("a6", "PACancelResponse", "CANCELLED"), SECOND_CANCEL_ID), "");
	expect_state(FETCHER, "CANCELLED", 7);
}

ON_BENCH(ledger_answer, an_answer_that_names_no_cancellation_is_to_the_one_there_is)
{
	cancelling_twice();
	expect_answer(to(answer("a3", "PACancelResponse", "CANCELLED"), SECOND_ID), "");
	expect_state(FETCHER, "CANCELLED", 7);
}

ON_BENCH(ledger_answer, a_cancellation_is_answered_once_and_only_when_it_was_asked)
{
	struct event_of agreed = answer("a2", "PACancelResponse", "CANCELLED");

	awaited(FETCHER);
	expect_answer(agreed, "CASE_STATE");
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m2", .reference = "ref1" }, "");
	agreed.message_id = agreed.body = "a3";
	agreed.relates_to = "00000000000000000000000000000003.1";
	expect_answer(agreed, "");
	expect_state(FETCHER, "CANCELLED", 3);
	cr_expect(strstr(fetched("f1", NULL), "<RelatesToMessageID>m2</RelatesToMessageID>"));
	agreed.message_id = agreed.body = "a4";
	expect_answer(agreed, "");
	expect_answer(answer("a5", "PAResponse", "APPROVED"), "CASE_STATE");
	expect_state(FETCHER, "CANCELLED", 3);
	bench_pass(&bench, 24 * HOUR_MS);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
}

/* FAR names a question that nobody asked, but the case is known by its number. */
ON_BENCH(ledger_answer, a_cancellation_answered_without_saying_which_relates_to_the_one_there_is)
{
	const char *told;

	submitted();
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m3", .reference = "ref1", .case_id = "FAR-7" }, "");
	expect_answer(to(answer("a2", "PACancelResponse", "CANCELLED"), "asked-by-nobody"), "");
	expect_state(FETCHER, "CANCELLED", 5);
	cr_expect(strstr(fetched("f1", NULL), "as a1"));
	told = fetched("f2", "00000000000000000000000000000002.1");
	cr_expect(strstr(told, "<RelatesToMessageID>m3</RelatesToMessageID>"), "%s", told);
}

ON_BENCH(ledger_answer, a_decision_that_crosses_the_cancellation_comes_first)
{
	struct event_of denied = answer("a3", "PACancelResponse", "CANCEL_REFUSED");

	awaited(FETCHER);
	expect_answer((struct event_of){ "CANCEL", FETCHER, "m2", .reference = "ref1" }, "");
	expect_answer(answer("a2", "PAResponse", "APPROVED"), "");
	expect_state(FETCHER, "APPROVED", 3);
	denied.relates_to = "00000000000000000000000000000002.1";
	expect_answer(denied, "");
	expect_state(FETCHER, "APPROVED", 4);
}

/* -- errors and notices of its own -- */

ON_BENCH(ledger_answer, an_error_about_what_is_awaited_closes_it_unless_it_passes)
{
	struct event_of error = answer("e1", "Error", NULL);

	awaited(FETCHER);
	error.error_code = "602";
	expect_answer(error, "");
	expect_state(FETCHER, "INITIATED", 1);
	error.message_id = error.body = "e2";
	error.error_code = "900";
	error.relates_to = "no-such-id";
	error.case_id = NULL;
	expect_answer(error, ""); /* about something else */
	expect_state(FETCHER, "INITIATED", 1);
	error.message_id = error.body = "e3";
	error.relates_to = FIRST_ID;
	expect_answer(error, "");
	expect_state(FETCHER, "CLOSED", 2);
	cr_expect(strstr(fetched("f1", NULL), "<Error><!-- as e3 wrote it --></Error>"));
}

ON_BENCH(ledger_answer, a_status_that_comes_late_changes_nothing)
{
	awaited(FETCHER);
	expect_answer(answer("s1", "Status", NULL), "");
	expect_state(FETCHER, "INITIATED", 1);
}

ON_BENCH(ledger_answer, a_backend_s_notification_goes_to_the_prescriber_whatever_the_state)
{
	struct event_of notice = { "NOTIFY", "PY:FAR", "n1", .body = "n1", .backend = FAR, .kind = "PANotification",
		.case_id = "FAR-7", .reference = "ref1" };

	submitted();
	expect_answer(to(answer("a2", "PAResponse", "APPROVED"), SECOND_ID), "");
	expect_answer(notice, "");
	expect_state(FETCHER, "APPROVED", 5);
	cr_expect(strstr(fetched("f1", NULL), "as a1"));
	cr_expect(strstr(fetched("f2", "00000000000000000000000000000002.1"), "as a2"));
	cr_expect(strstr(fetched("f3", "00000000000000000000000000000004.1"), "<PANotification><!-- as n1 wrote it --></PANotification>"));
	cr_expect(!strstr(fetched("f3", "00000000000000000000000000000004.1"), "RelatesToMessageID"));
	notice.message_id = notice.body = "n2";
	notice.case_id = "FAR-8";
	expect_answer(notice, "UNKNOWN_CASE");
	notice.message_id = notice.body = "n3";
	notice.case_id = "FAR-7";
	notice.backend = ELSEWHERE;
	notice.partner = "PY:ELSEWHERE";
	expect_answer(notice, "UNKNOWN_CASE");
}
