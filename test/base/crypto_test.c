/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypto.h"
#include "test/case.h"

#include <string.h>

static struct text hex_of(const unsigned char hash[SHA256_BYTES], struct arena *arena)
{
	return crypto_hex(hash, SHA256_BYTES, arena);
}

CASE(crypto, sha256_gives_the_published_values)
{
	struct arena arena;
	unsigned char hash[SHA256_BYTES];

	arena_init(&arena, 1 << 16);
	/* FIPS 180-2, appendix B.1, and the empty message */
	crypto_sha256(text_lit("abc"), hash);
	cr_expect(text_is(hex_of(hash, &arena), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	crypto_sha256(text_lit(""), hash);
	cr_expect(text_is(hex_of(hash, &arena), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	arena_done(&arena);
}

CASE(crypto, a_chain_is_the_hash_of_both_joined)
{
	unsigned char first[SHA256_BYTES], chained[SHA256_BYTES], joined[SHA256_BYTES];
	char both[SHA256_BYTES + 3];

	crypto_sha256(text_lit("one"), first);
	crypto_sha256_chain(first, text_lit("two"), chained);
	memcpy(both, first, SHA256_BYTES);
	memcpy(both + SHA256_BYTES, "two", 3);
	crypto_sha256((struct text){ both, sizeof(both) }, joined);
	cr_expect_arr_eq(chained, joined, SHA256_BYTES);
	crypto_sha256_chain(first, text_lit("twp"), chained);
	cr_expect_arr_neq(chained, joined, SHA256_BYTES);
}

CASE(crypto, sha256_in_pieces_is_the_same)
{
	unsigned char whole[SHA256_BYTES], pieces[SHA256_BYTES];
	struct crypto_hash *hash = crypto_sha256_begin();

	crypto_sha256_add(hash, text_lit("a"));
	crypto_sha256_add(hash, TEXT_NONE);
	crypto_sha256_add(hash, text_lit("bc"));
	crypto_sha256_end(hash, pieces);
	crypto_sha256(text_lit("abc"), whole);
	cr_expect(memcmp(whole, pieces, sizeof(whole)) == 0);
	hash = crypto_sha256_begin();
	crypto_sha256_end(hash, pieces);
	crypto_sha256(text_lit(""), whole);
	cr_expect(memcmp(whole, pieces, sizeof(whole)) == 0);
}

CASE(crypto, ids_are_hexadecimal_in_order_of_time_and_not_repeated)
{
	struct arena arena;
	struct text earlier, later;

	arena_init(&arena, 1 << 16);
	earlier = crypto_id(1795339800000, &arena);
	later = crypto_id(1795339800001, &arena);
	cr_expect_eq(earlier.n, 32);
	for (size_t i = 0; i < earlier.n; i++)
		cr_expect(strchr("0123456789abcdef", earlier.at[i]));
	cr_expect_lt(text_compare(earlier, later), 0);
	cr_expect(!text_equal(crypto_id(5, &arena), crypto_id(5, &arena)));
	arena_done(&arena);
}
