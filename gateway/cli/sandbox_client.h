/* SPDX-License-Identifier: Apache-2.0 */
/* The client with which the sandbox is tried out: keys made at its start, registered for everything, gone at its end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Makes keys and a configuration file that registers them, in `folder`. The names go to `config` and `key` of `size` bytes. False: said on
   stderr. */
bool sandbox_client(const char *folder, char *config, char *key, size_t size);
