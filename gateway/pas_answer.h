/* SPDX-License-Identifier: Apache-2.0 */
/* What the gateway itself says to a submitter of PAS requests when the payer has not: that a request is pended, that its time is over,
   and the envelopes in which decisions go to subscribers. All of it as JSON in the arena; TEXT_NONE when it cannot be made. */
#pragma once

#include "base/text.h"

struct arena;
struct pa_subscription;

/* The PAS response bundle that says the request is pended (A4) under this number of ours. */
struct text pas_pended(struct text request, struct text case_id, struct text answer_id, int64_t wall_ms, struct arena *arena);
/* The one that says the request cannot be dealt with here, and why (outcome error): a business error, and HTTP's 200. */
struct text pas_refused(struct text request, struct text why, struct text answer_id, int64_t wall_ms, struct arena *arena);
/* The present answer once more, as one that the case ended without a decision (outcome error), with a note that says why. */
struct text pas_ended(struct text present, struct text note, struct text answer_id, int64_t wall_ms, struct arena *arena);

/* R4 Subscriptions Backport: the handshake, and one event with the response bundle it is about. Both ids must be ours. */
struct text pas_handshake(const struct pa_subscription *of, struct text id, int64_t wall_ms, struct arena *arena);
struct text pas_notification(const struct pa_subscription *of, struct text id, struct text answer, int64_t wall_ms,
	struct arena *arena);
/* The Subscription resource as its owner reads it. */
struct text pas_subscription(const struct pa_subscription *of, struct arena *arena);
/* A stored answer as $inquire gives it. */
struct text pas_inquired(struct text answer, struct arena *arena);
/* What $inquire answers: Parameters with each of these bundles as `return`. */
struct text pas_parameters(const struct text *answers, size_t n, struct arena *arena);
