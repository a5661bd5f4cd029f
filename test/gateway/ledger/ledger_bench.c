/* SPDX-License-Identifier: Apache-2.0 */
#include "test/gateway/ledger/ledger_bench.h"

#include "ncpdp/ncpdp.h"
#include "routing/routing.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct partner partners[] = { { .name = { "caller", 6 }, .id = { CALLER, sizeof(CALLER) - 1 },
	.callback = { "https://ehr.example/script", 26 } } };
#define REMOTE(label, sender, after) { .name = { label, sizeof(label) - 1 }, .id = { sender, sizeof(sender) - 1 },            \
	.our_id = { "PY:EXUS", 7 }, .script = { "https://pbm.example/script", 26 }, .answer_ms = 3600000,                   \
	.second = { after, sizeof(after) - 1 } }
static struct backend backends[] = { REMOTE(FAR, "PY:FAR", FAR_SECOND), REMOTE(FAR_SECOND, "PY:FAR-SECOND", ""),
	REMOTE(ELSEWHERE, "PY:ELSEWHERE", "") };
static const struct config config = { .partners = partners, .partners_n = 1, .backends = backends, .backends_n = 3 };

static void start(struct ledger_bench *bench)
{
	struct role_setup setup = { .self = { ROLE_LEDGER, 0 }, .config = bench->config, .store = bench->store };
	struct fault fault;

	bench->state = calloc(1, ledger_role.size);
	cr_assert(ledger_role.start(bench->state, &setup, bench->now, &fault), "%s %s", fault_row(fault.code)->name,
		fault.path);
}

void bench_open(struct ledger_bench *bench)
{
	bench_open_with(bench, &config);
}

void bench_open_with(struct ledger_bench *bench, const struct config *with)
{
	*bench = (struct ledger_bench){ .config = with, .store = store_new_memory(), .now = { 1000000, 1795339800000 } };
	arena_init(&bench->arena, 64 << 20);
	arena_init(&bench->step, 64 << 20);
	start(bench);
}

void bench_check(struct ledger_bench *bench)
{
	struct case_report report;
	struct fault fault;

	cr_assert(case_check(bench->store, &bench->arena, &report, &fault));
	for (size_t i = 0; i < report.findings_n; i++)
		cr_log_error("%s: %s: %.*s", report.findings[i].rule, report.findings[i].what,
			TEXT_ARGS(report.findings[i].about));
	cr_assert_eq(report.findings_all, 0);
}

void bench_close(struct ledger_bench *bench)
{
	ledger_role.stop(bench->state);
	free(bench->state);
	store_memory_crash(bench->store);
	bench_check(bench);
	store_free(bench->store);
	arena_done(&bench->step);
	arena_done(&bench->arena);
}

void bench_crash(struct ledger_bench *bench)
{
	store_memory_crash(bench->store); /* first: what stop does must not make up for the cut */
	ledger_role.stop(bench->state);
	free(bench->state);
	bench_check(bench);
	start(bench);
}

void bench_pass(struct ledger_bench *bench, int64_t ms)
{
	bench->now.mono_ms += ms;
	bench->now.wall_ms += ms;
}

void bench_step(struct ledger_bench *bench, const struct input *input)
{
	arena_reset(&bench->step);
	bench->outbox = (struct outbox){ .arena = &bench->step };
	ledger_role.step(bench->state, input, bench->now, &bench->outbox);
}

void bench_drain(struct ledger_bench *bench)
{
	bench_step(bench, &(struct input){ .kind = IN_DRAINED });
}

void bench_tick(struct ledger_bench *bench)
{
	bench_step(bench, &(struct input){ .kind = IN_TICK });
}

void bench_peer(struct ledger_bench *bench, enum role_kind kind, bool up)
{
	bench_step(bench, &(struct input){ .kind = up ? IN_PEER_UP : IN_PEER_GONE, .peer = { kind, 0 } });
}

static void message(struct ledger_bench *bench, struct peer from, enum message_type type, struct envelope envelope,
	int64_t deadline_ms, const struct record *record, const void *rec)
{
	struct buffer packed;

	buffer_init(&packed, &bench->arena, 512);
	record_pack(record, rec, &packed);
	bench_step(bench, &(struct input){ .kind = IN_MESSAGE, .peer = from, .type = type, .envelope = &envelope,
		.deadline_ms = deadline_ms, .payload = buffer_text(&packed) });
}

/* The message as it came: who sent it, and a body that must stay as it is. */
static struct text body_of(struct ledger_bench *bench, const struct event_of *of)
{
	char text[600];
	const char *from = of->partner ? of->partner : FETCHER;
	int n = snprintf(text, sizeof(text), "<Message DatatypesVersion=\"20170715\"><Header><To Qualifier=\"PY\">DUALTRACK</To>"
		"<From Qualifier=\"%.*s\">%s</From><MessageID>%s</MessageID></Header><Body><%s><!-- as %s wrote it --></%s></Body>"
		"</Message>", (int)(strchr(from, ':') - from), from, strchr(from, ':') + 1, of->message_id,
		of->kind ? of->kind : "PARequest", of->message_id, of->kind ? of->kind : "PARequest");

	cr_assert(n > 0 && (size_t)n < sizeof(text));
	return arena_text(&bench->arena, (struct text){ text, (size_t)n });
}

static struct text decision_of(struct ledger_bench *bench, const char *track, const char *words, const char *backend)
{
	struct route_question question = { 0 };
	struct fault fault;
	struct route_decision decision = { .track = text_of(track), .backend = text_lit("house"), .rule = text_lit("r"),
		.sentence = text_lit("s"), .version = text_lit("v") };
	struct buffer packed;

	if (!track)
		return TEXT_NONE;
	if (backend)
		decision.backend = text_of(backend);
	if (words) {
		cr_assert(route_words_read(text_of(words), &bench->arena, &question, &fault), "%s", fault.path);
		decision.question = &question;
	}
	buffer_init(&packed, &bench->arena, 256);
	record_pack(&route_decision_record, &decision, &packed);
	return buffer_text(&packed);
}

/* A message of that kind with nothing in it, packed: the ledger looks only at what it is. */
static struct text request_of(struct ledger_bench *bench, const struct event_of *of)
{
	struct pa_initiation_response initiation = { 0 };
	struct pa_response response = { 0 };
	struct pa_appeal_response appeal = { 0 };
	struct pa_cancel_response cancel = { 0 };
	struct script_error error = { .code = text_of(of->error_code) };
	struct text kind = text_of(of->kind);
	struct script_body body = {
		.pa_initiation_response = text_is(kind, "PAInitiationResponse") ? &initiation : NULL,
		.pa_response = text_is(kind, "PAResponse") ? &response : NULL,
		.pa_appeal_response = text_is(kind, "PAAppealResponse") ? &appeal : NULL,
		.pa_cancel_response = text_is(kind, "PACancelResponse") ? &cancel : NULL,
		.error = text_is(kind, "Error") ? &error : NULL,
	};
	struct script_address to = { .qualifier = text_lit("PY"), .id = text_lit("DUALTRACK") };
	struct script_address from = { .qualifier = text_lit("D"), .id = text_of(of->partner ? strchr(of->partner, ':') + 1 : "") };
	struct script_header header = { .to = &to, .from = &from, .message_id = text_of(of->message_id) };
	struct script_message script = { .header = &header, .body = &body };
	struct buffer packed;

	if (!of->kind)
		return TEXT_NONE;
	buffer_init(&packed, &bench->arena, 4096);
	record_pack(&script_message_record, &script, &packed);
	return buffer_text(&packed);
}

void bench_event(struct ledger_bench *bench, struct event_of of)
{
	char trace[40];
	struct case_message event = { .event = text_of(of.event), .partner = text_of(of.partner ? of.partner : FETCHER),
		.message_id = text_of(of.message_id), .body_sha256 = text_of(of.body ? of.body : "hash"),
		.received_ms = bench->now.wall_ms, .pa_reference_id = text_of(of.reference), .pa_case_id = text_of(of.case_id),
		.acknowledged = text_of(of.acknowledged), .request = text_there(of.request) ? of.request : request_of(bench, &of), .body = body_of(bench, &of),
		.plan = text_lit("PLAN-A"), .accepted = text_lit("<Status>accepted</Status>"), .backend = text_of(of.backend),
		.appeal_case_id = text_of(of.appeal_case_id), .relates_to = text_of(of.relates_to), .outcome = text_of(of.outcome),
		.reason = text_of(of.reason), .e_appeal = text_of(of.e_appeal), .reply_by_ms = of.reply_by_ms,
		.appeal_by_ms = of.appeal_by_ms, .programme = text_of(of.programme), .priority = text_of(of.priority), .decision = decision_of(bench, of.track, of.words, of.backend),
		.said = (struct route_said *)of.said, .said_n = of.said != NULL };

	struct text key = text_of(of.key), drug = text_of(of.drug), person_key = text_of(of.person_key);

	event.inquiry_keys = &person_key;
	event.inquiry_keys_n = of.person_key != NULL;

	event.drug_keys = &drug;
	event.drug_keys_n = of.drug != NULL;
	if (text_there(of.json)) {
		event.standard = text_lit("PAS");
		event.body = of.json;
		event.accepted = TEXT_NONE;
		event.further_reference = text_of(of.further);
		event.subscription = text_of(of.subscription);
		event.pas_version = of.pas_version;
		event.asked_in = text_of(of.asked_in);
		event.medical_backend = text_of(of.medical_backend);
		event.inquiry_keys = &key;
		event.inquiry_keys_n = of.key != NULL;
	}
	snprintf(trace, sizeof(trace), "%032x", ++bench->messages);
	event.trace = text_of(trace);
	message(bench, (struct peer){ ROLE_WORKER, 0 }, TYPE_EVENT,
		(struct envelope){ .trace = event.trace, .edge = text_lit("edge.0"), .slot = bench->messages }, of.deadline_ms,
		&case_message_record, &event);
}

struct standing_drug bench_standing(struct ledger_bench *bench, const char *partner, const char *drug_key, const char *person_key)
{
	struct text drug = text_of(drug_key), person = text_of(person_key);
	struct standing_drug asked = { .keys = &drug, .keys_n = 1 };
	struct standing standing = { .plan = text_lit("PLAN-A"), .cardholder_id = text_lit("EX0001"), .drugs = &asked, .drugs_n = 1,
		.partner = text_of(partner), .person_keys = &person, .person_keys_n = person_key != NULL };
	struct fault fault;

	message(bench, (struct peer){ ROLE_WORKER, 0 }, TYPE_STANDING,
		(struct envelope){ .trace = text_lit("0123456789abcdef0123456789abcdef"), .edge = text_lit("worker.0"), .slot = 3 }, 0, &standing_record, &standing);
	cr_expect_eq(bench_sent(bench, TYPE_REPLY), 0, "what it tells is durable first");
	bench_drain(bench);
	cr_assert(bench_sent(bench, TYPE_REPLY) == 1 && bench_out(bench, TYPE_REPLY, 0)->peer.kind == ROLE_WORKER);
	cr_assert(record_unpack(&standing_record, &standing, &bench->arena, bench_answer(bench, 0, NULL), &fault) && standing.drugs_n == 1);
	return standing.drugs[0];
}

void bench_decision(struct ledger_bench *bench, enum role_kind from, struct case_decision decision)
{
	message(bench, (struct peer){ from, 0 }, TYPE_DECISION, (struct envelope){ 0 }, 0, &case_decision_record, &decision);
}

void bench_decide_with(struct ledger_bench *bench, const struct case_work *work, const char *outcome, const char *reason,
	int64_t again_ms, struct text text)
{
	bench_decision(bench, ROLE_PAYER, (struct case_decision){ .row = work->row, .case_id = work->case_id,
		.outcome = text_of(outcome), .reason = text_of(reason), .message = text, .again_ms = again_ms });
}

void bench_decide(struct ledger_bench *bench, const struct case_work *work, const char *outcome, const char *reason)
{
	bench_decide_with(bench, work, outcome, reason, 0, text_lit("<Message>decided</Message>"));
}

void bench_decide_again(struct ledger_bench *bench, const struct case_work *work, int64_t again_ms)
{
	bench_decide_with(bench, work, "IN_PROCESS", NULL, again_ms, text_lit("<Message>decided</Message>"));
}

void bench_delivered(struct ledger_bench *bench, struct text row, const char *result)
{
	struct delivered delivered = { row, text_of(result), 200 };

	message(bench, (struct peer){ ROLE_COURIER, 0 }, TYPE_DELIVERED, (struct envelope){ 0 }, 0, &delivered_record,
		&delivered);
}

const struct out *bench_out(const struct ledger_bench *bench, enum message_type type, size_t i)
{
	for (size_t at = 0; at < bench->outbox.n; at++)
		if (bench->outbox.outs[at].type == type && i-- == 0)
			return &bench->outbox.outs[at];
	return NULL;
}

size_t bench_sent(const struct ledger_bench *bench, enum message_type type)
{
	size_t n = 0;

	while (bench_out(bench, type, n))
		n++;
	return n;
}

static void unpack(struct ledger_bench *bench, enum message_type type, size_t i, const struct record *record, void *rec)
{
	const struct out *out = bench_out(bench, type, i);
	struct fault fault;

	cr_assert(out, "nothing was sent");
	cr_assert(record_unpack(record, rec, &bench->arena, arena_text(&bench->arena, out->payload), &fault));
}

struct case_work bench_work(struct ledger_bench *bench, size_t i)
{
	struct case_work work = { 0 };

	unpack(bench, TYPE_WORK, i, &case_work_record, &work);
	return work;
}

struct delivery bench_delivery(struct ledger_bench *bench, size_t i)
{
	struct delivery delivery = { 0 };
	struct fault fault;

	unpack(bench, TYPE_DELIVER, i, &delivery_record, &delivery);
	cr_assert(record_check(&delivery_record, &delivery, &fault), "%s", fault.path);
	return delivery;
}

struct text bench_answer(struct ledger_bench *bench, size_t i, int64_t *status)
{
	const struct out *out = bench_out(bench, TYPE_REPLY, i);

	cr_assert(out, "nobody was answered");
	if (status)
		*status = out->envelope.status;
	return arena_text(&bench->arena, out->payload);
}

const char *bench_reply(struct ledger_bench *bench, const char **fault)
{
	const struct out *out = bench_out(bench, TYPE_REPLY, 0);
	static char reply[4096], name[40];

	cr_assert_leq(bench_sent(bench, TYPE_REPLY), 1);
	if (fault)
		*fault = out ? text_to_z(out->envelope.fault, name, sizeof(name)) : "";
	return out ? text_to_z(out->payload, reply, sizeof(reply)) : "";
}

bool bench_case(struct ledger_bench *bench, const char *partner, const char *reference, struct pa_case *at)
{
	struct case_store cases = { .store = bench->store };
	struct fault fault;
	struct text id;
	bool found = false;

	*at = (struct pa_case){ 0 };
	cr_assert(case_store_find(&cases, text_of(partner), text_of(reference), &bench->arena, &id, &fault));
	if (text_there(id))
		cr_assert(case_store_read(&cases, case_key(id, &bench->arena), &pa_case_record, at, &bench->arena, &found,
			&fault));
	return found;
}

size_t bench_audited(struct ledger_bench *bench, const char *what, const char *fault)
{
	struct store_walk *walk = store_walk_new(bench->store, text_lit("a/"), TEXT_NONE);
	struct text key, value, packed;
	unsigned char chain[SHA256_BYTES];
	struct fault why;
	size_t n = 0;

	while (store_walk_next(walk, &key, &value)) {
		struct audit_entry entry = { 0 };

		cr_assert(case_audit_split(value, chain, &packed));
		cr_assert(record_unpack(&audit_entry_record, &entry, &bench->arena, packed, &why));
		n += text_is(entry.what, what) && (!*fault || text_is(entry.fault, fault));
	}
	cr_assert(store_walk_free(walk, &why));
	return n;
}
