/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody who asks /formulary/v1 beside the partners, again until there is an answer, and holds every answer against the first. */
#pragma once

#include "test/sim/world.h"

struct asker;

/* An outside that asks `questions` questions and hands everything else on to `inner`. */
struct asker *asker_new(const struct outside *inner, int questions);
void asker_free(struct asker *asker);
struct outside asker_outside(struct asker *asker);
/* Once the world is there. */
void asker_begin(struct asker *asker, struct world *world);
/* After the run: every question was answered. Breaks the world otherwise. */
void asker_judge(struct asker *asker, struct world *world);
