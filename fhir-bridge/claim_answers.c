/* SPDX-License-Identifier: Apache-2.0 */
/* The prescriber's answers to a question set as a QuestionnaireResponse: one item a question, only those that were answered. */
#include "fhir-bridge/claim_parts.h"
#include "fhir-bridge/questionnaire.h"

/* The namespace of a question set's own choices and questions. */
static struct text set_uri(struct claim_making *making, const char *kind)
{
	return form_uri(&making->make, kind, making->set->question_set_id);
}

static struct text choice_text(const struct answered_select *select, struct text choice_id)
{
	for (size_t i = 0; i < select->choices_n; i++)
		if (text_equal(select->choices[i].choice_id, choice_id))
			return select->choices[i].choice_text;
	return TEXT_NONE;
}

static struct fhir_answer *add_answer(struct make *make, struct fhir_response_question *item)
{
	return make_push(make, item->answer, item->answer_n);
}

static void add_string(struct make *make, struct fhir_response_question *item, struct text value)
{
	if (text_there(value))
		add_answer(make, item)->string = value;
}

/* The words that go with a choice stand below it, as an item of their own. */
static void add_choice(struct claim_making *making, struct fhir_response_question *item, const struct answered_select *select,
	const struct chosen *chosen)
{
	struct make *make = &making->make;
	struct fhir_answer *answer = add_answer(make, item);
	struct fhir_response_question *below;

	answer->coding = make_new(make, struct fhir_coding);
	answer->coding->system = set_uri(making, SYSTEM_OURS "QuestionSet:");
	answer->coding->code = chosen->choice_id;
	answer->coding->display = choice_text(select, chosen->choice_id);
	if (!text_there(chosen->additional_free_text))
		return;
	below = make_push(make, answer->item, answer->item_n);
	below->link_id = make_text(make, item->link_id, text_lit("/text"), TEXT_NONE);
	add_string(make, below, chosen->additional_free_text);
}

static void add_select(struct claim_making *making, struct fhir_response_question *item, const struct answered_select *select)
{
	for (size_t i = 0; i < select->answers_n; i++) {
		const struct select_answer *answer = &select->answers[i];

		if (answer->by_prescriber)
			add_choice(making, item, select, answer->by_prescriber);
		else if (answer->by_code && answer->by_code->choice)
			add_choice(making, item, select, answer->by_code->choice);
		else if (answer->by_code)
			add_string(&making->make, item, answer->by_code->answer_value);
	}
}

static void add_date(struct claim_making *making, struct fhir_response_question *item, const struct answered_date *date)
{
	const struct date_or_time *when = NULL;
	struct fhir_answer *answer;

	if (date->answer && date->answer->by_prescriber)
		when = date->answer->by_prescriber;
	else if (date->answer && date->answer->by_code && date->answer->by_code->date)
		when = date->answer->by_code->date;
	else if (date->answer && date->answer->by_code)
		add_string(&making->make, item, date->answer->by_code->answer_value);
	if (!when)
		return;
	answer = add_answer(&making->make, item);
	if (text_there(when->date))
		answer->date = when->date;
	else
		answer->date_time = claim_moment(&making->make, when);
}

static void add_number(struct claim_making *making, struct fhir_response_question *item, const struct answered_numeric *numeric)
{
	struct text number = TEXT_NONE;

	if (!numeric->answer)
		return;
	if (text_there(numeric->answer->by_prescriber))
		number = numeric->answer->by_prescriber;
	else if (numeric->answer->by_code)
		number = numeric->answer->by_code->number;
	if (text_there(number))
		add_answer(&making->make, item)->decimal = number;
	else if (numeric->answer->by_code)
		add_string(&making->make, item, numeric->answer->by_code->answer_value);
}

static void add_words(struct claim_making *making, struct fhir_response_question *item, const struct answered_free_text *words)
{
	if (!words->answer)
		return;
	add_string(&making->make, item, words->answer->by_prescriber);
	if (words->answer->by_code)
		add_string(&making->make, item, words->answer->by_code->answer_value);
}

static void add_question(struct claim_making *making, struct fhir_questionnaire_response *response,
	const struct answered_question *question)
{
	struct fhir_response_question item = { .link_id = question->question_id, .text = question->question_text };

	if (question->type->select)
		add_select(making, &item, question->type->select);
	if (question->type->date)
		add_date(making, &item, question->type->date);
	if (question->type->numeric)
		add_number(making, &item, question->type->numeric);
	if (question->type->free_text)
		add_words(making, &item, question->type->free_text);
	if (item.answer_n)
		*make_push(&making->make, response->item, response->item_n) = item;
}

void claim_answers(struct claim_making *making)
{
	struct make *make = &making->make;
	struct fhir_questionnaire_response *response;

	if (!making->set)
		return;
	response = make_new(make, struct fhir_questionnaire_response);
	make_entry(make, making->bundle, "QuestionnaireResponse", &response->id, &making->answers)->questionnaire_response =
		response;
	response->meta = make_meta(make, "http://hl7.org/fhir/us/core/StructureDefinition/us-core-questionnaireresponse");
	response->questionnaire = set_uri(making, SYSTEM_OURS "Questionnaire:");
	response->status = text_lit("completed");
	response->subject = make_reference(make, making->patient);
	response->authored = clock_format(making->about->received_ms, false, make->arena);
	response->author = make_reference(make, making->practitioner);
	for (size_t i = 0; i < making->questions_n; i++)
		add_question(making, response, &making->questions[i]);
}
