/* SPDX-License-Identifier: Apache-2.0 */
/* A SCRIPT prior authorization request as the PAS 2.2.1 request bundle that asks the medical benefit the same thing. */
#include "fhir-bridge/claim_parts.h"

/* X12 codes below are named by their list; the lists themselves need a licence and are unverified here. */
#define REQUEST_TYPE "HS"       /* 1525: health services review */
#define CERTIFICATION "I"       /* 1322: initial */
#define SERVICE_CATEGORY "1"    /* 1365: medical care */
#define LEVEL_URGENT "U"        /* 1338: urgent */
#define REPORT_SUPPORTING "77"  /* 755: support data for verification */
#define TRANSMITTED "EL"        /* 756: electronically only */
#define PLACE_NOT_STATED "99"   /* CMS place of service: other */

static void claim_extension(struct claim_making *making, struct fhir_claim *claim)
{
	struct make *make = &making->make;
	const struct script_header *header = making->request->header;
	struct fhir_extension *extension, *part;

	if (text_is(making->common->pa_priority_indicator, "X")) {
		extension = make_extension(make, &claim->extension, &claim->extension_n, PAS "extension-levelOfServiceCode");
		extension->concept = make_concept(make, X12("1338"), text_lit(LEVEL_URGENT), TEXT_NONE);
	}
	extension = make_extension(make, &claim->extension, &claim->extension_n, PAS "extension-TransmissionIdentifiers");
	part = make_extension(make, &extension->extension, &extension->extension_n, "applicationSenderCode");
	part->string = header->from->id;
	part = make_extension(make, &extension->extension, &extension->extension_n, "applicationReceiverCode");
	part->string = header->to->id;
}

static void item_extensions(struct claim_making *making, struct fhir_item *item)
{
	struct make *make = &making->make;
	const struct script_body *body = making->request->body;
	struct fhir_extension *extension;

	extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-itemTraceNumber");
	extension->identifier = make_new(make, struct fhir_identifier);
	extension->identifier->system = text_lit(SYSTEM_OURS "item");
	extension->identifier->value = make_text(make, making->about->identifier, text_lit(".1"), TEXT_NONE);
	extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-serviceItemRequestType");
	extension->concept = make_concept(make, X12("1525"), text_lit(REQUEST_TYPE), TEXT_NONE);
	extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-certificationType");
	extension->concept = make_concept(make, X12("1322"), text_lit(CERTIFICATION), TEXT_NONE);
	if (body->pa_request && body->pa_request->request->solicited) {
		extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-administrationReferenceNumber");
		extension->string = body->pa_request->request->solicited->pa_case_id;
	}
	extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-requestedService");
	extension->reference = make_reference(make, making->order);
}

/* ICD codes become diagnoses of the claim; profile-claim takes no SNOMED there, so that stays with the order alone. */
static void claim_diagnoses(struct claim_making *making, struct fhir_claim *claim)
{
	struct make *make = &making->make;
	const struct medication *medication = making->common->medication_prescribed;

	for (size_t i = 0; i < medication->diagnoses_n * 2; i++) {
		const struct diagnosis *pair = &medication->diagnoses[i / 2];
		const struct diagnosis_code *code = i % 2 ? pair->secondary : pair->primary;
		struct fhir_diagnosis *diagnosis;

		if (!code || text_is(code->qualifier, "LD"))
			continue;
		diagnosis = make_push(make, claim->diagnosis, claim->diagnosis_n);
		diagnosis->sequence = text_of((const char *[]){ "1", "2", "3", "4" }[(claim->diagnosis_n - 1) % 4]);
		diagnosis->concept = claim_diagnosis(make, code);
		if (claim->diagnosis_n == 1)
			*make_push(make, diagnosis->type, diagnosis->type_n) =
				*make_concept(make, PAS_TEMP_CODES, text_lit("principal"), TEXT_NONE);
	}
}

static void claim_item(struct claim_making *making, struct fhir_claim *claim, struct text hcpcs)
{
	struct make *make = &making->make;
	const struct medication *medication = making->common->medication_prescribed;
	struct text place = making->common->prescriber->non_veterinarian->place_of_service;
	struct fhir_item *item = make_push(make, claim->item, claim->item_n);

	item_extensions(making, item);
	item->sequence = text_lit("1");
	if (claim->diagnosis_n)
		item->diagnosis_sequence = text_lit("[1]");
	if (text_there(making->answers))
		item->information_sequence = text_lit("[1]");
	item->category = make_concept(make, X12("1365"), text_lit(SERVICE_CATEGORY), TEXT_NONE);
	item->product_or_service = text_there(hcpcs) ? make_concept(make, SYSTEM_HCPCS, hcpcs, TEXT_NONE)
						     : claim_product(make, medication);
	item->location = make_concept(make, SYSTEM_PLACE_OF_SERVICE, text_there(place) ? place : text_lit(PLACE_NOT_STATED),
		TEXT_NONE);
	item->quantity = make_new(make, struct fhir_quantity);
	item->quantity->value = medication->quantity->value;
	item->quantity->unit = medication->quantity->unit->code;
}

static struct fhir_supporting_info *add_info(struct make *make, struct fhir_claim *claim, const char *category)
{
	struct fhir_supporting_info *info = make_push(make, claim->supporting_info, claim->supporting_info_n);

	info->sequence = text_of((const char *[]){ "1", "2" }[(claim->supporting_info_n - 1) % 2]);
	info->category = make_concept(make, PAS_TEMP_CODES, text_of(category), TEXT_NONE);
	return info;
}

static void claim_information(struct claim_making *making, struct fhir_claim *claim)
{
	struct make *make = &making->make;
	struct fhir_supporting_info *info;
	struct fhir_extension *extension, *part;

	if (!making->set)
		return;
	info = add_info(make, claim, "additionalInformation");
	info->reference = make_reference(make, making->answers);
	extension = make_extension(make, &info->extension, &info->extension_n, PAS "extension-documentInformation");
	part = make_extension(make, &extension->extension, &extension->extension_n, "reportTypeCode");
	part->concept = make_concept(make, X12("755"), text_lit(REPORT_SUPPORTING), TEXT_NONE);
	part = make_extension(make, &extension->extension, &extension->extension_n, "transmissionMethod");
	part->concept = make_concept(make, X12("756"), text_lit(TRANSMITTED), TEXT_NONE);
	if (text_there(making->set->comment))
		add_info(make, claim, "freeFormMessage")->string = making->set->comment;
}

void claim_order(struct claim_making *making)
{
	struct make *make = &making->make;
	const struct medication *medication = making->common->medication_prescribed;
	struct fhir_medication_request *order = make_new(make, struct fhir_medication_request);

	make_entry(make, making->bundle, "MedicationRequest", &order->id, &making->order)->medication_request = order;
	order->meta = make_meta(make, PAS "profile-medicationrequest");
	order->status = text_lit("active");
	order->intent = text_lit("order");
	order->medication = claim_product(make, medication);
	order->subject = make_reference(make, making->patient);
	order->authored_on = clock_format_date(making->about->received_ms, make->arena);
	order->requester = make_reference(make, making->practitioner);
	for (size_t i = 0; i < medication->diagnoses_n * 2; i++) {
		const struct diagnosis *pair = &medication->diagnoses[i / 2];
		const struct diagnosis_code *code = i % 2 ? pair->secondary : pair->primary;

		if (code)
			*make_push(make, order->reason_code, order->reason_code_n) = *claim_diagnosis(make, code);
	}
	order->dispense = make_new(make, struct fhir_dispense);
	order->dispense->quantity = make_new(make, struct fhir_quantity);
	order->dispense->quantity->value = medication->quantity->value;
	order->dispense->quantity->system = text_lit(SYSTEM_NCIT);
	order->dispense->quantity->code = medication->quantity->unit->code;
	if (text_there(medication->days_supply)) {
		order->dispense->supply_duration = make_new(make, struct fhir_quantity);
		*order->dispense->supply_duration = (struct fhir_quantity){
			.value = medication->days_supply, .unit = text_lit("days"),
			.system = text_lit(SYSTEM_UCUM), .code = text_lit("d") };
	}
}

static void fill_claim(struct claim_making *making, struct fhir_claim *claim, struct text hcpcs)
{
	struct make *make = &making->make;
	bool expedited = text_is(making->common->pa_priority_indicator, "X");
	struct fhir_insurance *insurance;

	claim->meta = make_meta(make, PAS "profile-claim");
	claim_extension(making, claim);
	make_identifier(make, &claim->identifier, &claim->identifier_n, SYSTEM_OURS "claim", making->about->identifier);
	make_identifier(make, &claim->identifier, &claim->identifier_n, SYSTEM_OURS "PAReferenceID",
		making->common->pa_reference_id);
	claim->status = text_lit("active");
	claim->type = make_concept(make, HL7_CODES "claim-type", text_lit("professional"), TEXT_NONE);
	claim->use = text_lit("preauthorization");
	claim->patient = make_reference(make, making->patient);
	claim->created = clock_format(making->about->received_ms, false, make->arena);
	claim->insurer = make_reference(make, making->insurer);
	claim->provider = make_reference(make, making->role);
	claim->priority = make_concept(make, HL7_CODES "processpriority", expedited ? text_lit("stat") : text_lit("normal"),
		TEXT_NONE);
	claim_information(making, claim);
	claim_diagnoses(making, claim);
	insurance = make_push(make, claim->insurance, claim->insurance_n);
	insurance->sequence = text_lit("1");
	insurance->focal = 1;
	insurance->coverage = make_reference(make, making->coverage);
	claim_item(making, claim, hcpcs);
}

static void find_answers(struct claim_making *making)
{
	const struct pa_request *request = making->request->body->pa_request;
	const struct question_set_request *set = NULL;

	if (request && request->request->solicited)
		set = request->request->solicited->question_set;
	else if (request && request->request->unsolicited)
		set = request->request->unsolicited->question_set;
	if (!set)
		return;
	making->set = set->header;
	making->questions = set->questions;
	making->questions_n = set->questions_n;
}

/* The coverage that pays first; else the first one. */
static const struct benefits_coordination *asked_benefits(const struct pa_common *common)
{
	for (size_t i = 0; i < common->benefits_coordination_n; i++)
		if (text_is(common->benefits_coordination[i].payer_responsibility_code, "P"))
			return &common->benefits_coordination[i];
	return common->benefits_coordination_n ? &common->benefits_coordination[0] : NULL;
}

bool fhir_claim_of(const struct script_message *request, const struct claim_about *about, struct arena *arena, struct fhir_bundle **out,
	struct loss *loss, struct fault *fault)
{
	struct claim_making making = { .request = request, .common = ncpdp_pa_common(request), .about = about };
	struct fhir_claim *claim;

	*loss = (struct loss){ 0 };
	/* an animal, or a prescriber for animals: no human benefit, and no FHIR profile, is about those */
	if (!making.common)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body");
	if (!making.common->patient->human_patient)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body/Patient/NonHumanPatient");
	if (!making.common->prescriber->non_veterinarian)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body/Prescriber/Veterinarian");
	make_init(&making.make, arena);
	making.benefits = asked_benefits(making.common);
	find_answers(&making);
	making.bundle = make_bundle(&making.make, PAS "profile-pas-request-bundle", about->identifier, about->received_ms);
	claim = make_new(&making.make, struct fhir_claim);
	make_entry(&making.make, making.bundle, "Claim", &claim->id, &making.claim)->claim = claim; /* 2.2.1 ClaimFirst */
	claim_patient(&making);
	claim_insurer(&making);
	claim_coverage(&making);
	claim_prescriber(&making);
	claim_order(&making);
	claim_answers(&making);
	fill_claim(&making, claim, about->hcpcs);
	if (request->body->pa_request)
		claim_losses(&making, &pa_request_record, request->body->pa_request, "PARequest", loss);
	else if (request->body->pa_initiation_request)
		claim_losses(&making, &pa_initiation_request_record, request->body->pa_initiation_request,
			"PAInitiationRequest", loss);
	if (!make_done(&making.make))
		return fault_set(fault, FAULT_TOO_LARGE, "Claim");
	*out = making.bundle;
	return true;
}
