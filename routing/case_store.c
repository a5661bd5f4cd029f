/* SPDX-License-Identifier: Apache-2.0 */
/* Composite changes over the store: all of one or nothing of it. */
#include "routing/case_store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_DIGITS = 20 };

static const struct text head_key = { "h", 1 };

static bool damaged(struct fault *fault, const char *what)
{
	return fault_set(fault, FAULT_STORE_CORRUPT, what);
}

bool case_store_head(struct store *store, struct arena *arena, uint64_t *sequence, unsigned char chain[SHA256_BYTES],
	struct fault *fault)
{
	struct store_row row;
	int64_t n = 0;

	*sequence = 0;
	memset(chain, 0, SHA256_BYTES);
	if (!store_get(store, head_key, arena, &row, fault))
		return false;
	if (!row.found)
		return true;
	if (row.value.n != HEAD_DIGITS + SHA256_BYTES ||
		!text_to_int((struct text){ row.value.at, HEAD_DIGITS }, &n) || n < 1)
		return damaged(fault, "head");
	*sequence = (uint64_t)n;
	memcpy(chain, row.value.at + HEAD_DIGITS, SHA256_BYTES);
	return true;
}

/* The chain hash stored with an audit entry. */
static bool chain_at(struct store *store, uint64_t sequence, struct arena *arena, unsigned char chain[SHA256_BYTES],
	struct fault *fault)
{
	struct store_row row;
	struct text entry;

	if (!store_get(store, case_audit_key(sequence, arena), arena, &row, fault))
		return false;
	return (row.found && case_audit_split(row.value, chain, &entry)) || damaged(fault, "audit");
}

bool case_store_open(struct case_store *cases, struct store *store, struct arena *arena, struct fault *fault)
{
	unsigned char anchored[SHA256_BYTES], chain[SHA256_BYTES];

	*cases = (struct case_store){ .store = store };
	if (!case_store_head(store, arena, &cases->sequence, cases->chain, fault) ||
		!store_anchored(store, &cases->anchored, anchored, fault))
		return false;
	if (cases->sequence < cases->anchored)
		return damaged(fault, "anchor");
	if (cases->anchored) {
		if (!chain_at(store, cases->anchored, arena, chain, fault))
			return false;
		if (memcmp(chain, anchored, SHA256_BYTES) != 0)
			return damaged(fault, "anchor");
	}
	cases->lasting = cases->sequence;
	memcpy(cases->lasting_chain, cases->chain, SHA256_BYTES);
	return true;
}

bool case_store_read(struct case_store *cases, struct text key, const struct record *record, void *rec,
	struct arena *arena, bool *found, struct fault *fault)
{
	struct store_row row;

	if (!text_there(key))
		return fault_set(fault, FAULT_TOO_LARGE, record->name);
	if (!store_get(cases->store, key, arena, &row, fault))
		return false;
	*found = row.found;
	return !row.found || record_unpack(record, rec, arena, row.value, fault) || damaged(fault, record->name);
}

bool case_store_find(struct case_store *cases, struct text partner, struct text reference, struct arena *arena,
	struct text *case_id, struct fault *fault)
{
	struct store_row row;

	if (!store_get(cases->store, case_reference_key(partner, reference, arena), arena, &row, fault))
		return false;
	*case_id = row.found ? row.value : TEXT_NONE;
	return true;
}

enum case_result case_store_seen(struct case_store *cases, struct text partner, struct text message_id,
	struct text body_sha256, struct arena *arena, struct stored_reply *reply, struct fault *fault)
{
	bool found;

	*reply = (struct stored_reply){ 0 };
	if (!case_store_read(cases, case_dedupe_key(partner, message_id, arena), &stored_reply_record, reply, arena,
			&found, fault))
		return STORED_CORRUPT;
	if (!found)
		return STORED_OK;
	if (text_equal(reply->body_sha256, body_sha256))
		return STORED_DUPLICATE;
	fault_set(fault, FAULT_REUSED_ID, "Header/MessageID");
	return STORED_REUSED;
}

static void put_packed(struct case_store *cases, struct text key, const struct record *record, const void *rec,
	struct arena *arena)
{
	struct buffer packed;

	buffer_init(&packed, arena, 512);
	record_pack(record, rec, &packed);
	assert(!packed.failed && text_there(key)); /* the caller's arena has room for what the caller made in it */
	store_put(cases->store, key, buffer_text(&packed));
}

/* STORED_OK when the case is at the version the caller saw. */
static enum case_result expect_version(struct case_store *cases, const struct case_change *change, struct arena *arena,
	struct fault *fault)
{
	struct pa_case there = { 0 };
	bool found;

	if (!case_store_read(cases, case_key(change->put->case_id, arena), &pa_case_record, &there, arena, &found, fault))
		return STORED_CORRUPT;
	if ((found ? there.version : 0) == change->expected_version)
		return STORED_OK;
	fault_set(fault, FAULT_STORE_CONFLICT, "case");
	return STORED_CONFLICT;
}

static enum case_result change_items(struct case_store *cases, const struct case_change *change, struct arena *arena,
	struct fault *fault)
{
	for (size_t i = 0; i < change->items_n; i++) {
		const struct case_item *item = &change->items[i];
		struct store_row row;

		if (item->record) {
			put_packed(cases, item->key, item->record, item->rec, arena);
			continue;
		}
		if (text_there(item->value)) {
			store_put(cases->store, item->key, item->value);
			continue;
		}
		if (!store_get(cases->store, item->key, arena, &row, fault))
			return STORED_CORRUPT;
		if (!row.found) {
			fault_set(fault, FAULT_STORE_CONFLICT, "row");
			return STORED_CONFLICT;
		}
		store_delete(cases->store, item->key);
	}
	return STORED_OK;
}

bool case_reply_kept(const struct stored_reply *reply)
{
	return text_there(reply->case_id) && !text_there(reply->fault);
}

static void append_audit(struct case_store *cases, const struct audit_entry *from, struct arena *arena)
{
	struct audit_entry entry = *from;
	struct buffer value;
	struct text packed;
	char *room;

	entry.sequence = (int64_t)++cases->sequence;
	buffer_init(&value, arena, 256);
	room = buffer_grow(&value, SHA256_BYTES);
	assert(room);
	record_pack(&audit_entry_record, &entry, &value);
	assert(!value.failed);
	packed = (struct text){ value.at + SHA256_BYTES, value.n - SHA256_BYTES };
	crypto_sha256_chain(cases->chain, packed, cases->chain);
	memcpy(value.at, cases->chain, SHA256_BYTES);
	store_put(cases->store, case_audit_key(cases->sequence, arena), buffer_text(&value));
}

enum case_result case_store_change(struct case_store *cases, const struct case_change *change, struct arena *arena,
	struct stored_reply *reply, struct fault *fault)
{
	bool message = text_there(change->message_id);
	enum case_result result = STORED_OK;

	if (message)
		result = case_store_seen(cases, change->partner, change->message_id, change->reply.body_sha256, arena, reply,
			fault);
	if (result == STORED_OK && change->put)
		result = expect_version(cases, change, arena, fault);
	if (result != STORED_OK)
		return result;
	store_mark(cases->store);
	result = change_items(cases, change, arena, fault);
	if (result != STORED_OK) {
		store_rollback(cases->store);
		return result;
	}
	if (message) {
		struct text key = case_dedupe_key(change->partner, change->message_id, arena);

		put_packed(cases, key, &stored_reply_record, &change->reply, arena);
		if (!case_reply_kept(&change->reply))
			store_put(cases->store, case_expiry_key(change->audit.at_ms, cases->sequence + 1, arena), key);
	}
	if (change->put) {
		const struct pa_case *put = change->put;

		assert(put->version == change->expected_version + 1);
		put_packed(cases, case_key(put->case_id, arena), &pa_case_record, put, arena);
		if (change->expected_version == 0 && text_there(put->pa_reference_id))
			store_put(cases->store, case_reference_key(put->partner, put->pa_reference_id, arena), put->case_id);
	}
	append_audit(cases, &change->audit, arena);
	return STORED_OK;
}

/* Takes out one note and the answer it is about; false when it is damaged. */
static bool forget(struct case_store *cases, struct text key, struct text value, struct fault *fault)
{
	if (key.n >= sizeof(cases->expired) || !text_starts(value, "d/"))
		return damaged(fault, "expiry");
	store_delete(cases->store, key);
	store_delete(cases->store, value);
	text_to_z(key, cases->expired, sizeof(cases->expired));
	return true;
}

enum case_result case_store_expire(struct case_store *cases, int64_t before_ms, size_t most, int64_t at_ms, struct arena *arena,
	size_t *n, struct fault *fault)
{
	struct text from = *cases->expired ? text_of(cases->expired) : TEXT_NONE, key, value;
	struct store_walk *walk = store_walk_new(cases->store, text_lit("e/"), from);
	struct audit_entry audit = { .at_ms = at_ms, .what = text_lit("EXPIRED") };
	struct fault ending;
	bool good = true;

	assert(store_pending(cases->store) == 0);
	store_mark(cases->store);
	for (*n = 0; good && *n < most && store_walk_next(walk, &key, &value); ++*n) {
		int64_t noted_ms = 0;
		uint64_t sequence;

		good = case_expiry_split(key, &noted_ms, &sequence) || damaged(fault, "expiry");
		if (good && noted_ms >= before_ms)
			break;
		good = good && forget(cases, key, value, fault);
	}
	if (!store_walk_free(walk, &ending)) {
		*fault = ending;
		good = false;
	}
	if (!good) {
		store_rollback(cases->store);
		return STORED_CORRUPT;
	}
	if (*n) {
		audit.row = text_of(cases->expired);
		audit.number = (int64_t)*n;
		append_audit(cases, &audit, arena);
	}
	return STORED_OK;
}

enum case_result case_store_commit(struct case_store *cases, struct fault *fault)
{
	char head[HEAD_DIGITS + 1 + SHA256_BYTES];

	if (cases->sequence != cases->lasting) {
		snprintf(head, sizeof(head), "%0*" PRIu64, HEAD_DIGITS, cases->sequence);
		memcpy(head + HEAD_DIGITS, cases->chain, SHA256_BYTES);
		store_put(cases->store, head_key, (struct text){ head, HEAD_DIGITS + SHA256_BYTES });
	}
	if (store_commit(cases->store, fault)) {
		cases->lasting = cases->sequence;
		memcpy(cases->lasting_chain, cases->chain, SHA256_BYTES);
		return STORED_OK;
	}
	cases->sequence = cases->lasting;
	memcpy(cases->chain, cases->lasting_chain, SHA256_BYTES);
	cases->expired[0] = '\0'; /* what was forgotten is there after all */
	if (fault->code == FAULT_STORE_FULL)
		return STORED_FULL;
	return fault->code == FAULT_STORE_CORRUPT ? STORED_CORRUPT : STORED_UNKNOWN;
}

bool case_store_anchor(struct case_store *cases, struct fault *fault)
{
	if (cases->lasting == cases->anchored)
		return true;
	if (!store_anchor(cases->store, cases->lasting, cases->lasting_chain, fault))
		return false;
	cases->anchored = cases->lasting;
	return true;
}
