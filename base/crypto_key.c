/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures and sealing through OpenSSL's EVP. */
#include "base/crypto_key.h"

#include "base/crypto.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MADE_RSA_BITS = 3072, EXPONENT_BITS_MIN = 17, EXPONENT_BITS_MAX = 64, SIGNATURE_MAX = RSA_BITS_MAX / 8 };

struct crypto_key {
	EVP_PKEY *pair;
	enum crypto_algorithm algorithm;
};

static const char *const names[CRYPTO_ALGORITHMS] = { [CRYPTO_RS384] = "RS384", [CRYPTO_ES384] = "ES384" };

const char *crypto_algorithm_name(enum crypto_algorithm algorithm)
{
	return names[algorithm];
}

bool crypto_algorithm_of(struct text name, enum crypto_algorithm *algorithm)
{
	for (int i = 0; i < CRYPTO_ALGORITHMS; i++)
		if (text_is(name, names[i])) {
			*algorithm = (enum crypto_algorithm)i;
			return true;
		}
	return false;
}

/* What only a broken library or no memory can refuse. */
static void must(bool done)
{
	if (!done) {
		fputs("dualtrack: the cryptographic library does not do what it must\n", stderr);
		abort();
	}
}

static const unsigned char *bytes_of(struct text t)
{
	return (const unsigned char *)(t.at ? t.at : "");
}

/* -- keys -- */

static struct crypto_key *wrap(EVP_PKEY *pair, enum crypto_algorithm algorithm)
{
	struct crypto_key *key = calloc(1, sizeof(*key));

	must(key != NULL);
	*key = (struct crypto_key){ pair, algorithm };
	return key;
}

void crypto_key_free(struct crypto_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pair);
	free(key);
}

enum crypto_algorithm crypto_key_algorithm(const struct crypto_key *key)
{
	return key->algorithm;
}

/* Takes the builder. */
static EVP_PKEY *from_data(const char *type, OSSL_PARAM_BLD *builder)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY *pair = NULL;

	must(context && params && EVP_PKEY_fromdata_init(context) == 1);
	if (EVP_PKEY_fromdata(context, &pair, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pair = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return pair;
}

static bool good_rsa(const BIGNUM *n, const BIGNUM *e)
{
	return BN_num_bits(n) >= RSA_BITS_MIN && BN_num_bits(n) <= RSA_BITS_MAX && BN_is_odd(n) && BN_num_bits(e) >= EXPONENT_BITS_MIN &&
		BN_num_bits(e) <= EXPONENT_BITS_MAX && BN_is_odd(e);
}

struct crypto_key *crypto_rsa_public(struct text modulus, struct text exponent)
{
	EVP_PKEY *pair = NULL;
	BIGNUM *n, *e;

	if (!modulus.n || !exponent.n || modulus.n > RSA_BITS_MAX / 8 || exponent.n > EXPONENT_BITS_MAX / 8 || !modulus.at[0] || !exponent.at[0])
		return NULL;
	n = BN_bin2bn(bytes_of(modulus), (int)modulus.n, NULL);
	e = BN_bin2bn(bytes_of(exponent), (int)exponent.n, NULL);
	must(n && e);
	if (good_rsa(n, e)) {
		OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

		must(builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e));
		pair = from_data("RSA", builder);
	}
	BN_free(n);
	BN_free(e);
	return pair ? wrap(pair, CRYPTO_RS384) : NULL;
}

struct crypto_key *crypto_p384_public(struct text x, struct text y)
{
	unsigned char point[1 + 2 * P384_BYTES] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM_BLD *builder;
	EVP_PKEY_CTX *context;
	EVP_PKEY *pair;
	bool good;

	if (x.n != P384_BYTES || y.n != P384_BYTES)
		return NULL;
	memcpy(point + 1, x.at, P384_BYTES);
	memcpy(point + 1 + P384_BYTES, y.at, P384_BYTES);
	builder = OSSL_PARAM_BLD_new();
	must(builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-384", 0) &&
		OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)));
	pair = from_data("EC", builder);
	if (!pair)
		return NULL;
	context = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
	must(context != NULL);
	/* On the curve and not its zero. All points of P-384 have the same order, so that need not be looked at, which takes a millisecond. */
	good = EVP_PKEY_public_check_quick(context) == 1;
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	if (!good)
		EVP_PKEY_free(pair);
	return good ? wrap(pair, CRYPTO_ES384) : NULL;
}

/* The number `name` of a key, big-endian: `n` bytes, or as many as it needs for 0. */
static bool number(const struct crypto_key *key, const char *name, size_t n, struct arena *arena, struct text *out)
{
	BIGNUM *value = NULL;
	size_t room;
	char *at;

	must(EVP_PKEY_get_bn_param(key->pair, name, &value) == 1);
	room = n ? n : (size_t)BN_num_bytes(value);
	at = arena_alloc(arena, room + 1);
	if (at)
		must(BN_bn2binpad(value, (unsigned char *)at, (int)room) == (int)room);
	BN_free(value);
	*out = (struct text){ at, at ? room : 0 };
	return at != NULL;
}

bool crypto_key_numbers(const struct crypto_key *key, struct arena *arena, struct text *first, struct text *second)
{
	bool rsa = key->algorithm == CRYPTO_RS384;

	return number(key, rsa ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_EC_PUB_X, rsa ? 0 : P384_BYTES, arena, first) &&
		number(key, rsa ? OSSL_PKEY_PARAM_RSA_E : OSSL_PKEY_PARAM_EC_PUB_Y, rsa ? 0 : P384_BYTES, arena, second);
}

struct crypto_key *crypto_key_make(enum crypto_algorithm algorithm)
{
	EVP_PKEY *pair = algorithm == CRYPTO_RS384 ? EVP_RSA_gen(MADE_RSA_BITS) : EVP_EC_gen("P-384");

	must(pair != NULL);
	return wrap(pair, algorithm);
}

/* Asked for a password: there is none, and nobody is asked at a terminal. */
static int no_password(char *out, int size, int writing, void *arg)
{
	(void)out, (void)size, (void)writing, (void)arg;
	return -1;
}

static bool usable(EVP_PKEY *pair, enum crypto_algorithm *algorithm)
{
	char group[40] = "";

	if (EVP_PKEY_is_a(pair, "RSA")) {
		*algorithm = CRYPTO_RS384;
		return EVP_PKEY_get_bits(pair) >= RSA_BITS_MIN && EVP_PKEY_get_bits(pair) <= RSA_BITS_MAX;
	}
	*algorithm = CRYPTO_ES384;
	return EVP_PKEY_is_a(pair, "EC") && EVP_PKEY_get_group_name(pair, group, sizeof(group), NULL) == 1 && strcmp(group, "secp384r1") == 0;
}

struct crypto_key *crypto_key_read(struct text pem)
{
	enum crypto_algorithm algorithm;
	EVP_PKEY *pair;
	BIO *in;

	if (!pem.n || pem.n > 1 << 20)
		return NULL;
	in = BIO_new_mem_buf(pem.at, (int)pem.n);
	must(in != NULL);
	pair = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
	BIO_free(in);
	ERR_clear_error();
	if (pair && usable(pair, &algorithm))
		return wrap(pair, algorithm);
	EVP_PKEY_free(pair);
	return NULL;
}

struct text crypto_key_pem(const struct crypto_key *key, struct arena *arena)
{
	BIO *out = BIO_new(BIO_s_secmem());
	struct text pem;
	char *at = NULL;
	long n;

	must(out && PEM_write_bio_PKCS8PrivateKey(out, key->pair, NULL, NULL, 0, NULL, NULL) == 1);
	n = BIO_get_mem_data(out, &at);
	pem = arena_text(arena, (struct text){ at, (size_t)n });
	BIO_free(out);
	return pem;
}

/* -- signatures -- */

/* RFC 7518 3.4: the two numbers side by side, where OpenSSL has them in DER. */
static bool der_to_pair(const unsigned char *der, size_t n, unsigned char out[2 * P384_BYTES])
{
	ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool good = both && BN_bn2binpad(ECDSA_SIG_get0_r(both), out, P384_BYTES) == P384_BYTES &&
		BN_bn2binpad(ECDSA_SIG_get0_s(both), out + P384_BYTES, P384_BYTES) == P384_BYTES;

	ECDSA_SIG_free(both);
	return good;
}

static size_t pair_to_der(const unsigned char in[2 * P384_BYTES], unsigned char *der, size_t room)
{
	ECDSA_SIG *both = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(in, P384_BYTES, NULL), *s = BN_bin2bn(in + P384_BYTES, P384_BYTES, NULL);
	int n;

	must(both && r && s && ECDSA_SIG_set0(both, r, s) == 1);
	n = i2d_ECDSA_SIG(both, NULL);
	must(n > 0 && (size_t)n <= room && i2d_ECDSA_SIG(both, &der) == n);
	ECDSA_SIG_free(both);
	return (size_t)n;
}

bool crypto_sign(const struct crypto_key *key, struct text data, struct arena *arena, struct text *signature)
{
	unsigned char made[SIGNATURE_MAX], both[2 * P384_BYTES];
	size_t n = sizeof(made);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	must(context && EVP_DigestSignInit(context, NULL, EVP_sha384(), NULL, key->pair) == 1 &&
		EVP_DigestSign(context, made, &n, bytes_of(data), data.n) == 1);
	EVP_MD_CTX_free(context);
	if (key->algorithm == CRYPTO_ES384) {
		must(der_to_pair(made, n, both));
		*signature = arena_text(arena, (struct text){ (const char *)both, sizeof(both) });
	} else {
		*signature = arena_text(arena, (struct text){ (const char *)made, n });
	}
	return text_there(*signature);
}

bool crypto_verify(const struct crypto_key *key, struct text data, struct text signature)
{
	unsigned char der[2 * P384_BYTES + 16]; /* two numbers, each with a tag, a length and a sign byte, in a sequence */
	const unsigned char *at = bytes_of(signature);
	size_t n = signature.n;
	EVP_MD_CTX *context;
	bool good;

	if (key->algorithm == CRYPTO_ES384) {
		if (n != 2 * P384_BYTES)
			return false;
		n = pair_to_der(at, der, sizeof(der));
		at = der;
	}
	context = EVP_MD_CTX_new();
	must(context && EVP_DigestVerifyInit(context, NULL, EVP_sha384(), NULL, key->pair) == 1);
	good = EVP_DigestVerify(context, at, n, bytes_of(data), data.n) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good;
}

/* -- sealing -- */

static struct text seal(const unsigned char key[SEAL_KEY_BYTES], const unsigned char nonce[SEAL_NONCE_BYTES], struct text plain, struct arena *arena)
{
	size_t n = SEAL_NONCE_BYTES + plain.n + SEAL_TAG_BYTES;
	EVP_CIPHER_CTX *context;
	unsigned char *at;
	int part = 0, rest = 0;

	assert(plain.n < 1 << 20);
	at = arena_alloc(arena, n);
	if (!at)
		return TEXT_NONE;
	memcpy(at, nonce, SEAL_NONCE_BYTES);
	context = EVP_CIPHER_CTX_new();
	must(context && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, at) == 1 &&
		EVP_EncryptUpdate(context, at + SEAL_NONCE_BYTES, &part, bytes_of(plain), (int)plain.n) == 1 && (size_t)part == plain.n &&
		EVP_EncryptFinal_ex(context, at + SEAL_NONCE_BYTES + part, &rest) == 1 && rest == 0 &&
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, at + SEAL_NONCE_BYTES + part) == 1);
	EVP_CIPHER_CTX_free(context);
	return (struct text){ (const char *)at, n };
}

struct text crypto_seal(const unsigned char key[SEAL_KEY_BYTES], struct text plain, struct arena *arena)
{
	unsigned char nonce[SEAL_NONCE_BYTES];

	crypto_random(nonce, sizeof(nonce));
	return seal(key, nonce, plain, arena);
}

struct text crypto_seal_same(const unsigned char key[SEAL_KEY_BYTES], struct text plain, struct arena *arena)
{
	unsigned char own[SHA256_BYTES], nonce[SHA256_BYTES];
	struct text sealed;

	crypto_sha256_chain(key, text_lit("nonces of this key"), own);
	crypto_sha256_chain(own, plain, nonce); /* of the key as well as of the bytes: nobody else can tell which bytes it stands for */
	sealed = seal(key, nonce, plain, arena);
	explicit_bzero(own, sizeof(own));
	return sealed;
}

bool crypto_open(const unsigned char key[SEAL_KEY_BYTES], struct text sealed, struct arena *arena, struct text *plain)
{
	unsigned char tag[SEAL_TAG_BYTES], *at;
	const unsigned char *from = bytes_of(sealed);
	size_t n = sealed.n - SEAL_NONCE_BYTES - SEAL_TAG_BYTES;
	EVP_CIPHER_CTX *context;
	int part = 0, rest = 0;
	bool good;

	if (sealed.n < SEAL_NONCE_BYTES + SEAL_TAG_BYTES || n >= 1 << 20)
		return false;
	at = arena_alloc(arena, n + 1);
	if (!at)
		return false;
	memcpy(tag, from + SEAL_NONCE_BYTES + n, sizeof(tag));
	context = EVP_CIPHER_CTX_new();
	must(context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, from) == 1 &&
		EVP_DecryptUpdate(context, at, &part, from + SEAL_NONCE_BYTES, (int)n) == 1 &&
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1);
	good = EVP_DecryptFinal_ex(context, at + part, &rest) == 1 && (size_t)part + (size_t)rest == n;
	EVP_CIPHER_CTX_free(context);
	ERR_clear_error();
	*plain = (struct text){ (const char *)at, n };
	return good;
}

bool crypto_same(struct text a, struct text b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.at, b.at, a.n) == 0);
}
