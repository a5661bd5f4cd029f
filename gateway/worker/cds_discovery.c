/* SPDX-License-Identifier: Apache-2.0 */
/* What provider systems find at /cds-services: our services, what they shall read for us in advance, and what they may switch off. */
#include "gateway/worker/worker_cds.h"

/* CRD 2.2.1: keys of prefetch, of which only those are asked for that an answer may depend on. */
static const struct {
	const char *key, *query;
	unsigned hooks; /* 1 << enum cds_hook */
	bool since_2_2; /* 2.0.1 knows no paths that resolve references: what is missing there is read, or is asked for with 412 */
} prefetch[] = {
#define ALL ((1u << CDS_HOOKS) - 1)
#define DRAFTS (1u << CDS_ORDER_SELECT | 1u << CDS_ORDER_SIGN)
#define DISPATCH (1u << CDS_ORDER_DISPATCH)
#define BOOK (1u << CDS_APPOINTMENT_BOOK)
	{ "patient", "Patient/{{context.patientId}}", ALL },
	{ "coverage", "Coverage?patient={{context.patientId}}&status=active", ALL },
	{ "medications", "Medication?_id={{context.draftOrders.entry.resource.ofType(MedicationRequest).medication.resolve().id}}", DRAFTS, true },
	{ "medicationRequests", "MedicationRequest?_id={{context.dispatchedOrders.resolve().ofType(MedicationRequest).id}}", DISPATCH, true },
	{ "serviceRequests", "ServiceRequest?_id={{context.dispatchedOrders.resolve().ofType(ServiceRequest).id}}", DISPATCH, true },
	{ "deviceRequests", "DeviceRequest?_id={{context.dispatchedOrders.resolve().ofType(DeviceRequest).id}}", DISPATCH, true },
	{ "nutritionOrders", "NutritionOrder?_id={{context.dispatchedOrders.resolve().ofType(NutritionOrder).id}}", DISPATCH, true },
	{ "communicationRequests", "CommunicationRequest?_id={{context.dispatchedOrders.resolve().ofType(CommunicationRequest).id}}", DISPATCH, true },
	{ "visionPrescriptions", "VisionPrescription?_id={{context.dispatchedOrders.resolve().ofType(VisionPrescription).id}}", DISPATCH, true },
	{ "medicationRequests",
		"MedicationRequest?_id={{context.appointments.entry.resource.basedOn"
		".extension('http://hl7.org/fhir/StructureDefinition/alternate-reference').value.resolve().ofType(MedicationRequest).id}}", BOOK, true },
	{ "serviceRequests", "ServiceRequest?_id={{context.appointments.entry.resource.basedOn.resolve().ofType(ServiceRequest).id}}", BOOK, true },
	{ "practitioners", "Practitioner?_id={{context.draftOrders.entry.resource.requester.resolve().ofType(Practitioner).id}}", DRAFTS, true },
	{ "practitioners", "Practitioner?_id={{%medicationRequests.entry.resource.requester.resolve().ofType(Practitioner).id}}", DISPATCH | BOOK, true },
	{ "medications", "Medication?_id={{%medicationRequests.entry.resource.medication.resolve().id}}", DISPATCH | BOOK, true },
	{ "encounter", "Encounter/{{context.encounterId}}", DRAFTS },
	{ "locations", "Location?_id={{%encounter.location.location.resolve().id}}", DRAFTS, true },
	{ "conditions", "Condition?_id={{context.draftOrders.entry.resource.reasonReference.resolve().ofType(Condition).id}}", DRAFTS, true },
};

static const struct {
	const char *code, *type, *name, *description, *otherwise;
	unsigned hooks;
} options[] = {
	{ "coverage-info", "boolean", "Coverage information", "Whether an order is covered, by which benefit, and what prior authorization it needs", "true",
		DRAFTS | DISPATCH | BOOK },
	{ "therapy-alternatives-opt", "boolean", "Alternatives", "Drugs that the plan covers instead of one that it restricts", "true", DRAFTS },
	{ "guideline", "boolean", "Criteria", "Where the plan has published by which criteria a drug is authorized", "true", DRAFTS | DISPATCH | BOOK },
	{ "insurance", "boolean", "Coverage not known", "Tells when the plan of the coverage is not known here or not in force", "true",
		1u << CDS_ENCOUNTER_START | 1u << CDS_ENCOUNTER_DISCHARGE },
	{ "max-cards", "integer", "Cards at most", "How many cards an answer may have", "10", ALL },
};

static void write_service(enum cds_version version, enum cds_hook hook, struct buffer *out)
{
	const struct cds_hook_row *row = cds_hook_row(hook);
	const char *comma = "";

	buffer_format(out, "{\"hook\":\"%s\",\"title\":\"%s\",\"description\":\"%s\",\"id\":\"%s\",\"prefetch\":{", row->name, row->title, row->description,
		row->name);
	for (size_t i = 0; i < sizeof(prefetch) / sizeof(*prefetch); i++)
		if (prefetch[i].hooks & 1u << hook && (version != CDS_2_0 || !prefetch[i].since_2_2)) {
			buffer_format(out, "%s\"%s\":\"%s\"", comma, prefetch[i].key, prefetch[i].query);
			comma = ",";
		}
	buffer_format(out, "},\"extension\":{\"davinci-crd.version\":[%s],\"davinci-crd.configuration-options\":[",
		version == CDS_2_0 ? "\"2.0\"" : "\"2.0\",\"2.2\"");
	comma = "";
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options[i].hooks & 1u << hook) {
			buffer_format(out, "%s{\"code\":\"%s\",\"type\":\"%s\",\"name\":\"%s\",\"description\":\"%s\",\"default\":%s}", comma, options[i].code,
				options[i].type, options[i].name, options[i].description, options[i].otherwise);
			comma = ",";
		}
	buffer_lit(out, "]}}");
}

void cds_discovery_write(enum cds_version version, struct buffer *out)
{
	buffer_lit(out, "{\"services\":[");
	for (int hook = 0; hook < CDS_HOOKS; hook++) {
		if (hook)
			buffer_add_char(out, ',');
		write_service(version, (enum cds_hook)hook, out);
	}
	buffer_lit(out, "]}\n");
}
