/* SPDX-License-Identifier: Apache-2.0 */
/* A payer's ClaimResponse read back as one decision, which is only passed on when it says what the law asks it to say. */
#include "fhir-bridge/fhir.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"

#define RESPONSE "Bundle.entry.resource.ofType(ClaimResponse)"

/* X12 306 codes we know, the one that speaks for the whole claim first when items differ. */
static const struct {
	const char *code;
	bool needs_reason; /* 42 CFR 438.210(c), 422.122(a): also for a part that is denied */
} actions[] = {
	{ "A4", false }, /* nothing is final while one item waits */
	{ "A2", true },
	{ "A6", true },
	{ "A3", true },
	{ "A1", false },
	{ "C", false },
};
enum { ACTIONS = sizeof(actions) / sizeof(*actions), ACTION_NONE = -1 };
enum { NOTE_LIST_MAX = 1000 }; /* bytes; 100 notes are named in 400. Each note is looked for in the list of each item */
enum { ACTION_PARTLY = 1, ACTION_DENIED = 3, ACTION_APPROVED = 4 };

struct reading {
	const struct fhir_claim_response *response;
	struct arena *arena;
	struct fhir_decision *out;
	int action; /* index into actions */
};

static int action_of(struct text code)
{
	for (int i = 0; i < ACTIONS; i++)
		if (text_is(code, actions[i].code))
			return i;
	return ACTION_NONE;
}

/* An item that is approved beside one that is denied makes the whole a partial approval. */
static int together(int one, int other)
{
	if ((one == ACTION_DENIED && other == ACTION_APPROVED) || (one == ACTION_APPROVED && other == ACTION_DENIED))
		return ACTION_PARTLY;
	return one == ACTION_NONE || (other != ACTION_NONE && other < one) ? other : one;
}

/* True when the JSON array of numbers `list` holds `number`. */
static bool list_holds(struct text list, struct text number)
{
	while (text_there(list) && list.n <= NOTE_LIST_MAX) {
		struct text item = text_trim(text_cut(&list, ','));

		while (item.n && (item.at[0] == '[' || item.at[0] == ' ' || item.at[0] == '\n'))
			item.at++, item.n--;
		while (item.n && (item.at[item.n - 1] == ']' || item.at[item.n - 1] == ' ' || item.at[item.n - 1] == '\n'))
			item.n--;
		if (item.n && text_equal(item, number))
			return true;
	}
	return false;
}

static struct text linked_note(const struct reading *reading, struct text numbers)
{
	for (size_t i = 0; text_there(numbers) && i < reading->response->process_note_n; i++)
		if (list_holds(numbers, reading->response->process_note[i].number))
			return reading->response->process_note[i].text;
	return TEXT_NONE;
}

/* What a reasonCode says in words: a bare code of a licensed list is not a reason a person can read. */
static struct text reason_words(const struct fhir_extension *review)
{
	for (size_t i = 0; i < review->extension_n; i++) {
		const struct fhir_extension *part = &review->extension[i];

		if (!text_is(part->url, "reasonCode") || !part->concept)
			continue;
		if (text_there(part->concept->text))
			return part->concept->text;
		for (size_t k = 0; k < part->concept->coding_n; k++)
			if (text_there(part->concept->coding[k].display))
				return part->concept->coding[k].display;
	}
	return TEXT_NONE;
}

static struct text first_of(struct text a, struct text b)
{
	return text_there(a) ? a : b;
}

static struct text day(struct text moment)
{
	return moment.n > 10 ? (struct text){ moment.at, 10 } : moment;
}

static bool read_review(struct reading *reading, const struct fhir_extension *review, struct text linked, struct fault *fault)
{
	const struct fhir_extension *code, *number;
	int action;

	code = fhir_extension(review->extension, review->extension_n, PAS "extension-reviewActionCode");
	number = fhir_extension(review->extension, review->extension_n, "number");
	action = action_of(code ? fhir_code(code->concept, X12("306")) : TEXT_NONE);
	if (action == ACTION_NONE)
		return fault_set(fault, FAULT_PEER_ANSWER, RESPONSE ".item.adjudication.extension(reviewAction)");
	reading->action = together(reading->action, action);
	if (number) {
		reading->out->preauth_ref = first_of(reading->out->preauth_ref, number->string);
		reading->out->number = first_of(reading->out->number, number->string);
	}
	if (!actions[action].needs_reason)
		return true;
	reading->out->reason = first_of(reading->out->reason, first_of(linked, reason_words(review)));
	return true;
}

static bool read_item(struct reading *reading, const struct fhir_response_item *item, struct fault *fault)
{
	struct text linked = linked_note(reading, item->note_number);
	const struct fhir_extension *period, *reference;

	period = fhir_extension(item->extension, item->extension_n, PAS "extension-itemPreAuthPeriod");
	reference = fhir_extension(item->extension, item->extension_n, PAS "extension-administrationReferenceNumber");
	if (period && period->period) {
		reading->out->effective_date = first_of(reading->out->effective_date, day(period->period->start));
		reading->out->expiration_date = first_of(reading->out->expiration_date, day(period->period->end));
	}
	for (size_t i = 0; i < item->adjudication_n; i++) {
		const struct fhir_adjudication *adjudication = &item->adjudication[i];
		const struct fhir_extension *review =
			fhir_extension(adjudication->extension, adjudication->extension_n, PAS "extension-reviewAction");

		if (review && !read_review(reading, review, linked, fault))
			return false;
	}
	if (reference)
		reading->out->preauth_ref = first_of(reading->out->preauth_ref, reference->string);
	return true;
}

/* Notes that no item points to are for the prescriber, apart from the reason. */
static struct text free_notes(const struct reading *reading)
{
	const struct fhir_claim_response *response = reading->response;
	struct buffer words;

	buffer_init(&words, reading->arena, 64);
	for (size_t i = 0; i < response->process_note_n; i++) {
		bool linked = false;

		for (size_t k = 0; k < response->item_n; k++)
			linked |= text_there(response->process_note[i].number) &&
				  list_holds(response->item[k].note_number, response->process_note[i].number);
		if (linked && text_there(reading->out->reason))
			continue;
		if (words.n)
			buffer_lit(&words, " ");
		buffer_add(&words, response->process_note[i].text);
	}
	return words.n ? buffer_text(&words) : TEXT_NONE;
}

bool fhir_response_read(const struct fhir_bundle *response, struct arena *arena, struct fhir_decision *out, struct fault *fault)
{
	struct reading reading = { .arena = arena, .out = out, .action = ACTION_NONE };
	const struct fhir_extension *reference;

	*out = (struct fhir_decision){ 0 };
	for (size_t i = 0; i < response->entry_n && !reading.response; i++)
		reading.response = response->entry[i].resource->claim_response;
	if (!reading.response)
		return fault_set(fault, FAULT_PEER_ANSWER, RESPONSE);
	if (text_is(reading.response->outcome, "error"))
		return fault_set(fault, FAULT_PEER_ANSWER, RESPONSE ".error");
	for (size_t i = 0; i < reading.response->item_n; i++)
		if (!read_item(&reading, &reading.response->item[i], fault))
			return false;
	if (reading.action == ACTION_NONE)
		return fault_set(fault, FAULT_PEER_ANSWER, RESPONSE ".item.adjudication");
	out->action = text_of(actions[reading.action].code);
	if (actions[reading.action].needs_reason && !text_trim(out->reason).n)
		return fault_set(fault, FAULT_NO_REASON, RESPONSE ".processNote");
	if (reading.response->pre_auth_period) {
		out->effective_date = first_of(out->effective_date, day(reading.response->pre_auth_period->start));
		out->expiration_date = first_of(out->expiration_date, day(reading.response->pre_auth_period->end));
	}
	reference = fhir_extension(reading.response->extension, reading.response->extension_n, PAS "extension-administrationReferenceNumber");
	out->preauth_ref = first_of(out->preauth_ref, reference ? reference->string : TEXT_NONE); /* 2.0.1 */
	out->preauth_ref = first_of(out->preauth_ref, reading.response->pre_auth_ref);
	out->number = first_of(out->number, reading.response->pre_auth_ref);
	out->note = free_notes(&reading);
	return true;
}
