/* SPDX-License-Identifier: Apache-2.0 */
/* The test-only records as structs. */
#pragma once

#include "base/record.h"

struct sample_resource; /* records that hold each other */
extern const struct record sample_resource_record;

#include "base/record_struct.h"
#include "test/base/sample.def"
#include "base/record_end.h"
