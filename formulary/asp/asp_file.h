/* SPDX-License-Identifier: Apache-2.0 */
/* One of CMS's Part B drug files: what its lines before the header say, and which column is which. */
#pragma once

#include "base/arena.h"
#include "formulary/csv.h"
#include "formulary/records.h"

enum asp_kind { ASP_CROSSWALK, ASP_LIMITS };

enum asp_column {
	ASP_CODE,
	ASP_NDC,
	ASP_DESCRIPTION,
	ASP_LABELER,
	ASP_DRUG,
	ASP_DOSAGE,
	ASP_SIZE,
	ASP_ITEMS,
	ASP_UNITS,
	ASP_PACKAGE_UNITS,
	ASP_LIMIT,
	ASP_COINSURANCE,
	ASP_COLUMNS
};

/* Name of a column, for people. */
const char *asp_column_name(enum asp_column column);

struct asp_file {
	enum asp_kind kind;
	const char *family;        /* "asp", "noc", "awp", "opps", "prep" */
	char from[9], to[9];       /* first and last day, CCYYMMDD; "": it does not say */
	int at[ASP_COLUMNS];       /* -1: not there */
	size_t cells;              /* a row has at least so many */
	struct csv *csv;           /* after the header */
};

/* *is false: it is none of these, and nothing is open. FAULT_FILE, FAULT_VERSION. */
bool asp_file_open(const char *path, struct asp_file *file, bool *is, struct fault *fault) fault_check;
void asp_file_close(struct asp_file *file);

/* What a row is. */
enum asp_taken {
	ASP_PAIR,    /* a product and a code, or a code and its limit */
	ASP_NOTHING, /* no code */
	ASP_SHORT,   /* a code and not all columns: the file is cut off or is another */
	ASP_CPT,     /* a code of another owner: nothing else is read of it */
	ASP_REFUSED,
};

struct asp_row {
	char code[8], product[16]; /* product keys: H and the code, N and the NDC; product is the code itself for a payment limit */
	struct hcpcs_row row;      /* `other` is left to the caller */
};

/* *wrong is the column of ASP_REFUSED. Texts live in the arena. */
enum asp_taken asp_row_read(const struct asp_file *file, const struct csv_row *cells, struct arena *arena, struct asp_row *row,
	enum asp_column *wrong);
