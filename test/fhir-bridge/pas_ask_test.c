/* SPDX-License-Identifier: Apache-2.0 */
/* Being a client of a PAS payer: what goes on is what came, what is asked later holds to its profile, and what is answered means one thing. */
#include "fhir-bridge/pas/pas_answer.h"
#include "fhir-bridge/pas/pas_ask.h"
#include "test/fhir-bridge/sample.h"

static const char *const requests[] = { "submit", "drug", "update", "cancel" };
enum { REQUESTS = sizeof(requests) / sizeof(*requests) };

static struct fhir_bundle *request_of(struct text body, struct arena *arena)
{
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };

	cr_assert(pas_read(body, PAS_SUBMIT, PAS_2_2_1, arena, &bundle, &fault), "%s", fault.path);
	return bundle;
}

static struct fhir_bundle *answer_of(const struct fhir_bundle *request, const char *action, const char *reason, struct arena *arena)
{
	struct pas_line line = { .action = text_of(action), .number = text_lit("AUTH1"), .reason = text_of(reason), .reference = text_lit("CASE1") };
	struct pas_answer answer = { .identifier = text_lit("ANSWER1"), .wall_ms = WALL_MS, .lines = &line, .lines_n = 1 };
	struct fhir_bundle *bundle = pas_answer_of(request, &answer, PAS_2_2_1, arena);

	cr_assert(bundle);
	return bundle;
}

CASE(pas_ask, a_request_goes_on_as_it_came_but_for_its_identifier)
{
	for (size_t i = 0; i < REQUESTS; i++) {
		struct pas_forward how = { .identifier = text_lit("0123.1") };
		struct fhir_bundle *before, *after;
		struct text body, out, again;
		struct arena arena;
		struct fault fault;

		arena_init(&arena, MEMORY);
		body = sample_pas(requests[i], &arena);
		cr_assert(pas_forward(body, &how, &arena, &out, &fault));
		cr_assert(pas_forward(body, &how, &arena, &again, &fault));
		cr_expect(text_equal(out, again), "a repetition is the same bytes");
		before = request_of(body, &arena);
		after = request_of(out, &arena);
		cr_expect(text_is(after->identifier->value, "0123.1"));
		cr_expect(!text_equal(before->identifier->value, after->identifier->value));
		before->identifier = after->identifier;
		cr_expect(record_equal(&fhir_bundle_record, before, after), "%s", requests[i]);
		arena_done(&arena);
	}
}

CASE(pas_ask, what_no_table_knows_goes_on_too)
{
	static const char body[] = "{\"resourceType\":\"Bundle\",\"unheard\":[1.50, \"\\u00e9 \\\"x\\\"\"] ,\"identifier\" : {\"value\":\"theirs\"},\"type\":\"collection\"}";
	static const char without[] = " {\"resourceType\":\"Bundle\"}";
	struct pas_forward how = { .identifier = text_lit("0123.1") };
	struct arena arena;
	struct fault fault;
	struct text out;

	arena_init(&arena, MEMORY);
	cr_assert(pas_forward(text_of(body), &how, &arena, &out, &fault));
	cr_expect(text_is(out, "{\"resourceType\":\"Bundle\",\"unheard\":[1.50, \"\\u00e9 \\\"x\\\"\"] ,\"identifier\" : "
			       "{\"system\":\"urn:dualtrack:bundle\",\"value\":\"0123.1\"},\"type\":\"collection\"}"));
	cr_assert(pas_forward(text_of(without), &how, &arena, &out, &fault));
	cr_expect(text_is(out, "{\"identifier\":{\"system\":\"urn:dualtrack:bundle\",\"value\":\"0123.1\"},\"resourceType\":\"Bundle\"}"));
	cr_expect(!pas_forward(text_lit("[]"), &how, &arena, &out, &fault));
	arena_done(&arena);
}

CASE(pas_ask, the_number_of_the_case_is_the_payers)
{
	static const char body[] = "{\"identifier\":{},\"a\":\"PA-1\",\"b\":[\"PA-12\",\"\\\"PA-1\",\"PA-1\"],\"PA-1x\":1}";
	struct pas_forward how = { .identifier = text_lit("i"), .ours = text_lit("PA-1"), .theirs = text_lit("THEIRS-7") };
	struct arena arena;
	struct fault fault;
	struct text out;

	arena_init(&arena, MEMORY);
	cr_assert(pas_forward(text_of(body), &how, &arena, &out, &fault));
	cr_expect(text_holds(out, "\"a\":\"THEIRS-7\",\"b\":[\"PA-12\",\"\\\"PA-1\",\"THEIRS-7\"],\"PA-1x\":1}"), "%.*s", TEXT_ARGS(out));
	how.theirs = TEXT_NONE;
	cr_assert(pas_forward(text_of(body), &how, &arena, &out, &fault));
	cr_expect(text_holds(out, "\"a\":\"PA-1\""));
	arena_done(&arena);
}

CASE(pas_ask, an_inquiry_holds_to_its_profile_and_says_no_more_than_it_must)
{
	for (size_t i = 0; i < REQUESTS * 4; i++) {
		enum pas_version version = i / REQUESTS % 2 ? PAS_2_0_1 : PAS_2_2_1;
		struct fhir_bundle *inquiry, *read;
		struct arena arena;
		struct fault fault = { 0 };
		struct text json;

		arena_init(&arena, MEMORY);
		inquiry = pas_inquiry_of(request_of(sample_pas(requests[i % REQUESTS], &arena), &arena), text_lit("0123.1.i"),
			i / REQUESTS / 2 ? text_lit("THEIRS-7") : TEXT_NONE, WALL_MS, &arena);
		cr_assert(inquiry);
		cr_assert(pas_check(inquiry, PAS_INQUIRE, version, &arena, &fault), "%s: %s at %s", requests[i % REQUESTS], fault_row(fault.code)->name,
			fault.path);
		json = sample_json(inquiry, &arena);
		cr_assert(pas_read(json, PAS_INQUIRE, version, &arena, &read, &fault), "%s", fault.path);
		cr_expect_eq(text_holds(json, "THEIRS-7"), i / REQUESTS / 2 == 1);
		for (size_t k = 0; k < read->entry_n; k++) {
			const struct fhir_resource *resource = read->entry[k].resource;

			cr_expect(!resource->questionnaire_response && !resource->medication_request && !resource->document_reference &&
				!resource->service_request);
		}
		arena_done(&arena);
	}
}

CASE(pas_ask, an_answer_means_one_thing)
{
	static const struct {
		const char *action, *reason, *outcome, *to_cancel;
	} rows[] = {
		{ "A1", NULL, "APPROVED", "CANCEL_REFUSED" },
		{ "A2", "half", "PARTIALLY_DENIED", "CANCEL_REFUSED" },
		{ "A3", "no", "DENIED", "CANCEL_REFUSED" },
		{ "A4", NULL, "IN_PROCESS", "IN_PROCESS" },
		{ "A6", "less", "PARTIALLY_DENIED", "CANCEL_REFUSED" },
		{ "C", NULL, "CLOSED", "CANCELLED" },
		{ "CT", NULL, "CLOSED", "CANCEL_REFUSED" },
		{ "NA", NULL, "CLOSED", "CANCEL_REFUSED" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) * 2; i++) {
		bool cancel = i % 2;
		struct fhir_bundle *request, *answer;
		struct pas_heard heard;
		struct arena arena;
		struct fault fault = { 0 };

		arena_init(&arena, MEMORY);
		request = request_of(sample_pas("drug", &arena), &arena);
		answer = answer_of(request, rows[i / 2].action, rows[i / 2].reason, &arena);
		cr_assert(pas_heard_of(answer, cancel, &arena, &heard, &fault), "%s: %s", rows[i / 2].action, fault.path);
		cr_expect_str_eq(heard.outcome, cancel ? rows[i / 2].to_cancel : rows[i / 2].outcome, "%s", rows[i / 2].action);
		cr_expect_eq(heard.reason.n > 0, rows[i / 2].reason != NULL);
		cr_expect(text_in_list(text_of(rows[i / 2].action), "CT NA") ? text_is(heard.action, rows[i / 2].action) : !heard.action.n);
		cr_expect(text_is(heard.number, "CASE1"));
		if (rows[i / 2].reason) {
			answer = answer_of(request, rows[i / 2].action, NULL, &arena);
			cr_expect(!pas_heard_of(answer, cancel, &arena, &heard, &fault) && fault.code == FAULT_NO_REASON, "%s", rows[i / 2].action);
		}
		arena_done(&arena);
	}
}

CASE(pas_ask, a_business_error_closes)
{
	const struct pas_error error = { .trouble = PAS_TROUBLE_MEMBER_NOT_FOUND };
	const struct pas_answer answer = { .identifier = text_lit("ANSWER1"), .wall_ms = WALL_MS, .errors = &error, .errors_n = 1 };
	struct fhir_bundle *request;
	struct pas_heard heard;
	struct arena arena;
	struct fault fault;

	arena_init(&arena, MEMORY);
	request = request_of(sample_pas("drug", &arena), &arena);
	cr_assert(pas_heard_of(pas_answer_of(request, &answer, PAS_2_2_1, &arena), false, &arena, &heard, &fault));
	cr_expect_str_eq(heard.outcome, "CLOSED");
	cr_expect(!pas_heard_of(request, false, &arena, &heard, &fault), "a request is no answer");
	arena_done(&arena);
}

CASE(pas_ask, an_answer_about_another_request_is_told_apart)
{
	struct fhir_bundle *request, *answer;
	struct arena arena;
	struct fault fault;
	struct text json;
	struct fhir_claim_response *response;

	arena_init(&arena, MEMORY);
	request = request_of(sample_pas("drug", &arena), &arena);
	answer = answer_of(request, "A1", NULL, &arena);
	json = sample_json(answer, &arena);
	cr_expect(pas_is_about(request, answer));
	answer->entry[0].resource->claim_response->request->reference = text_lit("https://payer.example/Claim/77");
	cr_expect(pas_is_about(request, answer), "a payer may give it an address of its own");
	cr_assert(fhir_read(json, &arena, &answer, &fault));
	response = answer->entry[0].resource->claim_response;
	response->request->reference = text_lit("urn:uuid:00000000-0000-4000-8000-000000000000");
	cr_expect(!pas_is_about(request, answer), "another Claim");
	response->request->identifier = &(struct fhir_identifier){ .value = request->entry[0].resource->claim->identifier[0].value };
	cr_expect(pas_is_about(request, answer), "its number counts for more than its address");
	response->request->identifier->value = text_lit("EXAMPLE-OTHER");
	cr_expect(!pas_is_about(request, answer));
	cr_assert(fhir_read(json, &arena, &answer, &fault));
	for (size_t i = 0; i < answer->entry_n; i++)
		if (answer->entry[i].resource->patient)
			answer->entry[i].resource->patient->identifier[0].value = text_lit("EX0009");
	cr_expect(!pas_is_about(request, answer), "another patient");
	cr_expect(!pas_is_about(request, request));
	arena_done(&arena);
}

CASE(pas_ask, what_an_inquiry_gave_goes_on_as_a_submission_would_have)
{
	for (int version = PAS_2_0_1; version <= PAS_2_2_1; version++) {
		struct fhir_bundle *bundles[2], *request, *read;
		struct fhir_parameters *parameters;
		struct arena arena;
		struct fault fault = { 0 };
		struct buffer json;
		struct text one;

		arena_init(&arena, MEMORY);
		request = request_of(sample_pas("drug", &arena), &arena);
		bundles[0] = answer_of(request, "A4", NULL, &arena);
		bundles[1] = answer_of(request_of(sample_pas("submit", &arena), &arena), "A1", NULL, &arena);
		parameters = pas_inquiry_answer_of(bundles, 2, &arena);
		cr_assert(parameters);
		buffer_init(&json, &arena, 0);
		if (version == PAS_2_2_1)
			pas_write_parameters(parameters, &json);
		else
			fhir_write(bundles[0], &json);
		for (size_t i = 0; i < (version == PAS_2_2_1 ? 2 : 1); i++) {
			one = pas_inquired(buffer_text(&json), i, &arena);
			cr_assert(text_there(one));
			cr_expect(pas_read(one, PAS_SUBMIT_ANSWER, (enum pas_version)version, &arena, &read, &fault), "%s", fault.path);
		}
		cr_expect(!text_there(pas_inquired(buffer_text(&json), 2, &arena)));
		arena_done(&arena);
	}
}

CASE(pas_ask, a_refusal_in_one_line)
{
	struct arena arena;
	struct text words;

	arena_init(&arena, MEMORY);
	words = pas_refusal_words(text_lit("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"invalid\","
		"\"details\":{\"text\":\"is\\nmissing\"},\"expression\":[\"Claim.item[0]\"]}]}"), &arena);
	cr_expect(text_is(words, "invalid at Claim.item[0]: is missing"), "%.*s", TEXT_ARGS(words));
	cr_expect(!text_there(pas_refusal_words(text_lit("{\"resourceType\":\"Bundle\",\"type\":\"collection\"}"), &arena)));
	cr_expect(!text_there(pas_refusal_words(text_lit("<html>"), &arena)));
	arena_done(&arena);
}
