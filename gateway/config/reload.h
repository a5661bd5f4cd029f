/* SPDX-License-Identifier: Apache-2.0 */
/* A changed configuration on its way into a running gateway: read and checked whole in a process of its own, then put where the roles
   read it, then said to all of them. With any mistake nothing changes. Lives in the process of `dualtrack up`. */
#pragma once

#include "gateway/config/config.h"
#include "gateway/bus/supervise.h"

#include <sys/types.h>

enum { RELOAD_WATCH = 2, RELOAD_PATH = 1200 /* bytes */ };

struct reload {
	const char *file;               /* the operator's */
	struct arena arena;
	struct config *started;         /* as the roles read it at the start: what cannot change is compared with it */
	char current[RELOAD_PATH], next[RELOAD_PATH]; /* what the roles read; what is being checked */
	int watch[RELOAD_WATCH];        /* where `dualtrack reload` knocks; the end of the process that checks */
	int client_fd;                  /* who waits for the outcome; -1: nobody, it goes to stderr */
	pid_t checker;                  /* 0: none */
	bool under_way, again;          /* again: a hangup came meanwhile */
};

/* Puts the file where the roles of this gateway read it from now on: below run_dir. The environment must be as the roles will have it.
   False when that fails (said on stderr). `reload` must not move; file must outlive it. */
bool reload_init(struct reload *reload, const char *file, const char *run_dir);
/* Takes a zeroed one. */
void reload_done(struct reload *reload);
/* Hooks of the supervisor. */
void reload_hangup(struct reload *reload, struct supervisor *supervisor);
void reload_woken(struct reload *reload, struct supervisor *supervisor, size_t i);
void reload_configured(struct reload *reload, struct supervisor *supervisor, size_t taken, const char *kept);

/* The other side: asks the gateway that was started with this file, and passes on what it says. Returns the exit code. */
int reload_ask(const char *file);
