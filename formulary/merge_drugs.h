/* SPDX-License-Identifier: Apache-2.0 */
/* The products that the rows of a generation name, each once: listing them needs no walk over all formularies. */
#pragma once

#include "base/sort.h"
#include "base/table.h"
#include "formulary/records.h"

struct merge_drugs;

/* Its sorting is done below `directory`. */
struct merge_drugs *merge_drugs_new(const char *directory);
/* NULL is fine. */
void merge_drugs_free(struct merge_drugs *drugs);
/* A row of class ROW_PRODUCT of a list of this kind as it goes into the generation. */
bool merge_drugs_note(struct merge_drugs *drugs, struct text kind, struct text key, struct text value, struct fault *fault) fault_check;
/* Puts the rows of class ROW_DRUG, behind all other rows. */
bool merge_drugs_put(struct merge_drugs *drugs, struct table_build *out, struct fault *fault) fault_check;
