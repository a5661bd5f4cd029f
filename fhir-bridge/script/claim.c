/* SPDX-License-Identifier: Apache-2.0 */
/* A SCRIPT prior authorization request as the PAS 2.2.1 request bundle that asks the medical benefit the same thing. */
#include "fhir-bridge/script/claim_parts.h"

#include <assert.h>

/* X12 codes below are named by their list; the lists themselves need a licence and are unverified here. */
#define REQUEST_TYPE "HS"       /* 1525: health services review */
#define CERTIFICATION "I"       /* 1322: initial */
#define CERTIFICATION_CANCEL "3" /* 1322: cancel */
#define SERVICE_CATEGORY "1"    /* 1365: medical care */
#define LEVEL_URGENT "U"        /* 1338: urgent */
#define PLACE_NOT_STATED "99"   /* CMS place of service: other; the words beside it say that it only stands there because one must */

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

static struct text case_number(const struct script_body *body)
{
	if (body->pa_cancel_request)
		return body->pa_cancel_request->request->pa_case_id;
	return body->pa_request && body->pa_request->request->solicited ? body->pa_request->request->solicited->pa_case_id : TEXT_NONE;
}

static void item_extensions(struct claim_making *making, struct fhir_item *item, struct text identifier, const char *certification)
{
	struct make *make = &making->make;
	struct text number = case_number(making->request->body);
	struct fhir_extension *extension;

	extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-itemTraceNumber");
	extension->identifier = make_new(make, struct fhir_identifier);
	extension->identifier->system = text_lit(SYSTEM_OURS "item");
	extension->identifier->value = make_text(make, identifier, text_lit(".1"), TEXT_NONE);
	extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-serviceItemRequestType");
	extension->concept = make_concept(make, X12("1525"), text_lit(REQUEST_TYPE), TEXT_NONE);
	extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-certificationType");
	extension->concept = make_concept(make, X12("1322"), text_of(certification), TEXT_NONE);
	if (text_there(number))
		make_extension(make, &item->extension, &item->extension_n, PAS "extension-administrationReferenceNumber")->string = number;
	extension = make_extension(make, &item->extension, &item->extension_n, PAS "extension-requestedService");
	extension->reference = make_reference(make, making->order);
}

/* 2.2.1 spec-69: a cancelled item says so twice, here and in its certification type */
static void say_changed(struct make *make, struct fhir_item *item, bool cancels)
{
	if (cancels)
		make_extension(make, &item->modifier_extension, &item->modifier_extension_n, PAS "modifierextension-infoCancelled")->boolean =
			text_lit("true");
	else
		make_extension(make, &item->extension, &item->extension_n, PAS "extension-infoChanged")->code = text_lit("changed");
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

/* By the code that the medical benefit pays it under, else by its NDC. A drug that has neither is named by its order (PAS 2.2.1: not-applicable). */
static struct fhir_concept *asked_product(struct make *make, const struct medication *medication, struct text hcpcs)
{
	struct fhir_concept *product = claim_product(make, medication), *none;

	if (text_there(hcpcs))
		return make_concept(make, SYSTEM_HCPCS, hcpcs, TEXT_NONE);
	if (product->coding_n && text_is(product->coding[0].system, SYSTEM_NDC))
		return product;
	none = make_concept(make, HL7_CODES "data-absent-reason", text_lit("not-applicable"), TEXT_NONE);
	none->text = medication->drug_description;
	return none;
}

static struct fhir_concept *asked_place(struct make *make, struct text place)
{
	struct fhir_concept *concept =
		make_concept(make, SYSTEM_PLACE_OF_SERVICE, text_there(place) ? place : text_lit(PLACE_NOT_STATED), TEXT_NONE);

	if (!text_there(place))
		concept->text = text_lit("not stated");
	return concept;
}

static struct fhir_period *asked_period(struct make *make, const struct medication *medication)
{
	struct text start = claim_date(medication, "StartDate"), end = claim_date(medication, "PeriodEnd");
	struct fhir_period *period;

	if (!text_there(start) && !text_there(end))
		return NULL;
	period = make_new(make, struct fhir_period);
	*period = (struct fhir_period){ .start = start, .end = end };
	return period;
}

/* "[1, 2, 3]" */
static struct text numbers_to(struct make *make, size_t n)
{
	struct buffer out;

	buffer_init(&out, make->arena, 8 * n + 8);
	for (size_t i = 1; i <= n; i++) {
		buffer_add_char(&out, i == 1 ? '[' : ',');
		buffer_add_int(&out, (int64_t)i);
	}
	buffer_add_char(&out, ']');
	return make_written(make, &out);
}

static void claim_item(struct claim_making *making, struct fhir_claim *claim, struct text identifier, const char *certification)
{
	struct make *make = &making->make;
	const struct medication *medication = making->common->medication_prescribed;
	struct fhir_item *item = make_push(make, claim->item, claim->item_n);

	item_extensions(making, item, identifier, certification);
	item->sequence = text_lit("1");
	if (claim->diagnosis_n)
		item->diagnosis_sequence = text_lit("[1]");
	if (claim->supporting_info_n)
		item->information_sequence = numbers_to(make, claim->supporting_info_n);
	item->category = make_concept(make, X12("1365"), text_lit(SERVICE_CATEGORY), TEXT_NONE);
	item->product_or_service = asked_product(make, medication, making->about->hcpcs);
	item->serviced_period = asked_period(make, medication);
	item->location = asked_place(make, making->common->prescriber->non_veterinarian->place_of_service);
	item->quantity = make_new(make, struct fhir_quantity);
	item->quantity->value = medication->quantity->value;
	item->quantity->unit = medication->quantity->unit->code;
}

static void add_message(struct make *make, struct fhir_claim *claim, struct text words)
{
	if (text_there(words))
		claim_information(make, claim, "freeFormMessage")->string = words;
}

static void add_information(struct claim_making *making, struct fhir_claim *claim)
{
	struct make *make = &making->make;
	const struct pa_cancel_request *cancel = making->request->body->pa_cancel_request;
	struct fhir_supporting_info *info;

	if (making->set) {
		info = claim_information(make, claim, "additionalInformation");
		info->reference = make_reference(make, making->answers);
		claim_document_information(make, info, TEXT_NONE);
		add_message(make, claim, making->set->header->comment);
	}
	claim_documents(making, claim);
	if (cancel) {
		add_message(make, claim, claim_cancel_reason(cancel->request->cancel_reason_code));
		add_message(make, claim, cancel->request->pa_note);
	}
}

/* What holds of the claim and of the one before: who asks for what. */
static void fill_base(struct claim_making *making, struct fhir_claim *claim, struct text identifier, int64_t made_ms)
{
	struct make *make = &making->make;
	bool expedited = text_is(making->common->pa_priority_indicator, "X");
	struct fhir_insurance *insurance;

	claim_extension(making, claim);
	make_identifier(make, &claim->identifier, &claim->identifier_n, SYSTEM_OURS "claim", identifier);
	make_identifier(make, &claim->identifier, &claim->identifier_n, SYSTEM_OURS "PAReferenceID", making->common->pa_reference_id);
	claim->status = text_lit("active");
	claim->type = make_concept(make, HL7_CODES "claim-type", text_lit("professional"), TEXT_NONE);
	claim->use = text_lit("preauthorization");
	claim->patient = make_reference(make, making->patient);
	claim->created = clock_format(made_ms, false, make->arena);
	claim->insurer = make_reference(make, making->insurer);
	claim->provider = make_reference(make, making->role);
	claim->priority = make_concept(make, HL7_CODES "processpriority", expedited ? text_lit("stat") : text_lit("normal"), TEXT_NONE);
	claim_diagnoses(making, claim);
	insurance = make_push(make, claim->insurance, claim->insurance_n);
	insurance->sequence = text_lit("1");
	insurance->focal = 1;
	insurance->coverage = make_reference(make, making->coverage);
}

/* The claim that this one changes: an update has it with it (PAS 2.2.1 spec-66). It asked for the same drug; what was sent with it, its payer has. */
static void fill_before(struct claim_making *making, struct fhir_claim *before)
{
	before->meta = make_meta(&making->make, PAS "profile-claim");
	fill_base(making, before, making->about->before, making->about->before_ms);
	claim_item(making, before, making->about->before, CERTIFICATION);
}

static void fill_claim(struct claim_making *making, struct fhir_claim *claim)
{
	struct make *make = &making->make;
	bool cancels = making->request->body->pa_cancel_request;
	struct fhir_related *related;

	claim->meta = make_meta(make, text_there(making->before) ? PAS "profile-claim-update" : PAS "profile-claim");
	fill_base(making, claim, making->about->identifier, making->about->received_ms);
	add_information(making, claim);
	claim_item(making, claim, making->about->identifier, cancels ? CERTIFICATION_CANCEL : CERTIFICATION);
	if (!text_there(making->before))
		return;
	related = make_push(make, claim->related, claim->related_n);
	related->claim = make_reference(make, making->before);
	related->relationship = make_concept(make, HL7_CODES "ex-relatedclaimrelationship", text_lit("prior"), TEXT_NONE);
	say_changed(make, &claim->item[0], cancels);
}

static const struct question_set_request *find_answers(const struct script_body *body)
{
	const struct pa_request *request = body->pa_request;

	if (request && request->request->solicited)
		return request->request->solicited->question_set;
	return request && request->request->unsolicited ? request->request->unsolicited->question_set : NULL;
}

/* The coverage that pays first; else the first one. */
static const struct benefits_coordination *asked_benefits(const struct pa_common *common)
{
	for (size_t i = 0; i < common->benefits_coordination_n; i++)
		if (text_is(common->benefits_coordination[i].payer_responsibility_code, "P"))
			return &common->benefits_coordination[i];
	return common->benefits_coordination_n ? &common->benefits_coordination[0] : NULL;
}

/* The messages that a claim is made of. */
static const struct {
	const char *name;
	size_t offset; /* in script_body */
	const struct record *record;
} messages[] = {
	{ "PAInitiationRequest", offsetof(struct script_body, pa_initiation_request), &pa_initiation_request_record },
	{ "PARequest", offsetof(struct script_body, pa_request), &pa_request_record },
	{ "PACancelRequest", offsetof(struct script_body, pa_cancel_request), &pa_cancel_request_record },
};
enum { MESSAGES = sizeof(messages) / sizeof(*messages) };

static const void *message_at(const struct script_body *body, size_t i)
{
	return *(void *const *)((const char *)body + messages[i].offset);
}

static bool in_message(const struct claim_making *making, struct fault *fault)
{
	fault_under(fault, text_of(making->name), -1);
	return fault_under(fault, text_lit("Body"), -1);
}

static bool lacks(const struct claim_making *making, enum fault_code code, const char *path, struct fault *fault)
{
	fault_set(fault, code, path);
	return in_message(making, fault);
}

/* What a claim cannot be made without. */
static bool can_be_made(const struct claim_making *making, struct fault *fault)
{
	/* an animal, or a prescriber for animals: no human benefit, and no FHIR profile, is about those */
	if (!making->common->patient->human_patient)
		return lacks(making, FAULT_UNKNOWN_MESSAGE, "Patient/NonHumanPatient", fault);
	if (!making->common->prescriber->non_veterinarian)
		return lacks(making, FAULT_UNKNOWN_MESSAGE, "Prescriber/Veterinarian", fault);
	if (!making->benefits)
		return lacks(making, FAULT_MISSING, "BenefitsCoordination", fault);
	return text_there(claim_member(making->benefits)) || lacks(making, FAULT_MISSING, "BenefitsCoordination/CardholderID", fault);
}

static bool make_claim(struct claim_making *making, struct fault *fault)
{
	struct make *make = &making->make;
	struct fhir_claim *claim = make_new(make, struct fhir_claim), *before = make_new(make, struct fhir_claim);

	making->bundle = make_bundle(make, PAS "profile-pas-request-bundle", making->about->identifier, making->about->received_ms);
	make_entry(make, making->bundle, "Claim", &claim->id, &making->claim)->claim = claim; /* 2.2.1 ClaimFirst */
	if (text_there(making->about->before))
		make_entry_of(make, making->bundle, making->about->before, "Claim", &before->id, &making->before)->claim = before;
	claim_patient(making);
	claim_insurer(making);
	claim_coverage(making);
	claim_prescriber(making);
	claim_pharmacy(making);
	claim_order(making);
	if (!claim_answers(making, fault))
		return in_message(making, fault);
	fill_claim(making, claim);
	if (text_there(making->before))
		fill_before(making, before);
	return true;
}

bool fhir_claim_of(const struct script_message *request, const struct claim_about *about, struct arena *arena, struct fhir_bundle **out,
	struct loss *loss, struct fault *fault)
{
	struct claim_making making = { .request = request, .common = ncpdp_pa_common(request), .about = about, .loss = loss };
	size_t kind = 0;
	bool good;

	*loss = (struct loss){ 0 };
	while (kind < MESSAGES && !message_at(request->body, kind))
		kind++;
	if (kind == MESSAGES)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body");
	assert(!request->body->pa_cancel_request || text_there(about->before));
	making.name = messages[kind].name;
	making.benefits = asked_benefits(making.common);
	making.set = find_answers(request->body);
	if (!can_be_made(&making, fault))
		return false;
	make_init(&making.make, arena);
	good = make_claim(&making, fault);
	if (good)
		claim_losses(&making, messages[kind].record, message_at(request->body, kind));
	if (!make_done(&making.make))
		return fault_set(fault, FAULT_TOO_LARGE, "Claim");
	*out = making.bundle;
	return good;
}
