/* SPDX-License-Identifier: Apache-2.0 */
/* One line of RxNorm's files: concept names (RXNCONSO) and attributes (RXNSAT). */
#pragma once

#include "base/fault.h"

enum rxnorm_kind { RXNORM_NAMES, RXNORM_ATTRIBUTES, RXNORM_KINDS };

/* What a line says. */
enum rxnorm_said {
	RXNORM_NOTHING,    /* of other sources, or of no use here */
	RXNORM_NAME,       /* concept, term type and what it is called */
	RXNORM_NDC,        /* concept and an NDC of 11 digits */
	RXNORM_HCPCS,      /* concept and a HCPCS code */
	RXNORM_CPT,        /* a code of another owner */
	RXNORM_SUPPRESSED, /* of use, and withdrawn */
	RXNORM_REFUSED,    /* of use, and wrong */
};

struct rxnorm_row {
	char concept[16];      /* product key: R and the number */
	char other[16];        /* product key of the NDC; H and the code */
	struct text term_type, name; /* of the line */
};

enum { RXNORM_NAME_MAX = 3000 }; /* bytes: RxNorm's own column has 3000 */

/* What kind of file has such a line first; RXNORM_KINDS: none of them. */
enum rxnorm_kind rxnorm_kind_of(struct text line);
/* FAULT_RULE at "columns": not as many as there must be. */
bool rxnorm_row_read(enum rxnorm_kind kind, struct text line, struct rxnorm_row *row, enum rxnorm_said *said, struct fault *fault) fault_check;
