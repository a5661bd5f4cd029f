/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the clock of a request, and counts its time. */
#include "routing/clock_table.h"

#include <assert.h>

#define DAY_MS INT64_C(86400000)

enum { WEEK_DAYS = 7, EPOCH_WEEKDAY = 3 /* 1970-01-01 was a Thursday; Monday is 0 */, SATURDAY = 5 };

void clocks_free(struct clocks *clocks)
{
	if (!clocks)
		return;
	arena_done(&clocks->arena);
	free(clocks);
}

size_t clocks_n(const struct clocks *clocks)
{
	return clocks->n;
}

const struct clock_rule *clocks_row(const struct clocks *clocks, size_t i)
{
	assert(i < clocks->n);
	return &clocks->rows[i];
}

const struct clock_rule *clocks_find(const struct clocks *clocks, struct text id)
{
	for (size_t i = 0; i < clocks->n; i++)
		if (text_equal(clocks->rows[i].row.id, id))
			return &clocks->rows[i];
	return NULL;
}

/* -- choosing -- */

/* A word of the table against what is known: -1 does not fit, 0 any, 1 named. */
static int fits(struct text said, struct text known, const char *otherwise)
{
	if (text_is(said, "any"))
		return 0;
	if (known.n ? text_equal(said, known) : otherwise && text_is(said, otherwise))
		return 1;
	return -1;
}

/* How well a row fits: -1 not at all, and else the higher the better. The programme outweighs everything below it. */
static int fit(const struct clock_rule *rule, const struct clock_question *question)
{
	const struct clock_row *row = &rule->row;
	const int parts[] = {
		fits(row->programme, question->programme, "other"),
		fits(row->benefit, question->benefit, NULL),
		fits(row->drug, question->drug, "covered_outpatient"),
		fits(row->urgency, question->urgency, "standard"),
	};
	int sum = 0;

	if (!text_equal(row->runs_for, question->runs_for) || !text_is(row->use, "in_force") ||
		question->at_ms < rule->from_ms || question->at_ms >= rule->until_ms)
		return -1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (parts[i] < 0)
			return -1;
		sum += parts[i] * (i == 0 ? 4 : 1);
	}
	return sum;
}

void clock_choose(const struct clocks *clocks, const struct clock_question *question, struct arena *arena,
	struct clock_choice *out)
{
	const struct clock_rule *best = NULL;
	int best_fit = -1, apply = 0;
	struct buffer why;

	for (size_t i = 0; i < clocks->n; i++) {
		const struct clock_rule *rule = &clocks->rows[i];
		int how = fit(rule, question);

		apply += how >= 0;
		if (how > best_fit || (how >= 0 && how == best_fit && rule->duration_ms < best->duration_ms)) {
			best = rule;
			best_fit = how;
		}
	}
	*out = (struct clock_choice){ .rule = best };
	if (!best)
		return;
	buffer_init(&why, arena, 160 + best->row.basis.n);
	buffer_format(&why, "%.*s: %.*s, the most specific of %d that apply (%s; %.*s)", TEXT_ARGS(best->row.id),
		TEXT_ARGS(best->row.duration), apply,
		text_is(best->row.status, "LAW") ? "law" : text_is(best->row.status, "PROPOSED") ? "proposed" : "house default",
		TEXT_ARGS(best->row.basis));
	out->why = buffer_text(&why);
}

/* -- counting -- */

static int64_t floor_day(int64_t ms)
{
	return ms / DAY_MS - (ms % DAY_MS < 0);
}

static bool weekend(int64_t day)
{
	int64_t weekday = (day + EPOCH_WEEKDAY) % WEEK_DAYS;

	return (weekday < 0 ? weekday + WEEK_DAYS : weekday) >= SATURDAY;
}

int64_t clock_after(const struct clock_rule *rule, int64_t from_ms, int64_t ms)
{
	int64_t at = from_ms;

	assert(ms >= 0);
	if (!rule->business)
		return ms > INT64_MAX - from_ms ? INT64_MAX : from_ms + ms;
	for (;;) {
		int64_t day = floor_day(at), left = (day + 1) * DAY_MS - at;

		if (weekend(day)) {
			at += left;
			continue;
		}
		if (ms <= left) /* the end of a Friday is the same business moment as the beginning of Monday: the earlier is meant */
			return at + ms;
		ms -= left;
		at += left;
	}
}

/* -- what a message says -- */

const char *clock_programme_of(struct text payer_type)
{
	static const struct {
		const char *payer_type, *programme;
	} rows[] = {
		{ "B", "ma_part_b" },
		{ "C", "ma_part_b" }, /* Medicare part C: what an MA plan decides without part D is a part B drug */
		{ "D", "part_d" },
		{ "E", "medicaid_managed_care" }, /* fee for service or managed care has the same clock: SSA 1927(d)(5)(A) */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (text_is(payer_type, rows[i].payer_type))
			return rows[i].programme;
	return "other";
}

size_t clock_programme_index(struct text programme)
{
	struct text rest = text_lit(CLOCK_PROGRAMMES);

	for (size_t i = 0; text_there(rest); i++)
		if (text_equal(text_cut(&rest, ' '), programme))
			return i;
	return CLOCK_PROGRAMMES_N - 1;
}

const char *clock_urgency_of(struct text priority)
{
	return text_is(priority, "X") ? "expedited" : "standard";
}
