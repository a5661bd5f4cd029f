/* SPDX-License-Identifier: Apache-2.0 */
/* A claim made of a SCRIPT request is one that PAS takes: new ones, changes and cancellations; and what it cannot be made without is named. */
#include "test/fhir-bridge/sample.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/script/map.h"
#include "fhir-bridge/pas/pas.h"
#include "fhir-bridge/systems.h"

#include <string.h>

static const struct claim_about first = { .identifier = { "claim-1", 7 }, .received_ms = WALL_MS };
static const struct claim_about second = { .identifier = { "claim-2", 7 }, .before = { "claim-1", 7 }, .before_ms = WALL_MS - 1000, .received_ms = WALL_MS };

static struct fhir_bundle *strict(const struct script_message *message, const struct claim_about *about, struct arena *arena)
{
	struct fhir_bundle *bundle, *again;
	struct fault fault = { 0 };
	struct loss loss;

	cr_assert(fhir_claim_of(message, about, arena, &bundle, &loss, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	cr_assert(pas_read(sample_json(bundle, arena), PAS_SUBMIT, PAS_2_2_1, arena, &again, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return again;
}

CASE(claim_pas, a_new_claim_holds_to_its_profiles)
{
	struct pas_request request;
	struct arena arena;

	arena_init(&arena, MEMORY);
	pas_request_of(strict(sample_script("initiation.xml", &arena), &first, &arena), &request);
	cr_expect_eq(request.intent, PAS_NEW);
	cr_expect(!request.expedited);
	pas_request_of(strict(sample_script("answers.xml", &arena), &first, &arena), &request);
	cr_expect_eq(request.intent, PAS_NEW);
	cr_expect(request.expedited);
	cr_expect(text_is(request.reference_number, "CASE-1"));
	cr_expect(text_is(request.member_id, "MEMBER0001"));
	cr_expect_eq(request.claim->supporting_info_n, 3, "answers, comment, document");
	arena_done(&arena);
}

/* A PACancelRequest about the same as the other message. */
static struct script_message *cancellation(struct arena *arena)
{
	struct script_message *message = sample_script("initiation.xml", arena);
	struct pa_cancel_request *cancel = arena_new(arena, struct pa_cancel_request);

	memcpy(cancel, message->body->pa_initiation_request, sizeof(struct pa_common));
	cancel->request = arena_new(arena, struct pa_cancel_details);
	*cancel->request = (struct pa_cancel_details){ .pa_case_id = text_lit("CASE-1"), .cancel_reason_code = text_lit("BW"),
		.is_patient_notified = text_lit("Y"), .pa_note = text_lit("A note.") };
	message->body->pa_initiation_request = NULL;
	message->body->pa_cancel_request = cancel;
	return message;
}

CASE(claim_pas, a_change_and_a_cancellation_name_the_claim_before)
{
	struct fhir_bundle *bundle;
	struct pas_request request;
	struct arena arena;

	arena_init(&arena, MEMORY);
	pas_request_of(strict(sample_script("answers.xml", &arena), &second, &arena), &request);
	cr_expect_eq(request.intent, PAS_CHANGE);
	cr_assert(request.before);
	cr_expect(text_is(request.before->identifier[0].value, "claim-1"));
	cr_expect(text_equal(request.before_url, strict(sample_script("initiation.xml", &arena), &first, &arena)->entry[0].full_url),
		"under the name that it had");
	cr_expect(text_is(request.claim->identifier[0].value, "claim-2"));

	bundle = strict(cancellation(&arena), &second, &arena);
	pas_request_of(bundle, &request);
	cr_expect_eq(request.intent, PAS_CANCEL);
	cr_expect(text_is(request.reference_number, "CASE-1"));
	cr_expect(pas_item_cancelled(&request.claim->item[0]));
	cr_expect(text_is(request.claim->supporting_info[0].string, "Cancelled: another medication was chosen."));
	cr_expect(text_is(request.claim->supporting_info[1].string, "A note."));
	arena_done(&arena);
}

CASE(claim_pas, what_pas_needs_and_the_message_has_not_is_named)
{
	struct script_message *message;
	struct benefits_coordination *benefits;
	struct fault fault = { 0 };
	struct fhir_bundle *bundle;
	struct arena arena;
	struct loss loss;

	arena_init(&arena, MEMORY);
	message = sample_script("initiation.xml", &arena);
	benefits = &message->body->pa_initiation_request->benefits_coordination[0];
	benefits->cardholder_id = TEXT_NONE;
	cr_expect(!fhir_claim_of(message, &first, &arena, &bundle, &loss, &fault));
	cr_expect_eq(fault.code, FAULT_MISSING);
	cr_expect_str_eq(fault.path, "Body/PAInitiationRequest/BenefitsCoordination/CardholderID");
	benefits->pbm_member_id = text_lit("PBM1");
	cr_expect(fhir_claim_of(message, &first, &arena, &bundle, &loss, &fault), "the other number will do");
	message->body->pa_initiation_request->benefits_coordination_n = 0;
	cr_expect(!fhir_claim_of(message, &first, &arena, &bundle, &loss, &fault));
	cr_expect_str_eq(fault.path, "Body/PAInitiationRequest/BenefitsCoordination");
	arena_done(&arena);
}

/* A drug without NDC and HCPCS is named by its order; a number that is no NPI is not said to be one. */
CASE(claim_pas, what_no_profile_takes_goes_where_it_may_stand)
{
	struct fhir_bundle *bundle;
	struct script_message *message;
	struct product_code *code;
	struct prescriber_identification *ids;
	struct drug_db_code db = { .code = text_lit("two  spaces"), .qualifier = text_lit("SCD") };
	struct arena arena;
	struct text json;

	arena_init(&arena, MEMORY);
	message = sample_script("initiation.xml", &arena);
	code = message->body->pa_initiation_request->medication_prescribed->drug_coded->product_code;
	code->qualifier = text_lit("UP");
	ids = message->body->pa_initiation_request->prescriber->non_veterinarian->identification;
	ids->npi = text_lit("1234567890");
	message->body->pa_initiation_request->benefits_coordination[0].payer_identification->naic_code = text_lit("1234");
	message->body->pa_initiation_request->medication_prescribed->drug_coded->drug_db_code = &db;
	bundle = strict(message, &first, &arena);
	json = sample_json(bundle, &arena);
	cr_expect(text_holds(json, "\"productOrService\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/data-absent-reason\",\"code\":\"not-applicable\"}]"));
	cr_expect(text_holds(json, "{\"system\":\"urn:dualtrack:ProductCode:UP\",\"code\":\"99999000505\"}"));
	cr_expect(text_holds(json, "{\"system\":\"urn:dualtrack:NPI\",\"value\":\"1234567890\"}"));
	cr_expect(!text_holds(json, SYSTEM_NPI));
	cr_expect(text_holds(json, "{\"system\":\"urn:dualtrack:NAICCode\",\"value\":\"1234\"}"));
	cr_expect(!text_holds(json, "two  spaces"), "no code of FHIR");
	arena_done(&arena);
}
