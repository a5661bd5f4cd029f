/* SPDX-License-Identifier: Apache-2.0 */
/* A pre-flight asks which cases of a member and a drug there are. It is told of the caller's own, and of those of others only when it knows the
   member and who ordered: the rule by which PAS lets an inquiry know (PAS 2.2.1, spec-52). */
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_pas.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

enum {
	TOLD_MOST = 20,    /* order_preflight.cases; the newest ones */
	LOOKED_AT_MOST = 200, /* cases of one member and drug: a bound on the work, far beyond what anybody has */
};

struct looking {
	const struct event *event;
	struct pa_case cases[TOLD_MOST]; /* newest first */
	size_t n, looked_at;
};

static bool seen(const struct looking *l, struct text case_id)
{
	for (size_t i = 0; i < l->n; i++)
		if (text_equal(l->cases[i].case_id, case_id))
			return true;
	return false;
}

static void keep(struct looking *l, const struct pa_case *at)
{
	size_t place = l->n;

	while (place > 0 && l->cases[place - 1].opened_ms < at->opened_ms)
		place--;
	if (place == TOLD_MOST)
		return;
	if (l->n < TOLD_MOST)
		l->n++;
	for (size_t i = l->n - 1; i > place; i--)
		l->cases[i] = l->cases[i - 1];
	l->cases[place] = *at;
}

bool ledger_may_know(struct ledger *ledger, const struct pa_case *at, const struct asker *asker, struct arena *arena, bool *may, struct fault *fault)
{
	struct store_row row;

	*may = text_equal(at->partner, asker->partner);
	for (size_t i = 0; i < asker->keys_n && !*may; i++) {
		if (!store_get(ledger->store, case_inquiry_key(asker->keys[i], at->case_id, arena), arena, &row, fault))
			return false;
		*may = row.found;
	}
	return true;
}

static bool look_at(struct looking *l, struct text case_id)
{
	const struct event *event = l->event;
	const struct asker asker = { event->message.partner, event->message.inquiry_keys, event->message.inquiry_keys_n };
	struct pa_case at = { 0 };
	enum case_state state;
	bool found, may;

	if (seen(l, case_id))
		return true;
	if (!case_store_read(&event->ledger->cases, case_key(case_id, event->arena), &pa_case_record, &at, event->arena, &found, event->fault))
		return false;
	if (!found || !case_state_of(at.state, &state))
		return fault_set(event->fault, FAULT_STORE_CORRUPT, "pa_case");
	if (case_state_turn(state) == TURN_OVER)
		return true;
	if (!ledger_may_know(event->ledger, &at, &asker, event->arena, &may, event->fault))
		return false;
	if (may)
		keep(l, &at);
	return true;
}

static bool look_by(struct looking *l, struct text digest)
{
	const struct event *event = l->event;
	struct store_walk *walk = store_walk_new(event->ledger->store, case_inquiry_prefix(digest, event->arena), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true;

	while (good && l->looked_at++ < LOOKED_AT_MOST && store_walk_next(walk, &key, &value))
		good = look_at(l, arena_text(event->arena, value));
	if (store_walk_free(walk, &ending))
		return good;
	*event->fault = ending;
	return false;
}

static bool tell(const struct looking *l, struct order_preflight *out)
{
	const struct event *event = l->event;
	struct arena *arena = event->arena;

	out->cases = arena_alloc(arena, sizeof(*out->cases) * TOLD_MOST);
	if (!out->cases)
		return false;
	for (size_t i = 0; i < l->n; i++) {
		const struct pa_case *at = &l->cases[i];
		bool own = text_equal(at->partner, event->message.partner);
		struct route_decision decision = { 0 };
		struct fault why;

		if (text_there(at->decision) && !record_unpack(&route_decision_record, &decision, arena, at->decision, &why))
			return false;
		out->cases[out->cases_n++] = (struct order_case){ .case_id = at->case_id, .state = at->state, .track = decision.track,
			.standard = case_is_pas(at) ? text_lit("PAS") : text_lit("SCRIPT"), .opened = clock_format(at->opened_ms, false, arena),
			.due = at->due_ms ? clock_format(at->due_ms, false, arena) : TEXT_NONE, .own = own,
			/* of PAS it is a digest, which means nothing to anybody */
			.reference = own && !case_is_pas(at) ? at->pa_reference_id : TEXT_NONE };
	}
	return true;
}

bool event_preflight(const struct event *event)
{
	const struct case_message *message = &event->message;
	struct looking *l = arena_new(event->arena, struct looking);
	struct order_answer answer = { 0 };
	struct buffer body;
	struct fault why;

	if (!l)
		return fault_set(event->fault, FAULT_INTERNAL, "");
	*l = (struct looking){ .event = event };
	if (!record_unpack(&order_answer_record, &answer, event->arena, message->answer, &why) || !answer.preflight) {
		event_refuse_now(event, FAULT_INTERNAL, "");
		return true;
	}
	for (size_t i = 0; i < message->drug_keys_n; i++)
		if (!look_by(l, message->drug_keys[i]))
			return false;
	buffer_init(&body, event->arena, 4096);
	if (tell(l, answer.preflight))
		json_write(&order_answer_record, &answer, &body);
	buffer_lit(&body, "\n");
	log_event(LEVEL_INFO, "case.preflight", log_id("trace", message->trace), log_number("found", (int64_t)l->n));
	ledger_touch(event->ledger, event->now); /* it leaves with the next commit, when all it tells is durable */
	if (answer.preflight->cases && !body.failed)
		event_answer_with(event, buffer_text(&body), FAULT_NONE);
	else
		event_refuse_now(event, FAULT_TOO_LARGE, "");
	return true;
}
