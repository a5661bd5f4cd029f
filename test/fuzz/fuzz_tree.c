/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a tree of JSON, and any path through it: never a crash, and what is written reads and writes the same. The first line is the path. */
#include "gateway/selftest/tree.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct text written(const struct tree *tree, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 0);
	tree_write(tree, &out);
	return buffer_text(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct text rest = { (const char *)data, n }, path = text_cut(&rest, '\n'), first;
	struct tree *tree, *again;
	struct tree_set found;
	struct arena arena;
	struct buffer where;

	arena_init(&arena, 64 << 20);
	tree = text_there(rest) ? tree_read(rest, &arena) : NULL;
	if (tree) {
		first = written(tree, &arena);
		again = tree_read(first, &arena);
		if (text_there(first) && (!again || !text_equal(first, written(again, &arena))))
			abort();
		buffer_init(&where, &arena, 0);
		if (tree_find(tree, path, &arena, &found))
			for (size_t i = 0; i < found.n && i < 8; i++)
				tree_where(found.at[i], &where);
		if (again) {
			tree_put(again, path, tree, &arena);
			tree_drop(again, path, &arena);
			written(again, &arena);
		}
	}
	arena_done(&arena);
	return 0;
}
