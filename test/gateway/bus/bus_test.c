/* SPDX-License-Identifier: Apache-2.0 */
/* Two or three buses in one process over real sockets: who may say what, credit, silence, rebirth, keys. */
#include "gateway/bus/bus.h"
#include "gateway/bus/session.h"
#include "gateway/bus/wire.h"
#include "test/case.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct peer worker = { ROLE_WORKER, 0 }, payer = { ROLE_PAYER, 0 }, ledger = { ROLE_LEDGER, 0 };
static const struct config plain;
static char run[64];
static struct arena arena;
static int64_t skew_ms; /* how far the tests' clock is ahead */

static void open_run(void)
{
	snprintf(run, sizeof(run), "/tmp/dt-bus.XXXXXX");
	cr_assert_not_null(mkdtemp(run));
	arena_init(&arena, 64 << 20);
	skew_ms = 0;
}

static void close_run(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", run);
	cr_expect_eq(system(command), 0);
	arena_done(&arena);
}

static struct now now(void)
{
	struct now t = clock_now();

	t.mono_ms += skew_ms;
	return t;
}

static struct bus *bus_at(struct peer self, const struct config *config)
{
	struct bus *bus = NULL;
	struct fault fault = { 0 };

	cr_assert(bus_new(self, config, run, now(), &bus, &fault), "%s at %s", fault_row(fault.code)->name, fault.path);
	return bus;
}

/* Runs the buses until the first one has the input kind asked for, for at most two seconds. Other inputs of the first are
   passed over; the others give credit for what they get. */
static bool await(struct bus *first, enum input_kind kind, struct bus *second, struct bus *third, struct input *input)
{
	struct counters counters = { .steps = 5 };
	int64_t end = clock_now().mono_ms + 2000;

	while (clock_now().mono_ms < end) {
		struct bus *others[] = { second, third };
		struct input other;

		bus_flush(first, now(), &counters);
		while (bus_next(first, now(), &arena, input))
			if (input->kind == kind)
				return true;
		for (int i = 0; i < 2; i++) {
			if (!others[i])
				continue;
			bus_flush(others[i], now(), &counters);
			while (bus_next(others[i], now(), &arena, &other))
				if (other.kind == IN_MESSAGE && other.type > TYPE_BYE)
					bus_finished(others[i], other.peer);
		}
		poll(NULL, 0, 1);
	}
	return false;
}

static struct out price(const char *payload)
{
	struct out out = { .kind = OUT_SEND, .peer = { ROLE_PAYER, PEER_ANY }, .type = TYPE_PRICE };

	out.envelope.trace = text_lit("0123");
	out.payload = text_of(payload);
	return out;
}

/* The payer listens, the worker connects; edge and ledger are not there. */
CASE(bus, a_message_goes_over_with_its_deadline)
{
	struct bus *a, *b;
	struct input input;
	struct peer missing;
	struct out out = price("how much");

	open_run();
	b = bus_at(payer, &plain);
	a = bus_at(worker, &plain);
	cr_expect(!bus_send(a, &out, now()), "nobody is there yet");
	cr_assert(await(a, IN_PEER_UP, b, NULL, &input));
	cr_expect(input.peer.kind == ROLE_PAYER && bus_up(a, payer) && !bus_up(a, ledger));
	cr_expect(!bus_whole(a, &missing) && missing.kind != ROLE_PAYER);
	out.deadline_ms = now().mono_ms + 5000;
	cr_assert(bus_send(a, &out, now()));
	cr_assert(await(b, IN_MESSAGE, a, NULL, &input));
	cr_expect(input.type == TYPE_PRICE && text_is(input.payload, "how much") && input.peer.kind == ROLE_WORKER);
	cr_expect(text_is(input.envelope->trace, "0123") && text_is(input.envelope->from, "worker.0"));
	cr_expect(input.deadline_ms > now().mono_ms + 3000 && input.deadline_ms <= now().mono_ms + 5001);
	out.deadline_ms = INT64_MAX; /* further than the receiver's clock goes */
	cr_assert(bus_send(a, &out, now()));
	cr_assert(await(b, IN_MESSAGE, a, NULL, &input));
	cr_expect_eq(input.deadline_ms, 0, "no deadline");
	bus_free(a);
	bus_free(b);
	close_run();
}

CASE(bus, no_more_is_sent_than_was_granted)
{
	struct bus *a, *b;
	struct input input;
	struct out out = price("p");
	int sent = 0, got = 0;

	open_run();
	b = bus_at(payer, &plain);
	a = bus_at(worker, &plain);
	cr_assert(await(a, IN_PEER_UP, b, NULL, &input));
	while (sent < 1000 && bus_send(a, &out, now()))
		sent++;
	cr_expect_eq(sent, link_window(ROLE_WORKER, ROLE_PAYER));
	while (got < sent && await(b, IN_MESSAGE, a, NULL, &input))
		got++;
	cr_expect_eq(got, sent);
	cr_expect(!bus_send(a, &out, now()), "none is finished");
	for (int i = 0; i < sent / SESSION_TELL_PART; i++)
		bus_finished(b, worker);
	bus_flush(b, now(), &(struct counters){ 0 });
	cr_assert(await(a, IN_CREDIT, NULL, NULL, &input));
	cr_expect_eq(input.credit, sent / SESSION_TELL_PART);
	for (int i = 0; i < sent / SESSION_TELL_PART; i++)
		cr_expect(bus_send(a, &out, now()));
	cr_expect(!bus_send(a, &out, now()));
	bus_free(a);
	bus_free(b);
	close_run();
}

CASE(bus, silence_ends_and_hearing_begins_anew)
{
	struct bus *a, *b;
	struct input input;
	struct out out = price("p");

	open_run();
	b = bus_at(payer, &plain);
	a = bus_at(worker, &plain);
	cr_assert(await(a, IN_PEER_UP, b, NULL, &input));
	cr_assert(bus_up(b, worker));
	cr_assert(bus_send(a, &out, now()));
	/* b stops: a goes on looking at its clock but hears nothing */
	for (int i = 0; i < 5 && !(bus_next(a, now(), &arena, &input) && input.kind == IN_PEER_GONE); i++) {
		skew_ms += 300;
		bus_flush(a, now(), &(struct counters){ 0 });
	}
	cr_assert(input.kind == IN_PEER_GONE && input.peer.kind == ROLE_PAYER);
	cr_expect(!bus_send(a, &out, now()));
	/* b goes on: both sides start again with full credit */
	cr_assert(await(a, IN_PEER_UP, b, NULL, &input));
	for (int i = 0; i < link_window(ROLE_WORKER, ROLE_PAYER); i++)
		cr_assert(bus_send(a, &out, now()));
	cr_assert(await(b, IN_MESSAGE, a, NULL, &input));
	cr_expect_eq(bus_counts(b)->overrun, 0);
	bus_free(a);
	bus_free(b);
	close_run();
}

CASE(bus, a_new_life_is_told_apart)
{
	struct bus *a, *b;
	struct input input;

	open_run();
	b = bus_at(payer, &plain);
	a = bus_at(worker, &plain);
	cr_assert(await(a, IN_PEER_UP, b, NULL, &input));
	cr_assert(bus_up(b, worker));
	bus_free(a);
	a = bus_at(worker, &plain);
	cr_assert(await(b, IN_PEER_GONE, a, NULL, &input), "the earlier life is gone");
	cr_assert(bus_up(b, worker));
	/* and the listener's own new life, which its peers see at once when the supervisor says so */
	cr_assert(bus_up(a, payer) || await(a, IN_PEER_UP, b, NULL, &input));
	bus_free(b);
	bus_peer_died(a, payer);
	cr_assert(bus_next(a, now(), &arena, &input) && input.kind == IN_PEER_GONE);
	b = bus_at(payer, &plain);
	cr_assert(await(a, IN_PEER_UP, b, NULL, &input));
	bus_free(a);
	bus_free(b);
	close_run();
}

/* Speaks the bus's own language by hand: what a broken or hostile process could say. */
static void say(struct wire *wire, const char *type, const char *from, const char *life, struct text payload)
{
	struct envelope envelope = { .trace = text_of(life), .type = text_of(type), .from = text_of(from), .slot = 1,
		.credit = 10 };
	struct buffer packed;

	buffer_init(&packed, &arena, 0);
	record_pack(&envelope_record, &envelope, &packed);
	for (int i = 0; i < 1000 && !wire_send(wire, 0, TEXT_NONE, buffer_text(&packed), payload); i++)
		poll(NULL, 0, 1);
}

CASE(bus, what_has_no_business_here_is_dropped_and_counted)
{
	static const char life[] = "0123456789abcdef";
	struct wire *wire = wire_new(&plain);
	struct bus *b;
	struct fault fault;
	struct input input;
	char address[128];

	open_run();
	b = bus_at(payer, &plain);
	snprintf(address, sizeof(address), "ipc://%s/payer.0", run);
	cr_assert(wire_connect(wire, address, "worker.0/0123456789abcdef", NULL, &fault));
	say(wire, "WORK", "worker.0", life, TEXT_NONE);      /* a type that workers do not send */
	say(wire, "PRICE", "ledger.0", life, TEXT_NONE);     /* somebody else's name */
	say(wire, "HELLO", "worker.0", "fedcba9876543210", TEXT_NONE); /* another life than the connection's */
	say(wire, "SHOUT", "worker.0", life, TEXT_NONE);     /* no such type */
	say(wire, "PRICE", "worker.0", life, TEXT_NONE);     /* no HELLO yet */
	wire_send(wire, 0, TEXT_NONE, text_lit("\xff\xff\xff"), TEXT_NONE);
	cr_expect(!await(b, IN_MESSAGE, NULL, NULL, &input));
	cr_expect_eq(bus_counts(b)->forbidden, 3);
	cr_expect_eq(bus_counts(b)->damaged, 2);
	cr_expect_eq(bus_counts(b)->stale, 1);
	say(wire, "HELLO", "worker.0", life, TEXT_NONE);
	say(wire, "PRICE", "worker.0", life, text_lit("now"));
	cr_expect(await(b, IN_MESSAGE, NULL, NULL, &input) && text_is(input.payload, "now"));
	wire_free(wire);
	bus_free(b);
	close_run();
}

/* A configuration in which payer and worker are on other hosts, with a key file for each. */
static struct config curved(struct host hosts[2], const char *secret_file, const char *secret, int port)
{
	struct config config = { .hosts = hosts, .hosts_n = 2 };
	static char endpoint[40];
	char path[128];
	FILE *out;

	snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1:%d", port);
	hosts[0].endpoint = text_of(endpoint);
	snprintf(path, sizeof(path), "%s/%s", run, secret_file);
	out = fopen(path, "w");
	cr_assert_not_null(out);
	fprintf(out, "%s\n", secret);
	fclose(out);
	chmod(path, 0600);
	config.curve_secret = arena_text(&arena, text_of(path));
	return config;
}

CASE(bus, only_known_keys_come_in_from_other_hosts)
{
	char keys[3][2][WIRE_KEY];
	struct host hosts[2] = { { .role = text_lit("payer.0") }, { .role = text_lit("worker.0") } };
	struct config at_payer, at_worker, at_stranger;
	struct bus *a, *b;
	struct input input;
	struct fault fault;
	int port = 10240 + getpid() % 20000; /* below those that the system gives by itself */

	open_run();
	for (int i = 0; i < 3; i++)
		wire_key_pair(keys[i][0], keys[i][1]);
	hosts[0].public_key = text_of(keys[0][0]);
	hosts[1].public_key = text_of(keys[1][0]);
	at_payer = curved(hosts, "payer.key", keys[0][1], port);
	at_worker = curved(hosts, "worker.key", keys[1][1], port);
	at_stranger = curved(hosts, "stranger.key", keys[2][1], port);
	b = bus_at(payer, &at_payer);
	a = bus_at(worker, &at_stranger);
	cr_expect(!await(a, IN_PEER_UP, b, NULL, &input), "a key that is not listed");
	cr_expect(bus_counts(b)->strangers > 0);
	bus_free(a);
	a = bus_at(worker, &at_worker);
	cr_expect(await(a, IN_PEER_UP, b, NULL, &input), "the listed key");
	bus_free(a);
	/* the key of worker.0 opens no door for worker.1 */
	hosts[1].role = text_lit("worker.1");
	a = bus_at(worker, &at_worker);
	cr_expect(!await(a, IN_PEER_UP, b, NULL, &input));
	bus_free(a);
	bus_free(b);
	/* no tcp without a key, nor with one that others can read */
	at_worker.curve_secret = TEXT_NONE;
	cr_expect(!bus_new(worker, &at_worker, run, now(), &a, &fault) && strcmp(fault.path, "curve_secret") == 0);
	chmod(text_to_z(at_payer.curve_secret, (char[128]){ 0 }, 128), 0644);
	cr_expect(!bus_new(payer, &at_payer, run, now(), &b, &fault) && strcmp(fault.path, "curve_secret") == 0);
	close_run();
}

CASE(bus, a_directory_others_can_enter_is_refused)
{
	struct bus *bus;
	struct fault fault;

	open_run();
	chmod(run, 0755);
	cr_expect(!bus_new(payer, &plain, run, now(), &bus, &fault));
	cr_expect(fault.code == FAULT_CONFIG && strcmp(fault.path, "run") == 0);
	close_run();
}
