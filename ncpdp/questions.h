/* SPDX-License-Identifier: Apache-2.0 */
/* The way through a question set: which question is first, and which comes after an answer. Works on both forms a set travels in.
   SCRIPT 2017071 has no public description of this flow; it is what client programs do. */
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

/* What leads on from one question, without its texts. */
struct question_ways {
	struct text id, default_next;
	const struct choice *choices; /* a question with choices */
	size_t choices_n;
	const struct next_question_condition *conditions; /* a question for a number */
	size_t conditions_n;
};
struct question_ways question_ways(const struct questions *set, size_t index);

/* An answer, as far as the way depends on it: the choices made, or the number given. Both absent: any other answer, or none. */
struct question_given {
	const struct text *choices;
	size_t choices_n;
	struct text number;
};
/* The answer that stands in an answered question. The list of choices is put into `room`, which holds at most `room_n`: further ones
   are left out. */
void question_given(const struct answered_question *question, struct text *room, size_t room_n,
	struct question_given *out);

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

/* Every next question exists, no question is there twice, and no way leads back to where it came from. FAULT_RULE with the path from the
   set's own record ("Question[2]/DefaultNextQuestionID"), FAULT_TOO_DEEP for more than QUESTIONS_MAX. */
bool questions_check(const struct questions *set, struct fault *fault) fault_check;
