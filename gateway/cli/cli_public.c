/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary load with CMS's Part D files, a marketplace issuer's, CMS's files of Part B drugs, or RxNorm. */
#include "gateway/cli/cli_public.h"

#include "formulary/asp/asp.h"
#include "formulary/partd/partd.h"
#include "formulary/qhp/qhp.h"
#include "formulary/rxnorm/rxnorm.h"
#include "gateway/cli/cli.h"

#include <stdio.h>

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
	if (report->pharmacies_unknown)
		printf("%lld rows of pharmacy networks left out: their pharmacy number has no NPI\n", (long long)report->pharmacies_unknown);
	if (report->unknown_counties)
		printf("%lld counties of the plan information are not in the geographic locator, such as %s; their plans are taken\n",
			(long long)report->unknown_counties, report->unknown_county);
	if (report->left_out)
		printf("%d files left out, as asked for\n", report->left_out);
	if (report->skipped)
		printf("%d files not loaded: they are none of the Part D files\n", report->skipped);
}

/* "networks,prices" in any order. */
static bool left_out(const char *without, struct partd_options *options)
{
	struct text rest = text_of(without);

	while (text_there(rest)) {
		struct text word = text_cut(&rest, ',');

		if (text_is(word, "networks"))
			options->without_networks = true;
		else if (text_is(word, "prices"))
			options->without_prices = true;
		else
			return false;
	}
	return true;
}

static int partd(const char *from, const char *into, const struct cli_load *how)
{
	struct partd_options options = { 0 };
	bool good;
	struct partd_report report;
	struct fault fault;

	if (!left_out(how->without, &options)) {
		fprintf(stderr, "dualtrack: --without takes networks, prices, or networks,prices\n");
		return CLI_USAGE;
	}
	good = partd_load(from, into, &options, cli_load_progress, NULL, &report, &fault);
	cli_load_progress_over();
	if (!good) {
		char where[PARTD_PATH + 24];

		snprintf(where, sizeof(where), report.line ? "%s:%lld" : "%s", report.file[0] ? report.file : from, (long long)report.line);
		return cli_load_failed(where, &fault);
	}
	printf("generation %.*s: %lld plans, %lld formularies; %lld rows in all, %lld bytes\n", TEXT_ARGS(report.load.generation), (long long)report.plans,
		(long long)report.formularies, (long long)report.load.rows, (long long)report.load.bytes);
	for (enum partd_kind kind = 0; kind < PARTD_KINDS; kind++)
		printf("  %-36s %lld rows read\n", partd_kind_name(kind), (long long)report.rows[kind]);
	say_left_out(&report);
	cli_load_against(&report.load);
	return CLI_OK;
}

static int qhp(const char *from, const char *into)
{
	struct qhp_report report;
	struct fault fault;
	bool good;

	good = qhp_load(from, into, cli_load_progress, NULL, &report, &fault);
	cli_load_progress_over();
	if (!good) {
		char where[QHP_PATH + 40];

		snprintf(where, sizeof(where), report.item ? "%s: object %lld" : "%s", report.file[0] ? report.file : from, (long long)report.item);
		return cli_load_failed(where, &fault);
	}
	printf("generation %.*s: %lld plans, %lld drugs in %lld rows, %lld bytes\n", TEXT_ARGS(report.load.generation), (long long)report.plans,
		(long long)report.drugs, (long long)report.drug_rows, (long long)report.load.bytes);
	if (report.rows_without_plan)
		printf("%lld rows left out: their plans are in no plans file\n", (long long)report.rows_without_plan);
	if (report.repeated)
		printf("%lld rows left out: the same thing was said before\n", (long long)report.repeated);
	if (report.skipped)
		printf("%d files not loaded: neither plans nor drugs\n", report.skipped);
	cli_load_against(&report.load);
	return CLI_OK;
}

bool cli_partd_load(const char *from, const char *into, const struct cli_load *options, int *code)
{
	if (!partd_directory(from))
		return false;
	*code = partd(from, into, options);
	return true;
}

bool cli_qhp_load(const char *from, const char *into, const struct cli_load *options, int *code)
{
	(void)options;
	if (!qhp_directory(from))
		return false;
	*code = qhp(from, into);
	return true;
}

static int asp(const char *from, const char *into)
{
	struct asp_report report;
	struct fault fault;
	bool good;

	good = asp_load(from, into, cli_load_progress, NULL, &report, &fault);
	cli_load_progress_over();
	if (!good) {
		char where[ASP_PATH + 40];

		snprintf(where, sizeof(where), report.line ? "%s:%lld" : "%s", report.file[0] ? report.file : from, (long long)report.line);
		return cli_load_failed(where, &fault);
	}
	printf("generation %.*s: %d files, %lld products of HCPCS codes, %lld payment limits, %lld bytes\n", TEXT_ARGS(report.load.generation),
		report.files, (long long)report.pairs, (long long)report.limits, (long long)report.load.bytes);
	if (report.cpt)
		printf("%lld rows left out: their codes are not HCPCS Level II\n", (long long)report.cpt);
	if (report.refused)
		printf("%lld rows refused; the first is %s:%lld, %s\n", (long long)report.refused, report.refused_file, (long long)report.refused_line,
			report.refused_column);
	if (report.repeated)
		printf("%lld rows left out: the same thing was said before\n", (long long)report.repeated);
	if (report.skipped)
		printf("%d files not loaded: no crosswalk and no payment limits with HCPCS codes\n", report.skipped);
	cli_load_against(&report.load);
	return CLI_OK;
}

bool cli_asp_load(const char *from, const char *into, const struct cli_load *options, int *code)
{
	(void)options;
	if (!asp_files(from))
		return false;
	*code = asp(from, into);
	return true;
}

static int rxnorm(const char *from, const char *into)
{
	bool good;
	struct rxnorm_report report;
	struct fault fault;

	good = rxnorm_load(from, into, cli_load_progress, NULL, &report, &fault);
	cli_load_progress_over();
	if (!good) {
		char where[RXNORM_PATH + 40];

		snprintf(where, sizeof(where), report.line ? "%s:%lld" : "%s", report.file[0] ? report.file : from, (long long)report.line);
		return cli_load_failed(where, &fault);
	}
	printf("generation %.*s: %lld NDCs of RxNorm concepts, %lld named drugs and packs, %lld HCPCS codes, %lld bytes\n",
		TEXT_ARGS(report.load.generation), (long long)report.links, (long long)report.concepts, (long long)report.hcpcs,
		(long long)report.load.bytes);
	if (report.suppressed)
		printf("%lld rows left out: RxNorm withdrew them\n", (long long)report.suppressed);
	if (report.cpt)
		printf("%lld rows left out: their codes are not HCPCS Level II\n", (long long)report.cpt);
	if (report.refused)
		printf("%lld rows refused; the first is %s:%lld\n", (long long)report.refused, report.refused_file, (long long)report.refused_line);
	if (report.repeated)
		printf("%lld rows left out: the same thing was said before\n", (long long)report.repeated);
	if (report.skipped)
		printf("%d files not loaded: neither RXNCONSO nor RXNSAT\n", report.skipped);
	cli_load_against(&report.load);
	return CLI_OK;
}

bool cli_rxnorm_load(const char *from, const char *into, const struct cli_load *options, int *code)
{
	(void)options;
	if (!rxnorm_directory(from))
		return false;
	*code = rxnorm(from, into);
	return true;
}
