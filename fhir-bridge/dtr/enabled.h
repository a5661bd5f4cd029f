/* SPDX-License-Identifier: Apache-2.0 */
/* On which answers each question of a set is asked. SCRIPT says where each answer leads; FHIR says of each question what enables it. */
#pragma once

#include "base/make.h"
#include "ncpdp/questions.h"

/* One comparison with the answer to an earlier question. It does not hold of a question that is not asked or not answered; only
   ENABLED_UNANSWERED does, so it never stands without what asks the question. */
struct enabled_when {
	size_t question;
	enum { ENABLED_CHOICE, ENABLED_NUMBER, ENABLED_ANSWERED, ENABLED_UNANSWERED } kind;
	struct text comparison; /* ENABLED_NUMBER: EQ LT LE GT GE */
	struct text value;      /* choice or number */
};

/* Any of them. */
struct enabled_clause {
	struct enabled_when *whens;
	size_t n;
};

/* All of them; n == 0: always asked. */
struct enabled {
	bool never; /* no way leads to it */
	struct enabled_clause *clauses;
	size_t n;
};

/* `set` has passed questions_check. optional[i]: question i may be left unanswered (NULL: none may). *out: one for each question. False when
   the ways cannot be told so (several choices that lead apart, or more ways than a reader would follow): such a set is to be asked one question
   at a time. Past the arena's limit make says so. */
bool enabled_of(const struct questions *set, const bool *optional, struct make *make, struct enabled **out);
