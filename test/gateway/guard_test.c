/* SPDX-License-Identifier: Apache-2.0 */
/* The doorkeeper with made-up clients, keys and clocks: what lets somebody in stands beside each of the ways in which it does not. */
#include "gateway/guard.h"

#include "base/base64url.h"
#include "gateway/worker_web.h"
#include "test/case.h"
#include "test/scratch.h"

#include <stdio.h>
#include <stdlib.h>

#define URL "https://gateway.example.org"
#define AUD URL "/oauth/token"
#define TYPE "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
#define TRACE "0123456789abcdef0123456789abcdef"
enum { NOW_S = 1700000000 };

struct world {
	struct scratch scratch;
	struct arena arena;
	struct crypto_key *key, *rsa, *strange;
	struct api_client clients[2];
	struct config config;
	struct guard guard;
	struct now now;
	struct out out;
	char jwks[300], run[200];
};

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

static struct role_setup setup_of(struct world *world)
{
	return (struct role_setup){ .self = { ROLE_EDGE, 0 }, .config = &world->config, .run_dir = world->run, .url = URL };
}

static void open_world(struct world *world, bool rsa)
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

static void close_world(struct world *world)
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

/* Signed over any header at all. */
static struct text signed_as(struct world *world, const struct crypto_key *key, const char *header, const char *claims)
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

static void post(struct world *world, const char *media, struct text body)
{
	struct http_request request = { .method = text_lit("POST"), .target = text_lit("/oauth/token"), .body = body, .headers_n = 1,
		.headers = { { text_lit("Content-Type"), text_of(media) } } };

	world->out = (struct out){ .kind = OUT_REPLY };
	guard_token(&world->guard, &request, text_lit(TRACE), world->now, &world->arena, &world->out);
}

static void ask_for(struct world *world, struct text assertion, const char *scope)
{
	struct text parts[] = { text_lit("grant_type=client_credentials&client_assertion_type=" TYPE "&client_assertion="), assertion,
		text_lit("&scope="), text_of(scope) };

	post(world, "application/x-www-form-urlencoded", join(world, 4, parts));
}

static bool says(const struct world *world, const char *what)
{
	return memmem(world->out.payload.at, world->out.payload.n, what, strlen(what)) != NULL;
}

/* The value of a member of the answer, as long as it has no escapes. */
static struct text member(const struct world *world, const char *name)
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

#define HEADER "{\"alg\":\"ES384\",\"typ\":\"JWT\",\"kid\":\"k1\"}"
#define CLAIMS(exp, jti) "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"" AUD "\",\"exp\":" exp ",\"jti\":\"" jti "\"}"
#define EXP "1700000300"

static struct text token_for(struct world *world, const char *jti, const char *scope)
{
	char claims[300];

	snprintf(claims, sizeof(claims), "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"" AUD "\",\"exp\":%lld,\"jti\":\"%s\"}",
		(long long)(world->now.wall_ms / 1000 + 300), jti);
	ask_for(world, signed_as(world, world->key, HEADER, claims), scope);
	cr_assert_eq(world->out.status, 200, "%.*s", TEXT_ARGS(world->out.payload));
	return arena_text(&world->arena, member(world, "access_token"));
}

/* -- tokens for assertions -- */

CASE(guard, a_good_assertion_gives_a_token)
{
	struct world world;

	open_world(&world, true);
	ask_for(&world, signed_as(&world, world.key, HEADER, CLAIMS(EXP, "1")), "system%2FClaim.c+system%2FPatient.r+system%2FQuestionnaire.cruds");
	cr_assert_eq(world.out.status, 200, "%.*s", TEXT_ARGS(world.out.payload));
	cr_expect(says(&world, "\"token_type\":\"bearer\",\"expires_in\":300,"));
	cr_expect(text_is(member(&world, "scope"), "system/Claim.c system/Questionnaire.rs")); /* asked and registered */
	cr_expect(member(&world, "access_token").n > 40);
	cr_expect(!says(&world, "ehr"), "a token is to be opaque");
	cr_expect(strstr(world.out.extra, "Cache-Control: no-store\r\n") && strstr(world.out.extra, "Pragma: no-cache\r\n"));
	/* the other algorithm, and a jku as registered */
	ask_for(&world, signed_as(&world, world.rsa, "{\"alg\":\"RS384\",\"kid\":\"r1\",\"jku\":\"https://ehr.example.org/jwks\"}", CLAIMS(EXP, "2")),
		"system/*.c");
	cr_assert_eq(world.out.status, 200);
	cr_expect(text_is(member(&world, "scope"), "system/Claim.c"));
	close_world(&world);
}

CASE(guard, a_bad_assertion_gives_none)
{
	enum key { OURS, RSA, STRANGE };
	static const struct {
		const char *what;
		enum key key;
		const char *header, *claims, *word;
	} rows[] = {
#define H HEADER
#define C(more) "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"" AUD "\",\"jti\":\"x\"," more "}"
		{ "another client's key", STRANGE, H, CLAIMS(EXP, "x"), "signature" },
		{ "a key of another kid", OURS, "{\"alg\":\"ES384\",\"kid\":\"k2\"}", CLAIMS(EXP, "x"), "signature" },
		{ "no kid", OURS, "{\"alg\":\"ES384\"}", CLAIMS(EXP, "x"), "kid" },
		{ "empty kid", OURS, "{\"alg\":\"ES384\",\"kid\":\"\"}", CLAIMS(EXP, "x"), "kid" },
		{ "kid of another case", OURS, "{\"alg\":\"ES384\",\"kid\":\"K1\"}", CLAIMS(EXP, "x"), "signature" },
		{ "kid of the key of another algorithm", OURS, "{\"alg\":\"ES384\",\"kid\":\"r1\"}", CLAIMS(EXP, "x"), "signature" },
		{ "header names another algorithm than the key's", RSA, "{\"alg\":\"ES384\",\"kid\":\"r1\"}", CLAIMS(EXP, "x"), "signature" },
		{ "signed by the RSA key in the name of the other", RSA, H, CLAIMS(EXP, "x"), "signature" },
		{ "alg none", OURS, "{\"alg\":\"none\",\"kid\":\"k1\"}", CLAIMS(EXP, "x"), "JWT" },
		{ "alg NONE", OURS, "{\"alg\":\"NONE\",\"kid\":\"k1\"}", CLAIMS(EXP, "x"), "JWT" },
		{ "alg HS384", OURS, "{\"alg\":\"HS384\",\"kid\":\"k1\"}", CLAIMS(EXP, "x"), "JWT" },
		{ "alg ES256", OURS, "{\"alg\":\"ES256\",\"kid\":\"k1\"}", CLAIMS(EXP, "x"), "JWT" },
		{ "alg PS384", RSA, "{\"alg\":\"PS384\",\"kid\":\"r1\"}", CLAIMS(EXP, "x"), "JWT" },
		{ "no alg", OURS, "{\"kid\":\"k1\"}", CLAIMS(EXP, "x"), "JWT" },
		{ "crit", OURS, "{\"alg\":\"ES384\",\"kid\":\"k1\",\"crit\":[\"exp\"]}", CLAIMS(EXP, "x"), "JWT" },
		{ "typ of something else", OURS, "{\"alg\":\"ES384\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", CLAIMS(EXP, "x"), "JWT" },
		{ "a key of its own in the header", STRANGE, "{\"alg\":\"ES384\",\"kid\":\"k9\",\"jwk\":{\"kty\":\"EC\"}}", CLAIMS(EXP, "x"), "signature" },
		{ "a jku that is not registered", OURS, "{\"alg\":\"ES384\",\"kid\":\"k1\",\"jku\":\"https://evil.example.org/jwks\"}", CLAIMS(EXP, "x"), "jku" },
		{ "header is no object", OURS, "[]", CLAIMS(EXP, "x"), "JWT" },
		{ "claims are no object", OURS, H, "\"ehr\"", "JWT" },
		{ "claims are not JSON", OURS, H, "{\"iss\":\"ehr\",}", "JWT" },
		{ "a claim twice", OURS, H, C("\"exp\":" EXP ",\"iss\":\"ehr\""), "JWT" },
		{ "no iss", OURS, H, "{\"sub\":\"ehr\",\"aud\":\"" AUD "\",\"exp\":" EXP ",\"jti\":\"x\"}", "JWT" },
		{ "no sub", OURS, H, "{\"iss\":\"ehr\",\"aud\":\"" AUD "\",\"exp\":" EXP ",\"jti\":\"x\"}", "sub" },
		{ "sub of another", OURS, H, "{\"iss\":\"ehr\",\"sub\":\"none\",\"aud\":\"" AUD "\",\"exp\":" EXP ",\"jti\":\"x\"}", "sub" },
		{ "iss of another", OURS, H, "{\"iss\":\"none\",\"sub\":\"ehr\",\"aud\":\"" AUD "\",\"exp\":" EXP ",\"jti\":\"x\"}", "sub" },
		{ "a client nobody knows", OURS, H, "{\"iss\":\"who\",\"sub\":\"who\",\"aud\":\"" AUD "\",\"exp\":" EXP ",\"jti\":\"x\"}", "client" },
		{ "a client of nearly the same id", OURS, H, "{\"iss\":\"Ehr\",\"sub\":\"Ehr\",\"aud\":\"" AUD "\",\"exp\":" EXP ",\"jti\":\"x\"}", "client" },
		{ "no aud", OURS, H, "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"exp\":" EXP ",\"jti\":\"x\"}", "aud" },
		{ "aud of another server", OURS, H, "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"https://other.example.org/oauth/token\",\"exp\":" EXP ",\"jti\":\"x\"}", "aud" },
		{ "aud with a slash more", OURS, H, "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"" AUD "/\",\"exp\":" EXP ",\"jti\":\"x\"}", "aud" },
		{ "aud in capitals", OURS, H, "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"HTTPS://GATEWAY.EXAMPLE.ORG/oauth/token\",\"exp\":" EXP ",\"jti\":\"x\"}", "aud" },
		{ "aud is the server, not its token address", OURS, H, "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"" URL "\",\"exp\":" EXP ",\"jti\":\"x\"}", "aud" },
		{ "aud is an empty list", OURS, H, "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":[],\"exp\":" EXP ",\"jti\":\"x\"}", "aud" },
		{ "aud is an object", OURS, H, "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":{\"" AUD "\":1},\"exp\":" EXP ",\"jti\":\"x\"}", "aud" },
		{ "no exp", OURS, H, C("\"iat\":1700000000"), "exp" },
		{ "exp is over", OURS, H, CLAIMS("1699999999", "x"), "exp is over" },
		{ "exp is now", OURS, H, CLAIMS("1700000000", "x"), "exp is over" },
		{ "exp is six minutes and a second ahead", OURS, H, CLAIMS("1700000361", "x"), "five minutes" },
		{ "exp in milliseconds", OURS, H, CLAIMS("1700000300000", "x"), "exp" },
		{ "exp is a string", OURS, H, CLAIMS("\"1700000300\"", "x"), "exp" },
		{ "exp below zero", OURS, H, CLAIMS("-1", "x"), "exp" },
		{ "exp with an exponent", OURS, H, CLAIMS("1.7e9", "x"), "exp" },
		{ "exp is null", OURS, H, CLAIMS("null", "x"), "exp" },
		{ "iat in the future", OURS, H, C("\"exp\":" EXP ",\"iat\":1700000061"), "future" },
		{ "iat is no number", OURS, H, C("\"exp\":" EXP ",\"iat\":\"now\""), "JWT" },
		{ "nbf in the future", OURS, H, C("\"exp\":" EXP ",\"nbf\":1700000061"), "future" },
		{ "no jti", OURS, H, "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"" AUD "\",\"exp\":" EXP "}", "jti" },
		{ "empty jti", OURS, H, CLAIMS(EXP, ""), "jti" },
	};
	struct world world;

	open_world(&world, true);
	cr_assert_geq(sizeof(rows) / sizeof(*rows), 40);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct crypto_key *key = rows[i].key == OURS ? world.key : rows[i].key == RSA ? world.rsa : world.strange;

		ask_for(&world, signed_as(&world, key, rows[i].header, rows[i].claims), "system/Claim.c");
		cr_expect_eq(world.out.status, 401, "%s", rows[i].what);
		cr_expect(text_is(member(&world, "error"), "invalid_client"), "%s", rows[i].what);
		cr_expect(says(&world, rows[i].word), "%s: %.*s", rows[i].what, TEXT_ARGS(world.out.payload));
		cr_expect(!says(&world, "access_token") && strstr(world.out.extra, "WWW-Authenticate: Bearer"), "%s", rows[i].what);
	}
	/* their good twin: the very same jti was used up by none of them */
	ask_for(&world, signed_as(&world, world.key, H, C("\"exp\":1700000359,\"iat\":1700000059,\"nbf\":1700000059,\"more\":[{}]")), "system/Claim.c");
	cr_expect_eq(world.out.status, 200, "%.*s", TEXT_ARGS(world.out.payload));
	close_world(&world);
}

CASE(guard, an_assertion_changed_on_the_way_gives_none)
{
	struct world world;
	struct text good;

	open_world(&world, false);
	good = signed_as(&world, world.key, HEADER, CLAIMS(EXP, "1"));
	for (size_t i = 0; i < good.n; i += 3) {
		struct text changed = arena_text(&world.arena, good);

		((char *)(uintptr_t)changed.at)[i] = changed.at[i] == 'A' ? 'B' : 'A';
		world.now.mono_ms += 1000; /* so many wrong signatures a second are not looked at */
		ask_for(&world, changed, "system/Claim.c");
		cr_expect_eq(world.out.status, 401, "byte %zu", i);
	}
	ask_for(&world, (struct text){ good.at, good.n - 4 }, "system/Claim.c");
	cr_expect_eq(world.out.status, 401);
	ask_for(&world, good, "system/Claim.c");
	cr_expect_eq(world.out.status, 200);
	close_world(&world);
}

CASE(guard, a_form_that_is_wrong_says_how)
{
	static const struct {
		const char *media, *body;
		const char *error, *word;
	} rows[] = {
#define F "application/x-www-form-urlencoded"
		{ F, "", "invalid_request", "grant_type" },
		{ F, "client_assertion_type=" TYPE "&client_assertion=a.b.c&scope=s", "invalid_request", "grant_type" },
		{ F, "grant_type=not_a_grant_type&client_assertion_type=" TYPE "&client_assertion=a.b.c&scope=s", "unsupported_grant_type", "client_credentials" },
		{ F, "grant_type=authorization_code", "unsupported_grant_type", "client_credentials" },
		{ F, "grant_type=client_credentials&client_assertion=a.b.c&scope=s", "invalid_request", "client_assertion_type" },
		{ F, "grant_type=client_credentials&client_assertion_type=not&client_assertion=a.b.c&scope=s", "invalid_request", "client_assertion_type" },
		{ F, "grant_type=client_credentials&client_assertion_type=" TYPE "&scope=s", "invalid_request", "client_assertion is" },
		{ F, "grant_type=client_credentials&client_assertion_type=" TYPE "&client_assertion=a.b.c", "invalid_request", "scope" },
		{ F, "grant_type=client_credentials&grant_type=client_credentials", "invalid_request", "twice" },
		{ F, "grant_type=%zz", "invalid_request", "form" },
		{ F, "grant_type=client_credentials&client_assertion_type=" TYPE "&client_assertion=a.b.c&scope=s", "invalid_client", "JWT" },
		{ "application/json", "{\"grant_type\":\"client_credentials\"}", "invalid_request", "form" },
		{ "application/x-www-form-urlencoded-too", "grant_type=client_credentials", "invalid_request", "form" },
	};
	struct world world;

	open_world(&world, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		post(&world, rows[i].media, text_of(rows[i].body));
		cr_expect(text_is(member(&world, "error"), rows[i].error) && says(&world, rows[i].word), "row %zu: %.*s", i, TEXT_ARGS(world.out.payload));
		cr_expect_eq(world.out.status, strcmp(rows[i].error, "invalid_client") ? 400 : 401, "row %zu", i);
		cr_expect(strstr(world.out.extra, "no-store"));
	}
	close_world(&world);
}

CASE(guard, scopes_that_are_not_registered_are_not_given)
{
	static const char *const bad[] = { "system/Patient.r", "system/Claim.r", "user/Claim.c", "patient/Claim.c", "system/Claim.uc", "system/Claim.",
		"system/Claim.read", "system/claim.c", "system/Claim.c%3Fstatus%3Dactive", "launch", "openid+fhirUser" };
	struct world world;
	char jti[20];

	open_world(&world, false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char claims[300];

		snprintf(jti, sizeof(jti), "s%zu", i);
		snprintf(claims, sizeof(claims), "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"" AUD "\",\"exp\":" EXP ",\"jti\":\"%s\"}", jti);
		ask_for(&world, signed_as(&world, world.key, HEADER, claims), bad[i]);
		cr_expect(world.out.status == 400 && text_is(member(&world, "error"), "invalid_scope"), "%s: %.*s", bad[i], TEXT_ARGS(world.out.payload));
	}
	/* a client that may do nothing */
	ask_for(&world, signed_as(&world, world.key, HEADER, "{\"iss\":\"none\",\"sub\":\"none\",\"aud\":\"" AUD "\",\"exp\":" EXP ",\"jti\":\"n\"}"),
		"system/*.cruds");
	cr_expect(text_is(member(&world, "error"), "invalid_scope"));
	close_world(&world);
}

CASE(guard, an_assertion_is_good_once_also_after_a_restart)
{
	struct world world;
	struct role_setup setup;
	struct text good;
	struct fault fault;

	open_world(&world, false);
	good = signed_as(&world, world.key, HEADER, CLAIMS(EXP, "once"));
	ask_for(&world, good, "system/Claim.c");
	cr_expect_eq(world.out.status, 200);
	ask_for(&world, good, "system/Claim.c");
	cr_expect(world.out.status == 401 && says(&world, "jti"));
	/* the same id in another assertion of the client */
	ask_for(&world, signed_as(&world, world.key, HEADER, CLAIMS("1700000301", "once")), "system/Claim.c");
	cr_expect(world.out.status == 401 && says(&world, "jti"));
	guard_done(&world.guard);
	world.guard = (struct guard){ 0 };
	setup = setup_of(&world);
	cr_assert(guard_start(&world.guard, &setup, world.now, &fault));
	ask_for(&world, good, "system/Claim.c");
	cr_expect(world.out.status == 401 && says(&world, "jti"));
	ask_for(&world, signed_as(&world, world.key, HEADER, CLAIMS(EXP, "twice")), "system/Claim.c");
	cr_expect_eq(world.out.status, 200);
	/* and no longer than the assertion lives is it remembered */
	world.now.wall_ms += 400000;
	cr_expect_eq(seen_note(world.guard.seen, text_lit("ehr"), text_lit("once"), world.now.wall_ms + 1000, world.now.wall_ms), SEEN_NEW);
	close_world(&world);
}

CASE(guard, many_wrong_signatures_are_not_looked_at)
{
	struct world world;
	struct text wrong, good;

	open_world(&world, false);
	wrong = signed_as(&world, world.strange, HEADER, CLAIMS(EXP, "w"));
	good = signed_as(&world, world.key, HEADER, CLAIMS(EXP, "g"));
	for (int i = 0; i < ASSERTION_BAD_MAX; i++) {
		ask_for(&world, wrong, "system/Claim.c");
		cr_expect_eq(world.out.status, 401);
	}
	ask_for(&world, good, "system/Claim.c");
	cr_expect(world.out.status == 503 && strstr(world.out.extra, "Retry-After: 1"));
	world.now.mono_ms += 1000;
	ask_for(&world, good, "system/Claim.c");
	cr_expect_eq(world.out.status, 200);
	close_world(&world);
}

/* -- requests with tokens -- */

static bool knock(struct world *world, const char *method, const char *path, const char *authorization, struct caller *caller,
	const char **challenge, struct fault *fault)
{
	struct http_request request = { .method = text_of(method), .target = text_of(path) };

	if (authorization)
		request.headers[request.headers_n++] = (struct http_header){ text_lit("authorization"), text_of(authorization) };
	return guard_check(&world->guard, FAMILY_FHIR, &request, world->now, &world->arena, caller, challenge, fault);
}

static const char *with(struct world *world, const char *scheme, struct text token)
{
	char *out = arena_alloc(&world->arena, strlen(scheme) + token.n + 2);

	sprintf(out, "%s %.*s", scheme, TEXT_ARGS(token));
	return out;
}

CASE(guard, a_token_lets_its_client_in_and_nothing_else_does)
{
	struct world world;
	struct caller caller;
	const char *challenge;
	struct fault fault;
	struct text token;

	open_world(&world, false);
	token = token_for(&world, "1", "system/Claim.cu");
	/* a path that nothing serves is for the worker to refuse, once it is known who asks */
	cr_assert(knock(&world, "POST", "/fhir/Nothing", with(&world, "Bearer", token), &caller, &challenge, &fault));
	cr_expect(text_is(caller.client, "ehr") && text_is(caller.scopes, "system/Claim.cu"));
	cr_expect(knock(&world, "POST", "/fhir/Nothing", with(&world, "bEARER", token), &caller, &challenge, &fault)); /* RFC 9110 11.1 */
	cr_expect(!knock(&world, "POST", "/fhir/Nothing", NULL, &caller, &challenge, &fault) && fault.code == FAULT_TOKEN);
	cr_expect(strcmp(challenge, "WWW-Authenticate: Bearer realm=\"dualtrack\"\r\n") == 0);
	static const char *const bad[] = { "", "Bearer", "Bearer ", "Basic ZTpl", "Bearer  x", "Bearer x y", "Bearer x,y", "Bearer\tx", "Bearer AAAA", "x",
		"Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer \x01" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cr_expect(!knock(&world, "POST", "/fhir/Nothing", bad[i], &caller, &challenge, &fault) && fault.code == FAULT_TOKEN, "%s", bad[i]);
		cr_expect(!text_there(caller.client) && strstr(challenge, "WWW-Authenticate: Bearer"), "%s", bad[i]);
	}
	for (size_t i = 0; i < token.n; i += 5) {
		struct text changed = arena_text(&world.arena, token);

		((char *)(uintptr_t)changed.at)[i] = changed.at[i] == 'A' ? 'B' : 'A';
		cr_expect(!knock(&world, "POST", "/fhir/Nothing", with(&world, "Bearer", changed), &caller, &challenge, &fault), "byte %zu", i);
		cr_expect(strstr(challenge, "error=\"invalid_token\""));
	}
	close_world(&world);
}

CASE(guard, a_token_is_good_for_its_scopes_and_no_others)
{
	static const struct {
		const char *need, *scopes;
		enum fault_code code;
		const char *challenge;
	} rows[] = {
		{ "Claim.c", "system/Claim.c", FAULT_NONE, "" },
		{ "Claim.cu", "system/Claim.cu", FAULT_NONE, "" },
		{ "Claim.cu", "system/Claim.c", FAULT_SCOPE, "error=\"insufficient_scope\", scope=\"system/Claim.cu\"\r\n" },
		{ "Claim.r", "system/Claim.cu", FAULT_SCOPE, "scope=\"system/Claim.r\"\r\n" },
		{ "Questionnaire.r", "system/Claim.cu", FAULT_SCOPE, "scope=\"system/Questionnaire.r\"\r\n" },
		{ "Patient.r", "system/*.cruds", FAULT_SCOPE, "scope=\"system/Patient.r\"\r\n" }, /* not registered */
		{ WEB_OPEN, "system/Claim.c", FAULT_NONE, "" },
		{ WEB_CDS, "system/Claim.c", FAULT_TOKEN, "error=\"invalid_token\"" }, /* an access token is none for a CDS service */
		{ NULL, "system/Claim.c", FAULT_NONE, "" },
	};
	struct world world;
	char jti[20];

	open_world(&world, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_request request = { .method = text_lit("POST"), .target = text_lit("/fhir/x"), .headers_n = 1 };
		struct caller caller;
		struct fault fault = { 0 };
		const char *challenge;
		bool good;

		snprintf(jti, sizeof(jti), "g%zu", i);
		request.headers[0] = (struct http_header){ text_lit("Authorization"), text_of(with(&world, "Bearer", token_for(&world, jti, rows[i].scopes))) };
		good = guard_admit(&world.guard, rows[i].need, &request, world.now, &world.arena, &caller, &challenge, &fault);
		cr_expect(good == (rows[i].code == FAULT_NONE) && fault.code == rows[i].code, "row %zu: %s", i, fault_row(fault.code)->name);
		cr_expect(strstr(challenge, rows[i].challenge), "row %zu: %s", i, challenge);
		cr_expect(good || !text_there(caller.client), "row %zu", i);
		request.headers_n = 0;
		cr_expect(guard_admit(&world.guard, rows[i].need, &request, world.now, &world.arena, &caller, &challenge, &fault) ==
				(rows[i].need && strcmp(rows[i].need, WEB_OPEN) == 0), "row %zu", i);
	}
	close_world(&world);
}

CASE(guard, two_authorizations_are_none)
{
	struct world world;
	struct caller caller;
	const char *challenge;
	struct fault fault;
	struct text token;

	open_world(&world, false);
	token = token_for(&world, "1", "system/Claim.cu");
	struct http_request request = { .method = text_lit("GET"), .target = text_lit("/fhir/x"), .headers_n = 2 };

	request.headers[0] = request.headers[1] = (struct http_header){ text_lit("Authorization"), text_of(with(&world, "Bearer", token)) };
	cr_expect(!guard_check(&world.guard, FAMILY_FHIR, &request, world.now, &world.arena, &caller, &challenge, &fault));
	cr_expect_eq(fault.code, FAULT_HTTP);
	request.headers_n = 1;
	cr_expect(guard_check(&world.guard, FAMILY_FHIR, &request, world.now, &world.arena, &caller, &challenge, &fault));
	close_world(&world);
}

CASE(guard, a_token_ends)
{
	struct world world;
	struct caller caller;
	const char *challenge, *shown;
	struct fault fault;

	open_world(&world, false);
	shown = with(&world, "Bearer", token_for(&world, "1", "system/Claim.c"));
	world.now.wall_ms += TOKEN_LIFE_S * 1000 - 1;
	cr_expect(knock(&world, "GET", "/fhir/x", shown, &caller, &challenge, &fault));
	world.now.wall_ms += 1;
	cr_expect(!knock(&world, "GET", "/fhir/x", shown, &caller, &challenge, &fault) && fault.code == FAULT_TOKEN);
	close_world(&world);
}

CASE(guard, a_client_that_is_taken_out_is_out_at_once)
{
	struct world world;
	struct caller caller;
	const char *challenge, *shown;
	struct fault fault;
	struct config without, less, broken;
	struct api_client fewer, gone;

	open_world(&world, false);
	shown = with(&world, "Bearer", token_for(&world, "1", "system/Claim.cu"));
	/* fewer scopes: what the token says counts no more than what is registered now */
	fewer = world.clients[0];
	fewer.scopes = text_lit("system/Claim.c");
	less = world.config;
	less.clients = &fewer;
	less.clients_n = 1;
	cr_assert(guard_configure(&world.guard, &less, &fault));
	cr_expect(knock(&world, "GET", "/fhir/x", shown, &caller, &challenge, &fault) && text_is(caller.scopes, "system/Claim.c"));
	/* a configuration that cannot be taken leaves all as it is */
	gone = fewer;
	gone.jwks = text_lit("/nowhere/keys.json");
	broken = less;
	broken.clients = &gone;
	cr_expect(!guard_configure(&world.guard, &broken, &fault) && fault.code == FAULT_FILE);
	cr_expect(knock(&world, "GET", "/fhir/x", shown, &caller, &challenge, &fault));
	without = (struct config){ .clients = &world.clients[1], .clients_n = 1 };
	cr_assert(guard_configure(&world.guard, &without, &fault));
	cr_expect(!knock(&world, "GET", "/fhir/x", shown, &caller, &challenge, &fault) && fault.code == FAULT_TOKEN);
	close_world(&world);
}

CASE(guard, open_asks_nobody_but_still_looks_at_what_is_shown)
{
	struct world world;
	struct caller caller;
	const char *challenge;
	struct fault fault;
	struct config open;

	open_world(&world, false);
	cr_expect(!knock(&world, "GET", "/fhir/x", NULL, &caller, &challenge, &fault));
	open = world.config;
	open.open = true;
	cr_assert(guard_configure(&world.guard, &open, &fault));
	cr_expect(knock(&world, "GET", "/fhir/x", NULL, &caller, &challenge, &fault) && text_is(caller.client, "open"));
	cr_expect(!knock(&world, "GET", "/fhir/x", "Bearer AAAA", &caller, &challenge, &fault));
	close_world(&world);
}

/* -- CDS clients -- */

static bool call_service(struct world *world, const char *path, struct text token, struct caller *caller, struct fault *fault)
{
	struct http_request request = { .method = text_lit("POST"), .target = text_of(path) };
	const char *challenge;

	if (text_there(token))
		request.headers[request.headers_n++] = (struct http_header){ text_lit("Authorization"), text_of(with(world, "Bearer", token)) };
	return cds_client_check(&world->guard, text_of(path), &request, world->now, &world->arena, caller, &challenge, fault);
}

#define CDS(aud, more) "{\"iss\":\"https://ehr.example.org\",\"aud\":\"" aud "\",\"exp\":" EXP more "}"
#define SERVICE URL "/cds-services/order-sign"

CASE(guard, a_cds_client_signs_for_the_service_it_calls)
{
	static const struct {
		const char *header, *claims;
	} bad[] = {
		{ HEADER, CDS(URL "/cds-services/order-select", ",\"iat\":1700000000,\"jti\":\"x\"") }, /* another service */
		{ HEADER, CDS(SERVICE, ",\"jti\":\"x\"") },                                             /* no iat */
		{ HEADER, CDS(SERVICE, ",\"iat\":1700000000") },                                        /* no jti */
		{ "{\"alg\":\"ES384\",\"kid\":\"k1\"}", CDS(SERVICE, ",\"iat\":1700000000,\"jti\":\"x\"") }, /* no typ */
		{ HEADER, "{\"iss\":\"ehr\",\"aud\":\"" SERVICE "\",\"exp\":" EXP ",\"iat\":1700000000,\"jti\":\"x\"}" }, /* the client's id is not its issuer */
	};
	struct world world;
	struct caller caller;
	struct fault fault;
	struct text good;

	open_world(&world, false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect(!call_service(&world, "/cds-services/order-sign", signed_as(&world, world.key, bad[i].header, bad[i].claims), &caller, &fault) &&
				fault.code == FAULT_TOKEN, "row %zu", i);
	good = signed_as(&world, world.key, HEADER, CDS(SERVICE, ",\"iat\":1700000000,\"jti\":\"x\""));
	cr_expect(!call_service(&world, "/cds-services/order-sign", TEXT_NONE, &caller, &fault));
	cr_expect(!call_service(&world, "/cds-services/order-sign", signed_as(&world, world.strange, HEADER, CDS(SERVICE, ",\"iat\":1700000000,\"jti\":\"x\"")),
		&caller, &fault));
	cr_expect(call_service(&world, "/cds-services/order-sign", good, &caller, &fault) && text_is(caller.client, "ehr"));
	cr_expect(!call_service(&world, "/cds-services/order-sign", good, &caller, &fault)); /* once */
	close_world(&world);
}

/* -- what leads clients here -- */

CASE(guard, smart_configuration_names_the_address)
{
	struct world world;

	open_world(&world, false);
	world.out = (struct out){ 0 };
	guard_smart_configuration(&world.guard, &world.arena, &world.out);
	cr_expect(text_is(member(&world, "token_endpoint"), AUD));
	cr_expect(says(&world, "\"token_endpoint_auth_methods_supported\":[\"private_key_jwt\"]"));
	guard_jwks(&world.guard, &world.arena, &world.out);
	cr_expect(text_is(world.out.payload, "{\"keys\":[]}\n"));
	close_world(&world);
}

CASE(guard, our_own_key_is_published_without_its_secret)
{
	struct world world;
	struct config config;
	struct jose_keys keys;
	struct fault fault;
	struct text pem;
	char name[300];
	FILE *file;

	open_world(&world, false);
	pem = crypto_key_pem(world.key, &world.arena);
	snprintf(name, sizeof(name), "%s/own.pem", world.scratch.at);
	file = fopen(name, "we");
	fwrite(pem.at, 1, pem.n, file);
	fclose(file);
	config = world.config;
	config.signing_key = text_of(name);
	cr_assert(guard_configure(&world.guard, &config, &fault));
	guard_jwks(&world.guard, &world.arena, &world.out);
	cr_assert(jose_keys_read(world.out.payload, &world.arena, &keys, &fault), "%s", fault.path); /* which refuses a private one */
	cr_expect(text_equal(keys.keys[0].kid, jose_thumbprint(world.key, &world.arena)));
	jose_keys_done(&keys);
	config.signing_key = text_of(world.jwks);
	cr_expect(!guard_configure(&world.guard, &config, &fault) && strcmp(fault.path, "signing_key") == 0);
	close_world(&world);
}
