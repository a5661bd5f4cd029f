/* SPDX-License-Identifier: Apache-2.0 */
/* An external merge sort: fill memory, sort, write a run; then take the least of the runs' first rows, again and again. */
#include "base/sort.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MEMORY_LEAST = 1 << 20,
	RUN_BUFFER = 1 << 20, /* bytes read or written at once */
};

/* A row in memory and in a run: lengths, then key, then value. */
struct head {
	uint32_t key_n, value_n;
};

struct place {
	uint64_t first; /* the key's first bytes, most significant first: most comparisons end here */
	size_t offset;
};

struct run {
	FILE *file;
	char *row; /* the row at the front */
	size_t room;
	struct text key, value;
	bool ended;
};

struct sort {
	char *directory;
	char *memory;
	size_t limit, room, used; /* room grows up to limit */
	struct place *places;
	size_t places_n, places_room;
	struct run *runs;
	size_t runs_n, next; /* next: of places, when nothing was spilled */
	size_t *heap;        /* runs by their front row */
	size_t heap_n;
	bool reading, taken; /* taken: the heap's first row was given out */
};

struct sort *sort_new(const char *directory, size_t memory)
{
	struct sort *sort = calloc(1, sizeof(*sort));

	assert(memory >= MEMORY_LEAST);
	if (!sort || !(sort->directory = strdup(directory)))
		abort();
	sort->limit = memory;
	return sort;
}

void sort_free(struct sort *sort)
{
	if (!sort)
		return;
	for (size_t i = 0; i < sort->runs_n; i++) {
		fclose(sort->runs[i].file);
		free(sort->runs[i].row);
	}
	free(sort->runs);
	free(sort->heap);
	free(sort->places);
	free(sort->memory);
	free(sort->directory);
	free(sort);
}

static struct text key_at(const char *memory, size_t offset)
{
	struct head head;

	memcpy(&head, memory + offset, sizeof(head));
	return (struct text){ memory + offset + sizeof(head), head.key_n };
}

static struct text value_at(const char *memory, size_t offset)
{
	struct head head;

	memcpy(&head, memory + offset, sizeof(head));
	return (struct text){ memory + offset + sizeof(head) + head.key_n, head.value_n };
}

static int compare(const void *a, const void *b, void *memory)
{
	const struct place *left = a, *right = b;
	int order;

	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	order = text_compare(key_at(memory, left->offset), key_at(memory, right->offset));
	return order ? order : left->offset < right->offset ? -1 : left->offset > right->offset;
}

static void sort_memory(struct sort *sort)
{
	if (sort->places_n)
		qsort_r(sort->places, sort->places_n, sizeof(*sort->places), compare, sort->memory);
}

static bool no_room(struct fault *fault)
{
	return fault_set(fault, errno == ENOSPC || errno == EDQUOT ? FAULT_STORE_FULL : FAULT_FILE, "");
}

/* A file that is gone from the directory as soon as it is there. */
static FILE *nameless(const char *directory)
{
	char path[4096];
	FILE *file = NULL;
	int fd;

	if (snprintf(path, sizeof(path), "%s/run-XXXXXX", directory) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	unlink(path);
	file = fdopen(fd, "w+");
	if (!file)
		close(fd);
	else
		setvbuf(file, NULL, _IOFBF, RUN_BUFFER);
	return file;
}

static bool spill(struct sort *sort, struct fault *fault)
{
	struct run *runs = reallocarray(sort->runs, sort->runs_n + 1, sizeof(*runs));
	FILE *file = nameless(sort->directory);

	if (!runs)
		abort();
	sort->runs = runs;
	if (!file)
		return no_room(fault);
	runs[sort->runs_n++] = (struct run){ .file = file };
	sort_memory(sort);
	for (size_t i = 0; i < sort->places_n; i++) {
		size_t offset = sort->places[i].offset;
		size_t n = sizeof(struct head) + key_at(sort->memory, offset).n + value_at(sort->memory, offset).n;

		if (fwrite(sort->memory + offset, 1, n, file) != n)
			return no_room(fault);
	}
	if (fflush(file) || fseek(file, 0, SEEK_SET))
		return no_room(fault);
	sort->places_n = sort->used = 0;
	return true;
}

static void add_place(struct sort *sort, struct text key, size_t offset)
{
	uint64_t first = 0;

	if (sort->places_n == sort->places_room) {
		sort->places_room = sort->places_room ? 2 * sort->places_room : 4096;
		sort->places = reallocarray(sort->places, sort->places_room, sizeof(*sort->places));
		if (!sort->places)
			abort();
	}
	for (size_t i = 0; i < sizeof(first); i++)
		first = first << 8 | (i < key.n ? (unsigned char)key.at[i] : 0);
	sort->places[sort->places_n++] = (struct place){ first, offset };
}

static void make_room(struct sort *sort, size_t n)
{
	size_t room = sort->room ? sort->room : MEMORY_LEAST;

	while (room < sort->used + n)
		room *= 2;
	if (room > sort->limit)
		room = sort->limit;
	if (room == sort->room)
		return;
	sort->memory = realloc(sort->memory, room);
	if (!sort->memory)
		abort();
	sort->room = room;
}

bool sort_add(struct sort *sort, struct text key, struct text value, struct fault *fault)
{
	struct head head = { (uint32_t)key.n, (uint32_t)value.n };
	size_t n = sizeof(head) + key.n + value.n;
	char *at;

	assert(!sort->reading);
	if (n > sort->limit / 4 || key.n > UINT32_MAX || value.n > UINT32_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	/* The places count too, and for as much again while they grow. */
	if (sort->used + n + 2 * sort->places_n * sizeof(*sort->places) > sort->limit && !spill(sort, fault))
		return false;
	make_room(sort, n);
	at = sort->memory + sort->used;
	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), key.at, key.n);
	if (value.n)
		memcpy(at + sizeof(head) + key.n, value.at, value.n);
	add_place(sort, key, sort->used);
	sort->used += n;
	return true;
}

/* -- reading -- */

static bool read_row(struct run *run, struct fault *fault)
{
	struct head head;
	size_t got = fread(&head, 1, sizeof(head), run->file), n;

	if (got == 0 && feof(run->file)) {
		run->ended = true;
		return true;
	}
	if (got != sizeof(head))
		return fault_set(fault, FAULT_FILE, "");
	n = (size_t)head.key_n + head.value_n;
	if (n > run->room) {
		run->room = n;
		run->row = realloc(run->row, n);
		if (!run->row)
			abort();
	}
	if (n && fread(run->row, 1, n, run->file) != n)
		return fault_set(fault, FAULT_FILE, "");
	run->key = (struct text){ run->row, head.key_n };
	run->value = (struct text){ run->row + head.key_n, head.value_n };
	return true;
}

/* Runs are in the order of adding, so of equal keys the one of the earlier run comes first. */
static bool before(const struct sort *sort, size_t a, size_t b)
{
	int order = text_compare(sort->runs[a].key, sort->runs[b].key);

	return order ? order < 0 : a < b;
}

static void sink(struct sort *sort, size_t at)
{
	size_t moving = sort->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= sort->heap_n)
			break;
		if (child + 1 < sort->heap_n && before(sort, sort->heap[child + 1], sort->heap[child]))
			child++;
		if (!before(sort, sort->heap[child], moving))
			break;
		sort->heap[at] = sort->heap[child];
		at = child;
	}
	sort->heap[at] = moving;
}

static bool begin_reading(struct sort *sort, struct fault *fault)
{
	sort->reading = true;
	if (!sort->runs_n) {
		sort_memory(sort);
		return true;
	}
	if (sort->places_n && !spill(sort, fault))
		return false;
	free(sort->memory);
	free(sort->places);
	sort->memory = NULL;
	sort->places = NULL;
	sort->heap = calloc(sort->runs_n, sizeof(*sort->heap));
	if (!sort->heap)
		abort();
	for (size_t i = 0; i < sort->runs_n; i++) {
		if (!read_row(&sort->runs[i], fault))
			return false;
		if (!sort->runs[i].ended)
			sort->heap[sort->heap_n++] = i;
	}
	for (size_t i = sort->heap_n / 2; i-- > 0;)
		sink(sort, i);
	return true;
}

static bool next_of_runs(struct sort *sort, struct text *key, struct text *value, bool *there, struct fault *fault)
{
	struct run *run;

	if (sort->taken) {
		run = &sort->runs[sort->heap[0]];
		if (!read_row(run, fault))
			return false;
		if (run->ended)
			sort->heap[0] = sort->heap[--sort->heap_n];
		if (sort->heap_n)
			sink(sort, 0);
	}
	*there = sort->taken = sort->heap_n > 0;
	if (*there) {
		run = &sort->runs[sort->heap[0]];
		*key = run->key;
		*value = run->value;
	}
	return true;
}

bool sort_next(struct sort *sort, struct text *key, struct text *value, bool *there, struct fault *fault)
{
	if (!sort->reading && !begin_reading(sort, fault))
		return false;
	if (sort->runs_n)
		return next_of_runs(sort, key, value, there, fault);
	*there = sort->next < sort->places_n;
	if (*there) {
		*key = key_at(sort->memory, sort->places[sort->next].offset);
		*value = value_at(sort->memory, sort->places[sort->next].offset);
		sort->next++;
	}
	return true;
}
