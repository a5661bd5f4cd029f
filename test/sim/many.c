/* SPDX-License-Identifier: Apache-2.0 */
/* Many cases, some hundreds to a world, each world with its own weather, clocks and seed; and a table of how they ended. */
#include "test/sim/many.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	LIVES = 200,           /* cases of one world */
	RELOAD_MS = 90 * 1000, /* between two changes of the configuration, about */
	CLOCKS = 4,
};
static const int64_t calm_ms = 20 * 60 * 1000;
static const int64_t last_look_ms = INT64_C(40) * 86400000, end_ms = INT64_C(62) * 86400000; /* past every deadline */

/* How long a decision may take, for a world of its own each. */
static const struct {
	const char *duration, *pauses;
	int64_t ms;
} clocks[CLOCKS] = {
	{ "5s", "no", 5000 },
	{ "10m", "no", 600000 },
	{ "24h", "no", 86400000 },
	{ "24h", "yes", 0 },
};

static void write_clock(const char *directory, int i, char *path, size_t size)
{
	FILE *out;

	snprintf(path, size, "%s/clock-of-many-%d.txt", directory, i);
	out = fopen(path, "wb");
	if (out) {
		fprintf(out, "all | decision | any | any | any | any | %s | %s | 50 80 95 | HOUSE | in_force | | | the simulator |\n",
			clocks[i].duration, clocks[i].pauses);
		fclose(out);
	}
}

/* Two doors of one PBM, and two forms of the configuration between which it is changed. */
struct many {
	const char *examples;
	struct partner partners[2];
	struct backend backends[2];
	struct route routes[2];
	struct config configs[2];
	char clock_files[CLOCKS][4200];
	struct ends ends;
	struct outer_counts counts;
	struct world_counts world;
};

static void configure(struct many *many, const struct config *base)
{
	many->partners[0] = (struct partner){ .name = text_lit("callback"), .id = text_lit(OUTER_CALLBACK_ID),
		.callback = text_lit(OUTER_CALLBACK) };
	many->partners[1] = (struct partner){ .name = text_lit("later"), .id = text_lit("D:1999999009") };
	many->backends[0] = (struct backend){ .name = text_lit("posts"), .script = text_lit(PBM_POSTS_URL), .id = text_lit("PY:REMOTE"),
		.our_id = text_lit("ZZZ:FRONT"), .timeout_ms = 12000, .at_once = 8, .retries = 10, .answer_ms = 7200000 };
	many->backends[1] = (struct backend){ .name = text_lit("box"), .script = text_lit(PBM_BOX_URL), .id = text_lit("PY:BOX"),
		.our_id = text_lit("ZZZ:FRONT"), .timeout_ms = 12000, .at_once = 8, .retries = 10, .answer_ms = 1800000, .mailbox = true };
	many->routes[0] = (struct route){ .bin = text_lit("999998"), .backend = text_lit("posts") };
	many->routes[1] = (struct route){ .bin = text_lit("999998"), .pcn = text_lit("EXPCNBOX"), .backend = text_lit("box") };
	for (int i = 0; i < 2; i++) {
		many->configs[i] = *base;
		many->configs[i].partners = many->partners;
		many->configs[i].partners_n = (size_t)i + 1;
		many->configs[i].backends = many->backends;
		many->configs[i].backends_n = 2;
		many->configs[i].routes = many->routes;
		many->configs[i].routes_n = 2;
	}
}

static struct weather weather_of(uint64_t mix)
{
	int rough = (int)(mix >> 61); /* 0 calm .. 7 wild */

	return (struct weather){ .lose = 4 * rough, .repeat = 6 * rough, .delay_max_ms = 1 + 10 * rough, .worker_tick_ms = 3600000, .crash = rough / 2,
		.cut = rough / 2, .store_fails = rough / 3, .call_fails = 30 * rough, .call_answer_lost = 20 * rough };
}

static void add(uint64_t *to, const uint64_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

static bool run_world(struct many *many, uint64_t seed, int lives)
{
	uint64_t mix = seed * 0x9E3779B97F4A7C15u;
	int clock = (int)((mix >> 40) % CLOCKS);
	struct weather weather = weather_of(mix);
	struct config configs[2] = { many->configs[0], many->configs[1] };
	struct world_counts counts;
	struct outer outer;
	struct outside outside;
	struct world *world;
	const char *broken;
	bool good;

	outer_init(&outer, many->examples, lives, calm_ms, last_look_ms);
	outer.decide_ms = clocks[clock].ms;
	outside = outer_outside(&outer);
	configs[0].clock = configs[1].clock = text_of(many->clock_files[clock]);
	world = world_new(seed, &weather, calm_ms, &configs[0], &outside);
	if (!getenv("SIM_LOG"))
		log_open("sim", LEVEL_ERROR + 1);
	outer_begin(&outer, world);
	good = true;
	for (int64_t at = 0, n = 0; good && at < calm_ms; n++) {
		at += 1 + (int64_t)world_random(world, 2 * RELOAD_MS);
		good = world_run(world, at);
		world_reload(world, &configs[n & 1]);
	}
	good = good && world_run(world, end_ms);
	if (good)
		outer_judge(&outer, world, &many->ends);
	counts = world_counts(world);
	add((uint64_t *)&many->world, (uint64_t *)&counts, sizeof(counts) / sizeof(uint64_t));
	add((uint64_t *)&many->counts, (uint64_t *)&outer.counts, sizeof(outer.counts) / sizeof(uint64_t));
	broken = world_broken(world);
	if (broken)
		printf("seed %" PRIu64 " rough %d clock %s: %s\n", seed, (int)(mix >> 61), clocks[clock].duration, broken);
	good = !broken;
	world_free(world);
	outer_done(&outer);
	return good;
}

static void print_table(const struct many *many, uint64_t seconds)
{
	const struct outer_counts *counts = &many->counts;
	const struct world_counts *world = &many->world;

	printf("%-18s %10s %10s\n", "ended as", "house", "remote");
	for (int i = 0; i < ENDS; i++)
		printf("%-18s %10" PRIu64 " %10" PRIu64 "\n", end_names[i], many->ends.cases[0][i], many->ends.cases[1][i]);
	printf("prescribers sent: %" PRIu64 " initiations, %" PRIu64 " requests, %" PRIu64 " appeals, %" PRIu64 " cancellations, %" PRIu64
	       " notifications, %" PRIu64 " GetMessage, %" PRIu64 " wrong; taken %" PRIu64 ", refused %" PRIu64 ", quarantined %" PRIu64 "\n",
		counts->sent[SENT_INITIATION], counts->sent[SENT_REQUEST], counts->sent[SENT_APPEAL], counts->sent[SENT_CANCEL],
		counts->sent[SENT_NOTICE], counts->sent[SENT_FETCH], counts->sent[SENT_WRONG], counts->taken, counts->refused, counts->quarantined);
	printf("remote PBM: asked %" PRIu64 ", again %" PRIu64 "; told %" PRIu64 " by itself, of which refused %" PRIu64 "\n", counts->asked,
		counts->asked_again, counts->told, counts->told_refused);
	printf("world: %" PRIu64 " steps, %" PRIu64 " messages, lost %" PRIu64 ", repeated %" PRIu64 ", crashes %" PRIu64 ", cuts %" PRIu64
	       ", store faults %" PRIu64 ", reloads %" PRIu64 ", calls %" PRIu64 ", posts %" PRIu64 "; overdue %" PRIu64 "; gone on to another backend %" PRIu64 "; %" PRIu64 " s\n",
		world->steps, world->messages, world->lost, world->repeated, world->crashes, world->cuts, world->store_fails, world->reloads,
		world->calls, world->posts, many->ends.overdue, many->ends.rerouted, seconds);
}

bool many_run(const char *examples, const char *directory, const struct config *base, uint64_t first, uint64_t cases)
{
	static struct many many;
	uint64_t broken = 0, done = 0, worlds = 0;
	time_t began = time(NULL);

	many = (struct many){ .examples = examples };
	for (int i = 0; i < CLOCKS; i++)
		write_clock(directory, i, many.clock_files[i], sizeof(many.clock_files[i]));
	configure(&many, base);
	while (done < cases) {
		int lives = cases - done < LIVES ? (int)(cases - done) : LIVES;

		broken += !run_world(&many, first + worlds++, lives);
		done += (uint64_t)lives;
		if (worlds % 25 == 0 || done == cases) {
			printf("%" PRIu64 " cases, %" PRIu64 " worlds, %" PRIu64 " broken\n", done, worlds, broken);
			fflush(stdout);
		}
	}
	print_table(&many, (uint64_t)(time(NULL) - began));
	return !broken;
}
