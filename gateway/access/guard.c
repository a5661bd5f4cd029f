/* SPDX-License-Identifier: Apache-2.0 */
/* What the doorkeeper knows, and how it looks at a request. */
#include "gateway/access/guard.h"

#include "base/http_head.h"
#include "base/log.h"
#include "gateway/config/file.h"
#include "gateway/worker/worker_web.h"

#include <stdio.h>
#include <string.h>

enum { GUARD_MEMORY = 4 << 20, KEY_FILE_MAX = 16 << 10 };

#define REALM "WWW-Authenticate: Bearer realm=\"dualtrack\""

/* -- the configuration -- */

static bool read_token_keys(struct guard *guard, const struct config *config, struct fault *fault)
{
	struct text name = config->token_key.n ? config->token_key : text_of(guard->own_key), body;

	if (!config->token_key.n && (!*guard->own_key || !token_keys_new_file(guard->own_key))) {
		token_keys_make(&guard->keys); /* of this edge alone, until it ends */
		return true;
	}
	return file_secret(name, KEY_FILE_MAX, "token_key", &guard->arena, &body, fault) && token_keys_read(body, &guard->keys, fault);
}

static bool read_signing_key(struct guard *guard, const struct config *config, struct fault *fault)
{
	struct crypto_key *key = NULL;
	struct buffer jwks;
	struct text body;

	if (config->signing_key.n) {
		if (!file_secret(config->signing_key, KEY_FILE_MAX, "signing_key", &guard->arena, &body, fault))
			return false;
		key = crypto_key_read(body);
		if (!key)
			return fault_set(fault, FAULT_FILE, "signing_key");
	}
	buffer_init(&jwks, &guard->arena, 1024);
	buffer_lit(&jwks, "{\"keys\":[");
	if (key)
		jose_key_write(key, jose_thumbprint(key, &guard->arena), &jwks);
	buffer_lit(&jwks, "]}\n");
	crypto_key_free(key);
	guard->jwks = buffer_text(&jwks);
	return true;
}

static bool take(struct guard *guard, const struct config *config, struct fault *fault)
{
	size_t which;

	arena_init(&guard->arena, GUARD_MEMORY);
	guard->open = config->open;
	if (config->public_url.n)
		text_to_z(config->public_url, guard->url, sizeof(guard->url));
	if (registry_new(config, &guard->registry, &which, fault)) {
		if (read_token_keys(guard, config, fault) && read_signing_key(guard, config, fault))
			return true;
		registry_free(guard->registry);
	} else {
		fault_under(fault, text_lit("client"), (int)which);
	}
	arena_done(&guard->arena);
	return false;
}

bool guard_start(struct guard *guard, const struct role_setup *setup, struct now now, struct fault *fault)
{
	char file[1200];

	if (setup->url)
		snprintf(guard->url, sizeof(guard->url), "%s", setup->url);
	if (setup->run_dir)
		snprintf(guard->own_key, sizeof(guard->own_key), "%s/token.key", setup->run_dir);
	if (setup->run_dir)
		snprintf(file, sizeof(file), "%s/edge.%d.seen", setup->run_dir, setup->self.index);
	guard->seen = seen_new(setup->run_dir ? file : NULL, now.wall_ms);
	if (!guard->seen)
		return fault_set(fault, FAULT_FILE, "run");
	if (take(guard, setup->config, fault)) {
		if (guard->open)
			log_event(LEVEL_WARN, "guard.open", log_word("tokens", "none"));
		return true;
	}
	seen_free(guard->seen);
	return false;
}

bool guard_configure(struct guard *guard, const struct config *config, struct fault *fault)
{
	struct guard next = { .seen = guard->seen, .budget = guard->budget, .given = guard->given, .refused = guard->refused,
		.lines_second = guard->lines_second, .lines = guard->lines };

	memcpy(next.url, guard->url, sizeof(next.url));
	memcpy(next.own_key, guard->own_key, sizeof(next.own_key));
	if (!take(&next, config, fault))
		return false;
	if (!config->token_key.n && !*next.own_key)
		next.keys = guard->keys;
	registry_free(guard->registry);
	arena_done(&guard->arena);
	*guard = next;
	return true;
}

void guard_done(struct guard *guard)
{
	registry_free(guard->registry);
	seen_free(guard->seen);
	arena_done(&guard->arena);
	explicit_bzero(&guard->keys, sizeof(guard->keys));
}

/* -- requests -- */

bool guard_tells(struct guard *guard, struct now now)
{
	if (guard->lines_second != now.mono_ms / 1000)
		guard->lines = 0;
	guard->lines_second = now.mono_ms / 1000;
	return guard->lines++ < GUARD_LINES_MAX;
}

/* RFC 6750 2.1: one Authorization field, one space, the characters of a token. None at all leaves *token not there. */
static bool bearer(const struct http_request *request, struct text *token, struct fault *fault)
{
	struct text value = http_header_of(request, "Authorization");
	size_t n = 0;

	*token = TEXT_NONE;
	for (size_t i = 0; i < request->headers_n; i++)
		n += text_equal_nocase(request->headers[i].name, text_lit("Authorization"));
	if (n > 1)
		return fault_set(fault, FAULT_HTTP, "Authorization");
	if (n == 0)
		return true;
	*token = value;
	if (!text_equal_nocase(text_cut(token, ' '), text_lit("Bearer")) || !token->n)
		return fault_set(fault, FAULT_TOKEN, "Authorization");
	for (size_t i = 0; i < token->n; i++) {
		char c = token->at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && (!c || !strchr("-._~+/=", c)))
			return fault_set(fault, FAULT_TOKEN, "Authorization");
	}
	return true;
}

static const char *challenge_of(const struct fault *fault, const char *need, bool shown, struct arena *arena)
{
	struct buffer line;

	if (fault->code != FAULT_TOKEN && fault->code != FAULT_SCOPE)
		return "";
	/* RFC 6750 3.1: who shows nothing is told no error */
	buffer_init(&line, arena, 160);
	buffer_lit(&line, REALM);
	if (fault->code == FAULT_SCOPE)
		buffer_format(&line, ", error=\"insufficient_scope\"%s%s%s", need ? ", scope=\"system/" : "", need ? need : "", need ? "\"" : "");
	else if (shown)
		buffer_lit(&line, ", error=\"invalid_token\"");
	buffer_lit(&line, "\r\n");
	buffer_add_char(&line, '\0');
	return line.failed ? "" : line.at;
}

/* The client of an access token and what it may do now: what the token says and the registration still lets it. */
static bool read_token(const struct guard *guard, struct text token, struct now now, struct arena *arena, struct access_token *access,
	struct scopes *scopes)
{
	const struct registered *who;
	struct scopes said;

	if (!token_read(&guard->keys, token, now.wall_ms, arena, access) || !scopes_read(access->scopes, &said))
		return false;
	who = registry_of(guard->registry, access->client);
	if (!who)
		return false;
	scopes_both(&said, &who->scopes, scopes);
	return true;
}

static bool check_token(struct guard *guard, const char *need, struct text token, struct now now, struct arena *arena, struct caller *out,
	struct fault *fault)
{
	struct access_token access;
	struct scopes scopes;
	struct buffer granted;

	if (!text_there(token) && guard->open) {
		*out = (struct caller){ text_lit("open"), text_lit("system/*.cruds") };
		return true;
	}
	if (!text_there(token) || !read_token(guard, token, now, arena, &access, &scopes))
		return fault_set(fault, FAULT_TOKEN, "Authorization");
	if (need && !scopes_allow(&scopes, need))
		return fault_set(fault, FAULT_SCOPE, "Authorization");
	buffer_init(&granted, arena, 256);
	scopes_write(&scopes, &granted);
	*out = (struct caller){ access.client, buffer_text(&granted) };
	return true;
}

bool guard_admit(struct guard *guard, const char *need, const struct http_request *request, struct now now, struct arena *arena,
	struct caller *out, const char **challenge, struct fault *fault)
{
	struct text token = TEXT_NONE;

	*out = (struct caller){ TEXT_NONE, TEXT_NONE };
	*challenge = "";
	if (need && strcmp(need, WEB_OPEN) == 0)
		return true;
	if (need && strcmp(need, WEB_CDS) == 0)
		return cds_client_check(guard, request->target, request, now, arena, out, challenge, fault);
	if (bearer(request, &token, fault) && check_token(guard, need, token, now, arena, out, fault))
		return true;
	*challenge = challenge_of(fault, need, text_there(token), arena);
	return false;
}

bool guard_check(struct guard *guard, enum family family, const struct http_request *request, struct now now, struct arena *arena,
	struct caller *out, const char **challenge, struct fault *fault)
{
	const struct web_route *route;
	enum ncpdp_family standard;

	*out = (struct caller){ TEXT_NONE, TEXT_NONE };
	*challenge = "";
	if (family == FAMILY_FORMULARY || family_is_ncpdp(family, &standard))
		return true; /* for anybody; and who sends a message is for the message to say */
	route = worker_web_find(family, request->method, request->target);
	if (route && !route->need)
		return fault_set(fault, FAULT_SCOPE, "");
	/* What has no route is for the worker to say, but not to a stranger. */
	return guard_admit(guard, route ? route->need : NULL, request, now, arena, out, challenge, fault);
}

bool cds_client_check(struct guard *guard, struct text path, const struct http_request *request, struct now now, struct arena *arena,
	struct caller *out, const char **challenge, struct fault *fault)
{
	struct assertion_check check = { .registry = guard->registry, .seen = guard->seen, .budget = &guard->budget, .cds = true };
	const struct registered *who = NULL;
	enum assertion_result result;
	struct buffer address;
	struct text token = TEXT_NONE;

	*out = (struct caller){ TEXT_NONE, TEXT_NONE };
	*challenge = "";
	buffer_init(&address, arena, 256);
	buffer_add(&address, text_of(guard->url));
	buffer_add(&address, path);
	check.audience = buffer_text(&address);
	if (!bearer(request, &token, fault)) {
		*challenge = challenge_of(fault, NULL, true, arena);
		return false;
	}
	if (!text_there(token) && guard->open) {
		out->client = text_lit("open");
		return true;
	}
	result = text_there(token) ? assertion_check(&check, token, now, arena, &who) : ASSERTION_MALFORMED;
	if (result == ASSERTION_GOOD) {
		out->client = who->client->id;
		return true;
	}
	fault_set(fault, result == ASSERTION_BUSY ? FAULT_BUSY : FAULT_TOKEN, "Authorization");
	if (guard_tells(guard, now))
		log_event(LEVEL_WARN, "cds.refused", log_word("why", assertion_row(result)->name));
	*challenge = challenge_of(fault, NULL, text_there(token), arena);
	return false;
}
