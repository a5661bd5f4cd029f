/* SPDX-License-Identifier: Apache-2.0 */
/* Under which conditions a product is covered for this patient, as RTPB restriction codes. */
#pragma once

#include "adjudication/house.h"
#include "adjudication/make.h"

/* What is asked, and of whom, as far as a condition looks at it. */
struct asked {
	int64_t quantity_e4, days;     /* units / 10000, days of supply */
	int64_t age, age_days;         /* of the patient, in whole years and in days */
	struct text sex;               /* F or M; TEXT_NONE: the message does not say one of these */
	bool other_prescriber;         /* the patient is locked in to another one */
};

/* The restrictions of a product. */
struct restricted {
	bool covered; /* one of them may be why it is not */
	int burdens;  /* how many of them stand in the way; a limit that is kept does not */
	struct coverage_restriction *list;
	size_t list_n;
};

/* coverage NULL: an alternative, which is covered but for its limits. authorized: a prior authorization for it is on file. */
struct restricted restrict_product(struct make *make, const struct house_case *about, const struct coverage *coverage,
	const struct limits *limits, bool authorized, const struct asked *asked);

/* A restriction without limits, by its code alone. */
void restrict_by(struct make *make, const char *code, struct coverage_restriction **list, size_t *list_n);
