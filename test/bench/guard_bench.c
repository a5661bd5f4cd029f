/* SPDX-License-Identifier: Apache-2.0 */
/* What the doorkeeper costs: a request with an access token, and an assertion for one, with a thousand registered clients. */
#include "gateway/access/guard.h"
#include "test/bench/bench.h"
#include "test/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 1000 };

#define CLAIMS "{\"iss\":\"client-500\",\"sub\":\"client-500\",\"aud\":\"https://g.example/oauth/token\",\"exp\":1700000300,\"jti\":\"%d\"}"

static struct arena arena;

static void write_keys(const char *name, const struct crypto_key *key, const struct crypto_key *rsa)
{
	FILE *file = fopen(name, "we");
	struct buffer body;

	buffer_init(&body, &arena, 0);
	buffer_lit(&body, "{\"keys\":[");
	jose_key_write(key, text_lit("e"), &body);
	buffer_lit(&body, ",");
	jose_key_write(rsa, text_lit("r"), &body);
	buffer_lit(&body, "]}");
	if (!file || fwrite(body.at, 1, body.n, file) != body.n || fclose(file))
		abort();
}

static void start(struct guard *guard, struct config *config, const char *jwks)
{
	static struct api_client clients[CLIENTS];
	static char ids[CLIENTS][24];
	const struct role_setup setup = { .config = config, .url = "https://g.example" };
	struct fault fault;

	for (int i = 0; i < CLIENTS; i++) {
		snprintf(ids[i], sizeof(ids[i]), "client-%d", i);
		clients[i] = (struct api_client){ .id = text_of(ids[i]), .jwks = text_of(jwks), .scopes = text_lit("system/Claim.cu system/Questionnaire.rs") };
	}
	*config = (struct config){ .clients = clients, .clients_n = CLIENTS };
	if (!guard_start(guard, &setup, (struct now){ 0, 1700000000000 }, &fault))
		abort();
}

static void assertions(struct guard *guard, const struct crypto_key *key, const char *kid, const char *figure, int n)
{
	struct assertion_check check = { .registry = guard->registry, .seen = guard->seen, .budget = &guard->budget,
		.audience = text_lit("https://g.example/oauth/token") };
	struct text *made = calloc((size_t)n, sizeof(*made));
	const struct registered *who;
	struct arena scrap;
	double from;

	for (int i = 0; i < n; i++) {
		char claims[300];

		snprintf(claims, sizeof(claims), CLAIMS, i);
		made[i] = jose_token_sign(key, text_of(kid), text_of(claims), &arena);
	}
	arena_init(&scrap, 1 << 20);
	from = cpu_ms();
	for (int i = 0; i < n; i++) {
		if (assertion_check(&check, made[i], (struct now){ 0, 1700000000000 }, &scrap, &who) != ASSERTION_GOOD)
			abort();
		arena_reset(&scrap);
	}
	bench_figure(figure, "", (cpu_ms() - from) / n * 1e3, "us");
	seen_free(guard->seen);
	guard->seen = seen_new(NULL, 1700000000000);
	arena_done(&scrap);
	free(made);
}

static void requests(struct guard *guard)
{
	enum { N = 200000 };
	struct access_token access = { .client = text_lit("client-500"), .scopes = text_lit("system/Claim.cu"), .issued_ms = 1700000000000,
		.expires_ms = 1700000300000 };
	struct http_request request = { .method = text_lit("POST"), .target = text_lit("/fhir/Claim/$submit"), .headers_n = 1 };
	char shown[TOKEN_MAX];
	struct caller caller;
	const char *challenge;
	struct fault fault;
	struct arena scrap;
	double from;

	arena_init(&scrap, 1 << 20);
	snprintf(shown, sizeof(shown), "Bearer %.*s", TEXT_ARGS(token_make(&guard->keys, &access, &arena)));
	request.headers[0] = (struct http_header){ text_lit("Authorization"), text_of(shown) };
	from = cpu_ms();
	for (int i = 0; i < N; i++) {
		if (!guard_admit(guard, "Claim.cu", &request, (struct now){ 0, 1700000000000 }, &scrap, &caller, &challenge, &fault))
			abort();
		arena_reset(&scrap);
	}
	bench_figure("guard_token_check", "", (cpu_ms() - from) / N * 1e3, "us");
	from = cpu_ms();
	for (int i = 0; i < N; i++) {
		if (!guard_check(guard, FAMILY_FHIR, &request, (struct now){ 0, 1700000000000 }, &scrap, &caller, &challenge, &fault))
			abort();
		arena_reset(&scrap);
	}
	bench_figure("guard_request", "", (cpu_ms() - from) / N * 1e3, "us");
	arena_done(&scrap);
}

int main(void)
{
	struct scratch scratch SCRATCH;
	struct crypto_key *key = crypto_key_make(CRYPTO_ES384), *rsa = crypto_key_make(CRYPTO_RS384);
	struct guard guard = { 0 };
	struct config config;
	char jwks[100];
	double from;

	arena_init(&arena, 256 << 20);
	snprintf(jwks, sizeof(jwks), "%s/keys.json", scratch.at);
	write_keys(jwks, key, rsa);
	from = cpu_ms();
	start(&guard, &config, jwks);
	bench_figure("registry_of_a_thousand_clients", "", cpu_ms() - from, "ms");
	assertions(&guard, key, "e", "assertion_es384", 1000);
	assertions(&guard, rsa, "r", "assertion_rs384", 1000);
	requests(&guard);
	guard_done(&guard);
	crypto_key_free(key);
	crypto_key_free(rsa);
	arena_done(&arena);
	return 0;
}
