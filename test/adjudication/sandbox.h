/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox's own payer file, read for a test. */
#pragma once

#include "adjudication/house.h"

#include <stdio.h>
#include <stdlib.h>

static inline struct house *sandbox_house(void)
{
	enum { BYTES_MAX = 4 << 20 };
	FILE *in = fopen(PAYER_FILE, "re");
	char *bytes = malloc(BYTES_MAX);
	size_t n = in && bytes ? fread(bytes, 1, BYTES_MAX, in) : 0;
	struct house *house;
	struct fault fault;

	if (!n || fclose(in) || !house_read((struct text){ bytes, n }, &house, &fault)) {
		fprintf(stderr, "%s: %s at %s\n", PAYER_FILE, n ? fault_row(fault.code)->name : "?", n ? fault.path : "");
		abort();
	}
	free(bytes);
	return house;
}
