/* SPDX-License-Identifier: Apache-2.0 */
/* The clock acts: warns, escalates, records that a decision is overdue and says so, and ends a case whose prescriber did not answer.
   Each act is one composite change that also sets the next moment, so that after a crash it is done once and not forgotten. */
#include "gateway/ledger/ledger_move.h"

#include "base/log.h"
#include "gateway/config/file.h"
#include "gateway/sandbox/sandbox.h"

#include <string.h>

enum {
	ACT_MOST = 64,             /* looks in one step: a batch of about 256 KB */
	LEASE_MS = 10 * 1000,      /* to the next try when a batch was dropped because the store was full */
	LOAD_MEMORY = 16 << 20,    /* bytes; one case at a time */
	CLOCK_BYTES_MAX = 1 << 20,
};

/* One look on its way into the batch. */
struct acting {
	struct ledger *ledger;
	struct text key;
	struct outbox_row row;
	enum case_state state;
	struct ledger_move move; /* of which the case, the answer and the items are used */
};

/* Puts the case, the clock's row and what was added into the batch. */
static bool store(struct acting *act, struct audit_entry audit, struct fault *fault)
{
	struct ledger_move *move = &act->move;
	struct pa_case *at = &move->at;
	struct case_change change = { .put = at, .expected_version = at->version, .items = move->items, .audit = audit };
	struct stored_reply none;

	if (!ledger_clock_place(act->ledger, at, NULL, TEXT_NONE, move->now, &move->clock, fault))
		return false;
	for (size_t i = 0; i < move->clock.items_n; i++)
		move->items[move->items_n++] = move->clock.items[i];
	at->version++;
	at->changed_ms = move->now.wall_ms;
	change.items_n = move->items_n;
	change.audit.at_ms = move->now.wall_ms;
	change.audit.partner = at->partner;
	change.audit.case_id = at->case_id;
	change.audit.row = act->key;
	change.audit.trace = act->row.trace;
	change.audit.after = at->state;
	change.audit.version = at->version;
	if (case_store_change(&act->ledger->cases, &change, &act->ledger->batch, &none, fault) != STORED_OK)
		return false; /* the case was read in this very step: a conflict would be ours */
	for (size_t i = 0; i < move->later_n; i++)
		ledger_later(act->ledger, move->later[i]);
	return ledger_clock_stored(act->ledger, &move->clock, move->now, fault);
}

static bool warn(struct acting *act, struct fault *fault)
{
	struct audit_entry audit = { .what = text_lit("WARNED") };
	bool last;

	act->move.at.warned = audit.number = ledger_clock_percent(act->ledger->clock.table, &act->move.at, act->move.now.wall_ms, &last);
	if (last)
		audit.what = text_lit("ESCALATED");
	*(last ? &act->move.clock.counts.escalated : &act->move.clock.counts.warned) += 1;
	log_event(last ? LEVEL_ERROR : LEVEL_WARN, last ? "clock.escalated" : "clock.warned", log_id("case", act->move.at.case_id),
		log_id("clock", act->move.at.clock), log_number("percent", audit.number),
		log_number("left_ms", act->move.at.due_ms - act->move.now.wall_ms), log_word("state", case_state_name(act->state)));
	return store(act, audit, fault);
}

static bool breach(struct acting *act, struct fault *fault)
{
	struct pa_case *at = &act->move.at;
	struct audit_entry audit = { .what = text_lit("BREACHED") };
	int64_t hours = 0;
	struct text supply = ledger_clock_supply(act->ledger, at, &act->ledger->batch, &hours);
	struct text message = ledger_overdue(act->ledger, &act->row, at, supply, act->move.now, &act->ledger->batch);

	at->breached_ms = act->move.now.wall_ms;
	act->move.clock.counts.overdue++;
	act->move.clock.counts.breaches[clock_programme_index(at->programme)]++;
	log_event(LEVEL_ERROR, "clock.breached", log_id("case", at->case_id), log_id("clock", at->clock),
		log_number("late_ms", act->move.now.wall_ms - at->due_ms), log_word("state", case_state_name(act->state)),
		log_number("told", text_there(message)));
	if (text_there(message)) {
		audit.message_id = act->move.message_id;
		act->move.message = message;
		ledger_move_deliver(&act->move);
		if (text_there(supply) && !at->supply_ms) {
			at->supply_ms = act->move.now.wall_ms;
			act->move.clock.counts.supplies++;
			act->move.clock.audits[act->move.clock.audits_n++] = (struct audit_entry){ .at_ms = act->move.now.wall_ms,
				.what = text_lit("EMERGENCY_SUPPLY"), .partner = at->partner, .case_id = at->case_id, .number = hours };
		}
	}
	return store(act, audit, fault);
}

static bool lapse(struct acting *act, struct fault *fault)
{
	struct ledger_move *move = &act->move;
	struct buffer reply_id;
	bool taken;

	/* not the one under which the same row may have said that a decision is overdue */
	buffer_init(&reply_id, &act->ledger->batch, act->row.trace.n + 4);
	buffer_add(&reply_id, act->row.trace);
	buffer_lit(&reply_id, ".zy");
	act->row.reply_id = move->message_id = buffer_text(&reply_id);
	move->event = CASE_EVENT_LAPSE;
	if (!case_is_pas(&move->at))
		move->message = ledger_lapsed(act->ledger, &act->row, &move->at, move->now, &act->ledger->batch);
	else if (!ledger_pas_lapsed(move, &move->message, fault))
		return false;
	if (!text_there(move->message)) { /* ours to mend: it is tried again when the lease ends, and the case stays as it is */
		log_event(LEVEL_ERROR, "clock.lapse", log_id("case", move->at.case_id), log_word("fault", fault_row(FAULT_INTERNAL)->name));
		return true;
	}
	return ledger_move(move, "LAPSED", &taken, fault);
}

/* Once a day a case that is overdue, or waits with nothing set, is spoken of again. */
static bool remind(struct acting *act, struct fault *fault)
{
	struct audit_entry audit = { .what = text_lit("ESCALATED") };
	int64_t whole = act->move.at.due_ms - act->move.at.clock_started_ms;

	audit.number = whole > 0 ? (act->move.now.wall_ms - act->move.at.clock_started_ms) * 100 / whole : 0;
	act->move.clock.counts.escalated++;
	log_event(LEVEL_WARN, act->move.at.breached_ms ? "clock.overdue" : "clock.waits", log_id("case", act->move.at.case_id),
		log_id("clock", act->move.at.clock), log_number("open_ms", act->move.now.wall_ms - act->move.at.opened_ms),
		log_word("state", case_state_name(act->state)));
	return store(act, audit, fault);
}

static bool look_at(struct ledger *ledger, struct due_row *due, struct now now, struct fault *fault)
{
	static bool (*const acts[])(struct acting *, struct fault *) = {
		[LOOK_WARN] = warn, [LOOK_DUE] = breach, [LOOK_REPLY] = lapse, [LOOK_AGAIN] = remind,
	};
	struct acting act = { .ledger = ledger, .move = { .ledger = ledger, .now = now } };
	struct arena *arena = &ledger->batch;
	enum clock_look look;
	int64_t when_ms;
	bool found;

	act.key = arena_text(arena, due_key(due));
	due_lease(&ledger->clock.due, due, ledger->clock.seen_ms + LEASE_MS);
	if (!case_store_read(&ledger->cases, act.key, &outbox_row_record, &act.row, arena, &found, fault))
		return false;
	if (!found)
		return true; /* finished in the open batch: the commit takes it off the list */
	if (!case_store_read(&ledger->cases, case_key(act.row.case_id, arena), &pa_case_record, &act.move.at, arena, &found, fault))
		return false;
	if (!found || !case_state_of(act.move.at.state, &act.state) || !text_equal(act.move.at.clock_row, act.key))
		return fault_set(fault, FAULT_STORE_CORRUPT, "clock_row");
	look = ledger_clock_next(ledger->clock.table, &act.move.at, now.wall_ms, &when_ms);
	if (when_ms > now.wall_ms && (look != LOOK_AGAIN || act.row.due_ms > now.wall_ms)) {
		due_wait(&ledger->clock.due, due, look == LOOK_AGAIN ? act.row.due_ms : when_ms); /* the host's clock was set back */
		return true;
	}
	act.move.trace = act.row.trace;
	act.move.message_id = act.row.reply_id;
	return acts[look](&act, fault);
}

bool ledger_clock_act(struct ledger *ledger, struct now now, struct fault *fault)
{
	struct ledger_clock *clock = &ledger->clock;
	struct due_row *due;

	if (now.wall_ms > clock->seen_ms)
		clock->seen_ms = now.wall_ms;
	due_expire(&clock->due, clock->seen_ms);
	for (int n = 0; n < ACT_MOST && (due = due_next(&clock->due, now.wall_ms)); n++)
		if (!look_at(ledger, due, now, fault))
			return false;
	return true;
}

int64_t ledger_clock_wake(const struct ledger *ledger, struct now now)
{
	int64_t wake_ms = due_wake(&ledger->clock.due, true);

	return !wake_ms ? 0 : wake_ms > now.wall_ms ? now.mono_ms + (wake_ms - now.wall_ms) : now.mono_ms + 1;
}

/* -- start and end -- */

bool ledger_clock_load(struct ledger *ledger, struct text key, const struct outbox_row *row, struct fault *fault)
{
	struct clock_counts *counts = &ledger->clock.counts;
	struct pa_case at = { 0 };
	enum case_state state;
	struct arena arena;
	bool found, good;

	arena_init(&arena, LOAD_MEMORY);
	good = case_store_read(&ledger->cases, case_key(row->case_id, &arena), &pa_case_record, &at, &arena, &found, fault);
	if (good && (!found || !case_state_of(at.state, &state)))
		good = fault_set(fault, FAULT_STORE_CORRUPT, "clock_row");
	if (good) {
		counts->open[state]++;
		counts->overdue += at.breached_ms > 0;
		due_add(&ledger->clock.due, key, row->due_ms, row->created_ms);
	}
	arena_done(&arena);
	return good;
}

static bool read_table(const struct config *config, struct clocks **table, struct fault *fault)
{
	struct text file = sandbox_clock();
	struct arena arena;
	int line = 0;
	bool good;

	arena_init(&arena, 2 * CLOCK_BYTES_MAX);
	good = (!config->clock.n || file_bytes(config->clock, CLOCK_BYTES_MAX, "clock", &arena, &file, fault)) &&
		clocks_read(file, table, &line, fault);
	if (!good) {
		log_event(LEVEL_ERROR, "clock.refused", log_number("line", line), log_word("fault", fault_row(fault->code)->name),
			log_path("at", fault->path));
		fault_under(fault, text_lit("clock"), line);
	}
	arena_done(&arena);
	return good;
}

bool ledger_clock_start(struct ledger *ledger, struct fault *fault)
{
	return read_table(ledger->config, &ledger->clock.table, fault);
}

void ledger_clock_reload(struct ledger *ledger)
{
	struct clocks *table;
	struct fault why;

	if (!read_table(ledger->config, &table, &why))
		return; /* read_table has said so */
	clocks_free(ledger->clock.table);
	ledger->clock.table = table;
	log_event(LEVEL_INFO, "clock.reloaded", log_number("rows", (int64_t)clocks_n(table)));
}

void ledger_clock_stop(struct ledger *ledger)
{
	due_done(&ledger->clock.due);
	clocks_free(ledger->clock.table);
	ledger->clock = (struct ledger_clock){ 0 };
}

void ledger_clock_count(const struct ledger *ledger, struct counters *counters)
{
	const struct clock_counts *from = &ledger->clock.counts;
	const struct {
		int64_t *to, value;
	} rows[] = {
		{ &counters->cases_initiated, from->open[CASE_INITIATED] },
		{ &counters->cases_open, from->open[CASE_OPEN] },
		{ &counters->cases_submitted, from->open[CASE_SUBMITTED] },
		{ &counters->cases_in_process, from->open[CASE_IN_PROCESS] },
		{ &counters->cases_more_information, from->open[CASE_MORE_INFORMATION] },
		{ &counters->cases_appealed, from->open[CASE_APPEALED] },
		{ &counters->cases_appeal_open, from->open[CASE_APPEAL_OPEN] },
		{ &counters->overdue, from->overdue },
		{ &counters->warned, from->warned },
		{ &counters->escalated, from->escalated },
		{ &counters->supplies, from->supplies },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		*rows[i].to = rows[i].value;
	for (size_t i = 0; i < counters_record.n; i++) {
		const struct field *field = &counters_record.fields[i];
		const char *programme = strncmp(field->member, "breaches_", 9) == 0 ? field->member + 9 : NULL;

		if (programme)
			*(int64_t *)field_at(field, counters) = from->breaches[clock_programme_index(text_of(programme))];
	}
}
