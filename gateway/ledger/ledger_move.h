/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend's answer, or a deadline, does to a case. Shared by the files of the ledger only. */
#pragma once

#include "gateway/ledger/ledger.h"
#include "gateway/ledger/ledger_pas.h"

enum {
	/* rows taken out, the answer, the next row, the backend's name of the case, and room for four more; of PAS also what each of its
	   subscribers is told, and how many events that one has had */
	MOVE_ITEMS_MOST = 13 + 2 * PAS_SUBSCRIPTIONS_MOST,
};

struct ledger_move {
	/* filled by the caller */
	struct ledger *ledger;
	struct now now;
	struct pa_case at;     /* as it is stored */
	enum case_event event;
	struct text row;       /* outbox row that this answers; absent: it came by itself */
	struct outbox_row of;  /* that row, when there is one */
	struct text trace;     /* of the message that started it */
	struct text message, message_id; /* for the prescriber, whole, and its MessageID; absent: nothing goes to them */
	struct text reason, backend_case_id, claim_key, appeal_case_id, e_appeal, authorization, authorized_to;
	struct text backend; /* who says so; absent: the one the case has */
	int64_t again_ms; /* DEFER, WAIT: the backend is asked again after so long; 0 for a remote one: after its answer_ms */
	int64_t reply_by_ms, appeal_by_ms;

	/* filled by ledger_script_say, of a PAS case that is asked in SCRIPT */
	struct pa_script script;     /* as it is to be stored with the case, when script_put */
	bool script_put;
	struct text follow, follow_id; /* the message that follows at once, packed, and its MessageID; absent: none does */

	/* filled by ledger_missed, of an answer which says that the case is not the backend's */
	bool missed;
	struct case_miss miss;
	bool goes;                     /* to another backend, and nobody is told */
	struct route_decision goes_to;
	struct text goes_with;         /* that decision, packed */
	struct text goes_request, goes_id; /* of PAS: the SCRIPT message, packed; the MessageID of the answer */
	int64_t goes_round;

	/* filled by ledger_move_plan */
	const struct case_step *step;
	struct case_item items[MOVE_ITEMS_MOST];
	struct later later[2 * MOVE_ITEMS_MOST];
	size_t items_n, later_n;
	struct outbox_row deliver, again;
	struct sent_question sent;
	struct mailbox_item item;
	struct pas_told pas;
	struct clock_change clock;
};

/* Works out what the step means for the store: fills `change` but for what a message that came in adds to it. `what` is the audit's word
   for it. An ignored event only takes its row out and says IGNORED. False only when the store cannot be read. The change points into
   `move`, and all texts must live in the batch arena. */
bool ledger_move_plan(struct ledger_move *move, const char *what, struct case_change *change, struct fault *fault) fault_check;
/* The change is in the batch: the due lists follow at the commit. */
bool ledger_moved(const struct ledger_move *move, struct fault *fault) fault_check;
/* Both, for what came in as no message, and the change in between. *taken false: the case is no longer as it was read. */
bool ledger_move(struct ledger_move *move, const char *what, bool *taken, struct fault *fault) fault_check;

/* Takes a row out with the move, if it is still there; also when it was named already. */
bool ledger_move_drop(struct ledger_move *move, struct text key, struct fault *fault) fault_check;
/* MessageID of the answer of a round of asking a backend, in the same row of rounds. */
struct text ledger_round_id(struct text trace, int64_t round, struct arena *arena);
/* One more thing to put or take out with the move, and one more change of the due lists. */
struct case_item *ledger_move_item(struct ledger_move *move, struct case_item item);
void ledger_move_later(struct ledger_move *move, struct later later);
/* NULL or absent names and "house" are the payer that is built in. */
bool ledger_is_house(struct text backend);
/* How long its answer to a message it took is awaited before it is asked again. */
int64_t ledger_await_ms(const struct ledger *ledger, struct text backend);
/* MessageID under which an answer to the row goes to the prescriber: each answer has its own, also when a remote backend is asked
   about them all under one. */
struct text ledger_answer_id(const struct outbox_row *row, struct arena *arena);
/* Puts `message` where the prescriber of the case gets it: as a row for the courier when it has a callback, else into its mailbox. */
void ledger_move_deliver(struct ledger_move *move);
