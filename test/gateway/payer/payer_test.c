/* SPDX-License-Identifier: Apache-2.0 */
/* The payer, one step at a time: prices, question sets, decisions on both tracks, and the medical track's FHIR in between. */
#include "test/gateway/way.h"

#include "base/log.h"
#include "gateway/payer/payer.h"
#include "gateway/sandbox/sandbox.h"

#include <string.h>

#define ANSWER(text) "<Answer><PrescriberProvidedAnswer>" text "</PrescriberProvidedAnswer></Answer>"
#define CHOICE(id, text) \
	"<Choice><ChoiceID>" id "</ChoiceID><SequenceNumber>1</SequenceNumber><ChoiceText>" text "</ChoiceText><AdditionalFreeTextIndicator>NA</AdditionalFreeTextIndicator></Choice>"
#define QUESTION(id, number, next, type) \
	"<Question><QuestionID>" id "</QuestionID><SequenceNumber>" number "</SequenceNumber><QuestionText>T</QuestionText><DefaultNextQuestionID>" next \
	"</DefaultNextQuestionID><QuestionType>" type "</QuestionType></Question>"
/* The sandbox's question set for its infused drug, answered. */
#define INFUSION(site, infusions, documented) \
	QUESTION("SITE", "1", "INFUSIONS", "<Select><SelectMultiple>N</SelectMultiple>" CHOICE("OFFICE", "Office") CHOICE("HOME", "Home") \
		CHOICE("HOSPITAL", "Hospital") ANSWER("<ChoiceID>" site "</ChoiceID>") "</Select>") \
	QUESTION("INFUSIONS", "2", "DOCUMENTED", "<Numeric><IsNumeric>Y</IsNumeric><Answer><PrescriberProvidedNumericAnswer>" infusions \
		"</PrescriberProvidedNumericAnswer></Answer></Numeric>") \
	QUESTION("DOCUMENTED", "3", "END", "<Select><SelectMultiple>Y</SelectMultiple>" CHOICE("DIAGNOSIS", "Diagnosis") CHOICE("EARLIER", "Earlier") \
		CHOICE("NEITHER", "Neither") ANSWER("<ChoiceID>" documented "</ChoiceID>") "</Select>")

CASE(payer, prices_and_answers_the_edge)
{
	struct way way;
	struct ncpdp_message answer;
	const struct rtpb_header *header;

	way_start(&way, NULL);
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ .message_id = "R-9" }));
	way_to_payer(&way, ROLE_WORKER, TYPE_PRICE, way_only(&way, TYPE_PRICE, ROLE_PAYER)->payload);
	answer = way_reply(&way, NCPDP_RTPB);
	header = answer.rtpb->header;
	cr_expect_eq(answer.kind, NCPDP_RTPB_RESPONSE);
	cr_expect(!text_there(way.out.outs[0].envelope.fault));
	cr_expect(text_is(header->relates_to_message_id, "R-9"));
	cr_expect(text_is(header->message_id, WAY_TRACE ".0"));
	way_stop(&way);
}

CASE(payer, damaged_questions_are_refused_and_late_ones_dropped)
{
	struct way way;
	struct counters counters = { 0 };

	way_start(&way, NULL);
	way_to_payer(&way, ROLE_WORKER, TYPE_PRICE, text_lit("\xC1"));
	cr_expect_eq(way_reply(&way, NCPDP_RTPB).kind, NCPDP_RTPB_RESPONSE);
	cr_expect(text_is(way.out.outs[0].envelope.fault, "INTERNAL"));
	way_to_payer(&way, ROLE_LEDGER, TYPE_WORK, text_lit("\xC1"));
	cr_expect_eq(way.out.n, 0, "no decision: the ledger asks again");
	way.now.mono_ms = 4000;
	way_to_payer(&way, ROLE_WORKER, TYPE_PRICE, text_lit("\xC1"));
	cr_expect_eq(way.out.n, 0);
	payer_role.count(way.payer, &counters);
	cr_expect_eq(counters.faults, 2);
	cr_expect_eq(counters.late, 1);
	way_stop(&way);
}

/* A message through the worker, and what the payer decides on it. */
static struct case_decision decided(struct way *way, struct text message, int64_t round, struct ncpdp_message *answer)
{
	way_request(way, "script", message);
	way_to_payer(way, ROLE_LEDGER, TYPE_WORK, way_work_of(way, round));
	return way_decision(way, answer);
}

CASE(payer, asks_its_questions_on_both_tracks)
{
	static const char *const drugs[] = { "99999010101", "99999020201" };
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < 2; i++) {
		struct ncpdp_message answer;
		struct case_decision decision =
			decided(&way, way_initiation(&way, &(struct way_message){ .ndc = drugs[i] }), 0, &answer);
		const struct pa_open *open;

		cr_expect(text_is(decision.outcome, "OPEN"), "%.*s", TEXT_ARGS(decision.outcome));
		cr_assert_eq(answer.kind, NCPDP_PA_INITIATION_RESPONSE);
		open = answer.script->body->pa_initiation_response->response->response_status->open;
		cr_assert(open);
		cr_expect(text_is(open->pa_case_id, "PA-1"));
		cr_expect(open->question_set->questions_n >= 3);
		cr_expect(decision.reply_by_ms > WAY_WALL_MS);
	}
	way_stop(&way);
}

static const struct {
	const char *answers, *outcome;
	int64_t round;
} medical[] = {
	{ INFUSION("OFFICE", "6", "DIAGNOSIS"), "APPROVED", 0 },
	{ INFUSION("OFFICE", "+012.0", "EARLIER"), "APPROVED", 0 },
	{ INFUSION("OFFICE", "13", "EARLIER"), "DENIED", 0 },
	{ INFUSION("HOME", "6", "NEITHER"), "DENIED", 0 },
	{ INFUSION("HOSPITAL", "6", "DIAGNOSIS"), "IN_PROCESS", 0 },
	{ INFUSION("HOSPITAL", "6", "DIAGNOSIS"), "PARTIALLY_DENIED", 1 },
};

/* Outcome and texts must be those that the same policy gives without FHIR in between. */
CASE(payer, the_medical_track_decides_as_the_policy_says)
{
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < sizeof(medical) / sizeof(*medical); i++) {
		struct ncpdp_message answer;
		struct case_decision decision = decided(&way,
			way_submission(&way, &(struct way_message){ .ndc = "99999020201", .answers = medical[i].answers }),
			medical[i].round, &answer);
		const struct pa_response_status *status;

		cr_expect(text_is(decision.outcome, medical[i].outcome), "%zu: %.*s", i, TEXT_ARGS(decision.outcome));
		cr_assert_eq(answer.kind, NCPDP_PA_RESPONSE);
		status = answer.script->body->pa_response->response->response_status;
		if (status->denied) {
			cr_expect(text_there(decision.reason));
			cr_expect(memmem(status->denied->pa_note.at, status->denied->pa_note.n, decision.reason.at, decision.reason.n));
		}
		if (status->approved) {
			cr_expect(text_there(status->approved->authorization_number));
			cr_expect(text_is(status->approved->authorization_period->effective_date->date, "2026-11-22"));
		}
		cr_expect(!status->in_process == (decision.again_ms == 0), "it says when to ask again");
	}
	way_stop(&way);
}

/* What the claim has no place for goes with the decision, by name; on the pharmacy track nothing is said in another standard. */
CASE(payer, what_the_medical_track_loses_goes_with_the_decision)
{
	static const char *const drugs[] = { "99999020201", "99999010101" };
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < 2; i++) {
		struct ncpdp_message answer;
		struct text message = way_submission(&way, &(struct way_message){ .ndc = drugs[i], .answers = medical[0].answers });
		const char *at = memmem(message.at, message.n, "</CardholderID>", 15);
		struct buffer with;
		struct case_decision decision;

		cr_assert(at);
		buffer_init(&with, &way.arena, message.n + 200);
		buffer_add(&with, (struct text){ message.at, (size_t)(at + 15 - message.at) });
		buffer_lit(&with, "<PayerResponsibilityCode>U</PayerResponsibilityCode>");
		buffer_add(&with, (struct text){ at + 15, message.n - (size_t)(at + 15 - message.at) });
		decision = decided(&way, buffer_text(&with), 0, &answer);
		cr_expect_eq(decision.losses_n, i ? 0 : 1, "%zu: %zu", i, decision.losses_n);
		if (decision.losses_n)
			cr_expect(text_is(decision.losses[0], "Body/PARequest/BenefitsCoordination/PayerResponsibilityCode"), "%.*s", TEXT_ARGS(decision.losses[0]));
	}
	way_stop(&way);
}

/* From the arrival of the message, not from that of the ledger's question, which says nothing of it. */
CASE(payer, its_log_tells_how_long_the_message_has_waited)
{
	struct way way;
	struct ncpdp_message answer;

	way_start(&way, NULL);
	decided(&way, way_initiation(&way, &(struct way_message){ 0 }), 0, &answer);
	cr_assert(log_last());
	cr_expect(strstr(log_last(), "event=case.answer "));
	cr_expect(strstr(log_last(), " ms=5"), "%s", log_last());
	way_stop(&way);
}

CASE(payer, asked_again_it_says_the_same)
{
	struct way way;
	struct text work, first;

	way_start(&way, NULL);
	way_request(&way, "script", way_submission(&way, &(struct way_message){ .ndc = "99999020201", .answers = INFUSION("OFFICE", "6", "DIAGNOSIS") }));
	work = way_work_of(&way, 0);
	way_to_payer(&way, ROLE_LEDGER, TYPE_WORK, work);
	first = way_only(&way, TYPE_DECISION, ROLE_LEDGER)->payload;
	way_to_payer(&way, ROLE_LEDGER, TYPE_WORK, work);
	cr_expect(text_equal(first, way_only(&way, TYPE_DECISION, ROLE_LEDGER)->payload));
	way_stop(&way);
}

#define WRITTEN(name, inside) \
	"<" name "><PAReferenceID>REF-1</PAReferenceID><BenefitsCoordination><PayerIdentification><IINNumber>999999</IINNumber></PayerIdentification>" \
	"<CardholderID>EX0001</CardholderID></BenefitsCoordination><Patient><HumanPatient><Name><LastName>TESTPATIENT</LastName><FirstName>PAT" \
	"</FirstName></Name><Gender>F</Gender><DateOfBirth><Date>1950-01-31</Date></DateOfBirth><Address><AddressLine1>1 EXAMPLE ST</AddressLine1>" \
	"<City>TESTVILLE</City><StateProvince>MA</StateProvince><PostalCode>02100</PostalCode><CountryCode>US</CountryCode></Address></HumanPatient>" \
	"</Patient><Prescriber><NonVeterinarian><Identification><NPI>1234567893</NPI></Identification><Name><LastName>EXAMPLE</LastName><FirstName>" \
	"DOC</FirstName></Name><Address><AddressLine1>2 EXAMPLE ST</AddressLine1><City>TESTVILLE</City><StateProvince>MA</StateProvince><PostalCode>" \
	"02100</PostalCode><CountryCode>US</CountryCode></Address><CommunicationNumbers><PrimaryTelephone><Number>6175550103</Number>" \
	"</PrimaryTelephone></CommunicationNumbers></NonVeterinarian></Prescriber><MedicationPrescribed><DrugDescription>EXAMPLUMAB</DrugDescription>" \
	"<Quantity><Value>1</Value><CodeListQualifier>38</CodeListQualifier><QuantityUnitOfMeasure><Code>C64933</Code></QuantityUnitOfMeasure>" \
	"</Quantity></MedicationPrescribed><Request><PACaseID>PA-1</PACaseID>" inside "</Request></" name ">"
#define SET(questions) \
	"<QuestionSet><Header><QuestionSetID>S</QuestionSetID><QuestionSetTitle>T</QuestionSetTitle><QuestionSetDescription>D" \
	"</QuestionSetDescription><QuestionSetContactCommunicationNumber><PrimaryTelephone><Number>6175550104</Number></PrimaryTelephone>" \
	"</QuestionSetContactCommunicationNumber><AttachementRequired>N</AttachementRequired></Header>" questions "</QuestionSet>"
#define NEW_FACTS(choice) \
	SET(QUESTION("NEW-FACTS", "1", "END", "<Select><SelectMultiple>N</SelectMultiple>" CHOICE("TREATED", "Treated") CHOICE("NOTHING", "Nothing") \
		ANSWER("<ChoiceID>" choice "</ChoiceID>") "</Select>"))
#define REPORT \
	SET(QUESTION("REPORT-DATE", "1", "REPORT-SAYS", "<Date><Date><IsDateTimeRequired>N</IsDateTimeRequired></Date>" \
		ANSWER("<Date>2026-11-01</Date>") "</Date>") QUESTION("REPORT-SAYS", "2", "END", "<Select><SelectMultiple>N</SelectMultiple>" \
		CHOICE("EXAMPLUMAB", "Examplumab") CHOICE("OTHER", "Other") ANSWER("<ChoiceID>EXAMPLUMAB</ChoiceID>") "</Select>"))
#define DOCUMENT \
	"<Attachment><AttachmentSource>EXAMPLE</AttachmentSource><AttachmentData>JVBERi0xLjQK</AttachmentData><MIMEType>application/pdf</MIMEType></Attachment>"

/* What the ledger asks of a case that is there already. */
static struct text work_on_case(struct way *way, const char *event, const char *body, const char *state, int64_t round)
{
	struct case_work work = { .row = text_lit("row-1"), .case_id = text_lit("PA-1"), .event = text_of(event), .plan = text_lit("EXAMPLE-COMMERCIAL"),
		.policy = text_lit("EXAMPLUMAB-PA"), .received_ms = WAY_WALL_MS - 5, .round = round, .reply_id = text_lit(WAY_TRACE ".1"),
		.state = text_of(state) };
	struct ncpdp_message message;
	struct fault fault = { 0 };
	struct buffer request, payload;

	cr_assert(ncpdp_read(way->reader, NCPDP_SCRIPT, way_script(way, "", body), true, &way->arena, &message, &fault), "%s %s",
		fault_row(fault.code)->name, fault.path);
	buffer_init(&request, &way->arena, 4096);
	record_pack(&script_message_record, message.script, &request);
	work.request = buffer_text(&request);
	buffer_init(&payload, &way->arena, 4096);
	record_pack(&case_work_record, &work, &payload);
	return buffer_text(&payload);
}

static const struct {
	const char *event, *body, *state;
	int64_t round;
	const char *outcome;
	enum ncpdp_kind answer; /* NCPDP_UNKNOWN: the prescriber is told nothing */
} followed[] = {
	{ "APPEAL", WRITTEN("PAAppealRequest", ""), "DENIED", 0, "MORE_INFORMATION", NCPDP_PA_APPEAL_RESPONSE },
	{ "APPEAL", WRITTEN("PAAppealRequest", NEW_FACTS("NOTHING")), "DENIED", 0, "DENIED", NCPDP_PA_APPEAL_RESPONSE },
	{ "APPEAL", WRITTEN("PAAppealRequest", REPORT), "APPEAL_OPEN", 0, "MORE_INFORMATION", NCPDP_PA_APPEAL_RESPONSE },
	{ "CANCEL", WRITTEN("PACancelRequest", ""), "IN_PROCESS", 0, "CANCELLED", NCPDP_PA_CANCEL_RESPONSE },
	{ "CANCEL", WRITTEN("PACancelRequest", ""), "APPROVED", 0, "CANCEL_REFUSED", NCPDP_PA_CANCEL_RESPONSE },
};

CASE(payer, appeals_and_cancellations_are_answered_in_kind)
{
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < sizeof(followed) / sizeof(*followed); i++) {
		struct ncpdp_message answer;
		struct case_decision decision;

		way_to_payer(&way, ROLE_LEDGER, TYPE_WORK, work_on_case(&way, followed[i].event, followed[i].body, followed[i].state, followed[i].round));
		decision = way_decision(&way, &answer);
		cr_expect(text_is(decision.outcome, followed[i].outcome), "%zu: %.*s", i, TEXT_ARGS(decision.outcome));
		cr_expect_eq(answer.kind, followed[i].answer, "%zu", i);
		cr_expect_eq(text_there(decision.appeal_case_id), answer.kind == NCPDP_PA_APPEAL_RESPONSE, "%zu", i);
		cr_expect(!text_is(decision.outcome, "DENIED") || text_there(decision.reason));
	}
	way_stop(&way);
}

/* SCRIPT has no word for an appeal that takes longer: the ledger hears it, the prescriber does not. */
CASE(payer, an_appeal_that_waits_is_told_to_the_ledger_alone)
{
	static const char *const outcomes[] = { "IN_PROCESS", "PARTIALLY_DENIED" };
	static const char body[] = WRITTEN("PAAppealRequest", REPORT);
	struct way way;

	way_start(&way, NULL);
	for (int64_t round = 0; round < 2; round++) {
		struct case_decision decision = { 0 };
		struct fault fault = { 0 };
		struct buffer with_document;
		const char *request = strstr(body, "<Request>");

		/* the document stands before Request */
		buffer_init(&with_document, &way.arena, sizeof(body) + 512);
		buffer_add(&with_document, (struct text){ body, (size_t)(request - body) });
		buffer_lit(&with_document, DOCUMENT);
		buffer_add(&with_document, text_of(request));
		buffer_add_char(&with_document, '\0');
		way_to_payer(&way, ROLE_LEDGER, TYPE_WORK, work_on_case(&way, "APPEAL", buffer_text(&with_document).at, "APPEAL_OPEN", round));
		cr_assert(record_unpack(&case_decision_record, &decision, &way.arena, way_only(&way, TYPE_DECISION, ROLE_LEDGER)->payload, &fault));
		cr_expect(text_is(decision.outcome, outcomes[round]), "%.*s", TEXT_ARGS(decision.outcome));
		cr_expect_eq(text_there(decision.message), round == 1);
		cr_expect_eq(decision.again_ms, round == 0 ? 5000 : 0);
	}
	way_stop(&way);
}

/* A question by one message and its text by another cannot come from our ledger; nor has the house an answer to a notice. */
CASE(payer, an_event_and_its_message_go_together)
{
	static const struct {
		const char *event, *body;
		bool good;
	} rows[] = {
		{ "CANCEL", WRITTEN("PACancelRequest", ""), true },
		{ "APPEAL", WRITTEN("PACancelRequest", ""), false },
		{ "NOTIFY", WRITTEN("PACancelRequest", ""), false },
	};
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		way_to_payer(&way, ROLE_LEDGER, TYPE_WORK, work_on_case(&way, rows[i].event, rows[i].body, "OPEN", 0));
		cr_expect_eq(way.out.n, rows[i].good, "%zu", i);
	}
	way_stop(&way);
}

/* The FHIR front by itself: JSON in, JSON out, and what is no PAS request is refused. */
CASE(payer, its_fhir_front_speaks_json)
{
	struct way way;
	struct house *house;
	struct fault fault = { 0 };
	struct ncpdp_message message;
	struct house_case about = { .plan = text_lit("EXAMPLE-COMMERCIAL"), .policy = text_lit("INFUSAMAB-PA"), .track = text_lit("MEDICAL"),
		.case_id = text_lit("PA-1"), .reply_id = text_lit("r.1"), .received_ms = WAY_WALL_MS, .wall_ms = WAY_WALL_MS };
	struct house_decision beside = { 0 };
	const struct claim_about claimed = { .identifier = text_lit("c"), .hcpcs = text_lit("J3590"), .received_ms = WAY_WALL_MS };
	struct fhir_bundle *claim;
	struct loss loss;
	struct buffer json;
	struct text answer;

	way_start(&way, NULL);
	cr_assert(house_read(sandbox_payer(), &house, &fault), "%s", fault.path);
	cr_assert(ncpdp_read(way.reader, NCPDP_SCRIPT,
		way_submission(&way, &(struct way_message){ .ndc = "99999020201", .answers = INFUSION("HOME", "6", "NEITHER") }), true,
		&way.arena, &message, &fault), "%s", fault.path);
	buffer_init(&json, &way.arena, 4096);
	cr_assert(fhir_claim_of(message.script, &claimed, &way.arena, &claim, &loss, &fault), "%s", fault.path);
	fhir_write(claim, &json);
	cr_assert(payer_front(house, &about, buffer_text(&json), &way.arena, &answer, &beside, &fault), "%s", fault.path);
	cr_expect_eq(beside.outcome, HOUSE_DENIED);
	cr_expect(memmem(answer.at, answer.n, "\"code\":\"A3\"", 11));
	cr_expect(memmem(answer.at, answer.n, "\"noteNumber\":[1]", 16));
	cr_expect(!payer_front(house, &about, answer, &way.arena, &answer, &beside, &fault), "an answer is no request");
	cr_expect_eq(fault.code, FAULT_MISSING);
	cr_expect(!payer_front(house, &about, text_lit("{}"), &way.arena, &answer, &beside, &fault));
	cr_expect(!payer_front(house, &about, text_lit("{\"resourceType\":\"Bundle\",\"type\":\"collection\"}"), &way.arena, &answer, &beside, &fault));
	cr_expect_eq(fault.code, FAULT_MISSING);
	house_free(house);
	way_stop(&way);
}

/* A ChoiceID may be what no FHIR code is, such as one with two spaces in a row: on its way through the claim another word stands for it. */
CASE(payer, a_choice_that_is_no_code_of_fhir_is_the_same_choice_on_the_medical_track)
{
	static const char id[] = "\"OFFICE\"", called_so[] = "\"OFFICE  VISIT\"";
	static const struct {
		const char *site;
		enum house_outcome outcome;
	} rows[] = { { "OFFICE  VISIT", HOUSE_APPROVED }, { "HOSPITAL", HOUSE_IN_PROCESS } };
	const struct claim_about claimed = { .identifier = text_lit("c"), .hcpcs = text_lit("J3590"), .received_ms = WAY_WALL_MS };
	const struct house_case about = { .plan = text_lit("EXAMPLE-COMMERCIAL"), .policy = text_lit("INFUSAMAB-PA"), .track = text_lit("MEDICAL"),
		.case_id = text_lit("PA-1"), .reply_id = text_lit("r.1"), .received_ms = WAY_WALL_MS, .wall_ms = WAY_WALL_MS };
	struct text file = sandbox_payer();
	struct fault fault = { 0 };
	struct house *house;
	struct buffer called;
	struct way way;

	way_start(&way, NULL);
	buffer_init(&called, &way.arena, file.n + 100);
	for (const char *at; (at = memmem(file.at, file.n, id, strlen(id)));) {
		buffer_add(&called, (struct text){ file.at, (size_t)(at - file.at) });
		buffer_add(&called, text_of(called_so));
		file = (struct text){ at + strlen(id), (size_t)(file.at + file.n - at) - strlen(id) };
	}
	buffer_add(&called, file);
	cr_assert(house_read(buffer_text(&called), &house, &fault), "%s", fault.path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct house_decision decision = { 0 };
		struct ncpdp_message message;
		struct fhir_bundle *claim;
		struct loss loss;
		struct answered_question *question;

		cr_assert(ncpdp_read(way.reader, NCPDP_SCRIPT,
			way_submission(&way, &(struct way_message){ .ndc = "99999020201", .answers = INFUSION("OFFICE", "6", "DIAGNOSIS") }), true, &way.arena,
			&message, &fault), "%s", fault.path);
		question = message.script->body->pa_request->request->solicited->question_set->questions;
		question->type->select->choices[0].choice_id = text_lit("OFFICE  VISIT");
		question->type->select->answers[0].by_prescriber->choice_id = text_of(rows[i].site);
		cr_assert(fhir_claim_of(message.script, &claimed, &way.arena, &claim, &loss, &fault), "%s", fault.path);
		cr_assert(payer_claim(house, &about, claim, &way.arena, &decision, &fault));
		cr_expect_eq(decision.outcome, rows[i].outcome, "%s: %d", rows[i].site, (int)decision.outcome);
	}
	house_free(house);
	way_stop(&way);
}

/* A document that is asked for may be one of the answers (DTR: an item of type attachment), or stand in the claim. */
CASE(payer, a_document_among_the_answers_is_a_document)
{
	static const char stage[] = "\"id\": \"INFUSAMAB-1\",", *const wanted = "\"id\": \"INFUSAMAB-1\", \"attachment\": \"The chart\",";
	static struct fhir_attachment chart = { .content_type = { "application/pdf", 15 } };
	const struct claim_about claimed = { .identifier = text_lit("c"), .hcpcs = text_lit("J3590"), .received_ms = WAY_WALL_MS };
	struct house_case about = { .plan = text_lit("EXAMPLE-COMMERCIAL"), .policy = text_lit("INFUSAMAB-PA"), .track = text_lit("MEDICAL"),
		.case_id = text_lit("PA-1"), .reply_id = text_lit("r.1"), .received_ms = WAY_WALL_MS, .wall_ms = WAY_WALL_MS };
	struct text file = sandbox_payer();
	const char *at = memmem(file.at, file.n, stage, strlen(stage));
	struct fhir_questionnaire_response *answers = NULL;
	struct house_decision decision = { 0 };
	struct fhir_response_question *item;
	struct ncpdp_message message;
	struct fhir_bundle *claim;
	struct fault fault = { 0 };
	struct house *house;
	struct buffer asking;
	struct loss loss;
	struct way way;

	way_start(&way, NULL);
	cr_assert(at);
	buffer_init(&asking, &way.arena, file.n + 100);
	buffer_add(&asking, (struct text){ file.at, (size_t)(at - file.at) });
	buffer_add(&asking, text_of(wanted));
	buffer_add(&asking, (struct text){ at + strlen(stage), (size_t)(file.at + file.n - at) - strlen(stage) });
	cr_assert(house_read(buffer_text(&asking), &house, &fault), "%s", fault.path);
	cr_assert(ncpdp_read(way.reader, NCPDP_SCRIPT,
		way_submission(&way, &(struct way_message){ .ndc = "99999020201", .answers = INFUSION("HOME", "6", "NEITHER") }), true,
		&way.arena, &message, &fault), "%s", fault.path);
	cr_assert(fhir_claim_of(message.script, &claimed, &way.arena, &claim, &loss, &fault), "%s", fault.path);
	cr_assert(payer_claim(house, &about, claim, &way.arena, &decision, &fault));
	cr_expect_eq(decision.outcome, HOUSE_MORE_INFORMATION, "the chart is missing");
	for (size_t i = 0; i < claim->entry_n; i++)
		if (claim->entry[i].resource->questionnaire_response)
			answers = claim->entry[i].resource->questionnaire_response;
	cr_assert(answers);
	item = arena_push(&way.arena, (void **)&answers->item, &answers->item_n, sizeof(*item));
	*item = (struct fhir_response_question){ .link_id = text_lit("INFUSAMAB-1-attachment") };
	cr_assert(arena_push(&way.arena, (void **)&item->answer, &item->answer_n, sizeof(*item->answer)));
	item->answer[0] = (struct fhir_answer){ .attachment = &chart };
	cr_assert(payer_claim(house, &about, claim, &way.arena, &decision, &fault));
	cr_expect_eq(decision.outcome, HOUSE_DENIED, "decided: %d", (int)decision.outcome);
	house_free(house);
	way_stop(&way);
}

CASE(payer, someone_it_does_not_know_is_closed_on_both_tracks)
{
	static const char *const drugs[] = { "99999010101", "99999020201" };
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < 2; i++) {
		struct ncpdp_message answer;
		struct case_decision decision = decided(&way,
			way_submission(&way, &(struct way_message){ .ndc = drugs[i], .cardholder = "NOBODY", .answers = INFUSION("OFFICE", "6", "DIAGNOSIS") }),
			0, &answer);

		cr_expect(text_is(decision.outcome, "CLOSED"), "%.*s", TEXT_ARGS(decision.outcome));
		cr_assert(answer.script->body->pa_response->response->response_status->closed);
		cr_expect(text_is(answer.script->body->pa_response->response->response_status->closed->reason_codes[0], "CD"));
	}
	way_stop(&way);
}

CASE(payer, a_wrong_payer_file_refuses_the_start)
{
	struct config config = { .payer = text_lit("/dev/null") };
	struct role_setup setup = { .config = &config };
	struct fault fault = { 0 };
	char state[4096] = { 0 };

	cr_assert(payer_role.size <= sizeof(state));
	cr_expect(!payer_role.start(state, &setup, (struct now){ 0, 0 }, &fault));
	cr_expect_eq(fault.code, FAULT_NOT_JSON);
	payer_role.stop(state);
}
