/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of cells with a bar behind each, the last one too (RRF). Columns as the National Library of Medicine describes them in public; no release
   was at hand to check them against. */
#include "formulary/rxnorm/rxnorm_rows.h"

#include "formulary/keys.h"
#include "formulary/ndc.h"
#include "formulary/words.h"

#include <stdio.h>
#include <string.h>

enum {
	COLUMNS_MAX = 18,
	CONCEPT_DIGITS = 8,
};

/* Columns of each file, from 0. */
enum { NAMES_COLUMNS = 18, NAME_LANGUAGE = 1, NAME_SOURCE = 11, NAME_TYPE = 12, NAME_WORDS = 14, NAME_SUPPRESSED = 16 };
enum { ATTRIBUTES_COLUMNS = 13, ATTRIBUTE_NAME = 8, ATTRIBUTE_SOURCE = 9, ATTRIBUTE_VALUE = 10, ATTRIBUTE_SUPPRESSED = 11 };

struct cells {
	struct text at[COLUMNS_MAX];
	size_t n;
};

static bool split(struct text line, struct cells *cells)
{
	cells->n = 0;
	while (text_there(line) && cells->n < COLUMNS_MAX) {
		struct text cell = text_cut(&line, '|');

		if (!text_there(line))
			return false; /* no bar behind it */
		cells->at[cells->n++] = cell;
		if (!line.n)
			return true;
	}
	return false;
}

static bool digits(struct text t, size_t most)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return t.n && t.n <= most;
}

enum rxnorm_kind rxnorm_kind_of(struct text line)
{
	struct cells cells;

	if (!split(line, &cells) || !digits(cells.at[0], CONCEPT_DIGITS))
		return RXNORM_KINDS;
	if (cells.n == NAMES_COLUMNS && cells.at[NAME_LANGUAGE].n == 3 && cells.at[NAME_SOURCE].n)
		return RXNORM_NAMES;
	return cells.n == ATTRIBUTES_COLUMNS && cells.at[ATTRIBUTE_NAME].n && cells.at[ATTRIBUTE_SOURCE].n ? RXNORM_ATTRIBUTES : RXNORM_KINDS;
}

/* "N" stands: everything else is withdrawn, obsolete or not to be used. */
static bool suppressed(struct text cell)
{
	return cell.n && !text_is(cell, "N");
}

static enum rxnorm_said name_of(const struct cells *cells, struct rxnorm_row *row)
{
	if (!text_is(cells->at[NAME_SOURCE], "RXNORM") || !text_in_list(cells->at[NAME_TYPE], "SCD SBD GPCK BPCK"))
		return RXNORM_NOTHING;
	if (suppressed(cells->at[NAME_SUPPRESSED]))
		return RXNORM_SUPPRESSED;
	row->term_type = cells->at[NAME_TYPE];
	row->name = text_trim(cells->at[NAME_WORDS]);
	return row->name.n && row->name.n <= RXNORM_NAME_MAX && words_fit(row->name) ? RXNORM_NAME : RXNORM_REFUSED;
}

static enum rxnorm_said ndc_of(const struct cells *cells, struct rxnorm_row *row)
{
	char ndc[NDC_DIGITS + 1];

	if (!ndc_normal(cells->at[ATTRIBUTE_VALUE], ndc))
		return RXNORM_REFUSED;
	snprintf(row->other, sizeof(row->other), "N%s", ndc);
	return RXNORM_NDC;
}

static enum rxnorm_said hcpcs_of(const struct cells *cells, struct rxnorm_row *row)
{
	struct text code = text_trim(cells->at[ATTRIBUTE_VALUE]);
	char key[PRODUCT_KEY_MAX];

	if (code.n && code.at[0] >= '0' && code.at[0] <= '9')
		return RXNORM_CPT;
	if (!text_there(product_hcpcs(code, key)))
		return RXNORM_REFUSED;
	snprintf(row->other, sizeof(row->other), "H%.*s", TEXT_ARGS(code));
	return RXNORM_HCPCS;
}

/* NDCs of other sources in the file are as those write them; RxNorm's own are normal. */
static enum rxnorm_said attribute_of(const struct cells *cells, struct rxnorm_row *row)
{
	bool ndc = text_is(cells->at[ATTRIBUTE_NAME], "NDC") && text_is(cells->at[ATTRIBUTE_SOURCE], "RXNORM");

	if (!ndc && !text_is(cells->at[ATTRIBUTE_NAME], "DHJC"))
		return RXNORM_NOTHING;
	if (suppressed(cells->at[ATTRIBUTE_SUPPRESSED]))
		return RXNORM_SUPPRESSED;
	return ndc ? ndc_of(cells, row) : hcpcs_of(cells, row);
}

bool rxnorm_row_read(enum rxnorm_kind kind, struct text line, struct rxnorm_row *row, enum rxnorm_said *said, struct fault *fault)
{
	struct cells cells;

	*row = (struct rxnorm_row){ 0 };
	*said = RXNORM_NOTHING;
	if (!split(line, &cells) || cells.n != (kind == RXNORM_NAMES ? NAMES_COLUMNS : ATTRIBUTES_COLUMNS))
		return fault_set(fault, FAULT_RULE, "columns");
	*said = kind == RXNORM_NAMES ? name_of(&cells, row) : attribute_of(&cells, row);
	if (*said == RXNORM_NOTHING)
		return true;
	if (!digits(cells.at[0], CONCEPT_DIGITS)) {
		*said = RXNORM_REFUSED;
		return true;
	}
	snprintf(row->concept, sizeof(row->concept), "R%.*s", TEXT_ARGS(cells.at[0]));
	return true;
}
