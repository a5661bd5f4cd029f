/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary load with a folder of CMS's Part D files, or of a marketplace issuer's. */
#include "gateway/cli_public.h"

#include "formulary/partd.h"
#include "formulary/qhp.h"
#include "gateway/cli.h"

#include <stdio.h>
#include <unistd.h>

static void show_progress(const struct load_progress *progress, void *arg)
{
	(void)arg;
	fprintf(stderr, "\r%lld %% %lld rows", (long long)(progress->bytes_total ? progress->bytes_read * 100 / progress->bytes_total : 100),
		(long long)progress->rows);
}

/* What was left out, and why it may matter. */
static void say_left_out(const struct partd_report *report)
{
	if (report->plans_without_formulary)
		printf("%lld plans have no formulary here: nothing is known of their drugs\n", (long long)report->plans_without_formulary);
	if (report->rows_without_plan)
		printf("%lld rows left out: their plans are not in the plan information\n", (long long)report->rows_without_plan);
	if (report->repeated)
		printf("%lld rows left out: the same thing was said before; the first is %s:%lld, after line %lld\n", (long long)report->repeated,
			report->repeat_file, (long long)report->repeat_line, (long long)report->repeat_first);
	if (report->skipped)
		printf("%d files not loaded: geographic locator, pharmacy networks, pricing, and what is none of the Part D files\n", report->skipped);
}

static int partd(const char *from, const char *into)
{
	bool person = isatty(STDERR_FILENO), good;
	struct partd_report report;
	struct fault fault;

	good = partd_load(from, into, person ? show_progress : NULL, NULL, &report, &fault);
	if (person)
		fputc('\n', stderr);
	if (!good) {
		char where[PARTD_PATH + 24];

		snprintf(where, sizeof(where), report.line ? "%s:%lld" : "%s", report.file[0] ? report.file : from, (long long)report.line);
		cli_complain(where, &fault);
		return fault_row(fault.code)->mend == MEND_SENDER ? CLI_WRONG : CLI_FAILED;
	}
	printf("generation %.*s: %lld plans, %lld formularies, %lld rows, %lld bytes\n", TEXT_ARGS(report.load.generation), (long long)report.plans,
		(long long)report.formularies, (long long)report.load.rows, (long long)report.load.bytes);
	for (enum partd_kind kind = 0; kind < PARTD_LOADED; kind++)
		printf("  %-36s %lld rows read\n", partd_kind_name(kind), (long long)report.rows[kind]);
	say_left_out(&report);
	printf("against the one before: %lld rows added, %lld removed, %lld changed; %lld tiers or statuses moved\n", (long long)report.load.added,
		(long long)report.load.removed, (long long)report.load.changed, (long long)report.load.tier_moved);
	return CLI_OK;
}

static int qhp(const char *from, const char *into)
{
	struct qhp_report report;
	struct fault fault;

	if (!qhp_load(from, into, NULL, NULL, &report, &fault)) {
		char where[QHP_PATH + 40];

		snprintf(where, sizeof(where), report.item ? "%s: object %lld" : "%s", report.file[0] ? report.file : from, (long long)report.item);
		cli_complain(where, &fault);
		return fault_row(fault.code)->mend == MEND_SENDER ? CLI_WRONG : CLI_FAILED;
	}
	printf("generation %.*s: %lld plans, %lld drugs in %lld rows, %lld bytes\n", TEXT_ARGS(report.load.generation), (long long)report.plans,
		(long long)report.drugs, (long long)report.drug_rows, (long long)report.load.bytes);
	if (report.rows_without_plan)
		printf("%lld rows left out: their plans are in no plans file\n", (long long)report.rows_without_plan);
	if (report.repeated)
		printf("%lld rows left out: the same thing was said before\n", (long long)report.repeated);
	if (report.skipped)
		printf("%d files not loaded: neither plans nor drugs\n", report.skipped);
	printf("against the one before: %lld rows added, %lld removed, %lld changed; %lld tiers or statuses moved\n", (long long)report.load.added,
		(long long)report.load.removed, (long long)report.load.changed, (long long)report.load.tier_moved);
	return CLI_OK;
}

bool cli_public_load(const char *from, const char *into, int *code)
{
	if (partd_directory(from))
		*code = partd(from, into);
	else if (qhp_directory(from))
		*code = qhp(from, into);
	else
		return false;
	return true;
}
