/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes being written: grows inside an arena and remembers failure, so that a writer checks once at the end. */
#pragma once

#include "base/arena.h"

struct buffer {
	struct arena *arena;
	char *at;
	size_t n, room;
	bool failed; /* the arena's limit was passed: what is here is cut short and must not be used */
};

void buffer_init(struct buffer *buffer, struct arena *arena, size_t room);
/* `n` more bytes to fill in by the caller, or NULL once failed. */
char *buffer_grow(struct buffer *buffer, size_t n);
void buffer_add(struct buffer *buffer, struct text t);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_add_int(struct buffer *buffer, int64_t value);
/* printf form, for text that is not on a hot path. */
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define buffer_lit(buffer, literal) buffer_add((buffer), text_lit(literal))

static inline struct text buffer_text(const struct buffer *buffer)
{
	return buffer->failed ? TEXT_NONE : (struct text){ buffer->at ? buffer->at : "", buffer->n };
}
