/* SPDX-License-Identifier: Apache-2.0 */
/* A bump allocator in blocks. Under AddressSanitizer each allocation is its own block, so that an overrun inside a
   message is seen and not hidden by its neighbour. */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_MIN = 16 * 1024,   /* bytes; holds a real-time benefit request with its answer */
	BLOCK_KEPT = 256 * 1024, /* bytes; a block up to this size survives a reset, larger ones are given back */
	ITEMS_FIRST = 4,         /* first capacity of a pushed array */
};

#ifdef __SANITIZE_ADDRESS__
#define ONE_BLOCK_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_BLOCK_EACH 1
#endif
#endif
#ifndef ONE_BLOCK_EACH
#define ONE_BLOCK_EACH 0
#endif

struct arena_block {
	struct arena_block *older;
	size_t size, used;
	alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, size_t limit)
{
	*arena = (struct arena){ .limit = limit };
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *older = block->older;

		free(block);
		block = older;
	}
}

void arena_done(struct arena *arena)
{
	free_blocks(arena->blocks);
	*arena = (struct arena){ .limit = arena->limit };
}

void arena_reset(struct arena *arena)
{
	struct arena_block *kept = arena->blocks;

	arena->used = 0;
	if (!kept)
		return;
	if (ONE_BLOCK_EACH || kept->size > BLOCK_KEPT) {
		arena_done(arena);
		return;
	}
	free_blocks(kept->older);
	kept->older = NULL;
	memset(kept->bytes, 0, kept->used);
	kept->used = 0;
}

static struct arena_block *block_new(size_t size, struct arena_block *older)
{
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	block->size = size;
	block->older = older;
	return block;
}

void *arena_alloc(struct arena *arena, size_t n)
{
	struct arena_block *block = arena->blocks;
	size_t rounded = n + (-n & (alignof(max_align_t) - 1));
	void *at;

	if (rounded < n || rounded > arena->limit - arena->used)
		return NULL;
	if (ONE_BLOCK_EACH) {
		arena->blocks = block = block_new(n, block);
		block->used = n;
		arena->used += rounded;
		return block->bytes;
	}
	if (!block || rounded > block->size - block->used) {
		size_t size = block ? block->size * 2 : BLOCK_MIN;

		if (size > BLOCK_KEPT)
			size = BLOCK_KEPT;
		if (size > arena->limit - arena->used) /* no more than it can ever give: an arena for one body is that large */
			size = arena->limit - arena->used;
		arena->blocks = block = block_new(rounded > size ? rounded : size, block);
	}
	at = block->bytes + block->used;
	block->used += rounded;
	arena->used += rounded;
	assert(arena->used <= arena->limit);
	return at;
}

struct text arena_text(struct arena *arena, struct text t)
{
	char *copy;

	if (!t.at)
		return TEXT_NONE;
	copy = arena_alloc(arena, t.n ? t.n : 1);
	if (!copy)
		return TEXT_NONE;
	if (t.n)
		memcpy(copy, t.at, t.n);
	return (struct text){ copy, t.n };
}

void *arena_push(struct arena *arena, void **items, size_t *n, size_t size)
{
	bool full = *n == 0 || (*n >= ITEMS_FIRST && (*n & (*n - 1)) == 0);

	if (full) {
		size_t room = *n ? *n * 2 : ITEMS_FIRST;
		void *bigger = room > SIZE_MAX / size ? NULL : arena_alloc(arena, room * size);

		if (!bigger)
			return NULL;
		if (*n)
			memcpy(bigger, *items, *n * size);
		*items = bigger;
	}
	return (char *)*items + (*n)++ * size;
}
