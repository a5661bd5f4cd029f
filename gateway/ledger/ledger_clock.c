/* SPDX-License-Identifier: Apache-2.0 */
/* What each change of a case does to its clock: it starts, pauses, runs on, is hastened, stops; and which moment is next. */
#include "gateway/ledger/ledger.h"

#include "base/log.h"

#include <assert.h>

#define DAY_MS INT64_C(86400000)

enum { HOUR_MS = 3600000 };

/* A decision is owed: the backend is asked, or the prescriber is on the way to it. */
static bool runs(enum case_state state)
{
	return state != CASE_NEW && (case_state_turn(state) == TURN_BACKEND || case_state_turn(state) == TURN_PRESCRIBER);
}

static enum case_state state_of(const struct pa_case *at)
{
	enum case_state state;

	return case_state_of(at->state, &state) ? state : CASE_NEW;
}

static struct text benefit_of(const struct pa_case *at, struct arena *arena)
{
	struct route_decision decision = { 0 };
	struct fault none;

	if (!at->decision.n || !record_unpack(&route_decision_record, &decision, arena, at->decision, &none))
		return TEXT_NONE;
	return text_is(decision.track, "MEDICAL") ? text_lit("medical") : text_is(decision.track, "PHARMACY") ? text_lit("pharmacy")
													: TEXT_NONE;
}

static const struct clock_rule *choose(const struct ledger *ledger, const struct pa_case *at, const char *runs_for, int64_t at_ms,
	struct arena *arena)
{
	struct clock_question question = { .runs_for = text_of(runs_for), .programme = at->programme,
		.benefit = benefit_of(at, arena), .drug = at->bundled ? text_lit("bundled") : TEXT_NONE,
		.urgency = text_of(clock_urgency_of(at->priority)), .at_ms = at_ms };
	struct clock_choice choice;

	clock_choose(ledger->clock.table, &question, arena, &choice);
	return choice.rule;
}

struct text ledger_clock_supply(struct ledger *ledger, const struct pa_case *at, struct arena *arena, int64_t *hours)
{
	const struct clock_rule *rule = choose(ledger, at, "emergency_supply", at->opened_ms, arena);
	struct buffer note;

	if (!rule)
		return TEXT_NONE;
	*hours = rule->duration_ms / HOUR_MS;
	buffer_init(&note, arena, 160);
	buffer_format(&note, "In an emergency a pharmacy may dispense a supply of at least %lld hours while this is not decided (%.*s).",
		(long long)*hours, TEXT_ARGS(rule->row.basis));
	return buffer_text(&note);
}

/* -- what is next -- */

/* The moment at which so many percent of the time have passed. */
static int64_t moment_of(const struct clock_rule *rule, const struct pa_case *at, int percent)
{
	return clock_after(rule, at->clock_started_ms + at->paused_total_ms, rule->duration_ms / 100 * percent);
}

int64_t ledger_clock_percent(const struct clocks *table, const struct pa_case *at, int64_t now_ms, bool *last)
{
	const struct clock_rule *rule = clocks_find(table, at->clock);
	int64_t passed = 0;

	*last = false;
	for (size_t i = 0; rule && i < rule->warn_n; i++)
		if (moment_of(rule, at, rule->warn[i]) <= now_ms) {
			passed = rule->warn[i];
			*last = i + 1 == rule->warn_n;
		}
	return passed;
}

enum clock_look ledger_clock_next(const struct clocks *table, const struct pa_case *at, int64_t now_ms, int64_t *when_ms)
{
	const struct clock_rule *rule = clocks_find(table, at->clock);
	enum clock_look look = LOOK_AGAIN;

	*when_ms = INT64_MAX;
	if (at->due_ms && !at->breached_ms && !at->paused_ms) {
		for (size_t i = 0; rule && i < rule->warn_n && look == LOOK_AGAIN; i++)
			if (rule->warn[i] > at->warned) {
				*when_ms = moment_of(rule, at, rule->warn[i]);
				look = LOOK_WARN;
			}
		/* a decision in the last millisecond is in time */
		if (at->due_ms < *when_ms) {
			*when_ms = at->due_ms + 1;
			look = LOOK_DUE;
		}
	}
	if (case_state_turn(state_of(at)) == TURN_PRESCRIBER && at->reply_by_ms && at->reply_by_ms < *when_ms) {
		*when_ms = at->reply_by_ms + 1;
		look = LOOK_REPLY;
	}
	if (look == LOOK_AGAIN)
		*when_ms = now_ms + DAY_MS;
	return look;
}

/* -- the row -- */

static int64_t due_of(struct text key)
{
	int64_t due = 0;

	text_cut(&key, '/');
	return text_to_int(text_cut(&key, '/'), &due) ? due : 0;
}

/* Takes the row out, after reading from it what goes on into the next one. */
static bool take_row(struct ledger *ledger, struct pa_case *at, struct clock_change *change, struct fault *fault)
{
	bool found;

	if (!at->clock_row.n)
		return true;
	if (!case_store_read(&ledger->cases, at->clock_row, &outbox_row_record, &change->row, &ledger->batch, &found, fault))
		return false;
	if (!found)
		return fault_set(fault, FAULT_STORE_CORRUPT, "clock_row");
	change->items[change->items_n++] = (struct case_item){ .key = at->clock_row };
	change->moves[change->moves_n++] = (struct clock_move){ .key = at->clock_row, .remove = true };
	at->clock_row = TEXT_NONE;
	return true;
}

bool ledger_clock_place(struct ledger *ledger, struct pa_case *at, const struct script_message *script, struct text trace,
	struct now now, struct clock_change *change, struct fault *fault)
{
	struct arena *arena = &ledger->batch;
	struct outbox_row *row = &change->row;
	bool open = runs(state_of(at));
	struct buffer reply_id;
	int64_t when_ms = 0;

	if (open)
		ledger_clock_next(ledger->clock.table, at, now.wall_ms, &when_ms);
	if (open && !script && at->clock_row.n && due_of(at->clock_row) == when_ms)
		return true;
	if (!take_row(ledger, at, change, fault))
		return false;
	if (!open)
		return true;
	row->kind = text_lit("CLOCK");
	row->case_id = at->case_id;
	row->partner = at->partner;
	row->created_ms = now.wall_ms;
	row->due_ms = when_ms;
	if (script) {
		struct text shell = ledger_shell(script, arena);

		row->request = text_there(shell) ? shell : row->request;
	}
	if (text_there(trace))
		row->trace = trace;
	buffer_init(&reply_id, arena, row->trace.n + 4);
	buffer_add(&reply_id, row->trace);
	buffer_lit(&reply_id, ".zz"); /* past all rounds of a payer's answers: see reply_id_of in ledger_decision.c */
	row->reply_id = buffer_text(&reply_id);
	at->clock_row = case_row_key(when_ms, at->case_id, ++at->rows, arena);
	change->items[change->items_n++] = (struct case_item){ at->clock_row, &outbox_row_record, row };
	change->moves[change->moves_n++] = (struct clock_move){ .key = at->clock_row, .due_ms = when_ms };
	return true;
}

/* -- start, pause, stop -- */

static void start(const struct ledger *ledger, struct pa_case *at, const struct clock_rule *rule, int64_t from_ms)
{
	at->clock = rule ? rule->row.id : TEXT_NONE;
	at->clock_started_ms = from_ms;
	at->due_ms = rule ? clock_after(rule, from_ms, rule->duration_ms) : 0;
	at->warned = at->breached_ms = at->decided_ms = at->paused_ms = at->paused_total_ms = 0;
	log_event(LEVEL_INFO, "clock.start", log_id("case", at->case_id), log_id("clock", at->clock),
		log_number("due_ms", at->due_ms), log_number("rows", (int64_t)clocks_n(ledger->clock.table)));
}

/* A message that asks for speed gets the shorter clock from its own receipt on; it never gets a longer one. */
static void hasten(const struct ledger *ledger, struct pa_case *at, int64_t received_ms, struct arena *arena)
{
	const struct clock_rule *runs_now = clocks_find(ledger->clock.table, at->clock), *rule;

	if (at->breached_ms)
		return;
	rule = choose(ledger, at, runs_now && text_is(runs_now->row.runs_for, "appeal") ? "appeal" : "decision", received_ms, arena);
	if (rule && rule != runs_now && clock_after(rule, received_ms, rule->duration_ms) < at->due_ms)
		start(ledger, at, rule, received_ms);
}

static void resume(struct pa_case *at, int64_t at_ms)
{
	int64_t stood = at->paused_ms && at_ms > at->paused_ms ? at_ms - at->paused_ms : 0;

	at->due_ms += stood;
	at->paused_total_ms += stood;
	at->paused_ms = 0;
}

static void pause_or_resume(const struct ledger *ledger, struct pa_case *at, int64_t at_ms)
{
	const struct clock_rule *rule = clocks_find(ledger->clock.table, at->clock);
	bool waits = case_state_turn(state_of(at)) == TURN_PRESCRIBER;

	if (waits && !at->paused_ms && rule && rule->pauses && !at->breached_ms && at_ms <= at->due_ms)
		at->paused_ms = at_ms;
	else if (!waits)
		resume(at, at_ms);
}

static struct audit_entry *audit(struct clock_change *change, const struct pa_case *at, const char *what, struct now now)
{
	struct audit_entry *entry = &change->audits[change->audits_n++];

	assert(change->audits_n <= CLOCK_AUDITS);
	*entry = (struct audit_entry){ .at_ms = now.wall_ms, .what = text_of(what), .partner = at->partner, .case_id = at->case_id };
	return entry;
}

static void stop(struct ledger *ledger, struct pa_case *at, struct now now, struct clock_change *change)
{
	enum case_state state = state_of(at);
	const struct clock_rule *window;

	resume(at, now.wall_ms);
	/* the decision came before the clock could act: it is late all the same */
	if (at->due_ms && !at->breached_ms && now.wall_ms > at->due_ms) {
		at->breached_ms = now.wall_ms;
		audit(change, at, "BREACHED", now)->after = at->state;
		change->counts.breaches[clock_programme_index(at->programme)]++;
		log_event(LEVEL_ERROR, "clock.breached", log_id("case", at->case_id), log_id("clock", at->clock),
			log_number("late_ms", now.wall_ms - at->due_ms));
	}
	at->decided_ms = now.wall_ms;
	if ((state == CASE_DENIED || state == CASE_PARTIALLY_DENIED) && !at->appeal_by_ms) {
		window = choose(ledger, at, "appeal_window", now.wall_ms, &ledger->batch);
		if (window)
			at->appeal_by_ms = clock_after(window, now.wall_ms, window->duration_ms);
	}
}

/* Where the backend named no deadline, a question does not wait for ever. */
static void set_deadline(struct ledger *ledger, struct pa_case *at, struct now now)
{
	const struct clock_rule *reply;

	if (case_state_turn(state_of(at)) != TURN_PRESCRIBER || at->reply_by_ms)
		return;
	reply = choose(ledger, at, "reply", now.wall_ms, &ledger->batch);
	if (reply)
		at->reply_by_ms = clock_after(reply, now.wall_ms, reply->duration_ms);
}

/* The answer that leaves now says it: see ledger_clock_supply. Only the house's answers are ours to add to. */
static void note_supply(struct ledger *ledger, struct pa_case *at, enum case_event when, struct now now, struct clock_change *change)
{
	int64_t hours;

	if (at->supply_ms || (at->backend.n && !text_is(at->backend, "house")) ||
		(when != CASE_EVENT_ASKED && when != CASE_EVENT_PENDED && when != CASE_EVENT_MORE_INFORMATION))
		return;
	if (!text_there(ledger_clock_supply(ledger, at, &ledger->batch, &hours)))
		return;
	at->supply_ms = now.wall_ms;
	audit(change, at, "EMERGENCY_SUPPLY", now)->number = hours;
	change->counts.supplies++;
}

bool ledger_clock_follow(struct ledger *ledger, struct pa_case *at, enum case_state before, enum case_event when,
	const struct case_message *message, const struct script_message *script, struct now now, struct clock_change *change,
	struct fault *fault)
{
	enum case_state state = state_of(at);
	bool ran = runs(before), goes_on = runs(state), was_overdue = ran && at->breached_ms;
	int64_t from_ms = message ? message->received_ms : now.wall_ms;

	*change = (struct clock_change){ 0 };
	if (message && text_there(message->programme)) {
		at->programme = message->programme;
		at->bundled = message->bundled;
	}
	if (ran && goes_on)
		pause_or_resume(ledger, at, from_ms);
	if (goes_on && (!ran || !at->clock_started_ms))
		start(ledger, at, choose(ledger, at, when == CASE_EVENT_APPEAL ? "appeal" : "decision", from_ms, &ledger->batch), from_ms);
	else if (goes_on && message && text_is(at->priority, "X"))
		hasten(ledger, at, from_ms, &ledger->batch);
	if (ran && !goes_on)
		stop(ledger, at, now, change);
	if (goes_on)
		set_deadline(ledger, at, now);
	if (ran && goes_on)
		note_supply(ledger, at, when, now, change);
	change->counts.open[before] -= ran;
	change->counts.open[state] += goes_on;
	change->counts.overdue += (goes_on && at->breached_ms) - was_overdue;
	return ledger_clock_place(ledger, at, script, message ? message->trace : TEXT_NONE, now, change, fault);
}

static void add_counts(struct clock_counts *to, const struct clock_counts *from)
{
	for (int i = 0; i < CASE_STATES; i++)
		to->open[i] += from->open[i];
	to->overdue += from->overdue;
	to->warned += from->warned;
	to->escalated += from->escalated;
	to->supplies += from->supplies;
	for (int i = 0; i < CLOCK_PROGRAMMES_N; i++)
		to->breaches[i] += from->breaches[i];
}

bool ledger_clock_stored(struct ledger *ledger, const struct clock_change *change, struct now now, struct fault *fault)
{
	struct arena *arena = &ledger->batch;

	ledger_touch(ledger, now);
	for (size_t i = 0; i < change->audits_n; i++) {
		struct stored_reply none;

		if (case_store_change(&ledger->cases, &(struct case_change){ .audit = change->audits[i] }, arena, &none, fault) != STORED_OK)
			return false;
	}
	for (size_t i = 0; i < change->moves_n; i++) {
		struct clock_move *move =
			arena_push(arena, (void **)&ledger->clock.moves, &ledger->clock.moves_n, sizeof(*move));

		assert(move);
		*move = change->moves[i];
		move->key = arena_text(arena, move->key);
	}
	add_counts(&ledger->clock.uncommitted, &change->counts);
	return true;
}

void ledger_clock_settle(struct ledger *ledger, bool good)
{
	struct ledger_clock *clock = &ledger->clock;

	for (size_t i = 0; good && i < clock->moves_n; i++) {
		const struct clock_move *move = &clock->moves[i];
		struct due_row *row;

		if (!move->remove)
			due_add(&clock->due, move->key, move->due_ms, 0);
		else if ((row = due_find(&clock->due, move->key)) != NULL)
			due_remove(&clock->due, row);
	}
	if (good)
		add_counts(&clock->counts, &clock->uncommitted);
	clock->uncommitted = (struct clock_counts){ 0 };
	clock->moves = NULL;
	clock->moves_n = 0;
}
