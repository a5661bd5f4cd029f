/* SPDX-License-Identifier: Apache-2.0 */
/* The decision clocks of many cases over a year that has a leap day, with the ledger dying now and then. */
#include "test/gateway/ledger/ledger_clock_steps.h"

enum { YEAR_CASES = 300 };

static uint64_t dice;

static uint64_t roll(uint64_t n)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (dice >> 33) % n;
}

/* Cases of all programmes over a year that has a leap day, decided when chance says so, with the ledger dying now and then. What must be
   on record of each is known beforehand from the hours that the law gives it. */
ON_BENCH(over_a_year_each_case_is_on_record_as_it_was)
{
	static const struct {
		const char *programme;
		int standard, expedited; /* hours */
	} known[] = { { "medicaid_ffs", 24, 24 }, { "medicaid_managed_care", 24, 24 }, { "chip_managed_care", 24, 24 },
		{ "ma_part_b", 72, 24 }, { "part_d", 72, 24 }, { "other", 72, 24 }, { "qhp_ffe", 72, 24 } };
	static struct {
		char reference[8];
		struct case_work work;
		int64_t opened_ms, due_ms, decide_ms;
		bool decided;
	} cases[YEAR_CASES];
	int64_t begin = bench.now.wall_ms, late = 0;
	struct fault fault;

	dice = 20280229;
	cr_assert(clock_parse(text_lit("2027-07-01T00:00:00Z"), &begin, &fault));
	bench.now.wall_ms = begin;
	for (int i = 0; i < YEAR_CASES; i++) {
		size_t which = roll(sizeof(known) / sizeof(*known));
		bool fast = roll(3) == 0;
		char id[8];

		/* open it, then do what is due up to the next opening, hour by hour */
		snprintf(id, sizeof(id), "m%d", i);
		snprintf(cases[i].reference, sizeof(cases[i].reference), "r%d", i);
		bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, id, .reference = cases[i].reference,
			.programme = known[which].programme, .priority = fast ? "X" : "S" });
		bench_drain(&bench);
		cases[i].work = bench_work(&bench, bench_sent(&bench, TYPE_WORK) - 1);
		cases[i].opened_ms = bench.now.wall_ms;
		cases[i].due_ms = bench.now.wall_ms + (fast ? known[which].expedited : known[which].standard) * HOUR_MS;
		cases[i].decide_ms = bench.now.wall_ms + (int64_t)roll(110) * HOUR_MS + 1;
		for (int64_t until = begin + (int64_t)(i + 1) * 366 * 24 * HOUR_MS / YEAR_CASES; bench.now.wall_ms < until;) {
			pass(HOUR_MS, HOUR_MS);
			if (roll(200) == 0) {
				bench_crash(&bench);
				bench_peer(&bench, ROLE_PAYER, true);
			}
			for (int k = 0; k <= i; k++)
				if (!cases[k].decided && bench.now.wall_ms >= cases[k].decide_ms) {
					bench_decide(&bench, &cases[k].work, "APPROVED", NULL);
					bench_drain(&bench);
					cases[k].decided = true;
					cases[k].decide_ms = bench.now.wall_ms;
				}
		}
	}
	for (int i = 0; i < YEAR_CASES; i++) {
		struct pa_case at;
		bool is_late;

		cr_assert(bench_case(&bench, FETCHER, cases[i].reference, &at));
		cr_expect_eq(at.due_ms, cases[i].due_ms, "%d", i);
		is_late = (cases[i].decided ? cases[i].decide_ms : bench.now.wall_ms) > at.due_ms;
		cr_expect_eq(at.breached_ms > 0, is_late, "%d", i);
		late += is_late;
		if (is_late)
			cr_expect_leq(at.breached_ms, at.due_ms + HOUR_MS, "%d: as soon as the clock could", i);
	}
	cr_expect(late > YEAR_CASES / 10 && late < YEAR_CASES, "%d of both kinds", (int)late);
	cr_expect_eq(audited("BREACHED", NULL), late);
}
