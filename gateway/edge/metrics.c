/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the edge and of the roles that report to it, written in the Prometheus text format 0.0.4. */
#include "gateway/edge/metrics.h"

#include <stdio.h>
#include <string.h>

static const char *const result_names[RESULTS] = {
	[RESULT_ANSWERED] = "answered",
	[RESULT_REFUSED] = "refused",
	[RESULT_BUSY] = "busy",
	[RESULT_TIMEOUT] = "timeout",
	[RESULT_QUARANTINED] = "quarantined",
};

/* Around the goals of 2 ms at the median and 15 ms at p99, and up to the deadlines of 3 s and 10 s. */
static const struct {
	int64_t ms;
	const char *seconds;
} bounds[METRICS_BUCKETS] = {
	{ 1, "0.001" }, { 2, "0.002" }, { 5, "0.005" }, { 10, "0.01" }, { 15, "0.015" }, { 25, "0.025" }, { 50, "0.05" },
	{ 100, "0.1" }, { 250, "0.25" }, { 500, "0.5" }, { 1000, "1" }, { 3000, "3" }, { 10000, "10" },
};

void metrics_count(struct metrics *metrics, enum family family, enum result result, enum fault_code fault,
	int64_t took_ms)
{
	size_t bucket = 0;

	while (bucket < METRICS_BUCKETS && took_ms > bounds[bucket].ms)
		bucket++;
	metrics->results[family][result]++;
	metrics->buckets[family][bucket]++;
	metrics->total_ms[family] += took_ms > 0 ? (uint64_t)took_ms : 0;
	if (fault != FAULT_NONE)
		metrics->faults[fault]++;
}

bool metrics_any_up(const struct metrics *metrics, enum role_kind kind)
{
	for (int i = 0; i < PEERS_MAX; i++)
		if (metrics->peers[kind][i].up)
			return true;
	return false;
}

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void single(struct buffer *out, const char *name, const char *type, const char *help, uint64_t value)
{
	head(out, name, type, help);
	buffer_format(out, "%s %llu\n", name, (unsigned long long)value);
}

static void write_requests(const struct metrics *metrics, struct buffer *out)
{
	head(out, "dualtrack_requests_total", "counter", "Requests, by standard and how they ended.");
	for (int family = 0; family < FAMILIES; family++)
		for (int result = 0; result < RESULTS; result++)
			buffer_format(out, "dualtrack_requests_total{family=\"%s\",result=\"%s\"} %llu\n",
				family_name((enum family)family), result_names[result],
				(unsigned long long)metrics->results[family][result]);
	head(out, "dualtrack_request_seconds", "histogram", "Time from the whole request to its answer.");
	for (int family = 0; family < FAMILIES; family++) {
		const char *name = family_name((enum family)family);
		unsigned long long n = 0;

		for (int i = 0; i < METRICS_BUCKETS; i++) {
			n += metrics->buckets[family][i];
			buffer_format(out, "dualtrack_request_seconds_bucket{family=\"%s\",le=\"%s\"} %llu\n", name,
				bounds[i].seconds, n);
		}
		n += metrics->buckets[family][METRICS_BUCKETS];
		buffer_format(out, "dualtrack_request_seconds_bucket{family=\"%s\",le=\"+Inf\"} %llu\n", name, n);
		buffer_format(out, "dualtrack_request_seconds_sum{family=\"%s\"} %llu.%03llu\n", name,
			(unsigned long long)metrics->total_ms[family] / 1000,
			(unsigned long long)metrics->total_ms[family] % 1000);
		buffer_format(out, "dualtrack_request_seconds_count{family=\"%s\"} %llu\n", name, n);
	}
	head(out, "dualtrack_faults_total", "counter", "Refusals, by fault.");
	for (int code = FAULT_NONE + 1; code < FAULT_CODES; code++)
		buffer_format(out, "dualtrack_faults_total{fault=\"%s\"} %llu\n", fault_row((enum fault_code)code)->name,
			(unsigned long long)metrics->faults[code]);
}

/* What the ledger counts of the cases' clocks. A name that ends in _ is the beginning of several rows, and what follows is a label. */
static const struct {
	const char *row, *metric, *label, *type, *help;
} clock_metrics[] = {
	{ "cases_", "dualtrack_cases_open", "state", "gauge", "Cases that owe a decision, by state." },
	{ "overdue", "dualtrack_cases_overdue", NULL, "gauge", "Of those, cases past their time." },
	{ "warned", "dualtrack_clock_warnings_total", NULL, "counter", "Warnings that a decision comes near its time." },
	{ "escalated", "dualtrack_clock_escalations_total", NULL, "counter", "Last warnings, and daily reminders of what is overdue." },
	{ "breaches_", "dualtrack_clock_breaches_total", "programme", "counter", "Decisions that were not made in time." },
	{ "losses", "dualtrack_lost_elements_total", NULL, "counter", "Elements of cases that the standard of their backend has no place for." },
	{ "supplies", "dualtrack_emergency_supplies_total", NULL, "counter", "Cases in which an emergency supply was spoken of." },
};
enum { CLOCK_METRICS = sizeof(clock_metrics) / sizeof(*clock_metrics) };

/* What follows the name in the row: "" for the row itself; NULL: another row. */
static const char *rest_of(const struct field *field, size_t i)
{
	size_t n = strlen(clock_metrics[i].row);

	if (strncmp(field->member, clock_metrics[i].row, n) != 0 || (field->member[n] != '\0') != !!clock_metrics[i].label)
		return NULL;
	return field->member + n;
}

static bool of_clock(const struct field *field)
{
	for (size_t i = 0; i < CLOCK_METRICS; i++)
		if (rest_of(field, i))
			return true;
	return false;
}

static void write_clock(const struct metrics *metrics, struct buffer *out)
{
	const struct metrics_peer *ledger = &metrics->peers[ROLE_LEDGER][0];

	for (size_t i = 0; ledger->seen && i < CLOCK_METRICS; i++) {
		head(out, clock_metrics[i].metric, clock_metrics[i].type, clock_metrics[i].help);
		for (size_t row = 0; row < counters_record.n; row++) {
			const struct field *field = &counters_record.fields[row];
			const char *rest = rest_of(field, i);

			if (!rest)
				continue;
			buffer_add(out, text_of(clock_metrics[i].metric));
			if (*rest)
				buffer_format(out, "{%s=\"%s\"}", clock_metrics[i].label, rest);
			buffer_format(out, " %lld\n", (long long)*(const int64_t *)field_at(field, &ledger->counters));
		}
	}
}

/* Every other row of the counters record is a metric of each peer, with the row's own words as help. */
static void write_peers(const struct metrics *metrics, struct buffer *out)
{
	struct text name;

	head(out, "dualtrack_peer_up", "gauge", "1 when the role is there.");
	for (int kind = 0; kind < ROLE_KINDS; kind++)
		for (int i = 0; i < PEERS_MAX; i++)
			if (metrics->peers[kind][i].seen) {
				name = peer_name((struct peer){ (enum role_kind)kind, i }, out->arena);
				buffer_format(out, "dualtrack_peer_up{peer=\"%.*s\"} %d\n", TEXT_ARGS(name),
					metrics->peers[kind][i].up);
			}
	for (size_t row = 0; row < counters_record.n; row++) {
		const struct field *field = &counters_record.fields[row];

		if (of_clock(field) || field->kind != FIELD_COUNT)
			continue;
		buffer_format(out, "# HELP dualtrack_peer_%s %s\n# TYPE dualtrack_peer_%s gauge\n", field->member, field->doc,
			field->member);
		for (int kind = 0; kind < ROLE_KINDS; kind++)
			for (int i = 0; i < PEERS_MAX; i++) {
				const struct metrics_peer *peer = &metrics->peers[kind][i];

				if (!peer->seen)
					continue;
				name = peer_name((struct peer){ (enum role_kind)kind, i }, out->arena);
				buffer_format(out, "dualtrack_peer_%s{peer=\"%.*s\"} %lld\n", field->member, TEXT_ARGS(name),
					(long long)*(const int64_t *)field_at(field, &peer->counters));
			}
	}
}

void metrics_told(struct metrics *metrics, struct peer peer, const struct counters *counters)
{
	struct metrics_peer *of = &metrics->peers[peer.kind][peer.index];

	of->counters = *counters;
	of->backends_n = counters->backends_n < METRICS_BACKENDS ? counters->backends_n : METRICS_BACKENDS;
	for (size_t i = 0; i < of->backends_n; i++) {
		of->backends[i].counters = counters->backends[i];
		text_to_z(counters->backends[i].name, of->backends[i].name, sizeof(of->backends[i].name));
		of->backends[i].counters.name = TEXT_NONE;
	}
	of->counters.backends = NULL;
	of->counters.backends_n = 0;
	of->counters.misses = NULL;
	of->counters.misses_n = 0;
	if (peer.kind != ROLE_LEDGER)
		return;
	metrics->misses_n = counters->misses_n < METRICS_MISSES ? counters->misses_n : METRICS_MISSES;
	for (size_t i = 0; i < metrics->misses_n; i++) {
		text_to_z(counters->misses[i].rule, metrics->misses[i].rule, sizeof(metrics->misses[i].rule));
		metrics->misses[i].times = counters->misses[i].times;
	}
}

/* A name is the operator's own; what Prometheus would stumble over becomes '_'. */
static const char *label(const char *name, char out[61])
{
	snprintf(out, 61, "%s", name);
	for (char *c = out; *c; c++)
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
			*c = '_';
	return out;
}

/* Likewise of every remote backend, as each courier counts it. */
static void write_backends(const struct metrics *metrics, struct buffer *out)
{
	const struct metrics_peer *couriers = metrics->peers[ROLE_COURIER];
	bool any = false;

	for (int i = 0; i < PEERS_MAX; i++)
		any |= couriers[i].seen && couriers[i].backends_n > 0;
	for (size_t row = 0; any && row < backend_counters_record.n; row++) {
		const struct field *field = &backend_counters_record.fields[row];
		char name[61];

		if (field->kind != FIELD_COUNT)
			continue;
		buffer_format(out, "# HELP dualtrack_backend_%s %s\n# TYPE dualtrack_backend_%s gauge\n", field->member, field->doc,
			field->member);
		for (int i = 0; i < PEERS_MAX; i++)
			for (size_t j = 0; couriers[i].seen && j < couriers[i].backends_n; j++)
				buffer_format(out, "dualtrack_backend_%s{peer=\"courier.%d\",backend=\"%s\"} %lld\n", field->member, i,
					label(couriers[i].backends[j].name, name),
					(long long)*(const int64_t *)field_at(field, &couriers[i].backends[j].counters));
	}
}

/* Which rows of the router's table sent cases to who does not decide them: for its owner. */
static void write_misses(const struct metrics *metrics, struct buffer *out)
{
	char name[61];

	head(out, "dualtrack_route_miss_total", "counter", "Cases that a backend said were not its to decide, by the rule that sent them there.");
	for (size_t i = 0; i < metrics->misses_n; i++)
		buffer_format(out, "dualtrack_route_miss_total{rule=\"%s\"} %lld\n", label(metrics->misses[i].rule, name), (long long)metrics->misses[i].times);
}

void metrics_write(const struct metrics *metrics, const struct metrics_now *standing, struct buffer *out)
{
	write_requests(metrics, out);
	single(out, "dualtrack_in_flight", "gauge", "Requests in hand.", standing->in_flight);
	single(out, "dualtrack_queued", "gauge", "Requests in hand that wait for a worker.", standing->queued);
	single(out, "dualtrack_held_bytes", "gauge", "Bytes of message bodies in hand.", standing->held_bytes);
	single(out, "dualtrack_tokens_given_total", "counter", "Access tokens given to clients.", standing->tokens_given);
	single(out, "dualtrack_tokens_refused_total", "counter", "Requests for access tokens that were refused.", standing->tokens_refused);
	single(out, "dualtrack_quarantined", "gauge", "Bodies that stopped two workers and are not processed again.",
		standing->quarantined);
	single(out, "dualtrack_redelivered_total", "counter", "Requests sent to a worker again.", standing->redelivered);
	single(out, "dualtrack_late_replies_total", "counter", "Answers that came when nobody waited any more.", metrics->late);
	write_peers(metrics, out);
	write_clock(metrics, out);
	write_backends(metrics, out);
	write_misses(metrics, out);
}
