/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a signed token and as a key set: never a crash; what was read as a token is bound to its bytes, and a set that was read
   writes keys that read the same. No signature of chance verifies. */
#include "base/jose.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_keys(const struct jose_keys *keys, struct arena *arena)
{
	for (size_t i = 0; i < keys->n; i++) {
		struct jose_keys back;
		struct buffer out;
		struct fault fault;

		buffer_init(&out, arena, 0);
		buffer_lit(&out, "{\"keys\":[");
		jose_key_write(keys->keys[i].key, text_lit("k"), &out);
		buffer_lit(&out, "]}");
		if (!jose_keys_read(buffer_text(&out), arena, &back, &fault) || back.n != 1 ||
			!text_equal(jose_thumbprint(keys->keys[i].key, arena), jose_thumbprint(back.keys[0].key, arena)))
			abort();
		jose_keys_done(&back);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct crypto_key *ours[CRYPTO_ALGORITHMS];
	struct text body = { (const char *)data, n };
	struct jose_token token;
	struct jose_keys keys;
	struct arena arena;
	struct fault fault;
	int64_t ms;

	for (int i = 0; i < CRYPTO_ALGORITHMS; i++)
		if (!ours[i])
			ours[i] = crypto_key_make((enum crypto_algorithm)i);
	arena_init(&arena, 16 << 20);
	if (jose_token_read(body, &arena, &token, &fault)) {
		if (token.signed_part.at != body.at || token.signed_part.n >= body.n || jose_token_verify(&token, ours[token.algorithm]))
			abort();
		if (jose_time(token.claims.exp, &ms) && (ms < 0 || ms > INT64_C(999999999999) * 1000 + 999))
			abort();
		if (jose_audience(token.claims.aud, text_lit("https://nobody.invalid/never"), &arena) && token.claims.aud.n < 28)
			abort();
	}
	if (jose_keys_read(body, &arena, &keys, &fault)) {
		check_keys(&keys, &arena);
		jose_keys_done(&keys);
	}
	arena_done(&arena);
	return 0;
}
