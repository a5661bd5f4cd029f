/* SPDX-License-Identifier: Apache-2.0 */
/* A rest-hook endpoint: takes what the gateway posts, answers 200, and keeps it. */
#pragma once

#include "base/arena.h"

#include <poll.h>

enum { LISTENER_FDS = 9 };

struct listener;
struct listener *listener_new(int fd); /* a listening socket, which it closes at its end */
void listener_free(struct listener *listener);
/* Fills in what to poll for; how many. */
size_t listener_poll(const struct listener *listener, struct pollfd fds[LISTENER_FDS]);
/* Takes and answers whatever is there. */
void listener_work(struct listener *listener);
/* The next body that came, in the arena; false: none. */
bool listener_next(struct listener *listener, struct arena *arena, struct text *body);
