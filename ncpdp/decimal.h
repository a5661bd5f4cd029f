/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that are kept as text compared without losing a digit. */
#pragma once

#include "base/text.h"

/* Whether a text has the form that DECIMAL rows are checked for: optional sign, digits, at most one point. */
bool decimal_is(struct text t);

/* Less than, equal to or greater than 0 as a is to b. Both are decimals; 1, 1.0 and 001 are the same number. */
int decimal_compare(struct text a, struct text b);

/* True for one of the comparison words of SCRIPT (EQ NE GT LT GE LE) when `value` stands in that relation to `bound`. */
bool decimal_holds(struct text value, struct text word, struct text bound);
