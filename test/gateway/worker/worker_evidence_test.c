/* SPDX-License-Identifier: Apache-2.0 */
/* Asking PBM and payer which benefit pays: who is asked when, what their answers say, and that nothing they do or leave holds a request up. */
#include "gateway/worker/worker_evidence.h"
#include "test/gateway/way.h"

#include "base/crypto.h"
#include "routing/evidence.h"

#include <stdio.h>
#include <string.h>

static struct backend backends[2];
static struct route routes[2];
static char own[200];

/* The card's PBM, and a list that has a billing code for one product: so the PBM's is a presumption. */
static void a_pbm(struct config *config)
{
	FILE *out;

	backends[0] = (struct backend){ .name = text_lit("remote"), .id = text_lit("PY:REMOTE"), .our_id = text_lit("PY:DUALTRACK"),
		.script = text_lit("https://r.example/script"), .rtpb = text_lit("https://r.example/rtpb") };
	routes[0] = (struct route){ .bin = text_lit("999998"), .backend = text_lit("remote") };
	config->backends = backends;
	config->backends_n = 1;
	config->routes = routes;
	config->routes_n = 1;
	snprintf(own, sizeof(own), "%.*s/says.txt", TEXT_ARGS(config->formulary));
	out = fopen(own, "we");
	cr_assert(out && fputs("code | ndc=99999010101 | COMPENDIUM:hcpcs=J9990 | x\n", out) >= 0 && fclose(out) == 0);
	config->says = text_of(own);
}

static void a_pbm_and_a_payer(struct config *config)
{
	a_pbm(config);
	backends[1] = (struct backend){ .name = text_lit("payer"), .id = text_lit("PY:PAYER"), .our_id = text_lit("ZZZ:US"),
		.fhir = text_lit("https://p.example/fhir"), .cds = text_lit("https://p.example/cds-services") };
	routes[1] = (struct route){ .benefit = text_lit("MEDICAL"), .backend = text_lit("payer") };
	config->backends_n = config->routes_n = 2;
}

static void nobody(struct config *config)
{
	a_pbm_and_a_payer(config);
	config->evidence_closed = 1;
}

static struct route_decision decided(struct way *way)
{
	const struct out *out = way_only(way, TYPE_EVENT, ROLE_LEDGER);
	struct route_decision decision = { 0 };
	struct case_message event = { 0 };
	struct fault fault = { 0 };

	cr_assert(record_unpack(&case_message_record, &event, &way->arena, out->payload, &fault), "%s", fault.path);
	cr_assert(record_unpack(&route_decision_record, &decision, &way->arena, event.decision, &fault));
	cr_assert(record_check(&route_decision_record, &decision, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return decision;
}

/* The n-th thing in the outbox: an ASK on behalf of the request. */
static struct remote_question asked(struct way *way, size_t n, const char *kind)
{
	struct remote_question question = { 0 };
	struct fault fault = { 0 };

	cr_assert_gt(way->out.n, n);
	cr_assert(way->out.outs[n].type == TYPE_ASK && way->out.outs[n].peer.kind == ROLE_COURIER && text_is(way->out.outs[n].envelope.edge, "worker.0"));
	cr_assert(record_unpack(&remote_question_record, &question, &way->arena, way->out.outs[n].payload, &fault) &&
		record_check(&remote_question_record, &question, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	cr_expect(text_is(question.kind, kind), "%.*s", TEXT_ARGS(question.kind));
	return question;
}

static void answer_to(struct way *way, const struct out *ask, const char *fault, const char *body)
{
	struct envelope envelope = { .trace = ask->envelope.trace, .edge = ask->envelope.edge, .slot = ask->envelope.slot, .status = 200,
		.fault = fault ? text_of(fault) : TEXT_NONE };

	way_to_worker(way, ROLE_COURIER, TYPE_REPLY, &envelope, text_of(body));
}

#define RTPB_HEAD                                                                                                        \
	"<Message RTPBVersion=\"13\"><Header><To><Primary><Identification>1234567893</Identification><Qualifier>D</Qualifier></Primary></To><From><Primary>" \
	"<Identification>999998</Identification><Qualifier>IIN</Qualifier></Primary></From><MessageID>A-1</MessageID><SentTime>2026-11-22T09:30:01Z</SentTime></Header>" \
	"<Body><RTPBResponse>"
#define PROCESSED(status, restrictions)                                                                                  \
	RTPB_HEAD "<Response><Processed/></Response><ResponseProduct><Product><DrugCoded><NDC>99999010101</NDC></DrugCoded></Product><ePAEnabled>false</ePAEnabled>" \
		  "<PricingAndCoverages><Pharmacy><PharmacyType>R</PharmacyType></Pharmacy><PricingAndCoverage><PricingAndCoverageIndicator>R</PricingAndCoverageIndicator>" \
		  "<CoverageStatusCode>" status "</CoverageStatusCode>" restrictions "</PricingAndCoverage></PricingAndCoverages></ResponseProduct></RTPBResponse></Body></Message>"
#define RESTRICTED(code) "<CoverageRestriction><CoverageRestrictionCode>" code "</CoverageRestrictionCode></CoverageRestriction>"
#define REJECTED(code) RTPB_HEAD "<Response><NotProcessed><RejectCode>" code "</RejectCode></NotProcessed></Response></RTPBResponse></Body></Message>"

#define HOOK(covered, more)                                                                                              \
	"{\"cards\":[],\"systemActions\":[{\"type\":\"update\",\"description\":\"x\",\"resource\":{\"resourceType\":\"MedicationRequest\",\"id\":\"1\",\"extension\":[{\"url\":" \
	"\"http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information\",\"extension\":[{\"url\":\"covered\",\"valueCode\":\"" covered "\"}" more "]}]}}]}"

/* -- what answers say -- */

CASE(worker_evidence, each_code_of_an_rtpb_answer)
{
	static const struct {
		const char *body, *says; /* as words */
	} answers[] = {
		{ PROCESSED("CC", ""), "RTPB_COVERED:told=PHARMACY@2026-11-22" },
		{ PROCESSED("CR", RESTRICTED("75")), "RTPB_COVERED:told=PHARMACY@2026-11-22" },
		{ PROCESSED("CR", RESTRICTED("816")), "RTPB_816:hint=MEDICAL@2026-11-22" },
		{ PROCESSED("NC", RESTRICTED("817")), "RTPB_817:told=MEDICAL@2026-11-22" },
		{ PROCESSED("NC", RESTRICTED("A6")), "RTPB_A6:hint=MEDICAL@2026-11-22" },
		{ PROCESSED("NC", RESTRICTED("620")), "RTPB_620:hint=PHARMACY@2026-11-22" },
		{ PROCESSED("NC", RESTRICTED("A3")), "RTPB_A3:hospice=ELECTED@2026-11-22" },
		{ PROCESSED("NC", RESTRICTED("A4")), "RTPB_A4:hint=MEDICAL@2026-11-22" },
		{ PROCESSED("NC", RESTRICTED("A5")), "RTPB_A5:law_class=EXCLUDED_BY_LAW@2026-11-22" },
		{ PROCESSED("NC", RESTRICTED("70")), "RTPB_70:hint=NOT_COVERED@2026-11-22" },
		{ PROCESSED("NC", RESTRICTED("76")), "RTPB_NC:hint=NOT_COVERED@2026-11-22" },
		{ PROCESSED("NC", RESTRICTED("817") RESTRICTED("817")), "RTPB_817:told=MEDICAL@2026-11-22" },
		{ PROCESSED("PT", ""), "" },
		{ PROCESSED("ZZ", ""), "" },
		{ REJECTED("831"), "RTPB_831:carve_out=DRUG@2026-11-22" },
		{ REJECTED("A6"), "RTPB_A6:hint=MEDICAL@2026-11-22" },
		{ REJECTED("92"), "" },
	};
	struct xml_reader *reader = xml_reader_new();
	struct arena arena;

	arena_init(&arena, 8 << 20);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct route_question said = { 0 };
		struct fault fault;
		struct buffer words;

		buffer_init(&words, &arena, 200);
		cr_assert(evidence_of_rtpb(reader, text_of(answers[i].body), text_lit("2026-11-22"), &arena, &said), "%s", answers[i].body);
		cr_expect(evidence_check(&said, &fault), "%s", fault.path);
		route_words_write(&said, &words);
		cr_expect(text_equal(words.n ? buffer_text(&words) : text_lit(""), text_of(answers[i].says)), "%s: %.*s", answers[i].says, (int)words.n, words.at);
	}
	cr_expect(!evidence_of_rtpb(reader, text_lit("<Message/>"), text_lit("2026-11-22"), &arena, &(struct route_question){ 0 }));
	arena_done(&arena);
	xml_reader_free(reader);
}

CASE(worker_evidence, each_answer_of_a_cds_service)
{
	static const struct {
		const char *body, *says;
	} answers[] = {
		{ HOOK("covered", ",{\"url\":\"pa-needed\",\"valueCode\":\"no-auth\"}"), "CRD_COVERED:told=MEDICAL@2026-11-22" },
		{ HOOK("covered", ",{\"url\":\"pa-needed\",\"valueCode\":\"auth-needed\"}"), "CRD_COVERED:told=MEDICAL@2026-11-22 CRD_COVERED:prior_authorization=true@2026-11-22" },
		{ HOOK("not-covered", ""), "CRD_NOT_COVERED:hint=PHARMACY@2026-11-22" },
		{ HOOK("conditional", ""), "" },
		{ HOOK("indeterminate", ""), "" },
		{ HOOK("conditional", ",{\"url\":\"detail\",\"extension\":[{\"url\":\"code\",\"valueCode\":\"instructions\"},{\"url\":\"value\",\"valueString\":\"Submit as NCPDP SCRIPT ePA\"}]}"),
			"CRD_OTHER_BENEFIT:told=PHARMACY@2026-11-22" },
	};
	struct arena arena;

	arena_init(&arena, 8 << 20);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct route_question said = { 0 };
		struct buffer words;

		buffer_init(&words, &arena, 200);
		cr_assert(evidence_of_crd(text_of(answers[i].body), text_lit("2026-11-22"), &arena, &said), "%s", answers[i].body);
		route_words_write(&said, &words);
		cr_expect(text_equal(words.n ? buffer_text(&words) : text_lit(""), text_of(answers[i].says)), "%s: %.*s", answers[i].says, (int)words.n, words.at);
	}
	cr_expect(!evidence_of_crd(text_lit("{\"cards\":[]}"), text_lit("2026-11-22"), &arena, &(struct route_question){ 0 }), "that is no answer");
	arena_done(&arena);
}

CASE(worker_evidence, a_request_is_made_of_what_is_known_or_not_at_all)
{
	const struct asked_order whole = { .last_name = text_lit("TESTPATIENT"), .birth = text_lit("1980-02-29"), .member_id = text_lit("EX0001"),
		.bin = text_lit("999998"), .quantity = text_lit("1"), .days = text_lit("28"), .npi = text_lit("1234567893"), .ndc = text_lit("99999010101") };
	struct xml_reader *reader = xml_reader_new();
	struct ncpdp_message message;
	struct asked_order part;
	struct arena arena;
	struct fault fault = { 0 };

	arena_init(&arena, 8 << 20);
	cr_assert(ncpdp_read(reader, NCPDP_RTPB, evidence_rtpb_request(&whole, text_lit(WAY_TRACE), WAY_WALL_MS, &arena), true, &arena, &message, &fault),
		"%s %s", fault_row(fault.code)->name, fault.path);
	cr_expect(text_is(message.rtpb->header->to->primary->identification, "999998") && message.rtpb->body->request->pharmacies_n == 1);
	for (size_t i = 0; i < asked_order_record.n; i++) {
		const struct field *field = &asked_order_record.fields[i];

		if (!field_there(field, &whole))
			continue;
		part = whole;
		*(struct text *)field_at(field, &part) = TEXT_NONE;
		cr_expect(!text_there(evidence_rtpb_request(&part, text_lit(WAY_TRACE), WAY_WALL_MS, &arena)), "without %s", field->member);
	}
	part = whole;
	part.ndc = TEXT_NONE;
	part.rxcui = text_lit("999001");
	cr_expect(text_there(evidence_rtpb_request(&part, text_lit(WAY_TRACE), WAY_WALL_MS, &arena)), "a concept names the drug as well");
	arena_done(&arena);
	xml_reader_free(reader);
}

/* -- what is remembered -- */

CASE(worker_evidence, an_answer_is_good_for_a_while)
{
	struct evidence_memory *memory = evidence_memory_new();
	struct route_said said = { .kind = text_lit("RTPB_817"), .member = text_lit("told"), .value = text_lit("MEDICAL") };
	const struct route_question answer = { .said = &said, .said_n = 1 };
	unsigned char key[EVIDENCE_KEY_BYTES] = { 1, 2, 3 }, other[EVIDENCE_KEY_BYTES] = { 1, 2, 4 };
	struct route_question out = { 0 };
	struct arena arena;
	size_t kept = 0;

	arena_init(&arena, 8 << 20);
	evidence_remember(memory, key, &answer, 1000);
	cr_assert(evidence_recall(memory, key, 999, &arena, &out));
	cr_expect(out.said_n == 1 && text_is(out.said[0].kind, "RTPB_817"));
	cr_expect(!evidence_recall(memory, key, 1000, &arena, &out), "and no longer");
	cr_expect(!evidence_recall(memory, other, 999, &arena, &out), "another member or drug");
	/* one set is full: the one that ends first gives way, and nothing grows */
	for (unsigned char i = 0; i < 50; i++) {
		other[2] = i;
		evidence_remember(memory, other, &answer, 2000 + i);
	}
	for (unsigned char i = 0; i < 50; i++) {
		other[2] = i;
		kept += evidence_recall(memory, other, 999, &arena, &out);
	}
	cr_expect_eq(kept, EVIDENCE_WAYS);
	other[2] = 49;
	cr_expect(evidence_recall(memory, other, 999, &arena, &out), "the last one is there");
	evidence_memory_forget(memory);
	cr_expect(!evidence_recall(memory, other, 999, &arena, &out));
	evidence_memory_free(memory);
	arena_done(&arena);
}

/* -- asking -- */

static void order(struct way *way, const char *id)
{
	way_request(way, "script", way_initiation(way, &(struct way_message){ .bin = "999998", .message_id = id }));
}

CASE(worker_evidence, a_presumption_is_asked_about_and_the_answer_decides)
{
	struct way way;
	struct route_decision decision;
	struct remote_question question;

	way_start(&way, a_pbm);
	order(&way, "M-1");
	cr_assert_eq(way.out.n, 1, "the request waits: %zu in the outbox", way.out.n);
	question = asked(&way, 0, "PRICE");
	cr_expect(text_is(question.backend, "remote") && way.out.outs[0].deadline_ms == way.now.mono_ms + EVIDENCE_MS);
	answer_to(&way, &way.out.outs[0], NULL, PROCESSED("NC", RESTRICTED("817")));
	decision = decided(&way);
	cr_expect(text_is(decision.track, "MEDICAL") && text_is(decision.rule, "told-medical") && text_is(decision.backend, "house"), "%.*s", TEXT_ARGS(decision.rule));
	cr_expect(text_is(decision.confidence, "HIGH"));
	/* the same member and drug: nobody is asked again */
	order(&way, "M-2");
	cr_expect(text_is(decided(&way).track, "MEDICAL"));
	way_stop(&way);
}

CASE(worker_evidence, a_program_may_have_them_asked_at_route)
{
	static const char plain[] = "{\"coverage\":{\"pharmacy\":{\"bin\":\"999998\",\"pcn\":\"EXPCN\"}},\"order\":{\"ndc\":\"99999010101\",\"quantity\":2},"
		"\"member_id\":\"EX0001\",\"prescriber_npi\":\"1234567893\"%s}";
	static const char ask[] = ",\"ask\":{\"last_name\":\"TESTPATIENT\",\"first_name\":\"ALMA\",\"birth\":\"1950-01-31\",\"gender\":\"F\",\"unit\":\"C64933\","
		"\"days\":\"28\",\"prescriber\":\"EXAMPLE\"}";
	char body[1000];
	struct way way;

	way_start(&way, a_pbm);
	for (int asks = 0; asks < 2; asks++) {
		struct web_request request = { .method = text_lit("POST"), .path = text_lit("/route"), .content_type = text_lit("application/json") };
		struct buffer packed;

		snprintf(body, sizeof(body), plain, asks ? ask : "");
		request.body = text_of(body);
		buffer_init(&packed, &way.arena, 1024);
		record_pack(&web_request_record, &request, &packed);
		way_request(&way, "route", buffer_text(&packed));
		if (!asks) {
			cr_expect(memmem(way_only(&way, TYPE_REPLY, ROLE_EDGE)->payload.at, way.out.outs[0].payload.n, "\"rule\":\"routed-billable\"", 24),
				"without leave nobody is asked: %.*s", TEXT_ARGS(way.out.outs[0].payload));
			continue;
		}
		cr_expect(asked(&way, 0, "PRICE").body.n && way.out.n == 1);
		answer_to(&way, &way.out.outs[0], NULL, PROCESSED("NC", RESTRICTED("817")));
		cr_expect(memmem(way_only(&way, TYPE_REPLY, ROLE_EDGE)->payload.at, way.out.outs[0].payload.n, "\"track\":\"MEDICAL\"", 17), "%.*s",
			TEXT_ARGS(way.out.outs[0].payload));
	}
	way_stop(&way);
}

CASE(worker_evidence, another_answer_leaves_it_where_it_was)
{
	struct way way;
	struct route_decision decision;

	way_start(&way, a_pbm);
	order(&way, "M-1");
	asked(&way, 0, "PRICE");
	answer_to(&way, &way.out.outs[0], NULL, PROCESSED("CC", ""));
	decision = decided(&way);
	cr_expect(text_is(decision.track, "PHARMACY") && text_is(decision.rule, "told-pharmacy-pbm") && text_is(decision.backend, "remote"));
	way_stop(&way);
}

CASE(worker_evidence, silence_and_refusal_cost_the_budget_and_no_more)
{
	struct way way;
	struct route_decision decision;

	way_start(&way, a_pbm);
	order(&way, "M-1");
	asked(&way, 0, "PRICE");
	way.now.mono_ms += EVIDENCE_MS - 1;
	way_tick(&way);
	cr_expect_eq(way.out.n, 0, "still waiting");
	way.now.mono_ms += 1;
	way_tick(&way);
	decision = decided(&way);
	cr_expect(text_is(decision.rule, "routed-billable") && text_is(decision.backend, "remote") && text_is(decision.track, "PHARMACY"));
	way_stop(&way);
	way_start(&way, a_pbm);
	order(&way, "M-1");
	asked(&way, 0, "PRICE");
	answer_to(&way, &way.out.outs[0], "PEER_DOWN", REJECTED("817"));
	cr_expect(text_is(decided(&way).rule, "routed-billable"), "what stands in place of an answer is none");
	order(&way, "M-2");
	asked(&way, 0, "PRICE"); /* and is not remembered */
	way_stop(&way);
}

CASE(worker_evidence, pbm_and_payer_are_asked_side_by_side)
{
	struct way way;
	struct route_decision decision;
	struct remote_question question;
	struct out asks[2];

	way_start(&way, a_pbm_and_a_payer);
	order(&way, "M-1");
	cr_assert_eq(way.out.n, 2);
	asked(&way, 0, "PRICE");
	question = asked(&way, 1, "CRD");
	cr_expect(text_is(question.backend, "payer") && question.order && text_is(question.order->ndc, "99999010101") &&
		text_is(question.order->last_name, "TESTPATIENT") && text_is(question.order->npi, "1234567893"));
	memcpy(asks, way.out.outs, sizeof(asks));
	answer_to(&way, &asks[1], NULL, HOOK("covered", ""));
	cr_expect_eq(way.out.n, 0, "the other one may still say something");
	answer_to(&way, &asks[0], NULL, REJECTED("92"));
	decision = decided(&way);
	cr_expect(text_is(decision.track, "MEDICAL") && text_is(decision.rule, "told-medical") && text_is(decision.backend, "payer"), "%.*s %.*s",
		TEXT_ARGS(decision.rule), TEXT_ARGS(decision.backend));
	way_stop(&way);
}

CASE(worker_evidence, a_conflict_is_shown_and_the_stronger_holds)
{
	struct way way;
	struct route_decision decision;
	struct out asks[2];

	way_start(&way, a_pbm_and_a_payer);
	order(&way, "M-1");
	memcpy(asks, way.out.outs, sizeof(asks));
	answer_to(&way, &asks[0], NULL, PROCESSED("NC", RESTRICTED("817")));
	answer_to(&way, &asks[1], NULL, HOOK("conditional", ",{\"url\":\"detail\",\"extension\":[{\"url\":\"value\",\"valueString\":\"Submit as NCPDP SCRIPT ePA\"}]}"));
	decision = decided(&way);
	cr_expect(text_is(decision.track, "MEDICAL") && decision.conflict && text_is(decision.confidence, "HIGH"), "%.*s", TEXT_ARGS(decision.confidence));
	way_stop(&way);
}

CASE(worker_evidence, nobody_is_asked_what_is_settled)
{
	struct way way;

	way_start(&way, a_pbm_and_a_payer);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .bin = "999998", .ndc = "99999010110" }));
	cr_expect(text_is(decided(&way).rule, "routed"), "no list has a billing code for this one");
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .bin = "999999" }));
	cr_expect(text_is(decided(&way).backend, "house"), "the plan's own file says");
	way_stop(&way);
	way_start(&way, nobody);
	order(&way, "M-1");
	cr_expect(text_is(decided(&way).rule, "routed-billable"), "and nobody at all where that is configured");
	way_stop(&way);
}

CASE(worker_evidence, a_price_is_not_asked_for_twice)
{
	struct way way;

	way_start(&way, a_pbm);
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ .bin = "999998" }));
	cr_assert_eq(way.out.n, 1);
	cr_expect(way.out.outs[0].type == TYPE_ASK && text_is(way.out.outs[0].envelope.edge, "edge.0"), "the PBM answers the sender itself");
	way_stop(&way);
}
