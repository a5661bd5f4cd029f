/* SPDX-License-Identifier: Apache-2.0 */
/* The courier's state, shared by the files of that role only. It keeps nothing that must last: what it loses, the ledger sends again and
   an edge refuses at its deadline. */
#pragma once

#include "gateway/courier/breaker.h"
#include "gateway/courier/remote_answer.h"
#include "gateway/bus/role.h"
#include "gateway/config/route.h"

enum {
	COURIER_CALL_MS = 12000, /* for one post of a delivery or a case */
	COURIER_PRICE_MS = 2500, /* for one real-time benefit question; the edge gives up after 3000 unless told otherwise */
	COURIER_CRD_MS = 4000,   /* for one CRD hook: a CDS client waits 5 s */
	COURIER_WAIT_MS = 10000, /* longest wait for one of a receiver's places; two posts and a fetch with their waits end within the
	                            ledger's lease of 90 s */
	COURIER_JOBS_MAX = 512,  /* in hand; more are sent back at once */
	COURIER_NAME_MAX = 61,   /* bytes of a backend's name, with the NUL */
	COURIER_ROW_MAX = 81,    /* bytes of an outbox row's name, with the NUL */
	COURIER_ID_MAX = 36,     /* bytes of a MessageID, with the NUL */
	COURIER_URL_MAX = 2001,  /* bytes with the NUL, as in config.def */
	COURIER_TOKEN_MAX = 4097, /* bytes of an access token, with the NUL */
	COURIER_LANES_MAX = 64,  /* [backend]s of a configuration, and of the ones before it */
};

/* -- what is asked of remote backends -- */

enum job_kind {
	JOB_CASE,    /* asked in SCRIPT */
	JOB_PRICE,
	JOB_FORWARD,
	JOB_FHIR,    /* a case, asked in FHIR (PAS) */
	JOB_CRD,     /* whether the medical benefit pays (CRD): a worker waits for the answer */
};
enum job_state {
	JOB_WAITS,   /* for a place */
	JOB_POSTED,  /* for the answer to its call */
	JOB_FETCHES, /* for the mailbox to be looked through */
	JOB_OVER,    /* told; it is taken out at the end of the step */
};

struct job {
	struct job *next;
	enum job_kind kind;
	enum job_state state;
	struct arena arena;                 /* holds what the texts below point to */
	char backend[COURIER_NAME_MAX];     /* that is asked now */
	uint64_t call;
	int64_t wait_until_ms;              /* JOB_WAITS: mono */
	int64_t deadline_ms;                /* mono, of the answer; 0: a case has none here */
	bool repeat;                        /* posted before, by us or by the ledger: it needs a repeat of the lane's */
	bool in_doubt;                      /* a post of it may have arrived */
	bool fetched, answered;             /* the mailbox was looked through since; its answer was in it */
	struct text message_id;             /* under which the backend is asked */
	struct envelope envelope;           /* of what brought it, for the reply */
	struct input of;
	/* JOB_CASE, JOB_FHIR */
	struct peer ledger;
	struct case_work work;
	/* JOB_FHIR */
	uint64_t token; /* number of the token that its last post had */
	bool renewed;   /* that was refused once, and a new one asked for */
	/* JOB_PRICE, JOB_FORWARD */
	struct remote_question question;
	struct ncpdp_message asked;         /* the message as received, read; JOB_FORWARD: only who sent it is used */
};

enum fetch_state { FETCH_NOT, FETCH_WANTED, FETCH_POSTED, FETCH_TOLD };

/* A backend's mailbox being looked through: one GetMessage after the other, each item acknowledged once the ledger has it for good. */
struct fetch {
	enum fetch_state state;
	uint64_t call;
	uint64_t number;                    /* FETCH_TOLD: slot of the EVENT */
	int64_t until_ms;                   /* mono; FETCH_TOLD: the ledger's answer is waited for so long */
	char trace[COURIER_ID_MAX];         /* of this GetMessage and of the event it becomes */
	char item[COURIER_ID_MAX];          /* MessageID of the item in hand */
	char acknowledge[COURIER_ID_MAX];   /* of the item to be acknowledged by the next GetMessage; "": none */
	int items;                          /* fetched in a row */
};

/* An access token for a payer's FHIR address (SMART backend services), asked for when it is needed, one request at a time. */
enum token_state { TOKEN_NONE, TOKEN_FINDS, TOKEN_ASKS, TOKEN_HELD };
struct token {
	enum token_state state;
	uint64_t call;    /* FINDS, ASKS */
	uint64_t number;  /* of the one held */
	int64_t until_ms; /* mono; HELD: it is used until then; NONE: none is asked for before */
	int failures;     /* in a row */
	char address[COURIER_URL_MAX]; /* where tokens are asked for; "": not found out yet */
	char value[COURIER_TOKEN_MAX];
};

/* A Subscription at a payer that is asked in FHIR. */
struct subscribing {
	bool wanted;      /* something was posted to it */
	uint64_t call;    /* under way; 0: none is */
	uint64_t token;   /* number of the one it went out with */
	int64_t again_ms; /* mono: not before; 0: at the next step at which it can be asked for */
};

/* What the posts to one backend share. */
struct lane {
	char name[COURIER_NAME_MAX];
	int64_t in_flight;
	int64_t repeats;   /* that may be made now, in hundredths */
	int64_t drip_ms;   /* mono time of the last one given for free */
	struct fetch fetch;
	struct token token;
	struct subscribing subscribing;
};

struct delivery_state;
struct client_reading;

struct courier {
	const struct config *config;
	struct peer self;
	struct xml_reader *reader;
	struct arena arena; /* of the step */
	struct breakers breakers;
	struct crypto_key *key; /* signing_key of the configuration; NULL: there is none */
	struct delivery_state *deliveries;
	size_t deliveries_n;
	struct job *jobs;
	size_t jobs_n;
	struct client_reading *reads;
	size_t reads_n;
	struct lane lanes[COURIER_LANES_MAX];
	struct backend_counters lane_counts[COURIER_LANES_MAX]; /* of each */
	size_t lanes_n;
	uint64_t last_call, last_fetch;
	struct counters counters;
	bool stopping;
};

/* HTTP statuses by which the same post will never be taken. Others, 401 or 404 among them, are about the way there, which somebody may
   mend while it is tried again. */
bool courier_final_status(int status);
/* A MessageID answers one of ours, or does not say which. */
bool courier_relates(const struct ncpdp_message *answer, struct text message_id);

/* -- courier_deliver.c: answers to partners -- */
void deliver_take(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
/* True when the call was one of these. */
bool deliver_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
void deliver_on(struct courier *courier, struct now now, struct outbox *out);
void deliver_stop(struct courier *courier, struct outbox *out);
void deliver_done(struct courier *courier);
int64_t deliver_wake(const struct courier *courier);

/* -- courier_lane.c: places, repeats, breakers of a backend -- */
struct lane *lane_of(struct courier *courier, const struct backend *backend, struct now now);
struct backend_counters *lane_counts(struct courier *courier, const struct lane *lane);
/* Which of a backend's addresses a job of this kind is posted to; empty: it has none. */
struct text lane_address(const struct backend *backend, enum job_kind kind);
bool lane_open(const struct courier *courier, const struct backend *backend, enum job_kind kind, struct now now);
/* A first post earns a part of a repeat; a repeat takes one, or cannot be made. */
bool lane_may_post(struct courier *courier, struct lane *lane, const struct backend *backend, bool repeat, struct now now);
/* Puts the post into the outbox and takes a place; returns the call. */
uint64_t lane_post(struct courier *courier, struct lane *lane, struct text url, struct text payload, int64_t deadline_ms,
	struct outbox *out);
/* The same with FHIR's media types and the token that the lane holds; `more` may be NULL: further header lines, each with a line feed. */
uint64_t lane_post_fhir(struct courier *courier, struct lane *lane, struct text url, struct text payload, const char *more, int64_t deadline_ms,
	struct outbox *out);
/* It ended: gives the place back and tells the breaker. */
void lane_ended(struct courier *courier, struct lane *lane, const struct backend *backend, enum job_kind kind, int status,
	struct now now);

/* -- courier_job.c: what all questions to backends have in common -- */
struct job *job_new(struct courier *courier, enum job_kind kind, const struct input *input, struct now now);
const struct backend *job_backend(const struct courier *courier, const struct job *job);
/* The next backend to be asked, when there is one that takes such a job: the job then waits for a place there. */
bool job_to_second(struct courier *courier, struct job *job, struct now now);
/* Posts what waits as far as there are places, and gives up what waited too long. */
void jobs_on(struct courier *courier, struct now now, struct outbox *out);
bool jobs_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
void jobs_stop(struct courier *courier, struct now now, struct outbox *out);
void jobs_sweep(struct courier *courier); /* takes out what is over */
void jobs_done(struct courier *courier);
int64_t jobs_wake(const struct courier *courier);

/* -- courier_case.c -- */
void case_take(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
/* The bytes for this backend, the same however often they are asked for. TEXT_NONE with a fault when they cannot be made. */
struct text case_payload(struct courier *courier, struct job *job, const struct backend *backend, struct fault *fault);
void case_answered(struct courier *courier, struct job *job, const struct input *input, struct now now, struct outbox *out);
/* Could not be posted, or nothing came of it: what next. */
void case_not_taken(struct courier *courier, struct job *job, struct now now, struct outbox *out);
/* The mailbox was looked through. */
void case_fetched(struct courier *courier, struct job *job, struct now now, struct outbox *out);
void case_give_up(struct courier *courier, struct job *job, struct outbox *out);

/* Nothing more is to be done for it: the DECISION says what came of it. Row, case and backend are filled in. */
void case_decide(struct courier *courier, struct job *job, struct case_decision *decision, struct outbox *out);
/* The backend took it and answers later (ACCEPTED), or did not (RETRY). */
void case_tell(struct courier *courier, struct job *job, const char *outcome, struct outbox *out);

/* The prescriber of a case in SCRIPT hears that it is refused for good, with this note. */
void case_fail(struct courier *courier, struct job *job, struct text note, struct now now, struct outbox *out);

/* -- courier_fhir.c: a case that is asked in FHIR -- */
bool fhir_asked(const struct case_work *work, const struct backend *backend, struct arena *arena);
struct text fhir_payload(struct courier *courier, struct job *job, const struct backend *backend, struct fault *fault);
/* Below the backend's address: "/Claim/$submit". */
const char *fhir_operation(const struct job *job);
void fhir_answered(struct courier *courier, struct job *job, const struct input *input, struct now now, struct outbox *out);

/* -- courier_crd.c: what a payer says of an order before it is submitted -- */
struct text crd_payload(struct courier *courier, struct job *job, struct now now, struct fault *fault);
/* Posts the hook to the backend's service under our signature; returns the call. */
uint64_t courier_crd_ask(struct courier *courier, struct lane *lane, const struct backend *backend, struct text payload, int64_t deadline_ms,
	struct now now, struct outbox *out);
void crd_answered(struct courier *courier, struct job *job, const struct input *input, struct now now, struct outbox *out);
void crd_refuse(struct courier *courier, struct job *job, enum fault_code code, struct outbox *out);
/* courier_hook.c: the order as an order-sign that needs nothing to be read from us. payer_id: who pays, where the order does not say ("": not known).
   TEXT_NONE past the arena's limit. */
struct text hook_of(const struct asked_order *order, struct text payer_id, struct text trace, int64_t wall_ms, struct arena *arena);

/* -- courier_subscribe.c: being notified by payers that are asked in FHIR -- */
void subscribe_on(struct courier *courier, struct now now, struct outbox *out);
bool subscribe_answered(struct courier *courier, const struct input *input, struct now now);
int64_t subscribe_wake(const struct courier *courier);

/* -- courier_token.c -- */
/* The signing_key of the configuration. False with the fault when it cannot be read. */
bool token_key_read(const struct config *config, struct crypto_key **out, struct fault *fault) fault_check;
enum token_have { TOKEN_READY, TOKEN_COMING, TOKEN_REFUSED };
/* Whether there is a token to post with, or none is needed; else one is asked for. REFUSED: none could be had lately. */
enum token_have token_want(struct courier *courier, struct lane *lane, const struct backend *backend, struct now now, struct outbox *out);
/* The token of this number was refused (401): another one is asked for at the next post. */
void token_spent(struct lane *lane, uint64_t number);
bool token_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
/* Those of an earlier configuration are not used any more. */
void token_forget(struct courier *courier);

/* -- courier_ask.c -- */
void ask_take(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
struct text ask_payload(struct courier *courier, struct job *job, const struct backend *backend, struct now now, struct fault *fault);
void ask_answered(struct courier *courier, struct job *job, const struct input *input, struct now now, struct outbox *out);
void ask_not_taken(struct courier *courier, struct job *job, struct now now, struct outbox *out);
void ask_refuse(struct courier *courier, struct job *job, enum fault_code code, struct now now, struct outbox *out);

/* -- courier_read.c: what a client did not send along -- */
void read_take(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
bool read_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
void reads_done(struct courier *courier);

/* -- courier_fetch.c -- */
/* Has the backend's mailbox looked through; jobs that wait for it hear when it is done. */
void fetch_want(struct courier *courier, const struct backend *backend, struct now now);
void fetch_on(struct courier *courier, struct now now, struct outbox *out);
bool fetch_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
/* The ledger has the item for good, or refused it. */
void fetch_told(struct courier *courier, const struct input *input, struct now now, struct outbox *out);
int64_t fetch_wake(const struct courier *courier);
