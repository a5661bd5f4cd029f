/* SPDX-License-Identifier: Apache-2.0 */
/* The records of this folder as structs. */
#pragma once

#include "base/record_struct.h"
#include "adjudication/def/payer.def"
#include "adjudication/def/part_d.def"
#include "base/record_end.h"
