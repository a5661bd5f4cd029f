/* SPDX-License-Identifier: Apache-2.0 */
/* The registered clients of a configuration with their keys: who may sign what. */
#pragma once

#include "base/jose.h"
#include "gateway/records.h"
#include "gateway/access/scopes.h"

struct registered {
	const struct api_client *client;
	struct jose_keys keys;
	struct scopes scopes; /* what it may ask for */
};

struct registry;

/* Reads the key files. `config` must outlive it. On failure *which says of which client: FAULT_FILE, or what jose_keys_read says. */
bool registry_new(const struct config *config, struct registry **out, size_t *which, struct fault *fault) fault_check;
/* Takes NULL. */
void registry_free(struct registry *registry);
/* NULL: nobody we know. */
const struct registered *registry_of(const struct registry *registry, struct text id);
/* By the issuer of its CDS Hooks tokens. */
const struct registered *registry_of_issuer(const struct registry *registry, struct text issuer);
struct text api_client_issuer(const struct api_client *client);
