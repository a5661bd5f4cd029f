/* SPDX-License-Identifier: Apache-2.0 */
/* A generation, open; shared by the files that look something up in it. */
#pragma once

#include "base/table.h"
#include "formulary/bins.h"
#include "formulary/formulary.h"
#include "formulary/generation.h"
#include "formulary/index.h"
#include "formulary/keys.h"

#include <sys/types.h>

struct reading {
	struct table *table;
	struct index index;
	struct bins bins;
	int number;
	dev_t device; /* of its file: a directory made anew counts its generations from 1 again */
	ino_t inode;
	char name[16];
	bool *counts; /* by list: whether it counts on `day`; NULL: not asked yet */
	char day[9];
};

struct formulary {
	char directory[GENERATION_PATH];
	struct reading now;
};
