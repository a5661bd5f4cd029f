/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack store check: is what a stopped gateway left behind sound. */
#include "gateway/cli/cli.h"
#include "routing/case_check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int check(const char *directory)
{
	struct store *store = NULL;
	struct case_report report;
	struct arena arena;
	struct fault fault;
	struct stat about;
	int code = CLI_FAILED;

	if (stat(directory, &about) || !S_ISDIR(about.st_mode)) {
		fprintf(stderr, "dualtrack: %s: no such directory\n", directory);
		return CLI_FAILED;
	}
	arena_init(&arena, (size_t)1 << 30);
	if (!store_open(directory, &store, &fault) || !case_check(store, &arena, &report, &fault)) {
		cli_complain(directory, &fault);
		code = fault.code == FAULT_STORE_CORRUPT ? CLI_WRONG : CLI_FAILED;
	} else {
		printf("%zu cases (%zu final), %zu stored replies, %zu outbox rows, %zu mailbox items, %zu audit entries\n",
			report.cases, report.final, report.replies, report.rows, report.items, report.entries);
		for (size_t i = 0; i < report.findings_n; i++)
			printf("%s: %s: %.*s\n", report.findings[i].rule, report.findings[i].what,
				TEXT_ARGS(report.findings[i].about));
		printf(report.findings_all ? "%zu contradictions\n" : "sound\n", report.findings_all);
		code = report.findings_all ? CLI_WRONG : CLI_OK;
	}
	store_free(store);
	arena_done(&arena);
	return code;
}

int cli_store(const struct cli_command *command, int argc, char **argv)
{
	int code = cli_parse(command, NULL, 0, &argc, argv);

	if (code != CLI_GO_ON)
		return code;
	if (argc != 2 || strcmp(argv[0], "check") != 0)
		return cli_misused(command, "check DIR is needed");
	return check(argv[1]);
}
