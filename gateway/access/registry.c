/* SPDX-License-Identifier: Apache-2.0 */
/* Registered clients in two orders: by id and by issuer. */
#include "gateway/access/registry.h"

#include "gateway/config/file.h"

#include <stdlib.h>

struct registry {
	struct arena arena;
	struct registered *clients; /* by id */
	const struct registered **by_issuer;
	size_t n;
};

enum {
	REGISTRY_MAX = 64 << 20, /* bytes; the names of the keys of ten thousand clients take a tenth */
	CLIENT_MAX = 4 << 20,    /* bytes; one set of the largest size, and what reading it takes */
};

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

/* What stays of a set: its keys and their names. */
static bool keep_keys(struct registry *registry, struct jose_keys *keys)
{
	struct jose_key *kept = arena_alloc(&registry->arena, keys->n * sizeof(*kept));
	bool good = kept != NULL;

	for (size_t i = 0; i < keys->n && good; i++) {
		kept[i] = (struct jose_key){ arena_text(&registry->arena, keys->keys[i].kid), keys->keys[i].key };
		good = text_there(kept[i].kid);
	}
	if (good)
		keys->keys = kept;
	else
		jose_keys_done(keys);
	return good;
}

static bool read_client(struct registry *registry, const struct api_client *client, struct arena *scrap, struct fault *fault)
{
	struct registered *to = &registry->clients[registry->n];
	struct text body;

	arena_reset(scrap);
	if (!file_bytes(client->jwks, JOSE_KEYS_MAX, "", scrap, &body, fault) || !jose_keys_read(body, scrap, &to->keys, fault))
		return false;
	if (!keep_keys(registry, &to->keys))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	to->client = client;
	if (client->scopes.n && !scopes_read(client->scopes, &to->scopes))
		to->scopes.n = 0; /* config_check has said so */
	registry->n++;
	return true;
}

bool registry_new(const struct config *config, struct registry **out, size_t *which, struct fault *fault)
{
	struct registry *registry = calloc(1, sizeof(*registry));
	struct arena scrap;
	bool good = true;

	if (!registry)
		abort();
	arena_init(&registry->arena, REGISTRY_MAX);
	registry->clients = calloc(config->clients_n + 1, sizeof(*registry->clients));
	registry->by_issuer = calloc(config->clients_n + 1, sizeof(*registry->by_issuer));
	if (!registry->clients || !registry->by_issuer)
		abort();
	arena_init(&scrap, CLIENT_MAX);
	for (size_t i = 0; i < config->clients_n && good; i++) {
		*which = i;
		good = read_client(registry, &config->clients[i], &scrap, fault);
	}
	arena_done(&scrap);
	if (!good) {
		registry_free(registry);
		return false;
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
