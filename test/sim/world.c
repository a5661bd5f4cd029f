/* SPDX-License-Identifier: Apache-2.0 */
/* Events in order of made-up time: deliver, tick, crash, restart, notice. Nothing here knows what the messages mean. */
#include "test/sim/inside.h"

#include "base/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEP_ARENA = 16 << 20,    /* bytes; what one step may write */
	RESTART_MAX_MS = 400,     /* a supervisor restarts within this */
	NOTICE_MAX_MS = 1000,     /* a heartbeat notices within this */
	LATE_MS = 100,            /* grace after a deadline (reliability invariant I5) */
	EVENTS_MAX = 100000,      /* of one millisecond; a role that asks to be woken in the past never gets further */
};
static const int64_t wall_start_ms = 1795000000000; /* November 2026 */

static const struct {
	struct peer self;
} places[NODES] = {
	[NODE_EDGE] = { { ROLE_EDGE, 0 } },
	[NODE_WORKER_0] = { { ROLE_WORKER, 0 } },
	[NODE_WORKER_1] = { { ROLE_WORKER, 1 } },
	[NODE_LEDGER] = { { ROLE_LEDGER, 0 } },
	[NODE_PAYER] = { { ROLE_PAYER, 0 } },
	[NODE_COURIER] = { { ROLE_COURIER, 0 } },
};

struct now world_now(const struct world *world)
{
	return world->now;
}

struct store *world_store(struct world *world)
{
	return world->store;
}

struct world_counts world_counts(const struct world *world)
{
	return world->counts;
}

const char *world_broken(const struct world *world)
{
	return *world->broken ? world->broken : NULL;
}

void world_break(struct world *world, const char *promise, int64_t about)
{
	if (!*world->broken)
		snprintf(world->broken, sizeof(world->broken), "%s (%lld) at %lld ms", promise, (long long)about,
			(long long)world->now.mono_ms);
}

uint64_t world_random(struct world *world, uint64_t n)
{
	return next_random(world) % n;
}

static bool happens(struct world *world, int per_thousand)
{
	return world->now.mono_ms < world->calm_ms && (int)world_random(world, 1000) < per_thousand;
}

/* -- nodes and what they believe of each other -- */

static bool linked(int a, int b)
{
	return link_window(places[a].self.kind, places[b].self.kind) > 0 ||
		link_window(places[b].self.kind, places[a].self.kind) > 0;
}

static void run_step(struct world *world, int at, const struct input *input);

static void notice_all(struct world *world, int about, bool up, int64_t within_ms)
{
	for (int i = 0; i < NODES; i++)
		if (i != about && linked(i, about))
			schedule(world,
				(struct event){ .kind = EVENT_NOTICE, .to = i, .to_life = world->nodes[i].life, .from = about,
					.from_life = world->nodes[about].life, .up = up },
				1 + (int64_t)world_random(world, (uint64_t)within_ms));
}

static void start_node(struct world *world, int at)
{
	struct node *node = &world->nodes[at];
	struct role_setup setup = { .self = node->self, .config = world->config, .store = world->store };
	struct fault fault = { 0 };

	node->state = calloc(1, node->role->size);
	assert(node->state);
	node->life++;
	node->tick_at = 0;
	node->drain_due = false;
	memset(node->sees, 0, sizeof(node->sees));
	memset(node->unfinished, 0, sizeof(node->unfinished));
	memset(node->epoch, 0, sizeof(node->epoch));
	if (!node->role->start(node->state, &setup, world->now, &fault)) {
		fprintf(stderr, "%s does not start: %s %s\n", role_kind_name(node->self.kind),
			fault_row(fault.code)->name, fault.path);
		world_break(world, "a role starts", at);
		return;
	}
	run_step(world, at, &(struct input){ .kind = IN_TICK });
	notice_all(world, at, true, 20);
	for (int i = 0; i < NODES; i++)
		if (i != at && linked(i, at) && world->nodes[i].state)
			schedule(world,
				(struct event){ .kind = EVENT_NOTICE, .to = at, .to_life = node->life, .from = i,
					.from_life = world->nodes[i].life, .up = true },
				1 + (int64_t)world_random(world, 20));
}

static void drop_held(struct node *node)
{
	for (size_t i = 0; i < node->held_n; i++)
		drop(&node->held[i]);
	free(node->held);
	node->held = NULL;
	node->held_n = 0;
}

static void crash_node(struct world *world, int at)
{
	struct node *node = &world->nodes[at];

	if (!node->state)
		return;
	world->counts.crashes++;
	node->role->stop(node->state);
	free(node->state);
	node->state = NULL;
	drop_held(node);
	if (at == NODE_LEDGER)
		store_memory_crash(world->store);
	if (at == NODE_EDGE)
		for (size_t i = world->posts_over; i < world->posts_n; i++)
			if (world->posts[i].due_ms) { /* its clients see the connection break */
				schedule(world, (struct event){ .kind = EVENT_ANSWER, .id = i + 1 }, 1);
				world->posts[i].due_ms = 0;
			}
	notice_all(world, at, false, NOTICE_MAX_MS);
	schedule(world, (struct event){ .kind = EVENT_RESTART, .to = at },
		1 + (int64_t)world_random(world, RESTART_MAX_MS));
}

static int node_of(struct peer peer)
{
	for (int i = 0; i < NODES; i++)
		if (places[i].self.kind == peer.kind && places[i].self.index == peer.index)
			return i;
	return -1;
}

/* -- sending -- */

static void put_on_bus(struct world *world, struct event message)
{
	struct node *from = &world->nodes[message.from];
	int64_t delay = (int64_t)world_random(world, (uint64_t)(1 + world->weather.delay_max_ms));

	world->counts.messages++;
	message.from_life = from->life;
	message.to_life = from->peer_life[message.to];
	message.epoch = from->epoch[message.to];
	from->unfinished[message.to]++;
	if (happens(world, world->weather.cut)) {
		world->counts.cuts++;
		for (int side = 0; side < 2; side++) {
			int here = side ? message.to : message.from, there = side ? message.from : message.to;

			for (int up = 0; up < 2; up++)
				schedule(world,
					(struct event){ .kind = EVENT_NOTICE, .to = here, .to_life = world->nodes[here].life, .from = there,
						.from_life = world->nodes[there].life, .up = up },
					1 + up * 30);
		}
		drop(&message);
		return;
	}
	if (happens(world, world->weather.lose)) { /* as a receiver does that finds a frame damaged: counted as finished */
		world->counts.lost++;
		schedule(world,
			(struct event){ .kind = EVENT_CREDIT, .from = message.to, .to = message.from, .to_life = from->life, .epoch = message.epoch },
			1 + delay);
		drop(&message);
		return;
	}
	if (happens(world, world->weather.repeat)) {
		struct event again = message;

		world->counts.repeated++;
		again.envelope = copy((struct text){ message.envelope, message.envelope_n }, &again.envelope_n);
		again.payload = copy((struct text){ message.payload, message.payload_n }, &again.payload_n);
		from->unfinished[message.to]++;
		schedule(world, again, 1 + 3 * delay);
	}
	schedule(world, message, delay);
}

static bool may_send(const struct node *from, int to)
{
	return from->sees[to] && from->unfinished[to] < link_window(from->self.kind, places[to].self.kind);
}

static void release_held(struct world *world, struct node *node)
{
	size_t kept = 0;
	bool blocked[NODES] = { false };

	for (size_t i = 0; i < node->held_n; i++) {
		struct event message = node->held[i];

		if (!blocked[message.to] && may_send(node, message.to)) {
			put_on_bus(world, message);
		} else {
			blocked[message.to] = true;
			node->held[kept++] = message;
		}
	}
	node->held_n = kept;
}

static void send(struct world *world, int at, const struct out *out)
{
	struct node *node = &world->nodes[at];
	struct event message = { .kind = EVENT_DELIVER, .from = at, .type = out->type, .deadline_ms = out->deadline_ms };
	struct envelope envelope = out->envelope;
	struct buffer packed;

	message.to = out->peer.index == PEER_ANY ? -1 : node_of(out->peer);
	for (int i = 0; i < NODES && out->peer.index == PEER_ANY; i++)
		if (places[i].self.kind == out->peer.kind && (message.to < 0 || node->sees[i]))
			message.to = i;
	if (message.to < 0) {
		world_break(world, "a role sends only to roles that exist", at);
		return;
	}
	envelope.type = text_of(message_type_name(out->type));
	envelope.from = peer_name(node->self, &world->message);
	buffer_init(&packed, &world->message, 256);
	record_pack(&envelope_record, &envelope, &packed);
	message.envelope = copy(buffer_text(&packed), &message.envelope_n);
	message.payload = copy(out->payload, &message.payload_n);
	node->held = realloc(node->held, (node->held_n + 1) * sizeof(*node->held));
	assert(node->held);
	node->held[node->held_n++] = message;
	release_held(world, node);
}

static void answer_client(struct world *world, const struct out *out)
{
	struct event answer = { .kind = EVENT_ANSWER, .id = out->connection, .status = out->status };

	struct post *post = &world->posts[out->connection - 1];

	assert(out->connection && out->connection <= world->posts_n);
	if (!post->due_ms)
		return;
	if (world->now.mono_ms > post->due_ms + LATE_MS)
		world_break(world, "I5: every request is answered by its deadline", (int64_t)out->connection);
	post->due_ms = 0;
	answer.payload = copy(out->payload, &answer.payload_n);
	schedule(world, answer, (int64_t)world_random(world, 5));
	while (world->posts_over < world->posts_n && !world->posts[world->posts_over].due_ms)
		world->posts_over++;
}

static void call_out(struct world *world, int at, const struct out *out)
{
	struct event done = { .kind = EVENT_CALLED, .to = at, .to_life = world->nodes[at].life, .id = out->call };
	int64_t after_ms = 1 + (int64_t)world_random(world, 50), most_ms = out->deadline_ms - world->now.mono_ms;
	struct text reply = TEXT_NONE;

	world->counts.calls++;
	if (!happens(world, world->weather.call_fails)) {
		done.status = world->outside.called(world->outside.arg, world, out->url, out->payload, &world->message, &after_ms, &reply);
		if (happens(world, world->weather.call_answer_lost))
			done.status = 0, reply = TEXT_NONE;
	}
	if (after_ms > most_ms)
		done.status = 0, reply = TEXT_NONE, after_ms = most_ms;
	done.payload = copy(reply, &done.payload_n);
	schedule(world, done, after_ms);
}

static void fail_store(struct world *world)
{
	int how = (int)world_random(world, 3);

	world->counts.store_fails++;
	store_memory_fail(world->store, how == 0 ? FAULT_STORE_FULL : FAULT_STORE_UNKNOWN, how == 2);
}

static bool may_crash(const struct world *world, int at)
{
	return !world->weather.crash_only || (world->weather.crash_only & 1u << at);
}

static void run_step(struct world *world, int at, const struct input *input)
{
	struct node *node = &world->nodes[at];
	struct outbox out = { .arena = &world->step };

	world->counts.steps++;
	if (at == NODE_LEDGER && happens(world, world->weather.store_fails))
		fail_store(world);
	node->role->step(node->state, input, world->now, &out);
	/* A crash here: the step is done, its state is lost, and none, some or all of what it wanted sent went out. */
	bool crash = may_crash(world, at) && happens(world, world->weather.crash);
	size_t carried = crash ? (size_t)world_random(world, out.n + 1) : out.n;

	for (size_t i = 0; i < carried; i++)
		switch (out.outs[i].kind) {
		case OUT_SEND:
			send(world, at, &out.outs[i]);
			break;
		case OUT_REPLY:
			answer_client(world, &out.outs[i]);
			break;
		case OUT_CALL:
			call_out(world, at, &out.outs[i]);
			break;
		}
	if (crash || out.ended) {
		crash_node(world, at);
	} else {
		int64_t wake_ms = out.wake_ms;

		if (wake_ms && node->self.kind == ROLE_WORKER && world->weather.worker_tick_ms)
			wake_ms = node->tick_at > world->now.mono_ms ? node->tick_at : world->now.mono_ms + world->weather.worker_tick_ms;
		if (wake_ms && wake_ms != node->tick_at) {
			int64_t after = wake_ms - world->now.mono_ms;

			schedule(world, (struct event){ .kind = EVENT_TICK, .to = at, .to_life = node->life }, after > 0 ? after : 0);
		}
		node->tick_at = wake_ms;
		if (node->role->wants_drained && !node->drain_due && input->kind != IN_DRAINED) {
			node->drain_due = true;
			schedule(world, (struct event){ .kind = EVENT_DRAIN, .to = at, .to_life = node->life },
				(int64_t)world_random(world, 3));
		}
	}
	arena_reset(&world->step);
}

/* -- what each event does -- */

static void give_credit(struct world *world, int receiver, int sender, int sender_life, int epoch)
{
	schedule(world,
		(struct event){ .kind = EVENT_CREDIT, .from = receiver, .to = sender, .to_life = sender_life, .epoch = epoch },
		(int64_t)world_random(world, 3));
}

static void deliver(struct world *world, struct event *event)
{
	struct envelope *envelope = arena_new(&world->message, struct envelope);
	struct fault fault;
	struct input input = { .kind = IN_MESSAGE, .peer = places[event->from].self, .type = event->type,
		.envelope = envelope, .deadline_ms = event->deadline_ms, .payload = { event->payload, event->payload_n } };
	int from = event->from, to = event->to;

	if (!record_unpack(&envelope_record, envelope, &world->message,
		    (struct text){ event->envelope, event->envelope_n }, &fault)) {
		world_break(world, "an envelope unpacks", event->from);
		return;
	}
	run_step(world, to, &input);
	if (world->nodes[to].state)
		give_credit(world, to, from, event->from_life, event->epoch);
}

static void notice(struct world *world, const struct event *event)
{
	struct node *node = &world->nodes[event->to];
	struct input input = { .peer = places[event->from].self };
	int from = event->from;

	if (!event->up && !(node->sees[from] && node->peer_life[from] <= event->from_life))
		return;
	if (event->up && world->nodes[from].life != event->from_life)
		return; /* that life is over already */
	if (node->sees[from]) {
		node->sees[from] = false;
		input.kind = IN_PEER_GONE;
		run_step(world, event->to, &input);
		if (!world->nodes[event->to].state)
			return;
	}
	node->unfinished[from] = 0;
	if (places[from].self.kind == ROLE_WORKER) { /* the edge gives such requests to another worker itself */
		size_t kept = 0;

		for (size_t i = 0; i < node->held_n; i++)
			if (node->held[i].to == from)
				drop(&node->held[i]);
			else
				node->held[kept++] = node->held[i];
		node->held_n = kept;
	}
	if (event->up) {
		node->sees[from] = true;
		node->epoch[from]++;
		node->peer_life[from] = event->from_life;
		input.kind = IN_PEER_UP;
		run_step(world, event->to, &input);
		if (world->nodes[event->to].state)
			release_held(world, node);
	}
}

static void post_arrives(struct world *world, struct event *event)
{
	struct node *edge = &world->nodes[NODE_EDGE];
	struct text query = text_of(event->target), path = text_cut(&query, '?');
	bool fhir = text_starts(path, "/fhir/");
	struct http_request request = { .method = event->get ? text_lit("GET") : text_lit("POST"), .target = path, .query = query, .keep_alive = true,
		.body = { event->payload, event->payload_n }, .headers_n = 1,
		.headers = { { text_lit("Content-Type"), fhir ? text_lit("application/fhir+json") : text_lit("application/xml") } } };
	char id[33];
	struct input input = { .kind = IN_REQUEST, .connection = event->id, .request = &request };

	if (!edge->state) { /* connection refused */
		world->counts.refused++;
		schedule(world, (struct event){ .kind = EVENT_ANSWER, .id = event->id }, 1);
		return;
	}
	snprintf(id, sizeof(id), "%016llx%016llx", (unsigned long long)next_random(world),
		(unsigned long long)next_random(world));
	input.id = text_of(id);
	world->posts[event->id - 1].due_ms = world->now.mono_ms +
		(event->get                                      ? world->config->formulary_ms
				: fhir                      ? world->config->fhir_ms
				: strcmp(event->target, "/ncpdp/rtpb") == 0 ? world->config->rtpb_ms
									    : world->config->script_ms);
	if (world->posts_over >= event->id)
		world->posts_over = event->id - 1;
	run_step(world, NODE_EDGE, &input);
}

static bool node_waits(const struct node *node)
{
	return node->held_n > 0;
}

static void happen(struct world *world, struct event *event)
{
	struct node *node = &world->nodes[event->to];
	bool alive = node->state && (event->to_life == node->life);

	switch (event->kind) {
	case EVENT_DELIVER:
		if (alive && node_waits(node)) { /* back-pressure: it takes nothing new while it cannot send */
			schedule(world, *event, 1);
			*event = (struct event){ 0 };
		} else if (alive) {
			deliver(world, event);
		}
		break;
	case EVENT_CREDIT:
		if (!alive || !node->sees[event->from] || node->epoch[event->from] != event->epoch)
			break;
		if (node->unfinished[event->from] > 0)
			node->unfinished[event->from]--;
		run_step(world, event->to, &(struct input){ .kind = IN_CREDIT, .peer = places[event->from].self, .credit = 1 });
		if (node->state)
			release_held(world, node);
		break;
	case EVENT_NOTICE:
		if (alive)
			notice(world, event);
		break;
	case EVENT_TICK:
		if (alive && node->tick_at && node->tick_at <= world->now.mono_ms) {
			node->tick_at = 0;
			run_step(world, event->to, &(struct input){ .kind = IN_TICK });
		}
		break;
	case EVENT_DRAIN:
		if (alive) {
			node->drain_due = false;
			run_step(world, event->to, &(struct input){ .kind = IN_DRAINED });
		}
		break;
	case EVENT_RESTART:
		if (!node->state)
			start_node(world, event->to);
		break;
	case EVENT_POST:
		post_arrives(world, event);
		break;
	case EVENT_ANSWER:
		world->outside.answered(world->outside.arg, world, event->id, event->status,
			(struct text){ event->payload ? event->payload : "", event->payload_n });
		break;
	case EVENT_CALLED:
		if (alive)
			run_step(world, event->to,
				&(struct input){ .kind = IN_ANSWER, .call = event->id, .status = event->status,
					.payload = { event->payload, event->payload_n } });
		break;
	case EVENT_WAKE:
		world->outside.wake(world->outside.arg, world, event->id);
		break;
	case EVENT_CONFIG:
		if (alive)
			run_step(world, event->to, &(struct input){ .kind = IN_CONFIG, .config = event->config });
		break;
	}
}

/* -- the outside -- */

struct world *world_new(uint64_t seed, const struct weather *weather, int64_t calm_ms, const struct config *config,
	const struct outside *outside)
{
	struct world *world = calloc(1, sizeof(*world));

	assert(world);
	world->random = seed;
	world->weather = *weather;
	world->calm_ms = calm_ms;
	world->config = config;
	world->outside = *outside;
	world->now = (struct now){ .mono_ms = 1000, .wall_ms = wall_start_ms + 1000 };
	world->store = store_new_memory();
	arena_init(&world->step, STEP_ARENA);
	arena_init(&world->message, STEP_ARENA);
	log_open("sim", getenv("SIM_LOG") ? LEVEL_INFO : LEVEL_ERROR);
	for (int i = 0; i < NODES; i++) {
		world->nodes[i].self = places[i].self;
		world->nodes[i].role = role_of(places[i].self.kind);
		schedule(world, (struct event){ .kind = EVENT_RESTART, .to = i }, (int64_t)world_random(world, 20));
	}
	return world;
}

void world_free(struct world *world)
{
	if (!world)
		return;
	for (int i = 0; i < NODES; i++) {
		if (world->nodes[i].state) {
			world->nodes[i].role->stop(world->nodes[i].state);
			free(world->nodes[i].state);
		}
		drop_held(&world->nodes[i]);
	}
	for (size_t i = 0; i < world->heap_n; i++)
		drop(&world->heap[i]);
	free(world->heap);
	free(world->posts);
	store_free(world->store);
	arena_done(&world->step);
	arena_done(&world->message);
	free(world);
}

bool world_run(struct world *world, int64_t until_ms)
{
	int events = 0;

	while (world->heap_n && world->heap[0].at_ms <= until_ms && !*world->broken) {
		struct event event = take_event(world);

		events = event.at_ms == world->now.mono_ms ? events + 1 : 0;
		if (events > EVENTS_MAX)
			world_break(world, "time goes on", event.to);
		world->now.wall_ms += event.at_ms - world->now.mono_ms;
		world->now.mono_ms = event.at_ms;
		happen(world, &event);
		drop(&event);
		arena_reset(&world->message);
	}
	for (size_t i = 0; i < world->posts_n; i++)
		if (world->posts[i].due_ms && world->posts[i].due_ms + LATE_MS < world->now.mono_ms)
			world_break(world, "I5: every request is answered by its deadline", (int64_t)i + 1);
	return !*world->broken;
}
