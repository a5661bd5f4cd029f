/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of `dualtrack route` share. */
#pragma once

#include "gateway/cli.h"
#include "routing/routing.h"

struct cli_route {
	const char *rules; /* a file; NULL: those that are built in */
	bool json;
};

/* Reads the rules, or says on stderr what is wrong with them. CLI_OK, or the exit code. */
int cli_route_rules(const char *file, struct arena *arena, struct rules **rules);
/* True for a word that names a file with an order, and is none of the order's words itself. */
bool cli_route_is_file(const char *word);
