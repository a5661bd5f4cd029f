/* SPDX-License-Identifier: Apache-2.0 */
/* Reads digit by digit and rounds nothing. */
#include "formulary/amount.h"

enum { DIGITS_MAX = 12 }; /* before the point: far from what 64 bits hold with 4 places */

static bool digits(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return true;
}

bool amount_read(struct text written, int places, int64_t *out)
{
	struct text part = written, whole = text_cut(&part, '.');

	*out = 0;
	if (whole.n + part.n == 0 || whole.n > DIGITS_MAX || !digits(whole) || !digits(part))
		return false;
	for (size_t i = 0; i < whole.n; i++)
		*out = *out * 10 + (whole.at[i] - '0');
	for (size_t i = 0; i < (size_t)places; i++)
		*out = *out * 10 + (i < part.n ? part.at[i] - '0' : 0);
	for (size_t i = (size_t)places; i < part.n; i++)
		if (part.at[i] != '0')
			return false;
	return true;
}
