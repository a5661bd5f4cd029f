/* SPDX-License-Identifier: Apache-2.0 */
/* Making and reading access tokens, and the file with their key. */
#include "gateway/access/token.h"

#include "base/base64url.h"
#include "base/crypto.h"
#include "base/http_head.h"
#include "gateway/access/client_keys.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool read_key(struct text line, unsigned char out[SEAL_KEY_BYTES])
{
	if (line.n != 2 * SEAL_KEY_BYTES)
		return false;
	for (size_t i = 0; i < SEAL_KEY_BYTES; i++) {
		int high = http_hex(line.at[2 * i]), low = http_hex(line.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool token_keys_read(struct text body, struct token_keys *out, struct fault *fault)
{
	*out = (struct token_keys){ 0 };
	body = text_trim(body);
	while (text_there(body) && body.n) {
		struct text line = text_trim(text_cut(&body, '\n'));

		if (out->n == TOKEN_KEYS_MAX || !read_key(line, out->keys[out->n]))
			return fault_set(fault, FAULT_FILE, "token_key");
		out->n++;
	}
	return out->n > 0 || fault_set(fault, FAULT_FILE, "token_key");
}

void token_keys_make(struct token_keys *out)
{
	*out = (struct token_keys){ .n = 1 };
	crypto_random(out->keys[0], SEAL_KEY_BYTES);
}

bool token_keys_new_file(const char *name)
{
	struct token_keys keys;
	struct arena arena;
	struct buffer line;
	bool good;

	token_keys_make(&keys);
	arena_init(&arena, 1 << 16);
	buffer_init(&line, &arena, 128);
	buffer_add(&line, crypto_hex(keys.keys[0], SEAL_KEY_BYTES, &arena));
	buffer_lit(&line, "\n");
	good = client_keys_write(name, true, buffer_text(&line)) || errno == EEXIST;
	explicit_bzero(&keys, sizeof(keys));
	explicit_bzero(line.at, line.n);
	arena_done(&arena);
	return good;
}

struct text token_make(const struct token_keys *keys, const struct access_token *token, struct arena *arena)
{
	struct buffer packed, out;
	struct text sealed;

	buffer_init(&packed, arena, 256);
	record_pack(&access_token_record, token, &packed);
	if (packed.failed || !keys->n)
		return TEXT_NONE;
	sealed = crypto_seal(keys->keys[0], buffer_text(&packed), arena);
	buffer_init(&out, arena, 512);
	if (text_there(sealed))
		base64url_write(sealed.at, sealed.n, &out);
	return text_there(sealed) ? buffer_text(&out) : TEXT_NONE;
}

bool token_read(const struct token_keys *keys, struct text token, int64_t wall_ms, struct arena *arena, struct access_token *out)
{
	struct text sealed, packed;
	struct fault fault;

	if (token.n > TOKEN_MAX || !base64url_read(token, arena, &sealed))
		return false;
	for (size_t i = 0; i < keys->n; i++) {
		if (!crypto_open(keys->keys[i], sealed, arena, &packed))
			continue;
		*out = (struct access_token){ 0 };
		return record_unpack(&access_token_record, out, arena, packed, &fault) && record_check(&access_token_record, out, &fault) &&
			wall_ms < out->expires_ms;
	}
	return false;
}
