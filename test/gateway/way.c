/* SPDX-License-Identifier: Apache-2.0 */
/* Worker and payer in the hand of a test. */
#include "test/gateway/way.h"

#include "formulary/formulary.h"
#include "gateway/sandbox/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 64 << 20 };

static void load_formulary(struct way *way)
{
	struct load_report report = { 0 };
	struct fault fault = { 0 };
	char file[128];
	struct text plan = sandbox_plan();
	int64_t line = 0;
	FILE *out;

	snprintf(file, sizeof(file), "%s/plan.jsonl", way->scratch.at);
	out = fopen(file, "we");
	cr_assert(out && fwrite(plan.at, 1, plan.n, out) == plan.n && fclose(out) == 0);
	cr_assert(formulary_load(file, way->scratch.at, NULL, NULL, &report, &line, &fault), "line %d: %s %s", (int)line,
		fault_row(fault.code)->name, fault.path);
}

static void *start(struct way *way, const struct role *role)
{
	struct role_setup setup = { .self = { role->kind, 0 }, .config = &way->config };
	struct fault fault = { 0 };
	void *state = calloc(1, role->size);

	cr_assert(state && role->start(state, &setup, way->now, &fault), "%s: %s %s", role->doc, fault_row(fault.code)->name,
		fault.path);
	return state;
}

void way_start(struct way *way, void (*change)(struct config *config))
{
	*way = (struct way){ .scratch = scratch_new(), .now = { 1000, WAY_WALL_MS } };
	arena_init(&way->arena, MEMORY);
	way->reader = xml_reader_new();
	way->config.formulary = text_of(way->scratch.at);
	way->config.script_version = text_lit("20170715");
	load_formulary(way);
	if (change)
		change(&way->config);
	way->worker = start(way, &worker_role);
	way->payer = start(way, &payer_role);
}

void way_stop(struct way *way)
{
	worker_role.stop(way->worker);
	payer_role.stop(way->payer);
	free(way->worker);
	free(way->payer);
	xml_reader_free(way->reader);
	arena_done(&way->arena);
	scratch_done(&way->scratch);
}

static void give(struct way *way, const struct role *role, void *state, struct peer from, enum message_type type,
	const struct envelope *envelope, struct text payload)
{
	struct input input = { .kind = IN_MESSAGE, .peer = from, .type = type, .envelope = envelope, .payload = payload,
		.deadline_ms = 4000 };

	way->out = (struct outbox){ .arena = &way->arena };
	role->step(state, &input, way->now, &way->out);
}

static struct envelope envelope_of(const char *family)
{
	return (struct envelope){ .trace = text_lit(WAY_TRACE), .edge = text_lit("edge.0"), .slot = 7,
		.received_ms = WAY_WALL_MS - 5, .family = text_of(family) };
}

void way_request(struct way *way, const char *family, struct text body)
{
	struct envelope envelope = envelope_of(family);

	give(way, &worker_role, way->worker, (struct peer){ ROLE_EDGE, 0 }, TYPE_REQUEST, &envelope, body);
}

void way_to_worker(struct way *way, enum role_kind from, enum message_type type, const struct envelope *envelope, struct text payload)
{
	struct text body = arena_text(&way->arena, payload);

	give(way, &worker_role, way->worker, (struct peer){ from, 0 }, type, envelope, body);
}

void way_tick(struct way *way)
{
	way->out = (struct outbox){ .arena = &way->arena };
	worker_role.step(way->worker, &(struct input){ .kind = IN_TICK }, way->now, &way->out);
}

void way_to_payer(struct way *way, enum role_kind from, enum message_type type, struct text payload)
{
	struct envelope envelope = envelope_of(NULL);

	give(way, &payer_role, way->payer, (struct peer){ from, 0 }, type, &envelope, payload);
}

void way_peer(struct way *way, enum role_kind kind, bool there)
{
	way->out = (struct outbox){ .arena = &way->arena };
	worker_role.step(way->worker, &(struct input){ .kind = there ? IN_PEER_UP : IN_PEER_GONE, .peer = { kind, 0 } }, way->now, &way->out);
}

void way_settle(struct way *way, const char *found)
{
	struct out asked[4];
	size_t n = 0;

	for (size_t i = 0; i < way->out.n && n < 4; i++)
		if (way->out.outs[i].kind == OUT_SEND && way->out.outs[i].type == TYPE_STANDING)
			asked[n++] = way->out.outs[i];
	for (size_t i = 0; i < n; i++) {
		struct envelope envelope = asked[i].envelope;
		struct text told = asked[i].payload;

		envelope.from = text_lit("worker.0");
		if (asked[i].peer.kind == ROLE_PAYER) {
			give(way, &payer_role, way->payer, (struct peer){ ROLE_WORKER, 0 }, TYPE_STANDING, &envelope, told);
			cr_assert(way->out.n == 1 && way->out.outs[0].type == TYPE_REPLY && way->out.outs[0].peer.kind == ROLE_WORKER);
			told = way->out.outs[0].payload;
		} else if (found) {
			struct standing standing;
			struct buffer packed;
			struct fault fault;

			cr_assert(record_unpack(&standing_record, &standing, &way->arena, told, &fault) && standing.drugs_n);
			standing.drugs[0].authorization = text_of(found);
			standing.drugs[0].authorized_to = text_lit("2027-01-31");
			buffer_init(&packed, &way->arena, 1024);
			record_pack(&standing_record, &standing, &packed);
			told = buffer_text(&packed);
		}
		envelope.status = 200;
		way_to_worker(way, asked[i].peer.kind, TYPE_REPLY, &envelope, told);
	}
}

const struct out *way_only(struct way *way, enum message_type type, enum role_kind to)
{
	cr_assert_eq(way->out.n, 1, "%zu in the outbox", way->out.n);
	cr_assert_eq(way->out.outs[0].kind, OUT_SEND);
	cr_assert_eq(way->out.outs[0].type, type, "%s: %.*s", message_type_name(way->out.outs[0].type),
		TEXT_ARGS(way->out.outs[0].envelope.fault));
	cr_assert_eq(way->out.outs[0].peer.kind, to);
	cr_assert(text_is(way->out.outs[0].envelope.trace, WAY_TRACE));
	return &way->out.outs[0];
}

struct ncpdp_message way_reply(struct way *way, enum ncpdp_family family)
{
	const struct out *out = way_only(way, TYPE_REPLY, ROLE_EDGE);
	struct ncpdp_message message;
	struct fault fault = { 0 };

	cr_assert_eq(out->envelope.slot, 7);
	cr_assert_eq(out->envelope.status, 200);
	cr_assert(ncpdp_read(way->reader, family, out->payload, true, &way->arena, &message, &fault), "%s %s\n%.*s",
		fault_row(fault.code)->name, fault.path, TEXT_ARGS(out->payload));
	return message;
}

static const char *or(const char *value, const char *otherwise)
{
	return value ? value : otherwise;
}

#define HEADER_XML                                                                                                                \
	"<Header><To Qualifier=\"PY\">%s</To><From Qualifier=\"D\">%s</From><MessageID>%s</MessageID>"                          \
	"<SentTime>2026-11-22T09:30:00Z</SentTime><SenderSoftware><SenderSoftwareDeveloper>EXAMPLE</SenderSoftwareDeveloper>"   \
	"<SenderSoftwareProduct>TEST</SenderSoftwareProduct><SenderSoftwareVersionRelease>1</SenderSoftwareVersionRelease>"     \
	"</SenderSoftware>%s</Header>"
#define MESSAGE_XML                                                                                                             \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Message DatatypesVersion=\"20170715\" TransportVersion=\"20170715\" "        \
	"TransactionDomain=\"SCRIPT\" TransactionVersion=\"20170715\" StructuresVersion=\"20170715\" ECLVersion=\"20170715\">" \
	HEADER_XML "<Body>%.*s</Body></Message>"

static struct text message_of(struct way *way, const struct way_message *about, const char *more, struct text body)
{
	struct buffer out;

	buffer_init(&out, &way->arena, 8192);
	buffer_format(&out, MESSAGE_XML, or(about->to, "DUALTRACK"), or(about->from, "1234567893"), or(about->message_id, "M-1"),
		more, TEXT_ARGS(body));
	cr_assert(!out.failed);
	return buffer_text(&out);
}

/* The leading rows of both prior authorization requests. */
static void add_common(struct buffer *out, const struct way_message *about)
{
	buffer_format(out, "<PAReferenceID>REF-1</PAReferenceID><PAPriorityIndicator>S</PAPriorityIndicator><BenefitsCoordination>"
			   "<PayerIdentification><ProcessorIdentificationNumber>%s</ProcessorIdentificationNumber><IINNumber>%s</IINNumber>"
			   "</PayerIdentification><CardholderID>%s</CardholderID><PersonCode>01</PersonCode>",
		or(about->pcn, "EXPCN"), or(about->bin, "999999"), or(about->cardholder, "EX0001"));
	if (about->payer_type)
		buffer_format(out, "<PayerType>%s</PayerType>", about->payer_type);
	buffer_lit(out, "</BenefitsCoordination><Patient><HumanPatient><Name><LastName>TESTPATIENT</LastName><FirstName>PAT</FirstName>"
			"</Name><Gender>F</Gender><DateOfBirth><Date>1980-02-29</Date></DateOfBirth><Address><AddressLine1>1 EXAMPLE ST"
			"</AddressLine1><City>TESTVILLE</City><StateProvince>MA</StateProvince><PostalCode>02100</PostalCode><CountryCode>US"
			"</CountryCode></Address></HumanPatient></Patient><Prescriber><NonVeterinarian><Identification><NPI>1234567893</NPI>"
			"</Identification><Name><LastName>EXAMPLE</LastName><FirstName>DOC</FirstName></Name><Address><AddressLine1>2 EXAMPLE"
			" ST</AddressLine1><City>TESTVILLE</City><StateProvince>MA</StateProvince><PostalCode>02100</PostalCode><CountryCode>US"
			"</CountryCode></Address><CommunicationNumbers><PrimaryTelephone><Number>6175550103</Number></PrimaryTelephone>"
			"</CommunicationNumbers>");
	if (about->place)
		buffer_format(out, "<PrescriberPlaceOfService>%s</PrescriberPlaceOfService>", about->place);
	buffer_format(out, "</NonVeterinarian></Prescriber><MedicationPrescribed><DrugDescription>EXAMPLE DRUG</DrugDescription><DrugCoded>"
			   "<ProductCode><Code>%s</Code><Qualifier>ND</Qualifier></ProductCode></DrugCoded><Quantity><Value>1</Value>"
			   "<CodeListQualifier>38</CodeListQualifier><QuantityUnitOfMeasure><Code>C28254</Code></QuantityUnitOfMeasure></Quantity>"
			   "<DaysSupply>28</DaysSupply></MedicationPrescribed>",
		or(about->ndc, "99999010101"));
}

struct text way_initiation(struct way *way, const struct way_message *about)
{
	struct buffer body;

	buffer_init(&body, &way->arena, 4096);
	buffer_lit(&body, "<PAInitiationRequest>");
	add_common(&body, about);
	buffer_lit(&body, "</PAInitiationRequest>");
	return message_of(way, about, "", buffer_text(&body));
}

struct text way_submission(struct way *way, const struct way_message *about)
{
	struct buffer body;

	buffer_init(&body, &way->arena, 4096);
	buffer_lit(&body, "<PARequest>");
	add_common(&body, about);
	buffer_format(&body, "<Request><SolicitedModel><PACaseID>%s</PACaseID><DeadlineForReply><Date>2026-12-01</Date></DeadlineForReply>"
			     "<QuestionSet><Header><QuestionSetID>INFUSAMAB-1</QuestionSetID><QuestionSetTitle>T</QuestionSetTitle>"
			     "<QuestionSetDescription>D</QuestionSetDescription><QuestionSetContactCommunicationNumber><PrimaryTelephone>"
			     "<Number>6175550104</Number></PrimaryTelephone></QuestionSetContactCommunicationNumber><AttachementRequired>N"
			     "</AttachementRequired></Header>%s</QuestionSet></SolicitedModel></Request></PARequest>",
		or(about->case_id, "PA-1"), about->answers);
	return message_of(way, about, "", buffer_text(&body));
}

struct text way_script(struct way *way, const char *header, const char *body)
{
	static const struct way_message plain;

	return message_of(way, &plain, header, text_of(body));
}

struct text way_rtpb(struct way *way, const struct way_message *about)
{
	struct buffer out;

	buffer_init(&out, &way->arena, 4096);
	buffer_format(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Message RTPBVersion=\"013\"><RTPBHeader><To><Primary><Identification>%s"
			    "</Identification><Qualifier>IIN</Qualifier></Primary><Secondary><Identification>%s</Identification><Qualifier>PCN"
			    "</Qualifier></Secondary></To><From><Primary><Identification>%s</Identification><Qualifier>D</Qualifier></Primary>"
			    "</From><MessageID>%s</MessageID><SentTime>2026-11-22T09:30:00Z</SentTime></RTPBHeader><RTPBBody><RTPBRequest><Patient>"
			    "<Name><LastName>TESTPATIENT</LastName><FirstName>PAT</FirstName></Name><DateOfBirth>%s</DateOfBirth>",
		or(about->bin, "999999"), or(about->pcn, "EXPCN"), or(about->from, "1234567893"), or(about->message_id, "R-1"),
		or(about->person_birth, "1950-01-31"));
	if (about->place)
		buffer_format(&out, "<PlaceOfService>%s</PlaceOfService>", about->place);
	buffer_format(&out, "</Patient><BenefitsCoordination><CardholderID>%s</CardholderID><PersonCode>01</PersonCode></BenefitsCoordination>"
			    "<RequestedProduct><Product><DrugCoded><NDC>%s</NDC></DrugCoded></Product><Quantity><Value>30</Value>"
			    "<CodeListQualifier>38</CodeListQualifier><QuantityUnitOfMeasure><Code>C48542</Code></QuantityUnitOfMeasure></Quantity>"
			    "<DaysSupply>30</DaysSupply></RequestedProduct><Prescriber><Identification><NPI>1234567893</NPI></Identification>"
			    "<LastName>EXAMPLE</LastName></Prescriber><Pharmacy><Identification><NCPDPID>9999999</NCPDPID><NPI>1999999984</NPI>"
			    "</Identification><BusinessName>EXAMPLE PHARMACY</BusinessName></Pharmacy></RTPBRequest></RTPBBody></Message>",
		or(about->cardholder, "EX0001"), or(about->ndc, "99999000303"));
	cr_assert(!out.failed);
	return buffer_text(&out);
}

struct text way_work_of(struct way *way, int64_t round)
{
	const struct out *out = way_only(way, TYPE_EVENT, ROLE_LEDGER);
	struct case_message event = { 0 };
	struct case_work work;
	struct fault fault = { 0 };
	struct buffer payload;

	cr_assert(record_unpack(&case_message_record, &event, &way->arena, out->payload, &fault));
	work = (struct case_work){ .row = text_lit("row-1"), .case_id = text_lit("PA-1"), .event = event.event,
		.request = event.request, .plan = event.plan, .policy = event.policy, .decision = event.decision,
		.received_ms = event.received_ms, .round = round, .reply_id = text_lit(WAY_TRACE ".1") };
	buffer_init(&payload, &way->arena, 4096);
	record_pack(&case_work_record, &work, &payload);
	return buffer_text(&payload);
}

struct case_decision way_decision(struct way *way, struct ncpdp_message *message)
{
	const struct out *out = way_only(way, TYPE_DECISION, ROLE_LEDGER);
	struct case_decision decision = { 0 };
	struct fault fault = { 0 };

	cr_assert(record_unpack(&case_decision_record, &decision, &way->arena, out->payload, &fault));
	cr_assert(text_is(decision.row, "row-1") && text_is(decision.case_id, "PA-1"));
	cr_assert(ncpdp_read(way->reader, NCPDP_SCRIPT, decision.message, true, &way->arena, message, &fault), "%s %s",
		fault_row(fault.code)->name, fault.path);
	cr_assert(text_is(message->script->header->message_id, WAY_TRACE ".1"));
	return decision;
}
