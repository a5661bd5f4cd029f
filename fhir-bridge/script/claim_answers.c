/* SPDX-License-Identifier: Apache-2.0 */
/* The prescriber's answers to a question set as the QuestionnaireResponse that goes with a claim. */
#include "fhir-bridge/script/claim_parts.h"
#include "fhir-bridge/dtr/questionnaire.h"

/* What was asked, without what was answered. */
static struct question_type *asked_type(struct make *make, const struct answered_type *from)
{
	struct question_type *out = make_new(make, struct question_type);

	if (from->select) {
		out->select = make_new(make, struct select_question);
		*out->select = (struct select_question){ .select_multiple = from->select->select_multiple, .choices = from->select->choices,
			.choices_n = from->select->choices_n };
	} else if (from->date) {
		out->date = from->date->date;
	} else if (from->numeric) {
		out->numeric = make_new(make, struct numeric_question);
		*out->numeric = (struct numeric_question){ .is_numeric = from->numeric->is_numeric, .conditions = from->numeric->conditions,
			.conditions_n = from->numeric->conditions_n };
	} else {
		out->free_text = make_new(make, struct free_text_question);
		out->free_text->is_free_text = from->free_text->is_free_text;
	}
	return out;
}

static void form_of_set(struct make *make, const struct question_set_request *set, struct question_form *out)
{
	struct question_set_header *header = make_new(make, struct question_set_header);
	struct question *questions = make_bytes(make, (set->questions_n + 1) * sizeof(*questions));

	*header = (struct question_set_header){ .question_set_id = set->header->question_set_id, .title = set->header->title,
		.description = set->header->description, .contact = set->header->contact, .attachment_required = set->header->attachment_required,
		.attachment_notes = set->header->attachment_notes };
	for (size_t i = 0; i < set->questions_n; i++) {
		const struct answered_question *from = &set->questions[i];

		questions[i] = (struct question){ .question_id = from->question_id, .sequence_number = from->sequence_number,
			.question_level = from->question_level, .question_text = from->question_text, .coded_references = from->coded_references,
			.coded_references_n = from->coded_references_n, .default_next_question_id = from->default_next_question_id,
			.type = asked_type(make, from->type) };
	}
	*out = (struct question_form){ .header = header, .questions = questions, .n = set->questions_n,
		.url = form_uri(make, SYSTEM_OURS "Questionnaire:", header->question_set_id) };
}

/* Documents in the place of answers are carried beside them. */
static bool is_document(const struct question_set_request *set, struct text path)
{
	static const char head[] = "Question[", tail[] = "]/QuestionType/Answer/CodedReferenceAnswer";
	struct text rest = path, index = text_starts(path, head) ? (struct text){ path.at + sizeof(head) - 1, path.n - (sizeof(head) - 1) } : TEXT_NONE;
	int64_t i;

	if (!text_there(index))
		return false;
	rest = index;
	index = text_cut(&rest, ']');
	return text_to_int(index, &i) && (size_t)i < set->questions_n && rest.n == sizeof(tail) - 2 && text_starts(rest, tail + 1) &&
	       claim_answer_document(set->questions[i].type, 0);
}

/* What answers lost, as paths of the message. The comment has a place of its own. */
static void add_losses(struct claim_making *making, const struct loss *lost)
{
	struct make *make = &making->make;
	const char *model = making->request->body->pa_request->request->solicited ? "SolicitedModel" : "UnSolicitedModel";

	for (size_t i = 0; i < lost->n; i++)
		if (!text_is(lost->paths[i], "Header/QuestionSetComment") && !is_document(making->set, lost->paths[i]))
			loss_once(making->loss, make, make_text(make, text_lit("Body/PARequest/Request/"), text_of(model),
				make_text(make, text_lit("/QuestionSet/"), lost->paths[i], TEXT_NONE)));
}

bool claim_answers(struct claim_making *making, struct fault *fault)
{
	struct make *make = &making->make;
	struct form_context context = { .subject = making->patient, .author = making->practitioner, .coverage = making->coverage,
		.orders = &making->order, .orders_n = 1, .status = "completed", .wall_ms = making->about->received_ms };
	struct fhir_questionnaire_response *response;
	struct fhir_questionnaire *questionnaire;
	struct loss lost = { 0 }, questions_lost = { 0 }; /* of the questions nothing is lost: their payer has them */
	struct fhir_resource *entry;
	struct form_answers answers;
	struct question_form form;
	struct questions set;
	bool adaptive;

	if (!making->set)
		return true;
	set = questions_answered(making->set->questions, making->set->questions_n);
	if (!questions_check(&set, fault))
		return fault_under(fault, text_lit("QuestionSet"), -1);
	form_of_set(make, making->set, &form);
	form_of_script(making->set, make, &answers, &lost);
	questionnaire = form_questionnaire(&form, TEXT_NONE, make, &adaptive, &questions_lost);
	if (adaptive) { /* the questions as they were asked, one after the other */
		bool whole;
		size_t n, *steps = form_walk(&form, &answers, make, &n, &whole);

		questionnaire = form_asked(&form, steps, n, TEXT_NONE, make, &questions_lost);
	}
	entry = make_entry(make, making->bundle, "QuestionnaireResponse", &context.id, &making->answers);
	response = entry->questionnaire_response = form_response(&form, questionnaire, &answers, &context, make, &lost);
	response->id = context.id;
	add_losses(making, &lost);
	return true;
}
