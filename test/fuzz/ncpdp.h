/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message: never a crash, always an answer that is a good message itself, and what was accepted and can be written reads
   back the same. */
#pragma once

#include "ncpdp/ncpdp.h"

#include <stdlib.h>

struct fuzz_ncpdp {
	enum ncpdp_family family;
	struct xml_reader *reader;
	struct arena arena;
};

static bool fuzz_read(struct fuzz_ncpdp *fuzz, struct text body, struct ncpdp_message *message, struct fault *fault)
{
	return ncpdp_read(fuzz->reader, fuzz->family, body, false, &fuzz->arena, message, fault);
}

static void fuzz_refusal(struct fuzz_ncpdp *fuzz, const struct ncpdp_message *message, struct text body,
	const struct fault *why)
{
	struct ncpdp_message answer;
	struct ncpdp_sender sender;
	struct buffer out;
	struct fault fault;

	if (fault_row(why->code)->code == FAULT_NONE)
		abort();
	ncpdp_sender(message, body, &sender);
	buffer_init(&out, &fuzz->arena, 0);
	ncpdp_write_refusal(fuzz->family, &sender, text_lit("R0001"), 1767778200000, why, &out);
	if (out.failed || !fuzz_read(fuzz, buffer_text(&out), &answer, &fault))
		abort();
}

static void fuzz_rewrite(struct fuzz_ncpdp *fuzz, const struct ncpdp_message *message)
{
	const struct record *record = fuzz->family == NCPDP_SCRIPT ? &script_message_record : &rtpb_message_record;
	struct ncpdp_message again;
	struct ncpdp_drug drug;
	struct ncpdp_coverage coverage;
	struct buffer out;
	struct fault fault;

	ncpdp_drug(message, &drug);
	ncpdp_coverage(message, &coverage);
	buffer_init(&out, &fuzz->arena, 0);
	if (!ncpdp_write(message, TEXT_NONE, &out, &fault)) {
		if (fault.code != FAULT_NO_REASON && fault.code != FAULT_REPEATED && fault.code != FAULT_TOO_LARGE)
			abort(); /* only the rules for what we send ourselves may stop what was good to read */
		return;
	}
	if (!fuzz_read(fuzz, buffer_text(&out), &again, &fault)) {
		if (fault.code != FAULT_TOO_LARGE)
			abort();
		return;
	}
	/* Our stamp stands where an RTPB message had none. */
	if (fuzz->family == NCPDP_RTPB && !text_there(message->rtpb->rtpb_version))
		again.rtpb->rtpb_version = TEXT_NONE;
	if (!record_equal(record, message->script ? (const void *)message->script : message->rtpb,
		    again.script ? (const void *)again.script : again.rtpb))
		abort();
}

static inline int fuzz_ncpdp(struct fuzz_ncpdp *fuzz, const uint8_t *data, size_t n)
{
	struct text body = { (const char *)data, n };
	struct ncpdp_message message;
	struct fault fault = { 0 };

	if (!fuzz->reader) {
		fuzz->reader = xml_reader_new();
		arena_init(&fuzz->arena, (size_t)64 << 20);
	}
	arena_reset(&fuzz->arena);
	if (fuzz_read(fuzz, body, &message, &fault))
		fuzz_rewrite(fuzz, &message);
	else
		fuzz_refusal(fuzz, &message, body, &fault);
	return 0;
}
