/* SPDX-License-Identifier: Apache-2.0 */
/* Which request is with which worker, for how long, and what to do when one dies. It sends nothing and answers nothing: it
   says what is due, and edge.c does it. */
#pragma once

#include "base/crypto.h"
#include "gateway/bus/family.h"
#include "gateway/bus/role.h"

enum {
	DISPATCH_SENDS_MAX = 3,         /* sends of one request; the third death is not worth a fourth worker */
	DISPATCH_STRIKES_MAX = 2,       /* workers a body may stop before it is never sent again */
	DISPATCH_PENDING_MAX = 8192,    /* requests in hand: twice the default of client connections, the rest have hung up */
	DISPATCH_QUEUE_MAX = 512,       /* requests without a worker; at 5,000/s a tenth of a second */
	DISPATCH_BYTES_MAX = 64 << 20,  /* bytes of bodies in hand: 64 of the largest or 12,000 of the usual ones */
	DISPATCH_SHED_PART = 8,         /* new ones are refused while one waits longer than 1/8 of its deadline, so that an
	                                   admitted one keeps 7/8 for its work */
	DISPATCH_RESEND_PART = 3,       /* no answer after 1/3 of the deadline: sent again */
	DISPATCH_RESEND_EARN = 10,      /* first sends that earn one such resend: a slow backend must not double its own load */
	DISPATCH_RESEND_SAVED_MAX = 100, /* resends that can be saved up, and that a start begins with */
	DISPATCH_GRACE_MS = 5000,       /* a worker's place is taken back so long after a deadline: the message was lost */
	DISPATCH_WINDOW_MAX = 16,       /* of the bus's window for a worker */
	DISPATCH_HASHES_MAX = 256,      /* bodies with a strike that are remembered, for the life of the process */
	TRACE_MAX = 36,                 /* bytes with the NUL */
};

enum pending_list { LIST_DEADLINE, LIST_STATE, LIST_CONNECTION, PENDING_LISTS };

/* One request from its arrival until its answer. */
struct pending {
	int64_t slot; /* with trace what a REPLY is known by */
	char trace[TRACE_MAX];
	enum family family;
	uint64_t connection; /* 0: the client hung up */
	struct arena arena;  /* holds body */
	struct text body;
	int64_t received_ms; /* Unix time, for the clock of the case */
	int64_t arrived_ms, deadline_ms; /* mono */
	int sends;
	/* The rest is dispatch.c's own. */
	int64_t since_ms, resend_ms;
	int worker;     /* last sent to */
	bool forwarded; /* that worker is done with it: it is with the ledger or the payer, or its answer is on the way */
	bool struck, hashed;
	unsigned char hash[SHA256_BYTES];
	struct pending_queue *in; /* by LIST_STATE */
	struct pending *before[PENDING_LISTS], *after[PENDING_LISTS];
	uint32_t generation;
};

struct pending_queue {
	struct pending *first, *last;
	size_t n;
	enum pending_list list;
};

struct dispatch_worker {
	bool up;
	int sent_n; /* messages it was sent and has not finished, oldest first */
	struct {
		int64_t slot, deadline_ms;
	} sent[DISPATCH_WINDOW_MAX];
};

struct dispatch_strike {
	unsigned char hash[SHA256_BYTES];
	int deaths; /* 0: free */
};

struct dispatch {
	int window;
	int workers_n; /* highest index seen, and one */
	int64_t span_ms[FAMILIES];
	struct pending *pendings; /* DISPATCH_PENDING_MAX */
	struct pending *free_first;
	size_t pending_n, bytes, places_used;
	struct dispatch_worker workers[PEERS_MAX];
	struct pending_queue fresh, again, condemned, by_resend[FAMILIES], by_deadline[FAMILIES];
	struct pending_queue by_connection[1024];
	struct dispatch_strike strikes[DISPATCH_HASHES_MAX];
	size_t strike_next, quarantined;
	int64_t resend_credit; /* in parts of DISPATCH_RESEND_EARN */
	uint64_t redelivered;  /* sends beyond the first */
};

/* window: messages one worker may have unfinished. span_ms: deadlines. */
void dispatch_init(struct dispatch *dispatch, int window, const int64_t span_ms[FAMILIES]);
/* Other deadlines for requests that come from now on; never before that of one that came earlier. */
void dispatch_spans(struct dispatch *dispatch, const int64_t span_ms[FAMILIES]);
void dispatch_done(struct dispatch *dispatch);

/* Takes a request in; body and trace are copied. NULL: *refused is FAULT_BUSY or FAULT_QUARANTINED, and nothing was kept. */
struct pending *dispatch_add(struct dispatch *dispatch, enum family family, uint64_t connection, struct text trace,
	struct text body, struct now now, enum fault_code *refused);
/* The request that a REPLY answers; NULL when it was answered already. */
struct pending *dispatch_find(struct dispatch *dispatch, int64_t slot, struct text trace);
/* It is answered (well: by a worker that lived through it). Frees it. */
void dispatch_drop(struct dispatch *dispatch, struct pending *pending, bool well);

/* The next request to send now, counted as sent, and to which worker. NULL: nothing more, or no worker is free. */
struct pending *dispatch_next(struct dispatch *dispatch, struct now now, int *worker);
/* The next request to refuse now, with FAULT_TIMEOUT or FAULT_QUARANTINED; the caller answers and drops it. Puts what has waited
   too long for an answer up for dispatch_next. */
struct pending *dispatch_due(struct dispatch *dispatch, struct now now, enum fault_code *fault);
/* Mono time of the next dispatch_due wanted, 0 none. */
int64_t dispatch_wake(const struct dispatch *dispatch);

void dispatch_worker_up(struct dispatch *dispatch, int worker, struct now now);
/* What it had goes to others. The body it was working on gets a strike: returns that request, NULL when it had none. */
struct pending *dispatch_worker_gone(struct dispatch *dispatch, int worker, struct now now);
void dispatch_credit(struct dispatch *dispatch, int worker, int64_t n);
/* The ledger (SCRIPT and FHIR) or the payer (RTPB) is there again: what it may have lost is sent again. */
void dispatch_backend_up(struct dispatch *dispatch, enum family family, struct now now);
/* The client is gone: a question that no worker has begun is forgotten and none is sent again, a case event goes on as if someone
   waited (family_lasts). What a worker has is kept in any case, so that a body that stops it is known. */
void dispatch_hangup(struct dispatch *dispatch, uint64_t connection);

/* True when its body is never to be sent again. */
bool dispatch_quarantined(const struct dispatch *dispatch, const struct pending *pending);
