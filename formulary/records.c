/* SPDX-License-Identifier: Apache-2.0 */
/* The records of this folder as tables. */
#include "formulary/records.h"

#include "base/record_table.h"
#include "formulary/def/coverage.def"
#include "formulary/def/lists.def"
#include "formulary/def/qhp.def"
#include "formulary/def/fb.def"
#include "formulary/def/pdex.def"
#include "formulary/def/find.def"
#include "base/record_end.h"
