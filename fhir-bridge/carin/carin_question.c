/* SPDX-License-Identifier: Apache-2.0 */
/* A CARIN benefit check as an RTPBRequest, and what such a request may leave out but a price cannot be told without. */
#include "fhir-bridge/carin/carin_parts.h"

#include "fhir-bridge/fhir.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/make.h"

enum { DAY_LENGTH = 10 /* YYYY-MM-DD */, NDC_DIGITS = 11 };

/* -- single values -- */

/* What pharmacies bill in. The guide writes UCUM's and has plain words in its examples, too. */
static const struct {
	const char *ncit, *guide, *words;
} units[] = {
	{ "C64933", "{Each}", "{Each} each EA" },
	{ "C48155", "g", "g gram GM" },
	{ "C28254", "mL", "mL milliliter ML" },
};

static bool is_word_of(struct text word, const char *list)
{
	struct text rest = text_of(list);

	while (text_there(rest))
		if (text_equal_nocase(text_cut(&rest, ' '), word))
			return true;
	return false;
}

struct text carin_unit(const struct fhir_quantity *quantity)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (is_word_of(quantity->unit, units[i].words))
			return text_of(units[i].ncit);
	return TEXT_NONE;
}

struct text carin_billing_unit(struct text ncit)
{
	for (size_t i = 1; i < sizeof(units) / sizeof(*units); i++)
		if (text_is(ncit, units[i].ncit))
			return text_of(units[i].guide);
	return text_of(units[0].guide);
}

static const struct {
	const char *fhir, *ncpdp;
} genders[] = { { "male", "M" }, { "female", "F" }, { "other", "N" }, { "unknown", "U" } };

static struct text gender_of(struct text gender)
{
	for (size_t i = 0; i < sizeof(genders) / sizeof(*genders); i++)
		if (text_is(gender, genders[i].fhir))
			return text_of(genders[i].ncpdp);
	return TEXT_NONE;
}

static struct text identifier_of(const struct fhir_identifier *list, size_t n, const char *system)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(list[i].system, system))
			return list[i].value;
	return TEXT_NONE;
}

static struct text class_of(const struct fhir_coverage *coverage, const char *code)
{
	for (size_t i = 0; i < coverage->classes_n; i++)
		if (text_is(fhir_code(coverage->classes[i].type, HL7_CODES "coverage-class"), code))
			return coverage->classes[i].value;
	return TEXT_NONE;
}

/* RxNorm writes brands in square brackets and packs in braces (normalized names), and has no other place in a message that says which it is. */
static struct text term_type(const struct fhir_concept *concept)
{
	for (size_t i = 0; i < concept->coding_n; i++) {
		struct text display = concept->coding[i].display;
		bool brand, pack;

		if (!text_is(concept->coding[i].system, SYSTEM_RXNORM) || !display.n)
			continue;
		brand = memchr(display.at, '[', display.n) != NULL;
		pack = display.at[0] == '{';
		return pack ? (brand ? text_lit("BPK") : text_lit("GPK")) : brand ? text_lit("SBD") : text_lit("SCD");
	}
	return text_lit("SCD");
}

/* -- parts -- */

static struct rtpb_identification *identification(struct make *make, struct text id, const char *qualifier)
{
	struct rtpb_identification *out;

	if (!text_there(id))
		return NULL;
	out = make_new(make, struct rtpb_identification);
	*out = (struct rtpb_identification){ id, text_of(qualifier) };
	return out;
}

static struct rtpb_header *header_of(struct make *make, const struct carin_request *request, struct text message_id, int64_t wall_ms)
{
	struct rtpb_header *out = make_new(make, struct rtpb_header);

	out->to = make_new(make, struct rtpb_party);
	out->to->primary = identification(make, class_of(request->coverage, "rxbin"), "IIN");
	out->to->secondary = identification(make, class_of(request->coverage, "rxpcn"), "PCN");
	out->from = make_new(make, struct rtpb_party);
	out->from->primary = identification(make, identifier_of(request->prescriber->identifier, request->prescriber->identifier_n, SYSTEM_NPI), "D");
	out->message_id = message_id;
	out->sent_time = clock_format(wall_ms, false, make->arena);
	make->failed |= !text_there(out->sent_time);
	return out;
}

static struct rtpb_patient *patient_of(struct make *make, const struct fhir_patient *from)
{
	struct rtpb_patient *out = make_new(make, struct rtpb_patient);
	const struct fhir_name *name = &from->name[0];

	out->name = make_new(make, struct rtpb_name);
	out->name->last_name = name->family;
	out->name->first_name = name->given_n ? name->given[0] : TEXT_NONE;
	out->name->middle_name = name->given_n > 1 ? name->given[1] : TEXT_NONE;
	out->sex_and_gender = make_new(make, struct sex_and_gender);
	out->sex_and_gender->administrative_gender = gender_of(from->gender);
	out->date_of_birth = from->birth_date;
	return out;
}

/* The number on the pharmacy card; where there is none, the holder's number at the health plan. */
static struct rtpb_benefits *benefits_of(struct make *make, const struct fhir_coverage *from)
{
	struct rtpb_benefits *out = make_new(make, struct rtpb_benefits);

	out->cardholder_id = class_of(from, "rxid");
	if (!text_there(out->cardholder_id))
		out->cardholder_id = from->subscriber_id;
	out->group_id = class_of(from, "rxgroup");
	out->person_code = from->dependent;
	return out;
}

static struct rtpb_drug *drug_of(struct make *make, const struct carin_request *request)
{
	const struct fhir_bundle nothing = { .entry_n = 0 };
	const struct fhir_item *item = &request->claim->item[0];
	struct text rxcui = fhir_code(item->product_or_service, SYSTEM_RXNORM);
	struct rtpb_drug *out = make_new(make, struct rtpb_drug);

	out->ndc = fhir_item_ndc(&nothing, item, make->arena);
	if (out->ndc.n != NDC_DIGITS)
		out->ndc = TEXT_NONE;
	if (text_there(rxcui)) {
		out->product_code = make_new(make, struct rtpb_code);
		*out->product_code = (struct rtpb_code){ rxcui, term_type(item->product_or_service) };
	}
	return out;
}

static struct text days_of(const struct fhir_dispense *dispense)
{
	const struct fhir_quantity *supply = dispense->supply_duration;

	if (!supply)
		return TEXT_NONE;
	return text_is(supply->code, "d") || (!supply->code.n && is_word_of(supply->unit, "d day days")) ? supply->value : TEXT_NONE;
}

static const struct {
	const char *system, *qualifier;
} diagnosis_systems[] = { { SYSTEM_ICD10, "ABF" }, { "http://snomed.info/sct", "LD" } };

static void add_diagnoses(struct make *make, const struct fhir_medication_request *order, struct requested_product *out)
{
	for (size_t i = 0; i < order->reason_code_n; i++)
		for (size_t k = 0; k < sizeof(diagnosis_systems) / sizeof(*diagnosis_systems); k++) {
			struct text code = fhir_code(&order->reason_code[i], diagnosis_systems[k].system);

			if (text_there(code))
				*make_push(make, out->diagnoses, out->diagnoses_n) =
					(struct rtpb_diagnosis){ code, text_of(diagnosis_systems[k].qualifier) };
		}
}

static struct requested_product *product_of(struct make *make, const struct carin_request *request)
{
	const struct fhir_quantity *quantity = request->claim->item[0].quantity;
	struct requested_product *out = make_new(make, struct requested_product);
	struct text unit = carin_unit(quantity);

	out->product = make_new(make, struct rtpb_product);
	out->product->drug_coded = drug_of(make, request);
	out->quantity = make_new(make, struct rtpb_quantity);
	out->quantity->value = quantity->value;
	out->quantity->code_list_qualifier = text_lit("38"); /* as requested */
	if (text_there(unit)) {
		out->quantity->unit = make_new(make, struct nci_code);
		out->quantity->unit->code = unit;
	}
	out->days_supply = days_of(request->order->dispense);
	out->dispensed_as_written = text_is(request->order->substitution->allowed, "false") ? text_lit("1") : text_lit("0");
	add_diagnoses(make, request->order, out);
	return out;
}

static struct rtpb_prescriber *prescriber_of(struct make *make, const struct fhir_practitioner *from)
{
	struct rtpb_prescriber *out = make_new(make, struct rtpb_prescriber);

	out->identification = make_new(make, struct rtpb_prescriber_id);
	out->identification->npi = identifier_of(from->identifier, from->identifier_n, SYSTEM_NPI);
	out->last_name = from->name[0].family;
	return out;
}

static void add_pharmacy(struct make *make, const struct fhir_organization *from, struct rtpb_request *out)
{
	struct rtpb_pharmacy *pharmacy = make_push(make, out->pharmacies, out->pharmacies_n);

	pharmacy->pharmacy_type = fhir_code(&from->type[0], SYSTEM_PHARMACY_TYPE);
	pharmacy->identification = make_new(make, struct rtpb_pharmacy_id);
	pharmacy->identification->npi = identifier_of(from->identifier, from->identifier_n, SYSTEM_NPI);
	pharmacy->identification->ncpdp_id = identifier_of(from->identifier, from->identifier_n, SYSTEM_NCPDP_ID);
	pharmacy->business_name = from->name;
	if (from->telecom_n)
		pharmacy->primary_telephone_number = from->telecom[0].value;
	if (from->address_n) {
		const struct fhir_address *address = &from->address[0];

		pharmacy->address = make_new(make, struct rtpb_address);
		*pharmacy->address = (struct rtpb_address){ .line1 = address->line_n ? address->line[0] : TEXT_NONE,
			.line2 = address->line_n > 1 ? address->line[1] : TEXT_NONE, .city = address->city, .state_province = address->state,
			.postal_code = address->postal_code, .country_code = address->country };
	}
}

/* -- what is lacking -- */

static bool lacks_birth(const struct rtpb_request *request)
{
	return request->patient->date_of_birth.n != DAY_LENGTH;
}

static bool lacks_name(const struct rtpb_request *request)
{
	return !text_there(request->patient->name->last_name);
}

static bool lacks_prescriber(const struct rtpb_request *request)
{
	return !text_there(request->prescriber->identification->npi);
}

static bool lacks_pharmacy(const struct rtpb_request *request)
{
	const struct rtpb_pharmacy_id *id = request->pharmacies[0].identification;

	return !text_there(id->npi) && !text_there(id->ncpdp_id);
}

static bool lacks_product(const struct rtpb_request *request)
{
	const struct rtpb_drug *drug = request->requested_product->product->drug_coded;

	return !text_there(drug->ndc) && !drug->product_code;
}

static bool lacks_unit(const struct rtpb_request *request)
{
	return !request->requested_product->quantity->unit;
}

static bool lacks_days(const struct rtpb_request *request)
{
	return !text_there(request->requested_product->days_supply);
}

/* Codes as NCPDP's members know them (RTPB: RejectCode), words of our own. */
static const struct {
	bool (*holds)(const struct rtpb_request *request);
	struct carin_lack lack;
} lacking[] = {
	{ lacks_birth, { "09", "The date of birth is not there, or not whole." } },
	{ lacks_name, { "CB", "The patient's family name is not there." } },
	{ lacks_prescriber, { "25", "The prescriber has no NPI." } },
	{ lacks_pharmacy, { "05", "The pharmacy has neither an NPI nor an NCPDP number." } },
	{ lacks_product, { "21", "The drug has neither an NDC of 11 digits nor an RxNorm concept." } },
	{ lacks_unit, { "26", "The quantity is in no unit that pharmacies bill in: {Each}, g or mL." } },
	{ lacks_days, { "19", "For how many days the quantity lasts is not said." } },
};

bool carin_question(const struct carin_request *request, struct text message_id, int64_t wall_ms, struct arena *arena, struct rtpb_message **out,
	struct carin_lack *lacks, struct fault *fault)
{
	struct rtpb_message *message;
	struct rtpb_request *asked;
	struct make make;

	make_init(&make, arena);
	*lacks = (struct carin_lack){ 0 };
	*out = message = make_new(&make, struct rtpb_message);
	message->header = header_of(&make, request, message_id, wall_ms);
	message->body = make_new(&make, struct rtpb_body);
	message->body->request = asked = make_new(&make, struct rtpb_request);
	asked->patient = patient_of(&make, request->patient);
	asked->benefits_coordination = benefits_of(&make, request->coverage);
	asked->requested_product = product_of(&make, request);
	asked->prescriber = prescriber_of(&make, request->prescriber);
	add_pharmacy(&make, request->pharmacy, asked);
	for (size_t i = 0; i < sizeof(lacking) / sizeof(*lacking) && !lacks->code; i++)
		if (lacking[i].holds(asked))
			*lacks = lacking[i].lack;
	return make_done(&make) || fault_set(fault, FAULT_TOO_LARGE, "Bundle");
}

struct rtpb_message *carin_lacking(const struct rtpb_message *question, const struct carin_lack *lacks, struct text reply_id, int64_t wall_ms,
	struct arena *arena)
{
	struct rtpb_message *answer = ncpdp_rtpb_answer(question, reply_id, wall_ms, arena);
	struct rtpb_not_processed *refusal;
	struct make make;

	if (!answer)
		return NULL;
	make_init(&make, arena);
	answer->body->response->response = make_new(&make, struct rtpb_outcome);
	answer->body->response->response->not_processed = refusal = make_new(&make, struct rtpb_not_processed);
	*make_push(&make, refusal->reject_codes, refusal->reject_codes_n) = text_of(lacks->code);
	refusal->note = text_of(lacks->words);
	return make_done(&make) ? answer : NULL;
}
