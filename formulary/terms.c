/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts descriptions into words. Nothing of a language is known here: no stems, no synonyms. */
#include "formulary/terms.h"

/* Units, forms and ways that so many descriptions have that to walk through them finds nothing. Still compared when searched for. */
static const char common[] = "tablet tablets tab tabs capsule capsules cap caps oral solution suspension cream ointment gel injection "
			     "injectable topical release extended delayed powder liquid syrup spray patch film coated chewable disintegrating "
			     "mcg unt meq unit units actuat pen syringe vial pack each per and for with hour day act";

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool in_word(struct text t, size_t i)
{
	return letter(t.at[i]) || digit(t.at[i]) ||
	       (t.at[i] == '.' && i && i + 1 < t.n && digit(t.at[i - 1]) && digit(t.at[i + 1]));
}

void terms_of(struct text description, struct terms *out)
{
	bool within = false;

	out->count = 0;
	for (size_t i = 0; i < description.n; i++) {
		char c = description.at[i];

		if (!in_word(description, i)) {
			within = false;
			continue;
		}
		if (!within) {
			if (out->count == WORDS_MAX)
				return;
			out->n[out->count++] = 0;
			within = true;
		}
		if (out->n[out->count - 1] < WORD_MAX)
			out->bytes[out->count - 1][out->n[out->count - 1]++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
}

bool terms_stored(struct text word)
{
	return word.n >= 3 && letter(word.at[0]) && !text_in_list(word, common);
}

static bool begins(struct text word, struct text with)
{
	return word.n >= with.n && text_same_bytes(word.at, with.at, with.n);
}

static bool holds(const struct terms *words, struct text wanted, bool beginning)
{
	for (size_t i = 0; i < words->count; i++)
		if (beginning ? begins(terms_at(words, i), wanted) : text_equal(terms_at(words, i), wanted))
			return true;
	return false;
}

bool terms_first(const struct terms *words, const struct terms *wanted)
{
	return words->count && wanted->count && begins(terms_at(words, 0), terms_at(wanted, 0));
}

bool terms_hold(const struct terms *words, const struct terms *wanted)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!holds(words, terms_at(wanted, i), i + 1 == wanted->count))
			return false;
	return true;
}
