/* SPDX-License-Identifier: Apache-2.0 */
/* Submissions of PAS in the ledger: whoever submits waits for the decision, once it is stored; what is told is what is stored; nothing
   is decided twice. */
#include "test/gateway/ledger/ledger_steps.h"
#include "test/gateway/pas_sample.h"

#define CLIENT "FHIR:ehr"
#define OTHER "FHIR:other"
#define DEADLINE (bench.now.mono_ms + 10000)

static void submit(const char *message_id, const char *reference)
{
	bench_event(&bench, (struct event_of){ "SUBMIT", CLIENT, message_id, .body = message_id, .reference = reference,
		.json = pas_sample(message_id, &bench.arena), .key = "key1", .deadline_ms = DEADLINE });
}

/* What the payer is asked after the submission is committed. */
static struct case_work submitted(const char *message_id, const char *reference)
{
	bench_peer(&bench, ROLE_PAYER, true);
	submit(message_id, reference);
	bench_drain(&bench);
	cr_assert_eq(bench_sent(&bench, TYPE_REPLY), 0); /* it waits */
	return bench_work(&bench, 0);
}

static struct text decide(const struct case_work *work, const char *outcome, const char *action, int64_t again_ms)
{
	bool denied = strcmp(outcome, "DENIED") == 0;
	struct text answer = pas_sample_answer(work->body, action, denied ? "Not tried first." : NULL, &bench.arena);

	bench_decide_with(&bench, work, outcome, denied ? "Not tried first." : NULL, again_ms, answer);
	return answer;
}

static void expect_reply(struct text body)
{
	int64_t status;

	cr_assert_eq(bench_sent(&bench, TYPE_REPLY), 1);
	cr_expect(text_equal(bench_answer(&bench, 0, &status), body));
	cr_expect_eq(status, 200);
	cr_expect(text_is(bench_out(&bench, TYPE_REPLY, 0)->envelope.media, "application/fhir+json"));
}

static void expect_refusal(const char *name, int64_t with)
{
	int64_t status;
	struct text body = bench_answer(&bench, 0, &status);

	cr_expect(text_is(bench_out(&bench, TYPE_REPLY, 0)->envelope.fault, name), "%.*s",
		TEXT_ARGS(bench_out(&bench, TYPE_REPLY, 0)->envelope.fault));
	cr_expect_eq(status, with);
	cr_expect(pas_holds(body, "\"OperationOutcome\""));
}

ON_BENCH(ledger_pas, a_submission_is_answered_with_its_decision_and_not_before)
{
	struct case_work work = submitted("b1", "ref1");
	struct text answer;

	cr_expect(text_is(work.standard, "PAS") && pas_holds(work.body, "\"Claim\""));
	answer = decide(&work, "APPROVED", "A1", 0);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0); /* not before it is durable */
	bench_drain(&bench);
	expect_reply(answer);
	cr_expect_eq(bench_out(&bench, TYPE_REPLY, 0)->envelope.slot, 1);
	expect_state(CLIENT, "APPROVED", 2);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0); /* nobody is told twice */
}

ON_BENCH(ledger_pas, the_same_bundle_again_gets_the_same_answer_and_decides_nothing)
{
	struct case_work work = submitted("b1", "ref1");
	struct text answer = decide(&work, "APPROVED", "A1", 0);

	bench_drain(&bench);
	submit("b1", "ref1");
	bench_drain(&bench);
	expect_reply(answer);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	bench_event(&bench, (struct event_of){ "SUBMIT", CLIENT, "b1", .body = "other", .reference = "ref1",
		.json = pas_sample("b1", &bench.arena) });
	bench_drain(&bench);
	expect_refusal("REUSED_ID", 409);
	/* the same identifier of another client is another bundle */
	bench_event(&bench, (struct event_of){ "SUBMIT", OTHER, "b1", .body = "other", .reference = "ref1",
		.json = pas_sample("b1", &bench.arena), .deadline_ms = DEADLINE });
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 1);
}

ON_BENCH(ledger_pas, two_that_wait_for_one_bundle_are_both_answered)
{
	struct case_work work = submitted("b1", "ref1");
	struct text answer;

	submit("b1", "ref1");
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	submit("b1", "ref1"); /* and one in the batch of the decision */
	answer = decide(&work, "APPROVED", "A1", 0);
	bench_drain(&bench);
	cr_assert_eq(bench_sent(&bench, TYPE_REPLY), 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect(text_equal(bench_answer(&bench, i, NULL), answer));
}

ON_BENCH(ledger_pas, a_decision_that_takes_longer_is_told_as_pended_and_then_the_present_one_is)
{
	struct case_work work = submitted("b1", "ref1");
	struct text pended, answer;

	bench_pass(&bench, 2999);
	bench_tick(&bench);
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0);
	bench_pass(&bench, 1);
	bench_tick(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0);
	bench_drain(&bench);
	pended = bench_answer(&bench, 0, NULL);
	expect_reply(pended);
	cr_expect(pas_holds(pended, "\"A4\"") && pas_holds(pended, "PA-00000000000000000000000000000001"));
	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	submit("b1", "ref1");
	bench_drain(&bench);
	expect_reply(pended); /* what left is what is stored */
	answer = decide(&work, "APPROVED", "A1", 0);
	bench_drain(&bench);
	submit("b1", "ref1");
	bench_drain(&bench);
	expect_reply(answer);
}

ON_BENCH(ledger_pas, who_waits_when_the_ledger_dies_waits_again)
{
	struct case_work work = submitted("b1", "ref1");
	struct text answer;

	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	work = bench_work(&bench, 0);
	submit("b1", "ref1"); /* the edge sends it again */
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0);
	answer = decide(&work, "DENIED", "A3", 0);
	bench_drain(&bench);
	expect_reply(answer);
}

ON_BENCH(ledger_pas, a_deadline_that_comes_first_and_a_stop_end_the_waiting)
{
	bench_peer(&bench, ROLE_PAYER, true);
	bench_event(&bench, (struct event_of){ "SUBMIT", CLIENT, "b1", .reference = "ref1", .json = pas_sample("b1", &bench.arena),
		.deadline_ms = bench.now.mono_ms + 1000 });
	bench_drain(&bench);
	bench_pass(&bench, 760);
	bench_tick(&bench);
	bench_drain(&bench);
	cr_expect(pas_holds(bench_answer(&bench, 0, NULL), "\"A4\""));
	submit("b2", "ref2");
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0);
	bench_step(&bench, &(struct input){ .kind = IN_STOP });
	cr_expect(pas_holds(bench_answer(&bench, 0, NULL), "\"A4\""));
	cr_expect(bench.outbox.idle);
}

ON_BENCH(ledger_pas, the_payer_that_pends_is_asked_again_and_its_last_word_stands)
{
	struct case_work work = submitted("b1", "ref1");
	struct text pended = decide(&work, "IN_PROCESS", "A4", 60000), answer;

	bench_drain(&bench);
	expect_reply(pended);
	expect_state(CLIENT, "IN_PROCESS", 2);
	bench_pass(&bench, 60001);
	bench_tick(&bench);
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.standard, "PAS") && work.round == 1 && pas_holds(work.body, "\"Claim\""));
	answer = decide(&work, "APPROVED", "A1", 0);
	bench_drain(&bench);
	submit("b1", "ref1");
	bench_drain(&bench);
	expect_reply(answer);
}

ON_BENCH(ledger_pas, an_update_takes_the_place_of_what_is_being_decided)
{
	struct case_work work = submitted("b1", "ref1"), now;
	struct text answer;

	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b2", .body = "b2", .reference = "ref1", .further = "ref2",
		.json = pas_sample("b2", &bench.arena), .deadline_ms = DEADLINE });
	bench_drain(&bench);
	cr_expect(pas_holds(bench_answer(&bench, 0, NULL), "\"A4\"")); /* who waited for the first hears that it is pended */
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 1);
	now = bench_work(&bench, 0);
	cr_expect(text_is(now.event, "UPDATE") && text_equal(now.case_id, work.case_id) && !text_equal(now.row, work.row));
	decide(&work, "DENIED", "A3", 0); /* about what is asked no more */
	bench_drain(&bench);
	expect_state(CLIENT, "SUBMITTED", 2);
	answer = decide(&now, "APPROVED", "A1", 0);
	bench_drain(&bench);
	expect_reply(answer);
	expect_state(CLIENT, "APPROVED", 3);
	/* a third Claim names the second one */
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b3", .body = "b3", .reference = "ref2", .further = "ref3",
		.json = pas_sample("b3", &bench.arena), .deadline_ms = DEADLINE });
	bench_drain(&bench);
	expect_state(CLIENT, "SUBMITTED", 4);
}

ON_BENCH(ledger_pas, what_was_denied_is_not_updated_and_of_nothing_there_is_no_update)
{
	struct case_work work = submitted("b1", "ref1");

	decide(&work, "DENIED", "A3", 0);
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b2", .body = "b2", .reference = "ref1", .further = "ref2",
		.json = pas_sample("b2", &bench.arena) });
	bench_drain(&bench);
	expect_refusal("CASE_STATE", 409);
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b3", .body = "b3", .reference = "ref9", .further = "ref3",
		.json = pas_sample("b3", &bench.arena) });
	bench_drain(&bench);
	expect_refusal("UNKNOWN_CASE", 404);
	bench_event(&bench, (struct event_of){ "UPDATE", OTHER, "b4", .body = "b4", .reference = "ref1", .further = "ref4",
		.json = pas_sample("b4", &bench.arena) });
	bench_drain(&bench);
	expect_refusal("UNKNOWN_CASE", 404);
	expect_state(CLIENT, "DENIED", 2);
}

ON_BENCH(ledger_pas, a_cancellation_is_answered_and_then_is_the_present_answer)
{
	struct case_work work = submitted("b1", "ref1");
	struct text answer;

	decide(&work, "APPROVED", "A1", 0);
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ "CANCEL", CLIENT, "b2", .body = "b2", .reference = "ref1", .further = "ref2",
		.json = pas_sample("b2", &bench.arena), .deadline_ms = DEADLINE });
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0);
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.event, "CANCEL"));
	answer = decide(&work, "CANCELLED", "C", 0);
	bench_drain(&bench);
	expect_reply(answer);
	expect_state(CLIENT, "CANCELLED", 4);
	bench_event(&bench, (struct event_of){ "INQUIRE", CLIENT, "i1", .reference = "ref1", .json = text_lit("{}") });
	bench_drain(&bench);
	cr_expect(pas_holds(bench_answer(&bench, 0, NULL), "\"C\""));
}

static struct text inquire(const char *partner, const char *reference, const char *case_id, const char *key)
{
	static int n;
	char id[16];

	snprintf(id, sizeof(id), "i%d", ++n);
	bench_event(&bench, (struct event_of){ "INQUIRE", partner, id, .reference = reference,
		.case_id = case_id, .key = key, .json = text_lit("{}") });
	bench_drain(&bench);
	return bench_answer(&bench, 0, NULL);
}

ON_BENCH(ledger_pas, an_inquiry_gets_the_present_answer_of_what_it_may_know)
{
	struct case_work work = submitted("b1", "ref1");
	struct text answer;

	answer = inquire(CLIENT, "ref1", NULL, NULL);
	cr_expect(pas_holds(answer, "\"Parameters\"") && pas_holds(answer, "\"return\"") && pas_holds(answer, "\"A4\""));
	cr_expect(pas_holds(answer, "profile-claiminquiryresponse"));
	cr_expect(pas_holds(answer, "profile-pas-inquiry-response-bundle"));
	decide(&work, "APPROVED", "A1", 0);
	bench_drain(&bench);
	cr_expect(pas_holds(inquire(CLIENT, "ref1", NULL, NULL), "\"A1\""));
	cr_expect(pas_holds(inquire(CLIENT, NULL, "PA-00000000000000000000000000000001", NULL), "\"A1\""));
	/* by member and provider anybody who knows them; by a number only who submitted */
	cr_expect(pas_holds(inquire(OTHER, NULL, NULL, "key1"), "\"A1\""));
	cr_expect(!pas_holds(inquire(OTHER, NULL, NULL, "key2"), "return"));
	cr_expect(!pas_holds(inquire(OTHER, "ref1", NULL, NULL), "return"));
	/* 2.0.1: one bundle, or nothing is there */
	bench_event(&bench, (struct event_of){ "INQUIRE", CLIENT, "j1", .reference = "ref1", .json = text_lit("{}"), .pas_version = 1 });
	bench_drain(&bench);
	cr_expect(text_starts(bench_answer(&bench, 0, NULL), "{\"resourceType\":\"Bundle\""));
	bench_event(&bench, (struct event_of){ "INQUIRE", OTHER, "j2", .reference = "ref1", .json = text_lit("{}"), .pas_version = 1 });
	bench_drain(&bench);
	expect_refusal("UNKNOWN_CASE", 404);
	cr_expect(!pas_holds(inquire(OTHER, NULL, "PA-00000000000000000000000000000001", NULL), "return"));
}

/* Questions that nobody answers end the case: whoever asks hears so, and it is no decision. */
ON_BENCH(ledger_pas, questions_without_an_answer_end_the_case_with_an_error)
{
	struct case_work work = submitted("b1", "ref1");
	struct text asked = pas_sample_answer(work.body, "A4", NULL, &bench.arena);

	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("MORE_INFORMATION"), .message = asked, .reply_by_ms = bench.now.wall_ms + 5000 });
	bench_drain(&bench);
	expect_reply(asked);
	expect_state(CLIENT, "MORE_INFORMATION", 2);
	bench_pass(&bench, 5001);
	bench_tick(&bench);
	bench_drain(&bench);
	expect_state(CLIENT, "EXPIRED", 3);
	submit("b1", "ref1");
	bench_drain(&bench);
	cr_expect(pas_holds(bench_answer(&bench, 0, NULL), "\"outcome\":\"error\""));
	cr_expect(!pas_holds(bench_answer(&bench, 0, NULL), "\"A4\""));
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b2", .body = "b2", .reference = "ref1", .further = "ref2",
		.json = pas_sample("b2", &bench.arena) });
	bench_drain(&bench);
	expect_refusal("CASE_STATE", 409);
}

ON_BENCH(ledger_pas, questions_are_answered_by_an_update)
{
	struct case_work work = submitted("b1", "ref1"), more;

	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id,
		.outcome = text_lit("MORE_INFORMATION"), .message = pas_sample_answer(work.body, "A4", NULL, &bench.arena),
		.reply_by_ms = bench.now.wall_ms + 5000 });
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b2", .body = "b2", .reference = "ref1",
		.json = pas_sample("b2", &bench.arena), .deadline_ms = DEADLINE });
	bench_drain(&bench);
	more = bench_work(&bench, 0);
	cr_expect(text_is(more.event, "UPDATE") && text_is(more.state, "MORE_INFORMATION") && text_equal(more.case_id, work.case_id));
}

/* Claim.identifier is a number of the patient's event, and several requests may be for one. */
ON_BENCH(ledger_pas, another_bundle_for_the_same_event_is_a_case_of_its_own_and_the_last_one_is_meant)
{
	struct case_work first = submitted("b1", "ref1"), second = submitted("b2", "ref1"), changed;

	cr_expect(!text_equal(first.case_id, second.case_id));
	decide(&first, "DENIED", "A3", 0);
	decide(&second, "APPROVED", "A1", 0);
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 2);
	expect_state(CLIENT, "APPROVED", 2);
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b3", .body = "b3", .reference = "ref1",
		.json = pas_sample("b3", &bench.arena), .deadline_ms = DEADLINE });
	bench_drain(&bench);
	changed = bench_work(&bench, 0);
	cr_expect(text_equal(changed.case_id, second.case_id));
	/* by our number the first one is meant, whatever the reference says: and what was denied is not updated */
	bench_event(&bench, (struct event_of){ "UPDATE", CLIENT, "b4", .body = "b4", .reference = "ref1",
		.case_id = "PA-00000000000000000000000000000001", .json = pas_sample("b4", &bench.arena) });
	bench_drain(&bench);
	expect_refusal("CASE_STATE", 409);
}

static size_t findings(const char *rule)
{
	struct case_report report;
	struct fault why;
	size_t n = 0;

	cr_assert(case_check(bench.store, &bench.arena, &report, &why));
	for (size_t i = 0; i < report.findings_n; i++)
		n += strcmp(report.findings[i].rule, rule) == 0;
	return n;
}

/* What is at the key of this kind is replaced (NULL: taken out), looked at, and put back. */
static void damage(const char *prefix, const struct text *with, const char *rule)
{
	struct store_walk *walk = store_walk_new(bench.store, text_of(prefix), TEXT_NONE);
	struct text key, value;
	struct fault why;

	cr_assert(store_walk_next(walk, &key, &value), "%s", prefix);
	key = arena_text(&bench.arena, key);
	value = arena_text(&bench.arena, value);
	cr_assert(store_walk_free(walk, &why));
	if (with)
		store_put(bench.store, key, *with);
	else
		store_delete(bench.store, key);
	cr_assert(store_commit(bench.store, &why));
	cr_expect_gt(findings(rule), 0, "%s: %s", prefix, rule);
	store_put(bench.store, key, value);
	cr_assert(store_commit(bench.store, &why));
	cr_expect_eq(findings(rule), 0, "%s: %s is mended", prefix, rule);
}

ON_BENCH(ledger_pas, the_checker_finds_what_is_wrong_with_a_pas_case)
{
	struct case_work work = submitted("b1", "ref1");
	struct stored_reply empty = { .body_sha256 = text_lit("b1"), .case_id = work.case_id };
	struct text nobody = text_lit("PA-0"), nothing;
	struct buffer packed;

	buffer_init(&packed, &bench.arena, 100);
	record_pack(&stored_reply_record, &empty, &packed);
	nothing = buffer_text(&packed);
	decide(&work, "APPROVED", "A1", 0);
	bench_drain(&bench);
	damage("d/", &nothing, "I1");  /* decided, and no answer is stored */
	damage("d/", NULL, "I14");
	damage("q/", &nobody, "I7");
	damage("c/", NULL, "I7");
	damage("r/", NULL, "I7");
}

ON_BENCH(ledger_pas, a_full_store_refuses_and_keeps_nothing)
{
	bench_peer(&bench, ROLE_PAYER, true);
	store_memory_fail(bench.store, FAULT_STORE_FULL, false);
	submit("b1", "ref1");
	bench_drain(&bench);
	expect_refusal("STORE_FULL", 503);
	submit("b1", "ref1");
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 1);
}
