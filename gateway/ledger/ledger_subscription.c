/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions of PAS clients: created, changed, ended and read by their owner, tried with a handshake before anything goes there, and
   told of each change of what was pended, under an event number that never comes again. */
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_move.h"
#include "gateway/ledger/ledger_pas.h"
#include "gateway/ledger/pas_say.h"
#include "gateway/ledger/pas_client.h"

#include "base/log.h"

#include <assert.h>

static bool read_one(struct ledger *ledger, struct text partner, struct text id, struct arena *arena, struct pa_subscription *out,
	bool *found, struct fault *fault)
{
	*out = (struct pa_subscription){ 0 };
	return case_store_read(&ledger->cases, case_subscription_key(partner, id, arena), &pa_subscription_record, out, arena, found,
		fault);
}

/* Those of a client that are committed, as they are now. */
static bool read_all(struct ledger *ledger, struct text partner, struct arena *arena, struct pa_subscription out[PAS_SUBSCRIPTIONS_MOST],
	size_t *n, struct fault *fault)
{
	struct store_walk *walk = store_walk_new(ledger->store, case_subscription_key(partner, text_lit(""), arena), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true, found;

	*n = 0;
	while (good && *n < PAS_SUBSCRIPTIONS_MOST && store_walk_next(walk, &key, &value)) {
		out[*n] = (struct pa_subscription){ 0 };
		good = case_store_read(&ledger->cases, arena_text(arena, key), &pa_subscription_record, &out[*n], arena, &found, fault);
		*n += good && found;
	}
	if (store_walk_free(walk, &ending))
		return good;
	*fault = ending;
	return false;
}

/* -- by their owner -- */

static struct text told_once(struct text trace, const char *after, struct arena *arena)
{
	struct buffer id;

	buffer_init(&id, arena, trace.n + 4);
	buffer_add(&id, trace);
	buffer_add(&id, text_of(after));
	return buffer_text(&id);
}

/* Nothing is told any more, and it can still be read; what was under way is told. */
static bool turn_off(const struct event *event, struct pa_subscription *subscription)
{
	struct case_item item = { .key = case_subscription_key(subscription->partner, subscription->id, event->arena), .record = &pa_subscription_record,
		.rec = subscription };
	struct case_change change = { .items = &item, .items_n = 1, .audit = { .what = text_lit("SUBSCRIPTION"), .event = event->message.event } };
	bool stored;

	subscription->changed_ms = event->now.wall_ms;
	if (!event_store(event, &change, pas_say_subscription(subscription, event->arena), FAULT_NONE, &stored))
		return false;
	if (stored)
		log_event(LEVEL_INFO, "subscription.off", log_id("trace", event->message.trace), log_id("subscription", subscription->id));
	return true;
}

/* It is there, and not active before its endpoint has answered a handshake. */
static bool store_subscription(const struct event *event, struct pa_subscription *subscription)
{
	struct ledger *ledger = event->ledger;
	int64_t wall_ms = event->now.wall_ms;
	struct text id = subscription->id;
	struct outbox_row row = { .kind = text_lit("HANDSHAKE"), .case_id = event->message.trace, .partner = subscription->partner,
		.created_ms = wall_ms, .due_ms = wall_ms, .trace = event->message.trace, .reply_id = told_once(event->message.trace, ".h", event->arena),
		.standard = text_lit("PAS"), .subscription = id };
	struct case_item items[] = {
		{ .key = case_subscription_key(subscription->partner, id, event->arena), .record = &pa_subscription_record,
			.rec = subscription },
		{ .key = case_row_key(wall_ms, event->message.trace, 1, event->arena), .record = &outbox_row_record, .rec = &row },
	};
	struct case_change change = { .items = items, .items_n = 2,
		.audit = { .what = text_lit("SUBSCRIPTION"), .event = event->message.event } };
	bool stored;

	subscription->state = text_lit("requested");
	subscription->changed_ms = wall_ms;
	row.message = pas_say_handshake(subscription, row.reply_id, wall_ms, event->arena);
	if (!event_store(event, &change, pas_say_subscription(subscription, event->arena), FAULT_NONE, &stored))
		return false;
	if (!stored)
		return true;
	ledger_later(ledger, (struct later){ LIST_DELIVER, items[1].key, false, wall_ms, wall_ms });
	log_event(LEVEL_INFO, "subscription.requested", log_id("trace", event->message.trace), log_id("subscription", id));
	return true;
}

/* It would be told the same things at the same place. */
static bool same(const struct pa_subscription *one, const struct pa_subscription *two)
{
	bool same = text_equal(one->endpoint, two->endpoint) && one->filter.n == two->filter.n && (!one->filter.n || text_equal(one->filter, two->filter)) &&
		one->end_ms == two->end_ms && one->headers_n == two->headers_n;

	for (size_t i = 0; same && i < one->headers_n; i++)
		same = text_equal(one->headers[i], two->headers[i]);
	return same;
}

bool event_pas_subscribe(const struct event *event)
{
	const struct case_message *message = &event->message;
	struct pa_subscription wanted = { 0 }, before, all[PAS_SUBSCRIPTIONS_MOST];
	struct fault why;
	bool found;
	size_t n;

	if (!record_unpack(&pa_subscription_record, &wanted, event->arena, message->request, &why))
		return event_refuse(event, FAULT_INTERNAL, "Subscription", TEXT_NONE);
	wanted.partner = message->partner;
	if (text_there(message->subscription)) {
		if (!read_one(event->ledger, message->partner, message->subscription, event->arena, &before, &found, event->fault))
			return false;
		if (!found)
			return event_refuse(event, FAULT_NOT_FOUND, "Subscription", TEXT_NONE);
		wanted.id = before.id;
		wanted.events = before.events;
		return text_is(wanted.state, "off") ? turn_off(event, &wanted) : store_subscription(event, &wanted);
	}
	if (!read_all(event->ledger, message->partner, event->arena, all, &n, event->fault))
		return false;
	for (size_t i = 0; i < n; i++)
		if (same(&all[i], &wanted)) { /* R4 http.html, conditional create: what is there already is not made twice */
			struct event again = *event;

			again.message.subscription = wanted.id = all[i].id;
			wanted.events = all[i].events;
			return store_subscription(&again, &wanted);
		}
	if (n == PAS_SUBSCRIPTIONS_MOST)
		return event_refuse(event, FAULT_TOO_MANY, "Subscription", TEXT_NONE);
	wanted.id = message->trace;
	return store_subscription(event, &wanted);
}

bool event_pas_unsubscribe(const struct event *event)
{
	const struct case_message *message = &event->message;
	struct case_item gone = { .key = case_subscription_key(message->partner, message->subscription, event->arena) };
	struct case_change change = { .items = &gone, .items_n = 1,
		.audit = { .what = text_lit("SUBSCRIPTION"), .event = message->event } };
	struct pa_subscription there;
	bool found, stored;

	if (!read_one(event->ledger, message->partner, message->subscription, event->arena, &there, &found, event->fault))
		return false;
	if (!found)
		return event_refuse(event, FAULT_NOT_FOUND, "Subscription", TEXT_NONE);
	log_event(LEVEL_INFO, "subscription.ended", log_id("trace", message->trace), log_id("subscription", there.id));
	return event_store(event, &change, text_lit("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"information\","
		"\"code\":\"deleted\",\"details\":{\"text\":\"the subscription has ended\"}}]}"), FAULT_NONE, &stored);
}

bool event_pas_subscription(const struct event *event)
{
	const struct case_message *message = &event->message;
	struct pa_subscription there;
	bool found;

	if (!read_one(event->ledger, message->partner, message->subscription, event->arena, &there, &found, event->fault))
		return false;
	ledger_touch(event->ledger, event->now);
	if (found && there.end_ms && there.end_ms <= event->now.wall_ms)
		there.state = text_lit("off"); /* its end has come */
	if (found)
		event_answer_with(event, pas_say_subscription(&there, event->arena), FAULT_NONE);
	else
		event_refuse_now(event, FAULT_NOT_FOUND, "Subscription");
	return true;
}

/* -- what they are told -- */

bool ledger_pas_notify(struct ledger_move *move, struct fault *fault)
{
	struct arena *arena = &move->ledger->batch;
	int64_t wall_ms = move->now.wall_ms;
	struct pa_case *at = &move->at;
	size_t n;

	if (!read_all(move->ledger, at->partner, arena, move->pas.subscriptions, &n, fault))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct pa_subscription *to = &move->pas.subscriptions[i];
		struct outbox_row *row = &move->pas.rows[i];
		struct text key;

		if (!text_is(to->state, "active") || (to->end_ms && to->end_ms <= wall_ms))
			continue;
		to->events++;
		*row = (struct outbox_row){ .kind = text_lit("DELIVER"), .case_id = at->case_id, .partner = at->partner,
			.created_ms = wall_ms, .due_ms = wall_ms, .trace = move->trace, .reply_id = move->message_id,
			.message = pas_say_event(to, case_row_key(to->events, to->id, 0, arena), move->message, wall_ms, arena),
			.standard = text_lit("PAS"), .subscription = to->id };
		key = case_row_key(wall_ms, at->case_id, ++at->rows, arena);
		ledger_move_item(move, (struct case_item){ key, &outbox_row_record, row, TEXT_NONE });
		ledger_move_item(move, (struct case_item){ case_subscription_key(at->partner, to->id, arena), &pa_subscription_record, to,
			TEXT_NONE });
		ledger_move_later(move, (struct later){ LIST_DELIVER, key, false, wall_ms, wall_ms });
	}
	return true;
}

bool ledger_pas_subscriber(struct ledger *ledger, const struct outbox_row *row, struct arena *arena, struct pa_subscription *out,
	bool *there, struct fault *fault)
{
	if (!read_one(ledger, row->partner, row->subscription, arena, out, there, fault))
		return false;
	/* it may have been taken out of the configuration meanwhile */
	*there = *there && pas_endpoint_allowed(ledger->config, row->partner, out->endpoint);
	return true;
}

bool ledger_pas_delivered(struct ledger *ledger, struct text key, const struct outbox_row *row, bool taken, struct now now,
	struct fault *fault)
{
	struct arena *arena = &ledger->batch;
	struct pa_subscription of;
	struct case_item item;
	bool found, handshake = text_is(row->kind, "HANDSHAKE");

	if (!read_one(ledger, row->partner, row->subscription, arena, &of, &found, fault))
		return false;
	item = (struct case_item){ case_subscription_key(row->partner, row->subscription, arena), &pa_subscription_record, &of, TEXT_NONE };
	found = found && (handshake || !taken) && !text_is(of.state, "off"); /* else nothing about it changes */
	of.state = taken ? text_lit("active") : text_lit("error");
	of.changed_ms = now.wall_ms;
	log_event(taken ? LEVEL_INFO : LEVEL_WARN, handshake ? "subscription.handshake" : "subscription.told", log_id("trace", row->trace),
		log_id("subscription", row->subscription), log_number("taken", taken));
	return ledger_finish_row(ledger, key, row, taken ? "DELIVERED" : "UNDELIVERED", found ? &item : NULL, now, fault);
}
