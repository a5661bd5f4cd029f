/* SPDX-License-Identifier: Apache-2.0 */
/* GET /fhir/metadata: the CapabilityStatement, of what is really served. */
#include "gateway/worker/worker_metadata.h"

#include <stdio.h>

enum { CACHE_S = 300, PATH_MAX_BYTES = 200 };

/* When gateway/def/capability.def last changed. */
#define CAPABILITY_DATE "2026-11-22"

const struct capability capabilities[] = {
#define RESOURCE(type, profile) { CAPABILITY_RESOURCE, type, "", profile, "" },
#define INTERACTION(type, code) { CAPABILITY_INTERACTION, type, code, "", "" },
#define SEARCH(type, name, kind, sentence) { CAPABILITY_SEARCH, type, name, kind, sentence },
#define OPERATION(type, name, definition) { CAPABILITY_OPERATION, type, name, definition, "" },
#define GUIDE(type, name, canonical) { CAPABILITY_GUIDE, type, name, canonical, "" },
#include "gateway/def/capability.def"
#undef RESOURCE
#undef INTERACTION
#undef SEARCH
#undef OPERATION
#undef GUIDE
};
const size_t capabilities_n = sizeof(capabilities) / sizeof(*capabilities);

/* -- is it served? -- */

bool capability_request(const struct capability *row, const char *base, const char **method, char *path, size_t size)
{
	static const struct {
		const char *code, *method, *below;
	} interactions[] = { { "read", "GET", "/x" }, { "create", "POST", "" }, { "update", "PUT", "/x" }, { "delete", "DELETE", "/x" },
		{ "search-type", "GET", "" } };

	for (size_t i = 0; i < sizeof(interactions) / sizeof(*interactions); i++)
		if (strcmp(row->name, interactions[i].code) == 0) {
			*method = interactions[i].method;
			return snprintf(path, size, "%s/%s%s", base, row->type, interactions[i].below) < (int)size;
		}
	*method = "POST";
	if (!*row->type)
		return snprintf(path, size, "%s/$%s", base, row->name) < (int)size;
	return *row->name && snprintf(path, size, "%s/%s/$%s", base, row->type, row->name) < (int)size;
}

bool capability_served(const struct capability *row, const struct served_at *at)
{
	const struct capability search = { .type = row->type, .name = "search-type" };
	const struct web_route *route;
	char path[PATH_MAX_BYTES];
	const char *method;

	if (row->kind == CAPABILITY_RESOURCE) {
		for (size_t i = 0; i < capabilities_n; i++)
			if ((capabilities[i].kind == CAPABILITY_INTERACTION || capabilities[i].kind == CAPABILITY_OPERATION) &&
				strcmp(capabilities[i].type, row->type) == 0 && capability_served(&capabilities[i], at))
				return true;
		return false;
	}
	if (!capability_request(row->kind == CAPABILITY_SEARCH ? &search : row, at->base, &method, path, sizeof(path)))
		return false;
	if (at->config->pdex_closed && worker_pdex_serves(text_of(path)))
		return false;
	route = worker_web_find(FAMILY_FHIR, text_of(method), text_of(path));
	return route && route->need;
}

/* -- writing -- */

/* Names and sentences are our own, or canonical addresses: nothing that JSON would have to escape. */
static void write_item(const struct capability *row, struct buffer *out)
{
	switch (row->kind) {
	case CAPABILITY_INTERACTION:
		buffer_format(out, "{\"code\":\"%s\"}", row->name);
		break;
	case CAPABILITY_SEARCH:
		buffer_format(out, "{\"name\":\"%s\",\"type\":\"%s\",\"documentation\":\"%s\"}", row->name, row->value, row->sentence);
		break;
	case CAPABILITY_OPERATION:
		buffer_format(out, "{\"name\":\"%s\",\"definition\":\"%s\"}", row->name, row->value);
		break;
	case CAPABILITY_GUIDE:
		buffer_format(out, "\"%s\"", row->value);
		break;
	case CAPABILITY_RESOURCE:
		break;
	}
}

/* The rows of one kind (of one type, or NULL: of all) that are served, as a member of the object that is being written. */
static void write_items(enum capability_kind kind, const struct served_at *at, const char *type, const char *member, struct buffer *out)
{
	bool any = false;

	for (size_t i = 0; i < capabilities_n; i++) {
		const struct capability *row = &capabilities[i];

		if (row->kind != kind || (type && strcmp(row->type, type) != 0) || !capability_served(row, at))
			continue;
		if (any)
			buffer_lit(out, ",");
		else
			buffer_format(out, ",\"%s\":[", member);
		write_item(row, out);
		any = true;
	}
	if (any)
		buffer_lit(out, "]");
}

static void write_resources(const struct served_at *at, struct buffer *out)
{
	bool any = false;

	for (size_t i = 0; i < capabilities_n; i++) {
		const struct capability *row = &capabilities[i];

		if (row->kind != CAPABILITY_RESOURCE || !capability_served(row, at))
			continue;
		buffer_add(out, any ? text_lit(",") : text_lit(",\"resource\":["));
		buffer_format(out, "{\"type\":\"%s\"", row->type);
		if (*row->value)
			buffer_format(out, ",\"supportedProfile\":[\"%s\"]", row->value);
		write_items(CAPABILITY_INTERACTION, at, row->type, "interaction", out);
		write_items(CAPABILITY_SEARCH, at, row->type, "searchParam", out);
		write_items(CAPABILITY_OPERATION, at, row->type, "operation", out);
		buffer_lit(out, "}");
		any = true;
	}
	if (any)
		buffer_lit(out, "]");
}

static bool serve_metadata(struct web *web, struct fault *fault)
{
	const char *base = strcmp(web->route->path, FHIR_BASE_2_0 "/metadata") == 0 ? FHIR_BASE_2_0 : FHIR_BASE;
	const struct config *config = web->worker->config;
	const struct served_at at = { base, config };
	struct web_answer answer = { .media = MEDIA_FHIR, .cache_s = CACHE_S };
	struct buffer body;

	buffer_init(&body, web->out->arena, 4096);
	buffer_lit(&body, "{\"resourceType\":\"CapabilityStatement\",\"status\":\"active\",\"date\":\"" CAPABILITY_DATE "\",\"kind\":\"instance\"");
	write_items(CAPABILITY_GUIDE, &at, NULL, "instantiates", &body);
	buffer_lit(&body, ",\"software\":{\"name\":\"dualtrack\",\"version\":\"" DUALTRACK_VERSION "\"},"
			  "\"implementation\":{\"description\":\"a gateway for drug prior authorization and real-time prescription benefit\"");
	if (config->public_url.n) {
		buffer_lit(&body, ",\"url\":\"");
		buffer_add(&body, config->public_url); /* config_client.c: a bare address */
		buffer_format(&body, "%s\"", base);
	}
	buffer_lit(&body, "},\"fhirVersion\":\"4.0.1\",\"format\":[\"json\"],\"rest\":[{\"mode\":\"server\",\"security\":{\"cors\":false");
	if (!config->open)
		buffer_lit(&body, ",\"service\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/restful-security-service\","
				  "\"code\":\"SMART-on-FHIR\"}]}],\"description\":\"SMART backend services: .well-known/smart-configuration\"");
	buffer_lit(&body, "}");
	write_resources(&at, &body);
	write_items(CAPABILITY_OPERATION, &at, "", "operation", &body);
	buffer_lit(&body, "}]}\n");
	answer.body = buffer_text(&body);
	return web_answer(web, &answer, fault);
}

const struct web_route metadata_routes[] = {
	{ FAMILY_FHIR, "GET", FHIR_BASE "/metadata", serve_metadata, "what is served at /fhir (CapabilityStatement)", WEB_OPEN },
	{ FAMILY_FHIR, "GET", FHIR_BASE_2_0 "/metadata", serve_metadata, "what is served at /fhir/2.0 (CapabilityStatement)", WEB_OPEN },
};
const size_t metadata_routes_n = sizeof(metadata_routes) / sizeof(*metadata_routes);
