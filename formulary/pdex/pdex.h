/* SPDX-License-Identifier: Apache-2.0 */
/* Formularies as FHIR resources, Da Vinci PDex US Drug Formulary 2.1.0: loading them. See docs/formulary-fhir.md. */
#pragma once

#include "formulary/formulary.h"

enum {
	PDEX_PATH = 1024,
	PDEX_REFUSED_EACH = 20, /* refused resources that are told one by one; all are counted */
	PDEX_WITHOUT_HOME = 40, /* elements that are known and have no home, told by name */
	PDEX_ID_BYTES = 96,
};

/* A resource that was refused alone. */
struct pdex_refused {
	char file[128], resource[PDEX_ID_BYTES]; /* "Basic/abc" */
	int64_t item;                            /* of the file, from 1 */
	struct fault fault;                      /* path: below the resource */
};

struct pdex_report {
	struct load_report load;
	int64_t plans, formularies, drugs, items; /* taken */
	int64_t inactive; /* items that do not count: their own status, or that of their formulary, is not active */
	int64_t other;    /* resources of kinds that say nothing of coverage */
	int64_t repeated; /* the same thing was said before them */
	int64_t refused;
	struct pdex_refused first[PDEX_REFUSED_EACH];
	int64_t unknown;  /* resources with elements that are not in our tables */
	struct {
		char where[64]; /* "InsurancePlan.contact" */
		int64_t times;
	} without_home[PDEX_WITHOUT_HOME];
	int skipped;            /* files that are no FHIR resources */
	char file[PDEX_PATH];   /* of a failure; "": it is about none */
	int64_t item;           /* resource in it, from 1; 0: about none */
};

/* Loads a file, or all files of a folder. The publisher of all rows is "PDEX " and the name of the file or folder: the next load of one called so takes
   the place of this one. A resource that cannot be used is refused alone, what refers to it too; a file that is not JSON refuses the load, *report says
   where, and the generation in use stays. FAULT_MISSING: no items or no formulary were taken. Failures of pdex_stream_next, builder_begin and
   builder_finish. progress may be NULL. */
bool pdex_load(const char *from, const char *into, void (*progress)(const struct load_progress *, void *), void *progress_arg,
	struct pdex_report *report, struct fault *fault) fault_check;
/* True when the file, or a file in the folder, begins with one of these resources or a Bundle. */
bool pdex_is(const char *from);
