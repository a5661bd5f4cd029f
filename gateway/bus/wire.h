/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets under the bus, and the only home of ZeroMQ: one that others connect to, and one for each we connect to.
   It moves two frames and promises nothing; gateway/bus/bus.c adds what makes that usable. */
#pragma once

#include "gateway/bus/role.h"

struct wire;

enum { WIRE_LISTENER = -1, WIRE_ROUTE_MAX = 64 /* bytes */, WIRE_KEY = 41 /* bytes of a key in Z85 with its NUL */ };

/* One per process, made after exec (a ZeroMQ context does not survive fork). Keeps config. */
struct wire *wire_new(const struct config *config);
void wire_free(struct wire *wire);
/* For poll. */
int wire_fd(const struct wire *wire);

/* Opens the socket others connect to. host NULL: address is ipc://. Else it is the configuration's row of this very role:
   tcp:// with CURVE, and only keys of the configuration's hosts come in. FAULT_CONFIG with the key at fault. */
bool wire_listen(struct wire *wire, const char *address, const struct host *host, struct fault *fault) fault_check;
/* Opens one more line out, known from then on by its number (0, 1, ...). route: how we are called at the other end. */
bool wire_connect(struct wire *wire, const char *address, const char *route, const struct host *host,
	struct fault *fault) fault_check;

/* Queues two frames. route: whom, on the listener; TEXT_NONE on a line out. False: nobody there or no room; nothing was sent. */
bool wire_send(struct wire *wire, int line, struct text route, struct text envelope, struct text payload);

enum wire_got { WIRE_NOTHING, WIRE_MESSAGE, WIRE_DAMAGED };
struct wire_message {
	int line;
	struct text route;    /* on the listener: who */
	struct text envelope, payload;
	const char *key;      /* CURVE key of who sent it, Z85; NULL without CURVE */
};
/* The next message of any line, fairly; it lives until the next call. DAMAGED: it had not two frames and is gone. */
enum wire_got wire_receive(struct wire *wire, struct wire_message *out);
/* True while wire_receive would find something that wire_fd may not tell of: to be asked before sleeping. */
bool wire_waiting(struct wire *wire);
/* True when others come with CURVE keys. */
bool wire_curved(const struct wire *wire);
/* How many connections the doorkeeper sent away. */
int64_t wire_strangers(const struct wire *wire);
/* The public key of the configuration's curve_secret: which [host] entries are this host. FAULT_CONFIG at curve_secret. */
bool wire_own_key(const struct config *config, char public_key[WIRE_KEY], struct fault *fault) fault_check;
/* A new CURVE key pair. */
void wire_key_pair(char public_key[WIRE_KEY], char secret_key[WIRE_KEY]);
