/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes looked into before they are parsed: what is found lies inside and may be shown. */
#include "base/xml.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *bytes = malloc(n ? n : 1);
	struct text body = { bytes, n }, found, inner;
	struct arena arena;
	struct fault fault = { 0 };

	if (n)
		memcpy(bytes, data, n);
	arena_init(&arena, 4 << 20);
	found = xml_peek(body, "MessageID", 35);
	if (text_there(found)) {
		assert(found.at >= bytes && found.at + found.n <= bytes + n && found.n <= 35);
		assert(text_utf8(found) && !memchr(found.at, '<', found.n) && !memchr(found.at, '\n', found.n));
	}
	if (xml_unwrap(body, &arena, &inner, &fault)) {
		assert(inner.n <= n);
		if (inner.at != bytes && n <= XML_BODY_MAX)
			assert(text_utf8(inner));
	} else {
		assert(fault.code != FAULT_NONE);
	}
	arena_done(&arena);
	free(bytes);
	return 0;
}
