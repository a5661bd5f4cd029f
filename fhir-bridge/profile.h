/* SPDX-License-Identifier: Apache-2.0 */
/* Holding resources to the rows of def/profiles.def. */
#pragma once

#include "fhir-bridge/pas/pas.h"
#include "fhir-bridge/resolve.h"
#include "fhir-bridge/walk.h"

enum profile {
#define P(name) PROFILE_##name
#define PROFILE(name, type, canonical) PROFILE_##name,
#define RULE(profiles, versions, path, kind, argument)
#include "fhir-bridge/def/profiles.def"
#undef RULE
#undef PROFILE
#undef P
	PROFILES
};
_Static_assert(PROFILES <= 64, "a set of profiles is a uint64_t");
#define PROFILE_BIT(profile) (UINT64_C(1) << (profile))

enum rule_kind { TIMES, CODES, CONCEPT, SYSTEMS, DAY, TO, POINTS, UNIQUE, NPI, HOLDS };
enum { PROFILES_OF_CARIN = 4 }; /* beside the versions of PAS: the rows of its own guide */
/* One row of the table. */
struct profile_rule {
	uint64_t profiles; /* PROFILE_BIT of each */
	unsigned versions; /* of enum pas_version, together; or PROFILES_OF_CARIN */
	struct text path;
	enum rule_kind kind;
	const char *argument;
};
extern const struct profile_rule profile_rules[];
extern const size_t profile_rules_n;

struct profile_check {
	const struct resolve *resolve; /* NULL: a resource that stands alone, references are not followed */
	unsigned version; /* of enum pas_version, or PROFILES_OF_CARIN */
	uint64_t *done; /* by entry: the profiles it is held to already */
	struct fault *fault;
	/* the resource that is looked at */
	const struct record *record;
	const void *resource;
	struct where where;
};

/* The resource at `entry` as the profile has it, and what it points to, all the way. */
bool profile_check_entry(struct profile_check *check, size_t entry, enum profile profile) fault_check;
/* A resource that is no entry of a bundle; check->where says where it stands. */
bool profile_check_resource(struct profile_check *check, const struct record *record, const void *resource, enum profile profile) fault_check;

/* "profile-claim", and "Claim". */
const char *profile_canonical(enum profile profile);
const char *profile_type(enum profile profile);
/* The profile that a row calls so ("CLAIM"); -1 when there is none. */
int profile_named(struct text name);

/* One way to hold a row, by name in the table; see invariants.c. The item is a struct of `record`; check->where leads to it. */
struct invariant {
	const char *name;
	bool (*holds)(struct profile_check *check, const struct record *record, const void *item);
};
extern const struct invariant invariants[];
extern const size_t invariants_n;

/* NPI: ten digits, the last of them right (CMS, NPI check digit). */
bool profile_npi(struct text npi);
/* True when the concept has one of the space-separated codes in a coding of this system (NULL: any). */
bool concept_has(const struct fhir_concept *concept, const char *system, const char *codes);
/* The organization a subscription's filter asks for; TEXT_NONE when it asks for none. */
struct text fhir_filter_organization(const struct fhir_subscription *subscription);
/* The rows of these guides as rows of a Markdown table; PAS has a column for its version. */
void profile_document(unsigned versions, struct buffer *out);
