/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a folder: which are seen, in which order, and what they are called. */
#include "formulary/folder.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void touch(const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	fclose(file);
}

static void set_up(void)
{
	char below[128];

	snprintf(folder, sizeof(folder), "/tmp/files-test-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	touch("b");
	touch("a");
	touch(".hidden");
	snprintf(below, sizeof(below), "%s/below", folder);
	cr_assert_eq(mkdir(below, 0700), 0);
}

static void tear_down(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(files, .init = set_up, .fini = tear_down);

static bool note(const char *path, void *arg, struct fault *fault)
{
	(void)fault;
	strcat(arg, path + strlen(folder));
	return true;
}

static bool stop_at_a(const char *path, void *arg, struct fault *fault)
{
	strcat(arg, path + strlen(folder));
	return strcmp(path + strlen(folder), "/a") != 0 || fault_set(fault, FAULT_MISSING, "a");
}

Test(files, each_regular_file_that_is_not_hidden_by_name)
{
	struct fault fault;
	char seen[64] = "";

	cr_assert(folder_each(folder, note, seen, &fault));
	cr_assert_str_eq(seen, "/a/b");
}

Test(files, the_first_that_is_refused_ends_the_walk)
{
	struct fault fault;
	char seen[64] = "";

	cr_assert(!folder_each(folder, stop_at_a, seen, &fault));
	cr_assert_eq(fault.code, FAULT_MISSING);
	cr_assert_str_eq(seen, "/a");
	cr_assert(!folder_each("/nowhere/at/all", note, seen, &fault));
	cr_assert_eq(fault.code, FAULT_FILE);
}

static bool is_b(const char *path)
{
	return strcmp(path + strlen(path) - 2, "/b") == 0;
}

static bool is_hidden(const char *path)
{
	return strstr(path, "hidden") || strstr(path, "below");
}

Test(files, a_folder_has_what_is_looked_for_or_not)
{
	cr_assert(folder_has(folder, is_b));
	cr_assert(!folder_has(folder, is_hidden));
	cr_assert(!folder_has("/nowhere/at/all", is_b));
}

Test(files, the_name_is_the_last_part)
{
	const struct {
		const char *path, *name;
	} rows[] = { { "/a/b.txt", "b.txt" }, { "b.txt", "b.txt" }, { "/a/folder/", "folder" }, { "folder//", "folder" }, { "/", "/" }, { "/a/long-name", "long-n" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_assert(text_is(folder_name(rows[i].path, 6), rows[i].name) || text_is(folder_name(rows[i].path, 60), rows[i].name), "%s", rows[i].path);
	cr_assert(text_is(folder_name("/a/long-name", 6), "long-n"));
}
