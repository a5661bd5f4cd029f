/* SPDX-License-Identifier: Apache-2.0 */
/* Puts any number of rows in the order of their keys with a fixed amount of memory: sorted runs go to files and are merged. */
#pragma once

#include "base/fault.h"

struct sort;

/* `directory` takes the runs, unlinked at once, so nothing stays behind; `memory` bytes, at least 1 MiB, are held for rows. */
struct sort *sort_new(const char *directory, size_t memory);
/* NULL is fine. */
void sort_free(struct sort *sort);

/* Copies the row. FAULT_STORE_FULL, FAULT_FILE; FAULT_TOO_LARGE when key and value together are more than a quarter of the memory. */
bool sort_add(struct sort *sort, struct text key, struct text value, struct fault *fault) fault_check;
/* Ends the adding; *there false after the last row. Rows come in the order of their keys (memcmp, shorter first), equal keys in the order
   in which they were added. Texts live until the next call. */
bool sort_next(struct sort *sort, struct text *key, struct text *value, bool *there, struct fault *fault) fault_check;
