/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a file of cells between commas (RFC 4180), read in bounded memory: a cell in quotes may hold commas, quotes and line ends. */
#pragma once

#include "base/fault.h"

enum {
	CSV_CELLS_MAX = 64,       /* cells of a row that are kept; published files have columns of nothing after theirs */
	CSV_ROW_MAX = 256 << 10,  /* bytes of a row; the notes of the longest one seen are some hundred */
};

struct csv_row {
	struct text cell[CSV_CELLS_MAX]; /* trimmed; never TEXT_NONE below n */
	size_t n;
	int64_t line; /* on which it begins, from 1 */
};

struct csv;

/* FAULT_FILE. */
bool csv_open(const char *file, struct csv **out, struct fault *fault) fault_check;
/* NULL is fine. */
void csv_close(struct csv *csv);
/* The next row; *there false at the end. Texts live until the next call. FAULT_RULE at "quotes": something stands behind a closing quote, or
   the file ends within quotes. FAULT_TOO_LARGE. row->line is set in any case. */
bool csv_next(struct csv *csv, struct csv_row *row, bool *there, struct fault *fault) fault_check;
int64_t csv_bytes_read(const struct csv *csv);
int64_t csv_bytes_total(const struct csv *csv);
