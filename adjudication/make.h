/* SPDX-License-Identifier: Apache-2.0 */
/* Building an answer out of many small structs: running past the arena's limit is remembered and asked for once at the end. */
#pragma once

#include "base/arena.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct make {
	struct arena *arena;
	bool failed;            /* the limit was passed: what was built must not be used */
	max_align_t scrap[64];  /* what is written after that goes here; larger than any struct of a message */
};

static inline void *make_or_scrap(struct make *make, void *at, size_t size)
{
	if (at)
		return at;
	assert(size <= sizeof(make->scrap));
	make->failed = true;
	return memset(make->scrap, 0, sizeof(make->scrap));
}

/* A zeroed struct. Never NULL. */
#define make_new(make, type) ((type *)make_or_scrap((make), arena_alloc((make)->arena, sizeof(type)), sizeof(type)))
/* One more zeroed item of a growing list (member and member_n). Never NULL. */
#define make_item(make, list, list_n)                                                              \
	((__typeof__(list))make_or_scrap((make),                                                   \
		arena_push((make)->arena, (void **)&(list), &(list_n), sizeof(*(list))), sizeof(*(list))))

/* Cents as dollars: "12.05". */
struct text make_dollars(struct make *make, int64_t cents);
/* 1/10000 as a decimal without trailing zeros: "30", "2.5". */
struct text make_e4(struct make *make, int64_t e4);
/* A whole number. */
struct text make_number(struct make *make, int64_t number);
/* At most `characters` characters, cut between two of them; "..." says that something is missing. */
struct text make_cut(struct make *make, struct text t, size_t characters);
