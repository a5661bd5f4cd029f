/* SPDX-License-Identifier: Apache-2.0 */
/* What the gateway itself says to a submitter of PAS requests when the payer has not: that a request is pended, that its time is over,
   and the envelopes in which decisions go to subscribers. All of it as JSON in the arena; TEXT_NONE when it cannot be made. */
#pragma once

#include "fhir-bridge/pas/pas_answer.h"

struct pa_subscription;

/* The answer as JSON; as many lines as there are items that the request does not cancel, each as `line`: those that it cancels are. */
struct text pas_say(const struct fhir_bundle *request, const struct pas_answer *answer, enum pas_version version, struct arena *arena);
struct text pas_say_lines(const struct fhir_bundle *request, struct pas_answer answer, const struct pas_line *line, enum pas_version version,
	struct arena *arena);
/* That the request is pended (A4) under this number of ours. */
struct text pas_say_pended(struct text body, struct text case_id, struct text answer_id, int64_t wall_ms, enum pas_version version,
	struct arena *arena);
/* The present answer once more, as one that the case ended without a decision (outcome error), and why. */
struct text pas_say_ended(struct text present, struct text note, struct text answer_id, int64_t wall_ms, struct arena *arena);
/* What $inquire answers with these stored answers: in 2.0.1 the first of them alone. TEXT_NONE also when there is none for that. */
struct text pas_say_inquiry(const struct text *answers, size_t n, enum pas_version version, struct arena *arena);
/* The version that a packed pas_version stands for. */
enum pas_version pas_version_of(int64_t packed);

/* R4 Subscriptions Backport: the handshake, and one event with the response bundle it is about. Both ids must be ours. */
struct text pas_say_handshake(const struct pa_subscription *of, struct text id, int64_t wall_ms, struct arena *arena);
struct text pas_say_event(const struct pa_subscription *of, struct text id, struct text answer, int64_t wall_ms,
	struct arena *arena);
/* The Subscription resource as its owner reads it. */
struct text pas_say_subscription(const struct pa_subscription *of, struct arena *arena);
