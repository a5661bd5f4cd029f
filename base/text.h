/* SPDX-License-Identifier: Apache-2.0 */
/* Text as it stands in a message: bytes with a length, not necessarily ending in NUL, borrowed from whoever owns them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* at == NULL means "not there"; at != NULL with n == 0 means "there, and empty". */
struct text {
	const char *at;
	size_t n;
};

/* A text for a string literal: text_lit("PAResponse"). */
#define text_lit(literal) ((struct text){ "" literal, sizeof(literal) - 1 })
#define TEXT_NONE ((struct text){ NULL, 0 })
/* For printf: "%.*s", TEXT_ARGS(t). Never with a value that came from a message. */
#define TEXT_ARGS(t) (int)(t).n, (t).at ? (t).at : ""

/* A text over a NUL-terminated string the caller keeps alive; NULL gives TEXT_NONE. */
struct text text_of(const char *zero_terminated);

static inline bool text_there(struct text t)
{
	return t.at != NULL;
}

/* A text of 1 to 7 bytes as a word that has each of them once at least, and no others. Without a loop, whose end a processor guesses
   wrong for every other name or value. */
static inline uint64_t text_few_bytes(const char *at, size_t n)
{
	uint32_t front, back;

	if (n < 4) {
		front = (unsigned char)at[0] * 0x01000001u | (uint32_t)(unsigned char)at[n / 2] << 8 | (uint32_t)(unsigned char)at[n - 1] << 16;
		back = front;
	} else {
		memcpy(&front, at, 4);
		memcpy(&back, at + n - 4, 4);
	}
	return front | (uint64_t)back << 32;
}

/* memcmp for equality, of names and short values: words of eight, the last one overlapping, beat a call. */
static inline bool text_same_bytes(const char *a, const char *b, size_t n)
{
	enum { WORD = 8 };
	uint64_t x, y;

	if (n < WORD)
		return n == 0 || text_few_bytes(a, n) == text_few_bytes(b, n);
	for (size_t i = 0; i + WORD < n; i += WORD) {
		memcpy(&x, a + i, WORD);
		memcpy(&y, b + i, WORD);
		if (x != y)
			return false;
	}
	memcpy(&x, a + n - WORD, WORD);
	memcpy(&y, b + n - WORD, WORD);
	return x == y;
}

bool text_equal(struct text a, struct text b);
bool text_is(struct text a, const char *zero_terminated);
/* ASCII letters compared without case. */
bool text_equal_nocase(struct text a, struct text b);
bool text_starts(struct text t, const char *prefix);
/* memcmp order, shorter first on a tie. */
int text_compare(struct text a, struct text b);

/* Without leading and trailing XML white space (space, tab, CR, LF). */
struct text text_trim(struct text t);

/* Cuts the part before the first `separator` off the front of *rest and returns it; the whole rest when there is none.
   When *rest is used up it becomes TEXT_NONE. */
struct text text_cut(struct text *rest, char separator);

/* True when `word` is one of the space-separated words of `list`. */
bool text_in_list(struct text word, const char *list);

/* Length in characters (UTF-8 code points), for limits that a standard states in characters. */
size_t text_characters(struct text t);

/* True when the bytes are well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, at most U+10FFFF). */
bool text_utf8(struct text t);

/* Writes the code point, at most U+10FFFF, as UTF-8: 1 to 4 bytes, and returns how many. */
size_t text_put_utf8(char *to, uint32_t c);

/* Decimal digits with optional sign to a number; false when it is anything else or does not fit. */
bool text_to_int(struct text t, int64_t *out);

/* Copies into a C string of `size` bytes, cut to fit, always NUL-terminated. Returns `out`. */
char *text_to_z(struct text t, char *out, size_t size);

/* Well mixed 64-bit hash of the bytes, not cryptographic (xxh3). */
uint64_t text_hash(struct text t);
