/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the clock table: its columns are the rows of clock_row, each cell is held against its row, and what cannot be counted is
   refused when the table is loaded and not when a case is due. */
#include "routing/clock_table.h"

#include "base/clock.h"

#include <assert.h>
#include <stdio.h>

enum {
	CLOCK_FILE_MAX = 1 << 18, /* bytes; a thousand rows, each of which every new case walks past */
	CLOCK_MEMORY = 4 << 20,   /* bytes for the table */
	DURATION_DAYS_MAX = 400,  /* longest time: the longest known one is an appeal window of some months */
};

static bool too_large(struct fault *fault)
{
	return fault_set(fault, FAULT_TOO_LARGE, "clock");
}

/* -- cells -- */

/* "24h", "7d", "30m", "16h business"; seconds are for trying a table out */
static bool read_duration(struct clock_rule *rule, struct fault *fault)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
	struct text rest = rule->row.duration, number = text_cut(&rest, ' ');
	int64_t n = 0, unit = 0;

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (number.n > 1 && number.at[number.n - 1] == units[i].unit)
			unit = units[i].ms;
	number.n -= number.n > 0;
	if (!unit || !number.n || number.at[0] < '0' || number.at[0] > '9' || !text_to_int(number, &n) || n < 1 ||
		n > DURATION_DAYS_MAX * INT64_C(86400000) / unit)
		return fault_set(fault, FAULT_BAD_NUMBER, "duration");
	if (text_there(rest) && !text_is(rest, "business"))
		return fault_set(fault, FAULT_BAD_CODE, "duration");
	rule->business = text_there(rest);
	rule->duration_ms = n * unit;
	return true;
}

static bool read_warns(struct clock_rule *rule, struct fault *fault)
{
	struct text rest = rule->row.warn;

	while (text_there(rest)) {
		struct text word = text_cut(&rest, ' ');
		int64_t percent;

		if (!word.n)
			continue;
		if (!text_to_int(word, &percent) || percent < 1 || percent > 99)
			return fault_set(fault, FAULT_BAD_NUMBER, "warn");
		if (rule->warn_n == CLOCK_WARNS_MAX)
			return fault_set(fault, FAULT_TOO_DEEP, "warn");
		if (rule->warn_n && percent <= rule->warn[rule->warn_n - 1])
			return fault_set(fault, FAULT_RULE, "warn");
		rule->warn[rule->warn_n++] = (int)percent;
	}
	return true;
}

static bool read_day(struct text day, const char *column, int64_t otherwise, int64_t *out, struct fault *fault)
{
	*out = otherwise;
	return !day.n || clock_parse(day, out, fault) || fault_under(fault, text_of(column), -1);
}

/* What holds across the columns of a row. */
static bool check_row(const struct clock_rule *rule, struct fault *fault)
{
	const struct clock_row *row = &rule->row;
	bool acts = text_is(row->runs_for, "decision") || text_is(row->runs_for, "appeal");

	if (rule->from_ms >= rule->until_ms)
		return fault_set(fault, FAULT_RULE, "expires_on");
	/* What is only proposed binds nobody before its day, so it must say which day that is. */
	if (text_is(row->status, "PROPOSED") && text_is(row->use, "in_force") && !row->effective_from.n)
		return fault_set(fault, FAULT_MISSING, "effective_from");
	if (rule->warn_n && !acts)
		return fault_set(fault, FAULT_RULE, "warn");
	/* The pause would have to be counted in business time too, and no known rule asks for both. */
	if (rule->pauses && (rule->business || !acts))
		return fault_set(fault, FAULT_RULE, "pauses");
	return true;
}

/* -- rows -- */

static bool read_row(struct text line, struct clocks *clocks, int line_number, struct fault *fault)
{
	struct clock_rule rule = { .line = line_number }, *kept;

	if (!record_read_cells(&clock_row_record, line, &rule.row, fault))
		return false;
	rule.pauses = text_is(rule.row.pauses, "yes");
	if (!read_duration(&rule, fault) || !read_warns(&rule, fault) ||
		!read_day(rule.row.effective_from, "effective_from", INT64_MIN, &rule.from_ms, fault) ||
		!read_day(rule.row.expires_on, "expires_on", INT64_MAX, &rule.until_ms, fault) || !check_row(&rule, fault))
		return false;
	if (clocks_find(clocks, rule.row.id))
		return fault_set(fault, FAULT_REPEATED, "id");
	kept = arena_push(&clocks->arena, (void **)&clocks->rows, &clocks->n, sizeof(*kept));
	if (!kept)
		return too_large(fault);
	*kept = rule;
	return true;
}

/* A row that is a decision clock for whatever comes, and always. */
static bool for_everything(const struct clock_rule *rule)
{
	const struct clock_row *row = &rule->row;

	return text_is(row->runs_for, "decision") && text_is(row->programme, "any") && text_is(row->benefit, "any") &&
		text_is(row->drug, "any") && text_is(row->urgency, "any") && text_is(row->use, "in_force") &&
		rule->from_ms == INT64_MIN && rule->until_ms == INT64_MAX;
}

static bool read_rows(struct text file, struct clocks *clocks, int *line, struct fault *fault)
{
	struct text rest = arena_text(&clocks->arena, file);
	bool total = false;

	if (file.n && !text_there(rest))
		return too_large(fault);
	while (text_there(rest)) {
		struct text row = text_trim(text_cut(&rest, '\n'));

		++*line;
		if (row.n && row.at[0] != '#' && !read_row(row, clocks, *line, fault))
			return false;
	}
	*line = 0;
	for (size_t i = 0; i < clocks->n; i++)
		total |= for_everything(&clocks->rows[i]);
	return total || fault_set(fault, FAULT_MISSING, "decision");
}

bool clocks_read(struct text file, struct clocks **out, int *line, struct fault *fault)
{
	struct clocks *clocks;

	*out = NULL;
	*line = 0;
	if (file.n > CLOCK_FILE_MAX)
		return too_large(fault);
	if (!text_utf8(file))
		return fault_set(fault, FAULT_BAD_TEXT, "clock");
	clocks = calloc(1, sizeof(*clocks));
	if (!clocks) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	arena_init(&clocks->arena, CLOCK_MEMORY);
	if (!read_rows(file, clocks, line, fault)) {
		clocks_free(clocks);
		return false;
	}
	*out = clocks;
	return true;
}
