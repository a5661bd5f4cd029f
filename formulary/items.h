/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of a JSON file that is one array of them, one at a time: a file of gigabytes in the memory of its largest object. */
#pragma once

#include "base/fault.h"

struct items;

/* `most` bytes are the largest object taken. FAULT_FILE. */
bool items_open(const char *file, size_t most, struct items **out, struct fault *fault) fault_check;
/* NULL is fine. */
void items_close(struct items *items);
/* The next object, from its brace to its brace: only where it ends is known, json_read must still read it. *there false behind the array's
   end. The text lives until the next call. FAULT_NOT_JSON: not one array of objects and nothing else, or cut off; FAULT_TOO_LARGE; FAULT_FILE. */
bool items_next(struct items *items, struct text *item, bool *there, struct fault *fault) fault_check;
/* Of the object last read, from 1. */
int64_t items_number(const struct items *items);
int64_t items_bytes_read(const struct items *items);

/* The same over an array, or one object, that json_read has already let through; false at the end. *rest begins as the whole text. */
bool items_cut(struct text *rest, struct text *item);
