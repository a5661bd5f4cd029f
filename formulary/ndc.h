/* SPDX-License-Identifier: Apache-2.0 */
/* An NDC as it is written anywhere, made 11 digits; what could be two products is none. */
#pragma once

#include "base/text.h"

#include <stdbool.h>

enum { NDC_DIGITS = 11 };

/* 11 digits as they are; 5-4-2 without its dashes; 4-4-2, 5-3-2 and 5-4-1 with the short part filled with a zero (21 CFR 207.33 has these
   three of 10 digits). Ten digits without dashes may be any of the three: false, as for every other shape. White space around is left out. */
bool ndc_normal(struct text written, char to[NDC_DIGITS + 1]);
