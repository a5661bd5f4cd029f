/* SPDX-License-Identifier: Apache-2.0 */
/* What a remote backend answered on its own time, as the ledger is told it: whether it was posted here or fetched from its mailbox. */
#pragma once

#include "gateway/bus/role.h"
#include "ncpdp/outcome.h"

/* True for the messages that answer a case. */
bool remote_answers(enum ncpdp_kind kind);

/* The outcome of such a message, read and checked. NO_REASON for a denial, whole or part, that says no reason: it is not taken
   (42 CFR 438.210(c), 422.568(e)). UNKNOWN_MESSAGE for any other message. */
bool remote_outcome(const struct ncpdp_message *message, struct ncpdp_outcome *out, struct fault *fault) fault_check;
/* "Y", "N", or absent when it says nothing about an appeal, as the bus has it. */
struct text remote_e_appeal(const struct ncpdp_outcome *outcome);

/* It closed the case because that is not its to decide: what that says of the track, for case_decision.said. Gives how many; the list is in the arena. */
size_t remote_not_mine(const struct ncpdp_outcome *outcome, struct arena *arena, struct route_said **said);

struct remote_answer {
	const struct ncpdp_message *message; /* read and checked */
	const struct backend *backend;       /* that sent it */
	struct text body;                    /* as received */
	struct text trace;                   /* at most 32 characters */
	struct text reply_id;                /* MessageID of the Status that takes it */
	int64_t received_ms, wall_ms;
};

/* An EVENT of the kind ANSWER, of one of the four answers or, without an outcome, of anything else, such as an Error; NOTIFY of a PANotification. Its texts are in the
   arena or in what was given. Fails with TOO_LARGE past the arena's limit. A denial
   without a reason passes: the ledger refuses it, so that it is on record. */
bool remote_answer_event(const struct remote_answer *answer, struct arena *arena, struct case_message *out, struct fault *fault)
	fault_check;
