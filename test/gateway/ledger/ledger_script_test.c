/* SPDX-License-Identifier: Apache-2.0 */
/* A PAS case whose backend is asked in SCRIPT: what each submission becomes, that nothing is asked twice, and what the answers become. */
#include "routing/not_mine.h"
#include "test/gateway/ledger/ledger_steps.h"
#include "test/gateway/pas_sample.h"

#define CLIENT "FHIR:ehr"
#define DEADLINE (bench.now.mono_ms + 10000)
#define HOUSE_URL "urn:dualtrack:Questionnaire:POLICY:WEEKS-1"
#define WEEKS_20 "{\"linkId\":\"WEEKS\",\"answer\":[{\"valueDecimal\":20}]}"

/* asked_in NULL: the medical benefit pays. */
static void submit_to(const char *event, const char *message_id, const char *items, const char *backend, const char *asked_in)
{
	bench_event(&bench, (struct event_of){ event, CLIENT, message_id, .body = message_id, .reference = "ref1", .backend = backend,
		.json = pas_sample_pharmacy(message_id, HOUSE_URL, items, &bench.arena), .key = "key1", .deadline_ms = DEADLINE, .asked_in = asked_in,
		.track = asked_in ? "PHARMACY" : "MEDICAL" });
	bench_drain(&bench);
}

static void submit_as(const char *event, const char *message_id, const char *items, const char *backend)
{
	submit_to(event, message_id, items, backend, "SCRIPT");
}

static struct case_work submitted(const char *message_id, const char *items)
{
	bench_peer(&bench, ROLE_PAYER, true);
	submit_as("SUBMIT", message_id, items, "house");
	cr_assert_eq(bench_sent(&bench, TYPE_REPLY), 0); /* it waits */
	return bench_work(&bench, 0);
}

static struct script_message *request_of(const struct case_work *work)
{
	struct script_message *script = arena_new(&bench.arena, struct script_message);
	struct fault damaged;

	cr_assert(script && record_unpack(&script_message_record, script, &bench.arena, work->request, &damaged));
	return script;
}

/* -- answers of a backend -- */

static struct text packed(struct script_body *body)
{
	struct script_address to = { .id = text_lit("DUALTRACK") }, from = { .qualifier = text_lit("PY"), .id = text_lit("FAR") };
	struct script_header header = { .to = &to, .from = &from, .message_id = text_lit("answer") };
	struct script_message script = { .header = &header, .body = body };
	struct buffer out;

	buffer_init(&out, &bench.arena, 4096);
	record_pack(&script_message_record, &script, &out);
	return buffer_text(&out);
}

/* One question, for a number, in a set of this name. */
static struct text questions(const char *set_id, const char *case_id)
{
	struct numeric_question numeric = { .is_numeric = text_lit("Y") };
	struct question_type type = { .numeric = &numeric };
	struct question question = { .question_id = text_lit("WEEKS"), .sequence_number = text_lit("1"), .question_text = text_lit("For how many weeks?"),
		.default_next_question_id = text_lit("END"), .type = &type };
	struct telephone telephone = { .number = text_lit("5555550100") };
	struct contact_numbers contact = { .primary_telephone = &telephone };
	struct question_set_header header = { .question_set_id = text_of(set_id), .title = text_lit("Weeks"), .description = text_lit("One question"),
		.contact = &contact, .attachment_required = text_lit("N") };
	struct question_set set = { .header = &header, .questions = &question, .questions_n = 1 };
	struct date_or_time deadline = { .date_time = text_lit("2026-12-31T00:00:00Z") };
	struct pa_open open = { .pa_case_id = text_of(case_id), .deadline_for_reply = &deadline, .question_set = &set };
	struct pa_initiation_status status = { .open = &open };
	struct pa_initiation_answer answer = { .response_status = &status };
	struct pa_initiation_response response = { .response = &answer };
	struct script_body body = { .pa_initiation_response = &response };

	return packed(&body);
}

static struct text approval(void)
{
	struct pa_appeal appeal = { .is_e_appeal_supported = text_lit("N") };
	struct pa_approved approved = { .pa_case_id = text_lit("C1"), .authorization_number = text_lit("AUTH1"), .appeal = &appeal };
	struct pa_response_status status = { .approved = &approved };
	struct pa_answer answer = { .response_status = &status };
	struct pa_response response = { .response = &answer };
	struct script_body body = { .pa_response = &response };

	return packed(&body);
}

static struct text cancelled(void)
{
	struct pa_cancel_approved approved = { .pa_note = TEXT_NONE };
	struct pa_cancel_status status = { .approved = &approved };
	struct pa_cancel_answer answer = { .pa_case_id = text_lit("C1"), .response_status = &status };
	struct pa_cancel_response response = { .pa_reference_id = text_lit("R"), .response = &answer };
	struct script_body body = { .pa_cancel_response = &response };

	return packed(&body);
}

static void decide_from(enum role_kind from, const struct case_work *work, const char *outcome, struct text answer, const char *form_url)
{
	bench_decision(&bench, from, (struct case_decision){ .row = work->row, .case_id = work->case_id, .outcome = text_of(outcome),
		.message = text_lit("<Message>as it was written</Message>"), .answer = answer, .form_url = text_of(form_url),
		.reply_by_ms = bench.now.wall_ms + 1000000000, .backend = text_of(from == ROLE_COURIER ? FAR : NULL),
		.backend_case_id = text_of(from == ROLE_COURIER ? "C1" : NULL) });
	bench_drain(&bench);
}

static void decide(const struct case_work *work, const char *outcome, struct text answer)
{
	decide_from(ROLE_PAYER, work, outcome, answer, HOUSE_URL);
}

static struct text replied(int64_t with)
{
	int64_t status;
	struct text body;

	cr_assert_eq(bench_sent(&bench, TYPE_REPLY), 1);
	body = bench_answer(&bench, 0, &status);
	cr_expect_eq(status, with, "%.*s", TEXT_ARGS(body));
	return body;
}

/* -- asked and answered -- */

ON_BENCH(ledger_script, a_submission_is_an_initiation_and_its_questions_are_told)
{
	struct case_work work = submitted("b1", NULL);
	struct script_message *script = request_of(&work);
	struct text told;

	cr_expect(text_is(work.event, "INITIATE") && !text_is(work.standard, "PAS") && !work.body.n && work.records);
	cr_assert(script->body->pa_initiation_request);
	cr_expect(text_starts(script->body->pa_initiation_request->pa_reference_id, "PA-"));
	cr_expect(text_equal(script->header->message_id, work.reply_id));
	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	told = replied(200);
	cr_expect(pas_holds(told, "\"code\":\"A4\"") && pas_holds(told, "102089-0"));
	expect_state(CLIENT, "OPEN", 2);
}

ON_BENCH(ledger_script, answers_that_came_along_go_at_once)
{
	struct case_work work = submitted("b1", WEEKS_20);
	struct text first_id = work.reply_id;
	const struct answered_question *answered;
	struct script_message *script;

	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	cr_assert_eq(bench_sent(&bench, TYPE_REPLY), 0);
	cr_expect_eq(bench_audited(&bench, "FOLLOWED", ""), 1);
	expect_state(CLIENT, "SUBMITTED", 2);
	work = bench_work(&bench, 0);
	script = request_of(&work);
	cr_assert(text_is(work.event, "SUBMIT") && script->body->pa_request);
	cr_expect(!text_equal(work.reply_id, first_id));
	cr_expect(text_equal(script->body->pa_request->request->solicited->pa_case_id, work.case_id));
	answered = script->body->pa_request->request->solicited->question_set->questions;
	cr_expect(text_is(answered->type->numeric->answer->by_prescriber, "20"));
	decide(&work, "APPROVED", approval());
	cr_expect(pas_holds(replied(200), "\"code\":\"A1\""));
	expect_state(CLIENT, "APPROVED", 3);
}

ON_BENCH(ledger_script, answers_go_on_with_a_case_that_came_from_the_other_benefit)
{
	struct route_said *said;
	struct case_work work;

	bench_peer(&bench, ROLE_PAYER, true);
	bench_event(&bench, (struct event_of){ "SUBMIT", CLIENT, "b1", .body = "b1", .reference = "ref1", .backend = "house", .key = "key1",
		.json = pas_sample_pharmacy("b1", HOUSE_URL, WEEKS_20, &bench.arena), .deadline_ms = DEADLINE, .track = "MEDICAL",
		.words = "listed=YES status=COVERED benefit=MEDICAL" });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	cr_assert_eq(not_mine_said(text_lit("MEDICAL"), &bench.arena, &said), 1);
	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id, .outcome = text_lit("CLOSED"),
		.reason = text_lit("no"), .message = text_lit("no"), .said = said, .said_n = 1 });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	cr_assert(text_is(work.event, "INITIATE") && work.round == 0);
	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.event, "SUBMIT") && work.round == 0, "%lld", (long long)work.round);
}

ON_BENCH(ledger_script, the_same_questions_again_are_told_and_others_are_answered_no_more)
{
	struct case_work work = submitted("b1", WEEKS_20);

	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	work = bench_work(&bench, 0);
	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	cr_expect(pas_holds(replied(200), "102089-0"));
	expect_state(CLIENT, "OPEN", 3);
	cr_expect_eq(bench_audited(&bench, "FOLLOWED", ""), 1);
}

ON_BENCH(ledger_script, an_update_brings_the_answers)
{
	struct case_work work = submitted("b1", NULL), next;
	struct text refused;

	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	submit_as("UPDATE", "b2", "{\"linkId\":\"WEEKS\",\"answer\":[{\"valueString\":\"many\"}]}", "house");
	refused = replied(422);
	cr_expect(pas_holds(refused, "QuestionnaireResponse.item[0].answer[0].value"), "%.*s", TEXT_ARGS(refused));
	expect_state(CLIENT, "OPEN", 2);
	submit_as("UPDATE", "b3", WEEKS_20, "house");
	next = bench_work(&bench, 0);
	cr_expect(text_is(next.event, "SUBMIT") && request_of(&next)->body->pa_request);
	cr_expect(text_equal(request_of(&next)->body->pa_request->pa_reference_id, request_of(&work)->body->pa_initiation_request->pa_reference_id));
	decide(&next, "APPROVED", approval());
	cr_expect(pas_holds(replied(200), "AUTH1"));
}

ON_BENCH(ledger_script, an_update_without_answers_is_asked_about_anew)
{
	struct case_work work = submitted("b1", NULL), next;

	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	submit_as("UPDATE", "b2", NULL, "house");
	next = bench_work(&bench, 0);
	cr_assert(text_is(next.event, "INITIATE") && request_of(&next)->body->pa_initiation_request);
	cr_expect(!text_equal(request_of(&next)->body->pa_initiation_request->pa_reference_id,
		request_of(&work)->body->pa_initiation_request->pa_reference_id));
}

ON_BENCH(ledger_script, what_is_taken_back_is_taken_back_there)
{
	struct case_work work = submitted("b1", NULL);
	struct script_message *script;

	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	bench_event(&bench, (struct event_of){ "CANCEL", CLIENT, "b2", .body = "b2", .reference = "ref1",
		.json = pas_sample_pharmacy("b2", HOUSE_URL, NULL, &bench.arena), .deadline_ms = DEADLINE, .track = "PHARMACY" });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	script = request_of(&work);
	cr_assert(text_is(work.event, "CANCEL") && script->body->pa_cancel_request);
	cr_expect(text_equal(script->body->pa_cancel_request->request->pa_case_id, work.case_id));
	decide(&work, "CANCELLED", cancelled());
	cr_expect(pas_holds(replied(200), "\"code\":\"C\""));
	expect_state(CLIENT, "CANCELLED", 4);
}

ON_BENCH(ledger_script, an_answer_without_records_is_asked_for_again)
{
	struct case_work work = submitted("b1", NULL);

	decide(&work, "APPROVED", TEXT_NONE);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0);
	expect_state(CLIENT, "SUBMITTED", 1);
}

/* -- from one benefit to the other -- */

ON_BENCH(ledger_script, a_case_that_changes_benefit_keeps_its_clock_and_its_answers)
{
	struct pa_case before, after;
	struct case_work work;

	bench_peer(&bench, ROLE_PAYER, true);
	submit_to("SUBMIT", "b1", WEEKS_20, "house", NULL);
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.standard, "PAS") && text_is(work.event, "SUBMIT") && work.body.n && !work.records);
	cr_assert(bench_case(&bench, CLIENT, "ref1", &before));
	bench_pass(&bench, 60000);
	submit_as("UPDATE", "b2", WEEKS_20, "house");
	work = bench_work(&bench, 0);
	cr_expect(!text_is(work.standard, "PAS") && text_is(work.event, "INITIATE"));
	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.event, "SUBMIT") && request_of(&work)->body->pa_request); /* and nobody was asked */
	cr_assert(bench_case(&bench, CLIENT, "ref1", &after));
	cr_expect(before.opened_ms == after.opened_ms && before.due_ms == after.due_ms && before.clock_started_ms == after.clock_started_ms);
	cr_expect(text_equal(before.case_id, after.case_id));
}

ON_BENCH(ledger_script, and_back)
{
	struct case_work work = submitted("b1", NULL);

	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	submit_to("UPDATE", "b2", NULL, "house", NULL);
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.standard, "PAS") && text_is(work.event, "UPDATE") && work.body.n && !work.records);
	/* and is taken back in PAS */
	bench_event(&bench, (struct event_of){ "CANCEL", CLIENT, "b3", .body = "b3", .reference = "ref1",
		.json = pas_sample_pharmacy("b3", HOUSE_URL, NULL, &bench.arena), .deadline_ms = DEADLINE });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.standard, "PAS") && text_is(work.event, "CANCEL"));
}

/* The worker found that SCRIPT cannot say it: a telephone number is missing. */
ON_BENCH(ledger_script, an_update_that_script_cannot_say_is_refused_and_changes_nothing)
{
	struct case_work work = submitted("b1", NULL);
	struct text json = pas_sample_pharmacy("b2", HOUSE_URL, NULL, &bench.arena);
	char *at;

	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	while ((at = memmem(json.at, json.n, "\"system\": \"phone\"", strlen("\"system\": \"phone\""))))
		memcpy(at, "\"system\": \"other\"", strlen("\"system\": \"other\""));
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b2", .body = "b2", .reference = "ref1", .backend = "house", .json = json,
		.deadline_ms = DEADLINE, .track = "PHARMACY" });
	bench_drain(&bench);
	cr_expect(pas_holds(replied(422), "ofType(Practitioner).telecom"));
	expect_state(CLIENT, "OPEN", 2);
}

/* -- questions -- */

static struct text asked_about(const char *client, const char *member, const char *case_id, int64_t with)
{
	struct buffer body;

	buffer_init(&body, &bench.arena, 1000);
	buffer_format(&body, "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"coverage\",\"resource\":{\"resourceType\":\"Coverage\",\"id\":\"c1\","
		"\"status\":\"active\",\"beneficiary\":{\"reference\":\"Patient/p1\"},\"subscriberId\":\"%s\",\"payor\":[{\"reference\":\"Organization/o\"}]}},"
		"{\"name\":\"context\",\"valueString\":\"%s\"}]}", member, case_id);
	bench_event(&bench, (struct event_of){ "QUESTIONS", client, "q1", .case_id = case_id, .json = buffer_text(&body), .deadline_ms = DEADLINE });
	bench_drain(&bench);
	return replied(with);
}

ON_BENCH(ledger_script, questions_are_for_who_submitted_and_for_that_member)
{
	struct case_work work = submitted("b1", NULL);
	char case_id[40];
	struct text told;

	text_to_z(work.case_id, case_id, sizeof(case_id));
	cr_expect(pas_holds(asked_about(CLIENT, "EX0001", case_id, 200), "has asked nothing"));
	decide(&work, "OPEN", questions("WEEKS-1", "C1"));
	told = asked_about(CLIENT, "EX0001", case_id, 200);
	cr_expect(pas_holds(told, "\"url\":\"" HOUSE_URL "\"") && pas_holds(told, "\"linkId\":\"WEEKS\""), "%.*s", TEXT_ARGS(told));
	asked_about("FHIR:other", "EX0001", case_id, 404);
	asked_about(CLIENT, "EX0002", case_id, 404);
	asked_about(CLIENT, "EX0001", "PA-nobody", 404);
}

/* -- a remote backend -- */

static struct case_work far_submitted(const char *items)
{
	bench_peer(&bench, ROLE_COURIER, true);
	submit_as("SUBMIT", "b1", items, FAR);
	return bench_work(&bench, 0);
}

static void hear(const char *kind, const char *message_id, struct text reply_id, const char *outcome, struct text answer)
{
	char relates[40];

	bench_event(&bench, (struct event_of){ "ANSWER", "PY:FAR", message_id, .backend = FAR, .kind = kind, .request = answer,
		.relates_to = text_to_z(reply_id, relates, sizeof(relates)), .outcome = outcome, .case_id = "C1",
		.reply_by_ms = bench.now.wall_ms + 1000000000 });
	bench_drain(&bench);
}

ON_BENCH(ledger_script, what_a_remote_backend_says_later_is_followed_and_told)
{
	struct case_work work = far_submitted(WEEKS_20), next;
	char url[200];

	cr_expect(text_is(work.event, "INITIATE") && !work.body.n);
	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = work.row, .case_id = work.case_id, .outcome = text_lit("ACCEPTED"),
		.backend = text_lit(FAR) });
	bench_drain(&bench);
	/* its questions are called by the case: no answer to them can be there */
	hear("PAInitiationResponse", "far1", work.reply_id, "OPEN", questions("WEEKS-1", "C1"));
	expect_state(CLIENT, "OPEN", 2);
	snprintf(url, sizeof(url), "urn:dualtrack:Questionnaire:case:%.*s:WEEKS-1", TEXT_ARGS(work.case_id));
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b2", .body = "b2", .reference = "ref1", .backend = FAR,
		.json = pas_sample_pharmacy("b2", url, WEEKS_20, &bench.arena), .deadline_ms = DEADLINE, .asked_in = "SCRIPT" });
	bench_drain(&bench);
	next = bench_work(&bench, 0);
	cr_assert(text_is(next.event, "SUBMIT"));
	cr_expect(text_is(request_of(&next)->body->pa_request->request->solicited->pa_case_id, "C1"));
	/* after a power cut it is asked the same */
	bench_crash(&bench);
	bench_peer(&bench, ROLE_COURIER, true);
	cr_expect(text_equal(bench_work(&bench, 0).request, next.request) && text_equal(bench_work(&bench, 0).reply_id, next.reply_id));
	hear("PAResponse", "far2", next.reply_id, "APPROVED", approval());
	expect_state(CLIENT, "APPROVED", 4);
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b2", .body = "b2", .reference = "ref1", .backend = FAR,
		.json = pas_sample_pharmacy("b2", url, WEEKS_20, &bench.arena), .deadline_ms = DEADLINE, .asked_in = "SCRIPT" });
	bench_drain(&bench);
	cr_expect(pas_holds(replied(200), "AUTH1"));
}

ON_BENCH(ledger_script, a_notification_of_the_backend_is_on_record_only)
{
	struct case_work work = far_submitted(NULL);

	decide_from(ROLE_COURIER, &work, "OPEN", questions("WEEKS-1", "C1"), NULL);
	bench_event(&bench, (struct event_of){ "NOTIFY", "PY:FAR", "far9", .backend = FAR, .kind = "PANotification", .case_id = "C1" });
	bench_drain(&bench);
	cr_expect_str_eq(bench_reply(&bench, &fault), ACCEPTED);
	expect_state(CLIENT, "OPEN", 2);
}
