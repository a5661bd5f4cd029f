/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be done when: the rows of the durable outbox as the ledger keeps them in memory. A row waits until its time, is
   leased while someone works on it, and waits again when the lease ends without an answer. */
#pragma once

#include "base/text.h"

enum { DUE_LOST_MOST_MS = 30 * 1000 };

struct due_row {
	struct due_row *chain;        /* next in its bucket */
	struct due_row *older, *newer; /* leased: in order of lease */
	size_t place;                 /* waiting: where in the heap */
	int64_t at_ms;                /* mono: waiting until, or leased until */
	int64_t created_ms;           /* Unix time at which it was stored */
	int attempts;                 /* that failed, in this life of the process */
	int lost;                     /* leases that ended without an answer, likewise */
	bool older_life;              /* it was there when the process began: nobody knows whether it was sent before */
	bool leased;
	size_t key_n;
	char key[];
};

/* Zeroed is empty. */
struct due_list {
	struct due_row **heap; /* waiting, earliest first */
	size_t heap_n, heap_room;
	struct due_row *oldest, *newest; /* leased; all leases of a list last equally long, so the oldest ends first */
	size_t leased_n;
	struct due_row **buckets;
	size_t buckets_n, n;
};

void due_done(struct due_list *list);

/* A new row that waits until at_ms. Nothing happens when it is there already. */
void due_add(struct due_list *list, struct text key, int64_t at_ms, int64_t created_ms);
struct due_row *due_find(const struct due_list *list, struct text key);
void due_remove(struct due_list *list, struct due_row *row);

/* The waiting row whose time came first, or NULL when none has come. */
struct due_row *due_next(const struct due_list *list, int64_t now_ms);
/* Someone works on it until `until_ms`, which is not before the end of any other lease of the list. */
void due_lease(struct due_list *list, struct due_row *row, int64_t until_ms);
/* It waits (again) until at_ms. */
void due_wait(struct due_list *list, struct due_row *row, int64_t at_ms);
/* Rows whose lease ended without an answer wait again; returns how many. One that was lost once may go out at once; one that is lost
   over and over waits longer each time, up to DUE_LOST_MOST_MS, so that what stops whoever works on it does not stop the rest. */
size_t due_expire(struct due_list *list, int64_t now_ms);
/* All leases end in the same way: whoever had them is gone. */
void due_release(struct due_list *list, int64_t now_ms);
/* Mono time at which something of this list is next to be looked at; 0: never. With may_lease false waiting rows do not
   count. */
int64_t due_wake(const struct due_list *list, bool may_lease);

/* How long to wait after so many failed attempts: 1 s doubling to 15 min, up to a quarter less by the row's key so that rows which
   failed together do not come back together. */
int64_t due_backoff_ms(const struct due_row *row);
static inline struct text due_key(const struct due_row *row)
{
	return (struct text){ row->key, row->key_n };
}
