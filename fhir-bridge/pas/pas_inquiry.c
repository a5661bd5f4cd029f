/* SPDX-License-Identifier: Apache-2.0 */
/* The inquiry that follows a request: who asks, for whom, for what, and nothing of what the payer was to decide by. */
#include "fhir-bridge/pas/pas_ask.h"

#include "fhir-bridge/find.h"
#include "fhir-bridge/make.h"

/* Of an item: what it is known by. Orders and answers stay behind. */
static const char *const item_parts[] = { PAS "extension-itemTraceNumber", PAS "extension-serviceItemRequestType",
	PAS "extension-certificationType", PAS "extension-authorizationNumber" };

static bool kept(struct text url)
{
	for (size_t i = 0; i < sizeof(item_parts) / sizeof(*item_parts); i++)
		if (text_is(url, item_parts[i]))
			return true;
	return false;
}

static void shape_item(struct make *make, const struct fhir_item *from, struct text number, struct fhir_item *to)
{
	*to = (struct fhir_item){ .sequence = from->sequence, .category = from->category, .product_or_service = from->product_or_service,
		.modifier = from->modifier, .modifier_n = from->modifier_n, .location = from->location, .quantity = from->quantity };
	for (size_t i = 0; i < from->extension_n; i++)
		if (kept(from->extension[i].url)) {
			struct fhir_extension *part = make_push(make, to->extension, to->extension_n);

			*part = from->extension[i];
		}
	if (text_there(number))
		make_extension(make, &to->extension, &to->extension_n, PAS "extension-administrationReferenceNumber")->string = number;
}

static void shape_claim(struct make *make, const struct fhir_claim *from, struct text number, struct fhir_claim *to)
{
	*to = (struct fhir_claim){ .id = from->id, .meta = make_meta(make, PAS "profile-claim-inquiry"), .identifier = from->identifier,
		.identifier_n = from->identifier_n ? 1 : 0, /* profile-claim-inquiry has one */ .status = from->status, .type = from->type, .use = from->use, .patient = from->patient,
		.created = from->created, .insurer = from->insurer, .provider = from->provider, .priority = from->priority,
		.care_team = from->care_team, .care_team_n = from->care_team_n, .insurance = from->insurance,
		.insurance_n = from->insurance_n };
	for (size_t i = 0; i < from->extension_n; i++)
		if (text_is(from->extension[i].url, PAS "extension-TransmissionIdentifiers")) {
			struct fhir_extension *part = make_push(make, to->extension, to->extension_n);

			*part = from->extension[i];
		}
	for (size_t i = 0; i < from->item_n; i++)
		shape_item(make, &from->item[i], number, make_push(make, to->item, to->item_n));
}

/* Whoever takes part, and the coverage. */
static bool is_party(const struct fhir_resource *resource)
{
	return resource->patient || resource->coverage || resource->organization || resource->practitioner || resource->practitioner_role ||
		resource->location;
}

struct fhir_bundle *pas_inquiry_of(const struct fhir_bundle *request, struct text identifier, struct text number, int64_t wall_ms,
	struct arena *arena)
{
	const struct fhir_claim *claim = request->entry_n ? request->entry[0].resource->claim : NULL;
	struct fhir_bundle *bundle;
	struct fhir_entry *entry;
	struct make make;

	if (!claim)
		return NULL;
	make_init(&make, arena);
	bundle = make_bundle(&make, PAS "profile-pas-inquiry-request-bundle", identifier, wall_ms);
	entry = make_push(&make, bundle->entry, bundle->entry_n);
	entry->full_url = request->entry[0].full_url;
	entry->resource = make_new(&make, struct fhir_resource);
	entry->resource->claim = make_new(&make, struct fhir_claim);
	shape_claim(&make, claim, number, entry->resource->claim);
	for (size_t i = 1; i < request->entry_n; i++)
		if (is_party(request->entry[i].resource)) {
			entry = make_push(&make, bundle->entry, bundle->entry_n);
			*entry = request->entry[i];
		}
	return make_done(&make) ? bundle : NULL;
}
