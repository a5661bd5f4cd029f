/* SPDX-License-Identifier: Apache-2.0 */
/* What the edge has counted, as Prometheus text. Labels come from our own tables; nothing of a message is in here. */
#pragma once

#include "gateway/bus/family.h"
#include "gateway/bus/role.h"

/* How a request ended. */
enum result { RESULT_ANSWERED, RESULT_REFUSED, RESULT_BUSY, RESULT_TIMEOUT, RESULT_QUARANTINED, RESULTS };

enum { METRICS_BUCKETS = 13, METRICS_BACKENDS = 64, METRICS_MISSES = 64 };

struct metrics {
	uint64_t results[FAMILIES][RESULTS];
	uint64_t buckets[FAMILIES][METRICS_BUCKETS + 1]; /* the last: slower than all bounds */
	uint64_t total_ms[FAMILIES];
	uint64_t faults[FAULT_CODES];
	uint64_t late; /* answers to nobody: the request was answered or refused before */
	struct metrics_peer {
		bool seen, up;
		struct counters counters; /* its backends are in the array */
		struct metrics_backend {
			char name[61];
			struct backend_counters counters;
		} backends[METRICS_BACKENDS];
		size_t backends_n;
	} peers[ROLE_KINDS][PEERS_MAX];
	struct {
		char rule[61];
		int64_t times;
	} misses[METRICS_MISSES]; /* of the ledger */
	size_t misses_n;
};

/* Things as they stand at the moment of asking. */
struct metrics_now {
	uint64_t in_flight, queued, quarantined, redelivered, held_bytes;
	uint64_t tokens_given, tokens_refused;
};

/* One request over: fault FAULT_NONE for a good answer. */
void metrics_count(struct metrics *metrics, enum family family, enum result result, enum fault_code fault,
	int64_t took_ms);
/* What a peer said of itself in its PING; the counters may go afterwards. */
void metrics_told(struct metrics *metrics, struct peer peer, const struct counters *counters);
/* True when any instance of the kind is there. */
bool metrics_any_up(const struct metrics *metrics, enum role_kind kind);
void metrics_write(const struct metrics *metrics, const struct metrics_now *standing, struct buffer *out);
