/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up plan file of national size: what a gateway for a whole country has to hold. */
#pragma once

#include <stdint.h>
#include <stdio.h>

enum {
	NATIONAL_PLANS = 220,     /* formularies; CMS publishes a few hundred for Medicare Part D */
	NATIONAL_PRODUCTS = 5000, /* each: 1.1 million rows in all */
	NATIONAL_ROWS = NATIONAL_PLANS * NATIONAL_PRODUCTS,
};

/* The plan and NDC of row `row`; both NUL-terminated. NDCs have labeler 99999, which is nobody's. */
void national_key(uint32_t row, char plan[16], char ndc[12]);

/* Writes `rows` coverage lines, plan by plan, and a BIN line (999999, PCN = plan) for each plan among them. A tenth of the products have
   alternatives with their prices, a quarter some limit. False when the stream fails. */
_Bool national_write(FILE *out, uint32_t rows);
