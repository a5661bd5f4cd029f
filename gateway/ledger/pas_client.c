/* SPDX-License-Identifier: Apache-2.0 */
/* Where notifications of a PAS client may go: nowhere that the operator has not named, so that nobody can have this gateway post to a
   host inside the operator's network (CWE-918). */
#include "gateway/ledger/pas_client.h"

static const struct api_client *client_of(const struct config *config, struct text partner)
{
	struct text id = partner, kind = text_cut(&id, ':');

	for (size_t i = 0; i < config->clients_n && text_is(kind, "FHIR") && text_there(id); i++)
		if (text_equal(config->clients[i].id, id))
			return &config->clients[i];
	return NULL;
}

/* "https://ehr.example:8443" of an address below it; TEXT_NONE for one with a user name, or none at all. */
static struct text origin_of(struct text url)
{
	size_t slashes = 0;

	for (size_t i = 0; i < url.n; i++) {
		if (url.at[i] == '@' || url.at[i] == '\\' || url.at[i] == '#')
			return TEXT_NONE;
		slashes += url.at[i] == '/';
		if (slashes == 3 || url.at[i] == '?')
			return (struct text){ url.at, i };
	}
	return slashes == 2 ? url : TEXT_NONE;
}

static bool is_here(struct text url)
{
	static const char *const here[] = { "http://127.0.0.1:", "http://localhost:", "http://[::1]:" };

	for (size_t i = 0; i < sizeof(here) / sizeof(*here); i++)
		if (text_starts(url, here[i]))
			return true;
	return false;
}

bool pas_endpoint_allowed(const struct config *config, struct text partner, struct text endpoint)
{
	const struct api_client *client = client_of(config, partner);
	struct text origin = origin_of(endpoint);

	if (!text_there(origin))
		return false;
	if (client && client->endpoint.n)
		return text_equal_nocase(origin, origin_of(client->endpoint));
	return config->open && !client && is_here(origin);
}

bool pas_organization_allowed(const struct config *config, struct text partner, struct text organization)
{
	const struct api_client *client = client_of(config, partner);
	struct text value, rest;

	if (!client || !client->organization.n || !organization.n)
		return true;
	rest = client->organization;
	value = text_cut(&rest, '|');
	return text_equal(organization, text_there(rest) ? rest : value) || text_equal(organization, client->organization);
}
