/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever prescribers, the house payer and remote backends say, in whatever order and however often, with the power cut now and then:
   each case goes only along its table, and the store is sound (bench_check replays it). Over all runs every state is met. */
#include "test/gateway/ledger/ledger_steps.h"

#include "base/log.h"

#include <stdlib.h>

enum { SEEDS = 60, STEPS = 150, WORKS_MAX = 40, CASES = 2 };

struct any {
	uint64_t seed;
	struct case_work works[WORKS_MAX]; /* that were ever sent, the latest ones */
	enum role_kind asked[WORKS_MAX];
	size_t works_n;
	int messages;
	bool met[CASE_STATES];
};

static const char *const references[CASES] = { "ref1", "ref2" }; /* the house decides the first, FAR the second */

static size_t pick(struct any *any, size_t n)
{
	any->seed ^= any->seed << 13;
	any->seed ^= any->seed >> 7;
	any->seed ^= any->seed << 17;
	return (size_t)(any->seed >> 11) % n;
}

#define ONE_OF(any, list) ((list)[pick(any, sizeof(list) / sizeof(*(list)))])

/* Remembers what was sent to be decided. */
static void collect(struct any *any)
{
	for (size_t i = 0; i < bench_sent(&bench, TYPE_WORK); i++) {
		size_t at = any->works_n++ % WORKS_MAX;

		any->works[at] = bench_work(&bench, i);
		any->asked[at] = bench_out(&bench, TYPE_WORK, i)->peer.kind;
	}
}

/* A message id: mostly a new one, sometimes one that was used, with the body it had then. */
static const char *any_id(struct any *any)
{
	static char id[16];

	if (pick(any, 8) || !any->messages)
		any->messages++;
	snprintf(id, sizeof(id), "m%zu", pick(any, 8) ? (size_t)any->messages : pick(any, (size_t)any->messages) + 1);
	return id;
}

/* MessageID under which some earlier message was passed on. */
static const char *any_question(struct any *any)
{
	static char id[40];

	snprintf(id, sizeof(id), "%032zx.1", pick(any, (size_t)bench.messages + 1) + 1);
	return id;
}

static void prescriber_says(struct any *any)
{
	static const char *const events[] = { "INITIATE", "SUBMIT", "SUBMIT", "APPEAL", "APPEAL", "CANCEL", "NOTIFY" };
	static const char *const case_ids[] = { NULL, NULL, NULL, "FAR-1", "PA-1" };
	size_t which = pick(any, CASES);
	const char *id = any_id(any);

	bench_event(&bench, (struct event_of){ .event = ONE_OF(any, events), .partner = FETCHER, .message_id = id, .body = id,
		.reference = references[which], .case_id = ONE_OF(any, case_ids), .backend = which ? FAR : "house",
		.kind = "PARequest" });
}

static const char *const outcomes[] = { "OPEN", "MORE_INFORMATION", "IN_PROCESS", "APPROVED", "PARTIALLY_DENIED", "DENIED", "DENIED",
	"CLOSED", "CANCELLED", "CANCEL_REFUSED", "ACCEPTED", "ACCEPTED", "RETRY", "FAILED" };

static void backend_decides(struct any *any)
{
	size_t i;

	if (!any->works_n)
		return;
	i = pick(any, any->works_n < WORKS_MAX ? any->works_n : WORKS_MAX);
	bench_decision(&bench, any->asked[i], (struct case_decision){ .row = any->works[i].row, .case_id = any->works[i].case_id,
		.outcome = text_of(ONE_OF(any, outcomes)), .reason = text_of(pick(any, 5) ? "because" : NULL),
		.message = text_of(pick(any, 8) ? DECIDED : NULL), .again_ms = (int64_t)pick(any, 3) * 1000,
		.backend_case_id = text_of(pick(any, 2) ? "FAR-1" : NULL),
		.backend = text_of(any->asked[i] == ROLE_COURIER ? pick(any, 3) ? FAR : FAR_SECOND : NULL), .appeal_by_ms = pick(any, 2) ? bench.now.wall_ms + 5000 : 0 });
}

static void backend_answers(struct any *any)
{
	static const char *const kinds[] = { "PAInitiationResponse", "PAResponse", "PAResponse", "PAAppealResponse", "PACancelResponse",
		"Error" };
	static const char *const senders[] = { FAR, FAR, FAR, FAR_SECOND, ELSEWHERE };
	const char *id = any_id(any), *kind = ONE_OF(any, kinds);
	bool error = !strcmp(kind, "Error");

	bench_event(&bench, (struct event_of){ .event = pick(any, 10) ? "ANSWER" : "NOTIFY", .partner = "PY:FAR", .message_id = id,
		.body = id, .backend = ONE_OF(any, senders), .kind = kind, .outcome = error ? NULL : outcomes[pick(any, 10)],
		.reason = pick(any, 5) ? "because" : NULL, .relates_to = pick(any, 4) ? any_question(any) : NULL,
		.case_id = pick(any, 4) ? "FAR-1" : NULL, .reference = pick(any, 8) ? "ref2" : "ref1",
		.error_code = pick(any, 2) ? "900" : "602" });
}

static void time_passes(struct any *any)
{
	bench_pass(&bench, (int64_t)pick(any, 4) * 1500);
	bench_tick(&bench);
}

static void power_goes(struct any *any)
{
	if (pick(any, 6))
		return;
	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	collect(any);
	bench_peer(&bench, ROLE_COURIER, true);
}

static void fetched(struct any *any)
{
	const char *id = any_id(any);

	bench_event(&bench, (struct event_of){ "FETCH", FETCHER, id, .body = id, .acknowledged = any_question(any) });
}

static void (*const doings[])(struct any *any) = { prescriber_says, prescriber_says, prescriber_says, backend_decides, backend_decides,
	backend_decides, backend_answers, backend_answers, time_passes, power_goes, fetched };

static void look(struct any *any)
{
	for (int i = 0; i < CASES; i++) {
		enum case_state state;
		struct pa_case at;

		if (!bench_case(&bench, FETCHER, references[i], &at))
			continue;
		cr_assert(case_state_of(at.state, &state));
		any->met[state] = true;
	}
}

CASE(ledger_any, whatever_is_said_in_whatever_order_a_case_keeps_to_its_table)
{
	struct any any = { .seed = 0 };

	log_open("test", LEVEL_ERROR);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		any.seed = seed * 0x9e3779b97f4a7c15u;
		any.works_n = 0;
		any.messages = 0;
		bench_open(&bench);
		bench_peer(&bench, ROLE_PAYER, true);
		bench_peer(&bench, ROLE_COURIER, true);
		for (int step = 0; step < STEPS; step++) {
			ONE_OF(&any, doings)(&any);
			collect(&any);
			if (pick(&any, 3) == 0)
				continue; /* more into the same batch */
			bench_drain(&bench);
			collect(&any);
			look(&any);
		}
		bench_close(&bench);
	}
	any.met[CASE_NEW] = any.met[CASE_EXPIRED] = true; /* nothing, and what only the clock brings about */
	for (int state = 0; state < CASE_STATES; state++)
		cr_expect(any.met[state], "%s was never met", case_state_name((enum case_state)state));
}
