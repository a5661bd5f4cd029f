/* SPDX-License-Identifier: Apache-2.0 */
/* What a Part D plan publishes of its prices, its pharmacies and the region where it is offered. */
#include "formulary/partd/partd_rows.h"

#include "formulary/ndc.h"

#include <stdio.h>
#include <string.h>

enum {
	PHARMACY_DIGITS = 12, /* "10" and an NPI */
	NPI_DIGITS = 10,
	REGION_MAX = 80,
	CODE_MAX = 15,
};

static bool put(struct partd_rows *rows, const char *kind, const char *plan, const char *body, const char *apart, const struct record *record,
	const void *rec, struct fault *fault)
{
	struct builder_row row = { .list = rows->list, .class = ROW_PRODUCT, .owner_kind = text_of(kind), .owner = text_of(plan),
		.body = text_of(body), .apart = text_of(apart), .record = record, .rec = rec, .line = rows->line };

	return builder_row(rows->builder, &row, fault);
}

bool partd_price_row(struct partd_rows *rows, const struct partd_cells *cells, const char *plan, struct fault *fault)
{
	struct price_row price = { .line = rows->line };
	char digits[NDC_DIGITS + 1], product[NDC_DIGITS + 2], days[8];

	if (!text_there(cells->at[3]))
		return partd_bad(cells, 3, FAULT_MISSING, fault);
	if (!ndc_normal(cells->at[3], digits))
		return partd_bad(cells, 3, FAULT_BAD_NUMBER, fault);
	if (!partd_number(cells, 4, true, 30, 90, &price.days_supply, fault))
		return false;
	if (price.days_supply % 30)
		return partd_bad(cells, 4, FAULT_BAD_NUMBER, fault);
	if (!text_there(cells->at[5]))
		return partd_bad(cells, 5, FAULT_MISSING, fault);
	if (!partd_amount_half_up(cells, 5, 4, &price.unit_cost_e4, fault))
		return false;
	snprintf(product, sizeof(product), "N%s", digits);
	snprintf(days, sizeof(days), "%03lld", (long long)price.days_supply);
	return put(rows, "PRICE", plan, product, days, &price_row_record, &price, fault);
}

/* -- pharmacies -- */

/* Whether it is preferred is only asked where it is one of them at all. */
static bool standing(const struct partd_cells *cells, size_t is, size_t preferred, struct text *out, struct fault *fault)
{
	int64_t member, liked = 0;

	if (!partd_yes(cells, is, &member, fault) || (member && !partd_yes(cells, preferred, &liked, fault)))
		return false;
	*out = !member ? text_lit("OUT") : liked ? text_lit("PREFERRED") : text_lit("STANDARD");
	return true;
}

/* Pharmacies that have an NPI are numbered by it. */
static bool npi_of(struct text pharmacy, char to[NPI_DIGITS + 1])
{
	for (size_t i = 0; i < pharmacy.n; i++)
		if (pharmacy.at[i] < '0' || pharmacy.at[i] > '9')
			return false;
	if (pharmacy.n != PHARMACY_DIGITS || !text_starts(pharmacy, "10"))
		return false;
	memcpy(to, pharmacy.at + 2, NPI_DIGITS);
	to[NPI_DIGITS] = '\0';
	return true;
}

bool partd_network_row(struct partd_rows *rows, const struct partd_cells *cells, const char *plan, struct fault *fault)
{
	struct network_row row = { .line = rows->line };
	int64_t *const fees[] = { &row.brand_30_cents, &row.brand_60_cents, &row.brand_90_cents, &row.generic_30_cents, &row.generic_60_cents,
		&row.generic_90_cents };
	struct text pharmacy;
	char body[NPI_DIGITS + 2] = "P";

	if (!partd_name(cells, 3, 20, &pharmacy, fault))
		return false;
	if (!standing(cells, 7, 5, &row.retail, fault) || !standing(cells, 8, 6, &row.mail, fault) || !partd_yes(cells, 9, &row.in_area, fault))
		return false;
	for (size_t i = 0; i < sizeof(fees) / sizeof(*fees); i++)
		if (!partd_amount_half_up(cells, 10 + i, 2, fees[i], fault))
			return false;
	if (!npi_of(pharmacy, body + 1)) {
		rows->report->pharmacies_unknown++;
		return true;
	}
	return put(rows, "NETWORK", plan, body, "", &network_row_record, &row, fault);
}

/* -- where -- */

static bool add_region(struct partd_rows *rows, const struct partd_cells *cells, char kind, size_t code, struct fault *fault)
{
	struct text number, words;
	char name[CODE_MAX + 2];
	bool fresh;

	if (!text_there(cells->at[code]) || !text_there(cells->at[code + 1]))
		return true;
	if (!partd_name(cells, code, CODE_MAX, &number, fault) || !partd_words(cells, code + 1, REGION_MAX, &rows->arena, &words, fault))
		return false;
	snprintf(name, sizeof(name), "%c%.*s", kind, TEXT_ARGS(number));
	return names_add(&rows->regions, text_of(name), words, &fresh) || fault_set(fault, FAULT_TOO_LARGE, "");
}

bool partd_locator_row(struct partd_rows *rows, const struct partd_cells *cells, struct fault *fault)
{
	struct text county;
	bool fresh;

	if (!partd_name(cells, 0, CODE_MAX, &county, fault))
		return false;
	if (!names_add(&rows->counties, county, TEXT_NONE, &fresh))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	return add_region(rows, cells, 'M', 3, fault) && add_region(rows, cells, 'P', 5, fault);
}

static struct text region_of(const struct partd_rows *rows, const struct partd_cells *cells, char kind, size_t code)
{
	const struct name *known = NULL;
	char name[CODE_MAX + 2];

	if (cells->at[code].n && cells->at[code].n <= CODE_MAX) {
		snprintf(name, sizeof(name), "%c%.*s", kind, TEXT_ARGS(cells->at[code]));
		known = names_find(&rows->regions, text_of(name));
	}
	return known ? known->about : TEXT_NONE;
}

bool partd_place(struct partd_rows *rows, const struct partd_cells *cells, struct text *region, struct fault *fault)
{
	struct partd_report *report = rows->report;
	struct text county = cells->at[11];
	bool fresh = false;

	*region = region_of(rows, cells, 'P', 9);
	if (!text_there(*region))
		*region = region_of(rows, cells, 'M', 8);
	if (!report->rows[PARTD_LOCATOR] || !text_there(county))
		return true;
	if (!partd_name(cells, 11, CODE_MAX, &county, fault))
		return false;
	if (!names_add(&rows->counties, county, text_lit("?"), &fresh))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (fresh && !report->unknown_counties++)
		text_to_z(county, report->unknown_county, sizeof(report->unknown_county));
	return true;
}
