/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the roles of this host as processes, tells the others when one dies, starts it again, and stops them in an order
   in which nothing in hand is lost. Knows nothing of messages. */
#pragma once

#include "gateway/role.h"

enum {
	SUPERVISE_CHILDREN_MAX = PEERS_MAX + ROLE_KINDS,
	SUPERVISE_BACKOFF_MS = 10,        /* before the first restart; doubles */
	SUPERVISE_BACKOFF_MOST_MS = 2000,
	SUPERVISE_GOOD_MS = 5000,         /* a role that lived so long starts again with the first backoff */
	SUPERVISE_STOP_MS = 12000,        /* for one kind of role to end; then it is killed */
	SUPERVISE_CONFIG_EXIT = 2,        /* a role that ends with this before all were ready cannot run as configured: everything stops */
};

struct supervise_setup {
	const struct peer *peers; /* what to run */
	size_t peers_n;
	/* Program and arguments for each role; its name is put at argv[name_at]. `argv` ends with NULL. The control socket is
	   the role's descriptor 3. */
	const char *program;
	char **argv;
	size_t name_at;
	/* All roles have everyone they talk to, for the first time. May be NULL. */
	void (*ready)(void *arg);
	/* A role listens: "http" or "https", and where. May be NULL. */
	void (*listening)(void *arg, const char *scheme, const char *address);
	void *arg;
	int signal_fd; /* a signalfd with SIGTERM and SIGINT */
};

/* Runs until a stop signal and the end of all roles. Returns the exit code of the program: 0, or SUPERVISE_CONFIG_EXIT when
   a role refused to run as configured. */
int supervise_run(const struct supervise_setup *setup);
