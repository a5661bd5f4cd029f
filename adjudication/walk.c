/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the answers through the questions of a stage, by the walk that every question set has, and evaluates conditions on them. */
#include "adjudication/walk.h"

#include "adjudication/payer.h"
#include "adjudication/stage.h"
#include "base/clock.h"
#include "ncpdp/decimal.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* -- the way -- */

/* What was answered to one question. False past the arena's limit. */
static bool gather(struct question_given *given, struct text id, const struct house_answer *answers, size_t answers_n,
	struct arena *arena)
{
	struct question_answer *found = NULL;

	*given = (struct question_given){ 0 };
	for (size_t i = 0; i < answers_n; i++) {
		struct question_answer *place;

		if (!text_equal(answers[i].question_id, id))
			continue;
		place = arena_push(arena, (void **)&found, &given->n, sizeof(*found));
		if (!place)
			return false;
		*place = (struct question_answer){ answers[i].choice_id, answers[i].free_text, answers[i].value };
	}
	given->answers = found;
	return true;
}

bool walk_questions(const struct house_stage *stage, const struct house_answer *answers, size_t answers_n,
	struct arena *arena, struct walk *out)
{
	struct make make;
	struct questions set;
	size_t n;
	const struct question *asked;
	int at;

	*out = (struct walk){ .end = WALK_WHOLE };
	make_init(&make, arena);
	asked = stage_questions(stage, &make, &n);
	if (!make_done(&make))
		return false;
	set = questions_asked(asked, n);
	/* ends: payer_check_policy lets no way lead back to where it came from */
	for (at = question_first(&set); at != QUESTION_END;) {
		const struct house_question *question = &stage->questions[at];
		struct walk_step *step = arena_push(arena, (void **)&out->steps, &out->n, sizeof(*out->steps));

		if (!step)
			return false;
		step->question = question;
		if (!gather(&step->given, question->id, answers, answers_n, arena))
			return false;
		if (!step->given.n && !question->optional)
			out->end = WALK_UNANSWERED;
		else if (step->given.n && !question_fits(&set, (size_t)at, &step->given))
			out->end = WALK_INCONSISTENT;
		if (out->end != WALK_WHOLE)
			return true;
		at = question_after(&set, (size_t)at, &step->given);
	}
	return true;
}

/* -- conditions -- */

static bool chosen(const struct walk_step *step, struct text choice)
{
	for (size_t i = 0; i < step->given.n; i++)
		if (text_equal(step->given.answers[i].choice, choice))
			return true;
	return false;
}

static bool within_days(const struct walk_step *step, int64_t days_e4, int64_t wall_ms)
{
	struct fault ignored;
	int64_t when;

	return clock_parse(step->given.answers[0].value, &when, &ignored) && when <= wall_ms &&
	       (wall_ms - when) / DAY_MS <= days_e4 / 10000;
}

bool walk_holds(const struct walk *walk, const struct house_condition *condition, int64_t wall_ms)
{
	const struct walk_step *step = NULL;
	int64_t days_e4;

	for (size_t i = 0; i < walk->n && !step; i++)
		if (text_equal(walk->steps[i].question->id, condition->question) && walk->steps[i].given.n)
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
	return decimal_holds(step->given.answers[0].value, condition->is, condition->number);
}
