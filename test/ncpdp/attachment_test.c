/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that are what they say, within their limits, and those that are not. */
#include "ncpdp/attachment.h"
#include "test/case.h"
#include "test/cpu.h"
#include "test/ncpdp/fixtures.h"

#include <stdio.h>
#include <string.h>

#define PDF "application/pdf"
#define CDA "application/hl7-sda+xml"

static const struct {
	const char *data, *mime;
	enum fault_code code; /* FAULT_NONE: a good twin */
	size_t bytes;
} contents[] = {
	/* RFC 4648 10, each beside what is nearly it; a document of XML may begin with anything */
	{ "Zg==", CDA, FAULT_NONE, 1 },
	{ "Zm8=", CDA, FAULT_NONE, 2 },
	{ "Zm9v", CDA, FAULT_NONE, 3 },
	{ "Zm9vYg==", CDA, FAULT_NONE, 4 },
	{ "Zm9vYmE=", CDA, FAULT_NONE, 5 },
	{ "Zm9vYmFy", CDA, FAULT_NONE, 6 },
	{ "", CDA, FAULT_BAD_TEXT, 0 },
	{ " \n ", CDA, FAULT_BAD_TEXT, 0 },
	{ "Z", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zg", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zg=", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zg===", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zm8==", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zm9v=", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zm9v====", CDA, FAULT_BAD_TEXT, 0 },
	{ "=Zm9", CDA, FAULT_BAD_TEXT, 0 },
	{ "Z===", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zg=v", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zg==Zg==", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zm8=Zm9v", CDA, FAULT_BAD_TEXT, 0 },
	/* bits that belong to no byte */
	{ "Zh==", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zm9=", CDA, FAULT_BAD_TEXT, 0 },
	/* white space, and what is none */
	{ " Z m\t9\r\nv ", CDA, FAULT_NONE, 3 },
	{ "Zg=\n=\n", CDA, FAULT_NONE, 1 },
	{ "Zm9v\fYmFy", CDA, FAULT_BAD_TEXT, 0 },
	{ "Zm9v\xC2\xA0", CDA, FAULT_BAD_TEXT, 0 },
	/* another alphabet: RFC 4648 5 */
	{ "+/+/", CDA, FAULT_NONE, 3 },
	{ "-_-_", CDA, FAULT_BAD_TEXT, 0 },
	/* "%PDF-1.4", at the beginning and after "note"; "note%PDF" without its dash */
	{ "JVBERi0xLjQ=", PDF, FAULT_NONE, 8 },
	{ "bm90ZSVQREYtMS40", PDF, FAULT_NONE, 12 },
	{ "bm90ZSVQREYu", PDF, FAULT_RULE, 0 },
	{ "JVBERi0xLjQ=", "application/png", FAULT_RULE, 0 },
	{ "JVBERi0xLjQ=", CDA, FAULT_RULE, 0 },
	{ "JVBERi0xLjQ=", "application/x-ccr", FAULT_RULE, 0 },
	{ "bm90ZSVQREYtMS40", CDA, FAULT_NONE, 12 }, /* XML may speak of it */
	{ "JVBE", PDF, FAULT_RULE, 0 },              /* too short to be one */
	{ "iVBORw0KGgo=", "application/png", FAULT_NONE, 8 },
	{ "iVBORw0KGgo=", PDF, FAULT_RULE, 0 },
	{ "iVBORwoKGgo=", "application/png", FAULT_RULE, 0 }, /* as after a transfer that changed line ends */
	{ "SUkqAA==", "application/tiff", FAULT_NONE, 4 },
	{ "TU0AKg==", "application/tiff", FAULT_NONE, 4 },
	{ "SUkAKg==", "application/tiff", FAULT_RULE, 0 },
	{ "SUkqAA==", "application/jpeg", FAULT_RULE, 0 },
	{ "/9j/4A==", "application/jpeg", FAULT_NONE, 4 },
	{ "/9j+4A==", "application/jpeg", FAULT_RULE, 0 },
	{ "/9j/4A==", CDA, FAULT_RULE, 0 },
	{ "PENEQS8+", CDA, FAULT_NONE, 6 },
	{ "PENDUi8+", "application/x-ccr", FAULT_NONE, 6 },
};

static struct attachment attachment_of(struct text data, const char *mime)
{
	return (struct attachment){ .source = text_lit("EXAMPLE EHR"), .data = data, .mime_type = text_of(mime) };
}

CASE(attachment, is_what_it_says_or_is_refused)
{
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		struct attachment attachment = attachment_of(text_of(contents[i].data), contents[i].mime);
		struct attachment_content content = { 0 };
		struct fault fault = { 0 };
		bool good = attachment_check(&attachment, &content, &fault);

		cr_expect_eq(good, contents[i].code == FAULT_NONE, "row %zu", i);
		cr_expect_eq(fault.code, contents[i].code, "row %zu: %s", i, fault_row(fault.code)->name);
		if (good)
			cr_expect_eq(content.bytes, contents[i].bytes, "row %zu: %zu", i, content.bytes);
		else
			cr_expect_str_eq(fault.path, contents[i].code == FAULT_RULE ? "MIMEType" : "AttachmentData", "row %zu", i);
		cr_expect_eq(attachment_check(&attachment, NULL, &fault), good, "row %zu without its hash", i);
	}
}

/* As the standard says it, for comparison; a line break after every `line` characters. */
static struct text encoded(struct text bytes, size_t line, struct arena *arena)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buffer out;
	size_t n = 0;

	buffer_init(&out, arena, bytes.n * 2 + 8);
	for (size_t i = 0; i < bytes.n; i += 3) {
		uint32_t three = 0;

		for (size_t k = 0; k < 3; k++)
			three = three << 8 | (i + k < bytes.n ? (unsigned char)bytes.at[i + k] : 0);
		for (size_t k = 0; k < 4; k++) {
			buffer_add_char(&out, i + k > bytes.n ? '=' : alphabet[three >> (18 - 6 * k) & 63]);
			if (++n % line == 0)
				buffer_add_char(&out, '\n');
		}
	}
	return buffer_text(&out);
}

CASE(attachment, any_bytes_of_any_length_and_their_hash)
{
	enum { LONG = 7000 };
	struct arena arena;
	char bytes[LONG];
	uint64_t state = 20260107;

	arena_init(&arena, 1 << 20);
	for (size_t n = 1; n < LONG; n += n < 40 ? 1 : 997) {
		struct attachment attachment;
		struct attachment_content content;
		struct fault fault;
		unsigned char wanted[SHA256_BYTES];

		arena_reset(&arena);
		for (size_t i = 0; i < n; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
			bytes[i] = (char)(state >> 56);
		}
		bytes[0] = '<';
		attachment = attachment_of(encoded((struct text){ bytes, n }, 1 + n % 77, &arena), CDA);
		cr_assert(attachment_check(&attachment, &content, &fault), "%zu bytes", n);
		cr_assert_eq(content.bytes, n);
		crypto_sha256((struct text){ bytes, n }, wanted);
		cr_assert(memcmp(wanted, content.sha256, sizeof(wanted)) == 0, "%zu bytes", n);
	}
	arena_done(&arena);
}

/* A PDF of so many bytes, in base64 with the line breaks of MIME. */
static struct text pdf(size_t bytes, struct arena *arena)
{
	char *at = arena_alloc(arena, bytes);

	cr_assert(at);
	memset(at, 'x', bytes);
	memcpy(at, "%PDF-", 5);
	return encoded((struct text){ at, bytes }, 76, arena);
}

CASE(attachment, as_large_as_allowed_and_a_byte_more)
{
	struct arena arena;
	struct attachment attachment;
	struct attachment_content content;
	struct fault fault = { 0 };
	double before, took;

	arena_init(&arena, 8 << 20);
	attachment = attachment_of(pdf(ATTACHMENT_BYTES_MAX, &arena), PDF);
	before = cpu_ms();
	cr_assert(attachment_check(&attachment, &content, &fault));
	took = cpu_ms() - before;
	cr_expect_eq(content.bytes, (size_t)ATTACHMENT_BYTES_MAX);
	cr_expect_lt(took, 250, "%.1f ms", took); /* 5 ms on the machine it was measured on; the sanitizers take their share */
	arena_reset(&arena);
	attachment = attachment_of(pdf(ATTACHMENT_BYTES_MAX + 1, &arena), PDF);
	cr_expect(!attachment_check(&attachment, &content, &fault));
	cr_expect_eq(fault.code, FAULT_TOO_LARGE);
	cr_expect_str_eq(fault.path, "AttachmentData");
	arena_done(&arena);
}

static struct pa_request *request_in(struct reading *reading, const char *name)
{
	return reading_good(reading, NCPDP_SCRIPT, name)->script->body->pa_request;
}

#define SET "Body/PARequest/Request/SolicitedModel/QuestionSet/"

CASE(attachment, all_of_a_message_together)
{
	struct reading reading;
	struct pa_request *request;
	struct attachment *in_answer;
	struct fault fault = { 0 };

	reading_init(&reading);
	request = request_in(&reading, "pa_request_coded");
	in_answer = request->request->solicited->question_set->questions[8].type->date->answer->by_code->attachment;
	request->attachment->data = pdf(ATTACHMENT_BYTES_MAX, &reading.arena);
	in_answer->data = pdf(ATTACHMENTS_BYTES_MAX - ATTACHMENT_BYTES_MAX - 60, &reading.arena); /* four small ones besides */
	cr_expect(ncpdp_check(&reading.message, &fault), "%s at %s", fault_row(fault.code)->name, fault.path);
	in_answer->data = pdf(ATTACHMENTS_BYTES_MAX - ATTACHMENT_BYTES_MAX, &reading.arena);
	cr_assert(!ncpdp_check(&reading.message, &fault));
	cr_expect_eq(fault.code, FAULT_TOO_LARGE);
	cr_expect_str_eq(fault.path, SET "Question[8]/QuestionType/Date/Answer/CodedReferenceAnswer/Attachment");
	in_answer->data = pdf(ATTACHMENT_BYTES_MAX + 1, &reading.arena);
	request->attachment->data = pdf(100, &reading.arena);
	cr_assert(!ncpdp_check(&reading.message, &fault));
	cr_expect_eq(fault.code, FAULT_TOO_LARGE);
	cr_expect_str_eq(fault.path, SET "Question[8]/QuestionType/Date/Answer/CodedReferenceAnswer/Attachment/AttachmentData",
		"one alone is too large");
	reading_done(&reading);
}

/* Every form of answer may refer to the message's own attachment, by its number and no other. */
CASE(attachment, referred_to_by_its_control_number)
{
	static const struct {
		size_t question;
		const char *path;
	} rows[] = {
		{ 0, SET "Question[0]/QuestionType/Select/Answer[1]/CodedReferenceAnswer/" },
		{ 2, SET "Question[2]/QuestionType/Numeric/Answer/CodedReferenceAnswer/" },
		{ 6, SET "Question[6]/QuestionType/Date/Answer/CodedReferenceAnswer/" },
		{ 9, SET "Question[9]/QuestionType/FreeText/Answer/CodedReferenceAnswer/" },
	};
	struct reading reading;

	reading_init(&reading);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pa_request *request = request_in(&reading, "pa_request_coded");
		const struct answered_type *type = request->request->solicited->question_set->questions[rows[i].question].type;
		struct text *see = type->select  ? &type->select->answers[1].by_code->see_attachment :
				   type->numeric ? &type->numeric->answer->by_code->see_attachment :
				   type->date    ? &type->date->answer->by_code->see_attachment :
						   &type->free_text->answer->by_code->see_attachment;
		char path[FAULT_PATH_MAX];
		struct fault fault = { 0 };

		cr_assert(text_is(*see, "ATT1"));
		*see = text_lit("ATT2");
		cr_assert(!ncpdp_check(&reading.message, &fault), "row %zu", i);
		snprintf(path, sizeof(path), "%sSeeTransactionLevelAttachmentControlNumber", rows[i].path);
		cr_expect_eq(fault.code, FAULT_RULE);
		cr_expect_str_eq(fault.path, path);
	}
	reading_done(&reading);
}

CASE(attachment, nothing_is_referred_to_that_has_no_number)
{
	struct reading reading;
	struct pa_request *request;
	struct fault fault = { 0 };

	reading_init(&reading);
	request = request_in(&reading, "pa_request_coded");
	request->attachment->control_number = TEXT_NONE;
	cr_expect(!ncpdp_check(&reading.message, &fault) && fault.code == FAULT_RULE);
	request->attachment = NULL;
	cr_expect(!ncpdp_check(&reading.message, &fault) && fault.code == FAULT_RULE);
	reading_done(&reading);
}

CASE(attachment, all_of_a_message_with_their_questions)
{
	struct reading reading;
	struct attachment_found *found;
	unsigned char hash[SHA256_BYTES];
	size_t n;

	reading_init(&reading);
	request_in(&reading, "pa_request_coded");
	cr_assert(attachments_of(reading.message.script, &reading.arena, &found, &n));
	cr_assert_eq(n, 5);
	cr_expect(!text_there(found[0].question_id), "the message's own comes first");
	cr_expect(text_is(found[1].question_id, "Q1") && text_is(found[2].question_id, "Q5") &&
		  text_is(found[3].question_id, "Q9") && text_is(found[4].question_id, "Q12"));
	crypto_sha256(text_lit("%PDF-1.4 Example note"), hash);
	cr_expect(found[0].content.bytes == 21 && memcmp(found[0].content.sha256, hash, sizeof(hash)) == 0);
	crypto_sha256(text_lit("<CDA/>"), hash);
	cr_expect(found[1].content.bytes == 6 && memcmp(found[1].content.sha256, hash, sizeof(hash)) == 0);
	arena_reset(&reading.arena);
	reading_good(&reading, NCPDP_SCRIPT, "pa_response_approved");
	cr_assert(attachments_of(reading.message.script, &reading.arena, &found, &n) && n == 1);
	arena_reset(&reading.arena);
	reading_good(&reading, NCPDP_SCRIPT, "pa_appeal_request");
	cr_assert(attachments_of(reading.message.script, &reading.arena, &found, &n) && n == 1);
	arena_reset(&reading.arena);
	reading_good(&reading, NCPDP_SCRIPT, "status");
	cr_assert(attachments_of(reading.message.script, &reading.arena, &found, &n) && n == 0);
	reading_done(&reading);
}
