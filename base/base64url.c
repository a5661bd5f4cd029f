/* SPDX-License-Identifier: Apache-2.0 */
/* base64url both ways, one spelling for every value. */
#include "base/base64url.h"

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64url_read(struct text t, struct arena *arena, struct text *out)
{
	size_t n = t.n / 4 * 3 + (t.n % 4 ? t.n % 4 - 1 : 0), at = 0;
	unsigned char *bytes;
	uint32_t bits = 0;
	int held = 0;

	if (!text_there(t) || t.n % 4 == 1)
		return false;
	bytes = arena_alloc(arena, n + 1);
	if (!bytes)
		return false;
	for (size_t i = 0; i < t.n; i++) {
		int value = value_of(t.at[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			bytes[at++] = (unsigned char)(bits >> held);
			bits &= (1u << held) - 1;
		}
	}
	*out = (struct text){ (const char *)bytes, n };
	return bits == 0;
}

static void write_letters(const unsigned char *from, size_t n, const char letters[64], struct buffer *out)
{
	uint32_t bits = 0;
	int held = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | from[i];
		for (held += 8; held >= 6; held -= 6)
			buffer_add_char(out, letters[bits >> (held - 6) & 63]);
		bits &= (1u << held) - 1;
	}
	if (held)
		buffer_add_char(out, letters[bits << (6 - held) & 63]);
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

void base64url_write(const void *bytes, size_t n, struct buffer *out)
{
	write_letters(bytes, n, LETTERS "-_", out);
}

void base64_write(const void *bytes, size_t n, struct buffer *out)
{
	write_letters(bytes, n, LETTERS "+/", out);
	for (size_t i = n; i % 3; i++)
		buffer_add_char(out, '=');
}
