/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of schemas by name, read once. */
#include "gateway/config/schemas.h"

#include "base/xml_schema.h"

#include <assert.h>
#include <stdlib.h>

struct schemas {
	struct arena arena;
	struct folder {
		struct text name;
		struct xml_schema *schema;
	} *folders;
	size_t n;
};

static struct folder *find(const struct schemas *schemas, struct text name)
{
	for (size_t i = 0; schemas && i < schemas->n; i++)
		if (text_equal(schemas->folders[i].name, name))
			return &schemas->folders[i];
	return NULL;
}

void schemas_free(struct schemas *schemas)
{
	if (!schemas)
		return;
	for (size_t i = 0; i < schemas->n; i++)
		xml_schema_free(schemas->folders[i].schema);
	arena_done(&schemas->arena);
	free(schemas);
}

static bool add(struct schemas *schemas, struct text name, struct buffer *why, struct fault *fault)
{
	char path[4096];
	struct xml_schema *schema = xml_schema_load(text_to_z(name, path, sizeof(path)), NULL, why, fault);
	struct folder *folder;

	if (!schema)
		return fault_set(fault, fault->code, "partner/xsd");
	folder = arena_push(&schemas->arena, (void **)&schemas->folders, &schemas->n, sizeof(*folder));
	if (!folder) {
		xml_schema_free(schema);
		return fault_set(fault, FAULT_TOO_LARGE, "partner/xsd");
	}
	*folder = (struct folder){ arena_text(&schemas->arena, name), schema };
	return true;
}

bool schemas_read(const struct config *config, struct schemas **out, struct buffer *why, struct fault *fault)
{
	struct schemas *schemas = NULL;

	*out = NULL;
	for (size_t i = 0; i < config->partners_n; i++) {
		struct text name = config->partners[i].xsd;

		if (!name.n || find(schemas, name))
			continue;
		if (!schemas) {
			schemas = calloc(1, sizeof(*schemas));
			if (!schemas)
				abort();
			arena_init(&schemas->arena, 32 << 20); /* every partner may have a folder of its own: 10,000 names */
		}
		if (!add(schemas, name, why, fault)) {
			schemas_free(schemas);
			return false;
		}
	}
	*out = schemas;
	return true;
}

bool schemas_fit(struct schemas *schemas, struct text folder, struct text body, struct arena *arena, struct fault *fault)
{
	struct xml_differences differences = { 0 };
	struct folder *at;
	char path[FAULT_PATH_MAX];

	if (!folder.n)
		return true;
	at = find(schemas, folder);
	assert(at);
	if (!xml_schema_check(at->schema, body, arena, &differences, fault))
		return false;
	return !differences.n ||
	       fault_set(fault, differences.items[0].code, text_to_z(differences.items[0].path, path, sizeof(path)));
}
