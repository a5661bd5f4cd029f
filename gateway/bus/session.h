/* SPDX-License-Identifier: Apache-2.0 */
/* What two roles agree on over a connection that may lose, repeat and break: who is there, in which life, and how many
   messages each may still send. Pure bookkeeping; gateway/bus/bus.c carries it over sockets.

   The side that connects says HELLO with its life (fresh for each process), the number of the session it wants, and how
   much it lets the other send; the other answers with the same number. From then on every message counts, a PING says how
   many there were, and a side that missed one (or heard nothing for a second) ends the session: the listener says BYE, the
   connector asks for the next number. Both then start again with full credit, and the roles are told that what was under
   way is lost. */
#pragma once

#include "gateway/bus/role.h"

enum {
	SESSION_PING_MS = 250,     /* between heartbeats */
	SESSION_SILENCE_MS = 1000, /* four missed heartbeats: gone (reliability: dead after 1 s) */
	SESSION_HELLO_MS = 50,     /* between unanswered HELLOs */
	SESSION_LIFE_MAX = 17,     /* bytes with the NUL: 16 hexadecimal digits */
	SESSION_TELL_PART = 8,     /* a part of the window that is worth a CREDIT of its own; less goes with the next message or
	                              PING. Of a window below twice this each is told at once: the edge takes the credit of a
	                              worker for knowing which body it works on */
};

struct session {
	struct peer who;
	bool connects; /* we connect to them, so we say HELLO */
	bool up;
	int window;    /* messages they may have unfinished here */
	int tell;      /* finished here before a CREDIT goes out for it */
	int64_t number;
	char life[SESSION_LIFE_MAX]; /* theirs; "" before the first */
	int64_t credit;              /* messages we may still send them */
	int64_t owed;                /* finished here, not yet told */
	int64_t in_hand;             /* got and not finished */
	int64_t sent, heard;         /* counted messages of this session, each way */
	int64_t heard_ms, ping_ms, hello_ms; /* mono time: last heard, next PING, next HELLO */
};

/* What came of a message or of time passing. gone comes before up. */
struct session_result {
	bool gone, up;
	bool deliver;  /* the message is good */
	bool overrun;  /* it was more than they were granted: to be dropped */
	bool stale;    /* it belongs to no session: to be dropped */
	int64_t credit;
	bool say;
	enum message_type type; /* HELLO, PING, CREDIT or BYE, when say */
};

void session_init(struct session *session, struct peer who, bool connects, int window, int64_t mono_ms);
/* A message from them. `envelope.trace` of a HELLO or PING is their life. */
struct session_result session_hear(struct session *session, enum message_type type, const struct envelope *envelope,
	int64_t mono_ms);
/* The envelope's part that the session owns (credit; for HELLO, PING, BYE also trace and slot), when a message goes out;
   counts it. `life` is our own. */
void session_stamp(struct session *session, enum message_type type, struct text life, struct envelope *envelope);
/* A counted message was finished here. */
void session_finish(struct session *session);
/* What time asks for: to be called until it says nothing. `was_awake` false: this process itself was away so long that the
   silence may be its own. */
struct session_result session_tick(struct session *session, int64_t mono_ms, bool was_awake);
/* Mono time at which session_tick has something to do. */
int64_t session_due(const struct session *session);
/* They are known to be dead. True when they were up. */
bool session_died(struct session *session, int64_t mono_ms);
