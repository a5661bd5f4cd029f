/* SPDX-License-Identifier: Apache-2.0 */
/* Writes all that is loaded, whatever its format, as PDex resources in bulk files. */
#pragma once

#include "formulary/pdex/pdex_make.h"

struct pdex_written {
	int64_t formularies, plans, items, drugs;
	struct pdex_losses losses;
	struct {
		char kind[16];
		int64_t lists;
	} other[8]; /* lists of kinds that have no place: of which, and how many */
};

/* Makes InsurancePlan.ndjson, MedicationKnowledge.ndjson and Basic.ndjson in `into`, one resource a line; files of these names are written over.
   What counts on the formulary's day. FAULT_FILE; failures of the walks. */
bool pdex_write(const struct formulary *formulary, const char *into, struct pdex_written *out, struct fault *fault) fault_check;
