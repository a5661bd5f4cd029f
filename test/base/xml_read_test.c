/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml.h"
#include "test/base/sample.h"
#include "test/case.h"
#include "test/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct xml_reader *reader;
static struct arena arena;
static struct fault fault;
static struct text root;
static struct xml_notes notes;

static void begin(void)
{
	reader = xml_reader_new();
	arena_init(&arena, 8 << 20);
}

static void end(void)
{
	xml_reader_free(reader);
	arena_done(&arena);
}

static bool read_z(const char *body, struct sample *out)
{
	memset(out, 0, sizeof(*out));
	memset(&fault, 0, sizeof(fault));
	return xml_read(reader, &sample_record, out, text_of(body), &root, &arena, &notes, &fault);
}

static bool inside(struct text t, const char *body)
{
	return t.at >= body && t.at + t.n <= body + strlen(body);
}

static const char whole[] =
	"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<!-- a sample --><m:Message xmlns:m=\"urn:m\" xmlns:xsi=\"urn:x\" xsi:schemaLocation=\"a b\">\r\n"
	"  <m:ID> TEST-1\n</m:ID><Code>AA</Code><Amount>-1.5</Amount><Flag>true</Flag><Count>3</Count>\r\n"
	"  <Either><Part kind='A' note=\"a&amp;&#38;#38;&lt;b\">EXAMPLE</Part></Either>\r\n"
	"  <Part kind=\"B\">one</Part><Part>two</Part>\r\n"
	"  <Text>t&lt;1</Text><Text>caf\xC3\xA9</Text><K>X</K><Codes>Y</Codes>\r\n"
	"  <Raw a='>'><b>&amp;<Raw/></b><!-- kept --></Raw>\r\n"
	"  <Self><ID>inner</ID></Self><Long>line\r\nbreak<!-- gone -->after</Long>\r\n"
	"</m:Message>";

CASE(xml_read, fills_every_kind)
{
	struct sample s;

	begin();
	cr_assert(read_z(whole, &s), "%s at %s", fault_row(fault.code)->name, fault.path);
	cr_expect(text_is(root, "Message"));
	cr_expect_eq(notes.unknown, 0);
	cr_expect(text_is(s.id, "TEST-1") && inside(s.id, whole));
	cr_expect(text_is(s.code, "AA") && text_is(s.decimal, "-1.5") && s.flag == 1 && s.count == 3);
	cr_assert(s.either && s.either->part);
	cr_expect(text_is(s.either->part->kind, "A") && inside(s.either->part->kind, whole));
	cr_expect(text_is(s.either->part->note, "a&&#38;<b"));
	cr_expect(text_is(s.either->part->text, "EXAMPLE") && inside(s.either->part->text, whole));
	cr_assert_eq(s.parts_n, 2);
	cr_expect(text_is(s.parts[0].kind, "B") && text_is(s.parts[0].text, "one") && text_is(s.parts[1].text, "two"));
	cr_assert_eq(s.texts_n, 2);
	cr_expect(text_is(s.texts[0], "t<1") && text_is(s.texts[1], "caf\xC3\xA9"));
	cr_assert_eq(s.codes_n, 2);
	cr_expect(text_is(s.raw, "<Raw a='>'><b>&amp;<Raw/></b><!-- kept --></Raw>") && inside(s.raw, whole));
	cr_expect(s.self && text_is(s.self->id, "inner"));
	cr_expect(text_is(s.long_text, "line\nbreakafter"));
	end();
}

CASE(xml_read, cut_anywhere_it_neither_succeeds_nor_crashes)
{
	struct sample s;
	char *cut;

	begin();
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		cut = malloc(n + 1); /* exactly as long, so that a sanitizer sees a byte too far */
		memcpy(cut, whole, n);
		memset(&s, 0, sizeof(s));
		cr_expect(!xml_read(reader, &sample_record, &s, (struct text){ cut, n }, &root, &arena, NULL, &fault),
			"cut at %zu", n);
		cr_expect(fault.code == FAULT_NOT_XML || fault.code == FAULT_XML_FORBIDDEN, "cut at %zu", n);
		free(cut);
		arena_reset(&arena);
	}
	cr_expect(read_z(whole, &s), "the same reader still reads the whole");
	end();
}

CASE(xml_read, texts_far_into_a_long_body_are_still_slices)
{
	struct buffer body;
	struct sample s;
	struct text all;

	begin();
	buffer_init(&body, &arena, 0);
	buffer_lit(&body, "<Message>");
	for (int i = 0; i < 3000; i++)
		buffer_format(&body, "<Codes c='%d'>value %d</Codes>\n", i, i);
	buffer_lit(&body, "<Raw>last</Raw><Long>the end</Long></Message>");
	all = buffer_text(&body);
	memset(&s, 0, sizeof(s));
	cr_assert(xml_read(reader, &sample_record, &s, all, &root, &arena, &notes, &fault));
	cr_assert_eq(s.codes_n, 3000);
	for (int i = 0; i < 3000; i++) {
		char expected[24];

		snprintf(expected, sizeof(expected), "value %d", i);
		cr_expect(text_is(s.codes[i], expected));
		cr_expect(s.codes[i].at >= all.at && s.codes[i].at < all.at + all.n);
	}
	cr_expect(text_is(s.raw, "<Raw>last</Raw>") && text_is(s.long_text, "the end"));
	cr_expect(s.long_text.at > all.at && s.long_text.at < all.at + all.n);
	end();
}

CASE(xml_read, what_is_not_in_the_tables_is_passed_over_and_counted)
{
	static const struct {
		const char *body;
		size_t unknown;
		const char *at;
	} rows[] = {
		{ "<M><ID>1</ID></M>", 0, "" },
		{ "<M><ID>1</ID><New><ID>2</ID>text</New></M>", 1, "" },
		{ "<M a='1'><ID>1</ID></M>", 1, "" },
		{ "<M xml:lang='en' xmlns='urn:x'><ID>1</ID></M>", 0, "" },
		{ "<M>text<ID>1</ID></M>", 1, "" },
		{ "<M><ID>1</ID><Either>text<Name>n</Name>text</Either></M>", 2, "Either" },
		{ "<M><ID a='1'>1</ID></M>", 1, "ID" },
		{ "<M><ID>1<b>2</b></ID></M>", 1, "ID" },
		{ "<p:M xmlns:p='urn:x'><p:ID>1</p:ID></p:M>", 0, "" },
		{ "<p:M><p:ID>1</p:ID></p:M>", 0, "" }, /* prefix never declared */
	};
	struct sample s;

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert(read_z(rows[i].body, &s), "row %zu: %s", i, fault_row(fault.code)->name);
		cr_expect(text_is(s.id, "1"), "row %zu", i);
		cr_expect_eq(notes.unknown, rows[i].unknown, "row %zu: %zu", i, notes.unknown);
		cr_expect_str_eq(notes.unknown_at, rows[i].at, "row %zu: %s", i, notes.unknown_at);
	}
	end();
}

/* White space between elements is nothing, however long; one other character in it, wherever it stands, is text. */
CASE(xml_read, a_character_among_white_space_is_seen)
{
	char body[64];
	struct sample s;

	begin();
	for (int n = 0; n <= 24; n++)
		for (int i = -1; i < n; i++) {
			snprintf(body, sizeof(body), "<M>%*s<ID>1</ID></M>", n, "");
			if (n > 1)
				memcpy(body + 3, "\n\t", 2);
			if (i >= 0)
				body[3 + i] = '!';
			cr_assert(read_z(body, &s), "%d of %d", i, n);
			cr_expect_eq(notes.unknown, i >= 0, "%d of %d: %zu", i, n, notes.unknown);
		}
	end();
}

CASE(xml_read, refusals_say_what_and_where)
{
	static const struct {
		const char *body;
		enum fault_code code;
		const char *path;
	} rows[] = {
		{ "<M><Either><Part>1</Prat></Either></M>", FAULT_NOT_XML, "Either/Part" },
		{ "<M><ID>1</ID><ID>2</ID></M>", FAULT_REPEATED, "ID" },
		{ "<M><Part>1</Part><Part>2</Part><Part>3</Part><Part>4</Part></M>", FAULT_REPEATED, "Part" },
		{ "<M><Self><Count>many</Count></Self></M>", FAULT_BAD_NUMBER, "Self/Count" },
		{ "<M><Part kind='A' kind='B'>1</Part></M>", FAULT_NOT_XML, "" },
		{ "<M><ID>]]></ID></M>", FAULT_NOT_XML, "ID" },
		{ "<M><ID><![CDATA[1]]></ID></M>", FAULT_XML_FORBIDDEN, "" },
		{ "<!DOCTYPE M SYSTEM 'file:///etc/passwd'><M/>", FAULT_XML_FORBIDDEN, "" },
		{ "", FAULT_NOT_XML, "" },
	};
	struct sample s;

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert(!read_z(rows[i].body, &s), "row %zu", i);
		cr_expect_eq(fault.code, rows[i].code, "row %zu: %s", i, fault_row(fault.code)->name);
		cr_expect_str_eq(fault.path, rows[i].path, "row %zu: %s", i, fault.path);
	}
	cr_assert(!read_z("<M><ID>kept</ID><Code>AA</Code><Count>many</Count></M>", &s));
	cr_expect(text_is(s.id, "kept") && text_is(s.code, "AA"), "what came before the fault stays for the answer");
	end();
}

CASE(xml_read, an_arena_that_is_full_is_a_large_message)
{
	struct arena small;
	struct sample s;
	size_t room = 0;
	bool done = false;

	begin();
	for (; !done && room < 4096; room += 16) { /* every allocation fails once */
		arena_init(&small, room);
		memset(&s, 0, sizeof(s));
		done = xml_read(reader, &sample_record, &s, text_of(whole), &root, &small, &notes, &fault);
		if (!done)
			cr_expect_eq(fault.code, FAULT_TOO_LARGE, "%s with %zu bytes", fault_row(fault.code)->name, room);
		arena_done(&small);
	}
	cr_expect(done && room > 300);
	end();
}

static char *repeated(const char *before, const char *unit, size_t n, const char *after)
{
	size_t length = strlen(unit);
	char *all = malloc(strlen(before) + n * length + strlen(after) + 1), *to = stpcpy(all, before);

	for (size_t i = 0; i < n; i++)
		to = stpcpy(to, unit);
	stpcpy(to, after);
	return all;
}

CASE(xml_read, attacks_end_cheaply)
{
	static const struct {
		const char *name, *before, *unit, *after;
		size_t n;
		enum fault_code code; /* NONE: it may be read, and that must not take long */
	} rows[] = {
		{ "32,000 attributes", "<M", " b=\"c\"", "/>", 32000, FAULT_TOO_DEEP },
		{ "depth 5,000", "<M>", "<a>", "", 5000, FAULT_TOO_DEEP },
		{ "undeclared prefixes", "<M>", "<x:a y:b='' z:c=''/>", "</M>", 19000, FAULT_NOT_XML },
		{ "odd namespaces", "<M>", "<a xmlns='b c'/>", "</M>", 19000, FAULT_NOT_XML },
		{ "attributes in all", "<M>",
			"<a b='' c='' d='' e='' f='' g='' h='' i='' j='' k='' l='' m='' n='' o='' p='' q='' r='' s=''/>",
			"</M>", 11000, FAULT_NONE },
		{ "references", "<M><Long>", "&amp;", "</Long></M>", 200000, FAULT_NONE },
		{ "lines", "<M><Long>", "\r\n", "x</Long></M>", 500000, FAULT_NONE },
		{ "pieces", "<M><Long>", "<!---->x", "</Long></M>", 120000, FAULT_NONE },
		{ "wide characters", "<M><Long>", "\xC3\xA9", "</Long></M>", 500000, FAULT_NONE },
		{ "unknown elements", "<M>", "<New/>", "</M>", 19000, FAULT_NONE },
	};
	struct sample s;

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *body = repeated(rows[i].before, rows[i].unit, rows[i].n, rows[i].after);
		double begun = cpu_ms();
		bool good = read_z(body, &s);

		cr_expect_eq(good ? FAULT_NONE : fault.code, rows[i].code, "%s: %s", rows[i].name,
			fault_row(fault.code)->name);
		cr_log_info("%s: %.3f ms of CPU", rows[i].name, cpu_ms() - begun);
		free(body);
		arena_reset(&arena);
	}
	end();
}

/* Names strangers send are learned by libxml2 for good, so the reader starts over before they fill its memory. */
CASE(xml_read, goes_on_after_many_names)
{
	char body[200];
	struct sample s;

	begin();
	for (int i = 0; i < 12000; i++) {
		snprintf(body, sizeof(body), "<M><New%d/><ID>%d</ID></M>", i, i);
		cr_assert(read_z(body, &s));
		cr_assert_eq(strtol(s.id.at, NULL, 10), i);
		arena_reset(&arena);
	}
	end();
}
