/* SPDX-License-Identifier: Apache-2.0 */
/* What a PAS payer answers, as the SCRIPT message that tells the prescriber: each action for each request, what is not passed on, what is lost. */
#include "test/fhir-bridge/sample.h"

#include "fhir-bridge/pas/pas_answer.h"
#include "fhir-bridge/script/response_script.h"
#include "fhir-bridge/systems.h"

#include <string.h>

static const struct response_about about = { .reply_id = { "reply-1", 7 }, .case_id = { "CASE-1", 6 }, .wall_ms = WALL_MS };

static struct script_message *initiation(struct arena *arena)
{
	return sample_script("initiation.xml", arena);
}

static struct script_message *request(struct arena *arena)
{
	return sample_script("answers.xml", arena);
}

static struct script_message *cancellation(struct arena *arena)
{
	struct script_message *message = initiation(arena);
	struct pa_cancel_request *cancel = arena_new(arena, struct pa_cancel_request);

	memcpy(cancel, message->body->pa_initiation_request, sizeof(struct pa_common));
	cancel->request = arena_new(arena, struct pa_cancel_details);
	cancel->request->pa_case_id = text_lit("CASE-1");
	message->body->pa_initiation_request = NULL;
	message->body->pa_cancel_request = cancel;
	return message;
}

/* The payer's answer to the claim made of the message, through JSON. */
static struct fhir_bundle *answered(const struct script_message *message, const struct pas_answer *answer, struct arena *arena)
{
	const struct claim_about claimed = { .identifier = text_lit("claim-2"), .before = message->body->pa_cancel_request ? text_lit("claim-1") : TEXT_NONE,
		.received_ms = WALL_MS };
	struct fhir_bundle *claim, *bundle;
	struct fault fault = { 0 };
	struct loss loss = { 0 };

	cr_assert(fhir_claim_of(message, &claimed, arena, &claim, &loss, &fault), "%s", fault.path);
	bundle = pas_answer_of(claim, answer, PAS_2_2_1, arena);
	cr_assert(bundle);
	cr_assert(pas_read(sample_json(bundle, arena), PAS_SUBMIT_ANSWER, PAS_2_2_1, arena, &bundle, &fault), "%s", fault.path);
	return bundle;
}

static struct fhir_bundle *decided(const struct script_message *message, struct pas_line line, struct text note, struct arena *arena)
{
	const struct pas_answer answer = { .identifier = text_lit("answer-1"), .wall_ms = WALL_MS, .lines = &line, .lines_n = 1, .note = note };

	return answered(message, &answer, arena);
}

/* As it goes to the prescriber; the test fails when it is not a message that our own tables take. */
static struct text told(const struct fhir_bundle *answer, const struct script_message *asked, const struct response_about *how, struct loss *loss,
	struct arena *arena)
{
	struct ncpdp_message message = { .family = NCPDP_SCRIPT };
	struct script_message *script;
	struct fault fault = { 0 };
	struct buffer out;

	*loss = (struct loss){ 0 };
	cr_assert(fhir_response_script(answer, asked, how, arena, &script, loss, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	if (!script)
		return text_lit("nothing");
	message.script = script;
	message.kind = script->body->pa_response ? NCPDP_PA_RESPONSE : script->body->pa_cancel_response ? NCPDP_PA_CANCEL_RESPONSE : NCPDP_PA_INITIATION_RESPONSE;
	buffer_init(&out, arena, 8192);
	cr_assert(ncpdp_write(&message, TEXT_NONE, &out, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return buffer_text(&out);
}

#define T(literal) { literal, sizeof(literal) - 1 }
static const struct {
	struct script_message *(*asked)(struct arena *arena);
	struct pas_line line;
	struct text note;
	const char *says;
} table[] = {
	{ request, { .action = T("A1"), .number = T("AUTH1"), .effective_date = T("2026-11-22"), .expiration_date = T("2027-11-21") }, T("Welcome."),
		"<Approved><PACaseID>CASE-1</PACaseID><AuthorizationNumber>AUTH1</AuthorizationNumber><AuthorizationPeriod><EffectiveDate><Date>2026-11-22</Date>"
		"</EffectiveDate><ExpirationDate><Date>2027-11-21</Date></ExpirationDate></AuthorizationPeriod><Appeal><IsEAppealSupported>N</IsEAppealSupported>"
		"</Appeal><PANote>Welcome.</PANote></Approved>" },
	{ request, { .action = T("A1"), .number = T("AUTH1"), .effective_date = T("2026-11-22") }, { 0 },
		"<AuthorizationNumber>AUTH1</AuthorizationNumber><Appeal><IsEAppealSupported>N</IsEAppealSupported></Appeal><PANote>In force from 2026-11-22.</PANote>" },
	{ request, { .action = T("A3"), .reason = T("Another drug was not tried.") }, T("Call us."),
		"<Denied><PACaseID>CASE-1</PACaseID><Appeal><IsEAppealSupported>N</IsEAppealSupported></Appeal><PANote>Another drug was not tried. Call us.</PANote></Denied>" },
	{ request, { .action = T("A6"), .number = T("AUTH2"), .reason = T("One, not two."), .instead = { T("1.5"), T("C28254") } }, { 0 },
		"<PartiallyDenied><PACaseID>CASE-1</PACaseID><AuthorizationNumber>AUTH2</AuthorizationNumber><AuthorizationDetail><Quantity><Value>1.5</Value>"
		"<CodeListQualifier>38</CodeListQualifier><QuantityUnitOfMeasure><Code>C28254</Code></QuantityUnitOfMeasure></Quantity></AuthorizationDetail>" },
	{ request, { .action = T("A2"), .reason = T("Part of it.") }, { 0 }, "<PartiallyDenied><PACaseID>CASE-1</PACaseID><Appeal>" },
	{ request, { .action = T("A4"), .reference = T("P1") }, T("Soon."), "<InProcess><PACaseID>CASE-1</PACaseID><PANote>Soon.</PANote></InProcess>" },
	{ request, { .action = T("NA") }, T("Not needed."), "<Closed><PACaseID>CASE-1</PACaseID><ClosedReasonCode>FN</ClosedReasonCode><PANote>Not needed.</PANote></Closed>" },
	{ request, { .action = T("CT") }, T("Call us."), "<ClosedReasonCode>BY</ClosedReasonCode>" },
	{ request, { .action = T("C") }, { 0 }, "<ClosedReasonCode>CH</ClosedReasonCode>" },
	{ initiation, { .action = T("A1"), .number = T("AUTH1") }, { 0 },
		"<Closed><PACaseID>CASE-1</PACaseID><ReasonCode>CF</ReasonCode><AuthorizationNumber>AUTH1</AuthorizationNumber></Closed>" },
	{ initiation, { .action = T("A3"), .reason = T("Not covered so.") }, { 0 }, "<ReasonCode>CY</ReasonCode><PANote>Not covered so.</PANote>" },
	{ initiation, { .action = T("NA") }, { 0 }, "<ReasonCode>FN</ReasonCode>" },
	{ initiation, { .action = T("A4"), .reference = T("P1") }, { 0 }, "nothing" },
	{ cancellation, { .action = T("C") }, T("Done."), "<ResponseStatus><Approved><PANote>Done.</PANote></Approved></ResponseStatus>" },
	{ cancellation, { .action = T("A1"), .number = T("AUTH1") }, { 0 }, "<Denied><ReasonCode>CB</ReasonCode>" },
	{ cancellation, { .action = T("A4"), .reference = T("P1") }, { 0 }, "nothing" },
};

CASE(response_script, each_action_is_told_in_its_answer)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct script_message *asked = table[i].asked(&arena);
		struct loss loss = { 0 };
		struct text xml = told(decided(asked, table[i].line, table[i].note, &arena), asked, &about, &loss, &arena);

		cr_expect(text_holds(xml, table[i].says), "%zu: not %s in %.*s", i, table[i].says, TEXT_ARGS(xml));
		cr_expect(strcmp(table[i].says, "nothing") == 0 || text_holds(xml, "<MessageID>reply-1</MessageID><RelatesToMessageID>fhir-"), "%zu", i);
		arena_reset(&arena);
	}
	arena_done(&arena);
}

CASE(response_script, errors_close_and_a_denial_without_a_reason_is_not_passed_on)
{
	struct pas_error error = { .trouble = PAS_TROUBLE_MEMBER_NOT_FOUND };
	const struct pas_answer refusal = { .identifier = text_lit("answer-1"), .wall_ms = WALL_MS, .errors = &error, .errors_n = 1 };
	struct script_message *asked, *script;
	struct fault fault = { 0 };
	struct arena arena;
	struct loss loss = { 0 };
	struct text xml;

	arena_init(&arena, MEMORY);
	asked = request(&arena);
	xml = told(answered(asked, &refusal, &arena), asked, &about, &loss, &arena);
	cr_expect(text_holds(xml, "<ClosedReasonCode>CD</ClosedReasonCode><PANote>No member of this plan has this number."), "%.*s", TEXT_ARGS(xml));
	asked = initiation(&arena);
	xml = told(answered(asked, &refusal, &arena), asked, &about, &loss, &arena);
	cr_expect(text_holds(xml, "<ReasonCode>CD</ReasonCode>"));
	asked = cancellation(&arena);
	xml = told(answered(asked, &refusal, &arena), asked, &about, &loss, &arena);
	cr_expect(text_holds(xml, "<Denied><ReasonCode>BZ</ReasonCode>"));

	asked = request(&arena);
	cr_expect(!fhir_response_script(decided(asked, (struct pas_line){ .action = text_lit("A3") }, TEXT_NONE, &arena), asked, &about, &arena, &script, &loss, &fault));
	cr_expect_eq(fault.code, FAULT_NO_REASON);
	cr_expect_eq(script, NULL);
	asked->body->pa_response = arena_new(&arena, struct pa_response);
	asked->body->pa_request = NULL;
	cr_expect(!fhir_response_script(decided(request(&arena), table[0].line, TEXT_NONE, &arena), asked, &about, &arena, &script, &loss, &fault));
	cr_expect_eq(fault.code, FAULT_UNKNOWN_MESSAGE);
	arena_done(&arena);
}

CASE(response_script, questions_that_are_at_hand_are_asked)
{
	static const struct pas_question questionnaire = { .loinc = T(LOINC_QUESTIONNAIRE) };
	static const struct pas_line pended = { .action = T("A4"), .reference = T("P1") };
	const struct pas_answer wants = { .identifier = text_lit("answer-1"), .wall_ms = WALL_MS, .lines = &pended, .lines_n = 1, .questions = &questionnaire,
		.questions_n = 1 };
	struct telephone telephone = { .number = text_lit("5550100101") };
	struct contact_numbers contact = { .primary_telephone = &telephone };
	struct question_set_header header = { .question_set_id = text_lit("QS"), .title = text_lit("T"), .description = text_lit("D"), .contact = &contact,
		.attachment_required = text_lit("N") };
	struct free_text_question words = { .is_free_text = text_lit("Y") };
	struct question_type type = { .free_text = &words };
	struct question question = { .question_id = text_lit("Q1"), .sequence_number = text_lit("1"), .question_text = text_lit("Why?"), .type = &type };
	struct question_form form = { .header = &header, .questions = &question, .n = 1, .deadline = text_lit("2026-12-01") };
	struct response_about with = about;
	struct script_message *asked;
	struct arena arena;
	struct loss loss = { 0 };
	struct text xml;

	arena_init(&arena, MEMORY);
	asked = request(&arena);
	xml = told(answered(asked, &wants, &arena), asked, &about, &loss, &arena);
	cr_expect(text_holds(xml, "<InProcess><PACaseID>CASE-1</PACaseID><PANote>The payer wants to know more before it decides."), "%.*s", TEXT_ARGS(xml));
	with.questions = &form;
	xml = told(answered(asked, &wants, &arena), asked, &with, &loss, &arena);
	cr_expect(text_holds(xml, "<Open><PACaseID>CASE-1</PACaseID><MoreInformationRequired><Header><QuestionSetID>QS</QuestionSetID>"), "%.*s", TEXT_ARGS(xml));
	cr_expect(text_holds(xml, "<DeadlineForReply><Date>2026-12-01</Date></DeadlineForReply>"));
	asked = initiation(&arena);
	xml = told(answered(asked, &wants, &arena), asked, &with, &loss, &arena);
	cr_expect(text_holds(xml, "<Open><PACaseID>CASE-1</PACaseID><DeadlineForReply><Date>2026-12-01</Date></DeadlineForReply><QuestionSet>"), "%.*s", TEXT_ARGS(xml));
	arena_done(&arena);
}

CASE(response_script, what_has_no_place_is_told)
{
	struct script_message *asked;
	struct fhir_bundle *bundle;
	struct fhir_claim_response *response;
	struct fhir_money money = { .value = text_lit("1"), .currency = text_lit("USD") };
	struct arena arena;
	struct loss loss = { 0 };
	bool amount = false;
	size_t of_request;
	struct fault fault = { 0 };

	arena_init(&arena, MEMORY);
	asked = request(&arena);
	bundle = decided(asked, table[0].line, text_lit("A note."), &arena);
	(void)told(bundle, asked, &about, &loss, &arena);
	for (size_t i = 1; i < loss.n; i++)
		cr_expect_fail("%.*s", TEXT_ARGS(loss.paths[i]));
	cr_expect(loss.n == 1 && text_is(loss.paths[0], "ClaimResponse.item.extension(extension-itemPreAuthIssueDate)"));
	response = bundle->entry[0].resource->claim_response;
	response->item[0].adjudication[0].amount = &money;
	(void)told(bundle, asked, &about, &loss, &arena);
	for (size_t i = 0; i < loss.n; i++)
		amount |= text_is(loss.paths[i], "ClaimResponse.item.adjudication.amount");
	cr_expect(amount);

	/* what was told of the request stays */
	loss = (struct loss){ 0 };
	cr_assert(fhir_claim_of(asked, &(struct claim_about){ .identifier = text_lit("c"), .received_ms = WALL_MS }, &arena, &bundle, &loss, &fault));
	of_request = loss.n;
	cr_assert(of_request);
	cr_assert(fhir_response_script(decided(asked, table[0].line, TEXT_NONE, &arena), asked, &about, &arena, &asked, &loss, &fault));
	cr_expect(loss.n > of_request);
	cr_expect(text_starts(loss.paths[0], "Body/PARequest/"));
	arena_done(&arena);
}
