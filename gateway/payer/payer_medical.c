/* SPDX-License-Identifier: Apache-2.0 */
/* The medical track: the same question to the same policies, but asked as a FHIR Claim and answered as a ClaimResponse, so that a
   payer with a PAS interface can take the house payer's place without anything else changing. */
#include "gateway/payer/payer.h"

#include "fhir-bridge/dtr/questionnaire.h"

#include <assert.h>

enum { CLAIM_ROOM = 8192 }; /* bytes; a claim with ten answers */

/* Which X12 306 action each outcome is. HOUSE_OPEN does not come from answers; a closed case is no decision and has none. */
static const struct {
	enum house_outcome outcome;
	const char *action;
} actions[] = {
	{ HOUSE_APPROVED, "A1" },
	{ HOUSE_PARTIALLY_DENIED, "A2" },
	{ HOUSE_DENIED, "A3" },
	{ HOUSE_IN_PROCESS, "A4" },
	{ HOUSE_MORE_INFORMATION, "A4" },
	{ HOUSE_PARTIALLY_DENIED, "A6" },
};
enum { ACTIONS = sizeof(actions) / sizeof(*actions) };

struct text payer_action(enum house_outcome outcome)
{
	for (size_t i = 0; i < ACTIONS; i++)
		if (actions[i].outcome == outcome)
			return text_of(actions[i].action);
	return TEXT_NONE;
}

/* -- the payer's side -- */

static struct text value_of(const struct fhir_answer *answer)
{
	const struct text values[] = { answer->decimal, answer->integer, answer->date, answer->date_time, answer->string };

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (text_there(values[i]))
			return values[i];
	return TEXT_NONE;
}

/* Words that go with a choice stand below it. */
static struct text words_below(const struct fhir_answer *answer)
{
	for (size_t i = 0; i < answer->item_n; i++)
		if (answer->item[i].answer_n)
			return answer->item[i].answer[0].string;
	return TEXT_NONE;
}

/* NULL: the policy asks nothing of that name. */
static const struct house_question *question_in(const struct house_stage *stages, size_t n, struct text id)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < stages[i].questions_n; k++)
			if (text_equal(stages[i].questions[k].id, id))
				return &stages[i].questions[k];
	return NULL;
}

/* Not every ChoiceID is a FHIR code: what stands for one that is none becomes the choice again. */
static bool choices_of_codes(const struct house *house, struct text policy_id, struct house_answer *answers, size_t n, struct arena *arena)
{
	enum { CHOICES_MAX = 100 /* payer.def */ };
	const struct house_policy *policy = payer_policy(house, policy_id);
	struct choice *choices;
	struct make make;

	make_init(&make, arena);
	choices = make_bytes(&make, CHOICES_MAX * sizeof(*choices));
	for (size_t i = 0; policy && i < n; i++) {
		struct text code = answers[i].choice_id;
		const struct house_question *question =
			text_there(code) ? question_in(policy->stages, policy->stages_n, answers[i].question_id) : NULL;
		size_t choices_n = question ? question->choices_n : 0;

		assert(choices_n <= CHOICES_MAX);
		for (size_t k = 0; k < choices_n; k++)
			choices[k].choice_id = question->choices[k].id;
		for (size_t k = 0; k < choices_n; k++)
			if (text_equal(form_choice_code(choices, choices_n, k, &make), code))
				answers[i].choice_id = question->choices[k].id;
	}
	return make_done(&make);
}

/* Also those below a group, as a Questionnaire of the payer's own puts questions that are asked only after certain answers. */
static bool add_answers(const struct fhir_response_question *item, struct arena *arena, struct house_answer **list, size_t *n)
{
	for (size_t i = 0; i < item->item_n; i++)
		if (!add_answers(&item->item[i], arena, list, n))
			return false;
	for (size_t i = 0; i < item->answer_n; i++) {
		const struct fhir_answer *from = &item->answer[i];
		struct house_answer *to = arena_push(arena, (void **)list, n, sizeof(*to));

		if (!to)
			return false;
		*to = (struct house_answer){ .question_id = item->link_id,
			.choice_id = from->coding ? from->coding->code : TEXT_NONE, .value = value_of(from),
			.free_text = words_below(from) };
	}
	return true;
}

static bool add_document(const struct fhir_attachment *attachment, struct arena *arena, struct text **types, size_t *n)
{
	struct text *type = arena_push(arena, (void **)types, n, sizeof(*type));

	if (type)
		*type = attachment ? fhir_media_of_script(attachment->content_type) : text_lit("");
	return type;
}

/* Documents that are answers (DTR: items of type attachment). */
static bool add_answered(const struct fhir_response_question *item, struct arena *arena, struct text **types, size_t *n)
{
	for (size_t i = 0; i < item->item_n; i++)
		if (!add_answered(&item->item[i], arena, types, n))
			return false;
	for (size_t i = 0; i < item->answer_n; i++)
		if (item->answer[i].attachment && !add_document(item->answer[i].attachment, arena, types, n))
			return false;
	return true;
}

/* MIME types of the documents that came with it, as a payer file names them; false past the arena's limit. */
static bool read_documents(const struct fhir_bundle *bundle, const struct fhir_claim_view *view, struct arena *arena, struct house_case *about)
{
	const struct fhir_claim *claim = view->claim;
	struct text *types = NULL;
	size_t n = 0;

	for (size_t i = 0; i < bundle->entry_n; i++) {
		const struct fhir_document_reference *document = bundle->entry[i].resource->document_reference;

		for (size_t k = 0; document && k < document->content_n; k++)
			if (!add_document(document->content[k].attachment, arena, &types, &n))
				return false;
	}
	for (size_t i = 0; i < claim->supporting_info_n; i++)
		if (claim->supporting_info[i].attachment && !add_document(claim->supporting_info[i].attachment, arena, &types, &n))
			return false;
	for (size_t i = 0; view->answers && i < view->answers->item_n; i++)
		if (!add_answered(&view->answers->item[i], arena, &types, &n))
			return false;
	about->attachments = types;
	about->attachments_n = n;
	return true;
}

static struct text written(const struct fhir_bundle *bundle, struct arena *arena)
{
	struct buffer json;

	buffer_init(&json, arena, CLAIM_ROOM);
	fhir_write(bundle, &json);
	return buffer_text(&json);
}

static bool answer_bundle(const struct fhir_bundle *request, const struct house_case *about, const struct house_decision *decision,
	struct arena *arena, struct text *answer, struct fault *fault)
{
	struct fhir_decision said = {
		.action = payer_action(decision->outcome),
		.reason = decision->reason,
		.preauth_ref = decision->authorization_number,
		.effective_date = decision->effective_date,
		.expiration_date = decision->expiration_date,
		.note = decision->note,
	};
	struct fhir_bundle *bundle;

	if (text_is(said.action, "A4"))
		said.preauth_ref = about->case_id;
	bundle = fhir_response_of(request, &said, about->reply_id, about->wall_ms, arena);
	*answer = bundle ? written(bundle, arena) : TEXT_NONE;
	return text_there(*answer) || fault_set(fault, FAULT_TOO_LARGE, "ClaimResponse");
}

bool payer_claim(const struct house *house, const struct house_case *about, const struct fhir_bundle *request, struct arena *arena,
	struct house_decision *out, struct fault *fault)
{
	struct house_case claimed = *about;
	struct house_answer *answers = NULL;
	struct fhir_claim_view view;
	size_t answers_n = 0;

	if (!fhir_claim_read(request, arena, &view, fault))
		return false;
	for (size_t i = 0; view.answers && i < view.answers->item_n; i++)
		if (!add_answers(&view.answers->item[i], arena, &answers, &answers_n))
			return fault_set(fault, FAULT_TOO_LARGE, "QuestionnaireResponse");
	if (!choices_of_codes(house, about->policy, answers, answers_n, arena))
		return fault_set(fault, FAULT_TOO_LARGE, "QuestionnaireResponse");
	if (!read_documents(request, &view, arena, &claimed))
		return fault_set(fault, FAULT_TOO_LARGE, "DocumentReference");
	claimed.cardholder_id = view.cardholder_id;
	house_decide(house, &claimed, answers, answers_n, arena, out);
	return true;
}

bool payer_front(const struct house *house, const struct house_case *about, struct text request, struct arena *arena,
	struct text *answer, struct house_decision *beside, struct fault *fault)
{
	struct fhir_bundle *bundle;

	*answer = TEXT_NONE;
	if (!fhir_read(request, arena, &bundle, fault) || !payer_claim(house, about, bundle, arena, beside, fault))
		return false;
	if (!text_there(payer_action(beside->outcome)))
		return true;
	return answer_bundle(bundle, about, beside, arena, answer, fault);
}

/* -- our side -- */

/* What was read back decides; only what PAS cannot say is taken from beside it. */
static bool take_answer(struct text answer, const struct house_decision *beside, struct arena *arena, struct house_decision *out,
	struct fault *fault)
{
	struct fhir_bundle *bundle;
	struct fhir_decision said;

	if (!fhir_read(answer, arena, &bundle, fault) || !fhir_response_read(bundle, arena, &said, fault))
		return false;
	*out = (struct house_decision){
		.reason = said.reason,
		.note = said.note,
		.effective_date = said.effective_date,
		.expiration_date = said.expiration_date,
		.policy = beside->policy,
		.stage = beside->stage,
		.again_ms = beside->again_ms,
		.reply_by_ms = beside->reply_by_ms,
		.appeal_by_ms = beside->appeal_by_ms,
	};
	for (size_t i = 0; i < ACTIONS; i++) {
		if (!text_is(said.action, actions[i].action))
			continue;
		out->outcome = actions[i].outcome;
		if (out->outcome == HOUSE_IN_PROCESS && beside->stage)
			out->outcome = HOUSE_MORE_INFORMATION;
		if (out->outcome != HOUSE_IN_PROCESS && out->outcome != HOUSE_MORE_INFORMATION)
			out->authorization_number = said.preauth_ref;
		return true;
	}
	return fault_set(fault, FAULT_PEER_ANSWER, "ClaimResponse.item.adjudication");
}

/* What a claim cannot be made of is told to the prescriber, not tried again: it would not become another message. */
static bool not_a_claim(const struct payer_case *pa, const struct fault *why, struct house_decision *out, struct fault *fault)
{
	struct buffer note;

	*out = (struct house_decision){ .outcome = HOUSE_CLOSED, .reason_code = text_lit("BX"),
		.note = text_lit("The medical benefit takes requests for people only.") };
	if (why->code == FAULT_UNKNOWN_MESSAGE)
		return true;
	buffer_init(&note, pa->arena, 200);
	buffer_format(&note, "The medical benefit cannot take this request: at %s, %s.", why->path, fault_row(why->code)->sentence);
	out->reason_code = text_lit("BY");
	out->note = buffer_text(&note);
	return !note.failed || fault_set(fault, FAULT_TOO_LARGE, "Claim");
}

bool payer_medical(const struct payer_case *pa, struct house_decision *out, struct loss *loss, struct fault *fault)
{
	const struct claim_about about = { .identifier = pa->work->reply_id, .hcpcs = pa->route.hcpcs, .received_ms = pa->work->received_ms };
	struct house_decision beside = { 0 };
	struct fhir_bundle *claim;
	struct text request, answer;

	if (!fhir_claim_of(pa->request, &about, pa->arena, &claim, loss, fault)) {
		struct fault why = *fault;

		*fault = (struct fault){ 0 };
		return fault_row(why.code)->mend == MEND_SENDER && why.code != FAULT_TOO_LARGE ? not_a_claim(pa, &why, out, fault) :
		       fault_set(fault, why.code, why.path);
	}
	request = written(claim, pa->arena);
	if (!text_there(request))
		return fault_set(fault, FAULT_TOO_LARGE, "Claim");
	if (!payer_front(pa->house, &pa->about, request, pa->arena, &answer, &beside, fault))
		return false;
	if (!text_there(answer)) {
		*out = beside;
		return true;
	}
	return take_answer(answer, &beside, pa->arena, out, fault);
}
