/* SPDX-License-Identifier: Apache-2.0 */
/* What the rest of the gateway needs to know of a message, wherever the standard has put it. */
#include "ncpdp/outcome.h"

enum { NDC_DIGITS = 11 };

/* RxNorm names that say which product, as code qualifiers of both standards. */
#define RXNORM "SCD SBD GPK BPK"

const struct pa_common *ncpdp_pa_common(const struct script_message *script)
{
	const struct script_body *body = script ? script->body : NULL;
	const void *message = NULL;

	if (!body)
		return NULL;
	if (body->pa_initiation_request)
		message = body->pa_initiation_request;
	else if (body->pa_initiation_response)
		message = body->pa_initiation_response;
	else if (body->pa_request)
		message = body->pa_request;
	else if (body->pa_response)
		message = body->pa_response;
	else if (body->pa_appeal_request)
		message = body->pa_appeal_request;
	else if (body->pa_appeal_response)
		message = body->pa_appeal_response;
	else if (body->pa_cancel_request)
		message = body->pa_cancel_request;
	return message; /* all of them begin like struct pa_common (records.c) */
}

/* -- the drug -- */

static void script_drug(const struct medication *medication, struct ncpdp_drug *out)
{
	const struct drug_coded *coded = medication->drug_coded;
	const struct quantity *quantity = medication->quantity;

	out->description = medication->drug_description;
	out->days_supply = medication->days_supply;
	if (quantity) {
		out->quantity = quantity->value;
		out->quantity_unit = quantity->unit ? quantity->unit->code : TEXT_NONE;
	}
	if (coded && coded->product_code && text_is(coded->product_code->qualifier, "ND"))
		out->ndc = coded->product_code->code;
	if (coded && coded->drug_db_code && text_in_list(coded->drug_db_code->qualifier, RXNORM))
		out->rxcui = coded->drug_db_code->code;
}

static void rtpb_codes(const struct rtpb_drug *drug, struct ncpdp_drug *out)
{
	if (!drug)
		return;
	out->ndc = drug->ndc;
	if (drug->product_code && text_in_list(drug->product_code->qualifier, RXNORM))
		out->rxcui = drug->product_code->code;
}

static void rtpb_drug(const struct rtpb_body *body, struct ncpdp_drug *out)
{
	const struct rtpb_product *product = NULL;
	const struct rtpb_drug *older = NULL;
	const struct rtpb_quantity *quantity = NULL;

	if (body->request && body->request->requested_product) {
		const struct requested_product *requested = body->request->requested_product;

		product = requested->product;
		older = requested->drug_coded ? requested->drug_coded : requested->non_drug_coded;
		quantity = requested->quantity;
		out->days_supply = requested->days_supply;
	} else if (body->response && body->response->response_product) {
		const struct response_product *answered = body->response->response_product;

		product = answered->product;
		older = answered->drug_coded ? answered->drug_coded : answered->non_drug_coded;
		quantity = answered->quantity;
		out->description = answered->drug_description;
	}
	rtpb_codes(product ? (product->drug_coded ? product->drug_coded : product->non_drug_coded) : older, out);
	if (quantity) {
		out->quantity = quantity->value;
		out->quantity_unit = quantity->unit ? quantity->unit->code : TEXT_NONE;
	}
}

void ncpdp_drug(const struct ncpdp_message *message, struct ncpdp_drug *out)
{
	const struct pa_common *common = ncpdp_pa_common(message->script);

	*out = (struct ncpdp_drug){ 0 };
	if (common && common->medication_prescribed)
		script_drug(common->medication_prescribed, out);
	if (message->rtpb && message->rtpb->body)
		rtpb_drug(message->rtpb->body, out);
	if (out->ndc.n != NDC_DIGITS)
		out->ndc = TEXT_NONE;
}

/* -- the coverage -- */

/* The one that pays first; the first in order when none says so. */
static const struct benefits_coordination *primary(const struct pa_common *common)
{
	for (size_t i = 0; i < common->benefits_coordination_n; i++)
		if (text_is(common->benefits_coordination[i].payer_responsibility_code, "P"))
			return &common->benefits_coordination[i];
	return common->benefits_coordination_n ? &common->benefits_coordination[0] : NULL;
}

static void script_coverage(const struct pa_common *common, struct ncpdp_coverage *out)
{
	const struct benefits_coordination *from = primary(common);

	if (!from)
		return;
	out->group = from->group_id;
	out->cardholder_id = text_there(from->cardholder_id) ? from->cardholder_id : from->pbm_member_id;
	out->person_code = from->person_code;
	out->payer_type = from->payer_type;
	if (from->payer_identification) {
		out->bin = from->payer_identification->iin_number;
		out->pcn = from->payer_identification->processor_identification_number;
		out->payer_id = from->payer_identification->payer_id;
	}
}

static void rtpb_level(const struct rtpb_identification *level, struct ncpdp_coverage *out)
{
	if (!level)
		return;
	if (text_is(level->qualifier, "IIN"))
		out->bin = level->identification;
	else if (text_is(level->qualifier, "PCN"))
		out->pcn = level->identification;
	else if (text_is(level->qualifier, "PY"))
		out->payer_id = level->identification;
}

/* BIN and PCN are the payer's ids in the head: To of a request, From of a response. */
static void rtpb_coverage(const struct rtpb_message *rtpb, struct ncpdp_coverage *out)
{
	const struct rtpb_request *request = rtpb->body ? rtpb->body->request : NULL;
	const struct rtpb_party *payer = rtpb->header ? (request ? rtpb->header->to : rtpb->header->from) : NULL;

	if (payer) {
		rtpb_level(payer->primary, out);
		rtpb_level(payer->secondary, out);
		rtpb_level(payer->tertiary, out);
	}
	if (request && request->benefits_coordination) {
		const struct rtpb_benefits *from = request->benefits_coordination;

		out->group = from->group_id;
		out->cardholder_id = text_there(from->cardholder_id) ? from->cardholder_id : from->pbm_member_id;
		out->person_code = from->person_code;
	}
}

void ncpdp_coverage(const struct ncpdp_message *message, struct ncpdp_coverage *out)
{
	const struct pa_common *common = ncpdp_pa_common(message->script);

	*out = (struct ncpdp_coverage){ 0 };
	if (common)
		script_coverage(common, out);
	if (message->rtpb)
		rtpb_coverage(message->rtpb, out);
}

/* -- the case -- */

enum { KEY_MAX = 35 }; /* characters, SCRIPT an1..35 */

static struct text peeked(struct text raw, const char *element)
{
	struct text key = text_trim(xml_peek(raw, element, (size_t)KEY_MAX * 4));

	return key.n && text_characters(key) <= KEY_MAX ? key : TEXT_NONE;
}

static void keys_of_request(const struct script_body *body, struct ncpdp_keys *out)
{
	if (body->pa_request && body->pa_request->request->solicited) {
		out->pa_case_id = body->pa_request->request->solicited->pa_case_id;
	} else if (body->pa_appeal_request) {
		out->pa_case_id = body->pa_appeal_request->request->pa_case_id;
		out->appeal_case_id = body->pa_appeal_request->request->appeal_case_id;
	} else if (body->pa_cancel_request) {
		out->pa_case_id = body->pa_cancel_request->request->pa_case_id;
	} else if (text_there(body->pa_notification)) {
		out->pa_reference_id = peeked(body->pa_notification, "PAReferenceID");
		out->pa_case_id = peeked(body->pa_notification, "PACaseID");
		out->appeal_case_id = peeked(body->pa_notification, "AppealCaseID");
	}
}

void ncpdp_keys(const struct ncpdp_message *message, struct ncpdp_keys *out)
{
	const struct script_message *script = message->script;
	const struct pa_common *common = ncpdp_pa_common(script);
	struct ncpdp_outcome outcome;

	*out = (struct ncpdp_keys){ 0 };
	if (!script)
		return;
	out->relates_to = script->header ? script->header->relates_to_message_id : TEXT_NONE;
	if (common)
		out->pa_reference_id = common->pa_reference_id;
	if (ncpdp_outcome(message, &outcome)) {
		out->pa_reference_id = outcome.pa_reference_id;
		out->pa_case_id = outcome.pa_case_id;
		out->appeal_case_id = outcome.appeal_case_id;
	} else if (script->body) {
		keys_of_request(script->body, out);
	}
}
