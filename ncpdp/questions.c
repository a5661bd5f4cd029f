/* SPDX-License-Identifier: Apache-2.0 */
/* The way through a question set, one step at a time. */
#include "ncpdp/questions.h"

#include "ncpdp/decimal.h"

#include <assert.h>

static const struct question *at(const struct questions *set, size_t index)
{
	assert(index < set->n);
	/* An answered question begins like one that is asked (records.c). */
	return set->asked ? &set->asked[index] : (const struct question *)(const void *)&set->answered[index];
}

static enum question_wants date_or_time(const struct date_question *date)
{
	return date && text_is(date->is_date_time_required, "Y") ? QUESTION_WANTS_TIME : QUESTION_WANTS_DATE;
}

static void choices_into(struct question_ways *ways, struct text several, const struct choice *choices, size_t n)
{
	ways->wants = QUESTION_WANTS_CHOICES;
	ways->several = text_is(several, "Y");
	ways->choices = choices;
	ways->choices_n = n;
}

static void conditions_into(struct question_ways *ways, const struct next_question_condition *conditions, size_t n)
{
	ways->wants = QUESTION_WANTS_NUMBER;
	ways->conditions = conditions;
	ways->conditions_n = n;
}

static void asked_into(struct question_ways *ways, const struct question_type *type)
{
	if (type->select)
		choices_into(ways, type->select->select_multiple, type->select->choices, type->select->choices_n);
	else if (type->numeric)
		conditions_into(ways, type->numeric->conditions, type->numeric->conditions_n);
	else if (type->date)
		ways->wants = date_or_time(type->date);
	else if (type->free_text)
		ways->wants = QUESTION_WANTS_WORDS;
}

static void answered_into(struct question_ways *ways, const struct answered_type *type)
{
	if (type->select)
		choices_into(ways, type->select->select_multiple, type->select->choices, type->select->choices_n);
	else if (type->numeric)
		conditions_into(ways, type->numeric->conditions, type->numeric->conditions_n);
	else if (type->date)
		ways->wants = date_or_time(type->date->date);
	else if (type->free_text)
		ways->wants = QUESTION_WANTS_WORDS;
}

struct question_ways question_ways(const struct questions *set, size_t index)
{
	const struct question *q = at(set, index);
	struct question_ways ways = { .id = q->question_id, .default_next = q->default_next_question_id };

	if (set->asked && set->asked[index].type)
		asked_into(&ways, set->asked[index].type);
	else if (!set->asked && set->answered[index].type)
		answered_into(&ways, set->answered[index].type);
	return ways;
}

const struct choice *question_choice(const struct question_ways *ways, struct text id)
{
	for (size_t i = 0; i < ways->choices_n; i++)
		if (text_equal(ways->choices[i].choice_id, id))
			return &ways->choices[i];
	return NULL;
}

bool question_ends(struct text next_id)
{
	next_id = text_trim(next_id);
	return next_id.n == 0 || text_equal_nocase(next_id, text_lit("END"));
}

int question_find(const struct questions *set, struct text id)
{
	if (question_ends(id))
		return QUESTION_END;
	for (size_t i = 0; i < set->n; i++)
		if (text_equal(at(set, i)->question_id, id))
			return (int)i;
	return QUESTION_END;
}

int question_first(const struct questions *set)
{
	size_t first = 0;

	for (size_t i = 1; i < set->n; i++)
		if (decimal_compare(at(set, i)->sequence_number, at(set, first)->sequence_number) < 0)
			first = i;
	return set->n ? (int)first : QUESTION_END;
}

/* The question that all choices made agree on; none when they do not, or name none. */
static struct text next_of_choices(const struct question_ways *ways, const struct question_given *given)
{
	struct text next = TEXT_NONE;

	for (size_t i = 0; i < given->n; i++) {
		const struct choice *choice = question_choice(ways, given->answers[i].choice);
		struct text own = choice ? choice->next_question_id : TEXT_NONE;

		if (!text_there(own) || (i > 0 && !text_equal(own, next)))
			return TEXT_NONE;
		next = own;
	}
	return next;
}

static struct text next_of_number(const struct question_ways *ways, struct text number)
{
	for (size_t i = 0; decimal_is(number) && i < ways->conditions_n; i++) {
		const struct single_comparison *one = ways->conditions[i].single;
		const struct range_comparison *range = ways->conditions[i].range;

		if (one && decimal_holds(number, one->comparison_operator, one->comparison_value))
			return one->next_question_id;
		if (range && decimal_holds(number, range->lower_operator, range->lower_value) &&
			decimal_holds(number, range->upper_operator, range->upper_value))
			return range->next_question_id;
	}
	return TEXT_NONE;
}

int question_after(const struct questions *set, size_t index, const struct question_given *given)
{
	struct question_ways ways = question_ways(set, index);
	struct text next = TEXT_NONE;

	if (ways.choices_n)
		next = next_of_choices(&ways, given);
	else if (ways.conditions_n)
		next = next_of_number(&ways, given->n ? given->answers[0].value : TEXT_NONE);
	return question_find(set, text_there(next) ? next : ways.default_next);
}
