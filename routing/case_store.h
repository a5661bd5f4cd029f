/* SPDX-License-Identifier: Apache-2.0 */
/* The case store: one composite change is the whole write interface. {dedupe insert, case put with expected version, outbox and
   mailbox puts and deletes, audit append, stored reply} goes in together or not at all, into the open batch; case_store_commit
   makes all changes since the last one durable at once.

   Keys (text, so that a walk is in order and an operator can read them; US is the byte 0x1f, which no identifier may hold):
	c/<case id>                               pa_case
	r/<partner>US<reference>                  case id
	d/<partner>US<message id>                 stored_reply
	e/<noted, 13 digits>/<sequence, 20 digits>  key of a stored_reply that may be forgotten, by the audit entry that noted it
	o/<due, 13 digits>/<case id>/<n>          outbox_row; the key is the name of the row (the due time as it was when it was made)
	x/<message id>                            sent_question: what a remote backend was asked under it
	b/<backend>US<PACaseID>                   case id: what a remote backend calls the case
	m/<partner>US<created, 13 digits>/<case id>/<n>   mailbox_item
	q/<digest>/<case id>                      case id: a case by what an $inquire or a pre-flight asks for
	p/<case id>                               pa_script: a PAS case whose backend is asked in SCRIPT
	s/<partner>US<id>                         pa_subscription
	a/<sequence, 20 digits>                   chain hash (32 bytes), then audit_entry
	h                                         head of the audit chain: sequence (20 digits), chain hash (32 bytes)
   chain hash of an entry = SHA-256(chain hash of the one before, packed entry); zeros before the first. */
#pragma once

#include "base/crypto.h"
#include "base/store.h"
#include "routing/case.h"

enum { CASE_KEY_MAX = 200 }; /* bytes; the longest is a mailbox item: 2 + 120 + 1 + 13 + 1 + 35 + 1 + 20 */

enum { CASE_EXPIRY_MAX = 48 }; /* bytes of an e/ key with the NUL: 2 + 19 + 1 + 20 */

struct case_store {
	struct store *store; /* borrowed */
	uint64_t sequence;   /* of the last audit entry, open batch included */
	unsigned char chain[SHA256_BYTES];
	uint64_t lasting; /* the same as of the last commit */
	unsigned char lasting_chain[SHA256_BYTES];
	uint64_t anchored; /* sequence in the anchor */
	char expired[CASE_EXPIRY_MAX]; /* last note that was taken out, so that a walk need not pass its traces; "" none */
};

/* True for an answer that is kept as long as its case: that of a message which opened or moved it. Any other is only there so that
   the same message is answered the same way while its sender may still repeat it. */
bool case_reply_kept(const struct stored_reply *reply);

/* Reads the head and holds it against the anchor. FAULT_STORE_CORRUPT when they do not belong together. */
bool case_store_open(struct case_store *cases, struct store *store, struct arena *arena, struct fault *fault) fault_check;

struct case_item {
	struct text key;
	const struct record *record; /* of what is put; NULL: see value */
	const void *rec;
	struct text value; /* what is put as it is; absent as well: delete */
};

/* One composite change. */
struct case_change {
	/* dedupe: message_id absent means that no message came in */
	struct text partner, message_id;
	struct stored_reply reply;
	/* case: NULL leaves it alone. expected_version 0: it must not exist yet */
	const struct pa_case *put;
	int64_t expected_version;
	/* rows and items to put and delete; one to delete must be there, or it is a conflict: the work was done already */
	const struct case_item *items;
	size_t items_n;
	struct audit_entry audit; /* sequence is filled in here */
};

enum case_result {
	STORED_OK,        /* in the open batch: lasts once case_store_commit is true */
	STORED_DUPLICATE, /* this message came before: *reply is what it was answered */
	STORED_REUSED,    /* this message id came before with another body: FAULT_REUSED_ID */
	STORED_CONFLICT,  /* the case or a row is not as expected: FAULT_STORE_CONFLICT */
	STORED_FULL,      /* nothing was stored: FAULT_STORE_FULL */
	STORED_UNKNOWN,   /* may or may not last: FAULT_STORE_UNKNOWN */
	STORED_CORRUPT,   /* the store cannot be read: FAULT_STORE_CORRUPT */
};

/* Adds the change to the open batch. On anything but STORED_OK nothing of it is in there, and *fault says what (not for
   STORED_DUPLICATE). *reply lives in the arena. */
enum case_result case_store_change(struct case_store *cases, const struct case_change *change, struct arena *arena,
	struct stored_reply *reply, struct fault *fault);
/* What this message was answered before. STORED_OK: it is new. */
enum case_result case_store_seen(struct case_store *cases, struct text partner, struct text message_id,
	struct text body_sha256, struct arena *arena, struct stored_reply *reply, struct fault *fault);
/* Forgets the stored answers noted before `before_ms`, oldest first and at most `most` of them, with one audit entry at `at_ms` when
   there are any; *n says how many. To be called on an empty batch: it looks at what is committed. */
enum case_result case_store_expire(struct case_store *cases, int64_t before_ms, size_t most, int64_t at_ms, struct arena *arena,
	size_t *n, struct fault *fault);
/* STORED_OK: everything changed since the last commit is durable. STORED_FULL: none of it is. */
enum case_result case_store_commit(struct case_store *cases, struct fault *fault);
/* Notes in the anchor how far the chain has come; no write when nothing was committed since. */
bool case_store_anchor(struct case_store *cases, struct fault *fault) fault_check;

/* Reads one record by key, open batch included; *found says whether it is there. Damaged bytes are FAULT_STORE_CORRUPT. */
bool case_store_read(struct case_store *cases, struct text key, const struct record *record, void *rec,
	struct arena *arena, bool *found, struct fault *fault) fault_check;
/* The id of the case that a partner's reference stands for; TEXT_NONE when there is none. */
bool case_store_find(struct case_store *cases, struct text partner, struct text reference, struct arena *arena,
	struct text *case_id, struct fault *fault) fault_check;

/* Keys, in the arena. */
struct text case_key(struct text case_id, struct arena *arena);
struct text case_reference_key(struct text partner, struct text reference, struct arena *arena);
struct text case_dedupe_key(struct text partner, struct text message_id, struct arena *arena);
struct text case_row_key(int64_t due_ms, struct text case_id, int64_t n, struct arena *arena);
struct text case_question_key(struct text message_id, struct arena *arena);
struct text case_backend_key(struct text backend, struct text backend_case_id, struct arena *arena);
/* Everything an $inquire by this digest finds starts so. */
struct text case_inquiry_prefix(struct text digest, struct arena *arena);
struct text case_inquiry_key(struct text digest, struct text case_id, struct arena *arena);
/* A partner's Subscription; id "": what all of them start with. */
struct text case_subscription_key(struct text partner, struct text id, struct arena *arena);
struct text case_script_key(struct text case_id, struct arena *arena);
struct text case_expiry_key(int64_t noted_ms, uint64_t sequence, struct arena *arena);
/* Both parts of such a key; false when it is none. */
bool case_expiry_split(struct text key, int64_t *noted_ms, uint64_t *sequence);
/* A row's key fit for log_id, which takes no '/'. */
struct text case_row_printable(struct text row, struct arena *arena);
/* Everything a partner may fetch starts so. */
struct text case_mailbox_prefix(struct text partner, struct arena *arena);
struct text case_mailbox_key(struct text partner, int64_t created_ms, struct text case_id, int64_t n, struct arena *arena);
/* The part of a mailbox key after the partner, fit for an audit entry. */
struct text case_mailbox_name(struct text key);
struct text case_audit_key(uint64_t sequence, struct arena *arena);
/* The chain hash and the packed entry that an audit value consists of; false when it is too short. */
bool case_audit_split(struct text value, unsigned char chain[SHA256_BYTES], struct text *entry);
/* Head of the chain as committed. Sequence 0: an empty store. */
bool case_store_head(struct store *store, struct arena *arena, uint64_t *sequence, unsigned char chain[SHA256_BYTES],
	struct fault *fault) fault_check;
