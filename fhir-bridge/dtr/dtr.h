/* SPDX-License-Identifier: Apache-2.0 */
/* Da Vinci DTR 2.2.0, the payer's side: reading what the operations on Questionnaire take, and writing what they give. */
#pragma once

#include "fhir-bridge/dtr/questionnaire.h"

enum { DTR_ORDERS_MAX = 20, DTR_QUESTIONNAIRES_MAX = 20 }; /* in one request: each may be a package of a hundred kilobytes */

/* Questionnaire/$questionnaire-package as asked. Everything points into the body or the arena. */
struct dtr_package_request {
	const struct fhir_coverage *coverage;
	struct {
		struct text reference; /* "MedicationRequest/1" */
		struct text ndc;       /* 11 digits, or as it was written; TEXT_NONE: named by no NDC */
		struct text rxcui;     /* RxNorm concept; TEXT_NONE: none */
	} orders[DTR_ORDERS_MAX];
	size_t orders_n;
	struct text questionnaires[DTR_QUESTIONNAIRES_MAX]; /* canonicals */
	size_t questionnaires_n;
	struct text context;       /* TEXT_NONE: none */
	struct text changed_since; /* TEXT_NONE: none */
};
/* Strict about form and about what the operation needs (a coverage, and an order, a questionnaire or a context: DTR oper-6). Parameters of other
   names are passed over. Faults with the FHIRPath from "Parameters" on. */
bool dtr_read_package(struct text body, enum dtr_version version, struct arena *arena, struct dtr_package_request *out, struct fault *fault) fault_check;

/* Questionnaire/$next-question: a QuestionnaireResponse, alone or as the parameter "questionnaire-response" (*wrapped). *asked: the canonical of
   the adaptive Questionnaire that it was begun from. */
bool dtr_read_next(struct text body, enum dtr_version version, struct arena *arena, struct fhir_questionnaire_response **out, bool *wrapped, struct text *asked,
	struct fault *fault) fault_check;

/* Questionnaire/$log-questionnaire-errors: how many issues were told. */
bool dtr_read_errors(struct text body, struct arena *arena, struct text *questionnaire, size_t *issues, struct fault *fault) fault_check;

/* The answer to $questionnaire-package being made. */
struct dtr_package {
	enum dtr_version version;
	struct make *make;
	struct fhir_parameters *out;
	struct fhir_operation_outcome *outcome; /* NULL: nothing is to be said beside */
	struct text name;                       /* unique: packages are named by it */
	int64_t wall_ms;
};
void dtr_package_begin(struct dtr_package *package, enum dtr_version version, struct text name, int64_t wall_ms, struct make *make);
/* One more package: the questions and an empty response to them, about these orders. context->id is filled in. */
void dtr_package_add(struct dtr_package *package, struct fhir_questionnaire *questionnaire, const struct question_form *form,
	const struct form_answers *known, struct form_context *context);
/* Something to say beside: "information" or "warning", an issue type, and words of ours. */
void dtr_package_say(struct dtr_package *package, const char *severity, const char *code, struct text words);
/* Appends it as JSON. */
void dtr_package_write(struct dtr_package *package, struct buffer *out);

/* Appends the response with the next question of the set, or as completed. asked and answered are what dtr_read_next gave. False when what was
   answered does not fit, with the FHIRPath. */
bool dtr_next(const struct question_form *form, const struct fhir_questionnaire_response *response, bool wrapped, struct text adaptive_url,
	int64_t wall_ms, struct arena *arena, struct buffer *out, struct fault *fault) fault_check;
