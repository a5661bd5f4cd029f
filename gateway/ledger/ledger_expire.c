/* SPDX-License-Identifier: Apache-2.0 */
/* Stored answers do not pile up for ever: those that only serve a repetition are forgotten when no sender repeats any more. */
#include "gateway/ledger/ledger.h"

#include "base/log.h"

enum {
	EXPIRE_MOST = 256,        /* answers at once: a change of about 40 KB */
	EXPIRE_NEXT_MS = 20,      /* to the next look when there were so many: 12,000 answers a second, more than ever come in */
	EXPIRE_LOOK_MS = 60000,   /* and else */
};
/* SCRIPT networks repeat a message for minutes; a sender that was down may do so for days. Seven days are the least that is kept, and
   one more makes up for clocks that differ. */
static const int64_t reply_kept_ms = INT64_C(8) * 24 * 60 * 60 * 1000;

bool ledger_expire(struct ledger *ledger, struct now now, struct fault *fault)
{
	size_t n;

	/* On an empty batch only: what is found must be what is committed. */
	if (now.mono_ms < ledger->expire_ms || ledger->batch_since_ms)
		return true;
	if (case_store_expire(&ledger->cases, now.wall_ms - reply_kept_ms, EXPIRE_MOST, now.wall_ms, &ledger->batch, &n, fault) !=
		STORED_OK)
		return false;
	ledger->expire_ms = now.mono_ms + (n == EXPIRE_MOST ? EXPIRE_NEXT_MS : EXPIRE_LOOK_MS);
	if (!n)
		return true;
	ledger_touch(ledger, now);
	log_event(LEVEL_INFO, "ledger.forgotten", log_number("answers", (int64_t)n));
	return true;
}
