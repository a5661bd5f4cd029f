/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger and the house payer: work goes out until it is answered, and each answer is taken once. */
#include "test/gateway/ledger/ledger_steps.h"

/* -- work and decisions -- */

ON_BENCH(ledger_work, work_waits_for_a_payer_and_is_sent_again_when_it_is_lost)
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

ON_BENCH(ledger_work, no_more_work_is_out_than_the_payer_has_room_for)
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

ON_BENCH(ledger_work, a_decision_is_taken_once)
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
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	cr_expect_str_eq(fetch("f2", NULL), ACCEPTED);
}

ON_BENCH(ledger_work, a_denial_without_a_reason_goes_nowhere_and_is_asked_again)
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
	cr_expect_eq(bench_audited(&bench, "REFUSED", "NO_REASON"), 3);
	bench_decide(&bench, &work, "DENIED", "not covered for this diagnosis");
	bench_drain(&bench);
	expect_state(FETCHER, "DENIED", 2);
}

ON_BENCH(ledger_work, a_decision_about_another_case_or_of_no_kind_is_not_taken)
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

ON_BENCH(ledger_work, what_takes_longer_is_told_and_asked_again_when_due)
{
	struct case_work work = asked(FETCHER), again;

	bench_decide_again(&bench, &work, 5000);
	bench_drain(&bench);
	expect_state(FETCHER, "IN_PROCESS", 2);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
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

/* What the backend's standard has no place for stays with the case, and is counted; asked again it says the same, not more. */
ON_BENCH(ledger_work, a_loss_report_stays_with_its_case)
{
	struct text paths[] = { text_lit("Body/PARequest/MedicationPrescribed/DrugCoded/Strength"), text_lit("Body/PARequest/Facility") };
	struct case_work work = asked(FETCHER);
	struct counters counters = { 0 };
	struct pa_case at;

	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id, .outcome = text_lit("CLOSED"),
		.message = text_lit(DECIDED), .losses = paths, .losses_n = 2 });
	bench_drain(&bench);
	cr_assert(bench_case(&bench, FETCHER, "ref1", &at));
	cr_assert_eq(at.losses_n, 2);
	cr_expect(text_equal(at.losses[0], paths[0]));
	cr_expect(text_equal(at.losses[1], paths[1]));
	ledger_role.count(bench.state, &counters);
	cr_expect_eq(counters.losses, 2);
}
