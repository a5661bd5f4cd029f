/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes under another head: the parts are all of the message, and what could be read before reads as the same body after. */
#include "ncpdp/envelope.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct xml_reader *reader;
static struct arena arena;

static void check_parts(struct text body)
{
	struct envelope_parts parts;
	struct fault fault = { 0 };
	const char *at = body.at;

	if (!envelope_split(body, &parts, &fault)) {
		assert(fault.code != FAULT_NONE);
		return;
	}
	assert(parts.before.at == at);
	assert(parts.open.at == (at += parts.before.n));
	assert(parts.head.at == (at += parts.open.n));
	assert(parts.close.at == (at += parts.head.n));
	assert(parts.after.at == (at += parts.close.n));
	assert(at + parts.after.n == body.at + body.n);
	assert(parts.prefix.at == parts.open.at + 1 && parts.prefix.n < parts.open.n);
}

static void check_write(enum ncpdp_family family, struct text body)
{
	struct ncpdp_message before, after;
	struct fault fault;
	struct buffer out;
	const void *head;

	if (!ncpdp_read(reader, family, body, false, &arena, &before, &fault))
		return;
	if (family == NCPDP_SCRIPT)
		head = envelope_script_question(before.script->header, text_lit("PY:A<B"), text_lit("PY:C"), text_lit("m"), 0, &arena);
	else
		head = envelope_rtpb_question(before.rtpb->header, text_lit("PY:A<B"), text_lit("PY:C"), text_lit("m"), 0, &arena);
	buffer_init(&out, &arena, 0);
	if (!head || !envelope_write(family, body, head, &out, &fault))
		abort(); /* what could be read has one head and one body */
	if (!ncpdp_read(reader, family, buffer_text(&out), false, &arena, &after, &fault)) {
		assert(fault.code == FAULT_TOO_LARGE);
		return;
	}
	assert(before.kind == after.kind && before.notes.unknown >= after.notes.unknown);
	if (family == NCPDP_SCRIPT)
		assert(record_equal(&script_body_record, before.script->body, after.script->body));
	else
		assert(record_equal(&rtpb_body_record, before.rtpb->body, after.rtpb->body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct text body = { (const char *)data, n };

	if (!reader) {
		reader = xml_reader_new();
		arena_init(&arena, (size_t)64 << 20);
	}
	arena_reset(&arena);
	check_parts(body);
	check_write(NCPDP_SCRIPT, body);
	check_write(NCPDP_RTPB, body);
	return 0;
}
