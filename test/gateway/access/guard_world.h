/* SPDX-License-Identifier: Apache-2.0 */
/* A doorkeeper with made-up clients, keys and clocks, for the tests of what it lets in. */
#pragma once

#include "gateway/access/guard.h"
#include "test/scratch.h"

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

#define HEADER "{\"alg\":\"ES384\",\"typ\":\"JWT\",\"kid\":\"k1\"}"
#define CLAIMS(exp, jti) "{\"iss\":\"ehr\",\"sub\":\"ehr\",\"aud\":\"" AUD "\",\"exp\":" exp ",\"jti\":\"" jti "\"}"
#define EXP "1700000300"

/* Two clients: "ehr", with some scopes, and "none" without any. rsa: with an RSA key beside the one on P-384. */
void open_world(struct world *world, bool rsa);
void close_world(struct world *world);
struct role_setup setup_of(struct world *world);
/* Signed over any header at all. */
struct text signed_as(struct world *world, const struct crypto_key *key, const char *header, const char *claims);
/* To the token address; what it says is in world->out. */
void post(struct world *world, const char *media, struct text body);
void ask_for(struct world *world, struct text assertion, const char *scope);
bool says(const struct world *world, const char *what);
/* The value of a member of the answer, as long as it has no escapes. */
struct text member(const struct world *world, const char *name);
/* An access token of "ehr", for a good assertion with this jti. */
struct text token_for(struct world *world, const char *jti, const char *scope);
