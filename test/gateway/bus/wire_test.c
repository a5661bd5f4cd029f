/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets alone: two that are listened to and one that connects to both. */
#include "gateway/bus/wire.h"
#include "test/case.h"
#include "test/scratch.h"

#include <poll.h>
#include <stdio.h>

enum { TRIES = 400, WAIT_MS = 5, TURN = 16 /* messages between two looks of the loop */, AHEAD = 1000, HEARD_WITHIN = AHEAD / 2 };

static const struct config plain;

static struct wire *listener(const char *directory, int number, char *address, size_t size)
{
	struct wire *wire = wire_new(&plain);
	struct fault fault;

	snprintf(address, size, "ipc://%s/%d", directory, number);
	cr_assert(wire_listen(wire, address, NULL, &fault));
	return wire;
}

/* Waits until `from` says something. */
static bool hear(struct wire *wire, struct wire_message *message)
{
	for (int i = 0; i < TRIES; i++) {
		struct pollfd polled = { .fd = wire_fd(wire), .events = POLLIN };

		if (wire_receive(wire, message) == WIRE_MESSAGE)
			return true;
		poll(&polled, 1, wire_waiting(wire) ? 0 : WAIT_MS);
	}
	return false;
}

static bool say(struct wire *wire, int line, const char *route, const char *what)
{
	struct text to = line == WIRE_LISTENER ? text_of(route) : TEXT_NONE;

	for (int i = 0; i < TRIES; i++) {
		if (wire_send(wire, line, to, text_of(what), text_lit("")))
			return true;
		poll(NULL, 0, WAIT_MS); /* not there yet */
	}
	return false;
}

CASE(wire, a_line_that_never_stops_does_not_silence_another)
{
	struct scratch scratch SCRATCH;
	char addresses[2][160];
	struct wire *loud = listener(scratch.at, 0, addresses[0], sizeof(addresses[0]));
	struct wire *quiet = listener(scratch.at, 1, addresses[1], sizeof(addresses[1]));
	struct wire *both = wire_new(&plain);
	struct wire_message message;
	struct fault fault;
	int got = 0;
	bool heard = false;

	for (int i = 0; i < 2; i++)
		cr_assert(wire_connect(both, addresses[i], "me", NULL, &fault));
	cr_assert(say(both, 0, NULL, "hello") && say(both, 1, NULL, "hello"));
	cr_assert(hear(loud, &message) && hear(quiet, &message));
	for (int i = 0; i < AHEAD; i++)
		cr_assert(say(loud, WIRE_LISTENER, "me", "loud"));
	cr_assert(hear(both, &message) && text_is(message.envelope, "loud"));
	cr_assert(say(quiet, WIRE_LISTENER, "me", "quiet"));
	poll(NULL, 0, 20 * WAIT_MS); /* so that all of it is there already */
	while (!heard && got < HEARD_WITHIN && hear(both, &message)) {
		heard = text_is(message.envelope, "quiet");
		cr_expect_eq(message.line, heard ? 1 : 0);
		if (++got % TURN == 0)
			wire_waiting(both);
	}
	cr_expect(heard, "not within %d messages", got);
	wire_free(both);
	wire_free(quiet);
	wire_free(loud);
}

CASE(wire, what_came_while_we_sent_is_found)
{
	struct scratch scratch SCRATCH;
	char address[160];
	struct wire *there = listener(scratch.at, 0, address, sizeof(address)), *here = wire_new(&plain);
	struct wire_message message;
	struct fault fault;

	cr_assert(wire_connect(here, address, "me", NULL, &fault));
	cr_assert(say(here, 0, NULL, "hello") && hear(there, &message));
	for (int i = 0; i < 200; i++) {
		cr_assert(say(there, WIRE_LISTENER, "me", "answer"));
		if (i % 2)
			poll(NULL, 0, 1); /* so that it is there already */
		cr_assert(say(here, 0, NULL, "meanwhile")); /* may take the word of the descriptor */
		cr_assert(hear(here, &message) && text_is(message.envelope, "answer"));
		cr_assert(hear(there, &message) && text_is(message.envelope, "meanwhile"));
		cr_expect(!wire_waiting(here));
	}
	wire_free(here);
	wire_free(there);
}
