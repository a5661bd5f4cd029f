/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the prescriber's answers, documents and ids out of a message. */
#include "adjudication/house.h"
#include "ncpdp/questions.h"

/* of one question: more than a question of ours has choices (house_question.choices), so that what is left out did not fit anyway */
enum { ANSWERS_MAX = 128 };

static const struct question_set_request *set_of(const struct script_message *request)
{
	const struct pa_request *pa = request->body->pa_request;
	const struct pa_appeal_request *appeal = request->body->pa_appeal_request;

	if (appeal)
		return appeal->request ? appeal->request->question_set : NULL;
	if (!pa || !pa->request)
		return NULL;
	if (pa->request->solicited)
		return pa->request->solicited->question_set;
	return pa->request->unsolicited ? pa->request->unsolicited->question_set : NULL;
}

size_t house_answers_of(const struct script_message *request, struct arena *arena, struct house_answer **out)
{
	const struct question_set_request *set = set_of(request);
	size_t n = 0;

	*out = NULL;
	for (size_t i = 0; set && i < set->questions_n; i++) {
		struct question_answer room[ANSWERS_MAX];
		struct question_given given = question_given(&set->questions[i], room, ANSWERS_MAX);

		for (size_t k = 0; k < given.n; k++) {
			struct house_answer *place = arena_push(arena, (void **)out, &n, sizeof(*place));

			/* past the arena's limit the question stays unanswered, and is asked again */
			if (place)
				*place = (struct house_answer){ .question_id = set->questions[i].question_id,
					.choice_id = room[k].choice,
					.free_text = room[k].words,
					.value = room[k].value };
		}
	}
	return n;
}

/* -- beside the answers -- */

struct documents {
	struct arena *arena;
	struct text *types;
	size_t n;
};

static void add_document(struct documents *to, const struct attachment *document)
{
	struct text *place = document ? arena_push(to->arena, (void **)&to->types, &to->n, sizeof(*to->types)) : NULL;

	/* past the arena's limit it counts as not sent, and is asked for again */
	if (place)
		*place = document->mime_type;
}

static void documents_of_type(struct documents *to, const struct answered_type *type)
{
	for (size_t i = 0; type->select && i < type->select->answers_n; i++)
		if (type->select->answers[i].by_code)
			add_document(to, type->select->answers[i].by_code->attachment);
	if (type->date && type->date->answer && type->date->answer->by_code)
		add_document(to, type->date->answer->by_code->attachment);
	if (type->numeric && type->numeric->answer && type->numeric->answer->by_code)
		add_document(to, type->numeric->answer->by_code->attachment);
	if (type->free_text && type->free_text->answer && type->free_text->answer->by_code)
		add_document(to, type->free_text->answer->by_code->attachment);
}

static void read_ids(const struct script_body *body, struct house_case *about)
{
	if (body->pa_request && body->pa_request->request && body->pa_request->request->solicited)
		about->named_case_id = body->pa_request->request->solicited->pa_case_id;
	if (body->pa_appeal_request && body->pa_appeal_request->request) {
		about->named_case_id = body->pa_appeal_request->request->pa_case_id;
		about->named_appeal_id = body->pa_appeal_request->request->appeal_case_id;
	}
	if (body->pa_cancel_request && body->pa_cancel_request->request)
		about->named_case_id = body->pa_cancel_request->request->pa_case_id;
}

void house_read_request(const struct script_message *request, struct arena *arena, struct house_case *about)
{
	const struct ncpdp_message message = { .family = NCPDP_SCRIPT, .script = (struct script_message *)request };
	const struct pa_common *common = ncpdp_pa_common(request);
	const struct question_set_request *set = set_of(request);
	struct documents documents = { .arena = arena };
	struct ncpdp_coverage coverage;

	ncpdp_coverage(&message, &coverage);
	about->cardholder_id = coverage.cardholder_id;
	about->person_code = coverage.person_code;
	if (common && common->prescriber && common->prescriber->non_veterinarian && common->prescriber->non_veterinarian->identification)
		about->prescriber_npi = common->prescriber->non_veterinarian->identification->npi;
	read_ids(request->body, about);
	if (request->body->pa_request)
		add_document(&documents, request->body->pa_request->attachment);
	if (request->body->pa_appeal_request)
		add_document(&documents, request->body->pa_appeal_request->attachment);
	for (size_t i = 0; set && i < set->questions_n; i++)
		documents_of_type(&documents, set->questions[i].type);
	about->attachments = documents.types;
	about->attachments_n = documents.n;
}
