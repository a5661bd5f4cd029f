/* SPDX-License-Identifier: Apache-2.0 */
/* The whole gateway in one process: every role's real step function, a made-up clock, a made-up bus that loses, repeats, delays and
   reorders, and crashes at any step. One seed decides everything, so a failure is repeated by its seed. */
#pragma once

#include "base/store.h"
#include "gateway/bus/role.h"

enum {
	NODE_EDGE,
	NODE_WORKER_0,
	NODE_WORKER_1,
	NODE_LEDGER,
	NODE_PAYER,
	NODE_COURIER,
	NODES
};

/* How rough the world is, per thousand. All zero after world->calm_ms, so that everything can come to its end. */
struct weather {
	int lose, repeat;       /* of bus messages */
	int delay_max_ms;       /* of bus messages */
	int crash;              /* of a node, per step it makes */
	unsigned crash_only;    /* bits of the nodes that crash; 0: all */
	int cut;                /* of the link a message is on: both sides lose what is under way and notice */
	int call_fails, call_answer_lost; /* of posts to partners */
	int worker_tick_ms;     /* workers wake by themselves only to see whether the formulary changed, which it does not: no sooner than this */
	int store_fails;        /* of the ledger's next commit, per step it makes: full, or unknown whether it lasts */
};

struct world;

/* What the outside does; set before world_run. */
struct outside {
	void *arg;
	/* Its own alarm went off: the one of `what`. */
	void (*wake)(void *arg, struct world *world, uint64_t what);
	/* Answer to world_post: status 0 when the connection broke. */
	void (*answered)(void *arg, struct world *world, uint64_t connection, int status, struct text body);
	/* The courier posts to `url`; returns the HTTP status (0: the connection broke) and fills *reply. *after_ms is how long it takes,
	   some milliseconds unless changed; an answer that comes after the courier has given up is lost. */
	int (*called)(void *arg, struct world *world, struct text url, struct text body, struct arena *arena, int64_t *after_ms,
		struct text *reply);
};

struct world *world_new(uint64_t seed, const struct weather *weather, int64_t calm_ms, const struct config *config,
	const struct outside *outside);
void world_free(struct world *world);

struct now world_now(const struct world *world);
/* 0 .. n-1 from the seed. */
uint64_t world_random(struct world *world, uint64_t n);
/* Calls outside->wake with `what` at that mono time. */
void world_wake(struct world *world, int64_t at_ms, uint64_t what);
/* The operator changed the configuration: every role hears of it at a moment of its own. It must outlive the world. */
void world_reload(struct world *world, const struct config *config);
/* Posts to the edge; `answered` is called exactly once, later. Returns the connection: 1, 2, 3 and so on. */
uint64_t world_post(struct world *world, const char *target, struct text body);
/* The same with GET and a query behind '?'. */
uint64_t world_get(struct world *world, const char *target);

/* Runs until nothing is left to happen or the clock reaches until_ms; false when a promise was broken: world_broken says which. */
bool world_run(struct world *world, int64_t until_ms);
const char *world_broken(const struct world *world);
void world_break(struct world *world, const char *promise, int64_t about);

struct store *world_store(struct world *world);
/* How often things happened, for the summary. */
struct world_counts {
	uint64_t steps, messages, lost, repeated, crashes, cuts, store_fails, posts, refused, calls, reloads;
};
struct world_counts world_counts(const struct world *world);
