/* SPDX-License-Identifier: Apache-2.0 */
/* What 100,000 open clocks cost a ledger: to be read in at the start, to be there while nothing is due, and to act. */
#include "gateway/bus/role.h"
#include "routing/case_store.h"
#include "test/bench/bench.h"
#include "test/scratch.h"

#include <stdlib.h>

enum { CLOCKS = 100000, REQUEST_BYTES = 3000, DUE = 1000, PER_COMMIT = 200, QUIET_STEPS = 1000 };

static const int64_t begin_ms = 1795339800000;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "clock_bench: %s\n", what);
	exit(1);
}

/* A case under the house's default clock of 72 h; the first DUE of them are due half a day before the others. */
static void open_case(struct case_store *cases, int i, struct arena *arena)
{
	static char request[REQUEST_BYTES];
	char id[40];
	struct text name = { id, (size_t)snprintf(id, sizeof(id), "PA-%032x", (unsigned)i) }, partner = text_lit("D:1999999001");
	int64_t received = begin_ms + (i < DUE ? 0 : 12 * INT64_C(3600000)) + i, first_ms = received + 36 * INT64_C(3600000);
	struct pa_case put = { .case_id = name, .partner = partner, .state = text_lit("SUBMITTED"), .version = 1, .rows = 1,
		.programme = text_lit("other"), .clock = text_lit("default"), .opened_ms = received, .clock_started_ms = received,
		.due_ms = received + 72 * INT64_C(3600000), .clock_row = case_row_key(first_ms, name, 1, arena) };
	struct outbox_row row = { .kind = text_lit("CLOCK"), .case_id = name, .partner = partner, .created_ms = received,
		.due_ms = first_ms, .request = { request, sizeof(request) }, .trace = text_lit("t"), .reply_id = text_lit("t.zz") };
	struct case_item item = { put.clock_row, &outbox_row_record, &row };
	struct case_change change = { .put = &put, .items = &item, .items_n = 1,
		.audit = { .at_ms = received, .what = text_lit("MESSAGE"), .event = text_lit("SUBMIT"), .case_id = name,
			.after = text_lit("SUBMITTED"), .version = 1 } };
	struct stored_reply none;
	struct fault fault;

	must(case_store_change(cases, &change, arena, &none, &fault) == STORED_OK, "change");
}

static void fill(const char *directory)
{
	struct case_store cases;
	struct store *store;
	struct arena arena;
	struct fault fault;

	arena_init(&arena, 64 << 20);
	must(store_open(directory, &store, &fault) && case_store_open(&cases, store, &arena, &fault), "open");
	for (int i = 0; i < CLOCKS; i++) {
		open_case(&cases, i, &arena);
		if (i % PER_COMMIT == PER_COMMIT - 1) {
			must(case_store_commit(&cases, &fault) == STORED_OK, "commit");
			arena_reset(&arena);
		}
	}
	must(case_store_commit(&cases, &fault) == STORED_OK, "commit");
	store_free(store);
	arena_done(&arena);
}

static void step(void *state, enum input_kind kind, struct now now, struct arena *arena)
{
	struct outbox out = { .arena = arena };

	ledger_role.step(state, &(struct input){ .kind = kind }, now, &out);
	must(!out.ended, "step");
	arena_reset(arena);
}

int main(void)
{
	struct scratch scratch SCRATCH;
	struct config config = { 0 };
	struct role_setup setup = { .self = { ROLE_LEDGER, 0 }, .config = &config, .store_dir = scratch.at };
	void *ledger = calloc(1, ledger_role.size);
	struct now now = { 1000, begin_ms + 20 * INT64_C(3600000) };
	struct counters counted = { 0 };
	struct arena arena;
	struct fault fault;
	double begun;
	int64_t steps = 0;

	must(ledger != NULL, "memory");
	arena_init(&arena, 16 << 20);
	fill(scratch.at);
	begun = cpu_ms();
	must(ledger_role.start(ledger, &setup, now, &fault), fault.path);
	bench_figure("clock_load", "", (cpu_ms() - begun) * 1e3 / CLOCKS, "us_each");
	begun = cpu_ms();
	for (int i = 0; i < QUIET_STEPS; i++)
		step(ledger, IN_TICK, now, &arena);
	bench_figure("clock_quiet", "", (cpu_ms() - begun) * 1e3 / QUIET_STEPS, "us_each_step");
	now.wall_ms = begin_ms + 37 * INT64_C(3600000);
	begun = cpu_ms();
	while (counted.warned < DUE) {
		now.mono_ms++;
		step(ledger, IN_TICK, now, &arena);
		step(ledger, IN_DRAINED, now, &arena);
		ledger_role.count(ledger, &counted);
		must(++steps < DUE, "every clock that is due acts");
	}
	must(counted.warned == DUE && counted.cases_submitted == CLOCKS, "and no other");
	bench_figure("clock_act", "", (cpu_ms() - begun) * 1e3 / DUE, "us_each");
	ledger_role.stop(ledger);
	free(ledger);
	arena_done(&arena);
	return 0;
}
