/* SPDX-License-Identifier: Apache-2.0 */
/* The test-only records as tables. */
#include "test/base/sample.h"

#include "base/record_table.h"
#include "test/base/sample.def"
#include "base/record_end.h"
