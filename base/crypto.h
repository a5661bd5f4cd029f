/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and random numbers. With base/crypto_key.h and base/tls.h the only home of OpenSSL. */
#pragma once

#include "base/arena.h"

enum { SHA256_BYTES = 32 };

void crypto_sha256(struct text t, unsigned char out[SHA256_BYTES]);
/* SHA-256 of `chain` followed by t, for the audit trail. */
void crypto_sha256_chain(const unsigned char chain[SHA256_BYTES], struct text t, unsigned char out[SHA256_BYTES]);
/* SHA-256 of what comes in pieces: begin, add any number of times, end (which gives the memory back). */
struct crypto_hash;
struct crypto_hash *crypto_sha256_begin(void);
void crypto_sha256_add(struct crypto_hash *hash, struct text t);
void crypto_sha256_end(struct crypto_hash *hash, unsigned char out[SHA256_BYTES]);
/* Unpredictable bytes; ends the process when the system has none. */
void crypto_random(void *out, size_t n);
/* Lower-case hexadecimal in the arena. */
struct text crypto_hex(const void *bytes, size_t n, struct arena *arena);
/* A fresh id of 32 hexadecimal digits: fits SCRIPT's an1..35. Time-ordered (the first 48 bits are wall_ms). */
struct text crypto_id(int64_t wall_ms, struct arena *arena);
