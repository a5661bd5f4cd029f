/* SPDX-License-Identifier: Apache-2.0 */
/* Records as msgpack, for the bus and the store. Writing is msgpack-c's; reading walks the bytes itself, straight into
   the record (docs/decisions/0008-reading-packed-records.md says why). The only home of msgpack. */
#include "base/record.h"

#include <msgpack.h>
#include <string.h>

_Static_assert(FIELD_TEXT < FIELD_TIME && FIELD_CODE < FIELD_TIME && FIELD_DIGITS < FIELD_TIME && FIELD_DECIMAL < FIELD_TIME &&
	FIELD_DATE < FIELD_TIME && FIELD_TIME < FIELD_FLAG, "the kinds up to TIME are one text each");

enum { PACK_DEPTH = 80 }; /* levels of arrays; a record built from a message has at most BUILD_DEPTH, 64 */

static int add(void *to, const char *at, size_t n)
{
	struct buffer *out = to;

	if (!out->failed && n <= out->room - out->n) { /* buffer_add without the call: twice per field */
		memcpy(out->at + out->n, at, n);
		out->n += n;
		return 0;
	}
	buffer_add(out, (struct text){ at, n });
	return out->failed ? -1 : 0;
}

static void pack_text(msgpack_packer *packer, struct text t)
{
	if (!t.at) {
		msgpack_pack_nil(packer);
		return;
	}
	msgpack_pack_str(packer, t.n);
	msgpack_pack_str_body(packer, t.at, t.n);
}

static void pack_record(msgpack_packer *packer, const struct record *record, const void *rec);

static void pack_field(msgpack_packer *packer, const struct field *field, const void *rec)
{
	const void *at = field_at(field, rec);
	const char *items;
	size_t n;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		pack_text(packer, *(const struct text *)at);
		return;
	case FIELD_FLAG:
	case FIELD_COUNT:
		msgpack_pack_int64(packer, *(const int64_t *)at);
		return;
	case FIELD_GROUP:
		if (*(void *const *)at)
			pack_record(packer, field->of, *(void *const *)at);
		else
			msgpack_pack_nil(packer);
		return;
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		n = *field_count_at(field, rec);
		items = *(const char *const *)at;
		if (n == 0) {
			msgpack_pack_nil(packer);
			return;
		}
		msgpack_pack_array(packer, n);
		for (size_t i = 0; i < n; i++)
			if (field->of)
				pack_record(packer, field->of, items + i * field->of->size);
			else
				pack_text(packer, ((const struct text *)(const void *)items)[i]);
		return;
	}
	__builtin_unreachable();
}

static void pack_record(msgpack_packer *packer, const struct record *record, const void *rec)
{
	msgpack_pack_array(packer, record->n);
	for (size_t i = 0; i < record->n; i++)
		pack_field(packer, &record->fields[i], rec);
}

void record_pack(const struct record *record, const void *rec, struct buffer *out)
{
	msgpack_packer packer;

	msgpack_packer_init(&packer, out, add);
	pack_record(&packer, record, rec);
}

/* -- reading -- */

struct cursor {
	const unsigned char *at, *end;
	struct arena *arena;
	struct fault *fault;
	int depth;
};

/* What stands at the cursor: its head is read, the body of a text too. */
struct item {
	enum { ITEM_NIL, ITEM_INT, ITEM_TEXT, ITEM_ARRAY, ITEM_MAP, ITEM_OTHER } kind;
	int64_t number; /* of INT; items of ARRAY, pairs of MAP */
	struct text text;
};

static bool damaged(struct cursor *c)
{
	fault_set(c->fault, FAULT_INTERNAL, "");
	return false; /* said here, so that the compiler knows it too: what was not taken is not looked at */
}

static size_t left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* A big-endian number of n bytes (msgpack specification, "int format family"). */
static bool take(struct cursor *c, size_t n, uint64_t *out)
{
	uint64_t sum = 0;

	if (left(c) < n)
		return damaged(c);
	for (size_t i = 0; i < n; i++)
		sum = sum << 8 | c->at[i];
	c->at += n;
	*out = sum;
	return true;
}

static bool take_text(struct cursor *c, uint64_t n, struct item *item)
{
	if (n > left(c))
		return damaged(c);
	item->kind = ITEM_TEXT;
	item->text = (struct text){ (const char *)c->at, n };
	c->at += n;
	return true;
}

/* Every item takes a byte at least, so a count beyond the bytes left is a lie and nothing is set aside for it. */
static bool take_count(struct cursor *c, uint64_t n, bool map, struct item *item)
{
	if (n > left(c) / (map ? 2 : 1))
		return damaged(c);
	item->kind = map ? ITEM_MAP : ITEM_ARRAY;
	item->number = (int64_t)n;
	return true;
}

static bool take_sized(struct cursor *c, unsigned lead, struct item *item)
{
	/* how a lead byte from 0xC4 on goes on: bytes of length or number, and what it is */
	static const struct {
		unsigned char bytes;
		enum { NO, BIN, EXT, FLOAT, UINT, INT, FIXEXT, STR, ARRAY, MAP } what;
	} leads[] = {
		[0xC4 - 0xC4] = { 1, BIN },  [0xC5 - 0xC4] = { 2, BIN },   [0xC6 - 0xC4] = { 4, BIN },
		[0xC7 - 0xC4] = { 1, EXT },  [0xC8 - 0xC4] = { 2, EXT },   [0xC9 - 0xC4] = { 4, EXT },
		[0xCA - 0xC4] = { 4, FLOAT }, [0xCB - 0xC4] = { 8, FLOAT },
		[0xCC - 0xC4] = { 1, UINT }, [0xCD - 0xC4] = { 2, UINT },  [0xCE - 0xC4] = { 4, UINT },
		[0xCF - 0xC4] = { 8, UINT }, [0xD0 - 0xC4] = { 1, INT },   [0xD1 - 0xC4] = { 2, INT },
		[0xD2 - 0xC4] = { 4, INT },  [0xD3 - 0xC4] = { 8, INT },   [0xD4 - 0xC4] = { 1, FIXEXT },
		[0xD5 - 0xC4] = { 2, FIXEXT }, [0xD6 - 0xC4] = { 4, FIXEXT }, [0xD7 - 0xC4] = { 8, FIXEXT },
		[0xD8 - 0xC4] = { 16, FIXEXT }, [0xD9 - 0xC4] = { 1, STR }, [0xDA - 0xC4] = { 2, STR },
		[0xDB - 0xC4] = { 4, STR },  [0xDC - 0xC4] = { 2, ARRAY }, [0xDD - 0xC4] = { 4, ARRAY },
		[0xDE - 0xC4] = { 2, MAP },  [0xDF - 0xC4] = { 4, MAP },
	};
	unsigned bytes = leads[lead - 0xC4].bytes;
	uint64_t n = bytes;

	item->kind = ITEM_OTHER;
	if (leads[lead - 0xC4].what != FIXEXT && !take(c, bytes, &n))
		return false;
	switch (leads[lead - 0xC4].what) {
	case FLOAT:
		return true;
	case UINT:
		item->kind = n > INT64_MAX ? ITEM_OTHER : ITEM_INT;
		item->number = (int64_t)n;
		return true;
	case INT:
		item->kind = ITEM_INT;
		item->number = (int64_t)(n << (64 - 8 * bytes)) >> (64 - 8 * bytes);
		return true;
	case BIN:
	case STR:
		return take_text(c, n, item);
	case EXT:
	case FIXEXT: /* and the byte of its type */
		if (!take_text(c, n + 1, item))
			return false;
		item->kind = ITEM_OTHER;
		return true;
	case ARRAY:
		return take_count(c, n, false, item);
	case MAP:
		return take_count(c, n, true, item);
	case NO:
		break;
	}
	return damaged(c);
}

static bool take_item(struct cursor *c, struct item *item)
{
	unsigned lead;

	if (c->at == c->end)
		return damaged(c);
	lead = *c->at++;
	if (lead <= 0x7F || lead >= 0xE0) {
		item->kind = ITEM_INT;
		item->number = (signed char)lead;
		return true;
	}
	if (lead >= 0xA0 && lead <= 0xBF)
		return take_text(c, lead & 0x1F, item);
	if (lead <= 0x9F)
		return take_count(c, lead & 0x0F, lead < 0x90, item);
	item->kind = lead == 0xC0 ? ITEM_NIL : ITEM_OTHER;
	if (lead == 0xC1) /* never used */
		return damaged(c);
	return lead < 0xC4 || take_sized(c, lead, item); /* 0xC2, 0xC3: false and true, which we do not write */
}

/* Passes over a row that a newer table has and this one has not, with all that is inside. */
static bool skip(struct cursor *c)
{
	uint64_t open = 1;
	struct item item;

	for (; open; open--) {
		if (!take_item(c, &item))
			return false;
		if (item.kind == ITEM_ARRAY || item.kind == ITEM_MAP)
			open += (uint64_t)item.number * (item.kind == ITEM_MAP ? 2 : 1);
		if (open > left(c) + 1)
			return damaged(c);
	}
	return true;
}

static bool unpack_record(struct cursor *c, const struct record *record, void *rec, int64_t rows);

/* An array with the room that arena_push expects of one with n items, so that it can grow later. */
static void *new_items(struct cursor *c, size_t n, size_t size)
{
	size_t room = 4;
	void *items;

	while (room < n)
		room *= 2;
	items = room > SIZE_MAX / size ? NULL : arena_alloc(c->arena, room * size);
	if (!items)
		fault_set(c->fault, FAULT_TOO_LARGE, "");
	return items;
}

static bool unpack_items(struct cursor *c, const struct field *field, void *rec, size_t n)
{
	size_t size = field->of ? field->of->size : sizeof(struct text);
	char *items = n ? new_items(c, n, size) : NULL;
	struct item item;

	if (n && !items)
		return false;
	*(void **)field_at(field, rec) = items;
	*field_count_at(field, rec) = n;
	for (size_t i = 0; i < n; i++, items += size) {
		if (!take_item(c, &item))
			return false;
		if (item.kind != (field->of ? ITEM_ARRAY : ITEM_TEXT))
			return damaged(c);
		if (!field->of)
			*(struct text *)(void *)items = item.text;
		else if (!unpack_record(c, field->of, items, item.number))
			return false;
	}
	return true;
}

/* Absent rows and short texts are nearly all there is: they are done here, anything else by unpack_field. */
static inline bool unpack_quickly(struct cursor *c, const struct field *field, void *rec)
{
	unsigned lead = c->at == c->end ? 0xC1 : *c->at;
	size_t n = lead & 0x1F;

	if (lead == 0xC0) {
		c->at++;
		return true;
	}
	if (lead < 0xA0 || lead > 0xBF || field->kind > FIELD_TIME || n >= left(c))
		return false;
	*(struct text *)field_at(field, rec) = (struct text){ (const char *)c->at + 1, n };
	c->at += 1 + n;
	return true;
}

static bool unpack_field(struct cursor *c, const struct field *field, void *rec)
{
	void *at = field_at(field, rec);
	struct item item;

	if (!take_item(c, &item))
		return false;
	if (item.kind == ITEM_NIL)
		return true;
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		if (item.kind != ITEM_TEXT)
			return damaged(c);
		*(struct text *)at = item.text;
		return true;
	case FIELD_FLAG:
	case FIELD_COUNT:
		if (item.kind != ITEM_INT)
			return damaged(c);
		*(int64_t *)at = item.number;
		return true;
	case FIELD_GROUP:
		if (item.kind != ITEM_ARRAY)
			return damaged(c);
		*(void **)at = arena_alloc(c->arena, field->of->size);
		if (!*(void **)at)
			return fault_set(c->fault, FAULT_TOO_LARGE, "");
		return unpack_record(c, field->of, *(void **)at, item.number);
	case FIELD_LIST:
	case FIELD_TEXTS:
	case FIELD_CODES:
		return item.kind == ITEM_ARRAY ? unpack_items(c, field, rec, (size_t)item.number) : damaged(c);
	}
	__builtin_unreachable();
}

static bool unpack_record(struct cursor *c, const struct record *record, void *rec, int64_t rows)
{
	size_t known = (size_t)rows < record->n ? (size_t)rows : record->n;

	if (++c->depth > PACK_DEPTH)
		return damaged(c);
	for (size_t i = 0; i < known; i++)
		if (!unpack_quickly(c, &record->fields[i], rec) && !unpack_field(c, &record->fields[i], rec))
			return false;
	for (size_t i = known; i < (size_t)rows; i++)
		if (!skip(c))
			return false;
	c->depth--;
	return true;
}

bool record_unpack(const struct record *record, void *rec, struct arena *arena, struct text bytes, struct fault *fault)
{
	const unsigned char *from = (const unsigned char *)bytes.at;
	struct cursor c = { from, bytes.n ? from + bytes.n : from, arena, fault, 0 };
	struct item item;

	memset(rec, 0, record->size);
	if (!take_item(&c, &item))
		return false;
	if (item.kind != ITEM_ARRAY)
		return damaged(&c);
	return unpack_record(&c, record, rec, item.number) && (c.at == c.end || damaged(&c));
}
