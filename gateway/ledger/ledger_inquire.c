/* SPDX-License-Identifier: Apache-2.0 */
/* $inquire: which PAS cases a question is about, and what each of them is answered at present. */
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_pas.h"
#include "gateway/ledger/pas_say.h"

#include "base/log.h"

enum { FOUND_MOST = 20 }; /* cases in one answer; the newest ones */

struct inquiry {
	const struct event *event;
	struct pa_case cases[FOUND_MOST]; /* newest first */
	size_t n;
};

/* Keeps it when it is among the newest. */
static void keep(struct inquiry *inquiry, const struct pa_case *at)
{
	size_t place = inquiry->n;

	for (size_t i = 0; i < inquiry->n; i++)
		if (text_equal(inquiry->cases[i].case_id, at->case_id))
			return;
	while (place > 0 && inquiry->cases[place - 1].opened_ms < at->opened_ms)
		place--;
	if (place == FOUND_MOST)
		return;
	if (inquiry->n < FOUND_MOST)
		inquiry->n++;
	for (size_t i = inquiry->n - 1; i > place; i--)
		inquiry->cases[i] = inquiry->cases[i - 1];
	inquiry->cases[place] = *at;
}

/* `own`: a number by which only who submitted it may ask. */
static bool look_at(struct inquiry *inquiry, struct text case_id, bool own)
{
	const struct event *event = inquiry->event;
	struct pa_case at = { 0 };
	bool found;

	if (!case_store_read(&event->ledger->cases, case_key(case_id, event->arena), &pa_case_record, &at, event->arena, &found,
		    event->fault))
		return false;
	if (found && case_is_pas(&at) && (!own || text_equal(at.partner, event->message.partner)))
		keep(inquiry, &at);
	return true;
}

/* A member together with one who orders or renders: whoever knows both may ask (PAS 2.2.1, spec-52). */
static bool look_by_key(struct inquiry *inquiry, struct text digest)
{
	const struct event *event = inquiry->event;
	struct store_walk *walk = store_walk_new(event->ledger->store, case_inquiry_prefix(digest, event->arena), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true;

	while (good && store_walk_next(walk, &key, &value))
		good = look_at(inquiry, arena_text(event->arena, value), false);
	if (store_walk_free(walk, &ending))
		return good;
	*event->fault = ending;
	return false;
}

static bool find_cases(struct inquiry *inquiry)
{
	const struct event *event = inquiry->event;
	const struct case_message *message = &event->message;
	struct text case_id = TEXT_NONE;

	if (message->pa_case_id.n)
		return ledger_pas_number(event->ledger, message->partner, message->pa_case_id, event->arena, &case_id, event->fault) &&
		       look_at(inquiry, case_id, true);
	if (message->pa_reference_id.n) {
		if (!case_store_find(&event->ledger->cases, message->partner, message->pa_reference_id, event->arena, &case_id,
			    event->fault))
			return false;
		if (text_there(case_id))
			return look_at(inquiry, case_id, true);
	}
	for (size_t i = 0; i < message->inquiry_keys_n; i++)
		if (!look_by_key(inquiry, message->inquiry_keys[i]))
			return false;
	return true;
}

bool event_pas_inquire(const struct event *event)
{
	struct inquiry *inquiry = arena_new(event->arena, struct inquiry);
	struct text answers[FOUND_MOST], answer;
	size_t n = 0;

	if (!inquiry)
		return fault_set(event->fault, FAULT_INTERNAL, "");
	*inquiry = (struct inquiry){ .event = event };
	if (!find_cases(inquiry))
		return false;
	for (size_t i = 0; i < inquiry->n; i++) {
		const struct pa_case *at = &inquiry->cases[i];

		if (!ledger_pas_answer(event->ledger, at->partner, at->told_id, false, event->now, &answer, event->fault))
			return false;
		if (text_there(answer))
			answers[n++] = answer;
	}
	log_event(LEVEL_INFO, "case.inquired", log_id("trace", event->message.trace), log_number("found", (int64_t)n));
	ledger_touch(event->ledger, event->now); /* it leaves with the next commit, when all it tells is durable */
	answer = pas_say_inquiry(answers, n, pas_version_of(event->message.pas_version), event->arena);
	if (text_there(answer))
		event_answer_with(event, answer, FAULT_NONE);
	else
		event_refuse_now(event, n ? FAULT_INTERNAL : FAULT_UNKNOWN_CASE, "");
	return true;
}
