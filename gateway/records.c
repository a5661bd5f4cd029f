/* SPDX-License-Identifier: Apache-2.0 */
/* The same, as tables. */
#include "gateway/records.h"

#include "base/record_table.h"
#include "gateway/def/bus.def"
#include "gateway/def/config.def"
#include "gateway/def/token.def"
#include "gateway/def/order.def"
#include "base/record_end.h"
