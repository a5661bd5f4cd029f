/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the prescriber's answers out of a PARequest. */
#include "adjudication/house.h"
#include "ncpdp/questions.h"

/* of one question: more than a question of ours has choices (house_question.choices), so that what is left out did not fit anyway */
enum { ANSWERS_MAX = 128 };

static const struct question_set_request *set_of(const struct script_message *request)
{
	const struct pa_request *pa = request->body ? request->body->pa_request : NULL;

	if (!pa || !pa->request)
		return NULL;
	if (pa->request->solicited)
		return pa->request->solicited->question_set;
	return pa->request->unsolicited ? pa->request->unsolicited->question_set : NULL;
}

size_t house_answers_of(const struct script_message *request, struct arena *arena, struct house_answer **out)
{
	const struct question_set_request *set = set_of(request);
	size_t n = 0;

	*out = NULL;
	for (size_t i = 0; set && i < set->questions_n; i++) {
		struct question_answer room[ANSWERS_MAX];
		struct question_given given = question_given(&set->questions[i], room, ANSWERS_MAX);

		for (size_t k = 0; k < given.n; k++) {
			struct house_answer *place = arena_push(arena, (void **)out, &n, sizeof(*place));

			/* past the arena's limit the question stays unanswered, and is asked again */
			if (place)
				*place = (struct house_answer){ .question_id = set->questions[i].question_id,
					.choice_id = room[k].choice,
					.free_text = room[k].words,
					.value = room[k].value };
		}
	}
	return n;
}
