/* SPDX-License-Identifier: Apache-2.0 */
/* What rows of def/profiles.def cannot say by themselves: how one part of a resource binds another. Each cites where it stands. */
#include "fhir-bridge/profile.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"

#include <assert.h>

static bool broken(struct profile_check *check, const char *name, enum fault_code code)
{
	return where_fault(&check->where, name ? text_of(name) : TEXT_NONE, code, check->fault);
}

static bool certification_is(const struct fhir_extension *extensions, size_t n, const char *code)
{
	const struct fhir_extension *found = fhir_extension(extensions, n, PAS "extension-certificationType");

	return found && concept_has(found->concept, NULL, code);
}

static bool says_cancelled(const struct fhir_extension *extensions, size_t n)
{
	const struct fhir_extension *found = fhir_extension(extensions, n, PAS "modifierextension-infoCancelled");

	return found && text_is(found->boolean, "true");
}

bool pas_item_cancelled(const struct fhir_item *item)
{
	return says_cancelled(item->modifier_extension, item->modifier_extension_n) || certification_is(item->extension, item->extension_n, "3");
}

/* PAS 2.2.1, update of a whole authorization: "no items are needed" when the claim itself is certification type 3 */
static bool items_or_all_cancelled(struct profile_check *check, const struct record *record, const void *item)
{
	const struct fhir_claim *claim = item;

	assert(record == &fhir_claim_record);
	(void)record;
	return claim->item_n || certification_is(claim->extension, claim->extension_n, "3") || broken(check, "item", FAULT_MISSING);
}

/* PAS 2.2.1 ImmediateLevelOfCare. As written there it looks for the level on the item, where nobody puts it; it means the claim's. */
static bool urgent_has_level(struct profile_check *check, const struct record *record, const void *at)
{
	const struct fhir_item *item = at;
	const struct fhir_claim *claim = check->resource;

	assert(record == &fhir_item_record && check->record == &fhir_claim_record);
	(void)record;
	return !certification_is(item->extension, item->extension_n, "1") ||
	       fhir_extension(claim->extension, claim->extension_n, PAS "extension-levelOfServiceCode") ||
	       broken(check, "extension('" PAS "extension-certificationType')", FAULT_RULE);
}

/* PAS 2.2.1 spec-69, spec-70: a cancelled item says so twice */
static bool cancelled_twice_over(struct profile_check *check, const struct record *record, const void *at)
{
	const struct fhir_item *item = at;

	assert(record == &fhir_item_record);
	(void)record;
	return says_cancelled(item->modifier_extension, item->modifier_extension_n) ==
		       certification_is(item->extension, item->extension_n, "3") ||
	       broken(check, "modifierExtension", FAULT_RULE);
}

/* R4 SimpleQuantity sqty-1 and Quantity qty-3 */
static bool quantity_is_simple(struct profile_check *check, const struct record *record, const void *at)
{
	const struct fhir_quantity *quantity = at;

	assert(record == &fhir_quantity_record);
	(void)record;
	if (quantity->comparator.n)
		return broken(check, "comparator", FAULT_RULE);
	return !quantity->code.n || quantity->system.n || broken(check, "system", FAULT_MISSING);
}

/* An answer that nothing could be decided says what was in the way (PAS 2.2.1, error handling) */
static bool error_says_which(struct profile_check *check, const struct record *record, const void *at)
{
	const struct fhir_claim_response *response = at;

	assert(record == &fhir_claim_response_record);
	(void)record;
	return !text_is(response->outcome, "error") || response->error_n || broken(check, "error", FAULT_MISSING);
}

static bool reviewed_as(const struct fhir_response_item *item, const char *code)
{
	for (size_t i = 0; i < item->adjudication_n; i++) {
		const struct fhir_adjudication *adjudication = &item->adjudication[i];
		const struct fhir_extension *review =
			fhir_extension(adjudication->extension, adjudication->extension_n, PAS "extension-reviewAction");
		const struct fhir_extension *part =
			review ? fhir_extension(review->extension, review->extension_n, PAS "extension-reviewActionCode") : NULL;

		if (part && concept_has(part->concept, X12("306"), code))
			return true;
	}
	return false;
}

static bool lists_number(struct text numbers, struct text number)
{
	for (struct text one; text_there(one = fhir_next_number(&numbers));)
		if (text_equal(one, number))
			return true;
	return false;
}

/* PAS 2.2.1 spec-36, spec-37: what is authorized instead of a modified item stands in an addItem of its number */
static bool modified_says_to_what(struct profile_check *check, const struct record *record, const void *at)
{
	const struct fhir_response_item *item = at;
	const struct fhir_claim_response *response = check->resource;

	assert(record == &fhir_response_item_record && check->record == &fhir_claim_response_record);
	(void)record;
	if (!reviewed_as(item, "A6"))
		return true;
	for (size_t i = 0; i < response->add_item_n; i++)
		if (lists_number(response->add_item[i].item_sequence, item->item_sequence))
			return true;
	return broken(check, "adjudication", FAULT_RULE);
}

/* US Core us-core-6 */
static bool name_or_why_not(struct profile_check *check, const struct record *record, const void *at)
{
	const struct fhir_name *name = at;
	bool absent;

	assert(record == &fhir_name_record);
	(void)record;
	absent = fhir_extension(name->extension, name->extension_n, "http://hl7.org/fhir/StructureDefinition/data-absent-reason") != NULL;
	return (name->family.n || name->given_n) != absent || broken(check, "family", FAULT_MISSING);
}

/* PAS 2.2.1 self-beneficiary */
static bool other_holder_is_there(struct profile_check *check, const struct record *record, const void *at)
{
	const struct fhir_coverage *coverage = at;

	assert(record == &fhir_coverage_record);
	(void)record;
	return coverage->subscriber || concept_has(coverage->relationship, NULL, "18 self") || broken(check, "subscriber", FAULT_MISSING);
}

static const struct fhir_extension *filter_of(const struct fhir_subscription *subscription)
{
	const struct fhir_element *beside = subscription->criteria_beside;

	return beside ? fhir_extension(beside->extension, beside->extension_n, BACKPORT "backport-filter-criteria") : NULL;
}

struct text fhir_filter_organization(const struct fhir_subscription *subscription)
{
	/* the guide's text and its examples differ in the name */
	static const char *const names[] = { "org-identifier=", "orgIdentifier=" };
	const struct fhir_extension *filter = filter_of(subscription);

	for (size_t i = 0; filter && i < sizeof(names) / sizeof(*names); i++)
		if (text_starts(filter->string, names[i]))
			return (struct text){ filter->string.at + strlen(names[i]), filter->string.n - strlen(names[i]) };
	return TEXT_NONE;
}

/* PAS 2.2.1 spec-58 */
static bool asks_for_an_organization(struct profile_check *check, const struct record *record, const void *at)
{
	assert(record == &fhir_subscription_record);
	(void)record;
	return fhir_filter_organization(at).n ||
	       broken(check, "_criteria.extension('" BACKPORT "backport-filter-criteria').valueString", FAULT_BAD_CODE);
}

/* PAS 2.2.1 IdentifierUnlessVO: what is not asked by voice has a number to answer to */
static bool identifier_unless_voice(struct profile_check *check, const struct record *record, const void *at)
{
	const struct fhir_communication_request *request = at;

	assert(record == &fhir_communication_request_record);
	(void)record;
	for (size_t i = 0; i < request->medium_n; i++)
		if (concept_has(&request->medium[i], NULL, "VO"))
			return true;
	return request->identifier_n || broken(check, "identifier", FAULT_MISSING);
}

#define INVARIANT(name) { #name, name }
const struct invariant invariants[] = {
	INVARIANT(items_or_all_cancelled),
	INVARIANT(urgent_has_level),
	INVARIANT(cancelled_twice_over),
	INVARIANT(quantity_is_simple),
	INVARIANT(error_says_which),
	INVARIANT(modified_says_to_what),
	INVARIANT(name_or_why_not),
	INVARIANT(other_holder_is_there),
	INVARIANT(asks_for_an_organization),
	INVARIANT(identifier_unless_voice),
};
const size_t invariants_n = sizeof(invariants) / sizeof(*invariants);
