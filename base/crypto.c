/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes through OpenSSL's EVP, and random numbers from the kernel. */
#include "base/crypto.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static const char digits[] = "0123456789abcdef";

/* A hash that cannot be made is a broken library, not a message's fault. */
static void must(int done)
{
	if (done != 1) {
		fputs("dualtrack: SHA-256 is not available\n", stderr);
		abort();
	}
}

void crypto_sha256(struct text t, unsigned char out[SHA256_BYTES])
{
	must(EVP_Digest(t.at ? t.at : "", t.n, out, NULL, EVP_sha256(), NULL));
}

/* The struct is OpenSSL's own, under another name. */
struct crypto_hash *crypto_sha256_begin(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	must(context != NULL);
	must(EVP_DigestInit_ex(context, EVP_sha256(), NULL));
	return (struct crypto_hash *)context;
}

void crypto_sha256_add(struct crypto_hash *hash, struct text t)
{
	must(EVP_DigestUpdate((EVP_MD_CTX *)hash, t.at ? t.at : "", t.n));
}

void crypto_sha256_end(struct crypto_hash *hash, unsigned char out[SHA256_BYTES])
{
	must(EVP_DigestFinal_ex((EVP_MD_CTX *)hash, out, NULL));
	EVP_MD_CTX_free((EVP_MD_CTX *)hash);
}

void crypto_sha256_chain(const unsigned char chain[SHA256_BYTES], struct text t, unsigned char out[SHA256_BYTES])
{
	struct crypto_hash *hash = crypto_sha256_begin();

	crypto_sha256_add(hash, (struct text){ (const char *)chain, SHA256_BYTES });
	crypto_sha256_add(hash, t);
	crypto_sha256_end(hash, out);
}

void crypto_random(void *out, size_t n)
{
	char *at = out;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			fputs("dualtrack: the system gives no random numbers\n", stderr);
			abort();
		}
		at += got;
		n -= (size_t)got;
	}
}

struct text crypto_hex(const void *bytes, size_t n, struct arena *arena)
{
	const unsigned char *from = bytes;
	char *at = n > SIZE_MAX / 2 ? NULL : arena_alloc(arena, n ? 2 * n : 1);

	if (!at)
		return TEXT_NONE;
	for (size_t i = 0; i < n; i++) {
		at[2 * i] = digits[from[i] >> 4];
		at[2 * i + 1] = digits[from[i] & 15];
	}
	return (struct text){ at, 2 * n };
}

struct text crypto_id(int64_t wall_ms, struct arena *arena)
{
	unsigned char id[16];

	crypto_random(id, sizeof(id));
	for (int i = 0; i < 6; i++)
		id[i] = (unsigned char)((uint64_t)wall_ms >> (8 * (5 - i)));
	return crypto_hex(id, sizeof(id), arena);
}
