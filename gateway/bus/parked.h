/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that could not go out yet: kept in order per receiver until there is credit, or until it makes no sense to
   send them any more. */
#pragma once

#include "gateway/bus/bus.h"

struct parked_message;

struct parked {
	struct parked_message *first, **last; /* zeroed: empty */
	size_t n;
	bool blocked[ROLE_KINDS]; /* a live receiver of this kind has given no credit for what waits */
	int64_t late, dropped;    /* given up: past their deadline; receiver away too long or too many */
};

/* Sends, or keeps a copy when that is not possible or something for the same receiver waits already. True when it went. */
bool parked_send(struct parked *parked, struct bus *bus, const struct out *out, struct now now);
/* Tries again. Returns how many went. */
size_t parked_retry(struct parked *parked, struct bus *bus, struct now now);
/* True while the process should take no more work in: some live receiver is behind. */
bool parked_blocked(const struct parked *parked);
void parked_done(struct parked *parked);
