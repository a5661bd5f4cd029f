/* SPDX-License-Identifier: Apache-2.0 */
/* A file of `key = value` lines onto any record: what a person edits. */
#pragma once

#include "base/record_build.h"

/* Reads body into a zeroed rec and checks it whole. Keys are wire names. `[name]` begins another item of the LIST row of that
   name, to which the keys after it belong; blank lines are skipped, and from a '#' at the start or after white space on a line is
   a comment. `key =` sets a TEXT to "there, and empty", so that it can mean "none" and not "default"; elsewhere it is as absent.
   A key of a TEXTS or CODES row may come again. Texts point into body, which must outlive rec.
   On failure *line is the line that is wrong (from 1; the [name] line when that item misses something; 0: the file as a
   whole) and the fault: CONFIG for a line that is neither, UNKNOWN_ELEMENT, REPEATED, or what the row's own check says. */
bool config_file_read(const struct record *record, void *rec, struct text body, struct arena *arena, int *line,
	struct fault *fault) fault_check;
