/* SPDX-License-Identifier: Apache-2.0 */
/* A signed assertion from a client's own key. */
#include "gateway/access/assertion_sign.h"

#include "base/crypto.h"
#include "base/jose.h"
#include "base/json.h"
#include "gateway/access/assertion.h"

struct text assertion_sign(const struct crypto_key *key, const struct assertion_wish *wish, struct now now, struct arena *arena)
{
	int64_t issued_s = now.wall_ms / 1000, life_s = wish->life_s ? wish->life_s : ASSERTION_AHEAD_MS / 1000;
	struct jwt_claims claims = { .iss = wish->client, .jti = crypto_id(now.wall_ms, arena) };
	struct buffer times[2], quoted, json;

	for (int i = 0; i < 2; i++) {
		buffer_init(&times[i], arena, 24);
		buffer_add_int(&times[i], i ? issued_s : issued_s + life_s);
	}
	if (!wish->cds)
		claims.sub = claims.iss;
	buffer_init(&quoted, arena, 256);
	buffer_lit(&quoted, "\"");
	buffer_add(&quoted, wish->audience);
	buffer_lit(&quoted, "\"");
	claims.aud = buffer_text(&quoted);
	claims.exp = buffer_text(&times[0]);
	claims.iat = buffer_text(&times[1]);
	buffer_init(&json, arena, 512);
	json_write(&jwt_claims_record, &claims, &json);
	return jose_token_sign(key, wish->kid ? text_of(wish->kid) : jose_thumbprint(key, arena), buffer_text(&json), arena);
}
