/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a formulary and benefit file line by line: knows which record may come next, counts, and says what each line is. Touches no file
   and holds no more than the line it is at. */
#pragma once

#include "formulary/fb/fb_cells.h"

enum { FB_SUBTYPE_MAX = 20 }; /* characters; lists.def */

enum fb_event {
	FB_NOTHING,    /* an empty line */
	FB_GOT_FILE,   /* header of the file */
	FB_GOT_LIST,   /* header of a list */
	FB_GOT_DETAIL,
	FB_GOT_LIST_END,
	FB_GOT_FILE_END,
	FB_BAD_LIST,   /* a header that cannot be taken; what follows up to its trailer is passed over */
	FB_BAD_DETAIL, /* a record that is refused alone */
	FB_PASSED,     /* a record of a list that is passed over */
	FB_UNKNOWN,    /* a record type that the layout does not have */
};

struct fb_found {
	enum fb_event event;
	bool lost;         /* the list that was open is refused, whatever the event */
	struct fault lost_why;
	struct fault fault; /* FB_BAD_LIST, FB_BAD_DETAIL */
	enum fb_kind kind;  /* of the list */
	struct fb_file file;     /* FB_GOT_FILE */
	struct fb_list list;     /* FB_GOT_LIST; FB_BAD_LIST as far as it was read */
	struct fb_detail detail; /* FB_GOT_DETAIL */
	uint64_t given;          /* which members of it were there */
};

struct fb_reader {
	const struct fb_layout *layout;
	enum { FB_AT_START, FB_BETWEEN, FB_IN_LIST, FB_PASSING, FB_AT_END } at;
	enum fb_kind kind;             /* FB_IN_LIST, FB_PASSING */
	char subtype[4 * FB_SUBTYPE_MAX + 1];
	int64_t records, list_records; /* header and trailer counted */
	const struct fb_shape *last;   /* most lines are as the one before */
};

void fb_reader_init(struct fb_reader *reader, const struct fb_layout *layout);
/* False: the whole file is refused. Texts of *found point into the line and live as long as it. */
bool fb_reader_line(struct fb_reader *reader, struct text line, struct fb_found *found, struct fault *fault) fault_check;
/* In the place of a line that is too long to be read. */
bool fb_reader_long_line(struct fb_reader *reader, struct fb_found *found, struct fault *fault) fault_check;
/* After the last line. FAULT_MISSING when the file has no trailer: it may have been cut short. */
bool fb_reader_end(const struct fb_reader *reader, struct fault *fault) fault_check;
