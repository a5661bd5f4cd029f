/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a builder, shared by builder.c, describe.c and merge.c only. */
#pragma once

#include "base/sort.h"
#include "base/table.h"
#include "formulary/builder.h"
#include "formulary/generation.h"

enum {
	MERGE_HEAD = 9, /* bytes before a packed row on its way: A or D, and its line */
	DESCRIBED_SLOTS = 1 << 16, /* descriptions that are known to have been put before; half a MiB */
};

/* What is to become of a list, by number. */
struct list_plan {
	bool brought; /* the load has it */
	bool fresh;   /* it was not there before */
	bool full, refused, removed, kept;
	struct text header; /* packed, as the load has it */
	int64_t rows;       /* in the new generation */
};

struct builder {
	struct generation generation;
	struct table *previous; /* NULL: this is the first generation */
	struct index index;
	struct formulary_source source;
	enum builder_action action;
	bool whole;
	char day[9]; /* CCYYMMDD of today */
	struct sort *sort;
	struct arena arena; /* of one row */
	struct list_plan *plans;
	size_t plans_n;
	int64_t rows;
	uint64_t *described; /* hashes, DESCRIBED_SLOTS; NULL: nothing was described */
};

/* Opens the generation in use, if there is one, and begins the next. */
bool merge_begin(struct builder *builder, const char *directory, struct fault *fault) fault_check;
