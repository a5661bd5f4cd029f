/* SPDX-License-Identifier: Apache-2.0 */
/* Remote payers that are asked in FHIR: what their keys need of each other, and which routes lead to them. */
#include "gateway/config/config_check.h"
#include "gateway/config/route.h"

#include <string.h>

enum { NOTIFY_KEY_LEAST = 22 /* characters: 128 bits in letters and digits */ };

static bool fhir(const struct checking *c, const struct backend *backend)
{
	(void)c;
	return backend->fhir.n > 0;
}

static bool fhir_or_cds(const struct checking *c, const struct backend *backend)
{
	(void)c;
	return backend->fhir.n || backend->cds.n;
}

static bool cds(const struct checking *c, const struct backend *backend)
{
	(void)c;
	return backend->cds.n > 0;
}

static bool client(const struct checking *c, const struct backend *backend)
{
	(void)c;
	return backend->client_id.n > 0;
}

static bool signing(const struct checking *c, const struct backend *backend)
{
	(void)backend;
	return c->config->signing_key.n > 0;
}

static bool good_client(const struct checking *c, const struct backend *backend)
{
	(void)c;
	return config_client_id(backend->client_id);
}

/* Also of a path: it stands in one. */
static bool good_key(const struct checking *c, const struct backend *backend)
{
	(void)c;
	for (size_t i = 0; i < backend->notify_key.n; i++) {
		char at = backend->notify_key.at[i];

		if (!(at >= 'a' && at <= 'z') && !(at >= 'A' && at <= 'Z') && !(at >= '0' && at <= '9') && at != '-' && at != '_')
			return false;
	}
	return backend->notify_key.n >= NOTIFY_KEY_LEAST;
}

static bool organizations(const struct checking *c, const struct backend *backend)
{
	(void)c;
	return backend->organizations.n > 0;
}

static bool public_address(const struct checking *c, const struct backend *backend)
{
	(void)backend;
	return c->config->public_url.n > 0;
}

static bool plain(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] < ' ' || t.at[i] > '~' || t.at[i] == '"' || t.at[i] == '\\')
			return false;
	return true;
}

/* What is written into JSON and into forms as it stands. */
static bool plain_words(const struct checking *c, const struct backend *backend)
{
	(void)c;
	return plain(backend->scope) && plain(backend->organizations) && plain(backend->fhir) && plain(backend->token) && plain(backend->cds) &&
		plain(backend->cds_service);
}

static const struct {
	const char *key; /* of [backend]: it is looked at when it is set */
	bool (*good)(const struct checking *c, const struct backend *backend);
	const char *sentence;
} needs[] = {
	{ "fhir_version", fhir, "is of the address in fhir, which is missing" },
	{ "cds_service", cds, "is below the address in cds, which is missing" },
	{ "client_id", fhir_or_cds, "is what we are called at the address in fhir or cds, which is missing" },
	{ "client_id", good_client, "must be of letters, digits and . _ : - only" },
	{ "client_id", signing, "needs signing_key: tokens are asked for with a signature; `dualtrack key client NAME` makes one" },
	{ "token", client, "needs client_id, under which tokens are asked for" },
	{ "scope", client, "needs client_id, under which tokens are asked for" },
	{ "notify_key", fhir, "is for the decisions of the address in fhir, which is missing" },
	{ "notify_key", good_key, "must be at least 22 letters, digits, - or _" },
	{ "notify_key", public_address, "needs public_url: the address that it is to post to" },
	{ "notify_key", organizations, "needs organizations: PAS wants a subscription to name those that it is for" },
	{ "organizations", fhir, "is for the decisions of the address in fhir, which is missing" },
	{ "fhir", plain_words, "must hold no quote, backslash, space or control character" },
};

void config_check_payer(struct checking *c, size_t i)
{
	const struct backend *backends = c->config->backends;
	char what[120];

	for (size_t k = 0; k < sizeof(needs) / sizeof(*needs); k++) {
		const struct text *value = field_at(record_field(&backend_record, needs[k].key), &backends[i]);

		if (value->n && !needs[k].good(c, &backends[i]))
			config_say(c, "backend", i, needs[k].key, 0, needs[k].sentence);
	}
	for (size_t j = 0; j < i; j++)
		if (backends[i].notify_key.n && text_equal(backends[i].notify_key, backends[j].notify_key)) {
			snprintf(what, sizeof(what), "the [backend] of line %d has the same: nobody could tell which of them notifies",
				config_line(c, "backend", j, "notify_key", 0));
			config_say(c, "backend", i, "notify_key", 0, what);
			return;
		}
}

void config_check_medical(struct checking *c, size_t i)
{
	const struct route *route = &c->config->routes[i];

	if (!route_is_medical(route))
		config_say(c, "route", i, route->payer.n ? "payer" : route->plan.n ? "plan" : "programme", 0, "is for benefit = MEDICAL only");
	else if (route->message.n)
		config_say(c, "route", i, "message", 0, "a route is for a coverage or for a message, not for both");
}
