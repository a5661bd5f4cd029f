/* SPDX-License-Identifier: Apache-2.0 */
/* The rules as sets of rows by member and value, made once when the table is loaded: a decision is their intersection, and the first row
   in it, instead of a walk through thousands of rows. */
#include "routing/rules.h"

#include <assert.h>
#include <string.h>

/* -- what a condition means: the naive form, which the index must agree with -- */

bool rule_value_fits(struct text wanted, struct text known)
{
	if (wanted.n && wanted.at[wanted.n - 1] == '*')
		return known.n >= wanted.n - 1 && memcmp(known.at, wanted.at, wanted.n - 1) == 0;
	return text_equal(wanted, known);
}

bool rule_in_force(const struct rule *rule, struct text date)
{
	if (!text_there(rule->from) && !text_there(rule->until))
		return true;
	return date.n && (!text_there(rule->from) || text_compare(rule->from, date) <= 0) &&
		(!text_there(rule->until) || text_compare(date, rule->until) <= 0);
}

bool rule_condition_holds(const struct rule_condition *condition, const struct fact *fact)
{
	if (!fact->n || !condition->values_n)
		return fact->n > 0;
	for (size_t i = 0; i < condition->values_n; i++)
		for (size_t k = 0; k < fact->n; k++)
			if (rule_value_fits(condition->values[i], fact->values[k]))
				return true;
	return false;
}

/* -- making it -- */

static size_t member_of(const struct field *field)
{
	return (size_t)(field - route_question_record.fields);
}

static void set_bit(uint64_t *bits, size_t row)
{
	bits[row / 64] |= UINT64_C(1) << row % 64;
}

static uint64_t slot_hash(size_t member, bool begins, struct text value)
{
	return text_hash(value) + (member * 2 + begins) * UINT64_C(0x9E3779B97F4A7C15);
}

static struct rule_value **slot(const struct rule_index *index, size_t member, bool begins, struct text value)
{
	size_t i = slot_hash(member, begins, value) & index->mask;

	while (index->slots[i] && !(index->slots[i]->member == member && index->slots[i]->begins == begins &&
					  text_equal(index->slots[i]->value, value)))
		i = (i + 1) & index->mask;
	return &index->slots[i];
}

static bool add_value(struct rules *rules, size_t member, struct text value, size_t row)
{
	bool begins = value.at[value.n - 1] == '*';
	struct rule_value **at;
	uint32_t *item;

	value.n -= begins;
	at = slot(&rules->index, member, begins, value);
	if (!*at) {
		*at = arena_new(&rules->arena, struct rule_value);
		if (!*at)
			return false;
		**at = (struct rule_value){ .value = value, .member = (uint8_t)member, .begins = begins };
	}
	rules->index.of[member].begins |= begins;
	if ((*at)->rows_n && (*at)->rows[(*at)->rows_n - 1] == row)
		return true;
	item = arena_push(&rules->arena, (void **)&(*at)->rows, &(*at)->rows_n, sizeof(*item));
	if (item)
		*item = (uint32_t)row;
	return item != NULL;
}

static uint64_t *new_bits(struct rules *rules)
{
	return arena_alloc(&rules->arena, rules->index.words * sizeof(uint64_t));
}

static bool make_member(struct rules *rules, size_t member)
{
	uint64_t *absent = new_bits(rules), *any = new_bits(rules);

	if (!absent || !any)
		return false;
	for (size_t row = 0; row < rules->n; row++) {
		const struct rule_condition *asks = NULL;

		for (size_t i = 0; i < rules->rows[row].conditions_n; i++)
			if (member_of(rules->rows[row].conditions[i].field) == member)
				asks = &rules->rows[row].conditions[i];
		if (!asks)
			set_bit(absent, row);
		if (!asks || !asks->values_n)
			set_bit(any, row);
		for (size_t k = 0; asks && k < asks->values_n; k++)
			if (!add_value(rules, member, asks->values[k], row))
				return false;
	}
	rules->index.of[member].absent = absent;
	rules->index.of[member].any = any;
	return true;
}

/* Bits where a list of row numbers would be as large: so all of it never takes more than a few times the file. */
static bool make_bits(struct rules *rules)
{
	for (size_t i = 0; i <= rules->index.mask; i++) {
		struct rule_value *value = rules->index.slots[i];

		if (!value || value->rows_n * 2 < rules->index.words)
			continue;
		value->bits = new_bits(rules);
		if (!value->bits)
			return false;
		for (size_t k = 0; k < value->rows_n; k++)
			set_bit(value->bits, value->rows[k]);
	}
	return true;
}

bool rules_compile(struct rules *rules)
{
	struct rule_index *index = &rules->index;
	bool asked[FACTS_MAX] = { false };
	size_t values = 1, slots = 2;

	index->words = (rules->n + 63) / 64;
	for (size_t row = 0; row < rules->n; row++)
		for (size_t i = 0; i < rules->rows[row].conditions_n; i++) {
			asked[member_of(rules->rows[row].conditions[i].field)] = true;
			values += rules->rows[row].conditions[i].values_n;
		}
	while (slots < values * 2)
		slots *= 2;
	index->mask = slots - 1;
	index->slots = arena_alloc(&rules->arena, slots * sizeof(struct rule_value *));
	index->none = new_bits(rules);
	if (!index->slots || !index->none)
		return false;
	for (size_t member = 0; member < FACTS_MAX; member++)
		if (asked[member] && !make_member(rules, member))
			return false;
	return make_bits(rules);
}

/* -- asking it -- */

/* Rows that hold as far as one member goes: those in either set. */
struct choice {
	const uint64_t *any, *named;
};

static void name_rows(const struct rule_index *index, const struct rule_value *value, struct choice *choice, uint64_t **own,
	struct arena *arena)
{
	if (!value)
		return;
	if (value->bits && choice->named == index->none) {
		choice->named = value->bits;
		return;
	}
	if (!*own) {
		*own = arena_alloc(arena, index->words * sizeof(uint64_t));
		if (!*own)
			return;
		memcpy(*own, choice->named, index->words * sizeof(uint64_t));
		choice->named = *own;
	}
	if (value->bits)
		for (size_t w = 0; w < index->words; w++)
			(*own)[w] |= value->bits[w];
	else
		for (size_t i = 0; i < value->rows_n; i++)
			set_bit(*own, value->rows[i]);
}

static struct choice choose(const struct rule_index *index, size_t member, const struct fact *fact, struct arena *arena)
{
	struct choice choice = { index->of[member].absent, index->none };
	uint64_t *own = NULL;

	if (!fact->n)
		return choice;
	choice.any = index->of[member].any;
	for (size_t i = 0; i < fact->n; i++) {
		struct text value = fact->values[i];

		name_rows(index, *slot(index, member, false, value), &choice, &own, arena);
		for (value.n = index->of[member].begins ? value.n : 0; value.n; value.n--)
			name_rows(index, *slot(index, member, true, value), &choice, &own, arena);
	}
	return choice;
}

const struct rule *rules_match(const struct rules *rules, const struct facts *facts, struct text date, size_t from, struct arena *arena)
{
	const struct rule_index *index = &rules->index;
	struct choice choices[FACTS_MAX];
	size_t n = 0;

	for (size_t member = 0; member < route_question_record.n; member++)
		if (index->of[member].any)
			choices[n++] = choose(index, member, &facts->of[member], arena);
	for (size_t w = from / 64; w < index->words; w++) {
		uint64_t held = w == from / 64 ? ~UINT64_C(0) << from % 64 : ~UINT64_C(0);

		for (size_t i = 0; i < n && held; i++)
			held &= choices[i].any[w] | choices[i].named[w];
		for (; held; held &= held - 1) {
			size_t row = w * 64 + (size_t)__builtin_ctzll(held);

			if (row >= rules->n)
				return NULL;
			if (rule_in_force(&rules->rows[row], date))
				return &rules->rows[row];
		}
	}
	return NULL;
}

const struct field *rules_waiting(const struct rules *rules, const struct facts *facts, struct text date, size_t before)
{
	const struct field *waits = NULL;
	size_t fewest = 4; /* who waits for more than three things is not near */

	for (size_t row = before; row-- > 0 && fewest > 1;) { /* the closer to the row that decided, the more it is about this order */
		const struct rule *rule = &rules->rows[row];
		const struct field *first = NULL;
		size_t missing = 0;
		bool open = !text_is(rule->track, "UNDETERMINED") && rule_in_force(rule, date);

		for (size_t i = 0; open && i < rule->conditions_n; i++) {
			const struct rule_condition *condition = &rule->conditions[i];
			const struct fact *fact = &facts->of[member_of(condition->field)];

			if (!fact->n && condition->field->kind != FIELD_FLAG) {
				first = first ? first : condition->field;
				open = evidence_ordered(condition->field);
				missing++;
			} else {
				open = rule_condition_holds(condition, fact);
			}
		}
		if (open && missing && missing < fewest) {
			fewest = missing;
			waits = first;
		}
	}
	return waits;
}
