/* SPDX-License-Identifier: Apache-2.0 */
/* The questions that a rule table tells apart, inside routing/lint*.c only: for each member it asks, a few atoms - not known, each value it names,
   any other value - and boxes of them. */
#pragma once

#include "routing/rules.h"

/* One member as the table sees it, or the date. */
struct lint_axis {
	const struct field *field; /* NULL: the date */
	struct text *values;       /* of atoms 1..; "C*" is what begins so and is named nowhere else; TEXT_NONE: another value */
	size_t n;                  /* atoms, 0 (not known) included */
	size_t at, words;          /* where its bits lie in a box */
};

struct lint_space {
	struct arena *arena;
	const struct rules *rules;
	struct lint_axis axes[FACTS_MAX + 1];
	size_t axes_n, words;
	uint64_t **boxes; /* of the rows */
	uint64_t *stack;  /* boxes of the search, one for each depth */
	size_t steps;     /* that are left */
	bool tired;
};

bool lint_space_make(struct lint_space *space, const struct rules *rules, struct arena *arena);
bool lint_meet(const struct lint_space *space, const uint64_t *a, const uint64_t *b);
/* True when all of a lies in b. */
bool lint_within(const struct lint_space *space, const uint64_t *a, const uint64_t *b);
/* True when some question of the box meets none of the rows from..to-1 but `skip`; one of them as a box in `found`. */
bool lint_uncovered(struct lint_space *space, const uint64_t *box, size_t from, size_t to, size_t skip, uint64_t *found);
/* A question in the box, in words. */
struct text lint_example(const struct lint_space *space, const uint64_t *box);
