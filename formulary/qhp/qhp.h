/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the plans and drugs that marketplace issuers publish as JSON (45 CFR 156.122(d)): a folder of them, all or nothing. See
   docs/formulary-public.md. */
#pragma once

#include "formulary/formulary.h"

enum { QHP_PATH = 1024 };

struct qhp_report {
	struct load_report load;
	int64_t plans, drugs, drug_rows;
	int64_t rows_without_plan;   /* left out: a drug of a plan that is in no plans file */
	int64_t repeated;            /* left out: the same thing was said before them */
	int skipped;                 /* files that are neither plans nor drugs */
	char file[QHP_PATH];         /* of a failure; "": it is about none */
	int64_t item;                /* object in it, from 1; 0: about none */
};

/* The publisher of all its rows is "QHP " and the folder's name: the next load of a folder called so takes the place of this one. An object that
   cannot be read refuses the load, *report says where; the generation in use stays. progress may be NULL. FAULT_MISSING: no plans, or no drugs;
   failures of items_next, json_read, builder_begin and builder_finish. */
bool qhp_load(const char *directory, const char *into, void (*progress)(const struct load_progress *, void *), void *progress_arg,
	struct qhp_report *report, struct fault *fault) fault_check;
/* True when a file in the directory begins as plans or drugs do. */
bool qhp_directory(const char *directory);
