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

struct question_ways question_ways(const struct questions *set, size_t index)
{
	const struct question *q = at(set, index);
	struct question_ways ways = { .id = q->question_id, .default_next = q->default_next_question_id };

	if (set->asked) {
		const struct question_type *type = q->type;

		if (type && type->select) {
			ways.choices = type->select->choices;
			ways.choices_n = type->select->choices_n;
		} else if (type && type->numeric) {
			ways.conditions = type->numeric->conditions;
			ways.conditions_n = type->numeric->conditions_n;
		}
	} else {
		const struct answered_type *type = set->answered[index].type;

		if (type && type->select) {
			ways.choices = type->select->choices;
			ways.choices_n = type->select->choices_n;
		} else if (type && type->numeric) {
			ways.conditions = type->numeric->conditions;
			ways.conditions_n = type->numeric->conditions_n;
		}
	}
	return ways;
}

static struct text chosen_id(const struct select_answer *answer)
{
	const struct chosen *chosen = answer->by_prescriber;

	if (!chosen && answer->by_code)
		chosen = answer->by_code->choice;
	return chosen ? chosen->choice_id : TEXT_NONE;
}

void question_given(const struct answered_question *question, struct text *room, size_t room_n,
	struct question_given *out)
{
	const struct answered_type *type = question->type;

	*out = (struct question_given){ .choices = room };
	if (type && type->select) {
		for (size_t i = 0; i < type->select->answers_n && out->choices_n < room_n; i++) {
			struct text id = chosen_id(&type->select->answers[i]);

			if (text_there(id))
				room[out->choices_n++] = id;
		}
	} else if (type && type->numeric && type->numeric->answer) {
		out->number = type->numeric->answer->by_prescriber;
		if (!text_there(out->number) && type->numeric->answer->by_code)
			out->number = type->numeric->answer->by_code->number;
	}
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

	for (size_t c = 0; c < given->choices_n; c++) {
		struct text own = TEXT_NONE;

		for (size_t i = 0; i < ways->choices_n; i++)
			if (text_equal(ways->choices[i].choice_id, given->choices[c]))
				own = ways->choices[i].next_question_id;
		if (!text_there(own) || (c > 0 && !text_equal(own, next)))
			return TEXT_NONE;
		next = own;
	}
	return next;
}

static struct text next_of_number(const struct question_ways *ways, struct text number)
{
	for (size_t i = 0; text_there(number) && i < ways->conditions_n; i++) {
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
		next = next_of_number(&ways, given->number);
	return question_find(set, text_there(next) ? next : ways.default_next);
}
