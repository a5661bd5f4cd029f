/* SPDX-License-Identifier: Apache-2.0 */
/* The payer file once read: found by name, and checked so that the rest of this folder need not doubt it. */
#pragma once

#include "adjudication/records.h"
#include "base/arena.h"

struct payer_name;

struct house {
	struct arena arena; /* everything below lives here */
	struct house_file file;
	struct payer_name *plans, *members, *policies, *network, *special; /* sorted */
	size_t network_n, special_n;
	struct part_d_years *part_d; /* NULL: not given */
};

const struct house_plan *payer_plan(const struct house *house, struct text name);
const struct house_policy *payer_policy(const struct house *house, struct text id);
/* The nth (from 0) person under one cardholder id of a plan; NULL: no more. */
const struct house_member *payer_member(const struct house *house, struct text plan, struct text cardholder_id,
	size_t nth);
/* What the plan says of a tier at a pharmacy type; NULL: it does not pay there. */
const struct house_tier *payer_tier(const struct house_plan *plan, int64_t tier, struct text pharmacy);

/* The pharmacy with this id (NCPDP or NPI) in the list of those that the plan pays; NULL: it is not there. */
const struct house_place *payer_in_network(const struct house *house, const struct house_plan *plan, struct text id);
/* INSULIN or VACCINE, by NDC or else by RxNorm concept; TEXT_NONE: neither. */
struct text payer_special(const struct house *house, struct text ndc, struct text rxcui);
/* What members of the plan pay comes from its published lists. */
bool payer_by_lists(const struct house_plan *plan);

/* What the fields of the file must say of each other, beyond the tables. */
bool payer_check(const struct house_file *file, struct fault *fault) fault_check;
/* The same for what is said of people and places: members, networks, help desks. */
bool payer_check_people(const struct house_file *file, struct fault *fault) fault_check;
/* The same for one policy: questions lead on and to an end, conditions fit their questions, rules always decide, denials have a reason. */
bool payer_check_policy(const struct house_policy *policy, struct fault *fault) fault_check;

/* Beginning of a day of the payer file, UTC; `otherwise` when it is absent. */
int64_t payer_day_ms(struct text date, int64_t otherwise);
/* From the first day to the end of the last one; absent: no such end. */
bool payer_within_days(struct text first, struct text last, int64_t wall_ms);

/* A decimal text in 1/10000. False when it is not a number, has more than four decimals or does not fit. */
bool payer_e4(struct text decimal, int64_t *e4);
