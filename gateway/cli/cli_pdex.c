/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary load and export with FHIR resources, and what they tell of them. */
#include "base/clock.h"
#include "formulary/pdex/pdex.h"
#include "formulary/pdex/pdex_write.h"
#include "gateway/cli/cli_public.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void say_refused(const struct pdex_report *report)
{
	if (!report->refused)
		return;
	printf("%lld resources or costs refused:\n", (long long)report->refused);
	for (int64_t i = 0; i < report->refused && i < PDEX_REFUSED_EACH; i++) {
		const struct pdex_refused *refused = &report->first[i];

		printf("  %s: resource %lld, %s: %s at %s: %s\n", refused->file, (long long)refused->item, refused->resource,
			fault_row(refused->fault.code)->name, refused->fault.path, fault_row(refused->fault.code)->sentence);
	}
	if (report->refused > PDEX_REFUSED_EACH)
		printf("  and %lld more\n", (long long)(report->refused - PDEX_REFUSED_EACH));
}

static void say_left_out(const struct pdex_report *report)
{
	if (report->inactive)
		printf("%lld items left out: they, or their formulary, are not active\n", (long long)report->inactive);
	if (report->repeated)
		printf("%lld resources left out: the same thing was said before\n", (long long)report->repeated);
	if (report->other)
		printf("%lld resources left out: they say nothing of coverage\n", (long long)report->other);
	if (report->unknown)
		printf("%lld resources have elements that are not known here\n", (long long)report->unknown);
	for (size_t i = 0; i < PDEX_WITHOUT_HOME && report->without_home[i].times; i++)
		printf("without a home here: %s, %lld times\n", report->without_home[i].where, (long long)report->without_home[i].times);
	if (report->skipped)
		printf("%d files not loaded: no FHIR resources of these kinds\n", report->skipped);
}

bool cli_pdex_load(const char *from, const char *into, const struct cli_load *options, int *code)
{
	bool good;
	struct pdex_report report;
	struct fault fault;

	(void)options;
	if (!pdex_is(from))
		return false;
	good = pdex_load(from, into, cli_load_progress, NULL, &report, &fault);
	cli_load_progress_over();
	if (!good) {
		char where[PDEX_PATH + 40];

		snprintf(where, sizeof(where), report.item ? "%s: resource %lld" : "%s", report.file[0] ? report.file : from, (long long)report.item);
		*code = cli_load_failed(where, &fault);
		say_refused(&report);
		return true;
	}
	printf("generation %.*s: %lld plans, %lld formularies, %lld drugs, %lld items, %lld bytes\n", TEXT_ARGS(report.load.generation),
		(long long)report.plans, (long long)report.formularies, (long long)report.drugs, (long long)report.items, (long long)report.load.bytes);
	say_refused(&report);
	say_left_out(&report);
	cli_load_against(&report.load);
	*code = report.refused ? CLI_WRONG : CLI_OK;
	return true;
}

static void say_losses(const struct pdex_written *written)
{
	for (enum pdex_loss loss = 0; loss < PDEX_LOSSES; loss++)
		if (written->losses.times[loss])
			printf("lost: %lld %s\n", (long long)written->losses.times[loss], pdex_loss_sentence(loss));
	for (size_t i = 0; i < sizeof(written->other) / sizeof(written->other[0]) && written->other[i].lists; i++)
		printf("lost: %lld lists of kind %s\n", (long long)written->other[i].lists, written->other[i].kind);
}

int cli_pdex_export(const char *in, const char *into)
{
	struct formulary *formulary = NULL;
	struct pdex_written written;
	struct fault fault;
	bool good;

	if (mkdir(into, 0777) && errno != EEXIST) {
		fprintf(stderr, "dualtrack: %s: %s\n", into, strerror(errno));
		return CLI_FAILED;
	}
	good = formulary_open(in, &formulary, &fault);
	if (good) {
		formulary_day(formulary, clock_now().wall_ms);
		good = pdex_write(formulary, into, &written, &fault);
	}
	formulary_free(formulary);
	if (!good) {
		cli_complain(into, &fault);
		return CLI_FAILED;
	}
	printf("%s: %lld formularies, %lld plans, %lld items, %lld drugs\n", into, (long long)written.formularies, (long long)written.plans,
		(long long)written.items, (long long)written.drugs);
	say_losses(&written);
	return CLI_OK;
}
