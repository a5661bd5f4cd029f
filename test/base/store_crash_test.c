/* SPDX-License-Identifier: Apache-2.0 */
/* What kill -9 and damaged files do to a store on disk: nothing acknowledged is missing, and no damage goes unnoticed. */
#include "base/store.h"
#include "test/case.h"
#include "test/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Commits rows n, n+1, ... each of two keys, and says so on the pipe after each, until killed. */
static void __attribute__((noreturn)) commit_for_ever(const char *directory, uint32_t n, int says)
{
	struct store *store;
	struct fault fault;
	unsigned char chain[32] = { 0 };

	if (!store_open(directory, &store, &fault))
		_exit(1);
	for (;; n++) {
		char key[32];

		snprintf(key, sizeof(key), "a/%08u", n);
		store_put(store, text_of(key), text_of(key));
		key[0] = 'b';
		store_put(store, text_of(key), text_of(key));
		if (!store_commit(store, &fault) || write(says, &n, sizeof(n)) != (ssize_t)sizeof(n))
			_exit(1);
		if (n % 16 == 0 && !store_anchor(store, n, chain, &fault))
			_exit(1);
	}
}

static uint32_t rows_of(struct store *store, const char *prefix)
{
	struct store_walk *walk = store_walk_new(store, text_of(prefix), TEXT_NONE);
	struct text key, value;
	struct fault fault;
	uint32_t n = 0;

	while (store_walk_next(walk, &key, &value)) {
		char wanted[32];

		snprintf(wanted, sizeof(wanted), "%s%08u", prefix, n + 1);
		cr_assert(text_is(key, wanted), "row %u is missing", n + 1);
		n++;
	}
	cr_assert(store_walk_free(walk, &fault));
	return n;
}

CASE(store_crash, nothing_acknowledged_is_lost_to_kill_9)
{
	struct scratch scratch SCRATCH;
	uint32_t acknowledged = 0;

	for (int round = 0; round < 12; round++) {
		struct store *store;
		struct fault fault;
		uint32_t n, both;
		int pipe_ends[2], status;
		pid_t child;

		cr_assert_eq(pipe2(pipe_ends, O_CLOEXEC), 0);
		cr_assert(store_open(scratch.at, &store, &fault), "round %d: %s", round, fault_row(fault.code)->name);
		n = rows_of(store, "a/");
		both = rows_of(store, "b/");
		cr_assert_eq(n, both, "half of a commit is there");
		cr_assert_geq(n, acknowledged);
		store_free(store);
		child = fork();
		cr_assert_geq(child, 0);
		if (child == 0)
			commit_for_ever(scratch.at, n + 1, pipe_ends[1]);
		close(pipe_ends[1]);
		for (int i = 0; i < 5 + round * 7 && read(pipe_ends[0], &acknowledged, sizeof(acknowledged)) > 0; i++)
			;
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		cr_assert(WIFSIGNALED(status), "the writer ended by itself");
		while (read(pipe_ends[0], &n, sizeof(n)) == (ssize_t)sizeof(n))
			acknowledged = n;
		close(pipe_ends[0]);
	}
	cr_expect_gt(acknowledged, 100);
}

/* A store of 400 commits with an anchor near its end, closed as a crash leaves it: rows in the log, not in tables. */
static void fill(const char *directory)
{
	int status;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		struct store *store;
		struct fault fault;
		unsigned char chain[32] = { 0 };
		char key[32], value[512];

		memset(value, 'v', sizeof(value));
		if (!store_open(directory, &store, &fault))
			_exit(1);
		for (uint32_t n = 1; n <= 400; n++) {
			snprintf(key, sizeof(key), "a/%08u", n);
			store_put(store, text_of(key), (struct text){ value, sizeof(value) });
			if (!store_commit(store, &fault))
				_exit(1);
		}
		_exit(store_anchor(store, 398, chain, &fault) ? 0 : 1);
	}
	waitpid(child, &status, 0);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The path of the largest file in the directory with this in its name. */
static off_t file_of(const char *directory, const char *part, char *path, size_t size)
{
	DIR *dir = opendir(directory);
	off_t largest = -1;

	cr_assert_not_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		char name[400];
		struct stat about;

		if (!strstr(entry->d_name, part))
			continue;
		snprintf(name, sizeof(name), "%s/%s", directory, entry->d_name);
		if (stat(name, &about) == 0 && about.st_size > largest) {
			largest = about.st_size;
			snprintf(path, size, "%s", name);
		}
	}
	closedir(dir);
	cr_assert_geq(largest, 1, "no file *%s*", part);
	return largest;
}

static void flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned char byte;

	cr_assert(fd >= 0 && pread(fd, &byte, 1, at) == 1);
	byte ^= 0x10;
	cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static bool opens(const char *directory, struct fault *fault)
{
	struct store *store;
	bool opened = store_open(directory, &store, fault);

	if (opened)
		store_free(store);
	return opened;
}

CASE(store_crash, an_undamaged_one_opens)
{
	struct scratch scratch SCRATCH;
	struct fault fault;

	fill(scratch.at);
	cr_expect(opens(scratch.at, &fault));
}

CASE(store_crash, one_flipped_byte_in_the_middle_of_the_log_refuses_to_open)
{
	for (int part = 1; part < 8; part++) {
		struct scratch scratch SCRATCH;
		struct fault fault;
		char path[400];
		off_t size;

		fill(scratch.at);
		size = file_of(scratch.at, ".log", path, sizeof(path));
		flip(path, size * part / 8);
		cr_expect(!opens(scratch.at, &fault), "flip at %d/8 went unnoticed", part);
		cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);
	}
}

CASE(store_crash, a_log_cut_below_the_anchor_refuses_to_open_and_a_torn_tail_does_not)
{
	struct scratch scratch SCRATCH, torn SCRATCH;
	struct fault fault;
	char path[400];
	off_t size;

	fill(scratch.at);
	size = file_of(scratch.at, ".log", path, sizeof(path));
	cr_assert_eq(truncate(path, size / 2), 0);
	cr_expect(!opens(scratch.at, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);

	/* What lies after the last anchor may be half a write, never acknowledged */
	fill(torn.at);
	size = file_of(torn.at, ".log", path, sizeof(path));
	cr_assert_eq(truncate(path, size + 100), 0);
	cr_expect(opens(torn.at, &fault));
}

CASE(store_crash, a_missing_or_spoiled_anchor_refuses_to_open)
{
	struct scratch scratch SCRATCH;
	struct fault fault;
	char path[100];

	fill(scratch.at);
	snprintf(path, sizeof(path), "%s/anchor", scratch.at);
	flip(path, 20); /* one slot may be torn by a power cut */
	cr_expect(opens(scratch.at, &fault));
	flip(path, 4096 + 20);
	cr_expect(!opens(scratch.at, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);
	cr_assert_eq(unlink(path), 0);
	cr_expect(!opens(scratch.at, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);
}

CASE(store_crash, a_store_that_vanished_behind_its_anchor_refuses_to_open)
{
	struct scratch scratch SCRATCH;
	struct fault fault;
	char path[400];

	fill(scratch.at);
	file_of(scratch.at, ".log", path, sizeof(path));
	cr_assert_eq(unlink(path), 0);
	cr_expect(!opens(scratch.at, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);
}

CASE(store_crash, damage_in_a_table_or_the_manifest_is_found)
{
	static const char *const parts[] = { ".sst", "MANIFEST", "CURRENT" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct scratch scratch SCRATCH;
		struct fault fault;
		struct store *store;
		char path[400];
		off_t size;
		uint32_t n = 0;
		bool noticed;

		fill(scratch.at);
		if (i == 0) /* opening moves the log into a table */
			cr_assert(opens(scratch.at, &fault));
		size = file_of(scratch.at, parts[i], path, sizeof(path));
		flip(path, size / 2);
		noticed = !store_open(scratch.at, &store, &fault);
		if (!noticed) {
			struct store_walk *walk = store_walk_new(store, text_lit("a/"), TEXT_NONE);
			struct text key, value;

			while (store_walk_next(walk, &key, &value))
				n++;
			noticed = !store_walk_free(walk, &fault);
			store_free(store);
		}
		cr_expect(noticed, "%s: damage went unnoticed, %u rows", parts[i], n);
	}
}
