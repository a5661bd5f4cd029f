/* SPDX-License-Identifier: Apache-2.0 */
/* A SCRIPT request as a PAS request bundle: what must be in it, what is told as lost, and which bundles are no PAS request. */
#include "test/fhir-bridge/sample.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"

#include <string.h>

/* What the JSON of the rich message must hold, letter for letter. */
static const char *const in_claim[] = {
	"{\"resourceType\":\"Bundle\",",
	"\"identifier\":{\"system\":\"urn:dualtrack:bundle\",\"value\":\"trace-1\"},\"type\":\"collection\",\"timestamp\":\"2026-11-22T09:30:00.123Z\"",
	"\"identifier\":[{\"system\":\"urn:dualtrack:claim\",\"value\":\"trace-1\"},{\"system\":\"urn:dualtrack:PAReferenceID\",\"value\":\"REF-1\"}]",
	"\"status\":\"active\"",
	"\"use\":\"preauthorization\"",
	"\"system\":\"http://terminology.hl7.org/CodeSystem/processpriority\",\"code\":\"stat\"",
	"\"url\":\"applicationSenderCode\",\"valueString\":\"1234567893\"",
	"\"url\":\"applicationReceiverCode\",\"valueString\":\"EXAMPLEPAYER\"",
	/* ICD-10-CM gets its point back, SNOMED stays with the order */
	"\"diagnosis\":[{\"sequence\":1,\"diagnosisCodeableConcept\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"M05.79\",\"display\":\"Rheumatoid arthritis\"}]}",
	"\"reasonCode\":[{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"M05.79\"",
	"{\"system\":\"http://snomed.info/sct\",\"code\":\"69896004\"",
	"\"focal\":true",
	/* the item */
	"\"productOrService\":{\"coding\":[{\"system\":\"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets\",\"code\":\"J3490\"}]}",
	"\"locationCodeableConcept\":{\"coding\":[{\"system\":\"https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set\",\"code\":\"11\"}]}",
	"\"quantity\":{\"value\":2.50,\"unit\":\"C28254\"}",
	"extension-administrationReferenceNumber\",\"valueString\":\"CASE-1\"",
	/* the drug */
	"\"medicationCodeableConcept\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/ndc\",\"code\":\"99999000505\"},{\"system\":\"http://www.nlm.nih.gov/research/umls/rxnorm\",\"code\":\"999999\"},{\"system\":\"urn:dualtrack:DrugDBCode:SCD\",\"code\":\"999999\"}],\"text\":\"Examplimab 100 mg vial\"}",
	"\"expectedSupplyDuration\":{\"value\":28,\"unit\":\"days\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"d\"}",
	/* the patient */
	"{\"system\":\"urn:dualtrack:MedicalRecordIdentificationNumberEHR\",\"value\":\"MRN1\"},{\"system\":\"urn:dualtrack:REMSPatientID\",\"value\":\"REMS1\"},{\"system\":\"urn:dualtrack:CardholderID\",\"value\":\"MEMBER0001\"}",
	"\"name\":[{\"use\":\"official\",\"family\":\"TESTPATIENT\",\"given\":[\"PAT\",\"Q\"]}]",
	"\"gender\":\"female\",\"birthDate\":\"1980-02-29\"",
	"{\"system\":\"phone\",\"value\":\"6175550101\"},{\"system\":\"fax\",\"value\":\"6175550102\"},{\"system\":\"email\",\"value\":\"pat@example.org\"}",
	/* the coverage */
	"\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v2-0203\",\"code\":\"MB\"}]},\"system\":\"urn:dualtrack:CardholderID\",\"value\":\"MEMBER0001\"",
	"\"code\":\"rxbin\"}]},\"value\":\"999999\"",
	"\"code\":\"rxpcn\"}]},\"value\":\"DEMO\"",
	"\"code\":\"self\"},{\"system\":\"https://codesystem.x12.org/005010/1069\",\"code\":\"18\"}",
	"\"system\":\"https://nahdo.org/sopt\",\"code\":\"1\"},{\"system\":\"urn:dualtrack:PayerType\",\"code\":\"B\"}",
	/* payer and prescriber */
	"\"name\":\"EXAMPLE HEALTH PLAN\"",
	"{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"1234567893\"},{\"system\":\"urn:oid:2.16.840.1.113883.4.814\",\"value\":\"AB1234563\"},{\"system\":\"urn:dualtrack:StateLicenseNumber\",\"value\":\"ST1\"}",
	"\"system\":\"http://nucc.org/provider-taxonomy\",\"code\":\"207RH0003X\"",
	"\"name\":\"EXAMPLE CLINIC\"",
	"\"value\":\"6175550103 x12\"",
	/* the answers */
	"\"questionnaire\":\"urn:dualtrack:Questionnaire:QS%201%2F%C3%A9|",
	"\"url\":\"http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/qr-coverage\"",
	"{\"linkId\":\"Q1\",\"text\":\"Was another drug tried?\",\"answer\":[{\"extension\":[{\"extension\":[{\"url\":\"source\",\"valueCode\":\"manual\"}",
	"\"valueCoding\":{\"system\":\"urn:dualtrack:QuestionSet:QS%201%2F%C3%A9\",\"code\":\"YES\",\"display\":\"Yes, tried\"},\"item\":[{\"linkId\":\"Q1/",
	"\"valueString\":\"two \\\"others\\\" & more\"",
	"\"valueCode\":\"auto-client\"",
	"\"valueCoding\":{\"system\":\"urn:dualtrack:QuestionSet:QS%201%2F%C3%A9\",\"code\":\"NO\",\"display\":\"No\"}",
	"\"valueDate\":\"2026-01-31\"",
	"\"valueDateTime\":\"2026-01-31T10:00:00-05:00\"",
	"\"valueDecimal\":72.5",
	"\"linkId\":\"Q5\",\"text\":\"Anything else?\"",
	"\"valueString\":\"no\"",
	/* the document */
	"\"content\":[{\"attachment\":{\"contentType\":\"application/pdf\",\"data\":\"JVBERi0xLjQK\"}}]",
	"\"url\":\"controlNumber\",\"valueString\":\"A1\"",
	"\"code\":\"freeFormMessage\"}]},\"valueString\":\"Please hurry\"",
};

CASE(claim, everything_is_in_it)
{
	struct arena arena;
	struct text json;

	arena_init(&arena, MEMORY);
	json = sample_json(sample_claim("answers.xml", &arena), &arena);
	for (size_t i = 0; i < sizeof(in_claim) / sizeof(*in_claim); i++)
		cr_expect(text_holds(json, in_claim[i]), "not in it: %s", in_claim[i]);
	cr_expect(!text_holds(json, "Q6"), "a question without an answer is not in it");
	arena_done(&arena);
}

CASE(claim, the_same_request_gives_the_same_bytes)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	cr_expect(text_equal(sample_json(sample_claim("answers.xml", &arena), &arena),
		sample_json(sample_claim("answers.xml", &arena), &arena)));
	cr_expect(!text_equal(sample_claim("answers.xml", &arena)->entry[0].full_url,
		sample_claim("answers.xml", &arena)->entry[1].full_url));
	arena_done(&arena);
}

CASE(claim, reading_what_was_written_gives_the_same)
{
	static const char *const messages[] = { "answers.xml", "initiation.xml" };
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < 2; i++) {
		struct fhir_bundle *bundle = sample_claim(messages[i], &arena), *again;
		struct text json = sample_json(bundle, &arena);
		struct fault fault = { 0 };

		cr_assert(fhir_read(json, &arena, &again, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
		cr_expect(text_equal(json, sample_json(again, &arena)));
	}
	arena_done(&arena);
}

CASE(claim, the_payer_finds_member_drug_and_answers)
{
	struct arena arena;
	struct fhir_bundle *bundle;
	struct fhir_claim_view view;
	struct fault fault = { 0 };

	arena_init(&arena, MEMORY);
	cr_assert(fhir_read(sample_json(sample_claim("answers.xml", &arena), &arena), &arena, &bundle, &fault));
	cr_assert(fhir_claim_read(bundle, &arena, &view, &fault), "%s", fault.path);
	cr_expect(text_is(view.cardholder_id, "MEMBER0001"));
	cr_expect(text_is(view.ndc, "99999000505"));
	cr_assert(view.answers);
	cr_expect_eq(view.answers->item_n, 5);
	cr_expect(text_is(view.patient->birth_date, "1980-02-29"));
	cr_expect(text_is(view.coverage->dependent, "01"));

	cr_assert(fhir_claim_read(sample_claim("initiation.xml", &arena), &arena, &view, &fault), "%s", fault.path);
	cr_expect_eq(view.answers, NULL);
	cr_expect(text_is(view.ndc, "99999000505"));
	arena_done(&arena);
}

static const struct claim_about plain = { .identifier = { "t", 1 }, .received_ms = WALL_MS };

CASE(claim, a_plain_request_has_what_is_required)
{
	struct arena arena;
	struct loss loss;
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };
	struct text json;

	arena_init(&arena, MEMORY);
	cr_assert(fhir_claim_of(sample_script("initiation.xml", &arena), &plain, &arena, &bundle, &loss, &fault), "%s", fault.path);
	json = sample_json(bundle, &arena);
	cr_expect_eq(loss.n, 0, "%s", loss.n ? text_to_z(loss.paths[0], (char[200]){ 0 }, 200) : "");
	cr_expect(text_holds(json, "\"productOrService\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/ndc\",\"code\":\"99999000505\"}]"),
		"without a HCPCS code the item is named by its NDC");
	cr_expect(text_holds(json, "\"code\":\"normal\""));
	cr_expect(!text_holds(json, "extension-levelOfServiceCode"));
	cr_expect(text_holds(json, "Place_of_Service_Code_Set\",\"code\":\"99\""));
	cr_expect(text_holds(json, "\"gender\":\"unknown\""));
	cr_expect(!text_holds(json, "QuestionnaireResponse"));
	arena_done(&arena);
}

static const char *const lost[] = {
	"Body/PARequest/BenefitsCoordination", /* the second one */
	"Body/PARequest/BenefitsCoordination/CardHolderName",
	"Body/PARequest/Patient/HumanPatient/CommunicationNumbers/PrimaryTelephone/SupportsSMS",
	"Body/PARequest/MedicationPrescribed/DrugCoded/Strength",
};

CASE(claim, what_has_no_place_is_told)
{
	struct arena arena;
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };
	struct loss loss;

	arena_init(&arena, MEMORY);
	cr_assert(fhir_claim_of(sample_script("answers.xml", &arena), &plain, &arena, &bundle, &loss, &fault), "%s", fault.path);
	for (size_t i = 0; i < sizeof(lost) / sizeof(*lost); i++) {
		bool told = false;

		for (size_t k = 0; k < loss.n; k++)
			told |= text_is(loss.paths[k], lost[i]);
		cr_expect(told, "not told: %s", lost[i]);
	}
	cr_expect_eq(loss.n, sizeof(lost) / sizeof(*lost), "%zu are told", loss.n);
	arena_done(&arena);
}

CASE(claim, animals_and_a_full_arena_have_none)
{
	struct arena arena, small;
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };
	struct loss loss;
	struct script_message *message;
	struct patient animal = { .non_human_patient = text_lit("<NonHumanPatient/>") };
	struct patient *person;

	arena_init(&arena, MEMORY);
	arena_init(&small, 2000);
	message = sample_script("initiation.xml", &arena);
	person = message->body->pa_initiation_request->patient;
	message->body->pa_initiation_request->patient = &animal;
	cr_expect(!fhir_claim_of(message, &plain, &arena, &bundle, &loss, &fault));
	cr_expect_eq(fault.code, FAULT_UNKNOWN_MESSAGE);
	cr_expect_str_eq(fault.path, "Body/PAInitiationRequest/Patient/NonHumanPatient");
	message->body->pa_initiation_request->patient = person;
	cr_expect(!fhir_claim_of(message, &plain, &small, &bundle, &loss, &fault));
	cr_expect_eq(fault.code, FAULT_TOO_LARGE);
	cr_expect(fhir_claim_of(message, &plain, &arena, &bundle, &loss, &fault));
	arena_done(&small);
	for (size_t limit = 0, made = 0; !made; limit += 64) {
		cr_assert_lt(limit, MEMORY);
		arena_init(&small, limit);
		made = fhir_claim_of(message, &plain, &small, &bundle, &loss, &fault);
		arena_done(&small);
	}
	arena_done(&arena);
}

/* Each a change to a good bundle's JSON, and what is then wrong. */
static const struct {
	const char *find, *with;
	enum fault_code code;
	const char *path;
} twins[] = {
	{ "\"identifier\":{\"system\":\"urn:dualtrack:bundle\",\"value\":\"trace-1\"},", "", FAULT_MISSING, "Bundle.identifier" },
	{ "\"resourceType\":\"Claim\"", "\"resourceType\":\"Invoice\"", FAULT_MISSING, "Bundle.entry.resource.ofType(Claim)" },
	{ "\"use\":\"preauthorization\"", "\"use\":\"claim\"", FAULT_BAD_CODE, "Bundle.entry.resource.ofType(Claim).use" },
	{ "\"resourceType\":\"Patient\"", "\"resourceType\":\"Person\"", FAULT_MISSING, "Bundle.entry.resource.ofType(Claim).patient.resolve()" },
	{ "\"resourceType\":\"Coverage\"", "\"resourceType\":\"Account\"", FAULT_MISSING, "Bundle.entry.resource.ofType(Claim).insurance.coverage.resolve()" },
	{ "\"code\":\"MB\"}]},\"system\":\"urn:dualtrack:CardholderID\",\"value\":\"MEMBER0001\"}],\"status\":\"active\",\"subscriber\":{\"identifier\":{\"system\":\"urn:dualtrack:CardholderID\",\"value\":\"MEMBER0001\"}},\"subscriberId\":\"MEMBER0001\",",
		"\"code\":\"MB\"}]}}],\"status\":\"active\",", FAULT_MISSING, "Bundle.entry.resource.ofType(Coverage).identifier.value" },
};

CASE(claim, what_is_no_request_is_refused)
{
	struct arena arena;
	struct text good;

	arena_init(&arena, MEMORY);
	good = sample_json(sample_claim("initiation.xml", &arena), &arena);
	for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
		struct fault fault = { 0 };
		struct fhir_bundle *bundle;
		struct fhir_claim_view view;
		struct text json = sample_replaced(good, twins[i].find, twins[i].with, &arena);

		cr_assert(fhir_read(json, &arena, &bundle, &fault), "%zu: %s %s", i, fault_row(fault.code)->name, fault.path);
		cr_assert(!fhir_claim_read(bundle, &arena, &view, &fault), "%zu", i);
		cr_expect_eq(fault.code, twins[i].code, "%zu: %s", i, fault_row(fault.code)->name);
		cr_expect_str_eq(fault.path, twins[i].path);
	}
	arena_done(&arena);
}

CASE(claim, references_resolve_as_rest_and_ndc_loses_its_dashes)
{
	static const char json[] =
		"{\"resourceType\":\"Bundle\",\"identifier\":{\"value\":\"b\"},\"type\":\"collection\",\"entry\":["
		"{\"fullUrl\":\"http://example.org/fhir/Claim/1\",\"resource\":{\"resourceType\":\"Claim\",\"status\":\"active\",\"type\":{\"text\":\"x\"},"
		"\"use\":\"preauthorization\",\"patient\":{\"reference\":\"Patient/1\"},\"created\":\"2026-11-22\",\"provider\":{\"reference\":\"Organization/1\"},"
		"\"priority\":{\"text\":\"x\"},\"insurance\":[{\"sequence\":1,\"focal\":false,\"coverage\":{\"reference\":\"Coverage/1\"}},"
		"{\"sequence\":2,\"focal\":true,\"coverage\":{\"reference\":\"Coverage/2\"}}],"
		"\"item\":[{\"sequence\":1,\"productOrService\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/ndc\",\"code\":\"99999-0005-05\"}]}}]}},"
		"{\"fullUrl\":\"http://example.org/fhir/Basic/1\",\"resource\":{\"resourceType\":\"Basic\",\"id\":\"1\"}},"
		"{\"fullUrl\":\"http://example.org/fhir/Patient/1\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\"}},"
		"{\"fullUrl\":\"urn:uuid:0\",\"resource\":{\"resourceType\":\"Coverage\",\"id\":\"2\",\"status\":\"active\",\"subscriberId\":\"S2\","
		"\"beneficiary\":{\"reference\":\"Patient/1\"},\"payor\":[{\"display\":\"x\"}]}}]}";
	struct arena arena;
	struct fhir_bundle *bundle;
	struct fhir_claim_view view;
	struct fault fault = { 0 };

	arena_init(&arena, MEMORY);
	cr_assert(fhir_read(text_of(json), &arena, &bundle, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	cr_expect_eq(bundle->entry_n, 4);
	cr_expect(bundle->entry[1].resource->other, "a kind of resource that is not in the tables is only known to be there");
	cr_assert(fhir_claim_read(bundle, &arena, &view, &fault), "%s", fault.path);
	cr_expect(text_is(view.cardholder_id, "S2"), "the focal coverage, by Type/id, without a member identifier");
	cr_expect(text_is(view.ndc, "99999000505"));
	arena_done(&arena);
}
