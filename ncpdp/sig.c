/* SPDX-License-Identifier: Apache-2.0 */
/* The directions of an order in words. A Sig has passed the reader, so that it is well-formed XML without CDATA, and names no entities but XML's own
   five. */
#include "ncpdp/sig.h"

#include <string.h>

static const struct {
	const char *name;
	char c;
} entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' } };
enum { ENTITIES = sizeof(entities) / sizeof(*entities) };

/* The number of a character reference that the text begins with, and how long it is; 0 when it is none. */
static size_t reference(struct text t, uint32_t *c)
{
	bool hex = t.n > 3 && t.at[2] == 'x';
	size_t i = hex ? 3 : 2;

	if (t.n < 4 || t.at[1] != '#')
		return 0;
	for (*c = 0; i < t.n && t.at[i] != ';' && *c < 0x110000; i++) {
		char digit = t.at[i];

		*c = *c * (hex ? 16 : 10) + (uint32_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
	}
	return i < t.n && t.at[i] == ';' && *c < 0x110000 ? i + 1 : 0;
}

/* The character that an ampersand begins, put behind what is there; how many bytes it was. */
static size_t add_escaped(struct text t, struct buffer *out)
{
	char bytes[4];
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < ENTITIES; i++)
		if (text_starts(t, entities[i].name)) {
			buffer_add_char(out, entities[i].c);
			return strlen(entities[i].name);
		}
	n = reference(t, &c);
	if (!n)
		return 1;
	buffer_add(out, (struct text){ bytes, text_put_utf8(bytes, c) });
	return n;
}

static struct text unescaped(struct text t, struct make *make)
{
	struct buffer out;

	if (!memchr(t.at, '&', t.n))
		return t;
	buffer_init(&out, make->arena, t.n);
	for (size_t i = 0; i < t.n;) {
		struct text rest = { t.at + i, t.n - i };

		if (t.at[i] == '&') {
			i += add_escaped(rest, &out);
		} else {
			buffer_add_char(&out, t.at[i]);
			i++;
		}
	}
	return make_written(make, &out);
}

/* The local name of the tag that begins at `at`. */
static struct text tag_name(const char *at, const char *end)
{
	const char *from = at, *to = at;

	for (; to < end && !strchr(" \t\r\n/>", *to); to++)
		if (*to == ':')
			from = to + 1;
	return (struct text){ from, (size_t)(to - from) };
}

struct text sig_words(struct text sig, struct make *make, bool *alone)
{
	const char *at = sig.at, *end = sig.at + sig.n;
	struct text words = TEXT_NONE;

	*alone = true;
	while (at && (at = memchr(at, '<', (size_t)(end - at))) != NULL) {
		struct text name = tag_name(++at, end);
		const char *closed;

		if (at < end && (*at == '/' || *at == '!'))
			continue;
		/* versions of the lists that coded directions would be of */
		*alone &= text_in_list(name, "Sig SigText CodeSystem SNOMEDVersion FMTVersion");
		closed = memchr(at, '>', (size_t)(end - at));
		if (!closed || text_there(words) || !text_is(name, "SigText") || closed[-1] == '/')
			continue;
		at = memchr(closed + 1, '<', (size_t)(end - closed - 1));
		if (at)
			words = (struct text){ closed + 1, (size_t)(at - closed - 1) };
	}
	words = text_trim(words);
	return words.n ? unescaped(words, make) : TEXT_NONE;
}

struct text sig_of(struct text words, struct make *make)
{
	struct buffer out;

	buffer_init(&out, make->arena, words.n + 40);
	buffer_lit(&out, "<Sig><SigText>");
	for (size_t i = 0; i < words.n; i++) {
		size_t k = 0;

		while (k < ENTITIES && entities[k].c != words.at[i])
			k++;
		if (k < ENTITIES)
			buffer_add(&out, text_of(entities[k].name));
		else
			buffer_add_char(&out, words.at[i]);
	}
	buffer_lit(&out, "</SigText></Sig>");
	return make_written(make, &out);
}
