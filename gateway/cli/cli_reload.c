/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack reload and check config: a changed configuration, for a gateway that runs, and before. */
#include "gateway/cli/cli.h"
#include "gateway/config/config.h"
#include "gateway/config/reload.h"

#include <stdio.h>

int cli_reload(const struct cli_command *command, int argc, char **argv)
{
	const char *file = NULL;
	const struct cli_option options[] = {
		{ "config", "FILE", "the file that the gateway was started with", &file, NULL },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);

	if (code != CLI_GO_ON)
		return code;
	if (argc || !file)
		return cli_misused(command, "--config FILE is needed, and nothing else");
	return reload_ask(file);
}

int cli_check_config(const char *file)
{
	struct config_problems problems;
	struct config *config;
	struct arena arena;
	bool good;

	arena_init(&arena, 64 << 20);
	good = config_load(file, NULL, &arena, &config, &problems);
	if (good)
		config_check_files(config, &problems);
	config_complain(stderr, &problems);
	if (!problems.all)
		config_warn(stderr, config, clock_now().wall_ms);
	if (!problems.all)
		printf("%s: good configuration, %zu partners\n", file, config->partners_n);
	arena_done(&arena);
	return problems.all ? CLI_WRONG : CLI_OK;
}
