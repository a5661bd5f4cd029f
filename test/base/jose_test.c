/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures, keys and tokens held to what OpenSSL itself makes and to published examples, each beside twins that must be refused. */
#include "base/base64url.h"
#include "base/crypto.h"
#include "base/jose.h"
#include "test/case.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, 8 << 20);
}

static void end(void)
{
	arena_done(&arena);
}

static struct text encoded(const void *bytes, size_t n)
{
	struct buffer out;

	buffer_init(&out, &arena, 0);
	base64url_write(bytes, n, &out);
	return buffer_text(&out);
}

static struct text enc(const char *z)
{
	return encoded(z, strlen(z));
}

static struct text joined(struct text a, const char *between, struct text b)
{
	struct buffer out;

	buffer_init(&out, &arena, 0);
	buffer_add(&out, a);
	buffer_add(&out, text_of(between));
	buffer_add(&out, b);
	return buffer_text(&out);
}

static struct text unhex(const char *hex)
{
	size_t n = strlen(hex) / 2;
	char *at = arena_alloc(&arena, n + 1);

	for (size_t i = 0; i < n; i++)
		sscanf(hex + 2 * i, "%2hhx", (unsigned char *)at + i);
	return (struct text){ at, n };
}

/* -- base64url -- */

CASE(base64url, both_ways_for_every_length)
{
	/* RFC 4648 10, in the alphabet without padding; and RFC 7515 C */
	static const struct {
		const char *plain, *coded;
	} rows[] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" }, { "\x03\xec\xff\xe0\xc1", "A-z_4ME" } };

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct text back;

		cr_expect(text_is(enc(rows[i].plain), rows[i].coded), "%s", rows[i].coded);
		cr_expect(base64url_read(text_of(rows[i].coded), &arena, &back) && text_is(back, rows[i].plain), "%s", rows[i].coded);
	}
	end();
}

CASE(base64url, another_spelling_is_refused)
{
	/* padding, a character of the other alphabet, white space, a length that nothing has, bits left over */
	static const char *const bad[] = { "Zg==", "Zg=", "A+z/4ME", "Zm 9v", "Zm9v\n", "Z", "Zm9vY", "Zh", "Zm9", "Zm9vYmG", "Zm9v." };
	struct text out;

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect(!base64url_read(text_of(bad[i]), &arena, &out), "%s", bad[i]);
	cr_expect(!base64url_read(TEXT_NONE, &arena, &out));
	end();
}

/* -- signatures -- */

/* What OpenSSL itself says of a signature in its own form. */
static bool theirs_verifies(EVP_PKEY *pair, struct text data, const unsigned char *signature, size_t n)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(context, NULL, EVP_sha384(), NULL, pair) == 1 &&
		EVP_DigestVerify(context, signature, n, (const unsigned char *)data.at, data.n) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

static size_t theirs_signs(EVP_PKEY *pair, const EVP_MD *md, struct text data, unsigned char *out, size_t room)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t n = room;

	cr_assert(EVP_DigestSignInit(context, NULL, md, NULL, pair) == 1);
	cr_assert(EVP_DigestSign(context, out, &n, (const unsigned char *)data.at, data.n) == 1);
	EVP_MD_CTX_free(context);
	return n;
}

static struct text big(EVP_PKEY *pair, const char *name, int n)
{
	unsigned char *at = arena_alloc(&arena, 600);
	BIGNUM *value = NULL;

	cr_assert(EVP_PKEY_get_bn_param(pair, name, &value) == 1);
	n = n ? n : BN_num_bytes(value);
	cr_assert(BN_bn2binpad(value, at, n) == n);
	BN_free(value);
	return (struct text){ (char *)at, (size_t)n };
}

static struct crypto_key *public_of(EVP_PKEY *pair)
{
	if (EVP_PKEY_is_a(pair, "RSA"))
		return crypto_rsa_public(big(pair, OSSL_PKEY_PARAM_RSA_N, 0), big(pair, OSSL_PKEY_PARAM_RSA_E, 0));
	return crypto_p384_public(big(pair, OSSL_PKEY_PARAM_EC_PUB_X, 48), big(pair, OSSL_PKEY_PARAM_EC_PUB_Y, 48));
}

CASE(crypto_key, an_rs384_signature_of_openssl_verifies_and_its_twins_do_not)
{
	EVP_PKEY *pair = EVP_RSA_gen(2048), *other = EVP_RSA_gen(2048);
	struct crypto_key *key, *wrong;
	unsigned char made[512];
	struct text data = text_lit("header.payload"), signature = { (const char *)made, 0 };

	begin();
	key = public_of(pair);
	wrong = public_of(other);
	cr_assert(key && wrong);
	signature.n = theirs_signs(pair, EVP_sha384(), data, made, sizeof(made));
	cr_expect(crypto_verify(key, data, signature));
	cr_expect(!crypto_verify(wrong, data, signature));
	cr_expect(!crypto_verify(key, text_lit("header.payloae"), signature));
	cr_expect(!crypto_verify(key, data, (struct text){ signature.at, signature.n - 1 }));
	cr_expect(!crypto_verify(key, data, text_lit("")));
	made[7] ^= 1;
	cr_expect(!crypto_verify(key, data, signature));
	signature.n = theirs_signs(pair, EVP_sha256(), data, made, sizeof(made)); /* RS256 under the same key */
	cr_expect(!crypto_verify(key, data, signature));
	crypto_key_free(key);
	crypto_key_free(wrong);
	EVP_PKEY_free(pair);
	EVP_PKEY_free(other);
	end();
}

/* RFC 6979 A.2.6: P-384, SHA-384, message "sample" */
#define X_6979 "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13"
#define Y_6979 "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720"
#define R_6979 "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
#define S_6979 "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"
#define ZERO48 "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

CASE(crypto_key, the_published_es384_signature_verifies_and_its_twins_do_not)
{
	struct crypto_key *key;

	begin();
	key = crypto_p384_public(unhex(X_6979), unhex(Y_6979));
	cr_assert(key);
	cr_expect(crypto_verify(key, text_lit("sample"), unhex(R_6979 S_6979)));
	cr_expect(!crypto_verify(key, text_lit("sampld"), unhex(R_6979 S_6979)));
	cr_expect(!crypto_verify(key, text_lit("sample"), unhex(S_6979 R_6979)));
	cr_expect(!crypto_verify(key, text_lit("sample"), unhex(R_6979)));
	cr_expect(!crypto_verify(key, text_lit("sample"), unhex(R_6979 S_6979 "00")));
	cr_expect(!crypto_verify(key, text_lit("sample"), unhex(ZERO48 ZERO48))); /* CVE-2022-21449's */
	cr_expect(!crypto_verify(key, text_lit("sample"), unhex(R_6979 ZERO48)));
	crypto_key_free(key);
	end();
}

CASE(crypto_key, what_we_sign_openssl_verifies)
{
	begin();
	for (int i = 0; i < CRYPTO_ALGORITHMS; i++) {
		struct crypto_key *key = crypto_key_make((enum crypto_algorithm)i), *again, *public;
		struct text data = text_lit("what is signed"), signature, pem, first, second;
		unsigned char der[600];
		const unsigned char *at = der;
		size_t n;
		BIO *in;
		EVP_PKEY *pair;

		cr_assert(crypto_sign(key, data, &arena, &signature));
		pem = crypto_key_pem(key, &arena);
		cr_assert(text_starts(pem, "-----BEGIN PRIVATE KEY-----"));
		in = BIO_new_mem_buf(pem.at, (int)pem.n);
		pair = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
		cr_assert(pair);
		if (i == CRYPTO_ES384) {
			ECDSA_SIG *both = ECDSA_SIG_new();
			unsigned char *to = der;

			cr_assert_eq(signature.n, 96);
			ECDSA_SIG_set0(both, BN_bin2bn((const unsigned char *)signature.at, 48, NULL),
				BN_bin2bn((const unsigned char *)signature.at + 48, 48, NULL));
			n = (size_t)i2d_ECDSA_SIG(both, &to);
			ECDSA_SIG_free(both);
		} else {
			n = signature.n;
			memcpy(der, signature.at, n);
		}
		cr_expect(theirs_verifies(pair, data, at, n));
		cr_expect(crypto_verify(key, data, signature));
		again = crypto_key_read(pem);
		cr_assert(again && crypto_key_algorithm(again) == (enum crypto_algorithm)i);
		cr_expect(crypto_verify(again, data, signature));
		cr_assert(crypto_key_numbers(again, &arena, &first, &second));
		public = i == CRYPTO_ES384 ? crypto_p384_public(first, second) : crypto_rsa_public(first, second);
		cr_expect(public && crypto_verify(public, data, signature));
		crypto_key_free(key);
		crypto_key_free(again);
		crypto_key_free(public);
		EVP_PKEY_free(pair);
		BIO_free(in);
	}
	end();
}

CASE(crypto_key, keys_of_another_size_or_form_are_none)
{
	EVP_PKEY *small = EVP_RSA_gen(1024), *pair = EVP_RSA_gen(2048), *p256 = EVP_EC_gen("P-256");
	BIO *out = BIO_new(BIO_s_mem());
	struct text n, x, y, e = text_lit("\x01\x00\x01");
	char *at;

	begin();
	cr_expect_null(public_of(small));
	n = big(pair, OSSL_PKEY_PARAM_RSA_N, 0);
	cr_expect_null(crypto_rsa_public(n, text_lit("\x03")));
	cr_expect_null(crypto_rsa_public(n, text_lit("\x01\x00\x02")));
	cr_expect_null(crypto_rsa_public(n, text_lit("\x01\x00\x01\x00\x01\x00\x01\x00\x01")));
	cr_expect_null(crypto_rsa_public(joined((struct text){ "", 1 }, "", n), e)); /* a zero byte before it: another spelling */
	cr_expect_null(crypto_rsa_public(n, (struct text){ "\0\x01\0\x01", 4 }));
	cr_expect_null(crypto_rsa_public(n, TEXT_NONE));
	cr_expect_null(crypto_rsa_public(joined(n, "", joined(n, "", text_lit("\x01"))), e)); /* 4104 bits */
	x = unhex(X_6979);
	y = unhex(Y_6979);
	cr_expect_null(crypto_p384_public(y, x));                             /* not on the curve */
	cr_expect_null(crypto_p384_public(unhex(ZERO48), unhex(ZERO48)));
	cr_expect_null(crypto_p384_public((struct text){ x.at, 47 }, y));
	cr_expect_null(crypto_key_read(text_lit("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")));
	cr_expect_null(crypto_key_read(TEXT_NONE));
	PEM_write_bio_PrivateKey(out, p256, NULL, NULL, 0, NULL, NULL);
	n.n = (size_t)BIO_get_mem_data(out, &at);
	n.at = at;
	cr_expect_null(crypto_key_read(n)); /* a good key on another curve */
	(void)BIO_reset(out);
	PEM_write_bio_PrivateKey(out, pair, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL, NULL);
	n.n = (size_t)BIO_get_mem_data(out, &at);
	n.at = at;
	cr_expect_null(crypto_key_read(n)); /* locked */
	BIO_free(out);
	EVP_PKEY_free(small);
	EVP_PKEY_free(pair);
	EVP_PKEY_free(p256);
	end();
}

/* -- sealing -- */

CASE(crypto_key, what_is_sealed_opens_whole_or_not_at_all)
{
	unsigned char key[SEAL_KEY_BYTES] = { 1, 2, 3 }, other[SEAL_KEY_BYTES] = { 1, 2, 4 };
	struct text plain = text_lit("who may do what until when"), sealed, back;

	begin();
	sealed = crypto_seal(key, plain, &arena);
	cr_assert_eq(sealed.n, plain.n + 28);
	cr_expect(crypto_open(key, sealed, &arena, &back) && text_equal(back, plain));
	cr_expect(!crypto_open(other, sealed, &arena, &back));
	cr_expect(!text_equal(sealed, crypto_seal(key, plain, &arena)));
	cr_expect(text_equal(crypto_seal_same(key, plain, &arena), crypto_seal_same(key, plain, &arena)) &&
		  !text_equal(crypto_seal_same(key, plain, &arena), crypto_seal_same(other, plain, &arena)));
	cr_expect(memcmp(crypto_seal_same(key, plain, &arena).at, crypto_seal_same(key, text_lit("who may"), &arena).at, SEAL_NONCE_BYTES) != 0);
	cr_expect(crypto_open(key, crypto_seal_same(key, plain, &arena), &arena, &back) && text_equal(back, plain));
	for (size_t i = 0; i < sealed.n; i++) {
		struct text changed = arena_text(&arena, sealed);

		((char *)(uintptr_t)changed.at)[i] ^= 0x20;
		cr_expect(!crypto_open(key, changed, &arena, &back), "byte %zu", i);
		cr_expect(!crypto_open(key, (struct text){ sealed.at, i }, &arena, &back), "%zu bytes", i);
	}
	cr_expect(!text_equal(sealed, crypto_seal(key, plain, &arena)), "a nonce was used twice");
	sealed = crypto_seal(key, TEXT_NONE, &arena);
	cr_expect(crypto_open(key, sealed, &arena, &back) && back.n == 0);
	cr_expect(crypto_same(text_lit("abc"), text_lit("abc")) && !crypto_same(text_lit("abc"), text_lit("abd")) &&
		!crypto_same(text_lit("abc"), text_lit("ab")) && crypto_same(text_lit(""), TEXT_NONE));
	end();
}

/* -- key sets -- */

#define N_7638                                                                                                        \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY" \
	"4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTW" \
	"hAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
#define GOOD_RSA "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" N_7638 "\""
#define GOOD_EC                                                                                                               \
	"\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"7DpOQVtOGaRWhhgCn0J_pdqai8SukuAuBqrlKGswDGTe-PDqkFWGYGSiVFFUgLwT\",\"y\":\"gBXZty19VyROqO-awMYhiWcIpZNn-d-59UyoSz8cnbEoiyMcOuDU_nNE_SUzJkcg\""

static bool reads(const char *body, struct jose_keys *keys, struct fault *fault)
{
	return jose_keys_read(text_of(body), &arena, keys, fault);
}

CASE(jose, a_key_has_its_published_thumbprint)
{
	struct jose_keys keys;
	struct fault fault;

	begin();
	cr_assert(reads("{\"keys\":[{" GOOD_RSA ",\"alg\":\"RS384\",\"kid\":\"2011-04-29\"}]}", &keys, &fault));
	cr_expect(text_is(jose_thumbprint(keys.keys[0].key, &arena), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")); /* RFC 7638 3.1 */
	jose_keys_done(&keys);
	end();
}

CASE(jose, of_a_set_the_keys_that_sign_here_are_taken)
{
	struct jose_keys keys;
	struct fault fault;

	begin();
	cr_assert(reads("{\"keys\":["
			"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\",\"kid\":\"p\"},"
			"{\"kty\":\"oct\",\"k\":\"AA\"}," /* another type, without a kid */
			"{" GOOD_RSA ",\"use\":\"enc\",\"kid\":\"enc\"},"
			"{" GOOD_RSA ",\"alg\":\"RS256\",\"kid\":\"256\"},"
			"{" GOOD_RSA ",\"key_ops\":[\"encrypt\"],\"kid\":\"ops\"},"
			"{" GOOD_RSA ",\"kid\":\"r\",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"x5t\":\"abc\"},"
			"{" GOOD_EC ",\"kid\":\"e\",\"alg\":\"ES384\"}]}", &keys, &fault), "%s", fault.path);
	cr_assert_eq(keys.n, 2);
	cr_expect(jose_key_of(&keys, text_lit("r"), CRYPTO_RS384) == keys.keys[0].key);
	cr_expect(jose_key_of(&keys, text_lit("e"), CRYPTO_ES384) == keys.keys[1].key);
	cr_expect(jose_key_of(&keys, TEXT_NONE, CRYPTO_ES384) == keys.keys[1].key);
	cr_expect_null(jose_key_of(&keys, text_lit("r"), CRYPTO_ES384)); /* the key of another algorithm */
	cr_expect_null(jose_key_of(&keys, text_lit("enc"), CRYPTO_RS384));
	cr_expect_null(jose_key_of(&keys, text_lit(""), CRYPTO_RS384));
	jose_keys_done(&keys);
	end();
}

CASE(jose, a_set_that_is_wrong_says_where)
{
	static const struct {
		const char *body;
		enum fault_code code;
		const char *path;
	} rows[] = {
		{ "", FAULT_NOT_JSON, "" },
		{ "[]", FAULT_NOT_JSON, "" },
		{ "{}", FAULT_MISSING, "keys" },
		{ "{\"keys\":[]}", FAULT_MISSING, "keys" },
		{ "{\"keys\":{}}", FAULT_BAD_TEXT, "keys[0]" },
		{ "{\"keys\":[{\"kid\":\"a\"}]}", FAULT_MISSING, "keys[0]/kty" },
		{ "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\"}]}", FAULT_MISSING, "keys" }, /* none for us */
		{ "{\"keys\":[{" GOOD_RSA "}]}", FAULT_MISSING, "keys[0]/kid" },
		{ "{\"keys\":[{" GOOD_RSA ",\"kid\":\"\"}]}", FAULT_MISSING, "keys[0]/kid" },
		{ "{\"keys\":[{" GOOD_EC ",\"kid\":\"a\"},{" GOOD_RSA ",\"kid\":\"a\"}]}", FAULT_REPEATED, "keys[1]/kid" },
		{ "{\"keys\":[{" GOOD_RSA ",\"kid\":\"a\",\"kid\":\"b\"}]}", FAULT_REPEATED, "" },
		{ "{\"keys\":[{" GOOD_RSA ",\"kid\":\"a\",\"d\":\"AQAB\"}]}", FAULT_RULE, "keys[0]/d" },
		{ "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"AQAB\"}]}", FAULT_MISSING, "keys[0]/n" },
		{ "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"" N_7638 "\"}]}", FAULT_MISSING, "keys[0]/e" },
		{ "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"AQAB\",\"n\":\"" N_7638 "==\"}]}", FAULT_BAD_TEXT, "keys[0]/n" },
		{ "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"Aw\",\"n\":\"" N_7638 "\"}]}", FAULT_BAD_TEXT, "keys[0]/n" },
		{ "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"a\",\"x\":\"AQAB\",\"y\":\"AQAB\"}]}", FAULT_BAD_TEXT, "keys[0]/x" },
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct jose_keys keys;
		struct fault fault = { 0 };

		cr_expect(!reads(rows[i].body, &keys, &fault), "row %zu", i);
		cr_expect(fault.code == rows[i].code && strcmp(fault.path, rows[i].path) == 0, "row %zu: %s at %s", i, fault_row(fault.code)->name,
			fault.path);
		cr_expect_eq(keys.n, 0);
	}
	end();
}

CASE(jose, a_key_we_write_is_read_again)
{
	begin();
	for (int i = 0; i < CRYPTO_ALGORITHMS; i++) {
		struct crypto_key *key = crypto_key_make((enum crypto_algorithm)i);
		struct text kid = jose_thumbprint(key, &arena);
		struct jose_keys keys;
		struct fault fault;
		struct buffer out;

		buffer_init(&out, &arena, 0);
		buffer_lit(&out, "{\"keys\":[");
		jose_key_write(key, kid, &out);
		buffer_lit(&out, "]}");
		cr_assert(jose_keys_read(buffer_text(&out), &arena, &keys, &fault), "%s", fault.path);
		cr_expect(jose_key_of(&keys, kid, (enum crypto_algorithm)i) != NULL);
		cr_expect(text_equal(jose_thumbprint(keys.keys[0].key, &arena), kid));
		jose_keys_done(&keys);
		crypto_key_free(key);
	}
	end();
}

/* -- tokens -- */

CASE(jose, a_token_made_by_openssl_is_read_and_verified)
{
	EVP_PKEY *pair = EVP_RSA_gen(2048);
	unsigned char made[512];
	struct crypto_key *key;
	struct jose_token token;
	struct text body;
	struct fault fault;
	int64_t ms = 0;
	size_t n;

	begin();
	key = public_of(pair);
	body = joined(enc("{\"typ\":\"jwt\",\"alg\":\"RS384\",\"kid\":\"k1\"}"), ".",
		enc("{\"iss\":\"a\",\"sub\":\"a\",\"aud\":\"https://x/token\",\"exp\":1700000300.5,\"jti\":\"1\",\"more\":{\"a\":[1]}}"));
	n = theirs_signs(pair, EVP_sha384(), body, made, sizeof(made));
	cr_assert(jose_token_read(joined(body, ".", encoded(made, n)), &arena, &token, &fault), "%s", fault.path);
	cr_expect(jose_token_verify(&token, key));
	cr_expect(token.algorithm == CRYPTO_RS384 && text_is(token.header.kid, "k1") && text_is(token.claims.jti, "1"));
	cr_expect(jose_time(token.claims.exp, &ms) && ms == 1700000300500);
	cr_expect(jose_audience(token.claims.aud, text_lit("https://x/token"), &arena));
	made[0] ^= 1;
	cr_assert(jose_token_read(joined(body, ".", encoded(made, n)), &arena, &token, &fault));
	cr_expect(!jose_token_verify(&token, key));
	crypto_key_free(key);
	EVP_PKEY_free(pair);
	end();
}

CASE(jose, a_token_we_sign_is_read_and_verified_and_no_other_key_does)
{
	struct crypto_key *key, *other, *rsa;
	struct jose_token token;
	struct text compact;
	struct fault fault;

	begin();
	key = crypto_key_make(CRYPTO_ES384);
	other = crypto_key_make(CRYPTO_ES384);
	rsa = crypto_key_make(CRYPTO_RS384);
	compact = jose_token_sign(key, text_lit("k"), text_lit("{\"iss\":\"a\"}"), &arena);
	cr_assert(jose_token_read(compact, &arena, &token, &fault));
	cr_expect(text_is(token.header.kid, "k") && text_is(token.claims.iss, "a") && token.algorithm == CRYPTO_ES384);
	cr_expect(jose_token_verify(&token, key));
	cr_expect(!jose_token_verify(&token, other));
	cr_expect(!jose_token_verify(&token, rsa)); /* a key of another algorithm than the header names */
	crypto_key_free(key);
	crypto_key_free(other);
	crypto_key_free(rsa);
	end();
}

CASE(jose, a_token_that_is_malformed_says_where)
{
	static const struct {
		const char *header, *claims;
		enum fault_code code;
		const char *path;
	} rows[] = {
		{ "{\"alg\":\"none\"}", "{}", FAULT_BAD_CODE, "header/alg" },
		{ "{\"alg\":\"None\"}", "{}", FAULT_BAD_CODE, "header/alg" },
		{ "{\"alg\":\"HS384\"}", "{}", FAULT_BAD_CODE, "header/alg" }, /* the public key taken for a shared secret */
		{ "{\"alg\":\"RS256\"}", "{}", FAULT_BAD_CODE, "header/alg" },
		{ "{\"alg\":\"PS384\"}", "{}", FAULT_BAD_CODE, "header/alg" },
		{ "{\"alg\":\"rs384\"}", "{}", FAULT_BAD_CODE, "header/alg" },
		{ "{}", "{}", FAULT_MISSING, "header/alg" },
		{ "{\"alg\":[\"RS384\"]}", "{}", FAULT_BAD_TEXT, "header/alg" },
		{ "{\"alg\":\"RS384\",\"alg\":\"ES384\"}", "{}", FAULT_REPEATED, "header" },
		{ "{\"alg\":\"RS384\",\"crit\":[\"exp\"]}", "{}", FAULT_RULE, "header/crit" },
		{ "{\"alg\":\"RS384\",\"typ\":\"JOSE\"}", "{}", FAULT_BAD_CODE, "header/typ" },
		{ "{\"alg\":\"RS384\"", "{}", FAULT_NOT_JSON, "header" },
		{ "\"RS384\"", "{}", FAULT_NOT_JSON, "header" },
		{ "{\"alg\":\"RS384\"}", "", FAULT_NOT_JSON, "claims" },
		{ "{\"alg\":\"RS384\"}", "[]", FAULT_NOT_JSON, "claims" },
		{ "{\"alg\":\"RS384\"}", "{\"iss\":7}", FAULT_BAD_TEXT, "claims/iss" },
		{ "{\"alg\":\"RS384\"}", "{\"iss\":\"a\",\"iss\":\"b\"}", FAULT_REPEATED, "claims" },
		{ "{\"alg\":\"RS384\"}", "{\"iss\":\"\xff\"}", FAULT_NOT_JSON, "claims" },
	};
	struct jose_token token;
	struct fault fault;
	char *much;

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct text compact = joined(joined(enc(rows[i].header), ".", enc(rows[i].claims)), ".", text_lit("AAAA"));

		cr_expect(!jose_token_read(compact, &arena, &token, &fault), "row %zu", i);
		cr_expect(fault.code == rows[i].code && strcmp(fault.path, rows[i].path) == 0, "row %zu: %s at %s", i, fault_row(fault.code)->name,
			fault.path);
	}
	static const char *const forms[] = { "", ".", "..", "a.b", "eyJhbGciOiJSUzM4NCJ9.e30", "eyJhbGciOiJSUzM4NCJ9.e30.AA==",
		"eyJhbGciOiJSUzM4NCJ9.e30.AAAA.AAAA", "eyJhbGciOiJSUzM4NCJ9.e30.AAAA.AAAA.AAAA", " eyJhbGciOiJSUzM4NCJ9.e30.AAAA",
		"eyJhbGciOiJSUzM4NCJ9.e30.AAAA\n", "eyJhbGciOiJSUzM4NCJ9=.e30.AAAA", "{\"payload\":\"e30\"}" };
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		cr_expect(!jose_token_read(text_of(forms[i]), &arena, &token, &fault), "form %zu", i);
	cr_expect(jose_token_read(text_lit("eyJhbGciOiJSUzM4NCJ9.e30.AAAA"), &arena, &token, &fault)); /* their good twin */
	much = arena_alloc(&arena, JOSE_TOKEN_MAX + 1);
	memset(much, 'A', JOSE_TOKEN_MAX + 1);
	memcpy(much, "eyJhbGciOiJSUzM4NCJ9.e30.", 25);
	cr_expect(!jose_token_read((struct text){ much, JOSE_TOKEN_MAX + 1 }, &arena, &token, &fault) && fault.code == FAULT_TOO_LONG);
	cr_expect(jose_token_read((struct text){ much, JOSE_TOKEN_MAX - 3 }, &arena, &token, &fault));
	end();
}

CASE(jose, times_and_audiences)
{
	static const char *const bad[] = { "", "\"1700000000\"", "-1", "+1", "1e9", "1.5e3", "1700000000000", "true", "[1]", "null", ".5", "1.x" };
	int64_t ms;

	begin();
	cr_expect(jose_time(text_lit("1700000000"), &ms) && ms == 1700000000000);
	cr_expect(jose_time(text_lit("1700000000.1239"), &ms) && ms == 1700000000123);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect(!jose_time(text_of(bad[i]), &ms), "%s", bad[i]);
	cr_expect(!jose_time(TEXT_NONE, &ms));
	cr_expect(jose_audience(text_lit("\"https://a/t\""), text_lit("https://a/t"), &arena));
	cr_expect(jose_audience(text_lit("[\"x\",\"https:\\/\\/a/t\"]"), text_lit("https://a/t"), &arena));
	cr_expect(!jose_audience(text_lit("\"https://a/t/\""), text_lit("https://a/t"), &arena));
	cr_expect(!jose_audience(text_lit("[]"), text_lit("https://a/t"), &arena));
	cr_expect(!jose_audience(text_lit("{\"https://a/t\":1}"), text_lit("https://a/t"), &arena));
	cr_expect(!jose_audience(text_lit("[[\"https://a/t\"]]"), text_lit("https://a/t"), &arena));
	cr_expect(!jose_audience(TEXT_NONE, text_lit("https://a/t"), &arena));
	end();
}
