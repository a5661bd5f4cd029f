/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and notes as they are written in an answer. */
#pragma once

#include "base/make.h"

/* Cents as dollars: "12.05". */
struct text make_dollars(struct make *make, int64_t cents);
/* 1/10000 as a decimal without trailing zeros: "30", "2.5". */
struct text make_e4(struct make *make, int64_t e4);
/* A whole number. */
struct text make_number(struct make *make, int64_t number);
/* At most `characters` characters, cut between two of them; "..." says that something is missing. */
struct text make_cut(struct make *make, struct text t, size_t characters);
