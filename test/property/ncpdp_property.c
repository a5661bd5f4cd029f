/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for any message whose every field is as the tables want it: the rules decide without stumbling, and what they let
   pass is written, read, and the same. DUALTRACK_SEED=n begins at another seed. */
#include "ncpdp/ncpdp.h"
#include "test/case.h"
#include "test/property/any.h"

#include <stdlib.h>

enum { ROUNDS = 2000 };

static const struct record *const tables[NCPDP_FAMILIES] = { [NCPDP_SCRIPT] = &script_message_record,
	[NCPDP_RTPB] = &rtpb_message_record };

static void any_message(enum ncpdp_family family, enum ncpdp_version version)
{
	const char *z = getenv("DUALTRACK_SEED");
	uint64_t from = z ? strtoull(z, NULL, 10) : 1;
	struct xml_reader *reader = xml_reader_new();
	struct arena arena;
	size_t written = 0, ruled_out = 0;

	arena_init(&arena, 64 << 20);
	for (uint64_t seed = from; seed < from + ROUNDS; seed++) {
		struct ncpdp_message message = { .family = family, .version = version }, back;
		struct any any;
		struct fault fault;
		struct buffer out;
		void *rec;

		arena_reset(&arena);
		any_init(&any, seed, ANY_XML, &arena);
		rec = any_record(&any, tables[family]);
		if (family == NCPDP_SCRIPT) {
			message.script = rec;
			message.script->transaction_domain = text_lit("SCRIPT");
		} else {
			message.rtpb = rec;
		}
		buffer_init(&out, &arena, 0);
		if (!ncpdp_write(&message, ncpdp_version_stamp(version), &out, &fault)) {
			cr_assert(fault.code != FAULT_MISSING && fault.code != FAULT_INTERNAL, "seed %llu: %s at %s",
				(unsigned long long)seed, fault_row(fault.code)->name, fault.path);
			ruled_out++;
			continue;
		}
		written++;
		if (!ncpdp_read(reader, family, buffer_text(&out), true, &arena, &back, &fault)) {
			cr_assert(fault.code == FAULT_UNKNOWN_MESSAGE, "seed %llu: %s at %s", (unsigned long long)seed,
				fault_row(fault.code)->name, fault.path);
			continue; /* a kind that is not served */
		}
		if (family == NCPDP_SCRIPT) { /* the stamps are ours */
			struct script_message *a = message.script, *b = back.script;

			cr_assert(back.version == version, "seed %llu", (unsigned long long)seed);
			b->datatypes_version = a->datatypes_version;
			b->transport_version = a->transport_version;
			b->transaction_version = a->transaction_version;
			b->structures_version = a->structures_version;
			b->ecl_version = a->ecl_version;
		} else {
			back.rtpb->rtpb_version = message.rtpb->rtpb_version;
		}
		cr_assert(record_equal(tables[family], rec, family == NCPDP_SCRIPT ? (void *)back.script : back.rtpb), "seed %llu",
			(unsigned long long)seed);
	}
	cr_expect(written > ROUNDS / 10 && ruled_out > 0, "%zu written, %zu ruled out", written, ruled_out);
	arena_done(&arena);
	xml_reader_free(reader);
}

CASE(ncpdp_property, any_script_message)
{
	any_message(NCPDP_SCRIPT, NCPDP_2017071);
}

CASE(ncpdp_property, any_script_message_as_2023011)
{
	any_message(NCPDP_SCRIPT, NCPDP_2023011);
}

CASE(ncpdp_property, any_rtpb_message)
{
	any_message(NCPDP_RTPB, NCPDP_NO_VERSION);
}
