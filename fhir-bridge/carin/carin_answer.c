/* SPDX-License-Identifier: Apache-2.0 */
/* An RTPBResponse as the message that a CARIN benefit check is answered with: the drug and pharmacy that were asked about are the item, whatever else
   has a price is an addItem. */
#include "fhir-bridge/carin/carin_parts.h"

#include "fhir-bridge/fhir.h"
#include "ncpdp/decimal.h"

#include <stdio.h>

#define SYSTEM_REJECT "http://terminology.hl7.org/CodeSystem/NCPDPRejectCode"

/* -- pharmacies -- */

static bool has_identifier(const struct fhir_organization *organization, const char *system, struct text value)
{
	for (size_t i = 0; value.n && i < organization->identifier_n; i++)
		if (text_is(organization->identifier[i].system, system) && text_equal(organization->identifier[i].value, value))
			return true;
	return false;
}

static bool is_asked_pharmacy(const struct carin_making *a, const struct rtpb_pharmacy *pharmacy)
{
	const struct rtpb_pharmacy_id *id = pharmacy ? pharmacy->identification : NULL;

	if (!id)
		return !pharmacy; /* no pharmacy is named: the one that was asked about */
	return has_identifier(a->request->pharmacy, SYSTEM_NPI, id->npi) || has_identifier(a->request->pharmacy, SYSTEM_NCPDP_ID, id->ncpdp_id);
}

static bool same_pharmacy(const struct rtpb_pharmacy *a, const struct rtpb_pharmacy *b)
{
	const struct rtpb_pharmacy_id *x = a->identification, *y = b->identification;

	return (text_there(x->npi) && text_equal(x->npi, y->npi)) || (text_there(x->ncpdp_id) && text_equal(x->ncpdp_id, y->ncpdp_id));
}

static void fill_pharmacy(struct make *make, const struct rtpb_pharmacy *from, struct fhir_organization *out)
{
	struct fhir_concept *type = make_push(make, out->type, out->type_n);

	out->meta = make_meta(make, CARIN_PROFILE("rtpbc-pharmacy-organization"));
	make_identifier(make, &out->identifier, &out->identifier_n, SYSTEM_NPI, from->identification->npi);
	make_identifier(make, &out->identifier, &out->identifier_n, SYSTEM_NCPDP_ID, from->identification->ncpdp_id);
	out->active = true;
	if (from->pharmacy_type.n)
		make_coding(make, type, SYSTEM_PHARMACY_TYPE, from->pharmacy_type, TEXT_NONE);
	else
		type->text = text_lit("pharmacy");
	out->name = from->business_name.n ? from->business_name : text_lit("pharmacy");
	if (from->primary_telephone_number.n)
		*make_push(make, out->telecom, out->telecom_n) =
			(struct fhir_contact){ .system = text_lit("phone"), .value = from->primary_telephone_number };
	if (from->address) {
		struct fhir_address *address = make_push(make, out->address, out->address_n);

		if (from->address->line1.n)
			*make_push(make, address->line, address->line_n) = from->address->line1;
		if (from->address->line2.n)
			*make_push(make, address->line, address->line_n) = from->address->line2;
		address->city = from->address->city;
		address->state = from->address->state_province;
		address->postal_code = from->address->postal_code;
		address->country = from->address->country_code;
	}
}

/* The fullUrl of the pharmacy's entry, which is made when it is first asked for; TEXT_NONE: it has no number to be called by. */
static struct text pharmacy_url(struct carin_making *a, const struct rtpb_pharmacy *pharmacy)
{
	struct make *make = &a->make;
	struct pharmacy_made *made;
	struct fhir_organization *out;
	struct fhir_resource *resource;
	char kind[32];

	if (is_asked_pharmacy(a, pharmacy)) {
		if (!a->echoed)
			*make_push(make, a->bundle->entry, a->bundle->entry_n) = *a->request->pharmacy_entry;
		a->echoed = true;
		return a->request->pharmacy_entry->full_url;
	}
	if (!pharmacy->identification || (!pharmacy->identification->npi.n && !pharmacy->identification->ncpdp_id.n))
		return TEXT_NONE;
	for (size_t i = 0; i < a->made_n; i++)
		if (same_pharmacy(a->made[i].pharmacy, pharmacy))
			return a->made[i].url;
	made = make_push(make, a->made, a->made_n);
	snprintf(kind, sizeof(kind), "Organization-%zu", a->made_n);
	out = make_new(make, struct fhir_organization);
	resource = make_entry(make, a->bundle, kind, &out->id, &made->url);
	resource->organization = out;
	made->pharmacy = pharmacy;
	fill_pharmacy(make, pharmacy, out);
	return made->url;
}

/* -- item and addItem -- */

static const struct rtpb_drug *drug_of(const struct response_product *product)
{
	if (product->product)
		return product->product->drug_coded ? product->product->drug_coded : product->product->non_drug_coded;
	return product->drug_coded ? product->drug_coded : product->non_drug_coded;
}

static struct fhir_concept *product_of(struct carin_making *a, const struct response_product *product, bool alternative)
{
	struct fhir_concept *concept;
	const struct rtpb_drug *drug = drug_of(product);
	struct text words = product->drug_description;

	if (!alternative)
		return a->request->claim->item[0].product_or_service;
	concept = make_new(&a->make, struct fhir_concept);
	if (drug && drug->ndc.n)
		make_coding(&a->make, concept, SYSTEM_NDC, drug->ndc, words.n ? words : drug->ndc);
	if (drug && drug->product_code && text_in_list(drug->product_code->qualifier, "SCD SBD GPK BPK"))
		make_coding(&a->make, concept, SYSTEM_RXNORM, drug->product_code->code, words.n ? words : drug->product_code->code);
	if (!concept->coding_n)
		concept->text = words.n ? words : text_lit("a product without a code");
	return concept;
}

static struct fhir_quantity *quantity_of(struct carin_making *a, const struct response_product *product, const struct pricing_and_coverage *pricing)
{
	const struct rtpb_quantity *said = pricing->quantity ? pricing->quantity : product->quantity;
	struct fhir_quantity *out;

	if (!said)
		return a->request->claim->item[0].quantity;
	out = make_new(&a->make, struct fhir_quantity);
	out->value = said->value;
	out->unit = carin_billing_unit(said->unit ? said->unit->code : carin_unit(a->request->claim->item[0].quantity));
	out->system = text_lit(SYSTEM_UCUM);
	out->code = out->unit;
	return out;
}

static void add_other(struct carin_making *a, const struct response_product *product, const struct rtpb_pharmacy *pharmacy,
	const struct pricing_and_coverage *pricing, bool alternative)
{
	struct fhir_add_item *item = make_push(&a->make, a->response->add_item, a->response->add_item_n);
	const struct carin_line line = { &item->extension, &item->extension_n, &item->adjudication, &item->adjudication_n, &item->note_number };
	struct text url;

	make_extension(&a->make, &item->extension, &item->extension_n, CARIN_PROFILE("rtpbc-isAlternative"))->boolean = text_lit("true");
	item->item_sequence = text_lit("[1]");
	item->product_or_service = product_of(a, product, alternative);
	item->quantity = quantity_of(a, product, pricing);
	carin_add_pricing(a, &line, pricing);
	url = pharmacy_url(a, pharmacy);
	if (text_there(url))
		make_push(&a->make, item->provider, item->provider_n)->reference = url;
}

static void add_others(struct carin_making *a, const struct response_product *product, bool alternative)
{
	for (size_t i = 0; i < product->at_pharmacies_n; i++)
		for (size_t k = 0; k < product->at_pharmacies[i].pricings_n; k++)
			if (&product->at_pharmacies[i].pricings[k] != a->asked)
				add_other(a, product, product->at_pharmacies[i].pharmacy, &product->at_pharmacies[i].pricings[k], alternative);
}

/* At the pharmacy that was asked about, for as many days as were asked about, else the first one there. */
static const struct pricing_and_coverage *find_asked(const struct carin_making *a, const struct response_product *product)
{
	const struct fhir_quantity *days = a->request->order->dispense->supply_duration;
	const struct pricing_and_coverage *first = NULL;

	for (size_t i = 0; i < product->at_pharmacies_n; i++) {
		const struct pricing_at_pharmacy *at = &product->at_pharmacies[i];

		for (size_t k = 0; is_asked_pharmacy(a, at->pharmacy) && k < at->pricings_n; k++) {
			const struct pricing_and_coverage *pricing = &at->pricings[k];

			if (days && days->value.n && pricing->days_supply.n && decimal_compare(days->value, pricing->days_supply) == 0)
				return pricing;
			first = first ? first : pricing;
		}
	}
	return first;
}

static void add_item(struct carin_making *a, const struct response_product *product)
{
	struct fhir_response_item *item = make_push(&a->make, a->response->item, a->response->item_n);
	const struct carin_line line = { &item->extension, &item->extension_n, &item->adjudication, &item->adjudication_n, &item->note_number };

	a->asked = find_asked(a, product);
	item->item_sequence = text_lit("1");
	if (a->asked) {
		carin_add_pricing(a, &line, a->asked);
		return;
	}
	carin_add_unknown_total(a, &line);
	carin_point_to_note(a, text_lit("What it costs at this pharmacy is not known."), line.notes);
}

/* -- the whole -- */

static void add_error(struct carin_making *a, const struct rtpb_not_processed *refusal)
{
	struct text words = refusal->note.n ? refusal->note : text_lit("The request could not be processed.");

	a->response->outcome = text_lit("error");
	a->response->disposition = words;
	for (size_t i = 0; i < refusal->reject_codes_n; i++) {
		struct fhir_response_error *error = make_push(&a->make, a->response->error, a->response->error_n);

		error->code = make_concept(&a->make, SYSTEM_REJECT, refusal->reject_codes[i], words);
		error->code->text = words;
	}
}

/* Help desks that are for prescribers or pharmacies are no use to a patient. */
static void add_disposition(struct carin_making *a, const struct rtpb_processed *processed)
{
	struct buffer words;

	buffer_init(&words, a->make.arena, 128);
	buffer_add(&words, processed->note.n ? processed->note : text_lit("Processed."));
	for (size_t i = 0; text_is(processed->help_desk_support_type, "3") && i < processed->help_desks_n; i++) {
		const struct help_desk_numbers *numbers = processed->help_desks[i].numbers;

		if (numbers && numbers->telephone && numbers->telephone->number.n)
			buffer_format(&words, " Member services: %.*s.", TEXT_ARGS(numbers->telephone->number));
	}
	a->response->disposition = make_written(&a->make, &words);
}

static void add_processed(struct carin_making *a)
{
	a->response->outcome = text_lit("complete");
	add_disposition(a, a->said->response->processed);
	add_item(a, a->said->response_product);
	add_others(a, a->said->response_product, false);
	for (size_t i = 0; i < a->said->alternatives_n; i++)
		add_others(a, &a->said->alternatives[i], true);
}

static struct text payer_number(const struct fhir_coverage *coverage)
{
	const struct fhir_reference *payor = &coverage->payor[0];

	if (payor->identifier && payor->identifier->value.n)
		return payor->identifier->value;
	for (size_t i = 0; i < coverage->classes_n; i++)
		if (coverage->classes[i].value.n)
			return coverage->classes[i].value; /* the BIN, as cards and the guide have it first */
	return payor->display.n ? payor->display : text_lit("unknown");
}

static void fill_response(struct carin_making *a)
{
	struct make *make = &a->make;
	struct fhir_claim_response *response = a->response;

	response->meta = make_meta(make, CARIN_PROFILE("rtpbc-response-claimresponse"));
	make_identifier(make, &response->identifier, &response->identifier_n, SYSTEM_OURS "benefit-check", a->how->id);
	response->status = text_lit("active");
	response->type = make_concept(make, HL7_CODES "claim-type", text_lit("pharmacy"), text_lit("Pharmacy"));
	response->use = text_lit("predetermination");
	response->patient = make_reference(make, a->request->patient_entry->full_url);
	response->created = clock_format(a->how->wall_ms, false, make->arena);
	make->failed |= !text_there(response->created);
	response->insurer = make_new(make, struct fhir_reference);
	response->insurer->identifier = make_new(make, struct fhir_identifier);
	response->insurer->identifier->value = payer_number(a->request->coverage);
	response->request = make_new(make, struct fhir_reference);
	response->request->identifier = &a->request->claim->identifier[0];
}

/* MessageHeader.response.identifier is the id of the header; without one, what its URL ends in. */
static struct text header_id(const struct carin_request *request)
{
	struct text url = request->header_entry->full_url, id = request->header->id;

	for (size_t i = url.n; !id.n && i > 0; i--)
		if (url.at[i - 1] == '/' || url.at[i - 1] == ':')
			id = (struct text){ url.at + i, url.n - i };
	return id.n ? id : url;
}

static void fill_header(struct carin_making *a, struct fhir_message_header *header, struct text response_url)
{
	struct make *make = &a->make;

	header->meta = make_meta(make, CARIN_PROFILE("rtpbc-response-messageheader"));
	header->event = make_new(make, struct fhir_coding);
	*header->event = (struct fhir_coding){ .system = text_lit(CARIN "CodeSystem/rtpbc-event-type"), .code = text_lit("rtpbc-response"),
		.display = text_lit("RTPBC Response") };
	*make_push(make, header->destination, header->destination_n) =
		(struct fhir_message_destination){ .name = a->request->header->source->name, .endpoint = a->request->header->source->endpoint };
	header->source = make_new(make, struct fhir_message_source);
	*header->source = (struct fhir_message_source){ .name = text_lit("dualtrack"),
		.endpoint = a->how->public_url.n ? make_text(make, a->how->public_url, text_lit("/fhir"), TEXT_NONE) : text_lit(SYSTEM_OURS "gateway") };
	header->response = make_new(make, struct fhir_message_answered);
	*header->response = (struct fhir_message_answered){ .identifier = header_id(a->request), .code = text_lit("ok") };
	make_push(make, header->focus, header->focus_n)->reference = response_url;
	header->definition = text_lit(CARIN "MessageDefinition/rtpbc-response");
}

static void make_all(struct carin_making *a)
{
	struct make *make = &a->make;
	struct fhir_message_header *header = make_new(make, struct fhir_message_header);
	struct fhir_resource *first, *second;
	struct text header_url, response_url;

	a->response = make_new(make, struct fhir_claim_response);
	a->bundle = make_bundle(make, CARIN_PROFILE("rtpbc-response-bundle"), a->how->id, a->how->wall_ms);
	a->bundle->type = text_lit("message");
	first = make_entry(make, a->bundle, "MessageHeader", &header->id, &header_url);
	first->message_header = header;
	second = make_entry(make, a->bundle, "ClaimResponse", &a->response->id, &response_url);
	second->claim_response = a->response;
	*make_push(make, a->bundle->entry, a->bundle->entry_n) = *a->request->patient_entry;
	fill_header(a, header, response_url);
	fill_response(a);
	if (a->said->response->not_processed)
		add_error(a, a->said->response->not_processed);
	else
		add_processed(a);
}

bool carin_answer(const struct carin_request *request, const struct rtpb_message *answer, const struct carin_answering *how, struct arena *arena,
	struct buffer *out, struct fault *fault)
{
	struct carin_making a = { .request = request, .how = how, .said = answer->body->response };

	if (!a.said->response->not_processed && !a.said->response_product)
		return fault_set(fault, FAULT_PEER_ANSWER, "RTPBResponse/ResponseProduct");
	make_init(&a.make, arena);
	make_all(&a);
	if (!make_done(&a.make))
		return fault_set(fault, FAULT_TOO_LARGE, "Bundle");
	fhir_write(a.bundle, out);
	return true;
}
