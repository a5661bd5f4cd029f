/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and notes as they are written in messages. */
#include "adjudication/make.h"

#include <assert.h>

struct text make_dollars(struct make *make, int64_t cents)
{
	struct buffer out;

	assert(cents >= 0);
	buffer_init(&out, make->arena, 16);
	buffer_add_int(&out, cents / 100);
	buffer_add_char(&out, '.');
	buffer_add_char(&out, (char)('0' + cents % 100 / 10));
	buffer_add_char(&out, (char)('0' + cents % 10));
	return make_written(make, &out);
}

struct text make_e4(struct make *make, int64_t e4)
{
	struct buffer out;
	char decimals[8];
	size_t n = 4;

	assert(e4 >= 0);
	buffer_init(&out, make->arena, 16);
	buffer_add_int(&out, e4 / 10000);
	for (int64_t i = 4, rest = e4 % 10000; i-- > 0; rest /= 10)
		decimals[i] = (char)('0' + rest % 10);
	while (n && decimals[n - 1] == '0')
		n--;
	if (n) {
		buffer_add_char(&out, '.');
		buffer_add(&out, (struct text){ decimals, n });
	}
	return make_written(make, &out);
}

struct text make_number(struct make *make, int64_t number)
{
	struct buffer out;

	buffer_init(&out, make->arena, 16);
	buffer_add_int(&out, number);
	return make_written(make, &out);
}

struct text make_cut(struct make *make, struct text t, size_t characters)
{
	struct buffer out;
	size_t n = 0, seen = 0;

	assert(characters > 3);
	if (text_characters(t) <= characters)
		return t;
	/* up to the first byte of the character that would be one too many beside the dots */
	while (n < t.n && ((t.at[n] & 0xC0) == 0x80 || seen++ < characters - 3))
		n++;
	buffer_init(&out, make->arena, n + 3);
	buffer_add(&out, (struct text){ t.at, n });
	buffer_lit(&out, "...");
	return make_written(make, &out);
}
