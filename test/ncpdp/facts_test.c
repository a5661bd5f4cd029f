/* SPDX-License-Identifier: Apache-2.0 */
/* What the rest of the gateway is told of a message, in every place it can stand. */
#include "test/case.h"
#include "test/ncpdp/fixtures.h"

#define SAME(actual, expected) cr_expect(text_equal((actual), text_of(expected)), #actual " is %.*s", TEXT_ARGS(actual))

CASE(facts, of_a_prior_authorization)
{
	struct reading reading;
	struct ncpdp_drug drug;
	struct ncpdp_coverage coverage;

	reading_init(&reading);
	reading_good(&reading, NCPDP_SCRIPT, "pa_initiation_request");
	ncpdp_drug(&reading.message, &drug);
	SAME(drug.ndc, "99999000303");
	SAME(drug.rxcui, "9999901");
	SAME(drug.description, "EXAMPLUMAB 40 MG PEN");
	SAME(drug.quantity, "2");
	SAME(drug.quantity_unit, "C64933");
	SAME(drug.days_supply, "28");
	ncpdp_coverage(&reading.message, &coverage);
	SAME(coverage.bin, "999999");
	SAME(coverage.pcn, "EXPCN");
	SAME(coverage.group, "EXGRP");
	SAME(coverage.cardholder_id, "EX0001");
	SAME(coverage.person_code, "01");
	SAME(coverage.payer_id, "SANDBOX");
	SAME(coverage.payer_type, "H");
	reading_done(&reading);
}

CASE(facts, the_coverage_that_pays_first)
{
	struct reading reading;
	struct ncpdp_coverage coverage;
	struct pa_initiation_request *request;
	struct benefits_coordination two[2];

	reading_init(&reading);
	request = reading_good(&reading, NCPDP_SCRIPT, "pa_initiation_request_full")->script->body->pa_initiation_request;
	cr_assert(request->benefits_coordination_n == 2);
	two[0] = request->benefits_coordination[1];
	two[1] = request->benefits_coordination[0];
	request->benefits_coordination = two;
	ncpdp_coverage(&reading.message, &coverage);
	SAME(coverage.cardholder_id, "EX0001");
	two[1].payer_responsibility_code = text_lit("T");
	ncpdp_coverage(&reading.message, &coverage);
	SAME(coverage.cardholder_id, "EX0002");
	two[0].cardholder_id = TEXT_NONE;
	ncpdp_coverage(&reading.message, &coverage);
	SAME(coverage.cardholder_id, "EXM2");
	reading_done(&reading);
}

CASE(facts, of_a_benefit_check)
{
	struct reading reading;
	struct ncpdp_drug drug;
	struct ncpdp_coverage coverage;
	static const char *const both[] = { "request", "request_older_spelling" };

	for (int i = 0; i < 2; i++) {
		reading_init(&reading);
		reading_good(&reading, NCPDP_RTPB, both[i]);
		ncpdp_drug(&reading.message, &drug);
		SAME(drug.ndc, "99999000101");
		SAME(drug.rxcui, "9999901");
		SAME(drug.quantity, "30");
		SAME(drug.quantity_unit, "C48542");
		SAME(drug.days_supply, "30");
		ncpdp_coverage(&reading.message, &coverage);
		SAME(coverage.bin, "999999");
		SAME(coverage.pcn, "EXPCN");
		SAME(coverage.group, "EXGRP");
		SAME(coverage.cardholder_id, "EX0001");
		SAME(coverage.person_code, "01");
		reading_done(&reading);
	}
}

CASE(facts, of_a_benefit_answer)
{
	struct reading reading;
	struct ncpdp_drug drug;
	struct ncpdp_coverage coverage;

	reading_init(&reading);
	reading_good(&reading, NCPDP_RTPB, "response");
	ncpdp_drug(&reading.message, &drug);
	SAME(drug.ndc, "99999000101");
	SAME(drug.description, "EXAMPLASTATIN 20 MG TABLET");
	ncpdp_coverage(&reading.message, &coverage);
	SAME(coverage.bin, "999999");
	SAME(coverage.pcn, "EXPCN");
	reading_done(&reading);
}

/* A message without a drug, and a drug without an NDC: nothing is made up. */
CASE(facts, absent)
{
	struct reading reading;
	struct ncpdp_drug drug;
	struct ncpdp_coverage coverage;

	reading_init(&reading);
	reading_good(&reading, NCPDP_SCRIPT, "status");
	ncpdp_drug(&reading.message, &drug);
	ncpdp_coverage(&reading.message, &coverage);
	cr_expect(!text_there(drug.ndc) && !text_there(drug.description) && !text_there(coverage.bin));
	cr_expect(!ncpdp_pa_common(reading.message.script));
	reading_good(&reading, NCPDP_RTPB, "request_device");
	ncpdp_drug(&reading.message, &drug);
	cr_expect(!text_there(drug.ndc) && !text_there(drug.rxcui));
	SAME(drug.quantity, "1");
	reading_done(&reading);
}

/* Every prior authorization message but PACancelResponse has its common part where it says. */
CASE(facts, common_part_of_each)
{
	static const char *const with[] = { "pa_initiation_request", "pa_initiation_response_open", "pa_request",
		"pa_response_denied", "pa_appeal_request", "pa_appeal_response_open", "pa_cancel_request" };

	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		struct reading reading;
		const struct pa_common *common;

		reading_init(&reading);
		common = ncpdp_pa_common(reading_good(&reading, NCPDP_SCRIPT, with[i])->script);
		cr_assert(common, "%s", with[i]);
		SAME(common->pa_reference_id, "PAREF0001");
		cr_assert(common->benefits_coordination_n == 1);
		SAME(common->patient->human_patient->name->last_name, "TESTPATIENT");
		SAME(common->prescriber->non_veterinarian->identification->npi, "1234567893");
		SAME(common->medication_prescribed->drug_description, "EXAMPLUMAB 40 MG PEN");
		reading_done(&reading);
	}
}
