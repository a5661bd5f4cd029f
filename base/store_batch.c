/* SPDX-License-Identifier: Apache-2.0 */
/* The open batch of a store: what was put and deleted since the last commit, found again by key before it is durable. The
   same for both engines, so that a composite behaves alike in the simulator and on disk. */
#include "base/store_engine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 256, OPS_FIRST = 128 };

static void *must_have(void *at)
{
	if (!at) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	return at;
}

void store_batch_init(struct store *store, const struct store_engine *engine)
{
	store->engine = engine;
	arena_init(&store->arena, SIZE_MAX);
	store->buckets_n = BUCKETS_FIRST;
	store->buckets = must_have(calloc(store->buckets_n, sizeof(*store->buckets)));
	store->room = OPS_FIRST;
	store->ops = must_have(calloc(store->room, sizeof(*store->ops)));
}

void store_batch_done(struct store *store)
{
	arena_done(&store->arena);
	free(store->buckets);
	free(store->ops);
}

static uint32_t *bucket_of(struct store *store, struct text key)
{
	return &store->buckets[text_hash(key) & (store->buckets_n - 1)];
}

static void link_op(struct store *store, size_t i)
{
	uint32_t *bucket = bucket_of(store, store->ops[i].key);

	store->ops[i].older = *bucket;
	*bucket = (uint32_t)i + 1;
}

static void grow(struct store *store)
{
	store->room *= 2;
	store->ops = must_have(reallocarray(store->ops, store->room, sizeof(*store->ops)));
	free(store->buckets);
	store->buckets_n *= 2;
	store->buckets = must_have(calloc(store->buckets_n, sizeof(*store->buckets)));
	for (size_t i = 0; i < store->n; i++)
		link_op(store, i);
}

static void add(struct store *store, struct text key, struct text value)
{
	assert(key.at && key.n && !store->read_only);
	assert(store->n < UINT32_MAX);
	if (store->n == store->room)
		grow(store);
	store->ops[store->n] = (struct store_op){ arena_text(&store->arena, key), arena_text(&store->arena, value), 0 };
	link_op(store, store->n++);
	store->bytes += key.n + value.n;
}

void store_put(struct store *store, struct text key, struct text value)
{
	assert(value.at);
	add(store, key, value);
}

void store_delete(struct store *store, struct text key)
{
	add(store, key, TEXT_NONE);
}

size_t store_pending(const struct store *store)
{
	return store->bytes;
}

void store_mark(struct store *store)
{
	store->mark_n = store->n;
	store->mark_bytes = store->bytes;
}

void store_rollback(struct store *store)
{
	/* newest first, so that each bucket gets back exactly the head it had */
	while (store->n > store->mark_n) {
		struct store_op *op = &store->ops[--store->n];

		*bucket_of(store, op->key) = op->older;
	}
	store->bytes = store->mark_bytes;
}

static void forget(struct store *store)
{
	store->mark_n = store->mark_bytes = 0;
	store_rollback(store);
	arena_reset(&store->arena);
}

bool store_get(struct store *store, struct text key, struct arena *arena, struct store_row *row, struct fault *fault)
{
	for (uint32_t at = *bucket_of(store, key); at; at = store->ops[at - 1].older) {
		const struct store_op *op = &store->ops[at - 1];

		if (!text_equal(op->key, key))
			continue;
		row->found = text_there(op->value);
		row->value = arena_text(arena, op->value);
		if (row->found && !text_there(row->value))
			return fault_set(fault, FAULT_TOO_LARGE, "store");
		return true;
	}
	if (store->ended)
		return fault_set(fault, store->ended, "store");
	return store->engine->get(store, key, arena, row, fault);
}

bool store_commit(struct store *store, struct fault *fault)
{
	bool done;

	assert(!store->read_only);
	if (store->ended)
		done = fault_set(fault, store->ended, "store");
	else if (store->n == 0)
		done = true;
	else
		done = store->engine->commit(store, fault);
	if (!done && fault->code != FAULT_STORE_FULL)
		store->ended = fault->code;
	forget(store);
	return done;
}

bool store_anchor(struct store *store, uint64_t sequence, const unsigned char chain[32], struct fault *fault)
{
	if (store->ended)
		return fault_set(fault, store->ended, "store");
	return store->engine->anchor(store, sequence, chain, fault);
}

bool store_anchored(struct store *store, uint64_t *sequence, unsigned char chain[32], struct fault *fault)
{
	return store->engine->anchored(store, sequence, chain, fault);
}

void store_free(struct store *store)
{
	if (store)
		store->engine->free(store);
}

struct store_walk *store_walk_new(struct store *store, struct text prefix, struct text from)
{
	struct store_walk *walk = store->engine->walk_new(store, prefix, text_there(from) ? from : prefix);

	walk->engine = store->engine;
	return walk;
}

bool store_walk_next(struct store_walk *walk, struct text *key, struct text *value)
{
	return walk->engine->walk_next(walk, key, value);
}

bool store_walk_free(struct store_walk *walk, struct fault *fault)
{
	return !walk || walk->engine->walk_free(walk, fault);
}
