/* SPDX-License-Identifier: Apache-2.0 */
/* The clock table once it is read: what clock_read.c makes and clock.c walks. Nobody else needs it. */
#pragma once

#include "routing/clock.h"

#include <stdlib.h>

struct clocks {
	struct arena arena; /* holds a copy of the file and everything below */
	struct clock_rule *rows;
	size_t n;
};
