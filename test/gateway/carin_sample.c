/* SPDX-License-Identifier: Apache-2.0 */
/* Making benefit checks. */
#include "test/gateway/carin_sample.h"

#include <string.h>

#define GUIDE "http://hl7.org/fhir/us/carin-rtpbc/"
#define CODES "http://terminology.hl7.org/CodeSystem/"
#define CONCEPT(system, code, display) "{\"coding\":[{\"system\":\"" system "\",\"code\":\"" code "\",\"display\":\"" display "\"}]}"
#define CLASS(code) "{\"type\":" CONCEPT(CODES "coverage-class", code, "") ",\"value\":\"%s\"}"

static const char *or(const char *value, const char *otherwise)
{
	return value ? value : otherwise;
}

static void add_claim(struct buffer *out, const char *drug, const struct carin_about *about)
{
	buffer_format(out,
		"{\"fullUrl\":\"urn:x:2\",\"resource\":{\"resourceType\":\"Claim\",\"identifier\":[{\"value\":\"CHECK-1\"}],\"status\":\"active\",\"type\":"
		CONCEPT(CODES "claim-type", "pharmacy", "Pharmacy") ",\"use\":\"predetermination\",\"patient\":{\"reference\":\"urn:x:3\"},"
		"\"created\":\"2026-11-22T09:30:00Z\",\"provider\":{\"reference\":\"urn:x:7\"},\"priority\":" CONCEPT(CODES "processpriority", "normal", "Normal")
		",\"prescription\":{\"reference\":\"urn:x:5\"},\"careTeam\":[{\"sequence\":1,\"provider\":{\"reference\":\"urn:x:6\"}}],"
		"\"insurance\":[{\"sequence\":1,\"focal\":true,\"coverage\":{\"reference\":\"urn:x:4\"}}],\"item\":[{\"sequence\":1,\"careTeamSequence\":[1],"
		"\"productOrService\":%s,\"quantity\":{\"value\":%s,\"unit\":\"%s\"}}]}},", drug, or(about->quantity, "30"), or(about->unit, "{Each}"));
}

static void add_people(struct buffer *out, const struct carin_about *about)
{
	buffer_format(out,
		"{\"fullUrl\":\"urn:x:3\",\"resource\":{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:x\",\"value\":\"1\"}],"
		"\"name\":[{\"family\":\"TESTPATIENT\",\"given\":[\"ALMA\"]}],\"gender\":\"female\",\"birthDate\":\"%s\"}},", or(about->birth, "1950-01-31"));
	buffer_format(out,
		"{\"fullUrl\":\"urn:x:4\",\"resource\":{\"resourceType\":\"Coverage\",\"status\":\"active\",\"beneficiary\":{\"reference\":\"urn:x:3\"},"
		"\"dependent\":\"%s\",\"relationship\":{\"text\":\"self\"},\"payor\":[{\"display\":\"EXAMPLE PLAN\"}],\"class\":[" CLASS("rxbin") "," CLASS("rxpcn")
		"," CLASS("rxgroup") "," CLASS("rxid") "]}},",
		or(about->person, "01"), or(about->bin, "999999"), or(about->pcn, "EXPCN"), or(about->group, "EXGRP"), or(about->cardholder, "EX0001"));
}

static void add_pharmacy(struct buffer *out, const struct carin_about *about)
{
	buffer_format(out,
		"{\"fullUrl\":\"urn:x:6\",\"resource\":{\"resourceType\":\"Practitioner\",\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/us-npi\","
		"\"value\":\"1234567893\"}],\"name\":[{\"family\":\"EXAMPLE\"}]}},"
		"{\"fullUrl\":\"urn:x:7\",\"resource\":{\"resourceType\":\"Organization\",\"identifier\":[");
	if (about->npi)
		buffer_format(out, "{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"%s\"},", about->npi);
	buffer_format(out,
		"{\"system\":\"" CODES "NCPDPProviderIdentificationNumber\",\"value\":\"%s\"}],\"active\":true,\"type\":[{\"coding\":[{\"system\":\"" CODES
		"NCPDPPharmacyType\",\"code\":\"%s\"}]}],\"name\":\"EXAMPLE PHARMACY\"}}]}", or(about->ncpdp_id, "9999999"), or(about->pharmacy_type, "R"));
}

struct text carin_body(struct way *way, const struct carin_about *about)
{
	struct buffer out, drug;

	buffer_init(&drug, &way->arena, 256);
	buffer_format(&drug, "{\"coding\":[{\"system\":\"%s\",\"code\":\"%s\",\"display\":\"A DRUG\"}]}", or(about->system, "http://hl7.org/fhir/sid/ndc"),
		or(about->ndc, "99999000303"));
	buffer_add_char(&drug, '\0');
	buffer_init(&out, &way->arena, 8192);
	buffer_lit(&out,
		"{\"resourceType\":\"Bundle\",\"type\":\"message\",\"timestamp\":\"2026-11-22T09:30:00Z\",\"entry\":[{\"fullUrl\":\"urn:x:1\",\"resource\":"
		"{\"resourceType\":\"MessageHeader\",\"eventCoding\":{\"system\":\"" GUIDE "CodeSystem/rtpbc-event-type\",\"code\":\"rtpbc-request\"},"
		"\"source\":{\"endpoint\":\"https://app.example.org\"},\"focus\":[{\"reference\":\"urn:x:2\"}],\"definition\":\"" GUIDE
		"MessageDefinition/rtpbc-request\"}},");
	add_claim(&out, drug.at, about);
	add_people(&out, about);
	buffer_format(&out,
		"{\"fullUrl\":\"urn:x:5\",\"resource\":{\"resourceType\":\"MedicationRequest\",\"status\":\"draft\",\"intent\":\"proposal\","
		"\"medicationCodeableConcept\":%s,\"subject\":{\"reference\":\"urn:x:3\"},\"requester\":{\"reference\":\"urn:x:6\"},\"dispenseRequest\":"
		"{\"quantity\":{\"value\":%s,\"unit\":\"%s\"},\"expectedSupplyDuration\":{\"value\":%s,\"unit\":\"days\"},\"performer\":{\"reference\":\"urn:x:7\"}},"
		"\"substitution\":{\"allowedBoolean\":true}}},",
		drug.at, or(about->quantity, "30"), or(about->unit, "{Each}"), or(about->days, "30"));
	add_pharmacy(&out, about);
	cr_assert(!out.failed && !drug.failed);
	return buffer_text(&out);
}

static const char *unit_of(const char *unit)
{
	return !unit || strcmp(unit, "{Each}") == 0 ? "C64933" : strcmp(unit, "g") == 0 ? "C48155" : "C28254";
}

struct text carin_rtpb(struct way *way, const struct carin_about *about)
{
	struct buffer out;

	buffer_init(&out, &way->arena, 4096);
	buffer_format(&out,
		"<Message RTPBVersion=\"013\"><RTPBHeader><To><Primary><Identification>%s</Identification><Qualifier>IIN</Qualifier></Primary><Secondary><Identification>%s"
		"</Identification><Qualifier>PCN</Qualifier></Secondary></To><From><Primary><Identification>1234567893</Identification><Qualifier>D</Qualifier></Primary></From>"
		"<MessageID>R-1</MessageID><SentTime>2026-11-22T09:30:00Z</SentTime></RTPBHeader><RTPBBody><RTPBRequest><Patient><Name><LastName>TESTPATIENT</LastName></Name>"
		"<SexAndGender><AdministrativeGender>F</AdministrativeGender></SexAndGender><DateOfBirth>%s</DateOfBirth></Patient>",
		or(about->bin, "999999"), or(about->pcn, "EXPCN"), or(about->birth, "1950-01-31"));
	buffer_format(&out,
		"<BenefitsCoordination><CardholderID>%s</CardholderID><GroupID>%s</GroupID><PersonCode>%s</PersonCode></BenefitsCoordination><RequestedProduct><Product><DrugCoded>"
		"<NDC>%s</NDC></DrugCoded></Product><Quantity><Value>%s</Value><CodeListQualifier>38</CodeListQualifier><QuantityUnitOfMeasure><Code>%s</Code></QuantityUnitOfMeasure>"
		"</Quantity><DaysSupply>%s</DaysSupply></RequestedProduct><Prescriber><Identification><NPI>1234567893</NPI></Identification><LastName>EXAMPLE</LastName></Prescriber>"
		"<Pharmacy><PharmacyType>%s</PharmacyType><Identification><NCPDPID>%s</NCPDPID></Identification><BusinessName>EXAMPLE PHARMACY</BusinessName></Pharmacy>"
		"</RTPBRequest></RTPBBody></Message>",
		or(about->cardholder, "EX0001"), or(about->group, "EXGRP"), or(about->person, "01"), or(about->ndc, "99999000303"), or(about->quantity, "30"),
		unit_of(about->unit), or(about->days, "30"), or(about->pharmacy_type, "R"), or(about->ncpdp_id, "9999999"));
	cr_assert(!out.failed);
	return buffer_text(&out);
}

void carin_post(struct way *way, struct text body)
{
	struct web_request request = { .method = text_lit("POST"), .path = text_lit("/fhir/$process-message"),
		.content_type = text_lit("application/fhir+json"), .body = body };
	struct buffer packed;

	buffer_init(&packed, &way->arena, 1024);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, "fhir", buffer_text(&packed));
}

struct text carin_amount(const struct fhir_adjudication *list, size_t n, const char *category)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(list[i].category->coding[0].code, category))
			return list[i].amount->value;
	return TEXT_NONE;
}
