/* SPDX-License-Identifier: Apache-2.0 */
/* Building, switching and clearing away the generations of a formulary on disk. */
#include "formulary/generation.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* "000002" and nothing else; 0 for any other name. */
static int number_of(struct text name)
{
	int64_t number;

	if (name.n != GENERATION_DIGITS || name.at[0] < '0' || name.at[0] > '9' || !text_to_int(name, &number))
		return 0;
	return (int)number;
}

static bool join(const char *directory, const char *name, char path[GENERATION_PATH], struct fault *fault)
{
	int n = snprintf(path, GENERATION_PATH, "%s/%s", directory, name);

	return (n >= 0 && n < GENERATION_PATH) || fault_set(fault, FAULT_FILE, "formulary");
}

bool generation_path(const char *directory, int number, char path[GENERATION_PATH], struct fault *fault)
{
	char name[16];

	assert(number > 0 && number <= GENERATION_LAST);
	snprintf(name, sizeof(name), "%0*d", GENERATION_DIGITS, number);
	return join(directory, name, path, fault);
}

bool generation_current(const char *directory, int *number, struct fault *fault)
{
	char path[GENERATION_PATH], bytes[64];
	ssize_t n;
	int fd;

	if (!join(directory, "CURRENT", path, fault))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, errno == ENOENT || errno == ENOTDIR ? FAULT_NO_FORMULARY : FAULT_FILE,
			"formulary/CURRENT");
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	*number = n < 0 ? 0 : number_of(text_trim((struct text){ bytes, (size_t)n }));
	return *number > 0 || fault_set(fault, FAULT_FILE, "formulary/CURRENT");
}

static int open_directory(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A generation holds plain files only; anything else in it is not ours and stays. */
static void empty_generation(const char *directory, int number)
{
	char path[GENERATION_PATH];
	struct dirent *entry;
	struct fault ignored;
	DIR *dir;

	if (!generation_path(directory, number, path, &ignored) || !(dir = opendir(path)))
		return;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

static void remove_generation(const char *directory, int number)
{
	char path[GENERATION_PATH];
	struct fault ignored;

	empty_generation(directory, number);
	if (generation_path(directory, number, path, &ignored))
		rmdir(path);
}

/* Removes every generation but these two. */
static void keep(const char *directory, int one, int other)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int number = number_of(text_of(entry->d_name));

		if (number && number != one && number != other)
			remove_generation(directory, number);
	}
	closedir(dir);
}

static bool has_rows(DIR *dir, const char *name)
{
	char file[GENERATION_DIGITS + sizeof("/" GENERATION_FILE)];

	snprintf(file, sizeof(file), "%.*s/%s", GENERATION_DIGITS, name, GENERATION_FILE);
	return faccessat(dirfd(dir), file, F_OK, 0) == 0;
}

/* The newest one below `current`: what a reader that has not switched yet may still use. */
static int before(const char *directory, int current)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int found = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		int number = number_of(text_of(entry->d_name));

		if (number < current && number > found && has_rows(dir, entry->d_name))
			found = number;
	}
	closedir(dir);
	return found;
}

/* Those above `current` are what loads that died have left, and what was gone back from: they are emptied, but their names stay until the
   next publishing, so that no number is given twice. A reader that slept through it all tells generations apart by their numbers. */
static int greatest_of_emptied(const char *directory, int current)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int greatest = current;

	if (!dir)
		return current;
	while ((entry = readdir(dir))) {
		int number = number_of(text_of(entry->d_name));

		if (number > current)
			empty_generation(directory, number);
		if (number > greatest)
			greatest = number;
	}
	closedir(dir);
	return greatest;
}

/* Of those below `current`, only the one to go back to stays. */
static void keep_below(const char *directory, int current)
{
	int kept = before(directory, current);
	DIR *dir = opendir(directory);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int number = number_of(text_of(entry->d_name));

		if (number && number < current && number != kept)
			remove_generation(directory, number);
	}
	closedir(dir);
}

static bool take_lock(struct generation *generation, const char *directory, struct fault *fault)
{
	char path[GENERATION_PATH];

	*generation = (struct generation){ .directory = directory, .lock = -1 };
	if (!join(directory, "LOCK", path, fault))
		return false;
	generation->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (generation->lock < 0)
		return fault_set(fault, FAULT_FILE, "formulary/LOCK");
	if (flock(generation->lock, LOCK_EX | LOCK_NB)) {
		close(generation->lock);
		generation->lock = -1;
		return fault_set(fault, FAULT_BUSY, "formulary/LOCK");
	}
	return true;
}

bool generation_begin(struct generation *generation, const char *directory, struct fault *fault)
{
	struct fault none;
	int last;

	*generation = (struct generation){ .directory = directory, .lock = -1 };
	if (mkdir(directory, 0755) && errno != EEXIST)
		return fault_set(fault, FAULT_FILE, "formulary");
	if (!take_lock(generation, directory, fault))
		return false;
	if (!generation_current(directory, &generation->previous, &none)) {
		if (none.code != FAULT_NO_FORMULARY) {
			*fault = none;
			return false;
		}
		generation->previous = 0;
	}
	keep_below(directory, generation->previous);
	last = greatest_of_emptied(directory, generation->previous);
	if (last >= GENERATION_LAST)
		return fault_set(fault, FAULT_FILE, "formulary");
	if (!generation_path(directory, last + 1, generation->path, fault))
		return false;
	generation->number = last + 1;
	return true;
}

static bool write_durably(const char *path, const char *bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t n = strlen(bytes);
	bool ok = fd >= 0 && write(fd, bytes, n) == (ssize_t)n && fsync(fd) == 0;

	if (fd >= 0 && close(fd))
		ok = false;
	return ok;
}

static bool sync_directory(const char *path)
{
	int fd = open_directory(path);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Lets CURRENT name this one, durably; *renamed says whether readers may see that already, whatever else went wrong. */
static bool point_at(const char *directory, int number, bool *renamed, struct fault *fault)
{
	char fresh[GENERATION_PATH], current[GENERATION_PATH], line[16];

	*renamed = false;
	if (!join(directory, "CURRENT.new", fresh, fault) || !join(directory, "CURRENT", current, fault))
		return false;
	snprintf(line, sizeof(line), "%0*d\n", GENERATION_DIGITS, number);
	if (!write_durably(fresh, line) || rename(fresh, current))
		return fault_set(fault, FAULT_FILE, "formulary/CURRENT");
	*renamed = true;
	return sync_directory(directory) || fault_set(fault, FAULT_FILE, "formulary/CURRENT");
}

bool generation_publish(struct generation *generation, struct fault *fault)
{
	int number = generation->number;
	bool renamed, ok;

	/* The generation and its name in the directory last before CURRENT may point there. */
	if (!sync_directory(generation->path) || !sync_directory(generation->directory))
		return fault_set(fault, FAULT_FILE, "formulary/CURRENT");
	ok = point_at(generation->directory, number, &renamed, fault);
	if (renamed)
		generation->number = 0; /* from here on readers may use it: it is not ours to remove */
	if (ok)
		keep(generation->directory, number, generation->previous);
	return ok;
}

bool generation_rollback(const char *directory, int *number, struct fault *fault)
{
	struct generation generation;
	int current;
	bool renamed, ok;

	if (!generation_current(directory, &current, fault) || !take_lock(&generation, directory, fault))
		return false;
	ok = generation_current(directory, &current, fault); /* a load may have ended meanwhile */
	*number = ok ? before(directory, current) : 0;
	if (ok)
		ok = *number ? point_at(directory, *number, &renamed, fault) : fault_set(fault, FAULT_NO_FORMULARY, "formulary");
	generation_end(&generation);
	return ok;
}

int64_t generation_bytes(const struct generation *generation)
{
	DIR *dir = opendir(generation->path);
	struct dirent *entry;
	struct stat about;
	int64_t bytes = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &about, 0) == 0 && S_ISREG(about.st_mode))
			bytes += about.st_size;
	closedir(dir);
	return bytes;
}

void generation_end(struct generation *generation)
{
	if (generation->lock < 0)
		return;
	if (generation->number)
		remove_generation(generation->directory, generation->number);
	close(generation->lock);
	generation->lock = -1;
}
