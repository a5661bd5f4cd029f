/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the decision clock have in common: a bench with a payer for each, what a case is begun with, and how time passes. */
#pragma once

#include "test/gateway/ledger/ledger_bench.h"

#include "base/clock.h"
#include "gateway/ledger/ledger_clock.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ledger_bench bench;

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)

#define ON_BENCH(name)                          \
	static void on_bench_##name(void);      \
	CASE(ledger_clock, name)                \
	{                                       \
		bench_open(&bench);             \
		bench_peer(&bench, ROLE_PAYER, true); \
		on_bench_##name();              \
		bench_close(&bench);            \
	}                                       \
	static void on_bench_##name(void)

/* -- what tests do -- */

/* An example of the documentation, as the worker would hand it on. */
static inline struct text request_of(const char *file)
{
	struct xml_reader *reader = xml_reader_new();
	struct ncpdp_message message;
	struct buffer packed;
	char path[500], *body = arena_alloc(&bench.arena, 65536);
	struct fault fault;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", EXAMPLES, file);
	in = fopen(path, "re");
	cr_assert(in && body, "%s", path);
	cr_assert(ncpdp_read(reader, NCPDP_SCRIPT, (struct text){ body, fread(body, 1, 65536, in) }, true, &bench.arena, &message, &fault),
		"%s: %s", file, fault.path);
	fclose(in);
	buffer_init(&packed, &bench.arena, 4096);
	record_pack(&script_message_record, message.script, &packed);
	xml_reader_free(reader);
	return buffer_text(&packed);
}

/* Lets time pass in steps of at most `step_ms`, with a tick and a commit at each. */
static inline void pass(int64_t ms, int64_t step_ms)
{
	for (int64_t left = ms; left > 0; left -= step_ms) {
		bench_pass(&bench, left < step_ms ? left : step_ms);
		for (int i = 0; i < 2; i++) {
			bench_tick(&bench);
			bench_drain(&bench);
		}
	}
}

static inline void hours(int n)
{
	pass(n * HOUR_MS, 30 * MINUTE_MS);
}

static inline struct case_work initiate(const char *programme, const char *priority)
{
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m1", .reference = "ref1", .programme = programme,
		.priority = priority, .request = request_of("pa-initiation-request.xml") });
	bench_drain(&bench);
	return bench_work(&bench, 0);
}

static inline struct case_work submit(const char *partner, const char *message_id, const char *programme, const char *priority)
{
	bench_event(&bench, (struct event_of){ "SUBMIT", partner, message_id, .reference = "ref1", .programme = programme,
		.priority = priority, .request = request_of("pa-request.xml") });
	bench_drain(&bench);
	return bench_work(&bench, 0);
}

static inline struct pa_case case_now(void)
{
	struct pa_case at;

	if (!bench_case(&bench, FETCHER, "ref1", &at))
		cr_assert(bench_case(&bench, CALLER, "ref1", &at));
	return at;
}

/* How many audit entries of this kind there are; *number is that of the last. */
static inline int audited(const char *what, int64_t *number)
{
	struct store_walk *walk = store_walk_new(bench.store, text_lit("a/"), TEXT_NONE);
	struct text key, value, packed;
	struct fault fault;
	int n = 0;

	while (store_walk_next(walk, &key, &value)) {
		unsigned char chain[SHA256_BYTES];
		struct audit_entry entry = { 0 };

		cr_assert(case_audit_split(value, chain, &packed));
		cr_assert(record_unpack(&audit_entry_record, &entry, &bench.arena, packed, &fault));
		if (!text_is(entry.what, what))
			continue;
		n++;
		if (number)
			*number = entry.number;
	}
	cr_assert(store_walk_free(walk, &fault));
	return n;
}

static inline struct counters counted(void)
{
	struct counters counters = { 0 };

	ledger_role.count(bench.state, &counters);
	return counters;
}

/* What the mailbox gives, after it was told that the item `acknowledged` arrived. */
static inline const char *fetched(const char *message_id, const char *acknowledged)
{
	static char reply[16384];
	const struct out *out;

	bench_event(&bench, (struct event_of){ "FETCH", FETCHER, message_id, .acknowledged = acknowledged });
	bench_drain(&bench);
	out = bench_out(&bench, TYPE_REPLY, 0);
	cr_assert(out);
	return text_to_z(out->payload, reply, sizeof(reply));
}

/* What waits for the prescriber is a message that this gateway itself would take. */
static inline void expect_good(const char *body, enum ncpdp_kind kind)
{
	struct xml_reader *reader = xml_reader_new();
	struct ncpdp_message message;
	struct fault fault = { 0 };

	cr_expect(ncpdp_read(reader, NCPDP_SCRIPT, text_of(body), true, &bench.arena, &message, &fault), "%s: %s", fault.path, body);
	cr_expect_eq(message.kind, kind);
	xml_reader_free(reader);
}
