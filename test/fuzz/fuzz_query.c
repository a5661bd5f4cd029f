/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as parameters: what is read is fit to be looked at, and written out again it is read the same. */
#include "base/buffer.h"
#include "base/query.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool fit(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.at[i] < ' ' || t.at[i] == 0x7f)
			return false;
	return text_there(t) && text_utf8(t);
}

static void escape(struct buffer *out, struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		buffer_format(out, "%%%02X", (unsigned char)t.at[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *bytes = malloc(n ? n : 1);
	struct query query, again;
	struct arena arena;
	struct buffer text;
	struct fault fault = { 0 };
	struct text segment;

	if (n)
		memcpy(bytes, data, n);
	arena_init(&arena, 16 << 20);
	if (query_read((struct text){ bytes, n }, &arena, &query, &fault)) {
		buffer_init(&text, &arena, n * 3 + 1);
		assert(query.n <= QUERY_PARTS_MAX && (n == 0) == (query.n == 0));
		for (size_t i = 0; i < query.n; i++) {
			assert(query.parts[i].name.n && fit(query.parts[i].name) && fit(query.parts[i].value));
			if (i)
				buffer_lit(&text, "&");
			escape(&text, query.parts[i].name);
			buffer_lit(&text, "=");
			escape(&text, query.parts[i].value);
		}
		if (!text.failed) {
			assert(query_read(buffer_text(&text), &arena, &again, &fault) && again.n == query.n);
			for (size_t i = 0; i < query.n; i++)
				assert(text_equal(query.parts[i].name, again.parts[i].name) &&
					text_equal(query.parts[i].value, again.parts[i].value));
		}
	} else {
		assert(fault.code == FAULT_HTTP || fault.code == FAULT_TOO_DEEP || fault.code == FAULT_TOO_LARGE);
	}
	if (query_segment((struct text){ bytes, n }, &arena, &segment, &fault))
		assert(fit(segment) && segment.n <= n);
	arena_done(&arena);
	free(bytes);
	return 0;
}
