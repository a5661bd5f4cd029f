/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of an NDC: one product, or none. */
#include "formulary/ndc.h"

#include "test/case.h"

static const struct {
	const char *written, *normal;
} shapes[] = {
	{ "99999000101", "99999000101" },
	{ " 99999000101 ", "99999000101" },
	{ "99999-0001-01", "99999000101" },
	{ "9999-0001-01", "09999000101" },
	{ "99999-001-01", "99999000101" },
	{ "99999-0001-1", "99999000101" },
	{ "9999000101", NULL },     /* ten digits: three products */
	{ "99999-00101", NULL },    /* 5-5 */
	{ "9999-000101", NULL },    /* 4-6 */
	{ "9999-001-01", NULL },    /* two parts short */
	{ "9999-0001-1", NULL },
	{ "999999-0001-01", NULL }, /* a labeler of six digits */
	{ "99999-00001-01", NULL },
	{ "99999-0001-01-", NULL },
	{ "99999-0001-01-2", NULL },
	{ "99999-0001-", NULL },
	{ "-0001-01", NULL },
	{ "9999900010A", NULL },
	{ "99999-00A1-01", NULL },
	{ "999990001012", NULL },
	{ "", NULL },
	{ "*9999-0001-01", NULL },
};

CASE(ndc, each_shape_is_one_product_or_none)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		char to[NDC_DIGITS + 1];
		bool good = ndc_normal(text_of(shapes[i].written), to);

		cr_expect_eq(good, shapes[i].normal != NULL, "%s", shapes[i].written);
		if (good && shapes[i].normal)
			cr_expect_str_eq(to, shapes[i].normal);
	}
	cr_expect_not(ndc_normal(TEXT_NONE, (char[NDC_DIGITS + 1]){ 0 }));
}
