/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for any record of any table. DUALTRACK_SEED=n begins at another seed; a failure says which seed it was. */
#include "base/json.h"
#include "base/xml.h"
#include "test/case.h"
#include "test/property/any.h"
#include "test/property/records.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 300 }; /* records of each table */

static uint64_t first_seed(void)
{
	const char *z = getenv("DUALTRACK_SEED");

	return z ? strtoull(z, NULL, 10) : 1;
}

#define FOR_ANY(known, seed)                                                                                       \
	for (const struct known_record *known = known_records; known < known_records + known_records_n; known++) \
		for (uint64_t seed = first_seed(); seed < first_seed() + ROUNDS; seed++)
#define SAY "%s, DUALTRACK_SEED=%llu"
#define WHICH known->record->name, (unsigned long long)seed

CASE(property, any_record_passes_its_own_check)
{
	struct arena arena;
	struct any any;
	struct fault fault;

	arena_init(&arena, 64 << 20);
	FOR_ANY (known, seed) {
		arena_reset(&arena);
		any_init(&any, seed, ANY_XML, &arena);
		cr_assert(record_check(known->record, any_record(&any, known->record), &fault), SAY ": %s %s", WHICH,
			fault_row(fault.code)->name, fault.path);
	}
	arena_done(&arena);
}

CASE(property, one_break_is_found_where_it_is)
{
	struct arena arena;
	struct any any;
	struct any_broken broken;
	struct fault fault;
	size_t kinds[FAULT_CODES] = { 0 };

	arena_init(&arena, 64 << 20);
	FOR_ANY (known, seed) {
		void *rec;

		arena_reset(&arena);
		any_init(&any, seed, ANY_XML, &arena);
		rec = any_record(&any, known->record);
		if (!any_break(&any, known->record, rec, &broken))
			continue;
		kinds[broken.code]++;
		cr_assert(!record_check(known->record, rec, &fault), SAY ": %s %s was not found", WHICH,
			fault_row(broken.code)->name, broken.path);
		cr_assert(fault.code == broken.code && strcmp(fault.path, broken.path) == 0, SAY ": %s %s was found as %s %s", WHICH,
			fault_row(broken.code)->name, broken.path, fault_row(fault.code)->name, fault.path);
	}
	for (enum fault_code code = FAULT_MISSING; code <= FAULT_BAD_DATE; code++)
		cr_expect_gt(kinds[code], 0, "%s was never tried", fault_row(code)->name);
	arena_done(&arena);
}

CASE(property, packed_and_unpacked_is_the_same)
{
	struct arena arena;
	struct any any;
	struct buffer out;
	struct fault fault;

	arena_init(&arena, 64 << 20);
	FOR_ANY (known, seed) {
		void *rec, *back;

		arena_reset(&arena);
		any_init(&any, seed, ANY_XML, &arena);
		rec = any_record(&any, known->record);
		back = arena_alloc(&arena, known->record->size);
		buffer_init(&out, &arena, 0);
		record_pack(known->record, rec, &out);
		cr_assert(record_unpack(known->record, back, &arena, buffer_text(&out), &fault), SAY, WHICH);
		cr_assert(record_equal(known->record, rec, back), SAY, WHICH);
	}
	arena_done(&arena);
}

CASE(property, written_as_json_and_read_is_the_same)
{
	struct arena arena;
	struct any any;
	struct buffer out;
	struct fault fault;
	struct json_notes notes;

	arena_init(&arena, 64 << 20);
	FOR_ANY (known, seed) {
		void *rec, *back;

		if (!known->json)
			continue;
		arena_reset(&arena);
		any_init(&any, seed, ANY_JSON, &arena);
		rec = any_record(&any, known->record);
		back = arena_alloc(&arena, known->record->size);
		buffer_init(&out, &arena, 0);
		json_write(known->record, rec, &out);
		cr_assert(json_read(known->record, back, buffer_text(&out), &arena, &notes, &fault), SAY ": %s %s\n%.*s", WHICH,
			fault_row(fault.code)->name, fault.path, TEXT_ARGS(buffer_text(&out)));
		cr_assert(record_equal(known->record, rec, back), SAY "\n%.*s", WHICH, TEXT_ARGS(buffer_text(&out)));
		cr_assert_eq(notes.unknown, 0, SAY, WHICH);
	}
	arena_done(&arena);
}

CASE(property, written_as_xml_and_read_is_the_same)
{
	struct xml_reader *reader = xml_reader_new();
	struct arena arena;
	struct any any;
	struct buffer out;
	struct fault fault;
	struct xml_notes notes;

	arena_init(&arena, 64 << 20);
	FOR_ANY (known, seed) {
		struct text root;
		void *rec, *back;

		if (!known->root)
			continue;
		arena_reset(&arena);
		any_init(&any, seed, ANY_XML, &arena);
		rec = any_record(&any, known->record);
		back = arena_alloc(&arena, known->record->size);
		buffer_init(&out, &arena, 0);
		xml_write(known->record, rec, known->root, "", &out);
		cr_assert(xml_read(reader, known->record, back, buffer_text(&out), &root, &arena, &notes, &fault),
			SAY ": %s %s\n%.*s", WHICH, fault_row(fault.code)->name, fault.path, TEXT_ARGS(buffer_text(&out)));
		cr_assert(record_equal(known->record, rec, back), SAY "\n%.*s", WHICH, TEXT_ARGS(buffer_text(&out)));
		cr_assert(text_is(root, known->root) && notes.unknown == 0, SAY, WHICH);
	}
	arena_done(&arena);
	xml_reader_free(reader);
}
