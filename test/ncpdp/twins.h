/* SPDX-License-Identifier: Apache-2.0 */
/* The bad twins of the accepted messages (bad/twins.def, bad/twins_branches.def): each has one change, and the one fault it is refused with. */
#pragma once

#include "ncpdp/ncpdp.h"

struct twin {
	enum ncpdp_family family;
	const char *of, *name; /* the file below good/, and what is wrong */
	enum { WITHOUT, TIMES, FILL, REPLACE } change; /* see bad/twins.def */
	const char *what, *with;
	const char *code, *path; /* of the fault */
};
extern const struct twin twins[];
extern const size_t twins_n;

/* The twin, out of the good message without white space between its elements (fixture_packed). */
struct text twin_body(const struct twin *twin, struct text good, struct arena *arena);
