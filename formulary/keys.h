/* SPDX-License-Identifier: Apache-2.0 */
/* How a generation's rows are keyed in the store. Products lie under their plan, so one get answers a lookup; all other rows begin with
   0x01, which no plan's name can contain, since names hold no control characters. */
#pragma once

#include "formulary/records.h"

enum { KEY_MAX = 400 }; /* bytes; a plan is at most 80 characters of at most 4 bytes, an NDC 11, a BIN line 76 characters */

struct formulary_key {
	char at[KEY_MAX];
	size_t n;
	bool fits; /* false: longer than any key that was ever loaded, so nothing can be found under it */
};

/* plan 0x1f ndc */
void key_product(struct formulary_key *key, struct text plan, struct text ndc);
/* 0x01 p plan: the plan is there */
void key_plan(struct formulary_key *key, struct text plan);
/* 0x01 b bin 0x1f pcn 0x1f group: a packed bin_line; an absent part is empty */
void key_bin(struct formulary_key *key, struct text bin, struct text pcn, struct text group);
#define KEY_BINS text_lit("\001b")
/* The packed load_report of the generation. Written last: a generation without it was not finished. */
#define KEY_REPORT text_lit("\001r")

static inline struct text key_text(const struct formulary_key *key)
{
	return (struct text){ key->at, key->n };
}
