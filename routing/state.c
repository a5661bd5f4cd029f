/* SPDX-License-Identifier: Apache-2.0 */
/* What an order says, beside what lists say: a member that both tell is weighed, and neither is lost. */
#include "routing/evidence.h"
#include "routing/routing.h"

#include <string.h>

enum { SAID_MOST = 64 }; /* route_question.said */

static bool say(struct route_question *question, struct route_said said, struct arena *arena)
{
	struct route_said *item;

	if (question->said_n >= SAID_MOST)
		return false;
	item = arena_push(arena, (void **)&question->said, &question->said_n, sizeof(*item));
	if (item)
		*item = said;
	return item != NULL;
}

static bool say_member(struct route_question *question, const struct field *field, const struct route_question *stated, struct arena *arena)
{
	struct route_said said = { .kind = text_lit("ORDER"), .member = text_of(field->member) };
	const struct text *values;

	if (field->kind == FIELD_TEXTS || field->kind == FIELD_CODES) {
		values = *(struct text *const *)field_at(field, stated);
		for (size_t i = 0; i < *field_count_at(field, stated); i++) {
			said.value = values[i];
			if (!say(question, said, arena))
				return false;
		}
		return true;
	}
	said.value = field->kind == FIELD_FLAG ? text_lit("true") : *(const struct text *)field_at(field, stated);
	return say(question, said, arena);
}

static void take_over(struct route_question *question, const struct field *field, const struct route_question *stated)
{
	if (field->kind == FIELD_TEXTS || field->kind == FIELD_CODES) {
		memcpy(field_at(field, question), field_at(field, stated), sizeof(struct text *));
		*field_count_at(field, question) = *field_count_at(field, stated);
	} else if (field->kind == FIELD_FLAG) {
		*(int64_t *)field_at(field, question) = *(const int64_t *)field_at(field, stated);
	} else {
		*(struct text *)field_at(field, question) = *(const struct text *)field_at(field, stated);
	}
}

static bool same(const struct field *field, const struct route_question *a, const struct route_question *b)
{
	if (field->kind == FIELD_TEXTS || field->kind == FIELD_CODES || field->kind == FIELD_FLAG)
		return false;
	return text_equal(*(const struct text *)field_at(field, a), *(const struct text *)field_at(field, b));
}

bool route_state(struct route_question *question, const struct route_question *stated, struct arena *arena)
{
	for (size_t i = 0; i < route_question_record.n; i++) {
		const struct field *field = &route_question_record.fields[i];
		bool date = strcmp(field->member, "date") == 0;

		if (!evidence_member(field) || !field_there(field, stated))
			continue;
		if (date || (evidence_ordered(field) && !field_there(field, question)))
			take_over(question, field, stated);
		else if (!(evidence_ordered(field) && same(field, question, stated)) && !say_member(question, field, stated, arena))
			return false;
	}
	for (size_t i = 0; i < stated->said_n; i++)
		if (!say(question, stated->said[i], arena))
			return false;
	return true;
}
