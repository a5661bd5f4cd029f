/* SPDX-License-Identifier: Apache-2.0 */
/* Putting a message together out of many small structs in an arena. Running out of it is remembered and asked once at the end: what
   no longer fits goes into a spare arena, which make_done throws away, so that whoever builds may always write to what was
   given. Who builds sees to it that a message has an end: the spare arena has none. */
#pragma once

#include "base/buffer.h"

struct make {
	struct arena *arena;
	struct arena spare;
	bool failed; /* something did not fit: what was made must not be used */
};

void make_init(struct make *make, struct arena *arena);
/* False when something did not fit. Nothing of what was made may be looked at then. */
bool make_done(struct make *make);

/* Zeroed memory, never NULL. */
void *make_bytes(struct make *make, size_t n);
#define make_new(make, type) ((type *)make_bytes((make), sizeof(type)))
/* One more zeroed item of a LIST member (member and member_n), never NULL. Items may move. */
void *make_item(struct make *make, void **items, size_t *n, size_t size);
#define make_push(make, items, n) ((__typeof__(*(items)) *)make_item((make), (void **)&(items), &(n), sizeof(*(items))))

/* What a buffer over the same arena holds; TEXT_NONE, and remembered, when it did not fit. */
struct text make_written(struct make *make, const struct buffer *buffer);
/* The parts put together, TEXT_NONE parts left out. */
struct text make_text(struct make *make, struct text a, struct text b, struct text c);
