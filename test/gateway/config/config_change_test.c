/* SPDX-License-Identifier: Apache-2.0 */
/* What each role does with a configuration that comes while it runs. The earlier one is overwritten right after the step, so that a
   role that still looked into it would show. */
#include "gateway/config/config.h"
#include "gateway/sandbox/sandbox.h"
#include "test/gateway/ledger/ledger_bench.h"
#include "test/gateway/way.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct outbox change(const struct role *role, void *state, const struct config *config, struct now now, struct arena *arena)
{
	struct outbox out = { .arena = arena };

	role->step(state, &(struct input){ .kind = IN_CONFIG, .config = config }, now, &out);
	return out;
}

static struct text file_with(struct way *way, const char *name, const char *body)
{
	char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", way->scratch.at, name);
	out = fopen(path, "we");
	cr_assert(out && fputs(body, out) >= 0 && fclose(out) == 0);
	return arena_text(&way->arena, text_of(path));
}

static void spoil(struct config *config)
{
	memset(config, 0xEE, sizeof(*config));
}

static struct partner known = { .name = { "known", 5 }, .id = { "D:1999999019", 12 } };

CASE(config_change, the_worker_knows_the_new_partners)
{
	struct way way;
	struct config *new = calloc(1, sizeof(*new));

	way_start(&way, NULL);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ 0 }));
	way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	*new = way.config;
	new->known_only = 1;
	new->partners = &known;
	new->partners_n = 1;
	cr_expect(!change(&worker_role, way.worker, new, way.now, &way.arena).kept);
	spoil(&way.config);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ 0 }));
	cr_expect(text_is(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.fault, "UNKNOWN_SENDER"));
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .from = "1999999019" }));
	way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	way_stop(&way);
	free(new);
}

#define RULES                                                                                       \
	"everything | listed=YES | PHARMACY | house | formulary | | A plan pays what it lists.\n"      \
	"last | * | UNDETERMINED | house | formulary | | Which plan?\n"

static struct text track_of(struct way *way)
{
	struct case_message event = { 0 };
	struct route_decision decision = { 0 };
	struct fault fault = { 0 };

	way_request(way, "script", way_initiation(way, &(struct way_message){ 0 }));
	cr_assert(record_unpack(&case_message_record, &event, &way->arena, way_only(way, TYPE_EVENT, ROLE_LEDGER)->payload, &fault));
	cr_assert(record_unpack(&route_decision_record, &decision, &way->arena, event.decision, &fault));
	return decision.rule;
}

CASE(config_change, the_worker_reads_its_rules_again_and_keeps_all_with_wrong_ones)
{
	struct way way;
	struct config new, wrong;

	way_start(&way, NULL);
	cr_expect(text_is(track_of(&way), "self"));
	new = wrong = way.config;
	new.rules = file_with(&way, "rules", RULES);
	wrong.rules = file_with(&way, "wrong", "no rules\n");
	wrong.known_only = 1;
	cr_expect(change(&worker_role, way.worker, &wrong, way.now, &way.arena).kept);
	spoil(&wrong);
	cr_expect(text_is(track_of(&way), "self"), "the earlier rules and the earlier partners");
	cr_expect(!change(&worker_role, way.worker, &new, way.now, &way.arena).kept);
	spoil(&way.config);
	cr_expect(text_is(track_of(&way), "everything"));
	way_stop(&way);
}

#define MESSAGE_OF(content)                                                                                            \
	"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='Message'><xs:complexType><xs:sequence>" \
	content "</xs:sequence><xs:anyAttribute processContents='skip'/></xs:complexType></xs:element></xs:schema>"

/* A folder below the scratch with one schema in it. */
static struct text schema_folder(struct way *way, const char *name, const char *schema)
{
	char path[160], file[200];

	snprintf(path, sizeof(path), "%s/%s", way->scratch.at, name);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(file, sizeof(file), "%s/transport.xsd", name);
	file_with(way, file, schema);
	return arena_text(&way->arena, text_of(path));
}

CASE(config_change, the_worker_holds_a_partner_to_the_schemas_agreed_with_it)
{
	struct partner strict = known, open = known, wrong = known;
	struct way way;
	struct config configs[3];
	const struct way_message from = { .from = "1999999019" };

	way_start(&way, NULL);
	strict.xsd = schema_folder(&way, "strict", MESSAGE_OF("<xs:element name='Corpus'/>"));
	open.xsd = schema_folder(&way, "open", MESSAGE_OF("<xs:any processContents='skip' maxOccurs='unbounded'/>"));
	wrong.xsd = schema_folder(&way, "wrong", "no schema");
	for (size_t i = 0; i < 3; i++) {
		configs[i] = way.config;
		configs[i].partners = (struct partner *[]){ &strict, &open, &wrong }[i];
		configs[i].partners_n = 1;
	}
	cr_expect(!change(&worker_role, way.worker, &configs[0], way.now, &way.arena).kept);
	way_request(&way, "script", way_initiation(&way, &from));
	cr_expect(text_is(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.fault, "UNKNOWN_ELEMENT"));
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ 0 }));
	way_only(&way, TYPE_EVENT, ROLE_LEDGER); /* another partner is not held to them */
	cr_expect(change(&worker_role, way.worker, &configs[2], way.now, &way.arena).kept, "a folder that cannot be read");
	way_request(&way, "script", way_initiation(&way, &from));
	way_only(&way, TYPE_REPLY, ROLE_EDGE);
	cr_expect(!change(&worker_role, way.worker, &configs[1], way.now, &way.arena).kept);
	way_request(&way, "script", way_initiation(&way, &from));
	way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	way_stop(&way);
}

/* The sandbox's payer file with other people in it. */
static const char *other_members(struct way *way)
{
	char *file = (char *)(uintptr_t)arena_text(&way->arena, (struct text){ sandbox_payer().at, sandbox_payer().n + 1 }).at;

	for (char *at = file; (at = strstr(at, "EX000")); at++)
		at[2] = '9';
	return file;
}

CASE(config_change, the_payer_reads_its_file_again_and_keeps_all_with_a_wrong_one)
{
	struct way way;
	struct config new, wrong;

	way_start(&way, NULL);
	new = wrong = way.config;
	wrong.payer = file_with(&way, "wrong", "{\"members\":7}");
	new.payer = file_with(&way, "others", other_members(&way));
	for (int round = 0; round < 2; round++) {
		const struct out *out;
		struct price_question question;
		struct fault fault;

		way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ 0 }));
		out = way_only(&way, TYPE_PRICE, ROLE_PAYER);
		cr_assert(record_unpack(&price_question_record, &question, &way.arena, out->payload, &fault));
		way_to_payer(&way, ROLE_WORKER, TYPE_PRICE, out->payload);
		cr_expect_eq(way_reply(&way, NCPDP_RTPB).rtpb->body->response->response->not_processed != NULL, round == 1);
		cr_expect_eq(change(&payer_role, way.payer, round ? &new : &wrong, way.now, &way.arena).kept, !round);
		if (!round) {
			spoil(&wrong);
			cr_expect(!change(&payer_role, way.payer, &new, way.now, &way.arena).kept);
		}
	}
	way_stop(&way);
}

static void until_delivered(struct ledger_bench *bench)
{
	for (int i = 0; i < 100 && !bench_sent(bench, TYPE_DELIVER); i++) {
		bench_pass(bench, 50);
		bench_tick(bench);
	}
}

CASE(config_change, the_ledger_calls_where_the_new_one_says)
{
	static struct partner caller = { .name = { "caller", 6 }, .id = { CALLER, sizeof(CALLER) - 1 }, .callback = { "https://new.example/", 20 } };
	struct config new = { .partners = &caller, .partners_n = 1 }, none = { 0 };
	struct ledger_bench bench;
	struct delivery delivery;
	struct case_work work;
	const char *fault;

	bench_open(&bench);
	bench_peer(&bench, ROLE_PAYER, true);
	bench_peer(&bench, ROLE_COURIER, true);
	bench_event(&bench, (struct event_of){ .event = "INITIATE", .partner = CALLER, .message_id = "M-1", .reference = "R-1" });
	bench_drain(&bench);
	work = bench_work(&bench, 0);
	bench_decide(&bench, &work, "CLOSED", NULL);
	bench_drain(&bench);
	delivery = bench_delivery(&bench, 0);
	cr_expect(text_is(delivery.url, "https://ehr.example/script"));
	bench_step(&bench, &(struct input){ .kind = IN_CONFIG, .config = &new });
	bench_delivered(&bench, delivery.row, "RETRY");
	until_delivered(&bench);
	delivery = bench_delivery(&bench, 0);
	cr_expect(text_is(delivery.url, "https://new.example/"), "%.*s", TEXT_ARGS(delivery.url));
	bench_step(&bench, &(struct input){ .kind = IN_CONFIG, .config = &none });
	spoil(&new);
	bench_delivered(&bench, delivery.row, "RETRY");
	until_delivered(&bench);
	cr_expect_eq(bench_sent(&bench, TYPE_DELIVER), 0, "it waits in the mailbox now");
	bench_drain(&bench);
	bench_event(&bench, (struct event_of){ .event = "FETCH", .partner = CALLER, .message_id = "M-2" });
	bench_drain(&bench);
	cr_expect(text_equal(delivery.message, text_of(bench_reply(&bench, &fault))));
	bench_close(&bench);
}

static int64_t wake_of_a_request(void *state, struct arena *arena, int64_t at_ms, uint64_t connection)
{
	struct http_request request = { .method = text_lit("POST"), .target = text_lit("/ncpdp/script"), .body = text_lit("<Message/>") };
	struct outbox out = { .arena = arena };

	request.headers[request.headers_n++] = (struct http_header){ text_lit("Content-Type"), text_lit("application/xml") };
	edge_role.step(state, &(struct input){ .kind = IN_REQUEST, .connection = connection, .request = &request, .id = text_lit(WAY_TRACE),
		.payload = request.body }, (struct now){ at_ms, WAY_WALL_MS }, &out);
	return out.wake_ms;
}

CASE(config_change, the_edge_gives_later_requests_the_new_deadline_and_none_an_earlier_one_than_those_before)
{
	const struct config old = { .script_ms = 5000 }, new = { .script_ms = 1000 };
	struct role_setup setup = { .config = &old };
	void *state = calloc(1, edge_role.size);
	struct fault fault;
	struct arena arena;

	arena_init(&arena, 8 << 20);
	cr_assert(edge_role.start(state, &setup, (struct now){ 1000, WAY_WALL_MS }, &fault));
	cr_expect_eq(wake_of_a_request(state, &arena, 1000, 1), 6000);
	cr_expect(!change(&edge_role, state, &new, (struct now){ 1000, WAY_WALL_MS }, &arena).kept);
	cr_expect_eq(wake_of_a_request(state, &arena, 1000, 2), 6000, "in order");
	edge_role.stop(state);
	free(state);
	arena_done(&arena);
}
