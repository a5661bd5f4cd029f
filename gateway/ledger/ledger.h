/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's state, shared by the files of that role only. Everything an input changes goes into the open batch of the store;
   what is to happen once the batch is durable is noted beside it (held answers, rows for the due lists) and done in ledger.c after
   the commit. So an input that was half handled when the process died never happened. */
#pragma once

#include "gateway/config/partners.h"
#include "gateway/ledger/due.h"
#include "gateway/ledger/ledger_clock.h"
#include "gateway/ledger/mailbox.h"
#include "gateway/bus/role.h"
#include "gateway/ledger/waiting.h"
#include "ncpdp/ncpdp.h"
#include "routing/routing.h"

enum ledger_list {
	LIST_WORK,    /* for the house payer */
	LIST_REMOTE,  /* for the courier, to ask a remote backend */
	LIST_DELIVER, /* for the courier, to tell a prescriber */
	LISTS
};

/* What a batch may take from its first message to its commit: 5 ms until it is closed, and p99 of the fsync. A message with less time
   than this is refused and not stored, so that "no answer could be had in time" stays true. Should a commit take longer yet, it stands:
   the answer leaves late, is counted so, and the same message sent again gets it. */
enum { LEDGER_COMMIT_MS = 30 };

enum { LEDGER_MISSES = 64 }; /* rules that are counted by themselves but for the last, which stands for all others */

/* An answer that leaves once its change is durable. Lives in the batch arena. */
struct held {
	struct input of; /* envelope copied; payload gone */
	struct envelope envelope;
	struct ncpdp_sender sender; /* for the refusal, should the commit fail */
	struct text trace, body;
	enum fault_code fault;
	bool pas;       /* answered in FHIR, under `status` */
	bool plain;     /* answered as plain JSON */
	int status;
	struct text location;                /* PAS: of what was created; TEXT_NONE: nothing was */
	struct text wait_partner, wait_id;   /* PAS: nothing is to be answered yet, the decision of this submission is waited for */
};

/* A change of the due lists that waits for the commit. */
struct later {
	enum ledger_list list;
	struct text key;
	bool remove;
	int64_t due_ms, created_ms; /* Unix time */
};

struct ledger {
	const struct config *config;
	struct partner_book *partners; /* of that configuration */
	struct store *store;
	bool store_owned;
	struct case_store cases;
	struct due_list due[LISTS];
	uint64_t up[ROLE_KINDS]; /* which payers, which couriers are there, a bit each */
	struct mailbox_leases mailbox;
	struct waiting waiting; /* edges with a submission that is stored and not answered */
	struct ledger_clock clock;
	struct rules *rules; /* of that configuration: a case may have to be routed again */
	struct rule_misses misses[LEDGER_MISSES]; /* since the start, by rule */
	char miss_names[LEDGER_MISSES][61];
	size_t misses_n;

	struct arena batch;
	struct held *held;
	struct later *later;
	size_t held_n, later_n;
	int64_t batch_since_ms; /* mono time of the first change in the batch, 0 none */

	int64_t anchored_ms; /* mono time of the last look at the anchor */
	int64_t expire_ms;   /* mono time of the next look at answers to forget */
	bool ended, stopping;
	struct counters counters;
};

/* -- ledger_event.c, ledger_decision.c: one input each, into the open batch. A fault that ends the role (the store cannot be read)
   gives false -- */
bool ledger_event(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault) fault_check;
bool ledger_decision(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault) fault_check;
bool ledger_delivered(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault) fault_check;
/* What an outcome means to a case; false for one that is no answer of a backend. */
struct ledger_outcome {
	enum case_event event;
	bool reason_needed; /* a denial: it must say why */
	bool to_cancel;     /* it answers a PACancelRequest, and only that */
};
bool ledger_outcome(struct text outcome, struct ledger_outcome *out);
/* Takes a row of LIST_DELIVER out, with one thing to put beside it (NULL: nothing), and says so in the audit. */
bool ledger_finish_row(struct ledger *ledger, struct text key, const struct outbox_row *row, const char *what,
	const struct case_item *item, struct now now, struct fault *fault) fault_check;
/* A row that cannot be delivered becomes a mailbox item, so that it can still be fetched. */
bool ledger_to_mailbox(struct ledger *ledger, struct text key, const struct outbox_row *row, struct now now,
	struct fault *fault) fault_check;

/* -- ledger_preflight.c -- */
/* Whoever asks: of whom, and what they know of the member and the orderer (inquiry_keys of a case_message). */
struct asker {
	struct text partner;
	const struct text *keys;
	size_t keys_n;
};
/* Is the case theirs, or found by one of the keys? *may false: they are told nothing of it. False: the store cannot be read. */
bool ledger_may_know(struct ledger *ledger, const struct pa_case *at, const struct asker *asker, struct arena *arena, bool *may,
	struct fault *fault) fault_check;

/* -- ledger_standing.c -- */
/* What was approved here of a member's drugs (a STANDING). */
bool ledger_standing(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault) fault_check;

/* -- ledger_send.c -- */
/* Sends what is due to those who are there and have room. */
bool ledger_send(struct ledger *ledger, struct now now, struct outbox *outbox, struct fault *fault) fault_check;
/* The list a row of the store belongs on. */
enum ledger_list ledger_list_of(const struct outbox_row *row);
/* Whoever worked on the rows for this kind of role is gone: they wait again. */
void ledger_release(struct ledger *ledger, enum role_kind kind, struct now now);
/* Fills the due lists from the store. */
bool ledger_load(struct ledger *ledger, struct now now, struct fault *fault) fault_check;
int64_t ledger_send_wake(const struct ledger *ledger);
/* The callback URL of a partner; TEXT_NONE when it has none. */
struct text ledger_callback(const struct ledger *ledger, struct text partner);

/* -- ledger_expire.c -- */
/* Forgets stored answers whose time is over, some at a time. */
bool ledger_expire(struct ledger *ledger, struct now now, struct fault *fault) fault_check;

/* -- ledger.c -- */
/* Notes the answer to `input`, to leave after the commit; may be filled further until the next one is noted. */
struct held *ledger_hold(struct ledger *ledger, const struct input *input, struct text trace, const struct ncpdp_sender *sender,
	struct text body, enum fault_code fault);
void ledger_later(struct ledger *ledger, struct later later);
/* Something was put into the open batch: it is committed at the next drain, or soon. */
void ledger_touch(struct ledger *ledger, struct now now);
