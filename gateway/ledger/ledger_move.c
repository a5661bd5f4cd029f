/* SPDX-License-Identifier: Apache-2.0 */
/* What moves a case from the other side: rows that are done go, the answer waits for the prescriber, and a backend that still owes a
   decision is asked again, all in one change. */
#include "gateway/ledger/ledger_move.h"
#include "gateway/ledger/ledger_reroute.h"

#include "base/log.h"
#include "gateway/config/route.h"

#include <assert.h>

enum {
	ROUND_MOST = 1000,          /* outbox_row.round */
	AWAIT_MS = 60 * 1000,       /* [backend] answer_ms when it is not set */
};

bool ledger_is_house(struct text backend)
{
	return !backend.n || text_is(backend, "house");
}

int64_t ledger_await_ms(const struct ledger *ledger, struct text name)
{
	const struct backend *backend = backend_find(ledger->config, name);

	return backend && backend->answer_ms > 0 ? backend->answer_ms : AWAIT_MS;
}

static int64_t after(int64_t wall_ms, int64_t ms)
{
	return ms > INT64_MAX - wall_ms ? INT64_MAX : wall_ms + ms;
}

struct case_item *ledger_move_item(struct ledger_move *move, struct case_item item)
{
	assert(move->items_n < MOVE_ITEMS_MOST);
	move->items[move->items_n] = item;
	return &move->items[move->items_n++];
}

void ledger_move_later(struct ledger_move *move, struct later later)
{
	assert(move->later_n < sizeof(move->later) / sizeof(*move->later));
	move->later[move->later_n++] = later;
}

/* MessageID of the next answer in the same row of rounds: the trace, a dot, and the round in base 36, which keeps 1,000 rounds
   within 35 characters. */
struct text ledger_round_id(struct text trace, int64_t round, struct arena *arena)
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

struct text ledger_answer_id(const struct outbox_row *row, struct arena *arena)
{
	return ledger_is_house(row->backend) || !row->round ? row->reply_id : ledger_round_id(row->trace, row->round, arena);
}

void ledger_move_deliver(struct ledger_move *move)
{
	struct arena *arena = &move->ledger->batch;
	const struct pa_case *at = &move->at;
	int64_t n = ++move->at.rows, wall_ms = move->now.wall_ms;
	struct text key;

	assert(text_there(move->message) && text_there(move->message_id)); /* the caller looked whether the step has one */
	if (!text_there(ledger_callback(move->ledger, at->partner))) {
		move->item = (struct mailbox_item){ at->case_id, move->message_id, move->message, wall_ms };
		key = case_mailbox_key(at->partner, wall_ms, at->case_id, n, arena);
		ledger_move_item(move, (struct case_item){ key, &mailbox_item_record, &move->item });
		return;
	}
	move->deliver = (struct outbox_row){ .kind = text_lit("DELIVER"), .case_id = at->case_id, .partner = at->partner,
		.created_ms = wall_ms, .due_ms = wall_ms, .trace = move->trace, .reply_id = move->message_id,
		.message = move->message };
	key = case_row_key(wall_ms, at->case_id, n, arena);
	ledger_move_item(move, (struct case_item){ key, &outbox_row_record, &move->deliver });
	ledger_move_later(move, (struct later){ LIST_DELIVER, key, false, wall_ms, wall_ms });
}

bool ledger_move_drop(struct ledger_move *move, struct text key, struct fault *fault)
{
	struct arena *arena = &move->ledger->batch;
	struct outbox_row row = { 0 };
	bool found;

	if (!text_there(key))
		return true;
	for (size_t i = 0; i < move->items_n; i++)
		if (text_equal(move->items[i].key, key))
			return true;
	if (!case_store_read(&move->ledger->cases, key, &outbox_row_record, &row, arena, &found, fault))
		return false;
	if (!found)
		return true;
	ledger_move_item(move, (struct case_item){ .key = key });
	ledger_move_later(move, (struct later){ ledger_list_of(&row), key, true, 0, 0 });
	return true;
}

/* The house payer is asked anew, under a new MessageID for its next answer. */
static void ask_house_again(struct ledger_move *move)
{
	int64_t n = ++move->at.rows, wall_ms = move->now.wall_ms;
	struct arena *arena = &move->ledger->batch;
	struct outbox_row *again = &move->again;
	struct text key;

	*again = move->of;
	again->created_ms = wall_ms;
	again->due_ms = after(wall_ms, move->again_ms);
	again->round = move->of.round < ROUND_MOST ? move->of.round + 1 : ROUND_MOST;
	again->reply_id = ledger_round_id(again->trace, again->round, arena);
	key = case_row_key(again->due_ms, again->case_id, n, arena);
	ledger_move_item(move, (struct case_item){ key, &outbox_row_record, again });
	ledger_move_later(move, (struct later){ LIST_WORK, key, false, again->due_ms, wall_ms });
	move->at.work_row = key;
}

/* It answers in the place of the backend that has the case, and is not only another address of that. */
static bool by_another(const struct ledger_move *move)
{
	const struct backend *has = backend_find(move->ledger->config, move->at.backend);
	const struct backend *says = backend_find(move->ledger->config, move->backend);

	return has && says && !text_equal(has->id, says->id);
}

/* A remote backend has the question and owes the answer: its row stays as it is, under the same MessageID, and waits longer. */
static bool await(struct ledger_move *move, struct fault *fault)
{
	int64_t wall_ms = move->now.wall_ms;
	struct outbox_row *again = &move->again;
	struct text key = move->at.work_row;
	bool found = false;

	if (text_there(key) && !case_store_read(&move->ledger->cases, key, &outbox_row_record, again, &move->ledger->batch, &found, fault))
		return false;
	if (!found)
		return fault_set(fault, FAULT_STORE_CORRUPT, "pa_case/work_row");
	again->kind = text_lit("AWAIT");
	if (by_another(move))
		again->backend = move->backend;
	if (text_there(move->row) && move->step->act == ACT_DEFER) /* this answer goes out under the row's present id */
		again->round = again->round < ROUND_MOST ? again->round + 1 : ROUND_MOST;
	again->due_ms = after(wall_ms, move->again_ms > 0 ? move->again_ms : ledger_await_ms(move->ledger, again->backend));
	ledger_move_item(move, (struct case_item){ key, &outbox_row_record, again });
	ledger_move_later(move, (struct later){ LIST_REMOTE, key, true, 0, 0 });
	ledger_move_later(move, (struct later){ LIST_REMOTE, key, false, again->due_ms, wall_ms });
	return true;
}

static bool keep_asking(struct ledger_move *move, struct fault *fault)
{
	if (!ledger_is_house(move->at.backend))
		return await(move, fault);
	if (!text_there(move->row))
		return fault_set(fault, FAULT_STORE_CORRUPT, "pa_case/work_row");
	if (!ledger_move_drop(move, move->row, fault))
		return false;
	ask_house_again(move);
	return true;
}

static void note_answer(struct ledger_move *move)
{
	struct pa_case *at = &move->at;
	enum case_turn turn = case_state_turn(move->step->next);
	bool decides = move->step->next != move->step->in || move->step->act == ACT_DEFER || move->step->act == ACT_WAIT;
	struct text key;

	/* a second choice that answers has the case from now on: what follows is for it, under its name of the case */
	if (decides && by_another(move)) {
		at->backend = move->backend;
		at->backend_case_id = TEXT_NONE;
	}
	if (text_there(move->backend_case_id) && !ledger_is_house(at->backend) &&
		!text_equal(move->backend_case_id, at->backend_case_id)) {
		at->backend_case_id = move->backend_case_id;
		key = case_backend_key(at->backend, at->backend_case_id, &move->ledger->batch);
		ledger_move_item(move, (struct case_item){ .key = key, .value = at->case_id });
	}
	if (text_there(move->claim_key) && !ledger_is_house(at->backend)) {
		key = case_backend_key(at->backend, move->claim_key, &move->ledger->batch);
		ledger_move_item(move, (struct case_item){ .key = key, .value = at->case_id });
	}
	if (text_there(move->appeal_case_id))
		at->appeal_case_id = move->appeal_case_id;
	if (!decides)
		return; /* an answer to something else than the request for a decision */
	if (text_there(move->reason))
		at->reason = move->reason;
	at->reply_by_ms = turn == TURN_PRESCRIBER ? move->reply_by_ms : 0;
	at->appeal_by_ms = turn == TURN_DECIDED ? move->appeal_by_ms : 0;
	at->e_appeal = turn == TURN_DECIDED ? move->e_appeal : TEXT_NONE;
	at->authorization = turn == TURN_DECIDED ? move->authorization : TEXT_NONE;
	at->authorized_to = turn == TURN_DECIDED ? move->authorized_to : TEXT_NONE;
	if (case_state_decided(move->step->next) && !case_state_decided(move->step->in))
		at->decided_ms = move->now.wall_ms;
}

/* Rows whose question is settled by this. */
static bool drop_rows(struct ledger_move *move, struct fault *fault)
{
	struct pa_case *at = &move->at;

	if (move->event == CASE_EVENT_CANCEL_AGREED || move->event == CASE_EVENT_CANCEL_DENIED) {
		if (!ledger_move_drop(move, at->cancel_row, fault))
			return false;
		at->cancel_row = TEXT_NONE;
	}
	if (case_state_turn(move->step->next) != TURN_BACKEND) {
		if (!ledger_move_drop(move, at->work_row, fault))
			return false;
		at->work_row = TEXT_NONE;
	}
	return move->step->act == ACT_DEFER || move->step->act == ACT_WAIT || ledger_move_drop(move, move->row, fault);
}

static bool tell(struct ledger_move *move, struct fault *fault)
{
	if (case_is_pas(&move->at))
		return ledger_pas_tell(move, fault);
	ledger_move_deliver(move);
	return true;
}

/* What was submitted had the answers with it: they go to the backend instead of the questions to the submitter, and the case stays where it is. */
static bool follow(struct ledger_move *move, struct case_change *change, struct fault *fault)
{
	struct arena *arena = &move->ledger->batch;
	struct pa_case *at = &move->at;
	struct outbox_row *next = &move->again, asked = move->of;
	int64_t wall_ms = move->now.wall_ms;
	bool found = text_there(move->row);
	struct text key;

	if (!found && !case_store_read(&move->ledger->cases, at->work_row, &outbox_row_record, &asked, arena, &found, fault))
		return false;
	if (!found)
		return fault_set(fault, FAULT_STORE_CORRUPT, "pa_case/work_row");
	if (!ledger_move_drop(move, at->work_row, fault) || !ledger_move_drop(move, move->row, fault))
		return false;
	note_answer(move);
	at->reply_by_ms = 0;
	*next = asked;
	next->kind = text_lit("WORK");
	next->event = text_lit("SUBMIT");
	next->request = move->follow;
	next->created_ms = next->due_ms = wall_ms;
	next->reply_id = move->follow_id;
	next->rounds_before = next->round; /* another message: its rounds begin anew, and no answer is called as one before */
	next->backend = at->backend;
	next->backend_case_id = at->backend_case_id;
	next->state = text_lit("OPEN");
	next->reply_by_ms = move->reply_by_ms;
	key = case_row_key(wall_ms, at->case_id, ++at->rows, arena);
	at->work_row = key;
	at->asked_event = next->event;
	ledger_move_item(move, (struct case_item){ key, &outbox_row_record, next });
	ledger_move_later(move, (struct later){ ledger_list_of(next), key, false, wall_ms, wall_ms });
	if (!ledger_is_house(at->backend)) {
		move->sent = (struct sent_question){ at->case_id, next->event, at->asked_id, at->begun_id };
		ledger_move_item(move, (struct case_item){ case_question_key(next->reply_id, arena), &sent_question_record, &move->sent });
	}
	at->version++;
	at->changed_ms = wall_ms;
	change->put = at;
	change->items_n = move->items_n;
	change->audit.what = text_lit("FOLLOWED");
	change->audit.event = TEXT_NONE; /* nothing happened to its state */
	change->audit.after = at->state;
	change->audit.version = at->version;
	return true;
}

bool ledger_move_plan(struct ledger_move *move, const char *what, struct case_change *change, struct fault *fault)
{
	struct pa_case *at = &move->at;
	enum case_state state;

	if (!case_state_of(at->state, &state))
		return fault_set(fault, FAULT_STORE_CORRUPT, "pa_case");
	move->step = case_step(state, move->event);
	*change = (struct case_change){ .expected_version = at->version, .items = move->items };
	change->audit = (struct audit_entry){ .at_ms = move->now.wall_ms, .what = text_lit("IGNORED"),
		.event = text_of(case_event_name(move->event)), .partner = at->partner, .case_id = at->case_id,
		.row = move->row, .trace = move->trace };
	if (move->missed) {
		change->audit.rule = move->miss.rule;
		change->audit.rules = move->miss.version;
		change->audit.backend = move->miss.backend;
	}
	if (move->goes)
		return ledger_reroute_plan(move, change, fault);
	assert(move->step->act != ACT_ASK && move->step->act != ACT_REFUSE); /* those are for a prescriber's messages */
	if (move->step->act == ACT_IGNORE) {
		if (!ledger_move_drop(move, move->row, fault))
			return false;
		change->items_n = move->items_n;
		return true;
	}
	if (move->script_put)
		ledger_move_item(move, (struct case_item){ case_script_key(at->case_id, &move->ledger->batch), &pa_script_record, &move->script });
	if (text_there(move->follow))
		return follow(move, change, fault);
	if (!drop_rows(move, fault))
		return false;
	if (move->step->act != ACT_WAIT && !tell(move, fault))
		return false;
	if ((move->step->act == ACT_DEFER || move->step->act == ACT_WAIT) && !keep_asking(move, fault))
		return false;
	note_answer(move);
	at->version++;
	at->state = text_of(case_state_name(move->step->next));
	at->changed_ms = move->now.wall_ms;
	change->put = at;
	if (!ledger_clock_follow(move->ledger, at, state, move->event, NULL, NULL, move->now, &move->clock, fault))
		return false;
	for (size_t i = 0; i < move->clock.items_n; i++)
		ledger_move_item(move, move->clock.items[i]);
	change->items_n = move->items_n;
	change->audit.what = text_of(what);
	change->audit.before = text_of(case_state_name(state));
	change->audit.after = at->state;
	change->audit.version = at->version;
	if ((move->step->act == ACT_DEFER || move->step->act == ACT_WAIT) && !ledger_is_house(at->backend))
		change->audit.row = TEXT_NONE; /* it is not finished by this */
	return true;
}

bool ledger_moved(const struct ledger_move *move, struct fault *fault)
{
	const struct case_step *step = move->step;

	ledger_touch(move->ledger, move->now);
	for (size_t i = 0; i < move->later_n; i++)
		ledger_later(move->ledger, move->later[i]);
	if (move->missed)
		ledger_rerouted(move);
	if (move->goes)
		return true;
	ledger_pas_told(move);
	log_event(LEVEL_INFO, step->act == ACT_IGNORE ? "case.ignored" : text_there(move->follow) ? "case.followed" : "case.moved", log_id("trace", move->trace),
		log_id("case", move->at.case_id), log_word("event", case_event_name(step->when)),
		log_word("before", case_state_name(step->in)), log_word("after", case_state_name(text_there(move->follow) ? step->in : step->next)));
	return ledger_clock_stored(move->ledger, &move->clock, move->now, fault);
}

bool ledger_move(struct ledger_move *move, const char *what, bool *taken, struct fault *fault)
{
	struct case_change change;
	struct stored_reply none;
	enum case_result result;

	*taken = false;
	if (!ledger_move_plan(move, what, &change, fault))
		return false;
	if (change.put && text_there(move->message) && !text_there(move->follow) && !move->goes)
		change.audit.message_id = move->message_id;
	result = case_store_change(&move->ledger->cases, &change, &move->ledger->batch, &none, fault);
	if (result == STORED_CONFLICT)
		return true;
	if (result != STORED_OK)
		return false;
	*taken = true;
	return ledger_moved(move, fault);
}
