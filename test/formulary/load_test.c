/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "test/formulary/plan_file.h"

#include "test/case.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#define GOOD PRODUCT("99999000001", 1)
#define COVERAGE(rest) "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"99999000002\",\"status\":\"COVERED\"" rest "}\n"
#define OTHER(ndc) "{\"ndc\":\"" ndc "\"}"
#define FIVE(ten, a, b, c, d, e) \
	OTHER("999990000" ten a) "," OTHER("999990000" ten b) "," OTHER("999990000" ten c) "," OTHER("999990000" ten d) "," OTHER("999990000" ten e)
#define TEN(ten) FIVE(ten, "0", "1", "2", "3", "4") "," FIVE(ten, "5", "6", "7", "8", "9")

/* Each is the second line of a file whose first line is good. */
static const struct {
	const char *line;
	enum fault_code code; /* FAULT_NONE: a good twin */
	const char *path;
} lines[] = {
	{ COVERAGE(""), FAULT_NONE, "" },
	{ COVERAGE(",\"tier\":100"), FAULT_BAD_NUMBER, "coverage/tier" },
	{ COVERAGE(",\"colour\":\"red\""), FAULT_UNKNOWN_ELEMENT, "coverage" },
	/* what only published lists say */
	{ COVERAGE(",\"copays\":[{\"pharmacy\":\"R\",\"flat_cents\":100}]"), FAULT_UNKNOWN_ELEMENT, "coverage/copays" },
	{ COVERAGE(",\"of_lists\":true"), FAULT_UNKNOWN_ELEMENT, "coverage/of_lists" },
	{ "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"99999000002\"}\n", FAULT_MISSING, "coverage/status" },
	{ "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"99999000002\",\"status\":\"MAYBE\"}\n", FAULT_BAD_CODE, "coverage/status" },
	{ "{\"resourceType\":\"coverage\",\"ndc\":\"99999000002\",\"status\":\"COVERED\"}\n", FAULT_MISSING, "coverage/plan" },
	{ "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"9999900002\",\"status\":\"COVERED\"}\n", FAULT_BAD_NUMBER, "coverage/ndc" },
	{ "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"99999-00002\",\"status\":\"COVERED\"}\n", FAULT_BAD_NUMBER, "coverage/ndc" },
	{ COVERAGE(",\"alternatives\":[" OTHER("99999-0000-02") "]"), FAULT_REPEATED, "coverage/alternatives[0]/ndc" },
	{ "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"99999-00-02\",\"status\":\"COVERED\"}\n", FAULT_BAD_NUMBER, "coverage/ndc" },
	{ "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"99999000002\",\"status\":\"COVERED\"\n", FAULT_NOT_JSON, NULL },
	{ "not json\n", FAULT_NOT_JSON, NULL },
	{ COVERAGE(",\"alternatives\":[" TEN("1") "," TEN("2") "]"), FAULT_NONE, "" },
	{ COVERAGE(",\"alternatives\":[" TEN("1") "," TEN("2") "," OTHER("99999000031") "]"), FAULT_REPEATED, "coverage/alternatives" },
	{ COVERAGE(",\"alternatives\":[" OTHER("9999900000X") "]"), FAULT_BAD_NUMBER, "coverage/alternatives[0]/ndc" },
	{ COVERAGE(",\"alternatives\":[" OTHER("99999000003") "," OTHER("99999000003") "]"), FAULT_REPEATED, "coverage/alternatives[1]/ndc" },
	{ COVERAGE(",\"alternatives\":[" OTHER("99999000002") "]"), FAULT_REPEATED, "coverage/alternatives[0]/ndc" },
	{ COVERAGE(",\"prices\":[{\"pharmacy\":\"R\",\"unit_cost_e4\":1},{\"pharmacy\":\"M\",\"unit_cost_e4\":1}]"), FAULT_NONE, "" },
	{ COVERAGE(",\"prices\":[{\"pharmacy\":\"R\",\"unit_cost_e4\":1},{\"pharmacy\":\"R\",\"unit_cost_e4\":1}]"), FAULT_REPEATED, "coverage/prices[1]/pharmacy" },
	{ COVERAGE(",\"limits\":{\"quantity_e4\":90000,\"quantity_days\":30}"), FAULT_NONE, "" },
	{ COVERAGE(",\"limits\":{\"quantity_e4\":90000}"), FAULT_RULE, "coverage/limits/quantity_days" },
	{ COVERAGE(",\"limits\":{\"age_min\":12,\"age_max\":17}"), FAULT_NONE, "" },
	{ COVERAGE(",\"limits\":{\"age_min\":18,\"age_max\":17}"), FAULT_RULE, "coverage/limits/age_max" },
	{ COVERAGE(",\"limits\":{\"age_max\":200}"), FAULT_NONE, "" },
	{ COVERAGE(",\"limits\":{\"age_max\":201}"), FAULT_BAD_NUMBER, "coverage/limits/age_max" },
	{ COVERAGE(",\"limits\":{\"age_min\":201}"), FAULT_BAD_NUMBER, "coverage/limits/age_min" },
	{ COVERAGE(",\"limits\":{\"age_max\":365,\"age_unit\":\"D\"}"), FAULT_NONE, "" },
	{ COVERAGE(",\"limits\":{\"sex\":\"F\",\"days_max\":30}"), FAULT_NONE, "" },
	{ COVERAGE(",\"limits\":{\"sex\":\"X\"}"), FAULT_BAD_CODE, "coverage/limits/sex" },
	{ COVERAGE(",\"benefit\":\"MEDICAL\",\"hcpcs\":\"J3490\""), FAULT_NONE, "" },
	{ COVERAGE(",\"benefit\":\"MEDICAL\""), FAULT_MISSING, "coverage/hcpcs" },
	{ PRODUCT("99999000001", 2), FAULT_REPEATED, "coverage/ndc (first on line 1)" },
	{ BIN_OF("999999", "P"), FAULT_NONE, "" },
	{ BIN_OF("999999", "Q"), FAULT_RULE, "bin/plan" }, /* and nobody's lists are loaded that would be its */
	{ BIN_OF("99999A", "P"), FAULT_BAD_NUMBER, "bin/bin" },
	{ BIN_OF("99999", "P"), FAULT_BAD_NUMBER, "bin/bin" },
};

CASE(formulary_load, takes_good_lines_and_refuses_each_bad_one_with_its_number)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct plan_file plan PLAN_FILE;
		char file[8192];
		bool good;

		snprintf(file, sizeof(file), "%s%s%s", GOOD, lines[i].line, PRODUCT("99999000099", 1));
		good = plan_file_load(&plan, file);
		cr_expect_eq(good, lines[i].code == FAULT_NONE, "row %zu: %s at %s", i,
			good ? "taken" : fault_row(plan.fault.code)->name, good ? "" : plan.fault.path);
		if (good || lines[i].code == FAULT_NONE)
			continue;
		cr_expect_eq(plan.fault.code, lines[i].code, "row %zu: %s", i, fault_row(plan.fault.code)->name);
		cr_expect_eq(plan.line, 2, "row %zu: line %lld", i, (long long)plan.line);
		if (lines[i].path)
			cr_expect_str_eq(plan.fault.path, lines[i].path, "row %zu", i);
	}
}

CASE(formulary_load, counts_what_it_took)
{
	struct plan_file plan PLAN_FILE;

	/* a blank line, CR LF and a last line without its end are all fine */
	cr_assert(plan_file_load(&plan, BIN_OF("999999", "P") GOOD "\r\n" PRODUCT("99999000002", 2) "\n"
		"{\"resourceType\":\"coverage\",\"plan\":\"Q\",\"ndc\":\"99999000001\",\"status\":\"COVERED\"}"));
	cr_expect_eq(plan.report.products, 3);
	cr_expect_eq(plan.report.plans, 2);
	cr_expect_eq(plan.report.bins, 1);
	cr_expect(plan.report.bytes > 0);
	cr_expect(text_is(plan.report.generation, "000001"));
}

CASE(formulary_load, a_bin_line_may_not_be_there_twice)
{
	struct plan_file plan PLAN_FILE;

	cr_assert(!plan_file_load(&plan, GOOD BIN_OF("999999", "P") BIN_OF("999999", "P")));
	cr_expect_eq(plan.fault.code, FAULT_REPEATED);
	cr_expect_eq(plan.line, 3);
	cr_expect_str_eq(plan.fault.path, "bin/bin (first on line 2)");
}

CASE(formulary_load, refuses_a_file_that_is_absent_empty_or_has_an_endless_line)
{
	struct plan_file plan PLAN_FILE;
	enum { LONG = (1 << 20) + 10 };
	char *endless = malloc(LONG);

	cr_expect(!formulary_load("/nowhere/plan.jsonl", plan.directory, NULL, NULL, &plan.report, &plan.line, &plan.fault));
	cr_expect_eq(plan.fault.code, FAULT_FILE);
	cr_expect(!plan_file_load(&plan, "\n"));
	cr_expect_eq(plan.fault.code, FAULT_MISSING);
	cr_assert_not_null(endless);
	memset(endless, ' ', LONG);
	endless[LONG - 1] = '\0';
	cr_expect(!plan_file_load(&plan, endless));
	cr_expect_eq(plan.fault.code, FAULT_TOO_LARGE);
	cr_expect_eq(plan.line, 1);
	free(endless);
}

static int generations(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int n = 0;

	cr_assert_not_null(dir);
	while ((entry = readdir(dir)))
		n += strlen(entry->d_name) == 6 && entry->d_name[0] == '0';
	closedir(dir);
	return n;
}

CASE(formulary_load, keeps_the_last_two_generations)
{
	struct plan_file plan PLAN_FILE;

	for (int i = 1; i <= 4; i++) {
		cr_assert(plan_file_load(&plan, GOOD));
		cr_expect_eq(generations(plan.directory), i < 2 ? i : 2, "after load %d", i);
	}
	cr_expect(text_is(plan.report.generation, "000004"));
	/* a refused one leaves nothing behind and takes nothing away */
	cr_assert(!plan_file_load(&plan, "not json\n"));
	cr_expect_eq(generations(plan.directory), 2);
}

/* A file of many products; the number is in the tier, so that generations can be told apart. */
static void write_many(const struct plan_file *plan, int products, int tier)
{
	FILE *out = fopen(plan->file, "we");

	cr_assert_not_null(out);
	for (int i = 0; i < products; i++)
		fprintf(out, "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"99999%06d\",\"status\":\"COVERED\",\"tier\":%d}\n",
			i, tier);
	cr_assert_eq(fclose(out), 0);
}

static int64_t tier_of(struct formulary *formulary, const char *ndc)
{
	struct coverage coverage;
	struct fault fault;
	struct arena arena;
	int64_t tier;
	bool found;

	arena_init(&arena, 1 << 20);
	cr_assert(formulary_lookup(formulary, text_lit("P"), text_of(ndc), &arena, &coverage, &found, &fault));
	tier = found ? coverage.tier : -1;
	arena_done(&arena);
	return tier;
}

static void die_in_the_middle(const struct load_progress *progress, void *arg)
{
	if (progress->rows >= *(const int *)arg)
		raise(SIGKILL);
}

CASE(formulary_load, a_load_killed_at_any_point_leaves_the_old_generation)
{
	struct plan_file plan PLAN_FILE;
	struct formulary *formulary;

	write_many(&plan, 3000, 1);
	cr_assert(formulary_load(plan.file, plan.directory, NULL, NULL, &plan.report, &plan.line, &plan.fault));
	write_many(&plan, 6000, 2);
	for (int rows = 1000; rows <= 6000; rows += 1000) {
		int status;
		pid_t child = fork();

		cr_assert(child >= 0);
		if (child == 0) {
			formulary_load(plan.file, plan.directory, die_in_the_middle, &rows, &plan.report, &plan.line,
				&plan.fault) ? _exit(0) : _exit(1);
		}
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		cr_assert(formulary_open(plan.directory, &formulary, &plan.fault), "%s", plan.fault.path);
		cr_expect_eq(tier_of(formulary, "99999002999"), 1);
		cr_expect_eq(tier_of(formulary, "99999003000"), -1);
		formulary_free(formulary);
	}
	/* and the next load clears what the dead ones left, and is whole */
	cr_assert(formulary_load(plan.file, plan.directory, NULL, NULL, &plan.report, &plan.line, &plan.fault));
	cr_assert(formulary_open(plan.directory, &formulary, &plan.fault));
	cr_expect_eq(tier_of(formulary, "99999005999"), 2);
	formulary_free(formulary);
	cr_expect_eq(generations(plan.directory), 2);
}

struct watching {
	struct formulary *formulary;
	int looked;
};

/* Reads on while another generation is being built. */
static void look(const struct load_progress *progress, void *arg)
{
	struct watching *watching = arg;
	struct fault fault;
	bool changed;

	cr_expect(formulary_refresh(watching->formulary, &changed, &fault) && !changed);
	cr_expect_eq(tier_of(watching->formulary, "99999000007"), 1);
	cr_expect(progress->bytes_read <= progress->bytes_total && progress->rows > 0);
	watching->looked++;
}

CASE(formulary_load, a_reader_goes_on_with_the_old_generation_until_it_asks)
{
	struct plan_file plan PLAN_FILE;
	struct watching watching = { 0 };
	bool changed;

	write_many(&plan, 100, 1);
	cr_assert(formulary_load(plan.file, plan.directory, NULL, NULL, &plan.report, &plan.line, &plan.fault));
	cr_assert(formulary_open(plan.directory, &watching.formulary, &plan.fault));
	write_many(&plan, 2500, 2);
	cr_assert(formulary_load(plan.file, plan.directory, look, &watching, &plan.report, &plan.line, &plan.fault));
	cr_expect(watching.looked >= 2);
	cr_expect_eq(tier_of(watching.formulary, "99999000007"), 1);
	cr_expect(text_is(formulary_generation(watching.formulary), "000001"));
	cr_assert(formulary_refresh(watching.formulary, &changed, &plan.fault) && changed);
	cr_expect_eq(tier_of(watching.formulary, "99999000007"), 2);
	cr_expect(text_is(formulary_generation(watching.formulary), "000002"));
	cr_assert(formulary_refresh(watching.formulary, &changed, &plan.fault) && !changed);
	formulary_free(watching.formulary);
}

static void load_again(const struct load_progress *progress, void *arg)
{
	struct plan_file *plan = arg;
	struct load_report report;
	struct fault fault;
	int64_t line;

	cr_expect(!formulary_load(plan->file, plan->directory, NULL, NULL, &report, &line, &fault));
	cr_expect_eq(fault.code, FAULT_BUSY);
}

CASE(formulary_load, one_at_a_time)
{
	struct plan_file plan PLAN_FILE;

	plan_file_write(&plan, GOOD);
	cr_assert(formulary_load(plan.file, plan.directory, load_again, &plan, &plan.report, &plan.line, &plan.fault));
}

CASE(formulary_load, no_number_is_given_twice)
{
	struct plan_file plan PLAN_FILE;
	struct formulary *sleeper;
	int number;
	bool changed;

	for (int tier = 1; tier <= 2; tier++) {
		write_many(&plan, 10, tier);
		cr_assert(formulary_load(plan.file, plan.directory, NULL, NULL, &plan.report, &plan.line, &plan.fault));
	}
	cr_assert(formulary_open(plan.directory, &sleeper, &plan.fault));
	cr_assert(formulary_rollback(plan.directory, &number, &plan.fault));
	cr_expect_eq(number, 1);
	write_many(&plan, 10, 3);
	cr_assert(formulary_load(plan.file, plan.directory, NULL, NULL, &plan.report, &plan.line, &plan.fault));
	/* a reader that slept through all of it would take a second 000002 for the one it has */
	cr_expect(text_is(plan.report.generation, "000003"));
	cr_assert(formulary_refresh(sleeper, &changed, &plan.fault) && changed);
	cr_expect_eq(tier_of(sleeper, "99999000007"), 3);
	cr_assert(formulary_rollback(plan.directory, &number, &plan.fault), "to the first, over the emptied second");
	cr_expect_eq(number, 1);
	formulary_free(sleeper);
}

CASE(formulary_load, a_directory_made_anew_is_seen)
{
	struct plan_file plan PLAN_FILE;
	struct formulary *reader;
	bool changed;

	write_many(&plan, 10, 1);
	cr_assert(formulary_load(plan.file, plan.directory, NULL, NULL, &plan.report, &plan.line, &plan.fault));
	cr_assert(formulary_open(plan.directory, &reader, &plan.fault));
	nftw(plan.directory, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
	cr_expect(!formulary_refresh(reader, &changed, &plan.fault) && tier_of(reader, "99999000007") == 1);
	write_many(&plan, 10, 2);
	cr_assert(formulary_load(plan.file, plan.directory, NULL, NULL, &plan.report, &plan.line, &plan.fault));
	cr_expect(text_is(plan.report.generation, "000001"));
	cr_assert(formulary_refresh(reader, &changed, &plan.fault) && changed);
	cr_expect_eq(tier_of(reader, "99999000007"), 2);
	formulary_free(reader);
}

enum { FASTER_CHANGES = 60, FASTER_MS = 10000 };

/* Loads and goes back as fast as it can, until it is killed. */
static void be_restless(struct plan_file *plan)
{
	for (int tier = 1;; tier = 1 + tier % 9) {
		int number;

		write_many(plan, 3, tier);
		if (!formulary_load(plan->file, plan->directory, NULL, NULL, &plan->report, &plan->line, &plan->fault))
			_exit(1);
		if (tier % 4 == 0 && !formulary_rollback(plan->directory, &number, &plan->fault))
			_exit(1);
	}
}

CASE(formulary_load, generations_that_come_faster_than_they_are_opened_are_opened)
{
	struct plan_file plan PLAN_FILE;
	struct formulary *reader, *fresh;
	int changes = 0, status;
	bool changed;
	pid_t child;

	write_many(&plan, 3, 1);
	cr_assert(formulary_load(plan.file, plan.directory, NULL, NULL, &plan.report, &plan.line, &plan.fault));
	cr_assert(formulary_open(plan.directory, &reader, &plan.fault));
	child = fork();
	cr_assert(child >= 0);
	if (child == 0)
		be_restless(&plan);
	for (int64_t until = clock_now().mono_ms + FASTER_MS; changes < FASTER_CHANGES && clock_now().mono_ms < until;) {
		cr_assert(formulary_refresh(reader, &changed, &plan.fault), "%s at %s", fault_row(plan.fault.code)->name, plan.fault.path);
		changes += changed;
		cr_assert(formulary_open(plan.directory, &fresh, &plan.fault), "%s at %s", fault_row(plan.fault.code)->name, plan.fault.path);
		cr_assert_eq(tier_of(fresh, "99999000000"), tier_of(fresh, "99999000002"));
		cr_assert_eq(tier_of(reader, "99999000000"), tier_of(reader, "99999000002"));
		formulary_free(fresh);
	}
	cr_assert_eq(waitpid(child, &status, WNOHANG), 0, "it loads on");
	kill(child, SIGKILL);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_gt(changes, 1);
	formulary_free(reader);
}
