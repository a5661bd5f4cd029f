/* SPDX-License-Identifier: Apache-2.0 */
/* The store in memory: a sorted array of rows. It answers like the one on disk, loses on a crash what was not committed,
   and fails when told to. */
#include "base/store_engine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	size_t key_n, value_n;
	char bytes[]; /* key, then value */
};

struct memory {
	struct store store;
	struct row **rows; /* by key */
	size_t n, room;
	uint64_t sequence;
	unsigned char chain[32];
	enum fault_code next_fault;
	bool next_applied;
	struct memory_walk *open; /* walks that look at `rows` itself */
};

/* Looks at the rows where they are until something is committed; then it gets copies of what it has still to see, and of the row it
   showed last: its snapshot. */
struct memory_walk {
	struct store_walk walk;
	struct memory *memory;
	struct memory_walk *next; /* of those that look at the store's own rows */
	struct row **copies;      /* NULL: none were needed yet, and the rows are memory->rows */
	size_t from, n, at;       /* from: index of the first in the rows */
};

static struct text key_of(const struct row *row)
{
	return (struct text){ row->bytes, row->key_n };
}

static struct text value_of(const struct row *row)
{
	return (struct text){ row->bytes + row->key_n, row->value_n };
}

static void *must_have(void *at)
{
	if (!at) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	return at;
}

static struct row *row_new(struct text key, struct text value)
{
	struct row *row = must_have(malloc(sizeof(*row) + key.n + value.n));

	row->key_n = key.n;
	row->value_n = value.n;
	memcpy(row->bytes, key.at, key.n);
	if (value.n)
		memcpy(row->bytes + key.n, value.at, value.n);
	return row;
}

/* Index of the first row whose key is not below `key`. */
static size_t place(const struct memory *memory, struct text key)
{
	size_t low = 0, high = memory->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (text_compare(key_of(memory->rows[middle]), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct memory *memory, size_t i, struct text key)
{
	return i < memory->n && text_equal(key_of(memory->rows[i]), key);
}

static bool memory_get(struct store *store, struct text key, struct arena *arena, struct store_row *row,
	struct fault *fault)
{
	struct memory *memory = (struct memory *)store;
	size_t i = place(memory, key);

	*row = (struct store_row){ .found = is_at(memory, i, key) };
	if (!row->found)
		return true;
	row->value = arena_text(arena, value_of(memory->rows[i]));
	return text_there(row->value) || fault_set(fault, FAULT_TOO_LARGE, "store");
}

static void apply(struct memory *memory, const struct store_op *op)
{
	size_t i = place(memory, op->key);
	bool there = is_at(memory, i, op->key);

	if (there) {
		free(memory->rows[i]);
		if (text_there(op->value)) {
			memory->rows[i] = row_new(op->key, op->value);
			return;
		}
		memory->n--;
		memmove(memory->rows + i, memory->rows + i + 1, (memory->n - i) * sizeof(*memory->rows));
		return;
	}
	if (!text_there(op->value))
		return;
	if (memory->n == memory->room) {
		memory->room = memory->room ? memory->room * 2 : 64;
		memory->rows = must_have(reallocarray(memory->rows, memory->room, sizeof(*memory->rows)));
	}
	memmove(memory->rows + i + 1, memory->rows + i, (memory->n - i) * sizeof(*memory->rows));
	memory->rows[i] = row_new(op->key, op->value);
	memory->n++;
}

static void take_copies(struct memory *memory)
{
	for (struct memory_walk *walk; (walk = memory->open) != NULL; memory->open = walk->next) {
		size_t kept = walk->at ? walk->at - 1 : 0;

		walk->copies = must_have(calloc(walk->n + 1, sizeof(*walk->copies)));
		for (size_t i = kept; i < walk->n; i++)
			walk->copies[i] = row_new(key_of(memory->rows[walk->from + i]), value_of(memory->rows[walk->from + i]));
	}
}

static bool memory_commit(struct store *store, struct fault *fault)
{
	struct memory *memory = (struct memory *)store;
	enum fault_code failing = memory->next_fault;

	take_copies(memory);
	if (!failing || memory->next_applied)
		for (size_t i = 0; i < store->n; i++)
			apply(memory, &store->ops[i]);
	memory->next_fault = FAULT_NONE;
	return !failing || fault_set(fault, failing, "store");
}

static bool memory_anchor(struct store *store, uint64_t sequence, const unsigned char chain[32], struct fault *fault)
{
	struct memory *memory = (struct memory *)store;

	assert(sequence >= memory->sequence);
	memory->sequence = sequence;
	memcpy(memory->chain, chain, 32);
	return true;
}

static bool memory_anchored(struct store *store, uint64_t *sequence, unsigned char chain[32], struct fault *fault)
{
	const struct memory *memory = (const struct memory *)store;

	*sequence = memory->sequence;
	memcpy(chain, memory->chain, 32);
	return true;
}

static void free_rows(struct row **rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(rows[i]);
	free(rows);
}

static void memory_free(struct store *store)
{
	struct memory *memory = (struct memory *)store;

	store_batch_done(store);
	free_rows(memory->rows, memory->n);
	free(memory);
}

static bool has_prefix(struct text key, struct text prefix)
{
	return key.n >= prefix.n && memcmp(key.at, prefix.at, prefix.n) == 0;
}

static struct store_walk *memory_walk_new(struct store *store, struct text prefix, struct text from)
{
	struct memory *memory = (struct memory *)store;
	struct memory_walk *walk = must_have(calloc(1, sizeof(*walk)));
	size_t low = place(memory, from), high = memory->n;

	walk->memory = memory;
	walk->from = low;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (has_prefix(key_of(memory->rows[middle]), prefix))
			low = middle + 1;
		else
			high = middle;
	}
	walk->n = low - walk->from;
	walk->next = memory->open;
	memory->open = walk;
	return &walk->walk;
}

static bool memory_walk_next(struct store_walk *base, struct text *key, struct text *value)
{
	struct memory_walk *walk = (struct memory_walk *)base;
	const struct row *row;

	if (walk->at == walk->n)
		return false;
	row = walk->copies ? walk->copies[walk->at] : walk->memory->rows[walk->from + walk->at];
	*key = key_of(row);
	*value = value_of(row);
	walk->at++;
	return true;
}

static bool memory_walk_free(struct store_walk *base, struct fault *fault)
{
	struct memory_walk *walk = (struct memory_walk *)base;
	struct memory_walk **at = &walk->memory->open;

	if (walk->copies) {
		free_rows(walk->copies, walk->n);
	} else {
		while (*at != walk)
			at = &(*at)->next;
		*at = walk->next;
	}
	free(walk);
	return true;
}

static const struct store_engine engine = {
	.get = memory_get,
	.commit = memory_commit,
	.anchor = memory_anchor,
	.anchored = memory_anchored,
	.free = memory_free,
	.walk_new = memory_walk_new,
	.walk_next = memory_walk_next,
	.walk_free = memory_walk_free,
};

struct store *store_new_memory(void)
{
	struct memory *memory = must_have(calloc(1, sizeof(*memory)));

	store_batch_init(&memory->store, &engine);
	return &memory->store;
}

void store_memory_crash(struct store *store)
{
	assert(store->engine == &engine);
	store_batch_done(store);
	store->n = store->bytes = store->mark_n = store->mark_bytes = 0;
	store->ended = FAULT_NONE;
	((struct memory *)store)->next_fault = FAULT_NONE;
	store_batch_init(store, &engine);
}

void store_memory_fail(struct store *store, enum fault_code code, bool applied)
{
	assert(store->engine == &engine);
	assert(code == FAULT_STORE_UNKNOWN || (code == FAULT_STORE_FULL && !applied));
	((struct memory *)store)->next_fault = code;
	((struct memory *)store)->next_applied = applied;
}
