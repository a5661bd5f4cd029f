/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a prior authorization case: one table, state x event. */
#pragma once

#include "routing/records.h"

/* Who is to act; see states.def. */
enum case_turn { TURN_BACKEND, TURN_PRESCRIBER, TURN_DECIDED, TURN_OVER };

/* Who makes an event; see events.def. */
enum case_side { SIDE_PRESCRIBER, SIDE_BACKEND, SIDE_CLOCK, SIDE_EITHER };

enum case_state {
#define STATE(state, ...) CASE_##state,
#include "routing/def/states.def"
#undef STATE
	CASE_STATES
};

enum case_event {
#define EVENT(event, ...) CASE_EVENT_##event,
#include "routing/def/events.def"
#undef EVENT
	CASE_EVENTS
};

/* What is to be done beside the new state. */
enum case_act {
	ACT_ASK,     /* hand the message to the backend */
	ACT_DELIVER, /* send the backend's answer, or what the clock has to say, to the prescriber */
	ACT_DEFER,   /* send the answer, and ask the backend again later */
	ACT_WAIT,    /* ask the backend again later, and tell nobody */
	ACT_FORWARD, /* note it, and pass it on to the other side */
	ACT_REFUSE,  /* the message makes no sense in this state: FAULT_CASE_STATE */
	ACT_IGNORE,  /* a late or repeated answer: dropped, audited */
};

struct case_step {
	enum case_state in;
	enum case_event when;
	enum case_state next;
	enum case_act act;
	const char *why;
};

/* The row for this state and event. There is one for every pair. */
const struct case_step *case_step(enum case_state in, enum case_event when);
const char *case_state_name(enum case_state state);
enum case_turn case_state_turn(enum case_state state);
/* Decided, or over: the backend owes the prescriber no decision. */
bool case_state_decided(enum case_state state);
const char *case_event_name(enum case_event event);
enum case_side case_event_from(enum case_event event);
bool case_state_of(struct text name, enum case_state *state);
bool case_event_of(struct text name, enum case_event *event);
