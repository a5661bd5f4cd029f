/* SPDX-License-Identifier: Apache-2.0 */
/* One post from the command line. */
#pragma once

#include "base/arena.h"

/* Posts and waits at most 30 s; media NULL: XML. The answer's bytes live in the arena. The status; 0: nobody there. */
int cli_post(struct text url, const char *media, struct text body, struct arena *arena, struct text *answer);
