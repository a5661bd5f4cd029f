/* SPDX-License-Identifier: Apache-2.0 */
/* Files an operator names in the configuration, read whole at a role's start. */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

/* The bytes of the file in the arena. FAULT_FILE or FAULT_TOO_LARGE, with `where` as the path: the key that names it. */
bool file_bytes(struct text path, size_t max, const char *where, struct arena *arena, struct text *out,
	struct fault *fault) fault_check;
/* The same of a secret: FAULT_FILE also when others than its owner may read or change it. */
bool file_secret(struct text path, size_t max, const char *where, struct arena *arena, struct text *out,
	struct fault *fault) fault_check;
