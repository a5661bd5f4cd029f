/* SPDX-License-Identifier: Apache-2.0 */
/* A remote PBM of whom everything can be expected: it answers at once, later, much later, by a post, in its mailbox, twice, otherwise than
   before, about something nobody asked, without a reason, not at all for days; it fails before and after it has taken a question. What it
   is owed it watches: a question comes under one MessageID only, and under that always with the same bytes. */
#include "test/sim/outer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	POST_AGAIN_MS = 12000,       /* an answer that was not taken is posted again after so long */
	SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000,
	ARENA = 1 << 20,
	BOX_FRONT = 3,               /* items at the front of the mailbox of which any may be given out next */
};
#define PBM_WAKES (UINT64_C(1) << 32)
#define WAKES_TO_POST (UINT64_C(1) << 31) /* and else to make an answer */

/* -- what was asked -- */

static int32_t *slot(struct outer *outer, int32_t *table, const char *key, bool marker)
{
	size_t at = text_hash(text_of(key)) & (outer->hash_room - 1);

	while (table[at] >= 0) {
		const struct asked *asked = &outer->asked[table[at]];

		if (strcmp(marker ? asked->marker : asked->id, key) == 0)
			break;
		at = (at + 1) & (outer->hash_room - 1);
	}
	return &table[at];
}

static void make_room(struct outer *outer)
{
	if (outer->asked_n * 2 < outer->hash_room)
		return;
	outer->hash_room = outer->hash_room ? outer->hash_room * 2 : 256;
	free(outer->by_id);
	free(outer->by_marker);
	outer->by_id = malloc(outer->hash_room * sizeof(int32_t));
	outer->by_marker = malloc(outer->hash_room * sizeof(int32_t));
	assert(outer->by_id && outer->by_marker);
	memset(outer->by_id, 0xFF, outer->hash_room * sizeof(int32_t));
	memset(outer->by_marker, 0xFF, outer->hash_room * sizeof(int32_t));
	for (size_t i = 0; i < outer->asked_n; i++) {
		*slot(outer, outer->by_id, outer->asked[i].id, false) = (int32_t)i;
		*slot(outer, outer->by_marker, outer->asked[i].marker, true) = (int32_t)i;
	}
}

static enum ncpdp_kind kind_of(struct text body)
{
	static const enum ncpdp_kind kinds[] = { NCPDP_PA_INITIATION_REQUEST, NCPDP_PA_REQUEST, NCPDP_PA_APPEAL_REQUEST,
		NCPDP_PA_CANCEL_REQUEST, NCPDP_PA_NOTIFICATION };
	char open[64];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		snprintf(open, sizeof(open), "<%s>", ncpdp_kind_row(kinds[i])->name);
		if (memmem(body.at, body.n, open, strlen(open)))
			return kinds[i];
	}
	return NCPDP_UNKNOWN;
}

/* The question; a new one is entered. NULL when it breaks a promise. */
static struct asked *enter(struct outer *outer, struct world *world, bool box, struct text body)
{
	struct asked new = { .hash = text_hash(body), .box = box, .body_n = body.n, .kind = kind_of(body), .life = -1 }, *asked;
	char reference[OUTER_ID];
	unsigned sent;
	int life;

	text_to_z(xml_peek(body, "MessageID", 35), new.id, sizeof(new.id));
	text_to_z(xml_peek(body, "RequestReferenceNumber", 35), new.marker, sizeof(new.marker));
	text_to_z(xml_peek(body, "PAReferenceID", 35), reference, sizeof(reference));
	if (new.kind == NCPDP_UNKNOWN || sscanf(reference, "R-%d", &new.life) != 1 || sscanf(new.marker, "L%d-%u", &life, &sent) != 2 ||
		life != new.life || life < 0 || life >= outer->lives_n || sent >= outer->lives[life].sent_n) {
		world_break(world, "a remote backend is asked what a prescriber asked", new.life);
		return NULL;
	}
	new.not_mine = life % NOT_MINE_OF == NOT_MINE_ONE;
	make_room(outer);
	if (*slot(outer, outer->by_id, new.id, false) >= 0) {
		asked = &outer->asked[*slot(outer, outer->by_id, new.id, false)];
		if (asked->hash != new.hash)
			world_break(world, "a remote backend gets one MessageID with the same bytes always", life);
		asked->times++;
		outer->counts.asked_again++;
		return asked;
	}
	if (*slot(outer, outer->by_marker, new.marker, true) >= 0) {
		world_break(world, "a remote backend gets the same thing under one MessageID only", life);
		return NULL;
	}
	new.body = malloc(body.n);
	assert(new.body);
	memcpy(new.body, body.at, body.n);
	outer->asked = outer_grow(outer->asked, outer->asked_n, sizeof(*outer->asked));
	*slot(outer, outer->by_id, new.id, false) = (int32_t)outer->asked_n;
	*slot(outer, outer->by_marker, new.marker, true) = (int32_t)outer->asked_n;
	asked = &outer->asked[outer->asked_n++];
	*asked = new;
	outer->lives[life].sent[sent].seen = true;
	outer->counts.asked++;
	return asked;
}

/* -- what it says -- */

static enum ncpdp_said some_outcome(struct world *world, const struct asked *asked, bool may_ask)
{
	static const enum ncpdp_said decisions[] = { NCPDP_SAID_APPROVED, NCPDP_SAID_APPROVED, NCPDP_SAID_DENIED, NCPDP_SAID_DENIED,
		NCPDP_SAID_PARTIALLY_DENIED, NCPDP_SAID_CLOSED };

	if (asked->kind == NCPDP_PA_CANCEL_REQUEST)
		return outer_chance(world, 3) ? NCPDP_SAID_CANCEL_REFUSED : NCPDP_SAID_CANCELLED;
	if (asked->not_mine && asked->kind != NCPDP_PA_APPEAL_REQUEST)
		return NCPDP_SAID_CLOSED;
	if (asked->kind == NCPDP_PA_INITIATION_REQUEST)
		return may_ask && !outer_chance(world, 8) ? NCPDP_SAID_OPEN : NCPDP_SAID_CLOSED;
	if (may_ask && outer_chance(world, 5))
		return NCPDP_SAID_MORE_INFORMATION;
	return decisions[world_random(world, sizeof(decisions) / sizeof(*decisions))];
}

static void new_id(struct outer *outer, char id[OUTER_ID])
{
	snprintf(id, OUTER_ID, "PBM-%llu", (unsigned long long)++outer->serial);
}

static int64_t some_deadline(struct world *world)
{
	static const int64_t often[] = { 30 * SECOND_MS, 10 * MINUTE_MS, 6 * (int64_t)HOUR_MS, 72 * (int64_t)HOUR_MS };

	return world_now(world).wall_ms + often[world_random(world, 4)] + (int64_t)world_random(world, 5000);
}

static void say(struct outer *outer, struct world *world, size_t asked, struct text body, const char *id, bool no_reason, int64_t after_ms)
{
	struct told *told;

	outer->told = outer_grow(outer->told, outer->told_n, sizeof(*outer->told));
	told = &outer->told[outer->told_n++];
	*told = (struct told){ .asked = asked, .body = malloc(body.n), .body_n = body.n, .box = outer->asked[asked].box, .no_reason = no_reason };
	assert(told->body);
	memcpy(told->body, body.at, body.n);
	snprintf(told->id, sizeof(told->id), "%s", id);
	outer->counts.told++;
	if (!told->box)
		world_wake(world, world_now(world).mono_ms + after_ms, PBM_WAKES | WAKES_TO_POST | (outer->told_n - 1));
}

/* One message about a question, under a MessageID of its own. */
static void say_anew(struct outer *outer, struct world *world, size_t asked, enum ncpdp_said said, bool reason, const char *relates,
	int64_t after_ms)
{
	struct arena arena;
	char id[OUTER_ID];

	arena_init(&arena, ARENA);
	new_id(outer, id);
	say(outer, world, asked, write_said(&outer->asked[asked], said, reason, id, relates, world_now(world).wall_ms, some_deadline(world),
		&arena), id, !reason, after_ms);
	arena_done(&arena);
}

/* The answer that counts: made once, and the same bytes whichever way it goes. */
static struct text answer_of(struct outer *outer, struct world *world, struct asked *asked)
{
	struct arena arena;
	char id[OUTER_ID];

	if (!asked->answer) {
		bool ask = asked->kind == NCPDP_PA_INITIATION_REQUEST || asked->times < 3;
		struct text body;

		arena_init(&arena, ARENA);
		new_id(outer, id);
		body = write_said(asked, some_outcome(world, asked, ask), true, id, asked->id, world_now(world).wall_ms,
			some_deadline(world), &arena);
		asked->answer = malloc(body.n);
		assert(asked->answer);
		memcpy(asked->answer, body.at, body.n);
		asked->answer_n = body.n;
		arena_done(&arena);
	}
	return (struct text){ asked->answer, asked->answer_n };
}

/* The answer goes out by itself, among others that are out of place. */
static void answer_later(struct outer *outer, struct world *world, size_t at)
{
	struct asked *asked = &outer->asked[at];
	bool decides = asked->kind == NCPDP_PA_REQUEST || asked->kind == NCPDP_PA_APPEAL_REQUEST;
	struct text answer;
	char id[OUTER_ID];

	if (asked->kind == NCPDP_PA_REQUEST && outer_chance(world, 4))
		say_anew(outer, world, at, NCPDP_SAID_IN_PROCESS, true, asked->id, 0);
	if (decides && outer_chance(world, 10))
		say_anew(outer, world, at, NCPDP_SAID_DENIED, false, asked->id, 0);
	if (outer_chance(world, 12))
		say_anew(outer, world, at, some_outcome(world, asked, false), true, "NOBODY-ASKED-THIS", 1);
	answer = answer_of(outer, world, asked);
	text_to_z(xml_peek(answer, "MessageID", 35), id, sizeof(id));
	say(outer, world, at, answer, id, false, 2);
	if (outer_chance(world, 8)) /* the same message once more, as if the first had been lost */
		say(outer, world, at, answer, id, false, 1 + (int64_t)world_random(world, MINUTE_MS));
	if (outer_chance(world, 8)) /* perhaps the same under another MessageID, perhaps the contrary */
		say_anew(outer, world, at, some_outcome(world, asked, false), true, asked->id, 1 + (int64_t)world_random(world, HOUR_MS));
}

/* -- being asked -- */

static int status(struct outer *outer, struct world *world, const struct asked *asked, const char *code, const char *error,
	struct arena *arena, struct text *reply)
{
	char id[OUTER_ID];

	new_id(outer, id);
	*reply = write_status((struct text){ asked->body, asked->body_n }, asked->box, id, world_now(world).wall_ms, code, error, arena);
	return 200;
}

/* Fails without having taken it; false when it does not. */
static bool turns_away(struct outer *outer, struct world *world, struct asked *asked, struct arena *arena, int *http, struct text *reply)
{
	if (asked->taken)
		return false;
	switch (world_random(world, 24)) {
	case 0:
		*http = 503;
		return true;
	case 1:
		*http = 429;
		return true;
	case 2:
		*http = status(outer, world, asked, "602", "Busy.", arena, reply);
		return true;
	case 3:
		*http = status(outer, world, asked, "600", "Not now.", arena, reply);
		return true;
	case 4:
		*http = 200;
		*reply = text_lit("<html><body>Down for maintenance</body></html>");
		return true;
	case 5:
		if (!outer_chance(world, 3))
			return false;
		asked->never_ends = asked->taken = true; /* so it answers the same whenever it is asked again */
		*http = status(outer, world, asked, outer_chance(world, 2) ? "900" : "601", "Not for us.", arena, reply);
		return true;
	default:
		return false;
	}
}

/* It has the question now; when and how will it answer? */
static void take(struct outer *outer, struct world *world, struct asked *asked)
{
	int64_t now = world_now(world).mono_ms, at = now + (int64_t)world_random(world, 10 * SECOND_MS);

	asked->taken = true;
	asked->sync = outer_chance(world, 3);
	if (asked->sync || asked->kind == NCPDP_PA_NOTIFICATION)
		return;
	if (outer_chance(world, 6))
		at = now + (int64_t)world_random(world, 6 * (uint64_t)HOUR_MS);
	else if (outer_chance(world, 12)) /* as good as never */
		at = outer->calm_ms + (int64_t)world_random(world, 100 * (uint64_t)HOUR_MS);
	world_wake(world, at, PBM_WAKES | (uint64_t)(asked - outer->asked));
}

static int answer_now(struct outer *outer, struct world *world, struct asked *asked, bool first, struct arena *arena, struct text *reply)
{
	if (asked->never_ends)
		return status(outer, world, asked, "900", "Not for us.", arena, reply);
	if (asked->kind != NCPDP_PA_NOTIFICATION && (asked->sync || (asked->answer && outer_chance(world, 2)))) {
		if (first && asked->kind == NCPDP_PA_REQUEST && outer_chance(world, 10)) { /* a denial that does not say why */
			char id[OUTER_ID];

			new_id(outer, id);
			*reply = write_said(asked, NCPDP_SAID_DENIED, false, id, asked->id, world_now(world).wall_ms, 0, arena);
			return 200;
		}
		*reply = arena_text(arena, answer_of(outer, world, asked));
		return 200;
	}
	if (!first && outer_chance(world, 3))
		return status(outer, world, asked, "900", "Duplicate: this MessageID was used before.", arena, reply);
	return status(outer, world, asked, "010", NULL, arena, reply);
}

/* GetMessage: what is acknowledged goes, one of the first that are left is given out. */
static int give_out(struct outer *outer, struct world *world, struct text body, struct arena *arena, struct text *reply)
{
	struct text acknowledged = xml_peek(body, "AcknowledgementID", 35);
	struct told *front[BOX_FRONT];
	size_t n = 0;
	char id[OUTER_ID];

	for (size_t i = outer->box_from; i < outer->told_n && n < BOX_FRONT; i++) {
		struct told *told = &outer->told[i];

		if (told->box && !told->over && text_is(acknowledged, told->id) && !outer_chance(world, 20))
			told->over = true; /* one in twenty acknowledgements does not reach it */
		if (i == outer->box_from && (!told->box || told->over))
			outer->box_from++;
		if (told->box && !told->over)
			front[n++] = told;
	}
	if (n) {
		struct told *told = front[world_random(world, n)];

		*reply = arena_text(arena, (struct text){ told->body, told->body_n });
		return 200;
	}
	new_id(outer, id);
	*reply = write_status(body, true, id, world_now(world).wall_ms, "000", NULL, arena);
	return 200;
}

int pbm_called(struct outer *outer, struct world *world, bool box, struct text body, struct arena *arena, int64_t *after_ms,
	struct text *reply)
{
	bool rough = world_now(world).mono_ms < outer->calm_ms, first;
	struct asked *asked;
	int http = 200;

	if (memmem(body.at, body.n, "<GetMessage", 11))
		return rough && outer_chance(world, 20) ? 503 : give_out(outer, world, body, arena, reply);
	asked = enter(outer, world, box, body);
	if (!asked)
		return 500;
	if (rough && turns_away(outer, world, asked, arena, &http, reply))
		return http;
	first = !asked->taken;
	if (first)
		take(outer, world, asked);
	http = answer_now(outer, world, asked, first, arena, reply);
	if (!rough)
		return http;
	switch (world_random(world, 20)) {
	case 0: /* taken, and the connection is lost */
		return 0;
	case 1: /* taken, and an error page */
		*reply = TEXT_NONE;
		return 500;
	case 2: /* taken, and nonsense */
		*reply = text_lit("OK");
		return 200;
	case 3: /* slower than anybody waits */
		*after_ms = MINUTE_MS;
		return http;
	default:
		return http;
	}
}

/* -- its posts -- */

static void post(struct outer *outer, struct world *world, size_t at)
{
	struct told *told = &outer->told[at];

	if (told->over || told->connection)
		return;
	told->connection = outer_post(outer, world, (struct owner){ true, (uint32_t)at, 0 }, (struct text){ told->body, told->body_n });
}

void pbm_wake(struct outer *outer, struct world *world, uint64_t what)
{
	if (what & WAKES_TO_POST)
		post(outer, world, what & (WAKES_TO_POST - 1));
	else
		answer_later(outer, world, what);
}

void pbm_replied(struct outer *outer, struct world *world, struct told *told, int status, struct text body)
{
	struct text code = xml_peek(body, "Code", 10);
	bool error = memmem(body.at, body.n, "<Error>", 7) != NULL;

	told->connection = 0;
	if (!status || (error && (text_is(code, "600") || text_is(code, "602")))) {
		world_wake(world, world_now(world).mono_ms + (int64_t)world_random(world, POST_AGAIN_MS),
			PBM_WAKES | WAKES_TO_POST | (uint64_t)(told - outer->told));
		return;
	}
	told->over = true;
	outer->counts.told_refused += error;
	if (told->no_reason && !error)
		world_break(world, "a denial without a reason is refused (42 CFR 438.210(c))", outer->asked[told->asked].life);
	if (memmem(body.at, body.n, "stopped two workers", 19)) { /* under another MessageID it would be another body: once more, later */
		told->over = false;
		world_wake(world, outer->calm_ms + HOUR_MS, PBM_WAKES | WAKES_TO_POST | (uint64_t)(told - outer->told));
	}
}
