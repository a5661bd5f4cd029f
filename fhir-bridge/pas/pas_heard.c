/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer's PAS answer means for the case it is about, and whether it is about that case at all. */
#include "fhir-bridge/pas/pas_ask.h"

#include "base/crypto.h"
#include "fhir-bridge/fhir.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"

enum { NUMBER_MOST = 35 /* bytes of a case's number, as cases keep it */ };

static const struct fhir_claim_response *response_of(const struct fhir_bundle *answer)
{
	for (size_t i = 0; i < answer->entry_n; i++)
		if (answer->entry[i].resource->claim_response)
			return answer->entry[i].resource->claim_response;
	return NULL;
}

/* -- about whom -- */

static const struct fhir_patient *patient_of(const struct fhir_bundle *bundle, const struct fhir_reference *reference)
{
	const struct fhir_entry *entry = fhir_find(bundle, reference);

	return entry ? entry->resource->patient : NULL;
}

/* Both say who it is, and nothing of it agrees. */
static bool other_patient(const struct fhir_patient *one, const struct fhir_patient *two)
{
	if (!one || !two || !one->identifier_n || !two->identifier_n)
		return false;
	for (size_t i = 0; i < one->identifier_n; i++)
		for (size_t k = 0; k < two->identifier_n; k++)
			if (text_equal(one->identifier[i].value, two->identifier[k].value))
				return false;
	return true;
}

static bool has_identifier(const struct fhir_claim *claim, const struct fhir_identifier *identifier)
{
	for (size_t i = 0; i < claim->identifier_n; i++)
		if (text_equal(claim->identifier[i].value, identifier->value))
			return true;
	return false;
}

/* A payer may give the Claim an address of its own; a UUID is one that we gave, or another Claim's. */
static bool other_claim(const struct fhir_entry *claim, const struct fhir_reference *request)
{
	if (!request)
		return false;
	if (request->identifier && request->identifier->value.n)
		return !has_identifier(claim->resource->claim, request->identifier);
	return text_starts(request->reference, "urn:uuid:") && !text_equal(fhir_unversioned(request->reference), claim->full_url);
}

bool pas_is_about(const struct fhir_bundle *request, const struct fhir_bundle *answer)
{
	const struct fhir_claim_response *response = response_of(answer);
	const struct fhir_claim *claim = request->entry_n ? request->entry[0].resource->claim : NULL;

	return response && claim && !other_claim(&request->entry[0], response->request) &&
		!other_patient(patient_of(request, claim->patient), patient_of(answer, response->patient));
}

/* -- what -- */

static const struct {
	const char *action, *outcome; /* X12 306 */
} outcomes[] = {
	{ "A1", "APPROVED" },
	{ "A2", "PARTIALLY_DENIED" },
	{ "A3", "DENIED" },
	{ "A4", "IN_PROCESS" },
	{ "A6", "PARTIALLY_DENIED" },
	{ "C", "CANCELLED" },
};

static const char *outcome_of(struct text action)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++)
		if (text_is(action, outcomes[i].action))
			return outcomes[i].outcome;
	return NULL;
}

static struct text number_in(const struct fhir_extension *extensions, size_t n)
{
	const struct fhir_extension *number = fhir_extension(extensions, n, PAS "extension-administrationReferenceNumber");

	return number && number->string.n && number->string.n <= NUMBER_MOST ? number->string : TEXT_NONE;
}

static struct text number_of(const struct fhir_claim_response *response)
{
	struct text number = number_in(response->extension, response->extension_n);

	for (size_t i = 0; i < response->item_n && !text_there(number); i++)
		number = number_in(response->item[i].extension, response->item[i].extension_n);
	return number;
}

static struct text action_of(const struct fhir_response_item *item)
{
	const struct fhir_extension *review, *code;

	for (size_t i = 0; i < item->adjudication_n; i++) {
		review = fhir_extension(item->adjudication[i].extension, item->adjudication[i].extension_n, PAS "extension-reviewAction");
		code = review ? fhir_extension(review->extension, review->extension_n, PAS "extension-reviewActionCode") : NULL;
		if (code)
			return fhir_code(code->concept, X12("306"));
	}
	return TEXT_NONE;
}

/* Every item says that nothing is decided here: no authorization is needed, or the payer wants to be called. */
static bool undecided(const struct fhir_claim_response *response)
{
	for (size_t i = 0; i < response->item_n; i++)
		if (!text_in_list(action_of(&response->item[i]), "NA CT"))
			return false;
	return response->item_n > 0;
}

bool pas_heard_of(const struct fhir_bundle *answer, bool cancel, struct arena *arena, struct pas_heard *out, struct fault *fault)
{
	const struct fhir_claim_response *response = response_of(answer);
	struct fhir_decision said;

	*out = (struct pas_heard){ .outcome = NULL };
	if (!response)
		return fault_set(fault, FAULT_PEER_ANSWER, "ClaimResponse");
	out->number = number_of(response);
	if (text_is(response->outcome, "error") || undecided(response)) {
		out->outcome = cancel ? "CANCEL_REFUSED" : "CLOSED";
		out->action = response->item_n ? action_of(&response->item[0]) : TEXT_NONE;
		return true;
	}
	if (!fhir_response_read(answer, arena, &said, fault)) {
		out->outcome = "DENIED"; /* NO_REASON; else it is not looked at */
		return false;
	}
	out->outcome = outcome_of(said.action);
	out->reason = said.reason;
	if (!out->outcome)
		return fault_set(fault, FAULT_PEER_ANSWER, "ClaimResponse.item.adjudication");
	if (cancel && !text_is(said.action, "C") && !text_is(said.action, "A4"))
		out->outcome = "CANCEL_REFUSED";
	else if (!cancel && text_is(said.action, "C"))
		out->outcome = "CLOSED"; /* it took the whole request back by itself */
	return true;
}

/* -- names -- */

struct text pas_claim_key(struct text full_url, struct arena *arena)
{
	unsigned char hash[SHA256_BYTES];
	struct buffer name;

	crypto_sha256(fhir_unversioned(full_url), hash);
	buffer_init(&name, arena, NUMBER_MOST + 1);
	buffer_add_char(&name, 'U');
	buffer_add(&name, crypto_hex(hash, (NUMBER_MOST - 1) / 2, arena));
	return buffer_text(&name);
}

/* -- refusals -- */

enum { WORDS_MOST = 300 };

static void add_plain(struct buffer *out, struct text words)
{
	for (size_t i = 0; i < words.n && out->n < WORDS_MOST; i++)
		buffer_add_char(out, (unsigned char)words.at[i] < ' ' ? ' ' : words.at[i]);
}

struct text pas_refusal_words(struct text body, struct arena *arena)
{
	struct fhir_document document = { 0 };
	const struct fhir_outcome_issue *issue;
	struct buffer out;
	struct fault fault;

	if (!json_read(&fhir_document_record, &document, body, arena, NULL, &fault) || !document.operation_outcome ||
		!document.operation_outcome->issue_n)
		return TEXT_NONE;
	issue = &document.operation_outcome->issue[0];
	buffer_init(&out, arena, WORDS_MOST + 4);
	add_plain(&out, issue->code);
	if (issue->expression_n) {
		buffer_lit(&out, " at ");
		add_plain(&out, issue->expression[0]);
	}
	if (issue->details && issue->details->text.n) {
		buffer_lit(&out, ": ");
		add_plain(&out, issue->details->text);
	} else if (issue->diagnostics.n) {
		buffer_lit(&out, ": ");
		add_plain(&out, issue->diagnostics);
	}
	/* not in the middle of a character */
	while (out.n > WORDS_MOST || (out.n && !text_utf8((struct text){ out.at, out.n })))
		out.n--;
	return buffer_text(&out);
}
