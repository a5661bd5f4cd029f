/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a process: a file, then DUALTRACK_<KEY> in the environment over it, then defaults; checked whole, and
   everything that is wrong with it said at once. */
#pragma once

#include "base/config_file.h"
#include "gateway/bus/role.h"

#include <stdio.h>

enum { CONFIG_PROBLEMS_MAX = 60 };

/* One thing that is wrong with it, for the operator who wrote it. */
struct config_problem {
	char from[240];   /* file or "environment" */
	int line;         /* of the file; 0: of no line in particular */
	char key[FAULT_PATH_MAX]; /* "[partner] callback", "DUALTRACK_WORKERS"; "": of no key in particular */
	char what[600];   /* why, and what would be right */
};

struct config_problems {
	struct config_problem items[CONFIG_PROBLEMS_MAX];
	size_t n, all; /* kept, and found */
};

/* file NULL: none. `named` is what problems call the file (NULL: as it is). What *out points to lives in the arena. */
bool config_load(const char *file, const char *named, struct arena *arena, struct config **out, struct config_problems *problems);
/* "dualtrack: /etc/dualtrack.conf:12: listen: ..." for each. */
void config_complain(FILE *out, const struct config_problems *problems);
/* A line for each version that expires within 90 days, or has. */
void config_warn(FILE *out, const struct config *config, int64_t wall_ms);
/* What configuration keys are called in the environment: "DUALTRACK_LISTEN" for listen. */
void config_variable(const struct field *field, char *out, size_t size);
/* True for a key with one value, that can be set from the environment or the command line. */
bool config_single(const struct field *field);
/* True for an address that is of this host alone, and for none. */
bool config_loopback(struct text address);
enum fault_level config_log_level(const struct config *config);

/* -- for the files that make it up -- */

/* One more, at the end; never NULL. `what` and its arguments are as for printf. */
void config_problem(struct config_problems *problems, const char *from, int line, const char *key, const char *what, ...)
	__attribute__((format(printf, 5, 6)));

/* What the tables cannot say (gateway/config/config_check.c): adds what is wrong. `report` knows the lines of `file`; NULL: there is none. */
void config_check(const struct config *config, const char *file, const struct config_file_report *report,
	struct config_problems *problems);
/* Reads the files it names as the roles will (rules, clock, payer): adds what is wrong. Takes seconds when they are large. */
void config_check_files(const struct config *config, struct config_problems *problems);
/* What differs and cannot change in a gateway that runs: adds each. `file` is what problems call the new one. */
void config_check_change(const struct config *from, const struct config *to, const char *file, struct config_problems *problems);
