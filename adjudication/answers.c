/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the prescriber's answers out of a PARequest. */
#include "adjudication/house.h"

struct gathering {
	struct arena *arena;
	struct house_answer *answers;
	size_t n;
};

static void add(struct gathering *to, struct house_answer answer)
{
	struct house_answer *place = arena_push(to->arena, (void **)&to->answers, &to->n, sizeof(*to->answers));

	/* past the arena's limit the question stays unanswered, and is asked again */
	if (place)
		*place = answer;
}

static struct text when(const struct date_or_time *date)
{
	return text_there(date->date_time) ? date->date_time : date->date;
}

static void add_chosen(struct gathering *to, struct text question, const struct chosen *chosen)
{
	add(to, (struct house_answer){ .question_id = question,
			.choice_id = chosen->choice_id,
			.free_text = chosen->additional_free_text });
}

/* What a record system answered without a typed value: its words, or where a document is. An empty value for an attachment: it is an
   answer, but not one that can be evaluated here. */
static void add_words(struct gathering *to, struct text question, struct text words, struct text attachment)
{
	struct text value = text_there(words) ? words : attachment;

	add(to, (struct house_answer){ .question_id = question, .value = text_there(value) ? value : text_lit("") });
}

static void of_select(struct gathering *to, struct text question, const struct answered_type *type)
{
	for (size_t i = 0; i < type->select->answers_n; i++) {
		const struct select_answer *answer = &type->select->answers[i];
		const struct coded_choice *coded = answer->by_code;

		if (answer->by_prescriber)
			add_chosen(to, question, answer->by_prescriber);
		else if (coded && coded->choice)
			add_chosen(to, question, coded->choice);
		else if (coded)
			add_words(to, question, coded->answer_value, coded->see_attachment);
	}
}

static void of_date(struct gathering *to, struct text question, const struct answered_type *type)
{
	const struct date_answer *answer = type->date->answer;
	const struct date_or_time *date;

	if (!answer)
		return;
	date = answer->by_prescriber ? answer->by_prescriber : answer->by_code ? answer->by_code->date : NULL;
	if (date)
		add(to, (struct house_answer){ .question_id = question, .value = when(date) });
	else if (answer->by_code)
		add_words(to, question, answer->by_code->answer_value, answer->by_code->see_attachment);
}

static void of_numeric(struct gathering *to, struct text question, const struct answered_type *type)
{
	const struct numeric_answer *answer = type->numeric->answer;
	struct text number;

	if (!answer)
		return;
	number = text_there(answer->by_prescriber) || !answer->by_code ? answer->by_prescriber : answer->by_code->number;
	if (text_there(number))
		add(to, (struct house_answer){ .question_id = question, .value = number });
	else if (answer->by_code)
		add_words(to, question, answer->by_code->answer_value, answer->by_code->see_attachment);
}

static void of_free_text(struct gathering *to, struct text question, const struct answered_type *type)
{
	const struct free_text_answer *answer = type->free_text->answer;

	if (!answer)
		return;
	if (text_there(answer->by_prescriber))
		add(to, (struct house_answer){ .question_id = question, .value = answer->by_prescriber });
	else if (answer->by_code)
		add_words(to, question, answer->by_code->answer_value, answer->by_code->see_attachment);
}

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
	struct gathering to = { .arena = arena };

	for (size_t i = 0; set && i < set->questions_n; i++) {
		const struct answered_question *question = &set->questions[i];
		const struct answered_type *type = question->type;

		if (type->select)
			of_select(&to, question->question_id, type);
		else if (type->date)
			of_date(&to, question->question_id, type);
		else if (type->numeric)
			of_numeric(&to, question->question_id, type);
		else if (type->free_text)
			of_free_text(&to, question->question_id, type);
	}
	*out = to.answers;
	return to.n;
}
