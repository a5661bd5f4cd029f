/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: an address from the configuration to a socket, and back to text. */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

/* Listens on "host:port" ("[::1]:port" for IPv6; port 0 picks a free one), non-blocking, with TCP_NODELAY for what it accepts.
   FAULT_CONFIG with `key` when that cannot be done. */
bool listen_on(struct text address, const char *key, int *fd, struct fault *fault) fault_check;
/* Where it listens, "127.0.0.1:8080", into out. Returns out. */
char *listen_address(int fd, char *out, size_t size);
/* Lets this process have at least `n` open files if the system lets it; returns how many it may have. */
size_t listen_files(size_t n);
