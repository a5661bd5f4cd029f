/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the Part D formulary files that CMS publishes: a folder of them, all or nothing. See docs/formulary-public.md. */
#pragma once

#include "formulary/formulary.h"
#include "formulary/partd/partd_files.h"

/* The publisher of all rows of these files. */
#define PARTD_SOURCE text_lit("CMS-PARTD")

struct partd_report {
	struct load_report load;
	int64_t rows[PARTD_KINDS];       /* read, of each kind of file */
	int64_t plans, formularies;
	int64_t plans_without_formulary; /* the plan information names none, or one of which there are no drugs */
	int64_t rows_without_plan;       /* left out: they are about a plan that is not in the plan information */
	int64_t repeated;                /* left out: a row for the same thing stood before them */
	char repeat_file[128];           /* the first of those, and the line of the one before it */
	int64_t repeat_line, repeat_first;
	int64_t unknown_counties;        /* counties of the plan information that the geographic locator does not have; the plans are taken */
	char unknown_county[16];         /* the first of them */
	int64_t pharmacies_unknown;      /* left out: rows of pharmacy networks whose pharmacy number has no NPI */
	int skipped, left_out;           /* files of the folder: none of these; not wanted */
	char file[PARTD_PATH];           /* of a failure; "": it is about none */
	int64_t line;                    /* 0: about no line */
};

/* A row that cannot be read refuses the load, *report says where; the generation in use stays. What the options leave out of the folder is
   gone from the generation too. progress may be NULL. report->load.generation lives until the next load. Failures of partd_files, builder_begin
   and builder_finish. */
bool partd_load(const char *directory, const char *into, const struct partd_options *options,
	void (*progress)(const struct load_progress *, void *), void *progress_arg, struct partd_report *report, struct fault *fault) fault_check;
