/* SPDX-License-Identifier: Apache-2.0 */
/* The dearest bodies that anyone could think of, a mebibyte each, against every reader: none may cost more than its length is
   worth. What a search for a dearer one finds is added here. */
#include "adjudication/records.h"
#include "base/http.h"
#include "base/json.h"
#include "fhir-bridge/fhir.h"
#include "formulary/records.h"
#include "ncpdp/ncpdp.h"
#include "test/case.h"
#include "test/ncpdp/fixtures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	BODY = 1 << 20,   /* bytes */
	COST_MS = 50,     /* of processor time for one body; an ordinary one of this size takes 5 to 10 */
	MEMORY = 256 << 20,
	TRIES = 3,        /* the best counts: the machine has other things to do */
};

#if defined(CASE_LEAKS)
enum { SLOWER = 30 }; /* sanitizers look at every byte */
#else
enum { SLOWER = 1 };
#endif

static double cpu_ms(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec * 1000 + (double)at.tv_nsec / 1e6;
}

/* head, then `unit` as often as it fits (or at most `times`) with %zu counted up in it, then tail. */
static struct text repeated(const char *head, const char *unit, size_t times, const char *tail, struct arena *arena)
{
	struct buffer out;
	char one[4096];

	buffer_init(&out, arena, BODY + 1);
	out.n = 0;
	buffer_add(&out, text_of(head));
	for (size_t i = 0; i < times; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		size_t n = (size_t)snprintf(one, sizeof(one), unit, i);
#pragma GCC diagnostic pop

		if (out.n + n + strlen(tail) > BODY)
			break;
		buffer_add(&out, (struct text){ one, n });
	}
	buffer_add(&out, text_of(tail));
	cr_assert(!out.failed && out.n <= BODY);
	return buffer_text(&out);
}

/* A reader of one kind of body; the verdict does not matter. */
struct reader {
	struct xml_reader *xml;
	struct arena arena;
};

static void judge(const char *reader, const char *what, void (*read)(struct reader *, struct text), struct text body)
{
	struct reader r = { .xml = xml_reader_new() };
	double best = 1e9;

	arena_init(&r.arena, MEMORY);
	for (int i = 0; i < TRIES && best > COST_MS; i++) {
		double before = cpu_ms();

		read(&r, body);
		best = cpu_ms() - before < best ? cpu_ms() - before : best;
		arena_reset(&r.arena);
	}
	printf("# %-8s %-40s %8zu bytes %8.1f ms\n", reader, what, body.n, best);
	cr_expect_leq(best, COST_MS * SLOWER, "%s, %s: %.1f ms", reader, what, best);
	arena_done(&r.arena);
	xml_reader_free(r.xml);
}

/* -- XML -- */

static void read_script(struct reader *r, struct text body)
{
	struct ncpdp_message message;
	struct ncpdp_sender sender;
	struct fault fault;

	if (!ncpdp_read(r->xml, NCPDP_SCRIPT, body, false, &r->arena, &message, &fault))
		ncpdp_sender(&message, body, &sender); /* what a refusal does */
}

static void read_rtpb(struct reader *r, struct text body)
{
	struct ncpdp_message message;
	struct ncpdp_sender sender;
	struct fault fault;

	if (!ncpdp_read(r->xml, NCPDP_RTPB, body, false, &r->arena, &message, &fault))
		ncpdp_sender(&message, body, &sender);
}

#define ALL SIZE_MAX
#define NAME100 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define VERSIONS "DatatypesVersion=\"20170715\" TransportVersion=\"20170715\" TransactionDomain=\"SCRIPT\" " \
	"TransactionVersion=\"20170715\" StructuresVersion=\"20170715\" ECLVersion=\"20170715\""
#define ATTRIBUTES8(a) a "0=\"v\" " a "1=\"v\" " a "2=\"v\" " a "3=\"v\" " a "4=\"v\" " a "5=\"v\" " a "6=\"v\" " a "7=\"v\" "
#define DEEP "<d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d>" \
	"<d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d><d>"
#define UNDEEP "</d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d>" \
	"</d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d></d>"
#define IN_PATIENT "<Message " VERSIONS "><Body><PAInitiationRequest><Patient><HumanPatient>"
#define FROM_PATIENT "</HumanPatient></Patient></PAInitiationRequest></Body></Message>"
#define SET "<Message " VERSIONS "><Body><PARequest><Request><UnSolicitedModel><QuestionSet>"
#define UNSET "</QuestionSet></UnSolicitedModel></Request></PARequest></Body></Message>"

static const struct {
	const char *what, *head, *unit;
	size_t times;
	const char *tail;
} xml_bodies[] = {
	{ "empty elements nobody knows", IN_PATIENT, "<a/>", 19000, FROM_PATIENT },
	{ "too many of them", IN_PATIENT, "<a/>", ALL, FROM_PATIENT },
	{ "each with another name", IN_PATIENT, "<a%zuxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/>", 19000, FROM_PATIENT },
	{ "with long names", IN_PATIENT, "<" NAME100 "%zu/>", ALL, FROM_PATIENT },
	{ "with names like ours", IN_PATIENT, "<DateOfBirti/>", 19000, FROM_PATIENT },
	{ "attributes", "<Message>", "<a " ATTRIBUTES8("a") ATTRIBUTES8("b") ATTRIBUTES8("c") ATTRIBUTES8("d") "/>", ALL, "</Message>" },
	{ "attributes, each another", "<Message>", "<a x%zu" ATTRIBUTES8("a") "/>", ALL, "</Message>" },
	{ "one long attribute of references", "<Message a=\"", "&amp;", ALL, "\"/>" },
	{ "attributes of our own with references", "<Message DatatypesVersion=\"", "&#38;", ALL, "\"/>" },
	{ "deep, again and again", "<Message>", DEEP UNDEEP, ALL, "</Message>" },
	{ "references", IN_PATIENT "<Gender>", "&amp;", ALL, "</Gender>" FROM_PATIENT },
	{ "numeric references", IN_PATIENT "<Gender>", "&#x10FFFF;", ALL, "</Gender>" FROM_PATIENT },
	{ "text in pieces", IN_PATIENT "<Gender>", "a<!---->", ALL, "</Gender>" FROM_PATIENT },
	{ "comments", IN_PATIENT, "<!---->", ALL, FROM_PATIENT },
	{ "carriage returns", IN_PATIENT "<Gender>", "\r", ALL, "</Gender>" FROM_PATIENT },
	{ "carriage returns between elements", IN_PATIENT, "<a/>\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r", ALL, FROM_PATIENT },
	{ "brackets", IN_PATIENT "<Gender>", "]", ALL, "</Gender>" FROM_PATIENT },
	{ "characters of four bytes", IN_PATIENT "<Gender>", "\xF0\x9F\x92\x8A", ALL, "</Gender>" FROM_PATIENT },
	{ "text between elements", IN_PATIENT, "<a/>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 19000, FROM_PATIENT },
	{ "prefixes nobody declared", "<Message>", "<p%zu:a/>", 19000, "</Message>" },
	{ "declarations", "<Message>", "<a xmlns:a=\"u%zu\" xmlns:b=\"v\" xmlns:c=\"w\"/>", ALL, "</Message>" },
	{ "elements under sixty declarations",
		"<Message " ATTRIBUTES8("xmlns:a") ATTRIBUTES8("xmlns:b") ATTRIBUTES8("xmlns:c") ATTRIBUTES8("xmlns:d") ">", "<a0:a/>", 19000, "</Message>" },
	{ "a message in a wrapper", "<string>&lt;Message&gt;", "&lt;a/&gt;", 19000, "&lt;/Message&gt;</string>" },
	{ "a wrapper of references", "<string>", "&#x3C;", ALL, "</string>" },
	{ "never closed", "", "<Message>", ALL, "" },
	{ "nothing but openings", "", "<", ALL, "" },
	{ "a comment that does not end", "<Message><!--", "<To", ALL, "" },
	{ "quotes that do not end", "", "<To a=\"", ALL, "" },
	{ "questions", SET, "<Question><QuestionID>Q%zu</QuestionID></Question>", 6000, UNSET },
	{ "questions that lead on", SET,
		"<Question><QuestionID>Q%1$zu</QuestionID><SequenceNumber>1</SequenceNumber><QuestionText>q</QuestionText>"
		"<DefaultNextQuestionID>END</DefaultNextQuestionID><QuestionType><Numeric><IsNumeric>Y</IsNumeric></Numeric></QuestionType></Question>",
		1000, UNSET },
	{ "choices", SET "<Question><QuestionType><Select>", "<Choice><ChoiceID>C%zu</ChoiceID></Choice>", 9000,
		"</Select></QuestionType></Question>" UNSET },
	{ "answers", SET "<Question><QuestionType><Select>",
		"<Answer><PrescriberProvidedAnswer><ChoiceID>C%zu</ChoiceID></PrescriberProvidedAnswer></Answer>", 6000,
		"</Select></QuestionType></Question>" UNSET },
	{ "an attachment", "<Message " VERSIONS "><Body><PARequest><Attachment><AttachmentData>", "QUJD\n", ALL,
		"</AttachmentData></Attachment></PARequest></Body></Message>" },
	{ "pharmacies", "<Message><RTPBBody><RTPBRequest>", "<Pharmacy/>", 19000, "</RTPBRequest></RTPBBody></Message>" },
	{ "restrictions", "<Message><RTPBBody><RTPBResponse><ResponseProduct><PricingAndCoverages><PricingAndCoverage>",
		"<CoverageRestriction><CoverageRestrictionCode>75</CoverageRestrictionCode></CoverageRestriction>", 9000,
		"</PricingAndCoverage></PricingAndCoverages></ResponseProduct></RTPBResponse></RTPBBody></Message>" },
};

CASE(worst, xml)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(xml_bodies) / sizeof(*xml_bodies); i++) {
		struct text body = repeated(xml_bodies[i].head, xml_bodies[i].unit, xml_bodies[i].times, xml_bodies[i].tail, &arena);

		judge("script", xml_bodies[i].what, read_script, body);
		judge("rtpb", xml_bodies[i].what, read_rtpb, body);
		arena_reset(&arena);
	}
	arena_done(&arena);
}

/* A good request whose question set is as large as a body may have it: all of it passes, and all rules are asked. */
CASE(worst, a_good_message_of_the_greatest_size)
{
	struct arena arena;
	struct text good, answers, choices;
	struct buffer out;
	const char *at;

	arena_init(&arena, MEMORY);
	good = fixture("good/script", "pa_request", "xml", &arena);
	at = memmem(good.at, good.n, "<Question>", 10);
	cr_assert_not_null(at);
	choices = repeated("", "<Choice><ChoiceID>CHOICE-WITH-A-LONG-BEGINNING-%zu</ChoiceID><SequenceNumber>1</SequenceNumber>"
			       "<ChoiceText>c</ChoiceText><AdditionalFreeTextIndicator>NA</AdditionalFreeTextIndicator></Choice>", 1000, "", &arena);
	answers = repeated("", "<Answer><PrescriberProvidedAnswer><ChoiceID>CHOICE-WITH-A-LONG-BEGINNING-%zu</ChoiceID>"
			       "</PrescriberProvidedAnswer></Answer>", 1000, "", &arena);
	buffer_init(&out, &arena, BODY);
	buffer_add(&out, (struct text){ good.at, (size_t)(at - good.at) });
	for (int q = 0; q < 2; q++) {
		buffer_format(&out, "<Question><QuestionID>QX%d</QuestionID><SequenceNumber>1</SequenceNumber><QuestionText>q</QuestionText>"
				    "<QuestionType><Select><SelectMultiple>Y</SelectMultiple>", q);
		buffer_add(&out, choices);
		buffer_add(&out, answers);
		buffer_lit(&out, "</Select></QuestionType></Question>");
	}
	buffer_add(&out, (struct text){ at, good.n - (size_t)(at - good.at) });
	{
		struct xml_reader *xml = xml_reader_new();
		struct ncpdp_message message;
		struct fault fault;

		cr_assert(ncpdp_read(xml, NCPDP_SCRIPT, buffer_text(&out), false, &arena, &message, &fault), "%s at %s",
			fault_row(fault.code)->name, fault.path);
		xml_reader_free(xml);
	}
	judge("script", "a good message of the greatest size", read_script, buffer_text(&out));
	arena_done(&arena);
}

/* A good request with as much attached as a body may carry: all of it is decoded. */
CASE(worst, a_good_message_with_the_largest_attachment)
{
	struct arena arena;
	struct text good, line, data;
	struct buffer out;
	const char *at;

	arena_init(&arena, MEMORY);
	good = fixture("good/script", "pa_request", "xml", &arena);
	line = text_lit("<AttachmentData>JVBERi0x"); /* "%PDF-1", and then nothing but one letter */
	at = memmem(good.at, good.n, line.at, line.n);
	cr_assert_not_null(at);
	data = repeated("", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n", 13600, "", &arena);
	buffer_init(&out, &arena, BODY + good.n);
	buffer_add(&out, (struct text){ good.at, (size_t)(at - good.at) + line.n });
	buffer_add(&out, data);
	at += line.n;
	buffer_add(&out, (struct text){ at, good.n - (size_t)(at - good.at) });
	{
		struct xml_reader *xml = xml_reader_new();
		struct ncpdp_message message;
		struct fault fault;

		cr_assert(out.n <= BODY && ncpdp_read(xml, NCPDP_SCRIPT, buffer_text(&out), false, &arena, &message, &fault), "%s at %s",
			fault_row(fault.code)->name, fault.path);
		xml_reader_free(xml);
	}
	judge("script", "a good message with the largest attachment", read_script, buffer_text(&out));
	arena_done(&arena);
}

/* -- JSON -- */

static void read_fhir(struct reader *r, struct text body)
{
	struct fhir_decision decision = { .action = text_lit("A1") };
	struct fhir_claim_view view;
	struct fhir_bundle *bundle;
	struct fault fault;

	if (!fhir_read(body, &r->arena, &bundle, &fault))
		return;
	if (fhir_claim_read(bundle, &r->arena, &view, &fault))
		cr_assert(fhir_response_of(bundle, &decision, text_lit("R"), 0, &r->arena));
	(void)!fhir_response_read(bundle, &r->arena, &decision, &fault);
}

static void read_line(struct reader *r, struct text body)
{
	struct plan_file_line line = { 0 };
	struct fault fault;

	(void)!json_read(&plan_file_line_record, &line, body, &r->arena, NULL, &fault);
}

#define ENTRY "{\"fullUrl\":\"u%zu\",\"resource\":{\"resourceType\":\"Patient\"}},"
#define BUNDLE "{\"resourceType\":\"Bundle\",\"entry\":["
#define DEEP_JSON "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
#define UNDEEP_JSON "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"

static const struct {
	const char *what, *head, *unit;
	size_t times;
	const char *tail;
} json_bodies[] = {
	{ "resources nobody knows", BUNDLE, "{\"resource\":{\"resourceType\":\"X\"}},", ALL, "{}]}" },
	{ "many types, the outer one last", BUNDLE, "{\"resource\":{\"a\":{\"resourceType\":\"X\"},\"resourceType\":\"X\"}},", ALL, "{}]}" },
	{ "entries", BUNDLE, ENTRY, ALL, "{}]}" },
	{ "small keys", "{\"resourceType\":\"coverage\",\"a\":[", "{\"\":1},", ALL, "{}]}" },
	{ "keys nobody knows", "{\"resourceType\":\"coverage\",\"a\":[", "{\"a%zu\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5},", ALL, "{}]}" },
	{ "empty arrays", "{\"resourceType\":\"coverage\",\"a\":[", "[],", ALL, "[]]}" },
	{ "deep, again and again", "{\"resourceType\":\"coverage\",\"a\":[", DEEP_JSON UNDEEP_JSON ",", ALL, "[]]}" },
	{ "escapes", "{\"resourceType\":\"coverage\",\"plan\":\"", "\\ud83d\\ude00", ALL, "\"}" },
	{ "short escapes", "{\"resourceType\":\"coverage\",\"plan\":\"", "\\n", ALL, "\"}" },
	{ "characters of two bytes", "{\"resourceType\":\"coverage\",\"plan\":\"", "\xC3\xA9", ALL, "\"}" },
	{ "a long number", "{\"resourceType\":\"coverage\",\"tier\":1", "0", ALL, "}" },
	{ "white space", "{\"resourceType\":\"coverage\"", " \n\t\r", ALL, "}" },
	{ "alternatives", "{\"resourceType\":\"coverage\",\"alternatives\":[", "{\"ndc\":\"%zu\"},", ALL, "{}]}" },
};

CASE(worst, json)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(json_bodies) / sizeof(*json_bodies); i++) {
		struct text body = repeated(json_bodies[i].head, json_bodies[i].unit, json_bodies[i].times, json_bodies[i].tail, &arena);

		judge("fhir", json_bodies[i].what, read_fhir, body);
		judge("line", json_bodies[i].what, read_line, body);
		arena_reset(&arena);
	}
	arena_done(&arena);
}

/* Names made to fall together in a hash table of 1,024 places, 512 in each object. */
CASE(worst, json_keys_that_fall_together)
{
	struct arena arena;
	struct buffer object, body;
	char name[16];

	arena_init(&arena, MEMORY);
	buffer_init(&object, &arena, BODY);
	object.n = 0;
	/* those whose hash ends in ten zero bits */
	buffer_lit(&object, "{\"a\":0");
	for (unsigned i = 0, found = 0; found < 511; i++) {
		int n = snprintf(name, sizeof(name), "%x", i);

		if (text_hash((struct text){ name, (size_t)n }) % 1024)
			continue;
		found++;
		buffer_format(&object, ",\"%s\":0", name);
	}
	buffer_lit(&object, "},");
	buffer_init(&body, &arena, BODY + 1);
	body.n = 0;
	buffer_lit(&body, "{\"resourceType\":\"coverage\",\"a\":[");
	while (body.n + object.n + 4 < BODY)
		buffer_add(&body, buffer_text(&object));
	buffer_lit(&body, "{}]}");
	judge("line", "keys that fall together", read_line, buffer_text(&body));
	arena_done(&arena);
}

/* -- FHIR: what points to each other -- */

static struct fhir_bundle *corpus_bundle(const char *name, struct arena *arena)
{
	char path[512], *bytes = arena_alloc(arena, BODY);
	struct fhir_bundle *bundle;
	struct fault fault;
	size_t n;
	FILE *in;

	snprintf(path, sizeof(path), FHIR_CORPUS "/%s", name);
	in = fopen(path, "re");
	cr_assert(in && bytes, "%s", path);
	n = fread(bytes, 1, BODY, in);
	fclose(in);
	cr_assert(fhir_read((struct text){ bytes, n }, arena, &bundle, &fault), "%s: %s at %s", name, fault_row(fault.code)->name,
		fault.path);
	return bundle;
}

static struct text bundle_body(const struct fhir_bundle *bundle, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, BODY);
	out.n = 0;
	fhir_write(bundle, &out);
	cr_assert(!out.failed);
	return buffer_text(&out);
}

static void *more(struct arena *arena, void **items, size_t *n, size_t size)
{
	void *item = arena_push(arena, items, n, size);

	cr_assert_not_null(item);
	return item;
}
#define MORE(items) ((__typeof__(items))more(&arena, (void **)&(items), &items##_n, sizeof(*(items))))

static struct fhir_reference *to(size_t i, struct arena *arena)
{
	struct fhir_reference *reference = arena_new(arena, struct fhir_reference);
	struct buffer name;

	buffer_init(&name, arena, 16);
	buffer_format(&name, "R/%zu", i);
	cr_assert_not_null(reference);
	reference->reference = buffer_text(&name);
	return reference;
}

/* Claims that point at thousands of resources, most of which are not there. */
CASE(worst, fhir_claims_that_point_far)
{
	static const size_t sizes[] = { 90, 6000 };

	for (size_t s = 0; s < 2; s++) {
		struct fhir_bundle *bundle;
		struct fhir_claim *claim;
		struct arena arena;

		arena_init(&arena, MEMORY);
		bundle = corpus_bundle("claim_answers.json", &arena);
		claim = bundle->entry[0].resource->claim;
		claim->supporting_info_n = 0;
		for (size_t i = 0; i < sizes[s]; i++) {
			struct fhir_supporting_info *info = MORE(claim->supporting_info);

			info->sequence = text_lit("1");
			info->category = claim->type;
			info->reference = to(1000000 + i, &arena);
		}
		for (size_t i = 0; i < sizes[s]; i++) {
			struct fhir_entry *entry = MORE(bundle->entry);

			entry->full_url = to(i, &arena)->reference;
			entry->resource = arena_new(&arena, struct fhir_resource);
			entry->resource->practitioner_role = arena_new(&arena, struct fhir_practitioner_role);
			entry->resource->practitioner_role->practitioner = to(i + 1, &arena);
		}
		claim->provider = to(0, &arena);
		judge("fhir", s ? "a claim that points far" : "a claim that points far, within bounds", read_fhir, bundle_body(bundle, &arena));
		arena_done(&arena);
	}
}

/* Answers whose every item names every note. */
CASE(worst, fhir_answers_of_many_notes)
{
	static const size_t sizes[] = { 90, 2000 };

	for (size_t s = 0; s < 2; s++) {
		struct fhir_claim_response *response;
		struct fhir_bundle *bundle;
		struct arena arena;
		struct text list;

		arena_init(&arena, MEMORY);
		bundle = corpus_bundle("denied.json", &arena);
		response = bundle->entry[0].resource->claim_response;
		list = repeated("[", "%zu, ", 100, "9]", &arena);
		for (size_t i = 0; i < sizes[s]; i++) {
			struct fhir_process_note *note = MORE(response->process_note);
			struct fhir_response_item *item;

			note->number = text_lit("123456");
			note->text = text_lit("n");
			item = MORE(response->item);
			*item = response->item[0];
			item->note_number = list;
		}
		judge("fhir", s ? "an answer of many notes" : "an answer of many notes, within bounds", read_fhir, bundle_body(bundle, &arena));
		arena_done(&arena);
	}
}
