/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for what is being put together, which never seems to run out. */
#include "base/make.h"

#include <assert.h>

void make_init(struct make *make, struct arena *arena)
{
	*make = (struct make){ .arena = arena };
	arena_init(&make->spare, SIZE_MAX);
}

bool make_done(struct make *make)
{
	arena_done(&make->spare);
	return !make->failed;
}

void *make_bytes(struct make *make, size_t n)
{
	void *at = make->failed ? NULL : arena_alloc(make->arena, n);

	if (at)
		return at;
	make->failed = true;
	at = arena_alloc(&make->spare, n);
	assert(at); /* it has no limit */
	return at;
}

void *make_item(struct make *make, void **items, size_t *n, size_t size)
{
	void *at = make->failed ? NULL : arena_push(make->arena, items, n, size);

	if (at)
		return at;
	make->failed = true;
	at = arena_push(&make->spare, items, n, size);
	assert(at);
	return at;
}

struct text make_written(struct make *make, const struct buffer *buffer)
{
	make->failed |= buffer->failed;
	return buffer_text(buffer);
}

struct text make_text(struct make *make, struct text a, struct text b, struct text c)
{
	struct buffer buffer;

	buffer_init(&buffer, make->arena, a.n + b.n + c.n + 1);
	buffer_add(&buffer, a);
	buffer_add(&buffer, b);
	buffer_add(&buffer, c);
	return make_written(make, &buffer);
}
