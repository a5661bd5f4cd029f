/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the simulator over many seeds.

	sim EXAMPLES-DIR [--seeds N] [--first S] [--weather KIND] [--verbose]
	sim EXAMPLES-DIR --cases N [--first S]

   --cases runs so many cases of prescribers and a remote PBM that do everything there is, some hundreds to a seed, and prints how they
   ended. KIND is mixed (each seed its own), crashes, cuts, losses or slow: much of one thing.

   DUALTRACK_SIM_SEEDS sets N when --seeds does not. A seed that breaks a promise is named, and `--first S --seeds 1` repeats it. */
#include "base/crypto.h"
#include "base/log.h"
#include "formulary/formulary.h"
#include "gateway/sandbox/sandbox.h"
#include "routing/case_check.h"
#include "test/sim/many.h"
#include "test/sim/insurer.h"
#include "test/sim/oracle.h"
#include "test/sim/asker.h"
#include "test/sim/partner.h"
#include "test/sim/clinic.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CALM_MS = 30000, END_MS = 400000 };

static uint64_t breached, in_time; /* cases of all seeds, so that a run shows that both happen */

static const struct {
	const char *kind;
	struct weather weather;
} weathers[] = {
	{ "crashes", { .lose = 5, .repeat = 5, .delay_max_ms = 20, .crash = 90, .call_fails = 50, .call_answer_lost = 50 } },
	{ "cuts", { .delay_max_ms = 40, .crash = 5, .cut = 90, .call_fails = 50, .call_answer_lost = 50 } },
	{ "losses", { .lose = 300, .repeat = 300, .delay_max_ms = 60, .crash = 5, .cut = 5, .call_fails = 600, .call_answer_lost = 300 } },
	{ "slow", { .lose = 10, .repeat = 50, .delay_max_ms = 500, .crash = 5, .cut = 5 } },
};

/* The weather of that kind; false when there is none. "mixed" leaves it to the seed. */
static bool weather_of(const char *kind, const struct weather **out)
{
	*out = NULL;
	for (size_t i = 0; i < sizeof(weathers) / sizeof(*weathers); i++)
		if (!strcmp(kind, weathers[i].kind))
			*out = &weathers[i].weather;
	return *out || !strcmp(kind, "mixed");
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
	return remove(path);
}

/* The sandbox's formulary in a temporary directory, loaded once for all seeds. */
static void load_formulary(char *directory)
{
	char file[4200];
	struct load_report report;
	struct fault fault;
	int64_t line;
	struct text plan = sandbox_plan();
	FILE *out;

	if (!mkdtemp(directory))
		exit(3);
	snprintf(file, sizeof(file), "%s/plan.jsonl", directory);
	out = fopen(file, "wb");
	if (!out || fwrite(plan.at, 1, plan.n, out) != plan.n || fclose(out) ||
		!formulary_load(file, directory, NULL, NULL, &report, &line, &fault)) {
		fprintf(stderr, "sim: the sandbox's formulary does not load\n");
		exit(3);
	}
}

/* Clocks short enough to run out, one table for each of three worlds: nobody is in time, some are, and it stands still for questions. */
static const char *const clock_tables[] = {
	"all | decision | any | any | any | any | 2s | no | 50 80 95 | HOUSE | in_force | | | the simulator |\n",
	"all | decision | any | any | any | any | 20s | no | 50 80 95 | HOUSE | in_force | | | the simulator |\n",
	"all | decision | any | any | any | any | 9s | yes | 10 95 | HOUSE | in_force | | | the simulator |\n",
};
enum { CLOCK_TABLES = sizeof(clock_tables) / sizeof(*clock_tables) };
static char clock_files[CLOCK_TABLES][4200];

static void write_clocks(const char *directory)
{
	for (int i = 0; i < CLOCK_TABLES; i++) {
		FILE *out;

		snprintf(clock_files[i], sizeof(clock_files[i]), "%s/clock%d.txt", directory, i);
		out = fopen(clock_files[i], "wb");
		if (!out || fputs(clock_tables[i], out) < 0 || fclose(out)) {
			perror(clock_files[i]);
			exit(3);
		}
	}
}

/* I13, as far as it takes to know the time: no case is past its time without a record, and in calm weather that is made at once. */
static void judge_clocks(struct world *world)
{
	enum {
		AT_ONCE_MS = 2000, /* a restart of the ledger takes half a second */
		FULL_MS = 10000,   /* after which the ledger tries again what a full store refused: perhaps the last thing before the calm */
	};
	struct store_walk *walk = store_walk_new(world_store(world), text_lit("c/"), TEXT_NONE);
	int64_t now_ms = world_now(world).wall_ms, calm_ms = now_ms - world_now(world).mono_ms + CALM_MS + FULL_MS + AT_ONCE_MS;
	struct text key, value;
	struct arena arena;
	struct fault fault;

	arena_init(&arena, 16 << 20);
	while (store_walk_next(walk, &key, &value)) {
		struct pa_case at = { 0 };
		int64_t until_ms = now_ms;

		arena_reset(&arena);
		if (!record_unpack(&pa_case_record, &at, &arena, value, &fault) || !at.due_ms || !at.clock.n)
			world_break(world, "I13: every case has a clock", 0);
		if (at.decided_ms)
			until_ms = at.decided_ms;
		else if (at.paused_ms)
			until_ms = at.paused_ms;
		if (until_ms > at.due_ms + (at.decided_ms ? 0 : AT_ONCE_MS) && !at.breached_ms)
			world_break(world, "I13: no case is past its time without a record of it", until_ms - at.due_ms);
		if (at.breached_ms > at.due_ms + AT_ONCE_MS && at.due_ms > calm_ms)
			world_break(world, "I13: what is overdue is on record at once", at.breached_ms - at.due_ms);
		if (at.breached_ms && at.breached_ms <= at.due_ms)
			world_break(world, "I13: nothing is overdue before its time", at.due_ms - at.breached_ms);
		breached += at.breached_ms > 0;
		in_time += at.decided_ms && !at.breached_ms;
	}
	if (!store_walk_free(walk, &fault))
		world_break(world, "the store reads", 0);
	arena_done(&arena);
}

static char asking_rules[120];
static uint64_t oracle_asked, insurer_asked, insurer_again, insurer_inquired;

static bool run_seed(uint64_t seed, const char *examples, const struct config *config, const struct weather *told, bool verbose)
{
	uint64_t mix = seed * 0x9E3779B97F4A7C15u;
	int rough = (int)(mix >> 61); /* 0 calm .. 7 wild: both kinds of weather must work */
	struct weather weather = { .lose = 15 * rough, .repeat = 15 * rough, .delay_max_ms = 1 + 20 * rough, .crash = 6 * rough,
		.cut = 4 * rough, .store_fails = 5 * rough, .call_fails = 60 * rough, .call_answer_lost = 40 * rough };
	bool lone = !told && (mix >> 48) % 8 == 0;
	struct partners *partners = partners_new(examples, 1 + (int)((mix >> 40) % 6), (int)((mix >> 44) % 8));
	struct outside inner = partners_outside(partners);
	struct asker *asker = asker_new(&inner, (int)((mix >> 36) % 5));
	struct outside asking = asker_outside(asker);
	struct clinic *clinic = clinic_new(&asking, examples, (int)((mix >> 32) % 5), CALM_MS, (told ? told : &weather)->delay_max_ms);
	struct outside seen = clinic_outside(clinic);
	struct outside outside = seen;
	bool asks = (mix >> 28) % 2 == 0; /* everything is asked about first, of somebody who does not know */
	bool insures = (mix >> 24) % 3 == 0; /* the clinics' payer is somebody else */
	struct outside beyond;
	struct oracle oracle;
	struct insurer insurer;

	/* One world in eight has no other trouble than a worker that dies again and again beside one that lives. */
	if (lone)
		weather = (struct weather){ .delay_max_ms = 20, .crash = 300, .crash_only = 1u << NODE_WORKER_0 };
	struct config of_seed = *config;
	struct world *world;
	struct world_counts counts;
	bool good;

	of_seed.clock = text_of(clock_files[(mix >> 52) % CLOCK_TABLES]);
	oracle_init(&oracle, &seen, false);
	if (asks) {
		oracle_configure(&oracle, &of_seed, asking_rules);
		outside = oracle_outside(&oracle);
	}
	beyond = outside;
	insurer_init(&insurer, &beyond);
	if (insures) {
		insurer_configure(&insurer, &of_seed);
		clinic_insure(clinic, INSURER_NUMBER);
		outside = insurer_outside(&insurer);
	}
	world = world_new(seed, told ? told : &weather, CALM_MS, &of_seed, &outside);
	partners_begin(partners, world);
	asker_begin(asker, world);
	clinic_begin(clinic, world);
	if (lone)
		partners_never_away(partners);
	good = world_run(world, END_MS);
	if (good)
		partners_judge(partners, world);
	if (good)
		asker_judge(asker, world);
	if (good)
		clinic_judge(clinic, world);
	if (good)
		insurer_judge(&insurer, world);
	if (!world_broken(world)) {
		struct arena arena;
		struct fault fault;
		struct case_report report;

		arena_init(&arena, 64 << 20);
		if (!case_check(world_store(world), &arena, &report, &fault)) {
			fprintf(stderr, "store: %s at %s\n", fault_row(fault.code)->name, fault.path);
			world_break(world, "the store reads", 0);
		} else if (report.findings_all) {
			fprintf(stderr, "store: %s: %s (%.*s)\n", report.findings[0].rule, report.findings[0].what,
				TEXT_ARGS(report.findings[0].about));
			world_break(world, "I2 I6 I7 I8: the store does not contradict itself", (int64_t)report.findings_all);
		}
		arena_done(&arena);
		judge_clocks(world);
	}
	counts = world_counts(world);
	oracle_asked += oracle.asked;
	insurer_asked += insurer.asked;
	insurer_again += insurer.again;
	insurer_inquired += insurer.inquired;
	good = !world_broken(world);
	if (!good || verbose)
		printf("seed %" PRIu64 " rough %d: %s; steps %" PRIu64 " messages %" PRIu64 " lost %" PRIu64 " repeated %" PRIu64
		       " crashes %" PRIu64 " cuts %" PRIu64 " store faults %" PRIu64 " posts %" PRIu64 " calls %" PRIu64 "\n",
			seed, rough, good ? "kept" : world_broken(world), counts.steps, counts.messages, counts.lost,
			counts.repeated, counts.crashes, counts.cuts, counts.store_fails, counts.posts, counts.calls);
	world_free(world);
	partners_free(partners);
	asker_free(asker);
	clinic_free(clinic);
	insurer_done(&insurer);
	return good;
}

int main(int argc, char **argv)
{
	const char *wanted = getenv("DUALTRACK_SIM_SEEDS");
	uint64_t seeds = wanted ? strtoull(wanted, NULL, 10) : 200, first = 1, broken = 0, cases = 0;
	char directory[] = "/tmp/dualtrack-sim-XXXXXX";
	struct partner callback = { .name = text_lit("callback"), .id = text_lit(PARTNER_CALLBACK_ID),
		.callback = text_lit(PARTNER_CALLBACK) };
	struct config config = { .rtpb_ms = 3000, .script_ms = 10000, .formulary_ms = 3000, .fhir_ms = 10000, .open = 1, .workers = 2, .partners = &callback, .partners_n = 1 };
	const struct weather *told = NULL;
	bool verbose = false;

	if (argc < 2) {
		fputs("usage: sim EXAMPLES-DIR [--seeds N] [--first S] [--weather KIND] [--verbose]\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--verbose"))
			verbose = true;
		else if (!strcmp(argv[i], "--seeds") && i + 1 < argc)
			seeds = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--cases") && i + 1 < argc)
			cases = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--first") && i + 1 < argc)
			first = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--weather") || i + 1 == argc || !weather_of(argv[++i], &told)) {
			fprintf(stderr, "sim: %s is not understood\n", argv[i]);
			return 2;
		}
	}
	load_formulary(directory);
	config.formulary = text_of(directory);
	if (cases) {
		broken = !many_run(argv[1], directory, &config, first, cases);
		nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		return broken ? 1 : 0;
	}
	write_clocks(directory);
	snprintf(asking_rules, sizeof(asking_rules), "%s/asking.txt", directory);
	oracle_write_rules(asking_rules);
	for (uint64_t seed = first; seed < first + seeds; seed++)
		broken += !run_seed(seed, argv[1], &config, told, verbose);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	printf("%" PRIu64 " seeds, %" PRIu64 " broken; cases in time %" PRIu64 ", overdue %" PRIu64 "; a payer was asked %" PRIu64
	       ", an insurer %" PRIu64 ", again %" PRIu64 ", inquired of %" PRIu64 "\n",
		seeds, broken, in_time, breached, oracle_asked, insurer_asked, insurer_again, insurer_inquired);
	return broken ? 1 : 0;
}
