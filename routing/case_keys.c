/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the case store; the layout is told in case_store.h. */
#include "base/buffer.h"
#include "routing/case_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct text joined(struct arena *arena, const char *kind, struct text partner, struct text rest)
{
	struct buffer key;

	buffer_init(&key, arena, 3 + partner.n + rest.n);
	buffer_add(&key, text_of(kind));
	buffer_add(&key, partner);
	buffer_add_char(&key, '\x1f');
	buffer_add(&key, rest);
	return buffer_text(&key);
}

struct text case_key(struct text case_id, struct arena *arena)
{
	struct buffer key;

	buffer_init(&key, arena, 2 + case_id.n);
	buffer_lit(&key, "c/");
	buffer_add(&key, case_id);
	return buffer_text(&key);
}

struct text case_reference_key(struct text partner, struct text reference, struct arena *arena)
{
	return joined(arena, "r/", partner, reference);
}

struct text case_dedupe_key(struct text partner, struct text message_id, struct arena *arena)
{
	return joined(arena, "d/", partner, message_id);
}

struct text case_question_key(struct text message_id, struct arena *arena)
{
	struct buffer key;

	buffer_init(&key, arena, 2 + message_id.n);
	buffer_lit(&key, "x/");
	buffer_add(&key, message_id);
	return buffer_text(&key);
}

struct text case_backend_key(struct text backend, struct text backend_case_id, struct arena *arena)
{
	return joined(arena, "b/", backend, backend_case_id);
}

struct text case_subscription_key(struct text partner, struct text id, struct arena *arena)
{
	return joined(arena, "s/", partner, id);
}

struct text case_script_key(struct text case_id, struct arena *arena)
{
	struct buffer key;

	buffer_init(&key, arena, 2 + case_id.n);
	buffer_lit(&key, "p/");
	buffer_add(&key, case_id);
	return buffer_text(&key);
}

struct text case_inquiry_key(struct text digest, struct text case_id, struct arena *arena)
{
	struct buffer key;

	buffer_init(&key, arena, 4 + digest.n + case_id.n);
	buffer_lit(&key, "q/");
	buffer_add(&key, digest);
	buffer_add_char(&key, '/');
	buffer_add(&key, case_id);
	return buffer_text(&key);
}

struct text case_inquiry_prefix(struct text digest, struct arena *arena)
{
	return case_inquiry_key(digest, text_lit(""), arena);
}

struct text case_mailbox_prefix(struct text partner, struct arena *arena)
{
	return joined(arena, "m/", partner, text_lit(""));
}

static void add_padded(struct buffer *key, int digits, int64_t n)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%0*" PRId64, digits, n < 0 ? 0 : n);

	buffer_add(key, (struct text){ text, (size_t)length });
}

struct text case_row_key(int64_t due_ms, struct text case_id, int64_t n, struct arena *arena)
{
	struct buffer key;

	buffer_init(&key, arena, 40 + case_id.n);
	buffer_lit(&key, "o/");
	add_padded(&key, 13, due_ms);
	buffer_add_char(&key, '/');
	buffer_add(&key, case_id);
	buffer_add_char(&key, '/');
	buffer_add_int(&key, n);
	return buffer_text(&key);
}

struct text case_expiry_key(int64_t noted_ms, uint64_t sequence, struct arena *arena)
{
	struct buffer key;

	buffer_init(&key, arena, 48);
	buffer_lit(&key, "e/");
	add_padded(&key, 13, noted_ms);
	buffer_add_char(&key, '/');
	add_padded(&key, 20, (int64_t)sequence);
	return buffer_text(&key);
}

bool case_expiry_split(struct text key, int64_t *noted_ms, uint64_t *sequence)
{
	struct text rest = key, kind = text_cut(&rest, '/'), noted = text_cut(&rest, '/');
	int64_t n;

	if (!text_is(kind, "e") || noted.n < 13 || rest.n != 20 || !text_to_int(noted, noted_ms) || !text_to_int(rest, &n) || n < 1)
		return false;
	*sequence = (uint64_t)n;
	return true;
}

struct text case_row_printable(struct text row, struct arena *arena)
{
	char *copy = row.n ? arena_alloc(arena, row.n) : NULL;

	if (!copy)
		return TEXT_NONE;
	for (size_t i = 0; i < row.n; i++)
		copy[i] = row.at[i] == '/' ? ':' : row.at[i];
	return (struct text){ copy, row.n };
}

struct text case_mailbox_key(struct text partner, int64_t created_ms, struct text case_id, int64_t n, struct arena *arena)
{
	struct buffer key;

	buffer_init(&key, arena, 40 + partner.n + case_id.n);
	buffer_add(&key, case_mailbox_prefix(partner, arena));
	add_padded(&key, 13, created_ms);
	buffer_add_char(&key, '/');
	buffer_add(&key, case_id);
	buffer_add_char(&key, '/');
	buffer_add_int(&key, n);
	return buffer_text(&key);
}

struct text case_mailbox_name(struct text key)
{
	text_cut(&key, '\x1f');
	return key;
}

struct text case_audit_key(uint64_t sequence, struct arena *arena)
{
	struct buffer key;

	buffer_init(&key, arena, 24);
	buffer_lit(&key, "a/");
	add_padded(&key, 20, (int64_t)sequence);
	return buffer_text(&key);
}

bool case_audit_split(struct text value, unsigned char chain[SHA256_BYTES], struct text *entry)
{
	if (!value.at || value.n < SHA256_BYTES)
		return false;
	memcpy(chain, value.at, SHA256_BYTES);
	*entry = (struct text){ value.at + SHA256_BYTES, value.n - SHA256_BYTES };
	return true;
}
