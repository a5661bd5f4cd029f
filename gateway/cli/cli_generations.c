/* SPDX-License-Identifier: Apache-2.0 */
/* Which generations a command looks into: those it is told, those of the configuration, or the sandbox's own. */
#include "base/clock.h"
#include "gateway/cli/cli_formulary.h"
#include "gateway/config/config.h"
#include "gateway/sandbox/sandbox.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MEMORY = 64 << 20 }; /* bytes: an answer with all it is made of */

static bool from_config(struct cli_generations *generations, const char *file)
{
	struct config_problems problems = { 0 };
	struct config *config;

	if (!config_load(file, NULL, &generations->arena, &config, &problems)) {
		config_complain(stderr, &problems);
		return false;
	}
	text_to_z(config->formulary, generations->directory, sizeof(generations->directory));
	return true;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about, (void)type, (void)walk;
	return remove(path);
}

/* The sandbox's plan file is small: loading it takes some milliseconds. */
static bool load_sandbox(struct cli_generations *generations)
{
	const char *temporary = getenv("TMPDIR");
	char file[sizeof(generations->directory) + 16];
	struct text plan = sandbox_plan();
	struct load_report report = { 0 };
	struct fault fault;
	int64_t line;
	FILE *out;
	bool good;

	if (snprintf(generations->directory, sizeof(generations->directory), "%s/dualtrack.XXXXXX", temporary && *temporary ? temporary : "/tmp") >=
			(int)sizeof(generations->directory) ||
		!mkdtemp(generations->directory)) {
		fprintf(stderr, "dualtrack: %s: %s\n", generations->directory, strerror(errno));
		return false;
	}
	generations->goes = true;
	snprintf(file, sizeof(file), "%s/plan.jsonl", generations->directory);
	out = fopen(file, "we");
	good = out && fwrite(plan.at, 1, plan.n, out) == plan.n;
	if (!out || fclose(out) || !good) {
		fprintf(stderr, "dualtrack: %s: %s\n", file, strerror(errno));
		return false;
	}
	if (formulary_load(file, generations->directory, NULL, NULL, &report, &line, &fault))
		return true;
	cli_complain(file, &fault);
	return false;
}

bool cli_generations_open(struct cli_generations *generations, const char *in, const char *config)
{
	struct fault fault;

	*generations = (struct cli_generations){ 0 };
	arena_init(&generations->arena, ANSWER_MEMORY);
	if (in)
		snprintf(generations->directory, sizeof(generations->directory), "%s", in);
	else if (!from_config(generations, config)) /* a file, or what the environment says */
		goto failed;
	if (!generations->directory[0] && !load_sandbox(generations))
		goto failed;
	if (formulary_open(generations->directory, &generations->formulary, &fault)) {
		formulary_day(generations->formulary, clock_now().wall_ms);
		return true;
	}
	cli_complain(generations->directory, &fault);
failed:
	cli_generations_close(generations);
	return false;
}

void cli_generations_close(struct cli_generations *generations)
{
	formulary_free(generations->formulary);
	generations->formulary = NULL;
	arena_done(&generations->arena);
	if (generations->goes && nftw(generations->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		fprintf(stderr, "dualtrack: %s could not be removed\n", generations->directory);
	generations->goes = false;
}
