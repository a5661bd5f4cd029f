/* SPDX-License-Identifier: Apache-2.0 */
/* The token endpoint, and the two documents that lead clients to it. */
#include "base/json.h"
#include "base/log.h"
#include "base/query.h"
#include "gateway/access/guard.h"
#include "gateway/edge/problem.h"

#include <string.h>

enum { FORM_MAX = 32 * 1024 /* bytes; an assertion of the largest size, every character escaped, and the scopes */ };

#define NO_STORE "Cache-Control: no-store\r\nPragma: no-cache\r\n"
#define CLIENT_ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* -- answers -- */

static void head(struct out *out, int status, struct text trace, const char *more, struct arena *arena)
{
	struct buffer lines;

	buffer_init(&lines, arena, 256);
	buffer_lit(&lines, "X-Trace-ID: ");
	buffer_add(&lines, trace);
	buffer_lit(&lines, "\r\n" NO_STORE);
	buffer_add(&lines, text_of(more));
	buffer_add_char(&lines, '\0');
	out->status = status;
	out->media = MEDIA_JSON;
	out->extra = lines.failed ? "" : lines.at;
}

/* RFC 6749 5.2. The words are ours and hold nothing that JSON would have to escape. */
static void deny(struct guard *guard, struct out *out, const char *error, int status, const char *sentence, struct text trace, struct arena *arena)
{
	struct buffer body;

	guard->refused++;
	buffer_init(&body, arena, 256);
	buffer_format(&body, "{\"error\":\"%s\",\"error_description\":\"%s\"}\n", error, sentence);
	out->payload = buffer_text(&body);
	/* RFC 9110 11.6.1: a 401 names how to do better */
	head(out, status, trace,
		status == 401 ? "WWW-Authenticate: Bearer realm=\"dualtrack\"\r\n" : status == 503 ? "Retry-After: 1\r\n" : "", arena);
}

/* -- the form -- */

struct form {
	struct text grant_type, client_assertion_type, client_assertion, scope, client_id;
};

enum form_result { FORM_GOOD, FORM_MEDIA, FORM_MALFORMED, FORM_REPEATED };

static bool is_form(const struct http_request *request)
{
	struct text value = http_header_of(request, "Content-Type");

	return text_equal_nocase(text_trim(text_cut(&value, ';')), text_lit("application/x-www-form-urlencoded"));
}

static enum form_result read_form(const struct http_request *request, struct arena *arena, struct form *out)
{
	const struct {
		const char *name;
		struct text *to;
	} rows[] = { { "grant_type", &out->grant_type }, { "client_assertion_type", &out->client_assertion_type },
		{ "client_assertion", &out->client_assertion }, { "scope", &out->scope }, { "client_id", &out->client_id } };
	struct query form;
	struct fault ignored;

	if (!is_form(request))
		return FORM_MEDIA;
	if (request->body.n > FORM_MAX || !query_read(request->body, arena, &form, &ignored))
		return FORM_MALFORMED;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (query_count(&form, rows[i].name) > 1)
			return FORM_REPEATED; /* RFC 6749 3.2 */
		*rows[i].to = query_of(&form, rows[i].name);
	}
	return FORM_GOOD;
}

/* NULL, or what is wrong before anybody is asked who they are. */
static const char *form_fault(const struct form *form, enum form_result result, const char **error)
{
	*error = "invalid_request";
	switch (result) {
	case FORM_MEDIA:
		return "the body must be application/x-www-form-urlencoded";
	case FORM_MALFORMED:
		return "the form cannot be read";
	case FORM_REPEATED:
		return "a parameter is there twice";
	case FORM_GOOD:
		break;
	}
	if (!form->grant_type.n)
		return "grant_type is missing";
	if (!text_is(form->grant_type, "client_credentials")) {
		*error = "unsupported_grant_type";
		return "grant_type must be client_credentials";
	}
	if (!text_is(form->client_assertion_type, CLIENT_ASSERTION_TYPE))
		return "client_assertion_type must be " CLIENT_ASSERTION_TYPE;
	if (!form->client_assertion.n)
		return "client_assertion is missing";
	return form->scope.n ? NULL : "scope is missing";
}

/* -- the endpoint -- */

static void grant(struct guard *guard, const struct registered *who, const struct scopes *scopes, struct text trace, struct now now,
	struct arena *arena, struct out *out)
{
	struct access_token access = { .client = who->client->id, .issued_ms = now.wall_ms, .expires_ms = now.wall_ms + TOKEN_LIFE_S * 1000 };
	struct buffer written, body;
	struct text token;

	buffer_init(&written, arena, 256);
	scopes_write(scopes, &written);
	access.scopes = buffer_text(&written);
	token = token_make(&guard->keys, &access, arena);
	buffer_init(&body, arena, 1024);
	buffer_lit(&body, "{\"access_token\":\"");
	buffer_add(&body, token);
	buffer_format(&body, "\",\"token_type\":\"bearer\",\"expires_in\":%d,\"scope\":\"", TOKEN_LIFE_S);
	buffer_add(&body, access.scopes);
	buffer_lit(&body, "\"}\n");
	out->payload = buffer_text(&body);
	head(out, 200, trace, "", arena);
	guard->given++;
	log_event(LEVEL_INFO, "token.given", log_id("trace", trace), log_id("client", who->client->id));
}

void guard_token(struct guard *guard, const struct http_request *request, struct text trace, struct now now, struct arena *arena, struct out *out)
{
	struct assertion_check check = { .registry = guard->registry, .seen = guard->seen, .budget = &guard->budget };
	struct form form = { 0 };
	const struct assertion_row *row;
	const struct registered *who = NULL;
	const char *error, *wrong;
	struct scopes scopes;
	struct buffer address;

	wrong = form_fault(&form, read_form(request, arena, &form), &error);
	if (wrong) {
		deny(guard, out, error, 400, wrong, trace, arena);
		return;
	}
	buffer_init(&address, arena, 256);
	buffer_add(&address, text_of(guard->url));
	buffer_lit(&address, "/oauth/token");
	check.audience = buffer_text(&address);
	row = assertion_row(assertion_check(&check, form.client_assertion, now, arena, &who));
	if (row == assertion_row(ASSERTION_GOOD) && text_there(form.client_id) && !text_equal(form.client_id, who->client->id))
		row = assertion_row(ASSERTION_SUBJECT);
	if (row != assertion_row(ASSERTION_GOOD)) {
		if (guard_tells(guard, now))
			log_event(LEVEL_WARN, "token.refused", log_id("trace", trace), log_word("why", row->name));
		deny(guard, out, row->error, row->status, row->sentence, trace, arena);
		return;
	}
	scopes_grant(form.scope, &who->scopes, &scopes);
	if (scopes.n) {
		grant(guard, who, &scopes, trace, now, arena, out);
	} else {
		log_event(LEVEL_WARN, "token.refused", log_id("trace", trace), log_id("client", who->client->id), log_word("why", "SCOPE"));
		deny(guard, out, "invalid_scope", 400, "none of these scopes is registered for this client", trace, arena);
	}
}

/* -- what leads to it -- */

void guard_smart_configuration(const struct guard *guard, struct arena *arena, struct out *out)
{
	struct buffer body;

	/* A configured address holds nothing that JSON would have to escape (config_client.c). */
	buffer_init(&body, arena, 1024);
	buffer_format(&body,
		"{\"token_endpoint\":\"%s/oauth/token\",\"jwks_uri\":\"%s/.well-known/jwks.json\","
		"\"grant_types_supported\":[\"client_credentials\"],\"token_endpoint_auth_methods_supported\":[\"private_key_jwt\"],"
		"\"token_endpoint_auth_signing_alg_values_supported\":[\"RS384\",\"ES384\"],\"scopes_supported\":[\"system/*.cruds\"],"
		"\"capabilities\":[\"client-confidential-asymmetric\",\"permission-v2\"]}\n",
		guard->url, guard->url);
	out->status = 200;
	out->media = MEDIA_JSON;
	out->payload = buffer_text(&body);
}

void guard_jwks(const struct guard *guard, struct arena *arena, struct out *out)
{
	out->status = 200;
	out->media = "application/jwk-set+json";
	out->payload = arena_text(arena, guard->jwks);
}
