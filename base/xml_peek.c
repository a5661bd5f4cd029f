/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a body around its parse: what an unreadable one was probably about, and what a wrapped one holds. Nothing here
   trusts the body to be XML; each byte is looked at a fixed number of times. */
#include "base/xml.h"

#include <string.h>

static const char *find(const char *at, const char *end, const char *z)
{
	const char *hit = at < end ? memmem(at, (size_t)(end - at), z, strlen(z)) : NULL;

	return hit ? hit : end;
}

static bool ends_name(char c)
{
	return c == '>' || c == '/' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool here(const char *at, const char *end, const char *z)
{
	size_t n = strlen(z);

	return (size_t)(end - at) >= n && memcmp(at, z, n) == 0;
}

/* The local name that begins at `at`; *at moves behind it. */
static struct text local_name(const char **at, const char *end)
{
	const char *from = *at, *to = *at;

	while (to < end && !ends_name(*to) && *to != '<') {
		if (*to++ == ':')
			from = to;
	}
	*at = to;
	return (struct text){ from, (size_t)(to - from) };
}

/* Behind the '>' of the tag whose name ended at `at`, minding quoted values; end when there is none. */
static const char *tag_end(const char *at, const char *end)
{
	for (; at < end; at++) {
		if (*at == '>')
			return at + 1;
		if (*at == '"' || *at == '\'') {
			at = memchr(at + 1, *at, (size_t)(end - at - 1));
			if (!at)
				return end;
		}
	}
	return end;
}

/* The next start tag at or after *at, comments and CDATA passed over: its local name, *at behind the name. */
static bool next_tag(const char **at, const char *end, struct text *name)
{
	for (;;) {
		const char *open = *at < end ? memchr(*at, '<', (size_t)(end - *at)) : NULL;

		if (!open || end - open < 2)
			return false;
		*at = open + 1;
		if (here(*at, end, "!--"))
			*at = find(*at + 3, end, "-->"); /* "<!-->" opens and does not close */
		else if (here(*at, end, "![CDATA["))
			*at = find(*at, end, "]]>");
		else if (**at != '/' && **at != '?' && **at != '!') {
			*name = local_name(at, end);
			return true;
		}
	}
}

/* Fit to be repeated in an answer: whole characters, no controls, no references. */
static bool presentable(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.at[i] < 0x20 || t.at[i] == '&' || t.at[i] == 0x7F)
			return false;
	return text_utf8(t);
}

struct text xml_peek(struct text body, const char *element, size_t max)
{
	size_t n = body.n < XML_PEEK_MAX ? body.n : XML_PEEK_MAX;
	const char *at = body.at, *end = n ? at + n : at, *close;
	struct text name, found;

	do {
		if (!next_tag(&at, end, &name))
			return TEXT_NONE;
	} while (!text_is(name, element));
	at = tag_end(at, end);
	if (at == end || at[-2] == '/')
		return TEXT_NONE;
	close = memchr(at, '<', (size_t)(end - at));
	if (!close || end - close < 2 || close[1] != '/')
		return TEXT_NONE; /* cut off, or markup inside */
	found = text_trim((struct text){ at, (size_t)(close - at) });
	at = close + 2;
	if (!text_is(local_name(&at, end), element) || found.n > max || !presentable(found))
		return TEXT_NONE;
	return found;
}

/* The character that a reference stands for; the pre-scan has found it well-formed. *at moves behind its ';'. */
static uint32_t referred(const char **at)
{
	static const struct {
		const char *name;
		uint32_t c;
	} five[] = { { "amp;", '&' }, { "lt;", '<' }, { "gt;", '>' }, { "quot;", '"' }, { "apos;", '\'' } };
	const char *from = *at + 1;
	uint32_t c = 0;

	for (size_t i = 0; i < sizeof(five) / sizeof(five[0]); i++) {
		if (strncmp(from, five[i].name, strlen(five[i].name)) == 0) {
			*at = from + strlen(five[i].name);
			return five[i].c;
		}
	}
	from++; /* '#' */
	if (*from == 'x') {
		for (from++; *from != ';'; from++)
			c = c * 16 + (uint32_t)((*from & 0xF) + (*from > '9' ? 9 : 0));
	} else {
		for (; *from != ';'; from++)
			c = c * 10 + (uint32_t)(*from - '0');
	}
	*at = from + 1;
	return c;
}

bool xml_unwrap(struct text body, struct arena *arena, struct text *inner, struct fault *fault)
{
	const char *at = body.at, *end = body.n ? at + body.n : at, *close;
	struct text name;
	char *decoded, *to;

	*inner = body;
	if (!next_tag(&at, end, &name) || !text_is(name, "string"))
		return true;
	if (!xml_prescan(body, fault))
		return false;
	at = tag_end(at, end);
	close = find(at, end, "<");
	if (close == end || close[1] != '/')
		return true; /* it has elements of its own: a message that happens to be called so */
	decoded = to = arena_alloc(arena, (size_t)(close - at) + 1);
	if (!decoded)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	while (at < close) {
		if (*at == '&')
			to += text_put_utf8(to, referred(&at));
		else
			*to++ = *at++;
	}
	*inner = text_trim((struct text){ decoded, (size_t)(to - decoded) });
	return true;
}
