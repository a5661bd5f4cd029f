/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted, unchanging files over LMDB: appended to in key order, then mapped and read in place. */
#include "base/table.h"

#include <assert.h>
#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHECKSUM = 4,           /* bytes before each value */
	FORGET_BYTES = 16 << 20, /* read between two times that a walk gives pages back */
	COMMIT_BYTES = 32 << 20, /* written between two commits of a build, and so about what it holds in memory */
};
#define MAP_BYTES ((size_t)1 << 40) /* address space of a build; the file itself is as long as its rows need */

/* Key and value together: a row that was put under another key is damaged too. */
static uint32_t checksum(struct text key, struct text value)
{
	uint64_t sum = text_hash(value) ^ (text_hash(key) * 0x9e3779b97f4a7c15U);

	return (uint32_t)(sum ^ sum >> 32);
}

static bool failed(int code, struct fault *fault)
{
	if (code == ENOSPC || code == EDQUOT || code == MDB_MAP_FULL)
		return fault_set(fault, FAULT_STORE_FULL, "");
	return fault_set(fault, code > 0 ? FAULT_FILE : FAULT_STORE_CORRUPT, "");
}

/* -- writing -- */

struct table_build {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi rows;
	size_t pending;
	char *value; /* checksum and value, put together */
	size_t room;
	char last[TABLE_KEY_MAX];
	size_t last_n;
};

static int begin(struct table_build *build)
{
	int code = mdb_txn_begin(build->env, NULL, 0, &build->txn);

	if (code)
		build->txn = NULL;
	else
		code = mdb_dbi_open(build->txn, NULL, 0, &build->rows);
	build->pending = 0;
	return code;
}

bool table_build_new(const char *path, struct table_build **out, struct fault *fault)
{
	struct table_build *build;
	struct stat about;
	int code;

	if (stat(path, &about) == 0)
		return fault_set(fault, FAULT_FILE, "");
	build = calloc(1, sizeof(*build));
	if (!build)
		abort();
	code = mdb_env_create(&build->env);
	if (!code)
		code = mdb_env_set_mapsize(build->env, MAP_BYTES);
	if (!code)
		code = mdb_env_open(build->env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC | MDB_NOMETASYNC, 0644);
	if (!code)
		code = begin(build);
	if (code) {
		table_build_drop(build);
		return failed(code, fault);
	}
	*out = build;
	return true;
}

static int commit(struct table_build *build)
{
	int code = mdb_txn_commit(build->txn);

	build->txn = NULL;
	return code;
}

bool table_build_put(struct table_build *build, struct text key, struct text value, struct fault *fault)
{
	MDB_val at = { key.n, (void *)key.at }, what = { value.n + CHECKSUM, NULL };
	uint32_t sum = checksum(key, value);
	int code;

	if (key.n > TABLE_KEY_MAX)
		return fault_set(fault, FAULT_TOO_LONG, "");
	if (value.n > TABLE_VALUE_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	assert(key.n && text_compare((struct text){ build->last, build->last_n }, key) < 0);
	memcpy(build->last, key.at, key.n);
	build->last_n = key.n;
	if (what.mv_size > build->room) {
		build->room = 2 * what.mv_size;
		build->value = realloc(build->value, build->room);
		if (!build->value)
			abort();
	}
	what.mv_data = build->value;
	memcpy(build->value, &sum, CHECKSUM);
	if (value.n)
		memcpy(build->value + CHECKSUM, value.at, value.n);
	code = mdb_put(build->txn, build->rows, &at, &what, MDB_APPEND);
	build->pending += key.n + value.n;
	if (!code && build->pending >= COMMIT_BYTES) {
		code = commit(build);
		if (!code)
			code = begin(build);
	}
	return !code || failed(code, fault);
}

bool table_build_finish(struct table_build *build, struct fault *fault)
{
	int code = commit(build);

	if (!code)
		code = mdb_env_sync(build->env, 1);
	table_build_drop(build);
	return !code || failed(code, fault);
}

void table_build_drop(struct table_build *build)
{
	if (!build)
		return;
	if (build->txn)
		mdb_txn_abort(build->txn);
	if (build->env)
		mdb_env_close(build->env);
	free(build->value);
	free(build);
}

/* -- reading -- */

struct table {
	MDB_env *env;
	MDB_txn *txn; /* one for the whole life: nobody writes */
	MDB_dbi rows;
	MDB_cursor *cursor;
	int64_t rows_n;
};

/* LMDB trusts the length it finds in the file; a file cut short would end us at the first page that is missing. */
static bool whole(MDB_env *env, int64_t bytes)
{
	MDB_envinfo info;
	MDB_stat about;

	return mdb_env_info(env, &info) == 0 && mdb_env_stat(env, &about) == 0 &&
	       (int64_t)(info.me_last_pgno + 1) * (int64_t)about.ms_psize <= bytes;
}

static int open_rows(struct table *table)
{
	MDB_stat about;
	int code = mdb_txn_begin(table->env, NULL, MDB_RDONLY, &table->txn);

	if (code) {
		table->txn = NULL;
		return code;
	}
	code = mdb_dbi_open(table->txn, NULL, 0, &table->rows);
	if (!code)
		code = mdb_cursor_open(table->txn, table->rows, &table->cursor);
	if (!code)
		code = mdb_stat(table->txn, table->rows, &about);
	if (!code)
		table->rows_n = (int64_t)about.ms_entries;
	return code;
}

bool table_open(const char *path, struct table **out, struct fault *fault)
{
	struct table *table = calloc(1, sizeof(*table));
	struct stat about;
	int code;

	if (!table)
		abort();
	if (stat(path, &about)) {
		free(table);
		return fault_set(fault, FAULT_FILE, "");
	}
	code = mdb_env_create(&table->env);
	if (!code)
		code = mdb_env_set_mapsize(table->env, (size_t)about.st_size);
	if (!code)
		code = mdb_env_open(table->env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS | MDB_NORDAHEAD, 0);
	if (!code && !whole(table->env, about.st_size))
		code = MDB_CORRUPTED;
	if (!code)
		code = open_rows(table);
	if (code) {
		table_free(table);
		return failed(code, fault);
	}
	*out = table;
	return true;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	if (table->cursor)
		mdb_cursor_close(table->cursor);
	if (table->txn)
		mdb_txn_abort(table->txn);
	if (table->env)
		mdb_env_close(table->env);
	free(table);
}

int64_t table_rows(const struct table *table)
{
	return table->rows_n;
}

static bool sound(struct text key, MDB_val found, struct text *value, struct fault *fault)
{
	uint32_t sum;

	if (found.mv_size < CHECKSUM)
		return fault_set(fault, FAULT_STORE_CORRUPT, "");
	memcpy(&sum, found.mv_data, CHECKSUM);
	*value = (struct text){ (const char *)found.mv_data + CHECKSUM, found.mv_size - CHECKSUM };
	return sum == checksum(key, *value) || fault_set(fault, FAULT_STORE_CORRUPT, "");
}

bool table_get(struct table *table, struct text key, struct text *value, struct fault *fault)
{
	MDB_val at = { key.n, (void *)key.at }, found;
	int code;

	*value = TEXT_NONE;
	if (!key.n || key.n > TABLE_KEY_MAX)
		return true;
	code = mdb_get(table->txn, table->rows, &at, &found);
	if (code == MDB_NOTFOUND)
		return true;
	return code ? failed(code, fault) : sound(key, found, value, fault);
}

static void start_walk(struct table *table, struct text prefix, struct text from, struct table_walk *walk)
{
	walk->table = table;
	walk->begun = walk->ended = walk->forgets = false;
	walk->low = walk->high = 0;
	walk->fault.code = FAULT_NONE;
	walk->prefix_n = walk->from_n = 0;
	if (prefix.n > TABLE_KEY_MAX || from.n > TABLE_KEY_MAX) {
		walk->ended = true; /* no key is that long */
		return;
	}
	if (prefix.n)
		memcpy(walk->prefix, prefix.at, prefix.n);
	walk->prefix_n = prefix.n;
	if (!text_there(from))
		from = prefix;
	if (from.n)
		memcpy(walk->from, from.at, from.n);
	walk->from_n = from.n;
}

void table_walk(struct table *table, struct text prefix, struct text from, struct table_walk *walk)
{
	start_walk(table, prefix, from, walk);
	walk->cursor = table->cursor;
	walk->apart = false;
}

void table_walk_apart(struct table *table, struct text prefix, struct text from, struct table_walk *walk)
{
	MDB_cursor *cursor = NULL;

	start_walk(table, prefix, from, walk);
	if (mdb_cursor_open(table->txn, table->rows, &cursor))
		abort(); /* only for want of memory: the transaction is a good one */
	walk->cursor = cursor;
	walk->apart = true;
}

void table_walk_forgets(struct table_walk *walk)
{
	walk->forgets = true;
}

/* A table is written from front to back, and so a walk reads it. What the advice fails to do costs memory only. */
static void forget(struct table_walk *walk, struct text value)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)value.at;

	if (!walk->low || at < walk->low)
		walk->low = at;
	if (at > walk->high)
		walk->high = at;
	if (walk->high - walk->low < FORGET_BYTES)
		return;
	walk->low &= ~(page - 1);
	madvise((void *)walk->low, (walk->high & ~(page - 1)) - walk->low, MADV_DONTNEED);
	walk->low = walk->high;
}

bool table_walk_next(struct table_walk *walk, struct text *key, struct text *value)
{
	MDB_val at = { walk->from_n, walk->from }, found;
	int code;

	if (walk->ended)
		return false;
	code = mdb_cursor_get(walk->cursor, &at, &found,
		walk->begun ? MDB_NEXT : walk->from_n ? MDB_SET_RANGE : MDB_FIRST);
	walk->begun = true;
	walk->ended = code || at.mv_size < walk->prefix_n || memcmp(at.mv_data, walk->prefix, walk->prefix_n) != 0;
	if (code && code != MDB_NOTFOUND)
		failed(code, &walk->fault);
	if (walk->ended)
		return false;
	*key = (struct text){ at.mv_data, at.mv_size };
	if (sound(*key, found, value, &walk->fault)) {
		if (walk->forgets)
			forget(walk, *value);
		return true;
	}
	walk->ended = true;
	return false;
}

bool table_walk_end(struct table_walk *walk, struct fault *fault)
{
	if (walk->apart)
		mdb_cursor_close(walk->cursor);
	walk->cursor = NULL;
	if (walk->fault.code == FAULT_NONE)
		return true;
	*fault = walk->fault;
	return false;
}

bool table_verify(struct table *table, struct fault *fault)
{
	struct table_walk walk;
	struct text key, value;
	int64_t rows = 0;

	table_walk_apart(table, TEXT_NONE, TEXT_NONE, &walk);
	table_walk_forgets(&walk);
	while (table_walk_next(&walk, &key, &value))
		rows++;
	return table_walk_end(&walk, fault) && (rows == table->rows_n || fault_set(fault, FAULT_STORE_CORRUPT, ""));
}
