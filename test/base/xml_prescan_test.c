/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml.h"
#include "test/case.h"
#include "test/cpu.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *verdict(struct text body)
{
	struct fault fault = { 0 };

	if (xml_prescan(body, &fault))
		return "good";
	cr_expect_str_eq(fault.path, "");
	return fault_row(fault.code)->name;
}

/* With its length, so that a row may hold a NUL. */
#define ROW(bytes, expected) { { bytes, sizeof(bytes) - 1 }, expected }

static void judge(const char *what, const struct text *body, const char *expected, size_t row)
{
	cr_expect_str_eq(verdict(*body), expected, "%s row %zu: %s", what, row, verdict(*body));
}

#define JUDGE(what, rows)                                                   \
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)          \
		judge(what, &rows[i].body, rows[i].expected, i)

struct row {
	struct text body;
	const char *expected;
};

CASE(xml_prescan, declarations)
{
	static const struct row rows[] = {
		ROW("<a/>", "good"),
		ROW("\xEF\xBB\xBF<a/>", "good"),
		ROW("\xEF\xBB\xBF\xEF\xBB\xBF<a/>", "XML_FORBIDDEN"),
		ROW("<?xml version=\"1.0\"?><a/>", "good"),
		ROW("\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n<a/>", "good"),
		ROW("<?xml version=\"1.0\" standalone=\"no\"?><a/>", "good"),
		ROW("<?xml version=\"1.0\" standalone=\"maybe\"?><a/>", "NOT_XML"),
		ROW("<?xml version=\"1.1\"?><a/>", "XML_FORBIDDEN"),
		ROW("<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>", "XML_FORBIDDEN"),
		ROW("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", "XML_FORBIDDEN"),
		ROW("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", "XML_FORBIDDEN"),
		ROW("<?xml encoding=\"UTF-8\"?><a/>", "NOT_XML"),
		ROW("<?xml encoding=\"UTF-8\" version=\"1.0\"?><a/>", "NOT_XML"),
		ROW("<?xml version=\"1.0\" version=\"1.0\"?><a/>", "NOT_XML"),
		ROW("<?xml version=\"1.0\"encoding=\"UTF-8\"?><a/>", "NOT_XML"),
		ROW("<?xml ?><a/>", "NOT_XML"),
		ROW("<?xml version=\"1.0\"><a/>", "NOT_XML"),
		ROW(" <?xml version=\"1.0\"?><a/>", "XML_FORBIDDEN"),
		ROW("<?xml-stylesheet href=\"a\"?><a/>", "XML_FORBIDDEN"),
		ROW("<a><?php x?></a>", "XML_FORBIDDEN"),
	};

	JUDGE("declaration", rows);
}

CASE(xml_prescan, encodings_that_are_not_utf8)
{
	static const struct row rows[] = {
		ROW("<a>\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\x8A</a>", "good"),
		ROW("<a>\xE9</a>", "XML_FORBIDDEN"),             /* Latin-1 */
		ROW("<a>\xC0\xBC</a>", "XML_FORBIDDEN"),         /* overlong '<' */
		ROW("<a>\xE0\x80\xBC</a>", "XML_FORBIDDEN"),
		ROW("<a>\xED\xA0\x80</a>", "XML_FORBIDDEN"),     /* surrogate */
		ROW("<a>\xF4\x90\x80\x80</a>", "XML_FORBIDDEN"), /* above U+10FFFF */
		ROW("<a>\xEF\xBF\xBD</a>", "good"),
		ROW("<a>\xEF\xBF\xBE</a>", "NOT_XML"),           /* U+FFFE is no character */
		ROW("<a>\xE2\x82", "XML_FORBIDDEN"),
		ROW("<a b=\"\xC3\xA9\"/>", "good"),
		ROW("<a b=\"\xE9\"/>", "XML_FORBIDDEN"),
		ROW("<\xC3\xA9/>", "good"),
		ROW("<\xE9/>", "XML_FORBIDDEN"),
		ROW("<a><!-- \xC3\xA9 --></a>", "good"),
		ROW("<a><!-- \xE9 --></a>", "XML_FORBIDDEN"),
		ROW("\xFF\xFE<\0a\0/\0>\0", "XML_FORBIDDEN"), /* UTF-16 with a mark */
		ROW("<\0a\0/\0>\0", "XML_FORBIDDEN"),         /* and without */
		ROW("\0<\0a\0/\0>", "XML_FORBIDDEN"),
		ROW("\0\0\0<\0\0\0a", "XML_FORBIDDEN"),
		ROW("+ADw-a/+AD4-", "NOT_XML"),               /* UTF-7 */
		ROW("\x4C\x6F\xA7\x94", "NOT_XML"),           /* EBCDIC "<?xm" */
	};

	JUDGE("encoding", rows);
}

CASE(xml_prescan, constructs)
{
	static const struct row rows[] = {
		ROW("<a>&amp;&lt;&gt;&quot;&apos;</a>", "good"),
		ROW("<a>&nbsp;</a>", "XML_FORBIDDEN"),
		ROW("<a b=\"&xxe;\"/>", "XML_FORBIDDEN"),
		ROW("<a>& b</a>", "NOT_XML"),
		ROW("<a>&amp</a>", "XML_FORBIDDEN"),
		ROW("<a>&#65;&#x41;&#x10FFFF;&#9;</a>", "good"),
		ROW("<a>&#0;</a>", "NOT_XML"),
		ROW("<a>&#x8;</a>", "NOT_XML"),
		ROW("<a>&#xD800;</a>", "NOT_XML"),
		ROW("<a>&#xFFFF;</a>", "NOT_XML"),
		ROW("<a>&#x110000;</a>", "NOT_XML"),
		ROW("<a>&#4294967361;</a>", "NOT_XML"), /* 65 once 32 bits run over */
		ROW("<a>&#00000000000065;</a>", "NOT_XML"),
		ROW("<a>&#;</a>", "NOT_XML"),
		ROW("<a>&#x;</a>", "NOT_XML"),
		ROW("<a>&#6A;</a>", "NOT_XML"),
		ROW("<a>&#65", "NOT_XML"),
		ROW("<!DOCTYPE a><a/>", "XML_FORBIDDEN"),
		ROW("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "XML_FORBIDDEN"),
		ROW("<!DOCTYPE a [<!ENTITY x \"y\"><!ENTITY z \"&x;&x;\">]><a>&z;</a>", "XML_FORBIDDEN"),
		ROW("<a><![CDATA[b]]></a>", "XML_FORBIDDEN"),
		ROW("<a><!ELEMENT b></a>", "XML_FORBIDDEN"),
		ROW("<!-- one --><a><!-- two - three --></a><!-- four -->", "good"),
		ROW("<a><!-- two -- three --></a>", "NOT_XML"),
		ROW("<a><!-- two", "NOT_XML"),
		ROW("<a><!-- & < > -->text</a>", "good"),
		ROW("<a><!-- \x01 --></a>", "NOT_XML"),
		ROW("<a>\x01</a>", "NOT_XML"),
		ROW("<a>\t\r\n</a>", "good"),
		ROW("<a>\0</a>", "XML_FORBIDDEN"),
	};

	JUDGE("construct", rows);
}

CASE(xml_prescan, tags)
{
	static const struct row rows[] = {
		ROW("", "NOT_XML"),
		ROW(" \n", "NOT_XML"),
		ROW("<!-- only -->", "NOT_XML"),
		ROW("text", "NOT_XML"),
		ROW("text<a/>", "NOT_XML"),
		ROW("<a/>text", "NOT_XML"),
		ROW("<a/>\n", "good"),
		ROW("<a/><b/>", "NOT_XML"),
		ROW("<a><b></b ></a\n>", "good"),
		ROW("<a><b></a>", "NOT_XML"),
		ROW("<a></a></a>", "NOT_XML"),
		ROW("</a>", "NOT_XML"),
		ROW("<a", "NOT_XML"),
		ROW("<", "NOT_XML"),
		ROW("<a></", "NOT_XML"),
		ROW("< a/>", "NOT_XML"),
		ROW("<1a/>", "NOT_XML"),
		ROW("<x:a_-.9/>", "good"),
		ROW("<a!/>", "NOT_XML"),
		ROW("<a / >", "NOT_XML"),
		ROW("<a b='\"' c=\"'\" d = '>'/>", "good"),
		ROW("<a b=\"<\"/>", "NOT_XML"),
		ROW("<a b=c/>", "NOT_XML"),
		ROW("<a b/>", "NOT_XML"),
		ROW("<a b=\"c\"d=\"e\"/>", "NOT_XML"),
		ROW("<a b=\"c/>", "NOT_XML"),
		ROW("<a b=\"", "NOT_XML"),
	};

	JUDGE("tag", rows);
}

/* `n` times `unit` between two texts; the caller frees it. */
static struct text repeat(const char *before, const char *unit, size_t n, const char *after)
{
	size_t length = strlen(unit), room = strlen(before) + n * length + strlen(after);
	char *all = malloc(room + 1), *to = stpcpy(all, before);

	for (size_t i = 0; i < n; i++)
		to = stpcpy(to, unit);
	stpcpy(to, after);
	return (struct text){ all, room };
}

CASE(xml_prescan, limits_hold_at_their_number)
{
	static const struct {
		const char *before, *unit, *after;
		size_t n;
		const char *at, *over;
	} rows[] = {
		{ "<a", " b=\"c\"", "/>", XML_ATTRIBUTES_MAX, "good", "TOO_DEEP" },
		{ "<a>", "<b/>", "</a>", XML_ELEMENTS_MAX - 1, "good", "TOO_DEEP" },
		{ "<a><!--", "c", "--></a>", 4096, "good", "TOO_LARGE" },
		{ "<a>", "c", "</a>", XML_BODY_MAX - 7, "good", "TOO_LARGE" },
		{ "<", "n", "/>", XML_NAME_MAX, "good", "TOO_LARGE" },
		{ "<a ", "n", "='1'/>", XML_NAME_MAX, "good", "TOO_LARGE" },
		{ "<a xmlns:b='1' xmlns:c='2'>", "<d xmlns:b='1'/>", "</a>", 1000, "good", "good" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text at = repeat(rows[i].before, rows[i].unit, rows[i].n, rows[i].after);
		struct text over = repeat(rows[i].before, rows[i].unit, rows[i].n + 1, rows[i].after);

		cr_expect_str_eq(verdict(at), rows[i].at, "row %zu at: %s", i, verdict(at));
		cr_expect_str_eq(verdict(over), rows[i].over, "row %zu over: %s", i, verdict(over));
		free((char *)at.at);
		free((char *)over.at);
	}
}

static struct text nested(size_t depth, const char *tag)
{
	size_t n = strlen(tag);
	char *all = malloc(depth * (n + 7) + 1), *to = all;

	for (size_t i = 0; i < depth; i++)
		to += sprintf(to, "<a%s>", tag);
	for (size_t i = 0; i < depth; i++)
		to = stpcpy(to, "</a>");
	return (struct text){ all, (size_t)(to - all) };
}

CASE(xml_prescan, depth_and_bindings_hold_at_their_number)
{
	static const struct {
		size_t depth;
		const char *tag, *expected;
	} rows[] = {
		{ XML_DEPTH_MAX, "", "good" },
		{ XML_DEPTH_MAX + 1, "", "TOO_DEEP" },
		{ 5000, "", "TOO_DEEP" },
		{ 32, " xmlns:a='1' xmlns:b='2'", "good" },
		{ 33, " xmlns:a='1' xmlns:b='2'", "TOO_DEEP" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text body = nested(rows[i].depth, rows[i].tag);

		cr_expect_str_eq(verdict(body), rows[i].expected, "row %zu: %s", i, verdict(body));
		free((char *)body.at);
	}
}

/* Each was made to cost a parser far more than its length; the time is printed and not judged, since a busy machine
   is not a fault. */
CASE(xml_prescan, attacks_are_refused)
{
	static const struct {
		const char *name, *before, *unit, *after;
		size_t n;
	} rows[] = {
		{ "32,000 attributes", "<a", " b=\"c\"", "/>", 32000 },
		{ "depth 100,000", "", "<a>", "", 100000 },
		{ "comment of 1 MB", "<a><!--", "-", "--></a>", 1000000 },
		{ "unclosed comments", "<a>", "<!-- ", "", 200000 },
		{ "unclosed quote", "<a b=\"", "c", "", 1000000 },
		{ "unclosed reference", "<a>", "&#", "", 500000 },
		{ "name of 1 MB", "<", "n", "/>", 1000000 },
		{ "namespaces", "<a", " xmlns:b='c'", "/>", 30 * 1000 },
		{ "2 MB", "<a>", "12345678", "</a>", 262144 },
		{ "billion laughs", "<!DOCTYPE a [<!ENTITY x \"y\">", "<!ENTITY x \"&x;&x;&x;\">", "]><a>&x;</a>", 30 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text body = repeat(rows[i].before, rows[i].unit, rows[i].n, rows[i].after);
		double begun = cpu_ms();

		cr_expect_str_neq(verdict(body), "good", "%s", rows[i].name);
		cr_log_info("%s: %.3f ms of CPU", rows[i].name, cpu_ms() - begun);
		free((char *)body.at);
	}
}

/* What is looked at by words is the same as what would be looked at byte by byte: any byte, anywhere in a longer text. */
CASE(xml_prescan, every_byte_at_every_place_of_a_text)
{
	enum { LENGTH = 45 };

	for (int in_value = 0; in_value < 2; in_value++)
		for (int c = 0; c < 256; c++)
			for (int at = 0; at + 1 < LENGTH; at++) {
				char body[80], *from;
				const char *expected = c == 0 || c >= 0x80 || c == '&' ? "XML_FORBIDDEN" :
					c == '<' || (c == '"' && in_value) || (c < 0x20 && !strchr("\t\n\r", c)) ? "NOT_XML" : "good";
				int n = sprintf(body, in_value ? "<a b=\"%.*s\"/>" : "<a>%.*s</a>", LENGTH, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");

				from = strstr(body, "xx");
				from[at] = (char)c;
				cr_expect_str_eq(verdict((struct text){ body, (size_t)n }), expected, "byte %d at %d of %s: %s", c, at,
					in_value ? "a value" : "content", verdict((struct text){ body, (size_t)n }));
			}
}

CASE(xml_prescan, every_byte_at_every_place_of_a_name)
{
	enum { LENGTH = 40 };

	for (int c = 1; c < 256; c++)
		for (int at = 1; at + 1 < LENGTH; at++) {
			char body[120];
			bool letter = c < 0x80 && (isalnum(c) || strchr("-._:", c));
			int n = sprintf(body, "<%.*s>longer than what is looked at at once</x>", LENGTH, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");

			/* A '>' ends the tag early and the rest of the name is text. */
			body[1 + at] = (char)c;
			cr_expect_eq(strcmp(verdict((struct text){ body, (size_t)n }), "good") == 0, letter || c == '>', "byte %d at %d", c, at);
		}
}
