/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the copays that lists give for a product is the one for this fill. */
#pragma once

#include "formulary/records.h"

/* How a pharmacy stands in the plan's network. */
enum standing { STANDING_OUT, STANDING_STANDARD, STANDING_PREFERRED };

/* What decides between rows. */
struct copay_asked {
	char way;                    /* R retail, D retail 90 days, M mail, S specialty */
	enum standing standing;
	int64_t days;
	int64_t out_of_pocket_cents; /* paid this year before the fill */
	bool insulin;
	const char *phase;           /* DEDUCTIBLE or INITIAL; rows of another phase are not for it */
};

enum copay_found {
	COPAY_FOUND,
	COPAY_NONE,        /* no row is for such a fill */
	COPAY_NOT_OFFERED, /* the publisher says so */
	COPAY_UNSAID,      /* there is a row, and it names no cost */
};

/* The row that is made for such a fill the most: first for insulin if it is that, then by the network, the kind of pharmacy, the days of supply, the
   spending; among equals the first. A row for one kind of brand or generic, or for days that the publisher only calls other, is never taken: nobody
   can say that it holds. *rate: a publisher that gives the percentage in a row of its own; else NULL. */
enum copay_found copays_choose(const struct copay_row *rows, size_t n, const struct copay_asked *asked, const struct copay_row **row,
	const struct copay_row **rate);
