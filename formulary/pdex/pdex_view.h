/* SPDX-License-Identifier: Apache-2.0 */
/* What is loaded, whatever its format, in the order in which PDex resources are made of it: formularies, the plans that name them, the drugs in
   a formulary, all drugs. Every step is one short walk from where the last one ended. */
#pragma once

#include "formulary/formulary.h"
#include "formulary/pdex/pdex_id.h"

struct pdex_view;

enum {
	PDEX_FORMULARIES_MAX = 2000000,
	PDEX_FORMULARY_NAME = 24,
	PDEX_PLAN_ROOM = PDEX_ID_MAX - 2, /* characters of a plan's id after "P." */
	PDEX_PRODUCT_ROOM = 40, /* characters of an item's id that are about its product */
};

/* A formulary: what plans call so, with the coverage rules that they apply to it. Plans with other rules have another one. */
struct pdex_formulary_of {
	uint32_t owner;
	uint64_t rules;                 /* a hash of the rules' ids; 0: its own, or none */
	char name[PDEX_FORMULARY_NAME]; /* its id after "F." */
	struct text source, id;         /* publisher, and as it calls it */
	struct text *coverage;          /* ids of rules */
	size_t coverage_n;
	bool plan_file;
};

/* Of the generation that is open and its day; ends with them. FAULT_TOO_LARGE, FAULT_STORE_CORRUPT. */
bool pdex_view_new(const struct formulary *formulary, struct pdex_view **out, struct fault *fault) fault_check;
/* NULL is fine. */
void pdex_view_free(struct pdex_view *view);
/* Whether it is of what the formulary has now. */
bool pdex_view_current(const struct pdex_view *view, const struct formulary *formulary);

size_t pdex_view_formularies(const struct pdex_view *view);
const struct pdex_formulary_of *pdex_view_formulary(const struct pdex_view *view, size_t i);
/* The place of the first that is not before this name; *same says whether it has the name. */
size_t pdex_view_place(const struct pdex_view *view, struct text name, bool *same);
/* The formulary that a plan names, and with what it adds; NULL: it has no rows. */
const struct pdex_formulary_of *pdex_view_of_plan(const struct pdex_view *view, const struct plan_row *plan, bool additions);
/* Dates and name of the formulary; its id and source alone where no list has its name. */
bool pdex_view_header(const struct pdex_view *view, const struct pdex_formulary_of *formulary, struct formulary_list *out,
	struct fault *fault) fault_check;
/* When the generation's newest lists were loaded, Unix time. */
int64_t pdex_view_loaded(const struct pdex_view *view);

/* A drug in a formulary. */
struct pdex_item {
	const struct pdex_formulary_of *formulary;
	const struct formulary_list *list; /* that says so */
	struct text product;               /* key */
	struct status_row *status;
	const struct coverage *coverage;   /* of a plan file; NULL else */
	struct coverage_row *rules;
	size_t rules_n;
	bool listed;                       /* it is on the formulary: false when not covered, excluded or unknown */
};
/* The next product behind `after` (a key; TEXT_NONE: from the first), listed or not. Texts live as long as the generation, the rest in the
   arena. FAULT_TOO_LARGE, FAULT_STORE_CORRUPT. */
bool pdex_view_item_next(const struct pdex_view *view, const struct pdex_formulary_of *formulary, struct text after, struct arena *arena,
	struct pdex_item *out, bool *there, struct fault *fault) fault_check;
/* The one product. */
bool pdex_view_item(const struct pdex_view *view, const struct pdex_formulary_of *formulary, struct text product, struct arena *arena,
	struct pdex_item *out, bool *there, struct fault *fault) fault_check;
/* The product of a formulary that an id made with PDEX_PRODUCT_ROOM is about; TEXT_NONE when there is none. */
bool pdex_view_item_of(const struct pdex_view *view, const struct pdex_formulary_of *formulary, struct text id, struct arena *arena,
	struct text *product, struct fault *fault) fault_check;

/* A plan: the first of its rows that counts, as for answers. A plan of a plan file has no row of its own: one is made up. */
struct pdex_plan_of {
	struct plan_row row;
	const struct formulary_list *list; /* NULL: of a plan file */
	struct copay_row *copays;          /* of tiers, statuses and all: not of single products */
	size_t copays_n;
	size_t copays_of_products;
};
/* Plans with rows in the order of their names, then those of plan files. after: a name. */
bool pdex_view_plan_next(const struct pdex_view *view, struct text after, bool after_plan_file, struct arena *arena, struct pdex_plan_of *out,
	bool *there, struct fault *fault) fault_check;
/* By the id that pdex_id_write makes of its name with PDEX_PLAN_ROOM. */
bool pdex_view_plan(const struct pdex_view *view, struct text id, struct arena *arena, struct pdex_plan_of *out, bool *there,
	struct fault *fault) fault_check;

/* A drug, and the products that lists link it to. */
struct pdex_drug_of {
	struct text product, description;
	struct text *links; /* product keys */
	size_t links_n;
};
bool pdex_view_drug_next(const struct pdex_view *view, struct text after, struct arena *arena, struct pdex_drug_of *out, bool *there,
	struct fault *fault) fault_check;
bool pdex_view_drug(const struct pdex_view *view, struct text product, struct arena *arena, struct pdex_drug_of *out, bool *there,
	struct fault *fault) fault_check;
/* Adds the products that lists link the drug to. */
bool pdex_view_links(const struct pdex_view *view, struct pdex_drug_of *drug, struct arena *arena, struct fault *fault) fault_check;
/* By an id made with PDEX_ID_MAX. */
bool pdex_view_drug_of(const struct pdex_view *view, struct text id, struct arena *arena, struct pdex_drug_of *out, bool *there,
	struct fault *fault) fault_check;
