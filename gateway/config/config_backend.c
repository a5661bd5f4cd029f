/* SPDX-License-Identifier: Apache-2.0 */
/* Remote backends and routes that could not work, or that could be read in two ways. */
#include "gateway/config/config_check.h"
#include "gateway/config/route.h"

#include <string.h>

enum { WHAT_MAX = 160 /* bytes of a sentence with a line number and a name of at most 60 characters */ };

/* -- backends -- */

static bool is_house(struct text name)
{
	return text_is(name, "house");
}

static void check_name(struct checking *c, size_t i)
{
	const struct backend *backends = c->config->backends;
	char what[WHAT_MAX];

	if (is_house(backends[i].name) || text_is(backends[i].name, "routed"))
		config_say(c, "backend", i, "name", 0, "house is the payer that is built in, and routed is a word of the rules: another name is needed");
	for (size_t j = 0; j < i; j++)
		if (backends[i].name.n && text_equal(backends[i].name, backends[j].name)) {
			snprintf(what, sizeof(what), "the [backend] of line %d has the same name", config_line(c, "backend", j, "name", 0));
			config_say(c, "backend", i, "name", 0, what);
			return;
		}
}

static void check_keys(struct checking *c, size_t i)
{
	const struct backend *backend = &c->config->backends[i];

	if (!backend->script.n && !backend->rtpb.n && !backend->fhir.n && !backend->cds.n)
		config_say(c, "backend", i, "script", 0, "nothing can be asked of it: an address is needed in script, rtpb, fhir or cds");
	if (backend->mailbox && !backend->script.n)
		config_say(c, "backend", i, "mailbox", 0, "GetMessage goes to the address in script, which is missing");
	if (backend->id.n && text_equal(backend->id, backend->our_id))
		config_say(c, "backend", i, "our_id", 0, "must not be the backend's own id");
}

/* Each step to the next goes to a backend that is there; more steps than backends are a circle. */
static void check_second(struct checking *c, size_t i)
{
	const struct config *config = c->config;
	const struct backend *first = &config->backends[i], *next = first, *lowest = first;
	char what[WHAT_MAX];

	if (!first->second.n)
		return;
	if (text_equal(first->second, first->name)) {
		config_say(c, "backend", i, "second", 0, "must be another backend than this one");
		return;
	}
	if (!backend_find(config, first->second)) {
		snprintf(what, sizeof(what), "there is no [backend] of the name %.*s", TEXT_ARGS(first->second));
		config_say(c, "backend", i, "second", 0, what);
		return;
	}
	next = backend_find(config, first->second);
	if (first->fhir.n && next->fhir.n && text_is(first->fhir_version, "2.0.1") != text_is(next->fhir_version, "2.0.1")) {
		config_say(c, "backend", i, "second", 0, "speaks another version of PAS, and nothing is translated");
		return;
	}
	if (next->version.n && !text_equal(next->version, first->version)) {
		snprintf(what, sizeof(what), "%.*s speaks version %.*s only, and what is asked of this one may be in another", TEXT_ARGS(first->second),
			TEXT_ARGS(next->version));
		config_say(c, "backend", i, "second", 0, what);
		return;
	}
	next = first;
	for (size_t steps = 0; next && steps < config->backends_n; steps++) {
		next = backend_find(config, next->second);
		if (next && next < lowest)
			lowest = next;
		if (next == first) {
			if (lowest == first) /* said once of each circle */
				config_say(c, "backend", i, "second", 0, "leads back to this backend: none would be the last to be asked");
			return;
		}
	}
}

/* -- routes -- */

static void check_target(struct checking *c, size_t i)
{
	const struct route *route = &c->config->routes[i];
	const struct backend *backend = backend_find(c->config, route->backend);
	char what[WHAT_MAX];

	if (!route->backend.n || (is_house(route->backend) && !route->message.n))
		return; /* missing was said; a coverage may stay in the house */
	if (!backend) {
		snprintf(what, sizeof(what), "there is no [backend] of the name %.*s", TEXT_ARGS(route->backend));
		config_say(c, "route", i, "backend", 0, what);
	} else if (route->message.n && !backend->script.n) {
		config_say(c, "route", i, "backend", 0, "messages cannot be forwarded to it: it has no address in script");
	} else if (route_is_medical(route) && !backend->fhir.n && !backend->cds.n) {
		config_say(c, "route", i, "backend", 0, "the medical benefit is asked in FHIR: it has no address in fhir or cds");
	} else if (!route_is_medical(route) && !route->message.n && !backend->script.n && !backend->rtpb.n) {
		config_say(c, "route", i, "backend", 0, "the pharmacy benefit is asked in SCRIPT and RTPB: it has no address in script or rtpb");
	}
}

static enum ncpdp_kind kind_of(struct text name)
{
	for (int kind = 1; kind < NCPDP_KINDS; kind++)
		if (text_is(name, ncpdp_kind_row((enum ncpdp_kind)kind)->name))
			return (enum ncpdp_kind)kind;
	return NCPDP_UNKNOWN;
}

static void check_what(struct checking *c, size_t i)
{
	const struct route *route = &c->config->routes[i];
	const struct ncpdp_kind_row *row;

	if (route_is_medical(route) || route->payer.n || route->plan.n || route->programme.n) {
		config_check_medical(c, i);
		return;
	}
	if (!route->message.n) {
		if (!route->bin.n)
			config_say(c, "route", i, "bin", 0, "is needed: a route is for a BIN or for a message");
		return;
	}
	if (route->bin.n || route->pcn.n || route->group.n) {
		config_say(c, "route", i, "message", 0, "a route is for a coverage (bin, pcn, group) or for a message, not for both");
		return;
	}
	row = ncpdp_kind_row(kind_of(route->message));
	if (row->kind == NCPDP_UNKNOWN)
		config_say(c, "route", i, "message", 0, "is no SCRIPT message; `dualtrack print messages` tells them all");
	else if (row->served)
		config_say(c, "route", i, "message", 0, "is answered here and never forwarded untouched; a coverage is routed by bin");
}

/* Two routes for the same coverage that name different backends: which one holds would be luck. */
static void check_clash(struct checking *c, size_t i)
{
	const struct route *routes = c->config->routes;
	char what[WHAT_MAX + 80];

	for (size_t j = 0; j < i; j++)
		if (route_same_key(&routes[i], &routes[j]) && !text_equal(routes[i].backend, routes[j].backend)) {
			snprintf(what, sizeof(what), "says %.*s, and the [route] of line %d says %.*s for the same %s", TEXT_ARGS(routes[i].backend),
				config_line(c, "route", j, "backend", 0), TEXT_ARGS(routes[j].backend),
				routes[i].message.n ? "message" : "coverage");
			config_say(c, "route", i, "backend", 0, what);
			return;
		}
}

void config_check_backends(struct checking *c)
{
	for (size_t i = 0; i < c->config->backends_n; i++) {
		check_name(c, i);
		check_keys(c, i);
		check_second(c, i);
		config_check_payer(c, i);
	}
	for (size_t i = 0; i < c->config->routes_n; i++) {
		check_target(c, i);
		check_what(c, i);
		check_clash(c, i);
	}
}
