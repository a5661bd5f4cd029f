/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of every resource kind: what is read is written the same, letter for letter, when it stands in table order. */
#include "test/fhir-bridge/sample.h"

#define EXTENSION "\"extension\":[{\"extension\":[{\"url\":\"a\",\"valueBoolean\":false}],\"url\":\"b\"},{\"url\":\"c\",\"valueDecimal\":1.50},{\"url\":\"d\",\"valueInteger\":0}]"
#define CONCEPT "{\"coding\":[{\"system\":\"s\",\"code\":\"c\",\"display\":\"d\"}],\"text\":\"t\"}"
#define IDENTIFIER "{\"use\":\"official\",\"type\":" CONCEPT ",\"system\":\"s\",\"value\":\"v\",\"assigner\":{\"identifier\":{\"value\":\"x\"},\"display\":\"y\"}}"
#define REFERENCE "{\"reference\":\"Patient/1\",\"display\":\"p\"}"
#define PERIOD "{\"start\":\"2026-01-01\",\"end\":\"2026-12-31\"}"
#define QUANTITY "{\"value\":0.5,\"comparator\":\"<\",\"unit\":\"mg\",\"system\":\"s\",\"code\":\"mg\"}"
#define NAME "{\"use\":\"official\",\"text\":\"Doc Example\",\"family\":\"Example\",\"given\":[\"Doc\",\"Q\"],\"prefix\":[\"Dr\"],\"suffix\":[\"Jr\"]}"
#define ADDRESS "{\"line\":[\"1 Example St\",\"Floor 2\"],\"city\":\"Testville\",\"district\":\"x\",\"state\":\"MA\",\"postalCode\":\"02100\",\"country\":\"US\"}"
#define CONTACT "{\"system\":\"phone\",\"value\":\"555-0101\",\"use\":\"work\"}"
#define TIMING "{\"event\":[\"2026-11-22\"],\"repeat\":{\"frequency\":1,\"period\":2,\"periodUnit\":\"wk\"},\"code\":" CONCEPT "}"
#define HEAD "\"id\":\"1\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"2026-11-22T09:30:00Z\",\"profile\":[\"p\"]},\"language\":\"en\""

static const char *const resources[] = {
	"{\"resourceType\":\"Claim\"," HEAD "," EXTENSION ",\"identifier\":[" IDENTIFIER "],\"status\":\"active\",\"type\":" CONCEPT
	",\"use\":\"preauthorization\",\"patient\":" REFERENCE ",\"created\":\"2026-11-22\",\"insurer\":" REFERENCE ",\"provider\":" REFERENCE
	",\"priority\":" CONCEPT ",\"related\":[{\"claim\":" REFERENCE ",\"relationship\":" CONCEPT "}],\"careTeam\":[{" EXTENSION ",\"sequence\":1,\"provider\":"
	REFERENCE ",\"role\":" CONCEPT ",\"qualification\":" CONCEPT "}],\"supportingInfo\":[{" EXTENSION ",\"sequence\":1,\"category\":" CONCEPT
	",\"timingPeriod\":" PERIOD ",\"valueReference\":" REFERENCE "},{\"sequence\":2,\"category\":" CONCEPT ",\"timingDate\":\"2026-01-01\",\"valueString\":\"s\"}],"
	"\"diagnosis\":[{\"sequence\":1,\"diagnosisCodeableConcept\":" CONCEPT ",\"type\":[" CONCEPT "]}],\"insurance\":[{\"sequence\":1,\"focal\":false,\"coverage\":"
	REFERENCE "}],\"item\":[{" EXTENSION ",\"sequence\":1,\"careTeamSequence\":[1, 2],\"diagnosisSequence\":[1],\"informationSequence\":[1],\"revenue\":" CONCEPT
	",\"category\":" CONCEPT ",\"productOrService\":" CONCEPT ",\"modifier\":[" CONCEPT "],\"servicedDate\":\"2026-01-01\",\"servicedPeriod\":" PERIOD
	",\"locationCodeableConcept\":" CONCEPT ",\"quantity\":" QUANTITY ",\"unitPrice\":{\"value\":1.00,\"currency\":\"USD\"}}]}",

	"{\"resourceType\":\"ClaimResponse\"," HEAD "," EXTENSION ",\"identifier\":[" IDENTIFIER "],\"status\":\"active\",\"type\":" CONCEPT
	",\"use\":\"preauthorization\",\"patient\":" REFERENCE ",\"created\":\"2026-11-22\",\"insurer\":" REFERENCE ",\"requestor\":" REFERENCE
	",\"request\":" REFERENCE ",\"outcome\":\"partial\",\"disposition\":\"d\",\"preAuthRef\":\"r\",\"preAuthPeriod\":" PERIOD ",\"item\":[{" EXTENSION
	",\"itemSequence\":1,\"noteNumber\":[1],\"adjudication\":[{" EXTENSION ",\"category\":" CONCEPT ",\"reason\":" CONCEPT
	",\"amount\":{\"value\":1,\"currency\":\"USD\"},\"value\":2}]}],\"addItem\":[{\"itemSequence\":[1],\"productOrService\":" CONCEPT ",\"quantity\":" QUANTITY
	",\"noteNumber\":[1],\"adjudication\":[{\"category\":" CONCEPT "}]}],\"adjudication\":[{\"category\":" CONCEPT
	"}],\"processNote\":[{\"number\":1,\"type\":\"display\",\"text\":\"t\"}],\"communicationRequest\":[" REFERENCE "],\"error\":[{\"itemSequence\":1,\"code\":" CONCEPT "}]}",

	"{\"resourceType\":\"Patient\"," HEAD "," EXTENSION ",\"identifier\":[" IDENTIFIER "],\"name\":[" NAME "],\"telecom\":[" CONTACT
	"],\"gender\":\"female\",\"birthDate\":\"1980-02-29\",\"address\":[" ADDRESS "]}",

	"{\"resourceType\":\"Coverage\"," HEAD ",\"identifier\":[" IDENTIFIER "],\"status\":\"active\",\"type\":" CONCEPT ",\"subscriber\":" REFERENCE
	",\"subscriberId\":\"s\",\"beneficiary\":" REFERENCE ",\"dependent\":\"01\",\"relationship\":" CONCEPT ",\"period\":" PERIOD ",\"payor\":[" REFERENCE
	"],\"class\":[{\"type\":" CONCEPT ",\"value\":\"v\",\"name\":\"n\"}]}",

	"{\"resourceType\":\"Organization\"," HEAD ",\"identifier\":[" IDENTIFIER "],\"active\":true,\"type\":[" CONCEPT "],\"name\":\"n\",\"telecom\":[" CONTACT
	"],\"address\":[" ADDRESS "]}",

	"{\"resourceType\":\"Practitioner\"," HEAD ",\"identifier\":[" IDENTIFIER "],\"name\":[" NAME "],\"telecom\":[" CONTACT "],\"address\":[" ADDRESS "]}",

	"{\"resourceType\":\"PractitionerRole\"," HEAD ",\"practitioner\":" REFERENCE ",\"organization\":" REFERENCE ",\"code\":[" CONCEPT "],\"specialty\":[" CONCEPT
	"],\"telecom\":[" CONTACT "]}",

	"{\"resourceType\":\"MedicationRequest\"," HEAD ",\"status\":\"active\",\"intent\":\"order\",\"category\":[" CONCEPT "],\"medicationCodeableConcept\":" CONCEPT
	",\"subject\":" REFERENCE ",\"authoredOn\":\"2026-11-22\",\"requester\":" REFERENCE ",\"reasonCode\":[" CONCEPT "],\"note\":[{\"time\":\"2026-11-22\",\"text\":\"n\"}],"
	"\"dosageInstruction\":[{\"sequence\":1,\"text\":\"t\"}],\"dispenseRequest\":{\"validityPeriod\":" PERIOD ",\"numberOfRepeatsAllowed\":0,\"quantity\":" QUANTITY
	",\"expectedSupplyDuration\":" QUANTITY "},\"substitution\":{\"allowedBoolean\":false}}",

	"{\"resourceType\":\"QuestionnaireResponse\"," HEAD ",\"identifier\":" IDENTIFIER ",\"questionnaire\":\"q\",\"status\":\"completed\",\"subject\":" REFERENCE
	",\"authored\":\"2026-11-22\",\"author\":" REFERENCE ",\"item\":[{\"linkId\":\"1\",\"text\":\"t\",\"answer\":[{\"valueBoolean\":false},{\"valueDecimal\":-0.5},"
	"{\"valueInteger\":0},{\"valueDate\":\"2026-01-01\"},{\"valueDateTime\":\"2026-01-01T00:00:00Z\"},{\"valueString\":\"a\\\"\\\\\\n\\t\303\251\"},{\"valueCoding\":{\"code\":\"c\"},"
	"\"item\":[{\"linkId\":\"1.1\"}]},{\"valueQuantity\":" QUANTITY "},{\"valueReference\":" REFERENCE "}],\"item\":[{\"linkId\":\"2\"}]}]}",

	"{\"resourceType\":\"OperationOutcome\",\"id\":\"1\",\"issue\":[{\"severity\":\"error\",\"code\":\"invalid\",\"details\":" CONCEPT
	",\"diagnostics\":\"d\",\"expression\":[\"Bundle.entry[0]\"]}]}",

	"{\"resourceType\":\"ServiceRequest\"," HEAD ",\"identifier\":[" IDENTIFIER "],\"status\":\"active\",\"intent\":\"order\",\"category\":[" CONCEPT
	"],\"code\":" CONCEPT ",\"quantityQuantity\":" QUANTITY ",\"subject\":" REFERENCE ",\"occurrenceTiming\":" TIMING ",\"authoredOn\":\"2026-11-22\","
	"\"requester\":" REFERENCE ",\"performer\":[" REFERENCE "],\"reasonCode\":[" CONCEPT "],\"note\":[{\"text\":\"n\"}]}",

	"{\"resourceType\":\"DeviceRequest\"," HEAD ",\"intent\":\"order\",\"codeCodeableConcept\":" CONCEPT ",\"subject\":" REFERENCE
	",\"occurrencePeriod\":" PERIOD ",\"requester\":" REFERENCE "}",

	"{\"resourceType\":\"NutritionOrder\"," HEAD ",\"status\":\"active\",\"intent\":\"order\",\"patient\":" REFERENCE ",\"dateTime\":\"2026-11-22\","
	"\"oralDiet\":{\"type\":[" CONCEPT "]},\"enteralFormula\":{\"baseFormulaType\":" CONCEPT ",\"baseFormulaProductName\":\"p\"}}",

	"{\"resourceType\":\"Encounter\"," HEAD "," EXTENSION ",\"status\":\"planned\",\"class\":{\"code\":\"AMB\"},\"type\":[" CONCEPT "],\"subject\":" REFERENCE
	",\"participant\":[{\"type\":[" CONCEPT "],\"period\":" PERIOD ",\"individual\":" REFERENCE "}],\"period\":" PERIOD ",\"hospitalization\":{\"admitSource\":"
	CONCEPT "},\"location\":[{\"location\":" REFERENCE "}],\"serviceProvider\":" REFERENCE "}",

	"{\"resourceType\":\"DocumentReference\"," HEAD ",\"status\":\"current\",\"type\":" CONCEPT ",\"category\":[" CONCEPT "],\"subject\":" REFERENCE
	",\"date\":\"2026-11-22T09:30:00Z\",\"author\":[" REFERENCE "],\"description\":\"d\",\"content\":[{\"attachment\":{\"contentType\":\"text/plain\",\"data\":\"QQ==\","
	"\"title\":\"t\"},\"format\":{\"code\":\"c\"}}],\"context\":{\"encounter\":[" REFERENCE "],\"period\":" PERIOD "}}",

	"{\"resourceType\":\"Location\"," HEAD ",\"status\":\"active\",\"name\":\"n\",\"type\":[" CONCEPT "],\"telecom\":[" CONTACT "],\"address\":" ADDRESS
	",\"managingOrganization\":" REFERENCE "}",

	"{\"resourceType\":\"CommunicationRequest\"," HEAD ",\"identifier\":[" IDENTIFIER "],\"status\":\"active\",\"category\":[" CONCEPT "],\"medium\":[" CONCEPT
	"],\"subject\":" REFERENCE ",\"payload\":[{" EXTENSION ",\"contentString\":\"s\"}],\"requester\":" REFERENCE ",\"recipient\":[" REFERENCE "],\"sender\":"
	REFERENCE "}",

	"{\"resourceType\":\"Task\"," HEAD ",\"status\":\"requested\",\"intent\":\"order\",\"code\":" CONCEPT ",\"for\":" REFERENCE ",\"requester\":" REFERENCE
	",\"owner\":" REFERENCE ",\"reasonCode\":" CONCEPT ",\"reasonReference\":" REFERENCE ",\"restriction\":{\"period\":" PERIOD "},\"input\":[{\"type\":" CONCEPT
	",\"valueUrl\":\"u\"},{\"type\":" CONCEPT ",\"valueCodeableConcept\":" CONCEPT "}]}",

	"{\"resourceType\":\"Subscription\"," HEAD ",\"status\":\"active\",\"contact\":[" CONTACT "],\"end\":\"2026-12-31T00:00:00Z\",\"reason\":\"r\",\"criteria\":\"c\","
	"\"_criteria\":{\"extension\":[{\"url\":\"u\",\"valueString\":\"s\"}]},\"error\":\"e\",\"channel\":{\"type\":\"rest-hook\",\"endpoint\":\"e\",\"payload\":\"p\","
	"\"_payload\":{\"extension\":[{\"url\":\"u\",\"valueCode\":\"c\"}]},\"header\":[\"h\"]}}",

	"{\"resourceType\":\"Parameters\",\"id\":\"1\",\"parameter\":[{\"name\":\"a\",\"valueBoolean\":false},{\"name\":\"b\",\"part\":[{\"name\":\"c\",\"valueReference\":"
	REFERENCE "}]},{\"name\":\"d\",\"resource\":{\"resourceType\":\"Basic\",\"id\":\"x\"}}]}",

	"{\"resourceType\":\"Bundle\",\"id\":\"1\",\"identifier\":" IDENTIFIER ",\"type\":\"collection\",\"timestamp\":\"2026-11-22T09:30:00Z\",\"entry\":[{\"fullUrl\":\"u\","
	"\"resource\":{\"resourceType\":\"Basic\"},\"request\":{\"method\":\"GET\",\"url\":\"u\"},\"response\":{\"status\":\"200\"}}]}",

	"{\"resourceType\":\"Questionnaire\"," HEAD "," EXTENSION ",\"url\":\"u\",\"identifier\":[" IDENTIFIER "],\"version\":\"v\",\"title\":\"t\",\"derivedFrom\":[\"u\"],"
	"\"status\":\"active\",\"subjectType\":[\"Patient\"],\"description\":\"d\",\"contact\":[{\"telecom\":[" CONTACT "]}],\"effectivePeriod\":" PERIOD ",\"item\":[{\"linkId\":\"1\","
	"\"code\":[{\"code\":\"c\"}],\"prefix\":\"p\",\"text\":\"t\",\"type\":\"choice\",\"enableWhen\":[{\"question\":\"0\",\"operator\":\"exists\",\"answerBoolean\":false},{\"question\":\"0\","
	"\"operator\":\">=\",\"answerDecimal\":-0.5}],\"enableBehavior\":\"any\",\"required\":true,\"repeats\":true,\"maxLength\":9,\"answerOption\":[{\"valueCoding\":{\"code\":\"c\"}}],"
	"\"item\":[{\"linkId\":\"1.1\",\"type\":\"text\"}]}]}",

	"{\"resourceType\":\"Library\"," HEAD ",\"url\":\"u\",\"version\":\"v\",\"name\":\"n\",\"title\":\"t\",\"status\":\"active\",\"type\":" CONCEPT
	",\"description\":\"d\",\"content\":[{\"contentType\":\"text/cql\",\"data\":\"QQ==\"}]}",

	"{\"resourceType\":\"MessageHeader\"," HEAD "," EXTENSION ",\"eventCoding\":{\"system\":\"s\",\"code\":\"c\"},\"destination\":[{\"name\":\"n\",\"endpoint\":\"e\"}],"
	"\"sender\":" REFERENCE ",\"source\":{\"name\":\"n\",\"software\":\"s\",\"version\":\"v\",\"endpoint\":\"e\"},\"response\":{\"identifier\":\"i\",\"code\":\"ok\"},"
	"\"focus\":[" REFERENCE "],\"definition\":\"d\"}",

	"{\"resourceType\":\"Basic\",\"id\":\"1\",\"meta\":{\"versionId\":\"1\"}}",
};

CASE(document, every_resource_is_written_as_it_was_read)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	cr_expect_eq(sizeof(resources) / sizeof(*resources), fhir_resource_record.n, "one of each kind");
	for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++) {
		struct fhir_resource resource = { 0 };
		struct fault fault = { 0 };
		struct json_notes notes = { 0 };
		struct buffer out;

		cr_assert(json_read(&fhir_resource_record, &resource, text_of(resources[i]), &arena, &notes, &fault), "%zu: %s %s", i,
			fault_row(fault.code)->name, fault.path);
		cr_expect_eq(notes.unknown, 0, "%zu: %s", i, notes.unknown_at);
		cr_expect(record_check(&fhir_resource_record, &resource, &fault), "%zu: %s %s", i, fault_row(fault.code)->name,
			fault.path);
		buffer_init(&out, &arena, 4096);
		json_write(&fhir_resource_record, &resource, &out);
		cr_expect(text_equal(buffer_text(&out), text_of(resources[i])), "%zu:\n%s\n%.*s", i, resources[i],
			TEXT_ARGS(buffer_text(&out)));
	}
	arena_done(&arena);
}

static const struct {
	const char *json;
	enum fault_code code;
	const char *path;
} refused[] = {
	{ "", FAULT_NOT_JSON, NULL },
	{ "[]", FAULT_NOT_JSON, NULL },
	{ "{\"type\":\"collection\"}", FAULT_MISSING, "resourceType" },
	{ "{\"resourceType\":\"Parameters\"}", FAULT_UNKNOWN_MESSAGE, "resourceType" },
	{ "{\"resourceType\":\"Bundle\"}", FAULT_MISSING, "Bundle/type" },
	{ "{\"resourceType\":\"Bundle\",\"type\":\"pile\"}", FAULT_BAD_CODE, "Bundle/type" },
	{ "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\",\"code\":\"x\"}]}", FAULT_PEER_ANSWER, "OperationOutcome" },
	{ "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"type\":\"collection\"}", FAULT_REPEATED, NULL },
	{ "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"Claim\"}}]}", FAULT_MISSING, "Bundle/entry[0]/resource/Claim/status" },
};

CASE(document, what_is_no_bundle_is_refused)
{
	struct arena arena;
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };

	arena_init(&arena, MEMORY);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		cr_assert(!fhir_read(text_of(refused[i].json), &arena, &bundle, &fault), "%s", refused[i].json);
		cr_expect_eq(bundle, NULL);
		cr_expect_eq(fault.code, refused[i].code, "%s: %s", refused[i].json, fault_row(fault.code)->name);
		if (refused[i].path)
			cr_expect_str_eq(fault.path, refused[i].path);
	}
	cr_expect(fhir_read(text_lit("{\"type\":\"collection\",\"resourceType\":\"Bundle\"}"), &arena, &bundle, &fault));
	arena_done(&arena);
}
