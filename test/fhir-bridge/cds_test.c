/* SPDX-License-Identifier: Apache-2.0 */
/* Hook requests: the example and what is made of it, each beside one that is refused for a single reason. */
#include "fhir-bridge/crd/cds.h"
#include "test/fhir-bridge/sample.h"

#include <stdio.h>
#include <string.h>

enum { EXAMPLE_MAX = 64 << 10 };

static struct text example(struct arena *arena)
{
	FILE *in = fopen(EXAMPLES "/crd-order-sign.json", "re");
	char *bytes = arena_alloc(arena, EXAMPLE_MAX);
	size_t n;

	cr_assert(in && bytes);
	n = fread(bytes, 1, EXAMPLE_MAX, in);
	fclose(in);
	return (struct text){ bytes, n };
}

CASE(cds, the_example_has_two_orders_under_one_coverage)
{
	struct cds_question question;
	struct arena arena;
	struct fault fault;
	int status;

	arena_init(&arena, MEMORY);
	cr_assert(cds_read(example(&arena), CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault), "%s", fault.path);
	cr_expect(question.orders_n == 2 && text_is(question.orders[0]->id, "infusion") && text_is(question.orders[1]->id, "pen"));
	cr_expect(text_is(question.coverage_reference, "Coverage/cov1") && question.coverage->classes_n == 3);
	cr_expect(question.coverage_wanted && question.alternatives_wanted && question.insurance_wanted && question.cards_max == 10);
	cr_expect(text_is(cds_ordered(&question, question.orders[0])->coding[0].code, "99999020201"));
	arena_done(&arena);
}

CASE(cds, each_fault_has_its_place_and_status)
{
	static const struct {
		const char *find, *with, *path;
		enum fault_code code;
		int status;
	} rows[] = {
		{ "{", "", "Request", FAULT_NOT_JSON, 400 },
		{ "\"hook\": \"order-sign\"", "\"hook\": \"order-select\"", "Request/hook", FAULT_BAD_CODE, 400 },
		{ "\"hook\": \"order-sign\",", "", "Request/hook", FAULT_MISSING, 400 },
		{ "\"hook\": \"order-sign\"", "\"hook\": 1", "Request/hook", FAULT_BAD_TEXT, 400 },
		{ "d1577c69-dfbe", "d1577c69_dfbe", "Request/hookInstance", FAULT_BAD_TEXT, 400 },
		{ "\"userId\": \"Practitioner/EX1\",", "", "Request/context/userId", FAULT_MISSING, 400 },
		{ "\"draftOrders\"", "\"draftsOrders\"", "Request/context/draftOrders", FAULT_MISSING, 400 },
		{ "\"davinci-crd.requestedVersion\": \"2.2\"", "\"davinci-crd.requestedVersion\": \"9.9\"", "Request/extension", FAULT_VERSION, 400 },
		{ "\"resourceType\": \"MedicationRequest\",", "", "Request/context/draftOrders/entry[0]/resourceType", FAULT_MISSING, 400 },
		{ "\"status\": \"active\"", "\"status\": \"lost\"", "Request/prefetch/coverage[0]/Coverage/status", FAULT_BAD_CODE, 400 },
		{ "\"prefetch\"", "\"prefetched\"", "Request/prefetch/coverage", FAULT_NOT_SENT, 412 },
		{ "\"resourceType\": \"Coverage\"", "\"resourceType\": \"Basic\"", "Request/prefetch/coverage", FAULT_MISSING, 400 },
		{ "\"resourceType\": \"Patient\"", "\"resourceType\": \"Coverage\", \"status\": \"active\", \"beneficiary\": {}, \"payor\": [{}]",
			"Request/prefetch/coverage", FAULT_REPEATED, 400 },
		{ "\"beneficiary\": {\n       \"reference\": \"Patient/EX0001\"", "\"beneficiary\": {\n       \"reference\": \"Patient/EX0002\"",
			"Request/prefetch/coverage/beneficiary", FAULT_RULE, 400 },
		{ "\"id\": \"cov1\",", "", "Request/prefetch/coverage/id", FAULT_MISSING, 422 },
		{ "\"id\": \"infusion\",", "", "Request/context/draftOrders/id", FAULT_MISSING, 422 },
		{ "\"medicationCodeableConcept\"", "\"medicationConcept\"", "Request/context/draftOrders/medication", FAULT_CHOICE, 422 },
		{ "\"intent\": \"order\",", "", "Request/context/draftOrders/status", FAULT_MISSING, 422 },
		{ "\"medicationCodeableConcept\"", "\"medicationReference\": {\"reference\": \"Medication/m\"}, \"was\"", "Request/prefetch/medications",
			FAULT_NOT_SENT, 412 },
		{ "\"context\": {", "\"fhirAuthorization\": {\"access_token\": \"x\", \"token_type\": \"Bearer\", \"expires_in\": 1, \"scope\": \"s\", \"subject\": \"us\"}, \"context\": {",
			"Request/fhirServer", FAULT_MISSING, 400 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cds_question question;
		struct fault fault = { 0 };
		struct arena arena;
		int status;

		arena_init(&arena, MEMORY);
		cr_expect(!cds_read(sample_replaced(example(&arena), rows[i].find, rows[i].with, &arena), CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault) &&
				  fault.code == rows[i].code && strcmp(fault.path, rows[i].path) == 0 && status == rows[i].status,
			"%zu: %s at %s, %d", i, fault_row(fault.code)->name, fault.path, status);
		arena_done(&arena);
	}
}

CASE(cds, what_nobody_knows_is_passed_over)
{
	static const struct {
		const char *find, *with;
	} rows[] = {
		{ "\"hook\":", "\"unknown\": {\"a\": [1]}, \"hook\":" },
		{ "\"userId\":", "\"unknown\": [], \"userId\":" },
		{ "\"patient\": {", "\"unknown\": 7, \"patient\": {" },
		{ "\"davinci-crd.requestedVersion\": \"2.2\"", "\"davinci-crd.configuration\": {\"unknown\": true}, \"other\": 1" },
		{ "\"extension\": {\n  \"davinci-crd.requestedVersion\": \"2.2\"\n }", "\"extension\": {}" },
		{ "\"beneficiary\": {\n       \"reference\"", "\"beneficiary\": {\n       \"display\"" },
		{ "\"status\": \"draft\"", "\"unknown\": \"x\", \"status\": \"draft\"" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cds_question question;
		struct fault fault = { 0 };
		struct arena arena;
		int status;

		arena_init(&arena, MEMORY);
		cr_expect(cds_read(sample_replaced(example(&arena), rows[i].find, rows[i].with, &arena), CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault) &&
				  question.orders_n == 2,
			"%zu: %s at %s", i, fault_row(fault.code)->name, fault.path);
		arena_done(&arena);
	}
}

CASE(cds, each_hook_has_its_own_orders)
{
	static const struct {
		enum cds_hook hook;
		const char *find, *with;
		const char *orders; /* ids; NULL: refused */
		int status;
	} rows[] = {
		{ CDS_ORDER_SELECT, "\"userId\"", "\"selections\": [\"MedicationRequest/pen\"], \"userId\"", "pen", 0 },
		{ CDS_ORDER_SELECT, "\"userId\"", "\"selections\": [\"MedicationRequest/none\"], \"userId\"", NULL, 400 },
		{ CDS_ORDER_SELECT, "\"userId\"", "\"selected\": [\"MedicationRequest/pen\"], \"userId\"", NULL, 400 },
		{ CDS_ORDER_DISPATCH, "\"userId\"", "\"performer\": \"Organization/p\", \"dispatchedOrders\": [\"MedicationRequest/infusion\"], \"userId\"",
			"infusion", 0 },
		{ CDS_ORDER_DISPATCH, "\"userId\"", "\"performer\": \"Organization/p\", \"dispatchedOrders\": [\"ServiceRequest/infusion\"], \"userId\"", NULL, 412 },
		{ CDS_APPOINTMENT_BOOK, "\"draftOrders\"", "\"appointments\"", "infusion pen", 0 },
		{ CDS_APPOINTMENT_BOOK, "\"userId\"", "\"userId\"", NULL, 400 },
		{ CDS_ENCOUNTER_START, "\"userId\"", "\"encounterId\": \"e1\", \"userId\"", "", 0 },
		{ CDS_ENCOUNTER_START, "\"userId\"", "\"userId\"", NULL, 400 },
		{ CDS_ENCOUNTER_DISCHARGE, "\"userId\"", "\"encounterId\": \"e1\", \"userId\"", "", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cds_question question;
		struct fault fault = { 0 };
		struct arena arena;
		struct text body;
		char hook[40];
		int status;
		bool good;

		arena_init(&arena, MEMORY);
		snprintf(hook, sizeof(hook), "\"hook\": \"%s\"", cds_hook_row(rows[i].hook)->name);
		body = sample_replaced(example(&arena), "\"hook\": \"order-sign\"", hook, &arena);
		good = cds_read(sample_replaced(body, rows[i].find, rows[i].with, &arena), rows[i].hook, NULL, &arena, &question, &status, &fault);
		cr_expect(good == (rows[i].orders != NULL) && status == rows[i].status, "%zu: %s at %s, %d", i, fault_row(fault.code)->name, fault.path, status);
		for (size_t k = 0; good && k < question.orders_n; k++)
			cr_expect(text_in_list(question.orders[k]->id, rows[i].orders), "%zu", i);
		arena_done(&arena);
	}
}

#define SERVER "\"hook\": \"order-sign\", \"fhirServer\": \"https://ehr.example/fhir/\""

CASE(cds, what_is_missing_is_known_by_its_address)
{
	static const struct {
		const char *find, *with;
		const char *wanted; /* first query; NULL: nothing */
		const char *key;
		bool good; /* answered all the same */
	} rows[] = {
		{ "{", "{", NULL, NULL, true },
		{ "\"prefetch\"", "\"prefetched\"", "Coverage?patient=EX0001&status=active", "coverage", false },
		{ "\"coverage\": {", "\"coverage\": null, \"coverages\": {", "Coverage?patient=EX0001&status=active", "coverage", false },
		{ "\"patientId\": \"EX0001\"", "\"patientId\": \"EX/0001\"", NULL, NULL, false },
		{ "\"medicationCodeableConcept\": {", "\"medicationReference\": {\"reference\": \"Medication/m.1\"}, \"x\": {", "Medication/m.1", "medications", false },
		{ "\"medicationCodeableConcept\": {", "\"medicationReference\": {\"reference\": \"https://ehr.example/fhir/Medication/m1\"}, \"x\": {", "Medication/m1",
			"medications", false },
		{ "\"medicationCodeableConcept\": {", "\"medicationReference\": {\"reference\": \"https://elsewhere.example/Medication/m1\"}, \"x\": {", NULL, NULL, false },
		{ "\"medicationCodeableConcept\": {", "\"medicationReference\": {\"reference\": \"Medication/../m1\"}, \"x\": {", NULL, NULL, false },
		{ "\"medicationCodeableConcept\": {", "\"medicationReference\": {\"reference\": \"Practitioner/m1\"}, \"x\": {", NULL, NULL, false },
		{ "\"medicationCodeableConcept\": {", "\"medicationReference\": {\"reference\": \"#m1\"}, \"x\": {", NULL, NULL, false },
		{ "\"reference\": \"Organization/payer\"", "\"reference\": \"Organization/payer\"", "Organization/payer", "organizations", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cds_wanted wanted[CDS_WANTED_MAX];
		struct cds_question question;
		struct fault fault = { 0 };
		struct arena arena;
		struct text body;
		int status;
		bool good;
		size_t n;

		arena_init(&arena, MEMORY);
		body = sample_replaced(example(&arena), "\"hook\": \"order-sign\"", SERVER, &arena);
		good = cds_read(sample_replaced(body, rows[i].find, rows[i].with, &arena), CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault);
		cr_expect(good == rows[i].good && (good || status == 412 || i == 3), "%zu: %s at %s, %d", i, fault_row(fault.code)->name, fault.path, status);
		n = cds_missing(&question, rows[i].key && strcmp(rows[i].key, "organizations") == 0, &arena, wanted);
		cr_expect(n == (rows[i].wanted != NULL), "%zu: %zu", i, n);
		if (n && rows[i].wanted)
			cr_expect(text_is(wanted[0].query, rows[i].wanted) && strcmp(wanted[0].key, rows[i].key) == 0, "%zu: %.*s", i, TEXT_ARGS(wanted[0].query));
		arena_done(&arena);
	}
}

CASE(cds, what_was_read_later_counts_as_sent)
{
	static const char coverage[] = "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[{\"resource\":{\"resourceType\":\"Coverage\",\"id\":\"c9\","
				       "\"status\":\"active\",\"beneficiary\":{\"reference\":\"Patient/EX0001\"},\"payor\":[{\"display\":\"EXAMPLE\"}]}}]}";
	static const struct {
		const char *body;
		bool good;
	} rows[] = { { coverage, true }, { "", false }, { "<html>", false }, { "{\"resourceType\":\"OperationOutcome\"}", false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cds_later later = { text_lit("coverage"), text_of(rows[i].body) };
		struct cds_terms terms = { .later = &later, .later_n = 1 };
		struct cds_question question;
		struct fault fault = { 0 };
		struct arena arena;
		struct text body;
		int status;

		arena_init(&arena, MEMORY);
		body = sample_replaced(example(&arena), "\"prefetch\"", "\"prefetched\"", &arena);
		cr_expect(cds_read(body, CDS_ORDER_SIGN, &terms, &arena, &question, &status, &fault) == rows[i].good, "%zu: %s", i, fault.path);
		cr_expect(rows[i].good ? text_is(question.coverage_reference, "Coverage/c9") : status == 412, "%zu: %d", i, status);
		arena_done(&arena);
	}
}

CASE(cds, what_cannot_be_had_is_gone_on_without)
{
	static const struct {
		const char *names;
		size_t orders; /* 0: refused */
	} rows[] = { { "\"MedicationRequest/pen\"", 1 }, { "\"MedicationRequest/pen\", \"MedicationRequest/none\"", 1 }, { "\"MedicationRequest/none\"", 0 } };
	struct cds_later later = { text_lit("medicationRequests"), TEXT_NONE };
	struct cds_terms terms = { .later = &later, .later_n = 1 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cds_question question;
		struct fault fault = { 0 };
		char dispatched[200];
		struct arena arena;
		struct text body;
		int status;

		arena_init(&arena, MEMORY);
		snprintf(dispatched, sizeof(dispatched), "\"performer\": \"Organization/p\", \"dispatchedOrders\": [%s], \"userId\"", rows[i].names);
		body = sample_replaced(example(&arena), "\"hook\": \"order-sign\"", "\"hook\": \"order-dispatch\"", &arena);
		body = sample_replaced(body, "\"userId\"", dispatched, &arena);
		cr_expect(cds_read(body, CDS_ORDER_DISPATCH, &terms, &arena, &question, &status, &fault) == (rows[i].orders > 0), "%zu", i);
		cr_expect(rows[i].orders ? question.orders_n == rows[i].orders : status == 412, "%zu: %zu, %d", i, question.orders_n, status);
		cr_expect(cds_read(body, CDS_ORDER_DISPATCH, NULL, &arena, &question, &status, &fault) == (i == 0), "%zu: as long as it may still be had", i);
		arena_done(&arena);
	}
}

CASE(cds, what_came_later_and_is_no_fhir_is_no_fault_of_the_request)
{
	static const char *const bodies[] = { "<html>", "{\"resourceType\":\"Coverage\"}", "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":[]}]}" };

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct cds_later later = { text_lit("locations"), text_of(bodies[i]) };
		struct cds_terms terms = { .later = &later, .later_n = 1 };
		struct cds_question question;
		struct fault fault = { 0 };
		struct arena arena;
		int status;

		arena_init(&arena, MEMORY);
		cr_expect(cds_read(example(&arena), CDS_ORDER_SIGN, &terms, &arena, &question, &status, &fault), "%zu: %s", i, fault.path);
		cr_expect(question.orders_n == 2 && status == 0 && fault.code == FAULT_NONE, "%zu: %s at %s", i, fault_row(fault.code)->name, fault.path);
		arena_done(&arena);
	}
}

CASE(cds, versions_are_asked_for_by_name)
{
	static const struct {
		struct cds_terms terms;
		const char *with;
		bool good;
		enum cds_version version;
	} rows[] = {
		{ { .version = CDS_2_2 }, "\"davinci-crd.requestedVersion\": \"2.2\"", true, CDS_2_2 },
		{ { .version = CDS_2_2 }, "\"davinci-crd.requestedVersion\": \"2.0\"", true, CDS_2_0 },
		{ { .version = CDS_2_2 }, "\"davinci-crd.requestedVersion\": \"2.1\"", false, CDS_2_2 },
		{ { .version = CDS_2_2 }, "\"x\": 1", true, CDS_2_2 },
		{ { .version = CDS_2_0, .only = true }, "\"x\": 1", true, CDS_2_0 },
		{ { .version = CDS_2_0, .only = true }, "\"davinci-crd.requestedVersion\": \"2.0\"", true, CDS_2_0 },
		{ { .version = CDS_2_0, .only = true }, "\"davinci-crd.requestedVersion\": \"2.2\"", false, CDS_2_2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cds_question question;
		struct fault fault = { 0 };
		struct arena arena;
		struct text body;
		int status;

		arena_init(&arena, MEMORY);
		body = sample_replaced(example(&arena), "\"davinci-crd.requestedVersion\": \"2.2\"", rows[i].with, &arena);
		cr_expect(cds_read(body, CDS_ORDER_SIGN, &rows[i].terms, &arena, &question, &status, &fault) == rows[i].good, "%zu", i);
		cr_expect(rows[i].good ? question.version == rows[i].version : fault.code == FAULT_VERSION, "%zu", i);
		arena_done(&arena);
	}
}

CASE(cds, a_payer_is_known_by_its_identifiers)
{
	struct cds_question question;
	struct arena arena;
	struct fault fault;
	struct text body;
	int status;
	bool known;

	arena_init(&arena, MEMORY);
	cr_assert(cds_read(example(&arena), CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault));
	cr_expect(!cds_payer_is(&question, text_lit("12345"), &known) && !known);
	body = sample_replaced(example(&arena), "\"reference\": \"Organization/payer\"",
		"\"identifier\": {\"system\": \"urn:payer\", \"value\": \"12345\"}", &arena);
	cr_assert(cds_read(body, CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault));
	cr_expect(cds_payer_is(&question, text_lit("12345"), &known) && cds_payer_is(&question, text_lit("urn:payer|12345"), &known));
	cr_expect(!cds_payer_is(&question, text_lit("urn:other|12345"), &known) && known);
	body = sample_replaced(example(&arena), "\"prefetch\": {",
		"\"prefetch\": {\"organizations\": {\"resourceType\": \"Organization\", \"id\": \"payer\", \"identifier\": [{\"value\": \"7\"}]},", &arena);
	cr_assert(cds_read(body, CDS_ORDER_SIGN, NULL, &arena, &question, &status, &fault));
	cr_expect(cds_payer_is(&question, text_lit("7"), &known) && !cds_payer_is(&question, text_lit("8"), &known) && known);
	arena_done(&arena);
}

static bool second(void *context, struct text extension)
{
	return text_holds(extension, context);
}

CASE(cds, an_extension_is_put_in_and_nothing_else_changes)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "{ \"resourceType\":\"X\", \"a\" : [1.50] }", "{\"extension\":[{\"u\":3}], \"resourceType\":\"X\", \"a\" : [1.50] }" },
		{ "{\"a\":1,\"extension\" : [ {\"u\":1} , {\"u\":2} ],\"b\":\"\\u00e9\"}", "{\"a\":1,\"extension\" : [{\"u\":1},{\"u\":3}],\"b\":\"\\u00e9\"}" },
		{ "{\"a\":1,\"extension\":null}", NULL },
		{ "{\"extension\":[],\"b\":{\"extension\":[{\"u\":2}]}}", "{\"extension\":[{\"u\":3}],\"b\":{\"extension\":[{\"u\":2}]}}" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena arena;
		struct fault fault;
		struct text after;
		bool good;

		arena_init(&arena, MEMORY);
		good = cds_extended(text_of(rows[i].before), text_lit("{\"u\":3}"), second, "2", &arena, &after, &fault);
		cr_expect(good == (rows[i].after != NULL) && (good ? text_is(after, rows[i].after) : fault.code == FAULT_REPEATED), "%zu", i);
		arena_done(&arena);
	}
}
