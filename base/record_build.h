/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a record from what a reader sees (an element opens, a value, it closes), whatever the syntax: XML, JSON and the
   configuration file all read through here. Lenient as the standards ask: any order, unknown elements skipped and
   counted. It checks structure (repetition) and converts numbers; record_check does the rest afterwards. */
#pragma once

#include "base/record.h"

enum {
	BUILD_DEPTH = 64,   /* levels; SCRIPT's deepest path has 14, a FHIR bundle about 20 */
	BUILD_FIELDS = 128, /* rows of one record that is read; the longest so far has about 60 */
};

struct build_frame {
	const struct record *record;
	void *rec;
	const struct field *field; /* what it is in its parent; NULL for the root. The scalar being read, when record is NULL */
	uint64_t seen[BUILD_FIELDS / 64]; /* rows that came already: a second one is a repetition, even of an empty element */
	size_t next;               /* row after the last one matched: messages mostly come in order */
	int index;                 /* which item of a list, -1 otherwise */
};

struct build {
	struct arena *arena;
	struct fault *fault;
	struct build_frame frames[BUILD_DEPTH];
	int depth;            /* frames in use */
	int skipping;         /* levels inside an element nobody asked for */
	size_t unknown;       /* elements and attributes skipped */
	char unknown_at[FAULT_PATH_MAX]; /* where the first one was: the path of its parent, never its own name */
};

enum build_open {
	BUILD_RECORD, /* a group or list item: fields follow */
	BUILD_VALUE,  /* a scalar: build_value once, then build_close */
	BUILD_RAW,    /* the reader passes the element's own bytes to build_value, and builds nothing of what is inside */
	BUILD_SKIP,   /* unknown: the reader goes on calling open and close in pairs */
	BUILD_FAILED, /* fault is set */
};

/* Starts on an empty (zeroed) rec of `record`, which is the root element: it is not opened, and may be closed once.
   The texts given later must live as long as rec. */
void build_init(struct build *build, const struct record *record, void *rec, struct arena *arena,
	struct fault *fault);
enum build_open build_open(struct build *build, struct text name);
/* The row that build_open would take for this name here, NULL when it would skip. Opens and counts nothing. */
const struct field *build_peek(struct build *build, struct text name);
/* Opens the row that build_peek gave here: what build_open would do, without looking the name up once more. */
enum build_open build_open_row(struct build *build, const struct field *field);
/* The value of the scalar just opened, or (inside a record) the record's own CONTENT. Trimmed of white space; an empty
   one leaves the field absent. */
bool build_value(struct build *build, struct text value) fault_check;
/* An attribute of the record just opened. Unknown ones are counted. */
bool build_attribute(struct build *build, struct text name, struct text value) fault_check;
void build_close(struct build *build);
/* The fault's path completed with where the build stands; returns false. For a reader's own faults. */
bool build_fault(struct build *build, enum fault_code code);
