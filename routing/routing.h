/* SPDX-License-Identifier: Apache-2.0 */
/* Which benefit, which backend, and why: a pure function over rules from a file. */
#pragma once

#include "routing/records.h"

struct rules;

enum { RULES_BYTES_MAX = 4 << 20 }; /* of a rule file: ten thousand rows with their sentences */

/* Reads a rule file (format at the top of gateway/sandbox/rules.txt): one row a line, first match wins. A wrong line refuses the
   file: *line says which. `version` of the rules is the hash of the file. */
bool rules_read(struct text file, struct rules **out, int *line, struct fault *fault) fault_check;
void rules_free(struct rules *rules);
/* The backend that row i names, with its line, so that the caller can see whether it exists; "routed" stands for the one the question
   names. TEXT_NONE past the last row. */
struct text rules_backend(const struct rules *rules, size_t i, int *line);

/* Decides. Of what several sources say (`said`) the table of evidence tells which holds. What is missing, or in conflict, is missing: a
   condition on it does not match. Always gives a decision; `undetermined` with
   the question that would settle it when no row matches. The same question and rules give the same answer. */
void route_decide(const struct rules *rules, const struct route_question *question, struct arena *arena,
	struct route_decision *out);
/* The same decision, with every row that was tried before it and why it did not decide. */
void route_explain(const struct rules *rules, const struct route_question *question, struct arena *arena,
	struct route_explanation *out);

/* Adds to a question what the order itself says: members that are the order's to tell, unless they are known, as they are; of those that another
   source usually tells, and of those that are known otherwise, that the order says so, so that both are weighed. The date is taken over. Shares the
   texts. False past the arena's limit or that of `said`. */
bool route_state(struct route_question *question, const struct route_question *stated, struct arena *arena) fault_check;

/* Adds words to a question: "member=value" for what the order states ("a,b" where a member takes several), and "KIND:member=value" for what another
   source says, with "@2026-03-01" for its day and "~2026-06-30" for its last day behind it; "KIND" alone where a kind always says the
   same. The kinds are those of def/evidence.def. Texts point into `words`, lists are the arena's. */
bool route_words_read(struct text words, struct arena *arena, struct route_question *question, struct fault *fault) fault_check;
/* A question as such words, in the buffer. */
void route_words_write(const struct route_question *question, struct buffer *out);
