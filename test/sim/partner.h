/* SPDX-License-Identifier: Apache-2.0 */
/* The outside of the simulated gateway: prescribers' systems with prior authorizations and price questions, careful in the face of
   silence, and remembering what they were promised. */
#pragma once

#include "test/sim/world.h"

struct partners;

/* `examples` is the folder of example messages; cases and prices say how much the partners want. */
struct partners *partners_new(const char *examples, int cases, int prices);
void partners_free(struct partners *partners);
/* Hands the world its outside; call partners_begin once the world is there. */
struct outside partners_outside(struct partners *partners);
void partners_begin(struct partners *partners, struct world *world);
/* From now on being told to come again later is a broken promise. */
void partners_never_away(struct partners *partners);
/* After the run: every promise that was made is kept (I1 I3 I4). Breaks the world otherwise. */
void partners_judge(struct partners *partners, struct world *world);
/* Callback address of the partner that has one, and the id of it. */
#define PARTNER_CALLBACK "http://127.0.0.1:9/answers"
#define PARTNER_CALLBACK_ID "D:1999999002"
