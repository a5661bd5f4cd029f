/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves a partner alone that cannot be reached: after five posts in a row without any answer none is tried for five
   seconds; each further failure doubles the pause, up to a minute, and any answer ends it. */
#pragma once

#include "base/text.h"

enum {
	BREAKER_FAILURES = 5,
	BREAKER_FIRST_MS = 5000,
	BREAKER_MOST_MS = 60000,
	BREAKERS_MAX = 256, /* partners remembered; only failing ones take a place */
	BREAKER_NAME_MAX = 121,
};

struct breakers {
	struct breaker {
		char partner[BREAKER_NAME_MAX]; /* "": free */
		int failures;
		int64_t pause_ms, open_until_ms;
	} rows[BREAKERS_MAX];
};

/* True while nothing is to be sent to this partner. */
bool breaker_open(const struct breakers *breakers, struct text partner, int64_t mono_ms);
/* A post ended: with any HTTP answer, or without. */
void breaker_note(struct breakers *breakers, struct text partner, bool answered, int64_t mono_ms);
