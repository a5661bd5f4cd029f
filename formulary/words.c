/* SPDX-License-Identifier: Apache-2.0 */
/* Windows-1252 byte by byte: it has what ISO 8859-1 has, and characters where that has control codes. */
#include "formulary/words.h"

#include "base/buffer.h"

#include <string.h>

/* From 0x80 to 0x9f; 0 where it has no character. */
static const uint16_t windows[32] = { 0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
	0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178 };

/* Code point of a byte; 0 for none. */
static uint32_t character(unsigned char c)
{
	if (c < 0x20 || c == 0x7f)
		return 0;
	return c >= 0x80 && c < 0xa0 ? windows[c - 0x80] : c;
}

bool words_fit(struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		if ((unsigned char)t.at[i] < ' ' || t.at[i] == 0x7f)
			return false;
		if (t.n - i >= 3 && (memcmp(t.at + i, "\xef\xbf\xbe", 3) == 0 || memcmp(t.at + i, "\xef\xbf\xbf", 3) == 0))
			return false;
	}
	return text_utf8(t);
}

bool words_read(struct text from, size_t most, struct arena *arena, struct text *out, enum fault_code *wrong)
{
	bool utf8 = text_utf8(from);
	struct buffer to;
	size_t characters = 0;

	*out = TEXT_NONE;
	if (!text_there(from))
		return true;
	*wrong = FAULT_BAD_TEXT;
	if (utf8 && !words_fit(from))
		return false;
	buffer_init(&to, arena, from.n * 3 + 1);
	for (size_t i = 0; i < from.n; i++) {
		unsigned char c = (unsigned char)from.at[i];
		uint32_t code = utf8 && c >= 0x80 ? 1 : character(c);
		char bytes[4];

		if (!code)
			return false;
		if ((!utf8 || (c & 0xc0) != 0x80) && ++characters > most)
			break;
		if (utf8)
			buffer_add(&to, (struct text){ from.at + i, 1 });
		else
			buffer_add(&to, (struct text){ bytes, text_put_utf8(bytes, code) });
	}
	*out = buffer_text(&to);
	*wrong = FAULT_TOO_LARGE;
	return text_there(*out);
}
