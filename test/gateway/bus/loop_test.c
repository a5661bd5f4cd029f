/* SPDX-License-Identifier: Apache-2.0 */
/* The loop around a toy payer in a process of its own; the test is its worker, its edge and its supervisor. */
#include "gateway/bus/loop.h"
#include "test/case.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEPT_MAX = 2000 };

/* Answers each PRICE with a REPLY, but only when its inbox is empty, as the ledger does. */
struct toy {
	int64_t slots[KEPT_MAX];
	size_t kept;
	bool stopping;
};

static bool toy_start(void *state, const struct role_setup *setup, struct now now, struct fault *fault)
{
	return true;
}

static void toy_step(void *state, const struct input *input, struct now now, struct outbox *out)
{
	struct toy *toy = state;

	if (input->kind == IN_MESSAGE && input->type == TYPE_PRICE && toy->kept < KEPT_MAX)
		toy->slots[toy->kept++] = input->envelope->slot;
	if (input->kind == IN_MESSAGE && text_is(input->payload, "end"))
		out->ended = true;
	if (input->kind == IN_CONFIG)
		out->kept = input->config->strict;
	if (input->kind == IN_STOP)
		toy->stopping = true;
	if (input->kind == IN_DRAINED) {
		for (size_t i = 0; i < toy->kept; i++) {
			struct out *reply = outbox_send(out, (struct peer){ ROLE_EDGE, 0 }, TYPE_REPLY, NULL, text_lit("cheap"));

			reply->envelope.slot = toy->slots[i];
		}
		toy->kept = 0;
	}
	out->idle = toy->stopping && !toy->kept;
}

static void toy_stop(void *state)
{
}

static const struct role toy_role = { .kind = ROLE_PAYER, .doc = "toy", .size = sizeof(struct toy), .start = toy_start,
	.step = toy_step, .stop = toy_stop, .wants_drained = true };

/* The first configuration is taken, the second one not, and the third cannot be read. */
struct toy_configs {
	struct config configs[2];
	int read, taken, kept;
};

static const struct config *read_config(void *arg)
{
	struct toy_configs *toys = arg;

	toys->configs[1].strict = 1;
	return toys->read < 2 ? &toys->configs[toys->read++] : NULL;
}

static void config_taken(void *arg, bool taken)
{
	struct toy_configs *toys = arg;

	toys->taken += taken;
	toys->kept += !taken;
}

static char run[64];
static int control[2];
static pid_t child;
static struct bus *worker, *edge;
static struct arena arena;
static const struct config config;

/* The payer answers a HELLO once it has the sender in its books: what it says to one that is not there yet it parks, and drops
   when that grows too much. */
static void meet(void)
{
	struct counters counters = { 0 };
	int64_t stop = clock_now().mono_ms + 5000;
	struct peer payer = { ROLE_PAYER, 0 };
	struct input input;

	while (clock_now().mono_ms < stop && !(bus_up(worker, payer) && bus_up(edge, payer))) {
		bus_flush(worker, clock_now(), &counters);
		bus_flush(edge, clock_now(), &counters);
		while (bus_next(worker, clock_now(), &arena, &input) || bus_next(edge, clock_now(), &arena, &input))
			continue;
		poll(NULL, 0, 1);
	}
	cr_assert(bus_up(worker, payer) && bus_up(edge, payer));
}

static void begin(void)
{
	struct fault fault;

	snprintf(run, sizeof(run), "/tmp/dt-loop.XXXXXX");
	cr_assert_not_null(mkdtemp(run));
	cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) == 0);
	child = fork();
	if (child == 0) {
		struct toy toy = { 0 };
		struct toy_configs toys = { 0 };
		struct loop_parts parts = { .role = &toy_role, .state = &toy, .control_fd = control[1], .signal_fd = -1,
			.read_config = read_config, .config_taken = config_taken, .config_arg = &toys };

		close(control[0]);
		fcntl(control[1], F_SETFL, O_NONBLOCK);
		if (!bus_new((struct peer){ ROLE_PAYER, 0 }, &config, run, clock_now(), &parts.bus, &fault))
			_exit(9);
		_exit(loop_run(&parts) != LOOP_STOPPED ? 3 : toys.taken == toys.kept ? 0 : 4);
	}
	close(control[1]);
	arena_init(&arena, 64 << 20);
	cr_assert(bus_new((struct peer){ ROLE_WORKER, 0 }, &config, run, clock_now(), &worker, &fault));
	cr_assert(bus_new((struct peer){ ROLE_EDGE, 0 }, &config, run, clock_now(), &edge, &fault));
	meet();
}

static int end(void)
{
	char command[128];
	int status = 0;

	cr_assert_eq(waitpid(child, &status, 0), child);
	bus_free(worker);
	bus_free(edge);
	close(control[0]);
	arena_done(&arena);
	snprintf(command, sizeof(command), "rm -r %s", run);
	cr_expect_eq(system(command), 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Sends up to `most` prices and counts replies until `until_ms` from now or `replies` came. */
static int talk(int most, const char *payload, int replies, bool finish, int64_t until_ms, int *sent)
{
	struct out out = { .kind = OUT_SEND, .peer = { ROLE_PAYER, 0 }, .type = TYPE_PRICE, .payload = text_of(payload) };
	struct counters counters = { 0 };
	struct input input;
	int64_t stop = clock_now().mono_ms + until_ms;
	int got = 0;

	while (clock_now().mono_ms < stop && got < replies) {
		out.envelope.slot = *sent + 1;
		while (*sent < most && bus_send(worker, &out, clock_now()))
			out.envelope.slot = ++*sent + 1;
		bus_flush(worker, clock_now(), &counters);
		bus_flush(edge, clock_now(), &counters);
		while (bus_next(worker, clock_now(), &arena, &input))
			continue;
		while (bus_next(edge, clock_now(), &arena, &input))
			if (input.kind == IN_MESSAGE && input.type == TYPE_REPLY) {
				got++;
				if (finish)
					bus_finished(edge, input.peer);
			}
		arena_reset(&arena);
		poll(NULL, 0, 1);
	}
	return got;
}

CASE(loop, carries_messages_and_stops_when_told)
{
	char line[32] = "";
	int sent = 0;

	begin();
	cr_expect_eq(talk(50, "p", 50, true, 3000, &sent), 50);
	cr_expect_eq(read(control[0], line, sizeof(line) - 1), 6);
	cr_expect_str_eq(line, "ready\n");
	cr_expect_eq(write(control[0], "gone worker.0\nst", 16), 16);
	cr_expect_eq(write(control[0], "op\n", 3), 3, "a line in two parts");
	cr_expect_eq(end(), 0);
}

CASE(loop, hands_a_changed_configuration_to_the_role_between_two_steps)
{
	static const char want[] = "ready\nconfigured 1\nkept 2\nkept 3\n";
	char said[200] = "";
	size_t n = 0;
	int sent = 0;

	begin();
	cr_expect_eq(talk(5, "p", 5, true, 3000, &sent), 5);
	cr_expect_eq(write(control[0], "config 1\nconfig 2\nconfig 3\n", 27), 27);
	cr_expect_eq(talk(10, "p", 5, true, 3000, &sent), 5, "it goes on");
	for (ssize_t got = 1; got > 0 && n < strlen(want); n += (size_t)got)
		got = read(control[0], said + n, sizeof(said) - 1 - n);
	cr_expect_str_eq(said, want);
	cr_expect_eq(write(control[0], "stop\n", 5), 5);
	cr_expect_eq(end(), 0, "one was taken and one kept");
}

/* The edge takes 256 replies in and finishes none: the payer then stops giving the worker credit, instead of filling up. */
CASE(loop, a_slow_receiver_holds_back_those_who_bring_work)
{
	int sent = 0, got, held;

	begin();
	got = talk(1500, "p", 1500, false, 800, &sent);
	held = sent;
	cr_expect_eq(got, link_window(ROLE_PAYER, ROLE_EDGE));
	cr_expect(sent < 1500 && sent <= got + 3 * link_window(ROLE_WORKER, ROLE_PAYER), "%d were taken", sent);
	for (int i = 0; i < got; i++)
		bus_finished(edge, (struct peer){ ROLE_PAYER, 0 });
	cr_expect_eq(got + talk(1500, "p", 1500 - got, true, 5000, &sent), 1500, "and nothing is lost");
	cr_expect(sent == 1500 && sent > held);
	cr_expect_eq(write(control[0], "stop\n", 5), 5);
	cr_expect_eq(end(), 0);
}

CASE(loop, ends_when_the_role_says_so)
{
	int sent = 0;

	begin();
	talk(1, "end", 1, true, 300, &sent);
	cr_expect_eq(end(), 3);
}

CASE(loop, ends_with_its_supervisor)
{
	int sent = 0;

	begin();
	talk(1, "p", 1, true, 3000, &sent);
	shutdown(control[0], SHUT_RDWR);
	cr_expect_eq(end(), 0);
}
