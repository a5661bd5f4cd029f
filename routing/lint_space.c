/* SPDX-License-Identifier: Apache-2.0 */
/* The space of questions that a rule table tells apart, and the search for one that some rows leave over. */
#include "routing/lint_space.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum { STEPS = 4000000 }; /* of the search, in all: seconds */

/* -- atoms -- */

static bool add_atom(struct lint_space *space, struct lint_axis *axis, struct text value)
{
	size_t n = axis->n - 1;
	struct text *item;

	for (size_t i = 0; i < n; i++)
		if (text_equal(axis->values[i], value))
			return true;
	item = arena_push(space->arena, (void **)&axis->values, &n, sizeof(*item));
	if (!item)
		return false;
	*item = value;
	axis->n = n + 1;
	return true;
}

static bool add_codes(struct lint_space *space, struct lint_axis *axis)
{
	struct text rest = text_of(axis->field->codes);

	while (text_there(rest)) {
		struct text code = text_cut(&rest, ' ');

		if (code.n && !add_atom(space, axis, code))
			return false;
	}
	return true;
}

static bool make_axis(struct lint_space *space, const struct field *field)
{
	struct lint_axis *axis = &space->axes[space->axes_n];
	bool asked = false, good = true;

	*axis = (struct lint_axis){ .field = field, .n = 1 };
	for (size_t row = 0; row < space->rules->n; row++)
		for (size_t i = 0; i < space->rules->rows[row].conditions_n; i++) {
			const struct rule_condition *condition = &space->rules->rows[row].conditions[i];

			if (condition->field != field)
				continue;
			asked = true;
			for (size_t k = 0; good && k < condition->values_n; k++)
				good = add_atom(space, axis, condition->values[k]);
		}
	if (!asked || !good)
		return good;
	if (field->kind == FIELD_FLAG)
		good = add_atom(space, axis, text_lit("true"));
	else if (field->codes)
		good = add_codes(space, axis);
	else
		good = add_atom(space, axis, TEXT_NONE);
	space->axes_n++;
	return good;
}

/* Days on which something begins to hold, or holds no more: "2025-01-01" and "2024-12-31+", the moment after that day. As text they are in order. */
static bool make_dates(struct lint_space *space)
{
	struct lint_axis *axis = &space->axes[space->axes_n];

	*axis = (struct lint_axis){ .n = 1 };
	for (size_t row = 0; row < space->rules->n; row++) {
		const struct rule *rule = &space->rules->rows[row];
		struct buffer after;

		if (text_there(rule->from) && !add_atom(space, axis, rule->from))
			return false;
		buffer_init(&after, space->arena, 12);
		buffer_add(&after, rule->until);
		buffer_add_char(&after, '+');
		if (text_there(rule->until) && !add_atom(space, axis, buffer_text(&after)))
			return false;
	}
	if (axis->n == 1)
		return true;
	for (size_t i = 1; i + 1 < axis->n; i++)
		for (size_t k = i; k && text_compare(axis->values[k - 1], axis->values[k]) > 0; k--) {
			struct text moved = axis->values[k];

			axis->values[k] = axis->values[k - 1];
			axis->values[k - 1] = moved;
		}
	axis->n++; /* atom 1 is the time before the first of these days, atom k + 1 begins with values[k - 1] */
	space->axes_n++;
	return true;
}

/* -- boxes -- */

static void put(uint64_t *box, const struct lint_axis *axis, size_t atom)
{
	box[axis->at + atom / 64] |= UINT64_C(1) << atom % 64;
}

static bool has(const uint64_t *box, const struct lint_axis *axis, size_t atom)
{
	return box[axis->at + atom / 64] >> atom % 64 & 1;
}

static bool date_in(const struct lint_axis *axis, size_t atom, const struct rule *rule)
{
	struct text begins = atom > 1 ? axis->values[atom - 2] : TEXT_NONE;

	if (!text_there(rule->from) && !text_there(rule->until))
		return true;
	if (!atom)
		return false;
	return (!text_there(rule->from) || (text_there(begins) && text_compare(begins, rule->from) >= 0)) &&
		(!text_there(rule->until) || !text_there(begins) || text_compare(begins, rule->until) <= 0);
}

static bool atom_in(const struct lint_axis *axis, size_t atom, const struct rule *rule)
{
	const struct rule_condition *asks = NULL;
	struct text value;

	if (!axis->field)
		return date_in(axis, atom, rule);
	for (size_t i = 0; i < rule->conditions_n; i++)
		if (rule->conditions[i].field == axis->field)
			asks = &rule->conditions[i];
	if (!asks)
		return true;
	if (!atom)
		return false;
	if (!asks->values_n)
		return true;
	value = axis->values[atom - 1];
	for (size_t i = 0; i < asks->values_n && text_there(value); i++)
		if (text_equal(asks->values[i], value) || rule_value_fits(asks->values[i], value))
			return true;
	return false;
}

bool lint_space_make(struct lint_space *space, const struct rules *rules, struct arena *arena)
{
	*space = (struct lint_space){ .arena = arena, .rules = rules, .steps = STEPS };
	for (size_t i = 0; i < route_question_record.n; i++)
		if (!make_axis(space, &route_question_record.fields[i]))
			return false;
	if (!make_dates(space))
		return false;
	for (size_t i = 0; i < space->axes_n; i++) {
		space->axes[i].at = space->words;
		space->axes[i].words = (space->axes[i].n + 63) / 64;
		space->words += space->axes[i].words;
	}
	space->words += space->words == 0; /* a table that asks nothing */
	space->boxes = arena_alloc(arena, (rules->n + 1) * sizeof(*space->boxes));
	space->stack = arena_alloc(arena, (rules->n + 2) * space->words * sizeof(uint64_t));
	if (!space->boxes || !space->stack)
		return false;
	for (size_t row = 0; row < rules->n; row++) {
		space->boxes[row] = arena_alloc(arena, space->words * sizeof(uint64_t));
		if (!space->boxes[row])
			return false;
		for (size_t i = 0; i < space->axes_n; i++)
			for (size_t atom = 0; atom < space->axes[i].n; atom++)
				if (atom_in(&space->axes[i], atom, &rules->rows[row]))
					put(space->boxes[row], &space->axes[i], atom);
	}
	return true;
}

bool lint_meet(const struct lint_space *space, const uint64_t *a, const uint64_t *b)
{
	for (size_t i = 0; i < space->axes_n; i++) {
		uint64_t some = 0;

		for (size_t w = space->axes[i].at; w < space->axes[i].at + space->axes[i].words; w++)
			some |= a[w] & b[w];
		if (!some)
			return false;
	}
	return true;
}

bool lint_within(const struct lint_space *space, const uint64_t *a, const uint64_t *b)
{
	for (size_t w = 0; w < space->words; w++)
		if (a[w] & ~b[w])
			return false;
	return true;
}

/* Takes the first row that meets the box out of it, axis by axis, and looks at what is left. */
static bool search(struct lint_space *space, uint64_t *box, size_t from, size_t to, size_t skip, size_t depth, uint64_t *found)
{
	uint64_t *part = space->stack + depth * space->words;

	while (from < to && (from == skip || !lint_meet(space, box, space->boxes[from])))
		from++;
	if (from == to) {
		memcpy(found, box, space->words * sizeof(*box));
		return true;
	}
	if (!space->steps) {
		space->tired = true;
		return false;
	}
	space->steps--;
	for (size_t i = 0; i < space->axes_n; i++) {
		const struct lint_axis *axis = &space->axes[i];
		const uint64_t *row = space->boxes[from];
		uint64_t some = 0;

		memcpy(part, box, space->words * sizeof(*box));
		for (size_t w = axis->at; w < axis->at + axis->words; w++) {
			part[w] &= ~row[w];
			box[w] &= row[w];
			some |= part[w];
		}
		if (some && search(space, part, from + 1, to, skip, depth + 1, found))
			return true;
	}
	return false;
}

bool lint_uncovered(struct lint_space *space, const uint64_t *box, size_t from, size_t to, size_t skip, uint64_t *found)
{
	memcpy(space->stack, box, space->words * sizeof(*box));
	return search(space, space->stack, from, to, skip, 1, found);
}

/* -- examples -- */

static struct text other_day(struct text day, int by, struct arena *arena)
{
	struct fault fault;
	int64_t at = 0;

	if (!clock_parse((struct text){ day.at, 10 }, &at, &fault))
		return day;
	return clock_format_date(at + by * INT64_C(86400000), arena);
}

static struct text day_of(const struct lint_axis *axis, size_t atom, struct arena *arena)
{
	struct text first = axis->values[0], begins = atom > 1 ? axis->values[atom - 2] : TEXT_NONE;

	if (!text_there(begins))
		return first.n > 10 ? (struct text){ first.at, 10 } : other_day(first, -1, arena);
	return begins.n > 10 ? other_day(begins, 1, arena) : begins;
}

/* True for a value that is one of those that begin so, and not all of them. */
static bool names_more(struct text value, struct text begins)
{
	return text_there(value) && (value.at[value.n - 1] != '*' || value.n > begins.n + 1);
}

/* Something that the field takes and no row names. */
static void add_other(const struct lint_axis *axis, struct text begins, struct buffer *out)
{
	static const char others[] = "9Z8Y7X6W";
	size_t max = axis->field->kind == FIELD_TEXTS ? axis->field->item_max : axis->field->max;

	for (size_t i = 0; others[i]; i++) {
		char value[64];
		int n = snprintf(value, sizeof(value), "%.*s%c", TEXT_ARGS(begins), others[i]);
		struct text candidate = { value, (size_t)n };
		bool named = (max && candidate.n > max) || candidate.n >= sizeof(value);

		for (size_t k = 0; k + 1 < axis->n && !named; k++)
			named = names_more(axis->values[k], begins) && rule_value_fits(axis->values[k], candidate);
		if (!named) {
			buffer_add(out, candidate);
			return;
		}
	}
	buffer_add(out, begins);
}

struct text lint_example(const struct lint_space *space, const uint64_t *box)
{
	struct buffer words;

	buffer_init(&words, space->arena, 120);
	for (size_t i = 0; i < space->axes_n; i++) {
		const struct lint_axis *axis = &space->axes[i];
		struct text value;
		size_t atom = 0;

		while (!has(box, axis, atom))
			atom++;
		if (!atom)
			continue;
		buffer_format(&words, "%s%s=", words.n ? " " : "", axis->field ? axis->field->member : "date");
		if (!axis->field) {
			buffer_add(&words, day_of(axis, atom, space->arena));
			continue;
		}
		value = axis->values[atom - 1];
		if (!text_there(value))
			add_other(axis, TEXT_NONE, &words);
		else if (value.at[value.n - 1] == '*')
			add_other(axis, (struct text){ value.at, value.n - 1 }, &words);
		else
			buffer_add(&words, value);
	}
	return words.n ? buffer_text(&words) : text_lit("*");
}
