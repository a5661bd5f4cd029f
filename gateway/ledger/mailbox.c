/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over a partner's mailbox, oldest first. */
#include "gateway/ledger/mailbox.h"

#include <stdio.h>
#include <stdlib.h>

void mailbox_done(struct mailbox_leases *mailbox)
{
	free(mailbox->leases);
	*mailbox = (struct mailbox_leases){ 0 };
}

static bool leased(const struct mailbox_leases *mailbox, struct text key, int64_t now_ms)
{
	uint64_t item = text_hash(key);

	for (size_t i = 0; i < mailbox->n; i++)
		if (mailbox->leases[i].item == item && mailbox->leases[i].until_ms > now_ms)
			return true;
	return false;
}

static bool look(const struct mailbox_leases *mailbox, struct case_store *cases, struct text key, struct text value,
	struct text acknowledged, int64_t now_ms, struct arena *arena, struct mailbox_found *out, struct fault *fault)
{
	struct mailbox_item item = { 0 };
	bool wanted = text_there(acknowledged) && !text_there(out->acknowledged);
	bool there;

	if (!wanted && text_there(out->key))
		return true;
	if (!record_unpack(&mailbox_item_record, &item, arena, value, fault))
		return fault_set(fault, FAULT_STORE_CORRUPT, "mailbox_item");
	wanted = wanted && text_equal(item.message_id, acknowledged);
	if (!wanted && (text_there(out->key) || leased(mailbox, key, now_ms)))
		return true;
	if (!case_store_read(cases, key, &mailbox_item_record, &item, arena, &there, fault))
		return false;
	if (!there) /* acknowledged a moment ago, in the open batch */
		return true;
	if (wanted) {
		out->acknowledged = arena_text(arena, key);
		out->acknowledged_case = item.case_id;
	} else {
		out->key = arena_text(arena, key);
		out->item = item;
	}
	return true;
}

bool mailbox_find(const struct mailbox_leases *mailbox, struct case_store *cases, struct text partner, struct text acknowledged,
	int64_t now_ms, struct arena *arena, struct mailbox_found *out, struct fault *fault)
{
	struct store_walk *walk = store_walk_new(cases->store, case_mailbox_prefix(partner, arena), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true;

	*out = (struct mailbox_found){ 0 };
	while (good && store_walk_next(walk, &key, &value)) {
		good = look(mailbox, cases, key, value, acknowledged, now_ms, arena, out, fault);
		if (text_there(out->key) && (!text_there(acknowledged) || text_there(out->acknowledged)))
			break;
	}
	if (store_walk_free(walk, &ending))
		return good;
	*fault = ending;
	return false;
}

void mailbox_lease(struct mailbox_leases *mailbox, struct text key, int64_t now_ms)
{
	if (mailbox->n == mailbox->room) {
		mailbox->room = mailbox->room ? mailbox->room * 2 : 16;
		mailbox->leases = reallocarray(mailbox->leases, mailbox->room, sizeof(*mailbox->leases));
		if (!mailbox->leases) {
			fputs("dualtrack: out of memory\n", stderr);
			abort();
		}
	}
	mailbox->leases[mailbox->n++] = (struct mailbox_lease){ text_hash(key), now_ms + MAILBOX_LEASE_MS, false };
}

void mailbox_settle(struct mailbox_leases *mailbox, bool lasting, int64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < mailbox->n; i++) {
		struct mailbox_lease lease = mailbox->leases[i];

		if (lease.until_ms <= now_ms || (!lease.lasting && !lasting))
			continue;
		lease.lasting = true;
		mailbox->leases[kept++] = lease;
	}
	mailbox->n = kept;
}
