/* SPDX-License-Identifier: Apache-2.0 */
/* A backend says that a case is not its to decide: the router is asked again, knowing that, and the case goes to whoever decides then, with all that
   it holds and under the clock that runs. It comes to no backend twice on the same track. When nobody is left, whoever asked is told what each of
   them said, and a person has to go on. Shared by the ledger's files only. */
#pragma once

#include "gateway/ledger/ledger_move.h"

enum { REROUTE_MISSES_MOST = 8 /* pa_case.misses */ };

/* What a backend said beside its answer. */
struct not_mine {
	const struct route_said *said; /* none: the answer says nothing of the kind */
	size_t said_n;
	struct text words;
};
/* To be called before ledger_move_plan, with move->at as it is stored and its row in move->of. Notes the miss in move->at, and finds out whether the
   case goes on: then the move tells nobody. False only when the store cannot be read. */
bool ledger_missed(struct ledger_move *move, const struct not_mine *why, struct fault *fault) fault_check;
/* To be called when the move has its message: after ledger_missed, when the case goes nowhere and another backend said the same before, that message names
   them all. */
void ledger_say_nobody(struct ledger_move *move);
/* The track that the router gave the case. */
bool ledger_asked_of(const struct pa_case *at, struct arena *arena, const char *track);
/* The change of a move that goes on to another backend. */
bool ledger_reroute_plan(struct ledger_move *move, struct case_change *change, struct fault *fault) fault_check;
/* The change is in the batch: it is counted. */
void ledger_rerouted(const struct ledger_move *move);
/* What was counted, by rule. */
void ledger_reroute_count(const struct ledger *ledger, struct counters *counters);
