/* SPDX-License-Identifier: Apache-2.0 */
/* What store.h promises, held against both engines, and against a model that is too simple to be wrong. */
#include "base/store.h"
#include "test/case.h"
#include "test/scratch.h"

#include <string.h>

static struct arena arena;

static struct store *open_engine(bool disk, const struct scratch *scratch)
{
	struct store *store;
	struct fault fault;

	arena_init(&arena, 64 << 20);
	if (!disk)
		return store_new_memory();
	cr_assert(store_open(scratch->at, &store, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return store;
}

static void close_engine(struct store *store)
{
	store_free(store);
	arena_done(&arena);
}

/* Runs `body` on each engine. */
#define BOTH(name)                                                    \
	static void name##_body(struct store *store);                 \
	CASE(store, name)                                             \
	{                                                             \
		for (int disk = 0; disk < 2; disk++) {                \
			struct scratch scratch SCRATCH;               \
			struct store *store = open_engine(disk, &scratch); \
			name##_body(store);                           \
			close_engine(store);                          \
		}                                                     \
	}                                                             \
	static void name##_body(struct store *store)

static const char *get(struct store *store, const char *key)
{
	static char value[256];
	struct store_row row;
	struct fault fault;

	cr_assert(store_get(store, text_of(key), &arena, &row, &fault));
	return row.found ? text_to_z(row.value, value, sizeof(value)) : NULL;
}

static void put(struct store *store, const char *key, const char *value)
{
	store_put(store, text_of(key), text_of(value));
}

static void commit(struct store *store)
{
	struct fault fault;

	cr_assert(store_commit(store, &fault));
}

static void expect_walk(struct store *store, const char *prefix, const char *from, const char *wanted)
{
	struct store_walk *walk = store_walk_new(store, text_of(prefix), text_of(from));
	struct text key, value;
	struct fault fault;
	char seen[256] = "";

	while (store_walk_next(walk, &key, &value))
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%.*s=%.*s ", TEXT_ARGS(key), TEXT_ARGS(value));
	cr_expect(store_walk_free(walk, &fault));
	cr_expect_str_eq(seen, wanted);
}

BOTH(an_absent_key_is_not_found_and_an_empty_value_is)
{
	cr_expect_null(get(store, "a"));
	put(store, "a", "");
	commit(store);
	cr_expect_str_eq(get(store, "a"), "");
}

BOTH(the_open_batch_is_read_over_what_is_committed)
{
	put(store, "a", "old");
	commit(store);
	put(store, "a", "new");
	cr_expect_str_eq(get(store, "a"), "new");
	store_delete(store, text_lit("a"));
	cr_expect_null(get(store, "a"));
	put(store, "a", "newest");
	cr_expect_str_eq(get(store, "a"), "newest");
	cr_expect_gt(store_pending(store), 0);
	expect_walk(store, "", NULL, "a=old "); /* a walk sees only what is committed */
	commit(store);
	cr_expect_eq(store_pending(store), 0);
	expect_walk(store, "", NULL, "a=newest ");
}

BOTH(a_rollback_takes_out_what_came_after_the_mark_and_nothing_else)
{
	put(store, "a", "1");
	put(store, "b", "1");
	store_mark(store);
	put(store, "a", "2");
	store_delete(store, text_lit("b"));
	put(store, "c", "2");
	store_rollback(store);
	cr_expect_str_eq(get(store, "a"), "1");
	cr_expect_str_eq(get(store, "b"), "1");
	cr_expect_null(get(store, "c"));
	commit(store);
	expect_walk(store, "", NULL, "a=1 b=1 ");
}

BOTH(a_rollback_over_many_changes_finds_the_earlier_ones_again)
{
	char key[16];

	for (int i = 0; i < 700; i++) {
		snprintf(key, sizeof(key), "k%d", i % 350);
		if (i == 350)
			store_mark(store);
		put(store, key, i < 350 ? "before" : "after");
	}
	store_rollback(store);
	for (int i = 0; i < 350; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		cr_assert_str_eq(get(store, key), "before");
	}
}

BOTH(a_walk_goes_through_a_prefix_in_order_from_where_it_is_told)
{
	put(store, "b/2", "2");
	put(store, "a/9", "9");
	put(store, "b/1", "1");
	put(store, "b/3", "3");
	put(store, "c/0", "0");
	commit(store);
	expect_walk(store, "b/", NULL, "b/1=1 b/2=2 b/3=3 ");
	expect_walk(store, "b/", "b/2", "b/2=2 b/3=3 ");
	expect_walk(store, "b/", "b/4", "");
	expect_walk(store, "x", NULL, "");
	expect_walk(store, "", NULL, "a/9=9 b/1=1 b/2=2 b/3=3 c/0=0 ");
}

BOTH(a_walk_does_not_see_later_commits)
{
	struct store_walk *walk;
	struct text key, value;
	struct fault fault;
	int seen = 0;

	put(store, "a", "1");
	put(store, "b", "1");
	commit(store);
	walk = store_walk_new(store, text_lit(""), TEXT_NONE);
	store_delete(store, text_lit("b"));
	put(store, "c", "2");
	commit(store);
	while (store_walk_next(walk, &key, &value))
		seen++;
	cr_expect(store_walk_free(walk, &fault));
	cr_expect_eq(seen, 2);
}

BOTH(the_anchor_says_what_was_noted_last)
{
	unsigned char chain[32] = { 7 }, read[32];
	uint64_t sequence = 99;
	struct fault fault;

	cr_expect(store_anchored(store, &sequence, read, &fault));
	cr_expect_eq(sequence, 0);
	for (uint64_t i = 1; i < 5; i++) {
		chain[1] = (unsigned char)i;
		cr_expect(store_anchor(store, i, chain, &fault));
	}
	cr_expect(store_anchored(store, &sequence, read, &fault));
	cr_expect_eq(sequence, 4);
	cr_expect_arr_eq(chain, read, 32);
}

/* The model: a value per key number, a copy of it at the mark, and one of what is committed. */
enum { KEYS = 40 };
struct model {
	int now[KEYS], mark[KEYS], lasts[KEYS]; /* 0: absent */
};

static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void model_expect(struct store *store, const struct model *model, uint64_t seed)
{
	char key[8], value[16];

	for (int i = 0; i < KEYS; i++) {
		const char *got;

		snprintf(key, sizeof(key), "k%02d", i);
		snprintf(value, sizeof(value), "%d", model->now[i]);
		got = get(store, key);
		cr_assert(model->now[i] ? got && strcmp(got, value) == 0 : !got, "seed %lu key %s", seed, key);
	}
}

static void model_run(struct store *store, struct model *model, uint64_t seed, int steps)
{
	bool marked = false;

	for (int step = 1; step <= steps; step++) {
		int i = (int)(random_next(&seed) % KEYS);
		char key[8], value[16];

		snprintf(key, sizeof(key), "k%02d", i);
		snprintf(value, sizeof(value), "%d", step);
		switch (random_next(&seed) % 10) {
		case 0:
			commit(store);
			memcpy(model->lasts, model->now, sizeof(model->now));
			marked = false;
			break;
		case 1:
			store_mark(store);
			memcpy(model->mark, model->now, sizeof(model->now));
			marked = true;
			break;
		case 2:
			if (marked) {
				store_rollback(store);
				memcpy(model->now, model->mark, sizeof(model->now));
			}
			break;
		case 3:
		case 4:
			store_delete(store, text_of(key));
			model->now[i] = 0;
			break;
		default:
			put(store, key, value);
			model->now[i] = step;
		}
		if (step % 50 == 0)
			model_expect(store, model, seed);
	}
}

CASE(store, random_work_agrees_with_a_model_on_both_engines)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct scratch scratch SCRATCH;
		bool disk = seed <= 5; /* fsync is what takes the time */
		struct store *store = open_engine(disk, &scratch);
		struct model model = { 0 };

		model_run(store, &model, seed * 0x9e3779b97f4a7c15u, 600);
		if (disk) { /* what was not committed is gone after reopening */
			store_free(store);
			arena_done(&arena);
			store = open_engine(true, &scratch);
		} else {
			store_memory_crash(store);
		}
		memcpy(model.now, model.lasts, sizeof(model.now));
		model_expect(store, &model, seed);
		close_engine(store);
	}
}

CASE(store, a_full_memory_store_applies_nothing_and_goes_on)
{
	struct scratch scratch SCRATCH;
	struct store *store = open_engine(false, &scratch);
	struct fault fault;

	put(store, "a", "1");
	store_memory_fail(store, FAULT_STORE_FULL, false);
	cr_expect(!store_commit(store, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_FULL);
	cr_expect_null(get(store, "a"));
	put(store, "a", "2");
	commit(store);
	cr_expect_str_eq(get(store, "a"), "2");
	close_engine(store);
}

CASE(store, an_unknown_commit_ends_the_store_until_it_is_reopened)
{
	for (int applied = 0; applied < 2; applied++) {
		struct scratch scratch SCRATCH;
		struct store *store = open_engine(false, &scratch);
		struct fault fault;

		put(store, "a", "1");
		store_memory_fail(store, FAULT_STORE_UNKNOWN, applied);
		cr_expect(!store_commit(store, &fault));
		put(store, "b", "1");
		cr_expect(!store_commit(store, &fault));
		cr_expect_eq(fault.code, FAULT_STORE_UNKNOWN);
		store_memory_crash(store);
		cr_expect_eq(get(store, "a") != NULL, applied);
		cr_expect_null(get(store, "b"));
		close_engine(store);
	}
}

CASE(store, a_disk_with_too_little_room_refuses_and_takes_it_again_later)
{
	struct scratch scratch SCRATCH;
	struct store *store = open_engine(true, &scratch);
	struct fault fault;

	put(store, "a", "1");
	store_reserve(store, UINT64_MAX / 2);
	cr_expect(!store_commit(store, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_FULL);
	cr_expect_null(get(store, "a"));
	store_reserve(store, 0);
	put(store, "a", "1");
	commit(store);
	cr_expect_str_eq(get(store, "a"), "1");
	close_engine(store);
}

CASE(store, others_may_look_at_what_is_committed)
{
	struct scratch scratch SCRATCH;
	struct store *store = open_engine(true, &scratch), *first, *second;
	struct fault fault;

	put(store, "12340", "a");
	put(store, "12341", "b");
	commit(store);
	cr_assert(store_open_read(scratch.at, &first, &fault));
	cr_assert(store_open_read(scratch.at, &second, &fault));
	put(store, "12342", "c");
	commit(store);
	cr_expect_str_eq(get(first, "12340"), "a");
	cr_expect_null(get(second, "12342"));
	expect_walk(second, "1234", NULL, "12340=a 12341=b ");
	store_free(first);
	store_free(second);
	cr_expect(!store_open_read("/tmp/dualtrack-no-such-directory", &first, &fault));
	cr_expect_eq(fault.code, FAULT_FILE);
	close_engine(store);
}

CASE(store, a_second_writer_is_refused)
{
	struct scratch scratch SCRATCH;
	struct store *store = open_engine(true, &scratch), *other;
	struct fault fault;

	cr_expect(!store_open(scratch.at, &other, &fault));
	cr_expect_eq(fault.code, FAULT_FILE);
	close_engine(store);
}
