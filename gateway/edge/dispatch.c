/* SPDX-License-Identifier: Apache-2.0 */
/* The edge's book of requests in hand. Every request is in the list of deadlines of its family; and, by its state, in one of:
   fresh or again (wants a worker), by_resend (sent, may be sent once more), condemned (to be refused), or none (sent for
   the last time). Deadlines are a span ahead, and never before an earlier one; resends are a constant span ahead but when it
   was just changed, and may then wait for one before them: so appending keeps
   each list in order. */
#include "gateway/edge/dispatch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct pending_queue *queue, struct pending *pending)
{
	enum pending_list list = queue->list;

	pending->before[list] = queue->last;
	pending->after[list] = NULL;
	if (queue->last)
		queue->last->after[list] = pending;
	else
		queue->first = pending;
	queue->last = pending;
	queue->n++;
}

static void take(struct pending_queue *queue, struct pending *pending)
{
	enum pending_list list = queue->list;
	struct pending *before = pending->before[list], *after = pending->after[list];

	if (before)
		before->after[list] = after;
	else
		queue->first = after;
	if (after)
		after->before[list] = before;
	else
		queue->last = before;
	queue->n--;
}

/* Moves to the list of another state; NULL: in none. */
static void enter(struct pending *pending, struct pending_queue *state, struct now now)
{
	if (pending->in)
		take(pending->in, pending);
	pending->in = state;
	pending->since_ms = now.mono_ms;
	if (state)
		append(state, pending);
}

static struct pending_queue *bucket(struct dispatch *dispatch, uint64_t connection)
{
	return &dispatch->by_connection[connection % (sizeof(dispatch->by_connection) / sizeof(*dispatch->by_connection))];
}

void dispatch_spans(struct dispatch *dispatch, const int64_t span_ms[FAMILIES])
{
	for (int i = 0; i < FAMILIES; i++) {
		assert(span_ms[i] > 0);
		dispatch->span_ms[i] = span_ms[i];
	}
}

void dispatch_init(struct dispatch *dispatch, int window, const int64_t span_ms[FAMILIES])
{
	assert(window > 0 && window <= DISPATCH_WINDOW_MAX);
	memset(dispatch, 0, sizeof(*dispatch));
	dispatch->window = window;
	dispatch_spans(dispatch, span_ms);
	dispatch->resend_credit = DISPATCH_RESEND_SAVED_MAX * DISPATCH_RESEND_EARN;
	dispatch->fresh.list = dispatch->again.list = dispatch->condemned.list = LIST_STATE;
	for (int i = 0; i < FAMILIES; i++) {
		dispatch->by_resend[i].list = LIST_STATE;
		dispatch->by_deadline[i].list = LIST_DEADLINE;
	}
	for (size_t i = 0; i < sizeof(dispatch->by_connection) / sizeof(*dispatch->by_connection); i++)
		dispatch->by_connection[i].list = LIST_CONNECTION;
	/* Touched only as far as it is used. */
	dispatch->pendings = calloc(DISPATCH_PENDING_MAX, sizeof(*dispatch->pendings));
	if (!dispatch->pendings) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
}

void dispatch_done(struct dispatch *dispatch)
{
	for (size_t i = 0; dispatch->pendings && i < dispatch->places_used; i++)
		arena_done(&dispatch->pendings[i].arena);
	free(dispatch->pendings);
	dispatch->pendings = NULL;
}

/* -- strikes -- */

static void hash(struct pending *pending)
{
	if (!pending->hashed)
		crypto_sha256(pending->body, pending->hash);
	pending->hashed = true;
}

static struct dispatch_strike *strike_of(const struct dispatch *dispatch, const unsigned char *body_hash)
{
	for (size_t i = 0; i < DISPATCH_HASHES_MAX; i++)
		if (dispatch->strikes[i].deaths && memcmp(dispatch->strikes[i].hash, body_hash, SHA256_BYTES) == 0)
			return (struct dispatch_strike *)&dispatch->strikes[i];
	return NULL;
}

bool dispatch_quarantined(const struct dispatch *dispatch, const struct pending *pending)
{
	const struct dispatch_strike *strike;

	/* Nearly always there is none, and no body need be hashed. */
	if (!dispatch->quarantined)
		return false;
	hash((struct pending *)pending);
	strike = strike_of(dispatch, pending->hash);
	return strike && strike->deaths >= DISPATCH_STRIKES_MAX;
}

static void strike(struct dispatch *dispatch, struct pending *pending)
{
	struct dispatch_strike *of;

	hash(pending);
	pending->struck = true;
	of = strike_of(dispatch, pending->hash);
	/* A full table forgets its oldest, but one in quarantine only when all are. */
	for (size_t i = 0; !of && i < 2 * DISPATCH_HASHES_MAX; i++) {
		struct dispatch_strike *place = &dispatch->strikes[dispatch->strike_next++ % DISPATCH_HASHES_MAX];

		if (place->deaths < DISPATCH_STRIKES_MAX || i >= DISPATCH_HASHES_MAX)
			of = place;
		if (of && of->deaths >= DISPATCH_STRIKES_MAX)
			dispatch->quarantined--;
		if (of)
			*of = (struct dispatch_strike){ .deaths = 0 };
	}
	memcpy(of->hash, pending->hash, SHA256_BYTES);
	if (++of->deaths == DISPATCH_STRIKES_MAX)
		dispatch->quarantined++;
}

/* A worker has lived through this body, so it only stood near a death. */
static void forgive(struct dispatch *dispatch, const struct pending *pending)
{
	struct dispatch_strike *of = strike_of(dispatch, pending->hash);

	if (of && of->deaths < DISPATCH_STRIKES_MAX)
		of->deaths = 0;
}

/* -- requests -- */

static bool worker_free(const struct dispatch *dispatch, const struct dispatch_worker *worker)
{
	return worker->up && worker->sent_n < dispatch->window;
}

static bool any_free(const struct dispatch *dispatch)
{
	for (int i = 0; i < dispatch->workers_n; i++)
		if (worker_free(dispatch, &dispatch->workers[i]))
			return true;
	return false;
}

static bool waits_too_long(const struct dispatch *dispatch, const struct pending_queue *queue, struct now now)
{
	const struct pending *oldest = queue->first;

	return oldest && (now.mono_ms - oldest->since_ms) * DISPATCH_SHED_PART > dispatch->span_ms[oldest->family];
}

static bool overloaded(const struct dispatch *dispatch, size_t body_n, struct now now)
{
	if (dispatch->pending_n == DISPATCH_PENDING_MAX || dispatch->bytes + body_n > DISPATCH_BYTES_MAX)
		return true;
	if (dispatch->fresh.n + dispatch->again.n >= DISPATCH_QUEUE_MAX)
		return true;
	return (waits_too_long(dispatch, &dispatch->fresh, now) || waits_too_long(dispatch, &dispatch->again, now))
		&& !any_free(dispatch);
}

static struct pending *place_take(struct dispatch *dispatch)
{
	struct pending *pending = dispatch->free_first;
	uint32_t generation;

	if (pending)
		dispatch->free_first = pending->after[LIST_STATE];
	else
		pending = &dispatch->pendings[dispatch->places_used++];
	/* The generation makes a slot's next life another number: an answer to the earlier one fits nobody. */
	generation = pending->generation + 1;
	memset(pending, 0, sizeof(*pending));
	pending->generation = generation;
	pending->slot = (int64_t)generation * DISPATCH_PENDING_MAX + (pending - dispatch->pendings);
	return pending;
}

static void place_give(struct dispatch *dispatch, struct pending *pending)
{
	arena_done(&pending->arena);
	pending->slot = 0;
	pending->after[LIST_STATE] = dispatch->free_first;
	dispatch->free_first = pending;
}

struct pending *dispatch_add(struct dispatch *dispatch, enum family family, uint64_t connection, struct text trace,
	struct text body, struct now now, enum fault_code *refused)
{
	const struct pending *last = dispatch->by_deadline[family].last;
	struct pending *pending;

	*refused = FAULT_BUSY;
	if (overloaded(dispatch, body.n, now))
		return NULL;
	pending = place_take(dispatch);
	pending->family = family;
	arena_init(&pending->arena, body.n + sizeof(max_align_t));
	pending->body = arena_text(&pending->arena, body);
	assert(text_there(pending->body));
	if (dispatch_quarantined(dispatch, pending)) {
		*refused = FAULT_QUARANTINED;
		place_give(dispatch, pending);
		return NULL;
	}
	text_to_z(trace, pending->trace, sizeof(pending->trace));
	pending->connection = connection;
	pending->received_ms = now.wall_ms;
	pending->arrived_ms = now.mono_ms;
	pending->deadline_ms = now.mono_ms + dispatch->span_ms[family];
	if (last && pending->deadline_ms < last->deadline_ms) /* the span was longer a moment ago */
		pending->deadline_ms = last->deadline_ms;
	append(&dispatch->by_deadline[family], pending);
	append(bucket(dispatch, connection), pending);
	enter(pending, &dispatch->fresh, now);
	dispatch->pending_n++;
	dispatch->bytes += body.n;
	return pending;
}

static struct pending *by_slot(const struct dispatch *dispatch, int64_t slot)
{
	struct pending *pending;

	if (slot <= 0)
		return NULL;
	pending = &dispatch->pendings[slot % DISPATCH_PENDING_MAX];
	return pending->slot == slot ? pending : NULL;
}

struct pending *dispatch_find(struct dispatch *dispatch, int64_t slot, struct text trace)
{
	struct pending *pending = by_slot(dispatch, slot);

	return pending && text_is(trace, pending->trace) ? pending : NULL;
}

void dispatch_drop(struct dispatch *dispatch, struct pending *pending, bool well)
{
	if (well && pending->struck)
		forgive(dispatch, pending);
	if (pending->in)
		take(pending->in, pending);
	take(&dispatch->by_deadline[pending->family], pending);
	if (pending->connection)
		take(bucket(dispatch, pending->connection), pending);
	dispatch->pending_n--;
	dispatch->bytes -= pending->body.n;
	place_give(dispatch, pending);
}

void dispatch_hangup(struct dispatch *dispatch, uint64_t connection)
{
	struct pending *pending = bucket(dispatch, connection)->first;

	while (pending && pending->connection != connection)
		pending = pending->after[LIST_CONNECTION];
	if (!pending)
		return;
	if (!family_lasts(pending->family) && !pending->sends) {
		dispatch_drop(dispatch, pending, false);
		return;
	}
	take(bucket(dispatch, connection), pending);
	pending->connection = 0;
}

/* -- workers -- */

/* Takes the oldest n off what a worker has in hand. */
static void finished(struct dispatch_worker *worker, int64_t n)
{
	int rest = n < worker->sent_n ? worker->sent_n - (int)n : 0;

	memmove(worker->sent, worker->sent + (worker->sent_n - rest), (size_t)rest * sizeof(*worker->sent));
	worker->sent_n = rest;
}

/* A place whose message was lost on the way would never come back by credit. */
static void take_back_places(struct dispatch *dispatch, struct now now)
{
	for (int i = 0; i < dispatch->workers_n; i++) {
		struct dispatch_worker *worker = &dispatch->workers[i];

		while (worker->sent_n && worker->sent[0].deadline_ms + DISPATCH_GRACE_MS < now.mono_ms)
			finished(worker, 1);
	}
}

/* The one with least in hand; of these the first, whose caches are warm; not `except` when there is another. */
static int freest(const struct dispatch *dispatch, int except)
{
	int best = -1;

	for (int i = 0; i < dispatch->workers_n; i++) {
		const struct dispatch_worker *worker = &dispatch->workers[i];

		if (i != except && worker_free(dispatch, worker)
			&& (best < 0 || worker->sent_n < dispatch->workers[best].sent_n))
			best = i;
	}
	if (best < 0 && except >= 0 && worker_free(dispatch, &dispatch->workers[except]))
		return except;
	return best;
}

static void sent(struct dispatch *dispatch, struct pending *pending, int worker, struct now now)
{
	struct dispatch_worker *to = &dispatch->workers[worker];

	to->sent[to->sent_n].slot = pending->slot;
	to->sent[to->sent_n].deadline_ms = pending->deadline_ms;
	to->sent_n++;
	if (pending->sends++)
		dispatch->redelivered++;
	else if (dispatch->resend_credit < DISPATCH_RESEND_SAVED_MAX * DISPATCH_RESEND_EARN)
		dispatch->resend_credit++;
	pending->worker = worker;
	pending->forwarded = false;
	pending->resend_ms = now.mono_ms + dispatch->span_ms[pending->family] / DISPATCH_RESEND_PART;
	enter(pending, pending->sends < DISPATCH_SENDS_MAX ? &dispatch->by_resend[pending->family] : NULL, now);
}

struct pending *dispatch_next(struct dispatch *dispatch, struct now now, int *worker)
{
	struct pending *pending;

	while ((pending = dispatch->again.first ? dispatch->again.first : dispatch->fresh.first)) {
		if (dispatch_quarantined(dispatch, pending)) {
			enter(pending, &dispatch->condemned, now);
			continue;
		}
		*worker = freest(dispatch, pending->sends ? pending->worker : -1);
		if (*worker < 0) {
			take_back_places(dispatch, now);
			*worker = freest(dispatch, -1);
		}
		if (*worker < 0)
			return NULL;
		sent(dispatch, pending, *worker, now);
		return pending;
	}
	return NULL;
}

void dispatch_worker_up(struct dispatch *dispatch, int worker, struct now now)
{
	struct dispatch_worker *up = &dispatch->workers[worker];

	if (worker >= dispatch->workers_n)
		dispatch->workers_n = worker + 1;
	if (up->up)
		dispatch_worker_gone(dispatch, worker, now);
	up->up = true;
	up->sent_n = 0;
}

/* Up for another send, unless it waits for one already or has had them all. */
static void send_again(struct dispatch *dispatch, struct pending *pending, struct now now)
{
	bool wanted = pending->connection || family_lasts(pending->family);

	if (pending->in == &dispatch->by_resend[pending->family])
		enter(pending, wanted ? &dispatch->again : NULL, now);
}

struct pending *dispatch_worker_gone(struct dispatch *dispatch, int worker, struct now now)
{
	struct dispatch_worker *gone = &dispatch->workers[worker];
	struct pending *suspect = NULL;

	for (int i = 0; i < gone->sent_n; i++) {
		struct pending *pending = by_slot(dispatch, gone->sent[i].slot);

		if (!pending)
			continue; /* answered */
		if (!suspect) {
			strike(dispatch, pending);
			suspect = pending;
		}
		if (dispatch_quarantined(dispatch, pending))
			enter(pending, &dispatch->condemned, now);
		else if (pending->worker == worker)
			send_again(dispatch, pending, now);
	}
	gone->up = false;
	gone->sent_n = 0;
	return suspect;
}

void dispatch_credit(struct dispatch *dispatch, int worker, int64_t n)
{
	struct dispatch_worker *of = &dispatch->workers[worker];

	for (int i = 0; i < of->sent_n && i < n; i++) {
		struct pending *pending = by_slot(dispatch, of->sent[i].slot);

		if (pending && pending->worker == worker)
			pending->forwarded = true;
	}
	finished(of, n);
}

void dispatch_backend_up(struct dispatch *dispatch, enum family family, struct now now)
{
	for (struct pending *pending = dispatch->by_resend[family].first, *after; pending; pending = after) {
		after = pending->after[LIST_STATE];
		if (pending->forwarded)
			send_again(dispatch, pending, now);
	}
}

/* -- time -- */

static void resend_due(struct dispatch *dispatch, enum family family, struct now now)
{
	struct pending *pending;

	while ((pending = dispatch->by_resend[family].first) && pending->resend_ms <= now.mono_ms) {
		if (dispatch->resend_credit >= DISPATCH_RESEND_EARN) {
			dispatch->resend_credit -= DISPATCH_RESEND_EARN;
			send_again(dispatch, pending, now);
		} else {
			/* No credit: it has its chance again a third of its deadline later. */
			pending->resend_ms = now.mono_ms + dispatch->span_ms[family] / DISPATCH_RESEND_PART;
			enter(pending, &dispatch->by_resend[family], now);
		}
	}
}

struct pending *dispatch_due(struct dispatch *dispatch, struct now now, enum fault_code *fault)
{
	*fault = FAULT_QUARANTINED;
	if (dispatch->condemned.first)
		return dispatch->condemned.first;
	*fault = FAULT_TIMEOUT;
	for (int family = 0; family < FAMILIES; family++) {
		struct pending *first = dispatch->by_deadline[family].first;

		if (first && first->deadline_ms <= now.mono_ms)
			return first;
		resend_due(dispatch, (enum family)family, now);
	}
	return NULL;
}

int64_t dispatch_wake(const struct dispatch *dispatch)
{
	int64_t wake_ms = INT64_MAX;

	for (int family = 0; family < FAMILIES; family++) {
		const struct pending *deadline = dispatch->by_deadline[family].first;
		const struct pending *resend = dispatch->by_resend[family].first;

		if (deadline && deadline->deadline_ms < wake_ms)
			wake_ms = deadline->deadline_ms;
		if (resend && resend->resend_ms < wake_ms)
			wake_ms = resend->resend_ms;
	}
	return wake_ms == INT64_MAX ? 0 : wake_ms;
}
