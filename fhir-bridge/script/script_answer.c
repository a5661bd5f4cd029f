/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer answered in SCRIPT as an answer of PAS: a decision for each item, that it is pended, what is asked, or why nothing is decided. */
#include "fhir-bridge/script/to_script.h"

#include "base/clock.h"
#include "fhir-bridge/make.h"
#include "fhir-bridge/script/map.h"
#include "ncpdp/outcome.h"

enum { DAY_CHARACTERS = 10 };

struct answering {
	const struct ncpdp_outcome *outcome;
	const struct script_message *script;
	const struct script_about *about;
	struct make make;
	struct loss *loss;
	struct pas_answer *out;
};

/* -- questions -- */

static struct text when(const struct date_or_time *from)
{
	return !from ? TEXT_NONE : text_there(from->date_time) ? from->date_time : from->date;
}

bool script_questions_of(const struct script_message *answer, struct question_form *out)
{
	const struct pa_initiation_response *first = answer->body ? answer->body->pa_initiation_response : NULL;
	const struct pa_response *further = answer->body ? answer->body->pa_response : NULL;

	if (first && first->response->response_status->open) {
		const struct pa_open *open = first->response->response_status->open;

		out->header = open->question_set->header;
		out->questions = open->question_set->questions;
		out->n = open->question_set->questions_n;
		out->deadline = when(open->deadline_for_reply);
		return true;
	}
	if (further && further->response->response_status->open) {
		const struct question_set_response *set = further->response->response_status->open->more_information_required;

		out->header = set->header;
		out->questions = set->questions;
		out->n = set->questions_n;
		out->deadline = when(set->deadline_for_reply);
		return true;
	}
	return false;
}

/* -- why nothing was decided -- */

/* What each reason of SCRIPT for closing or for not cancelling is in PAS: an X12 306 action, or else a business error. The words are for a payer
   that gives none. */
static const struct {
	const char *code, *action;
	enum pas_trouble trouble;
	const char *words;
} reasons[] = {
	{ "CC", "NA", 0, "No prior authorization is needed for this patient and drug." },
	{ "FN", "NA", 0, "What is asked for is within the limits of the plan: no prior authorization is needed." },
	{ "FO", "NA", 0, "No prior authorization is needed; the plan pays up to its limit." },
	{ "CP", "CT", 0, "Another organization deals with prior authorization of this drug for this patient." },
	{ "CO", "CT", 0, "Another organization deals with prior authorization for this patient." },
	{ "CD", NULL, PAS_TROUBLE_MEMBER_NOT_FOUND, "The payer does not know this patient." },
	{ "CA", NULL, PAS_TROUBLE_MEMBER_NOT_FOUND, "What identifies the patient or the case does not fit together." },
	{ "CE", NULL, PAS_TROUBLE_MEMBER_NOT_FOUND, "The patient has no coverage with this payer." },
	{ "CM", NULL, PAS_TROUBLE_NOT_ALLOWED, "This prescriber may not ask for this authorization." },
	{ "CL", NULL, PAS_TROUBLE_INPUT, "The payer cannot read documents of this type." },
	{ "CN", NULL, PAS_TROUBLE_INPUT, "An answer does not fit its question." },
	{ "FL", NULL, PAS_TROUBLE_MISSING_DATA, "The answers came after the payer's deadline: a new request is needed." },
	{ "FR", NULL, PAS_TROUBLE_INPUT, "The payer does not know this product code." },
	{ "FM", NULL, PAS_TROUBLE_NOT_ALLOWED, "The plan does not cover this drug, and takes no request for prior authorization of it." },
	{ "FP", NULL, PAS_TROUBLE_NOT_ALLOWED, "The quantity is above the plan's limit, and no exception is made." },
	{ "FQ", NULL, PAS_TROUBLE_INPUT, "An authorization of this drug is on file." },
	{ "CF", NULL, PAS_TROUBLE_INPUT, "The same was approved before." },
	{ "CG", NULL, PAS_TROUBLE_INPUT, "The same is being decided already." },
	{ "CY", NULL, PAS_TROUBLE_INPUT, "The same was denied before." },
	{ "CB", NULL, PAS_TROUBLE_INPUT, "It is decided already and cannot be cancelled." },
	{ "BZ", NULL, PAS_TROUBLE_INPUT, "The payer does not know this case." },
	{ "BX", NULL, PAS_TROUBLE_NOT_ALLOWED, "The payer takes no electronic request for this." },
};

static void add_error(struct answering *a, enum pas_trouble trouble, struct text words)
{
	struct pas_error *error = make_new(&a->make, struct pas_error);

	error->trouble = trouble;
	error->words = words.n ? words : TEXT_NONE;
	a->out->errors = error;
	a->out->errors_n = 1;
}

/* -- decisions -- */

static struct text day_of(const struct date_or_time *from)
{
	struct text day = when(from);

	return day.n > DAY_CHARACTERS ? (struct text){ day.at, DAY_CHARACTERS } : day;
}

/* The decision on each item that is asked for, in the order of the claim. */
static void add_lines(struct answering *a, const struct fhir_bundle *request, const struct pas_line *line)
{
	const struct fhir_claim *claim = request->entry[0].resource->claim;
	struct pas_line *lines = NULL;

	for (size_t i = 0; i < claim->item_n; i++) {
		struct pas_line *next;

		if (pas_item_cancelled(&claim->item[i]))
			continue;
		next = make_push(&a->make, lines, a->out->lines_n);
		*next = *line;
		next->sequence = claim->item[i].sequence;
	}
	a->out->lines = lines;
}

/* Another quantity than asked for; NULL: none is said. */
static const struct quantity *quantity_instead(const struct answering *a)
{
	const struct pa_response *answer = a->script->body->pa_response;
	const struct pa_partially_denied *partly = answer ? answer->response->response_status->partially_denied : NULL;

	return partly && partly->authorization_details_n == 1 ? partly->authorization_details[0].quantity : NULL;
}

static struct pas_line authorized(const struct answering *a, const char *action)
{
	const struct ncpdp_outcome *outcome = a->outcome;
	struct pas_line line = { .action = text_of(action), .number = outcome->authorization_number };

	if (outcome->authorization_period) {
		line.effective_date = day_of(outcome->authorization_period->effective_date);
		line.expiration_date = day_of(outcome->authorization_period->expiration_date);
	}
	return line;
}

/* Nothing new was decided, because an authorization is there, and it says which: that one holds. */
static bool is_on_file(const struct ncpdp_outcome *outcome)
{
	return outcome->authorization_number.n && outcome->reason_codes_n && text_in_list(outcome->reason_codes[0], "CF FQ");
}

static void say_closed(struct answering *a, const struct fhir_bundle *request)
{
	const struct ncpdp_outcome *outcome = a->outcome;
	struct text words = outcome->reason;

	if (is_on_file(outcome)) {
		struct pas_line line = authorized(a, "A1");

		add_lines(a, request, &line);
		a->out->note = words.n ? words : text_lit("This authorization was there before.");
		return;
	}

	for (size_t i = 0; outcome->reason_codes_n && i < sizeof(reasons) / sizeof(*reasons); i++) {
		struct pas_line line;

		if (!text_is(outcome->reason_codes[0], reasons[i].code))
			continue;
		if (!words.n)
			words = text_of(reasons[i].words);
		line = (struct pas_line){ .action = reasons[i].action ? text_of(reasons[i].action) : TEXT_NONE, .reason = words };
		if (reasons[i].action)
			add_lines(a, request, &line);
		else
			add_error(a, reasons[i].trouble, words);
		return;
	}
	add_error(a, PAS_TROUBLE_INPUT, words);
}

/* There is no element for how a decision is appealed: what a person is to know of it is said. */
static void add_appeal(struct answering *a, const struct pa_appeal *appeal)
{
	if (!appeal)
		return;
	if (!a->out->note.n && appeal->pa_note.n)
		a->out->note = appeal->pa_note;
	else if (appeal->pa_note.n)
		loss_once(a->loss, &a->make, text_lit("Response/ResponseStatus/Appeal/PANote"));
}

static const struct pa_appeal *appeal_of(const struct script_message *script)
{
	const struct pa_response_status *status = script->body->pa_response ? script->body->pa_response->response->response_status : NULL;

	return !status ? NULL : status->approved ? status->approved->appeal : status->denied ? status->denied->appeal :
		status->partially_denied ? status->partially_denied->appeal : NULL;
}

static void say_partly(struct answering *a, const struct fhir_bundle *request)
{
	const struct quantity *instead = quantity_instead(a);
	struct pas_line line = authorized(a, instead ? "A6" : "A2");

	line.reason = a->outcome->reason;
	if (instead)
		line.instead = (struct pas_instead){ .quantity = instead->value, .unit = instead->unit ? instead->unit->code : TEXT_NONE };
	add_lines(a, request, &line);
}

static void say_pended(struct answering *a, const struct fhir_bundle *request, bool questions)
{
	static const struct pas_question questionnaire = { .loinc = { LOINC_QUESTIONNAIRE, sizeof(LOINC_QUESTIONNAIRE) - 1 } };
	struct pas_line line = { .action = text_lit("A4"), .reference = a->about->case_id };

	add_lines(a, request, &line);
	a->out->note = a->outcome->reason;
	a->out->questions = &questionnaire;
	a->out->questions_n = questions;
}

static void say_cancelled(struct answering *a)
{
	struct pas_line *line = make_new(&a->make, struct pas_line);

	line->action = text_lit("C");
	a->out->note = a->outcome->reason;
	a->out->lines = line;
	a->out->lines_n = 1;
}

static void say(struct answering *a, const struct fhir_bundle *request)
{
	struct pas_line line;

	switch (a->outcome->said) {
	case NCPDP_SAID_OPEN:
	case NCPDP_SAID_MORE_INFORMATION:
		say_pended(a, request, true);
		break;
	case NCPDP_SAID_IN_PROCESS:
		say_pended(a, request, false);
		break;
	case NCPDP_SAID_APPROVED:
		line = authorized(a, "A1");
		add_lines(a, request, &line);
		a->out->note = a->outcome->reason;
		add_appeal(a, appeal_of(a->script));
		break;
	case NCPDP_SAID_DENIED:
		line = (struct pas_line){ .action = text_lit("A3"), .reason = a->outcome->reason };
		add_lines(a, request, &line);
		add_appeal(a, appeal_of(a->script));
		break;
	case NCPDP_SAID_PARTIALLY_DENIED:
		say_partly(a, request);
		add_appeal(a, appeal_of(a->script));
		break;
	case NCPDP_SAID_CLOSED:
	case NCPDP_SAID_CANCEL_REFUSED:
		say_closed(a, request);
		break;
	case NCPDP_SAID_CANCELLED:
		say_cancelled(a);
		break;
	case NCPDP_SAID_NOTHING:
	case NCPDP_SAYINGS:
		break;
	}
}

/* A refusal of the message itself, in the payer's own words only as far as they are a code. */
static void say_refused(struct answering *a, const struct script_error *error)
{
	add_error(a, PAS_TROUBLE_INPUT, make_text(&a->make, text_lit("The payer's system refused this request (Error "), error->code,
		text_lit("). Nothing was decided; please contact the payer or send a corrected request.")));
}

/* What of the answer itself has no place; what it repeats of the request is the submitter's own. */
static void lose_the_rest(struct answering *a)
{
	const struct script_body *body = a->script->body;
	const struct pa_initiation_response first = { .response = body->pa_initiation_response ? body->pa_initiation_response->response : NULL };
	const struct pa_response further = { .response = body->pa_response ? body->pa_response->response : NULL };
	const struct pa_cancel_response cancel = { .response = body->pa_cancel_response ? body->pa_cancel_response->response : NULL };

	if (body->pa_initiation_response)
		map_losses(&map_answer, &pa_initiation_response_record, &first, TEXT_NONE, '/', NULL, &a->make, a->loss);
	else if (body->pa_response)
		map_losses(&map_answer, &pa_response_record, &further, TEXT_NONE, '/', NULL, &a->make, a->loss);
	else if (body->pa_cancel_response)
		map_losses(&map_answer, &pa_cancel_response_record, &cancel, TEXT_NONE, '/', NULL, &a->make, a->loss);
	if (a->outcome->said == NCPDP_SAID_CLOSED && a->outcome->authorization_number.n && !is_on_file(a->outcome))
		loss_once(a->loss, &a->make, text_lit("Response/ResponseStatus/Closed/AuthorizationNumber"));
}

bool script_answer_as_pas(const struct script_message *answer, const struct fhir_bundle *request, const struct script_about *about, struct arena *arena,
	struct pas_answer *out, struct loss *loss)
{
	const struct ncpdp_message message = { .family = NCPDP_SCRIPT, .script = (struct script_message *)answer };
	struct ncpdp_outcome outcome;
	struct answering a = { .outcome = &outcome, .script = answer, .about = about, .loss = loss, .out = out };

	*out = (struct pas_answer){ .identifier = about->identifier, .wall_ms = about->wall_ms };
	make_init(&a.make, arena);
	if (answer->body && answer->body->error) {
		say_refused(&a, answer->body->error);
	} else if (ncpdp_outcome(&message, &outcome) && outcome.said != NCPDP_SAID_NOTHING && outcome.kind != NCPDP_PA_APPEAL_RESPONSE) {
		say(&a, request);
		lose_the_rest(&a);
	} else {
		return false;
	}
	return make_done(&a.make);
}
