/* SPDX-License-Identifier: Apache-2.0 */
/* CARIN's benefit check: the example is accepted, and refused with one thing wrong; what it asks of RTPB, and what RTPB's answer becomes. */
#include "fhir-bridge/carin/carin.h"
#include "base/json.h"
#include "fhir-bridge/outcome.h"
#include "fhir-bridge/systems.h"
#include "test/fhir-bridge/sample.h"

static const struct twin {
	const char *name, *after, *change, *with, *code, *path;
} twins[] = {
#define TWIN(name, after, change, with, code, path) { #name, after, change, with, #code, path },
#include "test/fhir-bridge/carin_twins.def"
#undef TWIN
};

static struct text changed(const char *after, const char *change, const char *with, struct arena *arena)
{
	struct text body = sample_example("benefit-check", arena);
	const char *from = memmem(body.at, body.n, after, strlen(after));
	struct buffer out;

	cr_assert(from, "no %s", after);
	buffer_init(&out, arena, body.n + 1024);
	buffer_add(&out, (struct text){ body.at, (size_t)(from - body.at) });
	buffer_add(&out, sample_replaced((struct text){ from, (size_t)(body.at + body.n - from) }, change, with, arena));
	return buffer_text(&out);
}

CASE(carin, each_twin_is_refused_for_its_reason)
{
	for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
		struct carin_request request;
		struct fault fault = { 0 };
		struct arena arena;

		arena_init(&arena, MEMORY);
		cr_assert(carin_read(sample_example("benefit-check", &arena), &arena, &request, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
		cr_expect(!carin_read(changed(twins[i].after, twins[i].change, twins[i].with, &arena), &arena, &request, &fault), "%s", twins[i].name);
		cr_expect(strcmp(fault_row(fault.code)->name, twins[i].code) == 0 && strcmp(fault.path, twins[i].path) == 0, "%s: %s at %s, not %s at %s",
			twins[i].name, fault_row(fault.code)->name, fault.path, twins[i].code, twins[i].path);
		arena_done(&arena);
	}
}

/* -- the question -- */

static void ask(struct text body, struct arena *arena, struct carin_request *request, struct rtpb_message **question, struct carin_lack *lacks)
{
	struct fault fault = { 0 };

	cr_assert(carin_read(body, arena, request, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	cr_assert(carin_question(request, text_lit("M-1"), WALL_MS, arena, question, lacks, &fault));
}

CASE(carin, asks_what_an_rtpb_request_asks)
{
	struct carin_request request;
	struct rtpb_message *question;
	struct rtpb_request *asked;
	struct carin_lack lacks;
	struct buffer xml;
	struct fault fault = { 0 };
	struct arena arena;

	arena_init(&arena, MEMORY);
	ask(sample_example("benefit-check", &arena), &arena, &request, &question, &lacks);
	cr_assert(!lacks.code);
	asked = question->body->request;
	cr_expect(text_is(question->header->to->primary->identification, "999999") && text_is(question->header->to->secondary->identification, "EXPCN"));
	cr_expect(text_is(question->header->from->primary->identification, "1234567893"));
	cr_expect(text_is(asked->patient->name->last_name, "TESTPATIENT") && text_is(asked->patient->date_of_birth, "1950-01-31") &&
		  text_is(asked->patient->sex_and_gender->administrative_gender, "F"));
	cr_expect(text_is(asked->benefits_coordination->cardholder_id, "EX0001") && text_is(asked->benefits_coordination->group_id, "EXGRP") &&
		  text_is(asked->benefits_coordination->person_code, "01"));
	cr_expect(text_is(asked->requested_product->product->drug_coded->ndc, "99999000303"));
	cr_expect(text_is(asked->requested_product->quantity->value, "30") && text_is(asked->requested_product->quantity->unit->code, "C64933"));
	cr_expect(text_is(asked->requested_product->days_supply, "30") && text_is(asked->requested_product->dispensed_as_written, "0"));
	cr_assert_eq(asked->pharmacies_n, 1);
	cr_expect(text_is(asked->pharmacies[0].identification->ncpdp_id, "9999999") && text_is(asked->pharmacies[0].pharmacy_type, "R"));
	buffer_init(&xml, &arena, 4096);
	cr_expect(ncpdp_write(&(struct ncpdp_message){ .family = NCPDP_RTPB, .kind = NCPDP_RTPB_REQUEST, .rtpb = question }, TEXT_NONE, &xml, &fault),
		"it can be sent as it is: %s %s", fault_row(fault.code)->name, fault.path);
	arena_done(&arena);
}

/* What the example becomes when one thing in it is otherwise, in RTPB's words. */
CASE(carin, what_is_said_in_other_ways)
{
	static const struct {
		const char *after, *change, *with, *xml;
	} ways[] = {
		{ "substitution", "true", "false", "<DispensedAsWrittenProductSelectionCode>1<" },
		{ "", "\"female\"", "\"other\"", "<AdministrativeGender>N<" },
		{ "", "\"rxid\"", "\"subgroup\"", "<CardholderID>EX0001<" },
		{ "", "\"authoredOn\"", "\"reasonCode\":[{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"E78.00\"}]}],\"authoredOn\"",
			"<Diagnosis><Code>E78.00</Code><Qualifier>ABF</Qualifier></Diagnosis>" },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct carin_request request;
		struct rtpb_message *question;
		struct carin_lack lacks;
		struct fault fault = { 0 };
		struct buffer xml;
		struct arena arena;

		arena_init(&arena, MEMORY);
		ask(changed(ways[i].after, ways[i].change, ways[i].with, &arena), &arena, &request, &question, &lacks);
		buffer_init(&xml, &arena, 4096);
		cr_assert(ncpdp_write(&(struct ncpdp_message){ .family = NCPDP_RTPB, .kind = NCPDP_RTPB_REQUEST, .rtpb = question }, TEXT_NONE, &xml, &fault));
		cr_expect(text_holds(buffer_text(&xml), ways[i].xml), "%zu: %.*s", i, TEXT_ARGS(buffer_text(&xml)));
		arena_done(&arena);
	}
}

CASE(carin, a_concept_of_rxnorm_names_the_drug_too)
{
	static const struct {
		const char *display, *qualifier;
	} names[] = { { "examplestatin 20 MG Oral Tablet", "SCD" }, { "examplestatin 20 MG Oral Tablet [Brandex]", "SBD" },
		{ "{7 (examplestatin 20 MG Oral Tablet) } Pack", "GPK" }, { "{7 (examplestatin 20 MG Oral Tablet [Brandex]) } Pack", "BPK" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct carin_request request;
		struct rtpb_message *question;
		const struct rtpb_drug *drug;
		struct carin_lack lacks;
		struct arena arena;
		struct text body;

		arena_init(&arena, MEMORY);
		body = sample_example("benefit-check", &arena);
		for (int both = 0; both < 2; both++) {
			body = sample_replaced(body, "http://hl7.org/fhir/sid/ndc", SYSTEM_RXNORM, &arena);
			body = sample_replaced(body, "EXAMPLESTATIN 20 MG TABLET", names[i].display, &arena);
		}
		ask(body, &arena, &request, &question, &lacks);
		drug = question->body->request->requested_product->product->drug_coded;
		cr_expect(!lacks.code && !text_there(drug->ndc));
		cr_expect(text_is(drug->product_code->code, "99999000303") && text_is(drug->product_code->qualifier, names[i].qualifier), "%s", names[i].display);
		arena_done(&arena);
	}
}

CASE(carin, what_a_price_needs_is_told_with_its_code)
{
	static const struct {
		const char *after, *change, *with, *code;
	} lacking[] = {
		{ "", ",\"birthDate\":\"1950-01-31\"", "", "09" },
		{ "", "\"1950-01-31\"", "\"1950\"", "09" },
		{ "", "\"family\":\"TESTPATIENT\",", "", "CB" },
		{ "", "http://hl7.org/fhir/sid/us-npi", "https://app.example.org/doctors", "25" },
		{ "", "http://terminology.hl7.org/CodeSystem/NCPDPProviderIdentificationNumber", "https://app.example.org/pharmacies", "05" },
		{ "", ",\"expectedSupplyDuration\":{\"value\":30,\"unit\":\"days\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"d\"}", "", "19" },
		{ "", "\"code\":\"d\"", "\"code\":\"wk\"", "19" },
	};

	for (size_t i = 0; i < sizeof(lacking) / sizeof(*lacking); i++) {
		struct carin_request request;
		struct rtpb_message *question, *answer;
		struct carin_lack lacks;
		struct arena arena;

		arena_init(&arena, MEMORY);
		ask(changed(lacking[i].after, lacking[i].change, lacking[i].with, &arena), &arena, &request, &question, &lacks);
		cr_assert(lacks.code, "%zu", i);
		cr_expect(strcmp(lacks.code, lacking[i].code) == 0, "%zu: %s", i, lacks.code);
		answer = carin_lacking(question, &lacks, text_lit("A-1"), WALL_MS, &arena);
		cr_assert(answer);
		cr_expect(text_is(answer->body->response->response->not_processed->reject_codes[0], lacking[i].code));
		arena_done(&arena);
	}
}

/* -- the answer -- */

/* What is priced: at the pharmacy that was asked about in two ways, by mail, and another drug there. */
struct said {
	struct rtpb_message message;
	struct rtpb_header header;
	struct rtpb_body body;
	struct rtpb_response response;
	struct rtpb_outcome outcome;
	struct rtpb_processed processed;
	struct rtpb_not_processed refusal;
	struct response_product product, alternative;
	struct rtpb_product codes;
	struct rtpb_drug drug;
	struct pricing_at_pharmacy at[2], there;
	struct rtpb_pharmacy asked, mail;
	struct rtpb_pharmacy_id asked_id, mail_id;
	struct pricing_and_coverage first[2], by_mail, other;
	struct patient_pay_component components[3];
	struct coverage_restriction restriction;
	struct text reject;
};

static void say(struct said *s)
{
	*s = (struct said){ .asked_id = { .ncpdp_id = text_lit("9999999") }, .mail_id = { .npi = text_lit("1234567893") } };
	s->components[0] = (struct patient_pay_component){ .qualifier = text_lit("01"), .amount = text_lit("5.00") };
	s->components[1] = (struct patient_pay_component){ .qualifier = text_lit("05"), .amount = text_lit("10.50") };
	s->components[2] = (struct patient_pay_component){ .qualifier = text_lit("02"), .amount = text_lit("1.25") };
	s->first[0] = (struct pricing_and_coverage){ .indicator = text_lit("D"), .coverage_status_code = text_lit("CC"), .days_supply = text_lit("90"),
		.patient_pays = text_lit("30.00") };
	s->first[1] = (struct pricing_and_coverage){ .indicator = text_lit("R"), .coverage_status_code = text_lit("CR"), .days_supply = text_lit("30"),
		.patient_pays = text_lit("16.75"), .patient_pay_components = s->components, .patient_pay_components_n = 3,
		.accumulated_deductible = text_lit("105.00"), .remaining_deductible = text_lit("95.00"), .restrictions = &s->restriction,
		.restrictions_n = 1, .net_plan_cost = text_lit("77.77") };
	s->restriction.code = text_lit("75");
	s->by_mail = (struct pricing_and_coverage){ .indicator = text_lit("M"), .coverage_status_code = text_lit("CC") };
	s->other = (struct pricing_and_coverage){ .indicator = text_lit("R"), .coverage_status_code = text_lit("NC") };
	s->asked = (struct rtpb_pharmacy){ .identification = &s->asked_id };
	s->mail = (struct rtpb_pharmacy){ .pharmacy_type = text_lit("M"), .identification = &s->mail_id, .business_name = text_lit("EXAMPLE MAIL") };
	s->at[0] = (struct pricing_at_pharmacy){ .pharmacy = &s->asked, .pricings = s->first, .pricings_n = 2 };
	s->at[1] = (struct pricing_at_pharmacy){ .pharmacy = &s->mail, .pricings = &s->by_mail, .pricings_n = 1 };
	s->there = (struct pricing_at_pharmacy){ .pharmacy = &s->asked, .pricings = &s->other, .pricings_n = 1 };
	s->product = (struct response_product){ .at_pharmacies = s->at, .at_pharmacies_n = 2 };
	s->drug.ndc = text_lit("99999000310");
	s->codes.drug_coded = &s->drug;
	s->alternative = (struct response_product){ .product = &s->codes, .drug_description = text_lit("SAMPLASTATIN"), .at_pharmacies = &s->there,
		.at_pharmacies_n = 1 };
	s->outcome.processed = &s->processed;
	s->response = (struct rtpb_response){ .response = &s->outcome, .response_product = &s->product, .alternatives = &s->alternative, .alternatives_n = 1 };
	s->body.response = &s->response;
	s->message = (struct rtpb_message){ .header = &s->header, .body = &s->body };
}

static struct fhir_claim_response *answer(const struct said *said, struct arena *arena, struct text *json)
{
	const struct carin_answering how = { .id = text_lit("A-1"), .public_url = text_lit("https://gateway.example.org"), .wall_ms = WALL_MS };
	struct carin_request request;
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };
	struct buffer out;

	cr_assert(carin_read(sample_example("benefit-check", arena), arena, &request, &fault));
	buffer_init(&out, arena, 4096);
	cr_assert(carin_answer(&request, &said->message, &how, arena, &out, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	*json = buffer_text(&out);
	cr_assert(fhir_read(*json, arena, &bundle, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	cr_assert(bundle->entry_n >= 3);
	cr_assert(bundle->entry[0].resource->message_header && bundle->entry[1].resource->claim_response && bundle->entry[2].resource->patient);
	cr_expect(text_is(bundle->entry[0].resource->message_header->response->identifier, "10000000-0000-4000-8000-000000000001"));
	cr_expect(text_is(bundle->entry[0].resource->message_header->source->endpoint, "https://gateway.example.org/fhir"));
	cr_expect(text_equal(bundle->entry[0].resource->message_header->focus[0].reference, bundle->entry[1].full_url));
	return bundle->entry[1].resource->claim_response;
}

static struct text amount(const struct fhir_adjudication *list, size_t n, const char *category)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(list[i].category->coding[0].code, category))
			return list[i].amount->value.n ? list[i].amount->value : text_lit("unknown");
	return TEXT_NONE;
}

static bool restricted(const struct fhir_extension *list, size_t n, const char *code)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].coding && text_is(list[i].coding->code, code))
			return true;
	return false;
}

CASE(carin, the_drug_and_pharmacy_asked_about_are_the_item)
{
	const struct fhir_claim_response *response;
	const struct fhir_response_item *item;
	struct arena arena;
	struct said said;
	struct text json;

	arena_init(&arena, MEMORY);
	say(&said);
	response = answer(&said, &arena, &json);
	cr_expect(text_is(response->outcome, "complete") && response->error_n == 0);
	cr_expect(text_is(response->request->identifier->value, "EXAMPLE-CHECK-1") && text_is(response->insurer->identifier->value, "EXAMPLE PLAN"));
	cr_assert_eq(response->item_n, 1);
	item = &response->item[0];
	cr_expect(text_is(amount(item->adjudication, item->adjudication_n, "total"), "16.75"), "of the days that were asked about, not of the first way");
	cr_expect(text_is(amount(item->adjudication, item->adjudication_n, "deductible"), "5.00"));
	cr_expect(text_is(amount(item->adjudication, item->adjudication_n, "copay"), "10.50"));
	cr_expect(text_is(amount(item->adjudication, item->adjudication_n, "other-cost"), "1.25"));
	cr_expect(text_is(amount(item->adjudication, item->adjudication_n, "accumulated-deductible"), "105.00"));
	cr_expect(text_is(amount(item->adjudication, item->adjudication_n, "remaining-deductible"), "95.00"));
	cr_expect(restricted(item->extension, item->extension_n, "prior-auth") && !restricted(item->extension, item->extension_n, "covered"));
	cr_expect(!text_holds(json, "77.77"), "what the plan pays is not told");
	arena_done(&arena);
}

CASE(carin, whatever_else_has_a_price_is_an_added_item)
{
	const struct fhir_claim_response *response;
	const struct fhir_add_item *longer, *mail, *other;
	struct arena arena;
	struct said said;
	struct text json;

	arena_init(&arena, MEMORY);
	say(&said);
	response = answer(&said, &arena, &json);
	cr_assert_eq(response->add_item_n, 3);
	longer = &response->add_item[0];
	mail = &response->add_item[1];
	other = &response->add_item[2];
	cr_expect(text_is(amount(longer->adjudication, longer->adjudication_n, "total"), "30.00"));
	cr_expect(text_is(longer->product_or_service->coding[0].code, "99999000303"));
	cr_expect(text_is(longer->provider[0].reference, "urn:uuid:10000000-0000-4000-8000-000000000007"), "the pharmacy as it came");
	cr_expect(text_is(amount(mail->adjudication, mail->adjudication_n, "total"), "unknown") && text_holds(json, "data-absent-reason"));
	cr_expect(text_holds(json, "EXAMPLE MAIL") && !text_equal(mail->provider[0].reference, longer->provider[0].reference));
	cr_expect(text_is(other->product_or_service->coding[0].code, "99999000310") && text_is(other->product_or_service->coding[0].display, "SAMPLASTATIN"));
	cr_expect(text_is(amount(other->adjudication, other->adjudication_n, "eligible"), "0") && restricted(other->extension, other->extension_n, "not-covered"));
	for (size_t i = 0; i < 3; i++)
		cr_expect(text_is(response->add_item[i].extension[0].boolean, "true") && text_is(response->add_item[i].item_sequence, "[1]"), "%zu", i);
	arena_done(&arena);
}

CASE(carin, a_refusal_is_an_error_with_its_codes)
{
	const struct fhir_claim_response *response;
	struct arena arena;
	struct said said;
	struct text json;

	arena_init(&arena, MEMORY);
	say(&said);
	said.reject = text_lit("52");
	said.refusal = (struct rtpb_not_processed){ .reject_codes = &said.reject, .reject_codes_n = 1, .note = text_lit("Nobody has this number.") };
	said.outcome = (struct rtpb_outcome){ .not_processed = &said.refusal };
	response = answer(&said, &arena, &json);
	cr_expect(text_is(response->outcome, "error") && response->item_n == 0 && response->add_item_n == 0);
	cr_assert_eq(response->error_n, 1);
	cr_expect(text_is(response->error[0].code->coding[0].code, "52") && text_is(response->error[0].code->text, "Nobody has this number."));
	arena_done(&arena);
}

CASE(carin, an_answer_without_a_product_is_none)
{
	const struct carin_answering how = { .id = text_lit("A-1"), .wall_ms = WALL_MS };
	struct carin_request request;
	struct fault fault = { 0 };
	struct buffer out;
	struct arena arena;
	struct said said;

	arena_init(&arena, MEMORY);
	say(&said);
	said.response.response_product = NULL;
	cr_assert(carin_read(sample_example("benefit-check", &arena), &arena, &request, &fault));
	buffer_init(&out, &arena, 4096);
	cr_expect(!carin_answer(&request, &said.message, &how, &arena, &out, &fault));
	cr_expect_eq(fault.code, FAULT_PEER_ANSWER);
	arena_done(&arena);
}

/* Status and code of RTPB, and what the guide calls that (its own diagram), under CR and under any other status. */
CASE(carin, each_restriction_has_its_name)
{
	static const struct {
		const char *status, *code, *benefit;
	} rows[] = {
		{ "CC", NULL, "covered" }, { "NC", "75", "not-covered" }, { "PT", NULL, "pharmacy-restriction" }, { "PF", "40", "pharmacy-restriction" },
		{ "CR", "75", "prior-auth" }, { "CR", "608", "step-therapy" }, { "CR", "9G", "quantity-limit" }, { "CR", "AB9", "quantity-limit" },
		{ "CR", "AG", "days-supply-limitation" }, { "CR", "60", "other-restriction" }, { "CR", "ZZ", "other-restriction" }, { "CR", NULL, "other-restriction" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct fhir_claim_response *response;
		struct arena arena;
		struct said said;
		struct text json;

		arena_init(&arena, MEMORY);
		say(&said);
		said.first[1].coverage_status_code = text_of(rows[i].status);
		said.restriction.code = rows[i].code ? text_of(rows[i].code) : TEXT_NONE;
		said.first[1].restrictions_n = rows[i].code != NULL;
		response = answer(&said, &arena, &json);
		cr_expect(restricted(response->item[0].extension, response->item[0].extension_n, rows[i].benefit), "%zu", i);
		cr_expect_eq(response->item[0].extension_n, 1, "%zu", i);
		arena_done(&arena);
	}
}
