/* SPDX-License-Identifier: Apache-2.0 */
/* Any lines as RxNorm's: never a crash, and what is taken has keys that a generation can hold. */
#include "formulary/rxnorm/rxnorm_rows.h"

#include "formulary/ndc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void take(enum rxnorm_kind kind, struct text line)
{
	enum rxnorm_said said;
	struct rxnorm_row row;
	struct fault fault;

	if (!rxnorm_row_read(kind, line, &row, &said, &fault))
		return;
	switch (said) {
	case RXNORM_NAME:
		if (kind != RXNORM_NAMES || row.concept[0] != 'R' || !row.name.n || !text_utf8(row.name))
			abort();
		break;
	case RXNORM_NDC:
		if (kind != RXNORM_ATTRIBUTES || row.concept[0] != 'R' || row.other[0] != 'N' || strlen(row.other) != NDC_DIGITS + 1)
			abort();
		break;
	case RXNORM_HCPCS:
		if (kind != RXNORM_ATTRIBUTES || row.concept[0] != 'R' || row.other[0] != 'H' || strlen(row.other) != 6)
			abort();
		break;
	case RXNORM_NOTHING:
	case RXNORM_CPT:
	case RXNORM_SUPPRESSED:
	case RXNORM_REFUSED:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct text rest = { (const char *)data, n };

	while (text_there(rest)) {
		struct text line = text_cut(&rest, '\n');

		(void)rxnorm_kind_of(line);
		take(RXNORM_NAMES, line);
		take(RXNORM_ATTRIBUTES, line);
	}
	return 0;
}
