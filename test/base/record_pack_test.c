/* SPDX-License-Identifier: Apache-2.0 */
#include "test/base/sample.h"
#include "test/case.h"

#include <msgpack.h>
#include <string.h>

/* The table of one row fewer and of one row more than `sample` has: an older and a newer program. */
static struct record with_rows(size_t n)
{
	struct record other = sample_record;

	other.n = n;
	return other;
}

static void fill(struct sample *s, struct sample_part parts[2], struct text texts[2], struct sample *inner)
{
	parts[0] = (struct sample_part){ .kind = text_lit("A"), .text = text_lit("one") };
	parts[1] = (struct sample_part){ .note = text_lit("a\0b") };
	texts[0] = text_lit("\xC3\xA9");
	texts[1] = text_lit("<&>\"'\r\n\t");
	*inner = (struct sample){ .id = text_lit("inner"), .extra = 1000000000000 };
	*s = (struct sample){ .id = text_lit("7"), .code = text_lit("AA"), .flag = 1, .count = -3, .parts = parts,
		.parts_n = 2, .texts = texts, .texts_n = 2, .self = inner, .raw = text_lit("<x/>"), .long_text = text_lit("last") };
}

CASE(pack, comes_back_equal_and_without_copies)
{
	struct arena arena;
	struct buffer out;
	struct fault fault;
	struct sample s, back, inner;
	struct sample_part parts[2];
	struct text texts[2], bytes;

	arena_init(&arena, 1 << 20);
	fill(&s, parts, texts, &inner);
	buffer_init(&out, &arena, 0);
	record_pack(&sample_record, &s, &out);
	bytes = buffer_text(&out);
	cr_assert(record_unpack(&sample_record, &back, &arena, bytes, &fault));
	cr_expect(record_equal(&sample_record, &s, &back));
	cr_expect(back.long_text.at > bytes.at && back.long_text.at < bytes.at + bytes.n);
	cr_expect(back.parts[1].note.n == 3, "a NUL inside does not cut a text short");
	cr_expect(!text_there(back.digits));
	arena_done(&arena);
}

CASE(pack, an_unpacked_list_can_grow)
{
	struct arena arena;
	struct buffer out;
	struct fault fault;
	struct sample s, back, inner;
	struct sample_part parts[2];
	struct text texts[2];

	arena_init(&arena, 1 << 20);
	fill(&s, parts, texts, &inner);
	buffer_init(&out, &arena, 0);
	record_pack(&sample_record, &s, &out);
	cr_assert(record_unpack(&sample_record, &back, &arena, buffer_text(&out), &fault));
	for (int i = 0; i < 20; i++) { /* AddressSanitizer sees an overrun here */
		struct sample_part *part = arena_push(&arena, (void **)&back.parts, &back.parts_n, sizeof(*part));

		part->text = text_lit("more");
	}
	cr_expect(text_is(back.parts[0].text, "one") && text_is(back.parts[21].text, "more"));
	arena_done(&arena);
}

CASE(pack, older_and_newer_tables_understand_each_other)
{
	struct arena arena;
	struct buffer out;
	struct fault fault;
	struct sample s, back, inner;
	struct sample_part parts[2];
	struct text texts[2];

	arena_init(&arena, 1 << 20);
	fill(&s, parts, texts, &inner);
	for (size_t n = 1; n <= sample_record.n; n++) {
		struct record other = with_rows(n);

		buffer_init(&out, &arena, 0);
		record_pack(&sample_record, &s, &out);
		cr_expect(record_unpack(&other, &back, &arena, buffer_text(&out), &fault), "an older reader of %zu rows", n);
		cr_expect(record_equal(&other, &s, &back) && (n == sample_record.n || !text_there(back.long_text)));
		buffer_init(&out, &arena, 0);
		record_pack(&other, &s, &out);
		cr_expect(record_unpack(&sample_record, &back, &arena, buffer_text(&out), &fault), "a newer reader, %zu", n);
		cr_expect(record_equal(&other, &s, &back));
	}
	arena_done(&arena);
}

CASE(pack, damaged_bytes_are_refused)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
#define BYTES(literal) { literal, sizeof(literal) - 1 }
		BYTES(""),
		BYTES("\xC0"),                         /* not an array */
		BYTES("\x91"),                         /* array of one without it */
		BYTES("\xDD\xFF\xFF\xFF\xFF"),         /* four thousand million rows, says it */
		BYTES("\x91\xDB\xFF\xFF\xFF\xFF" "a"), /* a text longer than the bytes */
		BYTES("\x91\xA2" "a"),
		BYTES("\x91\x01"),                     /* a number where a text belongs */
		BYTES("\x91\xA1" "a" "\xC0"),          /* something behind the record */
		BYTES("\x91\xC1"),                     /* the byte that msgpack never uses */
		BYTES("\x97\xC0\xC0\xC0\xC0\xC0\xC0\xA1" "a"), /* a text where a flag belongs */
		BYTES("\x97\xC0\xC0\xC0\xC0\xC0\xC0\xCF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), /* a flag above INT64_MAX */
		BYTES("\x9B\xC0\xC0\xC0\xC0\xC0\xC0\xC0\xC0\xC0\xC0\xDD\x00\xFF\xFF\xFF\xC0"), /* a list of 16 million */
		BYTES("\x9B\xC0\xC0\xC0\xC0\xC0\xC0\xC0\xC0\xC0\xC0\x91\xA1" "a"), /* a list of texts where of records */
	};
	struct arena arena;
	struct fault fault;
	struct sample back;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fault = (struct fault){ 0 };
		cr_expect(!record_unpack(&sample_record, &back, &arena, (struct text){ rows[i].bytes, rows[i].n }, &fault),
			"row %zu", i);
		cr_expect_eq(fault.code, FAULT_INTERNAL, "row %zu", i);
	}
	cr_expect(!record_unpack(&sample_record, &back, &arena, TEXT_NONE, &fault) && fault.code == FAULT_INTERNAL);
	cr_expect(record_unpack(&sample_record, &back, &arena, text_lit("\x90"), &fault), "no row at all is a very old table");
	cr_expect(record_unpack(&sample_record, &back, &arena,
		text_lit("\x97\xC0\xC0\xC0\xC0\xC0\xC0\xCF\x00\x00\x00\x00\x00\x00\x00\x01"), &fault) && back.flag == 1);
	arena_done(&arena);
}

CASE(pack, cut_short_anywhere_is_refused)
{
	struct arena arena;
	struct buffer out;
	struct fault fault;
	struct sample s, back, inner;
	struct sample_part parts[2];
	struct text texts[2], bytes;

	arena_init(&arena, 1 << 22);
	fill(&s, parts, texts, &inner);
	buffer_init(&out, &arena, 0);
	record_pack(&sample_record, &s, &out);
	bytes = buffer_text(&out);
	for (size_t n = 0; n < bytes.n; n++)
		cr_expect(!record_unpack(&sample_record, &back, &arena, (struct text){ bytes.at, n }, &fault), "%zu", n);
	arena_done(&arena);
}

CASE(pack, nests_only_so_deep)
{
	struct arena arena;
	struct buffer out;
	struct fault fault;
	struct sample back;

	arena_init(&arena, 1 << 24);
	buffer_init(&out, &arena, 0);
	for (int i = 0; i < 100000; i++) { /* rows up to "Self", then the next level */
		buffer_lit(&out, "\x9F");
		for (int row = 0; row < 14; row++)
			buffer_lit(&out, "\xC0");
	}
	cr_expect(!record_unpack(&sample_record, &back, &arena, buffer_text(&out), &fault));
	cr_expect_eq(fault.code, FAULT_INTERNAL);
	buffer_init(&out, &arena, 0);
	buffer_lit(&out, "\xDC\x00\x11");
	for (int row = 0; row < 16; row++)
		buffer_lit(&out, "\xC0");
	for (int i = 0; i < 100000; i++) /* a row this table does not know, nesting without end */
		buffer_lit(&out, "\x91");
	buffer_lit(&out, "\xC0");
	cr_expect(record_unpack(&sample_record, &back, &arena, buffer_text(&out), &fault), "passed over without recursion");
	arena_done(&arena);
}

/* msgpack-c must find in our bytes what we meant, and every form it can write in a row unknown here is passed over. */
CASE(pack, agrees_with_msgpack_c)
{
	struct arena arena;
	struct buffer out;
	struct fault fault;
	struct sample s, back, inner;
	struct sample_part parts[2];
	struct text texts[2];
	msgpack_unpacked tree;
	msgpack_sbuffer bytes;
	msgpack_packer packer;

	arena_init(&arena, 1 << 20);
	fill(&s, parts, texts, &inner);
	buffer_init(&out, &arena, 0);
	record_pack(&sample_record, &s, &out);
	msgpack_unpacked_init(&tree);
	cr_assert_eq(msgpack_unpack_next(&tree, buffer_text(&out).at, buffer_text(&out).n, NULL), MSGPACK_UNPACK_SUCCESS);
	cr_assert(tree.data.type == MSGPACK_OBJECT_ARRAY && tree.data.via.array.size == sample_record.n);
	cr_expect(tree.data.via.array.ptr[7].via.i64 == -3);
	cr_expect(tree.data.via.array.ptr[10].via.array.size == 2);
	msgpack_unpacked_destroy(&tree);

	msgpack_sbuffer_init(&bytes);
	msgpack_packer_init(&packer, &bytes, msgpack_sbuffer_write);
	msgpack_pack_array(&packer, sample_record.n + 9);
	for (size_t i = 0; i < sample_record.n; i++)
		msgpack_pack_nil(&packer);
	msgpack_pack_double(&packer, 1.5);
	msgpack_pack_float(&packer, 1.5f);
	msgpack_pack_true(&packer);
	msgpack_pack_map(&packer, 1);
	msgpack_pack_int(&packer, 70000);
	msgpack_pack_array(&packer, 0);
	msgpack_pack_bin(&packer, 3);
	msgpack_pack_bin_body(&packer, "abc", 3);
	msgpack_pack_ext(&packer, 8, 1);
	msgpack_pack_ext_body(&packer, "12345678", 8);
	msgpack_pack_ext(&packer, 5, 1);
	msgpack_pack_ext_body(&packer, "12345", 5);
	msgpack_pack_uint64(&packer, UINT64_MAX);
	msgpack_pack_int64(&packer, INT64_MIN);
	cr_expect(record_unpack(&sample_record, &back, &arena, (struct text){ bytes.data, bytes.size }, &fault));
	msgpack_sbuffer_destroy(&bytes);
	arena_done(&arena);
}

CASE(pack, every_size_of_number_and_text_comes_back)
{
	static const int64_t numbers[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, INT64_MAX, -1, -32, -33,
		-128, -129, -32768, -32769, -2147483648LL, -2147483649LL, INT64_MIN };
	static const size_t lengths[] = { 0, 1, 31, 32, 255, 256, 65535, 65536 };
	struct arena arena;
	struct buffer out;
	struct fault fault;
	struct sample back;

	arena_init(&arena, 1 << 22);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sample s = { .extra = numbers[i] };

		buffer_init(&out, &arena, 0);
		record_pack(&sample_record, &s, &out);
		cr_expect(record_unpack(&sample_record, &back, &arena, buffer_text(&out), &fault) && back.extra == numbers[i]);
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *at = arena_alloc(&arena, lengths[i] + 1);
		struct sample s = { .long_text = { at, lengths[i] } };

		memset(at, 'x', lengths[i]);
		buffer_init(&out, &arena, 0);
		record_pack(&sample_record, &s, &out);
		cr_expect(record_unpack(&sample_record, &back, &arena, buffer_text(&out), &fault));
		cr_expect(text_there(back.long_text) && text_equal(back.long_text, s.long_text));
	}
	arena_done(&arena);
}
