/* SPDX-License-Identifier: Apache-2.0 */
/* Labelled cases: orders with the track that they should take and where that stands, to hold rules against. */
#pragma once

#include "routing/routing.h"

struct route_label {
	struct text id, words, track;
	struct text rule;      /* TEXT_NONE: any */
	struct text citation;
	struct route_question question;
	int line;
};

struct route_labels {
	struct route_label *at;
	size_t n;
};

/* Reads a file of cases, one a line: id | words | track | rule | citation. The words are those of route_words_read; the rule may be empty. Lines that are
   empty or begin with # are passed over. A wrong line refuses the file: *line says which. Texts point into `file`. */
bool route_labels_read(struct text file, struct arena *arena, struct route_labels *out, int *line, struct fault *fault) fault_check;
/* Decides a case and says whether it came out as the label says. */
bool route_label_holds(const struct route_label *label, const struct rules *rules, struct arena *arena, struct route_decision *decision);

struct route_score {
	struct text programme; /* "-": the case names none */
	size_t good, all;
};
enum { ROUTE_SCORES_MAX = 10 };
/* Counts the case under its programme. scores: ROUTE_SCORES_MAX of them, zeroed before the first. */
void route_score_add(struct route_score scores[ROUTE_SCORES_MAX], const struct route_label *label, bool good);
