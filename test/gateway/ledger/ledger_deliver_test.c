/* SPDX-License-Identifier: Apache-2.0 */
/* Answers on their way to the prescriber: fetched from the mailbox, or posted by the courier. */
#include "test/gateway/ledger/ledger_steps.h"

/* -- the mailbox -- */

ON_BENCH(ledger_deliver, a_fetched_item_is_lent_until_it_is_acknowledged)
{
	struct case_work work = asked(FETCHER);
	static const char answer_id[] = "00000000000000000000000000000001.1";

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED, "the same question has the same answer");
	cr_expect_str_eq(fetch("f2", NULL), ACCEPTED);
	bench_pass(&bench, 5 * 60 * 1000);
	cr_expect_str_eq(fetch("f3", "no-such-id"), DECIDED, "it was never acknowledged");
	cr_expect_str_eq(fetch("f4", answer_id), ACCEPTED);
	bench_pass(&bench, 5 * 60 * 1000);
	cr_expect_str_eq(fetch("f5", NULL), ACCEPTED);
	cr_expect_str_eq(fetch("f6", answer_id), ACCEPTED);
}

ON_BENCH(ledger_deliver, items_come_oldest_first_and_only_to_their_own_partner)
{
	struct case_work work = asked(FETCHER);

	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ "FETCH", CALLER, "f1" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, NULL), ACCEPTED);
	cr_expect_str_eq(fetch("f2", NULL), DECIDED);
}

ON_BENCH(ledger_deliver, two_fetches_in_one_batch_get_different_items_and_a_failed_batch_lends_nothing)
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
	cr_expect(text_is(bench_out(&bench, TYPE_REPLY, 0)->payload, DECIDED));
	cr_expect(text_is(bench_out(&bench, TYPE_REPLY, 1)->payload, ACCEPTED));
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

ON_BENCH(ledger_deliver, a_partner_with_a_callback_is_called_until_it_has_taken_the_answer)
{
	struct delivery delivery = to_deliver(), again;
	int64_t waited = 0;

	cr_expect(text_is(delivery.url, "https://ehr.example/script"));
	cr_expect(text_is(delivery.message, DECIDED));
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

ON_BENCH(ledger_deliver, a_delivery_survives_a_restart_and_a_silent_courier)
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
	cr_expect_str_eq(bench_reply(&bench, NULL), DECIDED);
}

ON_BENCH(ledger_deliver, a_refused_delivery_waits_in_the_mailbox)
{
	struct delivery delivery = to_deliver();

	bench_delivered(&bench, delivery.row, "REFUSED");
	expect_in_mailbox(delivery.row);
}

ON_BENCH(ledger_deliver, after_seven_days_a_delivery_waits_in_the_mailbox)
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
