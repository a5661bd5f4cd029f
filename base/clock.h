/* SPDX-License-Identifier: Apache-2.0 */
/* Time. Only the poll loop asks for it; everything below is handed the time, so that a test can make it up. */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

/* Both clocks at one moment: deadlines and timers use mono_ms, which never jumps; what is written down uses wall_ms. */
struct now {
	int64_t mono_ms; /* CLOCK_MONOTONIC */
	int64_t wall_ms; /* Unix time, UTC */
};

struct now clock_now(void);

enum { CLOCK_ROOM = 40 }; /* bytes for a printed time, its NUL, and years far beyond 9999 */
/* "2026-11-22T09:30:00Z" (with milliseconds ".123" when asked) as a C string; returns its length. */
size_t clock_print(int64_t wall_ms, bool milliseconds, char out[CLOCK_ROOM]);
/* The same in the arena; TEXT_NONE past its limit. */
struct text clock_format(int64_t wall_ms, bool milliseconds, struct arena *arena);
/* "2026-11-22" in the arena. */
struct text clock_format_date(int64_t wall_ms, struct arena *arena);
/* xs:dateTime (offset or Z; none means UTC; any number of fraction digits) or xs:date (start of that day, UTC) to Unix
   milliseconds. FAULT_BAD_DATE. */
bool clock_parse(struct text t, int64_t *wall_ms, struct fault *fault) fault_check;
