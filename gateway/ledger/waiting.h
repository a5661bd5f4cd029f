/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of edges that wait for the decision of a submission which is stored already. In memory only: when the process dies, the edge
   sends the request again, which finds its submission stored, and waits again. */
#pragma once

#include "base/text.h"

enum {
	WAITING_MOST = 4096, /* at a time; more are told at once that it is pended */
	WAITING_EDGE_MAX = 41, WAITING_TRACE_MAX = 36, WAITING_PARTNER_MAX = 121, WAITING_ID_MAX = 36, /* bytes with the NUL, as in bus.def */
};

struct waiting_one {
	char edge[WAITING_EDGE_MAX], trace[WAITING_TRACE_MAX];
	int64_t slot, received_ms, deadline_ms; /* of its envelope; deadline on our mono clock */
	char partner[WAITING_PARTNER_MAX], message_id[WAITING_ID_MAX]; /* the submission */
	int64_t until_ms; /* mono */
};

/* Zeroed is empty. */
struct waiting {
	struct waiting_one *items;
	size_t n, room;
	int64_t first_ms; /* mono: nobody's time is over before; 0: nobody waits */
};

void waiting_done(struct waiting *waiting);
bool waiting_full(const struct waiting *waiting);
/* One more; the same client of the same edge waits once. */
void waiting_add(struct waiting *waiting, const struct waiting_one *one);
/* Takes out the next that waits for this submission, or whose time is over; false: no more. */
bool waiting_take(struct waiting *waiting, struct text partner, struct text message_id, struct waiting_one *out);
bool waiting_take_due(struct waiting *waiting, int64_t now_ms, struct waiting_one *out);
