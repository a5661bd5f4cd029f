/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a plan file into a new generation: line by line, in bounded memory, all of it or nothing. */
#include "base/store.h"
#include "formulary/bins.h"
#include "formulary/formulary.h"
#include "formulary/generation.h"
#include "formulary/keys.h"
#include "formulary/line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 1 << 20, /* a product with five alternatives and all prices is about 4 KB */
	LINE_ARENA = 16 << 20,    /* bytes; what one line may grow to once read */
	BATCH_BYTES = 1 << 20,    /* written to the store at once */
	PROGRESS_ROWS = 1000,     /* rows between two calls of progress */
	SOURCE_MAX = 120,         /* bytes of the file's name that are kept */
};

struct load {
	struct store *store;
	struct arena arena;      /* of one line */
	struct load_report report;
	struct load_progress progress;
	void (*tell)(const struct load_progress *, void *);
	void *tell_arg;
	struct text source;      /* name of the file, without its folders */
	char plan[KEY_MAX];      /* of the last product: files have their products plan by plan */
	size_t plan_n;
	char *window;            /* bytes read and not yet used up */
	size_t from, to;
	int fd;
	bool ended;
	int64_t line;
};

/* The next line without its end; *there false at the end of the file. */
static bool next_line(struct load *load, struct text *line, bool *there, struct fault *fault)
{
	size_t looked = load->from;

	for (;;) {
		char *end = memchr(load->window + looked, '\n', load->to - looked);
		ssize_t got;

		if (end || (load->ended && load->to > load->from)) {
			size_t n = end ? (size_t)(end - load->window) : load->to;

			*line = (struct text){ load->window + load->from, n - load->from };
			load->from = end ? n + 1 : n;
			load->line++;
			*there = true;
			return true;
		}
		if (load->ended) {
			*there = false;
			return true;
		}
		memmove(load->window, load->window + load->from, load->to - load->from);
		load->to -= load->from;
		load->from = 0;
		looked = load->to;
		if (load->to == LINE_MAX_BYTES) {
			load->line++;
			return fault_set(fault, FAULT_TOO_LARGE, "");
		}
		do
			got = read(load->fd, load->window + load->to, LINE_MAX_BYTES - load->to);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return fault_set(fault, FAULT_FILE, "");
		load->ended = got == 0;
		load->to += (size_t)got;
		load->progress.bytes_read += got;
	}
}

/* A second line with the same key is refused; its path says where the first one stands. */
static bool refuse_repeated(const char *what, int64_t line, struct fault *fault)
{
	char where[FAULT_PATH_MAX];

	snprintf(where, sizeof(where), "%s (first on line %lld)", what, (long long)line);
	return fault_set(fault, FAULT_REPEATED, where);
}

static bool put_plan(struct load *load, struct text plan, struct fault *fault)
{
	struct formulary_key key;
	struct store_row row;

	if (text_equal(plan, (struct text){ load->plan, load->plan_n }))
		return true;
	key_plan(&key, plan);
	if (!store_get(load->store, key_text(&key), &load->arena, &row, fault))
		return false;
	if (!row.found) {
		store_put(load->store, key_text(&key), text_lit("1"));
		load->report.plans++;
	}
	memcpy(load->plan, plan.at, plan.n);
	load->plan_n = plan.n;
	return true;
}

/* Packs and puts a row unless its key is taken; then *row is the one that was there and *fresh false. */
static bool put_row(struct load *load, const struct formulary_key *key, const struct record *record, const void *rec,
	bool *fresh, struct store_row *row, struct fault *fault)
{
	struct buffer packed;

	if (!key->fits)
		return fault_set(fault, FAULT_TOO_LONG, "");
	if (!store_get(load->store, key_text(key), &load->arena, row, fault))
		return false;
	*fresh = !row->found;
	if (row->found)
		return true;
	buffer_init(&packed, &load->arena, 1024);
	record_pack(record, rec, &packed);
	if (packed.failed)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	store_put(load->store, key_text(key), buffer_text(&packed));
	return true;
}

static bool put_coverage(struct load *load, struct coverage *coverage, struct fault *fault)
{
	struct coverage first = { 0 };
	struct formulary_key key;
	struct store_row row;
	bool fresh;

	coverage->source = load->source;
	coverage->line = load->line;
	key_product(&key, coverage->plan, coverage->ndc);
	if (!put_row(load, &key, &coverage_record, coverage, &fresh, &row, fault))
		return false;
	if (!fresh)
		return record_unpack(&coverage_record, &first, &load->arena, row.value, fault) &&
		       refuse_repeated("coverage/ndc", first.line, fault);
	load->report.products++;
	return put_plan(load, coverage->plan, fault);
}

static bool put_bin(struct load *load, struct bin_line *bin, struct fault *fault)
{
	struct bin_line first = { 0 };
	struct formulary_key key;
	struct store_row row;
	bool fresh;

	if (load->report.bins == BINS_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "bin");
	bin->line = load->line;
	key_bin(&key, bin->bin, bin->pcn, bin->group);
	if (!put_row(load, &key, &bin_line_record, bin, &fresh, &row, fault))
		return false;
	if (!fresh)
		return record_unpack(&bin_line_record, &first, &load->arena, row.value, fault) &&
		       refuse_repeated("bin/bin", first.line, fault);
	load->report.bins++;
	return true;
}

static void tell(struct load *load)
{
	load->progress.rows = load->report.products + load->report.bins;
	if (load->tell)
		load->tell(&load->progress, load->tell_arg);
}

static bool load_lines(struct load *load, struct fault *fault)
{
	struct plan_file_line row;
	struct text line;
	bool there;

	for (;;) {
		if (!next_line(load, &line, &there, fault))
			return false;
		if (!there)
			break;
		line = text_trim(line);
		if (!line.n)
			continue;
		arena_reset(&load->arena);
		if (!line_read(line, &load->arena, &row, fault))
			return false;
		if (!(row.coverage ? put_coverage(load, row.coverage, fault) : put_bin(load, row.bin, fault)))
			return false;
		if (store_pending(load->store) >= BATCH_BYTES && !store_commit(load->store, fault))
			return false;
		if ((load->report.products + load->report.bins) % PROGRESS_ROWS == 0)
			tell(load);
	}
	if (!load->report.products) {
		load->line = 0;
		return fault_set(fault, FAULT_MISSING, "coverage");
	}
	tell(load);
	return store_commit(load->store, fault);
}

/* Every BIN line must stand for a plan of this file: a plan may come after the line that names it. */
static bool check_bins(struct load *load, struct fault *fault)
{
	struct bins bins;

	if (!bins_load(&bins, load->store, fault))
		return false;
	for (size_t i = 0; i < bins.n; i++) {
		struct formulary_key key;
		struct store_row row;
		bool ok;

		arena_reset(&load->arena);
		key_plan(&key, bins.lines[i].plan);
		ok = store_get(load->store, key_text(&key), &load->arena, &row, fault);
		if (ok && !row.found) {
			load->line = bins.lines[i].line;
			ok = fault_set(fault, FAULT_RULE, "bin/plan");
		}
		if (!ok) {
			bins_done(&bins);
			return false;
		}
	}
	bins_done(&bins);
	return true;
}

static bool put_report(struct load *load, struct fault *fault)
{
	struct buffer packed;

	arena_reset(&load->arena);
	buffer_init(&packed, &load->arena, 256);
	record_pack(&load_report_record, &load->report, &packed);
	store_put(load->store, KEY_REPORT, buffer_text(&packed));
	return store_commit(load->store, fault);
}

/* What lies on the disk now is read back whole, and must be what was put. */
static bool read_back(const char *path, const struct load_report *report, struct fault *fault)
{
	int64_t expected = report->products + report->plans + report->bins + 1, rows = 0;
	struct store_walk *walk;
	struct text key, value;
	struct store *store;
	bool ok;

	if (!store_open_read(path, &store, fault))
		return false;
	walk = store_walk_new(store, text_lit(""), TEXT_NONE);
	while (store_walk_next(walk, &key, &value))
		rows++;
	ok = store_walk_free(walk, fault);
	store_free(store);
	return ok && (rows == expected || fault_set(fault, FAULT_STORE_CORRUPT, "formulary"));
}

static bool build(struct load *load, struct generation *generation, struct fault *fault)
{
	static char name[16]; /* formulary.h promises it until the next load */

	snprintf(name, sizeof(name), "%0*d", GENERATION_DIGITS, generation->number);
	load->report.generation = text_of(name);
	if (!store_open_load(generation->path, &load->store, fault))
		return false;
	if (!load_lines(load, fault))
		return false;
	if (!check_bins(load, fault))
		return false;
	load->line = 0;
	if (!put_report(load, fault) || !store_finish(load->store, fault))
		return false;
	store_free(load->store);
	load->store = NULL;
	if (!read_back(generation->path, &load->report, fault))
		return false;
	load->report.bytes = generation_bytes(generation);
	return generation_publish(generation, fault);
}

bool formulary_load(const char *file, const char *directory,
	void (*progress)(const struct load_progress *, void *), void *progress_arg, struct load_report *report,
	int64_t *line, struct fault *fault)
{
	const char *slash = strrchr(file, '/');
	struct generation generation = { .lock = -1 };
	struct load load = { .tell = progress, .tell_arg = progress_arg, .source = text_of(slash ? slash + 1 : file) };
	struct stat about;
	bool ok;

	*line = 0;
	if (load.source.n > SOURCE_MAX)
		load.source.n = SOURCE_MAX;
	load.fd = open(file, O_RDONLY | O_CLOEXEC);
	if (load.fd < 0 || fstat(load.fd, &about)) {
		if (load.fd >= 0)
			close(load.fd);
		return fault_set(fault, FAULT_FILE, "");
	}
	load.progress.bytes_total = about.st_size;
	load.window = malloc(LINE_MAX_BYTES);
	if (!load.window)
		abort();
	arena_init(&load.arena, LINE_ARENA);
	ok = generation_begin(&generation, directory, fault) && build(&load, &generation, fault);
	if (!ok)
		*line = load.line;
	store_free(load.store);
	generation_end(&generation);
	arena_done(&load.arena);
	free(load.window);
	close(load.fd);
	*report = load.report;
	return ok;
}
