/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of an assertion in order of cost; the signature comes after all that needs none, and only a good one is noted as used. */
#include "gateway/access/assertion.h"

static const struct assertion_row rows[ASSERTION_RESULTS] = {
#define ASSERTION(code, error, status, sentence) [ASSERTION_##code] = { #code, error, status, sentence },
#include "gateway/def/assertion.def"
#undef ASSERTION
};

const struct assertion_row *assertion_row(enum assertion_result result)
{
	return &rows[result];
}

static enum assertion_result check_times(const struct jwt_claims *claims, bool cds, int64_t wall_ms, int64_t *until_ms)
{
	int64_t iat_ms = wall_ms, nbf_ms = wall_ms;

	if (!jose_time(claims->exp, until_ms) || (claims->iat.n && !jose_time(claims->iat, &iat_ms)) || (cds && !claims->iat.n) ||
		(claims->nbf.n && !jose_time(claims->nbf, &nbf_ms)))
		return ASSERTION_MALFORMED;
	if (*until_ms <= wall_ms)
		return ASSERTION_EXPIRED;
	if (*until_ms > wall_ms + ASSERTION_AHEAD_MS + ASSERTION_SKEW_MS)
		return ASSERTION_FAR;
	return iat_ms > wall_ms + ASSERTION_SKEW_MS || nbf_ms > wall_ms + ASSERTION_SKEW_MS ? ASSERTION_EARLY : ASSERTION_GOOD;
}

static enum assertion_result check_signature(const struct assertion_check *check, const struct jose_token *token,
	const struct crypto_key *key, struct now now)
{
	struct assertion_budget *budget = check->budget;

	if (budget->second != now.mono_ms / 1000)
		*budget = (struct assertion_budget){ now.mono_ms / 1000, 0 };
	if (budget->bad >= ASSERTION_BAD_MAX)
		return ASSERTION_BUSY;
	if (jose_token_verify(token, key))
		return ASSERTION_GOOD;
	budget->bad++;
	return ASSERTION_UNKNOWN;
}

enum assertion_result assertion_check(const struct assertion_check *check, struct text token, struct now now, struct arena *arena,
	const struct registered **who)
{
	const struct crypto_key *key;
	enum assertion_result result;
	struct jose_token jwt;
	struct fault fault;
	int64_t until_ms = 0;

	*who = NULL;
	if (!jose_token_read(token, arena, &jwt, &fault) || !jwt.header.kid.n || !jwt.claims.iss.n || !jwt.claims.jti.n ||
		(check->cds && !jwt.header.typ.n))
		return ASSERTION_MALFORMED;
	if (!check->cds && !text_equal(jwt.claims.iss, jwt.claims.sub))
		return ASSERTION_SUBJECT;
	*who = (check->cds ? registry_of_issuer : registry_of)(check->registry, jwt.claims.iss);
	key = *who ? jose_key_of(&(*who)->keys, jwt.header.kid, jwt.algorithm) : NULL;
	if (!key || (jwt.header.jku.n && !text_equal(jwt.header.jku, (*who)->client->jwks_url)))
		return ASSERTION_UNKNOWN;
	if (!jose_audience(jwt.claims.aud, check->audience, arena))
		return ASSERTION_AUDIENCE;
	result = check_times(&jwt.claims, check->cds, now.wall_ms, &until_ms);
	if (result == ASSERTION_GOOD)
		result = check_signature(check, &jwt, key, now);
	if (result != ASSERTION_GOOD)
		return result;
	switch (seen_note(check->seen, (*who)->client->id, jwt.claims.jti, until_ms, now.wall_ms)) {
	case SEEN_NEW:
		return ASSERTION_GOOD;
	case SEEN_BEFORE:
		return ASSERTION_REPLAYED;
	case SEEN_FULL:
		break;
	}
	return ASSERTION_BUSY;
}
