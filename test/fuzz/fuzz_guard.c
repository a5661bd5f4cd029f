/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes at the door, as the form of a token request or as what a client shows: nobody gets a token or is let in who has no key. */
#include "base/log.h"
#include "gateway/access/guard.h"
#include "gateway/worker/worker_web.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct guard guard;
static struct api_client client;
static struct config config;

/* A client whose secret nobody has: it is forgotten here. */
static void begin(void)
{
	const struct role_setup setup = { .config = &config, .url = "https://g.example" };
	char name[] = "/tmp/dualtrack-fuzz-XXXXXX";
	struct crypto_key *key = crypto_key_make(CRYPTO_ES384);
	struct arena arena;
	struct buffer body;
	struct fault fault;
	int fd = mkstemp(name);

	log_open("fuzz", LEVEL_ERROR);
	arena_init(&arena, 1 << 20);
	buffer_init(&body, &arena, 0);
	buffer_lit(&body, "{\"keys\":[");
	jose_key_write(key, text_lit("k"), &body);
	buffer_lit(&body, "]}");
	client = (struct api_client){ .id = text_lit("a"), .jwks = text_of(name), .scopes = text_lit("system/*.cruds") };
	config = (struct config){ .clients = &client, .clients_n = 1 };
	if (fd < 0 || write(fd, body.at, body.n) != (ssize_t)body.n || close(fd) || !guard_start(&guard, &setup, (struct now){ 0, 1700000000000 }, &fault))
		abort();
	unlink(name);
	crypto_key_free(key);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static int64_t second;
	static bool begun;
	struct text body = { (const char *)data, n };
	struct http_request request = { .method = text_lit("POST"), .target = text_lit("/fhir/Claim/$submit"), .body = body, .headers_n = 2,
		.headers = { { text_lit("Content-Type"), text_lit("application/x-www-form-urlencoded") }, { text_lit("Authorization"), body } } };
	struct now now = { .mono_ms = 1000 * second++, .wall_ms = 1700000000000 };
	struct out out = { .kind = OUT_REPLY };
	struct caller caller;
	const char *challenge;
	struct arena arena;
	struct fault fault;

	if (!begun)
		begin();
	begun = true;
	arena_init(&arena, 4 << 20);
	guard_token(&guard, &request, text_lit("trace"), now, &arena, &out);
	if (out.status < 400 || !out.payload.n || !out.extra)
		abort();
	if (guard_admit(&guard, "Claim.c", &request, now, &arena, &caller, &challenge, &fault) ||
		guard_admit(&guard, WEB_CDS, &request, now, &arena, &caller, &challenge, &fault) || text_there(caller.client))
		abort();
	arena_done(&arena);
	return 0;
}
