/* SPDX-License-Identifier: Apache-2.0 */
/* Which shapes of an NDC stand for exactly one product. */
#include "formulary/ndc.h"

#include <string.h>

enum { LABELER = 5, PRODUCT = 4, PACKAGE = 2 };

static bool digits(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return t.n > 0;
}

/* Puts a part of `n` digits, or of one less and a zero before it. *filled counts the zeros. */
static bool put(struct text part, size_t n, char *to, int *filled)
{
	if (!digits(part) || part.n > n || part.n + 1 < n)
		return false;
	if (part.n < n) {
		++*filled;
		*to++ = '0';
	}
	memcpy(to, part.at, part.n);
	return true;
}

bool ndc_normal(struct text written, char to[NDC_DIGITS + 1])
{
	struct text rest = text_trim(written), labeler, product, package;
	int filled = 0;

	to[NDC_DIGITS] = '\0';
	if (rest.n == NDC_DIGITS && digits(rest)) {
		memcpy(to, rest.at, NDC_DIGITS);
		return true;
	}
	labeler = text_cut(&rest, '-');
	product = text_cut(&rest, '-');
	package = text_cut(&rest, '-');
	return !text_there(rest) && put(labeler, LABELER, to, &filled) && put(product, PRODUCT, to + LABELER, &filled) &&
	       put(package, PACKAGE, to + LABELER + PRODUCT, &filled) && filled <= 1;
}
