/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over the files of a folder. */
#include "formulary/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MOST = 100000 };

struct text folder_name(const char *path, size_t most)
{
	struct text name = text_of(path);
	const char *slash;

	while (name.n > 1 && name.at[name.n - 1] == '/')
		name.n--;
	slash = memrchr(name.at, '/', name.n);
	if (slash && name.n > 1)
		name = (struct text){ slash + 1, name.n - (size_t)(slash + 1 - name.at) };
	if (name.n > most)
		name.n = most;
	return name;
}

bool folder_is_file(const char *path)
{
	struct stat about;

	return !stat(path, &about) && S_ISREG(about.st_mode);
}

static int seen(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool take_entry(const char *folder, const char *name, bool (*take)(const char *, void *, struct fault *), void *arg,
	struct fault *fault)
{
	char path[FOLDER_PATH];
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (n < 0 || n >= FOLDER_PATH)
		return fault_set(fault, FAULT_TOO_LONG, "");
	return !folder_is_file(path) || take(path, arg, fault);
}

bool folder_each(const char *folder, bool (*take)(const char *path, void *arg, struct fault *fault), void *arg, struct fault *fault)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, seen, alphasort);
	bool ok = n <= FILES_MOST || fault_set(fault, FAULT_TOO_LARGE, "files");

	if (n < 0)
		return fault_set(fault, FAULT_FILE, "");
	for (int i = 0; i < n; i++) {
		ok = ok && take_entry(folder, entries[i]->d_name, take, arg, fault);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

struct looking {
	bool (*is)(const char *path);
	bool found;
};

/* Stops at the first. */
static bool look_at(const char *path, void *arg, struct fault *fault)
{
	struct looking *looking = arg;

	looking->found = looking->is(path);
	return !looking->found || fault_set(fault, FAULT_REPEATED, "");
}

bool folder_has(const char *folder, bool (*is)(const char *path))
{
	struct looking looking = { .is = is };
	struct fault ignored;

	return !folder_each(folder, look_at, &looking, &ignored) && looking.found;
}
