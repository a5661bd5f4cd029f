/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary: load a plan file, show what a plan says about a product. */
#include "formulary/formulary.h"
#include "gateway/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void show_progress(const struct load_progress *progress, void *arg)
{
	(void)arg;
	fprintf(stderr, "\r%lld %% %lld rows", (long long)(progress->bytes_total ? progress->bytes_read * 100 / progress->bytes_total : 100),
		(long long)progress->rows);
}

static int load(const char *file, const char *into)
{
	struct load_report report = { 0 };
	struct fault fault;
	int64_t line = 0;
	bool person = isatty(STDERR_FILENO), good;

	if (mkdir(into, 0700) && errno != EEXIST) {
		fprintf(stderr, "dualtrack: %s: %s\n", into, strerror(errno));
		return CLI_FAILED;
	}
	good = formulary_load(file, into, person ? show_progress : NULL, NULL, &report, &line, &fault);
	if (person)
		fputc('\n', stderr);
	if (!good) {
		char where[1100];

		snprintf(where, sizeof(where), line ? "%s:%lld" : "%s", file, (long long)line);
		cli_complain(where, &fault);
		cli_explain(&plan_file_line_record, &fault);
		return fault_row(fault.code)->mend == MEND_SENDER ? CLI_WRONG : CLI_FAILED;
	}
	printf("generation %.*s: %lld products of %lld plans, %lld BIN lines, %lld bytes\n", TEXT_ARGS(report.generation),
		(long long)report.products, (long long)report.plans, (long long)report.bins, (long long)report.bytes);
	return CLI_OK;
}

static int show(const char *plan, const char *ndc, const char *in)
{
	struct formulary *formulary = NULL;
	struct coverage coverage = { 0 };
	struct buffer text;
	struct arena arena;
	struct fault fault;
	bool found = false;
	int code = CLI_FAILED;

	arena_init(&arena, 16 << 20);
	if (!formulary_open(in, &formulary, &fault) ||
		!formulary_lookup(formulary, text_of(plan), text_of(ndc), &arena, &coverage, &found, &fault)) {
		cli_complain(in, &fault);
	} else if (!found) {
		fprintf(stderr, "dualtrack: plan %s does not list %s\n", plan, ndc);
		code = CLI_WRONG;
	} else {
		buffer_init(&text, &arena, 1024);
		record_outline(&coverage_record, &coverage, 0, &text);
		cli_put(buffer_text(&text));
		code = CLI_OK;
	}
	formulary_free(formulary);
	arena_done(&arena);
	return code;
}

int cli_formulary(const struct cli_command *command, int argc, char **argv)
{
	const char *into = NULL, *in = NULL;
	const struct cli_option options[] = {
		{ "into", "DIR", "load: directory of the generations", &into, NULL },
		{ "in", "DIR", "show: directory of the generations", &in, NULL },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);

	if (code != CLI_GO_ON)
		return code;
	if (argc == 2 && strcmp(argv[0], "load") == 0 && into)
		return load(argv[1], into);
	if (argc == 3 && strcmp(argv[0], "show") == 0 && in)
		return show(argv[1], argv[2], in);
	return cli_misused(command, "load FILE --into DIR, or show PLAN NDC --in DIR");
}
