/* SPDX-License-Identifier: Apache-2.0 */
/* Plan files written and loaded for a test. */
#pragma once

#include "formulary/formulary.h"
#include "test/scratch.h"

#include <string.h>

struct plan_file {
	struct scratch scratch;
	char file[128], directory[128];
	struct load_report report;
	int64_t line;
	struct fault fault;
};

static inline struct plan_file plan_file_new(void)
{
	struct plan_file out = { .scratch = scratch_new() };

	snprintf(out.file, sizeof(out.file), "%s/plan.jsonl", out.scratch.at);
	snprintf(out.directory, sizeof(out.directory), "%s/formulary", out.scratch.at);
	return out;
}

static inline void plan_file_done(struct plan_file *plan)
{
	scratch_done(&plan->scratch);
}
#define PLAN_FILE __attribute__((cleanup(plan_file_done))) = plan_file_new()

static inline void plan_file_write(const struct plan_file *plan, const char *bytes)
{
	FILE *out = fopen(plan->file, "we");

	if (!out || fwrite(bytes, 1, strlen(bytes), out) != strlen(bytes) || fclose(out))
		abort();
}

static inline bool plan_file_load(struct plan_file *plan, const char *bytes)
{
	plan_file_write(plan, bytes);
	return formulary_load(plan->file, plan->directory, NULL, NULL, &plan->report, &plan->line, &plan->fault);
}

/* A line for a covered product of plan P with its tier, and a BIN line for P. */
#define PRODUCT(ndc, tier)                                                                         \
	"{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"" ndc "\",\"status\":\"COVERED\"," \
	"\"tier\":" #tier ",\"prices\":[{\"pharmacy\":\"R\",\"unit_cost_e4\":900}]}\n"
#define BIN_OF(bin, plan) "{\"resourceType\":\"bin\",\"bin\":\"" bin "\",\"plan\":\"" plan "\"}\n"
