/* SPDX-License-Identifier: Apache-2.0 */
/* The records of this folder as tables. */
#include "adjudication/records.h"

#include "base/record_table.h"
#include "adjudication/def/payer.def"
#include "adjudication/def/part_d.def"
#include "base/record_end.h"
