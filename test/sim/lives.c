/* SPDX-License-Identifier: Apache-2.0 */
/* A prescriber's system and its one case: it keeps its own idea of where the case stands, sends what the standard allows in any order, and
   the common misuses: the same again, too late, out of turn, under an identifier that was used. */
#include "test/sim/outer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PATIENCE_MS = 12000,          /* with one request; longer than the gateway's own deadline */
	LOOK_FIRST_MS = 300,          /* between two looks into the mailbox: longer each time */
	LOOK_MOST_MS = 24 * 3600 * 1000,
	START_MS = 600 * 1000,        /* cases begin within this */
	REPEATED_MS = 5 * 86400000,   /* nobody repeats a message after that, and the gateway may forget it after seven days */
	SENT_MOST = 400,              /* messages of one case, GetMessage among them */
	ARENA = 8 << 20,
	LAST_LOOKS = 2,               /* the second one after every deadline of what the first one found */
};
static const int64_t last_pause_ms = INT64_C(20) * 86400000;

/* -- plans -- */

static void plan(struct outer *outer, struct world *world, struct life *life, enum plan_what what, int64_t after_ms)
{
	(void)outer;
	for (int i = 0; i < LIFE_PLANS; i++)
		if (life->plans[i].what == PLAN_NOTHING) {
			life->plans[i].what = what;
			life->plans[i].at_ms = world_now(world).mono_ms + after_ms;
			world_wake(world, life->plans[i].at_ms, (uint64_t)life->number);
			return;
		}
}

/* Mostly soon, sometimes within minutes, now and then days later. */
static int64_t some_time(struct world *world)
{
	uint64_t kind = world_random(world, 20);

	if (kind < 14)
		return 1 + (int64_t)world_random(world, 5000);
	return kind < 19 ? 1 + (int64_t)world_random(world, 300000) : 1 + (int64_t)world_random(world, 3 * 86400000);
}

static void look_at(struct world *world, struct life *life, int64_t after_ms)
{
	int64_t at = world_now(world).mono_ms + after_ms;

	if (life->callback || (life->look_ms && life->look_ms <= at))
		return;
	life->look_ms = at;
	world_wake(world, at, (uint64_t)life->number);
}

/* -- sending -- */

static void post(struct outer *outer, struct world *world, struct life *life, struct sent *sent)
{
	struct owner owner = { false, (uint32_t)life->number, (uint32_t)(sent - life->sent) };

	sent->again_ms = world_now(world).mono_ms + PATIENCE_MS;
	sent->connection = outer_post(outer, world, owner, (struct text){ sent->body, sent->body_n });
	world_wake(world, sent->again_ms, (uint64_t)life->number);
}

static void send(struct outer *outer, struct world *world, struct life *life, enum sent_kind kind, const char *id, struct text body)
{
	char kept[OUTER_ID]; /* the id may be that of a message sent before, and those move when there is one more */
	struct sent *sent;

	if (!text_there(body))
		return;
	snprintf(kept, sizeof(kept), "%s", id);
	if (life->sent_n == SENT_MOST) {
		world_break(world, "a case ends after a reasonable number of messages", life->number);
		return;
	}
	life->sent = outer_grow(life->sent, life->sent_n, sizeof(*life->sent));
	sent = &life->sent[life->sent_n++];
	*sent = (struct sent){ .kind = kind, .body = malloc(body.n), .body_n = body.n, .questions = life->questions };
	assert(sent->body);
	memcpy(sent->body, body.at, body.n);
	memcpy(sent->id, kept, sizeof(sent->id));
	outer->counts.sent[kind]++;
	post(outer, world, life, sent);
	if (kind != SENT_FETCH) {
		life->pause_ms = LOOK_FIRST_MS;
		look_at(world, life, LOOK_FIRST_MS);
	}
}

static void next_id(const struct life *life, char id[OUTER_ID])
{
	snprintf(id, OUTER_ID, "L%d-%zu", life->number, life->sent_n);
}

static void fetch(struct outer *outer, struct world *world, struct life *life, struct arena *arena)
{
	char id[OUTER_ID];

	life->look_ms = 0;
	for (size_t i = life->sent_n; i-- > 0;)
		if (life->sent[i].kind == SENT_FETCH && (life->sent[i].connection || life->sent[i].again_ms))
			return; /* one is under way */
	next_id(life, id);
	send(outer, world, life, SENT_FETCH, id, write_fetch(outer, life, id, arena));
}

/* -- what people get wrong -- */

static struct sent *some_taken(struct world *world, struct life *life)
{
	struct sent *sent = life->sent_n ? &life->sent[world_random(world, life->sent_n)] : NULL;

	return sent && sent->fate == FATE_TAKEN && sent->kind < SENT_FETCH && world_now(world).mono_ms - sent->taken_ms < REPEATED_MS ? sent : NULL;
}

static void do_wrong(struct outer *outer, struct world *world, struct life *life, const char *id, struct arena *arena)
{
	struct sent *used = some_taken(world, life);

	switch (world_random(world, 5)) {
	case 0: /* a MessageID that was used, with another body */
		if (used) {
			struct text body = arena_text(arena, (struct text){ used->body, used->body_n });
			char *day = memmem(body.at, body.n, "2026-", 5);

			if (day) {
				day[3] = '7';
				send(outer, world, life, SENT_WRONG, used->id, body);
			}
		}
		return;
	case 1: /* an identifier of no case */
		send(outer, world, life, SENT_WRONG, id, write_cancel(outer, life, id, "PA-OF-NOBODY", arena));
		return;
	case 2: /* bytes that are no message */
		send(outer, world, life, SENT_WRONG, id, text_lit("<Message><Header>"));
		return;
	case 3: /* the questions once more, in whatever state it is */
		send(outer, world, life, SENT_INITIATION, id, write_opening(outer, life, id, true, arena));
		return;
	case 4: /* an appeal, whether or not there is a denial */
		if (*life->case_id)
			send(outer, world, life, SENT_APPEAL, id, write_appeal(outer, life, id, arena));
		return;
	}
}

static void carry_out(struct outer *outer, struct world *world, struct life *life, enum plan_what what, struct arena *arena)
{
	char id[OUTER_ID];
	struct sent *old;

	next_id(life, id);
	switch (what) {
	case PLAN_NOTHING:
	case PLANS:
		break;
	case PLAN_OPEN:
		send(outer, world, life, life->medical ? SENT_REQUEST : SENT_INITIATION, id, write_opening(outer, life, id, false, arena));
		break;
	case PLAN_ANSWER:
		if (life->asked) {
			bool appeal = memmem(life->asked, life->asked_n, "<PAAppealResponse", 17) != NULL;
			struct text body = write_answer(outer, world, life, id, arena);

			send(outer, world, life, appeal ? SENT_APPEAL : SENT_REQUEST, id, body);
		}
		break;
	case PLAN_APPEAL:
		if (life->denied)
			send(outer, world, life, SENT_APPEAL, id, write_appeal(outer, life, id, arena));
		break;
	case PLAN_CANCEL:
		if (*life->case_id)
			send(outer, world, life, SENT_CANCEL, id, write_cancel(outer, life, id, life->case_id, arena));
		break;
	case PLAN_NOTICE:
		if (*life->case_id && life->newer)
			send(outer, world, life, SENT_NOTICE, id, write_notice(outer, life, id, arena));
		break;
	case PLAN_AGAIN: /* byte for byte, although it may have been answered long ago */
		old = some_taken(world, life);
		if (old && !old->connection)
			post(outer, world, life, old);
		break;
	case PLAN_WRONG:
		do_wrong(outer, world, life, id, arena);
		break;
	}
}

void life_wake(struct outer *outer, struct world *world, struct life *life)
{
	int64_t now = world_now(world).mono_ms;
	bool ends = now >= outer->last_look_ms; /* and then it does nothing more but fetch what came since */
	struct arena arena;

	arena_init(&arena, ARENA);
	for (int i = 0; i < LIFE_PLANS; i++) {
		enum plan_what what = life->plans[i].what;

		if (what != PLAN_NOTHING && life->plans[i].at_ms <= now) {
			life->plans[i].what = PLAN_NOTHING;
			if (!ends)
				carry_out(outer, world, life, what, &arena);
		}
	}
	for (size_t i = 0; i < life->sent_n; i++)
		if (life->sent[i].again_ms && life->sent[i].again_ms <= now && !life->sent[i].connection)
			post(outer, world, life, &life->sent[i]);
	if (!life->callback && life->last_looks < LAST_LOOKS && now >= outer->last_look_ms + life->last_looks * last_pause_ms) {
		life->last_looks++;
		life->look_ms = now;
		world_wake(world, outer->last_look_ms + life->last_looks * last_pause_ms + 1, (uint64_t)life->number);
	}
	if (life->look_ms && life->look_ms <= now)
		fetch(outer, world, life, &arena);
	arena_done(&arena);
}

/* -- what comes back -- */

/* SCRIPT 600 and 602: come again later. */
static bool transient(struct text body)
{
	struct text code = xml_peek(body, "Code", 10);

	return memmem(body.at, body.n, "<Error>", 7) && (text_is(code, "600") || text_is(code, "602"));
}

static void took_item(struct outer *outer, struct world *world, struct life *life, struct text body)
{
	text_to_z(xml_peek(body, "MessageID", 35), life->last_item, sizeof(life->last_item));
	life->pause_ms = LOOK_FIRST_MS;
	life->look_ms = 0;
	life_told(outer, world, life, body);
	look_at(world, life, 1); /* there may be more, and this one is to be acknowledged */
}

static void after_fetch(struct outer *outer, struct world *world, struct life *life, struct text body)
{
	if (!memmem(body.at, body.n, "<Status>", 8)) {
		took_item(outer, world, life, body);
		return;
	}
	*life->last_item = '\0';
	if (life->settled || world_now(world).mono_ms >= outer->last_look_ms)
		return;
	look_at(world, life, life->pause_ms);
	life->pause_ms = life->pause_ms * 2 < LOOK_MOST_MS ? life->pause_ms * 2 : LOOK_MOST_MS;
}

static void taken(struct outer *outer, struct world *world, struct life *life, struct sent *sent, struct text body)
{
	bool first = sent->fate != FATE_TAKEN;

	if (sent->fate == FATE_REFUSED)
		world_break(world, "I3: what was refused for good stays refused", life->number);
	if (sent->kind == SENT_WRONG)
		world_break(world, "what is wrong is refused", life->number);
	if (!first && sent->reply_hash != text_hash(body))
		world_break(world, "I3: the same message gets the same reply", life->number);
	sent->reply_hash = text_hash(body);
	sent->fate = FATE_TAKEN;
	if (sent->kind == SENT_FETCH) {
		after_fetch(outer, world, life, body);
		return;
	}
	if (!first)
		return;
	outer->counts.taken++;
	if (sent->kind != SENT_NOTICE)
		life->settled = false;
	sent->taken_ms = world_now(world).mono_ms;
	/* what it sent before it was asked is no answer, even when it hears only now that it was taken */
	if ((sent->kind == SENT_REQUEST || sent->kind == SENT_APPEAL) && sent->questions == life->questions &&
		world_now(world).wall_ms <= life->reply_by_ms)
		life->in_time = true;
	if (outer_chance(world, 6))
		plan(outer, world, life, PLAN_AGAIN, some_time(world));
}

void life_replied(struct outer *outer, struct world *world, struct life *life, struct sent *sent, int status, struct text body)
{
	sent->connection = 0;
	if (!status || transient(body)) {
		int64_t after = 50 + (int64_t)world_random(world, 2000);

		sent->again_ms = world_now(world).mono_ms + after;
		world_wake(world, sent->again_ms, (uint64_t)life->number);
		return;
	}
	sent->again_ms = 0;
	if (memmem(body.at, body.n, "stopped two workers", 19)) {
		/* Two crashes with this message in hand: the gateway cannot know that it was the weather. It may have been taken before. */
		if (sent->fate == FATE_UNKNOWN) {
			sent->fate = FATE_QUARANTINED;
			outer->counts.quarantined++;
		}
		if (sent->kind == SENT_FETCH)
			look_at(world, life, 1000);
		return;
	}
	if (!memmem(body.at, body.n, "<Error>", 7) && status < 300) {
		taken(outer, world, life, sent, body);
		return;
	}
	if (sent->fate == FATE_TAKEN)
		world_break(world, "I3: what was taken stays taken", life->number);
	if (sent->kind == SENT_FETCH)
		world_break(world, "GetMessage is not refused", life->number);
	if (sent->fate == FATE_UNKNOWN)
		outer->counts.refused++;
	sent->fate = FATE_REFUSED;
}

/* -- what comes for its case -- */

static struct sent *sent_as(struct life *life, struct text id)
{
	for (size_t i = 0; text_there(id) && i < life->sent_n; i++)
		if (life->sent[i].kind != SENT_WRONG && text_is(id, life->sent[i].id))
			return &life->sent[i];
	return NULL;
}

static bool is_final(enum ncpdp_said said)
{
	return said == NCPDP_SAID_APPROVED || said == NCPDP_SAID_DENIED || said == NCPDP_SAID_PARTIALLY_DENIED || said == NCPDP_SAID_CLOSED;
}

/* True when this very message came before; breaks the world when it has other bytes now. */
static bool heard_before(struct world *world, const struct life *life, struct text id, struct text body)
{
	for (size_t i = 0; i < life->heard_n; i++)
		if (text_is(id, life->heard[i].id)) {
			if (life->heard[i].hash != text_hash(body))
				world_break(world, "I3: the same MessageID always carries the same bytes", life->number);
			return true;
		}
	return false;
}

static void asked(struct outer *outer, struct world *world, struct life *life, const struct ncpdp_outcome *outcome, struct text body)
{
	int64_t left = outcome->reply_by_ms - world_now(world).wall_ms;

	free(life->asked);
	life->asked = malloc(body.n);
	assert(life->asked);
	memcpy(life->asked, body.at, body.n);
	life->asked_n = body.n;
	life->reply_by_ms = outcome->reply_by_ms;
	life->in_time = false;
	life->questions++;
	switch (world_random(world, 16)) {
	case 0: /* never */
		break;
	case 1: /* too late, if its deadline is near */
		plan(outer, world, life, PLAN_ANSWER, left > 0 && left < INT64_C(15) * 86400000 ? left + 60000 : 60000);
		break;
	case 2: /* twice, under two MessageIDs */
		plan(outer, world, life, PLAN_ANSWER, some_time(world));
		plan(outer, world, life, PLAN_ANSWER, some_time(world));
		break;
	default:
		plan(outer, world, life, PLAN_ANSWER, some_time(world));
	}
}

static void react(struct outer *outer, struct world *world, struct life *life, const struct ncpdp_outcome *outcome, struct text body)
{
	if (outcome->pa_case_id.n)
		text_to_z(outcome->pa_case_id, life->case_id, sizeof(life->case_id));
	if (outcome->appeal_case_id.n)
		text_to_z(outcome->appeal_case_id, life->appeal_case_id, sizeof(life->appeal_case_id));
	if (outcome->said == NCPDP_SAID_OPEN || outcome->said == NCPDP_SAID_MORE_INFORMATION)
		asked(outer, world, life, outcome, body);
	if (is_final(outcome->said)) {
		life->denied = outcome->said == NCPDP_SAID_DENIED || outcome->said == NCPDP_SAID_PARTIALLY_DENIED;
		if (life->denied && outer_chance(world, 2))
			plan(outer, world, life, PLAN_APPEAL, some_time(world));
		life->settled = true;
	}
	if (outcome->said == NCPDP_SAID_CANCELLED)
		life->settled = true;
	if (outer_chance(world, 14))
		plan(outer, world, life, PLAN_CANCEL, some_time(world));
	if (outer_chance(world, 14))
		plan(outer, world, life, PLAN_WRONG, some_time(world));
	if (outer_chance(world, 10))
		plan(outer, world, life, PLAN_NOTICE, some_time(world));
}

void life_told(struct outer *outer, struct world *world, struct life *life, struct text body)
{
	struct ncpdp_message message;
	struct ncpdp_outcome outcome;
	struct heard *heard;
	struct arena arena;
	struct fault fault;
	struct sent *sent;
	struct text id;

	arena_init(&arena, ARENA);
	if (!ncpdp_read(outer->reader, NCPDP_SCRIPT, body, false, &arena, &message, &fault)) {
		fprintf(stderr, "answer does not read: %s %s\n", fault_row(fault.code)->name, fault.path);
		world_break(world, "what the gateway sends keeps to its own tables", life->number);
		arena_done(&arena);
		return;
	}
	id = message.script->header->message_id;
	if (!heard_before(world, life, id, body) && ncpdp_outcome(&message, &outcome)) {
		life->heard = outer_grow(life->heard, life->heard_n, sizeof(*life->heard));
		heard = &life->heard[life->heard_n++];
		*heard = (struct heard){ .hash = text_hash(body), .said = outcome.said };
		for (size_t i = 0; i < outcome.reason_codes_n; i++)
			heard->lapsed |= outcome.said == NCPDP_SAID_CLOSED && text_is(outcome.reason_codes[i], "FL");
		text_to_z(id, heard->id, sizeof(heard->id));
		sent = sent_as(life, message.script->header->relates_to_message_id);
		if (!sent)
			world_break(world, "an answer relates to a message of its prescriber", life->number);
		else if (is_final(outcome.said) || outcome.said == NCPDP_SAID_CANCELLED || outcome.said == NCPDP_SAID_CANCEL_REFUSED)
			sent->finals++;
		if ((outcome.said == NCPDP_SAID_DENIED || outcome.said == NCPDP_SAID_PARTIALLY_DENIED) && !text_trim(outcome.reason).n)
			world_break(world, "a denial says why (42 CFR 438.210(c), 422.568(e))", life->number);
		react(outer, world, life, &outcome, body);
	}
	arena_done(&arena);
}

int outer_callback(struct outer *outer, struct world *world, struct text body, struct arena *arena, struct text *reply)
{
	struct ncpdp_sender sender;
	struct buffer out;
	char id[OUTER_ID], reference[OUTER_ID];
	int number = -1;

	text_to_z(xml_peek(body, "PAReferenceID", 35), reference, sizeof(reference));
	if (sscanf(reference, "R-%d", &number) != 1 || number < 0 || number >= outer->lives_n || !outer->lives[number].callback) {
		world_break(world, "an answer goes to the prescriber of its case", number);
		return 400;
	}
	if (outer_chance(world, 12) && world_now(world).mono_ms < outer->calm_ms)
		return 503;
	life_told(outer, world, &outer->lives[number], body);
	ncpdp_sender(NULL, body, &sender);
	snprintf(id, sizeof(id), "CB-%llu", (unsigned long long)++outer->serial);
	buffer_init(&out, arena, 1024);
	ncpdp_write_status(&sender, text_of(id), world_now(world).wall_ms, "010", &out);
	*reply = buffer_text(&out);
	return 200;
}

void life_begin(struct outer *outer, struct world *world, struct life *life)
{
	life->callback = outer_chance(world, 2);
	life->remote = outer_chance(world, 2);
	life->box = life->remote && outer_chance(world, 2);
	life->medical = outer_chance(world, 3);
	life->newer = outer_chance(world, 4);
	life->expedited = outer_chance(world, 4);
	if (life->callback)
		snprintf(life->sender, sizeof(life->sender), "1999999002");
	else
		snprintf(life->sender, sizeof(life->sender), "1999999003-%d", life->number);
	snprintf(life->reference, sizeof(life->reference), "R-%d", life->number);
	plan(outer, world, life, PLAN_OPEN, 20 + (int64_t)world_random(world, START_MS));
	if (outer_chance(world, 30))
		plan(outer, world, life, PLAN_OPEN, 20 + (int64_t)world_random(world, START_MS));
	if (!life->callback)
		world_wake(world, outer->last_look_ms + (int64_t)world_random(world, 3600000), (uint64_t)life->number);
}
