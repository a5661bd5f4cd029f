/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the quarterly files that CMS publishes of drugs under Medicare Part B: crosswalks between NDC and HCPCS, and payment limits.
   See docs/formulary-public.md. */
#pragma once

#include "formulary/formulary.h"

/* The publisher of all rows of these files. */
#define ASP_SOURCE text_lit("CMS-ASP")

enum { ASP_PATH = 1024 };

struct asp_report {
	struct load_report load;
	int files, skipped;        /* taken; of the folder, none of these */
	int64_t pairs, limits;     /* rows taken: product and code; code with its payment limit */
	int64_t cpt;               /* left out: codes that are not HCPCS Level II belong to someone else */
	int64_t refused;           /* left out: the product's number is no NDC, or a cell cannot be read */
	char refused_file[128];    /* the first of those, its line and the column */
	int64_t refused_line;
	char refused_column[40];
	int64_t repeated;          /* left out: the same pair or code stood before it */
	char file[ASP_PATH];       /* of a failure; "": it is about none */
	int64_t line;              /* 0: about no line */
};

/* `from` is one file or a folder of them. Each file is a list of its own, from its first day to its last; other lists of these files stay. FAULT_MISSING: none
   of the files is one of these, or one has no row; FAULT_RULE: a row without all columns; FAULT_VERSION: columns that must be there are not; FAULT_REPEATED: two files are the same list. Failures of csv_next,
   builder_begin and builder_finish. The generation in use stays then. progress may be NULL. */
bool asp_load(const char *from, const char *into, void (*progress)(const struct load_progress *, void *), void *progress_arg,
	struct asp_report *report, struct fault *fault) fault_check;
/* True when it is one of these files, or a folder with one. */
bool asp_files(const char *from);
