/* SPDX-License-Identifier: Apache-2.0 */
/* What a durable commit of case changes of about 2 KB costs beside appending the same bytes to a file and fdatasync, batch by batch in the
   same rounds. The clock is the one on the wall: the disk is what is waited for. */
#include "routing/case_store.h"
#include "test/bench/bench.h"
#include "test/scratch.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

enum { CHANGE_BYTES_MOST = 4096, ROUNDS = 8, ROUND_MS = 60, BATCH_MOST = 64 };

struct disk {
	struct store *store;
	struct case_store cases;
	struct arena arena;
	int fd;
	unsigned char value[CHANGE_BYTES_MOST * BATCH_MOST];
	size_t bytes; /* of one change */
	uint64_t n;
};

static double wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "store_bench: %s\n", what);
	exit(1);
}

/* A message that opens a case, as the ledger stores it: answer, case, reference, row of work, audit. */
static void open_case(struct disk *disk)
{
	struct arena *arena = &disk->arena;
	char id[40];
	int id_n = snprintf(id, sizeof(id), "%032lx", (unsigned long)++disk->n);
	struct text trace = { id, (size_t)id_n }, partner = text_lit("D:1999999001");
	struct pa_case put = { .case_id = trace, .partner = partner, .pa_reference_id = trace, .state = text_lit("INITIATED"),
		.version = 1, .rows = 1, .plan = text_lit("PLAN-A"), .policy = text_lit("POLICY-1") };
	struct outbox_row row = { .kind = text_lit("WORK"), .case_id = trace, .partner = partner, .event = text_lit("INITIATE"),
		.request = { (char *)disk->value, 1000 }, .trace = trace, .reply_id = trace };
	struct case_item item = { case_row_key((int64_t)disk->n, trace, 1, arena), &outbox_row_record, &row };
	struct case_change change = { .partner = partner, .message_id = trace,
		.reply = { .body_sha256 = text_lit("hash"), .case_id = trace, .reply = { (char *)disk->value, 400 } }, .put = &put,
		.items = &item, .items_n = 1,
		.audit = { .what = text_lit("MESSAGE"), .event = text_lit("INITIATE"), .partner = partner, .message_id = trace,
			.case_id = trace, .after = text_lit("INITIATED"), .version = 1, .trace = trace } };
	struct stored_reply reply;
	struct fault fault;

	must(case_store_change(&disk->cases, &change, arena, &reply, &fault) == STORED_OK, "change");
}

static void commit_store(struct disk *disk, int batch)
{
	struct fault fault;

	for (int i = 0; i < batch; i++)
		open_case(disk);
	disk->bytes = store_pending(disk->store) / (size_t)batch;
	must(case_store_commit(&disk->cases, &fault) == STORED_OK, "commit");
	arena_reset(&disk->arena);
}

/* The same number of bytes. */
static void commit_file(struct disk *disk, int batch)
{
	size_t bytes = (size_t)batch * disk->bytes;

	must(write(disk->fd, disk->value, bytes) == (ssize_t)bytes && fdatasync(disk->fd) == 0, "append");
}

/* Changes a second over one round. */
static double rate(struct disk *disk, int batch, void (*commit)(struct disk *, int))
{
	double begun = wall_ms(), spent;
	int done = 0;

	do {
		commit(disk, batch);
		done += batch;
		spent = wall_ms() - begun;
	} while (spent < ROUND_MS);
	return done / spent * 1e3;
}

static void compare(struct disk *disk, int batch)
{
	double store[ROUNDS], file[ROUNDS], ratio[ROUNDS];
	char name[64];

	rate(disk, batch, commit_store);
	rate(disk, batch, commit_file);
	for (int i = 0; i < ROUNDS; i++) {
		store[i] = rate(disk, batch, commit_store);
		file[i] = rate(disk, batch, commit_file);
		ratio[i] = store[i] / file[i];
	}
	snprintf(name, sizeof(name), "store_commit_%d", batch);
	bench_spread(name, store, ROUNDS, "changes/s");
	snprintf(name, sizeof(name), "raw_append_%d", batch);
	bench_spread(name, file, ROUNDS, "changes/s");
	snprintf(name, sizeof(name), "store_to_raw_%d", batch);
	bench_spread(name, ratio, ROUNDS, "x");
}

int main(void)
{
	static struct disk disk;
	struct scratch scratch SCRATCH;
	char path[100];
	struct fault fault;

	snprintf(path, sizeof(path), "%s/raw", scratch.at);
	disk.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	must(disk.fd >= 0, "file");
	snprintf(path, sizeof(path), "%s/store", scratch.at);
	arena_init(&disk.arena, 64 << 20);
	must(store_open(path, &disk.store, &fault), "store");
	must(case_store_open(&disk.cases, disk.store, &disk.arena, &fault), "cases");
	for (size_t i = 0; i < sizeof(disk.value); i++)
		disk.value[i] = (unsigned char)(i * 2654435761u >> 13);
	commit_store(&disk, 1);
	bench_figure("store_change", "", (double)disk.bytes, "bytes");
	compare(&disk, 1);
	compare(&disk, 8);
	compare(&disk, BATCH_MOST);
	store_free(disk.store);
	arena_done(&disk.arena);
	close(disk.fd);
	return 0;
}
