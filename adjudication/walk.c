/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the answers through a question set, checks that each fits its question, and evaluates conditions on them. */
#include "adjudication/walk.h"

#include "adjudication/payer.h"
#include "base/clock.h"
#include "ncpdp/decimal.h"

#include <assert.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* -- does an answer fit its question -- */

static const struct house_choice *choice_of(const struct house_question *question, struct text id)
{
	for (size_t i = 0; i < question->choices_n; i++)
		if (text_equal(question->choices[i].id, id))
			return &question->choices[i];
	return NULL;
}

static bool fits_choice(const struct walk_step *step, size_t which)
{
	const struct house_answer *answer = step->answers[which];
	const struct house_choice *choice = choice_of(step->question, answer->choice_id);
	bool text = text_trim(answer->free_text).n > 0;

	if (!choice)
		return false;
	for (size_t i = 0; i < which; i++)
		if (text_equal(step->answers[i]->choice_id, answer->choice_id))
			return false;
	if (text_is(choice->free_text, "M"))
		return text;
	return !text || text_is(choice->free_text, "O");
}

static bool fits_select(const struct walk_step *step)
{
	return step->n == 1 && fits_choice(step, 0);
}

static bool fits_multiple(const struct walk_step *step)
{
	for (size_t i = 0; i < step->n; i++)
		if (!fits_choice(step, i))
			return false;
	return true;
}

static bool fits_date(const struct walk_step *step)
{
	struct fault ignored;
	int64_t when;

	return step->n == 1 && clock_parse(step->answers[0]->value, &when, &ignored);
}

static bool fits_date_time(const struct walk_step *step)
{
	return fits_date(step) && step->answers[0]->value.n > sizeof("2026-01-01") - 1;
}

static bool fits_numeric(const struct walk_step *step)
{
	return step->n == 1 && decimal_is(step->answers[0]->value);
}

static bool fits_free_text(const struct walk_step *step)
{
	return step->n == 1 && text_trim(step->answers[0]->value).n > 0;
}

/* -- where an answer leads -- */

static struct text next_of_choice(const struct walk_step *step)
{
	return choice_of(step->question, step->answers[0]->choice_id)->next;
}

static struct text next_of_number(const struct walk_step *step)
{
	for (size_t i = 0; i < step->question->branches_n; i++) {
		const struct house_branch *branch = &step->question->branches[i];

		if (decimal_holds(step->answers[0]->value, branch->is, branch->number))
			return branch->next;
	}
	return TEXT_NONE;
}

static const struct question_kind {
	const char *name;
	bool (*fits)(const struct walk_step *step);
	struct text (*next)(const struct walk_step *step); /* NULL: the question alone leads on */
} kinds[] = {
	{ "SELECT", fits_select, next_of_choice },
	{ "SELECT_MULTIPLE", fits_multiple, NULL },
	{ "DATE", fits_date, NULL },
	{ "DATE_TIME", fits_date_time, NULL },
	{ "NUMERIC", fits_numeric, next_of_number },
	{ "FREE_TEXT", fits_free_text, NULL },
};

static const struct question_kind *kind_of(const struct house_question *question)
{
	const struct question_kind *kind = kinds;

	while (!text_is(question->type, kind->name)) {
		kind++;
		assert(kind < kinds + sizeof(kinds) / sizeof(kinds[0]));
	}
	return kind;
}

/* -- the way -- */

static const struct house_question *question_of(const struct house_stage *stage, struct text id)
{
	for (size_t i = 0; i < stage->questions_n; i++)
		if (text_equal(stage->questions[i].id, id))
			return &stage->questions[i];
	return NULL;
}

static bool gather(struct walk_step *step, const struct house_answer *answers, size_t answers_n, struct arena *arena)
{
	for (size_t i = 0; i < answers_n; i++) {
		const struct house_answer **place;

		if (!text_equal(answers[i].question_id, step->question->id))
			continue;
		place = arena_push(arena, (void **)&step->answers, &step->n, sizeof(*step->answers));
		if (!place)
			return false;
		*place = &answers[i];
	}
	return true;
}

bool walk_questions(const struct house_stage *stage, const struct house_answer *answers, size_t answers_n,
	struct arena *arena, struct walk *out)
{
	const struct house_question *question = &stage->questions[0];

	*out = (struct walk){ .end = WALK_WHOLE };
	/* ends: payer_check_policy lets a question lead to a later one only */
	while (question) {
		struct walk_step *step = arena_push(arena, (void **)&out->steps, &out->n, sizeof(*out->steps));
		const struct question_kind *kind = kind_of(question);
		struct text next = TEXT_NONE;

		if (!step)
			return false;
		step->question = question;
		if (!gather(step, answers, answers_n, arena))
			return false;
		if (!step->n && !question->optional)
			out->end = WALK_UNANSWERED;
		else if (step->n && !kind->fits(step))
			out->end = WALK_INCONSISTENT;
		if (out->end != WALK_WHOLE)
			return true;
		if (step->n && kind->next)
			next = kind->next(step);
		if (!text_there(next))
			next = question->next;
		question = text_there(next) ? question_of(stage, next) : NULL; /* END is no question's id */
	}
	return true;
}

/* -- conditions -- */

static bool chosen(const struct walk_step *step, struct text choice)
{
	for (size_t i = 0; i < step->n; i++)
		if (text_equal(step->answers[i]->choice_id, choice))
			return true;
	return false;
}

static bool within_days(const struct walk_step *step, int64_t days_e4, int64_t wall_ms)
{
	struct fault ignored;
	int64_t when;

	return clock_parse(step->answers[0]->value, &when, &ignored) && when <= wall_ms &&
	       (wall_ms - when) / DAY_MS <= days_e4 / 10000;
}

bool walk_holds(const struct walk *walk, const struct house_condition *condition, int64_t wall_ms)
{
	const struct walk_step *step = NULL;
	int64_t days_e4;

	for (size_t i = 0; i < walk->n && !step; i++)
		if (text_equal(walk->steps[i].question->id, condition->question) && walk->steps[i].n)
			step = &walk->steps[i];
	if (text_is(condition->is, "UNANSWERED"))
		return !step;
	if (!step)
		return false;
	if (text_is(condition->is, "ANSWERED"))
		return true;
	if (text_there(condition->choice))
		return chosen(step, condition->choice) == text_is(condition->is, "CHOICE");
	if (text_is(condition->is, "WITHIN_DAYS"))
		return payer_e4(condition->number, &days_e4) && within_days(step, days_e4, wall_ms);
	return decimal_holds(step->answers[0]->value, condition->is, condition->number);
}
