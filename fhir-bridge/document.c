/* SPDX-License-Identifier: Apache-2.0 */
/* FHIR bundles from JSON and back, and finding in them what a reference points to. */
#include "fhir-bridge/find.h"
#include "fhir-bridge/fhir.h"
#include "fhir-bridge/systems.h"

#include <string.h>

/* The row of the resource an entry holds, -1 when it is of a kind that is not in our tables. */
static int resource_row(const struct fhir_resource *resource)
{
	for (size_t i = 0; resource && i < fhir_resource_record.n; i++)
		if (field_there(&fhir_resource_record.fields[i], resource))
			return (int)i;
	return -1;
}

static void drop_unknown_resources(struct fhir_bundle *bundle)
{
	size_t kept = 0;

	for (size_t i = 0; i < bundle->entry_n; i++)
		if (resource_row(bundle->entry[i].resource) >= 0)
			bundle->entry[kept++] = bundle->entry[i];
	bundle->entry_n = kept;
}

bool fhir_read(struct text body, struct arena *arena, struct fhir_bundle **out, struct fault *fault)
{
	struct fhir_document document = { 0 };

	*out = NULL;
	if (!json_read(&fhir_document_record, &document, body, arena, NULL, fault))
		return false;
	if (document.operation_outcome)
		return fault_set(fault, FAULT_PEER_ANSWER, "OperationOutcome");
	if (!document.bundle)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "resourceType");
	drop_unknown_resources(document.bundle);
	if (!record_check(&fhir_bundle_record, document.bundle, fault))
		return fault_under(fault, text_lit("Bundle"), -1);
	*out = document.bundle;
	return true;
}

void fhir_write(const struct fhir_bundle *bundle, struct buffer *out)
{
	struct fhir_document document = { .bundle = (struct fhir_bundle *)bundle };

	json_write(&fhir_document_record, &document, out);
}

/* "Claim/1" is what "http://payer.example/fhir/Claim/1" ends in. */
static bool ends_in(struct text url, struct text relative)
{
	return url.n > relative.n && url.at[url.n - relative.n - 1] == '/' &&
	       memcmp(url.at + url.n - relative.n, relative.at, relative.n) == 0;
}

static bool has_id(const struct fhir_entry *entry, int row, struct text relative)
{
	const struct field *field = &fhir_resource_record.fields[row], *id_field = record_field(field->of, "id");
	const void *resource = *(void **)field_at(field, entry->resource);
	struct text type = text_cut(&relative, '/');

	return id_field && text_equal(type, field_name(field)) && relative.n &&
	       text_equal(relative, *(struct text *)field_at(id_field, resource));
}

struct text fhir_unversioned(struct text reference)
{
	static const char history[] = "/_history/";
	const char *version = reference.n ? memmem(reference.at, reference.n, history, sizeof(history) - 1) : NULL;

	if (version)
		reference.n = (size_t)(version - reference.at);
	return reference;
}

const struct fhir_entry *fhir_find(const struct fhir_bundle *bundle, const struct fhir_reference *reference)
{
	struct text to;

	if (!reference || !reference->reference.n)
		return NULL;
	to = fhir_unversioned(reference->reference);
	for (size_t i = 0; i < bundle->entry_n; i++) {
		const struct fhir_entry *entry = &bundle->entry[i];
		int row = resource_row(entry->resource);

		if (row >= 0 && (text_equal(entry->full_url, to) || ends_in(entry->full_url, to) || has_id(entry, row, to)))
			return entry;
	}
	return NULL;
}

struct text fhir_member_number(const struct fhir_coverage *coverage)
{
	for (size_t i = 0; i < coverage->identifier_n; i++) {
		const struct fhir_identifier *identifier = &coverage->identifier[i];

		if (text_is(fhir_code(identifier->type, HL7_CODES "v2-0203"), "MB") && identifier->value.n)
			return identifier->value;
	}
	return coverage->subscriber_id;
}

const struct fhir_extension *fhir_extension(const struct fhir_extension *extensions, size_t n, const char *url)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(extensions[i].url, url))
			return &extensions[i];
	return NULL;
}

struct text fhir_code(const struct fhir_concept *concept, const char *system)
{
	for (size_t i = 0; concept && i < concept->coding_n; i++)
		if (text_is(concept->coding[i].system, system))
			return concept->coding[i].code;
	return TEXT_NONE;
}
