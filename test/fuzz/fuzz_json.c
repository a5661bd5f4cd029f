/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as JSON: never a crash, and what was read and found good is written so that it reads and writes the same. */
#include "adjudication/records.h"
#include "base/json.h"
#include "fhir-bridge/records.h"
#include "gateway/records.h"
#include "formulary/records.h"
#include "test/base/sample.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_stable(const struct record *record, const void *rec, struct arena *arena)
{
	void *back = arena_alloc(arena, record->size);
	struct buffer first, second;
	struct fault fault;

	buffer_init(&first, arena, 0);
	json_write(record, rec, &first);
	if (!back || first.failed)
		return;
	if (!json_read(record, back, buffer_text(&first), arena, NULL, &fault)) {
		if (fault.code != FAULT_TOO_LARGE)
			abort();
		return;
	}
	buffer_init(&second, arena, 0);
	json_write(record, back, &second);
	if (!second.failed && !text_equal(buffer_text(&first), buffer_text(&second)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* all that is read from JSON anywhere, and the record that has a row of each kind */
	static const struct record *const records[] = { &sample_resource_record, &plan_file_line_record, &house_file_record,
		&fhir_document_record, &order_request_record };
	struct text body = { (const char *)data, n };
	struct json_notes notes;
	struct fault fault;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++) {
		const struct record *record = records[i];
		void *rec;

		arena_reset(&arena);
		rec = arena_alloc(&arena, record->size);
		if (json_read(record, rec, body, &arena, &notes, &fault) && record_check(record, rec, &fault))
			check_stable(record, rec, &arena);
	}
	arena_done(&arena);
	return 0;
}
