/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a request: what is taken, and what is refused for one reason. */
#include "base/query.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>

static bool reading(struct arena *arena, const char *query, struct query *out, struct fault *fault)
{
	arena_init(arena, 1 << 20);
	return query_read(text_of(query), arena, out, fault);
}

CASE(query, good_ones_are_read_in_order)
{
	static const struct {
		const char *query;
		size_t n;
		const char *name, *value; /* of the last */
	} rows[] = {
		{ "", 0, "", "" },
		{ "a=1", 1, "a", "1" },
		{ "a=1&b=2", 2, "b", "2" },
		{ "a=1&a=2", 2, "a", "2" },
		{ "a", 1, "a", "" },
		{ "a=", 1, "a", "" },
		{ "a==", 1, "a", "=" },
		{ "q=metformin+500", 1, "q", "metformin 500" },
		{ "q=metformin%20500", 1, "q", "metformin 500" },
		{ "q=1%2B1", 1, "q", "1+1" },
		{ "q=a%26b%3Dc", 1, "q", "a&b=c" },
		{ "%71=x", 1, "q", "x" },
		{ "q=%c3%A9", 1, "q", "\303\251" },
		{ "q=a/b?c", 1, "q", "a/b?c" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena arena;
		struct query query;
		struct fault fault = { 0 };

		cr_assert(reading(&arena, rows[i].query, &query, &fault), "%s", rows[i].query);
		cr_assert_eq(query.n, rows[i].n, "%s", rows[i].query);
		if (query.n)
			cr_expect(text_is(query.parts[query.n - 1].name, rows[i].name) &&
					  text_is(query.parts[query.n - 1].value, rows[i].value),
				"%s", rows[i].query);
		arena_done(&arena);
	}
}

CASE(query, bad_ones_are_refused)
{
	static const char *const rows[] = { "a=%", "a=%4", "a=%4g", "a=%g4", "a=%%41", "%=1", "a=%00", "a=%0a", "a=%7f", "a=%c3", "a=%ff",
		"a=%c0%80", "=1", "&a=1", "a=1&", "a=1&&b=2" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena arena;
		struct query query;
		struct fault fault = { 0 };

		cr_expect(!reading(&arena, rows[i], &query, &fault) && fault.code == FAULT_HTTP, "%s", rows[i]);
		arena_done(&arena);
	}
}

CASE(query, there_is_an_end_to_it)
{
	char many[QUERY_PARTS_MAX * 2 + 3] = "";
	struct arena arena;
	struct query query;
	struct fault fault = { 0 };

	for (int i = 0; i < QUERY_PARTS_MAX; i++)
		snprintf(many + strlen(many), 3, "%sa", i ? "&" : "");
	cr_expect(reading(&arena, many, &query, &fault) && query_count(&query, "a") == QUERY_PARTS_MAX);
	arena_done(&arena);
	strcat(many, "&a");
	cr_expect(!reading(&arena, many, &query, &fault) && fault.code == FAULT_TOO_DEEP);
	arena_done(&arena);
	arena_init(&arena, 8);
	cr_expect(!query_read(text_lit("a=1&b=2"), &arena, &query, &fault) && fault.code == FAULT_TOO_LARGE);
	arena_done(&arena);
}

CASE(query, a_segment_keeps_its_plus_and_its_slash)
{
	struct arena arena;
	struct text out;
	struct fault fault = { 0 };

	arena_init(&arena, 1 << 20);
	cr_expect(query_segment(text_lit("a+b%2Fc%20d"), &arena, &out, &fault) && text_is(out, "a+b/c d"));
	cr_expect(!query_segment(text_lit("a%2"), &arena, &out, &fault) && fault.code == FAULT_HTTP);
	arena_done(&arena);
}

CASE(query, the_first_of_a_name_is_found)
{
	struct arena arena;
	struct query query;
	struct fault fault = { 0 };

	cr_assert(reading(&arena, "a=1&b=2&a=3", &query, &fault));
	cr_expect(text_is(query_of(&query, "a"), "1") && query_count(&query, "a") == 2);
	cr_expect(!text_there(query_of(&query, "c")) && query_count(&query, "c") == 0);
	arena_done(&arena);
}
