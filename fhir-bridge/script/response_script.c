/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer answers in PAS, as SCRIPT's answers: the decision and its reason, number, dates and amount, or why there is none. */
#include "fhir-bridge/script/response_script.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/make.h"
#include "fhir-bridge/script/map.h"
#include "fhir-bridge/pas/pas_answer.h"
#include "ncpdp/decimal.h"

#include <assert.h>

enum {
	NOTE_MAX = 2000,       /* characters of PANote, an1..2000 */
	NUMBER_MAX = 140,      /* of AuthorizationNumber */
	REFERENCE_MAX = 35,    /* of ReferenceNumber */
	DETAILS_MAX = 5,       /* AuthorizationDetail */
	VALUE_MAX = 11,        /* digits of Quantity/Value */
	PHONE_DIGITS = 10,
};

#define AS_ORDERED "38" /* CodeListQualifier; list not public */

struct telling {
	struct make make;
	const struct fhir_bundle *bundle;
	const struct fhir_claim_response *response;
	const struct script_message *request;
	const struct response_about *about;
	struct fhir_decision said; /* action at NULL: nothing was decided */
	struct text closed;        /* SCRIPT's code for why nothing was decided; TEXT_NONE: it was */
	struct text note;          /* PANote */
	struct text number;        /* AuthorizationNumber */
	struct authorization_period *period;
	bool partial_period;       /* only one of its ends is said */
	struct loss *loss;
};

/* -- what is said -- */

static struct text action_of(const struct fhir_response_item *item)
{
	for (size_t i = 0; i < item->adjudication_n; i++) {
		const struct fhir_adjudication *one = &item->adjudication[i];
		const struct fhir_extension *review = fhir_extension(one->extension, one->extension_n, PAS "extension-reviewAction");
		const struct fhir_extension *code =
			review ? fhir_extension(review->extension, review->extension_n, PAS "extension-reviewActionCode") : NULL;

		if (code)
			return fhir_code(code->concept, X12("306"));
	}
	return TEXT_NONE;
}

/* X12 306 actions that decide nothing, as reasons for which SCRIPT closes: no authorization needed, call the payer. */
static const struct {
	const char *action, *reason;
} undecided[] = { { "NA", "FN" }, { "CT", "BY" } };

static struct text why_undecided(const struct fhir_claim_response *response)
{
	for (size_t k = 0; k < sizeof(undecided) / sizeof(*undecided); k++) {
		size_t n = 0;

		for (size_t i = 0; i < response->item_n; i++)
			n += text_is(action_of(&response->item[i]), undecided[k].action);
		if (n && n == response->item_n)
			return text_of(undecided[k].reason);
	}
	return TEXT_NONE;
}

/* Codes of X12 901 that SCRIPT has a reason for, as payers' published companion guides use them; unverified against the licensed list. */
static const struct {
	const char *error, *reason;
} errors[] = { { "75", "CD" }, { "64", "CD" }, { "51", "CM" }, { "43", "CM" } };

static struct text why_error(const struct fhir_claim_response *response)
{
	for (size_t i = 0; i < response->error_n; i++)
		for (size_t k = 0; k < sizeof(errors) / sizeof(*errors); k++)
			if (text_is(fhir_code(response->error[i].code, X12("901")), errors[k].error))
				return text_of(errors[k].reason);
	return text_lit("BY");
}

/* -- the note -- */

static void add_words(struct buffer *out, struct text words)
{
	words = text_trim(words.n ? words : text_lit(""));
	if (!words.n)
		return;
	if (out->n)
		buffer_add_char(out, ' ');
	buffer_add(out, words);
}

static struct text words_of(const struct fhir_concept *concept)
{
	if (concept && concept->text.n)
		return concept->text;
	for (size_t i = 0; concept && i < concept->coding_n; i++)
		if (concept->coding[i].display.n)
			return concept->coding[i].display;
	return TEXT_NONE;
}

/* Documents by their LOINC codes; what 102089-0 asks for is answers to questions (PAS 2.2.1 ainfo-3). */
static void add_questions(struct telling *t, struct buffer *out)
{
	for (size_t i = 0; i < t->response->communication_request_n; i++) {
		const struct fhir_entry *entry = fhir_find(t->bundle, &t->response->communication_request[i]);
		const struct fhir_communication_request *asked = entry ? entry->resource->communication_request : NULL;

		for (size_t k = 0; asked && k < asked->payload_n; k++) {
			if (text_is(asked->payload[k].string, LOINC_QUESTIONNAIRE))
				continue;
			add_words(out, text_lit("It asks for a document, LOINC"));
			add_words(out, asked->payload[k].string);
			buffer_add_char(out, '.');
		}
	}
}

static struct text cut(struct telling *t, struct text words)
{
	size_t n = 0, seen = 0;

	if (text_characters(words) <= NOTE_MAX)
		return words;
	loss_once(t->loss, &t->make, text_lit("ClaimResponse.processNote.text"));
	while (n < words.n && ((words.at[n] & 0xC0) == 0x80 || seen++ < NOTE_MAX))
		n++;
	return (struct text){ words.at, n };
}

/* The reason is first and is never what the limit cuts off. */
static struct text note_of(struct telling *t)
{
	const struct fhir_claim_response *response = t->response;
	struct buffer out;

	buffer_init(&out, t->make.arena, 256);
	add_words(&out, t->said.reason);
	for (size_t i = 0; i < response->error_n; i++)
		add_words(&out, words_of(response->error[i].code));
	if (t->said.action.n)
		add_words(&out, t->said.note);
	for (size_t i = 0; !t->said.action.n && i < response->process_note_n; i++)
		add_words(&out, response->process_note[i].text);
	add_words(&out, response->disposition);
	if (response->communication_request_n && !t->about->questions) {
		add_words(&out, text_lit("The payer wants to know more before it decides."));
		add_questions(t, &out);
	}
	if (t->partial_period) {
		add_words(&out, t->said.effective_date.n ? text_lit("In force from") : text_lit("In force until"));
		add_words(&out, t->said.effective_date.n ? t->said.effective_date : t->said.expiration_date);
		buffer_add_char(&out, '.');
	}
	return out.n ? cut(t, make_written(&t->make, &out)) : TEXT_NONE;
}

/* -- parts -- */

static struct date_or_time *day(struct telling *t, struct text date)
{
	struct date_or_time *out = make_new(&t->make, struct date_or_time);

	out->date = date;
	return out;
}

static struct authorization_period *period_of(struct telling *t)
{
	struct authorization_period *out;

	if (!t->said.effective_date.n || !t->said.expiration_date.n)
		return NULL;
	out = make_new(&t->make, struct authorization_period);
	out->effective_date = day(t, t->said.effective_date);
	out->expiration_date = day(t, t->said.expiration_date);
	return out;
}

/* PAS has no electronic appeal (2.2.1): how to appeal, the payer's own words say. */
static struct pa_appeal *appeal_of(struct telling *t)
{
	struct pa_appeal *out = make_new(&t->make, struct pa_appeal);

	out->is_e_appeal_supported = text_lit("N");
	return out;
}

static bool is_nci(struct text code)
{
	return code.n > 2 && code.at[0] == 'C' && code.at[1] >= '0' && code.at[1] <= '9';
}

/* The amount that is authorized instead; its unit is the order's where the payer says none of NCI's. */
static void add_details(struct telling *t, struct authorization_detail **details, size_t *n)
{
	const struct pa_common *common = ncpdp_pa_common(t->request);

	for (size_t i = 0; i < t->response->add_item_n && *n < DETAILS_MAX; i++) {
		const struct fhir_quantity *from = t->response->add_item[i].quantity;
		struct authorization_detail *to;

		if (!from || !decimal_is(from->value) || from->value.n > VALUE_MAX)
			continue;
		to = make_item(&t->make, (void **)details, n, sizeof(*to));
		to->quantity = make_new(&t->make, struct quantity);
		to->quantity->value = from->value;
		to->quantity->code_list_qualifier = text_lit(AS_ORDERED);
		to->quantity->unit = make_new(&t->make, struct nci_code);
		to->quantity->unit->code = is_nci(from->unit) ? from->unit : is_nci(from->code) ? from->code : common->medication_prescribed->quantity->unit->code;
	}
}

static struct text reference_of(struct telling *t)
{
	struct text number = t->response->identifier_n ? t->response->identifier[0].value : TEXT_NONE;

	return number.n && text_characters(number) <= REFERENCE_MAX ? number : TEXT_NONE;
}

/* The insurer's first telephone of ten digits. */
static struct contact_numbers *contact_of(struct telling *t)
{
	const struct fhir_entry *entry = fhir_find(t->bundle, t->response->insurer);
	const struct fhir_organization *insurer = entry ? entry->resource->organization : NULL;

	for (size_t i = 0; insurer && i < insurer->telecom_n; i++) {
		struct text value = insurer->telecom[i].value;
		struct contact_numbers *out;
		int64_t digits;

		if (!text_is(insurer->telecom[i].system, "phone") || value.n != PHONE_DIGITS || !text_to_int(value, &digits) || value.at[0] < '0' || value.at[0] > '9')
			continue;
		out = make_new(&t->make, struct contact_numbers);
		out->primary_telephone = make_new(&t->make, struct telephone);
		out->primary_telephone->number = value;
		return out;
	}
	return NULL;
}

/* -- PAResponse -- */

static void approved(struct telling *t, struct pa_response_status *to)
{
	struct pa_approved *out = to->approved = make_new(&t->make, struct pa_approved);

	*out = (struct pa_approved){ .pa_case_id = t->about->case_id, .authorization_number = t->number, .authorization_period = t->period,
		.appeal = appeal_of(t), .pa_note = t->note };
}

static void partially_denied(struct telling *t, struct pa_response_status *to)
{
	struct pa_partially_denied *out = to->partially_denied = make_new(&t->make, struct pa_partially_denied);

	*out = (struct pa_partially_denied){ .pa_case_id = t->about->case_id, .authorization_number = t->number, .authorization_period = t->period,
		.appeal = appeal_of(t), .pa_note = t->note };
	add_details(t, &out->authorization_details, &out->authorization_details_n);
}

static void denied(struct telling *t, struct pa_response_status *to)
{
	struct pa_denied *out = to->denied = make_new(&t->make, struct pa_denied);

	*out = (struct pa_denied){ .pa_case_id = t->about->case_id, .appeal = appeal_of(t), .pa_note = t->note };
}

static struct date_or_time *deadline_of(struct telling *t)
{
	enum { DAY_CHARACTERS = 10 };
	struct text deadline = t->about->questions->deadline;
	struct date_or_time *out = make_new(&t->make, struct date_or_time);

	if (deadline.n > DAY_CHARACTERS)
		out->date_time = deadline;
	else
		out->date = deadline;
	return out;
}

static void pended(struct telling *t, struct pa_response_status *to)
{
	const struct question_form *questions = t->about->questions;

	if (!questions) {
		to->in_process = make_new(&t->make, struct pa_in_process);
		*to->in_process = (struct pa_in_process){ .pa_case_id = t->about->case_id, .pa_note = t->note };
		return;
	}
	to->open = make_new(&t->make, struct pa_more_information);
	*to->open = (struct pa_more_information){ .pa_case_id = t->about->case_id, .pa_note = t->note };
	to->open->more_information_required = make_new(&t->make, struct question_set_response);
	*to->open->more_information_required = (struct question_set_response){ .header = (struct question_set_header *)questions->header,
		.questions = (struct question *)questions->questions, .questions_n = questions->n, .deadline_for_reply = deadline_of(t) };
}

static void closed(struct telling *t, struct pa_response_status *to)
{
	struct pa_closed *out = to->closed = make_new(&t->make, struct pa_closed);

	*out = (struct pa_closed){ .pa_case_id = t->about->case_id, .authorization_number = t->number, .authorization_period = t->period, .pa_note = t->note };
	*make_push(&t->make, out->reason_codes, out->reason_codes_n) = t->closed;
	add_details(t, &out->authorization_details, &out->authorization_details_n);
}

/* What each action is; CH: closed by the payer. */
static const struct telling_row {
	const char *action;
	void (*tell)(struct telling *t, struct pa_response_status *to);
	const char *initiation; /* reason for which an initiation is closed with it; NULL: it is pended */
} rows[] = {
	{ "A1", approved, "CF" },
	{ "A2", partially_denied, "CF" },
	{ "A6", partially_denied, "CF" },
	{ "A3", denied, "CY" },
	{ "A4", pended, NULL },
	{ "C", closed, "CH" },
};

static const struct telling_row *row_of(struct text action)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (text_is(action, rows[i].action))
			return &rows[i];
	return NULL;
}

static void tell_request(struct telling *t, struct pa_answer *out)
{
	const struct telling_row *row = row_of(t->said.action);

	out->reference_number = reference_of(t);
	out->payer_contact = contact_of(t);
	out->response_status = make_new(&t->make, struct pa_response_status);
	if (t->closed.n || text_is(t->said.action, "C")) {
		t->closed = t->closed.n ? t->closed : text_lit("CH");
		closed(t, out->response_status);
	} else {
		assert(row); /* fhir_response_read knows no other */
		row->tell(t, out->response_status);
	}
}

/* -- PAInitiationResponse -- */

static void tell_questions(struct telling *t, struct pa_initiation_status *to)
{
	const struct question_form *questions = t->about->questions;

	to->open = make_new(&t->make, struct pa_open);
	*to->open = (struct pa_open){ .pa_case_id = t->about->case_id, .deadline_for_reply = deadline_of(t), .pa_note = t->note };
	to->open->question_set = make_new(&t->make, struct question_set);
	*to->open->question_set = (struct question_set){ .header = (struct question_set_header *)questions->header,
		.questions = (struct question *)questions->questions, .questions_n = questions->n };
}

/* False when it is only pended: SCRIPT has no word for that yet. */
static bool tell_initiation(struct telling *t, struct pa_initiation_answer *out)
{
	const struct telling_row *row = row_of(t->said.action);
	struct pa_initiation_closed *closing;

	out->reference_number = reference_of(t);
	out->payer_contact = contact_of(t);
	out->response_status = make_new(&t->make, struct pa_initiation_status);
	if (!t->closed.n && !row->initiation) {
		if (t->about->questions)
			tell_questions(t, out->response_status);
		return t->about->questions;
	}
	closing = out->response_status->closed = make_new(&t->make, struct pa_initiation_closed);
	*closing = (struct pa_initiation_closed){ .pa_case_id = t->about->case_id, .authorization_number = t->number, .authorization_period = t->period,
		.pa_note = t->note };
	*make_push(&t->make, closing->reason_codes, closing->reason_codes_n) =
		!t->closed.n ? text_of(row->initiation) : text_is(t->closed, "CM") ? text_lit("BY") : t->closed;
	add_details(t, &closing->authorization_details, &closing->authorization_details_n);
	return true;
}

/* -- PACancelResponse -- */

/* False when it is only pended. */
static bool tell_cancel(struct telling *t, struct pa_cancel_answer *out)
{
	if (text_is(t->said.action, "A4"))
		return false;
	out->reference_number = reference_of(t);
	out->pa_case_id = t->about->case_id;
	out->payer_contact = contact_of(t);
	out->response_status = make_new(&t->make, struct pa_cancel_status);
	if (text_is(t->said.action, "C")) {
		out->response_status->approved = make_new(&t->make, struct pa_cancel_approved);
		out->response_status->approved->pa_note = t->note;
		return true;
	}
	out->response_status->denied = make_new(&t->make, struct pa_cancel_denied);
	/* it was decided, or was not to be found */
	out->response_status->denied->reason_code = t->said.action.n ? text_lit("CB") : text_is(t->closed, "CD") ? text_lit("BZ") : text_lit("BY");
	out->response_status->denied->pa_note = t->note;
	return true;
}

/* -- all of it -- */

static enum map_fate fate(void *context, struct text path, const struct field *field, const void *item, const void *in)
{
	struct telling *t = context;

	(void)field;
	if (text_is(path, "ClaimResponse.identifier"))
		return item == &t->response->identifier[0] && reference_of(t).n ? MAP_CARRIED : MAP_NOT_CARRIED;
	if (text_is(path, "ClaimResponse.addItem.quantity"))
		return in >= (const void *)(t->response->add_item + DETAILS_MAX) ? MAP_NOT_CARRIED : MAP_BY_ROW;
	return MAP_BY_ROW;
}

/* A number that SCRIPT has no room for is not cut short. */
static struct text number_of(struct telling *t)
{
	if (text_characters(t->said.number.n ? t->said.number : text_lit("")) <= NUMBER_MAX)
		return t->said.number;
	loss_once(t->loss, &t->make, text_lit("ClaimResponse.item.adjudication.extension(extension-reviewAction).extension(number)"));
	return TEXT_NONE;
}

static bool find_said(struct telling *t, struct fault *fault)
{
	for (size_t i = 0; i < t->bundle->entry_n && !t->response; i++)
		t->response = t->bundle->entry[i].resource->claim_response;
	if (!t->response)
		return fault_set(fault, FAULT_PEER_ANSWER, "ClaimResponse");
	t->closed = text_is(t->response->outcome, "error") ? why_error(t->response) : why_undecided(t->response);
	return t->closed.n || fhir_response_read(t->bundle, t->make.arena, &t->said, fault);
}

static void lose(struct telling *t)
{
	const struct map_judge judge = { fate, t };
	struct fhir_resource only = { .claim_response = (struct fhir_claim_response *)t->response };

	map_losses(&map_to_script, &fhir_resource_record, &only, TEXT_NONE, '.', &judge, &t->make, t->loss);
}

bool fhir_response_script(const struct fhir_bundle *answer, const struct script_message *request, const struct response_about *about, struct arena *arena,
	struct script_message **out, struct loss *loss, struct fault *fault)
{
	struct telling t = { .bundle = answer, .request = request, .about = about, .loss = loss };
	const struct script_body *asked = request->body;
	bool told = true, good;

	*out = NULL;
	if (!asked->pa_initiation_request && !asked->pa_request && !asked->pa_cancel_request)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body");
	make_init(&t.make, arena);
	good = find_said(&t, fault);
	*out = good ? ncpdp_script_answer(request, about->reply_id, about->wall_ms, arena) : NULL;
	if (*out) {
		t.period = period_of(&t);
		t.partial_period = !t.period && (t.said.effective_date.n || t.said.expiration_date.n);
		t.note = note_of(&t);
		t.number = number_of(&t);
		if (asked->pa_request)
			tell_request(&t, (*out)->body->pa_response->response = make_new(&t.make, struct pa_answer));
		else if (asked->pa_cancel_request)
			told = tell_cancel(&t, (*out)->body->pa_cancel_response->response = make_new(&t.make, struct pa_cancel_answer));
		else
			told = tell_initiation(&t, (*out)->body->pa_initiation_response->response = make_new(&t.make, struct pa_initiation_answer));
		lose(&t);
	}
	if (!make_done(&t.make) || (good && !*out))
		return fault_set(fault, FAULT_TOO_LARGE, "ClaimResponse");
	*out = good && told ? *out : NULL;
	return good;
}
