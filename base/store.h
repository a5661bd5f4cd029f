/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed bytes that last. The only home of RocksDB. The case store has one writer and is durable; others may look at it meanwhile. A second
   engine in memory behaves alike, forgets on a crash what was not committed, and serves the simulator. */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

struct store;

/* Opens (creates) a directory for one writing process. WAL recovery refuses a damaged middle (kTolerateCorruptedTail);
   beside it lies an anchor file with the last commit's number and audit hash, and a store that comes up below its anchor
   is refused with FAULT_STORE_CORRUPT. */
bool store_open(const char *directory, struct store **out, struct fault *fault) fault_check;
/* Opens a directory to look at what is committed in it now; any number of processes may, beside the one that writes. */
bool store_open_read(const char *directory, struct store **out, struct fault *fault) fault_check;
/* An empty store in memory. */
struct store *store_new_memory(void);
/* In memory only: what a power cut leaves. Drops the open batch. */
void store_memory_crash(struct store *store);
/* In memory only: the next commit fails with this code (STORE_FULL or STORE_UNKNOWN); `applied` says whether an unknown one
   lasts nevertheless. */
void store_memory_fail(struct store *store, enum fault_code code, bool applied);
/* On disk only: commits are refused with FAULT_STORE_FULL when fewer bytes than this would stay free; 64 MiB unless told. */
void store_reserve(struct store *store, uint64_t bytes);
/* Closes; NULL is fine. An open batch is dropped. */
void store_free(struct store *store);

struct store_row {
	bool found;
	struct text value; /* in the arena */
};

/* Reads the open batch over what is committed. */
bool store_get(struct store *store, struct text key, struct arena *arena, struct store_row *row,
	struct fault *fault) fault_check;

/* Adds to the open batch. Nothing is visible to other processes or lasts before store_commit. */
void store_put(struct store *store, struct text key, struct text value);
void store_delete(struct store *store, struct text key);
/* Bytes in the open batch. */
size_t store_pending(const struct store *store);
/* Forgets everything added since the mark: a composite that turns out to conflict takes itself out again. Marks do not
   nest. */
void store_mark(struct store *store);
void store_rollback(struct store *store);

/* Makes the open batch durable: one write, fsynced, all or nothing. The batch is empty afterwards,
   whatever came of it. FAULT_STORE_FULL: not applied. FAULT_STORE_UNKNOWN: it may or may not last, and the process must end
   and reopen; until then every call fails the same way. */
bool store_commit(struct store *store, struct fault *fault) fault_check;
/* Notes the last commit number and audit chain hash in the anchor file; fsynced. `sequence` never goes back. */
bool store_anchor(struct store *store, uint64_t sequence, const unsigned char chain[32], struct fault *fault) fault_check;
/* What the anchor says; sequence 0 when there is none yet. */
bool store_anchored(struct store *store, uint64_t *sequence, unsigned char chain[32], struct fault *fault) fault_check;

/* Walks committed keys that start with `prefix`, from `from` (or the prefix when TEXT_NONE) on, in order. The texts of a
   step live until the next one. Holds a snapshot: do not keep one across commits for long. */
struct store_walk;
struct store_walk *store_walk_new(struct store *store, struct text prefix, struct text from);
bool store_walk_next(struct store_walk *walk, struct text *key, struct text *value);
/* False when the walk ended by damage and not by the end of the keys. Frees the walk; NULL is fine. */
bool store_walk_free(struct store_walk *walk, struct fault *fault);
