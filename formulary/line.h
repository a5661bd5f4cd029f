/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a plan file, read and checked. */
#pragma once

#include "formulary/records.h"

/* Reads a line (without its end) and checks it against the tables and the rules that span fields. Texts point into `bytes` and the
   arena. The fault's path begins with "coverage" or "bin" once the kind of line is known. */
bool line_read(struct text bytes, struct arena *arena, struct plan_file_line *out, struct fault *fault) fault_check;
