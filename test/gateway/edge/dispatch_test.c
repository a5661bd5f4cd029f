/* SPDX-License-Identifier: Apache-2.0 */
/* The book of requests in hand: windows, order, sharing out, resends, strikes and limits. */
#include "gateway/edge/dispatch.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 2, SCRIPT_MS = 9000, RTPB_MS = 3000 };

static struct now at(int64_t ms)
{
	return (struct now){ .mono_ms = 100000 + ms, .wall_ms = 1700000000000 + ms };
}

static struct dispatch *fresh(int workers)
{
	struct dispatch *dispatch = malloc(sizeof(*dispatch));

	dispatch_init(dispatch, WINDOW, (const int64_t[FAMILIES]){ SCRIPT_MS, RTPB_MS, RTPB_MS, SCRIPT_MS, RTPB_MS, RTPB_MS });
	for (int i = 0; i < workers; i++)
		dispatch_worker_up(dispatch, i, at(0));
	return dispatch;
}

static void done(struct dispatch *dispatch)
{
	dispatch_done(dispatch);
	free(dispatch);
}

static struct pending *add(struct dispatch *dispatch, enum family family, const char *body, int64_t ms)
{
	static uint64_t connection;
	enum fault_code refused;
	char trace[24];

	snprintf(trace, sizeof(trace), "t%llu", (unsigned long long)++connection);
	return dispatch_add(dispatch, family, connection, text_of(trace), text_of(body), at(ms), &refused);
}

/* Sends all that can be sent; returns how many. */
static int send_all(struct dispatch *dispatch, int64_t ms)
{
	int worker, n = 0;

	while (dispatch_next(dispatch, at(ms), &worker))
		n++;
	return n;
}

CASE(dispatch, shares_out_up_to_the_window)
{
	struct dispatch *dispatch = fresh(2);
	struct pending *first = add(dispatch, FAMILY_SCRIPT, "a", 0);
	int expected[] = { 0, 1, 0, 1 }, worker;

	for (int i = 0; i < 5; i++)
		add(dispatch, FAMILY_RTPB, "b", 0);
	for (size_t i = 0; i < 4; i++) {
		struct pending *next = dispatch_next(dispatch, at(0), &worker);

		cr_assert_not_null(next);
		cr_expect(i || next == first, "first come, first served");
		cr_expect_eq(worker, expected[i]);
	}
	cr_expect_null(dispatch_next(dispatch, at(0), &worker));
	dispatch_credit(dispatch, 1, 1);
	cr_expect_not_null(dispatch_next(dispatch, at(0), &worker));
	cr_expect_eq(worker, 1);
	cr_expect_null(dispatch_next(dispatch, at(0), &worker));
	dispatch_credit(dispatch, 1, 99); /* more than it had: no more than its window is free */
	cr_expect_eq(send_all(dispatch, 0), 1);
	done(dispatch);
}

CASE(dispatch, an_answer_fits_one_life_of_a_slot)
{
	struct dispatch *dispatch = fresh(1);
	struct pending *pending = add(dispatch, FAMILY_SCRIPT, "a", 0);
	struct text trace = text_of(pending->trace);
	int64_t slot = pending->slot;

	cr_expect_eq(dispatch_find(dispatch, slot, trace), pending);
	cr_expect_null(dispatch_find(dispatch, slot, text_lit("other")));
	cr_expect_null(dispatch_find(dispatch, slot + 1, trace));
	cr_expect_null(dispatch_find(dispatch, -1, trace));
	cr_expect_null(dispatch_find(dispatch, INT64_MAX, trace));
	dispatch_drop(dispatch, pending, true);
	cr_expect_null(dispatch_find(dispatch, slot, trace));
	pending = add(dispatch, FAMILY_SCRIPT, "b", 0);
	cr_expect_neq(pending->slot, slot);
	cr_expect_eq(dispatch->bytes, 1);
	dispatch_drop(dispatch, pending, true);
	cr_expect_eq(dispatch->bytes, 0);
	cr_expect_eq(dispatch->pending_n, 0);
	done(dispatch);
}

CASE(dispatch, the_dead_ones_requests_go_to_another)
{
	struct dispatch *dispatch = fresh(2);
	struct pending *a = add(dispatch, FAMILY_SCRIPT, "a", 0), *b;
	int worker;

	dispatch_next(dispatch, at(0), &worker);
	cr_assert_eq(worker, 0);
	dispatch_credit(dispatch, 1, 0);
	b = add(dispatch, FAMILY_SCRIPT, "b", 0);
	cr_expect_eq(dispatch_worker_gone(dispatch, 0, at(1)), a, "the oldest is the suspect");
	cr_expect_eq(dispatch_next(dispatch, at(1), &worker), a, "before what is fresh");
	cr_expect_eq(worker, 1);
	cr_expect_eq(dispatch_next(dispatch, at(1), &worker), b);
	cr_expect_eq(worker, 1);
	cr_expect(a->sends == 2 && dispatch->redelivered == 1);
	done(dispatch);
}

CASE(dispatch, two_deaths_and_the_body_is_never_sent_again)
{
	struct dispatch *dispatch = fresh(3);
	struct pending *poison = add(dispatch, FAMILY_RTPB, "poison", 0), *same;
	enum fault_code fault;
	int worker;

	for (int death = 0; death < DISPATCH_STRIKES_MAX; death++) {
		cr_assert_eq(dispatch_next(dispatch, at(0), &worker), poison);
		cr_expect_null(dispatch_due(dispatch, at(0), &fault));
		cr_expect_eq(dispatch_worker_gone(dispatch, worker, at(0)), poison);
	}
	cr_expect(dispatch_quarantined(dispatch, poison));
	cr_expect_null(dispatch_next(dispatch, at(0), &worker));
	cr_assert_eq(dispatch_due(dispatch, at(0), &fault), poison);
	cr_expect_eq(fault, FAULT_QUARANTINED);
	dispatch_drop(dispatch, poison, false);
	cr_expect_null(dispatch_add(dispatch, FAMILY_SCRIPT, 1, text_lit("t"), text_lit("poison"), at(0), &fault));
	cr_expect_eq(fault, FAULT_QUARANTINED, "whatever address it comes to");
	same = dispatch_add(dispatch, FAMILY_SCRIPT, 1, text_lit("t"), text_lit("poison."), at(0), &fault);
	cr_expect_not_null(same, "another body is no poison");
	cr_expect_eq(dispatch->quarantined, 1);
	done(dispatch);
}

CASE(dispatch, a_good_answer_forgives_a_strike)
{
	struct dispatch *dispatch = fresh(2);
	int worker;

	for (int i = 0; i < 4; i++) {
		struct pending *pending = add(dispatch, FAMILY_SCRIPT, "bystander", 0);

		dispatch_next(dispatch, at(0), &worker);
		dispatch_worker_gone(dispatch, worker, at(0));
		cr_assert_eq(dispatch_next(dispatch, at(0), &worker), pending, "round %d", i);
		dispatch_drop(dispatch, pending, true);
		dispatch_worker_up(dispatch, 0, at(0));
		dispatch_worker_up(dispatch, 1, at(0));
	}
	cr_expect_eq(dispatch->quarantined, 0);
	done(dispatch);
}

CASE(dispatch, a_price_whose_client_left_still_tells_on_its_body)
{
	struct dispatch *dispatch = fresh(2);
	struct pending *poison;
	int worker;

	for (int death = 0; death < DISPATCH_STRIKES_MAX; death++) {
		poison = add(dispatch, FAMILY_RTPB, "poison", 0);
		dispatch_next(dispatch, at(0), &worker);
		dispatch_hangup(dispatch, poison->connection);
		cr_expect_eq(dispatch_worker_gone(dispatch, worker, at(0)), poison);
		cr_expect_null(dispatch_next(dispatch, at(0), &worker), "nobody waits: it is not sent again");
		dispatch_worker_up(dispatch, worker, at(0));
	}
	cr_expect_null(add(dispatch, FAMILY_RTPB, "poison", 0));
	done(dispatch);
}

CASE(dispatch, hanging_up_forgets_a_waiting_price_and_keeps_a_case)
{
	struct dispatch *dispatch = fresh(0);
	struct pending *price = add(dispatch, FAMILY_RTPB, "p", 0), *event = add(dispatch, FAMILY_SCRIPT, "e", 0);
	int worker;

	dispatch_hangup(dispatch, price->connection);
	dispatch_hangup(dispatch, event->connection);
	dispatch_hangup(dispatch, 4711); /* nobody's */
	cr_expect_eq(dispatch->pending_n, 1);
	dispatch_worker_up(dispatch, 0, at(0));
	cr_expect_eq(dispatch_next(dispatch, at(0), &worker), event);
	cr_expect_eq(event->connection, 0);
	done(dispatch);
}

CASE(dispatch, is_sent_three_times_then_refused_at_the_deadline)
{
	struct dispatch *dispatch = fresh(2);
	struct pending *pending = add(dispatch, FAMILY_RTPB, "a", 0);
	enum fault_code fault;
	int worker, last = -1;

	for (int send = 0; send < DISPATCH_SENDS_MAX; send++) {
		int64_t ms = send * RTPB_MS / DISPATCH_RESEND_PART;

		if (send) {
			cr_expect_eq(dispatch_wake(dispatch), at(ms).mono_ms);
			cr_expect_null(dispatch_due(dispatch, at(ms - 1), &fault));
			cr_expect_null(dispatch_next(dispatch, at(ms - 1), &worker));
		}
		cr_expect_null(dispatch_due(dispatch, at(ms), &fault));
		cr_assert_eq(dispatch_next(dispatch, at(ms), &worker), pending);
		cr_expect_neq(worker, last, "not to the one that did not answer");
		last = worker;
	}
	cr_expect_eq(dispatch_wake(dispatch), at(RTPB_MS).mono_ms);
	cr_expect_null(dispatch_due(dispatch, at(RTPB_MS - 1), &fault));
	cr_expect_null(dispatch_next(dispatch, at(RTPB_MS - 1), &worker));
	cr_assert_eq(dispatch_due(dispatch, at(RTPB_MS), &fault), pending);
	cr_expect_eq(fault, FAULT_TIMEOUT);
	dispatch_drop(dispatch, pending, false);
	cr_expect_eq(dispatch_wake(dispatch), 0);
	done(dispatch);
}

CASE(dispatch, a_slow_backend_does_not_double_its_own_load)
{
	struct dispatch *dispatch = fresh(PEERS_MAX);
	enum fault_code fault;
	int n = 0, again, sent;

	/* many first sends, none answered: later sends are at most what was saved up and a tenth */
	for (int ms = 0; ms < 990; ms++) {
		n += add(dispatch, FAMILY_RTPB, "a", ms) != NULL;
		send_all(dispatch, ms);
		for (int i = 0; i < PEERS_MAX; i++)
			dispatch_credit(dispatch, i, WINDOW);
	}
	cr_assert_gt(n, 900);
	for (again = 0; again < 2000;) {
		cr_expect_null(dispatch_due(dispatch, at(2000), &fault));
		sent = send_all(dispatch, 2000);
		again += sent;
		for (int i = 0; i < PEERS_MAX; i++)
			dispatch_credit(dispatch, i, WINDOW);
		if (!sent)
			break;
	}
	cr_expect_gt(again, 0);
	cr_expect_leq(again, DISPATCH_RESEND_SAVED_MAX + n / DISPATCH_RESEND_EARN);
	done(dispatch);
}

CASE(dispatch, what_a_restarted_backend_had_is_sent_again)
{
	struct dispatch *dispatch = fresh(2);
	struct pending *forwarded = add(dispatch, FAMILY_SCRIPT, "a", 0), *price = add(dispatch, FAMILY_RTPB, "p", 0), *held;
	int worker;

	send_all(dispatch, 0);
	dispatch_credit(dispatch, 0, 1);
	dispatch_credit(dispatch, 1, 1);
	held = add(dispatch, FAMILY_SCRIPT, "b", 0);
	send_all(dispatch, 0); /* still with its worker, who will hand it on */
	dispatch_backend_up(dispatch, FAMILY_SCRIPT, at(1));
	cr_expect_eq(dispatch_next(dispatch, at(1), &worker), forwarded);
	cr_expect_null(dispatch_next(dispatch, at(1), &worker));
	cr_expect(price->sends == 1 && held->sends == 1);
	dispatch_backend_up(dispatch, FAMILY_RTPB, at(1));
	cr_expect_eq(dispatch_next(dispatch, at(1), &worker), price);
	done(dispatch);
}

CASE(dispatch, sheds_when_the_oldest_waits_too_long)
{
	struct dispatch *dispatch = fresh(1);
	int64_t patience = RTPB_MS / DISPATCH_SHED_PART;

	add(dispatch, FAMILY_RTPB, "1", 0);
	add(dispatch, FAMILY_RTPB, "2", 0);
	send_all(dispatch, 0);
	cr_expect_not_null(add(dispatch, FAMILY_RTPB, "3", 0));
	send_all(dispatch, 0);
	cr_expect_not_null(add(dispatch, FAMILY_RTPB, "4", patience));
	cr_expect_null(add(dispatch, FAMILY_RTPB, "5", patience + 1));
	dispatch_credit(dispatch, 0, 2);
	send_all(dispatch, patience + 1);
	cr_expect_not_null(add(dispatch, FAMILY_RTPB, "6", patience + 1));
	done(dispatch);
}

CASE(dispatch, sheds_at_its_limits)
{
	struct dispatch *dispatch = fresh(0);
	static char large[1 << 20];

	for (int i = 0; i < DISPATCH_QUEUE_MAX; i++)
		cr_assert_not_null(add(dispatch, FAMILY_RTPB, "a", 0));
	cr_expect_null(add(dispatch, FAMILY_RTPB, "a", 0));
	done(dispatch);

	dispatch = fresh(0);
	memset(large, 'x', sizeof(large) - 1);
	for (int i = 0; i < 64; i++)
		cr_assert_not_null(add(dispatch, FAMILY_SCRIPT, large, 0));
	cr_expect_null(add(dispatch, FAMILY_SCRIPT, large, 0));
	cr_expect_leq(dispatch->bytes, DISPATCH_BYTES_MAX);
	done(dispatch);
}

CASE(dispatch, a_lost_message_does_not_cost_its_place_for_ever)
{
	struct dispatch *dispatch = fresh(1);
	enum fault_code fault;
	struct pending *pending;
	int worker;

	add(dispatch, FAMILY_RTPB, "1", 0);
	add(dispatch, FAMILY_RTPB, "2", 0);
	send_all(dispatch, 0);
	while ((pending = dispatch_due(dispatch, at(RTPB_MS), &fault)))
		dispatch_drop(dispatch, pending, false);
	add(dispatch, FAMILY_SCRIPT, "3", RTPB_MS);
	cr_expect_null(dispatch_next(dispatch, at(RTPB_MS + DISPATCH_GRACE_MS), &worker));
	cr_expect_not_null(dispatch_next(dispatch, at(RTPB_MS + DISPATCH_GRACE_MS + 1), &worker));
	done(dispatch);
}

CASE(dispatch, remembers_a_bounded_number_of_bodies)
{
	struct dispatch *dispatch = fresh(1);
	struct pending *pending;
	char body[24];
	int worker;

	for (int i = 0; i < DISPATCH_HASHES_MAX + 40; i++) {
		snprintf(body, sizeof(body), "poison %d", i);
		pending = add(dispatch, FAMILY_SCRIPT, body, 0);
		for (int death = 0; death < DISPATCH_STRIKES_MAX; death++) {
			cr_assert_eq(dispatch_next(dispatch, at(0), &worker), pending);
			cr_assert_eq(dispatch_worker_gone(dispatch, 0, at(0)), pending);
			dispatch_worker_up(dispatch, 0, at(0));
		}
		dispatch_drop(dispatch, pending, false);
	}
	cr_expect_eq(dispatch->quarantined, DISPATCH_HASHES_MAX);
	cr_expect_null(add(dispatch, FAMILY_SCRIPT, body, 0), "the latest is known");
	cr_expect_not_null(add(dispatch, FAMILY_SCRIPT, "poison 0", 0), "the oldest is forgotten");
	done(dispatch);
}
