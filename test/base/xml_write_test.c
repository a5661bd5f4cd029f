/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml.h"
#include "test/base/sample.h"
#include "test/case.h"

#include <string.h>

static struct arena arena;

static struct text written(const struct sample *s, const char *attributes)
{
	struct buffer out;

	buffer_init(&out, &arena, 0);
	xml_write(&sample_record, s, "Message", attributes, &out);
	return buffer_text(&out);
}

static bool same_again(const struct sample *s)
{
	struct xml_reader *reader = xml_reader_new();
	struct sample again = { 0 };
	struct fault fault;
	struct text root;
	struct text body = written(s, "");
	bool same = xml_read(reader, &sample_record, &again, body, &root, &arena, NULL, &fault) &&
		text_is(root, "Message") && record_equal(&sample_record, s, &again);

	xml_reader_free(reader);
	return same;
}

CASE(xml_write, follows_the_table)
{
	struct sample_part part = { .kind = text_lit("A"), .text = text_lit("EXAMPLE") };
	struct sample_part parts[] = { { .text = text_lit("one") }, { .note = text_lit("n") } };
	struct sample_either either = { .part = &part };
	struct text texts[] = { text_lit("x"), text_lit("y") };
	struct sample s = { .id = text_lit("1"), .decimal = text_lit("2.50"), .flag = 1, .count = -3, .either = &either,
		.parts = parts, .parts_n = 2, .texts = texts, .texts_n = 2, .raw = text_lit("<Raw><a>&amp;</a></Raw>") };

	arena_init(&arena, 1 << 20);
	cr_expect(text_is(written(&s, "Version=\"1\""),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<Message Version=\"1\"><ID>1</ID><Decimal>2.50</Decimal><Flag>true</Flag><Count>-3</Count>"
		"<Either><Part kind=\"A\">EXAMPLE</Part></Either><Part>one</Part><Part note=\"n\"/>"
		"<Text>x</Text><Text>y</Text><Raw><a>&amp;</a></Raw></Message>"),
		"%.*s", TEXT_ARGS(written(&s, "Version=\"1\"")));
	cr_expect(same_again(&s));
	s = (struct sample){ 0 };
	cr_expect(text_is(written(&s, ""),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Message><Count>0</Count></Message>"));
	s.count = INT64_MIN;
	cr_expect(text_is(written(&s, " a=\"b\""), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<Message a=\"b\"><Count>-9223372036854775808</Count></Message>"));
	arena_done(&arena);
}

/* Every ASCII character XML can carry, at every place in a word of eight bytes and beside multi-byte ones. */
CASE(xml_write, reading_gives_the_same_texts)
{
	char bytes[40];

	arena_init(&arena, 16 << 20);
	for (int c = 1; c < 0x80; c++) {
		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			continue;
		for (size_t at = 0; at < 17; at++) {
			struct sample_part part = { .note = { bytes, 20 }, .text = { bytes, 20 } };
			struct sample s = { .id = { bytes, 20 }, .parts = &part, .parts_n = 1 };

			memcpy(bytes, "|abcdefghijkl\xC3\xA9nopq|", 20);
			bytes[at == 12 || at == 13 ? 12 : at + 1] = (char)c;
			cr_expect(same_again(&s), "character %d at %zu", c, at);
		}
		arena_reset(&arena);
	}
	arena_done(&arena);
}

CASE(xml_write, what_xml_cannot_carry_is_replaced)
{
	struct sample s = { .id = text_lit("a\x01z"), .code = text_lit("\0") };

	arena_init(&arena, 1 << 20);
	cr_expect(text_is(written(&s, ""), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<Message><ID>a\xEF\xBF\xBDz</ID><Code>\xEF\xBF\xBD</Code><Count>0</Count></Message>"));
	cr_expect(!same_again(&s));
	arena_done(&arena);
}

CASE(xml_write, a_full_arena_shows_in_the_buffer)
{
	struct sample s = { .id = text_lit("EXAMPLE") };

	for (size_t room = 0; room < 512; room += 16) {
		struct buffer out;

		arena_init(&arena, room);
		buffer_init(&out, &arena, 0);
		xml_write(&sample_record, &s, "Message", "", &out);
		cr_expect_eq(text_there(buffer_text(&out)), room >= 256, "%zu", room);
		arena_done(&arena);
	}
}

CASE(xml_write, what_a_checked_record_holds_can_be_read_again)
{
	static const struct {
		const char *id;
		bool good;
	} rows[] = {
		{ "a\xEF\xBF\xBDz", true },
		{ "a\xEF\xBF\xBEz", false }, /* U+FFFE */
		{ "a\xEF\xBF\xBFz", false }, /* U+FFFF */
		{ "a\x7Fz", false },
		{ "a\tz", true },
		{ "a\x0Bz", false },
	};

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sample s = { .id = text_of(rows[i].id), .code = text_lit("AA") };
		struct fault fault = { 0 };

		cr_expect_eq(record_check(&sample_record, &s, &fault), rows[i].good, "row %zu", i);
		cr_expect(rows[i].good ? same_again(&s) : fault.code == FAULT_BAD_TEXT, "row %zu", i);
	}
	arena_done(&arena);
}
