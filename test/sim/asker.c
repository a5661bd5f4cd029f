/* SPDX-License-Identifier: Apache-2.0 */
/* Questions with known answers: a good one is 200 and the same every time, a bad one 400 every time; what may be said besides is that
   nobody has time now, and that the question stopped two workers, which in rough weather it seems to have done. */
#include "test/sim/asker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	QUESTIONS_MAX = 16,
	WAKE = 1 << 20,  /* added to what the outside is woken for, so that it is nobody else's */
	AGAIN_MS = 400,  /* after an answer that was none; and some more */
	REPEATS = 3,     /* a question that was answered is asked again so often */
};

static const struct {
	const char *target;
	int status;
	const char *holds;
} questions[] = {
	{ "/formulary/v1/coverage?bin=999999&pcn=EXPCN&group=EXGRP&ndc=99999-0003-03&day=20260101", 200, "\"tier\":3" },
	{ "/formulary/v1/products?q=samplastatin+10", 200, "99999000310" },
	{ "/formulary/v1/plans?source=plan-file", 200, "EXAMPLE-PARTD" },
	{ "/formulary/v1", 200, "/formulary/v1/coverage" },
	{ "/formulary/v1/coverage?plan=EXAMPLE-COMMERCIAL&ndc=9999900030", 400, "BAD_CODE" },
	{ "/formulary/v1/coverage?plan=%4", 400, "HTTP" },
	{ "/formulary/v1/plans/NOBODY", 404, "NOT_FOUND" },
};

struct asker {
	struct outside inner;
	int n;
	struct asked {
		size_t question;
		uint64_t connection; /* 0: none is open */
		uint64_t hash;       /* of the first good answer */
		int answers;
		bool over;
	} asked[QUESTIONS_MAX];
};

static void ask(struct asker *asker, struct world *world, int i)
{
	asker->asked[i].connection = world_get(world, questions[asker->asked[i].question].target);
}

static void ask_later(struct world *world, int i, int64_t ms)
{
	world_wake(world, world_now(world).mono_ms + ms + (int64_t)world_random(world, AGAIN_MS), WAKE + (uint64_t)i);
}

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.n, part, strlen(part)) != NULL;
}

static void take(struct asker *asker, struct world *world, int i, int status, struct text body)
{
	struct asked *asked = &asker->asked[i];

	asked->connection = 0;
	if (!status || status == 503 || status == 504) {
		ask_later(world, i, AGAIN_MS);
		return;
	}
	if (status == 422 && holds(body, "QUARANTINED")) {
		asked->over = true;
		return;
	}
	if (status != questions[asked->question].status || !holds(body, questions[asked->question].holds)) {
		fprintf(stderr, "%s: %d %.*s\n", questions[asked->question].target, status, TEXT_ARGS(body));
		world_break(world, "a question to the formulary gets its answer", i);
		return;
	}
	/* A refusal names its trace, which is another one each time. */
	if (status == 200 && asked->answers && asked->hash != text_hash(body))
		world_break(world, "the same question to the same formulary gets the same answer", i);
	asked->hash = text_hash(body);
	if (++asked->answers == REPEATS)
		asked->over = true;
	else
		ask_later(world, i, 1);
}

/* -- as the world sees it -- */

static void wake(void *arg, struct world *world, uint64_t what)
{
	struct asker *asker = arg;

	if (what >= WAKE && what < WAKE + QUESTIONS_MAX)
		ask(asker, world, (int)(what - WAKE));
	else
		asker->inner.wake(asker->inner.arg, world, what);
}

static void answered(void *arg, struct world *world, uint64_t connection, int status, struct text body)
{
	struct asker *asker = arg;

	for (int i = 0; i < asker->n; i++)
		if (asker->asked[i].connection == connection) {
			take(asker, world, i, status, body);
			return;
		}
	asker->inner.answered(asker->inner.arg, world, connection, status, body);
}

static int called(void *arg, struct world *world, struct text url, struct text body, struct arena *arena, int64_t *after_ms,
	struct text *reply)
{
	struct asker *asker = arg;

	return asker->inner.called(asker->inner.arg, world, url, body, arena, after_ms, reply);
}

struct asker *asker_new(const struct outside *inner, int n)
{
	struct asker *asker = calloc(1, sizeof(*asker));

	assert(asker && n <= QUESTIONS_MAX);
	asker->inner = *inner;
	asker->n = n;
	return asker;
}

void asker_free(struct asker *asker)
{
	free(asker);
}

struct outside asker_outside(struct asker *asker)
{
	return (struct outside){ asker, wake, answered, called };
}

void asker_begin(struct asker *asker, struct world *world)
{
	for (int i = 0; i < asker->n; i++) {
		asker->asked[i].question = world_random(world, sizeof(questions) / sizeof(*questions));
		ask_later(world, i, (int64_t)world_random(world, 20000));
	}
}

void asker_judge(struct asker *asker, struct world *world)
{
	for (int i = 0; i < asker->n; i++)
		if (!asker->asked[i].over)
			world_break(world, "every question to the formulary is answered in the end", i);
}
