/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes the documents of a message piece by piece: whether they are what they say, how large they are, and their hash. */
#include "ncpdp/attachment.h"

#include <assert.h>
#include <string.h>

enum {
	PIECE = 3 << 10, /* bytes decoded before they are hashed */
	HEAD = 1 << 10,  /* bytes in which a signature is looked for: readers of PDF find its header anywhere in the first 1024 */
};

/* -- base64 -- */

/* What a character is: a value, or one of these. */
enum { PAD = 64, WHITE, OTHER };

static unsigned char letters[256];

__attribute__((constructor)) static void letters_init(void)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	memset(letters, OTHER, sizeof(letters));
	for (unsigned char i = 0; i < 64; i++)
		letters[(unsigned char)alphabet[i]] = i;
	letters['='] = PAD;
	letters[' '] = letters['\t'] = letters['\r'] = letters['\n'] = WHITE;
}

/* Where decoded bytes go: counted, their beginning kept, the rest hashed if wanted and forgotten. */
struct sink {
	size_t bytes; /* before this piece */
	size_t n;
	struct crypto_hash *hash; /* NULL: not wanted */
	size_t head_n;
	unsigned char head[HEAD];
	unsigned char piece[PIECE];
};

static void flush(struct sink *sink)
{
	if (sink->bytes == 0) {
		sink->head_n = sink->n < HEAD ? sink->n : HEAD;
		memcpy(sink->head, sink->piece, sink->head_n);
	}
	if (sink->hash)
		crypto_sha256_add(sink->hash, (struct text){ (const char *)sink->piece, sink->n });
	sink->bytes += sink->n;
	sink->n = 0;
}

/* The first n of three bytes. */
static void put(struct sink *sink, uint32_t three, size_t n)
{
	if (sink->n + 3 > PIECE)
		flush(sink);
	for (size_t i = 0; i < n; i++)
		sink->piece[sink->n++] = (unsigned char)(three >> (16 - 8 * i));
}

/* RFC 4648 4 and 3.5, XML Schema part 2, 3.2.16. */
static bool decode(struct text data, struct sink *sink, struct fault *fault)
{
	uint32_t bits = 0;
	size_t have = 0, pad = 0; /* characters of this group of four */
	bool over = false;        /* it was padded: nothing may follow */

	for (size_t i = 0; i < data.n; i++) {
		unsigned char letter = letters[(unsigned char)data.at[i]];

		if (letter == WHITE)
			continue;
		if (letter == OTHER || over || (letter == PAD ? have < 2 : pad > 0))
			return fault_set(fault, FAULT_BAD_TEXT, "AttachmentData");
		pad += letter == PAD;
		bits = bits << 6 | (letter == PAD ? 0 : letter);
		if (++have < 4)
			continue;
		if (bits & ((UINT32_C(1) << 8 * pad) - 1)) /* bits that belong to no byte */
			return fault_set(fault, FAULT_BAD_TEXT, "AttachmentData");
		put(sink, bits, 3 - pad);
		bits = 0;
		have = 0;
		over = pad > 0;
		if (sink->bytes + sink->n > ATTACHMENT_BYTES_MAX)
			return fault_set(fault, FAULT_TOO_LARGE, "AttachmentData");
	}
	return have == 0 || fault_set(fault, FAULT_BAD_TEXT, "AttachmentData");
}

/* -- what a document is -- */

static const struct signature {
	const char *mime;
	struct text bytes;
	bool anywhere; /* in the head, not only at its beginning */
} signatures[] = {
	{ "application/pdf", { "%PDF-", 5 }, true },                    /* ISO 32000-1 7.5.2 */
	{ "application/png", { "\x89PNG\r\n\x1A\n", 8 }, false },       /* RFC 2083 3.1 */
	{ "application/tiff", { "II*\0", 4 }, false },                  /* TIFF 6.0, section 2 */
	{ "application/tiff", { "MM\0*", 4 }, false },
	{ "application/jpeg", { "\xFF\xD8\xFF", 3 }, false },           /* ISO 10918-1 B.2 */
};
enum { SIGNATURES = sizeof(signatures) / sizeof(signatures[0]) };

static bool signed_as(const struct sink *sink, const struct signature *signature)
{
	if (sink->head_n < signature->bytes.n)
		return false;
	if (signature->anywhere)
		return memmem(sink->head, sink->head_n, signature->bytes.at, signature->bytes.n) != NULL;
	return memcmp(sink->head, signature->bytes.at, signature->bytes.n) == 0;
}

/* A type with a signature has it; one without (the two of XML) does not begin with another's. */
static bool is_as_said(const struct sink *sink, struct text mime)
{
	bool has_one = false, begins_as_other = false;

	for (size_t i = 0; i < SIGNATURES; i++) {
		bool found = signed_as(sink, &signatures[i]);

		if (text_is(mime, signatures[i].mime)) {
			has_one = true;
			if (found)
				return true;
		}
		begins_as_other |= found && memcmp(sink->head, signatures[i].bytes.at, signatures[i].bytes.n) == 0;
	}
	return !has_one && !begins_as_other;
}

bool attachment_check(const struct attachment *attachment, struct attachment_content *out, struct fault *fault)
{
	struct sink sink;
	bool good;

	sink.bytes = sink.n = sink.head_n = 0;
	sink.hash = out ? crypto_sha256_begin() : NULL;
	good = decode(attachment->data, &sink, fault);
	if (good)
		flush(&sink);
	if (out) {
		crypto_sha256_end(sink.hash, out->sha256);
		out->bytes = sink.bytes;
	}
	if (!good)
		return false;
	if (!sink.bytes)
		return fault_set(fault, FAULT_BAD_TEXT, "AttachmentData");
	return is_as_said(&sink, attachment->mime_type) || fault_set(fault, FAULT_RULE, "MIMEType");
}

/* -- where they stand in a question set -- */

/* Answer k of a question, as far as it is a document or refers to one. */
struct document {
	const char *kind; /* "Select" */
	bool one_of_many;
	const struct attachment *attachment;
	struct text see;
};

/* False after the last answer; both members are absent for an answer of another form. */
static bool document_at(const struct answered_type *type, size_t k, struct document *out)
{
	*out = (struct document){ 0 };
	if (type->select) {
		out->kind = "Select";
		out->one_of_many = true;
		if (k >= type->select->answers_n)
			return false;
		if (type->select->answers[k].by_code) {
			out->attachment = type->select->answers[k].by_code->attachment;
			out->see = type->select->answers[k].by_code->see_attachment;
		}
		return true;
	}
	if (k > 0)
		return false;
#define ONE(member, name)                                                            \
	if (type->member && type->member->answer && type->member->answer->by_code) { \
		out->kind = name;                                                    \
		out->attachment = type->member->answer->by_code->attachment;         \
		out->see = type->member->answer->by_code->see_attachment;            \
		return true;                                                         \
	}
	ONE(date, "Date")
	ONE(numeric, "Numeric")
	ONE(free_text, "FreeText")
#undef ONE
	return false;
}

/* Bytes, nearly: white space is left out, whether it is base64 is another's question. */
static size_t about_bytes(const struct attachment *attachment)
{
	struct text data = attachment->data;
	size_t n = 0;

	for (size_t i = 0; i < data.n; i++)
		n += letters[(unsigned char)data.at[i]] < PAD;
	return n / 4 * 3 + (n % 4 ? n % 4 - 1 : 0);
}

static bool refuse(const struct document *document, size_t question, size_t k, enum fault_code code, const char *what,
	struct fault *fault)
{
	fault_set(fault, code, what);
	fault_under(fault, text_lit("CodedReferenceAnswer"), -1);
	fault_under(fault, text_lit("Answer"), document->one_of_many ? (int)k : -1);
	fault_under(fault, text_of(document->kind), -1);
	fault_under(fault, text_lit("QuestionType"), -1);
	fault_under(fault, text_lit("Question"), (int)question);
	return fault_under(fault, text_lit("QuestionSet"), -1);
}

bool attachments_check(const struct attachment *own, const struct question_set_request *set, struct fault *fault)
{
	struct text number = own ? text_trim(own->control_number) : TEXT_NONE;
	size_t bytes = own ? about_bytes(own) : 0;
	struct document document;

	for (size_t i = 0; set && i < set->questions_n; i++)
		for (size_t k = 0; document_at(set->questions[i].type, k, &document); k++) {
			if (text_there(document.see) && !(text_there(number) && text_equal(text_trim(document.see), number)))
				return refuse(&document, i, k, FAULT_RULE, "SeeTransactionLevelAttachmentControlNumber", fault);
			bytes += document.attachment ? about_bytes(document.attachment) : 0;
			if (document.attachment && bytes > ATTACHMENTS_BYTES_MAX)
				return refuse(&document, i, k, FAULT_TOO_LARGE, "Attachment", fault);
		}
	return true;
}

/* -- all of a message -- */

struct finding {
	struct arena *arena;
	struct attachment_found *found;
	size_t n;
};

static bool find(struct finding *finding, const struct attachment *attachment, struct text question_id)
{
	struct attachment_found *place;
	struct fault fault;
	bool good;

	if (!attachment)
		return true;
	place = arena_push(finding->arena, (void **)&finding->found, &finding->n, sizeof(*finding->found));
	if (!place)
		return false;
	place->attachment = attachment;
	place->question_id = question_id;
	good = attachment_check(attachment, &place->content, &fault);
	assert(good); /* reading has seen to it */
	return true;
}

static bool find_in(struct finding *finding, const struct question_set_request *set)
{
	struct document document;

	for (size_t i = 0; set && i < set->questions_n; i++)
		for (size_t k = 0; document_at(set->questions[i].type, k, &document); k++)
			if (!find(finding, document.attachment, set->questions[i].question_id))
				return false;
	return true;
}

bool attachments_of(const struct script_message *script, struct arena *arena, struct attachment_found **out, size_t *n)
{
	const struct script_body *body = script->body;
	const struct question_set_request *set = NULL;
	const struct attachment *own = NULL;
	struct finding finding = { .arena = arena };

	if (body && body->pa_request) {
		const struct pa_model *model = body->pa_request->request;

		own = body->pa_request->attachment;
		set = model->solicited ? model->solicited->question_set : model->unsolicited->question_set;
	} else if (body && body->pa_appeal_request) {
		own = body->pa_appeal_request->attachment;
		set = body->pa_appeal_request->request->question_set;
	} else if (body && body->pa_response) {
		own = body->pa_response->attachment;
	} else if (body && body->pa_appeal_response) {
		own = body->pa_appeal_response->attachment;
	}
	if (!find(&finding, own, TEXT_NONE) || !find_in(&finding, set))
		return false;
	*out = finding.found;
	*n = finding.n;
	return true;
}
