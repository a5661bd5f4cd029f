/* SPDX-License-Identifier: Apache-2.0 */
/* What was approved earlier for the same member and drug settles which benefit decides where nothing else does. An order that says where, how or by whom the
   drug is given is not overruled by it: a therapy may begin in a clinic and go on at home. */
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_pas.h"
#include "gateway/ledger/ledger_reroute.h"

#include "base/log.h"

enum {
	LOOKED_AT_MOST = 200,   /* cases of one member and drug: a bound on the work, far beyond what anybody has */
	DAYS = 400,             /* an approval is for a year at most; what is older tells little of today's coverage */
};
#define DAY_MS INT64_C(86400000)

struct earlier {
	const struct event *event;
	struct text case_id; /* of the case that is opened */
	struct text track;   /* of the latest approval; TEXT_NONE: none */
	int64_t decided_ms;
	size_t looked_at;
};

static bool look_at(struct earlier *e, struct text case_id)
{
	const struct event *event = e->event;
	struct route_decision decision = { 0 };
	struct pa_case at = { 0 };
	struct fault none;
	bool found;

	if (!case_store_read(&event->ledger->cases, case_key(case_id, event->arena), &pa_case_record, &at, event->arena, &found, event->fault))
		return false;
	if (!found || text_equal(case_id, e->case_id) || !text_in_list(at.state, "APPROVED PARTIALLY_DENIED") || at.decided_ms <= e->decided_ms ||
		at.decided_ms < event->now.wall_ms - DAYS * DAY_MS || !text_there(at.decision) ||
		!record_unpack(&route_decision_record, &decision, event->arena, at.decision, &none) || !text_in_list(decision.track, "PHARMACY MEDICAL"))
		return true;
	e->track = decision.track;
	e->decided_ms = at.decided_ms;
	return true;
}

static bool look_by(struct earlier *e, struct text digest)
{
	const struct event *event = e->event;
	struct store_walk *walk = store_walk_new(event->ledger->store, case_inquiry_prefix(digest, event->arena), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true;

	while (good && e->looked_at++ < LOOKED_AT_MOST && store_walk_next(walk, &key, &value))
		good = look_at(e, arena_text(event->arena, value));
	if (store_walk_free(walk, &ending))
		return good;
	*event->fault = ending;
	return false;
}

/* The question asked again, with the earlier approval. False: it stays as it was. */
static bool decide(const struct earlier *e, const struct route_question *asked, struct route_decision *out)
{
	struct arena *arena = e->event->arena;
	struct route_said said = { .kind = text_lit("EARLIER"), .member = text_lit("told"), .value = e->track,
		.date = clock_format_date(e->decided_ms, arena) };
	const struct route_question stated = { .said = &said, .said_n = 1 };
	struct route_question question = *asked;

	if (!route_state(&question, &stated, arena))
		return false;
	route_decide(e->event->ledger->rules, &question, arena, out);
	return text_equal(out->track, e->track) && ledger_is_house(out->backend);
}

bool event_earlier(const struct event *event, struct pa_case *at)
{
	const struct case_message *message = &event->message;
	struct earlier e = { .event = event, .case_id = at->case_id };
	struct route_decision before = { 0 }, after;
	struct buffer packed;
	struct fault none;

	if (!message->drug_keys_n || !text_there(at->decision) || !record_unpack(&route_decision_record, &before, event->arena, at->decision, &none) ||
		!before.question || !text_in_list(before.track, "UNDETERMINED BOTH_BY_SITE") || !ledger_is_house(at->backend))
		return true;
	for (size_t i = 0; i < message->drug_keys_n; i++)
		if (!look_by(&e, message->drug_keys[i]))
			return false;
	/* a case of PAS that the pharmacy benefit decides is asked in SCRIPT, which is found out before it comes here */
	if (!text_there(e.track) || (event->pas && !text_is(e.track, "MEDICAL")) || !decide(&e, before.question, &after))
		return true;
	buffer_init(&packed, event->arena, 4096);
	record_pack(&route_decision_record, &after, &packed);
	if (packed.failed)
		return true;
	at->decision = buffer_text(&packed);
	log_event(LEVEL_INFO, "case.as_before", log_id("trace", message->trace), log_id("case", at->case_id), log_id("track", after.track));
	return true;
}
