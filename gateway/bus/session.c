/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions between two roles: HELLO, credit, heartbeat, loss and rebirth. */
#include "gateway/bus/session.h"

#include <assert.h>
#include <string.h>

void session_init(struct session *session, struct peer who, bool connects, int window, int64_t mono_ms)
{
	*session = (struct session){ .who = who, .connects = connects, .window = window, .number = connects ? 1 : 0 };
	session->tell = window / SESSION_TELL_PART > 1 ? window / SESSION_TELL_PART : 1;
	session->heard_ms = mono_ms;
}

static bool counted(enum message_type type)
{
	return type != TYPE_HELLO && type != TYPE_PING && type != TYPE_BYE;
}

static void begin(struct session *session, int64_t credit, struct text life, int64_t mono_ms)
{
	session->up = true;
	session->credit = credit;
	session->owed = session->in_hand = session->sent = session->heard = 0;
	session->heard_ms = mono_ms;
	session->ping_ms = mono_ms + SESSION_PING_MS;
	text_to_z(life, session->life, sizeof(session->life));
}

static void end(struct session *session, int64_t mono_ms)
{
	session->up = false;
	session->credit = session->owed = session->in_hand = 0;
	if (session->connects) {
		session->number++;
		session->hello_ms = mono_ms;
	}
}

bool session_died(struct session *session, int64_t mono_ms)
{
	bool was = session->up;

	if (was)
		end(session, mono_ms);
	return was;
}

/* Ends an agreed session on our own account and lets the other side know in its way. */
static struct session_result broken(struct session *session, int64_t mono_ms)
{
	struct session_result result = { .gone = session->up, .stale = true };

	if (session->up)
		end(session, mono_ms);
	if (!session->connects) {
		result.say = true;
		result.type = TYPE_BYE;
	}
	return result;
}

static struct session_result hear_hello(struct session *session, const struct envelope *envelope, int64_t mono_ms)
{
	struct session_result result = { 0 };
	bool same_life = text_is(envelope->trace, session->life);

	if (envelope->trace.n != SESSION_LIFE_MAX - 1) {
		result.stale = true;
		return result;
	}
	if (session->connects) {
		if (session->up || envelope->slot != session->number) {
			result.stale = true; /* an answer to a HELLO sent again meanwhile */
			return result;
		}
		begin(session, envelope->credit, envelope->trace, mono_ms);
		result.up = true;
		return result;
	}
	if (same_life && envelope->slot < session->number) {
		result.stale = true;
		return result;
	}
	result.say = true;
	if (same_life && envelope->slot == session->number) {
		/* Once ended a number is not taken up again: the other side may still count from before. */
		result.type = session->up ? TYPE_HELLO : TYPE_BYE;
		return result;
	}
	result.gone = session->up;
	result.up = true;
	result.type = TYPE_HELLO;
	session->number = envelope->slot;
	begin(session, envelope->credit, envelope->trace, mono_ms);
	return result;
}

static struct session_result hear_bye(struct session *session, int64_t mono_ms)
{
	struct session_result result = { .gone = session->up };

	if (session->up || session->connects)
		end(session, mono_ms);
	return result;
}

struct session_result session_hear(struct session *session, enum message_type type, const struct envelope *envelope,
	int64_t mono_ms)
{
	struct session_result result = { 0 };

	if (type == TYPE_HELLO)
		return hear_hello(session, envelope, mono_ms);
	if (type == TYPE_BYE)
		return hear_bye(session, mono_ms);
	if (!session->up) {
		/* They believe in a session that we gave up (or that an earlier life of ours had). A connector's own
		   HELLO is on its way already. */
		result.stale = true;
		result.say = !session->connects;
		result.type = TYPE_BYE;
		return result;
	}
	session->heard_ms = mono_ms;
	if (type == TYPE_PING) {
		if (envelope->slot != session->heard || !text_is(envelope->trace, session->life))
			return broken(session, mono_ms); /* something was lost, or it is another life */
		result.deliver = true;
	}
	if (counted(type))
		session->heard++;
	session->credit += envelope->credit;
	result.credit = envelope->credit;
	if (type > TYPE_BYE) {
		result.overrun = session->in_hand >= session->window;
		result.deliver = !result.overrun;
		session->in_hand += result.deliver;
	}
	return result;
}

void session_stamp(struct session *session, enum message_type type, struct text life, struct envelope *envelope)
{
	if (type == TYPE_BYE)
		return;
	if (type == TYPE_HELLO) {
		envelope->trace = life;
		envelope->slot = session->number;
		envelope->credit = session->window;
		return;
	}
	assert(session->up);
	if (type == TYPE_PING) {
		envelope->trace = life;
		envelope->slot = session->sent;
	}
	envelope->credit = session->owed;
	session->owed = 0;
	session->sent += counted(type);
	if (type > TYPE_BYE) {
		assert(session->credit > 0);
		session->credit--;
	}
}

void session_finish(struct session *session)
{
	/* in_hand is 0 when the session ended while the step ran: then there is nobody to give credit to. */
	if (session->up && session->in_hand > 0) {
		session->in_hand--;
		session->owed++;
	}
}

struct session_result session_tick(struct session *session, int64_t mono_ms, bool was_awake)
{
	struct session_result result = { 0 };

	if (!session->up) {
		if (session->connects && mono_ms >= session->hello_ms) {
			session->hello_ms = mono_ms + SESSION_HELLO_MS;
			result.say = true;
			result.type = TYPE_HELLO;
		}
		return result;
	}
	if (!was_awake)
		session->heard_ms = mono_ms;
	if (mono_ms - session->heard_ms > SESSION_SILENCE_MS) {
		result = broken(session, mono_ms);
		result.stale = false;
		return result;
	}
	if (mono_ms >= session->ping_ms) {
		session->ping_ms = mono_ms + SESSION_PING_MS;
		result.say = true;
		result.type = TYPE_PING;
		return result;
	}
	if (session->owed >= session->tell) {
		result.say = true;
		result.type = TYPE_CREDIT;
	}
	return result;
}

int64_t session_due(const struct session *session)
{
	int64_t silence = session->heard_ms + SESSION_SILENCE_MS + 1;

	if (!session->up)
		return session->connects ? session->hello_ms : INT64_MAX;
	return session->ping_ms < silence ? session->ping_ms : silence;
}
