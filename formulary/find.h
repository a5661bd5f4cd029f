/* SPDX-License-Identifier: Apache-2.0 */
/* Products found by words of their descriptions. */
#pragma once

#include "formulary/formulary.h"

enum {
	FIND_PAGE = 50,    /* matches in one answer */
	FIND_SCAN = 4000,  /* rows looked at for one answer: some 2 ms; a name of a drug has a tenth of that */
	FIND_MOST = 500,   /* matches that are put in order */
};

/* What to look for. */
struct find {
	struct text words; /* all must be in the description, the last one as the beginning of a word */
	struct text plan;  /* only products that this plan lists; TEXT_NONE: all */
	size_t from;       /* so many matches are left out: 0, or next of the page before */
};

/* Best first: descriptions that begin with the first word, then shorter ones, then by alphabet. A product of several publishers comes once.
   At most FIND_SCAN rows are looked at; what is beyond them is said to be more. FAULT_MISSING "q": none of the words is one under which
   products are stored. FAULT_STORE_CORRUPT, FAULT_TOO_LARGE past the arena. */
bool formulary_find(const struct formulary *formulary, const struct find *find, struct arena *arena, struct product_matches *out,
	struct fault *fault) fault_check;
