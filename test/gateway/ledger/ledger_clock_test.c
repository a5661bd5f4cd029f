/* SPDX-License-Identifier: Apache-2.0 */
/* The decision clock of a case, one promise at a time, over made-up days. Every test ends with a sound store (bench_close). */
#include "test/gateway/ledger/ledger_clock_steps.h"

/* -- the way of a clock -- */

ON_BENCH(it_runs_from_the_receipt_of_the_first_message)
{
	int64_t received = bench.now.wall_ms;
	struct pa_case at;

	initiate("medicaid_ffs", NULL);
	at = case_now();
	cr_expect(text_is(at.programme, "medicaid_ffs"));
	cr_expect(text_is(at.clock, "medicaid-ffs"));
	cr_expect_eq(at.clock_started_ms, received);
	cr_expect_eq(at.due_ms, received + 24 * HOUR_MS);
	cr_expect_eq(counted().cases_initiated, 1);
}

ON_BENCH(it_warns_escalates_and_records_that_a_decision_is_overdue)
{
	int64_t percent;
	struct case_work work = submit(FETCHER, "m1", "medicaid_ffs", NULL);

	hours(11);
	cr_expect_eq(audited("WARNED", NULL), 0);
	hours(1);
	cr_expect_eq(audited("WARNED", &percent), 1);
	cr_expect_eq(percent, 50);
	hours(8);
	cr_expect_eq(audited("WARNED", &percent), 2);
	cr_expect_eq(percent, 80);
	cr_expect_eq(audited("ESCALATED", NULL), 0);
	hours(3);
	cr_expect_eq(audited("ESCALATED", &percent), 1);
	cr_expect_eq(percent, 95);
	cr_expect_eq(audited("BREACHED", NULL), 0);
	cr_expect_eq(counted().overdue, 0);
	pass(HOUR_MS, HOUR_MS); /* to the last millisecond */
	cr_expect_eq(audited("BREACHED", NULL), 0);
	pass(1, 1);
	cr_expect_eq(audited("BREACHED", NULL), 1);
	cr_expect_eq(case_now().breached_ms, bench.now.wall_ms);
	cr_expect_eq(counted().overdue, 1);
	cr_expect_eq(counted().breaches_medicaid_ffs, 1);
	cr_expect_eq(counted().breaches_other, 0);
	hours(24 * 3);
	cr_expect_eq(audited("BREACHED", NULL), 1, "once");
	cr_expect_eq(audited("ESCALATED", &percent), 4, "and spoken of once a day after");
	cr_expect_geq(percent, 390);
	bench_decide(&bench, &work, "APPROVED", NULL);
	bench_drain(&bench);
	cr_expect_eq(counted().overdue, 0);
	cr_expect_eq(counted().cases_submitted, 0);
	cr_expect_eq(counted().breaches_medicaid_ffs, 1);
	hours(24 * 3);
	cr_expect_eq(audited("ESCALATED", NULL), 4, "a decided case is not looked at");
	cr_expect(!case_now().clock_row.n);
}

ON_BENCH(a_decision_in_time_leaves_nothing_behind)
{
	struct case_work work = submit(FETCHER, "m1", "medicaid_ffs", NULL);

	hours(1);
	bench_decide(&bench, &work, "APPROVED", NULL);
	bench_drain(&bench);
	cr_expect_eq(case_now().decided_ms, bench.now.wall_ms);
	hours(48);
	cr_expect_eq(audited("WARNED", NULL) + audited("ESCALATED", NULL) + audited("BREACHED", NULL), 0);
	cr_expect_eq(case_now().breached_ms, 0);
}

ON_BENCH(a_decision_in_the_last_millisecond_is_in_time_and_the_next_is_not)
{
	struct case_work work = submit(FETCHER, "m1", "part_d", "X");

	bench_pass(&bench, 24 * HOUR_MS);
	bench_decide(&bench, &work, "DENIED", "no");
	bench_drain(&bench);
	cr_expect_eq(case_now().breached_ms, 0);
	cr_expect_eq(audited("BREACHED", NULL), 0);
}

/* The ledger was down, or busy: the decision comes in before the clock could act. */
ON_BENCH(a_late_decision_is_on_record_as_late_though_the_clock_had_not_acted)
{
	struct case_work work = submit(FETCHER, "m1", "part_d", "X");

	bench_pass(&bench, 24 * HOUR_MS + 1);
	bench_decide(&bench, &work, "DENIED", "no");
	bench_drain(&bench);
	cr_expect_eq(case_now().breached_ms, bench.now.wall_ms);
	cr_expect_eq(audited("BREACHED", NULL), 1);
	cr_expect_eq(counted().breaches_part_d, 1);
	cr_expect_eq(counted().overdue, 0);
	hours(48);
	cr_expect_eq(audited("BREACHED", NULL), 1);
}

ON_BENCH(the_prescriber_hears_that_a_decision_is_overdue)
{
	const char *body;

	submit(FETCHER, "m1", "part_d", NULL);
	hours(73);
	body = fetched("f1", NULL);
	cr_expect(strstr(body, "<InProcess>") && strstr(body, "A decision was due by 2026-11-25T09:30:00Z"), "%s", body);
	cr_expect(!strstr(body, "emergency"), "part D has no emergency supply");
	cr_expect(strstr(body, "<MessageID>00000000000000000000000000000001.zz<"), "%s", body);
	expect_good(body, NCPDP_PA_RESPONSE);
}

static void overdue_under(const char *track, bool offered)
{
	struct case_work work;
	const char *body;
	int64_t length = 0;

	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "m1", .reference = "ref1", .programme = "medicaid_managed_care",
		.request = request_of("pa-request.xml"), .track = track });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	cr_expect_eq(text_there(work.note), offered, "what the payer is to add");
	cr_expect_eq(audited("EMERGENCY_SUPPLY", NULL), 0, "nothing is said yet");
	hours(25);
	body = fetched("f1", NULL);
	cr_expect(strstr(body, "<InProcess>"), "%s", body);
	cr_expect_eq(strstr(body, "at least 72 hours") != NULL, offered, "%s", body);
	expect_good(body, NCPDP_PA_RESPONSE);
	cr_expect_eq(audited("EMERGENCY_SUPPLY", &length), offered);
	cr_expect_eq(length, offered ? 72 : 0);
	bench_decide_again(&bench, &work, HOUR_MS);
	bench_drain(&bench);
	cr_expect_eq(audited("EMERGENCY_SUPPLY", NULL), offered, "spoken of again, and on record once");
}

/* SSA 1927(d)(5)(B): covered outpatient drugs under the pharmacy benefit. */
ON_BENCH(an_emergency_supply_is_offered_where_the_law_has_one)
{
	overdue_under("PHARMACY", true);
}

ON_BENCH(an_emergency_supply_is_not_offered_for_the_medical_benefit)
{
	overdue_under("MEDICAL", false);
}

ON_BENCH(an_answer_of_the_house_that_decides_nothing_offers_it_too)
{
	struct case_work work;

	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "m1", .reference = "ref1", .programme = "medicaid_ffs",
		.request = request_of("pa-request.xml"), .track = "PHARMACY" });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	bench_decide_again(&bench, &work, HOUR_MS);
	bench_drain(&bench);
	cr_expect_eq(audited("EMERGENCY_SUPPLY", NULL), 1);
	cr_expect_eq(counted().supplies, 1);
	cr_expect_eq(case_now().supply_ms, bench.now.wall_ms);
}

ON_BENCH(a_question_not_yet_asked_has_no_message_for_being_late)
{
	initiate("part_d", NULL); /* PAInitiationResponse is open or closed, nothing else */
	hours(73);
	cr_expect_eq(audited("BREACHED", NULL), 1);
	cr_expect(strstr(fetched("f1", NULL), "accepted"), "nothing waits");
}

ON_BENCH(a_courier_takes_it_to_a_prescriber_with_a_callback)
{
	struct delivery delivery;
	char body[16384];

	bench_peer(&bench, ROLE_COURIER, true);
	submit(CALLER, "m1", "part_d", "X");
	bench_pass(&bench, 24 * HOUR_MS + 1);
	do {
		bench_tick(&bench);
		bench_drain(&bench);
		bench_pass(&bench, 1);
	} while (!bench_sent(&bench, TYPE_DELIVER) && bench.now.wall_ms < case_now().due_ms + 100);
	delivery = bench_delivery(&bench, 0);
	expect_good(text_to_z(delivery.message, body, sizeof(body)), NCPDP_PA_RESPONSE);
	bench_delivered(&bench, delivery.row, "TAKEN");
	bench_drain(&bench);
}

/* -- pausing -- */

ON_BENCH(a_house_clock_stands_still_while_the_prescriber_owes_an_answer)
{
	int64_t received = bench.now.wall_ms;
	struct case_work work = initiate("other", NULL);

	cr_expect_eq(case_now().due_ms, received + 72 * HOUR_MS);
	hours(2);
	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	hours(24 * 5);
	cr_expect_eq(audited("WARNED", NULL), 0);
	submit(FETCHER, "m2", "other", NULL);
	cr_expect_eq(case_now().due_ms, received + (72 + 24 * 5) * HOUR_MS);
	cr_expect_eq(case_now().paused_total_ms, 24 * 5 * HOUR_MS);
	cr_expect_eq(case_now().clock_started_ms, received);
	hours(33);
	cr_expect_eq(audited("WARNED", NULL), 0);
	hours(1); /* 36 of 72 */
	cr_expect_eq(audited("WARNED", NULL), 1);
	hours(37);
	cr_expect_eq(audited("BREACHED", NULL), 1);
}

ON_BENCH(a_legal_clock_does_not_stop_for_a_question)
{
	int64_t received = bench.now.wall_ms;
	struct case_work work = initiate("medicaid_ffs", NULL);

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	hours(25);
	cr_expect_eq(audited("BREACHED", NULL), 1);
	submit(FETCHER, "m2", "medicaid_ffs", NULL);
	cr_expect_eq(case_now().due_ms, received + 24 * HOUR_MS);
	cr_expect(case_now().breached_ms > 0, "what was late stays on record");
}

ON_BENCH(asking_again_does_not_start_it_anew)
{
	struct case_work work = initiate("part_d", NULL);
	int64_t due = case_now().due_ms;

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	hours(10);
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m2", .reference = "ref1", .programme = "part_d" });
	bench_drain(&bench);
	cr_expect_eq(case_now().due_ms, due);
}

ON_BENCH(who_asks_for_speed_gets_it_from_then_on)
{
	struct case_work work = initiate("part_d", NULL);
	int64_t opened = bench.now.wall_ms;

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	hours(10);
	submit(FETCHER, "m2", "part_d", "X");
	cr_expect(text_is(case_now().clock, "part-d-x"));
	cr_expect_eq(case_now().due_ms, opened + 34 * HOUR_MS);
	cr_expect_eq(case_now().opened_ms, opened);
}

ON_BENCH(asking_for_speed_late_does_not_give_the_payer_more_time)
{
	struct case_work work = initiate("part_d", NULL);
	int64_t due = case_now().due_ms;

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	hours(60);
	submit(FETCHER, "m2", "part_d", "X");
	cr_expect_eq(case_now().due_ms, due, "12 hours are left, which is less than 24");
}

/* -- the prescriber's own deadline -- */

ON_BENCH(a_question_that_is_not_answered_in_time_ends_the_case)
{
	struct case_work work = initiate("other", NULL);
	const char *body;

	bench_decide(&bench, &work, "OPEN", NULL); /* no deadline: the table's 14 days */
	bench_drain(&bench);
	cr_expect_eq(case_now().reply_by_ms, bench.now.wall_ms + 14 * 24 * HOUR_MS);
	cr_expect(strstr(fetched("f1", NULL), "decided"));
	hours(14 * 24);
	cr_expect(text_is(case_now().state, "OPEN"), "the last millisecond is in time");
	pass(1, 1);
	cr_expect(text_is(case_now().state, "EXPIRED"));
	cr_expect_eq(audited("LAPSED", NULL), 1);
	cr_expect_eq(case_now().breached_ms, 0);
	cr_expect_eq(counted().cases_open, 0);
	body = fetched("f2", "00000000000000000000000000000001.1");
	cr_expect(strstr(body, "<Closed>") && strstr(body, "<ReasonCode>FL<"), "%s", body);
	expect_good(body, NCPDP_PA_INITIATION_RESPONSE);
	/* an answer after that finds the case closed */
	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "m2", .reference = "ref1" });
	bench_drain(&bench);
	bench_reply(&bench, &body);
	cr_expect_str_eq(body, "CASE_STATE");
}

ON_BENCH(a_later_question_that_is_not_answered_ends_it_too)
{
	struct case_work work = submit(FETCHER, "m1", "other", NULL);
	const char *body;

	bench_decide(&bench, &work, "MORE_INFORMATION", NULL);
	bench_drain(&bench);
	fetched("f1", NULL);
	hours(14 * 24);
	pass(1, 1);
	cr_expect(text_is(case_now().state, "EXPIRED"));
	body = fetched("f2", "00000000000000000000000000000001.1");
	cr_expect(strstr(body, "<Closed>") && strstr(body, "<ClosedReasonCode>FL<"), "%s", body);
	expect_good(body, NCPDP_PA_RESPONSE);
}

/* -- after a crash -- */

/* A partner takes a MessageID once: the end of a case must not look like a repetition of what was said before. */
ON_BENCH(overdue_and_over_are_two_messages)
{
	struct case_work work = submit(FETCHER, "m1", "medicaid_ffs", NULL);
	const char *body;

	hours(25);
	body = fetched("f1", NULL);
	cr_expect(strstr(body, "<InProcess>") && strstr(body, "<MessageID>00000000000000000000000000000001.zz<"), "%s", body);
	bench_decide(&bench, &work, "MORE_INFORMATION", NULL);
	bench_drain(&bench);
	cr_expect(strstr(fetched("f2", "00000000000000000000000000000001.zz"), "decided"));
	hours(14 * 24 + 1);
	cr_expect(text_is(case_now().state, "EXPIRED"));
	body = fetched("f3", "00000000000000000000000000000001.1");
	cr_expect(strstr(body, "<Closed>") && !strstr(body, "<MessageID>00000000000000000000000000000001.zz<"), "%s", body);
	expect_good(body, NCPDP_PA_RESPONSE);
}

ON_BENCH(it_lasts_through_a_crash_and_acts_once)
{
	submit(FETCHER, "m1", "medicaid_ffs", NULL);
	bench_crash(&bench);
	cr_expect_eq(counted().cases_submitted, 1);
	bench_pass(&bench, 12 * HOUR_MS);
	bench_tick(&bench); /* warned, and not committed */
	bench_crash(&bench);
	cr_expect_eq(audited("WARNED", NULL), 0);
	bench_tick(&bench);
	bench_drain(&bench);
	cr_expect_eq(audited("WARNED", NULL), 1);
	bench_crash(&bench);
	hours(1);
	cr_expect_eq(audited("WARNED", NULL), 1);
	bench_pass(&bench, 24 * 10 * HOUR_MS); /* a long time down */
	bench_crash(&bench);
	pass(10, 1);
	cr_expect_eq(audited("ESCALATED", NULL), 1);
	cr_expect_eq(audited("BREACHED", NULL), 1);
	bench_crash(&bench);
	cr_expect_eq(counted().overdue, 1);
	pass(10, 1);
	cr_expect_eq(audited("BREACHED", NULL), 1);
}

ON_BENCH(what_came_due_while_down_is_taken_in_its_order)
{
	struct case_work work = initiate("medicaid_ffs", NULL); /* due in 24 h, and the question lapses after 14 days */

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	bench_pass(&bench, 30 * 24 * HOUR_MS);
	bench_crash(&bench);
	pass(20, 1);
	cr_expect_eq(audited("BREACHED", NULL), 1);
	cr_expect_eq(audited("LAPSED", NULL), 1);
	cr_expect(text_is(case_now().state, "EXPIRED"));
	cr_expect(case_now().breached_ms > 0);
}

ON_BENCH(a_full_store_puts_it_off_and_does_not_lose_it)
{
	submit(FETCHER, "m1", "medicaid_ffs", NULL);
	bench_pass(&bench, 12 * HOUR_MS);
	store_memory_fail(bench.store, FAULT_STORE_FULL, false);
	bench_tick(&bench);
	bench_drain(&bench);
	cr_expect_eq(audited("WARNED", NULL), 0);
	cr_expect_eq(counted().warned, 0);
	pass(MINUTE_MS, 1000);
	cr_expect_eq(audited("WARNED", NULL), 1);
	cr_expect_eq(counted().warned, 1);
}

ON_BENCH(a_host_clock_that_is_set_moves_what_is_due_with_it)
{
	submit(FETCHER, "m1", "medicaid_ffs", NULL);
	bench.now.wall_ms += 13 * HOUR_MS; /* forward, and no time passed */
	bench_tick(&bench);
	bench_drain(&bench);
	cr_expect_eq(audited("WARNED", NULL), 1);
	bench.now.wall_ms -= 5 * HOUR_MS; /* and back */
	pass(2 * HOUR_MS, 30 * MINUTE_MS);
	cr_expect_eq(audited("WARNED", NULL), 1);
	pass(10 * HOUR_MS, 30 * MINUTE_MS);
	cr_expect_eq(audited("WARNED", NULL), 2);
}

/* -- appeals -- */

ON_BENCH(an_appeal_has_its_own_clock)
{
	struct case_work work = submit(FETCHER, "m1", "part_d", NULL);
	struct pa_case at;

	hours(80); /* the decision is late */
	bench_decide(&bench, &work, "DENIED", "no");
	bench_drain(&bench);
	at = case_now();
	cr_expect(at.breached_ms && at.appeal_by_ms == bench.now.wall_ms + 65 * 24 * HOUR_MS, "42 CFR 423.582(b)");
	hours(48);
	bench_event(&bench, (struct event_of){ "APPEAL", FETCHER, "m2", .reference = "ref1", .programme = "part_d" });
	bench_drain(&bench);
	at = case_now();
	cr_expect(text_is(at.state, "APPEALED") && text_is(at.clock, "appeal-part-d"), "%.*s", TEXT_ARGS(at.clock));
	cr_expect_eq(at.due_ms, bench.now.wall_ms + 7 * 24 * HOUR_MS);
	cr_expect_eq(at.breached_ms, 0);
	cr_expect_eq(counted().overdue, 0);
	cr_expect_eq(audited("BREACHED", NULL), 1, "of the first decision, for good");
	hours(7 * 24 + 1);
	cr_expect_eq(audited("BREACHED", NULL), 2);
}

/* -- another table -- */

ON_BENCH(another_table_is_for_new_cases_and_a_wrong_one_for_none)
{
	static const char *const tables[] = { "fast | decision | any | any | any | any | 1h | no | 50 | HOUSE | in_force | | | x |\n", "nonsense\n" };
	struct config changed = *bench.config;
	char file[] = "/tmp/dualtrack-clock-XXXXXX";
	int64_t due;
	FILE *out;

	initiate("part_d", NULL);
	due = case_now().due_ms;
	close(mkstemp(file));
	changed.clock = text_of(file);
	for (int i = 0; i < 2; i++) { /* the second cannot be read, and the first stays */
		char id[8], reference[8];
		struct pa_case at;

		out = fopen(file, "we");
		cr_assert(out && fputs(tables[i], out) >= 0 && !fclose(out));
		bench_step(&bench, &(struct input){ .kind = IN_CONFIG, .config = &changed });
		cr_expect_eq(case_now().due_ms, due);
		snprintf(id, sizeof(id), "n%d", i);
		snprintf(reference, sizeof(reference), "r%d", i);
		bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, id, .reference = reference, .programme = "part_d" });
		bench_drain(&bench);
		cr_assert(bench_case(&bench, FETCHER, reference, &at));
		cr_expect(text_is(at.clock, "fast") && at.due_ms == bench.now.wall_ms + HOUR_MS, "%d", i);
	}
	bench_step(&bench, &(struct input){ .kind = IN_CONFIG, .config = bench.config });
	unlink(file);
	hours(80);
	cr_expect_eq(audited("BREACHED", NULL), 3, "a clock whose row is gone still ends");
}
