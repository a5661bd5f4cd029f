/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the lists of one publisher as a formulary and benefit file, for a PBM that serves its formulary to others. What is written can be
   loaded again and is then the same. */
#pragma once

#include "formulary/fb/fb_layout.h"

struct fb_write {
	const char *directory; /* of the formulary */
	struct text source;    /* whose lists: the sender */
	const struct fb_layout *layout;
	struct text receiver, name, control; /* of the header; may be absent */
	int64_t now_ms;        /* Unix time: date and time of the header */
};

/* What a write did. */
struct fb_written {
	int64_t lists, rows, records;
};

/* A full file of all lists of the source in the generation in use, those included that begin later. FAULT_NO_FORMULARY; FAULT_NOT_FOUND when
   the source has no lists; FAULT_RULE when a row says what such a file cannot say (lists of other formats): *path is then member and record.
   FAULT_FILE. Written beside it first (FILE.new): after a fault the file is as it was before. */
bool fb_write(const struct fb_write *write, const char *file, struct fb_written *out, struct fault *fault) fault_check;
