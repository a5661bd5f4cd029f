/* SPDX-License-Identifier: Apache-2.0 */
/* Appending to arena memory, doubling when full. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROOM_MIN = 256 }; /* bytes; below this doubling is just noise */

void buffer_init(struct buffer *buffer, struct arena *arena, size_t room)
{
	*buffer = (struct buffer){ .arena = arena };
	if (room && !buffer_grow(buffer, room))
		return;
	buffer->n = 0;
}

char *buffer_grow(struct buffer *buffer, size_t n)
{
	char *at;

	if (buffer->failed)
		return NULL;
	if (n > buffer->room - buffer->n) {
		size_t room = buffer->room * 2 > ROOM_MIN ? buffer->room * 2 : ROOM_MIN;
		char *bigger;

		if (room < buffer->n + n)
			room = buffer->n + n;
		bigger = arena_alloc(buffer->arena, room);
		if (!bigger) {
			buffer->failed = true;
			return NULL;
		}
		if (buffer->n)
			memcpy(bigger, buffer->at, buffer->n);
		buffer->at = bigger;
		buffer->room = room;
	}
	at = buffer->at + buffer->n;
	buffer->n += n;
	return at;
}

void buffer_add(struct buffer *buffer, struct text t)
{
	char *at = t.n ? buffer_grow(buffer, t.n) : NULL;

	if (at)
		memcpy(at, t.at, t.n);
}

void buffer_add_char(struct buffer *buffer, char c)
{
	char *at = buffer_grow(buffer, 1);

	if (at)
		*at = c;
}

void buffer_add_int(struct buffer *buffer, int64_t value)
{
	char digits[24];
	char *at = digits + sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--at = '-';
	buffer_add(buffer, (struct text){ at, (size_t)(digits + sizeof(digits) - at) });
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list args, again;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n > 0) {
		char *at = buffer_grow(buffer, (size_t)n + 1);

		if (at) {
			vsnprintf(at, (size_t)n + 1, format, again);
			buffer->n--;
		}
	}
	va_end(again);
}
