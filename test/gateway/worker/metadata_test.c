/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of /fhir and what is served there are the same, and nothing is served there that does not say who may ask. */
#include "gateway/access/scopes.h"
#include "gateway/worker/worker_metadata.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

/* "/fhir/Claim/{id}" as a request would have it: "/fhir/Claim/x" */
static void example_of(const char *pattern, char *out)
{
	while (*pattern) {
		if (*pattern == '{') {
			*out++ = 'x';
			pattern = strchr(pattern, '}') + 1;
		} else {
			*out++ = *pattern++;
		}
	}
	*out = '\0';
}

/* Told by a row, or told otherwise: the statement itself. */
static bool told(const char *method, const char *path)
{
	const char *base = strncmp(path, FHIR_BASE_2_0 "/", strlen(FHIR_BASE_2_0) + 1) == 0 ? FHIR_BASE_2_0 : FHIR_BASE, *of;
	char wanted[200];

	if (strcmp(path + strlen(base), "/metadata") == 0)
		return true;
	for (size_t i = 0; i < capabilities_n; i++) {
		const struct capability *row = &capabilities[i];

		if ((row->kind != CAPABILITY_INTERACTION && row->kind != CAPABILITY_OPERATION) ||
			!capability_request(row, base, &of, wanted, sizeof(wanted)))
			continue;
		if (strcmp(of, method) == 0 && strcmp(wanted, path) == 0)
			return true;
		/* FHIR R4 3.1.0.11: a search may be posted, too */
		if (strcmp(row->name, "search-type") == 0 && strcmp(method, "POST") == 0 && strstr(path, "/_search") &&
			strncmp(path, wanted, strlen(wanted)) == 0)
			return true;
	}
	return false;
}

CASE(metadata, every_route_of_fhir_says_who_may_ask_and_is_told)
{
	struct scopes any;
	const struct web_route *routes;
	size_t n;

	cr_assert(scopes_read(text_lit("system/*.cruds"), &any));
	for (size_t table = 0; (routes = worker_web_routes(table, &n)); table++)
		for (size_t i = 0; i < n; i++) {
			char path[200];

			if (routes[i].family != FAMILY_FHIR)
				continue;
			cr_assert(routes[i].need, "%s %s", routes[i].method, routes[i].path);
			if (strncmp(routes[i].path, "/cds-services", 13) == 0) { /* CDS Hooks is no FHIR REST, and tells of itself */
				cr_expect(strcmp(routes[i].need, strcmp(routes[i].method, "GET") == 0 ? WEB_OPEN : WEB_CDS) == 0);
				continue;
			}
			if (strncmp(routes[i].path, "/fhir-notify/", 13) == 0) /* of no client's business */
				continue;
			cr_expect(strcmp(routes[i].need, WEB_OPEN) == 0 || scopes_allow(&any, routes[i].need), "%s %s: %s", routes[i].method,
				routes[i].path, routes[i].need);
			example_of(routes[i].path, path);
			cr_expect(told(routes[i].method, path), "%s %s has no row in gateway/def/capability.def", routes[i].method, path);
		}
}

/* Or to none: an operation of the whole server. */
CASE(metadata, every_row_belongs_to_a_resource_that_is_listed_once)
{
	for (size_t i = 0; i < capabilities_n; i++) {
		size_t listed = 0, same = 0;

		for (size_t j = 0; j < capabilities_n; j++) {
			listed += capabilities[j].kind == CAPABILITY_RESOURCE && strcmp(capabilities[j].type, capabilities[i].type) == 0;
			same += capabilities[j].kind == capabilities[i].kind && strcmp(capabilities[j].type, capabilities[i].type) == 0 &&
				strcmp(capabilities[j].name, capabilities[i].name) == 0;
		}
		cr_expect_eq(listed, *capabilities[i].type ? 1 : 0, "%s", capabilities[i].type);
		cr_expect_eq(same, 1, "%s %s", capabilities[i].type, capabilities[i].name);
	}
}

CASE(metadata, what_is_not_served_is_not_told)
{
	const struct capability nothing = { CAPABILITY_INTERACTION, "Nothing", "read", "", "" };
	const struct capability operation = { CAPABILITY_OPERATION, "Claim", "nothing", "", "" };
	const struct config config = { 0 };
	const struct served_at at = { FHIR_BASE, &config };

	cr_expect(!capability_served(&nothing, &at) && !capability_served(&operation, &at));
	cr_expect(worker_web_find(FAMILY_FHIR, text_lit("GET"), text_lit("/fhir/metadata")) &&
		worker_web_find(FAMILY_FHIR, text_lit("HEAD"), text_lit("/fhir/metadata")));
	cr_expect_null(worker_web_find(FAMILY_FHIR, text_lit("POST"), text_lit("/fhir/metadata")));
	cr_expect_null(worker_web_find(FAMILY_FORMULARY, text_lit("GET"), text_lit("/fhir/metadata")));
}

CASE(metadata, formularies_that_are_shut_are_not_told)
{
	const struct config open = { 0 }, closed = { .pdex_closed = true };
	const struct served_at was = { FHIR_BASE, &open }, is = { FHIR_BASE, &closed };
	size_t gone = 0;

	for (size_t i = 0; i < capabilities_n; i++) {
		const struct capability *row = &capabilities[i];
		bool formulary = strcmp(row->type, "InsurancePlan") == 0 || strcmp(row->type, "Basic") == 0 ||
				 strcmp(row->type, "MedicationKnowledge") == 0;

		cr_expect_eq(capability_served(row, &is), !formulary && capability_served(row, &was), "%s %s", row->type, row->name);
		gone += formulary && capability_served(row, &was);
	}
	cr_expect_gt(gone, 20);
}
