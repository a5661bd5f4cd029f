/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever comes in, an answer goes out that is itself a good message and gives nothing away. */
#include "test/case.h"
#include "test/ncpdp/fixtures.h"

#include <stdlib.h>
#include <string.h>

static const int64_t now_ms = 1767778200000; /* 2026-01-07T09:30:00Z */

/* The refusal of what was just read, read back; ends the test when it is not a good message. */
static const struct ncpdp_message *refusal(struct reading *reading, struct reading *answer, enum ncpdp_family family,
	struct text body)
{
	struct ncpdp_sender sender;
	struct buffer out;

	ncpdp_sender(&reading->message, body, &sender);
	buffer_init(&out, &reading->arena, 0);
	ncpdp_write_refusal(family, &sender, text_lit("R0001"), now_ms, &reading->fault, &out);
	cr_assert(!out.failed);
	cr_assert(reading_of(answer, family, buffer_text(&out)), "refusal: %s at %s", fault_row(answer->fault.code)->name,
		answer->fault.path);
	return &answer->message;
}

static void cut_everywhere(enum ncpdp_family family, const char *directory, const char *name)
{
	struct reading reading, answer;
	struct text whole;

	reading_init(&reading);
	reading_init(&answer);
	whole = fixture(directory, name, "xml", &answer.arena);
	for (size_t n = 0; n < whole.n; n++) {
		struct text body = { malloc(n + 1), n };

		memcpy((char *)body.at, whole.at, n); /* its own memory, so that a step too far is seen */
		if (reading_of(&reading, family, body)) {
			cr_assert(text_trim((struct text){ whole.at + n, whole.n - n }).n == 0, "accepted when cut at %zu", n);
		} else {
			struct reading back;

			reading_init(&back);
			refusal(&reading, &back, family, body);
			reading_done(&back);
		}
		arena_reset(&reading.arena);
		free((char *)body.at);
	}
	reading_done(&reading);
	reading_done(&answer);
}

CASE(replies, script_cut_at_each_byte)
{
	cut_everywhere(NCPDP_SCRIPT, "good/script", "pa_initiation_response_open");
}

CASE(replies, rtpb_cut_at_each_byte)
{
	cut_everywhere(NCPDP_RTPB, "good/rtpb", "request");
}

CASE(replies, script_refusal_says_what_and_where)
{
	struct reading reading, answer;
	struct text body;
	const struct script_message *script;
	const struct script_error *error;

	reading_init(&reading);
	reading_init(&answer);
	body = fixture("bad/script", "body_new_rx", "xml", &reading.arena);
	cr_assert(!reading_of(&reading, NCPDP_SCRIPT, body));
	script = refusal(&reading, &answer, NCPDP_SCRIPT, body)->script;
	cr_assert(answer.message.kind == NCPDP_ERROR);
	error = script->body->error;
	cr_expect(text_is(error->code, "601"));
	cr_expect(text_is(error->description, "this kind of message is not supported here (Body)"));
	cr_expect(text_is(script->header->to->id, "1234567893") && text_is(script->header->to->qualifier, "D"));
	cr_expect(text_is(script->header->from->id, "SANDBOX") && text_is(script->header->from->qualifier, "PY"));
	cr_expect(text_is(script->header->relates_to_message_id, "M0001"));
	cr_expect(text_is(script->header->message_id, "R0001"));
	cr_expect(text_is(script->header->sent_time, "2026-01-07T09:30:00Z"));
	reading_done(&reading);
	reading_done(&answer);
}

CASE(replies, rtpb_refusal_says_what_and_where)
{
	struct reading reading, answer;
	struct text body;
	const struct rtpb_message *rtpb;
	const struct rtpb_not_processed *no;

	reading_init(&reading);
	reading_init(&answer);
	body = fixture("bad/rtpb", "body_empty", "xml", &reading.arena);
	cr_assert(!reading_of(&reading, NCPDP_RTPB, body));
	rtpb = refusal(&reading, &answer, NCPDP_RTPB, body)->rtpb;
	cr_assert(answer.message.kind == NCPDP_RTPB_RESPONSE);
	no = rtpb->body->response->response->not_processed;
	cr_assert(no && no->reject_codes_n == 1);
	cr_expect(text_is(no->reject_codes[0], "R8"));
	cr_expect(text_is(no->note, "exactly one of several elements must be there (RTPBBody)"));
	cr_expect(text_is(rtpb->header->to->primary->identification, "1234567893"));
	cr_expect(text_is(rtpb->header->from->primary->identification, "999999"));
	cr_expect(text_is(rtpb->header->from->primary->qualifier, "IIN"));
	cr_expect(text_is(rtpb->header->from->secondary->identification, "EXPCN"));
	cr_expect(text_is(rtpb->header->from->secondary->qualifier, "PCN"));
	cr_expect(text_is(rtpb->header->relates_to_message_id, "0F0E0D0C0B0A09080706050403020100"));
	reading_done(&reading);
	reading_done(&answer);
}

/* Every fault there is, with the longest path there can be, becomes a message that keeps our own rules. */
CASE(replies, every_fault_in_both_standards)
{
	struct ncpdp_message nothing = { 0 };
	struct ncpdp_sender sender;

	ncpdp_sender(&nothing, TEXT_NONE, &sender);
	for (int code = 1; code < FAULT_CODES; code++)
		for (int family = 0; family < NCPDP_FAMILIES; family++) {
			struct reading answer;
			struct buffer out;
			struct fault fault = { .code = (enum fault_code)code };

			memset(fault.path, 'p', sizeof(fault.path) - 1);
			reading_init(&answer);
			buffer_init(&out, &answer.arena, 0);
			ncpdp_write_refusal((enum ncpdp_family)family, &sender, text_lit("R0001"), now_ms, &fault, &out);
			cr_assert(reading_of(&answer, (enum ncpdp_family)family, buffer_text(&out)), "%s: %s at %s",
				fault_row((enum fault_code)code)->name, fault_row(answer.fault.code)->name, answer.fault.path);
			if (family == NCPDP_SCRIPT) {
				const struct script_message *script = answer.message.script;

				cr_expect(text_is(script->body->error->code, fault_row((enum fault_code)code)->script_code));
				cr_expect(text_is(script->header->to->id, "Unknown"));
				cr_expect(text_is(script->header->relates_to_message_id, "0"));
			}
			reading_done(&answer);
		}
}

/* A body that is not even XML may still say who sent it; what could not stand in an answer is left out. */
CASE(replies, sender_of_a_broken_body)
{
	struct ncpdp_message nothing = { 0 };
	struct ncpdp_sender sender;

	ncpdp_sender(&nothing,
		text_lit("<Message><Header><To Qualifier=\"PY\">SANDBOX</To><From>1234567893</From><MessageID>M7</MessageID><Bro"),
		&sender);
	cr_expect(text_is(sender.to, "SANDBOX"));
	cr_expect(text_is(sender.from, "1234567893"));
	cr_expect(text_is(sender.message_id, "M7"));
	ncpdp_sender(&nothing, text_lit("<From>\x01</From><MessageID>123456789012345678901234567890123456</MessageID>"), &sender);
	cr_expect(text_is(sender.to, "Unknown"));
	cr_expect(text_is(sender.from, "Unknown"));
	cr_expect(text_is(sender.message_id, "0"));
}

CASE(replies, refused_head_is_not_repeated)
{
	struct reading reading, answer;
	struct text body;
	const struct script_header *header;

	reading_init(&reading);
	reading_init(&answer);
	body = text_lit("<Message><Header><To Qualifier=\"NOBODY\">SANDBOX</To><From Qualifier=\"D\">123</From>"
			"<MessageID>123456789012345678901234567890123456</MessageID></Header></Message>");
	cr_assert(!reading_of(&reading, NCPDP_SCRIPT, body));
	header = refusal(&reading, &answer, NCPDP_SCRIPT, body)->script->header;
	cr_expect(text_is(header->from->id, "SANDBOX") && !text_there(header->from->qualifier));
	cr_expect(text_is(header->to->id, "123") && text_is(header->to->qualifier, "D"));
	cr_expect(text_is(header->relates_to_message_id, "0"));
	reading_done(&reading);
	reading_done(&answer);
}

CASE(replies, status)
{
	struct reading reading, answer;
	struct ncpdp_sender sender;
	struct buffer out;

	reading_init(&reading);
	reading_init(&answer);
	ncpdp_sender(reading_good(&reading, NCPDP_SCRIPT, "pa_request"), TEXT_NONE, &sender);
	buffer_init(&out, &reading.arena, 0);
	ncpdp_write_status(&sender, text_lit("S0001"), now_ms, "010", &out);
	cr_assert(reading_of(&answer, NCPDP_SCRIPT, buffer_text(&out)));
	cr_assert(answer.message.kind == NCPDP_STATUS);
	cr_expect(text_is(answer.message.script->body->status->code, "010"));
	cr_expect(text_is(answer.message.script->header->to->qualifier, "D"));
	cr_expect(text_is(answer.message.script->header->relates_to_message_id, "M0003"));
	reading_done(&reading);
	reading_done(&answer);
}

/* An arena that is used up is told by the buffer, not by half a message. */
CASE(replies, no_room)
{
	struct ncpdp_message nothing = { 0 };
	struct ncpdp_sender sender;
	struct arena small;

	ncpdp_sender(&nothing, TEXT_NONE, &sender);
	for (size_t room = 0; room < 1200; room += 16) {
		struct buffer out;

		arena_init(&small, room);
		buffer_init(&out, &small, 0);
		ncpdp_write_status(&sender, text_lit("S0001"), now_ms, "010", &out);
		if (!out.failed)
			cr_expect(text_is((struct text){ out.at + out.n - 10, 10 }, "</Message>"));
		cr_expect(room >= 400 || out.failed);
		arena_done(&small);
	}
}

/* -- a payer's answers -- */

static void common_taken_over(const char *name, enum ncpdp_kind kind)
{
	struct reading reading;
	const struct ncpdp_message *request;
	struct ncpdp_message answer = { .family = NCPDP_SCRIPT };
	const struct pa_common *asked, *answered;

	reading_init(&reading);
	request = reading_good(&reading, NCPDP_SCRIPT, name);
	answer.script = ncpdp_script_answer(request->script, text_lit("A0001"), now_ms, &reading.arena);
	cr_assert(answer.script);
	asked = ncpdp_pa_common(request->script);
	answered = ncpdp_pa_common(answer.script);
	cr_assert(asked && answered);
	cr_expect(record_equal(&pa_common_record, asked, answered));
	cr_expect(answer.script->header->to == request->script->header->from);
	cr_expect(answer.script->header->from == request->script->header->to);
	cr_expect(text_equal(answer.script->header->relates_to_message_id, request->script->header->message_id));
	cr_expect(text_equal(answer.script->header->test_message, request->script->header->test_message));
	if (kind == NCPDP_PA_INITIATION_RESPONSE)
		cr_expect(!answer.script->body->pa_initiation_response->response);
	else if (kind == NCPDP_PA_RESPONSE)
		cr_expect(!answer.script->body->pa_response->response && !answer.script->body->pa_response->attachment);
	else
		cr_expect(kind == NCPDP_PA_APPEAL_RESPONSE && !answer.script->body->pa_appeal_response->response);
	reading_done(&reading);
}

CASE(replies, answers_take_the_case_over)
{
	common_taken_over("pa_initiation_request_full", NCPDP_PA_INITIATION_RESPONSE);
	common_taken_over("pa_request", NCPDP_PA_RESPONSE);
	common_taken_over("pa_appeal_request", NCPDP_PA_APPEAL_RESPONSE);
}

CASE(replies, cancel_answer_has_the_keys_only)
{
	struct reading reading;
	const struct ncpdp_message *request;
	const struct script_message *answer;

	reading_init(&reading);
	request = reading_good(&reading, NCPDP_SCRIPT, "pa_cancel_request");
	answer = ncpdp_script_answer(request->script, text_lit("A0001"), now_ms, &reading.arena);
	cr_assert(answer && answer->body->pa_cancel_response);
	cr_expect(text_is(answer->body->pa_cancel_response->pa_reference_id, "PAREF0001"));
	cr_expect(text_is(answer->body->pa_cancel_response->pa_priority_indicator, "S"));
	cr_expect(!ncpdp_pa_common(answer));
	reading_done(&reading);
}

/* An answer becomes a whole message with nothing but the decision added. */
CASE(replies, answer_with_a_decision_is_a_message)
{
	struct reading reading, back;
	const struct ncpdp_message *request;
	struct ncpdp_message answer = { .family = NCPDP_SCRIPT };
	struct pa_in_process in_process = { .pa_case_id = text_lit("CASE0001") };
	struct pa_response_status status = { .in_process = &in_process };
	struct pa_answer decision = { .response_status = &status };
	struct buffer out;

	reading_init(&reading);
	reading_init(&back);
	request = reading_good(&reading, NCPDP_SCRIPT, "pa_request");
	answer.script = ncpdp_script_answer(request->script, text_lit("A0001"), now_ms, &reading.arena);
	answer.script->body->pa_response->response = &decision;
	buffer_init(&out, &reading.arena, 0);
	cr_assert(ncpdp_write(&answer, TEXT_NONE, &out, &reading.fault), "%s", reading.fault.path);
	cr_assert(reading_of(&back, NCPDP_SCRIPT, buffer_text(&out)), "%s", back.fault.path);
	cr_expect(back.message.kind == NCPDP_PA_RESPONSE);
	reading_done(&reading);
	reading_done(&back);
}

CASE(replies, rtpb_answer_repeats_the_patient)
{
	struct reading reading;
	const struct ncpdp_message *request;
	const struct rtpb_message *answer;
	const struct rtpb_patient *patient;

	reading_init(&reading);
	request = reading_good(&reading, NCPDP_RTPB, "request");
	answer = ncpdp_rtpb_answer(request->rtpb, text_lit("A0001"), now_ms, &reading.arena);
	cr_assert(answer);
	cr_expect(answer->header->to == request->rtpb->header->from && answer->header->from == request->rtpb->header->to);
	patient = answer->body->response->patient;
	cr_expect(patient->name == request->rtpb->body->request->patient->name);
	cr_expect(text_is(patient->date_of_birth, "1950-01-31"));
	cr_expect(!patient->sex_and_gender && !text_there(patient->residence_code), "nothing more than who");
	reading_done(&reading);
}

CASE(replies, answers_without_room)
{
	struct reading reading;
	const struct ncpdp_message *script;
	struct arena small;

	reading_init(&reading);
	script = reading_good(&reading, NCPDP_SCRIPT, "pa_request");
	for (size_t room = 0; room < 600; room += 8) {
		arena_init(&small, room);
		cr_expect(!ncpdp_script_answer(script->script, text_lit("A0001"), now_ms, &small));
		arena_done(&small);
	}
	reading_done(&reading);
}
