/* SPDX-License-Identifier: Apache-2.0 */
/* The store on disk. The only home of RocksDB (7.8, C API). */
#include "base/store_engine.h"

#include <assert.h>
#include <errno.h>
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	CACHE_BYTES = 32 << 20,         /* blocks read; the hot part of a national formulary is smaller */
	WRITE_BUFFER_BYTES = 16 << 20,  /* one of two; more only delays the flush */
	BLOOM_BITS = 10,                /* per key: 1 % of absent keys cost a read */
	FILES_OPEN = 256,
	RESERVE_BYTES = 64 << 20,       /* free space below which commits are refused: enough to flush what is in hand */
};

struct rocks {
	struct store store;
	rocksdb_t *db;
	rocksdb_options_t *options;
	rocksdb_block_based_table_options_t *table;
	rocksdb_cache_t *cache;
	rocksdb_readoptions_t *read;
	rocksdb_writeoptions_t *write;
	rocksdb_writebatch_t *batch;
	char *directory;
	uint64_t reserve;
	int anchor_fd;
	struct anchor anchor;
};

struct rocks_walk {
	struct store_walk walk;
	rocksdb_iterator_t *iterator;
	rocksdb_readoptions_t *read;
	bool started;
	char *end; /* first key past the prefix */
	size_t end_n;
	bool broken; /* the store was already unusable: the walk is empty and fails */
};

/* Takes the error RocksDB allocated. True when there was none. */
static bool clean(char *error, enum fault_code otherwise, struct fault *fault)
{
	bool damaged;

	if (!error)
		return true;
	damaged = strncmp(error, "Corruption", 10) == 0;
	rocksdb_free(error); /* it may name keys: not for a log */
	return fault_set(fault, damaged ? FAULT_STORE_CORRUPT : otherwise, "store");
}

static void *must_have(void *at)
{
	if (!at) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	return at;
}

static void rocks_options(struct rocks *rocks)
{
	rocksdb_options_t *options = rocks->options = rocksdb_options_create();

	rocks->table = rocksdb_block_based_options_create();
	rocks->cache = rocksdb_cache_create_lru(CACHE_BYTES);
	rocksdb_block_based_options_set_block_cache(rocks->table, rocks->cache);
	rocksdb_block_based_options_set_filter_policy(rocks->table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
	rocksdb_block_based_options_set_format_version(rocks->table, 5);
	rocksdb_options_set_block_based_table_factory(options, rocks->table);
	rocksdb_options_set_create_if_missing(options, 1);
	rocksdb_options_set_paranoid_checks(options, 1);
	/* mode 0: a torn tail is a crash and is dropped, a damaged middle refuses to open. The default opened with half the
	   acknowledged rows missing after one flipped byte. */
	rocksdb_options_set_wal_recovery_mode(options, rocksdb_tolerate_corrupted_tail_records_recovery);
	rocksdb_options_set_write_buffer_size(options, WRITE_BUFFER_BYTES);
	rocksdb_options_set_max_write_buffer_number(options, 2);
	rocksdb_options_set_max_background_jobs(options, 2);
	rocksdb_options_set_max_open_files(options, FILES_OPEN);
	rocksdb_options_set_compression(options, rocksdb_lz4_compression);
	rocksdb_options_set_stats_dump_period_sec(options, 0);
	rocksdb_options_set_stats_persist_period_sec(options, 0);
	rocksdb_options_set_skip_stats_update_on_db_open(options, 1);
	/* RocksDB's own log repeats its configuration and statistics; what an operator needs is in ours */
	rocksdb_options_set_info_log_level(options, 5); /* FATAL_LEVEL, InfoLogLevel in rocksdb/env.h */
	rocksdb_options_set_keep_log_file_num(options, 1);
	rocks->read = rocksdb_readoptions_create();
	rocks->write = rocksdb_writeoptions_create();
	rocksdb_writeoptions_set_sync(rocks->write, 1);
	rocks->batch = rocksdb_writebatch_create();
}

static void rocks_free(struct store *store)
{
	struct rocks *rocks = (struct rocks *)store;

	store_batch_done(store);
	if (rocks->anchor_fd >= 0)
		close(rocks->anchor_fd);
	/* After an unknown write RocksDB's own state is not to be trusted, its assertions are on, and the process is ending:
	   what is on disk is all that counts. */
	if (rocks->db && store->ended)
		return;
	if (rocks->db)
		rocksdb_close(rocks->db);
	rocksdb_writebatch_destroy(rocks->batch);
	rocksdb_writeoptions_destroy(rocks->write);
	rocksdb_readoptions_destroy(rocks->read);
	rocksdb_options_destroy(rocks->options);
	rocksdb_block_based_options_destroy(rocks->table);
	rocksdb_cache_destroy(rocks->cache);
	free(rocks->directory);
	free(rocks);
}

static bool rocks_get(struct store *store, struct text key, struct arena *arena, struct store_row *row,
	struct fault *fault)
{
	struct rocks *rocks = (struct rocks *)store;
	char *error = NULL;
	rocksdb_pinnableslice_t *slice = rocksdb_get_pinned(rocks->db, rocks->read, key.at, key.n, &error);
	struct text value = TEXT_NONE;

	*row = (struct store_row){ .found = slice != NULL };
	if (!clean(error, FAULT_STORE_CORRUPT, fault))
		return false;
	if (!slice)
		return true;
	value.at = rocksdb_pinnableslice_value(slice, &value.n);
	row->value = arena_text(arena, value.at ? value : text_lit(""));
	rocksdb_pinnableslice_destroy(slice);
	return text_there(row->value) || fault_set(fault, FAULT_TOO_LARGE, "store");
}

/* Asked before a write: what RocksDB says afterwards of a full disk leaves open whether the write will be there. */
static bool room_left(const struct rocks *rocks)
{
	struct statvfs disk;

	return statvfs(rocks->directory, &disk) != 0 ||
		(uint64_t)disk.f_bavail * disk.f_frsize >= rocks->reserve + rocks->store.bytes;
}

static bool rocks_commit(struct store *store, struct fault *fault)
{
	struct rocks *rocks = (struct rocks *)store;
	char *error = NULL;

	if (!room_left(rocks))
		return fault_set(fault, FAULT_STORE_FULL, "store");
	rocksdb_writebatch_clear(rocks->batch);
	for (size_t i = 0; i < store->n; i++) {
		const struct store_op *op = &store->ops[i];

		if (text_there(op->value))
			rocksdb_writebatch_put(rocks->batch, op->key.at, op->key.n, op->value.at, op->value.n);
		else
			rocksdb_writebatch_delete(rocks->batch, op->key.at, op->key.n);
	}
	rocksdb_write(rocks->db, rocks->write, rocks->batch, &error);
	if (error) {
		rocksdb_free(error);
		return fault_set(fault, FAULT_STORE_UNKNOWN, "store");
	}
	return true;
}

static bool rocks_anchor(struct store *store, uint64_t sequence, const unsigned char chain[32], struct fault *fault)
{
	struct rocks *rocks = (struct rocks *)store;
	struct anchor next = { rocks->anchor.count, sequence, rocksdb_get_latest_sequence_number(rocks->db), { 0 } };

	assert(rocks->anchor_fd >= 0 && sequence >= rocks->anchor.sequence);
	memcpy(next.chain, chain, sizeof(next.chain));
	if (!anchor_write(rocks->anchor_fd, &next, fault))
		return false;
	rocks->anchor = next;
	return true;
}

static bool rocks_anchored(struct store *store, uint64_t *sequence, unsigned char chain[32], struct fault *fault)
{
	const struct rocks *rocks = (const struct rocks *)store;

	*sequence = rocks->anchor.sequence;
	memcpy(chain, rocks->anchor.chain, sizeof(rocks->anchor.chain));
	return true;
}

static struct store_walk *rocks_walk_new(struct store *store, struct text prefix, struct text from)
{
	struct rocks *rocks = (struct rocks *)store;
	struct rocks_walk *walk = must_have(calloc(1, sizeof(*walk)));

	walk->broken = store->ended != FAULT_NONE;
	if (walk->broken)
		return &walk->walk;
	walk->read = rocksdb_readoptions_create();
	rocksdb_readoptions_set_fill_cache(walk->read, 0);
	walk->end = must_have(malloc(prefix.n + 1));
	memcpy(walk->end, prefix.at ? prefix.at : "", prefix.n);
	walk->end_n = prefix.n;
	while (walk->end_n && (unsigned char)walk->end[walk->end_n - 1] == 0xff)
		walk->end_n--;
	if (walk->end_n) {
		walk->end[walk->end_n - 1]++;
		rocksdb_readoptions_set_iterate_upper_bound(walk->read, walk->end, walk->end_n);
	}
	walk->iterator = rocksdb_create_iterator(rocks->db, walk->read);
	rocksdb_iter_seek(walk->iterator, from.at ? from.at : "", from.n);
	return &walk->walk;
}

static bool rocks_walk_next(struct store_walk *base, struct text *key, struct text *value)
{
	struct rocks_walk *walk = (struct rocks_walk *)base;

	if (walk->broken)
		return false;
	if (walk->started && rocksdb_iter_valid(walk->iterator))
		rocksdb_iter_next(walk->iterator);
	walk->started = true;
	if (!rocksdb_iter_valid(walk->iterator))
		return false;
	key->at = rocksdb_iter_key(walk->iterator, &key->n);
	value->at = rocksdb_iter_value(walk->iterator, &value->n);
	return true;
}

static bool rocks_walk_free(struct store_walk *base, struct fault *fault)
{
	struct rocks_walk *walk = (struct rocks_walk *)base;
	char *error = NULL;
	bool done = !walk->broken || fault_set(fault, FAULT_STORE_UNKNOWN, "store");

	if (walk->iterator) {
		rocksdb_iter_get_error(walk->iterator, &error);
		rocksdb_iter_destroy(walk->iterator);
		rocksdb_readoptions_destroy(walk->read);
		done = clean(error, FAULT_STORE_CORRUPT, fault);
	}
	free(walk->end);
	free(walk);
	return done;
}

static const struct store_engine engine = {
	.get = rocks_get,
	.commit = rocks_commit,
	.anchor = rocks_anchor,
	.anchored = rocks_anchored,
	.free = rocks_free,
	.walk_new = rocks_walk_new,
	.walk_next = rocks_walk_next,
	.walk_free = rocks_walk_free,
};

static struct rocks *rocks_new(const char *directory)
{
	struct rocks *rocks = must_have(calloc(1, sizeof(*rocks)));

	store_batch_init(&rocks->store, &engine);
	rocks->directory = must_have(strdup(directory));
	rocks->reserve = RESERVE_BYTES;
	rocks->anchor_fd = -1;
	rocks_options(rocks);
	return rocks;
}

bool store_open(const char *directory, struct store **out, struct fault *fault)
{
	struct rocks *rocks;
	char *error = NULL;

	*out = NULL;
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		return fault_set(fault, FAULT_FILE, "store");
	rocks = rocks_new(directory);
	if (!anchor_open(directory, &rocks->anchor_fd, &rocks->anchor, fault)) {
		rocks->anchor_fd = -1;
		rocks_free(&rocks->store);
		return false;
	}
	rocks->db = rocksdb_open(rocks->options, directory, &error);
	if (!clean(error, FAULT_FILE, fault)) {
		rocks_free(&rocks->store);
		return false;
	}
	if (rocksdb_get_latest_sequence_number(rocks->db) < rocks->anchor.engine) {
		rocks_free(&rocks->store);
		return fault_set(fault, FAULT_STORE_CORRUPT, "anchor");
	}
	*out = &rocks->store;
	return true;
}

bool store_open_read(const char *directory, struct store **out, struct fault *fault)
{
	struct rocks *rocks = rocks_new(directory);
	char *error = NULL;

	*out = NULL;
	rocks->store.read_only = true;
	rocksdb_options_set_create_if_missing(rocks->options, 0);
	rocks->db = rocksdb_open_for_read_only(rocks->options, directory, 0, &error);
	if (!clean(error, FAULT_FILE, fault)) {
		rocks_free(&rocks->store);
		return false;
	}
	*out = &rocks->store;
	return true;
}

void store_reserve(struct store *store, uint64_t bytes)
{
	assert(store->engine == &engine);
	((struct rocks *)store)->reserve = bytes;
}
