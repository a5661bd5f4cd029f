/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of formulary and benefit files of one version: which column of which record is what, read from a text table that an
   operator can correct, since the specification is licensed and much of it not public.

   A line is a comment (#), `version | NAMES`: values of the version in a file's header, or a row as formulary/def/fb.def's fb_column
   says, its cells apart by `|`. A table without rows is good: it knows its version and nothing of it. */
#pragma once

#include "base/arena.h"
#include "formulary/records.h"

enum fb_kind { FB_FILE, FB_STATUS, FB_ALTERNATIVE, FB_COVERAGE, FB_COPAY, FB_CROSS, FB_KINDS };
enum fb_part { FB_HEADER, FB_DETAIL, FB_TRAILER, FB_PARTS };

enum {
	FB_CODES = 16,             /* values of one code list */
	FB_COLUMNS = 99,           /* columns of one record */
	FB_LAYOUT_MAX = 1 << 20,   /* bytes of a table; the built-in one has about 20 KB */
	FB_RECORD_TYPE = 3,        /* bytes */
};

/* How a number is written: value = digits * 10^-places, kept as an integer. */
struct fb_writing {
	const char *name;
	bool number;
	int places;
};

struct fb_cell {
	const struct field *field; /* member of fb_file, fb_list or fb_detail; NULL: not used */
	uint64_t bit;              /* of the member, in fb_given */
	const struct fb_writing *writing;
	bool need, date;
	uint32_t most;
	struct field plain; /* what its characters are held against */
	struct text wire[FB_CODES], code[FB_CODES]; /* what it reads, what that means */
	size_t codes_n;
};

/* One record of the file. */
struct fb_shape {
	char type[FB_RECORD_TYPE + 1];
	enum fb_kind kind;
	enum fb_part part;
	struct text subtype; /* empty: whatever the list's */
	struct fb_cell *cells;
	size_t n;
};

struct fb_layout;

/* False with *line the line at fault (0: the table as a whole), and the fault's path the column of the table. */
bool fb_layout_read(struct text file, struct fb_layout **out, int *line, struct fault *fault) fault_check;
/* NULL is fine. */
void fb_layout_free(struct fb_layout *layout);

/* True when this is how a file's header may name the version. */
bool fb_layout_is(const struct fb_layout *layout, struct text version);
/* The first of its names. */
struct text fb_layout_version(const struct fb_layout *layout);
/* Rows of the table; 0: nothing is known of the version. */
size_t fb_layout_rows(const struct fb_layout *layout);

/* The record with this type in a list of this subtype (empty outside lists); NULL when there is none. */
const struct fb_shape *fb_layout_shape(const struct fb_layout *layout, struct text type, struct text subtype);
/* The record of this kind and part; NULL when there is none. */
const struct fb_shape *fb_layout_part(const struct fb_layout *layout, enum fb_kind kind, enum fb_part part, struct text subtype);
/* True when some record has this type. */
bool fb_layout_knows(const struct fb_layout *layout, struct text type);

/* The record a part's members belong to. */
const struct record *fb_record_of(enum fb_kind kind, enum fb_part part);
/* "STATUS" ... as in lists.def; CROSS for the cross-reference. */
const char *fb_kind_name(enum fb_kind kind);
