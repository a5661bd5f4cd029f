/* SPDX-License-Identifier: Apache-2.0 */
/* The records of this folder as structs. */
#pragma once

#include "base/record_struct.h"
#include "routing/def/case.def"
#include "routing/def/clock.def"
#include "routing/def/evidence.def"
#include "routing/def/route.def"
#include "base/record_end.h"
