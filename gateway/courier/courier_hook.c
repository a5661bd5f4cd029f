/* SPDX-License-Identifier: Apache-2.0 */
/* An order as a CDS Hooks order-sign that a payer's service can answer without reading anything from us: who it is for, under which coverage, and
   what is ordered, all of it made of what the message said. */
#include "gateway/courier/courier.h"

#include "base/json.h"
#include "fhir-bridge/make.h"

#define PATIENT "Patient/patient"
#define PRESCRIBER "Practitioner/prescriber"
#define PAYER "Organization/payer"

static struct text written(struct make *make, const struct fhir_resource *resource)
{
	struct buffer out;

	buffer_init(&out, make->arena, 1024);
	json_write(&fhir_resource_record, resource, &out);
	return make_written(make, &out);
}

static void name_person(struct make *make, struct fhir_name **names, size_t *n, struct text family, struct text given)
{
	struct fhir_name *name = make_item(make, (void **)names, n, sizeof(*name));

	name->family = family;
	if (given.n)
		*make_push(make, name->given, name->given_n) = given;
}

static struct text patient(struct make *make, const struct asked_order *order)
{
	struct fhir_resource resource = { .patient = make_new(make, struct fhir_patient) };
	struct fhir_patient *patient = resource.patient;

	patient->id = text_lit("patient");
	make_identifier(make, &patient->identifier, &patient->identifier_n, SYSTEM_OURS "CardholderID", order->member_id.n ? order->member_id : TEXT_NONE);
	if (order->last_name.n || order->first_name.n)
		name_person(make, &patient->name, &patient->name_n, order->last_name, order->first_name);
	patient->gender = text_is(order->gender, "F") ? text_lit("female") : text_is(order->gender, "M") ? text_lit("male") : text_lit("unknown");
	if (order->birth.n)
		patient->birth_date = order->birth;
	return written(make, &resource);
}

static void add_class(struct make *make, struct fhir_coverage *coverage, const char *kind, struct text value)
{
	struct fhir_coverage_class *one;

	if (!value.n)
		return;
	one = make_push(make, coverage->classes, coverage->classes_n);
	one->type = make_concept(make, HL7_CODES "coverage-class", text_of(kind), TEXT_NONE);
	one->value = value;
}

static struct text coverage(struct make *make, const struct asked_order *order)
{
	struct fhir_resource resource = { .coverage = make_new(make, struct fhir_coverage) };
	struct fhir_coverage *coverage = resource.coverage;

	coverage->id = text_lit("coverage");
	make_identifier(make, &coverage->identifier, &coverage->identifier_n, SYSTEM_OURS "CardholderID", order->member_id.n ? order->member_id : TEXT_NONE);
	if (coverage->identifier_n)
		coverage->identifier[0].type = make_concept(make, HL7_CODES "v2-0203", text_lit("MB"), TEXT_NONE);
	coverage->status = text_lit("active");
	coverage->subscriber_id = order->member_id.n ? order->member_id : TEXT_NONE;
	coverage->beneficiary = make_reference(make, text_lit(PATIENT));
	coverage->dependent = order->person_code.n ? order->person_code : TEXT_NONE;
	coverage->relationship = make_concept(make, HL7_CODES "data-absent-reason", text_lit("unknown"), TEXT_NONE); /* profile-coverage wants one */
	*make_push(make, coverage->payor, coverage->payor_n) = (struct fhir_reference){ .reference = text_lit(PAYER) };
	add_class(make, coverage, "group", order->group);
	add_class(make, coverage, "plan", order->plan);
	add_class(make, coverage, "rxbin", order->bin);
	add_class(make, coverage, "rxpcn", order->pcn);
	add_class(make, coverage, "rxgroup", order->group);
	return written(make, &resource);
}

static struct text payer(struct make *make, struct text payer_id)
{
	struct fhir_resource resource = { .organization = make_new(make, struct fhir_organization) };
	struct text value = payer_id, system = text_cut(&value, '|');

	resource.organization->id = text_lit("payer");
	resource.organization->active = 1;
	resource.organization->name = payer_id.n ? payer_id : text_lit("payer");
	if (payer_id.n) {
		struct fhir_identifier *identifier = make_push(make, resource.organization->identifier, resource.organization->identifier_n);

		identifier->system = text_there(value) ? system : TEXT_NONE;
		identifier->value = text_there(value) ? value : system;
	}
	return written(make, &resource);
}

/* "M05.79" of "M0579": FHIR has the point. */
static struct text with_point(struct make *make, struct text code)
{
	if (code.n <= 3 || memchr(code.at, '.', code.n))
		return code;
	return make_text(make, (struct text){ code.at, 3 }, text_lit("."), (struct text){ code.at + 3, code.n - 3 });
}

static struct text ordered(struct make *make, const struct asked_order *order, int64_t wall_ms)
{
	struct fhir_resource resource = { .medication_request = make_new(make, struct fhir_medication_request) };
	struct fhir_medication_request *request = resource.medication_request;
	struct fhir_concept *drug = make_new(make, struct fhir_concept);

	request->id = text_lit("order");
	request->status = text_lit("draft");
	request->intent = text_lit("order");
	if (order->rxcui.n)
		make_coding(make, drug, SYSTEM_RXNORM, order->rxcui, TEXT_NONE);
	if (order->ndc.n)
		make_coding(make, drug, SYSTEM_NDC, order->ndc, TEXT_NONE);
	if (order->hcpcs.n)
		make_coding(make, drug, SYSTEM_HCPCS, order->hcpcs, TEXT_NONE);
	if (order->description.n)
		drug->text = order->description;
	request->medication = drug;
	request->subject = make_reference(make, text_lit(PATIENT));
	request->requester = make_reference(make, text_lit(PRESCRIBER));
	request->authored_on = clock_format_date(wall_ms, make->arena);
	for (size_t i = 0; i < order->diagnosis_n; i++)
		make_coding(make, make_push(make, request->reason_code, request->reason_code_n), SYSTEM_ICD10, with_point(make, order->diagnosis[i]), TEXT_NONE);
	if (order->quantity.n || order->days.n)
		request->dispense = make_new(make, struct fhir_dispense);
	if (order->quantity.n) {
		request->dispense->quantity = make_new(make, struct fhir_quantity);
		request->dispense->quantity->value = order->quantity;
	}
	if (order->days.n) {
		request->dispense->supply_duration = make_new(make, struct fhir_quantity);
		*request->dispense->supply_duration = (struct fhir_quantity){ .value = order->days, .unit = text_lit("d"),
			.system = text_lit(SYSTEM_UCUM), .code = text_lit("d") };
	}
	return written(make, &resource);
}

static void add_entry(struct buffer *out, const char *full_url, struct text resource)
{
	buffer_format(out, "%s{\"fullUrl\":\"urn:dualtrack:%s\",\"resource\":", out->at[out->n - 1] == '[' ? "" : ",", full_url);
	buffer_add(out, resource);
	buffer_add_char(out, '}');
}

/* A UUID of version 8 (RFC 9562 5.8) out of the trace, which is 32 hexadecimal digits. */
static void add_instance(struct buffer *out, struct text trace)
{
	static const char shape[] = "xxxxxxxx-xxxx-8xxx-8xxx-xxxxxxxxxxxx";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		char c = at < trace.n ? trace.at[at] : '0';
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

		buffer_add_char(out, shape[i] == 'x' && hex ? c : shape[i] == 'x' ? '0' : shape[i]);
		at += shape[i] != '-';
	}
}

struct text hook_of(const struct asked_order *order, struct text payer_id, struct text trace, int64_t wall_ms, struct arena *arena)
{
	struct text person, covered, paid, drug;
	struct buffer out;
	struct make make;

	make_init(&make, arena);
	person = patient(&make, order);
	covered = coverage(&make, order);
	paid = payer(&make, order->payer_id.n ? order->payer_id : payer_id);
	drug = ordered(&make, order, wall_ms);
	if (!make_done(&make))
		return TEXT_NONE;
	buffer_init(&out, arena, 4096);
	buffer_lit(&out, "{\"hook\":\"order-sign\",\"hookInstance\":\"");
	add_instance(&out, trace);
	buffer_lit(&out, "\",\"context\":{\"userId\":\"" PRESCRIBER "\",\"patientId\":\"patient\",\"draftOrders\":{\"resourceType\":\"Bundle\","
			 "\"type\":\"collection\",\"entry\":[");
	add_entry(&out, "MedicationRequest/order", drug);
	buffer_lit(&out, "]}},\"prefetch\":{\"patient\":");
	buffer_add(&out, person);
	buffer_lit(&out, ",\"coverage\":{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[");
	add_entry(&out, "Coverage/coverage", covered);
	add_entry(&out, "Organization/payer", paid);
	buffer_lit(&out, "]}},\"extension\":{\"davinci-crd.requestedVersion\":\"2.2\"}}");
	return buffer_text(&out);
}
