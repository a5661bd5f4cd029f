/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of ids with an end, and its log. An entry is written before its id counts as used, with one write(2): it survives the
   process, not a power cut, for which one fsync for each token would make all others at the door wait. */
#include "gateway/access/seen.h"

#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	ROOM = 2 * SEEN_MAX,         /* a power of two, at most half of it taken */
	REWRITE = 4 * SEEN_MAX,      /* entries in the file before it is written anew */
	SWEEP_MS = 10000,
};

struct entry {
	unsigned char hash[16]; /* of owner and id: what is kept says neither */
	uint32_t owner;
	uint32_t check; /* of the rest, in the file: a torn entry is none */
	int64_t until_ms; /* 0: empty */
};
_Static_assert(sizeof(struct entry) == 32, "the file has no gaps");

struct seen {
	struct entry *entries;
	size_t n, written;
	int64_t sweep_ms;
	uint16_t owned[1 << 16]; /* entries by the low bits of their owner's hash; a collision only shares a limit */
	int fd;                  /* -1: memory only */
	char file[PATH_MAX];
};

_Static_assert(SEEN_OF_ONE_MAX < UINT16_MAX && SEEN_MAX <= 1 << 16, "owned counts that far");

static uint32_t checked(const struct entry *entry)
{
	struct entry copy = *entry;

	copy.check = 0;
	return (uint32_t)text_hash((struct text){ (const char *)&copy, sizeof(copy) }) | 1;
}

static struct entry *place(struct entry *entries, const struct entry *wanted)
{
	size_t i;

	memcpy(&i, wanted->hash, sizeof(i));
	for (i &= ROOM - 1; entries[i].until_ms && memcmp(entries[i].hash, wanted->hash, sizeof(wanted->hash)) != 0;)
		i = (i + 1) & (ROOM - 1);
	return &entries[i];
}

static void put(struct seen *seen, const struct entry *entry)
{
	struct entry *to = place(seen->entries, entry);

	if (!to->until_ms) {
		seen->n++;
		seen->owned[(uint16_t)entry->owner]++;
	}
	*to = *entry;
}

static bool append(int fd, const struct entry *entry)
{
	struct entry copy = *entry;
	ssize_t n;

	copy.check = checked(entry);
	do
		n = write(fd, &copy, sizeof(copy));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(copy);
}

/* Forgets what is over. */
static void sweep(struct seen *seen, int64_t wall_ms)
{
	struct entry *old = seen->entries;

	seen->entries = calloc(ROOM, sizeof(*old));
	if (!seen->entries)
		abort();
	seen->n = 0;
	memset(seen->owned, 0, sizeof(seen->owned));
	for (size_t i = 0; i < ROOM; i++)
		if (old[i].until_ms > wall_ms)
			put(seen, &old[i]);
	free(old);
	seen->sweep_ms = wall_ms + SWEEP_MS;
}

/* A file with what is still of use, in place of the one there. */
static bool rewrite(struct seen *seen)
{
	char next[PATH_MAX + 8];
	int fd;
	bool good;

	snprintf(next, sizeof(next), "%s.next", seen->file);
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	good = fd >= 0;
	for (size_t i = 0; i < ROOM && good; i++)
		if (seen->entries[i].until_ms)
			good = append(fd, &seen->entries[i]);
	if (!good || rename(next, seen->file)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (seen->fd >= 0)
		close(seen->fd);
	seen->fd = fd;
	seen->written = seen->n;
	return true;
}

static bool read_file(struct seen *seen, int64_t wall_ms)
{
	int fd = open(seen->file, O_RDONLY | O_CLOEXEC);
	struct entry entry;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT;
	/* Every entry is written whole, and stands at a multiple of its size until one is torn: what follows it is not believed. */
	while ((n = read(fd, &entry, sizeof(entry))) == (ssize_t)sizeof(entry) && entry.check == checked(&entry))
		if (entry.until_ms > wall_ms && seen->n < SEEN_MAX)
			put(seen, &entry);
	close(fd);
	return n >= 0;
}

struct seen *seen_new(const char *file, int64_t wall_ms)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen || !(seen->entries = calloc(ROOM, sizeof(*seen->entries))))
		abort();
	seen->fd = -1;
	seen->sweep_ms = wall_ms + SWEEP_MS;
	if (!file)
		return seen;
	snprintf(seen->file, sizeof(seen->file), "%s", file);
	if (read_file(seen, wall_ms) && rewrite(seen))
		return seen;
	seen_free(seen);
	return NULL;
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	if (seen->fd >= 0)
		close(seen->fd);
	free(seen->entries);
	free(seen);
}

size_t seen_count(const struct seen *seen)
{
	return seen->n;
}

enum seen_answer seen_note(struct seen *seen, struct text owner, struct text id, int64_t until_ms, int64_t wall_ms)
{
	unsigned char of_owner[SHA256_BYTES], hash[SHA256_BYTES];
	struct entry entry = { .until_ms = until_ms }, *there;

	if (wall_ms >= seen->sweep_ms)
		sweep(seen, wall_ms);
	crypto_sha256(owner, of_owner);
	crypto_sha256_chain(of_owner, id, hash);
	memcpy(entry.hash, hash, sizeof(entry.hash));
	memcpy(&entry.owner, of_owner, sizeof(entry.owner));
	there = place(seen->entries, &entry);
	if (there->until_ms > wall_ms)
		return SEEN_BEFORE;
	if (!there->until_ms && (seen->n >= SEEN_MAX || seen->owned[(uint16_t)entry.owner] >= SEEN_OF_ONE_MAX))
		return SEEN_FULL;
	if (seen->fd >= 0) {
		if ((seen->written >= REWRITE && !rewrite(seen)) || !append(seen->fd, &entry)) {
			/* perhaps half written: what follows would not be believed */
			seen->written = REWRITE;
			return SEEN_FULL;
		}
		seen->written++;
	}
	put(seen, &entry);
	return SEEN_NEW;
}
