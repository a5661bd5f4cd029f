/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process, or fills the disk, at a chosen one of the system calls by which a load changes the disk. */
#pragma once

#include <stdbool.h>

enum hook_mode { HOOK_OFF, HOOK_KILL, HOOK_FULL };

/* Shared with children. */
struct hook {
	enum hook_mode mode;
	int at, calls; /* the call, from 1 */
	bool renamed;  /* a generation was made current */
	bool failed;   /* the disk was found full */
};

struct hook *hook_new(void);
void hook_free(struct hook *hook);
/* In this process from now on; NULL: none. */
void hook_set(struct hook *hook);
