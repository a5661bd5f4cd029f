/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions in the ledger: nothing goes where no handshake was answered, each change of what was pended is told once under a number
   of its own, and what cannot be told ends the subscription and loses no decision. */
#include "test/gateway/ledger/ledger_steps.h"
#include "test/gateway/pas_sample.h"

#define CLIENT "FHIR:ehr"
#define OTHER "FHIR:other"
#define ENDPOINT "https://ehr.example/told"

static struct api_client clients[] = { { .id = { "ehr", 3 }, .endpoint = { "https://ehr.example/any", 23 } },
	{ .id = { "other", 5 }, .endpoint = { "https://other.example/", 22 } } };
static const struct config config = { .clients = clients, .clients_n = 2 };

#define SUBSCRIBED(name)                           \
	static void on_bench_##name(void);         \
	CASE(ledger_subscription, name)            \
	{                                          \
		bench_open_with(&bench, &config);  \
		bench_peer(&bench, ROLE_COURIER, true); \
		bench_peer(&bench, ROLE_PAYER, true); \
		on_bench_##name();                 \
		bench_close(&bench);               \
	}                                          \
	static void on_bench_##name(void)

static const char *filter = "1999999001", *asked_state = "requested";

static void subscribe(const char *partner, const char *id, const char *message_id)
{
	static struct text header = { "Authorization: Bearer EXAMPLE", 29 };
	struct pa_subscription wanted = { .id = text_lit("new"), .partner = text_of(partner), .endpoint = text_lit(ENDPOINT),
		.headers = &header, .headers_n = 1, .state = text_of(asked_state), .filter = text_of(filter) };
	struct buffer packed;

	buffer_init(&packed, &bench.arena, 512);
	record_pack(&pa_subscription_record, &wanted, &packed);
	bench_event(&bench, (struct event_of){ "SUBSCRIBE", partner, message_id, .subscription = id, .request = buffer_text(&packed),
		.json = text_lit("{}") });
	bench_drain(&bench);
}

/* The id of one that is active. */
static const char *subscribed(void)
{
	static char id[40];
	struct delivery handshake;
	int64_t status;

	subscribe(CLIENT, NULL, "s1");
	cr_expect(pas_holds(bench_answer(&bench, 0, &status), "\"requested\""));
	cr_expect_eq(status, 201);
	text_to_z(bench_out(&bench, TYPE_REPLY, 0)->envelope.trace, id, sizeof(id));
	handshake = bench_delivery(&bench, 0);
	bench_delivered(&bench, handshake.row, "TAKEN");
	bench_drain(&bench);
	return id;
}

static const char *state_of(const char *partner, const char *id)
{
	struct case_store cases = { .store = bench.store };
	struct pa_subscription at = { 0 };
	static char state[20];
	struct fault why;
	bool found;

	cr_assert(case_store_read(&cases, case_subscription_key(text_of(partner), text_of(id), &bench.arena), &pa_subscription_record, &at,
		&bench.arena, &found, &why));
	return found ? text_to_z(at.state, state, sizeof(state)) : "";
}

/* A case that was told to be pended, and its WORK. */
static struct case_work pended(const char *name)
{
	struct case_work work;

	bench_event(&bench, (struct event_of){ "SUBMIT", CLIENT, name, .body = name, .reference = name, .json = pas_sample(name, &bench.arena),
		.deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	bench_decide_with(&bench, &work, "IN_PROCESS", NULL, 60000, pas_sample_answer(work.body, "A4", NULL, &bench.arena));
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0); /* the answer itself is no event */
	bench_pass(&bench, 60001);
	bench_tick(&bench);
	return bench_work(&bench, 0);
}

static struct delivery decided(const struct case_work *work)
{
	bench_decide_with(&bench, work, "APPROVED", NULL, 0, pas_sample_answer(work->body, "A1", NULL, &bench.arena));
	bench_drain(&bench);
	return bench_delivery(&bench, 0);
}

SUBSCRIBED(a_handshake_comes_first_and_makes_it_active)
{
	struct delivery handshake;
	char id[40];

	subscribe(CLIENT, NULL, "s1");
	text_to_z(bench_out(&bench, TYPE_REPLY, 0)->envelope.trace, id, sizeof(id));
	cr_expect(text_is(bench_out(&bench, TYPE_REPLY, 0)->envelope.location, "/fhir/Subscription/00000000000000000000000000000001"));
	handshake = bench_delivery(&bench, 0);
	cr_expect(text_is(handshake.url, ENDPOINT) && text_is(handshake.standard, "PAS"));
	cr_expect(handshake.headers_n == 1 && text_is(handshake.headers[0], "Authorization: Bearer EXAMPLE"));
	cr_expect(pas_holds(handshake.message, "\"handshake\"") && pas_holds(handshake.message, "\"history\""));
	cr_expect_str_eq(state_of(CLIENT, id), "requested");
	bench_crash(&bench);
	bench_peer(&bench, ROLE_COURIER, true);
	handshake = bench_delivery(&bench, 0); /* it is tried until it is answered */
	bench_delivered(&bench, handshake.row, "TAKEN");
	bench_drain(&bench);
	cr_expect_str_eq(state_of(CLIENT, id), "active");
}

SUBSCRIBED(one_that_its_owner_turns_off_is_told_nothing_and_can_be_turned_on_again)
{
	const char *id = subscribed();
	struct case_work work = pended("claim");
	int64_t status;

	asked_state = "off";
	subscribe(CLIENT, id, "s2");
	asked_state = "requested";
	cr_expect(pas_holds(bench_answer(&bench, 0, &status), "\"status\":\"off\""));
	cr_expect_eq(status, 200);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0, "no handshake");
	cr_expect_str_eq(state_of(CLIENT, id), "off");
	bench_decide_with(&bench, &work, "APPROVED", NULL, 0, pas_sample_answer(work.body, "A1", NULL, &bench.arena));
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0);
	subscribe(CLIENT, id, "s3");
	cr_expect_str_eq(state_of(CLIENT, id), "requested");
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 1, "its endpoint is tried anew");
}

SUBSCRIBED(the_decision_about_what_was_pended_is_told_under_rising_numbers)
{
	const char *id = subscribed();
	struct case_work work = pended("b1");
	struct delivery event = decided(&work);

	(void)id;
	cr_expect(text_is(event.url, ENDPOINT));
	cr_expect(pas_holds(event.message, "\"event-number\",\"valueString\":\"1\"") && pas_holds(event.message, "\"A1\""));
	bench_delivered(&bench, event.row, "RETRY");
	bench_drain(&bench);
	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	bench_peer(&bench, ROLE_COURIER, true);
	event = bench_delivery(&bench, 0); /* lost is nothing */
	cr_expect(pas_holds(event.message, "\"event-number\",\"valueString\":\"1\""));
	bench_delivered(&bench, event.row, "TAKEN");
	bench_drain(&bench);
	work = pended("b2");
	event = decided(&work);
	cr_expect(pas_holds(event.message, "\"event-number\",\"valueString\":\"2\""));
	bench_delivered(&bench, event.row, "TAKEN");
	bench_drain(&bench);
}

SUBSCRIBED(what_was_decided_at_once_and_what_is_another_clients_is_no_event)
{
	struct case_work work;

	subscribed();
	bench_event(&bench, (struct event_of){ "SUBMIT", CLIENT, "b1", .reference = "b1", .json = pas_sample("b1", &bench.arena),
		.deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	bench_decide_with(&bench, &work, "APPROVED", NULL, 0, pas_sample_answer(work.body, "A1", NULL, &bench.arena));
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0);
	bench_event(&bench, (struct event_of){ "SUBMIT", OTHER, "b2", .reference = "b2", .json = pas_sample("b2", &bench.arena),
		.deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	bench_pass(&bench, 3000);
	bench_tick(&bench);
	bench_drain(&bench); /* it is told that it is pended */
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 1);
	bench_decide_with(&bench, &work, "APPROVED", NULL, 0, pas_sample_answer(work.body, "A1", NULL, &bench.arena));
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0);
}

SUBSCRIBED(an_endpoint_that_refuses_ends_it_and_the_decision_is_still_there)
{
	const char *id = subscribed();
	struct case_work work = pended("b1");
	struct delivery event = decided(&work);

	bench_delivered(&bench, event.row, "REFUSED");
	bench_drain(&bench);
	cr_expect_str_eq(state_of(CLIENT, id), "error");
	work = pended("b2");
	bench_decide_with(&bench, &work, "APPROVED", NULL, 0, pas_sample_answer(work.body, "A1", NULL, &bench.arena));
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0);
	bench_event(&bench, (struct event_of){ "INQUIRE", CLIENT, "i1", .reference = "b2", .json = text_lit("{}") });
	bench_drain(&bench);
	cr_expect(pas_holds(bench_answer(&bench, 0, NULL), "\"A1\""));
	/* put anew it is tried anew, and counts on */
	subscribe(CLIENT, id, "s2");
	bench_delivered(&bench, bench_delivery(&bench, 0).row, "TAKEN");
	bench_drain(&bench);
	cr_expect_str_eq(state_of(CLIENT, id), "active");
	work = pended("b3");
	cr_expect(pas_holds(decided(&work).message, "\"event-number\",\"valueString\":\"2\""));
}

SUBSCRIBED(only_its_owner_reads_changes_and_ends_it)
{
	const char *id = subscribed();

	bench_event(&bench, (struct event_of){ "SUBSCRIPTION", OTHER, "r1", .subscription = id, .json = text_lit("{}") });
	bench_drain(&bench);
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "NOT_FOUND");
	subscribe(OTHER, id, "s2");
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "NOT_FOUND");
	bench_event(&bench, (struct event_of){ "UNSUBSCRIBE", OTHER, "u1", .subscription = id, .json = text_lit("{}") });
	bench_drain(&bench);
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "NOT_FOUND");
	bench_event(&bench, (struct event_of){ "SUBSCRIPTION", CLIENT, "r2", .subscription = id, .json = text_lit("{}") });
	bench_drain(&bench);
	cr_expect(pas_holds(bench_answer(&bench, 0, NULL), "\"active\""));
	cr_expect(!pas_holds(bench_answer(&bench, 0, NULL), "Bearer")); /* a secret is not given out again */
	bench_event(&bench, (struct event_of){ "UNSUBSCRIBE", CLIENT, "u2", .subscription = id, .json = text_lit("{}") });
	bench_drain(&bench);
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "");
	cr_expect_str_eq(state_of(CLIENT, id), "");
}

SUBSCRIBED(one_more_than_a_client_may_have_is_refused)
{
	char name[16];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		filter = name; /* each for another organization */
		subscribe(CLIENT, NULL, name);
		bench_reply(&bench, &fault);
		cr_expect_str_eq(fault, "");
	}
	filter = "s9";
	subscribe(CLIENT, NULL, "s9");
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "TOO_MANY");
	subscribe(OTHER, NULL, "s9");
	bench_reply(&bench, &fault);
	cr_expect_str_eq(fault, "");
}

SUBSCRIBED(what_the_configuration_no_longer_allows_goes_nowhere)
{
	static struct api_client moved[] = { { .id = { "ehr", 3 }, .endpoint = { "https://elsewhere.example/", 26 } } };
	static const struct config changed = { .clients = moved, .clients_n = 1 };
	const char *id = subscribed();
	struct case_work work = pended("b1");

	bench_step(&bench, &(struct input){ .kind = IN_CONFIG, .config = &changed });
	bench_decide_with(&bench, &work, "APPROVED", NULL, 0, pas_sample_answer(work.body, "A1", NULL, &bench.arena));
	bench_drain(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0);
	bench_drain(&bench);
	cr_expect_str_eq(state_of(CLIENT, id), "error");
}

SUBSCRIBED(the_same_subscription_again_is_the_one_that_is_there)
{
	const char *id = subscribed();
	int64_t status;

	for (int i = 0; i < 6; i++) {
		char name[8];

		snprintf(name, sizeof(name), "again%d", i);
		subscribe(CLIENT, NULL, name);
		cr_expect(pas_holds(bench_answer(&bench, 0, &status), id), "not another one");
		cr_expect_eq(status, 200);
	}
	subscribe(OTHER, NULL, "other");
	cr_expect(!pas_holds(bench_answer(&bench, 0, &status), id), "of another client it is another");
	cr_expect_eq(status, 201);
}
