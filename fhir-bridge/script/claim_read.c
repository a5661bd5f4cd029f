/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer needs of a PAS request: who the member is, which drug is asked for, and what was answered. */
#include "fhir-bridge/fhir.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"

#include <string.h>

#define CLAIM "Bundle.entry.resource.ofType(Claim)"

static const struct fhir_claim *first_claim(const struct fhir_bundle *bundle)
{
	for (size_t i = 0; i < bundle->entry_n; i++)
		if (bundle->entry[i].resource->claim)
			return bundle->entry[i].resource->claim;
	return NULL;
}

/* The coverage that is asked is the focal one; a claim with one coverage need not say so. */
static const struct fhir_reference *asked_coverage(const struct fhir_claim *claim)
{
	for (size_t i = 0; i < claim->insurance_n; i++)
		if (claim->insurance[i].focal)
			return claim->insurance[i].coverage;
	return claim->insurance_n == 1 ? claim->insurance[0].coverage : NULL;
}

/* 5-4-2 with dashes becomes 11 digits; every other shape stays as it is, for whoever looks it up to tell what it can be. */
static struct text without_dashes(struct text ndc, struct arena *arena)
{
	struct text rest = ndc, labeler = text_cut(&rest, '-'), product = text_cut(&rest, '-');
	struct buffer digits;

	if (!text_there(rest) || labeler.n != 5 || product.n != 4 || rest.n != 2)
		return ndc;
	buffer_init(&digits, arena, ndc.n);
	buffer_add(&digits, labeler);
	buffer_add(&digits, product);
	buffer_add(&digits, rest);
	return buffer_text(&digits);
}

static struct text item_ndc(const struct fhir_bundle *bundle, const struct fhir_item *item)
{
	const struct fhir_extension *service = fhir_extension(item->extension, item->extension_n, PAS "extension-requestedService");
	const struct fhir_entry *entry = service ? fhir_find(bundle, service->reference) : NULL;
	struct text ndc = TEXT_NONE;

	if (entry && entry->resource->medication_request)
		ndc = fhir_code(entry->resource->medication_request->medication, SYSTEM_NDC);
	return text_there(ndc) ? ndc : fhir_code(item->product_or_service, SYSTEM_NDC);
}

struct text fhir_item_ndc(const struct fhir_bundle *bundle, const struct fhir_item *item, struct arena *arena)
{
	return without_dashes(item_ndc(bundle, item), arena);
}

static const struct fhir_questionnaire_response *claim_answers(const struct fhir_bundle *bundle, const struct fhir_claim *claim)
{
	for (size_t i = 0; i < claim->supporting_info_n; i++) {
		const struct fhir_entry *entry = fhir_find(bundle, claim->supporting_info[i].reference);

		if (entry && entry->resource->questionnaire_response)
			return entry->resource->questionnaire_response;
	}
	return NULL;
}

bool fhir_claim_read(const struct fhir_bundle *bundle, struct arena *arena, struct fhir_claim_view *out, struct fault *fault)
{
	const struct fhir_claim *claim = first_claim(bundle);
	const struct fhir_entry *patient, *coverage;

	*out = (struct fhir_claim_view){ 0 };
	if (!bundle->identifier || !bundle->identifier->value.n)
		return fault_set(fault, FAULT_MISSING, "Bundle.identifier");
	if (!claim)
		return fault_set(fault, FAULT_MISSING, CLAIM);
	if (!text_is(claim->use, "preauthorization"))
		return fault_set(fault, FAULT_BAD_CODE, CLAIM ".use");
	if (!claim->item_n)
		return fault_set(fault, FAULT_MISSING, CLAIM ".item");
	patient = fhir_find(bundle, claim->patient);
	if (!patient || !patient->resource->patient)
		return fault_set(fault, FAULT_MISSING, CLAIM ".patient.resolve()");
	coverage = fhir_find(bundle, asked_coverage(claim));
	if (!coverage || !coverage->resource->coverage)
		return fault_set(fault, FAULT_MISSING, CLAIM ".insurance.coverage.resolve()");
	*out = (struct fhir_claim_view){ .claim = claim, .patient = patient->resource->patient,
		.coverage = coverage->resource->coverage, .answers = claim_answers(bundle, claim),
		.cardholder_id = fhir_member_number(coverage->resource->coverage) };
	if (!out->cardholder_id.n)
		return fault_set(fault, FAULT_MISSING, "Bundle.entry.resource.ofType(Coverage).identifier.value");
	for (size_t i = 0; i < claim->item_n && !out->ndc.n; i++)
		out->ndc = fhir_item_ndc(bundle, &claim->item[i], arena);
	return true;
}
