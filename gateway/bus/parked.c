/* SPDX-License-Identifier: Apache-2.0 */
/* Messages waiting for credit or for a receiver to come back. */
#include "gateway/bus/parked.h"

#include "gateway/bus/loop.h"

#include <stdlib.h>
#include <string.h>

struct parked_message {
	struct parked_message *next;
	struct out out; /* its texts are in bytes */
	int64_t since_ms;
	char bytes[];
};

/* The texts of a message that the bus does not fill in itself. */
enum { TEXTS = 9 };
static void texts_of(struct out *out, struct text *texts[TEXTS])
{
	texts[0] = &out->envelope.trace;
	texts[1] = &out->envelope.edge;
	texts[2] = &out->envelope.family;
	texts[3] = &out->envelope.media;
	texts[4] = &out->envelope.fault;
	texts[5] = &out->envelope.etag;
	texts[6] = &out->envelope.location;
	texts[7] = &out->envelope.allow;
	texts[8] = &out->payload;
}

static struct parked_message *copy_of(const struct out *out, int64_t now_ms)
{
	struct out original = *out;
	struct text *texts[TEXTS];
	struct parked_message *message;
	size_t n = 0;

	texts_of(&original, texts);
	for (int i = 0; i < TEXTS; i++)
		n += texts[i]->n;
	message = malloc(sizeof(*message) + n + 1);
	if (!message)
		abort();
	*message = (struct parked_message){ .out = original, .since_ms = now_ms };
	texts_of(&message->out, texts);
	n = 0;
	for (int i = 0; i < TEXTS; i++) {
		if (!texts[i]->at)
			continue;
		memcpy(message->bytes + n, texts[i]->at, texts[i]->n);
		texts[i]->at = message->bytes + n;
		n += texts[i]->n;
	}
	return message;
}

static bool same_receiver(struct peer a, struct peer b)
{
	return a.kind == b.kind && (a.index == b.index || a.index == PEER_ANY || b.index == PEER_ANY);
}

static void drop(struct parked *parked, struct parked_message **at)
{
	struct parked_message *message = *at;

	*at = message->next;
	if (!*at)
		parked->last = at;
	parked->n--;
	free(message);
}

bool parked_send(struct parked *parked, struct bus *bus, const struct out *out, struct now now)
{
	struct parked_message *message;
	bool behind = false;

	for (message = parked->first; message && !behind; message = message->next)
		behind = same_receiver(message->out.peer, out->peer);
	if (!behind && bus_send(bus, out, now))
		return true;
	if (parked->n == LOOP_PARK_MAX && !parked_blocked(parked)) {
		drop(parked, &parked->first);
		parked->dropped++;
	}
	message = copy_of(out, now.mono_ms);
	if (!parked->first)
		parked->last = &parked->first;
	*parked->last = message;
	parked->last = &message->next;
	parked->n++;
	if (bus_up(bus, out->peer))
		parked->blocked[out->peer.kind] = true;
	return false;
}

size_t parked_retry(struct parked *parked, struct bus *bus, struct now now)
{
	bool stuck[ROLE_KINDS][PEERS_MAX + 1] = { 0 }; /* [PEERS_MAX]: PEER_ANY */
	struct parked_message **at = &parked->first;
	size_t went = 0;

	memset(parked->blocked, 0, sizeof(parked->blocked));
	while (*at) {
		struct parked_message *message = *at;
		struct peer to = message->out.peer;
		bool *wait = &stuck[to.kind][to.index == PEER_ANY ? PEERS_MAX : to.index];
		bool up = bus_up(bus, to);

		if (message->out.deadline_ms && now.mono_ms >= message->out.deadline_ms) {
			parked->late++;
			drop(parked, at);
		} else if (!up && now.mono_ms - message->since_ms > LOOP_PARK_MS) {
			parked->dropped++;
			drop(parked, at);
		} else if (up && !*wait && bus_send(bus, &message->out, now)) {
			went++;
			drop(parked, at);
		} else {
			*wait = true;
			parked->blocked[to.kind] |= up;
			at = &message->next;
		}
	}
	return went;
}

bool parked_blocked(const struct parked *parked)
{
	for (int kind = 0; kind < ROLE_KINDS; kind++)
		if (parked->blocked[kind])
			return true;
	return false;
}

void parked_done(struct parked *parked)
{
	while (parked->first)
		drop(parked, &parked->first);
}
