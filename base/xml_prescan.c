/* SPDX-License-Identifier: Apache-2.0 */
/* One linear look at an XML body that refuses whatever could cost a parser more than time in step with its length. It is
   not a parser: names of end tags and of attributes are left to libxml2, which compares them cheaply. */
#include "base/xml.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	COMMENT_MAX = 4096, /* bytes; a comment is for people, and nothing here reads it */
	BINDINGS_MAX = 64,  /* namespace declarations in force at one place; libxml2 looks through all of them for each name */
	REFERENCE_MAX = 12, /* bytes of a numeric reference after "&#"; "x10FFFF;" has 8 */
};

/* What a byte may be. */
enum { NAME1 = 1, NAME2 = 2, WHITE = 4, PLAIN = 8, WIDE = 16 };
enum {
	o = 0,                       /* never, or only after a second look: controls, '<', '&', UTF-8 continuation */
	w = WHITE | PLAIN,           /* space, tab, CR, LF */
	p = PLAIN,                   /* text only */
	d = NAME2 | PLAIN,           /* inside a name: digits, '-', '.' */
	n = NAME1 | NAME2 | PLAIN,   /* letters, '_', ':' */
	u = WIDE,                    /* first of several UTF-8 bytes */
};

/* clang-format off */
static const unsigned char kinds[256] = {
	o, o, o, o, o, o, o, o, o, w, w, o, o, w, o, o,
	o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
	w, p, p, p, p, p, o, p, p, p, p, p, p, d, d, p, /*   ! " # $ % & ' ( ) * + , - . / */
	d, d, d, d, d, d, d, d, d, d, n, p, o, p, p, p, /* 0 1 2 3 4 5 6 7 8 9 : ; < = > ? */
	p, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, /* @ A .. O */
	n, n, n, n, n, n, n, n, n, n, n, p, p, p, p, n, /* P .. Z [ \ ] ^ _ */
	p, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, /* ` a .. o */
	n, n, n, n, n, n, n, n, n, n, n, p, p, p, p, p, /* p .. z { | } ~ DEL */
	o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
	o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
	o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
	o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
	o, o, u, u, u, u, u, u, u, u, u, u, u, u, u, u, /* C0, C1 would be overlong */
	u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u,
	u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u,
	u, u, u, u, u, o, o, o, o, o, o, o, o, o, o, o, /* above F4: beyond U+10FFFF */
};
/* clang-format on */

/* Sixteen bytes at a time, as signed numbers, so that what is not ASCII is below all that is. */
enum { LANES = 16 };
typedef signed char lanes __attribute__((vector_size(LANES)));

static inline lanes load(const unsigned char *at)
{
	lanes v;

	memcpy(&v, at, LANES);
	return v;
}

static inline lanes all(char c)
{
	return (lanes){ c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c };
}

/* The number of the first lane that is set; LANES when none is. */
static inline size_t first_set(lanes v)
{
#ifdef __SSE2__
	return (size_t)__builtin_ctz((unsigned)_mm_movemask_epi8((__m128i)v) | 1u << LANES);
#else
	size_t i = 0;

	while (i < LANES && !v[i])
		i++;
	return i;
#endif
}

struct scan {
	const unsigned char *at, *end;
	unsigned depth, elements, bindings;
	unsigned char bound[XML_DEPTH_MAX]; /* namespace declarations of each open element */
	struct text names[XML_DEPTH_MAX];   /* of each open element */
	struct fault *fault;
};

static bool refuse(struct scan *s, enum fault_code code)
{
	fault_set(s->fault, code, "");
	return false; /* said here, so that the compiler knows it too */
}

static bool starts(const struct scan *s, const char *z, size_t length)
{
	return (size_t)(s->end - s->at) >= length && memcmp(s->at, z, length) == 0;
}

/* Steps over the literal when it stands here. */
#define took(s, literal) (starts((s), (literal), sizeof(literal) - 1) && ((s)->at += sizeof(literal) - 1))

static bool is(const struct scan *s, unsigned char c)
{
	return s->at < s->end && *s->at == c;
}

static void skip_white(struct scan *s)
{
	while (s->at < s->end && kinds[*s->at] & WHITE)
		s->at++;
}

/* One character of two to four bytes, well-formed (RFC 3629) and allowed (XML 1.0 2.2). */
static bool pass_wide(struct scan *s)
{
	const unsigned char *at = s->at, *end = s->end;
	unsigned lead = *at++, more, low = 0x80, high = 0xBF;

	if (lead < 0xE0)
		more = 1;
	else if (lead < 0xF0)
		more = 2, low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
	else
		more = 3, low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
	for (; more; more--, low = 0x80, high = 0xBF)
		if (at == end || *at < low || *at++ > high)
			return refuse(s, FAULT_XML_FORBIDDEN);
	if (lead == 0xEF && s->at[1] == 0xBF && s->at[2] >= 0xBE)
		return refuse(s, FAULT_NOT_XML); /* U+FFFE, U+FFFF */
	s->at = at;
	return true;
}

/* A byte that cannot stand where it does: a control character, or the trace of another encoding. */
static bool refuse_byte(struct scan *s)
{
	return refuse(s, *s->at == 0 || *s->at >= 0x80 ? FAULT_XML_FORBIDDEN : FAULT_NOT_XML);
}

/* How many bytes from here are letters; fewer near the end of the body. */
static inline size_t letters(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *from = at;

	for (; end - at >= LANES; at += LANES) {
		lanes lower = load(at) | all(0x20);
		size_t first = first_set((lower < all('a')) | (lower > all('z')));

		if (first < LANES)
			return (size_t)(at - from) + first;
	}
	return (size_t)(at - from);
}

static inline bool pass_name(struct scan *s, struct text *name)
{
	const unsigned char *from = s->at;

	if (s->at == s->end || !(kinds[*s->at] & (NAME1 | WIDE)))
		return refuse(s, FAULT_NOT_XML);
	s->at += letters(s->at, s->end);
	while (s->at < s->end) {
		if (kinds[*s->at] & NAME2)
			s->at++;
		else if (!(kinds[*s->at] & WIDE))
			break;
		else if (!pass_wide(s))
			return false;
	}
	*name = (struct text){ (const char *)from, (size_t)(s->at - from) };
	return name->n <= XML_NAME_MAX || refuse(s, FAULT_TOO_LARGE);
}

/* XML 1.0 2.2: what a character may be. */
static bool allowed(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xD800) || (c >= 0xE000 && c < 0xFFFE) ||
		(c >= 0x10000 && c <= 0x10FFFF);
}

static int digit(unsigned char c, bool hex)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool pass_number(struct scan *s)
{
	const unsigned char *from = s->at;
	bool hex = is(s, 'x');
	uint32_t c = 0;

	s->at += hex;
	if (s->at == s->end || digit(*s->at, hex) < 0)
		return refuse(s, FAULT_NOT_XML);
	for (; s->at < s->end && *s->at != ';'; s->at++) {
		int value = digit(*s->at, hex);

		if (value < 0 || s->at - from >= REFERENCE_MAX)
			return refuse(s, FAULT_NOT_XML);
		c = c * (hex ? 16 : 10) + (uint32_t)value;
		if (c > 0x10FFFF)
			return refuse(s, FAULT_NOT_XML);
	}
	if (s->at == s->end || !allowed(c))
		return refuse(s, FAULT_NOT_XML);
	s->at++;
	return true;
}

static bool pass_reference(struct scan *s)
{
	s->at++;
	if (took(s, "#"))
		return pass_number(s);
	if (took(s, "amp;") || took(s, "lt;") || took(s, "gt;") || took(s, "quot;") || took(s, "apos;"))
		return true;
	/* Any other entity would need a DOCTYPE; a lone '&' is merely wrong. */
	return refuse(s, s->at < s->end && kinds[*s->at] & (NAME1 | WIDE) ? FAULT_XML_FORBIDDEN : FAULT_NOT_XML);
}

/* How many bytes from here are printable ASCII or line breaks, and not '&', '<' or `stop`; fewer near the end of the body. */
static inline size_t plain_bytes(const unsigned char *at, const unsigned char *end, unsigned char stop)
{
	const unsigned char *from = at;

	for (; end - at >= LANES; at += LANES) {
		lanes c = load(at), below = (c < all(0x20)) & (c != all('\n'));
		size_t first = first_set(below | (c == all('&')) | (c == all('<')) | (c == all((char)stop)));

		if (first < LANES)
			return (size_t)(at - from) + first;
	}
	return (size_t)(at - from);
}

/* Characters up to `stop` or the end: '<' in content, the quote in an attribute. */
static bool pass_text(struct scan *s, unsigned char stop)
{
	for (;;) {
		const unsigned char *at = s->at, *end = s->end;

		at += plain_bytes(at, end, stop);
		while (at < end && kinds[*at] & PLAIN && *at != stop) { /* a line break, and the last few bytes */
			at++;
			at += plain_bytes(at, end, stop);
		}
		s->at = at;
		if (at == end || *at == stop)
			return true;
		if (kinds[*at] & WIDE) {
			if (!pass_wide(s))
				return false;
		} else if (*at == '&') {
			if (!pass_reference(s))
				return false;
		} else {
			return refuse_byte(s);
		}
	}
}

static bool pass_comment(struct scan *s)
{
	const unsigned char *from = s->at;

	for (;;) {
		if (s->at == s->end)
			return refuse(s, FAULT_NOT_XML);
		if (s->at - from > COMMENT_MAX)
			return refuse(s, FAULT_TOO_LARGE);
		if (took(s, "--"))
			return took(s, ">") || refuse(s, FAULT_NOT_XML);
		if (kinds[*s->at] & WIDE) {
			if (!pass_wide(s))
				return false;
		} else if (kinds[*s->at] & PLAIN || *s->at == '<' || *s->at == '&') {
			s->at++;
		} else {
			return refuse_byte(s);
		}
	}
}

/* = "value", with either quote. */
static bool pass_value(struct scan *s, struct text *value)
{
	unsigned char quote;

	skip_white(s);
	if (!took(s, "="))
		return refuse(s, FAULT_NOT_XML);
	skip_white(s);
	if (!is(s, '"') && !is(s, '\''))
		return refuse(s, FAULT_NOT_XML);
	quote = *s->at++;
	value->at = (const char *)s->at;
	if (!pass_text(s, quote))
		return false;
	value->n = (size_t)((const char *)s->at - value->at);
	if (s->at == s->end)
		return refuse(s, FAULT_NOT_XML);
	s->at++;
	return true;
}

/* XML 1.0 2.8: the declaration, here only as version 1.0, UTF-8, standalone or not. */
static bool pass_declaration(struct scan *s)
{
	static const char *const order[] = { "version", "encoding", "standalone" };
	size_t next = 0;

	for (;;) {
		const unsigned char *before = s->at;
		struct text name, value;
		size_t which;

		skip_white(s);
		if (took(s, "?>"))
			return next > 0 || refuse(s, FAULT_NOT_XML);
		if (s->at == before || !pass_name(s, &name) || !pass_value(s, &value))
			return refuse(s, FAULT_NOT_XML);
		for (which = next; which < 3 && !text_is(name, order[which]); which++)
			;
		if (which == 3 || (next == 0 && which > 0))
			return refuse(s, FAULT_NOT_XML);
		if ((which == 0 && !text_is(value, "1.0")) ||
			(which == 1 && !text_equal_nocase(value, text_lit("UTF-8"))))
			return refuse(s, FAULT_XML_FORBIDDEN);
		if (which == 2 && !text_is(value, "yes") && !text_is(value, "no"))
			return refuse(s, FAULT_NOT_XML);
		next = which + 1;
	}
}

static bool pass_start_tag(struct scan *s)
{
	unsigned attributes = 0, bound = 0;
	struct text element, name = TEXT_NONE, value;

	if (!pass_name(s, &element))
		return false;
	if (++s->elements > XML_ELEMENTS_MAX || s->depth == XML_DEPTH_MAX)
		return refuse(s, FAULT_TOO_DEEP);
	while (!took(s, ">")) {
		const unsigned char *before = s->at;

		skip_white(s);
		if (took(s, "/>"))
			return true;
		if (is(s, '>'))
			continue;
		if (s->at == before)
			return refuse(s, FAULT_NOT_XML);
		if (!pass_name(s, &name) || !pass_value(s, &value))
			return false;
		if (++attributes > XML_ATTRIBUTES_MAX)
			return refuse(s, FAULT_TOO_DEEP);
		if (name.n >= 5 && memcmp(name.at, "xmlns", 5) == 0 && s->bindings + ++bound > BINDINGS_MAX)
			return refuse(s, FAULT_TOO_DEEP);
	}
	s->names[s->depth] = element;
	s->bound[s->depth++] = (unsigned char)bound;
	s->bindings += bound;
	return true;
}

static bool pass_end_tag(struct scan *s)
{
	struct text name = s->depth ? s->names[s->depth - 1] : TEXT_NONE;

	/* The name that was passed when it was opened, as it is in any message that is right: it need not be looked through again. */
	if (s->depth && (size_t)(s->end - s->at) > name.n && s->at[name.n] == '>' && text_same_bytes((const char *)s->at, name.at, name.n)) {
		s->at += name.n + 1;
		s->bindings -= s->bound[--s->depth];
		return true;
	}
	if (!pass_name(s, &name))
		return false;
	skip_white(s);
	if (!took(s, ">") || s->depth == 0)
		return refuse(s, FAULT_NOT_XML);
	s->bindings -= s->bound[--s->depth];
	return true;
}

/* What begins with '<'. */
static bool pass_markup(struct scan *s)
{
	s->at++;
	if (took(s, "/"))
		return pass_end_tag(s);
	if (is(s, '!') || is(s, '?')) /* a comment, or DOCTYPE, CDATA, processing instruction */
		return took(s, "!--") ? pass_comment(s) : refuse(s, FAULT_XML_FORBIDDEN);
	if (s->depth == 0 && s->elements)
		return refuse(s, FAULT_NOT_XML); /* a second root */
	return pass_start_tag(s);
}

bool xml_prescan(struct text body, struct fault *fault)
{
	struct scan s = { .at = (const unsigned char *)body.at, .fault = fault };

	if (body.n > XML_BODY_MAX)
		return refuse(&s, FAULT_TOO_LARGE);
	if (body.n == 0)
		return refuse(&s, FAULT_NOT_XML);
	if (memchr(body.at, 0, body.n < 4 ? body.n : 4)) /* UTF-16 or UTF-32 without a mark (XML 1.0 F.1) */
		return refuse(&s, FAULT_XML_FORBIDDEN);
	s.end = s.at + body.n;
	(void)took(&s, "\xEF\xBB\xBF");
	if (starts(&s, "<?xml", 5) && s.end - s.at > 5 && kinds[s.at[5]] & WHITE) {
		s.at += 5;
		if (!pass_declaration(&s))
			return false;
	}
	while (s.at < s.end) {
		if (*s.at == '<') {
			if (!pass_markup(&s))
				return false;
			continue;
		}
		if (s.depth > 0) {
			s.at += plain_bytes(s.at, s.end, '<');
			if (!is(&s, '<') && !pass_text(&s, '<'))
				return false;
			continue;
		}
		if (!(kinds[*s.at] & WHITE))
			return refuse_byte(&s);
		skip_white(&s);
	}
	return (s.depth == 0 && s.elements > 0) || refuse(&s, FAULT_NOT_XML);
}
