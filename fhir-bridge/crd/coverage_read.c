/* SPDX-License-Identifier: Apache-2.0 */
/* Coverage-information as a client of CRD reads it, of either version: whatever stands beside what is looked for is passed over. */
#include "fhir-bridge/crd/coverage_read.h"

#include "fhir-bridge/find.h"

static const struct fhir_extension *part(const struct fhir_extension *of, const char *url)
{
	return fhir_extension(of->extension, of->extension_n, url);
}

static struct text code_of(const struct fhir_extension *of, const char *url)
{
	const struct fhir_extension *found = part(of, url);

	if (!found)
		return TEXT_NONE;
	if (found->concept && found->concept->coding_n) /* some write a concept where the guide has a code */
		return found->concept->coding[0].code;
	return found->coding ? found->coding->code : found->code;
}

static struct text words_of(const struct fhir_extension *of, const char *url)
{
	const struct fhir_extension *found = part(of, url);

	if (!found || !found->concept)
		return found ? found->string : TEXT_NONE;
	return found->concept->text.n ? found->concept->text : found->concept->coding_n ? found->concept->coding[0].code : TEXT_NONE;
}

static bool speaks_of(struct text words, const char *word)
{
	return words.n && memmem(words.at, words.n, word, strlen(word));
}

/* An instruction to ask the pharmacy benefit, in the words that this gateway uses for it, or others that name its standard. */
static bool sends_to_pharmacy(const struct fhir_extension *said)
{
	for (size_t i = 0; i < said->extension_n; i++) {
		const struct fhir_extension *value = text_is(said->extension[i].url, "detail") ? part(&said->extension[i], "value") : NULL;

		if (value && (speaks_of(value->string, "NCPDP") || speaks_of(value->string, "pharmacy benefit")))
			return true;
	}
	return false;
}

static void take(const struct fhir_extension *said, struct coverage_said *out)
{
	const struct fhir_extension *date = part(said, "date"), *id = part(said, "coverage-assertion-id");

	*out = (struct coverage_said){ .covered = code_of(said, "covered"), .pa_needed = code_of(said, "pa-needed"),
		.info_needed = code_of(said, "info-needed"), .reason = words_of(said, "reason"), .date = date ? date->date : TEXT_NONE,
		.assertion_id = id ? id->string : TEXT_NONE };
	out->other_benefit = text_in_list(out->covered, "conditional not-covered") && sends_to_pharmacy(said);
}

bool coverage_info_read(struct text body, struct arena *arena, struct coverage_said *out, struct fault *fault)
{
	struct cds_response response = { 0 };

	if (!json_read(&cds_response_record, &response, body, arena, NULL, fault))
		return false;
	for (size_t i = 0; i < response.actions_n; i++) {
		struct cds_order order = { 0 };
		struct fault ignored;

		if (!response.actions[i].resource.n || !json_read(&cds_order_record, &order, response.actions[i].resource, arena, NULL, &ignored))
			continue;
		for (size_t k = 0; k < order.extension_n; k++) {
			if (!text_is(order.extension[k].url, COVERAGE_INFORMATION))
				continue;
			take(&order.extension[k], out);
			return text_in_list(out->covered, "covered not-covered conditional indeterminate") ||
				fault_set(fault, FAULT_PEER_ANSWER, "coverage-information.covered");
		}
	}
	return fault_set(fault, FAULT_PEER_ANSWER, "systemActions");
}
