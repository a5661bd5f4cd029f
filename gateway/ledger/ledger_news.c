/* SPDX-License-Identifier: Apache-2.0 */
/* A payer has news of a case that it has in hand: it is asked about it now, and not when that would be due. */
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_pas.h"

#include "base/log.h"
#include "gateway/config/route.h"

/* By the payer's number of the case, else by the Claim that it was given. */
static bool find(const struct event *event, struct text *case_id)
{
	const struct case_message *message = &event->message;
	const struct text names[] = { message->pa_case_id, message->relates_to };
	struct store_row row = { .found = false };

	for (size_t i = 0; i < 2 && !row.found; i++)
		if (names[i].n && !store_get(event->ledger->store, case_backend_key(message->backend, names[i], event->arena), event->arena, &row,
					  event->fault))
			return false;
	*case_id = row.found ? row.value : TEXT_NONE;
	return true;
}

static size_t wake(const struct event *event, struct text key)
{
	struct due_list *list = &event->ledger->due[LIST_REMOTE];
	struct due_row *row = text_there(key) ? due_find(list, key) : NULL;

	if (!row || row->leased || row->at_ms <= event->now.mono_ms)
		return 0; /* it is being asked about, or about to be */
	due_wait(list, row, event->now.mono_ms);
	return 1;
}

bool event_pas_news(const struct event *event)
{
	const struct case_message *message = &event->message;
	struct pa_case at = { 0 };
	struct text case_id;
	size_t woken = 0;
	bool found = false;

	if (!find(event, &case_id) || (text_there(case_id) && !case_store_read(&event->ledger->cases, case_key(case_id, event->arena), &pa_case_record,
								       &at, event->arena, &found, event->fault)))
		return false;
	if (found && backend_stands_in(event->ledger->config, at.backend, message->backend))
		woken = wake(event, at.work_row) + wake(event, at.cancel_row);
	log_event(LEVEL_INFO, "case.news", log_id("trace", message->trace), log_id("case", found ? at.case_id : text_lit("none")),
		log_number("asked", (int64_t)woken));
	ledger_touch(event->ledger, event->now);
	event_answer_with(event, message->accepted, FAULT_NONE);
	return true;
}
