/* SPDX-License-Identifier: Apache-2.0 */
/* The clock table: which time the one that comes with the program gives each programme, which tables are refused and where, and how
   time is counted. */
#include "base/clock.h"
#include "formulary/records.h"
#include "routing/clock.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

enum { MEMORY = 1 << 20 };
#define HOUR_MS INT64_C(3600000)

static struct text file_bytes(const char *path, struct arena *arena)
{
	FILE *in = fopen(path, "re");
	char *at = arena_alloc(arena, 256 * 1024);
	size_t n;

	cr_assert(in && at, "%s", path);
	n = fread(at, 1, 256 * 1024, in);
	fclose(in);
	return (struct text){ at, n };
}

static struct clocks *read_good(struct text file)
{
	struct fault fault = { 0 };
	struct clocks *clocks;
	int line;

	cr_assert(clocks_read(file, &clocks, &line, &fault), "line %d: %s %s", line, fault_row(fault.code)->name, fault.path);
	return clocks;
}

static int64_t moment(const char *when)
{
	struct fault fault;
	int64_t ms = 0;

	cr_assert(clock_parse(text_of(when), &ms, &fault), "%s", when);
	return ms;
}

/* What the law or the house says on 2026-11-22, row by row as a person would look it up. NULL benefit or drug: not known. */
static const struct {
	const char *programme, *benefit, *drug, *urgency, *id;
	int hours;
} decisions[] = {
	/* SSA 1927(d)(5)(A): 24 h, no split by urgency */
	{ "medicaid_ffs", "pharmacy", "covered_outpatient", "standard", "medicaid-ffs", 24 },
	{ "medicaid_ffs", "pharmacy", "covered_outpatient", "expedited", "medicaid-ffs", 24 },
	{ "medicaid_ffs", "medical", "covered_outpatient", "standard", "medicaid-ffs", 24 },
	{ "medicaid_ffs", "medical", "covered_outpatient", "expedited", "medicaid-ffs", 24 },
	{ "medicaid_ffs", NULL, NULL, NULL, "medicaid-ffs", 24 },
	/* the 7 d / 72 h of a bundled drug is proposed and waits */
	{ "medicaid_ffs", "medical", "bundled", "standard", "medicaid-ffs-other", 24 },
	{ "medicaid_ffs", "medical", "bundled", "expedited", "medicaid-ffs-other", 24 },
	/* 42 CFR 438.3(s)(6), 438.210(d)(3) */
	{ "medicaid_managed_care", "pharmacy", "covered_outpatient", "standard", "medicaid-mc", 24 },
	{ "medicaid_managed_care", "pharmacy", "covered_outpatient", "expedited", "medicaid-mc", 24 },
	{ "medicaid_managed_care", "medical", "covered_outpatient", "standard", "medicaid-mc", 24 },
	{ "medicaid_managed_care", "medical", "covered_outpatient", "expedited", "medicaid-mc", 24 },
	{ "medicaid_managed_care", "medical", "bundled", "standard", "medicaid-mc-other", 24 },
	/* proposed only: the house default */
	{ "chip_ffs", "pharmacy", "covered_outpatient", "standard", "default", 72 },
	{ "chip_ffs", "pharmacy", "covered_outpatient", "expedited", "default-x", 24 },
	{ "chip_ffs", "medical", "covered_outpatient", "standard", "default", 72 },
	{ "chip_ffs", "medical", "covered_outpatient", "expedited", "default-x", 24 },
	/* 42 CFR 457.1230(d) */
	{ "chip_managed_care", "pharmacy", "covered_outpatient", "standard", "chip-mc", 24 },
	{ "chip_managed_care", "pharmacy", "covered_outpatient", "expedited", "chip-mc", 24 },
	{ "chip_managed_care", "medical", "covered_outpatient", "standard", "chip-mc", 24 },
	{ "chip_managed_care", "medical", "bundled", "expedited", "chip-mc", 24 },
	/* proposed only */
	{ "qhp_ffe", "pharmacy", "covered_outpatient", "standard", "default", 72 },
	{ "qhp_ffe", "pharmacy", "covered_outpatient", "expedited", "default-x", 24 },
	{ "qhp_ffe", "medical", "covered_outpatient", "standard", "default", 72 },
	{ "qhp_ffe", "medical", "covered_outpatient", "expedited", "default-x", 24 },
	{ "ff_shop", "pharmacy", "covered_outpatient", "standard", "default", 72 },
	{ "ff_shop", "pharmacy", "covered_outpatient", "expedited", "default-x", 24 },
	{ "ff_shop", "medical", "covered_outpatient", "standard", "default", 72 },
	{ "ff_shop", "medical", "covered_outpatient", "expedited", "default-x", 24 },
	/* 42 CFR 422.568(b)(3), 422.572(a)(2) */
	{ "ma_part_b", "medical", "covered_outpatient", "standard", "part-b", 72 },
	{ "ma_part_b", "medical", "covered_outpatient", "expedited", "part-b-x", 24 },
	{ "ma_part_b", "pharmacy", "covered_outpatient", "standard", "part-b", 72 },
	{ "ma_part_b", "pharmacy", "covered_outpatient", "expedited", "part-b-x", 24 },
	/* 42 CFR 423.568(b), 423.572(a) */
	{ "part_d", "pharmacy", "covered_outpatient", "standard", "part-d", 72 },
	{ "part_d", "pharmacy", "covered_outpatient", "expedited", "part-d-x", 24 },
	{ "part_d", "medical", "covered_outpatient", "standard", "part-d", 72 },
	{ "part_d", "medical", "covered_outpatient", "expedited", "part-d-x", 24 },
	/* no legal clock known */
	{ "other", "pharmacy", "covered_outpatient", "standard", "default", 72 },
	{ "other", "pharmacy", "covered_outpatient", "expedited", "default-x", 24 },
	{ "other", "medical", "bundled", "standard", "default", 72 },
	{ NULL, NULL, NULL, NULL, "default", 72 },
	{ NULL, NULL, NULL, "expedited", "default-x", 24 },
};

CASE(clock, the_built_in_table_gives_each_programme_its_time)
{
	struct clocks *clocks;
	struct arena arena;

	arena_init(&arena, MEMORY);
	clocks = read_good(file_bytes(CLOCK_FILE, &arena));
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		struct clock_question question = { .runs_for = text_lit("decision"), .programme = text_of(decisions[i].programme),
			.benefit = text_of(decisions[i].benefit), .drug = text_of(decisions[i].drug),
			.urgency = text_of(decisions[i].urgency), .at_ms = moment("2026-11-22T00:00:00Z") };
		struct clock_choice choice;

		clock_choose(clocks, &question, &arena, &choice);
		cr_expect(choice.rule && text_is(choice.rule->row.id, decisions[i].id), "%zu: %s, not %.*s", i, decisions[i].id,
			choice.rule ? (int)choice.rule->row.id.n : 0, choice.rule ? choice.rule->row.id.at : "");
		cr_expect(choice.rule && choice.rule->duration_ms == decisions[i].hours * HOUR_MS && !choice.rule->business, "%zu", i);
		cr_expect(text_starts(choice.why, decisions[i].id), "%zu", i);
	}
	clocks_free(clocks);
	arena_done(&arena);
}

CASE(clock, every_programme_is_decided_and_only_law_in_force_is_called_law)
{
	const struct field *programme = record_field(&clock_question_record, "programme");
	struct text rest = text_of(programme->codes);
	struct clocks *clocks;
	struct arena arena;
	size_t proposed = 0, house = 0;

	arena_init(&arena, MEMORY);
	clocks = read_good(file_bytes(CLOCK_FILE, &arena));
	while (text_there(rest)) {
		struct text one = text_cut(&rest, ' ');
		bool met = false;

		for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++)
			met |= decisions[i].programme && text_is(one, decisions[i].programme);
		cr_expect(met, "%.*s is not in the table of expectations", (int)one.n, one.at);
	}
	for (size_t i = 0; i < clocks_n(clocks); i++) {
		const struct clock_rule *rule = clocks_row(clocks, i);

		proposed += text_is(rule->row.status, "PROPOSED");
		house += text_is(rule->row.status, "HOUSE");
		if (text_is(rule->row.status, "PROPOSED"))
			cr_expect(text_is(rule->row.use, "waiting") && rule->row.effective_from.n, "line %d", rule->line);
		if (text_is(rule->row.status, "LAW"))
			cr_expect(strstr(text_to_z(rule->row.basis, (char[201]){ 0 }, 201), "CFR") || text_starts(rule->row.basis, "SSA "),
				"line %d cites no law", rule->line);
	}
	cr_expect(proposed >= 8 && house >= 6);
	clocks_free(clocks);
	arena_done(&arena);
}

static const char total[] = "all | decision | any | any | any | any | 72h | no | 50 80 95 | HOUSE | in_force | | | none |\n";

static struct text with_total(const char *rows, struct arena *arena)
{
	struct buffer file;

	buffer_init(&file, arena, 512);
	buffer_add(&file, text_of(total));
	buffer_add(&file, text_of(rows));
	return buffer_text(&file);
}

static const struct {
	const char *rows, *when, *programme, *benefit, *urgency, *id;
} choices[] = {
	/* a proposed row is used from its day on, and not the day before */
	{ "p | decision | qhp_ffe | any | any | any | 24h | no | | PROPOSED | in_force | 2027-10-01 | | x |\n",
		"2027-09-30T23:59:59Z", "qhp_ffe", "pharmacy", "standard", "all" },
	{ "p | decision | qhp_ffe | any | any | any | 24h | no | | PROPOSED | in_force | 2027-10-01 | | x |\n",
		"2027-10-01T00:00:00Z", "qhp_ffe", "pharmacy", "standard", "p" },
	/* and never while it waits */
	{ "p | decision | qhp_ffe | any | any | any | 24h | no | | PROPOSED | waiting | 2027-10-01 | | x |\n",
		"2030-01-01T00:00:00Z", "qhp_ffe", "pharmacy", "standard", "all" },
	/* it ends with its last day */
	{ "l | decision | part_d | any | any | any | 24h | no | | LAW | in_force | | 2028-01-01 | x |\n",
		"2027-12-31T23:59:59Z", "part_d", "pharmacy", "standard", "l" },
	{ "l | decision | part_d | any | any | any | 24h | no | | LAW | in_force | | 2028-01-01 | x |\n",
		"2028-01-01T00:00:00Z", "part_d", "pharmacy", "standard", "all" },
	/* the programme outweighs all else, though longer */
	{ "a | decision | any | pharmacy | covered_outpatient | expedited | 1h | no | | HOUSE | in_force | | | x |\n"
	  "b | decision | part_d | any | any | any | 48h | no | | LAW | in_force | | | x |\n",
		"2026-11-22", "part_d", "pharmacy", "expedited", "b" },
	/* then the one that says more */
	{ "a | decision | part_d | any | any | any | 24h | no | | LAW | in_force | | | x |\n"
	  "b | decision | part_d | pharmacy | any | any | 48h | no | | LAW | in_force | | | x |\n",
		"2026-11-22", "part_d", "pharmacy", "standard", "b" },
	/* then the stricter, wherever it stands */
	{ "a | decision | part_d | pharmacy | any | any | 48h | no | | LAW | in_force | | | x |\n"
	  "b | decision | part_d | any | any | standard | 24h | no | | LAW | in_force | | | x |\n",
		"2026-11-22", "part_d", "pharmacy", "standard", "b" },
	{ "b | decision | part_d | any | any | standard | 24h | no | | LAW | in_force | | | x |\n"
	  "a | decision | part_d | pharmacy | any | any | 48h | no | | LAW | in_force | | | x |\n",
		"2026-11-22", "part_d", "pharmacy", "standard", "b" },
};

CASE(clock, the_most_specific_row_wins_and_then_the_strictest)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
		struct clocks *clocks = read_good(with_total(choices[i].rows, &arena));
		struct clock_question question = { .runs_for = text_lit("decision"), .programme = text_of(choices[i].programme),
			.benefit = text_of(choices[i].benefit), .urgency = text_of(choices[i].urgency), .at_ms = moment(choices[i].when) };
		struct clock_choice choice;

		clock_choose(clocks, &question, &arena, &choice);
		cr_expect(choice.rule && text_is(choice.rule->row.id, choices[i].id), "%zu", i);
		clocks_free(clocks);
	}
	arena_done(&arena);
}

CASE(clock, a_plan_file_knows_the_same_programmes)
{
	cr_expect_str_eq(record_field(&bin_line_record, "programme")->codes, record_field(&clock_question_record, "programme")->codes);
}

CASE(clock, nothing_is_said_about_what_has_no_row)
{
	struct clocks *clocks;
	struct arena arena;
	struct clock_choice choice;
	struct clock_question question = { .runs_for = text_lit("emergency_supply"), .programme = text_lit("part_d"),
		.benefit = text_lit("pharmacy"), .at_ms = moment("2026-11-22") };

	arena_init(&arena, MEMORY);
	clocks = read_good(file_bytes(CLOCK_FILE, &arena));
	clock_choose(clocks, &question, &arena, &choice);
	cr_expect(!choice.rule);
	question.programme = text_lit("medicaid_ffs"); /* SSA 1927(d)(5)(B) */
	clock_choose(clocks, &question, &arena, &choice);
	cr_expect(choice.rule && choice.rule->duration_ms == 72 * HOUR_MS);
	question.drug = text_lit("bundled"); /* not a covered outpatient drug */
	clock_choose(clocks, &question, &arena, &choice);
	cr_expect(!choice.rule);
	question.drug = TEXT_NONE;
	question.benefit = text_lit("medical");
	clock_choose(clocks, &question, &arena, &choice);
	cr_expect(!choice.rule);
	clocks_free(clocks);
	arena_done(&arena);
}

#define GOOD "part_d | any | any | any | 24h | no | 50 80 95 | LAW | in_force | | | x |\n"

/* Each refused for one thing; what it would be without it is GOOD. */
static const struct {
	const char *rows;
	enum fault_code code;
	const char *path;
} twins[] = {
	{ " | decision | " GOOD, FAULT_MISSING, "id" },
	{ "a | decision | " GOOD "a | decision | " GOOD, FAULT_REPEATED, "id" },
	{ "a | deciding | " GOOD, FAULT_BAD_CODE, "runs_for" },
	{ "a | decision | medicare | any | any | any | 24h | no | | LAW | in_force | | | x |\n", FAULT_BAD_CODE, "programme" },
	{ "a | decision | part_d | dental | any | any | 24h | no | | LAW | in_force | | | x |\n", FAULT_BAD_CODE, "benefit" },
	{ "a | decision | part_d | any | generic | any | 24h | no | | LAW | in_force | | | x |\n", FAULT_BAD_CODE, "drug" },
	{ "a | decision | part_d | any | any | urgent | 24h | no | | LAW | in_force | | | x |\n", FAULT_BAD_CODE, "urgency" },
	{ "a | decision | part_d | any | any | any | 24 | no | | LAW | in_force | | | x |\n", FAULT_BAD_NUMBER, "duration" },
	{ "a | decision | part_d | any | any | any | h | no | | LAW | in_force | | | x |\n", FAULT_BAD_NUMBER, "duration" },
	{ "a | decision | part_d | any | any | any | 0h | no | | LAW | in_force | | | x |\n", FAULT_BAD_NUMBER, "duration" },
	{ "a | decision | part_d | any | any | any | -24h | no | | LAW | in_force | | | x |\n", FAULT_BAD_NUMBER, "duration" },
	{ "a | decision | part_d | any | any | any | 401d | no | | LAW | in_force | | | x |\n", FAULT_BAD_NUMBER, "duration" },
	{ "a | decision | part_d | any | any | any | 9999999999999999d | no | | LAW | in_force | | | x |\n", FAULT_BAD_NUMBER, "duration" },
	{ "a | decision | part_d | any | any | any | 24h calendar | no | | LAW | in_force | | | x |\n", FAULT_BAD_CODE, "duration" },
	{ "a | decision | part_d | any | any | any | 24h | maybe | | LAW | in_force | | | x |\n", FAULT_BAD_CODE, "pauses" },
	{ "a | decision | part_d | any | any | any | 24h business | yes | | LAW | in_force | | | x |\n", FAULT_RULE, "pauses" },
	{ "a | decision | part_d | any | any | any | 24h | no | 50 half | LAW | in_force | | | x |\n", FAULT_BAD_NUMBER, "warn" },
	{ "a | decision | part_d | any | any | any | 24h | no | 50 100 | LAW | in_force | | | x |\n", FAULT_BAD_NUMBER, "warn" },
	{ "a | decision | part_d | any | any | any | 24h | no | 80 50 | LAW | in_force | | | x |\n", FAULT_RULE, "warn" },
	{ "a | decision | part_d | any | any | any | 24h | no | 1 2 3 4 5 6 | LAW | in_force | | | x |\n", FAULT_TOO_DEEP, "warn" },
	{ "a | reply | part_d | any | any | any | 24h | no | 50 | LAW | in_force | | | x |\n", FAULT_RULE, "warn" },
	{ "a | decision | part_d | any | any | any | 24h | no | | SURE | in_force | | | x |\n", FAULT_BAD_CODE, "status" },
	{ "a | decision | part_d | any | any | any | 24h | no | | LAW | soon | | | x |\n", FAULT_BAD_CODE, "use" },
	{ "a | decision | part_d | any | any | any | 24h | no | | LAW | in_force | 2027-02-29 | | x |\n", FAULT_BAD_DATE, "effective_from" },
	{ "a | decision | part_d | any | any | any | 24h | no | | LAW | in_force | 2027-01-02 | 2027-01-02 | x |\n", FAULT_RULE, "expires_on" },
	{ "a | decision | part_d | any | any | any | 24h | no | | PROPOSED | in_force | | | x |\n", FAULT_MISSING, "effective_from" },
	{ "a | decision | part_d | any | any | any | 24h | no | | LAW | in_force | | | |\n", FAULT_MISSING, "basis" },
	{ "a | decision | part_d | any | any | any | 24h | no | | LAW | in_force | | | x | y | z\n", FAULT_UNKNOWN_ELEMENT, "comment" },
	{ "a | decision | part_d\n", FAULT_MISSING, "benefit" },
};

CASE(clock, a_wrong_line_refuses_the_table_and_says_where)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	clocks_free(read_good(with_total("# a comment\n\na | decision | " GOOD, &arena)));
	for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
		struct fault fault = { 0 };
		struct clocks *clocks;
		int line = 0, wanted = twins[i].code == FAULT_REPEATED ? 3 : 2;

		cr_expect(!clocks_read(with_total(twins[i].rows, &arena), &clocks, &line, &fault), "%zu is taken", i);
		cr_expect(fault.code == twins[i].code && strcmp(fault.path, twins[i].path) == 0 && line == wanted, "%zu: %s at %s, line %d",
			i, fault_row(fault.code)->name, fault.path, line);
	}
	arena_done(&arena);
}

/* Each of these but for one word would be the row that a table must have. */
CASE(clock, a_table_that_leaves_a_case_without_a_clock_is_refused)
{
	static const char *const files[] = {
		"",
		"# nothing\n",
		"a | decision | other | any | any | any | 72h | no | | HOUSE | in_force | | | x |\n",
		"a | appeal | any | any | any | any | 72h | no | | HOUSE | in_force | | | x |\n",
		"a | decision | any | any | any | standard | 72h | no | | HOUSE | in_force | | | x |\n",
		"a | decision | any | any | any | any | 72h | no | | HOUSE | waiting | | | x |\n",
		"a | decision | any | any | any | any | 72h | no | | HOUSE | in_force | | 2099-01-01 | x |\n",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct fault fault = { 0 };
		struct clocks *clocks;
		int line = 1;

		cr_expect(!clocks_read(text_of(files[i]), &clocks, &line, &fault), "%zu", i);
		cr_expect(fault.code == FAULT_MISSING && line == 0, "%zu", i);
	}
}

static const struct {
	const char *from, *duration, *until;
} spans[] = {
	{ "2026-11-22T10:00:00Z", "24h", "2026-11-23T10:00:00Z" },
	/* clocks go back and forward in the United States on these days: 24 hours are 24 hours */
	{ "2026-11-01T05:30:00Z", "24h", "2026-11-02T05:30:00Z" },
	{ "2027-03-14T06:30:00Z", "24h", "2027-03-15T06:30:00Z" },
	{ "2027-03-13T23:30:00-05:00", "72h", "2027-03-17T00:30:00-04:00" },
	/* a leap day counts, and 2100 has none */
	{ "2028-02-28T12:00:00Z", "24h", "2028-02-29T12:00:00Z" },
	{ "2028-02-28T12:00:00Z", "7d", "2028-03-06T12:00:00Z" },
	{ "2100-02-28T12:00:00Z", "24h", "2100-03-01T12:00:00Z" },
	{ "2027-12-31T23:59:59Z", "30m", "2028-01-01T00:29:59Z" },
	/* Monday to Friday: 2026-11-20 is a Friday */
	{ "2026-11-19T10:00:00Z", "24h business", "2026-11-20T10:00:00Z" },
	{ "2026-11-20T10:00:00Z", "24h business", "2026-11-23T10:00:00Z" },
	{ "2026-11-20T10:00:00Z", "14h business", "2026-11-21T00:00:00Z" },
	{ "2026-11-21T03:00:00Z", "24h business", "2026-11-24T00:00:00Z" },
	{ "2026-11-22T23:59:59Z", "1h business", "2026-11-23T01:00:00Z" },
	{ "2026-11-18T12:00:00Z", "7d business", "2026-11-27T12:00:00Z" },
};

CASE(clock, time_is_counted_in_utc)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		char row[200], until[CLOCK_ROOM];
		struct clocks *clocks;
		const struct clock_rule *rule;

		snprintf(row, sizeof(row), "a | decision | part_d | any | any | any | %s | no | | LAW | in_force | | | x |\n", spans[i].duration);
		clocks = read_good(with_total(row, &arena));
		rule = clocks_find(clocks, text_lit("a"));
		cr_assert(rule);
		clock_print(clock_after(rule, moment(spans[i].from), rule->duration_ms), false, until);
		cr_expect(moment(until) == moment(spans[i].until), "%zu: %s", i, until);
		clocks_free(clocks);
	}
	arena_done(&arena);
}

CASE(clock, business_time_adds_up)
{
	struct clock_rule rule = { .business = true };
	int64_t from = moment("2026-11-18T12:34:56Z");

	/* going in two steps is going in one */
	for (int64_t a = 0; a < 200; a += 7)
		for (int64_t b = 1; b < 200; b += 13)
			cr_assert(clock_after(&rule, clock_after(&rule, from, a * HOUR_MS), b * HOUR_MS) ==
				clock_after(&rule, from, (a + b) * HOUR_MS), "%d and %d hours", (int)a, (int)b);
}

CASE(clock, a_message_says_programme_and_urgency)
{
	cr_expect_str_eq(clock_programme_of(text_lit("E")), "medicaid_managed_care");
	cr_expect_str_eq(clock_programme_of(text_lit("D")), "part_d");
	cr_expect_str_eq(clock_programme_of(text_lit("B")), "ma_part_b");
	cr_expect_str_eq(clock_programme_of(text_lit("H")), "other");
	cr_expect_str_eq(clock_programme_of(TEXT_NONE), "other");
	cr_expect_str_eq(clock_urgency_of(text_lit("X")), "expedited");
	cr_expect_str_eq(clock_urgency_of(text_lit("S")), "standard");
	cr_expect_str_eq(clock_urgency_of(TEXT_NONE), "standard");
}
