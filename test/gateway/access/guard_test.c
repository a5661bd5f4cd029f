/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens for entry: what lets a request in stands beside each of the ways in which it does not; also clients of CDS services, and
   what leads clients here. */
#include "gateway/worker/worker_web.h"
#include "test/case.h"
#include "test/gateway/access/guard_world.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

static void write_key(const char *name, const char *lines)
{
	FILE *file = fopen(name, "we");

	cr_assert(file && fputs(lines, file) >= 0 && fclose(file) == 0 && chmod(name, 0600) == 0);
}

CASE(guard, edges_with_one_key_read_each_others_tokens_also_while_it_is_changed)
{
	static const char old[] = "00000000000000000000000000000000000000000000000000000000000000aa\n";
	static const char fresh[] = "11111111111111111111111111111111111111111111111111111111111111bb\n";
	struct world world;
	struct guard other = { 0 };
	struct role_setup setup;
	struct caller caller;
	const char *challenge;
	struct fault fault;
	struct text token;
	char name[300], both[200];

	open_world(&world, false);
	snprintf(name, sizeof(name), "%s/key", world.scratch.at);
	snprintf(both, sizeof(both), "%s%s", fresh, old);
	write_key(name, old);
	world.config.token_key = text_of(name);
	cr_assert(guard_configure(&world.guard, &world.config, &fault));
	setup = setup_of(&world);
	setup.self.index = 1;
	write_key(name, both); /* this one has taken the new key already */
	cr_assert(guard_start(&other, &setup, world.now, &fault));
	for (int i = 0; i < 2; i++) {
		struct http_request request = { .method = text_lit("GET"), .target = text_lit("/fhir/x"), .headers_n = 1 };

		token = token_for(&world, i ? "new" : "old", "system/Claim.c");
		request.headers[0] = (struct http_header){ text_lit("Authorization"), text_of(with(&world, "Bearer", token)) };
		cr_expect(guard_check(&other, FAMILY_FHIR, &request, world.now, &world.arena, &caller, &challenge, &fault), "%d", i);
		cr_assert(guard_configure(&world.guard, &world.config, &fault)); /* and now the first one, too */
	}
	write_key(name, old); /* a key that does not belong here */
	cr_assert(guard_configure(&other, &world.config, &fault));
	cr_expect(!guard_check(&other, FAMILY_FHIR, &(struct http_request){ .method = text_lit("GET"), .target = text_lit("/fhir/x"), .headers_n = 1,
			.headers = { { text_lit("Authorization"), text_of(with(&world, "Bearer", token)) } } }, world.now, &world.arena, &caller, &challenge, &fault));
	write_key(name, "short\n");
	cr_expect(!guard_configure(&other, &world.config, &fault) && strcmp(fault.path, "token_key") == 0);
	guard_done(&other);
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
	cr_assert_eq(chmod(name, 0640), 0);
	config = world.config;
	config.signing_key = text_of(name);
	cr_expect(!guard_configure(&world.guard, &config, &fault) && strcmp(fault.path, "signing_key") == 0); /* others may read it */
	cr_assert_eq(chmod(name, 0600), 0);
	cr_assert(guard_configure(&world.guard, &config, &fault));
	guard_jwks(&world.guard, &world.arena, &world.out);
	cr_assert(jose_keys_read(world.out.payload, &world.arena, &keys, &fault), "%s", fault.path); /* which refuses a private one */
	cr_expect(text_equal(keys.keys[0].kid, jose_thumbprint(world.key, &world.arena)));
	jose_keys_done(&keys);
	config.signing_key = text_of(world.jwks);
	cr_expect(!guard_configure(&world.guard, &config, &fault) && strcmp(fault.path, "signing_key") == 0);
	close_world(&world);
}
