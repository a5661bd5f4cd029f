/* SPDX-License-Identifier: Apache-2.0 */
/* Examples of more than one gateway, for `dualtrack up --example`. */
#pragma once

#include "gateway/cli/cli.h"

/* Runs the example of this name until it is stopped; returns the exit code. listen: where its first gateway listens, NULL for
   127.0.0.1:8080; the next gets the port after that. */
int cli_example(const struct cli_command *command, const char *name, const char *listen);
/* Drops every DUALTRACK_ variable that would set a key of the configuration. */
void cli_forget_environment(void);
