/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that pause while others are asked something on their behalf, and are then taken up again from the beginning with what was
   answered. Whoever serves a request asks with pause_ask, and if anything was asked leaves without answering; the worker calls it again,
   with the same bytes, once every answer is there or the time for them is over. It then finds the answers with pause_answer.

   A courier that is slow, dead or gone costs a request no more than the time given, because it is the worker that waits: it has the request,
   and its own clock. A worker that dies loses what paused in it, as it loses what it was sent: its edge gives that to another worker.

   Nobody can wait for each other in a circle. An answer never makes the courier wait for us: what it may owe this worker at once
   (PAUSE_ASKS_MAX) is less than the messages it may have unfinished here (links[] in gateway/bus/role.c), and a REPLY gives its sender
   the credit back whatever else the worker is behind with (gateway/bus/loop.c). */
#pragma once

#include "gateway/worker/worker.h"

enum {
	PAUSED_MAX = 32,       /* requests of one worker that pause at the same time; a further one goes on without asking */
	PAUSE_ASKS_MAX = 48,   /* questions of them that are not answered yet; under the 64 of the link from the courier */
	PAUSE_MEMORY = 12 << 20, /* bytes for one of them: a 1 MiB body, what was gathered for it, and its answers */
	PAUSE_LEAST_MS = 50,   /* with less time than this nobody is asked */
};

struct pauses;

/* What came back for one question. */
struct pause_answer {
	struct text kind, key;      /* as asked */
	bool there;                 /* false: nothing came in time */
	int status;
	struct text fault;          /* name of the fault that stands in place of an answer; TEXT_NONE: an answer */
	struct text body;
};

struct pauses *pauses_new(void);
void pauses_free(struct pauses *pauses);

/* Asks the courier on behalf of the request `of`, which pauses for its answer for at most `budget_ms`, and never beyond two thirds of the time it has
   left. `key` names the question to whoever asks: the same key is asked once for a request. False: nothing was asked, because there is no time, no courier or no room, or because it was asked
   before; then go on without. */
bool pause_ask(struct worker *worker, const struct input *of, const struct remote_question *asked, struct text key, int64_t budget_ms,
	struct now now, struct outbox *out);
/* The same for another message to another role, whose REPLY is the answer. */
struct pause_message {
	enum role_kind to;
	enum message_type type;
	struct text kind; /* what it is called in pause_answer */
	const struct record *record;
	const void *rec;
};
bool pause_send(struct worker *worker, const struct input *of, const struct pause_message *message, struct text key, int64_t budget_ms,
	struct now now, struct outbox *out);
/* The request in hand is answered after all: it is not taken up again, whatever was asked for it. */
void pause_never_mind(struct worker *worker);
/* True when something was asked in this step on behalf of the request in hand: it is to be left as it is. */
bool pause_waits(const struct worker *worker);
/* The answer for the request in hand; NULL when that was not asked. */
const struct pause_answer *pause_answer(const struct worker *worker, struct text key);
/* The n-th answer for the request in hand; NULL past the last. */
const struct pause_answer *pause_answer_at(const struct worker *worker, size_t n);

/* -- for worker.c -- */

/* The message that brings the request in hand: what is kept when it pauses. To be called before each. */
void pauses_begin(struct pauses *pauses, const struct input *message);
/* A REPLY from one that was asked. */
void pauses_take(struct pauses *pauses, const struct input *input);
/* A role came or went: with it goes what it was asked. */
void pauses_peer(struct pauses *pauses, enum role_kind kind, bool there);
/* Nothing more is waited for. */
void pauses_stop(struct pauses *pauses);
/* A request whose wait is over: it is the one in hand until pauses_done. False when there is none. */
bool pauses_next(struct pauses *pauses, struct now now, struct input *input);
/* The request in hand is answered, or waits again. To be called after every request. */
void pauses_done(struct pauses *pauses);
/* Mono time of the next wait that ends; 0: none. */
int64_t pauses_wake(const struct pauses *pauses);
size_t pauses_n(const struct pauses *pauses);
