/* SPDX-License-Identifier: Apache-2.0 */
/* The world of a doorkeeper's tests: keys, registration, requests. */
#include "test/gateway/access/guard_world.h"

#include "base/base64url.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_keys(struct world *world)
{
	FILE *file = fopen(world->jwks, "we");
	struct buffer body;

	buffer_init(&body, &world->arena, 0);
	buffer_lit(&body, "{\"keys\":[");
	jose_key_write(world->key, text_lit("k1"), &body);
	if (world->rsa) {
		buffer_lit(&body, ",");
		jose_key_write(world->rsa, text_lit("r1"), &body);
	}
	buffer_lit(&body, "]}");
	cr_assert(file);
	fwrite(body.at, 1, body.n, file);
	fclose(file);
}

struct role_setup setup_of(struct world *world)
{
	return (struct role_setup){ .self = { ROLE_EDGE, 0 }, .config = &world->config, .run_dir = world->run, .url = URL };
}

void open_world(struct world *world, bool rsa)
{
	struct fault fault;
	struct role_setup setup;

	*world = (struct world){ .now = { 5000000, INT64_C(1000) * NOW_S } };
	world->scratch = scratch_new();
	arena_init(&world->arena, 64 << 20);
	world->key = crypto_key_make(CRYPTO_ES384);
	world->strange = crypto_key_make(CRYPTO_ES384);
	world->rsa = rsa ? crypto_key_make(CRYPTO_RS384) : NULL;
	snprintf(world->jwks, sizeof(world->jwks), "%s/keys.json", world->scratch.at);
	snprintf(world->run, sizeof(world->run), "%s", world->scratch.at);
	write_keys(world);
	world->clients[0] = (struct api_client){ .id = text_lit("ehr"), .jwks = text_of(world->jwks),
		.scopes = text_lit("system/Claim.cu system/Questionnaire.rs"), .jwks_url = text_lit("https://ehr.example.org/jwks"),
		.cds_issuer = text_lit("https://ehr.example.org") };
	world->clients[1] = (struct api_client){ .id = text_lit("none"), .jwks = text_of(world->jwks) };
	world->config = (struct config){ .clients = world->clients, .clients_n = 2 };
	setup = setup_of(world);
	cr_assert(guard_start(&world->guard, &setup, world->now, &fault), "%s", fault.path);
}

void close_world(struct world *world)
{
	guard_done(&world->guard);
	crypto_key_free(world->key);
	crypto_key_free(world->rsa);
	crypto_key_free(world->strange);
	arena_done(&world->arena);
	scratch_done(&world->scratch);
}

static struct text join(struct world *world, int n, const struct text *parts)
{
	struct buffer out;

	buffer_init(&out, &world->arena, 0);
	for (int i = 0; i < n; i++)
		buffer_add(&out, parts[i]);
	return buffer_text(&out);
}

static struct text encoded(struct world *world, const char *json)
{
	struct buffer out;

	buffer_init(&out, &world->arena, 0);
	base64url_write(json, strlen(json), &out);
	return buffer_text(&out);
}

struct text signed_as(struct world *world, const struct crypto_key *key, const char *header, const char *claims)
{
	struct text parts[] = { encoded(world, header), text_lit("."), encoded(world, claims), text_lit("."), TEXT_NONE };
	struct text signature, body = join(world, 3, parts);
	struct buffer out;

	cr_assert(crypto_sign(key, body, &world->arena, &signature));
	buffer_init(&out, &world->arena, 0);
	base64url_write(signature.at, signature.n, &out);
	parts[4] = buffer_text(&out);
	return join(world, 5, parts);
}

void post(struct world *world, const char *media, struct text body)
{
	struct http_request request = { .method = text_lit("POST"), .target = text_lit("/oauth/token"), .body = body, .headers_n = 1,
		.headers = { { text_lit("Content-Type"), text_of(media) } } };

	world->out = (struct out){ .kind = OUT_REPLY };
	guard_token(&world->guard, &request, text_lit(TRACE), world->now, &world->arena, &world->out);
}

void ask_for(struct world *world, struct text assertion, const char *scope)
{
	struct text parts[] = { text_lit("grant_type=client_credentials&client_assertion_type=" TYPE "&client_assertion="), assertion,
		text_lit("&scope="), text_of(scope) };

	post(world, "application/x-www-form-urlencoded", join(world, 4, parts));
}

bool says(const struct world *world, const char *what)
{
	return memmem(world->out.payload.at, world->out.payload.n, what, strlen(what)) != NULL;
}

struct text member(const struct world *world, const char *name)
{
	char wanted[60];
	const char *at, *end;

	snprintf(wanted, sizeof(wanted), "\"%s\":\"", name);
	at = memmem(world->out.payload.at, world->out.payload.n, wanted, strlen(wanted));
	if (!at)
		return TEXT_NONE;
	at += strlen(wanted);
	end = memchr(at, '"', (size_t)(world->out.payload.at + world->out.payload.n - at));
	return (struct text){ at, (size_t)(end - at) };
}

struct text token_for(struct world *world, const char *jti, const char *scope)
{
	char claims[300];

	snprintf(claims, sizeof(claims), "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"" AUD "\",\"exp\":%lld,\"jti\":\"%s\"}",
		(long long)(world->now.wall_ms / 1000 + 300), jti);
	ask_for(world, signed_as(world, world->key, HEADER, claims), scope);
	cr_assert_eq(world->out.status, 200, "%.*s", TEXT_ARGS(world->out.payload));
	return arena_text(&world->arena, member(world, "access_token"));
}
