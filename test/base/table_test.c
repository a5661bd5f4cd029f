/* SPDX-License-Identifier: Apache-2.0 */
/* What table.h promises: what was put comes back, in order, and damage is a fault and never another value. */
#include "base/table.h"
#include "test/case.h"
#include "test/scratch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS = 5000 };

static char path[128];

static struct text key_of(int i)
{
	static char key[32];

	snprintf(key, sizeof(key), "list/%06d", i);
	return text_of(key);
}

static struct text value_of(int i)
{
	static char value[400];

	memset(value, 'a' + i % 26, sizeof(value));
	return (struct text){ value, (size_t)(i % 7 == 0 ? 0 : i % 400) };
}

static void build(const struct scratch *scratch, int rows)
{
	struct table_build *build;
	struct fault fault;

	snprintf(path, sizeof(path), "%s/rows", scratch->at);
	cr_assert(table_build_new(path, &build, &fault));
	for (int i = 0; i < rows; i++)
		cr_assert(table_build_put(build, key_of(i), value_of(i), &fault));
	cr_assert(table_build_finish(build, &fault));
}

CASE(table, gives_back_what_was_put)
{
	struct scratch scratch SCRATCH;
	struct table *table;
	struct fault fault;
	struct text value;

	build(&scratch, ROWS);
	cr_assert(table_open(path, &table, &fault));
	cr_expect_eq(table_rows(table), ROWS);
	for (int i = 0; i < ROWS; i++) {
		cr_assert(table_get(table, key_of(i), &value, &fault));
		cr_expect(text_there(value) && text_equal(value, value_of(i)), "row %d", i);
	}
	cr_assert(table_get(table, text_lit("list/"), &value, &fault));
	cr_expect(!text_there(value));
	cr_assert(table_get(table, TEXT_NONE, &value, &fault));
	cr_expect(!text_there(value));
	cr_expect(table_verify(table, &fault));
	table_free(table);
}

CASE(table, walks_a_prefix_in_order_and_another_walk_does_not_disturb_one_apart)
{
	struct scratch scratch SCRATCH;
	struct table_walk walk, inner;
	struct text key, value, other;
	struct table *table;
	struct fault fault;
	int n = 0;

	build(&scratch, ROWS);
	cr_assert(table_open(path, &table, &fault));
	table_walk_apart(table, text_lit("list/0012"), TEXT_NONE, &walk);
	while (table_walk_next(&walk, &key, &value)) {
		cr_expect(text_equal(key, key_of(1200 + n)));
		table_walk(table, text_lit("list/0044"), text_lit("list/00449"), &inner);
		cr_expect(table_walk_next(&inner, &other, &value) && text_is(other, "list/004490"));
		cr_expect(table_walk_end(&inner, &fault));
		n++;
	}
	cr_expect_eq(n, 100);
	cr_expect(table_walk_end(&walk, &fault));
	table_walk(table, text_lit("list/9"), TEXT_NONE, &walk);
	cr_expect_not(table_walk_next(&walk, &key, &value));
	cr_expect(table_walk_end(&walk, &fault));
	table_free(table);
}

enum { LARGE_ROWS = 96, LARGE_VALUE = 1 << 20 };

static long resident_kb(void)
{
	long pages, resident = 0;
	FILE *in = fopen("/proc/self/statm", "re");

	if (!in || fscanf(in, "%ld %ld", &pages, &resident) != 2 || fclose(in))
		abort();
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Walks all of it; how much more memory the process has then. */
static long walked_kb(struct table *table, bool forgets)
{
	long before = resident_kb(), most = before;
	struct table_walk walk;
	struct text key, value, first = TEXT_NONE;
	struct fault fault;
	int n = 0;

	table_walk(table, TEXT_NONE, TEXT_NONE, &walk);
	if (forgets)
		table_walk_forgets(&walk);
	while (table_walk_next(&walk, &key, &value)) {
		first = n++ ? first : value;
		cr_assert(value.n == LARGE_VALUE && value.at[value.n - 1] == 'a' + (n - 1) % 26);
		most = resident_kb() > most ? resident_kb() : most;
	}
	cr_assert(table_walk_end(&walk, &fault));
	cr_expect_eq(n, LARGE_ROWS);
	cr_expect_eq(first.at[7], 'a', "texts stay good");
	return most - before;
}

CASE(table, a_walk_that_forgets_stays_small)
{
	struct scratch scratch SCRATCH;
	struct table_build *build;
	struct table *table;
	struct fault fault;
	char *value = malloc(LARGE_VALUE);

	snprintf(path, sizeof(path), "%s/rows", scratch.at);
	cr_assert(value && table_build_new(path, &build, &fault));
	for (int i = 0; i < LARGE_ROWS; i++) {
		memset(value, 'a' + i % 26, LARGE_VALUE);
		cr_assert(table_build_put(build, key_of(i), (struct text){ value, LARGE_VALUE }, &fault));
	}
	free(value);
	cr_assert(table_build_finish(build, &fault) && table_open(path, &table, &fault));
	cr_expect_lt(walked_kb(table, true), LARGE_ROWS * 1024 / 2);
	cr_expect_gt(walked_kb(table, false), LARGE_ROWS * 1024 / 2, "which one that does not forget is not");
	cr_expect(table_verify(table, &fault));
	table_free(table);
}

CASE(table, takes_no_row_at_all)
{
	struct scratch scratch SCRATCH;
	struct table *table;
	struct fault fault;
	struct text value;

	build(&scratch, 0);
	cr_assert(table_open(path, &table, &fault));
	cr_expect(table_get(table, key_of(1), &value, &fault) && !text_there(value));
	cr_expect(table_verify(table, &fault));
	table_free(table);
}

CASE(table, refuses_what_is_too_long_and_a_file_that_is_there)
{
	static char much[TABLE_KEY_MAX + 1];
	struct scratch scratch SCRATCH;
	struct table_build *build_one, *second;
	struct fault fault;

	memset(much, 'k', sizeof(much));
	snprintf(path, sizeof(path), "%s/rows", scratch.at);
	cr_assert(table_build_new(path, &build_one, &fault));
	cr_expect_not(table_build_new(path, &second, &fault));
	cr_expect_eq(fault.code, FAULT_FILE);
	cr_expect(table_build_put(build_one, (struct text){ much, TABLE_KEY_MAX }, text_lit("v"), &fault));
	cr_expect_not(table_build_put(build_one, (struct text){ much, sizeof(much) }, text_lit("v"), &fault));
	cr_expect_eq(fault.code, FAULT_TOO_LONG);
	table_build_drop(build_one);
}

CASE(table, says_so_when_a_file_is_missing_short_or_something_else)
{
	struct scratch scratch SCRATCH;
	struct table *table;
	struct stat about;
	struct fault fault;
	int fd;

	build(&scratch, ROWS);
	cr_assert_eq(stat(path, &about), 0);
	cr_assert_eq(truncate(path, about.st_size - 1), 0);
	cr_expect_not(table_open(path, &table, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);
	fd = open(path, O_WRONLY | O_TRUNC);
	cr_assert_eq(write(fd, "not a table at all", 18), 18);
	close(fd);
	cr_expect_not(table_open(path, &table, &fault));
	unlink(path);
	cr_expect_not(table_open(path, &table, &fault));
	cr_expect_eq(fault.code, FAULT_FILE);
}

/* Every byte of a value, changed on the disk: the row it belongs to is a fault, and no other value comes back. */
CASE(table, a_changed_byte_in_a_value_is_damage)
{
	struct scratch scratch SCRATCH;
	char bytes[1 << 16], *found;
	struct table *table;
	struct fault fault;
	struct text value;
	ssize_t n;
	int fd;

	build(&scratch, 3);
	fd = open(path, O_RDWR);
	n = read(fd, bytes, sizeof(bytes));
	found = memmem(bytes, (size_t)n, "list/000002", 11);
	cr_assert(found);
	cr_assert_eq(pwrite(fd, "x", 1, found - bytes + 11 + 4), 1); /* first byte of "cc" */
	close(fd);
	cr_assert(table_open(path, &table, &fault));
	cr_expect(table_get(table, key_of(1), &value, &fault));
	cr_expect_not(table_get(table, key_of(2), &value, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);
	cr_expect_not(table_verify(table, &fault));
	table_free(table);
}
