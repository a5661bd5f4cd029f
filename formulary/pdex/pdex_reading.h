/* SPDX-License-Identifier: Apache-2.0 */
/* What pdex_view.c and pdex_walk.c share. */
#pragma once

#include "formulary/pdex/pdex_view.h"
#include "formulary/reading.h"

struct pdex_view {
	const struct reading *reading;
	int number;
	char day[9];
	int64_t loaded_ms;
	struct arena arena;
	struct pdex_formulary_of *formularies; /* by owner and rules */
	size_t n, room;
};

/* All rows of an owner. */
void pdex_reading_prefix(uint32_t owner, struct formulary_key *key);
/* The next row whose list counts. */
bool pdex_reading_next(const struct reading *reading, struct table_walk *walk, struct text *key, struct text *value);
