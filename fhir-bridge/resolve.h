/* SPDX-License-Identifier: Apache-2.0 */
/* What the references of a bundle point to, found without looking through it each time. */
#pragma once

#include "fhir-bridge/records.h"
#include "fhir-bridge/where.h"

struct resolve_name {
	uint64_t hash;
	size_t entry;
};
struct resolve {
	const struct fhir_bundle *bundle;
	struct resolve_name *names; /* by hash: the fullUrl and the Type/id of each entry */
	size_t n;
};

/* The bundle's entries have resources. False when the arena is full. */
bool resolve_init(struct resolve *resolve, const struct fhir_bundle *bundle, struct arena *arena) fault_check;
/* The index of an entry that stands in the bundle for the second time (PAS 2.2.1 spec-14, spec-31: each resource once); 0 when there is none. */
size_t resolve_twice(const struct resolve *resolve);

/* The index of the entry that a reference means (R4 bundle.html, "Resolving references in Bundles"): by fullUrl, or as Type/id; -1
   when there is none. A version ("/_history/1") is not looked at. */
int resolve_find(const struct resolve *resolve, struct text reference);

/* The resource in an entry: its record and struct; the name of its kind. */
struct fhir_held {
	const struct record *record;
	const void *resource;
	struct text type, id;
};
struct fhir_held fhir_held(const struct fhir_resource *resource);
