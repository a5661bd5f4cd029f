/* SPDX-License-Identifier: Apache-2.0 */
/* Is this JSON, exactly as RFC 8259 has it, and within our limits? Asked once, so that reading it need not. */
#include "base/json_scan.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct scan {
	const char *start, *at, *end;
	struct arena *arena;
	struct json_types *types;
	struct fault *fault;
	int depth;
};

static bool no(struct scan *s, enum fault_code code)
{
	return fault_set(s->fault, code, "");
}

static bool not_json(struct scan *s)
{
	return no(s, FAULT_NOT_JSON);
}

/* Sixteen bytes at a time, as signed numbers: what is not ASCII is below the space, as control characters are. */
enum { LANES = 16 };
typedef signed char lanes __attribute__((vector_size(LANES)));

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

/* The first byte that is a quote, a backslash, a control character or not ASCII. */
static inline const char *run_end(const char *at, const char *end)
{
	for (; end - at >= LANES; at += LANES) {
		lanes v;
		size_t odd;

		memcpy(&v, at, LANES);
		odd = first_set((v < all(0x20)) | (v == all('"')) | (v == all('\\')));
		if (odd < LANES)
			return at + odd;
	}
	while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

const char *json_string_end(const char *at, const char *end, bool *escaped)
{
	*escaped = false;
	while ((at = run_end(at, end)) < end && *at != '"') {
		if (*at == '\\') {
			*escaped = true;
			at++;
		}
		at += at < end;
	}
	return at;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits; -1 when they are not. */
static int hex4(const char *at, const char *end)
{
	int sum = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return -1;
		sum = sum * 16 + digit;
	}
	return sum;
}

/* RFC 8259 7. s->at is behind the backslash. */
static bool scan_escape(struct scan *s)
{
	int unit, low;

	if (s->at == s->end)
		return not_json(s);
	if (*s->at != 'u')
		return (*s->at && strchr("\"\\/bfnrt", *s->at++)) || not_json(s);
	unit = hex4(s->at + 1, s->end);
	s->at += unit < 0 ? 0 : 5;
	if (unit < 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
		return not_json(s);
	if (unit < 0xD800 || unit > 0xDBFF)
		return true;
	if (s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u')
		return not_json(s);
	low = hex4(s->at + 2, s->end);
	s->at += 6;
	return (low >= 0xDC00 && low <= 0xDFFF) || not_json(s);
}

static bool scan_string(struct scan *s, struct text *raw, bool *escaped)
{
	bool ascii = true;

	raw->at = ++s->at;
	*escaped = false;
	for (;;) {
		s->at = run_end(s->at, s->end);
		if (s->at == s->end)
			return not_json(s);
		if (*s->at == '"')
			break;
		if ((unsigned char)*s->at >= 0x80) {
			ascii = false;
			s->at++;
		} else if (*s->at++ == '\\') {
			*escaped = true;
			if (!scan_escape(s))
				return false;
		} else {
			return not_json(s); /* a bare control character */
		}
	}
	raw->n = (size_t)(s->at++ - raw->at);
	return ascii || text_utf8(*raw) || not_json(s);
}

struct text json_unescape(struct text raw, struct arena *arena)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *at = raw.at, *end = raw.at + raw.n;
	char *copy, *to;

	if (!raw.n || !memchr(raw.at, '\\', raw.n))
		return raw;
	copy = to = arena_alloc(arena, raw.n); /* an escape is longer than what it stands for */
	if (!copy)
		return TEXT_NONE;
	while (at < end) {
		unsigned unit;

		if (*at != '\\') {
			*to++ = *at++;
			continue;
		}
		if (at[1] != 'u') {
			*to++ = into[strchr(from, at[1]) - from];
			at += 2;
			continue;
		}
		unit = (unsigned)hex4(at + 2, end);
		at += 6;
		if (unit >= 0xD800 && unit <= 0xDBFF) { /* the scan has seen to the other half */
			unit = 0x10000 + (unit - 0xD800) * 0x400 + (unsigned)hex4(at + 2, end) - 0xDC00;
			at += 6;
		}
		to += text_put_utf8(to, unit);
	}
	return (struct text){ copy, (size_t)(to - copy) };
}

static void white(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
		s->at++;
}

static bool take(struct scan *s, char c)
{
	white(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static bool digits(struct scan *s)
{
	const char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at > from;
}

/* RFC 8259 6: no leading zero, a digit on both sides of the point. */
static bool scan_number(struct scan *s)
{
	if (*s->at == '-')
		s->at++;
	if (s->at < s->end && *s->at == '0')
		s->at++;
	else if (!digits(s))
		return not_json(s);
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		if (!digits(s))
			return not_json(s);
	}
	if (s->at < s->end && (*s->at | 0x20) == 'e') {
		s->at++;
		s->at += s->at < s->end && (*s->at == '-' || *s->at == '+');
		if (!digits(s))
			return not_json(s);
	}
	return true;
}

static bool scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
		return not_json(s);
	s->at += n;
	return true;
}

/* Whether a name stands twice, by 64-bit hashes. Names that were made to fall together by their hashes do not here: where they go depends on
   where this process has its stack, too. Two different names of one hash would be refused: once in 10^14 full objects by chance, and only its
   maker suffers from one made on purpose. */
static __attribute__((noinline)) bool any_twice(const uint64_t *names, size_t n)
{
	enum { SLOT_BITS = 10, SLOTS = 1 << SLOT_BITS, FEW = 8 };
	uint16_t slots[SLOTS]; /* 1 + index of a name */
	uint64_t salt = ((uint64_t)(uintptr_t)slots * UINT64_C(0x9E3779B97F4A7C15)) | 1; /* multiply-shift (Dietzfelbinger 1997) wants it odd */

	_Static_assert(SLOTS >= 2 * JSON_MEMBERS_MAX && JSON_MEMBERS_MAX < UINT16_MAX, "half of the slots stay free");
	if (n <= FEW) {
		for (size_t i = 1; i < n; i++)
			for (size_t j = 0; j < i; j++)
				if (names[i] == names[j])
					return true;
		return false;
	}
	memset(slots, 0, sizeof(slots));
	for (size_t i = 0; i < n; i++) {
		size_t slot = (size_t)((names[i] * salt) >> (64 - SLOT_BITS));

		for (; slots[slot]; slot = (slot + 1) & (SLOTS - 1))
			if (names[slots[slot] - 1] == names[i])
				return true;
		slots[slot] = (uint16_t)(i + 1);
	}
	return false;
}

static bool scan_value(struct scan *s);

static bool note_type(struct scan *s, const char *object, struct text raw)
{
	struct json_type *type = arena_push(s->arena, (void **)&s->types->at, &s->types->n, sizeof(*type));

	if (!type)
		return no(s, FAULT_TOO_LARGE);
	*type = (struct json_type){ (size_t)(object - s->start), json_unescape(raw, s->arena) };
	return text_there(type->name) || no(s, FAULT_TOO_LARGE);
}

static bool scan_member(struct scan *s, const char *object, uint64_t *hash)
{
	struct text name, value;
	bool escaped;

	white(s);
	if (s->at == s->end || *s->at != '"')
		return not_json(s);
	if (!scan_string(s, &name, &escaped))
		return false;
	if (escaped) {
		name = json_unescape(name, s->arena);
		if (!text_there(name))
			return no(s, FAULT_TOO_LARGE);
	}
	*hash = text_hash(name);
	if (!take(s, ':'))
		return not_json(s);
	white(s);
	if (s->at < s->end && *s->at == '"' && text_is(name, "resourceType"))
		return scan_string(s, &value, &escaped) && note_type(s, object, value);
	return scan_value(s);
}

static bool scan_object(struct scan *s)
{
	uint64_t names[JSON_MEMBERS_MAX]; /* 4 KB of stack per level, JSON_DEPTH_MAX levels at most */
	const char *object = s->at++;
	size_t n = 0;

	if (take(s, '}'))
		return true;
	do {
		if (n == JSON_MEMBERS_MAX)
			return no(s, FAULT_TOO_DEEP);
		if (!scan_member(s, object, &names[n++]))
			return false;
	} while (take(s, ','));
	if (!take(s, '}'))
		return not_json(s);
	return !any_twice(names, n) || no(s, FAULT_REPEATED);
}

static bool scan_array(struct scan *s)
{
	s->at++;
	if (take(s, ']'))
		return true;
	do
		if (!scan_value(s))
			return false;
	while (take(s, ','));
	return take(s, ']') || not_json(s);
}

static bool scan_value(struct scan *s)
{
	struct text raw;
	bool escaped, good;

	white(s);
	if (s->at == s->end)
		return not_json(s);
	switch (*s->at) {
	case '"':
		return scan_string(s, &raw, &escaped);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	case '{':
	case '[':
		if (s->depth == JSON_DEPTH_MAX)
			return no(s, FAULT_TOO_DEEP);
		s->depth++;
		good = *s->at == '{' ? scan_object(s) : scan_array(s);
		s->depth--;
		return good;
	default:
		return scan_number(s);
	}
}

static int by_object(const void *a, const void *b)
{
	size_t one = ((const struct json_type *)a)->object, other = ((const struct json_type *)b)->object;

	return (one > other) - (one < other);
}

bool json_scan(struct text body, struct arena *arena, struct json_types *types, struct fault *fault)
{
	struct scan s = { body.at, body.at, body.n ? body.at + body.n : body.at, arena, types, fault, 0 };

	*types = (struct json_types){ 0 };
	if (body.n > JSON_BODY_MAX)
		return no(&s, FAULT_TOO_LARGE);
	white(&s);
	if (s.at == s.end || *s.at != '{')
		return not_json(&s);
	if (!scan_value(&s))
		return false;
	white(&s);
	if (s.at != s.end)
		return not_json(&s);
	if (types->n > 1) /* an object's type may stand behind those of the objects in it */
		qsort(types->at, types->n, sizeof(*types->at), by_object);
	return true;
}
