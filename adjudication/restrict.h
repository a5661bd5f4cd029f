/* SPDX-License-Identifier: Apache-2.0 */
/* Under which conditions a product is covered for this patient, as RTPB restriction codes. */
#pragma once

#include "adjudication/house.h"
#include "adjudication/make.h"

/* What is asked, in numbers. */
struct asked {
	int64_t quantity_e4, days, age; /* units / 10000, days of supply, years of the patient */
};

/* The restrictions of a product, appended to a list. Returns whether it is covered at all: one of them may be why it is not.
   coverage NULL: an alternative, which is covered but for its limits. */
bool restrict_product(struct make *make, const struct house_case *about, const struct coverage *coverage,
	const struct limits *limits, const struct asked *asked, struct coverage_restriction **list, size_t *list_n);

/* "4W": only at a specialty pharmacy. */
void restrict_specialty(struct make *make, struct coverage_restriction **list, size_t *list_n);
