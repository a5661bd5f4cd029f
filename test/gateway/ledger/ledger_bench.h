/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger on a bench: its inputs made by hand, its outbox in reach, its store to crash. */
#pragma once

#include "gateway/bus/role.h"
#include "routing/case_check.h"

#define CALLER "D:1999999001" /* has a callback URL */
#define FETCHER "D:1999999002" /* has none */

/* Remote backends by name; each sends as PY:<NAME>. far-second is the second choice of far. */
#define FAR "far"
#define FAR_SECOND "far-second"
#define ELSEWHERE "elsewhere"

struct ledger_bench {
	const struct config *config;
	struct store *store;
	void *state;
	struct now now;
	struct arena arena; /* of the whole test */
	struct arena step;  /* of the last step */
	struct outbox outbox;
	int messages; /* made so far: each has a fresh trace */
};

/* A ledger on an empty store in memory, at wall time 1795339800000. */
void bench_open(struct ledger_bench *bench);
/* The same with a configuration of the test's own. */
void bench_open_with(struct ledger_bench *bench, const struct config *config);
/* Fails the test when the checker finds anything in the store. */
void bench_close(struct ledger_bench *bench);
/* Power cut and restart: peers have to come up anew. */
void bench_crash(struct ledger_bench *bench);
void bench_check(struct ledger_bench *bench);

void bench_pass(struct ledger_bench *bench, int64_t ms);
void bench_step(struct ledger_bench *bench, const struct input *input);
void bench_drain(struct ledger_bench *bench);
void bench_tick(struct ledger_bench *bench);
void bench_peer(struct ledger_bench *bench, enum role_kind kind, bool up);

/* Like INITIATE of `partner` under this MessageID; body_sha256, pa_reference_id, pa_case_id, acknowledged may be NULL. */
struct event_of {
	const char *event, *partner, *message_id, *body, *reference, *case_id, *acknowledged;
	int64_t deadline_ms;
	const char *backend;        /* INITIATE, SUBMIT: who decides; ANSWER, NOTIFY: who sends it */
	const char *appeal_case_id;
	const char *kind;           /* ANSWER, NOTIFY: name of the body, such as PAResponse */
	const char *relates_to, *outcome, *reason, *e_appeal, *error_code;
	int64_t reply_by_ms, appeal_by_ms;
	const char *programme, *priority;
	const char *track;          /* of the router's decision; NULL: there is none */
	const char *words;          /* what it was asked, as in route_words_read; NULL: the question is not kept */
	const char *drug;           /* drug key; NULL: none */
	const struct route_said *said; /* ANSWER: it is not theirs; NULL: it is */
	struct text request; /* packed script_message */
	struct text json;    /* PAS: the resource; the event is of that standard */
	const char *further, *key, *subscription;
	int64_t pas_version;
	const char *person_key; /* SCRIPT: of inquiry_keys */
	const char *asked_in; /* PAS: "SCRIPT" of a drug on the pharmacy benefit */
	const char *medical_backend; /* PAS: the payer of a [route] for the medical benefit */
};
void bench_event(struct ledger_bench *bench, struct event_of of);
/* How a member stands is asked by a worker that knows these keys (person_key NULL: none) and asks for this partner; what is told of the drug. */
struct standing_drug bench_standing(struct ledger_bench *bench, const char *partner, const char *drug_key, const char *person_key);
/* The payer's answer to a WORK. */
void bench_decide(struct ledger_bench *bench, const struct case_work *work, const char *outcome, const char *reason);
void bench_decide_again(struct ledger_bench *bench, const struct case_work *work, int64_t again_ms);
/* The same with a message of the caller's. */
void bench_decide_with(struct ledger_bench *bench, const struct case_work *work, const char *outcome, const char *reason,
	int64_t again_ms, struct text message);
/* All of it, from whom. */
void bench_decision(struct ledger_bench *bench, enum role_kind from, struct case_decision decision);
void bench_delivered(struct ledger_bench *bench, struct text row, const char *result);

/* How many of a type are in the outbox of the last step, and the i-th. */
size_t bench_sent(const struct ledger_bench *bench, enum message_type type);
const struct out *bench_out(const struct ledger_bench *bench, enum message_type type, size_t i);
struct case_work bench_work(struct ledger_bench *bench, size_t i);
struct delivery bench_delivery(struct ledger_bench *bench, size_t i);
/* The i-th REPLY of the last step. */
struct text bench_answer(struct ledger_bench *bench, size_t i, int64_t *status);
/* The only REPLY of the last step as a C string, "" when there is none; *fault its fault name. */
const char *bench_reply(struct ledger_bench *bench, const char **fault);
/* A case by partner and reference; false: none. */
bool bench_case(struct ledger_bench *bench, const char *partner, const char *reference, struct pa_case *at);
/* Audit entries of this kind with this fault ("": any). */
size_t bench_audited(struct ledger_bench *bench, const char *what, const char *fault);
