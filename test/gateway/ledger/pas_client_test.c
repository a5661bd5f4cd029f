/* SPDX-License-Identifier: Apache-2.0 */
/* Where notifications may go: each address that is allowed beside one that only looks like it. */
#include "gateway/ledger/pas_client.h"

#include "test/case.h"

static struct api_client clients[] = {
	{ .id = { "ehr", 3 }, .endpoint = { "https://ehr.example:8443/told", 29 }, .organization = { "urn:example|1999999001", 22 } },
	{ .id = { "bare", 4 } },
};

CASE(pas_client, only_the_host_that_the_configuration_names)
{
	static const struct {
		const char *partner, *endpoint;
		bool allowed;
	} rows[] = {
		{ "FHIR:ehr", "https://ehr.example:8443/told", true },
		{ "FHIR:ehr", "https://ehr.example:8443/other?x=1", true },
		{ "FHIR:ehr", "https://EHR.example:8443", true },
		{ "FHIR:ehr", "https://ehr.example/told", false },
		{ "FHIR:ehr", "http://ehr.example:8443/told", false },
		{ "FHIR:ehr", "https://ehr.example:8443.evil.example/", false },
		{ "FHIR:ehr", "https://ehr.example:8443@evil.example/", false },
		{ "FHIR:ehr", "https://evil.example/ehr.example:8443/", false },
		{ "FHIR:ehr", "https://ehr.example:8443#@evil.example/", false },
		{ "FHIR:ehr", "https:\\\\ehr.example:8443/", false },
		{ "FHIR:ehr", "http://127.0.0.1:8080/", false },
		{ "FHIR:ehr", "", false },
		{ "FHIR:bare", "https://ehr.example:8443/told", false },
		{ "FHIR:bare", "http://127.0.0.1:8080/", false },
		{ "FHIR:nobody", "https://ehr.example:8443/told", false },
		{ "D:ehr", "https://ehr.example:8443/told", false },
		{ "ehr", "https://ehr.example:8443/told", false },
	};
	static const struct config config = { .clients = clients, .clients_n = 2 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_eq(pas_endpoint_allowed(&config, text_of(rows[i].partner), text_of(rows[i].endpoint)), rows[i].allowed, "%s",
			rows[i].endpoint);
}

CASE(pas_client, where_no_tokens_are_asked_for_this_very_host)
{
	static const struct config open = { .open = 1 }, closed = { .open = 0 };
	static const char *const here[] = { "http://127.0.0.1:9000/x", "http://localhost:9000", "http://[::1]:1/" };
	static const char *const elsewhere[] = { "http://127.0.0.2:9000/x", "http://localhost.evil.example:1/", "https://192.0.2.1/",
		"http://127.0.0.1:1@192.0.2.1/", "ftp://127.0.0.1:1/" };

	for (size_t i = 0; i < sizeof(here) / sizeof(*here); i++) {
		cr_expect(pas_endpoint_allowed(&open, text_lit("FHIR:open"), text_of(here[i])), "%s", here[i]);
		cr_expect(!pas_endpoint_allowed(&closed, text_lit("FHIR:open"), text_of(here[i])), "%s", here[i]);
	}
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		cr_expect(!pas_endpoint_allowed(&open, text_lit("FHIR:open"), text_of(elsewhere[i])), "%s", elsewhere[i]);
}

CASE(pas_client, a_client_hears_of_its_own_organization)
{
	static const struct config config = { .clients = clients, .clients_n = 2 };

	cr_expect(pas_organization_allowed(&config, text_lit("FHIR:ehr"), text_lit("1999999001")));
	cr_expect(pas_organization_allowed(&config, text_lit("FHIR:ehr"), TEXT_NONE));
	cr_expect(!pas_organization_allowed(&config, text_lit("FHIR:ehr"), text_lit("1999999002")));
	cr_expect(!pas_organization_allowed(&config, text_lit("FHIR:ehr"), text_lit("1999999001,1999999002")));
	cr_expect(pas_organization_allowed(&config, text_lit("FHIR:bare"), text_lit("1999999002")));
}
