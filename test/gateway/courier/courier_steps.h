/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the courier and its remote backends have in common: a courier by hand, what it is given, and what is found in its outbox. */
#pragma once

#include "gateway/courier/breaker.h"
#include "gateway/bus/role.h"
#include "ncpdp/ncpdp.h"
#include "test/case.h"
#include "test/ncpdp/fixtures.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACE "0123456789abcdef0123456789abcdef"
#define ASKED_AS TRACE ".1"

static void *state;
static struct reading reading; /* its arena is the test's */
static struct outbox outbox;
static struct now now;
static struct backend backends[2];
static struct config config;
static struct text initiation, price;
static struct buffer packed_request;

static inline void begin(void)
{
	struct fault fault;

	reading_init(&reading);
	initiation = fixture("good/script", "pa_initiation_request", "xml", &reading.arena);
	price = fixture("good/rtpb", "request", "xml", &reading.arena);
	cr_assert(reading_of(&reading, NCPDP_SCRIPT, initiation));
	buffer_init(&packed_request, &reading.arena, 0);
	record_pack(&script_message_record, reading.message.script, &packed_request);
	backends[0] = (struct backend){ .name = text_lit("first"), .id = text_lit("PY:FIRST"), .our_id = text_lit("ZZZ:US"),
		.script = text_lit("https://first.example/script"), .rtpb = text_lit("https://first.example/rtpb"), .at_once = 2,
		.retries = 10, .answer_ms = 60000 };
	backends[1] = backends[0];
	backends[1].name = text_lit("other");
	backends[1].id = text_lit("PY:OTHER");
	backends[1].script = text_lit("https://other.example/script");
	backends[1].rtpb = text_lit("https://other.example/rtpb");
	config = (struct config){ .backends = backends, .backends_n = 2 };
	state = calloc(1, courier_role.size);
	now = (struct now){ 100000, 1790000000000 };
	cr_assert(courier_role.start(state, &(struct role_setup){ .self = { ROLE_COURIER, 0 }, .config = &config }, now, &fault));
}

static inline void end(void)
{
	courier_role.stop(state);
	free(state);
	reading_done(&reading);
}

static inline void step(const struct input *input)
{
	outbox = (struct outbox){ .arena = &reading.arena };
	courier_role.step(state, input, now, &outbox);
}

static inline void tick(int64_t ms)
{
	now.mono_ms += ms;
	now.wall_ms += ms;
	step(&(struct input){ .kind = IN_TICK });
}

static const char *state_before; /* of the case, NULL: it opens it */

static inline void work(const char *row, const char *event, int attempt, bool awaited)
{
	struct case_work asked = { .row = text_of(row), .case_id = text_lit("PA-1"), .event = text_of(event),
		.request = buffer_text(&packed_request), .received_ms = now.wall_ms, .round = 0, .reply_id = text_lit(ASKED_AS),
		.backend = text_lit("first"), .body = initiation, .awaited = awaited,
		.state = text_of(state_before) };
	struct envelope envelope = { .trace = text_lit(TRACE), .attempt = attempt };
	struct buffer packed;

	buffer_init(&packed, &reading.arena, 0);
	record_pack(&case_work_record, &asked, &packed);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_WORK, .peer = { ROLE_LEDGER, 0 }, .envelope = &envelope,
		.payload = buffer_text(&packed) });
}

static inline void ask(const char *kind, const char *family, struct text body, int64_t deadline_ms)
{
	struct remote_question question = { .kind = text_of(kind), .family = text_of(family), .backend = text_lit("first"), .body = body };
	struct envelope envelope = { .trace = text_lit(TRACE), .edge = text_lit("edge.0"), .slot = 7, .received_ms = now.wall_ms };
	struct buffer packed;

	buffer_init(&packed, &reading.arena, 0);
	record_pack(&remote_question_record, &question, &packed);
	step(&(struct input){ .kind = IN_MESSAGE, .type = TYPE_ASK, .peer = { ROLE_WORKER, 0 }, .envelope = &envelope,
		.deadline_ms = deadline_ms, .payload = buffer_text(&packed) });
}

static inline struct out *the_call(void)
{
	for (size_t i = 0; i < outbox.n; i++)
		if (outbox.outs[i].kind == OUT_CALL)
			return &outbox.outs[i];
	return NULL;
}

static inline void answer_to(uint64_t call, int status, struct text body)
{
	step(&(struct input){ .kind = IN_ANSWER, .call = call, .status = status, .payload = body });
}

/* The DECISION in the outbox; outcome absent when there is none. */
static inline struct case_decision decision(void)
{
	struct case_decision said = { 0 };
	struct fault fault;

	for (size_t i = 0; i < outbox.n; i++)
		if (outbox.outs[i].kind == OUT_SEND && outbox.outs[i].type == TYPE_DECISION) {
			cr_assert(record_unpack(&case_decision_record, &said, &reading.arena, outbox.outs[i].payload, &fault));
			cr_assert(record_check(&case_decision_record, &said, &fault) || fault.code == FAULT_MISSING, "%s", fault.path);
			cr_expect(text_is(said.case_id, "PA-1"));
		}
	return said;
}

#define HEAD(relates)                                                                                                          \
	"<Message DatatypesVersion=\"20170715\" TransportVersion=\"20170715\" TransactionDomain=\"SCRIPT\" "                    \
	"TransactionVersion=\"20170715\" StructuresVersion=\"20170715\" ECLVersion=\"20170715\"><Header>"                        \
	"<To Qualifier=\"ZZZ\">US</To><From Qualifier=\"PY\">FIRST</From><MessageID>theirs</MessageID>" relates                \
	"<SentTime>2026-01-01T00:00:00Z</SentTime><SenderSoftware>"                                                           \
	"<SenderSoftwareDeveloper>E</SenderSoftwareDeveloper><SenderSoftwareProduct>E</SenderSoftwareProduct>"                  \
	"<SenderSoftwareVersionRelease>1</SenderSoftwareVersionRelease></SenderSoftware></Header><Body>"
#define OURS "<RelatesToMessageID>" ASKED_AS "</RelatesToMessageID>"
#define TAIL "</Body></Message>"
#define STATUS "<Status><Code>010</Code></Status>"
#define ERROR(code, words) "<Error><Code>" code "</Code><Description>" words "</Description></Error>"

/* The body of a fixture under a head that relates to our question. */
static inline struct text answer_body(const char *name)
{
	struct text whole = fixture("good/script", name, "xml", &reading.arena);
	const char *body = memmem(whole.at, whole.n, "<Body>", 6);
	struct buffer out;

	cr_assert(body);
	body += 6;
	buffer_init(&out, &reading.arena, whole.n);
	buffer_lit(&out, HEAD(OURS));
	buffer_add(&out, (struct text){ body, whole.n - (size_t)(body - whole.at) });
	return buffer_text(&out);
}
