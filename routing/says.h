/* SPDX-License-Identifier: Apache-2.0 */
/* What lists say of orders: a Medicare contractor's list of self-administered drugs, how the law sorts drugs, what a state carves out, a plan's own
   rules. A table that a pharmacist can edit, each row with its conditions, what it says when they hold, and where that stands. */
#pragma once

#include "routing/records.h"

struct sayings;

/* Reads such a file (format at the top of gateway/sandbox/says.txt). A wrong line refuses the file: *line says which. */
bool sayings_read(struct text file, struct sayings **out, int *line, struct fault *fault) fault_check;
void sayings_free(struct sayings *sayings);
size_t sayings_n(const struct sayings *sayings);

/* Adds to out->said what every row says whose conditions hold of the question: no row rests on what another says. `out` may be that question, and never gets
   more than it has room for. Texts are those of the file, the list the arena's. False past the arena. */
bool sayings_say(const struct sayings *sayings, const struct route_question *question, struct route_question *out, struct arena *arena) fault_check;
