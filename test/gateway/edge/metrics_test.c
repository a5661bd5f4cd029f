/* SPDX-License-Identifier: Apache-2.0 */
/* What /metrics says of the cases' clocks. */
#include "gateway/edge/metrics.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

static const char *written(struct metrics *metrics, struct arena *arena)
{
	struct metrics_now standing = { 0 };
	struct buffer out;

	buffer_init(&out, arena, 65536);
	metrics_write(metrics, &standing, &out);
	buffer_add_char(&out, '\0');
	return buffer_text(&out).at;
}

CASE(metrics, the_ledger_tells_of_its_clocks)
{
	static struct metrics metrics;
	struct metrics_peer *ledger = &metrics.peers[ROLE_LEDGER][0];
	struct arena arena;
	const char *text;

	arena_init(&arena, 4 << 20);
	metrics.peers[ROLE_WORKER][0].seen = true;
	metrics.peers[ROLE_WORKER][0].counters.steps = 3;
	cr_expect(!strstr(written(&metrics, &arena), "dualtrack_clock"), "no ledger, nothing to tell");
	ledger->seen = true;
	ledger->counters = (struct counters){ .cases = 11, .cases_open = 4, .cases_in_process = 2, .overdue = 1, .warned = 7,
		.breaches_medicaid_ffs = 5 };
	text = written(&metrics, &arena);
	cr_expect(strstr(text, "\ndualtrack_cases_open{state=\"open\"} 4\n"));
	cr_expect(strstr(text, "\ndualtrack_cases_open{state=\"in_process\"} 2\n"));
	cr_expect(strstr(text, "\ndualtrack_cases_open{state=\"appealed\"} 0\n"));
	cr_expect(strstr(text, "\ndualtrack_cases_overdue 1\n"));
	cr_expect(strstr(text, "\ndualtrack_clock_warnings_total 7\n"));
	cr_expect(strstr(text, "\ndualtrack_clock_breaches_total{programme=\"medicaid_ffs\"} 5\n"));
	cr_expect(strstr(text, "\ndualtrack_clock_breaches_total{programme=\"other\"} 0\n"));
	cr_expect(strstr(text, "\n# TYPE dualtrack_clock_breaches_total counter\n"));
	/* and its other counts stay with those of all roles */
	cr_expect(strstr(text, "\ndualtrack_peer_cases{peer=\"ledger.0\"} 11\n"));
	cr_expect(strstr(text, "\ndualtrack_peer_steps{peer=\"worker.0\"} 3\n"));
	cr_expect(!strstr(text, "dualtrack_peer_breaches") && !strstr(text, "dualtrack_peer_overdue") &&
		!strstr(text, "dualtrack_peer_cases_"));
	arena_done(&arena);
}
