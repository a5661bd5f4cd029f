/* SPDX-License-Identifier: Apache-2.0 */
#include "test/adjudication/sandbox.h"

#include "test/case.h"
#include "test/ncpdp/fixtures.h"

#include <string.h>

#define NOW_MS INT64_C(1767778200000) /* 2026-01-07T09:30:00Z */
#define T(literal) { literal, sizeof(literal) - 1 }

static const struct house_case about = {
	.plan = T("EXAMPLE-COMMERCIAL"),
	.track = T("PHARMACY"),
	.sentence = T("Patients give this drug to themselves: the pharmacy benefit pays."),
	.policy = T("EXAMPLUMAB-PA"),
	.case_id = T("PA-0123456789ABCDEF0123456789ABCDEF"),
	.reply_id = T("0123456789ABCDEF0123456789ABCDEF.1"),
	.received_ms = NOW_MS,
	.wall_ms = NOW_MS,
	.cardholder_id = T("EX0001"),
};

/* The decision written as the answer to a message of test/ncpdp/good, and read again. */
static const struct script_body *written(struct reading *reading, struct house *house, const char *request,
	enum ncpdp_kind kind, const struct house_case *of, const struct house_decision *decision)
{
	const struct ncpdp_message *asked = reading_good(reading, NCPDP_SCRIPT, request);
	struct text relates = asked->script->header->message_id;
	struct text reference = ncpdp_pa_common(asked->script)->pa_reference_id;
	struct ncpdp_message answer = { .family = NCPDP_SCRIPT, .kind = kind };
	struct buffer out;
	struct fault fault;

	answer.script = house_answer_script(house, asked->script, of, decision, &reading->arena);
	cr_assert_not_null(answer.script);
	buffer_init(&out, &reading->arena, 16384);
	cr_assert(ncpdp_write(&answer, TEXT_NONE, &out, &fault), "%s at %s", fault_row(fault.code)->name, fault.path);
	cr_assert(ncpdp_read(reading->reader, NCPDP_SCRIPT, buffer_text(&out), true, &reading->arena, &reading->message, &fault),
		"%s at %s", fault_row(fault.code)->name, fault.path);
	cr_assert_eq(reading->message.kind, kind);
	cr_assert(text_equal(reading->message.script->header->relates_to_message_id, relates));
	cr_assert(text_equal(reading->message.script->header->message_id, about.reply_id));
	cr_assert(text_equal(ncpdp_pa_common(reading->message.script)->pa_reference_id, reference));
	return reading->message.script->body;
}

/* The same for a PACancelResponse, which has neither patient nor drug. */
static const struct pa_cancel_answer *written_cancel(struct reading *reading, struct house *house, const struct house_case *of,
	const struct house_decision *decision)
{
	const struct ncpdp_message *asked = reading_good(reading, NCPDP_SCRIPT, "pa_cancel_request");
	struct ncpdp_message answer = { .family = NCPDP_SCRIPT, .kind = NCPDP_PA_CANCEL_RESPONSE };
	struct text relates = asked->script->header->message_id;
	struct buffer out;
	struct fault fault;

	answer.script = house_answer_script(house, asked->script, of, decision, &reading->arena);
	cr_assert_not_null(answer.script);
	buffer_init(&out, &reading->arena, 16384);
	cr_assert(ncpdp_write(&answer, TEXT_NONE, &out, &fault), "%s at %s", fault_row(fault.code)->name, fault.path);
	cr_assert(ncpdp_read(reading->reader, NCPDP_SCRIPT, buffer_text(&out), true, &reading->arena, &reading->message, &fault),
		"%s at %s", fault_row(fault.code)->name, fault.path);
	cr_assert(text_equal(reading->message.script->header->relates_to_message_id, relates));
	return reading->message.script->body->pa_cancel_response->response;
}

static bool says(struct text note, const char *what)
{
	return text_there(note) && memmem(note.at, note.n, what, strlen(what));
}

CASE(house_script, an_initiation_is_answered_with_the_questions)
{
	struct house *house = sandbox_house();
	struct house_decision decision;
	const struct pa_open *open;
	struct reading reading;

	reading_init(&reading);
	house_initiate(house, &about, &reading.arena, &decision);
	open = written(&reading, house, "pa_initiation_request", NCPDP_PA_INITIATION_RESPONSE, &about, &decision)
		       ->pa_initiation_response->response->response_status->open;
	cr_assert_not_null(open);
	cr_expect(text_equal(open->pa_case_id, about.case_id));
	cr_expect(text_is(open->deadline_for_reply->date_time, "2026-01-21T09:30:00Z"));
	cr_expect(says(open->pa_note, "the pharmacy benefit pays"));
	cr_assert_eq(open->question_set->questions_n, 5);
	cr_expect(text_is(open->question_set->questions[0].type->select->choices[2].additional_free_text_indicator, "M"));
	cr_expect(text_is(open->question_set->questions[1].type->numeric->conditions[0].single->next_question_id, "TB-TEST"));
	cr_expect(text_is(open->question_set->questions[1].default_next_question_id, "WHY-SHORT"));
	cr_expect(text_is(open->question_set->questions[4].default_next_question_id, "END"));
	reading_done(&reading);
	house_free(house);
}

CASE(house_script, every_policy_asks_questions_that_the_rules_of_script_accept)
{
	struct house *house = sandbox_house();
	static const char *const policies[] = { "EXAMPLUMAB-PA", "INFUSAMAB-PA", "DUOSTIM-PA", "STEPGLIPTIN-ST" };

	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct house_case of = about;
		struct house_decision decision;
		struct reading reading;

		reading_init(&reading);
		of.policy = text_of(policies[i]);
		house_initiate(house, &of, &reading.arena, &decision);
		cr_expect_not_null(written(&reading, house, "pa_initiation_request_full", NCPDP_PA_INITIATION_RESPONSE, &of, &decision)
					   ->pa_initiation_response->response->response_status->open);
		/* the later stages travel in a PAResponse */
		for (size_t k = 0; k < decision.policy->stages_n; k++) {
			decision.outcome = HOUSE_MORE_INFORMATION;
			decision.stage = &decision.policy->stages[k];
			cr_expect_not_null(written(&reading, house, "pa_request", NCPDP_PA_RESPONSE, &of, &decision)
						   ->pa_response->response->response_status->open);
		}
		reading_done(&reading);
	}
	house_free(house);
}

CASE(house_script, a_question_says_under_which_code_a_record_may_know_the_answer)
{
	struct house *house = sandbox_house();
	struct house_case of = about;
	struct house_decision decision;
	struct reading reading;
	const struct question_set *set;

	reading_init(&reading);
	of.policy = text_lit("STEPGLIPTIN-ST");
	house_initiate(house, &of, &reading.arena, &decision);
	set = written(&reading, house, "pa_initiation_request_full", NCPDP_PA_INITIATION_RESPONSE, &of, &decision)
		      ->pa_initiation_response->response->response_status->open->question_set;
	cr_assert_eq(set->questions_n, 2);
	cr_expect_eq(set->questions[0].coded_references_n, 0);
	cr_assert_eq(set->questions[1].coded_references_n, 1);
	cr_expect(text_is(set->questions[1].coded_references->qualifier, "LOINC") && text_is(set->questions[1].coded_references->code, "4548-4"));
	reading_done(&reading);
	house_free(house);
}

CASE(house_script, a_closed_initiation_says_why)
{
	struct house *house = sandbox_house();
	struct house_case nobody = about;
	const struct pa_initiation_closed *closed;
	struct house_decision decision;
	struct reading reading;

	reading_init(&reading);
	nobody.cardholder_id = text_lit("EX9999");
	house_initiate(house, &nobody, &reading.arena, &decision);
	closed = written(&reading, house, "pa_initiation_request", NCPDP_PA_INITIATION_RESPONSE, &nobody, &decision)
			 ->pa_initiation_response->response->response_status->closed;
	cr_assert_not_null(closed);
	cr_assert_eq(closed->reason_codes_n, 1);
	cr_expect(text_is(closed->reason_codes[0], "CD"));
	cr_expect(says(closed->pa_note, "No member of the plan"));
	reading_done(&reading);
	house_free(house);
}

static struct house_decision decided(struct house *house, struct reading *reading, const char *diagnosis, const char *weeks,
	const char *why, int64_t round)
{
	const struct house_answer answers[] = {
		{ .question_id = T("DIAGNOSIS"), .choice_id = text_of(diagnosis), .free_text = *weeks ? (struct text){ 0 } : text_lit("gout") },
		{ .question_id = T("WEEKS"), .value = text_of(weeks) },
		{ .question_id = T("TB-TEST"), .value = T("2025-11-02") },
		{ .question_id = T("WHY-SHORT"), .choice_id = text_of(why) },
	};
	struct house_decision decision;
	struct house_case of = about;

	of.round = round;
	house_decide(house, &of, answers, *why ? 4 : 3, &reading->arena, &decision);
	return decision;
}

CASE(house_script, an_approval_has_a_number_a_period_and_the_appeal)
{
	struct house *house = sandbox_house();
	const struct pa_approved *approved;
	struct house_decision decision;
	struct reading reading;

	reading_init(&reading);
	decision = decided(house, &reading, "RA", "16", "", 0);
	approved = written(&reading, house, "pa_request", NCPDP_PA_RESPONSE, &about, &decision)
			   ->pa_response->response->response_status->approved;
	cr_assert_not_null(approved);
	cr_expect(text_equal(approved->pa_case_id, about.case_id));
	cr_expect(text_there(approved->authorization_number));
	cr_expect(text_is(approved->authorization_period->effective_date->date, "2026-01-07"));
	cr_expect(text_is(approved->authorization_period->expiration_date->date, "2027-01-07"));
	cr_expect(text_is(approved->appeal->is_e_appeal_supported, "Y"));
	cr_expect(text_is(approved->appeal->expiration_date->date, "2026-03-08"));
	reading_done(&reading);
	house_free(house);
}

CASE(house_script, a_denial_says_its_reason_first_however_long_the_rest)
{
	struct house *house = sandbox_house();
	const struct pa_denied *denied;
	struct house_decision decision;
	struct house_case of = about;
	struct reading reading;
	char longest[4001];

	reading_init(&reading);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	of.sentence = text_of(longest);
	decision = decided(house, &reading, "RA", "3", "NONE", 0);
	denied = written(&reading, house, "pa_request", NCPDP_PA_RESPONSE, &of, &decision)
			 ->pa_response->response->response_status->denied;
	cr_assert_not_null(denied);
	cr_expect(text_starts(denied->pa_note, "A conventional drug was given for less than 12 weeks"));
	cr_expect_eq(text_characters(denied->pa_note), 2000);
	cr_expect(says(denied->pa_note, "xxx..."));
	cr_expect(text_is(denied->appeal->is_e_appeal_supported, "Y"));
	reading_done(&reading);
	house_free(house);
}

CASE(house_script, other_outcomes_have_their_own_place)
{
	struct house *house = sandbox_house();
	const struct pa_response_status *status;
	struct house_decision decision;
	struct reading reading;

	reading_init(&reading);
	decision = decided(house, &reading, "OTHER", "", "", 0);
	status = written(&reading, house, "pa_request", NCPDP_PA_RESPONSE, &about, &decision)->pa_response->response->response_status;
	cr_assert_not_null(status->in_process);
	cr_expect(text_is(status->in_process->expected_response_date->date_time, "2026-01-07T09:30:05Z"));
	decision = decided(house, &reading, "GOUT", "1", "", 0);
	status = written(&reading, house, "pa_request", NCPDP_PA_RESPONSE, &about, &decision)->pa_response->response->response_status;
	cr_assert_not_null(status->closed);
	cr_expect(text_is(status->closed->reason_codes[0], "CN"));
	decision = decided(house, &reading, "RA", "16", "", 0);
	decision.outcome = HOUSE_PARTIALLY_DENIED;
	decision.reason = text_lit("Half of it is covered.");
	status = written(&reading, house, "pa_request", NCPDP_PA_RESPONSE, &about, &decision)->pa_response->response->response_status;
	cr_assert_not_null(status->partially_denied);
	cr_expect(text_starts(status->partially_denied->pa_note, "Half of it is covered."));
	cr_expect_not_null(status->partially_denied->authorization_period);
	reading_done(&reading);
	house_free(house);
}

/* "Q1=C1 Q2=C1 Q3:42": choices after '=', values after ':', words in brackets. */
static struct text listed(const struct house_answer *answers, size_t n, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 256);
	for (size_t i = 0; i < n; i++) {
		buffer_format(&out, "%s%.*s", i ? " " : "", TEXT_ARGS(answers[i].question_id));
		if (text_there(answers[i].choice_id))
			buffer_format(&out, "=%.*s", TEXT_ARGS(answers[i].choice_id));
		if (text_there(answers[i].value))
			buffer_format(&out, ":%.*s", TEXT_ARGS(answers[i].value));
		if (text_there(answers[i].free_text))
			buffer_format(&out, "(%.*s)", TEXT_ARGS(answers[i].free_text));
	}
	return buffer_text(&out);
}

CASE(house_script, answers_are_taken_out_of_a_request)
{
	static const struct {
		const char *request, *lists;
	} rows[] = {
		{ "pa_request", "Q1=C1 Q2=C1 Q2=C3(Example drug C for 90 days) Q3:42 Q4:2025-11-03 Q5:Tolerated well" },
		/* from the record system: choices, dates, numbers, words, control numbers of attachments, and attachments (empty) */
		{ "pa_request_coded",
			"Q1=C1(from the record) Q1:ATT1 Q1:99999-9: 7.1 Q1: Q2:-7.25 Q3:ATT1 Q4:99999-9: 7.1 Q5: Q6:2025-12-01T08:15:00Z "
			"Q7:ATT1 Q8:99999-9: 7.1 Q9: Q10:ATT1 Q11:99999-9: 7.1 Q12: Q14:2025-12-01T08:15:00+01:00" },
		{ "pa_request_unsolicited", "Q1=C1 Q2=C1 Q2=C3(Example drug C for 90 days) Q3:42 Q4:2025-11-03 Q5:Tolerated well" },
		{ "pa_request_unsolicited_empty", "" },
		{ "pa_initiation_request", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct house_answer *answers;
		struct reading reading;
		size_t n;

		reading_init(&reading);
		n = house_answers_of(reading_good(&reading, NCPDP_SCRIPT, rows[i].request)->script, &reading.arena, &answers);
		cr_expect(text_is(listed(answers, n, &reading.arena), rows[i].lists), "%s: %.*s", rows[i].request,
			TEXT_ARGS(listed(answers, n, &reading.arena)));
		reading_done(&reading);
	}
}

CASE(house_script, an_answer_that_does_not_fit_is_none)
{
	struct house *house = sandbox_house();
	const struct ncpdp_message *asked;
	struct house_decision decision;
	struct script_message *answer = NULL;
	struct reading reading;

	reading_init(&reading);
	asked = reading_good(&reading, NCPDP_SCRIPT, "pa_initiation_request");
	house_initiate(house, &about, &reading.arena, &decision);
	for (size_t limit = 0; !answer; limit += 16) {
		struct arena small;

		cr_assert_lt(limit, 200000);
		arena_init(&small, limit);
		answer = house_answer_script(house, asked->script, &about, &decision, &small);
		arena_done(&small);
	}
	reading_done(&reading);
	house_free(house);
}

static const struct house_case appealing = {
	.plan = T("EXAMPLE-COMMERCIAL"),
	.track = T("PHARMACY"),
	.policy = T("EXAMPLUMAB-PA"),
	.case_id = T("PA-0123456789ABCDEF0123456789ABCDEF"),
	.reply_id = T("0123456789ABCDEF0123456789ABCDEF.1"),
	.received_ms = NOW_MS,
	.wall_ms = NOW_MS,
	.state = T("DENIED"),
	.cardholder_id = T("EX0001"),
};

static const struct pa_appeal_status *appealed(struct reading *reading, struct house *house, const struct house_decision *decision)
{
	return written(reading, house, "pa_appeal_request", NCPDP_PA_APPEAL_RESPONSE, &appealing, decision)
		->pa_appeal_response->response->response_status;
}

CASE(house_script, an_appeal_has_its_own_answers)
{
	const struct house_answer treated[] = { { .question_id = T("NEW-FACTS"), .choice_id = T("TREATED") },
		{ .question_id = T("TREATED-UNTIL"), .value = T("2026-01-01") } };
	const struct house_answer nothing[] = { { .question_id = T("NEW-FACTS"), .choice_id = T("NOTHING") } };
	struct house *house = sandbox_house();
	const struct pa_appeal_status *status;
	struct house_decision decision;
	struct reading reading;

	reading_init(&reading);
	house_appeal(house, &appealing, NULL, 0, &reading.arena, &decision);
	status = appealed(&reading, house, &decision);
	cr_assert_not_null(status->open);
	cr_expect(text_equal(status->open->appeal_case_id, decision.appeal_case_id));
	cr_expect(text_is(status->open->more_information_required->deadline_for_reply->date_time, "2026-01-21T09:30:00Z"));
	cr_expect_eq(status->open->more_information_required->questions_n, 3);
	house_appeal(house, &appealing, treated, 2, &reading.arena, &decision);
	status = appealed(&reading, house, &decision);
	cr_assert_not_null(status->approved);
	cr_expect(text_is(status->approved->authorization_period->expiration_date->date, "2027-01-07"));
	cr_expect(text_is(status->approved->appeal->is_e_appeal_supported, "N"));
	cr_expect_null(status->approved->appeal->expiration_date);
	cr_expect(says(status->approved->appeal->pa_note, "independent reviewer"));
	decision.outcome = HOUSE_PARTIALLY_DENIED;
	decision.reason = text_lit("Half of it.");
	status = appealed(&reading, house, &decision);
	cr_assert_not_null(status->partially_denied);
	cr_expect(text_starts(status->partially_denied->pa_note, "Half of it."));
	house_appeal(house, &appealing, nothing, 1, &reading.arena, &decision);
	status = appealed(&reading, house, &decision);
	cr_assert_not_null(status->denied);
	cr_expect(text_starts(status->denied->pa_note, "Nothing in the appeal"));
	decision.outcome = HOUSE_CLOSED;
	decision.reason_code = text_lit("FL");
	status = appealed(&reading, house, &decision);
	cr_assert_not_null(status->closed);
	cr_expect(text_is(status->closed->reason_codes[0], "FL"));
	cr_expect(text_equal(status->closed->appeal_case_id, decision.appeal_case_id));
	reading_done(&reading);
	house_free(house);
}

CASE(house_script, a_cancellation_is_agreed_or_refused)
{
	struct house *house = sandbox_house();
	const struct pa_cancel_answer *answer;
	struct house_decision decision = { .outcome = HOUSE_CANCELLED, .note = text_lit("Gone.") };
	struct house_case of = appealing;
	struct reading reading;

	reading_init(&reading);
	house_read_request(reading_good(&reading, NCPDP_SCRIPT, "pa_cancel_request")->script, &reading.arena, &of);
	answer = written_cancel(&reading, house, &of, &decision);
	cr_assert_not_null(answer->response_status->approved);
	cr_expect(text_is(answer->response_status->approved->pa_note, "Gone."));
	cr_expect(text_equal(answer->pa_case_id, of.named_case_id));
	decision.outcome = HOUSE_CANCEL_REFUSED;
	decision.reason_code = text_lit("CB");
	answer = written_cancel(&reading, house, &of, &decision);
	cr_assert_not_null(answer->response_status->denied);
	cr_expect(text_is(answer->response_status->denied->reason_code, "CB"));
	reading_done(&reading);
	house_free(house);
}

CASE(house_script, what_is_on_file_and_which_document_must_come)
{
	static const struct house_authorization on_file = { .case_id = T("PA-OLD"), .number = T("EX-7"), .effective = T("2025-01-31"),
		.expires = T("2026-01-31") };
	struct house *house = sandbox_house();
	const struct pa_initiation_status *status;
	struct house_decision decision;
	struct reading reading;

	reading_init(&reading);
	house_initiate(house, &about, &reading.arena, &decision);
	decision.on_file = &on_file;
	status = written(&reading, house, "pa_initiation_request", NCPDP_PA_INITIATION_RESPONSE, &about, &decision)
			 ->pa_initiation_response->response->response_status;
	cr_expect(text_is(status->open->expiring_pa_case_id, "PA-OLD"));
	cr_expect(text_is(status->open->expiration_date->date, "2026-01-31"));
	cr_expect(text_is(status->open->question_set->header->attachment_required, "N"));
	decision.outcome = HOUSE_CLOSED;
	decision.reason_code = text_lit("FQ");
	status = written(&reading, house, "pa_initiation_request", NCPDP_PA_INITIATION_RESPONSE, &about, &decision)
			 ->pa_initiation_response->response->response_status;
	cr_expect(text_is(status->closed->authorization_number, "EX-7"));
	cr_expect(text_is(status->closed->authorization_period->expiration_date->date, "2026-01-31"));
	house_initiate(house, &about, &reading.arena, &decision);
	decision.outcome = HOUSE_MORE_INFORMATION;
	decision.stage = &decision.policy->appeal_stages[1];
	decision.appeal_case_id = text_lit("HA1");
	{
		const struct question_set_header *header = appealed(&reading, house, &decision)->open->more_information_required->header;

		cr_expect(text_is(header->attachment_required, "Y"));
		cr_expect(text_starts(header->attachment_notes, "Report of the specialist"));
	}
	reading_done(&reading);
	house_free(house);
}

CASE(house_script, what_a_decision_looks_at_beside_the_answers)
{
	static const struct {
		const char *request, *case_id, *appeal_id;
		size_t documents;
	} rows[] = {
		{ "pa_initiation_request", NULL, NULL, 0 },
		{ "pa_request", "CASE0001", NULL, 1 },
		{ "pa_request_coded", "CASE0001", NULL, 5 },
		{ "pa_appeal_request", "CASE0001", "APPEAL0001", 1 },
		{ "pa_appeal_request_minimal", "CASE0001", NULL, 0 },
		{ "pa_cancel_request", "CASE0001", NULL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct house_case of = { .wall_ms = NOW_MS };
		struct reading reading;

		reading_init(&reading);
		house_read_request(reading_good(&reading, NCPDP_SCRIPT, rows[i].request)->script, &reading.arena, &of);
		cr_expect(text_equal(of.named_case_id, text_of(rows[i].case_id)), "%s: %.*s", rows[i].request, TEXT_ARGS(of.named_case_id));
		cr_expect(text_equal(of.named_appeal_id, text_of(rows[i].appeal_id)), "%s: %.*s", rows[i].request, TEXT_ARGS(of.named_appeal_id));
		cr_expect_eq(of.attachments_n, rows[i].documents, "%s: %zu", rows[i].request, of.attachments_n);
		cr_expect(text_there(of.cardholder_id) && text_there(of.prescriber_npi), "%s", rows[i].request);
		reading_done(&reading);
	}
}
