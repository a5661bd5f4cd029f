/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack check clock, check part-d: is a table of times or of Part D right, before a gateway is started with it. */
#include "adjudication/part_d.h"
#include "gateway/cli/cli.h"
#include "routing/clock.h"

#include <stdio.h>

enum { FILE_MAX_BYTES = 1 << 20 };

int cli_check_clock(const char *file)
{
	struct clocks *clocks = NULL;
	struct arena arena;
	struct fault fault;
	struct text body;
	int code = CLI_FAILED, line;

	arena_init(&arena, 4 * FILE_MAX_BYTES);
	body = cli_read(file, FILE_MAX_BYTES, &arena);
	if (text_there(body) && clocks_read(body, &clocks, &line, &fault)) {
		printf("%s: good clock table, %zu rows\n", file, clocks_n(clocks));
		code = CLI_OK;
	} else if (text_there(body)) {
		char where[1100];

		snprintf(where, sizeof(where), line ? "%s:%d" : "%s", file, line);
		cli_complain(where, &fault);
		if (line)
			cli_explain(&clock_row_record, &fault);
		else
			fputs("  expected: a decision row for everything, in force and without dates: any | any | any | any\n", stderr);
		code = CLI_WRONG;
	}
	clocks_free(clocks);
	arena_done(&arena);
	return code;
}

int cli_check_part_d(const char *file)
{
	struct part_d_years *years = NULL;
	struct arena arena;
	struct fault fault;
	struct text body;
	int code = CLI_FAILED, line;

	arena_init(&arena, 4 * FILE_MAX_BYTES);
	body = cli_read(file, FILE_MAX_BYTES, &arena);
	if (text_there(body) && part_d_read(body, &years, &line, &fault)) {
		printf("%s: good table of Part D, %zu years\n", file, part_d_n(years));
		part_d_free(years);
		code = CLI_OK;
	} else if (text_there(body)) {
		char where[1100];

		snprintf(where, sizeof(where), line ? "%s:%d" : "%s", file, line);
		cli_complain(where, &fault);
		cli_explain(&part_d_row_record, &fault);
		code = CLI_WRONG;
	}
	arena_done(&arena);
	return code;
}
