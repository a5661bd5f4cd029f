/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers of published files as whole numbers of a small unit: no binary fractions. */
#pragma once

#include "base/text.h"

/* Digits, a point and digits, of which either may be missing, in units of 10^-places; digits past them must be 0. False for anything else,
   a sign and an exponent too. At most 12 digits before the point. */
bool amount_read(struct text written, int places, int64_t *out);
/* The same, rounded to the nearest unit; half of one goes up. */
bool amount_read_half_up(struct text written, int places, int64_t *out);
