/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of a file of FHIR JSON, one at a time: one a line as bulk export writes them, a resource alone, or Bundles, whose entries
   are given one by one, so that a file of gigabytes takes the memory of its largest resource. */
#pragma once

#include "base/fault.h"

struct pdex_stream;

enum pdex_part {
	PDEX_RESOURCE, /* a resource */
	PDEX_ENTRY,    /* an entry of a Bundle */
	PDEX_BUNDLE,   /* what is left of the Bundle around its entries, which have all been given */
};

/* `most` bytes are the largest resource taken. FAULT_FILE. */
bool pdex_stream_open(const char *file, size_t most, struct pdex_stream **out, struct fault *fault) fault_check;
/* NULL is fine. */
void pdex_stream_close(struct pdex_stream *stream);
/* The next object, from its brace to its brace: only where it ends is known, json_read must still read it. *there false at the end of the
   file. An object with an array "entry" counts as a Bundle until what is left of it says otherwise. The text lives until the next call.
   FAULT_NOT_JSON for anything but objects and white space between them, and for one cut off; FAULT_TOO_LARGE; FAULT_FILE. */
bool pdex_stream_next(struct pdex_stream *stream, enum pdex_part *part, struct text *object, bool *there, struct fault *fault) fault_check;
/* Of the resource or entry last read, from 1. */
int64_t pdex_stream_number(const struct pdex_stream *stream);
int64_t pdex_stream_bytes(const struct pdex_stream *stream);
