/* SPDX-License-Identifier: Apache-2.0 */
/* The names by which a bundle's entries can be pointed to, sorted by hash. */
#include "fhir-bridge/resolve.h"

#include "fhir-bridge/find.h"

#include <stdlib.h>

struct fhir_held fhir_held(const struct fhir_resource *resource)
{
	for (size_t i = 0; resource && i < fhir_resource_record.n; i++) {
		const struct field *field = &fhir_resource_record.fields[i], *id;
		struct fhir_held held = { .record = field->of, .type = field_name(field) };

		if (!field_there(field, resource))
			continue;
		held.resource = *(void *const *)field_at(field, resource);
		id = record_field(field->of, "id");
		held.id = id ? *(struct text *)field_at(id, held.resource) : TEXT_NONE;
		if (resource->other)
			held.type = resource->other->type;
		return held;
	}
	return (struct fhir_held){ 0 };
}

static bool same_entry(const struct resolve *resolve, size_t entry, struct text reference)
{
	const struct fhir_entry *at = &resolve->bundle->entry[entry];
	struct fhir_held held = fhir_held(at->resource);
	struct text rest = reference, type = text_cut(&rest, '/');

	if (text_equal(at->full_url, reference))
		return true;
	if (!rest.n)
		return false;
	if (held.id.n)
		return text_equal(held.type, type) && text_equal(held.id, rest);
	/* without an id of its own it is called as its URL ends */
	return at->full_url.n > reference.n && at->full_url.at[at->full_url.n - reference.n - 1] == '/' &&
	       memcmp(at->full_url.at + at->full_url.n - reference.n, reference.at, reference.n) == 0;
}

/* "Claim/1" of "http://payer.example/fhir/Claim/1"; TEXT_NONE when it is no such URL. */
static struct text last_two(struct text url)
{
	int slashes = 0;

	for (size_t i = url.n; i-- > 0;)
		if (url.at[i] == '/' && ++slashes == 2)
			return (struct text){ url.at + i + 1, url.n - i - 1 };
	return TEXT_NONE;
}

static int by_hash(const void *a, const void *b)
{
	uint64_t x = ((const struct resolve_name *)a)->hash, y = ((const struct resolve_name *)b)->hash;

	return (x > y) - (x < y);
}

static void add(struct resolve *resolve, struct text name, size_t entry)
{
	if (name.n)
		resolve->names[resolve->n++] = (struct resolve_name){ text_hash(name), entry };
}

bool resolve_init(struct resolve *resolve, const struct fhir_bundle *bundle, struct arena *arena)
{
	*resolve = (struct resolve){ .bundle = bundle, .names = arena_alloc(arena, (2 * bundle->entry_n + 1) * sizeof(struct resolve_name)) };
	if (!resolve->names)
		return false;
	for (size_t i = 0; i < bundle->entry_n; i++) {
		struct fhir_held held = fhir_held(bundle->entry[i].resource);
		struct text relative = last_two(bundle->entry[i].full_url);
		char name[128];

		add(resolve, bundle->entry[i].full_url, i);
		if (held.id.n && held.type.n + 1 + held.id.n < sizeof(name)) {
			memcpy(name, held.type.at, held.type.n);
			name[held.type.n] = '/';
			memcpy(name + held.type.n + 1, held.id.at, held.id.n);
			relative = (struct text){ name, held.type.n + 1 + held.id.n };
		}
		add(resolve, relative, i);
	}
	qsort(resolve->names, resolve->n, sizeof(*resolve->names), by_hash);
	return true;
}

size_t resolve_twice(const struct resolve *resolve)
{
	for (size_t i = 1; i < resolve->n; i++) {
		size_t a = resolve->names[i].entry, b = resolve->names[i - 1].entry;

		if (a != b && resolve->names[i].hash == resolve->names[i - 1].hash)
			return a > b ? a : b;
	}
	return 0;
}

int resolve_find(const struct resolve *resolve, struct text reference)
{
	size_t low = 0, high = resolve->n;
	uint64_t hash;

	reference = fhir_unversioned(reference);
	hash = text_hash(reference);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (resolve->names[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < resolve->n && resolve->names[low].hash == hash; low++)
		if (same_entry(resolve, resolve->names[low].entry, reference))
			return (int)resolve->names[low].entry;
	return -1;
}
