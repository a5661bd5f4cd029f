/* SPDX-License-Identifier: Apache-2.0 */
/* A role is a state and one function step(state, input, now) -> outbox. It never touches a socket or a clock: one loop
   (gateway/bus/loop.c) does that for a process, and the simulator does it for all roles in one. */
#pragma once

#include "base/clock.h"
#include "base/http.h"
#include "gateway/records.h"

enum role_kind { ROLE_EDGE, ROLE_WORKER, ROLE_LEDGER, ROLE_PAYER, ROLE_COURIER, ROLE_KINDS };

enum message_type {
	TYPE_HELLO,
	TYPE_PING,
	TYPE_CREDIT,
	TYPE_BYE,
	TYPE_REQUEST,
	TYPE_REPLY,
	TYPE_PRICE,
	TYPE_EVENT,
	TYPE_WORK,
	TYPE_DECISION,
	TYPE_DELIVER,
	TYPE_DELIVERED,
	TYPE_ASK,
	TYPE_FORM,
	TYPE_READ,
	TYPE_STANDING,
	MESSAGE_TYPES
};

const char *role_kind_name(enum role_kind kind); /* "edge" */
bool role_kind_of(struct text name, enum role_kind *kind);
const char *message_type_name(enum message_type type); /* "REQUEST" */
bool message_type_of(struct text name, enum message_type *type);
/* True when types.def lets `from` send this to `to`; HELLO, PING, CREDIT and BYE go between any two that are linked. */
bool message_allowed(enum message_type type, enum role_kind from, enum role_kind to);

/* One instance: worker.1 is { ROLE_WORKER, 1 }. */
struct peer {
	enum role_kind kind;
	int index;
};
enum { PEER_ANY = -1, PEERS_MAX = 64 /* instances of one kind */ };

/* "worker.1" both ways; reading takes "ledger" for "ledger.0". */
struct text peer_name(struct peer peer, struct arena *arena);
bool peer_of(struct text name, struct peer *peer);

enum input_kind {
	IN_MESSAGE,   /* from another role: peer, envelope, payload */
	IN_REQUEST,   /* edge: a whole HTTP request on `connection` */
	IN_HANGUP,    /* edge: the client of `connection` is gone */
	IN_REFUSED,   /* edge: HTTP itself refused `count` requests to `address` with `fault`, and they were answered */
	IN_ANSWER,    /* courier: outgoing call `call` ended: status (0: no answer), payload */
	IN_PEER_UP,   /* `peer` is there (again): nothing sent to an earlier life of it counts */
	IN_PEER_GONE, /* `peer` died or is unreachable: what it had in hand is lost */
	IN_CREDIT,    /* `peer` has finished `credit` more of the messages it was sent, in order */
	IN_TICK,      /* the time asked for in outbox.wake_ms has come */
	IN_DRAINED,   /* nothing more is waiting right now: the moment to commit a batch */
	IN_CONFIG,    /* the operator changed the configuration: `config`, checked whole. It takes the place of the one before, to which
	                 nothing may point any more after this step; or the role keeps that one, as if nothing had come, and sets outbox.kept */
	IN_STOP,      /* finish what is in hand; the loop ends when outbox.idle is set or time is up */
};

struct input {
	enum input_kind kind;
	struct peer peer;
	enum message_type type;          /* IN_MESSAGE */
	const struct envelope *envelope; /* IN_MESSAGE */
	int64_t deadline_ms;             /* IN_MESSAGE: on this process's own mono clock; 0 none */
	struct text payload;
	struct text id;                  /* IN_REQUEST: a fresh id of 32 hexadecimal digits, the trace of what it starts */
	uint64_t connection;
	const struct http_request *request;
	uint64_t call;
	int status;
	struct text media;           /* IN_ANSWER: its Content-Type; TEXT_NONE: none was said */
	int64_t credit;
	int address; /* IN_REFUSED: enum address of gateway/edge/address.h */
	enum fault_code fault;
	int64_t count;
	const struct config *config; /* IN_CONFIG */
};

enum out_kind {
	OUT_SEND,  /* to `peer` (index PEER_ANY: any live one of that kind) */
	OUT_REPLY, /* edge: HTTP response on `connection` */
	OUT_CALL,  /* courier: POST payload to url (or another `method`), IN_ANSWER with `call` when done or after deadline_ms */
};

struct out {
	enum out_kind kind;
	struct peer peer;
	enum message_type type;
	struct envelope envelope; /* OUT_SEND: from, budget_ms and credit are filled in by the loop */
	int64_t deadline_ms;      /* OUT_SEND: 0 none. OUT_CALL: when to give up */
	struct text payload;
	uint64_t connection;
	int status;
	const char *media;        /* OUT_REPLY: Content-Type, a literal or arena text. OUT_CALL likewise; NULL: application/xml */
	const char *extra;        /* OUT_REPLY, OUT_CALL: further header lines, NULL none. OUT_CALL: each ends in a line feed */
	bool close;
	uint64_t call;
	const char *method;       /* OUT_CALL: NULL: POST. GET and DELETE send no payload */
	struct text url;
};

/* What one step wants done. Texts live in `arena`, which the loop resets after it has carried everything out. */
struct outbox {
	struct arena *arena;
	struct out *outs;
	size_t n;
	int64_t wake_ms; /* mono time of the next IN_TICK wanted; 0 none. Set anew by every step */
	bool idle;       /* after IN_STOP: nothing is in hand any more */
	bool kept;       /* after IN_CONFIG: something it names could not be taken (the log says what), so all stays as it was */
	bool ended;      /* the process must end now and be started again (a write whose outcome is unknown) */
};

/* One more entry, zeroed but for its kind. Never NULL: an outbox that passes its arena's limit ends the process. */
struct out *outbox_add(struct outbox *outbox, enum out_kind kind);
/* Sends `payload` with a fresh envelope that carries trace, edge, slot, received_ms and deadline of `of` on. */
struct out *outbox_send(struct outbox *outbox, struct peer to, enum message_type type, const struct input *of,
	struct text payload);
/* REPLY to the edge (or the courier, or the worker) named in the envelope of `of`. fault FAULT_NONE: a good answer. NULL when the envelope names neither:
   nobody waits. */
struct out *outbox_answer(struct outbox *outbox, const struct input *of, int status, const char *media, struct text body,
	enum fault_code fault);

/* What a role is given at its start: the configuration and where things are. */
struct role_setup {
	struct peer self;
	const struct config *config;
	const char *run_dir;   /* sockets; NULL: none (simulator) */
	const char *url;       /* edge: "http://127.0.0.1:8080", where it listens; NULL: nowhere (simulator) */
	const char *store_dir; /* case store; NULL: in memory (simulator) */
	struct store *store;   /* simulator: an open store to use instead of store_dir; borrowed */
};

struct role {
	enum role_kind kind;
	const char *doc;
	size_t size;
	/* Fills a zeroed state of `size` bytes. */
	bool (*start)(void *state, const struct role_setup *setup, struct now now, struct fault *fault);
	void (*step)(void *state, const struct input *input, struct now now, struct outbox *out);
	void (*stop)(void *state);
	/* Counts of this role so far, for PING and /metrics; steps, sent and rss_bytes are the loop's. */
	void (*count)(const void *state, struct counters *counters);
	bool wants_drained; /* gets IN_DRAINED whenever its inbox is empty after at least one input */
};

/* The five roles, by kind (gateway/roles.c). */
extern const struct role edge_role, worker_role, ledger_role, payer_role, courier_role;
const struct role *role_of(enum role_kind kind);

/* Which role connects to which, and how many messages the one that is connected to may have in hand from each sender. */
struct link {
	enum role_kind connects, listens;
	int window_to_listener, window_to_connector; /* messages */
};
extern const struct link links[];
extern const size_t links_n;
/* Messages `from` may have unfinished at `to`; 0 when they do not talk. */
int link_window(enum role_kind from, enum role_kind to);
