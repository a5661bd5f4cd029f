/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of `dualtrack route` share. */
#pragma once

#include "gateway/cli/cli.h"
#include "routing/routing.h"

struct cli_route {
	const char *rules; /* a file; NULL: those that are built in */
	const char *says;  /* explain: what lists say counts too, those of this file beside the built-in ones; "built-in": those alone; NULL: none */
	const char *in;    /* diff: directory of a case store; NULL: none */
	bool json, all;
};

/* Reads the rules, or says on stderr what is wrong with them. CLI_OK, or the exit code. */
int cli_route_rules(const char *file, struct arena *arena, struct rules **rules);
/* True for a word that names a file with an order, and is none of the order's words itself. */
bool cli_route_is_file(const char *word);

/* cli_route_store.c */
int cli_route_misses(const struct cli_route *options, struct arena *arena);
int cli_route_replay(const char *case_id, const struct cli_route *options, struct arena *arena);
/* cli_route.c: a decision row by row, for a person. */
void cli_route_print(const struct route_explanation *explanation, struct buffer *out);

/* cli_route_check.c; the words after the command's own */
int cli_route_lint(const char *file, const struct cli_route *options, struct arena *arena);
int cli_route_test(int argc, char **argv, const struct cli_route *options, struct arena *arena);
int cli_route_diff(int argc, char **argv, const struct cli_route *options, struct arena *arena);
