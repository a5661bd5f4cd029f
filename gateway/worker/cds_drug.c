/* SPDX-License-Identifier: Apache-2.0 */
/* Which drug an order is for: the codes by which it is named. */
#include "fhir-bridge/systems.h"
#include "formulary/ndc.h"
#include "gateway/worker/worker_cds.h"

#define BILLING_OPTIONS "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"

static bool hcpcs_system(struct text system)
{
	return text_is(system, SYSTEM_HCPCS) || text_is(system, "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets") ||
	       text_is(system, "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes");
}

static void add_coding(const struct fhir_coding *coding, struct arena *arena, struct cds_drug *drug)
{
	char ndc[NDC_DIGITS + 1];

	if (text_is(coding->system, SYSTEM_NDC) && !drug->ndc.n && ndc_normal(coding->code, ndc))
		drug->ndc = arena_text(arena, text_of(ndc));
	else if (text_is(coding->system, SYSTEM_RXNORM) && !drug->rxcui.n)
		drug->rxcui = coding->code;
	else if (hcpcs_system(coding->system) && !drug->hcpcs.n)
		drug->hcpcs = coding->code;
}

void cds_read_codes(const struct cds_concept *concept, struct arena *arena, struct cds_drug *drug)
{
	for (size_t i = 0; i < concept->coding_n; i++)
		add_coding(&concept->coding[i], arena, drug);
	for (size_t i = 0; i < concept->extension_n; i++) {
		const struct fhir_concept *option = concept->extension[i].concept;

		for (size_t k = 0; option && text_is(concept->extension[i].url, BILLING_OPTIONS) && k < option->coding_n; k++)
			add_coding(&option->coding[k], arena, drug);
	}
}
