/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a file of any length, read in bounded memory. */
#pragma once

#include "base/fault.h"

struct lines;

/* `most` bytes are the longest line taken. FAULT_FILE. */
bool lines_open(const char *file, size_t most, struct lines **out, struct fault *fault) fault_check;
/* NULL is fine. */
void lines_close(struct lines *lines);
/* The next line without its LF or CRLF; *there false at the end. The text lives until the next call. FAULT_TOO_LARGE for a line
   longer than `most`; the one after it can then be read. */
bool lines_next(struct lines *lines, struct text *line, bool *there, struct fault *fault) fault_check;
/* Of the line last read, from 1. */
int64_t lines_number(const struct lines *lines);
int64_t lines_bytes_read(const struct lines *lines);
int64_t lines_bytes_total(const struct lines *lines);
