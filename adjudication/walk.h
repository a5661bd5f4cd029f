/* SPDX-License-Identifier: Apache-2.0 */
/* The way a prescriber took through the questions of a stage, and what was answered on it. */
#pragma once

#include "adjudication/house.h"
#include "ncpdp/questions.h"

/* One question on the way with its answers. */
struct walk_step {
	const struct house_question *question;
	struct question_given given;
};

enum walk_end {
	WALK_WHOLE,        /* the end was reached and everything on the way is answered */
	WALK_UNANSWERED,   /* the question of the last step needs an answer and has none */
	WALK_INCONSISTENT, /* the answer to the question of the last step does not fit it */
};

struct walk {
	enum walk_end end;
	struct walk_step *steps;
	size_t n;
};

/* Goes from the first question on as the answers lead. Answers off the way are not looked at: changing an earlier answer may leave
   some behind. False past the arena's limit. */
bool walk_questions(const struct house_stage *stage, const struct house_answer *answers, size_t answers_n,
	struct arena *arena, struct walk *out);

/* Whether a condition of a rule holds on this way. wall_ms is what WITHIN_DAYS counts back from. */
bool walk_holds(const struct walk *walk, const struct house_condition *condition, int64_t wall_ms);
