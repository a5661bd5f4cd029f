/* SPDX-License-Identifier: Apache-2.0 */
/* Reads digit by digit; no binary fraction comes near. */
#include "formulary/amount.h"

enum { DIGITS_MAX = 12 }; /* before the point: far from what 64 bits hold with 4 places */

static bool digits(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return true;
}

/* *rest: the digits past the places. */
static bool read_to(struct text written, int places, int64_t *out, struct text *rest)
{
	struct text part = written, whole = text_cut(&part, '.');

	*out = 0;
	if (whole.n + part.n == 0 || whole.n > DIGITS_MAX || !digits(whole) || !digits(part))
		return false;
	for (size_t i = 0; i < whole.n; i++)
		*out = *out * 10 + (whole.at[i] - '0');
	for (size_t i = 0; i < (size_t)places; i++)
		*out = *out * 10 + (i < part.n ? part.at[i] - '0' : 0);
	*rest = part.n > (size_t)places ? (struct text){ part.at + places, part.n - (size_t)places } : TEXT_NONE;
	return true;
}

bool amount_read(struct text written, int places, int64_t *out)
{
	struct text rest;

	if (!read_to(written, places, out, &rest))
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (rest.at[i] != '0')
			return false;
	return true;
}

bool amount_read_half_up(struct text written, int places, int64_t *out)
{
	struct text rest;

	if (!read_to(written, places, out, &rest))
		return false;
	*out += rest.n && rest.at[0] >= '5';
	return true;
}
