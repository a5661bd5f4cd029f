/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as text that needs no escape in an address or a header (RFC 4648 5, without padding), as JOSE writes everything; and in base64 proper. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

/* The bytes in the arena. False for any character outside the alphabet (white space and '=' too), a length that no number of bytes
   has, and bits left over that are not 0: of two texts never both are the same bytes. Also past the arena's limit. */
bool base64url_read(struct text t, struct arena *arena, struct text *out);
/* Appends it. */
void base64url_write(const void *bytes, size_t n, struct buffer *out);
/* Appends them in the ordinary alphabet, with padding (RFC 4648 4). */
void base64_write(const void *bytes, size_t n, struct buffer *out);
