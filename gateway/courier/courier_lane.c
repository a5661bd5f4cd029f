/* SPDX-License-Identifier: Apache-2.0 */
/* How much a backend is asked: so many posts at once, so many repeats, and none while it does not answer. */
#include "gateway/courier/courier.h"

#include <stdio.h>
#include <string.h>

enum {
	REPEAT = 100,              /* hundredths: one repeated post */
	REPEATS_SAVED_MAX = 10000, /* hundredths that can be saved up: after an outage no more than a hundred come back as a burst */
	REPEATS_FIRST = 1000,      /* hundredths to begin with */
	DRIP_MS = 5000,            /* one more for free so often, or a backend that is asked little could be asked nothing again */
	KEY_MAX = COURIER_NAME_MAX + 16,
};

static void key_of(const struct backend *backend, enum job_kind kind, char key[KEY_MAX])
{
	snprintf(key, KEY_MAX, "[%.*s] %s", TEXT_ARGS(backend->name), kind == JOB_PRICE ? "rtpb" : kind == JOB_FHIR ? "fhir" : kind == JOB_CRD ? "cds" : "script");
}

/* A place of its own; one that nothing is in flight to when all are taken by backends of earlier configurations. */
static struct lane *free_lane(struct courier *courier)
{
	if (courier->lanes_n < COURIER_LANES_MAX)
		return &courier->lanes[courier->lanes_n++];
	for (size_t i = 0; i < courier->lanes_n; i++)
		if (!backend_find(courier->config, text_of(courier->lanes[i].name)) && !courier->lanes[i].in_flight)
			return &courier->lanes[i];
	return &courier->lanes[0];
}

struct lane *lane_of(struct courier *courier, const struct backend *backend, struct now now)
{
	struct lane *lane;

	for (size_t i = 0; i < courier->lanes_n; i++)
		if (text_is(backend->name, courier->lanes[i].name))
			return &courier->lanes[i];
	lane = free_lane(courier);
	*lane = (struct lane){ .repeats = REPEATS_FIRST, .drip_ms = now.mono_ms };
	text_to_z(backend->name, lane->name, sizeof(lane->name));
	*lane_counts(courier, lane) = (struct backend_counters){ .name = text_of(lane->name) };
	return lane;
}

struct backend_counters *lane_counts(struct courier *courier, const struct lane *lane)
{
	return &courier->lane_counts[lane - courier->lanes];
}

struct text lane_address(const struct backend *backend, enum job_kind kind)
{
	switch (kind) {
	case JOB_PRICE:
		return backend->rtpb;
	case JOB_FHIR:
		return backend->fhir;
	case JOB_CRD:
		return backend->cds;
	case JOB_CASE:
	case JOB_FORWARD:
		break;
	}
	return backend->script;
}

bool lane_open(const struct courier *courier, const struct backend *backend, enum job_kind kind, struct now now)
{
	char key[KEY_MAX];

	key_of(backend, kind, key);
	return breaker_open(&courier->breakers, text_of(key), now.mono_ms);
}

bool lane_may_post(struct courier *courier, struct lane *lane, const struct backend *backend, bool repeat, struct now now)
{
	int64_t drips = (now.mono_ms - lane->drip_ms) / DRIP_MS;

	lane->repeats += drips * REPEAT;
	lane->drip_ms += drips * DRIP_MS;
	if (repeat && lane->repeats < REPEAT)
		return false;
	lane->repeats += repeat ? -REPEAT : backend->retries;
	if (lane->repeats > REPEATS_SAVED_MAX)
		lane->repeats = REPEATS_SAVED_MAX;
	lane_counts(courier, lane)->repeats += repeat;
	return true;
}

uint64_t lane_post(struct courier *courier, struct lane *lane, struct text url, struct text payload, int64_t deadline_ms,
	struct outbox *out)
{
	struct out *call = outbox_add(out, OUT_CALL);

	call->call = ++courier->last_call;
	call->deadline_ms = deadline_ms;
	call->url = arena_text(out->arena, url);
	call->payload = arena_text(out->arena, payload);
	lane->in_flight++;
	lane_counts(courier, lane)->posts++;
	lane_counts(courier, lane)->in_flight = lane->in_flight;
	return call->call;
}

uint64_t lane_post_fhir(struct courier *courier, struct lane *lane, struct text url, struct text payload, const char *more, int64_t deadline_ms,
	struct outbox *out)
{
	uint64_t call = lane_post(courier, lane, url, payload, deadline_ms, out);
	struct out *last = &out->outs[out->n - 1];
	struct buffer lines;

	buffer_init(&lines, out->arena, 256);
	buffer_lit(&lines, "Accept: application/fhir+json\n");
	if (lane->token.state == TOKEN_HELD) {
		buffer_lit(&lines, "Authorization: Bearer ");
		buffer_add(&lines, text_of(lane->token.value));
		buffer_add_char(&lines, '\n');
	}
	buffer_add(&lines, text_of(more ? more : ""));
	buffer_add_char(&lines, '\0');
	last->media = "application/fhir+json";
	last->extra = lines.failed ? NULL : lines.at;
	return call;
}

void lane_ended(struct courier *courier, struct lane *lane, const struct backend *backend, enum job_kind kind, int status,
	struct now now)
{
	struct backend_counters *counts = lane_counts(courier, lane);
	char key[KEY_MAX];

	if (lane->in_flight) /* none when the lane was taken for another backend meanwhile */
		lane->in_flight--;
	key_of(backend, kind, key);
	breaker_note(&courier->breakers, text_of(key), status != 0, now.mono_ms);
	counts->in_flight = lane->in_flight;
	counts->unheard += status == 0;
	counts->open = lane_open(courier, backend, JOB_CASE, now) + lane_open(courier, backend, JOB_PRICE, now) +
		lane_open(courier, backend, JOB_FHIR, now) + lane_open(courier, backend, JOB_CRD, now);
}
