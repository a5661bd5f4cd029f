/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a packed record, of the kind that the first byte picks: never a crash, and what is taken packs and unpacks the
   same. */
#include "test/property/records.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct record *record;
	struct arena arena;
	struct buffer out;
	struct fault fault;
	void *rec, *back;

	if (n == 0)
		return 0;
	record = known_records[data[0] % known_records_n].record;
	arena_init(&arena, 64 << 20);
	rec = arena_alloc(&arena, record->size);
	back = arena_alloc(&arena, record->size);
	if (record_unpack(record, rec, &arena, (struct text){ (const char *)data + 1, n - 1 }, &fault)) {
		buffer_init(&out, &arena, 0);
		record_pack(record, rec, &out);
		if (!out.failed && (!record_unpack(record, back, &arena, buffer_text(&out), &fault) || !record_equal(record, rec, back)))
			abort();
		if (!record_check(record, rec, &fault) && fault.code == FAULT_NONE)
			abort();
	}
	arena_done(&arena);
	return 0;
}
