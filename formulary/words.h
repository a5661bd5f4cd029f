/* SPDX-License-Identifier: Apache-2.0 */
/* Words for people in public files, which are Windows-1252 more often than not, as UTF-8. */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

/* Cut to `most` characters; what is UTF-8 already stays as it is. TEXT_NONE for TEXT_NONE. False with *wrong: FAULT_BAD_TEXT for bytes that have no
   character or control another machine, FAULT_TOO_LARGE past the arena. */
bool words_read(struct text from, size_t most, struct arena *arena, struct text *out, enum fault_code *wrong);

/* UTF-8 without controls and without U+FFFE and U+FFFF, which no record takes. */
bool words_fit(struct text t);
