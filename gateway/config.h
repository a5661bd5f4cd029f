/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a process: a file, then DUALTRACK_<KEY> in the environment over it, then defaults; checked whole. */
#pragma once

#include "gateway/role.h"

/* What is wrong with it, for the operator who wrote it. */
struct config_problem {
	const char *from;         /* file, or the environment variable's prefix */
	int line;                 /* of the file; 0: of no line in particular */
	char key[FAULT_PATH_MAX]; /* "partner[2]/callback" */
	const char *sentence;
};

/* file NULL: none. What *out points to lives in the arena. */
bool config_load(const char *file, struct arena *arena, struct config **out, struct config_problem *problem);
/* "/etc/dualtrack.conf:12: listen: ..." on stderr. */
void config_complain(const struct config_problem *problem);
/* What configuration keys are called in the environment: "DUALTRACK_LISTEN" for listen. */
void config_variable(const struct field *field, char *out, size_t size);
/* True for a key with one value, that can be set from the environment or the command line. */
bool config_single(const struct field *field);
enum fault_level config_log_level(const struct config *config);
