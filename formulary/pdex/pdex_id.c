/* SPDX-License-Identifier: Apache-2.0 */
/* Three forms, told apart by how they begin: a letter or digit, a point, a dash. */
#include "formulary/pdex/pdex_id.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";

enum { HASH_CHARACTERS = 10 }; /* 60 bits */

static bool plain(struct text name, size_t room)
{
	for (size_t i = 0; i < name.n; i++)
		if (!name.at[i] || !strchr(alphabet, name.at[i]))
			return false;
	return name.n && name.n <= room && name.at[0] != '-' && name.at[0] != '.';
}

/* Three bytes become four characters, and one or two at the end two or three. */
static size_t encode(struct text bytes, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t have = bytes.n - i < 3 ? bytes.n - i : 3;
		uint32_t three = 0;

		for (size_t k = 0; k < 3; k++)
			three = three << 8 | (k < have ? (unsigned char)bytes.at[i + k] : 0);
		for (size_t k = 0; k <= have; k++)
			to[n++] = alphabet[three >> (18 - 6 * k) & 63];
	}
	return n;
}

static bool decode(struct text from, char *to, size_t *n)
{
	*n = 0;
	if (from.n % 4 == 1)
		return false;
	for (size_t i = 0; i < from.n; i += 4) {
		size_t have = from.n - i < 4 ? from.n - i : 4;
		uint32_t three = 0;

		for (size_t k = 0; k < 4; k++) {
			const char *at = k < have && from.at[i + k] ? strchr(alphabet, from.at[i + k]) : alphabet;

			if (!at)
				return false;
			three = three << 6 | (uint32_t)(at - alphabet);
		}
		for (size_t k = 0; k + 1 < have; k++)
			to[(*n)++] = (char)(three >> (16 - 8 * k));
	}
	return true;
}

struct text pdex_id_write(struct text name, size_t room, char to[PDEX_ID_MAX + 1])
{
	size_t n, kept = (room - 1 - HASH_CHARACTERS) / 4 * 3;
	uint64_t hash;

	if (plain(name, room)) {
		memcpy(to, name.at, name.n);
		n = name.n;
	} else if (name.n * 4 <= (room - 1) * 3 - 3) {
		to[0] = '.';
		n = 1 + encode(name, to + 1);
	} else {
		to[0] = '-';
		n = 1 + encode((struct text){ name.at, kept }, to + 1);
		hash = text_hash(name);
		for (int i = 0; i < HASH_CHARACTERS; i++, hash >>= 6)
			to[n++] = alphabet[hash & 63];
	}
	to[n] = '\0';
	return (struct text){ to, n };
}

bool pdex_id_read(struct text id, struct pdex_id *out)
{
	*out = (struct pdex_id){ .whole = true };
	if (!id.n || id.n > PDEX_ID_MAX)
		return false;
	if (plain(id, PDEX_ID_MAX)) {
		memcpy(out->at, id.at, id.n);
		out->n = id.n;
		return true;
	}
	if (id.at[0] == '.')
		return decode((struct text){ id.at + 1, id.n - 1 }, out->at, &out->n);
	out->whole = false;
	return id.at[0] == '-' && id.n > 1 + HASH_CHARACTERS && decode((struct text){ id.at + 1, id.n - 1 - HASH_CHARACTERS }, out->at, &out->n) &&
	       out->n > 0;
}

bool pdex_id_is(struct text id, struct text name, size_t room)
{
	char own[PDEX_ID_MAX + 1];

	return text_equal(id, pdex_id_write(name, room, own));
}
