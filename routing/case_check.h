/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a whole case store at rest and says where it contradicts itself. */
#pragma once

#include "routing/case_store.h"

enum { CASE_FINDINGS_MAX = 100 }; /* kept; more are counted */

struct case_finding {
	const char *rule;  /* "I3": as in the list at the top of case_check.c */
	const char *what;  /* a sentence */
	struct text about; /* case id or key; for an operator's terminal, never for a log */
};

struct case_report {
	size_t cases, replies, rows, items, entries;
	size_t final;                    /* cases that are decided or closed */
	struct case_finding *findings;   /* in the arena */
	size_t findings_n;               /* kept */
	size_t findings_all;             /* 0: the store is sound */
};

/* Walks everything. False when the store cannot be read at all; a store that reads but is wrong gives findings. The store must
   have no open batch. */
bool case_check(struct store *store, struct arena *arena, struct case_report *report, struct fault *fault) fault_check;
