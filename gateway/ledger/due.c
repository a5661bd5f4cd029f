/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of waiting rows, a list of leased ones, and a hash of both by key. */
#include "gateway/ledger/due.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS_FIRST = 64,
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MOST_MS = 15 * 60 * 1000,
	BACKOFF_DOUBLINGS = 10, /* 1 s << 10 is past 15 min */
};

static void *must_have(void *at)
{
	if (!at) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	return at;
}

void due_done(struct due_list *list)
{
	for (size_t i = 0; i < list->buckets_n; i++)
		while (list->buckets[i]) {
			struct due_row *row = list->buckets[i];

			list->buckets[i] = row->chain;
			free(row);
		}
	free(list->buckets);
	free(list->heap);
	*list = (struct due_list){ 0 };
}

/* -- by key -- */

static struct due_row **bucket_of(const struct due_list *list, struct text key)
{
	return &list->buckets[text_hash(key) & (list->buckets_n - 1)];
}

static void grow_buckets(struct due_list *list)
{
	struct due_row **old = list->buckets;
	size_t old_n = list->buckets_n;

	list->buckets_n = old_n ? old_n * 2 : BUCKETS_FIRST;
	list->buckets = must_have(calloc(list->buckets_n, sizeof(struct due_row *)));
	for (size_t i = 0; i < old_n; i++)
		while (old[i]) {
			struct due_row *row = old[i], **bucket;

			old[i] = row->chain;
			bucket = bucket_of(list, due_key(row));
			row->chain = *bucket;
			*bucket = row;
		}
	free(old);
}

struct due_row *due_find(const struct due_list *list, struct text key)
{
	if (!list->buckets_n)
		return NULL;
	for (struct due_row *row = *bucket_of(list, key); row; row = row->chain)
		if (text_equal(due_key(row), key))
			return row;
	return NULL;
}

/* -- waiting -- */

static void place_at(struct due_list *list, size_t i, struct due_row *row)
{
	list->heap[i] = row;
	row->place = i;
}

static void rise(struct due_list *list, size_t i, struct due_row *row)
{
	while (i > 0 && list->heap[(i - 1) / 2]->at_ms > row->at_ms) {
		place_at(list, i, list->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place_at(list, i, row);
}

static void sink(struct due_list *list, size_t i, struct due_row *row)
{
	for (size_t below; (below = 2 * i + 1) < list->heap_n; i = below) {
		if (below + 1 < list->heap_n && list->heap[below + 1]->at_ms < list->heap[below]->at_ms)
			below++;
		if (list->heap[below]->at_ms >= row->at_ms)
			break;
		place_at(list, i, list->heap[below]);
	}
	place_at(list, i, row);
}

static void heap_add(struct due_list *list, struct due_row *row)
{
	if (list->heap_n == list->heap_room) {
		list->heap_room = list->heap_room ? list->heap_room * 2 : BUCKETS_FIRST;
		list->heap = must_have(reallocarray(list->heap, list->heap_room, sizeof(*list->heap)));
	}
	rise(list, list->heap_n++, row);
}

static void heap_remove(struct due_list *list, struct due_row *row)
{
	struct due_row *last = list->heap[--list->heap_n];
	size_t i = row->place;

	assert(list->heap[i] == row || row == last);
	if (row == last)
		return;
	if (i > 0 && list->heap[(i - 1) / 2]->at_ms > last->at_ms)
		rise(list, i, last);
	else
		sink(list, i, last);
}

/* -- leased -- */

static void leased_remove(struct due_list *list, struct due_row *row)
{
	*(row->older ? &row->older->newer : &list->oldest) = row->newer;
	*(row->newer ? &row->newer->older : &list->newest) = row->older;
	row->older = row->newer = NULL;
	row->leased = false;
	list->leased_n--;
}

static void take_out(struct due_list *list, struct due_row *row)
{
	if (row->leased)
		leased_remove(list, row);
	else
		heap_remove(list, row);
}

/* -- all together -- */

void due_add(struct due_list *list, struct text key, int64_t at_ms, int64_t created_ms)
{
	struct due_row *row, **bucket;

	if (due_find(list, key))
		return;
	if (list->n >= list->buckets_n)
		grow_buckets(list);
	row = must_have(calloc(1, sizeof(*row) + key.n));
	row->key_n = key.n;
	memcpy(row->key, key.at, key.n);
	row->at_ms = at_ms;
	row->created_ms = created_ms;
	bucket = bucket_of(list, key);
	row->chain = *bucket;
	*bucket = row;
	list->n++;
	heap_add(list, row);
}

void due_remove(struct due_list *list, struct due_row *row)
{
	struct due_row **at = bucket_of(list, due_key(row));

	take_out(list, row);
	while (*at != row)
		at = &(*at)->chain;
	*at = row->chain;
	list->n--;
	free(row);
}

struct due_row *due_next(const struct due_list *list, int64_t now_ms)
{
	return list->heap_n && list->heap[0]->at_ms <= now_ms ? list->heap[0] : NULL;
}

void due_lease(struct due_list *list, struct due_row *row, int64_t until_ms)
{
	take_out(list, row);
	assert(!list->newest || list->newest->at_ms <= until_ms);
	row->at_ms = until_ms;
	row->leased = true;
	row->older = list->newest;
	*(list->newest ? &list->newest->newer : &list->oldest) = row;
	list->newest = row;
	list->leased_n++;
}

void due_wait(struct due_list *list, struct due_row *row, int64_t at_ms)
{
	take_out(list, row);
	row->at_ms = at_ms;
	heap_add(list, row);
}

static int64_t backoff_ms(const struct due_row *row, int failures)
{
	int doublings = failures < 1 ? 0 : failures > BACKOFF_DOUBLINGS ? BACKOFF_DOUBLINGS : failures - 1;
	int64_t wait = (int64_t)BACKOFF_FIRST_MS << doublings;
	uint64_t spread = text_hash(due_key(row)) + (uint64_t)failures * 0x9e3779b97f4a7c15u;

	if (wait > BACKOFF_MOST_MS)
		wait = BACKOFF_MOST_MS;
	return wait - (int64_t)((spread >> 32) % (uint64_t)(wait / 4));
}

static void lose(struct due_list *list, struct due_row *row, int64_t now_ms)
{
	int64_t wait = row->lost ? backoff_ms(row, row->lost) : 0;

	row->lost += row->lost < INT_MAX;
	due_wait(list, row, now_ms + (wait < DUE_LOST_MOST_MS ? wait : DUE_LOST_MOST_MS));
}

size_t due_expire(struct due_list *list, int64_t now_ms)
{
	size_t n = 0;

	for (; list->oldest && list->oldest->at_ms <= now_ms; n++)
		lose(list, list->oldest, now_ms);
	return n;
}

void due_release(struct due_list *list, int64_t now_ms)
{
	while (list->oldest)
		lose(list, list->oldest, now_ms);
}

int64_t due_wake(const struct due_list *list, bool may_lease)
{
	int64_t wake = list->oldest ? list->oldest->at_ms : 0;

	if (may_lease && list->heap_n && (!wake || list->heap[0]->at_ms < wake))
		wake = list->heap[0]->at_ms;
	return wake;
}

int64_t due_backoff_ms(const struct due_row *row)
{
	return backoff_ms(row, row->attempts);
}
