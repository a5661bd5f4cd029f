/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of what is to happen, the one source of chance, and what the outside lets happen. */
#include "test/sim/inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RELOAD_MAX_MS = 2000 }; /* a role hears of a changed configuration within this */

/* splitmix64: small, seeded, good enough to decide the weather */
uint64_t next_random(struct world *world)
{
	uint64_t z = world->random += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static bool before(const struct event *a, const struct event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void schedule(struct world *world, struct event event, int64_t after_ms)
{
	size_t i = world->heap_n++;

	event.at_ms = world->now.mono_ms + after_ms;
	event.order = next_random(world);
	if (world->heap_n > world->heap_room) {
		world->heap_room = world->heap_room ? world->heap_room * 2 : 256;
		world->heap = realloc(world->heap, world->heap_room * sizeof(*world->heap));
		assert(world->heap);
	}
	for (; i && before(&event, &world->heap[(i - 1) / 2]); i = (i - 1) / 2)
		world->heap[i] = world->heap[(i - 1) / 2];
	world->heap[i] = event;
}

struct event take_event(struct world *world)
{
	struct event first = world->heap[0], last = world->heap[--world->heap_n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= world->heap_n)
			break;
		if (child + 1 < world->heap_n && before(&world->heap[child + 1], &world->heap[child]))
			child++;
		if (!before(&world->heap[child], &last))
			break;
		world->heap[i] = world->heap[child];
		i = child;
	}
	world->heap[i] = last;
	return first;
}

char *copy(struct text t, size_t *n)
{
	char *at = malloc(t.n ? t.n : 1);

	assert(at);
	if (t.n)
		memcpy(at, t.at, t.n);
	*n = t.n;
	return at;
}

void drop(struct event *event)
{
	free(event->envelope);
	free(event->payload);
	free(event->target);
}

/* -- the outside -- */

void world_wake(struct world *world, int64_t at_ms, uint64_t what)
{
	int64_t after = at_ms - world->now.mono_ms;

	schedule(world, (struct event){ .kind = EVENT_WAKE, .id = what }, after > 0 ? after : 0);
}

void world_reload(struct world *world, const struct config *config)
{
	world->counts.reloads++;
	world->config = config;
	for (int i = 0; i < NODES; i++)
		if (world->nodes[i].state)
			schedule(world,
				(struct event){ .kind = EVENT_CONFIG, .to = i, .to_life = world->nodes[i].life, .config = config },
				(int64_t)world_random(world, RELOAD_MAX_MS));
}

static uint64_t request(struct world *world, const char *target, struct text body, bool get)
{
	struct event post = { .kind = EVENT_POST, .id = ++world->last_connection, .get = get };

	world->counts.posts++;
	post.payload = copy(body, &post.payload_n);
	post.target = strdup(target);
	if (world->posts_n == world->posts_room) {
		world->posts_room = world->posts_room ? world->posts_room * 2 : 256;
		world->posts = realloc(world->posts, world->posts_room * sizeof(*world->posts));
		assert(world->posts);
	}
	world->posts[world->posts_n++] = (struct post){ .due_ms = 0 };
	schedule(world, post, (int64_t)world_random(world, 5));
	return post.id;
}

uint64_t world_post(struct world *world, const char *target, struct text body)
{
	return request(world, target, body, false);
}

uint64_t world_get(struct world *world, const char *target)
{
	return request(world, target, text_lit(""), true);
}
