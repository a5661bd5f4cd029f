/* SPDX-License-Identifier: Apache-2.0 */
/* How long a decision may take: a table that a compliance officer can read and edit, and the arithmetic of its times. */
#pragma once

#include "routing/records.h"

struct clocks;

enum { CLOCK_WARNS_MAX = 5 };

/* A row once it is read. Lives in its table. */
struct clock_rule {
	struct clock_row row;
	int64_t duration_ms;            /* counted in calendar time, or in business time */
	bool business, pauses;
	int warn[CLOCK_WARNS_MAX];      /* percent, rising */
	size_t warn_n;
	int64_t from_ms, until_ms;      /* Unix time; in use while from_ms <= t < until_ms */
	int line;
};

/* Reads a clock table (format at the top of gateway/sandbox/clock.txt). A wrong line refuses the file: *line says which, 0 when it is
   the file as a whole, and the fault's path names the column. A table without a decision row for everything is refused, so that
   every case has a clock. */
bool clocks_read(struct text file, struct clocks **out, int *line, struct fault *fault) fault_check;
void clocks_free(struct clocks *clocks);
size_t clocks_n(const struct clocks *clocks);
/* Rows in the order of the file. */
const struct clock_rule *clocks_row(const struct clocks *clocks, size_t i);
/* The row with this id; NULL when there is none (any more). */
const struct clock_rule *clocks_find(const struct clocks *clocks, struct text id);

struct clock_choice {
	const struct clock_rule *rule; /* NULL: nothing is said about it */
	struct text why;               /* a sentence: which row, of how many that apply, on what basis; TEXT_NONE past the arena's limit */
};
/* The row that applies: one of that programme before one of any; then the one that names more of benefit, drug and urgency; then the
   shortest time; then the first of the file. Waiting rows and rows outside their dates are passed over. Pure. Always finds one for
   a decision. */
void clock_choose(const struct clocks *clocks, const struct clock_question *question, struct arena *arena,
	struct clock_choice *out);

/* The moment `ms` after `from_ms`, in the rule's kind of time: Unix time in, Unix time out, all in UTC, so neither daylight saving nor
   a leap day changes it. Business time passes on Monday to Friday, 24 hours each; holidays are not known here. */
int64_t clock_after(const struct clock_rule *rule, int64_t from_ms, int64_t ms);

/* Programme by SCRIPT PayerType where the plan does not say: D part_d, B ma_part_b, E medicaid_managed_care. Never NULL. */
const char *clock_programme_of(struct text payer_type);
/* Place of a programme in the list of clock.def, 0 .. CLOCK_PROGRAMMES_N-1; that of "other" for a word that is not in it. */
enum { CLOCK_PROGRAMMES_N = 9 };
size_t clock_programme_index(struct text programme);
/* "standard" or "expedited" from PAPriorityIndicator (S, X or absent). */
const char *clock_urgency_of(struct text priority);
