/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that sign (RSA with PKCS #1 v1.5 and P-384, both over SHA-384: RFC 7518 3.3 and 3.4) and one that seals (AES-256-GCM). */
#pragma once

#include "base/arena.h"

enum crypto_algorithm { CRYPTO_RS384, CRYPTO_ES384, CRYPTO_ALGORITHMS };

enum {
	RSA_BITS_MIN = 2048,   /* RFC 7518 3.3 */
	RSA_BITS_MAX = 4096,   /* a longer one costs the door more than a signature may cost it */
	P384_BYTES = 48,       /* of a coordinate, and of each half of a signature */
	SEAL_KEY_BYTES = 32,
	SEAL_NONCE_BYTES = 12, /* random: one key may seal 2^32 times (NIST SP 800-38D 8.3) */
	SEAL_TAG_BYTES = 16,
};

/* "RS384" */
const char *crypto_algorithm_name(enum crypto_algorithm algorithm);
bool crypto_algorithm_of(struct text name, enum crypto_algorithm *algorithm);

struct crypto_key;
/* NULL takes nothing away. */
void crypto_key_free(struct crypto_key *key);
enum crypto_algorithm crypto_key_algorithm(const struct crypto_key *key);

/* Public keys from their big-endian numbers. NULL when they are none: RSA of 2048 to 4096 bits with an odd exponent of 17 to 64 bits and
   without leading zero bytes; P-384 with coordinates of 48 bytes each that lie on the curve. */
struct crypto_key *crypto_rsa_public(struct text modulus, struct text exponent);
struct crypto_key *crypto_p384_public(struct text x, struct text y);
/* The numbers of a key of ours or of theirs, in the arena: modulus and exponent, or x and y. False past the arena's limit. */
bool crypto_key_numbers(const struct crypto_key *key, struct arena *arena, struct text *first, struct text *second);

/* A fresh pair: RSA of 3072 bits or P-384. Ends the process when the library can make none. */
struct crypto_key *crypto_key_make(enum crypto_algorithm algorithm);
/* A private key from PEM (PKCS #8 or the older forms, not encrypted); NULL when it is none that could be used here. */
struct crypto_key *crypto_key_read(struct text pem);
/* As PKCS #8 PEM in the arena; TEXT_NONE past its limit. Only for a pair. */
struct text crypto_key_pem(const struct crypto_key *key, struct arena *arena);

/* The signature of `data`, as JOSE has it: for ES384 both numbers of 48 bytes, one after the other. False only past the arena's limit. */
bool crypto_sign(const struct crypto_key *key, struct text data, struct arena *arena, struct text *signature);
bool crypto_verify(const struct crypto_key *key, struct text data, struct text signature) __attribute__((warn_unused_result));

/* nonce, the sealed bytes, tag: n + 28 bytes in the arena. TEXT_NONE past its limit. */
struct text crypto_seal(const unsigned char key[SEAL_KEY_BYTES], struct text plain, struct arena *arena);
/* The same, but the same bytes are sealed the same each time (the nonce is made of key and bytes): whoever sees two of them can tell whether they are
   alike, and nothing else. For a key that seals in no other way. */
struct text crypto_seal_same(const unsigned char key[SEAL_KEY_BYTES], struct text plain, struct arena *arena);
/* What was sealed with this key, in the arena; false for anything else. */
bool crypto_open(const unsigned char key[SEAL_KEY_BYTES], struct text sealed, struct arena *arena, struct text *plain)
	__attribute__((warn_unused_result));

/* Equal, found in a time that does not tell where they differ; their lengths are no secret. */
bool crypto_same(struct text a, struct text b);
