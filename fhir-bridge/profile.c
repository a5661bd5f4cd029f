/* SPDX-License-Identifier: Apache-2.0 */
/* Holding a resource to its profile: each row's path is walked from the resource, and its kind says what has to be there. */
#include "fhir-bridge/profile.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"

#include <assert.h>

enum { V1 = PAS_2_0_1, V2 = PAS_2_2_1, ALL = V1 | V2, CARIN = PROFILES_OF_CARIN };
enum { SEQUENCES_MAX = 1000 }; /* bytes of a list of sequence numbers: 100 of them are named in 400, and each is looked for */

#define P(name) PROFILE_BIT(PROFILE_##name)
const struct profile_rule profile_rules[] = {
#define PROFILE(name, type, canonical)
#define RULE(profiles, versions, path, kind, argument) { profiles, versions, { "" path, sizeof(path) - 1 }, kind, argument },
#include "fhir-bridge/def/profiles.def"
#undef RULE
#undef PROFILE
};
#undef P
const size_t profile_rules_n = sizeof(profile_rules) / sizeof(*profile_rules);

static const struct {
	const char *name, *type, *canonical;
} profiles[] = {
#define PROFILE(name, type, canonical) { #name, type, canonical },
#define RULE(profiles, versions, path, kind, argument)
#include "fhir-bridge/def/profiles.def"
#undef RULE
#undef PROFILE
};

const char *profile_canonical(enum profile profile)
{
	return profiles[profile].canonical;
}

const char *profile_type(enum profile profile)
{
	return profiles[profile].type;
}

bool concept_has(const struct fhir_concept *concept, const char *system, const char *codes)
{
	for (size_t i = 0; concept && i < concept->coding_n; i++)
		if ((!system || text_is(concept->coding[i].system, system)) && text_in_list(concept->coding[i].code, codes))
			return true;
	return false;
}

/* What a row is asked of: the place that its path leads to. */
struct asked {
	struct profile_check *check;
	const struct profile_rule *rule;
};

static bool fails(const struct asked *asked, struct text name, enum fault_code code)
{
	return where_fault(&asked->check->where, name, code, asked->check->fault);
}

static bool holds_times(const struct asked *asked, const struct walk_place *place)
{
	const char *range = asked->rule->argument;
	size_t n = walk_count(place);
	char room[WALK_NAME_MAX];

	if (n < (size_t)(range[0] - '0'))
		return fails(asked, walk_name(place, room), FAULT_MISSING);
	if (range[3] != '*' && n > (size_t)(range[3] - '0'))
		return fails(asked, walk_name(place, room), FAULT_REPEATED);
	return true;
}

static bool holds_codes(const struct asked *asked, const struct walk_item *item)
{
	struct text value = item->field->kind == FIELD_FLAG ? (*(const int64_t *)item->at ? text_lit("true") : text_lit("false"))
							    : *(const struct text *)item->at;

	return text_in_list(value, asked->rule->argument) || fails(asked, TEXT_NONE, FAULT_BAD_CODE);
}

static bool holds_concept(const struct asked *asked, const struct walk_item *item)
{
	struct text codes = text_of(asked->rule->argument), system = text_cut(&codes, '|');
	const struct fhir_concept *concept = item->at;

	assert(item->field->of == &fhir_concept_record);
	for (size_t i = 0; i < concept->coding_n; i++)
		if (text_equal(concept->coding[i].system, system) && text_in_list(concept->coding[i].code, codes.at))
			return true;
	return fails(asked, TEXT_NONE, FAULT_BAD_CODE);
}

static bool holds_systems(const struct asked *asked, const struct walk_item *item)
{
	const struct fhir_concept *concept = item->at;

	assert(item->field->of == &fhir_concept_record);
	for (size_t i = 0; i < concept->coding_n; i++)
		if (concept->coding[i].code.n && text_in_list(concept->coding[i].system, asked->rule->argument))
			return true;
	return fails(asked, TEXT_NONE, FAULT_BAD_CODE);
}

static bool holds_day(const struct asked *asked, const struct walk_item *item)
{
	enum { DAY_LENGTH = 10 }; /* FullDateRule; that it is a date at all is checked with the other forms */

	return ((const struct text *)item->at)->n == DAY_LENGTH || fails(asked, TEXT_NONE, FAULT_BAD_DATE);
}

static bool holds_points(const struct asked *asked, const struct walk_item *item)
{
	struct text numbers = *(const struct text *)item->at;

	if (numbers.n > SEQUENCES_MAX)
		return fails(asked, TEXT_NONE, FAULT_TOO_LONG);
	for (struct text number; text_there(number = fhir_next_number(&numbers));)
		if (!walk_has_sequence(asked->check->record, asked->check->resource, asked->rule->argument, number))
			return fails(asked, TEXT_NONE, FAULT_RULE);
	return true;
}

static bool holds_unique(const struct asked *asked, const struct walk_place *place)
{
	size_t twice = walk_twice(place, asked->rule->argument), before;
	char room[WALK_NAME_MAX];

	if (!twice)
		return true;
	before = where_down(&asked->check->where, walk_name(place, room), (int)twice);
	fails(asked, text_of(asked->rule->argument), FAULT_REPEATED);
	where_back(&asked->check->where, before);
	return false;
}

/* The last digit is such that the Luhn sum with the prefix 80840 ends in 0 (CMS, NPI check digit). */
bool profile_npi(struct text value)
{
	int sum = 24; /* of 80840 */

	if (value.n != 10)
		return false;
	for (size_t i = 0; i < value.n; i++) {
		int digit = value.at[i] - '0';

		if (digit < 0 || digit > 9)
			return false;
		if (i % 2 == 0)
			digit = digit > 4 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	return sum % 10 == 0;
}

static bool holds_npi(const struct asked *asked, const struct walk_item *item)
{
	const struct fhir_identifier *identifier = item->at;

	assert(item->field->of == &fhir_identifier_record);
	return !text_is(identifier->system, SYSTEM_NPI) || profile_npi(identifier->value) || fails(asked, text_lit("value"), FAULT_BAD_TEXT);
}

int profile_named(struct text name)
{
	for (int i = 0; i < PROFILES; i++)
		if (text_is(name, profiles[i].name))
			return i;
	return -1;
}

static bool holds_to(const struct asked *asked, const struct walk_item *item)
{
	const struct fhir_reference *reference = item->at;
	struct profile_check *check = asked->check;
	struct text names = text_of(asked->rule->argument);
	struct where here = check->where;
	struct fhir_held held;
	int entry;
	bool good;

	assert(item->field->of == &fhir_reference_record);
	/* who and what a decision is about travels as an entry of its own, not inside the claim or the coverage */
	if (text_starts(reference->reference, "#") && (check->record == &fhir_claim_record || check->record == &fhir_coverage_record))
		return fails(asked, text_lit("resolve()"), FAULT_RULE);
	/* a logical reference names somebody who has no resource; one that resolves nowhere is found with all the others */
	if (!check->resolve || !reference->reference.n || (entry = resolve_find(check->resolve, reference->reference)) < 0)
		return true;
	held = fhir_held(check->resolve->bundle->entry[entry].resource);
	while (text_there(names)) {
		struct text name = text_cut(&names, ' ');
		int profile = profile_named(name);

		if (profile < 0 && text_is(name, "any"))
			return true;
		assert(profile >= 0);
		if (!text_is(held.type, profiles[profile].type))
			continue;
		good = profile_check_entry(check, (size_t)entry, (enum profile)profile);
		check->where = here;
		return good;
	}
	return fails(asked, text_lit("resolve()"), FAULT_RULE);
}

static bool holds_invariant(const struct asked *asked, const struct record *record, const void *item)
{
	for (size_t i = 0; i < invariants_n; i++)
		if (text_is(text_of(invariants[i].name), asked->rule->argument))
			return invariants[i].holds(asked->check, record, item);
	assert(!"an invariant that is not in the table");
	__builtin_unreachable();
}

static bool holds_item(void *context, const struct walk_item *item)
{
	const struct asked *asked = context;

	switch (asked->rule->kind) {
	case CODES:
		return holds_codes(asked, item);
	case CONCEPT:
		return holds_concept(asked, item);
	case SYSTEMS:
		return holds_systems(asked, item);
	case DAY:
		return holds_day(asked, item);
	case TO:
		return holds_to(asked, item);
	case POINTS:
		return holds_points(asked, item);
	case NPI:
		return holds_npi(asked, item);
	case HOLDS:
		return holds_invariant(asked, item->field->of, item->at);
	case TIMES:
	case UNIQUE:
		break;
	}
	assert(!"asked of the place, not of each item");
	__builtin_unreachable();
}

static bool holds_at(void *context, const struct walk_place *place)
{
	struct asked *asked = context;

	if (asked->rule->kind == TIMES)
		return holds_times(asked, place);
	if (asked->rule->kind == UNIQUE)
		return holds_unique(asked, place);
	return walk_items(place, &asked->check->where, holds_item, asked);
}

bool profile_check_resource(struct profile_check *check, const struct record *record, const void *resource, enum profile profile)
{
	const struct record *outer_record = check->record;
	const void *outer = check->resource;
	bool good = true;

	check->record = record;
	check->resource = resource;
	for (size_t i = 0; good && i < profile_rules_n; i++) {
		struct asked asked = { check, &profile_rules[i] };

		if (!(profile_rules[i].profiles & PROFILE_BIT(profile)) || !(profile_rules[i].versions & check->version))
			continue;
		good = profile_rules[i].path.n ? walk(record, resource, profile_rules[i].path, &check->where, holds_at, &asked)
				       : holds_invariant(&asked, record, resource);
	}
	check->record = outer_record;
	check->resource = outer;
	return good;
}

bool profile_check_entry(struct profile_check *check, size_t entry, enum profile profile)
{
	struct fhir_held held = fhir_held(check->resolve->bundle->entry[entry].resource);

	assert(text_is(held.type, profiles[profile].type));
	if (check->done[entry] & PROFILE_BIT(profile))
		return true;
	check->done[entry] |= PROFILE_BIT(profile);
	where_back(&check->where, 0);
	where_down(&check->where, text_lit("Bundle"), -1);
	where_down(&check->where, text_lit("entry"), (int)entry);
	where_down(&check->where, text_lit("resource"), -1);
	/* a name that another spelling hides from the reader: it was read as some other kind of resource */
	if (held.record == &fhir_other_record)
		return where_fault(&check->where, text_lit("resourceType"), FAULT_BAD_CODE, check->fault);
	return profile_check_resource(check, held.record, held.resource, profile);
}
