/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway that `dualtrack selftest` starts for itself when it is given none. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <sys/types.h>

enum { SELFTEST_PATH = 600 };

struct selftest_sandbox {
	char folder[SELFTEST_PATH]; /* removed at the end */
	char key[SELFTEST_PATH + 40];
	char url[160];              /* where it listens */
	pid_t pid;
};

/* Starts one on a free port, with a registered client "sandbox" that is notified below `endpoint`; waits until it is ready. False: said on standard
   error. End it in either case. */
bool selftest_sandbox_start(struct selftest_sandbox *sandbox, const char *endpoint, bool open);
void selftest_sandbox_stop(struct selftest_sandbox *sandbox);
