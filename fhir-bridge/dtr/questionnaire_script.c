/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to a question set as SCRIPT takes them, and out of SCRIPT. */
#include "fhir-bridge/dtr/questionnaire.h"

enum { DAY_CHARACTERS = 10 };

/* -- to SCRIPT -- */

/* SCRIPT knows two origins: the prescriber, and the record system. */
static bool is_coded(enum form_origin origin)
{
	return origin == ORIGIN_AUTO_CLIENT || origin == ORIGIN_AUTO_SERVER;
}

static void put_choice(struct make *make, struct answered_select *select, const struct form_answer *from)
{
	struct select_answer *answer = make_push(make, select->answers, select->answers_n);
	struct chosen *chosen = make_new(make, struct chosen);

	chosen->choice_id = from->given.choice;
	chosen->additional_free_text = from->given.words;
	if (is_coded(from->origin)) {
		answer->by_code = make_new(make, struct coded_choice);
		answer->by_code->choice = chosen;
	} else {
		answer->by_prescriber = chosen;
	}
}

static void put_date(struct make *make, struct answered_date *date, const struct form_answer *from)
{
	struct date_or_time *when = make_new(make, struct date_or_time);

	if (from->given.value.n > DAY_CHARACTERS)
		when->date_time = from->given.value;
	else
		when->date = from->given.value;
	date->answer = make_new(make, struct date_answer);
	if (is_coded(from->origin)) {
		date->answer->by_code = make_new(make, struct coded_date);
		date->answer->by_code->date = when;
	} else {
		date->answer->by_prescriber = when;
	}
}

static void put_number(struct make *make, struct answered_numeric *numeric, const struct form_answer *from)
{
	numeric->answer = make_new(make, struct numeric_answer);
	if (is_coded(from->origin)) {
		numeric->answer->by_code = make_new(make, struct coded_number);
		numeric->answer->by_code->number = from->given.value;
	} else {
		numeric->answer->by_prescriber = from->given.value;
	}
}

static void put_words(struct make *make, struct answered_free_text *words, const struct form_answer *from)
{
	words->answer = make_new(make, struct free_text_answer);
	if (is_coded(from->origin)) {
		words->answer->by_code = make_new(make, struct coded_text);
		words->answer->by_code->answer_value = from->given.value;
	} else {
		words->answer->by_prescriber = from->given.value;
	}
}

/* The kind of answer that a question wants, with nothing answered yet. */
static struct answered_type *answered_type_of(struct make *make, const struct question_type *from)
{
	struct answered_type *out = make_new(make, struct answered_type);

	if (from->select) {
		out->select = make_new(make, struct answered_select);
		out->select->select_multiple = from->select->select_multiple;
		out->select->choices = from->select->choices;
		out->select->choices_n = from->select->choices_n;
	} else if (from->date) {
		out->date = make_new(make, struct answered_date);
		out->date->date = from->date;
	} else if (from->numeric) {
		out->numeric = make_new(make, struct answered_numeric);
		out->numeric->is_numeric = from->numeric->is_numeric;
		out->numeric->conditions = from->numeric->conditions;
		out->numeric->conditions_n = from->numeric->conditions_n;
	} else if (from->free_text) {
		out->free_text = make_new(make, struct answered_free_text);
		out->free_text->is_free_text = from->free_text->is_free_text;
	}
	return out;
}

static void put(struct make *make, struct answered_type *type, const struct form_answer *from)
{
	if (type->select)
		put_choice(make, type->select, from);
	else if (type->date)
		put_date(make, type->date, from);
	else if (type->numeric)
		put_number(make, type->numeric, from);
	else if (type->free_text)
		put_words(make, type->free_text, from);
}

static struct answered_set_header *answered_header(struct make *make, const struct question_set_header *from)
{
	struct answered_set_header *out = make_new(make, struct answered_set_header);

	out->question_set_id = from->question_set_id;
	out->title = from->title;
	out->description = from->description;
	out->contact = from->contact;
	out->attachment_required = from->attachment_required;
	out->attachment_notes = from->attachment_notes;
	return out;
}

struct question_set_request *form_script(const struct question_form *form, const struct form_answers *answers, struct make *make,
	struct loss *loss)
{
	struct question_set_request *out = make_new(make, struct question_set_request);

	out->header = answered_header(make, form->header);
	for (size_t i = 0; i < form->n; i++) {
		const struct question *from = &form->questions[i];
		struct answered_question *to = make_push(make, out->questions, out->questions_n);

		*to = (struct answered_question){ .question_id = from->question_id, .sequence_number = from->sequence_number,
			.question_level = from->question_level, .question_text = from->question_text, .coded_references = from->coded_references,
			.coded_references_n = from->coded_references_n, .default_next_question_id = from->default_next_question_id };
		to->type = answered_type_of(make, from->type);
		for (size_t k = 0; k < answers->n; k++) {
			if (!text_equal(answers->at[k].question, from->question_id))
				continue;
			put(make, to->type, &answers->at[k]);
			/* of four origins two are left */
			if (answers->at[k].origin == ORIGIN_OVERRIDE || answers->at[k].origin == ORIGIN_AUTO_SERVER)
				loss_add(loss, make, "Question[%zu]/QuestionType/Answer/information-origin", i);
		}
	}
	if (answers->documents_n)
		loss_add(loss, make, "Attachment");
	return out;
}

/* -- out of SCRIPT -- */

/* What has no value of the question's kind: words in its place, or a document. */
static bool is_elsewhere(const struct answered_type *type, size_t answer)
{
	if (type->select)
		return type->select->answers[answer].by_code && !type->select->answers[answer].by_code->choice;
	if (type->date)
		return type->date->answer->by_code && !type->date->answer->by_code->date;
	if (type->numeric)
		return type->numeric->answer->by_code && !text_there(type->numeric->answer->by_code->number);
	return type->free_text->answer->by_code && !text_there(type->free_text->answer->by_code->answer_value);
}

static enum form_origin origin_of(const struct answered_type *type, size_t answer)
{
	bool coded = type->select ? type->select->answers[answer].by_code != NULL :
		     type->date ? type->date->answer->by_code != NULL :
		     type->numeric ? type->numeric->answer->by_code != NULL : type->free_text->answer->by_code != NULL;

	return coded ? ORIGIN_AUTO_CLIENT : ORIGIN_MANUAL;
}

void form_of_script(const struct question_set_request *set, struct make *make, struct form_answers *out, struct loss *loss)
{
	*out = (struct form_answers){ 0 };
	for (size_t i = 0; i < set->questions_n; i++) {
		const struct answered_question *question = &set->questions[i];
		size_t room_n = question->type && question->type->select ? question->type->select->answers_n : 1;
		struct question_answer *room = make_bytes(make, (room_n + 1) * sizeof(*room));
		struct question_given given = question_given(question, room, room_n);

		for (size_t k = 0; k < given.n; k++) {
			if (is_elsewhere(question->type, k))
				loss_add(loss, make, "Question[%zu]/QuestionType/Answer/CodedReferenceAnswer", i);
			else
				*make_push(make, out->at, out->n) = (struct form_answer){ .question = question->question_id,
					.given = given.answers[k], .origin = origin_of(question->type, k) };
		}
	}
	if (set->header && set->header->comment.n)
		loss_add(loss, make, "Header/QuestionSetComment");
}
