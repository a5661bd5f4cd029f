/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up lists as large as all that is published in the country: formulary and benefit files of one large PBM, and CMS's Part D files. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
	LISTS_PRODUCTS = 20000, /* NDCs, in each formulary */
	LISTS_DETAILS = 40000,  /* of one family of lists: status, prior authorization, quantity limits, copays, alternatives */
	LISTS_ROWS = 10000000,
	NATIONAL_PARTD_FORMULARIES = 320,
	NATIONAL_PARTD_DRUGS = 3440,     /* in each; 1.1 million rows together, as CMS's file has */
	NATIONAL_PARTD_PLANS = 5600,
};

/* A formulary and benefit file of families F0 ..., each the lists of one plan EXPBM:PLAN0 ... False: it could not be written. */
bool national_lists_write(FILE *out, uint32_t families);
/* What a family says of product i. */
bool national_has_authorization(uint32_t product);
bool national_has_limit(uint32_t product);
bool national_has_copay(uint32_t product);
bool national_has_alternatives(uint32_t product);

/* The two files that a folder must have: drugs and plans. Plan i is H9990-%03i-000 and so on, see national_partd_plan. */
bool national_partd_write(FILE *drugs, FILE *plans, uint32_t formularies, uint32_t plans_n);
void national_partd_plan(uint32_t plan, char out[24]);
