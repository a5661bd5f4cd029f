/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary load with what agencies publish: told by what it is, not by its name. */
#pragma once

#include <stdbool.h>

/* False: it is none of these, and nothing was done. Else loads it into the directory, says how it went, and gives the exit status. */
bool cli_public_load(const char *from, const char *into, int *code);
