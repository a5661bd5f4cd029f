/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to a payer's questions, as a prescriber in a hurry gives them: whatever fits. */
#pragma once

#include "ncpdp/ncpdp.h"
#include "test/sim/world.h"

/* Repeats the questions in `out` with an answer of the right kind each. Texts point to the questions or live in the arena. */
void answering_fill(struct world *world, const struct question_set_header *header, const struct question *questions, size_t n,
	struct question_set_request *out, struct arena *arena);
