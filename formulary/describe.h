/* SPDX-License-Identifier: Apache-2.0 */
/* A product's description, put so that it can be searched for: every loader whose files have descriptions calls this. */
#pragma once

#include "formulary/builder.h"

/* Puts a row for every word of the description that is stored (formulary/terms.h) into the source's list of names. `product` is a
   product key; more than 105 characters are cut. The same again costs nothing. An empty description is none. Faults as builder_row. */
bool builder_describe(struct builder *builder, struct text product, struct text description, struct fault *fault) fault_check;
