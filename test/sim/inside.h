/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the simulated world know of each other; nobody else includes this. */
#pragma once

#include "test/sim/world.h"

enum event_kind {
	EVENT_DELIVER, /* a bus message */
	EVENT_CREDIT,
	EVENT_NOTICE,  /* a node learns that a peer is gone or up */
	EVENT_TICK,
	EVENT_DRAIN,
	EVENT_RESTART,
	EVENT_POST,    /* a client's request reaches the edge */
	EVENT_ANSWER,  /* the edge's answer, or a broken connection, reaches the client */
	EVENT_CALLED,  /* an outgoing call ended */
	EVENT_WAKE,    /* of the outside */
	EVENT_CONFIG,  /* a node hears of a changed configuration */
};

struct event {
	int64_t at_ms;
	uint64_t order; /* breaks ties by the seed */
	enum event_kind kind;
	int from, to, from_life, to_life;
	int epoch; /* of the sender's view of the link: credit from before a break does not count */
	enum message_type type;
	int64_t deadline_ms;
	bool up;
	bool get;    /* EVENT_POST: it is a GET */
	uint64_t id; /* connection, call, or what the outside wakes for */
	const struct config *config;
	int status;
	char *envelope, *payload, *target;
	size_t envelope_n, payload_n;
};

struct node {
	const struct role *role;
	struct peer self;
	void *state; /* NULL: down */
	int life;
	int64_t tick_at;
	bool drain_due;
	bool sees[NODES];      /* which peers it believes to be there */
	int peer_life[NODES];  /* which life of them */
	int unfinished[NODES]; /* messages sent to them and not credited back */
	int epoch[NODES];      /* how often the link to them came up */
	struct event *held;    /* sends that wait for credit or for the peer */
	size_t held_n;
};

/* A request, at its connection less one. */
struct post {
	int64_t due_ms; /* 0: it has not reached the edge, was answered, or its edge died */
};

struct world {
	uint64_t random;
	struct weather weather;
	int64_t calm_ms;
	struct now now;
	struct outside outside;
	const struct config *config;
	struct store *store;
	struct node nodes[NODES];
	struct event *heap;
	size_t heap_n, heap_room;
	struct post *posts;
	size_t posts_n, posts_room;
	size_t posts_over; /* so many of the first ones are over */
	uint64_t last_connection;
	struct world_counts counts;
	struct arena step, message;
	char broken[300];
};

/* A number from the seed. */
uint64_t next_random(struct world *world);
/* Events in order of time; those of the same millisecond in an order that the seed decides. */
void schedule(struct world *world, struct event event, int64_t after_ms);
struct event take_event(struct world *world);
/* Its own copy of the bytes, never NULL; an event owns those it carries, and drop frees them. */
char *copy(struct text t, size_t *n);
void drop(struct event *event);
