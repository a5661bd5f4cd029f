/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of what was said about coverage: what they stand for is in them, sealed, so that DTR finds it again without a store (DTR 2.2.0, context). */
#include "gateway/worker/cds_ids.h"

#include "base/base64url.h"
#include "base/crypto.h"
#include "gateway/config/file.h"
#include "gateway/access/token.h"

#include <stdio.h>

enum { KEY_BYTES_MAX = 16 << 10, KEY_MEMORY = 64 << 10 };

/* -- the key -- */

static bool read_key(const struct role_setup *setup, struct arena *arena, unsigned char key[SEAL_KEY_BYTES])
{
	struct text name = setup->config->token_key, body;
	struct token_keys keys;
	struct fault fault;
	char own[1200];
	bool good;

	if (!name.n && !setup->run_dir)
		return false;
	if (!name.n) {
		snprintf(own, sizeof(own), "%s/token.key", setup->run_dir);
		name = text_of(own);
		if (!token_keys_new_file(own))
			return false;
	}
	good = file_bytes(name, KEY_BYTES_MAX, "token_key", arena, &body, &fault) && token_keys_read(body, &keys, &fault);
	if (good)
		crypto_sha256_chain(keys.keys[0], text_lit("ids of what is said about coverage"), key); /* a key of its own: crypto_seal_same */
	explicit_bzero(&keys, sizeof(keys));
	return good;
}

void cds_key_start(unsigned char key[SEAL_KEY_BYTES], const struct role_setup *setup)
{
	struct arena arena;

	arena_init(&arena, KEY_MEMORY);
	if (!read_key(setup, &arena, key))
		crypto_random(key, SEAL_KEY_BYTES);
	arena_done(&arena);
}

/* -- ids -- */

struct text cds_id_make(const unsigned char key[SEAL_KEY_BYTES], const struct cds_assertion *assertion, struct arena *arena)
{
	struct buffer packed, id;
	struct text sealed;

	buffer_init(&packed, arena, 128);
	record_pack(&cds_assertion_record, assertion, &packed);
	if (packed.failed)
		return TEXT_NONE;
	sealed = crypto_seal_same(key, buffer_text(&packed), arena);
	if (!text_there(sealed))
		return TEXT_NONE;
	buffer_init(&id, arena, sealed.n * 2);
	base64url_write(sealed.at, sealed.n, &id);
	return buffer_text(&id);
}

bool cds_id_open(const unsigned char key[SEAL_KEY_BYTES], struct text id, struct arena *arena, struct cds_assertion *out)
{
	struct text sealed, packed;
	struct fault fault;

	*out = (struct cds_assertion){ .plan = TEXT_NONE };
	return base64url_read(id, arena, &sealed) && crypto_open(key, sealed, arena, &packed) &&
	       record_unpack(&cds_assertion_record, out, arena, packed, &fault);
}
