/* SPDX-License-Identifier: Apache-2.0 */
/* The anchor file: how far the store is known to have come, written apart from it, so that a store which comes back with
   less is noticed. Two slots are written in turn; a write torn by a power cut spoils only the older one. */
#include "base/store_engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SLOT_APART = 4096 }; /* bytes: two slots never share a disk sector */

/* In the byte order of this machine: a store directory does not move between kinds of machine. */
struct slot {
	char magic[8];
	struct anchor anchor;
	uint64_t hash; /* of everything before it */
};

static const char magic[8] = "DTANCH01";

static uint64_t slot_hash(const struct slot *slot)
{
	return text_hash((struct text){ (const char *)slot, offsetof(struct slot, hash) });
}

static bool slot_read(int fd, int which, struct slot *slot)
{
	return pread(fd, slot, sizeof(*slot), which * (off_t)SLOT_APART) == (ssize_t)sizeof(*slot) &&
		memcmp(slot->magic, magic, sizeof(magic)) == 0 && slot->hash == slot_hash(slot);
}

bool anchor_write(int fd, struct anchor *anchor, struct fault *fault)
{
	struct slot slot;
	off_t at = (off_t)((anchor->count + 1) % 2) * SLOT_APART;

	memset(&slot, 0, sizeof(slot));
	memcpy(slot.magic, magic, sizeof(magic));
	slot.anchor = *anchor;
	slot.anchor.count++;
	slot.hash = slot_hash(&slot);
	if (pwrite(fd, &slot, sizeof(slot), at) != (ssize_t)sizeof(slot) || fdatasync(fd) != 0)
		return fault_set(fault, FAULT_STORE_UNKNOWN, "anchor");
	anchor->count++;
	return true;
}

static bool sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

bool anchor_open(const char *directory, int *fd, struct anchor *out, struct fault *fault)
{
	char name[4096], fresh[4096], current[4096];
	struct slot slots[2];
	bool good[2];

	if ((size_t)snprintf(name, sizeof(name), "%s/anchor", directory) >= sizeof(name) ||
		(size_t)snprintf(fresh, sizeof(fresh), "%s/anchor.new", directory) >= sizeof(fresh) ||
		(size_t)snprintf(current, sizeof(current), "%s/CURRENT", directory) >= sizeof(current))
		return fault_set(fault, FAULT_FILE, "store");
	*out = (struct anchor){ 0 };
	*fd = open(name, O_RDWR | O_CLOEXEC);
	if (*fd < 0) {
		struct anchor none = { 0 };

		if (access(current, F_OK) == 0) /* a store always had its anchor first */
			return fault_set(fault, FAULT_STORE_CORRUPT, "anchor");
		*fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (*fd < 0 || !anchor_write(*fd, &none, fault) || !anchor_write(*fd, &none, fault) ||
			rename(fresh, name) != 0 || !sync_directory(directory)) {
			if (*fd >= 0)
				close(*fd);
			return fault_set(fault, FAULT_FILE, "anchor");
		}
	}
	good[0] = slot_read(*fd, 0, &slots[0]);
	good[1] = slot_read(*fd, 1, &slots[1]);
	if (!good[0] && !good[1]) {
		close(*fd);
		return fault_set(fault, FAULT_STORE_CORRUPT, "anchor");
	}
	*out = (good[1] && (!good[0] || slots[1].anchor.count > slots[0].anchor.count)) ? slots[1].anchor : slots[0].anchor;
	return true;
}
