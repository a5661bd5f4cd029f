/* SPDX-License-Identifier: Apache-2.0 */
/* Which benefit, which backend, and why: a pure function over rules from a file. */
#pragma once

#include "routing/records.h"

struct rules;

/* Reads a rule file (format at the top of gateway/sandbox/rules.txt): one row a line, first match wins. A wrong line refuses the
   file: *line says which. `version` of the rules is the hash of the file. */
bool rules_read(struct text file, struct rules **out, int *line, struct fault *fault) fault_check;
void rules_free(struct rules *rules);
/* The backend that row i names, with its line, so that the caller can see whether it exists; "routed" stands for the one the question
   names. TEXT_NONE past the last row. */
struct text rules_backend(const struct rules *rules, size_t i, int *line);

/* Decides. What is missing in the question is missing: a condition on it does not match. Always gives a decision; `undetermined` with
   the question that would settle it when no row matches. The same question and rules give the same answer. */
void route_decide(const struct rules *rules, const struct route_question *question, struct arena *arena,
	struct route_decision *out);
