/* SPDX-License-Identifier: Apache-2.0 */
/* Puts prescribers and the remote PBM around a world and tells each what is for it. */
#include "test/sim/outer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXAMPLE_MAX = 64 << 10 /* bytes of an example file */ };
#define PBM_WAKES (UINT64_C(1) << 32)

bool outer_chance(struct world *world, int n)
{
	return world_random(world, (uint64_t)n) == 0;
}

/* Room for one more item behind n of them; doubles at powers of two. */
void *outer_grow(void *items, size_t n, size_t size)
{
	if (n & (n - 1))
		return items;
	items = realloc(items, (n ? 2 * n : 1) * size);
	assert(items);
	return items;
}

uint64_t outer_post(struct outer *outer, struct world *world, struct owner owner, struct text body)
{
	uint64_t connection = world_post(world, "/ncpdp/script", body);

	while (outer->owners_n <= connection) {
		outer->owners = outer_grow(outer->owners, outer->owners_n, sizeof(*outer->owners));
		outer->owners[outer->owners_n++] = owner;
	}
	return connection;
}

static char *read_example(const char *folder, const char *name, struct text *out)
{
	char path[4096], *bytes = calloc(1, EXAMPLE_MAX);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s.xml", folder, name);
	in = fopen(path, "rb");
	if (!in || !bytes) {
		perror(path);
		exit(3);
	}
	*out = (struct text){ bytes, fread(bytes, 1, EXAMPLE_MAX, in) };
	fclose(in);
	return bytes;
}

static void answered(void *arg, struct world *world, uint64_t connection, int status, struct text body)
{
	struct outer *outer = arg;
	struct owner owner = outer->owners[connection];

	if (owner.pbm)
		pbm_replied(outer, world, &outer->told[owner.a], status, body);
	else
		life_replied(outer, world, &outer->lives[owner.a], &outer->lives[owner.a].sent[owner.b], status, body);
}

static int called(void *arg, struct world *world, struct text url, struct text body, struct arena *arena, int64_t *after_ms,
	struct text *reply)
{
	struct outer *outer = arg;

	if (text_is(url, OUTER_CALLBACK))
		return outer_callback(outer, world, body, arena, reply);
	if (text_is(url, PBM_POSTS_URL) || text_is(url, PBM_BOX_URL))
		return pbm_called(outer, world, text_is(url, PBM_BOX_URL), body, arena, after_ms, reply);
	world_break(world, "the courier calls configured addresses only", 0);
	return 0;
}

static void wake(void *arg, struct world *world, uint64_t what)
{
	struct outer *outer = arg;

	if (what >= PBM_WAKES)
		pbm_wake(outer, world, what - PBM_WAKES);
	else
		life_wake(outer, world, &outer->lives[what]);
}

struct outside outer_outside(struct outer *outer)
{
	return (struct outside){ outer, wake, answered, called };
}

void outer_init(struct outer *outer, const char *examples, int lives, int64_t calm_ms, int64_t last_look_ms)
{
	*outer = (struct outer){ .lives_n = lives, .calm_ms = calm_ms, .last_look_ms = last_look_ms };
	outer->lives = calloc((size_t)lives, sizeof(*outer->lives));
	outer->reader = xml_reader_new();
	assert(outer->lives);
	outer->files[0] = read_example(examples, "pa-initiation-request", &outer->initiation);
	outer->files[1] = read_example(examples, "pa-request-medical", &outer->medical);
	for (int i = 0; i < lives; i++)
		outer->lives[i].number = i;
}

void outer_begin(struct outer *outer, struct world *world)
{
	for (int i = 0; i < outer->lives_n; i++)
		life_begin(outer, world, &outer->lives[i]);
}

void outer_done(struct outer *outer)
{
	for (int i = 0; i < outer->lives_n; i++) {
		struct life *life = &outer->lives[i];

		for (size_t k = 0; k < life->sent_n; k++)
			free(life->sent[k].body);
		free(life->sent);
		free(life->heard);
		free(life->asked);
	}
	for (size_t i = 0; i < outer->asked_n; i++) {
		free(outer->asked[i].body);
		free(outer->asked[i].answer);
	}
	for (size_t i = 0; i < outer->told_n; i++)
		free(outer->told[i].body);
	free(outer->lives);
	free(outer->asked);
	free(outer->told);
	free(outer->owners);
	free(outer->by_id);
	free(outer->by_marker);
	for (size_t i = 0; i < sizeof(outer->files) / sizeof(*outer->files); i++)
		free(outer->files[i]);
	xml_reader_free(outer->reader);
}
