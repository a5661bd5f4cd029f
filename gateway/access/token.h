/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens: who may do what until when, sealed under a key that the edges of one installation share, so that any of them can read what
   any of them gave, without a store. To everybody else they are random characters. */
#pragma once

#include "base/crypto_key.h"
#include "base/fault.h"
#include "gateway/records.h"

enum {
	TOKEN_KEYS_MAX = 2,
	TOKEN_LIFE_S = 300, /* seconds; SMART App Launch 2, backend services: at most 300 */
	TOKEN_MAX = 4096,   /* bytes */
};

/* The first seals, all open: so a key can be changed without a token becoming worthless. */
struct token_keys {
	unsigned char keys[TOKEN_KEYS_MAX][SEAL_KEY_BYTES];
	size_t n;
};

/* One or two lines of 64 hexadecimal digits. FAULT_FILE at token_key when it is anything else. */
bool token_keys_read(struct text body, struct token_keys *out, struct fault *fault) fault_check;
/* A fresh one. */
void token_keys_make(struct token_keys *out);
/* Writes a fresh one to a new file for this user alone, unless there is a file of that name. False: errno says why there still is none. */
bool token_keys_new_file(const char *name);
/* The token as a client sends it, in the arena; TEXT_NONE past its limit. */
struct text token_make(const struct token_keys *keys, const struct access_token *token, struct arena *arena);
/* What a token says; texts live in the arena. False when no key of ours made it, or it has ended. */
bool token_read(const struct token_keys *keys, struct text token, int64_t wall_ms, struct arena *arena, struct access_token *out)
	__attribute__((warn_unused_result));
