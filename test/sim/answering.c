/* SPDX-License-Identifier: Apache-2.0 */
/* One answer for each kind of question. */
#include "test/sim/answering.h"

#include <stdio.h>
#include <string.h>

static struct answered_type *some_answer(struct world *world, const struct question *question, struct arena *arena)
{
	const struct question_type *type = question->type;
	struct answered_type *out = arena_new(arena, struct answered_type);

	if (type->select) {
		size_t which = (size_t)world_random(world, type->select->choices_n);
		struct select_answer *answer = arena_new(arena, struct select_answer);

		out->select = arena_new(arena, struct answered_select);
		*out->select = (struct answered_select){ .select_multiple = type->select->select_multiple,
			.choices = type->select->choices, .choices_n = type->select->choices_n, .answers = answer, .answers_n = 1 };
		answer->by_prescriber = arena_new(arena, struct chosen);
		answer->by_prescriber->choice_id = type->select->choices[which].choice_id;
		if (text_is(type->select->choices[which].additional_free_text_indicator, "M"))
			answer->by_prescriber->additional_free_text = text_lit("as asked");
	} else if (type->date) {
		out->date = arena_new(arena, struct answered_date);
		out->date->date = type->date;
		out->date->answer = arena_new(arena, struct date_answer);
		out->date->answer->by_prescriber = arena_new(arena, struct date_or_time);
		if (text_is(type->date->is_date_time_required, "Y"))
			out->date->answer->by_prescriber->date_time = text_lit("2026-10-01T08:00:00Z");
		else
			out->date->answer->by_prescriber->date = text_lit("2026-10-01");
	} else if (type->numeric) {
		char number[8];

		snprintf(number, sizeof(number), "%d", (int)world_random(world, 30));
		out->numeric = arena_new(arena, struct answered_numeric);
		out->numeric->is_numeric = type->numeric->is_numeric;
		out->numeric->conditions = type->numeric->conditions;
		out->numeric->conditions_n = type->numeric->conditions_n;
		out->numeric->answer = arena_new(arena, struct numeric_answer);
		out->numeric->answer->by_prescriber = arena_text(arena, text_of(number));
	} else {
		out->free_text = arena_new(arena, struct answered_free_text);
		out->free_text->is_free_text = type->free_text->is_free_text;
		out->free_text->answer = arena_new(arena, struct free_text_answer);
		out->free_text->answer->by_prescriber = text_lit("tried before, without effect");
	}
	return out;
}

void answering_fill(struct world *world, const struct question_set_header *header, const struct question *questions, size_t n,
	struct question_set_request *out, struct arena *arena)
{
	out->header = arena_new(arena, struct answered_set_header);
	memcpy(out->header, header, sizeof(*header));
	for (size_t i = 0; i < n; i++) {
		struct answered_question *one = arena_push(arena, (void **)&out->questions, &out->questions_n, sizeof(*one));

		memcpy(one, &questions[i], offsetof(struct question, type));
		one->type = some_answer(world, &questions[i], arena);
	}
}
