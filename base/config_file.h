/* SPDX-License-Identifier: Apache-2.0 */
/* A file of `key = value` lines onto any record: what a person edits. All that is wrong with it is said at once, each with its line. */
#pragma once

#include "base/record_build.h"

enum { CONFIG_FILE_PROBLEMS_MAX = 50 }; /* more are counted only: nobody mends so many in one go */

/* One thing that is wrong: CONFIG for a line that is neither key nor [section], UNKNOWN_ELEMENT, REPEATED, MISSING, or what the row's
   own check says. */
struct config_file_problem {
	int line;                    /* from 1; the [section] line when that item misses something; 0: of the file as a whole */
	enum fault_code code;
	const struct record *record; /* in which it is */
	const struct field *list;    /* its row in the record above; NULL: the file's own record */
	const struct field *field;   /* the key; NULL: of no known key */
	struct text word;            /* UNKNOWN_ELEMENT: the word as it stands in the file */
	bool section;                /* UNKNOWN_ELEMENT: the word is that of a [section] */
	int first_line;              /* REPEATED: where it stood before; 0: of nothing in particular */
};

/* Where a key stands. */
struct config_file_place {
	const struct field *list;  /* NULL: the file's own record */
	size_t item;               /* of that list */
	const struct field *field; /* NULL: the [section] line itself */
	int line;
};

struct config_file_report {
	struct config_file_problem problems[CONFIG_FILE_PROBLEMS_MAX];
	size_t problems_n, problems_all; /* kept, and found */
	struct config_file_place *places; /* in the arena, in the order of the file */
	size_t places_n;
};

/* Reads body into a zeroed rec and checks it whole. Keys are wire names. `[name]` begins another item of the LIST row of that
   name, to which the keys after it belong; blank lines are skipped, and from a '#' at the start or after white space on a line is
   a comment. `key =` sets a TEXT to "there, and empty", so that it can mean "none" and not "default"; elsewhere it is as absent.
   A key of a TEXTS or CODES row may come again. Texts point into body, which must outlive rec.
   True when the report has no problem. It goes on after each one; a value that is wrong is left out of rec. */
bool config_file_read(const struct record *record, void *rec, struct text body, struct arena *arena,
	struct config_file_report *report) fault_check;
/* The line of a key, the time-th (from 0) when it comes several times; or of the [section] it belongs to when it is not there;
   0: of neither. */
int config_file_line(const struct config_file_report *report, const struct field *list, size_t item, const struct field *field,
	size_t time);
