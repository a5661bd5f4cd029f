/* SPDX-License-Identifier: Apache-2.0 */
/* What a member pays of a fill by the copays of published lists, and by the law of Part D where the plan is one. */
#pragma once

#include "adjudication/copays.h"
#include "adjudication/cost.h"
#include "adjudication/part_d.h"

struct list_fill {
	const struct copay_row *copays;
	size_t copays_n;
	char way;
	enum standing standing;
	int64_t days;
	int64_t cost_cents;                /* -1: not known */
	/* of plan and member; cents */
	int64_t deductible, deductible_met;
	int64_t out_of_pocket_max, out_of_pocket_met; /* max 0: none */
	bool deductible_where_unsaid;      /* rows that do not say so have the deductible first */
	bool rate_first;                   /* where no row says which is first */
	const struct part_d_year *part_d;  /* NULL: not a Part D plan, or not a Part D drug */
	bool insulin, vaccine;
};

enum list_share {
	LIST_SHARE_KNOWN,
	LIST_SHARE_OPEN,        /* covered, and what the member pays depends on what is not known here: the cost, or a row that names none */
	LIST_SHARE_NOT_OFFERED, /* not dispensed in this way or at such a pharmacy */
};
/* *share only where it is KNOWN. */
enum list_share list_share_of(const struct list_fill *fill, struct cost_share *share);
