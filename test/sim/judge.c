/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold once a world with many cases has come to its end, for every one of them: by the store, by what the prescribers heard,
   by what the remote PBM got. */
#include "test/sim/outer.h"

#include "routing/case_check.h"

#include <stdio.h>
#include <string.h>

const char *const end_names[ENDS] = { "APPROVED", "PARTIALLY_DENIED", "DENIED", "CLOSED", "CANCELLED", "EXPIRED", "refused", "unfinished" };
enum { END_CANCELLED = 4, END_EXPIRED = 5, END_REFUSED = 6, END_UNFINISHED = 7, ALL_SENT = -1 };

static int end_of(struct text state)
{
	for (int i = 0; i < END_REFUSED; i++)
		if (text_is(state, end_names[i]))
			return i;
	return END_UNFINISHED;
}

static int count(const struct life *life, int kind, enum fate fate)
{
	int n = 0;

	for (size_t i = 0; i < life->sent_n; i++)
		n += (kind == ALL_SENT ? life->sent[i].kind < SENT_NOTICE : (int)life->sent[i].kind == kind) && life->sent[i].fate == fate;
	return n;
}

/* What it heard last fits where the case is. */
static bool was_told(const struct life *life, int end)
{
	static const enum ncpdp_said says[] = { NCPDP_SAID_APPROVED, NCPDP_SAID_PARTIALLY_DENIED, NCPDP_SAID_DENIED, NCPDP_SAID_CLOSED,
		NCPDP_SAID_CANCELLED, NCPDP_SAID_CLOSED };

	for (size_t i = 0; i < life->heard_n; i++)
		if (life->heard[i].said == says[end] && life->heard[i].lapsed == (end == END_EXPIRED))
			return true;
	return false;
}

static void judge_told(struct world *world, const struct life *life, int end)
{
	int decisions = 0, appeals = count(life, SENT_APPEAL, FATE_TAKEN) + count(life, SENT_APPEAL, FATE_QUARANTINED);

	for (size_t i = 0; i < life->heard_n; i++)
		decisions += life->heard[i].said == NCPDP_SAID_APPROVED || life->heard[i].said == NCPDP_SAID_PARTIALLY_DENIED ||
			life->heard[i].said == NCPDP_SAID_DENIED || life->heard[i].said == NCPDP_SAID_CLOSED;
	if (decisions > 1 + appeals)
		world_break(world, "nobody is told two final decisions without an appeal between", life->number);
	if (!was_told(life, end))
		world_break(world, "I1: a prescriber hears how its case ended", life->number);
	if (end == END_EXPIRED && life->in_time && life->questions == 1) /* of several it cannot tell which came last */
		world_break(world, "a case whose prescriber answered in time does not expire", life->number);
}

/* Each message has its effect once, and a refused one has none. */
static void judge_sent(struct world *world, const struct life *life)
{
	for (size_t i = 0; i < life->sent_n; i++) {
		const struct sent *sent = &life->sent[i];

		if (sent->fate == FATE_UNKNOWN)
			world_break(world, "every message is answered in the end", life->number);
		if (sent->finals > 1)
			world_break(world, "I4: a message is answered with one decision", life->number);
		if (sent->fate == FATE_REFUSED && (sent->seen || sent->finals))
			world_break(world, "a refused message has no effect", life->number);
		if (sent->kind == SENT_CANCEL && sent->fate == FATE_TAKEN && sent->finals != 1)
			world_break(world, "every cancellation that was taken is answered", life->number);
	}
}

static void judge_time(const struct outer *outer, struct world *world, const struct life *life, const struct pa_case *at, struct ends *ends)
{
	bool late = outer->decide_ms && at->decided_ms > at->opened_ms + outer->decide_ms;

	ends->overdue += at->breached_ms > 0;
	if (!outer->decide_ms || count(life, SENT_APPEAL, FATE_TAKEN) || count(life, SENT_APPEAL, FATE_QUARANTINED))
		return; /* an appeal has a time of its own */
	if (late != (at->breached_ms > 0))
		world_break(world, late ? "no case is late without a record of it" : "nothing is on record as late that was in time", life->number);
}

/* A case that a backend does not decide goes on once, and has lost none of its time. */
static void judge_ways(struct world *world, const struct life *life, const struct pa_case *at, struct ends *ends)
{
	bool appealed = count(life, SENT_APPEAL, FATE_TAKEN) || count(life, SENT_APPEAL, FATE_QUARANTINED);

	ends->rerouted += at->misses_n > 1; /* the house does not decide their plan either */
	for (size_t i = 0; i < at->misses_n; i++)
		for (size_t k = 0; k < i; k++)
			if (text_equal(at->misses[i].track, at->misses[k].track) && text_equal(at->misses[i].backend, at->misses[k].backend))
				world_break(world, "a case comes to nobody twice on a track who does not decide it", life->number);
	if (at->misses_n && !(life->remote && life->number % NOT_MINE_OF == NOT_MINE_ONE))
		world_break(world, "a case goes on only from who does not decide it", life->number);
	if (at->misses_n > 2)
		world_break(world, "a case goes on at most once", life->number);
	if (at->misses_n && !appealed && !life->expedited && at->clock_started_ms != at->opened_ms)
		world_break(world, "the clock of a case that goes on began with its first receipt", life->number);
}

static void judge_case(struct outer *outer, struct world *world, const struct pa_case *at, struct ends *ends)
{
	char reference[OUTER_ID];
	struct life *life;
	int number = -1, end = end_of(at->state);

	text_to_z(at->pa_reference_id, reference, sizeof(reference));
	if (sscanf(reference, "R-%d", &number) != 1 || number < 0 || number >= outer->lives_n || outer->lives[number].stored) {
		world_break(world, "a prescriber's reference stands for one case", number);
		return;
	}
	life = &outer->lives[number];
	life->stored = true;
	ends->cases[life->remote && !text_is(at->backend, "house")][end]++;
	if (end == END_UNFINISHED) {
		fprintf(stderr, "case of life %d is %.*s\n", number, TEXT_ARGS(at->state));
		world_break(world, "every case ends in one final state", number);
		return;
	}
	judge_told(world, life, end);
	judge_time(outer, world, life, at, ends);
	judge_ways(world, life, at, ends);
}

static void nothing_left(struct world *world, const char *prefix, const char *promise)
{
	struct store_walk *walk = store_walk_new(world_store(world), text_of(prefix), TEXT_NONE);
	struct text key, value;
	struct fault fault;

	if (store_walk_next(walk, &key, &value)) {
		fprintf(stderr, "left: %.*s\n", TEXT_ARGS(key));
		world_break(world, promise, 0);
	}
	if (!store_walk_free(walk, &fault))
		world_break(world, "the store reads", 0);
}

static void judge_store(struct world *world)
{
	struct arena arena;
	struct case_report report;
	struct fault fault;

	arena_init(&arena, 512 << 20);
	if (!case_check(world_store(world), &arena, &report, &fault)) {
		world_break(world, "the store reads", 0);
	} else if (report.findings_all) {
		fprintf(stderr, "store: %s: %s (%.*s)\n", report.findings[0].rule, report.findings[0].what, TEXT_ARGS(report.findings[0].about));
		world_break(world, "I2 I6 I7 I8 I13: the store does not contradict itself", (int64_t)report.findings_all);
	}
	arena_done(&arena);
}

void outer_judge(struct outer *outer, struct world *world, struct ends *ends)
{
	struct store_walk *walk = store_walk_new(world_store(world), text_lit("c/"), TEXT_NONE);
	struct text key, value;
	struct arena arena;
	struct fault fault;

	arena_init(&arena, 16 << 20);
	while (store_walk_next(walk, &key, &value)) {
		struct pa_case at = { 0 };

		arena_reset(&arena);
		if (record_unpack(&pa_case_record, &at, &arena, value, &fault))
			judge_case(outer, world, &at, ends);
		else
			world_break(world, "a case unpacks", 0);
	}
	if (!store_walk_free(walk, &fault))
		world_break(world, "the store reads", 0);
	for (int i = 0; i < outer->lives_n; i++) {
		const struct life *life = &outer->lives[i];

		judge_sent(world, life);
		ends->appeals += (uint64_t)count(life, SENT_APPEAL, FATE_TAKEN);
		ends->cancels += (uint64_t)count(life, SENT_CANCEL, FATE_TAKEN);
		if (life->stored)
			continue;
		ends->cases[life->remote][END_REFUSED]++;
		if (count(life, ALL_SENT, FATE_TAKEN))
			world_break(world, "I1: what was taken is in the store", i);
	}
	arena_done(&arena);
	nothing_left(world, "o/", "nothing is left to be done in the end");
	nothing_left(world, "m/", "nothing is left in a mailbox in the end");
	judge_store(world);
}
