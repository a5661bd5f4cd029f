/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a rule table although every line of it can be read. */
#pragma once

#include "routing/routing.h"

enum lint_kind {
	LINT_NEVER,   /* the row can never decide: rows before it take all that it would */
	LINT_OVERLAP, /* two rows with different answers meet the same question, and neither is an exception to the other: their order decides */
	LINT_GAP,     /* no row decides, and there is nothing that whoever orders could add to change that */
};

struct lint_finding {
	enum lint_kind kind;
	struct text rule;    /* NEVER, OVERLAP: the row; GAP: the row next to it, which decides when one value is another */
	struct text other;   /* NEVER: the one row that takes it all, if it is one; OVERLAP: the later row */
	struct text example; /* a question, in words; NEVER: one that the row would want */
	int line, other_line;
};

enum { LINT_FINDINGS_MAX = 1000 };

struct lint_report {
	struct lint_finding *at; /* by kind, then by line */
	size_t n, never, overlap, gap; /* all that were found; kept: as many as fit */
	bool tired; /* the table is too intricate to look through wholly: more may be wrong */
};

/* Looks through a table. False when it does not fit into the arena. */
bool route_lint(const struct rules *rules, struct arena *arena, struct lint_report *report, struct fault *fault) fault_check;
const char *lint_kind_name(enum lint_kind kind);
