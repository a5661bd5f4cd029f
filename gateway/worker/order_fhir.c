/* SPDX-License-Identifier: Apache-2.0 */
/* What a PAS bundle and a CDS Hooks request say of an order. */
#include "gateway/worker/order_fhir.h"

#include "base/json.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"

#include <string.h>

#define SNOMED "http://snomed.info/sct"
#define ACT_CODE HL7_CODES "v3-ActCode"
#define ROLE_CODE HL7_CODES "v3-RoleCode"

/* A code of a list of others as a value of ours. */
struct meaning {
	const char *code, *value;
};

static struct text meaning_of(const struct meaning *meanings, size_t n, struct text code)
{
	for (size_t i = 0; i < n && code.n; i++)
		if (text_is(code, meanings[i].code))
			return text_of(meanings[i].value);
	return TEXT_NONE;
}

#define MEANS(table, code) meaning_of(table, sizeof(table) / sizeof(*(table)), code)

/* -- values -- */

static struct text diagnosis(const struct facts_at *at)
{
	const struct fhir_concept *concept = at->group;
	struct text code = fhir_code(concept, SYSTEM_ICD10);

	facts_disease(at->out, concept->text);
	for (size_t i = 0; i < concept->coding_n; i++)
		facts_disease(at->out, concept->coding[i].display);
	return code.n ? facts_without_point(code, at->out->arena) : TEXT_NONE;
}

static struct text place(const struct facts_at *at)
{
	return fhir_code(at->group, SYSTEM_PLACE_OF_SERVICE);
}

static struct text hcpcs(const struct facts_at *at)
{
	return fhir_code(at->group, SYSTEM_HCPCS);
}

static struct text rxnorm(const struct facts_at *at)
{
	return fhir_code(at->group, SYSTEM_RXNORM);
}

static struct text name(const struct facts_at *at)
{
	facts_of_name(at->out, at->text);
	return at->text;
}

/* A moment begins with its day. */
static struct text day(const struct facts_at *at)
{
	enum { DAY_CHARACTERS = 10 };

	return at->text.n > DAY_CHARACTERS ? (struct text){ at->text.at, DAY_CHARACTERS } : at->text;
}

static struct text days(const struct facts_at *at)
{
	const struct fhir_quantity *quantity = at->group;

	return text_is(quantity->code, "d") && text_is(quantity->system, SYSTEM_UCUM) ? quantity->value : TEXT_NONE;
}

static const struct meaning routes[] = {
	{ "26643006", "ORAL" },      /* oral */
	{ "37839007", "ORAL" },      /* sublingual */
	{ "47625008", "INFUSION" },  /* intravenous */
	{ "34206005", "INJECTION" }, /* subcutaneous */
	{ "78421000", "INJECTION" }, /* intramuscular */
	{ "372464004", "INJECTION" }, /* intradermal */
	{ "447694001", "INHALED" },  /* respiratory tract */
	{ "6064005", "TOPICAL" },    /* topical */
	{ "448598008", "TOPICAL" },  /* cutaneous */
	{ "45890007", "TOPICAL" },   /* transdermal */
};

static struct text route(const struct facts_at *at)
{
	return MEANS(routes, fhir_code(at->group, SNOMED));
}

/* Ambulatory is an office or a hospital's outpatient department: it says neither. */
static const struct meaning classes[] = {
	{ "IMP", "21" }, { "ACUTE", "21" }, { "NONAC", "21" }, { "EMER", "23" }, { "OBSENC", "22" }, { "HH", "12" },
};

static struct text encounter_class(const struct facts_at *at)
{
	const struct fhir_coding *coding = at->group;

	return text_is(coding->system, ACT_CODE) ? MEANS(classes, coding->code) : TEXT_NONE;
}

/* A hospital may be 19, 21, 22 or 23. */
static const struct meaning kinds_of_place[] = {
	{ "PC", "11" }, { "PTRES", "12" }, { "ER", "23" }, { "SNF", "31" }, { "NCCF", "32" },
};

/* By the CMS code itself where the system knows it. */
static struct text kind_of_place(const struct facts_at *at)
{
	struct text code = fhir_code(at->group, SYSTEM_PLACE_OF_SERVICE);

	return code.n ? code : MEANS(kinds_of_place, fhir_code(at->group, ROLE_CODE));
}

/* Source of payment typology, as remembered. Traditional Medicare is a programme of none of ours, and 23 may be Medicaid or CHIP. */
#define SOPT "https://nahdo.org/sopt"
static const struct meaning programmes[] = {
	{ "122", "part_d" }, { "11", "ma_part_b" }, { "111", "ma_part_b" }, { "112", "ma_part_b" }, { "113", "ma_part_b" }, { "119", "ma_part_b" },
	{ "21", "medicaid_managed_care" }, { "211", "medicaid_managed_care" }, { "212", "medicaid_managed_care" }, { "213", "medicaid_managed_care" },
	{ "219", "medicaid_managed_care" }, { "22", "medicaid_ffs" },
};

/* What the formulary says of the card's plan counts before it, so it is not said of the order. */
static struct text programme(const struct facts_at *at)
{
	if (!at->out->programme.n)
		at->out->programme = MEANS(programmes, fhir_code(at->group, SOPT));
	return TEXT_NONE;
}

static const struct meaning genders[] = { { "male", "M" }, { "female", "F" }, { "other", "U" }, { "unknown", "U" } };

static struct text gender(const struct facts_at *at)
{
	return MEANS(genders, at->text);
}

/* -- the tables -- */

#define PERSON \
	{ "Patient/name/family", "", "last_name", "", NULL }, \
	{ "Patient/name/given", "", "first_name", "the first", NULL }, \
	{ "Patient/gender", "", "gender", "male M, female F, other and unknown U", gender }, \
	{ "Patient/birthDate", "", "birth", "", NULL }
#define COVERAGE \
	{ "Coverage/type", "", NULL, "programme, where the plan of the card is not known: source of payment 122 part_d, 11 ma_part_b, 21 medicaid_managed_care, 22 medicaid_ffs", programme }
#define DIRECTIONS(order) \
	{ order "/dosageInstruction/route", "route", NULL, "SNOMED CT: oral, intravenous (INFUSION), subcutaneous, intramuscular, inhaled, topical ...", route }, \
	{ order "/dispenseRequest/quantity/value", "quantity", "quantity", "", NULL }, \
	{ order "/dispenseRequest/expectedSupplyDuration", "", "days", "where it is in days (UCUM d)", days }, \
	{ order "/reasonCode", "diagnosis", "diagnosis", "ICD-10-CM, the point left out", diagnosis }

const struct facts_row pas_facts[] = {
	{ "Claim/item/locationCodeableConcept", "place_of_service", "place", "CMS place of service code", place },
	{ "Claim/item/productOrService", "hcpcs", "hcpcs", "HCPCS code", hcpcs },
	{ "Claim/item/servicedDate", "date", NULL, "its day", day },
	{ "Claim/item/servicedPeriod/start", "date", NULL, "its day", day },
	{ "Claim/diagnosis/diagnosisCodeableConcept", "diagnosis", "diagnosis", "ICD-10-CM, the point left out", diagnosis },
	{ "MedicationRequest/medicationCodeableConcept", "rxcui", "rxcui", "RxNorm concept", rxnorm },
	{ "MedicationRequest/medicationCodeableConcept/text", "", "description", "route, device and administered_by where its words name a dose form", name },
	DIRECTIONS("MedicationRequest"),
	{ "Encounter/class", "place_of_service", NULL, "inpatient 21, emergency 23, observation 22, home health 12", encounter_class },
	COVERAGE,
	PERSON,
};
const size_t pas_facts_n = sizeof(pas_facts) / sizeof(*pas_facts);

const struct facts_row cds_facts[] = {
	{ "Order/locationCode", "place_of_service", "place", "CMS place of service code, else by kind of place", kind_of_place },
	{ "Location/type", "place_of_service", "place", "CMS place of service code, else by kind of place: clinic 11, the patient's home 12, emergency 23, nursing facility 31 or 32", kind_of_place },
	{ "Encounter/class", "place_of_service", "place", "inpatient 21, emergency 23, observation 22, home health 12", encounter_class },
	{ "Order/occurrenceDateTime", "date", NULL, "its day", day },
	DIRECTIONS("Order"),
	{ "Condition/code", "diagnosis", "diagnosis", "ICD-10-CM, the point left out", diagnosis },
	COVERAGE,
	PERSON,
};
const size_t cds_facts_n = sizeof(cds_facts) / sizeof(*cds_facts);

/* -- a PAS bundle -- */

static const struct fhir_medication_request *ordered_by(const struct fhir_bundle *bundle, const struct fhir_claim *claim)
{
	for (size_t i = 0; i < claim->item_n; i++) {
		const struct fhir_item *item = &claim->item[i];
		const struct fhir_extension *service = fhir_extension(item->extension, item->extension_n, PAS "extension-requestedService");
		const struct fhir_entry *entry = service ? fhir_find(bundle, service->reference) : NULL;

		if (entry && entry->resource->medication_request)
			return entry->resource->medication_request;
	}
	return NULL;
}

static void read_pas(const char *root, const struct record *record, const void *rec, struct order_facts *out)
{
	if (rec)
		facts_read(pas_facts, pas_facts_n, root, record, rec, out);
}

bool facts_of_bundle(const struct fhir_bundle *bundle, const struct pas_request *request, struct arena *arena, struct order_facts *out)
{
	const struct fhir_medication_request *order = ordered_by(bundle, request->claim);
	const struct fhir_entry *visit = order ? fhir_find(bundle, order->encounter) : NULL;

	*out = (struct order_facts){ .arena = arena };
	out->asked.member_id = request->member_id;
	out->asked.npi = request->npi_n ? request->npi[0] : TEXT_NONE;
	read_pas("Claim", &fhir_claim_record, request->claim, out);
	read_pas("MedicationRequest", &fhir_medication_request_record, order, out);
	read_pas("Encounter", &fhir_encounter_record, visit ? visit->resource->encounter : NULL, out);
	read_pas("Coverage", &fhir_coverage_record, request->coverage, out);
	read_pas("Patient", &fhir_patient_record, request->patient, out);
	return !out->full;
}

/* -- a CDS Hooks request -- */

enum { FOLLOWED_MAX = 20 /* references of one list: each is looked for among all that was sent */ };

static size_t followed(size_t n)
{
	return n < FOLLOWED_MAX ? n : FOLLOWED_MAX;
}

/* Reads the resource of this kind that the reference means into rec; an empty reference means the first there is. False: it was not sent, or is not to
   be read: then it says nothing. */
static bool read_held(const struct cds_question *question, const char *type, struct text reference, const struct record *record, void *rec,
	struct order_facts *out)
{
	for (size_t i = 0; i < question->held_n && !out->full; i++) {
		const struct cds_held *held = &question->held[i];
		struct text id;
		struct fault fault;

		if (!text_is(held->type, type))
			continue;
		memset(rec, 0, record->size);
		if (!json_read(record, rec, held->raw, out->arena, NULL, &fault)) {
			out->full = fault.code == FAULT_TOO_LARGE;
			continue;
		}
		id = *(const struct text *)field_at(record_field(record, "id"), rec);
		if (!reference.n || text_equal(reference, held->full_url) ||
			(id.n && reference.n > id.n && reference.at[reference.n - id.n - 1] == '/' &&
				memcmp(reference.at + reference.n - id.n, id.at, id.n) == 0))
			return true;
	}
	return false;
}

static void read_cds(const char *root, const struct record *record, const void *rec, struct order_facts *out)
{
	facts_read(cds_facts, cds_facts_n, root, record, rec, out);
}

static void read_location(const struct cds_question *question, const struct fhir_reference *reference, struct order_facts *out)
{
	struct cds_location location;

	if (reference && reference->reference.n &&
		read_held(question, "Location", reference->reference, &cds_location_record, &location, out))
		read_cds("Location", &cds_location_record, &location, out);
}

/* The visit of the order, else the one that is going on. */
static void read_encounter(const struct cds_question *question, const struct cds_order_details *details, struct order_facts *out)
{
	struct text named = details->encounter ? details->encounter->reference : TEXT_NONE, context = question->request->context->encounter_id;
	struct cds_encounter encounter;
	struct buffer reference;

	buffer_init(&reference, out->arena, 80);
	buffer_lit(&reference, "Encounter/");
	buffer_add(&reference, context.n ? context : text_lit(""));
	if (!named.n && context.n)
		named = buffer_text(&reference);
	if (!named.n || !read_held(question, "Encounter", named, &cds_encounter_record, &encounter, out))
		return;
	for (size_t i = 0; i < followed(encounter.location_n); i++)
		read_location(question, encounter.location[i].location, out);
	read_cds("Encounter", &cds_encounter_record, &encounter, out);
}

bool facts_of_hook(const struct cds_question *question, const struct cds_held *order, struct arena *arena, struct order_facts *out)
{
	struct cds_order_details details = { 0 };
	struct cds_condition condition;
	struct fhir_patient patient;
	struct fault fault;

	*out = (struct order_facts){ .arena = arena };
	out->asked.npi = cds_orderer_npi(question, order);
	if (question->coverage)
		read_cds("Coverage", &fhir_coverage_record, question->coverage, out);
	if (!json_read(&cds_order_details_record, &details, order->raw, arena, NULL, &fault))
		return fault.code != FAULT_TOO_LARGE; /* it has been read as an order: what cannot be read of the rest says nothing */
	read_cds("Order", &cds_order_details_record, &details, out);
	for (size_t i = 0; i < followed(details.location_n); i++)
		read_location(question, &details.location[i], out);
	read_encounter(question, &details, out);
	for (size_t i = 0; i < followed(details.reason_n); i++)
		if (details.reason[i].reference.n &&
			read_held(question, "Condition", details.reason[i].reference, &cds_condition_record, &condition, out))
			read_cds("Condition", &cds_condition_record, &condition, out);
	if (read_held(question, "Patient", TEXT_NONE, &fhir_patient_record, &patient, out))
		read_cds("Patient", &fhir_patient_record, &patient, out);
	return !out->full;
}
