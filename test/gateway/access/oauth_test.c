/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions for tokens: the good one stands beside each of the ways in which one is not good. */
#include "test/case.h"
#include "test/gateway/access/guard_world.h"

#include <string.h>

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

CASE(guard, a_stranger_fills_no_disk_with_lines)
{
	struct world world;
	int told = 0;

	open_world(&world, false);
	for (int i = 0; i < 10 * GUARD_LINES_MAX; i++)
		told += guard_tells(&world.guard, world.now);
	cr_expect_eq(told, GUARD_LINES_MAX);
	world.now.mono_ms += 1000;
	cr_expect(guard_tells(&world.guard, world.now));
	close_world(&world);
}
