/* SPDX-License-Identifier: Apache-2.0 */
/* The clients of the edge: accepts them, frames their bytes into requests one at a time, writes the answers, and ends those who
   are too slow, too many or not speaking HTTP. Edge-triggered epoll: one registration in the life of a connection. */
#include "gateway/edge/exchange.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/edge/listen.h"

enum {
	CONNECTIONS = 4000,          /* when the configuration says nothing */
	FILES_OTHER = 64,            /* descriptors of the process that are not clients */
	ACCEPTS = 64,                /* new clients taken at once, so that the others are not kept waiting */
	HEAD_MS = 5000,              /* a head, or a TLS handshake, takes at most this */
	BODY_MS = 5000,              /* a body this and a second per BODY_RATE bytes */
	BODY_RATE = 1024,            /* bytes/s; the slowest modem is faster */
	IDLE_MS = 75000,             /* between requests; longer than the usual minute of a client's pool */
	ANSWER_MS = 30000,           /* the client takes the answer within this */
	DRAIN_MS = 5000,             /* a refused client may still send so long, */
	SCAN_MS = 1000,              /* how often the clocks of all are looked at */
	ANSWER_ARENA_MAX = 32 << 20, /* bytes; twice the largest message of the bus */
};

static struct client *client_of(const struct serve *serve, uint64_t id)
{
	size_t index = id & UINT32_MAX;
	struct client *client = index < serve->used ? &serve->clients[index] : NULL;

	return client && client->state != CLIENT_FREE && client->generation == id >> 32 ? client : NULL;
}

/* -- beginning and end -- */

static bool listens(struct serve *serve, int which, struct text address, const char *key, struct fault *fault)
{
	struct listener *listener = &serve->listeners[which];
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = (uint64_t)which };

	if (!address.n)
		return true;
	if (!listen_on(address, key, &listener->fd, fault))
		return false;
	listen_address(listener->fd, listener->address, sizeof(listener->address));
	return epoll_ctl(serve->epoll, EPOLL_CTL_ADD, listener->fd, &event) == 0 || fault_set(fault, FAULT_CONFIG, key);
}

static bool open_tls(struct serve *serve, const struct config *config, struct fault *fault)
{
	char certificate[1024], key[1024];

	if (!config->listen_tls.n)
		return true;
	return tls_server_new(text_to_z(config->certificate, certificate, sizeof(certificate)),
		text_to_z(config->key, key, sizeof(key)), &serve->tls, fault);
}

bool serve_new(const struct config *config, struct serve **out, struct fault *fault)
{
	struct serve *serve = calloc(1, sizeof(*serve));
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = EVENT_LISTED };
	size_t files;

	if (!serve)
		abort();
	signal(SIGPIPE, SIG_IGN); /* OpenSSL writes with write(2): a client that is gone must be an error, not a death */
	serve->limit = config->connections ? (size_t)config->connections : CONNECTIONS;
	files = listen_files(serve->limit + FILES_OTHER);
	if (files < serve->limit + FILES_OTHER) {
		serve->limit = files > 2 * FILES_OTHER ? files - FILES_OTHER : FILES_OTHER;
		log_event(LEVEL_WARN, "serve.files", log_number("connections", (int64_t)serve->limit));
	}
	serve->clients = calloc(serve->limit, sizeof(*serve->clients));
	serve->epoll = epoll_create1(EPOLL_CLOEXEC);
	serve->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	serve->free_first = -1;
	serve->listeners[EVENT_PLAIN].fd = serve->listeners[EVENT_TLS].fd = -1;
	arena_init(&serve->arena, 4 << 20);
	arena_init(&serve->answer_arena, ANSWER_ARENA_MAX);
	if (!serve->clients || serve->epoll < 0 || serve->wakeup < 0
		|| epoll_ctl(serve->epoll, EPOLL_CTL_ADD, serve->wakeup, &event) != 0)
		abort();
	if (!open_tls(serve, config, fault)
		|| !listens(serve, EVENT_PLAIN, text_there(config->listen) ? config->listen : text_lit("127.0.0.1:8080"), "listen",
			fault)
		|| !listens(serve, EVENT_TLS, config->listen_tls, "listen_tls", fault)) {
		serve_free(serve);
		return false;
	}
	*out = serve;
	return true;
}

static void stop_listening(struct serve *serve)
{
	for (int i = 0; i <= EVENT_TLS; i++)
		if (serve->listeners[i].fd >= 0) {
			close(serve->listeners[i].fd);
			serve->listeners[i].fd = -1;
		}
}

void serve_free(struct serve *serve)
{
	if (!serve)
		return;
	stop_listening(serve);
	for (size_t i = 0; i < serve->used; i++)
		if (serve->clients[i].state != CLIENT_FREE)
			client_close(&serve->clients[i], &serve->pool);
	client_pool_done(&serve->pool);
	arena_done(&serve->arena);
	arena_done(&serve->answer_arena);
	tls_server_free(serve->tls);
	close(serve->epoll);
	close(serve->wakeup);
	free(serve->clients);
	free(serve);
}

struct text serve_address(const struct serve *serve, bool tls)
{
	const struct listener *listener = &serve->listeners[tls ? EVENT_TLS : EVENT_PLAIN];

	return listener->fd >= 0 ? text_of(listener->address) : TEXT_NONE;
}

int serve_fd(const struct serve *serve)
{
	return serve->epoll;
}

/* -- clients come and go -- */

static void pause_accepting(struct serve *serve, bool pause)
{
	if (serve->paused == pause)
		return;
	serve->paused = pause;
	for (int i = 0; i <= EVENT_TLS; i++) {
		struct epoll_event event = { .events = pause ? 0 : EPOLLIN, .data.u64 = (uint64_t)i };

		if (serve->listeners[i].fd >= 0)
			epoll_ctl(serve->epoll, EPOLL_CTL_MOD, serve->listeners[i].fd, &event);
	}
}

void serve_list(struct serve *serve, struct client *client)
{
	static const uint64_t one = 1;

	if (client->listed)
		return;
	if (!serve->listed_first && write(serve->wakeup, &one, sizeof(one)) < 0)
		assert(errno == EAGAIN); /* it is awake already */
	client->listed = true;
	client->next_listed = NULL;
	if (serve->listed_first)
		serve->listed_last->next_listed = client;
	else
		serve->listed_first = client;
	serve->listed_last = client;
}

static void unlist(struct serve *serve, struct client *client)
{
	struct client **at = &serve->listed_first, *last = NULL;

	while (*at && *at != client) {
		last = *at;
		at = &last->next_listed;
	}
	*at = client->next_listed;
	if (serve->listed_last == client)
		serve->listed_last = last;
	client->listed = false;
}

void serve_end(struct serve *serve, struct client *client)
{
	if (client->listed)
		unlist(serve, client);
	client_close(client, &serve->pool);
	client->next_free = serve->free_first;
	serve->free_first = (int32_t)(client - serve->clients);
	serve->in_use--;
	pause_accepting(serve, false);
}

static void take_client(struct serve *serve, int fd, bool tls, struct now now)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
	struct client *client;
	uint32_t generation;

	if (serve->free_first >= 0) {
		client = &serve->clients[serve->free_first];
		serve->free_first = client->next_free;
	} else {
		client = &serve->clients[serve->used++];
	}
	generation = client->generation + 1;
	*client = (struct client){ .fd = fd, .generation = generation ? generation : 1 };
	client->tls = tls ? tls_accept(serve->tls, fd) : NULL;
	serve_enter(client, CLIENT_IDLE, now);
	serve->in_use++;
	event.data.u64 = serve_id(serve, client);
	if (epoll_ctl(serve->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		serve_end(serve, client);
}

static void accept_clients(struct serve *serve, bool tls, struct now now)
{
	for (int i = 0; i < ACCEPTS && !serve->paused; i++) {
		int fd = accept4(serve->listeners[tls ? EVENT_TLS : EVENT_PLAIN].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			/* Out of descriptors: wait until one of ours is given back, or for the next scan. */
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
				pause_accepting(serve, true);
			return;
		}
		take_client(serve, fd, tls, now);
		if (serve->in_use == serve->limit)
			pause_accepting(serve, true);
	}
}

void serve_reply(struct serve *serve, const struct out *out, struct now now)
{
	struct client *client = client_of(serve, out->connection);

	if (client && client->state == CLIENT_ASKED)
		exchange_answer(serve, client, out, now);
}

/* -- events -- */

static void give_hangup(struct serve *serve, struct client *client)
{
	serve->hung_up = true;
	serve->hung_up_id = serve_id(serve, client);
}

/* All refusals of one kind, so that a flood of them is few inputs. */
static void give_refused(struct serve *serve, struct input *input)
{
	for (int address = 0; address <= ADDRESS_NONE; address++)
		for (int code = 0; code < FAULT_CODES; code++) {
			uint32_t *n = &serve->refused[address][code];

			if (!*n)
				continue;
			*input = (struct input){ .kind = IN_REFUSED, .address = address, .fault = (enum fault_code)code, .count = *n };
			serve->refused_n -= *n;
			*n = 0;
			return;
		}
	assert(!"every refusal is in the table");
}

static bool client_event(struct serve *serve, struct client *client, uint32_t events, struct now now, struct input *input)
{
	bool broken = events & (EPOLLERR | EPOLLHUP);

	if (events & EPOLLRDHUP)
		client->ended = true;
	switch (client->state) {
	case CLIENT_IDLE:
	case CLIENT_RECEIVING:
		if (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP) || client->tls)
			return exchange_receive(serve, client, now, input);
		return false;
	case CLIENT_ASKED:
		/* Whoever closes while waiting does not want the answer any more; a half-closed connection counts as closed. */
		if (broken || client->ended) {
			give_hangup(serve, client);
			serve_end(serve, client);
		} else if (events & EPOLLIN) {
			client->readable = true;
		}
		return false;
	case CLIENT_ANSWERING:
		client->readable |= (events & EPOLLIN) != 0;
		if (broken) {
			serve_end(serve, client);
			return false;
		}
		exchange_flush(serve, client, now);
		return false;
	case CLIENT_DRAINING:
		exchange_drain(serve, client);
		return false;
	case CLIENT_FREE:
		return false;
	}
	return false;
}

static bool one_event(struct serve *serve, const struct epoll_event *event, struct now now, struct input *input)
{
	struct client *client;
	uint64_t count;

	if (event->data.u64 == EVENT_PLAIN || event->data.u64 == EVENT_TLS) {
		accept_clients(serve, event->data.u64 == EVENT_TLS, now);
		return false;
	}
	if (event->data.u64 == EVENT_LISTED)
		return read(serve->wakeup, &count, sizeof(count)) < 0 && errno != EAGAIN;
	/* Earlier in this very batch the client may have ended, and its place even been taken again. */
	client = client_of(serve, event->data.u64);
	return client && client_event(serve, client, event->events, now, input);
}

bool serve_next(struct serve *serve, struct now now, struct input *input)
{
	for (;;) {
		if (serve->hung_up) {
			serve->hung_up = false;
			*input = (struct input){ .kind = IN_HANGUP, .connection = serve->hung_up_id };
			return true;
		}
		if (serve->refused_n) {
			give_refused(serve, input);
			return true;
		}
		if (serve->listed_first) {
			struct client *client = serve->listed_first;

			unlist(serve, client);
			if ((client->state == CLIENT_IDLE || client->state == CLIENT_RECEIVING)
				&& exchange_receive(serve, client, now, input))
				return true;
		} else if (serve->event_at < serve->events_n) {
			if (one_event(serve, &serve->events[serve->event_at++], now, input))
				return true;
		} else if (serve->looked) {
			serve->looked = false;
			return false;
		} else {
			serve->event_at = 0;
			serve->events_n = epoll_wait(serve->epoll, serve->events, SERVE_EVENTS, 0);
			if (serve->events_n <= 0)
				return false;
			serve->looked = serve->events_n < SERVE_EVENTS;
		}
	}
}

/* -- time -- */

/* What a request being received has left of its time, or the whole client. */
static void check_clock(struct serve *serve, struct client *client, struct now now)
{
	int64_t for_ms = now.mono_ms - client->since_ms;
	const struct receiving *receiving = client->receiving;

	switch (client->state) {
	case CLIENT_IDLE:
		if (for_ms > IDLE_MS || (client->tls && !tls_ready(client->tls) && for_ms > HEAD_MS))
			serve_end(serve, client);
		break;
	case CLIENT_RECEIVING:
		if (!receiving->body_ms && for_ms > HEAD_MS) {
			exchange_refuse(serve, client, FAULT_TIMEOUT, 408, now);
		} else if (receiving->body_ms) {
			int64_t body_n = (int64_t)(receiving->n - receiving->reading.head_n);

			if (now.mono_ms - receiving->body_ms - BODY_MS > body_n * 1000 / BODY_RATE)
				exchange_refuse(serve, client, FAULT_TIMEOUT, 408, now);
		}
		break;
	case CLIENT_ANSWERING:
		if (for_ms > ANSWER_MS)
			serve_end(serve, client);
		break;
	case CLIENT_DRAINING:
		if (for_ms > DRAIN_MS)
			serve_end(serve, client);
		break;
	case CLIENT_ASKED: /* the edge has a deadline */
	case CLIENT_FREE:
		break;
	}
}

int64_t serve_tick(struct serve *serve, struct now now)
{
	if (now.mono_ms >= serve->scan_ms) {
		for (size_t i = 0; i < serve->used; i++)
			check_clock(serve, &serve->clients[i], now);
		if (serve->in_use < serve->limit)
			pause_accepting(serve, false);
		serve->scan_ms = now.mono_ms + SCAN_MS;
	}
	/* What was taken from epoll and not yet looked at is nothing that epoll would wake anyone for. */
	if (serve->hung_up || serve->refused_n || serve->listed_first || serve->event_at < serve->events_n)
		return now.mono_ms;
	return serve->in_use || serve->paused ? serve->scan_ms : 0;
}

bool serve_drain(struct serve *serve)
{
	if (!serve->draining) {
		serve->draining = true;
		stop_listening(serve);
		for (size_t i = 0; i < serve->used; i++)
			if (serve->clients[i].state == CLIENT_IDLE)
				serve_end(serve, &serve->clients[i]);
	}
	return serve->in_use == 0;
}
