/* SPDX-License-Identifier: Apache-2.0 */
/* Between the store's face (store_batch.c) and its two engines (store.c, store_memory.c). Not for anyone else. */
#pragma once

#include "base/store.h"

/* One change of the open batch. */
struct store_op {
	struct text key, value; /* in the batch's arena; value TEXT_NONE: deleted */
	uint32_t older;         /* index + 1 of the next op in the same bucket, 0 none */
};

struct store_engine {
	bool (*get)(struct store *store, struct text key, struct arena *arena, struct store_row *row, struct fault *fault);
	/* Applies ops[0..n) in order, all or nothing. */
	bool (*commit)(struct store *store, struct fault *fault);
	bool (*anchor)(struct store *store, uint64_t sequence, const unsigned char chain[32], struct fault *fault);
	bool (*anchored)(struct store *store, uint64_t *sequence, unsigned char chain[32], struct fault *fault);
	void (*free)(struct store *store);
	struct store_walk *(*walk_new)(struct store *store, struct text prefix, struct text from);
	bool (*walk_next)(struct store_walk *walk, struct text *key, struct text *value);
	bool (*walk_free)(struct store_walk *walk, struct fault *fault);
};

/* First member of an engine's own struct. */
struct store {
	const struct store_engine *engine;
	struct arena arena; /* keys and values of the open batch */
	struct store_op *ops;
	size_t n, room;
	uint32_t *buckets; /* index + 1 of the newest op in each; a power of two of them */
	size_t buckets_n;
	size_t bytes;
	size_t mark_n, mark_bytes;
	enum fault_code ended; /* set by a commit whose outcome is unknown: every later call fails the same way */
	bool read_only;
};

/* First member of an engine's own walk. */
struct store_walk {
	const struct store_engine *engine;
};

void store_batch_init(struct store *store, const struct store_engine *engine);
void store_batch_done(struct store *store);

/* -- the anchor file (store_anchor.c) -- */

struct anchor {
	uint64_t count;    /* which of the two slots is newer */
	uint64_t sequence; /* the caller's */
	uint64_t engine;   /* the engine's own count of changes at that moment */
	unsigned char chain[32];
};

/* Opens directory/anchor, creating it with count 0 when there is none, and reads its newer good slot. */
bool anchor_open(const char *directory, int *fd, struct anchor *out, struct fault *fault) fault_check;
/* Writes the other slot and fsyncs it; raises anchor->count. */
bool anchor_write(int fd, struct anchor *anchor, struct fault *fault) fault_check;
