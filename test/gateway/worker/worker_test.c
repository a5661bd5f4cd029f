/* SPDX-License-Identifier: Apache-2.0 */
/* The worker, one step at a time: what each message becomes, and how each refusal reads. */
#include "test/gateway/way.h"

#include "base/crypto.h"
#include "base/log.h"

#include <string.h>

static struct case_message event_of(struct way *way)
{
	const struct out *out = way_only(way, TYPE_EVENT, ROLE_LEDGER);
	struct case_message event = { 0 };
	struct fault fault = { 0 };

	cr_assert(record_unpack(&case_message_record, &event, &way->arena, out->payload, &fault), "%s", fault.path);
	return event;
}

static struct route_decision decision_of(struct way *way, struct text bytes)
{
	struct route_decision decision = { 0 };
	struct fault fault = { 0 };

	cr_assert(record_unpack(&route_decision_record, &decision, &way->arena, bytes, &fault), "%s", fault.path);
	return decision;
}

CASE(worker, an_initiation_becomes_an_event_with_everything)
{
	struct way way;
	struct case_message event;
	struct route_decision decision;
	struct ncpdp_message status;
	struct fault fault = { 0 };
	struct text body;
	unsigned char hash[SHA256_BYTES];

	way_start(&way, NULL);
	body = way_initiation(&way, &(struct way_message){ .message_id = "M-9" });
	way_request(&way, "script", body);
	event = event_of(&way);
	crypto_sha256(body, hash);
	cr_expect(text_is(event.event, "INITIATE"));
	cr_expect(text_is(event.partner, "D:1234567893"));
	cr_expect(text_is(event.message_id, "M-9"));
	cr_expect(text_equal(event.body_sha256, crypto_hex(hash, sizeof(hash), &way.arena)));
	cr_expect_eq(event.received_ms, WAY_WALL_MS - 5);
	cr_expect(text_is(event.pa_reference_id, "REF-1"));
	cr_expect(!text_there(event.pa_case_id));
	cr_expect(text_is(event.priority, "S"));
	cr_expect(text_is(event.plan, "EXAMPLE-COMMERCIAL"));
	cr_expect(text_is(event.policy, "EXAMPLUMAB-PA"));
	cr_expect(text_is(event.trace, WAY_TRACE));
	cr_expect(text_equal(event.body, body));
	decision = decision_of(&way, event.decision);
	cr_expect(text_is(decision.track, "PHARMACY"));
	cr_expect(text_is(decision.rule, "self"));
	cr_expect_eq(decision.prior_authorization, 1);
	cr_assert(ncpdp_read(way.reader, NCPDP_SCRIPT, event.accepted, true, &way.arena, &status, &fault), "%s", fault.path);
	cr_expect_eq(status.kind, NCPDP_STATUS);
	cr_expect(text_is(status.script->body->status->code, "010"));
	cr_expect(text_is(status.script->header->message_id, WAY_TRACE ".0"));
	cr_expect(text_is(status.script->header->relates_to_message_id, "M-9"));
	cr_expect(text_is(status.script->header->to->id, "1234567893"), "the answer goes back to the sender");
	way_stop(&way);
}

static const struct {
	struct way_message about;
	const char *track, *rule, *hcpcs;
} ways[] = {
	{ { .ndc = "99999020201" }, "MEDICAL", "plan-medical", "J3590" },
	{ { .ndc = "99999070701", .place = "11" }, "MEDICAL", "both-at-clinic", "J3590" },
	{ { .ndc = "99999070701", .place = "12" }, "PHARMACY", "both-at-home", "J3590" },
	{ { .ndc = "99999070701" }, "BOTH_BY_SITE", "both-unknown", "J3590" },
	{ { .ndc = "99999000303" }, "PHARMACY", "self", NULL },
	{ { .ndc = "99999999999" }, "NOT_COVERED", "unlisted", NULL },
	{ { .bin = "999998" }, "UNDETERMINED", "unknown", NULL },
	{ { .ndc = "99999010101", .payer_type = "B" }, "PHARMACY", "part-b-self", NULL },
};

CASE(worker, the_order_decides_the_track)
{
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct route_decision decision;

		way_request(&way, "script", way_initiation(&way, &ways[i].about));
		decision = decision_of(&way, event_of(&way).decision);
		cr_expect(text_is(decision.track, ways[i].track), "%zu: %.*s", i, TEXT_ARGS(decision.track));
		cr_expect(text_is(decision.rule, ways[i].rule), "%zu: %.*s", i, TEXT_ARGS(decision.rule));
		cr_expect(text_equal(decision.hcpcs, text_of(ways[i].hcpcs)), "%zu: %.*s", i, TEXT_ARGS(decision.hcpcs));
	}
	way_stop(&way);
}

CASE(worker, other_messages_become_other_events)
{
	struct way way;
	struct case_message event;

	way_start(&way, NULL);
	way_request(&way, "script", way_submission(&way, &(struct way_message){ .case_id = "PA-7",
		.answers = "<Question><QuestionID>Q</QuestionID><SequenceNumber>1</SequenceNumber><QuestionText>T</QuestionText>"
			   "<QuestionType><FreeText><IsFreeText>Y</IsFreeText><Answer><PrescriberProvidedAnswer>words</PrescriberProvidedAnswer>"
			   "</Answer></FreeText></QuestionType></Question>" }));
	event = event_of(&way);
	cr_expect(text_is(event.event, "SUBMIT"));
	cr_expect(text_is(event.pa_case_id, "PA-7"));
	way_request(&way, "script", way_script(&way, "<Mailbox><AcknowledgementID>ACK-1</AcknowledgementID></Mailbox>", "<GetMessage/>"));
	event = event_of(&way);
	cr_expect(text_is(event.event, "FETCH"));
	cr_expect(text_is(event.acknowledged, "ACK-1"));
	cr_expect(!text_there(event.decision), "nothing to route");
	way_request(&way, "script", way_script(&way, "", "<GetMessage/>"));
	cr_expect(!text_there(event_of(&way).acknowledged));
	way_request(&way, "script", way_script(&way, "", "<Status><Code>010</Code></Status>"));
	cr_expect(text_is(event_of(&way).event, "NOTE"));
	way_request(&way, "script", way_script(&way, "", "<Error><Code>900</Code></Error>"));
	cr_expect(text_is(event_of(&way).event, "NOTE"));
	way_request(&way, "script", way_script(&way, "", "<Verify><VerifyStatus><Code>010</Code></VerifyStatus></Verify>"));
	cr_expect(text_is(event_of(&way).event, "NOTE"));
	way_stop(&way);
}

/* A PARequest made into another message about the same order: another name, and this in place of what it requests. */
static struct text turned_into(struct way *way, const char *name, const char *request)
{
	struct text body = way_submission(way, &(struct way_message){ .answers = "" });
	char *whole = memcpy(arena_alloc(&way->arena, body.n + 1), body.at, body.n), *common, *asked, *end;
	struct buffer out;

	whole[body.n] = '\0';
	common = strstr(whole, "<PARequest>");
	asked = strstr(whole, "<Request>");
	end = strstr(whole, "</PARequest>");
	cr_assert(common && asked && end);
	buffer_init(&out, &way->arena, body.n + 200);
	buffer_format(&out, "%.*s<%s>%.*s<Request>%s</Request></%s>%s", (int)(common - whole), whole, name,
		(int)(asked - common) - 11, common + 11, request, name, end + 12);
	return buffer_text(&out);
}

CASE(worker, appeals_and_cancellations_go_to_the_ledger_with_the_keys_they_carry)
{
	struct way way;
	struct case_message event;

	way_start(&way, NULL);
	way_request(&way, "script", turned_into(&way, "PACancelRequest", "<PACaseID>PA-7</PACaseID>"));
	event = event_of(&way);
	cr_expect(text_is(event.event, "CANCEL"));
	cr_expect(text_is(event.pa_case_id, "PA-7"));
	cr_expect(text_is(event.pa_reference_id, "REF-1"));
	cr_expect(!text_there(event.decision) && !text_there(event.backend), "the case has its backend");
	way_request(&way, "script", turned_into(&way, "PAAppealRequest", "<PACaseID>PA-7</PACaseID><AppealCaseID>AP-1</AppealCaseID>"));
	event = event_of(&way);
	cr_expect(text_is(event.event, "APPEAL"));
	cr_expect(text_is(event.pa_case_id, "PA-7"));
	cr_expect(text_is(event.appeal_case_id, "AP-1"));
	way_request(&way, "script", turned_into(&way, "PACancelRequest", ""));
	cr_expect(text_is(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.fault, "MISSING"));
	way_stop(&way);
}

static struct backend far = { .name = { "far", 3 }, .id = { "PY:FAR", 6 }, .our_id = { "PY:SANDBOX", 10 },
	.script = { "https://pbm.example/script", 26 } };

static void with_far(struct config *config)
{
	config->backends = &far;
	config->backends_n = 1;
}

#define NOTICE "<Message DatatypesVersion=\"20230115\" TransportVersion=\"20230115\" TransactionDomain=\"SCRIPT\" " \
		"TransactionVersion=\"20230115\" StructuresVersion=\"20230115\" ECLVersion=\"20230115\"><Header><To Qualifier=\"PY\">SANDBOX</To>" \
		"<From Qualifier=\"%s</From><MessageID>N-1</MessageID><SentTime>2026-01-07T09:30:00Z</SentTime><SenderSoftware>" \
		"<SenderSoftwareDeveloper>EXAMPLE</SenderSoftwareDeveloper><SenderSoftwareProduct>EXAMPLE</SenderSoftwareProduct>" \
		"<SenderSoftwareVersionRelease>1</SenderSoftwareVersionRelease></SenderSoftware></Header><Body><PANotification>" \
		"<PAReferenceID>REF-1</PAReferenceID><Notice><PACaseID>FAR-7</PACaseID></Notice></PANotification></Body></Message>"

CASE(worker, a_notification_says_from_which_side_it_comes)
{
	static const char *const from[] = { "D\">1234567893", "PY\">FAR" };
	struct way way;

	way_start(&way, with_far);
	for (int i = 0; i < 2; i++) {
		struct case_message event;
		struct buffer body;

		buffer_init(&body, &way.arena, 2000);
		buffer_format(&body, NOTICE, from[i]);
		way_request(&way, "script", buffer_text(&body));
		event = event_of(&way);
		cr_expect(text_is(event.event, "NOTIFY"));
		cr_expect(text_is(event.pa_reference_id, "REF-1") && text_is(event.pa_case_id, "FAR-7"));
		cr_expect(i == 0 ? !text_there(event.backend) : text_is(event.backend, "far"));
	}
	way_stop(&way);
}

CASE(worker, a_price_question_carries_what_the_plan_says)
{
	struct way way;
	const struct out *out;
	struct price_question question = { 0 };
	struct coverage coverage = { 0 };
	struct fault fault = { 0 };

	way_start(&way, NULL);
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ .place = "11" }));
	out = way_only(&way, TYPE_PRICE, ROLE_PAYER);
	cr_assert(record_unpack(&price_question_record, &question, &way.arena, out->payload, &fault));
	cr_assert(record_unpack(&coverage_record, &coverage, &way.arena, question.coverage, &fault));
	cr_expect(text_is(question.plan, "EXAMPLE-COMMERCIAL"));
	cr_expect(text_is(coverage.ndc, "99999000303"));
	cr_expect_eq(out->deadline_ms, 4000, "the deadline goes on with it");
	cr_expect(text_is(decision_of(&way, question.decision).track, "PHARMACY"));
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ .ndc = "99999999999" }));
	memset(&question, 0, sizeof(question));
	cr_assert(record_unpack(&price_question_record, &question, &way.arena, way_only(&way, TYPE_PRICE, ROLE_PAYER)->payload, &fault));
	cr_expect(!text_there(question.coverage));
	way_stop(&way);
}

static void expect_error(struct way *way, enum fault_code code)
{
	struct ncpdp_message message = way_reply(way, NCPDP_SCRIPT);

	cr_expect_eq(message.kind, NCPDP_ERROR);
	cr_expect(text_is(message.script->body->error->code, fault_row(code)->script_code));
	cr_expect(text_is(way->out.outs[0].envelope.fault, fault_row(code)->name), "%.*s", TEXT_ARGS(way->out.outs[0].envelope.fault));
}

CASE(worker, what_cannot_be_taken_is_refused_in_its_own_standard)
{
	struct way way;
	struct text body;

	way_start(&way, NULL);
	way_request(&way, "script", text_lit("not xml"));
	expect_error(&way, FAULT_NOT_XML);
	way_request(&way, "script", text_lit(""));
	cr_expect_eq(way_reply(&way, NCPDP_SCRIPT).kind, NCPDP_ERROR);
	way_request(&way, "rtpb", text_lit("<a/"));
	cr_expect_eq(way_reply(&way, NCPDP_RTPB).kind, NCPDP_RTPB_RESPONSE);
	way_request(&way, "script", way_script(&way, "", "<NewRx/>"));
	expect_error(&way, FAULT_UNKNOWN_MESSAGE);
	body = way_initiation(&way, &(struct way_message){ .ndc = NULL });
	body.n -= 40;
	way_request(&way, "script", body);
	expect_error(&way, FAULT_NOT_XML);
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ .person_birth = "1950-02-30" }));
	cr_expect_eq(way_reply(&way, NCPDP_RTPB).kind, NCPDP_RTPB_RESPONSE);
	cr_expect(text_is(way.out.outs[0].envelope.fault, "BAD_DATE"));
	way_stop(&way);
}

static struct partner only_partner;

static void known_only(struct config *config)
{
	only_partner = (struct partner){ .name = text_lit("known"), .id = text_lit("D:1234567893") };
	config->known_only = 1;
	config->partners = &only_partner;
	config->partners_n = 1;
	config->receiver_id = text_lit("PY:DUALTRACK");
}

CASE(worker, only_known_senders_and_our_own_name)
{
	struct way way;

	way_start(&way, known_only);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .ndc = NULL }));
	way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .from = "1999999984" }));
	expect_error(&way, FAULT_UNKNOWN_SENDER);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .to = "SOMEONE" }));
	expect_error(&way, FAULT_UNKNOWN_RECEIVER);
	way_stop(&way);
}

CASE(worker, an_endless_sender_is_too_long)
{
	struct way way;
	char id[200];

	memset(id, 'X', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	way_start(&way, NULL);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .from = id }));
	expect_error(&way, FAULT_TOO_LONG);
	id[100] = '\0';
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .from = id }));
	way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	way_stop(&way);
}

static void strict(struct config *config)
{
	config->strict = 1;
}

CASE(worker, strict_refuses_unknown_elements)
{
	struct way way;
	const char *body = "<GetMessage><Colour>red</Colour></GetMessage>";

	way_start(&way, NULL);
	way_request(&way, "script", way_script(&way, "", body));
	way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	way_stop(&way);
	way_start(&way, strict);
	way_request(&way, "script", way_script(&way, "", body));
	expect_error(&way, FAULT_UNKNOWN_ELEMENT);
	way_stop(&way);
}

CASE(worker, late_requests_are_dropped_and_counted)
{
	struct way way;
	struct counters counters = { 0 };

	way_start(&way, NULL);
	way.now.mono_ms = 4000;
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .ndc = NULL }));
	cr_expect_eq(way.out.n, 0);
	worker_role.count(way.worker, &counters);
	cr_expect_eq(counters.late, 1);
	way_stop(&way);
}

static void nowhere(struct config *config)
{
	config->formulary = text_lit("/nonexistent/dualtrack");
}

CASE(worker, without_a_formulary_it_asks_to_be_tried_again)
{
	struct way way;

	way_start(&way, nowhere);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .ndc = NULL }));
	expect_error(&way, FAULT_NO_FORMULARY);
	way_request(&way, "script", way_script(&way, "", "<GetMessage/>"));
	way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	way_stop(&way);
}

CASE(worker, a_log_line_has_no_value_of_the_message)
{
	struct way way;

	way_start(&way, NULL);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .ndc = NULL }));
	cr_assert(log_last());
	cr_expect(strstr(log_last(), "event=request.done"));
	cr_expect(strstr(log_last(), "kind=PAInitiationRequest"));
	cr_expect(strstr(log_last(), "trace=" WAY_TRACE));
	cr_expect(strstr(log_last(), "track=PHARMACY"));
	cr_expect(!strstr(log_last(), "TESTPATIENT"));
	cr_expect(!strstr(log_last(), "EX0001"));
	way_stop(&way);
}

static void bad_rules(struct config *config)
{
	config->rules = text_lit("/dev/null");
}

CASE(worker, wrong_files_refuse_the_start)
{
	struct config config = { .formulary = text_lit("/nonexistent/dualtrack") };
	struct role_setup setup = { .config = &config };
	struct fault fault = { 0 };
	char state[4096] = { 0 };

	cr_assert(worker_role.size <= sizeof(state));
	bad_rules(&config);
	cr_expect(!worker_role.start(state, &setup, (struct now){ 0, 0 }, &fault));
	cr_expect_eq(fault.code, FAULT_RULE);
	worker_role.stop(state);
	memset(state, 0, sizeof(state));
	config.rules = text_lit("/nonexistent/rules");
	cr_expect(!worker_role.start(state, &setup, (struct now){ 0, 0 }, &fault));
	cr_expect_eq(fault.code, FAULT_FILE);
	cr_expect_str_eq(fault.path, "rules");
	worker_role.stop(state);
	memset(state, 0, sizeof(state));
	config = (struct config){ 0 };
	cr_expect(!worker_role.start(state, &setup, (struct now){ 0, 0 }, &fault));
	cr_expect_eq(fault.code, FAULT_CONFIG);
	worker_role.stop(state);
}

/* The body with every stamp of 2017071 turned into one of 2023011. */
static struct text newer(struct way *way, struct text body)
{
	struct text copy = arena_text(&way->arena, body);

	for (size_t i = 0; i + 8 <= copy.n; i++)
		if (memcmp(copy.at + i, "20170715", 8) == 0)
			memcpy((char *)copy.at + i, "20230115", 8);
	return copy;
}

/* PANotification: only 2023011 has it, and only its keys are looked for. */
CASE(worker, a_notification_becomes_an_event)
{
	const char *notice = "<PANotification><PAReferenceID>REF-1</PAReferenceID><Example><PACaseID>CASE-1</PACaseID></Example></PANotification>";
	struct way way;
	struct case_message event;
	struct ncpdp_message status;
	struct fault fault = { 0 };

	way_start(&way, NULL);
	way_request(&way, "script", newer(&way, way_script(&way, "", notice)));
	event = event_of(&way);
	cr_expect(text_is(event.event, "NOTIFY"));
	cr_expect(text_is(event.pa_reference_id, "REF-1"));
	cr_expect(text_is(event.pa_case_id, "CASE-1"));
	cr_assert(ncpdp_read(way.reader, NCPDP_SCRIPT, event.accepted, true, &way.arena, &status, &fault), "%s", fault.path);
	cr_expect(status.version == NCPDP_2023011);
	way_request(&way, "script", way_script(&way, "", notice));
	expect_error(&way, FAULT_UNKNOWN_MESSAGE);
	way_stop(&way);
}

/* Both names of a message that changed it: neither is ours, and each is refused in its own version. */
CASE(worker, refusals_are_of_the_version_asked)
{
	static const char *const bodies[] = { "<RxTransferInitiationRequest/>", "<RxTransfer/>", "<RxTransferRequest/>", "<NewRx/>" };
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct ncpdp_message refusal;

		way_request(&way, "script", newer(&way, way_script(&way, "", bodies[i])));
		refusal = way_reply(&way, NCPDP_SCRIPT);
		cr_expect_eq(refusal.kind, NCPDP_ERROR, "%s", bodies[i]);
		cr_expect(refusal.version == NCPDP_2023011, "%s", bodies[i]);
		cr_expect(text_is(refusal.script->body->error->code, "601"), "%s", bodies[i]);
	}
	way_stop(&way);
}

/* The payer answers in the version of the question, whatever stamp the configuration has for 2017071. */
CASE(worker, questions_are_answered_in_their_version)
{
	struct way way;
	struct ncpdp_message answer;
	struct case_decision decision;

	way_start(&way, NULL);
	way_request(&way, "script", newer(&way, way_initiation(&way, &(struct way_message){ .ndc = NULL })));
	way_to_payer(&way, ROLE_LEDGER, TYPE_WORK, way_work_of(&way, 0));
	decision = way_decision(&way, &answer);
	cr_expect(text_is(decision.outcome, "OPEN"));
	cr_expect(answer.version == NCPDP_2023011);
	cr_expect(memmem(decision.message.at, decision.message.n, "<Names><Name>", 13));
	way_stop(&way);
}
