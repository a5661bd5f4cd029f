/* SPDX-License-Identifier: Apache-2.0 */
/* The one loop of a process: waits for the bus, client connections, outgoing calls, the supervisor and the clock, gives the
   role what came, and carries out what it wants done. */
#pragma once

#include "gateway/bus/bus.h"
#include "gateway/courier/call.h"
#include "gateway/edge/serve.h"

struct loop_parts {
	const struct role *role;
	void *state; /* started */
	struct bus *bus;
	struct serve *serve; /* edge; NULL elsewhere */
	struct calls *calls; /* courier; NULL elsewhere */
	int control_fd;      /* to the supervisor: reads "gone NAME\n", "config N\n" and "stop\n", writes "listening http[s] ADDRESS\n",
	                        "ready\n" once everyone it connects to is there, and "configured N\n" or "kept N\n"; end of file means
	                        stop. -1: none */
	int signal_fd;       /* a signalfd whose signals mean stop; -1: none */
	/* On "config N": the configuration read anew, NULL when it cannot be read; then whether the role took it, so that whoever holds the
	   memory of both frees the other. Both NULL: the line is not understood. */
	const struct config *(*read_config)(void *arg);
	void (*config_taken)(void *arg, bool taken);
	void *config_arg;
};

enum loop_end {
	LOOP_STOPPED, /* asked to, and done with what was in hand or out of time for it */
	LOOP_ENDED,   /* the role said that this process must end and be started again */
};

enum {
	LOOP_STOP_MS = 10000, /* for finishing what is in hand */
	LOOP_PARK_MS = 2000,  /* a message to a role that is not there waits so long; whoever needs an answer sends again */
	LOOP_PARK_MAX = 256,  /* messages waiting so; beyond it the oldest is dropped */
};

/* Borrows the parts; returns when the process is to end. */
enum loop_end loop_run(const struct loop_parts *parts);
