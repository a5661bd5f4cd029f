/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml.h"
#include "test/case.h"

#include <string.h>

CASE(xml_peek, finds_what_it_can_and_nothing_else)
{
	static const struct {
		const char *body, *expected; /* NULL: nothing */
	} rows[] = {
		{ "<a><ID>x1</ID></a>", "x1" },
		{ "<a><ID>x1</ID", "x1" },
		{ "<a><ID>x1</", NULL },
		{ "<a><ID>x1", NULL },
		{ "<a><ID", NULL },
		{ "<a><IDs>x1</IDs></a>", NULL },
		{ "<a><n:ID c='>' >\n x1 \n</n:ID ></a>", "x1" },
		{ "<a><ID c='>x1</ID></a>", NULL },
		{ "<a><ID/>x1</a>", NULL },
		{ "<a><ID></ID></a>", "" },
		{ "<a><ID>x<b/>1</ID></a>", NULL },
		{ "<a><ID>x</b></ID></a>", NULL },
		{ "<a><ID>x&amp;1</ID></a>", NULL },
		{ "<a><ID>x\x01</ID></a>", NULL },
		{ "<a><ID>\xE9</ID></a>", NULL },
		{ "<a><ID>\xC3\xA9</ID></a>", "\xC3\xA9" },
		{ "<a><ID>12345678</ID></a>", "12345678" },
		{ "<a><ID>123456789</ID></a>", NULL }, /* longer than asked */
		{ "<a><ID>first</ID><ID>second</ID></a>", "first" },
		{ "<a><!-- <ID>no</ID> --><ID>yes</ID>", "yes" },
		{ "<a><![CDATA[<ID>no</ID>]]><ID>yes</ID>", "yes" },
		{ "<a><!-- <ID>no</ID>", NULL },
		{ "<a><!--><ID>no</ID> --><ID>yes</ID>", "yes" },
		{ "<!DOCTYPE a [ & ]><broken <ID>yes</ID>", "yes" },
		{ "<", NULL },
		{ "", NULL },
		{ "no markup at all", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text found = xml_peek(text_of(rows[i].body), "ID", 8);

		cr_expect_eq(text_there(found), rows[i].expected != NULL, "row %zu", i);
		if (rows[i].expected)
			cr_expect(text_is(found, rows[i].expected), "row %zu: %.*s", i, TEXT_ARGS(found));
	}
	cr_expect(!text_there(xml_peek(TEXT_NONE, "ID", 8)));
}

CASE(xml_peek, looks_at_the_front_only)
{
	static const char element[] = "<ID>x1</ID>";
	enum { ELEMENT = sizeof(element) - 1 };
	char body[XML_PEEK_MAX + 1];

	memset(body, ' ', sizeof(body));
	memcpy(body + XML_PEEK_MAX - ELEMENT, element, ELEMENT);
	cr_expect(text_is(xml_peek((struct text){ body, sizeof(body) }, "ID", 8), "x1"));
	memmove(body + XML_PEEK_MAX - ELEMENT + 1, element, ELEMENT);
	body[XML_PEEK_MAX - ELEMENT] = ' ';
	cr_expect(text_is(xml_peek((struct text){ body, sizeof(body) }, "ID", 8), "x1"), "its name is whole");
	memset(body, ' ', sizeof(body));
	memcpy(body + XML_PEEK_MAX - ELEMENT + 4, element, ELEMENT - 3);
	cr_expect(!text_there(xml_peek((struct text){ body, sizeof(body) }, "ID", 8)));
}

CASE(xml_peek, unwraps_once)
{
	static const struct {
		const char *body, *expected; /* NULL: the body itself */
	} rows[] = {
		{ "<string xmlns=\"urn:x\">&lt;a b=&quot;c&quot;&gt;&amp;amp;&#233;&#x20AC;&#x1F48A;&#97;&apos;&lt;/a&gt;</string>",
			"<a b=\"c\">&amp;\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\x8A" "a'</a>" },
		{ "<?xml version=\"1.0\"?><!-- x --><s:string xmlns:s='u'>\n&lt;a/&gt;\n</s:string>", "<a/>" },
		{ "<string>&lt;string&gt;&amp;lt;a/&amp;gt;&lt;/string&gt;</string>", "<string>&lt;a/&gt;</string>" },
		{ "<a>&lt;b/&gt;</a>", NULL },
		{ "<string><a/></string>", NULL },
		{ "<!--><string>&x --><a/>", NULL },
		{ "<strings>&lt;b/&gt;</strings>", NULL },
		{ "no markup", NULL },
		{ "", NULL },
	};
	struct arena arena;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text body = text_of(rows[i].body), inner;

		cr_assert(xml_unwrap(body, &arena, &inner, &fault), "row %zu", i);
		if (rows[i].expected)
			cr_expect(text_is(inner, rows[i].expected), "row %zu: %.*s", i, TEXT_ARGS(inner));
		else
			cr_expect(inner.at == body.at && inner.n == body.n, "row %zu", i);
	}
	arena_done(&arena);
}

CASE(xml_peek, a_bad_wrapper_is_refused)
{
	static const struct {
		const char *body;
		enum fault_code code;
	} rows[] = {
		{ "<string>&lt;a&gt;&x;</string>", FAULT_XML_FORBIDDEN },
		{ "<string>&lt;a/&gt;", FAULT_NOT_XML },
		{ "<string>&#0;</string>", FAULT_NOT_XML },
		{ "<!DOCTYPE string><string>&lt;a/&gt;</string>", FAULT_XML_FORBIDDEN },
	};
	struct arena arena;
	struct fault fault;
	struct text inner;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert(!xml_unwrap(text_of(rows[i].body), &arena, &inner, &fault), "row %zu", i);
		cr_expect_eq(fault.code, rows[i].code, "row %zu", i);
	}
	cr_expect(xml_unwrap(TEXT_NONE, &arena, &inner, &fault) && !text_there(inner));
	arena_done(&arena);
	arena_init(&arena, 4); /* less room than the message inside takes */
	cr_assert(!xml_unwrap(text_lit("<string>&lt;abcdef/&gt;</string>"), &arena, &inner, &fault));
	cr_expect_eq(fault.code, FAULT_TOO_LARGE);
	arena_done(&arena);
}
