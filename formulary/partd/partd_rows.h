/* SPDX-License-Identifier: Apache-2.0 */
/* What a row of each Part D file becomes in a generation. */
#pragma once

#include "formulary/builder.h"
#include "formulary/names.h"
#include "formulary/partd/partd.h"
#include "formulary/partd/partd_cells.h"

enum { PARTD_ID_MAX = 40 }; /* contract-plan-segment, with its NUL */

struct partd_rows {
	struct builder *builder;
	struct partd_report *report;
	struct arena arena;      /* of one row */
	struct names formularies; /* id, version */
	struct names plans;       /* contract-plan-segment, formulary id */
	struct names contracts;   /* contract-plan */
	struct names counties;    /* of the geographic locator, and those that it does not have, marked "?" */
	struct names regions;     /* M or P and the region's code, its name */
	struct names links;       /* pairs of proxy NDC and concept */
	struct text file;         /* without its folders */
	int64_t line;
	int64_t year;
	uint32_t list;            /* of the rows of this file; for basic drugs of this formulary */
	struct text list_id;
	uint32_t link_list;
	int part;                 /* of files that come in several: which of them */
};

void partd_rows_init(struct partd_rows *rows, struct builder *builder, struct partd_report *report);
void partd_rows_done(struct partd_rows *rows);
/* A new file begins. The name is kept by the caller. */
void partd_rows_file(struct partd_rows *rows, struct text file);
/* Takes one row. The files must come in the order of enum partd_kind. */
bool partd_row(struct partd_rows *rows, const struct partd_cells *cells, struct fault *fault) fault_check;

/* partd_costs.c: beneficiary cost, and that of insulin. `list` is that of the file. */
bool partd_cost_row(struct partd_rows *rows, const struct partd_cells *cells, const char *plan, struct fault *fault) fault_check;
bool partd_insulin_row(struct partd_rows *rows, const struct partd_cells *cells, const char *plan, struct fault *fault) fault_check;

/* partd_networks.c: prices and pharmacies of a plan, and where plans are offered. */
bool partd_price_row(struct partd_rows *rows, const struct partd_cells *cells, const char *plan, struct fault *fault) fault_check;
bool partd_network_row(struct partd_rows *rows, const struct partd_cells *cells, const char *plan, struct fault *fault) fault_check;
bool partd_locator_row(struct partd_rows *rows, const struct partd_cells *cells, struct fault *fault) fault_check;
/* Notes a county that the locator does not have; *region is the name of the plan's region, TEXT_NONE when the locator does not say. */
bool partd_place(struct partd_rows *rows, const struct partd_cells *cells, struct text *region, struct fault *fault) fault_check;
