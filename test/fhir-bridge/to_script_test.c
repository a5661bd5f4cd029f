/* SPDX-License-Identifier: Apache-2.0 */
/* A PAS request as SCRIPT messages: what must be in them, what is told as lost, what SCRIPT must have; and what payers answer, as answers of PAS. */
#include "fhir-bridge/script/map.h"
#include "fhir-bridge/script/to_script.h"

#include "test/fhir-bridge/sample.h"

#include <string.h>

static struct script_asking asking_of(enum script_step step)
{
	return (struct script_asking){ .step = step, .stamp = text_lit(""), .to = text_lit("PY:EXAMPLE"), .from = text_lit("ZZZ:DUALTRACK"), .message_id = text_lit("trace.1"),
		.pa_reference_id = text_lit("PA-trace"), .pa_case_id = text_lit("CASE-9"), .wall_ms = WALL_MS };
}

static struct fhir_bundle *bundle_of(struct text json, struct arena *arena)
{
	struct fhir_bundle *bundle;
	struct fault fault;

	cr_assert(fhir_read(json, arena, &bundle, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return bundle;
}

static struct text written(const struct script_message *script, enum ncpdp_kind kind, struct arena *arena)
{
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .kind = kind, .script = (struct script_message *)script };
	struct buffer out;
	struct fault fault;

	buffer_init(&out, arena, 8192);
	cr_assert(ncpdp_write(&message, text_lit(""), &out, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return buffer_text(&out);
}

CASE(to_script, everything_of_a_claim_comes_back)
{
	static const char *const in_message[] = {
		"<To Qualifier=\"PY\">EXAMPLE</To><From Qualifier=\"ZZZ\">DUALTRACK</From><MessageID>trace.1</MessageID>",
		"<PAReferenceID>PA-trace</PAReferenceID><PAPriorityIndicator>X</PAPriorityIndicator>",
		"<ProcessorIdentificationNumber>DEMO</ProcessorIdentificationNumber>",
		"<IINNumber>999999</IINNumber>",
		"<PayerName>EXAMPLE HEALTH PLAN</PayerName><CardholderID>MEMBER0001</CardholderID>",
		"<PayerResponsibilityCode>P</PayerResponsibilityCode>",
		"<MedicalRecordIdentificationNumberEHR>MRN1</MedicalRecordIdentificationNumberEHR>",
		"<REMSPatientID>REMS1</REMSPatientID>",
		"<LastName>TESTPATIENT</LastName><FirstName>PAT</FirstName><MiddleName>Q</MiddleName>",
		"<Gender>F</Gender><DateOfBirth><Date>1980-02-29</Date></DateOfBirth>",
		"<NPI>1234567893</NPI>",
		"<DEANumber>AB1234563</DEANumber>",
		"<Specialty>207RH0003X</Specialty>",
		"<BusinessName>EXAMPLE CLINIC</BusinessName>",
		"<Number>6175550103</Number><Extension>12</Extension>",
		"<PrescriberPlaceOfService>11</PrescriberPlaceOfService>",
		"<DrugDescription>Examplimab 100 mg vial</DrugDescription>",
		"<ProductCode><Code>99999000505</Code><Qualifier>ND</Qualifier></ProductCode>",
		"<DrugDBCode><Code>999999</Code><Qualifier>SCD</Qualifier></DrugDBCode>",
		"<PayerType>B</PayerType>",
		"<Quantity><Value>2.50</Value><CodeListQualifier>38</CodeListQualifier><QuantityUnitOfMeasure><Code>C28254</Code></QuantityUnitOfMeasure></Quantity>",
		"<Primary><Code>M0579</Code><Qualifier>ABF</Qualifier><Description>Rheumatoid arthritis</Description></Primary><Secondary><Code>69896004</Code>",
	};
	struct script_asking asking = asking_of(SCRIPT_INITIATE);
	struct script_message *script;
	struct fhir_bundle *bundle;
	struct loss loss = { .n = 0 };
	struct arena arena;
	struct fault fault;
	struct text xml;

	arena_init(&arena, MEMORY);
	bundle = bundle_of(sample_json(sample_claim("answers.xml", &arena), &arena), &arena);
	cr_assert(script_request_of(bundle, &asking, &arena, &script, &loss, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	xml = written(script, NCPDP_PA_INITIATION_REQUEST, &arena);
	for (size_t i = 0; i < sizeof(in_message) / sizeof(*in_message); i++)
		cr_expect(text_holds(xml, in_message[i]), "%s in %.*s", in_message[i], TEXT_ARGS(xml));
	/* what kind of document it is, SCRIPT does not say */
	cr_assert_eq(loss.n, 2, "%.*s", loss.n ? (int)loss.paths[0].n : 0, loss.n ? loss.paths[0].at : "");
	cr_expect(text_is(loss.paths[0], "DocumentReference.type") && text_is(loss.paths[1], "DocumentReference.category"));
	arena_done(&arena);
}

static struct text submit_json(struct arena *arena)
{
	return sample_json(sample_claim("answers.xml", arena), arena);
}

/* What SCRIPT must have: taken away, it is named. */
static const struct {
	const char *find, *with, *path;
	enum fault_code fault;
} twins[] = {
	{ "\"family\":\"TESTPATIENT\",", "", "Bundle.entry.resource.ofType(Patient).name", FAULT_MISSING },
	{ "\"birthDate\":\"1980-02-29\"", "\"birthDate\":\"1980-02\"", "Bundle.entry.resource.ofType(Patient).birthDate", FAULT_MISSING },
	{ "\"http://hl7.org/fhir/sid/us-npi\"", "\"urn:other\"", "Bundle.entry.resource.ofType(Practitioner).identifier", FAULT_MISSING },
	{ "\"text\":\"Examplimab 100 mg vial\"", "\"text\":\"\"", "Bundle.entry.resource.ofType(MedicationRequest).medication.text", FAULT_MISSING },
};

CASE(to_script, what_script_must_have_is_named)
{
	struct script_asking asking = asking_of(SCRIPT_INITIATE);
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
		struct text json = sample_replaced(submit_json(&arena), twins[i].find, twins[i].with, &arena);
		struct script_message *script;
		struct loss loss = { .n = 0 };
		struct fault fault = { 0 };

		cr_expect(!script_request_of(bundle_of(json, &arena), &asking, &arena, &script, &loss, &fault), "%zu", i);
		cr_expect(fault.code == twins[i].fault && strcmp(fault.path, twins[i].path) == 0, "%zu: %s %s", i, fault_row(fault.code)->name, fault.path);
	}
	arena_done(&arena);
}

/* The answers that a PARequest had become those of a QuestionnaireResponse, and those of a PARequest again. */
CASE(to_script, answers_go_with_the_request)
{
	struct arena arena;
	struct script_message *asked, *script;
	const struct question_set_request *set;
	struct question_form form = { .url = text_lit("urn:dualtrack:Questionnaire:QS%201%2F%C3%A9"), .deadline = text_lit("2026-12-31T00:00:00Z") };
	struct script_asking asking = asking_of(SCRIPT_SUBMIT);
	struct form_answers answers;
	struct fhir_bundle *bundle;
	struct loss loss = { .n = 0 };
	struct question *questions;
	struct question_set_header header;
	struct fault fault;
	struct make make;
	struct text xml;
	bool whole;

	arena_init(&arena, MEMORY);
	make_init(&make, &arena);
	asked = sample_script("answers.xml", &arena);
	set = asked->body->pa_request->request->solicited->question_set;
	questions = make_bytes(&make, set->questions_n * sizeof(*questions));
	for (size_t i = 0; i < set->questions_n; i++) {
		const struct answered_question *from = &set->questions[i];
		struct question_type *type = questions[i].type = make_new(&make, struct question_type);

		questions[i].question_id = from->question_id;
		questions[i].sequence_number = from->sequence_number;
		questions[i].question_text = from->question_text;
		questions[i].default_next_question_id = from->default_next_question_id;
		if (from->type->select) {
			type->select = make_new(&make, struct select_question);
			*type->select = (struct select_question){ from->type->select->select_multiple, from->type->select->choices, from->type->select->choices_n };
		}
		type->date = from->type->date ? from->type->date->date : NULL;
		if (from->type->numeric) {
			type->numeric = make_new(&make, struct numeric_question);
			*type->numeric = (struct numeric_question){ from->type->numeric->is_numeric, from->type->numeric->conditions, from->type->numeric->conditions_n };
		}
		if (from->type->free_text) {
			type->free_text = make_new(&make, struct free_text_question);
			type->free_text->is_free_text = text_lit("Y");
		}
	}
	header = (struct question_set_header){ .question_set_id = set->header->question_set_id, .title = set->header->title,
		.description = set->header->description, .contact = set->header->contact, .attachment_required = set->header->attachment_required };
	form.header = &header;
	form.questions = questions;
	form.n = set->questions_n;
	bundle = bundle_of(submit_json(&arena), &arena);
	cr_assert(script_answers_in(bundle, &form, &make, &answers, &whole, &loss, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	cr_assert(answers.n >= 5);
	cr_expect(whole);
	asking.form = &form;
	asking.answers = &answers;
	cr_assert(script_request_of(bundle, &asking, &arena, &script, &loss, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	xml = written(script, NCPDP_PA_REQUEST, &arena);
	cr_expect(text_holds(xml, "<PACaseID>CASE-9</PACaseID><DeadlineForReply><DateTime>2026-12-31T00:00:00Z</DateTime></DeadlineForReply>"));
	cr_expect(text_holds(xml, "<PrescriberProvidedNumericAnswer>72.5</PrescriberProvidedNumericAnswer>"));
	cr_expect(text_holds(xml, "<QuestionSetComment>Please hurry</QuestionSetComment>"));
	/* answers to another set are no answers to this one: neither its address nor what it asks is the same */
	form.url = text_lit("urn:dualtrack:Questionnaire:other");
	header.title = text_lit("Another title");
	cr_assert(script_answers_in(bundle, &form, &make, &answers, &whole, &loss, &fault));
	cr_expect(!answers.n && !whole);
	cr_expect(make_done(&make));
	arena_done(&arena);
}

/* -- what payers answer -- */

static struct text said_as_pas(const struct script_body *body, struct fhir_bundle *request, struct arena *arena)
{
	const struct script_about about = { .identifier = text_lit("trace.2"), .case_id = text_lit("PA-trace"), .wall_ms = WALL_MS };
	const struct script_message said = { .body = (struct script_body *)body };
	struct pas_answer answer;
	struct fhir_bundle *bundle;
	struct loss loss = { .n = 0 };
	struct fault fault;

	cr_assert(script_answer_as_pas(&said, request, &about, arena, &answer, &loss));
	bundle = pas_answer_of(request, &answer, PAS_2_2_1, arena);
	cr_assert(bundle);
	cr_expect(pas_check(bundle, PAS_SUBMIT_ANSWER, PAS_2_2_1, arena, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return sample_json(bundle, arena);
}

static struct text decided(struct pa_response_status *status, struct fhir_bundle *request, struct arena *arena)
{
	struct pa_answer answer = { .response_status = status };
	struct pa_response response = { .response = &answer };
	const struct script_body body = { .pa_response = &response };

	return said_as_pas(&body, request, arena);
}

CASE(to_script, decisions_are_those_of_the_payer)
{
	struct date_or_time from = { .date = text_lit("2026-11-22") }, until = { .date_time = text_lit("2027-11-22T23:59:59Z") };
	struct authorization_period period = { &from, &until };
	struct pa_appeal appeal = { .is_e_appeal_supported = text_lit("Y"), .pa_note = text_lit("Appeal by telephone") };
	struct pa_approved approved = { .pa_case_id = text_lit("C"), .authorization_number = text_lit("AUTH1"), .authorization_period = &period, .appeal = &appeal };
	struct pa_denied denied = { .pa_case_id = text_lit("C"), .appeal = &appeal, .pa_note = text_lit("Not tried: methotrexate") };
	struct nci_code unit = { .code = text_lit("C48542") };
	struct quantity quantity = { .value = text_lit("5"), .code_list_qualifier = text_lit("38"), .unit = &unit };
	struct authorization_detail detail = { .quantity = &quantity };
	struct pa_partially_denied partly = { .pa_case_id = text_lit("C"), .authorization_number = text_lit("AUTH2"), .authorization_details = &detail,
		.authorization_details_n = 1, .appeal = &appeal, .pa_note = text_lit("Five at most") };
	struct pa_in_process later = { .pa_case_id = text_lit("C"), .pa_note = text_lit("A pharmacist looks at it") };
	struct fhir_bundle *request;
	struct arena arena;
	struct text json;

	arena_init(&arena, MEMORY);
	request = bundle_of(submit_json(&arena), &arena);
	json = decided(&(struct pa_response_status){ .approved = &approved }, request, &arena);
	cr_expect(text_holds(json, "\"code\":\"A1\"") && text_holds(json, "\"valueString\":\"AUTH1\"") && text_holds(json, "\"start\":\"2026-11-22\",\"end\":\"2027-11-22\""));
	cr_expect(text_holds(json, "Appeal by telephone"));
	json = decided(&(struct pa_response_status){ .denied = &denied }, request, &arena);
	cr_expect(text_holds(json, "\"code\":\"A3\"") && text_holds(json, "Not tried: methotrexate"));
	json = decided(&(struct pa_response_status){ .partially_denied = &partly }, request, &arena);
	cr_expect(text_holds(json, "\"code\":\"A6\"") && text_holds(json, "Five at most") && text_holds(json, "\"value\":5,"));
	partly.authorization_details_n = 0;
	json = decided(&(struct pa_response_status){ .partially_denied = &partly }, request, &arena);
	cr_expect(text_holds(json, "\"code\":\"A2\""));
	json = decided(&(struct pa_response_status){ .in_process = &later }, request, &arena);
	cr_expect(text_holds(json, "\"code\":\"A4\"") && text_holds(json, "\"valueString\":\"PA-trace\"") && !text_holds(json, LOINC_QUESTIONNAIRE));
	arena_done(&arena);
}

/* Each row is about something that an answer may say. */
CASE(to_script, rows_of_the_map_lead_somewhere)
{
	const struct record *const records[] = { &pa_initiation_response_record, &pa_response_record, &pa_cancel_response_record };
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < map_answer.n; i++) {
		bool leads = false;

		for (size_t k = 0; k < sizeof(records) / sizeof(*records); k++) {
			struct text rest = text_of(map_answer.rows[i].from);
			const struct record *at = records[k];
			bool there = true;

			while (there && text_there(rest)) {
				struct text step = text_cut(&rest, '/');
				const struct field *found = NULL;

				for (size_t f = 0; at && f < at->n; f++)
					if (field_named(&at->fields[f], step))
						found = &at->fields[f];
				there = found != NULL;
				at = found ? found->of : NULL;
			}
			leads |= there;
		}
		cr_expect(leads, "%s", map_answer.rows[i].from);
	}
	arena_done(&arena);
}

CASE(to_script, what_an_answer_says_and_pas_cannot_is_named)
{
	struct pa_appeal appeal = { .is_e_appeal_supported = text_lit("Y"), .pa_note = text_lit("Appeal by telephone") };
	struct pa_approved approved = { .pa_case_id = text_lit("C"), .authorization_number = text_lit("AUTH1"), .appeal = &appeal };
	struct pa_response_status status = { .approved = &approved };
	struct pa_answer said = { .reference_number = text_lit("R1"), .response_status = &status };
	struct pa_response response = { .response = &said };
	const struct script_body body = { .pa_response = &response };
	const struct script_message message = { .body = (struct script_body *)&body };
	const struct script_about about = { .identifier = text_lit("a"), .case_id = text_lit("PA-1"), .wall_ms = WALL_MS };
	struct pas_answer answer;
	struct loss loss = { .n = 0 };
	struct arena arena;

	arena_init(&arena, MEMORY);
	cr_assert(script_answer_as_pas(&message, bundle_of(submit_json(&arena), &arena), &about, &arena, &answer, &loss));
	cr_expect(loss.n == 2 && text_is(loss.paths[0], "Response/ReferenceNumber") &&
		text_is(loss.paths[1], "Response/ResponseStatus/Approved/Appeal/IsEAppealSupported"), "%zu %.*s", loss.n, TEXT_ARGS(loss.n > 1 ? loss.paths[1] : TEXT_NONE));
	arena_done(&arena);
}

CASE(to_script, an_authorization_that_is_on_file_is_the_answer_when_it_is_named)
{
	struct date_or_time from = { .date = text_lit("2026-11-01") }, until = { .date = text_lit("2027-10-31") };
	struct authorization_period period = { &from, &until };
	struct text code = text_lit("FQ");
	struct pa_initiation_closed closed = { .reason_codes = &code, .reason_codes_n = 1, .authorization_number = text_lit("AUTH0"), .authorization_period = &period };
	struct pa_initiation_status status = { .closed = &closed };
	struct pa_initiation_answer answer = { .response_status = &status };
	struct pa_initiation_response response = { .response = &answer };
	const struct script_body body = { .pa_initiation_response = &response };
	struct arena arena;
	struct text json;

	arena_init(&arena, MEMORY);
	json = said_as_pas(&body, bundle_of(submit_json(&arena), &arena), &arena);
	cr_expect(text_holds(json, "\"code\":\"A1\"") && text_holds(json, "AUTH0") && text_holds(json, "2027-10-31"));
	closed.authorization_number = TEXT_NONE;
	json = said_as_pas(&body, bundle_of(submit_json(&arena), &arena), &arena);
	cr_expect(!text_holds(json, "\"code\":\"A1\"") && text_holds(json, "An authorization of this drug is on file"));
	arena_done(&arena);
}

CASE(to_script, what_is_closed_says_why)
{
	static const struct {
		const char *code, *holds;
	} codes[] = { { "CC", "\"code\":\"NA\"" }, { "CP", "\"code\":\"CT\"" }, { "CD", "\"code\":\"75\"" }, { "CN", "\"code\":\"33\"" }, { "BY", "\"code\":\"33\"" },
		{ "FM", "does not cover this drug" } };
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		struct fhir_bundle *request = bundle_of(submit_json(&arena), &arena);
		struct text code = text_of(codes[i].code);
		struct pa_initiation_closed closed = { .reason_codes = &code, .reason_codes_n = 1 };
		struct pa_initiation_status status = { .closed = &closed };
		struct pa_initiation_answer answer = { .response_status = &status };
		struct pa_initiation_response response = { .response = &answer };
		const struct script_body body = { .pa_initiation_response = &response };
		struct text json = said_as_pas(&body, request, &arena);

		cr_expect(text_holds(json, codes[i].holds), "%s: %.*s", codes[i].code, TEXT_ARGS(json));
	}
	arena_done(&arena);
}
