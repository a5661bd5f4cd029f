/* SPDX-License-Identifier: Apache-2.0 */
/* The one poll loop: inputs in, outbox out. */
#include "gateway/bus/loop.h"

#include "base/log.h"
#include "gateway/bus/parked.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	BATCH = 512,              /* inputs handled before time, credits and heartbeats are seen to again */
	INPUT_MAX = 16 << 20,     /* bytes; an envelope unpacked */
	OUTBOX_MAX = 512 << 20,   /* bytes; what a batch of the ledger can release: thousands of replies */
	COUNT_MS = 250,           /* between two looks at our own memory */
	TELL_MS = 5000,           /* between two log lines about someone who is missing or was not let in */
	CONTROL_LINE_MAX = 256,   /* bytes */
	CLIENTS_LEAVE_MS = 1000,  /* after the last answer, for clients to close */
};

struct loop {
	const struct loop_parts *parts;
	int poll_fd;
	struct arena in, out;
	struct parked parked;
	struct peer *unfinished; /* whose messages were stepped, but whose credit waits until we are no longer blocked */
	size_t unfinished_n, unfinished_room;
	struct counters counters;
	int64_t counted_ms, wake_ms, idle_ms, stop_by_ms, tell_ms;
	int64_t refused; /* what the last bus.refused told of */
	bool stepped, told_ready, stop_asked, stop_given, idle, ended;
	bool kept; /* what the last step said of a configuration */
	char control[CONTROL_LINE_MAX];
	size_t control_n;
};

static void say(const struct loop *loop, const char *line)
{
	/* A supervisor that is gone shows as end of file where we read. */
	if (loop->parts->control_fd >= 0 && write(loop->parts->control_fd, line, strlen(line)) < 0)
		return;
}

/* -- steps -- */

static void carry_out(struct loop *loop, const struct outbox *outbox, struct now now)
{
	for (size_t i = 0; i < outbox->n; i++) {
		const struct out *out = &outbox->outs[i];

		switch (out->kind) {
		case OUT_SEND:
			loop->counters.sent += parked_send(&loop->parked, loop->parts->bus, out, now);
			break;
		case OUT_REPLY:
			assert(loop->parts->serve);
			serve_reply(loop->parts->serve, out, now);
			break;
		case OUT_CALL:
			assert(loop->parts->calls);
			calls_start(loop->parts->calls, out, now);
			break;
		}
	}
}

static void step(struct loop *loop, const struct input *input, struct now now)
{
	struct outbox outbox = { .arena = &loop->out };

	if (loop->ended)
		return;
	loop->parts->role->step(loop->parts->state, input, now, &outbox);
	loop->counters.steps++;
	loop->stepped = true;
	loop->wake_ms = outbox.wake_ms;
	if (loop->stop_given) {
		if (outbox.idle && !loop->idle)
			loop->idle_ms = now.mono_ms;
		loop->idle = outbox.idle;
	}
	loop->kept = outbox.kept;
	loop->ended = outbox.ended;
	if (!loop->ended) /* what it says with a write in doubt must not be heard */
		carry_out(loop, &outbox, now);
	arena_reset(&loop->out);
}

/* Gives the sender its credit back, unless we are behind: then those who bring work wait. The one we wait for does not, or
   two roles that write to each other could each wait for the other. */
static void finish(struct loop *loop, struct peer peer)
{
	if (!parked_blocked(&loop->parked) || loop->parked.blocked[peer.kind]) {
		bus_finished(loop->parts->bus, peer);
		return;
	}
	if (loop->unfinished_n == loop->unfinished_room) {
		loop->unfinished_room = loop->unfinished_room ? loop->unfinished_room * 2 : 64;
		loop->unfinished = reallocarray(loop->unfinished, loop->unfinished_room, sizeof(*loop->unfinished));
		if (!loop->unfinished)
			abort();
	}
	loop->unfinished[loop->unfinished_n++] = peer;
}

static void send_parked(struct loop *loop, struct now now)
{
	if (loop->parked.n)
		loop->counters.sent += (int64_t)parked_retry(&loop->parked, loop->parts->bus, now);
	if (parked_blocked(&loop->parked))
		return;
	for (size_t i = 0; i < loop->unfinished_n; i++)
		bus_finished(loop->parts->bus, loop->unfinished[i]);
	loop->unfinished_n = 0;
}

/* -- what comes in -- */

static void take_bus(struct loop *loop)
{
	struct now now = clock_now();
	struct input input;

	for (int i = 0; i < BATCH && bus_next(loop->parts->bus, now, &loop->in, &input); i++) {
		step(loop, &input, now);
		/* What comes back from others brings no more work than there was, and whoever gives it back must not wait for us. */
		if (input.kind == IN_MESSAGE && input.type == TYPE_REPLY)
			bus_finished(loop->parts->bus, input.peer);
		else if (input.kind == IN_MESSAGE && input.type > TYPE_BYE)
			finish(loop, input.peer);
		arena_reset(&loop->in);
		now = clock_now();
	}
}

static void take_outside(struct loop *loop)
{
	struct input input;

	for (int i = 0; i < BATCH && loop->parts->serve && !parked_blocked(&loop->parked); i++) {
		struct now now = clock_now();

		if (!serve_next(loop->parts->serve, now, &input))
			break;
		step(loop, &input, now);
	}
	for (int i = 0; i < BATCH && loop->parts->calls && !parked_blocked(&loop->parked); i++) {
		struct now now = clock_now();

		if (!calls_next(loop->parts->calls, now, &input))
			break;
		step(loop, &input, now);
	}
}

static void take_config(struct loop *loop, struct text number)
{
	const struct config *config = loop->parts->read_config(loop->parts->config_arg);
	char line[40];

	loop->kept = true; /* unless a step says otherwise */
	if (config) {
		step(loop, &(struct input){ .kind = IN_CONFIG, .config = config }, clock_now());
		loop->parts->config_taken(loop->parts->config_arg, !loop->kept);
	}
	log_event(loop->kept ? LEVEL_ERROR : LEVEL_INFO, "loop.config", log_number("taken", !loop->kept));
	snprintf(line, sizeof(line), "%s %.*s\n", loop->kept ? "kept" : "configured", TEXT_ARGS(number));
	say(loop, line);
}

static void take_line(struct loop *loop, struct text line)
{
	struct text rest = line, word = text_cut(&rest, ' ');
	struct peer peer;

	if (text_is(line, "stop"))
		loop->stop_asked = true;
	else if (text_is(word, "config") && rest.n && rest.n < 20 && loop->parts->read_config)
		take_config(loop, rest);
	else if (text_is(word, "gone") && peer_of(rest, &peer))
		bus_peer_died(loop->parts->bus, peer);
	else
		log_event(LEVEL_WARN, "control.unknown", log_number("bytes", (int64_t)line.n));
}

static void take_control(struct loop *loop)
{
	ssize_t n = read(loop->parts->control_fd, loop->control + loop->control_n, sizeof(loop->control) - loop->control_n);
	size_t from = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) { /* the supervisor is gone */
		loop->stop_asked = true;
		epoll_ctl(loop->poll_fd, EPOLL_CTL_DEL, loop->parts->control_fd, NULL);
		return;
	}
	loop->control_n += (size_t)n;
	for (size_t i = 0; i < loop->control_n; i++)
		if (loop->control[i] == '\n') {
			take_line(loop, (struct text){ loop->control + from, i - from });
			from = i + 1;
		}
	loop->control_n -= from;
	memmove(loop->control, loop->control + from, loop->control_n);
	if (loop->control_n == sizeof(loop->control))
		loop->control_n = 0; /* no line of ours is so long */
}

/* -- time -- */

static int64_t own_memory(void)
{
	long pages = 0;
	FILE *in = fopen("/proc/self/statm", "re");

	if (in && fscanf(in, "%*d %ld", &pages) != 1)
		pages = 0;
	if (in)
		fclose(in);
	return pages * sysconf(_SC_PAGESIZE);
}

static void count(struct loop *loop, struct now now)
{
	struct counters counted = { 0 };

	if (now.mono_ms - loop->counted_ms < COUNT_MS && loop->counted_ms)
		return;
	loop->counted_ms = now.mono_ms;
	if (loop->parts->role->count)
		loop->parts->role->count(loop->parts->state, &counted);
	counted.steps = loop->counters.steps;
	counted.sent = loop->counters.sent;
	counted.late += loop->parked.late;
	counted.rss_bytes = own_memory();
	loop->counters = counted;
}

/* What an operator has to know when a gateway does not come together, most of all across hosts. */
static void tell(struct loop *loop, struct now now)
{
	const struct bus_counts *counts = bus_counts(loop->parts->bus);
	int64_t refused = counts->strangers + counts->forbidden + counts->damaged;
	struct peer missing;
	char name[24];

	if (now.mono_ms < loop->tell_ms)
		return;
	loop->tell_ms = now.mono_ms + TELL_MS;
	if (refused > loop->refused)
		log_event(LEVEL_WARN, "bus.refused", log_number("strangers", counts->strangers),
			log_number("forbidden", counts->forbidden), log_number("damaged", counts->damaged));
	loop->refused = refused;
	if (!loop->told_ready && !loop->stop_asked && !bus_whole(loop->parts->bus, &missing)) {
		snprintf(name, sizeof(name), "%s.%d", role_kind_name(missing.kind), missing.index);
		log_event(LEVEL_WARN, "bus.waiting", log_id("peer", text_of(name)));
	}
}

static void on_time(struct loop *loop)
{
	struct now now = clock_now();
	struct peer missing;

	if (loop->wake_ms && now.mono_ms >= loop->wake_ms) {
		loop->wake_ms = 0;
		step(loop, &(struct input){ .kind = IN_TICK }, now);
	}
	if (loop->stop_asked && !loop->stop_given) {
		loop->stop_given = true;
		loop->stop_by_ms = now.mono_ms + LOOP_STOP_MS;
		step(loop, &(struct input){ .kind = IN_STOP }, now);
	}
	if (loop->parts->role->wants_drained && loop->stepped) {
		step(loop, &(struct input){ .kind = IN_DRAINED }, now);
		loop->stepped = false;
	}
	if (!loop->told_ready && bus_whole(loop->parts->bus, &missing)) {
		loop->told_ready = true;
		say(loop, "ready\n");
	}
	tell(loop, now);
}

static bool over(struct loop *loop, struct now now)
{
	bool alone = true;

	if (loop->ended)
		return true;
	if (!loop->stop_given)
		return false;
	if (loop->parts->serve)
		alone = serve_drain(loop->parts->serve) ||
			(loop->idle && now.mono_ms - loop->idle_ms > CLIENTS_LEAVE_MS);
	return (loop->idle && alone && loop->parked.n == 0) || now.mono_ms >= loop->stop_by_ms;
}

static void sooner(int64_t *next, int64_t at)
{
	if (at && at < *next)
		*next = at;
}

/* Sends what is due and returns how long to sleep, in milliseconds. */
static int prepare_sleep(struct loop *loop)
{
	struct now now = clock_now();
	int64_t next = now.mono_ms + 1000;

	count(loop, now);
	sooner(&next, bus_flush(loop->parts->bus, now, &loop->counters));
	if (loop->parts->serve)
		sooner(&next, serve_tick(loop->parts->serve, now));
	if (loop->parts->calls)
		sooner(&next, calls_tick(loop->parts->calls, now));
	sooner(&next, loop->wake_ms);
	if (loop->stop_given || loop->parked.n)
		sooner(&next, now.mono_ms + 20);
	if (bus_waiting(loop->parts->bus) || next <= now.mono_ms)
		return 0;
	return (int)(next - now.mono_ms);
}

static void watch(int poll_fd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (fd >= 0 && epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event)) {
		perror("dualtrack: loop");
		abort();
	}
}

static void say_addresses(const struct loop *loop)
{
	char line[CONTROL_LINE_MAX];

	for (int tls = 0; tls <= 1 && loop->parts->serve; tls++) {
		struct text address = serve_address(loop->parts->serve, tls);

		if (!text_there(address))
			continue;
		snprintf(line, sizeof(line), "listening %s %.*s\n", tls ? "https" : "http", TEXT_ARGS(address));
		say(loop, line);
	}
}

enum loop_end loop_run(const struct loop_parts *parts)
{
	struct loop loop = { .parts = parts, .poll_fd = epoll_create1(EPOLL_CLOEXEC), .tell_ms = clock_now().mono_ms + TELL_MS };

	if (loop.poll_fd < 0)
		abort();
	arena_init(&loop.in, INPUT_MAX);
	arena_init(&loop.out, OUTBOX_MAX);
	watch(loop.poll_fd, bus_fd(parts->bus));
	watch(loop.poll_fd, parts->serve ? serve_fd(parts->serve) : -1);
	watch(loop.poll_fd, parts->calls ? calls_fd(parts->calls) : -1);
	watch(loop.poll_fd, parts->control_fd);
	watch(loop.poll_fd, parts->signal_fd);
	say_addresses(&loop);
	step(&loop, &(struct input){ .kind = IN_TICK }, clock_now()); /* what a restart finds waiting */
	for (;;) {
		struct epoll_event events[8];
		int n = epoll_wait(loop.poll_fd, events, 8, prepare_sleep(&loop));

		/* The supervisor first: a role's death is to be known before its next life says hello. */
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == parts->control_fd)
				take_control(&loop);
			if (events[i].data.fd == parts->signal_fd) {
				loop.stop_asked = true;
				epoll_ctl(loop.poll_fd, EPOLL_CTL_DEL, parts->signal_fd, NULL);
			}
		}
		send_parked(&loop, clock_now());
		take_bus(&loop);
		take_outside(&loop);
		on_time(&loop);
		if (over(&loop, clock_now()))
			break;
	}
	parked_done(&loop.parked);
	free(loop.unfinished);
	arena_done(&loop.in);
	arena_done(&loop.out);
	close(loop.poll_fd);
	return loop.ended ? LOOP_ENDED : LOOP_STOPPED;
}
