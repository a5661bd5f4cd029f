/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that wait for their partner to fetch them: who has taken which for the moment, and which is next. */
#pragma once

#include "routing/case_store.h"

enum { MAILBOX_LEASE_MS = 5 * 60 * 1000 }; /* a partner that did not acknowledge an item by then is given it again */

struct mailbox_lease {
	uint64_t item; /* hash of its key */
	int64_t until_ms;
	bool lasting; /* the answer that carries it was committed */
};

/* Zeroed is empty. Lost with the process: an item is then given out once more, under the same MessageID. */
struct mailbox_leases {
	struct mailbox_lease *leases;
	size_t n, room;
};

void mailbox_done(struct mailbox_leases *mailbox);

struct mailbox_found {
	struct text acknowledged, acknowledged_case; /* key and case of the item the partner has safely; absent: no such item */
	struct text key;                             /* of the next item to give out; absent: none */
	struct mailbox_item item;
};

/* Looks for both in one walk over what is committed, less what the open batch takes out. Does not lease. */
bool mailbox_find(const struct mailbox_leases *mailbox, struct case_store *cases, struct text partner, struct text acknowledged,
	int64_t now_ms, struct arena *arena, struct mailbox_found *out, struct fault *fault) fault_check;
void mailbox_lease(struct mailbox_leases *mailbox, struct text key, int64_t now_ms);
/* The batch became durable, or came to nothing: leases made since the last call stay, or go. */
void mailbox_settle(struct mailbox_leases *mailbox, bool lasting, int64_t now_ms);
