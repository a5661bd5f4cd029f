/* SPDX-License-Identifier: Apache-2.0 */
/* Real-time benefit requests to the sandbox's payer and plan file, for a test: what is asked is a row, what is answered a line. */
#pragma once

#include "test/adjudication/sandbox.h"

#include "formulary/formulary.h"
#include "test/case.h"
#include "test/scratch.h"

#define NOW_MS INT64_C(1767778200000) /* 2026-01-07T09:30:00Z */

/* What is asked; what is NULL is as in the first row. */
struct ask {
	const char *pcn, *cardholder, *person, *born, *ndc, *quantity, *unit, *days, *pharmacy_type, *track, *plan;
	const char *npi, *ncpdp_id, *sex;
};

static const struct ask usual = { "EXPCN", "EX0001", "01", "1950-01-31", "99999000303", "30", "C48542", "30", "", "PHARMACY", NULL, "1234567893", "9999999", "" };

/* The sandbox's files, opened. */
struct sandbox {
	struct scratch scratch;
	struct formulary *formulary;
	struct house *house;
	struct xml_reader *reader;
	struct arena arena;
};

static inline void sandbox_open(struct sandbox *sandbox)
{
	struct load_report report;
	struct fault fault;
	char path[128];
	int64_t line;

	*sandbox = (struct sandbox){ .scratch = scratch_new(), .house = sandbox_house(), .reader = xml_reader_new() };
	arena_init(&sandbox->arena, 4 << 20);
	snprintf(path, sizeof(path), "%s/formulary", sandbox->scratch.at);
	cr_assert(formulary_load(SANDBOX_PLAN_FILE, path, NULL, NULL, &report, &line, &fault), "line %lld: %s at %s",
		(long long)line, fault_row(fault.code)->name, fault.path);
	cr_assert(formulary_open(path, &sandbox->formulary, &fault));
}

static inline void sandbox_close(struct sandbox *sandbox)
{
	formulary_free(sandbox->formulary);
	house_free(sandbox->house);
	xml_reader_free(sandbox->reader);
	arena_done(&sandbox->arena);
	scratch_done(&sandbox->scratch);
}

static inline const char *or_usual(const char *asked, const char *otherwise)
{
	return asked ? asked : otherwise;
}

static inline struct text request_of(const struct ask *ask, struct arena *arena)
{
	const char *type = or_usual(ask->pharmacy_type, usual.pharmacy_type), *cardholder = or_usual(ask->cardholder, usual.cardholder);
	const char *person = or_usual(ask->person, usual.person);
	struct buffer out;

	buffer_init(&out, arena, 4096);
	buffer_format(&out,
		"<Message RTPBVersion=\"013\"><RTPBHeader><To><Primary><Identification>999999</Identification><Qualifier>IIN</Qualifier></Primary>"
		"<Secondary><Identification>%s</Identification><Qualifier>PCN</Qualifier></Secondary></To>"
		"<From><Primary><Identification>1234567893</Identification><Qualifier>D</Qualifier></Primary></From>"
		"<MessageID>M1</MessageID><SentTime>2026-01-07T09:30:00Z</SentTime></RTPBHeader><RTPBBody><RTPBRequest>"
		"<Patient><Name><LastName>TESTPATIENT</LastName></Name>",
		or_usual(ask->pcn, usual.pcn));
	if (*or_usual(ask->sex, usual.sex))
		buffer_format(&out, "<SexAndGender><AdministrativeGender>%s</AdministrativeGender></SexAndGender>", ask->sex);
	buffer_format(&out, "<DateOfBirth>%s</DateOfBirth></Patient><BenefitsCoordination>", or_usual(ask->born, usual.born));
	if (*cardholder)
		buffer_format(&out, "<CardholderID>%s</CardholderID>", cardholder);
	if (*person)
		buffer_format(&out, "<PersonCode>%s</PersonCode>", person);
	buffer_format(&out,
		"</BenefitsCoordination><RequestedProduct><Product><DrugCoded><NDC>%s</NDC></DrugCoded></Product><Quantity><Value>%s</Value>"
		"<CodeListQualifier>38</CodeListQualifier><QuantityUnitOfMeasure><Code>%s</Code></QuantityUnitOfMeasure></Quantity>"
		"<DaysSupply>%s</DaysSupply></RequestedProduct><Prescriber><Identification><NPI>%s</NPI></Identification>"
		"<LastName>EXAMPLE</LastName></Prescriber><Pharmacy>",
		or_usual(ask->ndc, usual.ndc), or_usual(ask->quantity, usual.quantity), or_usual(ask->unit, usual.unit),
		or_usual(ask->days, usual.days), or_usual(ask->npi, usual.npi));
	if (*type)
		buffer_format(&out, "<PharmacyType>%s</PharmacyType>", type);
	buffer_format(&out, "<Identification><NCPDPID>%s</NCPDPID></Identification><BusinessName>EXAMPLE PHARMACY</BusinessName>"
			    "</Pharmacy></RTPBRequest></RTPBBody></Message>", or_usual(ask->ncpdp_id, usual.ncpdp_id));
	return buffer_text(&out);
}

/* "R CC 60.00 05=60.00 !75; D ..." of a product at all pharmacies. */
static inline struct text shown(const struct response_product *product, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 256);
	for (size_t i = 0; i < product->at_pharmacies_n; i++)
		for (size_t k = 0; k < product->at_pharmacies[i].pricings_n; k++) {
			const struct pricing_and_coverage *pricing = &product->at_pharmacies[i].pricings[k];

			buffer_format(&out, "%s%.*s %.*s", out.n ? "; " : "", TEXT_ARGS(pricing->indicator),
				TEXT_ARGS(pricing->coverage_status_code));
			if (text_there(pricing->patient_pays))
				buffer_format(&out, " %.*s", TEXT_ARGS(pricing->patient_pays));
			for (size_t c = 0; c < pricing->patient_pay_components_n; c++)
				buffer_format(&out, " %.*s=%.*s", TEXT_ARGS(pricing->patient_pay_components[c].qualifier),
					TEXT_ARGS(pricing->patient_pay_components[c].amount));
			for (size_t r = 0; r < pricing->restrictions_n; r++)
				buffer_format(&out, " !%.*s", TEXT_ARGS(pricing->restrictions[r].code));
		}
	return buffer_text(&out);
}

/* What is asked, read and looked up: what house_price is given. */
struct asking {
	struct ncpdp_message message;
	struct coverage coverage;
	struct house_case about;
};

static inline void asking_of(struct sandbox *sandbox, const struct ask *ask, struct asking *out)
{
	struct arena *arena = &sandbox->arena;
	struct ncpdp_coverage paid;
	struct fault fault;
	bool found = false;

	*out = (struct asking){ .about = { .wall_ms = NOW_MS, .received_ms = NOW_MS, .reply_id = text_lit("R1") } };
	cr_assert(ncpdp_read(sandbox->reader, NCPDP_RTPB, request_of(ask, arena), true, arena, &out->message, &fault), "%s at %s",
		fault_row(fault.code)->name, fault.path);
	ncpdp_coverage(&out->message, &paid);
	out->about.plan = ask->plan ? text_of(ask->plan) : formulary_plan(sandbox->formulary, paid.bin, paid.pcn, paid.group);
	out->about.track = text_of(or_usual(ask->track, usual.track));
	cr_assert(formulary_lookup(sandbox->formulary, out->about.plan, text_of(or_usual(ask->ndc, usual.ndc)), arena, &out->coverage,
		&found, &fault));
	out->about.coverage = found ? &out->coverage : NULL;
}

/* The answer to what was asked, written and read again. Never NULL. */
static inline const struct rtpb_response *priced(struct sandbox *sandbox, const struct asking *asking)
{
	struct ncpdp_message answer = { .family = NCPDP_RTPB, .kind = NCPDP_RTPB_RESPONSE };
	struct ncpdp_message again;
	struct arena *arena = &sandbox->arena;
	struct buffer written;
	struct fault fault;

	answer.rtpb = house_price(sandbox->house, asking->message.rtpb, &asking->about, arena);
	cr_assert_not_null(answer.rtpb);
	buffer_init(&written, arena, 8192);
	cr_assert(ncpdp_write(&answer, TEXT_NONE, &written, &fault), "%s at %s", fault_row(fault.code)->name, fault.path);
	cr_assert(ncpdp_read(sandbox->reader, NCPDP_RTPB, buffer_text(&written), true, arena, &again, &fault), "%s at %s",
		fault_row(fault.code)->name, fault.path);
	cr_assert(text_is(again.rtpb->header->relates_to_message_id, "M1"));
	return again.rtpb->body->response;
}

/* The whole way from a row. */
static inline const struct rtpb_response *price(struct sandbox *sandbox, const struct ask *ask)
{
	struct asking asking;

	asking_of(sandbox, ask, &asking);
	return priced(sandbox, &asking);
}
