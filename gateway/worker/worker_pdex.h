/* SPDX-License-Identifier: Apache-2.0 */
/* The candidates of a search, one after the other, and what stands at a page's end. */
#pragma once

#include "formulary/pdex/pdex_make.h"
#include "gateway/worker/pdex_search.h"
#include "gateway/worker/worker_web.h"

enum { PDEX_PRODUCTS_MAX = 100 }; /* that one code may stand for */

/* A walk over what may fit a query. */
struct pdex_walk {
	const struct pdex_view *view;
	const struct query *query;
	struct arena *arena;
	enum pdex_kind kind;
	struct make make;
	struct pdex_losses losses; /* not told: a search is no export */
	/* where it is */
	size_t place;              /* formulary */
	struct text after;         /* product, plan or drug */
	bool plans, plan_files;    /* PDEX_PLANS: behind the formularies, behind the plans with rows */
	struct text ids;           /* _id: the rest of its values */
	bool by_id;
	/* which products and formularies alone are looked at */
	struct text products[PDEX_PRODUCTS_MAX];
	size_t products_n, product;
	bool by_product;
	struct text formularies;   /* rest of its values */
	bool by_formulary;
};

/* One resource that may fit. */
struct pdex_candidate {
	const struct pdex_resource *resource; /* NULL: nothing is to be shown of this step */
	struct text id, name; /* id: where a cursor goes on */
	const struct pdex_formulary_of *formulary; /* PDEX_ITEMS: of it. PDEX_PLANS: of the plan */
	struct text product;
};

/* cursor: id of the last one that was looked at, TEXT_NONE for the first page. FAULT_BAD_TEXT when it is none of ours. */
bool pdex_walk_begin(struct pdex_walk *walk, const struct pdex_view *view, enum pdex_kind kind, const struct query *query, struct text cursor,
	struct arena *arena, struct fault *fault) fault_check;
/* The next one; *there false at the end. Each costs a few reads, whether it fits or not. */
bool pdex_walk_next(struct pdex_walk *walk, struct pdex_candidate *out, bool *there, struct fault *fault) fault_check;
/* The one with this id; resource NULL when there is none. */
bool pdex_walk_read(struct pdex_walk *walk, struct text id, struct pdex_candidate *out, struct fault *fault) fault_check;
