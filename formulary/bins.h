/* SPDX-License-Identifier: Apache-2.0 */
/* Which plan a BIN, PCN and group stand for, kept in memory: every request asks it before anything else. */
#pragma once

#include "base/table.h"
#include "formulary/records.h"

enum { BINS_MAX = 200000 }; /* lines; all of a national processor's groups are some ten thousands */

struct bins_entry {
	struct bin_line line;
	uint32_t list; /* number of the list that says so */
};

struct bins {
	struct arena arena;
	struct bins_entry *lines; /* in the order of their keys */
	size_t n;
};

/* Reads the BIN lines of a generation. FAULT_STORE_CORRUPT, FAULT_TOO_LARGE. */
bool bins_load(struct bins *bins, struct table *table, struct fault *fault) fault_check;
void bins_done(struct bins *bins);

/* The most specific line of a list that counts (by its number): with the group before any with the PCN only, and that before the BIN alone.
   NULL: none. */
const struct bin_line *bins_find(const struct bins *bins, const bool *counts, struct text bin, struct text pcn, struct text group);
