/* SPDX-License-Identifier: Apache-2.0 */
/* One client connection of the edge as bytes: reading into a buffer that exists only while a request is there, and writing
   answers, over plain TCP or TLS. For serve.c, which decides what they mean. */
#pragma once

#include "base/http.h"
#include "base/tls.h"

enum {
	RECEIVE_FIRST = 16 * 1024,       /* bytes of a fresh buffer: any head, and the usual RTPB request whole */
	RECEIVE_SPARE_MAX = 64,          /* fresh buffers kept for the next request: 1 MB */
	RECEIVE_HELD_MAX = 256 << 20,    /* bytes in all buffers; more is refused as busy, whoever sends it */
};

enum client_state {
	CLIENT_FREE,
	CLIENT_IDLE,      /* nothing of a request is here yet */
	CLIENT_RECEIVING,
	CLIENT_ASKED,     /* a request was handed on and wants its answer */
	CLIENT_ANSWERING, /* the socket has not taken all of the answer */
	CLIENT_DRAINING,  /* answered for the last time; what still comes is thrown away, so that the client sees the answer */
};

/* A request being received. */
struct receiving {
	char *bytes;
	size_t n, room;
	struct http_reading reading;
	struct http_request request;
	size_t used;       /* bytes of the request, once whole */
	bool continued;    /* 100 Continue was sent */
	int64_t body_ms;   /* mono time at which the head was whole, 0 before */
	char id[33];
	struct receiving *spare;
};

struct client_pool {
	struct receiving *spare;
	size_t spare_n;
	size_t held; /* bytes of all buffers in use */
};

struct client {
	int fd;
	enum client_state state;
	uint32_t generation; /* with the index what the connection is known by */
	int32_t next_free;
	struct tls *tls; /* NULL: plain */
	struct receiving *receiving;
	char *out; /* rest of an answer */
	size_t out_n, out_at;
	int64_t since_ms; /* in this state, mono */
	size_t drained;
	bool readable; /* more may wait in the socket, of which epoll will not speak again */
	bool ended;    /* the client sends no more */
	bool closing;  /* no further request on it */
	bool refused;  /* bytes may be on their way that nobody will read */
	bool listed;   /* in serve.c's list of those to look at */
	struct client *next_listed;
};

/* Makes a buffer to receive into, if there is none. False: RECEIVE_HELD_MAX. */
bool client_begin(struct client *client, struct client_pool *pool);
/* Room for more than `n` bytes. False: RECEIVE_HELD_MAX. */
bool client_room(struct client *client, struct client_pool *pool, size_t n);
/* Cuts the request that was answered off the front; gives the buffer back when nothing is behind it. True: something is. */
bool client_shift(struct client *client, struct client_pool *pool);
/* Gives all its memory back and closes it. */
void client_close(struct client *client, struct client_pool *pool);
void client_pool_done(struct client_pool *pool);

enum client_read {
	READ_SOME,
	READ_LAST, /* some, and the socket is empty now */
	READ_NONE,
	READ_END,  /* the client is gone or sends no more */
};
/* Into the receive buffer, which has room. */
enum client_read client_read(struct client *client);
/* What comes is thrown away. */
enum client_read client_discard(struct client *client);

enum client_write { WRITE_ALL, WRITE_LATER, WRITE_GONE };
/* Head and body of an answer; what the socket does not take is kept for client_flush. */
enum client_write client_write(struct client *client, struct text head, struct text body);
enum client_write client_flush(struct client *client);
/* Says that nothing more will be sent. */
void client_shut(struct client *client);
