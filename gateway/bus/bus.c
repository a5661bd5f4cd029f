/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between roles: who is there, who may say what, and how much each may still send. */
#include "gateway/bus/bus.h"

#include "base/crypto.h"
#include "gateway/bus/session.h"
#include "gateway/bus/wire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PEERS_ALL = ROLE_KINDS * PEERS_MAX,
	EVENTS_MAX = 4 * PEERS_ALL, /* each peer can go, come, go and give credit between two looks */
	AWAKE_MS = SESSION_SILENCE_MS / 2,
	SCRATCH_MAX = 1 << 20, /* bytes; an envelope is a few hundred */
	SOCKET_PATH_MAX = 107, /* bytes; what the address of a Unix socket holds */
};

struct link_peer {
	struct session session;
	int line;                   /* ours to it, or WIRE_LISTENER */
	char route[WIRE_ROUTE_MAX]; /* behind the listener: its address there */
	size_t route_n;
};

struct bus {
	struct peer self;
	const struct config *config;
	struct text name;
	char life[SESSION_LIFE_MAX];
	struct wire *wire;
	char own_key[WIRE_KEY]; /* public; "" when the configuration has no other host */
	struct link_peer *peers[PEERS_ALL];
	size_t peers_n, connected_n; /* the first connected_n are those we connect to, by line */
	struct input events[EVENTS_MAX];
	size_t events_from, events_n;
	struct arena scratch, names;
	int64_t flushed_ms;
	struct bus_counts counts;
};

/* -- making -- */

static const struct host *host_of(const struct config *config, struct peer peer)
{
	struct peer named;

	for (size_t i = 0; i < config->hosts_n; i++)
		if (peer_of(config->hosts[i].role, &named) && named.kind == peer.kind && named.index == peer.index)
			return &config->hosts[i];
	return NULL;
}

static bool own_directory(const char *directory, struct fault *fault)
{
	struct stat about;

	if (stat(directory, &about) || !S_ISDIR(about.st_mode) || about.st_uid != geteuid() || (about.st_mode & 077))
		return fault_set(fault, FAULT_CONFIG, "run"); /* who can write there can be any role */
	return true;
}

/* The configuration's entry of a role that is reached over tcp. *out is NULL for one on this host that only others on this host
   connect to: then its entry has no endpoint and is there for its key, or there is none. */
static bool reached_at(const struct bus *bus, struct peer peer, const struct host **out, struct fault *fault)
{
	const struct host *host = host_of(bus->config, peer);

	*out = host && host->endpoint.n ? host : NULL;
	return *out || !host || text_is(host->public_key, bus->own_key) || fault_set(fault, FAULT_CONFIG, "host/endpoint");
}

static bool address_of(struct peer peer, const struct host *host, const char *run_dir, char *out, size_t size,
	struct fault *fault)
{
	int n;

	if (host && !text_starts(host->endpoint, "tcp://"))
		return fault_set(fault, FAULT_CONFIG, "host/endpoint");
	n = host ? snprintf(out, size, "%.*s", TEXT_ARGS(host->endpoint))
		 : snprintf(out, size, "ipc://%s/%s.%d", run_dir, role_kind_name(peer.kind), peer.index);
	if (n < 0 || (size_t)n >= size || (!host && n - (int)strlen("ipc://") > SOCKET_PATH_MAX))
		return fault_set(fault, FAULT_CONFIG, host ? "host/endpoint" : "run");
	return true;
}

static struct link_peer *add_peer(struct bus *bus, struct peer who, int line, int64_t mono_ms)
{
	struct link_peer *peer = calloc(1, sizeof(*peer));

	if (!peer || bus->peers_n == PEERS_ALL)
		abort();
	peer->line = line;
	session_init(&peer->session, who, line != WIRE_LISTENER, link_window(who.kind, bus->self.kind), mono_ms);
	bus->peers[bus->peers_n++] = peer;
	return peer;
}

static bool connect_to(struct bus *bus, struct peer who, const char *run_dir, struct now now, struct fault *fault)
{
	const struct host *host;
	char address[256], route[WIRE_ROUTE_MAX];

	snprintf(route, sizeof(route), "%.*s/%s", TEXT_ARGS(bus->name), bus->life);
	if (!reached_at(bus, who, &host, fault) || !address_of(who, host, run_dir, address, sizeof(address), fault) ||
		!wire_connect(bus->wire, address, route, host, fault))
		return false;
	add_peer(bus, who, (int)bus->connected_n++, now.mono_ms);
	return true;
}

/* Every instance of a kind that the configuration places somewhere, else the one on this host. */
static bool connect_to_kind(struct bus *bus, enum role_kind kind, const char *run_dir, struct now now,
	struct fault *fault)
{
	struct peer named;
	bool any = false;

	for (size_t i = 0; i < bus->config->hosts_n; i++)
		if (peer_of(bus->config->hosts[i].role, &named) && named.kind == kind) {
			any = true;
			if (!connect_to(bus, named, run_dir, now, fault))
				return false;
		}
	return any || connect_to(bus, (struct peer){ kind, 0 }, run_dir, now, fault);
}

static bool open_lines(struct bus *bus, const char *run_dir, struct now now, struct fault *fault)
{
	const struct host *host;
	char address[256];
	bool listens = false;

	for (size_t i = 0; i < links_n; i++) {
		listens |= links[i].listens == bus->self.kind;
		if (links[i].connects == bus->self.kind && !connect_to_kind(bus, links[i].listens, run_dir, now, fault))
			return false;
	}
	return !listens || (reached_at(bus, bus->self, &host, fault) && address_of(bus->self, host, run_dir, address, sizeof(address), fault) &&
				   wire_listen(bus->wire, address, host, fault));
}

bool bus_new(struct peer self, const struct config *config, const char *run_dir, struct now now, struct bus **out,
	struct fault *fault)
{
	unsigned char life[(SESSION_LIFE_MAX - 1) / 2];
	struct bus *bus;

	if (!own_directory(run_dir, fault))
		return false;
	bus = calloc(1, sizeof(*bus));
	if (!bus)
		abort();
	bus->self = self;
	bus->config = config;
	bus->flushed_ms = now.mono_ms;
	arena_init(&bus->names, 4096);
	arena_init(&bus->scratch, SCRATCH_MAX);
	bus->name = peer_name(self, &bus->names);
	crypto_random(life, sizeof(life));
	for (size_t i = 0; i < sizeof(life); i++)
		snprintf(bus->life + 2 * i, 3, "%02x", life[i]);
	bus->wire = wire_new(config);
	if ((config->hosts_n && !wire_own_key(config, bus->own_key, fault)) || !open_lines(bus, run_dir, now, fault)) {
		bus_free(bus);
		return false;
	}
	*out = bus;
	return true;
}

void bus_free(struct bus *bus)
{
	if (!bus)
		return;
	wire_free(bus->wire);
	for (size_t i = 0; i < bus->peers_n; i++)
		free(bus->peers[i]);
	arena_done(&bus->scratch);
	arena_done(&bus->names);
	free(bus);
}

int bus_fd(const struct bus *bus)
{
	return wire_fd(bus->wire);
}

/* -- sending -- */

static bool transmit(struct bus *bus, struct link_peer *peer, enum message_type type, const struct envelope *base,
	struct text payload)
{
	struct text route = peer->line == WIRE_LISTENER ? (struct text){ peer->route, peer->route_n } : TEXT_NONE;
	struct session before = peer->session;
	struct envelope envelope = *base;
	struct buffer packed;

	session_stamp(&peer->session, type, text_of(bus->life), &envelope);
	envelope.type = text_of(message_type_name(type));
	envelope.from = bus->name;
	arena_reset(&bus->scratch);
	buffer_init(&packed, &bus->scratch, 512);
	record_pack(&envelope_record, &envelope, &packed);
	assert(!packed.failed);
	if (wire_send(bus->wire, peer->line, route, buffer_text(&packed), payload))
		return true;
	peer->session = before;
	return false;
}

static bool matches(const struct link_peer *peer, struct peer who)
{
	return peer->session.who.kind == who.kind && (who.index == PEER_ANY || peer->session.who.index == who.index);
}

/* The one to send to: the named one, or the one of its kind with most credit. NULL: none is up with credit. */
static struct link_peer *with_credit(const struct bus *bus, struct peer who)
{
	struct link_peer *best = NULL;

	for (size_t i = 0; i < bus->peers_n; i++) {
		struct link_peer *peer = bus->peers[i];

		if (matches(peer, who) && peer->session.up && peer->session.credit > 0 &&
			(!best || peer->session.credit > best->session.credit))
			best = peer;
	}
	return best;
}

bool bus_send(struct bus *bus, const struct out *out, struct now now)
{
	struct link_peer *peer = with_credit(bus, out->peer);
	struct envelope envelope = out->envelope;

	assert(message_allowed(out->type, bus->self.kind, out->peer.kind) && out->type > TYPE_BYE);
	if (!peer)
		return false;
	envelope.budget_ms = 0;
	if (out->deadline_ms) {
		envelope.budget_ms = out->deadline_ms - now.mono_ms;
		if (envelope.budget_ms == 0)
			envelope.budget_ms = -1; /* 0 would mean that there is no deadline */
	}
	if (transmit(bus, peer, out->type, &envelope, out->payload))
		return true;
	bus->counts.stuck++;
	return false;
}

bool bus_up(const struct bus *bus, struct peer who)
{
	for (size_t i = 0; i < bus->peers_n; i++)
		if (matches(bus->peers[i], who) && bus->peers[i]->session.up)
			return true;
	return false;
}

bool bus_whole(const struct bus *bus, struct peer *missing)
{
	for (size_t i = 0; i < bus->connected_n; i++)
		if (!bus->peers[i]->session.up) {
			*missing = bus->peers[i]->session.who;
			return false;
		}
	return true;
}

/* -- receiving -- */

static void note(struct bus *bus, enum input_kind kind, struct peer peer, int64_t credit)
{
	assert(bus->events_n < EVENTS_MAX);
	bus->events[(bus->events_from + bus->events_n++) % EVENTS_MAX] =
		(struct input){ .kind = kind, .peer = peer, .credit = credit };
}

static void note_result(struct bus *bus, const struct link_peer *peer, const struct session_result *result)
{
	if (result->gone)
		note(bus, IN_PEER_GONE, peer->session.who, 0);
	if (result->up)
		note(bus, IN_PEER_UP, peer->session.who, 0);
	if (result->credit > 0)
		note(bus, IN_CREDIT, peer->session.who, result->credit);
}

static bool may_connect(enum role_kind from, enum role_kind to)
{
	for (size_t i = 0; i < links_n; i++)
		if (links[i].connects == from && links[i].listens == to)
			return true;
	return false;
}

/* The key that CURVE saw belongs to the role that the name claims. */
static bool has_key(const struct bus *bus, struct peer who, const char *key)
{
	const struct host *host = host_of(bus->config, who);

	return !wire_curved(bus->wire) || (host && key && text_is(host->public_key, key));
}

/* The peer behind the listener that this message is from; name and life must be those of its connection. NULL: not to be
   listened to. */
static struct link_peer *caller(struct bus *bus, const struct wire_message *message, const struct envelope *envelope,
	enum message_type type, struct now now)
{
	struct text route = message->route, life = route, name = text_cut(&life, '/');
	struct link_peer *peer = NULL;
	struct peer who;

	if (route.n > WIRE_ROUTE_MAX || life.n != SESSION_LIFE_MAX - 1 || !text_equal(name, envelope->from) ||
		!peer_of(name, &who) || !may_connect(who.kind, bus->self.kind) || !has_key(bus, who, message->key) ||
		(type == TYPE_HELLO && !text_equal(life, envelope->trace))) {
		bus->counts.forbidden++;
		return NULL;
	}
	for (size_t i = bus->connected_n; i < bus->peers_n && !peer; i++)
		if (matches(bus->peers[i], who))
			peer = bus->peers[i];
	if (!peer)
		peer = add_peer(bus, who, WIRE_LISTENER, now.mono_ms);
	if (peer->session.up && type != TYPE_HELLO && !text_equal(route, (struct text){ peer->route, peer->route_n })) {
		bus->counts.stale++;
		return NULL;
	}
	memcpy(peer->route, route.at, route.n);
	peer->route_n = route.n;
	return peer;
}

/* Judges a message. True when it is one for the role: *input is filled. */
static bool take(struct bus *bus, const struct wire_message *message, struct now now, struct arena *arena,
	struct input *input)
{
	struct envelope *envelope = arena_new(arena, struct envelope);
	struct link_peer *peer = message->line == WIRE_LISTENER ? NULL : bus->peers[message->line];
	struct session_result result;
	enum message_type type;
	struct peer from;
	struct fault fault;

	if (!envelope || !record_unpack(&envelope_record, envelope, arena, message->envelope, &fault) ||
		!record_check(&envelope_record, envelope, &fault) || !message_type_of(envelope->type, &type) ||
		!peer_of(envelope->from, &from)) {
		bus->counts.damaged++;
		return false;
	}
	if (!message_allowed(type, from.kind, bus->self.kind) || (peer && !matches(peer, from))) {
		bus->counts.forbidden++;
		return false;
	}
	if (!peer)
		peer = caller(bus, message, envelope, type, now);
	if (!peer)
		return false;
	result = session_hear(&peer->session, type, envelope, now.mono_ms);
	bus->counts.stale += result.stale;
	bus->counts.overrun += result.overrun;
	note_result(bus, peer, &result);
	if (result.say)
		transmit(bus, peer, result.type, &(struct envelope){ 0 }, TEXT_NONE);
	if (!result.deliver || type == TYPE_CREDIT || (type == TYPE_PING && bus->self.kind != ROLE_EDGE))
		return false;
	*input = (struct input){ .kind = IN_MESSAGE, .peer = from, .type = type, .envelope = envelope };
	input->payload = message->payload;
	if (envelope->budget_ms && envelope->budget_ms < INT64_MAX - now.mono_ms)
		input->deadline_ms = now.mono_ms + envelope->budget_ms;
	return true;
}

bool bus_next(struct bus *bus, struct now now, struct arena *arena, struct input *input)
{
	while (bus->events_n == 0) {
		struct wire_message message;
		enum wire_got got = wire_receive(bus->wire, &message);

		if (got == WIRE_NOTHING)
			return false;
		bus->counts.damaged += got == WIRE_DAMAGED;
		if (got == WIRE_MESSAGE && take(bus, &message, now, arena, input))
			return true;
	}
	*input = bus->events[bus->events_from];
	bus->events_from = (bus->events_from + 1) % EVENTS_MAX;
	bus->events_n--;
	return true;
}

bool bus_waiting(const struct bus *bus)
{
	return bus->events_n > 0 || wire_waiting(bus->wire);
}

/* -- time -- */

void bus_finished(struct bus *bus, struct peer who)
{
	for (size_t i = 0; i < bus->peers_n; i++)
		if (matches(bus->peers[i], who))
			session_finish(&bus->peers[i]->session);
}

/* What one peer is due to hear. */
static void flush_peer(struct bus *bus, struct link_peer *peer, struct now now, bool was_awake, struct text counted)
{
	struct session_result result;
	bool told = true;

	do {
		bool to_edge = peer->session.who.kind == ROLE_EDGE;

		result = session_tick(&peer->session, now.mono_ms, was_awake);
		note_result(bus, peer, &result);
		if (result.say)
			told = transmit(bus, peer, result.type, &(struct envelope){ 0 },
				result.type == TYPE_PING && to_edge ? counted : TEXT_NONE);
	} while (result.say && told); /* nobody there to take it: silence will tell */
}

int64_t bus_flush(struct bus *bus, struct now now, const struct counters *counters)
{
	bool was_awake = now.mono_ms - bus->flushed_ms < AWAKE_MS;
	int64_t next = INT64_MAX;
	struct arena arena;
	struct buffer counted;

	arena_init(&arena, SCRATCH_MAX);
	buffer_init(&counted, &arena, 0);
	bus->flushed_ms = now.mono_ms;
	for (size_t i = 0; i < bus->peers_n; i++) {
		struct session *session = &bus->peers[i]->session;
		int64_t due;

		if (session->up && session->who.kind == ROLE_EDGE && now.mono_ms >= session->ping_ms && counted.n == 0)
			record_pack(&counters_record, counters, &counted);
		flush_peer(bus, bus->peers[i], now, was_awake, buffer_text(&counted));
		due = session_due(session);
		next = due < next ? due : next;
	}
	arena_done(&arena);
	return next;
}

void bus_peer_died(struct bus *bus, struct peer who)
{
	for (size_t i = 0; i < bus->peers_n; i++)
		if (matches(bus->peers[i], who) && session_died(&bus->peers[i]->session, bus->flushed_ms))
			note(bus, IN_PEER_GONE, bus->peers[i]->session.who, 0);
}

const struct bus_counts *bus_counts(struct bus *bus)
{
	bus->counts.strangers = wire_strangers(bus->wire);
	return &bus->counts;
}
