/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that are kept as text compared without losing a digit. */
#include "ncpdp/decimal.h"

#include "base/record.h"

#include <string.h>

bool decimal_is(struct text t)
{
	static const struct field any = { .kind = FIELD_DECIMAL };
	struct fault ignored;

	return field_check_text(&any, t, &ignored);
}

struct parts {
	bool negative;
	struct text whole, part; /* without leading and trailing zeros */
};

static struct parts parts_of(struct text t)
{
	struct parts p = { 0 };

	if (t.n && (*t.at == '-' || *t.at == '+')) {
		p.negative = *t.at == '-';
		t.at++;
		t.n--;
	}
	p.whole = text_cut(&t, '.');
	p.part = t;
	while (p.whole.n && *p.whole.at == '0') {
		p.whole.at++;
		p.whole.n--;
	}
	while (p.part.n && p.part.at[p.part.n - 1] == '0')
		p.part.n--;
	if (!p.whole.n && !p.part.n)
		p.negative = false; /* -0 */
	return p;
}

/* Digits of the same weight, so the first that differs decides. */
static int digits_compare(struct text a, struct text b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.at, b.at, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

int decimal_compare(struct text a, struct text b)
{
	struct parts x = parts_of(a), y = parts_of(b);
	int order;

	if (x.negative != y.negative)
		return x.negative ? -1 : 1;
	if (x.whole.n != y.whole.n)
		order = x.whole.n < y.whole.n ? -1 : 1;
	else
		order = digits_compare(x.whole, y.whole);
	if (order == 0)
		order = digits_compare(x.part, y.part);
	return x.negative ? -order : order;
}

bool decimal_holds(struct text value, struct text word, struct text bound)
{
	int order = decimal_compare(value, bound);

	return (text_is(word, "EQ") && order == 0) || (text_is(word, "NE") && order != 0) ||
	       (text_is(word, "GT") && order > 0) || (text_is(word, "LT") && order < 0) ||
	       (text_is(word, "GE") && order >= 0) || (text_is(word, "LE") && order <= 0);
}
