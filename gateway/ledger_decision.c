/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back: the payer's decision moves its case and leaves an answer for the prescriber; the courier says what became of that
   answer. Each is taken once, because each takes its outbox row out. */
#include "gateway/ledger.h"

#include "base/log.h"

#include <stdio.h>

enum {
	ROUND_MOST = 1000,                               /* outbox_row.round */
	GIVE_UP_MS = 7 * 24 * 60 * 60 * 1000,            /* ms; then an answer waits in the mailbox instead */
	ITEMS_MOST = 3,                                  /* the row done, the answer, the next row */
};

static const struct {
	const char *outcome;
	enum case_event event;
	bool reason_needed; /* 42 CFR 438.210(c), 422.568(e): a denial says why */
} outcomes[] = {
	{ "OPEN", CASE_EVENT_ASKED, false },
	{ "MORE_INFORMATION", CASE_EVENT_MORE_INFORMATION, false },
	{ "IN_PROCESS", CASE_EVENT_PENDED, false },
	{ "APPROVED", CASE_EVENT_APPROVE, false },
	{ "PARTIALLY_DENIED", CASE_EVENT_PARTLY, true },
	{ "DENIED", CASE_EVENT_DENY, true },
	{ "CLOSED", CASE_EVENT_CLOSE, false },
};
enum { OUTCOMES = sizeof(outcomes) / sizeof(*outcomes) };

/* One decision on its way into the batch. */
struct answer {
	struct ledger *ledger;
	struct case_decision decision;
	struct outbox_row row; /* the work it answers */
	struct pa_case at;
	struct now now;
	struct arena *arena;
	struct case_item items[ITEMS_MOST];
	struct outbox_row deliver, again;
	struct mailbox_item item;
	struct later later[ITEMS_MOST];
	size_t items_n, later_n;
};

static void try_again_later(struct ledger *ledger, enum ledger_list list, struct text key, struct now now)
{
	struct due_row *due = due_find(&ledger->due[list], key);

	if (!due)
		return;
	due->attempts++;
	due_wait(&ledger->due[list], due, now.mono_ms + due_backoff_ms(due));
}

/* MessageID of the next answer in the same row of rounds: the trace, a dot, and the round in base 36, which keeps 1,000 rounds
   within 35 characters. */
static struct text reply_id_of(struct text trace, int64_t round, struct arena *arena)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	int64_t n = round + 1;
	struct buffer id;

	buffer_init(&id, arena, trace.n + 4);
	buffer_add(&id, trace);
	buffer_add_char(&id, '.');
	if (n >= 36)
		buffer_add_char(&id, digits[n / 36 % 36]);
	buffer_add_char(&id, digits[n % 36]);
	return buffer_text(&id);
}

static void put_answer(struct answer *answer)
{
	const struct outbox_row *row = &answer->row;
	int64_t n = ++answer->at.rows, wall_ms = answer->now.wall_ms;
	struct text key;

	if (!text_there(ledger_callback(answer->ledger, row->partner))) {
		answer->item = (struct mailbox_item){ row->case_id, row->reply_id, answer->decision.message, wall_ms };
		key = case_mailbox_key(row->partner, wall_ms, row->case_id, n, answer->arena);
		answer->items[answer->items_n++] = (struct case_item){ key, &mailbox_item_record, &answer->item };
		return;
	}
	answer->deliver = (struct outbox_row){ .kind = text_lit("DELIVER"), .case_id = row->case_id, .partner = row->partner,
		.created_ms = wall_ms, .due_ms = wall_ms, .trace = row->trace, .reply_id = row->reply_id,
		.message = answer->decision.message };
	key = case_row_key(wall_ms, row->case_id, n, answer->arena);
	answer->items[answer->items_n++] = (struct case_item){ key, &outbox_row_record, &answer->deliver };
	answer->later[answer->later_n++] = (struct later){ LIST_DELIVER, key, false, wall_ms, wall_ms };
}

static void put_next_round(struct answer *answer)
{
	int64_t n = ++answer->at.rows, wall_ms = answer->now.wall_ms;
	struct outbox_row *again = &answer->again;
	struct text key;

	*again = answer->row;
	again->created_ms = wall_ms;
	again->due_ms = answer->decision.again_ms > INT64_MAX - wall_ms ? INT64_MAX : wall_ms + answer->decision.again_ms;
	again->round = answer->row.round < ROUND_MOST ? answer->row.round + 1 : ROUND_MOST;
	again->reply_id = reply_id_of(again->trace, again->round, answer->arena);
	key = case_row_key(again->due_ms, again->case_id, n, answer->arena);
	answer->items[answer->items_n++] = (struct case_item){ key, &outbox_row_record, again };
	answer->later[answer->later_n++] = (struct later){ LIST_WORK, key, false, again->due_ms, wall_ms };
}

static bool take_answer(struct answer *answer, const struct case_step *step, struct fault *fault)
{
	struct pa_case *at = &answer->at;
	bool ignored = step->act == ACT_IGNORE;
	struct case_change change = { .expected_version = at->version, .items = answer->items };
	struct stored_reply none;
	enum case_result result;

	answer->items[answer->items_n++] = (struct case_item){ .key = answer->decision.row };
	answer->later[answer->later_n++] = (struct later){ LIST_WORK, answer->decision.row, true, 0, 0 };
	change.audit = (struct audit_entry){ .at_ms = answer->now.wall_ms, .what = text_lit("IGNORED"),
		.event = text_of(case_event_name(step->when)), .partner = at->partner, .case_id = at->case_id,
		.row = answer->decision.row, .trace = answer->row.trace };
	if (!ignored) {
		put_answer(answer);
		if (step->act == ACT_DEFER)
			put_next_round(answer);
		at->version++;
		at->state = text_of(case_state_name(step->next));
		at->changed_ms = answer->now.wall_ms;
		at->reason = text_there(answer->decision.reason) ? answer->decision.reason : at->reason;
		at->reply_by_ms = answer->decision.reply_by_ms;
		change.put = at;
		change.audit.what = text_lit("DECISION");
		change.audit.message_id = answer->row.reply_id;
		change.audit.before = text_of(case_state_name(step->in));
		change.audit.after = at->state;
		change.audit.version = at->version;
	}
	change.items_n = answer->items_n;
	result = case_store_change(&answer->ledger->cases, &change, answer->arena, &none, fault);
	if (result == STORED_CONFLICT) {
		try_again_later(answer->ledger, LIST_WORK, answer->decision.row, answer->now);
		return true;
	}
	if (result != STORED_OK)
		return false;
	ledger_touch(answer->ledger, answer->now);
	for (size_t i = 0; i < answer->later_n; i++)
		ledger_later(answer->ledger, answer->later[i]);
	log_event(LEVEL_INFO, ignored ? "case.ignored" : "case.decided", log_id("trace", answer->row.trace),
		log_id("case", at->case_id), log_word("event", case_event_name(step->when)),
		log_word("before", case_state_name(step->in)), log_word("after", case_state_name(step->next)));
	return true;
}

/* A decision that cannot be used: its row stays and the payer is asked again later. */
static bool unusable(struct answer *answer, enum fault_code code, const char *where)
{
	log_event(fault_row(code)->level, "case.unusable", log_id("trace", answer->row.trace),
		log_id("case", answer->row.case_id), log_word("fault", fault_row(code)->name), log_path("at", where));
	answer->ledger->counters.faults++;
	try_again_later(answer->ledger, LIST_WORK, answer->decision.row, answer->now);
	return true;
}

bool ledger_decision(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault)
{
	struct answer answer = { .ledger = ledger, .now = now, .arena = &ledger->batch };
	struct case_decision *decision = &answer.decision;
	enum case_state state;
	struct fault why;
	bool found;
	size_t i = 0;

	if (!record_unpack(&case_decision_record, decision, answer.arena, input->payload, &why)) {
		log_event(LEVEL_ERROR, "ledger.decision", log_word("fault", fault_row(why.code)->name));
		return true; /* its row is sent again when the lease ends */
	}
	if (!text_starts(decision->row, "o/") ||
		!due_find(&ledger->due[LIST_WORK], decision->row)) { /* taken before, and maybe long ago */
		log_event(LEVEL_INFO, "case.late", log_id("case", decision->case_id));
		return true;
	}
	if (!case_store_read(&ledger->cases, decision->row, &outbox_row_record, &answer.row, answer.arena, &found, fault))
		return false;
	if (!found) /* taken in this very batch */
		return true;
	while (i < OUTCOMES && !text_is(decision->outcome, outcomes[i].outcome))
		i++;
	if (i < OUTCOMES && outcomes[i].reason_needed && !text_trim(decision->reason).n)
		return unusable(&answer, FAULT_NO_REASON, "reason");
	if (!record_check(&case_decision_record, decision, &why))
		return unusable(&answer, FAULT_PEER_ANSWER, why.path);
	if (i == OUTCOMES || !text_equal(decision->case_id, answer.row.case_id) || !decision->message.n)
		return unusable(&answer, FAULT_PEER_ANSWER, "case_decision");
	if (!case_store_read(&ledger->cases, case_key(answer.row.case_id, answer.arena), &pa_case_record, &answer.at,
		    answer.arena, &found, fault))
		return false;
	if (!found || !case_state_of(answer.at.state, &state))
		return fault_set(fault, FAULT_STORE_CORRUPT, "pa_case");
	return take_answer(&answer, case_step(state, outcomes[i].event), fault);
}

/* -- what became of an answer -- */

static bool finish_row(struct ledger *ledger, struct text key, const struct outbox_row *row, const char *what,
	const struct case_item *item, struct now now, struct fault *fault)
{
	struct case_item items[2] = { { .key = key } };
	struct case_change change = { .items = items, .items_n = 1,
		.audit = { .at_ms = now.wall_ms, .what = text_of(what), .partner = row->partner, .message_id = row->reply_id,
			.case_id = row->case_id, .row = key, .trace = row->trace } };
	struct stored_reply none;

	if (item)
		items[change.items_n++] = *item;
	switch (case_store_change(&ledger->cases, &change, &ledger->batch, &none, fault)) {
	case STORED_OK:
		ledger_touch(ledger, now);
		ledger_later(ledger, (struct later){ LIST_DELIVER, arena_text(&ledger->batch, key), true, 0, 0 });
		return true;
	case STORED_CONFLICT: /* finished before */
		return true;
	case STORED_DUPLICATE:
	case STORED_REUSED:
	case STORED_FULL:
	case STORED_UNKNOWN:
	case STORED_CORRUPT:
		break;
	}
	return false;
}

bool ledger_to_mailbox(struct ledger *ledger, struct text key, const struct outbox_row *row, struct now now,
	struct fault *fault)
{
	int64_t n = 0;
	struct text number = key;
	struct mailbox_item item = { row->case_id, row->reply_id, row->message, now.wall_ms };
	struct case_item put = { .record = &mailbox_item_record, .rec = &item };

	/* the row's own number, unique within its case, goes on being the item's */
	for (size_t i = 0; i < key.n; i++)
		if (key.at[i] == '/')
			number = (struct text){ key.at + i + 1, key.n - i - 1 };
	if (!text_to_int(number, &n))
		return fault_set(fault, FAULT_STORE_CORRUPT, "outbox_row");
	put.key = case_mailbox_key(row->partner, now.wall_ms, row->case_id, n, &ledger->batch);
	log_event(LEVEL_WARN, "deliver.mailbox", log_id("trace", row->trace), log_id("case", row->case_id));
	return finish_row(ledger, key, row, "UNDELIVERED", &put, now, fault);
}

bool ledger_delivered(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault)
{
	struct arena *arena = &ledger->batch;
	struct delivered result = { 0 };
	struct outbox_row row = { 0 };
	struct due_row *due;
	struct fault why;
	bool found;

	if (!record_unpack(&delivered_record, &result, arena, input->payload, &why) ||
		!record_check(&delivered_record, &result, &why)) {
		log_event(LEVEL_ERROR, "ledger.delivered", log_word("fault", fault_row(why.code)->name));
		return true;
	}
	due = due_find(&ledger->due[LIST_DELIVER], result.row);
	if (!due)
		return true; /* finished before */
	if (!case_store_read(&ledger->cases, result.row, &outbox_row_record, &row, arena, &found, fault))
		return false;
	if (!found)
		return true;
	if (text_is(result.result, "TAKEN")) {
		log_event(LEVEL_INFO, "deliver.taken", log_id("trace", row.trace), log_id("case", row.case_id),
			log_number("status", result.status));
		return finish_row(ledger, result.row, &row, "DELIVERED", NULL, now, fault);
	}
	if (text_is(result.result, "REFUSED") || now.wall_ms - due->created_ms >= GIVE_UP_MS)
		return ledger_to_mailbox(ledger, result.row, &row, now, fault);
	try_again_later(ledger, LIST_DELIVER, result.row, now);
	log_event(LEVEL_WARN, "deliver.retry", log_id("trace", row.trace), log_id("case", row.case_id),
		log_number("status", result.status), log_number("attempts", due->attempts));
	return true;
}
