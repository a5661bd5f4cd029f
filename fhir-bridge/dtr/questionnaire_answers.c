/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to a question set as a FHIR QuestionnaireResponse, and out of one. */
#include "fhir-bridge/dtr/questionnaire.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/forms.h"
#include "fhir-bridge/make.h"
#include "fhir-bridge/where.h"
#include "ncpdp/decimal.h"

#include <string.h>

#define DTR "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/"
#define CRD_CODES_OLDER "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp" /* CRD 2.0.1 */
#define CRD_CODES "http://hl7.org/fhir/us/davinci-crd/CodeSystem/coverage-information-codes"

enum { DAY_CHARACTERS = 10, NUMBER_MAX = 18, WORDS_MAX = 2000 }; /* of SCRIPT: YYYY-MM-DD, sn1..18, an1..2000 */

static const char *const origins[] = {
	[ORIGIN_MANUAL] = "manual",
	[ORIGIN_OVERRIDE] = "override",
	[ORIGIN_AUTO_CLIENT] = "auto-client",
	[ORIGIN_AUTO_SERVER] = "auto-server",
};
enum { ORIGINS = sizeof(origins) / sizeof(*origins) };

static struct questions set_of(const struct question_form *form)
{
	return questions_asked(form->questions, form->n);
}

/* -- answers by question -- */

struct question_given form_given(const struct form_answers *answers, struct text question, struct make *make)
{
	struct question_answer *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < answers->n; i++)
		if (text_equal(answers->at[i].question, question))
			*make_push(make, found, n) = answers->at[i].given;
	return (struct question_given){ found, n };
}

size_t *form_walk(const struct question_form *form, const struct form_answers *answers, struct make *make, size_t *n, bool *whole)
{
	struct questions set = set_of(form);
	size_t *steps = make_bytes(make, (form->n + 1) * sizeof(*steps));

	*n = 0;
	*whole = true;
	for (int at = question_first(&set); at != QUESTION_END && *n < form->n;) {
		struct question_given given = form_given(answers, form->questions[at].question_id, make);
		bool optional = form->optional && form->optional[at];

		steps[(*n)++] = (size_t)at;
		if (given.n ? !question_fits(&set, (size_t)at, &given) : !optional) {
			*whole = false;
			break;
		}
		at = question_after(&set, (size_t)at, &given);
	}
	return steps;
}

/* -- to FHIR -- */

struct saying {
	const struct question_form *form;
	const struct form_answers *answers;
	const struct form_context *context;
	struct make *make;
	struct loss *loss;
	bool *said; /* by answer: it has its item */
};

/* DTR: every answer says where it comes from, and by whom when a person gave it. */
static void add_origin(struct saying *s, struct fhir_answer *to, enum form_origin origin)
{
	struct fhir_extension *whole = make_extension(s->make, &to->extension, &to->extension_n, DTR "information-origin");
	struct fhir_extension *author, *practitioner;

	make_extension(s->make, &whole->extension, &whole->extension_n, "source")->code = text_of(origins[origin]);
	if ((origin != ORIGIN_MANUAL && origin != ORIGIN_OVERRIDE) || !text_there(s->context->author))
		return;
	author = make_extension(s->make, &whole->extension, &whole->extension_n, "author");
	practitioner = make_extension(s->make, &author->extension, &author->extension_n, "practitioner");
	practitioner->reference = make_reference(s->make, s->context->author);
}

/* A moment of FHIR has a zone; one of SCRIPT that has none is taken as UTC. */
static struct text moment(struct saying *s, struct text value, size_t index)
{
	struct fault ignored;
	int64_t wall_ms;
	struct text out = TEXT_NONE;

	if (fhir_has_form(value, FORM_DATE_TIME))
		return value;
	if (clock_parse(value, &wall_ms, &ignored))
		out = clock_format(wall_ms, false, s->make->arena);
	s->make->failed |= !text_there(out);
	if (!text_equal(out, value))
		loss_add(s->loss, s->make, "Question[%zu]/QuestionType/Date/Answer/DateTime", index);
	return out;
}

static struct text day(struct saying *s, struct text value, size_t index)
{
	if (value.n <= DAY_CHARACTERS)
		return value;
	loss_add(s->loss, s->make, "Question[%zu]/QuestionType/Date/Answer/DateTime", index);
	return (struct text){ value.at, DAY_CHARACTERS };
}

static void add_choice(struct saying *s, const struct fhir_question_item *item, struct fhir_answer *to, const struct question_ways *ways,
	const struct question_answer *given)
{
	for (size_t i = 0; i < ways->choices_n; i++) {
		struct fhir_response_question *words;
		bool must = text_is(ways->choices[i].additional_free_text_indicator, "M");

		if (!text_equal(ways->choices[i].choice_id, given->choice))
			continue;
		to->coding = item->answer_option[i].coding;
		if (!given->words.n)
			return;
		words = make_push(s->make, to->item, to->item_n);
		/* its own item is the first of at most two for a choice that must come with words, else the last */
		words->link_id = item->item[must ? 0 : item->item_n - 1].link_id;
		words->text = item->item[must ? 0 : item->item_n - 1].text;
		to = make_push(s->make, words->answer, words->answer_n);
		to->string = given->words;
		return;
	}
}

/* False for an answer that has no value of the question's kind: a document, or words in its place. */
static bool fits_alone(const struct questions *set, size_t index, const struct question_ways *ways, const struct question_answer *answer)
{
	struct question_given one = { answer, 1 };

	return ways->wants == QUESTION_WANTS_CHOICES ? text_there(answer->choice) && question_choice(ways, answer->choice) &&
			(question_fits(set, index, &one)) : question_fits(set, index, &one);
}

static void add_answer(struct saying *s, const struct fhir_question_item *item, struct fhir_response_question *to, size_t index,
	const struct form_answer *from)
{
	struct questions set = set_of(s->form);
	struct question_ways ways = question_ways(&set, index);
	struct fhir_answer *answer;

	if (!fits_alone(&set, index, &ways, &from->given)) {
		loss_add(s->loss, s->make, "Question[%zu]/QuestionType", index);
		return;
	}
	answer = make_push(s->make, to->answer, to->answer_n);
	add_origin(s, answer, from->origin);
	switch (ways.wants) {
	case QUESTION_WANTS_CHOICES:
		add_choice(s, item, answer, &ways, &from->given);
		if (answer->item_n)
			add_origin(s, &answer->item[0].answer[0], from->origin);
		break;
	case QUESTION_WANTS_DATE:
		answer->date = day(s, from->given.value, index);
		break;
	case QUESTION_WANTS_TIME:
		answer->date_time = moment(s, from->given.value, index);
		break;
	case QUESTION_WANTS_NUMBER:
		answer->decimal = from->given.value;
		break;
	case QUESTION_WANTS_WORDS:
		answer->string = from->given.value;
		break;
	case QUESTION_WANTS_NOTHING:
		break;
	}
}

/* The answers to the items, groups as they stand; what has no answer has no item. */
static void add_items(struct saying *s, const struct fhir_question_item *items, size_t n, struct fhir_response_question **to, size_t *to_n)
{
	for (size_t i = 0; i < n; i++) {
		struct fhir_response_question out = { .link_id = items[i].link_id, .text = items[i].text };
		int index = form_question(s->form, items[i].link_id);

		if (index == QUESTION_END)
			add_items(s, items[i].item, items[i].item_n, &out.item, &out.item_n);
		for (size_t k = 0; index != QUESTION_END && k < s->answers->n; k++)
			if (text_equal(s->answers->at[k].question, items[i].link_id)) {
				add_answer(s, &items[i], &out, (size_t)index, &s->answers->at[k]);
				s->said[k] = true;
			}
		if (out.item_n || out.answer_n)
			*make_push(s->make, *to, *to_n) = out;
	}
}

/* Answers to questions that the Questionnaire does not have: nothing leads to them. */
static void lose_unsaid(struct saying *s)
{
	for (size_t k = 0; k < s->answers->n; k++)
		if (!s->said[k])
			loss_add(s->loss, s->make, "Question[%d]/QuestionType", form_question(s->form, s->answers->at[k].question));
}

struct fhir_questionnaire_response *form_response(const struct question_form *form, const struct fhir_questionnaire *questionnaire,
	const struct form_answers *answers, const struct form_context *context, struct make *make, struct loss *loss)
{
	struct saying s = { .form = form, .answers = answers, .context = context, .make = make, .loss = loss };
	struct fhir_questionnaire_response *out = make_new(make, struct fhir_questionnaire_response);
	bool older = context->version == DTR_2_0_1;

	out->id = context->id;
	out->meta = make_meta(make, DTR "dtr-questionnaireresponse");
	/* DTR 2.0.1 has one extension for all that it is about */
	make_extension(make, &out->extension, &out->extension_n, older ? DTR "qr-context" : DTR "qr-coverage")->reference = make_reference(make, context->coverage);
	for (size_t i = 0; i < context->orders_n; i++)
		make_extension(make, &out->extension, &out->extension_n, DTR "qr-context")->reference = make_reference(make, context->orders[i]);
	make_extension(make, &out->extension, &out->extension_n, DTR "intendedUse")->concept =
		make_concept(make, older ? CRD_CODES_OLDER : CRD_CODES, text_lit("withpa"), text_lit("Include with prior authorization"));
	out->questionnaire = make_text(make, questionnaire->url, text_lit("|"), questionnaire->version);
	out->status = text_of(context->status);
	out->subject = make_reference(make, context->subject);
	out->authored = clock_format(context->wall_ms, false, make->arena);
	make->failed |= !text_there(out->authored);
	if (text_there(context->author))
		out->author = make_reference(make, context->author);
	s.said = make_bytes(make, answers->n + 1);
	add_items(&s, questionnaire->item, questionnaire->item_n, &out->item, &out->item_n);
	if (older && !out->item_n && questionnaire->item_n) /* DTR 2.0.1 wants an item of a response that nobody has begun */
		*make_push(make, out->item, out->item_n) = (struct fhir_response_question){ .link_id = questionnaire->item->link_id, .text = questionnaire->item->text };
	lose_unsaid(&s);
	if (answers->documents_n)
		loss_add(loss, make, "Attachment");
	return out;
}

/* -- from FHIR -- */

struct reading {
	const struct question_form *form;
	struct make *make;
	struct form_answers *out;
	struct loss *loss;
	struct fault *fault;
	struct where where;
	bool *seen; /* by question */
};

static bool wrong(struct reading *r, const char *name, enum fault_code code)
{
	return where_fault(&r->where, name ? text_of(name) : TEXT_NONE, code, r->fault);
}

static enum form_origin origin_of(struct reading *r, const struct fhir_answer *answer)
{
	const struct fhir_extension *whole = fhir_extension(answer->extension, answer->extension_n, DTR "information-origin");
	const struct fhir_extension *source = whole ? fhir_extension(whole->extension, whole->extension_n, "source") : NULL;

	if (whole && fhir_extension(whole->extension, whole->extension_n, "author"))
		loss_add(r->loss, r->make, "%s.extension.extension", r->where.at);
	for (size_t i = 0; source && i < ORIGINS; i++)
		if (text_is(source->code, origins[i]))
			return (enum form_origin)i;
	return ORIGIN_MANUAL;
}

static bool read_choice(struct reading *r, const struct question_ways *ways, const struct fhir_answer *from, struct question_answer *to)
{
	struct text system = form_uri(r->make, SYSTEM_OURS "QuestionSet:", r->form->header->question_set_id);

	if (!from->coding)
		return wrong(r, "value", FAULT_CHOICE);
	if (from->coding->system.n && !text_equal(from->coding->system, system))
		return wrong(r, "value.system", FAULT_BAD_CODE);
	for (size_t i = 0; i < ways->choices_n; i++)
		if (text_equal(form_choice_code(ways->choices, ways->choices_n, i, r->make), from->coding->code))
			to->choice = ways->choices[i].choice_id;
	if (!text_there(to->choice))
		return wrong(r, "value.code", FAULT_BAD_CODE);
	for (size_t i = 0; i < from->item_n; i++) {
		if (from->item[i].answer_n != 1 || !from->item[i].answer[0].string.n || to->words.n)
			return wrong(r, "item", FAULT_CHOICE);
		to->words = from->item[i].answer[0].string;
	}
	return text_characters(to->words.n ? to->words : text_lit("")) <= WORDS_MAX || wrong(r, "item.answer.value", FAULT_TOO_LONG);
}

static bool read_value(struct reading *r, const struct question_ways *ways, const struct fhir_answer *from, struct question_answer *to)
{
	struct fault ignored;
	int64_t when;

	switch (ways->wants) {
	case QUESTION_WANTS_CHOICES:
		return read_choice(r, ways, from, to);
	case QUESTION_WANTS_DATE:
		to->value = from->date;
		break;
	case QUESTION_WANTS_TIME:
		to->value = from->date_time;
		break;
	case QUESTION_WANTS_NUMBER:
		to->value = text_there(from->decimal) ? from->decimal : from->integer;
		break;
	case QUESTION_WANTS_WORDS:
		to->value = from->string;
		break;
	case QUESTION_WANTS_NOTHING:
		break;
	}
	if (!to->value.n)
		return wrong(r, "value", FAULT_CHOICE);
	if (ways->wants == QUESTION_WANTS_NUMBER && !decimal_is(to->value))
		return wrong(r, "value", FAULT_BAD_NUMBER);
	if ((ways->wants == QUESTION_WANTS_DATE || ways->wants == QUESTION_WANTS_TIME) && !clock_parse(to->value, &when, &ignored))
		return wrong(r, "value", FAULT_BAD_DATE);
	return text_characters(to->value) <= (ways->wants == QUESTION_WANTS_NUMBER ? NUMBER_MAX : WORDS_MAX) || wrong(r, "value", FAULT_TOO_LONG);
}

static bool read_question(struct reading *r, size_t index, const struct fhir_response_question *item)
{
	struct questions set = set_of(r->form);
	struct question_ways ways = question_ways(&set, index);
	struct question_given given;

	if (r->seen[index])
		return wrong(r, "linkId", FAULT_REPEATED);
	r->seen[index] = true;
	if (item->item_n)
		return wrong(r, "item", FAULT_RULE);
	for (size_t i = 0; i < item->answer_n; i++) {
		size_t before = where_down(&r->where, text_lit("answer"), (int)i);
		struct form_answer answer = { .question = ways.id, .origin = origin_of(r, &item->answer[i]) };

		if (!read_value(r, &ways, &item->answer[i], &answer.given))
			return false;
		*make_push(r->make, r->out->at, r->out->n) = answer;
		where_back(&r->where, before);
	}
	given = form_given(r->out, ways.id, r->make);
	return !given.n || question_fits(&set, index, &given) || wrong(r, "answer", FAULT_RULE);
}

/* Documents are not answers to a question; what kind they are may be asked. */
static bool read_documents(struct reading *r, const struct fhir_response_question *item)
{
	for (size_t i = 0; i < item->answer_n; i++) {
		if (!item->answer[i].attachment)
			return wrong(r, "linkId", FAULT_RULE);
		*make_push(r->make, r->out->documents, r->out->documents_n) = item->answer[i].attachment->content_type;
		loss_add(r->loss, r->make, "%s.answer[%zu].value", r->where.at, i);
	}
	return true;
}

/* Whether it is one of the names that stand with questions: a group of the form, not an item of somebody else's. */
static bool is_group_of(const struct question_form *form, struct text link_id)
{
	for (size_t i = 0; i < form->n; i++) {
		struct text id = form->questions[i].question_id;

		if (link_id.n > id.n && memcmp(link_id.at, id.at, id.n) == 0 &&
			text_starts((struct text){ link_id.at + id.n, link_id.n - id.n }, "/when"))
			return true;
	}
	return false;
}

static bool read_items(struct reading *r, const struct fhir_response_question *items, size_t n, int depth)
{
	enum { DEPTH_MAX = 10 }; /* groups of a form stand at most four deep: CLAUSES_MAX of enabled.c */

	if (depth > DEPTH_MAX)
		return wrong(r, "item", FAULT_TOO_DEEP);
	for (size_t i = 0; i < n; i++) {
		size_t before = where_down(&r->where, text_lit("item"), (int)i);
		int index = form_question(r->form, items[i].link_id);

		if (index != QUESTION_END) {
			if (!read_question(r, (size_t)index, &items[i]))
				return false;
		} else if (is_group_of(r->form, items[i].link_id) && !items[i].answer_n) {
			if (!read_items(r, items[i].item, items[i].item_n, depth + 1))
				return false;
		} else if (items[i].item_n || !items[i].answer_n || !text_starts(items[i].link_id, FORM_DOCUMENT)) {
			return wrong(r, "linkId", FAULT_RULE);
		} else if (!read_documents(r, &items[i])) {
			return false;
		}
		where_back(&r->where, before);
	}
	return true;
}

/* Answers that no way leads to any more. */
static void lose_off_way(struct reading *r)
{
	bool whole, *on = make_bytes(r->make, r->form->n + 1);
	size_t n, *steps = form_walk(r->form, r->out, r->make, &n, &whole);

	for (size_t i = 0; i < n; i++)
		on[steps[i]] = true;
	for (size_t i = 0; i < r->form->n; i++)
		if (r->seen[i] && !on[i] && form_given(r->out, r->form->questions[i].question_id, r->make).n)
			loss_add(r->loss, r->make, "Question[%zu]/QuestionType", i);
}

bool form_read(const struct question_form *form, const struct fhir_questionnaire_response *response, struct make *make,
	struct form_answers *out, struct loss *loss, struct fault *fault)
{
	struct reading r = { .form = form, .make = make, .out = out, .loss = loss, .fault = fault };

	*out = (struct form_answers){ 0 };
	r.seen = make_bytes(make, form->n + 1);
	where_down(&r.where, text_lit("QuestionnaireResponse"), -1);
	if (!read_items(&r, response->item, response->item_n, 0))
		return false;
	lose_off_way(&r);
	return true;
}
