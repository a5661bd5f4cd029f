/* SPDX-License-Identifier: Apache-2.0 */
/* A question about a product of a plan while it is answered; shared by the files that answer it. */
#pragma once

#include "formulary/answer.h"
#include "formulary/reading.h"

enum { KEYS_MAX = 12 }; /* names of one product that are tried: NDC, its concepts, reference number */

struct asking {
	const struct reading *reading;
	struct plan_row plan;
	struct text keys[KEYS_MAX]; /* product keys, the NDC's first */
	size_t keys_n;
	struct arena *arena;
	struct product_answer *out;
	struct fault *fault;
};

/* One row on a walk. */
struct found {
	const struct formulary_list *list;
	struct text key, value;
};

/* The next row whose list counts today. */
bool asking_next_row(const struct reading *reading, struct table_walk *walk, struct found *found);
/* FAULT_TOO_LARGE. */
bool asking_too_large(struct asking *asking);
/* Where a row comes from. */
void asking_come_from(const struct found *found, int64_t line, struct text product, struct answer_from *from);
/* Fills the keys: the product's own names, and what files link them to. */
bool asking_name_product(struct asking *asking, const struct product_name *name);
/* The plan's row; *found_one false: there is none. */
bool asking_find_plan(struct asking *asking, struct text plan, bool *found_one);
/* Begins a walk over what an owner says under one name; false when there is no such owner, and nothing was begun. */
bool asking_walk_product(struct asking *asking, const char *kind, struct text owner, struct text product, struct table_walk *walk);

/* What the STATUS list with this id says under one product key; `from` may be NULL. *there false: it does not list it. */
bool asking_status(struct asking *asking, struct text formulary, struct text product, struct status_row *status, struct answer_from *from,
	bool *there);

/* answer_price.c: the prices that the plan publishes for the product. */
bool asking_prices(struct asking *asking);
