/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of one message: everything parsed or written for it lives here and goes together. */
#pragma once

#include "base/text.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;                /* bytes given out since the last reset */
	size_t limit;               /* bytes it may give out: a hostile message ends here, not in swap */
};

/* An empty arena that takes memory only when asked. limit in bytes. */
void arena_init(struct arena *arena, size_t limit);
/* Gives everything back; a zeroed or already done arena is fine. */
void arena_done(struct arena *arena);
/* Forgets everything given out; keeps one block so that the next message of the usual size costs no malloc. */
void arena_reset(struct arena *arena);

/* Zeroed memory aligned for any object, or NULL when the limit would be passed (the message is then refused as too
   large). Running out of the machine's memory ends the process: the supervisor restarts it and nothing durable is lost. */
void *arena_alloc(struct arena *arena, size_t n) __attribute__((warn_unused_result));
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* A copy of the bytes that lives as long as the arena; TEXT_NONE past the limit, and for TEXT_NONE. */
struct text arena_text(struct arena *arena, struct text t);

/* Makes room for one more item in a growing array of *n items of `size` bytes; returns the new zeroed item and counts
   it, or NULL past the limit. Capacity doubles and is derived from *n, so an array is just a pointer and a count. Items
   may move: hold no pointer to one across a call. */
void *arena_push(struct arena *arena, void **items, size_t *n, size_t size) __attribute__((warn_unused_result));
