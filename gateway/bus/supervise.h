/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the roles of this host as processes, tells the others when one dies, starts it again, and stops them in an order
   in which nothing in hand is lost. Knows nothing of messages. */
#pragma once

#include "gateway/bus/role.h"

enum {
	SUPERVISE_CHILDREN_MAX = PEERS_MAX + ROLE_KINDS,
	SUPERVISE_BACKOFF_MS = 10,        /* before the first restart; doubles */
	SUPERVISE_BACKOFF_MOST_MS = 2000,
	SUPERVISE_GOOD_MS = 5000,         /* a role that lived so long starts again with the first backoff */
	SUPERVISE_CONFIGURE_MS = 30000,   /* for a role to answer; a payer file of a million members takes some seconds to read */
	SUPERVISE_WATCH_MAX = 8,
	SUPERVISE_STOP_MS = 12000,        /* for one kind of role to end; then it is killed */
	SUPERVISE_CONFIG_EXIT = 2,        /* a role that ends with this before all were ready cannot run as configured: everything stops */
};

struct supervisor;

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
	/* Somebody sent SIGHUP; NULL: then it stops. A terminal that goes away stops it in any case. */
	void (*hangup)(void *arg, struct supervisor *supervisor);
	/* Further descriptors to watch, -1: none at the moment; `woken` is called when one has something to read. */
	int *watch;
	size_t watch_n;
	void (*woken)(void *arg, struct supervisor *supervisor, size_t i);
	/* Every role has answered the last supervise_configure, ended, or not answered in SUPERVISE_CONFIGURE_MS: how many took it, and the
	   names of those that did not, "" when all did. */
	void (*configured)(void *arg, struct supervisor *supervisor, size_t taken, const char *kept);
	void *arg;
	int signal_fd; /* a signalfd with SIGTERM, SIGINT and SIGHUP */
};

/* Runs until a stop signal and the end of all roles. Returns the exit code of the program: 0, or SUPERVISE_CONFIG_EXIT when
   a role refused to run as configured. */
int supervise_run(const struct supervise_setup *setup);
/* From hangup or woken: tells every role to read its configuration again. */
void supervise_configure(struct supervisor *supervisor);
