/* SPDX-License-Identifier: Apache-2.0 */
/* A directory for one test, and away with it afterwards. */
#pragma once

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct scratch {
	char at[64];
};

static inline int scratch_remove(const char *path, const struct stat *about, int kind, struct FTW *place)
{
	return remove(path);
}

static inline void scratch_done(struct scratch *scratch)
{
	if (scratch->at[0])
		nftw(scratch->at, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct scratch scratch_new(void)
{
	struct scratch scratch = { "/tmp/dualtrack-test-XXXXXX" };

	if (!mkdtemp(scratch.at))
		abort();
	return scratch;
}

/* struct scratch x SCRATCH; is removed at the end of its block. */
#define SCRATCH __attribute__((cleanup(scratch_done))) = scratch_new()
