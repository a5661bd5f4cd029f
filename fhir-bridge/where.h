/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a resource a check stands, as FHIRPath: grown on the way down and cut back on the way up. */
#pragma once

#include "base/fault.h"

struct where {
	char at[FAULT_PATH_MAX];
	size_t n;
};

/* Adds ".name", with [index] when index >= 0. Returns how long the path was, for where_back. Too long a path loses its end. */
size_t where_down(struct where *where, struct text name, int index);
static inline void where_back(struct where *where, size_t n)
{
	where->at[where->n = n] = '\0';
}

/* A fault here, or in a member called `name` (TEXT_NONE: here). Returns false. */
bool where_fault(const struct where *where, struct text name, enum fault_code code, struct fault *fault);
