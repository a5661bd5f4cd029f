/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a bad twin out of the accepted message it is a twin of. */
#include "test/ncpdp/twins.h"

#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct twin twins[] = {
#define TWIN(family, of, name, change, what, with, code, path) \
	{ NCPDP_##family, of, #name, change, what, with, #code, path },
#include "test/ncpdp/bad/twins.def"
#include "test/ncpdp/bad/twins_branches.def"
#undef TWIN
};
const size_t twins_n = sizeof(twins) / sizeof(twins[0]);

/* Where the element of this name stands, its tags included. */
static struct text element(struct text body, const char *name)
{
	char open[100], close[100];
	const char *from, *to;

	snprintf(close, sizeof(close), "</%s>", name);
	to = memmem(body.at, body.n, close, strlen(close));
	cr_assert(to, "no element %s", name);
	snprintf(open, sizeof(open), "<%s>", name);
	from = memmem(body.at, body.n, open, strlen(open));
	if (!from || from > to) {
		snprintf(open, sizeof(open), "<%s ", name);
		from = memmem(body.at, body.n, open, strlen(open));
	}
	cr_assert(from && from < to, "no element %s", name);
	return (struct text){ from, (size_t)(to - from) + strlen(close) };
}

struct text twin_body(const struct twin *twin, struct text body, struct arena *arena)
{
	struct buffer out;
	struct text what = text_of(twin->what);
	const char *at;

	buffer_init(&out, arena, body.n + 4096);
	if (twin->change == WITHOUT || twin->change == TIMES) {
		what = element(body, twin->what);
	} else {
		at = memmem(body.at, body.n, what.at, what.n);
		cr_assert(at, "%s: the text to change is not there", twin->name);
		what.at = at;
	}
	buffer_add(&out, (struct text){ body.at, (size_t)(what.at - body.at) });
	switch (twin->change) {
	case WITHOUT:
		break;
	case TIMES:
		for (int i = 0; i < atoi(twin->with); i++)
			buffer_add(&out, what);
		break;
	case FILL:
		for (int i = 0; i < atoi(twin->with); i++)
			buffer_add_char(&out, '1');
		break;
	case REPLACE:
		buffer_add(&out, text_of(twin->with));
		break;
	}
	at = what.at + what.n;
	buffer_add(&out, (struct text){ at, (size_t)(body.at + body.n - at) });
	return buffer_text(&out);
}
