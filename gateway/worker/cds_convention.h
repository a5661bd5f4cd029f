/* SPDX-License-Identifier: Apache-2.0 */
/* CRD has no code that says another benefit pays. What is said instead is a convention: a table, of which the configuration may replace each word. */
#pragma once

#include "fhir-bridge/crd/coverage_info.h"
#include "gateway/records.h"

enum cds_convention { CDS_PHARMACY, CDS_PHARMACY_AUTHORIZATION, CDS_PHARMACY_APPROVED, CDS_CONVENTIONS };

/* What holds: the built-in row, with what a [crd_answer] of the configuration says instead. */
void cds_convention_of(const struct config *config, enum cds_convention when, struct crd_answer *out);
/* "[; BIN {BIN}]": the instructions for this card. TEXT_NONE past the arena. */
struct text cds_instructions(struct text pattern, struct text bin, struct text pcn, struct arena *arena);
/* The n-th built-in row, for the manual; NULL past the last. */
const struct crd_answer *cds_convention_row(size_t n);
