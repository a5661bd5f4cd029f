/* SPDX-License-Identifier: Apache-2.0 */
/* The directories of a formulary: generations 000001, 000002 ... and the file CURRENT that names the one in use. A new one is
   built aside and becomes current by one rename, so a reader or a crash sees the old or the new one and nothing between. */
#pragma once

#include "base/fault.h"

#define GENERATION_FILE "rows" /* the one file of a generation: see keys.h */

enum {
	GENERATION_DIGITS = 6,
	GENERATION_LAST = 999999,
	GENERATION_PATH = 4096, /* bytes; PATH_MAX */
};

/* The number in CURRENT. FAULT_NO_FORMULARY when there is no such file, FAULT_FILE when it cannot be read. */
bool generation_current(const char *directory, int *number, struct fault *fault) fault_check;
/* "directory/000002". FAULT_FILE when that is longer than a path can be. */
bool generation_path(const char *directory, int number, char path[GENERATION_PATH], struct fault *fault) fault_check;

/* A generation being built by this process alone. */
struct generation {
	const char *directory;
	int lock;     /* descriptor that holds the lock on the directory, -1 none */
	int previous; /* current when the build began, 0 none */
	int number;
	char path[GENERATION_PATH]; /* does not exist yet */
};

/* Makes the directory if need be, takes its lock (FAULT_BUSY when another load has it), and removes the bytes that loads that died left
   behind. Its number is one that no generation had, one that was gone back from included. */
bool generation_begin(struct generation *generation, const char *directory, struct fault *fault) fault_check;
/* Makes it current, durably, and removes all but it and the one before. */
bool generation_publish(struct generation *generation, struct fault *fault) fault_check;
/* Makes the generation before the current one current again, durably. FAULT_NO_FORMULARY when there is none before it, FAULT_BUSY during
   a load. *number is the one that is current now. The next load removes the one that was left. */
bool generation_rollback(const char *directory, int *number, struct fault *fault) fault_check;
/* Bytes of the files in it. */
int64_t generation_bytes(const struct generation *generation);
/* Gives the lock back; unless it was published, what was built goes. Fine after a failed begin. */
void generation_end(struct generation *generation);
