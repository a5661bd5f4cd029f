/* SPDX-License-Identifier: Apache-2.0 */
/* A backend says that a case is not its to decide: it goes on to another with all that it holds, once to each, under the clock that runs; and when nobody
   is left, whoever asked hears what each of them said. */
#include "gateway/bus/role.h"
#include "ncpdp/ncpdp.h"
#include "routing/not_mine.h"
#include "routing/routing.h"
#include "test/gateway/ledger/ledger_steps.h"
#include "test/gateway/pas_sample.h"

#include <stdlib.h>

enum { HOUR_MS = 60 * 60 * 1000 };
#define SELF "listed=YES status=COVERED administered_by=SELF"
#define CLINIC "listed=YES status=COVERED benefit=MEDICAL"

static struct text example(const char *file)
{
	char path[1000];
	static char body[1 << 16];
	struct xml_reader *reader = xml_reader_new();
	struct ncpdp_message message = { 0 };
	struct buffer packed;
	struct fault fault_;
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", EXAMPLES, file);
	in = fopen(path, "re");
	cr_assert_not_null(in);
	n = fread(body, 1, sizeof(body), in);
	fclose(in);
	cr_assert(ncpdp_read(reader, NCPDP_SCRIPT, (struct text){ body, n }, false, &bench.arena, &message, &fault_), "%s", fault_.path);
	buffer_init(&packed, &bench.arena, 4096);
	record_pack(&script_message_record, message.script, &packed);
	xml_reader_free(reader);
	return buffer_text(&packed);
}

/* A case that was sent to the house on this track, or to a remote backend. */
static struct case_work asked_on(const char *track, const char *words, const char *backend)
{
	bench_peer(&bench, ROLE_PAYER, true);
	bench_peer(&bench, ROLE_COURIER, true);
	bench_event(&bench, (struct event_of){ "INITIATE", FETCHER, "m1", .reference = "ref1", .track = track, .words = words, .backend = backend,
		.programme = "medicaid_managed_care", .request = example("pa-initiation-request.xml") });
	bench_drain(&bench);
	return bench_work(&bench, 0);
}

static struct route_said *said_of(const char *track)
{
	struct route_said *said;

	cr_assert_eq(not_mine_said(text_of(track), &bench.arena, &said), 1);
	return said;
}

static void not_mine(enum role_kind from, const struct case_work *work, const char *track, const char *words)
{
	bench_decision(&bench, from, (struct case_decision){ .row = work->row, .case_id = work->case_id, .outcome = text_lit("CLOSED"),
		.reason = text_of(words), .message = text_lit(DECIDED), .said = said_of(track), .said_n = 1 });
	bench_drain(&bench);
}

static struct pa_case case_now(void)
{
	struct pa_case at = { 0 };

	cr_assert(bench_case(&bench, FETCHER, "ref1", &at));
	return at;
}

static struct route_decision decision_of(struct text packed)
{
	struct route_decision decision = { 0 };
	struct fault none;

	cr_assert(record_unpack(&route_decision_record, &decision, &bench.arena, packed, &none));
	return decision;
}

ON_BENCH(ledger_reroute, it_goes_to_the_other_benefit_with_all_that_it_holds)
{
	static const struct {
		const char *track, *words, *goes, *rule;
	} rows[] = {
		{ "PHARMACY", SELF, "MEDICAL", "told-medical" },
		{ "MEDICAL", CLINIC, "PHARMACY", "told-pharmacy" },
	};

	for (size_t i = 0; i < 2; i++) {
		struct case_work first = asked_on(rows[i].track, rows[i].words, NULL), second;
		struct pa_case before = case_now(), after;

		bench_pass(&bench, HOUR_MS);
		not_mine(ROLE_PAYER, &first, rows[i].track, "Not on this benefit.");
		second = bench_work(&bench, 0);
		after = case_now();
		cr_expect(text_is(decision_of(second.decision).track, rows[i].goes) && text_is(decision_of(second.decision).rule, rows[i].rule));
		cr_expect(text_equal(second.request, first.request) && text_equal(second.event, first.event) && text_equal(second.plan, first.plan));
		cr_expect(second.received_ms == first.received_ms && second.rerouted && !first.rerouted && second.round == 0);
		cr_expect(!text_equal(second.row, first.row) && !text_equal(second.reply_id, first.reply_id));
		cr_expect(text_equal(after.state, before.state) && after.due_ms == before.due_ms && after.clock_started_ms == before.clock_started_ms &&
				text_equal(after.clock, before.clock), "the clock runs from the first receipt");
		cr_expect(after.misses_n == 1 && text_is(after.misses[0].track, rows[i].track) && text_is(after.misses[0].rule, "r") &&
				text_is(after.misses[0].words, "Not on this benefit."));
		cr_expect_str_eq(fetch("f1", NULL), ACCEPTED, "nobody is told yet");
		bench_decide(&bench, &second, "OPEN", NULL);
		bench_drain(&bench);
		cr_expect_str_eq(fetch("f2", NULL), DECIDED);
		expect_state(FETCHER, "OPEN", 3);
		cr_expect_eq(bench_audited(&bench, "REROUTED", ""), 1);
		bench_close(&bench);
		bench_open(&bench);
	}
}

ON_BENCH(ledger_reroute, nobody_is_asked_twice_on_the_same_track_and_both_reasons_are_told)
{
	struct case_work first = asked_on("PHARMACY", SELF, NULL), second;
	const char *told;
	struct pa_case at;

	not_mine(ROLE_PAYER, &first, "PHARMACY", "The pharmacy side says no.");
	second = bench_work(&bench, 0);
	not_mine(ROLE_PAYER, &second, "MEDICAL", "The medical side says no");
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0, "there is nobody left");
	at = case_now();
	cr_expect(text_is(at.state, "CLOSED") && at.misses_n == 2);
	told = fetch("f1", NULL);
	cr_expect(strstr(told, "<PAInitiationResponse>") && strstr(told, "The pharmacy benefit answered: The pharmacy side says no. The medical benefit "
		"answered: The medical side says no. Nobody who was asked decides"), "%s", told);
	cr_expect_eq(bench_audited(&bench, "REROUTED", ""), 1);
}

ON_BENCH(ledger_reroute, what_came_before_counts_though_days_pass)
{
	struct case_work first = asked_on("PHARMACY", SELF, NULL), second;

	not_mine(ROLE_PAYER, &first, "PHARMACY", "no");
	second = bench_work(&bench, 0);
	bench_pass(&bench, 48 * HOUR_MS); /* the later word would hold, and lead back */
	not_mine(ROLE_PAYER, &second, "MEDICAL", "no");
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	cr_expect(text_is(case_now().state, "CLOSED"));
}

ON_BENCH(ledger_reroute, without_another_way_the_answer_is_told_as_it_came)
{
	struct case_work first = asked_on("PHARMACY", NULL, NULL); /* a case of before questions were kept */

	not_mine(ROLE_PAYER, &first, "PHARMACY", "no");
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0);
	cr_expect_str_eq(fetch("f1", NULL), DECIDED);
	cr_expect(text_is(case_now().state, "CLOSED") && case_now().misses_n == 1, "the miss is known all the same");
}

ON_BENCH(ledger_reroute, an_answer_that_is_repeated_or_late_moves_nothing)
{
	struct case_work first = asked_on("PHARMACY", SELF, NULL), second;

	not_mine(ROLE_PAYER, &first, "PHARMACY", "no");
	second = bench_work(&bench, 0);
	not_mine(ROLE_PAYER, &first, "PHARMACY", "no");
	bench_decide(&bench, &first, "DENIED", "the first one thinks again");
	bench_drain(&bench);
	cr_expect(bench_sent(&bench, TYPE_WORK) == 0 && case_now().misses_n == 1);
	expect_state(FETCHER, "INITIATED", 2);
	bench_decide(&bench, &second, "OPEN", NULL);
	bench_drain(&bench);
	expect_state(FETCHER, "OPEN", 3);
}

ON_BENCH(ledger_reroute, it_is_kept_over_a_power_cut)
{
	struct case_work first = asked_on("PHARMACY", SELF, NULL), second, again;

	not_mine(ROLE_PAYER, &first, "PHARMACY", "no");
	second = bench_work(&bench, 0);
	bench_crash(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	again = bench_work(&bench, 0);
	cr_expect(text_equal(again.row, second.row) && text_equal(again.reply_id, second.reply_id) && text_is(decision_of(again.decision).track, "MEDICAL"));
	not_mine(ROLE_PAYER, &again, "MEDICAL", "no");
	cr_expect(text_is(case_now().state, "CLOSED"));
}

ON_BENCH(ledger_reroute, from_a_remote_backend_to_the_house_at_once_and_later)
{
	struct case_work far = asked_on("PHARMACY", SELF " backend=" FAR, FAR), house;

	cr_assert_eq((int)bench_out(&bench, TYPE_WORK, 0)->peer.kind, ROLE_COURIER);
	not_mine(ROLE_COURIER, &far, "PHARMACY", "CP");
	house = bench_work(&bench, 0);
	cr_expect_eq((int)bench_out(&bench, TYPE_WORK, 0)->peer.kind, ROLE_PAYER);
	cr_expect(text_is(case_now().backend, "house") && text_is(decision_of(house.decision).track, "MEDICAL"));
	bench_close(&bench);
	bench_open(&bench);

	far = asked_on("PHARMACY", SELF " backend=" FAR, FAR);
	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = far.row, .case_id = far.case_id, .outcome = text_lit("ACCEPTED") });
	bench_drain(&bench);
	expect_answer((struct event_of){ "ANSWER", "PY:FAR", "a1", .backend = FAR, .kind = "PAInitiationResponse", .relates_to = text_to_z(far.reply_id,
		(char[40]){ 0 }, 40), .outcome = "CLOSED", .said = said_of("PHARMACY") }, "");
	house = bench_work(&bench, 0);
	cr_expect(text_is(decision_of(house.decision).track, "MEDICAL") && text_equal(house.request, far.request));
	expect_answer((struct event_of){ "ANSWER", "PY:FAR", "a2", .backend = FAR, .kind = "PAInitiationResponse", .relates_to = text_to_z(far.reply_id,
		(char[40]){ 0 }, 40), .outcome = "CLOSED" }, "UNKNOWN_CASE");
}

ON_BENCH(ledger_reroute, to_a_remote_backend_with_the_message_written_anew)
{
	struct case_work house = asked_on("MEDICAL", CLINIC " backend=" FAR, NULL), far;

	not_mine(ROLE_PAYER, &house, "MEDICAL", "no");
	far = bench_work(&bench, 0);
	cr_expect_eq((int)bench_out(&bench, TYPE_WORK, 0)->peer.kind, ROLE_COURIER);
	cr_expect(text_is(far.backend, FAR) && pas_holds(far.body, "<PAInitiationRequest>") && text_equal(far.request, house.request));
	/* and its later answer finds the case */
	bench_decision(&bench, ROLE_COURIER, (struct case_decision){ .row = far.row, .case_id = far.case_id, .outcome = text_lit("ACCEPTED") });
	bench_drain(&bench);
	expect_answer((struct event_of){ "ANSWER", "PY:FAR", "a1", .backend = FAR, .kind = "PAInitiationResponse", .relates_to = text_to_z(far.reply_id,
		(char[40]){ 0 }, 40), .outcome = "OPEN" }, "");
	cr_expect(text_is(case_now().state, "OPEN"));
}

ON_BENCH(ledger_reroute, misses_are_counted_by_rule)
{
	struct counters counters = { 0 };
	struct case_work first = asked_on("PHARMACY", SELF, NULL), second;

	not_mine(ROLE_PAYER, &first, "PHARMACY", "no");
	second = bench_work(&bench, 0);
	not_mine(ROLE_PAYER, &second, "MEDICAL", "no");
	ledger_role.count(bench.state, &counters);
	cr_assert_eq(counters.misses_n, 2);
	cr_expect(text_is(counters.misses[0].rule, "r") && counters.misses[0].times == 1 && text_is(counters.misses[1].rule, "told-medical"));
}

/* -- PAS -- */

ON_BENCH(ledger_reroute, a_pas_submitter_waits_on_and_hears_of_both)
{
	struct text body = pas_sample("b1", &bench.arena), answer;
	struct case_work work;
	int64_t status;

	bench_peer(&bench, ROLE_PAYER, true);
	bench_event(&bench, (struct event_of){ "SUBMIT", "FHIR:ehr", "b1", .body = "b1", .reference = "ref1", .json = body, .track = "PHARMACY", .words = SELF,
		.deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	not_mine(ROLE_PAYER, &work, "PHARMACY", "Not here.");
	cr_expect_eq(bench_sent(&bench, TYPE_REPLY), 0, "it waits on");
	work = bench_work(&bench, 0);
	cr_expect(text_is(decision_of(work.decision).track, "MEDICAL") && text_equal(work.body, body));
	answer = pas_sample_answer(work.body, "A3", "Not here either.", &bench.arena);
	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id, .outcome = text_lit("CLOSED"),
		.reason = text_lit("Not here either."), .message = answer, .said = said_of("MEDICAL"), .said_n = 1 });
	bench_drain(&bench);
	answer = bench_answer(&bench, 0, &status);
	cr_expect(status == 200 && pas_holds(answer, "The pharmacy benefit answered: Not here. The medical benefit answered: Not here either."), "%.*s",
		TEXT_ARGS(answer));
}

ON_BENCH(ledger_reroute, what_the_prescriber_sends_next_stays_where_the_case_went)
{
	struct case_work work = asked_on("PHARMACY", SELF, NULL);

	not_mine(ROLE_PAYER, &work, "PHARMACY", "no");
	work = bench_work(&bench, 0);
	bench_decide(&bench, &work, "OPEN", NULL);
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "m2", .reference = "ref1", .track = "PHARMACY", .words = SELF,
		.request = example("pa-request.xml") });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	cr_expect(text_is(decision_of(work.decision).track, "MEDICAL") && work.rerouted, "the worker does not know that the case went elsewhere");
}

ON_BENCH(ledger_reroute, to_the_next_backend_the_case_is_new)
{
	struct case_work work = asked_on("PHARMACY", SELF, NULL);

	bench_decision(&bench, ROLE_PAYER, (struct case_decision){ .row = work.row, .case_id = work.case_id, .outcome = text_lit("OPEN"),
		.message = text_lit(DECIDED), .reply_by_ms = bench.now.wall_ms + 48 * HOUR_MS });
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "m2", .reference = "ref1", .track = "PHARMACY", .words = SELF,
		.request = example("pa-request.xml") });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.state, "OPEN") && work.reply_by_ms > 0);
	not_mine(ROLE_PAYER, &work, "PHARMACY", "no");
	work = bench_work(&bench, 0);
	cr_expect(text_is(decision_of(work.decision).track, "MEDICAL"));
	cr_expect(!work.state.n && !work.reply_by_ms, "what another one asked, and until when, is nothing to it");
}

ON_BENCH(ledger_reroute, what_follows_names_what_the_backend_was_asked_first)
{
	struct case_work work = asked_on("PHARMACY", SELF, NULL), first;

	cr_expect(!work.first_asked.n);
	not_mine(ROLE_PAYER, &work, "PHARMACY", "no");
	first = bench_work(&bench, 0);
	bench_decide(&bench, &first, "OPEN", NULL);
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ "CANCEL", FETCHER, "m2", .reference = "ref1" });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.event, "CANCEL") && text_equal(work.first_asked, first.reply_id));
}

ON_BENCH(ledger_reroute, what_is_being_taken_back_goes_nowhere_else)
{
	struct case_work work = asked_on("PHARMACY", SELF, NULL), cancel;

	bench_event(&bench, (struct event_of){ "CANCEL", FETCHER, "m2", .reference = "ref1" });
	bench_drain(&bench);
	cancel = bench_work(&bench, 0);
	cr_assert(text_is(cancel.event, "CANCEL"));
	not_mine(ROLE_PAYER, &work, "PHARMACY", "no");
	cr_expect_eq(bench_sent(&bench, TYPE_WORK), 0, "nobody else hears of it");
	cr_expect(text_is(case_now().state, "CLOSED"));
}

ON_BENCH(ledger_reroute, a_pas_case_is_asked_in_script_on_the_pharmacy_benefit)
{
	struct text body = pas_sample("b1", &bench.arena);
	struct case_work work;
	struct pa_case at = { 0 };

	bench_peer(&bench, ROLE_PAYER, true);
	bench_event(&bench, (struct event_of){ "SUBMIT", "FHIR:ehr", "b1", .body = "b1", .reference = "ref1", .json = body, .track = "MEDICAL",
		.words = CLINIC, .deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	not_mine(ROLE_PAYER, &work, "MEDICAL", "no");
	work = bench_work(&bench, 0);
	cr_expect(work.records && !work.standard.n && text_is(work.event, "INITIATE") && work.request.n, "its questions are asked for, in SCRIPT");
	cr_expect(text_is(decision_of(work.decision).track, "PHARMACY"));
	cr_assert(bench_case(&bench, "FHIR:ehr", "ref1", &at));
	cr_expect(text_is(at.standard, "PAS") && text_is(at.asked_event, "INITIATE"));
}

/* -- earlier decisions -- */

/* A case of the member's that the house approved on this track. */
static void approved_before(const char *track)
{
	struct case_work work;

	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, "old", .reference = "old", .track = track, .words = SELF, .drug = "N1",
		.request = example("pa-request.xml") });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	bench_decide(&bench, &work, "APPROVED", NULL);
	bench_drain(&bench);
}

static struct route_decision opened_on(const char *message_id, const char *track, const char *words, const char *drug)
{
	bench_event(&bench, (struct event_of){ "SUBMIT", FETCHER, message_id, .reference = message_id, .track = track, .words = words, .drug = drug,
		.request = example("pa-request.xml") });
	bench_drain(&bench);
	return decision_of(bench_work(&bench, 0).decision);
}

ON_BENCH(ledger_reroute, an_earlier_approval_settles_what_nothing_else_does)
{
	struct route_decision decision;

	bench_peer(&bench, ROLE_PAYER, true);
	approved_before("MEDICAL");
	bench_pass(&bench, HOUR_MS);
	decision = opened_on("m1", "BOTH_BY_SITE", "listed=YES benefit=BOTH", "N1");
	cr_expect(text_is(decision.track, "MEDICAL") && text_is(decision.rule, "told-medical"), "%.*s", TEXT_ARGS(decision.rule));
	cr_expect(decision.question->said_n == 1 && text_is(decision.question->said[0].kind, "EARLIER") && decision.question->said[0].date.n == 10);
	cr_expect(text_is(opened_on("m2", "BOTH_BY_SITE", "listed=YES benefit=BOTH", "N2").track, "BOTH_BY_SITE"), "of another drug");
	cr_expect(text_is(opened_on("m3", "PHARMACY", SELF, "N1").track, "PHARMACY"), "an order that is settled is not overruled");
	bench_pass(&bench, 401 * INT64_C(24) * HOUR_MS);
	cr_expect(text_is(opened_on("m4", "BOTH_BY_SITE", "listed=YES benefit=BOTH", "N1").track, "BOTH_BY_SITE"), "of long ago");
}

ON_BENCH(ledger_reroute, what_was_asked_in_script_is_over_on_the_medical_benefit)
{
	struct text body = pas_sample("b1", &bench.arena);
	struct pa_script stored;
	struct case_work work;
	struct pa_case at = { 0 };
	struct case_store cases = { .store = bench.store };
	struct fault none;
	bool found;

	bench_peer(&bench, ROLE_PAYER, true);
	bench_event(&bench, (struct event_of){ "SUBMIT", "FHIR:ehr", "b1", .body = "b1", .reference = "ref1", .json = body, .track = "PHARMACY", .words = SELF,
		.asked_in = "SCRIPT", .deadline_ms = bench.now.mono_ms + 10000 });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	cr_expect(work.records && work.request.n, "it is asked in SCRIPT first");
	cr_assert(bench_case(&bench, "FHIR:ehr", "ref1", &at));
	cr_assert(case_store_read(&cases, case_script_key(at.case_id, &bench.arena), &pa_script_record, &stored, &bench.arena, &found, &none) && found);
	not_mine(ROLE_PAYER, &work, "PHARMACY", "no");
	work = bench_work(&bench, 0);
	cr_expect(text_is(work.standard, "PAS") && !work.records && text_equal(work.body, body) && text_is(work.event, "SUBMIT"), "and then as it came");
	cr_assert(case_store_read(&cases, case_script_key(at.case_id, &bench.arena), &pa_script_record, &stored, &bench.arena, &found, &none));
	cr_expect(!found);
}

ON_BENCH(ledger_reroute, a_payer_that_speaks_another_version_of_pas_is_not_asked)
{
	static struct backend payers[2] = { { .name = { "new", 3 }, .id = { "PY:NEW", 6 }, .our_id = { "PY:EXUS", 7 }, .fhir = { "https://new.example/fhir", 24 } },
		{ .name = { "old", 3 }, .id = { "PY:OLD", 6 }, .our_id = { "PY:EXUS", 7 }, .fhir = { "https://old.example/fhir", 24 }, .fhir_version = { "2.0.1", 5 } } };
	static const struct config config = { .backends = payers, .backends_n = 2 };

	for (int old = 0; old < 2; old++) {
		struct case_work work;
		struct pa_case at = { 0 };

		bench_close(&bench);
		bench_open_with(&bench, &config);
		bench_peer(&bench, ROLE_PAYER, true);
		bench_peer(&bench, ROLE_COURIER, true);
		bench_event(&bench, (struct event_of){ "SUBMIT", "FHIR:ehr", "b1", .body = "b1", .reference = "ref1", .json = pas_sample("b1", &bench.arena),
			.track = "PHARMACY", .words = SELF, .asked_in = "SCRIPT", .medical_backend = old ? "old" : "new",
			.deadline_ms = bench.now.mono_ms + 10000 });
		bench_drain(&bench);
		work = bench_work(&bench, 0);
		not_mine(ROLE_PAYER, &work, "PHARMACY", "Not here.");
		cr_expect_eq(bench_sent(&bench, TYPE_WORK), old ? 0 : 1);
		cr_assert(bench_case(&bench, "FHIR:ehr", "ref1", &at));
		cr_expect(old ? at.work_row.n > 0 || text_is(at.state, "CLOSED") : text_is(at.backend, "new"), "%.*s", TEXT_ARGS(at.backend));
		cr_expect(!old || !text_is(at.backend, "old"));
	}
}
