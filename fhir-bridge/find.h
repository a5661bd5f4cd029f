/* SPDX-License-Identifier: Apache-2.0 */
/* Finding things in a FHIR bundle. */
#pragma once

#include "fhir-bridge/records.h"

/* The entry a reference points to (R4 bundle.html "Resolving references in Bundles": by fullUrl, or Type/id); NULL when there is none. */
const struct fhir_entry *fhir_find(const struct fhir_bundle *bundle, const struct fhir_reference *reference);
/* A reference without the version it may name ("Patient/1/_history/3"). */
struct text fhir_unversioned(struct text reference);
/* The first extension with this URL; NULL when there is none. */
const struct fhir_extension *fhir_extension(const struct fhir_extension *extensions, size_t n, const char *url);
/* The member number: the identifier of type MB (PAS profile-coverage, slice memberid), else the holder's. */
struct text fhir_member_number(const struct fhir_coverage *coverage);
/* The first code of this system; TEXT_NONE when there is none. */
struct text fhir_code(const struct fhir_concept *concept, const char *system);
