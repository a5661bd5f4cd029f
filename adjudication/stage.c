/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the questions of a stage in the form in which SCRIPT asks them. */
#include "adjudication/stage.h"

#include "adjudication/make.h"

static struct select_question *select_of(struct make *make, const struct house_question *question)
{
	struct select_question *out = make_new(make, struct select_question);

	out->select_multiple = text_is(question->type, "SELECT_MULTIPLE") ? text_lit("Y") : text_lit("N");
	for (size_t i = 0; i < question->choices_n; i++) {
		const struct house_choice *from = &question->choices[i];
		struct choice *to = make_push(make, out->choices, out->choices_n);

		to->choice_id = from->id;
		to->sequence_number = make_number(make, (int64_t)i + 1);
		to->choice_text = from->text;
		to->additional_free_text_indicator = text_there(from->free_text) ? from->free_text : text_lit("NA");
		to->next_question_id = from->next;
	}
	return out;
}

static struct date_question *date_of(struct make *make, const struct house_question *question)
{
	struct date_question *out = make_new(make, struct date_question);

	out->is_date_time_required = text_is(question->type, "DATE_TIME") ? text_lit("Y") : text_lit("N");
	return out;
}

static struct numeric_question *numeric_of(struct make *make, const struct house_question *question)
{
	struct numeric_question *out = make_new(make, struct numeric_question);

	out->is_numeric = text_lit("Y");
	for (size_t i = 0; i < question->branches_n; i++) {
		const struct house_branch *from = &question->branches[i];
		struct single_comparison *to = make_new(make, struct single_comparison);

		to->comparison_operator = from->is;
		to->comparison_value = from->number;
		to->next_question_id = from->next;
		make_push(make, out->conditions, out->conditions_n)->single = to;
	}
	return out;
}

static struct question_type *type_of(struct make *make, const struct house_question *question)
{
	struct question_type *out = make_new(make, struct question_type);

	if (question->choices_n) {
		out->select = select_of(make, question);
	} else if (text_starts(question->type, "DATE")) {
		out->date = date_of(make, question);
	} else if (text_is(question->type, "NUMERIC")) {
		out->numeric = numeric_of(make, question);
	} else {
		out->free_text = make_new(make, struct free_text_question);
		out->free_text->is_free_text = text_lit("Y");
	}
	return out;
}

/* Qualifier of CodedReference, as the SCRIPT tables have it. */
static const struct {
	const char *system, *qualifier;
} systems[] = {
	{ "LOINC", "LOINC" },
	{ "SNOMED", "LD" },
	{ "ICD10CM", "ABF" },
	{ "HCPCS", "HCPCS" },
};

static void add_codes(struct make *make, const struct house_question *from, struct question *to)
{
	for (size_t i = 0; i < from->codes_n; i++) {
		struct coded_reference *code = make_push(make, to->coded_references, to->coded_references_n);

		for (size_t k = 0; k < sizeof(systems) / sizeof(*systems); k++)
			if (text_is(from->codes[i].system, systems[k].system))
				code->qualifier = text_of(systems[k].qualifier);
		code->code = from->codes[i].code;
		code->description = from->codes[i].text;
	}
}

struct question *stage_questions(const struct house_stage *stage, struct make *make, size_t *n)
{
	struct question *out = NULL;

	*n = 0;
	for (size_t i = 0; i < stage->questions_n; i++) {
		const struct house_question *from = &stage->questions[i];
		struct question *to = make_push(make, out, *n);

		to->question_id = from->id;
		to->sequence_number = make_number(make, (int64_t)i + 1);
		to->question_text = from->text;
		to->default_next_question_id = text_there(from->next) ? from->next : text_lit("END");
		to->type = type_of(make, from);
		add_codes(make, from, to);
	}
	return out;
}
