/* SPDX-License-Identifier: Apache-2.0 */
/* Strict reading of a CARIN benefit check: the bundle, each resource in it, then the profiles from the MessageHeader on. */
#include "fhir-bridge/carin/carin_parts.h"

#include "base/json.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/forms.h"
#include "fhir-bridge/outcome.h"
#include "fhir-bridge/profile.h"
#include "ncpdp/decimal.h"

struct reading {
	const struct fhir_bundle *bundle;
	struct arena *arena;
	struct resolve resolve;
	struct fault *fault;
};

static bool fails(struct reading *r, const char *name, enum fault_code code)
{
	struct where where = { 0 };

	where_down(&where, text_lit("Bundle"), -1);
	return where_fault(&where, text_of(name), code, r->fault);
}

static struct where entry_at(size_t i)
{
	struct where where = { 0 };

	where_down(&where, text_lit("Bundle"), -1);
	where_down(&where, text_lit("entry"), (int)i);
	return where;
}

static bool entry_fails(struct reading *r, size_t i, const char *name, enum fault_code code)
{
	struct where where = entry_at(i);

	return where_fault(&where, text_of(name), code, r->fault);
}

static bool in_fhirpath(struct fault *fault)
{
	char path[FHIR_EXPRESSION_MAX];

	fhir_expression(fault, path);
	return fault_set(fault, fault->code, path);
}

static bool read_bundle(struct reading *r, struct text body)
{
	struct fhir_document document = { 0 };
	struct json_notes notes = { 0 };

	if (!json_read(&fhir_document_record, &document, body, r->arena, &notes, r->fault))
		return in_fhirpath(r->fault);
	if (notes.quoted) {
		fault_set(r->fault, FAULT_BAD_TEXT, notes.quoted_at);
		return in_fhirpath(r->fault);
	}
	if (!document.bundle)
		return fault_set(r->fault, FAULT_UNKNOWN_MESSAGE, "resourceType");
	if (!record_check(&fhir_document_record, &document, r->fault))
		return in_fhirpath(r->fault);
	r->bundle = document.bundle;
	return true;
}

/* R4 bdl-12: a message begins with its header. The guide: one header and one claim. */
static bool entries_hold(struct reading *r)
{
	for (size_t i = 0; i < r->bundle->entry_n; i++) {
		const struct fhir_entry *entry = &r->bundle->entry[i];
		struct fhir_held held = fhir_held(entry->resource);

		if (!held.record)
			return entry_fails(r, i, "resource", FAULT_MISSING);
		if (!entry->full_url.n)
			return entry_fails(r, i, "fullUrl", FAULT_MISSING);
		if (entry->search.n)
			return entry_fails(r, i, "search", FAULT_REPEATED);
		if (entry->request)
			return entry_fails(r, i, "request", FAULT_REPEATED);
		if (entry->response)
			return entry_fails(r, i, "response", FAULT_REPEATED);
		if (i == 0 && !entry->resource->message_header)
			return entry_fails(r, i, "resource.resourceType", FAULT_RULE);
		if (i > 0 && entry->resource->message_header)
			return entry_fails(r, i, "resource", FAULT_REPEATED);
	}
	return true;
}

static bool bundle_holds(struct reading *r)
{
	size_t twice;

	if (r->bundle->implicit_rules.n)
		return fails(r, "implicitRules", FAULT_RULE);
	if (!text_is(r->bundle->type, "message"))
		return fails(r, "type", FAULT_BAD_CODE);
	if (r->bundle->timestamp.n && !fhir_has_form(r->bundle->timestamp, FORM_INSTANT))
		return fails(r, "timestamp", FAULT_BAD_DATE);
	if (!r->bundle->entry_n)
		return fails(r, "entry", FAULT_MISSING);
	if (!entries_hold(r))
		return false;
	if (!resolve_init(&r->resolve, r->bundle, r->arena))
		return fails(r, "entry", FAULT_TOO_LARGE);
	twice = resolve_twice(&r->resolve);
	return !twice || entry_fails(r, twice, "fullUrl", FAULT_REPEATED);
}

static bool resources_hold(struct reading *r)
{
	struct profile_check check = { .resolve = &r->resolve, .version = PROFILES_OF_CARIN, .fault = r->fault,
		.done = arena_alloc(r->arena, r->bundle->entry_n * sizeof(*check.done)) };

	if (!check.done)
		return fails(r, "entry", FAULT_TOO_LARGE);
	for (size_t i = 0; i < r->bundle->entry_n; i++) {
		struct fhir_held held = fhir_held(r->bundle->entry[i].resource);
		struct forms_check forms = { .resolve = &r->resolve, .fault = r->fault, .where = entry_at(i) };

		where_down(&forms.where, text_lit("resource"), -1);
		if (!forms_check(&forms, held.record, held.resource))
			return false;
	}
	return profile_check_entry(&check, 0, PROFILE_CARIN_HEADER);
}

/* NULL: it is a logical reference, or to something inside its own resource, which the profiles let pass in some places. */
static const struct fhir_entry *referred(const struct reading *r, const struct fhir_reference *reference)
{
	int at = reference->reference.n ? resolve_find(&r->resolve, reference->reference) : -1;

	return at < 0 ? NULL : &r->bundle->entry[at];
}

static bool same_code(const struct fhir_concept *a, const struct fhir_concept *b)
{
	for (size_t i = 0; i < a->coding_n; i++)
		for (size_t k = 0; k < b->coding_n; k++)
			if (text_equal(a->coding[i].system, b->coding[k].system) && text_equal(a->coding[i].code, b->coding[k].code))
				return true;
	return false;
}

static bool same_quantity(const struct fhir_quantity *a, const struct fhir_quantity *b)
{
	return decimal_compare(a->value, b->value) == 0 && text_equal(carin_unit(a), carin_unit(b));
}

/* Drug, quantity and patient stand twice in a request; where they differ nobody knows what is asked. */
static bool asks_for_one_thing(struct reading *r, const struct carin_request *request)
{
	const struct fhir_medication_request *order = request->order;
	const char *differs = NULL;

	if (!same_code(request->claim->item[0].product_or_service, order->medication))
		differs = "resource.medicationCodeableConcept";
	else if (!same_quantity(request->claim->item[0].quantity, order->dispense->quantity))
		differs = "resource.dispenseRequest.quantity";
	else if (referred(r, order->subject) != request->patient_entry)
		differs = "resource.subject";
	if (differs)
		return entry_fails(r, (size_t)(request->order_entry - r->bundle->entry), differs, FAULT_RULE);
	return referred(r, request->coverage->beneficiary) == request->patient_entry ||
		entry_fails(r, (size_t)(request->coverage_entry - r->bundle->entry), "resource.beneficiary", FAULT_RULE);
}

bool carin_read(struct text body, struct arena *arena, struct carin_request *out, struct fault *fault)
{
	struct reading r = { .arena = arena, .fault = fault };
	const struct fhir_entry *claim;

	*out = (struct carin_request){ 0 };
	if (!read_bundle(&r, body) || !bundle_holds(&r) || !resources_hold(&r))
		return false;
	out->header_entry = &r.bundle->entry[0];
	out->header = out->header_entry->resource->message_header;
	claim = referred(&r, &out->header->focus[0]);
	if (!claim)
		return entry_fails(&r, 0, "resource.focus[0]", FAULT_MISSING);
	/* what a Claim refers to is an entry of its own: its profile has seen to that */
	out->claim = claim->resource->claim;
	out->patient_entry = referred(&r, out->claim->patient);
	out->patient = out->patient_entry->resource->patient;
	out->pharmacy_entry = referred(&r, out->claim->provider);
	out->pharmacy = out->pharmacy_entry->resource->organization;
	out->order_entry = referred(&r, out->claim->prescription);
	out->order = out->order_entry->resource->medication_request;
	out->prescriber = referred(&r, out->claim->care_team[0].provider)->resource->practitioner;
	out->coverage_entry = referred(&r, out->claim->insurance[0].coverage);
	out->coverage = out->coverage_entry->resource->coverage;
	return asks_for_one_thing(&r, out);
}
