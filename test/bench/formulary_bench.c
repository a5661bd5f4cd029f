/* SPDX-License-Identifier: Apache-2.0 */
/* What a lookup in a formulary of national size costs, beside the least it could cost: a binary search in a sorted array of the same keys,
   mapped from a file. Also how long the load takes and how large the result is. Rows can be given as an argument. */
#include "base/clock.h"
#include "formulary/formulary.h"
#include "test/bench/bench.h"
#include "test/bench/national.h"
#include "test/scratch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

enum { ENTRY = 32, KEYS = 1 << 16, ARENA = 1 << 20 };

/* A row of the sorted array: key, and where a value would be. */
struct entry {
	char key[ENTRY - sizeof(uint64_t)];
	uint64_t value;
};
_Static_assert(sizeof(struct entry) == ENTRY, "rows lie one after the other");

struct key {
	char plan[16], ndc[12];
};

struct looking {
	struct formulary *formulary;
	const struct entry *sorted;
	size_t rows, next;
	struct key *keys;
	struct arena arena;
	bool absent; /* look for what is not there */
};

static int entry_order(const void *a, const void *b)
{
	return memcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key, sizeof(((const struct entry *)a)->key));
}

static void entry_of(const char *plan, const char *ndc, struct entry *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->key, plan + 9, 5);
	memcpy(out->key + 5, ndc, 11);
}

static struct key *next_key(struct looking *looking)
{
	return &looking->keys[looking->next++ % KEYS];
}

static void lookup_once(void *state)
{
	struct looking *looking = state;
	const struct key *key = next_key(looking);
	struct coverage coverage;
	struct fault fault;
	bool found;

	arena_reset(&looking->arena);
	if (!formulary_lookup(looking->formulary, text_of(key->plan), looking->absent ? text_lit("99999999999") : text_of(key->ndc),
		    &looking->arena, &coverage, &found, &fault) || found == looking->absent)
		abort();
}

static void search_once(void *state)
{
	struct looking *looking = state;
	const struct key *key = next_key(looking);
	const struct entry *found;
	struct entry wanted;

	entry_of(key->plan, key->ndc, &wanted);
	found = bsearch(&wanted, looking->sorted, looking->rows, sizeof(wanted), entry_order);
	if (!found)
		abort();
	__asm__ volatile("" ::"r"(found->value));
}

/* The file of the plan gives it in order already: the keys of a plan ascend, and so do the plans. */
static const struct entry *sorted_file(const char *path, size_t rows)
{
	FILE *out = fopen(path, "we");
	char plan[16], ndc[12];
	struct entry entry;
	void *at;
	int fd;

	for (uint32_t row = 0; out && row < rows; row++) {
		national_key(row, plan, ndc);
		entry_of(plan, ndc, &entry);
		entry.value = row;
		fwrite(&entry, sizeof(entry), 1, out);
	}
	if (!out || fclose(out) || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		abort();
	at = mmap(NULL, rows * sizeof(entry), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		abort();
	return at;
}

static long rss_kb(void)
{
	long pages = 0, resident = 0;
	FILE *in = fopen("/proc/self/statm", "re");

	if (!in || fscanf(in, "%ld %ld", &pages, &resident) != 2)
		abort();
	fclose(in);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void load(const char *file, const char *directory)
{
	int64_t begun = clock_now().mono_ms, line;
	struct load_report report;
	struct fault fault;

	if (!formulary_load(file, directory, NULL, NULL, &report, &line, &fault)) {
		fprintf(stderr, "line %lld: %s at %s\n", (long long)line, fault_row(fault.code)->name, fault.path);
		abort();
	}
	bench_figure("formulary_load", "", (double)(clock_now().mono_ms - begun) / 1e3, "s");
	bench_figure("formulary_rows", "", (double)report.products, "rows");
	bench_figure("formulary_disk", "", (double)report.bytes / 1e6, "MB");
}

int main(int argc, char **argv)
{
	uint32_t rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : NATIONAL_ROWS;
	struct scratch scratch SCRATCH;
	struct looking looking = { .rows = rows };
	const struct bench lookup = { "formulary_lookup", lookup_once, &looking };
	const struct bench search = { "formulary_mmap_search", search_once, &looking };
	char file[96], directory[96], sorted[96];
	struct fault fault;
	FILE *out;
	long before;

	snprintf(file, sizeof(file), "%s/plan.jsonl", scratch.at);
	snprintf(directory, sizeof(directory), "%s/formulary", scratch.at);
	snprintf(sorted, sizeof(sorted), "%s/sorted", scratch.at);
	if (!rows || !(out = fopen(file, "we")) || !national_write(out, rows) || fclose(out))
		abort();
	load(file, directory);
	before = rss_kb();
	if (!formulary_open(directory, &looking.formulary, &fault))
		abort();
	looking.sorted = sorted_file(sorted, rows);
	looking.keys = calloc(KEYS, sizeof(*looking.keys));
	if (!looking.keys)
		abort();
	for (uint32_t i = 0; i < KEYS; i++)
		national_key((uint32_t)((i * UINT64_C(2654435761)) % rows), looking.keys[i].plan, looking.keys[i].ndc);
	arena_init(&looking.arena, ARENA);
	bench_pair("formulary_lookup_over_search", &lookup, &search);
	munmap((void *)(uintptr_t)looking.sorted, rows * sizeof(struct entry));
	bench_figure("formulary_reader_rss", "", (double)(rss_kb() - before) / 1e3, "MB");
	looking.absent = true;
	bench_figure("formulary_lookup_absent", "", bench_us(&lookup), "us");
	arena_done(&looking.arena);
	free(looking.keys);
	formulary_free(looking.formulary);
	return 0;
}
