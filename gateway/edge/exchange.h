/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer on a client connection: what serve.c calls when there is something to read, and when there is
   something to say. The state of both is here. */
#pragma once

#include <sys/epoll.h>

#include "gateway/edge/address.h"
#include "gateway/edge/client.h"
#include "gateway/edge/serve.h"

enum { SERVE_EVENTS = 128 }; /* looked at between two steps of the loop */

/* epoll's user data for what is not a client; a client's id is generation << 32 | index, so never this small. */
enum { EVENT_PLAIN, EVENT_TLS, EVENT_LISTED };

struct listener {
	int fd; /* -1: none */
	char address[80];
};

struct serve {
	int epoll, wakeup;
	struct listener listeners[2]; /* EVENT_PLAIN, EVENT_TLS */
	struct tls_server *tls;
	struct client *clients;
	size_t limit, used, in_use; /* clients at most, ever used, now */
	int32_t free_first;          /* -1: none */
	bool paused;                /* not accepting: at the limit */
	bool draining;
	struct client_pool pool;
	struct client *listed_first, *listed_last;
	struct epoll_event events[SERVE_EVENTS];
	int events_n, event_at;
	bool looked;   /* epoll has been asked and had no more than this */
	bool hung_up;  /* an IN_HANGUP is to be given for hung_up_id */
	uint64_t hung_up_id;
	uint32_t refused[ADDRESS_NONE + 1][FAULT_CODES]; /* answered here and not yet told */
	size_t refused_n;
	int64_t scan_ms;
	struct arena arena, answer_arena; /* of a request's id and refusal; of a head being written */
	int64_t date_s;
	char date[48];
};

static inline uint64_t serve_id(const struct serve *serve, const struct client *client)
{
	return (uint64_t)client->generation << 32 | (uint64_t)(client - serve->clients);
}

static inline void serve_enter(struct client *client, enum client_state state, struct now now)
{
	client->state = state;
	client->since_ms = now.mono_ms;
}

/* -- serve.c -- */

/* Puts a client on the list of those to look at of which epoll will not speak. */
void serve_list(struct serve *serve, struct client *client);
/* Closes it; the place may be taken again at once. */
void serve_end(struct serve *serve, struct client *client);

/* -- exchange.c; each may end the client -- */

/* Reads and parses until there is a request (true, with *input filled) or nothing more to read. */
bool exchange_receive(struct serve *serve, struct client *client, struct now now, struct input *input);
/* Writes the answer to what was asked, as far as the socket takes it. */
void exchange_answer(struct serve *serve, struct client *client, const struct out *out, struct now now);
/* Goes on writing it. */
void exchange_flush(struct serve *serve, struct client *client, struct now now);
/* Answers what HTTP itself refuses, in the standard of the address it was meant for; nothing behind it can be trusted. status 0: by
   the fault. */
void exchange_refuse(struct serve *serve, struct client *client, enum fault_code code, int status, struct now now);
/* Throws away what a refused client still sends. */
void exchange_drain(struct serve *serve, struct client *client);
