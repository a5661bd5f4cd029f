/* SPDX-License-Identifier: Apache-2.0 */
/* The small parts of FHIR that every resource is put together from. */
#pragma once

#include "base/clock.h"
#include "base/make.h"
#include "fhir-bridge/records.h"
#include "fhir-bridge/systems.h"

/* code or its display may be TEXT_NONE. */
struct fhir_concept *make_concept(struct make *make, const char *system, struct text code, struct text display);
void make_coding(struct make *make, struct fhir_concept *concept, const char *system, struct text code, struct text display);
struct fhir_reference *make_reference(struct make *make, struct text to);
struct fhir_meta *make_meta(struct make *make, const char *profile);
void make_identifier(struct make *make, struct fhir_identifier **items, size_t *n, const char *system, struct text value);
/* One more extension with this URL; the caller puts the value in. */
struct fhir_extension *make_extension(struct make *make, struct fhir_extension **items, size_t *n, const char *url);

/* One more entry whose fullUrl is a UUID derived from the bundle's identifier and `kind`, which there is one of: the same whenever the same
   bundle is made again (PAS 2.2.1 asks for GUIDs that are unique across submissions and resubmissions keep them). *id receives the UUID
   for the resource's id. The resource's row is left to the caller. */
struct fhir_resource *make_entry(struct make *make, struct fhir_bundle *bundle, const char *kind, struct text *id,
	struct text *full_url);
/* The same for a resource that was in an earlier bundle with this identifier, and is meant again. */
struct fhir_resource *make_entry_of(struct make *make, struct fhir_bundle *bundle, struct text identifier, const char *kind, struct text *id,
	struct text *full_url);
/* A bundle of type collection with identifier and timestamp. */
struct fhir_bundle *make_bundle(struct make *make, const char *profile, struct text identifier, int64_t wall_ms);
