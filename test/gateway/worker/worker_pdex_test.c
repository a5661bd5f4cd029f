/* SPDX-License-Identifier: Apache-2.0 */
/* Formularies of the sandbox as FHIR resources: read, searched, paged, and what is refused. */
#include "gateway/worker/worker_metadata.h"
#include "gateway/worker/worker_pdex.h"
#include "test/gateway/way.h"

#include <stdlib.h>
#include <string.h>

#define PLAN "EXAMPLE-COMMERCIAL"

static const struct out *ask(struct way *way, struct web_request request)
{
	struct buffer packed;

	if (!request.method.n)
		request.method = text_lit("GET");
	buffer_init(&packed, &way->arena, 256);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, "fhir", buffer_text(&packed));
	return way_only(way, TYPE_REPLY, ROLE_EDGE);
}

static const struct out *get(struct way *way, const char *path, const char *query)
{
	return ask(way, (struct web_request){ .path = text_of(path), .query = text_of(query) });
}

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.n, part, strlen(part)) != NULL;
}

static size_t count(struct text t, const char *part)
{
	const char *at = t.at, *end = t.at + t.n;
	size_t n = 0;

	while ((at = memmem(at, (size_t)(end - at), part, strlen(part)))) {
		at++;
		n++;
	}
	return n;
}

#define MATCH "\"mode\":\"match\""
#define INCLUDE "\"mode\":\"include\""

CASE(worker_pdex, plans_and_formularies)
{
	struct way way;
	const struct out *out;

	way_start(&way, NULL);
	out = get(&way, "/fhir/InsurancePlan", NULL);
	cr_assert_eq(out->envelope.status, 200);
	cr_assert(text_is(out->envelope.media, "application/fhir+json"));
	cr_assert_eq(count(out->payload, MATCH), 6);
	cr_assert(holds(out->payload, "\"total\":6"));
	cr_assert(holds(out->payload, "{\"relation\":\"self\",\"url\":\"InsurancePlan\"}"));
	cr_assert_not(holds(out->payload, "\"next\""));
	/* one of each by type, and the plan of a formulary with it */
	out = get(&way, "/fhir/InsurancePlan", "type=DRUGPOL&identifier=" PLAN);
	cr_assert_eq(count(out->payload, MATCH), 1);
	cr_assert(holds(out->payload, "usdf-Formulary\""));
	out = get(&way, "/fhir/InsurancePlan", "coverage-type=http://terminology.hl7.org/CodeSystem/v3-ActCode%7CDRUGPOL&identifier=" PLAN "&_include=InsurancePlan:formulary");
	cr_assert_eq(count(out->payload, MATCH), 1);
	cr_assert_eq(count(out->payload, INCLUDE), 1);
	cr_assert_eq(count(get(&way, "/fhir/InsurancePlan", "coverage-type=http://example.org%7CDRUGPOL")->payload, MATCH), 0);
	cr_assert_eq(count(get(&way, "/fhir/InsurancePlan", "name=example-com&type=DRUGPOL")->payload, MATCH), 1);
	cr_assert_eq(count(get(&way, "/fhir/InsurancePlan", "name=commercial&type=DRUGPOL")->payload, MATCH), 0);
	cr_assert_eq(count(get(&way, "/fhir/InsurancePlan", "name:contains=commercial&type=DRUGPOL")->payload, MATCH), 1);
	cr_assert_eq(count(get(&way, "/fhir/InsurancePlan", "name:exact=example-commercial&type=DRUGPOL")->payload, MATCH), 0);
	cr_assert_eq(count(get(&way, "/fhir/InsurancePlan", "status=active")->payload, MATCH), 6);
	cr_assert_eq(count(get(&way, "/fhir/InsurancePlan", "status=retired,draft")->payload, MATCH), 0);
	cr_assert_eq(count(get(&way, "/fhir/InsurancePlan", "_lastUpdated=ge2020-01-01")->payload, MATCH), 6);
	cr_assert_eq(count(get(&way, "/fhir/InsurancePlan", "_lastUpdated=lt2020")->payload, MATCH), 0);
	way_stop(&way);
}

CASE(worker_pdex, one_by_its_id)
{
	struct way way;
	const struct out *out;

	way_start(&way, NULL);
	out = get(&way, "/fhir/InsurancePlan/P." PLAN, NULL);
	cr_assert_eq(out->envelope.status, 200);
	cr_assert(holds(out->payload, "\"resourceType\":\"InsurancePlan\",\"id\":\"P." PLAN "\""));
	cr_assert(out->envelope.etag.n > 0);
	out = get(&way, "/fhir/InsurancePlan/F.1", NULL);
	cr_assert(holds(out->payload, "\"id\":\"F.1\""));
	out = get(&way, "/fhir/Basic/1.N99999000303", NULL);
	cr_assert(holds(out->payload, "MedicationKnowledge/N99999000303"));
	out = get(&way, "/fhir/MedicationKnowledge/N99999000303", NULL);
	cr_assert(holds(out->payload, "\"code\":\"99999000303\""));
	{
		static const char *const nothing[] = { "/fhir/InsurancePlan/F.0", "/fhir/InsurancePlan/F.99", "/fhir/InsurancePlan/F.1h", "/fhir/InsurancePlan/P.NONE",
			"/fhir/InsurancePlan/P.", "/fhir/InsurancePlan/F", "/fhir/Basic/1.", "/fhir/Basic/1", "/fhir/Basic/1.N99999999999", "/fhir/Basic/99.N99999000303",
			"/fhir/Basic/_search", "/fhir/MedicationKnowledge/N1", "/fhir/MedicationKnowledge/.-", "/fhir/MedicationKnowledge/-AAAAAAAAAAAA",
			"/fhir/Basic/1.-Tjk5OTk5AAAAAAAAAA" };

		for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
			out = get(&way, nothing[i], NULL);
			cr_expect_eq(out->envelope.status, 404, "%s", nothing[i]);
			cr_expect(holds(out->payload, "OperationOutcome"));
		}
	}
	way_stop(&way);
}

/* The _cursor of the next link, "" at the end. */
static void next_of(struct text payload, char cursor[100])
{
	const char *at = memmem(payload.at, payload.n, "\"next\"", 6);
	const char *from = at ? memmem(at, payload.n - (size_t)(at - payload.at), "_cursor=", 8) : NULL;
	size_t n = from ? strcspn(from + 8, "\"&") : 0;

	memcpy(cursor, n ? from + 8 : "", n);
	cursor[n] = '\0';
}

CASE(worker_pdex, pages_have_every_item_once)
{
	struct way way;
	char cursor[100] = "", query[200];
	size_t items = 0, whole;

	way_start(&way, NULL);
	whole = count(get(&way, "/fhir/Basic", "formulary=InsurancePlan/F.1&_count=200")->payload, MATCH);
	cr_assert_gt(whole, 10);
	for (int page = 0; page == 0 || cursor[0]; page++) {
		const struct out *out;

		cr_assert_lt(page, 100);
		snprintf(query, sizeof(query), "formulary=F.1&_count=7%s%s", cursor[0] ? "&_cursor=" : "", cursor);
		out = get(&way, "/fhir/Basic", query);
		cr_assert_eq(out->envelope.status, 200);
		cr_assert_leq(count(out->payload, MATCH), 7);
		items += count(out->payload, MATCH);
		next_of(out->payload, cursor);
	}
	cr_assert_eq(items, whole);
	way_stop(&way);
}

CASE(worker_pdex, items)
{
	struct way way;
	const struct out *out;
	struct text all, tier;

	way_start(&way, NULL);
	all = get(&way, "/fhir/Basic", "_count=200&code=formulary-item")->payload;
	cr_assert_gt(count(all, MATCH), 50);
	/* the same drug in every formulary, with the formulary */
	out = get(&way, "/fhir/Basic", "subject:MedicationKnowledge.code=http://hl7.org/fhir/sid/ndc%7C99999000303&_include=Basic:formulary&_include=Basic:subject");
	cr_assert_eq(count(out->payload, MATCH), 3);
	cr_assert_eq(count(out->payload, INCLUDE), 4);
	cr_assert_eq(count(get(&way, "/fhir/Basic", "subject:MedicationKnowledge.code=99999000303&formulary=F.1")->payload, MATCH), 1);
	cr_assert_eq(count(get(&way, "/fhir/Basic", "subject:MedicationKnowledge.code=http://example.org%7C99999000303")->payload, MATCH), 0);
	cr_assert_eq(count(get(&way, "/fhir/Basic", "subject=MedicationKnowledge/N99999000303")->payload, MATCH), 3);
	cr_assert_eq(count(get(&way, "/fhir/Basic", "subject=MedicationKnowledge/N99999000303&subject=MedicationKnowledge/N1")->payload, MATCH), 0);
	cr_assert_eq(count(get(&way, "/fhir/Basic", "formulary=F.1,F.2&subject=N99999000303")->payload, MATCH), 2);
	cr_assert_eq(count(get(&way, "/fhir/Basic", "formulary=F.99")->payload, MATCH), 0);
	cr_assert_eq(count(get(&way, "/fhir/Basic", "_id=1.N99999000303,2.N99999000303,2.N1")->payload, MATCH), 2);
	tier = get(&way, "/fhir/Basic", "_count=200&formulary=F.1&drug-tier=urn:dualtrack:tier%7C1")->payload;
	cr_assert(count(tier, MATCH) > 0 && count(tier, MATCH) == count(tier, "\"urn:dualtrack:tier\",\"code\":\"1\""));
	cr_assert_eq(count(get(&way, "/fhir/Basic", "formulary=F.1&pharmacy-benefit-type=1-month-in-mail")->payload, MATCH), 0);
	cr_assert_gt(count(get(&way, "/fhir/Basic", "subject:MedicationKnowledge.drug-name=examplestatin")->payload, MATCH), 0);
	way_stop(&way);
}

CASE(worker_pdex, a_search_may_be_posted)
{
	struct way way;
	struct web_request request = { .method = text_lit("POST"), .path = text_lit("/fhir/Basic/_search"), .query = text_lit("formulary=F.1"),
		.content_type = text_lit("application/x-www-form-urlencoded; charset=utf-8"), .body = text_lit("subject=MedicationKnowledge%2FN99999000303") };

	way_start(&way, NULL);
	cr_assert_eq(count(ask(&way, request)->payload, MATCH), 1);
	request.content_type = text_lit("application/json");
	cr_assert_eq(ask(&way, request)->envelope.status, 415);
	request.content_type = text_lit("application/x-www-form-urlencoded");
	request.body = text_lit("subject=%2");
	cr_assert_eq(ask(&way, request)->envelope.status, 400);
	way_stop(&way);
}

CASE(worker_pdex, what_is_not_known)
{
	static const char *const bad[] = { "_count=x", "_count=-1", "_lastUpdated=yesterday", "_lastUpdated=ge", "period=2026-13", "_cursor=zz", "_cursor=P.NONE" };
	struct way way;
	const struct out *out;

	way_start(&way, NULL);
	out = get(&way, "/fhir/InsurancePlan", "colour=red");
	cr_assert_eq(out->envelope.status, 200);
	cr_assert(holds(out->payload, "\"mode\":\"outcome\""));
	cr_assert(holds(out->payload, "\"diagnostics\":\"colour\""));
	out = ask(&way, (struct web_request){ .path = text_lit("/fhir/InsurancePlan"), .query = text_lit("colour=red"),
		.prefer = text_lit("respond-async, handling=strict") });
	cr_assert_eq(out->envelope.status, 400);
	cr_assert_not(holds(out->payload, "colour"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		out = get(&way, "/fhir/InsurancePlan", bad[i]);
		cr_expect_eq(out->envelope.status, 400, "%s: %d", bad[i], (int)out->envelope.status);
	}
	way_stop(&way);
}

/* But for chains, which are no parameters of their own. */
CASE(worker_pdex, every_parameter_is_told)
{
	for (size_t i = 0; i < pdex_parameters_n; i++) {
		const struct pdex_parameter *parameter = &pdex_parameters[i];
		bool told = strchr(parameter->name, ':') != NULL;

		for (size_t k = 0; k < capabilities_n && !told; k++)
			told = capabilities[k].kind == CAPABILITY_SEARCH && strcmp(capabilities[k].type, pdex_kind_name(parameter->kind)) == 0 &&
			       strcmp(capabilities[k].name, parameter->name) == 0 && strcmp(capabilities[k].value, parameter->type) == 0;
		cr_expect(told, "%s %s has no row in gateway/def/capability.def", pdex_kind_name(parameter->kind), parameter->name);
	}
}
