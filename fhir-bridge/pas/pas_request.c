/* SPDX-License-Identifier: Apache-2.0 */
/* What a PAS request says, found where the guide has senders put it. */
#include "fhir-bridge/pas/pas.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/profile.h"
#include "fhir-bridge/systems.h"

static void add_npi(struct pas_request *out, const struct fhir_identifier *identifiers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool known = false;

		if (!text_is(identifiers[i].system, SYSTEM_NPI) || !identifiers[i].value.n)
			continue;
		for (size_t k = 0; k < out->npi_n; k++)
			known |= text_equal(out->npi[k], identifiers[i].value);
		if (!known && out->npi_n < sizeof(out->npi) / sizeof(*out->npi))
			out->npi[out->npi_n++] = identifiers[i].value;
	}
}

/* The numbers of a practitioner, an organization, or whoever a role is of. */
static void add_provider(struct pas_request *out, const struct fhir_bundle *bundle, const struct fhir_reference *reference, bool follow)
{
	const struct fhir_entry *entry = fhir_find(bundle, reference);
	const struct fhir_resource *resource = entry ? entry->resource : NULL;

	if (reference && reference->identifier)
		add_npi(out, reference->identifier, 1);
	if (!resource)
		return;
	if (resource->practitioner)
		add_npi(out, resource->practitioner->identifier, resource->practitioner->identifier_n);
	if (resource->organization)
		add_npi(out, resource->organization->identifier, resource->organization->identifier_n);
	if (resource->practitioner_role) {
		add_npi(out, resource->practitioner_role->identifier, resource->practitioner_role->identifier_n);
		if (follow) {
			add_provider(out, bundle, resource->practitioner_role->practitioner, false);
			add_provider(out, bundle, resource->practitioner_role->organization, false);
		}
	}
}

static const struct fhir_reference *requester_of(const struct fhir_resource *order)
{
	if (order->medication_request)
		return order->medication_request->requester;
	if (order->service_request)
		return order->service_request->requester;
	if (order->device_request)
		return order->device_request->requester;
	return order->nutrition_order ? order->nutrition_order->orderer : NULL;
}

static void add_providers(struct pas_request *out, const struct fhir_bundle *bundle)
{
	add_provider(out, bundle, out->claim->provider, true);
	for (size_t i = 0; i < out->claim->care_team_n; i++)
		add_provider(out, bundle, out->claim->care_team[i].provider, true);
	for (size_t i = 0; i < out->claim->item_n; i++) {
		const struct fhir_item *item = &out->claim->item[i];
		const struct fhir_extension *service = fhir_extension(item->extension, item->extension_n, PAS "extension-requestedService");
		const struct fhir_entry *entry = service ? fhir_find(bundle, service->reference) : NULL;

		if (entry)
			add_provider(out, bundle, requester_of(entry->resource), true);
	}
}

static struct text part_of(const struct fhir_extension *extension, const char *name)
{
	const struct fhir_extension *part = extension ? fhir_extension(extension->extension, extension->extension_n, name) : NULL;

	return part ? part->string : TEXT_NONE;
}

static enum pas_intent intent_of(const struct fhir_claim *claim)
{
	const struct fhir_extension *whole = fhir_extension(claim->extension, claim->extension_n, PAS "extension-certificationType");
	size_t cancelled = 0;

	if (!claim->related_n)
		return PAS_NEW;
	for (size_t i = 0; i < claim->item_n; i++)
		cancelled += pas_item_cancelled(&claim->item[i]);
	return cancelled == claim->item_n || (whole && concept_has(whole->concept, NULL, "3")) ? PAS_CANCEL : PAS_CHANGE;
}

static struct text first_value(const struct fhir_identifier *identifiers, size_t n)
{
	return n ? identifiers[0].value : TEXT_NONE;
}

static struct text provider_identifier(const struct fhir_bundle *bundle, const struct fhir_claim *claim)
{
	const struct fhir_entry *entry = fhir_find(bundle, claim->provider);

	if (!entry)
		return TEXT_NONE;
	if (entry->resource->organization)
		return first_value(entry->resource->organization->identifier, entry->resource->organization->identifier_n);
	if (entry->resource->practitioner_role) {
		const struct fhir_entry *of = fhir_find(bundle, entry->resource->practitioner_role->organization);

		return of && of->resource->organization ? first_value(of->resource->organization->identifier, of->resource->organization->identifier_n)
							: TEXT_NONE;
	}
	return TEXT_NONE;
}

static struct text reference_number(const struct fhir_claim *claim)
{
	const struct fhir_extension *number =
		fhir_extension(claim->extension, claim->extension_n, PAS "extension-administrationReferenceNumber");

	for (size_t i = 0; i < claim->item_n && !number; i++)
		number = fhir_extension(claim->item[i].extension, claim->item[i].extension_n, PAS "extension-administrationReferenceNumber");
	return number ? number->string : TEXT_NONE;
}

void pas_request_of(const struct fhir_bundle *bundle, struct pas_request *out)
{
	const struct fhir_claim *claim = bundle->entry[0].resource->claim;
	const struct fhir_extension *ids, *level;
	const struct fhir_entry *entry;

	*out = (struct pas_request){ .claim = claim, .claim_url = bundle->entry[0].full_url, .intent = intent_of(claim) };
	if (claim->related_n && claim->related[0].claim) {
		entry = fhir_find(bundle, claim->related[0].claim);
		out->before_url = entry ? entry->full_url : claim->related[0].claim->reference;
		out->before = entry ? entry->resource->claim : NULL;
	}
	level = fhir_extension(claim->extension, claim->extension_n, PAS "extension-levelOfServiceCode");
	out->expedited = concept_has(claim->priority, NULL, "stat") || (level && concept_has(level->concept, X12("1338"), "U"));
	entry = fhir_find(bundle, claim->patient);
	out->patient = entry ? entry->resource->patient : NULL;
	for (size_t i = 0; i < claim->insurance_n && !out->coverage; i++) {
		entry = claim->insurance[i].focal || claim->insurance_n == 1 ? fhir_find(bundle, claim->insurance[i].coverage) : NULL;
		out->coverage = entry ? entry->resource->coverage : NULL;
	}
	out->member_id = out->coverage ? fhir_member_number(out->coverage) : TEXT_NONE;
	ids = fhir_extension(claim->extension, claim->extension_n, PAS "extension-TransmissionIdentifiers");
	out->sender = part_of(ids, "applicationSenderCode");
	out->receiver = part_of(ids, "applicationReceiverCode");
	out->organization = part_of(ids, "interchangeSenderID");
	if (!out->organization.n)
		out->organization = provider_identifier(bundle, claim);
	out->reference_number = reference_number(claim);
	add_providers(out, bundle);
}
