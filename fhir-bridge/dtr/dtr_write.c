/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what the operations of DTR give: packages of questions, and the next question of an adaptive one. */
#include "fhir-bridge/dtr/dtr.h"

#include "base/json.h"
#include "fhir-bridge/make.h"

#include <stdio.h>

#define DTR "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/"
#define CONTAINED "questionnaire" /* id of the Questionnaire inside an adaptive response */

/* -- $questionnaire-package -- */

void dtr_package_begin(struct dtr_package *package, enum dtr_version version, struct text name, int64_t wall_ms, struct make *make)
{
	*package = (struct dtr_package){ .version = version, .make = make, .out = make_new(make, struct fhir_parameters), .name = name, .wall_ms = wall_ms };
	package->out->meta = make_meta(make, DTR "dtr-qpackage-output-parameters");
}

static struct fhir_resource *add_parameter(struct dtr_package *package, const char *name)
{
	struct fhir_parameter *parameter = make_push(package->make, package->out->parameter, package->out->parameter_n);

	parameter->name = text_of(name);
	return parameter->resource = make_new(package->make, struct fhir_resource);
}

void dtr_package_add(struct dtr_package *package, struct fhir_questionnaire *questionnaire, const struct question_form *form,
	const struct form_answers *known, struct form_context *context)
{
	struct make *make = package->make;
	struct loss ignored = { 0 };
	struct fhir_library *library;
	struct fhir_bundle *bundle;
	struct text full_url;
	char tail[24];

	snprintf(tail, sizeof(tail), ".%zu", package->out->parameter_n);
	context->version = package->version;
	bundle = make_bundle(make, DTR "DTR-QPackageBundle", make_text(make, package->name, text_of(tail), TEXT_NONE), package->wall_ms);
	make_entry(make, bundle, "Questionnaire", &questionnaire->id, &full_url)->questionnaire = questionnaire;
	make_entry(make, bundle, "QuestionnaireResponse", &context->id, &full_url)->questionnaire_response =
		form_response(form, questionnaire, known, context, make, &ignored);
	library = form_library(form, make);
	if (library)
		make_entry(make, bundle, "Library", &library->id, &full_url)->library = library;
	add_parameter(package, package->version == DTR_2_0_1 ? "PackageBundle" : "packagebundle")->bundle = bundle;
}

void dtr_package_say(struct dtr_package *package, const char *severity, const char *code, struct text words)
{
	struct fhir_outcome_issue *issue;

	if (!package->outcome)
		package->outcome = make_new(package->make, struct fhir_operation_outcome);
	issue = make_push(package->make, package->outcome->issue, package->outcome->issue_n);
	issue->severity = text_of(severity);
	issue->code = text_of(code);
	issue->details = make_new(package->make, struct fhir_concept);
	issue->details->text = words;
}

void dtr_package_write(struct dtr_package *package, struct buffer *out)
{
	struct fhir_document document = { .parameters = package->out };

	if (package->outcome)
		add_parameter(package, package->version == DTR_2_0_1 ? "operationOutcome" : "outcome")->operation_outcome = package->outcome;
	json_write(&fhir_document_record, &document, out);
}

/* -- $next-question -- */

static bool was_asked(const struct fhir_questionnaire_response *response, struct text link_id)
{
	for (size_t i = 0; i < response->contained_n; i++) {
		const struct fhir_questionnaire *questionnaire = response->contained[i].questionnaire;

		for (size_t k = 0; questionnaire && k < questionnaire->item_n; k++)
			if (text_equal(questionnaire->item[k].link_id, link_id))
				return true;
	}
	return false;
}

/* How many questions of the way are asked by now: up to the first one that has no answer, unless it may be left out and was there to be
   answered. *complete: all of them are. */
static size_t asked_by_now(const struct question_form *form, const struct fhir_questionnaire_response *response, const struct form_answers *answers,
	const size_t *steps, size_t n, bool whole, struct make *make, bool *complete)
{
	for (size_t i = 0; i < n; i++) {
		struct text id = form->questions[steps[i]].question_id;
		bool optional = form->optional && form->optional[steps[i]];

		if (form_given(answers, id, make).n || (optional && was_asked(response, id)))
			continue;
		*complete = false;
		return i + 1;
	}
	*complete = whole;
	return n;
}

/* The items as they came, with their origins, in the order in which they are asked; what no way leads to any more is left out. */
static void keep_items(struct fhir_questionnaire_response *to, const struct fhir_questionnaire_response *from, const struct question_form *form,
	const size_t *steps, size_t n, struct make *make)
{
	to->item = NULL;
	to->item_n = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < from->item_n; k++)
			if (text_equal(from->item[k].link_id, form->questions[steps[i]].question_id) && from->item[k].answer_n)
				*make_push(make, to->item, to->item_n) = from->item[k];
}

static void write_next(const struct fhir_questionnaire_response *response, bool wrapped, struct make *make, struct buffer *out)
{
	struct fhir_document document = { 0 };

	if (!wrapped) {
		document.questionnaire_response = (struct fhir_questionnaire_response *)response;
	} else {
		struct fhir_parameter *parameter;

		document.parameters = make_new(make, struct fhir_parameters);
		document.parameters->meta = make_meta(make, DTR "dtr-next-question-output-parameters");
		parameter = make_push(make, document.parameters->parameter, document.parameters->parameter_n);
		parameter->name = text_lit("return");
		parameter->resource = make_new(make, struct fhir_resource);
		parameter->resource->questionnaire_response = (struct fhir_questionnaire_response *)response;
	}
	json_write(&fhir_document_record, &document, out);
}

bool dtr_next(const struct question_form *form, const struct fhir_questionnaire_response *response, bool wrapped, struct text adaptive_url,
	int64_t wall_ms, struct arena *arena, struct buffer *out, struct fault *fault)
{
	struct fhir_questionnaire_response next = *response;
	struct fhir_questionnaire *questionnaire;
	struct form_answers answers;
	struct loss loss = { 0 };
	struct make make;
	size_t n, asked, *steps;
	bool whole, complete;

	make_init(&make, arena);
	if (!form_read(form, response, &make, &answers, &loss, fault)) {
		(void)make_done(&make);
		return false;
	}
	steps = form_walk(form, &answers, &make, &n, &whole);
	asked = asked_by_now(form, response, &answers, steps, n, whole, &make, &complete);
	questionnaire = form_asked(form, steps, asked, adaptive_url, &make, &loss);
	questionnaire->id = text_lit(CONTAINED);
	next.meta = make_meta(&make, DTR "dtr-questionnaireresponse-adapt");
	next.contained = NULL;
	next.contained_n = 0;
	make_push(&make, next.contained, next.contained_n)->questionnaire = questionnaire;
	next.questionnaire = text_lit("#" CONTAINED);
	next.status = complete ? text_lit("completed") : text_lit("in-progress");
	next.authored = clock_format(wall_ms, false, arena);
	keep_items(&next, response, form, steps, asked, &make);
	write_next(&next, wrapped, &make, out);
	return (make_done(&make) && !out->failed && text_there(next.authored)) || fault_set(fault, FAULT_TOO_LARGE, "QuestionnaireResponse");
}
