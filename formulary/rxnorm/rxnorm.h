/* SPDX-License-Identifier: Apache-2.0 */
/* Loads which products RxNorm's concepts are, and what the concepts are called, from the files of a release of RxNorm (RRF).
   See docs/formulary-public.md. */
#pragma once

#include "formulary/formulary.h"

/* The publisher of all rows of these files. */
#define RXNORM_SOURCE text_lit("RXNORM")

enum { RXNORM_PATH = 1024 };

struct rxnorm_report {
	struct load_report load;
	int64_t lines;         /* read, of both files */
	int64_t concepts;      /* named drugs and packs */
	int64_t links;         /* an NDC and its concept */
	int64_t hcpcs;         /* a concept and a HCPCS code */
	int64_t suppressed;    /* left out: RxNorm withdrew them */
	int64_t cpt;           /* left out: codes that are not HCPCS Level II */
	int64_t refused;       /* left out: a number or a name that cannot be one, or a line too long */
	char refused_file[128]; /* the first of those */
	int64_t refused_line;
	int64_t repeated;      /* left out: the same was said before */
	int skipped;           /* files of the folder that are not loaded */
	char file[RXNORM_PATH]; /* of a failure; "": it is about none */
	int64_t line;          /* 0: about no line */
};

/* A folder with RXNSAT, and better RXNCONSO too, whatever their names. What was loaded of RxNorm before goes. FAULT_MISSING: no attributes, or no NDC among them; FAULT_REPEATED: two
   files of a kind; FAULT_RULE at "columns". Failures of builder_begin and builder_finish. progress may be NULL. */
bool rxnorm_load(const char *directory, const char *into, void (*progress)(const struct load_progress *, void *), void *progress_arg,
	struct rxnorm_report *report, struct fault *fault) fault_check;
/* True when a file of the folder is one of these. */
bool rxnorm_directory(const char *directory);
