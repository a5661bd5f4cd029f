/* SPDX-License-Identifier: Apache-2.0 */
/* Putting FHIR elements together in an arena. Running out of it is remembered and asked once at the end: until then what no
   longer fits goes into a spare arena, which make_done throws away. A message is bounded, and so is what is made of it. */
#pragma once

#include "base/clock.h"
#include "fhir-bridge/records.h"
#include "fhir-bridge/systems.h"

struct make {
	struct arena *arena;
	struct text identifier; /* of the bundle: what ids of resources are derived from */
	struct arena spare;
	bool failed;
};

void make_init(struct make *make, struct arena *arena, struct text identifier);
/* False when something did not fit: what was made must not be used. */
bool make_done(struct make *make);

/* Zeroed memory, never NULL. */
void *make_bytes(struct make *make, size_t n);
#define make_new(make, type) ((type *)make_bytes((make), sizeof(type)))
/* One more zeroed item of a LIST member, never NULL. */
void *make_item(struct make *make, void **items, size_t *n, size_t size);
#define make_push(make, items, n) ((__typeof__(*(items)) *)make_item((make), (void **)&(items), &(n), sizeof(*(items))))

/* An arena text of the parts put together, TEXT_NONE parts left out. */
struct text make_text(struct make *make, struct text a, struct text b, struct text c);
/* code or its display may be TEXT_NONE. */
struct fhir_concept *make_concept(struct make *make, const char *system, struct text code, struct text display);
void make_coding(struct make *make, struct fhir_concept *concept, const char *system, struct text code, struct text display);
struct fhir_reference *make_reference(struct make *make, struct text to);
struct fhir_meta *make_meta(struct make *make, const char *profile);
void make_identifier(struct make *make, struct fhir_identifier **items, size_t *n, const char *system, struct text value);
/* One more extension with this URL; the caller puts the value in. */
struct fhir_extension *make_extension(struct make *make, struct fhir_extension **items, size_t *n, const char *url);

/* One more entry whose fullUrl is a UUID derived from the bundle's identifier, `kind` and `index`: the same whenever the same
   bundle is made again (PAS 2.2.1 asks for GUIDs that are unique across submissions and resubmissions keep them). *id receives the UUID
   for the resource's id. The resource's row is left to the caller. */
struct fhir_resource *make_entry(struct make *make, struct fhir_bundle *bundle, const char *kind, int index,
	struct text *id, struct text *full_url);
/* A bundle of type collection with identifier and timestamp. */
struct fhir_bundle *make_bundle(struct make *make, const char *profile, int64_t wall_ms);
