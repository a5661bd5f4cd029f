/* SPDX-License-Identifier: Apache-2.0 */
/* The message tables beside an operator's schema, for `dualtrack print messages --against`. */
#pragma once

#include "gateway/cli/cli.h"

/* Prints each difference on a line of its own, or all of them as JSON. CLI_OK when there is none, CLI_WRONG when there are, CLI_USAGE when the
   folder cannot be used. */
int cli_against(const char *folder, const char *root, bool json);
