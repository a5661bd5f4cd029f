/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back: a backend's decision moves its case and leaves an answer for the prescriber; the courier says what became of that
   answer. Each is taken once, because each takes its outbox row out, or puts it off. */
#include "gateway/ledger/ledger_move.h"
#include "gateway/ledger/ledger_pas.h"
#include "gateway/ledger/ledger_script.h"
#include "gateway/ledger/ledger_reroute.h"

#include "base/log.h"

enum { GIVE_UP_MS = 7 * 24 * 60 * 60 * 1000 }; /* ms; then an answer waits in the mailbox instead */

/* What an outcome is to the case it is about. For a cancellation only the last two are answers. */
static const struct {
	const char *outcome;
	enum case_event event;
	bool reason_needed; /* 42 CFR 438.210(c), 422.568(e): a denial says why */
	bool to_cancel;
} outcomes[] = {
	{ "OPEN", CASE_EVENT_ASKED, false, false },
	{ "MORE_INFORMATION", CASE_EVENT_MORE_INFORMATION, false, false },
	{ "IN_PROCESS", CASE_EVENT_PENDED, false, false },
	{ "APPROVED", CASE_EVENT_APPROVE, false, false },
	{ "PARTIALLY_DENIED", CASE_EVENT_PARTLY, true, false },
	{ "DENIED", CASE_EVENT_DENY, true, false },
	{ "CLOSED", CASE_EVENT_CLOSE, false, false },
	{ "CANCELLED", CASE_EVENT_CANCEL_AGREED, false, true },
	{ "CANCEL_REFUSED", CASE_EVENT_CANCEL_DENIED, false, true },
};
enum { OUTCOMES = sizeof(outcomes) / sizeof(*outcomes) };

bool ledger_outcome(struct text outcome, struct ledger_outcome *out)
{
	for (size_t i = 0; i < OUTCOMES; i++)
		if (text_is(outcome, outcomes[i].outcome)) {
			*out = (struct ledger_outcome){ outcomes[i].event, outcomes[i].reason_needed, outcomes[i].to_cancel };
			return true;
		}
	return false;
}

/* One decision on its way into the batch. */
struct answer {
	struct ledger *ledger;
	struct case_decision decision;
	struct outbox_row row; /* the work it answers */
	enum ledger_list list; /* that row is on */
	struct now now;
	struct arena *arena;
};

/* The row stays and is sent again: after again_ms, or when that is 0, after longer each time. */
static void try_again_later(struct ledger *ledger, enum ledger_list list, struct text key, int64_t again_ms, struct now now)
{
	struct due_row *due = due_find(&ledger->due[list], key);

	if (!due)
		return;
	due->attempts++;
	due_wait(&ledger->due[list], due, now.mono_ms + (again_ms > 0 ? again_ms : due_backoff_ms(due)));
}

/* A decision that cannot be used: its row stays and the backend is asked again later. */
static bool unusable(struct answer *answer, enum fault_code code, const char *where)
{
	log_event(fault_row(code)->level, "case.unusable", log_id("trace", answer->row.trace),
		log_id("case", answer->row.case_id), log_word("fault", fault_row(code)->name), log_path("at", where));
	answer->ledger->counters.faults++;
	try_again_later(answer->ledger, answer->list, answer->decision.row, 0, answer->now);
	return true;
}

/* Puts what needs no new version of the case: that the row is done or waits on, or only the audit entry. */
static bool put_row(struct answer *answer, const struct case_item *item, struct audit_entry audit, struct fault *fault)
{
	struct case_change change = { .items = item, .items_n = item ? 1 : 0, .audit = audit };
	struct stored_reply none;
	enum case_result result;

	change.audit.at_ms = answer->now.wall_ms;
	change.audit.event = answer->row.event;
	change.audit.partner = answer->row.partner;
	change.audit.case_id = answer->row.case_id;
	change.audit.row = answer->decision.row;
	change.audit.trace = answer->row.trace;
	result = case_store_change(&answer->ledger->cases, &change, answer->arena, &none, fault);
	if (result == STORED_OK)
		ledger_touch(answer->ledger, answer->now);
	return result == STORED_OK || result == STORED_CONFLICT;
}

/* A denial that does not say why goes no further; that it came is on record. */
static bool refuse_denial(struct answer *answer, struct fault *fault)
{
	answer->ledger->counters.no_reason++;
	return put_row(answer, NULL, (struct audit_entry){ .what = text_lit("REFUSED"),
		.fault = text_of(fault_row(FAULT_NO_REASON)->name) }, fault) && unusable(answer, FAULT_NO_REASON, "reason");
}

/* -- outcomes that move no case: a remote backend took the question, or did not, or there is nothing to decide -- */

static bool accepted(struct answer *answer, struct fault *fault)
{
	int64_t wall_ms = answer->now.wall_ms, wait = answer->decision.again_ms;
	struct outbox_row await = answer->row;
	struct case_item item = { .key = answer->decision.row };
	bool asked = !text_is(answer->row.event, "NOTIFY");

	if (wait <= 0)
		wait = ledger_await_ms(answer->ledger, answer->row.backend);
	await.kind = text_lit("AWAIT");
	await.due_ms = wait > INT64_MAX - wall_ms ? INT64_MAX : wall_ms + wait;
	if (text_there(answer->decision.backend))
		await.backend = answer->decision.backend; /* who took it is who is asked about it */
	if (asked) {
		item.record = &outbox_row_record;
		item.rec = &await;
	}
	if (!put_row(answer, &item, (struct audit_entry){ .what = text_lit("ACCEPTED") }, fault))
		return false;
	ledger_later(answer->ledger, (struct later){ answer->list, item.key, true, 0, 0 });
	if (asked)
		ledger_later(answer->ledger, (struct later){ answer->list, item.key, false, await.due_ms, await.created_ms });
	log_event(LEVEL_INFO, "case.accepted", log_id("trace", answer->row.trace), log_id("case", answer->row.case_id));
	return true;
}

static bool retry(struct answer *answer, struct fault *fault)
{
	try_again_later(answer->ledger, answer->list, answer->decision.row, answer->decision.again_ms, answer->now);
	return true;
}

/* Refused for good: the prescriber hears so instead of an answer. A notification has nobody to tell. */
static bool failed(struct answer *answer, struct fault *fault)
{
	struct case_item item = { .key = answer->decision.row };

	if (!text_is(answer->row.event, "NOTIFY"))
		return unusable(answer, FAULT_PEER_ANSWER, "message");
	if (!put_row(answer, &item, (struct audit_entry){ .what = text_lit("UNDELIVERED") }, fault))
		return false;
	ledger_later(answer->ledger, (struct later){ answer->list, item.key, true, 0, 0 });
	log_event(LEVEL_WARN, "notify.undelivered", log_id("trace", answer->row.trace), log_id("case", answer->row.case_id));
	return true;
}

static const struct {
	const char *outcome;
	bool (*take)(struct answer *answer, struct fault *fault);
} standing[] = {
	{ "ACCEPTED", accepted },
	{ "RETRY", retry },
	{ "FAILED", failed },
};

/* -- outcomes that do -- */

/* The answer came in SCRIPT to a case of PAS. */
static bool say_in_pas(struct answer *answer, struct ledger_move *move, bool *sayable, struct fault *fault)
{
	const struct case_decision *decision = &answer->decision;
	const struct script_beside beside = { decision->form_url, decision->beside, decision->beside_n };
	struct script_message *said = arena_new(answer->arena, struct script_message);
	struct fault damaged;

	if (!said || !decision->answer.n || !record_unpack(&script_message_record, said, answer->arena, decision->answer, &damaged))
		said = NULL;
	return ledger_script_say(move, said, &beside, sayable, fault);
}

/* Those of an answer that was asked for once more are the same again. */
static void take_losses(struct answer *answer, struct pa_case *at)
{
	const struct case_decision *decision = &answer->decision;

	if (!decision->losses_n)
		return;
	at->losses = decision->losses;
	at->losses_n = decision->losses_n;
	answer->ledger->counters.losses += (int64_t)decision->losses_n;
}

static bool move_case(struct answer *answer, enum case_event event, struct fault *fault)
{
	const struct case_decision *decision = &answer->decision;
	struct ledger_move move = { .ledger = answer->ledger, .now = answer->now, .event = event, .row = decision->row,
		.of = answer->row, .trace = answer->row.trace, .message = decision->message,
		.message_id = ledger_answer_id(&answer->row, answer->arena), .backend = decision->backend, .reason = decision->reason, .backend_case_id = decision->backend_case_id, .claim_key = decision->claim_key, .appeal_case_id = decision->appeal_case_id,
		.e_appeal = decision->e_appeal, .authorization = decision->authorization, .authorized_to = decision->authorized_to, .again_ms = decision->again_ms, .reply_by_ms = decision->reply_by_ms,
		.appeal_by_ms = decision->appeal_by_ms };
	enum case_state state;
	bool found, taken, sayable = true;

	if (!case_store_read(&answer->ledger->cases, case_key(answer->row.case_id, answer->arena), &pa_case_record, &move.at,
		    answer->arena, &found, fault))
		return false;
	if (!found || !case_state_of(move.at.state, &state))
		return fault_set(fault, FAULT_STORE_CORRUPT, "pa_case");
	take_losses(answer, &move.at);
	if (!ledger_missed(&move, &(struct not_mine){ decision->said, decision->said_n, decision->reason }, fault))
		return false;
	event = move.event;
	/* An inquiry that hears once more that it takes longer: the prescriber knows. One that was only taken before is news. */
	if (event == CASE_EVENT_PENDED && text_is(answer->row.kind, "AWAIT") && case_step(state, event)->next == state)
		return accepted(answer, fault);
	if (ledger_asked_in_script(&answer->row) && case_step(state, event)->act != ACT_IGNORE && !move.goes &&
		!say_in_pas(answer, &move, &sayable, fault))
		return false;
	ledger_say_nobody(&move);
	event = move.event;
	if (!sayable || (!decision->message.n && !move.goes && case_step(state, event)->act != ACT_WAIT))
		return unusable(answer, FAULT_PEER_ANSWER, "message");
	if (!ledger_move(&move, "DECISION", &taken, fault))
		return false;
	if (!taken)
		try_again_later(answer->ledger, answer->list, decision->row, 0, answer->now);
	return true;
}

static bool take_decision(struct answer *answer, struct fault *fault)
{
	const struct case_decision *decision = &answer->decision;
	bool cancel = text_is(answer->row.event, "CANCEL"), notice = text_is(answer->row.event, "NOTIFY");
	struct ledger_outcome outcome;

	if (text_is(decision->outcome, "FAILED") && decision->message.n && !notice)
		return move_case(answer, cancel ? CASE_EVENT_CANCEL_DENIED : CASE_EVENT_CLOSE, fault);
	for (size_t i = 0; i < sizeof(standing) / sizeof(*standing); i++)
		if (text_is(decision->outcome, standing[i].outcome))
			return standing[i].take(answer, fault);
	if (!ledger_outcome(decision->outcome, &outcome) || outcome.to_cancel != cancel || notice)
		return unusable(answer, FAULT_PEER_ANSWER, "outcome");
	return move_case(answer, outcome.event, fault);
}

bool ledger_decision(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault)
{
	struct answer answer = { .ledger = ledger, .now = now, .arena = &ledger->batch };
	struct case_decision *decision = &answer.decision;
	struct ledger_outcome outcome;
	struct fault why;
	bool found;

	if (!record_unpack(&case_decision_record, decision, answer.arena, input->payload, &why)) {
		log_event(LEVEL_ERROR, "ledger.decision", log_word("fault", fault_row(why.code)->name));
		return true; /* its row is sent again when the lease ends */
	}
	answer.list = input->peer.kind == ROLE_COURIER ? LIST_REMOTE : LIST_WORK;
	if (!text_starts(decision->row, "o/") ||
		!due_find(&ledger->due[answer.list], decision->row)) { /* taken before, and maybe long ago */
		log_event(LEVEL_INFO, "case.late", log_id("case", decision->case_id));
		return true;
	}
	if (!case_store_read(&ledger->cases, decision->row, &outbox_row_record, &answer.row, answer.arena, &found, fault))
		return false;
	if (!found) /* taken in this very batch */
		return true;
	if (ledger_outcome(decision->outcome, &outcome) && outcome.reason_needed && !text_trim(decision->reason).n)
		return refuse_denial(&answer, fault);
	if (!record_check(&case_decision_record, decision, &why))
		return unusable(&answer, FAULT_PEER_ANSWER, why.path);
	if (!text_equal(decision->case_id, answer.row.case_id))
		return unusable(&answer, FAULT_PEER_ANSWER, "case_decision");
	return take_decision(&answer, fault);
}

/* -- what became of an answer -- */

bool ledger_finish_row(struct ledger *ledger, struct text key, const struct outbox_row *row, const char *what,
	const struct case_item *item, struct now now, struct fault *fault)
{
	struct case_item items[2] = { { .key = key } };
	struct case_change change = { .items = items, .items_n = 1,
		.audit = { .at_ms = now.wall_ms, .what = text_of(what), .partner = row->partner, .message_id = row->reply_id,
			.case_id = text_is(row->kind, "HANDSHAKE") ? TEXT_NONE : row->case_id, .row = key, .trace = row->trace } };
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
	return ledger_finish_row(ledger, key, row, "UNDELIVERED", &put, now, fault);
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
	if (text_there(row.subscription) && (text_is(result.result, "TAKEN") || text_is(result.result, "REFUSED") ||
						now.wall_ms - due->created_ms >= GIVE_UP_MS))
		return ledger_pas_delivered(ledger, result.row, &row, text_is(result.result, "TAKEN"), now, fault);
	if (text_is(result.result, "TAKEN")) {
		log_event(LEVEL_INFO, "deliver.taken", log_id("trace", row.trace), log_id("case", row.case_id),
			log_number("status", result.status));
		return ledger_finish_row(ledger, result.row, &row, "DELIVERED", NULL, now, fault);
	}
	if (text_is(result.result, "REFUSED") || now.wall_ms - due->created_ms >= GIVE_UP_MS)
		return ledger_to_mailbox(ledger, result.row, &row, now, fault);
	try_again_later(ledger, LIST_DELIVER, result.row, 0, now);
	log_event(LEVEL_WARN, "deliver.retry", log_id("trace", row.trace), log_id("case", row.case_id),
		log_number("status", result.status), log_number("attempts", due->attempts));
	return true;
}
