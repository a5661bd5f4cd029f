/* SPDX-License-Identifier: Apache-2.0 */
/* What lists of national size cost: a formulary and benefit file of ten million details, and Part D files of a million drugs, loaded beside each
   other; then answers from them, each beside searches of a sorted array mapped from a file, one for each place where the answer looks.

	lists_bench [DETAILS [PARTD-FORMULARIES [DIRECTORY]]]

   With a directory the formulary is made there and found again the next time. */
#include "base/clock.h"
#include "formulary/answer.h"
#include "formulary/fb/fb.h"
#include "formulary/partd/partd.h"
#include "test/bench/bench.h"
#include "test/bench/national_lists.h"
#include "test/scratch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { KEYS = 1 << 16, ARENA = 1 << 20, SAMPLES = 200000 };

struct key {
	uint32_t family, product;
	char plan[24], ndc[12];
};

/* A row of the sorted array. */
struct entry {
	char key[16]; /* kind, family, product: most significant byte first */
	uint64_t value[2];
};

struct asking_all {
	struct formulary *formulary;
	const struct entry *sorted;
	size_t rows, next;
	struct key *keys;
	struct arena arena;
	bool absent;
};

/* -- loading, in a process of its own whose memory is measured -- */

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

static void loaded(const char *name, int64_t begun, int64_t details, const struct load_report *report)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	bench_figure(name, "_wall", (double)(clock_now().mono_ms - begun) / 1e3, "s");
	bench_figure(name, "_cpu", cpu_ms() / 1e3, "s");
	bench_figure(name, "_rate", (double)details * 1e3 / cpu_ms(), "rows/s");
	bench_figure(name, "_rows", (double)report->added, "rows");
	bench_figure(name, "_memory", (double)used.ru_maxrss / 1024, "MB");
	bench_figure(name, "_bytes", (double)report->bytes / (double)report->rows, "bytes/row");
}

static void load_lists(const char *from, const char *into)
{
	struct fb_load load = { .file = from, .directory = into, .layout = layout_of(FB30) };
	int64_t begun = clock_now().mono_ms, line;
	struct fb_report report;
	struct fault fault;

	if (!fb_load(&load, &report, &line, &fault)) {
		fprintf(stderr, "%s at %s, line %lld\n", fault_row(fault.code)->name, fault.path, (long long)line);
		_exit(1);
	}
	loaded("fb_national_load", begun, report.rows, &report.load);
}

static void load_partd(const char *from, const char *into)
{
	struct partd_options options = { 0 };
	int64_t begun = clock_now().mono_ms;
	struct partd_report report;
	struct fault fault;

	if (!partd_load(from, into, &options, NULL, NULL, &report, &fault)) {
		fprintf(stderr, "%s at %s, line %lld of %s\n", fault_row(fault.code)->name, fault.path, (long long)report.line, report.file);
		_exit(1);
	}
	loaded("partd_national_load", begun, report.rows[PARTD_BASIC], &report.load);
}

static void in_a_child(void (*load)(const char *, const char *), const char *from, const char *into)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		load(from, into);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		abort();
}

/* -- the least it could cost -- */

static void entry_of(char kind, uint32_t family, uint32_t product, struct entry *out)
{
	memset(out, 0, sizeof(*out));
	out->key[0] = kind;
	for (int i = 0; i < 4; i++) {
		out->key[1 + i] = (char)(family >> (24 - 8 * i));
		out->key[5 + i] = (char)(product >> (24 - 8 * i));
	}
}

static int entry_order(const void *a, const void *b)
{
	return memcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key, sizeof(((const struct entry *)a)->key));
}

static void put_kind(FILE *out, char kind, uint32_t families, bool (*has)(uint32_t), size_t *rows)
{
	struct entry entry;

	for (uint32_t f = 0; f < families; f++)
		for (uint32_t i = 0; i < LISTS_PRODUCTS; i++)
			if (!has || has(i)) {
				entry_of(kind, f, i, &entry);
				fwrite(&entry, sizeof(entry), 1, out);
				++*rows;
			}
}

/* The same rows in the order of the keys; P the plans. */
static const struct entry *sorted_file(const char *path, uint32_t families, size_t *rows)
{
	FILE *out = fopen(path, "we");
	struct entry entry;
	void *at;
	int fd;

	*rows = 0;
	if (!out)
		abort();
	put_kind(out, 'A', families, national_has_alternatives, rows);
	put_kind(out, 'C', families, national_has_copay, rows);
	put_kind(out, 'F', families, NULL, rows);
	put_kind(out, 'G', families, national_has_authorization, rows);
	put_kind(out, 'H', families, national_has_limit, rows);
	for (uint32_t f = 0; f < families; f++, ++*rows) {
		entry_of('P', f, 0, &entry);
		fwrite(&entry, sizeof(entry), 1, out);
	}
	if (fclose(out) || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		abort();
	at = mmap(NULL, *rows * sizeof(entry), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		abort();
	return at;
}

static void search(const struct asking_all *asking, char kind, uint32_t family, uint32_t product)
{
	const struct entry *found;
	struct entry wanted;

	entry_of(kind, family, product, &wanted);
	found = bsearch(&wanted, asking->sorted, asking->rows, sizeof(wanted), entry_order);
	__asm__ volatile("" ::"r"(found ? found->value[0] : 0));
}

/* One search for each place at which the answer looks: plan, links, status, rules, copays, alternatives and their status. */
static void search_once(void *state)
{
	struct asking_all *asking = state;
	const struct key *key = &asking->keys[asking->next++ % KEYS];

	search(asking, 'P', key->family, 0);
	search(asking, 'L', 0, key->product);
	search(asking, 'F', key->family, key->product);
	search(asking, 'G', key->family, key->product);
	search(asking, 'H', key->family, key->product);
	search(asking, 'C', key->family, key->product);
	search(asking, 'A', key->family, key->product);
	for (uint32_t k = 1; national_has_alternatives(key->product) && k <= 3; k++)
		search(asking, 'F', key->family, (key->product + k) % LISTS_PRODUCTS);
}

/* -- answers -- */

static void answer_once(void *state)
{
	struct asking_all *asking = state;
	const struct key *key = &asking->keys[asking->next++ % KEYS];
	struct product_name name = { .ndc = asking->absent ? text_lit("99999999999") : text_of(key->ndc) };
	struct product_answer answer;
	struct fault fault;
	bool found;

	arena_reset(&asking->arena);
	if (!formulary_answer(asking->formulary, text_of(key->plan), &name, &asking->arena, &answer, &found, &fault) || !found || !answer.status)
		abort();
}

/* As router and payer ask. */
static void lookup_once(void *state)
{
	struct asking_all *asking = state;
	const struct key *key = &asking->keys[asking->next++ % KEYS];
	struct coverage coverage;
	struct fault fault;
	bool found;

	arena_reset(&asking->arena);
	if (!formulary_lookup(asking->formulary, text_of(key->plan), text_of(key->ndc), &asking->arena, &coverage, &found, &fault) || !found)
		abort();
}

static void percentiles(const char *name, struct asking_all *asking, void (*once)(void *))
{
	double *us = calloc(SAMPLES, sizeof(*us));

	for (size_t i = 0; us && i < SAMPLES; i++) {
		struct timespec from, to;

		clock_gettime(CLOCK_MONOTONIC, &from);
		once(asking);
		clock_gettime(CLOCK_MONOTONIC, &to);
		us[i] = (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
	}
	if (!us)
		abort();
	qsort(us, SAMPLES, sizeof(*us), bench_order);
	bench_figure(name, "_p50", us[SAMPLES / 2], "us");
	bench_figure(name, "_p99", us[SAMPLES / 100 * 99], "us");
	free(us);
}

/* A gateway that has been up for a while: the file is in the page cache and its pages are known to the process. */
static void warm_up(const char *directory, struct asking_all *asking)
{
	static char bytes[1 << 20];
	char file[300];
	FILE *in;

	snprintf(file, sizeof(file), "%s/%.*s/rows", directory, TEXT_ARGS(formulary_generation(asking->formulary)));
	in = fopen(file, "re");
	while (in && fread(bytes, 1, sizeof(bytes), in) > 0)
		;
	if (!in || fclose(in))
		abort();
	for (uint32_t i = 0; i < 2 * KEYS; i++) {
		answer_once(asking);
		search_once(asking);
	}
}

static void measure(struct asking_all *asking, const char *of, bool beside)
{
	char name[64];
	struct bench answer = { name, answer_once, asking };
	const struct bench least = { "lists_mmap_search", search_once, asking };
	double us;

	snprintf(name, sizeof(name), "%s_answer", of);
	if (beside)
		bench_pair("lists_answer_over_search", &answer, &least);
	percentiles(name, asking, answer_once);
	us = bench_us(&answer);
	bench_figure(name, "_rate", 1e6 / us, "answers/s/core");
	snprintf(name, sizeof(name), "%s_coverage", of);
	answer.run = lookup_once;
	percentiles(name, asking, lookup_once);
	bench_figure(name, "_mean", bench_us(&answer), "us");
	snprintf(name, sizeof(name), "%s_unlisted", of);
	answer.run = answer_once;
	asking->absent = beside; /* a default is known only where a header says one */
	if (beside)
		bench_figure(name, "_mean", bench_us(&answer), "us");
	asking->absent = false;
}

/* The first answers after the file of a new generation was mapped. */
static void first_answer(const char *directory, struct asking_all *asking)
{
	double begun = cpu_ms(), opened;
	struct timespec from, to;
	struct fault fault;

	clock_gettime(CLOCK_MONOTONIC, &from);
	if (!formulary_open(directory, &asking->formulary, &fault))
		abort();
	opened = cpu_ms();
	formulary_day(asking->formulary, clock_now().wall_ms);
	bench_figure("lists_open", "", opened - begun, "ms");
	bench_figure("lists_day", "", cpu_ms() - opened, "ms");
	begun = cpu_ms();
	answer_once(asking);
	clock_gettime(CLOCK_MONOTONIC, &to);
	bench_figure("lists_first_answer", "", (cpu_ms() - begun) * 1e3, "us");
	bench_figure("lists_swap_to_answer", "_wall", (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6, "ms");
}

static void make_files(const char *at, uint32_t families, uint32_t formularies)
{
	char path[128];
	FILE *lists, *drugs, *plans;

	snprintf(path, sizeof(path), "%s/national.frm", at);
	lists = fopen(path, "we");
	snprintf(path, sizeof(path), "%s/partd", at);
	if (mkdir(path, 0755))
		abort();
	snprintf(path, sizeof(path), "%s/partd/drugs.txt", at);
	drugs = fopen(path, "we");
	snprintf(path, sizeof(path), "%s/partd/plans.txt", at);
	plans = fopen(path, "we");
	if (!lists || !drugs || !plans || !national_lists_write(lists, families) || fclose(lists) ||
		!national_partd_write(drugs, plans, formularies, NATIONAL_PARTD_PLANS) || fclose(drugs) || fclose(plans))
		abort();
}

static void load_all(const char *at, const char *directory, uint32_t families, uint32_t formularies)
{
	char from[96];

	make_files(at, families, formularies);
	snprintf(from, sizeof(from), "%s/partd", at);
	in_a_child(load_partd, from, directory);
	snprintf(from, sizeof(from), "%s/national.frm", at);
	in_a_child(load_lists, from, directory);
	remove(from);
}

int main(int argc, char **argv)
{
	uint32_t families = (argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : LISTS_ROWS) / LISTS_DETAILS;
	uint32_t formularies = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : NATIONAL_PARTD_FORMULARIES;
	struct scratch scratch SCRATCH;
	struct asking_all asking = { 0 };
	char directory[256], current[300], sorted[96];

	families += families == 0;
	snprintf(directory, sizeof(directory), "%s%s", argc > 3 ? argv[3] : scratch.at, argc > 3 ? "" : "/formulary");
	snprintf(current, sizeof(current), "%s/CURRENT", directory);
	snprintf(sorted, sizeof(sorted), "%s/sorted", scratch.at);
	if (access(current, F_OK))
		load_all(scratch.at, directory, families, formularies);
	asking.keys = calloc(KEYS, sizeof(*asking.keys));
	if (!asking.keys)
		abort();
	for (uint32_t i = 0; i < KEYS; i++) {
		struct key *key = &asking.keys[i];

		key->family = (uint32_t)(i * UINT64_C(2654435761) >> 7) % families;
		key->product = (uint32_t)(i * UINT64_C(40503) >> 3) % LISTS_PRODUCTS;
		snprintf(key->plan, sizeof(key->plan), "EXPBM:PLAN%u", key->family);
		snprintf(key->ndc, sizeof(key->ndc), "99999%06u", key->product);
	}
	arena_init(&asking.arena, ARENA);
	first_answer(directory, &asking);
	asking.sorted = sorted_file(sorted, families, &asking.rows);
	warm_up(directory, &asking);
	measure(&asking, "fb_national", true);
	for (uint32_t i = 0; i < KEYS; i++) {
		struct key *key = &asking.keys[i];

		national_partd_plan((uint32_t)(i * UINT64_C(2654435761) >> 7) % NATIONAL_PARTD_PLANS, key->plan);
		snprintf(key->ndc, sizeof(key->ndc), "99999%06u", key->product % NATIONAL_PARTD_DRUGS);
	}
	warm_up(directory, &asking);
	measure(&asking, "partd_national", false);
	munmap((void *)(uintptr_t)asking.sorted, asking.rows * sizeof(struct entry));
	arena_done(&asking.arena);
	free(asking.keys);
	formulary_free(asking.formulary);
	return 0;
}
