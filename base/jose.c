/* SPDX-License-Identifier: Apache-2.0 */
/* Compact tokens and key sets, apart and together. */
#include "base/jose.h"

#include "base/base64url.h"
#include "base/crypto.h"
#include "base/json.h"

#include <string.h>

#include "base/record_table.h"
#include "base/jose.def"
#include "base/record_end.h"

enum { SECONDS_DIGITS_MAX = 12 /* of seconds: 253402300799 is the end of 9999 */ };

/* -- key sets -- */

/* RFC 7517 5: what is meant for something else, or for a curve or algorithm we do not speak, is none of our business. */
static bool for_us(const struct jwk *jwk, enum crypto_algorithm *algorithm)
{
	bool verify = jwk->key_ops_n == 0;

	*algorithm = text_is(jwk->kty, "RSA") ? CRYPTO_RS384 : CRYPTO_ES384;
	for (size_t i = 0; i < jwk->key_ops_n; i++)
		verify |= text_is(jwk->key_ops[i], "verify");
	return verify && (*algorithm == CRYPTO_RS384 || (text_is(jwk->kty, "EC") && text_is(jwk->crv, "P-384"))) &&
		(!jwk->use.n || text_is(jwk->use, "sig")) && (!jwk->alg.n || text_is(jwk->alg, crypto_algorithm_name(*algorithm)));
}

static struct crypto_key *make_key(const struct jwk *jwk, enum crypto_algorithm algorithm, struct arena *arena, struct fault *fault)
{
	bool rsa = algorithm == CRYPTO_RS384;
	struct text first = rsa ? jwk->n : jwk->x, second = rsa ? jwk->e : jwk->y;
	struct crypto_key *key = NULL;

	if (!first.n || !second.n)
		fault_set(fault, FAULT_MISSING, !first.n ? (rsa ? "n" : "x") : rsa ? "e" : "y");
	else if (!base64url_read(first, arena, &first) || !base64url_read(second, arena, &second))
		fault_set(fault, FAULT_BAD_TEXT, rsa ? "n" : "x");
	else if (!(key = (rsa ? crypto_rsa_public : crypto_p384_public)(first, second)))
		fault_set(fault, FAULT_BAD_TEXT, rsa ? "n" : "x");
	return key;
}

static bool take_key(const struct jwk *jwk, struct arena *arena, struct jose_keys *out, struct fault *fault)
{
	enum crypto_algorithm algorithm;
	struct jose_key *to;
	struct crypto_key *key;

	if (jwk->d.n)
		return fault_set(fault, FAULT_RULE, "d");
	if (!for_us(jwk, &algorithm))
		return true;
	if (!jwk->kid.n)
		return fault_set(fault, FAULT_MISSING, "kid");
	for (size_t i = 0; i < out->n; i++)
		if (text_equal(out->keys[i].kid, jwk->kid))
			return fault_set(fault, FAULT_REPEATED, "kid");
	key = make_key(jwk, algorithm, arena, fault);
	if (!key)
		return false;
	to = arena_push(arena, (void **)&out->keys, &out->n, sizeof(*to));
	if (!to) {
		crypto_key_free(key);
		return fault_set(fault, FAULT_TOO_LARGE, "");
	}
	*to = (struct jose_key){ jwk->kid, key };
	return true;
}

bool jose_keys_read(struct text body, struct arena *arena, struct jose_keys *out, struct fault *fault)
{
	struct jwk_set *set = arena_new(arena, struct jwk_set);
	size_t i = 0;

	*out = (struct jose_keys){ NULL, 0 };
	if (!set || body.n > JOSE_KEYS_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!json_read(&jwk_set_record, set, body, arena, NULL, fault) || !record_check(&jwk_set_record, set, fault))
		return false;
	while (i < set->keys_n && take_key(&set->keys[i], arena, out, fault))
		i++;
	if (i < set->keys_n)
		fault_under(fault, text_lit("keys"), (int)i);
	else if (out->n)
		return true;
	else
		fault_set(fault, FAULT_MISSING, "keys");
	jose_keys_done(out);
	return false;
}

void jose_keys_done(struct jose_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		crypto_key_free(keys->keys[i].key);
	*keys = (struct jose_keys){ NULL, 0 };
}

const struct crypto_key *jose_key_of(const struct jose_keys *keys, struct text kid, enum crypto_algorithm algorithm)
{
	const struct crypto_key *found = NULL;

	for (size_t i = 0; i < keys->n; i++) {
		if (crypto_key_algorithm(keys->keys[i].key) != algorithm || (text_there(kid) && !text_equal(keys->keys[i].kid, kid)))
			continue;
		if (found)
			return NULL; /* without a kid it would be a guess */
		found = keys->keys[i].key;
	}
	return found;
}

/* The members that make the key, in the order of RFC 7638 3.2. */
static void write_members(const struct crypto_key *key, struct buffer *out)
{
	bool rsa = crypto_key_algorithm(key) == CRYPTO_RS384;
	struct text first, second;

	if (!crypto_key_numbers(key, out->arena, &first, &second)) {
		out->failed = true;
		return;
	}
	buffer_add(out, rsa ? text_lit("\"e\":\"") : text_lit("\"crv\":\"P-384\",\"kty\":\"EC\",\"x\":\""));
	base64url_write(rsa ? second.at : first.at, rsa ? second.n : first.n, out);
	buffer_add(out, rsa ? text_lit("\",\"kty\":\"RSA\",\"n\":\"") : text_lit("\",\"y\":\""));
	base64url_write(rsa ? first.at : second.at, rsa ? first.n : second.n, out);
	buffer_lit(out, "\"");
}

struct text jose_thumbprint(const struct crypto_key *key, struct arena *arena)
{
	unsigned char hash[SHA256_BYTES];
	struct buffer members, out;

	buffer_init(&members, arena, 1024);
	buffer_lit(&members, "{");
	write_members(key, &members);
	buffer_lit(&members, "}");
	if (members.failed)
		return TEXT_NONE;
	crypto_sha256(buffer_text(&members), hash);
	buffer_init(&out, arena, 64);
	base64url_write(hash, sizeof(hash), &out);
	return buffer_text(&out);
}

void jose_key_write(const struct crypto_key *key, struct text kid, struct buffer *out)
{
	struct jwk named = { .kid = kid, .use = text_lit("sig"), .alg = text_of(crypto_algorithm_name(crypto_key_algorithm(key))) };

	json_write(&jwk_record, &named, out);
	if (out->failed)
		return;
	out->n--; /* its closing brace: the numbers follow */
	buffer_lit(out, ",");
	write_members(key, out);
	buffer_lit(out, "}");
}

/* -- tokens -- */

static bool read_part(const struct record *record, void *rec, const char *name, struct text part, struct arena *arena, struct fault *fault)
{
	struct text json;

	if (!base64url_read(part, arena, &json))
		return fault_set(fault, FAULT_BAD_TEXT, name);
	if (json_read(record, rec, json, arena, NULL, fault) && record_check(record, rec, fault))
		return true;
	return fault_under(fault, text_of(name), -1);
}

bool jose_token_read(struct text compact, struct arena *arena, struct jose_token *out, struct fault *fault)
{
	struct text rest = compact, header = text_cut(&rest, '.'), payload = text_cut(&rest, '.');

	*out = (struct jose_token){ 0 };
	if (compact.n > JOSE_TOKEN_MAX)
		return fault_set(fault, FAULT_TOO_LONG, "");
	if (!text_there(rest) || !base64url_read(rest, arena, &out->signature))
		return fault_set(fault, FAULT_BAD_TEXT, "signature");
	if (!read_part(&jose_header_record, &out->header, "header", header, arena, fault))
		return false;
	if (!crypto_algorithm_of(out->header.alg, &out->algorithm))
		return fault_set(fault, FAULT_BAD_CODE, "header/alg");
	if (out->header.crit.n)
		return fault_set(fault, FAULT_RULE, "header/crit");
	/* RFC 7515 4.1.9: "JWT" is "application/jwt" without its first half, and compared without case */
	if (out->header.typ.n && !text_equal_nocase(out->header.typ, text_lit("JWT")))
		return fault_set(fault, FAULT_BAD_CODE, "header/typ");
	if (!read_part(&jwt_claims_record, &out->claims, "claims", payload, arena, fault))
		return false;
	out->signed_part = (struct text){ compact.at, header.n + 1 + payload.n };
	return true;
}

bool jose_token_verify(const struct jose_token *token, const struct crypto_key *key)
{
	return crypto_key_algorithm(key) == token->algorithm && crypto_verify(key, token->signed_part, token->signature);
}

struct text jose_token_sign(const struct crypto_key *key, struct text kid, struct text claims, struct arena *arena)
{
	struct jose_header header = { .alg = text_of(crypto_algorithm_name(crypto_key_algorithm(key))), .kid = kid, .typ = text_lit("JWT") };
	struct buffer json, out;
	struct text signature;

	buffer_init(&json, arena, 256);
	json_write(&jose_header_record, &header, &json);
	buffer_init(&out, arena, 2048);
	base64url_write(buffer_text(&json).at, buffer_text(&json).n, &out);
	buffer_lit(&out, ".");
	base64url_write(claims.at, claims.n, &out);
	if (json.failed || out.failed || !crypto_sign(key, buffer_text(&out), arena, &signature))
		return TEXT_NONE;
	buffer_lit(&out, ".");
	base64url_write(signature.at, signature.n, &out);
	return buffer_text(&out);
}

bool jose_time(struct text raw, int64_t *wall_ms)
{
	struct text fraction = raw, seconds = text_cut(&fraction, '.');
	int64_t s;

	if (seconds.n > SECONDS_DIGITS_MAX || !seconds.n || seconds.at[0] < '0' || seconds.at[0] > '9' || !text_to_int(seconds, &s))
		return false;
	*wall_ms = s * 1000;
	for (size_t i = 0, unit = 100; i < fraction.n; i++, unit /= 10) {
		if (fraction.at[i] < '0' || fraction.at[i] > '9')
			return false;
		*wall_ms += (fraction.at[i] - '0') * (int64_t)unit;
	}
	return true;
}

bool jose_audience(struct text raw, struct text wanted, struct arena *arena)
{
	struct jwt_audiences several = { 0 };
	struct buffer json;
	struct fault ignored;

	/* As an object, which is what the reader reads; a single one as a list of one. */
	buffer_init(&json, arena, raw.n + 16);
	buffer_lit(&json, "{\"aud\":");
	if (raw.n && raw.at[0] == '"')
		buffer_lit(&json, "[");
	buffer_add(&json, raw);
	if (raw.n && raw.at[0] == '"')
		buffer_lit(&json, "]");
	buffer_lit(&json, "}");
	if (json.failed || !json_read(&jwt_audiences_record, &several, buffer_text(&json), arena, NULL, &ignored) ||
		!record_check(&jwt_audiences_record, &several, &ignored))
		return false;
	for (size_t i = 0; i < several.aud_n; i++)
		if (text_equal(several.aud[i], wanted))
			return true;
	return false;
}
