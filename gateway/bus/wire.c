/* SPDX-License-Identifier: Apache-2.0 */
/* ZeroMQ sockets with the options that were measured to be needed: a ROUTER for those who connect to us, one DEALER for
   each we connect to, CURVE on whatever leaves this host. */
#include "gateway/bus/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum {
	MESSAGE_MAX = 16 << 20, /* bytes of a frame; a body is at most 1 MiB, the packed records around it are small */
	HIGH_WATER = 4096,      /* messages; far above any sum of credits, so that it is never what bounds a queue */
	RECONNECT_MS = 20,
	RECONNECT_MAX_MS = 1000,
	HANDSHAKE_MS = 2000,
	LINES_MAX = 4 * PEERS_MAX, /* no role connects to more than three kinds */
	KEY_BYTES = 32,
};

/* One socket. Asking it for a message it has not costs three system calls, so it is asked only when its descriptor spoke or when
   we sent on it, which can swallow what the descriptor had to say. */
struct line {
	void *socket;
	bool look;
};

struct wire {
	const struct config *config;
	void *context;
	struct line listener, doorkeeper; /* doorkeeper: answers which CURVE keys may come in (ZAP) */
	struct line lines[LINES_MAX];
	int lines_n, turn; /* turn: line looked at next; lines_n stands for the listener */
	int poll_fd;
	bool curved, held; /* held: the three frames are open */
	zmq_msg_t route, frames[2];
	int64_t strangers;
};

static void give_up(const char *what)
{
	perror(what);
	abort();
}

struct wire *wire_new(const struct config *config)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (!wire)
		give_up("dualtrack: bus");
	wire->config = config;
	wire->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	wire->context = zmq_ctx_new();
	if (wire->poll_fd < 0 || !wire->context)
		give_up("dualtrack: bus");
	return wire;
}

static void let_go(struct wire *wire)
{
	if (!wire->held)
		return;
	zmq_msg_close(&wire->route);
	zmq_msg_close(&wire->frames[0]);
	zmq_msg_close(&wire->frames[1]);
	wire->held = false;
}

void wire_free(struct wire *wire)
{
	if (!wire)
		return;
	let_go(wire);
	for (int i = 0; i < wire->lines_n; i++)
		zmq_close(wire->lines[i].socket);
	if (wire->listener.socket)
		zmq_close(wire->listener.socket);
	if (wire->doorkeeper.socket)
		zmq_close(wire->doorkeeper.socket);
	zmq_ctx_term(wire->context);
	close(wire->poll_fd);
	free(wire);
}

int wire_fd(const struct wire *wire)
{
	return wire->poll_fd;
}

/* -- opening -- */

static void set_int(void *socket, int option, int value)
{
	if (zmq_setsockopt(socket, option, &value, sizeof(value)))
		give_up("dualtrack: socket option");
}

static void *open_socket(struct wire *wire, int type)
{
	void *socket = zmq_socket(wire->context, type);
	int64_t most = MESSAGE_MAX;

	if (!socket)
		give_up("dualtrack: zmq_socket");
	set_int(socket, ZMQ_LINGER, 0); /* who waits for an answer sends again; nothing may hold up the end */
	set_int(socket, ZMQ_SNDHWM, HIGH_WATER);
	set_int(socket, ZMQ_RCVHWM, HIGH_WATER);
	set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
	if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof(most)))
		give_up("dualtrack: socket option");
	return socket;
}

static void watch(struct wire *wire, struct line *line)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = line };
	int fd = -1;
	size_t size = sizeof(fd);

	line->look = true; /* what came before we watched */
	if (zmq_getsockopt(line->socket, ZMQ_FD, &fd, &size) || epoll_ctl(wire->poll_fd, EPOLL_CTL_ADD, fd, &event))
		give_up("dualtrack: bus");
}

/* The file holds one line, the secret key in Z85, and only its owner may read it. */
static bool read_secret(struct text file, char secret[WIRE_KEY])
{
	char name[1024], line[WIRE_KEY + 1] = "";
	struct stat about;
	FILE *in = text_there(file) ? fopen(text_to_z(file, name, sizeof(name)), "re") : NULL;
	bool good;

	if (!in)
		return false;
	good = !fstat(fileno(in), &about) && !(about.st_mode & 077) && fgets(line, sizeof(line), in) &&
		strcspn(line, "\r\n") == WIRE_KEY - 1;
	fclose(in);
	memcpy(secret, line, WIRE_KEY - 1);
	secret[WIRE_KEY - 1] = '\0';
	explicit_bzero(line, sizeof(line));
	return good;
}

/* Our own key pair on a socket that leaves this host. */
static bool set_keys(struct wire *wire, void *socket, struct fault *fault)
{
	char secret[WIRE_KEY], public_key[WIRE_KEY];
	bool good = read_secret(wire->config->curve_secret, secret) && !zmq_curve_public(public_key, secret) &&
		!zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, WIRE_KEY) &&
		!zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, WIRE_KEY);

	explicit_bzero(secret, sizeof(secret));
	return good || fault_set(fault, FAULT_CONFIG, "curve_secret");
}

bool wire_listen(struct wire *wire, const char *address, const struct host *host, struct fault *fault)
{
	void *socket = open_socket(wire, ZMQ_ROUTER);

	assert(!wire->listener.socket && (host != NULL) == (strncmp(address, "ipc://", 6) != 0));
	wire->listener.socket = socket;
	set_int(socket, ZMQ_ROUTER_MANDATORY, 1); /* else what cannot be routed is dropped without a word */
	set_int(socket, ZMQ_ROUTER_HANDOVER, 1);  /* a reconnection takes its own place over */
	if (host) {
		/* The doorkeeper stands there before the door opens: without it libzmq lets any key in. */
		wire->doorkeeper.socket = open_socket(wire, ZMQ_REP);
		if (zmq_bind(wire->doorkeeper.socket, "inproc://zeromq.zap.01"))
			return fault_set(fault, FAULT_INTERNAL, "bus");
		watch(wire, &wire->doorkeeper);
		set_int(socket, ZMQ_CURVE_SERVER, 1);
		if (zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, "dualtrack", strlen("dualtrack")))
			return fault_set(fault, FAULT_INTERNAL, "bus");
		if (!set_keys(wire, socket, fault))
			return false;
		wire->curved = true;
	}
	if (zmq_bind(socket, address))
		return fault_set(fault, FAULT_CONFIG, host ? "host/endpoint" : "run");
	watch(wire, &wire->listener);
	return true;
}

bool wire_connect(struct wire *wire, const char *address, const char *route, const struct host *host,
	struct fault *fault)
{
	void *socket = open_socket(wire, ZMQ_DEALER);
	struct line *line;
	char key[WIRE_KEY];

	assert(wire->lines_n < LINES_MAX && (host != NULL) == (strncmp(address, "ipc://", 6) != 0));
	line = &wire->lines[wire->lines_n++];
	line->socket = socket;
	if (zmq_setsockopt(socket, ZMQ_ROUTING_ID, route, strlen(route)))
		return fault_set(fault, FAULT_INTERNAL, "bus");
	set_int(socket, ZMQ_IMMEDIATE, 1); /* only to who is really there */
	set_int(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
	set_int(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
	if (host) {
		if (!set_keys(wire, socket, fault))
			return false;
		if (host->public_key.n != WIRE_KEY - 1 ||
			zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, text_to_z(host->public_key, key, sizeof(key)), WIRE_KEY))
			return fault_set(fault, FAULT_CONFIG, "host/public_key");
	}
	if (zmq_connect(socket, address))
		return fault_set(fault, FAULT_CONFIG, host ? "host/endpoint" : "run");
	watch(wire, line);
	return true;
}

/* -- moving -- */

bool wire_send(struct wire *wire, int line, struct text route, struct text envelope, struct text payload)
{
	struct line *to = line == WIRE_LISTENER ? &wire->listener : &wire->lines[line];
	void *socket = to->socket;

	to->look = true;
	assert((line == WIRE_LISTENER) == (route.n > 0));
	/* All frames or none: whether the other end can be had shows in the first one. */
	if (route.n && zmq_send(socket, route.at, route.n, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
		return false;
	return zmq_send(socket, envelope.at, envelope.n, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0 &&
		zmq_send(socket, payload.at ? payload.at : "", payload.n, ZMQ_DONTWAIT) >= 0;
}

/* One message of `want` frames; a longer one is read to its end and thrown away. */
static enum wire_got receive_frames(void *socket, zmq_msg_t *frames[], int want)
{
	int got = 0, more = 1;

	while (more) {
		zmq_msg_t extra;
		zmq_msg_t *frame = got < want ? frames[got] : &extra;
		int n;

		if (frame == &extra)
			zmq_msg_init(&extra);
		do
			n = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
		while (n < 0 && errno == EINTR);
		more = n >= 0 && zmq_msg_more(frame);
		if (frame == &extra)
			zmq_msg_close(&extra);
		if (n < 0)
			return got ? WIRE_DAMAGED : WIRE_NOTHING;
		got++;
	}
	return got == want ? WIRE_MESSAGE : WIRE_DAMAGED;
}

static struct text frame_text(zmq_msg_t *frame)
{
	return (struct text){ zmq_msg_data(frame), zmq_msg_size(frame) };
}

/* ZAP 1.0 (ZeroMQ RFC 27): lets in the keys of the configuration's hosts, and gives each connection its key as User-Id. */
static void answer_doorkeeper(struct wire *wire)
{
	enum { VERSION, REQUEST_ID, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIAL, PARTS };
	zmq_msg_t parts[PARTS], *all[PARTS];
	enum wire_got got;

	for (int i = 0; i < PARTS; i++) {
		zmq_msg_init(&parts[i]);
		all[i] = &parts[i];
	}
	while ((got = receive_frames(wire->doorkeeper.socket, all, PARTS)) != WIRE_NOTHING) {
		char key[WIRE_KEY] = "";
		struct text id = frame_text(&parts[REQUEST_ID]);
		bool known = false;

		if (got == WIRE_MESSAGE && text_is(frame_text(&parts[MECHANISM]), "CURVE") &&
			zmq_msg_size(&parts[CREDENTIAL]) == KEY_BYTES)
			zmq_z85_encode(key, zmq_msg_data(&parts[CREDENTIAL]), KEY_BYTES);
		for (size_t i = 0; i < wire->config->hosts_n && !known; i++)
			known = *key && text_is(wire->config->hosts[i].public_key, key);
		wire->strangers += !known;
		zmq_send(wire->doorkeeper.socket, "1.0", 3, ZMQ_SNDMORE);
		zmq_send(wire->doorkeeper.socket, id.at, id.n, ZMQ_SNDMORE);
		zmq_send(wire->doorkeeper.socket, known ? "200" : "400", 3, ZMQ_SNDMORE);
		zmq_send(wire->doorkeeper.socket, "", 0, ZMQ_SNDMORE);
		zmq_send(wire->doorkeeper.socket, key, known ? strlen(key) : 0, ZMQ_SNDMORE);
		zmq_send(wire->doorkeeper.socket, "", 0, 0);
	}
	for (int i = 0; i < PARTS; i++)
		zmq_msg_close(&parts[i]);
}

static enum wire_got receive(struct wire *wire, int line, struct wire_message *out)
{
	zmq_msg_t *all[3] = { &wire->route, &wire->frames[0], &wire->frames[1] };
	bool routed = line == WIRE_LISTENER;
	enum wire_got got;

	let_go(wire);
	zmq_msg_init(&wire->route);
	zmq_msg_init(&wire->frames[0]);
	zmq_msg_init(&wire->frames[1]);
	wire->held = true;
	got = receive_frames(routed ? wire->listener.socket : wire->lines[line].socket, routed ? all : all + 1, routed ? 3 : 2);
	if (got != WIRE_MESSAGE)
		return got;
	*out = (struct wire_message){ .line = line };
	out->envelope = frame_text(&wire->frames[0]);
	out->payload = frame_text(&wire->frames[1]);
	if (routed)
		out->route = frame_text(&wire->route);
	if (routed && wire->curved)
		out->key = zmq_msg_gets(&wire->frames[0], "User-Id");
	return got;
}

static struct line *line_at(struct wire *wire, int at)
{
	return at == wire->lines_n ? &wire->listener : &wire->lines[at];
}

/* Which sockets have something to say. A descriptor speaks until its socket was asked. */
static void listen_to_all(struct wire *wire)
{
	struct epoll_event events[LINES_MAX + 2];
	int n = epoll_wait(wire->poll_fd, events, LINES_MAX + 2, 0);

	for (int i = 0; i < n; i++)
		((struct line *)events[i].data.ptr)->look = true;
}

static bool looks(struct wire *wire)
{
	bool any = wire->doorkeeper.look;

	for (int i = 0; i <= wire->lines_n; i++)
		any |= line_at(wire, i)->look;
	return any;
}

enum wire_got wire_receive(struct wire *wire, struct wire_message *out)
{
	int sockets = wire->lines_n + (wire->listener.socket != NULL);

	if (!looks(wire))
		listen_to_all(wire);
	if (wire->doorkeeper.look) {
		answer_doorkeeper(wire);
		wire->doorkeeper.look = false;
	}
	for (int looked = 0; looked < sockets; looked++) {
		int at = wire->turn % sockets;
		struct line *line = line_at(wire, at);
		enum wire_got got = line->look ? receive(wire, at == wire->lines_n ? WIRE_LISTENER : at, out) : WIRE_NOTHING;

		wire->turn = at + 1;
		if (got != WIRE_NOTHING)
			return got;
		line->look = false;
	}
	let_go(wire);
	return WIRE_NOTHING;
}

static bool readable(struct line *line)
{
	int events = 0;
	size_t size = sizeof(events);

	line->look = line->look && !zmq_getsockopt(line->socket, ZMQ_EVENTS, &events, &size) && (events & ZMQ_POLLIN);
	return line->look;
}

bool wire_waiting(struct wire *wire)
{
	listen_to_all(wire); /* a line that always has something must not keep the others unheard */
	if (readable(&wire->doorkeeper))
		return true;
	for (int i = 0; i <= wire->lines_n; i++)
		if (readable(line_at(wire, i)))
			return true;
	return false;
}

bool wire_curved(const struct wire *wire)
{
	return wire->curved;
}

int64_t wire_strangers(const struct wire *wire)
{
	return wire->strangers;
}

bool wire_own_key(const struct config *config, char public_key[WIRE_KEY], struct fault *fault)
{
	char secret[WIRE_KEY];
	bool good = read_secret(config->curve_secret, secret) && !zmq_curve_public(public_key, secret);

	explicit_bzero(secret, sizeof(secret));
	return good || fault_set(fault, FAULT_CONFIG, "curve_secret");
}

void wire_key_pair(char public_key[WIRE_KEY], char secret_key[WIRE_KEY])
{
	if (zmq_curve_keypair(public_key, secret_key))
		give_up("dualtrack: key");
}
