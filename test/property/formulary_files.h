/* SPDX-License-Identifier: Apache-2.0 */
/* Any file of formulary and benefit lists, and its text. */
#pragma once

#include "test/property/formulary_model.h"

#include <stdint.h>
#include <stdio.h>

/* Below n. */
unsigned any_number(uint64_t *state, unsigned n);
/* Lists that a plan may have. */
void any_plan(uint64_t *state, struct model_plan *plan);
/* A file that makes sense in this world, or nearly. */
void any_file(uint64_t *state, const struct world *world, int today, struct file *file);
/* Its bytes; lines of headers and details are filled in. */
void file_write(struct file *file, FILE *out);
