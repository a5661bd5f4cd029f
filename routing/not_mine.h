/* SPDX-License-Identifier: Apache-2.0 */
/* Which answers of a backend mean that a case is not its to decide (def/not_mine.def), and what that says of the track. */
#pragma once

#include "routing/records.h"

enum not_mine_standard { NOT_MINE_SCRIPT, NOT_MINE_PAS };

bool not_mine_code(enum not_mine_standard standard, struct text code);
/* Of a backend that was asked on this track: fills *said, in the arena, for case_decision.said; gives how many. 0: nothing can be said of that track, or
   the arena is full. */
size_t not_mine_said(struct text track, struct arena *arena, struct route_said **said);
