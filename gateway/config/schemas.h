/* SPDX-License-Identifier: Apache-2.0 */
/* The licensed schemas that a configuration holds some partners' messages to: each folder is read once, however many partners name it. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "gateway/records.h"

struct schemas;

/* Reads the folder of every partner that has one. NULL in *out when none has. FAULT_CONFIG, FAULT_FILE with partner/xsd; `why` (NULL: nobody
   asks) receives what is wrong in the folder. */
bool schemas_read(const struct config *config, struct schemas **out, struct buffer *why, struct fault *fault) fault_check;
/* NULL is fine. */
void schemas_free(struct schemas *schemas);

/* True when the body fits the schemas of this folder, or the folder is absent. Otherwise the first difference as a fault: its path holds names
   of the schema alone. */
bool schemas_fit(struct schemas *schemas, struct text folder, struct text body, struct arena *arena, struct fault *fault) fault_check;
