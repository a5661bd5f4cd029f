/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack payer check: is a file of plans, members and policies right, before a gateway is started with it. */
#include "adjudication/house.h"
#include "adjudication/records.h"
#include "base/json.h"
#include "gateway/cli/cli.h"

#include <stdio.h>
#include <string.h>

static int check(const char *file)
{
	struct house *house = NULL;
	struct arena arena;
	struct fault fault;
	struct text body;
	int code = CLI_FAILED;

	arena_init(&arena, 64 << 20);
	body = cli_read(file, JSON_BODY_MAX, &arena);
	if (text_there(body) && house_read(body, &house, &fault)) {
		printf("%s: good payer file\n", file);
		code = CLI_OK;
	} else if (text_there(body)) {
		cli_complain(file, &fault);
		cli_explain(&house_file_record, &fault);
		code = CLI_WRONG;
	}
	house_free(house);
	arena_done(&arena);
	return code;
}

int cli_payer(const struct cli_command *command, int argc, char **argv)
{
	int code = cli_parse(command, NULL, 0, &argc, argv);

	if (code != CLI_GO_ON)
		return code;
	if (argc != 2 || strcmp(argv[0], "check") != 0)
		return cli_misused(command, "check FILE is needed");
	return check(argv[1]);
}
