/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing, cutting and measuring borrowed text. */
#include "base/text.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct text text_of(const char *z)
{
	return z ? (struct text){ z, strlen(z) } : TEXT_NONE;
}

bool text_equal(struct text a, struct text b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

bool text_is(struct text a, const char *z)
{
	size_t n = strlen(z);

	return a.n == n && (n == 0 || memcmp(a.at, z, n) == 0);
}

bool text_equal_nocase(struct text a, struct text b)
{
	return a.n == b.n && (a.n == 0 || strncasecmp(a.at, b.at, a.n) == 0);
}

bool text_starts(struct text t, const char *prefix)
{
	size_t n = strlen(prefix);

	return t.n >= n && (n == 0 || memcmp(t.at, prefix, n) == 0);
}

int text_compare(struct text a, struct text b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.at, b.at, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static bool white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct text text_trim(struct text t)
{
	while (t.n && white(t.at[0]))
		t.at++, t.n--;
	while (t.n && white(t.at[t.n - 1]))
		t.n--;
	return t;
}

struct text text_cut(struct text *rest, char separator)
{
	struct text part = *rest;
	const char *end = rest->n ? memchr(rest->at, separator, rest->n) : NULL;

	if (!end) {
		*rest = TEXT_NONE;
		return part;
	}
	part.n = (size_t)(end - part.at);
	*rest = (struct text){ end + 1, rest->n - part.n - 1 };
	return part;
}

bool text_in_list(struct text word, const char *list)
{
	for (const char *at = list; *at;) {
		size_t n = strcspn(at, " ");

		if (n == word.n && n && memcmp(at, word.at, n) == 0)
			return true;
		at += n + (at[n] == ' ');
	}
	return false;
}

size_t text_characters(struct text t)
{
	size_t count = 0;

	for (size_t i = 0; i < t.n; i++)
		count += ((unsigned char)t.at[i] & 0xC0) != 0x80;
	return count;
}

bool text_utf8(struct text t)
{
	const unsigned char *at = (const unsigned char *)t.at, *end = t.n ? at + t.n : at;

	while (at < end) {
		unsigned lead = *at++, more = 0, low = 0x80, high = 0xBF;

		if (lead < 0x80)
			continue;
		if (lead >= 0xC2 && lead <= 0xDF)
			more = 1;
		else if (lead >= 0xE0 && lead <= 0xEF)
			more = 2, low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
		else if (lead >= 0xF0 && lead <= 0xF4)
			more = 3, low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
		else
			return false;
		for (; more; more--, low = 0x80, high = 0xBF)
			if (at == end || *at < low || *at++ > high)
				return false;
	}
	return true;
}

size_t text_put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xC0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xE0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3F));
		to[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	to[0] = (char)(0xF0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3F));
	to[2] = (char)(0x80 | (c >> 6 & 0x3F));
	to[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

bool text_to_int(struct text t, int64_t *out)
{
	bool minus = t.n && t.at[0] == '-';
	size_t i = t.n && (t.at[0] == '-' || t.at[0] == '+');
	int64_t sum = 0;

	if (i == t.n)
		return false;
	for (; i < t.n; i++) {
		int digit = t.at[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
			__builtin_sub_overflow(sum, digit, &sum))
			return false;
	}
	if (!minus && sum == INT64_MIN)
		return false;
	*out = minus ? sum : -sum;
	return true;
}

char *text_to_z(struct text t, char *out, size_t size)
{
	size_t n = t.n < size ? t.n : size - 1;

	if (n)
		memcpy(out, t.at, n);
	out[n] = '\0';
	return out;
}

uint64_t text_hash(struct text t)
{
	return XXH3_64bits(t.at ? t.at : "", t.n);
}
