/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as XML: what is read is written, read again and the same. */
#include "base/xml.h"
#include "test/base/sample.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct xml_reader *reader = xml_reader_new();
	char *bytes = malloc(n ? n : 1); /* as long as the input, so that a sanitizer sees a byte too far */
	struct sample first = { 0 }, second = { 0 };
	struct text root, again;
	struct xml_notes notes;
	struct buffer out;
	struct arena arena;
	struct fault fault = { 0 };

	if (n)
		memcpy(bytes, data, n);
	arena_init(&arena, 16 << 20);
	if (xml_read(reader, &sample_record, &first, (struct text){ bytes, n }, &root, &arena, &notes, &fault)) {
		assert(xml_prescan((struct text){ bytes, n }, &fault) && root.n > 0);
		buffer_init(&out, &arena, 0);
		xml_write(&sample_record, &first, "Message", "", &out);
		again = buffer_text(&out);
		if (again.n <= XML_BODY_MAX) {
			bool good = xml_read(reader, &sample_record, &second, again, &root, &arena, &notes, &fault);

			assert(good && text_is(root, "Message"));
			assert(notes.unknown == 0);
			assert(record_equal(&sample_record, &first, &second));
		}
	} else {
		assert(fault.code != FAULT_NONE && fault.code != FAULT_INTERNAL);
	}
	arena_done(&arena);
	xml_reader_free(reader);
	free(bytes);
	return 0;
}
