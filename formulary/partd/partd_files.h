/* SPDX-License-Identifier: Apache-2.0 */
/* The files of CMS's Part D formulary, pharmacy network and pricing data: which is which is told by the header row, since their names
   are not constant. */
#pragma once

#include "base/fault.h"

enum partd_kind { /* in the order in which they are read: the later ones refer to the earlier */
	PARTD_LOCATOR,
	PARTD_BASIC,
	PARTD_PLANS,
	PARTD_EXCLUDED,
	PARTD_INDICATIONS,
	PARTD_COSTS,
	PARTD_INSULIN,
	PARTD_PRICING,
	PARTD_NETWORKS,
	PARTD_KINDS
};

enum {
	PARTD_COLUMNS_MAX = 24,
	PARTD_PATH = 1024,
	PARTD_FILES_MAX = 64,         /* the pharmacy networks come in 6 parts */
	PARTD_LINE_MOST = 64 << 10,   /* bytes of a row; the widest is about 700 */
};

/* What CMS calls the file, such as "basic drugs formulary". */
const char *partd_kind_name(enum partd_kind kind);
/* Name of a column, copied into `to`. */
const char *partd_column(enum partd_kind kind, size_t column, char to[40]);
size_t partd_columns(enum partd_kind kind);

struct partd_file {
	enum partd_kind kind;
	char path[PARTD_PATH];
};

struct partd_files {
	struct partd_file file[PARTD_FILES_MAX]; /* in the order of the kinds, those of one kind by name */
	size_t n;
	int skipped; /* files that are none of these */
	int left_out; /* files of kinds that are not wanted */
};

/* Large files that can be left out. */
struct partd_options {
	bool without_networks, without_prices;
};

/* Looks at the header of each file in the directory, folders in it left aside. FAULT_MISSING: no plan information or no basic drugs; FAULT_REPEATED:
   two files of a kind that comes in one; FAULT_VERSION: columns begin as these files do and go on otherwise; FAULT_TOO_LARGE: too many files. FAULT_FILE.
   The path of the fault is the kind's name. *wrong is then the file, "" when it is about none. */
bool partd_files(const char *directory, const struct partd_options *options, struct partd_files *files, char wrong[PARTD_PATH],
	struct fault *fault) fault_check;
/* True when one of the files in the directory has a header of theirs, or begins as they do. */
bool partd_directory(const char *directory);
