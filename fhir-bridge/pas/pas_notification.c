/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what a payer tells its subscribers: a history bundle whose first entry is the subscription's status and whose others are what the
   status points to (Subscriptions R5 Backport, R4 notifications; PAS 2.2.1 has them full-resource). */
#include "fhir-bridge/pas/pas.h"

#include "fhir-bridge/forms.h"
#include "fhir-bridge/outcome.h"
#include "fhir-bridge/systems.h"

#define STATUS "Bundle.entry[0].resource"

static bool in_fhirpath(struct fault *fault)
{
	char expression[FHIR_EXPRESSION_MAX];

	fhir_expression(fault, expression);
	text_to_z(text_of(expression), fault->path, sizeof(fault->path));
	return false;
}

static struct where parameter_at(size_t i)
{
	struct where where = { 0 };

	where_down(&where, text_lit(STATUS), -1);
	where_down(&where, text_lit("parameter"), (int)i);
	return where;
}

/* The answer an event is about, checked: in the bundle, as a bundle of its own. */
static bool take_focus(const struct resolve *resolve, const struct fhir_reference *focus, const struct where *where, struct arena *arena,
	struct pas_notification *out, struct fault *fault)
{
	int entry = focus && focus->reference.n ? resolve_find(resolve, focus->reference) : -1;
	struct fhir_bundle *answer = entry >= 0 ? resolve->bundle->entry[entry].resource->bundle : NULL, **next;
	struct text json;
	struct buffer written;

	if (!answer)
		return where_fault(where, text_lit("valueReference.resolve()"), entry < 0 ? FAULT_MISSING : FAULT_RULE, fault);
	/* read as a partner's answer would be: written out once more, so that there is one way to read it */
	buffer_init(&written, arena, 0);
	fhir_write(answer, &written);
	json = buffer_text(&written);
	next = arena_push(arena, (void **)&out->answers, &out->answers_n, sizeof(*next));
	if (!next || !text_there(json))
		return where_fault(where, TEXT_NONE, FAULT_TOO_LARGE, fault);
	return pas_read(json, PAS_SUBMIT_ANSWER, PAS_2_2_1, arena, next, fault);
}

static bool take_event(const struct resolve *resolve, const struct fhir_parameter *event, size_t at, struct arena *arena, struct pas_notification *out,
	struct fault *fault)
{
	for (size_t i = 0; i < event->part_n; i++) {
		const struct fhir_parameter *part = &event->part[i];
		struct where where = parameter_at(at);

		where_down(&where, text_lit("part"), (int)i);
		if (text_is(part->name, "event-number") && (!text_to_int(part->string, &out->event_number) || out->event_number < 1))
			return where_fault(&where, text_lit("valueString"), FAULT_BAD_NUMBER, fault);
		if (text_is(part->name, "focus") && !take_focus(resolve, part->reference, &where, arena, out, fault))
			return false;
	}
	return true;
}

static bool take_status(const struct resolve *resolve, const struct fhir_parameters *status, struct arena *arena, struct pas_notification *out,
	struct fault *fault)
{
	for (size_t i = 0; i < status->parameter_n; i++) {
		const struct fhir_parameter *parameter = &status->parameter[i];
		struct where where = parameter_at(i);

		if (text_is(parameter->name, "subscription") && parameter->reference)
			out->subscription = parameter->reference->reference;
		if (text_is(parameter->name, "type")) {
			if (!text_in_list(parameter->code, "handshake heartbeat event-notification query-status query-event"))
				return where_fault(&where, text_lit("valueCode"), FAULT_BAD_CODE, fault);
			out->type = parameter->code;
		}
		if (text_is(parameter->name, "notification-event") && !take_event(resolve, parameter, i, arena, out, fault))
			return false;
	}
	if (!out->subscription.n)
		return fault_set(fault, FAULT_MISSING, STATUS ".parameter.where(name='subscription')");
	if (!out->type.n)
		return fault_set(fault, FAULT_MISSING, STATUS ".parameter.where(name='type')");
	if (text_is(out->type, "event-notification") && !out->answers_n)
		return fault_set(fault, FAULT_MISSING, STATUS ".parameter.where(name='notification-event')");
	return true;
}

bool pas_read_notification(struct text body, struct arena *arena, struct pas_notification *out, struct fault *fault)
{
	struct fhir_document document = { 0 };
	struct resolve resolve;

	*out = (struct pas_notification){ 0 };
	if (!json_read(&fhir_document_record, &document, body, arena, NULL, fault) || !record_check(&fhir_document_record, &document, fault))
		return in_fhirpath(fault);
	if (!document.bundle)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "resourceType");
	if (!text_is(document.bundle->type, "history"))
		return fault_set(fault, FAULT_BAD_CODE, "Bundle.type");
	for (size_t i = 0; i < document.bundle->entry_n; i++)
		if (!fhir_held(document.bundle->entry[i].resource).record)
			return fault_set(fault, FAULT_MISSING, "Bundle.entry.resource");
	if (!document.bundle->entry_n)
		return fault_set(fault, FAULT_MISSING, "Bundle.entry");
	if (!document.bundle->entry[0].resource->parameters)
		return fault_set(fault, FAULT_RULE, STATUS ".resourceType");
	if (!resolve_init(&resolve, document.bundle, arena))
		return fault_set(fault, FAULT_TOO_LARGE, "Bundle.entry");
	return take_status(&resolve, document.bundle->entry[0].resource->parameters, arena, out, fault);
}
