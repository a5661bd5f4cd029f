/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan covers: loaded from a file into a new read-only generation, made current by one rename, looked up with one get. */
#pragma once

#include "formulary/records.h"

struct formulary;

/* Opens the current generation below `directory`. FAULT_NO_FORMULARY when there is none. */
bool formulary_open(const char *directory, struct formulary **out, struct fault *fault) fault_check;
/* Switches to a newer generation if one was made current; *changed says so. On failure the old one goes on answering. */
bool formulary_refresh(struct formulary *formulary, bool *changed, struct fault *fault) fault_check;
void formulary_free(struct formulary *formulary);
/* Which lists count depends on the day: the one (UTC) of this Unix time from now on. Before the first call only lists without a date count. */
void formulary_day(struct formulary *formulary, int64_t wall_ms);
/* The same generation as it is on another day (CCYYMMDD), to be given to any of the lookups: a view in the arena that lives as long as the
   arena and the generation, and is neither freed nor refreshed. NULL when the arena is full. */
const struct formulary *formulary_on(const struct formulary *formulary, struct text day, struct arena *arena);
/* Name of the generation in use, such as "000002". */
struct text formulary_generation(const struct formulary *formulary);

/* The plan that BIN, PCN and group stand for: the most specific line wins (group, then PCN, then BIN alone). TEXT_NONE when there is
   none. Memory only, no get. */
struct text formulary_plan(const struct formulary *formulary, struct text bin, struct text pcn, struct text group);

/* The programme of the same line, such as "part_d"; TEXT_NONE when there is no line or it does not say. */
struct text formulary_programme(const struct formulary *formulary, struct text bin, struct text pcn, struct text group);

/* What the plan says about the product with this NDC (written in any way that formulary/ndc.h takes; another finds nothing): one walk of one row for a plan file's plan, else what its lists say
   (formulary/answer.h). *found false: neither says anything. Texts live as long as the generation, the rest in the arena. */
bool formulary_lookup(const struct formulary *formulary, struct text plan, struct text ndc, struct arena *arena,
	struct coverage *out, bool *found, struct fault *fault) fault_check;
/* The same for a payer that is going to price it: a plan file's product without alternatives gets others of its class, at most 20. The RxNorm
   concept (TEXT_NONE: not known) is tried where lists know nothing of the NDC. */
bool formulary_lookup_to_price(const struct formulary *formulary, struct text plan, struct text ndc, struct text rxcui, struct arena *arena,
	struct coverage *out, bool *found, struct fault *fault) fault_check;

/* What a load did; formulary/def/coverage.def has the rows. */
struct load_progress {
	int64_t bytes_read, bytes_total, rows;
};
/* Loads a plan file (one JSON object a line: see docs/formulary-file.md) into a new generation below `directory`, checks it whole,
   makes it current, keeps the one before. A bad line refuses the file: *line says which, the fault what and where in it, and the
   current generation stays. progress may be NULL. report->generation lives until the next load; a second load at the same time is FAULT_BUSY. */
bool formulary_load(const char *file, const char *directory,
	void (*progress)(const struct load_progress *, void *), void *progress_arg, struct load_report *report,
	int64_t *line, struct fault *fault) fault_check;

/* Makes the generation before the current one current again. FAULT_NO_FORMULARY: there is none before it. FAULT_BUSY. *number is the
   one in use now. */
bool formulary_rollback(const char *directory, int *number, struct fault *fault) fault_check;
