/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker asks the payer about questions, what the payer answers, and what is refused on the way. */
#include "test/case.h"
#include "test/gateway/way.h"

#include <string.h>

#define COVERAGE(plan) "{\"name\":\"coverage\",\"resource\":{\"resourceType\":\"Coverage\",\"id\":\"c\",\"status\":\"active\",\"beneficiary\":{\"reference\":\"Patient/p\"}," \
		       "\"payor\":[{\"reference\":\"Organization/o\"}],\"class\":[{\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/coverage-class\"," \
		       "\"code\":\"plan\"}]},\"value\":\"" plan "\"}]}}"
#define ORDER(id, ndc) "{\"name\":\"order\",\"resource\":{\"resourceType\":\"MedicationRequest\",\"id\":\"" id "\",\"status\":\"draft\",\"intent\":\"order\"," \
		       "\"medicationCodeableConcept\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/ndc\",\"code\":\"" ndc "\"}]},\"subject\":{\"reference\":\"Patient/p\"}}}"
#define PARAMETERS(list) "{\"resourceType\":\"Parameters\",\"parameter\":[" list "]}"

static void post(struct way *way, const char *operation, const char *body, const char *media)
{
	struct web_request request = { .method = text_lit("POST"), .path = text_of(operation), .content_type = text_of(media), .body = text_of(body) };
	struct buffer packed;

	buffer_init(&packed, &way->arena, 1024);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, "fhir", buffer_text(&packed));
}

static struct form_question form(struct way *way)
{
	struct form_question question = { 0 };
	const struct out *out = way_only(way, TYPE_FORM, ROLE_PAYER);
	struct fault fault;

	cr_assert(record_unpack(&form_question_record, &question, &way->arena, arena_text(&way->arena, out->payload), &fault));
	cr_assert(record_check(&form_question_record, &question, &fault), "%s", fault.path);
	return question;
}

static bool says(const struct out *out, const char *what)
{
	return memmem(out->payload.at, out->payload.n, what, strlen(what)) != NULL;
}

static const char package[] = "/fhir/Questionnaire/$questionnaire-package", next[] = "/fhir/Questionnaire/$next-question",
		  errors[] = "/fhir/Questionnaire/$log-questionnaire-errors";

CASE(worker_dtr, each_order_goes_with_the_policy_it_falls_under)
{
	struct form_question question;
	const struct out *out;
	struct way way;

	way_start(&way, NULL);
	post(&way, package, PARAMETERS(COVERAGE("EXAMPLE-COMMERCIAL") "," ORDER("1", "99999-0202-01") "," ORDER("2", "99999000000") "," ORDER("3", "99999010101")),
		"application/fhir+json");
	question = form(&way);
	cr_assert_eq(question.orders_n, 3);
	cr_expect(text_is(question.operation, "PACKAGE") && text_is(question.plan, "EXAMPLE-COMMERCIAL"));
	cr_expect(text_is(question.orders[0].policy, "INFUSAMAB-PA") && text_is(question.orders[2].policy, "EXAMPLUMAB-PA"));
	cr_expect(text_is(question.orders[1].found, "NOT_LISTED") && !question.orders[1].policy.n);
	way_to_payer(&way, ROLE_WORKER, TYPE_FORM, way_only(&way, TYPE_FORM, ROLE_PAYER)->payload);
	out = way_only(&way, TYPE_REPLY, ROLE_EDGE);
	cr_expect_eq(out->envelope.status, 200);
	cr_expect(says(out, "urn:dualtrack:Questionnaire:INFUSAMAB-PA:INFUSAMAB-1|") && says(out, "urn:dualtrack:Questionnaire:EXAMPLUMAB-PA:EXAMPLUMAB-1|"));
	cr_expect(says(out, "MedicationRequest/2: The plan does not list the drug"));
	way_stop(&way);
}

/* DTR 2.0.1 at its own address: other names, several coverages, and one extension for all that a response is about. */
CASE(worker_dtr, the_older_version_has_its_own_names)
{
	static const char response[] = "{\"resourceType\":\"QuestionnaireResponse\",\"extension\":[{\"url\":\"http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/qr-context\","
				       "\"valueReference\":{\"reference\":\"Coverage/c\"}}],\"questionnaire\":\"urn:dualtrack:Questionnaire:INFUSAMAB-PA:INFUSAMAB-1\","
				       "\"status\":\"in-progress\",\"subject\":{\"reference\":\"Patient/p\"}}";
	const struct out *out;
	struct way way;

	way_start(&way, NULL);
	post(&way, "/fhir/2.0/Questionnaire/$questionnaire-package",
		PARAMETERS(COVERAGE("EXAMPLE-COMMERCIAL") "," COVERAGE("EXAMPLE-PARTD") "," ORDER("1", "99999020201") "," ORDER("2", "99999000000")), NULL);
	way_to_payer(&way, ROLE_WORKER, TYPE_FORM, way_only(&way, TYPE_FORM, ROLE_PAYER)->payload);
	out = way_only(&way, TYPE_REPLY, ROLE_EDGE);
	cr_expect_eq(out->envelope.status, 200);
	cr_expect(says(out, "\"name\":\"PackageBundle\"") && says(out, "\"name\":\"operationOutcome\"") && !says(out, "packagebundle"));
	cr_expect(says(out, "qr-context\",\"valueReference\":{\"reference\":\"Coverage/c\"}") && !says(out, "qr-coverage"));
	cr_expect(says(out, "davinci-crd/CodeSystem/temp") && says(out, "<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">"));
	post(&way, next, response, NULL);
	cr_expect_eq(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status, 400);
	post(&way, "/fhir/2.0/Questionnaire/$next-question", response, NULL);
	way_to_payer(&way, ROLE_WORKER, TYPE_FORM, way_only(&way, TYPE_FORM, ROLE_PAYER)->payload);
	out = way_only(&way, TYPE_REPLY, ROLE_EDGE);
	cr_expect(out->envelope.status == 200 && says(out, "/fhir/2.0\""));
	way_stop(&way);
}

static const struct {
	const char *path, *body;
	int status;
	const char *says;
} refused[] = {
	{ package, "{", 400, "not valid JSON" },
	{ package, "{\"resourceType\":\"Patient\"}", 400, "" },
	{ package, PARAMETERS(ORDER("1", "99999020201")), 422, "Parameters.parameter.where(name='coverage')" },
	{ package, PARAMETERS(COVERAGE("EXAMPLE-COMMERCIAL")), 422, "\"Parameters.parameter\"" },
	{ package, PARAMETERS(COVERAGE("EXAMPLE-COMMERCIAL") "," COVERAGE("EXAMPLE-PARTD") "," ORDER("1", "99999020201")), 422, "Parameters.parameter[1].name" },
	{ package, PARAMETERS(COVERAGE("EXAMPLE-COMMERCIAL") ",{\"name\":\"order\"}"), 422, "Parameters.parameter[1].resource" },
	{ package, PARAMETERS(COVERAGE("EXAMPLE-COMMERCIAL") ",{\"name\":\"questionnaire\",\"valueString\":\"q\"}"), 422, "Parameters.parameter[1].valueCanonical" },
	{ package, PARAMETERS(COVERAGE("EXAMPLE-COMMERCIAL") "," ORDER("1", "99999020201") ",{\"name\":\"changedsince\",\"valueInstant\":\"yesterday\"}"), 422,
		"Parameters.parameter[2].valueInstant" },
	{ next, PARAMETERS(ORDER("1", "99999020201")), 400, "questionnaire-response" },
	{ next, "{\"resourceType\":\"QuestionnaireResponse\",\"status\":\"in-progress\",\"questionnaire\":\"urn:x\"}", 400, "QuestionnaireResponse.extension" },
	{ errors, PARAMETERS("{\"name\":\"questionnaire\",\"valueCanonical\":\"urn:x\"}"), 422, "operationOutcome" },
};

CASE(worker_dtr, what_is_wrong_is_told_with_its_place)
{
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const struct out *out;

		post(&way, refused[i].path, refused[i].body, "application/fhir+json");
		out = way_only(&way, TYPE_REPLY, ROLE_EDGE);
		cr_expect_eq(out->envelope.status, refused[i].status, "%zu: %d", i, (int)out->envelope.status);
		cr_expect(says(out, "OperationOutcome") && says(out, refused[i].says), "%zu: %.*s", i, TEXT_ARGS(out->payload));
	}
	post(&way, package, PARAMETERS(COVERAGE("EXAMPLE-COMMERCIAL") "," ORDER("1", "99999020201")), "text/plain");
	cr_expect_eq(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status, 415);
	way_stop(&way);
}

/* What only the payer can tell: plans and sets that are not there, and contexts that nobody keeps. */
CASE(worker_dtr, the_payer_refuses_what_it_does_not_know)
{
	static const char *const unknown[] = {
		PARAMETERS(COVERAGE("NO-SUCH-PLAN") "," ORDER("1", "99999020201")),
		PARAMETERS(COVERAGE("EXAMPLE-COMMERCIAL") ",{\"name\":\"context\",\"valueString\":\"x\"}"),
	};
	static const char response[] = "{\"resourceType\":\"QuestionnaireResponse\",\"extension\":[{\"url\":\"http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/qr-coverage\","
				       "\"valueReference\":{\"reference\":\"Coverage/c\"}}],\"questionnaire\":\"urn:dualtrack:Questionnaire:INFUSAMAB-PA:GONE\","
				       "\"status\":\"in-progress\",\"subject\":{\"reference\":\"Patient/p\"}}";
	struct way way;

	way_start(&way, NULL);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		post(&way, package, unknown[i], NULL);
		way_to_payer(&way, ROLE_WORKER, TYPE_FORM, way_only(&way, TYPE_FORM, ROLE_PAYER)->payload);
		cr_expect_eq(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status, 404, "%zu", i);
	}
	post(&way, next, response, NULL);
	way_to_payer(&way, ROLE_WORKER, TYPE_FORM, way_only(&way, TYPE_FORM, ROLE_PAYER)->payload);
	cr_expect_eq(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status, 404);
	way_to_payer(&way, ROLE_WORKER, TYPE_FORM, text_lit("\xC1"));
	cr_expect_eq(way_only(&way, TYPE_REPLY, ROLE_EDGE)->envelope.status, 500);
	way_stop(&way);
}
