/* SPDX-License-Identifier: Apache-2.0 */
/* Splits first and decodes then, so that an escaped '&' or '=' is part of a value. */
#include "base/query.h"

#include "base/http_head.h"

static bool bad(struct fault *fault)
{
	return fault_set(fault, FAULT_HTTP, "Query");
}

static bool has(struct text t, char c)
{
	return t.n && memchr(t.at, c, t.n);
}

/* No control character, in whatever form it came: nothing here is more than a line of text. */
static bool plain(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.at[i] < ' ' || t.at[i] == 0x7f)
			return false;
	return text_utf8(t);
}

static bool decode(struct text raw, bool form, struct arena *arena, struct text *out, struct fault *fault)
{
	char *to;
	size_t n = 0;

	*out = raw.n ? raw : text_lit("");
	if (has(raw, '%') || (form && has(raw, '+'))) {
		to = arena_alloc(arena, raw.n);
		if (!to)
			return fault_set(fault, FAULT_TOO_LARGE, "Query");
		for (size_t i = 0; i < raw.n; i++) {
			if (raw.at[i] != '%') {
				to[n++] = form && raw.at[i] == '+' ? ' ' : raw.at[i];
				continue;
			}
			if (i + 2 >= raw.n || http_hex(raw.at[i + 1]) < 0 || http_hex(raw.at[i + 2]) < 0)
				return bad(fault);
			to[n++] = (char)(http_hex(raw.at[i + 1]) << 4 | http_hex(raw.at[i + 2]));
			i += 2;
		}
		*out = (struct text){ to, n };
	}
	return plain(*out) || bad(fault);
}

bool query_segment(struct text segment, struct arena *arena, struct text *out, struct fault *fault)
{
	return decode(segment, false, arena, out, fault);
}

bool query_read(struct text query, struct arena *arena, struct query *out, struct fault *fault)
{
	*out = (struct query){ 0 };
	if (!query.n)
		return true;
	while (text_there(query)) {
		struct text value = text_cut(&query, '&'), name = text_cut(&value, '=');
		struct query_part *part;

		if (!name.n)
			return bad(fault);
		if (out->n == QUERY_PARTS_MAX)
			return fault_set(fault, FAULT_TOO_DEEP, "Query");
		part = arena_push(arena, (void **)&out->parts, &out->n, sizeof(*part));
		if (!part)
			return fault_set(fault, FAULT_TOO_LARGE, "Query");
		if (!decode(name, true, arena, &part->name, fault) || !decode(value, true, arena, &part->value, fault))
			return false;
	}
	return true;
}

struct text query_of(const struct query *query, const char *name)
{
	for (size_t i = 0; i < query->n; i++)
		if (text_is(query->parts[i].name, name))
			return query->parts[i].value;
	return TEXT_NONE;
}

size_t query_count(const struct query *query, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < query->n; i++)
		n += text_is(query->parts[i].name, name);
	return n;
}
