/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "test/case.h"

CASE(clock, formats_and_reads_back)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 1795339800123, "2026-11-22T09:30:00.123Z" },
		{ -2208988800000, "1900-01-01T00:00:00.000Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};
	struct arena arena;
	struct fault fault;

	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text made = clock_format(rows[i].ms, true, &arena);
		int64_t ms;

		cr_expect(text_is(made, rows[i].text), "row %zu: %.*s", i, TEXT_ARGS(made));
		cr_expect(clock_parse(made, &ms, &fault) && ms == rows[i].ms, "row %zu", i);
	}
	cr_expect(text_is(clock_format(1795339800123, false, &arena), "2026-11-22T09:30:00Z"));
	cr_expect(text_is(clock_format_date(1795339800123, &arena), "2026-11-22"));
	arena_done(&arena);
	arena_init(&arena, 4);
	cr_expect(!text_there(clock_format(0, false, &arena)));
	arena_done(&arena);
}

CASE(clock, every_day_of_four_centuries_comes_back)
{
	struct arena arena;
	struct fault fault;
	int64_t day = 86400000, ms;

	arena_init(&arena, 1 << 20);
	for (int64_t i = -80000; i < 80000; i += 7) {
		arena_reset(&arena);
		cr_assert(clock_parse(clock_format_date(i * day + 5, &arena), &ms, &fault));
		cr_assert_eq(ms, i * day);
	}
	arena_done(&arena);
}

CASE(clock, offsets_move_to_utc)
{
	struct fault fault;
	int64_t east, west, utc, bare;

	cr_assert(clock_parse(text_lit("2026-11-22T12:30:00+05:30"), &east, &fault));
	cr_assert(clock_parse(text_lit("2026-11-22T02:00:00-05:00"), &west, &fault));
	cr_assert(clock_parse(text_lit("2026-11-22T07:00:00.0009Z"), &utc, &fault));
	cr_assert(clock_parse(text_lit("2026-11-22T07:00:00"), &bare, &fault));
	cr_expect(east == utc && west == utc && bare == utc);
	cr_expect(!clock_parse(text_lit("2026-11-22T07:00"), &bare, &fault));
	cr_expect_eq(fault.code, FAULT_BAD_DATE);
	cr_expect(!clock_parse(TEXT_NONE, &bare, &fault));
}

CASE(clock, now_goes_forward)
{
	struct now first = clock_now(), second = clock_now();

	cr_expect(second.mono_ms >= first.mono_ms);
	cr_expect(first.wall_ms > 1700000000000); /* after 2023 */
}
