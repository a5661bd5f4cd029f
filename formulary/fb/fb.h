/* SPDX-License-Identifier: Apache-2.0 */
/* Loads NCPDP formulary and benefit files into a formulary, and writes them from it. Unverified against the licensed specification: what
   is read is what a layout table (formulary/fb/fb_layout.h) says. */
#pragma once

#include "formulary/fb/fb_layout.h"
#include "formulary/formulary.h"

enum {
	FB_VERSION_MAX = 40,
	FB_REFUSED_PERCENT = 1, /* a list of which more of the details than this are refused is refused whole: it would say too much is covered */
};

/* What a load did, besides the load_report. */
struct fb_report {
	struct load_report load;
	int64_t lists, lists_refused; /* as the file has them */
	int64_t rows, rows_refused;   /* details */
	int64_t unknown;              /* records of a type that the layout does not have */
	bool response_lost;           /* the response file could not be written whole */
};

struct fb_load {
	const char *file, *directory;
	const struct fb_layout *layout;
	const char *response; /* file that says what was taken and what refused, line by line; NULL: none */
	bool take_test;       /* also take a file that says it is a test */
	int64_t now_ms;       /* Unix time: which lists lie ahead; 0: as the clock says */
	void (*progress)(const struct load_progress *, void *); /* NULL: none */
	void *progress_arg;
};

/* Whether a file is one of these by its first record, and the version that it names (empty: none). FAULT_FILE. */
bool fb_peek(const char *file, bool *is, char version[FB_VERSION_MAX], struct fault *fault) fault_check;

/* Takes each list that is whole into the next generation; a list that is not is refused alone, and what was there of it before stays. A full
   file ends the lists of its sender that are not in it. False: the file is refused, nothing has changed, *line says where (0: nowhere in
   it). FAULT_BUSY and the faults of builder.h. */
bool fb_load(const struct fb_load *load, struct fb_report *report, int64_t *line, struct fault *fault) fault_check;
