/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the keys of a generation's rows. */
#include "formulary/keys.h"

#include <string.h>

static void start(struct formulary_key *key)
{
	key->n = 0;
	key->fits = true;
}

static void add(struct formulary_key *key, struct text part)
{
	if (part.n > KEY_MAX - key->n) {
		key->fits = false;
		return;
	}
	if (part.n)
		memcpy(key->at + key->n, part.at, part.n);
	key->n += part.n;
}

void key_product(struct formulary_key *key, struct text plan, struct text ndc)
{
	start(key);
	add(key, plan);
	add(key, text_lit("\037"));
	add(key, ndc);
}

void key_plan(struct formulary_key *key, struct text plan)
{
	start(key);
	add(key, text_lit("\001p"));
	add(key, plan);
}

void key_bin(struct formulary_key *key, struct text bin, struct text pcn, struct text group)
{
	start(key);
	add(key, KEY_BINS);
	add(key, bin);
	add(key, text_lit("\037"));
	add(key, pcn);
	add(key, text_lit("\037"));
	add(key, group);
}
