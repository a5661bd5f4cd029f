/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a product's description, as they are stored and as they are searched for. */
#pragma once

#include "base/text.h"

enum {
	WORD_MAX = 40,  /* bytes of a word that count */
	WORDS_MAX = 24, /* words of one description that count; 105 characters have some 15 */
};

struct terms {
	char bytes[WORDS_MAX][WORD_MAX];
	size_t n[WORDS_MAX];
	size_t count;
};

/* Cuts `description` into words: letters and digits, those of ASCII as small ones; a point between digits belongs to its number. */
void terms_of(struct text description, struct terms *out);
static inline struct text terms_at(const struct terms *words, size_t i)
{
	return (struct text){ words->bytes[i], words->n[i] };
}
/* True for a word under which products are stored: it begins with a letter, has at least three of them, and is not a unit or form that
   thousands of products share. */
bool terms_stored(struct text word);
/* True when the first word begins with the first that is wanted. */
bool terms_first(const struct terms *words, const struct terms *wanted);
/* True when every one of `wanted` is among the words, the last one as their beginning. */
bool terms_hold(const struct terms *words, const struct terms *wanted);
