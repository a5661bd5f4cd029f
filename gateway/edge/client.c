/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes in and out of one client connection, and the memory for them. */
#include "gateway/edge/client.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(struct client) <= 256, "an idle plain connection costs no more than this beyond the kernel");

static void *memory(void *at)
{
	if (!at) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	return at;
}

bool client_begin(struct client *client, struct client_pool *pool)
{
	struct receiving *receiving = pool->spare;

	if (client->receiving)
		return true;
	if (pool->held + RECEIVE_FIRST > RECEIVE_HELD_MAX)
		return false;
	if (receiving) {
		pool->spare = receiving->spare;
		pool->spare_n--;
	} else {
		receiving = memory(malloc(sizeof(*receiving)));
		receiving->bytes = memory(malloc(RECEIVE_FIRST));
		receiving->room = RECEIVE_FIRST;
	}
	receiving->n = receiving->used = 0;
	receiving->reading = (struct http_reading){ 0 };
	receiving->continued = false;
	receiving->body_ms = 0;
	receiving->id[0] = '\0';
	receiving->spare = NULL;
	pool->held += receiving->room;
	client->receiving = receiving;
	return true;
}

static void give_back(struct client *client, struct client_pool *pool)
{
	struct receiving *receiving = client->receiving;

	if (!receiving)
		return;
	client->receiving = NULL;
	pool->held -= receiving->room;
	if (receiving->room == RECEIVE_FIRST && pool->spare_n < RECEIVE_SPARE_MAX) {
		receiving->spare = pool->spare;
		pool->spare = receiving;
		pool->spare_n++;
		return;
	}
	free(receiving->bytes);
	free(receiving);
}

bool client_room(struct client *client, struct client_pool *pool, size_t n)
{
	struct receiving *receiving = client->receiving;
	size_t room = receiving->room;

	/* Doubled as bytes come, not taken as announced: a promise of a megabyte must not cost one. */
	if (n < room)
		return true;
	while (room <= n)
		room *= 2;
	if (pool->held - receiving->room + room > RECEIVE_HELD_MAX)
		return false;
	receiving->bytes = memory(realloc(receiving->bytes, room));
	pool->held += room - receiving->room;
	receiving->room = room;
	return true;
}

bool client_shift(struct client *client, struct client_pool *pool)
{
	struct receiving *receiving = client->receiving;

	if (receiving->n == receiving->used) {
		give_back(client, pool);
		return false;
	}
	receiving->n -= receiving->used;
	memmove(receiving->bytes, receiving->bytes + receiving->used, receiving->n);
	receiving->used = 0;
	receiving->reading = (struct http_reading){ 0 };
	receiving->continued = false;
	receiving->body_ms = 0;
	return true;
}

void client_close(struct client *client, struct client_pool *pool)
{
	give_back(client, pool);
	free(client->out);
	client->out = NULL;
	if (client->tls)
		tls_shutdown(client->tls);
	tls_free(client->tls);
	client->tls = NULL;
	close(client->fd);
	client->fd = -1;
	client->state = CLIENT_FREE;
}

void client_pool_done(struct client_pool *pool)
{
	while (pool->spare) {
		struct receiving *receiving = pool->spare;

		pool->spare = receiving->spare;
		free(receiving->bytes);
		free(receiving);
	}
	pool->spare_n = 0;
}

/* -- in -- */

static enum client_read read_into(struct client *client, char *at, size_t n, size_t *done)
{
	ssize_t got;

	*done = 0;
	if (client->tls) {
		switch (tls_read(client->tls, at, n, done)) {
		case TLS_OK:
			return READ_SOME;
		case TLS_WANT_READ:
		case TLS_WANT_WRITE:
			return READ_NONE;
		case TLS_CLOSED:
		case TLS_BROKEN:
			return READ_END;
		}
	}
	do
		got = recv(client->fd, at, n, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? READ_NONE : READ_END;
	*done = (size_t)got;
	if (!got)
		return READ_END;
	/* epoll(7): a short read of a stream has emptied it; but the end of the stream shows only in another read. */
	return (size_t)got < n && !client->ended ? READ_LAST : READ_SOME;
}

enum client_read client_read(struct client *client)
{
	struct receiving *receiving = client->receiving;
	size_t done;
	enum client_read result = read_into(client, receiving->bytes + receiving->n, receiving->room - receiving->n, &done);

	receiving->n += done;
	return result;
}

enum client_read client_discard(struct client *client)
{
	char nowhere[16 * 1024];
	size_t done;
	enum client_read result = read_into(client, nowhere, sizeof(nowhere), &done);

	client->drained += done;
	return result;
}

/* -- out -- */

static enum client_write write_some(struct client *client, struct text head, struct text body, size_t *done)
{
	struct iovec parts[] = {
		{ (void *)(uintptr_t)head.at, head.n },
		{ (void *)(uintptr_t)body.at, body.n },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = body.n ? 2 : 1 };
	ssize_t sent;

	*done = 0;
	if (client->tls) {
		switch (tls_write(client->tls, head.at, head.n, done)) {
		case TLS_OK:
		case TLS_WANT_READ:
		case TLS_WANT_WRITE:
			return *done == head.n ? WRITE_ALL : WRITE_LATER;
		case TLS_CLOSED:
		case TLS_BROKEN:
			return WRITE_GONE;
		}
	}
	do
		sent = sendmsg(client->fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN ? WRITE_LATER : WRITE_GONE;
	*done = (size_t)sent;
	return *done == head.n + body.n ? WRITE_ALL : WRITE_LATER;
}

enum client_write client_flush(struct client *client)
{
	enum client_write result = WRITE_ALL;

	while (client->out) {
		size_t done;

		result = write_some(client, (struct text){ client->out + client->out_at, client->out_n - client->out_at },
			TEXT_NONE, &done);
		client->out_at += done;
		if (result == WRITE_LATER && done)
			continue; /* until the socket takes nothing: only then epoll speaks again */
		if (result != WRITE_LATER) {
			free(client->out);
			client->out = NULL;
		}
		break;
	}
	return result;
}

enum client_write client_write(struct client *client, struct text head, struct text body)
{
	size_t done = 0;
	enum client_write result = client->tls ? WRITE_LATER : write_some(client, head, body, &done);

	assert(!client->out);
	if (result != WRITE_LATER)
		return result;
	/* The rest; for TLS all of it, so that head and body share a record. */
	client->out_n = head.n + body.n - done;
	client->out_at = 0;
	client->out = memory(malloc(client->out_n));
	if (done < head.n) {
		memcpy(client->out, head.at + done, head.n - done);
		if (body.n)
			memcpy(client->out + head.n - done, body.at, body.n);
	} else {
		memcpy(client->out, body.at + (done - head.n), client->out_n);
	}
	return client_flush(client);
}

void client_shut(struct client *client)
{
	if (client->tls)
		tls_shutdown(client->tls);
	shutdown(client->fd, SHUT_WR);
}
