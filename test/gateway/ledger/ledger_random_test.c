/* SPDX-License-Identifier: Apache-2.0 */
/* A few prescribers, a payer and a courier around one ledger, with everything between them lost, repeated, late and out of order, and
   the power cut now and then. Then calm: every case must reach its end, every answer its prescriber, and no acknowledged message may
   ever be answered differently. */
#include "test/gateway/ledger/ledger_bench.h"

#include "base/log.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 6, LETTERS_MAX = 64, STORM_STEPS = 400, CALM_STEPS = 3000, ROUNDS = 2 };

enum phase { INITIATING, WAITING, SUBMITTING, DECIDING, OVER };

/* One prescriber with one case. */
struct prescriber {
	const char *partner;
	enum phase phase;
	int sent[2000]; /* by number of message: 0 not ours, else 1 + phase in which it was sent */
	char answer[2][512]; /* to INITIATE and to SUBMIT, once had */
};

/* Something on its way from the ledger: WORK to the payer or DELIVER to the courier. */
struct letter {
	enum message_type type;
	struct case_work work;
	struct delivery delivery;
};

struct world {
	struct ledger_bench bench;
	struct prescriber prescribers[CASES];
	struct letter letters[LETTERS_MAX];
	size_t letters_n;
	uint64_t seed;
	bool storm;
	int fetches;
	char fetched[40]; /* MessageID of the item the fetching partner had last */
};

static bool chance(struct world *w, int percent)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (int)(w->seed % 100) < percent;
}

static size_t pick(struct world *w, size_t n)
{
	chance(w, 0);
	return (size_t)(w->seed >> 8) % n;
}

/* A decision as it reaches its prescriber: "<reference> <outcome> <reply id>" */
static void had_answer(struct world *w, struct text message)
{
	struct text reference = text_cut(&message, ' '), outcome = text_cut(&message, ' ');
	struct prescriber *p;
	int i = 0;

	if (reference.n != 2 || reference.at[0] != 'r')
		return;
	i = reference.at[1] - '0';
	cr_assert(i >= 0 && i < CASES);
	p = &w->prescribers[i];
	snprintf(w->fetched, sizeof(w->fetched), "%.*s", TEXT_ARGS(message));
	if (text_is(outcome, "OPEN") && p->phase <= WAITING)
		p->phase = SUBMITTING;
	if (text_is(outcome, "APPROVED") || text_is(outcome, "DENIED"))
		p->phase = OVER;
}

static void had_reply(struct world *w, const struct out *out)
{
	int slot = (int)out->envelope.slot;

	if (w->storm && chance(w, 20))
		return;
	for (size_t i = 0; i < CASES; i++) {
		struct prescriber *p = &w->prescribers[i];
		int phase = p->sent[slot % 2000] - 1;
		char *answer;

		if (phase < 0)
			continue;
		if (text_is(out->envelope.fault, "STORE_FULL"))
			return;
		cr_assert(!text_there(out->envelope.fault), "seed %lu: %.*s", w->seed, TEXT_ARGS(out->envelope.fault));
		answer = p->answer[phase == SUBMITTING];
		if (*answer)
			cr_assert(text_is(out->payload, answer), "another answer to the same message");
		text_to_z(out->payload, answer, sizeof(p->answer[0]));
		if ((int)p->phase == phase)
			p->phase = phase == INITIATING ? WAITING : DECIDING;
		return;
	}
	had_answer(w, out->payload); /* a fetched item, or "nothing there" */
}

static void look_in_outbox(struct world *w)
{
	struct ledger_bench *bench = &w->bench;

	for (size_t i = 0; i < bench_sent(bench, TYPE_REPLY); i++)
		had_reply(w, bench_out(bench, TYPE_REPLY, i));
	for (int kind = 0; kind < 2; kind++)
		for (size_t i = 0; i < bench_sent(bench, kind ? TYPE_WORK : TYPE_DELIVER); i++) {
			struct letter letter = { .type = kind ? TYPE_WORK : TYPE_DELIVER };

			if (kind)
				letter.work = bench_work(bench, i);
			else
				letter.delivery = bench_delivery(bench, i);
			for (int copies = w->storm ? (int)pick(w, 3) : 1; copies && w->letters_n < LETTERS_MAX; copies--)
				w->letters[w->letters_n++] = letter;
		}
}

static void restart(struct world *w)
{
	bench_crash(&w->bench);
	w->letters_n = w->storm ? w->letters_n : 0; /* letters of the earlier life may still arrive */
	bench_peer(&w->bench, ROLE_PAYER, true);
	look_in_outbox(w);
	bench_peer(&w->bench, ROLE_COURIER, true);
	look_in_outbox(w);
}

static void write_to_ledger(struct world *w)
{
	size_t i = pick(w, CASES);
	struct prescriber *p = &w->prescribers[i];
	char id[8], reference[8];
	bool submit = p->phase == SUBMITTING;

	if (p->phase != INITIATING && !submit)
		return;
	snprintf(id, sizeof(id), "%c%zu", submit ? 's' : 'i', i);
	snprintf(reference, sizeof(reference), "r%zu", i);
	bench_event(&w->bench, (struct event_of){ submit ? "SUBMIT" : "INITIATE", p->partner, id, .reference = reference });
	cr_assert_lt(w->bench.messages, 2000);
	p->sent[w->bench.messages] = 1 + (int)p->phase;
	look_in_outbox(w);
}

static void fetch(struct world *w)
{
	char id[16];

	snprintf(id, sizeof(id), "f%d", ++w->fetches);
	bench_event(&w->bench,
		(struct event_of){ "FETCH", FETCHER, id, .acknowledged = *w->fetched && chance(w, 70) ? w->fetched : NULL });
	cr_assert_lt(w->bench.messages, 2000);
	look_in_outbox(w);
}

static void decide(struct world *w, const struct case_work *work)
{
	bool submit = text_is(work->event, "SUBMIT"), more = submit && work->round < ROUNDS && work->row.n % 2;
	bool deny = text_hash(work->case_id) % 2;
	const char *outcome = !submit ? "OPEN" : more ? "IN_PROCESS" : deny ? "DENIED" : "APPROVED";
	char message[120];
	struct pa_case at;

	for (size_t i = 0; i < CASES; i++) {
		char reference[8];

		snprintf(reference, sizeof(reference), "r%zu", i);
		if (!bench_case(&w->bench, w->prescribers[i].partner, reference, &at) || !text_equal(at.case_id, work->case_id))
			continue;
		snprintf(message, sizeof(message), "%s %s %.*s", reference, outcome, TEXT_ARGS(work->reply_id));
		bench_decide_with(&w->bench, work, outcome, deny ? "step therapy was not tried" : NULL, more ? 2000 : 0,
			text_of(message));
		look_in_outbox(w);
		return;
	}
	cr_assert_fail("work for a case that is not there");
}

static void deliver_letter(struct world *w)
{
	size_t i = w->letters_n ? pick(w, w->letters_n) : 0;
	struct letter letter;

	if (!w->letters_n)
		return;
	letter = w->letters[i];
	w->letters[i] = w->letters[--w->letters_n];
	if (letter.type == TYPE_WORK) {
		decide(w, &letter.work);
		return;
	}
	if (w->storm && chance(w, 40)) {
		bench_delivered(&w->bench, letter.delivery.row, chance(w, 80) ? "RETRY" : "REFUSED");
	} else {
		had_answer(w, letter.delivery.message);
		if (!w->storm || chance(w, 80)) /* else the answer is lost: it is delivered once more */
			bench_delivered(&w->bench, letter.delivery.row, "TAKEN");
	}
	look_in_outbox(w);
}

static void drain(struct world *w)
{
	if (w->storm && chance(w, 3))
		store_memory_fail(w->bench.store, FAULT_STORE_FULL, false);
	else if (w->storm && chance(w, 3))
		store_memory_fail(w->bench.store, FAULT_STORE_UNKNOWN, chance(w, 50));
	bench_drain(&w->bench);
	if (w->bench.outbox.ended)
		restart(w);
	else
		look_in_outbox(w);
}

static void step(struct world *w)
{
	switch (pick(w, 6)) {
	case 0:
		write_to_ledger(w);
		break;
	case 1:
		drain(w);
		break;
	case 2:
		deliver_letter(w);
		break;
	case 3:
		bench_pass(&w->bench, (int64_t)pick(w, w->storm ? 12000 : 2000));
		bench_tick(&w->bench);
		look_in_outbox(w);
		break;
	case 4:
		if (chance(w, 20))
			fetch(w);
		break;
	default:
		if (w->storm && chance(w, 8))
			restart(w);
		else if (w->storm && chance(w, 8)) {
			bench_peer(&w->bench, chance(w, 50) ? ROLE_PAYER : ROLE_COURIER, chance(w, 50));
			look_in_outbox(w);
		}
	}
	if (w->bench.outbox.ended)
		restart(w);
}

static bool all_over(const struct world *w)
{
	for (size_t i = 0; i < CASES; i++)
		if (w->prescribers[i].phase != OVER)
			return false;
	return true;
}

static bool any_note(struct store *store)
{
	struct store_walk *walk = store_walk_new(store, text_lit("e/"), TEXT_NONE);
	struct text key, value;
	struct fault fault;
	bool any = store_walk_next(walk, &key, &value);

	return store_walk_free(walk, &fault) && any;
}

static void run(uint64_t seed)
{
	struct world *w = calloc(1, sizeof(*w));
	int calm = 0;

	cr_assert(w);
	w->seed = seed * 0x9e3779b97f4a7c15u + 1;
	w->storm = true;
	bench_open(&w->bench);
	for (size_t i = 0; i < CASES; i++)
		w->prescribers[i].partner = i % 2 ? CALLER : FETCHER;
	for (int i = 0; i < STORM_STEPS; i++)
		step(w);
	w->storm = false;
	restart(w);
	for (; calm < CALM_STEPS && !all_over(w); calm++) {
		step(w);
		if (calm % 200 == 199) /* what a refused delivery or a lost fetch left in a mailbox is lent for five minutes */
			bench_pass(&w->bench, 300000);
		if (calm % 20 == 19) { /* the callback partner looks into its mailbox too */
			char id[16];

			snprintf(id, sizeof(id), "f%d", ++w->fetches);
			bench_event(&w->bench, (struct event_of){ "FETCH", CALLER, id });
			look_in_outbox(w);
		}
	}
	cr_assert(all_over(w), "seed %lu: a case never ended", seed);
	for (size_t i = 0; i < CASES; i++) {
		char reference[8];
		struct pa_case at;

		snprintf(reference, sizeof(reference), "r%zu", i);
		cr_assert(bench_case(&w->bench, w->prescribers[i].partner, reference, &at));
		cr_assert(text_is(at.state, "APPROVED") || text_is(at.state, "DENIED"), "seed %lu", seed);
	}
	for (int i = 0; i < 20; i++) { /* a month later nothing is left that only served repetitions */
		bench_pass(&w->bench, 2 * 24 * 60 * 60 * 1000);
		bench_tick(&w->bench);
		bench_drain(&w->bench);
	}
	cr_assert(!any_note(w->bench.store), "seed %lu", seed);
	bench_close(&w->bench);
	free(w);
}

CASE(ledger_random, after_any_storm_every_case_ends_and_nothing_acknowledged_is_lost)
{
	const char *more = getenv("DUALTRACK_SEEDS");
	uint64_t seeds = more ? strtoull(more, NULL, 10) : 60;

	log_open("test", LEVEL_ERROR);
	for (uint64_t seed = 1; seed <= seeds; seed++)
		run(seed);
}
