/* SPDX-License-Identifier: Apache-2.0 */
/* What all roles share: their names, who talks to whom about what, and filling an outbox. */
#include "gateway/bus/role.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[ROLE_KINDS] = {
	[ROLE_EDGE] = "edge",
	[ROLE_WORKER] = "worker",
	[ROLE_LEDGER] = "ledger",
	[ROLE_PAYER] = "payer",
	[ROLE_COURIER] = "courier",
};

static const char *const type_names[MESSAGE_TYPES] = {
	[TYPE_HELLO] = "HELLO",
	[TYPE_PING] = "PING",
	[TYPE_CREDIT] = "CREDIT",
	[TYPE_BYE] = "BYE",
	[TYPE_REQUEST] = "REQUEST",
	[TYPE_REPLY] = "REPLY",
	[TYPE_PRICE] = "PRICE",
	[TYPE_EVENT] = "EVENT",
	[TYPE_WORK] = "WORK",
	[TYPE_DECISION] = "DECISION",
	[TYPE_DELIVER] = "DELIVER",
	[TYPE_DELIVERED] = "DELIVERED",
	[TYPE_ASK] = "ASK",
	[TYPE_FORM] = "FORM",
	[TYPE_READ] = "READ",
	[TYPE_STANDING] = "STANDING",
};

static const struct {
	enum message_type type;
	enum role_kind from, to;
} types[] = {
#define TYPE(type, from, to, meaning) { TYPE_##type, ROLE_##from, ROLE_##to },
#include "gateway/def/types.def"
#undef TYPE
};

/* A worker has one request in work and a few waiting: so few that a request does not stand long behind others in the inbox of one
   worker while another idles, so many that under load one waking does for several (2 cost a tenth more CPU a request).
   The others are bounds on memory: what one step of the sender can produce fits. */
const struct link links[] = {
	/* connects      listens     to listener, to connector */
	{ ROLE_WORKER, ROLE_EDGE, 256, 8 },
	{ ROLE_WORKER, ROLE_LEDGER, 64, 64 },
	{ ROLE_WORKER, ROLE_PAYER, 64, 64 },
	{ ROLE_WORKER, ROLE_COURIER, 64, 64 },
	{ ROLE_EDGE, ROLE_LEDGER, 64, 256 },
	{ ROLE_EDGE, ROLE_PAYER, 64, 256 },
	{ ROLE_EDGE, ROLE_COURIER, 64, 256 },
	{ ROLE_LEDGER, ROLE_PAYER, 64, 64 },
	{ ROLE_LEDGER, ROLE_COURIER, 64, 64 },
};
const size_t links_n = sizeof(links) / sizeof(*links);

const char *role_kind_name(enum role_kind kind)
{
	assert((unsigned)kind < ROLE_KINDS);
	return kind_names[kind];
}

bool role_kind_of(struct text name, enum role_kind *kind)
{
	for (int i = 0; i < ROLE_KINDS; i++)
		if (text_is(name, kind_names[i])) {
			*kind = (enum role_kind)i;
			return true;
		}
	return false;
}

const char *message_type_name(enum message_type type)
{
	assert((unsigned)type < MESSAGE_TYPES);
	return type_names[type];
}

bool message_type_of(struct text name, enum message_type *type)
{
	for (int i = 0; i < MESSAGE_TYPES; i++)
		if (text_is(name, type_names[i])) {
			*type = (enum message_type)i;
			return true;
		}
	return false;
}

bool message_allowed(enum message_type type, enum role_kind from, enum role_kind to)
{
	if (type <= TYPE_BYE)
		return link_window(from, to) > 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type && types[i].from == from && types[i].to == to)
			return true;
	return false;
}

struct text peer_name(struct peer peer, struct arena *arena)
{
	char name[24];

	assert(peer.index >= 0 && peer.index < PEERS_MAX);
	snprintf(name, sizeof(name), "%s.%d", role_kind_name(peer.kind), peer.index);
	return arena_text(arena, text_of(name));
}

bool peer_of(struct text name, struct peer *peer)
{
	struct text rest = name, kind = text_cut(&rest, '.');
	int64_t index = 0;

	if (!role_kind_of(kind, &peer->kind))
		return false;
	/* one digit form only: "worker.01" and "worker.+1" are other names for nobody */
	if (text_there(rest) && (rest.n == 0 || rest.n > 2 || rest.at[0] < '0' || rest.at[0] > '9' ||
					(rest.n == 2 && rest.at[0] == '0') || !text_to_int(rest, &index)))
		return false;
	if (!text_there(rest) && name.n != kind.n)
		return false;
	peer->index = (int)index;
	return index < PEERS_MAX;
}

int link_window(enum role_kind from, enum role_kind to)
{
	for (size_t i = 0; i < links_n; i++) {
		if (links[i].connects == from && links[i].listens == to)
			return links[i].window_to_listener;
		if (links[i].connects == to && links[i].listens == from)
			return links[i].window_to_connector;
	}
	return 0;
}

struct out *outbox_add(struct outbox *outbox, enum out_kind kind)
{
	struct out *out = arena_push(outbox->arena, (void **)&outbox->outs, &outbox->n, sizeof(*out));

	if (!out) {
		/* A step that wants to say more than a process may hold is our bug; the supervisor starts a clean one. */
		fputs("dualtrack: a step filled its outbox\n", stderr);
		abort();
	}
	out->kind = kind;
	return out;
}

struct out *outbox_send(struct outbox *outbox, struct peer to, enum message_type type, const struct input *of,
	struct text payload)
{
	struct out *out = outbox_add(outbox, OUT_SEND);

	out->peer = to;
	out->type = type;
	out->payload = payload;
	if (!of)
		return out;
	out->deadline_ms = of->deadline_ms;
	if (!of->envelope) {
		out->envelope.trace = arena_text(outbox->arena, of->id);
		return out;
	}
	out->envelope.trace = arena_text(outbox->arena, of->envelope->trace);
	out->envelope.edge = arena_text(outbox->arena, of->envelope->edge);
	out->envelope.slot = of->envelope->slot;
	out->envelope.received_ms = of->envelope->received_ms;
	return out;
}

struct out *outbox_answer(struct outbox *outbox, const struct input *of, int status, const char *media, struct text body,
	enum fault_code fault)
{
	struct peer edge;
	struct out *out;

	if (!of->envelope || !peer_of(of->envelope->edge, &edge) ||
		(edge.kind != ROLE_EDGE && edge.kind != ROLE_COURIER && edge.kind != ROLE_WORKER))
		return NULL; /* nobody waits */
	out = outbox_send(outbox, edge, TYPE_REPLY, of, body);
	out->envelope.status = status;
	out->envelope.media = text_of(media);
	if (fault != FAULT_NONE)
		out->envelope.fault = text_of(fault_row(fault)->name);
	return out;
}
