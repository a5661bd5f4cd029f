/* SPDX-License-Identifier: Apache-2.0 */
/* PAS answers: whatever was decided about whatever was asked, the bundle holds to the profiles and says it all. */
#include "fhir-bridge/find.h"
#include "fhir-bridge/pas/pas_answer.h"
#include "fhir-bridge/systems.h"
#include "test/fhir-bridge/sample.h"

static const int64_t wall_ms = INT64_C(1795339800000);
static const char *const requests[] = { "submit", "drug", "update", "cancel" };
enum { REQUESTS = sizeof(requests) / sizeof(*requests) };

static struct text lit(const char *z)
{
	return text_of(z);
}

static struct fhir_bundle *request_of(const char *name, struct arena *arena)
{
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };

	cr_assert(pas_read(sample_pas(name, arena), PAS_SUBMIT, PAS_2_2_1, arena, &bundle, &fault), "%s: %s", name, fault.path);
	return bundle;
}

/* Made, held to the rules, written, read back, the same. */
static const struct fhir_claim_response *answered(const struct fhir_bundle *request, const struct pas_answer *answer, enum pas_version version,
	struct arena *arena)
{
	struct fhir_bundle *bundle = pas_answer_of(request, answer, version, arena), *again;
	struct fault fault = { 0 };
	struct buffer json;

	cr_assert(bundle);
	cr_assert(pas_check(bundle, PAS_SUBMIT_ANSWER, version, arena, &fault), "%s at %s", fault_row(fault.code)->name, fault.path);
	buffer_init(&json, arena, 0);
	fhir_write(bundle, &json);
	cr_assert(pas_read(buffer_text(&json), PAS_SUBMIT_ANSWER, version, arena, &again, &fault), "%s", fault.path);
	cr_assert(record_equal(&fhir_bundle_record, bundle, again));
	return again->entry[0].resource->claim_response;
}

static const struct fhir_extension *review_of(const struct fhir_adjudication *adjudication)
{
	return fhir_extension(adjudication->extension, adjudication->extension_n, PAS "extension-reviewAction");
}

static struct text action_of(const struct fhir_adjudication *adjudication)
{
	const struct fhir_extension *review = review_of(adjudication);
	const struct fhir_extension *code = fhir_extension(review->extension, review->extension_n, PAS "extension-reviewActionCode");

	return fhir_code(code->concept, X12("306"));
}

CASE(pas_answer, every_action_on_every_request_in_both_versions)
{
	static const char *const actions[] = { "A1", "A2", "A3", "A4", "A6", "C", "CT", "NA" };

	for (size_t i = 0; i < REQUESTS * 8 * 2; i++) {
		struct pas_line line = { .action = lit(actions[i % 8]), .number = lit("AUTH1"), .reason = lit("why"), .previous = lit("AUTH0"),
			.reference = lit("CASE1"), .effective_date = lit("2026-12-01"), .expiration_date = lit("2027-05-31") };
		struct pas_answer answer = { .identifier = lit("ANSWER1"), .wall_ms = wall_ms, .lines = &line, .lines_n = 1,
			.reviewer = PAS_REVIEWED_BY_PERSON };
		const struct fhir_claim_response *response;
		struct fhir_bundle *request;
		struct arena arena;

		arena_init(&arena, MEMORY);
		request = request_of(requests[i / 8 % REQUESTS], &arena);
		response = answered(request, &answer, i < REQUESTS * 8 ? PAS_2_2_1 : PAS_2_0_1, &arena);
		cr_assert_eq(response->item_n, request->entry[0].resource->claim->item_n, "every item has a result");
		for (size_t k = 0; k < response->item_n; k++) {
			const struct fhir_item *asked = &request->entry[0].resource->claim->item[k];
			const struct fhir_extension *trace =
				fhir_extension(response->item[k].extension, response->item[k].extension_n, PAS "extension-itemTraceNumber");

			cr_expect(text_equal(response->item[k].item_sequence, asked->sequence));
			cr_expect(text_equal(action_of(&response->item[k].adjudication[0]), line.action));
			cr_expect(text_equal(trace->identifier->value, asked->extension[0].identifier->value), "trace numbers come back");
			cr_expect(text_is(response->item[k].note_number, "[1]"));
		}
		cr_expect_eq(response->process_note_n, 1, "one reason is one note");
		cr_expect_eq(fhir_extension(response->extension, response->extension_n, PAS "extension-administrationReferenceNumber") != NULL,
			i >= REQUESTS * 8, "2.0.1 has the number of the case on the whole");
		cr_expect_eq(response->add_item_n, i < REQUESTS * 8 && i % 8 == 4 ? response->item_n : 0);
		cr_expect_eq(response->pre_auth_period != NULL, text_in_list(line.action, "A1 A2 A6"));
		arena_done(&arena);
	}
}

CASE(pas_answer, who_was_asked_and_who_asked_come_back_as_they_were)
{
	struct pas_line line = { .action = lit("A1") };
	struct pas_answer answer = { .identifier = lit("ANSWER1"), .wall_ms = wall_ms, .lines = &line, .lines_n = 1 };
	const struct fhir_extension *ids;
	struct fhir_bundle *request, *bundle;
	struct arena arena;
	size_t echoed = 0;

	arena_init(&arena, MEMORY);
	request = request_of("submit", &arena);
	bundle = pas_answer_of(request, &answer, PAS_2_2_1, &arena);
	for (size_t i = 1; i < bundle->entry_n; i++)
		for (size_t k = 0; k < request->entry_n; k++)
			if (text_equal(request->entry[k].full_url, bundle->entry[i].full_url)) {
				cr_expect(record_equal(&fhir_entry_record, &request->entry[k], &bundle->entry[i]));
				echoed++;
			}
	cr_expect_eq(echoed, bundle->entry_n - 1);
	cr_expect_eq(echoed, 6, "patient, payer, role, and of the role: practitioner, organization, place");
	ids = fhir_extension(bundle->entry[0].resource->claim_response->extension, bundle->entry[0].resource->claim_response->extension_n,
		PAS "extension-TransmissionIdentifiers");
	cr_expect(text_is(fhir_extension(ids->extension, ids->extension_n, "applicationSenderCode")->string, "EXPAYER"));
	cr_expect(text_is(fhir_extension(ids->extension, ids->extension_n, "applicationReceiverCode")->string, "EXEHR"));
	cr_expect(text_is(fhir_extension(ids->extension, ids->extension_n, "interchangeReceiverID")->string, "EXSENDER"));
	cr_expect(text_is(bundle->entry[0].resource->claim_response->request->reference, "https://ehr.example.org/fhir/Claim/pa-1"));
	cr_expect(record_equal(&fhir_bundle_record, bundle, pas_answer_of(request, &answer, PAS_2_2_1, &arena)), "the same whenever it is made");
	arena_done(&arena);
}

CASE(pas_answer, items_may_be_decided_apart)
{
	const struct pas_line lines[] = {
		{ .sequence = lit("1"), .action = lit("A6"), .number = lit("AUTH1"), .instead = { .quantity = lit("1.50") } },
		{ .sequence = lit("3"), .action = lit("A3"), .reason_code = lit("1"), .reason = lit("not tried") },
		{ .action = lit("A1"), .number = lit("AUTH2") },
	};
	struct pas_answer answer = { .identifier = lit("ANSWER1"), .wall_ms = wall_ms, .lines = lines, .lines_n = 3, .note = lit("call") };
	const struct fhir_claim_response *response;
	struct arena arena;

	arena_init(&arena, MEMORY);
	response = answered(request_of("submit", &arena), &answer, PAS_2_2_1, &arena);
	cr_assert_eq(response->item_n, 4);
	cr_expect(text_is(action_of(&response->item[0].adjudication[0]), "A6"));
	cr_expect(text_is(action_of(&response->item[1].adjudication[0]), "A1"));
	cr_expect(text_is(action_of(&response->item[2].adjudication[0]), "A3"));
	cr_expect(text_is(action_of(&response->item[3].adjudication[0]), "A1"));
	cr_assert_eq(response->add_item_n, 1);
	cr_expect(text_is(response->add_item[0].item_sequence, "[1]"));
	cr_expect(text_is(response->add_item[0].quantity->value, "1.50"));
	cr_expect(text_is(response->add_item[0].quantity->code, "UN"), "in the unit that was asked");
	cr_expect(text_is(response->item[2].note_number, "[1]"));
	cr_assert_eq(response->process_note_n, 2);
	cr_expect(text_is(response->process_note[1].text, "call"));
	cr_expect(fhir_extension(review_of(&response->item[2].adjudication[0])->extension, review_of(&response->item[2].adjudication[0])->extension_n,
		"reasonCode"));
	arena_done(&arena);
}

CASE(pas_answer, what_has_no_decision_is_pended_and_what_was_cancelled_is_cancelled)
{
	struct pas_answer answer = { .identifier = lit("ANSWER1"), .wall_ms = wall_ms };
	struct arena arena;

	arena_init(&arena, MEMORY);
	cr_expect(text_is(action_of(&answered(request_of("drug", &arena), &answer, PAS_2_2_1, &arena)->item[0].adjudication[0]), "A4"));
	cr_expect(text_is(action_of(&answered(request_of("cancel", &arena), &answer, PAS_2_2_1, &arena)->item[0].adjudication[0]), "C"));
	arena_done(&arena);
}

CASE(pas_answer, a_whole_authorization_is_cancelled_without_items)
{
	struct pas_answer answer = { .identifier = lit("ANSWER1"), .wall_ms = wall_ms };
	const struct fhir_claim_response *response;
	struct fhir_extension *whole;
	struct pas_request request;
	struct fhir_bundle *bundle;
	struct fhir_claim *claim;
	struct fault fault = { 0 };
	struct arena arena;

	arena_init(&arena, MEMORY);
	bundle = request_of("update", &arena);
	claim = bundle->entry[0].resource->claim;
	claim->item_n = 0;
	cr_expect(!pas_check(bundle, PAS_SUBMIT, PAS_2_2_1, &arena, &fault), "an update of nothing");
	whole = arena_push(&arena, (void **)&claim->extension, &claim->extension_n, sizeof(*whole));
	*whole = (struct fhir_extension){ .url = lit(PAS "extension-certificationType"), .concept = arena_new(&arena, struct fhir_concept) };
	whole->concept->coding = arena_new(&arena, struct fhir_coding);
	whole->concept->coding_n = 1;
	*whole->concept->coding = (struct fhir_coding){ .system = lit(X12("1322")), .code = lit("3") };
	cr_assert(pas_check(bundle, PAS_SUBMIT, PAS_2_2_1, &arena, &fault), "%s", fault.path);
	pas_request_of(bundle, &request);
	cr_expect_eq(request.intent, PAS_CANCEL);
	response = answered(bundle, &answer, PAS_2_2_1, &arena);
	cr_assert_eq(response->adjudication_n, 1);
	cr_expect(text_is(action_of(&response->adjudication[0]), "C"));
	arena_done(&arena);
}

CASE(pas_answer, a_business_error_decides_nothing)
{
	const struct pas_error errors[] = {
		{ .trouble = PAS_TROUBLE_MEMBER_NOT_FOUND, .path = lit("Bundle.entry[0].resource.insurance[0].coverage") },
		{ .trouble = PAS_TROUBLE_INPUT, .words = lit("This drug is on the pharmacy benefit.") },
	};
	struct pas_line line = { .action = lit("A1") };
	struct pas_answer answer = { .identifier = lit("ANSWER1"), .wall_ms = wall_ms, .lines = &line, .lines_n = 1, .errors = errors, .errors_n = 2 };

	for (enum pas_version version = PAS_2_0_1; version <= PAS_2_2_1; version++) {
		const struct fhir_claim_response *response;
		struct arena arena;

		arena_init(&arena, MEMORY);
		response = answered(request_of("submit", &arena), &answer, version, &arena);
		cr_expect(text_is(response->outcome, "error"));
		cr_expect_eq(response->item_n + response->add_item_n, 0);
		cr_assert_eq(response->error_n, 2);
		cr_expect(text_is(fhir_code(response->error[0].code, X12("901")), "75"));
		cr_expect(text_is(response->error[1].code->text, "This drug is on the pharmacy benefit."));
		cr_expect_eq(fhir_extension(response->error[0].extension, response->error[0].extension_n, PAS "extension-errorPath") != NULL,
			version == PAS_2_2_1);
		arena_done(&arena);
	}
}

CASE(pas_answer, more_information_is_asked_by_number)
{
	const struct pas_question questions[] = { { .loinc = lit("18776-5") }, { .sequence = lit("2"), .loinc = lit(LOINC_QUESTIONNAIRE) } };
	struct pas_line line = { .action = lit("A4"), .reference = lit("CASE1") };
	struct pas_answer answer = { .identifier = lit("ANSWER1"), .wall_ms = wall_ms, .lines = &line, .lines_n = 1, .questions = questions, .questions_n = 2 };
	const struct fhir_claim_response *response;
	const struct fhir_communication_request *asked;
	struct fhir_bundle *request, *bundle;
	struct arena arena;

	arena_init(&arena, MEMORY);
	request = request_of("submit", &arena);
	response = answered(request, &answer, PAS_2_2_1, &arena);
	bundle = pas_answer_of(request, &answer, PAS_2_2_1, &arena);
	cr_assert_eq(response->communication_request_n, 2);
	asked = fhir_find(bundle, &response->communication_request[0])->resource->communication_request;
	cr_expect(text_is(asked->payload[0].string, "18776-5"));
	cr_expect(text_is(asked->identifier[0].value, "pa-1"), "of the whole claim: its number");
	asked = fhir_find(bundle, &response->communication_request[1])->resource->communication_request;
	cr_expect(text_is(asked->payload[0].string, "102089-0"));
	cr_expect(text_is(asked->identifier[0].value, "TRACE-2"), "of an item: its trace number");
	cr_expect(text_is(asked->extension[0].positive, "2"));
	arena_done(&arena);
}

CASE(pas_answer, an_inquiry_is_answered_with_bundles)
{
	struct pas_line line = { .action = lit("A1"), .number = lit("AUTH1") };
	struct pas_answer answer = { .identifier = lit("ANSWER1"), .wall_ms = wall_ms, .lines = &line, .lines_n = 1 };
	struct fhir_bundle *answers[2], **found;
	struct fhir_parameters *parameters;
	struct fault fault = { 0 };
	struct buffer json;
	struct arena arena;
	size_t n;

	for (size_t many = 0; many <= 2; many++) {
		arena_init(&arena, MEMORY);
		for (size_t i = 0; i < many; i++)
			answers[i] = pas_answer_of(request_of(requests[i], &arena), &answer, PAS_2_2_1, &arena);
		parameters = pas_inquiry_answer_of(answers, many, &arena);
		cr_assert(parameters);
		buffer_init(&json, &arena, 0);
		pas_write_parameters(parameters, &json);
		cr_assert(pas_read_inquiry_answer(buffer_text(&json), PAS_2_2_1, &arena, &found, &n, &fault), "%s", fault.path);
		cr_expect_eq(n, many);
		arena_done(&arena);
	}
}

CASE(pas_answer, a_small_arena_gives_none)
{
	struct pas_line line = { .action = lit("A6"), .reason = lit("why") };
	struct pas_answer answer = { .identifier = lit("ANSWER1"), .wall_ms = wall_ms, .lines = &line, .lines_n = 1 };
	struct fhir_bundle *request, *made = NULL;
	struct arena whole, small;

	arena_init(&whole, MEMORY);
	request = request_of("submit", &whole);
	for (size_t limit = 100; !made && limit < 1 << 20; limit += 700) {
		arena_init(&small, limit);
		made = pas_answer_of(request, &answer, PAS_2_2_1, &small);
		arena_done(&small);
	}
	cr_expect(made);
	arena_done(&whole);
}
