/* SPDX-License-Identifier: Apache-2.0 */
/* Signed tokens and the keys that they are checked with (RFC 7515, 7517, 7518, 7519), read strictly: RS384 and ES384 only, compact form
   only, one spelling of everything. A signature is looked at before anything of the token is believed, but for who says to have made it. */
#pragma once

#include "base/buffer.h"
#include "base/crypto_key.h"
#include "base/fault.h"

#include "base/record_struct.h"
#include "base/jose.def"
#include "base/record_end.h"

enum {
	JOSE_TOKEN_MAX = 8 * 1024, /* bytes; an assertion with a 4096-bit signature and long addresses is a quarter of this */
	JOSE_KEYS_MAX = 256 * 1024, /* bytes of a key set: fifty 4096-bit keys with certificate chains beside them */
};

/* -- key sets -- */

struct jose_key {
	struct text kid;
	struct crypto_key *key;
};
struct jose_keys {
	struct jose_key *keys;
	size_t n;
};

/* The keys of a set that could sign a token here, at least one, each with a kid of its own; texts live in the arena or in body. NOT_JSON,
   TOO_LARGE, or with the path of the key ("keys[1]/n"): MISSING, BAD_TEXT, REPEATED (kid); RULE at d when it is a private key. */
bool jose_keys_read(struct text body, struct arena *arena, struct jose_keys *out, struct fault *fault) fault_check;
/* Takes a zeroed one. */
void jose_keys_done(struct jose_keys *keys);
/* The key of this kid for this algorithm; NULL when there is none. kid "not there": the only one for it. */
const struct crypto_key *jose_key_of(const struct jose_keys *keys, struct text kid, enum crypto_algorithm algorithm);
/* Appends the public key as a JWK with use, alg and kid. */
void jose_key_write(const struct crypto_key *key, struct text kid, struct buffer *out);
/* Its SHA-256 thumbprint (RFC 7638) in base64url: a kid that needs no choosing. TEXT_NONE past the arena's limit. */
struct text jose_thumbprint(const struct crypto_key *key, struct arena *arena);

/* -- tokens -- */

struct jose_token {
	struct jose_header header;
	struct jwt_claims claims;
	enum crypto_algorithm algorithm;
	struct text signed_part, signature;
};

/* Takes it apart: three parts, a header with an algorithm of ours, claims. The signature is not looked at. The fault's path names what is
   wrong ("header/alg"); BAD_TEXT, BAD_CODE, MISSING, TOO_LONG, NOT_JSON, REPEATED, RULE. */
bool jose_token_read(struct text compact, struct arena *arena, struct jose_token *out, struct fault *fault) fault_check;
/* True when this key signed it with the algorithm it names. */
bool jose_token_verify(const struct jose_token *token, const struct crypto_key *key) __attribute__((warn_unused_result));
/* Signs claims (a JSON object); the token is in the arena, TEXT_NONE past its limit. */
struct text jose_token_sign(const struct crypto_key *key, struct text kid, struct text claims, struct arena *arena);

/* A NumericDate (RFC 7519 2) as Unix milliseconds: digits with an optional fraction, to the year 9999. False for anything else. */
bool jose_time(struct text raw, int64_t *wall_ms);
/* True when `wanted` is the audience or one of them. */
bool jose_audience(struct text raw, struct text wanted, struct arena *arena);
