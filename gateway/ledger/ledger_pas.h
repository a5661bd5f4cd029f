/* SPDX-License-Identifier: Apache-2.0 */
/* What is different about a case that came as a PAS Claim: its submitter waits on the open request for the decision, which is stored as
   the answer of the submission; what comes later goes to subscribers. Shared by the files of the ledger only.

   The stored answer of a submission is empty until it is decided, or until somebody must be told something: then it is the pended one
   (A4), stored first. So whatever left is what is stored, and the same bundle again gets the present answer. */
#pragma once

#include "gateway/ledger/ledger.h"

enum {
	PAS_SUBSCRIPTIONS_MOST = 4, /* of one client; PAS wants one for each organization */
	PAS_KEYS_MOST = 16,         /* case_message.inquiry_keys */
	PAS_ITEMS_MOST = 11 + PAS_KEYS_MOST, /* with the keys of a pre-flight */
	PAS_WAIT_MS = 3000,         /* config.pas_wait_ms when it is not set */
};

struct event;
struct ledger_move;

/* What a submission adds to the change it makes. */
struct pas_items {
	struct text dropped_row;        /* that asked about the request as it was before an update */
	enum ledger_list dropped_list;
	struct text told_id;            /* the submission it asked for, which is answered now with `told` */
	struct stored_reply told;
};

/* What a decision adds to the move it makes. */
struct pas_told {
	struct text asked_id; /* submission that is answered; TEXT_NONE: none is */
	struct stored_reply reply;
	struct pa_subscription subscriptions[PAS_SUBSCRIPTIONS_MOST];
	struct outbox_row rows[PAS_SUBSCRIPTIONS_MOST];
};

bool case_is_pas(const struct pa_case *at);
/* A row of a PAS case whose backend is asked in SCRIPT: the request is there, and the body is what was submitted. */
bool ledger_asked_in_script(const struct outbox_row *row);

/* -- ledger_pas.c -- */
/* The case that a number stands for: our own, or that of this submitter to which a payer gave it which is asked in FHIR. *case_id is `number` when nobody knows
   it, or two payers gave it to different cases. */
bool ledger_pas_number(struct ledger *ledger, struct text partner, struct text number, struct arena *arena, struct text *case_id, struct fault *fault) fault_check;
/* It only asks: it is not remembered, and answered anew each time. */
bool event_pas_reads(const struct case_message *message);
/* The answer to a PAS message is noted: under which HTTP status; or it has no answer yet, and waits. */
void event_pas_held(const struct event *event, struct held *held);
/* Adds what the submission changes beside the case. Room for PAS_ITEMS_MOST items in all. */
bool event_pas_items(const struct event *event, const struct pa_case *before, const struct pa_case *at, struct case_item *items,
	size_t *n, struct pas_items *out) fault_check;
void event_pas_stored(const struct event *event, const struct pas_items *items);
/* It is stored, and the client waits from now on. */
void ledger_pas_wait(struct ledger *ledger, const struct held *held, struct now now);
/* Tells those whose time is over, and all when the role stops, that it is pended. */
bool ledger_pas_act(struct ledger *ledger, struct now now, struct fault *fault) fault_check;
/* The present answer of a submission. One that has none is pended; `keep`: that is then stored as its answer, and whoever waits is told.
   An absent body: it cannot be said, ours to mend. */
bool ledger_pas_answer(struct ledger *ledger, struct text partner, struct text message_id, bool keep, struct now now,
	struct text *body, struct fault *fault) fault_check;
/* The move's message is the answer: adds to the move that it is stored, and what subscribers are told. */
bool ledger_pas_tell(struct ledger_move *move, struct fault *fault) fault_check;
/* The present answer, saying that the time to answer is over. */
bool ledger_pas_lapsed(struct ledger_move *move, struct text *message, struct fault *fault) fault_check;
/* The change is in the batch. */
void ledger_pas_told(const struct ledger_move *move);

/* -- ledger_questions.c -- */
bool event_pas_questions(const struct event *event);

/* -- ledger_inquire.c -- */
bool event_pas_inquire(const struct event *event);

/* -- ledger_news.c -- */
/* A payer has news of a case that it has: it is asked about it at once. */
bool event_pas_news(const struct event *event);

/* -- ledger_subscription.c -- */
bool event_pas_subscribe(const struct event *event);
bool event_pas_unsubscribe(const struct event *event);
bool event_pas_subscription(const struct event *event);
/* Adds a row and a new event number for each subscriber of the case's client. */
bool ledger_pas_notify(struct ledger_move *move, struct fault *fault) fault_check;
/* Where the row goes and with which headers; *there false: the subscription has ended. */
bool ledger_pas_subscriber(struct ledger *ledger, const struct outbox_row *row, struct arena *arena, struct pa_subscription *out,
	bool *there, struct fault *fault) fault_check;
/* What became of a row to a subscriber; `taken` false: it is given up. */
bool ledger_pas_delivered(struct ledger *ledger, struct text key, const struct outbox_row *row, bool taken, struct now now,
	struct fault *fault) fault_check;
