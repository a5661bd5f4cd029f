/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between roles. It may lose, repeat and reorder; nothing here lasts. What it adds to
   the sockets: names, credits in place of high-water marks, heartbeats, and knowing that a peer is gone or new. */
#pragma once

#include "gateway/bus/role.h"

struct bus;

/* One per process, made after exec. Binds this role's own endpoint when links[] says that others connect to it, and connects to
   the others as configured (ipc:// below run_dir, which must belong to this user alone, or tcp:// with CURVE from the
   configuration; never tcp:// without). FAULT_CONFIG with the key at fault; "run" stands for run_dir. */
bool bus_new(struct peer self, const struct config *config, const char *run_dir, struct now now, struct bus **out,
	struct fault *fault) fault_check;
void bus_free(struct bus *bus);

/* For epoll, level to be checked after every wake: call bus_next until it says false. */
int bus_fd(const struct bus *bus);

/* What happened: IN_MESSAGE (envelope unpacked into `arena`, payload points into a frame that lives until the next call),
   IN_PEER_UP, IN_PEER_GONE or IN_CREDIT.
   PING is given on (with the sender's counters as payload) to the edge only, for its /metrics. False when nothing is left. Damaged or forbidden messages are dropped and counted. */
bool bus_next(struct bus *bus, struct now now, struct arena *arena, struct input *input);

/* True while bus_next would find something; to be asked before sleeping, since sending can swallow a wake-up. */
bool bus_waiting(const struct bus *bus);

/* Queues a message if the receiver has credit for it and is there; index PEER_ANY picks the live peer with most credit. False:
   not now, keep it. */
bool bus_send(struct bus *bus, const struct out *out, struct now now);

/* The step for the last IN_MESSAGE from `peer` is over: its sender may send one more. Goes out with the next message to it or
   in bus_flush. */
void bus_finished(struct bus *bus, struct peer peer);
/* Sends credits due, heartbeats (with `counters` as payload) and notices silence. Returns mono time of the next call wanted. */
int64_t bus_flush(struct bus *bus, struct now now, const struct counters *counters);
/* The supervisor saw this local process die. */
void bus_peer_died(struct bus *bus, struct peer peer);

/* True when the peer (PEER_ANY: one of that kind) is there. */
bool bus_up(const struct bus *bus, struct peer peer);
/* True when everyone this role connects to is there; else *missing is the first who is not. */
bool bus_whole(const struct bus *bus, struct peer *missing);

/* What was not taken, since the start. */
struct bus_counts {
	int64_t damaged;   /* not two frames, or not an envelope */
	int64_t forbidden; /* a sender or type that has no business here */
	int64_t stale;     /* from an earlier life or session */
	int64_t overrun;   /* more than was granted */
	int64_t strangers; /* CURVE keys that are not in the configuration */
	int64_t stuck;     /* sends that the socket did not take although there was credit */
};
const struct bus_counts *bus_counts(struct bus *bus);
