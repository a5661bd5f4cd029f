/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of public files for a test, what is loaded from it, and questions to it. */
#pragma once

#include "formulary/answer.h"
#include "test/case.h"
#include "test/scratch.h"

#include <string.h>
#include <sys/stat.h>

struct folder {
	struct scratch scratch;
	char from[80], into[80];
};

/* The last part of the folder's path is `name`. */
static inline struct folder folder_new(const char *name)
{
	struct folder folder = { .scratch = scratch_new() };

	snprintf(folder.from, sizeof(folder.from), "%s/%s", folder.scratch.at, name);
	snprintf(folder.into, sizeof(folder.into), "%s/into", folder.scratch.at);
	if (mkdir(folder.from, 0700) || mkdir(folder.into, 0700))
		abort();
	return folder;
}

static inline void folder_done(struct folder *folder)
{
	scratch_done(&folder->scratch);
}

static inline void folder_put(const struct folder *folder, const char *name, const char *bytes)
{
	char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder->from, name);
	out = fopen(path, "we");
	if (!out || fputs(bytes, out) < 0 || fclose(out))
		abort();
}

/* An answer with what it lives in. */
struct asked {
	struct arena arena;
	struct formulary *formulary;
	struct product_answer answer;
	struct coverage coverage;
	bool found, says;
};

static inline void asked_done(struct asked *asked)
{
	formulary_free(asked->formulary);
	arena_done(&asked->arena);
}
#define ASKED __attribute__((cleanup(asked_done)))

/* By NDC, concept or both; NULL for what is not named. */
static inline struct asked folder_ask(const struct folder *folder, const char *plan, const char *ndc, const char *concept, int64_t day_ms)
{
	struct product_name name = { .ndc = text_of(ndc), .rxcui = text_of(concept) };
	struct asked asked = { 0 };
	struct fault fault;

	arena_init(&asked.arena, 4 << 20);
	cr_assert(formulary_open(folder->into, &asked.formulary, &fault));
	formulary_day(asked.formulary, day_ms);
	cr_assert(formulary_answer(asked.formulary, text_of(plan), &name, &asked.arena, &asked.answer, &asked.found, &fault), "%s",
		fault_row(fault.code)->name);
	if (asked.found)
		cr_assert(formulary_coverage_of(&asked.answer, &name, &asked.arena, &asked.coverage, &asked.says, &fault));
	return asked;
}
