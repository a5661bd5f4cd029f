/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between roles. The only home of ZeroMQ. It may lose, repeat and reorder; nothing here lasts. What it adds to
   the sockets: names, credits in place of high-water marks, heartbeats, and knowing that a peer is gone or new. */
#pragma once

#include "gateway/role.h"

struct bus;

/* One per process, made after exec. Binds this role's own endpoint when links[] says that others connect to it, and connects to
   the others as configured (ipc:// below run_dir, or tcp:// with CURVE from the configuration). */
bool bus_new(struct peer self, const struct config *config, const char *run_dir, struct now now, struct bus **out,
	struct fault *fault) fault_check;
void bus_free(struct bus *bus);

/* For epoll, level to be checked after every wake: call bus_next until it says false. */
int bus_fd(const struct bus *bus);

/* What happened: IN_MESSAGE (envelope unpacked into `arena`, payload points into a frame that lives until the next call),
   IN_PEER_UP, IN_PEER_GONE or IN_CREDIT.
   PING is given on (with the sender's counters as payload) to the edge only, for its /metrics. False when nothing is left. Damaged or forbidden messages are dropped and counted. */
bool bus_next(struct bus *bus, struct now now, struct arena *arena, struct input *input);

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
