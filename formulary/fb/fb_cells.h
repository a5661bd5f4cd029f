/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of one line of a formulary and benefit file, read into the members of a record and written from them. */
#pragma once

#include "formulary/fb/fb_layout.h"

/* Fills `rec` (fb_file, fb_list or fb_detail, zeroed here) from the columns after the record type. `given` has the bits of the members
   that were there. Texts point into the line. Columns at the end may be missing, and ones more may only be empty. A fault's path is
   "RECORD/member". Amounts with more decimals than their kind has are refused, never rounded. */
bool fb_cells_read(const struct fb_shape *shape, struct text columns, void *rec, uint64_t *given, struct fault *fault) fault_check;

/* Appends the record's line, with its end. `given`: numbers that are 0 and have their bit are written, the others left empty. FAULT_RULE
   when a text cannot stand in such a file (it holds a `|` or a control character), or a code has no value in the layout, or a member no column. */
bool fb_cells_write(const struct fb_shape *shape, const void *rec, uint64_t given, struct buffer *out, struct fault *fault) fault_check;

/* The bit of a member of fb_detail. */
uint64_t fb_detail_bit(const char *member);
