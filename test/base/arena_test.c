/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "test/case.h"

CASE(arena, refuses_past_its_limit_and_only_then)
{
	struct arena arena;

	arena_init(&arena, 1024);
	cr_expect(arena_alloc(&arena, 1000) != NULL);
	cr_expect(arena_alloc(&arena, 1000) == NULL);
	arena_reset(&arena);
	cr_expect(arena_alloc(&arena, 1000) != NULL);
	arena_done(&arena);
}

CASE(arena, memory_is_zero_again_after_a_reset)
{
	struct arena arena;
	char *at;

	arena_init(&arena, 1 << 20);
	at = arena_alloc(&arena, 64);
	at[5] = 'x';
	arena_reset(&arena);
	at = arena_alloc(&arena, 64);
	cr_expect_eq(at[5], 0);
	arena_done(&arena);
}

CASE(arena, pushes_keep_what_was_there)
{
	struct arena arena;
	int *items = NULL;
	size_t n = 0;

	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 1000; i++) {
		int *item = arena_push(&arena, (void **)&items, &n, sizeof(*items));

		cr_assert(item && *item == 0);
		*item = i;
	}
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(items[i], i);
	arena_done(&arena);
}

CASE(buffer, grows_and_remembers_failure)
{
	struct arena arena;
	struct buffer buffer;

	arena_init(&arena, 4096);
	buffer_init(&buffer, &arena, 0);
	buffer_add_int(&buffer, INT64_MIN);
	buffer_format(&buffer, "/%s", "x");
	cr_expect(text_is(buffer_text(&buffer), "-9223372036854775808/x"));
	for (int i = 0; i < 100; i++)
		buffer_add(&buffer, text_lit("0123456789012345678901234567890123456789012345678901234567890123"));
	cr_expect(buffer.failed && !text_there(buffer_text(&buffer)));
	arena_done(&arena);
}
