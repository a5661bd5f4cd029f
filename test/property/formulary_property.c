/* SPDX-License-Identifier: Apache-2.0 */
/* Any sequence of loads, loads that are killed or find the disk full, roads back, days and looks, against a plain model of what the formulary
   should know. A sequence that goes wrong is cut down to the few steps that matter before it is told. */
#include "formulary/answer.h"
#include "formulary/fb/fb.h"

#include "test/case.h"
#include "test/property/formulary_files.h"
#include "test/property/formulary_hook.h"
#include "test/scratch.h"

#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum {
	QUICK_STEPS = 250, SANITIZED_STEPS = 2000,
	LOOKS = 3,         /* questions after each step, to a reader that is fresh and to one that stays */
	CALLS = 16,        /* a load makes about that many system calls that the hook knows */
	CUTS = 300,        /* tries to leave steps out */
	DAY_ONE = 1767225600,
};

/* How often each thing that matters happened: a property about nothing would hold too. */
struct tally {
	unsigned taken, refused, lists_refused, died_before, died_after, full, back, answers, silences, lagging;
};

/* What is on the disk. */
struct generations {
	struct world current, before, was; /* was: the world in use when a load began */
	bool has_current, has_before;
};

struct trial {
	struct scratch scratch;
	char file[128], directory[128];
	struct fb_layout *layout;
	struct hook *hook;
	struct generations on_disk;
	struct formulary *reader; /* stays open */
	struct world of_reader;
	int today;
	struct arena arena;
	struct tally *tally;
	bool talk;          /* say what each step does */
	char wrong[3 * TEXT_BYTES]; /* what is not as it should be; "" so far */
};

static int64_t now_ms(const struct trial *trial)
{
	return ((int64_t)DAY_ONE + (int64_t)(trial->today - 1) * 86400) * 1000 + 5000;
}

static struct fb_layout *layout_of(const char *file)
{
	static char bytes[1 << 20];
	FILE *in = fopen(file, "rbe");
	size_t n = in ? fread(bytes, 1, sizeof(bytes), in) : 0;
	struct fb_layout *layout;
	struct fault fault;
	int line;

	if (!in || fclose(in) || !fb_layout_read((struct text){ bytes, n }, &layout, &line, &fault))
		abort();
	return layout;
}

__attribute__((format(printf, 2, 3))) static void wrong(struct trial *trial, const char *format, ...)
{
	va_list parts;

	if (trial->wrong[0])
		return;
	va_start(parts, format);
	vsnprintf(trial->wrong, sizeof(trial->wrong), format, parts);
	va_end(parts);
}

/* -- an answer as text, as model_answer writes it -- */

static void put_from(const struct answer_from *from, char *out, size_t n)
{
	snprintf(out, n, "of %.*s from %.*s line %lld under %.*s", TEXT_ARGS(from->list_id), TEXT_ARGS(from->effective_date), (long long)from->line,
		TEXT_ARGS(from->product));
}

static int number_of(struct text t)
{
	int64_t number;

	return t.n && text_to_int(t, &number) ? (int)number : -1;
}

/* NDCs here are 99999 and the number of the product. */
static int product_of(struct text ndc)
{
	return ndc.n == 11 ? number_of((struct text){ ndc.at + 5, 6 }) : -1;
}

static void answer_text(const struct product_answer *answer, char out[TEXT_BYTES])
{
	struct model_lines lines = { 0 };
	char where[120];

	out[0] = '\0';
	if (answer->status) {
		put_from(answer->status_from, where, sizeof(where));
		if (answer->defaulted)
			snprintf(model_line(&lines), LINE_BYTES, "default %d %s", number_of(answer->status->status), where);
		else
			snprintf(model_line(&lines), LINE_BYTES, "status %d ndc %d %s", number_of(answer->status->status), product_of(answer->status->ndc), where);
	}
	model_lines_put(&lines, false, out);
	if (answer->excluded)
		strcat(out, "excluded\n");
	for (size_t i = 0; i < answer->rules_n; i++) {
		put_from(answer->rules[i].from, where, sizeof(where));
		snprintf(model_line(&lines), LINE_BYTES, "rule %.*s %d %s", TEXT_ARGS(answer->rules[i].rule->type), (int)(answer->rules[i].rule->amount_e4 / 10000), where);
	}
	model_lines_put(&lines, true, out);
	for (size_t i = 0; i < answer->copays_n; i++) {
		put_from(answer->copays[i].from, where, sizeof(where));
		snprintf(model_line(&lines), LINE_BYTES, "copay %d %s", (int)answer->copays[i].copay->flat_cents, where);
	}
	model_lines_put(&lines, true, out);
	for (size_t i = 0; i < answer->alternatives_n; i++) {
		const struct answer_alternative *one = &answer->alternatives[i];

		put_from(one->from, where, sizeof(where));
		snprintf(model_line(&lines), LINE_BYTES, "alternative %02d %.*s status %d %s", 99 - (int)one->preference, TEXT_ARGS(one->product),
			one->status ? number_of(one->status->status) : -1, where);
	}
	model_lines_put(&lines, false, out); /* their order is part of the answer */
}

/* -- looking -- */

/* The lists are named by their ids, as in an eligibility answer (X12 271). */
static bool answer_of_lists(const struct formulary *formulary, const struct question *question, const struct product_name *name, struct arena *arena,
	struct product_answer *answer, bool *found, struct fault *fault)
{
	static const char *const formularies[] = { "", "F0", "F1" };
	struct text coverage[OWNERS], copay[OWNERS];
	struct list_ids ids = { .coverage = coverage, .copay = copay };
	char source[16];

	snprintf(source, sizeof(source), "EXPBM%d", question->sender);
	ids.source = text_of(source);
	ids.formulary = text_of(formularies[question->lists.formulary + 1]);
	ids.alternative = question->lists.alternative ? text_lit("A0") : TEXT_NONE;
	for (unsigned i = 0; i < OWNERS; i++) {
		if (question->lists.coverage & 1u << i)
			coverage[ids.coverage_n++] = i ? text_lit("C1") : text_lit("C0");
		if (question->lists.copay & 1u << i)
			copay[ids.copay_n++] = i ? text_lit("P1") : text_lit("P0");
	}
	return formulary_answer_lists(formulary, &ids, name, arena, answer, found, fault);
}

static void ask(struct trial *trial, const struct formulary *formulary, const struct world *world, const struct question *question, const char *who)
{
	char is[TEXT_BYTES] = "", should[TEXT_BYTES], plan[16], ndc[16], concept[16], reference[16];
	struct product_name name = { .qualifier = text_lit("FDB") };
	struct product_answer answer;
	struct fault fault;
	bool found;

	snprintf(plan, sizeof(plan), "EXPBM%d:GOLD", question->sender);
	snprintf(ndc, sizeof(ndc), "99999%06d", question->ndc);
	snprintf(concept, sizeof(concept), "%d", 10000 + question->concept);
	snprintf(reference, sizeof(reference), "%d", 700 + question->reference);
	name.ndc = question->ndc >= 0 ? text_of(ndc) : TEXT_NONE;
	name.rxcui = question->concept >= 0 ? text_of(concept) : TEXT_NONE;
	name.reference = question->reference >= 0 ? text_of(reference) : TEXT_NONE;
	arena_reset(&trial->arena);
	if (!(question->by_lists ? answer_of_lists(formulary, question, &name, &trial->arena, &answer, &found, &fault) :
				   formulary_answer(formulary, text_of(plan), &name, &trial->arena, &answer, &found, &fault))) {
		wrong(trial, "%s: %s at %s", who, fault_row(fault.code)->name, fault.path);
		return;
	}
	if (found)
		answer_text(&answer, is);
	model_answer(world, question, trial->today, should);
	trial->tally->answers += should[0] != '\0';
	trial->tally->silences += !should[0];
	if (strcmp(is, should) != 0)
		wrong(trial, "%s%s: sender %d, ndc %d, concept %d, reference %d, day %d: is\n%sshould be\n%s", who, question->by_lists ? ", by lists" : "", question->sender, question->ndc,
			question->concept, question->reference, trial->today, is, should);
}

static void ask_bin(struct trial *trial, const struct formulary *formulary, const struct world *world, int sender, const char *who)
{
	char group[16], plan[16];
	struct text is;

	snprintf(group, sizeof(group), "EXGRP%d", sender);
	snprintf(plan, sizeof(plan), "EXPBM%d:GOLD", sender);
	is = formulary_plan(formulary, text_lit("999999"), text_lit("EXPCN"), text_of(group));
	if (!text_equal(is, model_bin(world, sender, trial->today) ? text_of(plan) : TEXT_NONE))
		wrong(trial, "%s: group of sender %d stands for '%.*s'", who, sender, TEXT_ARGS(is));
}

/* What the plan file's plan says. */
static void ask_plan(struct trial *trial, const struct formulary *formulary, const struct world *world, int product, const char *who)
{
	struct coverage coverage;
	struct fault fault;
	char ndc[16];
	bool found;
	int tier;

	snprintf(ndc, sizeof(ndc), "99999%06d", product);
	arena_reset(&trial->arena);
	if (!formulary_lookup(formulary, text_lit("P"), text_of(ndc), &trial->arena, &coverage, &found, &fault)) {
		wrong(trial, "%s: %s at %s", who, fault_row(fault.code)->name, fault.path);
		return;
	}
	tier = found ? (int)coverage.tier : -1;
	if (tier != world->tier[product])
		wrong(trial, "%s: product %d is in tier %d, not %d", who, product, tier, world->tier[product]);
}

static void look(struct trial *trial, struct formulary *formulary, const struct world *world, uint64_t *state, const char *who)
{
	formulary_day(formulary, now_ms(trial));
	for (int i = 0; i < LOOKS && !trial->wrong[0]; i++) {
		struct question question = { .sender = (int)any_number(state, SENDERS), .ndc = (int)any_number(state, NDCS + 4),
			.concept = (int)any_number(state, CONCEPTS + 6), .reference = (int)any_number(state, REFERENCES + 3), .by_lists = any_number(state, 2) };

		any_plan(state, &question.lists);
		question.ndc = question.ndc < NDCS ? question.ndc : -1;
		question.concept = question.concept < CONCEPTS ? question.concept : -1;
		question.reference = question.reference < REFERENCES ? question.reference : -1;
		ask(trial, formulary, world, &question, who);
		ask_bin(trial, formulary, world, question.sender, who);
		ask_plan(trial, formulary, world, (int)any_number(state, NDCS), who);
	}
}

static void look_fresh(struct trial *trial, uint64_t *state)
{
	struct formulary *formulary;
	struct fault fault;

	if (!formulary_open(trial->directory, &formulary, &fault)) {
		if (trial->on_disk.has_current || fault.code != FAULT_NO_FORMULARY)
			wrong(trial, "opening: %s at %s", fault_row(fault.code)->name, fault.path);
		return;
	}
	if (!trial->on_disk.has_current)
		wrong(trial, "there is a formulary, though no load was good");
	look(trial, formulary, &trial->on_disk.current, state, "a fresh reader");
	formulary_free(formulary);
}

static void refresh(struct trial *trial)
{
	struct fault fault;
	bool changed;

	if (!trial->on_disk.has_current)
		return;
	if (trial->reader ? !formulary_refresh(trial->reader, &changed, &fault) : !formulary_open(trial->directory, &trial->reader, &fault))
		wrong(trial, "refreshing: %s at %s", fault_row(fault.code)->name, fault.path);
	trial->of_reader = trial->on_disk.current;
}

/* -- loading -- */

/* What a load did, told by the process that did it. */
struct loaded {
	bool ok;
	int refused;
	enum fault_code code;
	char path[FAULT_PATH_MAX];
};

static struct loaded load_lists(struct trial *trial)
{
	struct fb_load load = { .file = trial->file, .directory = trial->directory, .layout = trial->layout, .now_ms = now_ms(trial) };
	struct loaded loaded = { 0 };
	struct fb_report report;
	struct fault fault;
	int64_t line;

	loaded.ok = fb_load(&load, &report, &line, &fault);
	loaded.refused = (int)report.lists_refused;
	if (!loaded.ok) {
		loaded.code = fault.code;
		snprintf(loaded.path, sizeof(loaded.path), "%s", fault.path);
	}
	return loaded;
}

static struct loaded load_plan(struct trial *trial)
{
	struct loaded loaded = { 0 };
	struct load_report report;
	struct fault fault;
	int64_t line;

	loaded.ok = formulary_load(trial->file, trial->directory, NULL, NULL, &report, &line, &fault);
	if (!loaded.ok) {
		loaded.code = fault.code;
		snprintf(loaded.path, sizeof(loaded.path), "%s", fault.path);
	}
	return loaded;
}

/* A plan file, sometimes with a line that refuses it; false then. */
static bool write_plan(uint64_t *state, FILE *out, struct world *world)
{
	bool good = any_number(state, 6) > 0, some = false;

	for (int i = 0; i < NDCS; i++) {
		world->tier[i] = any_number(state, 3) ? 1 + (int)any_number(state, 9) : -1;
		some |= world->tier[i] > 0;
		if (world->tier[i] > 0)
			fprintf(out, "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"99999%06d\",\"status\":\"COVERED\",\"tier\":%d}\n", i, world->tier[i]);
	}
	if (!good)
		fputs("{\"resourceType\":\"coverage\"}\n", out);
	return good && some;
}

static void publish(struct generations *on_disk, const struct world *next)
{
	on_disk->before = on_disk->current;
	on_disk->has_before = on_disk->has_current;
	on_disk->current = *next;
	on_disk->has_current = true;
}

/* The load in a process of its own, which dies at a call. */
static void load_and_die(struct trial *trial, struct loaded (*load)(struct trial *))
{
	int status;
	pid_t child = fork();

	if (child < 0)
		abort();
	if (child == 0) {
		hook_set(trial->hook);
		load(trial);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL))
		wrong(trial, "the load ended by signal %d", WTERMSIG(status));
}

static void load(struct trial *trial, uint64_t *state, enum hook_mode mode)
{
	static struct file file;
	static struct world next;
	struct loaded (*function)(struct trial *) = any_number(state, 8) ? load_lists : load_plan;
	struct loaded loaded = { 0 };
	int refused = 0;
	bool good;
	FILE *out = fopen(trial->file, "we");

	if (!out)
		abort();
	next = trial->on_disk.current;
	if (function == load_lists) {
		any_file(state, &next, trial->today, &file);
		file_write(&file, out);
		good = model_apply(&next, &file, trial->today, &refused);
	} else {
		good = write_plan(state, out, &next);
	}
	if (fclose(out))
		abort();
	*trial->hook = (struct hook){ .mode = mode, .at = 1 + (int)any_number(state, CALLS) };
	if (mode == HOOK_KILL) {
		load_and_die(trial, function);
	} else {
		hook_set(trial->hook);
		loaded = function(trial);
		hook_set(NULL);
	}
	if (trial->talk)
		fprintf(stderr, "  %s of day %d, %s, %s at call %d of %d: %s\n", function == load_lists ? "lists" : "plan file", trial->today, good ? "good" : "to be refused",
			mode == HOOK_KILL ? "killed" : mode == HOOK_FULL ? "disk full" : "left alone", trial->hook->at, trial->hook->calls,
			trial->hook->renamed ? "current" : "nothing changed");
	if (trial->hook->renamed && !good)
		wrong(trial, "what should be refused was made current");
	if (trial->hook->renamed)
		publish(&trial->on_disk, &next);
	trial->tally->lists_refused += (unsigned)loaded.refused;
	trial->tally->full += trial->hook->failed;
	if (mode == HOOK_KILL) {
		trial->tally->died_before += !trial->hook->renamed;
		trial->tally->died_after += trial->hook->renamed && trial->hook->calls == trial->hook->at;
		return;
	}
	*(loaded.ok ? &trial->tally->taken : &trial->tally->refused) += 1;
	if (mode == HOOK_FULL && trial->hook->failed && loaded.ok && !trial->hook->renamed)
		wrong(trial, "a load that found the disk full says it went well");
	if (mode == HOOK_FULL && !loaded.ok && good && loaded.code != FAULT_STORE_FULL && loaded.code != FAULT_FILE)
		wrong(trial, "a full disk is %s at %s", fault_row(loaded.code)->name, loaded.path);
	if (mode == HOOK_OFF && loaded.ok != good)
		wrong(trial, "the load should be %s: %s at %s", good ? "taken" : "refused", loaded.ok ? "taken" : fault_row(loaded.code)->name, loaded.path);
	if (mode == HOOK_OFF && loaded.ok && loaded.refused != refused)
		wrong(trial, "%d lists are refused, not %d", loaded.refused, refused);
}

static void roll_back(struct trial *trial)
{
	struct generations *on_disk = &trial->on_disk;
	struct fault fault;
	int number;
	bool ok = formulary_rollback(trial->directory, &number, &fault);

	if (ok != on_disk->has_before || (!ok && fault.code != FAULT_NO_FORMULARY))
		wrong(trial, "going back: %s", ok ? "done, though there is none before" : fault_row(fault.code)->name);
	if (!on_disk->has_before)
		return;
	on_disk->current = on_disk->before;
	on_disk->has_before = false;
	trial->tally->back++;
}

/* -- steps -- */

static void step(struct trial *trial, uint64_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15U + 1;
	unsigned what = any_number(&state, 100);

	if (trial->talk)
		fprintf(stderr, "step %llu: %s\n", (unsigned long long)seed, what < 58 ? "load" : what < 72 ? "load, killed" : what < 80 ? "load, disk full" : what < 86 ?
			"roll back" : what < 92 ? "days pass" : "refresh");
	if (what < 80)
		load(trial, &state, what < 58 ? HOOK_OFF : what < 72 ? HOOK_KILL : HOOK_FULL);
	else if (what < 86)
		roll_back(trial);
	else if (what < 92)
		trial->today += 1 + (int)any_number(&state, 6);
	else
		refresh(trial);
	if (!trial->wrong[0])
		look_fresh(trial, &state);
	trial->tally->lagging += trial->reader && memcmp(&trial->of_reader, &trial->on_disk.current, sizeof(trial->of_reader)) != 0;
	if (!trial->wrong[0] && trial->reader)
		look(trial, trial->reader, &trial->of_reader, &state, "the reader that stays");
}

/* Runs the steps in a formulary of their own; the first that goes wrong, or n. */
static size_t run(const uint64_t *seeds, size_t n, bool talk, struct tally *tally, char said[3 * TEXT_BYTES])
{
	static struct trial trial;
	size_t i;

	trial = (struct trial){ .scratch = scratch_new(), .layout = layout_of(FB30), .hook = hook_new(), .today = 40,
		.tally = tally, .talk = talk };
	*tally = (struct tally){ 0 };
	snprintf(trial.file, sizeof(trial.file), "%s/any.frm", trial.scratch.at);
	snprintf(trial.directory, sizeof(trial.directory), "%s/formulary", trial.scratch.at);
	for (int k = 0; k < NDCS; k++)
		trial.on_disk.current.tier[k] = -1;
	arena_init(&trial.arena, 4 << 20);
	for (i = 0; i < n; i++) {
		step(&trial, seeds[i]);
		if (trial.wrong[0])
			break;
	}
	strcpy(said, trial.wrong);
	formulary_free(trial.reader);
	arena_done(&trial.arena);
	hook_free(trial.hook);
	fb_layout_free(trial.layout);
	scratch_done(&trial.scratch);
	return i;
}

/* Leaves out what is not needed to go wrong: big pieces first. */
static size_t cut(uint64_t *seeds, size_t n, char said[3 * TEXT_BYTES])
{
	uint64_t *fewer = calloc(n, sizeof(*fewer));
	struct tally tally;
	int tries = 0;

	for (size_t piece = n / 2; piece && fewer; piece /= 2)
		for (size_t at = 0; at + piece <= n && tries < CUTS; tries++) {
			size_t kept = n - piece, failed;

			memcpy(fewer, seeds, at * sizeof(*fewer));
			memcpy(fewer + at, seeds + at + piece, (kept - at) * sizeof(*fewer));
			failed = run(fewer, kept, false, &tally, said);
			if (failed == kept) {
				at += piece;
				continue;
			}
			n = failed + 1;
			memcpy(seeds, fewer, n * sizeof(*seeds));
		}
	free(fewer);
	return n;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 10) : otherwise;
}

Test(formulary, answers_as_the_model_does_whatever_happens, .timeout = 3600)
{
	/* under sanitizers a step costs three times as much, and they look at each step in the same way */
	size_t asked = from_environment("FORMULARY_STEPS", QUICK_STEPS), failed;
	size_t n = getenv("DUALTRACK_SANITIZED") && asked > SANITIZED_STEPS ? SANITIZED_STEPS : asked;
	uint64_t seed = from_environment("FORMULARY_SEED", getenv("FORMULARY_STEPS") ? (uint64_t)time(NULL) : 1);
	uint64_t *seeds = calloc(n + 1, sizeof(*seeds));
	static char said[3 * TEXT_BYTES];
	struct tally tally;

	cr_assert_not_null(seeds);
	for (size_t i = 0; i < n; i++)
		seeds[i] = seed * 1000003 + i;
	printf("# seed %llu, %zu steps\n", (unsigned long long)seed, n);
	failed = run(seeds, n, false, &tally, said);
	if (failed < n) {
		size_t few = cut(seeds, failed + 1, said);

		fprintf(stderr, "FORMULARY_SEED=%llu FORMULARY_STEPS=%zu goes wrong at step %zu; so do these %zu alone:\n", (unsigned long long)seed, n, failed, few);
		run(seeds, few, true, &tally, said);
		free(seeds);
		cr_assert_fail("%s", said);
	}
	free(seeds);
	printf("# %u loads taken, %u refused, %u lists refused alone, %u killed before and %u after the change, %u found the disk full, %u times back; "
	       "%u answers, %u times nothing known, %u looks of a reader that lagged\n", tally.taken, tally.refused, tally.lists_refused, tally.died_before,
		tally.died_after, tally.full, tally.back, tally.answers, tally.silences, tally.lagging);
	if (n < QUICK_STEPS)
		return;
	cr_assert(tally.taken && tally.refused && tally.lists_refused && tally.died_before && tally.died_after && tally.full && tally.back && tally.lagging);
	cr_assert(tally.answers > n, "there is something to answer");
	CASE_END();
}
