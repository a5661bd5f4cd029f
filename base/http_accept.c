/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the two list headers by which a client chooses. */
#include "base/http_accept.h"

enum { RANGE_NONE, RANGE_ALL, RANGE_TYPE, RANGE_WHOLE }; /* how closely a media range fits */

static int fits(struct text range, const char *media)
{
	struct text wanted = text_of(media), type, kind;

	if (text_is(range, "*/*"))
		return RANGE_ALL;
	if (text_equal_nocase(range, wanted))
		return RANGE_WHOLE;
	type = text_cut(&range, '/');
	kind = text_cut(&wanted, '/');
	return text_is(range, "*") && text_equal_nocase(type, kind) ? RANGE_TYPE : RANGE_NONE;
}

/* "q=0", "q=0.0" ... : not wanted at all (RFC 9110 12.4.2). */
static bool unwanted(struct text parameters)
{
	while (text_there(parameters)) {
		struct text value = text_trim(text_cut(&parameters, ';')), name = text_trim(text_cut(&value, '='));

		if (!text_equal_nocase(name, text_lit("q")) || !text_there(value))
			continue;
		value = text_trim(value);
		for (size_t i = 0; i < value.n; i++)
			if (value.at[i] != '0' && value.at[i] != '.')
				return false;
		return value.n > 0;
	}
	return false;
}

bool http_accepts(struct text accept, const char *media)
{
	int best = RANGE_NONE;
	bool taken = true;

	accept = text_trim(accept);
	if (!accept.n)
		return true;
	while (text_there(accept)) {
		struct text rest = text_cut(&accept, ','), range = text_trim(text_cut(&rest, ';'));
		int how = fits(range, media);

		if (how > best) {
			best = how;
			taken = !unwanted(rest);
		}
	}
	return best != RANGE_NONE && taken;
}

bool http_tag_listed(struct text if_none_match, struct text tag)
{
	if (text_is(text_trim(if_none_match), "*"))
		return true;
	while (text_there(if_none_match)) {
		struct text one = text_trim(text_cut(&if_none_match, ','));

		if (text_starts(one, "W/"))
			one = (struct text){ one.at + 2, one.n - 2 };
		if (one.n == tag.n + 2 && one.at[0] == '"' && one.at[one.n - 1] == '"' &&
			text_equal((struct text){ one.at + 1, tag.n }, tag))
			return true;
	}
	return false;
}
