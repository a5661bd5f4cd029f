/* SPDX-License-Identifier: Apache-2.0 */
/* Client connections of the edge: accept, TLS, read, frame into requests, write answers, with limits on time, size and number. */
#pragma once

#include "gateway/bus/role.h"

struct serve;

/* Listens as the configuration says (listen, listen_tls). FAULT_CONFIG with the key when an address cannot be used. Port 0 picks a
   free one. */
bool serve_new(const struct config *config, struct serve **out, struct fault *fault) fault_check;
void serve_free(struct serve *serve);
/* "127.0.0.1:8080" actually bound; TEXT_NONE when there is none of that kind. */
struct text serve_address(const struct serve *serve, bool tls);
/* One descriptor for poll: readable when serve_next has something to look at. */
int serve_fd(const struct serve *serve);
/* The next IN_REQUEST (a fresh id, texts live until serve_reply or hang-up of that connection) or IN_HANGUP (only for a connection with a request in hand).
   A request that HTTP itself refuses is answered here, in SCRIPT or RTPB when it was posted to one of their addresses, and told as
   IN_REFUSED to be counted. One request at a time per
   connection. False when nothing is left. */
bool serve_next(struct serve *serve, struct now now, struct input *input);
/* Answers; a connection that is gone meanwhile is no fault. */
void serve_reply(struct serve *serve, const struct out *out, struct now now);
/* Ends connections that are too slow (head within 5 s, body at least 1 KB/s, idle 75 s); returns mono time of the next call wanted, 0 none. */
int64_t serve_tick(struct serve *serve, struct now now);
/* No new connections, answers say Connection: close; true when none is left. */
bool serve_drain(struct serve *serve);
