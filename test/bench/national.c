/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the plan file: the same bytes every time. */
#include "test/bench/national.h"

#include <stdbool.h>

/* A fixed permutation-like scramble: neighbours in the file have unlike prices and limits. */
static uint32_t mixed(uint32_t x)
{
	x = (x ^ (x >> 16)) * 0x7FEB352Du;
	x = (x ^ (x >> 15)) * 0x846CA68Bu;
	return x ^ (x >> 16);
}

void national_key(uint32_t row, char plan[16], char ndc[12])
{
	snprintf(plan, 16, "NATIONAL-%05u", row / NATIONAL_PRODUCTS % 100000);
	snprintf(ndc, 12, "99999%06u", row % NATIONAL_PRODUCTS);
}

static void write_prices(FILE *out, uint32_t product)
{
	unsigned unit = mixed(product) % 500000 + 100;

	fprintf(out, "\"prices\":[{\"pharmacy\":\"R\",\"unit_cost_e4\":%u,\"fee_cents\":175},{\"pharmacy\":\"D\",\"unit_cost_e4\":%u},"
		     "{\"pharmacy\":\"M\",\"unit_cost_e4\":%u}]", unit, unit - unit / 20, unit - unit / 12);
}

static void write_alternatives(FILE *out, uint32_t product)
{
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t other = (product + 1 + i) % NATIONAL_PRODUCTS;

		fprintf(out, "%s{\"ndc\":\"99999%06u\",\"description\":\"EXAMPLE PRODUCT %06u TABLET\",\"tier\":%u,\"unit\":\"C48542\",",
			i ? "," : ",\"alternatives\":[", other, other, mixed(other) % 4 + 1);
		write_prices(out, other);
		fputc('}', out);
	}
	fputc(']', out);
}

static void write_row(FILE *out, uint32_t row)
{
	uint32_t product = row % NATIONAL_PRODUCTS, chance = mixed(row);
	char plan[16], ndc[12];

	national_key(row, plan, ndc);
	if (product == 0)
		fprintf(out, "{\"resourceType\":\"bin\",\"bin\":\"999999\",\"pcn\":\"%s\",\"plan\":\"%s\"}\n", plan, plan);
	fprintf(out, "{\"resourceType\":\"coverage\",\"plan\":\"%s\",\"ndc\":\"%s\",\"description\":\"EXAMPLE PRODUCT %06u TABLET\","
		     "\"status\":\"COVERED\",\"administered_by\":\"SELF\",\"route\":\"ORAL\",\"tier\":%u,\"unit\":\"C48542\",",
		plan, ndc, product, mixed(product) % 4 + 1);
	if (chance % 4 == 0)
		fprintf(out, "\"limits\":{%s\"quantity_e4\":300000,\"quantity_days\":30},",
			chance % 8 ? "" : "\"prior_authorization\":true,");
	write_prices(out, product);
	if (product % 10 == 3)
		write_alternatives(out, product);
	fputs("}\n", out);
}

bool national_write(FILE *out, uint32_t rows)
{
	for (uint32_t row = 0; row < rows; row++)
		write_row(out, row);
	return fflush(out) == 0 && !ferror(out);
}
