/* SPDX-License-Identifier: Apache-2.0 */
/* The way through a question set: which question is first, and which comes after an answer. Works on both forms a set travels in.
   SCRIPT 2017071 has no public description of this flow; it is what client programs do. The house payer walks its own questions
   with it too. */
#pragma once

#include "ncpdp/records.h"

/* SequenceNumber has three digits, so that a longer set could not be told in order. */
enum { QUESTIONS_MAX = 1000 };

/* A set in either form: borrowed. */
struct questions {
	const struct question *asked;
	const struct answered_question *answered;
	size_t n;
};

static inline struct questions questions_asked(const struct question *questions, size_t n)
{
	return (struct questions){ .asked = questions, .n = n };
}

static inline struct questions questions_answered(const struct answered_question *questions, size_t n)
{
	return (struct questions){ .answered = questions, .n = n };
}

/* A question without its texts: what it wants, and what leads on from it. */
struct question_ways {
	enum question_wants {
		QUESTION_WANTS_NOTHING, /* no type: only in a set that was not checked */
		QUESTION_WANTS_CHOICES,
		QUESTION_WANTS_DATE,
		QUESTION_WANTS_TIME, /* date and time of day */
		QUESTION_WANTS_NUMBER,
		QUESTION_WANTS_WORDS,
	} wants;
	bool several; /* choices: more than one may be made */
	struct text id, default_next;
	const struct choice *choices; /* a question with choices */
	size_t choices_n;
	const struct next_question_condition *conditions; /* a question for a number */
	size_t conditions_n;
};
struct question_ways question_ways(const struct questions *set, size_t index);
/* The choice with this id; NULL when there is none. */
const struct choice *question_choice(const struct question_ways *ways, struct text id);

/* One thing that was answered: a choice with the words to it, or a value (a number, a date, words). An empty value is an answer that
   stands elsewhere, in a document. */
struct question_answer {
	struct text choice, words, value;
};
/* All that was answered to one question: several choices are several answers; n == 0: nothing. */
struct question_given {
	const struct question_answer *answers;
	size_t n;
};
/* What stands in an answered question, put into `room`, which holds at most `room_n`: further ones are left out. */
struct question_given question_given(const struct answered_question *question, struct question_answer *room, size_t room_n);

/* Whether what was answered is what the question wants: choices it has, each once, several only where several may be, words as the
   choice wants them, a number, a date (with its time when that is asked), words. Nothing answered does not fit. */
bool question_fits(const struct questions *set, size_t index, const struct question_given *given);

enum { QUESTION_END = -1 };

/* True for the word that ends a set instead of naming a question, and for no word at all. */
bool question_ends(struct text next_id);
/* Index of the question with this id; QUESTION_END when it ends the set or there is none. */
int question_find(const struct questions *set, struct text id);
/* Index of the question with the lowest SequenceNumber. */
int question_first(const struct questions *set);
/* Index of the question after `index` when it was answered so. Several choices that lead to different questions lead to the default.
   A walker of a set that was not checked goes at most set->n steps. */
int question_after(const struct questions *set, size_t index, const struct question_given *given);

/* Where a set is wrong: the id of a question, or a way on from it (its default, or that of a choice or condition). */
struct question_place {
	enum question_part { QUESTION_ID, QUESTION_DEFAULT, QUESTION_CHOICE, QUESTION_CONDITION } part;
	size_t question, index; /* index of the choice or condition */
};
/* True when every next question exists, no question is there twice or is called END, and no way leads back to where it came from. A
   set may lead to a question that stands before. Time grows as the number of ways. At most QUESTIONS_MAX questions. */
bool questions_lead_on(const struct questions *set, struct question_place *wrong);

/* The same as a fault: FAULT_RULE with the path from the set's own record ("Question[2]/DefaultNextQuestionID"), FAULT_TOO_DEEP for
   more than QUESTIONS_MAX. */
bool questions_check(const struct questions *set, struct fault *fault) fault_check;
