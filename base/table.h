/* SPDX-License-Identifier: Apache-2.0 */
/* A finished file of keyed bytes, written once in the order of its keys and then read where it lies: any number of processes share
   the one copy that the operating system keeps in memory. The only home of LMDB. Each value carries a checksum of itself and its key,
   so what is read is what was written or a fault. A disk that fails under the mapping ends the process (SIGBUS), which is started
   again by its supervisor; docs/decisions/0011 says why that is taken. */
#pragma once

#include "base/fault.h"

enum {
	TABLE_KEY_MAX = 500,      /* bytes; LMDB takes 511 */
	TABLE_VALUE_MAX = 8 << 20, /* bytes */
};

/* -- writing -- */

struct table_build;

/* Begins the file, which must not be there yet. FAULT_FILE. */
bool table_build_new(const char *path, struct table_build **out, struct fault *fault) fault_check;
/* Adds a row. The key is greater (memcmp) than the one before: anything else is our mistake. FAULT_STORE_FULL when the disk is full,
   FAULT_TOO_LONG for a key, FAULT_TOO_LARGE for a value past the limits, FAULT_FILE. After a fault only drop it. */
bool table_build_put(struct table_build *build, struct text key, struct text value, struct fault *fault) fault_check;
/* Makes the file whole and durable. The build is gone whatever comes of it. */
bool table_build_finish(struct table_build *build, struct fault *fault) fault_check;
/* Leaves the file unfinished, for the caller to remove. NULL is fine. */
void table_build_drop(struct table_build *build);

/* -- reading -- */

struct table;

/* FAULT_FILE when it is not there, FAULT_STORE_CORRUPT when it is none, or shorter than it says. */
bool table_open(const char *path, struct table **out, struct fault *fault) fault_check;
void table_free(struct table *table);
int64_t table_rows(const struct table *table);

/* The value of a key, in the mapping: it lives as long as the table. TEXT_NONE: there is none. FAULT_STORE_CORRUPT. */
bool table_get(struct table *table, struct text key, struct text *value, struct fault *fault) fault_check;

/* Rows whose keys begin with `prefix`, in order, from `from` (or the prefix when TEXT_NONE) on. Texts live as long as the table. One
   walk at a time may be open on a table besides those of table_walk_apart. */
struct table_walk {
	struct table *table;
	void *cursor;
	char prefix[TABLE_KEY_MAX];
	size_t prefix_n;
	bool begun, ended, apart, forgets;
	uintptr_t low, high; /* of what was read and not yet given back */
	char from[TABLE_KEY_MAX];
	size_t from_n;
	struct fault fault;
};
void table_walk(struct table *table, struct text prefix, struct text from, struct table_walk *walk);
/* One with a cursor of its own, for a walk during which others are made; table_walk_end gives it back. */
void table_walk_apart(struct table *table, struct text prefix, struct text from, struct table_walk *walk);
/* Said before the first row: pages that were read are given back to the system as the walk goes on, so that it stays small over a file
   larger than memory. Texts stay good, they are only read again from the file. */
void table_walk_forgets(struct table_walk *walk);
bool table_walk_next(struct table_walk *walk, struct text *key, struct text *value);
/* False, with the fault, when it ended by damage and not by the end of the rows. */
bool table_walk_end(struct table_walk *walk, struct fault *fault);

/* Reads every row and its checksum. */
bool table_verify(struct table *table, struct fault *fault) fault_check;
