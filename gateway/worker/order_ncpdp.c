/* SPDX-License-Identifier: Apache-2.0 */
/* What SCRIPT prior authorization and RTPB requests say of an order. */
#include "gateway/worker/order_facts.h"

#include "ncpdp/ncpdp.h"

/* -- values -- */

/* ICD-10-CM alone: the rules know no other list. */
static struct text script_diagnosis(const struct facts_at *at)
{
	const struct diagnosis_code *code = at->group;

	facts_disease(at->out, code->description);
	return text_is(code->qualifier, "ABF") ? facts_without_point(code->code, at->out->arena) : TEXT_NONE;
}

static struct text rtpb_diagnosis(const struct facts_at *at)
{
	const struct rtpb_diagnosis *diagnosis = at->group;

	return text_is(diagnosis->qualifier, "ABF") ? facts_without_point(diagnosis->code, at->out->arena) : TEXT_NONE;
}

/* Medicare pays the drug of a transplant in a facility that it pays; the two discharge dates tell which it was. */
static struct text transplant(const struct facts_at *at)
{
	const struct other_medication_date *date = at->group;

	if (text_is(date->qualifier, "TransplantHealthCareFacilityDischargeDateMedicare"))
		return text_lit("COVERED");
	return text_is(date->qualifier, "TransplantHealthCareFacilityDischargeDateNonMedicare") ? text_lit("NOT_COVERED") : TEXT_NONE;
}

static struct text start_date(const struct facts_at *at)
{
	const struct other_medication_date *date = at->group;

	return text_is(date->qualifier, "StartDate") ? date->date->date : TEXT_NONE;
}

static struct text hospice(const struct facts_at *at)
{
	return text_is(at->text, "Y") ? text_lit("ELECTED") : TEXT_NONE;
}

static struct text residence(const struct facts_at *at)
{
	facts_of_residence(at->out, at->text);
	return TEXT_NONE;
}

static struct text name(const struct facts_at *at)
{
	facts_of_name(at->out, at->text);
	return at->text;
}

/* -- the tables -- */

#define PATIENT "Request/Patient/HumanPatient/"
#define DRUG "Request/MedicationPrescribed/"
#define PRESCRIBER "Request/Prescriber/NonVeterinarian/"

const struct facts_row script_facts[] = {
	{ PRESCRIBER "PrescriberPlaceOfService", "place_of_service", "place", "", NULL },
	{ DRUG "Quantity/Value", "quantity", "quantity", "", NULL },
	{ DRUG "Quantity/QuantityUnitOfMeasure/Code", "", "unit", "", NULL },
	{ DRUG "DaysSupply", "", "days", "", NULL },
	{ DRUG "Diagnosis/Primary", "diagnosis", "diagnosis", "ICD-10-CM, the point left out", script_diagnosis },
	{ DRUG "Diagnosis/Secondary", "diagnosis", "diagnosis", "ICD-10-CM, the point left out", script_diagnosis },
	{ DRUG "OtherMedicationDate", "transplant", NULL, "discharge after a transplant: COVERED when Medicare paid the stay, else NOT_COVERED", transplant },
	{ DRUG "OtherMedicationDate", "date", NULL, "the StartDate, where it is a day", start_date },
	{ DRUG "DrugDescription", "", "description", "route, device and administered_by where its words name a dose form: oral, inhaler, topical, pen injector ...", name },
	{ PATIENT "HospiceIndicator", "hospice", NULL, "Y: ELECTED", hospice },
	{ PATIENT "Name/LastName", "", "last_name", "", NULL },
	{ PATIENT "Name/FirstName", "", "first_name", "", NULL },
	{ PATIENT "Gender", "", "gender", "", NULL },
	{ PATIENT "DateOfBirth/Date", "", "birth", "", NULL },
	{ PRESCRIBER "Identification/NPI", "", "npi", "", NULL },
	{ PRESCRIBER "Name/LastName", "", "prescriber", "", NULL },
	{ "Request/Pharmacy/Identification/NCPDPID", "", "pharmacy", "", NULL },
};
const size_t script_facts_n = sizeof(script_facts) / sizeof(*script_facts);

const struct facts_row rtpb_facts[] = {
	{ "RTPBRequest/Patient/PlaceOfService", "place_of_service", "place", "", NULL },
	{ "RTPBRequest/Patient/ResidenceCode", "", NULL, "residence: 1, 4, 5, 6 HOME; 3, 9 NURSING_FACILITY. hospice: 11 ELECTED", residence },
	{ "RTPBRequest/RequestedProduct/Quantity/Value", "quantity", "quantity", "", NULL },
	{ "RTPBRequest/RequestedProduct/Quantity/QuantityUnitOfMeasure/Code", "", "unit", "", NULL },
	{ "RTPBRequest/RequestedProduct/DaysSupply", "", "days", "", NULL },
	{ "RTPBRequest/RequestedProduct/Diagnosis", "diagnosis", "diagnosis", "ICD-10-CM, the point left out", rtpb_diagnosis },
	{ "RTPBRequest/Patient/Name/LastName", "", "last_name", "", NULL },
	{ "RTPBRequest/Patient/Name/FirstName", "", "first_name", "", NULL },
	{ "RTPBRequest/Patient/SexAndGender/AdministrativeGender", "", "gender", "", NULL },
	{ "RTPBRequest/Patient/Gender", "", "gender", "", NULL },
	{ "RTPBRequest/Patient/DateOfBirth", "", "birth", "", NULL },
	{ "RTPBRequest/Prescriber/Identification/NPI", "", "npi", "", NULL },
	{ "RTPBRequest/Prescriber/LastName", "", "prescriber", "", NULL },
	{ "RTPBRequest/Pharmacy/Identification/NCPDPID", "", "pharmacy", "", NULL },
};
const size_t rtpb_facts_n = sizeof(rtpb_facts) / sizeof(*rtpb_facts);

bool facts_of_message(const struct ncpdp_message *message, struct arena *arena, struct order_facts *out)
{
	const struct pa_common *common = ncpdp_pa_common(message->script);
	struct ncpdp_coverage coverage;
	struct ncpdp_drug drug;

	*out = (struct order_facts){ .arena = arena };
	if (common)
		facts_read(script_facts, script_facts_n, "Request", &pa_common_record, common, out);
	if (message->rtpb && message->rtpb->body->request)
		facts_read(rtpb_facts, rtpb_facts_n, "RTPBRequest", &rtpb_request_record, message->rtpb->body->request, out);
	ncpdp_coverage(message, &coverage);
	ncpdp_drug(message, &drug);
	facts_of_coverage(out, &coverage, TEXT_NONE, drug.ndc, drug.rxcui);
	return !out->full;
}
