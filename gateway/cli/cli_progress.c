/* SPDX-License-Identifier: Apache-2.0 */
/* How far a load is: a bar that moves on a terminal, a plain line now and then elsewhere, such as in a log of nightly loads. */
#include "base/clock.h"
#include "formulary/formulary.h"
#include "gateway/cli/cli_public.h"

#include <stdio.h>
#include <unistd.h>

enum {
	BAR = 30,        /* characters */
	BAR_MS = 100,    /* between two looks of the bar */
	LINE_MS = 5000,  /* between two lines */
};

static int64_t last_ms; /* mono; 0: nothing was shown of this load */
static bool bar_shown;

static void show_bar(int percent, int64_t rows)
{
	char bar[BAR + 1];

	for (int i = 0; i < BAR; i++)
		bar[i] = i < percent * BAR / 100 ? '#' : '.';
	bar[BAR] = '\0';
	fprintf(stderr, "\r[%s] %3d %%  %lld rows", bar, percent, (long long)rows);
	bar_shown = true;
}

void cli_load_progress(const struct load_progress *progress, void *arg)
{
	int64_t now_ms = clock_now().mono_ms;
	bool person = isatty(STDERR_FILENO);
	int percent = progress->bytes_total > 0 ? (int)(progress->bytes_read * 100 / progress->bytes_total) : 100;

	(void)arg;
	if (!last_ms && !person)
		last_ms = now_ms; /* a load that is over within the first seconds says nothing */
	if (last_ms && now_ms - last_ms < (person ? BAR_MS : LINE_MS) && !(person && percent >= 100))
		return;
	last_ms = now_ms;
	if (person)
		show_bar(percent < 0 ? 0 : percent > 100 ? 100 : percent, progress->rows);
	else
		fprintf(stderr, "dualtrack: %d %%, %lld rows\n", percent, (long long)progress->rows);
}

void cli_load_progress_over(void)
{
	if (bar_shown)
		fputc('\n', stderr);
	bar_shown = false;
	last_ms = 0;
}
