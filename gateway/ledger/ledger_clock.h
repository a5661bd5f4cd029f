/* SPDX-License-Identifier: Apache-2.0 */
/* The decision clocks of open cases: when each is to be looked at next, and what has been counted. Shared by the ledger's files only.

   A case that owes its prescriber a decision has one CLOCK row in the outbox, named in pa_case.clock_row, whose time is the next
   moment at which something is to happen: a warning, the due time, the end of a DeadlineForReply. Every change of a case moves that
   row in the same composite change, so a clock lasts as its case does, and acting costs what is due and not what is open. */
#pragma once

#include "gateway/ledger/due.h"
#include "gateway/bus/role.h"
#include "ncpdp/ncpdp.h"
#include "routing/case_store.h"
#include "routing/clock.h"

struct ledger;

struct clock_counts {
	int64_t open[CASE_STATES]; /* cases that owe a decision, by state */
	int64_t overdue;           /* of those, past their time */
	int64_t warned, escalated, supplies;
	int64_t breaches[CLOCK_PROGRAMMES_N];
};

/* A CLOCK row that comes or goes with the commit. */
struct clock_move {
	struct text key;
	bool remove;
	int64_t due_ms; /* Unix time */
};

/* Zeroed is empty. */
struct ledger_clock {
	struct clocks *table;
	struct due_list due;                  /* CLOCK rows by Unix time: neither a suspended host nor a clock that is set hides one */
	int64_t seen_ms;                      /* latest Unix time acted at; does not go back */
	struct clock_counts counts, uncommitted;
	struct clock_move *moves;             /* of the open batch, in its arena */
	size_t moves_n;
};

enum { CLOCK_ITEMS = 2, CLOCK_AUDITS = 3 };

/* What the clock adds to one composite change of a case. */
struct clock_change {
	struct case_item items[CLOCK_ITEMS]; /* to go into that change */
	size_t items_n;
	struct outbox_row row;
	struct clock_move moves[CLOCK_ITEMS];
	size_t moves_n;
	struct audit_entry audits[CLOCK_AUDITS]; /* further entries of the same batch */
	size_t audits_n;
	struct clock_counts counts;
};

/* -- ledger_clock.c -- */
/* To be called when a change of a case is ready but for its clock: at->state is the new one, `before` the one it comes from, CASE_NEW
   for a case that opens. message and script are the prescriber's message, NULL when it is the backend's or the clock's doing. Sets
   the rows of `at` that are the clock's, numbers its row, and fills *change, whose items the caller puts into its own change. */
bool ledger_clock_follow(struct ledger *ledger, struct pa_case *at, enum case_state before, enum case_event when,
	const struct case_message *message, const struct script_message *script, struct now now, struct clock_change *change,
	struct fault *fault) fault_check;
/* To be called once that change is in the open batch. */
bool ledger_clock_stored(struct ledger *ledger, const struct clock_change *change, struct now now, struct fault *fault) fault_check;
/* The same as ledger_clock_follow for a change in which only the clock itself moves. */
bool ledger_clock_place(struct ledger *ledger, struct pa_case *at, const struct script_message *script, struct text trace,
	struct now now, struct clock_change *change, struct fault *fault) fault_check;

enum clock_look { LOOK_WARN, LOOK_DUE, LOOK_REPLY, LOOK_AGAIN };
/* What is next for a case that owes a decision, and when (Unix time, maybe past): LOOK_AGAIN for one of which nothing more is set. */
enum clock_look ledger_clock_next(const struct clocks *table, const struct pa_case *at, int64_t now_ms, int64_t *when_ms);
/* The highest percent of its time that has passed and is one at which a warning is due; 0: none. *last: it is the last of them. */
int64_t ledger_clock_percent(const struct clocks *table, const struct pa_case *at, int64_t now_ms, bool *last);
/* What an answer that leaves the case undecided says of an emergency supply, and the hours that this lasts; TEXT_NONE where none applies. */
struct text ledger_clock_supply(struct ledger *ledger, const struct pa_case *at, struct arena *arena, int64_t *hours);

/* -- ledger_clock_act.c -- */
/* Takes a CLOCK row in at the start. */
bool ledger_clock_load(struct ledger *ledger, struct text key, const struct outbox_row *row, struct fault *fault) fault_check;
/* Does what is due, some at a time, into the open batch. */
bool ledger_clock_act(struct ledger *ledger, struct now now, struct fault *fault) fault_check;
/* Mono time at which something is next due; 0: never. */
int64_t ledger_clock_wake(const struct ledger *ledger, struct now now);
/* The batch is committed, or dropped. */
void ledger_clock_settle(struct ledger *ledger, bool good);
void ledger_clock_count(const struct ledger *ledger, struct counters *counters);
/* Reads the table that the configuration names. */
bool ledger_clock_start(struct ledger *ledger, struct fault *fault) fault_check;
/* The same while running; a table that cannot be used leaves the one before in its place. Running clocks keep their times. */
void ledger_clock_reload(struct ledger *ledger);
void ledger_clock_stop(struct ledger *ledger);

/* -- ledger_notice.c -- */
/* A request without its answers and attachments, packed: enough to answer it later. TEXT_NONE for a message that is none. */
struct text ledger_shell(const struct script_message *request, struct arena *arena);
/* The message that says a decision is overdue; TEXT_NONE where the standard has none (only PAResponse can say that it takes longer). */
struct text ledger_overdue(const struct ledger *ledger, const struct outbox_row *row, const struct pa_case *at, struct text supply,
	struct now now, struct arena *arena);
/* The message that closes the case with this reason code of SCRIPT and these words. */
struct text ledger_closed(const struct ledger *ledger, const struct outbox_row *row, const struct pa_case *at, const char *code, struct text note,
	struct now now, struct arena *arena);
/* The message that says the time to answer has passed. */
struct text ledger_lapsed(const struct ledger *ledger, const struct outbox_row *row, const struct pa_case *at, struct now now,
	struct arena *arena);
