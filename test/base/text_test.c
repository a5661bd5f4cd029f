/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "test/case.h"

CASE(text, utf8_accepts_and_refuses)
{
	static const struct {
		const char *bytes;
		bool good;
	} rows[] = {
		{ "", true },
		{ "plain", true },
		{ "\xC3\xA9", true },
		{ "\xC0\x80", false },         /* overlong NUL */
		{ "\xE2\x82\xAC", true },
		{ "\xE0\x80\x80", false },     /* overlong */
		{ "\xED\xA0\x80", false },     /* surrogate */
		{ "\xF0\x9F\x92\x8A", true },
		{ "\xF4\x90\x80\x80", false }, /* above U+10FFFF */
		{ "\xC3", false },             /* cut short */
		{ "\x80", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(text_utf8(text_of(rows[i].bytes)), rows[i].good, "row %zu", i);
}

CASE(text, numbers_read_whole_or_not_at_all)
{
	int64_t n;

	cr_expect(text_to_int(text_lit("-9223372036854775808"), &n) && n == INT64_MIN);
	cr_expect(text_to_int(text_lit("9223372036854775807"), &n) && n == INT64_MAX);
	cr_expect(!text_to_int(text_lit("9223372036854775808"), &n));
	cr_expect(!text_to_int(text_lit(""), &n));
	cr_expect(!text_to_int(text_lit("-"), &n));
	cr_expect(!text_to_int(text_lit("1x"), &n));
}

CASE(text, cuts_and_trims)
{
	struct text rest = text_lit(" a |b||");

	cr_expect(text_is(text_trim(text_cut(&rest, '|')), "a"));
	cr_expect(text_is(text_cut(&rest, '|'), "b"));
	cr_expect(text_is(text_cut(&rest, '|'), ""));
	cr_expect(text_there(rest) && rest.n == 0);
	text_cut(&rest, '|');
	cr_expect(!text_there(rest));
	cr_expect(text_in_list(text_lit("BX"), "AB BX CD") && !text_in_list(text_lit("B"), "AB BX CD"));
	cr_expect_eq(text_characters(text_lit("a\xC3\xA9z")), 3);
}

CASE(text, what_is_not_there_is_read_as_empty)
{
	int64_t n;

	cr_expect(text_utf8(TEXT_NONE) && text_characters(TEXT_NONE) == 0 && text_hash(TEXT_NONE) == text_hash(text_lit("")));
	cr_expect(!text_there(text_trim(TEXT_NONE)) && text_equal(TEXT_NONE, text_lit("")) && !text_to_int(TEXT_NONE, &n));
}

CASE(text, every_code_point_is_written_as_it_is_read)
{
	char bytes[4];

	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		size_t n = text_put_utf8(bytes, c);
		bool surrogate = c >= 0xD800 && c < 0xE000;

		cr_assert_eq(n, c < 0x80 ? 1u : c < 0x800 ? 2u : c < 0x10000 ? 3u : 4u);
		cr_assert_eq(text_utf8((struct text){ bytes, n }), !surrogate, "U+%X", c);
		cr_assert_eq(text_characters((struct text){ bytes, n }), 1u);
	}
}

/* At every length and place where words of eight begin, overlap and end. */
CASE(text, one_byte_that_differs_is_seen)
{
	char a[40], b[40];

	for (size_t n = 0; n <= sizeof(a); n++) {
		memset(a, 'a', sizeof(a));
		memset(b, 'a', sizeof(b));
		cr_expect(text_same_bytes(a, b, n), "%zu", n);
		for (size_t i = 0; i < sizeof(b); i++) {
			b[i] = 'b';
			cr_expect_eq(text_same_bytes(a, b, n), i >= n, "%zu of %zu", i, n);
			b[i] = 'a';
		}
	}
}
