/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a case's life and the names in it. */
#include "routing/case.h"

#include <assert.h>

static const struct case_step steps[CASE_STATES][CASE_EVENTS] = {
#define STEP(state, event, after, what, sentence)                                                       \
	[CASE_##state][CASE_EVENT_##event] = { .in = CASE_##state, .when = CASE_EVENT_##event,           \
		.next = CASE_##after, .act = ACT_##what, .why = sentence },
#include "routing/def/steps.def"
#undef STEP
};

static const char *const state_names[CASE_STATES] = {
#define STATE(state, ...) [CASE_##state] = #state,
#include "routing/def/states.def"
#undef STATE
};

static const enum case_turn turns[CASE_STATES] = {
#define STATE(state, turn, ...) [CASE_##state] = TURN_##turn,
#include "routing/def/states.def"
#undef STATE
};

static const char *const event_names[CASE_EVENTS] = {
#define EVENT(event, ...) [CASE_EVENT_##event] = #event,
#include "routing/def/events.def"
#undef EVENT
};

static const enum case_side sides[CASE_EVENTS] = {
#define EVENT(event, from, ...) [CASE_EVENT_##event] = SIDE_##from,
#include "routing/def/events.def"
#undef EVENT
};

const struct case_step *case_step(enum case_state in, enum case_event when)
{
	const struct case_step *step;

	assert((unsigned)in < CASE_STATES && (unsigned)when < CASE_EVENTS);
	step = &steps[in][when];
	assert(step->why); /* a pair without a row is a hole in the table */
	return step;
}

const char *case_state_name(enum case_state state)
{
	assert((unsigned)state < CASE_STATES);
	return state_names[state];
}

enum case_turn case_state_turn(enum case_state state)
{
	assert((unsigned)state < CASE_STATES);
	return turns[state];
}

bool case_state_decided(enum case_state state)
{
	return case_state_turn(state) == TURN_DECIDED || case_state_turn(state) == TURN_OVER;
}

const char *case_event_name(enum case_event event)
{
	assert((unsigned)event < CASE_EVENTS);
	return event_names[event];
}

enum case_side case_event_from(enum case_event event)
{
	assert((unsigned)event < CASE_EVENTS);
	return sides[event];
}

bool case_state_of(struct text name, enum case_state *state)
{
	for (int i = 0; i < CASE_STATES; i++)
		if (text_is(name, state_names[i])) {
			*state = (enum case_state)i;
			return true;
		}
	return false;
}

bool case_event_of(struct text name, enum case_event *event)
{
	for (int i = 0; i < CASE_EVENTS; i++)
		if (text_is(name, event_names[i])) {
			*event = (enum case_event)i;
			return true;
		}
	return false;
}
