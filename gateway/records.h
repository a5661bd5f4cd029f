/* SPDX-License-Identifier: Apache-2.0 */
/* What the roles say to each other, and the configuration, as structs. */
#pragma once

#include "formulary/records.h"
#include "routing/records.h"

#include "base/record_struct.h"
#include "gateway/def/bus.def"
#include "gateway/def/config.def"
#include "gateway/def/token.def"
#include "gateway/def/order.def"
#include "base/record_end.h"
