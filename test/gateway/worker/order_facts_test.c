/* SPDX-License-Identifier: Apache-2.0 */
/* What messages bring to the router: each row of each door's table, beside a message that says nothing. */
#include "gateway/worker/order_fhir.h"

#include "base/json.h"
#include "test/case.h"

#include <string.h>

enum { MEMORY = 4 << 20 };

static struct arena arena;

static void begin(struct order_facts *facts)
{
	arena_done(&arena);
	arena_init(&arena, MEMORY);
	*facts = (struct order_facts){ .arena = &arena };
}

static bool says_nothing(const struct order_facts *facts)
{
	static const struct route_question nothing;
	static const struct asked_order nobody;

	return !facts->programme.n && record_equal(&route_question_record, &facts->stated, &nothing) && record_equal(&asked_order_record, &facts->asked, &nobody);
}

/* Each row of this root by itself says something of the one, and nothing of the other. */
static void each_row(const struct facts_row *rows, size_t n, const char *root, const struct record *record, const void *full, const void *empty)
{
	struct order_facts facts;
	size_t looked = 0;

	for (size_t i = 0; i < n; i++) {
		if (!text_starts(text_of(rows[i].path), root) || rows[i].path[strlen(root)] != '/')
			continue;
		begin(&facts);
		facts_read(&rows[i], 1, root, record, full, &facts);
		cr_expect(!says_nothing(&facts), "%s", rows[i].path);
		begin(&facts);
		facts_read(&rows[i], 1, root, record, empty, &facts);
		cr_expect(says_nothing(&facts), "%s of an empty one", rows[i].path);
		looked++;
	}
	cr_expect_gt(looked, 0, "%s", root);
}

static bool has(const struct text *values, size_t n, const char *value)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(values[i], value))
			return true;
	return false;
}

#define SAYS(facts, member, value) cr_expect(text_is((facts).stated.member, value), #member ": %.*s", TEXT_ARGS((facts).stated.member))
#define ASKS(facts, member, value) cr_expect(text_is((facts).asked.member, value), #member ": %.*s", TEXT_ARGS((facts).asked.member))

/* -- SCRIPT -- */

static struct diagnosis_code cancer = { { "C50.911", sizeof("C50.911") - 1 }, { "ABF", sizeof("ABF") - 1 }, { "EXAMPLE", sizeof("EXAMPLE") - 1 } };
static struct diagnosis_code other_list = { { "254837009", sizeof("254837009") - 1 }, { "LD", sizeof("LD") - 1 }, { "EXAMPLE", sizeof("EXAMPLE") - 1 } };

static void fill_script(struct pa_common *common)
{
	static struct nci_code unit = { { "C48542", sizeof("C48542") - 1 } };
	static struct quantity quantity = { .value = { "30", sizeof("30") - 1 }, .code_list_qualifier = { "38", sizeof("38") - 1 }, .unit = &unit };
	static struct diagnosis diagnoses[] = { { .primary = &cancer, .secondary = &cancer } };
	static struct date_or_time day = { .date = { "2026-12-01", sizeof("2026-12-01") - 1 } };
	static struct other_medication_date dates[] = { { &day, { "StartDate", sizeof("StartDate") - 1 } },
		{ &day, { "TransplantHealthCareFacilityDischargeDateMedicare", sizeof("TransplantHealthCareFacilityDischargeDateMedicare") - 1 } } };
	static struct medication medication = { .drug_description = { "EXAMPLE 10 MG Oral Tablet", sizeof("EXAMPLE 10 MG Oral Tablet") - 1 }, .quantity = &quantity,
		.days_supply = { "30", sizeof("30") - 1 }, .diagnoses = diagnoses, .diagnoses_n = 1, .other_dates = dates, .other_dates_n = 2 };
	static struct person_name name = { .last_name = { "TESTPATIENT", sizeof("TESTPATIENT") - 1 }, .first_name = { "PAT", sizeof("PAT") - 1 } };
	static struct date_or_time birth = { .date = { "1980-02-29", sizeof("1980-02-29") - 1 } };
	static struct human_patient human = { .name = &name, .gender = { "F", sizeof("F") - 1 }, .date_of_birth = &birth,
		.hospice_indicator = { "Y", sizeof("Y") - 1 } };
	static struct patient patient = { .human_patient = &human };
	static struct prescriber_identification ids = { .npi = { "1234567893", sizeof("1234567893") - 1 } };
	static struct non_veterinarian doctor = { .identification = &ids, .name = &name, .place_of_service = { "11", sizeof("11") - 1 } };
	static struct prescriber prescriber = { .non_veterinarian = &doctor };
	static struct pharmacy_identification shop = { .ncpdp_id = { "9999999", sizeof("9999999") - 1 } };
	static struct pharmacy pharmacy = { .identification = &shop };

	*common = (struct pa_common){ .patient = &patient, .prescriber = &prescriber, .medication_prescribed = &medication, .pharmacy = &pharmacy };
}

CASE(order_facts, each_row_of_script)
{
	static const struct pa_common empty;
	struct pa_common full;
	struct order_facts facts;

	fill_script(&full);
	each_row(script_facts, script_facts_n, "Request", &pa_common_record, &full, &empty);
	begin(&facts);
	facts_read(script_facts, script_facts_n, "Request", &pa_common_record, &full, &facts);
	SAYS(facts, place_of_service, "11");
	SAYS(facts, quantity, "30");
	SAYS(facts, transplant, "COVERED");
	SAYS(facts, hospice, "ELECTED");
	SAYS(facts, date, "2026-12-01");
	SAYS(facts, route, "ORAL");
	cr_expect(facts.stated.diagnosis_n == 1 && text_is(facts.stated.diagnosis[0], "C50911"), "once, and without its point");
	ASKS(facts, last_name, "TESTPATIENT");
	ASKS(facts, days, "30");
	ASKS(facts, pharmacy, "9999999");
	cr_expect(!facts.stated.supply.n && !facts.stated.residence.n && !facts.stated.phase.n, "what is not said is not known");
}

CASE(order_facts, another_list_of_diagnoses_says_nothing)
{
	struct diagnosis diagnosis = { .primary = &other_list };
	struct medication medication = { .diagnoses = &diagnosis, .diagnoses_n = 1 };
	struct pa_common common = { .medication_prescribed = &medication };
	struct order_facts facts;

	begin(&facts);
	facts_read(script_facts, script_facts_n, "Request", &pa_common_record, &common, &facts);
	cr_expect_eq(facts.stated.diagnosis_n, 0);
	diagnosis.primary = &cancer;
	facts_read(script_facts, script_facts_n, "Request", &pa_common_record, &common, &facts);
	cr_expect_eq(facts.stated.diagnosis_n, 1, "its twin");
}

CASE(order_facts, what_a_member_cannot_hold_is_not_said)
{
	struct order_facts facts;

	begin(&facts);
	facts_say(&facts, "place_of_service", text_lit("111"));
	facts_say(&facts, "route", text_lit("BY MOUTH"));
	cr_expect(says_nothing(&facts));
	facts_say(&facts, "place_of_service", text_lit("11"));
	facts_say(&facts, "place_of_service", text_lit("12"));
	SAYS(facts, place_of_service, "11");
	for (int i = 0; i < 20; i++)
		facts_say(&facts, "diagnosis", arena_text(&arena, (struct text){ &"ABCDEFGHIJKLMNOPQRSTU"[i], 1 }));
	cr_expect_eq(facts.stated.diagnosis_n, 12, "no more than there is room for");
}

CASE(order_facts, the_name_of_a_drug_tells_its_form)
{
	static const struct {
		const char *name, *route, *device, *by;
	} names[] = {
		{ "EXAMPLE 40 MG/0.8ML Pen Injector", "INJECTION", "PEN", "SELF" },
		{ "EXAMPLE 40 MG/0.8ML Auto-Injector", "INJECTION", "", "SELF" },
		{ "EXAMPLE 10 MG ORAL TABLET", "ORAL", "", "" },
		{ "EXAMPLE Metered Dose Inhaler", "INHALED", "INHALER", "" },
		{ "EXAMPLE 0.1 % Topical Cream", "TOPICAL", "", "" },
		{ "EXAMPLE 10 MG Injectable Solution", "", "", "" },
		{ "EXAMPLE Vaginal Tablet", "", "", "" },
		{ "EXAMPLE CORALINE", "", "", "" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct order_facts facts;

		begin(&facts);
		facts_of_name(&facts, text_of(names[i].name));
		cr_expect(text_equal(facts.stated.route, text_of(names[i].route)) && text_equal(facts.stated.device, text_of(names[i].device)) &&
			text_equal(facts.stated.administered_by, text_of(names[i].by)), "%s", names[i].name);
	}
}

/* -- RTPB -- */

CASE(order_facts, each_row_of_rtpb)
{
	static const struct rtpb_request empty;
	struct sex_and_gender sex = { .administrative_gender = text_lit("F") };
	struct rtpb_name name = { .last_name = text_lit("TESTPATIENT"), .first_name = text_lit("PAT") };
	struct rtpb_patient patient = { .name = &name, .sex_and_gender = &sex, .gender = text_lit("F"), .date_of_birth = text_lit("1980-02-29"),
		.residence_code = text_lit("1"), .place_of_service = text_lit("12") };
	struct nci_code unit = { text_lit("C48542") };
	struct rtpb_quantity quantity = { .value = text_lit("30"), .unit = &unit };
	struct rtpb_diagnosis diagnosis = { text_lit("D8181"), text_lit("ABF") };
	struct requested_product product = { .quantity = &quantity, .days_supply = text_lit("30"), .diagnoses = &diagnosis, .diagnoses_n = 1 };
	struct rtpb_prescriber_id id = { .npi = text_lit("1234567893") };
	struct rtpb_prescriber prescriber = { .identification = &id, .last_name = text_lit("EXAMPLE") };
	struct rtpb_pharmacy_id shop = { .ncpdp_id = text_lit("9999999") };
	struct rtpb_pharmacy pharmacy = { .identification = &shop };
	struct rtpb_request full = { .patient = &patient, .requested_product = &product, .prescriber = &prescriber, .pharmacies = &pharmacy, .pharmacies_n = 1 };
	struct order_facts facts;

	each_row(rtpb_facts, rtpb_facts_n, "RTPBRequest", &rtpb_request_record, &full, &empty);
	begin(&facts);
	facts_read(rtpb_facts, rtpb_facts_n, "RTPBRequest", &rtpb_request_record, &full, &facts);
	SAYS(facts, place_of_service, "12");
	SAYS(facts, residence, "HOME");
	cr_expect(has(facts.stated.diagnosis, facts.stated.diagnosis_n, "D8181"));
	cr_expect(!facts.stated.supply.n, "a pharmacy that is priced at need not be who supplies it");
	begin(&facts);
	facts_of_residence(&facts, text_lit("11"));
	SAYS(facts, hospice, "ELECTED");
	begin(&facts);
	facts_of_residence(&facts, text_lit("2")); /* whether Part A pays the stay is another question */
	cr_expect(says_nothing(&facts));
}

/* -- FHIR -- */

static void *read(const struct record *record, const char *json)
{
	void *rec = arena_alloc(&arena, record->size);
	struct fault fault = { 0 };

	cr_assert(rec && json_read(record, rec, text_of(json), &arena, NULL, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return rec;
}

#define CONCEPT(system, code) "{\"coding\":[{\"system\":\"" system "\",\"code\":\"" code "\"}]}"
#define POS "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
#define ICD10 "http://hl7.org/fhir/sid/icd-10-cm"
#define DIRECTIONS_JSON                                                                                                      \
	"\"dosageInstruction\":[{\"route\":" CONCEPT("http://snomed.info/sct", "47625008") "}],\"dispenseRequest\":{\"quantity\":{\"value\":2}," \
	"\"expectedSupplyDuration\":{\"value\":28,\"system\":\"http://unitsofmeasure.org\",\"code\":\"d\"}},\"reasonCode\":["  \
	CONCEPT(ICD10, "M05.79") "]"
#define PERSON_JSON "{\"name\":[{\"family\":\"TESTPATIENT\",\"given\":[\"PAT\",\"Q\"]}],\"gender\":\"female\",\"birthDate\":\"1980-02-29\"}"

/* The same JSON means one struct here and another there, so each is read anew for the arena that a row begins. */
static void fhir_rows(const struct facts_row *rows, size_t n, const char *root, const struct record *record, const char *json, struct order_facts *facts)
{
	size_t looked = 0;

	for (size_t i = 0; i < n; i++) {
		if (!text_starts(text_of(rows[i].path), root) || rows[i].path[strlen(root)] != '/')
			continue;
		begin(facts);
		facts_read(&rows[i], 1, root, record, read(record, json), facts);
		cr_expect(!says_nothing(facts), "%s", rows[i].path);
		begin(facts);
		facts_read(&rows[i], 1, root, record, read(record, "{}"), facts);
		cr_expect(says_nothing(facts), "%s of an empty one", rows[i].path);
		looked++;
	}
	cr_expect_gt(looked, 0, "%s", root);
	begin(facts);
	facts_read(rows, n, root, record, read(record, json), facts);
}

CASE(order_facts, each_row_of_pas)
{
	struct order_facts facts;

	fhir_rows(pas_facts, pas_facts_n, "Claim", &fhir_claim_record,
		"{\"item\":[{\"locationCodeableConcept\":" CONCEPT(POS, "11") ",\"productOrService\":" CONCEPT("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J3590")
		",\"servicedDate\":\"2026-12-03\",\"servicedPeriod\":{\"start\":\"2026-12-04T10:00:00Z\"}}],\"diagnosis\":[{\"diagnosisCodeableConcept\":" CONCEPT(ICD10, "K50.00") "}]}",
		&facts);
	SAYS(facts, place_of_service, "11");
	SAYS(facts, hcpcs, "J3590");
	SAYS(facts, date, "2026-12-03");
	cr_expect(has(facts.stated.diagnosis, facts.stated.diagnosis_n, "K5000"));
	fhir_rows(pas_facts, pas_facts_n, "MedicationRequest", &fhir_medication_request_record,
		"{\"medicationCodeableConcept\":{\"coding\":[{\"system\":\"http://www.nlm.nih.gov/research/umls/rxnorm\",\"code\":\"999001\"}],\"text\":\"EXAMPLE Pen Injector\"}," DIRECTIONS_JSON "}",
		&facts);
	SAYS(facts, rxcui, "999001");
	SAYS(facts, administered_by, "SELF");
	SAYS(facts, route, "INJECTION"); /* the name of the drug comes first */
	SAYS(facts, quantity, "2");
	ASKS(facts, days, "28");
	fhir_rows(pas_facts, pas_facts_n, "Encounter", &fhir_encounter_record,
		"{\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"HH\"}}", &facts);
	SAYS(facts, place_of_service, "12");
	fhir_rows(pas_facts, pas_facts_n, "Patient", &fhir_patient_record, PERSON_JSON, &facts);
	ASKS(facts, first_name, "PAT");
	ASKS(facts, gender, "F");
}

CASE(order_facts, each_row_of_a_hook)
{
	struct order_facts facts;

	fhir_rows(cds_facts, cds_facts_n, "Order", &cds_order_details_record,
		"{\"locationCode\":[" CONCEPT("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "PTRES") "],\"occurrenceDateTime\":\"2026-12-03T09:00:00Z\"," DIRECTIONS_JSON "}", &facts);
	SAYS(facts, place_of_service, "12");
	SAYS(facts, date, "2026-12-03");
	SAYS(facts, route, "INFUSION");
	cr_expect(has(facts.stated.diagnosis, facts.stated.diagnosis_n, "M0579"));
	fhir_rows(cds_facts, cds_facts_n, "Location", &cds_location_record, "{\"type\":[" CONCEPT(POS, "49") "]}", &facts);
	SAYS(facts, place_of_service, "49");
	fhir_rows(cds_facts, cds_facts_n, "Encounter", &cds_encounter_record,
		"{\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"IMP\"}}", &facts);
	SAYS(facts, place_of_service, "21");
	fhir_rows(cds_facts, cds_facts_n, "Condition", &cds_condition_record, "{\"code\":" CONCEPT(ICD10, "N18.6") "}", &facts);
	cr_expect(has(facts.stated.diagnosis, facts.stated.diagnosis_n, "N186"));
	fhir_rows(cds_facts, cds_facts_n, "Patient", &fhir_patient_record, PERSON_JSON, &facts);
	ASKS(facts, last_name, "TESTPATIENT");
}

CASE(order_facts, the_kind_of_coverage_is_a_programme)
{
	struct order_facts facts;

	fhir_rows(pas_facts, pas_facts_n, "Coverage", &fhir_coverage_record, "{\"type\":" CONCEPT("https://nahdo.org/sopt", "122") "}", &facts);
	cr_expect(text_is(facts.programme, "part_d") && !facts.stated.programme.n, "what is known of the card's plan counts before it");
	fhir_rows(cds_facts, cds_facts_n, "Coverage", &fhir_coverage_record, "{\"type\":" CONCEPT("https://nahdo.org/sopt", "211") "}", &facts);
	cr_expect(text_is(facts.programme, "medicaid_managed_care"));
	begin(&facts);
	facts_read(pas_facts, pas_facts_n, "Coverage", &fhir_coverage_record,
		read(&fhir_coverage_record, "{\"type\":" CONCEPT("https://nahdo.org/sopt", "121") "}"), &facts);
	cr_expect(says_nothing(&facts), "traditional Medicare is none of the programmes");
}

CASE(order_facts, an_ambulatory_visit_is_no_place)
{
	struct order_facts facts;

	begin(&facts);
	facts_read(cds_facts, cds_facts_n, "Encounter", &cds_encounter_record,
		read(&cds_encounter_record, "{\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"AMB\"}}"), &facts);
	cr_expect(says_nothing(&facts), "an office and a hospital's clinic both are");
}

/* -- the rows are right -- */

CASE(order_facts, each_row_names_what_there_is)
{
	static const struct {
		const struct facts_row *rows;
		const size_t *n;
	} doors[] = { { script_facts, &script_facts_n }, { rtpb_facts, &rtpb_facts_n }, { pas_facts, &pas_facts_n }, { cds_facts, &cds_facts_n } };

	for (size_t d = 0; d < sizeof(doors) / sizeof(*doors); d++)
		for (size_t i = 0; i < *doors[d].n; i++) {
			const struct facts_row *row = &doors[d].rows[i];

			cr_expect(!*row->member || record_field(&route_question_record, row->member), "%s", row->member);
			cr_expect(!row->asked || record_field(&asked_order_record, row->asked), "%s", row->asked);
			cr_expect(!row->value || *row->how, "%s: what is done is said", row->path);
		}
}
