/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the ledger have in common: a bench for each, and the first steps of a case on it. */
#pragma once

#include "test/gateway/ledger/ledger_bench.h"

#include "gateway/ledger/ledger.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

static struct ledger_bench bench;
static const char *fault;

/* A test with a ledger of its own; it ends with a sound store. */
#define ON_BENCH(suite, name)                   \
	static void on_bench_##name(void);      \
	CASE(suite, name)                       \
	{                                       \
		bench_open(&bench);             \
		on_bench_##name();              \
		bench_close(&bench);            \
	}                                       \
	static void on_bench_##name(void)

#define ACCEPTED "<Status>accepted</Status>"
#define DECIDED "<Message>decided</Message>"

static inline void initiate(const char *partner, const char *message_id, const char *reference)
{
	bench_event(&bench, (struct event_of){ "INITIATE", partner, message_id, .reference = reference });
}

/* A case of `partner` whose first WORK is with the payer. */
static inline struct case_work asked(const char *partner)
{
	bench_peer(&bench, ROLE_PAYER, true);
	initiate(partner, "m1", "ref1");
	bench_drain(&bench);
	return bench_work(&bench, 0);
}

static inline void expect_state(const char *partner, const char *state, int64_t version)
{
	struct pa_case at;

	cr_assert(bench_case(&bench, partner, "ref1", &at));
	cr_expect(text_is(at.state, state), "%.*s", TEXT_ARGS(at.state));
	cr_expect_eq(at.version, version);
}

static inline const char *fetch(const char *message_id, const char *acknowledged)
{
	bench_event(&bench, (struct event_of){ "FETCH", FETCHER, message_id, .acknowledged = acknowledged });
	bench_drain(&bench);
	return bench_reply(&bench, &fault);
}

/* The answer to the message is a refusal with this fault; "": it was taken. */
static inline void expect_answer(struct event_of event, const char *with)
{
	const char *reply;

	bench_event(&bench, event);
	bench_drain(&bench);
	reply = bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, with, "%s %s: %s", event.event, event.message_id, fault);
	if (*with)
		cr_expect(strstr(reply, "<Error>"));
	else
		cr_expect_str_eq(reply, ACCEPTED);
}
