/* SPDX-License-Identifier: Apache-2.0 */
/* Rows come out in the order of their keys, whether they fit into memory or not. */
#include "base/sort.h"
#include "test/case.h"
#include "test/scratch.h"

#include <dirent.h>
#include <string.h>

enum { MEMORY = 1 << 20 };

/* The key says the order it must have: number * 7919 mod rows, three of each; the value when it was added. */
static void sorted(int rows, size_t value_n)
{
	static char value[70000];
	struct scratch scratch SCRATCH;
	struct sort *sort = sort_new(scratch.at, MEMORY);
	struct text key, got;
	struct fault fault;
	char text[32];
	bool there;

	memset(value, 'v', sizeof(value));
	for (int i = 0; i < 3 * rows; i++) {
		snprintf(text, sizeof(text), "%07d", (int)((int64_t)i * 7919 % rows));
		memcpy(value, &i, sizeof(i));
		cr_assert(sort_add(sort, text_of(text), (struct text){ value, value_n }, &fault));
	}
	for (int i = 0; i < rows; i++) {
		int added[3];

		for (int k = 0; k < 3; k++) {
			cr_assert(sort_next(sort, &key, &got, &there, &fault));
			cr_assert(there);
			snprintf(text, sizeof(text), "%07d", i);
			cr_assert(text_is(key, text), "at %d", i);
			cr_assert_eq(got.n, value_n);
			memcpy(&added[k], got.at, sizeof(int));
		}
		cr_expect(added[0] < added[1] && added[1] < added[2], "equal keys stay in order");
	}
	cr_assert(sort_next(sort, &key, &got, &there, &fault));
	cr_expect_not(there);
	sort_free(sort);
}

CASE(sort, orders_what_fits_into_memory)
{
	sorted(997, 8);
}

CASE(sort, orders_many_times_what_fits_into_memory)
{
	sorted(20011, 100);
	sorted(61, 69999);
}

CASE(sort, nothing_is_nothing)
{
	struct sort *sort = sort_new("/nowhere", MEMORY);
	struct text key, value;
	struct fault fault;
	bool there;

	cr_assert(sort_next(sort, &key, &value, &there, &fault));
	cr_expect_not(there);
	sort_free(sort);
}

CASE(sort, a_directory_that_is_not_there_and_a_row_too_large_are_faults)
{
	static char much[MEMORY / 4];
	struct sort *sort = sort_new("/nowhere", MEMORY);
	bool ok = true;
	struct fault fault;

	cr_expect_not(sort_add(sort, text_lit("k"), (struct text){ much, sizeof(much) }, &fault));
	cr_expect_eq(fault.code, FAULT_TOO_LARGE);
	for (int i = 0; i < 20 && ok; i++)
		ok = sort_add(sort, text_lit("k"), (struct text){ much, sizeof(much) / 2 }, &fault);
	cr_expect_not(ok);
	cr_expect_eq(fault.code, FAULT_FILE);
	sort_free(sort);
}
