/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary load: every format that can be loaded, told by its content. */
#include "formulary/formulary.h"
#include "gateway/cli/cli_public.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int cli_load_failed(const char *where, const struct fault *fault)
{
	cli_complain(where, fault);
	return fault_row(fault->code)->mend == MEND_SENDER ? CLI_WRONG : CLI_FAILED;
}

void cli_load_against(const struct load_report *report)
{
	printf("against the one before: %lld rows added, %lld removed, %lld changed; %lld tiers or statuses moved, %lld need prior authorization now\n",
		(long long)report->added, (long long)report->removed, (long long)report->changed, (long long)report->tier_moved,
		(long long)report->prior_authorization_added);
}

static bool fb(const char *from, const char *into, const struct cli_load *options, int *code)
{
	return cli_fb_load(from, into, &options->fb, code);
}

static bool plan_file(const char *file, const char *into, const struct cli_load *options, int *code)
{
	struct load_report report = { 0 };
	struct fault fault;
	struct stat about;
	int64_t line = 0;
	bool good;

	(void)options;
	if (stat(file, &about) == 0 && S_ISDIR(about.st_mode)) {
		fprintf(stderr, "dualtrack: %s: no file in this folder is of a format that is known\n", file);
		*code = CLI_WRONG;
		return true;
	}
	good = formulary_load(file, into, cli_load_progress, NULL, &report, &line, &fault);
	cli_load_progress_over();
	if (!good) {
		char where[1100];

		snprintf(where, sizeof(where), line ? "%s:%lld" : "%s", file, (long long)line);
		*code = cli_load_failed(where, &fault);
		cli_explain(&plan_file_line_record, &fault);
		return true;
	}
	printf("generation %.*s: %lld products of %lld plans, %lld BIN lines, %lld bytes\n", TEXT_ARGS(report.generation),
		(long long)report.products, (long long)report.plans, (long long)report.bins, (long long)report.bytes);
	cli_load_against(&report);
	*code = CLI_OK;
	return true;
}

/* In turn: the first that knows the file or folder by its content takes it. */
static bool (*const formats[])(const char *from, const char *into, const struct cli_load *options, int *code) = {
	fb,
	cli_partd_load,
	cli_qhp_load,
	cli_pdex_load,
	cli_rxnorm_load,
	cli_asp_load,
	plan_file, /* takes whatever is left: what is wrong with a file is said best by the format that people write themselves */
};

int cli_load(const char *from, const char *into, const struct cli_load *options)
{
	int code = CLI_FAILED;

	if (mkdir(into, 0700) && errno != EEXIST) {
		fprintf(stderr, "dualtrack: %s: %s\n", into, strerror(errno));
		return CLI_FAILED;
	}
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (formats[i](from, into, options, &code))
			break;
	return code;
}
