/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the lists: the same bytes every time. */
#include "test/bench/national_lists.h"

bool national_has_authorization(uint32_t product)
{
	return product % 10 == 1;
}

bool national_has_limit(uint32_t product)
{
	return product % 5 == 2;
}

bool national_has_copay(uint32_t product)
{
	return product % 5 < 2;
}

bool national_has_alternatives(uint32_t product)
{
	return product % 10 == 3;
}

struct counting {
	FILE *out;
	uint64_t lines, list;
};

/* `id` is that of the list without its number; `rest` what stands after it. */
static void begin(struct counting *counting, const char *id, uint32_t family, const char *rest)
{
	counting->list = counting->lines++;
	fprintf(counting->out, "%s%u|%s\n", id, family, rest);
}

static void end(struct counting *counting, char letter)
{
	counting->lines++;
	fprintf(counting->out, "%cTR|%llu\n", letter, (unsigned long long)(counting->lines - counting->list));
}

static void write_family(struct counting *counting, uint32_t family)
{
	FILE *out = counting->out;

	begin(counting, "FHD|F", family, "EXAMPLE FORMULARY|1|1|1|1|1||F|20250101");
	for (uint32_t i = 0; i < LISTS_PRODUCTS; i++, counting->lines++) {
		fprintf(out, "FDT|A|99999%06u|03|||", i);
		if (i % 2)
			fprintf(out, "%u|SCD", 100000 + i / 4);
		fprintf(out, "%s|%u|12\n", i % 2 ? "" : "|", (i + family) % 8 + 1);
	}
	end(counting, 'F');
	begin(counting, "GHD|PA", family, "PA|F|20250101");
	for (uint32_t i = 0; i < LISTS_PRODUCTS; i++)
		if (national_has_authorization(i) && ++counting->lines)
			fprintf(out, "GDT|A|C%u|99999%06u|03\n", family, i);
	end(counting, 'G');
	begin(counting, "GHD|QL", family, "QL|F|20250101");
	for (uint32_t i = 0; i < LISTS_PRODUCTS; i++)
		if (national_has_limit(i) && ++counting->lines)
			fprintf(out, "GDT|A|C%u|99999%06u|03|||||30|QY|DY|||30\n", family, i);
	end(counting, 'G');
	begin(counting, "CHD|DS", family, "DS|F|20250101");
	for (uint32_t i = 0; i < LISTS_PRODUCTS; i++)
		if (national_has_copay(i) && ++counting->lines)
			fprintf(out, "CDT|A|P%u|99999%06u|03|||||R|12.50|0.25|F|5|60.00|30|2|4\n", family, i);
	end(counting, 'C');
	begin(counting, "AHD|A", family, "F|20250101");
	for (uint32_t i = 0; i < LISTS_PRODUCTS; i++)
		for (uint32_t k = 1; national_has_alternatives(i) && k <= 3 && ++counting->lines; k++)
			fprintf(out, "ADT|A|99999%06u|03|||||99999%06u|03|||||%u\n", i, (i + k) % LISTS_PRODUCTS, k);
	end(counting, 'A');
}

bool national_lists_write(FILE *out, uint32_t families)
{
	struct counting counting = { .out = out };

	fputs("HDR|30|EXPBM|||EXAMPLE PBM|0000001000|20260101|12000000|FRM|F|20251231|P\n", out);
	counting.lines = 1;
	begin(&counting, "XHD|X", 0, "F|");
	for (uint32_t i = 0; i < families; i++, counting.lines++)
		fprintf(out, "XDT|A|999999|NATIONAL-%05u||PLAN%u|F%u|A%u|C%u|P%u\n", i, i, i, i, i, i);
	end(&counting, 'X');
	for (uint32_t i = 0; i < families; i++)
		write_family(&counting, i);
	fprintf(out, "TRL|%llu\n", (unsigned long long)counting.lines + 1);
	return fflush(out) == 0 && !ferror(out);
}

/* -- Part D -- */

void national_partd_plan(uint32_t plan, char out[24])
{
	snprintf(out, 24, "H%04u-%03u-000", 9000 + plan / 900 % 1000, plan % 900 + 1);
}

bool national_partd_write(FILE *drugs, FILE *plans, uint32_t formularies, uint32_t plans_n)
{
	fputs("FORMULARY_ID|FORMULARY_VERSION|CONTRACT_YEAR|RXCUI|NDC|TIER_LEVEL_VALUE|QUANTITY_LIMIT_YN|QUANTITY_LIMIT_AMOUNT|QUANTITY_LIMIT_DAYS|"
	      "PRIOR_AUTHORIZATION_YN|STEP_THERAPY_YN|SELECTED_DRUG_YN\r\n", drugs);
	for (uint32_t f = 0; f < formularies; f++)
		for (uint32_t i = 0; i < NATIONAL_PARTD_DRUGS; i++)
			fprintf(drugs, "%08u|7|2026|%u|99999%06u|%u|%s|%s|N|N\r\n", 99000000 + f, 1000000 + i, i, (i + f) % 5 + 1, i % 3 ? "N||" : "Y|30|30",
				i % 7 ? "N" : "Y");
	fputs("CONTRACT_ID|PLAN_ID|SEGMENT_ID|CONTRACT_NAME|PLAN_NAME|FORMULARY_ID|PREMIUM|DEDUCTIBLE|MA_REGION_CODE|PDP_REGION_CODE|STATE|COUNTY_CODE|"
	      "SNP|PLAN_SUPPRESSED_YN\r\n", plans);
	for (uint32_t p = 0; p < plans_n; p++)
		fprintf(plans, "H%04u|%03u|000|EXAMPLE HMO|Example Plus|%08u|35.60|615| | |NE|28100|2|N\r\n", 9000 + p / 900 % 1000, p % 900 + 1,
			99000000 + p % formularies);
	return fflush(drugs) == 0 && !ferror(drugs) && fflush(plans) == 0 && !ferror(plans);
}
