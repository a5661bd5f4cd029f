/* SPDX-License-Identifier: Apache-2.0 */
/* The worker and remote backends: who is asked for whom, what goes on untouched, and whose answers are taken. */
#include "test/gateway/way.h"

#include "base/crypto.h"
#include "gateway/config/route.h"

#include <stdio.h>
#include <string.h>

static struct backend backends[2];
static struct route routes[3];

static void two_backends(struct config *config)
{
	backends[0] = (struct backend){ .name = text_lit("remote"), .id = text_lit("PY:REMOTE"), .our_id = text_lit("PY:DUALTRACK"),
		.script = text_lit("https://r.example/script"), .rtpb = text_lit("https://r.example/rtpb") };
	backends[1] = (struct backend){ .name = text_lit("prices"), .id = text_lit("PY:PRICES"), .our_id = text_lit("PY:DUALTRACK"),
		.rtpb = text_lit("https://p.example/rtpb") };
	routes[0] = (struct route){ .bin = text_lit("999998"), .backend = text_lit("remote") };
	routes[1] = (struct route){ .bin = text_lit("999998"), .pcn = text_lit("PRICEPCN"), .backend = text_lit("prices") };
	routes[2] = (struct route){ .message = text_lit("NewRx"), .backend = text_lit("remote") };
	config->backends = backends;
	config->backends_n = 2;
	config->routes = routes;
	config->routes_n = 3;
}

static void script_only(struct config *config)
{
	two_backends(config);
	backends[0].rtpb = TEXT_NONE;
}

static struct case_message event_of(struct way *way)
{
	const struct out *out = way_only(way, TYPE_EVENT, ROLE_LEDGER);
	struct case_message event = { 0 };
	struct fault fault = { 0 };

	cr_assert(record_unpack(&case_message_record, &event, &way->arena, out->payload, &fault), "%s", fault.path);
	cr_assert(record_check(&case_message_record, &event, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return event;
}

static struct remote_question question_of(struct way *way)
{
	const struct out *out = way_only(way, TYPE_ASK, ROLE_COURIER);
	struct remote_question question = { 0 };
	struct fault fault = { 0 };

	cr_assert(record_unpack(&remote_question_record, &question, &way->arena, out->payload, &fault), "%s", fault.path);
	cr_assert(record_check(&remote_question_record, &question, &fault), "%s", fault.path);
	cr_expect(text_is(out->envelope.edge, "edge.0") && out->envelope.slot == 7 && out->deadline_ms == 4000);
	return question;
}

static void refused_with(struct way *way, enum fault_code code)
{
	way_only(way, TYPE_REPLY, ROLE_EDGE);
	cr_expect(text_is(way->out.outs[0].envelope.fault, fault_row(code)->name), "%.*s", TEXT_ARGS(way->out.outs[0].envelope.fault));
}

CASE(worker_remote, a_routed_member_is_the_backends)
{
	struct way way;
	struct case_message event;
	struct route_decision decision = { 0 };
	struct fault fault;
	bool said = false;

	way_start(&way, two_backends);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .bin = "999998" }));
	event = event_of(&way);
	cr_expect(text_is(event.event, "INITIATE") && text_is(event.backend, "remote"));
	cr_assert(record_unpack(&route_decision_record, &decision, &way.arena, event.decision, &fault));
	cr_expect(text_is(decision.track, "PHARMACY") && text_is(decision.rule, "routed"));
	for (size_t i = 0; i < decision.evidence_n; i++)
		said |= text_is(decision.evidence[i].says, "routed_by BIN 999998");
	cr_expect(said, "the evidence says which route");
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .bin = "999999" }));
	cr_expect(text_is(event_of(&way).backend, "house"), "its twin stays in the house");
	way_stop(&way);
}

CASE(worker_remote, a_price_is_asked_of_the_backend)
{
	struct way way;
	struct remote_question question;
	struct text body;

	way_start(&way, two_backends);
	body = way_rtpb(&way, &(struct way_message){ .bin = "999998" });
	way_request(&way, "rtpb", body);
	question = question_of(&way);
	cr_expect(text_is(question.kind, "PRICE") && text_is(question.family, "rtpb") && text_is(question.backend, "remote"));
	cr_expect(text_equal(question.body, body));
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ .bin = "999998", .pcn = "PRICEPCN" }));
	cr_expect(text_is(question_of(&way).backend, "prices"), "the more specific route");
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ .bin = "999999" }));
	way_only(&way, TYPE_PRICE, ROLE_PAYER);
	way_stop(&way);
}

CASE(worker_remote, what_a_backend_does_not_do_is_refused)
{
	struct way way;

	way_start(&way, script_only);
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ .bin = "999998" }));
	refused_with(&way, FAULT_UNKNOWN_MESSAGE);
	cr_expect_eq(way_reply(&way, NCPDP_RTPB).kind, NCPDP_RTPB_RESPONSE);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .bin = "999998", .pcn = "PRICEPCN" }));
	refused_with(&way, FAULT_UNKNOWN_MESSAGE);
	way_stop(&way);
}

static void another_version(struct config *config)
{
	two_backends(config);
	backends[0].version = text_lit("2023011");
}

CASE(worker_remote, nothing_is_translated)
{
	struct way way;

	way_start(&way, another_version);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .bin = "999998" }));
	refused_with(&way, FAULT_VERSION);
	way_stop(&way);
}

CASE(worker_remote, a_message_of_others_goes_on_untouched)
{
	struct way way;
	struct remote_question question;
	struct text body;

	way_start(&way, two_backends);
	body = way_script(&way, "", "<NewRx><Anything at='all'/><!-- kept --></NewRx>");
	way_request(&way, "script", body);
	question = question_of(&way);
	cr_expect(text_is(question.kind, "FORWARD") && text_is(question.family, "script") && text_is(question.backend, "remote"));
	cr_expect(text_equal(question.body, body));
	way_request(&way, "script", way_script(&way, "", "<CancelRx/>"));
	refused_with(&way, FAULT_UNKNOWN_MESSAGE);
	way_request(&way, "script", way_script(&way, "", "<NeverHeardOf/>"));
	refused_with(&way, FAULT_UNKNOWN_MESSAGE);
	way_stop(&way);
}

static void known_and_routed(struct config *config)
{
	two_backends(config);
	config->known_only = 1;
	config->receiver_id = text_lit("PY:OURSELVES");
}

CASE(worker_remote, strangers_are_not_forwarded_for)
{
	struct way way;

	way_start(&way, known_and_routed);
	way_request(&way, "script", way_script(&way, "", "<NewRx/>"));
	refused_with(&way, FAULT_UNKNOWN_SENDER);
	way_stop(&way);
}

#define ANSWER_HEAD(from)                                                                                                     \
	"<Message DatatypesVersion=\"20170715\" TransportVersion=\"20170715\" TransactionDomain=\"SCRIPT\" "                  \
	"TransactionVersion=\"20170715\" StructuresVersion=\"20170715\" ECLVersion=\"20170715\"><Header>"                      \
	"<To Qualifier=\"PY\">DUALTRACK</To><From Qualifier=\"PY\">" from "</From><MessageID>R-1</MessageID>"                \
	"<RelatesToMessageID>t.1</RelatesToMessageID><SentTime>2026-01-01T00:00:00Z</SentTime><SenderSoftware>"                \
	"<SenderSoftwareDeveloper>E</SenderSoftwareDeveloper><SenderSoftwareProduct>E</SenderSoftwareProduct>"                \
	"<SenderSoftwareVersionRelease>1</SenderSoftwareVersionRelease></SenderSoftware></Header><Body>"
#define CANCELLED(from)                                                                                                       \
	ANSWER_HEAD(from) "<PACancelResponse><PAReferenceID>REF-1</PAReferenceID><Response><PACaseID>THEIRS</PACaseID>"       \
	"<ResponseStatus><Approved/></ResponseStatus></Response></PACancelResponse></Body></Message>"

#define REFUSED(from) ANSWER_HEAD(from) "<Error><Code>900</Code></Error></Body></Message>"

CASE(worker_remote, a_backends_answer_is_an_event)
{
	struct way way;
	struct case_message event;
	struct ncpdp_message status;
	struct fault fault;

	way_start(&way, known_and_routed); /* known, and addressed as it knows us */
	way_request(&way, "script", text_lit(CANCELLED("REMOTE")));
	event = event_of(&way);
	cr_expect(text_is(event.event, "ANSWER") && text_is(event.backend, "remote") && text_is(event.partner, "PY:REMOTE"));
	cr_expect(text_is(event.outcome, "CANCELLED") && text_is(event.relates_to, "t.1") && text_is(event.message_id, "R-1"));
	cr_expect(text_is(event.pa_reference_id, "REF-1") && text_is(event.pa_case_id, "THEIRS"));
	cr_expect(text_equal(event.body, text_lit(CANCELLED("REMOTE"))) && event.body_sha256.n == 64);
	cr_assert(ncpdp_read(way.reader, NCPDP_SCRIPT, event.accepted, true, &way.arena, &status, &fault));
	cr_expect(status.kind == NCPDP_STATUS && text_is(status.script->header->relates_to_message_id, "R-1"));
	way_stop(&way);
	way_start(&way, two_backends);
	way_request(&way, "script", text_lit(CANCELLED("SOMEBODY")));
	refused_with(&way, FAULT_UNKNOWN_MESSAGE);
	way_request(&way, "script", text_lit(REFUSED("REMOTE")));
	event = event_of(&way);
	cr_expect(text_is(event.event, "ANSWER") && !text_there(event.outcome) && text_is(event.relates_to, "t.1"));
	way_request(&way, "script", text_lit(REFUSED("SOMEBODY")));
	cr_expect(text_is(event_of(&way).event, "NOTE"));
	way_stop(&way);
}

static void without_formulary(struct config *config)
{
	static char nowhere[] = "/tmp/dualtrack-no-such-formulary";

	two_backends(config);
	config->formulary = text_of(nowhere);
}

CASE(worker_remote, a_routed_member_needs_no_formulary_of_ours)
{
	struct way way;

	way_start(&way, without_formulary);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .bin = "999998" }));
	cr_expect(text_is(event_of(&way).backend, "remote"));
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .bin = "999999" }));
	refused_with(&way, FAULT_NO_FORMULARY);
	way_stop(&way);
}

/* Rules that send members nowhere refuse the start. */
CASE(worker_remote, rules_name_backends_that_are_there)
{
	static const char file[] = "a | plan=X | PHARMACY | remote | no | | why\nz | * | UNDETERMINED | house | no | | what?";
	struct scratch scratch = scratch_new();
	char name[128];
	struct config config = { .formulary = text_of(scratch.at) };
	struct role_setup setup = { .self = { ROLE_WORKER, 0 }, .config = &config };
	void *state = calloc(1, worker_role.size);
	struct fault fault;
	FILE *out;

	snprintf(name, sizeof(name), "%s/rules.txt", scratch.at);
	out = fopen(name, "we");
	cr_assert(out && fputs(file, out) >= 0 && fclose(out) == 0);
	config.rules = text_of(name);
	cr_expect(!worker_role.start(state, &setup, (struct now){ 1, 1 }, &fault) && fault.code == FAULT_CONFIG);
	cr_expect_str_eq(fault.path, "rules[1]/backend");
	worker_role.stop(state);
	memset(state, 0, worker_role.size);
	two_backends(&config);
	cr_expect(worker_role.start(state, &setup, (struct now){ 1, 1 }, &fault), "%s", fault.path);
	worker_role.stop(state);
	free(state);
	scratch_done(&scratch);
}
