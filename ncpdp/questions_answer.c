/* SPDX-License-Identifier: Apache-2.0 */
/* What was answered to a question, wherever in it that stands, and whether it is what the question wants. */
#include "ncpdp/questions.h"

#include "base/clock.h"
#include "ncpdp/decimal.h"

/* -- what was answered -- */

struct room {
	struct question_answer *at;
	size_t n, max;
};

static void add(struct room *room, struct question_answer answer)
{
	if (room->n < room->max)
		room->at[room->n++] = answer;
}

/* What a record system answered without a value of the question's kind: its words, or where a document is. Empty for a document that
   came with the answer: it is an answer, but not one that can be told further. */
static void add_words(struct room *room, struct text words, struct text document)
{
	struct text value = text_there(words) ? words : document;

	add(room, (struct question_answer){ .value = text_there(value) ? value : text_lit("") });
}

static void add_chosen(struct room *room, const struct chosen *chosen)
{
	add(room, (struct question_answer){ .choice = chosen->choice_id, .words = chosen->additional_free_text });
}

static void of_select(struct room *room, const struct answered_select *select)
{
	for (size_t i = 0; i < select->answers_n; i++) {
		const struct select_answer *answer = &select->answers[i];
		const struct coded_choice *coded = answer->by_code;

		if (answer->by_prescriber)
			add_chosen(room, answer->by_prescriber);
		else if (coded && coded->choice)
			add_chosen(room, coded->choice);
		else if (coded)
			add_words(room, coded->answer_value, coded->see_attachment);
	}
}

static void of_date(struct room *room, const struct date_answer *answer)
{
	const struct coded_date *coded = answer->by_code;
	const struct date_or_time *date = answer->by_prescriber ? answer->by_prescriber : coded ? coded->date : NULL;

	if (date)
		add(room, (struct question_answer){ .value = text_there(date->date_time) ? date->date_time : date->date });
	else if (coded)
		add_words(room, coded->answer_value, coded->see_attachment);
}

static void of_numeric(struct room *room, const struct numeric_answer *answer)
{
	const struct coded_number *coded = answer->by_code;

	if (text_there(answer->by_prescriber))
		add(room, (struct question_answer){ .value = answer->by_prescriber });
	else if (coded && text_there(coded->number))
		add(room, (struct question_answer){ .value = coded->number });
	else if (coded)
		add_words(room, coded->answer_value, coded->see_attachment);
}

static void of_free_text(struct room *room, const struct free_text_answer *answer)
{
	if (text_there(answer->by_prescriber))
		add(room, (struct question_answer){ .value = answer->by_prescriber });
	else if (answer->by_code)
		add_words(room, answer->by_code->answer_value, answer->by_code->see_attachment);
}

struct question_given question_given(const struct answered_question *question, struct question_answer *at, size_t room_n)
{
	const struct answered_type *type = question->type;
	struct room room = { .at = at, .max = room_n };

	if (type && type->select)
		of_select(&room, type->select);
	else if (type && type->date && type->date->answer)
		of_date(&room, type->date->answer);
	else if (type && type->numeric && type->numeric->answer)
		of_numeric(&room, type->numeric->answer);
	else if (type && type->free_text && type->free_text->answer)
		of_free_text(&room, type->free_text->answer);
	return (struct question_given){ .answers = room.at, .n = room.n };
}

/* -- whether it fits -- */

static bool words_fit(const struct choice *choice, struct text words)
{
	bool there = text_trim(words).n > 0;

	if (text_is(choice->additional_free_text_indicator, "M"))
		return there;
	return !there || text_is(choice->additional_free_text_indicator, "O");
}

static bool choices_fit(const struct question_ways *ways, const struct question_given *given)
{
	if (given->n != 1 && !(given->n > 1 && ways->several))
		return false;
	for (size_t i = 0; i < given->n; i++) {
		const struct question_answer *answer = &given->answers[i];
		const struct choice *choice = text_there(answer->choice) ? question_choice(ways, answer->choice) : NULL;

		if (!choice || !words_fit(choice, answer->words))
			return false;
		for (size_t k = 0; k < i; k++)
			if (text_equal(given->answers[k].choice, answer->choice))
				return false;
	}
	return true;
}

static bool date_fits(struct text value, bool with_time)
{
	struct fault ignored;
	int64_t when;

	return clock_parse(value, &when, &ignored) && (!with_time || value.n > sizeof("2026-01-01") - 1);
}

bool question_fits(const struct questions *set, size_t index, const struct question_given *given)
{
	struct question_ways ways = question_ways(set, index);

	if (ways.wants == QUESTION_WANTS_CHOICES)
		return choices_fit(&ways, given);
	if (given->n != 1 || !text_there(given->answers[0].value))
		return false;
	switch (ways.wants) {
	case QUESTION_WANTS_DATE:
		return date_fits(given->answers[0].value, false);
	case QUESTION_WANTS_TIME:
		return date_fits(given->answers[0].value, true);
	case QUESTION_WANTS_NUMBER:
		return decimal_is(given->answers[0].value);
	case QUESTION_WANTS_WORDS:
		return text_trim(given->answers[0].value).n > 0;
	case QUESTION_WANTS_CHOICES:
	case QUESTION_WANTS_NOTHING:
		break;
	}
	return false;
}
