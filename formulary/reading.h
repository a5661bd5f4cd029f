/* SPDX-License-Identifier: Apache-2.0 */
/* A generation, open; shared by the files that look something up in it. */
#pragma once

#include "base/table.h"
#include "formulary/bins.h"
#include "formulary/formulary.h"
#include "formulary/generation.h"
#include "formulary/index.h"
#include "formulary/keys.h"

struct reading {
	struct table *table;
	struct index index;
	struct bins bins;
	int number;
	char name[16];
	bool *counts; /* by list: whether it counts on `day`; NULL: not asked yet */
	char day[9];
};

struct formulary {
	char directory[GENERATION_PATH];
	struct reading now;
};
