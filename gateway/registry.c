/* SPDX-License-Identifier: Apache-2.0 */
/* Registered clients in two orders: by id and by issuer. */
#include "gateway/registry.h"

#include "gateway/file.h"

#include <stdlib.h>

struct registry {
	struct arena arena;
	struct registered *clients; /* by id */
	const struct registered **by_issuer;
	size_t n;
};

enum { REGISTRY_MAX = 512 << 20 /* bytes; ten thousand clients with sets of some keys each */ };

struct text api_client_issuer(const struct api_client *client)
{
	return client->cds_issuer.n ? client->cds_issuer : client->id;
}

static int by_id(const void *a, const void *b)
{
	return text_compare(((const struct registered *)a)->client->id, ((const struct registered *)b)->client->id);
}

static int by_issuer(const void *a, const void *b)
{
	const struct registered *const *x = a, *const *y = b;

	return text_compare(api_client_issuer((*x)->client), api_client_issuer((*y)->client));
}

static bool read_client(struct registry *registry, const struct api_client *client, struct fault *fault)
{
	struct registered *to = &registry->clients[registry->n];
	struct text body;

	if (!file_bytes(client->jwks, JOSE_KEYS_MAX, "", &registry->arena, &body, fault) ||
		!jose_keys_read(body, &registry->arena, &to->keys, fault))
		return false;
	to->client = client;
	if (client->scopes.n && !scopes_read(client->scopes, &to->scopes))
		to->scopes.n = 0; /* config_check has said so */
	registry->n++;
	return true;
}

bool registry_new(const struct config *config, struct registry **out, size_t *which, struct fault *fault)
{
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		abort();
	arena_init(&registry->arena, REGISTRY_MAX);
	registry->clients = calloc(config->clients_n + 1, sizeof(*registry->clients));
	registry->by_issuer = calloc(config->clients_n + 1, sizeof(*registry->by_issuer));
	if (!registry->clients || !registry->by_issuer)
		abort();
	for (size_t i = 0; i < config->clients_n; i++) {
		*which = i;
		if (!read_client(registry, &config->clients[i], fault)) {
			registry_free(registry);
			return false;
		}
	}
	qsort(registry->clients, registry->n, sizeof(*registry->clients), by_id);
	for (size_t i = 0; i < registry->n; i++)
		registry->by_issuer[i] = &registry->clients[i];
	qsort(registry->by_issuer, registry->n, sizeof(const struct registered *), by_issuer);
	*out = registry;
	return true;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	for (size_t i = 0; i < registry->n; i++)
		jose_keys_done(&registry->clients[i].keys);
	free(registry->clients);
	free(registry->by_issuer);
	arena_done(&registry->arena);
	free(registry);
}

const struct registered *registry_of(const struct registry *registry, struct text id)
{
	const struct api_client client = { .id = id };
	const struct registered wanted = { .client = &client };

	return bsearch(&wanted, registry->clients, registry->n, sizeof(*registry->clients), by_id);
}

const struct registered *registry_of_issuer(const struct registry *registry, struct text issuer)
{
	const struct api_client client = { .id = issuer };
	const struct registered wanted = { .client = &client }, *key = &wanted;
	const struct registered **found = bsearch(&key, registry->by_issuer, registry->n, sizeof(const struct registered *), by_issuer);

	return found ? *found : NULL;
}
