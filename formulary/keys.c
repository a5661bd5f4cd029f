/* SPDX-License-Identifier: Apache-2.0 */
/* Builds and takes apart the keys of a generation's rows. */
#include "formulary/keys.h"

#include <string.h>

void key_start(struct formulary_key *key, enum row_class class)
{
	key->at[0] = (char)class;
	key->n = 1;
	key->fits = true;
}

void key_add(struct formulary_key *key, struct text part)
{
	if (part.n > KEY_MAX - key->n) {
		key->fits = false;
		return;
	}
	if (part.n)
		memcpy(key->at + key->n, part.at, part.n);
	key->n += part.n;
}

void key_add_number(struct formulary_key *key, uint32_t number)
{
	char bytes[4] = { (char)(number >> 24), (char)(number >> 16), (char)(number >> 8), (char)number };

	key_add(key, (struct text){ bytes, sizeof(bytes) });
}

void key_part(struct formulary_key *key)
{
	key_add(key, text_lit("\037"));
}

void key_body(struct formulary_key *key, enum row_class class, uint32_t owner, struct text body)
{
	key_start(key, class);
	if (class == ROW_PRODUCT || class == ROW_CLASS)
		key_add_number(key, owner);
	key_add(key, body);
	key_part(key);
}

void key_bin(struct formulary_key *key, struct text bin, struct text pcn, struct text group)
{
	key_start(key, ROW_BIN);
	key_add(key, bin);
	key_part(key);
	key_add(key, pcn);
	key_part(key);
	key_add(key, group);
	key_part(key);
}

uint32_t key_number_at(struct text key, size_t at)
{
	const unsigned char *bytes = (const unsigned char *)key.at + at;

	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

uint32_t key_list(struct text key)
{
	return key_number_at(key, key.n - KEY_LIST_BYTES);
}

static struct text product(char kind, struct text first, struct text second, char to[PRODUCT_KEY_MAX])
{
	size_t n = 1 + first.n + (text_there(second) ? 1 + second.n : 0);

	if (n >= PRODUCT_KEY_MAX || !first.n)
		return TEXT_NONE;
	to[0] = kind;
	memcpy(to + 1, first.at, first.n);
	if (text_there(second)) {
		to[1 + first.n] = ':';
		if (second.n)
			memcpy(to + 2 + first.n, second.at, second.n);
	}
	return (struct text){ to, n };
}

struct text product_ndc(struct text ndc, char to[PRODUCT_KEY_MAX])
{
	return ndc.n == 11 ? product('N', ndc, TEXT_NONE, to) : TEXT_NONE;
}

struct text product_rxcui(struct text rxcui, char to[PRODUCT_KEY_MAX])
{
	return product('R', rxcui, TEXT_NONE, to);
}

struct text product_pharmacy(struct text npi, char to[PRODUCT_KEY_MAX])
{
	return npi.n == 10 ? product('P', npi, TEXT_NONE, to) : TEXT_NONE;
}

struct text product_hcpcs(struct text code, char to[PRODUCT_KEY_MAX])
{
	bool good = code.n == 5 && code.at[0] >= 'A' && code.at[0] <= 'Z';

	for (size_t i = 1; good && i < code.n; i++)
		good = code.at[i] >= '0' && code.at[i] <= '9';
	return good ? product('H', code, TEXT_NONE, to) : TEXT_NONE;
}

struct text product_reference(struct text qualifier, struct text reference, char to[PRODUCT_KEY_MAX])
{
	return reference.n ? product('D', qualifier.n ? qualifier : text_lit("?"), reference, to) : TEXT_NONE;
}
