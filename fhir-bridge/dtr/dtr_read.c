/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what the operations of DTR take. */
#include "fhir-bridge/dtr/dtr.h"

#include "base/json.h"
#include "fhir-bridge/fhir.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/forms.h"
#include "fhir-bridge/outcome.h"
#include "fhir-bridge/systems.h"

#include <stdio.h>

#define DTR "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/"

static bool in_fhirpath(struct fault *fault)
{
	char path[FHIR_EXPRESSION_MAX];

	fhir_expression(fault, path);
	return fault_set(fault, fault->code, path);
}

/* The document from JSON, held to its tables and to the forms of FHIR. */
static bool read_document(struct text body, struct arena *arena, struct fhir_document *out, struct fault *fault)
{
	struct json_notes notes = { 0 };
	struct forms_check check = { .fault = fault };
	const struct record *record;
	const void *top;

	*out = (struct fhir_document){ 0 };
	if (!json_read(&fhir_document_record, out, body, arena, &notes, fault))
		return in_fhirpath(fault);
	if (notes.quoted) {
		fault_set(fault, FAULT_BAD_TEXT, notes.quoted_at);
		return in_fhirpath(fault);
	}
	if (!out->parameters && !out->questionnaire_response)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Parameters");
	if (!record_check(&fhir_document_record, out, fault))
		return in_fhirpath(fault);
	record = out->parameters ? &fhir_parameters_record : &fhir_questionnaire_response_record;
	top = out->parameters ? (const void *)out->parameters : (const void *)out->questionnaire_response;
	where_down(&check.where, out->parameters ? text_lit("Parameters") : text_lit("QuestionnaireResponse"), -1);
	return forms_check(&check, record, top);
}

static bool read_parameters(struct text body, struct arena *arena, const struct fhir_parameters **out, struct fault *fault)
{
	struct fhir_document document;

	if (!read_document(body, arena, &document, fault))
		return false;
	*out = document.parameters;
	return *out || fault_set(fault, FAULT_UNKNOWN_MESSAGE, "QuestionnaireResponse");
}

static bool wrong(size_t i, const char *below, enum fault_code code, struct fault *fault)
{
	char path[FAULT_PATH_MAX];

	snprintf(path, sizeof(path), "Parameters.parameter[%zu].%s", i, below);
	return fault_set(fault, code, path);
}

/* -- $questionnaire-package -- */

struct package_reading {
	enum dtr_version version;
	struct arena *arena;
	struct dtr_package_request *out;
	struct fault *fault;
};

static bool take_coverage(struct package_reading *r, size_t i, const struct fhir_parameter *parameter)
{
	const struct fhir_coverage *coverage = parameter->resource ? parameter->resource->coverage : NULL;

	if (!coverage)
		return wrong(i, "resource", FAULT_CHOICE, r->fault);
	if (r->out->coverage) /* 2.0.1 takes several: the first is the one that is meant */
		return r->version == DTR_2_0_1 || wrong(i, "name", FAULT_REPEATED, r->fault);
	if (!coverage->id.n)
		return wrong(i, "resource.id", FAULT_MISSING, r->fault);
	if (!coverage->beneficiary->reference.n)
		return wrong(i, "resource.beneficiary.reference", FAULT_MISSING, r->fault);
	r->out->coverage = coverage;
	return true;
}

/* 5-4-2 with dashes becomes 11 digits, as a Claim's does. */
static struct text ndc_of(const struct fhir_resource *order, struct arena *arena)
{
	const struct fhir_concept *medication = order->medication_request ? order->medication_request->medication : NULL;
	struct fhir_item item = { .product_or_service = (struct fhir_concept *)medication };
	struct fhir_bundle nothing = { .entry_n = 0 };

	return medication ? fhir_item_ndc(&nothing, &item, arena) : TEXT_NONE;
}

static bool take_order(struct package_reading *r, size_t i, const struct fhir_parameter *parameter)
{
	struct fhir_held held = fhir_held(parameter->resource);
	size_t n = r->out->orders_n;
	struct buffer reference;

	if (!held.record)
		return wrong(i, "resource", FAULT_MISSING, r->fault);
	if (!held.id.n)
		return wrong(i, "resource.id", FAULT_MISSING, r->fault);
	if (n == DTR_ORDERS_MAX)
		return wrong(i, "name", FAULT_TOO_DEEP, r->fault);
	buffer_init(&reference, r->arena, 80);
	buffer_add(&reference, held.type);
	buffer_add_char(&reference, '/');
	buffer_add(&reference, held.id);
	r->out->orders[n].reference = buffer_text(&reference);
	r->out->orders[n].ndc = ndc_of(parameter->resource, r->arena);
	if (parameter->resource->medication_request)
		r->out->orders[n].rxcui = fhir_code(parameter->resource->medication_request->medication, SYSTEM_RXNORM);
	r->out->orders_n = n + 1;
	return !reference.failed || fault_set(r->fault, FAULT_TOO_LARGE, "Parameters");
}

static bool take_questionnaire(struct package_reading *r, size_t i, const struct fhir_parameter *parameter)
{
	if (!parameter->canonical.n)
		return wrong(i, "valueCanonical", FAULT_CHOICE, r->fault);
	if (r->out->questionnaires_n == DTR_QUESTIONNAIRES_MAX)
		return wrong(i, "name", FAULT_TOO_DEEP, r->fault);
	r->out->questionnaires[r->out->questionnaires_n++] = parameter->canonical;
	return true;
}

static bool take_once(struct package_reading *r, size_t i, struct text value, const char *name, struct text *out)
{
	if (!value.n)
		return wrong(i, name, FAULT_CHOICE, r->fault);
	if (text_there(*out))
		return wrong(i, "name", FAULT_REPEATED, r->fault);
	*out = value;
	return true;
}

static bool take_context(struct package_reading *r, size_t i, const struct fhir_parameter *parameter)
{
	return take_once(r, i, parameter->string, "valueString", &r->out->context);
}

static bool take_changed_since(struct package_reading *r, size_t i, const struct fhir_parameter *parameter)
{
	return take_once(r, i, parameter->instant, "valueInstant", &r->out->changed_since);
}

static const struct {
	const char *name;
	bool (*take)(struct package_reading *r, size_t i, const struct fhir_parameter *parameter);
} package_parameters[] = {
	{ "coverage", take_coverage },
	{ "order", take_order },
	{ "questionnaire", take_questionnaire },
	{ "context", take_context },
	{ "changedsince", take_changed_since },
};

bool dtr_read_package(struct text body, enum dtr_version version, struct arena *arena, struct dtr_package_request *out, struct fault *fault)
{
	struct package_reading r = { .version = version, .arena = arena, .out = out, .fault = fault };
	const struct fhir_parameters *parameters;

	*out = (struct dtr_package_request){ 0 };
	if (!read_parameters(body, arena, &parameters, fault))
		return false;
	for (size_t i = 0; i < parameters->parameter_n; i++)
		for (size_t k = 0; k < sizeof(package_parameters) / sizeof(*package_parameters); k++)
			if (text_is(parameters->parameter[i].name, package_parameters[k].name) &&
				!package_parameters[k].take(&r, i, &parameters->parameter[i]))
				return false;
	if (!out->coverage)
		return fault_set(fault, FAULT_MISSING, "Parameters.parameter.where(name='coverage')");
	/* DTR 2.2.0 oper-6 */
	return out->orders_n || out->questionnaires_n || text_there(out->context) || fault_set(fault, FAULT_MISSING, "Parameters.parameter");
}

/* -- $next-question -- */

static const struct fhir_questionnaire *contained_questionnaire(const struct fhir_questionnaire_response *response)
{
	for (size_t i = 0; i < response->contained_n; i++)
		if (response->contained[i].questionnaire)
			return response->contained[i].questionnaire;
	return NULL;
}

bool dtr_read_next(struct text body, enum dtr_version version, struct arena *arena, struct fhir_questionnaire_response **out, bool *wrapped, struct text *asked,
	struct fault *fault)
{
	const struct fhir_questionnaire *contained;
	struct fhir_document document;

	*out = NULL;
	if (!read_document(body, arena, &document, fault))
		return false;
	*wrapped = document.parameters != NULL;
	if (!*wrapped)
		*out = document.questionnaire_response;
	for (size_t i = 0; *wrapped && i < document.parameters->parameter_n; i++)
		if (text_is(document.parameters->parameter[i].name, "questionnaire-response") && document.parameters->parameter[i].resource)
			*out = document.parameters->parameter[i].resource->questionnaire_response;
	if (!*out)
		return fault_set(fault, FAULT_MISSING, "Parameters.parameter.where(name='questionnaire-response').resource");
	contained = contained_questionnaire(*out);
	*asked = contained && contained->derived_from_n ? contained->derived_from[0] : (*out)->questionnaire;
	if (!asked->n || asked->at[0] == '#')
		return fault_set(fault, FAULT_MISSING, "QuestionnaireResponse.contained.derivedFrom");
	if (!text_is((*out)->status, "in-progress") && !text_is((*out)->status, "completed"))
		return fault_set(fault, FAULT_BAD_CODE, "QuestionnaireResponse.status");
	/* 2.0.1 has one extension for the coverage and the orders */
	if (!fhir_extension((*out)->extension, (*out)->extension_n, version == DTR_2_0_1 ? DTR "qr-context" : DTR "qr-coverage"))
		return fault_set(fault, FAULT_MISSING, "QuestionnaireResponse.extension");
	return (*out)->subject || fault_set(fault, FAULT_MISSING, "QuestionnaireResponse.subject");
}

/* -- $log-questionnaire-errors -- */

bool dtr_read_errors(struct text body, struct arena *arena, struct text *questionnaire, size_t *issues, struct fault *fault)
{
	const struct fhir_parameters *parameters;

	*questionnaire = TEXT_NONE;
	*issues = 0;
	if (!read_parameters(body, arena, &parameters, fault))
		return false;
	for (size_t i = 0; i < parameters->parameter_n; i++) {
		const struct fhir_parameter *parameter = &parameters->parameter[i];

		if (text_is(parameter->name, "questionnaire") && parameter->canonical.n)
			*questionnaire = parameter->canonical;
		if (text_is(parameter->name, "operationOutcome") && parameter->resource && parameter->resource->operation_outcome)
			*issues += parameter->resource->operation_outcome->issue_n;
	}
	if (!text_there(*questionnaire))
		return fault_set(fault, FAULT_MISSING, "Parameters.parameter.where(name='questionnaire').value");
	return *issues || fault_set(fault, FAULT_MISSING, "Parameters.parameter.where(name='operationOutcome').resource");
}
