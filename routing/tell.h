/* SPDX-License-Identifier: Apache-2.0 */
/* The words in which whoever asked is told which benefit decides: one table for all standards (def/tell.def). */
#pragma once

#include "base/buffer.h"
#include "routing/records.h"

enum tell {
#define TELL_TRACK(...)
#define TELL(what, words) TELL_##what,
#include "routing/def/tell.def"
#undef TELL
#undef TELL_TRACK
	TELLS
};

enum tell_standard { TELL_SCRIPT, TELL_PAS };

const char *tell_words(enum tell what);
/* Appends how the benefit of a track is called: "The pharmacy benefit". */
void tell_benefit(struct text track, struct buffer *out);
/* What is told with an answer: which benefit decides, where the standard makes one expect another, and the decision's sentence. `rerouted`: another was asked
   first. In the arena; TEXT_NONE when there is nothing to say. */
struct text tell_track(enum tell_standard standard, const struct route_decision *decision, bool rerouted, struct arena *arena);
