/* SPDX-License-Identifier: Apache-2.0 */
/* What lists say of orders: those that are built in, and those that the configuration names. */
#pragma once

#include "gateway/records.h"
#include "routing/says.h"

enum { SAYS = 2 /* built in, and the operator's */ };

/* Reads both; the second is NULL when the configuration names none. On failure all are NULL, the log says where, and the fault's path begins with
   "says". */
bool config_says(const struct config *config, struct sayings *out[SAYS], struct fault *fault) fault_check;
void config_says_free(struct sayings *says[SAYS]);
/* What all of them say of the order, added to question->said. False past the arena. */
bool config_says_say(struct sayings *const says[SAYS], struct route_question *question, struct arena *arena) fault_check;
