/* SPDX-License-Identifier: Apache-2.0 */
/* The self-test's own endpoint for notifications: a few connections, one thread, no surprises. */
#include "gateway/selftest/listener.h"

#include "base/http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = LISTENER_FDS - 1, BODY_MAX = 1 << 20, FIRST_ROOM = 16384 };

struct connection {
	int fd; /* -1: free */
	char *bytes;
	size_t n, room;
	struct http_reading reading;
	struct http_request request;
};

struct came {
	struct came *next;
	size_t n;
	char body[];
};

struct listener {
	int fd;
	struct connection connections[CONNECTIONS];
	struct came *first, *last;
};

struct listener *listener_new(int fd)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		abort();
	listener->fd = fd;
	for (int i = 0; i < CONNECTIONS; i++)
		listener->connections[i].fd = -1;
	return listener;
}

static void drop(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	free(connection->bytes);
	*connection = (struct connection){ .fd = -1 };
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	for (int i = 0; i < CONNECTIONS; i++)
		drop(&listener->connections[i]);
	while (listener->first) {
		struct came *came = listener->first;

		listener->first = came->next;
		free(came);
	}
	close(listener->fd);
	free(listener);
}

size_t listener_poll(const struct listener *listener, struct pollfd fds[LISTENER_FDS])
{
	size_t n = 0;

	fds[n++] = (struct pollfd){ .fd = listener->fd, .events = POLLIN };
	for (int i = 0; i < CONNECTIONS; i++)
		if (listener->connections[i].fd >= 0)
			fds[n++] = (struct pollfd){ .fd = listener->connections[i].fd, .events = POLLIN };
	return n;
}

static void keep(struct listener *listener, struct text body)
{
	struct came *came = calloc(1, sizeof(*came) + body.n + 1);

	if (!came)
		abort();
	came->n = body.n;
	if (body.n)
		memcpy(came->body, body.at, body.n);
	if (listener->last)
		listener->last->next = came;
	else
		listener->first = came;
	listener->last = came;
}

static void answer(struct connection *connection, int status, bool end)
{
	struct arena arena;
	struct buffer out;

	arena_init(&arena, 4096);
	buffer_init(&out, &arena, 256);
	http_write_response(&out, status, NULL, TEXT_NONE, "", end);
	if (send(connection->fd, out.at, out.n, MSG_NOSIGNAL) != (ssize_t)out.n)
		end = true;
	arena_done(&arena);
	if (end)
		drop(connection);
}

/* Every whole request in what has come. */
static void read_requests(struct listener *listener, struct connection *connection)
{
	while (connection->fd >= 0 && connection->n) {
		size_t need = 0, used = 0;
		struct fault fault;
		enum http_progress progress = http_read_request(connection->bytes, connection->n, BODY_MAX, &connection->reading, &connection->request, &need,
			&used, &fault);
		bool again = connection->request.keep_alive;

		if (progress == HTTP_MORE)
			return;
		if (progress == HTTP_BAD) {
			answer(connection, 400, true);
			return;
		}
		keep(listener, connection->request.body);
		connection->n -= used;
		memmove(connection->bytes, connection->bytes + used, connection->n);
		connection->reading = (struct http_reading){ 0 };
		answer(connection, 200, !again);
	}
}

static void receive(struct listener *listener, struct connection *connection)
{
	ssize_t got;

	if (connection->room - connection->n < FIRST_ROOM) {
		connection->room = connection->room ? connection->room * 2 : 2 * FIRST_ROOM;
		connection->bytes = realloc(connection->bytes, connection->room);
		if (!connection->bytes)
			abort();
	}
	got = recv(connection->fd, connection->bytes + connection->n, connection->room - connection->n, MSG_DONTWAIT);
	if (got < 0)
		return;
	if (got == 0) {
		drop(connection);
		return;
	}
	connection->n += (size_t)got;
	read_requests(listener, connection);
}

void listener_work(struct listener *listener)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *connection = &listener->connections[i];

		if (connection->fd < 0) {
			connection->fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
			if (connection->fd < 0)
				continue;
		}
		receive(listener, connection);
	}
}

bool listener_next(struct listener *listener, struct arena *arena, struct text *body)
{
	struct came *came = listener->first;

	if (!came)
		return false;
	*body = arena_text(arena, (struct text){ came->body, came->n });
	listener->first = came->next;
	if (!came->next)
		listener->last = NULL;
	free(came);
	return true;
}
