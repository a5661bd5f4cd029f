/* SPDX-License-Identifier: Apache-2.0 */
/* Key files on their way to the disk: of clients, and of access tokens. */
#pragma once

#include "base/crypto_key.h"

enum { CLIENT_KEYS_NAME_MAX = 1024 /* bytes */ };

/* Writes a new file for this user alone (or for all to read), to the disk; never over one that is there. False: errno says why. */
bool client_keys_write(const char *name, bool secret, struct text body);
/* A fresh pair: PREFIX.pem and PREFIX.jwks.json. *failed: which file could not be written (errno). */
bool client_keys_make(const char *prefix, enum crypto_algorithm algorithm, char failed[CLIENT_KEYS_NAME_MAX]);
